"""The message that shows where a round stands: one in each place of a group, with what can be chosen in its phase."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.messages import Change, Choice, Offer, Send
from bot.turn import Night, Turn
from handlers.peer_consultation import phases
from handlers.peer_consultation.circle import Circle, Say, choices, tell
from handlers.posts import settle
from knowledge.consultation_formats import Does
from storage.models.peer_consultation import GroupShows, Mode

LIVE = "consultation_live"  # topic of the offers below
_ON, _MORE, _PAUSE, _FIND, _END = (
    ("weiter", "weiter"),
    ("mehr", "5 Minuten mehr"),
    ("pause", "Pause"),
    ("finden", "Frage finden"),
    ("ende", "Ende"),
)
_DONE, _ANOTHER_DAY = ("fertig", "fertig"), ("mehr", "einen Tag mehr")
_WITH_OTHER_CHOICES = (Does.CASTING, Does.METHOD)


async def show(asking: Turn | Night, circle: Circle, write: Callable[[Say], str]) -> list[Send | Change]:
    """Say something anew wherever the group talks, with the choices of now below it; those below earlier ones go."""
    settled = await clear(asking, circle)
    return [*settled, *await tell(asking, circle, write, lambda say: _offer(say, circle), GroupShows.PHASE)]


async def show_again(asking: Turn | Night, circle: Circle, write: Callable[[Say], str]) -> list[Send | Change]:
    """Say something in the middle of a phase, with its choices, but where others are just being chosen from.

    There a number and „ja“ stay about those; a word still takes what stands below the announcement.
    """
    if circle.phase is not None and circle.phase.does in _WITH_OTHER_CHOICES:
        return [*await tell(asking, circle, write)]
    return await show(asking, circle, write)


async def clear(asking: Turn | Night, circle: Circle) -> list[Send | Change]:
    """Take the choices away that stand below what was said of the phase before, those of its parts and cases, too."""
    changes: list[Send | Change] = []
    for post in await asking.uow.consultations.posts(circle.number, GroupShows.PHASE):
        changes += await settle(asking, post)
        post.shows = GroupShows.OTHER
    return changes


def meaning(say: Say, circle: Circle, words: Sequence[tuple[str, str, str]]) -> tuple[Choice, ...]:
    """Choices about a group as it is now, by word, label and what is done: it need not be what the word says."""
    made = choices(say, circle, [(word, label) for word, label, _ in words])
    return tuple(replace(one, data={**one.data, "do": do}) for one, (*_, do) in zip(made, words, strict=True))


def _offer(say: Say, circle: Circle) -> Offer:
    if circle.group.paused_at is not None:
        # Of two who end a pause at once, the second one must not end the phase.
        return Offer(LIVE, meaning(say, circle, [("weiter", "weiter", "fortsetzen"), (*_END, "ende")]), lasts=True)
    return Offer(LIVE, choices(say, circle, _words(circle)), lasts=True)


def _words(circle: Circle) -> Sequence[tuple[str, str]]:
    if circle.group.mode == Mode.WRITTEN:
        return _ON, _DONE, _ANOTHER_DAY
    return (_ON, _MORE, _PAUSE, _FIND) if phases.is_key_question(circle.phase) else (_ON, _MORE, _PAUSE)
