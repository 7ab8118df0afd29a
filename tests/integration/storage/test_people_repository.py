"""Who is who in the database: accounts that become one person's, codes that are said at once, what is forgotten."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from bot.messages import Choice
from bot.roles import Role
from editorial import Person as Somebody
from handlers import invitations, portrait_changes
from handlers.codes import digest, new_code
from handlers.self_reports import Change
from storage.database import Database, UnitOfWork
from storage.models.agenda import Poll
from storage.models.jour_fixe import Coming, Duty, Frequency, JourFixe, Meeting
from storage.models.minutes import Task
from storage.models.peer_consultation import (
    ConsultationCase,
    ConsultationGroup,
    ConsultationRound,
    GroupMember,
    Participation,
)
from storage.models.people import (
    Account,
    OneTimeCode,
    Person,
    Portrait,
    PortraitWording,
    Purpose,
    TakenSlot,
)
from storage.models.requests import Answer, Pairing, RequestCandidate, RequestState, SupportRequest
from storage.repositories.people import _standing_for_somebody

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
SOON = NOW + timedelta(minutes=15)
TODAY = NOW.date()
MATRIX, TEAMS = "matrix:@bot:x", "teams:bot"


async def person(uow: UnitOfWork, platform: str, name: str) -> Person:
    found = await uow.people.know(platform, name, name.title())
    assert found.id is not None
    return found


async def two(uow: UnitOfWork) -> tuple[int, int]:
    """Somebody in Matrix who becomes one with somebody in Teams."""
    first, second = await person(uow, MATRIX, "jana"), await person(uow, TEAMS, "kuhn")
    return first.id or 0, second.id or 0


async def link_both(uow: UnitOfWork, first: int) -> None:
    await uow.people.link((TEAMS, "kuhn"), first)


def portrait(person_id: int, topic: str, **values: object) -> Portrait:
    return Portrait(person_id=person_id, topics=[topic], formats=[], **values)  # type: ignore[arg-type]


async def request(uow: UnitOfWork) -> int:
    row = SupportRequest(
        kind="workshop", platform=MATRIX, requester_person="x", requester_name="X", conversation_id="c", asked_on=TODAY
    )
    uow._session.add(row)
    await uow._session.flush()
    return row.id or 0


# becoming one


async def test_of_two_the_first_keeps_what_it_has_and_gets_what_it_had_not(database: Database) -> None:
    async with database.unit_of_work() as uow:
        first, second = await two(uow)
        one, other = await uow.people.get(first), await uow.people.get(second)
        assert one is not None
        assert other is not None
        one.department, other.department, other.role = "Kämmerei", "Sozialamt", "curator"
        await link_both(uow, first)
        await uow.commit()
    async with database.reading() as uow:
        found = await uow.people.find(TEAMS, "kuhn")
        assert found is not None
        assert (found.id, found.name, found.department, found.role) == (first, "Jana", "Kämmerei", "curator")
        assert await uow.people.get(second) is None
        assert [one.platform for one in await uow.people.accounts(first)] == [MATRIX, TEAMS]


@pytest.mark.parametrize(("one", "other"), [*product((True, False), repeat=2)])
async def test_whoever_does_not_want_to_be_named_on_one_account_is_not_named(
    database: Database, one: bool, other: bool
) -> None:
    async with database.unit_of_work() as uow:
        first, _ = await two(uow)
        (await person(uow, MATRIX, "jana")).is_named = one
        (await person(uow, TEAMS, "kuhn")).is_named = other
        await link_both(uow, first)
        assert (await person(uow, TEAMS, "kuhn")).is_named is (one and other)


@pytest.mark.parametrize("own", [None, "draft", "shown"])
@pytest.mark.parametrize("theirs", [None, "draft", "shown"])
async def test_the_portrait_that_may_be_seen_stays_else_the_first(
    database: Database, own: str | None, theirs: str | None
) -> None:
    async with database.unit_of_work() as uow:
        first, second = await two(uow)
        for person_id, state, topic in ((first, own, "own"), (second, theirs, "theirs")):
            if state:
                await uow.people.keep(portrait(person_id, topic, consented_on=TODAY if state == "shown" else None))
        await link_both(uow, first)
        await uow.commit()
    is_theirs = theirs is not None and (own is None or (own == "draft" and theirs == "shown"))
    expected = ["theirs"] if is_theirs else ["own"] if own else None
    async with database.reading() as uow:
        found = await uow.people.portrait(first)
        assert (found.topics if found else None) == expected
        assert await uow.people.portrait(second) is None


async def test_deputies_follow_and_nobody_stands_in_for_themselves(database: Database) -> None:
    async with database.unit_of_work() as uow:
        first, second = await two(uow)
        third = (await person(uow, MATRIX, "third")).id or 0
        await uow.people.keep(portrait(first, "own", deputy_person_id=second, consented_on=TODAY))
        await uow.people.keep(portrait(second, "theirs", deputy_person_id=first))
        await uow.people.keep(portrait(third, "third", deputy_person_id=second))
        await link_both(uow, first)
        await uow.commit()
    async with database.reading() as uow:
        own, others = await uow.people.portrait(first), await uow.people.portrait(third)
        assert own is not None
        assert others is not None
        assert (own.deputy_person_id, others.deputy_person_id) == (None, first)


async def test_a_deputy_of_the_second_who_becomes_the_first_is_none(database: Database) -> None:
    async with database.unit_of_work() as uow:
        first, second = await two(uow)
        await uow.people.keep(portrait(second, "theirs", deputy_person_id=first))
        await link_both(uow, first)
        found = await uow.people.portrait(first)
        assert found is not None
        await uow._session.refresh(found)
        assert found.deputy_person_id is None


async def test_wordings_and_what_was_taken_up_come_together_each_once(database: Database) -> None:
    async with database.unit_of_work() as uow:
        first, second = await two(uow)
        for person_id, texts in ((first, ["a", "b"]), (second, ["b", "c"])):
            for said in texts:
                await uow.people.learn(person_id, said, fits=person_id == first)
                await uow.people.take_slot(person_id, said, TODAY)
        await link_both(uow, first)
        await uow.commit()
    async with database.reading() as uow:
        [(whose, wordings)] = (await uow.people.wordings()).items()
        assert whose == first
        assert sorted((one.text, one.fits) for one in wordings) == [("a", True), ("b", True), ("c", False)]
        assert await uow.people.slots(TODAY) == [first] * 3


@pytest.mark.parametrize(("own", "theirs"), [*product(Answer, repeat=2)])
async def test_of_two_answers_to_one_request_the_weightier_one_stays(
    database: Database, own: Answer, theirs: Answer
) -> None:
    weight = [Answer.ASKED, Answer.NOT_NOW, Answer.UNSUITABLE, Answer.ACCEPTED]
    async with database.unit_of_work() as uow:
        first, second = await two(uow)
        shared, only_theirs = await request(uow), await request(uow)
        uow._session.add(RequestCandidate(request_id=shared, person_id=first, answer=own))
        uow._session.add(RequestCandidate(request_id=shared, person_id=second, answer=theirs))
        uow._session.add(RequestCandidate(request_id=only_theirs, person_id=second, answer=theirs))
        await uow._session.flush()
        await link_both(uow, first)
        await uow.commit()
    async with database.reading() as uow:
        rows = (await uow._session.scalars(select(RequestCandidate).order_by(col(RequestCandidate.request_id)))).all()
        assert [(row.request_id, row.person_id, row.answer) for row in rows] == [
            (shared, first, max(own, theirs, key=weight.index)),
            (only_theirs, first, theirs),
        ]


async def test_who_took_both_places_of_a_request_leaves_one_to_somebody_else(database: Database) -> None:
    async with database.unit_of_work() as uow:
        first, second = await two(uow)
        number = await request(uow)
        row = await uow.requests.get(number)
        assert row is not None
        row.places = 2
        assert await uow.requests.take(number, first)
        assert await uow.requests.take(number, second)
        await link_both(uow, first)
        await uow.commit()
    async with database.reading() as uow:
        row = await uow.requests.get(number)
        assert row is not None
        assert (row.places, row.state) == (1, RequestState.OPEN)


async def test_tandems_come_together_and_nobody_was_one_with_themselves(database: Database) -> None:
    later = TODAY + timedelta(days=30)
    async with database.unit_of_work() as uow:
        other, third = await person(uow, MATRIX, "aylin"), await person(uow, MATRIX, "tom")
        first, second = await two(uow)
        a, t = other.id or 0, third.id or 0
        for one, two_, day in ((a, first, TODAY), (a, second, later), (first, second, TODAY), (t, second, TODAY)):
            uow._session.add(Pairing(person_id=one, other_person_id=two_, delete_on=day))
        await uow._session.flush()
        await link_both(uow, first)
        await uow.commit()
    async with database.reading() as uow:
        rows = (await uow._session.scalars(select(Pairing).order_by(col(Pairing.person_id)))).all()
        assert [(row.person_id, row.other_person_id, row.delete_on) for row in rows] == [
            (a, first, later),
            (t, first, TODAY),
        ]


async def test_invitations_of_the_second_stay_and_its_codes_for_links_go(database: Database) -> None:
    async with database.unit_of_work() as uow:
        first, second = await two(uow)
        for name, purpose in (("invitation", Purpose.SUPPORTER), ("link", Purpose.LINK)):
            await uow.people.add_code(OneTimeCode(digest=name, purpose=purpose, person_id=second, expires_at=SOON))
        await link_both(uow, first)
        await uow.commit()
    async with database.reading() as uow:
        assert [(code.digest, code.person_id) for code in await uow.people.codes_of(first)] == [("invitation", first)]


async def test_linking_what_is_linked_changes_nothing(database: Database) -> None:
    async with database.unit_of_work() as uow:
        first, _ = await two(uow)
        await link_both(uow, first)
        await link_both(uow, first)
        assert len(await uow.people.accounts(first)) == 2


def test_every_column_that_stands_for_somebody_is_thought_of_when_two_become_one() -> None:
    columns = {f"{column.table.name}.{column.name}" for column in _standing_for_somebody()}
    assert columns == {
        "agenda_item.owner_person_id",
        "attendance.person_id",
        "ballot.person_id",
        "calendar_feed.person_id",
        "case_veto.person_id",
        "companions.person_id",
        "companions.other_person_id",
        "consultation_case.person_id",
        "consultation_follow_up.person_id",
        "date_answer.person_id",
        "group_member.person_id",
        "group_place.person_id",
        "meeting_duty.person_id",
        "one_time_code.person_id",
        "pairing.person_id",
        "pairing.other_person_id",
        "participation.person_id",
        "partners.person_id",
        "partners.other_person_id",
        "phase_voice.person_id",
        "portrait.person_id",
        "portrait.deputy_person_id",
        "portrait_wording.person_id",
        "request_candidate.person_id",
        "rota_place.person_id",
        "taken_slot.person_id",
        "task.owner_person_id",
    }, "have PeopleRepository._merge take care of the new one, then add it here"


@given(data=st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_however_much_both_have_nothing_stands_for_who_is_gone(sqlite: Database, data: st.DataObject) -> None:
    async with sqlite.unit_of_work() as uow:  # never committed: each example finds an empty store
        ids = [(await person(uow, MATRIX, name)).id or 0 for name in ("a", "b", "c")]
        ids.append((await person(uow, TEAMS, "kuhn")).id or 0)
        some = st.sampled_from(ids)
        for person_id in data.draw(st.sets(some)):
            deputy = data.draw(st.none() | some)
            shown = data.draw(st.none() | st.just(TODAY))
            await uow.people.keep(portrait(person_id, "t", deputy_person_id=deputy, consented_on=shown))
        requests = [await request(uow), await request(uow)]
        answered = data.draw(st.sets(st.tuples(st.sampled_from(requests), some)))
        paired = data.draw(st.sets(st.tuples(some, some)))
        uow._session.add_all(RequestCandidate(request_id=number, person_id=one) for number, one in answered)
        uow._session.add_all(Pairing(person_id=one, other_person_id=two, delete_on=TODAY) for one, two in paired)
        await uow._session.flush()
        await link_both(uow, ids[0])
        uow._session.expire_all()
        for column in _standing_for_somebody():
            assert ids[3] not in (await uow._session.scalars(select(column))).all()
        rows = (await uow._session.scalars(select(RequestCandidate))).all()
        merged = {(number, ids[0] if one == ids[3] else one) for number, one in answered}
        assert {(row.request_id, row.person_id) for row in rows} == merged
        portraits = (await uow._session.scalars(select(Portrait))).all()
        assert all(one.deputy_person_id != one.person_id for one in portraits)


# at once


async def at_once(database: Database, *jobs: Callable[[UnitOfWork], Awaitable[bool]]) -> list[bool]:
    """Each in a transaction of its own, all at the same time."""

    async def run(job: Callable[[UnitOfWork], Awaitable[bool]]) -> bool:
        async with database.unit_of_work() as uow:
            result = await job(uow)
            await asyncio.sleep(0)
            await uow.commit()
            return result

    return await asyncio.gather(*map(run, jobs))


async def waiting_code(database: Database, purpose: Purpose = Purpose.LINK) -> str:
    code = digest(new_code())
    async with database.unit_of_work() as uow:
        issuer = await person(uow, MATRIX, "jana")
        await uow.people.add_code(OneTimeCode(digest=code, purpose=purpose, person_id=issuer.id or 0, expires_at=SOON))
        await uow.commit()
    return code


def claim(code: str, name: str) -> Callable[[UnitOfWork], Awaitable[bool]]:
    return lambda uow: uow.people.claim_code(code, (TEAMS, name), f"chat of {name}", SOON)


async def test_of_many_who_say_the_same_code_at_once_one_is_taken(database: Database) -> None:
    code = await waiting_code(database)
    names = [f"p{number}" for number in range(8)]
    said = await at_once(database, *(claim(code, name) for name in names))
    assert sum(said) == 1
    async with database.reading() as uow:
        found = await uow.people.code(code, NOW)
        assert found is not None
        assert found.person == names[said.index(True)]


async def test_the_second_who_says_a_code_waits_for_the_first(database: Database) -> None:
    code = await waiting_code(database)
    async with database.unit_of_work() as uow:
        assert await claim(code, "first")(uow)
        second = asyncio.create_task(at_once(database, claim(code, "second")))
        done, _ = await asyncio.wait({second}, timeout=0.3)
        assert not done, "it waits for the first one"
        await uow.commit()
    assert await second == [False]


async def test_a_code_that_the_first_one_let_go_is_free_for_the_second(database: Database) -> None:
    code = await waiting_code(database)
    async with database.unit_of_work() as uow:
        assert await claim(code, "first")(uow)
        second = asyncio.create_task(at_once(database, claim(code, "second")))
        await asyncio.wait({second}, timeout=0.3)  # and the first one is not committed
    assert await second == [True]


async def test_a_code_is_used_up_once(database: Database) -> None:
    code = await waiting_code(database)
    used = await at_once(database, *[lambda uow: uow.people.use_code(code)] * 6)
    assert sum(used) == 1


async def test_of_two_who_accept_one_invitation_at_once_one_gets_the_role(database: Database) -> None:
    code = await waiting_code(database, Purpose.SUPPORTER)

    def accept(name: str) -> Callable[[UnitOfWork], Awaitable[bool]]:
        async def say_yes(uow: UnitOfWork) -> bool:
            async def role_of(_platform: str, _person: str) -> Role:
                return Role.COORDINATOR

            somebody = Somebody(uow, Role.STAFF_MEMBER, name=name)
            choice = Choice("ja", "ja", {"do": "accept", "digest": code})
            turn = replace(somebody.turn(""), choice=choice, role_of=role_of)
            [reply] = await invitations.accept(turn, somebody.services)
            return "Du bist jetzt" in getattr(reply, "text", "")

        return say_yes

    accepted = await at_once(database, *(accept(f"p{number}") for number in range(5)))
    assert sum(accepted) == 1
    async with database.reading() as uow:
        assert len(await uow.people.with_roles(["supporter"])) == 1


async def test_an_invitation_that_is_withdrawn_meanwhile_gives_no_role(database: Database) -> None:
    code = await waiting_code(database, Purpose.SUPPORTER)
    async with database.unit_of_work() as uow:

        async def role_of(_platform: str, _person: str) -> Role:
            if uow.people._session.bind.dialect.name == "postgresql":  # type: ignore[union-attr]
                async with database.unit_of_work() as other:
                    await other.people.use_code(code)
                    await other.commit()
            else:  # on SQLite nobody else writes meanwhile
                await uow.people.use_code(code)
            return Role.COORDINATOR

        somebody = Somebody(uow, Role.STAFF_MEMBER)
        choice = Choice("ja", "ja", {"do": "accept", "digest": code})
        turn = replace(somebody.turn(""), choice=choice, role_of=role_of)
        [reply] = await invitations.accept(turn, somebody.services)
        assert "Diese Einladung gilt nicht mehr." in getattr(reply, "text", "")
        assert not await uow.people.with_roles(["supporter"])


async def test_what_is_changed_at_once_in_two_chats_is_all_kept(database: Database) -> None:
    async with database.unit_of_work() as uow:
        jana, _ = await two(uow)
        await link_both(uow, jana)
        await uow.people.keep(Portrait(person_id=jana, topics=[], formats=[], consented_on=TODAY))
        await uow.commit()

    def add(platform: str, name: str, topic: str) -> Callable[[UnitOfWork], Awaitable[bool]]:
        async def say(uow: UnitOfWork) -> bool:
            somebody = Somebody(uow, Role.SUPPORTER, name=name)
            turn = somebody.turn("")
            place = replace(turn.message.conversation, platform=platform)
            turn = replace(turn, message=replace(turn.message, conversation=place))
            await portrait_changes.carry_out(turn, somebody.services, Change(topics_added=(topic,)))
            return True

        return say

    await at_once(database, add(MATRIX, "jana", "Kanban"), add(TEAMS, "kuhn", "E-Akte"))
    async with database.reading() as uow:
        portrait = await uow.people.portrait(jana)
    assert portrait is not None
    assert set(portrait.topics) == {"Kanban", "E-Akte"}


async def test_two_first_messages_of_one_account_make_one_person(database: Database) -> None:
    async def know(uow: UnitOfWork) -> bool:
        return (await uow.people.know(MATRIX, "new", "New")).id is not None

    assert all(await at_once(database, *[know] * 6))
    async with database.reading() as uow:
        assert len(await uow.people.everybody()) == 1


async def test_a_number_never_becomes_another_ones(database: Database) -> None:
    async with database.unit_of_work() as uow:
        gone = await person(uow, MATRIX, "jana")
        await uow.people.forget_person(gone.id or 0)
        assert (await person(uow, MATRIX, "kim")).id != gone.id


# names and forgetting


@pytest.mark.parametrize("said", ["Özlem Groß", "özlem groß", "ÖZLEM GROSS", " Özlem   Groß "])
async def test_people_are_found_by_name_in_whatever_case(database: Database, said: str) -> None:
    async with database.unit_of_work() as uow:
        await uow.people.know(MATRIX, "a", "Özlem Groß")
        await uow.people.know(TEAMS, "b", "Özlem Groß")
        await uow.people.know(TEAMS, "c", "Özlem Klein")
        assert len(await uow.people.named(said)) == 2


async def test_everybody_is_given_with_their_accounts(database: Database) -> None:
    async with database.unit_of_work() as uow:
        first, _ = await two(uow)
        third = await person(uow, MATRIX, "third")
        await link_both(uow, first)
        found = {who.id: [one.platform for one in accounts] for who, accounts in await uow.people.everybody()}
        assert found == {first: [MATRIX, TEAMS], third.id: [MATRIX]}


async def test_a_name_is_forgotten_when_nothing_else_is_remembered(database: Database) -> None:
    async with database.unit_of_work() as uow:
        kept = {name: (await person(uow, MATRIX, name)) for name in "abcdefghij"}
        kept["a"].role = "supporter"
        kept["b"].department = "Sozialamt"
        kept["c"].is_named = False
        ids = {name: one.id or 0 for name, one in kept.items()}
        await uow.people.keep(portrait(ids["d"], "t", deputy_person_id=ids["e"]))
        uow._session.add(PortraitWording(person_id=ids["f"], text="x", fits=False))
        uow._session.add(TakenSlot(person_id=ids["g"], taken="question 1", week=date(2026, 11, 16)))
        uow._session.add(OneTimeCode(digest="x", purpose=Purpose.LINK, person_id=ids["h"], expires_at=SOON))
        await uow.people.link((TEAMS, "i"), ids["i"])
        await uow.addresses.know(MATRIX, "chat", "j")
        await uow.addresses.know(TEAMS, "chat of somebody else", "idle")
        await person(uow, MATRIX, "idle")
        await uow.people.forget(NOW, date(2026, 11, 16), TODAY)
        await uow.commit()
    async with database.reading() as uow:
        assert {who.name.lower() for who, _ in await uow.people.everybody()} == set("abcdefghij")
        assert len((await uow._session.scalars(select(Account))).all()) == 11


# becoming one at the jour fixe


async def meeting(uow: UnitOfWork) -> tuple[int, int]:
    """A series with one meeting."""
    series = JourFixe(
        title="Jour fixe", frequency=Frequency.WEEKLY, interval=4, weekday=3, first_on=TODAY, begins=time(9),
        minutes=90, zone="Europe/Berlin", template=[], calendar_id="c",
    )  # fmt: skip
    number = await uow.jour_fixe.add(series)
    date_of_it = Meeting(jour_fixe_id=number, planned_on=TODAY, day=TODAY, begins=time(9), minutes=90)
    return number, await uow.jour_fixe.add_meeting(date_of_it)


async def test_what_two_accounts_said_at_the_jour_fixe_is_one_person_s_and_the_first_s_holds(
    database: Database,
) -> None:
    async with database.unit_of_work() as uow:
        first, second = await two(uow)
        third = (await person(uow, MATRIX, "ben")).id or 0
        number, date_of_it = await meeting(uow)
        (await uow.attendance.of(date_of_it, first)).coming = Coming.YES
        (await uow.attendance.of(date_of_it, second)).coming = Coming.NO
        await uow.attendance.set_queue(number, Duty.MODERATOR, [second, third, first])
        await uow.attendance.set_queue(number, Duty.TIMEKEEPER, [second, third])
        await uow.attendance.give(date_of_it, Duty.MODERATOR, second)
        await uow.attendance.sit_together(number, [(first, second), (second, third)], TODAY)
        await uow.jour_fixe.set_feed(first, "of the first")
        await uow.jour_fixe.set_feed(second, "of the second")
        item = await uow.agenda.add("Altakten", TODAY, owner_person_id=second)
        assert item.id is not None
        for voter in (first, second):
            await uow.agenda.vote(item.id, voter, Poll.PRIORITY)
        task = await uow.minutes.add_task(Task(text="Anleitung", owner_person_id=second, is_confirmed=True))
        await link_both(uow, first)
        await uow.commit()
    async with database.unit_of_work() as uow:
        assert [(one.person_id, one.coming) for one in await uow.attendance.all(date_of_it)] == [(first, Coming.YES)]
        assert await uow.attendance.queue(number, Duty.MODERATOR) == [third, first]
        assert await uow.attendance.queue(number, Duty.TIMEKEEPER) == [first, third]
        assert await uow.attendance.duties(date_of_it) == {Duty.MODERATOR: first}
        assert await uow.attendance.companions(number) == {(first, third): TODAY}
        assert await uow.jour_fixe.feed_owner("of the first") == first
        assert await uow.jour_fixe.feed_owner("of the second") is None
        assert await uow.agenda.points([item.id], Poll.PRIORITY) == {item.id: 1}
        assert [one.owner_person_id for one in await uow.agenda.waiting()] == [first]
        assert [one.id for one in await uow.minutes.tasks_of(first)] == [task]


async def test_two_accounts_in_one_consultation_are_one_person_s_and_the_first_s_place_holds(
    database: Database,
) -> None:
    async with database.unit_of_work() as uow:
        first, second = await two(uow)
        third = (await person(uow, MATRIX, "ben")).id or 0
        number = await uow.rounds.add(ConsultationRound(starts_on=TODAY, ends_on=TODAY, closes_at=SOON))
        for person_id, can_moderate in ((first, True), (second, False)):
            joined = Participation(round_id=number, person_id=person_id, can_moderate=can_moderate)
            await uow.rounds.join(joined)
        case = await uow.rounds.add_case(
            ConsultationCase(person_id=second, title="Neues Team", waiting_since=TODAY), [third]
        )
        members = [GroupMember(group_id=0, person_id=one, place=place) for place, one in enumerate((first, second))]
        group = await uow.consultations.add(ConsultationGroup(plan={}), members)
        for person_id in (first, second):
            await uow.consultations.raise_voice(group, person_id, "said")
            await uow.consultations.answer_dates(group, person_id, [1])
        await uow.rounds.were_together([first, second], TODAY)
        await uow.rounds.were_together([first, third], TODAY - timedelta(days=90))
        await uow.rounds.were_together([second, third], TODAY)
        await uow.rounds.ask_later(second, TODAY)
        await link_both(uow, first)
        await uow.commit()
    async with database.unit_of_work() as uow:
        assert [(one.person_id, one.can_moderate) for one in await uow.rounds.participants(number)] == [(first, True)]
        assert [one.id for one in await uow.rounds.cases_of(first)] == [case]
        assert await uow.rounds.vetoes(case) == {third}
        assert [(one.person_id, one.place) for one in await uow.consultations.members(group)] == [(first, 0)]
        assert await uow.consultations.voices(group, "said") == {first}
        assert await uow.consultations.date_answers(group) == {first: frozenset({1})}
        assert await uow.rounds.partners() == {frozenset({first, third}): TODAY}
        assert await uow.rounds.take_follow_ups(TODAY) == [first]
