"""Keeps answers true: takes reports that one is outdated, and asks its owner before it runs out."""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Conversation, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers import ask, edit, rights
from handlers.changes import CHECKED_FOR
from knowledge.screening import screen
from storage.models.knowledge import EntryContent, EntryPerson, KnowledgeEntry, Part, State, Visibility
from storage.models.questions import Verdict

REVIEW = "review"  # topic of the offer below
REPORTS_NEEDED = 3
"""So many reports of people who are not known to know better mark an answer."""
ASKED_AHEAD = timedelta(days=14)
ASKED_A_NIGHT = 3
"""More questions at once nobody answers; the others follow in the next nights."""


async def take_report(turn: Turn, services: Services) -> Sequence[Action]:
    """„214 stimmt nicht mehr“, perhaps with what is true now."""
    if turn.number is None:
        return [Reply(turn.say("Welche Antwort stimmt nicht mehr? Schreib mir zum Beispiel „214 veraltet“."))]
    entry = await turn.uow.knowledge.numbered(turn.number)
    if entry is None or not entry.is_shown_to(turn.sees):
        raise UserError(turn.say("Eine Antwort Nr. {number} finde ich nicht.").format(number=turn.number))
    return await report(turn, entry.id, turn.text)


async def report(turn: Turn, entry_id: str, reason: str = "") -> Sequence[Action]:
    """Count a report without its sender; from the owner, a curator or the third one on, mark the answer and ask."""
    entries = await turn.uow.knowledge.get([entry_id])
    if not entries or not entries[0].is_shown_to(turn.sees):
        return [Reply(turn.say("Diese Antwort gibt es nicht mehr."))]
    [entry] = entries
    await turn.uow.questions.judge(entry_id, Verdict.OUTDATED, turn.today)
    may_decide = await rights.may_change(turn, entry)
    if not may_decide and await turn.uow.questions.count_reports(entry_id) < REPORTS_NEEDED:
        return [Reply(turn.say("Danke, notiert ohne deinen Namen. Melden es mehrere, wird die Antwort geprüft."))]
    if entry.reported_on is None:
        await turn.uow.knowledge.mark_reported(entry_id, turn.today)
    marked = turn.say("Danke. Nr. {number} zeige ich jetzt mit dem Hinweis „wird geprüft“.").format(number=entry.number)
    if may_decide and await rights.is_private(turn):
        text = f"{marked} " + turn.say("Du kannst auch gleich entscheiden:")
        return [Reply(text, Offer(REVIEW, await _choices(turn, entry)))]
    asked = await _ask(turn, entry, _reported(turn, entry, reason)) if entry.asked_on is None else []
    return [Reply(marked), *asked]


def _reported(asking: Turn | Night, entry: KnowledgeEntry, reason: str = "") -> str:
    text = asking.say("Nr. {number} wurde als veraltet gemeldet: „{question}“ Gilt die Antwort noch?")
    said = asking.say("Dazu wurde geschrieben: „{reason}“").format(reason=screen(reason).proposal) if reason else ""
    return "\n\n".join(part for part in (_named(text, entry), said) if part)


def _running_out(night: Night, entry: KnowledgeEntry) -> str:
    assert entry.valid_until
    if entry.valid_until < night.today:
        text = night.say("Nr. {number} galt nur bis {day}: „{question}“ Gilt die Antwort noch?")
    else:
        text = night.say("Nr. {number} gilt nur bis {day}: „{question}“ Gilt die Antwort darüber hinaus?")
    return _named(text, entry, day=in_words(entry.valid_until))


def _named(text: str, entry: KnowledgeEntry, **more: str) -> str:
    question = ask.shortened(" ".join((entry.question or entry.answer).split()), ask.LONGEST_HEADING)
    return text.format(number=entry.number, question=question, **more)


async def ask_owners(night: Night, services: Services) -> Sequence[Send]:
    """Ask about answers that were reported while nobody could be asked, and those that soon run out."""
    due = await night.uow.knowledge.to_review(night.today + ASKED_AHEAD, ASKED_A_NIGHT)
    asked: list[Send] = []
    for entry in due:
        asked += await _ask(night, entry, _reported(night, entry) if entry.reported_on else _running_out(night, entry))
    return asked


async def _ask(asking: Turn | Night, entry: KnowledgeEntry, text: str) -> Sequence[Send]:
    """Ask the owner in their direct chat, else the curators; nobody if neither is known yet."""
    places = await _places(asking, entry)
    if not places:
        return []
    await asking.uow.knowledge.note_asked(entry.id, asking.today)
    offer = Offer(REVIEW, await _choices(asking, entry))
    return [Send(place, text, offer, person) for place, person in places]


async def _places(asking: Turn | Night, entry: KnowledgeEntry) -> Sequence[tuple[Conversation, str | None]]:
    owner = await asking.uow.knowledge.person(entry.id, Part.OWNER)
    if owner and await _may_read(asking, entry, owner):
        chat = await asking.uow.addresses.direct_chat(owner.platform, owner.person)
        if chat:
            return [(Conversation(owner.platform, chat, is_direct=True), owner.person)]
    return [(place, None) for place in await asking.curators()]


async def _may_read(asking: Turn | Night, entry: KnowledgeEntry, owner: EntryPerson) -> bool:
    if entry.visibility != Visibility.COMMUNITY:
        return True
    return await asking.role_of(owner.platform, owner.person) >= Role.SUPPORTER


async def _choices(asking: Turn | Night, entry: KnowledgeEntry) -> tuple[Choice, ...]:
    data = {"entry": entry.id, "revision": str(await asking.uow.knowledge.revision(entry.id))}
    return (
        Choice("gilt", asking.say("gilt weiter"), data | {"do": "confirm"}),
        Choice("ändern", asking.say("neue Fassung schreiben"), data | {"do": "edit"}),
        Choice("zurückziehen", asking.say("zurückziehen"), data | {"do": "retire"}),
    )


async def review(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what the owner or a curator decided about an answer that may be outdated."""
    data = ask.chosen(turn)
    await turn.uow.knowledge.hold()
    await rights.check_private(turn)
    entries = await turn.uow.knowledge.get([data["entry"]])
    if entries:
        await rights.check_change(turn, entries[0])
    if not entries or str(await turn.uow.knowledge.revision(data["entry"])) != data["revision"]:
        return [Reply(turn.say("Das ist schon erledigt: Die Antwort wurde inzwischen geändert."))]
    [entry] = entries
    match data["do"]:
        case "edit":
            return await edit.begin(turn, services, entry)
        case "retire":
            return await _save(turn, entry, entry.content.model_copy(update={"state": State.RETIRED}), "zurückgezogen")
    return await _save(turn, entry, still_valid(entry.content, turn.today), "geprüft")


async def _save(turn: Turn, entry: KnowledgeEntry, content: EntryContent, origin: str) -> Sequence[Action]:
    await turn.uow.knowledge.save([(entry.id, content)], origin, turn.now)
    if content.state is State.RETIRED:
        return [
            Reply(turn.say("Nr. {number} ist zurückgezogen und wird nicht mehr gezeigt.").format(number=entry.number))
        ]
    assert content.valid_until
    text = turn.say("Danke. Nr. {number} gilt jetzt bis {day}.")
    return [Reply(text.format(number=entry.number, day=in_words(content.valid_until)))]


def still_valid(content: EntryContent, today: date) -> EntryContent:
    """The entry checked today, valid for as long as it was before, or for half a year."""
    was_given_both = content.checked_on and content.valid_until and content.valid_until > content.checked_on
    span = content.valid_until - content.checked_on if was_given_both else CHECKED_FOR  # type: ignore[operator]
    return content.model_copy(update={"checked_on": today, "valid_until": today + span})
