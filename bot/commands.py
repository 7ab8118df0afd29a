"""Understands what was typed: a command, a choice, or free text. Pure; plain sentences always work."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.roles import Role

_NOT_LETTERS = re.compile(r"[^\w\s]|_")
_PREFIXED = re.compile(r"[!/](\w+)\s*(.*)", re.DOTALL)
_NAMED = r"(?:nr\.?|nummer|eintrag|entwurf|frage)?"
_NUMBERED = re.compile(rf"[!/]?{_NAMED}\s*(\d{{1,7}})\s+(.+)", re.IGNORECASE | re.DOTALL)
_WITH_NUMBER = re.compile(rf"[!/]?(.+?)[\s:]+{_NAMED}\s*(\d{{1,7}})[.!]?", re.IGNORECASE | re.DOTALL)
_BEHIND_A_WORD = re.compile(r"\W*\w+[\s:,.–-]+(.+)", re.DOTALL)
_LABELLED = re.compile(r"(\w+)\s*:\s*(.+)", re.DOTALL)

_ASKING = re.compile(r"\?[\W_]*\Z")
_QUESTION_WORDS = frozenset((
    "wer", "wen", "wem", "wessen", "was", "wo", "wohin", "woher", "wann", "warum", "weshalb", "wieso", "wie", "wieviel",
    "wieviele", "womit", "wofür", "wozu", "woran", "worauf", "worin", "wodurch", "wovon", "welche", "welcher",
    "welches", "welchen", "welchem",
))  # fmt: skip

# What people press instead of typing; the digit keycaps carry their digit themselves.
_REACTIONS = {"👍": "ja", "✅": "ja", "👎": "nein", "❌": "nein", "📌": "merken"}
LONGEST_CHOICE = 20
LONGEST_COMMAND = 80
LONGEST_PHRASE = 4  # words


@dataclass(frozen=True, slots=True)
class Command:
    """A shortcut for one job of the bot.

    `name` is typed as `!name` or `name: …`; `phrases` are whole messages that mean the same. `summary` is the line in
    the help; a command without one is not listed. `takes_text` says whether text may follow; up to
    `takes_words` words may follow the name without a colon, as long as they are no question. A `numbered` one is about
    an entry: „214 ändern“ or „ändern 214“; without a number only its name is understood. `role` is the least that the
    help shows it to; what it may do, its handler decides. One that `is_for_threads` is understood in the thread of a
    question on its way, where all else is said to the other side. One that `is_bare` is no more than a choice without
    an offer: where a text was asked for, it is that text.
    """

    name: str
    phrases: tuple[str, ...] = ()
    summary: str = ""
    takes_text: bool = False
    takes_words: int = 0
    numbered: bool = False
    role: Role = Role.STAFF_MEMBER
    is_for_threads: bool = False
    is_bare: bool = False
    words: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", frozenset(plain_words(p) for p in (self.name, *self.phrases)))


@dataclass(frozen=True, slots=True)
class Said:
    """A command as somebody typed it: with the text after it, and the number of the entry it is about."""

    command: Command
    text: str = ""
    number: int | None = None


def find_command(text: str, commands: Iterable[Command]) -> Said | None:
    """The command that a message is; none for free text."""
    commands = tuple(commands)
    return _plain_command(text, commands) or _numbered_command(text, [one for one in commands if one.numbered])


def _numbered_command(text: str, commands: Sequence[Command]) -> Said | None:
    if found := _NUMBERED.fullmatch(text.strip()):
        said = plain_words(found[2])
        for command in commands:
            if said in command.words:
                return Said(command, "", int(found[1]))
            if command.takes_text and (rest := _after(found[2], command.words)):
                return Said(command, rest, int(found[1]))
    if len(text) <= LONGEST_COMMAND and (found := _WITH_NUMBER.fullmatch(text.strip())):
        said = plain_words(found[1])
        return next((Said(command, "", int(found[2])) for command in commands if said in command.words), None)
    return None


def _after(text: str, phrases: Iterable[str]) -> str:
    """What stands behind one of the phrases at the beginning of a text; nothing if none of them does."""
    words = text.split()
    counts = range(1, min(len(words), LONGEST_PHRASE + 1))
    beginnings = {plain_words(" ".join(words[:count])): count for count in counts}
    count = max((beginnings.get(phrase, 0) for phrase in phrases), default=0)
    return " ".join(words[count:]) if count else ""


def _plain_command(text: str, commands: Iterable[Command]) -> Said | None:
    whole = plain_words(text)
    prefixed = _PREFIXED.fullmatch(text.strip())
    labelled = _LABELLED.fullmatch(text.strip())
    for command in commands:
        is_whole = not command.numbered or command.is_for_threads or whole == plain_words(command.name)
        if whole in command.words and is_whole:
            return Said(command)
        if words := _few_words(whole, text, command):
            return Said(command, words)
        for match in (prefixed, labelled):
            if match and command.takes_text and plain_words(match[1]) == plain_words(command.name):
                return Said(command, match[2].strip())
    return None


def _few_words(whole: str, text: str, command: Command) -> str:
    name = plain_words(command.name) + " "
    is_short = whole.startswith(name) and len(whole.split()) - len(name.split()) <= command.takes_words
    found = _BEHIND_A_WORD.fullmatch(text.strip())
    return found[1] if found and is_short and "?" not in text else ""


def free_text(text: str) -> str:
    """The message without a command sign that belongs to no command."""
    return text.strip().removeprefix("!").strip()


def looks_like_choice(text: str) -> bool:
    """Whether a message is a bare number or word, so that it may take up an offer without naming the bot."""
    said = meaning(text) or plain_words(text).removesuffix(" davon")
    return 0 < len(said) <= LONGEST_CHOICE and " " not in said


def meaning(reaction: str) -> str:
    """The word that a reaction stands for; none for those without a meaning to us."""
    return _REACTIONS.get(reaction.strip().replace("\ufe0f", ""), "")


def looks_like_question(text: str) -> bool:
    """Whether a message that speaks to nobody asks something: it ends so, or begins with a word that asks."""
    words = plain_words(text)
    return bool(words) and (_ASKING.search(text) is not None or words.split()[0] in _QUESTION_WORDS)


def plain_words(text: str) -> str:
    """Lower-case words without punctuation, emoji or marks: how messages and words are compared."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u20e3", "")
    return " ".join(_NOT_LETTERS.sub(" ", folded).split())
