"""Takes results from the chat of a meeting: „Beschluss: …“, „Aufgabe: Ben, Anleitung, bis 15.3.“; nothing else of it.

They are repeated in a short sentence, and who noted them, moderates, takes the minutes or coordinates says yes. What a
task lacks is asked for. Personal data are left out before anything is kept.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Kind, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import ask
from handlers.ask import chosen
from handlers.dates import day_said
from handlers.deputies import is_called
from handlers.jour_fixe import agenda
from handlers.jour_fixe.appointments import check_keeping, rooms_of, series_of
from handlers.jour_fixe.minute_lines import Row, hint, is_incomplete, key_of, label, line, may_edit, remove, rows_of
from handlers.jour_fixe.task_details import due_said, is_day_on, is_somebody_known, owner_said, sender_of
from knowledge import minute_sentences
from knowledge.minute_sentences import Missing, Result, ResultKind, results_in, with_full_days
from knowledge.minutes import escaped
from knowledge.neutral_wording import Wording, neutral, without_secrets
from knowledge.topic_sentences import with_capital
from storage.models.agenda import AgendaItem
from storage.models.jour_fixe import Meeting, MeetingState
from storage.models.knowledge import Visibility
from storage.models.minutes import MinutesState, Outcome, OutcomeKind, Task
from storage.models.people import Person

NOTED = "noted_result"  # topic of the offers below
LONGEST_TEXT = 400
_ANSWERS = re.compile(r"\s*(?:[,;/\n]|\bund\b)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Kept:
    """A result that was kept and waits for a yes; `remarks` are said with it, `lacks` is asked for.

    With `is_doubtful` it has a day of which somebody may want to say another one.
    """

    row: Row
    remarks: tuple[str, ...] = ()
    lacks: tuple[Missing, ...] = ()
    is_doubtful: bool = False

    def is_asked_for(self, part: Missing) -> bool:
        """Whether an answer may be about this."""
        return part in self.lacks or (part is Missing.UNTIL and self.is_doubtful)


# hearing


async def capture(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep the results in a message until somebody confirms them, and repeat them."""
    check_keeping(turn)
    if turn.message.kind is Kind.EDIT:  # else it would stand there twice
        text = turn.say("Geändertes lese ich fürs Protokoll nicht noch einmal. „ändern“ schreibt die Zeile neu.")
        return [Reply(text)]
    meeting = await _meeting(turn)
    if meeting is None:
        text = turn.say(
            "Gerade läuft kein Jour fixe, und kein Protokoll ist offen. „jour fixe starten“ beginnt ihn, "
            "„thema: …“ merkt ein Thema vor."
        )
        return [Reply(text)]
    return await _take(turn, services, meeting, turn.message.text)


async def capture_loosely(turn: Turn, services: Services) -> Sequence[Action]:
    """„B: …“, „Beschluss ab März gilt …“: a result while a meeting runs here; else a question like others."""
    text, meeting = minute_sentences.labelled(turn.text), None
    if turn.role >= Role.SUPPORTER and Visibility.COMMUNITY in turn.sees and not turn.is_confidential:
        meeting = await _meeting(turn)
    if meeting is None or meeting.state != MeetingState.RUNNING:
        return await ask.ask(turn, services)
    return await _take(turn, services, meeting, text)


async def _meeting(turn: Turn) -> Meeting | None:
    """The meeting that results are of: the running one, else the last one whose minutes are not published."""
    running = await turn.uow.jour_fixe.in_state(MeetingState.RUNNING)
    drafts = [one for _, one in await turn.uow.minutes.in_state(MinutesState.DRAFT, MinutesState.SUBMITTED)]
    here = turn.message.conversation
    for meeting in (*running, *reversed(drafts)):
        if here.is_direct or here in await rooms_of(turn, await series_of(turn, meeting)):
            return meeting
    return None


async def _take(
    turn: Turn, services: Services, meeting: Meeting, text: str, *, was_asked: bool = False
) -> Sequence[Action]:
    """Keep what a text holds; whoever `was_asked` about names in it has thought about them."""
    found = results_in(text, is_day_on(turn.today), await is_somebody_known(turn))
    if not found:
        example = turn.say(
            "Schreib zum Beispiel „Beschluss: ab März einheitlich“ oder „Aufgabe: Ben, Anleitung, bis 15.3.“."
        )
        return [Reply(example)]
    items = await turn.uow.agenda.of_meeting(meeting.id or 0)
    people = [person for person, _ in await turn.uow.people.everybody()]
    kept, refused = [], []
    for result in found:
        if sensitive := services.sensitivity.by_words(result.text):
            refused.append(turn.say("Dazu notiere ich nichts, es geht um Vertrauliches.") + f" {sensitive.office}")
            continue
        item = _item(turn, items, result, meeting)
        kept.append(await _keep(turn, services, meeting, result, item, _is_known(people), was_asked=was_asked))
    return [_said(turn, remark) for remark in refused] + ([await _repeat(turn, meeting, kept)] if kept else [])


def _is_known(people: Sequence[Person]) -> Callable[[str], bool]:
    return lambda name: any(is_called(person, name) for person in people)


def _item(turn: Turn, items: Sequence[AgendaItem], result: Result, meeting: Meeting) -> AgendaItem | None:
    """The item of the agenda that a result belongs to: by its number there, else the present one."""
    if result.item is None or not items:
        return next((item for item in items if item.id == meeting.item_id), None)
    known = dict(agenda.numbered(items))
    if result.item not in known:
        text = turn.say("TOP {number} steht nicht auf der Tagesordnung. Es gibt dort 1 bis {last}.")
        raise UserError(text.format(number=result.item, last=max(known)))
    return known[result.item]


async def _keep(
    turn: Turn,
    services: Services,
    meeting: Meeting,
    result: Result,
    item: AgendaItem | None,
    is_known: Callable[[str], bool],
    *,
    was_asked: bool,
) -> Kept:
    spelled = with_capital(with_full_days(result.text, lambda day: _in_full(day, turn)))
    if len(spelled) > LONGEST_TEXT:
        text = turn.say("Das sind {count} Zeichen, ins Protokoll passen {limit}. Schreib das Ergebnis bitte kürzer.")
        raise UserError(text.format(count=len(spelled), limit=LONGEST_TEXT))
    about = item.title if item else ""
    wording = Wording(without_secrets(spelled)) if was_asked else neutral(spelled, is_known, about)
    remarks = _remarks(turn, wording)
    assert meeting.id is not None
    item_id = item.id if item else None
    if result.kind is not ResultKind.TASK:
        kind = OutcomeKind(result.kind.value)
        outcome = Outcome(meeting_id=meeting.id, item_id=item_id, about=about, kind=kind, text=wording.text)
        await turn.uow.minutes.add_outcome(outcome)
        return Kept(outcome, remarks)
    owner = await owner_said(turn, result.owner, meeting)
    due = await due_said(turn, services, result.until, meeting)
    task = Task(
        meeting_id=meeting.id,
        item_id=item_id,
        about=about,
        text=wording.text,
        owner_person_id=owner.person_id,
        owner_name=owner.name,
        due_on=due.day,
    )
    await turn.uow.minutes.add_task(task)
    lacks = ((Missing.OWNER,) if owner.question else ()) + ((Missing.UNTIL,) if due.day is None else ())
    said = (*remarks, *filter(None, (owner.question, due.note)))
    return Kept(task, said, lacks, is_doubtful=due.day is not None and bool(due.note))


def _in_full(words: str, turn: Turn) -> str:
    day = day_said(words, turn.today)
    return in_words(day) if day else words


def _remarks(turn: Turn, wording: Wording) -> tuple[str, ...]:
    if wording.is_criticism:
        text = turn.say(
            "Im Protokoll steht besser nichts über Personen, es kann zur Akte gehören. Mein Vorschlag steht oben."
        )
        return (text,)
    if wording.has_names:
        return (turn.say("Namen und Persönliches habe ich weggelassen, das Protokoll kann zur Akte gehören."),)
    return (turn.say("Persönliche Angaben habe ich weggelassen."),) if wording.has_secrets else ()


# repeating


async def _repeat(turn: Turn, meeting: Meeting, kept: Sequence[Kept]) -> Action:
    """Say what was understood, and ask whether it is right, or for what it lacks."""
    lines = []
    for one in kept:
        said = escaped(await line(turn.say, turn.uow, one.row))
        lines.append(" ".join((said if said.endswith((".", "?", "!")) else f"{said}.", *one.remarks)))
    keys = " ".join(key_of(one.row) for one in kept)
    data = {"meeting": str(meeting.id), "rows": keys, "by": str((await sender_of(turn)).id)}
    lacks = any(one.lacks for one in kept)
    yes = turn.say("so speichern, der Rest bleibt offen") if lacks else turn.say("ja, so speichern")
    choices = (
        Choice("ja", yes, data | {"do": "yes"}),
        Choice("ändern", turn.say("neu schreiben"), data | {"do": "change"}),
        Choice("nein", turn.say("nein, nicht notieren"), data | {"do": "no"}),
    )
    text = "\n".join(lines) if len(lines) == 1 else "\n".join(f"- {said}" for said in lines)
    missing = {part.value: _asked_for(kept, part) for part in Missing}
    asks = data | {"do": "fill"} | missing if any(missing.values()) else None
    if lacks:
        text += "\n\n" + turn.say("Schreib mir die Antwort, dann trage ich sie nach.") + hint(turn)
    else:
        text += "\n\n" + turn.say("Stimmt das?")
    return _said(turn, text, Offer(NOTED, choices, asks))


def _asked_for(kept: Sequence[Kept], part: Missing) -> str:
    return " ".join(str(one.row.id) for one in kept if one.is_asked_for(part))


def _said(turn: Turn, text: str, offer: Offer | None = None) -> Action:
    """An answer; in a room, anybody there may take its offer."""
    if turn.message.conversation.is_direct or offer is None:
        return Reply(text, offer)
    message = turn.message
    return Send(message.conversation, text, offer, answers=message.event_id, thread=message.thread)


# what is chosen


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep results, drop them, or take what was written about them."""
    check_keeping(turn)
    data = chosen(turn)
    if data["do"] == "fill" and minute_sentences.holds_results(turn.message.text):
        return await capture(turn, services)  # the next result, and no answer to what was asked
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    found = await turn.uow.minutes.of_meeting(meeting.id or 0) if meeting else None
    if meeting is None or (found is not None and found.state == MinutesState.PUBLISHED):
        return [Reply(turn.say("Dieses Protokoll ist schon veröffentlicht."))]
    if data["by"] != str((await sender_of(turn)).id) and not await may_edit(turn, meeting):
        text = turn.say("Das bestätigt, wer es notiert hat, sonst Protokoll, Moderation oder Koordination.")
        raise UserError(text)
    rows = await rows_of(turn.uow, data["rows"].split())
    if not rows:
        return [Reply(turn.say("Das ist schon erledigt."))]
    match data["do"]:
        case "yes":
            return [_confirm(turn, rows)]
        case "no":
            await remove(turn.uow, rows)
            return [Reply(turn.say("Gut, ich notiere nichts davon."))]
        case "change":
            return [_ask_anew(turn, data)]
        case "written":
            return await _rewrite(turn, services, meeting, rows)
    return await _fill(turn, services, meeting, rows, data)


def _confirm(turn: Turn, rows: Sequence[Row]) -> Reply:
    for row in rows:
        row.is_confirmed = True
    told = turn.say("Notiert fürs Protokoll.")
    if any(is_incomplete(row) for row in rows):
        told += " " + turn.say("Was fehlt, lässt sich im Entwurf nachtragen: „protokoll“, dann „ändern“.")
    return Reply(told)


def _ask_anew(turn: Turn, data: Mapping[str, str]) -> Action:
    text = turn.say("Wie soll es heißen? Schreib es ganz neu.") + hint(turn)
    drop = Choice("nein", turn.say("nein, nicht notieren"), {**data, "do": "no"})
    return _said(turn, text, Offer(NOTED, (drop,), asks={**data, "do": "written"}))


async def _rewrite(turn: Turn, services: Services, meeting: Meeting, rows: Sequence[Row]) -> Sequence[Action]:
    """Take a new text in the place of results; without a label it is of the same kind and item as the first."""
    text, first = turn.message.text, rows[0]
    if not minute_sentences.holds_results(text):
        text = f"{label(str, first)}: {text}"
    items = await turn.uow.agenda.of_meeting(meeting.id or 0)
    place = next((place for place, item in agenda.numbered(items) if item.id == first.item_id), None)
    number = f"TOP {place} " if place and "top" not in text.casefold() else ""
    said = await _take(turn, services, meeting, number + text, was_asked=True)
    await remove(turn.uow, rows)
    return said


async def _fill(
    turn: Turn, services: Services, meeting: Meeting, rows: Sequence[Row], data: Mapping[str, str]
) -> Sequence[Action]:
    """Read who and when out of an answer: „7.1. und frau may“; what fits nothing is asked for once more."""
    tasks = {row.id: row for row in rows if isinstance(row, Task)}
    owners = [tasks[int(number)] for number in data[Missing.OWNER].split() if int(number) in tasks]
    dues = [tasks[int(number)] for number in data[Missing.UNTIL].split() if int(number) in tasks]
    unclear: list[Task] = []
    remarks: dict[tuple[int | None, Missing], str] = {}
    for part in _answers(turn.text):
        due = await due_said(turn, services, part, meeting)
        if due.day is not None and dues:
            task = dues.pop(0)
            task.due_on = due.day
            remarks[task.id, Missing.UNTIL] = due.note
        elif owners:
            task = owners.pop(0)
            owner = await owner_said(turn, part, meeting)
            if owner.is_somebody:
                task.owner_person_id, task.owner_name = owner.person_id, owner.name
            else:
                remarks[task.id, Missing.OWNER] = owner.question
                unclear.append(task)
        elif dues:
            remarks[dues[0].id, Missing.UNTIL] = due.note
    lacking = {Missing.OWNER: [*owners, *unclear], Missing.UNTIL: [task for task in dues if task.due_on is None]}
    return [await _repeat(turn, meeting, [_kept(turn, row, remarks, lacking) for row in rows])]


def _answers(text: str) -> list[str]:
    """The parts of an answer to several questions; a full stop stays behind a day."""
    parts = (part.strip() for part in _ANSWERS.split(text.strip()))
    return [part if re.search(r"\d\.$", part) else part.strip(" .!") for part in parts if part]


def _kept(
    turn: Turn,
    row: Row,
    remarks: Mapping[tuple[int | None, Missing], str],
    lacking: Mapping[Missing, Sequence[Task]],
) -> Kept:
    if isinstance(row, Outcome):
        return Kept(row)
    lacks = tuple(part for part, tasks in lacking.items() if row in tasks)
    questions = {Missing.OWNER: turn.say("Wer genau?"), Missing.UNTIL: turn.say("Bis wann?")}
    said = [remarks.get((row.id, part)) or (questions[part] if part in lacks else "") for part in Missing]
    return Kept(row, tuple(filter(None, said)), lacks)
