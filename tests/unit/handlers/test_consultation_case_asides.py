"""What people say in the middle of the questions about their case: doubts and questions go to nobody else."""

from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

import filing
from conftest import MovedClock
from filing import cases, file, unwanted
from storage.models.peer_consultation import Mode
from traffic import Somebody, Traffic

TITLE, MODE, TIME, VETO, URGENT, RIGHT = (
    ["ich habe einen fall"],
    ["fall: Rolle im Team"],
    ["fall: Rolle im Team", "live"],
    ["fall: Rolle im Team", "live", "egal"],
    ["fall: Rolle im Team", "live", "egal", "niemand"],
    ["fall: Rolle im Team", "live", "egal", "niemand", "nein"],
)
KEPT = "Den Titel liest dann deine Gruppe, dazu deinen Namen. Alles andere siehst nur du."


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with filing.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


@pytest.fixture
async def ada(traffic: Traffic) -> Somebody:
    return (await filing.crowd(traffic))["ada"]


async def said_after(ada: Somebody, before: Sequence[str], words: str) -> str:
    """What Ada reads when she says something after these words."""
    for earlier in before:
        await ada.says(earlier)
    return (await ada.says(words))[-1]


async def open_questions(traffic: Traffic) -> int:
    return (await traffic.rows("open_question"))["open_question"]


@pytest.mark.parametrize(
    "words",
    [
        "ich habe einen fall",
        "Ich weiß nicht, ob das hierher gehört",
        "weiß nicht wie ich das nennen soll",
        "ich komme mit dem Team nicht klar",
        "keine ahnung",
        "hm",
    ],
)
async def test_a_sentence_about_oneself_is_no_title(ada: Somebody, words: str) -> None:
    told = await said_after(ada, TITLE, words)
    assert "Titel" in told
    assert "Live oder schriftlich?" not in told


@pytest.mark.parametrize("words", ["Wie sage ich Nein?", "Was tun bei Widerstand", "Ich-Botschaften im Team"])
async def test_a_title_may_ask(ada: Somebody, words: str) -> None:
    assert "Live oder schriftlich?" in await said_after(ada, TITLE, words)


@pytest.mark.parametrize(
    ("before", "words", "step"),
    [
        (TITLE, "kommt das in eine Akte", "Unter welchem Titel?"),
        (TITLE, "wie viele leute sehen das dann", "Unter welchem Titel?"),
        (MODE, "was passiert mit meinen daten", "Live oder schriftlich?"),
        (TIME, "wer liest das?", "Wann würde es dir passen?"),
        (VETO, "was passiert mit meinen daten", "Wer soll nicht dabei sein?"),
        (VETO, "erfährt das mein chef", "Wer soll nicht dabei sein?"),
        (URGENT, "wer sieht das", "Eilt es?"),
        (RIGHT, "wer sieht das", "Passt das?"),
        (VETO, "ich trau mich nicht", "Wer soll nicht dabei sein?"),
    ],
)
async def test_a_question_is_told_what_is_kept_and_asked_again(
    traffic: Traffic, ada: Somebody, before: Sequence[str], words: str, step: str
) -> None:
    told = await said_after(ada, before, words)
    assert KEPT in told
    assert step in told
    assert await open_questions(traffic) == 0


@pytest.mark.parametrize("words", ["wo waren wir", "weiter", "wer liest das nochmal?"])
async def test_an_hour_later_it_is_still_theirs(traffic: Traffic, ada: Somebody, words: str) -> None:
    for earlier in VETO:
        await ada.says(earlier)
    await traffic.passes(hours=1)
    assert "Wer soll nicht dabei sein?" in (await ada.says(words))[-1]
    assert await open_questions(traffic) == 0


async def test_whom_somebody_does_not_want_is_no_question_the_next_morning(traffic: Traffic, ada: Somebody) -> None:
    for earlier in VETO:
        await ada.says(earlier)
    await traffic.passes(hours=20)
    assert "Eilt es?" in (await ada.says("alle außer Cem Kaya"))[-1]
    assert await open_questions(traffic) == 0


@pytest.mark.parametrize(
    ("before", "words"),
    [
        *((before, "halt") for before in (TITLE, MODE, TIME, VETO, URGENT, RIGHT)),
        (URGENT, "stop"),
        (URGENT, "stopp"),
        (TITLE, "ich will doch nicht"),
        (VETO, "ich will doch nicht"),
    ],
)
async def test_it_is_left_at_every_step(ada: Somebody, before: Sequence[str], words: str) -> None:
    assert await said_after(ada, before, words) == "Gut, ich merke mir nichts."


async def test_a_case_begins_with_its_title_without_a_colon(ada: Somebody) -> None:
    assert "Live oder schriftlich?" in await said_after(ada, [], "fall Umgang mit Lob")


async def test_staff_who_say_that_ask_something(anna: Somebody) -> None:
    assert "unter den Lots:innen" not in await said_after(anna, [], "fall Umgang mit Lob")


@pytest.mark.parametrize("words", ["fall in d3 anlegen", "fall wieder öffnen"])
async def test_a_case_of_the_own_trade_is_another_one(ada: Somebody, words: str) -> None:
    assert "Live oder schriftlich?" not in await said_after(ada, [], words)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("alle außer Cem Kaya", {"Cem Kaya"}),
        ("Cem Kaya, aber bitte nicht verraten", {"Cem Kaya"}),
        ("Cem Kaya auch nicht", {"Cem Kaya"}),
        ("nein", set()),
    ],
)
async def test_whom_somebody_does_not_want_is_found_in_a_sentence(
    traffic: Traffic, ada: Somebody, words: str, names: set[str]
) -> None:
    for said in (*VETO, words, "nein", "ja"):
        await ada.says(said)
    assert await unwanted(traffic) == names


async def test_a_sentence_without_a_name_is_not_taken_for_one(ada: Somebody) -> None:
    told = await said_after(ada, VETO, "ich möchte das lieber für mich behalten")
    assert told.startswith("Einen Namen habe ich darin nicht gefunden. Wer soll nicht dabei sein?")


@pytest.mark.parametrize("words", ["passt", "so passt es", "ok"])
async def test_ones_own_word_keeps_it(traffic: Traffic, ada: Somebody, words: str) -> None:
    assert "Vorgemerkt." in await said_after(ada, RIGHT, words)
    assert len(await cases(traffic)) == 1


async def test_no_time_is_any_time(ada: Somebody) -> None:
    assert "Wer soll nicht dabei sein?" in await said_after(ada, TIME, "keine ahnung")
    await ada.says("abbrechen")
    assert "eine Zeit in wenigen Worten" in await said_after(ada, TIME, "mein team streitet")


async def test_it_is_changed_in_words_of_ones_own(traffic: Traffic, ada: Somebody) -> None:
    assert "- Art: schriftlich" in await said_after(ada, RIGHT, "doch lieber schriftlich")
    assert "Unter welchem Titel?" in (await ada.says("titel ändern"))[-1]
    for words in ("Rollen klären", "ja"):
        await ada.says(words)
    assert [(case.title, case.mode) for case in await cases(traffic)] == [("Rollen klären", Mode.WRITTEN)]


async def test_who_calls_no_round_waits(ada: Somebody) -> None:
    await file(ada)
    assert "es bleibt dabei" in (await ada.says("nein"))[-1]


async def test_taking_it_back_is_asked_once(traffic: Traffic, ada: Somebody) -> None:
    await file(ada)
    assert "zurückziehen? Dann ist er gelöscht." in await said_after(ada, ["nein"], "fall zurückziehen")
    assert "Zurückgezogen und gelöscht." in (await ada.says("ja"))[-1]
    assert await cases(traffic) == []


class TestACaseForTheCall:
    """Whoever chooses „dabei, mit einem eigenen Fall“ below a call has said for which round it is."""

    @pytest.fixture(autouse=True)
    async def call(self, traffic: Traffic, ada: Somebody, may: Somebody) -> None:
        await may.says("schriftliche kollegiale beratung in kw 50")
        await may.says("ja")
        await ada.says("beratungen")

    async def test_it_is_as_the_round_is(self, traffic: Traffic, ada: Somebody) -> None:
        asked = await said_after(ada, [], "2")
        assert asked.startswith("Du bist dabei: kollegiale Beratung")
        assert "Wer soll nicht dabei sein?" in await said_after(ada, [], "Rolle im Team")
        told = await said_after(ada, ["niemand", "nein", "nein"], "ja")
        assert "Leitest du" in told
        assert [case.mode for case in await cases(traffic)] == [Mode.WRITTEN]

    async def test_without_the_case_one_is_still_in(self, ada: Somebody) -> None:
        told = await said_after(ada, ["2"], "abbrechen")
        assert "In der Runde bist du trotzdem noch dabei." in told
        assert "Leitest du" in told

    @pytest.mark.parametrize(
        "words", ["ich leite kein team", "Nein, tu ich nicht.", "ich weiß nicht ob ich das kann", "nein"]
    )
    async def test_who_leads_nobody_says_so_in_any_words(self, ada: Somebody, words: str) -> None:
        assert "dann merke ich mir nichts dazu" in await said_after(ada, ["1"], words)

    async def test_who_leads_somebody_says_so_in_a_sentence(self, ada: Somebody) -> None:
        assert "Notiert, nur für diese Runde: Sozialamt" in await said_after(ada, ["1"], "ich leite das Sozialamt")

    async def test_what_is_no_department_leaves_that_question(self, ada: Somebody) -> None:
        told = await said_after(ada, ["1"], "ich bin bei der schriftlichen beratung auch dabei")
        assert told.startswith("Du bist dabei")
        assert "Fachbereich" not in await said_after(ada, [], "morgen früh gibt es Kuchen für alle Leute")
