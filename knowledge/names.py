"""Names of persons in German chat: behind a title, a first name, a greeting, or known by themselves.

A list of names tells most, their surroundings the rest; no model is asked. Names that are also words („Koch“, „Ernst“)
count only beside a title or another name. Every step looks at a handful of words, so the time is linear in the text.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

Span = tuple[int, int]

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_DIGRAPHS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "ø": "oe"})
_LETTERS = str.maketrans({"ß": "ss", "ı": "i", "ø": "o", "ł": "l", "đ": "d"})


_INSTITUTION = re.compile(
    r"(?:.*-)?(?:akademie|archiv|bibliothek|bücherei|gasse|gesamtschule|grundschule|gymnasium|halle|haus|heim|hochschule|"
    r"institut|institute|kindergarten|kita|klinik|krankenhaus|museum|platz|preis|realschule|ring|saal|schule|stift|stiftung|"
    r"straße|str|ufer|universität|verlag|weg|zentrum)s?",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"(?:^|(?<=[\n.!?]))[^\S\n]{0,3}(?:hallo|hallöchen|hi|hey|moin(?: moin)?|servus|liebe[rs]?|sehr geehrte[rs]?"
    r"|gute[nrs]? (?:tag|morgen|abend)|danke(?: dir)?|@)[ ,]{1,2}",
    re.IGNORECASE | re.MULTILINE,
)
_FAREWELL = re.compile(
    r"(?:\b(?:grüße?n?|gruss|gruesse)"
    r"|(?:^|(?<=[\n.,;!?)])\s{0,2}|(?<=[a-zäöüß\d])(?P<midway> ))\b(?:[vlb]g|mfg|gez\.?|i\. ?[av]\.?|danke))"
    r"[\s,.!]{1,4}(?:(?:prof|dr)\. ?){0,2}",
    re.IGNORECASE | re.MULTILINE,
)
_GLUE = re.compile(r"[ \u00a0\t]{1,2}|[-_]")
_DOTTED_GLUE = re.compile(r"\.?[ \u00a0\t]{0,3}\n?")


def names(text: str) -> Iterator[Span]:
    """Yield start and end of each name, in order, first name and surname together and titles left out."""
    words = [_Word(match) for match in _WORD.finditer(text)]
    reader = _Reader(text, words, _hinted(text, words))
    at = 0
    while at < len(words):
        first, after = reader.name(at)
        if reader.names_institution(first, after):
            after += 1
        elif first < after:
            yield words[first].start, words[after - 1].end
        at = max(after, at + 1)


class _Word:
    """A word with what the list of names knows about it."""

    __slots__ = ("capital", "end", "given", "key", "maybe_given", "maybe_surname", "ordinary", "start", "surname")

    def __init__(self, match: re.Match[str]) -> None:
        word = match.group()
        self.start, self.end = match.span()
        self.key = word.lower()
        self.capital = word[0].isupper()
        self.ordinary = self.key in _listed("no names")
        known = _lookup(word)
        self.given, self.maybe_given = known == "given", known in ("given", "maybe given", "maybe both")
        self.surname = known in ("surname", "given")
        self.maybe_surname = known in ("surname", "maybe surname", "maybe both", "given")

    @property
    def known(self) -> bool:
        """Is this a name wherever it stands?"""
        return self.given or self.surname

    @property
    def possible(self) -> bool:
        """Might this be a name?"""
        return self.maybe_given or self.maybe_surname


class _Reader:
    """Reads the name that begins at a word, if one does."""

    def __init__(self, text: str, words: list[_Word], hinted: frozenset[int]) -> None:
        self._text, self._words, self._hinted = text, words, hinted

    def name(self, at: int) -> tuple[int, int]:
        """Return the first word of the name and the one behind it; the same number twice means none."""
        word = self._words[at]
        if word.key in _listed("titles") or word.key in _listed("roles") or self._abbreviates_title(at):
            return self._behind_title(at)
        if word.key in ("dr", "prof"):
            return self._behind_title(at - 1, word.capital)
        if self._reversed(at):
            return at, at + 2
        if word.known and not word.ordinary:
            return at, self._end(at)
        if (
            word.maybe_given
            and self._joined(at, _GLUE)
            and self._words[at + 1].maybe_surname
            and self._both_capital(at)
        ):
            return at, self._end(at)
        if self._initial(at):
            return at, self._end(at + 1)
        if at in self._hinted:
            return at, self._end(at)
        return at, at

    def names_institution(self, first: int, after: int) -> bool:
        """„Robert Koch-Institut“, „Anne Frank Schule“"""
        if not first < after < len(self._words):
            return False
        return self._joined(after - 1, _GLUE) and _INSTITUTION.fullmatch(self._words[after].key) is not None

    def _behind_title(self, at: int, capital: bool | None = None) -> tuple[int, int]:
        """The name behind a title or role, or behind a doctor's degree, whose case is `capital`."""
        title = self._words[at] if capital is None else None
        first = self._past(at + 1, _listed("degrees") | _listed("offices"), _DOTTED_GLUE)
        name = self._past(first, _listed("particles"), _GLUE)
        if name >= len(self._words) or name - first > 3 or not self._joined(name - 1, _DOTTED_GLUE):
            return at, at
        word = self._words[name]
        must_be_listed = (title is not None and title.key in _listed("roles")) or (name > first and not word.capital)
        must_be_capital = capital if title is None else title.capital or title.key.startswith("kolleg")
        fits = word.possible or not (must_be_listed or word.ordinary or len(word.key) < 2)
        fits &= word.capital or word.possible or not must_be_capital
        return (first, self._end(name)) if fits and not (word.ordinary and not word.capital) else (at, at)

    def _past(self, at: int, keys: frozenset[str], glue: re.Pattern[str]) -> int:
        """The first word from here that is none of these."""
        while at < len(self._words) and self._joined(at - 1, glue) and self._words[at].key in keys:
            at += 1
        return at

    def _end(self, at: int) -> int:
        """The word behind a name of at most four words that begins here."""
        after = at + 1
        while after < min(at + 4, len(self._words)) and self._goes_on(after):
            after += 1
        behind = self._past(after, _listed("particles"), _GLUE)  # „Anna von der Heide“
        if after < behind < min(after + 3, len(self._words)) and self._words[behind].capital:
            return behind + 1 if self._words[behind].surname else after
        return after

    def _goes_on(self, at: int) -> bool:
        before, word = self._words[at - 1], self._words[at]
        if not self._joined(at - 1, _GLUE) or word.ordinary or len(word.key) < 2 or _INSTITUTION.fullmatch(word.key):
            return False
        if word.known or at in self._hinted:
            return True
        if word.possible and word.capital:
            return before.capital
        if word.maybe_surname:
            return before.given and not before.capital and not word.maybe_given
        return before.given and before.capital and word.capital

    def _reversed(self, at: int) -> bool:
        """„Müller, Hans“"""
        if at + 1 >= len(self._words):
            return False
        word, behind = self._words[at], self._words[at + 1]
        comma = self._text[word.end : behind.start]
        is_next = comma.strip() == "," and len(comma) <= 2
        return is_next and behind.given and (word.surname or (word.maybe_surname and word.capital)) and not word.given

    def _initial(self, at: int) -> bool:
        """„S. Petersen“"""
        if at + 1 >= len(self._words) or len(self._words[at].key) > 1 or not self._words[at].capital:
            return False
        behind, before = self._words[at + 1], self._words[at - 1] if at else None
        is_abbreviation = before is not None and len(before.key) == 1  # „z. B. Koch“
        return self._gap(at) in (".", ". ") and behind.maybe_surname and behind.capital and not is_abbreviation

    def _abbreviates_title(self, at: int) -> bool:
        """„Hr. Kuhn“, but not „Fr. und Sa.“"""
        if self._words[at].key not in _listed("short titles") or not self._joined(at, _DOTTED_GLUE):
            return False
        name = self._past(at + 1, _listed("degrees") | _listed("particles"), _DOTTED_GLUE)
        return name < len(self._words) and self._words[name].possible

    def _both_capital(self, at: int) -> bool:
        here, behind = self._words[at], self._words[at + 1]
        return (here.capital and behind.capital) or behind.surname

    def _joined(self, at: int, glue: re.Pattern[str]) -> bool:
        """Does only glue stand between this word and the next?"""
        return at < 0 or (at + 1 < len(self._words) and glue.fullmatch(self._gap(at)) is not None)

    def _gap(self, at: int) -> str:
        return self._text[self._words[at].end : self._words[at + 1].start]


def _hinted(text: str, words: list[_Word]) -> frozenset[int]:
    """Words that a greeting or a farewell makes names, though the list may not know them."""
    starts = {word.start: number for number, word in enumerate(words)}
    greeted = (starts[hit.end()] for hit in _GREETING.finditer(text) if hit.end() in starts)
    signed = (
        number
        for hit in _FAREWELL.finditer(text)
        if hit.end() in starts
        for number in _signature(text, words, starts[hit.end()], must_be_listed=bool(hit["midway"]))
    )
    return frozenset(number for number in greeted if _is_addressed(text, words[number])) | frozenset(signed)


def _is_addressed(text: str, word: _Word) -> bool:
    if word.ordinary:
        return False
    return word.maybe_given or (word.capital and text[word.end : word.end + 1] in (",", "!"))


def _signature(text: str, words: list[_Word], at: int, *, must_be_listed: bool) -> range:
    """The words of the line that begins here, if it may be a name: one to three words without digits.

    Behind „VG“ within a sentence only a name of the list counts, for that is an administrative court as well.
    """
    line = text[words[at].start : words[at].start + 60].partition("\n")[0].split(",")[0].rstrip()
    may_be = words[at].possible or (words[at].capital and not must_be_listed)
    if words[at].ordinary or not may_be or len(line.split()) > 3 or any(char.isdigit() for char in line):
        return range(0)
    end = words[at].start + len(line)
    after = next((n for n in range(at, min(at + 4, len(words))) if words[n].start >= end), min(at + 4, len(words)))
    return range(at, after)


def is_name(word: str) -> bool:
    """Is this word a first name or surname, or might it be one?"""
    return bool(_lookup(word))


def _lookup(word: str) -> str:
    """Kind of name, or "" if the list has no such name; a genitive counts, of double names each part must be known."""
    parts = word.split("-")
    kinds = [_one(part) for part in parts]
    if len(parts) == 1 or not all(kinds):
        return kinds[0] if len(parts) == 1 else ""
    if all("given" in kind for kind in kinds):
        return "given"
    return "surname" if any(kind in ("given", "surname") for kind in kinds) else "maybe surname"


def _one(word: str) -> str:
    lowered, known = word.lower().replace("’", "").replace("'", ""), _known()
    kind = known.get(lowered, "")
    if not kind and len(lowered) > 4 and lowered.endswith("s"):
        kind = known.get(lowered[:-1], "")
        return "" if kind.startswith("maybe") else kind
    return kind


def _spellings(name: str) -> Iterator[str]:
    """„özdemir“, „oezdemir“ and, if long enough to be no other word, „ozdemir“."""
    yield name
    yield name.translate(_DIGRAPHS)
    if len(name) > 5:
        decomposed = unicodedata.normalize("NFKD", name.translate(_LETTERS))
        yield "".join(char for char in decomposed if not unicodedata.combining(char))


@cache
def _known() -> dict[str, str]:
    """Spellings of names and their kind: given, surname, or maybe one of them where the name is also a word."""

    def spelled(title: str) -> Iterator[str]:
        return (spelling for name in _listed(title) for spelling in _spellings(name))

    kinds = dict.fromkeys(spelled("surnames that are words"), "maybe surname")
    kinds |= dict.fromkeys(spelled("surnames"), "surname")
    for name in spelled("first names that are words"):
        kinds[name] = "maybe both" if name in kinds else "maybe given"
    for name in spelled("first names"):
        kinds[name] = "maybe both" if kinds.get(name) == "maybe surname" else "given"
    return kinds


def _listed(title: str) -> frozenset[str]:
    return _lists()[title]


@cache
def _lists() -> dict[str, frozenset[str]]:
    """Words of names.txt in lower case by the title above them."""
    lists: dict[str, list[str]] = {}
    words: list[str] = []
    for line in files("knowledge").joinpath("names.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            words = lists.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            words += line.replace("İ", "i").lower().split()
    return {title: frozenset(words) for title, words in lists.items()}
