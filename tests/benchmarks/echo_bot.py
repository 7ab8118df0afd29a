"""The reference of the round trips: the least bot that matrix-nio makes.

Arguments: homeserver, user id, password, folder for keys, and the word that begins the messages to echo (all of them
without one).
"""

import asyncio
import sys

import nio


async def main(homeserver: str, user_id: str, password: str, folder: str, word: str = "") -> None:
    """Enter rooms and echo text messages, encrypted where the room is."""
    client = nio.AsyncClient(homeserver, user_id, store_path=folder)

    async def enter(room: nio.MatrixRoom, event: nio.InviteMemberEvent) -> None:
        await client.join(room.room_id)

    async def echo(room: nio.MatrixRoom, event: nio.RoomMessageText) -> None:
        if event.sender != user_id and event.body.startswith(word):
            content = {"msgtype": "m.text", "body": event.body}
            await client.room_send(room.room_id, "m.room.message", content, ignore_unverified_devices=True)

    client.add_event_callback(enter, nio.InviteMemberEvent)
    client.add_event_callback(echo, nio.RoomMessageText)
    await client.login(password)
    await client.sync_forever(timeout=30_000, full_state=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
