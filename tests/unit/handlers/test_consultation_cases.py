"""Cases for peer consultation, taken down alone with whoever has one: what is asked and kept, and what never is."""

import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import event

from bot.turn import House
from conftest import MovedClock, fresh_sqlite
from handlers.peer_consultation import calls
from handlers.table import TABLE
from knowledge.departments import Department, Departments
from knowledge.working_days import WorkingDays
from storage.database import Database
from storage.models.peer_consultation import CaseState, ConsultationCase, Mode, RoundState
from traffic import BERATUNG, LOTSEN, MATRIX, SETTINGS, TEAMS, Somebody, Traffic

FRIDAY = datetime(2026, 11, 20, 9, tzinfo=UTC)
PEOPLE = {"ada": "Ada Lang", "ruth1": "Ruth Maier", "ruth2": "Ruth Sommer", "cem": "Cem Kaya"}
HOUSE = House(departments=Departments([Department("Sozialamt")]), working_days=WorkingDays(("NW",)))
STORY = (
    "ich habe einen fall: also mein sachgebietsleiter blockt seit monaten jede neuerung, letzte woche hat er mich vor "
    "allen anderen zurechtgewiesen und seitdem weiß ich nicht mehr, wie ich mit ihm reden soll, weil er ja auch über "
    "meine stelle entscheidet und ich nicht kämpfen will"
)


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    clock.time = FRIDAY
    shutil.copy(migrated, tmp_path / "test.db")
    database = Database(fresh_sqlite(tmp_path))
    # Its file does not outlive the test.
    event.listen(database._engine.sync_engine, "connect", lambda one, _: one.execute("PRAGMA synchronous=OFF"))
    settings = SETTINGS.model_copy(update={"supporters": frozenset(PEOPLE)})
    table = replace(TABLE, errands=(), ticks=(calls.look_after,))
    traffic = await Traffic(database, clock, settings, house=HOUSE, table=table).open()
    yield traffic
    await traffic.stop()
    await database.close()


@pytest.fixture
async def crowd(traffic: Traffic) -> dict[str, Somebody]:
    found = {person: await traffic.met(person, name) for person, name in PEOPLE.items()}
    async with traffic.database.unit_of_work() as uow:
        for person, name in PEOPLE.items():
            await uow.people.know(MATRIX, person, name)
        await uow.commit()
    return found


@pytest.fixture
def ada(crowd: dict[str, Somebody]) -> Somebody:
    return crowd["ada"]


async def cases(traffic: Traffic) -> Sequence[ConsultationCase]:
    async with traffic.database.reading() as uow:
        return await uow.rounds.waiting_cases()


async def unwanted(traffic: Traffic, number: int = 1) -> set[str]:
    async with traffic.database.reading() as uow:
        found = [await uow.people.get(person) for person in await uow.rounds.vetoes(number)]
    return {one.name for one in found if one}


async def file(ada: Somebody, title: str = "Umgang mit Widerstand im Team", veto: str = "niemand") -> str:
    """Ada files a case that waits long enough; gives what is said at the end."""
    for words in ("ich habe einen fall", title, "live", "vormittags", veto):
        await ada.says(words)
    shown = ""
    while not shown.startswith("So merke ich"):
        [shown] = await ada.says("nein")
    return (await ada.says("ja"))[-1]


async def test_a_case_is_filed_question_by_question(traffic: Traffic, ada: Somebody) -> None:
    [asked] = await ada.says("hab n fall für die kollegiale beratung")
    assert "Unter welchem Titel?" in asked
    [asked] = await ada.says("Umgang mit Widerstand im Team")
    assert "Live oder schriftlich?" in asked
    [asked] = await ada.says("1")
    assert "Wann würde es dir passen?" in asked
    [asked] = await ada.says("kw 50, nicht freitags")
    assert "Wer soll nicht dabei sein?" in asked
    [asked] = await ada.says("cem kaya")
    assert "Eilt es?" in asked
    [shown] = await ada.says("ja")
    assert "- Nicht dabei: Cem Kaya. Das siehst nur du." in shown
    assert "nie den Fall selbst" in shown
    assert await cases(traffic) == []
    await ada.says("ja")
    [case] = await cases(traffic)
    assert (case.title, case.mode, case.wished) == ("Umgang mit Widerstand im Team", Mode.LIVE, "kw 50, nicht freitags")
    assert (case.is_urgent, case.may_relay) == (True, False)
    assert await unwanted(traffic) == {"Cem Kaya"}


async def test_a_written_one_is_not_asked_for_a_time(traffic: Traffic, ada: Somebody) -> None:
    await ada.says("fall: Rolle im Team")
    [asked] = await ada.says("schriftlich")
    assert "Wer soll nicht dabei sein?" in asked


async def test_a_title_that_names_somebody_goes_nowhere(traffic: Traffic, ada: Somebody) -> None:
    await ada.says("ich habe einen fall")
    [proposed] = await ada.says("Widerstand von Herrn Müllerschön im Sozialamt")
    assert "Mein Vorschlag: „Widerstand von einem Kollegen“" in proposed
    await ada.says("nehmen")
    for words in ("live", "egal", "niemand", "nein", "ja"):
        await ada.says(words)
    [case] = await cases(traffic)
    assert case.title == "Widerstand von einem Kollegen"
    assert await traffic.tables_with("Müllerschön") == []


async def test_another_title_is_looked_at_as_well(ada: Somebody) -> None:
    await ada.says("ich habe einen fall")
    await ada.says("Streit mit Frau Kaya")
    [proposed] = await ada.says("Streit mit Cem Kaya")
    assert "Mein Vorschlag: „Streit mit einer Person“" in proposed
    [asked] = await ada.says("Streit im Team")
    assert "Live oder schriftlich?" in asked


@pytest.mark.parametrize("opening", [[], ["ich habe einen fall"]])
async def test_the_case_itself_is_not_kept(traffic: Traffic, ada: Somebody, opening: Sequence[str]) -> None:
    for words in opening:
        await ada.says(words)
    [told] = await ada.says(STORY)
    assert "Er gehört in die Runde" in told
    [asked] = await ada.says("Im Gespräch bleiben")
    assert "Live oder schriftlich?" in asked
    assert await traffic.tables_with("sachgebietsleiter", "zurechtgewiesen") == []


async def test_in_a_room_it_goes_on_alone_and_uses_nothing_of_it(traffic: Traffic, ada: Somebody) -> None:
    [told] = await ada.says("ich habe einen fall: Streit mit Cem Kaya", LOTSEN)
    assert "Das machen wir zu zweit" in told
    assert "Unter welchem Titel?" in ada.sees()[-1]
    [asked] = await ada.says("Rolle im Team")
    assert "Live oder schriftlich?" in asked


async def test_staff_hear_kindly_for_whom_it_is(anna: Somebody) -> None:
    [told] = await anna.says("ich habe einen fall")
    assert "unter den Lots:innen" in told


async def test_where_nothing_may_be_kept_none_is_taken_down(traffic: Traffic, ada: Somebody) -> None:
    await ada.says("ich habe einen fall", BERATUNG)
    assert await cases(traffic) == []


@pytest.mark.parametrize("words", ["was ist ein fall?", "auf jeden fall", "ich habe einen fall, in dem d3 abstürzt"])
async def test_other_sentences_begin_none(ada: Somebody, words: str) -> None:
    assert all("Unter welchem Titel?" not in text for text in await ada.says(words))


class TestWhoIsNotWanted:
    async def to_the_question(self, ada: Somebody) -> None:
        for words in ("fall: Rolle im Team", "live", "egal"):
            await ada.says(words)

    async def test_of_those_called_alike_one_is_asked_for(self, traffic: Traffic, ada: Somebody) -> None:
        await self.to_the_question(ada)
        [asked] = await ada.says("ruth und cem")
        assert "Wen meinst du?" in asked
        await ada.says("2")
        await ada.says("nein")
        await ada.says("ja")
        assert await unwanted(traffic) == {"Ruth Sommer", "Cem Kaya"}

    async def test_all_of_them_can_be_meant(self, traffic: Traffic, ada: Somebody) -> None:
        await self.to_the_question(ada)
        for words in ("Ruth", "alle", "nein", "ja"):
            await ada.says(words)
        assert await unwanted(traffic) == {"Ruth Maier", "Ruth Sommer"}

    async def test_who_is_not_known_is_said_and_nothing_taken(self, traffic: Traffic, ada: Somebody) -> None:
        await self.to_the_question(ada)
        [told] = await ada.says("Cem Kaya, Xaver Unbekannt")
        assert "„Xaver Unbekannt“ finde ich unter den Lots:innen nicht" in told
        [asked] = await ada.says("cem")
        assert "Eilt es?" in asked

    async def test_oneself_cannot_be_meant(self, ada: Somebody) -> None:
        await self.to_the_question(ada)
        [told] = await ada.says("Ada Lang")
        assert "finde ich unter den Lots:innen nicht" in told

    async def test_their_names_are_kept_nowhere_else(self, traffic: Traffic, ada: Somebody) -> None:
        await file(ada, veto="Cem Kaya")
        async with traffic.database.reading() as uow:
            offers = await uow.questions.offers_to(MATRIX, ada.chat.id, ada.sender.id)
        assert "Cem" not in repr([(one.choices, one.asks) for one in offers])

    async def test_others_never_learn_of_it(self, traffic: Traffic, ada: Somebody, crowd: dict[str, Somebody]) -> None:
        await file(ada, veto="Cem Kaya")
        assert all("Nicht dabei" not in text for one in crowd.values() if one is not ada for text in one.sees())
        assert "Cem" not in "".join(traffic.texts_at(LOTSEN))


async def test_with_two_platforms_it_is_asked_whether_to_pass_on(
    traffic: Traffic, ada: Somebody, may: Somebody
) -> None:
    async with traffic.database.unit_of_work() as uow:
        await uow.people.know(TEAMS, "may", "Jutta May")
        await uow.commit()
    for words in ("fall: Rolle im Team", "live", "egal"):
        await ada.says(words)
    [asked] = await ada.says("niemand")
    assert "von der anderen Plattform" in asked
    await ada.says("ja")
    await ada.says("nein")
    await ada.says("ja")
    [case] = await cases(traffic)
    assert case.may_relay


class TestItsRound:
    async def test_it_goes_into_the_open_one(self, traffic: Traffic, ada: Somebody, may: Somebody) -> None:
        await may.says("kollegiale beratung in kw 50")
        await may.says("ja")
        told = await file(ada)
        assert "Du bist damit dabei: vom 7. bis 11. Dezember 2026" in told
        assert "Leitest du" in told
        async with traffic.database.reading() as uow:
            assert len(await uow.rounds.participants(1)) == 1

    async def test_without_one_a_round_can_be_called_for_it(self, traffic: Traffic, ada: Somebody) -> None:
        told = await file(ada)
        assert "Soll ich eine ausrufen?" in told
        await ada.says("runde")
        await ada.says("kw 50")
        await ada.says("ja")
        async with traffic.database.reading() as uow:
            assert [one.state for one in await uow.rounds.in_state()] == [RoundState.OPEN]
            assert len(await uow.rounds.participants(1)) == 1
        [case] = await cases(traffic)
        assert case.state == CaseState.WAITING

    async def test_it_can_wait_for_the_next(self, traffic: Traffic, ada: Somebody) -> None:
        await file(ada)
        await ada.says("warten")
        async with traffic.database.reading() as uow:
            assert await uow.rounds.in_state() == []
        assert len(await cases(traffic)) == 1

    async def test_a_case_chosen_alone_is_asked_for_its_title(self, ada: Somebody, may: Somebody) -> None:
        await may.says("kollegiale beratung in kw 50")
        await may.says("ja")
        await ada.says("beratungen")
        asked = await ada.says("2")
        assert any("Unter welchem Titel?" in text for text in asked)

    async def test_a_case_said_below_the_call_joins_and_goes_on_alone(
        self, traffic: Traffic, ada: Somebody, may: Somebody
    ) -> None:
        await may.says("kollegiale beratung in kw 50")
        await may.says("ja")
        told, *_ = await ada.says("fall", LOTSEN)
        assert "Das machen wir zu zweit" in told
        assert "Unter welchem Titel?" in ada.sees()[-1]
        async with traffic.database.reading() as uow:
            assert len(await uow.rounds.participants(1)) == 1


class TestOwnCase:
    async def test_it_is_shown_and_changed(self, traffic: Traffic, ada: Somebody) -> None:
        await file(ada)
        [shown] = await ada.says("mein fall")
        assert "Titel: „Umgang mit Widerstand im Team“" in shown
        await ada.says("ändern")
        await ada.says("titel")
        [shown] = await ada.says("Rolle im Team")
        assert "Titel: „Rolle im Team“" in shown
        assert [case.title for case in await cases(traffic)] == ["Umgang mit Widerstand im Team"]
        await ada.says("ja")
        assert [case.title for case in await cases(traffic)] == ["Rolle im Team"]

    async def test_it_is_taken_back(self, traffic: Traffic, ada: Somebody) -> None:
        await file(ada, veto="cem")
        await ada.says("mein fall")
        await ada.says("zurückziehen")
        assert await cases(traffic) == []
        assert (await traffic.rows("case_veto"))["case_veto"] == 0
        [told] = await ada.says("mein fall")
        assert "keinen Fall vorgemerkt" in told

    async def test_there_is_one_at_a_time(self, traffic: Traffic, ada: Somebody) -> None:
        await file(ada)
        [shown] = await ada.says("ich habe einen fall")
        assert shown.startswith("Dein Fall:")

    async def test_in_a_room_it_is_not_shown(self, ada: Somebody) -> None:
        await file(ada)
        [told] = await ada.says("mein fall", LOTSEN)
        assert "Einzelchat" in told


# nothing of it goes to the search


@pytest.mark.parametrize("words", ["egal", "weiß nicht", "montags ab 14 uhr", "mein chef blockt alles"])
async def test_words_of_ones_own_at_any_step_open_no_question(traffic: Traffic, ada: Somebody, words: str) -> None:
    for answer in ("ich habe einen fall", "Umgang mit Widerstand im Team", words, "live", words, words, words, words):
        said = " ".join(await ada.says(answer))
        assert "geprüfte Antwort" not in said
        assert "offenen Fragen" not in said
    async with traffic.database.reading() as uow:
        assert not await uow.questions.open_questions(10)


async def test_what_does_not_matter_is_live_and_not_urgent(traffic: Traffic, ada: Somebody) -> None:
    for answer in ("ich habe einen fall", "Umgang mit Widerstand im Team", "egal", "egal", "niemand"):
        await ada.says(answer)
    [shown] = await ada.says("weiß nicht")
    assert "Eilt: nein" in shown
    await ada.says("ja")
    assert [(one.mode, one.is_urgent) for one in await cases(traffic)] == [(Mode.LIVE, False)]


async def test_who_was_named_beside_somebody_unknown_is_kept(traffic: Traffic, ada: Somebody) -> None:
    for answer in ("ich habe einen fall", "Umgang mit Widerstand im Team", "live", "egal"):
        await ada.says(answer)
    [asked] = await ada.says("Cem Kaya, Frau Unbekannt")
    assert "Frau Unbekannt" in asked
    await ada.says("Ruth Sommer")
    await ada.says("nein")
    await ada.says("ja")
    assert await unwanted(traffic) == {"Cem Kaya", "Ruth Sommer"}


class TestAnIntakeThatIsOpen:
    """What is said while it is open belongs to it; nothing of that becomes a question to others."""

    @pytest.mark.parametrize(
        ("before", "said", "asked"),
        [
            (["fall: Rolle im Team"], "montags ab 14 uhr", "„live“ oder „schriftlich“"),
            (["fall: Rolle im Team", "live", "egal", "niemand"], "mal sehen", "„ja“ oder „nein“"),
            (["fall: Rolle im Team", "live", "egal", "ruth"], "die aus dem Sozialamt", "Wen meinst du?"),
            (["fall: Rolle im Team", "live", "egal", "niemand", "nein"], "Cem auch nicht", "So merke ich"),
            (["fall: Rolle im Team", "live", "egal", "niemand", "nein", "ändern"], "wer nicht da ist", "anders sein?"),
        ],
    )
    async def test_each_step_asks_again(
        self, traffic: Traffic, ada: Somebody, before: Sequence[str], said: str, asked: str
    ) -> None:
        for words in before:
            await ada.says(words)
        [told] = await ada.says(said)
        assert asked in told
        assert (await traffic.rows("open_question"))["open_question"] == 0
        await ada.says("abbrechen")
        assert await cases(traffic) == []

    async def test_below_a_kept_case_too(self, traffic: Traffic, ada: Somebody) -> None:
        await file(ada)
        await ada.says("warten")
        await ada.says("mein fall")
        [told] = await ada.says("Cem Kaya soll nicht dabei sein")
        assert "Dein Fall:" in told
        await ada.says("ändern")
        await ada.says("eile")
        [told] = await ada.says("ja")
        assert "1. ja" not in told
        [told] = await ada.says("hm, Cem Kaya")
        assert "Dein Fall:" in told
        assert (await traffic.rows("open_question"))["open_question"] == 0

    async def test_a_question_below_a_kept_case_is_a_question(self, ada: Somebody) -> None:
        await file(ada)
        await ada.says("mein fall")
        [told, *_] = await ada.says("Wo finde ich die Leitweg-ID?")
        assert "Dein Fall" not in told

    async def test_all_unknown_names_are_told_and_the_known_one_stays(self, traffic: Traffic, ada: Somebody) -> None:
        for words in ("fall: Rolle im Team", "live", "egal"):
            await ada.says(words)
        [told] = await ada.says("Cem Kaya, Xaver X, Yvonne Y")
        assert "„Xaver X“, „Yvonne Y“" in told
        for words in ("ohne", "nein", "ja"):
            await ada.says(words)
        assert await unwanted(traffic) == {"Cem Kaya"}

    async def test_begun_anew_the_first_one_is_over(self, traffic: Traffic, ada: Somebody) -> None:
        await ada.says("fall: Rolle im Team")
        await ada.says("fall")
        async with traffic.database.reading() as uow:
            offers = await uow.questions.offers_to(MATRIX, ada.chat.id, ada.sender.id)
        assert [one.asks for one in offers] == [{"do": "title"}]


async def test_a_written_case_has_no_time_to_change(ada: Somebody) -> None:
    for words in ("fall: Rolle im Team", "live", "vormittags", "niemand", "nein", "ändern", "art"):
        await ada.says(words)
    [shown] = await ada.says("schriftlich")
    assert "- Zeit" not in shown
    await ada.says("ändern")
    assert "3. wer nicht dabei sein soll" not in shown
    [shown] = await ada.says("zeit")
    assert "Was soll anders sein?" in shown


async def test_a_time_outside_of_the_round_is_said(ada: Somebody, may: Somebody) -> None:
    await may.says("kollegiale beratung in kw 51")
    await may.says("ja")
    for words in ("fall: Rolle im Team", "live", "KW 50, vormittags", "niemand", "nein", "nein"):
        await ada.says(words)
    told = "".join(await ada.says("ja"))
    assert "„KW 50“ liegt nicht in dieser Runde" in told


@pytest.mark.parametrize("is_in", [True, False])
async def test_whoever_takes_a_case_back_hears_of_a_round_they_are_in(
    ada: Somebody, may: Somebody, is_in: bool
) -> None:
    if is_in:
        await may.says("kollegiale beratung in kw 50")
        await may.says("ja")
    await file(ada)
    await ada.says("mein fall")
    [told] = await ada.says("zurückziehen")
    assert ("trotzdem noch dabei" in told) == is_in


async def test_a_case_that_waits_is_asked_to_the_next_round(traffic: Traffic, ada: Somebody, may: Somebody) -> None:
    await file(ada)
    await ada.says("warten")
    await may.says("kollegiale beratung in kw 50")
    await may.says("ja")
    assert "Bist du mit deinem Fall dabei?" in ada.sees()[-1]
    await ada.says("ja")
    async with traffic.database.reading() as uow:
        assert len(await uow.rounds.participants(1)) == 1


@pytest.mark.parametrize(
    "words", ["ich brauche rat von kollegen", "kann mir jemand bei einem schwierigen fall helfen?"]
)
async def test_who_looks_for_advice_has_a_case(ada: Somebody, words: str) -> None:
    [asked] = await ada.says(words)
    assert "Unter welchem Titel?" in asked


async def test_a_command_in_between_does_not_end_the_intake(traffic: Traffic, ada: Somebody) -> None:
    """A title, a name and a wish that come after the help must not become questions to others."""
    for words in ("ich habe einen fall", "hilfe", "Rolle im Team", "hilfe", "live", "hilfe", "vormittags", "hilfe"):
        await ada.says(words)
    for words in ("cem kaya", "hilfe", "nein", "hilfe", "ja"):
        await ada.says(words)
    [case] = await cases(traffic)
    assert (case.title, case.mode, case.wished) == ("Rolle im Team", Mode.LIVE, "vormittags")
    assert await unwanted(traffic) == {"Cem Kaya"}
    assert (await traffic.rows("open_question"))["open_question"] == 0


async def test_it_is_left_after_a_command_in_between(traffic: Traffic, ada: Somebody) -> None:
    for words in ("ich habe einen fall", "hilfe"):
        await ada.says(words)
    assert await ada.says("abbrechen") == ["Gut, ich merke mir nichts."]
