"""The fixed items of each agenda of a series: „vorlage“ shows and changes them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import ask
from handlers.ask import chosen, shortened
from handlers.jour_fixe.appointments import check_coordinator, check_supporter
from knowledge.topic_sentences import GOALS
from storage.models.agenda import Goal
from storage.models.jour_fixe import JourFixe

TEMPLATE = "jour_fixe_template"  # topic of the offers below
LONGEST_TITLE = 60
MOST = 12
MOST_CHOICES = 8
SHORTEST_REST = 5
"""Minutes that have to be left for topics."""
TOPICS = "Themen"
_GAP = re.compile(r"(?:…|\.\.\.|themen)\.?", re.IGNORECASE)
_ITEM = re.compile(
    r"(?P<title>.*?\w.*?)\s*(?:[:–]\s*|\s)(?P<minutes>-?\d{1,4})\s*(?:min\w*\.?)?\s*(?P<goal>[^\d]*)", re.IGNORECASE
)
_AT_THE_END = ("aufgaben", "abschluss", "ausblick", "feedback")


def usual(minutes: int) -> Sequence[dict[str, Any]]:
    """The fixed items of a new series; a short one has fewer."""
    items = [
        _item("Ankommen", 5, Goal.INFO),
        _item("Infos von oben", 10, Goal.INFO),
        _item("Aufgaben", 10, Goal.INFO, is_last=True),
        _item("Abschluss", 5, Goal.INFO, is_last=True),
    ]
    while sum(item["minutes"] for item in items) > minutes - SHORTEST_REST and items:
        items.pop(1 if len(items) > 2 else 0)
    return items


def _item(title: str, minutes: int, goal: Goal, *, is_last: bool = False) -> dict[str, Any]:
    return {"title": title, "minutes": minutes, "goal": goal.value, "is_last": is_last}


async def show_or_change(turn: Turn, services: Services) -> Sequence[Action]:
    """„vorlage“, or „vorlage: Ankommen 5, Infos von oben 10, Themen, Aufgaben 10, Abschluss 5“."""
    if turn.role < Role.SUPPORTER:
        return await ask.ask(replace(turn, text=turn.message.text), services)  # staff looks for a form
    check_supporter(turn)
    found = await turn.uow.jour_fixe.all(turn.today)
    if not found:
        raise UserError(turn.say("Noch ist kein Jour fixe geplant. Das macht die Koordination mit „jour fixe“."))
    if not turn.text:
        return [Reply("\n\n".join([*(_shown(turn, one) for one in found), _how(turn)]))]
    check_coordinator(turn)
    if len(found) == 1:
        return [await _change(turn, found[0], turn.text)]
    choices = [
        Choice(str(place), one.title, {"series": str(one.id), "text": turn.text})
        for place, one in enumerate(found[:MOST_CHOICES], start=1)
    ]
    choices.append(Choice("abbrechen", turn.say("abbrechen"), {"do": "stop"}))
    return [Reply(turn.say("Für welchen Jour fixe?"), Offer(TEMPLATE, tuple(choices)))]


async def choose(turn: Turn, services: Services) -> Sequence[Action]:
    """Change the template of the series that was chosen."""
    data = chosen(turn)
    if data.get("do") == "stop":
        return [Reply(turn.say("Gut, ich habe nichts geändert."))]
    check_coordinator(turn)
    one = await turn.uow.jour_fixe.get(int(data["series"]))
    if one is None:
        return [Reply(turn.say("Diesen Jour fixe gibt es nicht mehr."))]
    return [await _change(turn, one, data["text"])]


async def _change(turn: Turn, one: JourFixe, text: str) -> Reply:
    one.template = [*_read(turn, one, text)]
    one.revision += 1
    kept = turn.say("Gespeichert. Das gilt ab der nächsten Tagesordnung.")
    return Reply(f"{kept}\n\n{_shown(turn, one)}")


def _read(turn: Turn, one: JourFixe, text: str) -> Sequence[dict[str, Any]]:
    """The items that were written; raises `UserError`."""
    parts = [part.strip() for part in re.split(r"[,;\n]", text) if part.strip(" .…") or "…" in part or "..." in part]
    gap = next((place for place, part in enumerate(parts) if _GAP.fullmatch(part)), None)
    items = []
    for place, part in enumerate(parts):
        if _GAP.fullmatch(part):
            continue
        found = _ITEM.fullmatch(part)
        if found is None or not 1 <= int(found["minutes"]) <= one.minutes:
            text = turn.say("„{part}“ verstehe ich nicht. Schreib Punkt und Minuten, zum Beispiel „Ankommen 5“.")
            raise UserError(text.format(part=shortened(part, 60)))
        title = " ".join(found["title"].split())[:LONGEST_TITLE]
        is_last = place > gap if gap is not None else title.casefold().startswith(_AT_THE_END)
        items.append(_item(title, int(found["minutes"]), _goal(found["goal"]), is_last=is_last))
    if not items or len(items) > MOST:
        raise UserError(turn.say("Eine Vorlage hat 1 bis {most} Punkte.").format(most=MOST))
    total = sum(item["minutes"] for item in items)
    if total > one.minutes - SHORTEST_REST:
        text = turn.say("Das sind {total} von {minutes} Minuten. Für Themen bleibt zu wenig, bitte kürzen.")
        raise UserError(text.format(total=total, minutes=one.minutes))
    return [*(item for item in items if not item["is_last"]), *(item for item in items if item["is_last"])]


def _goal(word: str) -> Goal:
    plain = word.casefold().strip(" .,()")
    return next((goal for goal, label in GOALS.items() if plain and label.casefold().startswith(plain)), Goal.INFO)


def _shown(turn: Turn, one: JourFixe) -> str:
    first = [item for item in one.template if not item.get("is_last")]
    last = [item for item in one.template if item.get("is_last")]
    left = one.minutes - sum(int(item["minutes"]) for item in one.template)
    rest = turn.say("Themen, {left} Minuten").format(left=left)
    lines = [*map(_line, first), rest, *map(_line, last)]
    head = turn.say("Vorlage, {title}:").format(title=one.title)
    return "\n".join((head, "", *(f"{place}. {line}" for place, line in enumerate(lines, start=1))))


def _line(item: Mapping[str, Any]) -> str:
    return f"{item['title']}, {item['minutes']} Minuten"


def _how(turn: Turn) -> str:
    return turn.say("So änderst du sie: „vorlage: Ankommen 5, Infos von oben 10, Themen, Abschluss 5“.")
