"""Changes portraits as people say it: at once, confirmed in short sentences, and undone by a word."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from dateutil.relativedelta import relativedelta
from pydantic import TypeAdapter

from bot.commands import plain_words
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import candidates, cards, deputies, taking
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.dates import day_said
from handlers.periods import period_said
from handlers.rights import check_direct
from handlers.self_reports import Change, understand
from storage.database import UnitOfWork
from storage.models.people import Availability, Experience, Person, Portrait
from storage.models.routing import RoutingState

CHANGE = "portrait_change"  # topic of the offers below
MOST_TOPICS = 12
LONGEST_DEPARTMENT = 80
LONGEST_DETAIL = 300
REFRESHED_AFTER = relativedelta(months=6)
"""So long after its person said that it holds, they are asked again."""
ONE_OF_SEVERAL = 8
SHOWN = ("topics", "formats", "note", "out_of_scope", "contact")
"""What everybody sees of a portrait."""
_SET = ("note", "out_of_scope", "contact", "availability", "weekly_capacity", "experience")
_FROM = re.compile(r"(?:ich )?(?:(?:bin|komme|arbeite) )?(?:aus|im|in|bei|beim)(?: (?:der|dem))? ", re.IGNORECASE)
_CHANGES = TypeAdapter(Change)
_DAY_WORDS = re.compile(
    r"\d\.|tag|woche|monat|jahr|ferien|ende|anfang|mitte|nächst|kommend|\bbis\b|mittwoch|weiß|weiss|ahnung|offen"
    r"|unklar|unbestimmt|\bkw\b|januar|februar|märz|april|mai|jun|jul|august|september|oktober|november|dezember"
)


async def carry_out(turn: Turn, services: Services, change: Change, deputy: int | None = None) -> Sequence[Action]:
    """Change the sender's portrait; what is not clear is asked, and nothing is changed until then.

    `deputy` is who was chosen of several with the name that was said.
    """
    if change.is_past:
        return [Reply(turn.say("Dieser Tag ist schon vorbei. Es bleibt alles, wie es war."))]
    if change.needs_day:
        return [_ask_for_day(turn, change)]
    if change.department is not None:
        found = department_named(services, change.department)
        if found is None:
            return [_ask_for_department(turn, services, change)]
        change = replace(change, department=found)
    person, portrait = await own(turn)
    change, question = _clear_topics(turn, portrait, change)
    if question:
        return [question]
    asked: Sequence[Action] = ()
    if change.deputy is not None or deputy is not None:
        found_deputies = await deputies.named(turn, person, change.deputy) if deputy is None else [deputy]
        if len(found_deputies) > 1:
            return [await _ask_which(turn, found_deputies, change)]
        asked = await deputies.ask_for(turn, person, found_deputies[0])
    return await _done(turn, person, portrait, replace(change, deputy=None), asked)


async def own(turn: Turn) -> tuple[Person, Portrait]:
    """The sender and their portrait, an empty one if there is none yet."""
    here, sender = turn.message.conversation, turn.message.sender
    person = await turn.uow.people.know(here.platform, sender.id, sender.name)
    assert person.id is not None
    found = await turn.uow.people.hold_portrait(person.id)
    return person, copied(found) if found else Portrait(person_id=person.id, topics=[], formats=[])


def copied(portrait: Portrait, **changes: object) -> Portrait:
    """Another portrait like this one, with changes."""
    # Not dumped: from the database its enumerations come as words.
    return Portrait.model_validate({name: getattr(portrait, name) for name in Portrait.model_fields} | changes)


async def keep(uow: UnitOfWork, portrait: Portrait) -> None:
    """Keep a portrait; of one that nobody may see and that says nothing, nothing stays."""
    said = (
        portrait.availability,
        portrait.experience,
        portrait.paused_until,
        portrait.weekly_capacity,
        portrait.deputy_person_id,
    )
    if portrait.consented_on is None and cards.is_empty(portrait) and said == (None,) * len(said):
        await uow.people.drop_portrait(portrait.person_id)
    else:
        await uow.people.keep(portrait)


def applied(portrait: Portrait, change: Change) -> Portrait:
    """A portrait as it is after a change."""
    values = {name: getattr(change, name) for name in _SET if getattr(change, name) is not None}
    if change.paused_until:
        values |= {"paused_from": change.paused_from, "paused_until": change.paused_until}
    if change.is_back:
        values |= {"paused_from": None, "paused_until": None}
        if portrait.availability is Availability.FULL:
            values["availability"] = None
    if change.has_no_limit:
        values["weekly_capacity"] = None
    if change.has_no_deputy:
        values["deputy_person_id"] = None
    topics = [one for one in change.topics or portrait.topics if one not in change.topics_dropped]
    values["topics"] = _together(topics, change.topics_added)
    values["formats"] = _together(change.formats or portrait.formats, change.formats_added)
    return copied(portrait, **values)


def _together(known: Sequence[str], added: Sequence[str]) -> list[str]:
    """All of them, each once however it is written."""
    together: dict[str, str] = {}
    for one in (*known, *added):
        together.setdefault(plain_words(one), one)
    return list(together.values())


async def _done(
    turn: Turn, person: Person, portrait: Portrait, change: Change, asked: Sequence[Action]
) -> Sequence[Action]:
    """Keep what changes, say it, and offer to undo it."""
    after = applied(portrait, change)
    if len(after.topics) > MOST_TOPICS:
        text = turn.say("Mehr als {count} Themen liest niemand. Bitte zuerst eines streichen.")
        raise UserError(text.format(count=MOST_TOPICS))
    if portrait.refresh_asked_on and _differing(portrait, after, SHOWN):
        after.refresh_on, after.refresh_asked_on = turn.today + REFRESHED_AFTER, None
    said = list(_sentences(turn, portrait, after, change))
    of_person = {name: getattr(change, name) for name in ("department", "is_named")}
    of_person = {name: value for name, value in of_person.items() if value not in (None, getattr(person, name))}
    undo = _undo(turn, portrait, after, {name: getattr(person, name) for name in of_person})
    for name, value in of_person.items():
        setattr(person, name, value)
    await keep(turn.uow, after)
    if undo is None:
        said = [] if asked else [_unchanged(turn, change)]
    in_hand = await _in_hand(turn) if change.paused_until and undo else []
    choices = (*([undo] if undo else ()), *([_hand_back(turn, in_hand, undo)] if undo and in_hand else ()))
    if in_hand:
        numbers = ", ".join(map(str, in_hand))
        said.append(turn.say("Bei dir liegt noch: Frage {numbers}.").format(numbers=numbers))
    reply = [Reply(" ".join(said), Offer(CHANGE, choices) if choices else None)] if said else []
    return [*reply, *asked]


def _unchanged(turn: Turn, change: Change) -> str:
    return turn.say("Du hast gerade keine Pause.") if change.is_back else turn.say("Das steht schon so da.")


def _differing(before: Portrait, after: Portrait, names: Collection[str] = ()) -> Sequence[str]:
    return [name for name in names or Portrait.model_fields if getattr(before, name) != getattr(after, name)]


def _sentences(turn: Turn, before: Portrait, after: Portrait, change: Change) -> Iterator[str]:
    """What has changed, in words for its person."""
    if change.paused_until:
        is_later = change.paused_from is not None and change.paused_from > turn.today
        yield cards.pause(turn.say, after, turn.today)
        yield (
            turn.say("In dieser Zeit nenne ich dich nicht.")
            if is_later
            else turn.say("Ich nenne dich bis dahin nicht.")
        )
    if change.is_back:
        yield turn.say("Deine Pause ist beendet.")
        if after.consented_on:
            yield turn.say("Ich nenne dich wieder.")
    yield from _on_load(turn, change)
    lists = (
        ("topics", turn.say("Deine Themen: {text}.")),
        ("formats", turn.say("Deine Formate: {text}.")),
        ("note", turn.say("Wann du erreichbar bist: {text}.")),
        ("out_of_scope", turn.say("Was du nicht machst: {text}.")),
        ("contact", turn.say("Wie man dich erreicht: {text}.")),
    )
    for name, sentence in lists:
        value = getattr(after, name)
        if value != getattr(before, name):
            text = ", ".join(value) if isinstance(value, list) else value
            yield sentence.format(text=text.rstrip(" .") or turn.say("keine Angabe"))
    if change.department:
        yield turn.say("Dein Fachbereich: {department}.").format(department=change.department)
    if change.is_named is not None:
        yield (
            turn.say("Dein Name steht jetzt unter deinen Antworten.")
            if change.is_named
            else turn.say("Dein Name steht nicht mehr unter deinen Antworten.")
        )
    if after.consented_on is None and _differing(before, after, SHOWN):
        yield turn.say("Dein Porträt ist verborgen, das sieht also noch niemand.")


def _on_load(turn: Turn, change: Change) -> Iterator[str]:
    """What has changed of what only the person sees."""
    match change.availability:
        case Availability.FULL:
            yield turn.say("Notiert: voll. Ich nenne dich nicht, bis du etwas anderes sagst.")
        case Availability.SOME_ROOM:
            yield turn.say("Notiert: etwas Luft.")
        case Availability.FREE:
            yield turn.say("Notiert: Luft.")
    if change.weekly_capacity is not None:
        text = turn.say("Höchstens {count} in der Woche. Diese Grenze siehst nur du.")
        yield text.format(count=change.weekly_capacity)
    if change.has_no_limit:
        yield turn.say("Du hast keine eigene Grenze mehr.")
    match change.experience:
        case Experience.NEW:
            yield turn.say("Notiert: neu dabei. Das zählt nur für Tandems.")
        case Experience.EXPERIENCED:
            yield turn.say("Notiert: erfahren. Das zählt nur für Tandems.")
    if change.has_no_deputy:
        yield turn.say("Du hast keine Vertretung mehr.")


# undoing


def _undo(turn: Turn, before: Portrait, after: Portrait, of_person: Mapping[str, object]) -> Choice | None:
    """The choice that brings back what was; None when nothing has changed."""
    names = [name for name in _differing(before, after) if not name.startswith("refresh")]
    if not names and not of_person:
        return None
    values = {"portrait": before.model_dump(mode="json", include=set(names)), "person": of_person}
    return Choice("rückgängig", turn.say("rückgängig"), {"do": "undo", "before": json.dumps(values)})


async def _take_back(turn: Turn, data: Mapping[str, str]) -> Sequence[Action]:
    person, portrait = await own(turn)
    before = json.loads(data["before"])
    if before["portrait"] and await turn.uow.people.portrait(portrait.person_id) is None:
        return [Reply(turn.say("Das geht nicht mehr: Dein Porträt ist gelöscht."))]
    for name, value in before["person"].items():
        setattr(person, name, value)
    if before["portrait"]:
        deputy = before["portrait"].get("deputy_person_id")
        if deputy is not None and not await candidates.is_supporter(turn, deputy):
            before["portrait"]["deputy_person_id"] = None  # they left meanwhile
        await keep(turn.uow, copied(portrait, **before["portrait"]))
    return [Reply(turn.say("Gut, es ist wieder wie vorher."))]


# questions in hand


async def _in_hand(turn: Turn) -> Sequence[int]:
    """The numbers of the questions that the sender has taken up and not answered yet."""
    here = turn.message.conversation.platform
    accounts = await turn.uow.people.accounts_beside(here, turn.message.sender.id)
    taken = [one for account in accounts for one in await turn.uow.routing.of_taker(*account)]
    return sorted(one.id for one in taken if one.id is not None and one.state == RoutingState.TAKEN)


def _hand_back(turn: Turn, numbers: Sequence[int], undo: Choice) -> Choice:
    data = {"do": "give_back", "numbers": json.dumps(numbers), "before": undo.data["before"]}
    return Choice("abgeben", turn.say("Fragen abgeben"), data)


async def _give_back(turn: Turn, services: Services, data: Mapping[str, str]) -> Sequence[Action]:
    """Seek somebody else for what the sender still has of it."""
    actions: list[Action] = []
    given: list[int] = []
    for number in json.loads(data["numbers"]):
        found = await turn.uow.routing.hold(number)
        if found is not None and found.state == RoutingState.TAKEN and await taking.is_taker(turn, found):
            given.append(number)
            actions += await taking.give_back(turn, services, found)
    undo = Choice("rückgängig", turn.say("Pause rückgängig"), {"do": "undo", "before": data["before"]})
    if not given:
        return [Reply(turn.say("Bei dir liegt keine dieser Fragen mehr."), Offer(CHANGE, (undo,)))]
    text = turn.say("Wieder frei: Frage {numbers}. Ich suche jemand anderen.")
    return [Reply(text.format(numbers=", ".join(map(str, given))), Offer(CHANGE, (undo,))), *actions]


# what is not clear


def _dumped(change: Change) -> str:
    return _CHANGES.dump_json(change).decode()


def _ask_for_day(turn: Turn, change: Change) -> Reply:
    drop = Choice("keine", turn.say("doch keine Pause"), {"do": "drop"})
    text = turn.say("Bis wann? Schreib mir den letzten Tag, zum Beispiel „3.12.“ oder „nächsten Freitag“.")
    if change.paused_from:
        first = cards.day_in_words(change.paused_from)
        text = turn.say("Die Pause beginnt am {day}.").format(day=first) + f" {text}"
    return Reply(text, Offer(CHANGE, (drop,), asks={"do": "day", "change": _dumped(change)}))


def may_be_day(text: str) -> bool:
    """Whether a text may be the day that a pause lasts to, however clumsy; what only says a number or yes is not."""
    first = date(2000, 1, 3)
    said = " ".join(text.casefold().split())
    is_known = day_said(said, first) or period_said(said, first, is_sure=True) or understand(text, first)
    return bool(is_known) or _DAY_WORDS.search(said) is not None


async def _take_day(turn: Turn, services: Services, change: Change) -> Sequence[Action]:
    """Go on with the last day of a pause that was asked for, or with what was said instead."""
    said = " ".join(turn.text.casefold().split())
    other = understand(turn.text, turn.today)
    if other is not None and other.paused_until is None and not other.needs_day and not other.is_past:
        return await carry_out(turn, services, other)
    first = change.paused_from or turn.today
    period = period_said(said, first, is_sure=True)
    last = day_said(said, first) or (period.end if period else other.paused_until if other else None)
    if last is None:
        text = turn.say(
            "Diesen Tag lese ich nicht. Schreib ihn so: 3.12. Du weißt ihn noch nicht? Dann schreib „voll“."
        )
        raise UserError(text)
    if last < first:
        raise UserError(turn.say("Dieser Tag ist schon vorbei. Schreib mir bitte einen späteren."))
    return await carry_out(turn, services, replace(change, paused_until=last, needs_day=False))


def department_named(services: Services, said: str) -> str | None:
    """The department that words name; as they were written in a house that lists none."""
    departments = services.house.departments
    if not departments.names:
        return shortened(_FROM.sub("", " ".join(said.split())).strip(" .!"), LONGEST_DEPARTMENT) or None
    found = departments.find(said) or departments.mentioned(said)
    return found.name if found else None


def _ask_for_department(turn: Turn, services: Services, change: Change) -> Reply:
    near = services.house.departments.suggest(change.department or "")
    if not near:
        raise UserError(turn.say("Diesen Fachbereich kenne ich nicht. Schreib mir seinen Namen oder seine Nummer."))
    choices = tuple(
        Choice(str(place), one.name, {"do": "change", "change": _dumped(replace(change, department=one.name))})
        for place, one in enumerate(near, start=1)
    )
    return Reply(
        turn.say("Den kenne ich so nicht. Meinst du einen von diesen?"), Offer(CHANGE, (*choices, _none(turn)))
    )


def _none(turn: Turn) -> Choice:
    return Choice("keiner", turn.say("keiner davon"), {"do": "drop"})


def _clear_topics(turn: Turn, portrait: Portrait, change: Change) -> tuple[Change, Reply | None]:
    """The change with dropped topics as they stand in the portrait, or the question which one is meant."""
    dropped: list[str] = []
    for said in change.topics_dropped:
        meant = _meant(portrait.topics, said)
        if len(meant) > 1:
            return change, _ask_for_topic(turn, change, said, meant)
        if not meant:
            raise UserError(_not_named(turn, portrait, said))
        dropped += meant
    return replace(change, topics_dropped=tuple(dropped)), None


def _meant(topics: Sequence[str], said: str) -> Sequence[str]:
    """The topics that words may mean: the one that is written so, else those that share the words."""
    words = plain_words(said)
    alike = [topic for topic in topics if plain_words(topic) == words]
    return alike or [topic for topic in topics if words in plain_words(topic) or plain_words(topic) in words]


def _not_named(turn: Turn, portrait: Portrait, said: str) -> str:
    text = turn.say("„{topic}“ steht nicht in deinem Porträt.").format(topic=shortened(said, LONGEST_NAME))
    topics = ", ".join(portrait.topics)
    return f"{text} " + turn.say("Deine Themen: {text}.").format(text=topics) if topics else text


def _ask_for_topic(turn: Turn, change: Change, said: str, meant: Sequence[str]) -> Reply:
    def without(topic: str) -> Change:
        return replace(change, topics_dropped=tuple(topic if one == said else one for one in change.topics_dropped))

    choices = tuple(
        Choice(str(place), topic, {"do": "change", "change": _dumped(without(topic))})
        for place, topic in enumerate(meant[:ONE_OF_SEVERAL], start=1)
    )
    none = Choice("keines", turn.say("keines davon"), {"do": "drop"})
    return Reply(turn.say("Welches Thema soll ich streichen?"), Offer(CHANGE, (*choices, none)))


async def _ask_which(turn: Turn, numbers: Sequence[int], change: Change) -> Reply:
    data = {"do": "change", "change": _dumped(replace(change, deputy=None))}
    labels = await deputies.labelled(turn, numbers[:ONE_OF_SEVERAL])
    choices = tuple(
        Choice(str(place), label, data | {"deputy": str(number)})
        for place, (number, label) in enumerate(labels.items(), start=1)
    )
    return Reply(turn.say("Diesen Namen gibt es mehrmals. Wer ist gemeint?"), Offer(CHANGE, (*choices, _none(turn))))


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Undo a change, or make the one that was asked about."""
    if turn.role < Role.SUPPORTER:
        raise UserError(turn.say("Porträts haben nur Lots:innen."))
    check_direct(turn)
    data = chosen(turn)
    match data["do"]:
        case "undo":
            return await _take_back(turn, data)
        case "give_back":
            return await _give_back(turn, services, data)
        case "day":
            return await _take_day(turn, services, _CHANGES.validate_json(data["change"]))
        case "change":
            deputy = int(data["deputy"]) if "deputy" in data else None
            return await carry_out(turn, services, _CHANGES.validate_json(data["change"]), deputy)
    return [Reply(turn.say("Gut, es bleibt alles, wie es ist."))]
