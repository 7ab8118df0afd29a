"""Taking up what people answer each other: what is proposed, and what is never kept."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.community import Community
from bot.deletion import key_beside
from bot.dispatcher import Dispatcher
from bot.errors import UserError
from bot.mailbox import Mailbox
from bot.messages import Action, Choice, Conversation, Kind, Quoted, Reply, Sender
from bot.roles import Role
from bot.settings import CommunitySettings
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import StandIn, said
from handlers.capture import is_pointing, listen, remember
from handlers.proposals import LONGEST_CAPTURED, decide, split
from handlers.table import TABLE
from knowledge.decision import Decision
from knowledge.index import Hit
from knowledge.search import Findings
from knowledge.topics import Topic
from storage.database import Database
from storage.models.knowledge import EntryContent, KnowledgeEntry, Part, State, Visibility
from storage.models.questions import QuestionState

LOTSEN = Conversation("stand-in", "lotsen")
FOR_ALL = frozenset({Visibility.ORGANIZATION})
AMONG_SUPPORTERS = FOR_ALL | {Visibility.COMMUNITY}
ASKER, MEHMET, TOM = Sender("oezdemir", "Frau Özdemir"), Sender("demir", "Mehmet Demir"), Sender("berger", "Tom Berger")
ASKED = Quoted("q1", ASKER, "Welche Leitweg-ID gilt für die Kita?")
TOLD = Quoted("a1", MEHMET, "Nehmt die vom FB 51, sie steht im Intranet.", answers=ASKED)
SCANNER = EntryContent(question="Wo steht der Scanner?", answer="Im Erdgeschoss.", tags=["Scanner", "Rathaus"])
PRINTER = EntryContent(question="Wo steht der Drucker?", answer="Im Keller.", tags=["Drucker", "Rathaus"])
SECRETS = ["Müller", "Kaya", "0201 882345", "aylin.kaya@stadt.de", "50-123/24"]
TELLING = "Ruf Frau Müller an: 0201 882345, aylin.kaya@stadt.de, Az. 50-123/24, sagt Aylin Kaya."
NOTHING = Topic("Mobbing", "Es hilft der Personalrat.")


def services(*near: str, decision: Decision = Decision.ANSWER, topic: Topic | None = None) -> Services:
    """A search that finds these entries, whatever is said, and thinks that it is about a topic."""
    shown = [Hit(entry_id, 0.9, 0.5, 0.1) for entry_id in near]

    async def find(text: str, circles: object) -> Findings:
        return Findings(decision if near else Decision.UNKNOWN, shown, shown)

    sensitivity = SimpleNamespace(recognise=lambda vector, text: topic)
    return SimpleNamespace(search=SimpleNamespace(find=find), commands=(), sensitivity=sensitivity)  # type: ignore[return-value]


NEW = services()


@pytest.fixture
async def turn(sqlite: Database, clock: MovedClock) -> AsyncIterator[Turn]:
    """Tom pins what Mehmet answered in a room where everybody reads."""
    async with sqlite.unit_of_work() as uow:
        await uow.knowledge.save([("scanner", SCANNER), ("printer", PRINTER)], "test", clock.now())
        message = replace(said("pin", "📌", LOTSEN, kind=Kind.REACTION), sender=TOM, quoted=TOLD, thread="q1")
        yield Turn(message, "", None, "k-pin", FOR_ALL, clock.now(), str, uow, Role.SUPPORTER)


def pinning(turn: Turn, quoted: Quoted | None, **changes: object) -> Turn:
    return replace(turn, message=replace(turn.message, quoted=quoted, **changes))  # type: ignore[arg-type]


def typing(turn: Turn, text: str) -> Turn:
    """Tom writes „merken: …“ alone with the bot."""
    message = replace(said("m1", text), sender=TOM)
    return replace(turn, message=message, text=text, sees=AMONG_SUPPORTERS)


def below(turn: Turn, text: str, sender: Sender = MEHMET) -> Turn:
    """Somebody writes something in the thread below the question."""
    message = replace(said("a1", text, LOTSEN, is_aside=True, quoted=ASKED, thread="q1"), sender=sender)
    return replace(turn, message=message, text=text, answer_key="k-aside")


def reply(actions: Sequence[Action]) -> Reply:
    [action] = actions
    assert isinstance(action, Reply)
    return action


def choice(actions: Sequence[Action], word: str) -> Choice:
    offer = reply(actions).offer
    assert offer
    return next(one for one in offer.choices if one.word == word)


def words(actions: Sequence[Action]) -> list[str]:
    offer = reply(actions).offer
    return [one.word for one in offer.choices] if offer else []


async def choose(turn: Turn, actions: Sequence[Action], word: str, among: Services = NEW) -> Sequence[Action]:
    return await decide(replace(turn, choice=choice(actions, word), text="", answer_key=f"k-{word}"), among)


async def write(turn: Turn, actions: Sequence[Action], text: str, among: Services = NEW) -> Sequence[Action]:
    offer = reply(actions).offer
    assert offer
    assert offer.asks
    return await decide(replace(turn, choice=Choice("", "", offer.asks), text=text, answer_key="k-text"), among)


async def drafts(turn: Turn) -> Sequence[KnowledgeEntry]:
    return await turn.uow.knowledge.in_state(State.DRAFT)


async def open_question(turn: Turn, event_id: str = "q1", text: str = ASKED.text) -> None:
    await turn.uow.questions.open(text, turn.today, key_beside(turn.message, event_id))


async def state_of_question(turn: Turn) -> QuestionState:
    question = await turn.uow.questions.asked_in([key_beside(turn.message, "q1")])
    assert question
    return QuestionState(question.state)


async def test_a_pinned_answer_is_proposed_with_all_that_a_draft_needs(turn: Turn) -> None:
    proposed = await remember(turn, NEW)
    text = reply(proposed).text
    for part in (ASKED.text, TOLD.text, "Sichtbar: alle Beschäftigten.", "Prüfen: 20. Mai 2027.", "Name: nicht dabei."):
        assert part in text
    assert "Quelle: Chat, 20. November 2026." in text
    assert await drafts(turn) == []
    await choose(turn, proposed, "ja")
    [draft] = await drafts(turn)
    assert (draft.question, draft.answer) == (ASKED.text, TOLD.text)
    assert (draft.owner, draft.checked_on, draft.valid_until) == (None, None, date(2027, 5, 20))
    assert (draft.visibility, draft.sources) == (Visibility.ORGANIZATION, ["Chat, 20. November 2026"])


async def test_who_knows_the_answer_is_asked_later_and_who_proposed_it_is_known_until_it_is_decided(turn: Turn) -> None:
    await choose(turn, await remember(turn, NEW), "ja")
    [draft] = await drafts(turn)
    owner = await turn.uow.knowledge.person(draft.id, Part.OWNER)
    proposer = await turn.uow.knowledge.person(draft.id, Part.PROPOSER)
    assert owner
    assert proposer
    assert (owner.person, proposer.person) == (MEHMET.id, TOM.id)


async def test_only_the_author_may_have_their_name_below_an_answer(turn: Turn) -> None:
    assert "mit Namen" not in words(await remember(turn, NEW))
    own = pinning(turn, replace(TOLD, sender=TOM))
    proposed = await remember(own, NEW)
    await choose(own, proposed, "mit Namen")
    [draft] = await drafts(turn)
    assert draft.owner == TOM.name


async def test_what_its_finder_does_not_want_kept_is_not_kept(turn: Turn) -> None:
    assert reply(await choose(turn, await remember(turn, NEW), "nein")).text == "Gut, ich merke mir nichts davon."
    assert await drafts(turn) == []


# question and answer


@pytest.mark.parametrize(
    ("quoted", "question"),
    [
        (TOLD, ASKED.text),
        (replace(TOLD, answers=replace(ASKED, text="hallo zusammen, wo ist die Leitweg-ID")), "wo ist die Leitweg-ID"),
        (replace(TOLD, answers=replace(ASKED, sender=MEHMET)), ASKED.text),
        (replace(TOLD, answers=replace(ASKED, sender=MEHMET, text="Noch etwas")), ""),
        (replace(TOLD, answers=replace(ASKED, is_human=False)), ""),
        (replace(TOLD, answers=None), ""),
    ],
    ids=["another's", "courtesies", "own question", "own words", "program", "none"],
)
async def test_what_stands_before_the_answer_is_its_question_if_it_is_one(
    turn: Turn, quoted: Quoted, question: str
) -> None:
    text = reply(await remember(pinning(turn, quoted), NEW)).text
    assert (f"**{question}**" in text) if question else ("Wie lautet die Frage dazu?" in text)


async def test_without_a_question_the_open_one_of_the_thread_is_taken(turn: Turn) -> None:
    await open_question(turn, text="Welche Leitweg-ID?")
    assert "**Welche Leitweg-ID?**" in reply(await remember(pinning(turn, replace(TOLD, answers=None)), NEW)).text


async def test_a_question_is_asked_for_and_needs_no_mark(turn: Turn) -> None:
    asked = await remember(pinning(turn, replace(TOLD, answers=None)), NEW)
    assert "Hier im Raum bitte mit „@Lotsenfunk“ davor." in reply(asked).text
    for question in ("welche Leitweg-ID nehmen wir", "Welche Leitweg-ID nehmen wir?"):
        shown = reply(await write(turn, asked, question)).text
        assert f"**{question}**\n\n{TOLD.text}" in shown


async def test_of_a_pinned_question_the_answer_is_asked_for_and_belongs_to_who_writes_it(turn: Turn) -> None:
    asked = await remember(pinning(turn, ASKED), NEW)
    assert "Wie lautet die Antwort dazu?" in reply(asked).text
    shown = await write(turn, asked, "Die vom FB 51.")
    assert f"**{ASKED.text}**\n\nDie vom FB 51." in reply(shown).text
    assert "mit Namen" in words(shown)


@pytest.mark.parametrize(
    ("text", "question", "answer"),
    [
        ("Wo steht der Scanner? Im Keller.", "Wo steht der Scanner?", "Im Keller."),
        ("Wo steht der Scanner?", "Wo steht der Scanner?", ""),
        ("Im Keller.", "", "Im Keller."),
        ("Wo? Im Keller. Oder? Ja.", "Wo?", "Im Keller. Oder? Ja."),
        (" ", "", ""),
    ],
)
def test_a_text_is_parted_at_its_first_question_mark(text: str, question: str, answer: str) -> None:
    assert split(text) == (question, answer)


@given(st.text())
def test_parting_a_text_loses_nothing(text: str) -> None:
    assert "".join("".join(split(text)).split()) == "".join(text.split())


async def test_what_is_typed_behind_the_word_is_proposed(turn: Turn) -> None:
    typed = typing(turn, "Wo steht der Laminator? Im Keller.")
    text = reply(await remember(typed, NEW)).text
    assert "**Wo steht der Laminator?**\n\nIm Keller." in text
    assert "Quelle" not in text
    assert "Wie lautet die Antwort" in reply(await remember(typing(turn, "Wo steht der Laminator?"), NEW)).text
    assert "Wie lautet die Frage" in reply(await remember(typing(turn, "Er steht im Keller."), NEW)).text
    assert "Antworte auf eine Nachricht mit „merken“" in reply(await remember(typing(turn, ""), NEW)).text


async def test_text_beside_a_pinned_answer_is_its_question(turn: Turn) -> None:
    assert "**Wo ist sie?**" in reply(await remember(replace(turn, text="Wo ist sie?"), NEW)).text


# who, where and what is refused


@pytest.mark.parametrize("quoted", [TOLD, None])
async def test_staff_hear_kindly_who_keeps_knowledge(turn: Turn, quoted: Quoted | None) -> None:
    with pytest.raises(UserError, match="Wissen sichern die Lots:innen"):
        await remember(replace(pinning(turn, quoted), role=Role.STAFF_MEMBER), NEW)


async def test_nothing_is_kept_of_a_confidential_room(turn: Turn) -> None:
    with pytest.raises(UserError, match="vertraulich"):
        await remember(replace(turn, is_confidential=True), NEW)
    await open_question(turn)
    assert await listen(replace(below(turn, TOLD.text), is_confidential=True), NEW) == []
    assert await state_of_question(turn) == QuestionState.OPEN


@pytest.mark.parametrize(
    "quoted",
    [replace(TOLD, conversation_id="case"), replace(TOLD, answers=replace(ASKED, conversation_id="case"))],
    ids=["the answer", "the question"],
)
async def test_nothing_is_kept_of_a_confidential_room_that_is_pointed_at_from_elsewhere(
    sqlite: Database, clock: MovedClock, quoted: Quoted
) -> None:
    platform, mailbox = StandIn(), Mailbox(sqlite, clock.now)
    mailbox.serve({platform.name: platform})
    settings = CommunitySettings(supporters=frozenset({TOM.id}), confidential_rooms=frozenset({"case"}))
    dispatcher = Dispatcher(sqlite, mailbox, Community(settings, clock.now), TABLE, NEW)
    await mailbox.resume(platform.name)
    await dispatcher.start()
    await mailbox.receive(platform.name, [replace(said("m1", "merken"), sender=TOM, quoted=quoted)])
    await dispatcher.idle()
    await mailbox.idle()
    await dispatcher.stop()
    await mailbox.stop()
    assert platform.texts == ["Was dort gesagt wird, ist vertraulich. Ich merke mir nichts davon."]


async def test_nothing_is_kept_of_what_programs_write(turn: Turn) -> None:
    with pytest.raises(UserError, match="ein Programm"):
        await remember(pinning(turn, replace(TOLD, is_human=False)), NEW)


async def test_a_message_that_cannot_be_read_is_said_to_be_so(turn: Turn) -> None:
    assert "konnte ich nicht lesen" in reply(await remember(pinning(turn, None), NEW)).text


async def test_a_very_long_text_is_refused(turn: Turn) -> None:
    with pytest.raises(UserError, match="zu lang"):
        await remember(pinning(turn, replace(TOLD, text="x " * LONGEST_CAPTURED)), NEW)
    asked = await remember(pinning(turn, ASKED), NEW)
    with pytest.raises(UserError, match="zu lang"):
        await write(turn, asked, "x " * LONGEST_CAPTURED)


async def test_sensitive_topics_are_never_kept_and_who_helps_is_named(turn: Turn) -> None:
    sensitive = services(topic=NOTHING)
    refused = reply(await remember(turn, sensitive))
    assert "Es hilft der Personalrat." in refused.text
    assert refused.offer is None
    asked = await remember(pinning(turn, ASKED), NEW)
    assert reply(await write(turn, asked, "Er mobbt mich.", sensitive)).offer is None
    await open_question(turn)
    assert await listen(below(turn, TOLD.text), sensitive) == []


# personal data


async def test_nothing_personal_is_shown_or_stored_not_even_until_somebody_decides(turn: Turn) -> None:
    telling = replace(TOLD, text=TELLING, answers=replace(ASKED, text=f"Wen frage ich? {TELLING}"))
    proposed = await remember(pinning(turn, telling), NEW)
    assert "Ersetzt habe ich: Name, Telefon, E-Mail, Aktenzeichen." in reply(proposed).text
    offer = reply(proposed).offer
    await choose(turn, proposed, "ja")
    [draft] = await drafts(turn)
    for kept in (reply(proposed).text, str(offer), draft.question, draft.answer):
        assert [secret for secret in SECRETS if secret in kept] == []


async def test_what_somebody_writes_instead_is_screened_as_well(turn: Turn) -> None:
    asked = await choose(turn, await remember(turn, NEW), "ändern")
    shown = await write(turn, asked, f"Wen frage ich? {TELLING}")
    assert [secret for secret in SECRETS if secret in f"{reply(shown)}"] == []
    assert "**Wen frage ich?**" in reply(shown).text


async def test_how_to_reach_an_office_stays_in_an_answer(turn: Turn) -> None:
    told = replace(TOLD, text="Ruf die Hotline der IT an: 0201 884400.")
    text = reply(await remember(pinning(turn, told), NEW)).text
    assert told.text in text
    assert "Ersetzt" not in text


# who may see it


@pytest.mark.parametrize(
    ("sees", "elsewhere", "circle"),
    [
        (FOR_ALL, None, "alle Beschäftigten"),
        (AMONG_SUPPORTERS, None, "nur Lots:innen"),
        (FOR_ALL, "another room", "nur Lots:innen"),
    ],
)
async def test_an_answer_is_proposed_to_those_who_read_it_where_it_was_said(
    turn: Turn, sees: frozenset[Visibility], elsewhere: str | None, circle: str
) -> None:
    pinned = pinning(turn, replace(TOLD, conversation_id=elsewhere))
    assert f"Sichtbar: {circle}." in reply(await remember(replace(pinned, sees=sees), NEW)).text


async def test_the_answer_to_an_open_question_is_proposed_to_all(turn: Turn) -> None:
    await open_question(turn)
    text = reply(await remember(replace(turn, sees=AMONG_SUPPORTERS), NEW)).text
    assert "Sichtbar: alle Beschäftigten." in text
    assert "Quelle: Chat der Lots:innen, 20. November 2026." in text


async def test_who_may_see_it_can_be_changed_there_and_back(turn: Turn) -> None:
    proposed = await remember(turn, NEW)
    narrow = await choose(turn, proposed, "nur Lots:innen")
    assert "Sichtbar: nur Lots:innen." in reply(narrow).text
    assert "Sichtbar: alle Beschäftigten." in reply(await choose(turn, narrow, "für alle")).text
    await choose(turn, narrow, "ja")
    [draft] = await drafts(turn)
    assert draft.visibility == Visibility.COMMUNITY


# what is alike


async def test_an_entry_that_is_alike_is_shown_first(turn: Turn) -> None:
    compared = await remember(turn, services("scanner"))
    assert "Ähnlich ist Nr. 1: „Wo steht der Scanner?“\n\nDort steht: „Im Erdgeschoss.“" in reply(compared).text
    assert words(compared) == ["ergänzen", "erneuern", "neu", "nein"]
    assert "Themen: Scanner, Rathaus." in reply(await choose(turn, compared, "neu")).text


async def test_among_several_that_are_alike_one_is_chosen(turn: Turn) -> None:
    several = await remember(turn, services("scanner", "printer", decision=Decision.CHOOSE))
    assert words(several) == ["nr 1", "nr 2", "neu", "nein"]
    assert "Ähnlich ist Nr. 2" in reply(await choose(turn, several, "nr 2")).text
    assert "Themen: Rathaus." in reply(await choose(turn, several, "neu")).text


async def test_tags_are_never_invented(turn: Turn) -> None:
    assert "Themen" not in reply(await remember(turn, NEW)).text


async def test_the_question_can_be_added_to_an_entry_and_is_no_longer_open(turn: Turn) -> None:
    await open_question(turn)
    added = await choose(turn, await remember(turn, services("scanner")), "ergänzen")
    assert reply(added).text == "Die Frage führt jetzt auch zu Nr. 1."
    [wording] = (await turn.uow.knowledge.wordings(["scanner"]))["scanner"]
    assert (wording.text, wording.fits) == (ASKED.text, True)
    assert await state_of_question(turn) == QuestionState.CLOSED
    assert await drafts(turn) == []


async def test_a_new_answer_can_be_proposed_for_an_entry(turn: Turn) -> None:
    renewed = await choose(turn, await remember(turn, services("scanner")), "erneuern")
    assert f"**Wo steht der Scanner?**\n\n{TOLD.text}" in reply(renewed).text
    changed = await write(turn, await choose(turn, renewed, "ändern"), "Im Keller.", services("scanner"))
    assert "**Wo steht der Scanner?**\n\nIm Keller." in reply(changed).text
    await choose(turn, changed, "ja")
    [draft] = await drafts(turn)
    assert (draft.question, draft.answer) == ("Wo steht der Scanner?", "Im Keller.")
    [scanner] = await turn.uow.knowledge.get(["scanner"])
    assert scanner.answer == "Im Erdgeschoss."


async def test_who_said_that_it_is_new_is_not_asked_again(turn: Turn) -> None:
    alike = services("scanner")
    new = await choose(turn, await remember(turn, alike), "neu")
    written = await write(turn, await choose(turn, new, "ändern"), "Nehmt die 51.", alike)
    assert "Als Wissen sichern?" in reply(written).text


async def test_an_entry_withdrawn_meanwhile_is_no_longer_alike(turn: Turn) -> None:
    compared = await remember(turn, services("scanner"))
    retired = SCANNER.model_copy(update={"state": State.RETIRED})
    await turn.uow.knowledge.save([("scanner", retired)], "test", turn.now)
    assert "Als Wissen sichern?" in reply(await choose(turn, compared, "ergänzen")).text


async def test_entries_that_nobody_there_may_see_are_not_shown(turn: Turn) -> None:
    hidden = SCANNER.model_copy(update={"visibility": Visibility.COMMUNITY})
    await turn.uow.knowledge.save([("scanner", hidden)], "test", turn.now)
    assert "Als Wissen sichern?" in reply(await remember(turn, services("scanner"))).text


async def test_the_same_proposed_twice_waits_once_and_another_answer_waits_beside_it(turn: Turn) -> None:
    proposed = await remember(turn, NEW)
    await choose(turn, proposed, "ja")
    assert "wartet schon" in reply(await choose(turn, proposed, "ja")).text
    other = pinning(turn, replace(TOLD, text="Die steht im Haushaltsplan."))
    await choose(other, await remember(other, NEW), "ja")
    assert len(await drafts(turn)) == 2


# in the thread of an open question


async def test_a_supporters_answer_to_an_open_question_is_offered_once(turn: Turn) -> None:
    await open_question(turn)
    offered = await listen(below(turn, "Nehmt die vom FB 51, sie steht im Intranet."), NEW)
    assert f"**{ASKED.text}**" in reply(offered).text
    assert await state_of_question(turn) == QuestionState.ANSWERED
    assert await listen(below(turn, "Genauer: im Intranet unter Rechnungswesen.", TOM), NEW) == []


@pytest.mark.parametrize(
    "text",
    [
        "Weißt du das, Ben, oder Aylin?", "wo hast du denn schon gesucht", "Danke, das hilft mir sehr weiter",
        "Vielen Dank euch allen dafür", "Frag doch Ruth", "ok", "das weiß ich leider auch nicht",
        "da habe ich keine Ahnung",
    ],
)  # fmt: skip
async def test_talk_that_is_no_answer_is_left_alone(turn: Turn, text: str) -> None:
    await open_question(turn)
    assert await listen(below(turn, text), NEW) == []
    assert await state_of_question(turn) == QuestionState.OPEN


@pytest.mark.parametrize(
    "changes",
    [
        {"role": Role.STAFF_MEMBER},
        {"message": {"quoted": None}},
        {"message": {"sender": ASKER}},
        {"message": {"kind": Kind.EDIT, "refers_to": "a1"}},
        {"message": {"has_attachment": True}},
        {"message": {"quoted": replace(ASKED, is_human=False)}},
    ],
    ids=["staff", "unreadable", "the asker", "an edit", "a file", "below a program"],
)
async def test_who_or_what_is_no_answer_is_left_alone(turn: Turn, changes: dict[str, dict[str, object]]) -> None:
    await open_question(turn)
    aside = below(turn, TOLD.text)
    message = replace(aside.message, **changes.pop("message", {}))  # type: ignore[arg-type]
    assert await listen(replace(aside, message=message, **changes), NEW) == []  # type: ignore[arg-type]


async def test_without_an_open_question_talk_in_a_thread_is_left_alone(turn: Turn) -> None:
    assert await listen(below(turn, TOLD.text), NEW) == []


# an offer that stands while rights and places change


async def test_who_is_no_longer_a_supporter_keeps_nothing(turn: Turn) -> None:
    proposed = await remember(turn, NEW)
    with pytest.raises(UserError, match="Wissen sichern die Lots:innen"):
        await choose(replace(turn, role=Role.STAFF_MEMBER), proposed, "ja")
    assert await drafts(turn) == []


async def test_where_it_became_confidential_nothing_is_kept(turn: Turn) -> None:
    proposed = await remember(turn, NEW)
    with pytest.raises(UserError, match="vertraulich"):
        await choose(replace(turn, is_confidential=True), proposed, "ja")
    assert "nichts davon" in reply(await choose(replace(turn, is_confidential=True), proposed, "nein")).text
    assert await drafts(turn) == []


async def test_signs_that_nobody_sees_are_no_answer_and_none_gets_into_a_draft(turn: Turn) -> None:
    asked = await remember(pinning(turn, replace(TOLD, text="\u200d\u2063")), NEW)
    assert "Wie lautet die Antwort dazu?" in reply(asked).text
    own = Sender(TOM.id, "Tom\n**\x00Berger** " + "x" * 200)
    told = pinning(turn, replace(TOLD, sender=own, text="Die\x00 vom \u200bFB 51."), sender=own)
    await choose(told, await remember(told, NEW), "mit Namen")
    [draft] = await drafts(turn)
    assert draft.answer == "Die vom FB 51."
    assert draft.owner
    assert draft.owner.startswith("Tom Berger x")
    assert len(draft.owner) == 100


# taking back


async def test_what_was_deleted_meanwhile_is_not_kept(turn: Turn) -> None:
    proposed = await remember(turn, NEW)
    await turn.uow.questions.note_deletion(key_beside(turn.message, TOLD.event_id), turn.today)
    assert "wurde gelöscht" in reply(await choose(turn, proposed, "ja")).text
    assert await drafts(turn) == []


@pytest.mark.parametrize("event_id", ["a1", "q1"], ids=["the answer", "the question"])
async def test_a_draft_goes_with_the_messages_that_it_was_made_from(turn: Turn, event_id: str) -> None:
    await choose(turn, await remember(turn, NEW), "ja")
    await turn.uow.knowledge.unlearn([key_beside(turn.message, event_id)])
    assert await drafts(turn) == []


@pytest.mark.parametrize("key", ["k-pin", "k-ja"])
async def test_a_draft_goes_with_the_message_that_proposed_it(turn: Turn, key: str) -> None:
    await choose(turn, await remember(turn, NEW), "ja")
    await turn.uow.knowledge.unlearn([key])
    assert await drafts(turn) == []


async def test_what_comes_of_a_pin_belongs_to_the_pinned_message_and_to_its_question(turn: Turn) -> None:
    await remember(turn, NEW)
    for event_id in ("a1", "q1"):
        assert "k-pin" in await turn.uow.questions.line_of(key_beside(turn.message, event_id))


@pytest.mark.parametrize(
    "text", ["merken", "Merken!", "📌", "merk dir das", "Merke dir das.", "als Wissen sichern", "sichern"]
)
def test_words_and_the_pin_point_at_a_message(text: str) -> None:
    assert is_pointing(text)


@pytest.mark.parametrize("text", ["", "👍", "merken: Wo?", "das muss ich mir merken", "ja"])
def test_other_words_point_at_nothing(text: str) -> None:
    assert not is_pointing(text)
