"""Takes down, alone with somebody, that they have a case: a neutral title and what their group needs to know.

The case itself is never asked for and never kept. What was said so far travels with the offers.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.choices import find_choice
from bot.commands import looks_like_question
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import ask, candidates
from handlers.ask import chosen
from handlers.peer_consultation import (
    call_changes,
    calls,
    case_asides,
    case_questions,
    case_rounds,
    line_managers,
    own_case,
    vetoes,
    waiting_cases,
)
from handlers.peer_consultation.case_asides import Aside
from handlers.peer_consultation.own_case import OWN, YES, Data
from handlers.peer_consultation.rounds import check_open, check_supporter, days, open_ones, sender
from handlers.rights import check_direct
from knowledge.consultation_sentences import LONGEST, SaidCall, SaidCase, is_bare_case, read_case, read_joining
from storage.models.peer_consultation import ConsultationCase, ConsultationRound, Mode

_NAY = re.compile(r"\b(?:nein|nö|nee|nicht|später|warte\w*)\b")
_WITHDRAWN = re.compile(r"zurückziehen|löschen", re.IGNORECASE)
DECISIONS = frozenset({"save", "keep", "withdraw", "call", "stop", "done"})
"""What ends the questions about a case."""


def may_be_change(words: str) -> bool:
    """Whether what is said below one's own case may be about it: a question is not."""
    is_other = is_case(words) or read_joining(words) or calls.is_call(words) or call_changes.is_change(words)
    return not is_other and not looks_like_question(words)


def is_case(words: str) -> bool:
    """Whether a sentence says that somebody has a case."""
    return read_case(words) is not None


# beginning


async def begin(turn: Turn, services: Services, joined: ConsultationRound | None = None) -> Sequence[Action]:
    """„ich habe einen Fall“, „fall“: ask for what is needed, alone; of what was said in a room nothing is used.

    With `joined` it is for that round, in which the sender is from now on: it says how they talk.
    """
    check_supporter(turn)
    if not turn.message.conversation.is_direct:
        return await _begin_alone(turn, joined)
    check_open(turn)
    await _forget_offers(turn)
    if (case := await own_case.waiting(turn)) is not None:
        return [_below_joining(turn, joined, await _show(turn, case))]
    if joined is not None:
        return [_below_joining(turn, joined, await case_questions.ask_next(turn, _data_for(joined)))]
    said = SaidCase() if turn.choice else read_case(turn.message.text) or SaidCase(title=turn.text)
    data = _data_of(said)
    if said.is_story or len(said.title) > LONGEST:
        return [case_questions.refuse_story(turn, data)]
    if said.title:
        return [await case_questions.take_title(turn, services, data, said.title)]
    return [await case_questions.ask_next(turn, data)]


async def begin_said(turn: Turn, services: Services) -> Sequence[Action]:
    """A sentence that no command has words for; „fall Mobbing im Team“ is for whoever helps with that."""
    if is_bare_case(turn.text):
        findings = await services.search.find(turn.text, turn.sees)
        if turn.role < Role.SUPPORTER or services.sensitivity.recognise(findings.vector, turn.text):
            return await ask.ask(turn, services)
    return await begin(turn, services)


def _data_of(said: SaidCase) -> dict[str, str]:
    """What a first sentence says besides the title."""
    data = {"mode": str(said.mode)} if said.mode else {}
    return data | ({"urgent": YES} if said.is_urgent else {})


def _data_for(joined: ConsultationRound | None) -> Data:
    """What is known of a case that is for a round."""
    return {"mode": str(joined.mode), "round": str(joined.id)} if joined is not None else {}


def _below_joining(turn: Turn, joined: ConsultationRound | None, asked: Reply) -> Reply:
    if joined is None:
        return asked
    text = turn.say("Du bist dabei: kollegiale Beratung {days}.").format(days=days(turn.say, joined))
    return replace(asked, text=f"{text}\n\n{asked.text}")


async def _begin_alone(turn: Turn, joined: ConsultationRound | None) -> Sequence[Action]:
    """Go on in the direct chat of whoever says in a room that they have a case."""
    person = await sender(turn)
    chat = await candidates.chat_of(turn.uow, person.id or 0)
    if chat is None:
        return [Reply(turn.say("Das machen wir zu zweit. Schreib mir bitte allein „fall“."))]
    there, account = chat
    asking = replace(turn, say=turn.say_to(there))
    case = await own_case.waiting(turn)
    asked = await case_questions.ask_next(asking, _data_for(joined)) if case is None else await _show(asking, case)
    asked = _below_joining(asking, joined, asked)
    text = turn.say("Das machen wir zu zweit. Ich habe dir geschrieben.")
    return [Reply(text), Send(there, asked.text, asked.offer, person=account)]


async def show_own(turn: Turn, services: Services) -> Sequence[Action]:
    """„mein fall“, „fall zurückziehen“: what is kept of it, to change it or take it back."""
    check_open(turn)
    check_direct(turn)
    if (case := await own_case.waiting(turn)) is not None:
        await _forget_offers(turn)
        is_withdrawn = _WITHDRAWN.search(turn.message.text) is not None
        return [_ask_to_withdraw(turn, case) if is_withdrawn else await _show(turn, case)]
    person = await sender(turn)
    taken = await turn.uow.rounds.cases_of(person.id or 0)
    if taken:
        return [await _show_taken(turn, taken[-1])]
    return [Reply(turn.say("Du hast keinen Fall vorgemerkt. „ich habe einen Fall“ merkt einen vor."))]


def _ask_to_withdraw(turn: Turn, case: ConsultationCase) -> Reply:
    text = turn.say("Fall „{title}“ zurückziehen? Dann ist er gelöscht.").format(title=case.title)
    choices = (
        Choice("ja", turn.say("ja"), {"do": "withdraw", "case": str(case.id)}),
        Choice("nein", turn.say("nein"), {"do": "done"}),
    )
    return Reply(text, Offer(OWN, choices))


async def _show(turn: Turn, case: ConsultationCase) -> Reply:
    """What is kept of a case that waits; whoever looks at it has not forgotten it."""
    waiting_cases.renew(case, turn.today)
    return await own_case.shown(turn, await own_case.data_of(turn, case))


async def _show_taken(turn: Turn, case: ConsultationCase) -> Reply:
    """In which group a case is."""
    groups = await turn.uow.consultations.of_person(case.person_id)
    number = next((group.id for group in groups if group.case_id == case.id), None)
    text = turn.say("Dein Fall „{title}“ ist in Beratung {number}. „beratung {number}“ zeigt, wie weit sie ist.")
    if number is None:
        text = turn.say("Dein Fall „{title}“ ist in einer Gruppe. Ich habe dir dazu geschrieben.")
    return Reply(text.format(title=case.title, number=number))


async def _forget_offers(turn: Turn) -> None:
    await own_case.forget_offers(turn, turn.message.conversation, turn.message.sender.id)


# going on


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Take the answer to one question, and ask the next one."""
    check_open(turn)
    check_direct(turn)
    data = chosen(turn)
    do = data.pop("do")
    if turn.choice is not None and not turn.choice.word and (meant := await _worded(turn, data, do)) is not None:
        return await go_on(replace(turn, choice=meant), services)
    if do in DECISIONS:
        return await _decide(turn, services, data, do)
    is_written = turn.choice is not None and not turn.choice.word
    is_title = do == "title" and case_asides.may_be_title(turn.text)
    if is_written and not is_title and (aside := case_asides.read(turn.text)) is not None:
        return await _take_aside(turn, services, data, do, aside)
    return [await _answer(turn, services, data, do)]


async def _worded(turn: Turn, data: Data, name: str) -> Choice | None:
    """The choice that is written below something newer, such as the help: „1“, „ja“, „abbrechen“."""
    offer = (await _ask_again(turn, data, name)).offer
    return find_choice(turn.text, offer.choices) if offer else None


async def _take_aside(turn: Turn, services: Services, data: Data, name: str, aside: Aside) -> Sequence[Action]:
    """Answer what answers nothing, and ask again: what is said in between is for nobody else."""
    if aside is Aside.STOP:
        return await _decide(turn, services, data, "done" if "case" in data or name == "round" else "stop")
    kept = turn.say(
        "Vorgemerkt ist erst etwas, wenn du am Ende zustimmst. Den Titel liest dann deine Gruppe, dazu deinen Namen. "
        "Alles andere siehst nur du."
    )
    told = {
        Aside.RETURN: turn.say("Wir waren bei deinem Fall."),
        Aside.FEAR: turn.say("Das geht vielen so. „abbrechen“ geht jederzeit.") + " " + kept,
        Aside.QUESTION: kept,
    }
    again = await _ask_again(turn, data, name)
    return [replace(again, text=f"{told[aside]}\n\n{again.text}")]


async def _ask_again(turn: Turn, data: Data, name: str) -> Reply:
    """What was asked last."""
    match name:
        case "alike":
            return await vetoes.ask_which(turn, data)
        case "round":
            return case_rounds.ask_whether_to_call(turn, data["mode"])
    return await case_questions.ask(turn, data, name)


async def _answer(turn: Turn, services: Services, data: Data, name: str) -> Reply:
    """Take an answer, and ask what comes next."""
    match name:
        case "title":
            return await case_questions.take_title(turn, services, data, turn.text)
        case "mode" | "wished" | "relay" | "urgent":
            answer = case_questions.read_answer(turn, name)
            return await case_questions.ask_next(turn, {**data, name: answer})
        case "vetoed":
            return await vetoes.take(turn, data, turn.text)
        case "named":
            return await vetoes.ask_which(turn, data)
        case "meant":
            return await vetoes.take_meant(turn, data)
        case "fields":
            return case_questions.ask_field(turn, data)
        case "field" | "case" if (changed := await case_questions.change(turn, data)) is not None:
            return changed
        case "round" if _NAY.search(turn.text.casefold()):
            return _said_to_stay(turn)
        case "alike" | "field" | "case" | "round":
            again = await _ask_again(turn, data, name)
            return replace(again, text=f"{turn.say('Das kann ich nicht zuordnen.')} {again.text}")
        case "again":
            kept = {field: value for field, value in data.items() if field not in ("again", data["again"])}
            return await case_questions.ask_next(turn, kept)
    return await case_questions.ask_next(turn, data)


async def _decide(turn: Turn, services: Services, data: Data, do: str) -> Sequence[Action]:
    """Do with a case what was decided."""
    match do:
        case "save":
            return await _save(turn, services, data)
        case "keep":
            return [await _keep(turn, data)]
        case "withdraw":
            return [await _withdraw(turn, data)]
        case "call":
            return await calls.begin(turn, services, SaidCall(mode=Mode(data["mode"])))
        case "stop":
            return [await _stop(turn, data)]
    return [_said_to_stay(turn)]


async def _stop(turn: Turn, data: Data) -> Reply:
    """Leave the questions; who joined a round before them is in it, and was not asked yet whom they lead."""
    text = turn.say("Gut, ich merke mir nichts.")
    joined = next((one for one in await open_ones(turn) if str(one.id) == data.get("round")), None)
    if joined is None:
        return Reply(text)
    stays = turn.say("In der Runde bist du trotzdem noch dabei. „beratung abmelden“ meldet dich ab.")
    question, offer = line_managers.question(turn.say, joined)
    return Reply(f"{text} {stays}\n\n{question}", offer)


def _said_to_stay(turn: Turn) -> Reply:
    return Reply(turn.say("Gut, es bleibt dabei. „mein fall“ zeigt, was vorgemerkt ist."))


# keeping


async def _save(turn: Turn, services: Services, data: Data) -> Sequence[Action]:
    """Keep a new case and find its round, or change the one that is kept."""
    await turn.uow.people.hold()
    case = await _case_to_fill(turn, data)
    case.title, case.mode = data["title"], Mode(data["mode"])
    case.wished = data.get("wished", "") if own_case.has_time(data) else ""
    case.may_relay, case.is_urgent = data.get("relay") == YES, data.get("urgent") == YES
    # Who was forgotten meanwhile is nobody any more.
    unwanted = [number for number in own_case.ids(data["vetoed"]) if await turn.uow.people.get(number) is not None]
    await turn.uow.rounds.set_vetoes(case.id or 0, unwanted)
    if data.get("case"):
        return [Reply(turn.say("Geändert. „mein fall“ zeigt, was vorgemerkt ist."))]
    return await case_rounds.enter(turn, services, case, data.get("round", ""))


async def _case_to_fill(turn: Turn, data: Data) -> ConsultationCase:
    """The case that is changed, or a new one; raises `UserError` when there is already one or no more."""
    if data.get("case"):
        return await own_case.still_waiting(turn, data["case"])
    if await own_case.waiting(turn) is not None:
        raise UserError(turn.say("Du hast schon einen Fall vorgemerkt. „mein fall“ zeigt ihn."))
    person = await sender(turn)
    case = ConsultationCase(person_id=person.id or 0, title="", waiting_since=turn.today)
    await turn.uow.rounds.add_case(case)
    return case


async def _keep(turn: Turn, data: Data) -> Reply:
    """Have a case that was asked about go on waiting."""
    case = await own_case.still_waiting(turn, data["case"])
    await _forget_offers(turn)
    waiting_cases.renew(case, turn.today)
    return _said_to_stay(turn)


async def _withdraw(turn: Turn, data: Data) -> Reply:
    case = await own_case.still_waiting(turn, data["case"])
    await _forget_offers(turn)
    await turn.uow.rounds.drop_case(case.id or 0)
    text = turn.say("Zurückgezogen und gelöscht.")
    taking_part = [await turn.uow.rounds.participation(one.id or 0, case.person_id) for one in await open_ones(turn)]
    if any(taking_part):
        text += " " + turn.say("In der Runde bist du trotzdem noch dabei. „beratung abmelden“ meldet dich ab.")
    return Reply(text)
