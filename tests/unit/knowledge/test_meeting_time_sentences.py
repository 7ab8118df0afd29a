"""Wishes, answers and times as people write them."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.dates import day_said
from knowledge.meeting_time_sentences import read_moment, read_numbers, read_wish
from knowledge.meeting_times import Window, Wish

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 10, 5, tzinfo=ZoneInfo("Europe/Berlin"))
MORNING, AFTERNOON = Window(ends=time(12)), Window(begins=time(12))


def on(*weekdays: int, begins: time = time.min, ends: time = time.max) -> Window:
    return Window(frozenset(weekdays), begins, ends)


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=NOW.tzinfo)


def day(number: int) -> Window:
    return Window(first_on=date(2026, 12, number), last_on=date(2026, 12, number))


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("vormittags", Wish((MORNING,))),
        ("am liebsten nachmittags", Wish((AFTERNOON,))),
        ("Dienstags ab 14 Uhr", Wish((on(1, begins=time(14)),))),
        ("nicht freitags", Wish(unwanted=(on(4),))),
        ("keine Freitage", Wish(unwanted=(on(4),))),
        ("freitags kann ich nicht", Wish(unwanted=(on(4),))),
        ("freitag nachmittag nicht", Wish(unwanted=(on(4, begins=time(12)),))),
        ("dienstags ab 14 uhr, nicht freitags", Wish((on(1, begins=time(14)),), (on(4),))),
        ("dienstags ab 14 uhr nicht freitags", Wish((on(1, begins=time(14)),), (on(4),))),
        ("freitags nicht, montags schon", Wish((on(0),), (on(4),))),
        ("vormittags außer montags und freitags", Wish((MORNING,), (on(0, 4),))),
        ("mo, di oder mi vormittags", Wish((on(0, 1, 2, ends=time(12)),))),
        ("montags bis donnerstags", Wish((on(0, 1, 2, 3),))),
        ("mo-do ab 10", Wish((on(0, 1, 2, 3, begins=time(10)),))),
        ("dienstags vormittags oder donnerstags nachmittags", Wish((on(1, ends=time(12)), on(3, begins=time(12))))),
        ("dienstagvormittag", Wish((on(1, ends=time(12)),))),
        ("nicht vor 10 uhr", Wish((Window(begins=time(10)),))),
        ("dienstags nicht nach 15 Uhr", Wish((on(1, ends=time(15)),))),
        ("bis 12 uhr", Wish((Window(ends=time(12)),))),
        ("zwischen 10 und 12", Wish((Window(begins=time(10), ends=time(12)),))),
        ("do 14-16 uhr", Wish((on(3, begins=time(14), ends=time(16)),))),
        ("um halb elf", Wish((Window(begins=time(10, 30), ends=time(12)),))),
        ("am 9.12.", Wish((day(9),))),
        ("am 9.12. ab 14 uhr", Wish((Window(begins=time(14), first_on=date(2026, 12, 9), last_on=date(2026, 12, 9)),))),
        ("ab 9.12.", Wish((Window(first_on=date(2026, 12, 9)),))),
        ("nächsten dienstag", Wish((Window(first_on=date(2026, 11, 24), last_on=date(2026, 11, 24)),))),
        ("nächste woche", Wish((Window(first_on=date(2026, 11, 30), last_on=date(2026, 12, 6)),))),
        ("egal", Wish()),
        ("", Wish()),
    ],
)
def test_a_wish_is_understood(text: str, wish: Wish) -> None:
    assert read_wish(text, TODAY, day_said) == wish


@given(st.text(max_size=60))
def test_no_wish_is_too_odd(text: str) -> None:
    read_wish(text, TODAY, day_said)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1 3", {1, 3}),
        ("1,3", {1, 3}),
        ("1 und 3", {1, 3}),
        ("1. und 3.", {1, 3}),
        ("1-3", {1, 2, 3}),
        ("1 bis 3", {1, 2, 3}),
        ("die erste und die dritte", {1, 3}),
        ("3 passt mir am besten", {3}),
        ("ich kann bei 2 oder 4", {2, 4}),
        ("Alle!", {1, 2, 3, 4, 5}),
        ("egal", {1, 2, 3, 4, 5}),
        ("alle außer 2", {1, 3, 4, 5}),
        ("alle bis auf 2 und 3", {1, 4, 5}),
        ("keine", set()),
        ("passt leider keiner", set()),
        ("ich kann leider gar nicht", set()),
    ],
)
def test_an_answer_is_understood(text: str, numbers: set[int]) -> None:
    assert read_numbers(text, 5) == frozenset(numbers)


@pytest.mark.parametrize(
    "text",
    ["nur vormittags", "7", "1 und 7", "0", "ab 3 uhr", "10:00", "am 2.12.", "2 geht nicht", "alle außer 7", "ja", ""],
)
def test_what_names_no_proposed_time_is_no_answer(text: str) -> None:
    assert read_numbers(text, 5) is None


@given(st.sets(st.integers(1, 5)), st.sampled_from([" ", ", ", " und ", "+"]))
def test_any_numbers_are_read_as_they_were_written(numbers: set[int], between: str) -> None:
    text = between.join(map(str, sorted(numbers)))
    assert read_numbers(text, 5) == (numbers or None)


@given(st.text(max_size=60), st.integers(1, 5))
def test_whatever_is_answered_names_only_what_was_proposed(text: str, count: int) -> None:
    assert (read_numbers(text, count) or frozenset()) <= set(range(1, count + 1))


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("am 10.12. um 14 uhr", at(12, 10, 14)),
        ("10.12. 14 Uhr", at(12, 10, 14)),
        ("auf den 10.12., 14:30", at(12, 10, 14, 30)),
        ("Donnerstag, 10. Dezember, 13 Uhr", at(12, 10, 13)),
        ("morgen um halb zehn", at(11, 24, 9, 30)),
        ("heute 12 uhr", at(11, 23, 12)),
    ],
)
def test_a_time_is_understood_in_the_zone_of_the_house(text: str, moment: datetime) -> None:
    assert read_moment(text, NOW, day_said) == moment


@pytest.mark.parametrize(
    "text", ["am 10.12.", "um 14 uhr", "heute 9 uhr", "31.2. 10 uhr", "10.12. um 25 uhr", "vormittags", ""]
)
def test_half_a_time_or_one_that_is_over_is_none(text: str) -> None:
    assert read_moment(text, NOW, day_said) is None


@given(st.text(max_size=60))
def test_no_time_that_anybody_names_lies_in_the_past(text: str) -> None:
    moment = read_moment(text, NOW, day_said)
    assert moment is None or moment > NOW


def test_in_summer_and_in_winter_it_is_the_clock_on_the_wall() -> None:
    october = datetime(2026, 10, 20, 9, tzinfo=NOW.tzinfo)
    moment = read_moment("am 26.10. um 14 uhr", october, day_said)
    assert moment is not None
    assert (moment.hour, moment.utcoffset()) == (14, timedelta(hours=1))
