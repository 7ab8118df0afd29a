"""Whether a sentence looks for a person, and what it is about. Pure, and made for typos, in German and English."""

import re

from knowledge.text import normalise, strip_courtesies

_MONTHS = "januar|jänner|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember"
_WHEN = re.compile(
    rf"\b(?:(?:im|ab|bis|ende|anfang|mitte|seit|in|den)\s){{0,3}}(?:{_MONTHS}|frühjahr|sommer|herbst|winter|kw\s?\d+)\b"
    r"(?:\s\d{4})?"
    r"|\b(?:in der )?(?:nächste|naechste|kommende|diese|übernächste)[nrsm]?\s"
    r"(?:woche|monat|jahr|quartal|montag|dienstag|mittwoch|donnerstag|freitag|tage?n?)\b"
    r"|\b(?:am\s|zum\s|bis\s)?\d{1,2}\.\d{1,2}\.(?:\d{2,4})?|\b(?:heute|morgen|übermorgen)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;?!\n]+|\.(?=\s|$)")
FRAME = frozenset(
    normalise(
        """wer wen wem wessen welche welcher welches kann kan kannst kannste können konnte könnte könnt könnten mag
        möchte möchten würde würden will wollen wollte kennt kent kennen kennst auskennt auskent auskennen sich mich mir
        uns euch dich dir ich wir ihr du sie man er es mit der die das dem den des dies diese dieser diesem diesen ein
        eine einen einem einer ne nen n aus von vom zu zum zur bei beim für fürs in im ins am an auf um über wegen rund
        ist sind war hat hab habe haben hast hatte hätte weiß weiss weis was etwas mehr alles bescheid bescheit ahnung
        erfahrung erfahrungen kenntnisse plan gibt gibts geben jemand jemanden jemandem jemad jmd wende wenden soll
        sollen sollte muss müssen darf suche suchen sucht brauche brauchen braucht gesucht helfen helfn helfe hilft
        hilfe unterstützen unterstützt unterstützung ansprechpartner ansprechpartnerin ansprechpartner:in ansprechpatner
        ansprechperson kontakt kontaktperson experte expertin experten expert:in lotse lotsin lots:in lotsen fit sachen
        macht machen gemacht mal schon schonmal hier da dort unser unsere unserem unseren unserer mein meine meinem
        meinen meiner bitte denn noch so wie wo ob dass wenn und oder gern gerne gut sehr frage fragen zeigen zeigt
        erklären erklärt sagen weiterhelfen eigentlich vielleicht kurz dringend bald eben hallo leute kollege kollegin
        kollegen kolleg:in team amt bereich abteilung als auch nicht kommt zurecht begleitet beraten berät thema tipps
        geht funktioniert klappt läuft
        who whom knows know about can could help me us with is are there anyone someone anybody somebody for the a an of
        does i we looking"""
    ).split()
)
"""Words around what a sentence is about."""

LONGEST = 300
"""Letters in which the wish for a person is looked for; whoever writes more wants something else."""

# Patterns see normalised text (für: fur, Expert:innen: expert) and allow a few words in between: linear time.
_FEW, _MORE = r"(?:\w+ ){0,4}?", r"(?:\w+ ){0,12}?"
_CAN = r"(?:kan+|kon+te?s?t?|wurde?|mag|mocht\w*|will)"
_SOMEBODY = r"(?:jem+an?d\w*|irgendwen|irgendwer|irgendjemand\w*)"
_HELP = (
    r"(?:(?:weiter|aus)?h[ea]lf(?:e?n)?|unterstut?z\w*"
    r"|beraten|begleiten|moderieren|beibringen|schulen|coachen|einweisen)"
)
_SHOW = r"(?:zeigen|erklar\w*|vormachen)"
_SKILL = r"(?:ah?nung|erfah?rung\w*|expertise|know ?how|kent?nis+e|praxis)"
_CONTACT = r"(?:an\w{1,4}prech\w{0,3}(?:partn?er\w*|patner\w*|person\w*)|kontaktperson\w*)"
_EXPERT = rf"(?:{_CONTACT}|expert\w*|spezialist\w*|fach(?:mann|frau|leute)|moderator\w*|coach|lots\w{{0,3}})"
_FOR = r"(?:fur|zu|zum|zur|zu[mr]|bei|beim|in|im|uber|von|vom|mit)"
_SEEKING = [
    re.compile(rf"\b{pattern}")
    for pattern in (
        # who knows, who is good at it
        rf"wer {_FEW}ken+t? sich\b",
        r"wer sich (?:\w+ ){1,8}?ausken",
        rf"ken+(?:t|st|en) (?:sich )?(?:du |ihr |sie )?{_FEW}{_SOMEBODY}\b",
        rf"ken+t sich {_FEW}(?:wer|einer)\b",
        rf"(?:wer|{_SOMEBODY}) {_FEW}weis+ {_FEW}beschei[dt]",
        rf"weis+ {_FEW}{_SOMEBODY} {_FEW}beschei[dt]",
        r"wer weis+ (?:\w+ )?(?:was|etwas|viel|mehr|einiges) (?:\w+ )?(?:uber|zu[mr]?|von|vom)\b",
        rf"(?:wer hat|hat {_FEW}(?:{_SOMEBODY}|wer|einer)) {_MORE}{_SKILL}\b",
        r"wer hat tip+s (?:fur|zu[mr]?)\b",
        r"wer hat (?:schon|bereits|mal|schonmal) (?:mal )?mit (?:\w+ ){1,5}?gearbeitet",
        rf"wer (?:ist|ware|war) {_FEW}(?:{_EXPERT}|fit|firm|profi|versiert|bewandert) {_FEW}{_FOR}\b",
        r"wer (?:beschaftigt|befasst) sich\b",
        # who helps
        rf"wer (?:\w+ )?{_CAN} {_MORE}{_HELP}\b",
        rf"wer {_CAN} (?:mir|uns|unse\w+|meine\w*) {_MORE}{_SHOW}\b",
        rf"wer (?:hilft|unterstutzt|berat|begleitet|schult|coacht) {_FEW}(?:mir|uns|mich|unse\w+|{_FOR})\b",
        r"wer moderiert (?:\w+ )?(?:uns|unse\w+|fur uns)\b",
        rf"{_CAN} (?:mir|uns) {_FEW}(?:{_SOMEBODY}|wer|einer) {_FEW}{_FOR} {_MORE}{_HELP}\b",
        rf"{_CAN} (?:mir|uns) {_FEW}(?:{_SOMEBODY}|wer|einer) {_HELP} {_FOR}\b",
        r"wer macht (?:\w+ )?(?:bei uns|hier|im haus|im amt|im rathaus)\b",
        r"wer macht (?!(?:d[aei][snerm]+|die|was|wann|wie|mit|so|sowas|heute|morgen|es|hier|nicht|\w+ mit)\b)\w",
        # whom to ask
        r"an wen (?:\w+ ){0,3}?(?:wenden?|mich|uns)\b",
        r"zu wem (?:gehe?|kan+|sol+|muss)\b",
        r"wen (?:kan+|sol+te?|kon+te|muss) (?:ich|man|wir) (?:\w+ ){0,8}?(?:fragen|ansprechen)\b",
        r"wen (?:frage?|spreche?) (?:ich|man|wir)\b",
        # looking for somebody
        rf"gib(?:t|ts|t s|t es|tes) (?:\w+ ){{0,3}}?(?:{_SOMEBODY}|kolleg|{_EXPERT})\b(?! (?:tag|treffen))",
        rf"(?:such|brauch)\w* {_FEW}(?:{_SOMEBODY}|{_EXPERT}|unterstutzung|begleitung)\b",
        rf"(?:{_SOMEBODY}|{_EXPERT}|unterstutzung) {_MORE}gesucht\b",
        rf"(?<!\w )(?:ein\w* )?(?:{_CONTACT}|expert\w*) (?:fur|zu[mr]?|bei|beim)\b"
        r"(?!.* (?:andern|eintragen|loschen|pflegen)$)",
        # English
        r"who (?:knows|know) (?:\w+ )?(?:about|how|something|anything)\b",
        r"who (?:can|could) (?:help|support|show|advise)\b",
        r"who is (?:\w+ ){0,2}?(?:good at|expert|familiar|contact|contact person)\b",
        r"(?:is there|does|do|can) (?:anyone|anybody|someone|somebody)\b(?= (?:who|know|help|with|for|in))",
        r"looking for (?:someone|somebody|anyone|an expert)\b",
        r"whom? (?:can|should|do) (?:i|we) (?:ask|contact|talk)\b",
    )
]


def subject(question: str) -> str:
    """Return what a question for a person is about: „E-Akte“ of „Wer kennt sich mit der E-Akte aus?“.

    Greetings, dates and the words around are cut from the ends of each clause; all of it stays if nothing else is said.
    """
    bare = strip_courtesies(question)
    clauses = map(_peeled, _CLAUSE.split(_WHEN.sub(" ", bare)))
    return ", ".join(filter(None, clauses)) or bare


def _peeled(clause: str) -> str:
    words = clause.split()
    kept = [place for place, word in enumerate(words) if not FRAME.issuperset(normalise(word).split())]
    return " ".join(words[kept[0] : kept[-1] + 1]) if kept else ""


def seeks_person(text: str) -> bool:
    """Whether a sentence looks for somebody who knows or helps, not for what a rule or a responsibility says."""
    normalised = normalise(strip_courtesies(text))[:LONGEST]
    return any(pattern.search(normalised) for pattern in _SEEKING)
