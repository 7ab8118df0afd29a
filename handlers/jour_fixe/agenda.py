"""What people see of a meeting before it begins: its topics, the vote on them, its agenda; all kept up to date.

Nothing here decides or votes. The messages are posted and the steps done elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from itertools import islice
from uuid import uuid4

from bot.messages import Change, Choice, Conversation, Offer, Send
from bot.turn import Night, Services, Turn
from handlers.ask import LONGEST_NAME, shortened
from handlers.cards import day_in_words
from handlers.jour_fixe import attendance, duties, tasks
from handlers.jour_fixe.appointments import begin_of, clock, next_of, series_of, upcoming, when
from handlers.posts import settle
from knowledge.agenda import USUAL_GOAL, USUAL_MINUTES
from knowledge.carrying import put_back
from knowledge.minutes import escaped
from knowledge.timetable import Due, Step, deadline, timetable
from knowledge.topic_sentences import GOALS
from storage.database import UnitOfWork
from storage.models.agenda import AgendaItem, Goal, Poll
from storage.models.jour_fixe import JourFixe, Meeting, MeetingPost, MeetingState, Shows

VOTE = "agenda_vote"  # topic of the offers of a vote
POINTS_EACH = 3
TOPICS_A_PAGE = 8
"""With „mehr“ these are nine choices, which is as many as an offer has."""
KEPT_OPEN = "keep_open"
"""Beside the steps of the timetable: the vote goes on until the reminder."""
TASKS = "Aufgaben"
"""A fixed item with this word shows what is still to be done."""
LONGEST_TITLE = 80
LISTED = 5
"""So many of the topics that wait are named."""
MEETINGS_APART = timedelta(days=60)
"""A meeting longer ago than this leaves the next one all the time it wants."""
TAKES_PLACE = (MeetingState.PLANNED, MeetingState.RUNNING, MeetingState.HELD)

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Sight:
    """A meeting with all that is shown of it.

    `items` stand on its agenda, `waiting` are the topics of the backlog that may come onto it. `done` are the steps
    that were done, `due` when each is due. `owners` are names, by our ids.
    """

    series: JourFixe
    meeting: Meeting
    due: Sequence[Due]
    done: frozenset[str]
    items: Sequence[AgendaItem]
    waiting: Sequence[AgendaItem]
    owners: Mapping[int, str]

    @property
    def is_settled(self) -> bool:
        """Whether its agenda was made."""
        return Step.AGENDA in self.done

    @property
    def topics(self) -> Sequence[AgendaItem]:
        """All that may be talked about, without fixed items: what has its place already, then what waits."""
        return [item for item in (*self.items, *self.waiting) if not item.is_fixed]

    @property
    def voted_on(self) -> Sequence[AgendaItem]:
        """The topics that have to compete for the time: what recurs has its place."""
        return [item for item in self.waiting if not item.is_recurring]

    @property
    def is_voting(self) -> bool:
        """Whether votes count right now."""
        is_open = Step.CLOSE in self.done and not self.is_settled
        return is_open and self.meeting.state == MeetingState.PLANNED and len(self.voted_on) > 1

    @property
    def ends(self) -> datetime:
        """When its agenda is made, and the vote ends."""
        return next(due.at for due in self.due if due.step is Step.AGENDA)


async def look_at(asking: Turn | Night, services: Services, meeting: Meeting) -> Sight:
    """All that there is to show of a meeting."""
    assert meeting.id is not None
    series = await series_of(asking, meeting)
    done = await asking.uow.jour_fixe.steps(meeting.id)
    due = await due_of(asking, services, series, meeting, is_kept_open=KEPT_OPEN in done)
    items = await asking.uow.agenda.of_meeting(meeting.id)
    waiting = await _waiting(asking, series, meeting, deadline(due).date())
    return Sight(series, meeting, due, done, items, waiting, await _owners(asking, [*items, *waiting]))


async def due_of(
    asking: Turn | Night, services: Services, series: JourFixe, meeting: Meeting, *, is_kept_open: bool = False
) -> Sequence[Due]:
    """When the steps of a meeting are due."""
    meeting.known_since = meeting.known_since or asking.now
    known = await asking.uow.jour_fixe.meetings(series.id or 0, meeting.day - MEETINGS_APART)
    return due_among(services, series, meeting, known, asking.now, is_kept_open=is_kept_open)


def due_among(
    services: Services,
    series: JourFixe,
    meeting: Meeting,
    known: Sequence[Meeting],
    now: datetime,
    *,
    is_kept_open: bool = False,
) -> Sequence[Due]:
    """When the steps of a meeting are due: after it is known, and after the one before it among `known` ones."""
    begins = begin_of(series, meeting)
    others = [begin_of(series, one) for one in known if one.state in TAKES_PLACE and one.id != meeting.id]
    before = [one for one in (*others, meeting.known_since or now) if one < begins]
    days = services.house.working_days
    return timetable(begins, days, max(before, default=None), is_kept_open=is_kept_open)


async def closing_of(asking: Turn | Night, services: Services, meeting: Meeting) -> datetime:
    """Until when topics are taken for a meeting (Themenschluss), in the zone of its series."""
    return deadline(await due_of(asking, services, await series_of(asking, meeting), meeting))


async def _waiting(asking: Turn | Night, series: JourFixe, meeting: Meeting, last_on: date) -> Sequence[AgendaItem]:
    """The topics of the backlog that this meeting may take: in time, and not to be left out this once."""
    found = await asking.uow.agenda.backlog(series.id)
    return [item for item in found if item.proposed_on <= last_on and item.skipped_meeting_id != meeting.id]


async def _owners(asking: Turn | Night, items: Sequence[AgendaItem]) -> Mapping[int, str]:
    numbers = {item.owner_person_id for item in items if item.owner_person_id is not None}
    people = [await asking.uow.people.get(number) for number in sorted(numbers)]
    return {person.id or 0: shortened(person.name, LONGEST_NAME) for person in people if person is not None}


async def current_meeting(turn: Turn, named: str = "") -> Meeting:
    """The next meeting that is meant: of the series with this word, else that of this room; raises `UserError`."""
    _, meeting = await next_of(turn, named)
    here = turn.message.conversation
    linked = [one for series, one in await upcoming(turn) if not named and await _is_linked(turn, series, here)]
    return linked[0] if linked else meeting


async def _is_linked(turn: Turn, series: JourFixe, place: Conversation) -> bool:
    return (place.platform, place.id) in await turn.uow.jour_fixe.rooms(series.id or 0)


# what happens to a topic


async def defer(uow: UnitOfWork, item: AgendaItem) -> None:
    """Have a topic wait in the backlog again, as one that found no time; votes on more time for it are forgotten."""
    await uow.agenda.close_poll([item.id or 0], Poll.MORE_TIME)
    put_back(item)


def append(items: Sequence[AgendaItem], item: AgendaItem) -> None:
    """Give a topic its place below the `items` of an agenda, above what always comes last."""
    last = [one for one in items if one.is_last]
    for place, one in enumerate([*(one for one in items if not one.is_last), item, *last], start=1):
        one.place = place


# what is shown, and where


async def post(asking: Turn | Night, sight: Sight, shows: Shows, place: Conversation) -> Send:
    """Show something of a meeting at a place, in a message that is kept up to date from now on."""
    posted = MeetingPost(
        key=uuid4().hex,
        meeting_id=sight.meeting.id or 0,
        shows=shows,
        platform=place.platform,
        conversation_id=place.id,
        is_direct=place.is_direct,
    )
    text, offer = await _show_to_all(asking, sight, posted, place)
    await asking.uow.jour_fixe.add_post(posted)
    return Send(place, text, offer, key=posted.key)


async def refresh(asking: Turn | Night, services: Services, meeting: Meeting) -> Sequence[Change]:
    """Change the messages about a meeting to what holds now; those of a running one and its minutes are not ours.

    One that shows that already is left alone: a mark at it would tell that somebody did something. The vote on the
    topics of a meeting that does not take place is over, its ballots are deleted.
    """
    posts = await asking.uow.jour_fixe.posts(meeting.id or 0, Shows.TOPICS, Shows.VOTE, Shows.AGENDA)
    sight = await look_at(asking, services, meeting)
    if meeting.state == MeetingState.CANCELLED:
        await asking.uow.agenda.close_poll([item.id or 0 for item in sight.voted_on], Poll.PRIORITY)
    changes = []
    for posted in posts:
        before, place = posted.shown, Conversation(posted.platform, posted.conversation_id, posted.is_direct)
        text, offer = await _show_to_all(asking, sight, posted, place)
        if posted.shown != before:
            changes.append(Change(posted.key, place, text, offer))
    return changes


async def leave(asking: Turn | Night, meeting: Meeting) -> Sequence[Change]:
    """Have the messages about a meeting that is over stay as they were last, with nothing to choose."""
    ours = (Shows.TOPICS, Shows.VOTE, Shows.AGENDA)
    posts = await asking.uow.jour_fixe.posts(meeting.id or 0, *ours)
    changes = [change for posted in posts for change in await settle(asking, posted)]
    await asking.uow.jour_fixe.drop_posts(meeting.id or 0, *ours)
    return changes


async def _show_to_all(
    asking: Turn | Night, sight: Sight, posted: MeetingPost, place: Conversation
) -> tuple[str, Offer | None]:
    """What a message shows from now on, for all who read it there."""
    text, offer = await show(asking, sight, Shows(posted.shows), asking.say_to(place))
    posted.shown = sha256(repr((text, offer)).encode()).hexdigest()
    return text, lasting(offer)


def lasting(offer: Offer | None) -> Offer | None:
    """An offer that stays, so that nobody sees who took what."""
    return replace(offer, lasts=True) if offer else None


async def show(asking: Turn | Night, sight: Sight, shows: Shows, say: Say) -> tuple[str, Offer | None]:
    """What a message says of a meeting, and what can be chosen below it."""
    if sight.meeting.state == MeetingState.CANCELLED:
        return say("{title}: {when} fällt aus.").format(title=sight.series.title, when=_when(sight)), None
    match shows:
        case Shows.VOTE:
            return vote_text(say, sight), vote_offer(say, sight)
        case Shows.AGENDA:
            return await agenda_text(asking, say, sight), _rsvp(say, sight)
    return topics_text(say, sight), None


def topics_text(say: Say, sight: Sight) -> str:
    """Which topics wait for a meeting, and how somebody adds one as long as that is possible."""
    parts = [_heading(say("Themen für **{title}** am {when}."), sight), _titles(say, sight.topics)]
    if {Step.CLOSE, Step.AGENDA} & sight.done:
        parts.append(say("Der Themenschluss ist vorbei. Neue Themen kommen in den Themenspeicher."))
    else:
        parts.append(say("Themenschluss: {moment}.").format(moment=in_words(deadline(sight.due))))
        parts.append(
            say("So geht es: „thema: Altakten scannen, 15 Minuten, Entscheidung“, im Raum hinter „@Lotsenfunk“.")
        )
    return "\n\n".join(parts)


def _titles(say: Say, items: Sequence[AgendaItem]) -> str:
    if not items:
        return say("Bisher ist noch nichts vorgemerkt.")
    lines = [f"- {_marked(item)}" for item in islice(items, LISTED)]
    if len(items) > LISTED:
        lines.append("- " + say("noch {count} weitere, alle zeigt „themen“").format(count=len(items) - LISTED))
    return "\n".join(lines)


def vote_text(say: Say, sight: Sight, *, is_alone: bool = False) -> str:
    """What is voted on and how; afterwards only the sums."""
    heading = _heading(say("**Abstimmung**: Was soll zuerst dran sein? {title} am {when}."), sight)
    if not sight.is_voting:
        return "\n\n".join(filter(None, (heading, say("Die Abstimmung ist beendet."), _sums(say, sight))))
    how = say("Alle haben {count} Punkte, höchstens einen je Thema. Die Zahl gibt einen Punkt oder nimmt ihn zurück.")
    secret = say("Gezählt wird geheim: Ich zeige nur die Summen, und erst am Ende.")
    alone = "" if is_alone else say("Was hier steht, lesen andere. Im Einzelchat geht es mit „abstimmen“.") + " "
    until = say("Ende: {moment}.").format(moment=in_words(sight.ends))
    return "\n\n".join((heading, f"{how.format(count=POINTS_EACH)} {secret}", f"{alone}{until}"))


def _sums(say: Say, sight: Sight) -> str:
    found = sorted((item for item in sight.topics if item.points), key=lambda item: -item.points)
    lines = [
        (say("{title}: 1 Punkt") if item.points == 1 else say("{title}: {count} Punkte")).format(
            title=_marked(item), count=item.points
        )
        for item in found[:LISTED]
    ]
    if len(found) > LISTED:
        lines.append(say("noch {count} weitere").format(count=len(found) - LISTED))
    return "\n".join(f"- {line}" for line in lines)


def vote_offer(say: Say, sight: Sight, after: int = 0, mine: frozenset[int] = frozenset()) -> Offer | None:
    """The topics of one page to vote for; those in `mine` have the sender's point. None when nobody votes."""
    if not sight.is_voting:
        return None
    data = {"meeting": str(sight.meeting.id), "after": str(after)}
    page = sight.voted_on[after : after + TOPICS_A_PAGE]
    choices = [
        Choice(str(place), _voted(say, item, mine), data | {"do": "vote", "item": str(item.id)})
        for place, item in enumerate(page, start=1)
    ]
    if len(sight.voted_on) > TOPICS_A_PAGE:
        following = after + TOPICS_A_PAGE
        data |= {"after": str(following if following < len(sight.voted_on) else 0)}
        choices.append(Choice("mehr", say("mehr"), data | {"do": "more"}))
    return Offer(VOTE, tuple(choices))


def _voted(say: Say, item: AgendaItem, mine: frozenset[int]) -> str:
    return say("{title} (dein Punkt)").format(title=title_of(item)) if item.id in mine else title_of(item)


async def agenda_text(asking: Turn | Night, say: Say, sight: Sight) -> str:
    """The agenda: what, how long, what for and who; the sum of minutes, who does what, and what waits on."""
    lines = []
    for number, item in numbered(sight.items):
        lines.append(f"{number}. {item_line(say, item, sight.owners.get(item.owner_person_id or 0, ''))}")
        if item.is_fixed and TASKS in item.title:
            lines += [
                f"    - {line}" for line in islice(await tasks.open_lines(say, asking.uow, sight.series.id), LISTED)
            ]
    given = await duties.names(asking.uow, sight.meeting.id or 0)
    facts = [f"{duties.title(say, duty)}: {name}" for duty, name in given.items()]
    parts = [
        _heading(say("**Tagesordnung**: {title} am {when}."), sight),
        "\n".join(lines),
        total_text(say, sight),
        f"{', '.join(facts)}." if facts else "",
        _rest(say, sight.waiting),
        await attendance.sums(say, asking.uow, sight.meeting.id or 0),
    ]
    return "\n\n".join(filter(None, parts))


def numbered(items: Sequence[AgendaItem]) -> Sequence[tuple[int, AgendaItem]]:
    """Items with the numbers that people know them by: each keeps its own, also when another one is gone."""
    return [(item.place or place, item) for place, item in enumerate(items, start=1)]


def item_line(say: Say, item: AgendaItem, owner: str) -> str:
    """An item in one line: „Altakten scannen (Ben Krause), 15 Minuten, Entscheidung“."""
    title = f"{_marked(item)} ({owner})" if owner else _marked(item)
    minutes = say("{count} Minuten").format(count=minutes_of(item))
    return ", ".join(filter(None, (title, minutes, goal_of(item))))


def goal_of(item: AgendaItem) -> str:
    """What an item is for; empty for fixed ones that only inform, as that is what they are for."""
    is_plain = item.is_fixed and item.goal in (None, Goal.INFO)
    return "" if is_plain else GOALS[Goal(item.goal or USUAL_GOAL)]


def total_text(say: Say, sight: Sight) -> str:
    """The minutes of all items against the length of the meeting, with a warning when they are too many."""
    total = sum(map(minutes_of, sight.items))
    excess = total - sight.meeting.minutes
    if excess <= 0:
        return say("Zusammen {total} von {length} Minuten.").format(total=total, length=sight.meeting.minutes)
    text = say("**Achtung:** Zusammen {total} Minuten. Das sind {excess} mehr, als der Termin lang ist.")
    return text.format(total=total, excess=excess)


def _rest(say: Say, waiting: Sequence[AgendaItem]) -> str:
    if not waiting:
        return ""
    return say("Im Themenspeicher: {titles}.").format(titles=named(say, waiting))


def named(say: Say, items: Sequence[AgendaItem]) -> str:
    """The first items by their titles, and how many more there are: „Altakten scannen; Kantine und 3 weitere“."""
    titles = "; ".join(_marked(item) for item in islice(items, LISTED))
    left = len(items) - LISTED
    return say("{titles} und {count} weitere").format(titles=titles, count=left) if left > 0 else titles


def _rsvp(say: Say, sight: Sight) -> Offer | None:
    if sight.meeting.state != MeetingState.PLANNED:
        return None
    return Offer(attendance.COMING, attendance.choices(say, sight.meeting))


def title_of(item: AgendaItem) -> str:
    """The title of an item, in one short line."""
    return shortened(" ".join(item.title.split()), LONGEST_TITLE)


def _marked(item: AgendaItem) -> str:
    """The title as Markdown that shows it as it is."""
    return escaped(title_of(item))


def minutes_of(item: AgendaItem) -> int:
    """How long an item takes."""
    return item.minutes or USUAL_MINUTES


def _heading(text: str, sight: Sight) -> str:
    return text.format(title=sight.series.title, when=_when(sight))


def _when(sight: Sight) -> str:
    return ", ".join(filter(None, (when(sight.series, sight.meeting), sight.meeting.place)))


def in_words(moment: datetime) -> str:
    """Day and time as they are said: „Donnerstag, 26. November 2026, 12 Uhr“."""
    return f"{day_in_words(moment.date())}, {clock(moment.time()).removesuffix(':00')} Uhr"
