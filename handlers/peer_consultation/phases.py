"""What is said of the phases of a round: which one it is, until when, who speaks in it, and what comes next."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta, tzinfo

from handlers.cards import day_in_words
from handlers.jour_fixe.appointments import clock
from handlers.peer_consultation.circle import Circle, Member, Say
from knowledge.consultation_formats import Does, Laps, Phase
from knowledge.minutes import escaped
from knowledge.time_boxes import rest
from storage.models.peer_consultation import NoteKind, Part

EVENING = time(18)
"""When something that is done in writing ends, on its last day."""
FINDING = "finding"
"""What the case giver wishes who has the others propose questions; kept as long as the phase."""
PAIR = 2
"""So many talk with each other: nobody only listens."""
ASKED = "asked"
"""What the case giver has done who wrote the key question; kept as long as the phase."""
NOTED_BY_US = "bot notes"
"""The step of a group that nobody writes for: what is contributed is noted by the bot, for the case giver."""


# who speaks


def may_speak(circle: Circle, phase: Phase, member: Member, *, is_finding: bool = False) -> bool:
    """Whether somebody has the word in a phase: everybody while they look for the key question, or if two are left."""
    return is_finding or len(circle.members) <= PAIR or phase.lets_speak(member.row.part)


def speakers(circle: Circle, phase: Phase) -> Sequence[Member]:
    """Who has the word in a phase, in their order."""
    return [member for member in circle.members if may_speak(circle, phase, member)]


def is_listening(circle: Circle, phase: Phase | None) -> bool:
    """Whether the case giver only listens in a phase."""
    giver = circle.case_giver
    return phase is not None and giver is not None and not may_speak(circle, phase, giver)


def line_of(circle: Circle, phase: Phase) -> Sequence[Member]:
    """Who speaks one after the other; whoever has the case answers in between."""
    return [member for member in speakers(circle, phase) if member.row.part != Part.CASE_GIVER]


def next_speaker(circle: Circle, phase: Phase, done: frozenset[int]) -> Member | None:
    """Whose turn it is where one speaks after the other; None when all had theirs."""
    return next((member for member in line_of(circle, phase) if member.id not in done), None)


def names(circle: Circle) -> Mapping[Part, str]:
    """The names of those who have a part, as Markdown; of several, all of them."""
    parts = {member.row.part for member in circle.members if member.row.part is not None}
    return {part: ", ".join(escaped(member.name) for member in circle.of(part)) for part in parts}


# which one comes


def place_for_advice(circle: Circle, phase: Phase) -> Phase | None:
    """The phase to come in which advice is welcome."""
    order = circle.plan.order
    ahead = order[[one.id for one in order].index(phase.id) + 1 :]
    return next((one for one in ahead if one.notes == NoteKind.SOLUTION or one.does is Does.ADVICE), None)


def people_of(circle: Circle) -> int:
    """In how many laps everybody is case giver once; who has left leaves a gap."""
    return max((member.row.place for member in circle.members), default=-1) + 1


def after(circle: Circle, phase: Phase, lap: int) -> tuple[Phase, int] | None:
    """The phase and the lap that come next, without the laps of those who have left; None at the end."""
    following = circle.plan.following(phase.id, lap, people_of(circle))
    while following is not None and following[1] != lap and not _has_giver(circle, following[1]):
        last = circle.plan.lap_phases[-1]
        lap = following[1]
        following = circle.plan.following(last.id, lap, people_of(circle))
    return following


def before(circle: Circle, phase: Phase, lap: int) -> tuple[Phase, int] | None:
    """The phase and the lap before; None at the beginning."""
    walked: list[tuple[Phase, int]] = []
    step: tuple[Phase, int] | None = beginning(circle)
    while step is not None and (step[0].id, step[1]) != (phase.id, lap):
        walked.append(step)
        step = after(circle, *step)
    return walked[-1] if walked else None


def days_after(circle: Circle, phase: Phase, lap: int) -> int:
    """How many working days the phases take that come after one; none where they take minutes."""
    total, step = 0, after(circle, phase, lap)
    while step is not None:
        total += step[0].days or 0
        step = after(circle, *step)
    return total


def beginning(circle: Circle) -> tuple[Phase, int]:
    """The phase and the lap with which a round begins."""
    first = circle.plan.order[0]
    lap = min((member.row.place for member in circle.members), default=0) if first.in_lap else 0
    return first, lap


def _has_giver(circle: Circle, lap: int) -> bool:
    return any(member.row.place == lap for member in circle.members)


# what is said


def announcement(say: Say, circle: Circle, phase: Phase, zone: tzinfo | None) -> str:
    """The present phase: its number and title, until when, its rule, who speaks, and what comes next."""
    lines = [
        heading(say, circle, phase),
        box(say, circle, phase, zone),
        _rule(say, circle, phase),
        _word(say, circle, phase),
    ]
    return "\n".join(filter(None, lines)) + "\n\n" + _next(say, circle, phase)


def _rule(say: Say, circle: Circle, phase: Phase) -> str:
    is_for_more = not phase.lets_speak(Part.CASE_GIVER)
    if len(circle.members) <= PAIR and is_for_more:
        return say("Zu zweit wird daraus ein Gespräch.")
    return phase.said(names(circle))


def heading(say: Say, circle: Circle, phase: Phase) -> str:
    """„Phase 3 von 6: Schlüsselfrage“; where everybody is case giver once, also whose turn that is."""
    title = escaped(phase.title)
    if circle.plan.laps is Laps.EACH and phase.in_lap:
        laps, present = circle.plan.lap_phases, [member.row.place for member in circle.members]
        text = say("**Runde {lap} von {laps}, Phase {number} von {last}: {title}**")
        return text.format(
            lap=sum(place <= circle.group.lap for place in present),
            laps=len(present),
            number=_place(laps, phase),
            last=len(laps),
            title=title,
        )
    text = say("**Phase {number} von {last}: {title}**")
    return text.format(number=_place(circle.plan.order, phase), last=len(circle.plan.order), title=title)


def _place(phases: Sequence[Phase], phase: Phase) -> int:
    return [one.id for one in phases].index(phase.id) + 1


def box(say: Say, circle: Circle, phase: Phase, zone: tzinfo | None) -> str:
    """How long a phase takes and until when: a time of day, or in writing a day."""
    until = circle.group.phase_until
    if until is None:
        return ""
    ends = until.astimezone(zone)
    if phase.days is not None:
        return say("Zeit bis {day}, {hour} Uhr.").format(day=day_in_words(ends.date()), hour=ends.hour)
    minutes = phase.minutes or 0
    text = say("Eine Minute, bis {clock} Uhr.") if minutes == 1 else say("{minutes} Minuten, bis {clock} Uhr.")
    return text.format(minutes=minutes, clock=hour(until, zone))


def hour(moment: datetime, zone: tzinfo | None) -> str:
    """A moment as the clocks of the house show it."""
    return clock(moment.astimezone(zone).time())


def moment(say: Say, at: datetime, now: datetime) -> str:
    """A moment to come, in the middle of a sentence: a time of today, or a day and a time."""
    text = say("um {clock} Uhr") if at.astimezone(now.tzinfo).date() == now.date() else say("am {day}, {clock} Uhr")
    return text.format(day=day_in_words(at.astimezone(now.tzinfo).date()), clock=hour(at, now.tzinfo))


def _word(say: Say, circle: Circle, phase: Phase) -> str:
    """Who speaks, by name, unless the rule tells that already."""
    first = next_speaker(circle, phase, frozenset()) if phase.in_turn else None
    if first is not None:
        return say("Es beginnt {name}.").format(name=escaped(first.name))
    speaking, giver = speakers(circle, phase), circle.case_giver
    if giver is None or len(speaking) == len(circle.members) or f"{{{Part.CASE_GIVER}}}" in phase.rule:
        return ""
    if is_listening(circle, phase):
        return say("Alle außer {name} haben das Wort.").format(name=escaped(giver.name))
    return say("Das Wort hat {name}.").format(name=escaped(giver.name))


def _next(say: Say, circle: Circle, phase: Phase) -> str:
    following = after(circle, phase, circle.group.lap)
    if following is None:
        return say("Danach ist die Beratung zu Ende.")
    if following[1] != circle.group.lap:
        giver = next(member for member in circle.members if member.row.place == following[1])
        return say("Danach: der Fall von {name}.").format(name=escaped(giver.name))
    return say("Danach: {title}.").format(title=escaped(following[0].title))


def pause_text(say: Say, circle: Circle, phase: Phase) -> str:
    """That the clock stands still, and how much time is left then."""
    until, paused_at = circle.group.phase_until, circle.group.paused_at
    assert until is not None
    assert paused_at is not None
    left = _minutes(rest(until, paused_at))
    if not left:
        text = say("Pause. Die Zeit für „{title}“ ist um. „weiter“ beendet die Pause.")
    else:
        text = say("Pause. „{title}“ hat danach noch {minutes} Min. „weiter“ beendet die Pause.")
    return text.format(title=escaped(phase.title), minutes=left)


def standing(say: Say, circle: Circle, phase: Phase, now: datetime) -> str:
    """Where the round stands: the phase, how much time is left, who has which part, what comes next."""
    return "\n".join(filter(None, [heading(say, circle, phase), _left(say, circle, phase, now), parts(say, circle)]))


def _left(say: Say, circle: Circle, phase: Phase, now: datetime) -> str:
    until = circle.group.phase_until
    if circle.group.paused_at is not None:
        return pause_text(say, circle, phase)
    if until is None or phase.days is not None:
        return box(say, circle, phase, now.tzinfo)
    if until <= now:
        return say("Die Zeit ist seit {clock} Uhr um.").format(clock=hour(until, now.tzinfo))
    left = _minutes(until - now)
    return say("Noch {minutes} Min., bis {clock} Uhr.").format(minutes=left, clock=hour(until, now.tzinfo))


def _minutes(span: timedelta) -> int:
    """Full minutes, and one for what is less; none for nothing."""
    return max(round(span / timedelta(minutes=1)), int(span > timedelta()))


def parts(say: Say, circle: Circle) -> str:
    """Who has which part: „Fall Aylin Kaya, Moderation Ruth Ebert“."""
    words = {
        Part.CASE_GIVER: say("Fall {name}"),
        Part.MODERATOR: say("Moderation {name}"),
        Part.SCRIBE: say("Mitschrift {name}"),
        Part.TIMEKEEPER: say("Zeit {name}"),
        Part.OBSERVER: say("Beobachtung {name}"),
    }
    given = names(circle)
    return ", ".join(words[part].format(name=given[part]) for part in words if part in given)


def is_key_question(phase: Phase | None) -> bool:
    """Whether they are looking for the key question."""
    return phase is not None and phase.does is Does.KEY_QUESTION
