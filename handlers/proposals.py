"""Shows what was taken up from a chat to whoever wants to keep it, and hands it in as a draft when they agree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pydantic import TypeAdapter

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers import ask, changes, drafts, feedback, rights
from knowledge.decision import Decision
from knowledge.screening import screen
from knowledge.search import Findings
from knowledge.text import strip_courtesies
from storage.models.knowledge import EntryContent, KnowledgeEntry, State, Visibility
from storage.models.questions import QuestionState

PROPOSAL = "proposal"  # topic of the offers below
LONGEST_CAPTURED = 4_000
TAGS_PROPOSED = 3


@dataclass(frozen=True, slots=True)
class Proposal:
    """What may become a draft, without personal data: nothing else of what was said is kept anywhere.

    `author` is the id of who knows the answer. `origins` are the answer keys of the messages that it was made from.
    `changes` is the id of the entry to which it is a new answer; `is_new` when its proposer said that it is like none.
    """

    question: str
    answer: str
    visibility: Visibility
    author: str
    origins: tuple[str, ...]
    source: str = ""
    tags: tuple[str, ...] = ()
    changes: str = ""
    is_new: bool = False


_PROPOSAL = TypeAdapter(Proposal)


def with_words(proposal: Proposal, question: str, answer: str) -> Proposal:
    """The proposal with these words, as far as they are given, without personal data."""
    asked = screen(strip_courtesies(" ".join(changes.cleaned(question).split()))).proposal
    told = screen(changes.cleaned(answer).strip()).without_official().proposal
    is_question = changes.is_readable(asked) and len(asked) <= ask.LONGEST_QUESTION
    question = asked if is_question else proposal.question
    return replace(proposal, question=question, answer=told if changes.is_readable(told) else proposal.answer)


def split(text: str) -> tuple[str, str]:
    """Question and answer, parted at the first question mark; without one it is all answer."""
    question, mark, answer = text.strip().partition("?")
    return (question + mark, answer.strip()) if mark else ("", text.strip())


async def near(turn: Turn, services: Services, proposal: Proposal) -> Findings:
    """What the store knows of it; it comes before anything is written, as others wait for that."""
    text = proposal.question or proposal.answer
    return await services.search.find(text[: ask.LONGEST_QUESTION], turn.sees)


def refusal(turn: Turn, services: Services, proposal: Proposal, findings: Findings) -> Reply | None:
    """What to say instead of keeping something on a topic that nothing is kept on."""
    topic = services.sensitivity.recognise(findings.vector, f"{proposal.question} {proposal.answer}")
    if topic is None:
        return None
    return Reply(turn.say("Dazu merke ich mir nichts, denn hier geht es um Vertrauliches.") + f" {topic.office}")


async def go_on(turn: Turn, proposal: Proposal, findings: Findings) -> Sequence[Action]:
    """Ask for what is missing, show what is alike, or show the proposal."""
    alike = findings.shown if findings.decision is not Decision.UNKNOWN else ()
    found = await turn.uow.knowledge.get([hit.entry_id for hit in alike])
    entries = [entry for entry in found if entry.is_shown_to(turn.sees)]
    proposal = replace(proposal, tags=tuple(_shared_tags(entries)))
    if not proposal.answer:
        return [_ask_for(turn, proposal, turn.say("Wie lautet die Antwort dazu?"))]
    if not proposal.question:
        return [_ask_for(turn, proposal, turn.say("Wie lautet die Frage dazu?"))]
    if proposal.changes or proposal.is_new or not entries:
        return [_show(turn, proposal)]
    return [_compare(turn, proposal, entries[0]) if len(entries) == 1 else _choose(turn, proposal, entries)]


def _shared_tags(entries: Sequence[KnowledgeEntry]) -> Sequence[str]:
    """The tags that all these entries have: of one among several it is not known whether it is near."""
    first = entries[0].tags if entries else []
    return [tag for tag in first if all(tag in entry.tags for entry in entries)][:TAGS_PROPOSED]


def _ask_for(turn: Turn, proposal: Proposal, text: str) -> Reply:
    given = f"„{ask.shortened(proposal.question or proposal.answer, ask.LONGEST_HEADING)}“"
    asks = _data(proposal, "rewrite")
    return Reply(f"{given}\n\n{text}{_hint(turn)}", Offer(PROPOSAL, (_drop(turn),), asks=asks))


def _hint(turn: Turn) -> str:
    """In a room, only what names the bot is for it."""
    if turn.message.conversation.is_direct:
        return ""
    return " " + turn.say("Hier im Raum bitte mit „@Lotsenfunk“ davor.")


def _choose(turn: Turn, proposal: Proposal, entries: Sequence[KnowledgeEntry]) -> Reply:
    data = _data(proposal, "compare")
    choices = [Choice(f"nr {entry.number}", _named(turn, entry), data | {"entry": entry.id}) for entry in entries]
    text = turn.say("Ähnliches gibt es schon. Passt eines davon?")
    return Reply(text, Offer(PROPOSAL, (*choices, _anew(turn, proposal), _drop(turn))))


def _compare(turn: Turn, proposal: Proposal, entry: KnowledgeEntry) -> Reply:
    data = _data(proposal, "") | {"entry": entry.id}
    answer = ask.shortened(" ".join(entry.answer.split()), ask.LONGEST_HEADING)
    text = turn.say("Ähnlich ist {entry}\n\nDort steht: „{answer}“")
    choices = (
        Choice("ergänzen", turn.say("die Frage dort ergänzen"), data | {"do": "teach"}),
        Choice("erneuern", turn.say("dort diese neue Antwort vorschlagen"), data | {"do": "renew"}),
        _anew(turn, proposal),
        _drop(turn),
    )
    return Reply(text.format(entry=_named(turn, entry), answer=answer), Offer(PROPOSAL, choices))


def _named(turn: Turn, entry: KnowledgeEntry) -> str:
    question = ask.shortened(" ".join((entry.question or entry.answer).split()), ask.LONGEST_LABEL)
    return turn.say("Nr. {number}: „{question}“").format(number=entry.number, question=question)


def _show(turn: Turn, proposal: Proposal) -> Reply:
    """The proposal as it would be stored, and what may be done with it."""
    heading = turn.say("Als Wissen sichern?")
    answer = ask.shortened(proposal.answer, ask.LONGEST_ANSWER)
    parts = [
        heading,
        f"**{ask.shortened(proposal.question, ask.LONGEST_HEADING)}**",
        answer,
        drafts.facts(turn, _content(turn, proposal)),
    ]
    parts += changes.taken_out(turn, f"{proposal.question} {proposal.answer}")
    return Reply("\n\n".join(parts), Offer(PROPOSAL, tuple(_choices(turn, proposal))))


def _choices(turn: Turn, proposal: Proposal) -> Iterator[Choice]:
    yield Choice("ja", turn.say("ja"), _data(proposal, "save"))
    if proposal.author == turn.message.sender.id:  # nobody else may put this name below an answer
        yield Choice("mit Namen", turn.say("ja, mit meinem Namen"), _data(proposal, "save") | {"named": "yes"})
    yield Choice("ändern", turn.say("ändern"), _data(proposal, "change"))
    if not proposal.changes:
        yield _other_circle(turn, proposal)
    yield _drop(turn)


def _other_circle(turn: Turn, proposal: Proposal) -> Choice:
    if proposal.visibility == Visibility.COMMUNITY:
        wider = replace(proposal, visibility=Visibility.ORGANIZATION)
        return Choice("für alle", turn.say("für alle Beschäftigten"), _data(wider, "show"))
    narrower = replace(proposal, visibility=Visibility.COMMUNITY)
    return Choice("nur Lots:innen", turn.say("nur für Lots:innen"), _data(narrower, "show"))


def _anew(turn: Turn, proposal: Proposal) -> Choice:
    return Choice("neu", turn.say("trotzdem ein neuer Eintrag"), _data(replace(proposal, is_new=True), "show"))


def _drop(turn: Turn) -> Choice:
    return Choice("nein", turn.say("nein, nicht sichern"), {"do": "drop"})


def _data(proposal: Proposal, do: str) -> dict[str, str]:
    return {"do": do, "proposal": _PROPOSAL.dump_json(proposal).decode()}


def _content(turn: Turn, proposal: Proposal, owner: str | None = None) -> EntryContent:
    return EntryContent(
        question=proposal.question,
        answer=proposal.answer,
        tags=list(proposal.tags),
        owner=owner,
        state=State.DRAFT,
        valid_until=turn.today + changes.CHECKED_FOR,
        visibility=proposal.visibility,
        sources=[proposal.source] if proposal.source else [],
    )


# what is chosen


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on with a proposal as its proposer chose or wrote."""
    data = ask.chosen(turn)
    if data["do"] == "drop":
        return [Reply(turn.say("Gut, ich merke mir nichts davon."))]
    rights.check_keeping(turn)
    proposal = _PROPOSAL.validate_json(data["proposal"])
    if data["do"] == "rewrite":
        return await _rewrite(turn, services, proposal)
    for key in proposal.origins:
        if await turn.uow.questions.is_deleted(key):
            return [Reply(turn.say("Die Nachricht dazu wurde gelöscht. Ich merke mir nichts davon."))]
    match data["do"]:
        case "change":
            return [_ask_for_other_words(turn, proposal)]
        case "show":
            return [_show(turn, proposal)]
        case "save":
            return await _save(turn, proposal, _own_name(turn) if "named" in data else None)
    entries = [entry for entry in await turn.uow.knowledge.get([data["entry"]]) if entry.is_shown_to(turn.sees)]
    if not entries:
        return [_show(turn, proposal)]  # withdrawn meanwhile
    return await _use(turn, proposal, entries[0], data["do"])


def _own_name(turn: Turn) -> str:
    return " ".join(changes.cleaned(turn.message.sender.name).split())[: ask.LONGEST_NAME]


def _ask_for_other_words(turn: Turn, proposal: Proposal) -> Reply:
    text = turn.say(
        "Schreib mir Frage und Antwort neu, zum Beispiel: „Wo steht der Scanner? Im Keller.“ Ohne Fragezeichen ist es "
        "nur die Antwort."
    )
    return Reply(text + _hint(turn), Offer(PROPOSAL, (_drop(turn),), asks=_data(proposal, "rewrite")))


async def _rewrite(turn: Turn, services: Services, proposal: Proposal) -> Sequence[Action]:
    """Take the words that somebody wrote, for what is missing or in the place of the earlier ones."""
    if len(turn.text) > LONGEST_CAPTURED:
        raise UserError(turn.say("Das ist zu lang für eine Antwort. Bitte kurz zusammenfassen."))
    question, answer = split(turn.text)
    if not proposal.question and not question:
        question, answer = answer, ""  # asked for a question, people leave out its mark
    if proposal.changes or (proposal.question and not proposal.answer):
        question, answer = "", turn.text  # asked for an answer, which may hold questions
    written = with_words(proposal, question, answer)
    findings = await near(turn, services, written)
    refused = refusal(turn, services, written, findings)
    return [refused] if refused else await go_on(turn, written, findings)


async def _use(turn: Turn, proposal: Proposal, entry: KnowledgeEntry, do: str) -> Sequence[Action]:
    """Do with an entry that is alike what was chosen."""
    if do == "renew":
        changed = replace(proposal, question=entry.question, changes=entry.id, visibility=Visibility(entry.visibility))
        return [_show(turn, changed)]
    if do == "teach":
        await feedback.teach(turn, entry.id, proposal.question, fits=True)
        await turn.uow.questions.mark(proposal.origins, QuestionState.CLOSED)
        return [Reply(turn.say("Die Frage führt jetzt auch zu Nr. {number}.").format(number=entry.number))]
    return [_compare(turn, proposal, entry)]


async def _save(turn: Turn, proposal: Proposal, owner: str | None) -> Sequence[Action]:
    await turn.uow.knowledge.hold()
    content = _content(turn, proposal, owner)
    draft_id = await drafts.free_id(turn, content, proposal.changes)
    if draft_id is None:
        return [Reply(turn.say("Das wartet schon als Entwurf auf die Redaktion."))]
    return await drafts.hand_in(turn, draft_id, content, proposal.author, [turn.answer_key, *proposal.origins])
