"""Conversations that took the place of others: settings and messages name one as it was called at their time."""

from collections.abc import Iterable
from dataclasses import replace

from bot.messages import Conversation


class Moves:
    """What became of which conversation, by platform."""

    def __init__(self, known: Iterable[tuple[str, str, str]] = ()) -> None:
        self._next = {(platform, old): new for platform, old, new in known}

    def note(self, platform: str, old: str, new: str) -> None:
        """Note that a conversation moved; `new` is its place for good, wherever it was said to have moved before."""
        self._next.pop((platform, new), None)
        self._next[platform, old] = new

    def newest(self, conversation: Conversation) -> Conversation:
        """Where a conversation is now, after any number of moves."""
        place = conversation.id
        while (conversation.platform, place) in self._next:
            place = self._next[conversation.platform, place]
        return conversation if place == conversation.id else replace(conversation, id=place)

    def names(self, conversation: Conversation) -> frozenset[str]:
        """The id of a conversation and those that it had before."""
        names, found = frozenset[str](), frozenset({conversation.id})
        while found != names:
            names = found
            found |= {
                old for (platform, old), new in self._next.items() if platform == conversation.platform and new in names
            }
        return names
