"""Grouping by meaning, with the real model."""

from collections.abc import Sequence

import numpy as np
import pytest

from knowledge.embedding import Embedder
from knowledge.grouping import clusters, duplicates
from knowledge.vectors import EntryText, embed, embed_question, origin

OTHERS = ("Wie bestelle ich Visitenkarten?", "Was mache ich bei Feueralarm?", "Darf mein Hund mit ins Büro?")


@pytest.mark.parametrize(
    "same",
    [
        (
            "Wo kann ich mein Dienstrad parken?",
            "wo parke ich das dienstrad",
            "Gibt es einen Stellplatz für Diensträder?",
        ),
        (
            "Wie beantrage ich einen Dienstausweis?",
            "Wie beantrge ich ein Dienstausweiss",
            "Hallo zusammen, wie kriege ich einen Dienstausweis? Danke euch!",
        ),
        (
            "Wer bezahlt den Lots:innen die Fahrtkosten?",
            "wer zahlt den lotsen die fahrtkosten",
            "Bekommen Lotsinnen und Lotsen ihre Fahrtkosten erstattet?",
        ),
    ],
    ids=["lower case", "typos and courtesies", "gender forms"],
)
def test_one_question_in_three_wordings_is_one_topic(embedder: Embedder, same: Sequence[str]) -> None:
    questions = [OTHERS[0], same[0], OTHERS[1], same[1], same[2], OTHERS[2]]
    vectors = np.stack([embed_question(embedder, question) for question in questions])
    found = clusters(questions, vectors, origin(embedder).asked)
    assert [cluster.members for cluster in found] == [(1, 3, 4), (0,), (2,), (5,)]
    assert found[0].heading in same


def test_entries_that_ask_the_same_are_found_among_others_on_their_topic(embedder: Embedder) -> None:
    entries = [
        EntryText(
            "einrichten", "Wie richte ich eine Videokonferenz ein?", "Im Kalender „Termin“ wählen, Leute einladen."
        ),
        EntryText("aufzeichnen", "Darf ich eine Videokonferenz aufzeichnen?", "Nur wenn alle vorher zugestimmt haben."),
        EntryText(
            "planen", "Wie plane ich eine Videokonferenz?", "Im Kalender einen Termin anlegen und die Leute einladen."
        ),
        EntryText("einwahl", "Kann man sich per Telefon einwählen?", "Ja, die Nummer steht in der Einladung."),
    ]
    means = origin(embedder)
    (group,) = duplicates(embed(embedder, entries), means.asked, means.told)
    assert group.entry_ids == ("einrichten", "planen")


def test_steps_for_another_product_are_no_duplicate(embedder: Embedder) -> None:
    entries = [
        EntryText(name, f"Wie lege ich in {name} einen neuen Vorgang an?", "Oben auf „Neu“ klicken, dann speichern.")
        for name in ("enaio", "d.3", "nscale")
    ]
    means = origin(embedder)
    assert duplicates(embed(embedder, entries), means.asked, means.told) == []
