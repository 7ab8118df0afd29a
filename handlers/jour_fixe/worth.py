"""Asks those who came, alone and once, whether a meeting was worth the time and whether they could speak openly.

What they say is kept by series and month alone, and shown only as the mean of at least five.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from bot.messages import Action, Choice, Conversation, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers import candidates, scale
from handlers.ask import chosen
from handlers.cards import day_in_words
from handlers.figures import FEWEST
from handlers.jour_fixe.appointments import end_of, series_of
from storage.models.jour_fixe import Coming, JourFixe, Meeting, MeetingState

WORTH = "meeting_worth"  # topic of the offers below
ASKED = "worth"
"""The step of a meeting that is done once they were asked."""
TIME_SPENT, OPENNESS = "jour_fixe", "jour_fixe_openness"
"""The kinds under which what they say is kept."""
USEFUL = timedelta(days=5)
"""Later than that, nobody remembers."""


async def ask(night: Night, services: Services) -> Sequence[Send]:
    """Ask after a meeting, some hours later or in the next morning; not at all when fewer than five said they come."""
    said: list[Send] = []
    for meeting in await night.uow.jour_fixe.in_state(MeetingState.HELD, since=night.today - USEFUL):
        series = await series_of(night, meeting)
        if night.now < _due(series, meeting, services):
            continue
        if not await night.uow.jour_fixe.note_step(meeting.id or 0, ASKED):
            continue
        chats = await _chats_of_those_who_came(night, meeting)
        # What so few say would tell who said it.
        if len(chats) >= FEWEST and night.now < end_of(series, meeting) + USEFUL:
            said += [_time_spent(night, series, meeting, place, account) for place, account in chats]
    return said


def _due(series: JourFixe, meeting: Meeting, services: Services) -> datetime:
    """An hour after the end, as long as people work, else at 9 on the next working day."""
    later = end_of(series, meeting) + timedelta(hours=1)
    if later.time() <= time(16):
        return later
    return datetime.combine(services.house.working_days.after(later.date(), 1), time(9), later.tzinfo)


async def _chats_of_those_who_came(night: Night, meeting: Meeting) -> Sequence[tuple[Conversation, str]]:
    coming = [one for one in await night.uow.attendance.all(meeting.id or 0) if one.coming == Coming.YES]
    chats = [await candidates.chat_of(night.uow, one.person_id) for one in coming]
    return [chat for chat in chats if chat is not None]


def _time_spent(night: Night, series: JourFixe, meeting: Meeting, place: Conversation, account: str) -> Send:
    say = night.say_to(place)
    values = scale.choices(say, lambda value: {"do": TIME_SPENT, "value": value})
    skip = Choice("überspringen", say("überspringen"), {"do": "skip"})
    text = say("{title} am {day}: Hat sich die Zeit gelohnt, von 0 bis 5? Ich speichere nur die Zahl, ohne Namen.")
    shown = text.format(title=series.title, day=day_in_words(meeting.day))
    return Send(place, shown, Offer(WORTH, (*values, skip)), account)


async def take(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep a number by kind and month alone; after the first question comes the second."""
    data = chosen(turn)
    value = data.get("value", "")
    if data["do"] == "skip":
        return [Reply(turn.say("Gut."))]
    if data["do"] in (TIME_SPENT, OPENNESS) and value in scale.VALUES:
        await turn.uow.requests.note_worth(data["do"], turn.today, int(value))
    if data["do"] == TIME_SPENT:
        return [_openness(turn)]
    return [Reply(turn.say("Danke. Beides steht jetzt ohne Namen bei den anderen."))]


def _openness(turn: Turn) -> Reply:
    labels = (("ja", turn.say("ja"), 5), ("teils", turn.say("teils"), 3), ("nein", turn.say("nein"), 0))
    choices = [Choice(word, label, {"do": OPENNESS, "value": str(value)}) for word, label, value in labels]
    skip = Choice("überspringen", turn.say("überspringen"), {"do": "skip"})
    text = turn.say("Notiert, ohne Namen. Konntest du im Jour fixe offen sprechen?")
    return Reply(text, Offer(WORTH, (*choices, skip)))
