"""Dialogues as tables: who says what, and what the bot must say, in a form that everybody can read.

A file holds dialogues, each under a `#` line with its name:

    raum: lotsen            from here on in this room (`direkt`: alone with the bot)
    jana: text              Jana says something; `jana ändert:` edits it, `jana löscht` deletes it,
                            `jana reagiert:` reacts to the bot, `jana schickt:` sends a file with this caption,
                            `jana antwortet:` says it in the thread of the bot's last message, `jana drückt:` presses
                            the button with this number or word, and types that where there are no buttons
    jana sagt in den Raum: text     Jana says something to the others there, not to the bot
    jana hilft: text        Jana tells whoever asked the bot the last question in this room, in its thread
    jana merkt sich: text   Jana wants the last message with this beginning kept that somebody said in this room
    nur: console, matrix    what follows is played only on these platforms
    bot: a | b              the bot has said one message with these parts
    bot ändert: a | b       … by changing an earlier message
    bot löscht: a | b       the bot has deleted messages of its own, with these parts in them
    bot ohne: a             the bot has said something without these parts
    bot schweigt            the bot has said nothing
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


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


class Stage(Protocol):
    """A platform on which dialogues are played. `room` is None alone with the bot."""

    name: str

    async def say(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    async def reply(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    async def edit(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    async def delete(self, person: str, room: str | None) -> list[Heard]: ...

    async def attach(self, person: str, room: str | None, caption: str) -> list[Heard]: ...

    async def react(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    async def press(self, person: str, room: str | None, text: str) -> list[Heard]: ...

    async def remark(self, person: str, room: str, text: str) -> list[Heard]: ...

    async def remember(self, person: str, room: str, beginning: str) -> list[Heard]: ...


def read(file: Path) -> Iterator[Dialogue]:
    """The dialogues of a file."""
    dialogue = None
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("#"):
            if dialogue:
                yield dialogue
            dialogue = Dialogue(line.removeprefix("#").strip())
        elif line.strip():
            assert dialogue, "a dialogue begins with a # line"
            head, _, text = line.partition(":")
            speaker, _, verb = head.strip().partition(" ")
            dialogue.lines.append(Line(number, speaker, verb, text.strip()))
    if dialogue:
        yield dialogue


async def play(dialogue: Dialogue, stage: Stage) -> None:
    """Play a dialogue; fails at the first line where the bot says something else."""
    room: str | None = None
    heard: list[Heard] = []
    for line in dialogue.lines:
        match line.speaker, line.verb:
            case "raum", "":
                room = None if line.text == "direkt" else line.text
            case "nur", "":
                if stage.name not in line.text.replace(",", " ").split():
                    return
            case "bot", _:
                check(line, heard)
            case person, "ändert":
                heard = await stage.edit(person, room, line.text)
            case person, "löscht":
                heard = await stage.delete(person, room)
            case person, "schickt":
                heard = await stage.attach(person, room, line.text)
            case person, "reagiert":
                heard = await stage.react(person, room, line.text)
            case person, "antwortet":
                heard = await stage.reply(person, room, line.text)
            case person, "drückt":
                heard = await stage.press(person, room, line.text)
            case person, "sagt in den Raum":
                assert "Lotsenfunk" not in line.text, f"line {line.number} speaks to the bot"
                heard = await stage.say(person, room, line.text)
            case person, "hilft":
                assert room, f"line {line.number} is in no room"
                heard = await stage.remark(person, room, line.text)
            case person, "merkt sich":
                assert room, f"line {line.number} is in no room"
                heard = await stage.remember(person, room, line.text)
            case person, "":
                heard = await stage.say(person, room, line.text)
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
