"""A round of peer consultation: when it is, who takes part, and the call to it, kept up to date in the rooms."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import uuid4

from babel.dates import format_date

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Change, Choice, Conversation, Offer, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers import candidates
from handlers.cards import day_in_words
from handlers.jour_fixe import agenda
from storage.models.knowledge import Visibility
from storage.models.peer_consultation import (
    ConsultationRound,
    Mode,
    Participation,
    RoundPost,
    RoundState,
)
from storage.models.people import Person

ROUND = "consultation_round"  # topic of the offers below
FEWEST = 3
"""From so many people on it is said how many take part."""
USUAL_PEOPLE = 6
"""So many are thought of where it is said how long it takes."""

Say = Callable[[str], str]


def check_supporter(turn: Turn) -> None:
    """Refuse staff, kindly, and places where others than supporters read along; raises `UserError`."""
    if turn.role < Role.SUPPORTER:
        raise UserError(
            turn.say(
                "Kollegiale Beratung gibt es unter den Lots:innen. Bei deinem Anliegen hilft dir gern eine Lotsin "
                "oder ein Lotse. Schreib mir einfach, worum es geht."
            )
        )
    if Visibility.COMMUNITY not in turn.sees:
        raise UserError(turn.say("Darüber spreche ich nur mit Lots:innen und nur unter ihnen."))


def check_open(turn: Turn) -> None:
    """Refuse confidential places: nothing is kept there; raises `UserError`."""
    check_supporter(turn)
    if turn.is_confidential:
        raise UserError(turn.say("Was hier gesagt wird, ist vertraulich. Schreib mir das bitte allein."))


async def sender(turn: Turn) -> Person:
    """Who wrote; remembered from now on."""
    here = turn.message.conversation
    return await turn.uow.people.know(here.platform, turn.message.sender.id, turn.message.sender.name)


# which one


async def open_ones(asking: Turn | Night) -> Sequence[ConsultationRound]:
    """The rounds that one can join before their groups are formed."""
    return [one for one in await asking.uow.rounds.in_state(RoundState.OPEN) if one.ends_on >= asking.today]


async def present_ones(asking: Turn | Night) -> Sequence[ConsultationRound]:
    """The rounds that one can join at all: open ones, then those with groups, in which one is a reserve."""
    formed = await asking.uow.rounds.in_state(RoundState.FORMED)
    return [*await open_ones(asking), *(one for one in formed if one.ends_on >= asking.today)]


async def held(turn: Turn, number: str) -> ConsultationRound:
    """A round by its number, which nobody else changes meanwhile; raises `UserError` when it is over."""
    one = await turn.uow.rounds.hold(int(number))
    if one is None or one.state == RoundState.CANCELLED or one.ends_on < turn.today:
        raise UserError(turn.say("Diese Runde gibt es nicht mehr. „beratungen“ zeigt, was ansteht."))
    return one


# who takes part


async def take_part(turn: Turn, one: ConsultationRound, *, can_moderate: bool = False) -> tuple[Participation, bool]:
    """Have the sender take part in a round that is held; gives how, and whether that is new.

    Once the groups stand, they are a reserve. Who can moderate still can when they say again that they take part.
    """
    person = await sender(turn)
    assert person.id is not None
    assert one.id is not None
    before = await turn.uow.rounds.participation(one.id, person.id)
    found = Participation(
        round_id=one.id,
        person_id=person.id,
        can_moderate=can_moderate or (before is not None and before.can_moderate),
        leads=before.leads if before else "",
        is_reserve=before.is_reserve if before else one.state == RoundState.FORMED,
    )
    await turn.uow.rounds.join(found)
    return found, before is None


# what is said


def days(say: Say, one: ConsultationRound) -> str:
    """The days of a round, to stand behind „kollegiale Beratung“."""
    if one.starts_on == one.ends_on:
        return say("am {day}").format(day=day_in_words(one.starts_on))
    begin, end = one.starts_on, one.ends_on
    first = in_words(begin) if begin.year != end.year else format_date(begin, "d. MMMM", locale="de_DE")
    if (begin.year, begin.month) == (end.year, end.month):
        first = f"{begin.day}."
    return say("vom {first} bis {last}").format(first=first, last=in_words(end))


def local(asking: Turn | Night, moment: datetime) -> datetime:
    """A moment as the clocks of the house show it."""
    return moment.astimezone(asking.now.tzinfo)


def closes(asking: Turn | Night, one: ConsultationRound) -> str:
    """Until when people join: „Mittwoch, 2. Dezember 2026, 12 Uhr“."""
    return agenda.in_words(local(asking, one.closes_at))


def manner(say: Say, services: Services, one: ConsultationRound) -> str:
    """How a round consults, in one sentence."""
    plan = services.house.formats.get(one.format)
    if one.mode == Mode.WRITTEN:
        if plan:
            return say("Schriftlich, {format}: {days} Arbeitstage, ein paar Minuten am Tag.").format(
                format=plan.title, days=plan.days(max(plan.smallest, min(USUAL_PEOPLE, plan.largest)))
            )
        return say("Schriftlich über etwa zwölf Arbeitstage, ein paar Minuten am Tag.")
    if plan:
        minutes = plan.minutes(max(plan.smallest, min(USUAL_PEOPLE, plan.largest)))
        return say("{format}, etwa {minutes} Minuten. Den Termin finden die Gruppen mit mir.").format(
            format=plan.title, minutes=minutes
        )
    return say("Eine Stunde zu einem eigenen Fall. Den Termin finden die Gruppen mit mir.")


async def text(asking: Turn | Night, services: Services, say: Say, one: ConsultationRound) -> str:
    """What stands in the rooms about a round, as it is now."""
    heading = say("**Kollegiale Beratung** {days}").format(days=days(say, one))
    if one.state == RoundState.CANCELLED:
        return f"{heading}\n\n" + say("Diese Runde findet nicht statt.")
    parts = [heading, manner(say, services, one)]
    parts.append(say("Freiwillig, vertraulich und unter Gleichen: Niemand berät sich mit den eigenen Leuten."))
    if one.state == RoundState.FORMED:
        parts.append(say("Die Gruppen stehen. Wer jetzt noch „dabei“ sagt, ist Reserve."))
    else:
        parts.append(say("Anmelden bis {moment}.").format(moment=closes(asking, one)))
        parts.append(await how_many(asking, say, one))
    return "\n\n".join(parts)


async def how_many(asking: Turn | Night, say: Say, one: ConsultationRound) -> str:
    """How many take part; of few it is not said."""
    count = len(await asking.uow.rounds.participants(one.id or 0))
    if count < FEWEST:
        return say("Bisher sind wenige dabei.")
    return say("Bisher sind {count} dabei.").format(count=count)


def offer(say: Say, one: ConsultationRound, *, lasts: bool = True) -> Offer | None:
    """What one can say to a round."""
    if one.state == RoundState.CANCELLED:
        return None
    data = {"round": str(one.id)}
    if one.state == RoundState.FORMED:
        later = (("dabei", say("als Reserve dabei"), "in"), ("abmelden", say("doch nicht dabei"), "out"))
        return Offer(ROUND, tuple(Choice(word, label, {**data, "do": do}) for word, label, do in later), lasts=lasts)
    labels = (
        ("dabei", say("dabei"), "in"),
        ("fall", say("dabei, mit einem eigenen Fall"), "case"),
        ("moderation", say("dabei und kann moderieren"), "moderate"),
        ("abmelden", say("doch nicht dabei"), "out"),
    )
    return Offer(ROUND, tuple(Choice(word, label, {**data, "do": do}) for word, label, do in labels), lasts=lasts)


# where it is said


async def post(asking: Turn | Night, services: Services, one: ConsultationRound) -> list[Send]:
    """Call to a round in the supporters' rooms."""
    said = []
    for room in await asking.rooms():
        shown = RoundPost(
            key=uuid4().hex,
            round_id=one.id or 0,
            platform=room.platform,
            conversation_id=room.id,
            is_direct=room.is_direct,
        )
        await asking.uow.rounds.add_post(shown)
        say = asking.say_to(room)
        said.append(Send(room, await text(asking, services, say, one), offer(say, one), key=shown.key))
    return said


async def refresh(asking: Turn | Night, services: Services, one: ConsultationRound) -> list[Change]:
    """Have the calls to a round tell how it is now."""
    changes = []
    for shown in await asking.uow.rounds.posts(one.id or 0):
        room = Conversation(shown.platform, shown.conversation_id, shown.is_direct)
        say = asking.say_to(room)
        changes.append(Change(shown.key, room, await text(asking, services, say, one), offer(say, one)))
    return changes


async def tell_called_off(asking: Turn | Night, one: ConsultationRound) -> list[Send]:
    """Tell each who takes part alone that a round does not take place."""
    said = []
    for taking_part in await asking.uow.rounds.participants(one.id or 0):
        if (chat := await candidates.chat_of(asking.uow, taking_part.person_id)) is not None:
            say = asking.say_to(chat[0])
            text = say("Die kollegiale Beratung {days} findet nicht statt. Ein Fall von dir wartet auf die nächste.")
            said.append(Send(chat[0], text.format(days=days(say, one)), person=chat[1]))
    return said


async def settle(asking: Turn | Night, one: ConsultationRound) -> list[Change]:
    """Have the calls to a round that is over offer nothing any more."""
    changes = []
    for shown in await asking.uow.rounds.posts(one.id or 0):
        room = Conversation(shown.platform, shown.conversation_id, shown.is_direct)
        say = asking.say_to(room)
        heading = say("**Kollegiale Beratung** {days}").format(days=days(say, one))
        changes.append(Change(shown.key, room, f"{heading}\n\n" + say("Diese Runde ist vorbei.")))
    return changes
