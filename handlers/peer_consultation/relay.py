"""Passes on what is said in a group between its room and those who take part from their own chats with us.

Nothing of it is kept but which message of ours passes on which one of theirs: edits and deletions go the same way.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from bot.messages import Change, Conversation, Delete, Send
from bot.turn import Night, Turn
from handlers.ask import LONGEST_NAME, shortened
from handlers.peer_consultation.circle import Circle, Member, Say, conversation, open_circle, tell, whisper
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupPlace, GroupPost, GroupShows

LONGEST = 4_000
"""Letters of a message that is passed on."""
UNHEARD = "unheard {there} told {here}"
"""The step of a group that told in one place that another one is not reached: our id of whose chat it is, or None."""


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


async def report(night: Night, key: str) -> list[Send]:
    """Tell where something was said that it did not arrive elsewhere; once for two places, as it goes on like that.

    Who said it is kept nowhere: it was where no copy of it is, in somebody's own chat or in the room.
    """
    post = await night.uow.consultations.post(key)
    group = await night.uow.consultations.hold(post.group_id) if post is not None else None
    if post is None or post.said is None or group is None:
        return []
    circle = await open_circle(night.uow, group)
    places = {conversation(place): place for place in circle.places}
    there = places.get(conversation(post))
    if there is None:
        return []
    copies = [conversation(copy) for copy in await night.uow.consultations.copies(post.said)]
    told: list[Send] = []
    for here in [place for where, place in places.items() if where not in copies]:
        told += await _tell_unheard(night, circle, here, there)
    return told


async def _tell_unheard(night: Night, circle: Circle, here: GroupPlace, there: GroupPlace) -> list[Send]:
    step = UNHEARD.format(here=here.person_id, there=there.person_id)
    if not await night.uow.consultations.note_step(circle.number, step):
        return []
    member = circle.by_id(there.person_id) if there.person_id is not None else None

    def write(say: Say) -> str:
        if member is None:
            return say("Was hier gesagt wird, kommt im Raum gerade nicht an.")
        return say("Was hier gesagt wird, kommt bei {name} gerade nicht an.").format(name=escaped(member.name))

    return await tell(night, replace(circle, places=[here]), write)


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
