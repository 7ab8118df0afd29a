"""A year of a community with two series; the bot is restarted, dies in the middle, and loses a platform for a while.

Twelve supporters in Matrix and Teams and one coordinator say real sentences; only the platforms are stand-ins. What
happens follows a seed: `LOTSENFUNK_TEST_SEED` tries another year, and `LOTSENFUNK_TEST_TALK` shows what was said.
"""

import os
import re
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import aiosqlite
import pytest
from sqlalchemy import event, select
from sqlmodel import col
from structlog.testing import capture_logs
from typing_extensions import override

from bot.errors import DeliveryError
from bot.messages import Choice, Conversation, Kind, Outgoing
from bot.settings import CommunitySettings
from bot.turn import House
from conftest import MovedClock, fresh_sqlite
from handlers.cards import day_in_words
from handlers.jour_fixe import collisions, decisions, half_groups, minutes, rota, tasks
from handlers.table import TABLE
from knowledge.timetable import Step, Timing, due_steps, timetable
from storage.database import Database, UnitOfWork
from storage.models.agenda import AgendaItem, ItemState
from storage.models.jour_fixe import Duty, JourFixe, Meeting, MeetingState, Shows
from storage.models.minutes import MinutesState
from traffic import FLUR, LOTSEN, MATRIX, TEAMS, Somebody, Traffic

A_YEAR = 365
RUNS = [(4, 250), (15, 126)]
"""Seeds, and for how many days; one that is asked for has its whole year."""
if "LOTSENFUNK_TEST_SEED" in os.environ:
    RUNS = [(int(os.environ["LOTSENFUNK_TEST_SEED"]), A_YEAR)]
BERLIN = ZoneInfo("Europe/Berlin")
BEGIN = datetime(2026, 8, 31, 7, tzinfo=UTC)
NAMES = (
    "Tom Berger", "Svenja Adam", "Mehmet Demir", "Ruth Klein", "Aylin Kaya", "Jonas Wolf", "Petra Lang", "Olga Maier",
    "Felix Brandt", "Nina Vogt", "Karim Haddad", "Lena Sommer",
)  # fmt: skip
SETTINGS = CommunitySettings.model_validate(
    {
        "supporters": {name.split()[0].casefold() for name in NAMES},
        "coordinators": {"may"},
        "rooms": {LOTSEN.id, FLUR.id},
        "address_direct": "du",
        "messages_per_minute": 0,
        "lands": ["NW"],
        "days_off": ["2026-12-24", "2026-12-31", "2027-02-04"],
    }
)
# The others want a model, or have nothing to do with meetings.
ERRANDS = (
    collisions.plan_ahead,
    collisions.ask,
    rota.turn_queues,
    half_groups.adjust_all,
    decisions.offer_answers,
    minutes.look_after,
    tasks.look_after,
)
PLANS = (
    "jour fixe alle 4 Wochen donnerstags 9 bis 10:30 im Rathaus, Raum 3, ab 10. September",
    "neuer jour fixe jeden 1. Donnerstag im Monat 14 bis 15 Uhr im Rathaus, Raum 5, Titel: KI-Runde",
)
COLLIDING = (date(2026, 12, 31), date(2027, 2, 4), date(2027, 5, 6))
"""On these days of the two series nobody works."""
SUBJECTS = ("Altakten", "E-Rechnung", "Chatbot", "Intranet", "Onboarding", "Vorlagen", "Barrierefreiheit", "Newsletter")
DEEDS = ("prüfen", "vorstellen", "vereinfachen", "neu aufsetzen", "abschaffen", "zusammenführen", "testen", "erklären")
GOALS = ("Info", "Diskussion", "Entscheidung", "Beratung")
FIRST_WORDS = {
    Step.COLLECT: "Themen für **",
    Step.CLOSE: "**Abstimmung**",
    Step.AGENDA: "**Tagesordnung**",
    Step.REMIND: "**Erinnerung**",
}
SAID_OFTEN = ("Noch 2 Minuten.", "Noch eine Minute.", "Die Zeit für „")
"""Once for each item, and again when it got more time."""


def begin_of(series: JourFixe, meeting: Meeting) -> datetime:
    return datetime.combine(meeting.day, meeting.begins, BERLIN)


async def all_meetings(uow: UnitOfWork, near: datetime | None = None) -> list[tuple[JourFixe, Meeting]]:
    """With their series, by day; only those about `near` if that is given."""
    statement = select(JourFixe, Meeting).where(col(JourFixe.id) == col(Meeting.jour_fixe_id))
    if near is not None:
        statement = statement.where(col(Meeting.day).between(near.date() - NEAR, near.date() + NEAR))
    rows = await uow._session.execute(statement.order_by(col(Meeting.day)))
    return [(row[0], row[1]) for row in rows]


def in_rooms(sent: Sequence[Outgoing], words: str) -> list[Outgoing]:
    """What was said anew in the rooms and begins so."""
    return [
        one for one in sent if one.text.startswith(words) and one.replaces is None and not one.conversation.is_direct
    ]


DAYS_IN_WORDS = {day_in_words(day): day for day in (BEGIN.date() + timedelta(days=count) for count in range(800))}
WHEN = re.compile(r"(\w+, \d+\. \w+ \d{4}), (\d+):(\d\d) bis")


def begin_said(text: str) -> datetime:
    """When a meeting begins, by what is said of it."""
    found = WHEN.search(text)
    assert found, text
    return datetime.combine(DAYS_IN_WORDS[found[1]], time(int(found[2]), int(found[3])), BERLIN)


NEAR = timedelta(days=30)


class Died(BaseException):
    """The bot ends in the middle of a transaction."""


@dataclass
class Town(Traffic):
    """A town whose bot dies; notes when each message was made, and whether somebody had said something."""

    made: dict[str, tuple[datetime, bool]] = field(default_factory=dict)
    hears: bool = False
    dies_in: int | None = None

    @override
    async def start(self, *reached: str) -> None:
        await super().start(*reached)
        put = self.mailbox.put

        async def note(uow: UnitOfWork, outgoing: Sequence[Outgoing]) -> Sequence[Outgoing]:
            if self.dies_in is not None and outgoing:
                self.dies_in -= 1
                if self.dies_in < 0:
                    self.dies_in = None
                    raise Died
            self.made.update({one.key: (self.clock.now(), self.hears) for one in outgoing})
            return await put(uow, outgoing)

        self.mailbox.put = note  # type: ignore[method-assign]


@dataclass
class Year:
    """A community, what it said, and what must hold of what the bot says."""

    town: Town
    chance: Random
    end: datetime
    looked: list[datetime] = field(default_factory=list)
    seen: int = 0
    night_of: date = date.min
    away: str = ""
    topics: dict[str, int] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    recurring: set[str] = field(default_factory=set)
    owners: dict[str, str] = field(default_factory=dict)
    updates: list[str] = field(default_factory=list)
    happened: Counter[str] = field(default_factory=Counter)
    undecided: date = date.min
    revived: dict[str, set[str]] = field(default_factory=dict)

    # what happens

    async def begin(self) -> None:
        """Everybody writes to the bot once, and the two series are planned."""
        self.people = [
            await self.town.met(name.split()[0].casefold(), name, TEAMS if number % 2 else MATRIX)
            for number, name in enumerate(NAMES)
        ]
        self.may = await self.town.met("may", "Jutta May", TEAMS)
        await self.people[1].says("hallo", FLUR)
        self.titles = iter(self.chance.sample([f"{one} {two}" for one, two in product(SUBJECTS, DEEDS)], 64))
        self.works = iter(self.chance.sample([f"Notiz zu {one} {two}" for one, two in product(SUBJECTS, DEEDS)], 64))
        self.undecided = self.chance.choice([day for day in COLLIDING if day < self.end.date()])
        for words in PLANS:
            said = await self.says(self.may, words)
            if "Oder soll es einmal im Monat sein?" in said[-1]:
                await self.says(self.may, "wochen")
            said = await self.says(self.may, "ja")
            assert said[0].startswith("Gespeichert."), said

    async def go_by(self) -> None:
        """The year: to the next moment at which something may be due, or any other, and somebody does something."""
        changes = self._changes()
        while self.town.clock.time < self.end:
            await self._wait_until(min(self.end, await self._next()))
            await self._react()
            if 7 <= self.town.clock.time.astimezone(BERLIN).hour < 20:
                await self._act()
            if changes and self.town.clock.time >= changes[0][0]:
                await self._change(changes.pop(0)[1])
            await self._react()
            if self.chance.random() < 0.2:
                await self._check_topics()
        await self._reach()
        await self._wait_until(self.end + timedelta(days=1))

    def _changes(self) -> list[tuple[datetime, str]]:
        """When the coordinator moves dates and cancels one."""
        days = sorted(self.chance.sample(range(20, (self.end - BEGIN).days - 30), 4))
        what = ["move", "cancel", "move", "revive"]
        return [(BEGIN + timedelta(days=day), one) for day, one in zip(days, what, strict=True)]

    async def _next(self) -> datetime:
        now = self.town.clock.time
        if self.chance.random() < 0.12:
            return now + timedelta(hours=self.chance.uniform(2, 60))
        due = [moment for moment in await self._moments() if moment > now]
        return min(due, default=now + timedelta(days=3)) + timedelta(minutes=self.chance.choice((0, 1, 20)))

    async def _moments(self) -> list[datetime]:
        """When something may be due for a meeting, and when it begins."""
        async with self.town.database.reading() as uow:
            found = []
            for series, meeting in await all_meetings(uow, self.town.clock.time):
                begin = begin_of(series, meeting)
                if begin > self.town.clock.time:
                    steps = timetable(begin, self.town.house.working_days)
                    found += [due.at.astimezone(UTC) for due in steps]
                    found.append(datetime.combine(meeting.day, time(17), BERLIN).astimezone(UTC))
        return found

    async def _wait_until(self, moment: datetime) -> None:
        """Let time pass as it does for a bot that is up, that is down, or that dies when it has something to say."""
        if self.chance.random() < 0.1:  # down for a while
            await self.town.stop()
            self.town.clock.time = moment + timedelta(hours=self.chance.uniform(0, 50))
            await self._start()
            self.happened["down"] += 1
            return
        night = datetime.combine(moment.astimezone(BERLIN).date(), time(3), BERLIN).astimezone(UTC)
        if self.town.clock.time < night < moment:
            self.town.clock.time = night
            await self._look(is_night=True)
        self.town.clock.time = moment
        await self._reach()
        match self.chance.random():
            case lot if lot < 0.06:
                await self._die_before_delivery()
            case lot if lot < 0.12:
                await self._die_before_commit()
            case lot if lot < 0.16:
                await self._lose_platform()
            case lot if lot < 0.3:
                self.chance.choice(self.town.posts).faults.append(DeliveryError("busy"))
                await self._look()
            case _:
                await self._look()

    async def _start(self, *reached: str) -> None:
        """Start a bot, which does what became due while there was none."""
        await self.town.start(*(reached or (MATRIX, TEAMS)))
        self.away = "" if not reached else next(one for one in (MATRIX, TEAMS) if one not in reached)
        await self._look(is_night=True)

    async def _look(self, *, is_night: bool = False) -> None:
        if is_night:
            await self.town.forgetting._forget()
            await self.town.errands.run()
        await self.town.errands.tick()
        await self.town.mailbox.release()
        await self.town.idle()
        self.looked.append(self.town.clock.time)
        self.happened["looked"] += 1

    async def _die_before_delivery(self) -> None:
        self.town.mailbox.deliver = lambda outgoing: None  # type: ignore[method-assign]
        await self._look()
        await self.town.stop()
        await self._start()
        self.happened["died before delivery"] += 1

    async def _die_before_commit(self) -> None:
        self.town.dies_in = self.chance.randrange(2)
        with suppress(Died):
            await self._look()
        self.happened["died before commit"] += self.town.dies_in is None
        self.town.dies_in = None
        await self.town.stop()
        await self._start()

    async def _lose_platform(self) -> None:
        """One of the platforms cannot be reached for some hours."""
        await self.town.stop()
        await self._start(self.chance.choice((MATRIX, TEAMS)))
        self.happened["platform away"] += 1
        self.town.clock.move(timedelta(hours=self.chance.uniform(0.5, 4)))
        await self._look()

    async def _reach(self) -> None:
        if self.away:
            await self.town.mailbox.resume(self.away)
            await self.town.idle()
            self.away = ""

    # what people do

    async def says(self, who: Somebody, words: str, place: Conversation | None = None, **changes: object) -> list[str]:
        """What the bot says there; it may be restarted before it has an answer."""
        await self._reach()
        self.town.hears = True
        self.happened["said"] += 1
        if self.chance.random() < 0.02:
            place = place or who.chat
            before = len(self.town.sent)
            await self.town.mailbox.receive(place.platform, [who.incoming(words, place, **changes)])
            await self.town.stop()
            await self.town.start(MATRIX, TEAMS)
            await self.town.idle()
            said = [one.text for one in self.town.sent[before:] if one.conversation == place and one.text]
            self.happened["died while answering"] += 1
        else:
            said = await who.says(words, place, **changes)
        self.town.hears = False
        if os.environ.get("LOTSENFUNK_TEST_TALK"):
            print(f"\n{self.town.clock.time:%d.%m. %H:%M} {who.sender.name}: {words}", *said, sep="\n    ")
        return said

    async def chooses(self, who: Somebody, shown: Outgoing, word: str) -> list[str]:
        """Somebody takes a choice below a message that still stands there."""
        number = [choice.word for choice in shown.choices].index(word) + 1
        if os.environ.get("LOTSENFUNK_TEST_TALK"):
            print(f"\n  {who.sender.name} reads: {shown.text.splitlines()[-1]}")
        if who.platform == TEAMS:
            return await self.says(who, str(number), shown.conversation, kind=Kind.PRESS, refers_to=shown.key)
        found = [one for one, there in self.town.matrix.shown.items() if there is shown]
        if not found:
            return []
        emoji = f"{number}\N{VARIATION SELECTOR-16}\N{COMBINING ENCLOSING KEYCAP}"
        return await self.says(who, emoji, shown.conversation, kind=Kind.REACTION, refers_to=found[0])

    async def _react(self) -> None:
        """People answer what they were asked, or not."""
        new, self.seen = self.town.sent[self.seen :], len(self.town.sent)
        # Which conversation is served first is left to chance that follows no seed.
        new.sort(key=lambda shown: shown.conversation.id)
        chats = {who.chat: who for who in (*self.people, self.may)}
        for shown in new:
            if shown.choices and shown.replaces is None and shown.conversation in chats:
                await self._answer(chats[shown.conversation], shown)

    async def _answer(self, who: Somebody, shown: Outgoing) -> None:
        text, lot = shown.text, self.chance.random()
        words = {choice.word for choice in shown.choices}
        if "fällt auf einen freien Tag" in text:
            if day_in_words(self.undecided) not in text and lot < 0.8:
                self.happened["collision decided"] += 1
                await self.chooses(who, shown, self.chance.choice(sorted(words & {"1", "trotzdem", "ausfallen"})))
        elif "Ohne Antwort bleibt es dabei" in text and lot < 0.25:
            await self.chooses(who, shown, word := self.chance.choice(("ja", "nein", "tauschen")))
            if word == "tauschen":
                await self.says(who, self.chance.choice(NAMES))
        elif "Einverstanden?" in text and lot < 0.7:
            self.happened["swap answered"] += 1
            await self.chooses(who, shown, self.chance.choice(("ja", "nein")))
        elif "Fand „" in text and lot < 0.7:
            said = await self.chooses(who, shown, self.chance.choice(("ja", "teils", "nein")))
            if said and "Welche Themen kamen nicht dran?" in said[-1]:
                await self.says(who, self.chance.choice(("1", "keine")))
        elif "gibt es noch kein Thema" in text and lot < 0.8:
            self.happened["empty"] += 1
            await self.chooses(who, shown, self.chance.choice(("absagen", "kürzen", "austausch")))
        elif "freigeben" in words and lot < 0.6:
            self.happened["published"] += bool(
                [one for one in await self.chooses(who, shown, "freigeben") if one.startswith("Veröffentlicht.")]
            )
        elif {"erledigt", "zeit"} <= words and lot < 0.6:
            await self.chooses(who, shown, word := self.chance.choice(("erledigt", "zeit")))
            if word == "zeit":
                await self.says(who, f"{(self.town.clock.time + timedelta(days=12)):%-d.%-m.%Y}")
        elif "gelohnt" in text and lot < 0.2:
            await self.chooses(who, shown, "4")

    async def _act(self) -> None:
        """What somebody does by themselves, about the next meeting or about topics."""
        meeting = await self._now_beginning()
        if meeting is not None:
            if self.chance.random() < 0.6:
                await self._meet(meeting)
            return
        if self.chance.random() < 0.5:
            await self._add_topic()
        if self.topics and self.chance.random() < 0.1:
            await self._change_topic()
        steps = await self._steps_of_next()
        who = self.chance.choice(self.people)
        if Step.CLOSE in steps and Step.AGENDA not in steps and self.chance.random() < 0.5:
            said = await self.says(who, "abstimmen")
            if "Abstimmung" in said[-1]:
                await self.says(who, "1")
        if Step.AGENDA in steps and self.chance.random() < 0.5:
            if self.chance.random() < 0.7:
                room = LOTSEN if who.platform == MATRIX else FLUR
                await self.says(who, self.chance.choice(("komme", "vielleicht", "absage")), room)
            else:
                await self.says(who, self.chance.choice(("ich komme", "ich komme nicht zum Jour fixe")))

    async def _add_topic(self) -> None:
        title = next(self.titles, None)
        if title is None:
            return
        minutes, goal = self.chance.choice((5, 10, 20, 40)), self.chance.choice(GOALS)
        who = self.chance.choice(self.people)
        said = await self.says(who, f"thema: {title}, {minutes} min, {goal}")
        if "Für welchen Jour fixe" in said[-1]:
            said = await self.says(who, self.chance.choice(("1", "2")))
        found = re.search(r"Thema (\d+)", said[-1])
        assert found, said
        self.topics[title] = int(found[1])

    async def _change_topic(self) -> None:
        title, number = self.chance.choice(list(self.topics.items()))
        match self.chance.choice(("withdraw", "merge", "recur")):
            case "withdraw":
                await self.says(self.may, f"thema {number} zurückziehen")
                if f"Herausgenommen: „{title}“." in " ".join(await self.says(self.may, "ja")):
                    self._goes(title)
            case "merge":
                other, following = self.chance.choice(list(self.topics.items()))
                await self.says(self.may, f"themen {number} und {following} zusammenlegen")
                if "Zusammengelegt." in " ".join(await self.says(self.may, "erster")):
                    self._goes(other)
            case "recur":
                said = await self.says(self.may, f"thema {number} jedes Mal")
                if "kommt jetzt jedes Mal dran" in said[-1]:
                    self.recurring.add(title)

    def _goes(self, title: str) -> None:
        self.happened["topic withdrawn or merged"] += 1
        self.gone.add(title)
        del self.topics[title]

    async def _change(self, what: str) -> None:
        """The coordinator moves a date, or cancels one; both rooms hear of it once."""
        async with self.town.database.reading() as uow:
            near = self.town.clock.time + timedelta(days=2)
            coming = [
                (series, meeting)
                for series, meeting in await all_meetings(uow)
                if meeting.state == MeetingState.PLANNED and begin_of(series, meeting) > near
            ]
        days = Counter(meeting.day for _, meeting in coming)
        series, meeting = next(both for both in coming if days[both[1].day] == 1)
        if what == "move":
            later = self.town.house.working_days.after(meeting.day, self.chance.randint(1, 3))
            await self.says(self.may, f"termin {meeting.day:%-d.%-m.%Y} verschieben auf {later:%-d.%-m.%Y}")
            words = f"{series.title}: neuer Termin {day_in_words(later)}"
        else:
            await self.says(self.may, f"termin {meeting.day:%-d.%-m.%Y} fällt aus")
            words = f"{series.title} fällt aus: {day_in_words(meeting.day)}"
        await self.says(self.may, "ja")
        self._expect_update(words)
        if what == "revive":
            said = [one for one in await self._list() if day_in_words(meeting.day) in one.label]
            await self.says(self.may, said[0].word)
            await self.says(self.may, "ja")
            self._expect_update(f"{series.title} findet doch statt: {day_in_words(meeting.day)}")
            self.revived[f"{series.title} am {day_in_words(meeting.day)}"] = {one.key for one in self.town.sent}

    async def _list(self) -> Sequence[Choice]:
        await self.says(self.may, "termine")
        return next(one for one in reversed(self.town.sent) if one.text.startswith("Termine")).choices

    def _expect_update(self, words: str) -> None:
        """Each room hears so once, by night a little later."""
        self.happened["update"] += 1
        self.updates.append(words)

    # a meeting

    async def _now_beginning(self) -> Meeting | None:
        async with self.town.database.reading() as uow:
            for series, meeting in await all_meetings(uow, self.town.clock.time):
                since = self.town.clock.time - begin_of(series, meeting)
                if meeting.state == MeetingState.PLANNED and timedelta(minutes=-25) <= since <= timedelta(hours=1):
                    return meeting
        return None

    async def _steps_of_next(self) -> frozenset[str]:
        async with self.town.database.reading() as uow:
            coming = [
                meeting
                for series, meeting in await all_meetings(uow, self.town.clock.time)
                if meeting.state == MeetingState.PLANNED and begin_of(series, meeting) > self.town.clock.time
            ]
            return await uow.jour_fixe.steps(coming[0].id or 0) if coming else frozenset()

    async def _leader(self, meeting: Meeting) -> Somebody:
        async with self.town.database.reading() as uow:
            number = (await uow.attendance.duties(meeting.id or 0)).get(Duty.MODERATOR)
            names = [account.person for account in await uow.people.accounts(number)] if number else []
        return next((who for who in self.people if who.sender.id in names), self.may)

    async def _meet(self, meeting: Meeting) -> None:
        """A meeting is led through the bot; sometimes nobody ends it."""
        leader = await self._leader(meeting)
        room = LOTSEN if leader.platform == MATRIX else FLUR
        said = await self.says(leader, "jour fixe starten", room)
        if " läuft**" not in " ".join(said):
            return
        self.happened["led"] += 1
        for _ in range(self.chance.randint(3, 8)):
            self.town.clock.move(timedelta(minutes=self.chance.randint(2, 14)))
            if self.chance.random() < 0.4:
                await self._look()
            if self.chance.random() < 0.05:
                await self.town.stop()
                await self._start()
            if self.chance.random() < 0.25:
                await self._note(room, leader)
            words = self.chance.choice(("weiter",) * 6 + ("vertagen", "5 minuten mehr"))
            said = await self.says(leader, words, room)
            if "Alle Punkte sind durch" in " ".join(said):
                break
        if self.chance.random() < 0.1:
            return
        said = await self.says(leader, "jour fixe beenden", room)
        if "Trotzdem beenden?" in " ".join(said):
            await self.says(leader, "ja", room)

    async def _note(self, room: Conversation, leader: Somebody) -> None:
        work = next(self.works, None)
        if work is None:
            return
        who = self.chance.choice([one for one in (*self.people, leader) if one.platform == room.platform])
        if self.chance.random() < 0.5:
            await self.says(who, f"Beschluss: {work} kommt ins Handbuch", room)
        else:
            owner = self.chance.choice(NAMES)
            due = self.town.clock.time + timedelta(days=self.chance.randint(3, 40))
            await self.says(who, f"Aufgabe: {owner}, {work} verschicken, bis {due:%-d.%-m.%Y}", room)
            self.owners[f"{work} verschicken"] = owner
        if self.chance.random() < 0.8:
            await self.says(who, "ja", room)

    # what must hold

    async def check(self) -> None:
        self._check_once()
        async with self.town.database.reading() as uow:
            meetings = await all_meetings(uow)
            for _, meeting in meetings:
                await self._check_posts(uow, meeting)
        self._check_steps(meetings)
        self._check_reminders_of_tasks()
        self._check_calendars()
        self._check_undecided(meetings)
        await self._check_topics()

    def _check_once(self) -> None:
        """Nothing comes twice; what nobody asked for is not said twice at one place on one day."""
        keys = Counter(one.key for one in self.town.sent)
        assert not [key for key, count in keys.items() if count > 1]
        said = Counter(
            (one.conversation.id, self.town.made[one.key][0].astimezone(BERLIN).date(), one.text)
            for one in self.town.sent
            if one.text
            and one.replaces is None
            and not self.town.made[one.key][1]
            and not one.text.startswith(SAID_OFTEN)
        )
        assert not [one for one, count in said.items() if count > 1]

    async def _check_posts(self, uow: UnitOfWork, meeting: Meeting) -> None:
        """What shows a meeting stands once in each room; minutes exactly once."""
        sent = Counter(one.key for one in self.town.sent if one.replaces is None)
        for shows in (Shows.TOPICS, Shows.VOTE, Shows.AGENDA, Shows.MINUTES):
            posts = await uow.jour_fixe.posts(meeting.id or 0, shows)
            rooms = [post.conversation_id for post in posts]
            assert not rooms or sorted(rooms) == [FLUR.id, LOTSEN.id], (shows, meeting.day, rooms)
            assert {sent[post.key] for post in posts} <= {1}, (shows, meeting.day)
            self.happened[f"posted {shows}"] += len(posts) // 2
            if shows is Shows.MINUTES:
                found = await uow.minutes.of_meeting(meeting.id or 0)
                is_published = found is not None and found.state == MinutesState.PUBLISHED
                assert bool(posts) == is_published

    def _check_steps(self, meetings: Sequence[tuple[JourFixe, Meeting]]) -> None:
        """Each step once, and never past its use; of a meeting that nobody changed, exactly when it was due.

        What was cancelled and takes place after all is prepared anew.
        """
        for step, words in FIRST_WORDS.items():
            for one in in_rooms(self.town.sent, words):
                assert self.town.made[one.key][0] < begin_said(one.text), f"{step}: {one.text}"
            said = Counter(
                (one.conversation.id, one.text.split("\n")[0], self._is_anew(one))
                for one in in_rooms(self.town.sent, words)
            )
            assert not [one for one, count in said.items() if count > 1], step
        series = {series.id: [one for other, one in meetings if other.id == series.id] for series, _ in meetings}
        for of_it in series.values():
            for before, meeting in zip([None, *of_it], of_it, strict=False):
                if meeting.state == MeetingState.HELD and not meeting.revision and not (before and before.revision):
                    self._check_due(next(one for one, other in meetings if other is meeting), meeting, before)

    def _is_anew(self, shown: Outgoing) -> bool:
        """Whether a meeting had been cancelled and revived when this was said of it."""
        return any(words in shown.text and shown.key not in before for words, before in self.revived.items())

    def _check_due(self, series: JourFixe, meeting: Meeting, before: Meeting | None) -> None:
        begin, days = begin_of(series, meeting), self.town.house.working_days
        since = max(begin_of(series, before) if before else BEGIN, meeting.known_since or BEGIN)
        steps, due = timetable(begin, days, since), dict[str, Timing]()
        for look in self.looked:
            due |= due_steps(steps, look, due, days)
        for step in (Step.AGENDA, Step.REMIND):
            is_due = due.get(step, Timing.PAST) is not Timing.PAST
            words = f"{series.title} am {day_in_words(meeting.day)}"
            said = [one for one in in_rooms(self.town.sent, FIRST_WORDS[step]) if words in one.text]
            assert len(said) == 2 * is_due, (step, due, [one.text for one in said])
            self.happened[f"checked {step}"] += is_due

    def _check_reminders_of_tasks(self) -> None:
        """Only the owner is reminded; that it is once a day at most was checked with all else."""
        chats = {who.chat: who.sender.name for who in (*self.people, self.may)}
        for one in self.town.sent:
            if one.text.startswith("Deine Aufgabe aus dem Jour fixe: "):
                task = one.text.removeprefix("Deine Aufgabe aus dem Jour fixe: ").split(", ")[0]
                assert chats[one.conversation] == self.owners[task]
                self.happened["reminded of a task"] += 1

    def _check_calendars(self) -> None:
        """One update for each change in each room; what changes has a higher number, under the same id."""
        for room in (LOTSEN, FLUR):
            files = {one.key: one.file.content for one in self.town.sent if one.file and one.conversation == room}
            for words in ("neuer Termin", "fällt aus: ", "findet doch statt"):
                said = [
                    one
                    for one in self.town.sent
                    if one.conversation == room and one.replaces is None and words in one.text
                ]
                assert set(Counter(one.text for one in said).values()) <= {1}
                assert all(f"{one.key}:file" in files for one in said)
                wanted = [one for one in self.updates if words in one]
                heard = [[one for one in said if one.text.startswith(words)] for words in wanted]
                assert [len(one) for one in heard] == [1] * len(wanted), (wanted, [one.text for one in said])
            events = [read(str(content)) for content in files.values() if "BEGIN:VEVENT" in str(content)]
            newest: dict[str, int] = {}
            shown: dict[tuple[str, str], tuple[int, str]] = {}
            for uid, planned, sequence, facts in events:
                assert sequence >= newest.get(uid, 0)
                newest[uid] = sequence
                earlier = shown.get((uid, planned), (-1, ""))
                assert facts == earlier[1] or sequence > earlier[0], (planned, facts, earlier)
                shown[uid, planned] = sequence, facts
            assert len({uid.split("@")[0].split("-")[0] for uid in newest}) == len(PLANS)
            self.happened["files"] += len(events)

    def _check_undecided(self, meetings: Sequence[tuple[JourFixe, Meeting]]) -> None:
        [meeting] = [meeting for _, meeting in meetings if meeting.planned_on == self.undecided]
        assert meeting.state == MeetingState.CANCELLED
        day = day_in_words(self.undecided)
        assert not [one for one in self.town.sent if not one.conversation.is_direct and day in one.text]

    async def _check_topics(self) -> None:
        """No topic is lost or doubled, and none stands on an agenda of a meeting that is over."""
        async with self.town.database.reading() as uow:
            items = (await uow._session.scalars(select(AgendaItem).where(col(AgendaItem.is_fixed).is_(False)))).all()
            ended = {meeting.id for _, meeting in await all_meetings(uow) if meeting.state not in STILL_OPEN}
        waiting = [item for item in items if item.state == ItemState.WAITING]
        assert not [item.title for item in waiting if item.meeting_id in ended]
        assert not self.gone & {item.title for item in waiting}
        for title in self.topics:
            # What recurs stays with each meeting where it was discussed, and comes again once.
            known = [item for item in items if item.title == title and item.is_recurring == (title in self.recurring)]
            assert len(known) == 1, title


STILL_OPEN = (MeetingState.PLANNED, MeetingState.COLLIDING, MeetingState.RUNNING)


def read(calendar: str) -> tuple[str, str, int, str]:
    """Id, planned day, number and the facts of the one meeting in a file."""
    lines = re.sub(r"\r?\n[ \t]", "", calendar).splitlines()
    start = lines.index("BEGIN:VEVENT")
    found = {line.split(":")[0].split(";")[0]: line.split(":", 1)[1] for line in lines[start:] if ":" in line}
    facts = " ".join(found[name] for name in ("DTSTART", "DTEND", "STATUS"))
    return found["UID"], found.get("RECURRENCE-ID", ""), int(found["SEQUENCE"]), facts


async def at_once(_: object, do: Callable[..., object], *args: object, **named: object) -> object:
    return do(*args, **named)


@pytest.fixture
async def town(
    migrated: Path, tmp_path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Town]:
    monkeypatch.setattr("bot.patience.FIRST_S", 0.001)
    shutil.copy(migrated, tmp_path / "test.db")
    # A year is many statements: none of them waits for a thread, and a seed always means the same.
    monkeypatch.setattr(aiosqlite.core.Connection, "_execute", at_once)
    database = Database(f"{fresh_sqlite(tmp_path)}?check_same_thread=false")
    # Its file does not outlive the test.
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    clock.time = BEGIN
    table = replace(TABLE, errands=ERRANDS)
    town = Town(database, clock, SETTINGS, House(working_days=SETTINGS.working_days), table=table)
    await town.open()
    yield town
    await town.stop()
    await database.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize(("seed", "days"), RUNS)
async def test_in_a_year_everything_is_said_exactly_once(town: Town, seed: int, days: int) -> None:
    year = Year(town, Random(seed), BEGIN + timedelta(days=days))
    with capture_logs() as logs:
        await year.begin()
        await year.go_by()
        await year.check()
    print(f"\n  LOTSENFUNK_TEST_SEED={seed}:", len(town.sent), "messages,", dict(year.happened))
    mistakes = Counter(str({**one, "report": "", "received": ""}) for one in logs if one["log_level"] != "warning")
    assert not mistakes, mistakes
