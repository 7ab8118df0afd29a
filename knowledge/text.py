"""Text made comparable: gender forms, spelling, courtesies, character n-grams and chunks of an answer.

Everything here is for search alone. Nobody reads normalised text, so it may be ugly, but question and entry must
become ugly in the same way. Models get the text as it was written, without the courtesies.
"""

import re
import unicodedata
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BUCKETS = 1 << 18
"""Number of n-gram buckets; ten thousand German answers hold some 200,000 different n-grams."""
CHUNK = 220
"""Characters in a chunk, about two sentences."""

Buckets = NDArray[np.int32]

_FACTOR = np.uint64(1_000_003)
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # Knuth's golden ratio: spreads neighbours over all buckets
_SHIFT = np.uint64(64 - 18)

# All patterns are linear in the length of the text, for anybody may send sixty thousand blanks.
# Gender forms: signs and capital letters first, they are gone after lower-casing.
_SIGNED = re.compile(r"(?<=[^\W\d_])(?:[:*_·•]|/-?|\()[Ii]n(?:nen)?\b\)?")
_SIGNED_ENDING = re.compile(r"(?<=e)(?:[:*_·•]|/-?|\()[rnms]\b\)?")
_BINNEN_I = re.compile(r"(?<=[a-zäöüß])Innen\b|(?<=er|or|st|nt|ts|eg|zt|mt|nd|lt)(?<=\w{4})In\b")
_WORD_ON_INNEN = re.compile(r"\b\w{3,}innen\b")
_NO_PERSON = re.compile(
    r"(?:ab|an|aus|ein|hin|hinzu|neu|nach|wieder|zuruck)?"
    r"(?:beginnen|besinnen|entrinnen|entsinnen|ersinnen|gerinnen|gewinnen|verrinnen|zerrinnen|nachsinnen|hierinnen)"
)
_PERSONS = (
    "lots|kolleg|expert|beamt|kund|burger|arzt|anwalt|padagog|psycholog|soziolog|arbeiter|leiter|berater|nutzer"
    "|anwender|lehrer|schuler|partner|teilnehmer|bewerber|vertreter|betreuer|trainer|empfanger|besitzer|eigentumer"
    "|inhaber|mieter|nehmer|geber|ausbilder|verwalter|gestalter|einwohner|sprecher|helfer|trager|manager|dezernent"
    "|referent|student|assistent|prasident|patient|praktikant|moderator|administrator|koordinator|direktor|autor"
    "|jurist|spezialist|journalist|kandidat|stadtrat|gemeinderat|landrat|amtsrat|betriebsrat|personalrat"
)
_PERSON = re.compile(rf"\b(\w*(?:{_PERSONS}))(?:innen|in|en|e|n)\b")
_SAME_PERSON_TWICE = re.compile(r"\b(\w{0,30}?(\w{3,30}))(?: (?:und|oder|bzw\.?) |\s?/\s?)(?:\1|-\2)\b")
_STAFF = re.compile(r"\b(?:mitarbeitend\w{1,2}|beschaftigte[nrms]?)\b")
_GESTALTENDE = re.compile(r"(?<=gestalt)ende[nrms]?\b")

_UMLAUTS = (("ä", "a"), ("ae", "a"), ("ö", "o"), ("oe", "o"), ("ü", "u"), ("ue", "u"), ("ß", "ss"))
_DIGITAL_E = re.compile(r"\be(?:-| (?=akte|rechnung|mail|government|payment|vergabe|learning|antrag|post))(?=\w{3})")
_DOTTED_NAME = re.compile(r"\b([a-z])\.(?=\d|\w{3})")
_NOT_A_WORD = re.compile(r"[\W_]+")

_GREETING = (
    r"(?:hallo|hallöchen|hi|hey|servus|moin(?: moin)?|mahlzeit|grüß (?:gott|dich|sie)|guten? (?:tag|morgen|abend))\b"
    r"(?: (?:zusammen|alle|allerseits|ihr lieben|liebes? team|lotsenfunk)\b)?"
)
_FORMAL_GREETING = r"(?:sehr geehrte[rs]?|liebe[rs]?) [^,.!?\n]{2,60}[,!]"
_ANNOUNCEMENT = r"ich (?:hab|habe|hätte) (?:da )?(?:mal )?(?:eine|ne) (?:kurze |kleine )?frage\b"
_OPENING = re.compile(rf"^(?:\s*(?:{_GREETING}|{_FORMAL_GREETING}|{_ANNOUNCEMENT})[\s,.!:;–-]*)+", re.IGNORECASE)
_THANKS = (
    r"(?:(?:vielen|besten|herzlichen|lieben|tausend) dank|danke(?:schön| schön| sehr| dir| euch| ihnen)?)"
    r"(?: (?:schon mal|im voraus|vorab|für (?:die|eure|ihre|deine) \w+))*"
)
_FAREWELL = r"(?:(?:viele|liebe|beste|schöne|freundliche) grüße|mit freundlichen grüßen|mfg|vg|lg)(?:[, ]+\w+){0,2}"
_GAP = r"[\s,;.!–-]"
_CLOSING = re.compile(rf"(?<!{_GAP})(?:{_GAP}++(?:{_THANKS}|{_FAREWELL})){{1,4}}+{_GAP}*+$", re.IGNORECASE)
_SENTENCE_END = re.compile(r"(?<=[.!?:;])\s+|\n+")


def normalise(text: str) -> str:
    """Return lower-case words, one space apart, in which spellings of the same word agree.

    Gender forms become one stem (Lots:innen, LotsInnen, „Lotsinnen und Lotsen“: lots), umlauts lose their dots
    (für, fuer, fur: fur), ß becomes ss, E-Akte, E Akte and eAkte one word, d.3 becomes d3.
    """
    text = _SIGNED.sub("innen", _printable(text))
    text = _BINNEN_I.sub("innen", _SIGNED_ENDING.sub("", text)).lower()
    for spelling, letters in _UMLAUTS:
        text = text.replace(spelling, letters)
    text = _DOTTED_NAME.sub(r"\1", _DIGITAL_E.sub("e", _without_gender(text)))
    return _NOT_A_WORD.sub(" ", text).strip()


def _printable(text: str) -> str:
    """NFC; control characters become spaces, invisible ones (soft hyphen, zero width) vanish."""
    text = unicodedata.normalize("NFC", text).replace("\n", " ")  # mostly the only ones
    if text.isprintable():
        return text
    kinds = ((char, unicodedata.category(char)) for char in text)
    return "".join(" " if kind in ("Cc", "Zl", "Zp") else char for char, kind in kinds if kind not in ("Cf", "Cs"))


def _without_gender(text: str) -> str:
    """Cut every form of a person, in lower case and without umlauts, to one stem."""
    text = _GESTALTENDE.sub("er", _STAFF.sub("mitarbeiter", text))
    text = _WORD_ON_INNEN.sub(_without_innen, _PERSON.sub(r"\1", text))
    return _SAME_PERSON_TWICE.sub(r"\1", text)


def _without_innen(match: re.Match[str]) -> str:
    word = match.group()
    return word if len(word) <= 7 or _NO_PERSON.fullmatch(word) else word.removesuffix("innen")


def strip_courtesies(question: str) -> str:
    """Return the question without greeting and thanks around it; all of it if nothing else was said."""
    bare = _CLOSING.sub("", _OPENING.sub("", question)).strip()
    return bare or question.strip()


def ngrams(text: str) -> Buckets:
    """Hash the 3- and 4-grams within the words of a normalised text, word borders included; one bucket a gram.

    Returns as many bucket numbers below `BUCKETS` as there are grams, in no useful order. Longer grams found nothing
    more. Hashing in numpy is quicker than slicing strings, and buckets need no vocabulary, which would weigh more than
    all else in the index.
    """
    letters = np.frombuffer(f" {text} ".encode("utf-32-le"), np.uint32).astype(np.uint64)
    borders = np.concatenate([[0], np.cumsum(letters == ord(" "))])
    triples = (letters[:-2] * _FACTOR + letters[1:-1]) * _FACTOR + letters[2:]
    quadruples = triples[:-1] * _FACTOR + letters[3:]
    inside = borders[2:-1] == borders[1:-2], borders[3:-1] == borders[1:-3]  # no border but at the ends
    grams = np.concatenate([triples[inside[0]], quadruples[inside[1]]])
    return (grams * _SPREAD >> _SHIFT).astype(np.int32)


def chunks(answer: str, size: int = CHUNK) -> list[str]:
    """Cut an answer at sentences into chunks of about `size` characters; a longer sentence stays whole."""
    return list(_packed(_SENTENCE_END.split(answer), size))


def _packed(sentences: list[str], size: int) -> Iterator[str]:
    chunk = ""
    for sentence in filter(None, map(str.strip, sentences)):
        if chunk and len(chunk) + len(sentence) >= size:
            yield chunk
            chunk = sentence
        else:
            chunk = f"{chunk} {sentence}".lstrip()
    if chunk:
        yield chunk
