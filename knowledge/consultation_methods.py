"""Methods of the advice phase (Wege): what they ask of the group, and which of them suit a key question.

The key question is read for its words and kept nowhere.
"""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rapidfuzz.distance import OSA

from knowledge.consultation_formats import Phase
from knowledge.text import normalise
from storage.models.peer_consultation import NoteKind

SHOWN, AT_MOST = 5, 6
"""So many methods are offered, and one more where so many suit."""
READ = 1000
"""Letters of a key question that are read."""
GAP = 3
"""Words of a cue stand at most so many places apart."""
LONG, VERY_LONG = 5, 8
"""Letters of a word that may have one typo, and two."""


@dataclass(frozen=True, slots=True)
class Method:
    """A way to advise: chosen by its `word`, with a neutral `rule`; a contribution is noted as `notes`.

    `hint` says in a few words what it is. `cues` are words of key questions that it suits.
    """

    id: str
    title: str
    hint: str
    word: str
    rule: str
    notes: NoteKind
    cues: tuple[str, ...]

    def applied(self, phase: Phase) -> Phase:
        """The advice phase as it is when it goes by this method: by its rule as well, and with its kind of notes."""
        title, rule = f"{phase.title} ({self.title})", f"{phase.rule} {self.rule}"
        return phase.model_copy(update={"title": title, "rule": rule, "notes": self.notes})


@cache
def methods() -> tuple[Method, ...]:
    """All methods, those first that are shown when no other suits."""
    table = tomllib.loads(files("knowledge").joinpath("consultation_methods.toml").read_text("utf-8"))
    return tuple(
        Method(
            one["id"],
            one["title"],
            one["hint"],
            one["word"],
            one["rule"],
            NoteKind(one.get("notes", NoteKind.SOLUTION)),
            tuple(one["cues"]),
        )
        for one in table["methods"]
    )


def find(kept: str) -> Method | None:
    """The method that a group keeps by its id, or the first of several; None for "" and for one that is gone."""
    return next(iter(named(kept)), None)


def named(kept: str) -> Sequence[Method]:
    """The methods whose ids a group keeps, in their order."""
    known = {method.id: method for method in methods()}
    return [known[name] for name in kept.split() if name in known]


def suggest(key_question: str = "") -> Sequence[Method]:
    """Five or six methods for a key question, those first that suit it."""
    words = normalise(key_question[:READ]).split()
    fits = {method: sum(_holds(words, cue.split()) * len(cue.split()) for cue in _cues(method)) for method in methods()}
    ranked = sorted(methods(), key=lambda method: -fits[method])
    suiting = sum(1 for method in methods() if fits[method])
    return ranked[: AT_MOST if suiting > SHOWN else SHOWN]


@cache
def _cues(method: Method) -> tuple[str, ...]:
    return tuple(normalise(cue) for cue in method.cues)


def _holds(words: Sequence[str], cue: Sequence[str]) -> bool:
    """Whether the words of a cue follow each other somewhere, with few others between them."""
    places = [place for place, word in enumerate(words) if _is_like(word, cue[0])]
    for wanted in cue[1:]:
        near = {later for place in places for later in range(place + 1, place + 1 + GAP) if later < len(words)}
        places = [place for place in near if _is_like(words[place], wanted)]
    return bool(places)


def _is_like(word: str, wanted: str) -> bool:
    """Whether a word is the wanted one or, if that is long enough, begins like it, with a typo perhaps."""
    if word == wanted or len(wanted) < LONG:
        return word == wanted
    if not word or word[0] != wanted[0]:
        return False
    typos = 1 + (len(wanted) >= VERY_LONG)
    beginnings = {word[: len(wanted) + longer] for longer in (-1, 0, 1)}
    return word.startswith(wanted) or any(OSA.distance(one, wanted) <= typos for one in beginnings)
