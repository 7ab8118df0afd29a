"""Shows a running meeting: what is talked about, until when and what comes next, in each room that hears of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from bot.messages import Change, Choice, Conversation, Offer, Send
from bot.turn import Night, Turn
from handlers.ask import shortened
from handlers.jour_fixe import agenda
from handlers.jour_fixe.appointments import clock, end_of, rooms_of
from handlers.posts import settle
from knowledge.minutes import escaped
from knowledge.time_boxes import rest
from storage.models.agenda import AgendaItem, ItemState
from storage.models.jour_fixe import JourFixe, Meeting, MeetingPost, Shows

LIVE = "jour_fixe_live"  # topic of the offers below
LONGEST_WISH = 200
SHOWN_AHEAD = 3
"""So many of the items that follow are named."""
TALKING = ("weiter", "mehr", "vertagen", "pause", "ende")
PAUSED = ("weiter", "ende")
FINISHED = ("zurück", "ende")

Say = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Session:
    """A running meeting with all that is on its agenda, in its order."""

    series: JourFixe
    meeting: Meeting
    items: Sequence[AgendaItem]

    @property
    def present(self) -> AgendaItem | None:
        """What is talked about."""
        return next((item for item in self.items if item.id == self.meeting.item_id), None)

    @property
    def ahead(self) -> Sequence[AgendaItem]:
        """What is still to come, without the present item."""
        return [item for item in self.items if item.state == ItemState.WAITING and item.id != self.meeting.item_id]

    @property
    def numbers(self) -> Mapping[int | None, int]:
        """The number of each item on the agenda, by its id."""
        return {item.id: number for number, item in agenda.numbered(self.items)}

    @property
    def here(self) -> tuple[str | None, str | None]:
        """Platform and id of where it was started."""
        return self.meeting.platform, self.meeting.conversation_id

    def clock(self, moment: datetime) -> str:
        """A moment as the clocks of the meeting show it."""
        return clock(moment.astimezone(ZoneInfo(self.series.zone)).time())


async def open_session(asking: Turn | Night, series: JourFixe, meeting: Meeting) -> Session:
    """A meeting together with its agenda as it is now."""
    return Session(series, meeting, await asking.uow.agenda.of_meeting(meeting.id or 0))


# where it is said


async def tell(
    asking: Turn | Night,
    session: Session,
    write: Callable[[Say], str],
    words: Sequence[str],
    started_in: Conversation | None = None,
) -> list[Send | Change]:
    """Say something anew where the meeting was started, with the choices of these `words` below it; change the others.

    An edit is no signal, and elsewhere nobody needs one. Anybody there may take a choice: whether it counts, its
    handler decides. `started_in` is where it begins right now.
    """
    said: list[Send | Change] = []
    posts = await _posts(asking, session)
    rooms = [*([started_in] if started_in else []), *await rooms_of(asking, session.series)]
    new = [place for place in dict.fromkeys(rooms) if (place.platform, place.id) not in posts]
    for post in posts.values():
        if (post.platform, post.conversation_id) == session.here:
            said += await _say_again(asking, session, post, write, words)
        else:
            say = asking.say_to(_place(post))
            said.append(Change(post.key, _place(post), write(say), _offer(say, session, words)))
    for place in new:
        post = MeetingPost(
            key=uuid4().hex,
            meeting_id=session.meeting.id or 0,
            shows=Shows.LIVE,
            platform=place.platform,
            conversation_id=place.id,
            is_direct=place.is_direct,
        )
        await asking.uow.jour_fixe.add_post(post)
        say = asking.say_to(place)
        said.append(Send(place, write(say), _offer(say, session, words), key=post.key))
    return said


async def tell_here(
    asking: Turn | Night, session: Session, write: Callable[[Say], str], words: Sequence[str] = ()
) -> list[Send | Change]:
    """Say something only where the meeting was started; with `words`, the choices stand below that from now on."""
    post = (await _posts(asking, session)).get(session.here)
    if post is None:
        return []
    if words:
        return await _say_again(asking, session, post, write, words)
    return [Send(_place(post), write(asking.say_to(_place(post))))]


async def settle_all(
    asking: Turn | Night, session: Session, write: Callable[[Say], str], told_in: Conversation | None = None
) -> list[Change]:
    """Give all messages of a meeting their last text; they offer nothing any more.

    The one that stands where all is `told_in` a new message keeps what it says.
    """
    changes: list[Change] = []
    for post in (await _posts(asking, session)).values():
        place = _place(post)
        if place == told_in:
            changes += await settle(asking, post)
        else:
            changes.append(Change(post.key, place, write(asking.say_to(place))))
    await asking.uow.jour_fixe.drop_posts(session.meeting.id or 0, Shows.LIVE)
    return changes


async def _posts(asking: Turn | Night, session: Session) -> Mapping[tuple[str | None, str | None], MeetingPost]:
    """By platform and id of their conversations, the newest messages that show the meeting."""
    posts = await asking.uow.jour_fixe.posts(session.meeting.id or 0, Shows.LIVE)
    return {(post.platform, post.conversation_id): post for post in posts}


def _place(post: MeetingPost) -> Conversation:
    return Conversation(post.platform, post.conversation_id, post.is_direct)


async def _say_again(
    asking: Turn | Night, session: Session, post: MeetingPost, write: Callable[[Say], str], words: Sequence[str]
) -> list[Send | Change]:
    """Say something below the last message, which offers nothing any more."""
    settled, place = await settle(asking, post), _place(post)
    say = asking.say_to(place)
    post.key = uuid4().hex
    return [*settled, Send(place, write(say), _offer(say, session, words), key=post.key)]


def _offer(say: Say, session: Session, words: Sequence[str]) -> Offer | None:
    if not words:
        return None
    labels = {
        "weiter": say("weiter"),
        "mehr": say("5 Minuten mehr"),
        "vertagen": say("vertagen"),
        "pause": say("Pause"),
        "zurück": say("zurück"),
        "ende": say("Ende"),
    }
    data = {"meeting": str(session.meeting.id), "item": str(session.meeting.item_id or "")}
    return Offer(LIVE, tuple(Choice(word, labels[word], data | {"do": word}) for word in words), lasts=True)


# what is said


async def present_text(asking: Turn | Night, session: Session) -> Callable[[Say], str]:
    """How to say what is talked about now, until when and what comes next."""
    item = session.present
    person = await asking.uow.people.get(item.owner_person_id) if item and item.owner_person_id else None
    return lambda say: _present(say, session, person.name if person else "")


def words_for(session: Session) -> Sequence[str]:
    """The choices that there are now."""
    if session.present is None:
        return FINISHED
    return PAUSED if session.meeting.paused_at is not None else TALKING


def _present(say: Say, session: Session, owner: str) -> str:
    if session.present is None:
        return say("Alle Punkte sind durch. „Ende“ schließt den Jour fixe.")
    if session.meeting.paused_at is not None:
        return pause_text(say, session)
    return "\n".join(filter(None, [_item(say, session, owner), _following(say, session)]))


def _item(say: Say, session: Session, owner: str) -> str:
    """The present item: title, goal, minutes, until when, who speaks, what is wanted and where to read about it."""
    item, until = session.present, session.meeting.item_until
    assert item is not None
    assert until is not None
    time = say("{minutes} Minuten, bis {clock} Uhr.").format(
        minutes=agenda.minutes_of(item), clock=session.clock(until)
    )
    # The numbers of the choices stand below: this one must look different, and be that of the agenda.
    place = say("TOP {number} von {last}").format(number=session.numbers[item.id], last=max(session.numbers.values()))
    lines = [
        say("Jetzt: **{title}** ({place})").format(title=title_of(item), place=place),
        ", ".join(filter(None, (agenda.goal_of(item), time))),
        say("Es spricht {name}.").format(name=escaped(owner)) if owner else "",
        say("Gewünscht: {wanted}").format(wanted=escaped(shortened(item.wanted, LONGEST_WISH))) if item.wanted else "",
        say("Unterlagen: {link}").format(link=escaped(item.link)) if item.link else "",
    ]
    return "\n".join(filter(None, lines))


def _following(say: Say, session: Session) -> str:
    """What comes next; empty after the last item."""
    if not session.ahead:
        return ""
    following = session.ahead[0]
    text = say("Danach: {title} (TOP {number}).")
    return text.format(title=title_of(following), number=session.numbers[following.id])


def outlook(say: Say, session: Session) -> str:
    """The items that are left and until when each would take, with a warning when the planned end is passed."""
    lines = [
        "- " + say("{title} bis {clock} Uhr").format(title=title_of(item), clock=session.clock(ends))
        for item, ends in _ends(session)
    ]
    if len(lines) > SHOWN_AHEAD:
        lines[SHOWN_AHEAD:] = ["- " + say("noch {count} weitere").format(count=len(lines) - SHOWN_AHEAD)]
    return "\n\n".join(filter(None, ["\n".join(lines), warning(say, session)]))


def warning(say: Say, session: Session) -> str:
    """That the meeting would end too late; empty if it does not."""
    planned = end_of(session.series, session.meeting)
    ends = [until for _, until in _ends(session)] or [session.meeting.item_until or planned]
    if ends[-1] <= planned:
        return ""
    text = say("**Achtung:** Das Ende wäre um {clock} Uhr, geplant ist {planned} Uhr.")
    return text.format(clock=session.clock(ends[-1]), planned=session.clock(planned))


def _ends(session: Session) -> Iterator[tuple[AgendaItem, datetime]]:
    """The items to come, and when each would end."""
    until = session.meeting.item_until
    if until is None:
        return
    for item in session.ahead:
        until += timedelta(minutes=agenda.minutes_of(item))
        yield item, until


def title_of(item: AgendaItem) -> str:
    """What an item is called, as Markdown that fits into a sentence."""
    return escaped(agenda.title_of(item))


def pause_text(say: Say, session: Session) -> str:
    """That the clock stands still, and how much time is left then."""
    item, meeting = session.present, session.meeting
    assert item is not None
    assert meeting.item_until is not None
    assert meeting.paused_at is not None
    left = round(rest(meeting.item_until, meeting.paused_at) / timedelta(minutes=1))
    text = say("Pause. „{title}“ hat danach noch {minutes} Min.")
    return text.format(title=title_of(item), minutes=left)
