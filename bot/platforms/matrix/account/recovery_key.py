"""Pure: the key that opens a secret storage, as people write it down (Matrix specification, "Recovery key").

`secret_storage` says what it opens.
"""

from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from secrets import token_bytes
from typing import Self

from bot.errors import SettingsError

LENGTH = 32
_PREFIX = b"\x8b\x01"
_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class MistypedKeyError(SettingsError):
    """What was typed is not the recovery key of the account."""

    def __init__(self) -> None:
        super().__init__(
            "Das ist nicht der Wiederherstellungsschlüssel dieses Kontos. Er besteht aus zwölf Vierergruppen, groß und "
            "klein geschrieben macht einen Unterschied. Bitte noch einmal abschreiben."
        )


@dataclass(frozen=True, slots=True)
class RecoveryKey:
    """32 bytes."""

    raw: bytes = field(repr=False)

    @classmethod
    def new(cls) -> Self:
        """A random one."""
        return cls(token_bytes(LENGTH))

    @classmethod
    def read(cls, typed: str) -> Self:
        """What somebody typed, with spaces anywhere. Raises `MistypedKeyError` for what cannot be a key.

        One wrong character in 256 still gives a key, which then opens nothing.
        """
        raw = from_base58("".join(typed.split()))
        if len(raw) != LENGTH + 3 or not raw.startswith(_PREFIX) or reduce(xor, raw):
            raise MistypedKeyError
        return cls(raw[len(_PREFIX) : -1])

    def written(self) -> str:
        """The key in groups of four characters."""
        raw = _PREFIX + self.raw
        written = to_base58(raw + bytes([reduce(xor, raw)]))
        return " ".join(written[start : start + 4] for start in range(0, len(written), 4))


def to_base58(raw: bytes) -> str:
    """Bytes in the letters and digits that nobody takes for each other; a leading zero byte is a "1"."""
    number, written = int.from_bytes(raw), ""
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        written = _ALPHABET[digit] + written
    return "1" * (len(raw) - len(raw.lstrip(b"\0"))) + written


def from_base58(written: str) -> bytes:
    """The inverse; raises `MistypedKeyError` for a character that is none of them."""
    number = 0
    for character in written:
        digit = _ALPHABET.find(character)
        if digit < 0:
            raise MistypedKeyError
        number = number * len(_ALPHABET) + digit
    zeros = len(written) - len(written.lstrip("1"))
    return bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8)
