"""Periods as people write them: „bis Freitag“, „ab morgen bis 15.1.“, „nächste Woche“, „ab Montag zwei Wochen“."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from handlers.dates import day_said

# Years with a week 53, a 29 February and every weekday on every date: on whatever day somebody writes, the same words
# are a day or none.
_YEARS = tuple(date(year, 1, 1) for year in range(2026, 2038))
_MOST_WORDS = 4

_VAGUE = re.compile(
    r"(?:noch )?(?:bis )?(?:auf )?(?:weiteres|unbestimmte zeit|vorerst|länger|eine (?:weile|zeit|zeitlang)"
    r"|(?:für )?längere zeit|(?:ein |die nächsten )?paar (?:tage|wochen)|(?:einige|die nächsten) (?:tage|wochen|zeit)"
    r"|bald|irgendwann|ich mich melde|ich wieder da bin)"
)
_UNTIL = re.compile(r"(?:(?P<word>ab|vom|von|seit) (?P<start>.+?) )?bis (?P<end>.+)")
_FROM = re.compile(r"(?:ab|vom|von) (?P<start>.+)")
_AT = re.compile(r"(?:im|in der|in(?= kw)|über|an|den ganzen|den|ganz) ")
_IN_SOME_TIME = re.compile(r"in (?!den |der |kw).+")
_LASTS = re.compile(
    r"(?:noch |für |die |den |in |nächsten |kommenden )*\w+ (?:tag|woche|monat|jahr)(?:e|en|n)?(?: lang)?"
)
_NEXT_ONE = re.compile(r"(?:über)?(?:nächste|kommende)[nr]? (?:woche|monat)")
_WEEK = re.compile(r".*(?:woche|kw ?\d+)(?: \d+)?")
_MONTH = re.compile(r"(?:nächsten|kommenden) monat|[a-zäöü]{3,9}(?: \d{4})?")


@dataclass(frozen=True, slots=True)
class Period:
    """Some days: `start` is None for what has begun, `end`, the last day, for what was not said."""

    start: date | None = None
    end: date | None = None


def period_said(words: str, today: date, is_sure: bool = False) -> Period | None:
    """The days that somebody means, in lower case; None if those words are no days.

    If it `is_sure` that they speak of days, what nobody can read („bis auf weiteres“) is a period without an end.
    Whether words are a period does not depend on `today`.
    """
    if not words or _VAGUE.fullmatch(words):
        return Period() if is_sure else None
    if found := _UNTIL.fullmatch(words):
        return _until(found, today, is_sure)
    if is_sure and words.startswith("seit "):
        return Period()
    if found := _FROM.fullmatch(words):
        return _from(found["start"], today)
    at = _AT.sub("", words, count=1) if _AT.match(words) else words
    if not _is_day(at):
        return None
    day = day_said(at, today)
    if _IN_SOME_TIME.fullmatch(words) and _LASTS.fullmatch(words):
        return Period(start=day)
    return Period(_first_day(at, day), day)


def _is_day(words: str) -> bool:
    return any(day_said(words, year) for year in _YEARS)


def _until(found: re.Match[str], today: date, is_sure: bool) -> Period | None:
    if not _is_day(found["end"]):
        return Period() if is_sure and len(found["end"].split()) <= _MOST_WORDS else None
    end = day_said(found["end"], today)
    if not found["start"] or found["word"] == "seit":
        return Period(end=end)
    start = day_said(found["start"], today)
    if start is None:  # „vom 1. bis 15.3.“: not from now on
        return Period()
    return Period(start, day_said(found["end"], start) if end and today <= end < start else end)


def _from(words: str, today: date) -> Period | None:
    """From a day on, and maybe for how long: „ab Montag zwei Wochen“."""
    if _is_day(words):
        return Period(start=day_said(words, today))
    parts = words.split()
    for count in range(1, len(parts)):
        first, rest = " ".join(parts[:count]), " ".join(parts[count:])
        if _is_day(first) and _LASTS.fullmatch(rest) and _is_day(rest):
            start = day_said(first, today)
            return Period(start, day_said(rest, start) if start else None)
    return None


def _first_day(words: str, last: date | None) -> date | None:
    """The first day of a week, a month or a single day; None for a time that begins now."""
    if last is None or (_LASTS.fullmatch(words) and not _NEXT_ONE.fullmatch(words)):
        return None
    if _WEEK.fullmatch(words):
        return last - timedelta(days=last.weekday())
    return last.replace(day=1) if _MONTH.fullmatch(words) and last == last + relativedelta(day=31) else last
