"""What becomes of a file that the server does not take."""

from typing import Any

import pytest

from bot.errors import DeliveryError
from bot.messages import File
from bot.platforms.matrix import uploads
from bot.platforms.matrix.errors import ServerError

FILE = File("jour-fixe.ics", "text/calendar", "BEGIN:VCALENDAR\r\n")


class Refuses:
    """A connection to a server that says no."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    async def upload(self, *_arguments: object, **_options: object) -> None:
        raise self._error


async def refused(error: Exception) -> DeliveryError:
    client: Any = Refuses(error)
    with pytest.raises(DeliveryError) as found:
        await uploads.upload(client, FILE, is_locked=False)
    return found.value


@pytest.mark.parametrize(("status", "code"), [(413, "M_TOO_LARGE"), (403, "M_FORBIDDEN"), (413, None), (502, None)])
async def test_server_that_takes_no_file_is_asked_once(status: int, code: str | None) -> None:
    assert (await refused(ServerError(status, code))).is_final


async def test_server_with_too_much_to_do_is_asked_again() -> None:
    error = await refused(ServerError(429, "M_LIMIT_EXCEEDED", 2.0))

    assert (error.is_final, error.retry_after) == (False, 2.0)
