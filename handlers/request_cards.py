"""Shows support requests: to whoever asked, to those who may help, and to those who decide."""

from collections.abc import Callable, Collection, Sequence
from uuid import uuid4

from bot.errors import UserError
from bot.messages import Change, Choice, Conversation, Delete, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.candidates import chat_of
from knowledge.assignment import KINDS, DepartmentRule, Kind, Mode, find
from storage.models.people import Person
from storage.models.requests import Answer, RequestPost, RequestState, SupportRequest
from storage.repositories.requests import SOUGHT

REQUEST = "support_request"  # topic of all offers about a request that exists
Say = Callable[[str], str]
Sentence = Callable[[Say], str]
"""Says something in the form of address of whoever reads it."""


# what it is


def kind_of(services: Services, request: SupportRequest) -> Kind:
    """The kind of a request; one that the house has given up is decided centrally, by the strictest rule."""
    known = find(request.kind, services.house.kinds) or find(request.kind, KINDS)
    return known or Kind(request.kind, request.kind, Mode.CENTRAL_MATCH, DepartmentRule.OWN_EXCLUDED)


def nameless(services: Services, request: SupportRequest, say: Say) -> str:
    """Number and kind: what still stands where nothing is to be done any more, long after the request is deleted."""
    return say("**Anfrage {number}**, {kind}").format(number=request.id, kind=kind_of(services, request).label)


def heading(services: Services, request: SupportRequest, say: Say) -> str:
    """Number, kind, and from whom."""
    who = ", ".join(part for part in (_name(request), request.department or request.team) if part)
    text = say("**Anfrage {number}**, {kind}, von {who}")
    return text.format(number=request.id, kind=kind_of(services, request).label, who=who)


def described(services: Services, request: SupportRequest, say: Say) -> str:
    """A request with all that the team wrote."""
    lines = [
        (say("Ziel"), request.goal),
        (say("Team"), request.team),
        (say("Wann"), request.period),
        (say("Rahmen"), request.format),
        (say("Nicht enthalten"), request.out_of_scope),
    ]
    shown = [f"- {label}: {text}" for label, text in lines if text]
    return "\n".join((heading(services, request, say), "", *shown))


def _name(request: SupportRequest) -> str:
    return shortened(request.requester_name, LONGEST_NAME)


def state_in_words(request: SupportRequest, say: Say) -> str:
    """How far a request has come."""
    match RequestState(request.state):
        case RequestState.OPEN:
            return say("ich suche jemanden")
        case RequestState.PROPOSED:
            return say("angefragt, die Antwort fehlt noch")
        case RequestState.TAKEN:
            return say("übernommen, die Absprache läuft")
        case RequestState.AGREED:
            return say("abgesprochen")
        case RequestState.DONE:
            return say("erledigt")
        case RequestState.WITHDRAWN:
            return say("zurückgezogen")


def slot_of(request: SupportRequest) -> str:
    """How a request counts against somebody's own limit."""
    return f"request {request.id}"


# whose it is


def place_of(request: SupportRequest) -> Conversation:
    """The direct chat of whoever asked."""
    return Conversation(request.platform, request.conversation_id, is_direct=True)


async def is_own(turn: Turn, request: SupportRequest) -> bool:
    """Whether the sender asked for it, on whichever of their accounts."""
    here = turn.message.conversation.platform
    accounts = await turn.uow.people.accounts_beside(here, turn.message.sender.id)
    return (request.platform, request.requester_person) in accounts


async def sender_of(turn: Turn) -> Person | None:
    """Who the sender is, if anything is remembered of them."""
    return await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)


async def answer_of(turn: Turn, request: SupportRequest) -> Answer | None:
    """What the sender said to a request so far; None if nobody asked them."""
    person = await sender_of(turn)
    known = await turn.uow.requests.candidate(request.id or 0, person.id or 0) if person else None
    return Answer(known.answer) if known else None


async def requester_id(turn: Turn | Night, request: SupportRequest) -> int | None:
    """Our id of whoever asked, if anything is remembered of them."""
    person = await turn.uow.people.find(request.platform, request.requester_person)
    return person.id if person else None


async def carriers(turn: Turn | Night, request: SupportRequest) -> Sequence[Person]:
    """Those who took a request up."""
    accepted = await turn.uow.requests.candidates(request.id or 0, Answer.ACCEPTED)
    people = [await turn.uow.people.get(one.person_id) for one in accepted]
    return [person for person in people if person is not None]


def joined(names: Sequence[str]) -> str:
    """„Aylin Kaya und Ruth Maier“."""
    return " und ".join(names)


def named(people: Sequence[Person]) -> str:
    """The names of people as one phrase."""
    return joined([shortened(person.name, LONGEST_NAME) for person in people])


async def held(turn: Turn) -> SupportRequest:
    """The request that a choice is about, which nobody else changes now; raises `UserError`.

    Whoever asked for it is told from now on where they last said something about it.
    """
    number = int(chosen(turn)["request"])
    found = await turn.uow.requests.hold(number)
    if found is None:
        raise unknown(turn, number)
    here = turn.message.conversation
    if here.is_direct and await is_own(turn, found):
        found.platform, found.conversation_id = here.platform, here.id
        found.requester_person = turn.message.sender.id
    return found


# may they


async def check_requester(turn: Turn, request: SupportRequest) -> None:
    """Refuse whoever did not ask; raises `UserError`."""
    if not await is_own(turn, request):
        raise unknown(turn, request.id or 0)


def check_coordinator(turn: Turn) -> None:
    """Refuse whoever does not decide for the community; raises `UserError`."""
    if turn.role < Role.COORDINATOR:
        raise UserError(turn.say("Darüber entscheidet die Koordination."))


def check_supporter(turn: Turn) -> None:
    """Refuse staff; raises `UserError`."""
    if turn.role < Role.SUPPORTER:
        raise UserError(turn.say("Anfragen übernehmen die Lots:innen. Stell mir gern selbst eine: „anfrage“."))


def check_sought(turn: Turn, request: SupportRequest) -> None:
    """Refuse to go on with what is taken or closed; raises `UserError`."""
    if request.state not in SOUGHT:
        state = state_in_words(request, turn.say)
        raise UserError(turn.say("Anfrage {number}: {state}.").format(number=request.id, state=state))


def unknown(turn: Turn, number: int) -> UserError:
    """What is said of numbers that are none, and of requests of others alike."""
    return UserError(turn.say("Eine Anfrage {number} finde ich bei dir nicht.").format(number=number))


# telling people


def choice(request: SupportRequest, word: str, label: str, do: str, **more: str) -> Choice:
    """A choice about a request."""
    return Choice(word, label, {"request": str(request.id), "do": do, **more})


def offer(*choices: Choice, asks: Choice | None = None) -> Offer:
    """An offer about a request; with `asks`, what is written next does what that choice would."""
    return Offer(REQUEST, choices, asks=asks.data if asks else None)


def is_asker_here(turn: Turn | Night, request: SupportRequest) -> bool:
    """Whether it is whoever asked who speaks, where they asked."""
    if not isinstance(turn, Turn):
        return False
    message = turn.message
    return message.conversation == place_of(request) and message.sender.id == request.requester_person


def to_requester(turn: Turn | Night, request: SupportRequest, text: str, offered: Offer | None = None) -> Reply | Send:
    """Tell whoever asked; as an answer if it is they who speak."""
    if is_asker_here(turn, request):
        return Reply(text, offered)
    return Send(place_of(request), text, offered, request.requester_person)


async def tell_carriers(
    turn: Turn | Night,
    request: SupportRequest,
    said: Callable[[Say], tuple[str, Offer | None]],
    but: Collection[int | None] = (),
) -> Sequence[Send]:
    """Tell those who carry a request, `but` some by our ids, where we know their direct chat."""
    told = []
    for person in await carriers(turn, request):
        chat = await chat_of(turn.uow, person.id or 0)
        if chat is not None and person.id not in but:
            text, offered = said(turn.say_to(chat[0]))
            told.append(Send(chat[0], text, offered, chat[1]))
    return told


def speech_of(turn: Turn | Night, request: SupportRequest) -> Say:
    """How sentences are said to whoever asked."""
    return turn.say_to(place_of(request))


async def post(
    turn: Turn | Night,
    request: SupportRequest,
    place: Conversation,
    text: str,
    offered: Offer,
    person: str | None = None,
) -> Send:
    """Show a request to those who may do something about it; `settle` takes their choices back."""
    key = uuid4().hex
    shown = RequestPost(
        key=key,
        request_id=request.id or 0,
        platform=place.platform,
        conversation_id=place.id,
        is_direct=place.is_direct,
    )
    await turn.uow.requests.note_post(shown)
    return Send(place, text, offered, person, key=key)


async def settle(
    turn: Turn | Night,
    services: Services,
    request: SupportRequest,
    state: Sentence,
    kept: Collection[str] = (),
    only: Collection[str] | None = None,
    *,
    stays_known: bool = False,
) -> Sequence[Change]:
    """Say below a request that nothing is to be done there any more: everywhere, or in the messages `only`.

    Those with a `kept` key stay as they are. Whoever speaks alone with us knows it from the answer. What `stays_known`
    can be changed again later.
    """
    shown = await turn.uow.requests.posts(request.id or 0)
    settled = [one for one in shown if one.key not in kept and (only is None or one.key in only)]
    if not stays_known:
        await turn.uow.requests.drop_posts([one.key for one in settled])
    here = turn.message.conversation if isinstance(turn, Turn) else None
    elsewhere = [one for one in settled if not one.is_direct or conversation_of(one) != here]
    changes = []
    for one in elsewhere:
        place = conversation_of(one)
        say = turn.say_to(place)
        changes.append(Change(one.key, place, f"{nameless(services, request, say)}\n\n{state(say)}"))
    return changes


async def take_down(turn: Turn | Night, request: SupportRequest) -> Sequence[Delete]:
    """Delete all messages of ours that show a request."""
    return [Delete(one.key, conversation_of(one)) for one in await turn.uow.requests.posts(request.id or 0)]


def conversation_of(shown: RequestPost) -> Conversation:
    """Where that is."""
    return Conversation(shown.platform, shown.conversation_id, shown.is_direct)
