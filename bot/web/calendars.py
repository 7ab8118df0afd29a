"""Calendars that programs fetch: whoever knows the secret name may, nobody else learns that there is one."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

from aiohttp import ETag, hdrs, web

from bot.recent import Recent
from handlers.jour_fixe.calendars import RoleOf, Written, own_feed, series_feed, single_meeting
from storage.database import Database, UnitOfWork
from storage.errors import StoreUnavailable

NAME = r"[A-Za-z0-9_-]{1,100}"
AGAIN_IN_S = 60
Find = Callable[[UnitOfWork], Awaitable[Written | None]]


class Calendars:
    """The routes below `/kalender`. `now` gives the time of the house; `role_of` tells who still is a supporter.

    Calendars say when they were made. So that one that did not change stays the same, it is remembered here since when
    it looks as it does; nothing is remembered of names that do not exist.
    """

    def __init__(self, database: Database, now: Callable[[], datetime], role_of: RoleOf) -> None:
        self._database = database
        self._now = now
        self._role_of = role_of
        self._seen: Recent[tuple[str, datetime]] = Recent()

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """Where programs fetch calendars."""
        return [
            web.get(f"/kalender/persoenlich/{{token:{NAME}}}.ics", self._own),
            web.get(f"/kalender/{{name:{NAME}}}.ics", self._series),
            web.get(f"/kalender/{{name:{NAME}}}/{{day:\\d{{4}}-\\d\\d-\\d\\d}}.ics", self._meeting),
        ]

    async def _series(self, request: web.Request) -> web.StreamResponse:
        return await self._answer(request, lambda uow: series_feed(uow, request.match_info["name"]))

    async def _meeting(self, request: web.Request) -> web.StreamResponse:
        try:
            day = date.fromisoformat(request.match_info["day"])
        except ValueError:
            raise web.HTTPNotFound from None
        return await self._answer(request, lambda uow: single_meeting(uow, request.match_info["name"], day))

    async def _own(self, request: web.Request) -> web.StreamResponse:
        token, today = request.match_info["token"], self._now().date()
        return await self._answer(request, lambda uow: own_feed(uow, token, today, self._role_of))

    async def _answer(self, request: web.Request, find: Find) -> web.StreamResponse:
        try:
            async with self._database.reading() as uow:
                written = await find(uow)
        except StoreUnavailable:
            raise web.HTTPServiceUnavailable(headers={hdrs.RETRY_AFTER: str(AGAIN_IN_S)}) from None
        if written is None:
            raise web.HTTPNotFound
        tag, since = self._version(request.path, written)
        response = web.Response(status=304) if _has_it(request, tag, since) else _file(written(since))
        response.etag, response.last_modified = tag, since
        response.headers.update(_HEADERS)
        return response

    def _version(self, path: str, written: Written) -> tuple[ETag, datetime]:
        """What a calendar is like now, and since when, as far as we know."""
        content = sha256(written(_ANY_TIME).encode()).hexdigest()
        place = sha256(path.encode()).hexdigest()  # of a secret name only the digest is kept
        known = self._seen.get(place)
        since = known[1] if known and known[0] == content else self._now().replace(microsecond=0)
        self._seen[place] = content, since
        return ETag(content[:32], is_weak=True), since


_ANY_TIME = datetime(1970, 1, 1, tzinfo=UTC)
_HEADERS = {
    hdrs.CACHE_CONTROL: "private, no-cache",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
}


def _has_it(request: web.Request, tag: ETag, since: datetime) -> bool:
    """Whether the program has this version already; a tag counts more than a date (RFC 9110, 13.2.2)."""
    if request.if_none_match is not None:
        return any(one.value in (tag.value, "*") for one in request.if_none_match)
    given = request.if_modified_since
    return given is not None and given + timedelta(seconds=1) > since


def _file(content: str) -> web.Response:
    headers = {hdrs.CONTENT_DISPOSITION: 'inline; filename="jour-fixe.ics"'}
    return web.Response(text=content, content_type="text/calendar", charset="utf-8", headers=headers)
