"""Publishes minutes: in each room of the series, as a message with a page, and hears objections for some days.

What was published is kept as text, and files are made from that text: a reader long after gets what was published.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from uuid import uuid4

from bot.errors import UserError
from bot.language import in_words
from bot.messages import Action, Change, Choice, Conversation, File, Offer, Reply, Send
from bot.turn import Night, Services, Turn
from handlers.ask import shortened
from handlers.candidates import chat_of
from handlers.cards import day_in_words
from handlers.jour_fixe import attendance, duties, tasks
from handlers.jour_fixe.appointments import check_keeping, rooms_of, series_of
from handlers.jour_fixe.minute_lines import Row, Say, all_rows, keepers, line, may_publish, remove
from handlers.jour_fixe.task_details import sender_of
from handlers.pages import page
from knowledge.minutes import MeetingMinutes, TaskMinutes, TopicMinutes, as_markdown, as_page, escaped
from knowledge.working_days import WorkingDays
from storage.database import UnitOfWork
from storage.models.jour_fixe import Duty, Meeting, MeetingPost, Shows
from storage.models.minutes import Minutes, MinutesState, OutcomeKind, Task
from storage.models.people import Person

MINUTES = "minutes"  # topic of the offers below
LONGEST_LINE = 300
WITH, WITHOUT = "mit", "ohne"
"""What may become of lines that nobody confirmed."""
TO_OBJECT = 2
"""Working days at least that people have for objections."""
OBJECTIONS_END = time(12)
_FRIDAY = 4


def page_of(meeting: Meeting, text: str) -> File:
    """Minutes as a page to print or to save as PDF, from their Markdown."""
    return File(f"protokoll-{meeting.day.isoformat()}.html", "text/html", as_page(text))


def source_of(meeting: Meeting, text: str) -> File:
    """Minutes as the plain text that they are kept as, for files that outlive programs."""
    return File(f"protokoll-{meeting.day.isoformat()}.md", "text/markdown", text)


async def sheet_of(turn: Turn | Night, meeting: Meeting, minutes: Minutes) -> MeetingMinutes:
    """The minutes as they would be published now: what the round decided, and nobody's name who did not agree to it.

    Some days after the meeting it is no longer known who was there and who moderated: a late correction names nobody.
    """
    assert meeting.id is not None
    series = await series_of(turn, meeting)
    names = await duties.names(turn.uow, meeting.id)
    until = minutes.objections_until
    is_changed = bool(minutes.text) and minutes.published_on is not None
    return MeetingMinutes(
        series.title,
        day_in_words(meeting.day),
        meeting.place or series.place,
        names.get(Duty.MODERATOR, ""),
        names.get(Duty.MINUTE_TAKER, ""),
        tuple(await attendance.named(turn.uow, meeting.id)),
        await _topics(turn.uow, meeting.id),
        tuple([await _task(turn.uow, task) for task in await turn.uow.minutes.tasks(meeting.id)]),
        _until_in_words(until.astimezone(turn.now.tzinfo)) if until else "",
        in_words(turn.today) if is_changed else "",
    )


async def _topics(uow: UnitOfWork, meeting_id: int) -> tuple[TopicMinutes, ...]:
    """The topics with results, in the order of the agenda; what belongs to none comes last."""
    outcomes = await uow.minutes.outcomes(meeting_id)
    places = {item.id: place for place, item in enumerate(await uow.agenda.of_meeting(meeting_id))}
    titles = dict.fromkeys(
        one.about for one in sorted(outcomes, key=lambda one: (not one.about, places.get(one.item_id, len(places))))
    )

    def of(title: str, kind: OutcomeKind) -> tuple[str, ...]:
        return tuple(one.text for one in outcomes if one.about == title and one.kind == kind)

    return tuple(
        TopicMinutes(
            title,
            of(title, OutcomeKind.DECISION),
            of(title, OutcomeKind.INFO),
            of(title, OutcomeKind.IDEA),
            of(title, OutcomeKind.OPEN),
        )
        for title in titles
    )


async def _task(uow: UnitOfWork, task: Task) -> TaskMinutes:
    return TaskMinutes(await tasks.owner_name(uow, task), task.text, day_in_words(task.due_on) if task.due_on else "")


def _until_in_words(until: datetime) -> str:
    return f"{day_in_words(until.date())}, {until.hour} Uhr"


async def release(
    turn: Turn, services: Services, meeting: Meeting, minutes: Minutes, doubtful: str = ""
) -> Sequence[Action]:
    """Publish minutes for the first time; with lines that nobody confirmed only once it was said what becomes of them.

    `doubtful` is „mit“ or „ohne“ then. Raises `UserError`.
    """
    if not await may_publish(turn, meeting):
        raise UserError(turn.say("Freigeben kann die Moderation oder die Koordination."))
    unconfirmed = [row for row in await all_rows(turn.uow, meeting.id or 0) if not row.is_confirmed]
    if unconfirmed and doubtful not in (WITH, WITHOUT):
        return [await _ask_about(turn, meeting, unconfirmed)]
    for row in unconfirmed:
        row.is_confirmed = True
    if doubtful == WITHOUT:
        await remove(turn.uow, unconfirmed)
    return await publish(turn, services, meeting, minutes)


async def _ask_about(turn: Turn, meeting: Meeting, unconfirmed: Sequence[Row]) -> Reply:
    lines = page([escaped(shortened(await line(turn.say, turn.uow, row), LONGEST_LINE)) for row in unconfirmed])
    data = {"meeting": str(meeting.id), "do": "publish"}
    choices = (
        Choice(WITH, turn.say("mit veröffentlichen"), data | {"doubtful": WITH}),
        Choice(WITHOUT, turn.say("ohne sie veröffentlichen, sie werden gelöscht"), data | {"doubtful": WITHOUT}),
    )
    text = turn.say("Das hat noch niemand bestätigt:") + "\n\n" + "\n".join(f"- {one}" for one in lines)
    if len(lines) < len(unconfirmed):
        text += "\n- …"
    return Reply(text, Offer(MINUTES, choices))


async def publish(turn: Turn, services: Services, meeting: Meeting, minutes: Minutes) -> Sequence[Action]:
    """Publish minutes, or a corrected version of them, in every room of the series."""
    assert meeting.id is not None
    is_first = minutes.state != MinutesState.PUBLISHED
    if is_first:
        minutes.state, minutes.published_on = MinutesState.PUBLISHED, turn.today
        minutes.objections_until = objections_until(turn.now, services.house.working_days)
    sheet = await sheet_of(turn, meeting, minutes)
    minutes.text = as_markdown(sheet)
    owners = await tasks.begin(turn, services, meeting.id)
    rooms = await _tell_rooms(turn, meeting, minutes, sheet, is_first=is_first)
    told = turn.say("Veröffentlicht.") if is_first else turn.say("Geändert und neu veröffentlicht.")
    filing = turn.say("Beschlüsse können zur Akte gehören: „protokoll dateien“ gibt dir die Dateien für die E-Akte.")
    return [Reply(f"{told} {filing}"), *rooms, *owners]


def objections_until(now: datetime, calendar: WorkingDays) -> datetime:
    """Noon of the next Friday on which people work and before which they have had two working days."""
    day = calendar.after(now.date(), TO_OBJECT)
    while day.weekday() != _FRIDAY or not calendar.is_working(day):
        day += timedelta(days=1)
    return datetime.combine(day, OBJECTIONS_END, now.tzinfo)


async def _tell_rooms(
    turn: Turn, meeting: Meeting, minutes: Minutes, sheet: MeetingMinutes, *, is_first: bool
) -> Sequence[Send | Change]:
    """Say it in every room; an earlier version there is changed in place, and the change is said."""
    assert meeting.id is not None
    said: list[Send | Change] = []
    posts = {
        (post.platform, post.conversation_id): post
        for post in await turn.uow.jour_fixe.posts(meeting.id, Shows.MINUTES)
    }
    for room in await rooms_of(turn, await series_of(turn, meeting)):
        say = turn.say_to(room)
        text = await _short(turn, say, meeting, sheet)
        file = page_of(meeting, minutes.text)
        post = posts.get((room.platform, room.id))
        if post is not None and not is_first:
            changed = say("Das Protokoll vom {day} wurde geändert.").format(day=day_in_words(meeting.day))
            said += [Change(post.key, room, text), Send(room, changed, file=file)]
        else:
            key = uuid4().hex
            await turn.uow.jour_fixe.add_post(
                MeetingPost(
                    key=key, meeting_id=meeting.id, shows=Shows.MINUTES, platform=room.platform, conversation_id=room.id
                )
            )
            said.append(Send(room, text, key=key, file=file))
    return said


async def _short(turn: Turn, say: Say, meeting: Meeting, sheet: MeetingMinutes) -> str:
    """The minutes as a message: as many lines as people read at once, and where the rest is."""
    assert meeting.id is not None
    rows = await all_rows(turn.uow, meeting.id)
    lines = [escaped(shortened(await line(say, turn.uow, row), LONGEST_LINE)) for row in rows]
    shown = page(lines, most=len(lines))
    parts = [f"**{escaped(sheet.name)}**", "\n".join(f"- {one}" for one in shown)]
    if len(shown) < len(lines):
        parts.append(say("Alles zeigt „protokoll“."))
    if not lines:
        parts.append(say("Es gab keine Ergebnisse, die festzuhalten waren."))
    if sheet.objections_until:
        text = say("Einwände bis {until}: „einwand: …“. Danach gilt es als angenommen.")
        parts.append(text.format(until=sheet.objections_until))
    if sheet.changed_on:
        parts.append(say("Geändert am {day}.").format(day=sheet.changed_on))
    return "\n\n".join(filter(None, parts))


async def object_to(turn: Turn, services: Services) -> Sequence[Action]:
    """„einwand: …“: what somebody says against the last minutes goes to their moderator; it is not kept."""
    check_keeping(turn)
    published = await published_here(turn)
    if not published:
        return [Reply(turn.say("Noch ist kein Protokoll veröffentlicht."))]
    still_open = [one for minutes, one in published if minutes.objections_until and turn.now < minutes.objections_until]
    if not still_open:
        text = turn.say(
            "Die Frist für Einwände ist vorbei, das Protokoll gilt. Für den nächsten Jour fixe: „thema: …“."
        )
        return [Reply(text)]
    meeting = still_open[-1]
    name = await name_of(turn, meeting)
    if not any(map(str.isalnum, turn.text)):
        text = turn.say("Was stimmt nicht im Protokoll „{name}“? Zum Beispiel „einwand: Die Frist war der 15.3.“")
        return [Reply(text.format(name=name))]
    objector = await sender_of(turn)
    keepers_there = await keepers(turn, meeting, Duty.MODERATOR)
    sent = [_objection(turn, place, person, meeting, name, objector) for place, person in keepers_there]
    if not sent:
        return [Reply(turn.say("Ich erreiche die Moderation gerade nicht. Frag sie bitte selbst."))]
    told = turn.say("Dein Einwand zum Protokoll „{name}“ geht mit deinem Namen an die Moderation.")
    then = turn.say("Du hörst von mir, wenn sie entschieden hat.")
    return [Reply(f"{told.format(name=name)} {then}"), *sent]


async def published_here(turn: Turn) -> Sequence[tuple[Minutes, Meeting]]:
    """Published minutes with their meetings, oldest first; in a room, those of series that it hears of."""
    published = await turn.uow.minutes.in_state(MinutesState.PUBLISHED)
    here = turn.message.conversation
    return [
        both for both in published if here.is_direct or here in await rooms_of(turn, await series_of(turn, both[1]))
    ]


async def name_of(turn: Turn | Night, meeting: Meeting) -> str:
    """What the minutes of a meeting are called in a sentence: „Jour fixe, Donnerstag, 3. Dezember 2026“."""
    return f"{(await series_of(turn, meeting)).title}, {day_in_words(meeting.day)}"


async def answer_objector(turn: Turn, meeting: Meeting, objector: str, *, is_changed: bool) -> Sequence[Send]:
    """Tell whoever objected to minutes, by our id, what came of it; nothing without one, or of one's own objection."""
    chat = await chat_of(turn.uow, int(objector)) if objector else None
    if chat is None or chat[0] == turn.message.conversation:
        return []
    say = turn.say_to(chat[0])
    text = say("Nach deinem Einwand wurde das Protokoll geändert: {name}. „protokoll“ zeigt es.")
    if not is_changed:
        text = say("Zu deinem Einwand: Das Protokoll bleibt, wie es ist: {name}. Sprich die Moderation gern an.")
    return [Send(chat[0], text.format(name=await name_of(turn, meeting)))]


def _objection(
    turn: Turn, place: Conversation, person: str | None, meeting: Meeting, name: str, objector: Person
) -> Send:
    say = turn.say_to(place)
    data = {"meeting": str(meeting.id), "objector": str(objector.id)}
    text = say("{who} hat einen Einwand zum Protokoll „{name}“: „{text}“")
    said = text.format(
        who=turn.message.sender.name,
        name=name,
        text=escaped(shortened(" ".join(turn.text.split()), LONGEST_LINE)),
    )
    choices = (
        Choice("ändern", say("Protokoll ändern"), data | {"do": "lines"}),
        Choice("lassen", say("so lassen"), data | {"do": "leave"}),
    )
    return Send(place, said, Offer(MINUTES, choices), person)
