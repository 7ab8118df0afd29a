"""Series as people describe them: „alle 4 Wochen donnerstags 9 bis 10:30 im Rathaus, Raum 3“. Pure.

What was not said stays open; what cannot be is named, so that somebody says it in a sentence.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from enum import StrEnum

from knowledge.rhythm import LAST, LONGEST_INTERVAL, WEEKDAYS
from storage.models.jour_fixe import Frequency

LONGEST = 300
"""Letters of a sentence that are read."""
LONGEST_MEETING = 480  # minutes
MOST_GROUPS = 9
DaySaid = Callable[[str, date], date | None]
"""Tells which day somebody means, and None for what is no day."""


class Doubt(StrEnum):
    """What a rhythm may mean: each has to be asked once."""

    FOUR_WEEKS = "four_weeks"  # „alle 4 Wochen“: truly, or once a month
    MONTHLY = "monthly"  # „monatlich“: on which such day, or every 4 weeks
    EVERY_NTH = "every_nth"  # „jeden zweiten Donnerstag“: every 2 weeks, or the second one of the month


class Flaw(StrEnum):
    """What cannot be."""

    NO_SUCH_DAY = "no_such_day"
    PAST_DAY = "past_day"
    INTERVAL = "interval"
    TWO_RHYTHMS = "two_rhythms"
    TWO_DAYS = "two_days"
    NO_SUCH_TIME = "no_such_time"
    LENGTH = "length"
    TWO_LENGTHS = "two_lengths"
    END_BEFORE_BEGIN = "end_before_begin"
    GROUPS = "groups"


class Implied(StrEnum):
    """How a day of the week alone says how often."""

    DAY = "day"  # „dienstags“: each week, unless another rhythm is known
    EACH = "each"  # „jeden Dienstag“


@dataclass(frozen=True, slots=True)
class SaidSeries:
    """What somebody said of a series; None is what they did not say.

    `nth` is only there for months. `first_on` is the earliest first day. `doubt` is a question that is open, with
    what was said literally in the other fields. `flaws` are the things that cannot be, with the words that say so.
    `implied` is there where only the weekday says the rhythm; `is_named` when the title was said as such: „Titel: …“.
    """

    title: str | None = None
    frequency: Frequency | None = None
    interval: int | None = None
    weekday: int | None = None
    nth: int | None = None
    first_on: date | None = None
    begins: time | None = None
    minutes: int | None = None
    place: str | None = None
    groups: int | None = None
    doubt: Doubt | None = None
    flaws: tuple[tuple[Flaw, str], ...] = ()
    implied: Implied | None = field(default=None, compare=False)
    is_named: bool = field(default=False, compare=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was understood but perhaps a title."""
        return replace(self, title=None) == SaidSeries()


_NUMBERS = {
    "ein": 1, "eine": 1, "einem": 1, "einer": 1, "eins": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6,
    "sieben": 7, "acht": 8, "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14,
}  # fmt: skip
_ORDINALS = {
    "erst": 1, "zweit": 2, "dritt": 3, "viert": 4, "fünft": 5, "sechst": 6, "siebt": 7, "acht": 8, "neunt": 9,
    "zehnt": 10, "elft": 11, "zwölft": 12, "letzt": LAST,
}  # fmt: skip
_NUMBER = rf"(?:\d+|{'|'.join(_NUMBERS)})"
_ORDINAL = rf"(?:\d+\.|(?:{'|'.join(_ORDINALS)})e[nrs]?)"
_DAYS = {name.casefold(): number for number, name in enumerate(WEEKDAYS)} | {"sonnabend": 5}
_SHORT_DAYS = {name[:2]: number for name, number in _DAYS.items() if name[:2] != "so"}  # „so“ is a word of its own
_DAY = rf"(?P<weekday>{'|'.join(_DAYS)}|(?:{'|'.join(_SHORT_DAYS)})\b\.?)(?:vor|nach)?(?:mittag)?s?"
_RHYTHM_WORDS = {
    "wöchentlich": (Frequency.WEEKLY, 1), "jede woche": (Frequency.WEEKLY, 1),
    "zweiwöchentlich": (Frequency.WEEKLY, 2), "zweiwöchig": (Frequency.WEEKLY, 2),
    "vierzehntägig": (Frequency.WEEKLY, 2), "14-tägig": (Frequency.WEEKLY, 2), "14tägig": (Frequency.WEEKLY, 2),
    "dreiwöchentlich": (Frequency.WEEKLY, 3), "vierwöchentlich": (Frequency.WEEKLY, 4),
    "sechswöchentlich": (Frequency.WEEKLY, 6), "zweimonatlich": (Frequency.MONTHLY, 2),
    "vierteljährlich": (Frequency.MONTHLY, 3), "quartalsweise": (Frequency.MONTHLY, 3),
    "jedes quartal": (Frequency.MONTHLY, 3), "einmal im quartal": (Frequency.MONTHLY, 3),
    "halbjährlich": (Frequency.MONTHLY, 6), "jährlich": (Frequency.MONTHLY, 12),
    "einmal im jahr": (Frequency.MONTHLY, 12), "monatlich": (Frequency.MONTHLY, 1),
    "jeden monat": (Frequency.MONTHLY, 1), "einmal im monat": (Frequency.MONTHLY, 1),
    "1x im monat": (Frequency.MONTHLY, 1), "einmal pro monat": (Frequency.MONTHLY, 1),
}  # fmt: skip
_MONTH_BEHIND = r"(?:\s+(?:im|des|eines|jedes|in\s+jedem)\s+monate?s?)"

_QUOTED = re.compile(r"[„“\"»«]([^„“”\"»«]{1,80})[“”\"»«]")
_TITLED = re.compile(r"\b(?:titel|name|namens|heißt|genannt)(?:\s*:\s*|\s+)(?P<title>[^,;.]{1,80})", re.IGNORECASE)
_PLACED = re.compile(r"\b(?:ort|wo)\s*:\s*(?P<place>[^;.]{1,120})", re.IGNORECASE)
_STARTING = re.compile(
    r"\b(?:ab|seit|erstmals(?:\s+(?:am|ab))?|beginnend(?:\s+(?:am|ab|mit))?|zum\s+ersten\s+mal(?:\s+(?:am|ab))?"
    r"|start(?:et|end)?(?:\s+(?:am|ab|ist))?|am(?=\s+\d))\s*:?\s+(?:dem\s+|der\s+|den\s+)?(?P<day>[^;]+)"
)
_EVERY = re.compile(
    rf"\b(?:genau\s+)?(?:alle|jede)\s+(?P<count>-?{_NUMBER}|{_ORDINAL})\s*(?P<unit>tage?|wochen?|monate?|jahre?)\b"
)
_N_WEEKLY = re.compile(r"\b(?P<count>\d+)-?(?P<unit>wöchentlich|wöchig|monatlich)\b")
_IN_WORDS = re.compile(
    rf"\b(?:{'|'.join(sorted((re.escape(word) for word in _RHYTHM_WORDS), key=len, reverse=True))})(?:e[nrs]?)?\b"
)
_NTH = re.compile(
    rf"\b(?P<each>jede[nrs]?\s+)?(?:immer\s+)?(?:am\s+)?(?P<nth>{_ORDINAL})(?:\s*(?:und|,|\+)\s*(?P<second>{_ORDINAL}))?"
    rf"\s+{_DAY}\b(?P<month>{_MONTH_BEHIND})?"
)
_ON_DAY = re.compile(rf"\b(?P<each>jede[nrs]?\s+)?(?:immer\s+)?(?:am\s+)?{_DAY}\b")
_LITERALLY = re.compile(r"\b(?:genau|wörtlich|28\s+tage|13\s+termine|nicht\s+monatlich)\b")
_GROUPS = re.compile(rf"\b(?:in\s+)?(?P<count>-?{_NUMBER})\s*(?:halb)?gruppen?\b|\b(?:in\s+)?(?P<half>halbgruppen)\b")
_TOGETHER = re.compile(r"\b(?:ohne\s+(?:halb)?gruppen|alle\s+zusammen|nicht\s+geteilt)\b")


def _a_clock(name: str) -> str:
    """A pattern for a time, whose groups begin with a name."""
    return (
        rf"(?:(?:(?P<{name}half>halb|dreiviertel|viertel\s+vor|viertel\s+nach|viertel)\s+)?"
        rf"(?P<{name}hour>\d{{1,2}}|{'|'.join(sorted(_NUMBERS, key=len, reverse=True))})"
        rf"(?:[:.](?P<{name}minute>\d{{2}}))?"
        rf"(?:\s*(?:(?P<{name}clock>uhr)|h)\b(?:\s+(?P<{name}after>\d{{1,2}})(?![\d.:]|\s*min))?)?)"
    )


_RANGE = re.compile(
    rf"\b(?P<lead>von|um|ab|zwischen)?\s*(?<![\d.:,]){_a_clock('from_')}\s*(?:-|–|—|bis|und)\s*{_a_clock('to_')}"
    r"(?![\d.:]\d|\w|\s*(?:min|std|stunde|gruppe|halbgruppe|woche|monat))"
)
_AT = re.compile(rf"\b(?P<lead>um|ab|von|gegen|beginn:?)\s+{_a_clock('at_')}(?![\w:])|\b{_a_clock('bare_')}")
_UNTIL = re.compile(rf"\bbis\s+{_a_clock('to_')}(?![\w:])")
_MINUTES = re.compile(r"(?P<sign>[-–−]\s*|\bminus\s+)?(?<![\d.,:])\b(?P<count>\d+)\s*(?:min\b\.?|minuten?\b|')")
_HOURS = re.compile(
    rf"(?P<sign>[-–−]\s*|\bminus\s+)?\b(?P<count>\d+(?:[.,]\d+)?|{'|'.join(_NUMBERS)}|anderthalb|eineinhalb|zweieinhalb"
    r"|dreieinhalb)\s*(?:std\b\.?|stunden?\b|h\b)(?:\s+(?:und\s+)?(?P<more>\d{1,2})(?:\s*(?:min\b\.?|minuten\b))?)?"
)
_PART_HOUR = re.compile(r"\b(?:(?P<half>(?:eine\s+)?halbe\s+stunde)|(?:eine\s+)?(?P<quarter>(?:drei)?viertelstunde))\b")
_A_DATE = re.compile(
    r"\d{1,2}\.\s*(?:\d{1,2}\.?(?:\s*\d{2,4})?|(?:jän|jan|feb|mär|apr|mai|jun|jul|aug|sep|okt|nov|dez)[a-zä]*)(?!\s*uhr)"
)
_LENGTHS = {"anderthalb": 1.5, "eineinhalb": 1.5, "zweieinhalb": 2.5, "dreieinhalb": 3.5}
_ROOM_NUMBER = re.compile(r"(?:raum|zimmer|saal|etage|haus|gebäude|nr\.?|nummer|stock|og|eg)\s*$")
_ONLINE = re.compile(
    r"\b(?:online|virtuell|(?:per|in|über|via|als)\s+(?:teams|videokonferenz|video|bigbluebutton|bbb))\b"
)
_IN_PLACE = re.compile(
    r"(?:^|[\s,;\x1f])(?:im|in\s+der|in\s+dem|in\s+den|in\s+die|in\s+das|ins|in|beim|bei|auf\s+dem|auf\s+der|am)\s+(?P<place>(?!vormittag|nachmittag|mittag|morgen|abend|anfang|ende|monat|jahr|\d+\s+(?:woche|tag|monat))[^\x1f]{2,120})",
    re.IGNORECASE,
)
_A_ROOM = re.compile(
    r"(?:^|[\s,;])(?P<place>(?:raum|zimmer|saal|rathaus|sitzungssaal|besprechungsraum)\b[^\x1f]{0,120})", re.I
)
_GAP = "\x1f"  # stands where something was understood; in no text
_FILLERS = re.compile(
    r"\b(?:jour[\s-]?fixe?s?|jf|serie|bitte|plane?n?|planen|neuer?|neue[ns]?|anlegen|einrichten|lege?|einen?|der|die|das"
    r"|unser\w*|wir|treffen|uns|findet|statt|ist|soll|wird|immer|jeweils|für|dauer|dauert|lang|um|von|und|am|an|mit|ab"
    r"|sein|sich|vormittags?|nachmittags?|mittags|morgens|uhr|termin|mach\w*|gibt|es|einmal)\b",
    re.IGNORECASE,
)


def read_series(text: str, today: date, day_said: DaySaid) -> SaidSeries:
    """Understand what a sentence says of a series; `day_said` tells which day somebody means."""
    return _Reading(text, today, day_said).whole()


@dataclass
class _Reading:
    """A sentence while it is read: what was understood is taken out of `left` and put into `said`."""

    text: str
    today: date
    day_said: DaySaid
    left: str = field(init=False)
    original: str = field(init=False)
    said: SaidSeries = field(init=False, default=SaidSeries())
    from_day: int | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.original = " ".join(self.text.replace(_GAP, " ").split())[:LONGEST]
        # Places in both must be the same: „İ“ is longer in small letters.
        self.left = "".join(sign.lower() if len(sign.lower()) == 1 else sign for sign in self.original)

    def whole(self) -> SaidSeries:
        for step in (self._quoted, self._start, self._groups, self._rhythm, self._length, self._time, self._place):
            step()
        self._title()
        if self.said.weekday is None and self.from_day is not None and self.said.frequency is not None:
            self._put(weekday=self.from_day)
        return self.said

    def _put(self, **found: object) -> None:
        self.said = replace(self.said, **found)  # type: ignore[arg-type]

    def _flaw(self, flaw: Flaw, words: str) -> None:
        if flaw not in dict(self.said.flaws):
            self._put(flaws=(*self.said.flaws, (flaw, words.strip(" ,;.:"))))

    def _take(self, start: int, end: int) -> str:
        words = self.original[start:end]
        self.left = self.left[:start] + _GAP * (end - start) + self.left[end:]
        return words.replace(_GAP, "")

    def _words(self, found: re.Match[str]) -> str:
        return self.original[slice(*found.span())]

    def _each(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """What a pattern finds, one after the other; each is taken out."""
        while found := pattern.search(self.left):
            self._take(*found.span())
            yield found

    # title and place

    def _quoted(self) -> None:
        if found := _QUOTED.search(self.left):
            self._put(title=self._take(*found.span())[1:-1].strip())
        elif found := _TITLED.search(self.left):
            start, end = found.span("title")
            self._put(title=self.original[start:end].strip(), is_named=True)
            self._take(*found.span())
        if found := _PLACED.search(self.left):
            start, end = found.span("place")
            self._put(place=self.original[start:end].strip(" ,"))
            self._take(*found.span())

    def _place(self) -> None:
        if self.said.place is not None:
            return
        places = filter(None, (pattern.search(self.left) for pattern in (_IN_PLACE, _A_ROOM)))
        if found := min(places, key=lambda place: place.start("place"), default=None):
            start, end = found.span("place")
            self._put(place=self.original[start:end].removesuffix(" statt").strip(" ,;.!-–"))
            self._take(*found.span())
            return
        if found := _ONLINE.search(self.left):
            self._put(place=self._take(*found.span()))

    def _title(self) -> None:
        """What stands before all that was understood."""
        if self.said.title is not None:
            return
        head = self.left.partition(_GAP)[0] if _GAP in self.left else ""
        words = " ".join(_FILLERS.sub(" ", self.original[: len(head)]).split()).strip(" ,;:.-–!?")
        if re.search(r"\w{2}", words):
            self._put(title=words)

    # days

    def _start(self) -> None:
        found = _STARTING.search(self.left)
        if found is None:
            return None
        start, end = found.span("day")
        words = self.left[start:end].split(" ")
        for count in range(min(len(words), 6), 0, -1):
            phrase = " ".join(words[:count]).rstrip(",.")
            day = self._first(phrase)
            if day is not None:
                self._take(found.start(), start + len(" ".join(words[:count])))
                return self._begin_on(day, phrase)
        # A time has no point between two numbers that is followed by a word for a month.
        if wrong := re.match(_A_DATE, self.left[start:end]):
            self._flaw(Flaw.NO_SUCH_DAY, self._take(found.start(), start + wrong.end())[start - found.start() :])
        return None

    def _first(self, phrase: str) -> date | None:
        """The first day of what was said: „ab Januar“ begins on the first."""
        if phrase in ("sofort", "jetzt"):
            return self.today
        if re.fullmatch(r"(?:dem\s+)?(?:nächsten|kommenden)\s+monat", phrase):
            return (self.today.replace(day=1) + timedelta(days=32)).replace(day=1)
        if re.fullmatch(r"20\d\d", phrase):
            return max(self.today, date(int(phrase), 1, 1))
        exact = self.day_said(phrase, self.today)
        early = self.day_said(f"anfang {phrase}", self.today)
        if early is None:
            return exact
        return self.today if exact is not None and exact < early else early

    def _begin_on(self, day: date, phrase: str) -> None:
        if day < self.today:
            return self._flaw(Flaw.PAST_DAY, phrase)
        self._put(first_on=day)
        if re.search(r"\d\.|\d-\d|[a-z]tag\b|\bmittwoch\b|sonnabend", phrase) and "quartal" not in phrase:
            self.from_day = day.weekday()
        return None

    # rhythm

    def _rhythm(self) -> None:
        rhythms = [*self._intervals()]
        days, nths, is_in_month, each = self._weekdays()
        if len(set(days)) > 1 or len(nths) > 1:
            self._flaw(Flaw.TWO_DAYS, ", ".join(WEEKDAYS[day] for day in dict.fromkeys(days)))
        if days:
            self._put(weekday=days[0])
        if len(set(rhythms)) > 1:
            return self._flaw(Flaw.TWO_RHYTHMS, self.original)
        frequency, interval = rhythms[0] if rhythms else (None, None)
        if nths:
            return self._on_nth(nths[0], frequency, interval, is_in_month, each is not None)
        if frequency is None and days and each is not None:
            frequency, interval = Frequency.WEEKLY, 1
            self._put(implied=each)
        self._put(frequency=frequency, interval=interval)
        is_literal = _LITERALLY.search(self.original.lower())
        if (frequency, interval) == (Frequency.WEEKLY, 4) and not is_literal:
            self._put(doubt=Doubt.FOUR_WEEKS)
        elif frequency is Frequency.MONTHLY:
            self._put(doubt=Doubt.MONTHLY)
        return None

    def _on_nth(self, nth: int, frequency: Frequency | None, interval: int | None, in_month: bool, each: bool) -> None:
        if frequency is Frequency.WEEKLY:
            return self._flaw(Flaw.TWO_RHYTHMS, self.original)
        is_monthly = in_month or frequency is Frequency.MONTHLY or nth in (1, LAST) or not each
        if is_monthly and nth not in (1, 2, 3, 4, 5, LAST):
            return self._flaw(Flaw.INTERVAL, f"{nth}. im Monat")
        if is_monthly:
            return self._put(frequency=Frequency.MONTHLY, interval=interval or 1, nth=nth)
        if nth > LONGEST_INTERVAL:
            return self._flaw(Flaw.INTERVAL, f"jeder {nth}.")
        self._put(frequency=Frequency.WEEKLY, interval=nth)
        return self._put(doubt=Doubt.EVERY_NTH) if nth <= 5 else None

    def _intervals(self) -> Iterator[tuple[Frequency, int]]:
        for found in [*self._each(_EVERY), *self._each(_N_WEEKLY)]:
            count, unit = _counted(found["count"]), found["unit"]
            if unit.startswith("jahr"):
                count, unit = 12 * count, "monat"
            if unit.startswith("tag"):
                count, rest = divmod(count, 7)
                count = 0 if rest else count
            if not 1 <= count <= LONGEST_INTERVAL:
                self._flaw(Flaw.INTERVAL, self._words(found))
            elif unit.startswith("monat"):
                yield Frequency.MONTHLY, count
            else:
                yield Frequency.WEEKLY, count
        for found in self._each(_IN_WORDS):
            yield next(rhythm for word, rhythm in _BY_LENGTH if found[0].startswith(word))

    def _weekdays(self) -> tuple[list[int], list[int], bool, Implied | None]:
        """The days of the week, which of the month, whether „im Monat“ was said, and whether „jeden“ or „-s“ was."""
        days, nths = [], []
        is_in_month, each = False, None
        for found in self._each(_NTH):
            days.append(_weekday(found["weekday"]))
            nths += [_counted(found[name]) for name in ("nth", "second") if found[name]]
            is_in_month |= found["month"] is not None
            each = Implied.EACH if found["each"] else each
        for found in self._each(_ON_DAY):
            days.append(_weekday(found["weekday"]))
            each = Implied.EACH if found["each"] else each or (Implied.DAY if found[0].endswith("s") else None)
        return days, nths, is_in_month, each

    # times

    def _length(self) -> None:
        lengths = []
        for found in self._each(_PART_HOUR):
            lengths.append(30 if found["half"] else 45 if found["quarter"].startswith("drei") else 15)
        for found in self._each(_HOURS):
            hours = _LENGTHS.get(found["count"]) or _hours(found["count"])
            lengths.append((-1 if found["sign"] else 1) * (round(hours * 60) + int(found["more"] or 0)))
        for found in self._each(_MINUTES):
            lengths.append((-1 if found["sign"] else 1) * int(found["count"]))
        if len(set(lengths)) > 1:
            return self._flaw(Flaw.TWO_LENGTHS, self.original)
        if lengths and not 1 <= lengths[0] <= LONGEST_MEETING:
            return self._flaw(Flaw.LENGTH, f"{lengths[0]} Minuten")
        return self._put(minutes=lengths[0]) if lengths else None

    def _time(self) -> None:
        for found in _RANGE.finditer(self.left):
            if not _ROOM_NUMBER.search(self.left[: found.start()]) and _is_range(found):
                self._take(*found.span())
                return self._span(self._clock(found, "from_"), self._clock(found, "to_"), self._words(found))
        begin = None
        for found in _AT.finditer(self.left):
            name = "at_" if found["at_hour"] else "bare_"
            if name == "at_" or _is_clock(found, name):
                self._take(*found.span())
                begin = self._clock(found, name)
                break
        if begin is not None:
            self._put(begins=begin)
            if end := _UNTIL.search(self.left):
                self._take(*end.span())
                self._span(begin, self._clock(end, "to_"), self._words(end))
        return None

    def _clock(self, found: re.Match[str], name: str) -> time | None:
        hour = int(found[f"{name}hour"]) if found[f"{name}hour"].isdecimal() else _NUMBERS[found[f"{name}hour"]]
        minute = int(found[f"{name}minute"] or found[f"{name}after"] or 0)
        shift = {"halb": -30, "dreiviertel": -15, "viertel": -45, "vor": -15, "nach": 15}
        part = (found[f"{name}half"] or "").split()
        minutes = hour * 60 + minute + (shift[part[-1]] if part else 0)
        is_spoken = found[f"{name}minute"] is None
        # Nobody meets at three in the night: „um 3“ is in the afternoon, „03:00“ is not.
        if 0 < hour < 7 and is_spoken and minutes < 420:
            minutes += 720
        if minute > 59 or not 0 <= minutes < 1440:
            self._flaw(Flaw.NO_SUCH_TIME, self._words(found))
            return None
        return time(minutes // 60, minutes % 60)

    def _span(self, begin: time | None, end: time | None, words: str) -> None:
        if begin is None or end is None:
            return
        minutes = _minutes(end) - _minutes(begin)
        self._put(begins=begin)
        if minutes <= 0:
            self._flaw(Flaw.END_BEFORE_BEGIN, words)
        elif minutes > LONGEST_MEETING:
            self._flaw(Flaw.LENGTH, words)
        elif self.said.minutes not in (None, minutes):
            self._flaw(Flaw.TWO_LENGTHS, words)
        else:
            self._put(minutes=minutes)

    def _groups(self) -> None:
        for _ in self._each(_TOGETHER):
            self._put(groups=1)
        for found in self._each(_GROUPS):
            count = 2 if found["half"] else _counted(found["count"])
            if 1 <= count <= MOST_GROUPS:
                self._put(groups=count)
            else:
                self._flaw(Flaw.GROUPS, self._words(found))


_BY_LENGTH = sorted(_RHYTHM_WORDS.items(), key=lambda word: len(word[0]), reverse=True)


def _counted(word: str) -> int:
    if word.lstrip("-").rstrip(".").isdecimal():
        return int(word.rstrip("."))
    if word in _NUMBERS:
        return _NUMBERS[word]
    return next(number for stem, number in _ORDINALS.items() if re.fullmatch(rf"{stem}e[nrs]?", word))


def _hours(word: str) -> float:
    return float(_NUMBERS[word]) if word in _NUMBERS else float(word.replace(",", "."))


def _weekday(word: str) -> int:
    return _DAYS[word] if word in _DAYS else _SHORT_DAYS[word.rstrip(".")]


def _minutes(moment: time) -> int:
    return moment.hour * 60 + moment.minute


def _is_range(found: re.Match[str]) -> bool:
    """Whether two numbers are times: bare ones need a word or a sign that says so, or hours of a working day."""
    if any(_is_clock(found, name) for name in ("from_", "to_")) or found["lead"]:
        return True
    hours = [found[name] for name in ("from_hour", "to_hour")]
    return "und" not in found[0] and all(map(str.isdecimal, hours)) and 6 <= int(hours[0]) <= 20 >= int(hours[1])


def _is_clock(found: re.Match[str], name: str) -> bool:
    """Whether a number is a time by itself: „14:30“, „14 Uhr“, „halb neun“."""
    has_colon = found[f"{name}minute"] is not None and ":" in found[0]
    return bool(found[f"{name}clock"] or found[f"{name}half"] or has_colon)
