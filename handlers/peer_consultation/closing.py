"""Ends a round: the case giver gets the notes, and when all had time to read what was said is deleted and forgotten."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from bot.errors import UserError
from bot.messages import Action, Arrange, Choice, Delete, Offer, Order, Reply, RoomOrder, Send, Unasked
from bot.turn import Night, Services, Turn
from handlers.ask import chosen
from handlers.candidates import chat_of
from handlers.peer_consultation import feedback, notes, phases, speech
from handlers.peer_consultation.circle import Circle, Member, Say, choices, conversation, member_of, open_circle, tell
from handlers.peer_consultation.phase_posts import clear
from knowledge.consultation_formats import Laps
from knowledge.working_days import WorkingDays
from storage.models.peer_consultation import ConsultationGroup, GroupPlace, GroupState, Mode, Part
from storage.repositories.consultations import TALKING_STATES

CLOSING = "consultation_closing"  # topics of the offers below
FOLLOW_UP = "consultation_follow_up"
TIME_LEFT = timedelta(minutes=15)
"""For so long people can still read and say goodbye, where they sit together."""
MOST_DELAYS = 2
BEGUN = "closing"  # steps of a group
DELAYED = "later {count}"
UNADVISED = "unadvised"
"""The step of a group whose case went before anybody could advise: there nobody is asked whether it was worth it."""
Done = Send | Delete | Arrange


# the end of the last phase


async def begin(
    asking: Turn | Night, services: Services, circle: Circle, told: Callable[[Say], str] | None = None
) -> Sequence[Unasked]:
    """End a round, below what is `told`, once: everybody may write, and nothing of its phases can be chosen any more.

    The case giver gets the notes, and all hear when what was said will be deleted.
    """
    if not await asking.uow.consultations.note_step(circle.number, BEGUN):
        return []
    said: list[Unasked] = [*await clear(asking, circle), *speech.give_all(circle)]
    said += await tell(asking, circle, told) if told is not None else []
    said += await notes.hand_over(asking, services, circle)
    group = circle.group
    group.state, group.phase, group.method = GroupState.CLOSING, "", ""
    group.phase_until = group.paused_at = None
    group.closes_at = _later(group, asking.now, services.house.working_days)
    await asking.uow.consultations.drop_voices(circle.number)
    said += await _tell_when(asking, circle)
    return [*said, *await _offer_to_ask_later(asking, circle)]


def _later(group: ConsultationGroup, now: datetime, days: WorkingDays) -> datetime:
    """Until when people can read, or read on; in writing, where they come once a day, for another working day."""
    since = max(now, (group.closes_at or now).astimezone(now.tzinfo))
    if group.mode != Mode.WRITTEN:
        return since + TIME_LEFT
    return datetime.combine(days.after(since.date(), 1), phases.EVENING, now.tzinfo)


async def _tell_when(asking: Turn | Night, circle: Circle) -> list[Send]:
    """Say wherever the group talks what will be deleted and when, with what can be done about that."""
    is_last = await asking.uow.consultations.has_step(circle.number, DELAYED.format(count=MOST_DELAYS))
    more = "noch einen Arbeitstag" if circle.group.mode == Mode.WRITTEN else "noch 15 Minuten"
    words = [("gleich", "gleich löschen"), *([] if is_last else [("noch nicht", more)])]
    until, is_ours = circle.group.closes_at, await _is_ours(asking, circle)
    assert until is not None

    def write(say: Say) -> str:
        when = phases.moment(say, until, asking.now)
        text = " ".join(_what_goes(say, circle, is_ours=is_ours))
        return text.format(number=circle.number, when=when[0].upper() + when[1:])

    return await tell(asking, circle, write, lambda say: Offer(CLOSING, choices(say, circle, words), lasts=True))


async def _is_ours(asking: Turn | Night, circle: Circle) -> bool:
    """Whether the group talks in a room that we opened: only there we can delete what others wrote."""
    opened = await asking.uow.mailbox.message_id(circle.group.room_key or "")
    return circle.room is not None and circle.room.id == opened


def _what_goes(say: Say, circle: Circle, *, is_ours: bool) -> Sequence[str]:
    over = say("**Beratung {number} ist zu Ende.**")
    if not is_ours:
        rest = say("{when} lösche ich hier alles von mir. Eigene Nachrichten löscht jede Person selbst.")
        return over, rest
    closing = say("{when} lösche ich, was im Raum steht, und schließe ihn.")
    alone = say("In Einzelchats lösche ich nur, was von mir ist.")
    return (over, closing, alone) if any(place.is_direct for place in circle.places) else (over, closing)


async def _offer_to_ask_later(asking: Turn | Night, circle: Circle) -> list[Send]:
    """Ask whoever had a case whether we shall ask after it; it stays when all else goes, as it tells nothing."""
    had_turn = [member for member in circle.members if member.row.place <= circle.group.lap]
    givers = had_turn if circle.plan.laps is Laps.EACH else circle.of(Part.CASE_GIVER)
    said = []
    for chat in [await chat_of(asking.uow, giver.id) for giver in givers]:
        if chat is not None:
            there, person = chat
            say = asking.say_to(there)
            words = (("ja", say("ja, nachfragen")), ("nein", say("nein")))
            offer = Offer(FOLLOW_UP, tuple(Choice(word, label, {"do": word}) for word, label in words))
            text = say(
                "Soll ich dich in vier Wochen fragen, was aus deinem Fall geworden ist? Nur dich allein, und nur "
                "einmal."
            )
            said.append(Send(there, text, offer, person))
    return said


# sooner or later


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """„gleich“ or „noch nicht“: whoever had the case or led decides when all is deleted."""
    data = chosen(turn)
    group = await turn.uow.consultations.hold(int(data["group"]))
    if group is None or group.state != GroupState.CLOSING:
        return [Reply(turn.say("Diese Beratung ist schon vorbei."))]
    circle = await open_circle(turn.uow, group)
    await _check_leader(turn, circle)
    if data["do"] == "gleich":
        return await close(turn, services, circle)
    for count in range(1, MOST_DELAYS + 1):
        if await turn.uow.consultations.note_step(circle.number, DELAYED.format(count=count)):
            group.closes_at = _later(group, turn.now, services.house.working_days)
            return await _tell_when(turn, circle)
    raise UserError(turn.say("Länger kann ich nicht warten."))


async def _check_leader(turn: Turn, circle: Circle) -> None:
    """Refuse whoever neither had the case nor led, where somebody did; raises `UserError`."""
    member = await member_of(turn, circle)
    leading = [*circle.of(Part.CASE_GIVER), *circle.of(Part.MODERATOR)]
    may = leading if leading and circle.plan.laps is Laps.ONCE else circle.members
    if member is None or member not in may:
        raise UserError(turn.say("Das entscheiden hier der Fall und die Moderation."))


# deleting


async def close_due(night: Night, services: Services) -> Sequence[Done]:
    """Each minute: close the groups whose time to read is over."""
    done: list[Done] = []
    for found in await night.uow.consultations.in_state(GroupState.CLOSING):
        group = await night.uow.consultations.hold(found.id or 0)
        if group is not None and (group.closes_at is None or group.closes_at <= night.now):
            done += await close(night, services, await open_circle(night.uow, group))
    return done


async def close(asking: Turn | Night, services: Services, circle: Circle) -> Sequence[Done]:
    """Delete what was said and all that is known of a round but who was in it with whom; ask how it was."""
    inside = [member for member in circle.members if member.row.has_promised]
    was_led = await asking.uow.consultations.has_step(circle.number, BEGUN)
    told = await _say_goodbye(asking, circle, inside) if was_led else []
    if was_led:
        met = [row.person_id for row in await asking.uow.consultations.members(circle.number) if row.has_promised]
        await asking.uow.rounds.were_together(met, asking.today)
    if circle.group.case_id is not None:
        await asking.uow.rounds.drop_case(circle.group.case_id)
    return [*await take_away(asking, circle.group), *told]


async def _say_goodbye(asking: Turn | Night, circle: Circle, inside: Sequence[Member]) -> list[Send]:
    """Tell each one that it is over, and ask whether it was worth the time; it tells nothing, and stays.

    Of two questions at once, a „ja“ could be for either: whoever still has to answer the other one is asked after that.
    """
    relayed = {place.person_id for place in circle.places if place.is_direct}
    is_unadvised = await asking.uow.consultations.has_step(circle.number, UNADVISED)
    said = []
    for member in inside:
        chat = await chat_of(asking.uow, member.id)
        if chat is None:
            continue
        there, person = chat
        say = asking.say_to(there)
        over = say("Beratung {number} ist vorbei und gelöscht.").format(number=circle.number)
        alone = [say("Was du jetzt schreibst, geht wieder nur an mich.")] if member.id in relayed else []
        waiting = await asking.uow.questions.offers_to(there.platform, there.id, person)
        if is_unadvised or any(one.topic == FOLLOW_UP and one.asks is None for one in waiting):
            said.append(Send(there, " ".join([over, *alone]), person=person))
            continue
        question, offer = feedback.question(say)
        said.append(Send(there, " ".join([over, *alone, question]), offer, person))
    return said


async def take_away(asking: Turn | Night, group: ConsultationGroup) -> list[Delete | Arrange]:
    """Delete the messages of ours to a group, close its room and forget it; only the notes stay their days."""
    assert group.id is not None
    done: list[Delete | Arrange] = []
    posts = await asking.uow.consultations.posts(group.id)
    for post in posts:
        if post.delete_on is None or post.delete_on <= asking.today:
            done.append(Delete(post.key, conversation(post)))
            await asking.uow.consultations.drop_post(post.key)
    for place in await asking.uow.consultations.places(group.id):
        if not place.is_direct:
            done.append(await _close_room(asking, place))
    if any(post.delete_on is not None and post.delete_on > asking.today for post in posts):
        await asking.uow.consultations.empty(group)
    else:
        await asking.uow.consultations.drop(group.id)
    return done


async def _close_room(asking: Turn | Night, place: GroupPlace) -> Arrange:
    await asking.uow.rooms.drop(place.platform, place.conversation_id)
    return Arrange(conversation(place), RoomOrder(Order.CLOSE), uuid4().hex)


# what stayed by mistake


async def forget(night: Night, services: Services) -> Sequence[Done]:
    """At night: delete notes whose days are over, and groups that were cancelled or that nobody ended."""
    done: list[Done] = []
    for post in await night.uow.consultations.overdue_posts(night.today):
        done.append(Delete(post.key, conversation(post)))
        await night.uow.consultations.drop_post(post.key)
    for group in await night.uow.consultations.in_state(GroupState.CLOSED):
        if not await night.uow.consultations.posts(group.id or 0):
            await night.uow.consultations.drop(group.id or 0)
    for group in await night.uow.consultations.in_state(GroupState.CANCELLED):
        done += await take_away(night, group)
    for group in await night.uow.consultations.in_state(*TALKING_STATES):
        ended = _ended_by(group)
        if ended is not None and ended + timedelta(days=services.house.kept_days) < night.now:
            done += await close(night, services, await open_circle(night.uow, group))
    last_year = night.today.replace(year=night.today.year - 1, day=1)
    await night.uow.rounds.forget_partners(night.today)
    await night.uow.rounds.forget_feedback(last_year)
    return done


def _ended_by(group: ConsultationGroup) -> datetime | None:
    """By when a group should have been over, as far as it came; None where it never had a time."""
    moments = (group.meets_at, group.phase_until, group.closes_at)
    return max((moment for moment in moments if moment is not None), default=None)
