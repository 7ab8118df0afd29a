"""The events of a room since the last sync, complete and in order: the server cuts long timelines off."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from bot.platforms.matrix.errors import ServerError, body, checked
from bot.platforms.wire import Wire, part, text

log = structlog.get_logger(__name__)

PAGE = 500
LONGEST_GAP = 100_000  # events of a room; older ones of a longer gap are given up
FILTER = {"lazy_load_members": True}


@dataclass(slots=True)
class Timeline:
    """Events of matrix-nio, oldest first, and names of senders that the sync did not bring.

    `has_gap` tells that the server left something out, which may have been filled or not.
    """

    events: list[Any]
    has_gap: bool = False
    names: dict[str, str] = field(default_factory=dict)


async def complete(client: Any, room_id: str, info: Any, since: str | None, is_direct: bool) -> Timeline:
    """Give the room's events after `since`; after the bot's entry if that is later; what a sync brings if no `since`.

    Raises `ServerError` or a connection error: then the sync has to be asked again.
    """
    timeline = Timeline(list(info.timeline.events), has_gap=bool(info.timeline.limited))
    if (
        since is not None
        and timeline.has_gap
        and info.timeline.prev_batch is not None
        and _entry(timeline.events, client.user_id, is_direct) is None
    ):
        await _fill_gap(client, room_id, timeline, (info.timeline.prev_batch, since), is_direct)
    start = _entry(timeline.events, client.user_id, is_direct)
    timeline.events = timeline.events[start or 0 :]
    return timeline


async def _fill_gap(client: Any, room_id: str, timeline: Timeline, gap: tuple[str, str], is_direct: bool) -> None:
    position, end = gap
    for _ in range(LONGEST_GAP // PAGE):
        try:
            page = checked(
                await client.room_messages(
                    room_id, position, end, limit=PAGE, message_filter={"lazy_load_members": True}
                )
            )
        except ServerError as error:
            if not error.is_final:
                raise
            log.warning("matrix.gap_closed_to_us", room_id=room_id, error=str(error))
            return
        timeline.names |= _names((await body(page)).get("state"))
        timeline.events[:0] = reversed(page.chunk)
        position = page.end
        if position is None or _entry(timeline.events, client.user_id, is_direct) is not None:
            return
    log.warning("matrix.gap_too_long", room_id=room_id, events=LONGEST_GAP)


def _entry(events: Sequence[Any], user_id: str, is_direct: bool) -> int | None:
    """Where the bot came in: what was said before was not said to it.

    In a direct chat that is its invitation, since clients send the first message along with it, before the bot joined.
    """
    membership = "invite" if is_direct else "join"
    for index in range(len(events) - 1, -1, -1):
        event: Wire = events[index].source
        if event.get("type") == "m.room.member" and event.get("state_key") == user_id:
            was = text(part(event, "unsigned", "prev_content"), "membership")
            if text(part(event, "content"), "membership") == membership and was != membership:
                return index
    return None


def _names(state: object) -> dict[str, str]:
    members = [event for event in state if isinstance(event, dict)] if isinstance(state, list) else []
    return {
        text(event, "state_key"): text(part(event, "content"), "displayname")
        for event in members
        if event.get("type") == "m.room.member"
    }
