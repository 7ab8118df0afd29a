"""What becomes of the items of meetings, over many meetings in a row."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from knowledge.carrying import carry_over
from storage.models.agenda import AgendaItem, Goal, ItemState

DAY = date(2026, 11, 19)
MEETING = 1


def item(number: int, *, discussed: bool, fixed: bool = False, recurring: bool = False) -> AgendaItem:
    return AgendaItem(
        id=number,
        title=f"Thema {number}",
        proposed_on=DAY,
        jour_fixe_id=1,
        meeting_id=MEETING,
        place=number,
        state=ItemState.DISCUSSED if discussed else ItemState.WAITING,
        goal=Goal.DECISION,
        minutes=15,
        is_fixed=fixed,
        is_recurring=recurring and not fixed,
    )


kinds = st.tuples(st.booleans(), st.sampled_from(["topic", "topic", "fixed", "recurring"]))
agendas = st.lists(kinds, max_size=12).map(
    lambda drawn: [
        item(number, discussed=discussed, fixed=kind == "fixed", recurring=kind == "recurring")
        for number, (discussed, kind) in enumerate(drawn, start=1)
    ]
)


def test_what_was_not_discussed_waits_again_and_comes_sooner_than_before() -> None:
    left = item(1, discussed=False)
    left.points = 5
    carried = carry_over([left])
    assert carried.back == [left]
    assert (left.meeting_id, left.place, left.state, left.deferrals, left.points) == (None, None, "waiting", 1, 0)


def test_what_was_discussed_stays_with_its_meeting() -> None:
    done = item(1, discussed=True)
    carried = carry_over([done])
    assert (carried.back, carried.again, carried.lapsed, carried.followed) == ([], [], [], [])
    assert (done.meeting_id, done.state, done.deferrals) == (MEETING, "discussed", 0)


def test_what_recurs_waits_anew_as_it_was() -> None:
    done = item(1, discussed=True, recurring=True)
    done.deferrals, done.link, done.owner_person_id = 3, "https://example.org/bericht", 7
    [new] = carry_over([done]).again
    assert (new.id, new.meeting_id, new.place, new.state, new.deferrals) == (None, None, None, "waiting", 0)
    assert (new.title, new.minutes, new.goal, new.jour_fixe_id) == ("Thema 1", 15, "decision", 1)
    assert (new.link, new.owner_person_id, new.is_recurring) == ("https://example.org/bericht", 7, True)
    assert (done.meeting_id, done.state, done.is_recurring) == (MEETING, "discussed", False)


def test_what_recurs_and_found_no_time_is_not_there_twice() -> None:
    left = item(1, discussed=False, recurring=True)
    carried = carry_over([left])
    assert (carried.back, carried.again, left.is_recurring) == ([left], [], True)


def test_whoever_skips_something_the_next_time_skips_its_new_one() -> None:
    done = item(1, discussed=True, recurring=True)
    done.skipped_meeting_id = 2
    [new] = carry_over([done]).again
    assert new.skipped_meeting_id == 2


def test_what_is_fixed_comes_from_the_template_again_and_so_lapses() -> None:
    left, done = item(1, discussed=False, fixed=True), item(2, discussed=True, fixed=True)
    carried = carry_over([left, done])
    assert (carried.back, carried.again, carried.lapsed) == ([], [], [left])


def test_what_has_an_open_task_is_asked_about_unless_it_comes_back_anyway() -> None:
    items = [item(1, discussed=True), item(2, discussed=True, recurring=True), item(3, discussed=False)]
    carried = carry_over([*items, item(4, discussed=True)], with_open_task={1, 2, 3})
    assert [one.id for one in carried.followed] == [1]


@given(agendas)
def test_no_topic_is_lost_and_none_comes_twice(items: list[AgendaItem]) -> None:
    titles = Counter(one.title for one in items if not one.is_fixed)
    waits = {one.title for one in items if not one.is_fixed and (one.state == "waiting" or one.is_recurring)}
    carried = carry_over(items)
    left = [one for one in items if one not in carried.lapsed] + list(carried.again)
    waiting = [one.title for one in left if one.meeting_id is None]
    assert sorted(waiting) == sorted(waits)
    assert {one.title for one in left if not one.is_fixed} == set(titles)
    assert not [one for one in left if one.meeting_id is not None and one.state != "discussed"]
    assert all(one.is_fixed for one in carried.lapsed)


@given(agendas)
def test_done_twice_it_changes_nothing_more(items: list[AgendaItem]) -> None:
    carried = carry_over(items)
    after = [one.model_dump() for one in items]
    again = carry_over([one for one in items if one not in carried.lapsed])
    assert (again.back, again.again, again.lapsed) == ([], [], [])
    assert [one.model_dump() for one in items] == after


@given(st.lists(st.lists(st.booleans(), min_size=6, max_size=6), min_size=1, max_size=8), st.sets(st.integers(1, 6)))
def test_over_many_meetings_each_topic_is_once_discussed_or_waits(
    meetings: Sequence[Sequence[bool]], recurring: set[int]
) -> None:
    backlog = [item(number, discussed=False, recurring=number in recurring) for number in range(1, 7)]
    closed: list[str] = []
    for held in meetings:
        for place, (one, discussed) in enumerate(zip(backlog, held, strict=False)):
            one.meeting_id, one.place = MEETING, place
            one.state = ItemState.DISCUSSED if discussed else ItemState.WAITING
        carried = carry_over(backlog)
        done = [one for one in backlog if one.meeting_id is not None]
        closed += [one.title for one in done if int(one.title.split()[1]) not in recurring]
        backlog = [one for one in backlog if one.meeting_id is None] + list(carried.again)
        everything = Counter([*closed, *(one.title for one in backlog)])
        assert everything == {f"Thema {number}": 1 for number in range(1, 7)}
