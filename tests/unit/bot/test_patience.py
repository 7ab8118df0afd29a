"""Waiting has bounds, and what cannot mend itself is not waited for."""

import pytest

from bot.errors import DeliveryError, SettingsError
from bot.patience import patiently, pause


def test_pauses_grow_and_have_bounds() -> None:
    for failures, longest in ((0, 1.0), (1, 2.0), (3, 8.0), (5, 30.0), (10_000, 30.0)):
        assert longest / 2 <= pause(failures) <= longest


@pytest.mark.parametrize(("asked", "given"), [(0.0, 0.5), (7.0, 7.0), (86_400.0, 300.0)])
def test_wish_of_the_server_counts_within_bounds(asked: float, given: float) -> None:
    assert pause(3, asked) == given


async def test_what_only_a_person_can_mend_ends_the_patience() -> None:
    async def fail() -> None:
        raise SettingsError("password")

    with pytest.raises(SettingsError):
        await patiently(fail, "test", fatal=(SettingsError,))


async def test_what_does_not_mend_itself_is_raised() -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await patiently(fail, "test", mends_itself=(OSError,))


async def test_everything_else_is_tried_again() -> None:
    failures = [DeliveryError("slow down", retry_after=0.0)]
    noticed: list[int] = []

    async def attempt() -> str:
        if failures:
            raise failures.pop()
        return "done"

    assert await patiently(attempt, "test", lambda: noticed.append(1)) == "done"
    assert noticed == [1]
