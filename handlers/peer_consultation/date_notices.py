"""Tells people alone when their group meets, with a file for their own calendars, and reminds them the day before."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, time

from bot.messages import Change, Choice, File, Offer, Send, Unasked
from bot.turn import Night, Services, Turn
from handlers.candidates import chat_of
from handlers.cards import day_in_words
from handlers.jour_fixe.appointments import clock
from handlers.jour_fixe.calendars import MEDIA_TYPE
from handlers.peer_consultation.circle import Circle, Member, Say
from knowledge import calendars
from storage.models.peer_consultation import Mode

COMING = "consultation_coming"  # topic of the offer below
BEGINS = time(9)
"""When written groups begin, and when people are reminded."""
TITLE = "Kollegiale Beratung"
REMINDED, TOLD = "reminded", "told {person}"  # steps of a group


def when(asking: Turn | Night, moment: datetime) -> str:
    """A moment as it is said: „Donnerstag, 10. Dezember 2026, 14:00 Uhr“."""
    here = moment.astimezone(asking.now.tzinfo)
    return f"{day_in_words(here.date())}, {clock(here.time())} Uhr"


def minutes(circle: Circle) -> int:
    """How long a group takes, as many as they are."""
    return circle.plan.minutes(len(circle.members))


async def tell_new(asking: Turn | Night, circle: Circle, unable: Collection[int] = ()) -> list[Unasked]:
    """Tell the date to those who do not know it: all of them, or who has come into the group since."""
    said: list[Unasked] = []
    done = await asking.uow.consultations.steps(circle.number)
    for member in circle.members:
        if (step := TOLD.format(person=member.id)) not in done:
            await asking.uow.consultations.note_step(circle.number, step)
            said += await _tell_date(asking, circle, member, is_able=member.id not in unable)
    return said


async def _tell_date(asking: Turn | Night, circle: Circle, member: Member, *, is_able: bool) -> list[Unasked]:
    found, moment = await chat_of(asking.uow, member.id), circle.group.meets_at
    if found is None or moment is None:
        return []
    there, person = found
    say = asking.say_to(there)
    text = say("**Beratung {number}** ist am {when}.").format(number=circle.number, when=when(asking, moment))
    rest = say("Kannst du dann?") if not is_able else _what_comes(say, circle)
    offer = None if is_able else coming_offer(say, circle, ("dabei", say("ich komme")))
    return [Send(there, f"{text} {rest}", offer, person, file=_file(asking, circle, moment))]


def _what_comes(say: Say, circle: Circle) -> str:
    if circle.group.mode == Mode.WRITTEN:
        return say("Das läuft schriftlich. Vorher kommt eine Einladung in den Raum.")
    text = say("Das dauert {minutes} Minuten. Am Werktag vorher öffne ich den Raum.")
    return text.format(minutes=minutes(circle))


def coming_offer(say: Say, circle: Circle, *more: tuple[str, str]) -> Offer:
    """Below a date: step back for somebody else, and `more` by word and label."""
    data = {"group": str(circle.number)}
    words = (*more, ("zurücktreten", say("ich trete zurück")))
    return Offer(COMING, tuple(Choice(word, label, {**data, "do": word}) for word, label in words), lasts=True)


def _file(asking: Turn | Night, circle: Circle, moment: datetime) -> File | None:
    """The date for people's own calendars, which tells neither who comes nor what it is about."""
    if circle.group.mode == Mode.WRITTEN:
        return None
    here = moment.astimezone(asking.now.tzinfo)
    # On no day of its rhythm: so it keeps its id when it is moved, and calendars move it, too.
    sitting = calendars.Sitting(date.min, here.date(), here.time(), minutes(circle))
    series = calendars.Series(
        f"beratung-{circle.number}",
        TITLE,
        "FREQ=YEARLY;COUNT=1",
        here.date(),
        here.time(),
        minutes(circle),
        str(asking.now.tzinfo),
        revision=int(asking.now.timestamp()) // 60,
    )
    return File(
        f"kollegiale-beratung-{here.date()}.ics", MEDIA_TYPE, calendars.meeting_file(series, sitting, asking.now)
    )


async def remind(night: Night, services: Services, circle: Circle) -> list[Unasked]:
    """Remind everybody once of a date, from the morning of the working day before."""
    moment = circle.group.meets_at
    if moment is None or not day_before(services, moment, night) <= night.now < moment:
        return []
    if not await night.uow.consultations.note_step(circle.number, REMINDED):
        return []
    said: list[Unasked] = []
    for member in circle.members:
        if (found := await chat_of(night.uow, member.id)) is not None:
            there, person = found
            say = night.say_to(there)
            text = say("Zur Erinnerung: **Beratung {number}** ist am {when}. Kannst du doch nicht?")
            shown = text.format(number=circle.number, when=when(night, moment))
            asks = {"group": str(circle.number), "do": "zurücktreten"}
            said.append(Send(there, shown, replace(coming_offer(say, circle), asks=asks), person))
    return said


def day_before(services: Services, moment: datetime, asking: Turn | Night) -> datetime:
    """When people are reminded and rooms opened: on the morning of the working day before."""
    day = services.house.working_days.before(moment.astimezone(asking.now.tzinfo).date(), 1)
    return datetime.combine(day, BEGINS, asking.now.tzinfo)


async def close_offers(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    """Take back the choice to step back, when the group begins: a number written later would mean it."""
    said: list[Unasked] = []
    for member in circle.members:
        if (found := await chat_of(asking.uow, member.id)) is None:
            continue
        there, person = found
        for offer in await asking.uow.questions.offers_to(there.platform, there.id, person):
            groups = {choice["data"].get("group") for choice in offer.choices}
            if offer.topic == COMING and groups == {str(circle.number)} and circle.group.meets_at is not None:
                text = asking.say_to(there)("**Beratung {number}** ist am {when}.")
                shown = text.format(number=circle.number, when=when(asking, circle.group.meets_at))
                said.append(Change(offer.message_key, there, shown))
    return said
