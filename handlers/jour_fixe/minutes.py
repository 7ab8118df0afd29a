"""Makes minutes of what was noted in a meeting: a draft for its moderator, then a page for everybody who belongs to it.

Two working days after the meeting the moderator is reminded once, two more later the coordinators are asked; of a
meeting where nothing was noted nobody is. What is published stands in every room of the series and holds once the time
for objections is over. A later change makes a corrected version, which says so.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.commands import free_text
from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers import ask
from handlers.ask import chosen, shortened, split
from handlers.cards import day_in_words
from handlers.dates import day_said
from handlers.jour_fixe import tasks
from handlers.jour_fixe.appointments import check_keeping, check_supporter, series_of
from handlers.jour_fixe.minute_lines import (
    Row,
    Say,
    all_rows,
    hint,
    is_incomplete,
    keepers,
    key_of,
    line,
    may_edit,
    may_publish,
    remove,
    row_of,
)
from handlers.jour_fixe.publishing import (
    LONGEST_LINE,
    MINUTES,
    answer_objector,
    name_of,
    page_of,
    publish,
    published_here,
    release,
    sheet_of,
    source_of,
)
from handlers.jour_fixe.task_details import due_said, is_day_on, is_somebody_known, owner_said
from handlers.pages import page
from knowledge.minute_sentences import looks_like_day, task_in
from knowledge.minutes import as_markdown, escaped
from knowledge.neutral_wording import without_secrets
from knowledge.topic_sentences import with_capital
from storage.database import UnitOfWork
from storage.models.jour_fixe import Duty, Meeting
from storage.models.minutes import Minutes, MinutesState, Outcome, Task

PATIENCE = 2
"""Working days until the moderator is reminded of a draft, and once more until the coordinators are asked."""
_FILES = re.compile(r"\b(?:als |mit )?(?:datei(?:en)?|markdown|pdf|html)\b", re.IGNORECASE)
_ASKED = re.compile(
    r"\s*(?:zeige? (?:mir )?)?(?:(?:das|die) )?(?:letzte )?protokolle?\b(?::?\s+(?P<rest>.{1,80}?))?\s*", re.IGNORECASE
)
_OF = re.compile(r"^(?:(?:vom|von|zum|des|der|am|letzte[nmrs]?|vorige[nmrs]?)\s+)+", re.IGNORECASE)


# the draft


async def begin(turn: Turn | Night, services: Services, meeting: Meeting) -> Sequence[Send]:
    """Give the draft of a meeting's minutes to its moderator and minute-taker; nothing when that was done before."""
    assert meeting.id is not None
    if await turn.uow.minutes.of_meeting(meeting.id) is not None:
        return []
    await turn.uow.minutes.keep(Minutes(meeting_id=meeting.id))
    places = await keepers(turn, meeting, Duty.MODERATOR, Duty.MINUTE_TAKER)
    drafts = [(place, person, await _draft(turn.uow, turn.say_to(place), meeting)) for place, person in places]
    return [Send(place, text, offer, person) for place, person, (text, offer) in drafts]


async def _remind(
    night: Night, meeting: Meeting, places: Sequence[tuple[Conversation, str | None]], text: Callable[[Say], str]
) -> Sequence[Send]:
    """Say in which state a draft is; it was read before, so it is not shown again at once."""
    sent = []
    for place, person in places:
        say, data = night.say_to(place), {"meeting": str(meeting.id)}
        choices = (
            Choice("zeigen", say("Entwurf zeigen"), data | {"do": "draft"}),
            Choice("freigeben", say("freigeben und veröffentlichen"), data | {"do": "publish"}),
        )
        told = text(say).format(name=await name_of(night, meeting))
        sent.append(Send(place, told, Offer(MINUTES, choices), person))
    return sent


def _reminding(say: Say) -> str:
    return say("Der Entwurf des Protokolls wartet auf deine Freigabe: {name}.")


def _escalating(say: Say) -> str:
    return say("Der Entwurf des Protokolls wartet noch auf die Freigabe: {name}.")


async def _draft(uow: UnitOfWork, say: Say, meeting: Meeting, after: int = 0) -> tuple[str, Offer]:
    """What stands in the minutes so far, and what can be done with them."""
    assert meeting.id is not None
    rows = await all_rows(uow, meeting.id)
    data = {"meeting": str(meeting.id)}
    heading = say("Entwurf des Protokolls vom {day}:").format(day=day_in_words(meeting.day))
    lines = [await _draft_line(say, uow, row) for row in rows]
    shown = page(lines, after)
    text = f"{heading}\n\n" + "\n".join(f"- {one}" for one in shown)
    if not rows:
        text = f"{heading} " + say("Noch steht nichts darin. Bleibt es dabei, musst du nichts tun.")
    text += "\n\n" + say("Neues ergänzt du mit „Beschluss: …“ oder „Aufgabe: wer, was, bis wann“.")
    if any(is_incomplete(row) for row in rows):
        text += " " + say("Wer oder wann fehlt, trägst du mit „ändern“ nach: „Ben Krause“ oder „15.3.“.")
    end = after + len(shown)
    more = (Choice("mehr", say("mehr"), data | {"do": "draft", "after": str(end)}),) if end < len(rows) else ()
    change = (Choice("ändern", say("eine Zeile ändern"), data | {"do": "lines"}),) if rows else ()
    publish = Choice("freigeben", say("freigeben und veröffentlichen"), data | {"do": "publish"})
    preview = Choice("vorschau", say("Vorschau mit Datei"), data | {"do": "preview"})
    return text, Offer(MINUTES, (publish, *change, preview, *more))


async def _draft_line(say: Say, uow: UnitOfWork, row: Row) -> str:
    text = escaped(shortened(await line(say, uow, row), LONGEST_LINE))
    return text if row.is_confirmed else f"{text} " + say("(noch nicht bestätigt)")


async def look_after(night: Night, services: Services) -> Sequence[Send]:
    """Remind the moderator of a draft once, and later ask the coordinators, on working days."""
    calendar = services.house.working_days
    if not calendar.is_working(night.today):
        return []
    sent: list[Send] = []
    for minutes, meeting in await night.uow.minutes.in_state(MinutesState.DRAFT):
        if not await all_rows(night.uow, meeting.id or 0):
            continue
        coordinators = await night.coordinators()
        if calendar.after(meeting.day, 2 * PATIENCE) <= night.today and coordinators:
            minutes.state = MinutesState.SUBMITTED
            sent += await _remind(night, meeting, [(place, None) for place in coordinators], _escalating)
        elif calendar.after(meeting.day, PATIENCE) <= night.today and await night.uow.jour_fixe.note_step(
            meeting.id or 0, "remind_of_minutes"
        ):
            sent += await _remind(night, meeting, await keepers(night, meeting, Duty.MODERATOR), _reminding)
    return sent


# showing


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """„protokoll“: the draft for those who look after it, else the last one that was published.

    „protokoll 3.12.“, „protokoll KI-Runde“ show another one, „protokoll dateien“ adds the text for files.
    """
    check_supporter(turn)
    asked = _ASKED.fullmatch(turn.text)
    words, with_source = _FILES.subn(" ", (asked["rest"] or "") if asked else turn.text)
    words = words.strip(' .!:„“"')
    drafts = await turn.uow.minutes.in_state(MinutesState.DRAFT, MinutesState.SUBMITTED)
    if not words and not with_source and turn.message.conversation.is_direct:
        for _, meeting in reversed(drafts):
            if await may_edit(turn, meeting):
                return [Reply(*await _draft(turn.uow, turn.say, meeting))]
    published = await published_here(turn)
    if not published:
        waiting = turn.say("Das letzte Protokoll ist noch nicht freigegeben.")
        return [Reply(waiting if drafts else turn.say("Noch ist kein Protokoll veröffentlicht."))]
    fitting = [both for both in published if await _is_meant(turn, both[1], words)] if words else published
    if not fitting and not _is_day(words, turn.today):  # „protokoll der Ratssitzung“ is a question like others
        return await ask.ask(replace(turn, text=free_text(turn.message.text)), services)
    if not fitting:
        missing = turn.say("Das finde ich nicht unter den veröffentlichten Protokollen.")
        return [Reply(f"{missing} " + turn.say("Welches Protokoll?"), await _earlier(turn, published))]
    minutes, meeting = fitting[-1]
    if with_source and turn.message.conversation.is_direct:
        return _files(turn, meeting, minutes)
    return await _read(turn, meeting, minutes, 0)


def is_asked_for(text: str) -> bool:
    """Whether a sentence asks for the minutes of some day or series, or for their files: „protokoll vom 3.12.“."""
    found = _ASKED.fullmatch(text)
    rest = (found["rest"] or "").strip(" .!") if found else ""
    is_some = _OF.match(rest) or _FILES.fullmatch(rest) or looks_like_day(_FILES.sub("", rest))
    return bool(rest and is_some) and "?" not in text


def _is_day(words: str, today: date) -> bool:
    said = _OF.sub("", words)
    return looks_like_day(said) or day_said(said, today) is not None


async def _is_meant(turn: Turn, meeting: Meeting, words: str) -> bool:
    """Whether words name the day of a meeting or its series: seen from that day, „3.12.“ is that day."""
    said = _OF.sub("", words)
    is_day = day_said(said, meeting.day) == meeting.day and said.casefold() != "heute"
    series = await series_of(turn, meeting)
    return is_day or meeting.day == day_said(said, turn.today) or said.casefold() in series.title.casefold()


async def _earlier(turn: Turn, published: Sequence[tuple[Minutes, Meeting]], after: int = 0) -> Offer:
    """The minutes that may be read, newest first, a page of them."""
    meetings = [meeting for _, meeting in reversed(published)]
    labels = page([shortened(await name_of(turn, meeting), LONGEST_LINE) for meeting in meetings], after)
    end = after + len(labels)
    choices = [
        Choice(str(place), shown, {"meeting": str(meeting.id), "do": "read", "part": "0"})
        for place, (meeting, shown) in enumerate(zip(meetings[after:end], labels, strict=True), start=1)
    ]
    rest = {"meeting": str(meetings[0].id), "do": "earlier", "after": str(end)}
    more = [Choice("mehr", turn.say("mehr"), rest)] if end < len(meetings) else []
    return Offer(MINUTES, (*choices, *more))


def _files(turn: Turn, meeting: Meeting, minutes: Minutes) -> Sequence[Action]:
    told = turn.say("Zum Drucken, als PDF und als Text für die E-Akte. Kommt nichts an, zeigt „protokoll“ alles hier.")
    text = turn.say("Protokoll vom {day}:").format(day=day_in_words(meeting.day))
    return [Reply(told, file=page_of(meeting, minutes.text)), Reply(text, file=source_of(meeting, minutes.text))]


async def _read(turn: Turn, meeting: Meeting, minutes: Minutes, part: int) -> Sequence[Action]:
    parts = split(minutes.text)
    part = part if part < len(parts) else 0
    data = {"meeting": str(meeting.id)}
    more = (
        (Choice("mehr", turn.say("mehr"), data | {"do": "read", "part": str(part + 1)}),)
        if part + 1 < len(parts)
        else ()
    )
    is_keeper = turn.message.conversation.is_direct and await may_publish(turn, meeting)
    change = (Choice("ändern", turn.say("eine Zeile ändern"), data | {"do": "lines"}),) if is_keeper else ()
    others = len(await published_here(turn)) > 1
    earlier = (Choice("andere", turn.say("andere Protokolle"), data | {"do": "earlier"}),) if others else ()
    choices = (*more, *change, *earlier)
    with_file = not part and turn.message.conversation.is_direct
    file = page_of(meeting, minutes.text) if with_file else None
    return [Reply(parts[part], Offer(MINUTES, choices) if choices else None, file)]


# what is chosen


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Show, change or publish minutes, as somebody who looks after them chose."""
    data = chosen(turn)
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    minutes = await turn.uow.minutes.of_meeting(int(data["meeting"]))
    if meeting is None or minutes is None:
        return [Reply(turn.say("Dieses Protokoll gibt es nicht mehr."))]
    if data["do"] == "read":
        check_supporter(turn)
        return await _read(turn, meeting, minutes, int(data["part"]))
    if data["do"] == "earlier":
        check_supporter(turn)
        offer = await _earlier(turn, await published_here(turn), int(data.get("after", "0")))
        return [Reply(turn.say("Welches Protokoll?"), offer)]
    check_keeping(turn)
    if not await may_edit(turn, meeting):
        raise UserError(turn.say("Das Protokoll ändern Moderation, Protokoll oder Koordination."))
    match data["do"]:
        case "draft":
            return [Reply(*await _draft(turn.uow, turn.say, meeting, int(data.get("after", "0"))))]
        case "preview":
            return await _preview(turn, meeting, minutes)
        case "lines":
            return [await _which_line(turn, meeting, data)]
        case "line":
            return [await _ask_for_line(turn, data)]
        case "publish" if minutes.state == MinutesState.PUBLISHED:
            return [Reply(turn.say("Dieses Protokoll ist schon veröffentlicht."))]
        case "publish":
            return await release(turn, services, meeting, minutes, data.get("doubtful", ""))
        case "leave":
            told = await answer_objector(turn, meeting, data.get("objector", ""), is_changed=False)
            return [Reply(turn.say("Gut, das Protokoll bleibt, wie es ist.")), *told]
    return await _change(turn, services, meeting, minutes, data)


async def _preview(turn: Turn, meeting: Meeting, minutes: Minutes) -> Sequence[Action]:
    text = as_markdown(await sheet_of(turn, meeting, minutes))
    _, offer = await _draft(turn.uow, turn.say, meeting)
    parts = split(text)
    return [*(Reply(part) for part in parts[:-1]), Reply(parts[-1], offer, page_of(meeting, text))]


async def _which_line(turn: Turn, meeting: Meeting, chosen_before: Mapping[str, str]) -> Reply:
    rows, after = await all_rows(turn.uow, meeting.id or 0), int(chosen_before.get("after", "0"))
    lines = page([shortened(await line(turn.say, turn.uow, row), LONGEST_LINE) for row in rows], after)
    data = {key: chosen_before[key] for key in ("meeting", "objector") if key in chosen_before}
    end = after + len(lines)
    choices = [
        Choice(str(place), shown, data | {"do": "line", "row": key_of(row)})
        for place, (row, shown) in enumerate(zip(rows[after:end], lines, strict=True), start=1)
    ]
    more = [Choice("mehr", turn.say("mehr"), data | {"do": "lines", "after": str(end)})] if end < len(rows) else []
    return Reply(turn.say("Welche Zeile?"), Offer(MINUTES, (*choices, *more)))


async def _ask_for_line(turn: Turn, data: Mapping[str, str]) -> Reply:
    row = await row_of(turn.uow, data["row"])
    if row is None:
        return Reply(turn.say("Diese Zeile gibt es nicht mehr."))
    text = escaped(await line(turn.say, turn.uow, row)) + "\n\n" + turn.say("Schreib mir den neuen Text.")
    choices = (
        Choice("löschen", turn.say("Zeile löschen"), {**data, "do": "delete"}),
        Choice("zurück", turn.say("zurück"), {"meeting": data["meeting"], "do": "draft"}),
    )
    return Reply(text + hint(turn), Offer(MINUTES, choices, asks={**data, "do": "write"}))


async def _change(
    turn: Turn, services: Services, meeting: Meeting, minutes: Minutes, data: Mapping[str, str]
) -> Sequence[Action]:
    """Change or delete a line; of published minutes, a corrected version follows at once."""
    row = await row_of(turn.uow, data["row"])
    if row is None:
        return [Reply(turn.say("Diese Zeile gibt es nicht mehr."), None)]
    is_published = minutes.state == MinutesState.PUBLISHED
    if is_published and not await may_publish(turn, meeting):
        raise UserError(turn.say("Ein veröffentlichtes Protokoll ändert die Moderation oder die Koordination."))
    if data["do"] == "delete":
        await remove(turn.uow, [row])
    else:
        notes = await _write(turn, services, meeting, row)
        if notes:
            again = await _ask_for_line(turn, data)
            return [Reply(f"{notes}\n\n{again.text}", again.offer)]
    if is_published:
        told = await answer_objector(turn, meeting, data.get("objector", ""), is_changed=True)
        return [*await publish(turn, services, meeting, minutes), *told]
    return [Reply(*await _draft(turn.uow, turn.say, meeting))]


async def _write(turn: Turn, services: Services, meeting: Meeting, row: Row) -> str:
    """Give a line a new text; returns what has to be said about it instead, if it cannot be kept so."""
    text = " ".join(turn.text.split())
    if not any(map(str.isalnum, text)) or len(text) > LONGEST_LINE:
        return turn.say("Schreib es bitte in einem Satz mit höchstens {limit} Zeichen.").format(limit=LONGEST_LINE)
    if sensitive := services.sensitivity.by_words(text):
        return turn.say("Dazu notiere ich nichts, es geht um Vertrauliches.") + f" {sensitive.office}"
    row.is_confirmed = True
    if isinstance(row, Outcome):
        bare = re.sub(r"^(?:beschluss|info|idee|offen)\s*\d*:\s*", "", text, flags=re.IGNORECASE)
        row.text = with_capital(without_secrets(bare))
        return ""
    return await _write_task(turn, services, meeting, row, re.sub(r"^aufgabe:?\s*", "", text, flags=re.IGNORECASE))


async def _write_task(turn: Turn, services: Services, meeting: Meeting, task: Task, text: str) -> str:
    """Take from a new text what it says: who, what, until when; what it leaves out stays."""
    said = task_in(text, is_day_on(turn.today), await is_somebody_known(turn))
    if said.until:
        due = await due_said(turn, services, said.until, meeting)
        if due.day is None:
            return due.note
        task.due_on = due.day
    if said.owner:
        owner = await owner_said(turn, said.owner, meeting)
        if not owner.is_somebody:
            return owner.question
        task.owner_person_id, task.owner_name = owner.person_id, owner.name
    task.text = with_capital(without_secrets(said.text)) or task.text
    if task.remind_on is not None:
        await tasks.plan(turn, services, task)
    return ""
