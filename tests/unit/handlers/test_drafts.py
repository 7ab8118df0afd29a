"""Four eyes: what was proposed is shown, approved or refused by a second person."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Incoming, Offer, Reply, Send, Sender
from bot.roles import Role
from bot.turn import Services, Turn
from conftest import MovedClock
from fakes import said
from handlers.ask import LONGEST_ANSWER
from handlers.drafts import decide, free_id, hand_in, list_waiting, show_draft
from handlers.proposers import take_over
from knowledge.decision import Decision
from knowledge.search import Findings
from storage.database import Database
from storage.models.knowledge import EntryContent, KnowledgeEntry, Part, State, Visibility
from storage.models.questions import QuestionState

MEHMET, RUTH, JUTTA = Sender("demir", "Mehmet"), Sender("maier", "Ruth"), Sender("may", "Jutta")
EDITORS = Conversation("stand-in", "editors")
DIRECT = Conversation("stand-in", "ruth's", is_direct=True)
FLURFUNK = Conversation("stand-in", "flurfunk")
KITA = EntryContent(
    question="Welche Leitweg-ID gilt für die Kita?",
    answer="Die des FB 51.",
    state=State.DRAFT,
    valid_until=date(2027, 5, 20),
    sources=["Chat, 20. November 2026"],
)
SERVICES: Services = SimpleNamespace()  # type: ignore[assignment]


@pytest.fixture
async def turn(sqlite: Database, clock: MovedClock) -> AsyncIterator[Turn]:
    """Mehmet says something in a room; Ruth and Jutta decide in theirs."""
    async with sqlite.unit_of_work() as uow:
        await uow.questions.open(KITA.question, clock.now().date(), "k-question")
        yield Turn(by(said("a1", "ja", FLURFUNK), MEHMET), "", None, "k-ja", frozenset(), clock.now(), str, uow)


def by(message: Incoming, sender: Sender, where: Conversation | None = None) -> Incoming:
    return replace(message, sender=sender, conversation=where or message.conversation)


def with_curators(turn: Turn, *places: Conversation) -> Turn:
    async def curators() -> Sequence[Conversation]:
        return places

    return replace(turn, curators=curators)


def ruth(turn: Turn, role: Role = Role.CURATOR, where: Conversation = EDITORS, sender: Sender = RUTH) -> Turn:
    """The turn of somebody who decides."""
    return replace(with_curators(turn, EDITORS), message=by(turn.message, sender, where), role=role)


async def proposed(turn: Turn, content: EntryContent = KITA, draft_id: str = "kita", *places: Conversation) -> Offer:
    """What stands below the draft that was handed in."""
    actions = await hand_in(
        with_curators(turn, *(places or (EDITORS,))), draft_id, content, MEHMET.id, ["k-ja", "k-question"]
    )
    assert isinstance(actions[-1], Send)
    offer = actions[-1].offer
    assert offer
    return offer


async def choose(turn: Turn, offer: Offer, word: str) -> Sequence[Action]:
    choice = next(one for one in offer.choices if one.word == word)
    return await decide(replace(turn, choice=choice), SERVICES)


def text(actions: Sequence[Action]) -> str:
    return "\n".join(action.text for action in actions)


def offer_of(actions: Sequence[Action]) -> Offer:
    offer = actions[0].offer
    assert offer
    return offer


async def entry(turn: Turn, entry_id: str = "kita") -> KnowledgeEntry:
    [found] = await turn.uow.knowledge.get([entry_id])
    return found


async def test_a_draft_is_shown_to_those_who_decide_and_never_says_who_proposed_it(turn: Turn) -> None:
    kept, asked = await hand_in(with_curators(turn, EDITORS), "kita", KITA, MEHMET.id, ["k-ja"])
    assert isinstance(kept, Reply)
    assert kept.text.startswith("Notiert als Entwurf Nr. 1. Eine zweite Person prüft ihn")
    assert isinstance(asked, Send)
    assert (asked.to, asked.person) == (EDITORS, None)
    for part in ("Entwurf Nr. 1", KITA.question, KITA.answer, "Prüfen: 20. Mai 2027.", "Name: nicht dabei."):
        assert part in asked.text
    assert MEHMET.name not in asked.text
    assert asked.offer
    assert [choice.word for choice in asked.offer.choices] == ["freigeben", "ändern", "ablehnen"]


async def test_without_a_place_to_decide_it_is_said_where_drafts_wait(turn: Turn) -> None:
    [kept] = await hand_in(turn, "kita", KITA, MEHMET.id, [])
    assert "Er wartet unter „entwürfe“ auf die Redaktion." in kept.text


async def test_nobody_is_asked_in_their_own_chat_about_what_they_proposed(turn: Turn) -> None:
    await turn.uow.addresses.know(DIRECT.platform, DIRECT.id, MEHMET.id)
    [kept] = await hand_in(with_curators(turn, DIRECT), "kita", KITA, MEHMET.id, [])
    assert isinstance(kept, Reply)


async def test_an_approved_draft_is_an_answer_checked_today(turn: Turn) -> None:
    offer = await proposed(turn)
    assert "Nr. 1 ist freigegeben" in text(await choose(ruth(turn), offer, "freigeben"))
    approved = await entry(turn)
    assert (approved.state, approved.checked_on, approved.valid_until) == (
        State.APPROVED, turn.today, date(2027, 5, 20),
    )  # fmt: skip


async def test_approval_closes_the_question_and_forgets_who_proposed(turn: Turn) -> None:
    await choose(ruth(turn), await proposed(turn), "freigeben")
    question = await turn.uow.questions.asked_in(["k-question"])
    assert question
    assert question.state == QuestionState.CLOSED
    assert await turn.uow.knowledge.person("kita", Part.PROPOSER) is None
    owner = await turn.uow.knowledge.person("kita", Part.OWNER)
    assert owner
    assert owner.person == MEHMET.id


@pytest.mark.parametrize("word", ["freigeben", "ohne"])
async def test_who_proposed_hears_what_became_of_it_in_their_chat(turn: Turn, word: str) -> None:
    await turn.uow.addresses.know("stand-in", "mehmet's", MEHMET.id)
    offer = await proposed(turn)
    if word == "ohne":
        offer = offer_of(await choose(ruth(turn), offer, "ablehnen"))
    _, told = await choose(ruth(turn), offer, word)
    assert isinstance(told, Send)
    assert told.to == Conversation("stand-in", "mehmet's", is_direct=True)
    assert ("ist freigegeben" if word == "freigeben" else "wird nicht übernommen") in told.text
    assert RUTH.name not in told.text


async def test_a_draft_that_waited_past_its_date_holds_for_as_long_as_a_new_one(turn: Turn) -> None:
    offer = await proposed(turn, KITA.model_copy(update={"valid_until": turn.today - timedelta(days=1)}))
    await choose(ruth(turn), offer, "freigeben")
    assert (await entry(turn)).valid_until == date(2027, 5, 20)


@pytest.mark.parametrize("word", ["freigeben", "ablehnen"])
async def test_nobody_decides_on_their_own_proposal(turn: Turn, word: str) -> None:
    offer = await proposed(turn)
    with pytest.raises(UserError, match="eine zweite Person"):
        await choose(ruth(turn, Role.COORDINATOR, sender=MEHMET), offer, word)
    assert (await entry(turn)).state == State.DRAFT


@pytest.mark.parametrize("word", ["freigeben", "ändern", "ablehnen"])
async def test_only_curators_decide(turn: Turn, word: str) -> None:
    offer = await proposed(turn)
    with pytest.raises(UserError, match="nur die Redaktion"):
        await choose(ruth(turn, Role.SUPPORTER), offer, word)
    assert (await entry(turn)).state == State.DRAFT


@pytest.mark.parametrize("word", ["freigeben", "ablehnen"])
async def test_a_draft_that_changed_meanwhile_is_shown_again_and_not_decided(turn: Turn, word: str) -> None:
    offer = await proposed(turn)
    changed = KITA.model_copy(update={"answer": "Die des FB 50."})
    await turn.uow.knowledge.save([("kita", changed)], "test", turn.now)
    shown = await choose(ruth(turn), offer, word)
    assert "Entschieden ist noch nichts" in text(shown)
    assert "Die des FB 50." in text(shown)
    assert (await entry(turn)).state == State.DRAFT
    await choose(ruth(turn), offer_of(shown), "freigeben")
    assert (await entry(turn)).answer == "Die des FB 50."


async def test_the_second_of_two_hears_that_it_is_done(turn: Turn) -> None:
    offer = await proposed(turn)
    await choose(ruth(turn), offer, "freigeben")
    for word in ("freigeben", "ablehnen", "ändern"):
        [done] = await choose(ruth(turn, sender=JUTTA), offer, word)
        assert done.text == "Nr. 1 ist schon freigegeben."
    assert (await entry(turn)).state == State.APPROVED


async def test_a_draft_that_is_gone_is_said_to_be(turn: Turn) -> None:
    offer = await proposed(turn)
    await turn.uow.knowledge.discard("kita")
    assert "gibt es nicht mehr" in text(await choose(ruth(turn), offer, "freigeben"))


async def test_a_refused_draft_is_deleted_once_that_is_confirmed(turn: Turn) -> None:
    asked = await choose(ruth(turn), await proposed(turn), "ablehnen")
    assert (await entry(turn)).state == State.DRAFT
    assert "bleibt liegen" in text(await choose(ruth(turn), offer_of(asked), "behalten"))
    assert text(await choose(ruth(turn), offer_of(asked), "ohne")) == "Abgelehnt. Der Entwurf ist gelöscht."
    assert await turn.uow.knowledge.get(["kita"]) == []


async def test_a_reason_may_be_written_and_reaches_who_proposed(turn: Turn) -> None:
    await turn.uow.addresses.know("stand-in", "mehmet's", MEHMET.id)
    asks = offer_of(await choose(ruth(turn), await proposed(turn), "ablehnen")).asks
    assert asks
    written = replace(ruth(turn), choice=Choice("", "", asks), text="Steht schon\nim Intranet.")
    _, told = await decide(written, SERVICES)
    assert told.text.endswith("Dazu: „Steht schon im Intranet.“")


async def test_a_question_is_no_reason(turn: Turn) -> None:
    async def find(question: str, circles: object) -> Findings:
        return Findings(Decision.UNKNOWN, (), ())

    sensitivity = SimpleNamespace(recognise=lambda vector, text: None)
    services = SimpleNamespace(search=SimpleNamespace(find=find), sensitivity=sensitivity)
    asks = offer_of(await choose(ruth(turn), await proposed(turn), "ablehnen")).asks
    assert asks
    asked = replace(ruth(turn), choice=Choice("", "", asks), text="Wo steht der Scanner?")
    assert "keine geprüfte Antwort" in text(await decide(asked, services))  # type: ignore[arg-type]
    assert (await entry(turn)).state == State.DRAFT


async def test_what_came_from_another_house_is_retired_when_it_is_refused(turn: Turn) -> None:
    offer = await proposed(turn, KITA.model_copy(update={"state": State.IN_REVIEW}))
    await choose(ruth(turn), offer_of(await choose(ruth(turn), offer, "ablehnen")), "ohne")
    assert (await entry(turn)).state == State.RETIRED
    assert "schon entschieden" in text(await choose(ruth(turn), offer, "freigeben"))


# a new answer to an existing entry


async def new_form(turn: Turn) -> Offer:
    """Ruth looks at a new answer to an entry with tags and a name below it."""
    old = KITA.model_copy(update={"answer": "Keine.", "state": State.APPROVED, "owner": "Tom", "tags": ["Rechnung"]})
    await turn.uow.knowledge.save([("old", old)], "test", turn.now)
    draft_id = await free_id(turn, KITA, changes="old")
    assert draft_id
    return await proposed(turn, KITA, draft_id)


async def test_a_new_answer_takes_the_place_of_the_old_one_when_it_is_approved(turn: Turn) -> None:
    await choose(ruth(turn), await new_form(turn), "freigeben")
    changed = await entry(turn, "old")
    assert (changed.number, changed.answer, changed.tags, changed.owner) == (1, "Die des FB 51.", ["Rechnung"], None)
    assert (changed.state, changed.checked_on) == (State.APPROVED, turn.today)
    assert await turn.uow.knowledge.in_state(State.DRAFT) == []
    owner = await turn.uow.knowledge.person("old", Part.OWNER)
    assert owner
    assert owner.person == MEHMET.id
    question = await turn.uow.questions.asked_in(["k-question"])
    assert question
    assert question.state == QuestionState.CLOSED


async def test_a_new_answer_is_shown_beside_the_old_one(turn: Turn) -> None:
    await new_form(turn)
    shown = await show_draft(replace(ruth(turn), number=2), SERVICES)
    assert "Neue Antwort für Nr. 1. Bisher: „Keine.“" in text(shown)


async def test_a_new_answer_to_an_entry_that_changed_meanwhile_is_shown_again(turn: Turn) -> None:
    offer = await new_form(turn)
    other = (await entry(turn, "old")).content.model_copy(update={"answer": "Eine eigene."})
    await turn.uow.knowledge.save([("old", other)], "test", turn.now)
    shown = await choose(ruth(turn), offer, "freigeben")
    assert "Bisher: „Eine eigene.“" in text(shown)
    assert (await entry(turn, "old")).answer == "Eine eigene."


async def test_a_new_answer_to_an_entry_that_was_retired_becomes_an_entry_of_its_own(turn: Turn) -> None:
    await new_form(turn)
    retired = (await entry(turn, "old")).content.model_copy(update={"state": State.RETIRED})
    await turn.uow.knowledge.save([("old", retired)], "test", turn.now)
    shown = await show_draft(replace(ruth(turn), number=2), SERVICES)
    await choose(ruth(turn), offer_of(shown), "freigeben")
    assert [one.number for one in await turn.uow.knowledge.in_state(State.APPROVED)] == [2]
    assert (await entry(turn, "old")).state == State.RETIRED


# the list


async def test_drafts_are_listed_with_number_day_and_first_words(turn: Turn) -> None:
    await proposed(turn)
    await proposed(turn, KITA.model_copy(update={"question": "", "state": State.IN_REVIEW}), "imported")
    listed = text(await list_waiting(ruth(turn), SERVICES))
    assert "Entwürfe: 2." in listed
    assert f"- Nr. 1, 20. November 2026: „{KITA.question}“" in listed
    assert "- Nr. 2, 20. November 2026: „Die des FB 51.“ (aus einem anderen Haus)" in listed
    assert MEHMET.name not in listed


async def test_a_long_list_comes_in_pages_and_is_complete(turn: Turn) -> None:
    for number in range(15):
        await proposed(turn, KITA.model_copy(update={"question": "Sehr " * 30}), f"draft {number}")
    page = await list_waiting(ruth(turn), SERVICES)
    said = text(page)
    while page[0].offer:
        assert len(text(page)) <= LONGEST_ANSWER
        page = await choose(ruth(turn), page[0].offer, "mehr")
        said += text(page)
    assert [f"- Nr. {number}," in said for number in range(1, 16)] == [True] * 15


async def test_a_list_that_got_shorter_meanwhile_has_no_more(turn: Turn) -> None:
    for number in range(9):
        await proposed(turn, KITA, f"draft {number}")
    offer = offer_of(await list_waiting(ruth(turn), SERVICES))
    for number in range(5, 9):
        await turn.uow.knowledge.discard(f"draft {number}")
    assert text(await choose(ruth(turn), offer, "mehr")) == "Zurzeit wartet kein weiterer Entwurf."


# what must not slip past the second person


async def test_the_answers_of_departments_and_other_wordings_are_shown_before_they_are_approved(turn: Turn) -> None:
    content = KITA.model_copy(update={"variants": {"FB 51": "Ruf die 115."}, "phrasings": ["leitweg kita"]})
    await proposed(turn, content)
    shown = text(await show_draft(replace(ruth(turn), number=1), SERVICES))
    assert "**FB 51:**\n\nRuf die 115." in shown
    assert "Auch gefragt als: leitweg kita." in shown


async def test_of_a_draft_that_changed_meanwhile_nobody_reads_the_second_half(turn: Turn) -> None:
    long = KITA.model_copy(update={"answer": "\n\n".join("tu etwas. " * 40 for _ in range(3))})
    offer = await proposed(turn, long)
    await turn.uow.knowledge.save([("kita", KITA)], "test", turn.now)
    assert "Entschieden ist noch nichts" in text(await choose(ruth(turn), offer, "mehr"))


async def test_a_new_answer_is_shown_with_who_will_see_it(turn: Turn) -> None:
    await new_form(turn)
    public = (await entry(turn, "old")).content.model_copy(update={"visibility": Visibility.PUBLIC})
    await turn.uow.knowledge.save([("old", public)], "test", turn.now)
    assert "Sichtbar: öffentlich." in text(await show_draft(replace(ruth(turn), number=2), SERVICES))


async def test_what_another_house_sent_replaces_no_answer_of_ours(turn: Turn) -> None:
    await new_form(turn)
    hostile = KITA.model_copy(update={"state": State.IN_REVIEW, "answer": "Falsch."})
    await turn.uow.knowledge.save([("fassung/old/x", hostile)], "Import", turn.now)
    shown = await show_draft(replace(ruth(turn), number=3), SERVICES)
    await choose(ruth(turn), offer_of(shown), "freigeben")
    assert (await entry(turn, "old")).answer == "Keine."
    assert (await entry(turn, "fassung/old/x")).state == State.APPROVED


async def test_an_entry_with_slashes_and_blanks_in_its_id_gets_a_new_answer(turn: Turn) -> None:
    old = KITA.model_copy(update={"answer": "Keine.", "state": State.APPROVED})
    await turn.uow.knowledge.save([("a/b c/ ", old)], "test", turn.now)
    draft_id = await free_id(turn, KITA, changes="a/b c/ ")
    assert draft_id
    await choose(ruth(turn), await proposed(turn, KITA, draft_id), "freigeben")
    assert (await entry(turn, "a/b c/ ")).answer == KITA.answer


@pytest.mark.parametrize("word", ["freigeben", "ändern", "ablehnen", "mehr"])
async def test_nothing_is_decided_or_read_where_curators_no_longer_are_alone(turn: Turn, word: str) -> None:
    offer = await proposed(turn, KITA.model_copy(update={"answer": "Lang. " * 200}))
    with pytest.raises(UserError, match="im Raum der Redaktion"):
        await choose(ruth(turn, where=FLURFUNK), offer, word)
    assert (await entry(turn)).state == State.DRAFT


# who wrote it


async def rewritten(turn: Turn, by_whom: Sender, **changes: object) -> Sequence[Action]:
    content = KITA.model_copy(update=changes)
    told = await take_over(ruth(turn, sender=by_whom), await entry(turn), content)
    await turn.uow.knowledge.save([("kita", content)], "test", turn.now)
    return told


@pytest.mark.parametrize(
    "changes", [{"answer": "Die des FB 50."}, {"question": "Wo?"}, {"variants": {"FB 50": "Ja."}}, {"phrasings": ["a"]}]
)
async def test_who_rewrote_a_draft_does_not_approve_it(turn: Turn, changes: dict[str, object]) -> None:
    await proposed(turn)
    await rewritten(turn, RUTH, **changes)
    shown = offer_of(await show_draft(replace(ruth(turn), number=1), SERVICES))
    with pytest.raises(UserError, match="vorgeschlagen oder geändert"):
        await choose(ruth(turn), shown, "freigeben")
    await choose(ruth(turn, sender=JUTTA), shown, "freigeben")
    assert (await entry(turn)).state == State.APPROVED


async def test_who_had_their_name_forgotten_still_does_not_approve_alone(turn: Turn) -> None:
    offer = await proposed(turn)
    mehmet = ruth(turn, sender=MEHMET)
    for _ in range(2):  # not even when they do it again
        await turn.uow.knowledge.forget_person("stand-in", MEHMET.id)
        assert "gibt ihn noch eine andere Person frei: „entwurf 1“" in text(await choose(mehmet, offer, "freigeben"))
    assert (await entry(turn)).state == State.DRAFT
    await choose(ruth(turn), offer, "freigeben")
    assert (await entry(turn)).state == State.APPROVED


@pytest.mark.parametrize("state", [State.DRAFT, State.IN_REVIEW])
async def test_what_was_imported_is_approved_by_one_person_unless_somebody_rewrote_it(turn: Turn, state: State) -> None:
    content = KITA.model_copy(update={"state": state})
    for number, name in enumerate(("kita", "other"), start=1):
        await turn.uow.knowledge.save([(name, content)], "Import", turn.now)
        if name == "other":
            await turn.uow.knowledge.save([(name, content)], "im Chat geändert: Antwort", turn.now)
        shown = offer_of(await show_draft(replace(ruth(turn), number=number), SERVICES))
        await choose(ruth(turn), shown, "freigeben")
    assert ((await entry(turn)).state, (await entry(turn, "other")).state) == (State.APPROVED, state)


async def test_who_changed_only_what_stands_beside_a_draft_may_approve_it(turn: Turn) -> None:
    await proposed(turn)
    await rewritten(turn, RUTH, tags=["Kita"])
    await choose(ruth(turn), offer_of(await show_draft(replace(ruth(turn), number=1), SERVICES)), "freigeben")
    assert (await entry(turn)).state == State.APPROVED


async def test_who_proposed_hears_that_somebody_rewrote_it(turn: Turn) -> None:
    await turn.uow.addresses.know("stand-in", "mehmet's", MEHMET.id)
    await proposed(turn)
    [told] = await rewritten(turn, RUTH, answer="Die des FB 50.")
    assert isinstance(told, Send)
    assert told.to.id == "mehmet's"
    assert "wurde überarbeitet" in told.text
    assert RUTH.name not in told.text
    assert await rewritten(turn, RUTH, answer="Die des FB 49.") == []


async def test_an_empty_list_says_so(turn: Turn) -> None:
    assert text(await list_waiting(ruth(turn), SERVICES)) == "Zurzeit wartet kein Entwurf."


@pytest.mark.parametrize("look", [list_waiting, show_draft])
async def test_only_curators_see_drafts_and_only_where_nobody_else_reads(turn: Turn, look: object) -> None:
    await proposed(turn)
    for role, where in ((Role.SUPPORTER, DIRECT), (Role.CURATOR, FLURFUNK)):
        with pytest.raises(UserError):
            await look(replace(ruth(turn, role, where), number=1), SERVICES)  # type: ignore[operator]
    for where in (DIRECT, EDITORS):
        assert await look(replace(ruth(turn, where=where), number=1), SERVICES)  # type: ignore[operator]


async def test_a_draft_is_shown_by_its_number_and_decided_there(turn: Turn) -> None:
    await proposed(turn)
    shown = await show_draft(replace(ruth(turn), number=1), SERVICES)
    await choose(ruth(turn), offer_of(shown), "freigeben")
    assert (await entry(turn)).state == State.APPROVED
    assert "schon freigegeben" in text(await show_draft(replace(ruth(turn), number=1), SERVICES))
    assert "Welcher Entwurf?" in text(await show_draft(ruth(turn), SERVICES))
    with pytest.raises(UserError, match=r"Nr\. 7 gibt es nicht"):
        await show_draft(replace(ruth(turn), number=7), SERVICES)


async def test_a_long_draft_is_read_part_by_part(turn: Turn) -> None:
    long = KITA.model_copy(update={"answer": "\n\n".join(f"Schritt {part}: " + "tu etwas. " * 40 for part in range(3))})
    offer = await proposed(turn, long)
    for part in (1, 2):
        read = await choose(ruth(turn), offer, "mehr")
        assert f"Schritt {part}" in text(read)
        offer = offer_of(read)
    assert "mehr" not in [choice.word for choice in offer.choices]
