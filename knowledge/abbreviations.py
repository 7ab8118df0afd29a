"""Abbreviations with more than one reading, which the words around them tell apart."""

import re
from collections.abc import Mapping

from knowledge.glossary import Concept, Expansion, Glossary
from knowledge.text import normalise

READINGS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "PR": (
        ("Personalrat, Personalvertretung", "Mitbestimmung, Beteiligung, Zustimmung"),
        ("Öffentlichkeitsarbeit, Pressearbeit, Pressemitteilung", "Medien, Social Media"),
    ),
    "OE": (
        ("Organisationsentwicklung, Veränderungsmanagement", "Change Management, Umbau, Begleitung, Prozesse"),
        ("Organisationseinheit, Organisationseinheiten", "Organigramm, Stellenplan, Abteilung, Pflege"),
    ),
    "RPA": (
        ("Rechnungsprüfungsamt, Rechnungsprüfung", "Prüfung, Prüfer, Vergabe, Prüfbericht"),
        ("Robotic Process Automation, Softwareroboter", "Abläufe automatisieren, Power Automate"),
    ),
    "PM": (
        ("Projektmanagement", "Projekt, Meilensteine, Projektauftrag"),
        ("Pressemitteilung, Pressemitteilungen", "Presse, Öffentlichkeitsarbeit"),
    ),
    "AZ": (
        ("Aktenzeichen", "Aktenplan, Akte"),
        ("Arbeitszeit", "Zeiterfassung, Gleitzeit, Stunden"),
    ),
}
"""Abbreviations with more than one reading: the names of each, and words that surround it."""


def reading_of(expansion: Expansion, term: str) -> int | None:
    """Which reading of an abbreviation a word for it stands for, if it is known."""
    words = {expansion.term, *expansion.alternatives}
    return next((number for number, names in enumerate(NAMES.get(term, ())) if not words.isdisjoint(names)), None)


def _listed(*words: str) -> list[str]:
    return [word for part in words for word in part.split(", ")]


ABBREVIATION = re.compile(rf"\b(?:{'|'.join(READINGS)})\b", re.IGNORECASE)
"""Finds them before a text is normalised, which takes longer."""
AROUND = {normalise(term): [_listed(*words) for words in readings] for term, readings in READINGS.items()}
"""By the normalised abbreviation: the words that tell each of its readings, as they are written."""
NAMES = {
    normalise(term): [frozenset(map(normalise, _listed(names))) for names, _ in readings]
    for term, readings in READINGS.items()
}
"""By the normalised abbreviation: the normalised names of each of its readings."""
GLOSSARY = Glossary(Concept((term, *sorted(names))) for term, readings in NAMES.items() for names in readings)
"""Each reading as a concept of its own."""
