"""Who comes to a meeting, as others see it: what can be said about it, and only sums of what was said."""

from collections import Counter
from collections.abc import Callable, Sequence

from bot.messages import Choice
from handlers.ask import LONGEST_NAME, shortened
from storage.database import UnitOfWork
from storage.models.jour_fixe import Coming, Meeting

COMING = "coming"  # topic of the offer with these choices
FEWEST_SHOWN = 3
"""Of fewer answers not even the sums are shown: they would tell who said what."""


def choices(say: Callable[[str], str], meeting: Meeting) -> tuple[Choice, ...]:
    """What somebody can say about coming; in rooms these words are heard without naming the bot."""
    data = {"meeting": str(meeting.id)}
    return (
        Choice("komme", say("komme"), data | {"do": Coming.YES}, reaction="ja"),
        Choice("vielleicht", say("vielleicht"), data | {"do": Coming.MAYBE}),
        Choice("absage", say("komme nicht"), data | {"do": Coming.NO}, reaction="nein"),
    )


async def sums(say: Callable[[str], str], uow: UnitOfWork, meeting_id: int) -> str:
    """How many come, may come and do not: „9 kommen, 2 vielleicht, 2 nicht“; nothing while few have said so."""
    said = Counter(Coming(one.coming) for one in await uow.attendance.all(meeting_id) if one.coming is not None)
    if said.total() < FEWEST_SHOWN:
        return ""
    parts = (
        (say("1 kommt") if said[Coming.YES] == 1 else say("{count} kommen"), said[Coming.YES]),
        (say("{count} vielleicht"), said[Coming.MAYBE]),
        (say("{count} nicht"), said[Coming.NO]),
    )
    return ", ".join(text.format(count=count) for text, count in parts if count)


async def named(uow: UnitOfWork, meeting_id: int) -> Sequence[str]:
    """The names of those who came, as far as they agreed to stand in the minutes, by the alphabet."""
    agreed = [
        one.person_id for one in await uow.attendance.all(meeting_id) if one.may_be_named and one.coming == Coming.YES
    ]
    people = [await uow.people.get(person_id) for person_id in agreed]
    return sorted((shortened(one.name, LONGEST_NAME) for one in people if one is not None), key=str.casefold)
