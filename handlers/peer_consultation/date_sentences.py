"""Understands what people say about when a group may meet, and that they cannot come: „1 und 3“, „bin krank“. Pure."""

import re
from collections.abc import Collection, Mapping
from datetime import date, datetime

from handlers.dates import day_said
from knowledge.meeting_time_sentences import read_numbers, read_wish

MOST_TIMES = 9
"""More are never proposed at once."""
_MOVES = re.compile(r"\b(?:verschieb|verleg)", re.IGNORECASE)
_NOT = re.compile(r"\b(?:nicht|kein\w*|ausser|außer)\b", re.IGNORECASE)
_DAY = re.compile(r"\b(\d{1,2})\.(?:\s?\d{1,2}\.)?")
_ON_DAYS = re.compile(
    r"(?:ich\s+kann|ich\s+könnte|kann|geht|es\s+geht|passt|mir\s+passt|bei\s+mir\s+(?:geht|passt))?(?:\s+(?:gut|nur|auch))*"
    r"\s*(?:(?:am|den|der|und|oder|,)\s*)*\d{1,2}\.(?:\s?\d{1,2}\.)?"
    r"(?:\s*(?:,|und|oder)\s*(?:(?:am|den|der)\s+)?\d{1,2}\.(?:\s?\d{1,2}\.)?)*(?:\s+(?:geht|passt|kann\s+ich|gut))*\W*",
    re.IGNORECASE,
)
_MANY = re.compile(
    r"(?:(?:nr\.?|nummern?)\s+)?\d(?:(?:\s*(?:,|\+|&|und|oder)\s*|\s+)\d)+\W*|alle[ns]?\b.*", re.IGNORECASE
)
_MOMENT = re.compile(
    r"(?:(?:bitte|lieber|besser)\s+)?(?:(?:am|auf|den|dem|[a-zä]+(?:tag|woch|abend)),?\s+)*"
    r"\d{1,2}\.\s?(?:\d{1,2}\.?|[a-zä]+)(?:\s?\d{2,4})?,?\s+(?:um\s+)?"
    r"(?:\d{1,2}:\d{2}(?:\s+uhr)?|\d{1,2}(?:[.:]\d{2})?\s*uhr(?:\s+\d{2})?|halb\s+\w+)\W*",
    re.IGNORECASE,
)

_DAY_NAMES = r"(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)"
_PART = r"(?:früh|morgen|vormittag|mittag|nachmittag|abend)"
_ON_WEEKDAYS = re.compile(
    rf"(?:(?:{_DAY_NAMES}(?:s|en)?{_PART}?s?|mo|di|mi|do|fr|(?:vormittag|nachmittag|mittag|abend)s?"
    r"|morgens|früh)\b\.?|\d{1,2}\.(?: ?\d{1,2}\.)?|[,/+&–-]"
    r"|(?:am|den|die|der|und|oder|bis|auch|nur|noch|doch|ach|ja|nein|aber|leider|dann|also|ich|mir|bei|es|da|kann"
    r"|könnte|können|geht|ginge|gehen|würde|passt|passen|klappt|wäre|gut|gern|gerne|nicht|immer|lieber)\b|[\s.!])+",
    re.IGNORECASE,
)
_MOST_WORDS = 14
_SOFTENERS = re.compile(
    r"\b(?:hallo|hi|hey|moin|oh|sorry|entschuldigung|tut mir leid|ich|mir|es|das|leider|doch|jetzt|nun|da|dann|aber"
    r"|auch|wohl|erstmal|gerade|kurzfristig|ganz|sehr|bitte|diesmal|dieses mal|bei|dabei sein|kommen|mitmachen"
    r"|teilnehmen|(?:ab |am |bis |für |seit |diesen |nächsten |kommenden )?"
    rf"(?:{_DAY_NAMES}|heute|morgen|übermorgen|\d{{1,2}}\.(?: ?\d{{1,2}}\.?)?)(?: ?{_PART})?s?"
    r"|(?:die|diese|nächste|kommende) woche|um \d{1,2}(?::\d\d)?(?: uhr)?)(?![\w’'])"
)
_ASKS = re.compile(r"^(?:geht|wird|passt|klappt) (?:das|es|man)\b")
_ABSENT = re.compile(
    r"kann(?:'?s)? nicht|geht nicht|klappt nicht|passt nicht|wird nichts|wird nicht klappen|schaffe?(?:'?s)? nicht"
    r"|(?:bin )?(?:krank|erkrankt|krankgeschrieben|verhindert|im urlaub|in urlaub|im krankenhaus|unterwegs)"
    r"|bin (?:nicht|weg|raus)|liege flach|melde mich krank"
    r"|(?:habe?|hätte) (?:urlaub|frei|keine zeit|(?:einen|nen) (?:anderen )?termin)|keine zeit"
    r"|muss (?:absagen|passen|weg)|sage ab|muss zurücktreten|komme nicht|nehme nicht teil|falle aus|fehle"
    r"|(?:ist |kam )?(?:was|etwas) dazwischen ?(?:gekommen)?|mein(?:e)? (?:kind|sohn|tochter) ist krank|kind krank"
)


def says_absent(text: str) -> bool:
    """Whether somebody says that they cannot come, now or on a day: „schaffs heute nicht“, „bin krank“.

    „Ich kann nicht mehr“ is something else, and graver.
    """
    said = " ".join(text.casefold().split())
    if "?" in said or _ASKS.search(said) or len(said.split()) > _MOST_WORDS:
        return False
    rest = " ".join(re.sub(r"[,.!:;–-]", " ", _SOFTENERS.sub(" ", said)).split())
    return _ABSENT.fullmatch(re.sub(r"\bnicht da\b", "nicht", rest)) is not None


def names_weekdays(text: str) -> bool:
    """Whether somebody says no more than on which days they can or cannot: „mittwoch kann ich nicht“."""
    wish = read_wish(text, date.min, day_said)
    return _ON_WEEKDAYS.fullmatch(text.strip()) is not None and bool(wish.wanted or wish.unwanted)


def changes_numbers(text: str) -> bool:
    """Whether somebody says which numbers suit, in more than the number itself: „doch nur 1“."""
    says_more = len(text.split()) > 1 and re.search(r"\d", text) is not None
    return says_more and bool(read_numbers(text, MOST_TIMES))


def names_times(text: str) -> bool:
    """Whether somebody says several numbers at once, or which ones: „1 und 3“, „alle außer 2“."""
    return _MANY.fullmatch(text.strip()) is not None and read_numbers(text, MOST_TIMES) is not None


def names_days(text: str) -> bool:
    """Whether somebody says on which days they can: „ich kann am 14. und 16.“."""
    return _ON_DAYS.fullmatch(text.strip()) is not None


def is_moment(text: str) -> bool:
    """Whether somebody says no more than a day with its time: „am 10.12. um 14 Uhr“."""
    return "?" not in text and _MOMENT.fullmatch(text.strip()) is not None


def may_be_answer(text: str) -> bool:
    """Whether a text answers the question for times, however clumsily: „nur vormittags“; no question does.

    „Kann nicht“ and „bin krank“ may mean more than the times, and are asked about.
    """
    if "?" in text or _MOVES.search(text) or (says_absent(text) and not names_weekdays(text)):
        return False
    wish = read_wish(text, date.min, day_said)
    says_time = bool(wish.wanted or wish.unwanted)
    return says_time or read_numbers(text, MOST_TIMES) is not None or is_moment(text) or names_days(text)


def numbers_on_days(text: str, days: Mapping[int, int]) -> Collection[int] | None:
    """The numbers of the times that somebody means by their days: „am 14. und 16.“; None if no time is on one of them.

    `days` are the days of the month by number.
    """
    said = {int(found[1]) for found in _DAY.finditer(text)}
    if not said or _NOT.search(text) or not said.issubset(days.values()):
        return None
    return [number for number, day in days.items() if day in said]


def numbers_wished(
    text: str, times: Mapping[int, datetime], before: Collection[int] | None, today: date
) -> Collection[int] | None:
    """The numbers of the times, in the zone of the house, that suit by what somebody says of days or hours.

    What does not suit goes from what they chose `before`, or from all; None if they say nothing of the kind.
    """
    wish = read_wish(text, today, day_said)
    if not wish.wanted and not wish.unwanted:
        return None
    suits = {
        number
        for number, moment in times.items()
        if any(window.holds((moment, moment)) for window in wish.wanted)
        or (not wish.wanted and number in (before if before is not None else times))
    }
    return [n for n in sorted(suits) if not any(window.holds((times[n], times[n])) for window in wish.unwanted)]
