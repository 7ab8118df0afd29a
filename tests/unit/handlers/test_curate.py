"""Listing, showing, confirming, retiring and bringing back entries, down to a real database."""

from collections.abc import AsyncIterator
from datetime import date

import pytest

from bot.messages import Conversation, Reply
from bot.roles import Role
from editorial import COMMUNITY, CURATORS, DIRECT, NOW, STAFF_ROOM, Person, entry, save
from handlers import ask
from handlers.ask import LONGEST_ANSWER
from storage.database import Database, UnitOfWork
from storage.models.knowledge import EntryContent, Part, State, Visibility, Wording

TODAY = date(2026, 11, 20)
SCANNER = EntryContent(
    question="Wo steht der Scanner?",
    answer="Im Keller.",
    tags=["E-Akte", "Scannen"],
    owner="Tom Berger",
    checked_on=date(2026, 9, 3),
    valid_until=date(2027, 3, 3),
    sources=["Plan"],
    phrasings=["Wo kann ich scannen?"],
    variants={"FB Soziales": "Im ersten Stock."},
)


@pytest.fixture
async def uow(sqlite: Database) -> AsyncIterator[UnitOfWork]:
    async with sqlite.unit_of_work() as uow:
        await save(uow, "scanner", SCANNER)
        yield uow


@pytest.fixture
def curator(uow: UnitOfWork) -> Person:
    return Person(uow, Role.CURATOR)


@pytest.fixture
def supporter(uow: UnitOfWork) -> Person:
    return Person(uow, Role.SUPPORTER)


async def all_of(person: Person, first: str) -> str:
    """Everything that „mehr“ leads to."""
    text = await person.says(first)
    while "mehr lesen" in person.choices or "mehr" in person.choices:
        text += "\n" + await person.says("mehr")
    return text


# Showing


async def test_an_entry_is_shown_with_all_that_belongs_to_it(curator: Person) -> None:
    for text, fits in (("wo scan ich", True), ("scanner wo", True), ("drucker kaputt", False)):
        await curator.uow.knowledge.learn(Wording(entry_id="scanner", text=text, fits=fits, learned_on=TODAY))
    await curator.uow.knowledge.mark_reported("scanner", TODAY)
    await curator.uow.knowledge.note_asked("scanner", TODAY)
    shown = await all_of(curator, "1 zeigen")
    for part in (
        "**Nr. 1: Wo steht der Scanner?**",
        "Im Keller.",
        "**FB Soziales:**\n\nIm ersten Stock.",
        "Stand: wird geprüft",
        "Geprüft am 3. September 2026",
        "Gültig bis 3. März 2027",
        "Sichtbar für: alle Beschäftigten",
        "Verantwortlich: Tom Berger",
        "Stichworte: E-Akte, Scannen",
        "Quelle: Plan",
        "Abweichend für: FB Soziales",
        "Auch gefragt als: Wo kann ich scannen?",
        "Gelernte Formulierungen: 2",
        "Nachgefragt am 20. November 2026, ob sie noch gilt",
    ):
        assert part in shown
    assert "wo scan ich" not in shown, "what people asked is counted, never shown"


async def test_a_long_entry_is_shown_in_parts_and_completely(curator: Person) -> None:
    paragraphs = [f"Schritt {number}: " + "tu etwas. " * 40 for number in range(5)]
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"answer": "\n\n".join(paragraphs)}))
    first = await curator.says("1 zeigen")
    assert len(first) <= LONGEST_ANSWER
    assert curator.choices == ["ändern", "gilt noch", "zurückziehen", "Verlauf", "mehr lesen"]
    shown = await all_of(curator, "1 zeigen")
    assert all(f"Schritt {number}" in shown for number in range(5))
    assert "Gelernte" not in shown
    assert "Quelle: Plan" in shown


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"state": State.RETIRED}, "zurückgezogen"),
        ({"valid_until": date(2026, 11, 19)}, "abgelaufen"),
        ({"valid_until": TODAY}, "geprüft"),
        ({"checked_on": None}, "noch nicht geprüft"),
    ],
)
async def test_an_entry_says_how_far_it_is(curator: Person, changes: dict[str, object], state: str) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update=changes))
    assert f"Stand: {state}\n" in await all_of(curator, "1 zeigen")
    assert f"Nr. 1: Wo steht der Scanner? ({state})" in await curator.says("wissen: scanner")


async def test_the_choices_below_an_entry_do_what_the_commands_do(curator: Person) -> None:
    for choice, said in (
        ("ändern", "Was willst du an Nr. 1 ändern?"),
        ("prüfen", "Nr. 1 gilt jetzt bis"),
        ("verlauf", "steht jetzt in Fassung 2"),
        ("zurückziehen", "Nr. 1 zurückziehen?"),
    ):
        await curator.says("1 zeigen")
        assert said in await curator.says(choice)
    await curator.says("ja")
    await curator.says("1 zeigen")
    assert await curator.says("wiederherstellen") == "Nr. 1 wird wieder gezeigt."


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW])
async def test_what_waits_is_shown_to_curators_with_what_they_decide(curator: Person, state: State) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": state}))
    assert "Entwurf Nr. 1" in await curator.says("1 zeigen")
    assert curator.choices == ["freigeben", "ändern", "ablehnen"]
    assert "Wo steht der Scanner? (" in await curator.says("wissen: scanner")
    owner = Person(curator.uow, Role.SUPPORTER, name="tom")
    await curator.uow.knowledge.assign("scanner", Part.OWNER, "stand-in", "tom")
    assert "Im Keller." in await owner.says("1 zeigen")
    assert owner.choices == ["ändern", "Verlauf"]


@pytest.mark.parametrize("choice", ["prüfen", "zurückziehen", "wiederherstellen"])
async def test_nobody_decides_on_an_entry_that_changed_since_it_was_shown(curator: Person, choice: str) -> None:
    state = State.RETIRED if choice == "wiederherstellen" else State.APPROVED
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": state}))
    await curator.says("1 zeigen")
    changed = SCANNER.model_copy(update={"answer": "Falsch.", "state": state})
    await save(curator.uow, "scanner", changed)
    assert "Nr. 1 wurde inzwischen geändert." in await curator.says(choice)
    assert (await entry(curator.uow)).content == changed


async def test_supporters_see_an_entry_but_get_nothing_to_change_it(supporter: Person) -> None:
    assert "Im Keller." in await supporter.says("1 zeigen")
    assert set(supporter.choices) <= {"mehr lesen"}


# What may be shown where

HIDDEN: list[dict[str, object]] = [
    {"state": State.DRAFT}, {"state": State.IN_REVIEW}, {"state": State.RETIRED}, {"visibility": Visibility.COMMUNITY},
]  # fmt: skip


@pytest.mark.parametrize(
    ("role", "place", "seen"),
    [
        (Role.STAFF_MEMBER, DIRECT, []),
        (Role.STAFF_MEMBER, COMMUNITY, []),
        (Role.SUPPORTER, DIRECT, [HIDDEN[3]]),
        (Role.SUPPORTER, COMMUNITY, [HIDDEN[3]]),
        (Role.SUPPORTER, CURATORS, [HIDDEN[3]]),
        (Role.SUPPORTER, STAFF_ROOM, []),
        (Role.CURATOR, DIRECT, HIDDEN),
        (Role.CURATOR, CURATORS, HIDDEN),
        (Role.COORDINATOR, CURATORS, HIDDEN),
        (Role.CURATOR, COMMUNITY, [HIDDEN[3]]),
        (Role.CURATOR, STAFF_ROOM, []),
        (Role.COORDINATOR, STAFF_ROOM, []),
    ],
)
async def test_no_entry_is_shown_or_listed_where_it_may_not_be_seen(
    uow: UnitOfWork, role: Role, place: Conversation, seen: list[dict[str, object]]
) -> None:
    person = Person(uow, role, place)
    for changes in HIDDEN:
        await save(uow, "scanner", SCANNER.model_copy(update=changes))
        if changes in seen:
            assert "Im Keller." in await person.says("1 zeigen")
            assert "Wo steht der Scanner?" in await person.says("wissen: scanner")
            assert "E-Akte (1)" in [*person.choices, *(await person.says("wissen") and person.choices)]
            continue
        for said in ("1 zeigen", "wissen", "wissen: scanner", "wissen: keller"):
            try:
                answer = await person.is_refused(said)
            except AssertionError:
                answer = await person.says(said) + str(person.choices)
            assert "Keller" not in answer.replace("„keller“", "")
            assert "Wo steht" not in answer
            assert "E-Akte" not in answer


async def test_only_entries_of_the_circles_that_a_place_shows_are_listed(supporter: Person) -> None:
    await save(
        supporter.uow, "public", SCANNER.model_copy(update={"visibility": Visibility.PUBLIC, "tags": ["Archiv"]})
    )
    supporter.sees = frozenset({Visibility.COMMUNITY, Visibility.ORGANIZATION})
    assert "Antworten: 1." in await supporter.says("wissen")
    assert supporter.choices == ["E-Akte (1)", "Scannen (1)"]
    assert "Nr. 2" not in await supporter.says("wissen: scanner")
    assert "finde ich nicht" in await supporter.is_refused("2 zeigen")


async def test_whoever_lost_sight_of_an_entry_reads_no_further(supporter: Person) -> None:
    long = SCANNER.model_copy(update={"answer": "Noch geheim. " * 200})
    await save(supporter.uow, "scanner", long)
    await supporter.says("1 zeigen")
    await save(supporter.uow, "scanner", long.model_copy(update={"state": State.RETIRED}))
    assert await supporter.is_refused("mehr") == "Diese Antwort gibt es nicht mehr."


async def test_a_curator_hears_where_a_hidden_entry_can_be_seen(uow: UnitOfWork) -> None:
    await save(uow, "scanner", SCANNER.model_copy(update={"state": State.RETIRED}))
    for number in (1, 77):  # nobody who reads along learns which numbers there are
        said = await Person(uow, Role.CURATOR, COMMUNITY).is_refused(f"{number} zeigen")
        assert said == f"Nr. {number} zeige ich hier nicht. Frag mich bitte im direkten Chat danach."
    assert "finde ich nicht" in await Person(uow, Role.CURATOR).is_refused("77 zeigen")
    assert "finde ich nicht" in await Person(uow, Role.SUPPORTER, COMMUNITY).is_refused("1 zeigen")


async def test_staff_get_a_kind_sentence(uow: UnitOfWork) -> None:
    staff = Person(uow, Role.STAFF_MEMBER)
    for said in ("wissen", "1 zeigen", "1 ändern", "1 verlauf", "1 zurückziehen", "1 gilt noch", "dubletten"):
        assert await staff.is_refused(said) == "Das Wissen pflegen die Lots:innen. Stell mir einfach deine Frage."


async def test_however_many_departments_do_it_differently_each_can_be_reached(supporter: Person) -> None:
    departments = {f"Amt {number}": f"Weg {number}." for number in range(12)}
    await save(supporter.uow, "scanner", SCANNER.model_copy(update={"variants": departments}))
    reached, department = set[str](), ""
    for _ in departments:
        [reply] = await ask.show(supporter.turn(""), "scanner", "wo?", department=department)
        assert isinstance(reply, Reply)
        assert reply.offer
        assert len(reply.offer.choices) <= 9
        offered = [choice.word for choice in reply.offer.choices if choice.word in departments]
        reached |= set(offered)
        department = offered[-1]
    assert reached == set(departments)


# Listing


async def test_without_a_word_the_tags_are_listed_with_how_many_entries_they_have(supporter: Person) -> None:
    await save(supporter.uow, "printer", EntryContent(question="q", answer="a", tags=["E-Akte", "E-Akte"]))
    text = await supporter.says("wissen")
    assert text.startswith("Antworten: 2. Nach welchem Stichwort?")
    assert supporter.choices == ["E-Akte (2)", "Scannen (1)"]
    assert "Antworten zu „Scannen“: 1\n\n- Nr. 1: Wo steht der Scanner? (geprüft)" in await supporter.says("2")


async def test_many_tags_are_named_and_the_most_used_offered(supporter: Person) -> None:
    tags = [f"Thema {number:02}" for number in range(200)]
    await save(supporter.uow, "tags", EntryContent(question="q", answer="a", tags=tags))
    text = await supporter.says("wissen")
    assert len(supporter.choices) == 8
    assert "Außerdem: Thema" in text
    assert len(text) <= LONGEST_ANSWER


@pytest.mark.parametrize("word", ["E-Akte", "e akte", "eAkte", "scanner?", "KELLER", "kann ich scannen", "fb soziales"])
async def test_entries_are_found_by_a_word_however_it_is_written(supporter: Person, word: str) -> None:
    await save(supporter.uow, "printer", EntryContent(question="Wie drucke ich?", answer="So."))
    text = await supporter.says(f"wissen: {word}")
    assert "Nr. 1: Wo steht der Scanner?" in text
    assert "drucke" not in text


@pytest.mark.parametrize("word", ["Mondfahrt", "🎉 Mondfahrt"])
async def test_a_word_that_nothing_holds_finds_nothing(supporter: Person, word: str) -> None:
    assert await supporter.says(f"wissen: {word}") == f"Zu „{word}“ finde ich keine Antwort."


async def test_tagged_entries_come_before_those_that_only_mention_the_word(supporter: Person) -> None:
    await save(supporter.uow, "a", EntryContent(question="Was ist ein Drucker?", answer="Gerät."))
    await save(supporter.uow, "b", EntryContent(question="Zweite?", answer="x", tags=["Drucker"]))
    text = await supporter.says("wissen: drucker")
    assert text.index("Nr. 3") < text.index("Nr. 2")


async def test_a_long_list_comes_in_parts_of_at_most_ten_and_is_complete(supporter: Person) -> None:
    for number in range(25):
        await save(supporter.uow, f"e{number}", EntryContent(question=f"Frage {number}", answer="Kopierer"))
    text = await supporter.says("wissen: kopierer")
    assert text.count("\n- Nr.") == 10
    text = await all_of(supporter, "wissen: kopierer")
    assert all(f": Frage {number} (" in text for number in range(25))
    assert text.count("\n- Nr.") == 25
    await save(supporter.uow, "long", EntryContent(question="Sehr " * 100, answer="Kopierer"))
    assert len(await supporter.says("wissen: kopierer")) <= LONGEST_ANSWER + 100


async def test_an_empty_store_says_so(sqlite: Database) -> None:
    async with sqlite.unit_of_work() as uow:
        for said in ("wissen", "wissen: scanner"):
            assert await Person(uow, Role.SUPPORTER).says(said) == "Noch gibt es keine Antworten."


async def test_a_list_that_got_shorter_meanwhile_has_no_more(supporter: Person) -> None:
    for number in range(12):
        await save(supporter.uow, f"e{number}", EntryContent(question=f"Frage {number}", answer="Kopierer"))
    await supporter.says("wissen: kopierer")
    for number in range(5, 12):
        retired = EntryContent(question="Frage", answer="Kopierer", state=State.RETIRED)
        await save(supporter.uow, f"e{number}", retired)
    assert await supporter.says("mehr") == "Das waren alle."


# Confirming and retiring


async def test_an_answer_that_still_holds_is_checked_today_and_valid_as_long_as_before(curator: Person) -> None:
    await curator.uow.knowledge.mark_reported("scanner", TODAY)
    assert await curator.says("1 gilt noch") == "Danke. Nr. 1 gilt jetzt bis 20. Mai 2027."
    found = await entry(curator.uow)
    assert (found.checked_on, found.valid_until, found.reported_on) == (TODAY, date(2027, 5, 20), None)


async def test_an_answer_is_retired_after_one_question_and_comes_back(curator: Person) -> None:
    said = await curator.says("1 zurückziehen")
    assert said == "Nr. 1 zurückziehen? „Wo steht der Scanner?“ wird dann nicht mehr gezeigt."
    assert (await entry(curator.uow)).state == State.APPROVED
    assert await curator.says("ja") == "Nr. 1 ist zurückgezogen. „1 wiederherstellen“ holt sie zurück."
    assert (await entry(curator.uow)).state == State.RETIRED
    assert await curator.says("1 wiederherstellen") == "Nr. 1 wird wieder gezeigt."
    assert (await entry(curator.uow)).content == SCANNER


async def test_retiring_can_be_left(curator: Person) -> None:
    await curator.says("1 zurückziehen")
    assert await curator.says("nein") == "Gut, Nr. 1 bleibt, wie sie ist."
    assert (await entry(curator.uow)).state == State.APPROVED


async def test_an_answer_that_changed_meanwhile_is_not_retired_unseen(curator: Person) -> None:
    await curator.says("1 zurückziehen")
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"answer": "Neu."}))
    assert "Nr. 1 wurde inzwischen geändert." in await curator.says("ja")
    assert (await entry(curator.uow)).state == State.APPROVED


async def test_what_was_in_review_when_it_was_retired_is_not_approved_by_bringing_it_back(curator: Person) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": State.IN_REVIEW}))
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": State.RETIRED}))
    assert "noch nicht freigegeben" in await curator.says("1 wiederherstellen")
    assert (await entry(curator.uow)).state == State.IN_REVIEW


@pytest.mark.parametrize(
    ("state", "said", "sentence"),
    [
        (State.DRAFT, "1 gilt noch", "Nr. 1 ist noch nicht freigegeben. „entwurf 1“ zeigt, was zu tun ist."),
        (State.IN_REVIEW, "1 zurückziehen", "Nr. 1 ist noch nicht freigegeben."),
        (State.RETIRED, "1 gilt noch", "Nr. 1 ist zurückgezogen. „1 wiederherstellen“ holt sie zurück."),
        (State.RETIRED, "1 zurückziehen", "Nr. 1 ist zurückgezogen."),
        (State.APPROVED, "1 wiederherstellen", "Nr. 1 ist nicht zurückgezogen."),
    ],
)
async def test_what_does_not_suit_the_state_is_said(curator: Person, state: State, said: str, sentence: str) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": state}))
    assert sentence in await curator.is_refused(said)
    assert (await entry(curator.uow)).state == state


@pytest.mark.parametrize(
    "said", ["1 gilt noch", "1 zurückziehen", "1 wiederherstellen", "1 verlauf", "1 zurückholen 1"]
)
async def test_supporters_decide_nothing(supporter: Person, said: str) -> None:
    assert "nur die Redaktion" in await supporter.is_refused(said)
    assert (await entry(supporter.uow)).content == SCANNER


async def test_who_is_no_longer_a_curator_retires_nothing(curator: Person) -> None:
    await curator.says("1 zurückziehen")
    curator.role = Role.SUPPORTER
    await curator.is_refused("ja")
    assert (await entry(curator.uow)).state == State.APPROVED


async def test_the_owner_confirms_and_retires_an_answer(supporter: Person) -> None:
    await supporter.uow.knowledge.assign("scanner", Part.OWNER, "stand-in", "ute")
    assert "gilt jetzt bis" in await supporter.says("1 gilt noch")
    await supporter.says("1 zurückziehen")
    await supporter.says("ja")
    assert (await entry(supporter.uow)).state == State.RETIRED
    assert "wird wieder gezeigt" in await supporter.says("1 wiederherstellen")


# History


async def test_the_history_names_day_and_origin_newest_first(curator: Person) -> None:
    assert "Frühere Fassungen gibt es nicht." in await curator.says("1 verlauf")
    await curator.says("1 gilt noch")
    text = await curator.says("1 verlauf")
    assert text.startswith("Nr. 1 steht jetzt in Fassung 2: 20. November 2026, geprüft, gilt noch.")
    assert curator.choices == ["Fassung 1: 20. November 2026, Import"]


async def test_a_version_is_looked_at_and_brought_back_as_a_new_one(curator: Person) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"answer": "Oben.", "checked_on": TODAY}))
    await curator.says("1 verlauf")
    seen = await curator.says("1")
    assert "Fassung 1 von Nr. 1. Anders als jetzt ist:" in seen
    assert "Antwort: Im Keller." in seen
    assert "Geprüft am: 3. September 2026" in seen
    assert "Stichworte" not in seen
    assert "wieder wie in Fassung 1" in await curator.says("ja")
    assert (await entry(curator.uow)).content == SCANNER
    newest = (await curator.uow.knowledge.revisions("scanner"))[-1]
    assert (newest.number, newest.origin) == (3, "Fassung 1 zurückgeholt")


async def test_a_version_that_has_everything_different_is_read_at_a_glance(curator: Person) -> None:
    words = ["Wort " * 200]
    other = {"question": words[0], "answer": words[0], "tags": words, "sources": words, "phrasings": words}
    await save(curator.uow, "scanner", EntryContent.model_validate(other | {"variants": {"Amt 66": words[0]}}))
    await save(curator.uow, "scanner", SCANNER)
    await curator.says("1 verlauf")
    seen = await curator.says("fassung 2")
    assert len(seen) < 800
    assert "Abweichungen: ### Abweichend: Amt 66" in seen


async def test_a_long_history_is_complete(curator: Person) -> None:
    for number in range(20):
        await save(curator.uow, "scanner", SCANNER.model_copy(update={"answer": f"Antwort {number}."}))
    await curator.says("1 verlauf")
    labels = list(curator.choices)
    while "mehr" in curator.choices:
        await curator.says("mehr")
        labels += curator.choices
    assert [label.split(":")[0] for label in labels if label != "mehr"] == [f"Fassung {n}" for n in range(20, 0, -1)]


@pytest.mark.parametrize("said", ["1 zurückholen 1", "1 zurückholen Fassung 1.", "zurückholen"])
async def test_a_version_is_brought_back_by_its_number(curator: Person, said: str) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"answer": "Oben."}))
    if said == "zurückholen":
        assert "zum Beispiel „12 zurückholen 3“" in await curator.is_refused(said)
        return
    await curator.says(said)
    assert (await entry(curator.uow)).content == SCANNER


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("1 zurückholen 7", "Eine Fassung 7 von Nr. 1 gibt es nicht. „1 verlauf“ zeigt alle."),
        ("1 zurückholen bitte", "Welche Fassung?"),
        ("1 zurückholen 99999999", "Welche Fassung?"),
    ],
)
async def test_a_version_that_is_not_there_is_said(curator: Person, said: str, sentence: str) -> None:
    assert sentence in await curator.is_refused(said)


@pytest.mark.parametrize(
    "changes", [{"state": State.RETIRED}, {"state": State.DRAFT}, {"visibility": Visibility.COMMUNITY}]
)
async def test_bringing_back_a_text_shows_it_to_nobody_more(curator: Person, changes: dict[str, object]) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"answer": "Oben.", **changes}))
    await curator.says("1 zurückholen 1")
    assert (await entry(curator.uow)).content == SCANNER.model_copy(update=changes)


@pytest.mark.parametrize("is_looked_at", [True, False])
async def test_a_text_for_supporters_stays_theirs_when_it_is_brought_back(curator: Person, is_looked_at: bool) -> None:
    narrow = SCANNER.model_copy(update={"answer": "Code 4711.", "visibility": Visibility.COMMUNITY})
    await save(curator.uow, "scanner", narrow)
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"visibility": Visibility.PUBLIC}))
    if is_looked_at:
        await curator.says("1 verlauf")
        assert "Sichtbar: nur Lots:innen" in await curator.says("fassung 2")
        said = await curator.says("ja")
    else:
        said = await curator.says("1 zurückholen 2")
    assert "Sichtbar ist sie wie damals: nur Lots:innen." in said
    assert (await entry(curator.uow)).content == narrow


async def test_earlier_versions_are_not_shown_where_others_read_along(uow: UnitOfWork) -> None:
    await save(uow, "scanner", SCANNER.model_copy(update={"answer": "Oben."}))
    for place in (COMMUNITY, STAFF_ROOM):
        assert await Person(uow, Role.CURATOR, place).is_refused("1 verlauf")
    curator = Person(uow, Role.CURATOR, CURATORS)
    await curator.says("1 verlauf")
    curator.place = COMMUNITY
    assert "im Raum der Redaktion" in await curator.is_refused("fassung 1")


async def approve(person: Person) -> str:
    await person.says("1 zeigen")
    return await person.says("freigeben")


async def test_who_brings_back_their_own_words_does_not_approve_them(curator: Person) -> None:
    for answer in ("Oben.", "Unten."):
        await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": State.DRAFT, "answer": answer}))
    await curator.uow.knowledge.assign("scanner", Part.PROPOSER, "stand-in", "tom")
    await curator.says("1 zurückholen 2")
    await curator.says("1 zeigen")
    assert "eine zweite Person" in await curator.is_refused("freigeben")
    assert "ist freigegeben" in await approve(Person(curator.uow, Role.CURATOR, name="jutta"))


async def test_a_version_is_not_brought_back_over_a_newer_one_unseen(curator: Person) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"answer": "Oben."}))
    await curator.says("1 verlauf")
    await curator.says("1")
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"answer": "Ganz oben."}))
    said = await curator.says("ja")
    assert said.startswith("Nr. 1 wurde inzwischen geändert.\n\nNr. 1 steht jetzt in Fassung 3")
    assert (await entry(curator.uow)).answer == "Ganz oben."


async def test_a_version_from_before_there_were_variants_is_brought_back(curator: Person) -> None:
    [version] = await curator.uow.knowledge.revisions("scanner")
    version.content = {key: value for key, value in version.content.items() if key != "variants"}
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"answer": "Oben."}))
    await curator.says("1 zurückholen 1")
    assert (await entry(curator.uow)).content == SCANNER.model_copy(update={"variants": {}})


def test_the_office_of_the_tests_stands_on_one_day() -> None:
    assert NOW.date() == TODAY
