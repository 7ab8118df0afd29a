"""Takes a support request in, question by question; until the team says yes to the summary, nothing of it is kept."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.turn import Services, Turn
from handlers import ask, matching
from handlers.ask import LONGEST_LABEL, LONGEST_NAME, chosen, shortened
from handlers.periods import period_said
from handlers.rights import check_direct
from knowledge.assignment import QUESTION, DepartmentRule, Kind, Mode, find
from knowledge.requesting import kind_in
from knowledge.screening import screen
from storage.models.requests import SupportRequest
from storage.repositories.requests import LIVE

INTAKE = "support_intake"  # topic of the offers below
STEPS = ("kind", "goal", "department", "period", "format", "out_of_scope")
OPTIONAL = frozenset({"period", "format", "out_of_scope"})
LONGEST = {"goal": 300, "department": 80, "period": 80, "format": 120, "out_of_scope": 120}
EMPTY = frozenset(("", "nichts", "keine", "nein", "egal", "weiß nicht", "weiss nicht", "überspringen", "noch offen"))
KINDS_SHOWN = 8
SUGGESTED = 3
LISTED = 6
"""Departments that are offered to whoever named none that the house has."""
LONGEST_PERIOD = 5  # words
_BEGINS_PERIOD = re.compile(r"(?:im|in|ab|bis|am|ende|anfang|mitte|nächste\w*|kommende\w*|kw|vom)", re.IGNORECASE)


async def begin(turn: Turn, services: Services) -> Sequence[Action]:
    """„anfrage“, or a sentence that asks for support."""
    if turn.message.is_follow_up:
        return []  # most likely said to others in the thread
    text = " ".join(turn.text.split())
    if text and services.sensitivity.by_words(text):
        return await ask.ask(turn, services)
    check_direct(turn)
    await _check_amount(turn, services)
    kind = kind_in(text, _kinds(services)) if text else None
    data = {"kind": kind.name} if kind else {}
    if kind and (period := _period_in(turn, text)):
        data["period"] = period
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if person and person.department and _is_known(services, person.department):
        data["department"] = person.department
    return [_next(turn, services, data)]


def _kinds(services: Services) -> Sequence[Kind]:
    return [kind for kind in services.house.kinds if kind.name != QUESTION.name]


def _is_known(services: Services, department: str) -> bool:
    departments = services.house.departments
    return not departments.names or departments.find(department) is not None


def _period_in(turn: Turn, text: str) -> str:
    """The days that a sentence names, „im Januar“; nothing if it names none."""
    words = text.strip(" .!?").split()
    for length in range(LONGEST_PERIOD, 1, -1):
        for start in range(len(words) - length + 1):
            part = " ".join(words[start : start + length]).strip(" .,;!?")
            if _BEGINS_PERIOD.fullmatch(words[start]) and period_said(part.casefold(), turn.today):
                return part
    return ""


async def _check_amount(turn: Turn, services: Services) -> None:
    """Refuse more open requests than the house has people for; raises `UserError`."""
    here, most = turn.message.conversation.platform, services.house.questions_at_once
    count = 0
    for platform, person in await turn.uow.people.accounts_beside(here, turn.message.sender.id):
        asked = await turn.uow.requests.of_requester(platform, person)
        count += sum(1 for request in asked if request.state in LIVE)
    if count >= most:
        text = turn.say("Von dir sind gerade {count} Anfragen offen. „anfragen“ zeigt sie. Danach gern die nächste.")
        raise UserError(text.format(count=count))


# the questions


def _next(turn: Turn, services: Services, data: Mapping[str, str]) -> Reply:
    """The next question, or the summary when all is said."""
    missing = next((step for step in STEPS if not data.get(step) and not _is_left_out(services, data, step)), None)
    return _question(turn, services, data, missing) if missing else _summary(turn, services, data)


def _is_left_out(services: Services, data: Mapping[str, str], step: str) -> bool:
    """Whether a step was skipped and may be, by the kind as it is now."""
    return step in data and (_may_skip(services, data, step) or (step == "department" and _is_unclear(data)))


def _is_unclear(data: Mapping[str, str]) -> bool:
    """Whether the coordinators are to find out the department: until then nobody is shown."""
    return "unclear" in data


def _question(turn: Turn, services: Services, data: Mapping[str, str], step: str, text: str = "") -> Reply:
    asks = {**data, "at": step}
    choices = [*_offered(turn, services, asks)]
    if _may_skip(services, data, step):
        choices.append(Choice("überspringen", turn.say("überspringen"), {**asks, "do": "skip"}))
    choices.append(Choice("abbrechen", turn.say("abbrechen"), {"do": "stop"}))
    return Reply(text or _words(turn, services, data, step), Offer(INTAKE, tuple(choices), asks))


def _offered(turn: Turn, services: Services, asks: Mapping[str, str]) -> Sequence[Choice]:
    if asks["at"] != "kind":
        return ()
    return [
        Choice(str(place), kind.label, {**asks, "do": "kind", "kind": kind.name})
        for place, kind in enumerate(_kinds(services)[:KINDS_SHOWN], start=1)
    ]


def _may_skip(services: Services, data: Mapping[str, str], step: str) -> bool:
    """Whether a step can be left out; the rule on departments is never relaxed by leaving it out."""
    kind = find(data.get("kind", ""), services.house.kinds)
    is_needed = kind is None or kind.rule is DepartmentRule.OWN_EXCLUDED
    return step in OPTIONAL or (step == "department" and not is_needed)


def _words(turn: Turn, services: Services, data: Mapping[str, str], step: str) -> str:
    match step:
        case "kind":
            text = turn.say("Worum geht es? Wähle etwas aus oder schreib es mir.")
            others = [kind.label for kind in _kinds(services)[KINDS_SHOWN:]]
            more = turn.say("Auch möglich: {kinds}.").format(kinds=", ".join(others))
            return f"{text} {more}" if others else text
        case "goal":
            kind = find(data["kind"], services.house.kinds)
            text = turn.say("{kind}, gern. Was soll danach anders sein? Ein Satz genügt.")
            return text.format(kind=kind.label if kind else data["kind"])
        case "department":
            return turn.say("Aus welchem Fachbereich kommt dein Team?")
        case "period":
            return turn.say("Wann soll es sein? Zum Beispiel „im Januar“.")
        case "format":
            return turn.say("In welchem Rahmen? Zum Beispiel „halber Tag, 12 Personen“.")
    return turn.say("Was gehört ausdrücklich nicht dazu?")


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Take an answer and ask the next question."""
    data = chosen(turn)
    step, do = data.pop("at", ""), data.pop("do", "")
    match do:
        case "stop":
            return [Reply(turn.say("Gut, ich habe nichts gespeichert."))]
        case "change":
            return [_ask_what(turn, data)]
        case "again":
            again = data.pop("step")
            return [_question(turn, services, {key: data[key] for key in data if key != again}, again)]
        case "open":
            return await _open(turn, services, data)
        case "skip":
            return [_next(turn, services, {**data, step: ""})]
        case "kind" | "department":
            return [_next(turn, services, data)]
        case "show":
            return [_summary(turn, services, data)]
    return await _take(turn, services, data, step)


async def _take(turn: Turn, services: Services, data: Mapping[str, str], step: str) -> Sequence[Action]:
    """Take what was written; raises `UserError` with the question open if it is no answer."""
    text = " ".join(turn.text.split())
    if services.sensitivity.by_words(text):
        return await ask.ask(replace(turn, text=text, choice=None), services)
    if step == "kind":
        return [_kind_said(turn, services, data, text)]
    if len(text) > LONGEST[step]:
        limit = LONGEST[step]
        raise UserError(turn.say("Das sind mehr als {limit} Zeichen. Schreib es bitte kürzer.").format(limit=limit))
    if step in OPTIONAL and text.casefold().strip(" .!") in EMPTY:
        return [_next(turn, services, {**data, step: ""})]
    if not any(map(str.isalnum, text)):
        raise UserError(turn.say("Schreib mir das bitte in ein paar Worten."))
    if step == "department":
        return [_department_said(turn, services, data, text)]
    return [_next(turn, services, {**data, step: screen(text).without_official().proposal})]


def _kind_said(turn: Turn, services: Services, data: Mapping[str, str], text: str) -> Reply:
    kind = find(text, _kinds(services)) or kind_in(text, _kinds(services))
    if kind is None:
        said = turn.say("Das kann ich noch nicht zuordnen. Was davon kommt am nächsten?")
        return _question(turn, services, data, "kind", said)
    return _next(turn, services, {**data, "kind": kind.name})


def _department_said(turn: Turn, services: Services, data: Mapping[str, str], text: str) -> Reply:
    """Keep the department that was named; one that nobody knows is asked for again, since the rule hangs on it."""
    departments = services.house.departments
    found = departments.find(text) or departments.find(text.partition(",")[0]) or departments.mentioned(text)
    if found is None and departments.names:
        return _ask_again(turn, services, data, text)
    name = found.name if found else text
    team = {} if name.casefold() == text.casefold() or len(text) <= len(name) else {"team": text}
    return _next(turn, services, {**data, **team, "department": name})


def _ask_again(turn: Turn, services: Services, data: Mapping[str, str], text: str) -> Reply:
    departments = services.house.departments
    names = [one.name for one in departments.suggest(text, SUGGESTED)] or departments.names[:LISTED]
    question = _question(turn, services, data, "department")
    assert question.offer is not None
    here = {**data, "at": "department", "do": "department"}
    suggested = [Choice(str(place), name, {**here, "department": name}) for place, name in enumerate(names, start=1)]
    unclear = turn.say("weiß ich nicht, die Koordination klärt es")
    more = (
        ()
        if _may_skip(services, data, "department")
        else (Choice("koordination", unclear, {**here, "department": "", "unclear": "yes"}),)
    )
    offered = replace(question.offer, choices=(*suggested, *more, *question.offer.choices))
    return Reply(turn.say("Den kenne ich so nicht. Meinst du einen von diesen? Sonst schreib ihn anders."), offered)


# the summary


def _labels(turn: Turn) -> Mapping[str, str]:
    return {
        "kind": turn.say("Art"),
        "goal": turn.say("Ziel"),
        "department": turn.say("Fachbereich"),
        "period": turn.say("Wann"),
        "format": turn.say("Rahmen"),
        "out_of_scope": turn.say("Nicht enthalten"),
    }


def _summary(turn: Turn, services: Services, data: Mapping[str, str]) -> Reply:
    kind = find(data["kind"], services.house.kinds)
    shown = {**data, "kind": kind.label if kind else data["kind"]}
    lines = [f"- {label}: {shown[step] or turn.say('noch offen')}" for step, label in _labels(turn).items()]
    name = shortened(turn.message.sender.name, LONGEST_NAME)
    who = turn.say("- Von: {name}").format(name=name)
    where = {
        Mode.SELF_CHOICE: turn.say("Danach zeige ich dir, wer passt, und du wählst."),
        Mode.CENTRAL_MATCH: turn.say("Danach schlägt die Koordination jemanden vor."),
        Mode.TEAM_PULL: turn.say("Danach lesen es alle Lots:innen, und jemand übernimmt."),
    }[kind.mode if kind else Mode.CENTRAL_MATCH]
    if not data["department"] and _is_unclear(data):
        where = turn.say("Danach klärt die Koordination den Fachbereich und sucht jemanden.")
    hidden = turn.say("Namen und Nummern habe ich weggelassen.") if "[" in data["goal"] else ""
    text = "\n".join((turn.say("So gebe ich es weiter:"), "", *lines, who, "", " ".join(filter(None, (where, hidden)))))
    choices = (
        Choice("ja", turn.say("ja, so weitergeben"), {**data, "do": "open"}),
        Choice("ändern", turn.say("etwas ändern"), {**data, "do": "change"}),
        Choice("verwerfen", turn.say("verwerfen"), {"do": "stop"}),
    )
    return Reply(f"{text}\n\n{turn.say('Passt das?')}", Offer(INTAKE, choices))


def _ask_what(turn: Turn, data: Mapping[str, str]) -> Reply:
    choices = [
        Choice(
            str(place), shortened(f"{label}: {data[step] or '–'}", LONGEST_LABEL), {**data, "do": "again", "step": step}
        )
        for place, (step, label) in enumerate(_labels(turn).items(), start=1)
    ]
    keep = Choice("nichts", turn.say("nichts ändern"), {**data, "do": "show"})
    return Reply(turn.say("Was möchtest du ändern?"), Offer(INTAKE, (*choices, keep)))


async def _open(turn: Turn, services: Services, data: Mapping[str, str]) -> Sequence[Action]:
    """Keep the request and seek somebody for it."""
    check_direct(turn)
    await _check_amount(turn, services)
    kind = find(data["kind"], _kinds(services))
    needs_department = kind is not None and kind.rule is DepartmentRule.OWN_EXCLUDED and not _is_unclear(data)
    if kind is None or (needs_department and not _is_known(services, data["department"])):
        raise UserError(turn.say("Inzwischen hat sich im Haus etwas geändert. Bitte noch einmal beginnen: „anfrage“."))
    here, sender = turn.message.conversation, turn.message.sender
    request = SupportRequest(
        kind=kind.name,
        platform=here.platform,
        requester_person=sender.id,
        requester_name=shortened(sender.name, LONGEST_NAME),
        conversation_id=here.id,
        department=data["department"] or None,
        team=data.get("team", ""),
        goal=data["goal"],
        period=data["period"],
        format=data["format"],
        out_of_scope=data["out_of_scope"],
        places=2 if kind.is_tandem else 1,
        asked_on=turn.today,
        due_on=matching.until(turn, services),
    )
    await turn.uow.requests.open(request)
    kept = turn.say("Notiert als Anfrage {number}. Den Stand zeigt „anfragen“.").format(number=request.id)
    return [_joined(kept, action) for action in await matching.begin(turn, services, request)]


def _joined(text: str, action: Action) -> Action:
    """An answer with a first sentence; what goes elsewhere stays as it is."""
    return replace(action, text=f"{text} {action.text}") if isinstance(action, Reply) else action
