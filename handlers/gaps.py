"""Shows what the store lacks: open questions that ask the same, how often, and what can be done about them.

Counted are questions, never people; no order and no date tells who asked what.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.community import FOR_ALL
from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers import gap_answers
from handlers.ask import ask, chosen
from handlers.jour_fixe import topic_cards, topic_proposals, topics
from handlers.open_questions import check_reader, first, gone, numbers, words
from handlers.pages import LINES, page
from knowledge.gaps import Gap
from storage.models.questions import OpenQuestion

GAP = "gap"  # topic of the offers below
LONGEST_HEADING, LONGEST_WORDING, LONGEST_LINE = 90, 50, 120
WORDINGS_SHOWN = 2
JOINED_AT_ONCE = 20
FEWEST = 3
"""So many questions that ask the same are offered as a topic unasked."""
QUIET = timedelta(days=7)
"""Between two such offers."""
LATER = timedelta(days=28)


# what is lacking


async def list_gaps(turn: Turn, services: Services) -> Sequence[Action]:
    """„wissenslücken“: open questions by what they ask, the most frequent first."""
    return await _list(turn, services)


async def _list(turn: Turn, services: Services, after: int = 0) -> Sequence[Action]:
    check_reader(turn)
    answered = await services.search.answered(FOR_ALL) if turn.role >= Role.CURATOR else []
    found = _without(await services.search.gaps(), answered)
    if not found and not answered:
        return [Reply(turn.say("Zurzeit ist keine Frage offen."))]
    several = [gap for gap in found if len(gap.questions) > 1]
    after = after if after < len(several) else 0  # others were closed meanwhile
    labels = page([_label(turn, gap) for gap in several[after : after + LINES]])
    picks = [
        Choice(str(place), label, _data(gap.questions, "pick", gap.heading))
        for place, (gap, label) in enumerate(zip(several[after:], labels, strict=False), start=1)
    ]
    end = after + len(labels)
    more = [Choice("mehr", turn.say("mehr"), {"do": "more", "after": str(end)})] if end < len(several) else []
    choices = (*picks, *more, *_steps_of_curators(turn, found, answered))
    text = _overview(turn, len(several), len(found) - len(several))
    return [Reply(text, Offer(GAP, choices) if choices else None)]


def _without(found: Iterable[Gap], answered: Sequence[OpenQuestion]) -> list[Gap]:
    """The gaps without the questions that have an answer by now."""
    gone = {question.id for question in answered}
    left = [replace(gap, questions=tuple(one for one in gap.questions if one.id not in gone)) for gap in found]
    return sorted((gap for gap in left if gap.questions), key=lambda gap: -len(gap.questions))


def _overview(turn: Turn, several: int, single: int) -> str:
    parts = []
    if several:
        text = turn.say("Mehrfach gefragt und noch ohne Antwort: {count}. Mit der Zahl geht es weiter.")
        parts.append(text.format(count=several))
    else:
        parts.append(turn.say("Zurzeit ist keine Frage mehrfach offen."))
    if single == 1:
        parts.append(turn.say("Dazu eine einzelne Frage: „offene fragen“."))
    elif single:
        parts.append(turn.say("Dazu {count} einzelne Fragen: „offene fragen“.").format(count=single))
    return " ".join(parts)


def _label(turn: Turn, gap: Gap) -> str:
    """A gap in one line: heading, how often, what is under way, and other wordings of it."""
    heading, count = words(gap.heading, LONGEST_HEADING), len(gap.questions)
    line = _counted(turn, heading, count)
    if any(question.agenda_item_id is not None for question in gap.questions):
        line += ", " + turn.say("vorgemerkt")
    if any(question.entry_id is not None for question in gap.questions):
        line += ", " + turn.say("Entwurf wartet")
    others = [question for question in gap.questions if question.text.casefold() != gap.heading.casefold()]
    wordings = " ".join(_wordings(others, LONGEST_WORDING, WORDINGS_SHOWN))
    return line + (", " + turn.say("auch: {wordings}").format(wordings=wordings) if others else "")


def _counted(turn: Turn, heading: str, count: int) -> str:
    if count == 1:
        return f"„{heading}“"
    return turn.say("„{heading}“ ({count}-mal gefragt)").format(heading=heading, count=count)


def _wordings(questions: Iterable[OpenQuestion], longest: int, most: int | None = None) -> list[str]:
    """Each different wording once, at most so many characters of so many."""
    different = {question.text.casefold(): question.text for question in questions}
    return [f"„{words(text, longest)}“" for text in list(different.values())[:most]]


def _steps_of_curators(turn: Turn, found: Sequence[Gap], answered: Sequence[OpenQuestion]) -> Sequence[Choice]:
    steps = []
    if answered:
        label = turn.say("inzwischen beantwortet: {count}, schließen?").format(count=len(answered))
        steps.append(Choice("beantwortet", label, _data(answered, "close")))
    if turn.role >= Role.CURATOR and len(found) > 1:
        steps.append(Choice("zusammen", turn.say("Fragen zusammenlegen"), {"do": "join"}))
    return steps


def _data(questions: Iterable[OpenQuestion], do: str, heading: str = "") -> dict[str, str]:
    """What a choice is about; the question that heads the others comes first, as long as it is open."""
    ordered = sorted(questions, key=lambda question: question.text != heading)
    return {"do": do, "questions": " ".join(str(question.id) for question in ordered)}


# what is chosen


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Go on with a gap as somebody chose."""
    check_reader(turn)
    data = chosen(turn)
    match data["do"]:
        case "more":
            return await _list(turn, services, int(data["after"]))
        case "join":
            return await _ask_what_to_join(turn, services, int(data.get("after", 0)))
        case "drop":
            return [Reply(turn.say("Gut, es bleibt alles, wie es ist."))]
        case "joined" if not any(map(str.isdecimal, turn.text)):  # who was asked for numbers asks something else
            return await ask(turn, services)
        case "joined":
            data = data | {"do": "pick", "questions": _joined(turn, data["units"])}
        case "answer":
            return await gap_answers.begin(turn, data)
    found = await turn.uow.questions.still_open(numbers(data))
    questions = sorted(found, key=lambda question: question.text.casefold())
    return await _use(turn, questions, data) if questions else [gone(turn)]


async def _use(turn: Turn, questions: Sequence[OpenQuestion], data: Mapping[str, str]) -> Sequence[Action]:
    heading = first(questions, numbers(data)).text
    match data["do"]:
        case "topic":
            return [await _propose_topic(turn, questions, heading)]
        case "close":
            return [_ask_whether_to_close(turn, questions)]
        case "closed":
            return [await _close(turn, questions)]
        case "later" | "never":
            return [await _put_off(turn, questions, is_for_good=data["do"] == "never")]
    return [_show(turn, questions, heading, int(data.get("after", 0)))]


def _show(turn: Turn, questions: Sequence[OpenQuestion], heading: str, after: int) -> Reply:
    lines = _wordings(questions, LONGEST_LINE)
    shown = page(lines, after)
    end = after + len(shown)
    title = f"**{_counted(turn, words(heading, LONGEST_HEADING), len(questions))}**"
    choices = [
        Choice("thema", turn.say("als Thema für den Jour fixe vormerken"), _data(questions, "topic", heading)),
        Choice("antwort", turn.say("Antwort schreiben"), _data(questions, "answer", heading)),
    ]
    if turn.role >= Role.CURATOR:
        choices.append(Choice("schließen", turn.say("schließen"), _data(questions, "close", heading)))
    if end < len(lines):
        more = _data(questions, "pick", heading) | {"after": str(end)}
        choices.append(Choice("mehr", turn.say("mehr lesen"), more))
    text = "\n".join((title + "\n", *(f"- {line}" for line in shown)))
    return Reply(text, Offer(GAP, tuple(choices)))


async def _propose_topic(turn: Turn, questions: Sequence[OpenQuestion], heading: str) -> Reply:
    for question in questions:
        item = await turn.uow.agenda.get(question.agenda_item_id) if question.agenda_item_id is not None else None
        if item:
            return topics.already_noted(turn, item)
    return topic_proposals.propose(turn, heading, _data(questions, "")["questions"])


def _check_curator(turn: Turn) -> None:
    if turn.role < Role.CURATOR:
        raise UserError(turn.say("Das kann nur die Redaktion."))


def _ask_whether_to_close(turn: Turn, questions: Sequence[OpenQuestion]) -> Reply:
    _check_curator(turn)
    lines = _wordings(questions, LONGEST_LINE)
    shown = page(lines)
    rest = len(lines) - len(shown)
    more = "\n\n" + turn.say("Und {count} weitere.").format(count=rest) if rest else ""
    text = turn.say("{count} Fragen schließen? Danach stehen sie nicht mehr auf der Liste.")
    text = text if len(questions) > 1 else turn.say("Diese Frage schließen? Danach steht sie nicht mehr auf der Liste.")
    choices = (
        Choice("ja", turn.say("ja"), _data(questions, "closed")),
        Choice("nein", turn.say("nein"), {"do": "drop"}),
    )
    listed = "\n".join(f"- {line}" for line in shown)
    return Reply(f"{text.format(count=len(questions))}\n\n{listed}{more}", Offer(GAP, choices))


async def _close(turn: Turn, questions: Sequence[OpenQuestion]) -> Reply:
    _check_curator(turn)
    await turn.uow.questions.close([question.id for question in questions if question.id is not None])
    return Reply(turn.say("Geschlossen: {count}.").format(count=len(questions)))


# what belongs together


async def _ask_what_to_join(turn: Turn, services: Services, after: int) -> Sequence[Action]:
    """List all questions with numbers, grouped ones as one: the model joins freely reworded ones only partly."""
    _check_curator(turn)
    found = await services.search.gaps()
    after = after if after < len(found) else 0
    lines = [
        f"- **{number}**: {_counted(turn, words(gap.heading, LONGEST_HEADING), len(gap.questions))}"
        for number, gap in enumerate(found[after : after + JOINED_AT_ONCE], start=after + 1)
    ]
    shown = page(lines, most=JOINED_AT_ONCE)
    end = after + len(shown)
    text = turn.say("Was gehört zusammen? Schreib mir die Nummern, zum Beispiel „2 5“.") + topic_cards.hint(turn)
    more = [Choice("mehr", turn.say("mehr"), {"do": "join", "after": str(end)})] if end < len(found) else []
    drop = Choice("nein", turn.say("nichts zusammenlegen"), {"do": "drop"})
    asks = {"do": "joined", "units": "|".join(_data(gap.questions, "", gap.heading)["questions"] for gap in found)}
    return [Reply("\n".join((text + "\n", *shown)), Offer(GAP, (*more, drop), asks=asks))]


def _joined(turn: Turn, units: str) -> str:
    """The numbers of the questions in the lines that somebody named; raises `UserError`."""
    known = units.split("|")
    named = list(dict.fromkeys(int(number) for number in re.findall(r"\d{1,4}", turn.text)))
    wrong = [number for number in named if not 1 <= number <= len(known)]
    if wrong:
        text = turn.say("Eine Nummer {number} gibt es nicht. Die Liste geht von 1 bis {last}.")
        raise UserError(text.format(number=wrong[0], last=len(known)))
    if len(named) < 2:
        raise UserError(turn.say("Schreib mir mindestens zwei Nummern aus der Liste, zum Beispiel „2 5“."))
    return " ".join(known[number - 1] for number in named)


# unasked, but rarely


async def offer_topic(night: Night, services: Services) -> Sequence[Send]:
    """Offer the most frequent gap as a topic for the jour fixe to the curators, once, and one a week at most."""
    found = await services.search.gaps()
    last = await night.uow.questions.last_offered()
    if last is not None and night.today < last + QUIET:
        return []
    gap = next((gap for gap in found if _is_due(night, gap)), None)
    places = await night.curators() if gap else []
    if gap is None or not places:
        return []
    numbers = [question.id for question in gap.questions if question.id is not None]
    await night.uow.questions.note_offered(numbers, night.today)
    return [Send(place, _offered(night, gap), Offer(GAP, _answers(night, gap))) for place in places]


def _is_due(night: Night, gap: Gap) -> bool:
    if len(gap.questions) < FEWEST or any(one.agenda_item_id or one.entry_id for one in gap.questions):
        return False
    again = [one.offer_again_on for one in gap.questions if one.offer_again_on is not None]
    return any(day <= night.today for day in again) or all(one.offered_on is None for one in gap.questions)


def _offered(night: Night, gap: Gap) -> str:
    text = night.say("{count} offene Fragen fragen wohl dasselbe. Als Thema für den Jour fixe vormerken?")
    lines = [f"- {line}" for line in page(_wordings(gap.questions, LONGEST_LINE))]
    return "\n".join((text.format(count=len(gap.questions)) + "\n", *lines))


def _answers(night: Night, gap: Gap) -> tuple[Choice, ...]:
    return (
        Choice("vormerken", night.say("vormerken"), _data(gap.questions, "topic", gap.heading)),
        Choice("später", night.say("später"), _data(gap.questions, "later")),
        Choice("nein", night.say("nein"), _data(gap.questions, "never")),
    )


async def _put_off(turn: Turn, questions: Sequence[OpenQuestion], *, is_for_good: bool) -> Reply:
    _check_curator(turn)
    if is_for_good:
        return Reply(turn.say("Gut, ich schlage das nicht noch einmal vor."))
    numbers = [question.id for question in questions if question.id is not None]
    await turn.uow.questions.offer_again(numbers, turn.today + LATER)
    return Reply(turn.say("Gut, ich frage in vier Wochen noch einmal."))
