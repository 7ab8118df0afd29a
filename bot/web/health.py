"""Says whether the bot is well, for whatever watches it."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from aiohttp import web

LARGEST_REQUEST = 256 * 1024
"""Bytes of a request body; Teams takes and sends messages of up to 100 KB."""

Check = Callable[[], Awaitable[Mapping[str, bool]]]


def application(check: Check, routes: Iterable[web.AbstractRouteDef] = ()) -> web.Application:
    """The web application with the routes of platforms and `GET /healthz`.

    That gives 200 when every part works, else 503; the body names the parts.
    """

    async def health(request: web.Request) -> web.Response:
        parts = await check()
        is_well = all(parts.values())
        body = {
            "status": "ok" if is_well else "failing",
            "parts": {part: "ok" if ok else "failing" for part, ok in parts.items()},
        }
        return web.json_response(body, status=200 if is_well else 503)

    app = web.Application(client_max_size=LARGEST_REQUEST)
    app.router.add_get("/healthz", health)
    app.router.add_routes(routes)
    return app
