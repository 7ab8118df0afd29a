"""What people say to move a round: „weiter“, more time, pause, back, end, and who does what. By number, word or button.

Of two who say it at once only one moves it; a button that belongs to an earlier phase shows the present one.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from bot.commands import free_text
from bot.errors import UserError
from bot.messages import Action, Offer, Reply
from bot.turn import Handler, Services, Turn
from handlers import ask
from handlers.ask import chosen
from handlers.peer_consultation import case_choice, casting, closing, key_question, live, phases, time_boxes, turns
from handlers.peer_consultation.circle import Circle, Member, Say, tell
from handlers.peer_consultation.leading import (
    check_leader,
    chosen_circle,
    is_of_now,
    is_wanted,
    leads,
    phase_of,
    running,
    takes_part,
)
from handlers.peer_consultation.phase_posts import LIVE, meaning
from handlers.turning import is_said_together, note_turning
from knowledge.consultation_formats import Does, Laps, Phase
from knowledge.minutes import escaped
from storage.models.peer_consultation import Part

What = Literal["weiter", "mehr", "pause", "zurück", "ende", "finden", "stand"]


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what somebody chose below a message of a running round, if they may."""
    circle, member = await chosen_circle(turn)
    if not is_of_now(turn, circle):
        return _stand(turn, circle)
    return await do(turn, services, circle, member, chosen(turn)["do"])


def command(what: What) -> Handler:
    """The handler of a command about the round that runs here."""

    async def handle(turn: Turn, services: Services) -> Sequence[Action]:
        circle, _, member = await running(turn)
        return await do(turn, services, circle, member, what)

    return _in_a_round(handle)


def _in_a_round(handler: Handler) -> Handler:
    """From whoever takes part in no round that runs, words like „stand“ and „zeit“ are a question like others."""

    async def handle(turn: Turn, services: Services) -> Sequence[Action]:
        if not await takes_part(turn):
            return await ask.ask(replace(turn, text=free_text(turn.message.text)), services)
        return await handler(turn, services)

    return handle


go_on = command("weiter")
"""„weiter“: to the next phase, or on after a pause; in turns, not to say anything."""


async def do(turn: Turn, services: Services, circle: Circle, member: Member, what: str) -> Sequence[Action]:
    """Do what a member said, by the word for it, if they may; raises `UserError`."""
    phase = phase_of(circle)
    match what:
        case "stand":
            return _stand(turn, circle)
        case "bleiben":
            return [Reply(turn.say("Gut, es geht weiter."))]
        case "fertig":
            return await turns.finish(turn, circle, phase, member)
        case "mehr":
            return _with_word(turn, circle, await _give_more(turn, services, circle, member))
        case "finden":
            return _with_word(turn, circle, await key_question.find(turn, circle, member))
        case "weiter" if await _is_due(turn, circle, phase, member):
            return await turns.take(turn, circle, phase, member, turns.PASSED)
    await check_leader(turn, circle, member)
    if what in ("ende", "beenden"):
        return await _end(turn, services, circle, member, is_sure=what == "beenden")
    if is_said_together(turn, circle.group):
        now = turn.say("Pause") if circle.group.paused_at is not None else escaped(phase.title)
        return [Reply(turn.say("Das ist gerade schon geschehen. Jetzt: {now}.").format(now=now))]
    done = await _lead(turn, services, circle, member, what)
    return _with_word(turn, circle, done)


async def _lead(turn: Turn, services: Services, circle: Circle, member: Member, what: str) -> Sequence[Action]:
    phase = phase_of(circle)
    match what:
        case "pause":
            done: Sequence[Action] = await time_boxes.pause(turn, circle, phase)
        case "zurück":
            done = await _go_back(turn, services, circle)
        case _ if circle.group.paused_at is not None:
            done = await time_boxes.resume(turn, circle, phase)
        case "fortsetzen":
            return _stand(turn, circle)
        case _:
            if not await _may_go_on(turn, circle, member):
                return [Reply(turn.say("Notiert. Sagt noch jemand „weiter“, geht es weiter."))]
            done = await live.advance(turn, services, circle, await _what_counts(turn, circle, phase))
    note_turning(turn, circle.group)
    return done


async def _what_counts(turn: Turn, circle: Circle, phase: Phase) -> Callable[[Say], str] | None:
    """What is said when it goes on before all agreed, or without a key question: that may have been said aloud."""
    if phase.does is Does.CASTING:
        return lambda say: say("Es gilt: {parts}.").format(parts=phases.parts(say, circle))
    if not phases.is_key_question(phase) or await turn.uow.consultations.voices(circle.number, phases.ASKED):
        return None
    return lambda say: say("Eine Schlüsselfrage steht hier noch nicht. „zurück“ führt noch einmal dorthin.")


async def _may_go_on(turn: Turn, circle: Circle, member: Member) -> bool:
    """Whether it goes on now: without a moderator also by one word, once the time is over; raises `UserError`."""
    if phase_of(circle).does is Does.CASTING and case_choice.is_missing(circle):
        raise UserError(turn.say("Noch fehlt ein Fall. Wer einen hat, schreibt „fall“. „ende“ beendet die Runde."))
    if circle.moderator is None and time_boxes.is_over(circle.group, turn.now):
        return True
    return await is_wanted(turn, circle, member, "on")


def _stand(turn: Turn, circle: Circle) -> Sequence[Action]:
    standing = phases.standing(turn.say, circle, phase_of(circle), turn.now)
    if _is_among_them(turn, circle):
        return [Reply(standing)]
    number = turn.say("Beratung {number}:").format(number=circle.number)
    again = turn.say("Das zeigt „stand der beratung“ hier jederzeit.")
    return [Reply(f"{number} {standing}\n{again}")]


def _is_among_them(turn: Turn, circle: Circle) -> bool:
    here = turn.message.conversation
    return any((place.platform, place.conversation_id) == (here.platform, here.id) for place in circle.places)


def _with_word(turn: Turn, circle: Circle, done: Sequence[Action]) -> Sequence[Action]:
    """Whoever leads from somewhere else than the places of the group hears that it is done."""
    is_told = _is_among_them(turn, circle) or any(isinstance(one, Reply) for one in done)
    return done if is_told else [*done, Reply(turn.say("Ist gemacht."))]


async def _give_more(turn: Turn, services: Services, circle: Circle, member: Member) -> Sequence[Action]:
    if circle.group.paused_at is None and not await is_wanted(turn, circle, member, "more"):
        return [Reply(turn.say("Notiert. Sagt noch jemand „mehr“, gibt es mehr Zeit."))]
    return await time_boxes.give_more(turn, services, circle, phase_of(circle))


async def _is_due(turn: Turn, circle: Circle, phase: Phase, member: Member) -> bool:
    """Whether „weiter“ means that somebody says nothing: they wait for their turn, and do not lead."""
    if not phase.in_turn or circle.group.paused_at is not None or leads(member):
        return False
    return member in phases.line_of(circle, phase) and member.id not in await turns.heard(turn, circle)


async def _go_back(turn: Turn, services: Services, circle: Circle) -> Sequence[Action]:
    before = phases.before(circle, phase_of(circle), circle.group.lap)
    if before is None:
        raise UserError(turn.say("Davor kommt keine Phase."))
    return await live.enter(turn, services, circle, *before)


async def _end(turn: Turn, services: Services, circle: Circle, member: Member, *, is_sure: bool) -> Sequence[Action]:
    """End it, if need be asking first; without whoever leads, two have to want it."""
    following = phases.after(circle, phase_of(circle), circle.group.lap)
    if following is not None and not is_sure:
        title = escaped(following[0].title)
        words = [("ja", "ja, beenden", "beenden"), ("nein", "nein", "bleiben")]
        text = turn.say("Es folgt noch: {title}. Trotzdem beenden?").format(title=title)
        return [Reply(text, Offer(LIVE, meaning(turn.say, circle, words)))]
    if not await is_wanted(turn, circle, member, "end"):
        return [Reply(turn.say("Notiert. Sagt noch jemand „ende“, ist die Runde zu Ende."))]
    note_turning(turn, circle.group)
    return _with_word(turn, circle, await closing.begin(turn, services, circle))


# who does what


async def decide_casting(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what somebody chose while the parts are given."""
    circle, member = await chosen_circle(turn)
    if not is_of_now(turn, circle):
        return _stand(turn, circle)
    match chosen(turn)["do"]:
        case "ja":
            return await _agree(turn, services, circle, member)
        case "nein":
            return await casting.decline(turn, circle, member)
        case "los":
            return await casting.draw(turn, circle)
        case "abgeben":
            return await casting.give_case_back(turn, circle, member)
        case "behalten":
            return [Reply(turn.say("Gut, es bleibt bei diesem Fall."))]
        case word:
            return await _wish(turn, services, circle, member, word)


async def _wish(turn: Turn, services: Services, circle: Circle, member: Member, word: str) -> Sequence[Action]:
    """Give somebody the part that they want; of whoever is proposed for it that is the yes."""
    if casting.is_running(circle) and member.row.part == casting.WORDS[word]:
        return await _agree(turn, services, circle, member)
    return await casting.wish(turn, circle, member, word)


async def _agree(turn: Turn, services: Services, circle: Circle, member: Member) -> Sequence[Action]:
    if missing := await casting.agree(turn, circle, member):
        names = ", ".join(escaped(one.name) for one in missing)
        return [Reply(turn.say("Notiert. Es fehlt noch: {names}.").format(names=names))]
    return await live.advance(
        turn, services, circle, lambda say: say("Einverstanden: {parts}.").format(parts=phases.parts(say, circle))
    )


async def decide_case(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what somebody chose while a case is looked for; with one, the parts are proposed."""
    circle, member = await chosen_circle(turn)
    done = await case_choice.decide(turn, circle, member, chosen(turn)["do"])
    return done if case_choice.is_missing(circle) else [*done, *await casting.propose(turn, circle)]


async def decide_swap(turn: Turn, services: Services) -> Sequence[Action]:
    """Whoever has a part says whether somebody else may have it."""
    circle, member = await chosen_circle(turn)
    data = chosen(turn)
    part = Part(data["part"])
    if member.row.part != part:
        is_agreeing = casting.is_running(circle) and data["do"] == "ja"
        return await _agree(turn, services, circle, member) if is_agreeing else []
    if data["do"] == "nein":
        return await tell(
            turn, circle, lambda say: say("Es bleibt dabei: {parts}.").format(parts=phases.parts(say, circle))
        )
    return await casting.swap(turn, circle, member, circle.by_id(int(data["member"])), part)


async def decide_noting(turn: Turn, services: Services) -> Sequence[Action]:
    """Somebody does not want us to note what is contributed."""
    circle, _ = await chosen_circle(turn)
    return await casting.note_nothing(turn, circle)


async def _have_case(turn: Turn, services: Services) -> Sequence[Action]:
    circle, _, member = await running(turn)
    if case_choice.is_missing(circle):
        return await case_choice.decide(turn, circle, member, "fall")
    giver = circle.case_giver
    if giver is None or circle.plan.laps is Laps.EACH:
        raise UserError(turn.say("Hier kommen alle einmal mit ihrem Fall dran."))
    raise UserError(turn.say("Der Fall steht schon fest: {name}.").format(name=escaped(giver.name)))


have_case = _in_a_round(_have_case)
"""„fall“: offer one's case where one is looked for."""


def give_up(word: str = "") -> Handler:
    """The handler of „aufgabe abgeben“, or of a word for a part: do no more than the others, in whatever phase."""

    async def handle(turn: Turn, services: Services) -> Sequence[Action]:
        circle, _, member = await running(turn)
        return await casting.give_up(turn, circle, member, word)

    return _in_a_round(handle)


def wish(word: str) -> Handler:
    """The handler of a word for a part: „moderation“, in whatever phase."""

    async def handle(turn: Turn, services: Services) -> Sequence[Action]:
        circle, _, member = await running(turn)
        return await _wish(turn, services, circle, member, word)

    return _in_a_round(handle)
