"""Shows by which models people can consult each other, and the phases of one of them."""

import re
from collections.abc import Sequence

from bot.commands import Command
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import chosen, shortened
from handlers.pages import page
from knowledge.consultation_files import built_in
from knowledge.consultation_formats import Format, Laps, Phase, named
from knowledge.consultation_methods import Method, methods
from knowledge.minutes import escaped
from knowledge.text import normalise
from storage.models.peer_consultation import Mode, Part

FORMAT = "consultation_format"  # topic of the offers below
LIST = Command(
    "modelle",
    ("beratungsmodelle", "die modelle", "welche modelle", "modelle der beratung", "modelle der kollegialen beratung"),
    "Modelle der kollegialen Beratung. „modell sechs phasen“ zeigt eines mit seinen Phasen.",
    role=Role.SUPPORTER,
)
ONE = Command("modell", ("beratungsmodell",), takes_text=True, takes_words=4, role=Role.SUPPORTER)
_ASKED = re.compile(
    r"was (?:ist|bedeutet|heißt) (?:(?:ein|eine|der|die|das) )?(?:modell )?(?P<name>.+?)[?!. ]*", re.IGNORECASE
)
_EVERYDAY = frozenset(("Erfahrungen", "Resonanz", "Vermutungen"))
"""Titles of methods that mean something else, too."""
LISTED = 8
"""Choices of a list at most: with „mehr“ no more than one digit can name."""
_PARTS = {
    Part.CASE_GIVER: "Fall",
    Part.MODERATOR: "Moderation",
    Part.SCRIBE: "Mitschrift",
    Part.TIMEKEEPER: "Zeit",
    Part.OBSERVER: "Beobachtung",
}


async def show_all(turn: Turn, services: Services) -> Sequence[Action]:
    """„modelle“: what there is, with length and size."""
    return _listed(turn, services, 0)


async def show_one(turn: Turn, services: Services) -> Sequence[Action]:
    """„modell sechs phasen“: one of them, with its phases and their time."""
    plan = named(services.house.formats, turn.text)
    if plan is not None:
        return _told(turn, plan)
    if turn.text:
        text = turn.say("Das Modell „{name}“ kenne ich nicht. Es gibt:")
        return _listed(turn, services, 0, text.format(name=escaped(shortened(turn.text, 40))))
    return _listed(turn, services, 0)


def is_about_one(text: str) -> bool:
    """Whether somebody asks what one of the built-in models or methods is, by its name or id as it is written."""
    return _asked_of(text) is not None or _asked_of_method(text) is not None


async def explain(turn: Turn, services: Services) -> Sequence[Action]:
    """„was ist wise crowds?“: the model, as the house has it; „was ist kopfstand?“: the method."""
    if (method := _asked_of_method(turn.text)) is not None:
        return [Reply(f"**{escaped(method.title)}:** {escaped(method.hint)}. {escaped(method.rule)}")]
    plan = _asked_of(turn.text)
    assert plan is not None
    return _told(turn, services.house.formats.get(plan.id, plan))


def _asked_of(text: str) -> Format | None:
    found = _ASKED.fullmatch(text.strip())
    # A title that is a common word, too, says nothing alone.
    plans = [plan for plan in built_in().values() if plan.mode != Mode.WRITTEN]
    names = {normalise(name): plan for plan in plans for name in (plan.id, plan.title)}
    return names.get(normalise(found["name"])) if found else None


def _asked_of_method(text: str) -> Method | None:
    found = _ASKED.fullmatch(text.strip())
    names = {normalise(method.title): method for method in methods() if method.title not in _EVERYDAY}
    return names.get(normalise(found["name"])) if found else None


async def choose(turn: Turn, services: Services) -> Sequence[Action]:
    """Show the model that was chosen, or more of what is shown."""
    data = chosen(turn)
    after = int(data.get("after", "0"))
    name = data.get("format") or data.get("rules")
    if name is None:
        return _listed(turn, services, after)
    plan = services.house.formats.get(name)
    if plan is None:
        raise UserError(turn.say("Dieses Modell gibt es nicht mehr."))
    return _ruled(turn, plan, after) if "rules" in data else _told(turn, plan)


def _listed(turn: Turn, services: Services, after: int, heading: str = "") -> Sequence[Action]:
    plans = sorted(services.house.formats.values(), key=_order)
    after = after if after < len(plans) else 0
    shown = plans[after : after + LISTED]
    choices = [Choice(str(place), _line(turn, plan), {"format": plan.id}) for place, plan in enumerate(shown, 1)]
    if after + LISTED < len(plans):
        choices.append(Choice("mehr", turn.say("mehr"), {"after": str(after + LISTED)}))
    text = heading or turn.say("Modelle der kollegialen Beratung. Welches genauer?")
    return [Reply(text, Offer(FORMAT, tuple(choices)))]


def _order(plan: Format) -> tuple[bool, int, int, str]:
    return plan.mode == Mode.WRITTEN, plan.smallest, plan.largest, plan.title


def _line(turn: Turn, plan: Format) -> str:
    return f"{plan.title}: {_length(turn, plan)}, {_size(turn, plan)}"


def _length(turn: Turn, plan: Format) -> str:
    """How long it takes, with as many people as it is at its best with."""
    if plan.mode == Mode.WRITTEN:
        return turn.say("bis zu {days} Arbeitstage").format(days=plan.days(plan.best[1]))
    shortest, longest = plan.minutes(plan.best[0]), plan.minutes(plan.best[1])
    if shortest == longest:
        return turn.say("{minutes} Minuten").format(minutes=shortest)
    return turn.say("{shortest} bis {longest} Minuten").format(shortest=shortest, longest=longest)


def _size(turn: Turn, plan: Format) -> str:
    if plan.smallest == plan.largest:
        return turn.say("{count} Personen").format(count=plan.smallest)
    return turn.say("{smallest} bis {largest} Personen").format(smallest=plan.smallest, largest=plan.largest)


# one of them


def _told(turn: Turn, plan: Format) -> Sequence[Action]:
    """What it is, and its phases with their time."""
    facts = [f"- {_length(turn, plan)}, {_size(turn, plan)}"]
    if plan.parts:
        named_parts = ", ".join(turn.say(_PARTS[part]) for part in plan.parts)
        facts.append(turn.say("- Aufgaben: {parts}").format(parts=named_parts))
    if plan.laps is Laps.EACH:
        facts.append(turn.say("- Jede Person hat einmal den Fall, und die Phasen kommen für jede wieder."))
    facts.append(f"- {escaped(plan.source)}")
    phases = [f"{place}. {_heading(turn, phase)}" for place, phase in enumerate(plan.order, 1)]
    head = f"**{escaped(plan.title)}:** {escaped(plan.summary)}"
    offer = Offer(FORMAT, (Choice("regeln", turn.say("die Regeln der Phasen"), {"rules": plan.id}),))
    return [Reply("\n".join((head + "\n", *facts, "", *phases)), offer)]


def _ruled(turn: Turn, plan: Format, after: int) -> Sequence[Action]:
    """The rules of its phases, a page of them."""
    lines = [
        f"{place}. **{_heading(turn, phase)}:** {escaped(phase.said())}" for place, phase in enumerate(plan.order, 1)
    ]
    shown = page(lines, after if after < len(lines) else 0)
    end = after + len(shown)
    more = (Choice("mehr", turn.say("mehr"), {"rules": plan.id, "after": str(end)}),) if end < len(lines) else ()
    text = "\n".join((f"**{escaped(plan.title)}**\n", *shown))
    return [Reply(text, Offer(FORMAT, more) if more else None)]


def _heading(turn: Turn, phase: Phase) -> str:
    """A phase with its time: „Erzählen, 10 Min.“."""
    if phase.days is None:
        length = turn.say("{minutes} Min.").format(minutes=phase.minutes)
    else:
        length = turn.say("1 Tag") if phase.days == 1 else turn.say("{days} Tage").format(days=phase.days)
    return f"{escaped(phase.title)}, {length}"
