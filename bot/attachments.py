"""Files that go with messages: each as a message of its own, or as a link where a platform takes none."""

from collections.abc import Sequence
from dataclasses import replace

from bot.messages import File, Outgoing

LINKED = "Datei: [{name}]({address})"
MISSING = "Die Datei „{name}“ ließ sich hier nicht anhängen."


def file_key(key: str) -> str:
    """The key of the file that goes with the message `key`."""
    return f"{key}:file"


def apart(message: Outgoing, *, takes_files: bool, public_url: str) -> Sequence[Outgoing]:
    """The message, then its file. Where files are not taken that is a link, or nothing when we have no address.

    The file answers nothing by itself: what changes the answer must find the text.
    """
    text, file = replace(message, file=None), message.file
    if file is None:
        return [message]
    thread = message.thread or (None if message.conversation.is_direct else message.answers)
    rest = Outgoing(
        file_key(message.key),
        message.conversation,
        "",
        thread=thread,
        below=message.below,
        in_clear=message.in_clear,
        held_until=message.held_until,
        file=file,
    )
    if takes_files:
        return [text, rest]
    link = _linked(file, public_url)
    # In the thread of a post: else the link would be a post of its own there.
    below = rest.below if thread or rest.below or message.conversation.is_direct else message.key
    return [text, replace(rest, text=link, file=None, below=below)] if link else [text]


def missing(message: Outgoing, public_url: str) -> Outgoing | None:
    """What is said when a file could not be delivered; None for other messages."""
    file = message.file
    if file is None:
        return None
    text = _linked(file, public_url) or MISSING.format(name=file.name)
    return replace(message, key=f"{message.key}:missing", text=text, file=None, held_until=None)


def _linked(file: File, public_url: str) -> str:
    address = f"{public_url}{file.path}" if public_url and file.path else ""
    return LINKED.format(name=file.name, address=address) if address else ""
