from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr

from knowledge.time_zones import component

YEARS = 20


def changes(zone: str) -> list[tuple[datetime, timedelta]]:
    """Each change of the clocks, as the machine knows them: when it is in UTC, and the offset from then on."""
    moment, result = datetime(2026, 11, 22, tzinfo=UTC), []
    offset = moment.astimezone(ZoneInfo(zone)).utcoffset()
    for _ in range(YEARS * 366 * 24):
        moment += timedelta(hours=1)
        new = moment.astimezone(ZoneInfo(zone)).utcoffset()
        assert new is not None
        if new != offset:
            result.append((moment, new))
            offset = new
    return result


def written_changes(zone: str) -> list[tuple[datetime, timedelta]]:
    found, begin = [], datetime(2026, 11, 22)  # noqa: DTZ001 - by the clocks of the zone
    end = begin + timedelta(hours=YEARS * 366 * 24)
    for part in component(zone).subcomponents:
        observance: Any = part
        if "RRULE" not in observance:
            continue
        rule = rrulestr(observance["RRULE"].to_ical().decode(), dtstart=observance["DTSTART"].dt)
        for wall in rule.between(begin, end):
            moment = (wall - observance["TZOFFSETFROM"].td).replace(tzinfo=UTC)
            found.append((moment, observance["TZOFFSETTO"].td))
    return sorted(found)


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Europe/London", "America/New_York", "Australia/Sydney"])
def test_clocks_change_when_the_zone_says_so(zone: str) -> None:
    assert written_changes(zone) == changes(zone)


def test_each_change_is_one_rule_as_outlook_reads_it() -> None:
    text = component("Europe/Berlin").to_ical().decode()

    assert "RDATE" not in text
    assert text.count("RRULE:FREQ=YEARLY;BYDAY=-1SU") == 2


def test_zone_without_summer_time_has_one_offset() -> None:
    text = component("Asia/Kolkata").to_ical().decode()

    assert "TZOFFSETTO:+0530" in text
    assert text.count("BEGIN:") == 2


def test_zone_with_a_strange_rule_is_written_day_by_day() -> None:
    assert "RDATE" in component("America/Nuuk").to_ical().decode()


def test_unknown_zone_is_an_error() -> None:
    with pytest.raises(ValueError, match="Mitte/Erde"):
        component("Mitte/Erde")
