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
from knowledge.stand_ins import HE, LEADER, SHE, SOMEBODY, Case, Cut, matter, office, somebody
from knowledge.title_wording import finished, without

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


_Piece = tuple[Telling, Cut]
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
_A_MATTER = r"\b(?:az|aktenzeichen|akte|fall|vorgang|ticket|antrag|bescheid)\b\.?:?\s*(?:nr\b\.?\s*)?"
_LABEL = re.compile(rf"{_A_MATTER}$", re.IGNORECASE)
_NUMBERED = re.compile(rf"{_A_MATTER}[\w./-]{{0,20}}\d[\w./-]{{0,20}}(?<!\.)", re.IGNORECASE)
_NUMBER = re.compile(
    r"\b(?:nr|nummer|zimmer|raum)\b\.?:?\s*[\w./-]{0,20}\d[\w./-]{0,20}(?<!\.)"
    r"|(?<![\w.,/-])#?(?=[\w./-]{0,30}\d{3}[\w./-]{0,30}[./-]|[\w./-]{0,30}[./-][\w./-]{0,30}\d{3}|\w{0,30}\d{4}"
    r"|\d+[./-]\w+[./-]\w+)[\w./-]{3,60}(?<!\.)",
    re.IGNORECASE,
)
_HEALTH = re.compile(
    r"\b(?:(?:langzeit|dauer|psychisch\w*\s|sucht|schwer\s?)?(?:er)?krank\w*|arbeitsunfähig\w*|burn-?\s?out\w*|depress\w+"
    r"|psych(?:isch|iat|o)\w*|(?:\w*alkohol\w*)|\w*sucht(?:problem\w*)?|süchtig\w*|suizid\w*|therap\w+|diagnos\w+|reha"
    r"|krebs\w*|schwanger\w*|mutterschutz|(?:schwer)?behinder\w+|long-?\s?covid|corona\w*|migräne|trauma\w*|angststörung\w*"
    r"|bem(?:-\w+)?|wiedereingliederung\w*|operation\w*|gesundheit\w*|pfleg(?:ebedürftig|efall)\w*|drogen\w*|autis\w+|adhs"
    r"|trinkt)\b",
    re.IGNORECASE,
)
_A_UNIT = (
    r"(?:fb|fachbereich|amt|abt\.?|abteilung|dezernat|referat|sachgebiet|sg|fachdienst|fd|fg|gb|stabsstelle|team|kita"
    r"|schule)"
)
_ATTRIBUTE = re.compile(
    r"\w*krank(?:e[nrms]?)?|erkrankt\w*|arbeitsunfähig\w*|depressiv\w*|psych\w*|süchtig\w*|schwanger(?:e[nrms]?)?"
    r"|\w*behindert\w*|autistisch\w*|traumatisiert\w*|gesundheitlich\w*",
    re.IGNORECASE,
)
_ILL = r"(?:langzeit|dauer)?(?:krank(?:geschrieben|gemeldet)?|erkrankt|arbeitsunfähig)"
_IS = r"(?:ist|sind|war|waren|wird|werden|bleibt)"
_OFTEN = (
    r"(?:dauern[dt]|ständig|immer|oft|wieder|schon|so|lange|länger|gerade|leider|mal|auch"
    r"|seit (?:\w+ )?(?:tagen|wochen|monaten|jahren|langem))\s+"
)
_IS_ILL = re.compile(
    rf"\b(?P<is>{_IS})\s+(?P<how>(?:{_OFTEN}){{0,3}}){_ILL}\b|\b{_ILL}\s+(?P<behind>{_IS})\b"
    rf"|\b(?P<only>(?:{_OFTEN}){{1,3}}){_ILL}\b",
    re.IGNORECASE,
)
_FEHLT = {
    **dict.fromkeys(("ist", "wird", "bleibt"), "fehlt"),
    **dict.fromkeys(("sind", "werden"), "fehlen"),
    "war": "fehlte",
    "waren": "fehlten",
}
_OFFICE = re.compile(
    rf"\b(?:{_A_UNIT}s?\s*(?:für\s+\w+|(?:[ivx]+|\d[\w.]*(?:\s*(?:und|[,&+/])\s*\d+)*)\b(?:\s?[–-]\s?\w+)?)"
    r"|(?i:(?!ehrenamt|beamt|gesamt|insgesamt)\w{3,}ämt(?:er|ern)|(?!(?:\w*ehren|ins?ge?s|be|ges)amt)\w{2,}amte?s?"
    r"|\w*kämmerei|bauhof\w*|jobcenters?|stadtbücherei|stadtbibliothek|feuerwehr|leitstelle|personalrat\w*"
    r"|rechtsabteilung|personalabteilung|poststelle|stadtkasse|stadtwerke\w*|bürgerbüro\w*|rathaus\w*|musikschule"
    r"|volkshochschule|vhs|gleichstellungsstelle))\b",
    re.IGNORECASE,
)
_A_NAMED_UNIT = re.compile(
    rf"\b(?i:{_A_UNIT})\s+(?!(?i:und|oder|mit|bei|nach|in)\b)[A-ZÄÖÜ]\w+"
    r"|\b(?i:kita|schule)\s+(?:am|an der)\s+\w+"
    r"|\bkita\s+(?!hat\b|ist\b|wird\b)\w{4,}(?=\s+(?:hat|ist|will|kann|macht|braucht|sagt|kommt|und|gegen)\b)"
)
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
_DETERMINED = re.compile(
    r"\b(?:(?:mein|unser|dein|ihr|sein|ein|dies|jed)(?:e[mnrs]?)?|der|die|den|dem|des|(?:neu|alt|jung|lieb)e[mnrs]?)\s+$",
    re.IGNORECASE,
)
_INITIAL = re.compile(r"\b(?:(?P<he>herrn?|hr\.)|(?P<she>frau|fr\.))\s+[A-ZÄÖÜ]\b\.?", re.IGNORECASE)
_WORD = re.compile(r"\w[\w.-]*")
_MOST_WORDS = 7  # of a department's name
_LITTLE = re.compile(
    r"der|die|das|dem|den|im|in|am|an|vom|von|beim|bei|zum|zur|zu|ins|ans|mit|und|oder|für|unser", re.IGNORECASE
)
"""Words that lead to a department and belong to none."""
_TELLS_SOMETHING = re.compile(r"[^\W\d_]{4,}")


def check(title: str, departments: Departments) -> CheckedTitle:
    """What a title tells, and a neutral one; a long one is only shortened."""
    plain = screening.screen(" ".join(title.split())).text[:_LONGEST_READ]
    pieces = _pieces(plain, departments)
    found = tuple((telling, plain[cut.start : cut.end].strip()) for telling, cut in pieces)
    proposal = _shortened(_proposal(plain, departments))
    # Half of a name that was harmless as a whole may be somebody's.
    return CheckedTitle(plain, found, NEUTRAL if _pieces(proposal, departments) else proposal)


def _proposal(title: str, departments: Departments) -> str:
    """A title without what tells something; what stays may tell something by itself, so it is looked at again."""
    said = title
    for _ in range(_TRIES):
        pieces = _pieces(said, departments)
        if not pieces:
            return said
        said = finished(without(said, [cut for _, cut in pieces]), title)
        if not _TELLS_SOMETHING.search(said):
            break
    return NEUTRAL


def _shortened(title: str) -> str:
    if len(title) <= LONGEST:
        return title
    cut = title[: LONGEST - 1]
    return (cut.rpartition(" ")[0] or cut).rstrip(" ,;:–-") + "…"


def _pieces(title: str, departments: Departments) -> list[_Piece]:
    """All that tells something, in order and apart; of two in one place the first found counts."""
    taken = bytearray(len(title))
    found = []
    for telling, cut in _candidates(title, departments):
        if cut.start < cut.end and not any(taken[cut.start : cut.end]):
            taken[cut.start : cut.end] = b"\1" * (cut.end - cut.start)
            found.append((telling, cut))
    return sorted(found, key=lambda piece: piece[1].start)


def _candidates(title: str, departments: Departments) -> Iterator[_Piece]:
    yield from _screened(title)
    yield from ((Telling.NAME, _titled(title, match, match.end())) for match in _INITIAL.finditer(title))
    yield from ((Telling.OFFICE, _post(title, match)) for match in _POST.finditer(title))
    yield from ((Telling.OFFICE, office(title, *span)) for span in _departments(title, departments))
    for pattern in (_OFFICE, _A_NAMED_UNIT):
        yield from ((Telling.OFFICE, office(title, *match.span())) for match in pattern.finditer(title))
    yield from ((Telling.HEALTH, cut) for cut in _ill(title))
    yield from ((Telling.NUMBER, matter(title, *match.span())) for match in _NUMBERED.finditer(title))
    yield from ((Telling.DATE, Cut(*match.span())) for match in _DATE.finditer(title))
    yield from ((Telling.NUMBER, Cut(*match.span())) for match in _NUMBER.finditer(title))


def _screened(title: str) -> Iterator[_Piece]:
    for finding in screening.screen(title).findings:
        if finding.kind is screening.Kind.NAME:
            yield Telling.NAME, _named(title, finding.start, finding.end)
        elif finding.kind is screening.Kind.BIRTH_DATE:
            yield Telling.DATE, Cut(finding.start, finding.end)
        elif finding.kind in _CONTACTS:
            yield Telling.CONTACT, Cut(finding.start, finding.end)
        else:
            label = _LABEL.search(title, 0, finding.start)
            span = finding.start, finding.end
            yield Telling.NUMBER, matter(title, label.start(), finding.end) if label else Cut(*span)


def _named(title: str, start: int, end: int) -> Cut:
    """A name with the title before it; what somebody is called by their job stays, and so does „mein Kollege“."""
    titled = _TITLED.search(title, 0, start)
    if titled and not (titled[0].casefold().startswith("kolleg") and _DETERMINED.search(title, 0, titled.start())):
        return _titled(title, titled, end)
    words = title[:start].split()
    is_behind_job = (
        bool(words) and words[-1][0].isupper() and words[-1].rstrip(",:")[-2:] in ("er", "in", "te", "ef", "ge")
    )
    follows_thing = title[end : end + 2].strip()[:1].isupper() and title[start:end].endswith("s")
    return Cut(start, end) if is_behind_job or follows_thing else somebody(title, start, end, SOMEBODY)


def _titled(title: str, match: re.Match[str], end: int) -> Cut:
    """„Frau“, „Herrn“ or „Kollege“ with what follows."""
    is_object = (match["he"] or "").casefold() in ("herrn", "kollegen")
    return somebody(title, match.start(), end, SHE if match["she"] else HE, is_object=is_object)


def _post(title: str, match: re.Match[str]) -> Cut:
    article = (match["article"] or "").casefold().strip()
    lead = {"zur": "zu ", "zum": "zu ", "beim": "bei ", "vom": "von "}.get(article, "")
    is_dative = article in ("der", "dem", "einer", "einem", "unserer", "unserem", "meiner", "meinem") or bool(lead)
    if is_dative and match.start():
        return Cut(*match.span(), LEADER, Case.DATIVE, lead)
    return somebody(title, *match.span(), LEADER)


def _ill(title: str) -> Iterator[Cut]:
    """Matters of health; whoever is ill is not there, which tells less."""
    for match in _IS_ILL.finditer(title):
        verb = (match["is"] or match["behind"] or "ist").casefold()
        yield Cut(*match.span(), lead=f"{_FEHLT[verb]} {match['how'] or match['only'] or ''}".rstrip())
    for match in _HEALTH.finditer(title):
        yield Cut(*match.span(), is_attribute=_ATTRIBUTE.fullmatch(match[0]) is not None)


def _departments(title: str, departments: Departments) -> Iterator[tuple[int, int]]:
    """Where the house's own departments are named, the longest names first."""
    words = list(_WORD.finditer(title))
    at = 0
    while at < len(words):
        is_led_to = at > 0 and _LITTLE.fullmatch(words[at - 1][0]) is not None
        ends = range(min(at + _MOST_WORDS, len(words)), at, -1)
        phrases = ((end, title[words[at].start() : words[end - 1].end()]) for end in ends)
        end = next((end for end, phrase in phrases if _is_department(phrase, departments, is_led_to=is_led_to)), at)
        if end > at:
            yield words[at].start(), words[end - 1].end()
        at = max(end, at + 1)


def _is_department(phrase: str, departments: Departments, *, is_led_to: bool) -> bool:
    """Whether words are a department and no more: neither „im Sozialamt“ nor „Sozialamt und“.

    In small letters, „soziales“ is a department only behind „mit“ or „im“: else it may be any word.
    """
    first, last = phrase.split()[0], phrase.split()[-1]
    if phrase.islower():
        is_name = is_led_to and not _LITTLE.fullmatch(first) and not _LITTLE.fullmatch(last)
    else:
        is_name = first[0].isupper() and not last.islower()
    return is_name and departments.find(phrase) is not None
