"""Keeps the time of the present item of a meeting: more of it, a pause, and two quiet hints, each said once."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.errors import UserError
from bot.messages import Action, Change, Reply, Send
from bot.turn import Night, Services, Turn
from handlers.jour_fixe import agenda, carrying
from handlers.jour_fixe.appointments import end_of, series_of
from handlers.jour_fixe.live_posts import (
    PAUSED,
    TALKING,
    Say,
    Session,
    open_session,
    outlook,
    pause_text,
    present_text,
    tell,
    tell_here,
    title_of,
)
from knowledge.time_boxes import Sign, ends_at, longer, rest, sign, step
from storage.models.agenda import AgendaItem, Poll
from storage.models.jour_fixe import MeetingState

VOTES = 2
"""So many of those who are there give an item more time, if whoever leads does not."""
STALE = timedelta(minutes=30)
ENDED_AFTER = timedelta(hours=2)
"""So long after its planned end a meeting ends by itself."""


def begin(session: Session, item: AgendaItem | None, now: datetime) -> None:
    """Have an item be talked about for as long as it may take, or none any more."""
    meeting = session.meeting
    meeting.item_id = item.id if item else None
    meeting.item_until = ends_at(now, timedelta(minutes=agenda.minutes_of(item))) if item else None
    meeting.paused_at = None


def present(turn: Turn, session: Session) -> AgendaItem:
    """What is talked about; raises `UserError` without anything."""
    if session.present is None:
        raise UserError(turn.say("Alle Punkte sind durch."))
    return session.present


# more time, and none at all


async def give_more(turn: Turn, session: Session, *, is_leading: bool) -> Sequence[Action]:
    """Five minutes more, by the word of whoever leads, or of two of those who are there."""
    item, until = present(turn, session), session.meeting.item_until
    if until is None or session.meeting.paused_at is not None:
        raise UserError(turn.say("Gerade ist Pause, die Zeit steht still."))
    if not is_leading and not await _is_voted(turn, item):
        return [Reply(turn.say("Notiert. Sagt noch jemand „mehr“, gibt es 5 Minuten mehr."))]
    await turn.uow.agenda.close_poll([item.id or 0], Poll.MORE_TIME)
    session.meeting.item_until = longer(until, turn.now)

    def text(say: Say) -> str:
        given = say("5 Minuten mehr für „{title}“, bis {clock} Uhr.")
        clock = session.clock(session.meeting.item_until or turn.now)
        heading = given.format(title=title_of(item), clock=clock)
        return "\n\n".join(filter(None, [heading, outlook(say, session)]))

    return await tell(turn, session, text, TALKING)


async def _is_voted(turn: Turn, item: AgendaItem) -> bool:
    """Count the sender's vote for more time, once, and tell whether it is enough."""
    sender, number = turn.message.sender, item.id or 0
    person = await turn.uow.people.know(turn.message.conversation.platform, sender.id, sender.name)
    if not await turn.uow.agenda.votes_of(person.id or 0, [number], Poll.MORE_TIME):
        await turn.uow.agenda.vote(number, person.id or 0, Poll.MORE_TIME)
    return (await turn.uow.agenda.points([number], Poll.MORE_TIME))[number] >= VOTES


async def pause(turn: Turn, session: Session) -> Sequence[Action]:
    """Have the clock stand still until somebody says „weiter“: nobody is made to hurry."""
    present(turn, session)
    if session.meeting.paused_at is None:
        session.meeting.paused_at = turn.now
    return await tell(turn, session, lambda say: pause_text(say, session), PAUSED)


async def resume(turn: Turn, session: Session) -> Sequence[Action]:
    """Have the clock go on, with as much time as was left."""
    meeting = session.meeting
    assert meeting.item_until is not None
    assert meeting.paused_at is not None
    meeting.item_until = ends_at(turn.now, rest(meeting.item_until, meeting.paused_at))
    meeting.paused_at = None
    return await tell(turn, session, await present_text(turn, session), TALKING)


# hints


async def keep_time(night: Night, services: Services) -> Sequence[Send | Change]:
    """Say when an item has two minutes left and when its time is over, each once; end what nobody ended."""
    said: list[Send | Change] = []
    for meeting in await night.uow.jour_fixe.in_state(MeetingState.RUNNING):
        session = await open_session(night, await series_of(night, meeting), meeting)
        if night.now >= end_of(session.series, meeting) + ENDED_AFTER:
            said += await carrying.end_quietly(night, services, session)
        elif session.present is not None and meeting.item_until is not None and meeting.paused_at is None:
            said += await _remind(night, session, session.present, meeting.item_until)
    return said


async def _remind(night: Night, session: Session, item: AgendaItem, until: datetime) -> Sequence[Send | Change]:
    seen = sign(until, night.now, agenda.minutes_of(item))
    if seen is None or not await night.uow.jour_fixe.note_step(session.meeting.id or 0, step(seen, item.id, until)):
        return []
    if seen is Sign.OVER:
        return await tell_here(night, session, lambda say: _over_text(say, session, item, night.now - until), TALKING)
    return await tell_here(night, session, lambda say: hint_text(say, seen))


def hint_text(say: Say, seen: Sign) -> str:
    """That an item is nearly over."""
    return say("Noch 2 Minuten.") if seen is Sign.TWO_MINUTES else say("Noch eine Minute.")


def _over_text(say: Say, session: Session, item: AgendaItem, since: timedelta) -> str:
    title, until = title_of(item), session.meeting.item_until
    if since > STALE and until is not None:
        text = say("Die Zeit für „{title}“ ist seit {clock} Uhr um.")
        return text.format(title=title, clock=session.clock(until))
    return say("Die Zeit für „{title}“ ist um. Wie geht es weiter?").format(title=title)
