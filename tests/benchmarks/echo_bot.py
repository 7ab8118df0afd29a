"""The reference of the round trip: the least bot that matrix-nio makes. Arguments: homeserver, user id, password."""

import asyncio
import sys

import nio


async def main(homeserver: str, user_id: str, password: str) -> None:
    """Enter rooms and echo every text message."""
    client = nio.AsyncClient(homeserver, user_id)

    async def enter(room: nio.MatrixRoom, event: nio.InviteMemberEvent) -> None:
        await client.join(room.room_id)

    async def echo(room: nio.MatrixRoom, event: nio.RoomMessageText) -> None:
        if event.sender != user_id:
            content = {"msgtype": "m.text", "body": event.body}
            await client.room_send(room.room_id, "m.room.message", content)

    client.add_event_callback(enter, nio.InviteMemberEvent)
    client.add_event_callback(echo, nio.RoomMessageText)
    await client.login(password)
    await client.sync_forever(timeout=30_000)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
