"""Explains peer consultation to those who are new to it: how it runs, who reads along, and that listening is enough."""

import re
from collections.abc import Sequence

from bot.commands import Command
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import ask
from handlers.ask import chosen
from handlers.peer_consultation import formats, joining, rounds
from storage.models.questions import PendingOffer

EXPLAINED = "consultation_explained"  # topic of the offers below
COMMAND = Command(
    "beratung erklären",
    (
        "hilfe beratung",
        "hilfe zur beratung",
        "beratung hilfe",
        "kollegiale beratung erklären",
        "fallberatung erklären",
    ),
    "Wie kollegiale Beratung abläuft, wer mitliest und was gelöscht wird.",
    role=Role.SUPPORTER,
)
_IT = r"(?:das|da|(?:(?:die|eine|der|einer) )?(?:kollegiale[rn]? )?(?:fall)?beratung)"
_SO = r"(?:(?:und|was|denn|da|dann|eigentlich|so|auch|überhaupt|doch|noch) )*"
_HOW = "runs"
_PARTS = {
    "join": rf"(?:kann|darf) ich {_SO}(?:mit ?mach\w*|dabei sein)|mit ?machn|wie (?:melde ich mich|kann ich mich) {_SO}"
    rf"an(?:melden)?|wie kann ich {_SO}(?:mit ?mach\w*|dabei sein)|ich (?:will|möchte|würde)(?: gern\w*)? da mitmachen",
    _HOW: rf"{_SO}wie (?:läuft|geht|funktioniert) {_SO}{_IT}(?: {_SO}ab)?|{_SO}wie lange (?:dauert|geht) {_SO}{_IT}"
    rf"|{_SO}(?:muss|soll) ich (?:mich )?{_SO}(?:für {_IT} )?{_SO}(?:was |etwas )?(?:darauf )?vorbereiten"
    r"|wer macht da (?:alles )?mit",
    "privacy": rf"{_SO}wer (?:liest|hört|kann) {_SO}(?:(?:bei|in) {_IT} )?(?:mit|mitlesen|das lesen|das sehen)"
    rf"|(?:kann|darf|liest|sieht) (?:mein\w*|der|die) (?:chef\w*|vorgesetzte\w*|leitung|führungskraft) {_SO}"
    rf"(?:(?:das|{_IT}) )?(?:sehen|lesen|mitlesen|mit)?|ist (?:das|{_IT}) (?:vertraulich|anonym)"
    rf"|was (?:passiert|geschieht) {_SO}mit (?:meinen|den) daten",
    "moderation": rf"was (?:macht|tut) {_SO}(?:die )?moder(?:ation|ator\w*)"
    rf"|was muss ich {_SO}als moder\w+ {_SO}(?:machen|tun|können)|ich habe? noch nie moderiert"
    r"|ich kann (?:gar )?nicht moderieren",
    "formats": rf"(?:welche|was für) (?:abläufe|ablaufformen|methoden|formen) (?:gibt es|habt ihr|kennst du){_SO}"
    r"(?: da)?",
    "question": r"was ist (?:denn )?(?:eine|die) schlüsselfrage",
    "shy": r"ich trau\w? mich nicht(?: so(?: recht)?| recht| mitzumachen)?"
    r"|(?:muss|soll) ich (?:da )?(?:was|etwas) sagen|muss ich (?:da )?(?:reden|mitreden)"
    r"|(?:kann|darf|reicht es,? wenn) ich (?:auch |da )?(?:einfach )?(?:nur )?zuhöre\w?"
    r"|ich (?:möchte|will|würde) (?:lieber |erst ?mal )?(?:nur )?zuhören|ich bin (?:eher |so )?schüchtern"
    r"|ich rede nicht (?:so )?gern\w?(?: vor anderen)?|ich habe? (?:sowas|das) noch nie gemacht",
    "case": r"(?:muss|soll|brauche) ich (?:da )?(?:einen|nen) (?:eigenen )?fall(?: mitbringen| haben)?"
    r"|ich habe? (?:gar |noch |gerade )?keinen fall|mir fällt (?:gar )?(?:nichts|kein fall) ein",
    "happened": r".{3,150}\bkann ich (?:das|es|so ?was|so etwas) (?:da |dort )?(?:ein|mit)bringen",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _PARTS.items()}
_NAMED = re.compile(r"\b(?:kollegiale\w*|fall)?\s?beratung\b")


def is_about(text: str) -> bool:
    """Whether words may ask how peer consultation goes."""
    return _part(text) is not None


def _part(text: str) -> str | None:
    said = " ".join(text.casefold().split()).strip(" .!?")
    said = re.sub(r"\bhab\b", "habe", said)
    return next((name for name, pattern in _PATTERNS.items() if pattern.fullmatch(said)), None)


async def explain(turn: Turn, services: Services) -> Sequence[Action]:
    """„beratung erklären“."""
    return [_told(turn, _HOW)]


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """„wie läuft das ab“, „wer liest mit“: ours when it names the consultation, or its sender just heard of one."""
    part = _part(turn.text)
    is_ours = part is not None and turn.role >= Role.SUPPORTER and not services.sensitivity.by_words(turn.text)
    if not is_ours or not (_NAMED.search(turn.text.casefold()) or await _has_heard(turn) or part == "happened"):
        return await joining.about_jour_fixe(turn, services)
    match part:
        case "happened" if await _is_urgent(turn, services):
            return await joining.about_jour_fixe(turn, services)
        case "join":
            return await joining.show(turn, services)
        case "formats":
            return await formats.show_all(turn, services)
    return [_told(turn, part or _HOW)]


async def _is_urgent(turn: Turn, services: Services) -> bool:
    """Whether what happened to somebody may be a crisis."""
    findings = await services.search.find(turn.text, turn.sees)
    topic = services.sensitivity.recognise(findings.vector, turn.text)
    return topic is not None and topic.is_urgent


async def choose(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on to what was chosen below an explanation."""
    part = chosen(turn)["part"]
    return await formats.show_all(turn, services) if part == "formats" else [_told(turn, part)]


async def _has_heard(turn: Turn) -> bool:
    """Whether what was offered last here is about a consultation, or the sender takes part in one."""
    here, account = turn.message.conversation, turn.message.sender
    offers = await turn.uow.questions.offers_to(here.platform, here.id, account.id)
    if offers and _is_about_consultation(offers[0]):
        return True
    if not here.is_direct or turn.is_confidential:
        return False
    person = await rounds.sender(turn)
    return await joining.takes_part(turn) or bool(await turn.uow.consultations.of_person(person.id or 0))


def _is_about_consultation(offer: PendingOffer) -> bool:
    """A call, one of our explanations, or an answer to a question that names it."""
    asked = [str(choice.get("data", {}).get("question", "")) for choice in offer.choices]
    is_answer = offer.topic in (ask.ANSWER, ask.CHOICE)
    named = is_answer and any(_NAMED.search(f"{one} {offer.text or ''}".casefold()) for one in asked)
    return named or offer.topic in (rounds.ROUND, EXPLAINED, formats.FORMAT)


def _told(turn: Turn, part: str) -> Reply:
    labels = {
        _HOW: turn.say("wie es abläuft"),
        "moderation": turn.say("was die Moderation macht"),
        "formats": turn.say("welche Abläufe es gibt"),
        "privacy": turn.say("wer mitliest und was gelöscht wird"),
    }
    others = [(name, label) for name, label in labels.items() if name != part][:3]
    choices = tuple(Choice(str(place), label, {"part": name}) for place, (name, label) in enumerate(others, 1))
    return Reply(_text(turn, part), Offer(EXPLAINED, choices))


def _text(turn: Turn, part: str) -> str:
    match part:
        case "privacy":
            return turn.say(
                "Lesen kann es nur, wer mit dir in der Gruppe ist, und ich. Vorgesetzte beraten nicht mit den eigenen "
                "Leuten. Alle versprechen zu Beginn, dass nichts hinausgeht. Kurz nach dem Ende lösche ich, was ich "
                "geschrieben habe, und behalte nichts davon. Namen gehören nicht in den Fall. "
                "Fachleute der IT könnten einen Chat technisch einsehen."
            )
        case "moderation":
            return turn.say(
                "Noch nie moderiert? Das macht nichts. Ich sage jede Phase an und achte auf die Zeit. Wer moderiert, "
                "schreibt „weiter“ und achtet darauf, dass alle drankommen."
            )
        case "question":
            return turn.say(
                "Die Schlüsselfrage sagt in einem Satz, wozu jemand Rat möchte. Es geht um das eigene Handeln, "
                "zum Beispiel: „Wie spreche ich das im Team an?“"
            )
        case "shy":
            return turn.say(
                "Das geht vielen so. Dabei sein heißt nicht reden müssen: In der Runde genügt auch Zuhören. "
                "„beratungen“ zeigt, was ansteht."
            )
        case "case":
            return turn.say(
                "Einen eigenen Fall brauchst du nicht: Du kannst auch nur mitberaten. In einer Troika kommen alle "
                "dran, dort genügt ein kleines Thema aus der Arbeit."
            )
        case "happened":
            return turn.say(
                "Ja, wenn du Rat für dein eigenes Handeln suchst: „ich habe einen Fall“. Erzählt wird er erst in der "
                "Runde. Ist dir Unrecht geschehen, helfen vertraulich der Personalrat und die "
                "Gleichstellungsbeauftragte. Gespeichert habe ich nichts."
            )
    return turn.say(
        "**Kollegiale Beratung:** Einige Lots:innen beraten einen Fall aus der Arbeit. Du meldest dich an, ich bilde "
        "Gruppen und suche mit euch einen Termin. Dann sage ich jede Phase an. Das dauert meist 30 bis 90 Minuten, "
        "schriftlich etwa zwölf Arbeitstage. Vorbereiten musst du nichts. Mit dir liest nur deine Gruppe, "
        "keine eigenen Vorgesetzten. Nach dem Ende lösche ich, was ich geschrieben habe."
    )
