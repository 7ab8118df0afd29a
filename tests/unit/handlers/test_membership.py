"""Who belongs to the supporters: the list, leaving in one's own way, being removed, and wanting to become one."""

from datetime import UTC, date, datetime

import pytest

from bot.messages import Choice, Offer, Outgoing
from bot.offers import pending
from bot.settings import CommunitySettings
from handlers.membership import is_interest
from storage.database import Database
from storage.models.people import Portrait
from storage.models.requests import Answer, RequestState, SupportRequest
from storage.models.routing import Routing, RoutingState
from town import FLUR, LOTSEN, MATRIX, TEAMS, Resident, Town

TODAY = date(2026, 11, 20)


@pytest.fixture
def town(sqlite: Database) -> Town:
    return Town(sqlite)


@pytest.fixture
def may(town: Town) -> Resident:
    return town.resident("may", "Jutta May")


async def supporter(
    town: Town, person: str, name: str, department: str | None = None, platform: str = MATRIX, role: str = "supporter"
) -> Resident:
    """Somebody with a role given in chat, who has written to the bot."""
    resident = town.resident(person, name, platform)
    async with town.database.unit_of_work() as uow:
        row = await uow.people.know(platform, person, name)
        row.role, row.department = role, department
        await uow.addresses.know(platform, resident.chat.id, person)
        await uow.commit()
    return resident


async def pick(may: Resident, name: str) -> str:
    await may.says("lots:innen")
    return await may.says(str(1 + next(place for place, label in enumerate(may.choices) if label.startswith(name))))


async def remove(may: Resident, name: str) -> str:
    await pick(may, name)
    return await may.says("entfernen")


# the list


@pytest.mark.parametrize(
    "text", ["lots:innen", "Lots*innen", "Lots_innen", "LotsInnen", "Lots/-innen", "lotsen", "Lotsinnen und Lotsen"]
)
async def test_supporters_see_who_belongs_to_them_by_the_alphabet(town: Town, text: str) -> None:
    await supporter(town, "zoe", "Zoe Adam", "Kämmerei")
    ruth = await supporter(town, "ruth", "ruth Maier")
    await supporter(town, "aylin", "Aylin Kaya", "Stadtbücherei")
    listed = "Lots:innen, nach dem Alphabet:\n\n- Aylin Kaya, Stadtbücherei\n- ruth Maier\n- Zoe Adam, Kämmerei"
    assert await ruth.says(text) == listed
    assert await ruth.says(text, LOTSEN) == listed
    assert ruth.choices == []


async def test_staff_and_rooms_of_others_do_not_see_it(town: Town) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    assert "nur Lots:innen" in await town.resident("jana", "Jana").says("lots:innen")
    assert "nur Lots:innen" in await ruth.says("lots:innen", FLUR)


async def test_who_is_no_supporter_is_not_listed(town: Town) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    jana = town.resident("jana", "Jana Kuhn")
    await jana.says("fachbereich: Sozialamt")
    assert "Jana" not in await ruth.says("lots:innen")


async def test_whom_the_settings_name_is_listed_once_they_are_known_by_name(town: Town, may: Resident) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    await may.says("fachbereich: Personalamt")
    assert "- Jutta May, Personalamt" in await ruth.says("lots:innen")


async def test_two_of_one_name_are_told_apart_by_department_else_by_platform_else_by_id(town: Town) -> None:
    await supporter(town, "r1", "Ruth Maier", "Kämmerei")
    await supporter(town, "r2", "Ruth Maier", "Sozialamt")
    await supporter(town, "t1", "Tom Berger")
    await supporter(town, "t2", "Tom Berger", platform=TEAMS)
    await supporter(town, "u1", "Uwe")
    uwe = await supporter(town, "u2", "Uwe")
    listed = (await uwe.says("lots:innen")).splitlines()[2:]
    assert listed == [
        "- Ruth Maier, Kämmerei",
        "- Ruth Maier, Sozialamt",
        "- Tom Berger, Matrix",
        "- Tom Berger, Teams",
        "- Uwe, Matrix, u1",
        "- Uwe, Matrix, u2",
    ]


async def test_a_long_list_comes_page_by_page(town: Town, may: Resident) -> None:
    for number in range(10, 25):
        await supporter(town, f"p{number}", f"Person {number}")
    [ruth] = [one for one in town.residents if one.sender.id == "p10"]
    assert "Person 15" in await ruth.says("lots:innen")
    assert "Person 16" in await ruth.says("mehr")
    await may.says("lots:innen")
    await may.says("mehr")
    assert may.choices == [*(f"Person {number}" for number in range(15, 21)), "mehr"]


# being removed


async def test_a_removed_supporter_loses_all_that_comes_with_it_and_is_told_kindly(town: Town, may: Resident) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    tom = await supporter(town, "tom", "Tom Berger")
    async with town.database.unit_of_work() as uow:
        one = await uow.people.find(MATRIX, "ruth")
        other = await uow.people.find(MATRIX, "tom")
        assert one is not None
        assert other is not None
        for person_id, deputy in ((one.id or 0, None), (other.id or 0, one.id)):
            portrait = Portrait(person_id=person_id, topics=["Kanban"], formats=[], deputy_person_id=deputy)
            await uow.people.keep(portrait)
        await uow.people.learn(one.id or 0, "wie geht ein Board", fits=True)
        await uow.people.take_slot(one.id or 0, "question 1", TODAY)
        await uow.commit()
    answer = await remove(may, "Ruth Maier")
    assert answer == "Ruth Maier gehört nicht mehr zu den Lots:innen. Was offen war, geht an andere."
    assert await ruth.role() == "staff_member"
    [told] = ruth.heard
    assert told.startswith("Die Koordination hat deine Rolle als Lots:in beendet.")
    assert tom.heard == []
    async with town.database.reading() as uow:
        assert await uow.people.portrait(one.id or 0) is None
        assert await uow.people.slots(TODAY) == []
        assert await uow.people.wordings() == {}
        kept = await uow.people.portrait(other.id or 0)
        assert kept is not None
        assert kept.deputy_person_id is None


async def test_a_removed_supporter_is_not_written_to_first_any_more(town: Town, may: Resident) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    assert await ruth.is_written_to()
    await remove(may, "Ruth Maier")
    assert not await ruth.is_written_to()
    await ruth.says("fachbereich")
    assert not await ruth.is_written_to()


async def test_what_a_removed_supporter_has_taken_up_is_given_back(town: Town, may: Resident) -> None:
    await supporter(town, "ruth", "Ruth Maier")
    async with town.database.unit_of_work() as uow:
        taken = Routing(
            text="Wo steht der Scanner?", answer_key="k", state=RoutingState.TAKEN,
            taker_platform=MATRIX, taker_person="ruth", taker_name="Ruth Maier",
        )  # fmt: skip
        number = await uow.routing.open(taken)
        await uow.commit()
    await remove(may, "Ruth Maier")
    async with town.database.reading() as uow:
        found = await uow.routing.get(number)
        assert found is not None
        assert (found.state, found.taker_person, found.taker_name) == (RoutingState.RETURNED, None, None)


async def test_what_a_removed_supporter_agreed_to_is_sought_anew_and_who_asked_hears_of_it(
    town: Town, may: Resident
) -> None:
    await supporter(town, "ruth", "Ruth Maier")
    jana = town.resident("jana", "Jana Kuhn")
    async with town.database.unit_of_work() as uow:
        ruth = await uow.people.find(MATRIX, "ruth")
        assert ruth is not None
        numbers = []
        for _ in range(2):
            request = SupportRequest(
                kind="workshop", platform=MATRIX, requester_person="jana", requester_name="Jana Kuhn",
                conversation_id=jana.chat.id, asked_on=TODAY,
            )  # fmt: skip
            numbers.append(await uow.requests.open(request))
        assert await uow.requests.take(numbers[0], ruth.id or 0)
        await uow.requests.ask(numbers[1], ruth.id or 0, "k")
        await uow.commit()
    await remove(may, "Ruth Maier")
    assert "Ruth Maier hat Anfrage 1 zurückgegeben." in jana.heard
    assert "Für Anfrage 2 suche ich weiter." in jana.heard
    async with town.database.reading() as uow:
        for number in numbers:
            candidate = await uow.requests.candidate(number, ruth.id or 0)
            request_now = await uow.requests.get(number)
            assert candidate is not None
            assert request_now is not None
            assert (candidate.answer, request_now.state) == (Answer.NOT_NOW, RequestState.OPEN)


async def test_removing_is_asked_first_and_never_for_a_reason(town: Town, may: Resident) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    assert await pick(may, "Ruth Maier") == (
        "Ruth Maier aus dem Kreis der Lots:innen nehmen? Porträt und offene Zusagen enden damit."
    )
    assert await may.says("nein") == "Gut, es bleibt, wie es ist."
    assert await ruth.role() == "supporter"
    assert ruth.heard == []


async def test_somebody_is_removed_once(town: Town, may: Resident) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    await pick(may, "Ruth Maier")
    asked = may.standing[0]
    await may.says("entfernen")
    may.standing = [asked]
    assert await may.says("entfernen") == "Das ist schon erledigt."
    assert len(ruth.heard) == 1


async def test_whom_the_settings_name_cannot_be_removed_in_chat(sqlite: Database) -> None:
    settings = CommunitySettings(supporters=frozenset({"ruth", "tom"}), coordinators=frozenset({"may"}))
    town = Town(sqlite, settings)
    may = town.resident("may", "Jutta May")
    ruth = await supporter(town, "ruth", "Ruth Maier")
    where = "Ruth Maier steht in der Einstellungsdatei, im Abschnitt „community“. Nur dort endet die Rolle."
    assert await remove(may, "Ruth Maier") == where
    assert await ruth.role() == "supporter"
    assert ruth.heard == []
    async with sqlite.unit_of_work() as uow:
        found = await uow.people.find(MATRIX, "ruth")
        assert found is not None
        assert found.role == "supporter"
        found.role, found.department = None, "Kämmerei"
        await uow.commit()
    assert await pick(may, "Ruth Maier") == where


async def test_only_coordinators_can_pick_somebody_and_only_alone_with_the_bot(town: Town, may: Resident) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier", role="curator")
    await ruth.says("lots:innen")
    assert ruth.choices == []
    await may.says("lots:innen", LOTSEN)
    assert may.choices == []
    await may.says("lots:innen")
    ruth.standing = may.standing
    assert await ruth.says("1") == "Das kann nur die Koordination, und nur im Einzelchat mit mir."


async def test_the_last_coordinator_cannot_remove_themselves(sqlite: Database) -> None:
    town = Town(sqlite, CommunitySettings())
    first = await supporter(town, "may", "Jutta May", role="coordinator")
    refusal = "Sonst kenne ich niemanden, der koordiniert. Zuerst muss jemand in der Einstellungsdatei stehen."
    assert await remove(first, "Jutta May") == refusal
    await first.says("aufhören")
    assert await first.says("aussteigen") == refusal
    assert await first.role() == "coordinator"
    await supporter(town, "kim", "Kim Lang", role="coordinator")
    assert "Jutta May gehört nicht mehr" in await remove(first, "Jutta May")
    assert await first.role() == "staff_member"


async def test_nothing_of_the_portrait_is_left_in_choices(town: Town, may: Resident) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    undo = (Choice("rückgängig", "rückgängig", {"before": "Kanban"}),)
    async with town.database.unit_of_work() as uow:
        shown = Outgoing("m", ruth.chat, "…", undo)
        offer = pending(Offer("portrait_change", undo), shown, "ruth", town.now, has_buttons=False)
        await uow.questions.offer(offer)
        await uow.commit()
    await remove(may, "Ruth Maier")
    async with town.database.reading() as uow:
        assert not await uow.questions.offers_to(MATRIX, ruth.chat.id, "ruth")


# leaving


@pytest.mark.parametrize("text", ["aufhören", "Ich möchte aussteigen"])
async def test_who_leaves_chooses_how_and_is_not_asked_why(town: Town, text: str) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    answer = await ruth.says(text)
    assert answer == "Was möchtest du? Begründen musst du nichts."
    assert ruth.choices == ["weitermachen", "eine Pause machen", "aussteigen"]


async def test_the_coordinators_hear_one_neutral_sentence(town: Town, may: Resident) -> None:
    await may.says("fachbereich")
    ruth = await supporter(town, "ruth", "Ruth Maier")
    tom = await supporter(town, "tom", "Tom Berger")
    await ruth.says("aufhören")
    answer = await ruth.says("aussteigen")
    assert "Dein Porträt ist gelöscht" in answer
    assert "Dann schreib „meine daten“." in answer
    assert may.heard == ["Ruth Maier macht nicht mehr als Lots:in weiter."]
    assert tom.heard == ruth.heard == []
    assert await ruth.role() == "staff_member"
    assert not await ruth.is_written_to()


@pytest.mark.parametrize(("word", "answer"), [("weiter", "es bleibt, wie es ist"), ("pausieren", "„pause bis ")])
async def test_going_on_and_pausing_change_nothing_and_nobody_hears_of_it(
    town: Town, may: Resident, word: str, answer: str
) -> None:
    await may.says("fachbereich")
    ruth = await supporter(town, "ruth", "Ruth Maier")
    await ruth.says("aufhören")
    assert answer in await ruth.says(word)
    assert await ruth.role() == "supporter"
    assert may.heard == []


async def test_whom_the_settings_name_can_leave_and_it_is_said_what_is_left_to_do(sqlite: Database) -> None:
    settings = CommunitySettings(supporters=frozenset({"ruth"}), coordinators=frozenset({"may"}))
    town = Town(sqlite, settings)
    may, ruth = town.resident("may", "Jutta May"), town.resident("ruth", "Ruth Maier")
    await may.says("fachbereich")
    await ruth.says("aufhören")
    assert "In der Einstellungsdatei stehst du noch." in await ruth.says("aussteigen")
    [told] = may.heard
    assert told.startswith("Ruth Maier macht nicht mehr als Lots:in weiter. Der Name steht noch")


async def test_who_left_meanwhile_does_not_leave_twice(town: Town, may: Resident) -> None:
    await may.says("fachbereich")
    ruth = await supporter(town, "ruth", "Ruth Maier")
    await ruth.says("aufhören")
    await ruth.says("aufhören")
    await ruth.says("aussteigen")
    assert await ruth.says("aussteigen") == "Das ist schon erledigt."
    assert len(may.heard) == 1


async def test_leaving_is_spoken_about_alone_and_only_with_supporters(town: Town) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    assert "im Einzelchat" in await ruth.says("aufhören", LOTSEN)
    assert "Du bist hier keine Lots:in." in await town.resident("jana", "Jana").says("aufhören")


async def test_the_invitations_of_a_coordinator_who_leaves_go_too(town: Town, may: Resident) -> None:
    await may.says("fachbereich")
    kim = await supporter(town, "kim", "Kim Lang", role="coordinator")
    await kim.says("einladen")
    await kim.says("1")
    await kim.says("aufhören")
    await kim.says("aussteigen")
    async with town.database.reading() as uow:
        assert await uow.people.invitations(datetime(2026, 11, 20, 9, tzinfo=UTC)) == []


# becoming one


@pytest.mark.parametrize(
    "text",
    ["ich hab interesse daran, lots:in zu werden", "Hallo, ich würde gern Lotsin werden!",
     "Ich möchte bei den Lots*innen mitmachen", "hätte Lust, Digitallotse zu werden", "ich will lotse werden"],
)  # fmt: skip
def test_interest_is_understood(text: str) -> None:
    assert is_interest(text)


@pytest.mark.parametrize(
    "text",
    ["wie werde ich lotse", "Kann ich Lotsin werden?", "ich möchte wissen, wie man Lotse werden kann",
     "ich will mit einer Lotsin sprechen", "Meine Kollegin würde gern Lotsin werden", "ich möchte Pilot werden", "",
     "ich hab interesse an lotsen"],
)  # fmt: skip
def test_questions_and_other_wishes_are_no_interest(text: str) -> None:
    assert not is_interest(text)


async def test_the_coordinators_hear_of_it_only_with_a_yes_and_nothing_is_stored(town: Town, may: Resident) -> None:
    await may.says("fachbereich")
    jana = town.resident("29:jana", "Jana Kuhn", TEAMS)
    answer = await jana.says("ich hab interesse daran, lots:in zu werden")
    assert "Dann liest sie deinen Namen: Jana Kuhn." in answer
    assert await jana.says("nein") == "Gut, ich sage nichts weiter."
    assert may.heard == []
    await jana.says("ich hab interesse daran, lots:in zu werden")
    assert await jana.says("ja") == "Gesagt. Die Koordination meldet sich bei dir."
    [told] = may.heard
    assert told.startswith("Jana Kuhn (Teams) hat Interesse daran, Lots:in zu werden.")
    assert not await jana.exists()
    assert not await jana.is_written_to()


async def test_without_a_coordinator_in_reach_it_is_said(town: Town) -> None:
    jana = town.resident("jana", "Jana Kuhn")
    await jana.says("ich hab interesse daran, lots:in zu werden")
    assert "erreiche ich die Koordination nicht" in await jana.says("ja")


async def test_interest_is_for_those_who_are_none_and_not_for_rooms(town: Town) -> None:
    ruth = await supporter(town, "ruth", "Ruth Maier")
    assert "Du bist schon dabei." in await ruth.says("ich will lotsin werden")
    assert "im Einzelchat" in await town.resident("jana", "Jana").says("ich will lotsin werden", FLUR)
