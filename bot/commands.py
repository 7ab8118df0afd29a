"""Understands what was typed: a command, a choice, or free text. Pure; plain sentences always work."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.messages import Choice

_NOT_LETTERS = re.compile(r"[^\w\s]|_")
_PREFIXED = re.compile(r"[!/](\w+)\s*(.*)", re.DOTALL)
_LABELLED = re.compile(r"(\w+)\s*:\s*(.+)", re.DOTALL)

# What people press instead of typing; the digit keycaps carry their digit themselves.
_REACTIONS = {"👍": "ja", "✅": "ja", "👎": "nein", "❌": "nein"}
LONGEST_CHOICE = 20


@dataclass(frozen=True, slots=True)
class Command:
    """A shortcut for one job of the bot.

    `name` is typed as `!name` or `name: …`; `phrases` are whole messages that mean the same. `summary` is the line in
    the help; a command without one is not listed. `takes_text` says whether text may follow.
    """

    name: str
    phrases: tuple[str, ...] = ()
    summary: str = ""
    takes_text: bool = False
    words: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", frozenset(plain_words(p) for p in (self.name, *self.phrases)))


def find_command(text: str, commands: Iterable[Command]) -> tuple[Command, str] | None:
    """The command that a message is, with the text after it; none for free text."""
    whole = plain_words(text)
    prefixed = _PREFIXED.fullmatch(text.strip())
    labelled = _LABELLED.fullmatch(text.strip())
    for command in commands:
        if whole in command.words:
            return command, ""
        for match in (prefixed, labelled):
            if match and command.takes_text and plain_words(match[1]) == plain_words(command.name):
                return command, match[2].strip()
    return None


def free_text(text: str) -> str:
    """The message without a command sign that belongs to no command."""
    return text.strip().removeprefix("!").strip()


def find_choice(text: str, choices: Sequence[Choice]) -> Choice | None:
    """The choice meant by a number, its word or a reaction; none when it means none of them."""
    said = _said(text)
    if len(said) == 1 and said.isdecimal():
        place = int(said)
        return choices[place - 1] if 1 <= place <= len(choices) else None
    return next((choice for choice in choices if said and said == plain_words(choice.word)), None)


def looks_like_choice(text: str) -> bool:
    """Whether a message is a bare number or word, so that it may take up an offer without naming the bot."""
    said = _said(text)
    return 0 < len(said) <= LONGEST_CHOICE and " " not in said


def _said(text: str) -> str:
    reaction = _REACTIONS.get(text.strip().replace("\ufe0f", ""))
    return reaction or plain_words(text).removesuffix(" davon")


def plain_words(text: str) -> str:
    """Lower-case words without punctuation, emoji or marks: how messages and words are compared."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u20e3", "")
    return " ".join(_NOT_LETTERS.sub(" ", folded).split())
