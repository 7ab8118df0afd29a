"""Dates that fall on a day off: the coordinators are asked where they go, and again as the day comes nearer."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from bot.messages import Action, Choice, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers.ask import chosen
from handlers.cards import day_in_words
from handlers.jour_fixe import meetings
from handlers.jour_fixe.appointments import check_coordinator, series_of, when
from handlers.jour_fixe.series import ASKED, OPEN, fill, today_of
from storage.models.jour_fixe import JourFixe, Meeting, MeetingState

COLLISION = "collision"  # topic of the offers below
FAR, NEAR = timedelta(weeks=8), timedelta(weeks=3)
"""Undecided ones are asked about again so long before; from the second on, weekly."""
WEEK = timedelta(weeks=1)
_SPANS = {-WEEK: "{day}, eine Woche früher", WEEK: "{day}, eine Woche später"}

Say = Callable[[str], str]


async def plan_ahead(night: Night, services: Services) -> Sequence[Send]:
    """Have each series planned for twelve months."""
    for series in await night.uow.jour_fixe.all(night.today):
        await fill(night, services.house.working_days, series)
    return []


async def ask(night: Night, services: Services) -> Sequence[Send]:
    """Ask the coordinators about the first date that nobody has decided about; one a night, each at most weekly."""
    places = await night.coordinators()
    if not places:
        return []
    for meeting in await night.uow.jour_fixe.in_state(MeetingState.COLLIDING, since=night.today):
        asked = await _asked_on(night, meeting)
        if _is_due(meeting.day, asked, night.today):
            await night.uow.jour_fixe.note_step(meeting.id or 0, f"{ASKED}{night.today}")
            series = await series_of(night, meeting)
            said = [(to, await _question(night, services, night.say_to(to), series, meeting)) for to in places]
            return [Send(to, text, offer) for to, (text, offer) in said]
    return []


async def _asked_on(asking: Turn | Night, meeting: Meeting) -> date | None:
    steps = await asking.uow.jour_fixe.steps(meeting.id or 0)
    return max((date.fromisoformat(step.removeprefix(ASKED)) for step in steps if step.startswith(ASKED)), default=None)


def _is_due(day: date, asked: date | None, today: date) -> bool:
    """Whether to ask now: once when the date is planned, again eight weeks before it, and weekly from three on."""
    if asked is None:
        return True
    return asked + WEEK <= today and (today >= day - NEAR or asked < day - FAR <= today)


async def _question(
    asking: Turn | Night, services: Services, say: Say, series: JourFixe, meeting: Meeting
) -> tuple[str, Offer]:
    days = services.house.working_days
    others = await asking.uow.jour_fixe.meetings(series.id or 0)
    taken = {one.day for one in others if one.id != meeting.id and one.state in OPEN}
    data = {"meeting": str(meeting.id), "revision": str(meeting.revision)}
    choices = [
        Choice(str(place), _move(say, services, meeting, day), {**data, "do": "move", "day": day.isoformat()})
        for place, day in enumerate(days.moves(meeting.day, today_of(asking, series), taken), start=1)
    ]
    choices.append(Choice("ausfallen", say("ausfallen lassen"), {**data, "do": "cancel"}))
    choices.append(Choice("trotzdem", say("trotzdem an diesem Tag"), {**data, "do": "keep"}))
    choices.append(Choice("abbrechen", say("später entscheiden"), {"do": "stop"}))
    text = say("{title}: {when} fällt auf einen freien Tag: {reason}. Wohin mit dem Termin?")
    reason = days.name_of(meeting.day) or say("inzwischen nicht mehr")
    return text.format(title=series.title, when=when(series, meeting), reason=reason), Offer(COLLISION, tuple(choices))


def _move(say: Say, services: Services, meeting: Meeting, day: date) -> str:
    pattern = _SPANS.get(day - meeting.day)
    text = say(pattern) if pattern else say("{day}, der nächste Arbeitstag")
    holidays = services.house.working_days.school_holidays(day)
    words = text.format(day=day_in_words(day))
    return f"{words} ({holidays})" if holidays else words


async def next_question(turn: Turn, services: Services, text: str) -> Reply:
    """A reply with the next date to decide about, if there is any."""
    waiting = await turn.uow.jour_fixe.in_state(MeetingState.COLLIDING, since=turn.today)
    if not waiting or not turn.message.conversation.is_direct:
        return Reply(text)
    series = await series_of(turn, waiting[0])
    await turn.uow.jour_fixe.note_step(waiting[0].id or 0, f"{ASKED}{turn.today}")
    question, offer = await _question(turn, services, turn.say, series, waiting[0])
    return Reply(f"{text}\n\n{question}", offer)


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what a coordinator chose for a date, unless somebody else was first."""
    data = chosen(turn)
    if data["do"] == "stop":
        return [Reply(turn.say("Gut, ich frage später noch einmal. „termine“ zeigt, was offen ist."))]
    check_coordinator(turn)
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    if meeting is None or meeting.state != MeetingState.COLLIDING or str(meeting.revision) != data["revision"]:
        return [await next_question(turn, services, turn.say("Darüber ist schon entschieden. „termine“ zeigt alle."))]
    series = await series_of(turn, meeting)
    match data["do"]:
        case "cancel":
            told = await meetings.cancel(turn, services, meeting)
            text = turn.say("Gut, {when} fällt aus.")
        case "keep":
            told = await meetings.keep(turn, meeting)
            text = turn.say("Gut, es bleibt bei {when}.")
        case _:
            day = date.fromisoformat(data["day"])
            if day <= turn.today:
                return [await next_question(turn, services, turn.say("Dieser Tag ist inzwischen vorbei."))]
            told = await meetings.move(turn, services, meeting, day, meeting.begins)
            text = turn.say("Gut, der Termin ist jetzt am {when}. Spätere Termine bleiben.")
    return [await next_question(turn, services, text.format(when=when(series, meeting))), *told]
