from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from hypothesis import given
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream
from ical.event import EventStatus
from icalendar import Calendar

from knowledge.calendars import Due, Series, Sitting, dates, feed, meeting_file, series_file

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SERIES = Series(
    "k7h2",
    "Jour fixe der Lots:innen",
    "FREQ=WEEKLY;INTERVAL=4;BYDAY=TH",
    date(2026, 12, 3),
    time(9),
    90,
    "Europe/Berlin",
    "Rathaus, Raum 3",
    revision=3,
)
MONTHLY = replace(SERIES, rule="FREQ=MONTHLY;INTERVAL=1;BYDAY=1TH")
LATER = datetime(2028, 1, 1, tzinfo=BERLIN)
Moments = list[tuple[datetime, datetime]]


def moments(text: str, until: datetime = LATER) -> Moments:
    """When the meetings in a file begin and end, by a program that works them out."""
    found = recurring_ical_events.of(Calendar.from_ical(text)).between(NOW, until)
    return sorted((event["DTSTART"].dt, event["DTEND"].dt) for event in found)


def moments_by_another(text: str, until: datetime = LATER) -> Moments:
    """The same by a parser that shares no code with ours."""
    found = IcsCalendarStream.calendar_from_ics(text).timeline_tz(BERLIN).overlapping(NOW, until)
    return sorted((event.dtstart, event.dtend) for event in found if isinstance(event.dtstart, datetime))  # type: ignore[misc]


def meeting(day: date, begins: time = time(9), minutes: int = 90) -> tuple[datetime, datetime]:
    start = datetime.combine(day, begins, BERLIN)
    return start, start + timedelta(minutes=minutes)


def sitting(planned_on: date, day: date | None = None, **fields: object) -> Sitting:
    usual = Sitting(planned_on, day or planned_on, SERIES.begins, SERIES.minutes, SERIES.place)
    return replace(usual, **fields)  # type: ignore[arg-type]


def lines(text: str) -> list[str]:
    return text.replace("\r\n ", "").split("\r\n")


def test_series_meets_at_nine_before_and_after_each_change_of_the_clocks() -> None:
    days = [SERIES.first_on + timedelta(weeks=4 * number) for number in range(12)]

    found = moments(feed("Lots:innen", [SERIES], NOW), datetime(2027, 11, 1, tzinfo=BERLIN))

    assert found == [meeting(day) for day in days]
    assert {start.utcoffset() for start, _ in found} == {timedelta(hours=1), timedelta(hours=2)}


def test_another_program_finds_the_same_meetings() -> None:
    series = replace(
        SERIES,
        ended_on=date(2027, 10, 7),
        sittings=[
            sitting(date(2026, 12, 31), is_off=True),
            sitting(date(2027, 1, 28), date(2027, 1, 29), begins=time(10)),
        ],
    )
    text = feed("Lots:innen", [series], NOW)

    assert moments_by_another(text) == moments(text)
    assert len(moments(text)) == 11


def test_moved_meeting_is_held_once_on_its_new_day() -> None:
    moved = sitting(date(2026, 12, 31), date(2027, 1, 7), begins=time(13), minutes=60)
    text = series_file([replace(SERIES, sittings=[moved])], NOW)

    found = moments(text, datetime(2027, 2, 1, tzinfo=BERLIN))

    assert found == [
        meeting(date(2026, 12, 3)),
        meeting(date(2027, 1, 7), time(13), 60),
        meeting(date(2027, 1, 28)),
    ]
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20261231T090000" in lines(text)


def test_cancelled_meeting_is_left_out_in_the_zone_of_the_others() -> None:
    text = series_file([replace(SERIES, sittings=[sitting(date(2026, 12, 31), is_off=True)])], NOW)

    assert "EXDATE;TZID=Europe/Berlin:20261231T090000" in lines(text)
    assert meeting(date(2026, 12, 31)) not in moments(text)


def test_first_thursday_of_each_month() -> None:
    found = moments(series_file([MONTHLY], NOW), datetime(2027, 3, 1, tzinfo=BERLIN))

    assert found == [meeting(day) for day in (date(2026, 12, 3), date(2027, 1, 7), date(2027, 2, 4))]


def test_last_friday_of_every_second_month() -> None:
    series = replace(SERIES, rule="FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR", first_on=date(2026, 12, 25))

    found = moments(series_file([series], NOW), datetime(2027, 5, 1, tzinfo=BERLIN))

    assert found == [meeting(day) for day in (date(2026, 12, 25), date(2027, 2, 26), date(2027, 4, 30))]


def test_ended_series_meets_on_its_last_day_and_then_no_more() -> None:
    text = series_file([replace(SERIES, ended_on=date(2027, 7, 15))], NOW)

    assert moments(text)[-1] == meeting(date(2027, 7, 15))
    assert "UNTIL=20270715T215959Z" in text  # the end of that day in summer


def test_series_that_never_met_leaves_an_empty_calendar() -> None:
    text = feed("Lots:innen", [replace(SERIES, ended_on=date(2026, 12, 1))], NOW)

    assert "VEVENT" not in text
    assert moments_by_another(text) == []


def test_series_whose_every_meeting_is_off_is_empty() -> None:
    series = replace(SERIES, ended_on=SERIES.first_on, sittings=[sitting(SERIES.first_on, is_off=True)])

    assert "VEVENT" not in feed("Lots:innen", [series], NOW)


def test_series_counted_from_another_weekday_begins_on_its_own() -> None:
    series = replace(SERIES, first_on=date(2026, 11, 30))

    assert "DTSTART;TZID=Europe/Berlin:20261203T090000" in lines(series_file([series], NOW))


def test_meeting_of_an_earlier_rhythm_stands_alone() -> None:
    before = sitting(date(2026, 11, 30))
    text = feed("Lots:innen", [replace(SERIES, sittings=[before])], NOW)

    assert moments(text)[0] == meeting(date(2026, 11, 30))
    assert "UID:k7h2-20261130@lotsenfunk" in lines(text)
    assert "RECURRENCE-ID" not in text


def test_meeting_with_its_usual_time_and_place_is_not_written_twice() -> None:
    assert feed("x", [replace(SERIES, sittings=[sitting(date(2026, 12, 3))])], NOW).count("BEGIN:VEVENT") == 1


def test_meeting_says_what_it_is_about() -> None:
    series = replace(SERIES, description="Tagesordnung folgt.")
    told = sitting(date(2026, 12, 3), description="1. E-Rechnung\n2. Kantine")

    text = feed("x", [replace(series, sittings=[told])], NOW)

    assert "DESCRIPTION:1. E-Rechnung\\n2. Kantine" in lines(text)
    assert "DESCRIPTION:Tagesordnung folgt." in lines(text)


def test_numbers_rise_with_each_change() -> None:
    first = meeting_file(SERIES, sitting(date(2026, 12, 3)), NOW)
    second = meeting_file(replace(SERIES, revision=4), sitting(date(2026, 12, 3)), NOW)

    assert "SEQUENCE:3" in lines(first)
    assert "SEQUENCE:4" in lines(second)
    assert "SEQUENCE:3" in lines(series_file([SERIES], NOW))


def test_file_of_a_meeting_is_that_one_meeting_of_the_series() -> None:
    text = meeting_file(SERIES, sitting(date(2026, 12, 31), date(2027, 1, 7)), NOW)

    assert moments(text) == moments_by_another(text) == [meeting(date(2027, 1, 7))]
    assert {"METHOD:PUBLISH", "UID:k7h2@lotsenfunk", "STATUS:CONFIRMED"} <= set(lines(text))


def test_file_of_a_cancelled_meeting_takes_it_out() -> None:
    text = meeting_file(SERIES, sitting(date(2026, 12, 31), is_off=True), NOW)

    calendar = IcsCalendarStream.calendar_from_ics(text)
    assert calendar.method == "CANCEL"
    (event,) = calendar.events
    assert event.status is EventStatus.CANCELLED
    assert event.uid == "k7h2@lotsenfunk"


def test_only_a_feed_has_a_name_for_outlook_makes_a_new_calendar_of_it() -> None:
    assert "X-WR-CALNAME:Lots:innen" in lines(feed("Lots:innen", [SERIES], NOW))
    assert "CALNAME" not in series_file([SERIES], NOW)
    assert "CALNAME" not in meeting_file(SERIES, sitting(SERIES.first_on), NOW)


def test_feed_asks_to_be_looked_at_every_few_hours() -> None:
    text = lines(feed("Lots:innen", [SERIES], NOW))

    assert {"REFRESH-INTERVAL;VALUE=DURATION:PT4H", "X-PUBLISHED-TTL:PT4H", "METHOD:PUBLISH"} <= set(text)


def test_zone_comes_before_what_is_in_it() -> None:
    text = feed("Lots:innen", [SERIES, replace(SERIES, calendar_id="other")], NOW)

    assert text.count("BEGIN:VTIMEZONE") == 1
    assert text.index("END:VTIMEZONE") < text.index("BEGIN:VEVENT")


def test_lines_are_short_and_end_as_the_standard_says() -> None:
    series = replace(SERIES, title="Jour fixe für Größe; Maß, Übermut \\ 😀 " * 8, description="a\r\nb\rc\nd\x00\x1b")
    text = feed("Lots:innen", [series], NOW)

    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    assert "\n" not in text.replace("\r\n", "")
    (event,) = IcsCalendarStream.calendar_from_ics(text).events
    assert event.summary == series.title
    assert event.description == "a\nb\nc\nd"


def test_task_is_a_whole_day_that_nobody_else_can_read() -> None:
    text = feed("Meine Termine", [SERIES], NOW, [Due("aufgabe-7", "Leitfaden, Kapitel 2", date(2026, 12, 10))])

    event = next(one for one in IcsCalendarStream.calendar_from_ics(text).events if one.uid == "aufgabe-7@lotsenfunk")
    assert event.summary == "Aufgabe: Leitfaden, Kapitel 2"
    assert (event.dtstart, event.dtend) == (date(2026, 12, 10), date(2026, 12, 11))
    assert "CLASS:PRIVATE" in lines(text)
    assert "TRANSP:TRANSPARENT" in lines(text)


@pytest.mark.parametrize("day", [date(2027, 3, 28), date(2027, 10, 31)])
def test_meeting_in_the_night_of_the_change_lasts_as_long_as_it_should(day: date) -> None:
    series = replace(SERIES, rule="FREQ=WEEKLY;INTERVAL=4;BYDAY=SU", first_on=day, begins=time(1), minutes=180)

    ((start, end),) = moments(series_file([series], NOW), datetime.combine(day, time(23), BERLIN))

    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(minutes=180)


RULES = st.one_of(
    st.builds(
        "FREQ=WEEKLY;INTERVAL={};BYDAY={}".format, st.integers(1, 12), st.sampled_from(["MO", "TU", "WE", "TH", "FR"])
    ),
    st.builds(
        "FREQ=MONTHLY;INTERVAL={};BYDAY={}{}".format,
        st.integers(1, 12),
        st.sampled_from([1, 2, 3, 4, 5, -1]),
        st.sampled_from(["MO", "TU", "WE", "TH", "FR"]),
    ),
)


def happenings(series: Series) -> Iterator[date]:
    """The planned days of a series in the first two years."""
    for moment in dates(series):
        if moment.date() > series.first_on + timedelta(days=730):
            return
        yield moment.date()


@given(st.data())
def test_programs_find_exactly_the_meetings_given(data: st.DataObject) -> None:
    first_on = data.draw(st.dates(date(2026, 12, 1), date(2045, 12, 31)))
    begins = time(data.draw(st.integers(6, 20)), data.draw(st.sampled_from([0, 15, 30])))
    ended_on = data.draw(st.none() | st.dates(first_on, first_on + timedelta(days=730)))
    series = replace(SERIES, rule=data.draw(RULES), first_on=first_on, begins=begins, ended_on=ended_on)
    planned = list(happenings(series))
    usual = Sitting(first_on, first_on, begins, series.minutes, series.place)
    chosen = data.draw(st.lists(st.sampled_from(planned), unique=True, max_size=6)) if planned else []
    sittings = []
    for day in chosen:
        moved = replace(
            usual,
            planned_on=day,
            day=day + timedelta(days=data.draw(st.integers(-6, 6))),
            begins=data.draw(st.sampled_from([begins, time(8, 45), time(17)])),
            minutes=data.draw(st.sampled_from([60, 90, 120])),
            is_off=data.draw(st.booleans()),
        )
        sittings.append(moved)
    given_ones = {one.planned_on: one for one in sittings}
    held = [given_ones.get(day, replace(usual, planned_on=day, day=day)) for day in planned]
    expected = sorted(meeting(one.day, one.begins, one.minutes) for one in held if not one.is_off)

    text = feed("Lots:innen", [replace(series, sittings=sittings)], NOW)
    # Only those are compared that are seen in full from both sides.
    begin, end = (datetime.combine(first_on + timedelta(days=days), time(), BERLIN) for days in (-7, 700))
    found = recurring_ical_events.of(Calendar.from_ical(text)).between(begin, end)
    seen = sorted((event["DTSTART"].dt, event["DTEND"].dt) for event in found)
    assert seen == [(start, stop) for start, stop in expected if start < end]
