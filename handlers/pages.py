"""Cuts a list into pages that people read at once."""

from collections.abc import Iterator, Sequence

from handlers.ask import LONGEST_ANSWER

HEADING = 160
"""Characters of a page that its heading and what stands below the list may take."""
LINES = 6
"""Lines of a page at most: with the steps below them no more than one digit can name."""


def page(lines: Sequence[str], after: int = 0, most: int = LINES) -> Sequence[str]:
    """The lines behind the first `after` ones that stand on one page; at least one, as long as there is one."""
    return tuple(_fitting(lines[after : after + most]))


def _fitting(lines: Sequence[str]) -> Iterator[str]:
    length = HEADING
    for place, line in enumerate(lines):
        length += len(line) + len("1. \n")
        if place and length > LONGEST_ANSWER:
            return
        yield line
