"""By when people join a round: as usual, or as somebody says it; and when the rooms are reminded of it."""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from bot.errors import UserError
from bot.messages import Choice, Offer, Reply
from bot.turn import Night, Services, Turn
from handlers.cards import day_in_words
from handlers.dates import day_said
from handlers.jour_fixe import agenda
from handlers.peer_consultation.rounds import local
from knowledge.meeting_sentences import day_in
from knowledge.series_sentences import read_series
from storage.models.peer_consultation import ConsultationRound, Mode

JOINING_DAYS = 3
"""Working days between the end of joining and the first day."""
NOON, MORNING = time(12), time(9)
LEAST = timedelta(hours=1)
"""Sooner than that, nobody could join."""
_LONGER = re.compile(
    r"(?:um )?(?:noch )?(?P<span>(?:\d{1,2}|einen?|zwei|drei|vier|fünf|sechs|sieben|zehn) (?:tage?|wochen?))"
    r"(?: (?:länger|mehr))?[.!]?"
)
_BEFORE_CLOCK = re.compile(r"(\d\.) +(?=\d{1,2}(?::\d\d)? ?uhr)", re.IGNORECASE)  # „1.12. 10 Uhr“ is not in 2010


def usual(turn: Turn, services: Services, starts: date) -> datetime:
    """Noon three working days before, or as near to it as is left; raises `UserError` when nobody could join."""
    working = services.house.working_days
    noons = [at(turn, working.before(starts, count), NOON) for count in range(JOINING_DAYS, 0, -1)]
    for moment in (*noons, at(turn, starts, MORNING)):
        if moment >= turn.now + LEAST:
            return moment
    raise UserError(turn.say("Das ist zu bald. Bis dahin kann sich niemand anmelden."))


def at(asking: Turn | Night, day: date, clock: time) -> datetime:
    """A time of day as the clocks of the house show it."""
    return datetime.combine(day, clock, asking.now.tzinfo)


def reminder(asking: Turn | Night, services: Services, one: ConsultationRound) -> datetime:
    """The morning of the working day before people can no longer join."""
    return at(asking, services.house.working_days.before(local(asking, one.closes_at).date(), 1), MORNING)


# as it is said


def is_named(turn: Turn, services: Services, words: str) -> bool:
    """Whether a day is named by which people could join."""
    return _moment(turn, services, words, turn.today) is not None


def said(turn: Turn, services: Services, words: str, one: ConsultationRound) -> datetime:
    """By when people join a round, in somebody's words: on a working day, not in the past; raises `UserError`."""
    moment = _later(turn, services, words, one) or _moment(turn, services, words, turn.today)
    if moment is not None and _is_over_today(turn, words, moment):
        moment = _moment(turn, services, words, turn.today + timedelta(days=1))
    if moment is None:
        raise UserError(turn.say("Bis wann? Schreib mir zum Beispiel „Freitag 12 Uhr“."))
    if moment <= turn.now:
        raise UserError(turn.say("Dieser Zeitpunkt ist schon vorbei. Bis wann soll man sich anmelden können?"))
    if moment > (latest := _latest(turn, one)):
        text = turn.say("Danach bleibt keine Zeit für die Beratung. Möglich ist es bis {moment}.")
        raise UserError(text.format(moment=agenda.in_words(latest)))
    return moment


def _later(turn: Turn, services: Services, words: str, one: ConsultationRound) -> datetime | None:
    """So much later than before, on a working day: „um zwei Tage“; None for other words."""
    found, before = _LONGER.fullmatch(" ".join(words.casefold().split())), local(turn, one.closes_at)
    day = day_said(found["span"], before.date()) if found else None
    if day is None:
        return None
    working = services.house.working_days
    return at(turn, day if working.is_working(day) else working.after(day, 1), before.time())


def _moment(turn: Turn, services: Services, words: str, since: date) -> datetime | None:
    """The moment that is meant from a day on, on a working day; None if no day is named."""
    day, rest = _day_in(words, since)
    if day is None:
        return None
    working = services.house.working_days
    day = day if working.is_working(day) else working.before(day, 1)
    return at(turn, day, read_series(rest, since, day_said).begins or NOON)


def _day_in(words: str, since: date) -> tuple[date | None, str]:
    """The day that is named, and the words without it."""
    return day_in(_BEFORE_CLOCK.sub(r"\1 um ", words), since, day_said)


def _is_over_today(turn: Turn, words: str, moment: datetime) -> bool:
    """Whether a weekday is today and its hour over, so that the next one is meant: „Freitag 10 Uhr“, at 11."""
    return moment <= turn.now and moment.date() == turn.today and "heute" not in words.casefold()


def _latest(turn: Turn, one: ConsultationRound) -> datetime:
    """The last moment that leaves a day: live groups meet on any day of the round, written ones begin on its first."""
    return at(turn, one.starts_on if one.mode == Mode.WRITTEN else one.ends_on, MORNING)


def moved(turn: Turn, words: str, moment: datetime) -> str:
    """That people can join until another day than the one that was said, if so."""
    day, _ = _day_in(words, turn.today)
    if day is None or day <= moment.date():
        return ""
    return turn.say("{day} ist kein Arbeitstag, ich nehme den davor.").format(day=day_in_words(day))


def ask(turn: Turn, topic: str, data: Mapping[str, str]) -> Reply:
    """Ask by when people shall join; the answer comes to `topic` with `data` and `do` as „until“."""
    text = turn.say("Bis wann soll man sich anmelden können? Schreib mir zum Beispiel „Freitag 12 Uhr“.")
    stop = Choice("nein", turn.say("abbrechen"), {"do": "stop"})
    return Reply(text, Offer(topic, (stop,), asks={**data, "do": "until"}))
