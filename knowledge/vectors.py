"""What is embedded for an entry, and the mean that vectors are seen from while there are few entries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

import numpy as np

from knowledge.embedding import Embedder, Progress, Vectors
from knowledge.text import chunks, strip_courtesies


@dataclass(frozen=True)
class EntryText:
    """The searchable text of one entry. `question` or `answer` may be empty, but not both."""

    id: str
    question: str
    answer: str
    phrasings: tuple[str, ...] = ()
    """How people asked for this entry and confirmed that it was the answer."""
    audience: str = ""
    """Who may find the entry; compared for equality only."""
    rejected: tuple[str, ...] = ()
    """Questions of people who said that this entry does not answer them."""

    @property
    def passage(self) -> str:
        """Question and answer in one text."""
        return f"{self.question} {self.answer}".strip()

    @property
    def parts(self) -> tuple[str, ...]:
        """The passage, then each chunk of the answer behind the question, if the answer has more than one."""
        cut = chunks(self.answer)
        return (self.passage, *(f"{self.question} {chunk}".strip() for chunk in cut if len(cut) > 1))


@dataclass(frozen=True)
class EntryVectors:
    """An entry with its vectors, all of length one."""

    text: EntryText
    asked: Vectors
    """Query vectors of the question (its passage vector if there is no question) and of each phrasing: (1 + k, d)."""
    told: Vectors
    """Passage vectors of `EntryText.parts`: (1 + chunks, d)."""
    refused: Vectors = field(default_factory=lambda: np.empty((0, 0), np.float32))
    """Query vectors of `EntryText.rejected`: (r, d); of any d if there are none."""


@dataclass(frozen=True)
class Origin:
    """Mean query and mean passage vector of everyday German; shape (dimension,) each."""

    asked: Vectors
    told: Vectors


def embed(embedder: Embedder, entries: Sequence[EntryText], progress: Progress | None = None) -> list[EntryVectors]:
    """Embed entries, each different text once. `progress` counts passages, which take nearly all of the time."""
    asked = _numbered(text for entry in entries for text in (entry.question, *entry.phrasings, *entry.rejected))
    told = _numbered(part for entry in entries for part in entry.parts)
    asked_vectors = embedder.encode_queries(list(asked))
    told_vectors = embedder.encode_documents(list(told), progress)

    def vectors(entry: EntryText) -> EntryVectors:
        parts = told_vectors[[told[part] for part in entry.parts]]
        phrasings = asked_vectors[[asked[text] for text in entry.phrasings]]
        question = asked_vectors[[asked[entry.question]]] if entry.question else parts[:1]
        refused = asked_vectors[[asked[text] for text in entry.rejected]]
        return EntryVectors(entry, np.concatenate([question, phrasings]), parts, refused)

    return [vectors(entry) for entry in entries]


def embed_question(embedder: Embedder, question: str) -> Vectors:
    """Embed what a person asks, without greeting and thanks; shape (dimension,)."""
    vector: Vectors = embedder.encode_queries([strip_courtesies(question)])[0]
    return vector


@cache
def origin(embedder: Embedder) -> Origin:
    """Embed everyday questions and answers (about a second); an empty index has no mean of its own."""
    questions = [question for question, _ in EVERYDAY]
    passages = [f"{question} {answer}" for question, answer in EVERYDAY]
    return Origin(embedder.encode_queries(questions).mean(axis=0), embedder.encode_documents(passages).mean(axis=0))


def _numbered(texts: Iterable[str]) -> dict[str, int]:
    """Number different texts in the order of their first appearance; empty ones get none."""
    return {text: number for number, text in enumerate(dict.fromkeys(filter(None, texts)))}


EVERYDAY = (
    ("Wie melde ich mich an?", "Öffnen Sie die Seite und melden Sie sich mit Ihrem Konto an."),
    ("Wo finde ich das Formular?", "Das Formular steht auf unserer Internetseite bereit."),
    ("Wer hilft mir bei technischen Fragen?", "Bitte wenden Sie sich an die Hotline."),
    ("Warum funktioniert das nicht?", "Starten Sie das Gerät neu und versuchen Sie es noch einmal."),
    ("Was kostet das?", "Für Sie entstehen keine Kosten."),
    ("Wann ist die Frist?", "Die Frist endet am letzten Tag des Monats."),
    ("Welche Unterlagen brauche ich?", "Sie brauchen einen Ausweis und einen Nachweis."),
    ("Kann ich das auch online erledigen?", "Ja, das ist jederzeit möglich."),
    ("Was bedeutet dieser Begriff?", "Damit ist gemeint, dass mehrere Personen gemeinsam daran arbeiten."),
    ("Darf ich das an andere weitergeben?", "Nein, das ist nicht erlaubt."),
    ("Wie lange dauert die Bearbeitung?", "In der Regel dauert es einige Tage."),
    ("Muss ich dafür persönlich erscheinen?", "Sie müssen dafür nicht vor Ort sein."),
    ("Was passiert mit meinen Daten?", "Ihre Daten werden nur für diesen Zweck gespeichert."),
    ("Wie kann ich das ändern oder löschen?", "Wählen Sie den Eintrag aus und bestätigen Sie die Änderung."),
    ("Wer ist dafür zuständig?", "Zuständig ist die jeweilige Abteilung."),
    ("Gibt es dazu eine Anleitung?", "Eine Anleitung mit Bildern finden Sie im Handbuch."),
)
"""Questions and answers of no field, as a help desk hears them."""
