"""In which rooms the bot is: it follows invitations or declines them, goes along with upgrades, leaves empty rooms."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import structlog

from bot.platforms import Intake
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.errors import ServerError, checked
from bot.platforms.matrix.rooms.departures import Departure, read_departure
from bot.platforms.matrix.rooms.errands import Errands
from bot.platforms.matrix.rooms.invitations import Invitation, Welcome
from bot.platforms.matrix.rooms.members import is_deserted, is_left_alone, is_size_known, leave, memberships, note_size
from bot.platforms.matrix.rooms.upgrades import Upgrades

log = structlog.get_logger(__name__)


class Doorkeeper:
    """Does what syncs ask for in matters of membership, for the account called `name`.

    Of rooms that the bot has opened, `is_kept` tells by their ids that they are not left before they are closed: all
    that was said has to be deleted first.
    """

    def __init__(self, name: str, client: Client, welcome: Welcome, is_kept: Callable[[str], bool]) -> None:
        self._client = client
        self._welcome = welcome
        self._is_kept = is_kept
        self._errands = Errands()
        self._upgrades = Upgrades(name, client, self._errands)
        self._has_looked_round = False

    async def attend(self, response: Any, invitations: Iterable[Invitation], intake: Intake) -> None:
        """Take up what a sync brought; returns after some seconds at the latest, the rest goes on by itself.

        The caller acknowledges invitations to the server afterwards, so a crash before repeats them, and a slow remote
        server does not hold up the messages of all rooms.
        """
        for room_id, info in response.rooms.leave.items():
            self._note_departure(room_id, info)
        self._upgrades.note(response.rooms.join)
        self._leave_deserted(response)
        answers = [self._answer(invitation) for invitation in invitations]
        await self._errands.wait([*answers, *self._upgrades.settle(intake)])

    def is_moving(self, room_id: str) -> bool:
        """Whether the room is replaced, and messages to it should wait until the bot has moved."""
        return self._upgrades.is_awaited(room_id)

    async def close(self) -> None:
        """Stop trying."""
        await self._errands.close()

    # invitations

    def _answer(self, invitation: Invitation) -> asyncio.Task[None]:
        is_followed = self._upgrades.expects(invitation.room_id) or self._welcome.is_for(invitation.inviter)
        if not is_followed:
            log.warning("matrix.invitation_refused", room_id=invitation.room_id, server=invitation.server)
        act = self._client.join if is_followed else self._client.room_leave
        return self._errands.begin("invitation", invitation.room_id, partial(self._settle, invitation, act))

    async def _settle(self, invitation: Invitation, act: Any) -> None:
        checked(await act(invitation.room_id))
        log.info("matrix.invitation_settled", room_id=invitation.room_id, act=act.__name__)

    # rooms that the bot is not in any more

    def _note_departure(self, room_id: str, info: Any) -> None:
        events = (event.source for event in (*info.state, *info.timeline.events))
        how = read_departure(events, self._client.user_id)
        self._upgrades.forget(room_id)
        if how is Departure.LEFT:
            log.info("matrix.room_left", room_id=room_id, how=how)
            return
        log.warning("matrix.room_left", room_id=room_id, how=how)
        self._errands.drop(room_id)

    # rooms that everybody else has left

    def _leave_deserted(self, response: Any) -> None:
        joined = [self._client.rooms[room_id] for room_id in response.rooms.join if room_id in self._client.rooms]
        for room in joined:
            if is_deserted(room):
                self._errands.begin("leaving", room.room_id, partial(self._leave_if_alone, room.room_id))
        if not self._has_looked_round:
            self._has_looked_round = True
            unsure = [room.room_id for room in joined if not is_size_known(room)]
            self._errands.begin("look_round", "", partial(self._look_round, unsure))

    async def _look_round(self, room_ids: list[str]) -> None:
        """Look into rooms one after the other: people may have left them just before a restart."""
        while room_ids:
            await self._leave_if_alone(room_ids[-1])
            room_ids.pop()

    async def _leave_if_alone(self, room_id: str) -> None:
        if self.is_moving(room_id):
            return  # the others may be in the replacement already, and the old room tells which that is
        if self._is_kept(room_id):
            return
        try:
            found = await memberships(self._client, room_id)
        except ServerError as error:
            if error.is_final:
                return
            raise
        if is_left_alone(found, self._client.user_id):
            log.info("matrix.room_deserted", room_id=room_id)
            await leave(self._client, room_id)
            return
        room = self._client.rooms.get(room_id)
        if room is not None and not is_size_known(room):
            note_size(room, found)  # spares the first message the question
