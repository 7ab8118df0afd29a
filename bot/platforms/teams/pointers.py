"""Pure: the message that somebody points at, as far as Teams shows it: whole from its menu, else as a preview."""

import json
from collections.abc import Iterator
from dataclasses import replace

from bot.messages import Quoted, Sender
from bot.platforms.teams.activities import LONGEST_ID, LONGEST_NAME, LONGEST_TEXT, Call, qualified
from bot.platforms.teams.quotations import plain_lines, quoted_id
from bot.platforms.wire import Wire, part, parts, text

_PERSON = "8:orgid:"  # before the id in Entra, where Teams names people as its own clients do
_ACCOUNT = "29:"
_BOT = "28:"
_CUT = ("…", "...")


def replied_to(call: Call) -> Quoted | None:
    """The message that a message is a reply to; None when there is none, or when Teams shows only its beginning."""
    for entity in parts(call.activity, "entities"):
        reply = part(entity, "quotedReply")
        if text(entity, "type") == "quotedReply" and reply.get("isReplyDeleted") is not True:
            return _previewed(call, text(reply, "messageId"), _named(reply), text(reply, "preview"))
    return None


def replies_to(call: Call) -> str | None:
    """Our id of the message that a message is a reply to, unless it is known as one of others; None for no reply.

    In a channel, what Teams calls a reply is said in the thread below a message, which is told apart from this.
    """
    for entity in parts(call.activity, "entities"):
        reply = part(entity, "quotedReply")
        if text(entity, "type") == "quotedReply" and text(reply, "messageId"):
            is_of_others = text(reply, "senderId").startswith((_PERSON, _ACCOUNT, _BOT))
            is_ours = text(reply, "senderId") == call.bot_id
            return _identity(call, text(reply, "messageId")) if is_ours or not is_of_others else None
    above = quoted_id(call.activity) or ("" if call.thread else text(call.activity, "replyToId"))
    return _identity(call, above)


def chosen(call: Call) -> Quoted | None:
    """The message from whose menu somebody called us; None when it is gone or says nothing in words."""
    payload = part(call.activity, "value", "messagePayload")
    if payload.get("deleted") is True:
        return None
    answered = next(_answered(call, payload), None)
    found = _quoted(call, text(payload, "id"), _sender(part(payload, "from")), _words(part(payload, "body")))
    if found is None:
        return None
    is_first = found.event_id == call.thread
    return replace(found, answers=answered, thread=None if is_first else call.thread)


def _answered(call: Call, payload: Wire) -> Iterator[Quoted]:
    """The messages quoted in one that somebody points at."""
    for attachment in parts(payload, "attachments"):
        if text(attachment, "contentType") == "messageReference":
            reference = _object(text(attachment, "content"))
            sender = _sender(part(reference, "messageSender"))
            found = _previewed(call, text(reference, "messageId"), sender, text(reference, "messagePreview"))
            if found is not None and found.is_human:
                yield found


def _previewed(call: Call, identity: str, sender: tuple[Sender, bool] | None, preview: str) -> Quoted | None:
    words = preview.strip()
    return None if words.endswith(_CUT) else _quoted(call, identity, sender, words)


def _quoted(call: Call, identity: str, sender: tuple[Sender, bool] | None, words: str) -> Quoted | None:
    event_id = _identity(call, identity)
    if event_id is None or sender is None or not words:
        return None
    return Quoted(event_id, sender[0], words[:LONGEST_TEXT], is_human=sender[1])


def _identity(call: Call, message_id: str) -> str | None:
    """Our id of a message in the same conversation, if it can have one."""
    is_one = 0 < len(message_id) <= LONGEST_ID and "#" not in message_id
    return qualified(call.place, message_id) if is_one else None


def _sender(source: Wire) -> tuple[Sender, bool] | None:
    """Who wrote a message, and whether that is a person."""
    user, application = part(source, "user"), part(source, "application")
    found = application or user
    identity = text(found, "id")[:LONGEST_ID]
    return (Sender(identity, text(found, "displayName")[:LONGEST_NAME]), not application) if identity else None


def _named(reply: Wire) -> tuple[Sender, bool] | None:
    identity = text(reply, "senderId")[:LONGEST_ID]
    sender = Sender(identity.removeprefix(_PERSON), text(reply, "senderName")[:LONGEST_NAME])
    return (sender, not identity.startswith(_BOT)) if identity else None


def _words(body: Wire) -> str:
    content = text(body, "content")
    return content.strip() if text(body, "contentType") == "text" else plain_lines(content)


def _object(written: str) -> Wire:
    try:
        found = json.loads(written[:LONGEST_TEXT])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
