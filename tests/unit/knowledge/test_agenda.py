"""An agenda loses no topic, doubles none, and keeps to its length."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.agenda import EASY_TO_HARD, PATIENCE, Item, Plan, build
from storage.models.agenda import Goal

TEMPLATE = (Item("Ankommen", minutes=5), Item("Infos von oben", goal=Goal.INFO), Item("Abschluss", is_last=True))
MONDAY = date(2026, 11, 23)


def topic(number: int, **more: Any) -> Item:
    return Item(f"Thema {number}", number, proposed_on=MONDAY, **more)


def numbers(plan: Plan) -> list[int]:
    return [item.number for item in plan.items if item.number is not None]


def test_topics_stand_between_the_fixed_items() -> None:
    plan = build(TEMPLATE, [topic(1), topic(2)], 90)
    assert [item.title for item in plan.items] == ["Ankommen", "Infos von oben", "Thema 1", "Thema 2", "Abschluss"]
    assert (plan.minutes, plan.excess, plan.overflow) == (45, 0, ())


def test_points_come_before_the_goal_and_the_goal_before_age() -> None:
    old = topic(1, goal=Goal.CONSULTATION)
    easy = topic(2, goal=Goal.INFO)
    liked = topic(3, goal=Goal.DECISION, points=2)
    older = Item("Alt", 4, proposed_on=MONDAY - timedelta(days=1), goal=Goal.INFO)
    assert numbers(build((), [old, easy, liked, older], 90)) == [3, 4, 2, 1]


@pytest.mark.parametrize(("first", "second"), list(pairwise(EASY_TO_HARD)))
def test_easy_comes_before_hard(first: Goal, second: Goal) -> None:
    assert numbers(build((), [topic(1, goal=second), topic(2, goal=first)], 90)) == [2, 1]


def test_without_votes_decisions_find_time_before_what_waits_longer() -> None:
    info = topic(1, goal=Goal.INFO, minutes=40)
    consulted = Item("Alt", 2, proposed_on=MONDAY - timedelta(days=9), goal=Goal.CONSULTATION, minutes=20)
    decided = topic(3, goal=Goal.DECISION, minutes=15)
    plan = build((), [info, consulted, decided], 40)
    assert numbers(plan) == [3, 2]
    assert [item.number for item in plan.overflow] == [1]


def test_what_has_found_time_is_talked_about_from_easy_to_hard() -> None:
    decided = Item("Alt", 1, proposed_on=MONDAY - timedelta(days=9), goal=Goal.DECISION)
    assert numbers(build((), [decided, topic(2, goal=Goal.INFO)], 90)) == [2, 1]


def test_what_was_deferred_twice_comes_first() -> None:
    waiting = topic(1, deferrals=PATIENCE)
    assert numbers(build((), [topic(2, points=9), topic(3, deferrals=1), waiting], 90))[0] == 1


def test_what_recurs_needs_no_votes() -> None:
    assert numbers(build((), [topic(1, points=9), topic(2, is_recurring=True)], 10)) == [2]


def test_what_finds_no_time_waits_on() -> None:
    plan = build(TEMPLATE, [topic(1, points=3, minutes=60), topic(2, points=2, minutes=20), topic(3)], 95)
    assert numbers(plan) == [1, 3]
    assert [(item.number, item.deferrals) for item in plan.overflow] == [(2, 1)]


def test_only_what_was_voted_for_counts_as_deferred() -> None:
    plan = build((), [topic(1), topic(2, points=1), topic(3, points=1, deferrals=1)], 5)
    assert {item.number: item.deferrals for item in plan.overflow} == {1: 0, 2: 1, 3: 2}


def test_fixed_items_that_are_too_long_say_so() -> None:
    plan = build((Item("Bericht", minutes=100),), [topic(1)], 90)
    assert (plan.minutes, plan.excess, numbers(plan)) == (100, 10, [])


# as rules

topics = st.lists(
    st.builds(
        Item,
        title=st.just("Thema"),
        minutes=st.integers(5, 120),
        goal=st.sampled_from(Goal),
        is_recurring=st.booleans(),
        proposed_on=st.dates(date(2026, 1, 1), date(2026, 12, 31)),
        deferrals=st.integers(0, 4),
        points=st.integers(0, 20),
    ),
    max_size=40,
).map(lambda items: [replace(item, number=number) for number, item in enumerate(items, start=1)])
templates = st.lists(
    st.builds(Item, title=st.just("Fest"), minutes=st.integers(0, 40), is_last=st.booleans()), max_size=5
)
lengths = st.integers(0, 240)


@given(templates, topics, lengths)
def test_each_topic_stands_there_or_waits_exactly_once(template: list[Item], found: list[Item], length: int) -> None:
    plan = build(template, found, length)
    waiting = [item.number for item in plan.overflow if item.number is not None]
    assert sorted(numbers(plan) + waiting) == [item.number for item in found]
    assert len(plan.items) - len(numbers(plan)) == len(template)


@given(templates, topics, lengths)
def test_only_fixed_items_are_longer_than_the_meeting(template: list[Item], found: list[Item], length: int) -> None:
    plan = build(template, found, length)
    fixed = sum(item.minutes for item in template)
    assert plan.minutes <= max(length, fixed)
    assert plan.excess == max(0, fixed - length)


@given(templates, topics, lengths)
def test_nothing_waits_that_would_still_fit(template: list[Item], found: list[Item], length: int) -> None:
    plan = build(template, found, length)
    assert all(plan.minutes + item.minutes > length for item in plan.overflow)


@given(templates, topics, lengths, st.randoms())
def test_the_order_in_which_topics_are_told_does_not_matter(
    template: list[Item], found: list[Item], length: int, random: Random
) -> None:
    apart = [replace(item, proposed_on=MONDAY + timedelta(days=item.number or 0)) for item in found]
    shuffled = list(apart)
    random.shuffle(shuffled)
    assert build(template, apart, length) == build(template, shuffled, length)


@given(templates, st.integers(0, 20))
def test_equal_topics_keep_their_order(template: list[Item], count: int) -> None:
    equal = [topic(number) for number in range(1, count + 1)]
    assert numbers(build(template, equal, 1000)) == [item.number for item in equal]


@given(templates, topics, lengths)
def test_points_are_never_overtaken_by_fewer_for_the_same_time(
    template: list[Item], found: list[Item], length: int
) -> None:
    plan = build(template, found, length)
    chosen = [item for item in plan.items if item.number is not None]
    for waiting in plan.overflow:
        rivals = [item for item in chosen if not item.is_recurring and item.deferrals < PATIENCE]
        assert all(item.points >= waiting.points or item.minutes < waiting.minutes for item in rivals)
