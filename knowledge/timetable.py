"""What is due when before a meeting. A meeting has little room when the one before it is near.

By itself a meeting has its topics collected two weeks before, closed five working days before, its agenda three, and a
reminder on the last one. All of it lies on working days after the meeting before, so that nobody hears of two at once.
Where fewer than six working days lie between the two, each step keeps a day of its own and comes nearer: with four,
which is a week, they are closed on the second, the agenda comes on the third, the reminder on the last. With three the
agenda comes on the last one and reminds, too. With fewer nobody votes: topics are taken until the agenda is made.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from knowledge.working_days import WorkingDays

MORNING, NOON = time(9), time(12)
COLLECTED = timedelta(days=14)
"""So long before a meeting its topics are asked for, where there is time."""
CLOSED, AGENDA, COLLECTED_FOR = 5, 3, 2
"""Working days: from the closing to the meeting, from the agenda to the meeting, from asking to closing at least."""
BEGINNING = timedelta(minutes=30)
"""So long after its begin a meeting still begins."""


class Step(StrEnum):
    """What is done for a meeting before it begins, in this order; as such it is noted in the database."""

    COLLECT = "collect"
    CLOSE = "close"
    AGENDA = "agenda"
    REMIND = "remind"
    START = "start"


@dataclass(frozen=True, slots=True)
class Due:
    """A step to be done `at` a time and of no use from `useful_until` on; both in the zone of the series."""

    step: Step
    at: datetime
    useful_until: datetime


class Timing(StrEnum):
    """How a step comes: late is another day than the one on which it was due; past its use it is only noted."""

    ON_TIME = "on_time"
    LATE = "late"
    PAST = "past"


def timetable(
    begins: datetime, days: WorkingDays, since: datetime | None = None, *, is_kept_open: bool = False
) -> tuple[Due, ...]:
    """The steps of a meeting that `begins` at this time, in its zone, by their time.

    `since` is the begin of the meeting before it, or when it was planned if that was later. An agenda that
    `is_kept_open` is made when the reminder is due.
    """
    starts = {**_before(begins, days, since), Step.START: begins}
    if is_kept_open and Step.REMIND in starts:
        starts[Step.AGENDA] = starts.pop(Step.REMIND)
    begun = (begins.astimezone(UTC) + BEGINNING).astimezone(begins.tzinfo)
    following = [*list(starts.values())[1:], begun]
    # Whoever missed the agenda may still read it together with the reminder.
    untils = [begins if step is Step.AGENDA else after for step, after in zip(starts, following, strict=True)]
    return tuple(Due(step, at, until) for (step, at), until in zip(starts.items(), untils, strict=True))


def deadline(steps: Sequence[Due]) -> datetime:
    """Until when topics are taken (Themenschluss)."""
    return next(due.at for due in steps if due.step in (Step.CLOSE, Step.AGENDA))


def due_steps(
    steps: Sequence[Due], now: datetime, done: Collection[str], days: WorkingDays
) -> tuple[tuple[Step, Timing], ...]:
    """What is due now and was not `done`, in order; an agenda that is said only now leaves nothing to remind of.

    What comes late comes on the morning of a working day, where it is still of use then.
    """
    left = [due for due in steps if due.step not in done and _has_passed(due.at, now)]
    found = {due.step: _timing(due, now) for due in left if not _waits(due, now, days)}
    if Step.REMIND in found and found.get(Step.AGENDA, Timing.PAST) is not Timing.PAST:
        found[Step.REMIND] = Timing.PAST
    return tuple(found.items())


def _timing(due: Due, now: datetime) -> Timing:
    if _has_passed(due.useful_until, now):
        return Timing.PAST
    return Timing.LATE if _day(due, now) > due.at.date() else Timing.ON_TIME


def _waits(due: Due, now: datetime, days: WorkingDays) -> bool:
    today = _day(due, now)
    morning = _at(today if days.is_working(today) else days.after(today, 1), MORNING, due.at)
    is_early = not _has_passed(morning, now)
    return _timing(due, now) is Timing.LATE and is_early and not _has_passed(due.useful_until, morning)


def _day(due: Due, now: datetime) -> date:
    return now.astimezone(due.at.tzinfo).date()


def _has_passed(moment: datetime, now: datetime) -> bool:
    # Two times of one zone would be compared by the clock on the wall, which is set back once a year.
    return moment.astimezone(UTC) <= now.astimezone(UTC)


def _before(begins: datetime, days: WorkingDays, since: datetime | None) -> dict[Step, datetime]:
    """When the steps before the begin are due, in their order."""
    between = _working_days_between(begins, days, since)
    if not between:
        a_day_before = begins - timedelta(days=1)  # by the clock on the wall
        return {Step.AGENDA: max(since, a_day_before) if since else a_day_before}
    agenda = max(1, min(AGENDA, len(between) - 2))
    closed = min(CLOSED, len(between) - 1) if len(between) > 2 else agenda
    steps = {Step.COLLECT: _at(_collected_on(begins.date(), between, closed, days), MORNING, begins)}
    if closed > agenda:
        steps[Step.CLOSE] = _at(between[closed - 1], NOON, begins)
    steps[Step.AGENDA] = _at(between[agenda - 1], NOON, begins)
    if agenda > 1:
        steps[Step.REMIND] = _at(between[0], MORNING, begins)
    return steps


def _collected_on(day: date, between: Sequence[date], closed: int, days: WorkingDays) -> date:
    """The first working day of the two weeks; earlier if it leaves no time to collect, later if a meeting is near."""
    latest = between[min(closed + COLLECTED_FOR, len(between)) - 1]
    asked = min(day - COLLECTED, latest)
    while not days.is_working(asked):
        asked += timedelta(days=1)
    return max(asked, between[-1])


def _working_days_between(begins: datetime, days: WorkingDays, since: datetime | None) -> Sequence[date]:
    """The working days before a meeting, the last one first; after the one before it, and no more than are needed."""
    found: list[date] = []
    first = since.astimezone(begins.tzinfo).date() if since else date.min
    needed = begins.date() - COLLECTED
    for day in _days_before(begins.date()):
        if day <= first or (day < needed and len(found) >= CLOSED + COLLECTED_FOR):
            return found
        if days.is_working(day):
            found.append(day)
    return found


def _days_before(day: date) -> Iterator[date]:
    while day > date.min:
        day -= timedelta(days=1)
        yield day


def _at(day: date, clock: time, begins: datetime) -> datetime:
    return datetime.combine(day, clock, begins.tzinfo)
