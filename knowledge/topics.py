"""Sensitive topics: too personal to be answered from memory or stored. Each names the office that helps."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Topic:
    """A sensitive topic, recognised by its words and by questions that mean the like of its examples.

    A word is found where words begin like it, whatever the spelling: „mobbing“ in „Mobbingvorwurf“.
    """

    name: str
    office: str
    """Sentences that say who helps."""
    words: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    is_urgent: bool = False
    """Somebody may be in danger: the office is named before anything else is said."""


@cache
def built_in() -> tuple[Topic, ...]:
    """The topics of every house, the urgent one first. Offices have no contacts, for only the house knows them."""
    return tuple(
        Topic(
            table["topic"],
            table["office"],
            tuple(table["words"]),
            tuple(table["examples"]),
            table.get("urgent", False),
        )
        for table in _file()["sensitive"]
    )


@cache
def ordinary() -> tuple[str, ...]:
    """Questions about how something is done and troubles with machines, often neighbours of the topics."""
    return tuple(_file()["ordinary"])


@cache
def harmless() -> tuple[str, ...]:
    """What people say who are shy or cannot come: it sounds like distress and is none."""
    return tuple(_file()["harmless"])


def find(name: str, topics: Iterable[Topic]) -> Topic | None:
    """The topic of this name, whatever its case."""
    return next((topic for topic in topics if topic.name.casefold() == name.casefold()), None)


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(files("knowledge").joinpath("topics.toml").read_text("utf-8"))
