"""Shows the versions that an entry had, with day and origin but never who, and brings one of them back."""

from collections.abc import Sequence
from datetime import date

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers import rights
from handlers.ask import LONGEST_LABEL, chosen, shortened
from handlers.proposers import take_over
from knowledge.formats.fields import LABELS, written
from knowledge.importing import differing
from storage.models.knowledge import EntryContent, KnowledgeEntry, KnowledgeRevision, Visibility

VERSIONS, RESTORE = "versions", "restore_version"  # topics of the offers below
SHOWN = 6
LONGEST_ORIGIN = 60
LONGEST_TOGETHER = 500
"""Characters of all that a version has different, so that one reads it at a glance."""


async def list_versions(turn: Turn, services: Services) -> Sequence[Action]:
    """„12 verlauf“: the versions of an entry, newest first."""
    hint = turn.say("Welche Antwort? Schreib mir zum Beispiel „12 verlauf“.")
    entry = await rights.named_for_change(turn, hint)
    await rights.check_private(turn)
    return await versions(turn, entry)


async def versions(turn: Turn, entry: KnowledgeEntry, after: int = 0) -> Sequence[Action]:
    """The versions of an entry to choose from, without the newest `after` ones."""
    newest, *earlier = reversed(await turn.uow.knowledge.revisions(entry.id))
    now = turn.say("Nr. {number} steht jetzt in Fassung {version}: {origin}.")
    text = now.format(number=entry.number, version=newest.number, origin=_origin(turn, newest))
    if not earlier:
        return [Reply(f"{text}\n\n" + turn.say("Frühere Fassungen gibt es nicht."))]
    data = {"entry": entry.id, "revision": str(newest.number)}
    label = turn.say("Fassung {version}: {origin}")
    choices = [
        Choice(
            f"fassung {version.number}",
            label.format(version=version.number, origin=_origin(turn, version)),
            data | {"version": str(version.number)},
        )
        for version in earlier[after : after + SHOWN]
    ]
    if after + SHOWN < len(earlier):
        choices.append(Choice("mehr", turn.say("mehr"), data | {"after": str(after + SHOWN)}))
    return [Reply(f"{text}\n\n" + turn.say("Frühere Fassungen zum Ansehen:"), Offer(VERSIONS, tuple(choices)))]


def _origin(turn: Turn, version: KnowledgeRevision) -> str:
    day = in_words(version.recorded_at.astimezone(turn.now.tzinfo).date())
    return f"{day}, {shortened(version.origin, LONGEST_ORIGIN)}"


async def choose(turn: Turn, services: Services) -> Sequence[Action]:
    """Show the version that was chosen, or more of them."""
    entry, data = await rights.chosen_for_change(turn), chosen(turn)
    await rights.check_private(turn)
    if "after" in data:
        return await versions(turn, entry, int(data["after"]))
    version = await _version(turn, entry, int(data["version"]))
    heading = turn.say("Fassung {version} von Nr. {number}. Anders als jetzt ist:")
    lines = [heading.format(version=version.number, number=entry.number), *_differences(turn, version, entry.content)]
    if len(lines) == 1:
        return [Reply(turn.say("Nr. {number} steht schon so da.").format(number=entry.number))]
    return [Reply("\n\n".join([*lines, turn.say("Zurückholen?")]), _offer(turn, data))]


def _offer(turn: Turn, data: dict[str, str]) -> Offer:
    bring_back = Choice("ja", turn.say("ja, zurückholen"), data)
    return Offer(RESTORE, (bring_back, Choice("nein", turn.say("nein, so lassen"), {"entry": data["entry"]})))


def _differences(turn: Turn, version: KnowledgeRevision, present: EntryContent) -> list[str]:
    content = _content(version, present)
    fields = differing(present, content)
    longest = LONGEST_TOGETHER // max(len(fields), 2)
    return [f"{LABELS[field]}: {shortened(_in_words(turn, field, content), longest)}" for field in fields]


def _in_words(turn: Turn, field: str, content: EntryContent) -> str:
    value = getattr(content, field)
    if isinstance(value, Visibility):
        return rights.in_german(turn, value)
    return in_words(value) if isinstance(value, date) else written(field, value) or "–"


def _content(version: KnowledgeRevision, present: EntryContent) -> EntryContent:
    """What a version brings back: it never publishes an entry, nor shows a text to more people than it was for."""
    content = EntryContent.model_validate(version.content)
    narrower = min(present, content, key=rights.width).visibility
    return content.model_copy(update={"state": present.state, "visibility": narrower})


async def _version(turn: Turn, entry: KnowledgeEntry, number: int) -> KnowledgeRevision:
    for version in await turn.uow.knowledge.revisions(entry.id):
        if version.number == number:
            return version
    text = turn.say("Eine Fassung {version} von Nr. {number} gibt es nicht. „{number} verlauf“ zeigt alle.")
    raise UserError(text.format(version=number, number=entry.number))


async def restore_named(turn: Turn, services: Services) -> Sequence[Action]:
    """„12 zurückholen 3“: give an entry the form of an earlier version."""
    hint = turn.say("Welche Fassung? Schreib mir zum Beispiel „12 zurückholen 3“.")
    entry = await rights.named_for_change(turn, hint)
    said = turn.text.casefold().removeprefix("fassung").strip(" .")
    if not said.isdecimal() or len(said) > 7:
        raise UserError(hint)
    return await _restore(turn, entry, int(said))


async def restore(turn: Turn, services: Services) -> Sequence[Action]:
    """Give an entry the form of the version that was chosen, unless it changed since that was shown."""
    entry, data = await rights.chosen_for_change(turn), chosen(turn)
    if "version" not in data:
        return [Reply(turn.say("Gut, Nr. {number} bleibt, wie sie ist.").format(number=entry.number))]
    if str(await turn.uow.knowledge.revision(entry.id)) != data["revision"]:
        changed = turn.say("Nr. {number} wurde inzwischen geändert.").format(number=entry.number)
        [reply] = await versions(turn, entry)
        assert isinstance(reply, Reply)
        return [Reply(f"{changed}\n\n{reply.text}", reply.offer)]
    return await _restore(turn, entry, int(data["version"]))


async def _restore(turn: Turn, entry: KnowledgeEntry, number: int) -> Sequence[Action]:
    content = _content(await _version(turn, entry, number), entry.content)
    if not differing(entry.content, content):
        return [Reply(turn.say("Nr. {number} steht schon so da.").format(number=entry.number))]
    told = await take_over(turn, entry, content)
    is_narrower = content.visibility != entry.visibility
    await turn.uow.knowledge.save([(entry.id, content)], f"Fassung {number} zurückgeholt", turn.now)
    text = turn.say("Nr. {number} ist wieder wie in Fassung {version}. Auch die Fassung davor bleibt im Verlauf.")
    said = text.format(number=entry.number, version=number)
    if is_narrower:
        circle = rights.in_german(turn, Visibility(content.visibility))
        said += " " + turn.say("Sichtbar ist sie wie damals: {circle}.").format(circle=circle)
    return [Reply(said), *told]


async def decide(turn: Turn, entry: KnowledgeEntry, aside: int, present: str) -> Reply:
    """Say that somebody else was quicker, and ask which version counts; `aside` is the number of the sender's."""
    text = turn.say(
        "Nr. {number} wurde inzwischen geändert. Jetzt steht dort:\n\n{present}\n\nDeine Fassung ist als Fassung "
        "{version} aufgehoben. Soll sie gelten?"
    )
    revision = str(await turn.uow.knowledge.revision(entry.id))
    offer = _offer(turn, {"entry": entry.id, "revision": revision, "version": str(aside)})
    shown = shortened(present, LONGEST_LABEL * 2)
    return Reply(text.format(number=entry.number, present=shown, version=aside), offer)
