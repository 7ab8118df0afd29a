"""Changes of single dates as people say them: „termin 3. Dezember verschieben auf 10. Dezember 14 Uhr“. Pure."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

LONGEST = 200
"""Letters of a sentence that are read."""
LONGEST_DAY = 5  # words
DaySaid = Callable[[str, date], date | None]
"""Tells which day somebody means, and None for what is no day."""


class Wish(StrEnum):
    """What shall become of a date."""

    MOVE = "move"
    CANCEL = "cancel"
    REVIVE = "revive"  # it takes place after all


@dataclass(frozen=True, slots=True)
class SaidChange:
    """What somebody said: `which` date, and where `to`; both in their words, empty if they said nothing of it.

    One that is not `is_of_jour_fixe` speaks of some date, which may be another one.
    """

    wish: Wish
    which: str
    to: str
    is_of_jour_fixe: bool = False


_MEETING = r"(?:jour[\s-]?fixe[\s-]?termins?|jour[\s-]?fixe|jf|termins?)"
_LEAD = (
    r"(?:bitte\s+)?(?:(?:wir|ich)\s+(?:müssen|muss|wollen|will|möchten|möchte|sollten)\s+)?"
    r"(?:(?:der|den|dem|unser\w*|das)\s+)?(?:(?:nächste[rn]?|kommende[rn]?)\s+)?"
)
_DAY = (
    r"(?:(?:mo|di|mi|do|fr|sa|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)\b[.,]*\s*)?"
    r"(?:de[nm]\s+)?\d{1,2}\.\s?(?:\d{1,2}\b\.?(?:\s?\d{2,4}\b)?"
    r"|(?:jän|jan|feb|mär|mrz|apr|mai|jun|jul|aug|sep|okt|nov|dez)[a-zä]*\b\.?(?:\s+\d{4}\b)?)"
)
"""A day with its number: „Do, 3.12.“, „3. Dezember 2026“."""
# Typed in a hurry, too: „verschiben“, „fallt aus“, „apsagen“.
_MOVES = r"(?:ver(?:sch|sh|sc)[ieouü]{1,3}b(?:en|n|e|t|st)?|verle?g(?:en|n|e|t)|umzieh\w*)"
_CANCELS = (
    r"(?:f(?:ä|a|ae)ll?t\s+(?:leider\s+)?aus|aus\s?fall?en(?:\s+lassen)?|a[bp]\s?sag(?:en|n)|abgesagt"
    r"|entf(?:ä|a|ae)ll?t|streiche[nt]?|gestrichen|sag\w*\s(?=(?:.*\s)?ab\b))"
)
_REVIVES = (
    r"(?:findet\b(?=.*\b(?:doch|wieder|trotzdem)\b.*\bstatt\b)|doch\s+stattfinden"
    r"|doch\s+nicht\s+(?:a[bp]\s?sag(?:en|n)|aus\s?fall?en)|f(?:ä|a|ae)ll?t\s+doch\s+nicht\s+aus|wieder\s+ansetzen"
    r"|(?:die\s+)?absage\b(?=.*\bzurück))"
)
_WISHES = {
    wish: re.compile(rf"\b{verbs}", re.IGNORECASE)
    for wish, verbs in ((Wish.REVIVE, _REVIVES), (Wish.MOVE, _MOVES), (Wish.CANCEL, _CANCELS))
}
_BEGINNING = re.compile(
    rf"(?:(?:bitte\s+)?(?P<verb>{_REVIVES}|{_MOVES}|{_CANCELS})\s*)?{_LEAD}"
    rf"(?:{_MEETING}\b|(?:(?:am|vom|für)\s+)?(?={_DAY}[\s,:]*(?:$|(?:bitte|leider|doch|auf|um|zum|zurück\w*)\b|{_REVIVES}"
    rf"|{_MOVES}|{_CANCELS}))|(?P<to>(?=(?:auf|zum)\s+(?:den\s+)?\d)))",
    re.IGNORECASE,
)
_WITHOUT_VERB = re.compile(
    rf"{_LEAD}{_MEETING}\s+(?:(?:am|vom)\s+)?(?P<which>{_DAY})\s+(?:(?:jetzt|erst|schon|doch)\s+)*"
    r"(?P<to>(?:auf|um|ab|von|in|im)\s.*\w.*)",
    re.IGNORECASE,
)
"""„termin 10.12. auf 11 uhr“."""
_VERBS = re.compile(
    rf"\b(?:{_REVIVES}|{_MOVES}|{_CANCELS}|zurück\w*|doch|statt(?=\s*[.!]*$)|wird|soll|muss|bitte|werden|leider|müssen|wir|ab(?=\s*[.!]*$))\b",
    re.IGNORECASE,
)
_TO = re.compile(
    r"\b(?:auf|zum|um\s+(?=ein|zwei|drei|\d+\s*(?:tag|woche))|nach(?=\s+(?:raum|der|dem))|in(?=\s+(?:raum|den|die)))\b",
    re.I,
)
_AT = re.compile(r"\bum(?=\s+(?:halb|viertel|\d))", re.IGNORECASE)
_FURTHER = re.compile(
    r"(?:(?P<count>\d{1,2}|eine?|einen|zwei|drei)\s+(?P<unit>tage?|wochen?)(?:\s+(?P<way>später|früher|nach\s+hinten|nach\s+vorn\w?|vor)\b)?)",
    re.IGNORECASE,
)
_COUNTS = {"ein": 1, "eine": 1, "einen": 1, "zwei": 2, "drei": 3}
_A_WEEKDAY = re.compile(r"(?:am\s+|den\s+)?(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)")
_OURS = re.compile(r"\b(?:jour|jf)\b", re.IGNORECASE)
_ORDINAL = re.compile(r"\d\.?$")
_EDGES = " ,;:.!?"


def read_change(text: str) -> SaidChange | None:
    """What a sentence wants of a date; None if it is about something else, or asks."""
    plain = " ".join(text.split())[:LONGEST]
    if plain.endswith("?"):
        return None
    if found := _WITHOUT_VERB.fullmatch(plain):
        to = re.sub(r"^auf\s+", "", found["to"], flags=re.IGNORECASE)
        if not any(pattern.search(to) for pattern in _WISHES.values()):
            return SaidChange(Wish.MOVE, found["which"], _bare(to), _is_ours(plain))
    found = _BEGINNING.match(plain)
    wish = next((wish for wish, pattern in _WISHES.items() if pattern.search(plain)), None)
    if found is None or wish is None or (found["to"] is not None and not found["verb"]):
        return None
    rest, is_ours = plain[found.end() :], _is_ours(plain)
    if wish is not Wish.MOVE:
        return SaidChange(wish, _bare(rest), "", is_ours)
    split = _TO.search(rest) or _AT.search(rest)
    if split is None:
        further = _FURTHER.search(rest)
        start = further.start() if further else len(rest)
        return SaidChange(wish, _bare(rest[:start]), _bare(rest[start:]), is_ours)
    keeps_word = split[0].casefold() in ("in", "nach", "um")
    to = rest[split.start() if keeps_word else split.end() :]
    return SaidChange(wish, _bare(rest[: split.start()]), _bare(to), is_ours)


def _is_ours(text: str) -> bool:
    return _OURS.search(text) is not None


def read_answer(text: str) -> SaidChange:
    """What somebody wants of a date that they have just chosen: „verschieben auf 7.1.“, „fällt aus“, „7.1. 14 Uhr“."""
    return read_change(f"termin {text}") or SaidChange(Wish.MOVE, "", _bare(re.sub(r"^\s*auf\s+", "", text)), True)


def day_in(text: str, today: date, day_said: DaySaid, meeting_day: date | None = None) -> tuple[date | None, str]:
    """The day that a text names, and the text without it; with a meeting's day also „eine Woche später“."""
    if meeting_day is not None and (found := _FURTHER.search(text)):
        count = int(found["count"]) if found["count"].isdecimal() else _COUNTS[found["count"].casefold()]
        span = timedelta(weeks=count) if found["unit"].casefold().startswith("woche") else timedelta(days=count)
        is_earlier = (found["way"] or "").casefold() in ("früher", "vor") or "vorn" in (found["way"] or "").casefold()
        return meeting_day - span if is_earlier else meeting_day + span, _bare(text[: found.start()])
    words = text.split()
    for length in range(min(LONGEST_DAY, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            phrase = " ".join(words[start : start + length]).strip(" ,;:!?").lower()
            is_weekday = meeting_day is not None and _A_WEEKDAY.fullmatch(phrase)
            monday = meeting_day - timedelta(days=meeting_day.weekday()) if meeting_day else today
            day = day_said(phrase, max(today, monday) if is_weekday else today)
            # Of „31. Februar“, „Februar“ alone is none.
            is_cut = start > 0 and _ORDINAL.search(words[start - 1]) is not None and not phrase[0].isdecimal()
            if day is not None and not is_cut:
                return day, " ".join(words[:start] + words[start + length :])
    return None, text


def _bare(words: str) -> str:
    return " ".join(_VERBS.sub(" ", words).split()).strip(_EDGES + " ")
