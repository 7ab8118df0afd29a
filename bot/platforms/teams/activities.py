"""Pure: from what Teams sends, as JSON that strangers wrote, to what the mailbox takes.

Teams numbers messages within a conversation, so our ids of messages name both: `CONVERSATION#MESSAGE`. A thread of a
channel is a conversation of its own there, called `CHANNEL;messageid=ROOT`.
"""

import html
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from bot.addresses import Address
from bot.messages import Conversation, Incoming, Kind, Quoted, Sender
from bot.platforms.teams.cards import chosen_in
from bot.platforms.teams.quotations import without_quotation
from bot.platforms.teams.refusal import Refusal
from bot.platforms.wire import Wire, part, parts, text

LONGEST_ID = 500
LONGEST_NAME = 100
LONGEST_TEXT = 30_000
LONGEST_REACTION = 40
MOST_REACTIONS = 20
REMEMBER = "merken"
"""What somebody says by choosing our command in the menu of a message."""

_THREAD = re.compile(r"(?P<channel>[^;#]+);messageid=(?P<root>[^;#]+)")
# No tag reaches beyond the next one, and none is read twice: else a text without an end of tags took minutes.
_TAG = re.compile(r"</?at\b[^<>]*>")
# Where a card of a message extension was put into the text.
_CARD = re.compile(r"<span\b(?=[^<>]*InputExtension)[^<>]*>(?:\s*<span\b[^<>]*>\s*</span>)*\s*</span>")
_NO_FILES = ("", "text/html", "messageReference")
_CARDS = "application/vnd.microsoft.card."
_COMMAND = re.compile(r"!\w")
# Names that Teams has for the reactions beside a message; others come as the emoji, or led by its code point.
_REACTIONS = {"like": "👍", "yes": "👍", "checkmark": "✅", "dislike": "👎", "no": "👎"}
_CODE_POINT = re.compile(r"(?P<code>[0-9a-f]{4,5})_")


@dataclass(frozen=True, slots=True)
class Call:
    """The envelope of an activity: who sent what kind of thing from where; `activity` is the rest, unread.

    `place` is the conversation as Teams calls it, in channels with its thread; `person` the stable id in Entra and
    `account` the name that only our bot has for them. Both are empty when nobody did it.
    """

    kind: str
    id: str
    place: str
    conversation: Conversation
    thread: str | None
    person: str
    account: str
    name: str
    sent_at: datetime
    tenant_id: str
    team_id: str
    bot_id: str
    service_url: str
    activity: Wire

    @property
    def address(self) -> Address:
        """How this conversation is reached from now on."""
        is_direct = self.conversation.is_direct
        return Address(
            self.conversation.platform,
            self.conversation.id,
            self.service_url,
            self.tenant_id,
            self.bot_id,
            self.team_id or None,
            self.person if is_direct and self.person else None,
            self.account if is_direct and self.account else None,
        )

    @property
    def event_id(self) -> str:
        """Our id of this activity."""
        return qualified(self.place, self.id)

    @property
    def sender(self) -> Sender:
        """Who did it."""
        return Sender(self.person or self.account, self.name)


def qualified(place: str, message_id: str) -> str:
    """Our id of a message."""
    return f"{place}#{message_id}"


def place_of(identity: str) -> str:
    """The conversation, as Teams calls it, that a message with our id is in."""
    return identity.rpartition("#")[0]


def bare(identity: str) -> str:
    """Teams' own id of a message."""
    return identity.rpartition("#")[2]


def read_call(platform: str, activity: Wire, now: datetime) -> Call:
    """Read the envelope; raises `Refusal` when it is not one that Teams sends."""
    place = _id(part(activity, "conversation"), "id")
    kind = text(activity, "type")
    if not kind or not place:
        raise Refusal(400, "no activity")
    channel, sender = part(activity, "channelData"), part(activity, "from")
    found = _THREAD.fullmatch(place)
    is_direct = text(part(activity, "conversation"), "conversationType") == "personal"
    return Call(
        kind=kind,
        id=_id(activity, "id"),
        place=place,
        conversation=Conversation(platform, found["channel"] if found else place, is_direct),
        thread=qualified(place, found["root"]) if found else None,
        person=_id(sender, "aadObjectId"),
        account=_id(sender, "id"),
        name=text(sender, "name")[:LONGEST_NAME],
        sent_at=_moment(text(activity, "timestamp")) or now,
        tenant_id=_id(part(channel, "tenant"), "id") or _id(part(activity, "conversation"), "tenantId"),
        team_id=_id(part(channel, "team"), "id"),
        bot_id=_id(part(activity, "recipient"), "id"),
        service_url=text(activity, "serviceUrl"),
        activity=activity,
    )


def message(call: Call) -> Incoming | None:
    """A message, a press of a button that came as one, or None for what says nothing."""
    pressed = press(call, call.activity.get("value"))
    if pressed is not None:
        return pressed
    said, is_called = _speech(call)
    has_attachment = _has_attachment(call.activity)
    if not said and not has_attachment and not is_called:
        return None
    is_addressed = call.conversation.is_direct or is_called or _COMMAND.match(said) is not None
    return replace(_blank(call), text=said, is_addressed=is_addressed, has_attachment=has_attachment)


def edit(call: Call) -> Incoming | None:
    """A changed message; each change is an event of its own."""
    new = message(call)
    if new is None or new.kind is Kind.PRESS:
        return None
    event_id = f"{call.event_id}~{call.sent_at.isoformat()}"
    return replace(new, kind=Kind.EDIT, event_id=event_id, refers_to=call.event_id)


def deletion(call: Call) -> Incoming:
    """A deleted message."""
    return replace(_blank(call), kind=Kind.DELETION, event_id=f"{call.event_id}~deleted", refers_to=call.event_id)


def reactions(call: Call) -> list[Incoming]:
    """What was put on a message; Teams tells only of messages of ours."""
    target = _id(call.activity, "replyToId")
    if not target:
        return []
    added = parts(call.activity, "reactionsAdded")[:MOST_REACTIONS]
    emojis = [_emoji(text(reaction, "type")) for reaction in added]
    blank = replace(_blank(call), kind=Kind.REACTION, refers_to=qualified(call.place, target))
    return [replace(blank, event_id=f"{call.event_id}~{emoji}", text=emoji) for emoji in emojis if emoji]


def press(call: Call, data: object) -> Incoming | None:
    """A pressed button with its data, or None when it is none of ours."""
    chosen = chosen_in(data)
    if chosen is None:
        return None
    key, number = chosen
    return replace(_blank(call), kind=Kind.PRESS, text=number, refers_to=key)


def question(call: Call, direct: Conversation, words: str) -> Incoming:
    """A question from a form, as if it was asked in the direct chat."""
    event_id = qualified(direct.id, call.id)
    return replace(_blank(call), conversation=direct, event_id=event_id, thread=None, text=words, is_addressed=True)


def remembering(call: Call, direct: Conversation, quoted: Quoted | None) -> Incoming:
    """The wish to keep a message that was said anywhere, as if it was uttered in the direct chat."""
    elsewhere = call.conversation.id if call.conversation.id != direct.id else None
    pointed_at = replace(quoted, conversation_id=elsewhere) if quoted is not None else None
    return replace(question(call, direct, REMEMBER), quoted=pointed_at)


def passages(call: Call) -> list[Incoming]:
    """Who entered a chat or left it, but for the bot; Teams tells no names."""
    fields = {"membersAdded": Kind.ENTERED, "membersRemoved": Kind.LEFT}
    told = [(member, kind) for name, kind in fields.items() for member in parts(call.activity, name)]
    people = [
        (_id(member, "aadObjectId") or account, kind) for member, kind in told if (account := _account(member, call))
    ]
    blank = replace(_blank(call), is_addressed=False)
    return [
        replace(blank, event_id=f"{call.event_id}~{kind}~{person}", sender=Sender(person, ""), kind=kind)
        for person, kind in people
    ]


def _account(member: Wire, call: Call) -> str:
    """The Teams id of a member, nothing for the bot."""
    found = _id(member, "id")
    return found if found != call.bot_id else ""


def _blank(call: Call) -> Incoming:
    is_direct = call.conversation.is_direct
    return Incoming(
        call.event_id, call.conversation, call.sender, "", call.sent_at, thread=call.thread, is_addressed=is_direct
    )


def _speech(call: Call) -> tuple[str, bool]:
    """The words without the bot's name, and whether the bot is named."""
    names = _names(call)
    own = without_quotation(call.activity)
    if own is None:
        spoken = _without(text(call.activity, "text")[:LONGEST_TEXT], names)
        own = html.unescape(_TAG.sub("", _CARD.sub(" ", spoken)))
    else:
        own = _without(own, [html.unescape(_TAG.sub("", name)) for name in names])
    lines = [" ".join(line.split()) for line in own.splitlines()]
    return "\n".join(lines).strip(), bool(names)


def _without(words: str, names: list[str]) -> str:
    for name in names:
        words = words.replace(name, " ", 1)
    return words


def _names(call: Call) -> list[str]:
    """How the bot is mentioned in the text, once for each mention."""
    return [
        text(entity, "text")
        for entity in parts(call.activity, "entities")
        if text(entity, "type") == "mention" and _id(part(entity, "mentioned"), "id") == call.bot_id != ""
    ]


def _has_attachment(activity: Wire) -> bool:
    """Whether a file came along: no card, and not the message once more as HTML, as every formatted one brings it."""
    kinds = [text(attachment, "contentType") for attachment in parts(activity, "attachments")]
    return any(kind not in _NO_FILES and not kind.startswith(_CARDS) for kind in kinds)


def _emoji(kind: str) -> str:
    found = _CODE_POINT.match(kind)
    emoji = chr(int(found["code"], 16)) if found else kind
    return _REACTIONS.get(kind) or (emoji if emoji.isprintable() else kind)[:LONGEST_REACTION]


def _id(wire: Wire, name: str) -> str:
    """An id that can be one: not empty, not too long, no way to another place in an address; else nothing."""
    found = text(wire, name)
    return found if len(found) <= LONGEST_ID and found.isprintable() and "#" not in found and found.strip(".") else ""


def _moment(written: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo and 1 < found.year < 9999 else None
