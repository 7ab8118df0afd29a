"""Hears what people say to each other in a group, and keeps nothing of it: whose turn it is, and what to pass on.

Hints are rare, kind and for one person alone: who only listens now, whose advice comes too early, who names names.
"""

from collections.abc import Sequence

from bot.commands import Command, looks_like_question, plain_words
from bot.errors import UserError
from bot.messages import Action, Choice, Kind, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import relay as questions
from handlers.ask import chosen
from handlers.peer_consultation import (
    date_changes,
    gathering,
    key_question,
    leading,
    live,
    notes,
    phases,
    relay,
    turns,
    wrong_numbers,
)
from handlers.peer_consultation.circle import (
    BEFORE,
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
from knowledge.consultation_formats import Does, Laps, Phase
from knowledge.contributions import Contribution, Manner
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupState, Mode, NoteKind, Part

TALK = "consultation_talk"  # topic of the offer below
LEAVE = Command(
    "raus",
    (
        *("ich gehe", "ich muss gehen", "ich muss leider gehen", "ich muss weg", "ich muss leider weg", "ich bin raus"),
        *("ich muss los", "ich muss leider los", "muss los", "muss weg", "muss gehen", "bin raus", "bin weg"),
        *("beratung verlassen", "ich steige aus der beratung aus"),
    ),
    "Eine kollegiale Beratung verlassen.",
    role=Role.SUPPORTER,
)
GO, STAY = "gehen", "bleiben"
"""What whoever would end a round for all chooses."""
REMINDED, HINTED, NAMED, WAITING, ASKED = "reminded", "hint", "named", "wait", "alone"
"""What somebody was told in this phase, and is not told again."""
PASSING = frozenset({"passe", "ich passe", "pass", "aussetzen", "ich setze aus", "nichts", "ich habe nichts", "–", "-"})
SKIPPING = frozenset({"überspringen", "ich überspringe"}) | {
    f"ich {have} {what}" for have in ("habe", "hab") for what in ("keinen fall", "kein thema", "keins", "keinen")
}
"""What whoever has no case says when it is their turn."""
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
            return await wrong_numbers.answer(turn, circle, member) or await _said(turn, services, circle, member)
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
    is_own_lap = phase.in_lap and circle.plan.laps is Laps.EACH and member == circle.case_giver
    if is_own_lap and plain_words(turn.text) in SKIPPING:
        return await live.skip(turn, services, circle)
    if key_question.is_said(circle, member, turn.text) and key_question.is_for_us(turn.text):
        return await key_question.explain(turn, circle, member)
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
    have_all = all(one.row.has_promised for one in circle.members)

    def text(say: Say) -> str:
        if not member.row.has_promised:
            wait = say("Bitte noch warten. Schreib erst „vertraulich“.")
        elif have_all and circle.group.state == GroupState.GATHERING:
            wait = leading.begins(say, turn, circle, None)
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
        is_quiet = circle.phase is not None and not phases.speakers(circle, circle.phase)
        return await whisper(turn, circle, member.id, _quiet if is_quiet else _reminder) if is_first else []
    return await whisper(turn, circle, member.id, _reminder_alone if is_first else _not_passed_on)


def _quiet(say: Say) -> str:
    return say("Gerade sind alle still. Gleich geht es weiter.")


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
    said = await _take_turn(turn, circle, phase, member, turns.PASSED if is_pass else turns.SAID)
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
    if circle.group.mode == Mode.WRITTEN:
        await turn.uow.consultations.raise_voice(circle.number, member.id, wish)
        return []
    if not phase.in_turn:
        return []
    done = await turns.heard(turn, circle)
    if member.id not in done:
        return await turns.take(turn, circle, phase, member, wish)
    if phases.next_speaker(circle, phase, done) is None:
        return []
    is_first = await turn.uow.consultations.raise_voice(circle.number, member.id, REMINDED)
    return await whisper(turn, circle, member.id, _others_first) if is_first else []


def _others_first(say: Say) -> str:
    return say("Danke, du warst schon dran. Jetzt sind erst die anderen an der Reihe.")


# hints


async def _hint(turn: Turn, circle: Circle, phase: Phase, member: Member, found: Contribution) -> Sequence[Send]:
    """Tell the moderator alone of advice that comes too early, at most once for each one in a phase."""
    moderator, later = circle.moderator, phases.place_for_advice(circle, phase)
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


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Have the moderator's „ja“ to a hint be said to all, without whose contribution it was about."""
    data = chosen(turn)
    if data["do"] == GO:
        return await _leave_surely(turn, services)
    group = await turn.uow.consultations.hold(int(data["group"]))
    circle = await open_circle(turn.uow, group) if group is not None and group.state == GroupState.RUNNING else None
    phase = circle.phase if circle is not None else None
    later = phases.place_for_advice(circle, phase) if circle is not None and phase is not None else None
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
    """„raus“: take no more part in a group; whoever would end it for all is asked first."""
    circle = await own_circle(turn)
    member = await member_of(turn, circle)
    if member is None:
        return []
    if circle.group.state in BEFORE:
        return await date_changes.ask_whether_sure(turn, services, circle, member)
    if not live.ends_without(circle, member):
        return await gathering.leave(turn, services, circle, member.id)
    data = {"group": str(circle.number), "person": str(member.id)}
    words = (
        Choice("ja", turn.say("ja, gehen"), {**data, "do": GO}),
        Choice("nein", turn.say("nein, bleiben"), {**data, "do": STAY}),
    )
    return [Reply(turn.say("Wirklich gehen? Dann endet die Runde für alle."), Offer(TALK, words))]


async def _leave_surely(turn: Turn, services: Services) -> Sequence[Action]:
    """Have whoever was asked leave; a „ja“ of somebody else is theirs alone."""
    data = chosen(turn)
    group = await turn.uow.consultations.hold(int(data["group"]))
    circle = await open_circle(turn.uow, group) if group is not None else None
    member = await member_of(turn, circle) if circle is not None else None
    if circle is None or member is None or str(member.id) != data["person"]:
        return []
    return await gathering.leave(turn, services, circle, member.id)
