"""Understands which choice somebody means: its number, its word, what stands on it, or a plain yes or no. Pure."""

import re
from collections.abc import Sequence

from bot.commands import meaning, plain_words
from bot.messages import Choice

# A yes or no is said in many ways; nothing here may be the word of another choice.
_YES = frozenset({"ja", "jo", "jep", "jup", "klar", "jawohl", "gern", "gerne", "ja gern", "ja gerne", "yes", "na klar"})
_YES |= {"einverstanden"}
_NO = frozenset(
    {
        "nein",
        "nee",
        "nö",
        "ne",
        "nope",
        "no",
        "doch nicht",
        "lieber nicht",
        "besser nicht",
        "abbrechen",
        "stopp",
        "stop",
    }
    | {"vergiss es", "vergessen sie es", "doch lieber nicht"}
)
_STOP = frozenset({"stopp", "stop", "halt", "vergiss es", "vergessen sie es"})
"""What leaves all of it where that can be chosen, also below a question of yes or no."""
_FITS = frozenset({"passt", "passt so", "so passt es", "passt es", "ok", "okay", "in ordnung", "stimmt"})
_LIKE = {
    "vormerken": _YES | _FITS,
    "einverstanden": _YES | _FITS,
    "niemand": frozenset({"nein", "nee", "nö", "ne", "keiner", "keine"}),
    "abbrechen": _NO | _STOP,
    "ja": _YES,
    "nein": _NO,
    "ohne": frozenset({"anonym", "ohne namen"}),
}
_GENERAL = _YES | _NO | _FITS | {"löschen", "keine", "mehr"}
"""What means something else below each offer, so that it is about the newest one only."""
_COURTESIES = frozenset({"bitte", "danke", "dann", "ok", "okay", "mal", "schön", "sehr"})
_OWN = re.compile(r"\b(?:mein|dein|ihr)(?:e[mnrs]?)?\b ?")
_PLACES = ("eins", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun")
LONGEST_NUMBER = 2
"""Digits that may be meant as a choice; a year or a file number is not."""
_NUMBERED = re.compile(rf"(?:(?:die|nr|nummer|antwort|auswahl) )?([1-9]|{'|'.join(_PLACES)})(?: (.+))?")


def find_choice(text: str, choices: Sequence[Choice], *, is_command: bool = False) -> Choice | None:
    """The choice below the newest offer that is meant; none when it means none of them, or might mean several.

    What `is_command` already is not one only because a label has these words, too.
    """
    said = _said(text)
    if not said:
        return None
    return _worded(said, choices) or _numbered(said, choices) or _labelled(said, choices, is_command=is_command)


def find_named(text: str, choices: Sequence[Choice]) -> Choice | None:
    """The choice below an older offer: only by a word that is its own, which a number never is."""
    said = _said(text)
    return None if not said or said in _GENERAL or said.isdecimal() else _worded(said, choices)


def find_reacted(reaction: str, choices: Sequence[Choice]) -> Choice | None:
    """The choice that a reaction to its message takes: by what it says anywhere, or says below this choice."""
    said = meaning(reaction)
    return find_choice(reaction, choices) or next((one for one in choices if said and one.reaction == said), None)


def is_number(text: str) -> bool:
    """Whether somebody says a number and no more, as people choose: „7“, „die neun“, „12“."""
    said = _said(text)
    found = _NUMBERED.fullmatch(said)
    return (found is not None and not found[2]) or (said.isdecimal() and len(said) <= LONGEST_NUMBER)


def _said(text: str) -> str:
    """The words without courtesies, unless nothing else was said."""
    words = (meaning(text) or plain_words(text).removesuffix(" davon")).split()
    kept = list(words)
    while kept and kept[-1] in _COURTESIES:
        kept.pop()
    while kept and kept[0] in _COURTESIES:
        kept.pop(0)
    return " ".join(kept or words)


def _worded(said: str, choices: Sequence[Choice]) -> Choice | None:
    exact = next((choice for choice in choices if said == plain_words(choice.word)), None)
    stop = next((choice for choice in choices if choice.word == "abbrechen" and said in _STOP), None)
    return exact or stop or next((choice for choice in choices if said in _LIKE.get(choice.word, ())), None)


def _numbered(said: str, choices: Sequence[Choice]) -> Choice | None:
    """„2“, „die zwei“, „3 nein“: what is said behind the number has to be about the same choice."""
    found = _NUMBERED.fullmatch(said)
    if not found:
        return None
    place = _PLACES.index(found[1]) + 1 if found[1] in _PLACES else int(found[1])
    chosen = _begun(found[1], choices) or (choices[place - 1] if place <= len(choices) else None)
    if chosen is None or not found[2]:
        return chosen
    is_same = _worded(found[2], [chosen]) or _bare(found[2]) in _bare(plain_words(chosen.label))
    return chosen if is_same else None


def _begun(word: str, choices: Sequence[Choice]) -> Choice | None:
    """The only choice on which this word stands first: „acht“ means „Acht Phasen“, wherever that stands."""
    found = [choice for choice in choices if plain_words(choice.label).startswith(f"{word} ")]
    return found[0] if len(found) == 1 and not word.isdecimal() else None


def _labelled(said: str, choices: Sequence[Choice], *, is_command: bool) -> Choice | None:
    """By what stands on it, whole or from two words on, as long as no other one has them, too."""
    labels = [(choice, _bare(plain_words(choice.label))) for choice in choices]
    whole = [choice for choice, label in labels if _bare(said) == label]
    parts = [choice for choice, label in labels if " " in said and f" {_bare(said)} " in f" {label} "]
    found = whole or ([] if is_command else parts)
    return found[0] if len(found) == 1 else None


def _bare(words: str) -> str:
    """Words without „mein“ or „Ihr“: whoever reads „mit meinem Namen“ may write „mit namen“."""
    return _OWN.sub("", words).strip()
