"""When a time box ends, what is left of it, and what is said of it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from knowledge.time_boxes import MORE, Sign, ends_at, longer, rest, sign, step

NOW = datetime(2026, 12, 3, 9, 0, tzinfo=UTC)
MOMENTS = st.integers(0, 7200).map(lambda seconds: NOW + timedelta(seconds=seconds))
SPANS = st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds))


@given(now=MOMENTS, span=SPANS)
def test_its_end_lies_on_the_nearest_full_minute(now: datetime, span: timedelta) -> None:
    until = ends_at(now, span)
    assert (until.second, until.microsecond) == (0, 0)
    assert abs(until - now - span) <= timedelta(seconds=30)


@given(until=MOMENTS, now=MOMENTS)
def test_more_time_is_five_minutes_from_its_end_or_from_now_if_that_is_over(until: datetime, now: datetime) -> None:
    given_ = longer(until, now) - max(until, now)
    assert abs(given_ - MORE) <= timedelta(seconds=30)


@given(now=MOMENTS, span=SPANS, since=SPANS, pause=SPANS)
def test_a_pause_takes_nothing_away(now: datetime, span: timedelta, since: timedelta, pause: timedelta) -> None:
    paused_at = now + since
    left = rest(now + span, paused_at)
    assert left == max(timedelta(), span - since)
    assert abs(ends_at(paused_at + pause, left) - paused_at - pause - left) <= timedelta(seconds=30)


@given(now=MOMENTS, minutes=st.integers(1, 60))
def test_minute_by_minute_each_sign_is_seen_once_and_the_end_never_too_early(now: datetime, minutes: int) -> None:
    until = ends_at(now, timedelta(minutes=minutes))
    seen: dict[str, tuple[Sign, datetime]] = {}
    for passed in range(minutes + 10):
        moment = now + timedelta(minutes=passed)
        found = sign(until, moment, minutes)
        if found is not None:
            seen.setdefault(step(found, "talk", until), (found, moment))
    signs = [found for found, _ in seen.values()]
    assert signs == ([Sign.OVER] if minutes < 5 else [Sign.TWO_MINUTES, Sign.OVER])
    assert all(moment >= until for found, moment in seen.values() if found is Sign.OVER)


def test_a_bot_that_comes_late_says_how_much_is_left() -> None:
    until = NOW + timedelta(minutes=10)
    assert sign(until, until - timedelta(minutes=1), 10) is Sign.ONE_MINUTE
    assert sign(until, until + timedelta(hours=1), 10) is Sign.OVER


def test_the_end_is_said_anew_after_more_time() -> None:
    assert step(Sign.OVER, 1, NOW) != step(Sign.OVER, 1, NOW + MORE)
    assert step(Sign.TWO_MINUTES, 1, NOW) == step(Sign.ONE_MINUTE, 1, NOW + MORE)
