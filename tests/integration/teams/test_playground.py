"""Somebody uses the bot in the Agents Playground, a look-alike of Teams, with a real browser.

One window for all tests: each asks something of its own. Pictures are kept in `test-output/playground`.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.platforms.teams import extension
from bot.settings import CommunitySettings, TeamsSettings
from knowledge.embedding import Embedder
from servers.playground import CHANNEL_NAME, Playground, needs_playground
from servers.synapse import eventually
from servers.teams_bot import A_MAIL, A_ROOM, A_TELEWORK, OWNER, Q_MAIL, Q_NOBODY_KNOWS, Q_ROOM, Q_TELEWORK, TeamsBot

pytestmark = [needs_playground, pytest.mark.asyncio(loop_scope="module")]

PASST = "Passt das?"
THANKS = "Danke. Ich merke mir nur, dass die Antwort passt"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def teams(store: Path, embedder: Embedder, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Playground]:
    # The Playground cannot sign its requests.
    account = TeamsSettings(unauthenticated=True)
    bot = TeamsBot(store, tmp_path_factory.mktemp("playground"), embedder, account, CommunitySettings())
    try:
        await bot.start()
        async with Playground(bot.endpoint) as playground:
            yield playground
    finally:
        await bot.close()


async def test_opening_the_chat_for_the_first_time_greets(teams: Playground) -> None:
    await teams.sees("Guten Tag, ich bin Lotsenfunk. Was möchten Sie wissen?")
    await teams.screenshot("1-greeting")


async def test_a_question_is_answered_with_who_stands_behind_it_and_a_button_takes_the_verdict(
    teams: Playground,
) -> None:
    await teams.open_personal_chat()
    await teams.say(Q_ROOM)
    await teams.sees(A_ROOM)
    await teams.sees(f"Geprüft am 3. September 2026 von {OWNER}")
    await teams.screenshot("2-answer")
    await teams.press("1. ja")
    await teams.sees(THANKS)
    await teams.sees("Gewählt: ja")
    await teams.no_longer_sees("2. nein")
    await teams.screenshot("3-chosen")
    pressed = [activity for activity in teams.sent if activity.get("name") == "adaptiveCard/action"]
    assert len(pressed) == 1


async def test_a_typed_number_takes_the_buttons_away_too(teams: Playground) -> None:
    await teams.open_personal_chat()
    await teams.say(Q_NOBODY_KNOWS)
    await teams.sees("1. meine Frage löschen")
    await teams.say("1")
    await teams.sees("Ihre Frage ist gelöscht.")
    await teams.sees("Gewählt: meine Frage löschen")
    await teams.screenshot("4-typed")


async def test_an_edited_question_changes_the_answer_in_its_place(teams: Playground) -> None:
    await teams.open_personal_chat()
    await teams.say(Q_MAIL)
    await teams.sees(A_MAIL)
    before = len(await teams.texts())
    await teams.edit_last(Q_TELEWORK)
    await teams.sees(A_TELEWORK)
    await teams.no_longer_sees(A_MAIL)
    assert len(await teams.texts()) == before
    await teams.screenshot("5-edited")


async def test_a_reaction_is_feedback(teams: Playground) -> None:
    await teams.open_personal_chat()
    await teams.say("Wie scanne ich ein Dokument?")
    await teams.sees("Scan an mich")
    before = len(await teams.texts())
    await teams.react("like")

    async def is_thanked() -> bool:
        texts = await teams.texts()
        return len(texts) == before + 1 and THANKS in texts[-1] and "Gewählt: ja" in texts[-2]

    await eventually(is_thanked)


async def test_a_channel_hears_an_answer_where_it_names_the_bot(teams: Playground) -> None:
    await teams.open_channel(CHANNEL_NAME)
    await teams.post(Q_MAIL)
    await teams.sees(A_MAIL)
    await teams.press("1. ja")
    await teams.sees("Gewählt: ja")
    await teams.sees(THANKS)
    await teams.screenshot("6-channel")


async def test_answers_and_people_are_found_while_typing(teams: Playground) -> None:
    await teams.open_personal_chat()
    found = await teams.search(extension.FIND_ANSWER, "Besprechungsraum", parameter="question")
    assert any(Q_ROOM in line for line in found)
    await teams.screenshot("7-search")
    found = await teams.search(extension.FIND_SUPPORTER, "Besprechungsraum", parameter="keyword")
    assert any(OWNER in line for line in found)


async def test_a_found_card_that_is_sent_is_no_question(teams: Playground) -> None:
    await teams.open_personal_chat()
    before = len(await teams.texts())
    await teams.search(extension.FIND_ANSWER, "Telearbeit", parameter="question")
    await teams.take(Q_TELEWORK)
    await teams.send()
    await teams.say("hilfe")
    await teams.sees("ein Programm")
    assert len(await teams.texts()) == before + 1


async def test_the_form_asks_a_question_that_is_answered_in_the_chat(teams: Playground) -> None:
    await teams.open_personal_chat()
    answers = {"Frage in ein, zwei Sätzen": "Wie buche ich einen Raum für Besprechungen?"}
    before = len(await teams.texts())
    assert extension.ASKED in await teams.ask_by_action(extension.ASK, answers, submit="Frage stellen")
    await eventually(lambda: has_more(teams, before))
    assert PASST in (await teams.texts())[-1]
    await teams.screenshot("8-form")


async def has_more(teams: Playground, before: int) -> bool:
    return len(await teams.texts()) > before
