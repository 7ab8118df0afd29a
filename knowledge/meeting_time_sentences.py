"""When people want to meet, in their words: „dienstags ab 14 Uhr“, „1 und 3“, „am 10.12. um 14 Uhr“. Pure.

Hours are read as in sentences about the jour fixe.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from knowledge.meeting_sentences import LONGEST, DaySaid, day_in
from knowledge.meeting_times import ALL_DAYS, Window, Wish
from knowledge.rhythm import WEEKDAYS
from knowledge.series_sentences import read_series

AROUND = timedelta(minutes=90)
"""„um 10“ is a time of which so much is left from then on."""

_DAYS = {name.casefold(): number for number, name in enumerate(WEEKDAYS)} | {"sonnabend": 5}
_SHORT = {name[:2]: number for name, number in _DAYS.items() if name[:2] != "so"}  # „so“ is a word of its own
_DAY = rf"(?:(?:{'|'.join(_DAYS)})(?:en|e|s)?|(?:{'|'.join(_SHORT)})\b\.?)"
_PART = r"(?:vormittag|nachmittag|mittag|abend|morgens|früh)s?"
_DAYS_JOINED = re.compile(
    rf"\b{_DAY}(?P<rest>(?:\s*(?:,|/|\+|&|-|–|\bund\b|\boder\b|\bbis\b)\s*(?:am\s+|die\s+)?\b{_DAY}(?!\w))+)(?!\s*,?\s*\d)"
)
_A_DAY = re.compile(rf"\b(?P<day>{_DAY})(?P<part>{_PART})?(?!\w)")
_A_PART = re.compile(rf"\b(?P<part>{_PART})\b")
_UP_TO = re.compile(r"-|–|\bbis\b")
_PARTS = {
    "vormittag": (time.min, time(12)), "morgens": (time.min, time(12)), "früh": (time.min, time(10)),
    "mittag": (time(11), time(14)), "nachmittag": (time(12), time.max), "abend": (time(16), time.max),
}  # fmt: skip
_CLAUSES = re.compile(r"[;!]|,(?!\d)|(?<!\d)\.(?=\s+[^\W\d])|\b(?:aber|sondern|oder|dafür|ansonsten|sonst)\b")
_NO = re.compile(r"\b(?:nicht|nie|niemals|kein\w*|ohne|außer|ausser|ungern|schlecht)\b")
_CLOCK = (
    r"(?=(?:(?:halb|viertel|dreiviertel|um)\s)?\s*(?:\d|ein|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|elf|zwölf))"
)
_EARLIEST = re.compile(
    rf"\b(?:nicht\s+(?:vor|früher\s+als)|(?:erst\s+)?(?<!nicht )(?:ab|nach)|frühestens(?:\s+um|\s+ab)?)\s+{_CLOCK}"
)
_LATEST = re.compile(
    rf"\b(?:nicht\s+(?:nach|später\s+als|ab)|(?<!nicht )vor|bis|spätestens(?:\s+um|\s+bis)?)\s+{_CLOCK}"
)
_HOURS = re.compile(r"\d\s*(?:uhr)?\s*(?:-|–|\bbis\b|\bund\b)\s*(?:\d|halb|viertel)")
_DATED = re.compile(
    r"\d{1,2}\.\s?(?:\d|jan|feb|mär|apr|mai|jun|jul|aug|sep|okt|nov|dez)|\bheute\b|\bmorgen\b|\bübermorgen\b|woche|\bkw\b"
    rf"|\b(?:diese[nmrs]?|(?:über)?nächste[nmrs]?|kommende[nmrs]?)\s+{_DAY}"
)
_FROM_DATE, _TO_DATE = (
    re.compile(r"\b(?:ab|nach|frühestens)\b(?!.*uhr)"),
    re.compile(r"\b(?:bis|vor|spätestens)\b(?!.*uhr)"),
)
_WEEK = re.compile(r"woche|\bkw\b")

_ORDINALS = {"erst": 1, "zweit": 2, "dritt": 3, "viert": 4, "fünft": 5}
_NUMBERS = {"eins": 1, "ein": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5} | {
    f"{stem}e{ending}": number for stem, number in _ORDINALS.items() for ending in ("", "n", "r", "s")
}
_ALL = frozenset(("alle", "alles", "allen", "jede", "jeder", "jedes", "jederzeit", "immer", "egal"))
_NONE = frozenset(("keine", "keiner", "keins", "keines", "keinen", "keinem", "nie", "gar", "nichts", "nix", "nein"))
_BUT = frozenset(("außer", "ausser", "ohne"))
_AROUND_NUMBERS = frozenset((
    "und", "oder", "o", "u", "auch", "sowie", "die", "der", "das", "den", "dem", "am", "bei", "nummer", "nr", "termin",
    "termine", "terminen", "vorschlag", "vorschläge", "vorschlägen", "ich", "kann", "könnte", "mir", "passt", "passen",
    "geht", "gehen", "ginge", "gingen", "klappt", "gut", "gern", "gerne", "ja", "nur", "bitte", "zeit", "zeiten",
    "habe", "hab", "von", "davon", "mich", "für", "ist", "sind", "wären", "wäre", "ok", "okay", "möglich", "da",
    "leider", "hier", "doch", "ach", "dann", "aber", "würde", "würden", "diese", "dieser", "besten",
    "liebsten", "lieber", "danke", "mit", "zu",
))  # fmt: skip
_TOKEN = re.compile(r"\d+\s*(?:-|–|bis)\s*\d+|\d+|[^\W\d]+|[:/]")
_RANGE = re.compile(r"(\d+)\s*(?:-|–|bis)\s*(\d+)")
_HOUR_BEHIND_A_DAY = re.compile(r"(\d{1,2}\.\s?\d{1,2}\.)\s+(?=\d{1,2}(?::\d{2})?\s*(?:uhr|h)\b)", re.IGNORECASE)
"""„10.12. 14 Uhr“ is not in 2014."""


# a wish


def read_wish(text: str, today: date, day_said: DaySaid) -> Wish:
    """Understand when somebody would like to meet and when not; what is no time of the week or day says nothing."""
    plain = _DAYS_JOINED.sub(_joined, " ".join(text.casefold().split())[:LONGEST])
    wanted: list[Window] = []
    unwanted: list[Window] = []
    for clause in _CLAUSES.split(plain):
        for part, is_wanted in _sides(clause):
            (wanted if is_wanted else unwanted).extend(_windows(part, today, day_said))
    return Wish(tuple(wanted), tuple(unwanted))


def _joined(found: re.Match[str]) -> str:
    """Days in a row as one word, so that they are read together: „mo/di/mi“."""
    whole = found[0]
    numbers = [_weekday(day[0]) for day in re.finditer(rf"\b{_DAY}", whole)]
    if len(numbers) == 2 and _UP_TO.search(found["rest"]) and numbers[0] < numbers[1]:
        numbers = list(range(numbers[0], numbers[1] + 1))
    return "tage" + "".join(map(str, sorted(set(numbers)))) + " "


def _sides(clause: str) -> Iterator[tuple[str, bool]]:
    """The parts of a clause, and whether they are wanted: a „nicht“ is about what follows, or else what precedes."""
    found = next((no for no in _NO.finditer(clause) if not _is_bound(clause, no)), None)
    if found is None:
        yield clause, True
        return
    before, after = clause[: found.start()], clause[found.end() :]
    says_after = _says_time(after)
    yield before, says_after
    yield after, False


def _is_bound(clause: str, no: re.Match[str]) -> bool:
    """Whether „nicht“ belongs to an hour: „nicht vor 10 Uhr“."""
    return any(bound.start() == no.start() for pattern in (_EARLIEST, _LATEST) for bound in pattern.finditer(clause))


def _says_time(text: str) -> bool:
    return bool(_A_DAY.search(text) or _A_PART.search(text) or re.search(r"\d", text) or _DATED.search(text))


def _windows(text: str, today: date, day_said: DaySaid) -> Iterator[Window]:
    """The part of the days that a text names, if it names one."""
    whole = Window()
    window, rest = _on_days(whole, text, today, day_said)
    if part := _A_PART.search(text) or next((day for day in _A_DAY.finditer(text) if day["part"]), None):
        begins, ends = _PARTS[part["part"].removesuffix("s") if part["part"] != "morgens" else "morgens"]
        window = replace(window, begins=begins, ends=ends)
    window = _between_hours(window, rest, today, day_said)
    if window != whole:
        yield window


def _on_days(window: Window, text: str, today: date, day_said: DaySaid) -> tuple[Window, str]:
    """Its days, and the text without a date that was read."""
    if _DATED.search(text):
        day, rest = day_in(text, today, day_said)
        if day is not None:
            return _on_date(window, text, day), rest
    numbers = {_weekday(found["day"]) for found in _A_DAY.finditer(text)}
    numbers |= {int(sign) for found in re.finditer(r"\btage([0-6]+)\b", text) for sign in found[1]}
    return replace(window, weekdays=frozenset(numbers) or ALL_DAYS), text


def _on_date(window: Window, text: str, day: date) -> Window:
    if _WEEK.search(text):
        monday = day - timedelta(days=day.weekday())
        return replace(window, first_on=monday, last_on=monday + timedelta(days=6))
    first = date.min if _TO_DATE.search(text) else day
    last = date.max if _FROM_DATE.search(text) else day
    return replace(window, first_on=first, last_on=last)


def _between_hours(window: Window, text: str, today: date, day_said: DaySaid) -> Window:
    is_earliest, is_latest = _EARLIEST.search(text), _LATEST.search(text)
    plain = text if _HOURS.search(text) else _EARLIEST.sub("um ", _LATEST.sub("um ", text))
    said = read_series(plain, today, day_said)
    if said.begins is None:
        return window
    if said.minutes is not None:
        return replace(window, begins=said.begins, ends=_later(said.begins, timedelta(minutes=said.minutes)))
    if is_earliest:
        return replace(window, begins=max(window.begins, said.begins))
    if is_latest:
        return replace(window, ends=min(window.ends, said.begins))
    return replace(window, begins=said.begins, ends=_later(said.begins, AROUND))


def _later(clock: time, by: timedelta) -> time:
    later = datetime.combine(date.min, clock) + by
    return later.time() if later.date() == date.min else time.max


def _weekday(word: str) -> int:
    return _SHORT.get(word[:2], 6)


# an answer


def read_numbers(text: str, count: int) -> frozenset[int] | None:
    """The numbers of the proposed times, of which there are so many, that somebody chose; None if they named none.

    „alle außer 2“ and „keine“ are answers, too.
    """
    tokens = _TOKEN.findall(" ".join(text.casefold().split())[:LONGEST])
    numbers: set[int] = set()
    but: set[int] = set()
    taken, has_all, has_none = numbers, False, False
    for position, token in enumerate(tokens):
        found = _numbers_of(token)
        if found is not None:
            taken |= found
        elif token in _BUT or (token == "bis" and tokens[position + 1 : position + 2] == ["auf"]):
            taken = but
        elif token in _ALL:
            has_all = True
        elif token in _NONE or (token == "nicht" and not numbers and not has_all):
            has_none = True
        elif token not in _AROUND_NUMBERS and not (token == "auf" and taken is but):
            return None
    return _chosen(numbers, but, count, has_all=has_all, has_none=has_none)


def _chosen(numbers: set[int], but: set[int], count: int, *, has_all: bool, has_none: bool) -> frozenset[int] | None:
    known = frozenset(range(1, count + 1))
    if not numbers | but <= known or sum((bool(numbers), has_all, has_none)) != 1 or (but and not has_all):
        return None
    return known - but if has_all else frozenset(numbers)


def _numbers_of(token: str) -> set[int] | None:
    if found := _RANGE.fullmatch(token):
        first, last = int(found[1]), int(found[2])
        return set(range(first, min(last, first + 9) + 1)) or {first, last}
    if token.isdecimal():
        return {int(token)}
    return {_NUMBERS[token]} if token in _NUMBERS else None


# a time


def read_moment(text: str, now: datetime, day_said: DaySaid) -> datetime | None:
    """The time that somebody names with its day, in the zone of `now`; None if it is none, or lies before."""
    plain = _HOUR_BEHIND_A_DAY.sub(r"\1, um ", " ".join(text.split())[:LONGEST])
    day, rest = day_in(plain, now.date(), day_said)
    said = read_series(rest, now.date(), day_said)
    if day is None or said.begins is None or said.flaws:
        return None
    moment = datetime.combine(day, said.begins, now.tzinfo)
    return moment if moment > now else None
