"""After a meeting, those who came are asked once whether it was worth the time; only numbers stay."""

from datetime import date, time, timedelta

import pytest

from handlers.jour_fixe import worth
from storage.models.jour_fixe import Coming, Frequency, JourFixe, Meeting, MeetingState
from traffic import Somebody, Traffic

DAY = date(2026, 11, 20)  # the clock shows 10:00 in Berlin


@pytest.fixture
async def round_of_five(traffic: Traffic) -> list[Somebody]:
    """Five who came, and one who did not."""
    people = [await traffic.met(f"p{number}", f"Person {number}") for number in range(6)]
    async with traffic.database.unit_of_work() as uow:
        series = JourFixe(
            title="Jour fixe", frequency=Frequency.WEEKLY, interval=4, weekday=4, first_on=DAY, begins=time(8),
            minutes=90, zone="Europe/Berlin", template=[], calendar_id="c",
        )  # fmt: skip
        meeting = Meeting(
            jour_fixe_id=await uow.jour_fixe.add(series), planned_on=DAY, day=DAY, begins=time(8), minutes=90,
            state=MeetingState.HELD,
        )  # fmt: skip
        number = await uow.jour_fixe.add_meeting(meeting)
        for place, somebody in enumerate(people):
            person = await uow.people.know(somebody.platform, somebody.sender.id, somebody.sender.name)
            await uow.addresses.know(somebody.platform, somebody.chat.id, somebody.sender.id)
            (await uow.attendance.of(number, person.id or 0)).coming = Coming.YES if place < 5 else Coming.NO
        await uow.commit()
    return people


def asked(somebody: Somebody) -> int:
    return len([text for text in somebody.sees() if "Hat sich die Zeit gelohnt" in text])


async def test_those_who_came_are_asked_once_an_hour_after_the_end(
    traffic: Traffic, round_of_five: list[Somebody]
) -> None:
    await traffic.passes(minutes=10)
    assert [asked(one) for one in round_of_five] == [0] * 6
    await traffic.passes(minutes=30)
    await traffic.passes(minutes=1)
    assert [asked(one) for one in round_of_five] == [1, 1, 1, 1, 1, 0]


async def test_nobody_is_asked_when_so_few_came_that_answers_would_tell_whose_they_are(
    traffic: Traffic, round_of_five: list[Somebody]
) -> None:
    async with traffic.database.unit_of_work() as uow:
        [meeting] = await uow.jour_fixe.in_state(MeetingState.HELD)
        [first, *_] = await uow.attendance.all(meeting.id or 0)
        first.coming = Coming.MAYBE
        await uow.commit()
    await traffic.passes(hours=2)
    assert [asked(one) for one in round_of_five] == [0] * 6


async def test_after_days_nobody_is_asked_any_more(traffic: Traffic, round_of_five: list[Somebody]) -> None:
    await traffic.passes(days=6)
    assert [asked(one) for one in round_of_five] == [0] * 6


async def test_both_numbers_are_kept_without_a_name_and_each_is_asked_for_once(
    traffic: Traffic, round_of_five: list[Somebody]
) -> None:
    await traffic.passes(hours=2)
    somebody = round_of_five[0]
    [second] = await somebody.says("4")
    assert "Konntest du im Jour fixe offen sprechen?" in second
    assert await somebody.says("ja") == ["Danke. Beides steht jetzt ohne Namen bei den anderen."]
    async with traffic.database.reading() as uow:
        assert await uow.requests.worths_since(DAY - timedelta(days=40)) == [
            (worth.TIME_SPENT, 4),
            (worth.OPENNESS, 5),
        ]
    assert "Hat sich die Zeit gelohnt" not in " ".join(await somebody.says("4"))


async def test_whoever_does_not_want_to_say_says_nothing(traffic: Traffic, round_of_five: list[Somebody]) -> None:
    await traffic.passes(hours=2)
    assert await round_of_five[0].says("überspringen") == ["Gut."]
    assert await traffic.rows("worth") == {"worth": 0}
