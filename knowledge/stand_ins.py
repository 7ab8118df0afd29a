"""What stands in for somebody in the title of a case, and in which grammatical case. Pure.

Most titles are written as in a chat, without capital letters and without articles, so the grammar here is that of a few
words: what stands before somebody, and what follows.
"""

import re
from dataclasses import dataclass, replace
from enum import IntEnum

Forms = tuple[str, str, str, str]
"""By `Case`."""


class Case(IntEnum):
    """The four cases of German."""

    NOMINATIVE = 0
    DATIVE = 1
    ACCUSATIVE = 2
    GENITIVE = 3


@dataclass(frozen=True, slots=True)
class StandIn:
    """Words that may stand for somebody, or for several."""

    one: Forms
    several: Forms


HE = StandIn(
    ("ein Kollege", "einem Kollegen", "einen Kollegen", "eines Kollegen"),
    ("Kollegen", "Kollegen", "Kollegen", "mehrerer Kollegen"),
)
SHE = StandIn(
    ("eine Kollegin", "einer Kollegin", "eine Kollegin", "einer Kollegin"),
    ("Kolleginnen", "Kolleginnen", "Kolleginnen", "mehrerer Kolleginnen"),
)
SOMEBODY = StandIn(
    ("eine Person", "einer Person", "eine Person", "einer Person"),
    ("mehrere Personen", "mehreren Personen", "mehrere Personen", "mehrerer Personen"),
)
LEADER = StandIn(
    ("eine Führungskraft", "einer Führungskraft", "eine Führungskraft", "einer Führungskraft"),
    ("Führungskräfte", "Führungskräften", "Führungskräfte", "mehrerer Führungskräfte"),
)
OFFICE = StandIn(
    ("ein anderer Bereich", "einem anderen Bereich", "einen anderen Bereich", "eines anderen Bereichs"),
    ("andere Bereiche", "anderen Bereichen", "andere Bereiche", "anderer Bereiche"),
)
OWN_OFFICE = StandIn(
    ("unser Bereich", "unserem Bereich", "unseren Bereich", "unseres Bereichs"),
    ("unsere Bereiche", "unseren Bereichen", "unsere Bereiche", "unserer Bereiche"),
)
PLACE = StandIn(
    ("ein Bereich", "einem Bereich", "einen Bereich", "eines Bereichs"),
    ("Bereiche", "Bereichen", "Bereiche", "mehrerer Bereiche"),
)
"""An office in which something happens: it may be one's own."""
MATTER = StandIn(
    ("ein Vorgang", "einem Vorgang", "einen Vorgang", "eines Vorgangs"),
    ("Vorgänge", "Vorgängen", "Vorgänge", "mehrerer Vorgänge"),
)

OFFICES = (OFFICE, OWN_OFFICE, PLACE)
STAND_INS = (HE, SHE, SOMEBODY, LEADER, *OFFICES, MATTER)


@dataclass(frozen=True, slots=True)
class Cut:
    """Letters `start` to `end` that go, and what stands there instead: `lead`, then `stand_in` in its `case`, if any.

    An `is_attribute` describes what follows it, so that a preposition before it stays.
    """

    start: int
    end: int
    stand_in: StandIn | None = None
    case: Case | None = None
    lead: str = ""
    are_several: bool = False
    is_attribute: bool = False

    @property
    def instead(self) -> str:
        """What stands there instead, perhaps nothing."""
        if self.stand_in is None or self.case is None:
            return self.lead
        return self.lead + (self.stand_in.several if self.are_several else self.stand_in.one)[self.case]


_CASES = {
    **dict.fromkeys(("mit", "von", "bei", "zwischen", "gegenüber", "zu", "aus", "nach", "vor", "hinter"), Case.DATIVE),
    **dict.fromkeys(("über", "gegen", "für", "um", "ohne", "durch", "an", "auf"), Case.ACCUSATIVE),
    "wegen": Case.GENITIVE,
}
_PREPOSITION = re.compile(rf"\b(?:{'|'.join(_CASES)})\b", re.IGNORECASE)
_CRITICISM = re.compile(r"\b(?:kritik|zweifel|interesse)\s+$", re.IGNORECASE)
_AND = re.compile(r"(?:\b(?:und|oder|sowie)|[/&+])\s*$", re.IGNORECASE)
_RELATION = re.compile(
    r"\b(?:konflikte?|streit|ärger|stress|krach|zoff|zusammenarbeit|umgang|kommunikation|abstimmung|absprachen?|gespräche?"
    r"|probleme?|schnittstellen?|diskussion(?:en)?|missverständnisse?)\s+$",
    re.IGNORECASE,
)
"""What one has with somebody: „konflikt ordnungsamt“."""
JOB = re.compile(
    r"\b(?:\w*(?:chefs?|chefin|leiter(?:in)?|kolleg(?:e|en|in)|mitarbeiter(?:in)?|sachbearbeiter(?:in)?)|koll?ege?n?|koll?egin"
    r"|vorgesetzte[nr]?|azubi|praktikant(?:in)?)\s+$",
    re.IGNORECASE,
)
"""Somebody by what they do, right before a name."""
_ASKS = r"(?:warum|wieso|weshalb|wann|wie|wo|was|wozu)"
_SUBJECT_FOLLOWS = re.compile(
    rf"(?:^|\b(?:{_ASKS}|wenn|weil|dass|ob|obwohl|und|oder|aber|denn|ist|sind|war|hat|wird|kann|will|soll|muss|darf)\s+"
    rf"|^{_ASKS}\s+\w+t\s+|[,:;]\s+)$",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:ich|wir|du|er|sie|es|man|mir|uns|nicht|auch)\s+$", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(der|die|das|dem|den|des)\s+$", re.IGNORECASE)
_SEVERAL = re.compile(r"ämtern?$|\d\s*(?:und|[,&+/])\s*\d", re.IGNORECASE)
_OWN = re.compile(r"\b(?:unser|mein)(e?[mnrs]?)\s+$", re.IGNORECASE)
_LED = re.compile(
    r"\b(?:(?P<word>im|beim|am|vom|zum|zur|ins|ans)|(?P<plain>in|bei|aus|von|zu)(?:\s+(?:der|dem))?)\s+$", re.IGNORECASE
)
_LEADS = {
    **dict.fromkeys(("im", "am", "in"), "in "),
    **dict.fromkeys(("beim", "bei"), "bei "),
    **dict.fromkeys(("vom", "von"), "von "),
    **dict.fromkeys(("zum", "zur", "zu"), "zu "),
    "aus": "aus ",
    "ins": "in ",
    "ans": "an ",
}
_PLACES = ("in ", "bei ", "aus ")
VERB = re.compile(
    r"\s*(?!un(?!ter)\w+|(?:nicht|mit|oft|seit|fast|erst|jetzt|sonst|selbst|überhaupt|zuletzt|weit|laut|kaputt|bereit|überlastet"
    r"|überfordert|unterbesetzt|zerstritten|verspätet|genervt|gestresst)\b)"
    r"(?:\w{2,}t|\w{3,}en|will|kann|soll|muss|darf|mag|weiß|war|waren|wurde|kam|ging|hatte|sind|tun)\b",
    re.IGNORECASE,
)
"""What has it behind it is what a sentence is about."""


def somebody(title: str, start: int, end: int, stand_in: StandIn, *, is_object: bool = False) -> Cut:
    """Have another word stand for a person, as what stands before asks for; beside their job they just go."""
    if JOB.search(title, 0, start):
        return Cut(start, end, stand_in)
    if (case := _after_preposition(title, start)) is not None:
        return Cut(start, end, stand_in, case)
    if _RELATION.search(title, 0, start):
        return Cut(start, end, stand_in, Case.DATIVE, "mit ")
    return Cut(start, end, stand_in, Case.ACCUSATIVE if is_object else Case.NOMINATIVE)


def office(title: str, start: int, end: int) -> Cut:
    """Have another word stand for an office; where one only tells where something is, it goes with what leads to it."""
    are_several = _SEVERAL.search(title, start, end) is not None
    if own := _OWN.search(title, 0, start):
        cut = Cut(own.start(), end, OWN_OFFICE, _own_case(title, own))
    elif led := _LED.search(title, 0, start):
        cut = _led_to(title, led, end)
    else:
        article = _ARTICLE.search(title, 0, start)
        cut = _named_office(title, article.start() if article else start, end, article[1].casefold() if article else "")
    return replace(cut, are_several=are_several)


def _after_preposition(title: str, at: int) -> Case | None:
    """The case that the preposition right before asks for, or before somebody else and an „und“; None without one."""
    found = [*_PREPOSITION.finditer(title, 0, at)]
    return _asked_by(title, found[-1], at) if found else None


def _asked_by(title: str, found: re.Match[str], at: int) -> Case | None:
    between = title[found.end() : at].strip()
    if between and (re.search(r"[,;]", between) or not _AND.search(between)):
        return None
    is_criticism = found[0].casefold() == "an" and _CRITICISM.search(title, 0, found.start()) is not None
    return Case.DATIVE if is_criticism else _CASES[found[0].casefold()]


def _own_case(title: str, own: re.Match[str]) -> Case:
    """By the ending of „unser“ or „mein“: „unserem“, „meine“."""
    asked_for = _after_preposition(title, own.start())
    match own[1].casefold():
        case "em":
            return Case.DATIVE
        case "en":
            return Case.ACCUSATIVE
        case "er" | "es":
            return Case.GENITIVE if asked_for is None else Case.DATIVE
    return Case.NOMINATIVE if asked_for is None else asked_for


def _led_to(title: str, led: re.Match[str], end: int) -> Cut:
    """An office with „im“, „vom“ or the like before it."""
    lead = _LEADS[(led["word"] or led["plain"]).casefold()]
    if lead in _PLACES and (led["word"] or "").casefold() != "ins":
        begins = not title[: led.start()].strip() and bool(title[end:].strip())
        return Cut(led.start(), end, PLACE, Case.DATIVE if begins else None, lead if begins else "")
    if JOB.search(title, 0, led.start()):
        return Cut(led.start(), end, OFFICE)
    case = Case.ACCUSATIVE if (led["word"] or "").casefold() in ("ins", "ans") else Case.DATIVE
    return Cut(led.start(), end, OFFICE, case, lead)


def _named_office(title: str, at: int, end: int, article: str) -> Cut:
    """An office that begins with its article, if it has one; one that tells whose something is just goes."""
    if (case := _after_preposition(title, at)) is not None:
        return Cut(at, end, OFFICE, case)
    if not article and _RELATION.search(title, 0, at):
        return Cut(at, end, OFFICE, Case.DATIVE, "mit ")
    if article in ("dem", "den"):
        case = Case.DATIVE if article == "dem" or title[:end].casefold().endswith("ern") else Case.ACCUSATIVE
    elif _SUBJECT_FOLLOWS.search(title, 0, at):
        case = Case.NOMINATIVE
    elif article == "der" and _PRONOUN.search(title, 0, at):
        case = Case.DATIVE
    elif article in ("die", "das"):
        case = Case.ACCUSATIVE
    return Cut(at, end, OFFICE, case)


def matter(title: str, start: int, end: int) -> Cut:
    """Have a plain word stand for a matter that has a number, where something is said of it."""
    is_subject = not title[:start].strip() and bool(title[end:].strip(" .,:;!?-"))
    return Cut(start, end, MATTER, Case.NOMINATIVE if is_subject else None)
