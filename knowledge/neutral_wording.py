"""Criticism of persons and personal data in a result of a meeting, and a wording without them. Pure.

It finds judging words, and doings that are held against somebody who is named. What is meant kindly or badly beyond
that only people can tell: hence a proposal, never a decision.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from knowledge.screening import Kind, screen

_JUDGING = re.compile(
    r"\b(?:unfähig\w*|inkompetent\w*|faul|faule[rnsm]?|dumm\w*|blöd\w*|arrogant\w*|stur|sture[rnsm]?|unverschämt\w*|frech\w*"
    r"|schlampig\w*|unkollegial\w*|unzuverlässig\w*|überfordert\w*|versager\w*|lächerlich\w*|peinlich\w*|nervt|nervig\w*"
    r"|katastrophal\w*|unmöglich|mies\w*|idiot\w*|lügt|gelogen|schuld)\b",
    re.IGNORECASE,
)
_HELD_AGAINST = re.compile(
    r"\b(?:block(?:t|iert|ieren)|verweiger\w*|weigert|verschlaf\w*|versagt|vermassel\w*|verbock\w*|ignorier\w*"
    r"|verschlepp\w*|drückt sich|schafft (?:es|das) nicht|hält sich nicht|kann (?:es|das) nicht|keine ahnung"
    r"|macht nichts|wieder (?:nicht|zu spät|nichts|kein\w*)|immer (?:noch nicht|zu spät)|nie|zu langsam|zu spät"
    r"|nicht (?:geliefert|geschafft|gemacht|erledigt|gekümmert|eingehalten))\b",
    re.IGNORECASE,
)
_SOMEBODY = re.compile(
    r"\b(?:er|sie|der|die|unser\w*)?\s?(?:\w*(?:chef|leiter|leitung|vorgesetzte|kolleg|mitarbeiter|leute)\w*)\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"[,;.!?–]\s+|\s+(?:weil|da|denn|obwohl|aber|und)\s+", re.IGNORECASE)
_FEWEST_WORDS = 3


@dataclass(frozen=True, slots=True)
class Wording:
    """A text as it may stand in minutes. `is_criticism` and `has_names` tell what was found in the original.

    `has_secrets` are numbers, addresses and the like, which never stand there.
    """

    text: str
    is_criticism: bool = False
    has_names: bool = False
    has_secrets: bool = False

    @property
    def is_changed(self) -> bool:
        """Whether somebody should look at it before it is kept."""
        return self.is_criticism or self.has_names or self.has_secrets


def neutral(text: str, is_known: Callable[[str], bool], about: str = "") -> Wording:
    """A text without criticism of persons and without personal data; `about` is the topic that it belongs to.

    Names that are `is_known`, those of the round, stay, unless the text is criticism.
    """
    screened = screen(text)
    names = [screened.text[one.start : one.end] for one in screened.findings if one.kind is Kind.NAME]
    is_criticism = is_critical(text, has_name=bool(names))
    has_names = any(not is_known(name) for name in names)
    has_secrets = any(one.kind is not Kind.NAME for one in screened.without_official().findings)
    if not (is_criticism or has_names or has_secrets):
        return Wording(text)
    wording = screened.proposal if is_criticism or has_names else without_secrets(text)
    return Wording(_uncritical(wording, about) if is_criticism else wording, is_criticism, has_names, has_secrets)


def without_secrets(text: str) -> str:
    """A text that somebody wrote although they were asked about names: only numbers, addresses and the like go."""
    screened = screen(text)
    parts, at = [], 0
    for finding in screened.without_official().findings:
        if finding.kind is not Kind.NAME:
            parts += [screened.text[at : finding.start], finding.kind.placeholder]
            at = finding.end
    return "".join([*parts, screened.text[at:]])


def is_critical(text: str, *, has_name: bool) -> bool:
    """Whether a text judges, or holds a doing against somebody."""
    if _JUDGING.search(text):
        return True
    return bool(_HELD_AGAINST.search(text)) and (has_name or bool(_SOMEBODY.search(text)))


def _uncritical(text: str, about: str) -> str:
    """The clauses that hold nothing against anybody; if nothing is left, that something has to be settled."""
    kept = [part.strip() for part in _CLAUSES.split(text) if part.strip() and not _is_held_against(part)]
    rest = ", ".join(part for part in kept if len(part.split()) >= _FEWEST_WORDS)
    return rest or (f"Zu „{about}“ ist noch etwas zu klären" if about else "Hier ist noch etwas zu klären")


def _is_held_against(part: str) -> bool:
    return bool(_JUDGING.search(part) or _HELD_AGAINST.search(part))
