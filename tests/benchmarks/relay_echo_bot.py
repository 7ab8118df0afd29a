"""The reference of the relay: what is said in Teams is said in a Matrix room, and the reverse; it prints its port.

Arguments: those of the Teams echo bot, then homeserver, user id and password. It takes messages as botbuilder does, and
sends them with one token over one connection: the least that the transport costs. What is said in the room goes to the
chat that wrote last.
"""

import asyncio
import sys
from pathlib import Path

import aiohttp
import nio
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.schema import Activity
from typing_extensions import override

sys.path.append(str(Path(__file__).parents[1]))  # as for the tests, see pyproject.toml

from benchmarks.teams_echo_bot import Credentials, serve


class Relay(ActivityHandler):  # type: ignore[misc]  # botbuilder has no types
    """Between the room that it was invited to and the chat that wrote last."""

    def __init__(self, client: nio.AsyncClient, http: aiohttp.ClientSession, token: str) -> None:
        self._client = client
        self._http = http
        self._headers = {"Authorization": f"Bearer {token}"}
        self._last: Activity | None = None

    @override
    async def on_message_activity(self, turn_context: TurnContext) -> None:
        self._last = turn_context.activity
        content = {"msgtype": "m.text", "body": turn_context.activity.text}
        await self._client.room_send(next(iter(self._client.rooms)), "m.room.message", content)

    async def say_in_teams(self, _room: nio.MatrixRoom, event: nio.RoomMessageText) -> None:
        """Say what somebody else said in the room."""
        if event.sender == self._client.user_id or self._last is None:
            return
        conversation = f"{self._last.service_url}v3/conversations/{self._last.conversation.id}"
        said = {"type": "message", "text": event.body}
        async with self._http.post(f"{conversation}/activities", json=said, headers=self._headers) as response:
            await response.read()

    async def enter(self, room: nio.MatrixRoom, _event: nio.InviteMemberEvent) -> None:
        """Accept every invitation."""
        await self._client.join(room.room_id)


async def main(
    app_id: str,
    secret: str,
    tenant: str,
    openid_url: str,
    login_url: str,
    homeserver: str,
    user_id: str,
    password: str,
) -> None:
    """Serve until killed."""
    credentials = Credentials(app_id, secret, tenant)
    credentials.login_url = login_url
    token = (await credentials.create_credentials(app_id, "", login_url, False)).get_access_token()
    client = nio.AsyncClient(homeserver, user_id)
    await client.login(password)
    async with aiohttp.ClientSession() as http:
        relay = Relay(client, http, token)
        client.add_event_callback(relay.enter, nio.InviteMemberEvent)
        client.add_event_callback(relay.say_in_teams, nio.RoomMessageText)
        await asyncio.gather(
            client.sync_forever(timeout=30_000, full_state=True), serve(credentials, openid_url, relay)
        )


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
