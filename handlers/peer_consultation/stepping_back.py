"""Understands who says that they cannot come after all: of a group, of an open round, or of the jour fixe."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.commands import Command, free_text
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import chosen
from handlers.candidates import chat_of
from handlers.jour_fixe.appointments import upcoming
from handlers.jour_fixe.coming_sentences import is_about_coming
from handlers.peer_consultation import date_changes, date_notices, joining, talk
from handlers.peer_consultation.circle import circle_here, member_of, whisper
from handlers.peer_consultation.date_changes import BEFORE
from storage.models.peer_consultation import ConsultationGroup, GroupState

STEPPING = "consultation_stepping_back"  # topic of the offer below
COMMAND = Command(
    "zurücktreten",
    (
        "ich trete zurück",
        "ich kann doch nicht",
        "ich kann leider doch nicht",
        "kann doch nicht",
        "ich kann doch nicht kommen",
        "ich kann leider doch nicht kommen",
        "ich komme doch nicht",
        "ich bin doch nicht dabei",
        "ich falle aus",
        "ich falle leider aus",
    ),
    is_bare=True,
)
_MOST_WORDS = 14
_SOFTLY = r"(?:(?:leider|jetzt|nun|da) )*"
_SAID = re.compile(
    r"(?:(?:hallo|hi|sorry|tut mir leid|oh),? )?(?:ich )?"
    rf"(?:kann {_SOFTLY}doch {_SOFTLY}nicht(?: mehr)?(?: (?:kommen|mitmachen|teilnehmen|dabei sein))?"
    rf"|komme {_SOFTLY}doch nicht|bin {_SOFTLY}doch nicht (?:mehr )?dabei|falle {_SOFTLY}aus"
    rf"|(?:muss |möchte )?{_SOFTLY}zurücktreten|trete {_SOFTLY}zurück)"
)
_WHERE = re.compile(
    r"\b(?:(?:bei|an|in|zu|aus|von)(?: der| meiner)?|zur) (?:kollegialen )?(?:fall)?beratung(?: \d+)?\b", re.IGNORECASE
)


def is_stepping_back(text: str) -> bool:
    """Whether somebody says that they cannot come after all: „ich kann leider doch nicht kommen“."""
    said = " ".join(_WHERE.sub(" ", text.casefold()).split()).strip(" .,!")
    return len(said.split()) <= _MOST_WORDS and _SAID.fullmatch(said) is not None


async def begin(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask whether somebody truly steps back; in a round that runs, it is said to the others like all else."""
    circle = await circle_here(turn)
    member = await member_of(turn, circle) if circle is not None else None
    if circle is not None and (member is None or circle.group.state not in BEFORE):
        return await talk.hear(replace(turn, text=turn.message.text), services)
    if circle is None or member is None:
        return await _alone(replace(turn, text=free_text(turn.message.text)), services)
    chat = await chat_of(turn.uow, member.id)
    if turn.message.conversation.is_direct or chat is None:
        return [Reply(*await date_changes.whether_sure(turn, turn.say, circle, member))]
    text, offer = await date_changes.whether_sure(turn, turn.say_to(chat[0]), circle, member)
    return [*await whisper(turn, circle, member.id, lambda say: text, lambda say: offer)]


async def _alone(turn: Turn, services: Services) -> Sequence[Action]:
    """Take it for what it can mean for the sender; in a room that others read, it is about the jour fixe as before."""
    if turn.role < Role.SUPPORTER or not turn.message.conversation.is_direct:
        return await joining.about_jour_fixe(turn, services)
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    groups = await turn.uow.consultations.of_person(person.id or 0, *BEFORE) if person is not None else []
    meant = [Choice(str(place), _label(turn, one), _group_data(one)) for place, one in enumerate(groups, start=1)]
    if not meant and await joining.takes_part(turn):
        meant = [Choice("beratung", turn.say("die kollegiale Beratung"), {"do": "round"})]
    if meant and is_about_coming(turn.text) and await upcoming(turn):
        meant.append(Choice("jourfixe", turn.say("den Jour fixe"), {"do": "jour_fixe", "said": turn.text}))
    if not meant:
        return await joining.about_jour_fixe(turn, services)
    if len(meant) == 1:
        return await _take(turn, services, meant[0].data)
    return [Reply(turn.say("Was meinst du?"), Offer(STEPPING, tuple(meant)))]


def _label(turn: Turn, group: ConsultationGroup) -> str:
    if group.meets_at is None or group.state == GroupState.DATING:
        return f"Beratung {group.id}"
    return f"Beratung {group.id}, {date_notices.when(turn, group.meets_at)}"


def _group_data(group: ConsultationGroup) -> dict[str, str]:
    return {"do": "group", "group": str(group.id)}


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Take it as it was meant: about a group, a round, or the jour fixe."""
    return await _take(turn, services, chosen(turn))


async def _take(turn: Turn, services: Services, data: Mapping[str, str]) -> Sequence[Action]:
    match data["do"]:
        case "jour_fixe":
            return await joining.about_jour_fixe(replace(turn, text=data["said"], choice=None), services)
        case "round":
            return await joining.leave_named(replace(turn, choice=None), services)
    asked = Choice("", "", {"group": data["group"], "do": date_changes.BACK})
    return await date_changes.decide_coming(replace(turn, choice=asked), services)
