"""Work for rooms on the server: tried again, given up in the end, never done twice at once."""

import asyncio

import pytest
from structlog.testing import capture_logs

from bot.platforms.matrix.rooms.errands import ATTEMPTS, Errands


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.patience.FIRST_S", 0.0001)


class Work:
    """Fails some times; `goes_on` lets it end."""

    def __init__(self, failures: int = 0) -> None:
        self.times = 0
        self.goes_on = asyncio.Event()
        self._failures = failures

    async def __call__(self) -> None:
        self.times += 1
        if self.times <= self._failures:
            raise TimeoutError("nobody may read this")
        await self.goes_on.wait()


async def test_it_is_tried_again_until_it_works() -> None:
    errands, work = Errands(), Work(failures=3)
    work.goes_on.set()
    await errands.wait([errands.begin("leaving", "!r", work)])
    assert work.times == 4


async def test_it_is_given_up_in_the_end_with_an_alarm() -> None:
    errands, work = Errands(), Work(failures=100)
    with capture_logs() as logs:
        await errands.wait([errands.begin("leaving", "!r", work)])
    assert work.times == ATTEMPTS
    assert logs[-1] == {"event": "matrix.leaving_given_up", "log_level": "error", "room_id": "!r"}
    assert "nobody may read this" not in str(logs)


async def test_it_is_done_once_at_a_time_for_each_kind_and_room() -> None:
    errands, works = Errands(), [Work() for _ in range(4)]
    first = errands.begin("leaving", "!r", works[0])
    assert errands.begin("leaving", "!r", works[1]) is first
    errands.begin("leaving", "!other", works[2])
    errands.begin("move", "!r", works[3])
    await asyncio.sleep(0.01)
    assert [work.times for work in works] == [1, 0, 1, 1]
    works[0].goes_on.set()
    await first
    await asyncio.sleep(0)
    errands.begin("leaving", "!r", works[1])
    await asyncio.sleep(0)
    assert works[1].times == 1
    await errands.close()


async def test_nobody_waits_long_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.platforms.matrix.rooms.errands.PATIENCE_S", 0.01)
    errands, work = Errands(), Work()
    task = errands.begin("leaving", "!r", work)
    await errands.wait([task])
    assert not task.done()
    work.goes_on.set()
    await task


async def test_what_is_done_for_a_room_can_be_dropped() -> None:
    errands = Errands()
    dropped, kept = errands.begin("move", "!r", Work()), errands.begin("move", "!other", Work())
    errands.drop("!r")
    await errands.wait([dropped])
    assert (dropped.cancelled(), kept.done()) == (True, False)
    await errands.close()
    assert kept.cancelled()
