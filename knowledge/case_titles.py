"""Titles of cases for peer consultation: everybody may read them, so nobody shall know from one whom it is about. Pure.

It finds names, departments and offices, numbers, dates, ways to reach somebody and matters of health, and proposes a
title without them. Whether a title is good is not its matter.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from knowledge import screening
from knowledge.departments import Departments

LONGEST = 80
"""Letters of a title."""
_LONGEST_READ = 300
"""Letters of what is read as a title; nobody needs the rest."""
NEUTRAL = "Frage aus der Zusammenarbeit"
"""A title for when nothing of one may stay."""
_TRIES = 3


class Telling(StrEnum):
    """What tells whom a title is about, in German."""

    NAME = "Name"
    OFFICE = "Bereich oder Stelle"
    NUMBER = "Nummer oder Aktenzeichen"
    CONTACT = "Adresse oder Konto"
    DATE = "Datum"
    HEALTH = "Gesundheit"


@dataclass(frozen=True, slots=True)
class CheckedTitle:
    """A title, what it tells (`found`: kind and words, in order), and a `proposal` of at most 80 letters without it."""

    title: str
    found: tuple[tuple[Telling, str], ...]
    proposal: str

    @property
    def is_neutral(self) -> bool:
        """Whether the title may stand as it was written."""
        return not self.found and self.title == self.proposal


@dataclass(frozen=True, slots=True)
class _Piece:
    """Letters `start` to `end` that tell something, and what may stand there instead, perhaps nothing."""

    telling: Telling
    start: int
    end: int
    instead: str = ""


_CONTACTS = (
    screening.Kind.PHONE,
    screening.Kind.EMAIL,
    screening.Kind.ACCOUNT,
    screening.Kind.ADDRESS,
    screening.Kind.LINK,
)
_MONTH = (
    r"(?:jan(?:uar)?|jänner|feb(?:ruar)?|märz|april|mai|juni|juli|aug(?:ust)?|sept?(?:ember)?|okt(?:ober)?"
    r"|nov(?:ember)?|dez(?:ember)?)"
)
_WEEKDAY = r"(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)"
_DATE = re.compile(
    rf"\b(?:(?:seit|am|vom|im|ab|bis|zum|nach|vor|in der|in|letzten?|vergangenen?|nächsten?)\s+)*(?:dem\s+|den\s+)?"
    rf"(?:(?:{_WEEKDAY},?\s+(?:den\s+|dem\s+)?)?(?:0?[1-9]|[12]\d|3[01])\.\s?"
    rf"(?:(?:0?[1-9]|1[0-2])(?![\d/-])\.?|{_MONTH}\b\.?)(?:\s?\d{{2,4}})?"
    rf"|\d{{4}}-\d\d-\d\d|(?<=\w\s){_MONTH}(?:\s+\d{{4}})?|{_MONTH}\s+\d{{4}}|kw\s?\d{{1,2}}(?:\s?/\s?\d{{2,4}})?"
    rf"|(?<=am\s){_WEEKDAY}|(?<=letzten\s){_WEEKDAY}|(?<=vom\s){_WEEKDAY}|(?:jahr(?:e|es)?\s+)?(?:19|20)\d\d)\b\.?",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\b(?:az|aktenzeichen|akte|fall|vorgang|ticket|nr|nummer|antrag|bescheid|zimmer|raum)\b\.?:?\s*(?:nr\b\.?\s*)?"
    r"[\w./-]{0,20}\d[\w./-]{0,20}(?<!\.)"
    r"|(?<![\w.,/-])#?(?=[\w./-]{0,30}\d{3}[\w./-]{0,30}[./-]|[\w./-]{0,30}[./-][\w./-]{0,30}\d{3}|\w{0,30}\d{4}"
    r"|\d+[./-]\w+[./-]\w+)[\w./-]{3,60}(?<!\.)",
    re.IGNORECASE,
)
_HEALTH = re.compile(
    r"\b(?:(?:langzeit|dauer|psychisch\w*\s|sucht|schwer\s?)?(?:er)?krank\w*|arbeitsunfähig\w*|burn-?\s?out\w*|depress\w+"
    r"|psych(?:isch|iat|o)\w*|(?:\w*alkohol\w*)|\w*sucht(?:problem\w*)?|süchtig\w*|suizid\w*|therap\w+|diagnos\w+|reha"
    r"|krebs\w*|schwanger\w*|mutterschutz|(?:schwer)?behinder\w+|long-?\s?covid|corona\w*|migräne|trauma\w*|angststörung\w*"
    r"|bem(?:-\w+)?|wiedereingliederung\w*|operation\w*|gesundheit\w*|pfleg(?:ebedürftig|efall)\w*|drogen\w*|autis\w+|adhs)\b",
    re.IGNORECASE,
)
_A_UNIT = (
    r"(?:fb|fachbereich|amt|abt\.?|abteilung|dezernat|referat|sachgebiet|sg|fachdienst|fd|fg|gb|stabsstelle|team|kita"
    r"|schule)"
)
_OFFICE = re.compile(
    rf"\b(?:{_A_UNIT}s?\s*(?:für\s+\w+|(?:[ivx]+|\d[\w.]*)\b(?:\s?[–-]\s?\w+)?)"
    r"|(?i:(?!ehrenamt|beamt|gesamt|insgesamt)\w{3,}ämt(?:er|ern)|(?!(?:\w*ehren|ins?ge?s|be|ges)amt)\w{2,}amte?s?"
    r"|\w*kämmerei|bauhof\w*|jobcenters?|stadtbücherei|stadtbibliothek|feuerwehr|leitstelle|personalrat\w*"
    r"|rechtsabteilung|personalabteilung|poststelle|stadtkasse|stadtwerke\w*|bürgerbüro\w*|rathaus\w*|musikschule"
    r"|volkshochschule|vhs|gleichstellungsstelle))\b",
    re.IGNORECASE,
)
_A_NAMED_UNIT = re.compile(rf"\b(?i:{_A_UNIT})\s+(?!(?i:und|oder|mit|bei|nach|in)\b)[A-ZÄÖÜ]\w+")
_POST = re.compile(
    r"\b(?P<article>(?:der|die|dem|den|des|einer|einem|eine|ein|unserer|unserem|unsere|unser|meiner|meinem|meine|mein"
    r"|zur|zum|beim|vom)\s+)?(?:(?:neue|alte|stellvertretende|künftige|frühere|ehemalige)[nrs]?\s+)?"
    r"(?:(?-i:OB\b)|(?:ober)?bürgermeister|landr[aä]t|dezernent|beigeordnete|(?:stadt|kreis)direktor|kämmer|amtsleit|fachbereichsleit"
    r"|abteilungsleit|dezernatsleit|dienststellenleit|schulleit|kitaleit|stadtr[aä]t)(?:er|erin|ung|in|r|n|s)*\b",
    re.IGNORECASE,
)
"""Posts that there is one of: who has one is known."""
_TITLED = re.compile(
    r"\b(?:(?P<he>herrn?|hr\.?|kollegen?)|(?P<she>frau|fr\.?|kollegin))\s+(?:(?:dr|prof)\.?\s*)*$", re.I
)
_INITIAL = re.compile(r"\b(?:(?P<he>herrn?|hr\.)|(?P<she>frau|fr\.))\s+[A-ZÄÖÜ]\b\.?", re.IGNORECASE)
_AND_ANOTHER = re.compile(
    r"\b(?P<case>mit|von|bei|zwischen|gegenüber|zu|über|gegen|für|um|ohne|wegen)\b[^,;]*$", re.IGNORECASE
)
_CASES = {
    **dict.fromkeys(("mit", "von", "bei", "zwischen", "gegenüber", "zu"), 1),
    **dict.fromkeys(("über", "gegen", "für", "um", "ohne"), 2),
    "wegen": 3,
}
_HE = ("ein Kollege", "einem Kollegen", "einen Kollegen", "eines Kollegen")
_SHE = ("eine Kollegin", "einer Kollegin", "eine Kollegin", "einer Kollegin")
_SOMEBODY = ("eine Person", "einer Person", "eine Person", "einer Person")
_LEADER = ("eine Führungskraft", "einer Führungskraft", "eine Führungskraft", "einer Führungskraft")
_ANOTHER = ("ein anderer Bereich", "einem anderen Bereich", "einen anderen Bereich", "eines anderen Bereichs")
_NOBODY = frozenset(
    f"{form[:1].upper()}{form[1:]}" for forms in (_HE, _SHE, _SOMEBODY, _LEADER, _ANOTHER) for form in forms
)
_LEADING_TO = re.compile(
    r"\b(?:(?:in|aus|bei|an)\s+(?:der|dem|den)\s+|(?:im|beim|vom|am|aus|in|bei|des|der)\s+)$", re.IGNORECASE
)
_ABOUT = re.compile(r"\b(?:mit|von|gegenüber|zu|über|gegen|für|ohne|wegen)\s+(?:der|des)\s+$", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:der|die|das|dem|den|des|unser\w*)\s+$", re.IGNORECASE)
_WORD = re.compile(r"\w[\w.-]*")
_MOST_WORDS = 7  # of a department's name
_DANGLING = re.compile(
    r"(?:[\s,;:–/-]|\b(?:und|oder|mit|von|vom|zu|zum|zur|im|in|an|am|bei|beim|aus|seit|für|über|gegen|der|die|das|dem|den"
    r"|des|wegen|durch|auf|nach|vor|ein|eine|einem|einen|einer|eines|ist|sind|war|hat|wird|wurde)\b)+$",
    re.IGNORECASE,
)
_ENDS_HERE = re.compile(r"\s*(?:$|[,;.:!?)–-]|(?:und|oder|mit|von|im|in|bei|zu|wegen|seit|nach|am)\b)", re.IGNORECASE)
"""What follows has no need of the words that led to what is left out."""
_BEGINS_WITHIN = re.compile(r"(?:am|im|in|an|bei|beim|mit|von|vom|zu|zum|zur|aus|für|gegen|über)\s", re.IGNORECASE)
_TELLS_SOMETHING = re.compile(r"[^\W\d_]{4,}")


def check(title: str, departments: Departments) -> CheckedTitle:
    """What a title tells, and a neutral one; a long one is only shortened."""
    plain = screening.screen(" ".join(title.split())).text[:_LONGEST_READ]
    pieces = _pieces(plain, departments)
    found = tuple((piece.telling, plain[piece.start : piece.end].strip()) for piece in pieces)
    proposal = _shortened(_proposal(plain, departments))
    # Half of a name that was harmless as a whole may be somebody's.
    return CheckedTitle(plain, found, NEUTRAL if _pieces(proposal, departments) else proposal)


def _proposal(title: str, departments: Departments) -> str:
    """A title without what tells something; what stays may tell something by itself, so it is looked at again."""
    for _ in range(_TRIES):
        pieces = _pieces(title, departments)
        if not pieces:
            return title
        title = _tidy(_without(title, pieces))
    return NEUTRAL


def _without(title: str, pieces: list[_Piece]) -> str:
    said, at = "", 0
    for piece in pieces:
        said += title[at : piece.start]
        is_last = _ENDS_HERE.match(title, piece.end) is not None
        said = _DANGLING.sub("", said) + " " if is_last and not piece.instead else said + piece.instead
        at = piece.end
    return said + title[at:]


def _tidy(title: str) -> str:
    said = re.sub(r"\(\s*\)|„\s*“|\[\s*\]|\"\s*\"", " ", title)
    said = re.sub(r"\s+([,;:.!])", r"\1", " ".join(said.split()))
    said = said.strip(" ,;:.–/-")
    if _BEGINS_WITHIN.match(said):
        said = f"Frage {said[:1].lower()}{said[1:]}"
    said = said[:1].upper() + said[1:]
    return NEUTRAL if said in _NOBODY or not _TELLS_SOMETHING.search(said) else said


def _shortened(title: str) -> str:
    if len(title) <= LONGEST:
        return title
    cut = title[: LONGEST - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:–-") + "…"


def _pieces(title: str, departments: Departments) -> list[_Piece]:
    """All that tells something, in order and apart; of two in one place the first found counts."""
    taken = bytearray(len(title))
    found = []
    for piece in _candidates(title, departments):
        if piece.start < piece.end and not any(taken[piece.start : piece.end]):
            taken[piece.start : piece.end] = b"\1" * (piece.end - piece.start)
            found.append(piece)
    return sorted(found, key=lambda piece: piece.start)


def _candidates(title: str, departments: Departments) -> Iterator[_Piece]:
    yield from _screened(title)
    yield from (_person(title, match.start(), match) for match in _INITIAL.finditer(title))
    yield from (_post(title, match) for match in _POST.finditer(title))
    yield from (_office(title, *span) for span in _departments(title, departments))
    for pattern in (_OFFICE, _A_NAMED_UNIT):
        yield from (_office(title, *match.span()) for match in pattern.finditer(title))
    yield from (_Piece(Telling.HEALTH, *match.span()) for match in _HEALTH.finditer(title))
    yield from (_Piece(Telling.DATE, *match.span()) for match in _DATE.finditer(title))
    yield from (_Piece(Telling.NUMBER, *match.span()) for match in _NUMBER.finditer(title))


def _screened(title: str) -> Iterator[_Piece]:
    for finding in screening.screen(title).findings:
        if finding.kind is screening.Kind.NAME:
            yield _named(title, finding.start, finding.end)
        elif finding.kind is screening.Kind.BIRTH_DATE:
            yield _Piece(Telling.DATE, finding.start, finding.end)
        else:
            telling = Telling.CONTACT if finding.kind in _CONTACTS else Telling.NUMBER
            yield _Piece(telling, finding.start, finding.end)


def _named(title: str, start: int, end: int) -> _Piece:
    """A name with the title before it; what somebody is called by their job stays."""
    if titled := _TITLED.search(title, 0, start):
        person = _person(title, titled.start(), titled)
        return _Piece(Telling.NAME, titled.start(), end, person.instead)
    words = title[:start].split()
    is_behind_job = (
        bool(words) and words[-1][0].isupper() and words[-1].rstrip(",:")[-2:] in ("er", "in", "te", "ef", "ge")
    )
    follows_thing = title[end : end + 2].strip()[:1].isupper() and title[start:end].endswith("s")
    instead = "" if is_behind_job or follows_thing else _declined(title, start, _SOMEBODY)
    return _Piece(Telling.NAME, start, end, instead)


def _person(title: str, start: int, match: re.Match[str]) -> _Piece:
    forms = _SHE if match["she"] else _HE
    is_object = (match["he"] or "").casefold() in ("herrn", "kollegen") and not _AND_ANOTHER.search(title, 0, start)
    return _Piece(Telling.NAME, start, match.end(), forms[2] if is_object else _declined(title, start, forms))


def _post(title: str, match: re.Match[str]) -> _Piece:
    article = (match["article"] or "").casefold().strip()
    lead = {"zur": "zu ", "zum": "zu ", "beim": "bei ", "vom": "von "}.get(article, "")
    dative = article in ("der", "dem", "einer", "einem", "unserer", "unserem", "meiner", "meinem") or bool(lead)
    form = _LEADER[1] if dative and match.start() else _declined(title, match.start(), _LEADER)
    return _Piece(Telling.OFFICE, *match.span(), lead + form)


def _office(title: str, start: int, end: int) -> _Piece:
    """An office with what leads to it („im Sozialamt“); what is about one is about another one („mit dem …“)."""
    leading = _LEADING_TO.search(title, 0, start)
    # „mit der Kämmerei“ is about it, „die Leitung der Kämmerei“ only leads to it.
    if leading and not _ABOUT.search(title, 0, start):
        return _Piece(Telling.OFFICE, leading.start(), end)
    if article := _ARTICLE.search(title, 0, start):
        start = article.start()
    before = title[:start].split()[-1:]
    is_about = not before or before[0].casefold() in (*_CASES, "und")
    return _Piece(Telling.OFFICE, start, end, _declined(title, start, _ANOTHER) if is_about else "")


def _declined(title: str, at: int, forms: tuple[str, str, str, str]) -> str:
    """The form that the preposition before it asks for; nominative without one."""
    if found := _AND_ANOTHER.search(title, 0, at):
        between = title[found.end("case") : at].strip()
        if not between or re.search(r"\b(?:und|oder|,)$", between):
            return forms[_CASES[found["case"].casefold()]]
    return forms[0]


def _departments(title: str, departments: Departments) -> Iterator[tuple[int, int]]:
    """Where the house's own departments are named, the longest names first."""
    words = list(_WORD.finditer(title))
    at = 0
    while at < len(words):
        ends = range(min(at + _MOST_WORDS, len(words)), at, -1)
        phrases = ((end, title[words[at].start() : words[end - 1].end()]) for end in ends)
        end = next((end for end, phrase in phrases if _is_department(phrase, departments)), at)
        if end > at:
            yield words[at].start(), words[end - 1].end()
        at = max(end, at + 1)


def _is_department(phrase: str, departments: Departments) -> bool:
    """Whether words are a department and no more: neither „im Sozialamt“ nor „Sozialamt und“."""
    first, last = phrase.split()[0], phrase.split()[-1]
    return first[0].isupper() and not last.islower() and departments.find(phrase) is not None
