from collections.abc import Collection
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
