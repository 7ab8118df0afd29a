"""Plans a series by one sentence or question by question, and changes one; nothing is kept before a yes.

What was said so far travels with the offers, so that it is gone with them.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import islice
from typing import Any

from bot.errors import UserError
from bot.language import in_words as day_in_words
from bot.messages import Action, Choice, Offer, Reply, Send
from bot.turn import Services, Turn
from handlers.ask import chosen, shortened
from handlers.cards import day_in_words as weekday_in_words
from handlers.dates import day_said
from handlers.jour_fixe import collisions, ending, meetings, series, templates
from handlers.jour_fixe.appointments import check_coordinator, rooms_of, when
from handlers.jour_fixe.series import AHEAD, Terms, rhythm_of, today_of
from knowledge.rhythm import LAST, WEEKDAYS, Rhythm, starting
from knowledge.series_sentences import Doubt, Flaw, Implied, SaidSeries, read_series
from knowledge.topic_sentences import with_capital
from storage.models.jour_fixe import Frequency, JourFixe, MeetingState

PLAN = "jour_fixe_plan"  # topic of the offers below
TITLE = "Jour fixe"
STEPS = ("frequency", "weekday", "nth", "begins", "minutes", "place", "title")
LONGEST_TITLE, LONGEST_PLACE = 60, 120
USUAL_LENGTHS = (60, 90, 120)  # minutes
DATES_SHOWN, COLLISIONS_SHOWN = 3, 4
NOWHERE = frozenset(("offen", "noch offen", "egal", "weiß nicht", "keiner", "unbekannt", "steht noch nicht fest"))
_NO_PLACES = frozenset(("ja", "jo", "jep", "klar", "ok", "okay", "gern", "gerne", "passt", "weiter", "ändern", "hilfe"))
"""What people write to go on, and no place."""
_ROOM = re.compile(r"(?:raum|zimmer|saal|sitzungssaal|besprechungsraum)\b.*\d", re.IGNORECASE)
_SERIES_SAID = re.compile(r"(?:neuer\s+)?(?:jour[\s-]?fixe?|jf)\b", re.IGNORECASE)
"""Begins a whole sentence, in which a title may stand: „jour fixe KI-Runde, jeden Montag“."""
FIELDS = (
    "title",
    "frequency",
    "interval",
    "weekday",
    "nth",
    "first_on",
    "begins",
    "minutes",
    "place",
    "groups",
    "doubt",
)
_CALENDAR_BYTES = 16
_NTHS = (1, 2, 3, 4, LAST)
_MARKS = re.compile(r"[\[\]<>*`#|\\~\n]")
"""What would be read as more than a name where it is shown."""
_EMPTY = SaidSeries()


# what was said, as data of an offer


def _packed(said: SaidSeries, **more: str) -> dict[str, str]:
    found = {name: getattr(said, name) for name in FIELDS}
    return {name: str(value) for name, value in found.items() if value is not None} | more


def _unpacked(data: Mapping[str, str]) -> SaidSeries:
    readers: dict[str, Any] = {
        "frequency": Frequency,
        "doubt": Doubt,
        "first_on": date.fromisoformat,
        "begins": time.fromisoformat,
        "title": str,
        "place": str,
    }
    return SaidSeries(**{name: readers.get(name, int)(data[name]) for name in FIELDS if name in data})


def _about(data: Mapping[str, str]) -> dict[str, str]:
    """The series that is changed, if it is no new one, and the revision that was seen of it."""
    return {name: data[name] for name in ("series", "revision") if name in data}


def _merged(before: SaidSeries, new: SaidSeries, step: str = "any") -> SaidSeries:
    """What was said before, with what is new in its place; a new rhythm takes the place of a whole one.

    „dienstags“ is no new rhythm where one is known, and the answer to which day it is never is one.
    """
    is_only_day = new.implied is Implied.DAY or (step == "weekday" and new.implied is not None)
    if is_only_day and step != "frequency" and before.frequency is not None:
        new = replace(new, frequency=None, interval=None)
    found = {name: value for name in FIELDS if (value := getattr(new, name)) is not None}
    if new.frequency is not None:
        found |= {"interval": new.interval, "nth": new.nth, "doubt": new.doubt}
    return replace(before, **found, flaws=new.flaws)


# the dialogue


async def begin(turn: Turn, services: Services, text: str = "") -> Sequence[Action]:
    """Plan a new series from what somebody said of it, perhaps nothing."""
    check_coordinator(turn)
    await _forget_earlier(turn)
    said = _read(turn, text) if text else _EMPTY
    return [await _next(turn, services, said, {})]


async def begin_change(turn: Turn, services: Services, number: int, text: str = "") -> Sequence[Action]:
    """Change a series by what somebody said, else ask what shall be different."""
    check_coordinator(turn)
    await _forget_earlier(turn)
    one = await turn.uow.jour_fixe.get(number)
    if one is None:
        raise UserError(turn.say("Diesen Jour fixe gibt es nicht mehr."))
    about = {"series": str(number), "revision": str(one.revision)}
    new = _read(turn, text) if text else _EMPTY
    if new == _EMPTY:
        return [_ask_change(turn, _said_of(one), about)]
    return [await _next(turn, services, _merged(_said_of(one), new), about)]


async def _forget_earlier(turn: Turn) -> None:
    """Ask nothing any more that was asked before: one plan at a time, else an old question takes later texts."""
    here = turn.message.conversation
    offers = await turn.uow.questions.offers_to(here.platform, here.id, turn.message.sender.id)
    await turn.uow.questions.withdraw_offers([offer.message_key for offer in offers if offer.topic == PLAN])


def may_be_answer(text: str) -> bool:
    """Whether a text may answer a question about a plan: one about a date of a series that is there does not."""
    return not meetings.is_change(text)


def _read(turn: Turn, text: str) -> SaidSeries:
    said = read_series(_MARKS.sub(" ", text), turn.today, day_said)
    return replace(said, place=with_capital(said.place)) if said.place else said


def _said_of(one: JourFixe) -> SaidSeries:
    return SaidSeries(
        title=one.title,
        frequency=Frequency(one.frequency),
        interval=one.interval,
        weekday=one.weekday,
        nth=one.nth,
        begins=one.begins,
        minutes=one.minutes,
        place=one.place,
        groups=one.groups,
    )


async def _next(turn: Turn, services: Services, said: SaidSeries, about: Mapping[str, str]) -> Reply:
    """The next question, or the summary when all is said; what cannot be comes first."""
    if said.flaws:
        flaw, words = said.flaws[0]
        return _asking(turn, replace(said, flaws=()), about, _MENDED[flaw], _flaw(turn, flaw, words))
    if said.doubt is not None and (question := _doubt(turn, said, about)):
        return question
    said = replace(said, doubt=None)
    for step in STEPS:
        if await _is_missing(turn, said, about, step):
            return _question(turn, said, about, step)
    return await _summary(turn, services, said, about)


async def _is_missing(turn: Turn, said: SaidSeries, about: Mapping[str, str], step: str) -> bool:
    if step == "nth":
        return said.frequency is Frequency.MONTHLY and said.nth is None
    if step == "title":
        names = {one.title.casefold() for one in await _others(turn, about)}
        return (said.title or TITLE).casefold() in names
    return getattr(said, step) is None


async def _others(turn: Turn, about: Mapping[str, str]) -> Sequence[JourFixe]:
    return [one for one in await turn.uow.jour_fixe.all(turn.today) if str(one.id) != about.get("series")]


_MENDED = {
    Flaw.NO_SUCH_DAY: "first_on",
    Flaw.PAST_DAY: "first_on",
    Flaw.INTERVAL: "frequency",
    Flaw.TWO_RHYTHMS: "frequency",
    Flaw.TWO_DAYS: "weekday",
    Flaw.NO_SUCH_TIME: "begins",
    Flaw.LENGTH: "minutes",
    Flaw.TWO_LENGTHS: "minutes",
    Flaw.END_BEFORE_BEGIN: "begins",
    Flaw.GROUPS: "groups",
}
"""What is asked for anew where something cannot be."""


def _flaw(turn: Turn, flaw: Flaw, words: str) -> str:
    """A sentence for what cannot be, with a proposal."""
    sentence = {
        Flaw.NO_SUCH_DAY: turn.say("Den Tag „{words}“ gibt es nicht. Ab wann soll es losgehen? Etwa „ab 3. Dezember“."),
        Flaw.PAST_DAY: turn.say("„{words}“ ist schon vorbei. Ab wann soll es losgehen? Etwa „ab Januar“."),
        Flaw.INTERVAL: turn.say("„{words}“ kann ich nicht planen. Möglich sind 1 bis 12 Wochen oder Monate."),
        Flaw.TWO_RHYTHMS: turn.say(
            "Das sind zwei Rhythmen auf einmal. Welcher gilt? Etwa „alle 4 Wochen donnerstags“."
        ),
        Flaw.TWO_DAYS: turn.say(
            "Eine Reihe hat einen Wochentag. Welcher soll es sein? Der andere braucht eine eigene."
        ),
        Flaw.NO_SUCH_TIME: turn.say("Die Uhrzeit „{words}“ gibt es nicht. Wann beginnt er? Etwa „9 Uhr“."),
        Flaw.LENGTH: turn.say("„{words}“ geht nicht: Möglich sind 1 bis 480 Minuten. Wie lange soll er dauern?"),
        Flaw.TWO_LENGTHS: turn.say("Die Angaben zur Dauer passen nicht zusammen. Wie lange? Etwa „90 Minuten“."),
        Flaw.END_BEFORE_BEGIN: turn.say("„{words}“: Da liegt das Ende vor dem Anfang. Von wann bis wann?"),
        Flaw.GROUPS: turn.say("„{words}“ geht nicht: Möglich sind 1 bis 9 Gruppen. Wie viele?"),
    }[flaw]
    return sentence.format(words=shortened(words, 60))


def _doubt(turn: Turn, said: SaidSeries, about: Mapping[str, str]) -> Reply | None:
    day = WEEKDAYS[3 if said.weekday is None else said.weekday]
    plain = replace(said, doubt=None)
    weekly = replace(plain, frequency=Frequency.WEEKLY, interval=said.interval, nth=None)
    monthly = replace(plain, frequency=Frequency.MONTHLY, interval=1, nth=None)
    if said.doubt is Doubt.EVERY_NTH:
        text = turn.say("Heißt das alle {count} Wochen, oder einmal im Monat?")
        monthly = replace(monthly, nth=said.interval)
        example = turn.say("jeden {nth}. {day} im Monat").format(nth=said.interval, day=day)
    elif said.doubt is Doubt.MONTHLY and said.interval != 1:
        return None
    else:
        weekly = replace(weekly, interval=4)
        text = turn.say("Alle 4 Wochen sind 13 Termine im Jahr. Oder soll es einmal im Monat sein?")
        example = turn.say("einmal im Monat, zum Beispiel jeden 2. {day}").format(day=day)
    weeks = turn.say("alle {count} Wochen").format(count=weekly.interval)
    choices = (
        Choice("wochen", weeks, _packed(weekly, do="set", **about)),
        Choice("monat", example, _packed(monthly, do="set", **about)),
        _stop(turn),
    )
    return Reply(text.format(count=said.interval), Offer(PLAN, choices))


def _question(turn: Turn, said: SaidSeries, about: Mapping[str, str], step: str, *, has_plan: bool = False) -> Reply:
    day = "" if said.weekday is None else WEEKDAYS[said.weekday]
    text = {
        "frequency": turn.say("Wie oft trefft ihr euch? Wähle etwas aus oder schreib zum Beispiel „alle 6 Wochen“."),
        "weekday": turn.say("An welchem Wochentag?"),
        "nth": turn.say("Welcher {day} im Monat?").format(day=day),
        "begins": turn.say("Um wie viel Uhr? Zum Beispiel „9 bis 10:30“."),
        "minutes": turn.say("Wie lange? Zum Beispiel „90 Minuten“ oder „bis 10:30“."),
        "place": turn.say("Wo? Zum Beispiel „Rathaus, Raum 3“."),
        "title": turn.say("„{title}“ heißt schon einer. Wie soll dieser heißen?").format(title=said.title or TITLE),
    }[step]
    return _asking(turn, said, about, step, text, _offered(turn, said, about, step), has_plan=has_plan)


def _offered(turn: Turn, said: SaidSeries, about: Mapping[str, str], step: str) -> Sequence[Choice]:
    """The usual answers to a question."""
    answers: Sequence[tuple[str, str, dict[str, Any]]]
    match step:
        case "frequency":
            weeks = [(1, turn.say("jede Woche")), *((n, turn.say("alle {n} Wochen").format(n=n)) for n in (2, 4, 6))]
            weekly, monthly = {"frequency": Frequency.WEEKLY}, {"frequency": Frequency.MONTHLY}
            answers = [
                *(("", label, {**weekly, "interval": n, "nth": None}) for n, label in weeks),
                ("", turn.say("einmal im Monat"), {**monthly, "interval": 1, "nth": None}),
            ]
        case "weekday":
            answers = [("", name, {"weekday": number}) for number, name in enumerate(WEEKDAYS[:5])]
        case "nth":
            words = ("erster", "zweiter", "dritter", "vierter", "letzter")
            answers = [(word, f"{word} {_day(said)}", {"nth": nth}) for word, nth in zip(words, _NTHS, strict=True)]
        case "minutes":
            answers = [("", turn.say("{n} Minuten").format(n=n), {"minutes": n}) for n in USUAL_LENGTHS]
        case "place":
            answers = [("offen", turn.say("noch offen"), {"place": ""})]
        case _:
            answers = []
    return [
        Choice(word or str(number), label, _packed(replace(said, **fields), do="set", **about))
        for number, (word, label, fields) in enumerate(answers, start=1)
    ]


def _asking(
    turn: Turn,
    said: SaidSeries,
    about: Mapping[str, str],
    step: str,
    text: str,
    choices: Sequence[Choice] = (),
    *,
    has_plan: bool = False,
) -> Reply:
    """Ask for a text; where a whole plan was shown already, breaking off goes back to that one."""
    back = Choice("abbrechen", turn.say("zurück zum Plan"), _packed(said, do="set", **about))
    return Reply(text, Offer(PLAN, (*choices, back if has_plan else _stop(turn)), _packed(said, at=step, **about)))


def _stop(turn: Turn) -> Choice:
    return Choice("abbrechen", turn.say("abbrechen"), {"do": "stop"})


def _ask_change(turn: Turn, said: SaidSeries, about: Mapping[str, str], *, has_plan: bool = False) -> Reply:
    text = turn.say(
        "Was soll anders sein? Schreib zum Beispiel „ab Januar alle 6 Wochen“, „10 bis 11 Uhr“, „im Raum 5“, "
        "„in zwei Gruppen“ oder „Titel: KI-Runde“."
    )
    fields = (
        ("rhythmus", turn.say("wie oft"), "frequency"),
        ("wochentag", turn.say("Wochentag"), "weekday"),
        ("uhrzeit", turn.say("Uhrzeit"), "begins"),
        ("dauer", turn.say("Dauer"), "minutes"),
        ("ort", turn.say("Ort"), "place"),
    )
    data = _packed(said, **about) | ({"plan": "shown"} if has_plan else {})
    choices = [Choice(word, label, {**data, "do": "ask", "step": step}) for word, label, step in fields]
    if about:
        choices.append(Choice("einstellen", turn.say("keine weiteren Termine"), {**data, "do": "end"}))
    return _asking(turn, said, about, "any", text, choices, has_plan=has_plan)


async def go_on(turn: Turn, services: Services) -> Sequence[Action]:
    """Take an answer and ask the next question, or keep the series after a yes."""
    data = chosen(turn)
    await _forget_earlier(turn)
    if data.get("do") == "stop":
        return [Reply(turn.say("Gut, ich habe nichts geändert."))]
    check_coordinator(turn)
    said, about = _unpacked(data), _about(data)
    match data.get("do"):
        case "set":
            return [await _next(turn, services, said, about)]
        case "change":
            return [_ask_change(turn, said, about, has_plan=True)]
        case "ask":
            return [_question(turn, said, about, data["step"], has_plan="plan" in data)]
        case "end":
            return [await _ask_to_end(turn, about)]
        case "save":
            return await _save(turn, services, said, about)
    return [await _next(turn, services, _answered(turn, said, data["at"]), about)]


async def _ask_to_end(turn: Turn, about: Mapping[str, str]) -> Reply:
    one = await turn.uow.jour_fixe.get(int(about["series"]))
    return ending.ask(turn, one) if one else Reply(turn.say("Diesen Jour fixe gibt es nicht mehr."))


def _answered(turn: Turn, said: SaidSeries, step: str) -> SaidSeries:
    """What was said before, with an answer; raises `UserError` with the question open if it is none."""
    text = " ".join(_MARKS.sub(" ", turn.text).split())
    found = _read(turn, _whole(said, step, text))
    if step == "place" and found.place is None and not found.is_named:
        found = replace(found, place=_place(text))
    if step == "title" and not found.is_named and any(map(str.isalpha, text)):
        found = SaidSeries(place=_place(text)) if _ROOM.match(text) else SaidSeries(title=text)
    is_titled = step in ("title", "any") or found.is_named or _SERIES_SAID.match(text)
    title = found.title.strip(' .„“"')[:LONGEST_TITLE] if found.title and is_titled else None
    found = replace(found, title=title)
    # „Titel: …“ is welcome at each question, which is asked once more then.
    is_beside = title is not None or (step == "title" and found.place is not None)
    is_answer = found.flaws or is_beside or (found != _EMPTY if step == "any" else getattr(found, step) is not None)
    if not is_answer:
        text = turn.say("Das verstehe ich noch nicht. Schreib zum Beispiel „{example}“ oder „abbrechen“.")
        raise UserError(text.format(example=_EXAMPLES[step]))
    return _merged(said, found, step)


def _place(text: str) -> str | None:
    """A place as somebody writes it, empty if it is still open; None for what is none."""
    words = text.casefold().strip(" .!")
    if words in NOWHERE:
        return ""
    is_place = words not in _NO_PLACES and any(map(str.isalpha, words))
    return with_capital(text.strip(' „“"'))[:LONGEST_PLACE] if is_place else None


_EXAMPLES = {
    "frequency": "alle 4 Wochen",
    "weekday": "Donnerstag",
    "nth": "der zweite",
    "begins": "9 Uhr",
    "minutes": "90 Minuten",
    "place": "Rathaus, Raum 3",
    "title": "KI-Runde",
    "first_on": "ab 3. Dezember",
    "groups": "zwei Gruppen",
    "any": "alle 6 Wochen",
}


def _whole(said: SaidSeries, step: str, text: str) -> str:
    """An answer as part of a sentence: „9“ is a time where one was asked for."""
    bare = re.fullmatch(r"[\d:.]+", text)
    match step:
        case "begins":
            return f"um {text}" if bare else text
        case "first_on":
            return text if text.casefold().startswith("ab") else f"ab {text}"
        case "groups":
            return text if "gruppe" in text.casefold() else f"in {text} Gruppen"
        case "minutes":
            length = f"{text} Minuten" if bare else text
            return f"um {said.begins:%H:%M} {length}" if length.startswith("bis") else length
        case "nth":
            which = re.sub(r"^(?:der|am|jede[nr]?)\s+", "", text.casefold()).rstrip(".!")
            which = f"{which}." if which.isdecimal() else which
            return text if "tag" in which or "mittwoch" in which else f"am {which} {_day(said)} im Monat"
    return text


def _day(said: SaidSeries) -> str:
    return WEEKDAYS[said.weekday or 0]


# the summary


async def _terms(turn: Turn, said: SaidSeries, about: Mapping[str, str]) -> Terms:
    """What was said, whole; a change counts from the next date on if no day was named."""
    assert said.frequency is not None
    assert said.interval is not None
    assert said.weekday is not None
    assert said.begins is not None
    assert said.minutes is not None
    since = max(said.first_on or date.min, turn.today + timedelta(days=1))
    one = await turn.uow.jour_fixe.get(int(about["series"])) if about else None
    rhythm: Rhythm | None = None
    if one is not None:
        was = rhythm_of(one)
        is_same = (was.frequency, was.interval, was.weekday, was.nth) == (
            said.frequency, said.interval, said.weekday, said.nth,
        )  # fmt: skip
        if said.first_on is None:
            since = was.after(today_of(turn, one))
            rhythm = was if is_same else None
    rhythm = rhythm or starting(said.frequency, said.interval, said.weekday, said.nth, since)
    return Terms(rhythm, since, said.begins, said.minutes, said.place or "")


async def _summary(turn: Turn, services: Services, said: SaidSeries, about: Mapping[str, str]) -> Reply:
    terms = await _terms(turn, said, about)
    sketch = _sketch(turn, said, terms)
    decided = await _decided(turn, about)
    to_come = [day for day in islice(terms.rhythm.days(), 2000) if day > turn.today]
    held = (decided.get(day, day) for day in to_come)
    first = [day_in_words(day) for day in islice(filter(None, held), DATES_SHOWN)]
    lines = [
        turn.say("- Wann: {rhythm}").format(rhythm=series.in_words(sketch)),
        turn.say("- Wo: {place}").format(place=said.place or turn.say("noch offen")),
        turn.say("- Erste Termine: {days}").format(days=", ".join(first)),
    ]
    if about and said.first_on is not None:
        lines.append(turn.say("- Gilt ab: {day}").format(day=weekday_in_words(terms.since)))
    if (said.groups or 1) > 1:
        lines.append(turn.say("- In {count} Gruppen").format(count=said.groups))
    lines.append(await _rooms_line(turn, about))
    asked = (day for day in to_come if day <= turn.today + AHEAD and day not in decided)
    free = [day for day in asked if services.house.working_days.name_of(day)]
    shown = [f"{weekday_in_words(day)} ({services.house.working_days.name_of(day)})" for day in free[:COLLISIONS_SHOWN]]
    if free:
        more = len(free) - len(shown)
        rest = turn.say(" und {count} weitere").format(count=more) if more else ""
        lines.append(turn.say("- An freien Tagen: {days}. Danach frage ich.").format(days=", ".join(shown) + rest))
    head = turn.say("So ändere ich „{title}“:") if about else turn.say("So plane ich „{title}“:")
    data = _packed(said, **about)
    choices = (
        Choice("ja", turn.say("ja, so planen"), {**data, "do": "save"}),
        Choice("ändern", turn.say("etwas ändern"), {**data, "do": "change"}),
        Choice("abbrechen", turn.say("verwerfen"), {"do": "stop"}),
    )
    text = "\n".join((head.format(title=said.title or TITLE), "", *lines, "", turn.say("Passt das?")))
    return Reply(text, Offer(PLAN, choices, _packed(said, at="any", **about)))


async def _decided(turn: Turn, about: Mapping[str, str]) -> Mapping[date, date | None]:
    """Of the dates of a series that nobody is asked about any more, the day that each is on; None if it is off."""
    known = await turn.uow.jour_fixe.meetings(int(about["series"])) if about else ()
    settled = [meeting for meeting in known if meeting.state != MeetingState.COLLIDING]
    return {one.planned_on: None if one.state == MeetingState.CANCELLED else one.day for one in settled}


def _sketch(turn: Turn, said: SaidSeries, terms: Terms) -> JourFixe:
    rhythm = terms.rhythm
    return JourFixe(
        title=said.title or TITLE,
        frequency=rhythm.frequency,
        interval=rhythm.interval,
        weekday=rhythm.weekday,
        nth=rhythm.nth,
        first_on=rhythm.first_on,
        begins=terms.begins,
        minutes=terms.minutes,
        zone=str(turn.now.tzinfo),
        place=terms.place,
        groups=said.groups or 1,
        template=[*templates.usual(terms.minutes)],
        calendar_id=secrets.token_hex(_CALENDAR_BYTES),
    )


async def _rooms_line(turn: Turn, about: Mapping[str, str]) -> str:
    one = await turn.uow.jour_fixe.get(int(about["series"])) if about else None
    rooms = await rooms_of(turn, one) if one else await turn.rooms()
    if not rooms:
        return turn.say("- Davon hört noch kein Raum: Ich kenne keinen der Lots:innen.")
    return (
        turn.say("- Ich sage es in {count} Räumen der Lots:innen").format(count=len(rooms))
        if len(rooms) > 1
        else turn.say("- Ich sage es im Raum der Lots:innen")
    )


# keeping it


async def _save(turn: Turn, services: Services, said: SaidSeries, about: Mapping[str, str]) -> Sequence[Action]:
    if about:
        return await _save_change(turn, services, said, about)
    if await _is_missing(turn, said, about, "title"):  # somebody planned one meanwhile
        return [_question(turn, said, about, "title")]
    one = _sketch(turn, said, await _terms(turn, said, about))
    await turn.uow.jour_fixe.add(one)
    await series.fill(turn, services.house.working_days, one)
    text = turn.say("Gespeichert. „termine“ zeigt alle Termine, „jour fixe“ den nächsten.")
    return [await collisions.next_question(turn, services, text), *await _tell(turn, one)]


async def _save_change(turn: Turn, services: Services, said: SaidSeries, about: Mapping[str, str]) -> Sequence[Action]:
    one = await turn.uow.jour_fixe.hold(int(about["series"]))
    if one is None or (one.ended_on is not None and one.ended_on < turn.today):
        return [Reply(turn.say("Diesen Jour fixe gibt es nicht mehr."))]
    if str(one.revision) != about["revision"]:
        text = turn.say("Inzwischen hat jemand anderes diesen Jour fixe geändert. „jour fixe“ zeigt, wie er jetzt ist.")
        return [Reply(text)]
    terms = await _terms(turn, said, about)
    is_moved = (terms.rhythm, terms.begins, terms.minutes, terms.place) != (
        rhythm_of(one), one.begins, one.minutes, one.place,
    )  # fmt: skip
    one.title, one.groups = said.title or one.title, said.groups or one.groups
    one.revision += 1
    told = await series.take_terms(turn, services, one, terms) if is_moved else []
    text = turn.say("Gespeichert. „termine“ zeigt, was jetzt gilt.")
    return [await collisions.next_question(turn, services, text), *told]


async def _tell(turn: Turn, one: JourFixe) -> Sequence[Send]:
    meeting = await turn.uow.jour_fixe.next_meeting(one.id or 0, turn.today)
    said = []
    for room in await rooms_of(turn, one):
        say = turn.say_to(room)
        text = say("Neu: {title}, {rhythm}, {place}.").format(
            title=one.title, rhythm=series.in_words(one), place=one.place or say("Ort noch offen")
        )
        first = say("Zum ersten Mal: {when}.").format(when=when(one, meeting)) if meeting else ""
        said.append(Send(room, f"{text} {first}".strip()))
    return said
