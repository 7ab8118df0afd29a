"""What all that is about the jour fixe shares: which meeting is meant, when it is, who hears of it, who may do it."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.errors import UserError
from bot.messages import Conversation
from bot.roles import Role
from bot.turn import Night, Turn
from handlers.cards import day_in_words
from storage.models.jour_fixe import JourFixe, Meeting
from storage.models.knowledge import Visibility


def check_supporter(turn: Turn) -> None:
    """Refuse staff, and places where others than supporters read along; raises `UserError`."""
    if turn.role < Role.SUPPORTER or Visibility.COMMUNITY not in turn.sees:
        raise UserError(turn.say("Den Jour fixe zeige ich nur Lots:innen und nur unter ihnen."))


def check_keeping(turn: Turn) -> None:
    """Refuse whom `check_supporter` does, and places where nothing that is said may be kept; raises `UserError`."""
    check_supporter(turn)
    check_may_be_kept(turn)


def check_may_be_kept(turn: Turn) -> None:
    """Refuse places where nothing that is said may be kept; raises `UserError`."""
    if turn.is_confidential:
        raise UserError(turn.say("Was hier gesagt wird, ist vertraulich. Ich merke mir nichts davon."))


def check_coordinator(turn: Turn) -> None:
    """Refuse whoever does not coordinate, and confidential places; raises `UserError`."""
    check_keeping(turn)
    if turn.role < Role.COORDINATOR:
        raise UserError(turn.say("Das entscheidet die Koordination. Frag sie gern."))


async def rooms_of(turn: Turn | Night, series: JourFixe) -> Sequence[Conversation]:
    """The rooms that hear of a series: those that it was given, else all of the supporters."""
    assert series.id is not None
    places = await turn.rooms()
    linked = await turn.uow.jour_fixe.rooms(series.id)
    return [place for place in places if (place.platform, place.id) in linked] if linked else places


async def series_of(turn: Turn | Night, meeting: Meeting) -> JourFixe:
    """The series of a meeting."""
    series = await turn.uow.jour_fixe.get(meeting.jour_fixe_id)
    assert series is not None  # a meeting is deleted with its series
    return series


async def upcoming(turn: Turn | Night) -> Sequence[tuple[JourFixe, Meeting]]:
    """The running or else the next meeting of each series that has one, the first one first."""
    found = []
    for series in await turn.uow.jour_fixe.all(turn.today):
        # A house and a series far from each other may have different days.
        meeting = await turn.uow.jour_fixe.next_meeting(
            series.id or 0, turn.now.astimezone(ZoneInfo(series.zone)).date()
        )
        if meeting is not None:
            found.append((series, meeting))
    return sorted(found, key=lambda both: (begin_of(*both), both[0].id))


async def next_of(turn: Turn, named: str = "") -> tuple[JourFixe, Meeting]:
    """The meeting that is meant: of the series with that word in its title, else the next one; raises `UserError`."""
    found = await upcoming(turn)
    word = named.casefold().strip()
    fitting = [both for both in found if word in both[0].title.casefold()]
    if fitting:
        return fitting[0]
    if found:
        titles = ", ".join(f"„{series.title}“" for series, _ in found)
        raise UserError(turn.say("Diesen Jour fixe kenne ich nicht. Es gibt: {titles}.").format(titles=titles))
    raise UserError(turn.say("Noch ist kein Jour fixe geplant. Das macht die Koordination mit „jour fixe“."))


def begin_of(series: JourFixe, meeting: Meeting) -> datetime:
    """When a meeting begins, aware: the time on the wall in the zone of its series."""
    return datetime.combine(meeting.day, meeting.begins, ZoneInfo(series.zone))


def end_of(series: JourFixe, meeting: Meeting) -> datetime:
    """When a meeting is planned to end, aware."""
    begin = begin_of(series, meeting)
    return (begin.astimezone(ZoneInfo("UTC")) + timedelta(minutes=meeting.minutes)).astimezone(begin.tzinfo)


def when(series: JourFixe, meeting: Meeting) -> str:
    """Day and time as they are said: „Donnerstag, 3. Dezember 2026, 9:00 bis 10:30 Uhr“."""
    end = end_of(series, meeting)
    return f"{day_in_words(meeting.day)}, {clock(meeting.begins)} bis {clock(end.time())} Uhr"


def clock(moment: time) -> str:
    """A time as it is said, without „Uhr“: „9:00“."""
    return f"{moment.hour}:{moment.minute:02}"
