"""Reads what people say while they are asked about their case, and what is no answer to it. Pure."""

import re
from enum import StrEnum

from bot.commands import looks_like_question, plain_words
from knowledge.consultation_sentences import read_case


class Aside(StrEnum):
    """What somebody says instead of an answer."""

    STOP = "stop"
    RETURN = "return"
    FEAR = "fear"
    QUESTION = "question"


_STOP = re.compile(
    r"(?:(?:ach|nein|nee|ok|okay|hm|also|ich glaube) )*(?:stopp?|halt|abbruch|abbrechen|aufhören|vergiss es"
    r"|vergessen sie es|(?:ich )?(?:will|möchte|mag|mache?|kann)(?: (?:ich|das|es|jetzt|lieber|da|hier))* doch nicht"
    r"(?: mehr| mit| mitmachen| weiter| weitermachen)*|(?:ich )?(?:will|möchte|mag|mache?)(?: (?:das|es|jetzt|hier))*"
    r" (?:nicht mehr|nicht weiter(?:machen)?)|(?:doch |lieber |besser )+nicht"
    r"|lass(?:en)?(?: (?:wir|sie))? (?:es|das)(?: (?:lieber|doch|sein|gut))*)"
)
_RETURN = re.compile(
    r"(?:(?:also|so|hallo|hi|moin) )?(?:wo (?:waren|sind|bleiben|stehen) wir(?: (?:denn|gerade|jetzt|nochmal|noch mal"
    r"|eben|stehen ?geblieben))*|weiter(?: gehts| geht s| bitte)?|weitermachen|stand|und (?:jetzt|nun|weiter)"
    r"|wie (?:geht es )?weiter|was (?:jetzt|nun|wolltest du|wollten sie)|hallo|(?:ich )?bin (?:wieder da|zurück))"
)
_FEAR = re.compile(
    r"\btrau\w* (?:ich )?mich (?:das )?nicht\b|\bmich (?:das )?nicht trau\w*"
    r"|\bhab\w*(?: ich)?(?: \w+){0,2} angst\b|\bmir\b.*\b(?:unangenehm|peinlich|mulmig)\b|\bich bin (?:mir )?unsicher\b"
)
_ASKING = re.compile(
    r"(?:und )?(?:kommt|sieht|sehen|wird|werden|ist|sind|kann|können|muss|darf|soll|bleibt|erfährt|erfahren|liest|lesen"
    r"|weiss|weiß|wissen|merkst|speicherst|löschst|hört|steht|gibt) (?:das|es|ich|mein\w*|jemand|die|der|du|sie|man|wir"
    r"|dann|davon|alle|andere)\b"
)
_OPEN = re.compile(r"(?:wann|wie|was) (?:es|ihr|euch|sie|ihnen|du|dir|immer|die anderen)\b.*")
"""Left to others: no question."""
_ABOUT_US = re.compile(
    r"\b(?:das|dies\w*|hier|dann|daten|akte|titel|fall|speicher\w*|gespeichert|lösch\w*|gelöscht|lies\w*|lesen|sieht"
    r"|sehen|erfährt|erfahren|vertraulich|anonym|nennen|lange|viele|läuft|passiert|du|sie|beratung)\b"
)
_AS_TITLE = re.compile(r"(?:wie|was (?:tun|hilft|mache ich|kann ich tun)|woran|wann)\b")
_ABOUT_ONESELF = re.compile(r"\bich\b(?!-)(?!\W*$)", re.IGNORECASE)
_NO_TITLE = re.compile(
    r"(?:weiß|weiss|will|hab|habe|hätte|bin|trau|brauche|möchte|keine?n?) .*"
    r"|(?:der|ein|einen|mein|eigener)? ?fall|keine?n?|ahnung|egal|hm+|äh+m*|ok|okay|gut|ja|nein|nichts|irgendwas"
    r"|live|schriftlich|titel|bitte|danke"
)


def read(text: str) -> Aside | None:
    """What somebody says instead of an answer; None if it may be one."""
    said = plain_words(text)
    for aside, pattern in ((Aside.STOP, _STOP), (Aside.RETURN, _RETURN)):
        if pattern.fullmatch(said):
            return aside
    if _FEAR.search(said):
        return Aside.FEAR
    is_asked = (looks_like_question(text) or _ASKING.match(said)) and not _OPEN.fullmatch(said)
    return Aside.QUESTION if is_asked else None


def may_be_title(text: str) -> bool:
    """Whether words may stand over a case: no sentence about oneself, no question but „Wie sage ich Nein?“."""
    said = plain_words(text)
    if read(text) is not None:
        return _AS_TITLE.match(said) is not None and not _ABOUT_US.search(said)
    if _NO_TITLE.fullmatch(said) or read_case(text) is not None:
        return False
    return _ABOUT_ONESELF.search(text) is None
