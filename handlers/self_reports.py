"""Understands what supporters say about themselves in one sentence: a pause, their room, topics, how to reach them.

Pure and by rules: a sentence is taken only if all of it fits one, so that a question goes its way. Why somebody is away
is not kept anywhere.
"""

import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta

from bot.commands import plain_words
from handlers.periods import period_said
from handlers.sentences import Sentence, rule
from knowledge.text import strip_courtesies
from storage.models.people import Availability, Experience

LONGEST_REPORT = 300  # characters
LONGEST_ANSWER = 2000
LONGEST_TOPIC = 60
LONGEST_VALUE = 12  # words
MOST_TOPICS = 8
MOST_CLAUSES = 5


@dataclass(frozen=True, slots=True)
class Change:
    """What changes in a portrait; None and nothing stay as they are.

    `paused_until` is the last day of a pause and never before today; `paused_from` its first, if that is later than
    today. `needs_day` asks for the last day, which was not said or not understood; `is_past` says that it is over.
    `topics` and `formats` replace all, those `…_added` and `…_dropped` only some. `deputy` is a name as it was said.
    """

    paused_until: date | None = None
    paused_from: date | None = None
    needs_day: bool = False
    is_past: bool = False
    is_back: bool = False
    availability: Availability | None = None
    weekly_capacity: int | None = None
    has_no_limit: bool = False
    topics_added: tuple[str, ...] = ()
    topics_dropped: tuple[str, ...] = ()
    topics: tuple[str, ...] | None = None
    formats_added: tuple[str, ...] = ()
    formats: tuple[str, ...] | None = None
    note: str | None = None
    out_of_scope: str | None = None
    contact: str | None = None
    department: str | None = None
    deputy: str | None = None
    has_no_deputy: bool = False
    experience: Experience | None = None
    is_named: bool | None = None


def understand(text: str, today: date) -> Change | None:
    """What somebody says about themselves; None if they do not, or ask something."""
    if len(text) > LONGEST_REPORT:
        return None
    said = strip_courtesies(" ".join(text.split())).strip(" .!")
    if _ASKS.search(said):
        return None
    asked_for = _REQUEST.match(said)
    said = said[asked_for.end() :].rstrip("?") if asked_for else _ASSURANCE.sub("", said)
    return None if "?" in said else _of_clauses(said, today)


def is_about_me(text: str) -> bool:
    """Whether `understand` takes a text, on whatever day."""
    return understand(text, _SOME_DAY) is not None


def topics_in(text: str) -> tuple[str, ...]:
    """The topics in an answer to „Wobei kannst du helfen?“: at most 8 of up to 60 characters, in order, each once."""
    topics: dict[str, str] = {}
    for part in _BETWEEN_TOPICS.split(text[:LONGEST_ANSWER]):
        topic = _topic(part)
        if plain_words(topic):
            topics.setdefault(plain_words(topic), topic)
    return tuple(topics.values())[:MOST_TOPICS]


def _topic(part: str) -> str:
    """A topic without the words around it; nothing if there is none."""
    topic, before = " ".join(part.split()).strip(_AROUND), None
    while topic != before:
        before, topic = topic, _BEHIND_TOPIC.sub("", _BEFORE_TOPIC.sub("", topic)).strip(_AROUND)
    if _NO_TOPIC.fullmatch(topic):
        return ""
    return textwrap.shorten(topic, LONGEST_TOPIC, placeholder="") or topic[:LONGEST_TOPIC]


_AROUND = " .:!?…-–•*·,;\"'„“”»«"
_BETWEEN_TOPICS = re.compile(
    r"(?:[,;\n•]|\s[+/–-]\s|(?<!-)\s(?:und|sowie|oder|außerdem|plus)\s(?!-))(?![^()]*\))", re.IGNORECASE
)
_BEFORE_TOPIC = re.compile(
    r"^(?:ich (?:kann|könnte|helfe?|berate|unterstütze|mache?|bin)|(?:ich )?kenne? (?:ich )?mich|bei|beim|mit"
    r"|in|im|auch|noch|so|und|oder|z\.\s?b\.|zum beispiel|vor allem|hauptsächlich|eigentlich|eher|gut|gerne?|also|äh+m?"
    r"|halt|natürlich|notfalls|vielleicht|evtl\.?|eventuell|jetzt|alles?(?: was mit| rund um| zu[rm]?| um)?|rund um"
    r"|fragen (?:zu[rm]?|rund um)|(?:ein )?(?:paar )?(?:sachen|dinge|themen|sowas|so was|so etwas|zeug) wie"
    r"|sachen|themen|wie|(?:ein )?(?:bisschen|bissl|wenig)|etwas)(?::|\s)\s*",
    re.IGNORECASE,
)
_BEHIND_TOPIC = re.compile(
    r"\s(?:usw|etc|u\.?s\.?w|und so(?: weiter| was)?|oder so|und (?:vieles )?mehr|halt|auch|eben|helfen"
    r"|unterstützen|aus)\.?$",
    re.IGNORECASE,
)
_NO_TOPIC = re.compile(
    r"so|sowas|so was|usw|etc|(?:so )?weiter|nix|nichts?|nein|nö|ja|keine ahnung|(?:ich )?weiß (?:ich )?(?:noch )?nicht"
    r"|alles|(?:vieles )?mehr|ähnliches|anderes|danke|bitte|auch|aus|sachen|themen|helfen|unterstützen|mit|mitmachen"
    r"|einspringen|übernehmen|kommen|warten|feierabend|fehler",
    re.IGNORECASE,
)

_SOME_DAY = date(2026, 1, 1)
_ASKS = re.compile(
    r"(?:^|[,;.!:–]\s*|\b(?:und|aber|oder|sagt?|weiß|wissen|bis|ab|seit)\s+)"
    r"(?:we[rnm]|wie|was(?! ich nicht)|wann|wo|warum|wieso|weshalb|welche\w?|wohin|woher|wozu|womit|gibt es|gibts)\b"
    r"|(?:^|[,;!]\s*|\b(?:und|aber|oder)\s+)(?:kann|darf|muss|soll|bin|habe?|mache?|helfe?|brauche?|gehe?"
    r"|nehme?) ich\b",
    re.IGNORECASE,
)
_REQUEST = re.compile(r"(?:kannst|könntest|würdest|magst) du |(?:können|könnten|würden) sie ", re.IGNORECASE)
_ASSURANCE = re.compile(r"[,.–-]?\s+(?:ok|okay|ja|gell|geht das|passt das|in ordnung)\s*\?$", re.IGNORECASE)
_BETWEEN_CLAUSES = re.compile(
    r"[;!]\s+|(?<=[^\W\d])\.\s+|,\s+(?:(?:und|aber)\s+)?|\s+(?:und|aber)\s+|\s+[–-]\s+|\s+(?=(?:wegen|weil"
    r"|aufgrund)\s)",
    re.IGNORECASE,
)
_REASON = re.compile(r"(?:ich )?(?:weil|da|denn|wegen|aufgrund|muss|habe?) .+", re.IGNORECASE)


def _of_clauses(said: str, today: date, clauses: int = 1) -> Change | None:
    """The change in a sentence or in all of its clauses; why somebody is away is dropped."""
    whole = _change(said, today)
    if whole and not whole.needs_day:
        return whole
    for between in _BETWEEN_CLAUSES.finditer(said) if clauses < MOST_CLAUSES else ():
        if change := _change(said[: between.start()], today):
            rest = said[between.end() :]
            if other := _of_clauses(rest, today, clauses + 1):
                return _both(change, other)
            return change if _is_pause(change) and _REASON.fullmatch(rest) else whole
    return whole


def _is_pause(change: Change) -> bool:
    return change.paused_until is not None or change.needs_day or change.is_past


def _both(one: Change, other: Change) -> Change | None:
    """Two changes in one; None if they contradict each other."""
    if one.paused_until or other.paused_until:  # „bin krank, bis Freitag weg“
        one, other = replace(one, needs_day=False), replace(other, needs_day=False)
    values: dict[str, object] = {}
    for name, nothing in _NOTHING.items():
        mine, others = getattr(one, name), getattr(other, name)
        if nothing == () or others in (nothing, mine) or mine == nothing:
            values[name] = (*mine, *others) if nothing == () else others if mine == nothing else mine
        else:
            return None
    return replace(one, **values)  # type: ignore[arg-type]


_NOTHING: Mapping[str, object] = {field.name: field.default for field in fields(Change)}

Reading = Callable[[Sentence, "re.Match[str]", date], Change | None]


def _change(said: str, today: date) -> Change | None:
    """What the first rule that fits all of a sentence reads from it."""
    sentence = Sentence.of(said)
    for reading, patterns in _READINGS:
        for pattern in patterns:
            found = pattern.fullmatch(sentence.mended)
            if found and (change := reading(sentence, found, today)):
                return change
    return None


def _pause(sentence: Sentence, found: re.Match[str], today: date, is_sure: bool = False) -> Change | None:
    period = period_said(_when(found), today, is_sure)
    if period is None:
        return None
    if period.end and period.end < today:
        return Change(is_past=True)
    start = period.start if period.start and period.start > today else None
    if period.end is None or (start and start > period.end):
        return Change(paused_from=start, needs_day=True)
    return Change(paused_until=period.end, paused_from=start)


def _sure_pause(sentence: Sentence, found: re.Match[str], today: date) -> Change | None:
    return _pause(sentence, found, today, is_sure=True)


def _back(sentence: Sentence, found: re.Match[str], today: date) -> Change | None:
    """Back at once; or, from some day on, paused until the day before."""
    when = re.sub(r"^(?:ab|am|seit) ", "", _when(found))
    if when in ("", "jetzt", "heute", "gestern"):
        return Change(is_back=True)
    period = period_said(when, today)
    if period is None:
        return None
    first = period.start or period.end
    if first is None:
        return Change(needs_day=True)
    return Change(paused_until=first - timedelta(days=1)) if first > today else Change(is_back=True)


def _when(found: re.Match[str]) -> str:
    groups = found.groupdict()
    return " ".join(filter(None, (groups.get("when"), groups.get("later"))))


def _topics(name: str, is_bare: bool = False) -> Reading:
    """Read topics; where nothing but „nicht mehr“ or „ohne“ stands around them, only nouns: „druckt nicht mehr“."""

    def read(sentence: Sentence, found: re.Match[str], today: date) -> Change | None:
        topics = topics_in(sentence.value(found, "topics"))
        is_none = not topics or any(_SAYS_MORE.search(topic) for topic in (found["topics"], *topics))
        if is_none or (is_bare and not all(_is_noun(topic) for topic in topics)):
            return None
        return replace(Change(), **{name: topics})  # type: ignore[arg-type]

    return read


def _is_noun(topic: str) -> bool:
    *before, last = topic.split()
    if any(_VERB.fullmatch(word) for word in before):
        return False
    return (
        last[0].isupper()
        or "-" in last
        or (not before and not _VERB.fullmatch(last) and not last.endswith(("en", "e")))
    )


_VERB = re.compile(r"[A-ZÄÖÜ]?[a-zäöüß]*t|weiß")


def _formats(sentence: Sentence, found: re.Match[str], today: date) -> Change | None:
    change = _topics("formats_added")(sentence, found, today)
    return change and Change(formats_added=tuple(one[0].upper() + one[1:] for one in change.formats_added))


def _capacity(sentence: Sentence, found: re.Match[str], today: date) -> Change | None:
    count = int(found["count"]) if found["count"].isdecimal() else _COUNTS[found["count"]]
    return Change(weekly_capacity=count) if count else None


def _out_of_scope(sentence: Sentence, found: re.Match[str], today: date) -> Change | None:
    change = _value("out_of_scope", _SAYS_MORE_THAN_NO)(sentence, found, today)
    return change and Change(out_of_scope=_AND_NO.sub(r"\1 ", change.out_of_scope or ""))


def _extension(sentence: Sentence, found: re.Match[str], today: date) -> Change:
    return Change(contact=f"Durchwahl {found['value']}")


def _note(sentence: Sentence, found: re.Match[str], today: date) -> Change:
    said = " ".join(filter(None, (found["value"], found.groupdict().get("never"))))
    return Change(note=re.sub(r"\buhr\b", "Uhr", said))


def _value(name: str, refused: re.Pattern[str]) -> Reading:
    """Read a value as it was written, unless the words say that it is none."""

    def read(sentence: Sentence, found: re.Match[str], today: date) -> Change | None:
        value = sentence.value(found, "value")
        if refused.search(found["value"]) or not plain_words(value) or len(value.split()) > LONGEST_VALUE:
            return None
        return replace(Change(), **{name: value})  # type: ignore[arg-type]

    return read


def _always(change: Change) -> Reading:
    return lambda sentence, found, today: change


_COUNTS = {
    "ein": 1, "eine": 1, "einen": 1, "einer": 1, "eins": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6,
    "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
}  # fmt: skip
_SAYS_MORE = re.compile(
    r"\b(?:ich|du|wir|bin|habe|hat|ist|sind|war|mein\w*|dein\w*|mich|mir|nicht|nichts|keine?[nr]?|geht|gehen|kommt|kann"
    r"|will|muss|das|dies\w*|es|damit|dazu|dabei|daran|niemand\w*|jemand\w*|funktioniert\w*|weiß|alles|leben|schlafen"
    r"|pause|urlaub|wieder|mehr|man|uns|euch|arbeiten|anonym|heute|morgen|übermorgen|gestern|gleich|nachher|später"
    r"|um \d+)\b",
    re.IGNORECASE,
)
_SAYS_MORE_THAN_NO = re.compile(_SAYS_MORE.pattern.replace("|keine?[nr]?", ""), re.IGNORECASE)
_AND_NO = re.compile(r"\b(und|oder) (?:auch )?keine?n? ")
_NO_PERSON = re.compile(
    r"\b(?:wer|nicht|niemand|keine?r?|weg|da|krank|urlaub|im|in|bis|ab|und|oder|bin|ist|habe|hat|mich|mir|wir"
    r"|ich|du|sie"
    r"|er|es|das|der|die|den|noch|offen|unklar|auch|jetzt|abwesend|erreichbar|gut|neu|zu|für|mein\w*|geregelt)\b|\d"
)
_NO_PLACE = re.compile(r"\b(?:ich|nicht|habe|finde|und|urlaub|pause|wie|was|homeoffice|teilzeit|ist)\b")
_NO_DEPARTMENT = re.compile(r"\b(?:ich|nicht|wie|was|wer|weg|zu|geschlossen|umgezogen)\b")
_UNREACHABLE = re.compile(
    r"^(?!.*(?:\d{3}|@|\b(?:teams|matrix|e-?mail|chat|telefon|signal|zimmer|raum)\b))|\b(?:nicht|falsch|kein\w*)\b"
)

_LEAVE = "urlaub|auszeit|elternzeit|mutterschutz|bildungsurlaub|sabbatical"
_TRIP = f"{_LEAVE}|kur|reha|pause|dienstreise|fortbildung|schulung|lehrgang|seminar|konferenz|tagung|ferien|klausur"
_NOT_HERE = "nicht (?:da|verfügbar|erreichbar|im haus|im dienst|im büro|anwesend|zu erreichen|ansprechbar|zu haben)"
# What may be repeated can be read in one way only: with two for „8 bis 9“, a line full of hours would take years.
_DAYS = (
    r"(?:(?:mon|diens|donners|frei|sams|sonn)tags|mittwochs|(?:vor|nach)?mittags|abends|morgens"
    r"|jeden (?:(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|(?:vor|nach)mittag|morgen))"
)
_HOURS = r"(?:(?:von|zwischen|ab|bis|vor|nach) )?\d{1,2}(?:[:.]\d\d)?(?:-\d{1,2})?(?: uhr)?"
_HABIT = rf"(?:{_DAYS}|{_HOURS}|in teilzeit|werktags)(?: (?:(?:und|oder|sowie) )?(?:(?:bis )?{_DAYS}|{_HOURS}))*"
_SHAPE = (
    r"(?:workshops?|moderation(?:en)?|vorträge|vortrag|schulung(?:en)?|coachings?|sprechstunden?|kurse?|seminare?"
    r"|(?:einzel|konflikt)gespräche|(?:projekt)?begleitung|präsentation(?:en)?|einführungen|retrospektiven|mediation)"
)
_HELD = "(?:moderieren|halten|geben|leiten)"
_FORMAT = rf"(?:(?!(?:{_SHAPE}|{_HELD}|und|oder) )\w+ )?{_SHAPE}(?: {_HELD})?"
_BODY = (
    "amt|stelle|abteilung|referat|dezernat|kämmerei|bücherei|bibliothek|kasse|archiv|museum|schule|betrieb|hof|büro"
    "|dienst|zentrum|verwaltung|feuerwehr|kita"
)
_WORDS = {
    "AWAY": rf"{_NOT_HERE}|weg|fort|abwesend|unterwegs|verhindert|beurlaubt|freigestellt|außer haus|out of office"
    rf"|krank(?: ?geschrieben|gemeldet)?|(?:im|in|auf|in der|in den|auf einer|in einem|in einer"
    rf"|in meiner?) (?:{_TRIP})",
    "AWAYNOW": rf"krank(?: ?geschrieben|gemeldet)?|abwesend|{_NOT_HERE}|out of office|pause|pausieren",
    "BUSY": "raus|voll|ausgelastet|ausgebucht|dicht|verplant",
    "LEAVE": _LEAVE,
    "TRIP": _TRIP,
    "UNTIL": "(?:bis|ab|vom) .+",
    "BACK": "(?:wieder )?zurück(?: aus (?:dem|der) \\w+)?|wieder (?:da|hier|verfügbar|erreichbar|im dienst"
    "|im büro|im haus|gesund|fit|an bord|dabei|am start|ansprechbar|aktiv|einsatzbereit|zu haben)",
    "ROOM": "luft|kapazität|kapazitäten|platz",
    "STATUS": "auslastung:?|verfügbarkeit:?|status:?",
    "COUNT": rf"\d{{1,2}}|{'|'.join(_COUNTS)}",
    "CASES": "anfragen?|fragen?|fälle?|aufträge?|einsätze?|mal|x|stück|sachen|dinge",
    "AWEEK": "(?:pro|je|in der|die|jede|in einer|a|per|/) woche|wöchentlich",
    "TAKE": "annehmen|übernehmen|schaffen|machen|beantworten|an|bekommen|haben|schicken|reicht|reichen",
    "LIMIT": "(?:(?:wochen)?(?:grenze|limit)|begrenzung|obergrenze):?",
    "NAME": r"(?:(?:frau|herrn?|dr) )*[^\W\d_][\w'’.-]*(?: [^\W\d_][\w'’.-]*){0,3}?",
    "PLACE": rf"(?:amt|fb|fachbereich|fachdienst|dezernat|referat|stabsstelle|abteilung|sachgebiet"
    rf"|eigenbetrieb)(?: \S+){{1,6}}"
    rf"|(?:\S+ )?(?:fb\d+|\S{{3,}}(?:{_BODY}))(?: \S+)?|kämmerei|feuerwehr|soziales|personal|jugend|umwelt"
    rf"|finanzen|kultur|bildung|it",
    "MINE": "(?:aus|von|in|zu|bei) (?:meine[mnr]?|mein) (?:porträt|themen|themenliste|liste)|(?:aus dem|im"
    "|ins) porträt|bei mir",
    "HABIT": f"(?:(?:nur|meist|meistens) )?{_HABIT}",
    "ONLY": f"(?:nur|immer|meist|meistens|nie|stets) {_HABIT}",
    "NEVERON": f"{_HABIT} (?:nie|nicht)",
    "NEVER": "nie|nicht",
    "THERE": "da|erreichbar|im büro|im haus|verfügbar|im dienst|zu erreichen",
    "FORMATS": f"{_FORMAT}(?: (?:und |oder )?{_FORMAT})*",
    "NOTMINE": "(?:was ich nicht mache|ich mache nicht|mache ich nicht|nicht bei mir|nicht mein thema):?",
    "LOTS": r"(?:digital)?lots\S*",
    "PUT": r"(?:setz|stell|schalt|trag|meld|nimm)\w*",
    "PHONE": "(?:(?:telefon|handy)?nummer|(?:e-)?mail|(?:e-)?mail-?adresse):?",
    "DIGITS": r"[\d/-]+(?: [\d/-]+){0,5}",
    "DROP": "streich(?:en)?|entfern(?:en)?|lösch(?:en)?|nimm",
}

# Commas and dots are gone from what is matched; „[…]“ may be missing, see `rule`.
_RULES: tuple[tuple[Reading, tuple[str, ...]], ...] = (
    (_back, (
        "[ich] [bin|melde mich] [ich] {when?} (BACK) [seit heute] {later?}",
        "{when} (bin ich|ich bin) (BACK)",
        "[ich] komme [ich] {when} (wieder|zurück)",
    )),
    (_always(Change(is_back=True)), (
        "[meine|mein|die|der] (pause|LEAVE) [ist]"
        " (beenden|ende|zu ende|beendet|vorbei|aus|aufheben|abbrechen|um|löschen)",
        "(beende|beenden|lösch|stoppe) [sie] [meine|die] pause",
        "[ich] [mache|brauche|will|möchte] keine pause mehr",
        "[ich] kann [jetzt] wieder [helfen|fragen annehmen|anfragen annehmen|übernehmen|mitmachen]",
        "[ich] mache [jetzt] wieder mit",
        "(hol|hole|holen) [sie] mich [wieder] aus der pause [zurück]",
        "(frag|fragen) [sie] mich wieder",
        "(setz|stell|mache) [sie] mich wieder [auf] (aktiv|verfügbar|erreichbar)",
    )),
    (_always(Change(availability=Availability.FULL)), (
        "[ich] [habe] [ich] [jetzt|wieder|auch] (keine|kein) [freie|freien] (ROOM) [mehr] [frei]",
        "[ich] [bin] [ich] [jetzt|schon|wieder|völlig|total|ganz|komplett|ziemlich|gut]*"
        " (voll|ausgelastet|ausgebucht|dicht|nicht mehr frei)",
        "[meine] (STATUS) [ist] voll",
        "(setz|stell|mache) [sie] mich auf voll",
    )),
    (_always(Change(availability=Availability.SOME_ROOM)), (
        "[ich] [habe|hätte] [ich] [jetzt|wieder|auch|noch|nur]* (etwas|ein bisschen|ein wenig|bisschen"
        "|wenig|kaum|noch) (ROOM) [frei]",
        "[noch] (etwas|ein bisschen|ein wenig|bisschen|wenig) (ROOM) habe ich [noch]",
        "[meine] (STATUS) [ist] etwas luft",
        "(setz|stell|mache) [sie] mich auf etwas luft",
    )),
    (_always(Change(availability=Availability.FREE)), (
        "[ich] (habe|hätte) [ich] [jetzt|wieder|auch|viel|genug|freie]* (ROOM) [frei]",
        "[wieder] [viel] luft",
        "[ich] [bin] [ich] [jetzt|wieder|ganz]* frei",
        "[meine] (STATUS) [ist] frei",
        "(setz|stell|mache) [sie] mich [wieder] auf frei",
    )),
    (_capacity, (
        "[ich] [nehme|mache|schaffe|übernehme|kann|möchte|will] [jetzt]"
        " [höchstens|maximal|nicht mehr als|bis zu|nur] {count:COUNT} [CASES] (AWEEK) [TAKE]",
        "[ich] [nehme|mache|schaffe|übernehme|kann|möchte|will] (AWEEK) [jetzt]"
        " (nur|höchstens|maximal|nicht mehr als) {count:COUNT} [CASES] [TAKE]",
        "(mein|meine) [neue|neues] (LIMIT) [ist|sind|auf] [jetzt] {count:COUNT} [CASES] [AWEEK]",
        "(grenze:|limit:|wochengrenze:?|wochenlimit:?) [auf] {count:COUNT} [CASES] [AWEEK]",
    )),
    (_always(Change(has_no_limit=True)), (
        "[ich] [habe|brauche|möchte|will] [ich] [jetzt] (kein|keine|ohne) (LIMIT) [mehr]",
        "unbegrenzt",
        "[meine|mein|die|das] (LIMIT) (aufheben|weg|raus|entfernen|streichen|löschen)",
    )),
    (_always(Change(is_named=False)), (
        "[meine] [antworten] (ohne namen|ohne meinen namen) [antworten|anzeigen|zeigen]",
        "(antworten|meine antworten) anonym",
        "anonym antworten",
        "[ich] (möchte|will) [lieber] (ohne namen|ohne meinen namen|anonym) antworten",
        "(zeig|zeigt|nenn|nenne|nennt|zeigen|nennen) [sie] meinen namen nicht [mehr] [an]",
        "mein name soll nicht (dabeistehen|dabei stehen|zu sehen sein|genannt werden)",
    )),
    (_always(Change(is_named=True)), (
        "[meine] [antworten] [wieder] (mit namen|mit meinem namen|mit name) [antworten|anzeigen|zeigen]",
        "[ich] (möchte|will) [wieder] (mit namen|mit meinem namen) antworten",
        "(zeig|zeigt|nenn|nenne|nennt|zeigen|nennen) [sie] [wieder] meinen namen [wieder|an|ruhig]*",
        "mein name (darf|soll|kann) (dabeistehen|dabei stehen|zu sehen sein|genannt werden)",
    )),
    (_always(Change(experience=Experience.NEW)), (
        "[ich] [bin] [noch|jetzt|ganz]* neu (dabei|in der rolle|bei den LOTS|als LOTS)",
        "[ich] bin noch [ganz] neu",
        "[ich] bin noch nicht lange dabei",
        "[ich] bin [noch] (unerfahren|ein neuling|anfänger|anfängerin)",
    )),
    (_always(Change(experience=Experience.EXPERIENCED)), (
        "[ich] [bin] [schon|jetzt|sehr|eine|ein]* (erfahren|erfahrene|erfahrener) [LOTS]",
        "[ich] [bin] [ein] (alter|alte) hase",
        "[ich] bin schon (lange|länger|ewig|seit jahren|jahre) (dabei|LOTS)",
        "[ich] bin nicht mehr neu",
    )),
    (_value("deputy", _NO_PERSON), (
        "[meine|die] [neue] (vertretung|vertreterin) (ist|macht|hat|übernimmt|wird) [jetzt]"
        " [die|der|kollegin|kollege] {value:NAME}",
        "[meine|die] [neue] (vertretung:|vertretung durch) {value:NAME}",
        "mein [neuer] (vertreter|stellvertreter) ist [jetzt] [der|kollege] {value:NAME}",
        "[die|der] {value:NAME} (vertritt mich|ist meine vertretung|ist mein vertreter|macht meine vertretung"
        "|macht vertretung|übernimmt die vertretung)",
        "(ich werde|vertreten werde ich) [jetzt] (von|durch) [der|dem] {value:NAME} [vertreten]",
        "bei fragen an {value:NAME}",
        "mich vertritt [jetzt] [die|der] {value:NAME}",
    )),
    (_always(Change(has_no_deputy=True)), (
        "[ich] [habe] [ich] [jetzt] keine vertretung [mehr]",
        "(DROP) [sie] meine vertretung",
    )),
    (_value("department", _NO_PLACE), (
        "[ich] (bin|arbeite|sitze) [ich] [jetzt] (im|in der|beim|bei der|bei|in) {value:PLACE}",
        "[ich] (komme|bin) [jetzt] aus [dem|der] {value:PLACE}",
        "[ich] gehöre [jetzt] (zu|zum|zur) {value:PLACE}",
        "[ich] (bin|habe) [jetzt] (ins|in den|in die|zum|zur|zu) {value} gewechselt",
        "[ich] (wechsel|wechsele) [jetzt] (ins|in den|in die|zum|zur) {value}",
    )),
    (_value("department", _NO_DEPARTMENT), (
        "(mein|meine) [neuer|neue|neues] (fachbereich|amt|abteilung|dienststelle) (ist|heißt) [jetzt]"
        " [das|die|der] {value}",
        "[mein|meine] [neuer|neue|neues] (fachbereich:|amt:|abteilung:|dienststelle:) {value}",
    )),
    (_extension, ("[meine] [neue] (durchwahl|durchwahl:) [ist|lautet] [jetzt] {value:DIGITS}",)),
    (_value("contact", _UNREACHABLE), (
        "[ich] [bin] [ich] [am besten|immer|jetzt|telefonisch|per mail|auch]* (erreichbar:?|zu erreichen)"
        " (unter|über|per|via|auf|in) [der|dem|meiner] {value}",
        "[ich] [bin] [ich] [am besten|immer|jetzt|telefonisch|auch]* (unter|über|per|via|in) [der|dem|meiner]"
        " {value} (erreichbar|zu erreichen)",
        "(man|ihr|sie) (erreicht|erreichen) mich [am besten] (unter|über|per|via|in) [der|dem] {value}",
        "(ruf|ruft|rufen) [sie] mich an unter [der] {value}",
        "meine [neue] (PHONE) [ist|lautet] [jetzt] {value}",
        "[mein] kontakt: {value}",
    )),
    (_note, (
        "[ich] (bin|arbeite|kann) [ich] [immer] {value:HABIT} [THERE]",
        "[ich] [bin|arbeite|kann] [ich] {value:ONLY} [THERE]",
        "[ich] [bin|arbeite] [ich] [immer] {value:NEVERON} [THERE]",
        "{value:HABIT} (bin|arbeite) ich {never:NEVER} [THERE]",
        "{value:HABIT} (bin|arbeite) ich [THERE]",
        "erreichbar [immer] {value:HABIT}",
    )),
    (_value("note", re.compile(r"(?!)")), ("(mein|meine) (notiz:|hinweis:|anmerkung:) {value}",)),
    (_sure_pause, (
        "[ich] (bin|bleibe|werde) [ich] [jetzt|auch|noch|wieder] {when?} (AWAY) [sein] {later?}",
        "{when} (bin|bleibe) ich {later?} (AWAY)",
        "[ich] (mache|brauche|habe|nehme|möchte|will|muss|würde) [ich] {when?} [eine|meine]"
        " [kleine|kurze|längere] pause [machen|einlegen] {later?}",
        "[ich] habe [ich] {when?} urlaub {later?}",
        "[ich] [möchte|will|werde|muss|würde] [ich] {when?} (pausiere|pausieren) [ich] {later?}",
        "[PUT] [sie] mich {when?} (auf|in|in die|als|im) (pause|abwesend|nicht verfügbar|urlaub)"
        " [ein|setz|stell|eintragen] {later?}",
        "[ich] (fall|falle) [ich] {when?} aus {later?}",
        "[schick|schickt] [sie] [mir] {when?} keine [weiteren] (anfragen|fragen) [mehr] [an mich|schicken] {later?}",
        "(AWAYNOW) {later?}",
    )),
    (_pause, (
        "[ich] (bin|bleibe) [ich] {when} (BUSY)",
        "[ich] (bin|bleibe) [ich] (BUSY) {later}",
        "{when} (bin|bleibe) ich (BUSY)",
        "[ich] (habe|nehme|mache) [ich] {when?} (LEAVE|frei|dienstfrei) {later?}",
        "[ich] gehe [ich] {when?} (in|in den|in die|auf|in meine) (TRIP) {later?}",
        "{when} (mache|habe|nehme|brauche) ich [eine] (pause|LEAVE|frei)",
        "{when} falle ich aus",
        "mein (urlaub|sabbatical|bildungsurlaub) (geht|dauert|ist) {later}",
        "meine (LEAVE) (geht|dauert|ist) {later}",
        "{when} gehe ich (in|in den|in die|auf|in meine) (TRIP)",
        "(nimm|lass|trag) [sie] mich {when?} (raus|aus der liste|in ruhe|aus) {later?}",
        "(frag|frage|fragt|fragen|schreib|stör|stört) [sie] mich {when} nicht [mehr] [an]",
        "[ich] kann [ich] {when} nicht [helfen|antworten|übernehmen|annehmen|mehr|mehr helfen|dabei sein]",
        "{when} (kann|geht|passt) [ich|es] [bei mir|mir] nicht [mehr] [helfen]",
        "(LEAVE|kur|reha|AWAY) {later:UNTIL}",
        "{when:UNTIL} (LEAVE|kur|reha)",
        "{when} (pause|AWAY|nicht)",
    )),
    (_topics("formats"), ("[meine] [neuen] (formate:|formate sind) {topics}",)),
    (_formats, (
        "[ich] moderiere [jetzt|auch]* {topics}",
        "[ich] (kann|mache|halte|gebe|leite|biete) [jetzt|auch]* {topics:FORMATS} [an]",
    )),
    (_topics("topics"), (
        "[ändere] meine [neuen] themen [sind|lauten|jetzt|auf|in]* {topics}",
        "(meine themen:|themen:|themen sind) [jetzt] {topics}",
        "(ändere|setz) [sie] meine themen (auf|in) {topics}",
    )),
    (_topics("topics_added"), (
        "[ich] kenne [ich] mich [auch|jetzt|noch|sehr|ganz|etwas|gut]* (mit|bei|in|im) {topics}"
        " [auch|ganz|sehr|etwas|gut]* aus",
        "[auch] (mit|bei|in|im) {topics} kenne ich mich [auch|jetzt|ganz|sehr|gut]* aus",
        "[ein|noch ein|mein] (neues|weiteres) (thema:|thema ist|thema bei mir:) {topics}",
        "[meine] (neue|neuen|weitere|weiteren) (themen:|themen sind|themen bei mir:) {topics}",
        "[ich] kann [ich] [jetzt|noch] auch [noch|gut|jetzt] [bei|mit] {topics} [helfen|unterstützen]",
        "[ich] kann [jetzt] (bei|mit|zu) {topics} [auch] (helfen|unterstützen|beraten)",
        "[ich] (mache|helfe|berate|unterstütze) [ich] [jetzt|noch] auch [noch|jetzt] [bei|mit|zu|in] {topics}",
        "[ich] (helfe|berate|unterstütze) [jetzt] (bei|mit|zu|in|beim) {topics}",
        "[ich] bin [auch|jetzt]*"
        " (ansprechperson|ansprechpartner|ansprechpartnerin|expertin|experte|zuständig|fit) (für|in|bei) {topics}",
        "nimm [sie] [noch|auch] [das thema] {topics} [noch] [mit] [in mein porträt] (auf|dazu|rein) [in mein porträt]",
        "(füg|fügen|trag|schreib|schreiben) [sie] [noch|auch] [das thema] {topics} (zu meinen themen|bei mir|in"
        " mein porträt|als thema) [hinzu|dazu|ein|rein]",
        "[das] thema {topics} [noch] (hinzufügen|dazu|ergänzen|aufnehmen|dazunehmen)",
        "{topics} [noch] (als thema|zu meinen themen|in mein porträt)"
        " (hinzufügen|dazu|ergänzen|aufnehmen|nehmen|nimm|eintragen)",
    )),
    (_topics("topics_dropped"), (
        "(DROP) [sie] [das thema|die themen] {topics} [wieder] (MINE) [raus|weg|heraus]",
        "(DROP) [sie] (das thema|die themen|mein thema) {topics} [wieder] [raus|weg|heraus]",
        "[das thema|die themen] {topics} [wieder] (MINE) (streichen|nehmen|nimm|löschen|entfernen|raus|rausnehmen|weg)",
        "[das] thema {topics} (streichen|löschen|entfernen|raus|weg|rausnehmen|nicht mehr)",
        "(mit|bei) {topics} (kenne ich mich|helfe ich) [jetzt] nicht mehr [aus]",
    )),
    (_topics("topics_dropped", is_bare=True), (
        "streich [sie] {topics}",
        "(DROP) [sie] {topics} [wieder] (raus|weg|heraus)",
        "[ich] (mache|betreue|berate) [jetzt] (kein|keine|keinen) {topics} mehr",
        "[ich] (mache|betreue) [jetzt] {topics} nicht mehr",
        "{topics} mache ich [jetzt] nicht mehr",
        "{topics} (kannst du|können sie) [wieder] (streichen|rausnehmen|löschen)",
        "[ich] (will|möchte) [jetzt] (kein|keine|keinen) {topics} mehr machen",
        "{topics} nicht mehr [bei mir|als thema|anzeigen]",
        "[jetzt] ohne [das thema] {topics}",
    )),
    (_out_of_scope, (
        "(NOTMINE) {value}",
        "[ich] mache [ich] [aber|auch|jetzt]* (kein|keine|keinen) {value}",
        "[ich] (bin|helfe|berate|unterstütze) [ich] [aber] nicht [zuständig] (für|bei|mit|zu|in|beim) {value}"
        " [zuständig]",
        "{value} mache ich [aber] (nicht|nie)",
        "(für|bei) {value} bin ich [aber] nicht zuständig",
    )),
)  # fmt: skip
_READINGS = tuple((reading, tuple(rule(text, _WORDS) for text in texts)) for reading, texts in _RULES)
