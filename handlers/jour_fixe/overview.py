"""„jour fixe“: shows the series, and takes sentences that plan, change or end one. How that goes on is elsewhere."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.errors import UserError
from bot.messages import Action, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers import ask, help
from handlers.ask import chosen, shortened
from handlers.cards import day_in_words
from handlers.dates import day_said
from handlers.jour_fixe import ending, live, meetings, planning, series
from handlers.jour_fixe.appointments import check_coordinator, check_supporter, when
from handlers.jour_fixe.series import today_of
from knowledge.meeting_sentences import day_in
from knowledge.series_sentences import Flaw, SaidSeries, read_series
from storage.models.jour_fixe import JourFixe, MeetingState

SERIES = "jour_fixe"  # topic of the offers below
_ANY_DAY = date(2000, 1, 3)
"""Where it does not matter which day it is."""
MOST_CHOICES = 7
_NAMED = r"(?:jour[\s-]?fixes?|jf)"
_ABOUT = re.compile(
    rf"(?:bitte\s+)?(?P<verb>plane?n?|(?:lege?|richte)(?=.*\b(?:an|ein)\b)|änder[en]*|beende[n]?|stelle?(?=.*\bein\b))?\s*"
    rf"(?:(?:de[rnm]|das|einen?|unser\w*|neue[rn]?)\s+)*{_NAMED}\b[\s:,–-]*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_CHANGES = re.compile(
    r"\b(?:ändern|ändere|jetzt|künftig|ab\s+sofort|neu(?:er|e)?\s+(?:ort|zeit|raum|titel|rhythmus))\b", re.I
)
_ENDS = re.compile(r"\b(?:beenden|beendet|beende|zu\s+ende)\b", re.IGNORECASE)
_STOPS = re.compile(
    r"\b(?:(?:ganz\s+)?einstellen|eingestellt|aufhören|auflösen|endet|keine\s+(?:weiteren\s+)?termine(?:\s+mehr)?)\b",
    re.I,
)
"""Ends a series for good; „beenden“ is said of a meeting."""
_ASKS_WHEN = re.compile(
    rf"(?=.*\b{_NAMED}\b)(?:und\s+)?(?:wann|wo|um\s+wie\s?viel\s+uhr)(?:\s+(?:und\s+(?:wo|wann)|ist|findet|trifft|treffen|beginnt|tagt|wir|sich"
    rf"|uns|denn|eigentlich|der|das|unser|nächste[rs]?|heute|{_NAMED}|wieder|statt))+\W*",
    re.IGNORECASE,
)
_ROOMS = re.compile(
    r"(?P<title>.*?)\s*\b(?P<way>nur\s+(?:hier|in\s+diesem\s+raum)|auch\s+(?:hier|in\s+diesem\s+raum)"
    r"|nicht\s+(?:hier|in\s+diesem\s+raum)|in\s+allen\s+räumen|überall)",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?:thema|themen|protokoll|beschluss|aufgabe|info|idee|tagesordnung|agenda|moderation|kalender)", re.IGNORECASE
)


async def show(turn: Turn, services: Services) -> Sequence[Action]:
    """The series with their next dates; without any, a coordinator plans one."""
    if turn.role < Role.SUPPORTER:
        return await ask.ask(replace(turn, text=turn.message.text), services)  # there is an answer about it
    check_supporter(turn)
    found = await turn.uow.jour_fixe.all(turn.today)
    if not found and turn.role >= Role.COORDINATOR:
        return await planning.begin(turn, services)
    if not found:
        raise UserError(turn.say("Noch ist kein Jour fixe geplant. Das macht die Koordination."))
    text = "\n\n".join([await _shown(turn, one) for one in found])
    choices = [Choice("termine", turn.say("alle Termine"), {"do": "meetings"})]
    if turn.role >= Role.COORDINATOR:
        choices += [
            Choice("ändern", turn.say("etwas ändern"), {"do": "change"}),
            Choice("neu", turn.say("einen weiteren planen"), {"do": "new"}),
            Choice("einstellen", turn.say("einen ganz einstellen"), {"do": "end"}),
        ]
    return [Reply(text, Offer(SERIES, tuple(choices)))]


async def _shown(turn: Turn, one: JourFixe) -> str:
    meeting = await turn.uow.jour_fixe.next_meeting(one.id or 0, today_of(turn, one))
    following = when(one, meeting) if meeting else turn.say("noch keiner")
    place = (meeting.place if meeting else one.place) or turn.say("noch offen")
    lines = [
        turn.say("- Nächster Termin: {when}").format(when=following),
        turn.say("- Wo: {place}").format(place=place),
        turn.say("- Rhythmus: {rhythm}").format(rhythm=series.in_words(one)),
    ]
    if one.groups > 1:
        lines.append(turn.say("- In {count} Gruppen").format(count=one.groups))
    if one.ended_on is not None:
        lines.append(turn.say("- Endet am {day}").format(day=day_in_words(one.ended_on)))
    return "\n".join((f"{one.title}\n", *lines))


# sentences


def asks_when(text: str) -> bool:
    """Whether a question is about when or where the next meeting is."""
    return _ASKS_WHEN.fullmatch(" ".join(text.split())) is not None


def is_about_series(text: str) -> bool:
    """Whether a sentence plans, changes or ends a series, or says which rooms hear of it."""
    found = _ABOUT.fullmatch(text.strip())
    if found is None or text.rstrip().endswith("?"):
        return False
    rest = found["rest"].strip()
    if _OTHERS.match(rest):
        return False
    if found["verb"] or _STOPS.search(rest) or _ENDS.search(rest) or _ROOMS.fullmatch(rest.strip(" .!")):
        return True
    if _CHANGES.search(rest):
        return True
    said = read_series(rest, _ANY_DAY, day_said)
    has_day = said.first_on is not None or bool(said.flaws)
    return said.frequency is not None or said.weekday is not None or (has_day and not said.is_empty)


async def take_sentence(turn: Turn, services: Services) -> Sequence[Action]:
    """Plan, change or end a series as a sentence says, or set its rooms."""
    if turn.role < Role.SUPPORTER:
        return await ask.ask(turn, services)
    found = _ABOUT.fullmatch(turn.text.strip())
    assert found is not None  # else it was not read
    rest, verb = found["rest"].strip(" .!"), (found["verb"] or "").casefold()
    if _ends_meeting(turn, verb, rest):
        return await end(turn, services)
    check_coordinator(turn)
    if rooms := _ROOMS.fullmatch(rest):
        return await _set_rooms(turn, services, rooms["title"], rooms["way"].casefold())
    if verb.startswith(("beende", "stell")) or _ENDS.search(rest) or _STOPS.search(rest):
        return await _about_one(turn, services, "end", _STOPS.sub(" ", _ENDS.sub(" ", rest)).strip())
    if verb.startswith("änder") or _CHANGES.search(rest):
        return await _about_one(turn, services, "change", re.sub(r"\bändern\b:?|\bändere\b", " ", rest).strip())
    return await _plan_or_change(turn, services, rest)


def _ends_meeting(turn: Turn, verb: str, rest: str) -> bool:
    """Whether „beenden“ is said of a meeting: with a day it is about a series."""
    is_said = (verb.startswith("beende") or _ENDS.search(rest) is not None) and _STOPS.search(rest) is None
    return is_said and day_in(rest, turn.today, day_said)[0] is None


async def plan_new(turn: Turn, services: Services) -> Sequence[Action]:
    """„neuer jour fixe“: plan one."""
    return await planning.begin(turn, services, turn.text)


async def change(turn: Turn, services: Services) -> Sequence[Action]:
    """„jour fixe ändern“: which one, then what."""
    check_coordinator(turn)
    return await _about_one(turn, services, "change", "")


async def end(turn: Turn, services: Services) -> Sequence[Action]:
    """„jour fixe beenden“: the meeting that runs; a series never ends by these words."""
    if turn.role < Role.SUPPORTER:
        return await help.take_bare_choice(turn, services)  # „ende“
    if turn.role < Role.COORDINATOR or await turn.uow.jour_fixe.in_state(MeetingState.RUNNING):
        return await live.end(turn, services)
    text = turn.say(
        "Gerade läuft kein Jour fixe. Soll es gar keine Termine mehr geben? Schreib „jour fixe einstellen“."
    )
    raise UserError(text)


async def stop(turn: Turn, services: Services) -> Sequence[Action]:
    """„jour fixe einstellen“: which series shall meet no more, then a yes."""
    if turn.role < Role.SUPPORTER:
        return await ask.ask(replace(turn, text=turn.message.text), services)
    check_coordinator(turn)
    return await _about_one(turn, services, "end", "")


async def _plan_or_change(turn: Turn, services: Services, text: str) -> Sequence[Action]:
    """A whole sentence plans a series; where one of that name meets already, ask whether it is meant."""
    said = read_series(text, turn.today, day_said)
    if said.frequency is None and said.weekday is None and (reply := await _about_day(turn, services, said, text)):
        return reply
    named = (said.title or "").casefold()
    same = [one for one in await turn.uow.jour_fixe.all(turn.today) if not named or one.title.casefold() == named]
    if not same:
        return await planning.begin(turn, services, text)
    choices = [
        Choice(str(place), turn.say("„{title}“ ändern").format(title=one.title), _data(one, "change", text))
        for place, one in enumerate(same[:MOST_CHOICES], start=1)
    ]
    choices.append(Choice("neu", turn.say("einen weiteren planen"), {"do": "new", "text": text}))
    choices.append(_break_off(turn))
    return [
        Reply(turn.say("Es gibt schon einen Jour fixe. Diesen ändern oder einen weiteren planen?"), _offer(choices))
    ]


async def _about_day(turn: Turn, services: Services, said: SaidSeries, text: str) -> Sequence[Action]:
    """A day by itself is one date of the series; nothing where it may be the first day of a new one."""
    wrong = {Flaw.NO_SUCH_DAY: turn.say("Den Tag „{words}“ gibt es nicht. „termine“ zeigt, wann er ist."),
             Flaw.PAST_DAY: turn.say("„{words}“ ist schon vorbei. „termine“ zeigt, was noch kommt.")}  # fmt: skip
    if not await turn.uow.jour_fixe.all(turn.today):
        return []
    for flaw, words in said.flaws:
        if flaw in wrong:
            raise UserError(wrong[flaw].format(words=shortened(words, 60)))
    return await meetings.look_at_day(turn, services, text) if said.first_on else []


def _break_off(turn: Turn) -> Choice:
    return Choice("abbrechen", turn.say("abbrechen"), {"do": "stop"})


def _data(one: JourFixe, do: str, text: str = "") -> Mapping[str, str]:
    return {"do": do, "series": str(one.id), "revision": str(one.revision), "text": text}


def _offer(choices: Sequence[Choice]) -> Offer:
    return Offer(SERIES, tuple(choices))


async def _about_one(turn: Turn, services: Services, do: str, text: str) -> Sequence[Action]:
    """Go on with the series that is meant; with several ask which."""
    found = await turn.uow.jour_fixe.all(turn.today)
    if not found:
        raise UserError(turn.say("Noch ist kein Jour fixe geplant. „jour fixe“ plant einen."))
    named = [one for one in found if one.title.casefold() in text.casefold()]
    if len(found) > 1 and len(named) != 1:
        choices = [Choice(str(n), one.title, _data(one, do, text)) for n, one in enumerate(found[:MOST_CHOICES], 1)]
        choices.append(_break_off(turn))
        return [Reply(turn.say("Welchen Jour fixe meinst du?"), _offer(choices))]
    one = named[0] if len(named) == 1 else found[0]
    return await _go_on(turn, services, one, do, re.sub(re.escape(one.title), " ", text, flags=re.IGNORECASE).strip())


async def _go_on(turn: Turn, services: Services, one: JourFixe, do: str, text: str) -> Sequence[Action]:
    if do == "change":
        return await planning.begin_change(turn, services, one.id or 0, text)
    return [ending.ask(turn, one, text)]


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do what was chosen below a series."""
    data = chosen(turn)
    match data["do"]:
        case "meetings":
            return await meetings.list_meetings(turn, services)
        case "stop":
            return [Reply(turn.say("Gut, es bleibt alles, wie es ist."))]
    check_coordinator(turn)
    if data["do"] == "new":
        return await planning.begin(turn, services, data.get("text", ""))
    if "series" not in data:
        return await _about_one(turn, services, data["do"], "")
    one = await turn.uow.jour_fixe.hold(int(data["series"]))
    if one is None or str(one.revision) != data["revision"]:
        text = turn.say("Inzwischen hat jemand anderes diesen Jour fixe geändert. „jour fixe“ zeigt, wie er jetzt ist.")
        return [Reply(text)]
    return await _go_on(turn, services, one, data["do"], data["text"])


async def _set_rooms(turn: Turn, services: Services, title: str, way: str) -> Sequence[Action]:
    """Have only this room hear of a series, this one too, this one not, or all of the supporters."""
    here = turn.message.conversation
    found = await turn.uow.jour_fixe.all(turn.today)
    named = [one for one in found if not title.strip() or one.title.casefold() == title.strip().casefold()]
    if len(named) != 1:
        titles = ", ".join(f"„{one.title}“" for one in found) or turn.say("noch keinen")
        raise UserError(turn.say("Welchen Jour fixe meinst du? Es gibt: {titles}.").format(titles=titles))
    [one] = named
    all_rooms = {(room.platform, room.id) for room in await turn.rooms()}
    place = (here.platform, here.id)
    is_everywhere = way.startswith(("in allen", "überall"))
    if not is_everywhere and (here.is_direct or place not in all_rooms):
        raise UserError(turn.say("Das geht in einem Raum der Lots:innen: Schreib es mir dort."))
    linked = set(await turn.uow.jour_fixe.rooms(one.id or 0))
    if is_everywhere:
        places: set[tuple[str, str]] = set()
    elif way.startswith("nur"):
        places = {place}
    elif way.startswith("auch"):
        places = linked | {place} if linked else set()
    else:
        places = (linked or all_rooms) - {place}
        if not places:
            text = turn.say("Dann hört kein Raum mehr davon. Zuerst bitte in einem anderen: „jour fixe auch hier“.")
            raise UserError(text)
    await turn.uow.jour_fixe.set_rooms(one.id or 0, places)
    count = len(places) or len(all_rooms)
    if count == 1:
        return [Reply(turn.say("Gut. Von {title} hört jetzt ein Raum.").format(title=one.title))]
    return [Reply(turn.say("Gut. Von {title} hören jetzt {count} Räume.").format(title=one.title, count=count))]
