"""What holds in a room: shown to coordinators, and changed by them; in a direct chat, how its person is spoken to."""

from collections.abc import Sequence
from datetime import time

from bot.commands import Command, plain_words
from bot.errors import UserError
from bot.language import AddressForm
from bot.messages import Action, Choice, Offer, Reply
from bot.quiet import Quiet, read_quiet
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import chosen
from handlers.jour_fixe.topic_cards import hint
from storage.models.rooms import AnswerMode, Audience, Room

ROOM = "room"  # topic of the offers below
LONGEST_PURPOSE = 200
NONE, HOUSE = "none", "house"

COMMAND = Command(
    "raum",
    ("raumeinstellungen", "einstellungen", "was gilt hier"),
    "Was in einem Raum gilt: wer mitliest, Anrede, wann ich antworte, Ruhezeit.",
    role=Role.COORDINATOR,
)
ADDRESS_COMMAND = Command("anrede", summary="Wie ich dich anspreche.", takes_text=True, takes_words=1)

_FORMS = {
    "du": AddressForm.DU,
    "duzen": AddressForm.DU,
    "per du": AddressForm.DU,
    "sie": AddressForm.SIE,
    "siezen": AddressForm.SIE,
    "per sie": AddressForm.SIE,
}


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """Say what holds in this room, and offer to change it."""
    if turn.message.conversation.is_direct:
        return [Reply(turn.say("„raum“ schreibt die Koordination in einem Raum. Dort zeige ich, was da gilt."))]
    if turn.role < Role.COORDINATOR:
        return _refuse(turn)
    _check_no_round(turn)
    room = await _find(turn)
    text = "\n".join([turn.say("**Was in diesem Raum gilt**"), *_lines(turn, room)])
    question = turn.say("Was möchtest du ändern?")
    return [Reply(f"{text}\n\n{question}", Offer(ROOM, _changes(turn, room)))]


def _refuse(turn: Turn) -> Sequence[Action]:
    # Where the bot is turned off, nobody but the coordinators hears anything.
    if turn.rules.answer_mode == AnswerMode.OFF:
        return []
    return [Reply(turn.say("Was in diesem Raum gilt, legt die Koordination fest. Frag sie gern."))]


def _lines(turn: Turn, room: Room | None) -> Sequence[str]:
    rules = turn.rules
    own = " " + turn.say("(hier eingestellt)")
    facts = [
        (turn.say("Zweck: {purpose}").format(purpose=rules.purpose or turn.say("noch keiner")), False),
        (turn.say("Publikum: {audience}").format(audience=_in_german(turn, rules.audience)), room and room.audience),
        (turn.say("Anrede: {form}").format(form=_shown(rules.address_form)), room and room.address_form),
        (turn.say("Antworten: {mode}").format(mode=_when(turn, rules.answer_mode)), False),
        (turn.say("Ruhe: {hours}").format(hours=_hours(turn, rules.quiet)), room and room.quiet_from is not None),
        (turn.say("Sprache: Deutsch. Eine andere kann ich noch nicht."), False),
    ]
    if rules.is_confidential:
        facts.append((turn.say("Dieser Raum ist vertraulich: Von hier merke ich mir nichts."), False))
    return [f"- {fact}{own if is_own else ''}" for fact, is_own in facts]


def _changes(turn: Turn, room: Room | None) -> tuple[Choice, ...]:
    everywhere = (
        ("anrede", turn.say("Anrede"), "address"),
        ("antworten", turn.say("Antworten"), "mode"),
        ("ruhe", turn.say("Ruhe"), "quiet"),
    )
    elsewhere = (("zweck", turn.say("Zweck"), "purpose"), ("publikum", turn.say("Publikum"), "audience"))
    offered = everywhere if turn.rules.is_confidential else (*elsewhere, *everywhere)
    choices = [Choice(word, label, {"do": "ask", "what": what}) for word, label, what in offered]
    if room is not None:
        choices.append(Choice("zurücksetzen", turn.say("Zurücksetzen"), {"do": "ask", "what": "reset"}))
    return tuple(choices)


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask for what is to be changed, or change it as somebody chose or wrote."""
    data = chosen(turn)
    if data["do"] == "keep":
        return [Reply(turn.say("Gut, es bleibt, wie es ist."))]
    if turn.role < Role.COORDINATOR and not _is_own_address(turn, data["what"]):
        return _refuse(turn)
    _check_no_round(turn)
    if data["do"] == "ask":
        return [_ask(turn, data["what"])]
    return [await _change(turn, data["what"], data.get("value", turn.text))]


def _is_own_address(turn: Turn, what: str) -> bool:
    return what == "address" and turn.message.conversation.is_direct


async def choose_address(turn: Turn, services: Services) -> Sequence[Action]:
    """Speak to people in this conversation as they wish: in a direct chat to its person, in a room to all."""
    if turn.role < Role.COORDINATOR and not turn.message.conversation.is_direct:
        return _refuse(turn)
    _check_no_round(turn)
    form = _FORMS.get(plain_words(turn.text))
    return [_ask(turn, "address") if form is None else await _change(turn, "address", form)]


# asking


def _ask(turn: Turn, what: str) -> Reply:
    match what:
        case "purpose":
            text = turn.say("Wofür ist dieser Raum da? Ein Satz genügt.") + hint(turn)
            empty = Choice("kein", turn.say("kein Zweck"), {"do": "set", "what": what, "value": ""})
            return Reply(text, Offer(ROOM, (empty, _keep(turn)), asks={"do": "set", "what": what}))
        case "audience":
            text = turn.say("Wer liest hier mit?")
            return _offer(turn, what, text, [(one.value, _in_german(turn, one), _WORDS[one]) for one in Audience])
        case "address":
            text = turn.say("Welche Anrede soll hier gelten?")
            return _offer(turn, what, text, [(form.value, _shown(form), form.value) for form in AddressForm])
        case "mode":
            text = turn.say("Wann soll ich hier antworten?")
            return _offer(turn, what, text, [(mode.value, _when(turn, mode), _WORDS[mode]) for mode in _modes(turn)])
        case "quiet":
            return _ask_for_hours(turn, turn.say("Wann soll hier Ruhe sein? Zum Beispiel „20:00-07:00“."))
        case _:
            text = turn.say("Dann gelten hier wieder die Einstellungen des Hauses, auch dafür, wer mitliest. Sicher?")
            return _confirm(turn, text, what, "yes")


def _offer(turn: Turn, what: str, text: str, options: Sequence[tuple[str, str, str]]) -> Reply:
    """Offer values, each with the label to show and the word to write."""
    choices = [Choice(word, label, {"do": "set", "what": what, "value": value}) for value, label, word in options]
    return Reply(text, Offer(ROOM, (*choices, _keep(turn))))


def _ask_for_hours(turn: Turn, text: str) -> Reply:
    choices = (
        Choice("keine", turn.say("keine Ruhezeit"), {"do": "set", "what": "quiet", "value": NONE}),
        Choice("haus", turn.say("wie im ganzen Haus"), {"do": "set", "what": "quiet", "value": HOUSE}),
        _keep(turn),
    )
    return Reply(text + hint(turn), Offer(ROOM, choices, asks={"do": "set", "what": "quiet"}))


def _confirm(turn: Turn, text: str, what: str, value: str) -> Reply:
    choices = (Choice("ja", turn.say("ja"), {"do": "set", "what": what, "value": value}), _keep(turn, "nein"))
    return Reply(text, Offer(ROOM, choices))


def _keep(turn: Turn, word: str = "lassen") -> Choice:
    return Choice(word, turn.say("so lassen"), {"do": "keep", "what": ""})


def _modes(turn: Turn) -> Sequence[AnswerMode]:
    own = {AnswerMode.CONSULTATION, *([AnswerMode.QUESTIONS] if turn.rules.is_confidential else [])}
    return [mode for mode in AnswerMode if mode not in own]


# changing


async def _change(turn: Turn, what: str, value: str) -> Reply:
    match what:
        case "purpose":
            return await _set_purpose(turn, " ".join(value.split()))
        case "audience":
            return await _set_audience(turn, value)
        case "address":
            return await _set_address(turn, AddressForm(value))
        case "mode":
            return await _set_mode(turn, AnswerMode(value))
        case "quiet":
            return await _set_quiet(turn, value)
        case _:
            place = turn.message.conversation
            await turn.uow.rooms.drop(place.platform, place.id)
            return Reply(turn.say("Hier gelten jetzt wieder die Einstellungen des Hauses."))


async def _set_purpose(turn: Turn, purpose: str) -> Reply:
    _check_open(turn)
    if len(purpose) > LONGEST_PURPOSE:
        text = turn.say("Das sind {count} Zeichen, erlaubt sind {limit}. Schreib es bitte kürzer.")
        again = text.format(count=len(purpose), limit=LONGEST_PURPOSE) + hint(turn)
        return Reply(again, Offer(ROOM, (_keep(turn),), asks={"do": "set", "what": "purpose"}))
    room = await _found_or_new(turn)
    room.purpose = purpose
    await turn.uow.rooms.keep(room)
    return Reply(turn.say("Zweck: {purpose}").format(purpose=purpose or turn.say("noch keiner")))


async def _set_audience(turn: Turn, value: str) -> Reply:
    """Have staff read along, or only supporters, once somebody is `sure` that there is nobody else."""
    _check_open(turn)
    if value == Audience.SUPPORTERS:
        text = turn.say(
            "Hier zeige ich dann auch Antworten nur für Lots:innen, und Fragen kommen hierher. Sind hier nur "
            "Lots:innen?"
        )
        return _confirm(turn, text, "audience", "sure")
    room = await _found_or_new(turn)
    room.audience = Audience.SUPPORTERS if value == "sure" else Audience.STAFF
    await turn.uow.rooms.keep(room)
    if room.audience == Audience.SUPPORTERS:
        return Reply(turn.say("Ab jetzt zeige ich hier auch Antworten nur für Lots:innen."))
    return Reply(turn.say("Ab jetzt zeige ich hier nur, was alle lesen dürfen. Offene Fragen kommen nicht hierher."))


async def _set_address(turn: Turn, form: AddressForm) -> Reply:
    room = await _found_or_new(turn)
    room.address_form = form.value
    await turn.uow.rooms.keep(room)
    return Reply(turn.say("Anrede ab jetzt: {form}").format(form=_shown(form)))


async def _set_mode(turn: Turn, mode: AnswerMode) -> Reply:
    if mode == AnswerMode.QUESTIONS:
        _check_open(turn)
    room = await _found_or_new(turn)
    room.answer_mode = mode
    await turn.uow.rooms.keep(room)
    match mode:
        case AnswerMode.MENTIONS:
            return Reply(turn.say("Hier gilt jetzt: Ich antworte, wenn mich jemand nennt."))
        case AnswerMode.QUESTIONS:
            return Reply(_what_is_read(turn))
        case _:
            return Reply(turn.say("Ab jetzt schweige ich hier. Mit „@Lotsenfunk raum“ schaltest du mich wieder ein."))


def _what_is_read(turn: Turn) -> str:
    text = turn.say(
        "Ab jetzt lese ich hier jede Frage an alle. Ich antworte nur, wenn ich sicher bin. Von den anderen behalte ich "
        "nichts."
    )
    if turn.message.conversation.platform != "teams":
        return text
    return f"{text} " + turn.say(
        "Teams gibt mir aber nur Nachrichten, die mich nennen. Mehr muss die Technik erst erlauben."
    )


async def _set_quiet(turn: Turn, value: str) -> Reply:
    quiet = read_quiet(value)
    if quiet is None and value not in (NONE, HOUSE):
        return _ask_for_hours(turn, turn.say("Diese Zeiten habe ich nicht verstanden. So geht es: „20:00-07:00“."))
    room = await _found_or_new(turn)
    room.quiet_from, room.quiet_until = (quiet.begin, quiet.end) if quiet else (None, None)
    if value == NONE:
        room.quiet_from = room.quiet_until = time(0)
    await turn.uow.rooms.keep(room)
    if value == HOUSE:
        return Reply(turn.say("Hier gilt wieder die Ruhezeit des Hauses."))
    return Reply(turn.say("Ruhe: {hours}").format(hours=_hours(turn, quiet)))


async def _find(turn: Turn) -> Room | None:
    place = turn.message.conversation
    return await turn.uow.rooms.find(place.platform, place.id)


async def _found_or_new(turn: Turn) -> Room:
    place = turn.message.conversation
    return await _find(turn) or Room(platform=place.platform, conversation_id=place.id)


def _check_open(turn: Turn) -> None:
    """Refuse what cannot be changed in a confidential room; raises `UserError`."""
    if turn.rules.is_confidential:
        raise UserError(turn.say("Dieser Raum ist vertraulich. Das lässt sich hier nicht ändern."))


def _check_no_round(turn: Turn) -> None:
    """Refuse any change in the room of a consultation, which is ours and is closed in the end; raises `UserError`."""
    if turn.rules.answer_mode == AnswerMode.CONSULTATION:
        raise UserError(turn.say("Hier läuft eine kollegiale Beratung. An diesem Raum lässt sich nichts ändern."))


# in words

_WORDS: dict[str, str] = {
    Audience.STAFF: "alle",
    Audience.SUPPORTERS: "nur",
    AnswerMode.MENTIONS: "nennt",
    AnswerMode.QUESTIONS: "jede",
    AnswerMode.OFF: "nicht",
}


def _in_german(turn: Turn, audience: Audience) -> str:
    return turn.say("nur Lots:innen") if audience == Audience.SUPPORTERS else turn.say("alle Beschäftigten")


def _shown(form: AddressForm) -> str:
    return "Sie" if form is AddressForm.SIE else "du"


def _when(turn: Turn, mode: AnswerMode) -> str:
    match mode:
        case AnswerMode.MENTIONS:
            return turn.say("wenn mich jemand nennt")
        case AnswerMode.QUESTIONS:
            return turn.say("auf jede Frage, wenn ich sicher bin")
        case AnswerMode.OFF:
            return turn.say("gar nicht")
        case AnswerMode.CONSULTATION:
            return turn.say("auf das, was zur Beratung gehört")


def _hours(turn: Turn, quiet: Quiet | None) -> str:
    if quiet is None:
        return turn.say("keine")
    return turn.say("{begin} bis {end} Uhr").format(begin=f"{quiet.begin:%H:%M}", end=f"{quiet.end:%H:%M}")
