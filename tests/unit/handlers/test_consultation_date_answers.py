"""A group is asked for its date, each one alone; what people answer is taken down in their own words."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.messages import Kind
from conftest import MovedClock
from gatherings import Gathering, town
from handlers.peer_consultation.stepping_back import is_stepping_back
from traffic import Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with town(migrated, tmp_path, clock) as found:
        yield found


@pytest.fixture
def group(traffic: Traffic) -> Gathering:
    return Gathering(traffic)


async def test_everybody_is_asked_alone_with_three_to_five_times(group: Gathering) -> None:
    await group.form()
    assert [len(group.polls(person)) for person in group.people] == [1] * 5
    async with group.traffic.database.reading() as uow:
        assert 3 <= len(await uow.consultations.proposed(group.number)) <= 5


async def test_nobody_is_asked_twice(group: Gathering) -> None:
    await group.form()
    await group.minute()
    assert len(group.polls("tom")) == 1


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("1 3", {1, 3}),
        ("2", {2}),
        ("1 und 3", {1, 3}),
        ("alle", {1, 2, 3, 4, 5}),
        ("alle außer 2", {1, 3, 4, 5}),
        ("keine", set()),
    ],
)
async def test_an_answer_in_words_is_taken_down(group: Gathering, words: str, numbers: set[int]) -> None:
    await group.form()
    [said] = await group.tom.says(words)
    assert said.startswith("Notiert")
    assert await group.answers() == {"tom": numbers}


async def test_several_numbers_count_hours_later_too(group: Gathering) -> None:
    await group.form()
    await group.traffic.passes(hours=5)
    await group.tom.says("1 3")
    assert await group.answers() == {"tom": {1, 3}}


async def test_an_answer_can_be_changed_until_the_date_stands(group: Gathering) -> None:
    await group.form()
    await group.tom.says("1 3")
    await group.tom.says("2")
    assert await group.answers() == {"tom": {2}}


async def test_each_press_adds_a_time(group: Gathering) -> None:
    await group.form()
    key = next(one.key for one in reversed(group.traffic.sent) if one.conversation == group.tom.chat and one.choices)
    for number in ("1", "3"):
        await group.tom.says(number, kind=Kind.PRESS, refers_to=key)
    assert await group.answers() == {"tom": {1, 3}}


async def test_whoever_names_no_time_is_asked_kindly_for_a_number(group: Gathering) -> None:
    await group.form()
    [said] = await group.tom.says("7 9")
    assert "„1 3“, „alle“ oder „keine“" in said
    assert await group.answers() == {}


async def test_a_question_meanwhile_is_no_answer(group: Gathering) -> None:
    await group.form()
    [said] = await group.tom.says("Wo beantrage ich dienstags Parkplätze?")
    assert "Nummern" not in said


async def test_the_times_are_those_that_the_case_giver_wished(group: Gathering) -> None:
    await group.form(wished="vormittags")
    async with group.traffic.database.reading() as uow:
        times = (await uow.consultations.proposed(group.number)).values()
    assert all(one.hour < 11 for one in times)  # in UTC


async def answered(group: Gathering, *texts: str) -> set[int]:
    for text in texts:
        await group.tom.says(text)
    return (await group.answers()).get("tom", set())


async def test_days_of_the_week_are_answers_hours_later_too_and_change_what_was_said(group: Gathering) -> None:
    await group.form()
    async with group.traffic.database.reading() as uow:
        times = await uow.consultations.proposed(group.number)
    [wednesday] = {number for number, moment in times.items() if moment.weekday() == 2}
    await group.traffic.passes(hours=5)
    assert await answered(group, "mittwoch kann ich nicht") == set(times) - {wednesday}
    assert await answered(group, "Mittwoch geht doch, Montag auch") == {1, wednesday}
    assert await answered(group, "doch nur 1") == {1}
    assert await answered(group, "ach doch, 2 würde gehen") == {2}
    async with group.traffic.database.reading() as uow:
        assert await uow.people.portrait(group.ids["tom"]) is None


async def test_days_without_any_of_the_times_are_asked_again(group: Gathering) -> None:
    await group.form()
    [said] = await group.tom.says("nur abends")
    assert said.startswith("Dann ist kein Termin dabei.")
    assert await group.answers() == {}


async def test_what_was_noted_names_the_days(group: Gathering) -> None:
    await group.form()
    [said] = await group.tom.says("1 und 3")
    assert said.startswith("Notiert, das passt: Mo 7.12., ")


@pytest.mark.parametrize("words", ["bin krank", "Bin leider im Urlaub", "schaffs diese woche nicht", "kann nicht"])
async def test_whoever_cannot_come_while_dates_are_asked_is_asked_what_they_mean(group: Gathering, words: str) -> None:
    await group.form()
    assert await group.tom.says(words) == ["Was meinst du?"]
    assert await group.answers() == {}
    await group.tom.says("1")
    assert await group.answers() == {"tom": set()}


@pytest.mark.parametrize(
    "text",
    ["ich kann nicht mehr", "ich schaffe das alles nicht mehr", "ich kann nicht schlafen", "drucker geht nicht",
     "mein chef ist krank", "kann ich nicht?", "pause bis 3.12.", "geht das nicht", "ich komme nicht ins netz"],
)  # fmt: skip
def test_what_is_graver_or_about_something_else_is_no_word_of_not_coming(text: str) -> None:
    assert not is_stepping_back(text)
