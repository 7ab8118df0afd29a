"""Cases for peer consultation, taken down alone with whoever has one: what is asked and kept, and what never is."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

import filing
from conftest import MovedClock
from filing import cases, file, unwanted
from storage.models.peer_consultation import Mode
from traffic import BERATUNG, LOTSEN, MATRIX, TEAMS, Somebody, Traffic

STORY = (
    "ich habe einen fall: also mein sachgebietsleiter blockt seit monaten jede neuerung, letzte woche hat er mich vor "
    "allen anderen zurechtgewiesen und seitdem weiß ich nicht mehr, wie ich mit ihm reden soll, weil er ja auch über "
    "meine stelle entscheidet und ich nicht kämpfen will"
)


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with filing.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def ada(traffic: Traffic) -> Somebody:
    return (await filing.crowd(traffic))["ada"]


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

    async def test_after_a_call_of_an_hour_it_goes_on(self, traffic: Traffic, ada: Somebody) -> None:
        for words in ("fall: Rolle im Team", "live", "egal"):
            await ada.says(words)
        await traffic.passes(hours=1)
        [asked] = await ada.says("Cem Kaya")
        assert "Eilt es?" in asked
        assert (await traffic.rows("open_question"))["open_question"] == 0

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
