"""Single dates of a series: listed, moved and cancelled; whoever hears of the series hears of it."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from bot.errors import UserError
from bot.messages import Action, Change, Choice, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers import ask
from handlers.ask import LONGEST_LABEL, chosen, shortened
from handlers.cards import day_in_words
from handlers.dates import day_said
from handlers.jour_fixe import calendars
from handlers.jour_fixe.appointments import (
    begin_of,
    check_coordinator,
    check_supporter,
    clock,
    rooms_of,
    series_of,
    when,
)
from handlers.jour_fixe.series import OPEN, free_items, kept, refreshed, take_place, today_of
from knowledge.meeting_sentences import SaidChange, Wish, day_in, read_answer, read_change
from knowledge.series_sentences import read_series
from storage.models.jour_fixe import JourFixe, Meeting, MeetingState

MEETING = "meeting"  # topic of the offers below
KNOWN_AHEAD = timedelta(weeks=4)
"""Of a colliding date, which was said nowhere, rooms hear only when it is as near as this."""
DONE_AGAIN = ("remind",)
"""What is done once more for a meeting that was moved."""
PREPARED = ("close", "agenda", "remind", "groups")
"""What is done once more for one that was cancelled and takes place after all."""
LISTED = 8
_BARE_TIME = re.compile(r"\d{1,2}(?::\d{2})?")


# what others may do to a meeting, too


async def cancel(turn: Turn | Night, services: Services, meeting: Meeting) -> Sequence[Send | Change]:
    """Have a meeting not take place: its topics wait again, and the rooms hear of it."""
    was_said = _was_said(turn, meeting)
    meeting.state = MeetingState.CANCELLED
    meeting.revision += 1
    await free_items(turn.uow, meeting)
    return await _tell(turn, services, meeting, "{title} fällt aus: {when}.") if was_said else []


async def move(
    turn: Turn | Night,
    services: Services,
    meeting: Meeting,
    day: date,
    begins: time,
    minutes: int | None = None,
    place: str | None = None,
) -> Sequence[Send | Change]:
    """Have a meeting take place on another day or at another time; later dates keep the rhythm."""
    assert meeting.id is not None
    was_said = _was_said(turn, meeting) or day - turn.today <= KNOWN_AHEAD
    before = when(await series_of(turn, meeting), meeting)
    meeting.day, meeting.begins = day, begins
    meeting.minutes = meeting.minutes if minutes is None else minutes
    meeting.place = meeting.place if place is None else place
    take_place(turn, meeting)
    if services.house.working_days.name_of(day):
        await turn.uow.jour_fixe.note_step(meeting.id, kept(day))
    await turn.uow.jour_fixe.forget_steps(meeting.id, DONE_AGAIN)
    return (
        await _tell(turn, services, meeting, "{title}: neuer Termin {when} statt {before}.", before) if was_said else []
    )


async def keep(turn: Turn, meeting: Meeting) -> Sequence[Send | Change]:
    """Have a meeting take place although its day is one off; nobody is asked again."""
    assert meeting.id is not None
    take_place(turn, meeting)
    await turn.uow.jour_fixe.note_step(meeting.id, kept(meeting.day))
    return []


async def revive(turn: Turn | Night, services: Services, meeting: Meeting) -> Sequence[Send | Change]:
    """Have a cancelled meeting take place after all; its topics come anew."""
    assert meeting.id is not None
    take_place(turn, meeting)
    await turn.uow.jour_fixe.forget_steps(meeting.id, PREPARED)  # what stood on its agenda waits elsewhere by now
    if services.house.working_days.name_of(meeting.day):
        await turn.uow.jour_fixe.note_step(meeting.id, kept(meeting.day))
    return await _tell(turn, services, meeting, "{title} findet doch statt: {when}.")


async def relocate(turn: Turn | Night, services: Services, meeting: Meeting, place: str) -> Sequence[Send | Change]:
    """Have a meeting take place elsewhere, and the rooms hear of it."""
    meeting.place = place
    meeting.revision += 1
    return await _tell(turn, services, meeting, "{title}, {when}: neuer Ort {place}.")


def _was_said(turn: Turn | Night, meeting: Meeting) -> bool:
    return meeting.state != MeetingState.COLLIDING or meeting.day - turn.today <= KNOWN_AHEAD


async def _tell(
    turn: Turn | Night, services: Services, meeting: Meeting, text: str, before: str = ""
) -> Sequence[Send | Change]:
    series = await series_of(turn, meeting)
    facts = {
        "title": series.title,
        "when": when(series, meeting),
        "before": before,
        "place": meeting.place,
    }
    file = await calendars.invitation(turn, meeting)
    said = [Send(room, turn.say_to(room)(text).format(**facts), file=file) for room in await rooms_of(turn, series)]
    return [*said, *await refreshed(turn, services, meeting)]


# „termine“


async def list_meetings(turn: Turn, services: Services) -> Sequence[Action]:
    """The dates to come; coordinators choose one to move or cancel it."""
    found = await _to_come(turn, turn.text)
    if turn.role < Role.SUPPORTER or (turn.text and not found):
        return await ask.ask(replace(turn, text=turn.message.text), services)  # „termine buchen“
    check_supporter(turn)
    if not found:
        return [Reply(turn.say("Noch ist kein Termin geplant."))]
    is_one = len({series.id for series, _ in found}) == 1
    shown = found[:LISTED]
    lines = [_line(turn, services, series, meeting, is_one=is_one) for series, meeting in shown]
    head = turn.say("Termine, {title}:").format(title=shown[0][0].title) if is_one else turn.say("Termine:")
    if turn.role < Role.COORDINATOR:
        return [Reply("\n".join((head, "", *(f"{place}. {line}" for place, line in enumerate(lines, start=1)))))]
    choices = [
        Choice(str(place), shortened(line, LONGEST_LABEL), _data(meeting, "look"))
        for place, ((_, meeting), line) in enumerate(zip(shown, lines, strict=True), start=1)
    ]
    return [Reply(f"{head} {turn.say('Eine Nummer ändert einen Termin.')}", Offer(MEETING, tuple(choices)))]


async def _to_come(turn: Turn, named: str = "") -> Sequence[tuple[JourFixe, Meeting]]:
    """The dates to come of all series, or of those with that word in their title; undecided ones for coordinators."""
    word = named.casefold().strip(' .!?„“"')
    found = []
    for series in await turn.uow.jour_fixe.all(turn.today):
        if word not in series.title.casefold():
            continue
        for meeting in await turn.uow.jour_fixe.meetings(series.id or 0, since=today_of(turn, series)):
            if meeting.state != MeetingState.COLLIDING or turn.role >= Role.COORDINATOR:
                found.append((series, meeting))
    return sorted(found, key=lambda both: (both[1].day, both[1].begins, both[0].id))


def _line(turn: Turn, services: Services, series: JourFixe, meeting: Meeting, *, is_one: bool) -> str:
    days = services.house.working_days
    notes = [] if is_one else [series.title]
    if meeting.place and meeting.place != series.place:
        notes.append(meeting.place)
    if meeting.state == MeetingState.CANCELLED:
        notes.append(turn.say("fällt aus"))
    elif meeting.state == MeetingState.COLLIDING:
        notes.append(turn.say("noch nicht entschieden, {reason}").format(reason=days.name_of(meeting.day) or ""))
    elif meeting.day != meeting.planned_on:
        notes.append(turn.say("verschoben vom {day}").format(day=day_in_words(meeting.planned_on)))
    if meeting.state != MeetingState.CANCELLED and (holidays := days.school_holidays(meeting.day)):
        notes.append(holidays)
    return ", ".join((when(series, meeting), *notes))


def _data(meeting: Meeting, do: str, **more: str) -> Mapping[str, str]:
    return {"do": do, "meeting": str(meeting.id), "revision": str(meeting.revision), **more}


# „termin 3. Dezember verschieben auf 10. Dezember 14 Uhr“


def is_change(text: str) -> bool:
    """Whether a sentence moves or cancels a date of a series."""
    return read_change(text) is not None


async def change(turn: Turn, services: Services) -> Sequence[Action]:
    """Take a sentence that moves or cancels a date; asked back before others hear of it."""
    said = read_change(turn.text)
    least = Role.SUPPORTER if said and said.is_of_jour_fixe else Role.COORDINATOR
    if said is None or turn.role < least:
        return await ask.ask(turn, services)  # most likely about other appointments: „termin absagen“
    check_coordinator(turn)
    series, meeting = await _meant(turn, said)
    return await _propose(turn, services, series, meeting, said)


async def look_at_day(turn: Turn, services: Services, text: str) -> Sequence[Action]:
    """Show the date on the day that a text names, to change it; raises `UserError` where there is none."""
    series, meeting = await _meant(turn, SaidChange(Wish.REVIVE, text, ""))
    if meeting.state not in OPEN and not _is_off(turn, meeting):
        raise UserError(turn.say("Dieser Termin lässt sich nicht mehr ändern. „termine“ zeigt, was noch kommt."))
    return [_look(turn, series, meeting)]


async def _meant(turn: Turn, said: SaidChange) -> tuple[JourFixe, Meeting]:
    """The date that a sentence is about: the one on that day, else the next one; raises `UserError`."""
    may_be_off = said.wish is Wish.REVIVE
    found = [both for both in await _to_come(turn) if both[1].state in OPEN or (may_be_off and _is_off(turn, both[1]))]
    if not found:
        raise UserError(turn.say("Noch ist kein Termin geplant."))
    named = [both for both in found if both[0].title.casefold() in said.which.casefold()]
    fitting = named if len({both[0].id for both in found}) > 1 and named else found
    day, _ = day_in(said.which, turn.today, day_said)
    if day is None and any(map(str.isdecimal, said.which)):
        raise UserError(_no_day(turn, said.which))
    if day is None:
        off = [both for both in fitting if may_be_off and _is_off(turn, both[1])]
        return (off or fitting)[0]
    if day < turn.today:
        raise UserError(turn.say("Dieser Tag ist schon vorbei. „termine“ zeigt, was noch kommt."))
    that_day = [both for both in fitting if day in (both[1].day, both[1].planned_on)]
    if not that_day:
        nearest = min(fitting, key=lambda both: abs(both[1].day - day))
        text = turn.say("Am {day} ist kein Jour fixe. Am nächsten liegt {near}. „termine“ zeigt alle.")
        raise UserError(text.format(day=day_in_words(day), near=when(*nearest)))
    if len(that_day) > 1:
        titles = ", ".join(f"„{series.title}“" for series, _ in that_day)
        raise UserError(turn.say("An diesem Tag sind mehrere: {titles}. Welchen meinst du?").format(titles=titles))
    return that_day[0]


def _no_day(turn: Turn, words: str) -> str:
    text = turn.say("Diesen Tag kenne ich nicht: „{words}“. Schreib ihn zum Beispiel so: „10. Dezember“.")
    return text.format(words=shortened(words, 40))


async def _propose(
    turn: Turn, services: Services, series: JourFixe, meeting: Meeting, said: SaidChange
) -> Sequence[Action]:
    if said.wish is Wish.REVIVE:
        return [_ask_to_revive(turn, series, meeting)]
    if said.wish is Wish.CANCEL:
        text = turn.say("{title} absagen: {when}? Die Räume hören davon.")
        return [_sure(turn, text.format(title=series.title, when=when(series, meeting)), _data(meeting, "cancel"))]
    if not said.to:
        return [await _ask_where_to(turn, services, series, meeting)]
    to = f"um {said.to}" if _BARE_TIME.fullmatch(said.to) else said.to
    new = read_series(to, turn.today, day_said)
    day, rest = day_in(to, turn.today, day_said, meeting.day)
    is_same_day = day is None and new.begins is None
    unread = rest.replace(new.place or "", "")
    if is_same_day and new.minutes is None and (new.flaws or any(map(str.isdecimal, unread))):
        raise UserError(_no_day(turn, said.to))
    if new.place and is_same_day:
        text = turn.say("{title}, {when}: Neuer Ort „{place}“?")
        words = text.format(title=series.title, when=when(series, meeting), place=new.place)
        return [_sure(turn, words, _data(meeting, "relocate", place=new.place))]
    if is_same_day and new.minutes is None:
        raise UserError(_no_day(turn, said.to))
    begins, minutes = new.begins or meeting.begins, new.minutes or meeting.minutes
    wanted = _Wanted(day or meeting.day, begins, minutes, new.place or meeting.place)
    return [await _check_day(turn, services, series, meeting, wanted)]


async def _ask_where_to(turn: Turn, services: Services, series: JourFixe, meeting: Meeting) -> Reply:
    text = turn.say("{title}, {when}: Auf welchen Tag? Zum Beispiel „10. Dezember, 14 Uhr“.")
    wanted = _Wanted(meeting.day, meeting.begins, meeting.minutes, meeting.place)
    near = services.house.working_days.moves(meeting.day, turn.today, await _taken(turn, series, meeting))
    choices = (*_days(meeting, wanted, near), _stop(turn))
    return Reply(
        text.format(title=series.title, when=when(series, meeting)), Offer(MEETING, choices, _data(meeting, "to"))
    )


async def _taken(turn: Turn, series: JourFixe, meeting: Meeting) -> Collection[date]:
    """The days on which the series meets already."""
    others = await turn.uow.jour_fixe.meetings(series.id or 0, since=today_of(turn, series))
    return {one.day for one in others if one.id != meeting.id and one.state in OPEN}


def _stop(turn: Turn) -> Choice:
    return Choice("abbrechen", turn.say("abbrechen"), {"do": "stop"})


@dataclass(frozen=True, slots=True)
class _Wanted:
    """When and where a meeting shall take place instead."""

    day: date
    begins: time
    minutes: int
    place: str

    def data(self, meeting: Meeting, day: date) -> Mapping[str, str]:
        """As data of a choice, perhaps on another day."""
        when_and_where = {"begins": self.begins.isoformat(), "minutes": str(self.minutes), "place": self.place}
        return _data(meeting, "move", day=day.isoformat(), **when_and_where)

    def applied(self, meeting: Meeting) -> Meeting:
        """The meeting as it would be."""
        return Meeting(
            jour_fixe_id=meeting.jour_fixe_id,
            planned_on=meeting.planned_on,
            day=self.day,
            begins=self.begins,
            minutes=self.minutes,
        )


async def _check_day(turn: Turn, services: Services, series: JourFixe, meeting: Meeting, wanted: _Wanted) -> Reply:
    """Ask whether to move there; days that are past, free or taken get a sentence and other proposals."""
    if wanted == _Wanted(meeting.day, meeting.begins, meeting.minutes, meeting.place):
        raise UserError(turn.say("Da ist der Termin schon."))
    taken = await _taken(turn, series, meeting)
    new, day = wanted.applied(meeting), day_in_words(wanted.day)
    is_past = begin_of(series, new) <= turn.now
    reason = services.house.working_days.name_of(wanted.day)
    if is_past:
        why = turn.say("{day} um {clock} Uhr ist schon vorbei.").format(day=day, clock=clock(wanted.begins))
    elif wanted.day in taken:
        why = turn.say("Am {day} ist schon ein Termin dieser Reihe.").format(day=day)
    elif reason is not None:
        why = turn.say("{day} ist frei: {reason}.").format(day=day, reason=reason)
    else:
        text = turn.say("{title} verschieben von {before} auf {when}? Die Räume hören davon.")
        words = text.format(title=series.title, before=when(series, meeting), when=when(series, new))
        return _sure(turn, words, wanted.data(meeting, wanted.day))
    may_insist = not is_past and wanted.day not in taken
    return _other_days(turn, services, meeting, wanted, why, taken, may_insist=may_insist)


def _other_days(
    turn: Turn,
    services: Services,
    meeting: Meeting,
    wanted: _Wanted,
    why: str,
    taken: Collection[date],
    *,
    may_insist: bool,
) -> Reply:
    near = services.house.working_days.moves(max(wanted.day, turn.today), turn.today, taken)
    choices = [*_days(meeting, wanted, near)]
    if may_insist:
        choices.append(Choice("trotzdem", turn.say("trotzdem"), wanted.data(meeting, wanted.day)))
    choices.append(_stop(turn))
    text = turn.say("{why} Möglich sind diese Tage, oder schreib mir einen anderen.")
    return Reply(text.format(why=why), Offer(MEETING, tuple(choices), _data(meeting, "to")))


def _days(meeting: Meeting, wanted: _Wanted, days: Sequence[date]) -> Sequence[Choice]:
    return [Choice(str(place), day_in_words(day), wanted.data(meeting, day)) for place, day in enumerate(days, start=1)]


def _sure(turn: Turn, text: str, data: Mapping[str, str]) -> Reply:
    choices = (
        Choice("ja", turn.say("ja"), data),
        Choice("nein", turn.say("nein, so lassen"), {"do": "stop"}),
    )
    return Reply(text, Offer(MEETING, choices))


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what was chosen for a date, unless it was changed meanwhile."""
    data = chosen(turn)
    if data["do"] == "stop":
        return [Reply(turn.say("Gut, der Termin bleibt, wie er ist."))]
    check_coordinator(turn)
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    if meeting is None or str(meeting.revision) != data["revision"]:
        return [Reply(turn.say("Dieser Termin wurde inzwischen geändert. „termine“ zeigt, wie er jetzt ist."))]
    if meeting.state not in OPEN and not _is_off(turn, meeting):
        return [Reply(turn.say("Dieser Termin lässt sich nicht mehr ändern. „termine“ zeigt, was noch kommt."))]
    series = await series_of(turn, meeting)
    match data["do"]:
        case "look":
            return [_look(turn, series, meeting)]
        case "ask":
            return await _propose(turn, services, series, meeting, SaidChange(Wish(data["wish"]), "", ""))
        case "to" | "said":
            return await _take_answer(turn, services, series, meeting)
    return await _do(turn, services, series, meeting, data)


async def _take_answer(turn: Turn, services: Services, series: JourFixe, meeting: Meeting) -> Sequence[Action]:
    """Do what was written below a date; what is no change of it is most likely a question."""
    said = read_answer(turn.text)
    if said.which and said.wish is Wish.MOVE and not said.to:
        said = replace(said, which="", to=said.which)  # „verschieben 7.1.“
    if day_in(said.which, turn.today, day_said)[0]:
        series, meeting = await _meant(turn, said)
    day, _ = day_in(said.to, turn.today, day_said, meeting.day)
    if said.wish is Wish.MOVE and day is None and turn.text.rstrip().endswith("?"):
        return await ask.ask(turn, services)
    return await _propose(turn, services, series, meeting, said)


def _is_off(turn: Turn, meeting: Meeting) -> bool:
    """Whether a meeting was cancelled that may still take place."""
    return meeting.state == MeetingState.CANCELLED and meeting.day > turn.today


def _ask_to_revive(turn: Turn, series: JourFixe, meeting: Meeting) -> Reply:
    facts = {"title": series.title, "when": when(series, meeting)}
    if meeting.state == MeetingState.PLANNED:
        return Reply(turn.say("{title}, {when}, findet statt.").format(**facts))
    text = turn.say("{title}, {when}, fällt aus. Soll der Termin doch stattfinden? Die Räume hören davon.")
    if meeting.state == MeetingState.COLLIDING:
        text = turn.say("{title}, {when}: Soll der Termin an diesem freien Tag stattfinden?")
    return _sure(turn, text.format(**facts), _data(meeting, "revive"))


def _look(turn: Turn, series: JourFixe, meeting: Meeting) -> Reply:
    if _is_off(turn, meeting):
        return _ask_to_revive(turn, series, meeting)
    place = meeting.place or turn.say("Ort noch offen")
    text = turn.say("{title}, {when}, {place}. Was soll anders sein?")
    choices = (
        Choice("verschieben", turn.say("verschieben oder woanders"), _data(meeting, "ask", wish=Wish.MOVE)),
        Choice("absagen", turn.say("absagen"), _data(meeting, "ask", wish=Wish.CANCEL)),
        Choice("abbrechen", turn.say("nichts ändern"), {"do": "stop"}),
    )
    shown = text.format(title=series.title, when=when(series, meeting), place=place)
    return Reply(shown, Offer(MEETING, choices, _data(meeting, "said")))


async def _do(
    turn: Turn, services: Services, series: JourFixe, meeting: Meeting, data: Mapping[str, str]
) -> Sequence[Action]:
    match data["do"]:
        case "cancel":
            told = await cancel(turn, services, meeting)
            text = turn.say("Abgesagt: {when}. Die Themen warten auf den nächsten Jour fixe.")
        case "move":
            day, begins = date.fromisoformat(data["day"]), time.fromisoformat(data["begins"])
            if day < turn.today:
                raise UserError(turn.say("Dieser Tag ist inzwischen vorbei. Welcher andere passt?"))
            told = await move(turn, services, meeting, day, begins, int(data["minutes"]), data["place"])
            text = turn.say("Verschoben auf {when}. Spätere Termine bleiben.")
        case "revive":
            is_off = meeting.state == MeetingState.CANCELLED
            told = await (revive(turn, services, meeting) if is_off else keep(turn, meeting))
            text = turn.say("Gut, der Termin findet statt: {when}.")
        case _:
            told = await relocate(turn, services, meeting, data["place"])
            text = turn.say("Gut. {when}, {place}.")
    said = text.format(when=when(series, meeting), place=meeting.place)
    return [Reply(said), *told]
