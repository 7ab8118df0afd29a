"""Asks alone, once, whether a case that has waited for long still needs a group, and deletes it if nobody says so."""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.messages import Choice, Conversation, Offer, Send
from bot.turn import Night, Services
from handlers import candidates
from handlers.cards import day_in_words
from handlers.peer_consultation import rounds
from handlers.peer_consultation.own_case import OWN, forget_offers
from knowledge.minutes import escaped
from storage.models.peer_consultation import ConsultationCase

ASKED_AFTER = timedelta(weeks=8)
"""Communities meet every four to six weeks: until then a round has come about, or nobody calls one."""
ANSWERED_WITHIN = timedelta(weeks=2)
"""Who is away for a week or on a course still has time to answer."""


def renew(case: ConsultationCase, today: date) -> None:
    """Have a case be kept for as long as a new one: whose it is has shown that they need a group."""
    case.ask_on, case.delete_on = today + ASKED_AFTER, None


async def look_after(night: Night, services: Services) -> Sequence[Send]:
    """On working days: ask about cases that have waited for long, and delete those about which nobody answered."""
    said: list[Send] = []
    if not services.house.working_days.is_working(night.today):
        return said
    for case in await night.uow.rounds.waiting_cases():
        asked_on = case.ask_on or case.waiting_since + ASKED_AFTER
        if case.delete_on is not None or asked_on <= night.today:
            said += await _go_on(night, services, case)
    return said


async def _go_on(night: Night, services: Services, case: ConsultationCase) -> list[Send]:
    """Go on with a case whose day to be asked about has come, or that was asked about."""
    if await _takes_part(night, case):
        await _forget_question(night, case)
        renew(case, night.today)
    elif await _pauses(night, case):
        case.delete_on = case.delete_on and _last_day(night, services)  # their time to answer begins when they are back
    elif case.delete_on is None:
        return await _ask(night, services, case)
    elif case.delete_on <= night.today:
        return await _delete(night, case)
    return []


async def _takes_part(night: Night, case: ConsultationCase) -> bool:
    """Whether somebody is in a round with their case: then they need a group, and may get one."""
    present = await rounds.present_ones(night)
    found = [await night.uow.rounds.participation(one.id or 0, case.person_id) for one in present]
    return any(one is not None for one in found)


async def _pauses(night: Night, case: ConsultationCase) -> bool:
    portrait = await night.uow.people.portrait(case.person_id)
    return portrait is not None and candidates.is_paused(portrait, night.today)


def _last_day(night: Night, services: Services) -> date:
    """The working day on which a case is deleted about which is asked now."""
    return services.house.working_days.after(night.today + ANSWERED_WITHIN - timedelta(days=1), 1)


async def _ask(night: Night, services: Services, case: ConsultationCase) -> list[Send]:
    """Ask whether a case still needs a group; who cannot be asked any more needs none."""
    case.delete_on = _last_day(night, services)
    chat = await _chat(night, case)
    if chat is None:
        return []
    there, person = chat
    say, number = night.say_to(there), str(case.id)
    # Not since when: a case that comes first next time has another day, and that would tell of somebody else's case.
    waits = say("Dein Fall „{title}“ wartet seit über acht Wochen. Brauchst du die Gruppe noch?")
    until = say("Ohne Antwort lösche ich ihn am {day}.")
    text = f"{waits} {until}".format(title=escaped(case.title), day=day_in_words(case.delete_on))
    choices = (
        Choice("ja", say("ja, er wartet weiter"), {"do": "keep", "case": number}),
        Choice("nein", say("nein, löschen"), {"do": "withdraw", "case": number}),
    )
    return [Send(there, text, Offer(OWN, choices, lasts=True), person)]


async def _delete(night: Night, case: ConsultationCase) -> list[Send]:
    """Forget a case of which nobody has said that it needs a group, and say so."""
    await _forget_question(night, case)
    await night.uow.rounds.drop_case(case.id or 0)
    chat = await _chat(night, case)
    if chat is None:
        return []
    say = night.say_to(chat[0])
    gone = say("Dein vorgemerkter Fall „{title}“ ist jetzt gelöscht.").format(title=escaped(case.title))
    again = say("Brauchst du doch noch eine Gruppe? „ich habe einen Fall“ merkt ihn wieder vor.")
    return [Send(chat[0], f"{gone} {again}", person=chat[1])]


async def _forget_question(night: Night, case: ConsultationCase) -> None:
    """Have a „nein“ that comes later be about something else."""
    if (chat := await _chat(night, case)) is not None:
        await forget_offers(night, *chat)


async def _chat(night: Night, case: ConsultationCase) -> tuple[Conversation, str] | None:
    """Where somebody is reached alone about their case, with their account there; None for who is no supporter."""
    is_supporter = await candidates.is_supporter(night, case.person_id)
    return await candidates.chat_of(night.uow, case.person_id) if is_supporter else None
