"""The Matrix platform: one account on one homeserver, receiving and sending."""

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import nio
import structlog

from bot.errors import DeliveryError, SettingsError
from bot.messages import Outgoing
from bot.patience import patiently
from bot.platforms import Intake
from bot.platforms.matrix.attention import Attention
from bot.platforms.matrix.content import to_content
from bot.platforms.matrix.doorkeeper import Doorkeeper
from bot.platforms.matrix.errors import NO_CONNECTION, ServerError, TokenRejectedError, checked
from bot.platforms.matrix.invitations import welcome
from bot.platforms.matrix.session import Credentials, directory, open_session
from bot.platforms.matrix.sync import Receiver
from bot.platforms.matrix.wire import Wire

log = structlog.get_logger(__name__)

REQUEST_S = 30.0


class MatrixPlatform:
    """Implements `bot.platforms.Platform` for an account; needs a running event loop.

    `invites_from` are patterns like `*:example.org` or `@anna:example.org`; with none of them, nobody may invite the
    bot. `password` is used once, for the first login; the device is kept below `data_dir`. `is_worth_reading` tells
    whether a text in a group that speaks to nobody may be a choice. Raises `SettingsError`.
    """

    def __init__(
        self,
        *,
        homeserver: str,
        user_id: str,
        password: str | None,
        access_token: str | None,
        invites_from: tuple[str, ...],
        data_dir: Path,
        now: Callable[[], datetime],
        is_worth_reading: Callable[[str], bool],
    ) -> None:
        self.name = f"matrix:{user_id}"
        self._folder = directory(data_dir, user_id)
        self._credentials = Credentials(password, access_token)
        # matrix-nio would repeat requests by itself, for ever; waiting is the job of our loops, which know what for.
        config = nio.AsyncClientConfig(
            max_limit_exceeded=0,
            max_timeouts=0,
            request_timeout=REQUEST_S,
            store_sync_tokens=False,
            encryption_enabled=False,
        )
        self._client = nio.AsyncClient(homeserver.rstrip("/"), user_id, config=config)
        self._doorkeeper = Doorkeeper(self._client, welcome(invites_from))
        attention = Attention(user_id, self._look_up, is_worth_reading)
        self._receiver = Receiver(self.name, self._client, attention, self._doorkeeper)
        self._now = now

    @property
    def is_connected(self) -> bool:
        """Whether the last sync worked."""
        return self._receiver.is_connected

    async def run(self, intake: Intake) -> None:
        """Log in once and receive until cancelled; raises `SettingsError`, also for a rejected token."""
        # matrix-nio writes whole events into its logs when they do not look right to it.
        logging.getLogger("nio").setLevel(logging.CRITICAL)
        started = self._now()
        try:
            await patiently(self._log_in, "matrix.login_failed", fatal=(SettingsError,))
            await self._receiver.run(intake, started)
        except TokenRejectedError as error:
            log.error("matrix.token_rejected", platform=self.name, code=error.code)
            raise
        finally:
            self._receiver.is_connected = False
            await self._doorkeeper.close()
            await self._client.close()  # the session only: a logout would delete the device and its keys

    async def send(self, outgoing: Outgoing) -> str:
        """Send or edit a message and give its event id; the same key twice gives one message."""
        seen = self._receiver.echoes.get(outgoing.key)
        return seen if seen is not None else await self._send(outgoing)

    async def _send(self, outgoing: Outgoing) -> str:
        room_id = outgoing.conversation.id
        room = self._client.rooms.get(room_id)
        if room is not None and room.encrypted:
            raise DeliveryError("the room is encrypted", is_final=True)
        content = to_content(outgoing)
        try:
            answer = checked(await self._client.room_send(room_id, "m.room.message", content, tx_id=outgoing.key))
        except ServerError as error:
            raise DeliveryError(str(error), is_final=error.is_final, retry_after=error.retry_after) from None
        except (TokenRejectedError, nio.LocalProtocolError, *NO_CONNECTION) as error:
            raise DeliveryError(type(error).__name__) from error
        return str(answer.event_id)

    async def _log_in(self) -> None:
        await open_session(self._client, self._folder, self._credentials)

    async def _look_up(self, room_id: str, event_id: str) -> Wire:
        try:
            answer = checked(await self._client.room_get_event(room_id, event_id))
        except ServerError as error:
            if error.is_final:
                return {}
            raise
        return dict(answer.event.source)
