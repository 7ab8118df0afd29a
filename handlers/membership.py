"""Who belongs to the supporters: lists them, lets them leave or pause, and takes a role back. Nobody is asked why."""

from collections.abc import Sequence

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Offer, Reply, Send
from bot.roles import Role, role_of_word
from bot.turn import Services, Turn
from handlers import candidates, support_requests, taking
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.names import platform_name, told_apart
from handlers.pages import page
from handlers.peer_consultation import gathering
from handlers.rights import check_direct
from knowledge.text import normalise, strip_courtesies
from storage.models.knowledge import Visibility
from storage.models.people import Account, Person, Purpose

MEMBERS = "members"  # topics of the offers below
LEAVING = "leaving"
INTEREST = "interest"
INVITING = (Purpose.SUPPORTER, Purpose.CURATOR)
LONGEST_INTEREST = 25  # words
# As `normalise` writes them.
_SPEAKERS = frozenset(("ich", "hab", "habe", "hatte"))
_WISHES = frozenset(("interesse", "interessiert", "lust", "mochte", "will", "wurde", "gern", "gerne", "vorstellen"))
_DOINGS = frozenset(("werden", "mitmachen", "einsteigen"))
_ASKING = frozenset(("wie", "wer", "was", "wann", "wo", "warum", "welche", "wissen"))

Member = tuple[Person, Sequence[Account]]


# who they are


async def list_members(turn: Turn, services: Services) -> Sequence[Action]:
    """„lots:innen“: names and departments by the alphabet; coordinators may pick one."""
    return await _list(turn)


async def _list(turn: Turn, after: int = 0) -> Sequence[Action]:
    if turn.role < Role.SUPPORTER or Visibility.COMMUNITY not in turn.sees:
        text = turn.say(
            "Die Liste zeige ich nur Lots:innen und nur unter ihnen. Frag mich: „wer kennt sich mit … aus?“"
        )
        raise UserError(text)
    members = [one for one in await turn.uow.people.everybody() if await _role(turn, one) >= Role.SUPPORTER]
    if not members:
        return [Reply(turn.say("Noch kenne ich niemanden mit Namen. „einladen“ lädt Lots:innen ein."))]
    labels = sorted(told_apart(members).items(), key=lambda one: one[1].casefold())
    after = after if after < len(labels) else 0  # somebody left meanwhile
    lines = page([label for _, label in labels], after)
    end = after + len(lines)
    more = [Choice("mehr", turn.say("mehr"), {"do": "more", "after": str(end)})] if end < len(labels) else []
    heading = turn.say("Lots:innen, nach dem Alphabet:")
    if turn.role < Role.COORDINATOR or not turn.message.conversation.is_direct:
        text = "\n".join((f"{heading}\n", *(f"- {line}" for line in lines)))
        return [Reply(text, Offer(MEMBERS, tuple(more)) if more else None)]
    picks = [
        Choice(str(place), label, {"do": "pick", "person": str(person)})
        for place, (person, label) in enumerate(labels[after:end], start=1)
    ]
    return [Reply(f"{heading} " + turn.say("Die Zahl wählt eine Person."), Offer(MEMBERS, (*picks, *more)))]


async def _role(turn: Turn, member: Member) -> Role:
    person, accounts = member
    stored = role_of_word(person.role)
    if stored >= Role.SUPPORTER or not accounts:
        return stored
    return await turn.role_of(accounts[0].platform, accounts[0].person)


# taking a role back


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Read on in the list, pick somebody of it, or take their role back."""
    data = chosen(turn)
    if data["do"] == "more":
        return await _list(turn, int(data["after"]))
    if data["do"] == "keep":
        return [Reply(turn.say("Gut, es bleibt, wie es ist."))]
    if turn.role < Role.COORDINATOR or not turn.message.conversation.is_direct:
        raise UserError(turn.say("Das kann nur die Koordination, und nur im Einzelchat mit mir."))
    await turn.uow.people.hold()
    person = await turn.uow.people.get(int(data["person"]))
    if person is None or (data["do"] == "remove" and person.role is None):
        return [Reply(turn.say("Das ist schon erledigt."))]
    return [_ask_to_remove(turn, person)] if data["do"] == "pick" else await _remove(turn, services, person)


def _ask_to_remove(turn: Turn, person: Person) -> Reply:
    name = shortened(person.name, LONGEST_NAME)
    if person.role is None:
        return Reply(_named_in_settings(turn, name))
    text = turn.say("{name} aus dem Kreis der Lots:innen nehmen? Porträt und offene Zusagen enden damit.")
    choices = (
        Choice("entfernen", turn.say("entfernen"), {"do": "remove", "person": str(person.id)}),
        Choice("nein", turn.say("nein"), {"do": "keep"}),
    )
    return Reply(text.format(name=name), Offer(MEMBERS, choices))


def _named_in_settings(turn: Turn, name: str) -> str:
    text = turn.say("{name} steht in der Einstellungsdatei, im Abschnitt „community“. Nur dort endet die Rolle.")
    return text.format(name=name)


async def _remove(turn: Turn, services: Services, person: Person) -> Sequence[Action]:
    assert person.id is not None
    accounts = await turn.uow.people.accounts(person.id)
    _check_others(turn, await _role(turn, (person, accounts)), await _coordinators_beside(turn, accounts))
    chat = await candidates.chat_of(turn.uow, person.id)
    given_back = await release(turn, services, person)
    name = shortened(person.name, LONGEST_NAME)
    if await _role(turn, (person, accounts)) >= Role.SUPPORTER:
        raise UserError(_named_in_settings(turn, name))
    said = turn.say("{name} gehört nicht mehr zu den Lots:innen. Was offen war, geht an andere.").format(name=name)
    return [Reply(said), *given_back, *([_tell(turn, chat[0])] if chat else [])]


def _tell(turn: Turn, chat: Conversation) -> Send:
    say = turn.say_to(chat)
    text = say(
        "Die Koordination hat deine Rolle als Lots:in beendet. Dein Porträt ist gelöscht, und was offen war, geht an "
        "andere. Danke für deine Zeit. Bei Fragen dazu sprich gern die Koordination an."
    )
    return Send(chat, text)


def _check_others(turn: Turn, role: Role, others: Sequence[Conversation]) -> None:
    """Refuse to let the last one go who coordinates and whom we can reach; raises `UserError`."""
    if role >= Role.COORDINATOR and not others:
        raise UserError(
            turn.say("Sonst kenne ich niemanden, der koordiniert. Zuerst muss jemand in der Einstellungsdatei stehen.")
        )


async def _coordinators_beside(turn: Turn, accounts: Sequence[Account]) -> Sequence[Conversation]:
    """The direct chats of the coordinators, but this one and those of these accounts."""
    own = [(one.platform, await turn.uow.addresses.direct_chat(one.platform, one.person)) for one in accounts]
    here = turn.message.conversation
    return [chat for chat in await turn.coordinators() if chat != here and (chat.platform, chat.id) not in own]


async def release(turn: Turn, services: Services, person: Person) -> Sequence[Action]:
    """Take the role that was given in chat, with all that hangs on it; what was taken up is given back."""
    assert person.id is not None
    person.role = None
    given_back = [
        *await taking.give_back_all(turn, services, person.id),
        *await support_requests.give_back_all(turn, services, person.id),
        *await gathering.leave_all(turn, services, person.id),
    ]
    await turn.uow.rounds.release(person.id)
    await turn.uow.people.drop_portrait(person.id)
    await turn.uow.people.free_slots(person.id)
    await turn.uow.attendance.leave(person.id)  # their duties go to others, as soon as somebody looks
    await turn.uow.agenda.disown(person.id)
    await turn.uow.jour_fixe.set_feed(person.id, None)
    await turn.uow.people.drop_codes(person.id, INVITING)
    accounts = await turn.uow.people.accounts(person.id)
    for account in accounts:  # choices keep parts of the portrait, to undo changes
        await turn.uow.questions.withdraw_offers_to(account.platform, account.person)
    await write_no_more(turn, accounts)
    return given_back


async def write_no_more(turn: Turn, accounts: Sequence[Account]) -> None:
    """Write first no more to those of these accounts that are no supporter's any more."""
    for account in accounts:
        chat = await turn.uow.addresses.direct_chat(account.platform, account.person)
        if chat is not None and await turn.role_of(account.platform, account.person) < Role.SUPPORTER:
            await turn.uow.addresses.unknow(account.platform, chat)


# leaving


async def ask_to_leave(turn: Turn, services: Services) -> Sequence[Action]:
    """„aufhören“: which way, and never why."""
    if turn.role < Role.SUPPORTER:
        raise UserError(turn.say("Du bist hier keine Lots:in. Was ich über dich weiß, zeigt „meine daten“."))
    if not turn.message.conversation.is_direct:
        raise UserError(turn.say("Das besprechen wir im Einzelchat. Hier lesen andere mit."))
    choices = (
        Choice("weiter", turn.say("weitermachen"), {"do": "stay"}),
        Choice("pausieren", turn.say("eine Pause machen"), {"do": "pause"}),
        Choice("aussteigen", turn.say("aussteigen"), {"do": "leave"}),
    )
    return [Reply(turn.say("Was möchtest du? Begründen musst du nichts."), Offer(LEAVING, choices))]


async def leave(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on, pause, or take one's leave."""
    check_direct(turn)
    match chosen(turn)["do"]:
        case "stay":
            return [Reply(turn.say("Gut, es bleibt, wie es ist."))]
        case "pause":
            return [Reply(turn.say("Schreib mir zum Beispiel „pause bis 15. Januar“. So lange frage ich andere."))]
    await turn.uow.people.hold()
    if turn.role < Role.SUPPORTER:
        return [Reply(turn.say("Das ist schon erledigt."))]
    here, sender = turn.message.conversation, turn.message.sender
    person = await turn.uow.people.find(here.platform, sender.id)
    accounts = await turn.uow.people.accounts(person.id or 0) if person else ()
    others = await _coordinators_beside(turn, accounts)
    _check_others(turn, turn.role, others)
    given_back = await release(turn, services, person) if person else ()
    is_in_settings = await turn.role_of(here.platform, sender.id) >= Role.SUPPORTER
    told = [_announce(turn, chat, is_in_settings) for chat in others]
    return [Reply(_goodbye(turn, is_in_settings)), *given_back, *told]


def _goodbye(turn: Turn, is_in_settings: bool) -> str:
    text = turn.say("Du bist ausgestiegen. Dein Porträt ist gelöscht, was offen war, geht an andere.")
    if is_in_settings:
        text += " " + turn.say("In der Einstellungsdatei stehst du noch. Die Koordination weiß das.")
    return f"{text} " + turn.say("Soll auch alles andere weg, was ich über dich weiß? Dann schreib „meine daten“.")


def _announce(turn: Turn, chat: Conversation, is_in_settings: bool) -> Send:
    say, name = turn.say_to(chat), shortened(turn.message.sender.name, LONGEST_NAME)
    text = say("{name} macht nicht mehr als Lots:in weiter.").format(name=name)
    if is_in_settings:
        text += " " + say("Der Name steht noch in der Einstellungsdatei, im Abschnitt „community“.")
    return Send(chat, text)


# becoming one


def is_interest(text: str) -> bool:
    """Whether somebody says that they want to become a supporter, and asks nothing."""
    words = normalise(strip_courtesies(text)).split()
    if "?" in text or len(words) > LONGEST_INTEREST or not any(word.endswith("lots") for word in words):
        return False
    said = frozenset(words)
    return all((_SPEAKERS & said, _WISHES & said, _DOINGS & said)) and not _ASKING & said


async def take_interest(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask whether the coordinators may hear of it, with the name; nothing of it is stored."""
    if turn.role >= Role.SUPPORTER:
        return [Reply(turn.say("Du bist schon dabei. „hilfe“ zeigt, was du tun kannst."))]
    if not turn.message.conversation.is_direct:
        raise UserError(turn.say("Schreib mir das bitte im Einzelchat. Hier lesen andere mit."))
    text = turn.say("Soll ich der Koordination sagen, dass du Interesse hast? Dann liest sie deinen Namen: {name}.")
    text = text.format(name=shortened(turn.message.sender.name, LONGEST_NAME))
    choices = (Choice("ja", turn.say("ja, gern"), {"do": "tell"}), Choice("nein", turn.say("nein"), {"do": "drop"}))
    return [Reply(f"{text} " + turn.say("Ich selbst speichere nichts davon."), Offer(INTEREST, choices))]


async def tell_interest(turn: Turn, services: Services) -> Sequence[Action]:
    """Tell the coordinators, if that is wished."""
    check_direct(turn)
    if chosen(turn)["do"] == "drop":
        return [Reply(turn.say("Gut, ich sage nichts weiter."))]
    coordinators = await turn.coordinators()
    if not coordinators:
        return [Reply(turn.say("Zurzeit erreiche ich die Koordination nicht. Bitte frag sie direkt."))]
    return [
        Reply(turn.say("Gesagt. Die Koordination meldet sich bei dir.")),
        *(_pass_on(turn, one) for one in coordinators),
    ]


def _pass_on(turn: Turn, chat: Conversation) -> Send:
    say, name = turn.say_to(chat), shortened(turn.message.sender.name, LONGEST_NAME)
    text = say("{name} ({platform}) hat Interesse daran, Lots:in zu werden. „einladen“ gibt dir einen Code dafür.")
    return Send(chat, text.format(name=name, platform=platform_name(turn.message.conversation.platform)))
