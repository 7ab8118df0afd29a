"""Changes a topic for the jour fixe by a sentence: „thema 12: 20 min“, „thema 12 jedes Mal“, „thema 12 zurückziehen“.

Whoever is a supporter may change a topic that nobody owns. One with an owner is changed by the owner or the
coordinators, and only they take topics off an agenda or out of the backlog.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import chosen, shortened
from handlers.cards import day_in_words
from handlers.jour_fixe import agenda
from handlers.jour_fixe.appointments import check_keeping, check_supporter
from handlers.jour_fixe.topic_cards import (
    DETAIL,
    LONG,
    LONGER,
    LONGEST_TITLE,
    QUICK,
    apply,
    check_not_running,
    check_title,
    destination,
    hint,
    hints_about,
    line,
    may_change,
    meeting_of,
    meetings_of,
    named,
    offer,
    refreshed,
    refusal,
    screened,
    sentence,
    warning,
)
from handlers.jour_fixe.topic_merging import ask_for_other, ask_whether_to_merge, merge, named_other
from knowledge.agenda import PATIENCE
from knowledge.timetable import Step as MeetingStep
from knowledge.topic_sentences import GOALS, SENDER, ImpossibleMinutes, Step, TopicSentence, read_details, step_in
from storage.models.agenda import AgendaItem, Goal, Poll
from storage.models.jour_fixe import Meeting

_ABOUT_ONE = re.compile(r"(?:mein )?thema (?:nr\.? ?)?(\d{1,7})(?:([:,]?) (.+))?", re.IGNORECASE)
_MERGING = re.compile(
    r"(?:them(?:a|en) )?(?:nr\.? ?)?(?P<numbers>\d{1,7}(?:(?: und | mit |, ?| \+ )(?:thema )?\d{1,7}){1,8}) (?:bitte )?"
    r"(?:zusammen(?:legen|fassen|führen)?|verbinden|vereinen)[.!]?",
    re.IGNORECASE,
)
_NAMED_TITLE = re.compile(r"(?:titel|heißt(?: jetzt)?|umbenennen(?: in)?) ?:? ?(.+)", re.IGNORECASE | re.DOTALL)


# changing by a sentence


def is_about_one(text: str) -> bool:
    """Whether a sentence is about a topic by its number, or about two: „thema 12: 20 min“.

    „Thema 5 der Schulung verstehe ich nicht“ is not: without a colon, nothing but details may follow.
    """
    said = " ".join(text.split())
    if _MERGING.fullmatch(said):
        return True
    found = _ABOUT_ONE.fullmatch(said)
    if found is None or said.endswith("?"):
        return False
    return not found[3] or bool(found[2]) or _is_change(found[3])


def _is_change(text: str) -> bool:
    try:
        return bool(step_in(text) or _NAMED_TITLE.fullmatch(text) or not read_details(text).title)
    except ImpossibleMinutes:
        return True


async def change_said(turn: Turn, services: Services) -> Sequence[Action]:
    """Show a topic, or do with it what somebody said behind its number."""
    said = " ".join(turn.text.split())
    if merging := _MERGING.fullmatch(said):
        return [await ask_whether_to_merge(turn, [int(one) for one in re.findall(r"\d+", merging["numbers"])])]
    found = _ABOUT_ONE.fullmatch(said)
    assert found is not None  # `is_about_one`
    check_supporter(turn)
    item = await named(turn, int(found[1]))
    if not found[3]:
        return [await _show(turn, item)]
    check_keeping(turn)
    return await change(turn, services, item, found[3], is_sure=False)


async def open_one(turn: Turn, number: int) -> Sequence[Action]:
    """Show the topic that was chosen in a list."""
    check_supporter(turn)
    item = await turn.uow.agenda.get(number)
    return [await _show(turn, item) if item else Reply(turn.say("Dieses Thema ist schon herausgenommen."))]


async def _show(turn: Turn, item: AgendaItem) -> Reply:
    """A topic, with what the sender may do with it."""
    facts = [turn.say("Thema {number}: {topic}.").format(number=item.id, topic=await line(turn, item))]
    if place := await on_agenda(turn, item):
        facts.append(place)
    if item.is_recurring:
        facts.append(turn.say("Es kommt jedes Mal."))
    data = {"item": str(item.id)}
    is_theirs, choices = await may_change(turn, item), []
    if item.deferrals >= PATIENCE:
        facts.append(turn.say("Es wurde zweimal verschoben: als Erstes nehmen oder herausnehmen?"))
        if turn.role >= Role.COORDINATOR:
            choices.append(Choice("zuerst", turn.say("als Erstes nehmen"), data | {"do": "first"}))
    if is_theirs or item.owner_person_id is None:
        choices.append(Choice("ändern", turn.say("ändern"), data | {"do": "amend"}))
    if item.owner_person_id is None:
        choices.append(Choice("ich", turn.say("ich stelle es vor"), data | {"do": "mine"}))
    if is_theirs:
        choices.append(Choice("zusammenlegen", turn.say("mit einem anderen zusammenlegen"), data | {"do": "ask_other"}))
        choices.append(Choice("herausnehmen", turn.say("herausnehmen"), data | {"do": "withdraw"}))
    return Reply(" ".join(facts), Offer(DETAIL, tuple(choices)) if choices else None)


async def on_agenda(turn: Turn, item: AgendaItem) -> str:
    """Say on which agenda a topic stands; nothing while it waits."""
    meeting = await meeting_of(turn, item)
    if meeting is None:
        return ""
    return turn.say("Steht auf der Tagesordnung für {day}.").format(day=day_in_words(meeting.day))


async def change(
    turn: Turn, services: Services, item: AgendaItem, text: str, *, is_sure: bool = True, is_new: bool = False
) -> Sequence[Action]:
    """Do with a topic what a sentence says; unless it `is_sure`, ask before it gets another title.

    Raises `UserError`.
    """
    step = step_in(text)
    if step is not None:
        return await _take(turn, services, item, step)
    await _check_changing(turn, item)
    titled = _NAMED_TITLE.fullmatch(text)
    told = TopicSentence(titled[1]) if titled else sentence(turn, text, is_title=False)
    check_title(turn, told.title)
    if refused := refusal(turn, services, told):
        return [refused]
    if told.title and not titled and not is_sure:
        return [_ask_whether_to_rename(turn, item, shortened(screened(told)[0].title, LONGEST_TITLE))]
    return await rewrite(turn, services, item, told, is_new=is_new)


async def rewrite(
    turn: Turn, services: Services, item: AgendaItem, told: TopicSentence, *, is_new: bool = False
) -> Sequence[Action]:
    """Give a topic what was said of it; whoever has just noted one that `is_new` may take it back, too.

    Raises `UserError`.
    """
    await _check_changing(turn, item)
    check_title(turn, told.title)
    if refused := refusal(turn, services, told):
        return [refused]
    kept, is_clean = screened(told)
    await apply(turn, item, replace(kept, title=shortened(kept.title, LONGEST_TITLE)))
    hints = [turn.say("Geändert. Thema {number}: {topic}.").format(number=item.id, topic=await line(turn, item))]
    hints += hints_about(turn, told, is_clean=is_clean)
    hints += await warning(turn, services, item)
    return [_changed(turn, item, hints, is_new=is_new), *await refreshed(turn, services, await meetings_of(turn, item))]


def _changed(turn: Turn, item: AgendaItem, said: Sequence[str], *, is_new: bool) -> Reply:
    if is_new:
        return Reply(" ".join([*said, turn.say("Stimmt das?")]), offer(turn, item))
    amend = Choice("ändern", turn.say("weiter ändern"), {"do": "amend", "item": str(item.id)})
    return Reply(" ".join(said), Offer(DETAIL, (amend,)))


async def _check_changing(turn: Turn, item: AgendaItem) -> None:
    if item.owner_person_id is not None and not await may_change(turn, item):
        raise UserError(turn.say("Dieses Thema ändert, wer es vorstellt, oder die Koordination."))


def _ask_whether_to_rename(turn: Turn, item: AgendaItem, title: str) -> Reply:
    text = turn.say("Soll Thema {number} so heißen: „{title}“?").format(number=item.id, title=title)
    choices = (
        Choice("ja", turn.say("ja"), {"do": "rename", "item": str(item.id), "title": title}),
        Choice("nein", turn.say("nein"), {"do": "keep"}),
    )
    return Reply(text, Offer(DETAIL, choices))


async def _take(turn: Turn, services: Services, item: AgendaItem, step: Step) -> Sequence[Action]:
    if step is Step.WITHDRAW:
        return await withdraw(turn, services, item, is_sure=False)
    is_theirs = await may_change(turn, item)
    is_shared = item.owner_person_id is None and (item.meeting_id is None or step in (Step.RECUR, Step.ONCE))
    if not is_theirs and not is_shared:
        raise UserError(turn.say("Dieses Thema ändert, wer es vorstellt, oder die Koordination."))
    around = await meetings_of(turn, item)
    match step:
        case Step.RECUR | Step.ONCE:
            item.is_recurring = step is Step.RECUR
            text = (
                "„{title}“ kommt jetzt jedes Mal dran."
                if item.is_recurring
                else "„{title}“ kommt nur noch einmal dran."
            )
            said = turn.say(text)
        case Step.DISOWN:
            item.owner_person_id = None
            said = turn.say("„{title}“ stellt jetzt niemand vor.")
        case _:
            said = await _leave_out(turn, services, item)
    return [Reply(said.format(title=agenda.title_of(item))), *await refreshed(turn, services, around)]


async def _leave_out(turn: Turn, services: Services, item: AgendaItem) -> str:
    """Have a topic wait in the backlog, but not for the meeting that would be its next one."""
    meeting = await meeting_of(turn, item)
    if meeting is None:
        to = await destination(turn, services, item.jour_fixe_id)
        meeting = to.meeting if to is not None else None
    check_not_running(turn, item, meeting)
    item.meeting_id = item.place = None
    if meeting is None:
        return turn.say("„{title}“ wartet im Themenspeicher. Noch ist kein Termin geplant.")
    item.skipped_meeting_id = meeting.id
    text = turn.say("„{title}“ kommt nicht am {day} dran. Es wartet im Themenspeicher.")
    return text.format(title="{title}", day=day_in_words(meeting.day))


# taking away, putting on, joining


async def withdraw(turn: Turn, services: Services, item: AgendaItem, *, is_sure: bool) -> Sequence[Action]:
    """Take a topic away, for good: ask first. Raises `UserError` for all but the owner and the coordinators."""
    check_supporter(turn)
    if not await may_change(turn, item):
        raise UserError(turn.say("Themen nimmt nur die Koordination heraus, oder wer sie vorstellt."))
    data = {"item": str(item.id)}
    if not is_sure:
        choices = (
            Choice("ja", turn.say("ja"), data | {"do": "withdrawn"}),
            Choice("nein", turn.say("nein"), {"do": "stay"}),
        )
        return [Reply(turn.say("„{title}“ herausnehmen?").format(title=item.title), Offer(DETAIL, choices))]
    check_not_running(turn, item, await meeting_of(turn, item))
    return await _remove(turn, services, item)


async def _remove(turn: Turn, services: Services, item: AgendaItem) -> Sequence[Action]:
    assert item.id is not None
    around, title = await meetings_of(turn, item), item.title
    # Whoever takes a topic away does not want it offered again in the next night.
    await turn.uow.questions.note_offered(await turn.uow.questions.parts_of_topic(item.id), turn.today)
    await turn.uow.agenda.remove(item.id)
    said = turn.say("Herausgenommen: „{title}“.").format(title=title)
    return [Reply(said), *await refreshed(turn, services, around)]


async def put_on(turn: Turn, services: Services, item: AgendaItem) -> Sequence[Action]:
    """Put a late topic on the agenda of the next meeting in spite of its closing; raises `UserError`."""
    check_keeping(turn)
    if turn.role < Role.COORDINATOR:
        raise UserError(turn.say("Nach Themenschluss entscheidet die Koordination."))
    to = await destination(turn, services, item.jour_fixe_id)
    if to is None:
        raise UserError(turn.say("Noch ist kein Termin geplant."))
    item.skipped_meeting_id = None
    await turn.uow.agenda.close_poll([item.id or 0], Poll.PRIORITY)  # whoever voted for it has that point again
    await _append(turn, to.meeting, item)
    text = turn.say("„{title}“ kommt am {day} dran.").format(
        title=agenda.title_of(item), day=day_in_words(to.meeting.day)
    )
    said = " ".join([text, *await warning(turn, services, item)])
    return [Reply(said), *await refreshed(turn, services, await meetings_of(turn, item))]


async def _append(turn: Turn, meeting: Meeting, item: AgendaItem) -> None:
    """Below the topics of an agenda, above what always comes last; one that is not made yet will have it."""
    assert meeting.id is not None
    items = [one for one in await turn.uow.agenda.of_meeting(meeting.id) if one.id != item.id]
    item.meeting_id = meeting.id
    if MeetingStep.AGENDA not in await turn.uow.jour_fixe.steps(meeting.id):
        return
    agenda.append(items, item)


# what is chosen


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on with a topic as somebody chose or wrote."""
    data = chosen(turn)
    match data["do"]:
        case "keep":
            return [Reply(turn.say("Gut, alles bleibt, wie es ist."))]
        case "stay":
            return [Reply(turn.say("Gut, das Thema bleibt."))]
        case "right":
            return [Reply(turn.say("Gut, so bleibt es."))]
    item = await turn.uow.agenda.get(int(data["item"]))
    if item is None:
        return [Reply(turn.say("Dieses Thema ist schon herausgenommen."))]
    match data["do"]:
        case "withdrawn":
            return await withdraw(turn, services, item, is_sure=True)
        case "undo":
            return await _undo(turn, services, item)
        case "withdraw":
            return await withdraw(turn, services, item, is_sure=False)
        case "first":
            return await _take_first(turn, item)
    check_keeping(turn)
    match data["do"]:
        case "amend":
            return [_ask_what_to_change(turn, data)]
        case "amended":
            return await change(turn, services, item, turn.text, is_new="new" in data)
        case "rename":
            return await change(turn, services, item, f"heißt: {data['title']}")
        case "on":
            return await put_on(turn, services, item)
        case "ask_other":
            return [ask_for_other(turn, item)]
        case "other":
            return [await ask_whether_to_merge(turn, [item.id or 0, await named_other(turn, item)])]
        case "join":
            return [await ask_whether_to_merge(turn, [item.id or 0, int(data["other"])])]
        case "merge":
            return await merge(turn, services, item, await named(turn, int(data["other"])), data["title"])
    return await _set(turn, services, item, data)


def _ask_what_to_change(turn: Turn, data: dict[str, str]) -> Reply:
    text = turn.say("Was soll anders sein? Zum Beispiel „20 min, Info“ oder ein neuer Titel.") + hint(turn)
    choices = []
    for word, minutes in (("kurz", QUICK), ("länger", LONGER), ("lang", LONG)):
        label = turn.say("{count} Minuten").format(count=minutes)
        choices.append(Choice(word, label, data | {"do": "set", "minutes": str(minutes)}))
    for goal in Goal:
        choices.append(Choice(GOALS[goal].casefold(), GOALS[goal], data | {"do": "set", "goal": str(goal)}))
    choices.append(Choice("nein", turn.say("nichts ändern"), {"do": "keep"}))
    return Reply(text, Offer(DETAIL, tuple(choices), asks=data | {"do": "amended"}))


async def _undo(turn: Turn, services: Services, item: AgendaItem) -> Sequence[Action]:
    """Whoever has just noted a topic may take it back, as long as it is nobody else's and on no agenda."""
    check_supporter(turn)
    is_free = item.owner_person_id is None and item.meeting_id is None
    if not is_free and not await may_change(turn, item):
        raise UserError(turn.say("Themen nimmt nur die Koordination heraus, oder wer sie vorstellt."))
    return await _remove(turn, services, item)


async def _take_first(turn: Turn, item: AgendaItem) -> Sequence[Action]:
    check_supporter(turn)
    if turn.role < Role.COORDINATOR:
        raise UserError(turn.say("Das entscheidet die Koordination. Frag sie gern."))
    item.deferrals = max(item.deferrals, PATIENCE)
    return [Reply(turn.say("Gut, „{title}“ kommt als Erstes dran.").format(title=agenda.title_of(item)))]


async def _set(turn: Turn, services: Services, item: AgendaItem, data: dict[str, str]) -> Sequence[Action]:
    """Take minutes, a goal or an owner from a choice, and offer what is still open."""
    await _check_changing(turn, item)
    minutes = int(data["minutes"]) if "minutes" in data else None
    goal = Goal(data["goal"]) if "goal" in data else None
    owner = SENDER if data["do"] == "mine" else ""
    await apply(turn, item, TopicSentence(minutes=minutes, goal=goal, owner=owner))
    text = turn.say("Thema {number}: {topic}.").format(number=item.id, topic=await line(turn, item))
    said = [text, *await warning(turn, services, item)]
    shown = _changed(turn, item, said, is_new="new" in data)
    return [shown, *await refreshed(turn, services, await meetings_of(turn, item))]
