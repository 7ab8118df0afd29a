"""Tells the coordinators how much is asked, and whether the time was worth it: never anything of people.

No figure is shown that comes from fewer than five, zero included: what is missing tells nothing either.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from statistics import fmean

from bot.errors import UserError
from bot.messages import Action, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import shortened

FEWEST = 5
LONGEST_TOPIC = 60
TOPICS = 3
MONTHS = 12
"""So many months back it counts whether the time was worth it."""

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Figures:
    """How many questions are in which state, how many of them ask the same, and the requests of each kind.

    `topics`, `requests` and `worth` are by what people call it; `worth` holds values from 0 to 5.
    """

    listed: int = 0
    on_their_way: int = 0
    answered: int = 0
    topics: Mapping[str, int] = field(default_factory=dict)
    requests: Mapping[str, int] = field(default_factory=dict)
    worth: Mapping[str, Sequence[int]] = field(default_factory=dict)


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """„auswertung“: for coordinators, alone with them."""
    if turn.role < Role.COORDINATOR or not turn.message.conversation.is_direct:
        raise UserError(turn.say("Die Auswertung zeige ich nur der Koordination, und nur im Einzelchat."))
    gaps = await services.search.gaps()
    labels = {kind.name: kind.label for kind in services.house.kinds} | {
        "jour_fixe": turn.say("Jour fixe"),
        "jour_fixe_openness": turn.say("offen sprechen im Jour fixe"),
    }
    quarter = quarter_of(turn.today)
    found = Figures(
        listed=await turn.uow.questions.count_open(),
        on_their_way=len(await turn.uow.routing.live()),
        answered=await turn.uow.questions.count_answered(quarter),
        topics={gap.heading: len(gap.questions) for gap in gaps},
        requests=_named(labels, await turn.uow.requests.kinds_asked_since(quarter)),
        worth=await _worth(turn, labels),
    )
    return [Reply(described(turn.say, found))]


def _named(labels: Mapping[str, str], kinds: Sequence[str]) -> Mapping[str, int]:
    counted = sorted({labels.get(kind, kind) for kind in kinds})
    return {label: sum(labels.get(kind, kind) == label for kind in kinds) for label in counted}


async def _worth(turn: Turn, labels: Mapping[str, str]) -> Mapping[str, Sequence[int]]:
    values: dict[str, list[int]] = {}
    first = turn.today.replace(year=turn.today.year - MONTHS // 12, day=1)
    for kind, value in await turn.uow.requests.worths_since(first):
        values.setdefault(labels.get(kind, kind), []).append(value)
    return dict(sorted(values.items()))


def quarter_of(day: date) -> date:
    """The first day of a quarter of a year."""
    return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)


def described(say: Say, found: Figures) -> str:
    """The figures as the coordinators read them; those from fewer than five are not told."""
    lines = [
        say("Offene Fragen auf der Liste: {count}").format(count=told(say, found.listed)),
        say("Fragen unterwegs: {count}").format(count=told(say, found.on_their_way)),
        say("Fragen aus diesem Quartal mit Antwort: {count}").format(count=told(say, found.answered)),
    ]
    topic = say("Offen zu „{topic}“: {count}")
    often = sorted(
        (name for name in found.topics if found.topics[name] >= FEWEST), key=lambda name: -found.topics[name]
    )
    lines += [topic.format(topic=shortened(name, LONGEST_TOPIC), count=found.topics[name]) for name in often[:TOPICS]]
    request = say("Anfragen in diesem Quartal, {kind}: {count}")
    lines += [request.format(kind=kind, count=told(say, count)) for kind, count in found.requests.items()]
    worth = say("Hat sich die Zeit gelohnt (0 bis 5), {kind}: {mean}")
    lines += [worth.format(kind=kind, mean=mean(say, values)) for kind, values in found.worth.items()]
    heading = say("Auswertung, ohne Personen. Zahlen unter fünf zeige ich nicht.")
    return "\n".join((f"{heading}\n", *(f"- {line}" for line in lines)))


def told(say: Say, count: int) -> str:
    """A number of questions or requests, if it is no small one."""
    return str(count) if count >= FEWEST else say("unter fünf")


def mean(say: Say, values: Sequence[int]) -> str:
    """The mean of what people said, if enough of them did; five more at a time, or it would tell the newest one."""
    counted = values[: len(values) // FEWEST * FEWEST]
    if not counted:
        return say("Noch zu wenige Angaben (unter fünf).")
    return say("im Mittel {mean} aus {count} Angaben").format(
        mean=f"{fmean(counted):.1f}".replace(".", ","), count=len(counted)
    )
