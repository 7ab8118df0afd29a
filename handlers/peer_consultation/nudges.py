"""Reminds those who have not written yet in a written round: alone, once a working day, when they want to be.

Who was reminded is forgotten with the phase.
"""

import re
from collections.abc import Sequence
from datetime import time

from bot.commands import Command
from bot.errors import UserError
from bot.messages import Action, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers.ask import chosen
from handlers.dates import day_said
from handlers.jour_fixe.appointments import clock
from handlers.peer_consultation import phases, steering, turns
from handlers.peer_consultation.circle import Circle, Member, Say, choices, whisper
from handlers.peer_consultation.leading import chosen_circle, is_of_now, phase_of, running
from knowledge.consultation_formats import Phase
from knowledge.minutes import escaped
from knowledge.series_sentences import read_series
from storage.models.peer_consultation import GroupShows, GroupState, Mode

NUDGE = "consultation_nudge"  # topic of the offer below
HOUR = time(9)
"""When people are reminded who did not choose another time."""
FIRST, LAST = time(7), time(20)
"""Between these times something is said in a written round."""
FINISH = Command(
    "fertig",
    ("bin fertig", "ich bin fertig", "ich habe geschrieben", "habe geschrieben"),
    "In einer schriftlichen Beratung: mein Beitrag zu dieser Phase steht.",
    role=Role.SUPPORTER,
)
REMINDERS = Command(
    "erinnerung",
    ("erinnerungen", "keine erinnerung", "keine erinnerung mehr", "keine erinnerungen", "keine erinnerungen mehr"),
    "Wann ich an schriftliche Beratungen erinnere: „erinnerung 15 Uhr“ oder „erinnerung aus“.",
    takes_text=True,
    takes_words=4,
    role=Role.SUPPORTER,
)
_WISH = re.compile(
    r"(?:bitte\s+)?(?:erinner[en]?\s+(?:mich|uns)\b(?=.*(?:\d|uhr|nicht|morgens|mittags|abends)).*"
    r"|(?:bitte\s+)?keine\s+erinnerung(?:en)?(?:\s+mehr)?)\W*",
    re.IGNORECASE,
)
_OFF = re.compile(r"\b(?:aus|keine|nicht|nie|stopp?|ohne)\b", re.IGNORECASE)
_TIMES = {"morgens": time(8), "mittags": time(12), "abends": time(17), "früh": time(8)}


# reminding


async def remind(night: Night, circle: Circle, phase: Phase, missing: Sequence[Member]) -> Sequence[Send]:
    """Remind those of whom nothing was heard in a phase, each one at their time and once a day."""
    said: list[Send] = []
    for member in missing:
        if not member.row.wants_reminders or night.now.time() < (member.row.reminded_at or HOUR):
            continue
        if await night.uow.consultations.raise_voice(circle.number, member.id, f"nudged {night.today}"):
            said += await _nudge(night, circle, phase, member)
    return said


async def _nudge(night: Night, circle: Circle, phase: Phase, member: Member) -> Sequence[Send]:
    def write(say: Say) -> str:
        heading = say("**Beratung {number}: {title}**").format(number=circle.number, title=escaped(phase.title))
        until = phases.box(say, circle, phase, night.now.tzinfo)
        return "\n".join(
            (
                heading,
                phase.said(phases.names(circle)),
                say("Fehlt dein Beitrag noch? „fertig“ heißt, er steht da.") + " " + until,
            )
        )

    words = [("fertig", "ich bin fertig"), ("mehr", "einen Tag mehr"), ("aus", "keine Erinnerung mehr")]
    # As what is shown of the phase: with it, the choices go.
    return await whisper(
        night, circle, member.id, write, lambda say: Offer(NUDGE, choices(say, circle, words)), GroupShows.PHASE
    )


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what somebody chose below a reminder."""
    circle, member = await chosen_circle(turn)
    match chosen(turn)["do"]:
        case "aus":
            member.row.wants_reminders = False
            return [Reply(_off(turn))]
        case _ if not is_of_now(turn, circle):
            return [Reply(phases.standing(turn.say, circle, phase_of(circle), turn.now))]
        case "mehr":
            return await steering.do(turn, services, circle, member, "mehr")
    return await turns.finish(turn, circle, phase_of(circle), member)


async def finish(turn: Turn, services: Services) -> Sequence[Action]:
    """„fertig“: somebody has written what they wanted to, also where we do not hear everything."""
    return await turns.finish(turn, *await running(turn))


# when


def is_about_reminders(text: str) -> bool:
    """Whether somebody says when to be reminded: „erinnere mich um 15 Uhr“, „keine Erinnerung“."""
    return _WISH.fullmatch(text.strip()) is not None


async def set_reminders(turn: Turn, services: Services) -> Sequence[Action]:
    """Remind somebody at another time, or not at all, in all their written rounds."""
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    groups = await turn.uow.consultations.of_person(person.id or 0) if person is not None else []
    members = [
        await turn.uow.consultations.member(group.id or 0, person.id or 0)
        for group in groups
        if person is not None and group.mode == Mode.WRITTEN and group.state != GroupState.CLOSING
    ]
    rows = [row for row in members if row is not None]
    if not rows:
        text = turn.say("Erinnern kann ich nur an schriftliche Beratungen. Gerade läuft keine mit dir.")
        return [Reply(text)]
    is_off = _OFF.search(turn.message.text) is not None
    at = None if is_off else _read_time(turn)
    for row in rows:
        row.wants_reminders, row.reminded_at = not is_off, at or row.reminded_at
    if is_off:
        return [Reply(_off(turn))]
    text = turn.say("Ich erinnere dich an Arbeitstagen um {clock} Uhr, wenn dein Beitrag fehlt.")
    return [Reply(text.format(clock=clock(rows[0].reminded_at or HOUR)))]


def _read_time(turn: Turn) -> time | None:
    """The time that somebody names, None for that of before; raises `UserError` for one at which nobody is there."""
    named = next((at for word, at in _TIMES.items() if word in turn.text.casefold()), None)
    at = named or read_series(turn.text, turn.today, day_said).begins
    if at is None and turn.text and re.search(r"\d", turn.text):
        raise UserError(turn.say("Wann genau? Zum Beispiel: „erinnerung 15 Uhr“."))
    if at is not None and not FIRST <= at < LAST:
        raise UserError(turn.say("Erinnern kann ich zwischen 7 und 20 Uhr."))
    return at


def _off(turn: Turn) -> str:
    return turn.say("Gut, ich erinnere dich nicht mehr. „erinnerung 9 Uhr“ schaltet es wieder ein.")
