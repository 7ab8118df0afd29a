"""When a group meets: times that are proposed to it, and the best one of its answers. Pure.

All of it goes by the clock on the wall in the zone of the house: what begins at nine does so in summer and in winter.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby

from knowledge.working_days import WorkingDays

HOURS = ((time(9), time(12)), (time(13), time(16)))
"""When people meet: in the morning and in the afternoon, not over lunch."""
STEP = timedelta(minutes=30)
FEWEST, MOST = 3, 5
"""How many times are proposed, where there are so many."""
NEAR = 10
"""Of how many days times are proposed: the first ones that fit, as a case shall not wait."""
ANSWERED_WITHIN = 2  # working days
NOTICE = timedelta(hours=4)
"""So long before it a time is proposed at the latest."""
DECIDED = timedelta(hours=2)
"""So long before the first one of the times one of them is chosen at the latest."""
ALL_DAYS = frozenset(range(7))
Span = tuple[datetime, datetime]
"""From when until when."""


@dataclass(frozen=True, slots=True)
class Window:
    """A part of the days: on these days of the week (0 is Monday), of these dates, between these hours."""

    weekdays: frozenset[int] = ALL_DAYS
    begins: time = time.min
    ends: time = time.max
    first_on: date = date.min
    last_on: date = date.max

    def holds(self, span: Span) -> bool:
        """Whether all of a time lies within."""
        begin, end = span
        return self._is_on(begin.date()) and self.begins <= begin.time() and end.time() <= self.ends

    def touches(self, span: Span) -> bool:
        """Whether some of a time lies within."""
        begin, end = span
        return self._is_on(begin.date()) and begin.time() < self.ends and self.begins < end.time()

    def _is_on(self, day: date) -> bool:
        return day.weekday() in self.weekdays and self.first_on <= day <= self.last_on


@dataclass(frozen=True, slots=True)
class Wish:
    """When people would like to meet, the more of it the better, and when they cannot."""

    wanted: tuple[Window, ...] = ()
    unwanted: tuple[Window, ...] = ()


def propose(
    days: tuple[date, date],
    minutes: int,
    now: datetime,
    working_days: WorkingDays,
    wish: Wish = Wish(),
    busy: Collection[Span] = (),
) -> Sequence[datetime]:
    """Three to five times of that length within some days, in order; fewer or none where there are no more.

    `now` is aware, in the zone of the house. None of them is in the past, touches a `busy` time or an unwanted one.
    What is not wished comes only where fewer than three fit, and today only where nothing else does.
    """
    free = [
        span
        for span in _times(days, minutes, now, working_days)
        if not any(window.touches(span) for window in wish.unwanted) and not any(_overlap(span, one) for one in busy)
    ]
    answered = working_days.after(now.date(), ANSWERED_WITHIN)

    def rank(span: Span) -> tuple[bool, int, bool]:
        day = span[0].date()
        return day == now.date(), -sum(window.holds(span) for window in wish.wanted), day <= answered

    chosen: list[Span] = []
    for _, alike in groupby(sorted(free, key=lambda span: (rank(span), span)), rank):
        if len(chosen) < FEWEST:
            chosen = _spread(chosen, _near(list(alike)), MOST if not chosen else FEWEST)
    return [begin for begin, _ in sorted(chosen)]


def answers_until(now: datetime, first: datetime, working_days: WorkingDays) -> datetime:
    """Until when people may answer who are asked now, when the first one of the times is then."""
    day = working_days.after(now.date(), ANSWERED_WITHIN)
    return min(datetime.combine(day, now.time(), now.tzinfo), _later(first, -DECIDED))


def best(
    times: Mapping[int, datetime],
    answers: Mapping[int, Collection[int]],
    smallest: int,
    case_giver: int | None = None,
) -> int | None:
    """The number of the time at which most people can, the earliest one of several; None if none fits.

    `answers` are the numbers by person. At least `smallest` people have to be able to come, the case giver among them.
    """
    comers = {number: [person for person, said in answers.items() if number in said] for number in times}
    fitting = [
        number
        for number, people in comers.items()
        if len(people) >= smallest and (case_giver is None or case_giver in people)
    ]
    return min(fitting, key=lambda number: (-len(comers[number]), times[number], number), default=None)


def _times(days: tuple[date, date], minutes: int, now: datetime, working_days: WorkingDays) -> Iterator[Span]:
    """All times of that length on the working days from one day to another that are not too near."""
    day, last = max(days[0], now.date()), days[1]
    while day <= last:
        if working_days.is_working(day):
            for span in _times_on(day, minutes, now):
                if span[0] >= _later(now, NOTICE):
                    yield span
        day += timedelta(days=1)


def _times_on(day: date, minutes: int, now: datetime) -> Iterator[Span]:
    length = timedelta(minutes=minutes)
    for opens, closes in _hours_for(length):
        begin = datetime.combine(day, opens, now.tzinfo)
        latest = datetime.combine(day, closes, now.tzinfo)
        while (end := _later(begin, length)) <= latest:
            yield begin, end
            begin = _later(begin, STEP)


def _hours_for(length: timedelta) -> Sequence[tuple[time, time]]:
    """Morning and afternoon; what is too long for them goes on over lunch."""
    fits = any(timedelta(hours=closes.hour - opens.hour) >= length for opens, closes in HOURS)
    return HOURS if fits else ((HOURS[0][0], HOURS[-1][1]),)


def _later(moment: datetime, by: timedelta) -> datetime:
    # The clock on the wall is set twice a year: an hour is counted by the other one.
    return (moment.astimezone(UTC) + by).astimezone(moment.tzinfo)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _near(spans: Sequence[Span]) -> Sequence[Span]:
    """The times of the first days that have some."""
    known = sorted({begin.date() for begin, _ in spans})[:NEAR]
    return [span for span in spans if span[0].date() in known]


def _spread(chosen: Sequence[Span], spans: Sequence[Span], most: int) -> list[Span]:
    """Add times until there are so many: each one as different from the others as it can be, else the earliest."""
    result = list(chosen)
    left = spans
    while len(result) < most:
        left = [span for span in left if not any(_overlap(span, one) for one in result)]
        if not left:
            break
        result.append(max(left, key=lambda span: _novelty(span, result)))
    return result


def _novelty(span: Span, others: Sequence[Span]) -> tuple[float, ...]:
    """How different a time is from others: another day, half of it, weekday, hour, a full one; then how early."""
    begin = span[0]
    others_begin = [other for other, _ in others]
    same_day = [other for other in others_begin if other.date() == begin.date()]
    days_between = [abs((begin.date() - other.date()).days) for other in others_begin]
    return (
        -len(same_day),
        -sum(_is_morning(begin) == _is_morning(other) for other in same_day),
        -sum(_is_morning(begin) == _is_morning(other) for other in others_begin),
        -sum(begin.weekday() == other.weekday() for other in others_begin),
        begin.minute == 0,
        -sum(begin.time() == other.time() for other in others_begin),
        min([2, *days_between]),
        -begin.timestamp(),
    )


def _is_morning(moment: datetime) -> bool:
    return moment.time() < HOURS[0][1]
