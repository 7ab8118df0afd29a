"""Says what the bot can do, and answers greetings and thanks."""

from collections.abc import Sequence

from bot.commands import plain_words
from bot.messages import Action, Choice, Kind, Offer, Reply
from bot.turn import Services, Turn
from handlers.ask import chosen
from handlers.pages import page
from storage.models.questions import PendingOffer

HELP = "help"  # topic of the offer below
LISTED = 8
LONGEST_THANKS = 8  # words
NOTHING = frozenset(("nein", "abbrechen", "abbruch", "doch nicht", "lieber nicht", "stopp", "stop", "vergiss es"))
"""Out of the blue, no answer to anything."""

_THANKS = frozenset(("danke", "dank", "dankeschön", "merci"))
_AROUND_THANKS = _THANKS | frozenset(
    (
        *("vielen", "besten", "herzlichen", "lieben", "tausend", "dir", "euch", "ihnen", "sehr", "schön", "nochmal"),
        *("für", "die", "den", "das", "hilfe", "antwort", "auskunft", "info", "tipp", "schnelle", "rasche", "gute"),
        *(
            "ok",
            "okay",
            "super",
            "prima",
            "perfekt",
            "gut",
            "klar",
            "alles",
            "hat",
            "geholfen",
            "geklappt",
            "mir",
            "uns",
        ),
        *("reicht", "passt", "so", "schon", "erstmal", "jetzt", "es", "war", "wars", "s", "ja", "ah", "ach", "na"),
    )
)


async def explain(turn: Turn, services: Services) -> Sequence[Action]:
    """Say in a few lines what can be asked."""
    text = turn.say(
        "Ich bin Lotsenfunk, ein Programm. Stell mir eine Frage in einem Satz. Ich antworte nur mit Texten, die "
        "Menschen geschrieben und geprüft haben. Weiß ich etwas nicht, sage ich das."
    )
    return [_list(turn, services, text, 0)]


async def read_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Say what else can be asked."""
    return [_list(turn, services, turn.say("Was ich noch kann:"), int(chosen(turn)["after"]))]


def _list(turn: Turn, services: Services, heading: str, after: int) -> Reply:
    lines = [
        f"- **{command.name}**: {turn.say(command.summary)}"
        for command in services.commands
        if command.summary and command.role <= turn.role
    ]
    shown = page(lines, after, most=LISTED)
    end = after + len(shown)
    more = Offer(HELP, (Choice("mehr", turn.say("mehr"), {"after": str(end)}),)) if end < len(lines) else None
    return Reply("\n".join((heading + "\n", *shown)), more)


def is_thanks(text: str) -> bool:
    """Whether somebody says thanks in a few words and nothing else; what else they say may be a question, or worse."""
    words = plain_words(text).split()
    return bool(_THANKS.intersection(words)) and len(words) <= LONGEST_THANKS and _AROUND_THANKS.issuperset(words)


async def greet(turn: Turn, services: Services) -> Sequence[Action]:
    """Answer a greeting."""
    return [Reply(turn.say("Hallo, ich bin Lotsenfunk. Was möchtest du wissen? „hilfe“ zeigt, was ich kann."))]


async def take_thanks(turn: Turn, services: Services) -> Sequence[Action]:
    """Answer thanks in a direct chat; stay quiet where others would have to read it."""
    return [Reply(turn.say("Gern."))] if turn.message.conversation.is_direct else []


async def take_bare_choice(turn: Turn, services: Services) -> Sequence[Action]:
    """Answer a number or word that takes up no offer; in a thread it was most likely said to somebody else."""
    if turn.message.is_follow_up:
        return []
    if plain_words(turn.message.text) in NOTHING:
        return [Reply(turn.say("Gut, es bleibt alles, wie es ist."))]
    # What was sent takes up a choice; what is made of it later does not.
    newest = await newest_offer(turn) if turn.message.kind is not Kind.EDIT else None
    if newest is not None and newest.choices:
        return [ask_for_number(turn, newest)]
    return [Reply(turn.say("Gerade steht nichts zur Auswahl. Schreib mir einfach deine Frage."))]


async def newest_offer(turn: Turn) -> PendingOffer | None:
    """What was offered last here, of what the sender has seen."""
    here = turn.message.conversation
    offers = await turn.uow.questions.offers_to(here.platform, here.id, turn.message.sender.id)
    unseen = await turn.uow.mailbox.held([offer.message_key for offer in offers]) if offers else ()
    seen = (offer for offer in offers if offer.message_key not in unseen)
    return next((one for one in seen if turn.message.thread in (None, one.thread)), None)


def ask_for_number(turn: Turn, offer: PendingOffer) -> Reply:
    """Say which numbers stand before the choices of an offer."""
    count = len(offer.choices)
    numbers = {1: "1", 2: turn.say("1 oder 2")}.get(count) or turn.say("1 bis {count}").format(count=count)
    return Reply(turn.say("Schreib mir bitte eine Zahl: {numbers}.").format(numbers=numbers))
