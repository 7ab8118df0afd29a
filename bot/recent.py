"""A bounded memory: forgets the oldest."""

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """Keeps what was noted last, at most `size` entries."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._entries: OrderedDict[str, T] = OrderedDict()

    def __setitem__(self, key: str, value: T) -> None:
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def get(self, key: str) -> T | None:
        """What was noted under `key`; None when it is unknown or forgotten."""
        return self._entries.get(key)

    def items(self) -> list[tuple[str, T]]:
        """Everything that is kept, oldest first."""
        return list(self._entries.items())
