"""The reference of the Teams round trips: the least bot that botbuilder's CloudAdapter makes; it prints its port.

Arguments: app id, secret, tenant, the address of Microsoft's keys and that of its login. Only the two addresses are not
Microsoft's own.
"""

import asyncio
import sys
from types import SimpleNamespace
from typing import Any

from aiohttp import web
from botbuilder.core import ActivityHandler, TurnContext
from botbuilder.integration.aiohttp import CloudAdapter, ConfigurationBotFrameworkAuthentication
from botframework.connector.auth import ChannelValidation, PasswordServiceClientCredentialFactory
from typing_extensions import override


class Credentials(PasswordServiceClientCredentialFactory):  # type: ignore[misc]  # botbuilder has no types
    """Stock, but for the address of the login."""

    login_url: str

    @override
    async def create_credentials(
        self, app_id: str, oauth_scope: str, login_endpoint: str, validate_authority: bool
    ) -> Any:
        return await super().create_credentials(app_id, oauth_scope, self.login_url, validate_authority)


class Echo(ActivityHandler):  # type: ignore[misc]  # botbuilder has no types
    """Says what was said."""

    @override
    async def on_message_activity(self, turn_context: TurnContext) -> None:
        await turn_context.send_activity(turn_context.activity.text)


async def main(app_id: str, secret: str, tenant: str, openid_url: str, login_url: str) -> None:
    """Serve until killed."""
    credentials = Credentials(app_id, secret, tenant)
    credentials.login_url = login_url
    await serve(credentials, openid_url, Echo())


async def serve(credentials: Credentials, openid_url: str, bot: ActivityHandler) -> None:
    """Hand what is posted to a bot, with stock checks; prints the port, and serves until killed."""
    ChannelValidation.open_id_metadata_endpoint = openid_url
    names = {"APP_ID": credentials.app_id, "APP_PASSWORD": credentials.password, "APP_TENANTID": credentials.tenant_id}
    settings = SimpleNamespace(APP_TYPE="SingleTenant", **names)
    adapter = CloudAdapter(ConfigurationBotFrameworkAuthentication(settings, credentials_factory=credentials))

    async def messages(request: web.Request) -> web.Response:
        answer: web.Response | None = await adapter.process(request, bot)
        return answer or web.Response()

    async def health(request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/api/messages", messages), web.get("/healthz", health)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
