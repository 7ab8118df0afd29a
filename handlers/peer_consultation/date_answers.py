"""Takes down at which times somebody can meet, as they chose or wrote it, and the time that somebody names."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.errors import UserError
from bot.messages import Action, Choice, Kind, Reply
from bot.turn import Services, Turn
from handlers import ask
from handlers.ask import chosen
from handlers.dates import day_said
from handlers.jour_fixe import agenda, voting
from handlers.peer_consultation import date_polls, dates
from handlers.peer_consultation.circle import Circle, Member, Say, own_group
from handlers.peer_consultation.date_notices import when
from handlers.peer_consultation.date_polls import DATES
from handlers.peer_consultation.date_sentences import numbers_on_days, numbers_wished
from knowledge.meeting_time_sentences import read_moment, read_numbers
from knowledge.rhythm import WEEKDAYS
from storage.models.peer_consultation import GroupState


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Take it down at which times somebody can come, as they chose or wrote it."""
    data = chosen(turn)
    circle, member = await own_group(turn, int(data["group"]))
    times = await turn.uow.consultations.proposed(circle.number)
    if data.get("ask") == "time":
        return await _take_time(turn, services, circle, member)
    if circle.group.state != GroupState.DATING or not times:
        return [_decided(turn, circle)]
    here = {number: moment.astimezone(turn.now.tzinfo) for number, moment in times.items()}
    numbers = await _meant(turn, circle, member, data["do"], here)
    if numbers is None:
        text = turn.say("Das kann ich nicht zuordnen. Schreib bitte Nummern: „1 3“, „alle“ oder „keine“.")
        raise UserError(text)
    await turn.uow.consultations.answer_dates(circle.number, member.id, numbers)
    noted = Reply(_noted(turn.say, numbers, here))
    if await date_polls.missing(turn, circle):
        return [noted]
    return [noted, *await dates.choose(turn, services, circle)]


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """Take several numbers or days as an answer about times, if that was asked later than for a vote."""
    asks = await asked_last(turn)
    if asks is not None:
        return await decide(replace(turn, choice=Choice("", "", asks)), services)
    if voting.is_about_vote(turn.text):
        return await voting.take_sentence(turn, services)
    return await ask.ask(turn, services)


async def asked_last(turn: Turn) -> Mapping[str, str] | None:
    """What the open question about times asks of the sender here; None without one, or if a vote was later."""
    here, sender = turn.message.conversation, turn.message.sender
    offers = await turn.uow.questions.offers_to(here.platform, here.id, sender.id)
    newest = next((one for one in offers if one.topic in (DATES, agenda.VOTE)), None)
    return newest.asks if newest is not None and newest.topic == DATES else None


async def _meant(
    turn: Turn, circle: Circle, member: Member, do: str, times: Mapping[int, datetime]
) -> Collection[int] | None:
    """The numbers that somebody means: all that they wrote, or with a button one more."""
    # „1 3“ would also be choice 1 with something of its own date behind it.
    said = read_numbers(turn.message.text, len(times)) if turn.message.kind is Kind.MESSAGE else None
    if said is not None:
        return said
    match do:
        case "text":
            on_days = numbers_on_days(turn.text, {number: moment.day for number, moment in times.items()})
            return on_days if on_days is not None else await _wished(turn, circle, member, times)
        case "alle":
            return [*times]
        case "keine":
            return ()
    if turn.message.kind not in (Kind.PRESS, Kind.REACTION):
        return {int(do)}
    before = (await turn.uow.consultations.date_answers(circle.number)).get(member.id, frozenset())
    return {*before, int(do)}


async def _wished(turn: Turn, circle: Circle, member: Member, times: Mapping[int, datetime]) -> Collection[int] | None:
    """The numbers that suit by the days or hours that somebody names; raises `UserError` where none would be left."""
    before = (await turn.uow.consultations.date_answers(circle.number)).get(member.id)
    numbers = numbers_wished(turn.text, times, before, turn.today)
    if numbers is not None and not numbers:
        raise UserError(turn.say("Dann ist kein Termin dabei. Stimmt das, schreib „keine“, sonst die Nummern."))
    return numbers


def _noted(say: Say, numbers: Collection[int], times: Mapping[int, datetime]) -> str:
    """With the days, so that a slip is seen."""
    if not numbers:
        return say("Notiert: Keiner der Termine passt.")
    if len(numbers) == len(times):
        return say("Notiert: Alle Termine passen.")
    named = [f"{WEEKDAYS[times[one].weekday()][:2]} {times[one]:%-d.%-m., %-H:%M}" for one in sorted(numbers)]
    return say("Notiert, das passt: {times} Uhr.").format(times=" · ".join(named))


def _decided(turn: Turn, circle: Circle) -> Reply:
    meets_at = circle.group.meets_at
    if circle.group.state in (GroupState.PLANNED, GroupState.GATHERING) and meets_at is not None:
        return Reply(turn.say("Der Termin steht schon: {when}.").format(when=when(turn, meets_at)))
    return Reply(turn.say("Dazu ist kein Termin mehr offen."))


# a time that somebody names


async def take_moment(turn: Turn, services: Services) -> Sequence[Action]:
    """Take a time from somebody who was asked to name one; from anybody else it is a question like others."""
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    groups = await turn.uow.consultations.of_person(person.id or 0, GroupState.DATING) if person is not None else ()
    for group in groups:
        circle, member = await own_group(turn, group.id or 0)
        is_asked = await turn.uow.consultations.has_step(circle.number, dates.NAMED)
        if is_asked and await dates.who_names(turn, circle) == member.id:
            return await _take_time(turn, services, circle, member)
    return await ask.ask(turn, services)


async def _take_time(turn: Turn, services: Services, circle: Circle, member: Member) -> Sequence[Action]:
    if circle.group.state != GroupState.DATING:
        return [_decided(turn, circle)]
    others = {one.id for one in circle.members if one.id != member.id}
    return await dates.plan(turn, services, circle, named_time(turn, services, turn.text), others)


def named_time(turn: Turn, services: Services, text: str) -> datetime:
    """The time that somebody names, on a working day to come; raises `UserError`."""
    moment = read_moment(text, turn.now, day_said)
    if moment is None:
        raise UserError(turn.say("Das ist kein künftiger Termin. Schreib zum Beispiel: „am 10.12. um 14 Uhr“."))
    if not services.house.working_days.is_working(moment.date()):
        raise UserError(turn.say("An diesem Tag arbeitet hier niemand. Welcher passt stattdessen?"))
    return moment
