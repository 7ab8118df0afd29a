"""Days as people write them: „31.3.2027“, „Ende März“, „in 6 Monaten“."""

import re
from collections.abc import Callable
from datetime import date, timedelta

from babel.dates import get_month_names
from dateutil.relativedelta import relativedelta

_NUMBERS = {
    "einem": 1, "einer": 1, "ein": 1, "eine": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7,
    "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12,
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

_FILLERS = re.compile(r"\b(?:bis|zum|am|gilt|gültig|noch|für|etwa|ca\.?)\s+", re.IGNORECASE)
_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})")
_GERMAN = re.compile(r"(?P<day>\d{1,2})\.\s*(?P<month>\d{1,2})\.?(?:\s*(?P<year>\d{4}|\d{2}))?")
_WITH_NAME = re.compile(rf"(?P<day>\d{{1,2}})\.?\s+{_MONTH}{_YEAR}")
_PART_OF_MONTH = re.compile(rf"(?:(?P<part>anfang|mitte|ende)\s+)?{_MONTH}{_YEAR}")
_QUARTER = re.compile(r"(?:ende\s+)?(?:des\s+)?(?:q\s*(?P<q>[1-4])|(?P<n>[1-4])\.\s*quartals?)(?:\s+(?P<year>\d{4}))?")
_YEARS_END = re.compile(r"(?:zum\s+)?(?:jahresende|ende\s+(?:des|dieses)\s+jahres|ende\s+(?P<year>\d{4}))")
_NEXT_YEARS_END = re.compile(r"ende\s+(?:des\s+)?nächsten\s+jahres")
_SPAN = re.compile(r"(?:in\s+)?(?P<count>\d{1,3}|[a-zäöüß]+)\s+(?P<unit>tag|woche|monat|jahr)(?:e|en|n)?")
_HALF_YEAR = re.compile(r"(?:in\s+)?(?:einem\s+|ein\s+)?halbe[ns]\s+jahr")
_WORDS = {"heute": 0, "morgen": 1, "übermorgen": 2}


def day_said(text: str, today: date) -> date | None:
    """The day that somebody means; None if it is none. Without a year it is the next such day, a month its last day."""
    said = _FILLERS.sub("", " ".join(text.casefold().split()) + " ").strip(" !")
    for pattern, reading in _READINGS:
        for form in (said, said.rstrip(".")):
            if found := pattern.fullmatch(form):
                try:
                    return reading(found, today)
                except (ValueError, OverflowError, KeyError):  # 31.2., in 999 years, „in paar Tagen“
                    return None
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


_READINGS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], date]], ...] = (
    (_ISO, _named_day),
    (_GERMAN, _named_day),
    (_WITH_NAME, _named_day),
    (_PART_OF_MONTH, _part_of_month),
    (_QUARTER, _quarter),
    (_YEARS_END, _years_end),
    (_NEXT_YEARS_END, lambda found, today: date(today.year + 1, 12, 31)),
    (_HALF_YEAR, lambda found, today: today + relativedelta(months=6)),
    (_SPAN, _span),
)
