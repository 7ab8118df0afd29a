"""Understands who says that they come or not: „ich komme nicht zum jour fixe“, „bin am 3.12. dabei“. Pure."""

import re
from dataclasses import dataclass

from storage.models.jour_fixe import Coming

MOST_WORDS = 14

_MONTH = r"(?:januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)"
_WEEKDAY = r"(?:montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag)"
_DAY = re.compile(
    rf"\b(?:am|zum|für den|für|vom|den|diesen|nächsten|kommenden)? ?"
    rf"(?P<day>(?:{_WEEKDAY},? (?:den |dem )?)?"
    rf"\d{{1,2}}\. ?(?:\d{{1,2}}\.?(?: ?\d{{4}}| ?\d{{2}})?|{_MONTH}(?: \d{{4}})?)"
    rf"|(?:nächsten |kommenden |diesen )?{_WEEKDAY}|heute|morgen|übermorgen)(?![\w])"
)
_MEETING = re.compile(r"\b(?:(?:zum|beim|am|für den|im|zu dem) )?(?:nächsten |kommenden )?(?:jour[ -]?fixe?s?|jf)\b")
_FILLERS = re.compile(
    r"\b(?:leider|gern|gerne|doch|wohl|auch|sicher|bitte|diesmal|dieses mal|wieder|natürlich|auf jeden fall|sorry|also"
    r"|hallo|hi|danke|definitiv|jetzt|dann|da)\b"
)
_MAYBE_WORDS = re.compile(r"\b(?:vielleicht|eventuell|evtl|wahrscheinlich|vermutlich|womöglich|möglicherweise)\b")
_YES = frozenset((
    "ich komme", "komme", "komme ich", "ich bin dabei", "bin dabei", "bin ich dabei", "ich nehme teil", "nehme teil",
    "nehme ich teil", "ich sage zu", "sage zu", "sage ich zu", "ich kann kommen", "kann kommen", "ich kann teilnehmen",
    "dabei",
))  # fmt: skip
_NO = frozenset((
    "nicht dabei",
    "ich komme nicht", "komme nicht", "komme ich nicht", "ich bin nicht dabei", "bin nicht dabei",
    "bin ich nicht dabei", "ich nehme nicht teil", "nehme nicht teil", "nehme ich nicht teil", "ich sage ab",
    "sage ab", "sage ich ab",
    "ich kann nicht kommen", "kann nicht kommen", "kann ich nicht kommen", "ich kann nicht teilnehmen",
    "kann nicht teilnehmen", "ich muss absagen", "muss absagen", "ich schaffe es nicht", "schaffe es nicht",
))  # fmt: skip
_MAYBE = frozenset((
    "ich weiss nicht ob ich komme", "ich weiss noch nicht ob ich komme", "weiss noch nicht ob ich komme",
))  # fmt: skip
# So short that they mean the jour fixe only where it is named.
_YES_TO_IT = frozenset(("ich kann", "kann ich", "ja", "zusage", "passt"))
_NO_TO_IT = frozenset((
    "ich kann nicht", "kann nicht", "kann ich nicht", "ohne mich", "nein", "absage", "nicht",
    "ich bin verhindert", "bin verhindert", "bin ich verhindert", "passt nicht", "ich fehle", "fehle ich",
))  # fmt: skip
_WHO_COMES = re.compile(
    r"(?:wer|wie ?viele)(?: leute| personen)? (?:kommt|kommen|ist|sind|nimmt|nehmen)(?: (?:alles?|dabei|teil|mit))*"
)
_NAMING = re.compile(
    r"(?:ich (?:möchte|will|mag) (?P<not1>nicht )?(?:mit namen )?im protokoll (?:genannt werden|stehen|vorkommen)"
    r"|(?:nenne?|nennen sie|erwähne?|erwähnen sie) (?:mich|meinen namen)"
    r" (?P<not2>nicht )?(?:mehr )?im protokoll(?P<not3> nicht)?"
    r"|(?:mein name|ich) (?:darf|soll|soll bitte) (?P<not4>nicht )?(?:ins|im) protokoll(?: stehen)?)"
)


@dataclass(frozen=True, slots=True)
class Said:
    """Whether somebody comes, and the day in their words; empty for the next meeting."""

    coming: Coming
    day: str = ""


def read_coming(text: str) -> Said | None:
    """Whether somebody says that they come or not; None if they speak of something else."""
    said = " ".join(text.casefold().split()).strip(" !.,")
    if "?" in said or len(said.split()) > MOST_WORDS:
        return None
    day = _DAY.search(said)
    rest = _DAY.sub(" ", said, count=1)
    is_named = _MEETING.search(rest) is not None
    rest = _FILLERS.sub(" ", _MEETING.sub(" ", rest, count=1))
    is_maybe = _MAYBE_WORDS.search(rest) is not None
    rest = " ".join(re.sub(r"[,.!:;-]", " ", _MAYBE_WORDS.sub(" ", rest)).split())
    coming = _coming(rest, is_named=is_named, is_maybe=is_maybe)
    return Said(coming, " ".join(day["day"].split()) if day else "") if coming else None


def _coming(rest: str, *, is_named: bool, is_maybe: bool) -> Coming | None:
    is_yes = rest in _YES or (is_named and rest in _YES_TO_IT)
    is_no = rest in _NO or (is_named and rest in _NO_TO_IT)
    if rest in _MAYBE or (is_maybe and (is_yes or is_no or (is_named and not rest))):
        return Coming.MAYBE
    return Coming.YES if is_yes else Coming.NO if is_no else None


def read_naming(text: str) -> bool | None:
    """Whether somebody wants to be named in the minutes, or not; None if they speak of something else."""
    said = re.sub(r"\b(?:bitte|gern|gerne|doch) ?", "", " ".join(text.casefold().split())).strip(" !.,")
    found = _NAMING.fullmatch(said)
    return None if found is None else not any(found[f"not{number}"] for number in range(1, 5))


def asked_day(text: str) -> str | None:
    """The day of which somebody asks who comes, empty for the next meeting; None if they ask something else."""
    said = " ".join(text.casefold().split()).strip(" !.,?")
    day = _DAY.search(said)
    rest = _FILLERS.sub(" ", _MEETING.sub(" ", _DAY.sub(" ", said, count=1), count=1))
    if not _WHO_COMES.fullmatch(" ".join(rest.split())):
        return None
    return " ".join(day["day"].split()) if day else ""


def is_about_coming(text: str) -> bool:
    """Whether a sentence tells or asks who comes, or whether somebody may be named in the minutes."""
    return read_coming(text) is not None or read_naming(text) is not None or asked_day(text) is not None
