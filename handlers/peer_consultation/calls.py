"""Calls to a round of peer consultation, by a sentence or in a few steps; nothing is kept before a yes."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType

from bot.choices import find_choice
from bot.commands import looks_like_question
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import candidates
from handlers.ask import chosen
from handlers.peer_consultation import call_deadlines, rounds
from handlers.peer_consultation.call_drafts import CALL, ask_for_days, ask_whether_both, formats, hinted, shown
from handlers.peer_consultation.call_plans import (
    Plan,
    by_format,
    in_other_mode,
    plan_of,
    planned,
    with_deadline,
)
from handlers.peer_consultation.rounds import check_open, days, sender
from handlers.periods import period_said
from knowledge.consultation_formats import Format, named
from knowledge.consultation_sentences import SaidCall, Wish, read_call, read_change, read_days
from knowledge.minute_sentences import looks_like_day
from storage.models.peer_consultation import CaseState, ConsultationCase, ConsultationRound, Mode

_ANY_DAY = date(2026, 1, 1)
_TEXTS = frozenset(("days", "until", "said", "listed"))
"""What is done with a text that was asked for."""
_RATHER = re.compile(
    r"\b(?:doch|dann|lieber|bitte|als|nach|mit|den|der|die|eine|einer|modell|ablauf)\b ?", re.IGNORECASE
)


# what is read


def is_call(words: str) -> bool:
    """Whether a sentence calls to a round."""
    return read_call(words, _are_days) is not None


def may_be_correction(words: str) -> bool:
    """Whether what is said below a call that is not kept yet may be about it: a question is not."""
    return not looks_like_question(words)


def _are_days(words: str) -> bool:
    """Whether words are some days, be it ones that there are not: „am 31.2.“ is answered, not looked up."""
    return period_said(words, _ANY_DAY) is not None or looks_like_day(words.removeprefix("am "))


def _format_in(services: Services, words: str) -> Format | None:
    """The format that somebody names: „lieber Sechs Phasen“."""
    return named(services.house.formats, _RATHER.sub("", words).strip(" .!:"))


# beginning


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """„kollegiale Beratung in KW 50“, „neue Beratungsrunde“."""
    return await begin(turn, services, read_call(turn.text, _are_days))


async def begin_new(turn: Turn, services: Services) -> Sequence[Action]:
    """„beratungsrunde“: ask for the days of a new round."""
    return await begin(turn, services)


async def begin(turn: Turn, services: Services, said: SaidCall | None = None) -> Sequence[Action]:
    """Call to a round: ask for its days, or show what was understood."""
    await _check_caller(turn)
    said = said or SaidCall()
    data = _wished(services, said)
    if not said.first:
        return [ask_for_days(turn, data)]
    return [shown(turn, services, planned(turn, services, said.first, said.last, data))]


def _wished(
    services: Services, said: SaidCall, draft: Mapping[str, str] = MappingProxyType({"mode": Mode.LIVE, "format": ""})
) -> dict[str, str]:
    """How a call shall be, by what is said; what is not said is as in the draft."""
    wished = named(services.house.formats, said.format) if said.format else None
    mode = wished.mode if wished else said.mode or draft["mode"]
    as_before = draft["format"] if mode == draft["mode"] else ""
    return {"mode": str(mode), "format": wished.id if wished else as_before, "until": said.joins_until}


async def _check_caller(turn: Turn) -> None:
    """Refuse whoever may not call; raises `UserError`. Who has a case may call a round for it."""
    check_open(turn)
    if turn.role >= Role.COORDINATOR:
        return
    person = await sender(turn)
    if not any(case.state == CaseState.WAITING for case in await turn.uow.rounds.cases_of(person.id or 0)):
        raise UserError(
            turn.say("Eine Runde ruft die Koordination aus, oder wer selbst einen Fall hat: „ich habe einen Fall“.")
        )


# the next step


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Take the next step of a call."""
    await _check_caller(turn)
    data = _meant(turn, services, chosen(turn))
    match data["do"]:
        case "save" | "anyway":
            return await _save(turn, services, plan_of(data), is_sure=data["do"] == "anyway")
        case "stop":
            return [Reply(turn.say("Gut, keine Runde."))]
    return [_next(turn, services, data)]


def _meant(turn: Turn, services: Services, data: dict[str, str]) -> dict[str, str]:
    """What was chosen, be it in words below something newer, such as the help: „1“, „ja“, „abbrechen“."""
    if turn.choice is None or turn.choice.word:
        return data
    asked = _asked(turn, services, data)
    found = find_choice(turn.text, asked.offer.choices) if asked.offer else None
    change = read_change(turn.text)
    if change is not None and change.wish == Wish.CANCEL:
        return {"do": "stop"}
    return dict(found.data) if found else data


def _asked(turn: Turn, services: Services, data: Mapping[str, str]) -> Reply:
    """The question below which a text was written."""
    match data["do"]:
        case "days":
            return ask_for_days(turn, data)
        case "until":
            return call_deadlines.ask(turn, CALL, data)
        case "listed":
            return formats(turn, services, data)
    return shown(turn, services, plan_of(data))


def _next(turn: Turn, services: Services, data: Mapping[str, str]) -> Reply:
    """What is shown or asked next of a call that is not made yet."""
    call = read_call(turn.text, _are_days) if data["do"] in _TEXTS else None
    if call is not None and call.first:
        return shown(turn, services, planned(turn, services, call.first, call.last, _wished(services, call, data)))
    match data["do"]:
        case "days":
            return _with_days(turn, services, data)
        case "until":
            return _with_deadline(turn, services, plan_of(data), turn.text)
        case "said":
            return _corrected(turn, services, data)
        case "mode":
            return shown(turn, services, in_other_mode(services, plan_of(data)))
        case "ask_days":
            return ask_for_days(turn, {"mode": data["mode"], "format": data["format"], "until": ""})
        case "ask_until":
            return call_deadlines.ask(turn, CALL, data)
        case "formats":
            return formats(turn, services, data)
        case "listed":
            return _listed(turn, services, data)
    return shown(turn, services, plan_of(data))


def _with_days(turn: Turn, services: Services, data: Mapping[str, str]) -> Reply:
    if (found := read_days(turn.text, _are_days)) is None:
        raise UserError(turn.say("Das sind für mich keine Tage. Schreib mir zum Beispiel „KW 50“."))
    return shown(turn, services, planned(turn, services, *found, data))


def _with_deadline(turn: Turn, services: Services, plan: Plan, said: str) -> Reply:
    changed = with_deadline(turn, services, plan, said)
    return shown(turn, services, changed, call_deadlines.moved(turn, said, changed.closes_at))


def _corrected(turn: Turn, services: Services, data: Mapping[str, str]) -> Reply:
    """What would be called, with what was said about it: other days, or until when people join."""
    plan, change, found = plan_of(data), read_change(turn.text), read_days(turn.text, _are_days)
    until = change.until if change else ""
    if found is not None and not until:
        return shown(turn, services, planned(turn, services, *found, {**data, "until": ""}))
    if until or call_deadlines.is_named(turn, services, turn.text):
        return _with_deadline(turn, services, plan, until or turn.text)
    if (wished := _format_in(services, turn.text)) is not None:
        return shown(turn, services, by_format(services, plan, wished))
    return shown(turn, services, plan, turn.say("Das kann ich nicht zuordnen."))


def _listed(turn: Turn, services: Services, data: Mapping[str, str]) -> Reply:
    """What was said below the formats: the name of one, or nothing that is understood."""
    if (wished := _format_in(services, turn.text)) is not None:
        return shown(turn, services, by_format(services, plan_of(data), wished))
    return hinted(formats(turn, services, data), turn.say("Das kann ich nicht zuordnen."))


# calling


async def _save(turn: Turn, services: Services, plan: Plan, *, is_sure: bool) -> Sequence[Action]:
    """Call to the round, unless there is one at that time of which the caller may not know."""
    if plan.closes_at <= turn.now:
        raise UserError(turn.say("Die Frist dafür ist inzwischen vorbei. Bitte die Runde noch einmal ausrufen."))
    await turn.uow.people.hold()
    if not is_sure and (other := await _at_that_time(turn, plan)) is not None:
        return [ask_whether_both(turn, plan, other)]
    one = plan.as_round()
    one.is_reminded = call_deadlines.reminder(turn, services, one) <= turn.now
    await turn.uow.rounds.add(one)
    if turn.role < Role.COORDINATOR:  # whoever calls for their own case takes part
        await rounds.take_part(turn, one)
    posts = await rounds.post(turn, services, one)
    return [_told(turn, has_room=bool(posts)), *posts, *await _invite_cases(turn, one)]


async def _at_that_time(turn: Turn, plan: Plan) -> ConsultationRound | None:
    present = await rounds.present_ones(turn)
    return next((one for one in present if one.starts_on <= plan.last and one.ends_on >= plan.first), None)


def _told(turn: Turn, *, has_room: bool) -> Reply:
    """What the caller hears."""
    if has_room:
        parts = [turn.say("Ausgerufen in den Räumen der Lots:innen.")]
    else:
        unknown = turn.say("Einen Raum der Lots:innen kenne ich nicht. „beratungen“ zeigt die Runde trotzdem.")
        parts = [turn.say("Notiert."), unknown]
    if turn.role >= Role.COORDINATOR:
        parts.append(turn.say("„runde verlängern“, „runde absagen“ und „gruppen bilden“ ändern sie."))
    else:
        parts.append(turn.say("Du bist dabei."))
    return Reply(" ".join(parts))


async def _invite_cases(turn: Turn, one: ConsultationRound) -> list[Send]:
    """Ask those whose cases wait, each alone, whether they take part with it."""
    taking_part = {found.person_id for found in await turn.uow.rounds.participants(one.id or 0)}
    waiting = [case for case in await turn.uow.rounds.waiting_cases() if case.mode == one.mode]
    found = [await _invite(turn, one, case) for case in waiting if case.person_id not in taking_part]
    return [said for said in found if said is not None]


async def _invite(turn: Turn, one: ConsultationRound, case: ConsultationCase) -> Send | None:
    """The question to somebody whose case waits; None where they have no chat with us."""
    if (chat := await candidates.chat_of(turn.uow, case.person_id)) is None:
        return None
    say = turn.say_to(chat[0])
    text = say("Es gibt eine kollegiale Beratung {days}. Bist du mit deinem Fall dabei? Sonst wartet er weiter.")
    choice = Choice("ja", say("ja, mit meinem Fall"), {"round": str(one.id), "do": "in"})
    return Send(chat[0], text.format(days=days(say, one)), Offer(rounds.ROUND, (choice,)), person=chat[1])
