"""Lets people keep, give away and swap their duties at a meeting, and shows who has which."""

from collections.abc import Callable, Sequence

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.turn import Services, Turn
from handlers import candidates, deputies
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.dates import day_said
from handlers.jour_fixe import agenda, duties, rota
from handlers.jour_fixe.appointments import (
    begin_of,
    check_coordinator,
    check_keeping,
    check_supporter,
    next_of,
    series_of,
    upcoming,
    when,
)
from handlers.jour_fixe.duty_sentences import Said, read_statement, read_swap
from storage.models.jour_fixe import Coming, Duty, JourFixe, Meeting, MeetingState
from storage.models.people import Person

Say = Callable[[str], str]
MOST_CHOICES = 9


# showing


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """„dienste“: who does what at the next meeting of each series, and how one takes what is open."""
    check_supporter(turn)
    await next_of(turn)  # says so when there is none
    parts = [await _shown(turn, *both) for both in await upcoming(turn)]
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    own = [await _theirs(turn, meeting, person) for _, meeting in await upcoming(turn)] if person else []
    if any(own):
        parts.append(turn.say("Tauschen geht so: „tausche Moderation“."))
    return [Reply("\n\n".join(parts))]


async def _shown(turn: Turn, series: JourFixe, meeting: Meeting) -> str:
    assert meeting.id is not None
    names = await duties.names(turn.uow, meeting.id)
    shown = [duty for duty in Duty if duty in names or duty is not Duty.TIMEKEEPER]
    lines = [f"- {duties.title(turn.say, duty)}: {names.get(duty) or turn.say('noch offen')}" for duty in shown]
    text = "\n".join((f"**{series.title}**, {when(series, meeting)}:\n", *lines))
    if all(duty in names for duty in shown) or not await _is_ahead(turn, meeting):
        return text
    hint = turn.say("„ich moderiere“ oder „ich schreibe Protokoll“ übernimmt, was offen ist.")
    if rota.ASSIGNED not in await turn.uow.jour_fixe.steps(meeting.id):
        hint += " " + turn.say("Zwei Wochen vorher frage ich sonst jemanden.")
    return f"{text}\n\n{hint}"


async def _theirs(turn: Turn, meeting: Meeting, person: Person) -> Sequence[Duty]:
    given = await turn.uow.attendance.duties(meeting.id or 0)
    return [duty for duty, holder in given.items() if holder == person.id]


# keeping and giving away


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep a duty, give it away, name who takes it, or agree to a swap."""
    check_keeping(turn)
    data = chosen(turn)
    meeting = await turn.uow.jour_fixe.hold_meeting(int(data["meeting"]))
    if meeting is None or not await _is_ahead(turn, meeting):
        return [Reply(turn.say("Das gilt nicht mehr."))]
    series, duty = await series_of(turn, meeting), Duty(data["duty"])
    match data["do"]:
        case "agree" | "disagree":
            return await _answer(turn, services, series, meeting, duty)
        case "set":
            check_coordinator(turn)
            return await _set(turn, services, series, meeting, duty, int(data["taker"]))
    if not await duties.holds(turn, meeting.id or 0, duty):
        return [Reply(turn.say("Das gilt nicht mehr."))]
    match data["do"]:
        case "accept":
            return [Reply(turn.say("Gut, es bleibt dabei."))]
        case "swap":
            return [_ask_with_whom(turn, series, meeting, duty)]
        case "with":
            return await _swap_with(turn, series, meeting, duty, turn.text)
        case "with_one":
            return await _offer_duty(turn, series, meeting, duty, int(data["taker"]))
    person = await _sender(turn)
    asked = await rota.hand_on(turn, series, meeting, duty, person.id)
    return [Reply(turn.say("Gut, ich frage jemand anderen.")), *asked, *await agenda.refresh(turn, services, meeting)]


async def _is_ahead(turn: Turn, meeting: Meeting) -> bool:
    return meeting.state == MeetingState.PLANNED and turn.now < begin_of(await series_of(turn, meeting), meeting)


async def _sender(turn: Turn) -> Person:
    """Who speaks; known from now on."""
    here, sender = turn.message.conversation, turn.message.sender
    return await turn.uow.people.know(here.platform, sender.id, sender.name)


# sentences


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """„tausche Protokoll mit Tom“, „ich moderiere“, „Svenja moderiert“, „wer moderiert?“."""
    if (said := read_swap(turn.text)) is not None:
        check_keeping(turn)
        series, meeting, duty = await _own(turn, said)
        if not said.name:
            return [_ask_with_whom(turn, series, meeting, duty)]
        return await _swap_with(turn, series, meeting, duty, said.name)
    said = read_statement(turn.text)
    assert said is not None
    assert said.duty is not None
    if said.name == "wer":
        return await show(turn, services)
    check_keeping(turn)
    series, meeting = (await _near(turn, said))[0]
    if not await _is_ahead(turn, meeting):
        raise UserError(turn.say("Der Termin hat schon begonnen. Das lässt sich jetzt nur noch direkt klären."))
    if said.name == "ich":
        return await _volunteer(turn, services, series, meeting, said.duty)
    check_coordinator(turn)
    person = await _sender(turn)
    numbers = await deputies.named(turn, person, said.name)
    if len(numbers) > 1:
        return [await _which(turn, meeting, said.duty, numbers, "set")]
    return await _set(turn, services, series, meeting, said.duty, numbers[0])


async def _near(turn: Turn, said: Said) -> Sequence[tuple[JourFixe, Meeting]]:
    """The next meeting of each series, or the one on the day that was said; raises `UserError` if there is none."""
    await next_of(turn)  # says so when there is none
    near = await upcoming(turn)
    if not said.day:
        return near
    day = day_said(said.day, turn.today)
    if not (found := [both for both in near if both[1].day == day]):
        text = turn.say("An diesem Tag ist nicht der nächste Termin. Der nächste: {when}.")
        raise UserError(text.format(when=when(*near[0])))
    return found


async def _own(turn: Turn, said: Said) -> tuple[JourFixe, Meeting, Duty]:
    """The next meeting at which the sender has that duty, or any; raises `UserError` if there is none."""
    person, duty = await _sender(turn), said.duty
    for series, meeting in await _near(turn, said):
        held = await _theirs(turn, meeting, person) if await _is_ahead(turn, meeting) else []
        if found := [one for one in held if duty in (None, one)]:
            return series, meeting, found[0]
    if duty is None:
        raise UserError(turn.say("Beim nächsten Termin hast du keine Aufgabe zum Tauschen."))
    text = turn.say("„{duty}“ ist beim nächsten Termin nicht deine Aufgabe. „dienste“ zeigt, wer was macht.")
    raise UserError(text.format(duty=duties.title(turn.say, duty)))


# swapping


def _ask_with_whom(turn: Turn, series: JourFixe, meeting: Meeting, duty: Duty) -> Reply:
    data = {"meeting": str(meeting.id), "duty": str(duty)}
    choices = (Choice("egal", turn.say("egal, frag jemand anderen"), data | {"do": "refuse"}),)
    text = turn.say("{duty}, {title}, {when}: Mit wem tauschst du? Schreib mir den Namen.")
    text = text.format(duty=duties.title(turn.say, duty), title=series.title, when=when(series, meeting))
    return Reply(text, Offer(rota.DUTY, choices, asks=data | {"do": "with"}))


async def _swap_with(turn: Turn, series: JourFixe, meeting: Meeting, duty: Duty, said: str) -> Sequence[Action]:
    numbers = await deputies.named(turn, await _sender(turn), said)
    if len(numbers) > 1:
        return [await _which(turn, meeting, duty, numbers, "with_one")]
    return await _offer_duty(turn, series, meeting, duty, numbers[0])


async def _which(turn: Turn, meeting: Meeting, duty: Duty, numbers: Sequence[int], do: str) -> Reply:
    """Ask who of several with one name is meant."""
    data = {"meeting": str(meeting.id), "duty": str(duty), "do": do}
    labels = list((await deputies.labelled(turn, numbers)).items())[:MOST_CHOICES]
    choices = [
        Choice(str(place), label, data | {"taker": str(number)})
        for place, (number, label) in enumerate(labels, start=1)
    ]
    return Reply(turn.say("Wen meinst du?"), Offer(rota.DUTY, tuple(choices)))


async def _offer_duty(turn: Turn, series: JourFixe, meeting: Meeting, duty: Duty, taker: int) -> Sequence[Action]:
    """Ask somebody to take a duty of the sender, who gets theirs if they have one."""
    person = await _sender(turn)
    return await _ask_for_agreement(turn, series, meeting, duty, giver=person.id or 0, taker=taker, asked=taker)


async def _volunteer(
    turn: Turn, services: Services, series: JourFixe, meeting: Meeting, duty: Duty
) -> Sequence[Action]:
    """Give the sender a duty that nobody has; else ask whoever has it."""
    assert meeting.id is not None
    person = await _sender(turn)
    assert person.id is not None
    given = await turn.uow.attendance.duties(meeting.id)
    if given.get(duty) == person.id:
        return [Reply(turn.say("Das ist schon deine Aufgabe. „dienste“ zeigt, wer was macht."))]
    said = {one.person_id: one.coming for one in await turn.uow.attendance.all(meeting.id)}
    if said.get(person.id) == Coming.NO:
        raise UserError(turn.say("Für diesen Termin hast du abgesagt. Schreib zuerst „ich komme“."))
    if duty in given:
        return await _ask_for_agreement(
            turn, series, meeting, duty, giver=given[duty], taker=person.id, asked=given[duty]
        )
    if other := await _other_duty(turn, meeting, person.id, duty):
        text = turn.say("Dort hast du schon eine Aufgabe: {duty}. Gib sie zuerst ab, mit „tausche {duty}“.")
        raise UserError(text.format(duty=duties.title(turn.say, other)))
    await _exchange(turn, meeting, duty, None, person.id)
    return [Reply(_yours_now(turn.say, duty)), *await agenda.refresh(turn, services, meeting)]


async def _ask_for_agreement(
    turn: Turn, series: JourFixe, meeting: Meeting, duty: Duty, *, giver: int, taker: int, asked: int
) -> Sequence[Action]:
    """Ask one of the two whether the taker gets a duty of the giver; until they say yes, nothing changes."""
    person, partner = await _sender(turn), await turn.uow.people.get(asked)
    chat = await candidates.chat_of(turn.uow, asked)
    if partner is None or chat is None:
        raise UserError(turn.say("Diese Person erreiche ich hier nicht. Bitte frag sie zuerst selbst."))
    place, account = chat
    say = turn.say_to(place)
    other = await _other_duty(turn, meeting, taker, duty)
    given, got = (duty, other) if asked == taker else (other, duty)
    if other is not None:
        text = say("{name} möchte mit dir tauschen, „{given}“ gegen „{got}“: {title}, {when}. Einverstanden?")
    elif asked == taker:
        text = say("{name} möchte „{given}“ an dich abgeben: {title}, {when}. Einverstanden?")
    else:
        text = say("{name} möchte „{got}“ von dir übernehmen: {title}, {when}. Einverstanden?")
    text = text.format(
        name=_name(person),
        given=duties.title(say, given or duty),
        got=duties.title(say, got or duty),
        title=series.title,
        when=when(series, meeting),
    )
    data = {"meeting": str(meeting.id), "duty": str(duty), "giver": str(giver), "taker": str(taker)}
    choices = (Choice("ja", say("ja"), data | {"do": "agree"}), Choice("nein", say("nein"), data | {"do": "disagree"}))
    told = turn.say("Ich frage {name}. Erst mit einem „ja“ gilt der Tausch.")
    return [
        Reply(told.format(name=_name(partner))),
        Send(place, text, Offer(rota.DUTY, choices), person=account),
    ]


async def _answer(turn: Turn, services: Services, series: JourFixe, meeting: Meeting, duty: Duty) -> Sequence[Action]:
    """Swap, if whoever was asked agrees and nothing has changed meanwhile."""
    data, person = chosen(turn), await _sender(turn)
    giver, taker = int(data["giver"]), int(data["taker"])
    given = await turn.uow.attendance.duties(meeting.id or 0)
    asker = giver if person.id == taker else taker
    is_there = await candidates.is_supporter(turn, asker) and await turn.uow.people.get(asker) is not None
    if person.id not in (giver, taker) or given.get(duty) != giver or not is_there:
        return [Reply(turn.say("Das gilt nicht mehr."))]
    if data["do"] == "disagree":
        told = await _tell(
            turn, series, meeting, asker, lambda say: say("{name} kann nicht tauschen: {title}, {when}.")
        )
        return [Reply(turn.say("Gut, es bleibt, wie es ist.")), *told]
    await _exchange(turn, meeting, duty, giver, taker)
    told = await _tell_agreed(turn, series, meeting, asker)
    mine = await _theirs(turn, meeting, person)
    reply = _yours_now(turn.say, mine[0]) if mine else turn.say("Gut, diese Aufgabe hast du abgegeben.")
    return [Reply(reply), *told, *await agenda.refresh(turn, services, meeting)]


async def _set(
    turn: Turn, services: Services, series: JourFixe, meeting: Meeting, duty: Duty, taker: int
) -> Sequence[Action]:
    """Have somebody have a duty because a coordinator says so; whoever had it gets theirs, if they have one."""
    assert meeting.id is not None
    giver, person = (await turn.uow.attendance.duties(meeting.id)).get(duty), await turn.uow.people.get(taker)
    if person is None or not await candidates.is_supporter(turn, taker):
        return [Reply(turn.say("Das gilt nicht mehr."))]
    said: list[Action] = [Reply(turn.say("Gut, {name} weiß gleich Bescheid.").format(name=_name(person)))]
    if giver != taker:
        await _exchange(turn, meeting, duty, giver, taker)
        if giver is not None:
            said += await _tell(turn, series, meeting, giver, _others_turn, duty)
    asked = await rota.ask(turn, series, meeting, duty, taker)
    if not asked:
        said[0] = Reply(
            turn.say("Gut. {name} erreiche ich hier nicht, bitte selbst Bescheid geben.").format(name=_name(person))
        )
    return [*said, *asked, *await agenda.refresh(turn, services, meeting)]


async def _other_duty(turn: Turn, meeting: Meeting, person: int, duty: Duty) -> Duty | None:
    given = await turn.uow.attendance.duties(meeting.id or 0)
    return next((one for one, holder in given.items() if holder == person and one is not duty), None)


async def _exchange(turn: Turn, meeting: Meeting, duty: Duty, giver: int | None, taker: int) -> None:
    """Give a duty to its taker, and theirs to the giver; without a giver, theirs goes to whoever is next."""
    assert meeting.id is not None
    other = await _other_duty(turn, meeting, taker, duty)
    await turn.uow.attendance.give(meeting.id, duty, taker)
    await turn.uow.jour_fixe.forget_steps(meeting.id, [rota.vacant(duty)])
    if other is not None:
        await turn.uow.attendance.give(meeting.id, other, giver)


async def _tell(
    turn: Turn, series: JourFixe, meeting: Meeting, person: int, said: Callable[[Say], str], duty: Duty | None = None
) -> Sequence[Send]:
    """Tell somebody what the sender decided."""
    chat = await candidates.chat_of(turn.uow, person)
    if chat is None:
        return []
    say = turn.say_to(chat[0])
    facts = {"title": series.title, "when": when(series, meeting), "duty": duties.title(say, duty) if duty else ""}
    return [Send(chat[0], said(say).format(name=_name(await _sender(turn)), **facts))]


async def _tell_agreed(turn: Turn, series: JourFixe, meeting: Meeting, person: int) -> Sequence[Send]:
    """Tell somebody that the other one agreed, and what they do now."""
    given = await turn.uow.attendance.duties(meeting.id or 0)
    duty = next((one for one, holder in given.items() if holder == person), None)

    def said(say: Say) -> str:
        agreed = say("{name} ist einverstanden.")
        free = say("Bei „{title}“ am {when} hast du jetzt keine Aufgabe.")
        return f"{agreed} {rota.yours(say, duty) if duty else free}"

    return await _tell(turn, series, meeting, person, said)


def _others_turn(say: Say) -> str:
    return say("„{duty}“ macht jetzt jemand anderes: {title}, {when}.")


def _name(person: Person) -> str:
    return shortened(person.name, LONGEST_NAME)


def _yours_now(say: Say, duty: Duty) -> str:
    return say("Gut, deine Aufgabe: {duty}.").format(duty=duties.title(say, duty))
