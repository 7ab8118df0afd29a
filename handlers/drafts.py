"""Lets a second person decide: what was proposed waits as a draft until somebody else approves it."""

from collections.abc import Collection, Sequence

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import ask, edit, rights
from handlers.changes import CHECKED_FOR, NEW_ANSWER, target_of
from handlers.pages import LINES, page
from handlers.proposers import FROM_CHAT, WAITING, check_second_person, is_forgotten, tell
from knowledge.importing import identifier_of
from storage.models.knowledge import EntryContent, KnowledgeEntry, Part, State, Visibility

DRAFT = "draft"  # topic of the offers below
LONGEST_LINE = 80
LONGEST_REASON = 300


# handing in


async def hand_in(
    turn: Turn, draft_id: str, content: EntryContent, author: str, origins: Collection[str]
) -> Sequence[Action]:
    """Keep a draft and ask those who decide; `author` is the id of who knows the answer.

    `origins` are the answer keys of the messages that it was made from: they take it along when they are deleted.
    """
    platform, proposer = turn.message.conversation.platform, turn.message.sender.id
    await turn.uow.knowledge.save([(draft_id, content)], FROM_CHAT, turn.now)
    await turn.uow.knowledge.assign(draft_id, Part.OWNER, platform, author)
    await turn.uow.knowledge.assign(draft_id, Part.PROPOSER, platform, proposer)
    await turn.uow.knowledge.note_origin(draft_id, origins)
    [draft] = await turn.uow.knowledge.get([draft_id])
    own = await turn.uow.addresses.direct_chat(platform, proposer)
    places = [place for place in await turn.curators() if (place.platform, place.id) != (platform, own)]
    asked = [Send(place, shown.text, shown.offer) for place in places for shown in [await show(turn, draft)]]
    kept = turn.say("Notiert als Entwurf Nr. {number}. Eine zweite Person prüft ihn, erst dann wird er gezeigt.")
    waits = [] if asked else [turn.say("Er wartet unter „entwürfe“ auf die Redaktion.")]
    return [Reply(" ".join((kept.format(number=draft.number), *waits))), *asked]


async def free_id(turn: Turn, content: EntryContent, changes: str = "") -> str | None:
    """An id for a draft that no entry has; None when the same is waiting already.

    The id of a new answer to an existing entry tells which one it `changes`.
    """
    words = (content.question, f"{content.question}\n{content.answer}", f"{content.question}\n{turn.answer_key}")
    begin = f"{NEW_ANSWER}{changes}/" if changes else ""
    ids = [begin + identifier_of(text) for text in words]
    known = {entry.id: entry for entry in await turn.uow.knowledge.get(ids)}
    if any(entry.state in WAITING and entry.answer == content.answer for entry in known.values()):
        return None
    return next(entry_id for entry_id in ids if entry_id not in known)


# showing


async def list_waiting(turn: Turn, services: Services) -> Sequence[Action]:
    """List what waits for a decision, with its day and first words; never who proposed it."""
    await _check_place(turn)
    return [await _list(turn)]


async def _list(turn: Turn, after: int = 0) -> Reply:
    waiting = await turn.uow.knowledge.in_state(*WAITING)
    if not waiting[after:]:
        return Reply(turn.say("Zurzeit wartet kein weiterer Entwurf." if after else "Zurzeit wartet kein Entwurf."))
    heading = turn.say("Entwürfe: {count}. „entwurf 7“ zeigt den mit der Nummer 7.").format(count=len(waiting))
    shown = page([await _line(turn, draft) for draft in waiting[after : after + LINES]])
    end = after + len(shown)
    more = Offer(DRAFT, (Choice("mehr", turn.say("mehr"), {"after": str(end)}),)) if end < len(waiting) else None
    return Reply("\n".join((heading + "\n", *shown)), more)


async def _line(turn: Turn, draft: KnowledgeEntry) -> str:
    first = (await turn.uow.knowledge.revisions(draft.id))[0]
    day = in_words(first.recorded_at.astimezone(turn.now.tzinfo).date())
    imported = turn.say(" (aus einem anderen Haus)") if draft.state == State.IN_REVIEW else ""
    words = ask.shortened(" ".join((draft.question or draft.answer).split()), LONGEST_LINE)
    return turn.say("- Nr. {number}, {day}: „{words}“").format(number=draft.number, day=day, words=words) + imported


async def show_draft(turn: Turn, services: Services) -> Sequence[Action]:
    """„entwurf 7“: show a draft to those who decide."""
    await _check_place(turn)
    if turn.number is None:
        return [Reply(turn.say("Welcher Entwurf? Schreib mir zum Beispiel „entwurf 7“. Alle zeigt „entwürfe“."))]
    draft = await turn.uow.knowledge.numbered(turn.number)
    if draft is None:
        raise UserError(turn.say("Einen Entwurf Nr. {number} gibt es nicht.").format(number=turn.number))
    return [_decided(turn, draft)] if draft.state not in WAITING else [await show(turn, draft)]


async def show(turn: Turn, draft: KnowledgeEntry, part: int = 0) -> Reply:
    """A draft as it stands now, with what may be done with it."""
    parts = ask.split("\n\n".join((draft.answer, *variants(draft))))
    part = min(part, len(parts) - 1)
    data = {"draft": draft.id, "version": await _version(turn, draft)}
    choices = [
        Choice("freigeben", turn.say("freigeben"), data | {"do": "approve"}),
        Choice("ändern", turn.say("ändern"), data | {"do": "edit"}),
        Choice("ablehnen", turn.say("ablehnen"), data | {"do": "reject"}),
    ]
    if part + 1 < len(parts):
        choices.append(Choice("mehr", turn.say("mehr lesen"), data | {"do": "more", "part": str(part + 1)}))
    target = await _target(turn, draft)
    heading = _heading(turn, draft, target) if part == 0 else []
    told = facts(turn, draft.content.model_copy(update={"visibility": (target or draft).visibility}))
    return Reply("\n\n".join((*heading, parts[part], told)), Offer(DRAFT, tuple(choices)))


def variants(entry: EntryContent) -> Sequence[str]:
    """The answers of departments, each below its name."""
    return [f"**{name}:**\n\n{answer}" for name, answer in entry.variants.items()]


def _heading(turn: Turn, draft: KnowledgeEntry, target: KnowledgeEntry | None) -> Sequence[str]:
    number = turn.say("Entwurf Nr. {number}").format(number=draft.number)
    question = [f"**{ask.shortened(draft.question, ask.LONGEST_HEADING)}**"] if draft.question else []
    if target is None:
        return [number, *question]
    present = turn.say("Neue Antwort für Nr. {number}. Bisher: „{answer}“")
    answer = ask.shortened(" ".join(target.answer.split()), ask.LONGEST_HEADING)
    return [number, present.format(number=target.number, answer=answer), *question]


def facts(turn: Turn, content: EntryContent) -> str:
    """What else belongs to an entry, in words: who may see it, when it is checked again, whose name stands there."""
    found = [turn.say("Sichtbar: {circle}.").format(circle=rights.in_german(turn, Visibility(content.visibility)))]
    if content.valid_until:
        found.append(turn.say("Prüfen: {day}.").format(day=in_words(content.valid_until)))
    if content.tags:
        found.append(turn.say("Themen: {tags}.").format(tags=ask.shortened(", ".join(content.tags), ask.LONGEST_LABEL)))
    if content.phrasings:
        phrasings = ask.shortened("; ".join(content.phrasings), ask.LONGEST_LABEL)
        found.append(turn.say("Auch gefragt als: {phrasings}.").format(phrasings=phrasings))
    if content.sources:
        sources = ask.shortened("; ".join(content.sources), ask.LONGEST_LABEL)
        found.append(turn.say("Quelle: {sources}.").format(sources=sources))
    name = ask.shortened(content.owner, ask.LONGEST_NAME) if content.owner else turn.say("nicht dabei")
    return " ".join((*found, turn.say("Name: {name}.").format(name=name)))


# deciding


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with a draft what a second person wants, unless it is decided or changed meanwhile."""
    data = ask.chosen(turn)
    if turn.text.rstrip().endswith("?"):  # who was asked for a reason asks something else
        return await ask.ask(turn, services)
    await turn.uow.knowledge.hold()  # of two who decide at once, the second one sees what the first did
    await _check_place(turn)
    if "after" in data:
        return [await _list(turn, int(data["after"]))]
    drafts = await turn.uow.knowledge.get([data["draft"]])
    if not drafts:
        return [Reply(turn.say("Diesen Entwurf gibt es nicht mehr. Darüber ist schon entschieden."))]
    [draft] = drafts
    if draft.state not in WAITING:
        return [_decided(turn, draft)]
    match data["do"]:
        case "edit":
            return await edit.begin(turn, services, draft)
        case "keep":
            return [Reply(turn.say("Gut, der Entwurf bleibt liegen."))]
    if await _version(turn, draft) != data["version"]:
        return await _show_anew(turn, draft)
    if data["do"] == "more":
        return [await show(turn, draft, int(data["part"]))]
    await check_second_person(turn, draft)
    match data["do"]:
        case "approve":
            return await _approve(turn, draft)
        case "discard":
            return await _discard(turn, draft)
    return [_ask_for_reason(turn, draft, data["version"])]


def _decided(turn: Turn, draft: KnowledgeEntry) -> Reply:
    if draft.state == State.APPROVED:
        return Reply(turn.say("Nr. {number} ist schon freigegeben.").format(number=draft.number))
    return Reply(turn.say("Über Nr. {number} ist schon entschieden: zurückgezogen.").format(number=draft.number))


async def _show_anew(turn: Turn, draft: KnowledgeEntry) -> Sequence[Action]:
    shown = await show(turn, draft)
    changed = turn.say("Der Entwurf hat sich inzwischen geändert. Entschieden ist noch nichts. So lautet er jetzt:")
    return [Reply(f"{changed}\n\n{shown.text}", shown.offer)]


async def _approve(turn: Turn, draft: KnowledgeEntry) -> Sequence[Action]:
    if await is_forgotten(turn, draft):
        return [await _ask_for_another(turn, draft)]
    target = await _target(turn, draft)
    told = await tell(turn, draft, _approved(turn, target or draft))
    content = _as_approved(turn, draft.content)
    if target is not None:
        await _replace(turn, draft, target, content)
    else:
        await turn.uow.knowledge.save([(draft.id, content)], "Freigabe", turn.now)
        await turn.uow.questions.close_those_of(draft.id)
    return [Reply(_approved(turn, target or draft)), *told]


async def _ask_for_another(turn: Turn, draft: KnowledgeEntry) -> Reply:
    """Whoever approves a draft of an unknown person may be that person: two of them are surely more than one."""
    platform, sender = turn.message.conversation.platform, turn.message.sender.id
    await turn.uow.knowledge.assign(draft.id, Part.PROPOSER, platform, sender)
    text = turn.say(
        "Notiert. Von wem dieser Entwurf kommt, weiß ich nicht mehr. Deshalb gibt ihn noch eine andere Person frei: "
        "„entwurf {number}“."
    )
    return Reply(text.format(number=draft.number))


def _as_approved(turn: Turn, content: EntryContent) -> EntryContent:
    """The content checked today; what waited until after its date holds for as long as a new one."""
    is_past = content.valid_until is not None and content.valid_until <= turn.today
    until = turn.today + CHECKED_FOR if is_past else content.valid_until
    return content.model_copy(update={"state": State.APPROVED, "checked_on": turn.today, "valid_until": until})


async def _replace(turn: Turn, draft: KnowledgeEntry, target: KnowledgeEntry, content: EntryContent) -> None:
    """Give an entry the answer of a draft, and all that stands behind that answer."""
    changes = content.model_dump(include={"answer", "owner", "sources", "state", "checked_on", "valid_until"})
    await turn.uow.knowledge.save([(target.id, target.content.model_copy(update=changes))], "Freigabe", turn.now)
    owner = await turn.uow.knowledge.person(draft.id, Part.OWNER)
    if owner:
        await turn.uow.knowledge.assign(target.id, Part.OWNER, owner.platform, owner.person)
    await turn.uow.questions.close_those_of(draft.id)
    await turn.uow.knowledge.discard(draft.id)


def _approved(turn: Turn, entry: KnowledgeEntry) -> str:
    text = turn.say("Nr. {number} ist freigegeben: „{question}“")
    return text.format(number=entry.number, question=ask.shortened(entry.question or entry.answer, ask.LONGEST_HEADING))


def _ask_for_reason(turn: Turn, draft: KnowledgeEntry, version: str) -> Reply:
    data = {"draft": draft.id, "version": version, "do": "discard"}
    text = turn.say("Ich lösche den Entwurf. Magst du in einer Zeile sagen, warum? Das geht auch ohne Grund.")
    choices = (
        Choice("ohne", turn.say("ohne Grund ablehnen"), data),
        Choice("behalten", turn.say("doch nicht ablehnen"), data | {"do": "keep"}),
    )
    return Reply(text, Offer(DRAFT, choices, asks=data))


async def _discard(turn: Turn, draft: KnowledgeEntry) -> Sequence[Action]:
    text = turn.say("Der Vorschlag „{question}“ wird nicht übernommen. Danke für die Mühe.")
    question = ask.shortened(draft.question or draft.answer, ask.LONGEST_HEADING)
    reason = ask.shortened(" ".join(turn.text.split()), LONGEST_REASON) if turn.choice and not turn.choice.word else ""
    said = turn.say("Dazu: „{reason}“").format(reason=reason) if reason else ""
    told = await tell(turn, draft, " ".join((text.format(question=question), said)).strip())
    if draft.state == State.DRAFT:
        await turn.uow.knowledge.discard(draft.id)
        return [Reply(turn.say("Abgelehnt. Der Entwurf ist gelöscht.")), *told]
    retired = draft.content.model_copy(update={"state": State.RETIRED})
    await turn.uow.knowledge.save([(draft.id, retired)], "Ablehnung", turn.now)
    return [Reply(turn.say("Abgelehnt. Nr. {number} wird nicht gezeigt.").format(number=draft.number)), *told]


async def _target(turn: Turn, draft: KnowledgeEntry) -> KnowledgeEntry | None:
    """The entry that a draft is a new form of, as long as it is shown to anybody."""
    entry_id = target_of(draft)
    found = await turn.uow.knowledge.get([entry_id]) if entry_id else []
    return next((entry for entry in found if entry.state == State.APPROVED), None)


async def _version(turn: Turn, draft: KnowledgeEntry) -> str:
    """Changes when the draft does, or the entry that it is a new form of."""
    target = await _target(turn, draft)
    ids = [draft.id, *([target.id] if target else [])]
    return " ".join([str(await turn.uow.knowledge.revision(entry_id)) for entry_id in ids])


async def _check_place(turn: Turn) -> None:
    """Drafts are shown to those who decide, and where nobody else reads along."""
    if turn.role < Role.CURATOR:
        raise UserError(turn.say("Über Entwürfe entscheidet nur die Redaktion."))
    await rights.check_private(turn)
