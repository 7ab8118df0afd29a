"""Groups of a round: who is with whom, what each one hears, and who follows when somebody drops out."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import event
from typing_extensions import override

from bot.messages import Order, Unasked
from bot.turn import House, Night, Services
from conftest import MovedClock, fresh_sqlite
from handlers.peer_consultation import call_closing, reserves
from handlers.table import TABLE
from knowledge.departments import Department, Departments
from knowledge.working_days import WorkingDays
from storage.database import Database
from storage.models.peer_consultation import (
    CaseState,
    ConsultationCase,
    ConsultationGroup,
    ConsultationRound,
    GroupPlace,
    GroupState,
    Mode,
    Participation,
    RoundState,
)
from traffic import LOTSEN, MATRIX, SETTINGS, TEAMS, Somebody, Traffic

MONDAY = datetime(2026, 11, 30, 9, tzinfo=UTC)
FIRST, LAST = date(2026, 12, 7), date(2026, 12, 11)
CLOSES = datetime(2026, 12, 2, 11, tzinfo=UTC)
NAMES = [f"Lotse {letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"] + [f"Lotsin {letter}" for letter in "ABCDEFGH"]
HOUSE = House(
    departments=Departments([Department("Soziales"), Department("Sozialamt", under="Soziales"), Department("Bauamt")]),
    working_days=WorkingDays(("NW",)),
)


class SlowDepartments(Departments):
    """They answer when they may: who waits for them in the event loop, in which that is said, waits in vain."""

    def __init__(self) -> None:
        super().__init__([Department("Bauamt")])
        self.is_asked, self.may_answer = Event(), Event()

    @override
    def find(self, text: str) -> Department | None:
        self.is_asked.set()
        assert self.may_answer.wait(1)
        return super().find(text)


def account(name: str) -> str:
    return name.casefold().replace(" ", "")


class Town:
    """A round that closes on 2 December at noon, and those who take part in it."""

    def __init__(self, traffic: Traffic) -> None:
        self.traffic = traffic
        self.people: dict[str, Somebody] = {}
        self.ids: dict[str, int] = {}
        self.round = 0
        self.leaving: list[tuple[int, int]] = []

    async def call(self, mode: Mode = Mode.LIVE, form: str = "", closes: datetime = CLOSES) -> "Town":
        async with self.traffic.database.unit_of_work() as uow:
            one = ConsultationRound(mode=mode, format=form, starts_on=FIRST, ends_on=LAST, closes_at=closes)
            self.round = await uow.rounds.add(one)
            await uow.commit()
        return self

    async def join(
        self, *names: str, platform: str = MATRIX, department: str | None = None, leads: str = "", reserve: bool = False
    ) -> "Town":
        for name in names:
            one = await self.traffic.met(account(name), name, platform)
            self.people[name] = one
            async with self.traffic.database.unit_of_work() as uow:
                person = await uow.people.know(one.platform, one.sender.id, name)
                person.department = department
                await uow.addresses.know(one.platform, one.chat.id, one.sender.id)
                self.ids[name] = person.id or 0
                taking_part = Participation(
                    round_id=self.round, person_id=self.ids[name], leads=leads, is_reserve=reserve
                )
                await uow.rounds.join(taking_part)
                await uow.commit()
        return self

    async def case(self, of: str, *vetoed: str, title: str = "Zusammenarbeit", since: date = FIRST) -> int:
        async with self.traffic.database.unit_of_work() as uow:
            case = ConsultationCase(person_id=self.ids[of], title=title, waiting_since=since)
            number = await uow.rounds.add_case(case, [self.ids[one] for one in vetoed])
            await uow.commit()
            return number

    async def close(self) -> None:
        self.traffic.clock.time = CLOSES
        await self.traffic.passes(minutes=1)

    async def groups(self) -> list[tuple[ConsultationGroup, set[str]]]:
        names = {number: name for name, number in self.ids.items()}
        async with self.traffic.database.reading() as uow:
            return [
                (group, {names[one.person_id] for one in await uow.consultations.members(group.id or 0)})
                for group in await uow.consultations.of_round(self.round)
            ]

    async def reserves(self) -> set[str]:
        async with self.traffic.database.reading() as uow:
            rows = await uow.rounds.participants(self.round)
        return {name for name, number in self.ids.items() if any(r.person_id == number and r.is_reserve for r in rows)}

    async def state(self) -> RoundState:
        async with self.traffic.database.reading() as uow:
            one = await uow.rounds.get(self.round)
            assert one is not None
            return RoundState(one.state)

    async def case_state(self, number: int) -> tuple[CaseState, date]:
        async with self.traffic.database.reading() as uow:
            case = await uow.rounds.case(number)
            assert case is not None
            return CaseState(case.state), case.waiting_since

    async def drops_out(self, name: str, number: int = 1, **later: int) -> None:
        """Somebody is no member any more, and somebody else is to follow."""
        self.leaving.append((number, self.ids[name]))
        await self.traffic.passes(**(later or {"minutes": 1}))

    async def let_go(self, night: Night, services: Services) -> Sequence[Unasked]:
        said: list[Unasked] = []
        while self.leaving:
            number, person = self.leaving.pop()
            group = await night.uow.consultations.hold(number)
            assert group is not None
            await night.uow.consultations.drop_member(number, person)
            said += await reserves.fill(night, services, group)
        return said

    async def meets(self, at: datetime, number: int = 1) -> None:
        """The date of a group stands."""
        async with self.traffic.database.unit_of_work() as uow:
            group = await uow.consultations.hold(number)
            assert group is not None
            group.state, group.meets_at = GroupState.PLANNED, at
            await uow.commit()

    def hears(self, name: str) -> str:
        return "\n".join(self.people[name].sees())


@pytest.fixture
async def town(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Town]:
    clock.time = MONDAY
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    # Its file does not outlive the test.
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    supporters = SETTINGS.supporters | frozenset(map(account, NAMES))
    settings = SETTINGS.model_copy(update={"supporters": supporters, "quiet_hours": ""})
    traffic = Traffic(database, clock, settings, house=HOUSE)
    town = Town(traffic)
    traffic.table = replace(TABLE, errands=(), ticks=(call_closing.look_after, town.let_go, reserves.look_after))
    await traffic.open()
    yield await town.call()
    await traffic.stop()
    await database.close()


@pytest.fixture
async def may(town: Town) -> Somebody:
    return await town.traffic.met("may", "May", TEAMS)


class TestForming:
    async def test_each_member_hears_alone_who_is_with_them_and_whose_case_it_is(
        self, town: Town, may: Somebody
    ) -> None:
        await town.join(*NAMES[:5])
        number = await town.case("Lotse A", title="Ein Team zieht nicht mit")
        await town.close()
        [(group, members)] = await town.groups()
        assert members == set(NAMES[:5])
        assert (group.title, group.case_id, group.plan["id"]) == ("Ein Team zieht nicht mit", number, "six_phase")
        async with town.traffic.database.reading() as uow:
            first, *_ = await uow.consultations.members(group.id or 0)
        assert first.person_id == town.ids["Lotse A"]  # where each one is case giver, it begins with that case
        assert "Fall: deiner, „Ein Team zieht nicht mit“" in town.hears("Lotse A")
        told = town.hears("Lotse B")
        assert "**Beratung 1**: Die Gruppe steht, mit 5 Personen" in told
        assert "Mit dir dabei: Lotse A, Lotse C, Lotse D, Lotse E" in told
        assert "Fall: „Ein Team zieht nicht mit“, von Lotse A" in told
        assert "Wann kannst du?" in told
        assert (await town.case_state(number))[0] == CaseState.TAKEN
        assert town.traffic.texts_at(LOTSEN) == []

    async def test_others_are_heard_while_it_searches(self, town: Town) -> None:
        departments = SlowDepartments()
        town.traffic.house = replace(HOUSE, departments=departments)
        await town.traffic.stop()
        await town.traffic.start(MATRIX, TEAMS)
        await town.join(*NAMES[:5], department="Bauamt")
        closing = asyncio.create_task(town.close())
        await asyncio.to_thread(departments.is_asked.wait, 1)
        departments.may_answer.set()
        await closing
        assert [members for _, members in await town.groups()] == [set(NAMES[:5])]

    async def test_the_coordinators_hear_how_many_groups_of_which_sizes_and_no_name(
        self, town: Town, may: Somebody
    ) -> None:
        await town.join(*NAMES[:9])
        await town.case("Lotse A")
        await town.close()
        told = may.sees()[-1]
        assert "eine mit 5 Personen, eine mit 4 Personen" in told
        assert "Zusammenarbeit" not in told
        assert not any(name in told for name in NAMES)

    @pytest.mark.parametrize(("count", "plan"), [(3, "troika"), (4, "short_form"), (7, "six_phase")])
    async def test_a_group_works_by_the_form_that_fits_its_size(self, town: Town, count: int, plan: str) -> None:
        await town.join(*NAMES[:count])
        await town.close()
        [(group, members)] = await town.groups()
        assert (group.plan["id"], len(members)) == (plan, count)

    async def test_a_round_of_troikas_makes_groups_of_three(self, town: Town) -> None:
        await town.call(form="troika")
        await town.join(*NAMES[:7])
        await town.close()
        assert [(len(members), group.plan["id"]) for group, members in await town.groups()] == [(3, "troika")] * 2
        assert len(await town.reserves()) == 1

    async def test_where_the_wished_form_wants_more_people_a_smaller_one_is_taken(self, town: Town) -> None:
        await town.call(form="star_round")
        await town.join(*NAMES[:5])
        await town.close()
        assert [group.plan["id"] for group, _ in await town.groups()] == ["six_phase"]

    async def test_a_written_round_takes_the_written_form(self, town: Town, may: Somebody) -> None:
        await town.call(Mode.WRITTEN)
        await town.join(*NAMES[:4])
        await town.case("Lotse A")  # waits to be talked about
        await town.close()
        [(group, _)] = await town.groups()
        assert (group.plan["id"], group.case_id, group.mode) == ("written", None, Mode.WRITTEN)
        assert "eine mit 4 Personen. Beraten wird schriftlich." in may.sees()[-1]

    async def test_it_is_formed_once_even_if_the_bot_looks_again(self, town: Town) -> None:
        await town.join(*NAMES[:5])
        await town.close()
        sent = len(town.traffic.sent)
        await town.traffic.passes(minutes=1)
        assert len(town.traffic.sent) == sent
        assert len(await town.groups()) == 1

    async def test_a_line_manager_and_an_unwanted_person_are_reserves_and_nobody_reads_why(self, town: Town) -> None:
        await town.join(*NAMES[:4], department="Sozialamt")
        await town.join("Lotse E", department="Bauamt")
        await town.join("Lotse F", department="Soziales", leads="Soziales")
        await town.case("Lotse A", "Lotse E")
        await town.close()
        [(_, members)] = await town.groups()
        assert members == set(NAMES[:4])
        assert await town.reserves() == {"Lotse E", "Lotse F"}
        heard = {town.hears(name).split("hallo")[-1] for name in ("Lotse E", "Lotse F")}
        assert all("Diesmal bist du Reserve: Wird ein Platz frei" in one for one in heard)
        assert not any("Zusammenarbeit" in one or "Lotse A" in one for one in heard)

    async def test_who_pauses_all_the_while_or_is_no_supporter_is_left_out(self, town: Town) -> None:
        await town.join(*NAMES[:4])
        await town.join("Lotse E", "Fremde")
        await town.traffic.introduce(town.people["Lotse E"], "E-Akte", paused_until=LAST)
        await town.traffic.introduce(town.people["Lotse D"], "E-Akte", paused_until=FIRST)
        await town.close()
        [(_, members)] = await town.groups()
        assert members == set(NAMES[:4])
        assert await town.reserves() == set()

    async def test_the_case_that_waits_longest_is_taken_and_the_other_hears_that_it_waits(self, town: Town) -> None:
        await town.join(*NAMES[:5])
        late = await town.case("Lotse A", title="Neu")
        early = await town.case("Lotse B", title="Alt", since=FIRST - timedelta(days=20))
        await town.close()
        assert [group.case_id for group, _ in await town.groups()] == [early]
        assert (await town.case_state(late))[0] == CaseState.WAITING
        assert "Dein Fall „Neu“ wartet noch: Es gab mehr Fälle als Gruppen." in town.hears("Lotse A")

    async def test_who_is_alone_on_a_platform_hears_what_they_may_do(self, town: Town) -> None:
        await town.join(*NAMES[:5])
        await town.join("Lotse F", platform=TEAMS)
        await town.case("Lotse F")
        await town.close()
        assert "Auf deiner Plattform sind zu wenige dabei" in town.hears("Lotse F")

    async def test_thirty_four_people_are_mixed_anew_each_time_with_absences(self, town: Town, may: Somebody) -> None:
        await town.join(*NAMES)
        away = set(NAMES[:5])
        for name in away:
            await town.traffic.introduce(town.people[name], "E-Akte", paused_until=LAST)
        await town.close()
        first = [members for _, members in await town.groups()]
        assert sorted(map(len, first)) == [5, 6, 6, 6, 6]
        assert set().union(*first) == set(NAMES) - away
        async with town.traffic.database.unit_of_work() as uow:
            for members in first:
                await uow.rounds.were_together([town.ids[name] for name in members], LAST)
            await uow.commit()
        before, people = {frozenset((a, b)) for group in first for a in group for b in group if a != b}, town.ids
        await town.call(closes=CLOSES + timedelta(days=1))
        async with town.traffic.database.unit_of_work() as uow:
            for number in people.values():
                await uow.rounds.join(Participation(round_id=town.round, person_id=number))
            await uow.commit()
        await town.traffic.passes(days=1)
        second = [members for _, members in await town.groups()]
        again = {frozenset((a, b)) for group in second for a in group for b in group if a != b} & before
        assert len(second) == 5
        assert len(again) <= 8


class TestTooFew:
    async def test_people_can_join_until_the_next_noon_and_the_coordinators_hear_why(
        self, town: Town, may: Somebody
    ) -> None:
        await town.join(*NAMES[:2])
        await town.close()
        assert await town.state() == RoundState.OPEN
        told = may.sees()[-1]
        assert "weniger als drei" in told
        assert "Anmelden geht noch bis Donnerstag, 3. Dezember 2026, 12 Uhr" in told
        assert "„runde verlängern“" in told
        await town.join("Lotse C")
        await town.traffic.passes(days=1)
        assert [len(members) for _, members in await town.groups()] == [3]

    async def test_when_no_time_is_left_it_does_not_come_about_and_all_hear_it(self, town: Town, may: Somebody) -> None:
        await town.join(*NAMES[:2])
        case = await town.case("Lotse A")
        for _ in range(8):
            await town.close() if await town.state() == RoundState.OPEN and town.traffic.clock.time < CLOSES else None
            await town.traffic.passes(days=1)
        assert await town.state() == RoundState.CANCELLED
        assert "findet nicht statt" in may.sees()[-1]
        assert "findet nicht statt" in town.hears("Lotse B")
        assert (await town.case_state(case))[0] == CaseState.WAITING

    async def test_when_the_rules_leave_no_group_the_coordinators_hear_the_rules_and_no_name(
        self, town: Town, may: Somebody
    ) -> None:
        await town.join("Lotse A", "Lotse B", department="Sozialamt")
        await town.join("Lotse C", department="Soziales", leads="Soziales")
        await town.close()
        assert "zu allen Regeln passt" in may.sees()[-1]
        assert "Lotse" not in may.sees()[-1]


class TestReserves:
    async def test_all_reserves_who_fit_are_asked_and_the_first_yes_counts(self, town: Town) -> None:
        await town.join(*NAMES[:5])
        await town.close()
        await town.join("Lotse F", "Lotse G", reserve=True)
        await town.drops_out("Lotse E")
        for name in ("Lotse F", "Lotse G"):
            assert "In einer Gruppe ist ein Platz frei: Beratung 1" in town.hears(name)
        answers = await town.people["Lotse G"].says("ja")
        assert "Du bist dabei." in answers[0]
        assert "Mit dir dabei: Lotse A, Lotse B, Lotse C, Lotse D" in answers[1]
        assert "Beratung 1: Lotse G ist neu dabei." in town.hears("Lotse A")
        [told] = await town.people["Lotse F"].says("ja")
        assert "schon vergeben" in told
        [(group, members)] = await town.groups()
        assert members == {*NAMES[:4], "Lotse G"}
        assert group.plan["id"] == "six_phase"
        assert await town.reserves() == {"Lotse F"}

    async def test_meanwhile_the_group_works_by_the_shorter_form(self, town: Town) -> None:
        await town.join(*NAMES[:5])
        await town.close()
        await town.drops_out("Lotse E")
        assert (await town.groups())[0][0].plan["id"] == "short_form"
        await town.drops_out("Lotse D")
        assert (await town.groups())[0][0].plan["id"] == "troika"

    async def test_below_three_it_is_called_off_and_its_case_comes_first(self, town: Town) -> None:
        await town.join(*NAMES[:3])
        case = await town.case("Lotse A")
        await town.close()
        await town.join("Lotse F")
        older = await town.case("Lotse F", since=FIRST - timedelta(days=90))
        await town.drops_out("Lotse C")
        [(group, _)] = await town.groups()
        assert group.state == GroupState.CANCELLED
        assert "findet nicht statt: Es sind zu wenige" in town.hears("Lotse B")
        state, since = await town.case_state(case)
        assert state == CaseState.WAITING
        assert since < (await town.case_state(older))[1]
        assert {"Lotse A", "Lotse B"} <= await town.reserves()

    async def test_nobody_is_asked_who_would_break_a_rule(self, town: Town) -> None:
        await town.join(*NAMES[:4], department="Sozialamt")
        await town.join("Lotse F", department="Bauamt")
        await town.case("Lotse A", "Lotse F")
        await town.close()
        assert await town.reserves() == {"Lotse F"}
        await town.join("Lotse G", department="Soziales", leads="Soziales", reserve=True)
        await town.join("Lotse H", platform=TEAMS, reserve=True)
        await town.drops_out("Lotse D")
        for name in ("Lotse F", "Lotse G", "Lotse H"):
            assert "Platz frei: Beratung" not in town.hears(name)

    async def test_who_becomes_a_reserve_later_is_asked_then_and_once(self, town: Town) -> None:
        await town.join(*NAMES[:6])
        await town.close()
        await town.drops_out("Lotse E")
        await town.join("Lotse G", reserve=True)
        await town.traffic.passes(minutes=1)
        await town.traffic.passes(minutes=1)
        assert town.hears("Lotse G").count("Platz frei") == 1
        [told] = await town.people["Lotse G"].says("nein")
        assert "Du bleibst Reserve" in told
        assert len((await town.groups())[0][1]) == 5

    async def test_an_hour_before_the_group_is_asked_first(self, town: Town) -> None:
        await town.join(*NAMES[:5])
        await town.case("Lotse A")
        await town.close()
        await town.join("Lotse G", reserve=True)
        await town.meets(town.traffic.clock.now() + timedelta(minutes=50))
        await town.drops_out("Lotse E")
        assert "Platz frei" not in town.hears("Lotse G")
        assert "Soll ich noch jemanden fragen?" in town.hears("Lotse A")
        await town.people["Lotse A"].says("ja")
        assert "Platz frei: Beratung 1" in town.hears("Lotse G")

    async def test_who_follows_while_the_group_gathers_is_invited_into_its_room(self, town: Town) -> None:
        await town.join(*NAMES[:5])
        await town.close()
        await town.join("Lotse G", reserve=True)
        await town.meets(town.traffic.clock.now() + timedelta(hours=20))
        async with town.traffic.database.unit_of_work() as uow:
            await uow.consultations.add_place(GroupPlace(platform=MATRIX, conversation_id="!offen", group_id=1))
            await uow.commit()
        await town.drops_out("Lotse E")
        await town.people["Lotse G"].says("ja")
        [order] = [one.room for one in town.traffic.sent if one.room is not None]
        assert (order.order, order.people) == (Order.INVITE, (account("Lotse G"),))

    async def test_a_group_that_runs_is_left_alone(self, town: Town) -> None:
        await town.join(*NAMES[:5])
        await town.close()
        await town.join("Lotse G", reserve=True)
        async with town.traffic.database.unit_of_work() as uow:
            group = await uow.consultations.hold(1)
            assert group is not None
            group.state = GroupState.RUNNING
            await uow.commit()
        await town.drops_out("Lotse E")
        assert "Platz frei" not in town.hears("Lotse G")
        assert (await town.groups())[0][0].plan["id"] == "six_phase"
