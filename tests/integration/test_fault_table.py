"""Whatever fails between people, homeserver and bot: each question is answered exactly once, and can be read.

Each row of the table is one fault, met in encrypted rooms (with the crypto of Element Web) while others ask in plain
ones. `LOTSENFUNK_TEST_FAULTS` says how often, `LOTSENFUNK_TEST_SEED` repeats the moments of an earlier run; the table
is printed (`pytest -rP`).
"""

import asyncio
import os
import random
import secrets
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from time import monotonic
from unittest.mock import patch

import aiohttp
import pytest
import pytest_asyncio
from typing_extensions import override

from servers import dying_bot
from servers.bot import BotProcess
from servers.element import Element, needs_node
from servers.gate import Exchange, Gate, Matches, crash
from servers.matrix_bot import has_entered
from servers.preloaded import Preloaded
from servers.synapse import Person, Synapse, eventually
from servers.talks import SealedTalk, Talk, new_bot

TRIALS = int(os.environ.get("LOTSENFUNK_TEST_FAULTS") or 1)
SEED = int(os.environ.get("LOTSENFUNK_TEST_SEED") or secrets.randbelow(10**6))
WITHIN_S = 60.0
KEY_IS_STORED_WITHIN_S = 0.03
BROKEN_S = 5.0
MOST_REQUESTS_PER_S = 2.0
WRONG = ("lost", "doubled", "unreadable", "disordered")

pytestmark = [
    needs_node,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(180 + 90 * TRIALS),
]


class MortalBot(BotProcess):
    """A served bot that can also be told to die with a room key in its hand."""

    @override
    def start(self) -> None:
        with patch("servers.bot.served", lambda *given: Preloaded(dying_bot.dying_main, *given)):
            super().start()


@dataclass
class Stage:
    """A bot behind its gate, and the two people who ask it: `asker` in encrypted rooms, `person` in plain ones."""

    synapse: Synapse
    gate: Gate
    bot: BotProcess
    asker: Element
    person: Person
    sealed: list[SealedTalk] = field(default_factory=list)
    plain: list[Talk] = field(default_factory=list)
    known_faults: set[str] = field(default_factory=set)

    @property
    def talks(self) -> list[Talk]:
        return [*self.sealed, *self.plain]

    async def open_sealed(self, *, direct: bool) -> SealedTalk:
        """A new encrypted room: what is said in it first needs a new room key."""
        others = () if direct else (self.person.id,)
        room = await self.asker.create_room(self.bot.id, *others, direct=direct)
        await self.asker.wait_for_member(room, self.bot.id, within=WITHIN_S)
        talk = SealedTalk(self.asker, room, self.bot.id)
        self.sealed.append(talk)
        return talk

    async def open_plain(self, *, direct: bool) -> None:
        others = () if direct else (self.asker.id,)
        room = await self.person.create_room(self.bot.id, *others, direct=direct)
        await eventually(lambda: has_entered(self.person, room, self.bot.id), WITHIN_S)
        self.plain.append(Talk(self.person, room, self.bot.id))

    async def ask_everywhere(self) -> None:
        await asyncio.gather(*(talk.ask() for talk in self.talks))


@dataclass
class Row:
    """What a fault did in all its trials: how many questions went wrong in which way, and what to read about it."""

    name: str
    trials: int = 0
    questions: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    figures: list[str] = field(default_factory=list)

    @override
    def __str__(self) -> str:
        return _line(self.name, self.trials, self.questions, *(self.wrong[kind] for kind in WRONG), *self.figures)


def _line(name: str, *columns: object) -> str:
    return f"{name:48}{''.join(f'{column:>11}' for column in columns)}"


Trial = Callable[[Stage, Row, int, random.Random], Awaitable[None]]


def in_turn(*trials: Trial) -> Trial:
    """The first trial, then the second …, and again."""

    async def trial(stage: Stage, row: Row, number: int, chance: random.Random) -> None:
        await trials[number % len(trials)](stage, row, number, chance)

    return trial


def killed_at(matches: Matches, sign: str = "") -> Trial:
    """A trial with a crash when this passes the gate; with a locked database, when the bot's log shows `sign`."""

    async def trial(stage: Stage, row: Row, number: int, chance: random.Random) -> None:
        stage.gate.close_at(matches, lock=stage.bot.database if sign else None)
        for bystander in stage.plain:
            await bystander.ask()
        await stage.sealed[number % 2].ask()
        await crash(stage.bot, stage.gate, sign)

    return trial


def killed_with_a_room_key(step: str) -> Trial:
    """A trial in which the bot dies at one of `dying_bot.STEPS`."""

    async def trial(stage: Stage, row: Row, number: int, chance: random.Random) -> None:
        talk = await stage.open_sealed(direct=chance.random() < 0.5)
        (stage.bot.folder / dying_bot.ORDER).write_text(step)
        await talk.ask()
        await eventually(lambda: not stage.bot.is_running, WITHIN_S)
        await asyncio.to_thread(stage.bot.start)

    return trial


async def killed_soon_after_a_room_key(stage: Stage, row: Row, number: int, chance: random.Random) -> None:
    talk = await stage.open_sealed(direct=chance.random() < 0.5)
    stage.gate.watch_for(lambda exchange: exchange.brings_keys)
    await talk.ask()
    await crash(stage.bot, stage.gate, pause=chance.uniform(0, KEY_IS_STORED_WITHIN_S))


def homeserver_ended_by(how: signal.Signals) -> Trial:
    """A trial in which the homeserver is away for some seconds, with questions right before and right after."""

    async def trial(stage: Stage, row: Row, number: int, chance: random.Random) -> None:
        await stage.ask_everywhere()
        await asyncio.sleep(chance.uniform(0, 0.5))  # somewhere between the questions and their answers
        failures = stage.bot.log.count("matrix.sync_failed")
        await asyncio.to_thread(stage.synapse.stop, how)
        await eventually(lambda: stage.bot.log.count("matrix.sync_failed") >= failures + 2, WITHIN_S)
        await asyncio.to_thread(stage.synapse.start)
        await stage.ask_everywhere()

    return trial


async def behind_a_broken_proxy(stage: Stage, row: Row, number: int, chance: random.Random) -> None:
    await chance.choice(stage.talks).ask()
    await asyncio.sleep(chance.uniform(0, 0.5))
    with stage.gate.broken() as refused:
        started = monotonic()
        await stage.ask_everywhere()
        await asyncio.sleep(BROKEN_S)
        rate = len(refused) / (monotonic() - started)
    row.figures.append(f"{rate:.1f}/s")
    if rate >= MOST_REQUESTS_PER_S:
        row.faults.append(f"{rate:.1f} requests/s in trial {number}: {Counter(refused)}")


async def away_for_300_messages(stage: Stage, row: Row, number: int, chance: random.Random) -> None:
    stage.bot.kill()
    await asyncio.gather(much_talk(stage.sealed[:2]), much_talk(stage.plain))
    await asyncio.to_thread(stage.bot.start)


async def much_talk(talks: Sequence[Talk]) -> None:
    """Half of 300 messages; one in ten is a question, in the group or in the direct chat, the rest is for others."""
    group, direct = talks
    for message in range(150):
        if message % 10:
            await group.chat()
        else:
            await (direct if message % 20 else group).ask()


def brings_question(exchange: Exchange) -> bool:
    return exchange.brings_words_of("@clara:localhost")


def hands_over_answer(exchange: Exchange) -> bool:
    return exchange.is_request and exchange.is_sending_sealed


def has_taken_answer(exchange: Exchange) -> bool:
    return not exchange.is_request and exchange.is_sending_sealed


def hands_over_key(exchange: Exchange) -> bool:
    return exchange.is_request and exchange.is_sending_keys


def has_taken_key(exchange: Exchange) -> bool:
    return not exchange.is_request and exchange.is_sending_keys


ROWS: dict[str, Trial] = {
    "kill -9 before the question is stored": in_turn(
        killed_at(brings_question), killed_at(brings_question, "matrix.sync_failed")
    ),
    "kill -9 before the answer is handed over": in_turn(
        killed_at(hands_over_answer), killed_at(hands_over_key), killed_at(has_taken_key)
    ),
    "kill -9 before the sent answer is noted": in_turn(
        killed_at(has_taken_answer), killed_at(has_taken_answer, "mailbox.postponed")
    ),
    "kill -9 while a room key is stored": in_turn(
        *map(killed_with_a_room_key, dying_bot.STEPS), killed_soon_after_a_room_key
    ),
    "homeserver stopped (SIGTERM) for some seconds": homeserver_ended_by(signal.SIGTERM),
    "homeserver killed (SIGKILL) for some seconds": homeserver_ended_by(signal.SIGKILL),
    "502 to every request for some seconds": behind_a_broken_proxy,
    "300 messages while the bot is down": away_for_300_messages,
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Bot, homeserver and people, with an encrypted and a plain room of each kind: groups first, then direct chats."""
    async with AsyncExitStack() as stack:
        synapse = stack.enter_context(Synapse())
        gate = await stack.enter_async_context(Gate.open(synapse.url))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        person = Person(synapse.register("ben", display_name="Ben"), http)
        patient = await stack.enter_async_context(Gate.open(synapse.url, patient=True))
        clara = replace(synapse.register("clara", display_name="Clara"), url=patient.url)
        bot = stack.push(new_bot(synapse, tmp_path_factory.mktemp("bot"), gate.url, MortalBot))
        element = stack.enter_async_context(Element.open(clara, exclude_unsigned=True))
        _, asker = await asyncio.gather(asyncio.to_thread(bot.start), element)
        found = Stage(synapse, gate, bot, asker, person)
        for direct in (False, True):
            await found.open_sealed(direct=direct)
            await found.open_plain(direct=direct)
        yield found


@pytest.fixture(scope="module")
def table() -> Iterator[list[Row]]:
    rows: list[Row] = []
    yield rows
    head = _line(f"LOTSENFUNK_TEST_SEED={SEED}", "trials", "questions", *WRONG)
    print("", head, *rows, sep="\n")


@pytest.mark.parametrize("name", ROWS)
async def test_fault_loses_no_question_and_doubles_no_answer(stage: Stage, table: list[Row], name: str) -> None:
    row = Row(name)
    table.append(row)
    before = sum(len(talk.asked) for talk in stage.talks)
    for number in range(TRIALS):
        where = f"in trial {number} of „{name}“ with LOTSENFUNK_TEST_SEED={SEED}"
        try:
            await ROWS[name](stage, row, number, random.Random(f"{SEED} {name} {number}"))
            await check(stage, row, where)
        except Exception as error:
            error.add_note(where)
            raise
        row.trials += 1
    # Answers come in order in a room, so what is said twice is said before this one is answered.
    await stage.ask_everywhere()
    await check(stage, row, f"after all trials of „{name}“ with LOTSENFUNK_TEST_SEED={SEED}")
    row.questions = sum(len(talk.asked) for talk in stage.talks) - before
    del stage.sealed[2:]
    print(row)
    assert not row.faults, row.faults


async def check(stage: Stage, row: Row, where: str) -> None:
    """Wait until all is answered, and note what is wrong and was not wrong before; a lost question is given up."""
    deadline = monotonic() + WITHIN_S
    for talk in stage.talks:  # one after the other: looking often costs the homeserver more than answering
        await settle(talk, stage.known_faults, deadline - monotonic())
        answers = await talk.answers()
        first = [question for question in dict.fromkeys(answers) if question in talk.asked]
        expected = [question for question in talk.asked if question in answers]
        found = {
            "lost": [question for question in talk.asked if question not in answers],
            "doubled": [question for question in answers if answers.count(question) > 1 or question not in talk.asked],
            "unreadable": await talk.unreadable(),
            "disordered": [question for question, other in zip(first, expected, strict=True) if question != other],
        }
        for kind, ids in found.items():
            new = set(ids) - stage.known_faults
            row.wrong[kind] += len(new)
            row.faults += [f"{kind} {identity} {where}" for identity in new]
            stage.known_faults |= new


async def settle(talk: Talk, given_up: Collection[str], within: float) -> None:
    """Wait until all that was asked is answered, or until it is clear that it never will be."""

    async def is_answered() -> bool:
        return set(talk.asked) <= {*await talk.answers(), *given_up}

    with suppress(AssertionError):
        await eventually(is_answered, within)
