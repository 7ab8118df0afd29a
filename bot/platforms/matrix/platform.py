"""The Matrix platform: one account on one homeserver, receiving and sending."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import nio
import structlog

from bot.errors import DeliveryError, SettingsError
from bot.messages import Conversation, Order, Outgoing, RoomOrder
from bot.patience import patiently
from bot.platforms import Intake
from bot.platforms.matrix.account.cross_signing import sign_own_device
from bot.platforms.matrix.account.key_store import open_client
from bot.platforms.matrix.account.session import Credentials, directory, note_keys, open_session
from bot.platforms.matrix.account.trust import Policy
from bot.platforms.matrix.attention import Attention
from bot.platforms.matrix.content import Content, file_content, to_content
from bot.platforms.matrix.deletions import delete
from bot.platforms.matrix.errors import NO_CONNECTION, ServerError, TokenRejectedError, body, checked
from bot.platforms.matrix.notices import not_confirmed
from bot.platforms.matrix.quotations import Quotations
from bot.platforms.matrix.reading import Reader
from bot.platforms.matrix.receipts import Receipts
from bot.platforms.matrix.rooms import own_rooms
from bot.platforms.matrix.rooms.doorkeeper import Doorkeeper
from bot.platforms.matrix.rooms.invitations import welcome
from bot.platforms.matrix.rooms.members import address
from bot.platforms.matrix.rooms.power_levels import EverybodyModeratesError, creators, moderated, restored
from bot.platforms.matrix.sync import Receiver
from bot.platforms.matrix.uploads import upload
from bot.platforms.wire import Wire
from bot.settings import MatrixSettings

log = structlog.get_logger(__name__)

NOT_INSIDE = "In diesem Raum bin ich nicht."
NOT_ALLOWED = (
    "In diesem Raum darf ich nicht festlegen, wer schreibt. Wer ihn verwaltet, kann mir in den Einstellungen des Raums "
    "die Rolle „Admin“ geben."
)
EVERYBODY_MODERATES = "In diesem Raum dürfen alle moderieren, darum kann ich niemandem das Wort nehmen."


class MatrixPlatform:
    """Implements `bot.platforms.Platform` for an account; needs a running event loop.

    The login and the keys of the account are kept below `data_dir`. `is_worth_reading` tells whether a text in a group
    that speaks to nobody may be a choice, `is_pointing` whether a text or reaction is about the message that it is put
    on, `is_noting` whether a text is that in a round that the bot leads. Raises `SettingsError`.
    """

    has_buttons = False
    takes_files = True

    def __init__(
        self,
        account: MatrixSettings,
        data_dir: Path,
        now: Callable[[], datetime],
        is_worth_reading: Callable[[str], bool],
        is_pointing: Callable[[str], bool] = lambda text: False,
        is_noting: Callable[[str], bool] = lambda text: False,
    ) -> None:
        self.name = f"matrix:{account.user_id}"
        self._folder = directory(data_dir, account.user_id)
        self._credentials = Credentials(account.secret_password, account.secret_token)
        self._client = open_client(
            account.address, account.user_id, self._folder, account.secret_store_key, Policy(account.trust)
        )
        self._operators = Conversation(self.name, account.operators_room) if account.operators_room else None
        self._closing: set[str] = set()  # our own rooms that are being closed
        self._doorkeeper = Doorkeeper(self.name, self._client, welcome(account.invites_from), self._is_kept)
        self._receipts = Receipts(self._client)
        quotations = Quotations(self._client, self._look_up)
        attention = Attention(
            account.user_id,
            self._look_up,
            quotations.find,
            is_worth_reading,
            is_pointing,
            self._overhears,
            self._hears_all,
            is_noting,
        )
        receipts = self._receipts if account.read_receipts else None
        self._reader = Reader(self.name, self._client, attention, self._operators, self._hears_all)
        self._receiver = Receiver(self.name, self._client, self._reader, self._doorkeeper, self._operators, receipts)
        self._now = now
        self._intake: Intake | None = None

    @property
    def is_connected(self) -> bool:
        """Whether the last sync worked."""
        return self._receiver.is_connected

    async def run(self, intake: Intake) -> None:
        """Log in once and receive until cancelled; raises `SettingsError`, also for a rejected token."""
        # matrix-nio writes whole events into its logs when they do not look right to it.
        logging.getLogger("nio").setLevel(logging.CRITICAL)
        started = self._now()
        self._intake = intake
        try:
            await patiently(lambda: self._log_in(intake), "matrix.login_failed", fatal=(SettingsError,))
            await self._receiver.run(intake, started)
        except TokenRejectedError as error:
            log.error("matrix.token_rejected", platform=self.name, code=error.code)
            raise
        finally:
            self._receiver.is_connected = False
            await self._doorkeeper.close()
            await self._receipts.close()
            await self._client.close()  # the session only: a logout would delete the device and its keys

    async def send(self, outgoing: Outgoing) -> str:
        """Send or edit a message and give its event id, or do what is to be done with a room and give that one's id.

        The same key twice gives one message and one room.
        """
        if outgoing.room is not None:
            with _delivering():
                return await self._arrange(outgoing, outgoing.room)
        seen = self._reader.echoes.get(outgoing.key)
        return seen if seen is not None else await self._send(outgoing)

    async def _send(self, outgoing: Outgoing) -> str:
        room = self._client.rooms.get(outgoing.conversation.id)
        with _delivering():
            if room is None:
                raise DeliveryError(NOT_INSIDE, is_final=not await self._is_inside(outgoing.conversation.id))
            if outgoing.deletes is None and self._doorkeeper.is_moving(room.room_id):
                raise DeliveryError("that room moves to another")
            return await self._hand_over(outgoing, room)

    async def _hand_over(self, outgoing: Outgoing, room: Any) -> str:
        if outgoing.deletes is not None:
            return await delete(self._client, room.room_id, outgoing.deletes, outgoing.key)
        content = await self._content(outgoing, is_locked=room.encrypted and not outgoing.in_clear)
        if outgoing.in_clear:
            place = f"/rooms/{quote(room.room_id)}/send/m.room.message/{outgoing.key}"
            return str((await self._client.call("PUT", place, content))["event_id"])
        if room.encrypted:
            await self._client.prepare(room)
        answer = await self._client.room_send(room.room_id, "m.room.message", content, tx_id=outgoing.key)
        return str(checked(answer).event_id)

    async def _content(self, outgoing: Outgoing, *, is_locked: bool) -> Content:
        if outgoing.file is None:
            return to_content(outgoing)
        return file_content(outgoing, *await upload(self._client, outgoing.file, is_locked=is_locked))

    async def _arrange(self, outgoing: Outgoing, room: RoomOrder) -> str:
        place, people = outgoing.conversation, room.people or ()
        match room.order:
            case Order.OPEN:
                return await own_rooms.open_room(self._client, room, outgoing.key)
            case Order.INVITE:
                await own_rooms.invite(self._client, place.id, people)
            case Order.REMOVE:
                await own_rooms.remove(self._client, place.id, people)
            case Order.LET_SPEAK:
                await self.let_speak(place, frozenset(people) if room.people is not None else None)
            case Order.CLOSE:
                await self._close(place.id, outgoing.key)
        return place.id

    async def _close(self, room_id: str, key: str) -> None:
        self._closing.add(room_id)
        try:
            if await self._is_inside(room_id):
                await self._change_levels(f"{address(room_id)}/state", frozenset())  # nobody adds to it meanwhile
            await own_rooms.close(self._client, room_id, key)
        finally:
            self._closing.discard(room_id)

    async def _is_inside(self, room_id: str) -> bool:
        # A room that the bot has just entered comes with the next sync.
        return room_id in self._client.rooms or room_id in checked(await self._client.joined_rooms()).rooms

    async def let_speak(self, conversation: Conversation, speakers: frozenset[str] | None) -> None:
        """Have only these people write in a room, and its moderators; with None everybody again, as it was before.

        Once more with other people, it is their turn. Raises `DeliveryError`; when it is final, its text says why.
        """
        with _delivering():
            if not await self._is_inside(conversation.id):
                raise DeliveryError(NOT_INSIDE, is_final=True)
            await self._change_levels(f"{address(conversation.id)}/state", speakers)

    async def _change_levels(self, state: str, speakers: frozenset[str] | None) -> None:
        try:
            levels = await self._client.call("GET", f"{state}/m.room.power_levels")
            wanted = restored(levels) if speakers is None else await self._moderated(state, levels, speakers)
            if wanted != levels:
                await self._client.call("PUT", f"{state}/m.room.power_levels", wanted)
        except ServerError as error:
            if error.status not in (403, 404):
                raise
            raise DeliveryError(NOT_ALLOWED, is_final=True) from error
        except EverybodyModeratesError:
            raise DeliveryError(EVERYBODY_MODERATES, is_final=True) from None

    async def _moderated(self, state: str, levels: Wire, speakers: frozenset[str]) -> Wire:
        created = await self._client.call("GET", f"{state}/m.room.create?format=event")
        return moderated(levels, speakers | {self._client.user_id}, creators(created))

    async def _log_in(self, intake: Intake) -> None:
        await open_session(self._client, self._folder, self._credentials)
        await self._client.upload_keys(has_fallback=True)  # the first sync tells whether it has
        note_keys(self._folder, self._client.device_id)
        try:
            identity = await sign_own_device(self._client, self._folder, self._credentials.password)
        except TokenRejectedError:
            raise
        except SettingsError as error:
            # Plain rooms go on, and so do clients that are not strict. Only an operator can mend it.
            log.error("matrix.device_not_signed", platform=self.name, reason=str(error))
            await self._warn(intake, str(error))
        else:
            self._client.trust.own_master = identity.master

    async def _warn(self, intake: Intake, reason: str) -> None:
        if self._operators is not None:
            await intake.post([not_confirmed(reason, self._operators)])

    def _overhears(self, conversation: Conversation, text: str) -> bool:
        return self._intake is not None and self._intake.overhears(conversation, text)

    def _hears_all(self, conversation: Conversation) -> bool:
        return self._intake is not None and self._intake.hears_all(conversation)

    def _is_kept(self, room_id: str) -> bool:
        return room_id in self._closing or self._hears_all(Conversation(self.name, room_id))

    async def _look_up(self, room_id: str, event_id: str) -> Wire:
        try:
            answer = checked(await self._client.room_get_event(room_id, event_id))
        except ServerError as error:
            if error.is_final:
                return {}
            raise
        return await body(answer)  # matrix-nio drops what is beside an encrypted event


@contextmanager
def _delivering() -> Iterator[None]:
    """Turn what a server can answer, or a missing one, into `DeliveryError`."""
    try:
        yield
    except ServerError as error:
        raise DeliveryError(str(error), is_final=error.is_final, retry_after=error.retry_after) from None
    except (TokenRejectedError, nio.LocalProtocolError, *NO_CONNECTION) as error:
        raise DeliveryError(type(error).__name__) from error
