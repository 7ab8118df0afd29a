"""Passes on what is said in a group between its room and those who take part from their own chats with us.

Nothing of it is kept but which message of ours passes on which one of theirs: edits and deletions go the same way.
"""

from collections.abc import Sequence
from uuid import uuid4

from bot.messages import Change, Conversation, Delete, Send
from bot.turn import Turn
from handlers.ask import LONGEST_NAME, shortened
from handlers.peer_consultation.circle import Circle, Member, conversation, whisper
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupPost, GroupShows

LONGEST = 4_000
"""Letters of a message that is passed on."""


async def pass_on(turn: Turn, circle: Circle, member: Member) -> list[Send]:
    """Say what a member said wherever else their group talks; files stay where they are, and that is told."""
    places = _others(turn, circle, member)
    if not places:
        return []
    if len(turn.text) > LONGEST:
        return await _too_long(turn, circle, member)
    said = []
    for there in places:
        post = GroupPost(
            key=uuid4().hex,
            group_id=circle.number,
            shows=GroupShows.RELAYED,
            platform=there.platform,
            conversation_id=there.id,
            is_direct=there.is_direct,
            said=turn.answer_key,
        )
        await turn.uow.consultations.add_post(post)
        said.append(Send(there, _shown(turn, member, there), key=post.key))
    if turn.message.has_attachment:
        said += await whisper(turn, circle, member.id, lambda say: say("Die Datei kann ich nicht mitnehmen."))
    return said


async def change(turn: Turn, circle: Circle, member: Member) -> list[Change | Send]:
    """Change what was passed on of a message as its writer did, and the key question, which is said once more."""
    copies = await turn.uow.consultations.copies(turn.answer_key)
    if copies and len(turn.text) > LONGEST:
        return [*await _too_long(turn, circle, member)]
    return [Change(copy.key, conversation(copy), _shown_again(turn, member, copy)) for copy in copies]


async def withdraw(turn: Turn) -> list[Delete]:
    """Take away what was passed on of a message that its writer deletes."""
    copies = await turn.uow.consultations.copies(turn.answer_key)
    for copy in copies:
        await turn.uow.consultations.drop_post(copy.key)
    return [Delete(copy.key, conversation(copy)) for copy in copies]


def _others(turn: Turn, circle: Circle, member: Member) -> Sequence[Conversation]:
    """Where else a group talks; nobody hears themselves."""
    here = turn.message.conversation
    return [
        conversation(place)
        for place in circle.places
        if (place.platform, place.conversation_id) != (here.platform, here.id) and place.person_id != member.id
    ]


def _shown_again(turn: Turn, member: Member, copy: GroupPost) -> str:
    there = conversation(copy)
    if copy.shows == GroupShows.RELAYED:
        return _shown(turn, member, there)
    text = turn.say_to(there)("**Schlüsselfrage:** {text}")
    return text.format(text=escaped(" ".join(turn.text.split())))


def _shown(turn: Turn, member: Member, there: Conversation) -> str:
    name = f"**{escaped(shortened(member.name, LONGEST_NAME))}:**"
    said = [turn.text.strip()] if turn.text.strip() else []
    if turn.message.has_attachment:
        said.append(turn.say_to(there)("Eine Datei war dabei. Ich kann sie nicht mitbringen."))
    return f"{name} " + "\n\n".join(said)


async def _too_long(turn: Turn, circle: Circle, member: Member) -> list[Send]:
    text = "Das ist zu lang, um es weiterzugeben. Schreib es bitte kürzer."
    return await whisper(turn, circle, member.id, lambda say: say(text))
