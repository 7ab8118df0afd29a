"""People who ask a served bot, and whether each of their questions was answered, and how often."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
from typing_extensions import override

from bot.mailbox import key_for
from bot.messages import Conversation, Incoming, Sender
from bot.platforms.matrix.content import KEY
from servers.bot import BotProcess
from servers.element import Element, Seen
from servers.synapse import Account, Person, Synapse

OWNER = "Tom Berger"
ENTRIES = (
    {"id": "tele", "question": "Wie beantrage ich Telearbeit?", "answer": "Mit dem Formular im Intranet."},
    {"id": "mail", "question": "Wie kommt eine E-Mail in die E-Akte?", "answer": "In Outlook „Zur Akte“ wählen."},
    {"id": "raum", "question": "Wie buche ich einen Besprechungsraum?", "answer": "Über den Kalender."},
)
_transactions = count()


@cache
def knowledge() -> bytes:
    """A database file with the entries; made once, because it takes as long as a start of the bot."""
    with TemporaryDirectory() as folder:
        keeper = BotProcess(Path(folder), Account("http://127.0.0.1", "@x:localhost", "x", "x"))
        keeper.learn(*({**entry, "owner": OWNER, "checked_on": "2026-09-03"} for entry in ENTRIES))
        return keeper.database.read_bytes()


def new_bot(
    synapse: Synapse, folder: Path, homeserver: str | None = None, kind: type[BotProcess] = BotProcess
) -> BotProcess:
    """A bot that knows the entries and has not been started yet."""
    account = synapse.register("lotsenfunk", display_name="Lotsenfunk")
    bot = kind(folder, account, homeserver=homeserver)
    bot.database.parent.mkdir()
    bot.database.write_bytes(knowledge())
    return bot


@dataclass
class Talk:
    """A room in which one person asks the bot numbered questions; `asked` are the ids of what was asked."""

    asker: Person
    room: str
    bot_id: str
    asked: list[str] = field(default_factory=list)

    async def ask(self) -> None:
        """Ask once, however often the homeserver has to be asked to take it."""
        entry = ENTRIES[len(self.asked) % len(ENTRIES)]
        body = f"Lotsenfunk: {entry['question']} (Nummer {len(self.asked)})"
        self.asked.append(await self._put({"body": body, "m.mentions": {"user_ids": [self.bot_id]}}))

    async def chat(self) -> None:
        """Say something that is not for the bot."""
        await self._put({"body": "Wer kommt mit zum Essen?", "m.mentions": {}})

    async def answers(self) -> list[str]:
        """What was answered with the right text and is readable, in the order of the answers."""
        found = await self._said()
        assert all(OWNER in content["body"] for content in found), found
        return [self._answered(content) for content in found]

    async def is_answered(self) -> bool:
        """Whether all that was asked has an answer."""
        return set(self.asked) <= set(await self.answers())

    async def unreadable(self) -> list[str]:
        """What the bot said without this person being able to read it, or without being sure who wrote it."""
        return []

    async def _put(self, message: Mapping[str, Any]) -> str:
        content = {"msgtype": "m.text", **message}
        path = f"/rooms/{self.room}/send/m.room.message/talk{next(_transactions)}"
        while True:
            try:
                return str((await self.asker.call("PUT", path, content))["event_id"])
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)  # the homeserver is down

    async def _said(self) -> list[Mapping[str, Any]]:
        """The contents of the bot's messages, oldest first."""
        found: list[Mapping[str, Any]] = []
        start = ""
        while True:
            page = await self.asker.call("GET", f"/rooms/{self.room}/messages?dir=b&limit=500{start}")
            events = [event for event in page["chunk"] if event["type"] == "m.room.message"]
            found += [event["content"] for event in events if event["sender"] == self.bot_id]
            if "end" not in page:
                return found[::-1]
            start = f"&from={page['end']}"

    def _answered(self, content: Mapping[str, Any]) -> str:
        relation = content.get("m.relates_to")
        if relation:
            return str(relation["m.in_reply_to"]["event_id"])
        # In a direct chat, only its key tells to which question an answer belongs.
        by_key = {answer_key(self.bot_id, question): question for question in self.asked}
        return by_key.get(content[KEY], f"something else: {content[KEY]}")


@dataclass
class SealedTalk(Talk):
    """A talk in an encrypted room, with the crypto of Element Web."""

    asker: Element  # type: ignore[assignment]

    @override
    async def unreadable(self) -> list[str]:
        return [f"{seen.event_id} {why}" for seen in await self._seen() if (why := _flaw(seen))]

    @override
    async def _put(self, message: Mapping[str, Any]) -> str:
        return await self.asker.send(self.room, {"msgtype": "m.text", **message})

    @override
    async def _said(self) -> list[Mapping[str, Any]]:
        return [{**seen.content, "m.relates_to": seen.relation} for seen in await self._seen() if not _flaw(seen)]

    async def _seen(self) -> list[Seen]:
        return await self.asker.messages(self.room, self.bot_id)


def _flaw(seen: Seen) -> str:
    if seen.shield is not None:
        return f"{seen.shield.color} shield: {seen.shield.reason}"
    return seen.decryption_failure or ("" if seen.is_encrypted else "in clear")


def answer_key(bot_id: str, question: str) -> str:
    """The key that the answer to a question carries."""
    conversation = Conversation(f"matrix:{bot_id}", "")
    return key_for(Incoming(question, conversation, Sender("", ""), "", datetime.now(UTC)), 0)
