"""Order within a lane, many lanes at once."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from bot.lanes import Lanes


@given(st.lists(st.tuples(st.integers(0, 3), st.integers()), max_size=40), st.integers(1, 4))
def test_each_lane_keeps_its_order_and_all_work_is_done(items: list[tuple[int, int]], width: int) -> None:
    async def scenario() -> list[tuple[int, int]]:
        done: list[tuple[int, int]] = []

        async def work(item: tuple[int, int]) -> None:
            await asyncio.sleep(0)
            done.append(item)

        lanes = Lanes(work, width)
        for item in items:
            lanes.put(item[0], item)
        await lanes.idle()
        return done

    done = asyncio.run(scenario())
    for lane in range(4):
        assert [item for item in done if item[0] == lane] == [item for item in items if item[0] == lane]


async def test_a_slow_lane_does_not_hold_up_the_others() -> None:
    slow, done = asyncio.Event(), asyncio.Event()

    async def work(item: str) -> None:
        await (slow.wait() if item == "slow" else asyncio.sleep(0))
        if item == "quick":
            done.set()

    lanes = Lanes(work, 2)
    lanes.put("a", "slow")
    lanes.put("b", "quick")
    await asyncio.wait_for(done.wait(), 1)
    slow.set()
    await lanes.idle()


async def test_no_more_than_the_width_works_at_once() -> None:
    running, most = 0, 0

    async def work(_item: int) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1

    lanes = Lanes(work, 3)
    for number in range(20):
        lanes.put(number, number)
    await lanes.idle()
    assert most == 3


async def test_a_lane_works_on_after_its_queue_was_empty() -> None:
    done: list[int] = []

    async def work(item: int) -> None:
        done.append(item)

    lanes = Lanes(work, 1)
    lanes.put("a", 1)
    await lanes.idle()
    lanes.put("a", 2)
    await lanes.idle()
    assert done == [1, 2]
