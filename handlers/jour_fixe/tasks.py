"""Keeps tasks in sight: who does what until when. Only the owner is reminded, and nobody is counted or blamed.

Once minutes are published, owners hear of their tasks, each in the direct chat. They are reminded there 7 and 14 days
later if the task is due soon, on the day itself, then weekly three times; always on a working day, the mailbox keeps to
quiet hours. A week after that the coordinators read only what is still open. Tasks without an owner they read on the
day itself. What is done is deleted a year later.
"""

from collections.abc import Callable, Sequence
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from bot.errors import UserError
from bot.messages import Action, Choice, Conversation, Offer, Reply, Send
from bot.roles import Role
from bot.turn import Night, Services, Turn
from handlers import candidates
from handlers.ask import LONGEST_NAME, chosen, shortened
from handlers.candidates import chat_of
from handlers.cards import day_in_words
from handlers.jour_fixe.appointments import check_keeping, check_supporter
from handlers.jour_fixe.task_details import due_said, owner_said
from handlers.pages import page
from knowledge.minutes import escaped
from knowledge.reminding import last_day, next_day
from storage.database import UnitOfWork
from storage.models.jour_fixe import Meeting
from storage.models.minutes import Task, TaskState

TASK = "task"  # topic of the offers below
LONGEST_LINE = 160
KEPT = relativedelta(months=12)
"""After its end."""
PAUSE = timedelta(days=6)
SAID_A_NIGHT = 5
"""More at once the coordinators do not read; the others follow in the next nights."""

Say = Callable[[str], str]


# showing


async def open_lines(say: Say, uow: UnitOfWork, jour_fixe_id: int | None = None) -> Sequence[str]:
    """The open tasks of a series, or of all, a line of Markdown each: who, what, until when; the most urgent first."""
    lines = []
    for task in await uow.minutes.open_tasks():
        meeting = await uow.jour_fixe.meeting(task.meeting_id) if task.meeting_id else None
        if jour_fixe_id is None or meeting is None or meeting.jour_fixe_id == jour_fixe_id:
            lines.append(escaped(await line(say, uow, task)))
    return lines


async def line(say: Say, uow: UnitOfWork, task: Task) -> str:
    """A task in a line: „Ben Krause: Anleitung schreiben, bis Montag, 15. März 2027“."""
    who = await owner_name(uow, task) or say("noch ohne Person")
    return f"{who}: {what(say, task)}"


def what(say: Say, task: Task) -> str:
    """A task without its owner."""
    until = say("bis {day}").format(day=day_in_words(task.due_on)) if task.due_on else say("ohne Frist")
    return f"{shortened(task.text, LONGEST_LINE)}, {until}"


async def owner_name(uow: UnitOfWork, task: Task) -> str:
    """Who does a task, as they are shown or as it was said; empty for nobody."""
    person = await uow.people.get(task.owner_person_id) if task.owner_person_id else None
    return shortened(person.name if person else task.owner_name, LONGEST_NAME)


async def list_tasks(turn: Turn, services: Services) -> Sequence[Action]:
    """„aufgaben“: one's own; „alle aufgaben“ shows those of the round."""
    return await _list(turn, is_all=False)


async def list_all(turn: Turn, services: Services) -> Sequence[Action]:
    """„alle aufgaben“: what is open in the round, as coordinators need it."""
    return await _list(turn, is_all=True)


async def _list(turn: Turn, *, is_all: bool, after: int = 0) -> Sequence[Action]:
    check_supporter(turn)
    if is_all and turn.role < Role.COORDINATOR:
        raise UserError(turn.say("Alle offenen Aufgaben sieht die Koordination. Deine zeigt „aufgaben“."))
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    own = await turn.uow.minutes.tasks_of(person.id or 0) if person else ()
    tasks = await turn.uow.minutes.open_tasks() if is_all else own
    can_see_all = not is_all and turn.role >= Role.COORDINATOR
    everything = [Choice("alle", turn.say("alle offenen Aufgaben"), {"do": "list", "all": "1"})] if can_see_all else []
    if not tasks:
        text = turn.say("Zurzeit ist keine Aufgabe offen.") if is_all else turn.say("Du hast keine offene Aufgabe.")
        return [Reply(text, Offer(TASK, tuple(everything)) if everything else None)]
    after = after if after < len(tasks) else 0  # others were done meanwhile
    said = [await line(turn.say, turn.uow, task) if is_all else what(turn.say, task) for task in tasks]
    lines = page(said, after)
    end = after + len(lines)
    choices = [
        Choice(str(place), shown, {"do": "show", "task": str(task.id)})
        for place, (task, shown) in enumerate(zip(tasks[after:end], lines, strict=True), start=1)
    ]
    more = {"do": "list", "all": "1" if is_all else "", "after": str(end)}
    choices += [Choice("mehr", turn.say("mehr"), more)] if end < len(tasks) else []
    heading = turn.say("Offene Aufgaben der Runde:") if is_all else turn.say("Deine offenen Aufgaben:")
    return [Reply(f"{heading} " + turn.say("Mit der Zahl geht es weiter."), Offer(TASK, (*choices, *everything)))]


async def end_said(turn: Turn) -> Sequence[Action]:
    """For „erledigt“ without a word of what: the sender's only open task, or all of them; nothing without one."""
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    own = await turn.uow.minutes.tasks_of(person.id or 0) if person else ()
    if turn.role < Role.SUPPORTER or not own or not turn.message.conversation.is_direct:
        return []
    if len(own) > 1:
        return await _list(turn, is_all=False)
    text = turn.say("Ist diese Aufgabe erledigt? {task}").format(task=escaped(what(turn.say, own[0])))
    data = {"task": str(own[0].id)}
    choices = (
        Choice("ja", turn.say("ja, erledigt"), data | {"do": "done"}),
        Choice("nein", turn.say("nein"), data | {"do": "show"}),
    )
    return [Reply(text, Offer(TASK, choices))]


def _steps(say: Say, task: Task, *, is_own: bool) -> Offer:
    data = {"task": str(task.id)}
    own = (
        Choice("erledigt", say("erledigt"), data | {"do": "done"}),
        Choice("zeit", say("mehr Zeit"), data | {"do": "time"}),
        Choice("abgeben", say("abgeben"), data | {"do": "give"}),
    )
    others = (
        Choice("zuweisen", say("jemand anderen fragen"), data | {"do": "give"}),
        Choice("erledigt", say("erledigt"), data | {"do": "done"}),
        Choice("zeit", say("neue Frist"), data | {"do": "time"}),
        Choice("streichen", say("streichen"), data | {"do": "drop"}),
    )
    return Offer(TASK, own if is_own else others)


# what is chosen


async def decide(turn: Turn, services: Services) -> Sequence[Action]:
    """Do with a task what its owner or a coordinator chose or wrote."""
    check_keeping(turn)
    data = chosen(turn)
    if data["do"] == "list":
        return await _list(turn, is_all=bool(data.get("all")), after=int(data.get("after", "0")))
    task = await turn.uow.minutes.task(int(data["task"]))
    if task is None or task.state != TaskState.OPEN:
        return [Reply(turn.say("Diese Aufgabe ist schon erledigt."))]
    if data["do"] in ("take", "refuse"):
        return await _answer(turn, services, task, data)
    is_own = await _is_own(turn, task)
    if not is_own and turn.role < Role.COORDINATOR:
        raise UserError(turn.say("Das entscheidet, wer die Aufgabe hat. Sonst die Koordination."))
    match data["do"]:
        case "show":
            return [Reply(escaped(await line(turn.say, turn.uow, task)), _steps(turn.say, task, is_own=is_own))]
        case "done" | "drop":
            return [_end(turn, task, TaskState.DONE if data["do"] == "done" else TaskState.DROPPED)]
        case "time":
            return [_asking(turn, task, "until", turn.say("Bis wann? Zum Beispiel „15.3.“ oder „KW 12“."))]
        case "give":
            return [_asking(turn, task, "to", turn.say("Wer soll die Aufgabe bekommen? Schreib mir den Namen."))]
        case "until":
            return await _extend(turn, services, task)
    return await _give(turn, services, task)


async def _is_own(turn: Turn, task: Task) -> bool:
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    return person is not None and person.id == task.owner_person_id


def _asking(turn: Turn, task: Task, do: str, text: str) -> Reply:
    data = {"task": str(task.id)}
    back = Choice("zurück", turn.say("zurück"), data | {"do": "show"})
    return Reply(text, Offer(TASK, (back,), asks=data | {"do": do}))


def _end(turn: Turn, task: Task, state: TaskState) -> Reply:
    task.state, task.remind_on, task.delete_on = state, None, turn.today + KEPT
    text = turn.say("Danke, die Aufgabe ist erledigt: „{text}“.")
    if state is TaskState.DROPPED:
        text = turn.say("Die Aufgabe ist gestrichen: „{text}“.")
    return Reply(text.format(text=escaped(shortened(task.text, LONGEST_LINE))))


async def _extend(turn: Turn, services: Services, task: Task) -> Sequence[Action]:
    due = await due_said(turn, services, turn.text, await _meeting(turn, task))
    if due.day is None:
        return [_asking(turn, task, "until", due.note)]
    task.due_on = due.day
    await plan(turn, services, task)
    told = turn.say("Neue Frist: {day}.").format(day=day_in_words(due.day))
    return [Reply(" ".join(filter(None, (due.note, told))), _steps(turn.say, task, is_own=await _is_own(turn, task)))]


async def _meeting(turn: Turn, task: Task) -> Meeting | None:
    return await turn.uow.jour_fixe.meeting(task.meeting_id) if task.meeting_id else None


# giving it to somebody


async def _give(turn: Turn, services: Services, task: Task) -> Sequence[Action]:
    """Ask somebody whether they take a task over; until they say yes, nothing changes."""
    owner = await owner_said(turn, turn.text, await _meeting(turn, task))
    if owner.person_id is None:
        return [_asking(turn, task, "to", owner.question)]
    person, chat = await turn.uow.people.get(owner.person_id), await chat_of(turn.uow, owner.person_id)
    assert person is not None
    if owner.person_id == task.owner_person_id:
        return [Reply(turn.say("Die Aufgabe ist schon bei dieser Person."))]
    sender = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if sender is not None and sender.id == owner.person_id:
        return [await _hand_over(turn, services, task, owner.person_id)]
    if chat is None:
        raise UserError(turn.say("Diese Person erreiche ich hier nicht. Bitte frag sie zuerst selbst."))
    say = turn.say_to(chat[0])
    data = {"task": str(task.id), "taker": str(owner.person_id), "giver": str(task.owner_person_id or "")}
    choices = (
        Choice("ja", say("ja, übernehme ich"), data | {"do": "take"}),
        Choice("nein", say("nein"), data | {"do": "refuse"}),
    )
    asked = say("Übernimmst du diese Aufgabe aus dem Jour fixe? {task}").format(task=escaped(what(say, task)))
    told = turn.say("Ich frage {name}. Bis zur Zusage bleibt alles, wie es ist.")
    name = shortened(person.name, LONGEST_NAME)
    return [Reply(told.format(name=name)), Send(chat[0], asked, Offer(TASK, choices), person=chat[1])]


async def _hand_over(turn: Turn, services: Services, task: Task, person_id: int) -> Reply:
    task.owner_person_id, task.owner_name = person_id, ""
    await plan(turn, services, task)
    text = turn.say("Gut, die Aufgabe ist jetzt bei dir: {task}.").format(task=escaped(what(turn.say, task)))
    return Reply(text, _steps(turn.say, task, is_own=True))


async def _answer(turn: Turn, services: Services, task: Task, data: dict[str, str]) -> Sequence[Action]:
    person = await turn.uow.people.find(turn.message.conversation.platform, turn.message.sender.id)
    if person is None or str(person.id) != data["taker"] or str(task.owner_person_id or "") != data["giver"]:
        return [Reply(turn.say("Das gilt nicht mehr."))]
    is_taken = data["do"] == "take"
    told = await _told(turn, data["giver"], person.name, task, is_taken=is_taken)
    if not is_taken:
        return [Reply(turn.say("Gut, die Aufgabe bleibt, wo sie ist.")), *told]
    return [await _hand_over(turn, services, task, int(data["taker"])), *told]


async def _told(turn: Turn, former: str, name: str, task: Task, *, is_taken: bool) -> Sequence[Send]:
    """Tell whoever had the task, or the coordinators if nobody did, what came of the question."""
    chat = await chat_of(turn.uow, int(former)) if former else None
    places = [chat[0]] if chat else await turn.coordinators()
    said = []
    for place in places:
        say = turn.say_to(place)
        text = say("{name} übernimmt: {task}.") if is_taken else say("{name} kann gerade nicht übernehmen: {task}.")
        said.append(Send(place, text.format(name=shortened(name, LONGEST_NAME), task=escaped(what(say, task)))))
    return said


# reminding


async def begin(turn: Turn, services: Services, meeting_id: int) -> Sequence[Send]:
    """Have the confirmed tasks of minutes, just published, be reminded of, and tell each owner theirs."""
    own: dict[int, list[Task]] = {}
    for task in await turn.uow.minutes.tasks(meeting_id):
        if task.state == TaskState.OPEN and task.remind_on is None:
            await plan(turn, services, task)
            if task.owner_person_id is not None:
                own.setdefault(task.owner_person_id, []).append(task)
    return [send for person_id, tasks in own.items() for send in await _tell_owner(turn, person_id, tasks)]


async def _tell_owner(turn: Turn, person_id: int, tasks: Sequence[Task]) -> Sequence[Send]:
    chat = await chat_of(turn.uow, person_id)
    if chat is None:
        return []
    say = turn.say_to(chat[0])
    lines = "\n".join(f"- {escaped(what(say, task))}" for task in tasks)
    text = say("Aus dem Jour fixe ist bei dir:") + f"\n\n{lines}\n\n" + say("„aufgaben“ zeigt sie wieder.")
    return [Send(chat[0], text, person=chat[1])]


async def plan(turn: Turn | Night, services: Services, task: Task, *, after: date | None = None) -> None:
    """Set the next day on which something is said about an open task: after today, or after a later day."""
    published = await _published_on(turn, task)
    if task.owner_person_id is None and task.due_on is not None and task.due_on > turn.today:
        task.remind_on = task.due_on
    else:
        task.remind_on = next_day(published, task.due_on, after or turn.today, services.house.working_days)


async def _published_on(turn: Turn | Night, task: Task) -> date:
    minutes = await turn.uow.minutes.of_meeting(task.meeting_id) if task.meeting_id else None
    return (minutes.published_on if minutes else None) or turn.today


async def look_after(night: Night, services: Services) -> Sequence[Send]:
    """Remind owners of what is due, and tell the coordinators what has no owner, or none that could be reached."""
    if not services.house.working_days.is_working(night.today):
        return []
    said: list[Send] = []
    told = 0
    for task in await night.uow.minutes.open_tasks():
        if task.owner_person_id is not None and not await candidates.is_supporter(night, task.owner_person_id):
            task.owner_person_id, task.owner_name, task.remind_on = None, "", night.today
        if task.remind_on is None or task.remind_on > night.today:
            continue
        if task.owner_person_id is not None and not await _is_last(night, services, task):
            said += await _remind(night, services, task)
        elif told < SAID_A_NIGHT:
            told += 1
            said += await _tell_coordinators(night, task)
    return said


async def _is_last(night: Night, services: Services, task: Task) -> bool:
    assert task.remind_on is not None
    last = last_day(await _published_on(night, task), task.due_on, services.house.working_days)
    return task.remind_on >= last


async def _remind(night: Night, services: Services, task: Task) -> Sequence[Send]:
    assert task.owner_person_id is not None
    portrait = await night.uow.people.portrait(task.owner_person_id)
    if portrait is not None and portrait.paused_until and candidates.is_paused(portrait, night.today):
        task.remind_on = services.house.working_days.after(portrait.paused_until, 1)
        return []
    assert task.remind_on is not None
    # One that comes late, since we were away, is not followed by the next one at once.
    is_late = task.remind_on < night.today
    await plan(night, services, task, after=night.today + PAUSE if is_late else None)
    chat = await chat_of(night.uow, task.owner_person_id)
    if chat is None:
        return []
    say = night.say_to(chat[0])
    text = say("Deine Aufgabe aus dem Jour fixe: {task}. Wie steht es?").format(task=escaped(what(say, task)))
    return [Send(chat[0], text, _steps(say, task, is_own=True), person=chat[1])]


async def _tell_coordinators(night: Night, task: Task) -> Sequence[Send]:
    """Say once what is open, without a word about why."""
    places: Sequence[Conversation] = await night.coordinators()
    if not places:
        return []  # tried again the next night
    task.remind_on = None
    said = []
    for place in places:
        say = night.say_to(place)
        text = say("Noch offen: {task}.").format(task=escaped(await line(say, night.uow, task)))
        said.append(Send(place, text, _steps(say, task, is_own=False)))
    return said
