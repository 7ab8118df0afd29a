"""The scale on which people say whether something was worth the time: from 0 to 5, each with a word."""

from collections.abc import Callable, Mapping

from bot.messages import Choice

VALUES = tuple(map(str, range(6)))


def choices(say: Callable[[str], str], data: Callable[[str], Mapping[str, str]]) -> tuple[Choice, ...]:
    """The values as choices, 0 as the last one, so that others have the numbers that they are; each with its `data`."""
    found = [Choice(value, f"{value}, {label}", data(value)) for value, label in words(say).items()]
    return (*found[1:], found[0])


def words(say: Callable[[str], str]) -> Mapping[str, str]:
    """The word of each value, from 0 up."""
    said = (say("gar nicht"), say("kaum"), say("ein wenig"), say("teils"), say("ja"), say("sehr"))
    return dict(zip(VALUES, said, strict=True))
