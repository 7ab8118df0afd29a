"""The questions of the intake of a case: each one, what somebody means who answers in own words, and the next one."""

import re
from collections.abc import Iterator

from bot.commands import plain_words
from bot.errors import UserError
from bot.messages import Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers.peer_consultation import case_asides, own_case
from handlers.peer_consultation.own_case import CASE, NO, YES, Data, has_time
from knowledge import case_titles, screening
from knowledge.consultation_sentences import LONGEST, read_case
from storage.models.peer_consultation import Mode

FIELDS = ("title", "mode", "wished", "vetoed", "relay", "urgent")
"""In the order in which they are asked for."""
WORDS = {
    "title": "titel",
    "mode": "art",
    "wished": "zeit",
    "vetoed": "personen",
    "relay": "plattform",
    "urgent": "eile",
}
"""How people name them."""
LONGEST_WISH = 60
_CHANGED_MODE = re.compile(
    r"(?:(?:doch|lieber|dann|nein|bitte|es|soll|sein) )*(?P<mode>live|schriftlich)(?: bitte| lieber)?"
)
_CHANGED_FIELD = re.compile(
    rf"(?:(?:doch|bitte|den|die|das) )*(?P<field>{'|'.join(WORDS.values())}) (?:bitte )?(?:ändern|anpassen|neu)"
)
_TIME = re.compile(
    r"\d|\b(?:mo|di|mi|do|fr|ab|bis|nach|vor|früh|spät|bald|immer|jederzeit|flexibel|anfang|mitte|ende)\b"
    r"|tag|mittwoch|mittag|morgen|abend|uhr\b|woche|monat|ferien|urlaub|später|früher|januar|februar|märz|april|mai\b"
    r"|juni|juli|august|september|oktober|november|dezember"
)
_EITHER = re.compile(
    r"\b(?:egal|wei(?:ß|ss) (?:ich )?(?:noch )?nicht|beides|keine ahnung|passt(?: so)?|ist mir gleich"
    r"|(?:wann|wie|was) (?:es|ihr|euch|sie|ihnen|du|dir|immer|die anderen))\b"
)
_YEA = re.compile(r"\b(?:ja|jo|gern|gerne|klar|dürfen|eilt|dringend|ok|okay|bitte)\b")
_NAY = re.compile(r"\b(?:nein|nö|nee|nicht|lieber ohne|kein\w*)\b")


async def ask_next(turn: Turn, data: Data) -> Reply:
    """Ask for what is not known yet, else show it all."""
    needed = [name for name in FIELDS if name not in data]
    if "wished" in needed and not has_time(data):
        needed.remove("wished")
    if needed[:1] == ["relay"] and not await own_case.has_platforms(turn):
        needed.remove("relay")
    return await ask(turn, data, next(iter(needed), "case"))


async def ask(turn: Turn, data: Data, name: str) -> Reply:
    """Ask for a field, for which one shall be another, or whether all of it is right."""
    match name:
        case "title":
            return _ask_title(turn, data)
        case "mode":
            return _ask_mode(turn, data)
        case "wished":
            return _ask_wish(turn, data)
        case "vetoed":
            return _ask_vetoes(turn, data)
        case "relay":
            return _ask_relay(turn, data)
        case "urgent":
            return _ask_urgent(turn, data)
        case "field":
            return ask_field(turn, data)
    return await own_case.shown(turn, data)


def offer(turn: Turn, data: Data, name: str, *choices: Choice) -> Offer:
    """What a question offers: its choices, and to leave it; a text is an answer, too."""
    stop = Choice("abbrechen", turn.say("abbrechen"), {"do": "stop", **own_case.joined_round(data)})
    return Offer(CASE, (*choices, stop), asks={**data, "do": name})


def _answer(word: str, label: str, data: Data, **more: str) -> Choice:
    return Choice(word, label, {"do": "next", **data, **more})


# the title


def _ask_title(turn: Turn, data: Data) -> Reply:
    text = turn.say(
        "Unter welchem Titel? Ein paar neutrale Worte genügen, zum Beispiel „Umgang mit Widerstand im Team“. "
        "Den Fall selbst erzählst du erst in der Runde."
    )
    return Reply(text, offer(turn, data, "title"))


def refuse_story(turn: Turn, data: Data) -> Reply:
    """What to say to whoever begins to tell the case: nothing of it is kept."""
    text = turn.say(
        "Das klingt schon nach dem Fall selbst. Er gehört in die Runde, ich behalte hier nichts davon. "
        "Als Titel genügen ein paar Worte, zum Beispiel „Umgang mit Widerstand im Team“."
    )
    return Reply(text, offer(turn, data, "title"))


async def take_title(turn: Turn, services: Services, data: Data, said: str) -> Reply:
    """Take a title that tells of nobody, else propose one; raises `UserError` for one without words."""
    if len(said) > LONGEST:
        return refuse_story(turn, data)
    if not any(map(str.isalpha, said)):
        raise UserError(turn.say("Schreib mir den Titel bitte in ein paar Worten."))
    if (begun := read_case(said)) is not None and begun.title:
        said = begun.title
    if not case_asides.may_be_title(said):
        return _refuse_sentence(turn, data)
    checked = case_titles.check(said, services.house.departments)
    if checked.is_neutral:
        return await ask_next(turn, {**data, "title": checked.title})
    # The title as it was written goes nowhere: only the proposal waits for an answer.
    text = turn.say("Mein Vorschlag: „{title}“. Du kannst mir auch einen anderen schreiben.")
    take = _answer("nehmen", turn.say("so nehmen"), data, title=checked.proposal)
    told = f"{_why_not(turn, checked)} {text.format(title=checked.proposal)}"
    return Reply(told, offer(turn, data, "title", take))


def _refuse_sentence(turn: Turn, data: Data) -> Reply:
    text = turn.say(
        "Das klingt noch nicht nach einem Titel. Zwei, drei neutrale Worte genügen, zum Beispiel „Umgang mit "
        "Widerstand im Team“."
    )
    return Reply(text, offer(turn, data, "title"))


def _why_not(turn: Turn, checked: case_titles.CheckedTitle) -> str:
    if not checked.found:
        return turn.say("Der Titel ist recht lang.")
    told = ", ".join(f"„{words}“ ({telling})" for telling, words in checked.found[:3])
    return turn.say("Der Titel soll niemanden verraten. Darin steht vielleicht: {found}.").format(found=told)


# how and when, and with whom


def _ask_mode(turn: Turn, data: Data) -> Reply:
    choices = (
        _answer("live", turn.say("live, zu einer gemeinsamen Zeit"), data, mode=str(Mode.LIVE)),
        _answer("schriftlich", turn.say("schriftlich, über etwa zwölf Arbeitstage"), data, mode=str(Mode.WRITTEN)),
    )
    return Reply(turn.say("Live oder schriftlich?"), offer(turn, data, "mode", *choices))


def _ask_wish(turn: Turn, data: Data) -> Reply:
    text = turn.say("Wann würde es dir passen? Zum Beispiel „vormittags“ oder „KW 50, nicht freitags“.")
    return Reply(text, offer(turn, data, "wished", _answer("egal", turn.say("egal"), data, wished="")))


def _ask_vetoes(turn: Turn, data: Data) -> Reply:
    text = turn.say(
        "Wer soll nicht dabei sein? Das erfährt niemand, und du brauchst keinen Grund. Auch wen der Fall selbst "
        "betrifft, gehört dazu. Mehrere Namen mit Komma, sonst „niemand“."
    )
    return Reply(text, offer(turn, data, "vetoed", nobody(turn, data)))


def nobody(turn: Turn, data: Data) -> Choice:
    """Nobody, or nobody else: whom we know already stays."""
    if "sure" in data:
        return Choice("ohne", turn.say("ohne diese Person weiter"), {**data, "do": "named"})
    return _answer("niemand", turn.say("niemand"), data, vetoed="")


def _ask_relay(turn: Turn, data: Data) -> Reply:
    text = turn.say(
        "Dürfen auch Lots:innen von der anderen Plattform mitmachen? "
        "Ich reiche dann weiter, was gesagt wird, und lösche es am Ende."
    )
    return Reply(text, offer(turn, data, "relay", *_yes_or_no(turn, data, "relay")))


def _ask_urgent(turn: Turn, data: Data) -> Reply:
    text = turn.say("Eilt es? Dann kommt dein Fall vor denen dran, die schon länger warten.")
    return Reply(text, offer(turn, data, "urgent", *_yes_or_no(turn, data, "urgent")))


def _yes_or_no(turn: Turn, data: Data, name: str) -> Iterator[Choice]:
    yield _answer("ja", turn.say("ja"), data, **{name: YES})
    yield _answer("nein", turn.say("nein"), data, **{name: NO})


def ask_field(turn: Turn, data: Data) -> Reply:
    """Ask which field shall be another."""
    labels = {
        "title": turn.say("Titel"),
        "mode": turn.say("live oder schriftlich"),
        "wished": turn.say("Zeit"),
        "vetoed": turn.say("wer nicht dabei sein soll"),
        "relay": turn.say("andere Plattform"),
        "urgent": turn.say("ob es eilt"),
    }
    choices = [
        Choice(WORDS[name], label, {**_changed(data), "do": "again", "again": name})
        for name, label in labels.items()
        if name in data and (name != "wished" or has_time(data))
    ]
    return Reply(turn.say("Was soll anders sein?"), offer(turn, data, "field", *choices))


def _changed(data: Data) -> Data:
    """What is known of a case that is changed: of a kept one, only a yes keeps it so."""
    return {**data, "changed": YES} if "case" in data else data


async def change(turn: Turn, data: Data) -> Reply | None:
    """Change what somebody names in words of their own, „titel ändern“, „doch lieber live“; None for nothing."""
    said = plain_words(turn.text)
    if found := _CHANGED_MODE.fullmatch(said):
        mode = Mode.LIVE if found["mode"] == "live" else Mode.WRITTEN
        return await ask_next(turn, {**_changed(data), "mode": str(mode)})
    found = _CHANGED_FIELD.fullmatch(said)
    name = next((name for name, word in WORDS.items() if found and found["field"] == word and name in data), None)
    if name is None or (name == "wished" and not has_time(data)):
        return None
    return await ask_next(turn, {field: value for field, value in _changed(data).items() if field != name})


# answers in words


def read_answer(turn: Turn, name: str) -> str:
    """What somebody means who answers in words of their own; raises `UserError`. Who does not mind has the usual."""
    match name:
        case "wished":
            return _read_wish(turn)
        case "mode":
            return _read_mode(turn)
    said = turn.text.casefold()
    if _NAY.search(said) or _EITHER.search(said):
        return NO
    if _YEA.search(said):
        return YES
    raise UserError(turn.say("Schreib bitte „ja“ oder „nein“. „abbrechen“ lässt es sein."))


def _read_wish(turn: Turn) -> str:
    said = " ".join(turn.text.split())
    has_words = _TIME.search(said.casefold()) is not None
    if not has_words and _EITHER.search(said.casefold()):
        return ""
    if not has_words or len(said) > LONGEST_WISH or not screening.screen(said).is_clean:
        raise UserError(turn.say("Mir genügt eine Zeit in wenigen Worten, zum Beispiel „dienstags vormittags“."))
    return said


def _read_mode(turn: Turn) -> str:
    said = turn.text.casefold()
    modes = {Mode.WRITTEN: "schrift", Mode.LIVE: "live"}
    meant = [str(mode) for mode, word in modes.items() if word in said]
    if len(meant) == 1:
        return meant[0]
    if not meant and _EITHER.search(said):
        return str(Mode.LIVE)
    raise UserError(turn.say("Schreib bitte „live“ oder „schriftlich“. „abbrechen“ lässt es sein."))
