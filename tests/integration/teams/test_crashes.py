"""kill -9 of the real bot while it answers in Teams: no question is lost, and Teams' lack of a key is met honestly."""

import shutil
from pathlib import Path

import aiohttp
import pytest

from bot.platforms.teams.endpoint import ENDPOINT
from servers.bot import ServeProcess, write_settings
from servers.microsoft import APP_ID, SECRET, TENANT, Call, Fault, Member, Microsoft
from servers.teams_bot import A_MAIL, A_ROOM, Q_MAIL, Q_ROOM, said
from servers.teams_client import TeamsClient

LONGER_THAN_THE_BOT_LIVES_S = 60.0


@pytest.mark.usefixtures("quick_starts")
async def test_what_was_being_answered_when_the_bot_was_killed_is_answered_at_its_next_start(
    microsoft: Microsoft, store: Path, tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    write_settings(tmp_path, tables=tables(microsoft))
    (tmp_path / "data").mkdir()
    shutil.copy(store, tmp_path / "data")
    bot = ServeProcess(tmp_path, REQUESTS_CA_BUNDLE=str(microsoft.ca_file))
    member = Member("Ada Beispiel")

    with bot:
        ada = client(microsoft, http, bot, member)
        microsoft.fail_next.append(Fault(delay=LONGER_THAN_THE_BOT_LIVES_S, method="POST", path="/activities"))
        assert (await ada.say(Q_ROOM)).status == 200
        await microsoft.wait_for_call(is_answer)
        bot.kill()
        assert said(ada.messages()) == []

    with bot:
        ada = client(microsoft, http, bot, member)
        await ada.wait_for_text(A_ROOM)
        microsoft.fail_next.append(
            Fault(delay=LONGER_THAN_THE_BOT_LIVES_S, after=True, method="POST", path="/activities")
        )
        assert (await ada.say(Q_MAIL)).status == 200
        await ada.wait_for_text(A_MAIL)
        bot.kill()

    with bot:
        ada = client(microsoft, http, bot, member)
        # Teams took it, but nobody could know: it is said again rather than maybe not at all.
        await ada.wait_for(lambda shown: len(shown) == 3)
        answers = said(ada.messages())
        assert [A_ROOM in answer for answer in answers] == [True, False, False]
        assert answers[1] == answers[2]
        assert (await ada.say("danke")).status == 200
        await ada.wait_for_text("Gern.")
        assert len(ada.messages()) == 4
        assert bot.stop() == 0


def tables(microsoft: Microsoft) -> str:
    return (
        "[web]\nport = 0\n[teams]\n"
        f'app_id = "{APP_ID}"\napp_password = "{SECRET}"\ntenant_id = "{TENANT}"\nservice_hosts = ["127.0.0.1"]\n'
        f'login_url = "{microsoft.login_url}"\nopenid_url = "{microsoft.openid_url}"\n'
    )


def client(microsoft: Microsoft, http: aiohttp.ClientSession, bot: ServeProcess, member: Member) -> TeamsClient:
    return TeamsClient(microsoft, http, f"http://127.0.0.1:{bot.port}{ENDPOINT}", member)


def is_answer(call: Call) -> bool:
    return call.method == "POST" and call.path.endswith("/activities")
