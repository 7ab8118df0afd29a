"""The tables themselves: what a line asks for is held against what came, and nothing passes that did not come."""

from pathlib import Path

import pytest

from dialogues.script import Heard, Line, check_news, read

SAID = Heard("Weiß jemand, wo der Scanner steht?")
CHANGED = Heard("Weiß jemand, wo der Drucker steht?", is_edit=True)
GONE = Heard("Weiß jemand, wo der Scanner steht?", is_deletion=True)


def checked(verb: str, text: str, *news: Heard) -> list[Heard]:
    """What is left after a line was held against these news."""
    left = [*news]
    check_news(Line(1, "raum", "", text), verb, left)
    return left


@pytest.mark.parametrize(
    ("verb", "text", "left"),
    [
        ("erhält", "Weiß jemand | Scanner", [CHANGED, GONE]),
        ("erhält ändert", "Drucker", [SAID, GONE]),
        ("erhält löscht", "Scanner", [SAID, CHANGED]),
        ("erhält ohne", "Özdemir | Berger", [SAID, CHANGED, GONE]),
    ],
)
def test_message_that_a_line_names_is_taken_out(verb: str, text: str, left: list[Heard]) -> None:
    assert checked(verb, text, SAID, CHANGED, GONE) == left


def test_nothing_is_what_came_when_all_is_taken_out() -> None:
    assert checked("erhält nichts", "") == []


@pytest.mark.parametrize(
    ("verb", "text", "news"),
    [
        ("erhält", "Drucker", [SAID]),
        ("erhält", "Weiß jemand | Drucker", [SAID]),
        ("erhält", "Weiß jemand", [CHANGED]),
        ("erhält", "Weiß jemand", [GONE]),
        ("erhält", "Weiß jemand", []),
        ("erhält ändert", "Scanner", [SAID]),
        ("erhält löscht", "Scanner", [SAID]),
        ("erhält ohne", "Berger | Scanner", [CHANGED, SAID]),
        ("erhält ohne", "Berger", []),
        ("erhält nichts", "", [SAID]),
    ],
)
def test_what_did_not_come_so_is_no_match(verb: str, text: str, news: list[Heard]) -> None:
    with pytest.raises(AssertionError):
        checked(verb, text, *news)


def test_lines_above_the_first_dialogue_belong_to_each_one(tmp_path: Path) -> None:
    file = tmp_path / "some.txt"
    file.write_text("in Teams: lotse, raum lotsen\nin Matrix: svenja\n\n# a\nlotse: hallo\n# b\n", encoding="utf-8")
    first, second = read(file)
    assert first.homes == second.homes == {"lotse": "Teams", "raum lotsen": "Teams", "svenja": "Matrix"}
    assert [line.text for line in first.lines][-1] == "hallo"
