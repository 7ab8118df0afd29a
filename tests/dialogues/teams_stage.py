"""Teams as a stage: real tokens and real cards, with Microsoft's side as a double."""

import html
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from bot.app import App
from bot.clock import Clock
from bot.demo.residents import PEOPLE
from bot.demo.run import COMMUNITY_ROOM
from bot.front_desk import FrontDesk
from bot.messages import Sender
from bot.platforms.teams import extension
from bot.platforms.teams.invokes import ARRIVED
from bot.platforms.teams.platform import NAME
from bot.retention import STANDARD
from bot.router import WRITTEN
from dialogues.groups import consulting_group
from dialogues.script import Heard, News, place
from dialogues.stages import MENTION, pass_time
from knowledge.consultation_files import built_in
from servers.microsoft import Member, Microsoft, Shown
from servers.teams_client import CHANNEL_OF_TEAM, GROUP_CHAT, Answer, Conversation, TeamsClient
from servers.teams_client import MENTION as MENTIONED

MEMBERS = {name: Member(person.name) for name, person in PEOPLE.items()}
ROOMS = {
    "flurfunk": CHANNEL_OF_TEAM,
    COMMUNITY_ROOM: replace(CHANNEL_OF_TEAM, id="19:0b1c3d5e7d2e4f6a8b0c41d3952f6e8a@thread.tacv2"),
}
CASE_CHAT = "beratung-1"
"""A chat that somebody makes for a group that consults; there the bot may read all."""
_PLACES = {**ROOMS, CASE_CHAT: GROUP_CHAT}
_CARD = "application/vnd.microsoft.card.adaptive"
_TOAST = "application/vnd.microsoft.activity.message"
_REACTIONS = {"👍": "like", "👎": "1f44e_thumbsdown"}  # as Teams names them


@dataclass(frozen=True)
class Button:
    """A button of a card: what stands on it, the choice as it reads elsewhere, and the key of its message."""

    title: str
    choice: str
    key: str

    @property
    def label(self) -> str:
        """The choice without its number."""
        return self.choice.partition(" ")[2]


class TeamsStage:
    """Personal chats, and the channels of a team. Where nobody names the bot, Teams hands nothing over.

    Only in the chat of a group that consults, the house has given the bot the right to read all.

    A message whose choice was taken loses its buttons, unless they are for everybody there. That is nothing the bot
    says, so it is not heard, but the stage checks after every line that a card has buttons exactly as long as its
    choices wait. After weeks they wait no more, and who presses then is told so.
    """

    name = "teams"

    def __init__(
        self, app: App, clock: Clock, desk: FrontDesk, microsoft: Microsoft, http: aiohttp.ClientSession, endpoint: str
    ) -> None:
        self.news = News()
        self._app = app
        self._clock = clock
        self._desk = desk
        self._microsoft = microsoft
        self._http = http
        self._endpoint = endpoint
        self._clients: dict[tuple[str, str | None], TeamsClient] = {}
        self._said: str | None = None
        self._names_bot = False  # in what was said last, without the script's saying so
        self._talk: dict[str, list[Mapping[str, Any]]] = {}  # by room, what people said there, handed over or not
        self._question: dict[str, Conversation] = {}  # by room, the thread of the last question, or of the bot's post
        self._posted: set[str] = set()  # the threads that the bot opened
        self._shown: dict[str, str] = {}  # by place, the bot's last message
        self._cards: dict[str, str] = {}  # by place, its last message with buttons
        self._pressed: dict[tuple[str, str, str], Mapping[str, Any]] = {}
        self._seen: dict[str, Shown] = {}
        self._since: dict[str, datetime] = {}  # when a message came to look as it does
        self._earlier: set[str] = set()
        self._earlier = set(self._visible())  # what other tests have left there

    async def install(self) -> bool:
        """Add the app to the team; false as long as the bot is not ready for it."""
        client, where = self._place("lotse", COMMUNITY_ROOM)
        return (await client.install(where=where)).status == 200

    async def say(self, person: str, room: str | None, text: str) -> list[Heard]:
        client, where = self._place(person, room)
        return await self._speak(client, room, text, where)

    async def reply(self, person: str, room: str | None, text: str) -> list[Heard]:
        client, where = self._place(person, room)
        thread = self._seen[self._shown[place(person, room)]].conversation_id
        return await self._speak(client, room, text, replace(where, id=thread))

    async def quote(self, person: str, room: str | None, text: str) -> list[Heard]:
        """In a channel, a reply is said in the thread, and to the bot only if it is named."""
        client, where = self._place(person, room)
        shown = self._seen[self._shown[place(person, room)]]
        if room:
            return await self._say_to_bot(client, room, text, replace(where, id=shown.conversation_id))
        self._said, self._names_bot = _accepted(await client.quote(shown.id, text)).id, False
        return await self._hear(client, room)

    async def remark(self, person: str, room: str, text: str, *, has_picture: bool = False) -> list[Heard]:
        """Teams hands over no reply without a mention: whoever wants theirs kept says so in its menu.

        Below a question that the bot has posted, people name it.
        """
        client, _ = self._place(person, room)
        if self._question[room].id in self._posted and has_picture:
            sent = _accepted(await client.attach(text, where=self._question[room]))
            self._said, self._names_bot = sent.id, True
            return await self._hear(client, room)
        assert not has_picture, "Teams hands over no picture that does not name the bot"
        if self._question[room].id in self._posted:
            return await self._say_to_bot(client, room, text, self._question[room])
        self._talk[room].append(client.message(text, where=self._question[room], mentions_bot=False))
        return await self.remember(person, room, text)

    async def remember(self, person: str, room: str, beginning: str) -> list[Heard]:
        client, _ = self._place(person, room)
        said = [one for one in self._talk[room] if _own_words(one).startswith(beginning)]
        answer = _accepted(await client.remember(said[-1]))
        assert answer.body["task"]["value"] == extension.REMEMBERED
        return await self._hear(client)

    async def gather(self, plan: str, people: Sequence[str], *, is_apart: bool) -> str | None:
        """Have all say hello, and the first one bind their group to a chat that they have made; gives its name.

        None where they are to stay `is_apart`.
        """
        for person in people:
            await self.say(person, None, "hallo")
        members = [Sender(MEMBERS[one].object_id, MEMBERS[one].name) for one in people]
        await consulting_group(self._app.database, built_in()[plan], members, self.now(), NAME)
        await self.wait(timedelta())
        if is_apart:
            return None
        await self.say(people[0], CASE_CHAT, f"{MENTION} beratung 1")
        return CASE_CHAT

    def now(self) -> datetime:
        return self._clock.now()

    async def wait(self, time: timedelta) -> None:
        await pass_time(self._app, self._clock, time)
        await self.listen()

    async def _say_to_bot(self, client: TeamsClient, room: str, text: str, where: Conversation) -> list[Heard]:
        heard = await self._speak(client, room, f"{MENTION} {text.removeprefix(MENTION).strip()}", where)
        self._names_bot = True
        return heard

    async def attach(self, person: str, room: str | None, caption: str) -> list[Heard]:
        client, where = self._place(person, room)
        words = _handed_over(room, caption)
        self._said = None if words is None else _accepted(await client.attach(words, where=where)).id
        self._names_bot = False
        return await self._hear(client, room)

    async def edit(self, person: str, room: str | None, text: str) -> list[Heard]:
        client, _ = self._place(person, room)
        words = text.removeprefix(MENTION).strip() if self._names_bot else _handed_over(room, text)
        if self._said is not None and words is not None:
            _accepted(await client.edit(self._said, words))
        return await self._hear(client, room)

    async def delete(self, person: str, room: str | None) -> list[Heard]:
        client, _ = self._place(person, room)
        if self._said is not None:
            _accepted(await client.delete(self._said))
        return await self._hear(client, room)

    async def react(self, person: str, room: str | None, text: str) -> list[Heard]:
        client, _ = self._place(person, room)
        _accepted(await client.react(self._shown[place(person, room)], _REACTIONS[text]))
        return await self._hear(client, room)

    async def press(self, person: str, room: str | None, text: str) -> list[Heard]:
        client, _ = self._place(person, room)
        # A question from a message's menu is answered in the direct chat.
        cards = [self._cards[one] for one in (place(person, room), place(person, None)) if one in self._cards]
        card = self._seen[max(cards, key=int)]
        answer = _accepted(await self._press(client, card, text))
        heard = await self._hear(client, room)
        after = self._seen[card.id]
        if answer.body.get("value") == ARRIVED:
            assert not is_closed(after), "of a choice that is there for all, nothing is seen by others"
        elif answer.body["type"] == _TOAST:
            assert answer.body["value"], "a press in vain is explained"
            assert (heard, after) == ([], card)
        else:
            assert answer.body["type"] == _CARD
            assert not list(_buttons(answer.body["value"]))
            assert answer.body["value"] == after.card, "all see what the one who pressed sees"
            assert words_of(after).endswith(f"Gewählt: {_named(card, text).label}")
        return heard

    async def _press(self, client: TeamsClient, card: Shown, text: str) -> Answer:
        key = (client.member.name, card.id, text)
        if is_closed(card):  # their other device still shows the buttons
            return await client.send({**self._pressed[key], "id": f"f:{uuid.uuid4()}"})
        answer = await client.press(card.id, _named(card, text).title)
        self._pressed[key] = answer.activity
        return answer

    def _place(self, person: str, room: str | None) -> tuple[TeamsClient, Conversation]:
        if (person, room) not in self._clients:
            client = TeamsClient(self._microsoft, self._http, self._endpoint, MEMBERS[person])
            client.channel = ROOMS.get(room or "", client.channel)
            self._clients[person, room] = client
        client = self._clients[person, room]
        if room == CASE_CHAT:
            return client, client.group_chat
        return client, client.channel if room else client.personal

    async def _speak(self, client: TeamsClient, room: str | None, text: str, where: Conversation) -> list[Heard]:
        words = _handed_over(room, text)
        said = client.message(
            text if words is None else words, where=where, mentions_bot=bool(room) and text.startswith(MENTION)
        )
        if room:
            self._talk.setdefault(room, []).append(said)
        self._said, self._names_bot = None if words is None else _accepted(await client.send(said)).id, False
        if room and words is not None:
            self._question[room] = replace(where, id=said["conversation"]["id"])
        return await self._hear(client, room)

    async def _hear(self, speaker: TeamsClient, room: str | None = None) -> list[Heard]:
        """What the bot said, changed and deleted where somebody speaks, since the last line."""
        await self._app.idle()
        await self.listen()
        return [*self.news.at(room or _place_of(speaker.personal.id))]

    async def listen(self) -> None:
        """Take note of what the bot said, changed and deleted in all places since the last time."""
        before, self._seen = self._seen, self._visible()
        for key, shown in before.items():
            if key not in self._seen:
                self.news.add(_place_of(shown.conversation_id), Heard(words_of(shown), is_deletion=True))
        for shown in self._seen.values():
            earlier = before.get(shown.id)
            if shown == earlier:
                continue
            assert shown.is_edited or earlier is None  # what was said and changed at once is new to everybody
            self._since[shown.id] = self.now()
            if earlier is not None and is_taken_back(earlier, shown):
                assert not await self._is_waiting(earlier)
            elif is_closed(shown):
                await self._check_closing(earlier, shown)
            else:
                self._take(shown, is_edit=earlier is not None)
        await self._check_buttons()

    def _visible(self) -> dict[str, Shown]:
        places = [*(member.personal_chat for member in MEMBERS.values()), *(room.id for room in _PLACES.values())]
        found = [shown for place in places for shown in self._microsoft.messages(place)]
        return {shown.id: shown for shown in found if shown.id not in self._earlier}

    def _take(self, shown: Shown, *, is_edit: bool) -> None:
        where = _place_of(shown.conversation_id)
        self._shown[where] = shown.id
        if list(_buttons(shown.card)):
            self._cards[where] = shown.id
        if shown.conversation_id.endswith(f";messageid={shown.id}") and not is_edit:
            self._question[where] = replace(_PLACES[where], id=shown.conversation_id)
            self._posted.add(shown.conversation_id)
        self.news.add(where, Heard(words_of(shown), is_edit))

    async def _check_closing(self, earlier: Shown | None, closed: Shown) -> None:
        """A taken choice leaves the words, takes the buttons and names what was chosen."""
        assert earlier is not None
        buttons, text = list(_buttons(earlier.card)), _without_choices(earlier)
        assert words_of(closed) in [f"{text}Gewählt: {label}" for label in (WRITTEN, *(b.label for b in buttons))]
        assert not await self._is_waiting(earlier)

    async def _check_buttons(self) -> None:
        for shown in self._seen.values():
            is_old = self.now() - self._since[shown.id] > timedelta(days=STANDARD.offers)
            if list(_buttons(shown.card)) and not is_old:
                assert await self._is_waiting(shown), f"nothing waits below {words_of(shown)!r}"

    async def _is_waiting(self, shown: Shown) -> bool:
        return await self._desk.is_waiting(next(_buttons(shown.card)).key)


def _place_of(conversation_id: str) -> str:
    """Where a message is, as `News` names it."""
    alone = {member.personal_chat: place(name, None) for name, member in MEMBERS.items()}
    rooms = {room.id: name for name, room in _PLACES.items()}
    return (alone | rooms)[conversation_id.partition(";")[0]]


def words_of(shown: Shown) -> str:
    """What a message of the bot says; a card says the same to those who see its plain twin."""
    if shown.card is None:
        return html.unescape(shown.text.replace("<br/>", "\n"))
    twin = str(shown.card["fallbackText"])
    buttons = list(_buttons(shown.card))
    # Else, and where they are many, the choices stand above them, too.
    is_readable = len(buttons) <= 6 and all(button.title == button.choice for button in buttons)
    on_buttons = [button.title for button in buttons] if is_readable else []
    assert _words("\n".join([*_lines(shown.card), *on_buttons])) == _words(twin)
    return twin


def is_closed(shown: Shown) -> bool:
    """Whether it is a card whose buttons are gone."""
    return shown.card is not None and not list(_buttons(shown.card))


def is_taken_back(earlier: Shown, shown: Shown) -> bool:
    """Whether a message only lost the choices below it, without anybody having taken one."""
    return bool(list(_buttons(earlier.card))) and words_of(shown) == _without_choices(earlier).rstrip()


def _without_choices(shown: Shown) -> str:
    return words_of(shown).removesuffix("\n".join(button.choice for button in _buttons(shown.card)))


def _own_words(activity: Mapping[str, Any]) -> str:
    return str(activity["text"]).removeprefix(MENTIONED).strip()


def _handed_over(room: str | None, text: str) -> str | None:
    """The words without the bot's name; None when Teams keeps them from the bot."""
    is_kept = room and room != CASE_CHAT and not text.startswith(MENTION)
    return None if is_kept else text.removeprefix(MENTION).strip()


def _accepted(answer: Answer) -> Answer:
    assert answer.status == 200, answer
    return answer


def _named(shown: Shown, word: str) -> Button:
    """The button with this number, or with this word on it."""
    found = [button for button in _buttons(shown.card) if word in button.title.replace(".", " ").split()]
    assert len(found) == 1, f"{word!r} in {found}"
    return found[0]


def _buttons(card: Mapping[str, Any] | None) -> Iterator[Button]:
    for action in (card or {}).get("actions", ()):
        assert action["type"] == "Action.Execute"
        yield Button(action["title"], action.get("tooltip", action["title"]), action["data"]["offer"])


def _lines(card: Mapping[str, Any]) -> Iterator[str]:
    for block in card["body"]:
        yield "".join(_text(inline) for inline in block["inlines"])


def _text(inline: Mapping[str, Any]) -> str:
    target = inline.get("selectAction", {}).get("url")
    return f"{inline['text']} ({target})" if target else str(inline["text"])


def _words(text: str) -> Sequence[str]:
    return text.replace("•", "-").split()
