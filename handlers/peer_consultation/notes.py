"""Holds the scribe's notes for the case giver, who alone gets them; with that they are forgotten here."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from uuid import uuid4

from bot.commands import Command, plain_words
from bot.deletion import key_beside
from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers.ask import shortened
from handlers.candidates import chat_of
from handlers.peer_consultation.circle import Circle, Member, Say, member_of, own_circle, whisper
from knowledge.consultation_formats import Phase
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupNote, GroupPost, GroupShows, GroupState, NoteKind, Part

NOTE = Command(
    "notiz",
    ("notieren", "bitte notieren"),
    "In der kollegialen Beratung mitschreiben: „notiz: …“. „notizen“ zeigt, was notiert ist.",
    takes_text=True,
    role=Role.SUPPORTER,
)
LIST = Command("notizen", ("meine notizen", "notizen zeigen"))
UNDO = Command(
    "letzte notiz löschen",
    ("lösche die letzte notiz", "notiz löschen", "letzte notiz weg", "notiz streichen"),
)
LONGEST = 500
"""Letters of a note."""
MOST_AT_ONCE = 3_500
"""Letters of a message with notes."""
HANDED_OVER = "notes {lap}"
"""The step of a group that is done once the notes of a lap are handed over."""

_COMMAND = re.compile(r"^[!/]?\s*notiz\s*:?\s*", re.IGNORECASE)


def is_pointing(text: str) -> bool:
    """Whether a text asks to note the message that it is said below."""
    return plain_words(text) in NOTE.words


# writing


async def note(turn: Turn, services: Services) -> Sequence[Action]:
    """„notiz: …“, or „notiz“ below a message: hold it for the case giver."""
    circle = await own_circle(turn, GroupState.RUNNING)
    scribe = await _scribe(turn, circle)
    text, said = await _pointed_at(turn, circle) if turn.message.quoted and not turn.text.strip() else (turn.text, "")
    if not text.strip():
        raise UserError(turn.say("Schreib es hinter das Wort, zum Beispiel: „notiz: Wer hat den Auftrag gegeben?“"))
    kind = circle.phase.notes if circle.phase else None
    await hold(turn, circle, kind or NoteKind.OTHER, text, said or turn.answer_key)
    return await whisper(turn, circle, scribe.id, lambda say: _noted(say, kind))


def _noted(say: Say, kind: NoteKind | None) -> str:
    match kind:
        case NoteKind.HYPOTHESIS:
            return say("Notiert, als Vermutung.")
        case NoteKind.SOLUTION:
            return say("Notiert, als Lösung.")
        case NoteKind.QUESTION:
            return say("Notiert, als Frage.")
    return say("Notiert.")


async def _scribe(turn: Turn, circle: Circle) -> Member:
    """The sender, if it is theirs to write; where nobody does, the moderator's. Raises `UserError`."""
    member = await member_of(turn, circle)
    writing = circle.of(Part.SCRIBE) or circle.of(Part.MODERATOR)
    if member is None or member not in writing:
        raise UserError(turn.say("Notizen macht in dieser Beratung nur die Mitschrift."))
    return member


async def _pointed_at(turn: Turn, circle: Circle) -> tuple[str, str]:
    """The message that is pointed at, and what stands for it; of one that we passed on, that of its writer."""
    quoted = turn.message.quoted
    assert quoted is not None
    if quoted.is_human:
        return quoted.text, key_beside(turn.message, quoted.event_id)
    names = "|".join(re.escape(escaped(member.name)) + "|" + re.escape(member.name) for member in circle.members)
    text = re.sub(rf"^\**(?:{names}):\**\s*", "", quoted.text)
    ours = await turn.uow.mailbox.sent_as(turn.message.conversation.platform, quoted.event_id)
    posts = await turn.uow.consultations.posts(circle.number, GroupShows.RELAYED)
    passed_on = next((post.said for post in posts if ours is not None and post.key == ours.key), None)
    return text, passed_on or key_beside(turn.message, quoted.event_id)


async def hold(turn: Turn, circle: Circle, kind: NoteKind, text: str, said: str) -> None:
    """Hold a note for the case giver; `said` stands for the message that it was."""
    line = shortened(" ".join(text.split()), LONGEST)
    await turn.uow.consultations.add_note(
        GroupNote(group_id=circle.number, lap=circle.group.lap, kind=kind, text=line, said=said)
    )


async def contribute(turn: Turn, circle: Circle, phase: Phase, member: Member) -> None:
    """Note a contribution by ourselves, where nobody writes and the group wants that; without whose it was."""
    if phase.notes is not None and member.row.part in (None, Part.ADVISER, Part.TIMEKEEPER, Part.OBSERVER):
        await hold(turn, circle, phase.notes, turn.text, turn.answer_key)


async def change(turn: Turn) -> None:
    """Have a note say what its message says now."""
    for one in await turn.uow.consultations.noted(turn.answer_key):
        one.text = shortened(_COMMAND.sub("", " ".join(turn.text.split())), LONGEST)


async def withdraw(turn: Turn) -> None:
    """Forget the note that a deleted message was."""
    for one in await turn.uow.consultations.noted(turn.answer_key):
        await turn.uow.consultations.drop_note(one)


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """„notizen“: what is noted so far, for whoever writes, alone."""
    circle = await own_circle(turn, GroupState.RUNNING)
    scribe = await _scribe(turn, circle)
    found = await turn.uow.consultations.notes(circle.number, circle.group.lap)
    if not found:
        return await whisper(turn, circle, scribe.id, lambda say: say("Noch ist nichts notiert. „notiz: …“ notiert."))
    return await _bring(turn, circle, scribe.id, lambda say: _listed(say, found), GroupShows.OTHER, None)


async def undo(turn: Turn, services: Services) -> Sequence[Action]:
    """„letzte notiz löschen“."""
    circle = await own_circle(turn, GroupState.RUNNING)
    scribe = await _scribe(turn, circle)
    found = await turn.uow.consultations.notes(circle.number, circle.group.lap)
    if not found:
        raise UserError(turn.say("Es ist nichts notiert."))
    await turn.uow.consultations.drop_note(found[-1])
    return await whisper(turn, circle, scribe.id, lambda say: say("Die letzte Notiz ist gelöscht."))


# handing over


async def hand_over(asking: Turn | Night, services: Services, circle: Circle) -> Sequence[Send]:
    """Give the notes of the present lap to its case giver, and forget them; done once."""
    giver = circle.case_giver
    found = await asking.uow.consultations.notes(circle.number, circle.group.lap)
    step = HANDED_OVER.format(lap=circle.group.lap)
    if giver is None or not found or not await asking.uow.consultations.note_step(circle.number, step):
        return []
    delete_on = asking.today + timedelta(days=services.house.kept_days)
    said = await _bring(
        asking, circle, giver.id, lambda say: _letter(say, circle, found, delete_on), GroupShows.NOTES, delete_on
    )
    await asking.uow.consultations.drop_notes(circle.number, circle.group.lap)
    return said


def _letter(say: Say, circle: Circle, found: Sequence[GroupNote], delete_on: date) -> list[str]:
    heading = say("**Deine Notizen aus Beratung {number}**, nur hier.")
    question = say("Welche nimmst du mit? Das bleibt bei dir. Am {day} lösche ich diese Nachricht.")
    first = heading.format(number=circle.number)
    first, *more = _listed(say, found, first)
    *all_but_last, last = (first, *more)
    return [*all_but_last, f"{last}\n\n{question.format(day=in_words(delete_on))}"]


def _listed(say: Say, found: Sequence[GroupNote], heading: str = "") -> list[str]:
    """The notes by kind, in as many messages as they need."""
    titles = {
        NoteKind.HYPOTHESIS: say("Vermutungen:"),
        NoteKind.SOLUTION: say("Lösungen:"),
        NoteKind.QUESTION: say("Fragen:"),
        NoteKind.OTHER: say("Anderes:"),
    }
    messages = [heading]
    for kind, title in titles.items():
        lines = [f"- {one.text}" for one in found if one.kind == kind]
        if lines:
            messages[-1] = f"{messages[-1]}\n\n{title}\n".lstrip()
        for line in lines:
            if len(messages[-1]) + len(line) > MOST_AT_ONCE:
                messages.append(title)
            messages[-1] += f"\n{line}"
    return messages


async def _bring(
    asking: Turn | Night,
    circle: Circle,
    person_id: int,
    write: Callable[[Say], Sequence[str]],
    shows: GroupShows,
    delete_on: date | None,
) -> list[Send]:
    """Say something in several messages to one of them alone; nothing where they have no chat with us."""
    found = await chat_of(asking.uow, person_id)
    if found is None:
        return []
    there, person = found
    said = []
    for text in write(asking.say_to(there)):
        post = GroupPost(
            key=uuid4().hex,
            group_id=circle.number,
            shows=shows,
            platform=there.platform,
            conversation_id=there.id,
            is_direct=True,
            delete_on=delete_on,
        )
        await asking.uow.consultations.add_post(post)
        said.append(Send(there, text, person=person, key=post.key))
    return said
