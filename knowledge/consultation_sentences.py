"""Reads what people say about peer consultation: calls to a round and changes of one, who takes part, who has a case.

Pure. Days stay in the words of those who said them; whether words are days at all, others know: it is asked with
`AreDays`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from rapidfuzz.distance import OSA

from storage.models.peer_consultation import Mode

AreDays = Callable[[str], bool]
"""Whether words are some days: „kw 50“, „nächste woche“, „am 10.12.“."""

LONGEST = 200
"""Letters of a sentence; who writes more tells a case, or something else."""


@dataclass(frozen=True, slots=True)
class SaidCall:
    """A call to a round, in small letters: its days, and by when people join; empty where nothing was said of it.

    `last` is only said of a span („vom 1.12. bis 12.12.“). `format` is the name of one, as it is said: „wise crowds“.
    """

    first: str = ""
    last: str = ""
    joins_until: str = ""
    mode: Mode | None = None
    format: str = ""


class Wish(StrEnum):
    """What shall become of a round that is open."""

    EXTEND = "extend"
    CANCEL = "cancel"
    FORM = "form"
    ALTER = "alter"


@dataclass(frozen=True, slots=True)
class SaidChange:
    """What somebody wants of the open round; `until` when people may join, in their words."""

    wish: Wish
    until: str = ""


class Joining(StrEnum):
    """How somebody takes part, or that they do not."""

    IN = "in"
    MODERATE = "moderate"
    OUT = "out"


@dataclass(frozen=True, slots=True)
class SaidJoining:
    """How somebody takes part; one that is not `is_named` may speak of another meeting."""

    joining: Joining
    is_named: bool


@dataclass(frozen=True, slots=True)
class AskedTurnout:
    """That somebody asks who or how many take part; one that is not `is_named` may ask of another meeting."""

    is_named: bool


@dataclass(frozen=True, slots=True)
class SaidCase:
    """That somebody has a case; `title` is what they say of it, in their words.

    With `is_story` they tell the case itself, of which nothing is read.
    """

    title: str = ""
    mode: Mode | None = None
    is_urgent: bool = False
    is_story: bool = False


_NAMED = {
    "troika": "troika",
    "wise crowds": "wise crowds",
    "sternrunde": "sternrunde",
    "intervisionsstern": "sternrunde",
}
_KIND = (
    r"(?:(?:kollegiale[nrs]?|koll\.?|kollegial) (?:fall)?(?:beratung|beratungsrunde|beratungsgruppe|runde)"
    r"|(?:fallberatung|fallbesprechung|beratungsrunde|intervision|intervisionsrunde|peer[ -]beratung)"
    rf"|(?:{'|'.join(sorted(_NAMED, key=len, reverse=True))}))s?"
)
# Typed in a hurry, too; short words are left as they are, as one letter makes another of them.
_VOCABULARY = (
    "kollegiale", "kollegialen", "kollegialer", "kollegiales", "kollegial", "beratung", "beratungen", "fallberatung",
    "fallberatungen", "beratungsrunde", "beratungsrunden", "intervision", "troika", "schriftlich", "schriftliche",
    "anmelden", "anmeldung", "anmeldeschluss", "nächste", "nächsten", "nächster", "kommende", "kommenden", "woche",
    "wochen", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "januar", "februar", "september", "oktober",
    "november", "dezember", "verlängern", "verlängere", "verlängert", "absagen", "moderieren", "moderiere",
    "moderation", "dringend", "dringende", "dringender", "dringenden", "nächstes", "schriftlichen", "schriftlicher",
    "angemeldet", "anmeldungen",
)  # fmt: skip
_SHORTEST_MISTYPED, _LONG = 5, 9  # letters: one slip, and two
_WORD = re.compile(r"[^\W\d_]+")

_GREETING = re.compile(
    r"^(?:hallo|hi|hey|moin|guten (?:tag|morgen)|liebe \w+)\b[ ,!]*(?:zusammen|alle|lotsenfunk)?[ ,!]*"
)
_POLITE = re.compile(r"\b(?:bitte|mal|gern|gerne|doch|bloß|einfach|dann|mir|uns|wieder|noch|denn)\b")
_ASKING = re.compile(r"(?:können|könnten|kannst|könntest|wollen|sollen|machen) (?:du|sie|wir)\b")
_LEAD = (
    r"(?:(?:ich|wir) (?:möchten?|will|wollen|würden?|rufen?|starten?|planen?|machen?|brauchen?|hätten?)\b ?"
    r"|(?:können|könnten|kannst|könntest|wollen|sollen) (?:du|sie|wir) |(?:lass|lasst|lassen sie) (?:uns )?"
    r"|(?:starten?|planen?|plan|rufen?|ruf|machen?|mach|beginnen?|öffnen?|eröffnen?|ankündigen|kündige) (?:wir |sie )?"
    r"|neue runde:? |aufruf(?: zur| zu einer)? )?"
)
_ARTICLES = (
    r"(?:(?:zu )?(?:einer|einen|eine|ne|nen|die|der|zur) )?(?:(?:neue[nr]?|nächste[nr]?|weitere[nr]?|kleine[nr]?) )?"
)
_SCRIPT = r"(?:schriftliche[nr]? )?"
_CALL = re.compile(rf"{_LEAD}(?P<before>.*?)\b{_ARTICLES}{_SCRIPT}(?P<kind>{_KIND})\b[:,]?(?P<rest>.*)")
_NEW = re.compile(
    rf"(?:neue (?:{_KIND}|runde)|(?:{_KIND}) (?:starten|planen|ausrufen|ansetzen|machen|anbieten|aufrufen))"
)
_VERBS = re.compile(
    r"\b(?:starten|planen|ausrufen|ansetzen|machen|anbieten|aufrufen|ankündigen|veranstalten|organisieren|durchführen"
    r"|haben|findet statt|stattfinden|eröffnen|auf|aus|an|geben|es gibt|gibt es)$"
    r"|^(?:ist|wird|findet|gibt es|es gibt)\b"
)
_VERBS_AHEAD = re.compile(r"^(?:starten|planen|ausrufen|ansetzen|machen|anbieten|aufrufen|organisieren)\b[ ,]*")
_PREFERRED = re.compile(r"\b(?:am liebsten|am besten|möglichst|idealerweise|vielleicht)\b")
_FORMAT = re.compile(
    rf"[,(]? ?\b(?:(?:als|mit|nach|im) )?(?:(?:der|dem|einer|eine) )?"
    rf"(?P<name>{'|'.join(sorted(_NAMED, key=len, reverse=True))})\b[,)]?"
)
_MODES = {
    Mode.WRITTEN: re.compile(r"\b(?:schriftlich\w*|asynchron|im chat|per chat|in schriftform|über mehrere tage)\b"),
    Mode.LIVE: re.compile(r"\b(?:live|mündlich|gleichzeitig|zusammen|per video|in einer videokonferenz)\b"),
}
_JOIN = r"(?:anmeld\w*|zusag\w*|rückmeld\w*|meld\w*|dabei sagen|mitmachen)"
_JOINS = (
    re.compile(
        rf"(?:und |mit )?\b{_JOIN}(?: (?:euch|sich|ist|bitte|dafür|möglich|geht|zurück|kann man sich|dazu))*:? "
        r"(?:nur )?(?:bis(?: spätestens)?(?: zum| am)?|spätestens(?: bis| am)?|am)?:? ?(?P<until>.+)$"
    ),
    re.compile(rf"[,;.] ?(?:bitte )?(?:bis|spätestens)(?: zum| am)? (?P<until>[^,;]+?) {_JOIN}.*$"),
)
_SPAN = re.compile(
    r"(?:(?:vom|von|ab|zwischen(?: dem)?|im zeitraum) )?(?P<first>(?!bis\b).+?)"
    r" ?(?:\bbis(?: zum| zu)?\b|[–-]|\bund(?: dem)?\b) ?(?P<last>.+)"
)
_FROM = re.compile(r"^(?:ab|von|vom|beginnend|für|in der(?= kw)|in(?= kw)|während der) ")
_BARE_DAY = re.compile(r"\d{1,2}\.")
_BARE_WEEK = re.compile(r"\d{1,2}")
_MONTH_OF = re.compile(r"\d{1,2}\.? ?(?P<month>\d{1,2}\.?(?: ?\d{2,4})?|[a-zä]{3,9}(?: \d{4})?)")
_WEEK_OF = re.compile(r"kw ?\d{1,2}")
_EDGES = " ,;:.!–-"


def read_call(text: str, are_days: AreDays) -> SaidCall | None:
    """The call that a sentence is; None if it asks, or speaks of something else."""
    said = _plain(text)
    if said is None or (said.endswith("?") and not _ASKING.match(said)):
        return None
    said = " ".join(_POLITE.sub(" ", said).split()).strip(" ?!.,")
    until, said = _joining_until(said)
    found = _CALL.fullmatch(said)
    if found is None or not (until or _NEW.search(said) or found["before"].strip() or found["rest"].strip(_EDGES)):
        return None
    mode = next((mode for mode, pattern in _MODES.items() if pattern.search(said)), None)
    when = _without_modes(f"{found['before']} {_VERBS_AHEAD.sub('', found['rest'].strip(_EDGES))}")
    when, name = _PREFERRED.sub(" ", _FORMAT.sub(" ", when)).strip(_EDGES), _FORMAT.search(when)
    when = _VERBS.sub("", _VERBS.sub("", when).strip(_EDGES)).strip(_EDGES)
    days = _days(when, are_days) if when else ("", "")
    if days is None:
        return None
    called = name["name"] if name else found["kind"]
    return SaidCall(*days, until, mode, next((name for word, name in _NAMED.items() if called.startswith(word)), ""))


def read_days(text: str, are_days: AreDays) -> tuple[str, str] | None:
    """First and last day that somebody names when asked for them, the last one perhaps empty; None for no days."""
    said = _plain(text)
    return _days(_POLITE.sub(" ", said).strip(_EDGES), are_days) if said else None


def _days(when: str, are_days: AreDays) -> tuple[str, str] | None:
    when = " ".join(when.split())
    bare = _FROM.sub("", when)
    for days in (when, bare):
        if are_days(days) and not _SPAN.fullmatch(days):
            return days, ""
    if found := _SPAN.fullmatch(bare):
        first, last = _completed(found["first"].strip(_EDGES[:-2]), found["last"].strip(_EDGES[:-2]))
        if are_days(first) and are_days(last):
            return first, last
    return (when, "") if are_days(when) else None


def _completed(first: str, last: str) -> tuple[str, str]:
    """„1. bis 12.12.“ is in one month, „kw 50 und 51“ are two weeks, and the full stop belongs to the day."""
    if _BARE_DAY.fullmatch(first + "." * (not first.endswith("."))) and (found := _MONTH_OF.fullmatch(last)):
        month = found["month"]
        return f"{first.rstrip('.')}. {month}" if month[0].isalpha() else f"{first.rstrip('.')}.{month}", last
    if _WEEK_OF.fullmatch(first) and _BARE_WEEK.fullmatch(last):
        return first, f"kw {last}"
    return first, last


def _joining_until(said: str) -> tuple[str, str]:
    """By when people join, and the sentence without it."""
    for pattern in _JOINS:
        if found := pattern.search(said):
            return found["until"].strip(_EDGES), said[: found.start()].strip(_EDGES)
    return "", said


def _without_modes(said: str) -> str:
    for pattern in _MODES.values():
        said = pattern.sub(" ", said)
    return " ".join(said.split())


# changes of the open round

_ROUND = (
    r"(?:(?:der|die|das|den|unsere?|offene|dieser?) )*"
    rf"(?:beratungsrunde|runde|beratung|{_KIND}|anmeldung|anmeldeschluss)"
)
_UNTIL = r"(?:(?:noch )?(?:bis(?: zum| zur)?|auf(?: den)?|um) (?P<until{}>.+?))"
_EXTEND = re.compile(
    rf"(?:{_ROUND} {_UNTIL.format(1)} (?:verlängern|offen lassen|offenlassen)"
    rf"|(?:verlängere?|verlängern sie) {_ROUND}(?: {_UNTIL.format(2)})?"
    rf"|{_ROUND} (?:verlängern|länger offen lassen|offen lassen)(?: {_UNTIL.format(3)})?"
    rf"|(?:anmelden|anmeldung|anmeldeschluss)(?: (?:geht|ist|möglich|jetzt|nur|auch))* {_UNTIL.format(4)})"
)
_CANCEL = re.compile(
    rf"(?:{_ROUND} (?:absagen|abblasen|streichen|fällt (?:leider )?aus|ausfallen lassen|findet nicht statt)"
    rf"|(?:sage?|sagen sie) {_ROUND} (?:leider )?ab)"
)
_ALTER = re.compile(
    r"(?:(?:die|unsere|offene) )*(?:beratungs)?runde (?:auf .+ )?(?:verschieben|verlegen|ändern|anpassen)(?: auf .+)?"
    r"|(?:verschiebe?|verlege?|änder[en]?) (?:die )?(?:beratungs)?runde(?: .+)?"
    r"|(?:(?:die|unsere|offene) )*(?:beratungs)?runde soll .{1,40}"
)
_FORM = re.compile(
    r"(?:(?:beratungs)?gruppen (?:jetzt )?(?:bilden|einteilen|auslosen|zusammenstellen)"
    r"|bilde (?:jetzt )?(?:die )?gruppen"
    rf"|(?:{_ROUND}) (?:jetzt )?(?:schliessen|beenden)|schliesse (?:jetzt )?{_ROUND})"
)


def read_change(text: str) -> SaidChange | None:
    """What a sentence wants of the open round; None if it asks, or speaks of something else."""
    said = _plain(text)
    if said is None or said.endswith("?"):
        return None
    said = " ".join(_POLITE.sub(" ", said).split()).strip(_EDGES)
    if found := _EXTEND.fullmatch(said):
        until = found["until1"] or found["until2"] or found["until3"] or found["until4"] or ""
        return SaidChange(Wish.EXTEND, until.strip(_EDGES))
    if _ALTER.fullmatch(said):
        return SaidChange(Wish.ALTER)
    if _CANCEL.fullmatch(said):
        return SaidChange(Wish.CANCEL)
    return SaidChange(Wish.FORM) if _FORM.fullmatch(said) else None


# who takes part

_WHERE = re.compile(
    r"\b(?:(?:bei|an|in|zu|für|aus|von)(?: der| die| einer)?|zur|beim|die|der) (?:nächsten |offenen )?"
    r"(?:schriftlichen? |live-?)?"
    rf"(?:{_KIND}|beratung)\b"
)
_FILLERS = re.compile(
    r"\b(?:auch|sehr|jetzt|doch|wohl|sicher|also|da|ja|klar|super|danke|leider|diesmal|dafür|dazu|hier|natürlich"
    r"|auf jeden fall|würde|wäre|ich|möchte|gern|gerne|bitte|mal|noch|dann)\b"
)
_IN = frozenset((
    "bin dabei", "dabei", "dabei bin", "mache mit", "mach mit", "mitmachen", "nehme teil", "teilnehmen",
    "melde mich an",
    "mich anmelden", "anmelden", "bin mit dabei", "mit dabei", "dabei sein", "will mitmachen", "will dabei sein",
    "will teilnehmen", "will mich anmelden", "mach da mit", "komme",
))  # fmt: skip
_MODERATING = re.compile(
    r"(?:(?:bin )?(?:mit )?dabei(?: und|,)? )?(?:(?:kann|könnte|will|übernehme|mache?)(?: die)? "
    r"(?:moderieren|moderation(?: übernehmen| machen)?)|moderiere|moderieren|(?:die )?moderation übernehmen"
    r"|als moderation dabei)"
)
_OUT = frozenset((
    "bin nicht dabei", "nicht dabei", "mache nicht mit", "mach nicht mit", "nicht", "nicht mit", "nehme nicht teil",
    "melde mich ab", "mich abmelden", "abmelden", "steige aus", "bin raus", "kann nicht", "bin nicht mehr dabei",
    "nicht mehr mitmachen", "nicht mitmachen", "nicht teilnehmen", "aussteigen", "will aussteigen",
))  # fmt: skip
_OUT_ONLY_NAMED = frozenset(("nicht", "nicht mit", "kann nicht", "abmelden", "komme"))


def read_joining(text: str) -> SaidJoining | None:
    """Whether somebody says that they take part, or not any more; None if they speak of something else."""
    said = _plain(text)
    if said is None or "?" in said:
        return None
    without = _WHERE.sub(" ", said, count=1)
    is_named = without != said
    rest = " ".join(re.sub(r"[,.!;]", " ", _FILLERS.sub(" ", without)).split())
    if _MODERATING.fullmatch(rest):
        return SaidJoining(Joining.MODERATE, is_named)
    for words, joining in ((_IN, Joining.IN), (_OUT, Joining.OUT)):
        if rest in words and (is_named or rest not in _OUT_ONLY_NAMED):
            return SaidJoining(joining, is_named)
    return None


# who asks that

_TELL = re.compile(
    r"^(?:(?:kannst|könntest) du sagen|können sie sagen|weisst du|wissen sie|sag|sagen sie|zeige?|zeigen sie"
    r"|ich (?:möchte|will) wissen|ich wüsste) ?,? ?"
)
_AT_ROUND = re.compile(r"\b(?:in|bei|an|für|zu)(?: der| unserer)? (?:nächsten |offenen )?runde\b")
_ALREADY = re.compile(
    r"\b(?:schon|bisher|bis jetzt|bislang|eigentlich|alles|jetzt|aktuell|gerade|momentan|inzwischen|insgesamt|so|da)\b"
)
_WHO = r"(?:wer|wie ?viele?)(?: (?:leute|personen|menschen|kolleg\S*|lots\S*|von))?"
_SOMEBODY = r"(?:jemand|wer|welche|einige|genug(?: leute)?)"
_TURNOUT = re.compile(
    rf"{_WHO} (?:(?:ist|sind) (?:(?:mit )?dabei|angemeldet)|mach(?:t|en) mit|(?:nimmt|nehmen) teil"
    r"|(?:hat|haben) sich (?:nicht )?(?:an)?gemeldet|(?:mit )?dabei (?:ist|sind)|angemeldet (?:ist|sind)"
    r"|mitmach(?:t|en)|teilnimmt|teilnehmen|sich angemeldet (?:hat|haben))"
    rf"|(?:ist|sind) {_SOMEBODY} (?:dabei|angemeldet)|(?:hat|haben) sich {_SOMEBODY} angemeldet"
    r"|gibt es anmeldungen|wie viele anmeldungen(?: gibt es| haben wir)?"
)
_TURNOUT_NAMED = re.compile(
    rf"{_WHO} (?:kommt|kommen)|wie viele sind (?:wir|es)|sind (?:wir|es) genug|(?:die )?(?:anmeldungen|teilnehm\S*)"
)


def read_turnout(text: str) -> AskedTurnout | None:
    """Whether somebody asks who takes part, or how many; None if they say or ask something else."""
    said = _plain(text)
    if said is None:
        return None
    without = _WHERE.sub(" ", said, count=1)
    is_named = without != said
    rest = re.sub(r"[?!.]", " ", _POLITE.sub(" ", _AT_ROUND.sub(" ", without, count=1)))
    rest = " ".join(_ALREADY.sub(" ", _TELL.sub("", " ".join(rest.split()))).split())
    is_asked = _TURNOUT.fullmatch(rest) or (is_named and _TURNOUT_NAMED.fullmatch(rest))
    return AskedTurnout(is_named) if is_asked else None


# who has a case

_HAVE = (
    r"(?:(?:ich )?(?:hab|habe|hätte|bringe|brächte|möchte|will|würde|melde|stelle)(?: ich)?"
    r"(?: da| auch| noch| mal| gern| gerne| wieder| vielleicht| aktuell| gerade| schon)*)"
)
_A_CASE = (
    r"(?P<urgent>(?:(?:einen?|nen|n|ein|'n|’n|meinen|eigenen) )(?:(?:eigenen|kleinen|neuen|schwierigen|konkreten) )?"
    r"(?:(?:dringenden|eiligen|sehr dringenden) )?)(?:beratungs)?fall"
)
_PLACE = (
    rf"(?: (?:für|zur|in|bei|zu)(?: die| der| eine| einer)? (?:nächste[nr]? |offene[nr]? )?(?:{_KIND}|beratung|runde))?"
)
_BRING = r"(?: (?:einbringen|mitbringen|vorstellen|anmelden|besprechen|beraten(?: lassen)?|mit|ein|an|vor))?"
_ABOUT = (
    r"(?:(?: mit (?:mein|ein|unser)\w* (?:chef|kolleg|vorgesetzt|leitung|team|mitarbeit|führungskr)\w*)"
    r"|(?P<about> ?[:,–-] ?.+| (?:zum thema|zu|über) .+))?"
)
_CASE = re.compile(rf"{_HAVE} {_A_CASE}{_PLACE}{_BRING}{_PLACE}(?: (?:anzubieten|dabei))?{_ABOUT}")
_STORY = re.compile(
    rf"(?:(?:also|okay|ok|hm|ja),? )?(?:{_HAVE} {_A_CASE}\b|(?:mein|neuer) fall(?: ist)?\b|fall:)"
    r"(?!,? (?:in dem|bei dem) )"
)
_SHORT_CASE = re.compile(
    rf"(?:(?:neuer|mein|dringender|eigener) fall{_PLACE}"
    rf"|(?:einen )?fall (?:einbringen|anmelden|mitbringen|vorstellen){_PLACE})"
    r"(?P<about> ?[:–-] ?.+)?"
)
_BARE_CASE = re.compile(
    r"fall (?!(?:in|im|aus|mit|zu|zum|zur|bei|beim|für|nach|nicht|nr|nummer|von|vom|an|am|auf|ist|wird|kann|hat|den|dem"
    r"|der|die|das|wie|was|wo|wer|wann|und|oder|ja|nein|anlegen|\d\S*)\b)(?P<about>\w\S*(?: \S+){0,9})"
    r"(?<!legen)(?<!öffnen)(?<!schliessen)(?<!löschen)(?<!suchen)(?<!finden)(?<!tragen)(?<!leiten)(?<!arbeiten)"
    r"(?<!speichern)(?<!drucken)(?<!geben)(?<!sperren)(?<!zeigen)(?<!ziehen)(?<!ändern)(?<!melden)(?<!schieben)"
)
"""„fall Umgang mit Lob“; what is done with a case of the own trade is another one: „fall in d3 anlegen“."""
_NEED = re.compile(
    rf"(?:ich )?(?:brauche?|bräuchte|möchte|hätte gern|hätte gerne|will) (?:(?:dringend|bald|für mich) )*"
    rf"(?:selbst )?(?:eine )?{_SCRIPT}(?:{_KIND})"
    r"(?: (?:für|zu) (?:einen|meinen|einem|meinem) (?:eigenen )?fall)(?P<about>)"
)
_ADVICE = re.compile(
    r"(?:ich )?(?:brauche?|bräuchte|suche?|möchte|hätte|wünsche mir)(?: (?:mal|gern|gerne|bitte|einen|den))* rat "
    r"(?:von|unter|bei) (?:(?:meinen|den|anderen|ein paar) )?(?:kolleg\w*|lots\S*)(?: (?:und|oder) kolleg\w*)?"
    r"|(?:kann|könnte) mir (?:jemand|wer) (?:bei|mit) (?:einem|meinem)(?: schwierigen| kniffligen| eigenen)? fall "
    r"(?:helfen|raten|weiterhelfen)"
)
_URGENT = re.compile(r"\b(?:dringend\w*|eilig\w*|eilt|schnell|sofort)\b")
_TITLE_EDGES = re.compile(r"^(?: ?[:,–-] ?| (?:zum thema|zu|über) )")


def read_case(text: str) -> SaidCase | None:
    """Whether somebody says that they have a case; None if they ask, or speak of something else."""
    whole = re.sub(r":(?=\S)", ": ", " ".join(text.split()))
    if len(whole) > LONGEST:
        return SaidCase(is_story=True) if _STORY.match(_plain(whole[: LONGEST // 2]) or "") else None
    said = _plain(whole)
    if said is not None and _ADVICE.fullmatch(said.rstrip(" .!?")):
        return SaidCase()
    if said is None or said.endswith("?"):
        return None
    said = said.rstrip(" .!")
    found = _CASE.fullmatch(said) or _SHORT_CASE.fullmatch(said) or _NEED.fullmatch(said) or _BARE_CASE.fullmatch(said)
    if found is None or _is_ordinary(found["about"] or ""):
        return None
    mode = next((mode for mode, pattern in _MODES.items() if pattern.search(said)), None)
    about = found["about"] or ""
    # As it was written: small letters and words that were put right are as many words.
    count = len(_TITLE_EDGES.sub("", about).split())
    title = " ".join(whole.split()[-count:]) if count else ""
    head = said[: len(said) - len(about)]
    return SaidCase(title.strip(" .!:,–-"), mode, _URGENT.search(head) is not None)


def is_bare_case(text: str) -> bool:
    """Whether a case is said as „fall“ with some words, which may as well be a question of anybody."""
    return _BARE_CASE.fullmatch((_plain(text) or "").rstrip(" .!")) is not None


_ORDINARY = re.compile(r"[,–-]? ?(?:dass|in dem|bei dem|wo|der|den|wenn|weil|mit (?:d3|outlook|teams|dem drucker))\b")


def _is_ordinary(about: str) -> bool:
    """Whether a clause tells of something that does not work, as in „ich habe einen Fall, in dem d3 abstürzt“."""
    return _ORDINARY.match(about.strip()) is not None


# letters


def _plain(text: str) -> str | None:
    """A short sentence in small letters, slips of the finger put right; None for a long text."""
    said = " ".join(text.casefold().replace("ß", "ss").split())
    if not said or len(said) > LONGEST:
        return None
    said = _GREETING.sub("", said)
    return _WORD.sub(lambda word: _corrected(word[0]), said)


@cache
def _known() -> frozenset[str]:
    return frozenset(_VOCABULARY)


def _corrected(word: str) -> str:
    """The word that somebody meant; itself, if it is none of ours."""
    word = {"naechste": "nächste", "naechsten": "nächsten", "koll": "koll"}.get(word, word)
    if len(word) < _SHORTEST_MISTYPED or word in _known():
        return word
    slips = 2 if len(word) >= _LONG else 1
    near = [(OSA.distance(one, word, score_cutoff=slips), one) for one in _VOCABULARY]
    best = min(near)
    return best[1] if best[0] <= slips and best[1][0] == word[0] else word
