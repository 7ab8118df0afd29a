"""Takes down who takes part in a round of peer consultation and how; each hears alone what happens next."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.commands import free_text
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import ask, candidates, portraits
from handlers.ask import chosen
from handlers.jour_fixe import attendance
from handlers.jour_fixe import jobs as jour_fixe
from handlers.jour_fixe.appointments import upcoming
from handlers.peer_consultation import cases, gathering, line_managers, rounds
from handlers.peer_consultation.circle import open_circle
from handlers.peer_consultation.rounds import (
    check_open,
    check_supporter,
    closes,
    days,
    held,
    open_ones,
    present_ones,
    sender,
)
from handlers.self_reports import is_about_me
from knowledge.consultation_sentences import Joining, read_joining
from storage.models.peer_consultation import ConsultationRound, Participation, RoundState
from storage.models.people import Person

WHICH = "consultation_or_jour_fixe"  # topic of the offer below

Say = Callable[[str], str]


def is_joining(words: str) -> bool:
    """Whether a sentence says that somebody takes part, or not any more."""
    return read_joining(words) is not None


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what somebody chose below a call to a round."""
    check_open(turn)
    data = chosen(turn)
    return await _take(turn, services, await held(turn, data["round"]), data["do"])


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """„bin bei der Beratung dabei“, „kann moderieren“; without a round it is about the jour fixe."""
    said = read_joining(turn.text)
    found = await present_ones(turn) if turn.role >= Role.SUPPORTER else []
    if said is None or (not said.is_named and not found):
        return await about_jour_fixe(turn, services)
    check_open(turn)
    if not found:
        raise UserError(turn.say("Gerade ist keine Runde offen. „beratungen“ zeigt, was ansteht."))
    if not said.is_named and await upcoming(turn) and not await is_asked_last(turn):
        return [_ask_whether_jour_fixe(turn)]
    return await _in_one(turn, services, found, said.joining)


async def about_jour_fixe(turn: Turn, services: Services) -> Sequence[Action]:
    """What somebody says who speaks of another meeting, or asks something."""
    handler = next((handler for reads, handler in jour_fixe.READINGS if reads(turn.text)), None)
    if handler is not None:
        return await handler(turn, services)
    if is_about_me(turn.text):
        return await portraits.take_sentence(turn, services)
    return await ask.ask(replace(turn, text=free_text(turn.message.text)), services)


async def is_asked_last(turn: Turn) -> bool:
    """Whether a call to a round is what asked last in this place who comes."""
    here, sender = turn.message.conversation, turn.message.sender
    offers = await turn.uow.questions.offers_to(here.platform, here.id, sender.id)
    newest = next((one.topic for one in offers if one.topic in (rounds.ROUND, attendance.COMING)), None)
    return newest == rounds.ROUND


def _ask_whether_jour_fixe(turn: Turn) -> Reply:
    data = {"said": turn.text}
    choices = (
        Choice("beratung", turn.say("die kollegiale Beratung"), data | {"do": "consultation"}),
        Choice("jourfixe", turn.say("den Jour fixe"), data | {"do": "jour_fixe"}),
    )
    return Reply(turn.say("Was meinst du?"), Offer(WHICH, choices))


async def choose(turn: Turn, services: Services) -> Sequence[Action]:
    """Take what somebody said as they meant it: about a round, or about the jour fixe."""
    check_open(turn)
    data = chosen(turn)
    meant = replace(turn, text=data["said"], choice=None)
    said, found = read_joining(data["said"]), await present_ones(turn)
    if data["do"] == "jour_fixe" or said is None or not found:
        return await about_jour_fixe(meant, services)
    return await _in_one(turn, services, found, said.joining)


async def takes_part(turn: Turn) -> bool:
    """Whether the sender takes part in a round that one can leave."""
    person = await sender(turn)
    found = [await turn.uow.rounds.participation(one.id or 0, person.id or 0) for one in await present_ones(turn)]
    return any(one is not None for one in found)


async def leave_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„beratung abmelden“."""
    check_open(turn)
    return await _in_one(turn, services, await present_ones(turn), Joining.OUT)


async def _in_one(
    turn: Turn, services: Services, found: Sequence[ConsultationRound], joining: Joining
) -> Sequence[Action]:
    """Take part in the round that is meant, or ask which one; one leaves only what one is in."""
    person = await sender(turn)
    if joining == Joining.OUT:
        found = [one for one in found if await turn.uow.rounds.participation(one.id or 0, person.id or 0)]
        if not found:
            raise UserError(turn.say("Du bist in keiner Runde dabei."))
    elif open_now := [one for one in found if one.state == RoundState.OPEN]:
        found = open_now
    if len(found) == 1:
        return await _take(turn, services, await held(turn, str(found[0].id)), str(joining))
    choices = [
        Choice(str(place), days(turn.say, one), {"round": str(one.id), "do": str(joining)})
        for place, one in enumerate(found[:8], start=1)
    ]
    return [Reply(turn.say("Welche Runde meinst du?"), Offer(rounds.ROUND, tuple(choices)))]


async def _take(turn: Turn, services: Services, one: ConsultationRound, do: str) -> Sequence[Action]:
    if do == Joining.OUT:
        return await _leave(turn, services, one)
    taking_part, is_new = await rounds.take_part(turn, one, can_moderate=do == Joining.MODERATE)
    changed = await rounds.refresh(turn, services, one) if is_new else []
    if do == "case":
        return [*await cases.begin(turn, services, one), *changed]
    return [*await _tell(turn, lambda say: _joined(turn, say, one, taking_part, is_new=is_new)), *changed]


async def _leave(turn: Turn, services: Services, one: ConsultationRound) -> Sequence[Action]:
    person = await sender(turn)
    if not await turn.uow.rounds.leave(one.id or 0, person.id or 0):
        return await _tell(turn, lambda say: (say("In dieser Runde bist du nicht dabei."), None))
    has_case = await _has_waiting_case(turn, person)
    left = await _leave_groups(turn, services, one, person)

    def write(say: Say) -> tuple[str, Offer | None]:
        text = say("Du bist abgemeldet: kollegiale Beratung {days}.").format(days=days(say, one))
        waits = say("Dein Fall wartet auf eine andere Runde. „mein fall“ zieht ihn zurück.")
        return f"{text} {waits}" if has_case else text, None

    return [*await _tell(turn, write), *left, *await rounds.refresh(turn, services, one)]


async def _leave_groups(turn: Turn, services: Services, one: ConsultationRound, person: Person) -> Sequence[Action]:
    """Have somebody leave the group that they have in a round, too."""
    said: list[Action] = []
    for found in await turn.uow.consultations.of_person(person.id or 0):
        if found.round_id != one.id or (group := await turn.uow.consultations.hold(found.id or 0)) is None:
            continue
        circle = await open_circle(turn.uow, group)
        said += await gathering.leave(turn, services, circle, person.id or 0)
    return said


async def _has_waiting_case(turn: Turn, person: Person) -> bool:
    return bool(await turn.uow.rounds.waiting_cases([person.id or 0]))


def _is_room(turn: Turn) -> bool:
    return not turn.message.conversation.is_direct


def _joined(
    turn: Turn, say: Say, one: ConsultationRound, taking_part: Participation, *, is_new: bool
) -> tuple[str, Offer | None]:
    """What somebody hears who takes part: what happens next, how to leave, and once whether they lead others."""
    if taking_part.is_reserve:
        text = say("Die Gruppen stehen schon. Du bist Reserve: Wird ein Platz frei, schreibe ich dir.")
    else:
        text = say("Du bist dabei: kollegiale Beratung {days}.").format(days=days(say, one))
        text += " " + say("Anmelden geht bis {moment}. Dann bilde ich die Gruppen und schreibe dir allein.").format(
            moment=closes(turn, one)
        )
    if taking_part.can_moderate:
        text += " " + say("Ich merke mir, dass du moderieren kannst.")
    text += " " + say("„beratung abmelden“ meldet dich ab.")
    if not is_new:
        return text, None
    question, offer = line_managers.question(say, one)
    return f"{text}\n\n{question}", offer


async def _tell(turn: Turn, write: Callable[[Say], tuple[str, Offer | None]]) -> list[Action]:
    """Say something to the sender alone; a room need not read who takes part."""
    if not _is_room(turn):
        return [Reply(*write(turn.say))]
    person = await sender(turn)
    chat = await candidates.chat_of(turn.uow, person.id or 0)
    if chat is None:
        return [Reply(turn.say("Notiert. Schreib mir bitte einmal allein, damit ich dich erreiche."))]
    text, offer = write(turn.say_to(chat[0]))
    return [Send(chat[0], text, offer, person=chat[1])]


# what there is


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """„beratungen“: the rounds that are there and how far they are, nobody by name."""
    if turn.role < Role.SUPPORTER:
        return await ask.ask(replace(turn, text=free_text(turn.message.text)), services)
    check_supporter(turn)
    found, own = await present_ones(turn), await _own_groups(turn)
    if own and not [one for one in found if one.state == RoundState.OPEN]:
        return [Reply("\n".join(own))]
    if not found:
        return [Reply(_nothing(turn))]
    parts = [await rounds.text(turn, services, turn.say, one) for one in found[:3]]
    for place, one in enumerate(found[:3]):
        if one.state == RoundState.FORMED and turn.role >= Role.COORDINATOR:
            groups = await turn.uow.consultations.of_round(one.id or 0)
            dated = sum(group.meets_at is not None for group in groups)
            text = turn.say("Gruppen: {count}. Mit Termin: {dated}.")
            parts[place] += " " + text.format(count=len(groups), dated=dated)
    if turn.role >= Role.COORDINATOR and await open_ones(turn):
        parts.append(turn.say("„runde verlängern“, „runde absagen“ und „gruppen bilden“ ändern die offene Runde."))
    offer = rounds.offer(turn.say, found[0], lasts=False) if len(found) == 1 else None
    return [Reply("\n\n".join([*parts, *own]), offer)]


async def _own_groups(turn: Turn) -> list[str]:
    """How far the groups are that somebody belongs to, said to them alone."""
    person = await sender(turn)
    groups = await turn.uow.consultations.of_person(person.id or 0) if not _is_room(turn) else []
    return [await gathering.standing(turn, await open_circle(turn.uow, group)) for group in groups]


def _nothing(turn: Turn) -> str:
    text = turn.say("Gerade ist keine kollegiale Beratung geplant.")
    if turn.role >= Role.COORDINATOR:
        return f"{text} " + turn.say("„kollegiale Beratung in KW 50“ ruft eine Runde aus.")
    return f"{text} " + turn.say("Mit einem eigenen Fall kannst du eine Runde ausrufen: „ich habe einen Fall“.")
