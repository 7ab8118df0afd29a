"""What all that is about topics shares: which meeting one waits for, how it looks, who may change it, what shows it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.errors import UserError
from bot.messages import Change, Choice, Offer, Reply
from bot.roles import Role
from bot.turn import Services, Turn
from handlers.ask import LONGEST_NAME, shortened
from handlers.cards import day_in_words
from handlers.jour_fixe import agenda
from handlers.jour_fixe.appointments import begin_of, upcoming
from knowledge.agenda import USUAL_MINUTES
from knowledge.screening import screen
from knowledge.timetable import Step
from knowledge.topic_sentences import (
    LONGEST,
    SENDER,
    STEP,
    ImpossibleMinutes,
    TopicSentence,
    are_alike,
    read,
    read_details,
)
from storage.models.agenda import AgendaItem
from storage.models.jour_fixe import JourFixe, Meeting, MeetingState

DETAIL = "topic_detail"  # topic of the offers below
LONGEST_TITLE = 150
LONGEST_SENTENCE = 1000
LONGEST_WANTED = 200
LONGEST_LINK = 300
QUICK, LONGER, LONG = 5, 20, 30
"""Minutes that are offered beside the usual ones."""


@dataclass(frozen=True, slots=True)
class Destination:
    """The meeting that a topic waits for; when it `is_late`, the topics of that one are closed.

    Then it waits for the one `after`, if that is known. `closing` is in the zone of the series.
    """

    series: JourFixe
    meeting: Meeting
    closing: datetime
    is_late: bool
    after: Meeting | None


# where a topic goes


async def destination(turn: Turn, services: Services, jour_fixe_id: int | None = None) -> Destination | None:
    """The next meeting of a series, or of the one that is meant here; None when none is planned."""
    found = await upcoming(turn)
    if jour_fixe_id is not None:
        found = [(series, meeting) for series, meeting in found if series.id == jour_fixe_id]
    if not found:
        return None
    meeting = found[0][1] if jour_fixe_id is not None else await agenda.current_meeting(turn)
    series = next(one for one, of_it in found if of_it.id == meeting.id)
    closing = await agenda.closing_of(turn, services, meeting)
    done = await turn.uow.jour_fixe.steps(meeting.id or 0)
    is_closed = turn.now >= closing or meeting.state == MeetingState.RUNNING or bool(done & {Step.CLOSE, Step.AGENDA})
    return Destination(series, meeting, closing, is_closed, await _after(turn, series, meeting))


async def _after(turn: Turn, series: JourFixe, meeting: Meeting) -> Meeting | None:
    begins = begin_of(series, meeting)
    later = await turn.uow.jour_fixe.meetings(series.id or 0, meeting.day)
    planned = (one for one in later if one.state == MeetingState.PLANNED and begin_of(series, one) > begins)
    return next(planned, None)


async def keep(
    turn: Turn, services: Services, topic: TopicSentence, jour_fixe_id: int | None = None
) -> tuple[AgendaItem, Destination | None]:
    """Have a topic wait for the next meeting that still takes topics; it is screened already."""
    to = await destination(turn, services, jour_fixe_id)
    item = await turn.uow.agenda.add(topic.title, turn.today)
    if to is not None:
        is_one_of_many = len(await turn.uow.jour_fixe.all(turn.today)) > 1
        item.jour_fixe_id = to.series.id if jour_fixe_id is not None or is_one_of_many else None
        item.skipped_meeting_id = to.meeting.id if to.is_late else None
    await apply(turn, item, topic)
    return item, to


async def keep_once(turn: Turn, services: Services, topic: TopicSentence) -> tuple[AgendaItem, Sequence[Change]]:
    """Have a topic wait, unless one with its title does; with the messages that it changes."""
    known = await turn.uow.agenda.named(topic.title)
    if known is not None:
        return known, []
    item, _ = await keep(turn, services, topic)
    return item, await refreshed(turn, services, await meetings_of(turn, item))


async def apply(turn: Turn, item: AgendaItem, topic: TopicSentence) -> None:
    """Give a topic what a sentence says of it; what the sentence does not say stays."""
    item.title = topic.title or item.title
    item.minutes = topic.minutes or item.minutes
    item.goal = topic.goal or item.goal
    item.wanted = shortened(topic.wanted, LONGEST_WANTED) or item.wanted
    item.link = topic.link or item.link
    if is_sender(turn, topic.owner):
        sender = turn.message.sender
        item.owner_person_id = (
            await turn.uow.people.know(turn.message.conversation.platform, sender.id, sender.name)
        ).id


def is_sender(turn: Turn, owner: str) -> bool:
    """Whether the owner that a sentence names is whoever wrote it: nobody else's name is kept."""
    names = turn.message.sender.name.casefold().split()
    said = owner.casefold().split()
    return owner == SENDER or (bool(said) and all(name in names for name in said))


async def meetings_of(turn: Turn, item: AgendaItem) -> Sequence[Meeting]:
    """The meetings whose messages show a topic, or might."""
    own = await meeting_of(turn, item)
    fitting = [one for series, one in await upcoming(turn) if item.jour_fixe_id in (None, series.id)]
    return [*fitting, own] if own is not None and own not in fitting else fitting


async def refreshed(turn: Turn, services: Services, meetings: Collection[Meeting]) -> Sequence[Change]:
    """The messages about these meetings, changed to what holds now."""
    return [change for meeting in meetings for change in await agenda.refresh(turn, services, meeting)]


async def meeting_of(turn: Turn, item: AgendaItem) -> Meeting | None:
    """The meeting that a topic stands on the agenda of."""
    return await turn.uow.jour_fixe.meeting(item.meeting_id) if item.meeting_id is not None else None


# what is said of a topic


async def line(turn: Turn, item: AgendaItem) -> str:
    """A topic with all its details: „Altakten scannen (Ben), 15 Minuten, Entscheidung: ob …“."""
    told = await brief(turn, item)
    return ". ".join(filter(None, (f"{told}: {item.wanted}" if item.wanted else told, item.link)))


async def brief(turn: Turn, item: AgendaItem) -> str:
    """A topic as it stands in a list: „Altakten scannen (Ben), 15 Minuten, Entscheidung“."""
    owner = await turn.uow.people.get(item.owner_person_id) if item.owner_person_id is not None else None
    return agenda.item_line(turn.say, item, shortened(owner.name, LONGEST_NAME) if owner else "")


async def noted(turn: Turn, item: AgendaItem, to: Destination | None) -> str:
    """Say that a topic waits, with all that is known of it, and for when."""
    known = {"number": item.id, "topic": await line(turn, item), "title": agenda.title_of(item)}
    if to is None:
        text = "Vorgemerkt für den nächsten Jour fixe: „{title}“. Das ist Thema {number}: {topic}."
        return turn.say(text).format(**known) + " " + turn.say("Alle zeigt „themen“.")
    days = {"day": day_in_words(to.meeting.day), "closing": agenda.in_words(to.closing)}
    if not to.is_late:
        text = turn.say("Notiert als Thema {number} für {day}: {topic}.")
        return f"{text} {turn.say('Themenschluss: {closing}.')}".format(**known, **days)
    late = turn.say("Für {day} ist Themenschluss. Thema {number} wartet im Themenspeicher: {topic}.")
    if to.after is None:
        return late.format(**known, **days)
    later = turn.say("Es kommt am {after} dran.").format(after=day_in_words(to.after.day))
    return f"{late.format(**known, **days)} {later}"


def defaults(turn: Turn, item: AgendaItem) -> str:
    """Name what holds because nothing was said."""
    if item.minutes is None and item.goal is None:
        return turn.say("Ohne Angabe plane ich {count} Minuten Diskussion.").format(count=USUAL_MINUTES)
    if item.minutes is None:
        return turn.say("Ohne Angabe plane ich {count} Minuten.").format(count=USUAL_MINUTES)
    return turn.say("Ohne Angabe plane ich eine Diskussion.") if item.goal is None else ""


def offer(turn: Turn, item: AgendaItem, to: Destination | None = None, other: AgendaItem | None = None) -> Offer:
    """What may be done with a topic by whoever has just noted it; `other` is one like it."""
    data = {"item": str(item.id), "new": "yes"}
    choices = [
        Choice("ja", turn.say("ja"), data | {"do": "right"}),
        Choice("ändern", turn.say("ändern"), data | {"do": "amend"}),
    ]
    if item.owner_person_id is None:
        choices.append(Choice("ich", turn.say("ich stelle es vor"), data | {"do": "mine"}))
    if to is not None and to.is_late and turn.role >= Role.COORDINATOR:
        choices.append(Choice("trotzdem", turn.say("trotzdem auf die Tagesordnung"), data | {"do": "on"}))
    if other is not None and turn.role >= Role.COORDINATOR:
        label = turn.say("mit Thema {number} zusammenlegen").format(number=other.id)
        both = {"do": "join", "item": str(other.id), "other": str(item.id)}
        choices.append(Choice("zusammenlegen", label, both))
    choices.append(Choice("nein", turn.say("doch nicht vormerken"), data | {"do": "undo"}))
    return Offer(DETAIL, tuple(choices))


async def like(turn: Turn, title: str, but: int | None = None) -> AgendaItem | None:
    """Another topic that waits and may be the same."""
    waiting = await turn.uow.agenda.waiting()
    return next((item for item in waiting if item.id != but and are_alike(item.title, title)), None)


# reading


def sentence(turn: Turn, text: str, series: Sequence[str] = (), *, is_title: bool = True) -> TopicSentence:
    """What a sentence says of a topic, which with `is_title` is not there yet; raises `UserError`."""
    if len(text) > LONGEST_SENTENCE:
        raise UserError(turn.say("Das ist zu lang für ein Thema. Schreib mir bitte einen Satz."))
    try:
        found = read(text, series) if is_title else read_details(text, series)
    except ImpossibleMinutes as impossible:
        raise UserError(_minutes_allowed(turn, impossible.minutes)) from None
    if len(found.link) > LONGEST_LINK:
        raise UserError(turn.say("Der Link ist zu lang. Gibt es einen kürzeren?"))
    return found


def _minutes_allowed(turn: Turn, minutes: int) -> str:
    if minutes < STEP:
        return turn.say("Weniger als {least} Minuten geht nicht. Schreib zum Beispiel „15 min“.").format(least=STEP)
    return turn.say("Mehr als {most} Minuten geht nicht. Schreib zum Beispiel „15 min“.").format(most=LONGEST)


def refusal(turn: Turn, services: Services, topic: TopicSentence) -> Reply | None:
    """Where to go with what is confidential; None for a topic that may be kept."""
    sensitive = services.sensitivity.by_words(" ".join((topic.title, topic.wanted)))
    if sensitive is None:
        return None
    text = turn.say("Dazu merke ich mir nichts, denn hier geht es um Vertrauliches.")
    return Reply(f"{text} {sensitive.office}")


def screened(topic: TopicSentence) -> tuple[TopicSentence, bool]:
    """A topic without personal data, and whether it had none."""
    title, wanted, link = screen(topic.title), screen(topic.wanted), screen(topic.link)
    if title.is_clean and wanted.is_clean and link.is_clean:
        return topic, True
    # The proposal has a placeholder, which is no address.
    address = topic.link if link.is_clean else ""
    return replace(topic, title=title.proposal.strip(), wanted=wanted.proposal.strip(), link=address), False


def hints_about(turn: Turn, told: TopicSentence, *, is_clean: bool) -> Sequence[str]:
    """What became of a sentence otherwise than it was said."""
    hints = []
    if told.is_rounded:
        hints.append(turn.say("Ich plane in Schritten von 5 Minuten und habe aufgerundet."))
    if not is_clean:
        hints.append(turn.say("Persönliche Angaben habe ich weggelassen."))
    if told.owner and not is_sender(turn, told.owner):
        hints.append(turn.say("Andere trage ich nicht ein: Wer das Thema vorstellt, schreibt es selbst."))
    return hints


def check_title(turn: Turn, title: str) -> None:
    """Refuse what is too long to be read aloud; raises `UserError`."""
    if len(title) > LONGEST_TITLE:
        text = turn.say("Das Thema hat {count} Zeichen, erlaubt sind {limit}. Schreib es bitte kürzer.")
        raise UserError(text.format(count=len(title), limit=LONGEST_TITLE))


def hint(turn: Turn) -> str:
    """Behind a request for a text: in a room, only what names the bot is for it."""
    if turn.message.conversation.is_direct:
        return ""
    return " " + turn.say("Hier im Raum bitte mit „@Lotsenfunk“ davor.")


# who may


async def named(turn: Turn, number: int) -> AgendaItem:
    """The topic with this number that still waits; raises `UserError`."""
    item = await turn.uow.agenda.get(number)
    if item is None or item.is_fixed:
        text = turn.say("Ein Thema {number} wartet nicht. „themen“ zeigt alle, die Zahl davor öffnet eines.")
        raise UserError(text.format(number=number))
    return item


async def may_change(turn: Turn, item: AgendaItem) -> bool:
    """Whether the sender owns a topic or coordinates."""
    return turn.role >= Role.COORDINATOR or (item.owner_person_id is not None and await _owns(turn, item))


async def _owns(turn: Turn, item: AgendaItem) -> bool:
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    return person is not None and person.id == item.owner_person_id


def check_not_running(turn: Turn, item: AgendaItem, meeting: Meeting | None) -> None:
    """Refuse a topic that is talked about right now; raises `UserError`."""
    if meeting is not None and meeting.state == MeetingState.RUNNING and meeting.item_id == item.id:
        raise UserError(turn.say("Dieses Thema ist gerade dran. „vertagen“ verschiebt es."))


async def warning(turn: Turn, services: Services, item: AgendaItem) -> Sequence[str]:
    """Say when the agenda that a topic stands on has become too long."""
    meeting = await meeting_of(turn, item)
    if meeting is None:
        return []
    sight = await agenda.look_at(turn, services, meeting)
    is_long = sum(map(agenda.minutes_of, sight.items)) > meeting.minutes
    return [agenda.total_text(turn.say, sight)] if is_long else []
