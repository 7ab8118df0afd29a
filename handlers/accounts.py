"""One person with several accounts: links them by a one-time code, shows and undoes it.

A code links nothing by itself: the chat in which it was made has to confirm whoever said it. So a code that somebody
else saw does no harm. Whoever could give away a role by it is asked, too.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Offer, Reply, Send
from bot.roles import Role, role_of_word
from bot.turn import Services, Turn
from handlers import ask, codes, invitations, membership
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.names import account_names, platform_name
from handlers.rights import check_direct
from storage.models.people import OneTimeCode, Person, Purpose

LINK = "link_accounts"  # topics of the offers below
UNLINK = "unlink_account"
VALID = timedelta(minutes=15)


# making a code


async def give_code(turn: Turn, services: Services) -> Sequence[Action]:
    """„verknüpfen“: a code to say in the other chat; an earlier one means nothing any more."""
    check_direct(turn)
    here, sender = turn.message.conversation, turn.message.sender
    person = await turn.uow.people.know(here.platform, sender.id, sender.name)
    assert person.id is not None
    await turn.uow.people.drop_codes(person.id, [Purpose.LINK])
    code = codes.new_code()
    waiting = OneTimeCode(
        digest=codes.digest(code),
        purpose=Purpose.LINK,
        person_id=person.id,
        platform=here.platform,
        conversation_id=here.id,
        expires_at=turn.now + VALID,
    )
    await turn.uow.people.add_code(waiting)
    text = turn.say("Schreib mir im anderen Chat: „code {code}“. Er gilt 15 Minuten und nur einmal.")
    return [Reply(text.format(code=code))]


# saying it


class CodeDesk:
    """Takes the codes that people say, for a link as for an invitation; many wrong ones are refused for a while."""

    def __init__(self) -> None:
        self._wrong = codes.WrongCodes()

    async def take(self, turn: Turn, services: Services) -> Sequence[Action]:
        """„code 7KX2-M3PQ“, or nothing but the code."""
        code = codes.read_code(turn.text)
        if code is None and turn.text and not any(map(str.isdigit, turn.text)):
            return await ask.ask(replace(turn, text=turn.message.text), services)  # „code für den Drucker“
        check_direct(turn)
        if code is None:
            return [Reply(turn.say("Ein Code von mir hat acht Zeichen, zum Beispiel „code 7KX2-M3PQ“."))]
        account = f"{turn.message.conversation.platform} {turn.message.sender.id}"
        self._check_patience(turn, account)
        found = await turn.uow.people.code(codes.digest(code), turn.now)
        if found is not None and found.purpose != Purpose.LINK:
            return await invitations.show(turn, found)
        if found is not None and (found.person is None or _is_sayer(turn, found)):
            return await _take_for_link(turn, found)
        self._wrong.note(account, turn.now)
        return [_unknown(turn)]

    def _check_patience(self, turn: Turn, account: str) -> None:
        until = self._wrong.wait_until(account, turn.now)
        if until is not None:
            text = turn.say("Das waren viele falsche Codes. Ab {time} Uhr kannst du es wieder versuchen.")
            raise UserError(text.format(time=f"{until + timedelta(minutes=1):%H:%M}"))


def _unknown(turn: Turn) -> Reply:
    return Reply(turn.say("Diesen Code kenne ich nicht. Vielleicht ist er abgelaufen oder schon benutzt."))


def _is_sayer(turn: Turn, found: OneTimeCode) -> bool:
    return (found.platform, found.person) == (turn.message.conversation.platform, turn.message.sender.id)


async def _take_for_link(turn: Turn, found: OneTimeCode) -> Sequence[Action]:
    here = turn.message.conversation
    if found.person is not None:
        return [Reply(turn.say("Ich warte noch auf das „ja“ im anderen Chat."))]
    own = await turn.uow.people.find(here.platform, turn.message.sender.id)
    issuer = await turn.uow.people.get(found.person_id)
    assert issuer is not None  # a code goes with its person
    if own is not None and own.id == issuer.id:
        return [_own_code(turn, found)]
    if own is not None and await _is_linked(turn, own):
        return [await _linked_already(turn, own)]
    if turn.role > await _role(turn, issuer):
        return [_warn(turn, found, issuer)]
    return await _ask_issuer(turn, found, issuer)


def _own_code(turn: Turn, found: OneTimeCode) -> Reply:
    here = turn.message.conversation
    if (found.platform, found.conversation_id) == (here.platform, here.id):
        return Reply(turn.say("Diesen Code schreib mir bitte im anderen Chat, nicht hier."))
    return Reply(turn.say("Diese beiden Konten sind schon verknüpft. „konten“ zeigt alle."))


async def _is_linked(turn: Turn, person: Person) -> bool:
    return len(await turn.uow.people.accounts(person.id or 0)) > 1


async def _linked_already(turn: Turn, person: Person) -> Reply:
    text = turn.say("Dieses Konto ist schon verknüpft: {accounts}. „verknüpfung lösen“ macht das rückgängig.")
    return Reply(text.format(accounts=await _named_accounts(turn, person)))


async def _named_accounts(turn: Turn, person: Person) -> str:
    return ", ".join(account_names(await turn.uow.people.accounts(person.id or 0)))


async def _role(turn: Turn, person: Person) -> Role:
    accounts = await turn.uow.people.accounts(person.id or 0)
    return max([await turn.role_of(one.platform, one.person) for one in accounts], default=Role.STAFF_MEMBER)


def _whose(found: OneTimeCode, issuer: Person) -> str:
    return f"{shortened(issuer.name, LONGEST_NAME)} ({platform_name(found.platform or '')})"


def _warn(turn: Turn, found: OneTimeCode, issuer: Person) -> Reply:
    text = turn.say("Der Code kommt von {name}. Deine Rolle gilt dann auch dort. Bist du das selbst?")
    choices = (
        Choice("ja", turn.say("ja, das bin ich"), {"do": "pass_on", "digest": found.digest}),
        Choice("nein", turn.say("nein"), {"do": "drop"}),
    )
    return Reply(text.format(name=_whose(found, issuer)), Offer(LINK, choices))


async def _ask_issuer(turn: Turn, found: OneTimeCode, issuer: Person) -> Sequence[Action]:
    """Ask where the code was made whether it was them who said it here."""
    here, sender = turn.message.conversation, turn.message.sender
    where = Conversation(found.platform or "", found.conversation_id or "", is_direct=True)
    waiting_for = _whose(found, issuer)
    if not await turn.uow.people.claim_code(found.digest, (here.platform, sender.id), here.id, turn.now + VALID):
        return [_unknown(turn)]
    say = turn.say_to(where)
    text = say("{name} ({platform}) möchte sich mit dir verknüpfen. Bist du das?").format(
        name=shortened(sender.name, LONGEST_NAME), platform=platform_name(here.platform)
    )
    choices = (
        Choice("ja", say("ja, das bin ich"), {"do": "link", "digest": found.digest}),
        Choice("nein", say("nein"), {"do": "refuse", "digest": found.digest}),
    )
    told = turn.say("Der Code kommt von {name}. Antworte im Chat dort mit „ja“. Du bist das nicht? Dann „abbrechen“.")
    cancel = Choice("abbrechen", turn.say("abbrechen"), {"do": "cancel", "digest": found.digest})
    return [Reply(told.format(name=waiting_for), Offer(LINK, (cancel,))), Send(where, text, Offer(LINK, choices))]


# confirming


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with a code that was said what one of the two sides wants."""
    check_direct(turn)
    data = chosen(turn)
    if data["do"] == "drop":
        return [Reply(turn.say("Gut, die Konten bleiben getrennt."))]
    await turn.uow.people.hold()
    found = await turn.uow.people.code(data["digest"], turn.now)
    if found is None:
        return [_too_late(turn)]
    match data["do"]:
        case "pass_on":
            return [_too_late(turn)] if found.person is not None else await _take_again(turn, found)
        case "cancel":
            return await _cancel(turn, found) if _is_sayer(turn, found) else [_too_late(turn)]
    own = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if own is None or own.id != found.person_id or found.person is None:
        return [_too_late(turn)]
    return await _link(turn, own, found) if data["do"] == "link" else await _refuse(turn, found)


def _too_late(turn: Turn) -> Reply:
    return Reply(turn.say("Das gilt nicht mehr. „verknüpfen“ gibt dir einen neuen Code."))


async def _take_again(turn: Turn, found: OneTimeCode) -> Sequence[Action]:
    issuer = await turn.uow.people.get(found.person_id)
    assert issuer is not None
    return await _ask_issuer(turn, found, issuer)


async def _cancel(turn: Turn, found: OneTimeCode) -> Sequence[Action]:
    await turn.uow.people.use_code(found.digest)
    return [Reply(turn.say("Gut, die Konten bleiben getrennt."))]


async def _refuse(turn: Turn, found: OneTimeCode) -> Sequence[Action]:
    there = _other_chat(found)
    await turn.uow.people.use_code(found.digest)
    say = turn.say_to(there)
    told = Send(there, say("Im anderen Chat kam ein „nein“. Die Konten bleiben getrennt."))
    return [Reply(turn.say("Gut, die Konten bleiben getrennt. Der Code gilt nicht mehr.")), told]


def _other_chat(found: OneTimeCode) -> Conversation:
    return Conversation(found.platform or "", found.conversation_id or "", is_direct=True)


async def _link(turn: Turn, own: Person, found: OneTimeCode) -> Sequence[Action]:
    there, account = _other_chat(found), (found.platform or "", found.person or "")
    assert own.id is not None
    other = await turn.uow.people.find(*account)
    if not await turn.uow.people.use_code(found.digest):
        return [_too_late(turn)]
    if other is not None and await _is_linked(turn, other):
        return [Reply(turn.say("Das andere Konto wurde inzwischen anders verknüpft. Hier bleibt alles, wie es war."))]
    role = max(role_of_word(own.role), role_of_word(other.role if other else None))
    await turn.uow.people.link(account, own.id)
    own.role = role.word if role > Role.STAFF_MEMBER else None
    await _know(turn, turn.message.conversation, turn.message.sender.id)
    await _know(turn, there, account[1])
    accounts = await _named_accounts(turn, own)
    say = turn.say_to(there)
    return [
        Reply(turn.say("Verknüpft: {accounts}. „verknüpfung lösen“ macht es rückgängig.").format(accounts=accounts)),
        Send(there, say("Verknüpft: {accounts}. „verknüpfung lösen“ macht es rückgängig.").format(accounts=accounts)),
    ]


async def _know(turn: Turn, chat: Conversation, person: str) -> None:
    """Write there first from now on, if it is a supporter's chat by now."""
    if await turn.role_of(chat.platform, person) >= Role.SUPPORTER:
        await turn.uow.addresses.know(chat.platform, chat.id, person)


# looking and undoing


async def list_accounts(turn: Turn, services: Services) -> Sequence[Action]:
    """„konten“: the sender's own ones."""
    check_direct(turn)
    own = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if own is None or not await _is_linked(turn, own):
        return [_not_linked(turn)]
    text = turn.say("Diese Konten von dir gehören zusammen: {accounts}. „verknüpfung lösen“ nimmt dieses hier heraus.")
    return [Reply(text.format(accounts=await _named_accounts(turn, own)))]


def _not_linked(turn: Turn) -> Reply:
    return Reply(turn.say("Dein Konto hier ist mit keinem anderen verknüpft. „verknüpfen“ gibt dir einen Code dafür."))


async def ask_to_unlink(turn: Turn, services: Services) -> Sequence[Action]:
    """„verknüpfung lösen“: asks first."""
    check_direct(turn)
    own = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if own is None or not await _is_linked(turn, own):
        return [_not_linked(turn)]
    text = turn.say("Dieses Konto herausnehmen? Rolle, Porträt und Fachbereich bleiben beim anderen.")
    choices = (Choice("ja", turn.say("ja"), {"do": "unlink"}), Choice("nein", turn.say("nein"), {"do": "drop"}))
    return [Reply(text, Offer(UNLINK, choices))]


async def unlink(turn: Turn, services: Services) -> Sequence[Action]:
    """Have this account stand for itself; the others keep what is known."""
    check_direct(turn)
    if chosen(turn)["do"] == "drop":
        return [Reply(turn.say("Gut, alles bleibt verknüpft."))]
    await turn.uow.people.hold()
    platform, person = turn.message.conversation.platform, turn.message.sender.id
    own = await turn.uow.people.find(platform, person)
    if own is None or not await _is_linked(turn, own):
        return [_not_linked(turn)]
    accounts = await turn.uow.people.accounts(own.id or 0)
    await turn.uow.people.unlink(platform, person)
    await membership.write_no_more(turn, accounts)
    others = [one for one in accounts if (one.platform, one.person) != (platform, person)]
    text = turn.say("Gelöst. Dieses Konto steht jetzt für sich. Rolle und Porträt bleiben bei: {accounts}.")
    return [Reply(text.format(accounts=", ".join(account_names(others))))]
