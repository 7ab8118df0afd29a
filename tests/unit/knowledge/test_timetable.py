"""Before each meeting everything comes in its order, in time, and at most once."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.timetable import Due, Step, Timing, deadline, due_steps, timetable
from knowledge.working_days import LANDS, WorkingDays

BERLIN = ZoneInfo("Europe/Berlin")
NW = WorkingDays(["NW"], [date(2026, 12, 24), date(2026, 12, 31)])
THURSDAY = datetime(2026, 12, 3, 9, tzinfo=BERLIN)
COLLECT, CLOSE, AGENDA, REMIND, START = Step

houses = st.builds(
    WorkingDays, st.sets(st.sampled_from(LANDS), max_size=3), st.sets(st.dates(date(2026, 1, 1), date(2046, 1, 1)))
)
zones = st.sampled_from(["Europe/Berlin", "Europe/Lisbon", "America/Santiago"]).map(ZoneInfo)
days = st.dates(date(2026, 2, 1), date(2046, 1, 1))
begins = st.builds(datetime.combine, days, st.times(), zones)
gaps = st.none() | st.timedeltas(timedelta(minutes=1), timedelta(days=90))


def said(steps: tuple[Due, ...]) -> dict[Step, str]:
    return {due.step: f"{due.at:%a %d.%m. %H:%M}" for due in steps}


def test_four_weeks_leave_room_for_every_step() -> None:
    steps = timetable(THURSDAY, NW, THURSDAY - timedelta(weeks=4))
    assert said(steps) == {
        COLLECT: "Thu 19.11. 09:00",
        CLOSE: "Thu 26.11. 12:00",
        AGENDA: "Mon 30.11. 12:00",
        REMIND: "Wed 02.12. 09:00",
        START: "Thu 03.12. 09:00",
    }
    assert steps == timetable(THURSDAY, NW)


def test_each_step_is_of_use_until_the_next_but_the_agenda_until_the_begin() -> None:
    steps = timetable(THURSDAY, NW)
    assert [due.useful_until for due in steps] == [
        steps[1].at,
        steps[2].at,
        THURSDAY,
        THURSDAY,
        THURSDAY + timedelta(minutes=30),
    ]


def test_a_weekly_series_has_all_of_it_after_the_meeting_before() -> None:
    assert said(timetable(THURSDAY, NW, THURSDAY - timedelta(weeks=1))) == {
        COLLECT: "Fri 27.11. 09:00",
        CLOSE: "Mon 30.11. 12:00",
        AGENDA: "Tue 01.12. 12:00",
        REMIND: "Wed 02.12. 09:00",
        START: "Thu 03.12. 09:00",
    }


@pytest.mark.parametrize(
    ("days_before", "steps"),
    [
        (14, "collect 9, close 5, agenda 3, remind 1"),
        (9, "collect 6, close 5, agenda 3, remind 1"),
        (8, "collect 5, close 4, agenda 3, remind 1"),
        (7, "collect 4, close 3, agenda 2, remind 1"),
        (6, "collect 3, close 2, agenda 1"),
        (3, "collect 2, agenda 1"),
        (2, "collect 1, agenda 1"),
    ],
)
def test_the_nearer_the_meeting_before_the_nearer_the_steps(days_before: int, steps: str) -> None:
    found = timetable(THURSDAY, NW, THURSDAY - timedelta(days=days_before))
    near = [f"{due.step} {working_days(due.at.date(), THURSDAY.date())}" for due in found[:-1]]
    assert ", ".join(near) == steps


def working_days(first: date, last: date) -> int:
    return sum(NW.is_working(first + timedelta(days=days)) for days in range((last - first).days))


def test_the_day_after_another_meeting_only_its_agenda_is_said() -> None:
    steps = timetable(THURSDAY, NW, THURSDAY - timedelta(hours=20))
    assert said(steps) == {AGENDA: "Wed 02.12. 13:00", START: "Thu 03.12. 09:00"}


def test_topics_are_asked_for_on_a_working_day_with_time_to_answer() -> None:
    closed = WorkingDays(["NW"], [date(2026, 12, 24) + timedelta(days=days) for days in range(11)])
    steps = timetable(datetime(2027, 1, 7, 9, tzinfo=BERLIN), closed)
    assert said(steps)[CLOSE] == "Tue 22.12. 12:00"
    assert said(steps)[COLLECT] == "Fri 18.12. 09:00"
    after_a_holiday = timetable(datetime(2026, 6, 18, 9, tzinfo=BERLIN), NW)
    assert said(after_a_holiday)[COLLECT] == "Fri 05.06. 09:00"


def test_clock_times_stay_across_the_change_of_summer_time() -> None:
    steps = timetable(datetime(2026, 3, 31, 9, tzinfo=BERLIN), NW)
    assert [(due.at.hour, due.at.astimezone(UTC).hour) for due in steps] == [(9, 8), (12, 11), (12, 11), (9, 7), (9, 7)]


def test_an_agenda_that_is_kept_open_comes_with_the_last_reminder() -> None:
    steps = timetable(THURSDAY, NW, is_kept_open=True)
    assert said(steps)[AGENDA] == "Wed 02.12. 09:00"
    assert REMIND not in said(steps)
    assert steps[1].useful_until == steps[2].at


def test_topics_are_taken_until_the_vote_or_else_the_agenda() -> None:
    assert deadline(timetable(THURSDAY, NW)) == datetime(2026, 11, 26, 12, tzinfo=BERLIN)
    near = timetable(THURSDAY, NW, THURSDAY - timedelta(days=3))
    assert deadline(near) == datetime(2026, 12, 2, 12, tzinfo=BERLIN)


# what is due


def due(now: datetime, *done: Step) -> list[tuple[Step, Timing]]:
    return list(due_steps(timetable(THURSDAY, NW), now, done, NW))


def test_nothing_is_due_before_its_time() -> None:
    assert due(datetime(2026, 11, 19, 8, 59, tzinfo=BERLIN)) == []
    assert due(datetime(2026, 11, 19, 9, tzinfo=BERLIN)) == [(COLLECT, Timing.ON_TIME)]


def test_what_was_done_is_not_due() -> None:
    assert due(datetime(2026, 11, 19, 10, tzinfo=BERLIN), COLLECT) == []


def test_late_is_another_day() -> None:
    assert due(datetime(2026, 11, 19, 23, 59, tzinfo=BERLIN)) == [(COLLECT, Timing.ON_TIME)]
    assert due(datetime(2026, 11, 20, 9, tzinfo=BERLIN)) == [(COLLECT, Timing.LATE)]


def test_what_is_late_waits_for_the_morning_of_a_working_day() -> None:
    assert due(datetime(2026, 11, 20, 8, 59, tzinfo=BERLIN)) == []
    assert due(datetime(2026, 11, 21, 12, tzinfo=BERLIN)) == []
    assert due(datetime(2026, 11, 22, 12, tzinfo=BERLIN)) == []
    assert due(datetime(2026, 11, 23, 9, tzinfo=BERLIN)) == [(COLLECT, Timing.LATE)]


def test_what_would_be_past_its_use_by_then_does_not_wait() -> None:
    saturday = datetime(2026, 11, 28, 12, tzinfo=BERLIN)
    steps = (Due(AGENDA, saturday - timedelta(days=1), saturday + timedelta(days=1)),)
    assert due_steps(steps, saturday, (), NW) == ((AGENDA, Timing.LATE),)


def test_what_is_past_its_use_is_skipped() -> None:
    assert due(datetime(2026, 11, 27, 9, tzinfo=BERLIN)) == [(COLLECT, Timing.PAST), (CLOSE, Timing.LATE)]


def test_an_agenda_that_comes_with_the_reminder_reminds() -> None:
    now = datetime(2026, 12, 2, 10, tzinfo=BERLIN)
    assert due(now, COLLECT, CLOSE) == [(AGENDA, Timing.LATE), (REMIND, Timing.PAST)]
    assert due(now, COLLECT, CLOSE, AGENDA) == [(REMIND, Timing.ON_TIME)]


def test_after_the_meeting_all_is_past() -> None:
    assert {timing for _, timing in due(THURSDAY + timedelta(days=1))} == {Timing.PAST}


def test_in_the_hour_that_comes_twice_nothing_is_due_too_early() -> None:
    second = datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1)
    steps = (Due(COLLECT, second, second + timedelta(days=1)),)
    assert due_steps(steps, datetime(2026, 10, 25, 2, 40, tzinfo=BERLIN), (), NW) == ()


# over twenty years


@given(begins, houses, gaps)
def test_the_steps_keep_their_order_between_the_two_meetings(
    begin: datetime, house: WorkingDays, gap: timedelta | None
) -> None:
    before = begin - gap if gap else None
    if before and before.astimezone(UTC) >= begin.astimezone(UTC):
        return  # such a wall-clock time comes twice that night
    steps = timetable(begin, house, before)
    times = [due.at.astimezone(UTC) for due in steps]
    assert times == sorted(times)
    assert times[-1] == begin.astimezone(UTC)
    assert before is None or times[0] >= before.astimezone(UTC)
    assert [due.step for due in steps] == [step for step in Step if step in {due.step for due in steps}]
    assert all(due.at.astimezone(UTC) < due.useful_until.astimezone(UTC) for due in steps if due.step != AGENDA)
    assert all(due.useful_until.astimezone(UTC) <= begin.astimezone(UTC) for due in steps[:-1])


@given(begins, houses, gaps)
def test_all_but_the_begin_is_said_on_a_working_day_by_the_clock_on_the_wall(
    begin: datetime, house: WorkingDays, gap: timedelta | None
) -> None:
    steps = timetable(begin, house, begin - gap if gap else None)
    if len(steps) > 2:
        assert all(house.is_working(due.at.date()) for due in steps[:-1])
        assert {due.at.time() for due in steps[:-1]} <= {time(9), time(12)}


@given(begins, houses, gaps)
def test_no_time_before_the_meeting_has_two_steps_to_say(
    begin: datetime, house: WorkingDays, gap: timedelta | None
) -> None:
    steps = timetable(begin, house, begin - gap if gap else None)
    for due in steps[:-1]:
        called = due_steps(steps, due.at, (), house)
        assert len([step for step, timing in called if timing is not Timing.PAST]) == 1
