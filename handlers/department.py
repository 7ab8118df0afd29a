"""Keeps of which department somebody says to be: only so that the rules of the house can be kept."""

from collections.abc import Sequence

from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers.ask import chosen, shortened
from handlers.rights import check_direct

DEPARTMENT = "own_department"  # topic of the offer below
LONGEST_DEPARTMENT = 80
SUGGESTED = 3


async def take(turn: Turn, services: Services) -> Sequence[Action]:
    """„fachbereich: Sozialamt“."""
    check_direct(turn)
    said = shortened(" ".join(turn.text.split()), LONGEST_DEPARTMENT)
    if not any(map(str.isalnum, said)):
        return [await _show(turn)]
    departments = services.house.departments
    if not departments.names:
        return [await _keep(turn, said)]
    found = departments.find(said)
    if found is not None:
        return [await _keep(turn, found.name)]
    near = departments.suggest(said, SUGGESTED)
    if not near:
        return [Reply(turn.say("Diesen Fachbereich kenne ich nicht. Schreib mir seinen Namen oder seine Nummer."))]
    choices = [Choice(str(place), one.name, {"name": one.name}) for place, one in enumerate(near, start=1)]
    none = Choice("keiner", turn.say("keiner davon"), {})
    return [Reply(turn.say("Den kenne ich so nicht. Meinst du einen von diesen?"), Offer(DEPARTMENT, (*choices, none)))]


async def _show(turn: Turn) -> Reply:
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if person is None or person.department is None:
        return Reply(turn.say("Welcher ist deiner? Schreib mir zum Beispiel „fachbereich: Sozialamt“."))
    text = turn.say("Dein Fachbereich: {department}. „fachbereich löschen“ vergisst ihn.")
    return Reply(text.format(department=person.department))


async def _keep(turn: Turn, department: str) -> Reply:
    here, sender = turn.message.conversation, turn.message.sender
    person = await turn.uow.people.know(here.platform, sender.id, sender.name)
    person.department = department
    text = turn.say(
        "Notiert: {department}. Das brauche ich für Regeln wie „nicht aus dem eigenen Fachbereich“, und es steht bei "
        "Fragen mit deinem Namen. „fachbereich löschen“ vergisst es."
    )
    return Reply(text.format(department=department))


async def choose(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep the one that was meant; none if it was none of them."""
    check_direct(turn)
    data = chosen(turn)
    if "name" not in data:
        return [Reply(turn.say("Gut, ich merke mir nichts. Schreib mir den Namen gern noch einmal anders."))]
    return [await _keep(turn, data["name"])]


async def forget(turn: Turn, services: Services) -> Sequence[Action]:
    """„fachbereich löschen“."""
    check_direct(turn)
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if person is None or person.department is None:
        return [Reply(turn.say("Von dir kenne ich keinen Fachbereich."))]
    person.department = None
    await turn.uow.people.forget_idle()
    return [Reply(turn.say("Vergessen."))]
