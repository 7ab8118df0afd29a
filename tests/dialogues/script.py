"""Dialogues as tables: who says what, and what the bot must say, in a form that everybody can read.

A file holds dialogues, each under a `#` line with its name:

    raum: lotsen            from here on in this room (`direkt`: alone with the bot)
    jana: text              Jana says something; `jana ändert:` edits it, `jana löscht` deletes it,
                            `jana reagiert:` reacts to the bot, `jana schickt:` sends a file with this caption,
                            `jana antwortet:` says it in the thread of the bot's last message, `jana drückt:` presses
                            the button with this number or word, and types that where there are no buttons
    jana sagt in den Raum: text     Jana says something to the others there, not to the bot
    jana hilft: text        Jana answers the last question in this room in its thread, one that somebody asked the bot
                            or one that the bot posted; where it hears nothing else, she names the bot for that;
                            `jana hilft mit Bild:` sends a picture there with this caption
    jana zitiert: text      Jana replies to the bot's last message where she is, and quotes it
    jana merkt sich: text   Jana wants the last message with this beginning kept that somebody said in this room
    nur: console, matrix    what follows is played only on these platforms; above the first dialogue, all of the file
    bot: a | b              the bot has said one message with these parts
    bot ändert: a | b       … by changing an earlier message
    bot löscht: a | b       the bot has deleted messages of its own, with these parts in them
    bot ohne: a             the bot has said something without these parts
    bot schweigt            the bot has said nothing
    jana erhält: a | b      by the last thing said, a message of the bot with these parts reached Jana alone with it
    raum lotsen erhält: a   … reached this room; both also as `erhält ändert:`, `erhält löscht:`, `erhält ohne:` (one
                            came, and none with this) and `erhält nichts` (nothing else came than was named before)
    beratung: troika: aylin, ruth, lotse    these people are in the room of a consultation by this format, in Teams in
                            a chat that the first one has made, and have promised; the first one has the case, the
                            second one can moderate. It begins two minutes later. In two worlds, the room is in Matrix,
                            and those in Teams take part from their own chats
    beratung einzeln: …     in Teams: nobody makes a chat, so each one takes part from their own with the bot
    zeit: +3d               time passes (d days, h hours, m minutes), and the bot does what is due
    zeit: bis dienstag 8:55     … until then in Berlin, with or without the day

Lines above the first dialogue belong to each one of the file. Where two worlds are played, they say who lives where:

    in Teams: jana, raum lotsen     Jana uses Teams, and the room is only there; other rooms are in both worlds
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, runtime_checkable
from zoneinfo import ZoneInfo

from bot.demo.run import span

DAYS = ("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag", "sonntag")
_UNTIL = re.compile(rf"bis (?:({'|'.join(DAYS)}) )?(\d{{1,2}}):(\d{{2}})")


@dataclass(frozen=True)
class Heard:
    """A message of the bot as a person sees it, or sees it disappear."""

    text: str
    is_edit: bool = False
    is_deletion: bool = False


@dataclass(frozen=True)
class Line:
    """One line of a dialogue: `speaker`, what they do (``, `ändert`, `reagiert`, …), and the text."""

    number: int
    speaker: str
    verb: str
    text: str


@dataclass
class Dialogue:
    """A named row of lines."""

    name: str
    lines: list[Line] = field(default_factory=list)

    def is_for(self, platform: str) -> bool:
        """Whether any of it is played on a platform: not if it begins by naming others."""
        first = next((line for line in self.lines if line.speaker != "in"), None)
        return first is None or first.speaker != "nur" or platform in first.text.replace(",", " ").split()

    @property
    def homes(self) -> Mapping[str, str]:
        """In which world somebody lives, or a `raum …` is, where that is said."""
        said = [line for line in self.lines if line.speaker == "in"]
        return {name.strip(): line.verb for line in said for name in line.text.split(",")}

    @property
    def rooms(self) -> frozenset[str]:
        """The rooms in which something is said or looked for."""
        named = [line for line in self.lines if line.speaker == "raum"]
        return frozenset(line.verb.partition(" ")[0] or line.text for line in named) - {"direkt"}


class News:
    """What the bot said since somebody spoke last, by place: a room, or alone with somebody."""

    def __init__(self) -> None:
        self._heard: dict[str, list[Heard]] = defaultdict(list)

    def add(self, place: str, heard: Heard) -> None:
        """Take note of a message."""
        self._heard[place].append(heard)

    def at(self, place: str) -> list[Heard]:
        """What came there; whoever checks a message takes it out."""
        return self._heard[place]

    def clear(self) -> None:
        """Somebody speaks now."""
        self._heard.clear()


def place(person: str, room: str | None) -> str:
    """The place where somebody is, as `News` names it."""
    return room or f"direct {person}"


class Stage(Protocol):
    """A platform on which dialogues are played. `room` is None alone with the bot.

    What is heard after a line is what the bot said where the speaker is; `news` has it for all places.
    """

    name: str
    news: News

    async def say(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    async def reply(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    async def edit(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    async def delete(self, person: str, room: str | None) -> list[Heard]: ...

    async def attach(self, person: str, room: str | None, caption: str) -> list[Heard]: ...

    async def react(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    async def press(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    async def remark(self, person: str, room: str, text: str, *, has_picture: bool = False) -> list[Heard]: ...

    async def remember(self, person: str, room: str, beginning: str) -> list[Heard]: ...

    async def quote(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    def now(self) -> datetime: ...

    async def wait(self, time: timedelta) -> None: ...


@runtime_checkable
class Consulting(Protocol):
    """A stage on which a group can be put into its room without all that leads there."""

    async def gather(self, plan: str, people: Sequence[str], *, is_apart: bool) -> str | None: ...


def read(file: Path) -> Iterator[Dialogue]:
    """The dialogues of a file."""
    dialogue = None
    above: list[Line] = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("#"):
            if dialogue:
                yield dialogue
            dialogue = Dialogue(line.removeprefix("#").strip(), [*above])
        elif line.strip():
            lines = dialogue.lines if dialogue else above
            head, _, text = line.partition(":")
            speaker, _, verb = head.strip().partition(" ")
            lines.append(Line(number, speaker, verb, text.strip()))
    if dialogue:
        yield dialogue


def until(written: str, now: datetime) -> timedelta | None:
    """The time that is left "bis dienstag 8:55" or "bis 8:55", by the clocks of Berlin; more than none."""
    found = _UNTIL.fullmatch(written)
    if not found:
        return None
    here = now.astimezone(ZoneInfo("Europe/Berlin"))
    moment = here.replace(hour=int(found[2]), minute=int(found[3]), second=0, microsecond=0)
    while moment <= here or (found[1] and DAYS[moment.weekday()] != found[1]):
        moment += timedelta(days=1)
    return moment.astimezone(UTC) - now


async def play(dialogue: Dialogue, stage: Stage) -> None:
    """Play a dialogue; fails at the first line where the bot says something else."""
    room: str | None = None
    heard: list[Heard] = []
    for line in dialogue.lines:
        match line.speaker, line.verb:
            case "in", _:
                assert stage.name == "worlds", f"line {line.number} is for two worlds"
            case "raum", "":
                room = None if line.text == "direkt" else line.text
            case "beratung", "" | "einzeln":
                assert isinstance(stage, Consulting), f"line {line.number} is for the console and Teams"
                plan, _, named = line.text.partition(":")
                people = [name.strip() for name in named.split(",")]
                room = await stage.gather(plan.strip(), people, is_apart=line.verb == "einzeln")
            case "nur", "":
                if stage.name not in line.text.replace(",", " ").split():
                    return
            case "bot", _:
                check(line, heard)
            case "raum", what:
                name, _, verb = what.partition(" ")
                check_news(line, verb, stage.news.at(name))
            case person, what if what.startswith("erhält"):
                check_news(line, what, stage.news.at(place(person, None)))
            case "zeit", "":
                stage.news.clear()
                heard, passed = [], span(line.text) or until(line.text, stage.now())
                assert passed, f"line {line.number} names no time"
                await stage.wait(passed)
            case _:
                stage.news.clear()
                heard = await act(line, room, stage)


async def act(line: Line, room: str | None, stage: Stage) -> list[Heard]:
    """Have somebody do something; gives what they hear of the bot then."""
    match line.speaker, line.verb:
        case person, "ändert":
            return await stage.edit(person, room, line.text)
        case person, "löscht":
            return await stage.delete(person, room)
        case person, "schickt":
            return await stage.attach(person, room, line.text)
        case person, "reagiert":
            return await stage.react(person, room, line.text)
        case person, "antwortet":
            return await stage.reply(person, room, line.text)
        case person, "zitiert":
            return await stage.quote(person, room, line.text)
        case person, "drückt":
            return await stage.press(person, room, line.text)
        case person, "sagt in den Raum":
            assert "Lotsenfunk" not in line.text, f"line {line.number} speaks to the bot"
            return await stage.say(person, room, line.text)
        case person, "hilft" | "hilft mit Bild":
            assert room, f"line {line.number} is in no room"
            return await stage.remark(person, room, line.text, has_picture=line.verb != "hilft")
        case person, "merkt sich":
            assert room, f"line {line.number} is in no room"
            return await stage.remember(person, room, line.text)
        case person, "":
            return await stage.say(person, room, line.text)
        case _:
            raise ValueError(f"line {line.number} is not understood")


def check_news(line: Line, verb: str, news: list[Heard]) -> None:
    """Compare what reached a place with what the line asks for, and take the message that it names out."""
    where = f"line {line.number}, there came: {[message.text for message in news]!r}"
    how = verb.removeprefix("erhält").strip()
    parts = line.text.split(" | ")
    match how:
        case "nichts":
            assert not news, where
        case "ohne":
            assert news, where
            assert not any(part in message.text for message in news for part in parts), where
        case "" | "ändert" | "löscht":
            named = [message for message in news if message.is_edit == (how == "ändert")]
            named = [message for message in named if message.is_deletion == (how == "löscht")]
            found = [message for message in named if all(part in message.text for part in parts)]
            assert found, where
            news.remove(found[0])
        case _:
            raise ValueError(f"line {line.number} is not understood")


def check(line: Line, heard: list[Heard]) -> None:
    """Compare what the bot said with what the line asks for."""
    said = "\n".join(message.text for message in heard)
    where = f"line {line.number}, the bot said: {said!r}"
    if line.verb == "schweigt":
        assert not heard, where
        return
    assert heard, where
    assert all(message.is_deletion == (line.verb == "löscht") for message in heard), where
    assert len(heard) == 1 or line.verb == "löscht", where
    assert heard[0].is_edit == (line.verb == "ändert"), where
    for part in line.text.split(" | "):
        assert (part in said) != (line.verb == "ohne"), f"{part!r}; {where}"
