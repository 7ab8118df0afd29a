"""Closes meetings: what found no time waits again, also after one that nobody started here."""

import re
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.commands import plain_words
from bot.errors import UserError
from bot.messages import Action, Change, Choice, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers.ask import chosen
from handlers.jour_fixe import agenda, minutes
from handlers.jour_fixe.appointments import begin_of, check_coordinator, end_of, series_of, when
from handlers.jour_fixe.live_posts import Say, Session, settle_all, title_of
from knowledge.carrying import Carried, carry_over
from storage.models.agenda import AgendaItem, ItemState, Poll
from storage.models.jour_fixe import JourFixe, Meeting, MeetingState
from storage.models.minutes import TaskState

HELD = "jour_fixe_held"  # topic of the offers below
ASKED = "ask_whether_held"
EVENING = time(17)
STARTED_UNTIL = timedelta(hours=1)
"""So long after its planned end a meeting can still be started."""
SILENCE = timedelta(days=3)
"""After so long without an answer all topics wait again: on the next agenda, none of them is lost."""
_NONE = re.compile(r"(?:gar )?kein(?:e[rs]?|s)?(?: thema)?(?: davon)?|alle (?:kamen|waren) dran")
_NUMBERS = re.compile(r"(?:(?:nur|die|das|der|nr|nummern?|themen?|punkte?|und|\d{1,3})\b ?)*")


async def close(asking: Turn | Night, meeting: Meeting, state: MeetingState = MeetingState.HELD) -> Carried:
    """Have a meeting be over: what was not discussed goes back into the backlog, what recurs waits anew."""
    assert meeting.id is not None
    topics = asking.uow.agenda
    items = await topics.of_meeting(meeting.id)
    tasks = await asking.uow.minutes.tasks(meeting.id)
    outcomes = await asking.uow.minutes.outcomes(meeting.id)
    with_results = {task.item_id for task in tasks} | {outcome.item_id for outcome in outcomes}
    for item in items:
        if item.id in with_results:  # it was talked about, in whatever order
            item.state = ItemState.DISCUSSED
    carried = carry_over(items, {task.item_id for task in tasks if task.item_id and task.state == TaskState.OPEN})
    for item in carried.again:
        details = item.model_dump(exclude={"id", "title", "proposed_on"}, warnings=False)
        await topics.add(item.title, item.proposed_on, **details)
    for item in carried.lapsed:
        await topics.remove(item.id or 0)
    await topics.close_poll([item.id or 0 for item in items], Poll.MORE_TIME)
    meeting.state = state
    meeting.item_id = meeting.item_until = meeting.paused_at = None
    meeting.turned_at = meeting.turned_by = None
    meeting.platform = meeting.conversation_id = None
    return carried


def left_over(say: Say, carried: Carried) -> str:
    """What waits again, and that open tasks are asked about; empty for neither."""
    lines = []
    if carried.back:
        titles = agenda.named(say, carried.back)
        lines.append(say("Zurück im Themenspeicher: {titles}.").format(titles=titles))
    if carried.followed:
        lines.append(say("Offene Aufgaben stehen beim nächsten Mal auf der Tagesordnung."))
    return "\n".join(lines)


# after one that was led here


async def end(turn: Turn, services: Services, session: Session) -> Sequence[Action]:
    """End a running meeting; what is left over is told where somebody said so."""
    carried = await _finish(turn, session)
    ended = await settle_all(turn, session, lambda say: _ended(say, session), turn.message.conversation)
    told = "\n".join(filter(None, [_ended(turn.say, session), left_over(turn.say, carried)]))
    return [*ended, Reply(told), *await _follow(turn, services, session.meeting)]


async def end_quietly(night: Night, services: Services, session: Session) -> Sequence[Send | Change]:
    """End a meeting that nobody ended: only its last messages are changed, nobody is called."""
    carried = await _finish(night, session)

    def text(say: Say) -> str:
        return "\n".join(filter(None, [_ended(say, session), left_over(say, carried)]))

    return [*await settle_all(night, session, text), *await _follow(night, services, session.meeting)]


async def _follow(asking: Turn | Night, services: Services, meeting: Meeting) -> list[Send | Change]:
    """Begin the minutes; the agenda stays as it was."""
    return [*await agenda.leave(asking, meeting), *await minutes.begin(asking, services, meeting)]


async def _finish(asking: Turn | Night, session: Session) -> Carried:
    if session.present is not None:
        session.present.state = ItemState.DISCUSSED
    return await close(asking, session.meeting)


def _ended(say: Say, session: Session) -> str:
    return say("**{title} ist zu Ende.**").format(title=session.series.title)


# after a meeting that nobody started


async def ask_whether_held(night: Night, services: Services) -> Sequence[Send | Change]:
    """Ask the coordinators once, in the evening, whether a meeting took place; its topics wait again if nobody says.

    What comes on another day comes on a working day.
    """
    said: list[Send | Change] = []
    is_working = services.house.working_days.is_working(night.today)
    for meeting in await night.uow.jour_fixe.in_state(MeetingState.PLANNED):
        if meeting.day > night.today:
            break
        series = await series_of(night, meeting)
        asked_at = _asked_at(series, meeting)
        if night.now >= asked_at + SILENCE:
            await close(night, meeting)
            said += await agenda.leave(night, meeting)
        elif night.now >= asked_at and (asked_at.date() == night.today or is_working):
            said += await _ask(night, series, meeting)
    return said


def _asked_at(series: JourFixe, meeting: Meeting) -> datetime:
    """The evening of a meeting, once it can no longer be started."""
    evening = datetime.combine(begin_of(series, meeting).date(), EVENING, ZoneInfo(series.zone))
    return max(evening, end_of(series, meeting) + STARTED_UNTIL)


async def _ask(night: Night, series: JourFixe, meeting: Meeting) -> Sequence[Send]:
    places = await night.coordinators()
    if not places or not await night.uow.jour_fixe.note_step(meeting.id or 0, ASKED):
        return []
    asked = []
    for place in places:
        say, data = night.say_to(place), {"meeting": str(meeting.id)}
        choices = (
            Choice("ja", say("ja, mit allen Themen"), data | {"do": "all"}),
            Choice("teils", say("ja, aber nicht mit allen"), data | {"do": "some"}),
            Choice("nein", say("nein"), data | {"do": "none"}),
        )
        text = say("Fand „{title}“ statt? Geplant war: {when}.").format(title=series.title, when=when(series, meeting))
        asked.append(Send(place, text, Offer(HELD, choices)))
    return asked


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Close a meeting that was not started here, as a coordinator says."""
    check_coordinator(turn)
    data = chosen(turn)
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    if meeting is None or meeting.state != MeetingState.PLANNED:
        return [Reply(turn.say("Das ist schon geklärt. Die übrigen Themen sind im Themenspeicher."))]
    if data["do"] == "none":
        meeting.revision += 1  # calendars hear of it
        closed = _closed(turn, await close(turn, meeting, MeetingState.CANCELLED))
        return [closed, *await agenda.refresh(turn, services, meeting)]
    items = await turn.uow.agenda.of_meeting(meeting.id or 0)
    topics = [item for item in items if not item.is_fixed]
    if data["do"] == "some" and topics:
        return [_ask_which(turn, meeting, topics)]
    left = _named(turn, data["items"].split()) if data["do"] == "left" else frozenset()
    for item in items:
        item.state = ItemState.WAITING if item.id in left else ItemState.DISCUSSED
    closed = _closed(turn, await close(turn, meeting))
    return [closed, *await _follow(turn, services, meeting)]


def _ask_which(turn: Turn, meeting: Meeting, topics: Sequence[AgendaItem]) -> Reply:
    asked = turn.say("Welche Themen kamen nicht dran? Schreib ihre Nummern, zum Beispiel „1 und 3“, oder „keine“.")
    lines = [f"{place}. {title_of(item)}" for place, item in enumerate(topics, start=1)]
    items = " ".join(str(item.id) for item in topics)
    data = {"meeting": str(meeting.id), "do": "left", "items": items}
    return Reply("\n".join([asked, "", *lines]), Offer(HELD, (), asks=data))


def names_places(text: str) -> bool:
    """Whether a text says which topics found no time: by their places in the list, „1 und 3“, or „keine“."""
    said = plain_words(text)
    return _NONE.fullmatch(said) is not None or (any(map(str.isdecimal, said)) and bool(_NUMBERS.fullmatch(said)))


def _named(turn: Turn, items: Sequence[str]) -> frozenset[int]:
    """The topics whose places in the list somebody wrote; raises `UserError`."""
    if _NONE.fullmatch(plain_words(turn.text)):
        return frozenset()
    places = {int(number) for number in re.findall(r"\d{1,3}", turn.text)}
    if not places or not places <= set(range(1, len(items) + 1)):
        text = turn.say("Schreib mir bitte Nummern von 1 bis {count}, zum Beispiel „1“, oder „keine“.")
        raise UserError(text.format(count=len(items)))
    return frozenset(int(items[place - 1]) for place in places)


def _closed(turn: Turn, carried: Carried) -> Reply:
    return Reply("\n".join(filter(None, [turn.say("Danke, notiert."), left_over(turn.say, carried)])))
