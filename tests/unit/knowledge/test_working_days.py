from collections.abc import Collection
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.school_holidays import SchoolHolidays
from knowledge.working_days import LANDS, WorkingDays

FRONLEICHNAM = date(2026, 6, 4)
BUSS_UND_BETTAG = date(2026, 11, 18)
REFORMATIONSTAG = date(2025, 10, 31)
CHRISTMAS_EVE, NEW_YEARS_EVE = date(2026, 12, 24), date(2026, 12, 31)

days = st.dates(date(2024, 1, 1), date(2060, 12, 31))
houses = st.builds(WorkingDays, st.sets(st.sampled_from(LANDS), max_size=3), st.sets(days, max_size=5))


def is_working(day: date, *lands: str, days_off: Collection[date] = ()) -> bool:
    return WorkingDays(lands, days_off).is_working(day)


@pytest.mark.parametrize(
    ("day", "free_in"),
    [
        (FRONLEICHNAM, "BW BY HE NW RP SL"),
        (BUSS_UND_BETTAG, "SN"),
        (REFORMATIONSTAG, "BB HB HH MV NI SH SN ST TH"),
        (date(2026, 1, 6), "BW BY ST"),
        (date(2027, 3, 8), "BE MV"),
        (date(2027, 9, 20), "TH"),
        (date(2027, 11, 1), "BW BY NW RP SL"),
        (date(2028, 8, 15), "SL"),
    ],
)
def test_each_land_has_its_own_holidays(day: date, free_in: str) -> None:
    assert sorted(land for land in LANDS if not is_working(day, land)) == free_in.split()
    assert is_working(day)


@pytest.mark.parametrize(
    "day",
    [
        date(2026, 1, 1),
        date(2026, 4, 3),
        date(2026, 4, 6),
        date(2026, 5, 1),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2025, 10, 3),
        date(2026, 12, 25),
        date(2025, 12, 26),
    ],
)
def test_nationwide_holidays_are_free_in_every_land_and_without_one(day: date) -> None:
    assert not is_working(day)
    assert not [land for land in LANDS if is_working(day, land)]


def test_there_are_sixteen_lands() -> None:
    assert len(LANDS) == len(set(LANDS)) == 16


def test_a_weekend_is_never_at_work() -> None:
    assert is_working(date(2026, 11, 20))
    assert not is_working(date(2026, 11, 21))
    assert not is_working(date(2026, 11, 22))


def test_a_holiday_of_one_land_is_one_for_a_house_in_two() -> None:
    assert not is_working(FRONLEICHNAM, "NI", "NW")
    assert not is_working(REFORMATIONSTAG, "NI", "NW")
    assert is_working(BUSS_UND_BETTAG, "NI", "NW")


def test_a_deadline_jumps_over_a_long_weekend() -> None:
    thursday = date(2026, 4, 2)
    assert WorkingDays(["NW"]).after(thursday, 1) == date(2026, 4, 7)
    assert WorkingDays(["NW"]).after(thursday, 3) == date(2026, 4, 9)


def test_fronleichnam_costs_a_day_in_nw_and_none_in_ni() -> None:
    assert WorkingDays(["NW"]).after(date(2026, 6, 3), 1) == date(2026, 6, 5)
    assert WorkingDays(["NI"]).after(date(2026, 6, 3), 1) == FRONLEICHNAM


def test_the_house_is_closed_at_the_end_of_the_year() -> None:
    house = WorkingDays(["NW"], [CHRISTMAS_EVE, NEW_YEARS_EVE])
    assert house.after(date(2026, 12, 23), 1) == date(2026, 12, 28)
    assert house.after(date(2026, 12, 30), 1) == date(2027, 1, 4)
    assert WorkingDays(["NW"]).after(date(2026, 12, 30), 1) == NEW_YEARS_EVE


def test_a_day_off_counts_in_its_year_only() -> None:
    assert not is_working(CHRISTMAS_EVE, days_off=[CHRISTMAS_EVE])
    assert is_working(date(2027, 12, 24), days_off=[CHRISTMAS_EVE])


@pytest.mark.parametrize("land", ["NRW", "nw", "DE-NW", "", "Bayern", "Augsburg"])
def test_an_unknown_land_is_named_with_those_that_exist(land: str) -> None:
    with pytest.raises(ValueError, match=f"kennt kein Land „{land}“. Es gibt: BB, BE, BW, BY, .* TH"):
        WorkingDays(["BY", land])


def test_counting_starts_at_one() -> None:
    with pytest.raises(ValueError, match="starts at 1"):
        WorkingDays().after(CHRISTMAS_EVE, 0)


@given(houses, days, st.integers(1, 40))
def test_the_day_after_some_working_days_is_a_later_working_day(house: WorkingDays, day: date, count: int) -> None:
    after = house.after(day, count)
    assert after > day
    assert house.is_working(after)
    between = [day + timedelta(days=number) for number in range(1, (after - day).days + 1)]
    assert sum(map(house.is_working, between)) == count


@given(houses, days, st.integers(1, 40))
def test_one_working_day_more_is_later(house: WorkingDays, day: date, count: int) -> None:
    assert house.after(day, count + 1) > house.after(day, count)
    assert house.after(day, count + 1) == house.after(house.after(day, count), 1)


@given(days, st.integers(1, 20), st.sets(st.sampled_from(LANDS)), st.sets(days, max_size=5))
def test_more_lands_and_days_off_never_bring_a_deadline_forward(
    day: date, count: int, lands: set[str], days_off: set[date]
) -> None:
    assert WorkingDays(lands, days_off).after(day, count) >= WorkingDays().after(day, count)


SCHOOL = [SchoolHolidays("Osterferien", date(2027, 3, 22), date(2027, 4, 3))]
IN_SCHOOL_HOLIDAYS = date(2027, 4, 1)


@pytest.mark.parametrize(
    ("lands", "day", "name"),
    [
        (["NW"], FRONLEICHNAM, "Fronleichnam"),
        (["NI", "NW", "BY"], FRONLEICHNAM, "Fronleichnam (frei in BY, NW)"),
        (["NI", "NW"], date(2026, 5, 14), "Christi Himmelfahrt"),
        ([], date(2026, 5, 14), "Christi Himmelfahrt"),
        (["NI"], FRONLEICHNAM, None),
        (["NW"], CHRISTMAS_EVE, "Heiligabend (Hausliste)"),
        (["NW"], NEW_YEARS_EVE, "Hausliste"),
        (["NW"], date(2026, 11, 21), "Wochenende"),
        (["NW"], date(2026, 11, 20), None),
    ],
)
def test_a_day_off_has_a_name(lands: list[str], day: date, name: str | None) -> None:
    house = WorkingDays(lands, {CHRISTMAS_EVE: "Heiligabend", NEW_YEARS_EVE: ""})
    assert house.name_of(day) == name


def test_school_holidays_are_a_hint_and_a_reason_only_where_they_are_spared() -> None:
    house = WorkingDays(["NW"], (), SCHOOL)
    assert house.is_school_holiday(IN_SCHOOL_HOLIDAYS)
    assert house.school_holidays(IN_SCHOOL_HOLIDAYS) == "Osterferien"
    assert not house.is_school_holiday(date(2027, 4, 4))
    assert house.name_of(IN_SCHOOL_HOLIDAYS) is None
    sparing = WorkingDays(["NW"], (), SCHOOL, spares_school_holidays=True)
    assert sparing.name_of(IN_SCHOOL_HOLIDAYS) == "Osterferien"
    assert sparing.name_of(date(2027, 3, 26)) == "Karfreitag"
    assert sparing.is_working(IN_SCHOOL_HOLIDAYS)
    assert not WorkingDays(["NW"]).is_school_holiday(IN_SCHOOL_HOLIDAYS)


def test_a_collision_may_move_a_week_earlier_or_later_or_to_the_next_working_day() -> None:
    moves = WorkingDays(["NW"]).moves(FRONLEICHNAM, date(2026, 1, 1))
    assert moves == (date(2026, 5, 28), date(2026, 6, 11), date(2026, 6, 5))


def test_no_move_is_in_the_past_or_on_a_day_that_is_free_or_taken() -> None:
    house = WorkingDays(["NW"], [date(2026, 6, 5)])
    assert house.moves(FRONLEICHNAM, date(2026, 5, 28)) == (date(2026, 6, 11), date(2026, 6, 8))
    taken = {date(2026, 5, 28), date(2026, 6, 11), date(2026, 6, 8)}
    assert house.moves(FRONLEICHNAM, date(2026, 1, 1), taken) == (date(2026, 6, 9),)
    assert house.moves(FRONLEICHNAM, date(2026, 7, 1)) == (date(2026, 7, 2),)
    assert WorkingDays(["NW"]).moves(date(2026, 12, 26), date(2026, 1, 1)) == (date(2026, 12, 28),)


@given(houses, days, st.integers(1, 40))
def test_working_days_before_are_counted_back(house: WorkingDays, day: date, count: int) -> None:
    before = house.before(day, count)
    assert house.is_working(before)
    assert house.before(day, count + 1) == house.before(before, 1)
    assert house.after(before, count) >= day or not house.is_working(day)


@given(houses, days)
def test_a_day_has_a_name_if_and_only_if_the_house_is_closed(house: WorkingDays, day: date) -> None:
    assert (house.name_of(day) is None) is house.is_working(day)


@given(houses, days, days, st.sets(days, max_size=4))
def test_proposals_are_open_days_to_come(house: WorkingDays, day: date, today: date, taken: set[date]) -> None:
    moves = house.moves(day, today, taken)
    assert moves
    assert all(house.is_working(move) and move > today and move not in taken and move != day for move in moves)
