"""A sentence made comparable with rules: typos mended, fillers gone, the words as they were written kept beside."""

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

SHORTEST_MENDED = 5  # shorter words have too many neighbours
LONGEST_MENDED = 20
MENDED_FROM = 0.8  # share of letters in common: two letters that changed places, or one in five

_SAME = {
    "hab": "habe", "mach": "mache", "kenn": "kenne", "brauch": "brauche", "nehm": "nehme", "geh": "gehe",
    "komm": "komme", "schaff": "schaffe", "moderier": "moderiere", "pausier": "pausiere", "bleib": "bleibe",
    "helf": "helfe", "halt": "halte", "geb": "gebe", "arbeit": "arbeite", "setze": "setz", "setzen": "setz",
    "stelle": "stell", "stellen": "stell", "trage": "trag", "tragen": "trag", "streiche": "streich",
    "entferne": "entfern", "lösche": "lösch", "füge": "füg", "nehmen": "nimm", "wechsle": "wechsel",
    "nich": "nicht", "net": "nicht", "ned": "nicht", "ne": "eine", "nen": "einen", "n": "ein",
    "binn": "bin", "bim": "bin", "isch": "ich", "biss": "bis", "bissl": "bisschen", "bissel": "bisschen",
    "bischen": "bisschen", "max": "maximal", "nun": "jetzt", "mittlerweile": "jetzt", "inzwischen": "jetzt",
    "neuerdings": "jetzt", "künftig": "jetzt", "ausser": "außer", "fuer": "für", "zurueck": "zurück",
    "portrait": "porträt", "portrat": "porträt", "profil": "porträt", "maerz": "märz", "ooo": "abwesend",
    "lufft": "luft", "zwo": "zwei", "feb": "februar", "krnk": "krank", "kene": "kenne", "paus": "pause",
    "dise": "diese",
}  # fmt: skip
_FILLERS = frozenset({
    "bitte", "mal", "eben", "leider", "gerade", "grade", "grad", "momentan", "aktuell", "zurzeit", "derzeit", "erst",
    "erstmal", "übrigens", "also", "einfach", "gern", "gerne", "hiermit", "nämlich", "doch", "hey", "hi", "sorry",
    "achtung", "info", "vorübergehend", "voraussichtlich", "wohl", "dann",
})  # fmt: skip
_PHRASES = re.compile(r"\b(?:ab sofort|zur zeit|im moment|im augenblick|ab jetzt|von jetzt an)\b", re.IGNORECASE)
_KNOWN = (
    "pause", "pausen", "pausiere", "pausieren", "urlaub", "verfügbar", "erreichbar", "abwesend", "unterwegs",
    "verhindert", "vertretung", "vertritt", "vertreten", "woche", "wochen", "krank", "krankgeschrieben", "elternzeit",
    "mutterschutz", "fortbildung", "dienstreise", "montag", "dienstag", "mittwoch", "donnerstag", "freitag",
    "samstag", "sonntag", "montags", "dienstags", "mittwochs", "donnerstags", "freitags", "vormittag", "vormittags",
    "nachmittag", "nachmittags", "mittags", "abends", "morgens", "morgen", "übermorgen", "heute", "januar", "februar",
    "april", "august", "september", "oktober", "november", "dezember", "thema", "themen", "höchstens", "maximal",
    "grenze", "limit", "anfrage", "anfragen", "frage", "fragen", "moderiere", "moderieren", "workshop", "workshops",
    "vorträge", "erfahren", "erfahrene", "durchwahl", "nicht", "nichts", "nächste", "nächsten", "nächster",
    "kommende", "kommenden", "wieder", "weiter", "zurück", "kenne", "kennen", "diese", "dieser", "diesen", "bisschen",
    "beenden", "beendet", "porträt", "streich", "streichen", "ausgelastet", "ausgebucht", "kapazität", "kapazitäten",
    "namen", "antworten", "fachbereich", "abteilung", "keine", "keinen", "stehen", "fahren", "können", "dienst",
    "vertreter", "vertreterin", "meine", "meinen", "meinem", "brauche", "beende", "verfügbarkeit", "einschließlich",
    "ostern", "pfingsten", "weihnachten", "monat", "monate", "monaten", "telefonnummer", "telefonisch", "unbegrenzt",
    "moderation",
)  # fmt: skip
_BY_LETTER = {letter: [word for word in _KNOWN if word[0] == letter] for letter in {word[0] for word in _KNOWN}}
_WORD = re.compile(r"([^\w]*)(.*?)([^\w]*)", re.DOTALL)
_GLUED = re.compile(r"(?<=[^\W\d]):(?=\w{2})(?!in(?:nen)?\b)")
_RATE = re.compile(r"(?<=\d)x?\s?/\s?(?=woche)|(?<=\w)\s?/\s?(?=woche)|(?<=\d)x(?=\s)", re.IGNORECASE)
_AROUND = " .,;:!\"'„“”–"

_TOKEN = re.compile(
    r"\[(?P<may>[^\]]+)\](?P<many>\*?)|\((?P<one>[^)]+)\)"
    r"|\{(?P<name>\w+)(?::(?P<of>\w+))?(?P<maybe>\??)\}|(?P<word>\S+)"
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as `written`, word by word, and `mended`: in lower case, a blank behind each word.

    `starts` tells where the kept words begin in the mended text, `places` which of the written ones they are.
    """

    written: tuple[str, ...]
    mended: str
    starts: tuple[int, ...]
    places: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> "Sentence":
        """Mend a text."""
        written = tuple(_RATE.sub(_rate, _GLUED.sub(": ", _PHRASES.sub(" ", text))).split())
        kept = [(place, mended) for place, word in enumerate(written) if (mended := _mended(word))]
        starts, length = [], 0
        for _, mended in kept:
            starts.append(length)
            length += len(mended) + 1
        return cls(
            written, "".join(f"{mended} " for _, mended in kept), tuple(starts), tuple(place for place, _ in kept)
        )

    def value(self, found: re.Match[str], group: str) -> str:
        """The words of a group of a match as they were written."""
        first, last = (
            self.places[bisect_right(self.starts, at) - 1] for at in (found.start(group), found.end(group) - 1)
        )
        return " ".join(self.written[first : last + 1]).strip(_AROUND)


def _rate(found: re.Match[str]) -> str:
    return " pro " if "/" in found.group() else ""


def _mended(word: str) -> str:
    """The word that was meant, with a colon or, behind a number, a dot; nothing for a filler."""
    parts = _WORD.fullmatch(word)
    core, after = (parts[2].lower(), parts[3]) if parts else (word.lower(), "")
    core = _SAME.get(core, core)
    if core in _FILLERS or not core:
        return ""
    if SHORTEST_MENDED <= len(core) <= LONGEST_MENDED and core.isalpha():
        core = _nearest(core)
    return core + (":" if after.startswith(":") else "." if after.startswith(".") and core[-1].isdigit() else "")


def _nearest(word: str) -> str:
    near = _BY_LETTER.get(word[0], [])
    return word if word in near else next(iter(get_close_matches(word, near, 1, MENDED_FROM)), word)


def rule(text: str, words: Mapping[str, str]) -> re.Pattern[str]:
    """A pattern for mended sentences, from one that a person can read.

    „[ich] kenne mich [auch|gut]* (mit|in) {topics} aus“: in brackets what may be missing, with a star what may be
    repeated, in parentheses one of several, in braces a group of any words, or as `{name:WORD}` of certain ones, with
    a question mark one that may be missing. A word in capitals stands for one of `words`; all else is a regular
    expression without blanks.
    """
    return re.compile("".join(_part(token, words) for token in _TOKEN.finditer(text)))


def _part(token: re.Match[str], words: Mapping[str, str]) -> str:
    if name := token["name"]:
        said = words[token["of"]] if token["of"] else ".+?"
        return f"(?:(?P<{name}>{said}) ){token['maybe'] and '??'}"
    if token["may"]:
        return f"(?:(?:{_with(token['may'], words)}) ){token['many'] or '?'}"
    return f"(?:{_with(token['one'] or token['word'], words)}) "


def _with(text: str, words: Mapping[str, str]) -> str:
    return re.sub(r"\b[A-Z]{2,}\b", lambda name: words[name.group()], text)
