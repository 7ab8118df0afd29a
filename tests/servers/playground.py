"""Teams without Microsoft's cloud: the Microsoft 365 Agents Playground, used by somebody in a headless Chromium."""

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import quote

import pytest
from playwright.async_api import Locator, Page, WebSocket, async_playwright, expect

FOLDER = Path(__file__).parent / "playground"
SCREENSHOTS = Path(__file__).parents[2] / "test-output" / "playground"
PROGRAM = FOLDER / "node_modules" / "@microsoft" / "m365agentsplayground" / "cli.js"
STARTS_WITHIN_S = 60.0
WITHIN_S = 15.0
ENDS_WITHIN_S = 5.0
LONGEST_LINE = 64 * 1024 * 1024

# Shaped like those of Teams; the Playground's own are not even UUIDs.
TENANT_ID = "11111111-2222-4333-8444-555555555555"
BOT_ID = "28:66666666-7777-4888-8999-aaaaaaaaaaaa"
BOT_NAME = "Lotsenfunk"
PERSONAL_CHAT_ID = "a:1lotsenfunk-personal-chat"
GROUP_CHAT_ID = "19:lotsenfunk-group-chat@thread.v2"
TEAM_ID = "19:lotsenfunk-general@thread.tacv2"  # a team has the id of its channel "General"
TEAM_GROUP_ID = "bbbbbbbb-cccc-4ddd-8eee-ffffffffffff"
CHANNEL_NAME = "Lots:innen"  # beside "General"; the Playground allows no third one
CHANNEL_ID = "19:lotsenfunk-supporters@thread.tacv2"

Activity = Mapping[str, Any]

expect.set_options(timeout=WITHIN_S * 1000)
T = TypeVar("T")


def _is_installed() -> bool:
    return all(map(shutil.which, ("node", "chromium"))) and PROGRAM.is_file()


needs_playground = pytest.mark.skipif(
    not _is_installed(),
    reason="Teams is played by a Node.js program: install node, npm and chromium, then `make test` brings the package.",
)


class PlaygroundError(Exception):
    """The Playground did not start."""


@dataclass(frozen=True)
class Person:
    """Somebody in the tenant."""

    name: str
    user_id: str
    aad_object_id: str


ANNA = Person("Anna Beispiel", "29:anna", "00000000-0000-4000-8000-00000000000a")
BERND = Person("Bernd Muster", "29:bernd", "00000000-0000-4000-8000-00000000000b")
CLARA = Person("Clara Vorlage", "29:clara", "00000000-0000-4000-8000-00000000000c")
DORA = Person("Dora Probe", "29:dora", "00000000-0000-4000-8000-00000000000d")
EMIL = Person("Emil Modell", "29:emil", "00000000-0000-4000-8000-00000000000e")
FRIDA = Person("Frida Schema", "29:frida", "00000000-0000-4000-8000-00000000000f")
# The Playground wants exactly six.
PEOPLE = (ANNA, BERND, CLARA, DORA, EMIL, FRIDA)


class Playground:
    """Somebody at Teams, talking to the bot at an address like `http://127.0.0.1:3978/api/messages`.

    Use as an async context manager, with the bot running: it opens the personal chat, which tells the bot that it was
    installed. What this person does goes to the conversation that was opened last.
    """

    def __init__(self, bot_endpoint: str, person: Person = ANNA) -> None:
        self.person = person
        self.url = ""
        # What went to the bot and the bot's requests, each with the answer, as the Playground logged it.
        self.exchanges: list[Mapping[str, Any]] = []
        self._bot_endpoint = bot_endpoint
        self._news = asyncio.Event()
        self._opened: set[str] = set()
        self._in_channel = False
        self._open = AsyncExitStack()
        self._page: Page

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            server = await stack.enter_async_context(_Server(self._bot_endpoint, self.person))
            self.url = server.url
            self._page = await _new_page(stack)
            self._page.on("websocket", self._listen)
            async with self._page.expect_response(_is_installation):
                await self._page.goto(self.url)
            self._opened.add("Personal Chat")
            await self._close_log()
            self._open = stack.pop_all()
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._open.aclose()

    @property
    def sent(self) -> list[Activity]:
        """All activities that the bot was sent, in order."""
        return [entry["request"]["body"] for entry in self.exchanges if entry["to"] == "User Application"]

    async def open_personal_chat(self) -> None:
        """Go to the chat with the bot."""
        await self._go_to("Personal Chat")

    async def open_group_chat(self) -> None:
        """Go to the chat with the bot and all people; it hears there what mentions it, as in Teams."""
        await self._go_to("Group Chat")

    async def open_channel(self, name: str = "General") -> None:
        """Go to a channel of the team, "General" or `CHANNEL_NAME`."""
        await self._go_to(f"{BOT_NAME} Team - {name}", is_channel=True)

    async def say(self, text: str, *, mention: bool = False) -> None:
        """Send a message to the chat that is open, or a reply to the newest post of the channel."""
        await self._write(self._latest.get_by_role("textbox").last, text, mention=mention)
        await self.send()

    async def post(self, text: str, *, mention: bool = True) -> None:
        """Start a new post in the channel that is open."""
        await self._write(self._conversation.get_by_role("textbox").first, text, mention=mention)
        await self._conversation.get_by_role("button", name="Post", exact=True).click()
        await expect(self._posts.first).to_contain_text(text)

    async def send(self) -> None:
        """Send what stands in the message box, such as a card that `take` put there."""
        await self._latest.get_by_role("button", name="Send Message").last.click()

    async def sees(self, text: str, *, within: float = WITHIN_S) -> None:
        """Wait until a message of the bot, in a channel any message, shows a text in one of its paragraphs."""
        await self._shown.get_by_text(text).last.wait_for(timeout=within * 1000)

    async def no_longer_sees(self, text: str, *, within: float = WITHIN_S) -> None:
        """Wait until no message of the bot, in a channel no message, shows a text."""
        await expect(self._shown.get_by_text(text)).to_have_count(0, timeout=within * 1000)

    async def texts(self) -> list[str]:
        """What the bot's messages show from top to bottom; in a channel whole posts, which stand newest first."""
        return [text.strip() for text in await self._shown.all_inner_texts()]

    async def press(self, title: str) -> None:
        """Click the last button with this title; in a channel the last one of the newest post."""
        await self._latest.get_by_role("button", name=title, exact=True).last.click()

    async def fill(self, label: str, text: str) -> None:
        """Write into the last field of a card with this label."""
        await self._latest.get_by_label(label).last.fill(text)

    async def search(self, command: str, text: str, *, parameter: str) -> list[str]:
        """Search with a message extension, and give what each of the results shows.

        The Playground knows no manifest, so the ids of command and parameter are given here.
        """
        await self._open_extension("Search Command")
        popover = self._search_popover
        await popover.wait_for()
        if not await popover.get_by_placeholder("Command ID").is_visible():  # stays open from one search to the next
            await popover.get_by_text("Specify Command ID or Parameter").click()
        await popover.get_by_placeholder("Command ID").fill(command)
        await popover.get_by_placeholder("Parameter name").fill(parameter)
        async with self._page.expect_response(_is_invoke):
            await popover.get_by_placeholder("Enter a search term").fill(text)
        await expect(popover.get_by_role("progressbar")).to_have_count(0)
        found = (await popover.inner_text()).partition("Parameter name")[2]
        return [line for line in map(str.strip, found.splitlines()) if line]

    async def take(self, result: str) -> None:
        """Put a result of `search` into the message box as a card; `send` sends it."""
        await self._search_popover.get_by_text(result).first.click()
        await expect(self._search_popover).to_have_count(0)

    async def ask_by_action(
        self, command: str, answers: Mapping[str, str], *, submit: str, about_last_message: bool = False
    ) -> str:
        """Fill in the form of an action, in the message box or at the last message, and submit it.

        `answers` are texts by the labels of the form's fields. Gives what is said at the end, after which the form is
        closed.
        """
        if about_last_message:
            await self._latest.get_by_role("button", name="Show more information").last.click()
            await self._page.get_by_role("menuitem", name="Action Command").click()
        else:
            await self._open_extension("Action Command")
        dialog = self._page.get_by_role("dialog")
        await dialog.get_by_placeholder("Input command id").fill(command)
        await dialog.get_by_role("button", name="Create").click()
        for label, text in answers.items():
            await dialog.get_by_label(label).fill(text)
        async with self._page.expect_response(_is_invoke):
            await dialog.get_by_role("button", name=submit, exact=True).click()
        await expect(dialog.get_by_role("button", name=submit, exact=True)).to_have_count(0)
        said = await dialog.inner_text()
        await dialog.get_by_role("button", name="Close").click()
        await expect(dialog).to_have_count(0)
        return said

    async def react(self, kind: str = "like", *, remove: bool = False) -> None:
        """React to the last message of the bot.

        The Playground has no button for that, nor for editing and deleting. This sends what Teams would, the way the
        Playground's "Custom activity" does it, and the page shows nothing of it.
        """
        answer = await self._until(lambda: next(filter(None, map(_sent_by_bot, reversed(self.exchanges))), None))
        change = "reactionsRemoved" if remove else "reactionsAdded"
        conversation_id = answer["conversationId"]
        before = next(filter(lambda sent: sent["conversation"]["id"] == conversation_id, reversed(self.sent)), None)
        reaction = {
            "type": "messageReaction",
            "replyToId": answer["response"]["body"]["id"],
            "channelData": before["channelData"] if before else {"tenant": {"id": TENANT_ID}},
            change: [{"type": kind}],
        }
        await self._mock(conversation_id, reaction)

    async def edit_last(self, text: str) -> None:
        """Change the last message that the bot has taken; sent as `react` is."""
        await self._change_last({"type": "messageUpdate", "text": text}, "editMessage")

    async def delete_last(self) -> None:
        """Delete the last message that the bot has taken; sent as `react` is."""
        await self._change_last({"type": "messageDelete"}, "softDeleteMessage")

    async def screenshot(self, name: str) -> Path:
        """Keep a picture of the page with the test's output."""
        path = SCREENSHOTS / f"{name}.png"
        await self._page.screenshot(path=path)
        return path

    @property
    def _conversation(self) -> Locator:
        """What stands to the right of the list of conversations; nothing there has a name of its own."""
        return self._page.locator(
            "xpath=//*[@aria-label='Chat and Teams Channel']"
            "/ancestor-or-self::div[following-sibling::div][1]/following-sibling::div[1]"
        )

    @property
    def _posts(self) -> Locator:
        replying = self._page.get_by_role("button", name="Send Message")
        return self._conversation.get_by_role("group").filter(has=replying)

    @property
    def _latest(self) -> Locator:
        # New posts stand at the top of a channel, new messages at the end of a chat.
        return self._posts.first if self._in_channel else self._conversation

    @property
    def _shown(self) -> Locator:
        if self._in_channel:
            return self._posts
        # Only other people's messages have an author: one's own text is no answer of the bot.
        header = "*[@aria-label='Message header'][.//*[@aria-label='Message author']]"
        return self._conversation.locator(f"xpath=.//{header}/following-sibling::div[1]")

    @property
    def _search_popover(self) -> Locator:
        field = self._page.get_by_placeholder("Enter a search term")
        return self._page.get_by_role("group").filter(has=field)

    async def _go_to(self, name: str, *, is_channel: bool = False) -> None:
        entry = self._page.get_by_role("treeitem", name=name)
        place = "team" if is_channel else name
        if place in self._opened:
            await entry.click()
        else:  # the Playground installs the bot where somebody looks for the first time
            self._opened.add(place)
            async with self._page.expect_response(_is_installation):
                await entry.click()
        self._in_channel = is_channel
        await expect(self._conversation.get_by_text("Start a new post")).to_have_count(int(is_channel))

    async def _write(self, box: Locator, text: str, *, mention: bool) -> None:
        await box.click()
        if mention:
            await self._page.keyboard.insert_text("@")
            await self._page.get_by_role("menuitem", name=BOT_NAME).click()
            await self._page.keyboard.insert_text(" ")
        await self._page.keyboard.insert_text(text)

    async def _open_extension(self, kind: str) -> None:
        await self._latest.get_by_role("button", name="Trigger Message Extension App").last.click()
        await self._page.get_by_role("menuitem", name=kind).click()

    async def _change_last(self, change: Activity, event_type: str) -> None:
        said = await self._until(lambda: next(filter(_is_text, reversed(self.sent)), None))
        channel_data = {**said["channelData"], "eventType": event_type}
        await self._mock(said["conversation"]["id"], {**change, "id": said["id"], "channelData": channel_data})

    async def _mock(self, conversation_id: str, activity: Activity) -> None:
        path = f"/_internal/v1/customActivities/template?conversationId={quote(conversation_id)}"
        answer = await self._page.request.get(self.url + path)
        template = await answer.json()
        await self._page.request.post(f"{self.url}/_internal/v1/customActivities", data={**template, **activity})

    async def _close_log(self) -> None:
        # It repeats every text, and nothing on the page may stand in for a message.
        await self._page.get_by_role("button").filter(visible=True).last.click()
        await expect(self._page.get_by_text("Log Panel")).to_have_count(0)

    def _listen(self, stream: WebSocket) -> None:
        stream.on("framereceived", self._take_note)

    def _take_note(self, frame: str | bytes) -> None:
        entry = json.loads(frame).get("log", {})
        if "request" in entry:
            self.exchanges.append(entry)
            self._news.set()

    async def _until(self, find: Callable[[], T | None]) -> T:
        async with asyncio.timeout(WITHIN_S):
            while (found := find()) is None:
                self._news.clear()
                await self._news.wait()
        return found


class _Server:
    """The Playground's process, whose group ends with it.

    It listens on all interfaces and has no setting for that: it runs on machines for tests only.
    """

    def __init__(self, bot_endpoint: str, person: Person) -> None:
        self.url = ""
        self._bot_endpoint = bot_endpoint
        self._person = person
        self._directory = tempfile.TemporaryDirectory(prefix="playground-")  # it writes a log where it runs
        self._output: list[str] = []
        self._process: asyncio.subprocess.Process
        self._reading: asyncio.Task[None]

    async def __aenter__(self) -> Self:
        configuration = Path(self._directory.name) / ".m365agentsplayground.yml"
        configuration.write_text(json.dumps(_configuration(self._person)))  # JSON is YAML, too
        self._process = await asyncio.create_subprocess_exec(
            *("node", str(PROGRAM), "-e", self._bot_endpoint, "-c", "msteams", "-p", str(_free_port())),
            "--disable-telemetry",
            cwd=self._directory.name,
            env={**os.environ, "TEAMSAPPTESTER_BROWSER": "none"},  # or it opens the desktop's browser
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            limit=LONGEST_LINE,
        )
        listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reading = asyncio.create_task(self._read(listening))
        try:
            self.url = f"http://127.0.0.1:{await asyncio.wait_for(listening, STARTS_WITHIN_S)}"
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self._end()

    async def _read(self, listening: asyncio.Future[str]) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self._output = [*self._output[-50:], line.decode(errors="replace")]
            # A port that was taken meanwhile becomes another one.
            if (found := re.search(rb"Listening on (\d+)", line)) and not listening.done():
                listening.set_result(found[1].decode())
        if not listening.done():
            listening.set_exception(PlaygroundError("".join(self._output)))

    async def _end(self) -> None:
        try:
            self._signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), ENDS_WITHIN_S)
        finally:
            self._signal(signal.SIGKILL)
            # Reads to the end, which closes the pipe.
            await asyncio.gather(self._process.wait(), self._reading, return_exceptions=True)
            self._directory.cleanup()

    def _signal(self, what: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, what)


async def _new_page(stack: AsyncExitStack) -> Page:
    browser = await (await stack.enter_async_context(async_playwright())).chromium.launch(
        executable_path=shutil.which("chromium"),
        headless=True,
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            # The page asks for fonts from outside; tests ask nobody.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
        ],
    )
    stack.push_async_callback(browser.close)
    page = await browser.new_page(viewport={"width": 1280, "height": 1000})
    page.set_default_timeout(WITHIN_S * 1000)
    return page


def _configuration(person: Person) -> dict[str, Any]:
    return {
        "version": "0.1.1",
        "tenantId": TENANT_ID,
        "bot": {"id": BOT_ID, "name": BOT_NAME},
        "currentUser": _member(person),
        "users": [_member(other) for other in PEOPLE if other != person],
        "personalChat": {"id": PERSONAL_CHAT_ID},
        "groupChat": {"id": GROUP_CHAT_ID, "name": "Group Chat"},
        "team": {
            "id": TEAM_ID,
            "name": f"{BOT_NAME} Team",
            "aadGroupId": TEAM_GROUP_ID,
            "channels": [{"id": CHANNEL_ID, "name": CHANNEL_NAME}],
        },
    }


def _member(person: Person) -> dict[str, str]:
    given_name, _, surname = person.name.partition(" ")
    address = f"{given_name.lower()}@lindenau.example"
    return {
        "id": person.user_id,
        "name": person.name,
        "userPrincipleName": address,  # spelt like this
        "aadObjectId": person.aad_object_id,
        "givenName": given_name,
        "surname": surname,
        "email": address,
    }


def _is_installation(response: Any) -> bool:
    return bool(response.url.endswith("/installation"))


def _is_invoke(response: Any) -> bool:
    return bool(response.url.endswith("/invoke"))


def _is_text(activity: Activity) -> bool:
    return activity["type"] == "message" and bool(activity.get("text"))


def _sent_by_bot(entry: Mapping[str, Any]) -> Mapping[str, Any] | None:
    return entry if entry["from"] == "User Application" and entry["activityName"] == "message" else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
