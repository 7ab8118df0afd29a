"""One-time codes that people carry from one chat to another: made, read as they are typed, refused after many tries."""

import re
import secrets
import unicodedata
from datetime import datetime, timedelta
from hashlib import sha256

from bot.recent import Recent

LETTERS = "ACDEFHJKMNPQRTWXY"
DIGITS = "234679"
"""Without those that look like another: no 0 and O, 1, I and L, 2 and Z, 5 and S, 6 and G, 8 and B, U and V."""
HALF = 4
LONGEST = 100
"""Characters; a longer message is no code."""
TRIES = 5
PATIENCE = timedelta(hours=1)

_SIGNS = re.compile(r"[\s‐‑–—-]+")
_CODE = re.compile(rf"(?:[{LETTERS}{DIGITS}]{{{HALF}}}){{2}}")
_INTRODUCTION = re.compile(
    r"\s*[!/]?(?:(?:hier ist |hier kommt )?(?:der |mein |dein )?code(?: ist| lautet)?\b)?[\s:]*", re.IGNORECASE
)


def new_code() -> str:
    """A code nobody can guess, like 7KX2-M3PQ; letters and digits in both halves, so that it is no German word."""
    return f"{_half()}-{_half()}"


def _half() -> str:
    while True:
        half = "".join(secrets.choice(LETTERS + DIGITS) for _ in range(HALF))
        if _is_mixed(half):
            return half


def _is_mixed(half: str) -> bool:
    return any(char in DIGITS for char in half) and any(char in LETTERS for char in half)


def read_code(text: str) -> str | None:
    """The code that a message is, in whatever case, with or without hyphen and blanks; None if it says more."""
    if len(text) > LONGEST:
        return None
    rest = _INTRODUCTION.sub("", unicodedata.normalize("NFKC", text), count=1)
    bare = _SIGNS.sub("", rest).rstrip(".!").upper()
    is_whole = _CODE.fullmatch(bare) and _is_mixed(bare[:HALF]) and _is_mixed(bare[HALF:])
    return bare if is_whole else None


def is_code(text: str) -> bool:
    """Whether a message is nothing but a code."""
    return read_code(text) is not None


def digest(code: str) -> str:
    """What is kept of a code as `new_code` or `read_code` give it."""
    return sha256(code.replace("-", "").encode()).hexdigest()


class WrongCodes:
    """Remembers for an hour which accounts said codes that are none; nothing of it is stored."""

    def __init__(self) -> None:
        self._said: Recent[tuple[datetime, ...]] = Recent()

    def note(self, account: str, now: datetime) -> None:
        """An account said a wrong one."""
        self._said[account] = (*self._lately(account, now), now)

    def wait_until(self, account: str, now: datetime) -> datetime | None:
        """When an account may try again; None if it may now."""
        lately = self._lately(account, now)
        return lately[-TRIES] + PATIENCE if len(lately) >= TRIES else None

    def _lately(self, account: str, now: datetime) -> tuple[datetime, ...]:
        return tuple(moment for moment in self._said.get(account) or () if moment > now - PATIENCE)
