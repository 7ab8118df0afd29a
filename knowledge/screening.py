"""Personal data in what people write, found before anything of it is stored, and a proposal without it.

Names come from `knowledge.names`, numbers with a check digit and telephone numbers from libraries, the rest from
patterns. Each pattern is linear in the length of the text. It finds what has a form: who is meant by „die Kollegin mit
dem roten Auto“ only a person can tell, hence the second person who approves.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

import phonenumbers
from stdnum import iban
from stdnum.de import idnr, stnr

from knowledge.names import is_name, names


class Kind(StrEnum):
    """What was found; `placeholder` stands for it in a proposal."""

    NAME = "name"
    PHONE = "phone"
    EMAIL = "email"
    ACCOUNT = "account"
    FILE_NUMBER = "file_number"
    ID_NUMBER = "id_number"
    IBAN = "iban"
    BIRTH_DATE = "birth_date"
    PLATE = "plate"
    ADDRESS = "address"
    LINK = "link"

    @property
    def placeholder(self) -> str:
        """German, in brackets."""
        return f"[{_PLACEHOLDERS[self]}]"


_PLACEHOLDERS = {
    Kind.NAME: "Name",
    Kind.PHONE: "Telefon",
    Kind.EMAIL: "E-Mail",
    Kind.ACCOUNT: "Konto",
    Kind.FILE_NUMBER: "Aktenzeichen",
    Kind.ID_NUMBER: "Kennnummer",
    Kind.IBAN: "Bankverbindung",
    Kind.BIRTH_DATE: "Geburtsdatum",
    Kind.PLATE: "Kennzeichen",
    Kind.ADDRESS: "Anschrift",
    Kind.LINK: "Link",
}


@dataclass(frozen=True)
class Finding:
    """One piece of personal data: characters `start` to `end` of the screened text."""

    kind: Kind
    start: int
    end: int
    is_official: bool = False
    """Belongs to an office, not to a person: a function mailbox, a hotline, the address of a town hall."""


@dataclass(frozen=True)
class Screened:
    """A text (composed characters, nothing invisible) and the personal data in it, in order and apart."""

    text: str
    findings: tuple[Finding, ...]

    @property
    def is_clean(self) -> bool:
        """Was nothing found?"""
        return not self.findings

    @property
    def proposal(self) -> str:
        """The text with a placeholder for each finding."""
        parts, at = [], 0
        for finding in self.findings:
            parts += [self.text[at : finding.start], finding.kind.placeholder]
            at = finding.end
        return "".join([*parts, self.text[at:]])

    def without_official(self) -> "Screened":
        """As an answer is judged: how to reach an office is knowledge, so those findings do not count."""
        return replace(self, findings=tuple(finding for finding in self.findings if not finding.is_official))


def screen(text: str) -> Screened:
    """Find personal data in a question, a phrasing, an answer or a comment."""
    text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    taken = bytearray(len(text))
    found = []
    for finding in _candidates(text):
        if not any(taken[finding.start : finding.end]):
            taken[finding.start : finding.end] = b"\1" * (finding.end - finding.start)
            found.append(finding)
    masked = "".join("\0" if hidden else char for char, hidden in zip(text, taken, strict=True)) if found else text
    persons = [Finding(Kind.NAME, start, end) for start, end in names(masked)]
    merged = sorted([*found, *persons], key=lambda finding: finding.start)
    return Screened(text, tuple(_with_office(text, finding, persons) for finding in merged))


_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))

_LINK = re.compile(r"(?:https?|ftp|matrix)://?[^\s<>\"“”]{4,2000}|\bmatrix:[ur]/[^\s<>]{2,200}", re.IGNORECASE)
_TELLING_LINK = re.compile(
    r"//[^/\s]{1,80}@|[?&#;](?:\w{0,20}(?:token|key|secret|session|passwor[dt])|sig|auth|sid|code|user|name|e?mail|login)="
    r"|/(?:~|users?/|personal/|people/|home/|profile?/|#/@)|[\w.+-]@[\w-]|%40|=[\w-]{32}|matrix:[ur]/",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}(?:@| ?[(\[](?:at|ät|@)[)\]] ?)[^\W_](?:[\w-]{0,62}\.){1,6}[^\W\d_]{2,24}\b",
    re.IGNORECASE,
)
_MATRIX_ID = re.compile(r"(?<![\w@])@[\w.=+/-]{1,255}:[\w-]{1,63}(?:\.[\w-]{1,63}){0,6}(?::\d{2,5})?")
_MENTION = re.compile(
    r"(?<![\w@/.])@(?!(?:all|alle|here|channel|room|raum|everyone|team|lotsen\w*|bot)\b)[^\W\d_][\w.-]{1,63}(?<![.-])",
    re.IGNORECASE,
)
_HOME = re.compile(r"(?:[\\/](?:home|users|benutzer|homes?\$?)[\\/])([\w.-]{2,40})", re.IGNORECASE)

_VALUE = r"(?P<value>(?=[^\s,;]{0,30}\d)[\w][\w./_#–-]{1,40}(?:[ ](?=[^\s]{0,3}[\d/])[\d/.–-]{2,20}){0,4}(?<![./–-]))"
_IS = r"(?:[ ]?(?:nr|nummer|no)\b\.?)?(?:[ ](?:ist|lautet|heißt|war))?[ ]?[:#]?[ ]{0,2}"
_FILE_NUMBER = re.compile(
    r"\b(?:az|a\.z|aktenzeichen|geschäftszeichen|gesch(?:\.-?)?z|gz|kassenzeichen|kassenz|ticket|vorgangs?(?:-?(?:nr|nummer))"
    r"|(?:bescheid|kunden|fall|antrags|personen|bürger|rechnungs|bestell|vertrags|vorgangs|akten|ticket|bg|buchungs)"
    r"(?:-?(?:nr|nummer|zeichen))|debitor(?:en)?(?:-?(?:nr|nummer))?|bedarfsgemeinschaft)\b\.?" + _IS + _VALUE,
    re.IGNORECASE,
)
_COURT = re.compile(
    r"gericht|\b(?:B?VerwG|BVerfG|BGH|BAG|BSG|BFH|EuGH|EGMR|OVG|VGH|VG|LAG|ArbG|OLG|LG|AG)\b|Urteil|Beschluss"
)
_ID_NUMBER = re.compile(
    r"\b(?:steuer-?(?:id|ident\w{0,20}|nummer|nr)|st-?nr|id-?nr|identifikationsnummer|(?:sozial|renten)versicherungs-?"
    r"(?:nummer|nr)|sv-?(?:nummer|nr)|rv-?(?:nummer|nr)|versicherten-?(?:nummer|nr)|(?:personal)?ausweis-?(?:nummer|nr)"
    r"|personalausweis|reisepass(?:-?(?:nummer|nr))?|pass-?(?:nummer|nr)|personal-?(?:nummer|nr)|pers\.-nr|pnr"
    r"|matrikel-?(?:nummer|nr)|konto-?(?:nummer|nr)|kto(?:\.-?nr)?|führerschein-?(?:nummer|nr))\b\.?" + _IS + _VALUE,
    re.IGNORECASE,
)
_PENSION = re.compile(r"\b\d{2} ?(?:0[1-9]|[12]\d|3[01]|[5-9]\d)(?:0[1-9]|1[0-2])\d{2} ?[A-Z] ?\d{3}\b")
_TAX_ID = re.compile(r"(?<![\w/.-])\d{2} ?\d{3} ?\d{3} ?\d{3}(?![\w/-])")
_TAX_NUMBER = re.compile(r"(?<![\w/])\d{2,3}/\d{3,4}/\d{4,5}(?![\w/])")
_GERMAN_IBAN = re.compile(r"\bDE\d{2}(?: ?\d){18}(?!\d)", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z\d]{4}){2,7}(?: ?[A-Z\d]{1,3})?\b")

_MONTH = r"(?:jan|feb|mär|mrz|apr|mai|jun|jul|aug|sep|okt|nov|dez)[a-zä]{0,6}"
_DATE = rf"(?:\d{{1,2}}\.[ ]?(?:\d{{1,2}}\.|{_MONTH}\.?)[ ]?(?:\d{{4}}|\d{{2}})|\d{{4}}-\d\d-\d\d)"
_BIRTH_DATE = re.compile(
    rf"(?:\bgeb\.?|\bgeboren(?: am)?|\bgeburtsdatum|\bgeburtstag|(?<!\w)\*)"
    rf"(?:[ ](?:ist|war|am))?[ ]?:?[ ]?(?P<value>{_DATE})",
    re.IGNORECASE,
)
_ANY_DATE = re.compile(rf"(?<![\d.]){_DATE}(?!\d)", re.IGNORECASE)
_PLATE = re.compile(r"(?<![\w-])(?!(?:DIN|PDF|USB|ISO|CD|EU|IT|TV|EN|TVD|BSI|IP|UTF|HDM|PCI|SD|WM|VS|EG|FB|OE)-)"
                    r"[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ -]?\d{2,4}[EH]?(?![\w-])")  # fmt: skip
_NAMED_PLATE = re.compile(
    r"\bkennzeichen(?:[ ](?:ist|lautet))?[ ]?:?[ ](?P<value>[a-zäöü]{1,3}[ -][a-z]{1,2}[ -]?\d{1,4}[eh]?)\b",
    re.IGNORECASE,
)
_STREET = (
    r"(?:[^\W\d_]{2,30}[ -])?[^\W\d_]{0,40}(?:str(?:aße|asse|\.|(?=[ ]\d))|gasse|allee|chaussee"
    r"|(?<=\w{3})(?:weg|platz|ufer|damm|ring|steig|markt|wall"
    r"|pfad|berg|graben|hof))"
)
_ADDRESS = re.compile(
    rf"(?<![\w-]){_STREET}[ ]?\d{{1,4}}(?:[ ]?[a-h]\b)?(?![\d:%]|\.\d|[ ]?(?:uhr|euro|€|plätze|personen|tage|min|%))"
    r"(?:,?[ ]\d{5}[ ][^\W\d_]{2,30})?",
    re.IGNORECASE,
)
_NO_STREET = re.compile(
    r"(?:arbeits|steh|stell|park|speicher|sitz|schreib|ausbildungs|studien|kita|krippen|kindergarten|spiel|desk)-?platz"
    r"|(?:dienst|rechts|post|lösungs|arbeits|um|melde|instanzen|klage|beschwerde|schul|rad|fahrrad|kommunikations)weg"
    r"|(?:bau|schul|fried|bahn|wertstoff|recycling)hof|(?:arbeits|super|wochen|weihnachts|floh|stellen)markt|vorbei|umsteig|ausstieg"
    r"|einstieg|berg\b(?=[ ]?$)|firewall|.*steig$", re.IGNORECASE)  # fmt: skip
_NAMED_ADDRESS = re.compile(
    r"\b(?:wohnhaft|wohnt|anschrift|adresse|wohne)(?:[ ](?:ist|in|im|lautet))?[ ]?:?[ ]{0,2}"
    r"(?P<value>[^\W\d_][^\d\n,;:?!]{2,40}[ ]\d{1,4}[ ]?[a-h]?\b(?:,?[ ]\d{5}[ ][^\W\d_]{2,30})?)",
    re.IGNORECASE,
)

_DIGITS = re.compile(r"(?<![\w.,/-])(?:\+|00|0(?!\.)|\(0)(?:[ ]?[\d()/.–-]){5,24}(?<=\d)(?![\w])")
_PHONE = re.compile(
    r"\b(?:durchwahl|dw|tel|telefon(?:nummer)?|telefonnr|nebenstelle|nst|app|apparat|hausruf|rufnummer|fon"
    r"|mobil(?:nummer)?|handy(?:nummer)?|fax|nummer|erreichbar unter|ruf(?:en|t)?|anrufen unter|hotline)\b\.?"
    r"(?:[ ]?(?:nr|nummer)\b\.?)?(?:[ ](?:ist|unter|die|der))?[ ]?:?[ ]{0,2}"
    r"(?P<value>(?:[-–][ ]?\d|(?:\+|\(0|\d)[ ]?[\d()/-])(?:[ ]?[\d()/–-]){1,24})"
    r"(?<=\d)(?![\w.,]\d|[ ]?(?:uhr|mal|x|euro|€|tage|stunden|kolleg))",
    re.IGNORECASE,
)


def _candidates(text: str) -> Iterator[Finding]:
    """Everything with a form, the surest first; a later finding in the same place does not count."""
    yield from _links(text)
    yield from (Finding(Kind.EMAIL, *m.span(), is_official=_is_mailbox(m.group())) for m in _EMAIL.finditer(text))
    yield from _all(Kind.ACCOUNT, _MATRIX_ID, text)
    yield from _all(Kind.ACCOUNT, _MENTION, text)
    yield from (Finding(Kind.ACCOUNT, *m.span(1)) for m in _HOME.finditer(text))
    yield from _all(Kind.BIRTH_DATE, _BIRTH_DATE, text)
    yield from _bank_accounts(text)
    yield from _unnamed_numbers(text)
    yield from _all(Kind.ID_NUMBER, _ID_NUMBER, text)
    yield from (f for f in _all(Kind.FILE_NUMBER, _FILE_NUMBER, text) if not _is_judgement(text, f))
    yield from _all(Kind.ADDRESS, _NAMED_ADDRESS, text)
    yield from _addresses(text)
    yield from _phones(text)
    yield from _all(Kind.PLATE, _NAMED_PLATE, text)
    yield from _all(Kind.PLATE, _PLATE, text)


def _all(kind: Kind, pattern: re.Pattern[str], text: str) -> Iterator[Finding]:
    """Each hit of a pattern, of a labelled one only the value."""
    group = "value" if "value" in pattern.groupindex else 0
    return (Finding(kind, *match.span(group)) for match in pattern.finditer(text))


def _links(text: str) -> Iterator[Finding]:
    for match in _LINK.finditer(text):
        address = match.group().rstrip(".,;:!?)")
        if _TELLING_LINK.search(address):
            yield Finding(Kind.LINK, match.start(), match.start() + len(address))


def _bank_accounts(text: str) -> Iterator[Finding]:
    yield from _all(Kind.IBAN, _GERMAN_IBAN, text)
    for match in _IBAN.finditer(text):
        if iban.is_valid(match.group()):
            yield Finding(Kind.IBAN, *match.span())


def _unnamed_numbers(text: str) -> Iterator[Finding]:
    """Numbers whose check digit or form gives them away without a label."""
    yield from _all(Kind.ID_NUMBER, _PENSION, text)
    checks = ((_TAX_ID, idnr.is_valid), (_TAX_NUMBER, stnr.is_valid))
    for pattern, is_valid in checks:
        yield from (Finding(Kind.ID_NUMBER, *m.span()) for m in pattern.finditer(text) if is_valid(m.group()))


def _is_judgement(text: str, finding: Finding) -> bool:
    return bool(_COURT.search(text, max(finding.start - 60, 0), finding.start))


def _addresses(text: str) -> Iterator[Finding]:
    for match in _ADDRESS.finditer(text):
        street = match.group().rstrip("0123456789 ")
        if not _NO_STREET.search(street.split()[-1] if street.split() else street):
            yield Finding(Kind.ADDRESS, *match.span())


def _phones(text: str) -> Iterator[Finding]:
    dates = [match.span() for match in _ANY_DATE.finditer(text)]
    for match in _DIGITS.finditer(text):
        if not any(start <= match.start() < end for start, end in dates) and _is_phone(match.group()):
            yield Finding(Kind.PHONE, *match.span())
    yield from _all(Kind.PHONE, _PHONE, text)


def _is_phone(digits: str) -> bool:
    try:
        return phonenumbers.is_possible_number(number := phonenumbers.parse(digits, "DE")) and (
            phonenumbers.is_valid_number(number)
        )
    except phonenumbers.NumberParseException:
        return False


_MAILBOX = re.compile(
    r"abteilung|amt|anfrage|ausbildung|beratung|bewerbung|buchhaltung|buero|büro|bürger|buerger|datenschutz|dezernat|digital|dms"
    r"|e-?akte|^ea$|edv|einkauf|empfang|extern|fachbereich|^fb|fortbildung|funktion|gleichstellung|helpdesk|hilfe|hotline|info|intern"
    r"|^isb|^it|kaemmerei|kämmerei|kasse|koordination|kontakt|lotsen|mail|melde|noreply|office|organisation|personal|poststelle|^post$"
    r"|presse|rathaus|redaktion|referat|rechnung|registratur|reisekosten|schulung|sekretariat|service|sicherheit|stadt|standesamt|stelle"
    r"|support|team|technik|telearbeit|vergabe|verwaltung|vorstand|webmaster|zentral|zeit|^pr$|^sbv$|^dsb$|^\d+$"
)
_OFFICE = re.compile(
    r"\bteam\b|hotline|service|help-?desk|support|zentrale|\b(?!nebenstelle)\w*stelle\b|\b\w*amt\b|amtes\b|büro"
    r"|rathaus|sekretariat|fachbereich|\bfb \d|\bit\b|\b\w*abteilung\b|personalrat|\bedv\b|störung|notruf|\b\w*schutz"
    r"|kasse\b|archiv|registratur|kämmerei|hausmeister|koordination|gebäude|standort|verwaltung|\b\w*portal|empfang"
    r"|pforte|bücherei|bibliothek|\b\w*rat\b|beauftragt|leitstelle|technik|beratung|betriebsarzt|konferenz",
    re.IGNORECASE,
)
_NEAR = 90
"""Characters before a number or address in which an office makes it official."""


def _is_mailbox(address: str) -> bool:
    """Does an office read this mailbox? What looks like neither an office nor a person counts as a person."""
    local = re.split(r"@| ?[(\[]", address.lower(), maxsplit=1)[0]
    parts = [part for part in re.split(r"[._+%-]", local) if part]
    return not any(is_name(part) and len(part) > 2 for part in parts) and any(map(_MAILBOX.search, parts))


def _with_office(text: str, finding: Finding, persons: list[Finding]) -> Finding:
    """Mark a telephone number or an address that stands beside an office and in no sentence with a person."""
    if finding.kind not in (Kind.PHONE, Kind.ADDRESS):
        return finding
    start = max(finding.start - _NEAR, text.rfind("\n\n", 0, finding.start) + 1, 0)
    has_person = any(start <= person.start < finding.end + 30 for person in persons)
    is_free = text[finding.start : finding.end].startswith(("0800", "0180", "115", "116"))
    named = _OFFICE.search(text, start, finding.start) or _OFFICE.search(text, finding.end, finding.end + 30)
    return replace(finding, is_official=not has_person and (is_free or named is not None))
