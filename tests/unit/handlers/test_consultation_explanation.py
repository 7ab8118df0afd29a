"""Who is new to peer consultation asks how it goes, and shy people hear something kind."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import calling
from calling import called
from conftest import MovedClock
from handlers.peer_consultation import explanation, formats
from traffic import Somebody, Traffic


@pytest.fixture
async def traffic(migrated: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Traffic]:
    async with calling.opened(migrated, tmp_path, clock) as traffic:
        yield traffic


async def test_a_newcomer_is_told_all_of_it_and_reads_on(tom: Somebody) -> None:
    asked = {
        "hilfe beratung": "Vorbereiten musst du nichts",
        "1": "Ich sage jede Phase an",
        "wer liest mit": "nur, wer mit dir in der Gruppe ist",
        "wie läuft das ab?": "ich bilde Gruppen",
        "muss ich da was vorbereiten": "Vorbereiten musst du nichts",
        "kann mein Chef das sehen": "Vorgesetzte beraten nicht mit",
        "Ich habe noch nie moderiert": "Das macht nichts",
        "muss ich einen fall mitbringen": "brauchst du nicht",
        "ich trau mich nicht": "Das geht vielen so",
        "was ist eine schlüsselfrage": "wozu jemand Rat möchte",
        "kann ich da mitmachen?": "Gerade ist keine kollegiale Beratung geplant",
    }
    told = {words: (await tom.says(words))[0] for words in asked}
    assert [words for words, part in asked.items() if part not in told[words]] == []
    assert [words for words, said in told.items() if len(said) > 600] == []


async def test_what_may_be_about_anything_is_left_to_the_search(tom: Somebody) -> None:
    [said] = await tom.says("wie läuft das ab")
    assert "Kollegiale Beratung" not in said


async def test_below_a_call_bare_words_are_about_it(may: Somebody, tom: Somebody) -> None:
    await called(may)
    await tom.says("beratungen")
    [said] = await tom.says("wie lange dauert das")
    assert "30 bis 90 Minuten" in said
    [said] = await tom.says("wie melde ich mich an")
    assert "Anmelden bis Mittwoch, 2. Dezember" in said


async def test_what_happened_to_somebody_may_be_a_case_and_may_be_more(tom: Somebody) -> None:
    [said] = await tom.says("mir ist was passiert im amt, kann ich das einbringen")
    assert "„ich habe einen Fall“" in said
    assert "Personalrat" in said


async def test_a_method_is_explained(tom: Somebody) -> None:
    [said] = await tom.says("was ist kopfstand")
    assert said.startswith("**Kopfstand:** die Frage umdrehen.")
    assert not formats.is_about_one("was ist resonanz")


@pytest.mark.parametrize(
    "words",
    ["ich trau mich nicht heim", "ich trau mich nicht mehr zur Arbeit", "wie läuft das Update", "wer macht das"],
)
def test_other_words_are_not_about_it(words: str) -> None:
    assert not explanation.is_about(words)
