"""Takes down, alone with somebody, that they have a case: a neutral title and what their group needs to know.

The case itself is never asked for and never kept. What was said so far travels with the offers.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.choices import find_choice
from bot.commands import looks_like_question
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.turn import Services, Turn
from handlers import candidates
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.deputies import is_called, labelled
from handlers.peer_consultation import calls, line_managers, rounds
from handlers.peer_consultation.rounds import check_open, check_supporter, open_ones, sender
from handlers.periods import period_said
from handlers.rights import check_direct
from knowledge import case_titles, screening
from knowledge.consultation_sentences import LONGEST, SaidCall, SaidCase, read_case, read_joining
from storage.models.peer_consultation import CaseState, ConsultationCase, ConsultationRound, Mode

CASE, OWN = "consultation_case", "consultation_own_case"  # topics of the offers below
FIELDS = ("title", "mode", "wished", "vetoed", "relay", "urgent")
"""In the order in which they are asked for."""
LONGEST_WISH, MOST_VETOES, MOST_ALIKE = 60, 10, 7
YES, NO = "1", ""
_EITHER = re.compile(r"\b(?:egal|wei(?:ß|ss) (?:ich )?(?:noch )?nicht|beides|keine ahnung)\b")
_YEA = re.compile(r"\b(?:ja|jo|gern|gerne|klar|dürfen|eilt|dringend|ok|okay|bitte)\b")
_NAY = re.compile(r"\b(?:nein|nö|nee|nicht|lieber ohne|kein\w*)\b")
_NOBODY = re.compile(
    r"(?:ich nenne |es gibt )?(?:niemand\w*|keine[nr]?|keinen? davon|alle (?:dürfen|können|passen)|egal|-)[.!]?", re.I
)
_AND = re.compile(r"[,;\n]|\s+und\s+|\s*[+&]\s*", re.IGNORECASE)

Data = Mapping[str, str]


def may_be_change(words: str) -> bool:
    """Whether what is said below one's own case may be about it: a question is not."""
    is_other = is_case(words) or read_joining(words) or calls.is_call(words) or calls.is_change(words)
    return not is_other and not looks_like_question(words)


def is_case(words: str) -> bool:
    """Whether a sentence says that somebody has a case."""
    return read_case(words) is not None


async def begin(turn: Turn, services: Services) -> Sequence[Action]:
    """„ich habe einen Fall“, „fall“: ask for what is needed, alone; of what was said in a room nothing is used."""
    check_supporter(turn)
    if not turn.message.conversation.is_direct:
        return await begin_alone(turn, services)
    check_open(turn)
    await _forget_drafts(turn)
    if (case := await _waiting(turn)) is not None:
        return [await _shown(turn, await _data_of(turn, case))]
    said = SaidCase() if turn.choice else read_case(turn.message.text) or SaidCase(title=turn.text)
    data = {"mode": str(said.mode)} if said.mode else {}
    if said.is_urgent:
        data["urgent"] = YES
    if said.is_story or len(said.title) > LONGEST:
        return [_not_here(turn, data)]
    return [await _take_title(turn, services, data, said.title) if said.title else await _next(turn, data)]


async def _forget_drafts(turn: Turn) -> None:
    """Have nothing that was asked before take what is said from now on."""
    here = turn.message.conversation
    offers = await turn.uow.questions.offers_to(here.platform, here.id, turn.message.sender.id)
    await turn.uow.questions.withdraw_offers([one.message_key for one in offers if one.topic in (CASE, OWN)])


async def begin_alone(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on in the direct chat of whoever says in a room that they have a case."""
    person = await sender(turn)
    chat = await candidates.chat_of(turn.uow, person.id or 0)
    if chat is None:
        return [Reply(turn.say("Das machen wir zu zweit. Schreib mir bitte allein „fall“."))]
    asking = replace(turn, say=turn.say_to(chat[0]))
    case = await _waiting(turn)
    asked = await _shown(asking, await _data_of(turn, case)) if case is not None else await _next(asking, {})
    text = turn.say("Das machen wir zu zweit. Ich habe dir geschrieben.")
    return [Reply(text), Send(chat[0], asked.text, asked.offer, person=chat[1])]


async def show_own(turn: Turn, services: Services) -> Sequence[Action]:
    """„mein fall“: what is kept of it, to change it or take it back."""
    check_open(turn)
    check_direct(turn)
    if (case := await _waiting(turn)) is not None:
        await _forget_drafts(turn)
        return [await _shown(turn, await _data_of(turn, case))]
    person = await sender(turn)
    taken = await turn.uow.rounds.cases_of(person.id or 0)
    if taken:
        groups = await turn.uow.consultations.of_person(person.id or 0)
        number = next((group.id for group in groups if group.case_id == taken[-1].id), None)
        text = turn.say("Dein Fall „{title}“ ist in Beratung {number}. „beratung {number}“ zeigt, wie weit sie ist.")
        if number is None:
            text = turn.say("Dein Fall „{title}“ ist in einer Gruppe. Ich habe dir dazu geschrieben.")
        return [Reply(text.format(title=taken[-1].title, number=number))]
    return [Reply(turn.say("Du hast keinen Fall vorgemerkt. „ich habe einen Fall“ merkt einen vor."))]


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Take the answer to one question, and ask the next one."""
    check_open(turn)
    check_direct(turn)
    data = chosen(turn)
    do = data.pop("do")
    if turn.choice is not None and not turn.choice.word and (meant := await _worded(turn, data, do)) is not None:
        return await go_on(replace(turn, choice=meant), services)
    match do:
        case "title":
            return [await _take_title(turn, services, data, turn.text)]
        case "wished":
            return [await _next(turn, data | {"wished": _checked_wish(turn)})]
        case "vetoed":
            return [await _take_vetoes(turn, data, turn.text)]
        case "named":
            return [await _ask_or_go_on(turn, data)]
        case "meant":
            return [await _take_meant(turn, data)]
        case "mode" | "relay" | "urgent":
            return [await _next(turn, {**data, do: _answered(turn, do)})]
        case "alike" | "field" | "case" | "round":
            again = await _question(turn, data, do)
            return [replace(again, text=f"{turn.say('Das kann ich nicht zuordnen.')} {again.text}")]
        case "fields":
            return [_ask_field(turn, data)]
        case "again":
            return [await _next(turn, {name: value for name, value in data.items() if name != data["again"]})]
        case "save":
            return await _save(turn, services, data)
        case "withdraw":
            return [await _withdraw(turn, data)]
        case "call":
            return await calls.begin(turn, services, SaidCall(mode=Mode(data["mode"])))
        case "stop":
            return [Reply(turn.say("Gut, ich merke mir nichts."))]
        case "done":
            return [Reply(turn.say("Gut, es bleibt dabei. „mein fall“ zeigt, was vorgemerkt ist."))]
    return [await _next(turn, data)]


async def _worded(turn: Turn, data: Data, name: str) -> Choice | None:
    """The choice that is written below something newer, such as the help: „1“, „ja“, „abbrechen“."""
    offer = (await _question(turn, data, name)).offer
    return find_choice(turn.text, offer.choices) if offer else None


# the questions


async def _question(turn: Turn, data: Data, name: str) -> Reply:
    """What was asked: for a field, or to choose."""
    match name:
        case "title":
            return _ask_title(turn, data)
        case "mode":
            return _ask_mode(turn, data)
        case "wished":
            return _ask_wish(turn, data)
        case "vetoed":
            return _ask_vetoes(turn, data)
        case "relay":
            return _ask_relay(turn, data)
        case "urgent":
            return _ask_urgent(turn, data)
        case "alike":
            return await _ask_or_go_on(turn, data)
        case "field":
            return _ask_field(turn, data)
        case "round":
            return _ask_whether_to_call(turn, data["mode"])
    return await _shown(turn, data)


async def _next(turn: Turn, data: Data) -> Reply:
    """Ask for what is not known yet, else show it all."""
    needed = [name for name in FIELDS if name not in data]
    if "wished" in needed and not _has_time(data):
        needed.remove("wished")
    if needed[:1] == ["relay"] and not await _has_platforms(turn):
        needed.remove("relay")
    return await _question(turn, data, next(iter(needed), "case"))


def _has_time(data: Data) -> bool:
    """Whether the case is talked about at one time: a written one is not."""
    return data.get("mode") != Mode.WRITTEN


def _answer(word: str, label: str, data: Data, **more: str) -> Choice:
    return Choice(word, label, {"do": "next", **data, **more})


def _stop(turn: Turn) -> Choice:
    return Choice("abbrechen", turn.say("abbrechen"), {"do": "stop"})


def _asks(turn: Turn, data: Data, name: str, *choices: Choice) -> Offer:
    return Offer(CASE, (*choices, _stop(turn)), asks={**data, "do": name})


def _ask_title(turn: Turn, data: Data) -> Reply:
    text = turn.say(
        "Unter welchem Titel? Ein paar neutrale Worte genügen, zum Beispiel „Umgang mit Widerstand im Team“. "
        "Den Fall selbst erzählst du erst in der Runde."
    )
    return Reply(text, _asks(turn, data, "title"))


def _not_here(turn: Turn, data: Data) -> Reply:
    """What to say to whoever begins to tell the case: nothing of it is kept."""
    text = turn.say(
        "Das klingt schon nach dem Fall selbst. Er gehört in die Runde, ich behalte hier nichts davon. "
        "Als Titel genügen ein paar Worte, zum Beispiel „Umgang mit Widerstand im Team“."
    )
    return Reply(text, _asks(turn, data, "title"))


async def _take_title(turn: Turn, services: Services, data: Data, said: str) -> Reply:
    if len(said) > LONGEST:
        return _not_here(turn, data)
    if not any(map(str.isalpha, said)):
        raise UserError(turn.say("Schreib mir den Titel bitte in ein paar Worten."))
    checked = case_titles.check(said, services.house.departments)
    if checked.is_neutral:
        return await _next(turn, {**data, "title": checked.title})
    # The title as it was written goes nowhere: only the proposal waits for an answer.
    heading = turn.say("Der Titel ist recht lang.")
    if checked.found:
        told = ", ".join(f"„{words}“ ({telling})" for telling, words in checked.found[:3])
        heading = turn.say("Der Titel soll niemanden verraten. Darin steht vielleicht: {found}.").format(found=told)
    text = turn.say("Mein Vorschlag: „{title}“. Du kannst mir auch einen anderen schreiben.")
    take = _answer("nehmen", turn.say("so nehmen"), data, title=checked.proposal)
    return Reply(f"{heading} {text.format(title=checked.proposal)}", _asks(turn, data, "title", take))


def _ask_mode(turn: Turn, data: Data) -> Reply:
    choices = (
        _answer("live", turn.say("live, zu einer gemeinsamen Zeit"), data, mode=str(Mode.LIVE)),
        _answer("schriftlich", turn.say("schriftlich, über etwa zwölf Arbeitstage"), data, mode=str(Mode.WRITTEN)),
    )
    return Reply(turn.say("Live oder schriftlich?"), _asks(turn, data, "mode", *choices))


def _ask_wish(turn: Turn, data: Data) -> Reply:
    text = turn.say("Wann würde es dir passen? Zum Beispiel „vormittags“ oder „KW 50, nicht freitags“.")
    return Reply(text, _asks(turn, data, "wished", _answer("egal", turn.say("egal"), data, wished="")))


def _checked_wish(turn: Turn) -> str:
    said = " ".join(turn.text.split())
    if len(said) > LONGEST_WISH or not screening.screen(said).is_clean:
        raise UserError(turn.say("Mir genügt eine Zeit in wenigen Worten, zum Beispiel „dienstags vormittags“."))
    return said


def _ask_vetoes(turn: Turn, data: Data) -> Reply:
    text = turn.say(
        "Wer soll nicht dabei sein? Das erfährt niemand, und du brauchst keinen Grund. Auch wen der Fall selbst "
        "betrifft, gehört dazu. Mehrere Namen mit Komma, sonst „niemand“."
    )
    return Reply(text, _asks(turn, data, "vetoed", _nobody(turn, data)))


def _nobody(turn: Turn, data: Data) -> Choice:
    """Nobody, or nobody else: whom we know already stays."""
    if "sure" in data:
        return Choice("ohne", turn.say("ohne diese Person weiter"), {**data, "do": "named"})
    return _answer("niemand", turn.say("niemand"), data, vetoed="")


async def _take_vetoes(turn: Turn, data: Data, said: str) -> Reply:
    """Find whom somebody named; who is called alike is asked about, who is not known refuses all of it."""
    if _NOBODY.fullmatch(said.strip()):
        return await _ask_or_go_on(turn, {"sure": "", "alike": "", **data})
    names = [" ".join(name.split()) for name in _AND.split(said) if any(map(str.isalpha, name))]
    if not names or len(names) > MOST_VETOES or len(said) > LONGEST:
        raise UserError(turn.say("Schreib mir nur die Namen, mit Komma dazwischen, oder „niemand“."))
    found = [await _called(turn, name) for name in names]
    sure = sorted({*_ids(data.get("sure", "")), *(people[0] for people in found if len(people) == 1)})
    alike = ";".join(_joined(people[:MOST_ALIKE]) for people in found if len(people) > 1)
    known = {**data, "sure": _joined(sure), "alike": ";".join(filter(None, [data.get("alike", ""), alike]))}
    if unknown := [name for name, people in zip(names, found, strict=True) if not people]:
        return _ask_for_names(turn, known, unknown)
    return await _ask_or_go_on(turn, known)


def _ask_for_names(turn: Turn, known: Data, unknown: Sequence[str]) -> Reply:
    """Ask again for the names of whom we do not know; who was named with them is known already."""
    text = turn.say("„{name}“ finde ich unter den Lots:innen nicht. Schreib mir bitte den ganzen Namen.")
    names = "“, „".join(shortened(name, LONGEST_NAME) for name in unknown)
    return Reply(text.format(name=names), _asks(turn, known, "vetoed", _nobody(turn, known)))


async def _called(turn: Turn, name: str) -> Sequence[int]:
    """The other supporters of a name, by our ids."""
    here = turn.message.conversation.platform, turn.message.sender.id
    own = await turn.uow.people.find(*here)
    own_id = own.id if own is not None else None
    named = [one for one, _ in await turn.uow.people.everybody() if one.id != own_id and is_called(one, name)]
    return [one.id for one in named if one.id is not None and await candidates.is_supporter(turn, one.id)]


async def _ask_or_go_on(turn: Turn, data: Data) -> Reply:
    """Ask which one of those who are called alike is meant, until there are none left."""
    first, _, rest = data["alike"].partition(";")
    if not first:
        kept = {name: value for name, value in data.items() if name not in ("sure", "alike")}
        return await _next(turn, kept | {"vetoed": data["sure"]})
    labels = await labelled(turn, _ids(first))
    left = {**data, "alike": rest, "do": "meant"}
    choices = [
        Choice(str(place), label, {**left, "meant": str(number)})
        for place, (number, label) in enumerate(labels.items(), start=1)
    ]
    everybody = Choice("alle", turn.say("alle davon"), {**left, "meant": first})
    return Reply(turn.say("Wen meinst du?"), _asks(turn, data, "alike", *choices, everybody))


async def _take_meant(turn: Turn, data: Data) -> Reply:
    found = sorted({*_ids(data["sure"]), *_ids(data["meant"])})
    kept = {name: value for name, value in data.items() if name != "meant"}
    return await _ask_or_go_on(turn, kept | {"sure": _joined(found)})


def _ids(words: str) -> list[int]:
    return [int(number) for number in words.split(",") if number]


def _joined(numbers: Sequence[int]) -> str:
    return ",".join(map(str, numbers))


async def _has_platforms(turn: Turn) -> bool:
    """Whether supporters write from more than one platform."""
    platforms = {
        account.platform
        for person, accounts in await turn.uow.people.everybody()
        if person.id is not None and await candidates.is_supporter(turn, person.id)
        for account in accounts
    }
    return len(platforms) > 1


def _ask_relay(turn: Turn, data: Data) -> Reply:
    text = turn.say(
        "Dürfen auch Lots:innen von der anderen Plattform mitmachen? "
        "Ich reiche dann weiter, was gesagt wird, und lösche es am Ende."
    )
    return Reply(text, _asks(turn, data, "relay", *_yes_or_no(turn, data, "relay")))


def _ask_urgent(turn: Turn, data: Data) -> Reply:
    text = turn.say("Eilt es? Dann kommt dein Fall vor denen dran, die schon länger warten.")
    return Reply(text, _asks(turn, data, "urgent", *_yes_or_no(turn, data, "urgent")))


def _answered(turn: Turn, name: str) -> str:
    """What somebody means who answers in words of their own; raises `UserError`. Who does not mind has the usual."""
    said = turn.text.casefold()
    if name == "mode":
        modes = {Mode.WRITTEN: "schrift", Mode.LIVE: "live"}
        meant = [str(mode) for mode, word in modes.items() if word in said]
        if len(meant) == 1 or (not meant and _EITHER.search(said)):
            return meant[0] if meant else str(Mode.LIVE)
        raise UserError(turn.say("Schreib bitte „live“ oder „schriftlich“. „abbrechen“ lässt es sein."))
    if _NAY.search(said) or _EITHER.search(said):
        return NO
    if _YEA.search(said):
        return YES
    raise UserError(turn.say("Schreib bitte „ja“ oder „nein“. „abbrechen“ lässt es sein."))


def _yes_or_no(turn: Turn, data: Data, name: str) -> Iterator[Choice]:
    yield _answer("ja", turn.say("ja"), data, **{name: YES})
    yield _answer("nein", turn.say("nein"), data, **{name: NO})


# what is kept


async def _shown(turn: Turn, data: Data) -> Reply:
    """All that is or would be kept of a case."""
    say = turn.say
    unwanted = await labelled(turn, _ids(data["vetoed"]))
    lines = [
        say("- Titel: „{title}“").format(title=data["title"]),
        say("- Art: schriftlich") if data["mode"] == Mode.WRITTEN else say("- Art: live, mit gemeinsamem Termin"),
        say("- Zeit: {wished}").format(wished=data["wished"]) if _has_time(data) and data.get("wished") else "",
        say("- Nicht dabei: {names}. Das siehst nur du.").format(names=", ".join(unwanted.values()) or say("niemand")),
        say("- Auch Lots:innen von der anderen Plattform: {answer}").format(answer=_said(turn, data, "relay"))
        if "relay" in data
        else "",
        say("- Eilt: {answer}").format(answer=_said(turn, data, "urgent")),
    ]
    facts = "\n".join(filter(None, lines))
    end = say("Mehr behalte ich nicht, nie den Fall selbst.")
    if data.get("case"):
        asks = {**data, "do": "case"}
        return Reply(f"{say('Dein Fall:')}\n{facts}\n\n{end}", Offer(_topic(data), _choices_kept(turn, data), asks))
    choices = (
        Choice("ja", say("ja, vormerken"), {**data, "do": "save"}),
        Choice("ändern", say("etwas ändern"), {**data, "do": "fields"}),
        Choice("nein", say("nein, nichts vormerken"), {"do": "stop"}),
    )
    text = f"{say('So merke ich deinen Fall vor:')}\n{facts}\n\n{end} {say('Passt das?')}"
    return Reply(text, Offer(CASE, choices, asks={**data, "do": "case"}))


def _topic(data: Data) -> str:
    """Below a case that is kept and not being changed, one may ask something else."""
    return CASE if "changed" in data else OWN


def _choices_kept(turn: Turn, data: Data) -> tuple[Choice, ...]:
    """What one can do with a case that is kept; a changed one is kept only with a yes."""
    change = Choice("ändern", turn.say("etwas ändern"), {**data, "do": "fields"})
    if "changed" in data:
        return (Choice("ja", turn.say("ja, so ändern"), {**data, "do": "save"}), change,
                Choice("nein", turn.say("nein, so lassen wie bisher"), {"do": "done"}))  # fmt: skip
    withdraw = Choice("zurückziehen", turn.say("zurückziehen"), {"do": "withdraw", "case": data["case"]})
    return change, withdraw, Choice("gut", turn.say("so lassen"), {"do": "done"})


def _said(turn: Turn, data: Data, name: str) -> str:
    return turn.say("ja") if data.get(name) == YES else turn.say("nein")


def _ask_field(turn: Turn, data: Data) -> Reply:
    labels = {
        "title": ("titel", turn.say("Titel")),
        "mode": ("art", turn.say("live oder schriftlich")),
        "wished": ("zeit", turn.say("Zeit")),
        "vetoed": ("personen", turn.say("wer nicht dabei sein soll")),
        "relay": ("plattform", turn.say("andere Plattform")),
        "urgent": ("eile", turn.say("ob es eilt")),
    }
    changed = {"changed": YES} if "case" in data else {}
    choices = [
        Choice(word, label, {**data, **changed, "do": "again", "again": name})
        for name, (word, label) in labels.items()
        if name in data and (name != "wished" or _has_time(data))
    ]
    return Reply(turn.say("Was soll anders sein?"), _asks(turn, data, "field", *choices))


async def _waiting(turn: Turn) -> ConsultationCase | None:
    """The sender's case that waits for a group."""
    person = await sender(turn)
    found = await turn.uow.rounds.cases_of(person.id or 0)
    return next((case for case in found if case.state == CaseState.WAITING), None)


async def _data_of(turn: Turn, case: ConsultationCase) -> dict[str, str]:
    relay = {"relay": YES if case.may_relay else NO} if case.may_relay or await _has_platforms(turn) else {}
    return relay | {
        "case": str(case.id),
        "title": case.title,
        "mode": str(case.mode),
        **({} if case.mode == Mode.WRITTEN else {"wished": case.wished}),
        "vetoed": _joined(sorted(await turn.uow.rounds.vetoes(case.id or 0))),
        "urgent": YES if case.is_urgent else NO,
    }


async def _save(turn: Turn, services: Services, data: Data) -> Sequence[Action]:
    person = await sender(turn)
    await turn.uow.people.hold()
    case = await _waiting(turn)
    if data.get("case") and (case is None or str(case.id) != data["case"]):
        raise UserError(turn.say("Dieser Fall wartet nicht mehr. „mein fall“ zeigt, was vorgemerkt ist."))
    if case is None:
        case = ConsultationCase(person_id=person.id or 0, title="", waiting_since=turn.today)
        await turn.uow.rounds.add_case(case)
    elif not data.get("case"):
        raise UserError(turn.say("Du hast schon einen Fall vorgemerkt. „mein fall“ zeigt ihn."))
    case.title, case.mode, case.wished = (
        data["title"],
        Mode(data["mode"]),
        data.get("wished", "") if _has_time(data) else "",
    )
    case.may_relay, case.is_urgent = data.get("relay") == YES, data.get("urgent") == YES
    # Who was forgotten meanwhile is nobody any more.
    unwanted = [number for number in _ids(data["vetoed"]) if await turn.uow.people.get(number) is not None]
    await turn.uow.rounds.set_vetoes(case.id or 0, unwanted)
    if data.get("case"):
        return [Reply(turn.say("Geändert. „mein fall“ zeigt, was vorgemerkt ist."))]
    return await _into_round(turn, services, case)


async def _into_round(turn: Turn, services: Services, case: ConsultationCase) -> Sequence[Action]:
    """Have a new case go into the open round, or ask whether one shall be called for it."""
    noted = turn.say("Vorgemerkt. „mein fall“ zeigt ihn, dort kannst du ihn ändern oder zurückziehen.")
    fitting = [one for one in await open_ones(turn) if one.mode == case.mode]
    if len(fitting) == 1:
        return await _join(turn, services, fitting[0], noted, case.wished)
    if fitting:
        choices = [
            Choice(str(place), rounds.days(turn.say, one), {"round": str(one.id), "do": "in"})
            for place, one in enumerate(fitting[:8], start=1)
        ]
        return [Reply(f"{noted}\n\n" + turn.say("In welche Runde soll er?"), Offer(rounds.ROUND, tuple(choices)))]
    asked = _ask_whether_to_call(turn, str(case.mode))
    return [replace(asked, text=f"{noted}\n\n{asked.text}")]


def _ask_whether_to_call(turn: Turn, mode: str) -> Reply:
    choices = (
        Choice("runde", turn.say("eine Runde ausrufen"), {"do": "call", "mode": mode}),
        Choice("warten", turn.say("auf die nächste warten"), {"do": "done"}),
    )
    text = turn.say("Gerade ist keine passende Runde offen. Soll ich eine ausrufen?")
    return Reply(text, Offer(OWN, choices, asks={"do": "round", "mode": mode}))


async def _join(turn: Turn, services: Services, found: ConsultationRound, noted: str, wished: str) -> Sequence[Action]:
    one = await rounds.held(turn, str(found.id))
    _, is_new = await rounds.take_part(turn, one)
    text = turn.say("Du bist damit dabei: {days}. Nach der Anmeldung bilde ich die Gruppen.")
    text = f"{noted} " + text.format(days=rounds.days(turn.say, one))
    if said := _outside(turn, wished, one):
        hint = turn.say("„{said}“ liegt nicht in dieser Runde. „beratung abmelden“ lässt deinen Fall weiter warten.")
        text += " " + hint.format(said=said)
    if not is_new:
        return [Reply(text)]
    question, offer = line_managers.question(turn.say, one)
    return [Reply(f"{text}\n\n{question}", offer), *await rounds.refresh(turn, services, one)]


def _outside(turn: Turn, wished: str, one: ConsultationRound) -> str:
    """The days that a wish names, if none of them is in the round; else nothing."""
    outside = []
    for words in map(str.strip, _AND.split(wished)):
        said = period_said(words.casefold(), turn.today)
        if said is None or said.start is None or said.end is None:
            continue
        if said.start <= one.ends_on and one.starts_on <= said.end:
            return ""
        outside.append(words)
    return outside[0] if outside else ""


async def _withdraw(turn: Turn, data: Data) -> Reply:
    case = await _waiting(turn)
    if case is None or str(case.id) != data["case"]:
        raise UserError(turn.say("Dieser Fall wartet nicht mehr. „mein fall“ zeigt, was vorgemerkt ist."))
    await turn.uow.rounds.drop_case(case.id or 0)
    text = turn.say("Zurückgezogen und gelöscht.")
    taking_part = [await turn.uow.rounds.participation(one.id or 0, case.person_id) for one in await open_ones(turn)]
    if any(taking_part):
        text += " " + turn.say("In der Runde bist du trotzdem noch dabei. „beratung abmelden“ meldet dich ab.")
    return Reply(text)
