"""Everybody hears of their date alone, with a file for their calendar, and is reminded once."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from conftest import MovedClock
from gatherings import Gathering, town
from traffic import Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with town(migrated, tmp_path, clock) as found:
        yield found


@pytest.fixture
def group(traffic: Traffic) -> Gathering:
    return Gathering(traffic)


async def test_everybody_hears_of_the_date_alone_with_a_calendar_file_that_tells_nothing(group: Gathering) -> None:
    await group.planned()
    files = [one for one in group.traffic.sent if one.file is not None]
    assert {one.conversation for one in files} == {one.chat for one in group.people.values()}
    for one in files:
        assert one.file is not None
        assert "SUMMARY:Kollegiale Beratung\r\n" in one.file.content
        assert "DTSTART;TZID=Europe/Berlin:20261207T090000" in one.file.content
        assert not any(word in one.file.content for word in ("Aylin", "Kaya", "Zusammenarbeit", "ATTENDEE"))
    assert any("Montag, 7. Dezember 2026, 9:00 Uhr" in text for text in group.ben.sees())


async def test_a_moved_date_keeps_its_id_in_calendars(group: Gathering) -> None:
    await group.planned()
    await group.ruth.says("beratung verschieben auf 10.12. um 14 uhr")
    await group.traffic.passes(minutes=5)
    await group.all_say("1", "ruth")
    files = [one.file.content for one in group.traffic.sent if one.file and one.conversation == group.tom.chat]
    lines = [[line for line in file.splitlines() if line.startswith(("UID", "SEQUENCE"))] for file in files]
    assert len(files) == 2
    assert not any("RECURRENCE-ID" in file for file in files)  # alone, that would be a change of nothing
    assert lines[0][0] == lines[1][0]
    assert lines[0][1] < lines[1][1]


async def test_everybody_is_reminded_once_on_the_working_day_before(group: Gathering) -> None:
    await group.planned()
    await group.at(datetime(2026, 12, 4, 7, 59, tzinfo=UTC))
    assert not any("Zur Erinnerung" in text for text in group.tom.sees())
    await group.at(datetime(2026, 12, 4, 8, tzinfo=UTC))
    await group.minute()
    assert [text.startswith("Zur Erinnerung: **Beratung") for text in group.tom.sees()].count(True) == 1


async def test_nobody_is_reminded_of_what_they_have_just_heard(group: Gathering) -> None:
    await group.form()
    await group.traffic.passes(days=4, hours=3)  # Friday, after the reminder would come
    for _ in range(2):
        await group.all_say("keine")
    await group.aylin.says("am 7.12. um 9 uhr")
    await group.minute()
    assert not any("Zur Erinnerung" in text for text in group.tom.sees())
