"""Hears what people say to each other in a group, and keeps nothing of it: whose turn it is, and what to pass on.

Hints are rare, kind and for one person alone: who only listens now, whose advice comes too early, who names names.
"""

from collections.abc import Sequence

from bot.commands import Command, looks_like_question, plain_words
from bot.errors import UserError
from bot.messages import Action, Kind, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import relay as questions
from handlers.ask import chosen
from handlers.peer_consultation import gathering, key_question, notes, phases, relay
from handlers.peer_consultation.circle import (
    Circle,
    Member,
    Say,
    choices,
    circle_here,
    member_of,
    open_circle,
    own_circle,
    tell,
    whisper,
)
from knowledge import contributions
from knowledge.consultation_formats import Does, Phase
from knowledge.contributions import Contribution, Manner
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupState, Mode, NoteKind, Part

TALK = "consultation_talk"  # topic of the offer below
LEAVE = Command(
    "raus",
    (
        *("ich gehe", "ich muss gehen", "ich muss leider gehen", "ich muss weg", "ich muss leider weg", "ich bin raus"),
        *("beratung verlassen", "ich steige aus der beratung aus"),
    ),
    "Eine kollegiale Beratung verlassen.",
    role=Role.SUPPORTER,
)
SAID, PASSED = "said", "pass"
"""What is known of people in a phase in which each one speaks once."""
REMINDED, HINTED, NAMED, WAITING, ASKED = "reminded", "hint", "named", "wait", "alone"
"""What somebody was told in this phase, and is not told again."""
PASSING = frozenset({"passe", "ich passe", "pass", "aussetzen", "ich setze aus", "nichts", "ich habe nichts", "–", "-"})
FEWEST_WORDS = 3
"""Fewer words are no contribution worth a note."""


async def hear(turn: Turn, services: Services) -> Sequence[Action]:
    """Take in what is said where a group talks, changes of it and that it is taken back."""
    circle = await circle_here(turn)
    member = await member_of(turn, circle) if circle is not None else None
    if circle is None or member is None:
        return []
    match turn.message.kind:
        case Kind.DELETION:
            return await relay.withdraw(turn)
        case Kind.EDIT:
            await notes.change(turn)
            return await relay.change(turn, circle, member)
        case Kind.MESSAGE:
            return await _said(turn, services, circle, member)
    return []


async def withdraw(turn: Turn, services: Services) -> Sequence[Action]:
    """Forget the note that a deleted message was, wherever it was written; and what came of it elsewhere."""
    await notes.withdraw(turn)
    return await questions.withdraw(turn, services)


async def _said(turn: Turn, services: Services, circle: Circle, member: Member) -> Sequence[Action]:
    phase = circle.phase
    if circle.group.state == GroupState.GATHERING or not member.row.has_promised or member.row.is_late:
        return await _have_wait(turn, circle, member)
    if phase is None or circle.group.paused_at is not None:
        return await relay.pass_on(turn, circle, member)
    if key_question.is_said(circle, member, turn.text):
        return await key_question.take(turn, services)
    is_finding = bool(await turn.uow.consultations.voices(circle.number, phases.FINDING))
    if not phases.may_speak(circle, phase, member, is_finding=is_finding):
        return await _hold_back(turn, circle, member)
    said: list[Action] = [*await relay.pass_on(turn, circle, member)]
    return [*said, *await _follow(turn, circle, phase, member), *await _answer_alone(turn, circle, member)]


# who waits


async def _have_wait(turn: Turn, circle: Circle, member: Member) -> Sequence[Send]:
    """Nothing is passed on before all have promised, and nothing of somebody who has not."""
    is_first = await turn.uow.consultations.raise_voice(circle.number, member.id, WAITING)
    if not is_first and not turn.message.conversation.is_direct:
        return []

    is_direct = turn.message.conversation.is_direct

    def text(say: Say) -> str:
        if not member.row.has_promised:
            wait = say("Bitte noch warten. Schreib erst „vertraulich“.")
        else:
            wait = say("Bitte noch warten, bis alle zugesagt haben.")
        # In a room all have read it.
        return " ".join([wait, say("Vorher gebe ich nichts weiter.")]) if is_direct else wait

    return await whisper(turn, circle, member.id, text)


async def _hold_back(turn: Turn, circle: Circle, member: Member) -> Sequence[Send]:
    """Remind who only listens now; in a room once in a phase, alone with us whenever something is not passed on.

    A „danke“ or a late „ja“ in between disturbs nobody.
    """
    if not turn.message.conversation.is_direct and len(turn.text.split()) < FEWEST_WORDS:
        return []
    is_first = await turn.uow.consultations.raise_voice(circle.number, member.id, REMINDED)
    if not turn.message.conversation.is_direct:
        return await whisper(turn, circle, member.id, _reminder) if is_first else []
    return await whisper(turn, circle, member.id, _reminder_alone if is_first else _not_passed_on)


def _reminder(say: Say) -> str:
    return say("In dieser Phase hörst du nur zu. Deine Gedanken sind gleich wieder dran.")


def _reminder_alone(say: Say) -> str:
    return say("In dieser Phase hörst du nur zu. Ich habe es nicht weitergegeben; später gern noch einmal.")


def _not_passed_on(say: Say) -> str:
    return say("Nicht weitergegeben: Du hörst gerade zu.")


async def _answer_alone(turn: Turn, circle: Circle, member: Member) -> Sequence[Send]:
    """Say once in a phase where we answer questions: whoever asks us in the room waits for that."""
    message = turn.message
    if message.conversation.is_direct or not message.is_addressed or message.replies_to is not None:
        return []
    if not looks_like_question(turn.text):
        return []
    if not await turn.uow.consultations.raise_voice(circle.number, member.id, ASKED):
        return []
    text = "Fragen an mich beantworte ich hier im Einzelchat. Im Raum zeigt „hilfe“, was ich verstehe."
    return await whisper(turn, circle, member.id, lambda say: say(text))


# who comes next


async def _follow(turn: Turn, circle: Circle, phase: Phase, member: Member) -> Sequence[Send]:
    """What follows from a contribution: whose turn it is, a note where nobody writes, and hints."""
    is_pass = plain_words(turn.text) in PASSING or turn.text.strip() in PASSING
    said = await _take_turn(turn, circle, phase, member, PASSED if is_pass else SAID)
    if is_pass or not turn.text.strip():
        return said
    if len(turn.text.split()) >= FEWEST_WORDS and await turn.uow.consultations.has_step(
        circle.number, phases.NOTED_BY_US
    ):
        await notes.contribute(turn, circle, phase, member)
    found = contributions.read(turn.text, [one.name for one in circle.members])
    return [*said, *await _hint(turn, circle, phase, member, found), *await _name(turn, circle, member, found)]


async def _take_turn(turn: Turn, circle: Circle, phase: Phase, member: Member, wish: str) -> Sequence[Send]:
    """Where each one speaks once: say who is next; who speaks again hears once that others wait."""
    if not phase.in_turn and circle.group.mode != Mode.WRITTEN:
        return []
    done = await _done(turn, circle)
    await turn.uow.consultations.raise_voice(circle.number, member.id, wish)
    if not phase.in_turn or circle.group.mode == Mode.WRITTEN:
        return []
    following = phases.next_speaker(circle, phase, done | {member.id})
    if member.id in done:
        is_first = await turn.uow.consultations.raise_voice(circle.number, member.id, REMINDED)
        return await whisper(turn, circle, member.id, _others_first) if is_first and following else []

    def text(say: Say) -> str:
        if following is None:
            return say("Alle waren dran. „weiter“ geht zur nächsten Phase.")
        return say("Als Nächstes: {name}.").format(name=escaped(following.name))

    return await tell(turn, circle, text)


async def _done(turn: Turn, circle: Circle) -> frozenset[int]:
    """Who had their turn in this phase."""
    heard = turn.uow.consultations.voices
    return await heard(circle.number, SAID) | await heard(circle.number, PASSED)


def _others_first(say: Say) -> str:
    return say("Danke, du warst schon dran. Jetzt sind erst die anderen an der Reihe.")


# hints


async def _hint(turn: Turn, circle: Circle, phase: Phase, member: Member, found: Contribution) -> Sequence[Send]:
    """Tell the moderator alone of advice that comes too early, at most once for each one in a phase."""
    moderator, later = circle.moderator, _place_for_advice(circle, phase)
    if moderator is None or later is None or member in (moderator, circle.case_giver) or not _is_early(phase, found):
        return []
    if not await turn.uow.consultations.raise_voice(circle.number, member.id, HINTED):
        return []
    facts = {"name": escaped(member.name), "phase": escaped(later.title)}

    def text(say: Say) -> str:
        what = _what_is_early(say, found.manner)
        return " ".join((what, say("Auf die Phase „{phase}“ verweisen?"))).format(**facts)

    words = (("ja", "ja, allen sagen"), ("nein", "nein"))
    return await whisper(turn, circle, moderator.id, text, lambda say: Offer(TALK, choices(say, circle, words)))


def _what_is_early(say: Say, manner: Manner) -> str:
    if manner is Manner.SOLUTION:
        return say("Im Beitrag von {name} steckt schon eine Lösung.")
    return say("Im Beitrag von {name} steckt ein Rat.")


def _is_early(phase: Phase, found: Contribution) -> bool:
    """Whether it is a phase for something else than advice."""
    is_for_others = phase.does in (Does.TELLING, Does.QUESTIONS, Does.HYPOTHESES)
    return is_for_others and phase.notes != NoteKind.SOLUTION and found.manner.proposes


def _place_for_advice(circle: Circle, phase: Phase) -> Phase | None:
    """The phase to come in which advice is welcome."""
    order = circle.plan.order
    ahead = order[[one.id for one in order].index(phase.id) + 1 :]
    return next((one for one in ahead if one.notes == NoteKind.SOLUTION or one.does is Does.ADVICE), None)


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Have the moderator's „ja“ to a hint be said to all, without whose contribution it was about."""
    data = chosen(turn)
    group = await turn.uow.consultations.hold(int(data["group"]))
    circle = await open_circle(turn.uow, group) if group is not None and group.state == GroupState.RUNNING else None
    phase = circle.phase if circle is not None else None
    later = _place_for_advice(circle, phase) if circle is not None and phase is not None else None
    if data["do"] != "ja":
        return [Reply(turn.say("Gut."))]
    if (
        circle is None
        or phase is None
        or later is None
        or (phase.id, str(circle.group.lap))
        != (
            data["phase"],
            data["lap"],
        )
    ):
        return [Reply(turn.say("Diese Phase ist schon vorbei."))]
    if await member_of(turn, circle) not in circle.of(Part.MODERATOR):
        raise UserError(turn.say("Das entscheidet die Moderation."))

    def text(say: Say) -> str:
        return say("Ratschläge und Lösungen kommen später, in der Phase „{phase}“. Jetzt: {now}.").format(
            phase=escaped(later.title), now=escaped(phase.title)
        )

    return await tell(turn, circle, text)


async def _name(turn: Turn, circle: Circle, member: Member, found: Contribution) -> Sequence[Send]:
    """Ask who names somebody to leave that out, once in a phase."""
    if not found.has_personal_data:
        return []
    if not await turn.uow.consultations.raise_voice(circle.number, member.id, NAMED):
        return []
    return await whisper(turn, circle, member.id, _without_names)


def _without_names(say: Say) -> str:
    return say(
        "Bitte ohne Namen und Nummern von anderen. Du kannst die Nachricht ändern oder löschen; "
        "was ich weitergegeben habe, ändert sich mit."
    )


# leaving


async def leave(turn: Turn, services: Services) -> Sequence[Action]:
    """„raus“: take no more part in a group."""
    circle = await own_circle(turn)
    member = await member_of(turn, circle)
    return await gathering.leave(turn, services, circle, member.id) if member is not None else []
