"""Joins two topics for the jour fixe: one takes all that is known of the other."""

from collections.abc import Sequence

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers.ask import shortened
from handlers.jour_fixe import agenda
from handlers.jour_fixe.appointments import check_keeping
from handlers.jour_fixe.topic_cards import (
    DETAIL,
    LONGEST_TITLE,
    LONGEST_WANTED,
    check_not_running,
    hint,
    line,
    may_change,
    meeting_of,
    meetings_of,
    named,
    refreshed,
)
from storage.models.agenda import AgendaItem


async def ask_whether_to_merge(turn: Turn, numbers: Sequence[int]) -> Reply:
    """Ask under which title two topics shall be one; raises `UserError`."""
    check_keeping(turn)
    if len(set(numbers)) != 2:
        raise UserError(turn.say("Ich lege immer zwei Themen zusammen: „themen 3 und 5 zusammenlegen“."))
    first, second = [await named(turn, number) for number in numbers]
    await _check_merging(turn, first, second)
    data = {"do": "merge", "item": str(first.id), "other": str(second.id)}
    both = _joined(first, second)
    choices = [Choice("erster", first.title, data | {"title": "first"})]
    if len(both) <= LONGEST_TITLE:
        choices.insert(0, Choice("beide", both, data | {"title": "both"}))
    choices.append(Choice("nein", turn.say("nicht zusammenlegen"), {"do": "keep"}))
    text = turn.say("Thema {first} und {second} zusammenlegen, mit {count} Minuten? Welcher Titel soll gelten?")
    minutes = max(agenda.minutes_of(first), agenda.minutes_of(second))
    return Reply(text.format(first=first.id, second=second.id, count=minutes), Offer(DETAIL, tuple(choices)))


def ask_for_other(turn: Turn, item: AgendaItem) -> Reply:
    """Ask with which topic one shall be joined."""
    text = turn.say("Mit welchem Thema? Schreib mir seine Nummer oder ein Wort daraus.") + hint(turn)
    drop = Choice("nein", turn.say("nicht zusammenlegen"), {"do": "keep"})
    return Reply(text, Offer(DETAIL, (drop,), asks={"do": "other", "item": str(item.id)}))


async def named_other(turn: Turn, item: AgendaItem) -> int:
    """The number of the other topic that somebody wrote, or whose title has their words; raises `UserError`."""
    said = turn.text.casefold().strip(' .!„“"').removeprefix("thema ").strip()
    others = [one for one in await turn.uow.agenda.waiting() if one.id != item.id]
    found = [one for one in others if str(one.id) == said] or [one for one in others if said in one.title.casefold()]
    if len(found) != 1:
        raise UserError(turn.say("Das passt zu keinem oder zu mehreren Themen. Schreib mir bitte die Nummer."))
    return found[0].id or 0


async def _check_merging(turn: Turn, *items: AgendaItem) -> None:
    for item in items:
        if not await may_change(turn, item):
            raise UserError(turn.say("Themen legt nur die Koordination zusammen, oder wer beide vorstellt."))
        check_not_running(turn, item, await meeting_of(turn, item))


def _joined(first: AgendaItem, second: AgendaItem) -> str:
    return f"{first.title}; {second.title}"


async def merge(turn: Turn, services: Services, first: AgendaItem, second: AgendaItem, title: str) -> Sequence[Action]:
    """Have one topic take all that is known of another one, whose number is gone then."""
    assert first.id is not None
    assert second.id is not None
    check_keeping(turn)
    await _check_merging(turn, first, second)
    around = {one.id: one for item in (first, second) for one in await meetings_of(turn, item)}
    if first.minutes is not None or second.minutes is not None:
        first.minutes = max(agenda.minutes_of(first), agenda.minutes_of(second))
    first.title = _joined(first, second) if title == "both" else first.title
    first.goal = first.goal or second.goal
    first.wanted = shortened("; ".join(filter(None, (first.wanted, second.wanted))), LONGEST_WANTED)
    first.link = first.link or second.link
    first.owner_person_id = first.owner_person_id or second.owner_person_id
    first.is_recurring = first.is_recurring or second.is_recurring
    first.deferrals = max(first.deferrals, second.deferrals)
    first.jour_fixe_id = first.jour_fixe_id or second.jour_fixe_id
    first.points = max(first.points, second.points)
    first.proposed_on = min(first.proposed_on, second.proposed_on)
    if first.meeting_id is None and second.meeting_id is not None:
        first.meeting_id, first.place = second.meeting_id, second.place
    await turn.uow.questions.make_topic(first.id, await turn.uow.questions.parts_of_topic(second.id))
    await turn.uow.agenda.move_votes(second.id, first.id)
    await turn.uow.agenda.remove(second.id)
    text = turn.say("Zusammengelegt. Thema {number}: {topic}.").format(number=first.id, topic=await line(turn, first))
    return [Reply(text), *await refreshed(turn, services, around.values())]
