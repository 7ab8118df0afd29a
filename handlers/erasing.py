"""Deletes all that is stored about a person: takes back what they asked, gives back what they had taken up."""

from collections.abc import Sequence

from bot.messages import Action, Change, Choice, Conversation, Delete, Reply
from bot.turn import Services, Turn
from handlers import candidates, relay, support_requests, taking
from handlers.ask import LONGEST_NAME, shortened
from handlers.peer_consultation import gathering
from storage.models.questions import PendingOffer
from storage.models.routing import Routing, Side
from storage.repositories.personal import Identity
from storage.repositories.routing import LIVE


async def erase(turn: Turn, services: Services, whose: Identity) -> Sequence[Action]:
    """Delete all that is kept about somebody; gives what others have to see and hear of it."""
    await _forget_words(turn, whose)
    told = [
        *await _take_back_questions(turn, whose),
        *await _give_back_questions(turn, services, whose),
        *await _take_back_requests(turn, services, whose),
        *await _give_back_requests(turn, services, whose),
        *await _leave_consultations(turn, services, whose),
    ]
    shown: list[Action] = [*await _shown_to(turn, whose), *await _without_buttons(turn, whose)]
    for platform, chat in whose.chats:
        await turn.uow.rooms.drop(platform, chat)
    await turn.uow.personal.erase(whose)
    portraits = [portrait for _, portrait in await turn.uow.people.portraits()]
    services.supporters.keep_only(await candidates.said_by(turn.uow, portraits))
    return [*(one for one in told if isinstance(one, Reply) or not _is_in(one.to, whose)), *shown]


def _is_in(place: Conversation, whose: Identity) -> bool:
    return (place.platform, place.id) in whose.chats


async def _take_back_questions(turn: Turn, whose: Identity) -> Sequence[Action]:
    actions: list[Action] = []
    for found in await _own_questions(turn, whose):
        actions += await relay.take_away(turn, found)
        if found.question_id is not None:
            await turn.uow.questions.withdraw(found.question_id)
    return actions


async def _own_questions(turn: Turn, whose: Identity) -> Sequence[Routing]:
    collected = await turn.uow.personal.collect(whose)
    found = [await turn.uow.routing.hold(row["id"]) for row in collected["eigene_fragen"]]
    return [one for one in found if one is not None]


async def _give_back_questions(turn: Turn, services: Services, whose: Identity) -> Sequence[Action]:
    actions: list[Action] = []
    for platform, person in sorted(whose.accounts):
        for found in await turn.uow.routing.of_taker(platform, person):
            if found.state in LIVE:
                actions += await taking.give_back(turn, services, found)
    return actions


async def _take_back_requests(turn: Turn, services: Services, whose: Identity) -> Sequence[Action]:
    actions: list[Action] = []
    for platform, person in sorted(whose.accounts):
        actions += await support_requests.withdraw_all(turn, services, platform, person)
    return actions


async def _give_back_requests(turn: Turn, services: Services, whose: Identity) -> Sequence[Action]:
    return [] if whose.person_id is None else await support_requests.give_back_all(turn, services, whose.person_id)


async def _leave_consultations(turn: Turn, services: Services, whose: Identity) -> Sequence[Action]:
    return [] if whose.person_id is None else await gathering.leave_all(turn, services, whose.person_id)


async def _shown_to(turn: Turn, whose: Identity) -> Sequence[Delete]:
    """What others asked, and what was said in groups, is no longer shown in the sender's chats."""
    collected = await turn.uow.personal.collect(whose)
    deletions = []
    for number in dict.fromkeys(row["routing_id"] for row in collected["orte_von_fragen"]):
        for place in await turn.uow.routing.places(number, Side.SUPPORTERS):
            if place.key is not None and _is_in(Conversation(place.platform, place.conversation_id), whose):
                deletions.append(Delete(place.key, Conversation(place.platform, place.conversation_id, True)))
    for number in dict.fromkeys(row["request_id"] for row in collected["gezeigte_anfragen"]):
        for post in await turn.uow.requests.posts(number):
            if _is_in(Conversation(post.platform, post.conversation_id), whose):
                deletions.append(Delete(post.key, Conversation(post.platform, post.conversation_id, True)))
    for platform, chat in sorted(whose.chats):
        posts = await turn.uow.consultations.posts_in(platform, chat)
        deletions += [Delete(post.key, Conversation(platform, chat, True)) for post in posts]
    return deletions


async def _without_buttons(turn: Turn, whose: Identity) -> Sequence[Change]:
    """Messages whose buttons have to go, since nothing waits below them any more."""
    offers = [offer for offer in await turn.uow.personal.offers(whose) if offer.text is not None]
    taken = [offer for offer in offers if turn.choice and _is_taken(offer, turn.choice)]
    return [
        Change(offer.message_key, _place_of(offer, whose), offer.text or "")
        for offer in offers
        if offer not in taken[-1:]  # that one's go anyway, and it tells what was chosen
    ]


def _is_taken(offer: PendingOffer, choice: Choice) -> bool:
    return any(one.get("data") == dict(choice.data) for one in offer.choices)


def _place_of(offer: PendingOffer, whose: Identity) -> Conversation:
    is_direct = (offer.platform, offer.conversation_id) in whose.chats
    return Conversation(offer.platform, offer.conversation_id, is_direct)


async def _forget_words(turn: Turn, whose: Identity) -> None:
    """Forget what was learned from the sender's words as far as it still can be known, and their name at answers."""
    collected = await turn.uow.personal.collect(whose)
    numbers = [choice["data"].get("open_question") for row in collected["auswahlen"] for choice in row["choices"]]
    await turn.uow.questions.withdraw(*{int(number) for number in numbers if number})
    for key in await turn.uow.personal.answer_keys(whose):
        await turn.uow.knowledge.unlearn(await turn.uow.questions.line_of(key))
    names = {turn.message.sender.name, *(row["name"] for row in collected["person"])} - {""}
    names |= {shortened(name, LONGEST_NAME) for name in names}
    owned = [row["entry_id"] for row in collected["antworten"] if row["part"] == "owner"]
    await turn.uow.knowledge.drop_owner(owned, names)
