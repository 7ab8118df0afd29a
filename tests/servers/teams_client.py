"""People with Microsoft Teams: they post to a bot's endpoint what Teams would post, and read what the bot says."""

import html
import json
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import aiohttp

from servers.microsoft import APP_ID, CHANNEL, TENANT, Member, Microsoft, Shown

BOT = {"id": f"28:{APP_ID}", "name": "Lotsenfunk"}
MENTION = f"<at>{BOT['name']}</at>"
VALID = ""
_GERMANY = timezone(timedelta(hours=1))
_NAMELESS = ("messageReaction", "conversationUpdate", "installationUpdate")  # they tell only the sender's ids
_OF_CLIENTS = ("localTimestamp", "localTimezone", "entities", "locale")
_LEFT_OUT = {"messageReaction": _OF_CLIENTS, "conversationUpdate": _OF_CLIENTS}


@dataclass(frozen=True)
class Conversation:
    """A chat, a channel or a thread in it."""

    id: str
    kind: str = "personal"
    team_id: str = ""
    tenant: str = TENANT

    @property
    def channel_id(self) -> str:
        return self.id.partition(";messageid=")[0] if self.kind == "channel" else ""

    def thread(self, root_id: str) -> "Conversation":
        """The post of a channel with the replies to it."""
        return replace(self, id=f"{self.channel_id};messageid={root_id}")

    def whole(self) -> "Conversation":
        """The team of a channel, which is what an app is added to and people are members of."""
        return replace(self, id=self.team_id) if self.kind == "channel" else self

    def address(self) -> dict[str, Any]:
        """What an activity says about its conversation."""
        group = {"isGroup": True} if self.kind != "personal" else {}
        return group | {"conversationType": self.kind, "tenantId": self.tenant, "id": self.id}

    def channel_data(self) -> dict[str, Any]:
        """What only Teams says about it."""
        tenant: dict[str, Any] = {"tenant": {"id": self.tenant}}
        if self.kind != "channel":
            return tenant
        channel, team = self.channel_id, self.team_id
        names = {"teamsChannelId": channel, "teamsTeamId": team}
        return names | {"channel": {"id": channel}, "team": {"id": team}} | tenant


GROUP_CHAT = Conversation("19:3f8a1c5e7b9d4260a1c3e5f708192a4b@thread.v2", "groupChat")
TEAM_ID = "19:Zt4Yp0bLq8nVxJ2sKcRw6mEhUfAoTi1DgB5yPv7NlQ41@thread.tacv2"
CHANNEL_OF_TEAM = Conversation("19:7d2e4f6a8b0c41d3952f6e8a0b1c3d5e@thread.tacv2", "channel", TEAM_ID)


@dataclass(frozen=True)
class Answer:
    """What the bot's endpoint answered to an activity; `id` is the activity's, a message's id for what was said."""

    status: int
    body: Any
    activity: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.activity["id"])


class TeamsClient:
    """Somebody with Teams in their personal chat with the bot, a group chat and a channel of their team.

    What is said `where` nothing else is named is said in the personal chat. `authorization` is the header of every
    request: `VALID` for a fresh token, None for no header.
    """

    def __init__(self, microsoft: Microsoft, http: aiohttp.ClientSession, endpoint: str, member: Member) -> None:
        self.member = member
        self.authorization: str | None = VALID
        self.personal = Conversation(member.personal_chat, tenant=member.tenant)
        self.group_chat = replace(GROUP_CHAT, tenant=member.tenant)
        self.channel = replace(CHANNEL_OF_TEAM, tenant=member.tenant)
        self._microsoft = microsoft
        self._http = http
        self._endpoint = endpoint
        self._said: dict[str, tuple[Conversation, Mapping[str, Any]]] = {}
        for conversation_id in (self.personal.id, self.group_chat.id, self.channel.id, TEAM_ID):
            microsoft.join(conversation_id, member)

    async def send(self, activity: Mapping[str, Any], *, authorization: str | None = VALID) -> Answer:
        """Post any activity, one that was posted before, too: Teams repeats what got no answer."""
        chosen = self.authorization if authorization == VALID else authorization
        header = f"Bearer {self._microsoft.token()}" if chosen == VALID else chosen
        headers = {} if header is None else {"Authorization": header}
        async with self._http.post(self._endpoint, json=activity, headers=headers) as response:
            return Answer(response.status, _json(await response.text()), activity)

    def message(
        self, text: str, *, where: Conversation | None = None, mentions_bot: bool | None = None, **changes: Any
    ) -> dict[str, Any]:
        """The activity of a message, for `send`; the bot is mentioned where it hears nothing else.

        `changes` override its fields, but `entities` are added.
        """
        where = where or self.personal
        if mentions_bot is None:
            mentions_bot = where.kind != "personal"
        message_id = self._microsoft.new_id()
        if where.kind == "channel" and where.id == where.channel_id:
            where = where.thread(message_id)  # a new post
        text, rich, entities = _written(text, mentions_bot=mentions_bot)
        said = {"text": text, "textFormat": "plain", "attachments": [{"contentType": "text/html", "content": rich}]}
        entities += changes.pop("entities", [])
        activity = self._activity("message", where, message_id, said | changes, entities)
        self._said[message_id] = (where, activity)
        return activity

    async def say(
        self, text: str, *, where: Conversation | None = None, mentions_bot: bool | None = None, **changes: Any
    ) -> Answer:
        """Say something; in a channel that is a new post. `changes` are those of `message`."""
        return await self.send(self.message(text, where=where, mentions_bot=mentions_bot, **changes))

    async def reply(self, root_id: str, text: str, *, mentions_bot: bool = True) -> Answer:
        """Reply to a post in the channel, within its thread."""
        return await self.say(text, where=self.channel.thread(root_id), mentions_bot=mentions_bot)

    async def attach(self, caption: str = "", *, where: Conversation | None = None) -> Answer:
        """Send an image, with a caption or alone."""
        url = f"{self._microsoft.service_url}v3/attachments/0-weu-d1-{uuid.uuid4().hex}/views/original"
        image = {"contentType": "image/*", "contentUrl": url}
        picture = {"contentType": "text/html", "content": _paragraph(caption) + f'<p><img src="{url}" alt="image"></p>'}
        return await self.say(caption, where=where, attachments=[image, picture])

    async def quote(self, message_id: str, text: str, *, where: Conversation | None = None) -> Answer:
        """Answer a message by quoting it; in the personal chat, if it is not said where."""
        quoted, sender = self._quoted(message_id)
        content = _quotation(message_id, quoted, sender) + _paragraph(text)
        reference = {"messageId": message_id, "senderId": sender["id"], "senderName": sender["name"], "preview": quoted}
        entity = {"type": "quotedReply", "quotedReply": reference | {"time": message_id, "isReplyDeleted": False}}
        written = [{"contentType": "text/html", "content": content}]
        return await self.say(text, where=where, attachments=written, entities=[entity])

    async def edit(self, message_id: str, text: str) -> Answer:
        """Change a message of one's own."""
        where, before = self._said[message_id]
        text, rich, entities = _written(text, mentions_bot=MENTION in before["text"])
        said = {"text": text, "textFormat": "plain", "attachments": [{"contentType": "text/html", "content": rich}]}
        activity = self._activity("messageUpdate", where, message_id, said, entities)
        activity["channelData"]["eventType"] = "editMessage"
        return await self.send(activity)

    async def delete(self, message_id: str) -> Answer:
        """Delete a message of one's own."""
        activity = self._activity("messageDelete", self._said[message_id][0], message_id, {})
        activity["channelData"]["eventType"] = "softDeleteMessage"
        return await self.send(activity)

    async def react(self, message_id: str, kind: str = "like", *, removed: bool = False) -> Answer:
        """React to a message of the bot, or take the reaction back."""
        field = "reactionsRemoved" if removed else "reactionsAdded"
        shown = self._microsoft.message(message_id)
        reaction = {field: [{"type": kind}], "replyToId": message_id}
        return await self.send(
            self._activity("messageReaction", self._place(shown.conversation_id), _event_id(), reaction)
        )

    async def press(self, message_id: str, button: int | str, inputs: Mapping[str, Any] | None = None) -> Answer:
        """Press a button of the card in a message, named by its number or title, with what was put into the card.

        A card in the answer is for this person alone: what others see changes when the bot replaces its message.
        """
        shown = self._microsoft.message(message_id)
        pressed = _button(shown, button)
        if pressed["type"] == "Action.Submit":
            return await self.submit(message_id, {**(pressed.get("data") or {}), **(inputs or {})})
        action = {name: pressed[name] for name in ("type", "id", "title", "verb") if name in pressed}
        action["data"] = {**(pressed.get("data") or {}), **(inputs or {})}
        value = {"action": action, "trigger": "manual"}
        return await self._invoke("adaptiveCard/action", value, self._place(shown.conversation_id), message_id)

    async def submit(self, message_id: str, data: Mapping[str, Any]) -> Answer:
        """Send the data of a button of the older kind, `Action.Submit`."""
        shown = self._microsoft.message(message_id)
        said = {"value": dict(data), "replyToId": message_id}
        activity = self._activity("message", self._place(shown.conversation_id), self._microsoft.new_id(), said)
        activity["channelData"] |= {"source": {"name": "message"}, "legacy": {"replyToId": message_id}}
        return await self.send(activity)

    async def query(
        self,
        command_id: str,
        text: str = "",
        *,
        parameter: str = "text",
        skip: int = 0,
        count: int = 25,
        where: Conversation | None = None,
    ) -> Answer:
        """Search in the message extension; without a text it is its first opening."""
        asked = {"name": parameter, "value": text} if text else {"name": "initialRun", "value": "true"}
        options = {"skip": skip, "count": count}
        value = {"commandId": command_id, "parameters": [asked], "queryOptions": options}
        return await self._invoke("composeExtension/query", value, where)

    async def fetch_task(
        self, command_id: str, message: Mapping[str, Any] | None = None, *, where: Conversation | None = None
    ) -> Answer:
        """Open the form of a command, from the field for messages or from the menu of a message (its activity)."""
        return await self.send(self.command(command_id, message, where=where))

    def command(
        self, command_id: str, message: Mapping[str, Any] | None = None, *, where: Conversation | None = None
    ) -> dict[str, Any]:
        """The activity that opens the form of a command, for `send`."""
        where = self._place(message["conversation"]["id"]) if message else where
        return self._invocation("composeExtension/fetchTask", _command(command_id, message), where)

    async def remember(self, message: Mapping[str, Any]) -> Answer:
        """Choose "Merken" in the menu of a message (its activity)."""
        return await self.fetch_task("rememberMessage", message)

    async def submit_action(
        self,
        command_id: str,
        data: Mapping[str, Any],
        message: Mapping[str, Any] | None = None,
        *,
        where: Conversation | None = None,
    ) -> Answer:
        """Send the form of a command off."""
        where = self._place(message["conversation"]["id"]) if message else where
        value = _command(command_id, message) | {"data": dict(data)}
        return await self._invoke("composeExtension/submitAction", value, where)

    async def install(self, *, where: Conversation | None = None) -> Answer:
        """Add the app: the bot may speak there from now on."""
        where = where or self.personal
        for one in (where, where.whole()):
            self._microsoft.reopen(one.id)
        return await self._installation("add", where)

    async def uninstall(self, *, where: Conversation | None = None) -> Answer:
        """Remove the app: the bot may no longer speak there."""
        where = where or self.personal
        for one in (where, where.whole()):
            self._microsoft.close(one.id)
        return await self._installation("remove", where)

    async def members_added(self, *members: Member, where: Conversation | None = None) -> Answer:
        """Tell of new members; without any, of the bot itself."""
        where = where or self.personal
        for one in (where, where.whole()):
            self._microsoft.join(one.id, *members)
        return await self._membership("membersAdded", "teamMemberAdded", members, where)

    async def members_removed(self, *members: Member, where: Conversation | None = None) -> Answer:
        """Tell of members who have gone; without any, of the bot itself."""
        where = where or self.personal
        for one in (where, where.whole()):
            self._microsoft.leave(one.id, *members)
        return await self._membership("membersRemoved", "teamMemberRemoved", members, where)

    def messages(self, where: Conversation | None = None) -> list[Shown]:
        """What the bot has said, as it stands there now, oldest first."""
        return self._microsoft.messages((where or self.personal).id)

    async def wait_for(
        self, predicate: Callable[[list[Shown]], bool], within: float = 60.0, *, where: Conversation | None = None
    ) -> list[Shown]:
        """Wait until what the bot has said is as wanted, and give it."""
        return await self._microsoft.wait_for((where or self.personal).id, predicate, within)

    async def wait_for_text(self, part: str, within: float = 60.0, *, where: Conversation | None = None) -> Shown:
        """The first message whose text or card contains something."""
        found = await self.wait_for(lambda seen: any(part in _all_text(one) for one in seen), within, where=where)
        return next(one for one in found if part in _all_text(one))

    async def _invoke(
        self, name: str, value: Mapping[str, Any], where: Conversation | None, reply_to: str | None = None
    ) -> Answer:
        return await self.send(self._invocation(name, value, where, reply_to))

    def _invocation(
        self, name: str, value: Mapping[str, Any], where: Conversation | None, reply_to: str | None = None
    ) -> dict[str, Any]:
        fields = {"name": name, "value": value} | ({"replyToId": reply_to} if reply_to else {})
        activity = self._activity("invoke", where or self.personal, _event_id(), fields)
        is_card = name.startswith("adaptiveCard/")
        activity["channelData"]["source"] = {"name": "message" if is_card else "compose"}
        return activity

    async def _installation(self, action: str, where: Conversation) -> Answer:
        activity = self._activity("installationUpdate", where.whole(), _event_id(), {"action": action})
        activity["channelData"]["source"] = {"name": "message"}
        if where.kind == "channel":
            activity["channelData"]["settings"] = {"selectedChannel": {"id": where.channel_id}}
        return await self.send(activity)

    async def _membership(self, field: str, kind: str, members: Sequence[Member], where: Conversation) -> Answer:
        people = [{"id": one.id, "aadObjectId": one.object_id} for one in members] or [{"id": BOT["id"]}]
        activity = self._activity("conversationUpdate", where.whole(), _event_id(), {field: people})
        if where.kind == "channel":
            activity["channelData"]["eventType"] = kind
        return await self.send(activity)

    def _activity(
        self,
        kind: str,
        where: Conversation,
        activity_id: str,
        fields: Mapping[str, Any],
        entities: Sequence[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        sender = {"id": self.member.id, "name": self.member.name, "aadObjectId": self.member.object_id}
        if kind in _NAMELESS:
            del sender["name"]
        times = _times(int(activity_id if kind == "message" else self._microsoft.new_id()))
        client = {"type": "clientInfo", "locale": "de-DE", "country": "DE", "platform": "Web"}
        activity = {
            "type": kind,
            "id": activity_id,
            **times,
            "channelId": CHANNEL,
            "serviceUrl": self._microsoft.service_url,
            "from": sender,
            "conversation": where.address(),
            "recipient": dict(BOT),
            "entities": [*entities, client | {"timezone": "Europe/Berlin"}],
            "channelData": where.channel_data(),
            "locale": "de-DE",
        }
        return {name: value for name, value in activity.items() if name not in _LEFT_OUT.get(kind, ())} | dict(fields)

    def _place(self, conversation_id: str) -> Conversation:
        for one in (self.channel, self.group_chat):
            if conversation_id.startswith(one.id):
                return replace(one, id=conversation_id)
        return self.personal

    def _quoted(self, message_id: str) -> tuple[str, Mapping[str, str]]:
        if message_id in self._said:
            sender = {"id": f"8:orgid:{self.member.object_id}", "name": self.member.name}
            return self._said[message_id][1]["text"], sender
        return self._microsoft.message(message_id).text, BOT


def _command(command_id: str, message: Mapping[str, Any] | None) -> dict[str, Any]:
    context = "message" if message else "compose"
    value = {"commandId": command_id, "commandContext": context, "context": {"theme": "default"}}
    return value | ({"messagePayload": _payload(message)} if message else {})


def _payload(message: Mapping[str, Any]) -> dict[str, Any]:
    sender = message["from"]
    root = message["conversation"]["id"].partition(";messageid=")[2] or message["id"]
    user = {"userIdentityType": "aadUser", "id": sender["aadObjectId"], "displayName": sender["name"]}
    return {
        "id": message["id"],
        "replyToId": root if root != message["id"] else None,
        "createdDateTime": message["timestamp"],
        "lastModifiedDateTime": None,
        "deleted": False,
        "subject": None,
        "summary": None,
        "importance": "normal",
        "locale": "de-de",
        "body": {"contentType": "html", "content": f"<div>{message['attachments'][-1]['content']}</div>"},
        "from": {"device": None, "conversation": None, "user": user, "application": None},
        "reactions": [],
        "mentions": [],
    }


def _button(shown: Shown, wanted: int | str) -> Mapping[str, Any]:
    buttons = list(_buttons(shown.card))
    if isinstance(wanted, int):
        return buttons[wanted]
    for button in buttons:
        if button.get("title") == wanted:
            return button
    raise LookupError(f"no button {wanted!r}, only {[button.get('title') for button in buttons]}")


def _buttons(part: Any) -> Iterator[Mapping[str, Any]]:
    """What can be pressed in a card, in the order in which it stands there."""
    if isinstance(part, Mapping):
        if part.get("type") in ("Action.Execute", "Action.Submit"):
            yield part
            return  # its fallback is for clients that do not know it
        for inner in part.values():
            yield from _buttons(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _buttons(inner)


def _written(text: str, *, mentions_bot: bool) -> tuple[str, str, list[dict[str, Any]]]:
    """The text of a message, its HTML and its entities."""
    if not mentions_bot:
        return text, _paragraph(text), []
    span = f'<span itemtype="http://schema.skype.com/Mention" itemscope="" itemid="0">{BOT["name"]}</span>&nbsp;'
    entity = {"type": "mention", "mentioned": dict(BOT), "text": MENTION}
    return f"{MENTION} {text}", f"<p>{span}{html.escape(text, quote=False)}</p>", [entity]


def _paragraph(text: str) -> str:
    return f"<p>{html.escape(text, quote=False)}</p>" if text else ""


def _quotation(message_id: str, text: str, sender: Mapping[str, str]) -> str:
    return (
        f'<blockquote itemscope="" itemtype="http://schema.skype.com/Reply" itemid="{message_id}">\n'
        f'<strong itemprop="mri" itemid="{sender["id"]}">{html.escape(sender["name"])}</strong>'
        f'<span itemprop="time" itemid="{message_id}"></span>\n'
        f'<p itemprop="preview">{html.escape(text, quote=False)}</p>\n</blockquote>\n'
    )


def _times(milliseconds: int) -> dict[str, str]:
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    local = moment.astimezone(_GERMANY).isoformat(timespec="milliseconds")
    at = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"timestamp": at, "localTimestamp": local, "localTimezone": "Europe/Berlin"}


def _event_id() -> str:
    return f"f:{uuid.uuid4()}"


def _all_text(shown: Shown) -> str:
    card = json.dumps(shown.card, ensure_ascii=False) if shown.card else ""
    return f"{shown.text}\n{card}"


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text or None
