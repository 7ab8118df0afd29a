"""Changes an entry in a dialogue: what, the new text, a look at it, and only then it counts."""

from collections.abc import Mapping, Sequence

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import history, rights
from handlers.ask import LONGEST_ANSWER, LONGEST_LABEL, chosen, shortened
from handlers.changes import ANSWERS, CLEARED, REPLACED, changed, cleaned, is_readable, taken_out, target_of, value_of
from handlers.proposers import WAITING, take_over
from knowledge.formats import fields
from knowledge.formats.fields import LABELS, written
from knowledge.screening import Screened, screen
from storage.models.knowledge import EntryContent, KnowledgeEntry, Part, State, Visibility

FIELD, TEXT, SAVE = "edit_field", "edit_text", "edit_save"  # topics of the offers below
DEPARTMENTS_SHOWN = 7
RENEWING = (*ANSWERS, "valid_until")
"""What settles a report that the answer may be outdated."""
SCREENED = ("answer", "question", "tags", "sources", "variants")
MANAGED = ("visibility", "owner")
"""Once an answer is approved, only curators decide on these."""


async def change(turn: Turn, services: Services) -> Sequence[Action]:
    """„12 ändern“."""
    hint = turn.say("Welche Antwort? Schreib mir zum Beispiel „12 ändern“.")
    return await begin(turn, services, await rights.named(turn, hint))


async def begin(turn: Turn, services: Services, entry: KnowledgeEntry) -> Sequence[Action]:
    """Ask what is to be changed; raises `UserError` for whoever may not change it."""
    await rights.check_change(turn, entry)
    data = {"entry": entry.id, "revision": str(await turn.uow.knowledge.revision(entry.id))}
    offered = {field: words for field, words in _words(turn).items() if _may_decide(turn, entry, field)}
    choices = [Choice(word, label, data | {"field": field}) for field, (word, label) in offered.items()]
    text = turn.say("Was willst du an Nr. {number} ändern?").format(number=entry.number)
    return [Reply(text, Offer(FIELD, (*choices, _nothing(turn, data))))]


def _may_decide(turn: Turn, entry: KnowledgeEntry, field: str) -> bool:
    if target_of(entry) and field not in REPLACED:  # it would be lost when the draft takes its place
        return False
    return field not in MANAGED or turn.role >= Role.CURATOR or entry.state == State.DRAFT


def _words(turn: Turn) -> Mapping[str, tuple[str, str]]:
    """What may be changed: the word to type and the label to read."""
    return {
        "answer": ("antwort", turn.say("Antwort")),
        "question": ("frage", turn.say("Frage")),
        "tags": ("stichworte", turn.say("Stichworte")),
        "sources": ("quelle", turn.say("Quelle")),
        "visibility": ("sichtbar", turn.say("sichtbar für")),
        "valid_until": ("gültig", turn.say("gültig bis")),
        "variants": ("abweichung", turn.say("Abweichung für einen Fachbereich")),
        "owner": ("verantwortlich", turn.say("verantwortlich")),
    }


def _nothing(turn: Turn, data: Mapping[str, str]) -> Choice:
    return Choice("nein", turn.say("nichts ändern"), {"entry": data["entry"]})


async def choose_field(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask for the new text of what was chosen."""
    entry, data = await rights.chosen_for_change(turn), chosen(turn)
    return [_ask_for_text(turn, entry, data) if "field" in data else _unchanged(turn, entry)]


def _unchanged(turn: Turn, entry: KnowledgeEntry) -> Reply:
    return Reply(turn.say("Gut, Nr. {number} bleibt, wie sie ist.").format(number=entry.number))


def _ask_for_text(turn: Turn, entry: KnowledgeEntry, data: Mapping[str, str]) -> Reply:
    data = {key: data[key] for key in ("entry", "revision", "field", "department") if key in data}
    if data["field"] == "variants" and "department" not in data:
        return _ask_for_department(turn, entry, data)
    if data["field"] == "visibility":
        return _ask_for_circle(turn, data)
    if data["field"] == "owner" and entry.state in WAITING:
        return _ask_for_own_name(turn, data)
    present = turn.say("Bisher: {text}").format(text=shortened(_present(turn, entry.content, data), LONGEST_LABEL * 2))
    is_clearable = data["field"] in CLEARED or data.get("department", "") in entry.variants
    empty = [Choice("leer", turn.say("leer lassen"), data | {"text": ""})] if is_clearable else []
    text = f"{_request(turn, data)}\n\n{present}"
    return Reply(text, Offer(TEXT, (*_own_name(turn, data), *empty, _nothing(turn, data)), asks=data))


def _request(turn: Turn, data: Mapping[str, str]) -> str:
    match data["field"]:
        case "answer":
            return turn.say("Schreib mir die neue Antwort.")
        case "question":
            return turn.say("Schreib mir die neue Frage.")
        case "tags":
            return turn.say("Schreib mir die Stichworte, mit Komma dazwischen.")
        case "sources":
            return turn.say("Schreib mir die Quelle. Mehrere trennst du mit Strichpunkt.")
        case "valid_until":
            return turn.say("Bis wann gilt die Antwort? Zum Beispiel „31.3.2027“ oder „in 6 Monaten“.")
        case "owner":
            return turn.say("Wer steht hinter der Antwort? Bitte nur, wer damit einverstanden ist.")
    return turn.say("Schreib mir die Antwort für {department}.").format(department=data["department"])


def _own_name(turn: Turn, data: dict[str, str]) -> Sequence[Choice]:
    name = turn.message.sender.name
    return [Choice("ich", name, data | {"text": name, "is_sender": "ja"})] if data["field"] == "owner" else []


def _ask_for_own_name(turn: Turn, data: dict[str, str]) -> Reply:
    """Nobody else may put a name below an answer that is still a draft."""
    nobody = Choice("leer", turn.say("ohne Namen"), data | {"text": ""})
    text = turn.say("Soll dein Name bei der Antwort stehen?")
    return Reply(text, Offer(TEXT, (*_own_name(turn, data), nobody, _nothing(turn, data))))


def _ask_for_department(turn: Turn, entry: KnowledgeEntry, data: dict[str, str]) -> Reply:
    known = [Choice(name, name, data | {"department": name}) for name in list(entry.variants)[:DEPARTMENTS_SHOWN]]
    text = turn.say("Für welchen Fachbereich gilt etwas anderes? Schreib mir seinen Namen.")
    return Reply(text, Offer(TEXT, (*known, _nothing(turn, data)), asks=data))


def _ask_for_circle(turn: Turn, data: dict[str, str]) -> Reply:
    choices = [
        Choice(circle.value, rights.in_german(turn, circle), data | {"text": circle.value}) for circle in Visibility
    ]
    return Reply(turn.say("Wer soll die Antwort sehen?"), Offer(TEXT, (*choices, _nothing(turn, data))))


def _present(turn: Turn, content: EntryContent, data: Mapping[str, str]) -> str:
    """What stands there in words, a dash for nothing."""
    match data["field"]:
        case "variants":
            return content.variants.get(data["department"], "–")
        case "visibility":
            return rights.in_german(turn, Visibility(content.visibility))
        case "valid_until":
            return in_words(content.valid_until) if content.valid_until else "–"
        case field:
            return written(field, getattr(content, field)) or "–"


async def take_text(turn: Turn, services: Services) -> Sequence[Action]:
    """Show what an entry would become with a text; ask again with a `UserError` if it is none."""
    data = chosen(turn)
    text = cleaned(data.get("text", turn.text))
    screened = _screened(data.get("field", ""), text)  # before the database, which others wait for
    entry = await rights.chosen_for_change(turn)
    if "field" not in data:
        return [_unchanged(turn, entry)]
    if data["field"] == "variants" and "department" not in data:
        return [_ask_for_text(turn, entry, data | {"department": _department(turn, entry, screened)})]
    if "text" not in data and not turn.text:  # a department was chosen, its answer is still to come
        return [_ask_for_text(turn, entry, data)]
    if entry.state in WAITING:  # who approves it is not asked whether personal data may stay
        screened = Screened(screened.proposal, ())
    return [_propose(turn, entry, data | {"text": screened.text}, screened)]


def _screened(field: str, text: str) -> Screened:
    if field not in SCREENED:
        return Screened(text, ())
    found = screen(text)
    return found if field == "question" else found.without_official()


def _department(turn: Turn, entry: KnowledgeEntry, screened: Screened) -> str:
    name = " ".join(screened.text.split())
    if known := next((one for one in entry.variants if one.casefold() == name.casefold()), None):
        return known
    is_personal = entry.state in WAITING and not screened.is_clean
    if is_personal or not is_readable(name) or len(name) > fields.LONGEST_DEPARTMENT:
        raise UserError(turn.say("Schreib mir nur den Namen, zum Beispiel „FB Soziales“ oder „Amt 66“."))
    return name


def _propose(turn: Turn, entry: KnowledgeEntry, data: dict[str, str], screened: Screened) -> Reply:
    content = changed(turn, entry.content, data)
    if value_of(content, data) == value_of(entry.content, data):
        return Reply(turn.say("Nr. {number} steht schon so da.").format(number=entry.number))
    if data["field"] == "valid_until":  # „in 6 Monaten“ is said today, but may be confirmed tomorrow
        data["text"] = written("valid_until", content.valid_until)
    parts = [
        turn.say("So wird Nr. {number}:").format(number=entry.number),
        f"**{_label(data)}:** {_excerpt(turn, _present(turn, content, data))}",
        *(_checked(turn, content) if content.checked_on != entry.checked_on else []),
        *_warning(turn, screened),
        *(taken_out(turn, screened.text) if entry.state in WAITING else []),
        turn.say("So speichern?"),
    ]
    return Reply("\n\n".join(parts), Offer(SAVE, _save_choices(turn, data, screened)))


def _label(data: Mapping[str, str]) -> str:
    return f"Abweichung {data['department']}" if data["field"] == "variants" else LABELS[data["field"]]


def _excerpt(turn: Turn, text: str) -> str:
    if len(text) <= LONGEST_ANSWER:
        return text
    cut = turn.say("(Anfang von {count} Zeichen)").format(count=f"{len(text):,}".replace(",", "."))
    return f"{shortened(text, LONGEST_ANSWER)}\n\n{cut}"


def _checked(turn: Turn, content: EntryContent) -> Sequence[str]:
    if content.valid_until is None:
        return [turn.say("Damit gilt die Antwort als heute geprüft.")]
    text = turn.say("Damit gilt die Antwort als heute geprüft, bis {day}.")
    return [text.format(day=in_words(content.valid_until))]


def _warning(turn: Turn, screened: Screened) -> Sequence[str]:
    if screened.is_clean:
        return []
    kinds = ", ".join(dict.fromkeys(finding.kind.placeholder.strip("[]") for finding in screened.findings))
    text = turn.say("Achtung, darin stehen vielleicht persönliche Angaben: {kinds}. Ohne sie hieße es: „{proposal}“")
    return [text.format(kinds=kinds, proposal=shortened(screened.proposal.strip(), LONGEST_LABEL * 2))]


def _save_choices(turn: Turn, data: dict[str, str], screened: Screened) -> tuple[Choice, ...]:
    without = [] if screened.is_clean else [
        Choice("ohne", turn.say("ohne diese Angaben speichern"), data | {"text": screened.proposal, "do": "save"})
    ]  # fmt: skip
    again = {key: value for key, value in data.items() if key != "text"}
    return (
        Choice("ja", turn.say("ja"), data | {"do": "save"}),
        *without,
        Choice("ändern", turn.say("noch einmal schreiben"), again | {"do": "again"}),
        Choice("nein", turn.say("nein"), {"entry": data["entry"]}),
    )


async def save(turn: Turn, services: Services) -> Sequence[Action]:
    """Give the entry its new form, unless somebody was quicker: then keep both versions and ask."""
    data = chosen(turn)
    entry = await _still_there(turn, data)
    if "do" not in data:
        return [_unchanged(turn, entry)]
    if data["do"] == "again":
        return [_ask_for_text(turn, entry, data)]
    if not _may_decide(turn, entry, data["field"]):
        raise UserError(turn.say("Das kann nur die Redaktion. Frag sie gern."))
    return await _store(turn, entry, data)


async def _still_there(turn: Turn, data: Mapping[str, str]) -> KnowledgeEntry:
    try:
        return await rights.chosen_for_change(turn)
    except UserError as error:
        if not data.get("text"):
            raise
        lost = turn.say("Dein Text war:")
        raise UserError(f"{error} {lost}\n\n{shortened(data['text'], LONGEST_ANSWER)}") from error


async def _store(turn: Turn, entry: KnowledgeEntry, data: Mapping[str, str]) -> Sequence[Action]:
    content = changed(turn, entry.content, data)
    if str(await turn.uow.knowledge.revision(entry.id)) != data["revision"]:
        origin = f"nicht übernommen, jemand war schneller: {_label(data)}"
        aside = await turn.uow.knowledge.keep_aside(entry.id, content, origin, turn.now)
        return [await history.decide(turn, entry, aside, _present(turn, entry.content, data))]
    told = await take_over(turn, entry, content)
    save = save_form if data["field"] in RENEWING else save_beside
    await save(turn, entry, content, f"im Chat geändert: {_label(data)}")
    if data["field"] == "owner":
        await _note_owner(turn, entry, is_sender="is_sender" in data)
    text = turn.say("Gespeichert. „{number} zeigen“ zeigt die ganze Antwort, „{number} verlauf“ frühere Fassungen.")
    if entry.state in WAITING:
        text = turn.say("Gespeichert. Über Entwurf Nr. {number} entscheidet eine zweite Person.")
    return [Reply(text.format(number=entry.number)), *told]


async def save_form(turn: Turn, entry: KnowledgeEntry, content: EntryContent, origin: str) -> None:
    """Give an entry a new form; whatever was doubted of it is settled."""
    await turn.uow.knowledge.save([(entry.id, content)], origin, turn.now)


async def save_beside(turn: Turn, entry: KnowledgeEntry, content: EntryContent, origin: str) -> None:
    """Change what stands beside the answer: what is doubted stays doubted."""
    reported_on, asked_on = entry.reported_on, entry.asked_on
    await save_form(turn, entry, content, origin)
    if reported_on:
        await turn.uow.knowledge.mark_reported(entry.id, reported_on)
    if asked_on:
        await turn.uow.knowledge.note_asked(entry.id, asked_on)


async def _note_owner(turn: Turn, entry: KnowledgeEntry, *, is_sender: bool) -> None:
    """Ask nobody any more who no longer stands behind the answer."""
    await turn.uow.knowledge.release(entry.id, Part.OWNER)
    if is_sender:
        message = turn.message
        await turn.uow.knowledge.assign(entry.id, Part.OWNER, message.conversation.platform, message.sender.id)
