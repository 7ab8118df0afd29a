"""Whatever servers and strangers send: nothing raises, nothing valid is lost, and nothing is answered twice."""

import itertools
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.commands import looks_like_choice
from bot.community import Community
from bot.dispatcher import Dispatcher
from bot.mailbox import Mailbox
from bot.messages import Action, Choice, Conversation, Incoming, Offer, Reply
from bot.platforms.matrix.account.trust import Policy
from bot.platforms.matrix.attention import Attention
from bot.platforms.matrix.events import Account, read
from bot.platforms.matrix.quotations import Quotations
from bot.platforms.wire import Wire
from bot.router import Table
from bot.settings import CommunitySettings
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import StandIn
from storage.database import Database

BOT, ANNA, BEN = "@lotse:example.org", "@anna:example.org", "@ben:example.org"
ACCOUNT = Account(BOT, ("Lotsenfunk",))
SERVICES: Services = SimpleNamespace(search=None, commands=())  # type: ignore[assignment]
NUMBERS = itertools.count()


async def ask(turn: Turn, services: Services) -> Sequence[Action]:
    """Repeats the question, opens it and offers to go on."""
    await turn.uow.questions.open(turn.text, turn.today, turn.answer_key)
    return [Reply(turn.text, Offer("go on", (Choice("ja", "ja", {"said": turn.text}),)))]


TABLE = Table((), {"go on": ask}, ask)
POINTING = {"📌", "merken"}


class Lobby:
    """The way of an event from the wire to its answer; only the homeserver and the model are missing."""

    def __init__(self, database: Database, clock: MovedClock, is_direct: bool) -> None:
        self.platform = StandIn()
        name = f"matrix:{next(NUMBERS)}"  # a mailbox of its own in the same database
        self.conversation = Conversation(name, "!room", is_direct)
        self.mailbox = Mailbox(database, clock.now)
        self.mailbox.serve({name: self.platform})
        quotations = Quotations(_a_client_in("!room"), self._look_up)
        self.attention = Attention(BOT, self._look_up, quotations.find, looks_like_choice, POINTING.__contains__)
        self.dispatcher = Dispatcher(database, self.mailbox, Community(CommunitySettings(), clock.now), TABLE, SERVICES)
        self.seen: list[Wire] = []

    async def _look_up(self, room_id: str, event_id: str) -> Wire:
        return next((event for event in self.seen if event.get("event_id") == event_id), {})

    async def start(self) -> None:
        await self.mailbox.resume(self.conversation.platform)
        await self.dispatcher.start()

    async def take(self, batch: Sequence[Wire], sender_name: str = "Anna") -> None:
        """Receive a batch as the sync does, and answer all of it."""
        self.seen += batch
        events: list[Incoming] = []
        for wire in batch:
            self.attention.note(wire)
            reading = read(wire, self.conversation, ACCOUNT, sender_name)
            incoming = await self.attention.judge(reading) if reading else None
            if incoming:
                events.append(incoming)
        await self.mailbox.receive(self.conversation.platform, events, "cursor")
        await self.dispatcher.idle()
        await self.mailbox.idle()

    def answered(self, event_ids: Sequence[str]) -> list[str | None]:
        """Which of these events were answered, as often as they were."""
        return [outgoing.answers for outgoing in self.platform.sent if outgoing.answers in event_ids]


def valid(place: int) -> Wire:
    """A question to the bot that must be answered."""
    content = {"msgtype": "m.text", "body": f"Lotsenfunk: Frage Nummer {place}"}
    return {
        "type": "m.room.message",
        "event_id": f"$valid{place}",
        "sender": ANNA,
        "origin_server_ts": 1_700_000_000_000 + place,
        "content": content,
    }


def _a_client_in(room_id: str) -> Any:
    async def call(*_: object) -> Wire:
        return {}

    room = SimpleNamespace(room_id=room_id, encrypted=False, users={})
    trust = SimpleNamespace(policy=Policy.STRICT)
    return SimpleNamespace(user_id=BOT, rooms={room_id: room}, trust=trust, call=call, opened=lambda wire: None)


def nested(depth: int) -> object:
    found: object = "x"
    for level in range(depth):
        found = {"m.relates_to": found} if level % 2 else [found]
    return found


LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["\0", "\ud800", "a\udfffb", "", "👍", "\u202e", "x" * 64_000, "> <@a:b> x\n" * 6_000])
)
JSON = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
) | st.sampled_from([nested(50), nested(900)])
IDS = st.sampled_from(
    ["$a", "$b", "$c", "$d", "$unknown", "m1", "$", "$" + "x" * 254, "$" + "x" * 255, "$\0a", "$\ud800", "$ä" * 127]
)
ID = IDS | JSON
RELATION = JSON | st.fixed_dictionaries(
    {},
    optional={
        "rel_type": st.sampled_from(["m.thread", "m.replace", "m.annotation", "m.reference"]) | JSON,
        "event_id": ID,
        "key": st.sampled_from(["👍", "1️⃣", "ja", "\ud83d"]) | JSON,
        "is_falling_back": JSON,
        "m.in_reply_to": JSON | st.fixed_dictionaries({"event_id": ID}),
    },
)
BODY = JSON | st.sampled_from(
    [
        "Lotsenfunk: Wo?",
        "!frage Wo?",
        "1",
        "ja",
        "foto.jpg",
        "@lotse",
        "Lotsenfunk " * 5_000,
        "<script>x</script>",
        "merken",
    ]
)
HTML = JSON | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '<a href="https://matrix.to/#/%40lotse%3Aexample.org">\ud800\0</a>',
        '<a href="https://matrix.to/#/&#64;lotse:example.org">(?P&lt;x</a>',
        "<p>" * 20_000,
    ]
)
MESSAGE = {
    "msgtype": st.sampled_from(["m.text", "m.emote", "m.notice", "m.image", "m.file", "m.location"]) | JSON,
    "body": BODY,
    "filename": st.just("foto.jpg") | JSON,
    "format": JSON,
    "formatted_body": HTML,
    "m.mentions": JSON | st.fixed_dictionaries({"user_ids": st.lists(st.just(BOT) | JSON, max_size=2)}),
}
CONTENT = JSON | st.fixed_dictionaries(
    {},
    optional=MESSAGE
    | {
        "m.relates_to": RELATION,
        "m.new_content": JSON | st.fixed_dictionaries({}, optional=MESSAGE),
        "redacts": ID,
    },
)
KINDS = ["m.room.message", "m.room.message", "m.reaction", "m.room.redaction", "m.room.encrypted", "m.room.member"]
WELL_MADE = st.fixed_dictionaries(
    {
        "type": st.sampled_from(KINDS),
        "event_id": IDS,
        "sender": st.sampled_from([ANNA, BEN, BOT, "@\0:x", "@\ud800:x"]),
        "origin_server_ts": st.integers(0, 2**41),
        "content": CONTENT,
    },
    optional={"redacts": ID, "unsigned": JSON},
)
ODD = st.dictionaries(st.text(max_size=5), JSON, max_size=2) | st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(KINDS) | JSON,
        "event_id": ID,
        "sender": st.just(ANNA) | JSON,
        "origin_server_ts": st.integers(-1, 2**80) | JSON,
        "content": CONTENT,
        "redacts": ID,
        "unsigned": JSON,
        "state_key": JSON,
    },
)
KNOWN = st.sampled_from(["$a", "$b", "$c", "m1", "m2", "$unknown"])


def of_person(kind: str, content: st.SearchStrategy[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Events as clients send them, about each other or about themselves, in any order."""
    common = {"type": st.just(kind), "event_id": st.sampled_from(["$a", "$b", "$c", "$d"]), "content": content}
    sent = {"sender": st.sampled_from([ANNA, BEN, BOT]), "origin_server_ts": st.integers(0, 2**41)}
    return st.fixed_dictionaries(common | sent | fields)


def about(relation: str, **content: object) -> st.SearchStrategy[Any]:
    """The content of an event that is related to another."""
    return st.tuples(KNOWN, st.sampled_from(["1", "📌"])).map(
        lambda drawn: content | {"m.relates_to": {"rel_type": relation, "event_id": drawn[0], "key": drawn[1]}}
    )


ASKED = {"msgtype": "m.text", "body": "Lotsenfunk: Wo?"}
LIKELY = st.one_of(
    of_person("m.room.message", st.just(ASKED)),
    of_person("m.room.message", st.just({"msgtype": "m.text", "body": "1"})),
    of_person("m.room.message", about("m.thread", **ASKED)),
    of_person("m.room.message", about("m.thread", msgtype="m.text", body="Im Keller, Raum 3.")),
    of_person("m.room.message", about("m.thread", msgtype="m.text", body="Lotsenfunk: merken")),
    of_person("m.room.message", about("m.replace", **{"m.new_content": ASKED}, **ASKED)),
    of_person("m.reaction", about("m.annotation")),
    of_person("m.room.redaction", st.just({}), redacts=KNOWN),
    of_person("m.room.redaction", KNOWN.map(lambda target: {"redacts": target})),
)
EVENTS = st.lists(LIKELY | WELL_MADE | ODD, min_size=1, max_size=8)

fuzzed = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    phases=[phase for phase in Phase if phase is not Phase.explain],
)


@pytest.fixture(autouse=True)
def _failures_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The dispatcher says sorry for our mistakes and goes on; here they must come to light."""

    async def fail(*args: object) -> None:
        raise

    monkeypatch.setattr(Dispatcher, "_apologize", fail)


@fuzzed
@given(odd=EVENTS, is_direct=st.booleans(), sender_name=st.text(st.characters(), max_size=10), data=st.data())
async def test_odd_events_stop_nothing_and_cost_no_neighbour(
    sqlite: Database, clock: MovedClock, odd: list[Wire], is_direct: bool, sender_name: str, data: st.DataObject
) -> None:
    lobby = Lobby(sqlite, clock, is_direct)
    await lobby.start()
    questions = [valid(place) for place in range(3)]
    batch = data.draw(st.permutations([*odd, *questions]))
    await lobby.take(batch, sender_name)
    ids = [str(question["event_id"]) for question in questions]
    assert sorted(map(str, lobby.answered(ids))) == ids


@fuzzed
@given(odd=EVENTS, is_direct=st.booleans(), data=st.data())
async def test_repeated_and_reordered_batches_answer_each_question_once(
    sqlite: Database, clock: MovedClock, odd: list[Wire], is_direct: bool, data: st.DataObject
) -> None:
    lobby = Lobby(sqlite, clock, is_direct)
    await lobby.start()
    questions = [valid(place) for place in range(3)]
    events = [*odd, *questions]
    for batch in (events, events, data.draw(st.permutations(events))):
        cut = data.draw(st.integers(0, len(batch)))
        await lobby.take(batch[:cut])
        await lobby.take(batch)
    ids = [str(question["event_id"]) for question in questions]
    assert sorted(map(str, lobby.answered(ids))) == ids
    keys = [outgoing.key for outgoing in lobby.platform.sent]
    assert len(keys) == len(set(keys))
