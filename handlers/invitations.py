"""Invites people to a role by a one-time code that is passed on by hand; whoever says it decides about it themselves.

An invitation is bound to nobody, and nobody is told who used which.
"""

from collections.abc import Sequence
from datetime import timedelta

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role, role_of_word
from bot.turn import Services, Turn
from handlers import codes
from handlers.ask import chosen
from handlers.pages import page
from handlers.rights import check_direct
from storage.models.people import OneTimeCode, Purpose

INVITE = "invite"  # topics of the offers below
INVITED = "invited"
INVITATIONS = "invitations"
VALID = timedelta(days=7)
ROLES = {Purpose.SUPPORTER: Role.SUPPORTER, Purpose.CURATOR: Role.CURATOR}


def _role_name(turn: Turn, purpose: str) -> str:
    return turn.say("Redaktion") if purpose == Purpose.CURATOR else turn.say("Lots:in")


def check_coordinator(turn: Turn) -> None:
    """Refuse whoever does not coordinate, and places where others read along; raises `UserError`."""
    if turn.role < Role.COORDINATOR:
        raise UserError(turn.say("Das kann nur die Koordination. Frag sie gern."))
    check_direct(turn)


# inviting


async def invite(turn: Turn, services: Services) -> Sequence[Action]:
    """„einladen“: to which role?"""
    check_coordinator(turn)
    choices = (
        Choice("lotse", turn.say("als Lots:in"), {"role": Purpose.SUPPORTER}),
        Choice("redaktion", turn.say("für die Redaktion"), {"role": Purpose.CURATOR}),
    )
    return [Reply(turn.say("Wozu möchtest du jemanden einladen?"), Offer(INVITE, choices))]


async def give_code(turn: Turn, services: Services) -> Sequence[Action]:
    """Give a code to pass on."""
    check_coordinator(turn)
    purpose = Purpose(chosen(turn)["role"])
    here, sender = turn.message.conversation, turn.message.sender
    person = await turn.uow.people.know(here.platform, sender.id, sender.name)
    code, ends = codes.new_code(), turn.now + VALID
    invitation = OneTimeCode(digest=codes.digest(code), purpose=purpose, person_id=person.id or 0, expires_at=ends)
    await turn.uow.people.add_code(invitation)
    text = turn.say(
        "Dieser Code ist zum Weitergeben: {code}\n\n"
        "Wer ihn mir im Einzelchat schreibt und zustimmt, hat dann die Rolle {role}. Er gilt einmal und bis {day}. "
        "„einladungen“ zeigt alle offenen."
    )
    return [Reply(text.format(code=code, role=_role_name(turn, purpose), day=in_words(ends.date())))]


# the open ones


async def list_open(turn: Turn, services: Services) -> Sequence[Action]:
    """„einladungen“: with their last days; never whom they went to."""
    return await _list(turn)


async def _list(turn: Turn, after: int = 0) -> Sequence[Action]:
    check_coordinator(turn)
    waiting = await turn.uow.people.invitations(turn.now)
    if not waiting:
        return [Reply(turn.say("Zurzeit ist keine Einladung offen. „einladen“ gibt dir eine."))]
    after = after if after < len(waiting) else 0  # others were used meanwhile
    lines = page([_line(turn, one) for one in waiting], after)
    end = after + len(lines)
    choices = [
        Choice(str(place), line, {"do": "withdraw", "digest": one.digest})
        for place, (one, line) in enumerate(zip(waiting[after:end], lines, strict=True), start=1)
    ]
    if end < len(waiting):
        choices.append(Choice("mehr", turn.say("mehr"), {"do": "more", "after": str(end)}))
    text = turn.say("Offene Einladungen. Die Zahl zieht eine zurück.")
    return [Reply(text, Offer(INVITATIONS, tuple(choices)))]


def _line(turn: Turn, invitation: OneTimeCode) -> str:
    last = in_words(invitation.expires_at.astimezone(turn.now.tzinfo).date())
    return turn.say("{role}, gilt bis {day}").format(role=_role_name(turn, invitation.purpose), day=last)


async def withdraw(turn: Turn, services: Services) -> Sequence[Action]:
    """Have the chosen one mean nothing any more, or show the next ones."""
    data = chosen(turn)
    if data["do"] == "more":
        return await _list(turn, int(data["after"]))
    check_coordinator(turn)
    if not await turn.uow.people.use_code(data["digest"]):
        return [Reply(turn.say("Diese Einladung ist nicht mehr offen."))]
    return [Reply(turn.say("Die Einladung ist zurückgezogen. Der Code gilt nicht mehr."))]


# being invited


async def show(turn: Turn, invitation: OneTimeCode) -> Sequence[Action]:
    """Tell whoever said an invitation what it means; nothing changes without their yes."""
    if not await _is_valid(turn, invitation):
        return [_over(turn)]
    if turn.role >= ROLES[Purpose(invitation.purpose)]:
        text = turn.say("Die Rolle {role} hast du schon. Der Code bleibt offen.")
        return [Reply(text.format(role=_role_name(turn, invitation.purpose)))]
    choices = (
        Choice("ja", turn.say("ja"), {"do": "accept", "digest": invitation.digest}),
        Choice("nein", turn.say("nein"), {"do": "refuse"}),
    )
    return [Reply(_meaning(turn, invitation), Offer(INVITED, choices))]


async def _is_valid(turn: Turn, invitation: OneTimeCode) -> bool:
    """Whether somebody who still coordinates has given it."""
    accounts = await turn.uow.people.accounts(invitation.person_id)
    roles = [await turn.role_of(account.platform, account.person) for account in accounts]
    return max(roles, default=Role.STAFF_MEMBER) >= Role.COORDINATOR


def _over(turn: Turn) -> Reply:
    return Reply(turn.say("Diese Einladung gilt nicht mehr. Die Koordination kann dir einen neuen Code geben."))


def _meaning(turn: Turn, invitation: OneTimeCode) -> str:
    if invitation.purpose == Purpose.CURATOR:
        text = turn.say(
            "Das ist eine Einladung in die Redaktion. Du entscheidest dann mit, welche Antworten ich zeige. Ich zeige "
            "dir dann auch, was nur Lots:innen sehen."
        )
    else:
        text = turn.say(
            "Das ist eine Einladung: Du wirst Lots:in. Beschäftigte können dich dann finden, wenn du ein Porträt "
            "anlegst. Auch Fragen kommen dann zu dir, und du nimmst nur, was dir passt."
        )
    return f"{text} " + turn.say("Aufhören kannst du jederzeit mit „aufhören“. Möchtest du das?")


async def accept(turn: Turn, services: Services) -> Sequence[Action]:
    """Give the role to whoever said yes, or leave the invitation open."""
    check_direct(turn)
    data = chosen(turn)
    if data["do"] == "refuse":
        return [Reply(turn.say("Gut, es bleibt, wie es ist. Gespeichert habe ich nichts."))]
    await turn.uow.people.hold()
    invitation = await turn.uow.people.code(data["digest"], turn.now)
    if invitation is None or not await _is_valid(turn, invitation):
        return [_over(turn)]
    if not await turn.uow.people.use_code(invitation.digest):  # withdrawn at this moment
        return [_over(turn)]
    here, sender = turn.message.conversation, turn.message.sender
    person = await turn.uow.people.know(here.platform, sender.id, sender.name)
    person.role = max(role_of_word(person.role), ROLES[Purpose(invitation.purpose)]).word
    await turn.uow.addresses.know(here.platform, here.id, sender.id)
    return [Reply(_welcome(turn, invitation))]


def _welcome(turn: Turn, invitation: OneTimeCode) -> str:
    if invitation.purpose == Purpose.CURATOR:
        return turn.say("Du gehörst jetzt zur Redaktion. „entwürfe“ zeigt, was wartet. „hilfe“ zeigt alles Weitere.")
    return turn.say("Du bist jetzt Lots:in. „porträt“ legt dein Porträt an. „hilfe“ zeigt alles Weitere.")
