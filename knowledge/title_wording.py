"""How the title of a case reads as German once it tells of nobody. Pure.

What tells something, `knowledge.case_titles` knows, and who stands in for whom, `knowledge.stand_ins`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from knowledge.stand_ins import HE, LEADER, OFFICES, SHE, SOMEBODY, STAND_INS, VERB, Case, Cut

_ONLY_AND = re.compile(r"\s*(?:\b(?:und|oder|sowie)\b|[/&+])\s*", re.IGNORECASE)
_DANGLING = re.compile(
    r"(?:[\s,;:–/-]|\b(?:und|oder|mit|von|vom|zu|zum|zur|im|in|an|am|bei|beim|aus|seit|für|um|über|gegen|der|die|das|dem|den"
    r"|des|wegen|durch|auf|nach|vor|ein|eine|einem|einen|einer|eines|ist|sind|war|hat|wird|wurde|immer|oft|wieder|schon"
    r"|dauernd|ständig|lange?|länger)\b)+$",
    re.IGNORECASE,
)
_ENDS_HERE = re.compile(r"\s*(?:$|[,;.:!?)–-]|(?:und|oder|mit|von|im|in|bei|zu|wegen|seit|nach|am)\b)", re.IGNORECASE)
"""What follows has no need of the words that led to what is left out."""
_LEADING = re.compile(
    r"\b(?:mit|von|nach|wegen|bei|durch|trotz|seit|für|um|gegen|über|aus|ohne|vor|auf|an|am|im|in|zum|zur)\s+"
    r"(?:(?:der|die|das|dem|den|des|ein\w*|mein\w*|sein\w*|ihr\w*)\s+)?(?:(?:lang|schwer|akut|neu|wiederholt)e[nrms]?\s+)?$",
    re.IGNORECASE,
)


def without(title: str, cuts: Sequence[Cut]) -> str:
    """A title without what goes, with what stands there instead; to be `finished`."""
    said, at = "", 0
    for cut in _merged(title, cuts):
        said += title[at : cut.start]
        at = cut.end
        if cut.instead:
            said += cut.instead
        elif _ENDS_HERE.match(title, cut.end):
            said = _DANGLING.sub("", _LEADING.sub("", said)) + " "
        elif not cut.is_attribute:
            said = _LEADING.sub("", said)
    return said + title[at:]


def _merged(title: str, cuts: Sequence[Cut]) -> Iterator[Cut]:
    """„Bauamt und Umweltamt“ are several of one kind."""
    last: Cut | None = None
    for cut in cuts:
        if last and last.stand_in and last.stand_in is cut.stand_in and _ONLY_AND.fullmatch(title, last.end, cut.start):
            last = replace(last, end=cut.end, are_several=True)
            continue
        if last:
            yield last
        last = cut
    if last:
        yield last


# how it reads


_BEGINS_WITHIN = re.compile(r"(?:am|im|in|an|bei|beim|mit|von|vom|zu|zum|zur|aus|für|gegen|über)\s", re.IGNORECASE)
_GOES_ON = re.compile(
    r"\s*(?:$|[^\w\s]|(?:und|oder|mit|von|vom|in|im|am|an|auf|aus|bei|beim|ohne|als|wie|gegen|für|über|wegen|nach|vor"
    r"|der|die|das)\b)",
    re.IGNORECASE,
)
_BEGINNINGS = tuple(
    f"{form[:1].upper()}{form[1:]}"
    for one in STAND_INS
    for form in (one.one[Case.NOMINATIVE], one.several[Case.NOMINATIVE])
)
_JOBS = (
    (re.compile(r"(?:(?:mein|unser|der) )?(?:kollege|mitarbeiter)"), HE),
    (re.compile(r"(?:(?:meine|unsere|die) )?(?:kollegin|mitarbeiterin)"), SHE),
    (re.compile(r"(?:(?:mein|unser|der|die)e? )?(?:chef|chefin|vorgesetzter?)"), LEADER),
    (re.compile(r"(?:(?:mein|unser|der|die|ein)e? )?(?:azubi|praktikant(?:in)?|sachbearbeiter(?:in)?)"), SOMEBODY),
)
_NOUN = re.compile(
    r"\b(?:\w{3,}(?:ungen|ung|heit|heiten|keit|keiten|schaft|schaften|tion|tionen|ität|ismus|nisse)"
    r"|(?:amts|team|fach)?(?:chef|chefs|chefin|leiter|leiterin|leitung)|koll?eg(?:e|en|in|innen)|mitarbeiter(?:in|innen)?|azubis?"
    r"|teams?|bürger|eltern|kunden|termine?|stress|ärger|streit|konflikte?|probleme?|angst|druck|arbeit|zeit|tagen?|wochen"
    r"|monaten?|jahren?|daten|e-?akten?|akten?|mails?|telefon|büro|homeoffice|software|tablets?|projekte?|aufgaben?|rollen?"
    r"|besprechung|kritik|feedback|fehler|urlaub|umgang|wechsel|übergabe|nachfolge|rat|hilfe|widerstand|umzug|chaos"
    r"|antwort|arbeitsplatz|gespräche?|personal|technik|geld|unterlagen|bescheide?|anträge|vorgang|leute"
    r"|programm|app)\b"
    r"|\b(?:im|beim|am|vom|zum|zur|ins|kein)\s+\w+(?<!e)(?<!e[nrms])\b",
    re.IGNORECASE,
)
"""Words that are nouns in a title, whoever writes them small."""


def finished(said: str, written: str) -> str:
    """A title as German is written, of what is left of the one that was `written`; empty if that is nothing."""
    said = re.sub(r"\(\s*\)|„\s*“|\[\s*\]|\"\s*\"", " ", said)
    said = re.sub(r"\s+([,;:.!])", r"\1", " ".join(said.split())).strip(" ,;:.–/-")
    if written[1:] == written[1:].lower():
        said = _NOUN.sub(_with_capital, said)
    if about := _about(said.casefold()):
        return about
    if _BEGINS_WITHIN.match(said) and not _BEGINS_WITHIN.match(written):
        return f"Frage {said[:1].lower()}{said[1:]}"
    return _with_colon(said[:1].upper() + said[1:])


def _with_capital(noun: re.Match[str]) -> str:
    """„im kreis“ and „team“ as nouns are written."""
    before, blank, word = noun[0].rpartition(" ")
    return f"{before}{blank}{word[:1].upper()}{word[1:]}"


def _about(said: str) -> str:
    """What may be about somebody who is all that is left of a title, in small letters; empty where more is left."""
    if said == "umgang":
        return "Umgang mit einer schwierigen Situation"
    somebody = next((one for job, one in _JOBS if job.fullmatch(said)), None)
    if somebody is not None:
        return f"Umgang mit {somebody.one[Case.DATIVE]}"
    for one in STAND_INS:
        relation = "Zusammenarbeit" if one in OFFICES else "Umgang"
        for forms in (one.one, one.several):
            if said.removeprefix("mit ") in [form.casefold() for form in forms]:
                return f"{relation} mit {forms[Case.DATIVE]}"
    return ""


def _with_colon(said: str) -> str:
    """„Ein anderer Bereich: zu spät“: what has no verb is no sentence."""
    begins = next((one for one in _BEGINNINGS if said.startswith(f"{one} ")), None)
    if begins is None or VERB.match(said, len(begins)) or _GOES_ON.match(said, len(begins)):
        return said
    return f"{begins}:{said[len(begins) :]}"
