"""Whether a sentence asks for support with a workshop, a talk or the like, and with which kind. Pure."""

import re
from collections.abc import Iterable

from knowledge.assignment import Kind
from knowledge.text import normalise, strip_courtesies

LONGEST = 300
"""Letters in which the wish is looked for."""

_KINDS = (
    ("conflict_talk", r"konflikt\w*|mediation\w*|mediator\w*|streit\w*"),
    ("retrospective", r"retro|retros|retrospektive\w*|teamruckblick\w*|ruckblick\w*"),
    ("workshop_moderation", r"workshop\w*|moderation|moderieren|moderiert|moderator\w*|klausur\w*|teamtag\w*"),
    ("coaching", r"coach\w*"),
    ("presentation", r"vortrag\w*|prasentation\w*|impuls\w*|referent\w*"),
    ("training", r"schulung\w*|schulen|einfuhrung\w*|einweisung\w*|trainer\w*|training\w*"),
    ("project_support", r"projekt\w*"),
    ("quick_help", r"kurze hilfe|kurz hilfe"),
)
"""Words of the built-in kinds, as `normalise` writes them; the first one that is found counts."""
_KIND_WORDS = [(name, re.compile(rf"\b(?:{words})\b")) for name, words in _KINDS]

# Patterns see normalised text (für: fur) and allow a few words in between: linear time.
_FEW, _MORE = r"(?:\w+ ){0,4}?", r"(?:\w+ ){0,10}?"
_WE = r"(?:wir|ich|unser\w*|mein\w*)"
_NEED = r"(?:brauch\w{0,3}|benotig\w*|such(?:e|en|t)|wunsch(?:e|en|t)|hatten? gern\w?|mocht\w{0,3})"
_SOMEBODY = (
    r"(?:jem+an?d\w*|wen|eine person|zwei (?:personen|leute)|moderator\w*|referent\w*|trainer\w*|coach|mediator\w*"
    r"|lots\w*|begleitung|unterstutzung|hilfe|support)"
)
_WORK = (
    r"(?:moderation|workshop\w*|retro\w*|teamruckblick\w*|ruckblick\w*|vortrag\w*|schulung\w*|coaching"
    r"|projektbegleitung|projektunterstutzung|konflikt\w*|mediation|klausur\w*|teamtag\w*|projekt\w*)"
)
_DO = r"(?:moderier\w*|coach(?:en|t)|begleite\w*|schulen|unterstutz\w*|durchfuhr\w*|halten)"
_WHEN = r"(?:(?:im|ab|am|in|bis) (?:\w+ ){1,2}?)?"
_FOR = r"(?:fur|bei|beim|zu|zum|zur|der|die|den|das|in|im|mit)"
_ASKING = [
    re.compile(rf"\b{pattern}")
    for pattern in (
        # „wir brauchen jemanden für die moderation eines workshops“, „suche unterstützung bei einem projekt“
        rf"{_WE} {_FEW}{_NEED} {_FEW}{_SOMEBODY} {_FEW}{_FOR} {_MORE}{_WORK}\b",
        rf"{_WE} {_FEW}{_NEED} {_FEW}(?:jem+an?d\w*|wen|eine person) (?:der|die|das|um) {_MORE}{_DO}\b",
        rf"^(?:such|brauch)\w{{0,3}} {_FEW}{_SOMEBODY} {_FEW}{_FOR} {_MORE}{_WORK}\b",
        # „wir brauchen eine moderation“, „wir brauchen eine moderatorin“
        rf"{_WE} {_FEW}{_NEED} {_WHEN}(?:noch |dringend )?(?:eine?n? |nen? )?(?:externe )?"
        r"(?:moderation|coaching|mediation|projektbegleitung|moderator\w*|coach)\b",
        # „kann jemand unseren workshop moderieren“
        rf"(?:kan+|kon+te|mag|wurde|will|konn\w+ ihr|konntet ihr) {_FEW}(?:jem+an?d|wer|eine\w? \w*lots\w*|ihr) "
        rf"{_FEW}(?:unser\w*|uns|bei uns) {_MORE}{_DO}\b",
        # „unterstützung für einen workshop anfragen“
        rf"(?:{_SOMEBODY}|{_WORK}) {_MORE}anfragen$",
    )
]
_NO_WISH = re.compile(
    r"^(?:wie|was|wo|wer|wen|wem|wann|warum|wieso|weshalb|welche\w*|wohin|woher|wofur|wozu|muss|mussen|darf|durfen|gibt"
    r"|ist|sind|hat)\b|\b(?:raum|raume|genehmig\w*|antrag|antrage|formular\w*|vorlage\w*|unterlagen|folien|protokoll\w*"
    r"|termin|link|beamer|nicht mehr)\b"
)
"""What asks for a rule, a room or a paper, and not for somebody."""


def asks_for_support(text: str) -> bool:
    """Whether a sentence asks for somebody to carry a workshop, a talk, a project or the like."""
    normalised = normalise(strip_courtesies(text))[:LONGEST]
    if _NO_WISH.search(normalised):
        return False
    return any(pattern.search(normalised) for pattern in _ASKING)


def kind_in(text: str, kinds: Iterable[Kind]) -> Kind | None:
    """The kind of request that a text names, by its label or by other words for it; None if it names none."""
    normalised = normalise(text)[:LONGEST]
    there = {kind.name: kind for kind in kinds}
    labelled = [kind for kind in there.values() if f" {normalise(kind.label)} " in f" {normalised} "]
    if labelled:
        return labelled[0]
    return next((there[name] for name, words in _KIND_WORDS if name in there and words.search(normalised)), None)
