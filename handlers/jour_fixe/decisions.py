"""Shows past decisions to whoever asks for them, and has curators make an answer of each that is due."""

from collections.abc import Sequence

from bot.messages import Action, Choice, Conversation, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers import gap_answers, proposals, rights
from handlers.ask import LONGEST_HEADING, chosen, shortened
from handlers.cards import day_in_words
from handlers.jour_fixe import appointments
from handlers.jour_fixe.appointments import series_of
from handlers.pages import page
from handlers.proposals import Proposal
from knowledge.decisions import Decisions, sought_in
from knowledge.vectors import EntryText
from storage.database import Database
from storage.models.jour_fixe import Meeting
from storage.models.knowledge import Visibility
from storage.models.minutes import Outcome

DECISIONS = "decisions"  # topics of the offers below
ANSWER = "decision_answer"
MOST = 5
LONGEST_LINE = 300

# looking back


def asks_for_decisions(text: str) -> bool:
    """Whether somebody asks what was decided about something."""
    return bool(sought_in(text))


async def look_back(turn: Turn, services: Services) -> Sequence[Action]:
    """„beschlüsse“: the newest ones; „beschlüsse: E-Rechnung“, „was haben wir zur E-Rechnung beschlossen?“."""
    appointments.check_supporter(turn)
    sought = sought_in(turn.text) or " ".join(turn.text.split())
    found = await turn.uow.minutes.decisions()
    if not found:
        return [Reply(turn.say("Noch steht kein Beschluss in einem Protokoll."))]
    return await _find(turn, services, sought, found) if sought else [_list(turn, found)]


async def _find(
    turn: Turn, services: Services, sought: str, found: Sequence[tuple[Outcome, Meeting]]
) -> Sequence[Action]:
    fitting = await services.decisions.find(sought, _texts(found), MOST)
    if not fitting:
        text = turn.say("Zu „{words}“ finde ich keinen Beschluss. Alle zeigt „beschlüsse“.")
        return [Reply(text.format(words=shortened(sought, LONGEST_HEADING)))]
    by_id = {str(outcome.id): _line(outcome, meeting) for outcome, meeting in found}
    heading = turn.say("Dazu wurde beschlossen:")
    return [Reply("\n".join((f"{heading}\n", *(f"- {by_id[number]}" for number in fitting))))]


def _texts(found: Sequence[tuple[Outcome, Meeting]]) -> Sequence[EntryText]:
    return [EntryText(str(outcome.id), outcome.about, outcome.text) for outcome, _ in found]


async def warm(database: Database, decisions: Decisions) -> None:
    """Read all decisions once, so that nobody who asks for one waits for that."""
    async with database.reading() as uow:
        found = await uow.minutes.decisions()
    await decisions.learn(_texts(found))


def _list(turn: Turn, found: Sequence[tuple[Outcome, Meeting]], after: int = 0) -> Reply:
    after = after if after < len(found) else 0
    lines = page([_line(*both) for both in found], after)
    end = after + len(lines)
    heading = turn.say("Beschlüsse, die neuesten zuerst:")
    more = Choice("mehr", turn.say("mehr"), {"do": "more", "after": str(end)})
    offer = Offer(DECISIONS, (more,)) if end < len(found) else None
    return Reply("\n".join((f"{heading}\n", *(f"- {line}" for line in lines))), offer)


def _line(outcome: Outcome, meeting: Meeting) -> str:
    about = f"{outcome.about}: " if outcome.about else ""
    return f"{day_in_words(meeting.day)}, {about}{shortened(outcome.text, LONGEST_LINE)}"


async def read_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Show further decisions."""
    appointments.check_supporter(turn)
    found = await turn.uow.minutes.decisions()
    return [_list(turn, found, int(chosen(turn)["after"]))]


# from decision to answer


async def offer_answers(night: Night, services: Services) -> Sequence[Send]:
    """Ask the curators once of each decision, when nobody can object any more, whether it becomes an answer."""
    places = await night.curators()
    if not places:
        return []
    for outcome, meeting in await night.uow.minutes.decisions():
        minutes = await night.uow.minutes.of_meeting(meeting.id or 0)
        is_open = minutes is None or (minutes.objections_until is not None and minutes.objections_until > night.now)
        # One a night: more at once would be a pile.
        if not is_open and await night.uow.jour_fixe.note_step(meeting.id or 0, f"answer {outcome.id}"):
            return [_asked(night, outcome, meeting, place) for place in places]
    return []


def _asked(night: Night, outcome: Outcome, meeting: Meeting, place: Conversation) -> Send:
    say, data = night.say_to(place), {"outcome": str(outcome.id)}
    text = say("Im Jour fixe beschlossen: {line}\n\nSoll daraus eine Antwort werden?")
    choices = (
        Choice("ja", say("ja, als Antwort vorbereiten"), data | {"do": "prepare"}),
        Choice("nein", say("nein, nur als Beschluss behalten"), data | {"do": "keep"}),
    )
    return Send(place, text.format(line=_line(outcome, meeting)), Offer(ANSWER, choices))


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Prepare an answer from a decision, for the questions that it came from, if there are any."""
    rights.check_curator(turn)
    data = chosen(turn)
    if data["do"] == "keep":
        return [Reply(turn.say("Gut. Der Beschluss bleibt unter „beschlüsse“."))]
    outcome = await turn.uow.minutes.outcome(int(data["outcome"]))
    meeting = await turn.uow.jour_fixe.meeting(outcome.meeting_id) if outcome else None
    if outcome is None or meeting is None:
        return [Reply(turn.say("Diesen Beschluss gibt es nicht mehr."))]
    series = await series_of(turn, meeting)
    source = f"beschlossen im {series.title} am {day_in_words(meeting.day)}"
    parts = await turn.uow.questions.parts_of_topic(outcome.item_id) if outcome.item_id is not None else ()
    asked = await turn.uow.questions.still_open(parts)
    if asked and not any(question.entry_id for question in asked):
        given = {"questions": " ".join(str(one.id) for one in asked), "heading": asked[0].text}
        return await gap_answers.propose(turn, services, given, outcome.text, source)
    empty = Proposal("", "", Visibility.COMMUNITY, turn.message.sender.id, (turn.answer_key,), source)
    proposal = proposals.with_words(empty, "", outcome.text)
    findings = await proposals.near(turn, services, proposal)
    refused = proposals.refusal(turn, services, proposal, findings)
    return [refused] if refused else await proposals.go_on(turn, proposal, findings)
