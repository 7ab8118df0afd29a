"""Formats of peer consultation (Beratungsmodelle): phases, times and rules, each one in a readable file.

A format is data: whoever leads through it knows none by name. A house can add its own, and change the built-in ones.
"""

import difflib
import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)
from rapidfuzz import fuzz, process

from knowledge.text import normalise
from storage.models.peer_consultation import Mode, NoteKind, Part

END = "end"
"""What `next` says in the phase that ends a format; without it, that is the last one in the file."""
LONGEST = 180
"""Minutes that a live format may last with its largest group."""
ALL: Final = "all"
TYPO = 80  # rapidfuzz score out of 100


class Laps(StrEnum):
    """Whether one of the group is case giver, or each of them in turn."""

    ONCE = "once"
    EACH = "each"


class Does(StrEnum):
    """What happens in a phase."""

    CASTING = "casting"
    TELLING = "telling"
    QUESTIONS = "questions"
    KEY_QUESTION = "key_question"
    METHOD = "method"
    HYPOTHESES = "hypotheses"
    ADVICE = "advice"
    STATEMENT = "statement"
    DECISION = "decision"
    SHARING = "sharing"
    CLOSING = "closing"
    TALK = "talk"


def _speaker(value: Any) -> Any:
    if value not in (ALL, *Part):
        raise ValueError(f"nennt „{value}“. Möglich sind {ALL}, {', '.join(Part)}")
    return value


def _pair(value: Any) -> Any:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise ValueError("braucht zwei Zahlen in eckigen Klammern: [5, 7]")
    return value


def _some(given: tuple[Any, ...]) -> tuple[Any, ...]:
    # A length in the field would be complained of as well when what is in there is wrong.
    if not given:
        raise ValueError("ist leer")
    return given


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", text):
        raise ValueError(f"ist „{text}“. Erlaubt sind kleine Buchstaben ohne Umlaute, Ziffern und _")
    return text


def _sayable(rule: str) -> str:
    names = re.findall(r"\{(.*?)\}", rule)
    if wrong := [name for name in names if name not in PEOPLE]:
        raise ValueError(f"nennt {{{wrong[0]}}}. In Klammern geht: {', '.join(PEOPLE)}")
    if rule.count("{") != len(names) or rule.count("}") != len(names):
        raise ValueError("hat eine geschweifte Klammer zu viel")
    return rule


PEOPLE: Mapping[str, str] = {
    Part.CASE_GIVER: "die Person mit dem Fall",
    Part.MODERATOR: "die Moderation",
    Part.SCRIBE: "die Mitschrift",
    Part.TIMEKEEPER: "die Zeit",
    Part.OBSERVER: "die Beobachtung",
}
"""What those who have a part are called where no name is known, by the part; rules name them as „{case_giver}“."""

Speaker = Annotated[Part | Literal["all"], BeforeValidator(_speaker)]
Number = Annotated[int, Field(strict=True)]
Name = Annotated[str, AfterValidator(_name)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
Prose = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class Phase(BaseModel):
    """A phase of a format: what happens, for how long, and who speaks.

    `minutes` are those of a live format, `days` the working days of a written one. `rule` is neutral, neither du nor
    Sie, and may name people as „{case_giver}“. With `in_turn` each one has one contribution. `notes` is what a
    contribution is for the scribe, None where nothing is noted. `next` is the phase that follows, without it the next
    one in the file. With `in_lap` it comes once for each person, where each one is case giver.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name
    title: Title
    rule: Annotated[Prose, AfterValidator(_sayable)]
    does: Does
    minutes: Annotated[int | None, Field(strict=True, ge=1, le=60)] = None
    days: Annotated[int | None, Field(strict=True, ge=1, le=10)] = None
    speakers: Annotated[tuple[Speaker, ...], AfterValidator(_some)] = (ALL,)
    in_turn: Annotated[bool, Field(strict=True)] = False
    notes: NoteKind | None = None
    next: str | None = None
    in_lap: Annotated[bool, Field(strict=True)] = False

    def lets_speak(self, part: Part | None) -> bool:
        """Whether somebody with this part speaks here; who has none advises."""
        return ALL in self.speakers or (part or Part.ADVISER) in self.speakers

    def said(self, names: Mapping[Part, str] = MappingProxyType({})) -> str:
        """The rule with the names of those who have a part, or with what they do."""
        people = {part: names.get(Part(part), word) for part, word in PEOPLE.items()}
        return re.sub(r"(?:^|(?<=[.!?:] ))[a-zäöü]", lambda first: first[0].upper(), self.rule.format(**people))


class Format(BaseModel):
    """A way to consult each other, for `smallest` to `largest` people, at its best for `best` ones, from and to.

    `id` is the name of its file. `source` says where the idea comes from. `parts` are given to people in the casting.
    With `is_default` it is taken for groups of its size where nobody wished for another one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name
    title: Title
    summary: Prose
    source: Prose
    mode: Mode
    smallest: Annotated[Number, Field(ge=2, le=40)]
    largest: Annotated[Number, Field(ge=2, le=40)]
    best: Annotated[tuple[Number, Number], BeforeValidator(_pair)]
    laps: Laps = Laps.ONCE
    is_default: Annotated[bool, Field(strict=True)] = False
    parts: tuple[Part, ...] = ()
    phases: Annotated[tuple[Phase, ...], Field(max_length=20), AfterValidator(_some)]

    @cached_property
    def order(self) -> tuple[Phase, ...]:
        """The phases as they follow each other; raises `ValueError` for a cycle or a `next` that leads nowhere."""
        walked = [self.phases[0]]
        while following := self._next(walked[-1]):
            if following in walked:
                raise ValueError(f"kommt nie zum Ende: Nach „{walked[-1].id}“ folgt wieder „{following.id}“")
            walked.append(following)
        return tuple(walked)

    def _next(self, phase: Phase) -> Phase | None:
        if phase.next == END:
            return None
        if phase.next is not None:
            return self.phase(phase.next)
        return next(iter(self.phases[self.phases.index(phase) + 1 :]), None)

    def phase(self, name: str) -> Phase:
        """The phase with this id; raises `ValueError` without one."""
        found = next((phase for phase in self.phases if phase.id == name), None)
        if found is None:
            near = difflib.get_close_matches(name, [phase.id for phase in self.phases], n=1)
            raise ValueError(f"hat keine Phase „{name}“" + (f". Gemeint ist vielleicht {near[0]}" if near else ""))
        return found

    def after(self, name: str) -> Phase | None:
        """The phase after the one with this id, None after the last one; of laps it knows nothing."""
        following = self.order.index(self.phase(name)) + 1
        return next(iter(self.order[following:]), None)

    def following(self, name: str, lap: int, people: int) -> tuple[Phase, int] | None:
        """The phase and the lap, from 0, that come after a phase in a group of `people`; None at the end."""
        phase = self.after(name)
        if self.phase(name).in_lap and not (phase and phase.in_lap) and lap + 1 < people:
            return self.lap_phases[0], lap + 1
        return (phase, lap) if phase else None

    @property
    def lap_phases(self) -> tuple[Phase, ...]:
        """The phases that come once for each person."""
        return tuple(phase for phase in self.order if phase.in_lap)

    def minutes(self, people: int) -> int:
        """The whole length with so many people; 0 for a written format."""
        return sum((phase.minutes or 0) * (people if phase.in_lap else 1) for phase in self.phases)

    def days(self, people: int) -> int:
        """The whole length with so many people in working days; 0 for a live format."""
        return sum((phase.days or 0) * (people if phase.in_lap else 1) for phase in self.phases)

    def fits(self, people: int) -> bool:
        """Whether so many people can work by it."""
        return self.smallest <= people <= self.largest

    def as_json(self) -> dict[str, Any]:
        """What `from_json` makes the same format of."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, plan: Mapping[str, Any]) -> Self:
        """The format that was kept."""
        return cls.model_validate(plan)

    @model_validator(mode="after")
    def _can_be_led_through(self) -> Self:
        # One after the other: what follows relies on what is checked before.
        for check in (_check_sizes, _check_ids, _check_order, _check_times, _check_parts, _check_laps, _check_sense):
            check(self)
        return self


def _check_sizes(plan: Format) -> None:
    low, high = plan.best
    if not plan.smallest <= low <= high <= plan.largest:
        raise ValueError(
            f"hat Größen, die nicht zusammenpassen: smallest {plan.smallest}, best {low} bis {high}, "
            f"largest {plan.largest}. Keine Zahl darf kleiner sein als die davor"
        )


def _check_ids(plan: Format) -> None:
    ids = [phase.id for phase in plan.phases]
    if twice := [name for name in ids if ids.count(name) > 1]:
        raise ValueError(f"hat zwei Phasen mit der id „{twice[0]}“. Eine braucht eine andere")
    if END in ids:
        raise ValueError(f"hat eine Phase mit der id „{END}“. Das Wort steht bei next für den Schluss")


def _check_order(plan: Format) -> None:
    reached = plan.order
    if left := [phase.id for phase in plan.phases if phase not in reached]:
        raise ValueError(f'kommt nie zur Phase „{left[0]}“. Eine andere braucht next = "{left[0]}"')


def _check_times(plan: Format) -> None:
    wanted, other = ("minutes", "days") if plan.mode == Mode.LIVE else ("days", "minutes")
    for phase in plan.phases:
        if getattr(phase, other) is not None:
            raise ValueError(f'hat mode = "{plan.mode}": Bei Phase „{phase.id}“ {other} durch {wanted} ersetzen')
        if getattr(phase, wanted) is None:
            raise ValueError(f"braucht bei Phase „{phase.id}“ noch {wanted}")
    if plan.minutes(plan.largest) > LONGEST:
        raise ValueError(f"dauert bis zu {plan.minutes(plan.largest)} Minuten. Möglich sind höchstens {LONGEST}")


def _check_parts(plan: Format) -> None:
    if twice := [part for part in plan.parts if plan.parts.count(part) > 1]:
        raise ValueError(f"nennt in parts „{twice[0]}“ zweimal")
    if Part.ADVISER in plan.parts:
        raise ValueError(f"nennt in parts „{Part.ADVISER}“. Das sind alle, die sonst nichts übernehmen: weglassen")
    if (Part.CASE_GIVER in plan.parts) != (plan.laps == Laps.ONCE):
        cure = "hineinschreiben" if plan.laps == Laps.ONCE else "weglassen"
        raise ValueError(f'hat laps = "{plan.laps}": In parts „{Part.CASE_GIVER}“ {cure}')
    if len(plan.parts) > plan.smallest:
        raise ValueError(f"verteilt {len(plan.parts)} Aufgaben auf {plan.smallest} Personen. parts kürzen")
    known = {ALL, Part.CASE_GIVER, Part.ADVISER, *plan.parts}
    for phase in plan.phases:
        if unknown := [speaker for speaker in phase.speakers if speaker not in known]:
            raise ValueError(f"lässt in Phase „{phase.id}“ „{unknown[0]}“ sprechen. In parts steht das nicht")


def _check_laps(plan: Format) -> None:
    marks = "".join("x" if phase.in_lap else "-" for phase in plan.order)
    if plan.laps == Laps.ONCE and "x" in marks:
        raise ValueError('hat laps = "once": Die Zeilen mit in_lap löschen, oder laps = "each" schreiben')
    if plan.laps == Laps.EACH and not re.fullmatch("-*x+-*", marks):
        raise ValueError('hat laps = "each": Die Phasen mit in_lap = true müssen aufeinander folgen')


def _check_sense(plan: Format) -> None:
    casting = [phase for phase in plan.order if phase.does == Does.CASTING]
    if plan.parts and not casting:
        raise ValueError('verteilt Aufgaben (parts), hat aber keine Phase mit does = "casting"')
    if casting and (casting != [plan.order[0]] or casting[0].in_lap):
        raise ValueError(f"verteilt Aufgaben zu spät: Phase „{casting[-1].id}“ gehört an den Anfang, und nur einmal")
    if casting and ALL not in casting[0].speakers:
        raise ValueError(f"lässt in Phase „{casting[0].id}“ nicht alle sprechen. Beim Verteilen reden alle mit")
    if plan.order[-1].does != Does.CLOSING:
        raise ValueError(f'endet mit Phase „{plan.order[-1].id}“. Die letzte braucht does = "closing"')
    done = [phase.does for phase in plan.order]
    if Does.METHOD in done and Does.ADVICE not in done[done.index(Does.METHOD) :]:
        raise ValueError("hat eine Methodenwahl (method), aber danach keine Beratung (advice)")


# choosing one


def fitting(formats: Mapping[str, Format], people: int, mode: Mode) -> Format | None:
    """The format that a group of this size takes if it did not wish for another one; None if there is none.

    Of several, one that is at its best with so many people comes first, and of these the one that was read last: that
    of the house.
    """
    able = [plan for plan in formats.values() if plan.is_default and plan.mode == mode and plan.fits(people)]
    return max(reversed(able), key=lambda plan: plan.best[0] <= people <= plan.best[1], default=None)


def named(formats: Mapping[str, Format], text: str) -> Format | None:
    """The format that somebody means by its title or its id, also misspelt, or by the word with which it begins.

    None if it is unknown or may be several.
    """
    said = normalise(text)
    names = {normalise(name): plan for plan in formats.values() for name in (plan.id, plan.title)}
    if said in names:
        return names[said]
    begun = {plan.id: plan for name, plan in names.items() if name.startswith(f"{said} ")}
    if len(begun) == 1:
        return next(iter(begun.values()))
    scores = process.extract(said, list(names), scorer=fuzz.ratio, score_cutoff=TYPO, limit=None)
    near = {names[name].id: names[name] for name, score, _ in scores if score == scores[0][1]}
    return next(iter(near.values())) if len(near) == 1 else None
