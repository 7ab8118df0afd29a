"""Reads a topic for the jour fixe from one sentence: „E-Rechnung, 15 min, Entscheidung“. Pure.

The details are taken out of the sentence, all else stays title, so that nothing of what somebody wants to talk about is
lost. A number is minutes only beside a word for time: „Paragraph 15“, „M365“ and „Raum 15“ are parts of a title. All
patterns are linear in the length of the text.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from math import ceil

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from knowledge.names import names
from knowledge.text import normalise
from storage.models.agenda import Goal

STEP = 5
"""The minutes of a topic are a multiple of this."""
LONGEST = 120
"""Minutes of a topic at most."""
SENDER = "ich"
"""Stands as owner for whoever writes."""
GOALS = {
    Goal.INFO: "Info",
    Goal.DISCUSSION: "Diskussion",
    Goal.DECISION: "Entscheidung",
    Goal.CONSULTATION: "Beratung",
}
"""How goals are called."""


class ImpossibleMinutes(ValueError):
    """No topic takes so many `minutes`: none at all, or more than `LONGEST`."""

    def __init__(self, minutes: int) -> None:
        super().__init__(minutes)
        self.minutes = minutes


@dataclass(frozen=True, slots=True)
class TopicSentence:
    """What somebody says of a topic; what they do not say is empty.

    `minutes` is a multiple of `STEP`, rounded up; `is_rounded` when it was. `wanted` is the result that is hoped for,
    `owner` a name or `SENDER`, `series` one of the titles that the reader was given.
    """

    title: str = ""
    minutes: int | None = None
    goal: Goal | None = None
    wanted: str = ""
    link: str = ""
    owner: str = ""
    series: str = ""
    is_rounded: bool = False


class Step(StrEnum):
    """What somebody wants to be done with a topic that waits."""

    RECUR = "recur"
    ONCE = "once"
    SKIP = "skip"
    POSTPONE = "postpone"
    WITHDRAW = "withdraw"
    DISOWN = "disown"


# words


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_GOAL_WORDS = {
    Goal.INFO: "info infos information informationen kenntnis kenntnisnahme informieren",
    Goal.DISCUSSION: "diskussion diskutieren austausch aussprache besprechen besprechung meinungsbild",
    Goal.DECISION: "entscheidung entscheid entscheiden beschluss beschließen beschliessen beschlussfassung abstimmung"
    " abstimmen",
    Goal.CONSULTATION: "beratung fallberatung fallbesprechung fall beraten",
}
_GOAL_OF = {word: goal for goal, words in _GOAL_WORDS.items() for word in words.split()}
_LETTERS = {"i": Goal.INFO, "d": Goal.DISCUSSION, "e": Goal.DECISION, "b": Goal.CONSULTATION}
_MISSPELT = 8
"""Letters of a word for a goal in which one may be wrong."""
_FILLERS = _words(
    "wir ich brauche brauchen brauch bräuchte bräuchten benötige benötigen eine einen einer ein ne nen dafür dazu das"
    " es dauert dauer zeit zeitbedarf reicht reichen bitte ca circa etwa ungefähr rund max maximal höchstens so und"
    " gern gerne zur zum zu als nur mal kurz kurze kollegiale kollegialer will wollen möchte möchten hätte hätten"
    " würde würden ziel art noch dann wohl ist je für in mit braucht"
)
"""What stands around details and says nothing else."""
_BEFORE_TIME = _words(
    "dauert dauer braucht brauche brauchen ca circa etwa ungefähr rund max maximal höchstens so bitte und für"
)
"""What goes with minutes at the end of a title."""
_PART_OF_TITLE = _words(
    "von nach in je alle unter über bis vor seit mit die der den dem das innerhalb als um pro jede jeden"
)
"""After these, minutes are what the title speaks of."""

_NUMBERS = {
    "ein": 1, "eine": 1, "einer": 1, "ne": 1, "zwei": 2, "drei": 3, "fünf": 5, "zehn": 10, "fünfzehn": 15,
    "zwanzig": 20, "fünfundzwanzig": 25, "dreißig": 30, "vierzig": 40, "fünfundvierzig": 45, "sechzig": 60,
    "neunzig": 90, "anderthalb": 1.5, "eineinhalb": 1.5,
}  # fmt: skip
_HOUR = r"(?:stunden?|std\.?|h)(?!\w)"
_MINUTE = r"(?:(?:minuten?|min\.?)(?!\w)|['’′](?!\w))"
_ARTICLE = r"(?:(?:eine|einer|ne) )?"
_TIME = re.compile(
    rf"(?<!\w)(?:{_ARTICLE}(?:(?P<three>drei ?viertel)|(?P<quarter>viertel)|(?P<half>halben?)) ?stunde\b"
    rf"|(?P<minus>minus |[-−–])?(?<![\d.,:])(?:\d{{1,3}} ?(?:-|–|bis) ?(?=\d))?(?P<count>\d{{1,5}}(?:[.,]\d{{1,2}})?) ?"
    rf"(?:(?P<hours>{_HOUR})(?: ?(?:und )?(?P<more>\d{{1,2}})(?: ?{_MINUTE}|(?![\w,.])))?|{_MINUTE})"
    rf"|(?P<clock>\d{{1,2}}:[0-5]\d) ?{_HOUR}"
    rf"|(?P<word>{'|'.join(_NUMBERS)}) (?:(?P<word_hours>{_HOUR})|{_MINUTE}))(?!-\w)",
    re.IGNORECASE,
)

_LINK = re.compile(
    r"(?:(?:link|dokumente?|doku|unterlagen?|siehe|s\.)\s?:? )?<?(https?://[^\s<>\"„“”]{3,1000})>?", re.IGNORECASE
)
_OPENING = re.compile(
    r"\s*(?:neues )?(?:thema|themen|tagesordnungspunkt)\b(?: (?P<for>für )?(?P<series>[^:\n\d][^:\n]{0,80}))? ?:\s*",
    re.IGNORECASE,
)
_FOR = r"für (?:den |die |das |unsere |unseren )?(?:nächsten? |kommenden? )?"
_FOR_SERIES = re.compile(rf"{_FOR}([^:\n]{{1,80}}?) ?: ?(?!//)", re.IGNORECASE)
_ENDING_SERIES = re.compile(rf"{_FOR}(.{{1,80}})", re.IGNORECASE)
_USUAL_SERIES = frozenset({"jf", "jour fixe", "jours fixes", "jourfixe", "runde", "sitzung"})

_SEPARATOR = re.compile(r"( ?\n ?| [-–—|·•/] | ?; ?| ?,(?!\d) ?|(?<=[^\d,]), ?|(?<=[^\W\d_]{4})\. |(?<=[?!]) )")
_BRACKETS = re.compile(r"\(([^()\n]{1,80})\)")
_QUOTED_TITLE = re.compile(r"[„\"“»](.{1,300}?)[“”\"«](?=$|[\s,;.–-])")
_RESULT = re.compile(
    r" ?(?:: ?(?P<said>.+)|,? (?P<asked>(?:ob|wie|wer|was|wann|wo|wohin|womit|welche[rsnm]?|dass|warum|zu|zum|zur|über"
    r"|für|wegen)\b.+))",
    re.IGNORECASE,
)
_ASKED = re.compile(r"(?:ob|wie|dass|welche[rsnm]?)\b", re.IGNORECASE)
_NAMED_RESULT = re.compile(r"(?:ziel|ergebnis|gewünscht(?:es ergebnis)?|wunsch) ?: ?(.+)", re.IGNORECASE)
_ABOUT = re.compile(r"(?:zu|zum|zur|über|für|wegen) (?:(?:die|der|den|das|dem) )?(?=\S*[A-ZÄÖÜ\d]|\S+$)(.+)")
_NAMED_OWNER = re.compile(
    r"(?:(?:wer|vorstellung|verantwortlich|zuständig) ?:|(?:vorgestellt|eingebracht) von) ?(\S+(?: \S+){0,3})",
    re.IGNORECASE,
)
_FROM = re.compile(r"von ((?:frau |herrn? )?(.{2,60}))", re.IGNORECASE)
_SENDER = re.compile(
    r"(?:(?:vorgestellt |eingebracht )?(?:mit|von|durch) mir|ich"
    r"|ich (?:stelle|trage|bringe|mache) (?:es |das |das thema )?(?:selbst )?(?:vor|ein|mit)?"
    r"|(?:stelle|trage) ich vor)",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_LETTER_FIRST = re.compile(r"[a-zäöü]-[a-zäöü]")
_MONTH = re.compile(
    r"\b(?:januar|februar|märz|april|mai|juni|juli|august|september|oktober|november|dezember)\b"
)  # fmt: skip
_BEHIND_LINK = ".,;:!?)»'>"
_EDGES = " \n\t,;:–—-|·•/"

_STEPS = (
    (Step.RECUR, r"jedes mal|jedesmal|immer|regelmäßig|wiederkehrend|kommt (?:jedes mal|immer)(?: wieder)?|dauerthema"),
    (Step.ONCE, r"(?:nur )?einmal|einmalig|nicht (?:mehr )?(?:jedes mal|immer)|nur (?:dieses|diesmal|dieses mal)"),
    (Step.SKIP, r"diesmal nicht|dieses mal nicht|nächstes mal nicht|überspringen|auslassen|aussetzen"),
    (Step.POSTPONE, r"verschieben|vertagen|später|zurück(?:stellen)?|(?:zurück )?in den (?:themen)?speicher"),
    (Step.WITHDRAW, r"zurückziehen|zurücknehmen|streichen|löschen|herausnehmen|entfernen|ziehe ich zurück"),
    (Step.DISOWN, r"ohne mich|nicht mit mir|ohne person|ohne namen"),
)
_STEP_WORDS = tuple(
    (step, re.compile(rf"(?:bitte )?(?:{words})(?: bitte)?[.!]?", re.IGNORECASE)) for step, words in _STEPS
)

_JOUR_FIXE = r"(?:nächsten |kommenden )?(?:jour[ -]?fixe?s?|jf)\b"
_PLACE = re.compile(rf"\b(?:(?:beim|im|am|zum|bei dem|in dem|auf dem) )?{_JOUR_FIXE}", re.IGNORECASE)
_ANNOUNCED = re.compile(
    rf"(?:(?:ich|wir) (?:hätten?|habe?n?) )?(?:(?:da|noch|auch) )*"
    rf"(?:(?:was|etwas|(?:eine?n? )?(?:neues )?(?:thema|punkt|vorschlag|wunsch|idee))(?: noch)? )?"
    rf"für (?:den |unseren )?{_JOUR_FIXE} ?[:,–-] ?(.+)",
    re.IGNORECASE,
)
_VERBS = (
    "reden|sprechen|besprechen|bereden|diskutieren|austauschen|klären|entscheiden|beschließen|abstimmen|ansprechen"
    "|anschauen|vorstellen|behandeln|beraten|thematisieren|berichten|informieren"
)
_TALK = re.compile(
    r"(?:(?:können|könnten|sollten|sollen|wollen|müssen|müssten|würden) wir|lasst? uns|lassen sie uns"
    r"|(?:ich|wir) (?:möchten?|würden?|will|wollen|muss|müssen|sollten|könnten))"
    rf" (?P<about>.+?) (?P<verb>{_VERBS})"
    r"(?:,? (?P<asked>(?:ob|wie|wer|was|wann|wo|womit|welche[rsnm]?|dass|warum)\b.+))?[?!. ]*",
    re.IGNORECASE,
)
_ONTO_AGENDA = re.compile(
    r"(?!(?:wie|wer|was|wo|wann|warum|welche)\b)(?:(?:bitte|kann|könnten wir|können wir|setz|setze) )?(.+?) (?:bitte )?"
    r"(?:auf die (?:nächste )?(?:tagesordnung|agenda)|in den themenspeicher)"
    r"(?: (?:setzen|nehmen|aufnehmen|schreiben|kommen))?[?!. ]*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:das )?(?:thema|punkt|top|nr\.?|nummer)? ?\d", re.IGNORECASE)
_AROUND = re.compile(
    r"^(?:(?:bitte|mal|auch|noch|gern|gerne|kurz|einmal|nochmals?|wieder|alle|gemeinsam|zusammen|uns|dann|vielleicht"
    r"|das thema)\b ?)*(?:(?:über|zu|zum|zur)\b ?)?(?:(?:die|den|das|dem|der)\b ?)?",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?:neues )?thema (?!nr\b|\d|(?:ist|sind|war|waren|wird|wäre|hat|habe|kommt|steht|fehlt|ändern|des|der|vom)\b)"
    r"([^:?]{3,300})",
    re.IGNORECASE,
)
_LONGEST_WISH = 300
_ALIKE = 90
"""Of hundred, by the words that two titles share."""


# reading


def is_topic(text: str) -> bool:
    """Whether a sentence names a topic: „Thema für jf: …“."""
    found = _OPENING.match(text)
    return found is not None and found.end() < len(text.rstrip())


def is_wish(text: str) -> bool:
    """Whether a sentence wishes for a topic: „können wir beim nächsten Jour fixe über die E-Rechnung reden?“."""
    return wished(text) is not None


def wished(text: str) -> str | None:
    """What somebody wishes to talk about at the jour fixe, as a sentence to `read`; None if they say something else."""
    said = " ".join(text.split())
    if len(said) > _LONGEST_WISH:
        return None
    if found := _ANNOUNCED.fullmatch(said):
        return found[1]
    if found := _TALK.fullmatch(said):
        return _talked_about(found)
    if (found := _ONTO_AGENDA.fullmatch(said)) and not _NUMBERED.match(found[1]):
        return _about(found[1]) or None
    return None


def _talked_about(found: re.Match[str]) -> str | None:
    place = _PLACE.search(found["about"])
    if place is None:
        return None
    about = _about(f"{found['about'][: place.start()]} {found['about'][place.end() :]}")
    topic = ", ".join(filter(None, (about, (found["asked"] or "").rstrip("?!. "))))
    goal = _goal_of(found["verb"].casefold())
    return f"{topic}, {GOALS[goal]}" if topic and goal else topic or None


def _about(text: str) -> str:
    """„mal über die E-Rechnung“: what is talked about, without what stands around it."""
    return _AROUND.sub("", " ".join(text.split()).strip(_EDGES))


def bare_topic(text: str) -> str | None:
    """What stands behind „thema“ without a colon, as a sentence to `read`; it may be said of something else, too."""
    found = _BARE.fullmatch(" ".join(text.split()))
    return found[1] if found and step_in(found[1]) is None else None


def step_in(text: str) -> Step | None:
    """What is to be done with a topic: „jedes Mal“, „diesmal nicht“; None if it is something else."""
    said = " ".join(text.split())
    return next((step for step, words in _STEP_WORDS if words.fullmatch(said)), None)


def read(text: str, series: Collection[str] = ()) -> TopicSentence:
    """The topic that a sentence tells of; `series` are the titles that may be named in it.

    Raises `ImpossibleMinutes`.
    """
    found = _read(text, series, is_title=True)
    if not found.title and found.wanted:
        # „Entscheidung, ob wir ab März scannen“: what is wanted is all that was said.
        return replace(found, title=with_capital(found.wanted), wanted="")
    if not found.title and (named := _named_as_goal(text, series)):
        return named
    if found.title or any((found.minutes, found.link, found.owner, found.series)):
        return found
    return replace(found, title=with_capital(_tidy(_series(_lines(text), series)[1])))


def _named_as_goal(text: str, series: Collection[str]) -> TopicSentence | None:
    """„Kollegiale Beratung, 45 min“: where nothing else is a title, the goal that is said first is one, too."""
    topic, said = _series(_lines(text), series)
    first, *rest = _SEPARATOR.split(said, maxsplit=1)
    detail = None if _TIME.search(first) else _Reader(topic, series).detail(first)
    if not rest or detail is None or detail.goal is None:
        return None
    told = _read(rest[1], series, is_title=False)
    goal, named = told.goal or detail.goal, told.series or topic.series
    return replace(told, title=with_capital(_tidy(first)), goal=goal, series=named)


def read_details(text: str, series: Collection[str] = ()) -> TopicSentence:
    """As `read`, but of what is said about a topic that is there: all of it may be details."""
    return _read(text, series, is_title=False)


def _read(text: str, series: Collection[str], *, is_title: bool) -> TopicSentence:
    topic, text = _series(_lines(text), series)
    if link := _LINK.search(text):
        address = link[1].rstrip(_BEHIND_LINK)
        topic = replace(topic, link=address)
        text = f"{text[: link.start()].rstrip()}, {text[link.start(1) + len(address) :].lstrip(_BEHIND_LINK)}".strip(
            _EDGES
        )
    if quoted := _QUOTED_TITLE.match(text):
        rest = text[quoted.end() :].lstrip(" ")
        if not rest or rest[0] in ",;–-\n":
            return replace(_Reader(topic, series).read(rest.strip(_EDGES), is_title=False), title=_tidy(quoted[1]))
    return _Reader(topic, series).read(_BRACKETS.sub(_without_brackets, text), is_title=is_title)


def are_alike(first: str, second: str) -> bool:
    """Whether two titles may mean the same topic: all words of one are in the other, or nearly all."""
    return fuzz.token_set_ratio(normalise(first), normalise(second)) >= _ALIKE


def written(topic: TopicSentence) -> str:
    """The sentence that tells of a topic, which can be read again."""
    title, goal = topic.title, GOALS[topic.goal] if topic.goal else ""
    result = f"{goal or 'Ziel'}: {topic.wanted}" if topic.wanted else goal
    parts = (
        title if _is_plain(title) else f"„{title}“",
        f"{topic.minutes} Min." if topic.minutes else "",
        result,
        topic.link,
        ("mit mir" if topic.owner == SENDER else f"wer: {topic.owner}") if topic.owner else "",
        f"für {topic.series}" if topic.series else "",
    )
    return " – ".join(filter(None, parts))


def _lines(text: str) -> str:
    return "\n".join(filter(None, (" ".join(line.split()) for line in text.splitlines())))


def _is_plain(title: str) -> bool:
    try:
        return read(f"{title} – {STEP} Min.") == TopicSentence(title, STEP)
    except ImpossibleMinutes:
        return False


def _series(text: str, series: Collection[str]) -> tuple[TopicSentence, str]:
    """The series that stands before the topic, and the text without it."""
    empty = TopicSentence()
    if opening := _OPENING.match(text):
        if opening["series"] is None:
            text = text[opening.end() :]
        elif (named := _known(_series_name(opening["series"]), series)) is not None:
            return replace(empty, series=named), text[opening.end() :]
        elif opening["for"]:  # for somebody or something that is no series
            text = text[opening.start("for") :]
    if (found := _FOR_SERIES.match(text)) and (named := _known(found[1], series)) is not None:
        return replace(empty, series=named), text[found.end() :]
    return empty, text


def _series_name(said: str) -> str:
    found = _ENDING_SERIES.fullmatch(f"für {said}")
    return found[1] if found else said


def _known(said: str, series: Collection[str]) -> str | None:
    """The title of the series that is meant, nothing for the usual one; None if it is no series."""
    name = normalise(said)
    if exact := next((title for title in series if normalise(title) == name), None):
        return exact
    if name in _USUAL_SERIES:
        return ""
    parts = [title for title in series if name and f" {name} " in f" {normalise(title)} "]
    return parts[0] if len(parts) == 1 else None


def _without_brackets(found: re.Match[str]) -> str:
    parts = _SEPARATOR.split(found[1])[::2]
    is_detail = all(_Reader(TopicSentence(minutes=1), ()).detail(part) for part in parts if part.strip())
    return f", {found[1]}, " if is_detail else found[0]


class _Reader:
    """Reads a sentence part by part; `topic` is what is known so far."""

    def __init__(self, topic: TopicSentence, series: Collection[str]) -> None:
        self.topic = topic
        self._series = series
        self._title: list[str] = []
        self._wanted: list[str] = []

    def read(self, text: str, *, is_title: bool = True) -> TopicSentence:
        pieces = _SEPARATOR.split(text)
        is_after_detail = not is_title
        for place in range(0, len(pieces), 2):
            part, before = pieces[place].strip(" "), pieces[place - 1] if place else ""
            if not _WORD.search(part):
                continue
            detail = self.detail(part)
            if detail is None and (self._title or not is_title):
                detail = self._bare_minutes(part) or self._result(part, is_after_detail)
            if detail is None:
                self._keep(part, before)
            else:
                self._take(detail)
            is_after_detail = detail is not None
        return replace(self.topic, title=with_capital(_tidy("".join(self._title))), wanted=_tidy("".join(self._wanted)))

    def _take(self, detail: TopicSentence) -> None:
        """What was said first counts."""
        if detail.wanted:
            self._wanted.append(", " * bool(self._wanted) + detail.wanted)
        said = {field.name: getattr(detail, field.name) for field in fields(detail)}
        new = {name: value for name, value in said.items() if value and not getattr(self.topic, name)}
        self.topic = replace(self.topic, **(new | {"title": "", "wanted": ""}))

    def _keep(self, part: str, before: str) -> None:
        """A part of the title, or of what is wanted once that was begun."""
        if self._wanted:
            self._wanted.extend((before, part))
            return
        if not self._title and (opened := self._opening(part)):
            part, detail = opened
            self._take(detail)
        if ended := self._ending(part):
            part, detail = ended
            self._take(detail)
        self._title.extend((before if self._title else "", part))

    def detail(self, part: str) -> TopicSentence | None:
        """What a part tells that is nothing but details."""
        if _SENDER.fullmatch(part):
            return TopicSentence(owner=SENDER)
        if not self.topic.owner and (owner := self._owner(part)):
            return TopicSentence(owner=owner)
        if (ending := _ENDING_SERIES.fullmatch(part)) and (named := _known(ending[1], self._series)) is not None:
            return TopicSentence(series=named)
        time = _TIME.search(part)
        rest = part if time is None else f"{part[: time.start()]} {part[time.end() :]}"
        is_all, goal = self._goal(rest)
        if not is_all or (goal is None and time is None):
            return None
        minutes, is_rounded = (None, False) if time is None else _minutes(time)
        return TopicSentence(minutes=minutes, is_rounded=is_rounded, goal=goal)

    def _owner(self, part: str) -> str:
        if owner := _NAMED_OWNER.fullmatch(part):
            return SENDER if owner[1].casefold() in ("ich", "mir") else owner[1]
        owner = _FROM.fullmatch(part)
        return owner[1] if owner and owner.span(2) in names(part) else ""

    def _bare_minutes(self, part: str) -> TopicSentence | None:
        """„…, 25“: a number alone behind a title is minutes, if it is a whole step of them."""
        said = part.rstrip(".")
        minutes = int(said) if said.isdecimal() and len(said) <= len(str(LONGEST)) else 0
        is_step = STEP <= minutes <= LONGEST and minutes % STEP == 0
        return TopicSentence(minutes=minutes) if is_step and not self.topic.minutes else None

    def _goal(self, text: str) -> tuple[bool, Goal | None]:
        """Whether a text tells a goal at most, and which."""
        words = [word.casefold() for word in _WORD.findall(text)]
        words = [word for word in words if word not in _FILLERS]
        if len(words) == 1 and words[0] in _LETTERS and self.topic.minutes:
            return True, _LETTERS[words[0]]
        goals = [_goal_of(word) for word in words]
        return None not in goals, goals[0] if goals else None

    def _result(self, part: str, is_after_detail: bool) -> TopicSentence | None:
        """What is wanted: „Entscheidung: …“, „wir brauchen ne entscheidung ob …“, „Ziel: …“."""
        time = _TIME.match(part)
        if time:
            after = self._result(part[time.end() :].strip(" "), is_after_detail)
            minutes, is_rounded = _minutes(time)
            return replace(after, minutes=minutes, is_rounded=is_rounded) if after else None
        if named := _NAMED_RESULT.fullmatch(part):
            return TopicSentence(wanted=named[1])
        words = list(_WORD.finditer(part))
        for place, word in enumerate(words):
            if goal := _goal_of(word[0].casefold()):
                if result := _RESULT.fullmatch(part, word.end()):
                    is_all = self._goal(part[: word.start()])[0]
                    return TopicSentence(goal=goal, wanted=(result["said"] or result["asked"]) if is_all else part)
                speaks = words[0][0].casefold() in ("wir", "ich")
                return TopicSentence(goal=goal, wanted=part) if place and speaks else None
        return TopicSentence(wanted=part) if is_after_detail and _ASKED.match(part) else None

    def _opening(self, part: str) -> tuple[str, TopicSentence] | None:
        """„10 Minuten Info zu M365“: the title behind its details."""
        time = _TIME.search(part)
        if time and self._goal(part[: time.start()])[0] and part[time.end() :].strip():
            minutes, is_rounded = _minutes(time)
            rest = part[time.end() :].strip(_EDGES)
            title, detail = self._about(rest)
            return title, replace(detail, minutes=minutes, is_rounded=is_rounded)
        title, detail = self._about(part)
        return (title, detail) if title != part or detail.goal else None

    def _about(self, part: str) -> tuple[str, TopicSentence]:
        """„Info zu M365“, „Entscheidung: E-Rechnung“, „für Altakten“."""
        first = _WORD.match(part)
        goal = _goal_of(first[0].casefold()) if first else None
        if first is None or goal is None:
            about = _ABOUT.fullmatch(part) if _TIME.search(part) is None else None
            return (about[1] if about else part), TopicSentence()
        rest = part[first.end() :]
        if rest.startswith(":") or _ASKED.match(rest.strip(_EDGES)):
            return rest.strip(_EDGES), TopicSentence(goal=goal)
        about = _ABOUT.fullmatch(rest.strip(" "))
        is_told = about is not None or _RESULT.fullmatch(rest) is not None
        return (about[1] if about else part), TopicSentence(goal=goal if is_told else None)

    def _ending(self, part: str) -> tuple[str, TopicSentence] | None:
        """„E-Rechnung 15 min Entscheidung“: the title before its details."""
        for time in _TIME.finditer(part):
            before = part[: time.start()].split()
            after = part[time.end() :].strip(" .")
            detail = self.detail(f"{time[0]} {after}") or (self.detail(after) if after else None)
            if detail is None:
                continue
            minutes, is_rounded = _minutes(time)
            detail = replace(detail, minutes=minutes, is_rounded=is_rounded)
            goal = _goal_of(before[-1].casefold()) if len(before) > 1 else None
            if goal and not detail.goal:
                before, detail = before[:-1], replace(detail, goal=goal)
            while before and before[-1].casefold().strip(".") in _BEFORE_TIME:
                before.pop()
            if before and before[-1].casefold() not in _PART_OF_TITLE:
                return " ".join(before), detail
        return None


def _goal_of(word: str) -> Goal | None:
    """The goal that a word in small letters stands for, also with one letter wrong."""
    if word in _GOAL_OF or len(word) < _MISSPELT:
        return _GOAL_OF.get(word)
    return next((goal for known, goal in _GOAL_OF.items() if OSA.distance(known, word, score_cutoff=1) <= 1), None)


def _minutes(time: re.Match[str]) -> tuple[int, bool]:
    """Whole steps of minutes, and whether that is more than was said. Raises `ImpossibleMinutes`."""
    said = _said_minutes(time)
    if not 0 < said <= LONGEST:
        raise ImpossibleMinutes(ceil(said))
    minutes = ceil(said / STEP) * STEP
    return minutes, minutes != said


def _said_minutes(time: re.Match[str]) -> float:
    if time["clock"]:
        hours, minutes = map(int, time["clock"].split(":"))
        return hours * 60 + minutes
    if time["word"]:
        return _NUMBERS[time["word"].casefold()] * (60 if time["word_hours"] else 1)
    if time["count"]:
        count = float(time["count"].replace(",", ".")) * (60 if time["hours"] else 1) + int(time["more"] or 0)
        return -count if time["minus"] else count
    return 45 if time["three"] else 15 if time["quarter"] else 30


def _tidy(text: str) -> str:
    """One line without what separated it from others; months with their capital letter."""
    line = " ".join(text.split()).strip(_EDGES).removesuffix(".")
    return _MONTH.sub(lambda month: month[0].capitalize(), line)


def with_capital(title: str) -> str:
    """With a capital letter, unless the first word is a name like „d3“ or „eAkte“; „e-rechnung“ is „E-Rechnung“."""
    if _LETTER_FIRST.match(title):
        return title[:3].upper() + title[3:]
    first = title.split(" ", 1)[0].replace("-", "")
    return title[:1].upper() + title[1:] if first.isalpha() and first.islower() else title
