"""Opening and closing rooms on a homeserver that refuses things."""

import asyncio
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from bot.messages import Conversation, Kind, Order, RoomOrder
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.errors import ServerError
from bot.platforms.matrix.events import Account, read_passage
from bot.platforms.matrix.rooms import own_rooms

BOT, ANNA, BEN = "@lotse:a", "@anna:a", "@ben:b"
OPENING = RoomOrder(Order.OPEN, "Beratung 7", (ANNA,))


class Server:
    """Answers requests by their method and what their paths contain; an error is raised, each once if it is a list."""

    user_id = BOT

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self.bodies: list[Any] = []

    async def call(self, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:
        await asyncio.sleep(0)
        self.asked.append(f"{method} {path}")
        self.bodies.append(content)
        answer: Any = next((found for name, found in self.answers.items() if name in path), {})
        answer = answer.pop(0) if isinstance(answer, list) and answer else answer
        if isinstance(answer, Exception):
            raise answer
        return answer or {}

    async def joined_rooms(self) -> Any:
        return _good(rooms=["!r"])

    async def room_get_state(self, room_id: str) -> Any:
        members = {BOT: "join", ANNA: "join", BEN: "leave"}
        return _good(
            events=[
                {"type": "m.room.member", "state_key": who, "content": {"membership": state}}
                for who, state in members.items()
            ]
        )

    async def room_leave(self, room_id: str) -> Any:
        self.asked.append("leave")
        return _good()

    async def room_forget(self, room_id: str) -> Any:
        self.asked.append("forget")
        return _good()


def _good(**fields: Any) -> Any:
    return SimpleNamespace(transport_response=SimpleNamespace(status=200), **fields)


def client(server: Server) -> Client:
    return cast(Client, server)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.patience.SHORTEST_ASKED_S", 0.0)


async def test_where_nobody_may_name_a_room_it_has_no_name() -> None:
    server = Server(createRoom=[ServerError(403, "M_FORBIDDEN"), {"room_id": "!r"}])
    assert await own_rooms.open_room(client(server), OPENING, "k") == "!r"
    assert ["room_alias_name" in body for body in server.bodies] == [True, False]


async def test_a_server_in_trouble_is_asked_again_later_with_the_name() -> None:
    server = Server(createRoom=ServerError(503))
    with pytest.raises(ServerError):
        await own_rooms.open_room(client(server), OPENING, "k")
    assert len(server.asked) == 1


@pytest.mark.parametrize(("people", "is_open"), [((ANNA,), False), ((ANNA, BEN), True), (None, False)])
async def test_other_servers_take_part_only_if_people_of_theirs_are_named(
    people: tuple[str, ...] | None, is_open: bool
) -> None:
    server = Server(createRoom={"room_id": "!r"})
    await own_rooms.open_room(client(server), RoomOrder(Order.OPEN, "x", people), "k")
    assert server.bodies[0]["creation_content"] == {"m.federate": is_open}


async def test_closing_goes_on_as_slowly_as_the_server_wants_and_leaves_out_what_it_refuses() -> None:
    said = [{"event_id": f"$said{number}", "type": "m.room.message", "content": {"body": "x"}} for number in range(3)]
    setting = {"event_id": "$s", "type": "m.room.name", "state_key": "", "content": {"name": "x"}}
    deleted = {"event_id": "$d", "type": "m.room.message", "content": {}}
    slow = ServerError(429, "M_LIMIT_EXCEEDED", 0.0)
    server = Server(
        messages=[{"chunk": [setting, said[0]], "end": "t/1"}, {"chunk": [deleted, *said[1:]]}],
        redact=[slow, {}, ServerError(403, "M_FORBIDDEN"), slow, slow, {}],
        aliases=ServerError(404, "M_UNRECOGNIZED"),
    )
    with capture_logs() as logs:
        await own_rooms.close(client(server), "!r", "k")
    redacted = [path.split("/")[4] for path in server.asked if "/redact/" in path]
    assert redacted == ["%24said0"] * 2 + ["%24said1"] + ["%24said2"] * 3
    assert [log["event"] for log in logs] == ["matrix.closing_refused"] * 2
    assert [body for body in server.bodies if body and "user_id" in body] == [{"user_id": ANNA}]
    assert server.asked[-2:] == ["leave", "forget"]


@pytest.mark.parametrize(
    ("now", "was", "kind"),
    [
        ("join", "invite", Kind.ENTERED),
        ("join", None, Kind.ENTERED),
        ("join", "join", None),  # another name or picture
        ("leave", "join", Kind.LEFT),
        ("ban", "join", Kind.LEFT),
        ("leave", None, Kind.LEFT),
        ("leave", "invite", None),
        ("invite", None, None),
    ],
)
def test_who_enters_and_who_leaves(now: str, was: str | None, kind: Kind | None) -> None:
    event = {
        "type": "m.room.member",
        "event_id": "$1",
        "sender": BOT,
        "state_key": ANNA,
        "origin_server_ts": 1,
        "content": {"membership": now},
        "unsigned": {"prev_content": {"membership": was}} if was else {},
    }
    here = Conversation("matrix", "!r")
    found = read_passage(event, here, Account(BOT), "Anna")
    assert (found.kind if found else None) == kind
    assert found is None or (found.sender.id, found.sender.name, found.is_addressed) == (ANNA, "Anna", False)
    assert read_passage({**event, "state_key": BOT}, here, Account(BOT), "Lotsenfunk") is None
