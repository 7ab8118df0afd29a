"""Takes votes on the topics of a meeting: three points each, at most one for a topic, and nobody learns whose they are.

Ballots are kept until the agenda is made, then only the sums are left.
"""

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass

from bot.errors import UserError
from bot.messages import Action, Conversation, Reply, Send
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import chosen
from handlers.jour_fixe import agenda
from handlers.jour_fixe.agenda import POINTS_EACH, Say, Sight, lasting, title_of, vote_offer, vote_text
from handlers.jour_fixe.appointments import check_keeping, upcoming
from storage.models.agenda import AgendaItem, Poll

_NUMBERS = re.compile(
    r"(?:\w+ punkte? (?:für|an|auf) )?(?:(?:nr\.?|nummern?) )?\d{1,3}(?:(?:\s*(?:,|\+|&|und)\s*|\s+)\d{1,3})*\W*",
    re.IGNORECASE,
)
_BACK = re.compile(r"zurücknehmen|(?:(?:alle|meine|meinen) )*(?:punkte?|stimmen?) zurück(?:nehmen)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Voter:
    """The sender, by our id, with the topics that have their points."""

    id: int
    mine: frozenset[int]

    @property
    def left(self) -> int:
        """How many points they may still give."""
        return POINTS_EACH - len(self.mine)


async def begin(turn: Turn, services: Services) -> Sequence[Action]:
    """„abstimmen“: the vote that is open, alone with the bot with the sender's own points."""
    _check(turn)
    for _, meeting in await upcoming(turn):
        sight = await agenda.look_at(turn, services, meeting)
        if sight.is_voting:
            return [await _page(turn, sight, await _voter(turn, sight), 0)]
    raise UserError(turn.say("Gerade läuft keine Abstimmung. Nach dem Themenschluss beginnt eine."))


async def take(turn: Turn, services: Services) -> Sequence[Action]:
    """Give a point to the topic that was chosen, take it back, or show more topics."""
    _check(turn)
    data = chosen(turn)
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    if meeting is None:
        return [Reply(turn.say("Die Abstimmung ist beendet."))]
    sight = await agenda.look_at(turn, services, meeting)
    if not sight.is_voting:
        return [_over(turn)]
    voter, after = await _voter(turn, sight), int(data["after"])
    if data["do"] == "more":
        return [await _page(turn, sight, voter, after)]
    item = next((item for item in sight.voted_on if item.id == int(data["item"])), None)
    if item is None:
        return [Reply(turn.say("Dieses Thema steht nicht mehr zur Wahl. Alle anderen zeigt „abstimmen“."))]
    voter = await _vote(turn, voter, item)
    return [await _confirm(turn, sight, voter, item, after)]


def is_about_vote(text: str) -> bool:
    """Whether somebody says several numbers at once, or wants their points back: „1 und 3“, „punkte zurück“."""
    return any(reader.fullmatch(text.strip()) for reader in (_NUMBERS, _BACK))


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """Give points to all topics whose numbers somebody says, or take all points back; raises `UserError`."""
    here, sender = turn.message.conversation, turn.message.sender
    newest = next(iter(await turn.uow.questions.offers_to(here.platform, here.id, sender.id)), None)
    if newest is None or newest.topic != agenda.VOTE:
        raise UserError(turn.say("Gerade steht nichts zur Auswahl. Schreib mir einfach deine Frage."))
    _check(turn)
    data = [choice["data"] for choice in newest.choices if choice["data"]["do"] == "vote"]
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data[0]["meeting"]))
    sight = await agenda.look_at(turn, services, meeting) if meeting is not None else None
    if sight is None or not sight.is_voting:
        return [_over(turn)]
    voter, after = await _voter(turn, sight), int(data[0]["after"])
    if _BACK.fullmatch(turn.text.strip()):
        voter = await _toggle(turn, voter, voter.mine)
        return [await _tell_alone(turn, sight, voter, after, lambda say: "")]
    shown = [int(one["item"]) for one in data]
    said = dict.fromkeys(_meant(turn, shown))
    wanted = [item for item in sight.voted_on if item.id in said]
    if len(set(said) - voter.mine) > voter.left:
        text = turn.say("So viele Punkte hast du nicht: Es sind {count}. „punkte zurück“ macht alle wieder frei.")
        raise UserError(text.format(count=POINTS_EACH))
    voter = await _toggle(turn, voter, {item.id or 0 for item in wanted} - voter.mine)

    def given(say: Say) -> str:
        return say("Deine Punkte gehen an: {titles}.").format(titles=agenda.named(say, wanted))

    return [await _tell_alone(turn, sight, voter, after, given)]


def _meant(turn: Turn, shown: Sequence[int]) -> Sequence[int]:
    """The topics whose numbers somebody says, as they are `shown`; raises `UserError`."""
    numbers = [int(number) for number in re.findall(r"\d+", turn.text.casefold().split("punkt")[-1])]
    wrong = next((number for number in numbers if not 1 <= number <= len(shown)), None)
    if wrong is not None:
        text = turn.say("Eine Nummer {number} gibt es hier nicht, nur 1 bis {last}.")
        raise UserError(text.format(number=wrong, last=len(shown)))
    return [shown[number - 1] for number in numbers]


def _over(turn: Turn) -> Reply:
    text = turn.say("Die Abstimmung ist beendet, dein Punkt zählt nicht mehr. Was dran ist, zeigt „tagesordnung“.")
    return Reply(text)


def _check(turn: Turn) -> None:
    if turn.role < Role.SUPPORTER:
        raise UserError(turn.say("Über die Themen stimmen die Lots:innen ab."))
    check_keeping(turn)


async def _voter(turn: Turn, sight: Sight) -> Voter:
    sender = turn.message.sender
    person = await turn.uow.people.know(turn.message.conversation.platform, sender.id, sender.name)
    items = [item.id or 0 for item in sight.voted_on]
    return Voter(person.id or 0, await turn.uow.agenda.votes_of(person.id or 0, items, Poll.PRIORITY))


async def _vote(turn: Turn, voter: Voter, item: AgendaItem) -> Voter:
    if item.id not in voter.mine and not voter.left:
        text = turn.say(
            "Deine {count} Punkte sind vergeben. Wähle ein Thema davon noch einmal, dann ist sein Punkt frei."
        )
        raise UserError(text.format(count=POINTS_EACH))
    return await _toggle(turn, voter, {item.id or 0})


async def _toggle(turn: Turn, voter: Voter, items: Set[int]) -> Voter:
    for item in items:
        await turn.uow.agenda.vote(item, voter.id, Poll.PRIORITY)
    return Voter(voter.id, voter.mine ^ items)


async def _confirm(turn: Turn, sight: Sight, voter: Voter, item: AgendaItem, after: int) -> Action:
    def given(say: Say) -> str:
        is_theirs = item.id in voter.mine
        text = say("Dein Punkt geht an „{title}“.") if is_theirs else say("„{title}“ hat deinen Punkt nicht mehr.")
        return text.format(title=title_of(item))

    return await _tell_alone(turn, sight, voter, after, given)


async def _tell_alone(turn: Turn, sight: Sight, voter: Voter, after: int, given: Callable[[Say], str]) -> Action:
    """Tell somebody alone who has their points; in a room, where others read, at most how many are left."""
    here = turn.message.conversation
    chat = here.id if here.is_direct else await turn.uow.addresses.direct_chat(here.platform, turn.message.sender.id)
    if chat is None:
        return Reply(_left(turn.say, voter))
    alone = Conversation(here.platform, chat, is_direct=True)
    say = turn.say_to(alone)
    text = " ".join(filter(None, (given(say), _left(say, voter))))
    offer = vote_offer(say, sight, after, voter.mine)
    return Reply(text, offer) if here.is_direct else Send(alone, text, offer, turn.message.sender.id)


async def _page(turn: Turn, sight: Sight, voter: Voter, after: int) -> Reply:
    is_alone = turn.message.conversation.is_direct
    offer = vote_offer(turn.say, sight, after, voter.mine if is_alone else frozenset())
    text = f"{vote_text(turn.say, sight, is_alone=is_alone)}\n\n{_left(turn.say, voter)}"
    return Reply(text, offer if is_alone else lasting(offer))


def _left(say: Say, voter: Voter) -> str:
    match voter.left:
        case 0:
            return say("Alle deine Punkte sind vergeben.")
        case 1:
            return say("Du hast noch einen Punkt.")
    return say("Du hast noch {count} Punkte.").format(count=voter.left)
