"""Days as people write them: „31.3.2027“, „Ende März“, „in 6 Monaten“, „nächsten Mittwoch“, „KW 3“."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from babel.dates import get_day_names, get_month_names
from dateutil.easter import easter
from dateutil.relativedelta import relativedelta

_NUMBERS = {
    "einem": 1, "einer": 1, "ein": 1, "eine": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7,
    "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "einen": 1,
}  # fmt: skip
_SPANS: dict[str, Callable[[int], relativedelta]] = {
    "tag": lambda count: relativedelta(days=count),
    "woche": lambda count: relativedelta(weeks=count),
    "monat": lambda count: relativedelta(months=count),
    "jahr": lambda count: relativedelta(years=count),
}
_NAMES = {name.casefold(): month for month, name in get_month_names("wide", locale="de_DE").items()}
_MONTHS = {**_NAMES, **{name[:3]: month for name, month in _NAMES.items()}, "jänner": 1, "sept": 9}
_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTHS, key=len, reverse=True))})\.?"
_YEAR = r"(?:\s+(?P<year>\d{4}))?"
_DAY_NAMES = {name.casefold(): day for day, name in get_day_names("wide", locale="de_DE").items()} | {"sonnabend": 5}
# Not „so“ for Sunday: it is a word of its own.
_WEEKDAYS = {**_DAY_NAMES, **{name[:2]: day for name, day in _DAY_NAMES.items() if name[:2] != "so"}}
_WEEKDAY = rf"(?P<weekday>{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})\.?"
_WHICH_WEEK = r"(?P<week>dies|kommend|nächst|übernächst)(?:e|er|en)\s+woche"
_FEASTS = {"karfreitag": -2, "ostern": 0, "ostersonntag": 0, "ostermontag": 1, "himmelfahrt": 39, "pfingsten": 49,
           "pfingstsonntag": 49, "pfingstmontag": 50, "fronleichnam": 60}  # fmt: skip
_FIXED_FEASTS = {"heiligabend": (12, 24), "weihnachten": (12, 24), "silvester": (12, 31), "neujahr": (1, 1)}

_FILLERS = re.compile(
    r"\b(?:bis|zum|zur|am|gilt|gültig|noch|für|etwa|ca\.?|einschliesslich|einschl\.?|inklusive|inkl\.?)\s+",
    re.IGNORECASE,
)
_BEFORE_A_DATE = re.compile(rf"{_WEEKDAY},?\s+(?:den\s+|dem\s+)?(?=\d)")
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_GERMAN = re.compile(r"(?P<day>\d{1,2})\.\s*(?P<month>\d{1,2})\.?(?:\s*(?P<year>\d{4}|\d{2}))?")
_WITH_NAME = re.compile(rf"(?P<day>\d{{1,2}})\.?\s+{_MONTH}{_YEAR}")
_PART_OF_MONTH = re.compile(rf"(?:(?P<part>anfang|mitte|ende)\s+)?{_MONTH}{_YEAR}")
_QUARTER = re.compile(r"(?:ende\s+)?(?:des\s+)?(?:q\s*(?P<q>[1-4])|(?P<n>[1-4])\.\s*quartals?)(?:\s+(?P<year>\d{4}))?")
_YEARS_END = re.compile(r"(?:zum\s+)?(?:jahresende|ende\s+(?:des|dieses)\s+jahres|ende\s+(?P<year>\d{4}))")
_NEXT_YEARS_END = re.compile(r"ende\s+(?:des\s+)?nächsten\s+jahres")
_SPAN = re.compile(
    r"(?:in\s+)?(?:(?:die|den)\s+)?(?:(?:nächsten|kommenden)\s+)?"
    r"(?P<count>\d{1,3}|[a-zäöüß]+)\s+(?P<unit>tag|woche|monat|jahr)(?:e|en|n)?(?:\s+lang)?"
)
_HALF_YEAR = re.compile(r"(?:in\s+)?(?:einem\s+|ein\s+)?halbe[ns]\s+jahr")
_ON_WEEKDAY = re.compile(rf"(?:(?P<which>diese|kommende|nächste|übernächste)[nmr]?\s+)?{_WEEKDAY}")
_WEEKDAY_OF_WEEK = re.compile(rf"{_WEEKDAY}\s+(?:in\s+)?(?:der\s+)?{_WHICH_WEEK}")
_WEEK_AND_WEEKDAY = re.compile(rf"{_WHICH_WEEK}\s+{_WEEKDAY}")
_WEEK = re.compile(rf"(?:(?P<part>anfang|mitte|ende)\s+)?(?:{_WHICH_WEEK}|(?:der|die)\s+(?:ganzen?\s+)?woche)")
_WEEKEND = re.compile(r"(?:dieses\s+)?wochenende")
_CALENDAR_WEEK = re.compile(
    r"(?:(?P<part>anfang|mitte|ende)\s+)?(?:der\s+)?"
    r"(?:(?:kw|kalenderwoche)\s*(?P<kw>\d{1,2})|(?P<n>\d{1,2})\.\s*(?:kw|kalenderwoche))"
    r"(?:\s*[/,]?\s*(?P<year>\d{4}|(?<=/)\d{2}))?"
)
_MONTHS_END = re.compile(r"monatsende|ende\s+(?:des|dieses)\s+monats|(?:diesen|den(?:\s+ganzen)?)\s+monat")
_NEXT_MONTHS_END = re.compile(r"(?:ende\s+)?(?:des\s+)?(?:nächsten|kommenden)\s+monats?")
_FEAST = re.compile(rf"(?P<feast>{'|'.join([*_FEASTS, *_FIXED_FEASTS])}){_YEAR}")
_WORDS = {"heute": 0, "morgen": 1, "übermorgen": 2}


def day_said(text: str, today: date) -> date | None:
    """The day that somebody means; None if it is none.

    Without a year it is the next such day, a month its last day, a week its last working day (Friday).
    """
    said = _FILLERS.sub("", " ".join(text.casefold().split()) + " ").strip(" !")
    try:
        if named := _BEFORE_A_DATE.match(said):
            day = _read(said[named.end() :], today)
            return day if day and day.weekday() == _WEEKDAYS[named["weekday"]] else None
        return _read(said, today)
    except (ValueError, OverflowError, KeyError):  # 31.2., in 999 years, „in paar Tagen“
        return None


def _read(said: str, today: date) -> date | None:
    for pattern, reading in _READINGS:
        for form in (said, said.rstrip(".")):
            if found := pattern.fullmatch(form):
                return reading(found, today)
    return today + timedelta(days=_WORDS[said]) if said in _WORDS else None


def _named_day(found: re.Match[str], today: date) -> date:
    month = _MONTHS.get(found["month"]) or int(found["month"])
    if found["year"]:
        return date(_full(int(found["year"])), month, int(found["day"]))
    this_year = date(today.year, month, int(found["day"]))
    return this_year if this_year >= today else this_year.replace(year=today.year + 1)


def _full(year: int) -> int:
    return year if year >= 100 else 2000 + year


def _part_of_month(found: re.Match[str], today: date) -> date:
    month = _MONTHS[found["month"]]
    days = {"anfang": 1, "mitte": 15}.get(found["part"] or "ende", 31)
    year = int(found["year"] or today.year)
    day = date(year, month, 1) + relativedelta(day=days)
    return day if day >= today or found["year"] else day + relativedelta(years=1, day=days)


def _quarter(found: re.Match[str], today: date) -> date:
    month = 3 * int(found["q"] or found["n"])
    day = date(int(found["year"] or today.year), month, 1) + relativedelta(day=31)
    return day if day >= today or found["year"] else day.replace(year=day.year + 1)


def _years_end(found: re.Match[str], today: date) -> date:
    return date(int(found["year"] or today.year), 12, 31)


def _span(found: re.Match[str], today: date) -> date:
    count = int(found["count"]) if found["count"].isdecimal() else _NUMBERS[found["count"]]
    return today + _SPANS[found["unit"]](count)


def _on_weekday(found: re.Match[str], today: date) -> date:
    """The next such day; „nächsten“ and „kommenden“ are never today, „übernächsten“ is a week later."""
    start = today if found["which"] in (None, "diese") else today + timedelta(days=1)
    ahead = (_WEEKDAYS[found["weekday"]] - start.weekday()) % 7
    return start + timedelta(days=ahead, weeks=found["which"] == "übernächste")


def _monday(week: str | None, today: date) -> date:
    weeks = {"kommend": 1, "nächst": 1, "übernächst": 2}.get(week or "", 0)
    return today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)


def _weekday_of_week(found: re.Match[str], today: date) -> date:
    return _monday(found["week"], today) + timedelta(days=_WEEKDAYS[found["weekday"]])


def _week(found: re.Match[str], today: date) -> date:
    groups = found.groupdict()
    return _part_of_week(_monday(groups.get("week"), today), groups.get("part"), today)


def _part_of_week(monday: date, part: str | None, today: date) -> date:
    """Monday, Wednesday or the last working day, which at the weekend is Sunday; `ValueError` if that part has gone."""
    day = monday + timedelta(days={"anfang": 0, "mitte": 2}.get(part or "", 4))
    is_this_week = day < today <= monday + timedelta(days=6)
    if is_this_week and part in ("anfang", "mitte"):
        raise ValueError(part)
    return monday + timedelta(days=6) if is_this_week else day


def _calendar_week(found: re.Match[str], today: date) -> date:
    """A day in a week as ISO 8601 counts them; a year without week 53 raises `ValueError`."""
    number = int(found["kw"] or found["n"])
    if found["year"]:
        return _part_of_week(date.fromisocalendar(_full(int(found["year"])), number, 1), found["part"], today)
    year, this_week, _ = today.isocalendar()
    monday = date.fromisocalendar(year if number >= this_week else year + 1, number, 1)
    return _part_of_week(monday, found["part"], today)


def _feast(found: re.Match[str], today: date) -> date:
    day = _feast_of(found["feast"], int(found["year"] or today.year))
    return day if day >= today or found["year"] else _feast_of(found["feast"], today.year + 1)


def _feast_of(feast: str, year: int) -> date:
    if feast in _FIXED_FEASTS:
        return date(year, *_FIXED_FEASTS[feast])
    return easter(year) + timedelta(days=_FEASTS[feast])


_READINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date]], ...] = (
    (_ISO, _named_day),
    (_GERMAN, _named_day),
    (_WITH_NAME, _named_day),
    (_PART_OF_MONTH, _part_of_month),
    (_QUARTER, _quarter),
    (_YEARS_END, _years_end),
    (_NEXT_YEARS_END, lambda found, today: date(today.year + 1, 12, 31)),
    (_HALF_YEAR, lambda found, today: today + relativedelta(months=6)),
    (_ON_WEEKDAY, _on_weekday),
    (_WEEKDAY_OF_WEEK, _weekday_of_week),
    (_WEEK_AND_WEEKDAY, _weekday_of_week),
    (_WEEK, _week),
    (_WEEKEND, _week),
    (_CALENDAR_WEEK, _calendar_week),
    (_MONTHS_END, lambda found, today: today + relativedelta(day=31)),
    (_NEXT_MONTHS_END, lambda found, today: today + relativedelta(months=1, day=31)),
    (_FEAST, _feast),
    (_SPAN, _span),
)
