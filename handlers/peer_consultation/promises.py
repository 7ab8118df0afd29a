"""What people promise each other before they talk, and what no platform can promise; it begins when all have."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from enum import Enum
from uuid import uuid4

from bot.errors import UserError
from bot.messages import Action, Arrange, Choice, Delete, Offer, Order, Reply, RoomOrder, Send, Unasked
from bot.turn import Night, Services, Turn
from handlers.ask import chosen
from handlers.candidates import chat_of
from handlers.peer_consultation import live, pool
from handlers.peer_consultation.cancelling import call_off
from handlers.peer_consultation.circle import (
    Circle,
    Member,
    Say,
    case_giver_of,
    circle_here,
    conversation,
    member_of,
    open_circle,
    own_circle,
    retell,
    tell,
)
from handlers.peer_consultation.date_notices import BEGINS, close_offers, when
from knowledge.consultation_formats import Format, Laps
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupShows, GroupState, Mode

PROMISE = "consultation_promise"  # topic of the offers below
FEWEST = 3
"""With fewer people it does not begin."""
WAITED = timedelta(minutes=30)
"""So long it is waited for the last ones; in writing until the next working day."""
MISSING, SMALLER = "missing", "smaller {form}"  # steps of a group
WORD, START = "vertraulich", "start"
SAID = tuple(
    f"{before}{words}"
    for before in ("", "ja ", "ok ", "okay ", "gut ")
    for words in ("ich verspreche es", "ich verspreche das", "versprochen", "vertraulich")
    if before or words.startswith("ich")
)
"""What means the same as a whole message."""


class Lack(Enum):
    """What is missing before it can begin without those who have not promised."""

    NOTHING = "nothing"
    PEOPLE = "people"
    CASE = "case"


# what is said


async def show(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    """Say anew wherever the group gathers what is to be promised; what said so before goes.

    Whoever comes into a room does not see what was said there before.
    """
    said: list[Unasked] = []
    for post in await asking.uow.consultations.posts(circle.number, GroupShows.PHASE):
        said.append(Delete(post.key, conversation(post)))
        await asking.uow.consultations.drop_post(post.key)
    return [*said, *await tell(asking, circle, *await _post(asking, circle), GroupShows.PHASE)]


async def _show_count(asking: Turn | Night, circle: Circle) -> list[Unasked]:
    """Have what was said tell how many are still missing."""
    return [*await retell(asking, circle, *await _post(asking, circle), GroupShows.PHASE)]


async def _post(asking: Turn | Night, circle: Circle) -> tuple[Callable[[Say], str], Callable[[Say], Offer | None]]:
    """What is said of the promises, and what can be chosen below it."""
    lack = await _lack(asking, circle)

    def write(say: Say) -> str:
        return "\n\n".join([_who(say, asking, circle), terms(say, circle), _missing(say, asking, circle, lack)])

    return write, lambda say: _offer(say, asking, circle, lack)


def _is_late(asking: Turn | Night, circle: Circle) -> bool:
    return circle.group.meets_at is not None and asking.now >= circle.group.meets_at


def _offer(say: Say, asking: Turn | Night, circle: Circle, lack: Lack) -> Offer | None:
    if all(member.row.has_promised for member in circle.members):
        return None
    data = {"group": str(circle.number)}
    choices = [Choice(WORD, say("vertraulich, versprochen"), {**data, "do": WORD})]
    if _is_late(asking, circle) and lack is Lack.NOTHING:
        choices.append(Choice(START, say("ohne die anderen beginnen"), {**data, "do": START}))
    return Offer(PROMISE, tuple(choices), lasts=True)


def _who(say: Say, asking: Turn | Night, circle: Circle) -> str:
    assert circle.group.meets_at is not None
    names = ", ".join(escaped(member.name) for member in circle.members)
    text = say("**Beratung {number}**, {when}. Dabei sind {count}: {names}.")
    return text.format(
        number=circle.number, when=when(asking, circle.group.meets_at), count=len(circle.members), names=names
    )


def terms(say: Say, circle: Circle) -> str:
    """What is promised, and what nobody can promise where this group talks."""
    lines = [
        say("Was hier gesagt wird, bleibt hier. Bitte keine Klarnamen und keine Daten von Bürgerinnen und Bürgern."),
        say("Ich lerne daraus nichts. Am Ende lösche ich, was ich geschrieben habe, und behalte nichts davon."),
        *(_limits(say, platform) for platform in sorted(_kinds(circle))),
        say("Das ist keine Supervision und keine Therapie. Pflichten zu handeln bleiben, etwa bei Gefahr."),
    ]
    return "\n".join(f"- {line}" for line in lines)


def _kinds(circle: Circle) -> frozenset[str]:
    return frozenset(place.platform.partition(":")[0] for place in circle.places)


def _limits(say: Say, kind: str) -> str:
    match kind:
        case "teams":
            return say(
                "Eigene Nachrichten bewahrt Teams auf, so lange das Haus es einstellt. Die Technik kann sie sehen."
            )
        case "matrix":
            return say("Am Ende lösche ich alle Nachrichten und schließe den Raum. Kopien auf Geräten können bleiben.")
    return say("Was jemand abschreibt oder fotografiert, kann niemand löschen.")


def _missing(say: Say, asking: Turn | Night, circle: Circle, lack: Lack) -> str:
    """How many promises are missing, and what happens next."""
    count = sum(not member.row.has_promised for member in circle.members)
    begins = circle.group.meets_at
    if count == 0:
        if begins is None or asking.now >= begins:
            return say("Alle haben zugesagt.")
        return say("Alle haben zugesagt. Um {clock} Uhr geht es los.").format(clock=_clock(asking, begins))
    rest = say("Wer das verspricht, schreibt „vertraulich“.")
    if count == 1:
        missing = say("Es fehlt noch eine Zusage.")
    else:
        missing = say("Es fehlen noch {count} Zusagen.").format(count=count)
    if not _is_late(asking, circle):
        return f"{rest} {missing} " + say("Wenn alle zugesagt haben, geht es los.")
    return f"{rest} {missing} " + _next(say, lack).format(until=_until(say, asking, circle))


def _next(say: Say, lack: Lack) -> str:
    match lack:
        case Lack.NOTHING:
            return say("„start“ beginnt ohne sie. Sonst geht es {until} los.")
        case Lack.PEOPLE:
            return say("Ab drei Zusagen kann es losgehen. Sind es {until} weniger, findet die Beratung nicht statt.")
        case Lack.CASE:
            return say("Noch fehlt die Person mit dem Fall. Fehlt sie {until} noch, findet die Beratung nicht statt.")


def _until(say: Say, asking: Turn | Night, circle: Circle) -> str:
    """Until when it is waited, in the middle of a sentence; see `waited_until`."""
    begins = circle.group.meets_at
    assert begins is not None
    if circle.group.mode == Mode.LIVE:
        return say("um {clock} Uhr").format(clock=_clock(asking, begins + WAITED))
    return say("am nächsten Arbeitstag um {clock} Uhr").format(clock=f"{BEGINS:%-H:%M}")


def _clock(asking: Turn | Night, moment: datetime) -> str:
    return f"{moment.astimezone(asking.now.tzinfo):%-H:%M}"


# promising


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Take a promise, or begin without those who are missing, as somebody chose below what was said."""
    data = chosen(turn)
    group = await turn.uow.consultations.hold(int(data["group"]))
    if group is None or group.state != GroupState.GATHERING:
        return []
    circle = await open_circle(turn.uow, group)
    return await (_start(turn, services, circle) if data["do"] == START else _promise(turn, services, circle))


async def promise(turn: Turn, services: Services) -> Sequence[Action]:
    """„vertraulich“: promise to keep to oneself what is said."""
    return await _promise(turn, services, await own_circle(turn, GroupState.GATHERING, GroupState.RUNNING))


async def start(turn: Turn, services: Services) -> Sequence[Action]:
    """„start“: begin without those who have not promised."""
    circle = await circle_here(turn)
    if circle is None or circle.group.state != GroupState.GATHERING:
        return [Reply(turn.say("Die Beratung hat schon begonnen."))]
    return await _start(turn, services, circle)


async def _promise(turn: Turn, services: Services, circle: Circle) -> Sequence[Action]:
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    row = await turn.uow.consultations.member(circle.number, person.id or 0) if person is not None else None
    if row is None:
        raise UserError(turn.say("Das versprechen nur die, die an dieser Beratung teilnehmen."))
    if row.has_promised and not row.is_late:
        return []
    row.has_promised = True
    if circle.group.state == GroupState.RUNNING:
        return []
    told = [Reply(turn.say("Notiert. Danke."))] if turn.message.conversation.is_direct else []
    return [*told, *await _show_count(turn, circle), *await go_on(turn, services, circle)]


async def _start(turn: Turn, services: Services, circle: Circle) -> Sequence[Action]:
    member = await member_of(turn, circle)
    begins = circle.group.meets_at
    if member is None or not member.row.has_promised:
        raise UserError(turn.say("Schreib zuerst „vertraulich“."))
    if begins is not None and turn.now < begins:
        raise UserError(turn.say("Es geht um {clock} Uhr los.").format(clock=_clock(turn, begins)))
    match await _lack(turn, circle):
        case Lack.PEOPLE:
            raise UserError(turn.say("Es sind noch zu wenige. Ab drei Zusagen kann es losgehen."))
        case Lack.CASE:
            raise UserError(turn.say("Die Person mit dem Fall fehlt noch. Ohne sie kann es nicht losgehen."))
    return await _warn(turn, services, circle) or await _begin_with(turn, services, circle)


# beginning


async def go_on(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Begin when it is time and all have promised, or after waiting for the others; without enough people, never."""
    begins = circle.group.meets_at
    if begins is None or asking.now < begins or circle.group.state != GroupState.GATHERING:
        return []
    lack = await _lack(asking, circle)
    if lack is Lack.NOTHING and len(_promised(circle)) == len(circle.members):
        return await _begin_with(asking, services, circle)
    if asking.now >= waited_until(asking, services, circle):
        if lack is not Lack.NOTHING:
            return await _cancel(asking, circle, lack)
        return [*await _warn(asking, services, circle, is_now=True), *await _begin_with(asking, services, circle)]
    if await asking.uow.consultations.note_step(circle.number, MISSING):
        said = await show(asking, circle)
    else:
        said = []
    return [*said, *await _warn(asking, services, circle)] if lack is Lack.NOTHING else said


async def _warn(asking: Turn | Night, services: Services, circle: Circle, *, is_now: bool = False) -> list[Unasked]:
    """Say once whom it would begin without, where that makes it work by another form; nobody is surprised by it."""
    promised = _promised(circle)
    count, missing = len(promised), [member for member in circle.members if member not in promised]
    plan = circle.plan if circle.plan.fits(count) else pool.plan_for(services, count, Mode(circle.group.mode))
    if plan is None or plan.id == circle.plan.id:
        return []
    if not await asking.uow.consultations.note_step(circle.number, SMALLER.format(form=plan.id)):
        return []
    names = ", ".join(escaped(member.name) for member in missing)

    def write(say: Say) -> str:
        text = say("Es fehlt: {names}. Es bleiben {count} Personen.").format(names=names, count=count)
        told = f"{text} {other_form(say, plan, count)}"
        return told if is_now else f"{told} {say('„start“ beginnt so.')}"

    return [*await tell(asking, circle, write)]


def other_form(say: Say, plan: Format, people: int) -> str:
    """By which form a group works now that it has become smaller, and what that means for those who come."""
    text = say("Damit läuft es als „{title}“ und dauert {minutes} Minuten.")
    told = text.format(title=plan.title, minutes=plan.minutes(people))
    return f"{told} {say('Reihum sind alle mit einem eigenen Thema dran.')}" if plan.laps is Laps.EACH else told


def waited_until(asking: Turn | Night, services: Services, circle: Circle) -> datetime:
    """Until when it is waited for those who have not promised."""
    begins = circle.group.meets_at
    assert begins is not None
    if circle.group.mode == Mode.LIVE:
        return begins + WAITED
    day = services.house.working_days.after(begins.astimezone(asking.now.tzinfo).date(), 1)
    return datetime.combine(day, BEGINS, asking.now.tzinfo)


def _promised(circle: Circle) -> Sequence[Member]:
    return [member for member in circle.members if member.row.has_promised]


async def _lack(asking: Turn | Night, circle: Circle) -> Lack:
    """What is missing before it can begin with those who have promised."""
    promised = _promised(circle)
    if len(promised) < FEWEST:
        return Lack.PEOPLE
    giver = await case_giver_of(asking, circle)
    return Lack.NOTHING if giver is None or giver in promised else Lack.CASE


async def _begin_with(asking: Turn | Night, services: Services, circle: Circle) -> list[Unasked]:
    """Begin with those who have promised; the others leave, and may come back as late comers."""
    said = await close_offers(asking, circle)
    for member in circle.members:
        if not member.row.has_promised:
            said += await _send_out(asking, circle, member)
    pool.plan_anew(services, await open_circle(asking.uow, circle.group))
    return [*said, *await live.begin(asking, services, await open_circle(asking.uow, circle.group))]


async def _send_out(asking: Turn | Night, circle: Circle, member: Member) -> list[Unasked]:
    member.row.has_left, member.row.is_inside = True, False
    said: list[Unasked] = [*await remove(asking, circle, member.id)]
    if (found := await chat_of(asking.uow, member.id)) is not None:
        there, person = found
        text = asking.say_to(there)(
            "Beratung {number} hat ohne dich begonnen. Schreib „dazukommen“, wenn du noch mitmachen möchtest."
        )
        said.append(Send(there, text.format(number=circle.number), person=person))
    return said


async def remove(asking: Turn | Night, circle: Circle, person_id: int) -> list[Unasked]:
    """Have somebody be no longer where the group talks."""
    await drop_chat(asking, circle, person_id)
    room, accounts = circle.room, await asking.uow.people.accounts(person_id)
    people = tuple(one.person for one in accounts if room is not None and one.platform == room.platform)
    return [Arrange(room, RoomOrder(Order.REMOVE, people=people), uuid4().hex)] if room is not None and people else []


async def drop_chat(asking: Turn | Night, circle: Circle, person_id: int) -> None:
    """Have somebody's own chat with us be theirs alone again."""
    for place in circle.places:
        if place.person_id == person_id:
            await asking.uow.consultations.drop_place(place.platform, place.conversation_id)


async def _cancel(asking: Turn | Night, circle: Circle, lack: Lack) -> list[Unasked]:
    def write(say: Say) -> str:
        if lack is Lack.CASE:
            return say("Beratung {number} findet nicht statt: Ohne die Person mit dem Fall geht es nicht.")
        return say("Beratung {number} findet nicht statt: Es waren zu wenige da.")

    return [*await call_off(asking, circle, write)]
