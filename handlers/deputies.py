"""Lets one supporter stand in for another while they are away: only if both of them want it."""

from collections.abc import Collection, Mapping, Sequence

from bot.commands import plain_words
from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import candidates
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.names import told_apart
from handlers.rights import check_direct
from storage.models.people import Account, Person

DEPUTY = "portrait_deputy"  # topic of the offer below
_TITLES = frozenset(("frau", "herr", "herrn", "dr", "prof"))


def is_called(person: Person, said: str) -> bool:
    """Whether somebody is meant by a name, as it is said or written: „Frau Maier“, „Ruth Maier“, „Maier, Ruth“.

    What platforms show behind a comma or in parentheses is no part of a name, unless the surname comes first.
    """
    words = [word for word in plain_words(said).split() if word not in _TITLES]
    return bool(words) and set(words) <= set(_names(person.name))


def _names(shown: str) -> Sequence[str]:
    first, *others = shown.partition("(")[0].split(",")
    given = others[0] if others and len(first.split()) == 1 else ""
    return plain_words(f"{first} {given}").split()


async def named(turn: Turn, person: Person, said: str | None) -> Sequence[int]:
    """The other supporters of a name; raises `UserError` if there is none."""
    called = [one for one, _ in await turn.uow.people.everybody() if one.id != person.id and is_called(one, said or "")]
    found = [one.id for one in called if one.id is not None and await candidates.is_supporter(turn, one.id)]
    if not found:
        text = turn.say("Unter den Lots:innen kenne ich niemanden mit dem Namen „{name}“. Schreib ihn mir bitte genau.")
        raise UserError(text.format(name=shortened(said or "", LONGEST_NAME)))
    return found


async def labelled(turn: Turn, numbers: Collection[int]) -> Mapping[int, str]:
    """What to call people of one name by: name and department, and the platform where that is not enough."""
    people: list[tuple[Person, Sequence[Account]]] = []
    for number in numbers:
        person = await turn.uow.people.get(number)
        if person is not None:
            people.append((person, await turn.uow.people.accounts(number)))
    return told_apart(people)


async def ask_for(turn: Turn, person: Person, number: int) -> Sequence[Action]:
    """Ask somebody whether they stand in for the sender; until they say yes, nothing changes."""
    deputy, chat = await turn.uow.people.get(number), await candidates.chat_of(turn.uow, number)
    if deputy is None or chat is None:
        raise UserError(turn.say("Diese Person erreiche ich hier nicht. Bitte frag sie zuerst selbst."))
    place, account = chat
    say, name = turn.say_to(place), shortened(person.name, LONGEST_NAME)
    text = say("{name} möchte dich als Vertretung. Bei Abwesenheit gehen Fragen dann an dich.")
    data = {"for": str(person.id), "deputy": str(number)}
    choices = (
        Choice("ja", say("ja, einverstanden"), data | {"do": "agree"}),
        Choice("nein", say("nein"), data | {"do": "refuse"}),
    )
    told = turn.say("Ich frage {name}. Erst mit einem „ja“ gilt die Vertretung.")
    asked = Send(place, f"{text.format(name=name)} " + say("Einverstanden?"), Offer(DEPUTY, choices), person=account)
    return [Reply(told.format(name=shortened(deputy.name, LONGEST_NAME))), asked]


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Have the sender stand in for somebody, or not."""
    check_direct(turn)
    data = chosen(turn)
    deputy = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    portrait = await turn.uow.people.hold_portrait(int(data["for"]))
    person = await turn.uow.people.get(int(data["for"]))
    if deputy is None or str(deputy.id) != data["deputy"] or person is None or portrait is None:
        return [Reply(turn.say("Das gilt nicht mehr."))]
    if turn.role < Role.SUPPORTER or not await candidates.is_supporter(turn, portrait.person_id):
        return [Reply(turn.say("Das gilt nicht mehr."))]
    name, others = shortened(person.name, LONGEST_NAME), shortened(deputy.name, LONGEST_NAME)
    chat = await candidates.chat_of(turn.uow, portrait.person_id)
    if data["do"] == "refuse":
        reply = Reply(turn.say("Gut, dann vertrittst du {name} nicht.").format(name=name))
        return [reply, *_told(turn, chat, others, is_agreed=False)]
    portrait.deputy_person_id = deputy.id
    text = turn.say("Gut, du vertrittst jetzt {name}.").format(name=name)
    own_portrait = await turn.uow.people.portrait(deputy.id or 0)
    if own_portrait is None or own_portrait.consented_on is None:
        text += " " + turn.say("Dafür brauchst du ein sichtbares Porträt. „porträt“ legt eines an.")
    return [Reply(text), *_told(turn, chat, others, is_agreed=True)]


def _told(turn: Turn, chat: tuple[Conversation, str] | None, name: str, *, is_agreed: bool) -> Sequence[Action]:
    """Tell somebody whether the person of that name stands in for them."""
    if chat is None:
        return []
    say = turn.say_to(chat[0])
    agreed = say("{name} vertritt dich ab jetzt, wenn du weg bist.")
    refused = say("{name} kann dich zurzeit nicht vertreten.")
    return [Send(chat[0], (agreed if is_agreed else refused).format(name=name))]
