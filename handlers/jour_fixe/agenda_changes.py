"""Shows the agenda on demand, and lets coordinators change it; fixed items keep their places.

A change is asked first and done with a „ja“: of two who change it, the second one hears that it is another by now.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import chosen
from handlers.jour_fixe import agenda, preparation
from handlers.jour_fixe.agenda import Sight, in_words, minutes_of, title_of
from handlers.jour_fixe.appointments import check_coordinator, check_supporter
from knowledge.timetable import Step
from knowledge.topic_sentences import LONGEST, STEP
from storage.models.agenda import AgendaItem, Poll
from storage.models.jour_fixe import Meeting, MeetingState, Shows

CHANGE = "agenda_change"  # topic of the offers below
FEWEST = 2
"""Of fewer topics nobody has to choose."""

_POINT = r"(?:tagesordnung(?:spunkt)?|agenda|punkt|top|nr\.?|nummer)"
_MOVE = re.compile(rf"{_POINT}\s*(\d{{1,3}})\s+(vor|hinter|nach)\s+(?:{_POINT}\s*)?(\d{{1,3}})\W*", re.IGNORECASE)
_GONE = r"(?:streichen|rausnehmen|herausnehmen|entfernen|raus|weg|in den themenspeicher)"
_STRIKE = re.compile(
    rf"{_POINT}\s*(\d{{1,3}})\s+{_GONE}\W*|(?:streiche?|entferne?)\s+{_POINT}\s*(\d{{1,3}})\W*", re.IGNORECASE
)
_MINUTES = re.compile(
    rf"{_POINT}\s*(\d{{1,3}})\s*:?\s+(?:auf |braucht |dauert |nur )?([-–−]?\d{{1,5}})\s*min(?:uten?|\.)?(?: lang)?\W*",
    re.IGNORECASE,
)
_ADD = re.compile(r"thema\s*(\d{1,7})\s+auf die (?:tagesordnung|agenda)(?: (?:setzen|nehmen))?\W*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to be done with the item at a place: `move` before another place, `strike`, `minutes`."""

    do: str
    place: int
    to: int = 0


# showing


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """„tagesordnung“: that of the next meeting; before it is made, the topics so far. May also be a change."""
    if is_change(f"tagesordnung {turn.text}"):
        return await change(turn, services)
    check_supporter(turn)
    return [await _shown(turn, services, await agenda.current_meeting(turn, turn.text))]


async def _shown(turn: Turn, services: Services, meeting: Meeting) -> Reply:
    sight = await agenda.look_at(turn, services, meeting)
    if not sight.is_settled:
        text, _ = await agenda.show(turn, sight, Shows.TOPICS, turn.say)
        comes = turn.say("Die Tagesordnung kommt {moment}.").format(moment=in_words(sight.ends))
        vote = turn.say("Bis dahin läuft die Abstimmung: „abstimmen“.") if sight.is_voting else ""
        return Reply("\n\n".join(filter(None, (text, " ".join(filter(None, (comes, vote)))))))
    text, offer = await agenda.show(turn, sight, Shows.AGENDA, turn.say)
    if not turn.message.conversation.is_direct:
        return Reply(text)
    if turn.role >= Role.COORDINATOR and sight.meeting.state == MeetingState.PLANNED:
        text += "\n\n" + turn.say("Ändern: „punkt 4 vor 3“, „punkt 4 streichen“ oder „punkt 4 20 minuten“.")
    return Reply(text, offer)


# changing


def is_change(text: str) -> bool:
    """Whether somebody wants an agenda changed: „punkt 4 streichen“, „thema 12 auf die tagesordnung“."""
    return _ADD.fullmatch(text.strip()) is not None or _read(text) is not None


def _read(text: str) -> Wish | None:
    said = text.strip()
    if found := _MOVE.fullmatch(said):
        is_before = found[2].casefold() == "vor"
        return Wish("move" if is_before else "move_behind", int(found[1]), int(found[3]))
    if found := _STRIKE.fullmatch(said):
        return Wish("strike", int(found[1] or found[2]))
    if found := _MINUTES.fullmatch(said):
        return Wish("minutes", int(found[1]), int(re.sub("[–−]", "-", found[2])))
    return None


async def change(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask whether an item shall be moved, struck or have other minutes; a topic by its number is put there at once."""
    check_coordinator(turn)
    if found := _ADD.fullmatch(turn.text.strip()):
        return await _add(turn, services, int(found[1]))
    wish = _read(turn.text) or _read(f"tagesordnung {turn.text}")
    assert wish is not None  # the router asked before
    sight = await _settled(turn, services)
    if wish.do == "minutes":
        wish = replace(wish, to=_allowed(turn, wish.to))
    data = {"meeting": str(sight.meeting.id), "seen": _mark(sight), "place": str(wish.place), "to": str(wish.to)}
    choices = (
        Choice("ja", turn.say("ja"), data | {"do": wish.do}),
        Choice("nein", turn.say("nein, so lassen"), data | {"do": "leave"}),
    )
    return [Reply(_question(turn, sight, wish), Offer(CHANGE, choices))]


def _question(turn: Turn, sight: Sight, wish: Wish) -> str:
    """Whether that shall be done; raises `UserError` where it cannot."""
    item = _at(turn, sight, wish.place)
    if wish.do == "minutes":
        return turn.say("„{title}“ auf {count} Minuten setzen?").format(title=title_of(item), count=wish.to)
    if wish.do == "strike":
        _check_free(turn, item)
        text = turn.say("„{title}“ von der Tagesordnung nehmen? Es wartet dann im Themenspeicher.")
        return text.format(title=title_of(item))
    other = _at(turn, sight, wish.to)
    _check_free(turn, item, other)
    is_before = wish.do == "move"
    text = turn.say("„{title}“ vor „{other}“ setzen?") if is_before else turn.say("„{title}“ hinter „{other}“ setzen?")
    return text.format(title=title_of(item), other=title_of(other))


async def _settled(turn: Turn, services: Services) -> Sight:
    """The next meeting, if its agenda was made and it has not begun; raises `UserError`."""
    sight = await agenda.look_at(turn, services, await agenda.current_meeting(turn))
    if not sight.is_settled:
        text = turn.say("Die Tagesordnung kommt erst {moment}. Jetzt gleich geht es mit „tagesordnung schließen“.")
        raise UserError(text.format(moment=in_words(sight.ends)))
    if sight.meeting.state != MeetingState.PLANNED:
        raise UserError(turn.say("Der Jour fixe läuft schon. Jetzt ändert die Moderation mit „weiter“ und „vertagen“."))
    return sight


def _at(turn: Turn, sight: Sight, place: int) -> AgendaItem:
    found = next((item for number, item in agenda.numbered(sight.items) if number == place), None)
    if found is None:
        text = turn.say("Einen Punkt {place} gibt es nicht. Alle Punkte zeigt „tagesordnung“.")
        raise UserError(text.format(place=place))
    return found


def _check_free(turn: Turn, *items: AgendaItem) -> None:
    if fixed := next((item for item in items if item.is_fixed), None):
        text = turn.say("„{title}“ ist ein fester Punkt und bleibt, wo er ist. Seine Minuten kannst du ändern.")
        raise UserError(text.format(title=title_of(fixed)))


def _allowed(turn: Turn, minutes: int) -> int:
    if not 1 <= minutes <= LONGEST:
        text = turn.say("Ein Punkt dauert zwischen {least} und {most} Minuten. Zum Beispiel: „punkt 4 20 minuten“.")
        raise UserError(text.format(least=STEP, most=LONGEST))
    return ceil(minutes / STEP) * STEP


def _mark(sight: Sight) -> str:
    """What somebody has seen of an agenda: another one has another mark."""
    return " ".join(f"{item.id}:{minutes_of(item)}" for item in sight.items)


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Change an agenda as somebody confirmed; whoever has seen an earlier one hears that, and nothing changes."""
    check_coordinator(turn)
    data = chosen(turn)
    if data["do"] == "leave":
        return [Reply(turn.say("Gut, sie bleibt, wie sie ist."))]
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    if meeting is None or meeting.state != MeetingState.PLANNED:
        return [Reply(turn.say("Dafür ist es zu spät: Dieser Termin läuft schon oder fällt aus."))]
    sight = await agenda.look_at(turn, services, meeting)
    if _mark(sight) != data["seen"]:
        text = turn.say("Inzwischen hat jemand die Tagesordnung geändert. Ich habe nichts getan. So steht sie jetzt:")
        return [Reply(f"{text}\n\n{_listed(turn, sight)}")]
    _do(sight, Wish(data["do"], int(data["place"]), int(data["to"])))
    return await _done(turn, services, meeting)


def _do(sight: Sight, wish: Wish) -> None:
    known, items = dict(agenda.numbered(sight.items)), list(sight.items)
    item = known[wish.place]
    if wish.do == "minutes":
        item.minutes = wish.to
        return
    at = items.index(item)
    items.remove(item)
    if wish.do == "strike":
        item.meeting_id = item.place = None
    else:
        target = known[wish.to]
        # Before or behind itself it stays where it is.
        items.insert(at if target is item else items.index(target) + (wish.do == "move_behind"), item)
    for place, one in enumerate(items, start=1):
        one.place = place


async def _done(turn: Turn, services: Services, meeting: Meeting) -> Sequence[Action]:
    changes = await agenda.refresh(turn, services, meeting)
    return [Reply(_listed(turn, await agenda.look_at(turn, services, meeting))), *changes]


def _listed(turn: Turn, sight: Sight) -> str:
    lines = [
        f"{number}. {agenda.item_line(turn.say, item, sight.owners.get(item.owner_person_id or 0, ''))}"
        for number, item in agenda.numbered(sight.items)
    ]
    return "\n".join(lines) + "\n\n" + agenda.total_text(turn.say, sight)


async def _add(turn: Turn, services: Services, number: int) -> Sequence[Action]:
    """Have a topic be on the agenda: before the last fixed items, or sure of its place when it is made."""
    meeting = await turn.uow.jour_fixe.hold_meeting((await agenda.current_meeting(turn)).id or 0)
    item = await turn.uow.agenda.get(number)
    if meeting is None or item is None or item.is_fixed:
        raise UserError(turn.say("Ein Thema {number} finde ich nicht. Alle zeigt „themen“.").format(number=number))
    if item.meeting_id is not None:
        raise UserError(turn.say("„{title}“ steht schon auf einer Tagesordnung.").format(title=title_of(item)))
    sight = await agenda.look_at(turn, services, meeting)
    await turn.uow.agenda.close_poll([number], Poll.PRIORITY)  # whoever voted for it has that point again
    item.meeting_id = meeting.id
    if not sight.is_settled:
        text = turn.say("Gut, „{title}“ kommt sicher auf die Tagesordnung.").format(title=title_of(item))
        return [Reply(text), *await agenda.refresh(turn, services, meeting)]
    agenda.append(sight.items, item)
    return await _done(turn, services, meeting)


# opening and closing


async def open_vote(turn: Turn, services: Services) -> Sequence[Action]:
    """„abstimmung starten“: the vote begins now, before its time."""
    check_coordinator(turn)
    meeting = await agenda.current_meeting(turn)
    await turn.uow.jour_fixe.hold_meeting(meeting.id or 0)
    sight = await agenda.look_at(turn, services, meeting)
    if sight.is_settled:
        raise UserError(turn.say("Die Tagesordnung steht schon: „tagesordnung“ zeigt alle Punkte."))
    if sight.is_voting:
        raise UserError(turn.say("Die Abstimmung läuft schon: „abstimmen“ zeigt alle Themen."))
    if len(sight.voted_on) < FEWEST:
        text = turn.say("Für eine Abstimmung braucht es zwei Themen. Eins kommt mit „thema: Altakten scannen“ dazu.")
        raise UserError(text)
    for step in (Step.COLLECT, Step.CLOSE):
        await turn.uow.jour_fixe.note_step(meeting.id or 0, step)
    said = await preparation.open_vote(turn, services, meeting)
    text = turn.say("Gut, die Abstimmung läuft bis {moment}.").format(moment=in_words(sight.ends))
    return [Reply(text), *said]


async def close(turn: Turn, services: Services) -> Sequence[Action]:
    """„tagesordnung schließen“: the vote ends now, and the agenda is made."""
    check_coordinator(turn)
    meeting = await agenda.current_meeting(turn)
    if meeting.state != MeetingState.PLANNED or not await turn.uow.jour_fixe.note_step(meeting.id or 0, Step.AGENDA):
        raise UserError(turn.say("Die Tagesordnung steht schon: „tagesordnung“ zeigt alle Punkte."))
    for step in (Step.COLLECT, Step.CLOSE):
        await turn.uow.jour_fixe.note_step(meeting.id or 0, step)
    said = await preparation.make(turn, services, meeting)
    return [Reply(turn.say("Gut, die Tagesordnung steht und ist in allen Räumen zu sehen.")), *said]


async def keep_open(turn: Turn, services: Services) -> Sequence[Action]:
    """„noch offen lassen“: the vote goes on until the reminder."""
    check_coordinator(turn)
    meeting = await agenda.current_meeting(turn)
    sight = await agenda.look_at(turn, services, meeting)
    if sight.is_settled:
        raise UserError(turn.say("Die Tagesordnung steht schon. Ändern geht mit „thema 12 auf die tagesordnung“."))
    if Step.REMIND not in {due.step for due in sight.due}:
        text = turn.say("Länger geht es nicht: Die Tagesordnung kommt {moment}.")
        raise UserError(text.format(moment=in_words(sight.ends)))
    await turn.uow.jour_fixe.note_step(meeting.id or 0, agenda.KEPT_OPEN)
    sight = await agenda.look_at(turn, services, meeting)
    text = turn.say("Gut, die Tagesordnung kommt erst {moment}.").format(moment=in_words(sight.ends))
    return [Reply(text), *await agenda.refresh(turn, services, meeting)]
