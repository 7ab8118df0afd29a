"""What becomes of a date that stands: somebody steps back and somebody else follows, or it is moved."""

import re
from collections.abc import Sequence

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply, Send, Unasked
from bot.turn import Night, Services, Turn
from handlers.ask import chosen
from handlers.candidates import chat_of
from handlers.peer_consultation import date_polls, dates, own_case, promises, reserves
from handlers.peer_consultation.cancelling import cancel
from handlers.peer_consultation.circle import (
    BEFORE,
    Circle,
    Member,
    Say,
    case_giver_of,
    member_of,
    open_circle,
    own_circle,
    own_group,
    tell,
    whisper,
)
from handlers.peer_consultation.date_answers import named_time
from handlers.peer_consultation.date_notices import COMING
from knowledge.minutes import escaped
from storage.models.peer_consultation import GroupState, Part

BACK = "zurücktreten"
_MOVING = re.compile(
    r"^(?:.*?\b(?:verschieben|verlegen|verschieb|verleg))?\s*(?:bitte\s+)?(?:auf\b)?", re.IGNORECASE | re.DOTALL
)


# stepping back


async def decide_coming(turn: Turn, services: Services) -> Sequence[Action]:
    """Somebody comes to the date, or steps back for somebody else, if they are sure."""
    data = chosen(turn)
    circle, member = await own_group(turn, int(data["group"]))
    if circle.group.state not in BEFORE:
        runs = circle.group.state == GroupState.RUNNING
        text = turn.say("Beratung {number} läuft gerade. „raus“ beendet deine Teilnahme.") if runs else None
        text = text or turn.say("Beratung {number} ist vorbei.")
        return [Reply(text.format(number=circle.number))]
    match data["do"]:
        case "dabei":
            return [Reply(turn.say("Gut, du bist dabei."))]
        case value if value == BACK:
            return [Reply(*await whether_sure(turn, services, turn.say, circle, member))]
        case "bleiben":
            return [Reply(turn.say("Gut, es bleibt dabei."))]
    return [Reply(turn.say("Gut, du bist nicht mehr dabei.")), *await step_back(turn, services, circle, member)]


async def ask_whether_sure(turn: Turn, services: Services, circle: Circle, member: Member) -> Sequence[Action]:
    """Ask somebody alone whether they truly step back."""
    chat = await chat_of(turn.uow, member.id)
    if turn.message.conversation.is_direct or chat is None:
        return [Reply(*await whether_sure(turn, services, turn.say, circle, member))]
    text, offer = await whether_sure(turn, services, turn.say_to(chat[0]), circle, member)
    return [*await whisper(turn, circle, member.id, lambda say: text, lambda say: offer)]


async def whether_sure(turn: Turn, services: Services, say: Say, circle: Circle, member: Member) -> tuple[str, Offer]:
    """The question whether somebody truly steps back, and what becomes of the others then."""
    giver = await case_giver_of(turn, circle)
    text = say("Aus **Beratung {number}** zurücktreten?").format(number=circle.number)
    if giver is not None and giver.id == member.id:
        rest = say("Ohne dich findet sie nicht statt, denn es geht um deinen Fall.")
    elif await reserves.fitting(turn, services, circle):
        rest = say("Dann frage ich jemanden aus der Reserve.")
    else:
        rest = say("In der Reserve ist gerade niemand, die anderen wären dann {count}.")
    data = {"group": str(circle.number)}
    choices = (
        Choice("ja", say("ja, zurücktreten"), {**data, "do": "sicher"}),
        Choice("nein", say("nein, dabeibleiben"), {**data, "do": "bleiben"}),
    )
    return f"{text} {rest.format(count=len(circle.members) - 1)}", Offer(COMING, choices)


async def step_back(
    asking: Turn | Night, services: Services, circle: Circle, member: Member, *, is_for_good: bool = False
) -> list[Unasked]:
    """Somebody takes no part before it begins: a reserve follows, and without the case giver it does not take place.

    They are asked what becomes of their case, unless they go `is_for_good` and it goes with them.
    """
    giver, number = await case_giver_of(asking, circle), circle.group.case_id
    said: list[Unasked] = [*await promises.remove(asking, circle, member.id)]
    await asking.uow.consultations.drop_member(circle.number, member.id)
    left = await open_circle(asking.uow, circle.group)
    if giver is None or giver.id != member.id:
        filled = await reserves.fill(asking, services, circle.group)
        return [*said, *await _tell_left(asking, left, member), *filled]
    said += await cancel(asking, left, lambda say: _without_case(say, circle))
    return said if is_for_good or number is None else [*said, *await ask_about_case(asking, member, number)]


async def _tell_left(asking: Turn | Night, before: Circle, gone: Member) -> list[Unasked]:
    """Tell the others who is missing: where they gather, and wherever it makes the group work by another form."""
    left = await open_circle(asking.uow, before.group)
    is_other = left.plan.id != before.plan.id
    if left.group.state not in BEFORE or not (is_other or left.group.state == GroupState.GATHERING):
        return []

    def write(say: Say) -> str:
        text = say("**Beratung {number}**: {name} kann nicht, es bleiben {count} Personen.")
        told = text.format(number=left.number, name=escaped(gone.name), count=len(left.members))
        return f"{told} {promises.other_form(say, left.plan, len(left.members))}" if is_other else told

    if left.places:
        return [*await tell(asking, left, write)]
    return [send for member in left.members for send in await whisper(asking, left, member.id, write)]


def _without_case(say: Say, circle: Circle) -> str:
    text = say("Beratung {number} findet nicht statt: Die Person mit dem Fall kann nicht.")
    rest = say("Du bist jetzt Reserve: Wird ein Platz frei, frage ich dich.")
    return f"{text} {rest}".format(number=circle.number)


async def ask_about_case(asking: Turn | Night, member: Member, number: int) -> list[Unasked]:
    """Ask whether the case of somebody who is no longer there waits for another group or is over."""
    if (found := await chat_of(asking.uow, member.id)) is None:
        return []
    there, person = found
    say = asking.say_to(there)
    choices = (
        Choice("warten", say("er wartet auf eine andere Gruppe"), {"do": "done"}),
        Choice("zurückziehen", say("zurückziehen"), {"do": "withdraw", "case": str(number)}),
    )
    return [Send(there, say("Und dein Fall?"), Offer(own_case.CASE, choices), person)]


# moving


async def move(turn: Turn, services: Services) -> Sequence[Action]:
    """„beratung verschieben auf 10.12. um 14 uhr“: ask everybody anew, with that time or with others."""
    circle = await own_circle(turn, *BEFORE)
    member = await member_of(turn, circle)
    if member is None or not await _may_move(turn, circle, member):
        giver = await case_giver_of(turn, circle)
        text = turn.say("Das macht {name}, oder wer moderiert.") if giver is not None else None
        text = text or turn.say("Das macht, wer den Fall hat oder moderiert.")
        raise UserError(text.format(name=escaped(giver.name) if giver is not None else ""))
    said = _MOVING.sub("", turn.text).strip(" .:")
    moment = named_time(turn, services, said) if said else None
    await turn.uow.consultations.forget_steps(circle.number, dates.AGAIN, dates.NAMED)
    await _free_chats(turn, circle)
    told = Reply(turn.say("Gut, ich frage alle nach dem neuen Termin."))
    if moment is None:
        return [told, *await dates.propose_times(turn, services, circle)]
    asked = await date_polls.ask_all(turn, services, circle, [moment])
    await turn.uow.consultations.answer_dates(circle.number, member.id, [1])
    return [told, *asked]


async def _may_move(turn: Turn, circle: Circle, member: Member) -> bool:
    giver = await case_giver_of(turn, circle)
    leads = member.row.part == Part.MODERATOR or (circle.moderator is None and member.row.can_moderate)
    is_led = giver is not None or circle.moderator is not None or any(one.row.can_moderate for one in circle.members)
    return leads or not is_led or (giver is not None and giver.id == member.id)


async def _free_chats(asking: Turn | Night, circle: Circle) -> None:
    """What people write to us alone is no longer passed on, as nobody gathers now."""
    for place in circle.places:
        if place.is_direct:
            await asking.uow.consultations.drop_place(place.platform, place.conversation_id)
