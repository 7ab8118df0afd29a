"""Pure: what we want to say, as the content of a Matrix event."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.messages import Outgoing
from bot.rendering import to_html, to_plain

KEY = "de.lotsenfunk.key"
"""Our field with the idempotency key: it tells our messages apart even when the server forgot the transaction."""

LARGEST = 45_000
"""Bytes of a content. An event may have 65,536, of which the server needs some; encryption takes a quarter of it."""

Content = dict[str, Any]


def to_content(outgoing: Outgoing) -> Content:
    """The content of an m.room.message event: plain text and HTML of the same words, and where it belongs.

    A text that no event can hold is cut, and ends with three dots.
    """
    content = _content(outgoing)
    text = outgoing.text
    while text and _size(content) > LARGEST:
        text = text[: len(text) // 2]
        content = _content(replace(outgoing, text=f"{text}…"))
    return content


def file_content(outgoing: Outgoing, address: str, keys: Mapping[str, Any] | None) -> Content:
    """The content of an m.file event; `address` is where the server has the file, `keys` open it if it is locked."""
    file = outgoing.file
    assert file is not None
    where: Content = {"url": address} if keys is None else {"file": {**keys, "url": address}}
    info = {"mimetype": file.media_type, "size": len(file.content.encode())}
    about = {"msgtype": "m.file", "body": file.name, "filename": file.name, "info": info, "m.mentions": {}}
    return about | where | _relation(outgoing) | {KEY: outgoing.key}


def _size(content: Content) -> int:
    return len(json.dumps(content, ensure_ascii=False).encode("utf-8", "replace"))


def _content(outgoing: Outgoing) -> Content:
    message = _message(to_plain(outgoing.text, outgoing.choices), to_html(outgoing.text, outgoing.choices))
    if outgoing.replaces is not None:
        return _edit(message, outgoing.replaces) | {KEY: outgoing.key}
    return message | _relation(outgoing) | {KEY: outgoing.key}


def _message(plain: str, html: str) -> Content:
    return {
        "msgtype": "m.text",
        "body": plain,
        "format": "org.matrix.custom.html",
        "formatted_body": html,
        "m.mentions": {},  # without it, clients look for names in the text and ping people
    }


def _edit(message: Content, replaces: str) -> Content:
    # Clients that know no edits show the outer text; the star marks it for them.
    shown = _message(f"* {message['body']}", f"* {message['formatted_body']}")
    relation = {"rel_type": "m.replace", "event_id": replaces}
    return shown | {"m.new_content": message, "m.relates_to": relation}


def _relation(outgoing: Outgoing) -> Content:
    is_threaded = outgoing.thread is not None or not outgoing.conversation.is_direct
    root = outgoing.thread or outgoing.answers
    if root is None or not is_threaded:
        return {}
    relation = {
        "rel_type": "m.thread",
        "event_id": root,
        "is_falling_back": True,
        "m.in_reply_to": {"event_id": outgoing.answers or root},
    }
    return {"m.relates_to": relation}
