"""Pure: Matrix events as messages for the bot, and whether their content speaks to it. Never raises on odd events."""

import html
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import unquote

from bot.messages import Conversation, Incoming, Kind, Sender
from bot.platforms.matrix.content import KEY
from bot.platforms.matrix.wire import event_id, moment
from bot.platforms.wire import Wire, part, text, texts

TEXT = frozenset({"m.text", "m.emote"})
NOTICE = "m.notice"  # what bots say; they must not answer each other
ATTACHMENT = frozenset({"m.image", "m.file", "m.audio", "m.video"})
PLACE = "m.location"  # its body only describes it
LONGEST_REACTION = 100
LONGEST_NAME = 100

_COMMAND = re.compile(r"![^\W\d_]")
# No two repeats in a row that match the same characters: a hostile text must not make the search quadratic.
_PILL = re.compile(r"""\s*(?:<p>\s*)?<a\s+href=["']https://matrix\.to/#/([^"'?]+)(?:\?[^"']*)?["'][^>]*>([^<]*)</a>""")


@dataclass(frozen=True, slots=True)
class Account:
    """The bot in a room: its id, and the names by which people call it there."""

    user_id: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A message for the mailbox, with what only Matrix needs to know: the message it is a true reply to.

    `points_at` is the one that "this here" means in it: replied to, reacted to, or seen last in its thread. `is_human`
    is false for what programs say.
    """

    incoming: Incoming
    reply_to: str | None = None
    points_at: str | None = None
    is_human: bool = True


def read(event: Wire, conversation: Conversation, account: Account, sender_name: str) -> Reading | None:
    """Understand a timeline event; None for state, own events, notices, redacted and encrypted ones.

    `is_addressed` tells what the content alone can say: a direct chat, a mention, the bot's name first, a command.
    """
    return None if text(event, "sender") == account.user_id else _read(event, conversation, account, sender_name)


def read_anybodys(event: Wire, conversation: Conversation, account: Account, sender_name: str) -> Reading | None:
    """Understand a message like `read`, but also one of our own or of another program."""
    content = part(event, "content")
    is_notice = text(content, "msgtype") == NOTICE
    spoken = {**event, "content": {**content, "msgtype": "m.text"}} if is_notice else event
    reading = _read(spoken, conversation, account, sender_name) if event.get("type") == "m.room.message" else None
    is_human = not is_notice and KEY not in content and text(event, "sender") != account.user_id
    return replace(reading, is_human=is_human) if reading is not None else None


def read_passage(event: Wire, conversation: Conversation, account: Account, name: str) -> Incoming | None:
    """Understand that somebody called `name` entered or left a room; None for all else, and for ourselves."""
    person, identity, sent_at = text(event, "state_key"), event_id(event), moment(event, "origin_server_ts")
    is_other = event.get("type") == "m.room.member" and person not in ("", account.user_id)
    if not is_other or identity is None or sent_at is None:
        return None
    kind = _passage(text(part(event, "content"), "membership"), text(_before(event), "membership"))
    blank = Incoming(identity, conversation, Sender(person, name), "", sent_at, is_addressed=False)
    return replace(blank, kind=kind) if kind is not None else None


def _passage(is_now: str, was: str) -> Kind | None:
    """What a membership became; a server need not tell what it was."""
    if is_now == "join":
        return Kind.ENTERED if was != "join" else None
    return Kind.LEFT if is_now in ("leave", "ban") and was in ("join", "") else None


def _before(event: Wire) -> Wire:
    return part(event, "unsigned", "prev_content")


def thread_of(event: Wire) -> str | None:
    """The message that opens the thread which a message is in, even if the message itself cannot be read."""
    relation = part(event, "content", "m.relates_to")
    return event_id(relation) if text(relation, "rel_type") == "m.thread" else None


def reply_of(event: Wire) -> str | None:
    """The message that a message is a true reply to, even if the message itself cannot be read."""
    relation = part(event, "content", "m.relates_to")
    # In a thread, the reply is mostly there for clients that know no threads (is_falling_back).
    is_fallback = text(relation, "rel_type") == "m.thread" and relation.get("is_falling_back") is True
    return None if is_fallback else event_id(part(relation, "m.in_reply_to"))


def _read(event: Wire, conversation: Conversation, account: Account, sender_name: str) -> Reading | None:
    sender, identity, sent_at = text(event, "sender"), event_id(event), moment(event, "origin_server_ts")
    if not sender or identity is None or sent_at is None or "state_key" in event:
        return None
    name = text({"name": sender_name}, "name")
    blank = Incoming(identity, conversation, Sender(sender, name), "", sent_at, is_addressed=conversation.is_direct)
    content = part(event, "content")
    match event.get("type"):
        case "m.room.redaction":
            return _deletion(blank, event)
        case "m.reaction":
            return _reaction(blank, content)
        case "m.room.message" if text(part(content, "m.relates_to"), "rel_type") == "m.replace":
            return _edit(blank, content, account)
        case "m.room.message":
            return _message(blank, content, account)
        case _:
            return None


def _reaction(blank: Incoming, content: Wire) -> Reading | None:
    relation = part(content, "m.relates_to")
    target, key = event_id(relation), text(relation, "key")[:LONGEST_REACTION]
    if target is None or not key or text(relation, "rel_type") != "m.annotation":
        return None
    return Reading(replace(blank, kind=Kind.REACTION, refers_to=target, text=key), points_at=target)


def _deletion(blank: Incoming, event: Wire) -> Reading | None:
    # The content tells in rooms of version 11 and newer; in older ones anybody can write anything there.
    target = event_id(event, "redacts") or event_id(part(event, "content"), "redacts")
    return Reading(replace(blank, kind=Kind.DELETION, refers_to=target)) if target is not None else None


def _edit(blank: Incoming, content: Wire, account: Account) -> Reading | None:
    target = event_id(part(content, "m.relates_to"))
    reading = _message(blank, part(content, "m.new_content"), account)
    if target is None or reading is None:
        return None
    return Reading(replace(reading.incoming, kind=Kind.EDIT, refers_to=target))


def _message(blank: Incoming, content: Wire, account: Account) -> Reading | None:
    thread, reply_to = thread_of({"content": content}), reply_of({"content": content})
    above = event_id(part(content, "m.relates_to", "m.in_reply_to"))
    kind = text(content, "msgtype")
    has_attachment = kind in ATTACHMENT
    if kind == PLACE and blank.conversation.is_direct:
        return Reading(replace(blank, thread=thread), reply_to)
    if not (has_attachment or kind in TEXT) or not isinstance(content.get("body"), str):
        return None
    said, is_called = _speech(content if kind in TEXT else _captioned(content), account)
    is_addressed = blank.is_addressed or is_called or _COMMAND.match(said) is not None
    message = replace(blank, text=said, thread=thread, is_addressed=is_addressed, has_attachment=has_attachment)
    return Reading(message, reply_to, above or thread)


def _captioned(content: Wire) -> Wire:
    """The content of a file with its caption as body: without one, clients write the name of the file there."""
    has_caption = text(content, "filename") not in ("", text(content, "body"))
    return content if has_caption else {"m.mentions": content.get("m.mentions")}


def _speech(content: Wire, account: Account) -> tuple[str, bool]:
    """The text without reply quotation and without the bot's name, and whether the bot is called."""
    body = _without_quotation(text(content, "body")).strip()
    pill = _leading_pill(content, account)
    names = _names(account, pill)
    found = names.leading.match(body)
    bare = body[found.end() :] if found else body
    if account.user_id in texts(part(content, "m.mentions"), "user_ids"):
        return _without_trailing(bare, names).strip(), True
    return bare.strip(), bare != body or pill is not None


def _without_trailing(body: str, names: "_Names") -> str:
    found = names.trailing.search(body)
    return body[: found.start()].rstrip(" ,") + body[found.end() :] if found else body


def _without_quotation(body: str) -> str:
    """Drop the old reply fallback: lines that quote the message replied to, then an empty line."""
    if not body.startswith(("> <@", "> * <@")):
        return body
    lines = body.split("\n")
    while lines and lines[0].startswith(">"):
        lines.pop(0)
    return "\n".join(lines)


def _leading_pill(content: Wire, account: Account) -> str | None:
    """The name shown in a link to the bot that the formatted text begins with."""
    found = _PILL.match(text(content, "formatted_body"))
    if found is None or unquote(html.unescape(found[1])) != account.user_id:
        return None
    return html.unescape(found[2]).strip()[:LONGEST_NAME]


@dataclass(frozen=True, slots=True)
class _Names:
    leading: re.Pattern[str]
    trailing: re.Pattern[str]


@lru_cache(maxsize=256)
def _names(account: Account, pill: str | None) -> _Names:
    spoken = {account.user_id[1:].partition(":")[0], pill or "", *account.names} - {""}
    # The longest first, so that "Lots" does not take half of "Lotsenfunk".
    words = "|".join(re.escape(name) for name in sorted(spoken, key=len, reverse=True))
    user_id = re.escape(account.user_id)
    link = rf"\[[^\]\n]{{0,255}}\]\(https://matrix\.to/#/{user_id}\)"
    name = rf"(?:{link}|{user_id}|@?(?:{words}))"
    return _Names(
        leading=re.compile(rf"{name}(?![\w-])[\s:,]*", re.IGNORECASE),
        trailing=re.compile(rf"(?<!\w){name}(?=[\s?!.]*\Z)", re.IGNORECASE),
    )
