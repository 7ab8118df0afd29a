"""Never more messages than Teams takes, however they come, and never a longer wait than that needs."""

import math
from collections.abc import Sequence
from itertools import count

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.platforms.teams.pace import Pace

Sent = list[tuple[int, str]]
"""When, in milliseconds, and where a message was sent."""

IN_A_CONVERSATION = [(7, 1_000), (8, 2_000), (60, 30_000), (1_800, 3_600_000)]
IN_THE_TENANT = [(30, 1_000)]


class Clock:
    """Stands still until it is moved."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    def monotonic_ns(self) -> int:
        return self.now_ms * 1_000_000


def sent(steps: Sequence[tuple[int, str]], begin_ms: int = 5_000_000) -> Sent:
    """Send as fast as the pace allows; before each message its time in milliseconds passes."""
    clock, found = Clock(begin_ms), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("time.monotonic_ns", clock.monotonic_ns)
        pace = Pace()
        for passing, place in steps:
            clock.now_ms += passing
            for attempt in count():
                wait = pace.wait_s(place)
                if not wait:
                    break
                assert attempt < 10, "the wait it asked for was too short"
                clock.now_ms += math.ceil(wait * 1_000)
            found.append((clock.now_ms, place))
    return found


def most(times: Sequence[int], window_ms: int) -> int:
    """The most messages within any window of that length."""
    return max((sum(begin <= time < begin + window_ms for time in times) for begin in times), default=0)


def bursts(places: st.SearchStrategy[str], longest: int) -> st.SearchStrategy[list[tuple[int, str]]]:
    """Many messages at once or shortly after each other, with pauses between."""
    pause = st.sampled_from([0, 1, 50, 140, 999, 1_000, 1_001, 1_999, 31_000])
    burst = st.tuples(pause, st.sampled_from([0, 0, 0, 1, 130, 250]), places, st.integers(1, longest))
    return st.lists(burst, min_size=1, max_size=5).map(
        lambda drawn: [
            (pause if place == 0 else step, where) for pause, step, where, times in drawn for place in range(times)
        ]
    )


@settings(deadline=None)
@given(bursts(st.sampled_from("aab"), 70))
@example([(0, "a")] * 70)
def test_no_conversation_gets_more_than_teams_takes(steps: Sequence[tuple[int, str]]) -> None:
    messages = sent(steps)
    for place in "ab":
        times = [time for time, where in messages if where == place]
        for limit, window_ms in IN_A_CONVERSATION:
            assert most(times, window_ms) <= limit


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([0, 0, 0, 0, 1, 20, 999]), st.integers(0, 40).map(str)), max_size=150))
@example([(0, str(place)) for place in range(100)])
def test_all_conversations_together_get_no_more_than_teams_takes(steps: Sequence[tuple[int, str]]) -> None:
    times = [time for time, _ in sent(steps)]
    for limit, window_ms in IN_THE_TENANT:
        assert most(times, window_ms) <= limit


def test_thousands_of_messages_take_the_time_that_teams_asks_for() -> None:
    times = [time for time, _ in sent([(0, "a")] * 1_801)]
    assert most(times, 3_600_000) <= 1_800
    assert times[-1] - times[0] >= 3_600_000


def test_messages_now_and_then_never_wait() -> None:
    steps = [(2_000, "a")] * 100
    assert [time for time, _ in sent(steps)] == [5_000_000 + 2_000 * place for place in range(1, 101)]


def test_a_busy_conversation_holds_up_no_other() -> None:
    messages = sent([*[(0, "a")] * 7, (0, "b")])
    assert messages[-1] == (5_000_000, "b")


def test_what_the_tenant_held_back_takes_no_turn_of_its_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(5_000_000)
    monkeypatch.setattr("time.monotonic_ns", clock.monotonic_ns)
    pace = Pace()
    assert not any(pace.wait_s(str(place)) for place in range(30))
    assert all(pace.wait_s("late") for _ in range(20))
    clock.now_ms += 1_001
    assert [pace.wait_s("late") for _ in range(7)] == [0.0] * 7


def test_only_the_latest_conversations_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.monotonic_ns", Clock(5_000_000).monotonic_ns)
    monkeypatch.setattr("bot.platforms.teams.pace.CONVERSATIONS", 2)
    pace = Pace()
    assert not any(pace.wait_s("a") for _ in range(7))
    assert not any(pace.wait_s("b") for _ in range(7))
    assert pace.wait_s("a")  # still remembered, and the latest now
    assert not pace.wait_s("c")
    assert pace.wait_s("a")
    assert not pace.wait_s("b")
