"""Reads results of a meeting from chat: „Beschluss: …“, „Aufgabe: Ben, Anleitung schreiben, bis 15.3.“. Pure.

One message may hold several, with the number of the item that they belong to. What a day or a person is, others know:
it is asked with `IsDay` and `IsSomebody`.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

IsDay = Callable[[str], bool]
"""Whether words are a day: „15.3.“, „Freitag“, „KW 12“."""
IsSomebody = Callable[[str], bool]
"""Whether words name a person or an office: „Ben“, „Stabsstelle“."""

LONGEST = 3000
"""Letters of a message in which results are looked for."""
MOST = 12
"""Results in one message."""


class ResultKind(StrEnum):
    """What kind of result it is."""

    DECISION = "decision"
    TASK = "task"
    INFO = "info"
    IDEA = "idea"
    OPEN = "open"


class Missing(StrEnum):
    """What a task lacks before it can be kept."""

    OWNER = "owner"
    UNTIL = "until"


@dataclass(frozen=True, slots=True)
class Result:
    """A result as it was said. `item` is the number of the item; `owner` and `until` are words, of tasks alone."""

    kind: ResultKind
    text: str
    item: int | None = None
    owner: str = ""
    until: str = ""

    @property
    def missing(self) -> tuple[Missing, ...]:
        """What somebody has to be asked for: „wir“ is nobody, „asap“ no day."""
        if self.kind is not ResultKind.TASK:
            return ()
        lacks = {Missing.OWNER: not self.owner or is_vague_owner(self.owner),
                 Missing.UNTIL: not self.until or is_vague_until(self.until)}  # fmt: skip
        return tuple(part for part, is_lacking in lacks.items() if is_lacking)


_WORDS = {
    "beschluss": ResultKind.DECISION, "beschluß": ResultKind.DECISION, "beschlus": ResultKind.DECISION,
    "beschlüsse": ResultKind.DECISION, "beschlossen": ResultKind.DECISION, "entscheidung": ResultKind.DECISION,
    "entschieden": ResultKind.DECISION, "aufgabe": ResultKind.TASK, "aufgaben": ResultKind.TASK,
    "auftrag": ResultKind.TASK, "todo": ResultKind.TASK, "to-do": ResultKind.TASK, "to do": ResultKind.TASK,
    "info": ResultKind.INFO, "infos": ResultKind.INFO, "information": ResultKind.INFO, "hinweis": ResultKind.INFO,
    "idee": ResultKind.IDEA, "ideen": ResultKind.IDEA, "offener punkt": ResultKind.OPEN, "offen": ResultKind.OPEN,
    "noch offen": ResultKind.OPEN, "ungeklärt": ResultKind.OPEN,
}  # fmt: skip
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_ITEM = r"(?:(?:zu|bei|für)\s+)?(?:tops?|punkt|tagesordnungspunkt)\s*(?:nr\.?\s*)?(?P<{}>\d{{1,2}})"
_BEFORE = rf"(?:{_ITEM.format('before')}\b\.?\s*[:,–-]?\s*)?"
_AFTER = rf"(?:\s+(?:(?P<number>\d{{1,2}})|{_ITEM.format('after')}))?"
# „Beschluss 3:“, „top 3 beschluss:“, „Aufgabe Ben:“. Commands („!beschluss“) and tasks of several need no colon.
_LABELLED = rf"(?P<word>{_WORD}){_AFTER}\s*:"
_TASK = "aufgabe|auftrag|todo|to-do"
_FOR_SOMEBODY = rf"(?P<task>{_TASK})\s+(?:(?:an|für)\s+)?(?P<who>@?[^\W\d_][^\n:;.,!?]{{0,60}}?)\s*:(?!\d)"
_COMMANDED = rf"[!/](?P<commanded>{_WORD})\b\s*:?"
_LETTERS = {"b": "Beschluss", "a": "Aufgabe", "i": "Info"}
_LOOSE = re.compile(
    r"(?:(?P<letter>[bai])\s*:|(?P<whole>beschluss|beschluß|beschlossen|aufgabe|info|idee|offen)\s(?=\S+\s\S+\s\S))\s*",
    re.IGNORECASE,
)
_SOON = r"asap|sofort|baldmöglichst|schnellstmöglich|zeitnah|demnächst"
_UNLABELLED = (
    rf"(?P<unlabelled>{_TASK})\s+(?=[^\n:;.!?]{{1,200}}(?:\bbis\s|\bnach den \w+ferien\b|\b(?:{_SOON})\b)"
    r"|(?:wir|ich|alle)\s[^\n?]{1,200}(?:[\n.;!]|\Z))"
)
_MARK = re.compile(
    rf"(?:(?<=\A)|(?<=[\n.;,!])|(?<=[\n.;,!] ))(?:[-*•]\s+)?{_BEFORE}"
    rf"(?:{_COMMANDED}|{_LABELLED}|{_FOR_SOMEBODY}|{_UNLABELLED})\s*",
    re.IGNORECASE,
)

_UNTIL = re.compile(
    r"(?:\b(?:fällig|frist|termin)\b:?\s*)?\b(?:bis\s+spätestens|spätestens(?:\s+(?:bis|am|zum))?|bis|fällig|frist|termin)\b:?\s+",
    re.IGNORECASE,
)
_LEAD = re.compile(r"(?:zum|zur|am|ende\s+der|spätestens)\s+", re.IGNORECASE)
_NEXT_MEETING = re.compile(
    r"(?:(?:bis|zum|zur|am|beim)\s+)*(?:(?:nächste|kommende)[nmrs]?|dann)\s+"
    r"(?:jf|jour[\s-]?fixe?|termin|treffen|sitzung|runde|mal)[.!]?",
    re.IGNORECASE,
)
_HOLIDAYS = re.compile(
    r"(?P<side>nach|vor|bis|bis\s+nach|bis\s+vor)\s+(?:den\s+|der\s+|zu\s+den\s+)?"
    r"(?P<name>oster|sommer|herbst|weihnachts|winter|pfingst|frühjahrs)ferien[.!]?",
    re.IGNORECASE,
)
_VAGUE_UNTIL = re.compile(
    r"(?:bis\s+)?(?:asap|a\.s\.a\.p\.?|(?:ab\s+)?sofort|baldmöglichst|so\s+(?:schnell|bald)\s+(?:wie|als)\s+möglich"
    r"|schnellstmöglich|zeitnah|demnächst|bald|dringend|irgendwann|offen|später|mal|auf\s+weiteres|wenn\s+zeit\s+ist"
    r"|möglichst\s+(?:bald|schnell)|schnell)[.!]?",
    re.IGNORECASE,
)
_VAGUE_AT_THE_END = re.compile(_SOON, re.IGNORECASE)
_LIKE_A_DAY = re.compile(
    r"(?:\w{2,10},? (?:den )?)?\d{1,2}\. ?(?:\d{1,2}\.?|[a-zäöü]{3,9}\.?) ?(?:\d{4}|\d{2})?"
    r"|(?:kw|kalenderwoche) ?\d{1,2}(?: ?/? ?\d{2,4})?|\d{4}-\d{1,2}-\d{1,2}",
    re.IGNORECASE,
)
_VAGUE_OWNER = re.compile(
    r"(?:wir(?:\s+alle)?|alle(?:\s+zusammen)?|uns|man|jede[rs]?|jemand|irgendwer|irgendjemand|wer\s+(?:will|mag|kann)"
    r"|niemand|keiner|team|das\s+team|die\s+runde|offen|\?+|n\.?\s?n\.?|tbd)",
    re.IGNORECASE,
)
_OFFICE = re.compile(
    r"(?:(?:die|der|das)\s+)?(?:stabs?stelle|koordination|moderation|redaktion|protokoll|(?:fb|fachbereich|amt|team"
    r"|referat|abteilung|dezernat)\s+[\w-]+|personalrat|pr|it|edv|service\s?desk|ich|lots:?innen)",
    re.IGNORECASE,
)
_TITLED = re.compile(r"(?:frau|herrn?|dr\.?|kolleg(?:e|in))\s+(?:dr\.?\s+)?[^\W\d_][\w-]*", re.IGNORECASE)
_INFINITIVE = re.compile(r"[a-zäöüß-]{2,}(?:en|ern|eln)")
_SHORT_DAY = re.compile(
    r"\b(?P<before>ab|bis|bis zum|vom|zum|am|seit|den)\s(?P<day>[0-3]?\d\.[01]?\d\.)(?!\d)", re.IGNORECASE
)
_MOST_DAY_WORDS = 5


def holds_results(text: str) -> bool:
    """Whether a message begins with a result, so that it is meant for the minutes."""
    return _MARK.match(_spaced(text)) is not None


def labelled(text: str) -> str:
    """A text that begins with a label, but without its colon or cut to a letter: „B: …“, „Beschluss ab März gilt …“.

    Gives it with its label, or nothing if it is none. Outside of a meeting such words mean something else.
    """
    found = _LOOSE.match(_spaced(text))
    if not found or "?" in text:
        return ""
    label = _LETTERS.get((found["letter"] or "").casefold()) or found["whole"].capitalize()
    return f"{label}: {_spaced(text)[found.end() :]}"


def is_loosely_labelled(text: str) -> bool:
    """Whether a text may be a result, if it is said in a meeting."""
    return bool(labelled(text))


def results_in(text: str, is_day: IsDay, is_somebody: IsSomebody) -> tuple[Result, ...]:
    """The results that a message holds, in order; none for other talk. Later ones belong to the item of the first."""
    return tuple(_results(_spaced(text), is_day, is_somebody))[:MOST]


def task_in(text: str, is_day: IsDay, is_somebody: IsSomebody) -> Result:
    """A task without its label: „Ben, Anleitung schreiben, bis 15.3.“; a name or a day alone is no more than that."""
    if _is_until(text.strip(" !"), is_day):
        return Result(ResultKind.TASK, "", until=text.strip(" !"))
    rest, until = _without_until(text, is_day)
    if _names_somebody(rest, is_somebody):
        return Result(ResultKind.TASK, "", owner=rest, until=until)
    return _task(text, None, "", is_day, is_somebody)


def is_vague_owner(words: str) -> bool:
    """Whether words name nobody who could be reminded: „wir“, „alle“."""
    return _VAGUE_OWNER.fullmatch(words.strip(" .!")) is not None


def is_vague_until(words: str) -> bool:
    """Whether words name no day on purpose: „asap“."""
    return _VAGUE_UNTIL.fullmatch(words.strip()) is not None


def is_next_meeting(words: str) -> bool:
    """Whether words mean the next meeting: „nächsten JF“."""
    return _NEXT_MEETING.fullmatch(words.strip()) is not None


def looks_like_day(words: str) -> bool:
    """Whether words have the form of a day, even of one that does not exist: „31. Februar“, „30.2.“, „KW 54“."""
    return _LIKE_A_DAY.fullmatch(words.strip()) is not None


def school_holidays_in(words: str) -> str:
    """The stem of the school holidays that words name, „oster“ or „sommer“, with „vor “ before it if it is their begin.

    Empty if they name none.
    """
    found = _HOLIDAYS.fullmatch(words.strip())
    if not found:
        return ""
    is_before = "vor" in found["side"].casefold() or found["side"].casefold() == "bis"
    return ("vor " if is_before else "") + found["name"].casefold()


def with_full_days(text: str, in_full: Callable[[str], str]) -> str:
    """A text in which each day without a year, like „ab 1.3.“, is written in full: minutes are read later."""
    return _SHORT_DAY.sub(lambda found: f"{found['before']} {in_full(found['day'])}", text)


def _spaced(text: str) -> str:
    """Lines with single spaces, so that no pattern tries many ways through a gap."""
    return "\n".join(filter(None, (" ".join(line.split()) for line in text[:LONGEST].splitlines())))


def _results(text: str, is_day: IsDay, is_somebody: IsSomebody) -> Iterator[Result]:
    if not _MARK.match(text):
        return
    marks = list(_MARK.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    item: int | None = None
    for mark, end in zip(marks, ends, strict=True):
        number = mark["before"] or mark["number"] or mark["after"]
        item = int(number) if number else item
        said = _tidy(text[mark.end() : end])
        if not any(map(str.isalnum, said)):
            continue
        word = (mark["commanded"] or mark["word"] or mark["task"] or mark["unlabelled"] or "").casefold()
        kind = _WORDS[" ".join(word.split())]
        if kind is ResultKind.TASK:
            is_named_first = mark["unlabelled"] is not None
            yield _task(said, item, mark["who"] or "", is_day, is_somebody, is_named_first=is_named_first)
        else:
            yield Result(kind, said, item)


def _tidy(text: str) -> str:
    """One line; a full stop behind a single sentence goes, one behind a day stays."""
    line = " ".join(text.split()).strip(" ,;–-")
    return line[:-1].rstrip() if line.endswith(".") and not re.search(r"\d\.$|\b\w{1,3}\.$", line) else line


def _task(
    said: str, item: int | None, who: str, is_day: IsDay, is_somebody: IsSomebody, *, is_named_first: bool = False
) -> Result:
    rest, until = _without_until(said, is_day)
    owner, text = (who, rest) if who else _owner(rest, is_somebody, is_named_first)
    return Result(ResultKind.TASK, _tidy(text), item, " ".join(owner.split()).strip(" ,:"), until)


def _without_until(said: str, is_day: IsDay) -> tuple[str, str]:
    """A task without its day, and the words of that day."""
    for found in reversed(list(_UNTIL.finditer(said))):
        words = said[found.end() :].split()
        for count in range(min(len(words), _MOST_DAY_WORDS), 0, -1):
            day = " ".join(words[:count]).strip(" ,;!")
            if _is_until(day, is_day):
                rest = f"{said[: found.start()].rstrip(' ,;(')} {' '.join(words[count:]).lstrip(' ,;)')}"
                return rest.strip(), day
    parts = re.split(r"\s*[,;]\s+|\s*[,;]$", said)
    for place in range(len(parts) - 1, 0, -1):
        if _is_until(parts[place].strip(" !"), is_day):
            return ", ".join(filter(None, [*parts[:place], *parts[place + 1 :]])), parts[place].strip(" !")
    if holidays := _HOLIDAYS.search(said):
        return (
            f"{said[: holidays.start()].rstrip(' ,')} {said[holidays.end() :].lstrip(' ,')}".strip(),
            holidays.group(),
        )
    *others, last = said.split() or [""]
    return (" ".join(others), last) if others and _VAGUE_AT_THE_END.fullmatch(last) else (said, "")


def _is_until(words: str, is_day: IsDay) -> bool:
    bare = _LEAD.sub("", words, count=1) if _LEAD.match(words) else words
    is_named = is_next_meeting(words) or is_vague_until(words) or bool(school_holidays_in(words))
    return bool(words) and (is_named or is_day(words) or is_day(bare) or looks_like_day(words))


def _owner(text: str, is_somebody: IsSomebody, is_named_first: bool) -> tuple[str, str]:
    """Who does it, and the task without them: behind a comma or colon, else if the words in front name somebody."""
    parts = [part.strip() for part in re.split(r"\s*[,;:]\s+", text) if part.strip()]
    if len(parts) > 1:
        if _may_be_owner(parts[0], is_somebody):
            return parts[0], ", ".join(parts[1:])
        for place, part in enumerate(parts[1:], start=1):
            if _names_somebody(part, is_somebody):
                return part, ", ".join(parts[:place] + parts[place + 1 :])
    words = text.split()
    for count in (3, 2, 1):
        first = " ".join(words[:count])
        if len(words) > count and _names_somebody(first, is_somebody):
            return first, " ".join(words[count:])
    if is_named_first and len(words) > 1:
        return words[0], " ".join(words[1:])
    return "", text


def _names_somebody(words: str, is_somebody: IsSomebody) -> bool:
    known = (_OFFICE, _TITLED, _VAGUE_OWNER)
    is_marked = words.startswith("@") and " " not in words
    return is_marked or is_somebody(words) or any(pattern.fullmatch(words) for pattern in known)


def _may_be_owner(words: str, is_somebody: IsSomebody) -> bool:
    """Whether words in front of a comma are somebody: short, and no doing („Anleitung schreiben“)."""
    if _names_somebody(words, is_somebody):
        return True
    parts = words.split()
    return len(parts) <= 3 and not _INFINITIVE.fullmatch(parts[-1]) and not any(map(str.isdigit, words))
