"""The key question: the case giver says what the group shall answer, or has the others look for that first.

It is said once more as a line of its own, and kept nowhere.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.commands import looks_like_question, plain_words
from bot.errors import UserError
from bot.messages import Action
from bot.turn import Services, Turn
from handlers.peer_consultation import methods, phases
from handlers.peer_consultation.circle import Circle, Member, Say, tell, whisper
from handlers.peer_consultation.leading import leads, running
from handlers.peer_consultation.phase_posts import show
from knowledge import contributions
from knowledge.minutes import escaped
from knowledge.time_boxes import ends_at, longer
from storage.models.peer_consultation import Part

_LABEL = re.compile(r"^(?:(?:meine|die) )?(?:schlüssel)?frage(?: (?:ist|lautet))?\s*:\s*", re.IGNORECASE)
_TO_US = re.compile(
    r"(?:und |aber |äh |ähm |hm )*(?:was|wie|wo|wann|warum|wozu|soll|muss|darf) ?"
    r"(?:(?:soll|muss|kann|darf|mache?|schreibe?|tue?) ich|passiert|kommt|geht(?: ?e?s)?|machen wir|sind wir|ist das)?"
    r"(?: (?:jetzt|nun|hier|denn|dann|eigentlich|da|bitte|alles|weiter|hin|als nächstes|"
    r"tun|machen|schreiben|sagen|antworten|dran|eine schlüsselfrage|die schlüsselfrage))*"
)
"""Questions about what is to be done here, and about nothing else."""
LONGEST = 500
"""Letters of a question."""


async def find(turn: Turn, circle: Circle, member: Member) -> Sequence[Action]:
    """„frage finden“: for five minutes the others propose questions, and the case giver picks one."""
    phase = circle.phase
    if phase is None or not phases.is_key_question(phase):
        raise UserError(turn.say("Das geht in der Phase, in der die Schlüsselfrage entsteht."))
    giver = circle.case_giver
    if giver is None or not (member.id == giver.id or leads(member) or circle.moderator is None):
        raise UserError(turn.say("Das entscheidet, wer den Fall hat."))
    if await turn.uow.consultations.raise_voice(circle.number, giver.id, phases.FINDING):
        _give_time(circle, turn.now.astimezone(UTC))

    def write(say: Say) -> str:
        text = say(
            "Frage finden, bis {clock} Uhr: Alle anderen schlagen Fragen vor, mit „Wie …?“ oder „Was …?“. "
            "{name} schreibt am Ende die eine, um die es geht."
        )
        assert circle.group.phase_until is not None
        return text.format(clock=phases.hour(circle.group.phase_until, turn.now.tzinfo), name=escaped(giver.name))

    return await show(turn, circle, write)


def _give_time(circle: Circle, now: datetime) -> None:
    """Have at least five minutes be left; what was left of more stays."""
    group, least = circle.group, longer(now, now)
    if group.phase_until is not None:
        left = group.phase_until - (group.paused_at or now)
        least = max(least, ends_at(now, left))
    group.phase_until, group.paused_at = least, None


def is_for_us(text: str) -> bool:
    """Whether a question can only be about what comes next here: „was soll ich jetzt tun“."""
    return _TO_US.fullmatch(plain_words(text)) is not None


def is_said(circle: Circle, member: Member, text: str) -> bool:
    """Whether somebody says which question it is about: the case giver, in that phase, with a question."""
    is_theirs = phases.is_key_question(circle.phase) and member.row.part == Part.CASE_GIVER
    return is_theirs and looks_like_question(text)


async def explain(turn: Turn, circle: Circle, member: Member) -> Sequence[Action]:
    """Tell whoever asks what to do now, alone; how their words would be the question, too."""
    return await whisper(turn, circle, member.id, _what_to_do)


def _what_to_do(say: Say) -> str:
    return " ".join(
        (
            say("Schreib in einem Satz, was die Gruppe für dich beantworten soll, zum Beispiel „Wie kann ich …?“."),
            say("War das eben schon deine Schlüsselfrage, schreib sie mit „frage:“ davor."),
        )
    )


async def take(turn: Turn, services: Services) -> Sequence[Action]:
    """Say the key question once more as a line of its own; it is kept nowhere, and goes when its message goes."""
    circle, phase, member = await running(turn)
    if not phases.is_key_question(phase) or member.row.part != Part.CASE_GIVER:
        raise UserError(turn.say("Die Schlüsselfrage schreibt, wer den Fall hat, in der Phase dafür."))
    text = _LABEL.sub("", " ".join(turn.text.split()))
    if not text:
        raise UserError(turn.say("Bitte die Frage dazuschreiben: „frage: Wie kann ich …?“"))
    if len(text) > LONGEST:
        raise UserError(turn.say("Das ist recht lang. Bitte in einem Satz."))
    if contributions.read(text, [one.name for one in circle.members]).has_personal_data:
        return await whisper(turn, circle, member.id, _without_names)
    methods.hear(circle, text)
    is_first = await turn.uow.consultations.raise_voice(circle.number, member.id, phases.ASKED)
    said = await tell(turn, circle, lambda say: say("**Schlüsselfrage:** {text}").format(text=escaped(text)))
    keys = {one.key for one in said}
    for post in await turn.uow.consultations.posts(circle.number):
        if post.key in keys:
            post.said = turn.answer_key
    return [*said, *await whisper(turn, circle, member.id, _can_change)] if is_first else said


def _can_change(say: Say) -> str:
    return say("Passt sie noch nicht? Schreib eine andere, sie ersetzt diese.")


def _without_names(say: Say) -> str:
    return say("Bitte die Frage ohne Namen und Nummern von anderen. Dann schreibe ich sie für alle heraus.")
