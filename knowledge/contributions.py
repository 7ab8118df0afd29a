"""What somebody contributes to a peer consultation: advice, even in disguise, a hypothesis, a question. Keeps nothing.

It goes by how people begin and by what they call it. A wrong hint is worse than none: what it is not sure of is
`OTHER`, and a question without a clear sign of advice is a question.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from knowledge.screening import Kind, screen


class Manner(StrEnum):
    """How somebody speaks: they advise, name a way out, guess what lies behind, or ask; else it is none of these."""

    ADVICE = "advice"
    SOLUTION = "solution"
    HYPOTHESIS = "hypothesis"
    QUESTION = "question"
    OTHER = "other"

    @property
    def proposes(self) -> bool:
        """Whether it tells what could be done."""
        return self in (Manner.ADVICE, Manner.SOLUTION)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What was found. `has_personal_data` is about somebody who is not there: a name, a number, an address."""

    manner: Manner
    has_personal_data: bool = False


LONGEST = 1500
"""Letters of a contribution that are read."""

_SENTENCES = re.compile(r"[^.!?\n]+[.!?\n]*")
_QUOTED = re.compile(r"[„“\"»][^„“”\"»«]{0,300}[“”\"«]")
_REPORTED = re.compile(
    r"\b(?:sag|mein|find|behaupt|denk)\w*\s+(?:\w+\s+){0,2}?(?:immer|nur|dann|ja|oft|dauernd)?\s*[,:].*$", re.I
)
_LEAD = (
    r"\W*(?:(?:und|aber|oder|also|naja|na|hm+|ja|nein|okay|ok|dann|danke|sag(?:\smal)?|vielleicht|vllt|ich\s+glaube?)\W+"
    r"|[^\W\d_]+,\s+)*+"
)
_YOU = r"(?:du|ihr|sie)\b"
_TIMES = r"(?:lang|läng|immer|oft|öfter|damals|früher|seit|erfahrung|so\s+etwas|sowas)"
_DONE = (
    r"(?:(?:\w*ge)?(?:fragt|redet|sprochen|schrieben|beten)|\w*geholt|gesucht|versucht|\w*probiert|überlegt|gedacht"
    r"|erwogen|vorgeschlagen|angeboten|\w*geladen|informiert|eingebunden|beantragt|eingeschaltet)\b"
)
_TRY = (
    r"(?:frag|sprich|rede?|geh|mach|versuche?|probiere?|schreib|nimm|hole?|lade?|wende?|setze?|suche?|zeige?|bleib|lass|ruf|bitte)\b"
    r"|(?:fragen|sprechen|reden|gehen|machen|versuchen|probieren|schreiben|nehmen|holen|laden|wenden|setzen|suchen|lassen|rufen)\s+sie\b"
)
_FEELING = (
    r"(?!\W+(?:ich\s+)?(?:das\s+|dich\s+|dir\s+|nur\s+|noch\s+|auch\s+|eher\s+)*"
    r"(?:gerne?|sagen|vermuten|annehmen|meinen|denken|wissen|verstehen|mich|mir|auch|wütend|traurig|hilflos|allein)\b"
    r"|.*\b(?:reagieren|fühlen|ärgern|sehen|platzen|weinen|verzweifeln|erschrecken|vermuten)\W*$)"
)

_ADVICE_ASKED = (
    rf"(?:hast\s+du|haste|habt\s+ihr|haben\s+sie)\b(?=.*\b(?:schon\s*(?:ein)?mal|schon|mal)\b(?!\s+{_TIMES})).*\b{_DONE}",
    rf"(?:warum|wieso|weshalb)\s+(?!bist?\b|war|ist\b|konn|durf)\w+\s+{_YOU}.*\b(?:nicht|nie|gleich)\b",
    r"wäre?\b.*\bnicht\s+(?:\w+\s+)?(?:besser|sinnvoll\w*|klüger|einfacher|hilfreich\w*)\b",
    rf"(?:kannst|könntest|solltest|müsstest|willst|hättest|können|könnten|sollten|müssten|wollen|hätten)\s+{_YOU}"
    r"\W+(?:\w+\W+){0,3}?nicht\b(?!\W+(?:mehr|gut|so|allein\w*|selbst|ohne)\b)(?!\W*$)",
    r"wie\s+wäre?s?\b|was\s+hältst\s+du\s+davon\b|was\s+halten\s+sie\s+davon\b|was\s+spricht\s+dagegen\b"
    r"|(?:was\s+)?wenn\s+(?:du|sie)\b.*\b(?:einfach|mal)\b",
)
_ADVICE_SAID = (
    r"(?:du|sie)\s+(?:solltest|sollten|müsstest|müssten|musst|müssen|brauchst|könntest|könnten)\b(?!\s+recht)",
    r"(?:solltest|sollten|müsstest|müssten|musst|könntest|kannst)\s+(?:du|sie)\b",
    rf"(?:ich|da)\s+würde?\b{_FEELING}",
    rf"da\s+(?:musst|solltest|müsstest|müssen|sollten)\s+{_YOU}",
    r"ich\s+fände\s+es\s+(?:gut|besser|wichtig|sinnvoll),?\s+wenn\s+(?:du|sie)\b",
    r"(?:denke?|achte?)\s+(?:bitte\s+)?(?:dran|daran|darauf|drauf)\b",
    r"(?:ich\s+)?(?:rate|empfehle?)\s+(?:ich\s+)?(?:dir|ihnen)\b",
    r"(?:mein|ein)\s+(?:tipp|rat|ratschlag)\b",
    r"am\s+besten\s+\w+\s+(?:du|sie)\b",
    rf"(?:{_TRY})(?:\W+\w+){{0,4}}?\W+(?:doch|mal|erst|einfach|unbedingt|direkt|lieber)\b",
)
_ADVICE_ANYWHERE = (r"\ban\s+(?:deiner|ihrer|eurer)\s+stelle\b",)
_SOLUTION = (
    r"(?:(?:ein|eine|die|mein|meine)\s+(?:(?:erster|mögliche|nächster)\s+)?(?:lösung|schritt|ausweg|idee|vorschlag))\s+(?:wäre|ist|könnte)\b",
    r"(?:mein\s+|ein\s+)?(?:vorschlag|lösung|idee|lösungsidee)\s*:",
    r".*\b(?:könnte|würde|wird)\b.*\b(?:helfen|reichen|genügen)\b",
    r".*\bhilft\s+(?:nur|ein\w*|es)\b",
    r"(?:bei\s+(?:uns|mir)|wir\s+haben|ich\s+habe)\b.*\b(?:geholfen|funktioniert|bewährt|gelöst)\b",
    r"man\s+(?:müsste|könnte|sollte)\b",
    r"(?:hilfreich|sinnvoll|denkbar|gut|am\s+\w+sten)\s+(?:wäre|ginge)\b|.*\bließe\s+sich\b",
    r"möglich\s+wäre\b|wäre\s+(?:ein|eine|es)\b",
)
_HYPOTHESIS = (
    r".*\bhypothese\b",
    r".*\b(?:möglicherweise|womöglich|vermutlich|wahrscheinlich)\b|(?:eventuell|evtl)\b",
    r"da\s+steckt\b|mein\s+eindruck\b|ob\s+(?:er|sie|es|das)\s+(?:wohl|vielleicht)\b|kann\s+sein\b",
    r"(?:könnte|kann)\s+es\s+(?:auch\s+)?sein\b|(?:es|das)\s+(?:könnte|kann)\s+(?:auch\s+)?sein\b",
    r"ich\s+(?:vermute|nehme\s+an|frage?\s+mich,?\s+ob|stelle?\s+mir\s+vor|könnte\s+mir\s+(?:gut\s+)?vorstellen)\b|meine\s+vermutung\b",
    r"ich\s+habe?\s+(?:den\s+eindruck|das\s+gefühl,?\s+(?:dass|da|er|sie|es))\b",
    r"mir\s+kommt\s+es\b|(?:auf\s+mich\s+wirkt|es\s+wirkt|es\s+scheint|mir\s+scheint|es\s+klingt|das\s+klingt)\b",
)
_MAYBE = re.compile(r"\W*(?:(?:und|aber|oder|also|hm+|ja)\W+)*(?:vielleicht|vllt)\b", re.IGNORECASE)
_QUESTION = (
    r"(?:wie|was|wer|wen|wem|wann|wo|wohin|woher|womit|woran|worum|seit\s+wann|warum|wieso|weshalb|welche\w*|wozu)\s+\w+"
    r"|(?:gab|gibt|war|ist|hat|hast|habt|haben|weiß|weißt|kannst|können)\s+(?:es|das|er|sie|du|ihr|dein\w*|jemand)\b",
    r"mich\s+(?:würde\s+)?interessier(?:t|en)\b|ich\s+würde\s+gerne?\s+(?:noch\s+)?(?:wissen|verstehen|fragen)\b",
)


def _begins(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"{_LEAD}(?:{'|'.join(patterns)})", re.IGNORECASE)


_ASKS_ADVICE, _SAYS_ADVICE = _begins(*_ADVICE_ASKED), _begins(*_ADVICE_SAID)
_ADVISES_ANYWHERE = re.compile("|".join(_ADVICE_ANYWHERE), re.IGNORECASE)
_SOLVES, _GUESSES, _ASKS = _begins(*_SOLUTION), _begins(*_HYPOTHESIS), _begins(*_QUESTION)


def read(text: str, present: Collection[str] = ()) -> Contribution:
    """What a contribution is: the first `Manner` that a sentence of it has. `present` are the names of those there."""
    own_words = _QUOTED.sub(" ", text[:LONGEST])
    manners = {_manner(found.group().strip()) for found in _SENTENCES.finditer(own_words)}
    manner = next((one for one in Manner if one in manners), Manner.OTHER)
    return Contribution(manner, _has_personal_data(text[:LONGEST], present))


def _manner(sentence: str) -> Manner:
    said = _REPORTED.sub(" ", sentence)
    is_asked = said.endswith("?")
    if _ASKS_ADVICE.match(said) or _ADVISES_ANYWHERE.search(said) or (not is_asked and _SAYS_ADVICE.match(said)):
        return Manner.ADVICE
    if not is_asked and _SOLVES.match(said):
        return Manner.SOLUTION
    if _GUESSES.match(said) or _MAYBE.match(said):
        return Manner.HYPOTHESIS
    return Manner.QUESTION if is_asked or _ASKS.match(said) else Manner.OTHER


def _has_personal_data(text: str, present: Collection[str]) -> bool:
    """Whether somebody or something is named that is not there; people who talk with each other say their names."""
    known = {"und"}.union(*(_words(name) for name in present))
    screened = screen(text).without_official()
    return any(
        one.kind is not Kind.NAME or not known.issuperset(_words(screened.text[one.start : one.end]))
        for one in screened.findings
    )


def _words(name: str) -> list[str]:
    return re.findall(r"\w+", name.casefold())
