"""A group gathers: its room opens, members come in, promise, and it begins; strangers, late comers, people who go."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import DeliveryError
from bot.messages import Conversation, Kind, Order, Outgoing, Unasked
from bot.turn import Night, Services
from conftest import MovedClock
from gatherings import Gathering, town
from handlers.peer_consultation import date_notices, gathering
from storage.models.addresses import ConversationAddress
from storage.models.peer_consultation import CaseState, ConsultationGroup, GroupMember, GroupState, Part
from storage.models.rooms import Room
from traffic import LOTSEN, TEAMS, Traffic

CHAT = Conversation(TEAMS, "19:chat@thread.v2")
BEGIN = datetime(2026, 12, 7, 8, tzinfo=UTC)  # 9:00 in Berlin
QUARTER_BEFORE = datetime(2026, 12, 7, 7, 45, tzinfo=UTC)
FRIDAY = datetime(2026, 12, 4, 8, tzinfo=UTC)
EVERYBODY = ("aylin", "ruth", "tom", "ben", "mehmet")


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with town(migrated, tmp_path, clock) as found:
        yield found


@pytest.fixture
def group(traffic: Traffic) -> Gathering:
    return Gathering(traffic)


def no_rooms_in_teams(group: Gathering) -> None:
    """Teams opens none."""
    send = group.traffic.teams.send

    async def refuse(outgoing: Outgoing) -> str:
        if outgoing.room is not None and outgoing.room.order is Order.OPEN:
            raise DeliveryError("no rooms", is_final=True)
        return await send(outgoing)

    group.traffic.teams.send = refuse  # type: ignore[method-assign]


async def in_teams(group: Gathering, at: datetime = FRIDAY) -> Gathering:
    """A group that uses Teams alone has its date, and it is that time."""
    no_rooms_in_teams(group)
    await group.planned(in_teams=EVERYBODY)
    await group.at(at)
    return group


async def promise_all(group: Gathering, *but: str) -> None:
    for person in group.people:
        if person not in but:
            await group.says(person, "vertraulich")


# the room


async def test_whoever_came_between_the_order_and_the_room_is_invited_when_it_is_there(group: Gathering) -> None:
    await group.planned()
    group.traffic.clock.move(FRIDAY - group.traffic.clock.now())

    async def order(night: Night, services: Services) -> Sequence[Unasked]:
        held = await night.uow.consultations.hold(group.number)
        assert held is not None
        await gathering.prepare(night, services, held)  # nothing is delivered yet
        svenja = await night.uow.people.know("matrix:bot", "svenja", "Svenja Koch")
        await night.uow.consultations.add_member(GroupMember(group_id=group.number, person_id=svenja.id or 0, place=5))
        return []

    async def open_room(night: Night, services: Services) -> Sequence[Unasked]:
        key = (await night.uow.consultations.get(group.number) or ConsultationGroup(plan={})).room_key or ""
        return await gathering.opened(night, services, key, group.room)

    await group.traffic.met("svenja", "Svenja Koch")
    for errand in (order, open_room):
        await group.traffic.errands._do(errand)
    await group.traffic.idle()
    assert [one.people for one in group.orders(Order.INVITE)] == [("svenja",)]


async def test_those_who_promised_begin_by_the_form_for_their_number(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group, "tom")
    await group.at(BEGIN)
    await group.says("ruth", "start")
    assert (await group.group()).state == GroupState.RUNNING
    assert (await group.circle()).plan.id == "short_form"


async def test_the_choice_to_step_back_is_gone_once_it_has_begun(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group)
    await group.at(BEGIN)
    assert (await group.group()).state == GroupState.RUNNING
    async with group.traffic.database.reading() as uow:
        offers = await uow.questions.offers_to("matrix:bot", group.tom.chat.id, "tom")
    assert date_notices.COMING not in [one.topic for one in offers]


async def test_the_room_is_opened_on_the_working_day_before_for_the_members_alone(group: Gathering) -> None:
    await group.planned(in_teams=("mehmet",))
    await group.at(datetime(2026, 12, 4, 7, 59, tzinfo=UTC))
    assert group.orders(Order.OPEN) == []
    await group.at(FRIDAY)
    await group.minute()
    [order] = group.orders(Order.OPEN)
    assert (order.name, set(order.people or ())) == (f"Beratung {group.number}", {"aylin", "ruth", "tom", "ben"})
    assert (await group.group()).state == GroupState.GATHERING


async def test_whoever_comes_in_reads_what_is_promised_and_who_is_here(group: Gathering) -> None:
    await group.gathered("aylin", "ruth")
    [text] = group.in_room
    for words in ("Aylin Kaya", "keine Klarnamen", "keine Supervision", "Pflichten zu handeln", "Es fehlen noch 5 Zus"):
        assert words in text


async def test_what_is_promised_is_said_again_below_when_somebody_else_came_in(group: Gathering) -> None:
    await group.gathered("aylin")
    before = len(group.traffic.sent)
    await group.enters("tom")
    await group.minute()
    said = [one for one in group.traffic.sent[before:] if one.conversation == group.room]
    assert len([one for one in said if one.deletes]) == len([one for one in said if one.text]) == 1
    assert len(group.in_room) == 1


async def test_a_stranger_is_sent_out_and_hears_why_alone(group: Gathering) -> None:
    await group.gathered()
    svenja = await group.traffic.met("svenja", "Svenja Koch")
    await group.enters("svenja", who=svenja)
    assert [one.people for one in group.orders(Order.REMOVE)] == [("svenja",)]
    assert "nur die, die an der Beratung teilnehmen" in " ".join(svenja.sees())


# promising


async def test_it_begins_at_its_time_when_all_have_promised(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group)
    assert (await group.group()).state == GroupState.GATHERING
    assert "Alle haben zugesagt. Um 9:00 Uhr geht es los." in group.in_room[0]
    await group.at(BEGIN)
    assert (await group.group()).state == GroupState.RUNNING


async def test_the_last_promise_after_its_time_begins_it_at_once(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group, "tom")
    await group.at(BEGIN)
    assert (await group.group()).state == GroupState.GATHERING
    await group.says("tom", "vertraulich")
    assert (await group.group()).state == GroupState.RUNNING


async def test_the_post_says_how_many_are_missing_and_blames_nobody(group: Gathering) -> None:
    await group.gathered()
    await group.says("aylin", "vertraulich")
    [text] = group.in_room
    assert "Es fehlen noch 4 Zusagen." in text
    await promise_all(group, "aylin", "tom")
    [text] = group.in_room
    assert "Es fehlt noch eine Zusage." in text
    assert text.count("Tom Berger") == 1


async def test_before_it_begins_nobody_is_told_to_wait_for_promises_that_are_there(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group)
    await group.says("ruth", "los")
    assert "Alle haben zugesagt. Es geht los am" in " ".join(group.ruth.sees())


async def test_after_its_time_it_says_who_is_missing_and_how_to_begin_without_them(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group, "mehmet")
    await group.at(BEGIN)
    await group.says("ruth", "weiter")
    assert "Es fehlt noch: Mehmet Demir. „start“ beginnt ohne sie" in " ".join(group.in_room)


@pytest.mark.parametrize("words", ["ja, ich verspreche es", "ok, versprochen", "ich verspreche es"])
async def test_a_promise_is_one_in_a_sentence_too(group: Gathering, words: str) -> None:
    await group.gathered()
    await group.says("tom", words)
    assert (await group.member("tom")).has_promised


async def test_the_text_of_a_case_has_to_wait_until_all_have_promised(group: Gathering) -> None:
    await group.gathered()
    await group.says("aylin", "also bei uns im amt ist folgendes passiert")
    assert "Bitte noch warten" in " ".join(group.aylin.sees())
    assert (await group.group()).state == GroupState.GATHERING


async def test_start_goes_on_with_those_who_promised_and_the_others_may_come_back(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group, "tom", "ben")
    await group.at(BEGIN)
    assert "„start“ beginnt ohne sie." in group.in_room[0]
    await group.says("ruth", "start")
    assert (await group.group()).state == GroupState.RUNNING
    assert sorted(member.name.split()[0] for member in (await group.circle()).members) == ["Aylin", "Mehmet", "Ruth"]
    assert {one.people for one in group.orders(Order.REMOVE)} == {("tom",), ("ben",)}
    assert "hat ohne dich begonnen" in " ".join(group.tom.sees())


async def test_start_needs_three_and_the_case_giver_and_the_time(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group, "aylin", "tom", "ben")
    [said] = [one.text for one in await group.says("ruth", "start") if one.text]
    assert "um 9:00 Uhr los" in said
    await group.at(BEGIN)
    [said] = [one.text for one in await group.says("ruth", "start") if one.text]
    assert "noch zu wenige" in said
    await group.says("tom", "vertraulich")
    [said] = [one.text for one in await group.says("ruth", "start") if one.text]
    assert "Die Person mit dem Fall fehlt noch" in said
    assert (await group.group()).state == GroupState.GATHERING


def offered(group: Gathering) -> list[str]:
    """The words that can be chosen below what is said of the promises."""
    said = [one for one in group.traffic.matrix.shown.values() if one.conversation == group.room and one.choices]
    return [choice.word for choice in said[-1].choices]


async def test_before_its_time_nobody_is_offered_to_start(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group, "tom")
    assert offered(group) == ["vertraulich"]


@pytest.mark.parametrize("promised", [(), ("aylin", "ruth")])
async def test_with_too_few_the_start_is_not_offered_and_what_happens_next_is_said(
    group: Gathering, promised: Sequence[str]
) -> None:
    await group.gathered()
    await promise_all(group, *(one for one in group.people if one not in promised))
    await group.at(BEGIN)
    [text] = group.in_room
    assert text.endswith(
        "Ab drei Zusagen kann es losgehen. Sind es um 9:30 Uhr weniger, findet die Beratung nicht statt."
    )
    assert "start“" not in text
    assert offered(group) == ["vertraulich"]


async def test_once_there_are_enough_the_start_is_offered_where_it_stood(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group, "tom", "ben", "mehmet")
    await group.at(BEGIN)
    await group.says("mehmet", "vertraulich")
    [text, warning] = group.in_room
    assert text.endswith("„start“ beginnt ohne sie. Sonst geht es um 9:30 Uhr los.")
    assert "Damit läuft es als" in warning
    assert offered(group) == ["vertraulich", "start"]
    await group.says("ruth", "2")
    assert (await group.group()).state == GroupState.RUNNING


async def test_without_the_case_giver_the_start_is_not_offered_and_at_its_end_that_is_why(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group, "aylin")
    await group.at(BEGIN)
    [text] = group.in_room
    assert text.endswith(
        "Noch fehlt die Person mit dem Fall. Fehlt sie um 9:30 Uhr noch, findet die Beratung nicht statt."
    )
    assert offered(group) == ["vertraulich"]
    await group.traffic.passes(minutes=30)
    assert "Ohne die Person mit dem Fall geht es nicht." in " ".join(group.tom.sees())


async def test_in_writing_it_is_said_that_it_waits_until_the_next_working_day(group: Gathering) -> None:
    await group.form(format="written")
    await group.at(BEGIN)
    for person in group.people:
        await group.enters(person)
    await group.minute()
    await promise_all(group, "tom")
    assert group.in_room[0].endswith("Sonst geht es am nächsten Arbeitstag um 9:00 Uhr los.")


async def test_after_half_an_hour_it_begins_with_those_who_promised(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group, "tom")
    await group.at(BEGIN)
    await group.traffic.passes(minutes=29)
    assert (await group.group()).state == GroupState.GATHERING
    await group.minute()
    assert (await group.group()).state == GroupState.RUNNING


async def test_nobody_within_half_an_hour_calls_it_off_kindly_and_the_case_waits_again(group: Gathering) -> None:
    await group.gathered("aylin")
    await group.at(BEGIN)
    await group.traffic.passes(minutes=30)
    assert (await group.group()).state == GroupState.CANCELLED
    assert await group.case_state() == CaseState.WAITING
    assert "es waren zu wenige da" in " ".join(group.tom.sees()).casefold()
    assert len(group.orders(Order.CLOSE)) == 1
    assert group.in_room == []
    assert await group.traffic.rows("group_place", "room") == {"group_place": 0, "room": 0}


async def test_of_a_case_nothing_is_said_where_there_was_none(group: Gathering) -> None:
    await group.gathered("aylin")
    async with group.traffic.database.unit_of_work() as uow:
        found = await uow.consultations.hold(group.number)
        assert found is not None
        found.case_id = None
        await uow.commit()
    await group.at(BEGIN)
    await group.traffic.passes(minutes=30)
    assert "zu wenige da." in " ".join(group.tom.sees())
    assert "Der Fall wartet" not in " ".join(group.tom.sees())


async def test_in_writing_the_others_have_until_the_next_working_day(group: Gathering) -> None:
    await group.form(format="written")
    await group.at(BEGIN)
    for person in group.people:
        await group.enters(person)
    await group.minute()
    await promise_all(group, "tom")
    await group.traffic.passes(hours=23)
    assert (await group.group()).state == GroupState.GATHERING
    await group.traffic.passes(hours=1)
    assert (await group.group()).state == GroupState.RUNNING


# from one's own chat


async def test_whoever_is_on_another_platform_takes_part_from_their_own_chat_a_quarter_before(group: Gathering) -> None:
    await group.gathered(in_teams=("mehmet",))
    assert "geht alles, was du hier schreibst, an die Gruppe" not in " ".join(group.mehmet.sees())
    await group.at(QUARTER_BEFORE)
    await group.minute()
    seen = " ".join(group.mehmet.sees())
    assert "geht alles, was du hier schreibst, an die Gruppe" in seen
    assert "bewahrt Teams auf" in seen
    await group.mehmet.says("vertraulich")
    assert (await group.member("mehmet")).has_promised


async def test_raus_makes_ones_own_chat_ones_own_again(group: Gathering) -> None:
    await group.gathered(in_teams=("mehmet",))
    await promise_all(group, "mehmet")
    await group.at(QUARTER_BEFORE)
    await group.mehmet.says("vertraulich")
    await group.at(BEGIN)
    assert (await group.group()).state == GroupState.RUNNING
    await group.mehmet.says("raus")
    assert (await group.member("mehmet")).has_left
    assert await group.traffic.rows("group_place") == {"group_place": 1}


# Teams alone


async def test_in_teams_the_case_giver_is_asked_to_make_a_chat_that_the_group_is_bound_to(group: Gathering) -> None:
    await in_teams(group)
    assert any("Öffne bitte einen Gruppenchat mit" in text for text in group.aylin.sees())
    assert not any("Gruppenchat mit" in text for text in group.tom.sees())
    said = await group.tom.says(f"beratung {group.number}", CHAT)
    assert "schreibt „vertraulich“" in said[0]
    assert (await group.circle()).room == CHAT
    assert group.traffic.community.hears_all(CHAT)


async def test_only_a_member_binds_a_chat(group: Gathering) -> None:
    await in_teams(group)
    svenja = await group.traffic.met("svenja", "Svenja Koch", TEAMS)
    [said] = await svenja.says(f"beratung {group.number}", CHAT)
    assert "Eine solche Beratung mit dir gibt es nicht." in said
    assert (await group.circle()).room is None


async def test_no_room_of_the_supporters_and_no_channel_becomes_the_place_of_a_group(group: Gathering) -> None:
    await in_teams(group)
    async with group.traffic.database.unit_of_work() as uow:
        await uow.addresses.save(
            ConversationAddress(
                platform=TEAMS,
                conversation_id="19:channel",
                service_url="https://teams",
                tenant_id="t",
                bot_id="b",
                team_id="19:team",
            )
        )
        await uow.rooms.keep(Room(platform=TEAMS, conversation_id="19:set up", purpose="Kantine"))
        await uow.commit()
    for place in (Conversation(TEAMS, LOTSEN.id), Conversation(TEAMS, "19:channel"), Conversation(TEAMS, "19:set up")):
        [said] = await group.tom.says(f"beratung {group.number}", place)
        assert "nur in einem eigenen Gruppenchat" in said
    assert (await group.circle()).room is None


async def test_no_chat_is_bound_before_the_group_gathers_and_none_besides_its_room(group: Gathering) -> None:
    await in_teams(group, at=datetime(2026, 12, 3, 8, tzinfo=UTC))
    assert "beginnt noch nicht" in (await group.tom.says(f"beratung {group.number}", CHAT))[0]
    await group.at(FRIDAY)
    await group.tom.says(f"beratung {group.number}", CHAT)
    other = Conversation(TEAMS, "19:other@thread.v2")
    assert "hat schon einen Raum" in (await group.ben.says(f"beratung {group.number}", other))[0]


async def test_without_a_chat_all_take_part_from_their_own_ones_a_quarter_before(group: Gathering) -> None:
    await in_teams(group, at=QUARTER_BEFORE)
    await group.minute()
    await group.minute()
    assert len((await group.circle()).places) == 5
    for one in group.people.values():
        assert "geht alles, was du hier schreibst" in " ".join(one.sees())
        await one.says("vertraulich")
    await group.at(BEGIN)
    assert (await group.group()).state == GroupState.RUNNING


# coming late, and going


async def running(group: Gathering, *but: str) -> Gathering:
    """The group talks without these, who came to nothing."""
    await group.gathered()
    await promise_all(group, *but)
    await group.at(BEGIN)
    if but:
        await group.says("ruth", "start")
    async with group.traffic.database.unit_of_work() as uow:
        row = await uow.consultations.member(group.number, group.ids["aylin"])
        assert row is not None
        row.part = Part.CASE_GIVER
        await uow.commit()
    return group


async def test_whoever_comes_late_is_let_in_by_the_case_giver_and_promises_first(group: Gathering) -> None:
    await running(group, "tom")
    await group.enters("tom")
    assert "Darf Tom Berger noch dazukommen?" in " ".join(group.aylin.sees())
    assert "Bitte noch nichts schreiben" in " ".join(group.tom.sees())
    assert len((await group.circle()).members) == 4
    await group.aylin.says("ja")
    assert len((await group.circle()).members) == 4
    await group.tom.says("vertraulich")
    assert len((await group.circle()).members) == 5
    assert "Tom Berger ist jetzt dabei." in " ".join(group.in_room)


async def test_whoever_comes_while_the_case_giver_listens_may_write(group: Gathering) -> None:
    await running(group, "tom")
    async with group.traffic.database.unit_of_work() as uow:
        held = await uow.consultations.hold(group.number)
        assert held is not None
        held.phase = "advice"
        await uow.commit()
    await group.enters("tom")
    await group.aylin.says("ja")
    await group.tom.says("vertraulich")
    allowed = group.orders(Order.LET_SPEAK)[-1].people
    assert allowed
    assert "tom" in allowed
    assert "aylin" not in allowed
    assert (await group.member("tom")).part == Part.ADVISER


async def test_whoever_may_not_come_in_the_middle_leaves_kindly(group: Gathering) -> None:
    await running(group, "tom")
    await group.enters("tom")
    before = len(group.orders(Order.REMOVE))
    await group.aylin.says("nein")
    assert "Dazukommen geht gerade nicht mehr." in " ".join(group.tom.sees())
    assert len(group.orders(Order.REMOVE)) == before + 1


async def test_whoever_is_outside_asks_to_come_back_in_words(group: Gathering) -> None:
    await running(group, "tom")
    await group.tom.says("dazukommen")
    await group.aylin.says("ja")
    await group.tom.says("vertraulich")
    assert ("tom",) in [one.people for one in group.orders(Order.INVITE)]


async def test_whoever_leaves_in_the_middle_is_missed_and_the_group_goes_on(group: Gathering) -> None:
    await running(group)
    await group.leaves("tom")
    assert "Tom Berger ist nicht mehr dabei." in " ".join(group.in_room)
    assert (await group.group()).state == GroupState.RUNNING
    assert (await group.member("tom")).has_left


async def test_without_the_case_giver_the_round_ends_kindly(group: Gathering) -> None:
    await running(group)
    async with group.traffic.database.unit_of_work() as uow:
        found = await uow.consultations.hold(group.number)
        assert found is not None
        found.phase = "telling"
        await uow.commit()
    await group.leaves("aylin")
    assert (await group.group()).state == GroupState.CLOSING


async def test_two_who_are_left_may_end_it_or_talk_on(group: Gathering) -> None:
    await running(group)
    for person in ("tom", "ben", "mehmet"):
        await group.leaves(person)
    assert "Zu zweit geht es als Gespräch weiter." in " ".join(group.in_room)
    assert (await group.group()).state == GroupState.RUNNING


async def test_whoever_leaves_before_the_begin_may_come_back_and_promises_anew(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group)
    await group.leaves("tom")
    await group.at(BEGIN)
    assert (await group.group()).state == GroupState.GATHERING
    await group.enters("tom")
    await group.says("tom", "vertraulich")
    assert (await group.group()).state == GroupState.RUNNING


async def test_who_enters_twice_is_welcomed_once(group: Gathering) -> None:
    await group.gathered()
    assert await group.enters("tom") == []
    await group.enters("tom", Kind.ENTERED)
    assert len(group.in_room) == 1


async def test_a_bot_that_dies_while_a_group_gathers_goes_on(group: Gathering) -> None:
    await group.gathered()
    await promise_all(group, "tom")
    await group.traffic.stop()
    await group.traffic.start("matrix:bot", "teams:bot")
    await group.says("tom", "vertraulich")
    await group.at(BEGIN)
    assert (await group.group()).state == GroupState.RUNNING
    assert len(group.orders(Order.OPEN)) == 1


async def test_a_bot_that_slept_through_a_date_asks_for_another_one(group: Gathering) -> None:
    await group.planned()
    await group.traffic.stop()
    group.traffic.clock.time = datetime(2026, 12, 7, 9, tzinfo=UTC)
    await group.traffic.start("matrix:bot", "teams:bot")
    await group.minute()
    assert (await group.group()).state == GroupState.DATING
    assert any("Wann kannst du?" in text for text in group.tom.sees())
    assert group.orders(Order.OPEN) == []
