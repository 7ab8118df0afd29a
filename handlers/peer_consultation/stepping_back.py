"""Understands who says that they cannot come: to a group, to an open round, to the jour fixe, or at all for a while."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.choices import find_choice
from bot.commands import Command, free_text
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import portraits
from handlers.ask import chosen
from handlers.jour_fixe.appointments import upcoming
from handlers.jour_fixe.coming_sentences import is_about_coming
from handlers.peer_consultation import date_answers, date_changes, date_notices, date_sentences, joining, talk
from handlers.peer_consultation.circle import BEFORE, circle_here, member_of
from handlers.peer_consultation.date_sentences import says_absent
from handlers.self_reports import is_about_me, understand
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
_YES = (Choice("ja", ""),)
_PAUSE = re.compile(r"paus|porträt|portrait|anfragen|fragen", re.IGNORECASE)
_WHERE = re.compile(
    r"\b(?:(?:bei|an|in|zu|aus|von)(?: der| meiner)?|zur) (?:kollegialen )?(?:fall)?beratung(?: \d+)?\b", re.IGNORECASE
)


def is_stepping_back(text: str) -> bool:
    """Whether somebody says that they cannot come, after all or at all: „kann leider doch nicht“, „bin krank“."""
    return _is_after_all(text) or says_absent(_WHERE.sub(" ", text)) or _is_pause(text)


def may_be_answer(text: str) -> bool:
    """Whether a text below „Kannst du doch nicht?“ says that they cannot."""
    return find_choice(text, _YES) is not None or is_stepping_back(text)


def _is_after_all(text: str) -> bool:
    said = " ".join(_WHERE.sub(" ", text.casefold()).split()).strip(" .,!")
    return len(said.split()) <= _MOST_WORDS and _SAID.fullmatch(said) is not None


def _is_pause(text: str) -> bool:
    """Whether a portrait would take it for a pause that was not asked for by its name."""
    change = understand(text, date(2000, 1, 3))
    return change is not None and (change.needs_day or change.paused_until is not None) and not _PAUSE.search(text)


async def begin(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask whether somebody truly steps back; in a round that runs, it is said to the others like all else."""
    circle = await circle_here(turn)
    member = await member_of(turn, circle) if circle is not None else None
    if circle is not None and (member is None or circle.group.state not in BEFORE):
        return await talk.hear(replace(turn, text=turn.message.text), services)
    if circle is None or member is None:
        return await _alone(replace(turn, text=free_text(turn.message.text)), services)
    return await date_changes.ask_whether_sure(turn, services, circle, member)


async def _alone(turn: Turn, services: Services) -> Sequence[Action]:
    """Take it for what it can mean for the sender; in a room that others read, it is about the jour fixe as before."""
    if turn.role < Role.SUPPORTER or not turn.message.conversation.is_direct:
        return await joining.about_jour_fixe(turn, services)
    if date_sentences.names_weekdays(turn.text) and await date_answers.asked_last(turn) is not None:
        return await date_answers.take_sentence(turn, services)
    meant = await _meant(turn)
    if not meant and _is_after_all(turn.text) and await joining.takes_part(turn):
        meant = [Choice("beratung", turn.say("die kollegiale Beratung"), {"do": "round"})]
    if meant and is_about_me(turn.text) and not _is_after_all(turn.text):
        meant.append(Choice("pause", turn.say("eine Pause als Lots:in"), {"do": "pause", "said": _pause_in(turn)}))
    if meant and is_about_coming(turn.text) and await upcoming(turn):
        meant.append(Choice("jourfixe", turn.say("den Jour fixe"), {"do": "jour_fixe", "said": turn.text}))
    if not meant:
        return await joining.about_jour_fixe(turn, services)
    if len(meant) == 1:
        return await _take(turn, services, meant[0].data)
    return [Reply(turn.say("Was meinst du?"), Offer(STEPPING, tuple(meant)))]


async def take_days(turn: Turn, services: Services) -> Sequence[Action]:
    """„mittwoch kann ich nicht“, „doch nur 1“: an answer while a question about times is open, else as before."""
    if turn.message.conversation.is_direct and await date_answers.asked_last(turn) is not None:
        return await date_answers.take_sentence(turn, services)
    return await joining.about_jour_fixe(turn, services)


def _pause_in(turn: Turn) -> str:
    """The pause that a sentence asks for, without why: an illness is noted nowhere, not even below a question."""
    change = understand(turn.text, turn.today)
    if change is None or change.paused_until is None:
        return "pause"
    begins = f"von {change.paused_from:%d.%m.%Y} " if change.paused_from is not None else ""
    return f"pause {begins}bis {change.paused_until:%d.%m.%Y}"


async def _meant(turn: Turn) -> list[Choice]:
    """The groups of the sender that they may mean, and what was asked about their dates."""
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    groups = await turn.uow.consultations.of_person(person.id or 0, *BEFORE) if person is not None else []
    asks = await date_answers.asked_last(turn) or {}
    meant = []
    for group in groups:
        data = {"group": str(group.id)}
        if asks.get("group") == data["group"] and asks.get("do") == "text" and not _is_after_all(turn.text):
            text = turn.say("keiner der Termine für Beratung {number} passt").format(number=group.id)
            meant.append(Choice("keiner", text, {**data, "do": "dates"}))
        meant.append(Choice(f"beratung {group.id}", _label(turn, group), {**data, "do": "group"}))
    return meant


def _label(turn: Turn, group: ConsultationGroup) -> str:
    if group.meets_at is None or group.state == GroupState.DATING:
        return turn.say("aus Beratung {number} zurücktreten").format(number=group.id)
    return f"Beratung {group.id}, {date_notices.when(turn, group.meets_at)}"


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Take it as it was meant: about a group, a round, or the jour fixe."""
    return await _take(turn, services, chosen(turn))


async def _take(turn: Turn, services: Services, data: Mapping[str, str]) -> Sequence[Action]:
    match data["do"]:
        case "jour_fixe":
            return await joining.about_jour_fixe(replace(turn, text=data["said"], choice=None), services)
        case "pause":
            return await portraits.take_sentence(replace(turn, text=data["said"], choice=None), services)
        case "dates":
            none = Choice("", "", {"group": data["group"], "do": "keine"})
            said = replace(turn.message, text="keine")  # its number would be that of a time
            return await date_answers.decide(replace(turn, choice=none, message=said), services)
        case "round":
            return await joining.leave_named(replace(turn, choice=None), services)
    asked = Choice("", "", {"group": data["group"], "do": date_changes.BACK})
    return await date_changes.decide_coming(replace(turn, choice=asked), services)
