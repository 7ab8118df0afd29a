"""Leads through a meeting: start, next item, more time, adjourn, pause, end; and keeps the time without a fuss.

Only what is said to the bot is heard: the choices below its messages, and commands. Nobody's other words are read.
"""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import ask
from handlers.ask import chosen
from handlers.jour_fixe import agenda, carrying, duties, preparation, time_boxes
from handlers.jour_fixe.appointments import begin_of, check_keeping, end_of, rooms_of, series_of, upcoming, when
from handlers.jour_fixe.live_posts import (
    LIVE,
    Say,
    Session,
    open_session,
    present_text,
    tell,
    title_of,
    warning,
    words_for,
)
from handlers.turning import is_said_together, note_turning
from knowledge.timetable import Step
from storage.models.agenda import AgendaItem, ItemState, Poll
from storage.models.jour_fixe import Duty, JourFixe, Meeting, MeetingState, Shows

STARTED_FROM = timedelta(minutes=30)
"""So long before its begin a meeting can be started."""

_ITEM = re.compile(
    r"(?:(?:weiter |jetzt )?(?:mit |zu )?)(?:top|tagesordnungspunkt|punkt)\s*(\d{1,3})\W*", re.IGNORECASE
)


# starting


async def start(turn: Turn, services: Services) -> Sequence[Action]:
    """„Jour fixe starten“: begin with the first item of the meeting that is planned about now."""
    check_keeping(turn)
    series, planned = await _planned(turn)
    meeting = await turn.uow.jour_fixe.hold_meeting(planned.id or 0)
    assert meeting is not None
    await _check_leader(turn, meeting)
    if meeting.state == MeetingState.RUNNING:
        return await _show(turn, await open_session(turn, series, meeting))
    _check_time(turn, series, meeting)
    made = await _make_agenda(turn, services, meeting)
    session = await open_session(turn, series, meeting)
    meeting.state = MeetingState.RUNNING
    meeting.platform, meeting.conversation_id = turn.message.conversation.platform, turn.message.conversation.id
    time_boxes.begin(session, next(iter(session.ahead), None), turn.now)
    note_turning(turn, meeting)
    shown = await present_text(turn, session)

    def text(say: Say) -> str:
        begun = say("**{title} läuft**, geplant bis {clock} Uhr.")
        heading = begun.format(title=series.title, clock=session.clock(end_of(series, meeting)))
        if session.present is None:
            return heading + "\n" + say("Auf der Tagesordnung steht noch nichts.")
        return "\n\n".join(filter(None, [heading, shown(say), warning(say, session)]))

    return [*made, *await tell(turn, session, text, words_for(session), turn.message.conversation)]


async def _make_agenda(turn: Turn, services: Services, meeting: Meeting) -> Sequence[Action]:
    """Make the agenda if that was not done in time: the bot may have been away, or the vote be open."""
    assert meeting.id is not None
    items = await turn.uow.agenda.of_meeting(meeting.id)
    if any(item.place is not None for item in items) or await turn.uow.jour_fixe.posts(meeting.id, Shows.AGENDA):
        return []
    await turn.uow.jour_fixe.note_step(meeting.id, Step.AGENDA)
    return await preparation.make(turn, services, meeting)


async def _planned(turn: Turn) -> tuple[JourFixe, Meeting]:
    """The meeting that is meant here: the running or else the next one; raises `UserError`."""
    here = turn.message.conversation
    for series, meeting in await upcoming(turn):
        if here.is_direct or here in await rooms_of(turn, series):
            return series, meeting
    raise UserError(turn.say("Für diesen Ort ist kein Jour fixe geplant."))


def _check_time(turn: Turn, series: JourFixe, meeting: Meeting) -> None:
    """Refuse to start much too early or too late; raises `UserError`."""
    first = begin_of(series, meeting) - STARTED_FROM
    if turn.now < first:
        text = turn.say("Der nächste Termin ist: {when}. Starten lässt er sich eine halbe Stunde vorher.")
        raise UserError(text.format(when=when(series, meeting)))
    if turn.now > end_of(series, meeting) + carrying.STARTED_UNTIL:
        text = turn.say("Der Termin ist vorbei: {when}. Heute Abend frage ich die Koordination, ob er stattfand.")
        raise UserError(text.format(when=when(series, meeting)))


async def _show(turn: Turn, session: Session) -> Sequence[Action]:
    """What is talked about, for somebody who is not there yet."""
    return [Reply((await present_text(turn, session))(turn.say))]


# who may do it


async def _check_leader(turn: Turn, meeting: Meeting) -> None:
    """Refuse whoever does not lead a meeting; raises `UserError`."""
    if await _leads(turn, meeting):
        return
    name = (await duties.names(turn.uow, meeting.id or 0)).get(Duty.MODERATOR, "")
    text = turn.say("Das macht die Moderation ({name}) oder die Koordination.")
    raise UserError(text.format(name=name))


async def _leads(turn: Turn, meeting: Meeting) -> bool:
    """Whether somebody moderates, keeps the time or coordinates; without a moderator, each supporter leads."""
    if turn.role >= Role.COORDINATOR:
        return True
    assert meeting.id is not None
    if Duty.MODERATOR not in await duties.names(turn.uow, meeting.id):
        return turn.role >= Role.SUPPORTER
    return any([await duties.holds(turn, meeting.id, duty) for duty in (Duty.MODERATOR, Duty.TIMEKEEPER)])


# what is said while it runs


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what somebody chose below a message of a running meeting, if they may."""
    check_keeping(turn)
    data = chosen(turn)
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    if meeting is None or meeting.state != MeetingState.RUNNING:
        return [Reply(turn.say("Dieser Jour fixe läuft nicht mehr."))]
    session = await open_session(turn, await series_of(turn, meeting), meeting)
    if data["item"] != str(meeting.item_id or ""):
        return await _show(turn, session)
    return await _do(turn, services, session, data["do"])


async def _do(turn: Turn, services: Services, session: Session, what: str) -> Sequence[Action]:
    if what == "mehr":
        is_leading = await _leads(turn, session.meeting)
        return _with_word(turn, session, await time_boxes.give_more(turn, session, is_leading=is_leading))
    await _check_leader(turn, session.meeting)
    match what:
        case "bleiben":
            return [Reply(turn.say("Gut, es geht weiter."))]
        case "beenden":
            return await carrying.end(turn, services, session)
        case "ende":
            return _ask_to_end(turn, session) if session.ahead else await carrying.end(turn, services, session)
    if is_said_together(turn, session.meeting):
        return await _show(turn, session)
    done = await _lead(turn, session, what)
    note_turning(turn, session.meeting)
    return _with_word(turn, session, done)


async def _lead(turn: Turn, session: Session, what: str) -> Sequence[Action]:
    match what:
        case "pause":
            return await time_boxes.pause(turn, session)
        case "vertagen":
            return await _adjourn(turn, session)
        case "zurück":
            return await _go_back(turn, session)
    return await (time_boxes.resume(turn, session) if session.meeting.paused_at else _go_on(turn, session))


def _with_word(turn: Turn, session: Session, done: Sequence[Action]) -> Sequence[Action]:
    """Whoever leads from elsewhere hears that it is done: there, a message is only changed."""
    here = turn.message.conversation
    is_silent = (here.platform, here.id) != session.here and not any(isinstance(one, Reply) for one in done)
    return [*done, Reply(turn.say("Ist gemacht."))] if is_silent else done


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    """„weiter“: to the next item, or on after a pause."""
    return await _do(turn, services, await _running(turn), "weiter")


async def give_time(turn: Turn, services: Services) -> Sequence[Action]:
    """„5 Minuten mehr“ for the present item."""
    return await _do(turn, services, await _running(turn), "mehr")


async def adjourn(turn: Turn, services: Services) -> Sequence[Action]:
    """„vertagen“: the present item waits for another meeting."""
    return await _do(turn, services, await _running(turn), "vertagen")


async def pause(turn: Turn, services: Services) -> Sequence[Action]:
    """„Jour fixe Pause“: the clock stands still until somebody says „weiter“."""
    return await _do(turn, services, await _running(turn), "pause")


async def go_back(turn: Turn, services: Services) -> Sequence[Action]:
    """„zurück“: to the item before."""
    return await _do(turn, services, await _running(turn), "zurück")


def names_item(text: str) -> bool:
    """Whether somebody says only the number of an item: „TOP 3“."""
    return _ITEM.fullmatch(text.strip()) is not None


async def go_to(turn: Turn, services: Services) -> Sequence[Action]:
    """„TOP 3“: to that item, whatever comes between waits."""
    session = await _running(turn)
    await _check_leader(turn, session.meeting)
    found = _ITEM.fullmatch(turn.text.strip())
    assert found is not None  # the router asked before
    known = dict(agenda.numbered(session.items))
    item = known.get(int(found[1]))
    if item is None:
        text = turn.say("TOP {number} steht nicht auf der Tagesordnung. Es gibt dort 1 bis {last}.")
        raise UserError(text.format(number=int(found[1]), last=max(known, default=0)))
    if item is session.present:
        return await _show(turn, session)
    if session.present is not None:
        session.present.state = ItemState.DISCUSSED
    item.state = ItemState.WAITING
    note_turning(turn, session.meeting)
    return _with_word(turn, session, await _turn_to(turn, session, item))


async def take_question(turn: Turn, services: Services) -> Sequence[Action]:
    """Answer a question; where a meeting is led, one without an answer was meant for the meeting, and is not kept."""
    said = await ask.ask(turn, services)
    here = turn.message.conversation
    opened = next((one for one in said if isinstance(one, Reply) and one.offer and one.offer.topic == ask.OPEN), None)
    if opened is None or not await turn.uow.jour_fixe.runs_in(here.platform, here.id):
        return said
    assert opened.offer is not None
    await turn.uow.questions.withdraw(int(opened.offer.choices[0].data["open_question"]))
    text = turn.say(
        "Das verstehe ich nicht. Im Jour fixe geht: „weiter“, „mehr“, „vertagen“, „pause“, „top 3“ und „ende“."
    )
    return [Reply(text)]


async def end(turn: Turn, services: Services) -> Sequence[Action]:
    """„Jour fixe beenden“."""
    return await _do(turn, services, await _running(turn), "ende")


async def _running(turn: Turn) -> Session:
    """The meeting that runs here, held for a change; raises `UserError`."""
    check_keeping(turn)
    here = turn.message.conversation
    for running in await turn.uow.jour_fixe.in_state(MeetingState.RUNNING):
        series = await series_of(turn, running)
        if here.is_direct or here.id == running.conversation_id or here in await rooms_of(turn, series):
            meeting = await turn.uow.jour_fixe.hold_meeting(running.id or 0)
            if meeting is not None and meeting.state == MeetingState.RUNNING:
                return await open_session(turn, series, meeting)
    raise UserError(turn.say("Hier läuft gerade kein Jour fixe."))


# from item to item


async def _go_on(turn: Turn, session: Session) -> Sequence[Action]:
    if session.present is not None:
        session.present.state = ItemState.DISCUSSED
    return await _turn_to(turn, session, next(iter(session.ahead), None))


async def _adjourn(turn: Turn, session: Session) -> Sequence[Action]:
    item = time_boxes.present(turn, session)
    following, title, is_fixed = next(iter(session.ahead), None), title_of(item), item.is_fixed
    if is_fixed:  # it comes again with the next agenda
        await turn.uow.agenda.remove(item.id or 0)
    else:
        await agenda.defer(turn.uow, item)
    left = await open_session(turn, session.series, session.meeting)

    def told(say: Say) -> str:
        if is_fixed:
            return say("„{title}“ lassen wir heute aus.").format(title=title)
        return say("„{title}“ ist vertagt und steht wieder im Themenspeicher.").format(title=title)

    return await _turn_to(turn, left, following, told)


async def _go_back(turn: Turn, session: Session) -> Sequence[Action]:
    before = session.items[: session.items.index(session.present)] if session.present else session.items
    done = [item for item in before if item.state == ItemState.DISCUSSED]
    if not done:
        raise UserError(turn.say("Davor kommt kein Punkt."))
    done[-1].state = ItemState.WAITING
    return await _turn_to(turn, session, done[-1])


async def _turn_to(
    turn: Turn, session: Session, item: AgendaItem | None, told: Callable[[Say], str] | None = None
) -> Sequence[Action]:
    """Go to an item and show it, below what is `told` of the one before."""
    await turn.uow.agenda.close_poll([session.meeting.item_id or 0], Poll.MORE_TIME)
    time_boxes.begin(session, item, turn.now)
    shown = await present_text(turn, session)

    def text(say: Say) -> str:
        return "\n\n".join(filter(None, [told(say) if told else "", shown(say)]))

    return await tell(turn, session, text, words_for(session))


# ending


def _ask_to_end(turn: Turn, session: Session) -> Sequence[Action]:
    titles = agenda.named(turn.say, session.ahead)
    data = {"meeting": str(session.meeting.id), "item": str(session.meeting.item_id or "")}
    choices = (
        Choice("ja", turn.say("ja, beenden"), data | {"do": "beenden"}),
        Choice("nein", turn.say("nein"), data | {"do": "bleiben"}),
    )
    text = turn.say("Noch offen: {titles}. Trotzdem beenden?").format(titles=titles)
    return [Reply(text, Offer(LIVE, choices))]
