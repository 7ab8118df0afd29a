"""Brings both sides of a support request to an agreement, and closes it: was it worth the time?

What each side expects is shown to both at once, not one first. A line that one side changes is seen by the other before
it counts.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers import scale
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.candidates import chat_of
from handlers.request_cards import (
    Say,
    carriers,
    choice,
    described,
    heading,
    held,
    is_own,
    kind_of,
    named,
    offer,
    sender_of,
    settle,
    slot_of,
    speech_of,
    state_in_words,
    take_down,
    tell_carriers,
    to_requester,
    unknown,
)
from storage.models.people import Person
from storage.models.requests import Answer, RequestCandidate, RequestState, SupportRequest
from storage.repositories.requests import CARRIED, LIVE

LONGEST_LINE = 300
LINES = ("goal", "task", "out_of_scope", "period", "decides", "informed")
STILL_RUNNING = 20
"""Working days until the requester is asked again after they said that it still runs."""


# whose turn it is


async def _side(turn: Turn, request: SupportRequest) -> SupportRequest | RequestCandidate:
    """What the sender's side said of a request that is carried; raises `UserError` for everybody else."""
    if await is_own(turn, request):
        side: SupportRequest | RequestCandidate | None = request
    else:
        person = await sender_of(turn)
        side = await turn.uow.requests.candidate(request.id or 0, person.id or 0) if person else None
        side = side if isinstance(side, RequestCandidate) and side.answer == Answer.ACCEPTED else None
    if side is None:
        raise unknown(turn, request.id or 0)
    if request.state not in CARRIED:
        state = state_in_words(request, turn.say)
        raise UserError(turn.say("Anfrage {number}: {state}.").format(number=request.id, state=state))
    return side


async def _sides(turn: Turn, request: SupportRequest) -> Sequence[SupportRequest | RequestCandidate]:
    return [request, *await turn.uow.requests.candidates(request.id or 0, Answer.ACCEPTED)]


async def _to_others(
    turn: Turn, request: SupportRequest, said: Callable[[Say], tuple[str, Offer | None]]
) -> Sequence[Action]:
    """Tell all sides but the sender's."""
    sender = await sender_of(turn)
    told = await tell_carriers(turn, request, said, but=[sender.id] if sender else ())
    is_team = await is_own(turn, request)
    return [*told, *([] if is_team else [to_requester(turn, request, *said(speech_of(turn, request)))])]


# what each side expects


async def begin(turn: Turn, services: Services, request: SupportRequest, taker: Person, text: str) -> Sequence[Action]:
    """Tell both sides who they are, and ask each what they expect; `text` begins the answer to the taker."""
    request.task = request.task or kind_of(services, request).label
    names = named(await carriers(turn, request))
    say = speech_of(turn, request)
    news = say("Anfrage {number} hat {names} übernommen.").format(number=request.id, names=names)
    to_team = to_requester(turn, request, f"{news}\n\n{_asking(say)}", _expectations(request, say))

    def to_partner(say: Say) -> tuple[str, Offer | None]:
        news = say("Anfrage {number} tragen jetzt zwei: {names}.").format(number=request.id, names=names)
        return f"{news}\n\n{_asking(say)}", _expectations(request, say)

    partners = await tell_carriers(turn, request, to_partner, but=[taker.id])
    if not turn.message.conversation.is_direct:
        chat = await chat_of(turn.uow, taker.id or 0)
        if chat is None:
            hint = turn.say("Schreib mir im Einzelchat „anfragen“, dort geht es weiter.")
            return [Reply(f"{text} {hint}"), *partners, to_team]
        own = Send(chat[0], *_to_taker(services, request, turn.say_to(chat[0])), chat[1])
        return [Reply(text), own, *partners, to_team]
    own_text, _ = _to_taker(services, request, turn.say)
    return [Reply(f"{text}\n\n{own_text}", _expected_next(turn, request)), *partners, to_team]


def _asking(say: Say) -> str:
    return say("Was erwartest du davon, was ist dir wichtig? Beide Seiten sehen es gleichzeitig.")


def _to_taker(services: Services, request: SupportRequest, say: Say) -> tuple[str, Offer]:
    return f"{described(services, request, say)}\n\n{_asking(say)}", _expectations(request, say)


def _expectations(request: SupportRequest, say: Say) -> Offer:
    return offer(
        choice(request, "schreiben", say("etwas dazu schreiben"), "expect"),
        choice(request, "überspringen", say("überspringen"), "unexpected"),
    )


async def ask_expectation(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask the sender's side what it expects."""
    request = await held(turn)
    await _side(turn, request)
    return [Reply(turn.say("Gern. Schreib es mir in einer Nachricht."), _expected_next(turn, request))]


def _expected_next(turn: Turn, request: SupportRequest) -> Offer:
    """What the sender writes next is what they expect."""
    skip = choice(request, "überspringen", turn.say("überspringen"), "unexpected")
    return offer(skip, asks=choice(request, "", "", "expected"))


async def take_expectation(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep what the sender's side expects; once all did, everybody sees everything."""
    request = await held(turn)
    side = await _side(turn, request)
    side.expectation = "" if chosen(turn)["do"] == "unexpected" else _readable(turn, turn.text)
    if any(one.expectation is None for one in await _sides(turn, request)):
        return [Reply(turn.say("Notiert. Ich zeige beides, sobald die andere Seite so weit ist."))]
    return await _show_to_all(turn, request)


def _readable(turn: Turn, text: str) -> str:
    words = " ".join(text.split())
    if not any(map(str.isalnum, words)):
        raise UserError(turn.say("Schreib mir das bitte in ein paar Worten."))
    if len(words) > LONGEST_LINE:
        raise UserError(turn.say("Das ist lang. Schreib es bitte in ein, zwei Sätzen."))
    return words


# the agreement


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """Show the agreement as it stands, or ask for what is missing."""
    request = await held(turn)
    side = await _side(turn, request)
    if side.expectation is None:
        return [Reply(_asking(turn.say), _expected_next(turn, request))]
    if any(one.expectation is None for one in await _sides(turn, request)):
        return [Reply(turn.say("Die andere Seite hat noch nichts geschrieben. Dann zeige ich dir beides."))]
    return [Reply(*_agreement(request, await _expected(turn, request), turn.say))]


async def _show_to_all(turn: Turn, request: SupportRequest) -> Sequence[Action]:
    """Show the agreement to all sides at once; each confirms it or changes a line."""
    expected = await _expected(turn, request)
    others = await _to_others(turn, request, lambda say: _agreement(request, expected, say))
    return [Reply(*_agreement(request, expected, turn.say)), *others]


async def _expected(turn: Turn, request: SupportRequest) -> Sequence[tuple[str, str]]:
    """Who expects what, by name."""
    found = [(request.requester_name, request.expectation)]
    for one in await turn.uow.requests.candidates(request.id or 0, Answer.ACCEPTED):
        person = await turn.uow.people.get(one.person_id)
        found.append((person.name if person else "", one.expectation))
    return [(shortened(name, LONGEST_NAME), text) for name, text in found if text]


def _agreement(request: SupportRequest, expected: Sequence[tuple[str, str]], say: Say) -> tuple[str, Offer | None]:
    labels = _labels(say)
    lines = [f"- {labels[line]}: {getattr(request, line) or say('noch offen')}" for line in LINES]
    wishes = [say("- {name} erwartet: „{text}“").format(name=name, text=text) for name, text in expected]
    title = say("**Absprache zu Anfrage {number}**").format(number=request.id)
    text = "\n".join((title, "", *lines, *wishes, "", say("Passt das so?")))
    choices = (
        choice(request, "passt", say("passt so"), "confirm", revision=str(request.revision)),
        choice(request, "ändern", say("eine Zeile ändern"), "change"),
        choice(request, "später", say("später"), "leave"),
    )
    return text, offer(*choices)


def _labels(say: Say) -> Mapping[str, str]:
    return {
        "goal": say("Ziel"),
        "task": say("Aufgabe"),
        "out_of_scope": say("Nicht enthalten"),
        "period": say("Zeit"),
        "decides": say("Wer entscheidet"),
        "informed": say("Wer wird informiert"),
    }


async def confirm(turn: Turn, services: Services) -> Sequence[Action]:
    """Have the sender's side agree to the agreement as it was shown; it holds once all do."""
    request = await held(turn)
    side = await _side(turn, request)
    if chosen(turn)["revision"] != str(request.revision):
        text, offered = _agreement(request, await _expected(turn, request), turn.say)
        return [Reply(f"{turn.say('Inzwischen hat sich etwas geändert:')}\n\n{text}", offered)]
    side.has_confirmed = True
    if not all(one.has_confirmed for one in await _sides(turn, request)):
        return [Reply(turn.say("Notiert. Jetzt fehlt nur noch die andere Seite."))]
    request.state, request.due_on = RequestState.AGREED, None

    def holds(say: Say) -> tuple[str, Offer | None]:
        text = say(
            "Die Absprache zu Anfrage {number} steht. Wenn alles vorbei ist: „anfrage {number}“, dann „erledigt“."
        )
        return text.format(number=request.id), None

    return [Reply(*holds(turn.say)), *await _to_others(turn, request, holds)]


async def choose_line(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask which line is to be changed."""
    request = await held(turn)
    await _side(turn, request)
    labels = _labels(turn.say)
    choices = [
        choice(request, str(place), labels[line], "line", line=line) for place, line in enumerate(LINES, start=1)
    ]
    keep = choice(request, "nichts", turn.say("nichts ändern"), "agreement")
    return [Reply(turn.say("Welche Zeile?"), offer(*choices, keep))]


async def ask_for_line(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask for the new words of a line."""
    request = await held(turn)
    await _side(turn, request)
    line = chosen(turn)["line"]
    text = turn.say("{label}: Schreib mir, was dort stehen soll.").format(label=_labels(turn.say)[line])
    keep = choice(request, "nichts", turn.say("nichts ändern"), "agreement")
    return [Reply(text, offer(keep, asks=choice(request, "", "", "wrote", line=line)))]


async def change_line(turn: Turn, services: Services) -> Sequence[Action]:
    """Change a line; whoever wrote it agrees to it, and the others see it before it counts."""
    request = await held(turn)
    side = await _side(turn, request)
    line, words = chosen(turn)["line"], _readable(turn, turn.text)
    if line not in LINES:
        raise unknown(turn, request.id or 0)
    setattr(request, line, words)
    request.revision += 1
    request.state = RequestState.TAKEN
    for one in await _sides(turn, request):
        one.has_confirmed = one is side
    expected = await _expected(turn, request)

    def changed(say: Say) -> tuple[str, Offer | None]:
        text, offered = _agreement(request, expected, say)
        return f"{say('Geändert: {label}').format(label=_labels(say)[line])}\n\n{text}", offered

    reply = turn.say("Geändert. Die andere Seite sieht es und bestätigt es.")
    return [Reply(reply), *await _to_others(turn, request, changed)]


async def remind(night: Night, request: SupportRequest) -> Sequence[Send]:
    """Remind once, each alone, those who did not agree yet."""
    request.due_on = None

    def waits(say: Say) -> tuple[str, Offer | None]:
        text = say("Die Absprache zu Anfrage {number} ist noch offen.").format(number=request.id)
        return text, offer(
            choice(request, "absprache", say("Absprache zeigen"), "agreement"),
            choice(request, "später", say("später"), "leave"),
        )

    told = to_requester(night, request, *waits(speech_of(night, request))) if not request.has_confirmed else None
    asked = await night.uow.requests.candidates(request.id or 0, Answer.ACCEPTED)
    confirmed = [one.person_id for one in asked if one.has_confirmed]
    others = await tell_carriers(night, request, waits, but=confirmed)
    return [*([told] if isinstance(told, Send) else []), *others]


# the end


async def finish(turn: Turn, services: Services) -> Sequence[Action]:
    """Close a request, by either side, and ask the team whether it was worth the time."""
    request = await held(turn)
    await _side(turn, request)
    close(turn, services, request, RequestState.DONE)
    request.closing_on = turn.today

    def over(say: Say) -> tuple[str, Offer | None]:
        text = say("Anfrage {number} ist erledigt. Am {day} lösche ich sie.")
        return text.format(number=request.id, day=in_words(request.delete_on or turn.today)), None

    say = speech_of(turn, request)
    worth = _asking_worth(request, say)
    if await is_own(turn, request):
        return [Reply(f"{over(turn.say)[0]}\n\n{worth[0]}", worth[1]), *await _to_others(turn, request, over)]
    sender = await sender_of(turn)
    others = await tell_carriers(turn, request, over, but=[sender.id] if sender else ())
    team = to_requester(turn, request, f"{over(say)[0]}\n\n{worth[0]}", worth[1])
    return [Reply(over(turn.say)[0]), *others, team]


def close(turn: Turn | Night, services: Services, request: SupportRequest, state: RequestState) -> None:
    """Have a request be over; it is deleted after some days."""
    request.state, request.due_on, request.places = state, None, 0
    request.delete_on = turn.today + timedelta(days=services.house.kept_days)


def _asking_worth(request: SupportRequest, say: Say, *more: Choice) -> tuple[str, Offer]:
    values = scale.choices(say, lambda value: choice(request, "", "", "worth", value=value).data)
    skip = choice(request, "überspringen", say("überspringen"), "worth")
    text = say("Hat sich die Zeit gelohnt, von 0 bis 5? Ich speichere die Zahl ohne Namen und ohne Anfrage.")
    return text, offer(*values, skip, *more)


async def ask_worth(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask the team how it was."""
    request = await held(turn)
    if not await is_own(turn, request):
        raise unknown(turn, request.id or 0)
    return [Reply(*_asking_worth(request, turn.say))]


async def take_worth(turn: Turn, services: Services) -> Sequence[Action]:
    """Keep the number, by kind and month alone, once for each request; a request that ran is done with it."""
    request, data = await held(turn), chosen(turn)
    if not await is_own(turn, request):
        raise unknown(turn, request.id or 0)
    if request.closing_on is None or request.state not in (*CARRIED, RequestState.DONE):
        return [Reply(turn.say("Das habe ich schon notiert."))]
    value = data.get("value", "")
    if value in scale.VALUES:
        await turn.uow.requests.note_worth(request.kind, turn.today, int(value))
    told: Sequence[Action] = ()
    if request.state in CARRIED:
        close(turn, services, request, RequestState.DONE)
        told = await _to_others(
            turn, request, lambda say: (say("Anfrage {number} ist erledigt.").format(number=request.id), None)
        )
    request.closing_on = None
    return [
        Reply(turn.say("Danke. Die Zahl steht jetzt ohne Namen bei den anderen.") if value else turn.say("Gut.")),
        *told,
    ]


async def run_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Ask again later: it still runs."""
    request = await held(turn)
    if not await is_own(turn, request) or request.state not in CARRIED:
        raise unknown(turn, request.id or 0)
    request.closing_on = services.house.working_days.after(turn.today, STILL_RUNNING)
    request.delete_on = None
    return [Reply(turn.say("Gut. Ich frage am {day} noch einmal.").format(day=in_words(request.closing_on)))]


async def ask_at_end(night: Night, services: Services, request: SupportRequest) -> Sequence[Send]:
    """Ask the team, once, how it was; without an answer the request is deleted some days later."""
    if request.delete_on is not None:
        return []
    request.delete_on = night.today + timedelta(days=services.house.kept_days)
    say = speech_of(night, request)
    running = choice(request, "läuft", say("läuft noch"), "running")
    text, offered = _asking_worth(request, say, running)
    over = say("{heading}: Ist das vorbei? Ohne Antwort lösche ich es am {day}.")
    shown = over.format(heading=heading(services, request, say), day=in_words(request.delete_on))
    told = to_requester(night, request, f"{shown}\n\n{text}", offered)
    return [told] if isinstance(told, Send) else []


async def withdraw(turn: Turn, services: Services) -> Sequence[Action]:
    """Take a request back, as the team wishes."""
    request = await held(turn)
    if not await is_own(turn, request):
        raise unknown(turn, request.id or 0)
    if request.state not in LIVE:
        state = state_in_words(request, turn.say)
        return [Reply(turn.say("Anfrage {number}: {state}.").format(number=request.id, state=state))]
    told = await take_back(turn, services, request)
    text = turn.say("Anfrage {number} ist zurückgezogen. Am {day} lösche ich sie.")
    return [Reply(text.format(number=request.id, day=in_words(request.delete_on or turn.today))), *told]


async def take_back(
    turn: Turn | Night, services: Services, request: SupportRequest, *, is_taken_down: bool = False
) -> Sequence[Action]:
    """Have a request be withdrawn; whoever was asked or carries it hears that, and it counts against no limit.

    If `is_taken_down`, the messages that show it go altogether.
    """

    def gone(say: Say) -> tuple[str, Offer | None]:
        return say("Anfrage {number} hat das Team zurückgezogen.").format(number=request.id), None

    told = await tell_carriers(turn, request, gone)
    shown: Sequence[Action]
    if is_taken_down:
        shown = await take_down(turn, request)
    else:
        shown = await settle(turn, services, request, lambda say: say("Zurückgezogen."))
    await turn.uow.people.free_slot(slot_of(request))
    close(turn, services, request, RequestState.WITHDRAWN)
    request.closing_on = None
    return [*shown, *told]
