"""Questions for measuring, from a file: what is asked, and which entries answer it."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path

from knowledge.evaluation import Query
from knowledge.formats.rows import BrokenFile, Problem, decoded
from knowledge.importing import data_of


def read(path: Path, known: Collection[str]) -> list[Query]:
    """Return the questions of a JSON Lines file with `query` and `gold`, a list of ids, empty if nothing answers it.

    `known` are the ids of all entries. Raises BrokenFile with all problems that were found.
    """
    found = list(_found(decoded(data_of(path), "bitte als UTF-8 speichern"), known))
    queries = [each for each in found if isinstance(each, Query)]
    if problems := [each for each in found if isinstance(each, Problem)]:
        raise BrokenFile(problems)
    if not queries:
        raise BrokenFile([Problem(None, "Die Datei enthält keine Frage.")])
    return queries


def _found(text: str, known: Collection[str]) -> Iterator[Query | Problem]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            query = _query(line, known)
            yield query if isinstance(query, Query) else Problem(number, query)


def _query(line: str, known: Collection[str]) -> Query | str:
    """Return what a line asks, or a German sentence that says what is wrong with it."""
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return "Die Zeile ist kein gültiges JSON."
    if not isinstance(row, dict) or not isinstance(row.get("query"), str):
        return "Die Frage fehlt: „query“ muss ein Text sein."
    gold = row.get("gold")
    if not isinstance(gold, list) or not all(isinstance(entry, str) for entry in gold):
        return "„gold“ muss eine Liste von ids sein, leer für eine Frage ohne Antwort."
    if missing := [entry for entry in gold if entry not in known]:
        return f"Den Eintrag „{missing[0][:60]}“ aus „gold“ gibt es im Wissen nicht, oder er ist nicht freigegeben."
    return Query(row["query"], frozenset(gold))
