"""One-time codes: how they look, how they are read, and how many wrong ones are too many."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.codes import DIGITS, LETTERS, PATIENCE, TRIES, WrongCodes, digest, is_code, new_code, read_code

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_a_code_is_two_groups_without_signs_that_look_alike() -> None:
    for code in (new_code() for _ in range(300)):
        first, _, second = code.partition("-")
        assert len(first) == len(second) == 4
        assert set(first + second) <= set(LETTERS + DIGITS)
        assert not set(code) & set("0O1IL5S8BUV")


def test_no_two_codes_are_the_same() -> None:
    assert len({new_code() for _ in range(500)}) == 500


@given(
    st.sampled_from(["", "code ", "Code: ", "CODE ", "!code ", "der Code ist ", "mein code "]),
    st.sampled_from(["-", "", " ", " - ", "–", "‑"]),
    st.booleans(),
    st.sampled_from(["", ".", " ", "!"]),
)
def test_a_code_is_read_however_it_is_typed(before: str, between: str, is_small: bool, after: str) -> None:
    code = new_code()
    typed = f"{before}{(code.lower() if is_small else code).replace('-', between)}{after}"
    assert is_code(typed)
    read = read_code(typed)
    assert read is not None
    assert digest(read) == digest(code)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzäöüß ABCDEFGHKMNPQRTWXY-.?!"))
def test_words_without_digits_are_no_code(text: str) -> None:
    assert not is_code(text)


@pytest.mark.parametrize(
    "text",
    ["Dienstag", "Amt 50", "7KX2", "7KX2-M3PQ-7KX2", "7KX2-M3P0", "wo ist 7KX2-M3PQ", "7KX2-M3PQ geht nicht",
     "12345678", "2026-11-20", "", "code", "Raum 3A12", "7KX2 M3PQ" + " " * 200],
)  # fmt: skip
def test_other_messages_are_no_code(text: str) -> None:
    assert not is_code(text)


def test_after_five_wrong_codes_within_an_hour_an_account_waits_until_the_first_is_an_hour_ago() -> None:
    wrong = WrongCodes()
    for minute in range(TRIES):
        assert wrong.wait_until("a", NOW + timedelta(minutes=minute)) is None
        wrong.note("a", NOW + timedelta(minutes=minute))
    assert wrong.wait_until("a", NOW + timedelta(minutes=30)) == NOW + PATIENCE
    assert wrong.wait_until("b", NOW + timedelta(minutes=30)) is None
    assert wrong.wait_until("a", NOW + PATIENCE) is None


@given(st.lists(st.integers(min_value=0, max_value=400), max_size=30))
def test_nobody_gets_more_than_five_tries_in_any_hour(minutes: list[int]) -> None:
    wrong, tried = WrongCodes(), []
    for moment in (NOW + timedelta(minutes=minute) for minute in sorted(minutes)):
        if wrong.wait_until("a", moment) is None:
            wrong.note("a", moment)
            tried.append(moment)
    assert all(sum(start <= moment < start + PATIENCE for moment in tried) <= TRIES for start in tried)
