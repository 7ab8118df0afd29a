"""A call as it would be made: a round that is not kept yet, its days read from what was said."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot.errors import UserError
from bot.turn import Services, Turn
from handlers.peer_consultation import call_deadlines, rounds
from handlers.periods import Period, period_said
from knowledge.consultation_formats import Format
from storage.models.peer_consultation import ConsultationRound, Mode

LONGEST, FARTHEST = timedelta(days=60), timedelta(days=366)
WRITTEN_DAYS = 12
"""Working days of a written round without a format of its own."""
_FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """A round as it would be called; `closes_at` is aware. `last_said` is its last day before it became longer."""

    first: date
    last: date
    closes_at: datetime
    mode: Mode = Mode.LIVE
    format: str = ""
    last_said: date | None = None

    def as_data(self) -> dict[str, str]:
        """What `plan_of` makes the same plan of."""
        return {
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "closes": self.closes_at.isoformat(),
            "mode": str(self.mode),
            "format": self.format,
            "last_said": self.last_said.isoformat() if self.last_said else "",
        }

    def as_round(self) -> ConsultationRound:
        """The round of this plan, which is not kept yet."""
        return ConsultationRound(
            mode=self.mode, format=self.format, starts_on=self.first, ends_on=self.last, closes_at=self.closes_at
        )


def plan_of(data: Mapping[str, str]) -> Plan:
    """The plan that a choice holds."""
    return Plan(
        date.fromisoformat(data["first"]),
        date.fromisoformat(data["last"]),
        datetime.fromisoformat(data["closes"]),
        Mode(data["mode"]),
        data["format"],
        date.fromisoformat(data["last_said"]) if data.get("last_said") else None,
    )


def planned(turn: Turn, services: Services, first: str, last: str, data: Mapping[str, str]) -> Plan:
    """A plan for days as they were said, `last` perhaps empty; raises `UserError` for days on which nobody could meet.

    `data` names `mode` and `format`, and `until`, by when people join, where that was said.
    """
    mode, format_id = Mode(data["mode"]), data["format"]
    starts, ends = _days(turn, services, first, last, mode, format_id)
    if ends - starts > LONGEST or starts - turn.today > FARTHEST:
        raise UserError(turn.say("So weit plane ich nicht. Eine Runde dauert höchstens zwei Monate."))
    found = Plan(starts, ends, call_deadlines.usual(turn, services, starts), mode, format_id)
    return with_deadline(turn, services, found, data["until"]) if data.get("until") else found


def with_deadline(turn: Turn, services: Services, plan: Plan, said: str) -> Plan:
    """The plan with people joining until then; raises `UserError`."""
    return replace(plan, closes_at=call_deadlines.said(turn, services, said, plan.as_round()))


def in_other_mode(services: Services, plan: Plan) -> Plan:
    """The plan live instead of written, or written instead of live: then long enough for that, which a week is not."""
    if plan.mode == Mode.WRITTEN:
        last = plan.last_said or min(_end_of_week(plan.first), plan.last)
        return replace(plan, mode=Mode.LIVE, format="", last=last, last_said=None)
    last = max(plan.last, services.house.working_days.after(plan.first, WRITTEN_DAYS - 1))
    return replace(plan, mode=Mode.WRITTEN, format="", last=last, last_said=plan.last)


def by_format(services: Services, plan: Plan, wished: Format) -> Plan:
    """The plan by a format, live or written as that is."""
    return replace(plan if plan.mode == wished.mode else in_other_mode(services, plan), format=wished.id)


def days_needed(services: Services, format_id: str) -> int:
    """How many working days a written round takes."""
    found = services.house.formats.get(format_id)
    return found.days(rounds.USUAL_PEOPLE) if found else WRITTEN_DAYS


# days


def _days(turn: Turn, services: Services, first: str, last: str, mode: Mode, format_id: str) -> tuple[date, date]:
    """First and last working day that are meant, not before tomorrow; raises `UserError`."""
    working = services.house.working_days
    begin, until = _periods(turn, first, last)
    said = begin.start or begin.end
    assert said is not None
    starts = max(said, turn.today + timedelta(days=1))
    starts = starts if working.is_working(starts) else working.after(starts, 1)
    ends = until or _end(services, begin, said, mode, format_id)
    ends = ends if working.is_working(ends) else working.before(ends, 1)
    if until is not None and begin.start is not None and until < begin.start:
        raise UserError(turn.say("Das Ende liegt vor dem Anfang. Welche Tage meinst du?"))
    _check_days(turn, starts, ends)
    return starts, ends


def _periods(turn: Turn, first: str, last: str) -> tuple[Period, date | None]:
    """The days with which a round begins, and its last day where that was said apart; raises `UserError`."""
    begin = period_said(first, turn.today) or Period()
    until = (period_said(last, turn.today) or Period()).end
    if begin == Period() or (last and until is None):
        raise UserError(turn.say("Diese Tage gibt es so nicht. Schreib mir zum Beispiel „7.12. bis 11.12.“."))
    return begin, until


def _end(services: Services, begin: Period, starts: date, mode: Mode, format_id: str) -> date:
    """The last day where none was said apart: of that period, else as long as the format takes or until Friday."""
    if begin.end is not None and (begin.end > starts or mode == Mode.LIVE):
        return begin.end
    working = services.house.working_days
    if mode == Mode.WRITTEN:
        return working.after(starts, max(days_needed(services, format_id) - 1, 1))
    return _end_of_week(starts if working.is_working(starts) else working.after(starts, 1))


def _end_of_week(day: date) -> date:
    """The Friday of that week; the day itself at a weekend."""
    return day + timedelta(days=max(_FRIDAY - day.weekday(), 0))


def _check_days(turn: Turn, starts: date, ends: date) -> None:
    """Refuse days that are over and those without a working day; raises `UserError`."""
    if ends == turn.today:
        raise UserError(turn.say("Das ist zu bald. Bis dahin kann sich niemand anmelden."))
    if ends < turn.today:
        raise UserError(turn.say("Diese Tage sind schon vorbei. Welche meinst du?"))
    if ends < starts:
        raise UserError(turn.say("An diesen Tagen arbeitet hier niemand. Welche passen stattdessen?"))
