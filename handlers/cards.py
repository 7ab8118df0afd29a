"""How a portrait looks: to everybody, and with what only its person sees."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

from babel.dates import format_date

from bot.language import in_words
from handlers.ask import LONGEST_NAME, shortened
from handlers.candidates import is_paused
from storage.models.people import Availability, Experience, Person, Portrait

Say = Callable[[str], str]


def card(say: Say, person: Person, portrait: Portrait, today: date) -> str:
    """What everybody may read of somebody, in Markdown; nothing that is empty, and nothing of a pause."""
    name, department = shortened(_line(person.name), LONGEST_NAME), person.department or ""
    heading = name if department in name else f"{name}, {department}"  # where platforms show it beside the name
    return "\n".join((f"{heading}\n", *(f"- {fact}" for fact in _facts(say, portrait, today))))


def _facts(say: Say, portrait: Portrait, today: date) -> Iterator[str]:
    named = (
        (say("Themen: {text}"), ", ".join(portrait.topics)),
        (say("Formate: {text}"), ", ".join(portrait.formats)),
        (say("Wann: {text}"), portrait.note),
        (say("Nicht: {text}"), portrait.out_of_scope),
        (say("Kontakt: {text}"), portrait.contact),
    )
    yield from (fact.format(text=_line(text)) for fact, text in named if _line(text))
    if is_paused(portrait, today):
        return
    match portrait.availability:
        case Availability.FREE:
            yield say("Hat gerade Luft.")
        case Availability.SOME_ROOM:
            yield say("Hat gerade etwas Luft.")


def private_facts(say: Say, person: Person, portrait: Portrait, deputy: Person | None, today: date) -> Sequence[str]:
    """What only somebody themselves may read of their portrait, a line each."""
    facts = []
    if portrait.paused_until and portrait.paused_until >= today:
        facts.append(pause(say, portrait, today))
    if portrait.availability == Availability.FULL:
        facts.append(say("Auslastung: voll"))
    if portrait.weekly_capacity is not None:
        facts.append(say("Eigene Grenze: höchstens {count} in der Woche").format(count=portrait.weekly_capacity))
    if portrait.experience:
        is_new = portrait.experience == Experience.NEW
        facts.append(say("Erfahrung: neu dabei") if is_new else say("Erfahrung: erfahren"))
    if deputy:
        facts.append(say("Vertretung: {name}").format(name=shortened(_line(deputy.name), LONGEST_NAME)))
    if not person.is_named:
        facts.append(say("Antworten: ohne Namen"))
    return facts


def pause(say: Say, portrait: Portrait, today: date) -> str:
    """From when until when somebody pauses."""
    assert portrait.paused_until is not None
    last = day_in_words(portrait.paused_until)
    if portrait.paused_from is None or portrait.paused_from <= today:
        return say("Pause bis {last}, dieser Tag eingeschlossen.").format(last=last)
    first = day_in_words(portrait.paused_from)
    return say("Pause von {first} bis {last}, beide Tage eingeschlossen.").format(first=first, last=last)


def day_in_words(day: date) -> str:
    """A day as it is said: Donnerstag, 3. Dezember 2026."""
    return f"{format_date(day, 'EEEE', locale='de_DE')}, {in_words(day)}"


def is_empty(portrait: Portrait) -> bool:
    """Whether there is nothing in a portrait that anybody could read."""
    return not any((portrait.topics, portrait.formats, portrait.note, portrait.out_of_scope, portrait.contact))


def _line(text: str) -> str:
    return " ".join(text.split())
