"""A written round goes from phase to phase by itself: by days, or when all have written, and hurries nobody."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.messages import Unasked
from bot.turn import Night, Services
from conftest import MovedClock
from handlers.peer_consultation import nudges, time_boxes, written
from handlers.peer_consultation.circle import Circle
from knowledge.working_days import WorkingDays
from led import Led, opened
from storage.models.peer_consultation import ConsultationRound, GroupState, Mode, RoundState
from traffic import Traffic

BERLIN = ZoneInfo("Europe/Berlin")
# The clock starts on Friday, 20 November, at ten.


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with opened(migrated, tmp_path, clock) as town:
        yield town


@pytest.fixture
async def led(traffic: Traffic) -> Led:
    """Four people in the phase in which Aylin tells her case; it ends on Monday evening."""
    led = await Led(traffic).begin("written", count=4)
    for person in ("ruth", "aylin"):
        await led.says(person, "ja")
    assert (await led.group()).phase == "telling"
    await at(led, "2026-11-20 10:01")
    return led


async def at(led: Led, moment: str) -> list[str]:
    """It is some time in the house; gives what the bot says in the room then."""
    led.traffic.clock.time = in_berlin(moment)
    before = len(led.sent)
    await led.do(lambda night, services, _circle: written.keep_pace(night, services))
    return led.new(before)


def in_berlin(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=BERLIN)


async def enter(led: Led, phase: str, until: str, day: str) -> None:
    """The group comes to a phase on some day."""
    led.traffic.clock.time = in_berlin(day)

    async def change(night: Night, services: Services, circle: Circle) -> list[Unasked]:
        circle.group.phase = phase
        await time_boxes.begin(night, services, circle, circle.plan.phase(phase))
        circle.group.phase_until = in_berlin(until)
        return []

    await led.do(change)


async def raised(led: Led, wish: str, *people: str) -> None:
    """People have had their say in the present phase."""
    ids = {member.name.split()[0].casefold(): member.id for member in (await led.circle()).members}
    async with led.traffic.database.unit_of_work() as uow:
        for person in people:
            await uow.consultations.raise_voice(led.number, ids[person], wish)
        await uow.commit()


async def reminded(led: Led, moment: str) -> list[str]:
    """Who is reminded alone at some time."""
    before = len(led.sent)
    await at(led, moment)
    chats = {one.chat: person for person, one in led.people.items()}
    return sorted(chats[one.conversation] for one in led.sent[before:] if one.conversation in chats and one.text)


def phase_texts(said: list[str]) -> list[str]:
    return [text.splitlines()[0] for text in said if text.startswith("**Phase")]


# phases


async def test_a_phase_ends_on_the_evening_of_its_last_day(led: Led) -> None:
    await raised(led, "said", "aylin")
    await enter(led, "questions", "2026-11-23 18:00", "2026-11-20 11:00")
    assert phase_texts(await at(led, "2026-11-23 17:59")) == []
    assert phase_texts(await at(led, "2026-11-23 18:00")) == ["**Phase 4 von 9: Schlüsselfrage**"]
    assert await at(led, "2026-11-23 18:01") == []


async def test_when_all_have_written_it_goes_on_an_hour_later(led: Led) -> None:
    await raised(led, "said", "aylin")
    [said] = await at(led, "2026-11-20 10:30")
    assert said == "Aylin Kaya hat geschrieben. Weiter geht es um 12:00 Uhr. „mehr“ gibt einen Tag mehr."
    assert await at(led, "2026-11-20 11:59") == []
    assert phase_texts(await at(led, "2026-11-20 12:00")) == ["**Phase 3 von 9: Nachfragen**"]


async def test_when_all_say_that_they_are_done_it_goes_on_at_once(led: Led) -> None:
    await led.says("aylin", "fertig")
    assert phase_texts(await at(led, "2026-11-20 10:30")) == ["**Phase 3 von 9: Nachfragen**"]


async def test_in_the_evening_it_goes_on_in_the_morning_of_the_next_working_day(led: Led) -> None:
    await enter(led, "questions", "2026-11-24 18:00", "2026-11-20 11:00")
    await raised(led, "said", *led.people)
    [said] = await at(led, "2026-11-20 17:30")
    assert "am Montag, 23. November 2026, 9:00 Uhr" in said
    assert await at(led, "2026-11-21 12:00") == []
    assert phase_texts(await at(led, "2026-11-23 09:00")) == ["**Phase 4 von 9: Schlüsselfrage**"]


async def test_more_time_is_not_taken_away_again(led: Led) -> None:
    await raised(led, "said", "aylin")
    await at(led, "2026-11-20 10:30")
    said = await led.says("ruth", "mehr")
    assert "Zeit bis Montag, 23. November 2026, 18 Uhr." in said[-1]
    assert await at(led, "2026-11-20 12:00") == []
    assert (await led.group()).phase == "telling"


async def test_only_those_who_have_the_word_are_waited_for(led: Led) -> None:
    await enter(led, "advice", "2026-11-24 18:00", "2026-11-20 11:00")
    await raised(led, "said", "ruth", "tom", "ben")
    [said] = await at(led, "2026-11-20 11:05")
    assert said.startswith("Alle haben geschrieben.")


async def test_a_round_goes_through_all_phases_by_itself(led: Led) -> None:
    seen = []
    await raised(led, "said", "aylin")
    for day in range(20, 31):
        seen += phase_texts(await at(led, f"2026-11-{day} 18:00"))
    for day in range(1, 10):
        seen += phase_texts(await at(led, f"2026-12-{day:02} 18:00"))
    assert [text.partition(" von ")[0] for text in seen] == [f"**Phase {number}" for number in range(3, 10)]
    assert (await led.group()).state == GroupState.CLOSING


@pytest.mark.parametrize("moment", ["2026-11-21 12:00", "2026-11-22 09:00", "2026-11-24 06:59", "2026-11-24 20:00"])
async def test_at_weekends_and_at_night_nothing_happens(led: Led, moment: str) -> None:
    await enter(led, "questions", "2026-11-20 18:00", "2026-11-20 11:00")
    assert await at(led, moment) == []
    assert (await led.group()).phase == "questions"


async def test_on_a_holiday_nothing_happens(led: Led) -> None:
    await enter(led, "questions", "2026-12-24 18:00", "2026-12-23 11:00")
    assert await at(led, "2026-12-25 09:00") == []
    assert phase_texts(await at(led, "2026-12-28 09:00")) != []


async def test_a_bot_that_was_killed_goes_on_in_the_right_phase_once(led: Led) -> None:
    await raised(led, "said", "aylin")
    await at(led, "2026-11-20 10:30")
    await led.restart()
    assert phase_texts(await at(led, "2026-11-20 12:00")) == ["**Phase 3 von 9: Nachfragen**"]
    await led.restart()
    assert await at(led, "2026-11-20 12:01") == []


async def call(led: Led, first: str, last: str) -> None:
    """The group belongs to a round that was called for these days."""

    async def change(night: Night, _services: Services, circle: Circle) -> list[Unasked]:
        days = ConsultationRound(
            mode=Mode.WRITTEN,
            starts_on=date.fromisoformat(first),
            ends_on=date.fromisoformat(last),
            closes_at=in_berlin("2026-11-18 12:00"),
            state=RoundState.FORMED,
        )
        circle.group.round_id = await night.uow.rounds.add(days)
        return []

    await led.do(change)


async def evenings(led: Led, first: str, last: str) -> list[str]:
    """The evenings of these days go by; gives those on which a phase began or the round ended."""
    day, seen = date.fromisoformat(first), []
    while day <= date.fromisoformat(last):
        before = (await led.group()).phase
        await at(led, f"{day} 18:00")
        seen += [str(day)] if (await led.group()).phase != before else []
        day += timedelta(days=1)
    return seen


async def test_a_round_that_began_a_day_late_ends_with_the_last_day_that_was_called(led: Led) -> None:
    # Twelve working days from Thursday, 19 November, and it is Friday: nobody has lost a day of what is usual but one.
    await call(led, "2026-11-19", "2026-12-04")
    await raised(led, "said", "aylin")
    seen = await evenings(led, "2026-11-23", "2026-12-10")
    assert seen == [
        "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-27", "2026-11-30", "2026-12-02", "2026-12-03", "2026-12-04",
    ]  # fmt: skip
    assert (await led.group()).state == GroupState.CLOSING


async def test_with_days_to_spare_each_phase_takes_its_own(led: Led) -> None:
    await call(led, "2026-11-19", "2026-12-31")
    await raised(led, "said", "aylin")
    assert (await evenings(led, "2026-11-23", "2026-12-31"))[-1] == "2026-12-07"


async def test_where_too_few_days_were_called_each_phase_has_one_of_them(led: Led) -> None:
    await call(led, "2026-11-19", "2026-11-25")
    await raised(led, "said", "aylin")
    assert await evenings(led, "2026-11-23", "2026-11-25") == ["2026-11-23", "2026-11-24", "2026-11-25"]
    assert (await led.group()).phase_until == in_berlin("2026-11-26 18:00")


# without a case


async def test_a_case_that_nobody_told_is_waited_for_and_then_the_round_ends(led: Led) -> None:
    [first] = await at(led, "2026-11-23 18:00")
    assert first.startswith("Vom Fall habe ich noch nichts gelesen.")
    assert "genügt ein „fertig“ von Aylin Kaya" in first
    assert "Dienstag, 24. November 2026, 18 Uhr" in first
    assert len(await at(led, "2026-11-24 18:00")) == 1
    [last] = await at(led, "2026-11-25 18:00")
    assert "Kommt keiner, endet die Beratung danach." in last
    assert "Die Beratung endet hier." in (await at(led, "2026-11-26 18:00"))[0]
    assert (await led.group()).state == GroupState.CLOSING


async def test_a_case_that_we_could_not_read_counts_when_its_giver_says_so(led: Led) -> None:
    await at(led, "2026-11-23 18:00")
    await led.says("aylin", "fertig")
    assert phase_texts(await at(led, "2026-11-24 08:00")) == ["**Phase 3 von 9: Nachfragen**"]


async def test_without_anybody_with_a_case_the_casting_waits(traffic: Traffic) -> None:
    led = await Led(traffic).begin("written", count=4, case_of=None)
    await at(led, "2026-11-20 10:01")
    said = await at(led, "2026-11-23 18:00")
    assert said[-1].startswith("Vom Fall habe ich noch nichts gelesen.")
    assert (await led.group()).phase == "casting"


# reminders


async def test_only_those_who_have_not_written_are_reminded_alone_and_once_a_day(led: Led) -> None:
    await enter(led, "questions", "2026-11-25 18:00", "2026-11-20 11:00")
    await raised(led, "said", "tom")
    assert await reminded(led, "2026-11-23 08:59") == []
    assert await reminded(led, "2026-11-23 09:00") == ["aylin", "ben", "ruth"]
    assert await reminded(led, "2026-11-23 12:00") == []
    assert await reminded(led, "2026-11-24 09:00") == ["aylin", "ben", "ruth"]


async def test_on_the_day_on_which_a_phase_begins_nobody_is_reminded(led: Led) -> None:
    await raised(led, "said", "aylin")
    await at(led, "2026-11-23 18:00")
    assert (await led.group()).phase == "questions"
    assert await reminded(led, "2026-11-23 18:01") == []
    assert len(await reminded(led, "2026-11-24 09:00")) == 4


@pytest.mark.parametrize("begun", ["2026-11-20 18:30", "2026-11-20 21:15", "2026-11-21 11:00"])
async def test_a_phase_that_began_while_nothing_was_looked_after_is_reminded_of_on_its_first_day(
    led: Led, begun: str
) -> None:
    # The bot goes down on Friday evening, or it is night or weekend: on Monday it sees the phase for the first time.
    await led.says("aylin", "fertig")
    led.traffic.clock.time = in_berlin(begun)
    await led.says("ruth", "weiter")
    await led.restart()
    assert (await led.group()).phase == "questions"
    assert await reminded(led, "2026-11-23 09:00") == ["aylin", "ben", "ruth", "tom"]


async def test_whoever_only_listens_is_not_reminded(led: Led) -> None:
    assert await reminded(led, "2026-11-23 09:00") == ["aylin"]


async def test_the_room_hears_once_a_day_who_is_still_to_come(led: Led) -> None:
    await enter(led, "questions", "2026-11-25 18:00", "2026-11-20 11:00")
    await raised(led, "said", "tom", "aylin")
    [said] = await at(led, "2026-11-23 09:00")
    named, until = said.split(". ", 1)
    assert set(named.removeprefix("Nachfragen: Noch dran: ").split(", ")) == {"Ruth Ebert", "Ben Krause"}
    assert until == "Zeit bis Mittwoch, 25. November 2026, 18 Uhr."
    assert await at(led, "2026-11-23 15:00") == []


async def test_where_nobody_has_written_nobody_is_named(led: Led) -> None:
    await enter(led, "questions", "2026-11-25 18:00", "2026-11-20 11:00")
    [said] = await at(led, "2026-11-23 09:00")
    assert said.startswith("Nachfragen: Noch sind alle dran.")


async def test_a_reminder_is_short_kind_and_can_be_answered(led: Led) -> None:
    await at(led, "2026-11-23 09:00")
    [said] = [one for one in led.sent if one.conversation == led.people["aylin"].chat and "Beratung" in one.text]
    assert "Fehlt dein Beitrag noch?" in said.text
    assert [choice.word for choice in said.choices] == ["fertig", "mehr", "aus"]
    await led.people["aylin"].says("1")
    assert phase_texts(await at(led, "2026-11-23 09:30")) == ["**Phase 3 von 9: Nachfragen**"]


async def test_more_time_from_a_reminder_needs_a_second_voice(led: Led) -> None:
    await enter(led, "questions", "2026-11-23 18:00", "2026-11-20 11:00")
    await at(led, "2026-11-23 09:00")
    [noted] = await led.people["tom"].says("2")
    assert noted.startswith("Notiert.")
    await led.people["ben"].says("2")
    assert (await led.group()).phase_until == datetime(2026, 11, 24, 18, tzinfo=BERLIN)


async def test_a_reminder_of_an_earlier_phase_changes_nothing(led: Led) -> None:
    await at(led, "2026-11-23 09:00")
    await raised(led, "said", "aylin")
    await at(led, "2026-11-23 18:00")
    await led.people["aylin"].says("1")
    assert await led.voices() == 0


async def test_fertig_in_a_later_phase_is_about_that_one(led: Led) -> None:
    await enter(led, "questions", "2026-11-23 18:00", "2026-11-20 11:00")
    assert "tom" in await reminded(led, "2026-11-23 09:00")
    await at(led, "2026-11-23 18:00")
    await enter(led, "hypotheses", "2026-11-25 18:00", "2026-11-23 18:30")
    [said] = await led.people["tom"].says("fertig")
    assert said.startswith("Notiert. Weiter geht es")
    assert await led.voices() == 1


async def test_reminders_can_be_ended_in_the_room_as_well(led: Led) -> None:
    await enter(led, "questions", "2026-11-25 18:00", "2026-11-20 11:00")
    [said] = await led.says("tom", "keine erinnerung mehr")
    assert said.startswith("Gut, ich erinnere dich nicht mehr.")
    assert "tom" not in await reminded(led, "2026-11-23 09:00")


@pytest.mark.parametrize(
    "words", ["erinnere mich um 15 Uhr", "erinnerung: 15 uhr", "erinnerung 15 Uhr", "bitte erinnere mich ab 15:00"]
)
async def test_people_choose_when_they_are_reminded(led: Led, words: str) -> None:
    await enter(led, "questions", "2026-11-25 18:00", "2026-11-20 11:00")
    [said] = await led.people["tom"].says(words)
    assert said == "Ich erinnere dich an Arbeitstagen um 15:00 Uhr, wenn dein Beitrag fehlt."
    assert "tom" not in await reminded(led, "2026-11-23 09:00")
    assert await reminded(led, "2026-11-23 15:00") == ["tom"]


@pytest.mark.parametrize(
    "words", ["keine Erinnerung", "keine erinnerung mehr", "erinnerung aus", "erinnere mich nicht mehr"]
)
async def test_people_can_do_without_reminders(led: Led, words: str) -> None:
    await enter(led, "questions", "2026-11-25 18:00", "2026-11-20 11:00")
    [said] = await led.people["tom"].says(words)
    assert said.startswith("Gut, ich erinnere dich nicht mehr.")
    assert "tom" not in await reminded(led, "2026-11-23 09:00")
    await led.people["tom"].says("erinnerung 9 Uhr")
    assert "tom" in await reminded(led, "2026-11-24 09:00")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("erinnere mich um 3:00 Uhr", "Erinnern kann ich zwischen 7 und 20 Uhr."),
        ("erinnerung 21 Uhr", "Erinnern kann ich zwischen 7 und 20 Uhr."),
        ("erinnerung 77", "Wann genau? Zum Beispiel: „erinnerung 15 Uhr“."),
    ],
)
async def test_a_time_at_which_nobody_is_there_is_refused(led: Led, words: str, said: str) -> None:
    assert await led.people["tom"].says(words) == [said]


async def test_without_a_written_round_there_is_nothing_to_remind_of(traffic: Traffic) -> None:
    tom = await traffic.met("tom", "Tom Berger")
    [said] = await tom.says("erinnere mich um 15 Uhr")
    assert said.startswith("Erinnern kann ich nur an schriftliche Beratungen.")


@pytest.mark.parametrize(
    "words", ["Wie erinnere ich andere um 15 Uhr?", "erinnere mich an die Mail", "Erinnerungskultur", "keine"]
)
def test_other_sentences_are_not_about_reminders(words: str) -> None:
    assert not nudges.is_about_reminders(words)


@pytest.mark.parametrize("words", ["fertig", "2"])
async def test_fertig_is_refused_where_others_write(led: Led, words: str) -> None:
    assert await led.says("tom", words) == ["In dieser Phase schreiben andere. Zu tun ist gerade nichts."]


async def test_fertig_means_nothing_in_a_live_round(traffic: Traffic) -> None:
    led = await Led(traffic).begin("six_phase")
    assert "„fertig“ gibt es nur schriftlich" in (await led.people["tom"].says("fertig"))[0]


async def test_nothing_of_who_wrote_when_outlives_its_phase(led: Led) -> None:
    await at(led, "2026-11-23 09:00")
    await raised(led, "said", "aylin")
    assert await led.voices() == 2
    await at(led, "2026-11-23 18:00")
    assert await led.voices() == 0


# when it goes on


@given(st.integers(0, 2 * 365 * 24 * 60))
def test_it_goes_on_within_a_working_day_and_not_at_once(minutes: int) -> None:
    days = WorkingDays(("NW",))
    now = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)).astimezone(BERLIN)
    until = written._soon(now, days)
    assert (until - now).total_seconds() >= 3600 or until.utcoffset() != now.utcoffset()
    assert nudges.FIRST <= until.time() < nudges.LAST or until.date() == now.date()
    assert until.minute == until.second == 0
    assert until.date() == now.date() or days.is_working(until.date())
