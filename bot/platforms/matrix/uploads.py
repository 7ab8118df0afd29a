"""Files on their way to the homeserver."""

import asyncio
from collections.abc import Mapping
from typing import Any

from bot.errors import DeliveryError
from bot.messages import File
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.errors import ServerError, checked

LONGEST_S = 30.0


async def upload(client: Client, file: File, *, is_locked: bool) -> tuple[str, Mapping[str, Any] | None]:
    """Give the server a file; gives its address there and, if it is locked, the keys that open it.

    Raises `TokenRejectedError`, a connection error or `DeliveryError`: final for whatever the server says except that
    it was too much at once. Nobody must wait for their messages until a store of files is mended.
    """
    data = file.content.encode()
    try:
        async with asyncio.timeout(LONGEST_S):  # matrix-nio would wait for ever
            answer, keys = await client.upload(
                lambda _throttled, _late: data,
                file.media_type,
                None if is_locked else file.name,  # the name would tell what is in it
                encrypt=is_locked,
                filesize=len(data),
            )
        return str(checked(answer).content_uri), keys
    except ServerError as error:
        raise DeliveryError(str(error), is_final=error.status != 429, retry_after=error.retry_after) from None
