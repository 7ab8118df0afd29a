"""Who does what in a round: proposed at once, changed by wish or by lot; nothing of it is remembered beyond the round.

Whoever has the case does nothing else. What nobody wants to do, nobody does: then the bot keeps the form alone.
"""

import random
from collections.abc import Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers.peer_consultation import case_choice, phases
from handlers.peer_consultation.circle import Circle, Member, Say, choices, tell
from handlers.peer_consultation.phase_posts import meaning
from knowledge.consultation_formats import Does
from knowledge.minutes import escaped
from storage.models.peer_consultation import CaseState, GroupShows, Part

CASTING, SWAP, NOTING = "consultation_casting", "consultation_swap", "consultation_noting"  # topics of the offers below
WORDS = {
    "moderation": Part.MODERATOR,
    "mitschrift": Part.SCRIBE,
    "zeit": Part.TIMEKEEPER,
    "beobachten": Part.OBSERVER,
}
"""What people say who want a part."""
PHRASES = {
    "moderation": ("ich moderiere", "ich mache die moderation", "ich übernehme die moderation"),
    "mitschrift": ("ich schreibe mit", "ich schreib mit", "ich mache die mitschrift", "ich übernehme die mitschrift"),
    "zeit": ("ich achte auf die zeit", "ich mache die zeit", "ich übernehme die zeit"),
    "beobachten": ("beobachter", "beobachterin", "beobachtung", "ich beobachte", "ich beobachte den ablauf"),
}
"""What means the same."""
BY_LOT = (Part.MODERATOR, Part.SCRIBE)
"""What somebody is proposed for; whoever keeps the time or observes wishes to."""
FEWEST_WITH_OBSERVER = 5

_LABELS = {
    "ja": "ja, einverstanden",
    "nein": "nein, Aufgabe abgeben",
    "moderation": "ich moderiere",
    "mitschrift": "ich schreibe mit",
    "zeit": "ich achte auf die Zeit",
    "beobachten": "ich beobachte den Ablauf",
    "los": "neu losen",
}


async def begin(asking: Turn | Night, services: Services, circle: Circle) -> list[Send]:
    """Propose who does what, or look for a case first."""
    await case_choice.take_known(asking, circle)
    if case_choice.is_missing(circle):
        return await case_choice.begin(asking, circle)
    return await propose(asking, circle)


async def propose(asking: Turn | Night, circle: Circle) -> list[Send]:
    """Fill by lot what nobody does yet, and ask all whether they agree."""
    await _fill(asking, circle)

    def write(say: Say) -> str:
        lines = [
            say("Vorschlag: {parts}. Einverstanden?").format(parts=phases.parts(say, circle) or "–"),
            _alone(say, circle),
        ]
        return "\n".join(filter(None, lines))

    # „passt“ and „ok“ are a yes as well, as below each question whether something fits.
    words = [("einverstanden" if word == "ja" else word, _LABELS[word], word) for word in _words(circle)]

    def offer(say: Say) -> Offer:
        return Offer(CASTING, meaning(say, circle, words), lasts=True)

    return await tell(asking, circle, write, offer, GroupShows.PHASE)


def _alone(say: Say, circle: Circle) -> str:
    """What we see to, where nobody does."""
    if circle.moderator is None:
        return say("Moderiert niemand, achte ich allein auf Ablauf und Zeit.")
    is_free = Part.TIMEKEEPER in circle.plan.parts and not circle.of(Part.TIMEKEEPER)
    return say("Auf die Zeit achte ich, wenn das niemand übernimmt.") if is_free else ""


def _words(circle: Circle) -> Sequence[str]:
    is_large = len(circle.members) >= FEWEST_WITH_OBSERVER
    able = [word for word, part in WORDS.items() if part in circle.plan.parts or (part is Part.OBSERVER and is_large)]
    return ["ja", "nein", *able, "los"]


async def _fill(asking: Turn | Night, circle: Circle) -> None:
    for part in BY_LOT:
        refusing = await asking.uow.consultations.voices(circle.number, f"no {part}")
        free = [member for member in circle.members if member.row.part in (None, Part.ADVISER)]
        able = [one for one in free if one.id not in refusing and (part is not Part.MODERATOR or one.row.can_moderate)]
        if part in circle.plan.parts and not circle.of(part) and able:
            random.choice(able).row.part = part


# agreeing, and wishing


async def agree(turn: Turn, circle: Circle, member: Member) -> Sequence[Member]:
    """Note that somebody agrees; gives those who were proposed for something and have not agreed yet."""
    await _note_yes(turn, circle, member)
    named = [one for one in circle.members if one.row.part not in (None, Part.ADVISER)]
    return [one for one in named if one.id not in await turn.uow.consultations.voices(circle.number, _yes_to(one))]


async def _note_yes(turn: Turn, circle: Circle, member: Member) -> None:
    await turn.uow.consultations.raise_voice(circle.number, member.id, _yes_to(member))


def _yes_to(member: Member) -> str:
    """What somebody says yes to: whoever is proposed for something else later is asked again."""
    return f"yes {member.row.part}"


async def decline(turn: Turn, circle: Circle, member: Member) -> Sequence[Action]:
    """Take a part off somebody, who is not proposed for it again; others are."""
    part = member.row.part
    if part == Part.CASE_GIVER:
        return [_ask_for_case(turn, circle)]
    if part in (None, Part.ADVISER):
        return [Reply(turn.say("Wer etwas anderes möchte, nennt die Aufgabe, zum Beispiel „moderation“."))]
    member.row.part = None
    await turn.uow.consultations.raise_voice(circle.number, member.id, f"no {part}")
    return await propose(turn, circle)


def _ask_for_case(turn: Turn, circle: Circle) -> Reply:
    """Whether somebody really does not want their case to be the one."""
    words = [("ja", "ja, ein anderer Fall", "abgeben"), ("nein", "nein, es bleibt bei diesem", "behalten")]
    text = turn.say("Soll heute ein anderer Fall dran sein?")
    return Reply(text, Offer(CASTING, meaning(turn.say, circle, words)))


async def give_case_back(turn: Turn, circle: Circle, member: Member) -> Sequence[Action]:
    """Have the round be about somebody else's case; this one waits for another group."""
    if member.row.part != Part.CASE_GIVER or not is_running(circle):
        raise UserError(turn.say("Das hat sich inzwischen erledigt."))
    case = await turn.uow.rounds.case(circle.group.case_id) if circle.group.case_id is not None else None
    if case is not None and case.person_id == member.id:
        case.state = CaseState.WAITING
    circle.group.case_id, member.row.part = None, None
    return await case_choice.begin(turn, circle)


async def draw(turn: Turn, circle: Circle) -> Sequence[Action]:
    """Draw anew who does what, but for those who wished for their part."""
    wished = await turn.uow.consultations.voices(circle.number, "wish")
    for member in circle.members:
        if member.row.part in BY_LOT and member.id not in wished:
            member.row.part = None
    return await propose(turn, circle)


async def wish(turn: Turn, circle: Circle, member: Member, word: str) -> Sequence[Action]:
    """Give somebody the part that they want, or ask whoever was proposed for it without having wished for it."""
    part = WORDS[word]
    if member.row.part == Part.CASE_GIVER:
        raise UserError(turn.say("Wer den Fall hat, übernimmt sonst nichts."))
    if member.row.part == part:
        return [
            Reply(turn.say("Diese Aufgabe ist schon vergeben: {parts}.").format(parts=phases.parts(turn.say, circle)))
        ]
    holding = next(iter(circle.of(part)), None)
    if holding is None:
        member.row.part = part
        return await _given(turn, circle, member)
    return await _ask_to_swap(turn, circle, member, holding, part)


async def _ask_to_swap(turn: Turn, circle: Circle, member: Member, holding: Member, part: Part) -> Sequence[Action]:
    """Ask whoever has a part whether somebody else may have it."""
    names = {"name": escaped(member.name), "holder": escaped(holding.name)}
    data = [("ja", "ja, tauschen"), ("nein", "nein, so lassen")]

    def write(say: Say) -> str:
        return say("{name} möchte tauschen: {part}. {holder}, ist das recht?").format(part=_title(say, part), **names)

    def offer(say: Say) -> Offer:
        made = choices(say, circle, data)
        return Offer(SWAP, tuple(_about(one, member, part) for one in made), lasts=True)

    return await tell(turn, circle, write, offer, GroupShows.PHASE)


def _title(say: Say, part: Part) -> str:
    titles = {
        Part.MODERATOR: say("Moderation"),
        Part.SCRIBE: say("Mitschrift"),
        Part.TIMEKEEPER: say("Zeit"),
        Part.OBSERVER: say("Beobachtung"),
    }
    return titles[part]


def _about(choice: Choice, member: Member, part: Part) -> Choice:
    return replace(choice, data={**choice.data, "member": str(member.id), "part": str(part)})


async def swap(turn: Turn, circle: Circle, member: Member, wishing: Member | None, part: Part) -> Sequence[Action]:
    """Have two swap their parts, now that the one who has it agrees; raises `UserError`."""
    if wishing is None or member.row.part != part or wishing.row.part == Part.CASE_GIVER:
        raise UserError(turn.say("Das hat sich inzwischen erledigt."))
    member.row.part, wishing.row.part = wishing.row.part, part
    return await _given(turn, circle, wishing)


async def give_up(turn: Turn, circle: Circle, member: Member, word: str = "") -> Sequence[Action]:
    """Take a part off somebody, that of the word if there is one; raises `UserError` if it is not theirs."""
    part = member.row.part
    if word and part != WORDS[word]:
        raise UserError(turn.say("Diese Aufgabe liegt bei jemand anderem."))
    if is_running(circle):
        return await decline(turn, circle, member)
    if part == Part.CASE_GIVER:
        raise UserError(turn.say("Der Fall steht fest. Ohne ihn endet die Runde: „raus“."))
    if part in (None, Part.ADVISER):
        raise UserError(turn.say("Da gibt es gerade keine Aufgabe abzugeben."))
    assert part is not None
    member.row.part = Part.ADVISER

    def write(say: Say) -> str:
        text = say("Nicht mehr vergeben: {part}. Wer übernimmt, schreibt „{word}“.")
        return text.format(part=_title(say, part), word=next(word for word, one in WORDS.items() if one == part))

    said = await tell(turn, circle, write)
    return [*said, *(await offer_to_note(turn, circle) if part == Part.SCRIBE else [])]


async def _given(turn: Turn, circle: Circle, member: Member) -> Sequence[Action]:
    """Somebody has the part that they wished for."""
    await turn.uow.consultations.raise_voice(circle.number, member.id, "wish")
    await _note_yes(turn, circle, member)
    if is_running(circle):
        return await propose(turn, circle)
    is_noted = member.row.part == Part.SCRIBE and await _stop_noting(turn, circle)

    def write(say: Say) -> str:
        now = say("Jetzt: {parts}.").format(parts=phases.parts(say, circle))
        return f"{now} {say('Ich notiere darum nichts mehr.')}" if is_noted else now

    return await tell(turn, circle, write)


async def _stop_noting(turn: Turn, circle: Circle) -> bool:
    """Note nothing ourselves any more; False where we did not."""
    was_noted = await turn.uow.consultations.has_step(circle.number, phases.NOTED_BY_US)
    await turn.uow.consultations.forget_steps(circle.number, phases.NOTED_BY_US)
    return was_noted


def is_running(circle: Circle) -> bool:
    """Whether the parts are being given right now."""
    return circle.phase is not None and circle.phase.does is Does.CASTING


# the end of it


async def finish(asking: Turn | Night, circle: Circle) -> Sequence[Send]:
    """Have all who took nothing over advise; without a scribe, offer to note what is contributed."""
    for member in circle.members:
        member.row.part = member.row.part or Part.ADVISER
    return await offer_to_note(asking, circle)


async def offer_to_note(asking: Turn | Night, circle: Circle) -> Sequence[Send]:
    """Where nobody writes what is contributed: say that we do so, as long as nobody minds."""
    giver, is_wanted = circle.case_giver, Part.SCRIBE in circle.plan.parts and not circle.of(Part.SCRIBE)
    if giver is None or not is_wanted:
        return []
    if not await asking.uow.consultations.note_step(circle.number, phases.NOTED_BY_US):
        return []

    def write(say: Say) -> str:
        text = say("Niemand schreibt mit. Darum notiere ich die Beiträge zur Beratung, nur für {name} und ohne Namen.")
        return text.format(name=escaped(giver.name)) + " " + say("Wer das nicht möchte, schreibt „ohne“.")

    def offer(say: Say) -> Offer:
        return Offer(NOTING, choices(say, circle, [("ohne", "ohne Notizen")]), lasts=True)

    return await tell(asking, circle, write, offer)


async def note_nothing(turn: Turn, circle: Circle) -> Sequence[Action]:
    """Somebody does not want us to note anything: one is enough, and nobody asks why."""
    if await _stop_noting(turn, circle):
        await turn.uow.consultations.drop_notes(circle.number)
    return await tell(turn, circle, lambda say: say("Gut, ich notiere nichts."))
