"""Takes down who comes to a meeting, and who may be named in its minutes; both can be changed or taken back."""

from collections.abc import Callable, Sequence
from datetime import timedelta

from bot.errors import UserError
from bot.messages import Action, Reply, Send
from bot.turn import Services, Turn
from handlers import candidates
from handlers.ask import chosen
from handlers.cards import day_in_words
from handlers.dates import day_said
from handlers.jour_fixe import agenda, half_groups, rota
from handlers.jour_fixe.appointments import begin_of, check_keeping, check_supporter, next_of, series_of, when
from handlers.jour_fixe.attendance import sums
from handlers.jour_fixe.coming_sentences import asked_day, read_coming, read_naming
from storage.models.jour_fixe import Attendance, Coming, JourFixe, Meeting, MeetingState
from storage.models.people import Person
from storage.repositories.attendance import DAYS_KEPT

TAKES_PLACE = (MeetingState.PLANNED, MeetingState.RUNNING)

Say = Callable[[str], str]


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Take down that somebody comes or not, as they chose below an agenda."""
    check_keeping(turn)
    data = chosen(turn)
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    if meeting is None or meeting.state == MeetingState.CANCELLED:
        raise UserError(turn.say("Dieser Termin findet nicht statt."))
    attendance, actions = await _take(turn, services, meeting, Coming(data["do"]))
    chat = await candidates.chat_of(turn.uow, attendance.person_id)
    if turn.message.conversation.is_direct:
        return [_told(turn.say, await series_of(turn, meeting), meeting, attendance), *actions]
    # A room need not read it of everybody.
    if chat is None:
        return [Reply(f"{turn.say('Notiert.')} {turn.say('Bis zum Beginn kannst du das ändern.')}"), *actions]
    told = _told(turn.say_to(chat[0]), await series_of(turn, meeting), meeting, attendance)
    return [Send(chat[0], told.text, person=chat[1]), *actions]


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """„ich komme nicht zum jour fixe“, „bin am 3.12. dabei“, „wer kommt?“, „nenn mich im Protokoll“."""
    check_supporter(turn)
    if (day := asked_day(turn.text)) is not None:
        return [await _who_comes(turn, await _meant(turn, day))]
    check_keeping(turn)
    if (may_be_named := read_naming(turn.text)) is not None:
        return await _take_naming(turn, may_be_named=may_be_named)
    said = read_coming(turn.text)
    assert said is not None
    meeting = await _meant(turn, said.day)
    await turn.uow.jour_fixe.hold_meeting(meeting.id or 0)
    attendance, actions = await _take(turn, services, meeting, said.coming)
    return [_told(turn.say, await series_of(turn, meeting), meeting, attendance), *actions]


async def _who_comes(turn: Turn, meeting: Meeting) -> Reply:
    """Only sums: who comes, everybody may keep to themselves."""
    shown = await sums(turn.say, turn.uow, meeting.id or 0)
    text = (
        turn.say("{when}: {sums}. Namen zeige ich nicht.")
        if shown
        else turn.say("{when}: Dazu haben noch zu wenige geantwortet. „komme“ oder „komme nicht“ sagt es mir.")
    )
    return Reply(text.format(when=when(await series_of(turn, meeting), meeting), sums=shown))


async def _meant(turn: Turn, day: str) -> Meeting:
    """The meeting on that day, or the next one; raises `UserError` if there is none."""
    series, meeting = await next_of(turn)
    if not day:
        return meeting
    meant = day_said(day, turn.today)
    if meant is None:
        raise UserError(
            turn.say("Diesen Tag gibt es nicht. Der nächste Termin: {when}.").format(when=when(series, meeting))
        )
    found = [one for one in await turn.uow.jour_fixe.in_state(*TAKES_PLACE, since=turn.today) if one.day == meant]
    if not found:
        text = turn.say("Am {day} ist kein Termin geplant. Der nächste: {when}.")
        raise UserError(text.format(day=day_in_words(meant), when=when(series, meeting)))
    return found[0]


async def _take(
    turn: Turn, services: Services, meeting: Meeting, coming: Coming
) -> tuple[Attendance, Sequence[Action]]:
    """Keep what the sender said; gives it with what others hear of it. Raises `UserError` after the begin."""
    series = await series_of(turn, meeting)
    if turn.now >= begin_of(series, meeting) or meeting.state not in TAKES_PLACE:
        text = turn.say("{when}: Der Termin hat schon begonnen. Zu- und Absagen nehme ich nur davor.")
        raise UserError(text.format(when=when(series, meeting)))
    attendance = await _own(turn, meeting)
    attendance.coming = coming
    if coming != Coming.YES:
        attendance.may_be_named = False
    person = attendance.person_id
    stepped_down = await rota.step_down(turn, series, meeting, person) if coming == Coming.NO else []
    regrouped = await half_groups.adjust(turn, services, series, meeting)
    return attendance, [*stepped_down, *regrouped, *await agenda.refresh(turn, services, meeting)]


async def _own(turn: Turn, meeting: Meeting) -> Attendance:
    person = await _sender(turn)
    return await turn.uow.attendance.of(meeting.id or 0, person.id or 0)


async def _sender(turn: Turn) -> Person:
    here, sender = turn.message.conversation, turn.message.sender
    return await turn.uow.people.know(here.platform, sender.id, sender.name)


def _told(say: Say, series: JourFixe, meeting: Meeting, attendance: Attendance) -> Reply:
    assert attendance.coming is not None
    text = _noted(say, Coming(attendance.coming)).format(title=series.title, when=when(series, meeting))
    if attendance.coming != Coming.YES:
        return Reply(f"{text} " + say("Bis zum Beginn ändert das „bin dabei“."))
    text += " " + say("Bis zum Beginn ändert das „komme nicht“.")
    if attendance.may_be_named:
        return Reply(text)
    # In words, not by a number: a digit that was meant for something else must be no consent.
    return Reply(f"{text} " + say("Im Protokoll steht dein Name nur, wenn du schreibst: „nenn mich im Protokoll“."))


def _noted(say: Say, coming: Coming) -> str:
    match coming:
        case Coming.YES:
            return say("Notiert, du kommst: {title}, {when}.")
        case Coming.MAYBE:
            return say("Notiert, du kommst vielleicht: {title}, {when}.")
        case Coming.NO:
            return say("Notiert, du kommst nicht: {title}, {when}.")


# standing in the minutes


async def _name(turn: Turn, meeting: Meeting) -> Sequence[Action]:
    (await _own(turn, meeting)).may_be_named = True
    text = turn.say("Gut, du stehst mit Namen im Protokoll. „nenn mich nicht im Protokoll“ nimmt das zurück.")
    return [Reply(text)]


async def _take_naming(turn: Turn, *, may_be_named: bool) -> Sequence[Action]:
    """Have the sender be named in the minutes of a meeting that they came or come to, or in none."""
    since = turn.today - timedelta(days=DAYS_KEPT)
    meetings = await turn.uow.jour_fixe.in_state(*TAKES_PLACE, MeetingState.HELD, since=since)
    person = await _sender(turn)
    said = {one.id: await turn.uow.attendance.all(one.id or 0) for one in meetings}
    theirs = [(one, row) for one in meetings for row in said[one.id] if row.person_id == person.id]
    if not may_be_named:
        for _, attendance in theirs:
            attendance.may_be_named = False
        return [Reply(turn.say("Gut, in keinem neuen Protokoll steht dein Name."))]
    coming = [one for one, attendance in theirs if attendance.coming == Coming.YES]
    if not coming:
        raise UserError(turn.say("Schreib mir zuerst, ob du kommst: „ich komme zum Jour fixe“."))
    begun = [one for one in coming if begin_of(await series_of(turn, one), one) <= turn.now]
    return await _name(turn, begun[-1] if begun else coming[0])
