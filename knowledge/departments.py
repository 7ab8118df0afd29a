"""The departments of a house as a tree, found by any of their names.

The same department is „FB 3“, „Fachbereich 3 – Soziales“, „Sozialamt“ and, before the last reform, „Amt 50“. To take
one for another is worse than to ask, so only one slip of the finger is forgiven, and never in a number.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

from knowledge.text import normalise

Words = tuple[str, ...]
_Key = TypeVar("_Key")

_KINDS = {
    "amt": "amt",
    "abt": "abt",
    "abteilung": "abt",
    "bereich": "bereich",
    "dez": "dez",
    "dezernat": "dez",
    "fachbereich": "fb",
    "fachdienst": "fd",
    "fachgebiet": "fg",
    "fb": "fb",
    "fd": "fd",
    "fg": "fg",
    "gb": "gb",
    "geschaftsbereich": "gb",
    "ref": "ref",
    "referat": "ref",
    "sachgebiet": "sg",
    "sg": "sg",
    "stabsstelle": "stab",
    "stabstelle": "stab",
    "team": "team",
}  # sorts of unit, as `normalise` writes them, and the short form of each
_SHORT_KINDS = frozenset(_KINDS.values())
_FILLERS = re.compile(
    "ab|am|an|aus|bei|beim|bin|da|das|dem|den|der|des|die|ein|eine|einem|einer|es|fuer|für|ich|im|in|ist|mein|meine"
    "|meinem|meiner|ob|sind|so|um|und|unser|unsere|unserem|unserer|vom|von|wir|wo|zu|zum|zur",
    re.IGNORECASE,
)

_WORD = re.compile(r"\w+")
_HYPHENED = re.compile(r"(?<![^\W\d_])[^\W\d_]++(?:[-‐–][^\W\d_]++)++")
_LETTER_BEFORE_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)")
_WITHIN_NUMBER = re.compile(r"(?<=\d)[./–-](?=\d)")
_GENITIVE = re.compile(r"(?<=\w{3}amt)e?s$")
_UNKNOWN_NUMBER = re.compile(rf"\b(?:{'|'.join(sorted(_SHORT_KINDS))}) \d")
_OTHER = "-"  # stands for a name in what is left of a sentence
_ROMAN = re.compile(r"[ivx]+")

_SHORTEST_MISTYPED = 6  # letters
_ALIKE = 0.75  # letters that agree in a word for which another is suggested
_SHARE = 0.5  # words of a name for which there is such a word
_LONGEST_ANSWER = 200  # characters of a text for which names are suggested


@dataclass(frozen=True, slots=True)
class Department:
    """A unit of any level. `aliases` are other spellings, numbers and old names, `under` the one it belongs to."""

    name: str
    aliases: tuple[str, ...] = ()
    under: str | None = None


class Departments:
    """The tree. Raises `ValueError` in German for a parent that is not there, a circle, or a name of two departments.

    A house that names none has no tree: nothing is found, and two departments are the same if they are written alike.
    """

    def __init__(self, departments: Sequence[Department] = ()) -> None:
        self._departments = tuple(departments)
        exact = _by_spelling(departments)
        self._spelled = _unambiguous((part, each) for words, each in exact.items() for part in _parts(words)) | exact
        spelled = self._spelled.items()
        self._titles = _unambiguous((_title(words), each) for words, each in spelled if _tells(_title(words)))
        self._joined = _unambiguous(("".join(words), each) for words, each in spelled if all(map(_is_telling, words)))
        self._longest = 1 + max(map(len, self._spelled), default=0)
        self._parents = {each.name: _parent(each, exact) for each in departments}
        for department in departments:
            self._refuse_circle(department)

    @property
    def names(self) -> Sequence[str]:
        """The names, in the order of the settings."""
        return tuple(department.name for department in self._departments)

    def find(self, text: str) -> Department | None:
        """The department that a text names and says nothing else of; `None` when that is not sure.

        Several names are one department if each belongs to the next („Team Wohngeld im Sozialamt“): the lowest.
        """
        words = _words(text)
        found = [self._spelled[words]] if words in self._spelled else [term for _, term in self._terms(words)]
        if None in found:
            return self._joined.get("".join(words)) or self._mistyped(words)
        named = {term for term in found if term}
        return next((term for term in named if named <= set(self._line(term))), None)

    def mentioned(self, text: str) -> Department | None:
        """The one department that a sentence names, in whole words and spelled right; `None` for none or several.

        A unit with a number that is not in the tree („FB 31“) is another one, too.
        """
        terms = list(self._terms(_words(text)))
        rest = " ".join(_OTHER if term else "".join(words) for words, term in terms)
        found = {term for words, term in terms if term and _stands_out(words)}
        return found.pop() if len(found) == 1 and not _UNKNOWN_NUMBER.search(rest) else None

    def suggest(self, text: str, most: int = 3) -> list[Department]:
        """The departments whose names are nearest to a text, best first; none if no name is near."""
        words = _title(_words(text[:_LONGEST_ANSWER]))
        likeness = dict.fromkeys(self._departments, 0.0)
        for spelling, department in self._spelled.items():
            likeness[department] = max(likeness[department], _likeness(_title(spelling), words))
        near = [department for department in self._departments if likeness[department] >= _SHARE]
        return sorted(near, key=likeness.__getitem__, reverse=True)[:most]

    def same_area(self, one: str | None, other: str | None) -> bool | None:
        """Is one the other, or does it belong to it at any depth, whichever way round? `None` when one is not known."""
        if one is None or other is None:
            return None
        if not self._departments:
            return True if _words(one) == _words(other) != () else None
        first, second = self.find(one), self.find(other)
        if not first or not second:
            return None
        return first in self._line(second) or second in self._line(first)

    def _line(self, department: Department) -> Iterator[Department]:
        """The department and those above it."""
        at: Department | None = department
        while at:
            yield at
            at = self._parents[at.name]

    def _refuse_circle(self, department: Department) -> None:
        names: list[str] = []
        for above in self._line(department):
            if above.name in names:
                circle = " gehört zu ".join(f"„{name}“" for name in [*names[names.index(above.name) :], above.name])
                raise ValueError(f"führt im Kreis: {circle}. Eines der under löschen")
            names.append(above.name)

    def _terms(self, words: Words) -> Iterator[tuple[Words, Department | None]]:
        """Cut words into names, the longest first, and single words that are none."""
        start = 0
        while start < len(words):
            ends = range(min(start + self._longest, len(words)), start, -1)
            named = ((end, self._named(words, start, end)) for end in ends)
            end, term = next(((end, term) for end, term in named if term), (start + 1, None))
            yield words[start:end], term
            start = end

    def _named(self, words: Words, start: int, end: int) -> Department | None:
        """The department that some of the words name.

        „Soziales“ is also found as „Amt für Soziales“, and „FB Soziales“ as „Soziales“, but not as „Team Soziales“.
        """
        before, name, behind = words[max(start - 1, 0) : start], words[start:end], words[end : end + 1]
        if any(map(_is_number, behind)):  # half of another: „FB 3 und 4“, „Schule 2“
            return None
        title = _title(name)
        by_title = self._spelled.get(title) if _tells(title) else None
        without_kind = None if _SHORT_KINDS & {*before, *behind} else self._titles.get(name)
        return self._spelled.get(name) or by_title or without_kind

    def _mistyped(self, words: Words) -> Department | None:
        title, spelled = _title(words), self._spelled.items()
        near = {each for name, each in spelled if _differ_by_slip(name, words) or _differ_by_slip(name, title)}
        near |= {each for name, each in self._titles.items() if _differ_by_slip(name, words)}
        return near.pop() if len(near) == 1 else None


def _by_spelling(departments: Iterable[Department]) -> dict[Words, Department]:
    found: dict[Words, Department] = {}
    for department in departments:
        for spelling in (department.name, *department.aliases):
            words = _words(spelling)
            if not words:
                raise ValueError(f"nennt „{spelling}“ ohne Buchstaben. Einen Namen eintragen oder die Angabe löschen")
            other = found.setdefault(words, department)
            if other is not department:
                raise ValueError(
                    f"nennt „{spelling}“ bei „{other.name}“ und bei „{department.name}“. Eine der Angaben löschen"
                )
    return found


def _parent(department: Department, spelled: dict[Words, Department]) -> Department | None:
    if department.under is None:
        return None
    if parent := spelled.get(_words(department.under)):
        return parent
    raise ValueError(
        f"kennt „{department.under}“ nicht, wozu „{department.name}“ gehören soll. Schreibweise prüfen oder ergänzen"
    )


def _unambiguous(pairs: Iterable[tuple[_Key, Department]]) -> dict[_Key, Department]:
    """The departments by their keys, without the keys of several."""
    found: dict[_Key, Department | None] = {}
    for key, department in pairs:
        found[key] = department if found.get(key, department) == department else None
    return {key: department for key, department in found.items() if department}


def _parts(words: Words) -> Iterator[Words]:
    """„FB 3“ and „Soziales“ of „FB 3 – Soziales“ or „Soziales (FB 3)“; „Sozialamt“ of „50 – Sozialamt“."""
    for number, title in ((words[:2], words[2:]), (words[-2:], words[:-2])):
        if _is_numbered(number) and title == _title(title) and _tells(title):
            yield number
            yield title
    if words[1:] == _title(words[1:]) and _is_number(words[0]) and _tells(words[1:]):
        yield words[1:]


def _is_numbered(words: Words) -> bool:
    if len(words) != 2 or words[0] not in _SHORT_KINDS:
        return False
    return _is_number(words[1]) or _ROMAN.fullmatch(words[1]) is not None


def _words(text: str) -> Words:
    """The words of a name or sentence in one spelling, without those that only join them: „aus dem FB3“ is fb, 3."""
    text = _HYPHENED.sub(_unhyphened, unicodedata.normalize("NFKC", text))
    text = _WITHIN_NUMBER.sub("x", _LETTER_BEFORE_DIGIT.sub(" ", text))  # 50.2 is neither 50 nor 502
    if len(_WORD.findall(text)) > 1:
        text = _WORD.sub(lambda match: " " if _is_filler(match.group()) else match.group(), text)
    return tuple(map(_shortened, normalise(text).split()))


def _unhyphened(match: re.Match[str]) -> str:
    """„Sozial-Amt“ and „Umwelt-Bildung“ are one word, „FB-Umwelt“ and „IT-Abteilung“ are two."""
    first, *rest = re.split("[-‐–]", match.group())
    last = rest.pop()
    before = " " if _shortened(normalise(first)) in _SHORT_KINDS else ""
    behind = " " if _shortened(normalise(last)) in _SHORT_KINDS - {"amt"} else ""
    return first + before + "".join(rest) + behind + last


def _is_filler(word: str) -> bool:
    """Does the word say nothing? In capitals it may be a department: IM, OB."""
    return bool(_FILLERS.fullmatch(word)) and not (word.isupper() and len(word) == 2)


def _shortened(word: str) -> str:
    """„Fachbereichs“ is fb, „Sozialamtes“ is sozialamt, 03 is 3."""
    stems = (word, word.removesuffix("s"), word.removesuffix("es"))
    kind = next((_KINDS[stem] for stem in stems if stem in _KINDS), None)
    return kind or _GENITIVE.sub("", word.lstrip("0") or word)


def _title(words: Words) -> Words:
    """The words without sorts of unit, unless there is nothing else."""
    return tuple(word for word in words if word not in _SHORT_KINDS) or words


def _is_number(word: str) -> bool:
    return word[0].isdigit()


def _stands_out(words: Words) -> bool:
    """Is it a name wherever it stands? „50“ and „A“ are none in a sentence, „Z 1“ is."""
    return _tells(words) or (len(words) > 1 and not all(map(_is_number, words)))


def _tells(words: Words) -> bool:
    return any(map(_is_telling, words))


def _is_telling(word: str) -> bool:
    """May the word name a department by itself, which a number, a letter and „II“ may not?"""
    return len(word) > 1 and not _is_number(word) and not _ROMAN.fullmatch(word)


def _differ_by_slip(words: Words, others: Words) -> bool:
    """Do two names differ in one word, and there in one letter, missing, added, changed or swapped?"""
    if len(words) != len(others):
        return False
    pairs = [pair for pair in zip(words, others, strict=True) if pair[0] != pair[1]]
    if len(pairs) != 1:
        return False
    word, other = pairs[0]
    if len(word) < _SHORTEST_MISTYPED or word[0] != other[0] or not (word + other).isalpha():
        return False
    return _is_slip(word, other)


def _is_slip(word: str, other: str) -> bool:
    shorter = min(len(word), len(other))
    at = next((at for at in range(shorter) if word[at] != other[at]), shorter)
    left, right = word[at:], other[at:]
    is_swapped = left[:2] == right[1::-1] and left[2:] == right[2:]
    return is_swapped or left[1:] == right[1:] or left[1:] == right or left == right[1:]


def _likeness(words: Words, others: Words) -> float:
    """The share of words, 0 to 1, that others are like."""
    return sum(max((_closeness(word, other) for other in others), default=0.0) for word in words) / len(words)


def _closeness(word: str, other: str) -> float:
    if word == other:
        return 1.0
    if word[0] != other[0] or min(len(word), len(other)) < 4 or _is_number(word):
        return 0.0
    if word.startswith(other) or other.startswith(word):
        return 0.9
    ratio = SequenceMatcher(None, word, other).ratio()
    return ratio if ratio >= _ALIKE else 0.0
