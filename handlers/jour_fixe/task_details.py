"""Understands who does a task and until when, as people say it in a meeting: a person, a day, or what to ask back."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from bot.language import in_words
from bot.turn import Services, Turn
from handlers import candidates
from handlers.ask import LONGEST_NAME, shortened
from handlers.cards import day_in_words
from handlers.dates import day_said
from handlers.deputies import is_called, labelled
from knowledge.minute_sentences import (
    IsDay,
    IsSomebody,
    is_next_meeting,
    is_vague_owner,
    is_vague_until,
    looks_like_day,
    school_holidays_in,
)
from knowledge.names import is_name
from knowledge.screening import screen
from knowledge.topic_sentences import with_capital
from storage.models.jour_fixe import Duty, Meeting, MeetingState
from storage.models.people import Person

_OWN = frozenset({"ich", "mich", "ich selbst", "selbst"})
_DUTIES = {"moderation": Duty.MODERATOR, "protokoll": Duty.MINUTE_TAKER}
_LEAD = re.compile(r"(?:bis|zum|zur|am|spätestens|ende der(?= kw))\s+", re.IGNORECASE)
_YEAR = re.compile(r"[\s.,/-]*(?P<year>20\d\d)\b")
_LOOKED_AHEAD = 400
"""Days in which school holidays are looked for."""


@dataclass(frozen=True, slots=True)
class Due:
    """The day that was meant, or None; `note` says what has to be known about it, or asks for it."""

    day: date | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who was meant: a person by our id, else a `name` as it was said; `question` asks who exactly.

    Such a name is an office or a role („Stabsstelle“), or one that several supporters have. Names of others, whom we do
    not know and who cannot be reminded, never are: minutes are kept for long.
    """

    person_id: int | None
    name: str = ""
    question: str = ""

    @property
    def is_somebody(self) -> bool:
        """Whether a person or an office was named."""
        return self.person_id is not None or bool(self.name)


# until when


async def due_said(turn: Turn, services: Services, words: str, meeting: Meeting | None) -> Due:
    """The day that somebody means by „15.3.“, „KW 12“, „nächsten JF“; seen from the meeting that a task is from."""
    words = words.strip(" .!") if not re.search(r"\d\.$", words.strip()) else words.strip()
    if not words:
        return Due(None, turn.say("Bis wann?"))
    if is_vague_until(words):
        return Due(None, turn.say("„{words}“ ist kein Tag. Bis wann genau?").format(words=words))
    if is_next_meeting(words):
        return await _next_meeting(turn, services, meeting)
    if holidays := school_holidays_in(words):
        return _after_holidays(turn, services, holidays)
    day = day_said(words, turn.today) or day_said(_LEAD.sub("", words, count=1), turn.today)
    if day is None:
        return _no_day(turn, services, words)
    if day < turn.today:
        return _past(turn, services, words, day)
    return Due(day, _day_off(turn, services, day))


def _day_off(turn: Turn, services: Services, day: date) -> str:
    reason = services.house.working_days.name_of(day)
    if reason is None:
        return ""
    return turn.say("{day}: {reason}. Passt die Frist trotzdem?").format(day=day_in_words(day), reason=reason)


async def _next_meeting(turn: Turn, services: Services, meeting: Meeting | None) -> Due:
    if meeting is None:
        return Due(None, turn.say("Welcher Jour fixe? Schreib mir bitte den Tag."))
    states = (MeetingState.PLANNED, MeetingState.COLLIDING)
    later = await turn.uow.jour_fixe.meetings(meeting.jour_fixe_id, meeting.day + timedelta(days=1))
    following = next((one for one in later if one.state in states and one.day >= turn.today), None)
    if following is None:
        return Due(None, turn.say("Der nächste Jour fixe steht noch nicht fest. Bis wann genau?"))
    reason = services.house.working_days.name_of(following.planned_on)
    if following.state == MeetingState.COLLIDING:
        text = turn.say("Der nächste Jour fixe wäre am {day} ({reason}) und ist noch nicht verlegt. Bis wann genau?")
        return Due(None, text.format(day=day_in_words(following.day), reason=reason))
    if following.day == following.planned_on or reason is None:
        return Due(following.day, _day_off(turn, services, following.day))
    text = turn.say("{planned} ist {reason}, der nächste Jour fixe ist deshalb am {day}. Frist dann?")
    return Due(
        following.day,
        text.format(planned=day_in_words(following.planned_on), reason=reason, day=day_in_words(following.day)),
    )


def _after_holidays(turn: Turn, services: Services, holidays: str) -> Due:
    """The first working day behind the next such holidays, or the last one before them."""
    is_before, stem = holidays.startswith("vor "), holidays.removeprefix("vor ")
    calendar = services.house.working_days
    ahead = [turn.today + timedelta(days=days) for days in range(_LOOKED_AHEAD)]
    free = [day for day in ahead if stem in (calendar.school_holidays(day) or "").casefold()]
    if not free:
        return Due(None, turn.say("Die Ferientage kenne ich nicht. Bis wann genau?"))
    if is_before:
        day = calendar.before(free[0], 1)
        return Due(day) if day >= turn.today else Due(None, turn.say("Diese Ferien haben begonnen. Bis wann genau?"))
    last = next(day for day in free if day + timedelta(days=1) not in free)
    return Due(calendar.after(last, 1))


def _no_day(turn: Turn, services: Services, words: str) -> Due:
    if not looks_like_day(words):
        text = turn.say("Den Tag „{words}“ verstehe ich nicht. Schreib zum Beispiel „15.3.“ oder „KW 12“.")
        return Due(None, text.format(words=shortened(words, LONGEST_NAME)))
    number = re.search(r"\d{1,2}", words)
    assert number is not None  # every such form has one
    nearby = range(min(int(number.group()), 54) - 1, 27, -1)
    there = (day_said(words[: number.start()] + str(less) + words[number.end() :], turn.today) for less in nearby)
    day = next((one for one in there if one is not None and one >= turn.today), None)
    if day is None:
        text = turn.say("Den Tag „{words}“ gibt es nicht. Bis wann genau?")
        return Due(None, text.format(words=words))
    day = _working(services, day)
    text = turn.say("„{words}“ gibt es nicht. Mein Vorschlag: {day}.")
    return Due(day, text.format(words=words, day=day_in_words(day)))


def _past(turn: Turn, services: Services, words: str, day: date) -> Due:
    again = day_said(_YEAR.sub("", words).strip(" ,"), turn.today)
    if again is None or again < turn.today:
        text = turn.say("Der {day} ist schon vorbei. Bis wann genau?")
        return Due(None, text.format(day=in_words(day)))
    again = _working(services, again)
    text = turn.say("Der {day} ist schon vorbei. Mein Vorschlag: {again}.")
    return Due(again, text.format(day=in_words(day), again=day_in_words(again)))


def _working(services: Services, day: date) -> date:
    """The day, or the last one before it on which people work: what is proposed should need no further question."""
    calendar = services.house.working_days
    return day if calendar.is_working(day) else calendar.before(day, 1)


# who


def is_day_on(today: date) -> IsDay:
    """Tells words that are a day from others."""
    return lambda words: day_said(words, today) is not None


async def is_somebody_known(turn: Turn) -> IsSomebody:
    """Tells words that name somebody we know, or a first name, from others."""
    people = [person for person, _ in await turn.uow.people.everybody()]

    def is_somebody(words: str) -> bool:
        return any(is_called(person, words) for person in people) or (len(words.split()) == 1 and is_name(words))

    return is_somebody


async def owner_said(turn: Turn, words: str, meeting: Meeting | None) -> Owner:
    """Who somebody means: themselves, a supporter by name or mention, whoever has a duty; else words and a question."""
    words = " ".join(words.split()).strip(" .,:!?")
    if not words or is_vague_owner(words):
        return Owner(None, "", turn.say("Wer genau?"))
    if words.casefold() in _OWN:
        return Owner((await sender_of(turn)).id)
    duty = _DUTIES.get(words.casefold())
    if duty is not None and meeting is not None and meeting.id is not None:
        given = await turn.uow.attendance.duties(meeting.id)
        if duty in given:
            return Owner(given[duty])
    found = await _called(turn, words)
    if len(found) == 1:
        return Owner(found[0])
    if found:
        names = turn.say(" oder ").join((await labelled(turn, found)).values())
        return Owner(None, words, turn.say("Wer genau: {names}?").format(names=names))
    name = shortened(words, LONGEST_NAME)
    if is_name(words) or not screen(words).is_clean:
        text = turn.say("„{name}“ kenne ich unter den Lots:innen nicht. Wer genau, oder welche Stelle?")
        return Owner(None, "", text.format(name=name))
    return Owner(None, with_capital(words), turn.say("„{name}“ – wer genau?").format(name=name))


async def sender_of(turn: Turn) -> Person:
    """The sender as somebody who is remembered, since they have a task."""
    platform, sender = turn.message.conversation.platform, turn.message.sender
    return await turn.uow.people.know(platform, sender.id, sender.name)


async def _called(turn: Turn, words: str) -> list[int]:
    """The supporters of a name; whoever is mentioned by their id is meant alone."""
    account = await turn.uow.people.find(turn.message.conversation.platform, words)
    called = [account] if account else await everybody_called(turn, words)
    return [one.id for one in called if one.id is not None and await candidates.is_supporter(turn, one.id)]


async def everybody_called(turn: Turn, words: str) -> list[Person]:
    """All whom somebody may mean by a name; by the whole name rather than by a part of it."""
    said = words.removeprefix("@").strip()
    whole = [one for one, _ in await turn.uow.people.everybody() if one.name.casefold() == said.casefold()]
    return whole or [one for one, _ in await turn.uow.people.everybody() if is_called(one, said)]
