"""Keeps the topics that wait for the next jour fixe: adds, lists, removes them. Nobody's name is stored with them."""

from collections.abc import Collection, Sequence

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import chosen, shortened
from handlers.pages import page
from knowledge.screening import screen
from storage.models.jour_fixe import AgendaItem
from storage.models.knowledge import Visibility

TOPIC = "jour_fixe_topic"  # topic of the offers below
LONGEST_TITLE = 150
LONGEST_LINE = 100


# showing


async def list_topics(turn: Turn, services: Services) -> Sequence[Action]:
    """„themen“: what waits for the next jour fixe."""
    return await _list(turn)


async def _list(turn: Turn, after: int = 0) -> Sequence[Action]:
    _check(turn)
    items = await turn.uow.jour_fixe.waiting()
    if not items:
        return [Reply(turn.say("Noch wartet kein Thema. Ein neues: „thema: Altakten scannen“."))]
    after = after if after < len(items) else 0  # others were removed meanwhile
    lines = page([shortened(item.title, LONGEST_LINE) for item in items], after)
    shown, end = items[after : after + len(lines)], after + len(lines)
    text = turn.say("Themen für den nächsten Jour fixe: {count}").format(count=len(items))
    choices = [Choice("mehr", turn.say("mehr"), {"do": "more", "after": str(end)})] if end < len(items) else []
    if turn.role < Role.COORDINATOR:
        text += "\n\n" + "\n".join(f"- {line}" for line in lines)
        return [Reply(text, Offer(TOPIC, tuple(choices)) if choices else None)]
    removed = [
        Choice(str(place), line, {"do": "remove", "item": str(item.id)})
        for place, (item, line) in enumerate(zip(shown, lines, strict=True), start=1)
    ]
    return [Reply(f"{text}\n\n{turn.say('Die Zahl nimmt ein Thema heraus.')}", Offer(TOPIC, (*removed, *choices)))]


def _check(turn: Turn) -> None:
    if turn.role < Role.SUPPORTER or Visibility.COMMUNITY not in turn.sees:
        raise UserError(turn.say("Die Themen für den Jour fixe zeige ich nur Lots:innen und nur unter ihnen."))


def _check_keeping(turn: Turn) -> None:
    _check(turn)
    if turn.is_confidential:
        raise UserError(turn.say("Was hier gesagt wird, ist vertraulich. Ich merke mir nichts davon."))


# adding


async def add_topic(turn: Turn, services: Services) -> Sequence[Action]:
    """„thema: Altakten scannen“."""
    _check_keeping(turn)
    if not turn.text.strip():
        return [Reply(turn.say("Welches Thema? Schreib mir zum Beispiel „thema: Altakten scannen“."))]
    title = _title(turn, turn.text)
    if sensitive := services.sensitivity.by_words(title):
        return [
            Reply(turn.say("Dazu merke ich mir nichts, denn hier geht es um Vertrauliches.") + f" {sensitive.office}")
        ]
    return await _save(turn, title, ()) if screen(title).is_clean else [propose(turn, title)]


def _title(turn: Turn, text: str) -> str:
    title = " ".join(text.split())
    if not any(map(str.isalpha, title)):
        raise UserError(turn.say("Schreib mir das Thema bitte in ein paar Worten."))
    if len(title) > LONGEST_TITLE:
        sentence = turn.say("Das Thema hat {count} Zeichen, erlaubt sind {limit}. Schreib es bitte kürzer.")
        raise UserError(sentence.format(count=len(title), limit=LONGEST_TITLE))
    return title


def propose(turn: Turn, words: str, questions: str = "") -> Reply:
    """Show a title without personal data before it is kept; `questions` are the numbers of those it comes from."""
    screened = screen(" ".join(words.split()))
    title = shortened(screened.proposal, LONGEST_TITLE)
    text = turn.say("So für den Jour fixe vormerken: „{title}“?").format(title=title)
    if not screened.is_clean:
        text += "\n\n" + turn.say("Persönliche Angaben habe ich weggelassen.")
    data = {"questions": questions}
    choices = (
        Choice("ja", turn.say("ja"), data | {"do": "save", "title": title}),
        Choice("ändern", turn.say("ändern"), data | {"do": "change"}),
        Choice("nein", turn.say("nein"), {"do": "drop"}),
    )
    return Reply(text, Offer(TOPIC, choices))


async def _save(turn: Turn, title: str, numbers: Collection[int]) -> Sequence[Action]:
    questions = await turn.uow.questions.still_open(numbers)
    if numbers and not questions:
        return [Reply(turn.say("Diese Fragen sind inzwischen nicht mehr offen. Ich merke nichts vor."))]
    noted = [question.agenda_item_id for question in questions if question.agenda_item_id is not None]
    known = await turn.uow.jour_fixe.get(noted[0]) if noted else await turn.uow.jour_fixe.named(title)
    item = known or await turn.uow.jour_fixe.add(title, turn.today)
    assert item.id is not None
    await turn.uow.questions.make_topic(item.id, numbers)
    if known:
        return [already_noted(turn, known)]
    text = turn.say("Vorgemerkt für den nächsten Jour fixe: „{title}“. Alle zeigt „themen“.")
    return [Reply(text.format(title=item.title))]


def already_noted(turn: Turn, item: AgendaItem) -> Reply:
    """Say that a topic waits already."""
    return Reply(turn.say("Das ist schon vorgemerkt: „{title}“.").format(title=item.title))


# what is chosen


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on with a title as somebody chose or wrote, or remove a topic."""
    data = chosen(turn)
    numbers = [int(number) for number in data.get("questions", "").split()]
    match data["do"]:
        case "drop":
            return [Reply(turn.say("Gut, ich merke nichts vor."))]
        case "keep":
            return [Reply(turn.say("Gut, das Thema bleibt."))]
        case "more":
            return await _list(turn, int(data["after"]))
        case "remove" | "removed":
            return await _remove(turn, int(data["item"]), is_sure=data["do"] == "removed")
    _check_keeping(turn)
    match data["do"]:
        case "change":
            return [_ask_for_title(turn, data["questions"])]
        case "written":
            return [propose(turn, _title(turn, turn.text), data["questions"])]
    return await _save(turn, data["title"], numbers)


def _ask_for_title(turn: Turn, questions: str) -> Reply:
    text = turn.say("Wie soll das Thema heißen?") + hint(turn)
    drop = Choice("nein", turn.say("doch nicht vormerken"), {"do": "drop"})
    return Reply(text, Offer(TOPIC, (drop,), asks={"do": "written", "questions": questions}))


def hint(turn: Turn) -> str:
    """Behind a request for a text: in a room, only what names the bot is for it."""
    if turn.message.conversation.is_direct:
        return ""
    return " " + turn.say("Hier im Raum bitte mit „@Lotsenfunk“ davor.")


async def _remove(turn: Turn, number: int, *, is_sure: bool) -> Sequence[Action]:
    _check(turn)
    if turn.role < Role.COORDINATOR:
        raise UserError(turn.say("Themen nimmt nur die Koordination heraus."))
    item = await turn.uow.jour_fixe.get(number)
    if item is None:
        return [Reply(turn.say("Dieses Thema ist schon herausgenommen."))]
    if not is_sure:
        choices = (
            Choice("ja", turn.say("ja"), {"do": "removed", "item": str(number)}),
            Choice("nein", turn.say("nein"), {"do": "keep"}),
        )
        return [Reply(turn.say("„{title}“ herausnehmen?").format(title=item.title), Offer(TOPIC, choices))]
    # Whoever takes a topic away does not want it offered again in the next night.
    await turn.uow.questions.note_offered(await turn.uow.questions.parts_of_topic(number), turn.today)
    await turn.uow.jour_fixe.remove(number)
    return [Reply(turn.say("Herausgenommen: „{title}“.").format(title=item.title))]
