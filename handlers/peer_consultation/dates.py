"""Finds the date of a group: asks each one alone, takes the best of the answers, and asks anew to move it."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.errors import UserError
from bot.messages import Action, Choice, Kind, Offer, Reply, Unasked
from bot.turn import Night, Services, Turn
from handlers import ask
from handlers.ask import chosen
from handlers.dates import day_said
from handlers.jour_fixe import agenda, voting
from handlers.jour_fixe.appointments import begin_of, end_of, series_of
from handlers.peer_consultation import pool
from handlers.peer_consultation.cancelling import call_off, tell_each
from handlers.peer_consultation.circle import Circle, Member, Say, member_of, open_circle, settle, whisper
from handlers.peer_consultation.date_notices import BEGINS, REMINDED, TOLD, day_before, minutes, remind, tell_new, when
from knowledge.meeting_time_sentences import read_moment, read_numbers, read_wish
from knowledge.meeting_times import ANSWERED_WITHIN, Span, answers_until, best, propose
from storage.models.jour_fixe import MeetingState
from storage.models.peer_consultation import ConsultationGroup, GroupShows, GroupState, Mode, Part

DATES = "consultation_dates"  # topic of the offers below
WITHOUT_ROUND = timedelta(days=14)
"""Within so many days a group meets that belongs to no round any more."""
FOR_TEXT = {"do": "text"}
_MOVES = re.compile(r"\b(?:verschieb|verleg)", re.IGNORECASE)
_NOT = re.compile(r"\b(?:nicht|kein\w*|ausser|außer)\b", re.IGNORECASE)
_DAY = re.compile(r"\b(\d{1,2})\.(?:\s?\d{1,2}\.)?")
_ON_DAYS = re.compile(
    r"(?:ich\s+kann|ich\s+könnte|kann|geht|es\s+geht|passt|mir\s+passt|bei\s+mir\s+(?:geht|passt))?(?:\s+(?:gut|nur|auch))*"
    r"\s*(?:(?:am|den|der|und|oder|,)\s*)*\d{1,2}\.(?:\s?\d{1,2}\.)?"
    r"(?:\s*(?:,|und|oder)\s*(?:(?:am|den|der)\s+)?\d{1,2}\.(?:\s?\d{1,2}\.)?)*(?:\s+(?:geht|passt|kann\s+ich|gut))*\W*",
    re.IGNORECASE,
)
AGAIN, NAMED, ASKED = "dates again", "date named", "asked {person}"  # steps of a group
_MANY = re.compile(
    r"(?:(?:nr\.?|nummern?)\s+)?\d(?:(?:\s*(?:,|\+|&|und|oder)\s*|\s+)\d)+\W*|alle[ns]?\b.*", re.IGNORECASE
)
_MOMENT = re.compile(
    r"(?:(?:bitte|lieber|besser)\s+)?(?:(?:am|auf|den|dem|[a-zä]+(?:tag|woch|abend)),?\s+)*"
    r"\d{1,2}\.\s?(?:\d{1,2}\.?|[a-zä]+)(?:\s?\d{2,4})?,?\s+(?:um\s+)?"
    r"(?:\d{1,2}:\d{2}(?:\s+uhr)?|\d{1,2}(?:[.:]\d{2})?\s*uhr(?:\s+\d{2})?|halb\s+\w+)\W*",
    re.IGNORECASE,
)


# asking for times


async def begin(asking: Turn | Night, services: Services, group: ConsultationGroup) -> Sequence[Unasked]:
    """Have a new group find its date; one that consults in writing begins with its round."""
    circle = await open_circle(asking.uow, group)
    if group.mode == Mode.WRITTEN:
        first, _ = await _days(asking, group)
        moment = datetime.combine(_working_day(services, first), BEGINS, asking.now.tzinfo)
        if moment <= asking.now:
            day = services.house.working_days.after(asking.today, 1)
            moment = datetime.combine(day, BEGINS, asking.now.tzinfo)
        return await _plan(asking, services, circle, moment)
    return await propose_times(asking, services, circle)


async def propose_times(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Ask everybody about times, others than those that were proposed or planned before."""
    group, length = circle.group, timedelta(minutes=minutes(circle))
    before = [*(await asking.uow.consultations.proposed(circle.number)).values()]
    before += [group.meets_at] if group.meets_at is not None else []
    busy = [(moment, moment + length) for moment in before]
    times = propose(
        await _days(asking, group),
        minutes(circle),
        asking.now,
        services.house.working_days,
        read_wish(await _wished(asking, group), asking.today, day_said),
        [*busy, *await _taken(asking, circle)],
    )
    return await ask_all(asking, services, circle, times) if times else await _ask_for_time(asking, services, circle)


async def _taken(asking: Turn | Night, circle: Circle) -> list[Span]:
    """When the jour fixe meets, or somebody of the group in another one: then nobody is asked to come."""
    taken = []
    for meeting in await asking.uow.jour_fixe.in_state(MeetingState.PLANNED, MeetingState.RUNNING, since=asking.today):
        series = await series_of(asking, meeting)
        taken.append((begin_of(series, meeting), end_of(series, meeting)))
    for member in circle.members:
        others = await asking.uow.consultations.of_person(member.id, GroupState.PLANNED, GroupState.GATHERING)
        for other in others:
            if other.meets_at is not None and other.mode == Mode.LIVE and other.id != circle.number:
                taken.append((other.meets_at, other.meets_at + timedelta(minutes=minutes(circle))))
    return taken


async def ask_all(asking: Turn | Night, services: Services, circle: Circle, times: Sequence[datetime]) -> list[Unasked]:
    """Ask everybody at which of these times they can come; a date that stands holds until another one is found."""
    group = circle.group
    said = await _close_poll(asking, circle, lambda say: say("Diese Termine passen nicht. Ich frage noch einmal."))
    group.state = GroupState.DATING
    if group.meets_at is not None and group.meets_at <= asking.now:
        group.meets_at = None
    group.phase_until = answers_until(asking.now, times[0], services.house.working_days)
    await asking.uow.consultations.propose(circle.number, times)
    await asking.uow.consultations.forget_steps(circle.number, *(ASKED.format(person=one.id) for one in circle.members))
    return [*said, *await _ask_new(asking, circle)]


async def _ask_new(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    """Ask those who were not asked yet: all of them, or who has come into the group since."""
    said: list[Unasked] = []
    times = await asking.uow.consultations.proposed(circle.number)
    for member in circle.members if times else ():
        if await asking.uow.consultations.note_step(circle.number, ASKED.format(person=member.id)):
            said += await whisper(
                asking,
                circle,
                member.id,
                lambda say: _question(say, asking, circle, times),
                lambda say: _offer(say, asking, circle, times),
                GroupShows.PHASE,
            )
    return said


def _question(say: Say, asking: Turn | Night, circle: Circle, times: Mapping[int, datetime]) -> str:
    assert circle.group.phase_until is not None
    facts = {"number": circle.number, "until": when(asking, circle.group.phase_until)}
    stands = circle.group.meets_at
    until = say("Du kannst das ändern, bis alle geantwortet haben, längstens bis {until}.")
    if len(times) == 1:
        facts["when"] = when(asking, times[1])
        text = say("**Beratung {number}**: Kannst du am {when}?")
    else:
        text = say("**Beratung {number}**: Wann kannst du? Schreib alle Nummern, die passen, zum Beispiel „1 3“.")
    if stands is not None:
        facts["before"] = when(asking, stands)
        text += " " + say("Bis ein neuer Termin feststeht, gilt der bisherige: {before}.")
    return f"{text} {until}".format(**facts)


def _offer(say: Say, asking: Turn | Night, circle: Circle, times: Mapping[int, datetime]) -> Offer:
    data = {"group": str(circle.number)}
    if len(times) == 1:
        labels = (("ja", say("ja"), "alle"), ("nein", say("nein"), "keine"))
        one = tuple(Choice(word, label, {**data, "do": do}) for word, label, do in labels)
        return Offer(DATES, one, asks=data | FOR_TEXT, lasts=True)
    dated = [Choice(str(number), when(asking, moment), {**data, "do": str(number)}) for number, moment in times.items()]
    all_or_none = [
        Choice("alle", say("alle passen"), {**data, "do": "alle"}),
        Choice("keine", say("keiner passt"), {**data, "do": "keine"}),
    ]
    return Offer(DATES, (*dated, *all_or_none), asks=data | FOR_TEXT, lasts=True)


async def _days(asking: Turn | Night, group: ConsultationGroup) -> tuple[date, date]:
    """From when until when a group may meet: within its round, as long as that lasts."""
    found = await asking.uow.rounds.get(group.round_id) if group.round_id is not None else None
    if found is None or found.ends_on < asking.today:
        return asking.today, asking.today + WITHOUT_ROUND
    return found.starts_on, found.ends_on


async def _wished(asking: Turn | Night, group: ConsultationGroup) -> str:
    case = await asking.uow.rounds.case(group.case_id) if group.case_id is not None else None
    return case.wished if case is not None else ""


async def case_giver_of(asking: Turn | Night, circle: Circle) -> Member | None:
    """Whose case brought the group together; None where the case is found only in the round."""
    number = circle.group.case_id
    case = await asking.uow.rounds.case(number) if number is not None else None
    given = next((member for member in circle.members if member.row.part == Part.CASE_GIVER), None)
    return circle.by_id(case.person_id) if case is not None else given


def _working_day(services: Services, day: date) -> date:
    days = services.house.working_days
    return day if days.is_working(day) else days.after(day, 1)


# answers


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Take it down at which times somebody can come, as they chose or wrote it."""
    data = chosen(turn)
    circle, member = await own_group(turn, int(data["group"]))
    times = await turn.uow.consultations.proposed(circle.number)
    if data.get("ask") == "time":
        return await _take_time(turn, services, circle, turn.text)
    if circle.group.state != GroupState.DATING or not times:
        return [_decided(turn, circle)]
    numbers = await _meant(turn, circle, member, data["do"], times)
    if numbers is None:
        text = turn.say("Das kann ich nicht zuordnen. Schreib bitte Nummern: „1 3“, „alle“ oder „keine“.")
        raise UserError(text)
    await turn.uow.consultations.answer_dates(circle.number, member.id, numbers)
    answers = await turn.uow.consultations.date_answers(circle.number)
    noted = Reply(_noted(turn.say, numbers, len(times)))
    if any(one.id not in answers for one in circle.members):
        return [noted]
    return [noted, *await _choose(turn, services, circle)]


async def own_group(turn: Turn, number: int) -> tuple[Circle, Member]:
    """A group of the sender, held for a change; raises `UserError`."""
    group = await turn.uow.consultations.hold(number)
    circle = await open_circle(turn.uow, group) if group is not None else None
    member = await member_of(turn, circle) if circle is not None else None
    if circle is None or member is None:
        raise UserError(turn.say("Diese Beratung gibt es nicht mehr."))
    return circle, member


async def _meant(
    turn: Turn, circle: Circle, member: Member, do: str, times: Mapping[int, datetime]
) -> Collection[int] | None:
    """The numbers that somebody means: all that they wrote, or with a button one more."""
    # „1 3“ would also be choice 1 with something of its own date behind it.
    said = read_numbers(turn.message.text, len(times)) if turn.message.kind is Kind.MESSAGE else None
    if said is not None or do == FOR_TEXT["do"]:
        return said if said is not None else _on_days(turn, times)
    if do in ("alle", "keine"):
        return [*times] if do == "alle" else ()
    before = (await turn.uow.consultations.date_answers(circle.number)).get(member.id, frozenset())
    return {*before, int(do)} if turn.message.kind in (Kind.PRESS, Kind.REACTION) else {int(do)}


def _on_days(turn: Turn, times: Mapping[int, datetime]) -> Collection[int] | None:
    """The numbers of the times on the days that somebody names: „am 14. und 16.“; None if one of them is on none."""
    if _NOT.search(turn.text):
        return None
    days = {int(found[1]) for found in _DAY.finditer(turn.text)}
    on_days = {number: moment.astimezone(turn.now.tzinfo).day for number, moment in times.items()}
    is_known = bool(days) and days <= {*on_days.values()}
    return [number for number, day in on_days.items() if day in days] if is_known else None


def _noted(say: Say, numbers: Collection[int], count: int) -> str:
    if not numbers:
        return say("Notiert: Keiner der Termine passt.")
    if len(numbers) == count:
        return say("Notiert: Alle Termine passen.")
    named = ", ".join(map(str, sorted(numbers)))
    return say("Notiert: Es passt {numbers}.").format(numbers=named)


def _decided(turn: Turn, circle: Circle) -> Reply:
    meets_at = circle.group.meets_at
    if circle.group.state in (GroupState.PLANNED, GroupState.GATHERING) and meets_at is not None:
        return Reply(turn.say("Der Termin steht schon: {when}.").format(when=when(turn, meets_at)))
    return Reply(turn.say("Dazu ist kein Termin mehr offen."))


def names_times(text: str) -> bool:
    """Whether somebody says several numbers at once, or which ones: „1 und 3“, „alle außer 2“."""
    return _MANY.fullmatch(text.strip()) is not None and read_numbers(text, 9) is not None


def may_be_answer(text: str) -> bool:
    """Whether a text answers the question for times, however clumsily: „nur vormittags“; no question does."""
    if "?" in text or _MOVES.search(text):
        return False
    wish = read_wish(text, date.min, day_said)
    says_time = bool(wish.wanted or wish.unwanted)
    return read_numbers(text, 9) is not None or says_time or is_moment(text) or names_days(text)


def names_days(text: str) -> bool:
    """Whether somebody says on which days they can: „ich kann am 14. und 16.“."""
    return _ON_DAYS.fullmatch(text.strip()) is not None


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """Take several numbers or days as an answer about times, if that was asked later than for a vote."""
    here, sender = turn.message.conversation, turn.message.sender
    offers = await turn.uow.questions.offers_to(here.platform, here.id, sender.id)
    newest = next((one for one in offers if one.topic in (DATES, agenda.VOTE)), None)
    if newest is not None and newest.topic == DATES and newest.asks is not None:
        return await decide(replace(turn, choice=Choice("", "", newest.asks)), services)
    if voting.is_about_vote(turn.text):
        return await voting.take_sentence(turn, services)
    return await ask.ask(turn, services)


# choosing


async def look_after(night: Night, services: Services) -> Sequence[Unasked]:
    """Choose a date when people had time to answer, ask and tell who is new, and remind on the working day before."""
    said: list[Unasked] = []
    for group in await night.uow.consultations.in_state(GroupState.DATING, GroupState.PLANNED, GroupState.GATHERING):
        circle = await open_circle(night.uow, group)
        if group.state != GroupState.DATING:
            said += await tell_new(night, circle)
            said += await remind(night, services, circle)
        elif group.phase_until is not None and night.now >= group.phase_until:
            said += await _choose(night, services, circle)
        else:
            said += await _ask_new(night, circle)
    return said


async def _choose(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    times = {
        number: moment
        for number, moment in (await asking.uow.consultations.proposed(circle.number)).items()
        if moment > asking.now
    }
    answers, giver = await asking.uow.consultations.date_answers(circle.number), await case_giver_of(asking, circle)
    fewest = pool.fewest(services, circle.group, len(circle.members))
    number = best(times, answers, fewest, giver.id if giver is not None else None)
    if number is not None:
        unable = {person for person, numbers in answers.items() if number not in numbers}
        return await _plan(asking, services, circle, times[number], unable)
    if _stands(asking, circle):
        return await _keep_date(asking, services, circle)
    if await asking.uow.consultations.has_step(circle.number, NAMED):
        return [*await _give_up(asking, circle)]
    if await asking.uow.consultations.note_step(circle.number, AGAIN):
        return await propose_times(asking, services, circle)
    return await _ask_for_time(asking, services, circle)


def _stands(asking: Turn | Night, circle: Circle) -> bool:
    """Whether the date still holds that was to be moved."""
    return circle.group.meets_at is not None and circle.group.meets_at > asking.now


async def _keep_date(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Nobody is left without a date because it could not be moved."""
    group = circle.group
    assert group.meets_at is not None
    text = when(asking, group.meets_at)
    said = await _close_poll(asking, circle, lambda say: say("Kein anderer Termin passt genug Leuten."))
    await asking.uow.consultations.propose(circle.number, [])
    group.state, group.phase_until = GroupState.PLANNED, None
    kept = await tell_each(
        asking,
        circle,
        lambda say: say("**Beratung {number}**: Es bleibt beim Termin am {when}.").format(
            number=circle.number, when=text
        ),
    )
    return [*said, *kept]


async def _ask_for_time(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Ask the case giver for a time, or who can lead where nobody has a case yet."""
    if _stands(asking, circle):
        return await _keep_date(asking, services, circle)
    if not await asking.uow.consultations.note_step(circle.number, NAMED):
        return [*await _give_up(asking, circle)]
    said = await _close_poll(asking, circle, lambda say: say("Keiner dieser Termine passt genug Leuten."))
    await asking.uow.consultations.propose(circle.number, [])
    day = services.house.working_days.after(asking.today, ANSWERED_WITHIN)
    circle.group.state = GroupState.DATING
    circle.group.phase_until = datetime.combine(day, asking.now.time(), asking.now.tzinfo)
    data = {"group": str(circle.number), "ask": "time"}
    asked = await whisper(
        asking,
        circle,
        await _who_names(asking, circle),
        lambda say: say(
            "**Beratung {number}**: Kein Termin passt genug Leuten. Nenn du bitte einen, zum Beispiel „am 10.12. um "
            "14 Uhr“. Ich gebe ihn an alle weiter."
        ).format(number=circle.number),
        lambda say: Offer(DATES, (), asks=data),
        GroupShows.PHASE,
    )
    return [*said, *asked] if asked else [*said, *await _give_up(asking, circle)]


async def _who_names(asking: Turn | Night, circle: Circle) -> int:
    giver = await case_giver_of(asking, circle)
    able = [member for member in circle.members if member.row.can_moderate] or circle.members
    return giver.id if giver is not None else able[0].id


def is_moment(text: str) -> bool:
    """Whether somebody says no more than a day with its time: „am 10.12. um 14 Uhr“."""
    return "?" not in text and _MOMENT.fullmatch(text.strip()) is not None


async def take_moment(turn: Turn, services: Services) -> Sequence[Action]:
    """Take a time from somebody who was asked to name one; from anybody else it is a question like others."""
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    groups = await turn.uow.consultations.of_person(person.id or 0, GroupState.DATING) if person is not None else ()
    for group in groups:
        circle, member = await own_group(turn, group.id or 0)
        is_asked = await turn.uow.consultations.has_step(circle.number, NAMED)
        if is_asked and await _who_names(turn, circle) == member.id:
            return await _take_time(turn, services, circle, turn.text)
    return await ask.ask(turn, services)


async def _take_time(turn: Turn, services: Services, circle: Circle, text: str) -> Sequence[Action]:
    if circle.group.state != GroupState.DATING:
        return [_decided(turn, circle)]
    moment = named_time(turn, services, text)
    member = await member_of(turn, circle)
    others = {one.id for one in circle.members if member is None or one.id != member.id}
    return await _plan(turn, services, circle, moment, others)


def named_time(turn: Turn, services: Services, text: str) -> datetime:
    """The time that somebody names, on a working day to come; raises `UserError`."""
    moment = read_moment(text, turn.now, day_said)
    if moment is None:
        raise UserError(turn.say("Das ist kein künftiger Termin. Schreib zum Beispiel: „am 10.12. um 14 Uhr“."))
    if not services.house.working_days.is_working(moment.date()):
        raise UserError(turn.say("An diesem Tag arbeitet hier niemand. Welcher passt stattdessen?"))
    return moment


async def _give_up(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    return [*await call_off(asking, circle, lambda say: say("Für Beratung {number} hat sich kein Termin gefunden."))]


# the date


async def _plan(
    asking: Turn | Night, services: Services, circle: Circle, moment: datetime, unable: Collection[int] = ()
) -> list[Unasked]:
    """Fix the date and tell everybody alone; those who cannot come may step back."""
    group, consultations = circle.group, asking.uow.consultations

    def write(say: Say) -> str:
        text = say("Der Termin für Beratung {number} steht: {when}.")
        return text.format(number=circle.number, when=when(asking, moment))

    said = await _close_poll(asking, circle, write)
    await consultations.propose(circle.number, [])
    group.state, group.meets_at, group.phase_until = GroupState.PLANNED, moment, None
    await consultations.forget_steps(
        circle.number, AGAIN, NAMED, REMINDED, *(TOLD.format(person=member.id) for member in circle.members)
    )
    if asking.now >= day_before(services, moment, asking):
        await consultations.note_step(circle.number, REMINDED)
    return [*said, *await tell_new(asking, circle, unable)]


async def _close_poll(asking: Turn | Night, circle: Circle, write: Callable[[Say], str]) -> list[Unasked]:
    return [*await settle(asking, circle, write, GroupShows.PHASE)]
