"""Changing an entry in a dialogue, down to a real database."""

import json
from collections.abc import AsyncIterator
from datetime import date

import pytest

from bot.messages import Conversation, Outgoing
from bot.platforms.matrix.content import to_content
from bot.platforms.teams.cards import to_activity
from bot.rendering import to_html, to_lines, to_plain
from bot.roles import Role
from editorial import COMMUNITY, CURATORS, DIRECT, STAFF_ROOM, Person, entry, save
from knowledge.formats.fields import LONGEST
from storage.database import Database, UnitOfWork
from storage.models.knowledge import EntryContent, Part, State, Visibility

TODAY = date(2026, 11, 20)
SCANNER = EntryContent(
    question="Wo steht der Scanner?",
    answer="Im Keller.",
    tags=["Scannen"],
    owner="Tom Berger",
    checked_on=date(2026, 1, 3),
    valid_until=date(2027, 7, 1),
    sources=["Plan"],
)


@pytest.fixture
async def uow(sqlite: Database) -> AsyncIterator[UnitOfWork]:
    async with sqlite.unit_of_work() as uow:
        await save(uow, "scanner", SCANNER)
        yield uow


@pytest.fixture
def curator(uow: UnitOfWork) -> Person:
    return Person(uow, Role.CURATOR)


async def tell(person: Person, *texts: str) -> str:
    answer = ""
    for text in texts:
        answer = await person.says(text)
    return answer


async def test_an_answer_is_changed_after_a_look_at_it(curator: Person) -> None:
    assert await curator.says("1 ändern") == "Was willst du an Nr. 1 ändern?"
    assert curator.choices == [
        "Antwort", "Frage", "Stichworte", "Quelle", "sichtbar für", "gültig bis", "Abweichung für einen Fachbereich",
        "verantwortlich", "nichts ändern",
    ]  # fmt: skip
    assert await curator.says("1") == "Schreib mir die neue Antwort.\n\nBisher: Im Keller."
    seen = await curator.says("Im Erdgeschoss.\nRaum 12.")
    assert "So wird Nr. 1:" in seen
    assert "Im Erdgeschoss.\nRaum 12." in seen
    assert (await entry(curator.uow)).answer == "Im Keller.", "nothing counts before it is confirmed"
    assert "Gespeichert" in await curator.says("ja")
    assert (await entry(curator.uow)).answer == "Im Erdgeschoss.\nRaum 12."


@pytest.mark.parametrize(
    ("field", "text", "changes"),
    [
        ("frage", "Wo ist der große Scanner?", {"question": "Wo ist der große Scanner?"}),
        ("stichworte", "Scannen, E-Akte", {"tags": ["Scannen", "E-Akte"]}),
        ("stichworte", "leer", {"tags": []}),
        ("quelle", "Intranet; Plan, S. 3", {"sources": ["Intranet", "Plan, S. 3"]}),
        ("quelle", "leer", {"sources": []}),
        ("sichtbar", "nur Lots:innen", {"visibility": Visibility.COMMUNITY}),
        ("sichtbar", "1", {"visibility": Visibility.COMMUNITY}),
        ("sichtbar", "4", {"visibility": Visibility.PUBLIC}),
        ("gültig", "31.3.2027", {"valid_until": date(2027, 3, 31)}),
        ("gültig", "in 6 Monaten", {"valid_until": date(2027, 5, 20)}),
        ("gültig", "Ende März", {"valid_until": date(2027, 3, 31)}),
        ("gültig", "leer", {"valid_until": None}),
        ("verantwortlich", "Ruth Maier", {"owner": "Ruth Maier"}),
        ("verantwortlich", "ich", {"owner": "Ute"}),
        ("verantwortlich", "leer", {"owner": None}),
    ],
)
async def test_each_field_takes_what_people_write(
    curator: Person, field: str, text: str, changes: dict[str, object] | None
) -> None:
    await tell(curator, "1 ändern", field)
    if changes is None:
        with pytest.raises(AssertionError, match="is no command"):
            await curator.says(text)
        return
    await tell(curator, text, "ja")
    assert (await entry(curator.uow)).content == SCANNER.model_copy(update=changes)


async def test_the_answer_of_a_department_is_added_changed_and_taken_away(curator: Person) -> None:
    await tell(curator, "1 ändern", "abweichung", "  FB   Soziales ", "Im FB Soziales oben.", "ja")
    assert (await entry(curator.uow)).variants == {"FB Soziales": "Im FB Soziales oben."}
    assert "Bisher: Im FB Soziales oben." in await tell(curator, "1 ändern", "abweichung", "fb soziales")
    await tell(curator, "Ganz oben.", "ja")
    assert (await entry(curator.uow)).variants == {"FB Soziales": "Ganz oben."}
    await tell(curator, "1 ändern", "abweichung", "1", "leer", "ja")
    found = await entry(curator.uow)
    assert (found.variants, found.answer) == ({}, "Im Keller.")


@pytest.mark.parametrize("field", ["antwort", "abweichung"])
async def test_whoever_writes_an_answer_anew_has_checked_it(curator: Person, field: str) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"valid_until": date(2026, 11, 1)}))
    department = ["Amt 66"] if field == "abweichung" else []
    seen = await tell(curator, "1 ändern", field, *department, "Im Erdgeschoss.")
    assert "Damit gilt die Antwort als heute geprüft, bis 20. Mai 2027." in seen
    await curator.says("ja")
    found = await entry(curator.uow)
    assert (found.checked_on, found.valid_until) == (TODAY, date(2027, 5, 20))


async def test_a_draft_that_is_changed_is_not_checked_by_that(curator: Person) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": State.DRAFT}))
    await tell(curator, "1 ändern", "antwort", "Im Erdgeschoss.", "ja")
    found = await entry(curator.uow)
    assert (found.state, found.checked_on) == (State.DRAFT, date(2026, 1, 3))


@pytest.mark.parametrize(("field", "text", "is_doubted"), [
    ("stichworte", "neu", True), ("frage", "Wo?", True), ("antwort", "Oben.", False), ("gültig", "31.3.2027", False),
])  # fmt: skip
async def test_only_a_new_answer_or_date_settles_a_report(
    curator: Person, field: str, text: str, is_doubted: bool
) -> None:
    await curator.uow.knowledge.mark_reported("scanner", TODAY)
    await curator.uow.knowledge.note_asked("scanner", TODAY)
    await tell(curator, "1 ändern", field, text, "ja")
    found = await entry(curator.uow)
    assert (found.reported_on is not None, found.asked_on is not None) == (is_doubted, is_doubted)


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("antwort", " \n ", "Da fehlt noch ein Text. Schreib ihn mir bitte noch einmal."),
        ("antwort", "\u200b\u200d\u2060", "Da fehlt noch ein Text."),
        ("frage", "\u200d", "Da fehlt noch ein Text."),
        ("abweichung", "\u200d", "Schreib mir nur den Namen"),
        ("gültig", "0000-01-01", "Der 1. Januar 2000 geht nicht"),
        ("gültig", "29.2.0000", "geht nicht"),
        ("antwort", "x" * (LONGEST["answer"] + 1), "Der Text hat 20001 Zeichen, erlaubt sind 20000. Schreib ihn bitte"),
        ("frage", "x" * 2001, "Der Text hat 2001 Zeichen, erlaubt sind 2000. Schreib ihn bitte kürzer."),
        ("verantwortlich", "x" * 101, "Der Text hat 101 Zeichen, erlaubt sind 100. Schreib ihn bitte kürzer."),
        ("gültig", "bald", "Diesen Tag verstehe ich nicht. Schreib zum Beispiel „31.3.2027“ oder „Ende März“."),
        ("gültig", "31.2.2027", "Diesen Tag verstehe ich nicht. Schreib zum Beispiel „31.3.2027“ oder „Ende März“."),
        ("gültig", "1.1.2026", "Der 1. Januar 2026 geht nicht: Der Tag muss in den nächsten zehn Jahren liegen."),
        ("gültig", "1.1.2072", "Der 1. Januar 2072 geht nicht: Der Tag muss in den nächsten zehn Jahren liegen."),
        ("abweichung", "x" * 101, "Schreib mir nur den Namen, zum Beispiel „FB Soziales“ oder „Amt 66“."),
    ],
)  # fmt: skip
async def test_what_does_not_do_is_said_and_asked_again(curator: Person, field: str, text: str, sentence: str) -> None:
    await tell(curator, "1 ändern", field)
    assert sentence in await curator.is_refused(text)
    assert curator.offer
    assert curator.offer.asks, "the next text is still taken"
    assert (await entry(curator.uow)).content == SCANNER


@pytest.mark.parametrize("words", [("nein",), ("antwort", "nein"), ("antwort", "Im Erdgeschoss.", "nein")])
async def test_at_each_step_nothing_can_be_changed(curator: Person, words: tuple[str, ...]) -> None:
    assert await tell(curator, "1 ändern", *words) == "Gut, Nr. 1 bleibt, wie sie ist."
    assert (await entry(curator.uow)).content == SCANNER
    assert await curator.uow.knowledge.revision("scanner") == 1


async def test_a_text_can_be_written_once_more(curator: Person) -> None:
    await tell(curator, "1 ändern", "antwort", "Im Erdgechoss.", "ändern", "Im Erdgeschoss.", "ja")
    assert (await entry(curator.uow)).answer == "Im Erdgeschoss."


async def test_what_stands_there_already_is_not_saved(curator: Person) -> None:
    assert await tell(curator, "1 ändern", "antwort", "Im Keller.") == "Nr. 1 steht schon so da."
    assert await curator.uow.knowledge.revision("scanner") == 1


async def test_a_day_said_from_today_is_kept_as_that_day(curator: Person) -> None:
    await tell(curator, "1 ändern", "gültig", "in 6 Monaten")
    assert curator.offer
    assert curator.offer.choices[0].data["text"] == "2027-05-20"


async def test_personal_data_is_warned_of_and_the_curator_decides(curator: Person) -> None:
    text = "Fragen Sie Erika Mustermann, Mobil 0171 2345678."
    seen = await tell(curator, "1 ändern", "antwort", text)
    assert "persönliche Angaben: Name, Telefon. Ohne sie hieße es: „Fragen Sie [Name]" in seen
    assert curator.choices == ["ja", "ohne diese Angaben speichern", "noch einmal schreiben", "nein"]
    await curator.says("ohne")
    assert "Mustermann" not in (await entry(curator.uow)).answer
    assert "[Name]" in (await entry(curator.uow)).answer
    await tell(curator, "1 ändern", "antwort", text, "ja")
    assert (await entry(curator.uow)).answer == text


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW])
@pytest.mark.parametrize("field", ["antwort", "frage", "quelle"])
async def test_personal_data_never_gets_into_a_draft(curator: Person, state: State, field: str) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": state}))
    seen = await tell(curator, "1 ändern", field, "Fragen Sie Erika Mustermann, Mobil 0171 2345678.")
    assert "Ersetzt habe ich: Name, Telefon." in seen
    assert curator.choices == ["ja", "noch einmal schreiben", "nein"]
    assert "Mustermann" not in f"{seen}{curator.offer}"
    await curator.says("ja")
    assert "Mustermann" not in str(await curator.uow.knowledge.revisions("scanner"))


async def test_no_person_becomes_a_department_of_a_draft(curator: Person) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": State.DRAFT}))
    await tell(curator, "1 ändern", "abweichung")
    assert "nur den Namen" in await curator.is_refused("Frau Erika Mustermann")
    assert "für Amt 66" in await curator.says("Amt 66")


async def test_below_a_draft_only_ones_own_name_can_be_put(curator: Person) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": State.DRAFT, "owner": None}))
    assert await tell(curator, "1 ändern", "verantwortlich") == "Soll dein Name bei der Antwort stehen?"
    assert curator.choices == ["Ute", "ohne Namen", "nichts ändern"]
    assert curator.offer
    assert curator.offer.asks is None
    await tell(curator, "ich", "ja")
    assert (await entry(curator.uow)).owner == "Ute"


@pytest.mark.parametrize(
    ("field", "text"), [("antwort", "Oben."), ("frage", "Wo?"), ("abweichung", "Oben."), ("stichworte", "neu")]
)
async def test_who_rewrites_a_draft_does_not_approve_it(curator: Person, field: str, text: str) -> None:
    await save(curator.uow, "scanner", SCANNER.model_copy(update={"state": State.DRAFT}))
    await curator.uow.knowledge.assign("scanner", Part.PROPOSER, "stand-in", "tom")
    await tell(curator, "1 ändern", field, *(["Amt 66"] if field == "abweichung" else []), text)
    assert "Über Entwurf Nr. 1 entscheidet eine zweite Person." in await curator.says("ja")
    await curator.says("1 zeigen")
    if field == "stichworte":
        assert "ist freigegeben" in await curator.says("freigeben")
        return
    assert "hast du vorgeschlagen oder geändert" in await curator.is_refused("freigeben")
    other = Person(curator.uow, Role.CURATOR, name="jutta")
    assert "ist freigegeben" in await tell(other, "1 zeigen", "freigeben")


async def test_of_a_new_answer_only_that_is_changed_which_gets_into_the_entry(curator: Person) -> None:
    await save(curator.uow, "fassung/scanner/x", SCANNER.model_copy(update={"state": State.DRAFT}))
    await curator.says("2 ändern")
    assert curator.choices == ["Antwort", "Quelle", "gültig bis", "verantwortlich", "nichts ändern"]


# Two at once


async def test_the_slower_of_two_curators_hears_it_and_both_versions_are_kept(curator: Person) -> None:
    slow = Person(curator.uow, Role.COORDINATOR, name="jutta")
    await tell(slow, "1 ändern", "antwort", "Im dritten Stock.")
    await tell(curator, "1 ändern", "antwort", "Im Erdgeschoss.", "ja")
    said = await slow.says("ja")
    assert "Nr. 1 wurde inzwischen geändert. Jetzt steht dort:\n\nIm Erdgeschoss." in said
    assert "Deine Fassung ist als Fassung 3 aufgehoben. Soll sie gelten?" in said
    assert (await entry(curator.uow)).answer == "Im Erdgeschoss."
    kept = [version.content["answer"] for version in await curator.uow.knowledge.revisions("scanner")]
    assert kept == ["Im Keller.", "Im Erdgeschoss.", "Im dritten Stock.", "Im Erdgeschoss."]
    await slow.says("ja")
    assert (await entry(curator.uow)).answer == "Im dritten Stock."


async def test_the_slower_one_may_leave_it_and_finds_the_text_in_the_history(curator: Person) -> None:
    slow = Person(curator.uow, Role.COORDINATOR, name="jutta")
    await tell(slow, "1 ändern", "antwort", "Im dritten Stock.")
    await tell(curator, "1 ändern", "antwort", "Im Erdgeschoss.", "ja")
    assert await tell(slow, "ja", "nein") == "Gut, Nr. 1 bleibt, wie sie ist."
    await slow.says("1 zurückholen 3")
    assert (await entry(curator.uow)).answer == "Im dritten Stock."


async def test_another_field_that_somebody_changed_meanwhile_is_not_undone(curator: Person) -> None:
    slow = Person(curator.uow, Role.COORDINATOR, name="jutta")
    await tell(slow, "1 ändern", "stichworte", "Drucken")
    await tell(curator, "1 ändern", "antwort", "Im Erdgeschoss.", "ja")
    await tell(slow, "ja", "ja")
    found = await entry(curator.uow)
    assert (found.tags, found.answer) == (["Drucken"], "Im Erdgeschoss.")


async def test_the_text_for_an_entry_that_is_gone_is_said_back(curator: Person) -> None:
    await save(curator.uow, "draft", SCANNER.model_copy(update={"state": State.DRAFT}))
    await tell(curator, "2 ändern", "antwort", "Im dritten Stock.")
    await curator.uow.knowledge.discard("draft")
    said = await curator.is_refused("ja")
    assert "Diese Antwort gibt es nicht mehr. Dein Text war:\n\nIm dritten Stock." in said


async def test_a_very_long_text_for_an_entry_that_is_gone_is_said_back_short(curator: Person) -> None:
    await save(curator.uow, "draft", SCANNER.model_copy(update={"state": State.DRAFT}))
    await tell(curator, "2 ändern", "antwort", "Wort " * 3000)
    await curator.uow.knowledge.discard("draft")
    assert len(await curator.is_refused("ja")) < 700


async def test_the_history_never_says_who(curator: Person) -> None:
    slow = Person(curator.uow, Role.COORDINATOR, name="jutta")
    await tell(slow, "1 ändern", "antwort", "Im dritten Stock.")
    await tell(curator, "1 ändern", "antwort", "Im Erdgeschoss.", "ja")
    await slow.says("ja")
    for version in await curator.uow.knowledge.revisions("scanner"):
        assert not {"ute", "jutta"} & set(json.dumps(version.model_dump(mode="json")).casefold().split('"'))


# Who may


@pytest.mark.parametrize(
    ("role", "place", "sentence"),
    [
        (Role.STAFF_MEMBER, DIRECT, "Das Wissen pflegen die Lots:innen."),
        (Role.SUPPORTER, DIRECT, "Das entscheiden nur die Redaktion und wer hinter der Antwort steht."),
        (Role.SUPPORTER, COMMUNITY, "Das entscheiden nur die Redaktion"),
        (Role.CURATOR, STAFF_ROOM, "nur im direkten Chat mit mir oder in den Räumen der Lots:innen."),
    ],
)
async def test_only_curators_change_and_only_among_supporters(
    uow: UnitOfWork, role: Role, place: Conversation, sentence: str
) -> None:
    assert sentence in await Person(uow, role, place).is_refused("1 ändern")


@pytest.mark.parametrize("role", [Role.CURATOR, Role.COORDINATOR])
@pytest.mark.parametrize("place", [DIRECT, COMMUNITY, CURATORS])
async def test_curators_change_in_direct_chats_and_among_supporters(
    uow: UnitOfWork, role: Role, place: Conversation
) -> None:
    await tell(Person(uow, role, place), "1 ändern", "antwort", "Oben.", "ja")
    assert (await entry(uow)).answer == "Oben."


async def test_whoever_stands_behind_an_answer_changes_it_but_not_who_sees_it(uow: UnitOfWork) -> None:
    owner = Person(uow, Role.SUPPORTER, name="tom")
    await uow.knowledge.assign("scanner", Part.OWNER, "stand-in", "tom")
    await owner.says("1 ändern")
    assert "sichtbar für" not in owner.choices
    assert "verantwortlich" not in owner.choices
    await tell(owner, "antwort", "Oben.", "ja")
    assert (await entry(uow)).answer == "Oben."


async def test_somebody_with_the_same_id_elsewhere_is_not_the_owner(uow: UnitOfWork) -> None:
    await uow.knowledge.assign("scanner", Part.OWNER, "elsewhere", "tom")
    assert "Redaktion" in await Person(uow, Role.SUPPORTER, name="tom").is_refused("1 ändern")


async def test_a_proposer_changes_a_draft_but_no_longer_an_approved_answer(uow: UnitOfWork) -> None:
    proposer = Person(uow, Role.SUPPORTER, name="tom")
    await uow.knowledge.assign("scanner", Part.PROPOSER, "stand-in", "tom")
    assert "Redaktion" in await proposer.is_refused("1 ändern")
    await save(uow, "scanner", SCANNER.model_copy(update={"state": State.DRAFT}))
    await tell(proposer, "1 ändern", "sichtbar", "1", "ja")
    assert (await entry(uow)).visibility == Visibility.COMMUNITY


@pytest.mark.parametrize("step", [("antwort",), ("antwort", "Oben."), ("antwort", "Oben.", "ja")])
async def test_who_is_no_longer_a_curator_gets_no_further(curator: Person, step: tuple[str, ...]) -> None:
    await tell(curator, "1 ändern", *step[:-1])
    curator.role = Role.SUPPORTER
    assert "Redaktion" in await curator.is_refused(step[-1])
    assert (await entry(curator.uow)).content == SCANNER


@pytest.mark.parametrize("step", [("antwort",), ("antwort", "Oben."), ("antwort", "Oben.", "ja")])
async def test_where_others_read_by_now_nothing_is_changed(uow: UnitOfWork, step: tuple[str, ...]) -> None:
    curator = Person(uow, Role.CURATOR, COMMUNITY)
    await tell(curator, "1 ändern", *step[:-1])
    curator.place = STAFF_ROOM
    assert "nur im direkten Chat" in await curator.is_refused(step[-1])
    assert (await entry(uow)).content == SCANNER


async def test_an_owner_who_is_no_longer_a_supporter_changes_nothing(uow: UnitOfWork) -> None:
    owner = Person(uow, Role.SUPPORTER, name="tom")
    await uow.knowledge.assign("scanner", Part.OWNER, "stand-in", "tom")
    await owner.says("1 ändern")
    owner.role = Role.STAFF_MEMBER
    assert "Das Wissen pflegen die Lots:innen." in await owner.is_refused("antwort")


async def test_in_a_confidential_room_nothing_is_changed(curator: Person) -> None:
    curator.is_confidential = True
    assert "vertraulich" in await curator.is_refused("1 ändern")


async def test_a_new_owner_is_asked_in_the_place_of_the_old_one(curator: Person) -> None:
    await curator.uow.knowledge.assign("scanner", Part.OWNER, "stand-in", "tom")
    await tell(curator, "1 ändern", "verantwortlich", "Ruth Maier", "ja")
    assert await curator.uow.knowledge.person("scanner", Part.OWNER) is None
    await tell(curator, "1 ändern", "verantwortlich", "ich", "ja")
    owner = await curator.uow.knowledge.person("scanner", Part.OWNER)
    assert owner
    assert owner.person == "ute"


async def test_without_a_number_it_is_said_how_it_is_done(curator: Person) -> None:
    assert await curator.is_refused("ändern") == "Welche Antwort? Schreib mir zum Beispiel „12 ändern“."
    assert await curator.is_refused("77 ändern") == "Eine Antwort Nr. 77 finde ich nicht."


# Markup


async def test_signs_that_no_database_takes_are_left_out(curator: Person) -> None:
    await tell(curator, "1 ändern", "antwort", "Im\x00 Erdgeschoss.\x07", "ja")
    await tell(curator, "1 ändern", "abweichung", "Amt\x00 66", "Oben.", "ja")
    found = await entry(curator.uow)
    assert (found.answer, found.variants) == ("Im Erdgeschoss.", {"Amt 66": "Oben."})


async def test_lists_and_names_stand_in_one_line(curator: Person) -> None:
    await tell(curator, "1 ändern", "stichworte", "Scan\n\n**Nr. 9** ist frei, \u200d, Druck", "ja")
    await tell(curator, "1 ändern", "verantwortlich", "Ruth\nMaier", "ja")
    found = await entry(curator.uow)
    assert (found.tags, found.owner) == (["Scan **Nr. 9** ist frei", "Druck"], "Ruth Maier")


HOSTILE = (
    "<script>alert(1)</script> <img src=x onerror=alert(1)> [hier](javascript:alert(1)) "
    '<a href="https://matrix.to/#/@anna:example.org">Anna</a> <at>Anna</at> @room Lots*innen und Kolleg*innen'
)


async def test_markup_in_an_answer_is_kept_as_text_and_harmless_however_it_is_shown(curator: Person) -> None:
    seen = await tell(curator, "1 ändern", "antwort", HOSTILE)
    await curator.says("ja")
    assert (await entry(curator.uow)).answer == HOSTILE
    everywhere = dict.fromkeys(("question", "owner"), HOSTILE) | {"tags": [HOSTILE], "sources": [HOSTILE]}
    whole = SCANNER.model_copy(update=everywhere | {"variants": {HOSTILE: HOSTILE}, "state": State.DRAFT})
    await save(curator.uow, "everywhere", whole)
    draft = await curator.says("2 zeigen")
    await save(curator.uow, "everywhere", whole.model_copy(update={"state": State.APPROVED}))
    for text in (seen, await curator.says("1 zeigen"), draft, await curator.says("2 zeigen")):
        html = to_html(text)
        assert "&lt;script&gt;" in html
        for danger in ("<script", "<img", "<a ", "<at>"):
            assert danger not in html
        plain = to_plain(text)
        lines = "\n".join("".join(run.text for run in line.runs) for line in to_lines(text))
        for shown in (plain, lines):
            assert "Lots*innen und Kolleg*innen" in shown
            assert "<script>alert(1)</script>" in shown
        assert not any(run.target for line in to_lines(text) for run in line.runs)
        assert to_content(Outgoing("k", DIRECT, text))["m.mentions"] == {}
        assert "mention" not in json.dumps(to_activity(Outgoing("k", DIRECT, text)))
