"""Calls to a round of peer consultation: by a sentence or in a few steps, told in the rooms, closed when it is time.

Nothing is kept before a yes; what was said so far travels with the offers.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from bot.choices import find_choice
from bot.commands import looks_like_question
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply, Send, Unasked
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers import candidates
from handlers.ask import chosen
from handlers.cards import day_in_words
from handlers.dates import day_said
from handlers.jour_fixe import agenda
from handlers.peer_consultation import forming, rounds
from handlers.peer_consultation.rounds import check_open, closes, days, held, local, open_ones, sender
from handlers.periods import Period, period_said
from knowledge.consultation_formats import Format, named
from knowledge.consultation_sentences import SaidCall, Wish, read_call, read_change, read_days
from knowledge.meeting_sentences import day_in
from knowledge.minute_sentences import looks_like_day
from knowledge.series_sentences import read_series
from knowledge.working_days import WorkingDays
from storage.models.peer_consultation import CaseState, ConsultationRound, Mode, RoundState

CALL = "consultation_call"  # topic of the offers below
CHANGE = "consultation_change"
JOINING_DAYS = 3
"""Working days between the end of joining and the first day."""
DATING_DAYS = 2
"""Working days in which a group finds its date."""
NOON, MORNING = time(12), time(9)
LEAST = timedelta(hours=1)
"""Sooner than that, nobody could join."""
LONGEST, FARTHEST = timedelta(days=60), timedelta(days=366)
WRITTEN_DAYS = 12
"""Working days of a written round without a format of its own."""
MOST_FORMATS = 7
_BEFORE_CLOCK = re.compile(r"(\d\.) +(?=\d{1,2}(?::\d\d)? ?uhr)", re.IGNORECASE)  # „1.12. 10 Uhr“ is not in 2010
_ANY_DAY = date(2026, 1, 1)


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


# calling


def may_be_correction(words: str) -> bool:
    """Whether what is said below a call that is not kept yet may be about it: a question is not."""
    return not looks_like_question(words)


def is_call(words: str) -> bool:
    """Whether a sentence calls to a round."""
    return read_call(words, _are_days) is not None


def _are_days(words: str) -> bool:
    """Whether words are some days, be it ones that there are not: „am 31.2.“ is answered, not looked up."""
    return period_said(words, _ANY_DAY) is not None or looks_like_day(words.removeprefix("am "))


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """„kollegiale Beratung in KW 50“, „neue Beratungsrunde“."""
    said = read_call(turn.text, _are_days)
    return await begin(turn, services, said or SaidCall())


async def begin_new(turn: Turn, services: Services) -> Sequence[Action]:
    """„beratungsrunde“: ask for the days of a new round."""
    return await begin(turn, services)


async def begin(turn: Turn, services: Services, said: SaidCall | None = None) -> Sequence[Action]:
    """Call to a round: ask for its days, or show what was understood."""
    await _check_caller(turn)
    said = said or SaidCall()
    plan = named(services.house.formats, said.format) if said.format else None
    mode = plan.mode if plan else said.mode or Mode.LIVE
    data = {"mode": str(mode), "format": plan.id if plan else "", "until": said.joins_until}
    if not said.first:
        return [_ask_for_days(turn, data)]
    return [_shown(turn, services, _planned(turn, services, said.first, said.last, data))]


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


def _ask_for_days(turn: Turn, data: Mapping[str, str]) -> Reply:
    text = turn.say("Wann soll die Runde sein? Schreib mir zum Beispiel „KW 50“ oder „1.12. bis 12.12.“.")
    stop = Choice("nein", turn.say("doch keine Runde"), {"do": "stop"})
    return Reply(text, Offer(CALL, (stop,), asks={**data, "do": "days"}))


def _planned(turn: Turn, services: Services, first: str, last: str, data: Mapping[str, str]) -> Plan:
    """What was said, as a plan; raises `UserError` for days on which nobody could meet."""
    mode, working = Mode(data["mode"]), services.house.working_days
    plan = services.house.formats.get(data["format"])
    starts, ends = _days(turn, services, first, last, mode, plan)
    if ends - starts > LONGEST or starts - turn.today > FARTHEST:
        raise UserError(turn.say("So weit plane ich nicht. Eine Runde dauert höchstens zwei Monate."))
    found = Plan(starts, ends, _usual_closing(turn, working, starts), mode, data["format"])
    until = data.get("until", "")
    return replace(found, closes_at=_closing(turn, working, until, found)) if until else found


def _days(turn: Turn, services: Services, first: str, last: str, mode: Mode, plan: Format | None) -> tuple[date, date]:
    """First and last working day that are meant, not before tomorrow; raises `UserError`."""
    begin, end = period_said(first, turn.today), period_said(last, turn.today) if last else None
    starts = (begin.start or begin.end) if begin else None
    if starts is None or begin is None or (last and (end is None or end.end is None)):
        raise UserError(turn.say("Diese Tage gibt es so nicht. Schreib mir zum Beispiel „7.12. bis 11.12.“."))
    working = services.house.working_days
    ends = _end(begin, end, starts, mode, plan, working)
    starts = max(starts, turn.today + timedelta(days=1))
    starts = starts if working.is_working(starts) else working.after(starts, 1)
    ends = ends if working.is_working(ends) else working.before(ends, 1)
    if end is not None and end.end is not None and end.end < (begin.start or end.end):
        raise UserError(turn.say("Das Ende liegt vor dem Anfang. Welche Tage meinst du?"))
    if ends == turn.today:
        raise UserError(turn.say("Das ist zu bald. Bis dahin kann sich niemand anmelden."))
    if ends < turn.today:
        raise UserError(turn.say("Diese Tage sind schon vorbei. Welche meinst du?"))
    if ends < starts:
        raise UserError(turn.say("An diesen Tagen arbeitet hier niemand. Welche passen stattdessen?"))
    return starts, ends


def _end(
    begin: Period, end: Period | None, starts: date, mode: Mode, plan: Format | None, working: WorkingDays
) -> date:
    """The last day: as it was said, else as long as the format takes, else the end of that week."""
    if end is not None and end.end is not None:
        return end.end
    if begin.end is not None and (begin.end > starts or mode == Mode.LIVE):
        return begin.end
    if mode == Mode.WRITTEN:
        needed = plan.days(rounds.USUAL_PEOPLE) if plan else WRITTEN_DAYS
        return working.after(starts, max(needed - 1, 1))
    day = starts if working.is_working(starts) else working.after(starts, 1)
    return day + timedelta(days=4 - min(day.weekday(), 4))


def _usual_closing(turn: Turn, working: WorkingDays, starts: date) -> datetime:
    """Noon three working days before, or as near to it as is left; raises `UserError` when nobody could join."""
    moments = [_at(turn, working.before(starts, count), NOON) for count in range(JOINING_DAYS, 0, -1)]
    for moment in (*moments, _at(turn, starts, MORNING)):
        if moment >= turn.now + LEAST:
            return moment
    raise UserError(turn.say("Das ist zu bald. Bis dahin kann sich niemand anmelden."))


def _at(turn: Turn, day: date, clock: time) -> datetime:
    return datetime.combine(day, clock, turn.now.tzinfo)


def _closing(turn: Turn, working: WorkingDays, said: str, plan: Plan) -> datetime:
    """Until when people join, as it was said: on a working day, not in the past; raises `UserError`."""
    moment = _moment(turn, working, said, turn.today)
    if moment is not None and moment <= turn.now and moment.date() == turn.today and "heute" not in said.casefold():
        moment = _moment(turn, working, said, turn.today + timedelta(days=1))  # „Freitag 10 Uhr“, on a Friday at 11
    if moment is None:
        raise UserError(turn.say("Bis wann? Schreib mir zum Beispiel „Freitag 12 Uhr“."))
    if moment <= turn.now:
        raise UserError(turn.say("Dieser Zeitpunkt ist schon vorbei. Bis wann soll man sich anmelden können?"))
    latest = _at(turn, plan.first if plan.mode == Mode.WRITTEN or plan.first == plan.last else plan.last, MORNING)
    if moment > latest:
        text = turn.say("Danach bleibt keine Zeit für die Beratung. Möglich ist es bis {moment}.")
        raise UserError(text.format(moment=agenda.in_words(latest)))
    return moment


def _moment(turn: Turn, working: WorkingDays, said: str, today: date) -> datetime | None:
    """The moment that is meant from a day on, on a working day; None if no day is named."""
    day, rest = day_in(_BEFORE_CLOCK.sub(r"\1 um ", said), today, day_said)
    if day is None:
        return None
    day = day if working.is_working(day) else working.before(day, 1)
    return _at(turn, day, read_series(rest, today, day_said).begins or NOON)


def _shown(turn: Turn, services: Services, plan: Plan) -> Reply:
    """What would be called, before it is."""
    one, say = plan.as_round(), turn.say
    title = services.house.formats[plan.format].title if plan.format else say("passt sich der Größe an")
    lines = [
        say("Kollegiale Beratung {days}").format(days=days(say, one)),
        say("- Art: schriftlich") if plan.mode == Mode.WRITTEN else say("- Art: live, mit gemeinsamem Termin"),
        say("- Ablauf: {format}").format(format=title),
        say("- Anmelden bis {moment}").format(moment=closes(turn, one)),
    ]
    if plan.mode == Mode.WRITTEN and plan.last < services.house.working_days.after(
        plan.first, _needed(services, plan) - 1
    ):
        text = say("- Hinweis: Schriftlich braucht eine Gruppe etwa {count} Arbeitstage.")
        lines.append(text.format(count=_needed(services, plan)))
    if plan.mode == Mode.LIVE and plan.closes_at > _at(
        turn, services.house.working_days.before(plan.first, DATING_DAYS), NOON
    ):
        lines.append(say("- Hinweis: Einen Termin zu finden, dauert etwa zwei Arbeitstage."))
    data = plan.as_data()
    other = say("lieber live") if plan.mode == Mode.WRITTEN else say("lieber schriftlich")
    choices = (
        Choice("ja", say("ja, ausrufen"), data | {"do": "save"}),
        Choice("live" if plan.mode == Mode.WRITTEN else "schriftlich", other, data | {"do": "mode"}),
        Choice("tage", say("andere Tage"), data | {"do": "ask_days"}),
        Choice("frist", say("andere Frist"), data | {"do": "ask_until"}),
        Choice("ablauf", say("anderer Ablauf"), data | {"do": "formats"}),
        Choice("nein", say("nein"), {"do": "stop"}),
    )
    asks = data | {"do": "said"}
    return Reply("\n".join(lines) + "\n\n" + say("So ausrufen?"), Offer(CALL, choices, asks))


def _needed(services: Services, plan: Plan) -> int:
    """How many working days a written round takes."""
    found = services.house.formats.get(plan.format)
    return found.days(rounds.USUAL_PEOPLE) if found else WRITTEN_DAYS


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Take the next step of a call."""
    await _check_caller(turn)
    data = chosen(turn)
    if turn.choice is not None and not turn.choice.word and (meant := _worded(turn, services, data)) is not None:
        return await go_on(replace(turn, choice=meant), services)
    match data["do"]:
        case "said":
            return [_corrected(turn, services, data)]
        case "days":
            said = read_call(turn.text, _are_days)
            found = (said.first, said.last) if said and said.first else read_days(turn.text, _are_days)
            if found is None:
                raise UserError(turn.say("Das sind für mich keine Tage. Schreib mir zum Beispiel „KW 50“."))
            return [_shown(turn, services, _planned(turn, services, *found, data))]
        case "until":
            plan = plan_of(data)
            moment = _closing(turn, services.house.working_days, turn.text, plan)
            return [_hinted(_shown(turn, services, replace(plan, closes_at=moment)), _moved(turn, turn.text, moment))]
        case "mode":
            plan = plan_of(data)
            mode = Mode.LIVE if plan.mode == Mode.WRITTEN else Mode.WRITTEN
            return [_shown(turn, services, _in_mode(services, plan, mode))]
        case "format":
            return [_shown(turn, services, plan_of(data))]
        case "ask_days":
            return [_ask_for_days(turn, {"mode": data["mode"], "format": data["format"], "until": ""})]
        case "ask_until":
            return [_ask_until(turn, CALL, data)]
        case "listed":
            again = _formats(turn, services, plan_of(data))
            return [_hinted(again, turn.say("Das kann ich nicht zuordnen."))]
        case "formats":
            return [_formats(turn, services, plan_of(data))]
        case "save" | "anyway":
            return await _save(turn, services, plan_of(data), is_sure=data["do"] == "anyway")
    return [Reply(turn.say("Gut, keine Runde."))]


def _worded(turn: Turn, services: Services, data: Mapping[str, str]) -> Choice | None:
    """The choice that is written below something newer, such as the help: „1“, „ja“, „abbrechen“."""
    match data["do"]:
        case "days":
            asked = _ask_for_days(turn, data)
        case "until":
            asked = _ask_until(turn, CALL, data)
        case "listed":
            asked = _formats(turn, services, plan_of(data))
        case _:
            asked = _shown(turn, services, plan_of(data))
    return find_choice(turn.text, asked.offer.choices) if asked.offer else None


def _corrected(turn: Turn, services: Services, data: Mapping[str, str]) -> Reply:
    """What would be called, with what was said about it: other days, or until when people join."""
    plan, said, call = plan_of(data), read_change(turn.text), read_call(turn.text, _are_days)
    working, until = services.house.working_days, said.until if said else ""
    found = (call.first, call.last) if call and call.first else read_days(turn.text, _are_days)
    if found is not None and not until:
        return _shown(turn, services, _planned(turn, services, *found, {**data, "until": ""}))
    if until or _moment(turn, working, turn.text, turn.today) is not None:
        moment = _closing(turn, working, until or turn.text, plan)
        shown = _shown(turn, services, replace(plan, closes_at=moment))
        return _hinted(shown, _moved(turn, until or turn.text, moment))
    return _hinted(_shown(turn, services, plan), turn.say("Das kann ich nicht zuordnen."))


def _hinted(shown: Reply, hint: str) -> Reply:
    return replace(shown, text=f"{hint}\n\n{shown.text}") if hint else shown


def _moved(turn: Turn, said: str, moment: datetime) -> str:
    """That people can join until another day than the one that was said, if so."""
    day, _ = day_in(_BEFORE_CLOCK.sub(r"\1 um ", said), turn.today, day_said)
    if day is None or day <= moment.date():
        return ""
    return turn.say("{day} ist kein Arbeitstag, ich nehme den davor.").format(day=day_in_words(day))


def _in_mode(services: Services, plan: Plan, mode: Mode) -> Plan:
    """The plan in another mode; a written round has to be long enough, which a week is not."""
    if mode == Mode.LIVE:
        week = plan.first + timedelta(days=max(4 - plan.first.weekday(), 0))
        return replace(plan, mode=mode, format="", last=plan.last_said or min(week, plan.last), last_said=None)
    last = max(plan.last, services.house.working_days.after(plan.first, WRITTEN_DAYS - 1))
    return replace(plan, mode=mode, format="", last=last, last_said=plan.last)


def _ask_until(turn: Turn, topic: str, data: Mapping[str, str]) -> Reply:
    text = turn.say("Bis wann soll man sich anmelden können? Schreib mir zum Beispiel „Freitag 12 Uhr“.")
    stop = Choice("nein", turn.say("abbrechen"), {"do": "stop"})
    return Reply(text, Offer(topic, (stop,), asks={**data, "do": "until"}))


def _formats(turn: Turn, services: Services, plan: Plan) -> Reply:
    """The formats to choose from, each with a sentence."""
    found = [one for one in services.house.formats.values() if one.mode == plan.mode][:MOST_FORMATS]
    data = plan.as_data() | {"do": "format"}
    usual = Choice("passend", turn.say("passend zur Größe der Gruppe"), data | {"format": ""})
    labels = [(str(place), one) for place, one in enumerate(found, start=2)]
    choices = [usual, *(Choice(word, f"{one.title}: {one.summary}", data | {"format": one.id}) for word, one in labels)]
    stop = Choice("abbrechen", turn.say("abbrechen"), {"do": "stop"})
    asks = plan.as_data() | {"do": "listed"}
    return Reply(turn.say("Nach welchem Ablauf?"), Offer(CALL, (*choices, stop), asks))


async def _save(turn: Turn, services: Services, plan: Plan, *, is_sure: bool) -> Sequence[Action]:
    """Call to the round, unless there is one at that time of which the caller may not know."""
    if plan.closes_at <= turn.now:
        raise UserError(turn.say("Die Frist dafür ist inzwischen vorbei. Bitte die Runde noch einmal ausrufen."))
    await turn.uow.people.hold()
    others = [
        one for one in await rounds.present_ones(turn) if one.starts_on <= plan.last and one.ends_on >= plan.first
    ]
    if others and not is_sure:
        return [_ask_whether_both(turn, plan, others[0])]
    one = plan.as_round()
    one.is_reminded = _reminder(turn, services, one) <= turn.now
    await turn.uow.rounds.add(one)
    joined = []
    if turn.role < Role.COORDINATOR:  # whoever calls for their own case takes part
        await rounds.take_part(turn, one)
        joined = [turn.say("Du bist dabei.")]
    said = await rounds.post(turn, services, one)
    told = turn.say("Ausgerufen in den Räumen der Lots:innen.") if said else turn.say("Notiert.")
    if not said:
        told += " " + turn.say("Einen Raum der Lots:innen kenne ich nicht. „beratungen“ zeigt die Runde trotzdem.")
    hint = turn.say("„runde verlängern“, „runde absagen“ und „gruppen bilden“ ändern sie.")
    hints = [hint] if turn.role >= Role.COORDINATOR else []
    return [Reply(" ".join([told, *joined, *hints])), *said, *await _invite_cases(turn, one)]


async def _invite_cases(turn: Turn, one: ConsultationRound) -> list[Send]:
    """Ask those whose cases wait, each alone, whether they take part with it."""
    said = []
    taking_part = {found.person_id for found in await turn.uow.rounds.participants(one.id or 0)}
    for case in await turn.uow.rounds.waiting_cases():
        chat = await candidates.chat_of(turn.uow, case.person_id)
        if case.mode != one.mode or case.person_id in taking_part or chat is None:
            continue
        say = turn.say_to(chat[0])
        text = say("Es gibt eine kollegiale Beratung {days}. Bist du mit deinem Fall dabei? Sonst wartet er weiter.")
        choice = Choice("ja", say("ja, mit meinem Fall"), {"round": str(one.id), "do": "in"})
        said.append(Send(chat[0], text.format(days=days(say, one)), Offer(rounds.ROUND, (choice,)), person=chat[1]))
    return said


def _ask_whether_both(turn: Turn, plan: Plan, other: ConsultationRound) -> Reply:
    text = turn.say("Zu dieser Zeit gibt es schon eine Runde: {days}. Wirklich noch eine?")
    choices = (
        Choice("nein", turn.say("nein, die eine genügt"), {"do": "stop"}),
        Choice("zweite", turn.say("ja, eine zweite"), plan.as_data() | {"do": "anyway"}),
    )
    return Reply(text.format(days=days(turn.say, other)), Offer(CALL, choices))


# changing the open round


def is_change(words: str) -> bool:
    """Whether a sentence extends, cancels or closes the open round."""
    return read_change(words) is not None


async def change(turn: Turn, services: Services) -> Sequence[Action]:
    """„runde verlängern bis Freitag“, „runde absagen“, „gruppen bilden“."""
    _check_coordinator(turn)
    said = read_change(turn.message.text) or read_change(turn.text)
    if said is None:
        raise UserError(turn.say("Das habe ich nicht verstanden. „beratungen“ zeigt die offenen Runden."))
    found = await open_ones(turn)
    if not found:
        raise UserError(turn.say("Gerade ist keine Runde offen. „beratungen“ zeigt, was ansteht."))
    if said.wish == Wish.MOVE:
        return [Reply(turn.say("Verschieben geht so: „runde absagen“, dann eine neue ausrufen. Die Fälle warten."))]
    data = {"do": str(said.wish), "until": said.until}
    if len(found) > 1:
        choices = [
            Choice(str(place), days(turn.say, one), {**data, "round": str(one.id)})
            for place, one in enumerate(found[:8], start=1)
        ]
        return [Reply(turn.say("Welche Runde meinst du?"), Offer(CHANGE, tuple(choices)))]
    return await _change(turn, services, data | {"round": str(found[0].id)})


def _check_coordinator(turn: Turn) -> None:
    check_open(turn)
    if turn.role < Role.COORDINATOR:
        raise UserError(turn.say("Das entscheidet die Koordination. Frag sie gern."))


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Change an open round as a coordinator chose."""
    _check_coordinator(turn)
    data = chosen(turn)
    if data["do"] == "stop":
        return [Reply(turn.say("Gut, alles bleibt."))]
    return await _change(turn, services, data)


async def _change(turn: Turn, services: Services, data: Mapping[str, str]) -> Sequence[Action]:
    one = await held(turn, data["round"])
    if one.state != RoundState.OPEN:
        raise UserError(turn.say("Die Gruppen stehen schon. Das ändert nichts mehr."))
    match data["do"]:
        case Wish.EXTEND if not data["until"]:
            return [_ask_until(turn, CHANGE, {"round": data["round"]})]
        case Wish.EXTEND:
            return await _extend(turn, services, one, data["until"])
        case "until":
            return await _extend(turn, services, one, turn.text)
        case "shorten":
            return await _extend(turn, services, one, data["until"], is_sure=True)
        case Wish.CANCEL | Wish.FORM:
            return [await _ask_whether(turn, one, Wish(data["do"]))]
        case "cancelled":
            return await _cancel(turn, services, one)
    return await _close(turn, services, one)


async def _close(turn: Turn, services: Services, one: ConsultationRound) -> Sequence[Action]:
    said = await close(turn, services, one)
    if one.state == RoundState.FORMED:
        return [Reply(turn.say("Die Gruppen stehen. Alle haben es allein erfahren.")), *said]
    return [Reply(turn.say("Es kam keine Gruppe zustande. Warum, steht im Einzelchat.")), *said]


async def _ask_whether(turn: Turn, one: ConsultationRound, wish: Wish) -> Reply:
    if wish == Wish.CANCEL:
        text, label, done = turn.say("Runde {days} absagen?"), turn.say("ja, absagen"), "cancelled"
    else:
        text, label, done = turn.say("Runde {days} jetzt schließen und Gruppen bilden?"), turn.say("ja"), "formed"
    count = await rounds.how_many(turn, turn.say, one)
    choices = (
        Choice("ja", label, {"do": done, "round": str(one.id)}),
        Choice("nein", turn.say("nein"), {"do": "stop"}),
    )
    return Reply(f"{text.format(days=days(turn.say, one))} {count}", Offer(CHANGE, choices))


async def _extend(
    turn: Turn, services: Services, one: ConsultationRound, until: str, *, is_sure: bool = False
) -> Sequence[Action]:
    plan = Plan(one.starts_on, one.ends_on, one.closes_at, Mode(one.mode), one.format)
    moment = _closing(turn, services.house.working_days, until, plan)
    if moment < one.closes_at and not is_sure:
        return [_ask_whether_sooner(turn, one, moment, until)]
    one.closes_at = moment
    one.is_reminded = _reminder(turn, services, one) <= turn.now
    text = turn.say("Gut, anmelden geht jetzt bis {moment}.").format(moment=closes(turn, one))
    told = _hinted(Reply(text), _moved(turn, until, moment))
    return [told, *await rounds.refresh(turn, services, one)]


def _ask_whether_sooner(turn: Turn, one: ConsultationRound, moment: datetime, until: str) -> Reply:
    text = turn.say("Das wäre {moment}, also früher als bisher: {before}. Wirklich kürzen?")
    choices = (
        Choice("ja", turn.say("ja, kürzen"), {"do": "shorten", "until": until, "round": str(one.id)}),
        Choice("nein", turn.say("nein"), {"do": "stop"}),
    )
    shown = text.format(moment=agenda.in_words(moment), before=closes(turn, one))
    return Reply(shown, Offer(CHANGE, choices))


async def _cancel(turn: Turn, services: Services, one: ConsultationRound) -> Sequence[Action]:
    """Call a round off; who takes part hears it alone."""
    one.state = RoundState.CANCELLED
    said: list[Action] = [Reply(turn.say("Gut, die Runde ist abgesagt. Wer dabei war, erfährt es."))]
    for taking_part in await turn.uow.rounds.participants(one.id or 0):
        if (chat := await candidates.chat_of(turn.uow, taking_part.person_id)) is not None:
            say = turn.say_to(chat[0])
            text = say("Die kollegiale Beratung {days} findet nicht statt. Ein Fall von dir wartet auf die nächste.")
            said.append(Send(chat[0], text.format(days=days(say, one)), person=chat[1]))
    return [*said, *await rounds.refresh(turn, services, one)]


# when it is time


async def look_after(night: Night, services: Services) -> Sequence[Unasked]:
    """Say once that a round closes soon, form the groups of those that close now, and forget those that are over."""
    said: list[Unasked] = []
    for over in await night.uow.rounds.ended(night.today):
        said += await rounds.settle(night, over)
    await night.uow.rounds.drop_ended(night.today)
    for found in await night.uow.rounds.in_state(RoundState.OPEN):
        if found.closes_at > night.now and (found.is_reminded or _reminder(night, services, found) > night.now):
            continue
        one = await night.uow.rounds.hold(found.id or 0)
        if one is None or one.state != RoundState.OPEN:
            continue
        if one.closes_at <= night.now:
            said += await close(night, services, one)
        elif not one.is_reminded:
            one.is_reminded = True
            said += await _remind(night, one)
    return said


def _reminder(asking: Turn | Night, services: Services, one: ConsultationRound) -> datetime:
    """The morning of the working day before people can no longer join."""
    day = services.house.working_days.before(local(asking, one.closes_at).date(), 1)
    return datetime.combine(day, MORNING, asking.now.tzinfo)


async def _remind(night: Night, one: ConsultationRound) -> list[Send]:
    said = []
    for room in await night.rooms():
        say = night.say_to(room)
        text = say("Anmelden zur kollegialen Beratung {days} geht noch bis {moment}. „dabei“ genügt.")
        said.append(Send(room, text.format(days=days(say, one), moment=closes(night, one))))
    return said


async def close(asking: Turn | Night, services: Services, one: ConsultationRound) -> list[Unasked]:
    """Have nobody join any more and form the groups of a round that is held; the calls in the rooms tell it."""
    said = await forming.form(asking, services, one)
    return [*said, *await rounds.refresh(asking, services, one)]
