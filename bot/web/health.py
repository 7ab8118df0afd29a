"""Says whether the bot is well, for whatever watches it."""

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web

Check = Callable[[], Awaitable[Mapping[str, bool]]]


def application(check: Check) -> web.Application:
    """The web application with `GET /healthz`: 200 when every part works, else 503; the body names the parts."""

    async def health(request: web.Request) -> web.Response:
        parts = await check()
        is_well = all(parts.values())
        body = {
            "status": "ok" if is_well else "failing",
            "parts": {part: "ok" if ok else "failing" for part, ok in parts.items()},
        }
        return web.json_response(body, status=200 if is_well else 503)

    app = web.Application(client_max_size=64 * 1024)
    app.router.add_get("/healthz", health)
    return app


def _word(works: bool) -> str:
    return "ok" if works else "failing"
