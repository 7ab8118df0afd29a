"""What a homeserver can refuse, as exceptions: matrix-nio returns its errors instead of raising them."""

from typing import Any

import nio
from aiohttp import ClientError

from bot.errors import SettingsError
from bot.platforms.wire import Wire

REJECTED_TOKEN = frozenset({"M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED", "M_USER_LOCKED"})
NO_CONNECTION = (ClientError, TimeoutError, OSError)
"""What matrix-nio lets through when the server cannot be reached."""


class TokenRejectedError(SettingsError):
    """The homeserver does not take the access token: only an operator can mend that. `code` is Matrix's."""

    def __init__(self, code: str) -> None:
        super().__init__(
            f"Der Matrix-Server nimmt das Zugangstoken nicht an ({code}): widerrufen, abgelaufen oder Konto gesperrt. "
            "Einstellung access_token erneuern, oder mit password neu anmelden: lotsenfunk matrix login --new-device."
        )
        self.code = code


class ServerError(Exception):
    """The homeserver, or a proxy before it, refused a request.

    `status` is the HTTP status, `code` the Matrix error code (None when no homeserver spoke), `retry_after` the wait
    in seconds that it asked for.
    """

    def __init__(self, status: int, code: str | None = None, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {code or 'without a Matrix error code'}")
        self.status = status
        self.code = code
        self.retry_after = retry_after

    @property
    def is_final(self) -> bool:
        """Whether asking again is useless. A page of a proxy says nothing about that, a homeserver does."""
        return self.code is not None and 400 <= self.status < 500 and self.status not in (401, 408, 429)


def checked(response: Any) -> Any:
    """Give a response of matrix-nio back; raises `TokenRejectedError` or `ServerError` if it is an error."""
    transport = response.transport_response
    is_error = isinstance(response, nio.ErrorResponse)
    # matrix-nio looks at the body only: a proxy's error page reads like the empty answer to a leave.
    if transport.status < 400 and not is_error:
        return response
    code = response.status_code if is_error else None
    if code in REJECTED_TOKEN:
        raise TokenRejectedError(code)
    wait = _seconds(response.retry_after_ms if is_error else None, transport.headers.get("Retry-After"))
    raise ServerError(transport.status, code, wait)


async def body(response: Any) -> Wire:
    """The JSON object behind a response, with the fields that matrix-nio drops."""
    found = await response.transport_response.json(content_type=None)
    return found if isinstance(found, dict) else {}


def _seconds(milliseconds: int | None, header: str | None) -> float | None:
    if milliseconds is not None:
        return max(0.0, milliseconds / 1000)
    return float(header) if header is not None and header.isdecimal() else None
