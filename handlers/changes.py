"""What an entry becomes with a new text for one of its fields, and why some texts do not do."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from bot.errors import UserError
from bot.language import in_words
from bot.turn import Turn
from handlers.ask import LONGEST_NAME
from handlers.dates import day_said
from knowledge.formats import fields
from knowledge.formats.fields import LABELS
from knowledge.screening import Kind
from storage.models.knowledge import EntryContent, KnowledgeEntry, State

LONGEST = {**fields.LONGEST, "tags": 500, "sources": 1_000, "owner": LONGEST_NAME}
FURTHEST = timedelta(days=3653)
CHECKED_FOR = relativedelta(months=6)
"""An answer holds for so long, unless somebody says otherwise."""
ANSWERS = ("answer", "variants")
NEW_ANSWER = "fassung/"
"""Begins the id of a draft that is a new answer to an entry."""
REPLACED = ("answer", "owner", "sources", "valid_until")
"""What such a draft gives to that entry."""
CLEARED = ("tags", "sources", "owner", "valid_until")
"""What may be left empty."""


def is_readable(text: str) -> bool:
    """Whether there is anything to read in a text: it may be made of signs that nobody sees."""
    return any(map(str.isalnum, text))


def cleaned(text: str) -> str:
    """The text without what no file and no database may hold."""
    return fields.FORBIDDEN.sub("", fields.tidy(text))


def taken_out(turn: Turn, text: str) -> Sequence[str]:
    """Says which personal data was replaced in a text; nothing if there was none."""
    removed = [kind.placeholder.strip("[]") for kind in Kind if kind.placeholder in text]
    warning = turn.say("Ersetzt habe ich: {removed}. Bitte prüfen, ob noch jemand zu erkennen ist.")
    return [warning.format(removed=", ".join(removed))] if removed else []


def target_of(draft: KnowledgeEntry) -> str | None:
    """The id of the entry to which a draft is a new answer."""
    is_answer = draft.state == State.DRAFT and draft.id.startswith(NEW_ANSWER)
    return draft.id.removeprefix(NEW_ANSWER).rpartition("/")[0] if is_answer else None


def changed(turn: Turn, old: EntryContent, data: Mapping[str, str]) -> EntryContent:
    """The content with a new text; raises `UserError` with what is wrong with that.

    `data` holds the name of the field, the `text` as it was typed, and for a variant its `department`.
    """
    field, text = data["field"], data["text"]
    if field == "variants":
        others = {name: answer for name, answer in old.variants.items() if name != data["department"] or text}
        value: object = others | ({data["department"]: _parsed(turn, "answer", text)} if text else {})
    else:
        value = _parsed(turn, field, text)
    return old.model_copy(update={field: value} | (_checked_today(turn, old) if field in ANSWERS else {}))


def _checked_today(turn: Turn, old: EntryContent) -> dict[str, object]:
    """Who writes an approved answer anew has checked it."""
    if old.state != State.APPROVED:
        return {}
    has_run_out = old.valid_until is not None and old.valid_until <= turn.today
    return {"checked_on": turn.today, "valid_until": turn.today + CHECKED_FOR if has_run_out else old.valid_until}


def _parsed(turn: Turn, field: str, text: str) -> object:
    if field == "valid_until":
        return _day(turn, text)
    if field != "answer":
        text = " ".join(text.split())
    try:
        value = fields.parse(field, text)
    except ValueError as error:
        raise UserError(turn.say("„{field}“ {error}.").format(field=LABELS[field], error=error)) from error
    if not is_readable(text) and (text or field not in CLEARED):
        raise UserError(turn.say("Da fehlt noch ein Text. Schreib ihn mir bitte noch einmal."))
    if len(text) > LONGEST.get(field, len(text)):
        sentence = turn.say("Der Text hat {count} Zeichen, erlaubt sind {limit}. Schreib ihn bitte kürzer.")
        raise UserError(sentence.format(count=len(text), limit=LONGEST[field]))
    return [item for item in value if is_readable(item)] if isinstance(value, list) else value


def _day(turn: Turn, text: str) -> date | None:
    if not text:
        return None
    day = day_said(text, turn.today)
    if day is None:
        raise UserError(turn.say("Diesen Tag verstehe ich nicht. Schreib zum Beispiel „31.3.2027“ oder „Ende März“."))
    if not turn.today <= day <= turn.today + FURTHEST:
        sentence = turn.say("Der {day} geht nicht: Der Tag muss in den nächsten zehn Jahren liegen.")
        raise UserError(sentence.format(day=in_words(day)))
    return day


def value_of(content: EntryContent, data: Mapping[str, str]) -> object:
    """What stands in the field that a change is about."""
    return content.variants.get(data["department"]) if data["field"] == "variants" else getattr(content, data["field"])
