"""Titles as people write them in a chat: what is proposed instead reads as German."""

import pytest

from knowledge.case_titles import NEUTRAL, check
from knowledge.departments import Department, Departments

HOUSE = Departments([Department("Fachbereich 3 – Soziales", ("FB 3",)), Department("Sozialamt", ("Amt 50",), "FB 3")])


@pytest.mark.parametrize(
    ("title", "proposal"),
    [
        # an office without an article, with a verb or without
        ("ordnungsamt zu spät", "Ein anderer Bereich: zu spät"),
        ("ordnungsamt überlastet", "Ein anderer Bereich: überlastet"),
        ("ordnungsamt kommt immer zu spät", "Ein anderer Bereich kommt immer zu spät"),
        ("ordnugsamt macht nix", "Ein anderer Bereich macht nix"),
        ("sozialamt blockt digitalisierung", "Ein anderer Bereich blockt Digitalisierung"),
        ("amt 50 sagt immer nein", "Ein anderer Bereich sagt immer nein"),
        ("jugendamt", "Zusammenarbeit mit einem anderen Bereich"),
        ("konflikt ordnungsamt", "Konflikt mit einem anderen Bereich"),
        ("stress mit ordnungsamt", "Stress mit einem anderen Bereich"),
        # in the case that is asked for
        ("das jugendamt schickt keine akten", "Ein anderer Bereich schickt keine Akten"),
        ("ich brauche das bauamt", "Ich brauche einen anderen Bereich"),
        ("schuld ist das ordnungsamt", "Schuld ist ein anderer Bereich"),
        ("warum das ordnungsamt nie zurückruft", "Warum ein anderer Bereich nie zurückruft"),
        ("wie sag ich dem ordnungsamt nein", "Wie sag ich einem anderen Bereich nein"),
        ("übergabe an das sozialamt klappt nicht", "Übergabe an einen anderen Bereich klappt nicht"),
        ("ärger mit dem jugendamt wegen termin", "Ärger mit einem anderen Bereich wegen Termin"),
        ("kritik an der kämmerei", "Kritik an einem anderen Bereich"),
        ("keine rückmeldung vom bauamt", "Keine Rückmeldung von einem anderen Bereich"),
        ("soll ich zum jugendamt wechseln", "Soll ich zu einem anderen Bereich wechseln"),
        ("leitung der stadtbücherei hört nicht zu", "Leitung hört nicht zu"),
        ("unser sozialamt zieht um", "Unser Bereich zieht um"),
        ("in unserem jugendamt fehlt personal", "In unserem Bereich fehlt Personal"),
        ("leitung unserer kämmerei", "Leitung unseres Bereichs"),
        # where something is, it need not be said
        ("team im bauamt ist zerstritten", "Team ist zerstritten"),
        ("aus dem jugendamt kommt nix zurück", "Aus einem Bereich kommt nix zurück"),
        ("chefin von der kämmerei mobbt mich", "Chefin mobbt mich"),
        # several
        ("zusammenarbeit jugendamt und sozialamt", "Zusammenarbeit mit anderen Bereichen"),
        ("streit zwischen bauamt und umweltamt", "Streit zwischen anderen Bereichen"),
        ("fachbereich 3 und 5 arbeiten doppelt", "Andere Bereiche arbeiten doppelt"),
        ("anna und thomas streiten", "Mehrere Personen streiten"),
        ("herr kaya und herr müller reden nicht", "Kollegen reden nicht"),
        # people
        ("mein chef herr schmidt hört nicht zu", "Mein Chef hört nicht zu"),
        ("mein kollege stefan ist zu langsam", "Mein Kollege ist zu langsam"),
        ("frau yilmaz und ich streiten", "Eine Kollegin und ich streiten"),
        ("konflikt frau kaya", "Konflikt mit einer Kollegin"),
        ("kritik an anna", "Kritik an einer Person"),
        ("frau kaya", "Umgang mit einer Kollegin"),
        ("mit frau kaya", "Umgang mit einer Kollegin"),
        ("bürgermeister zu ungeduldig", "Eine Führungskraft: zu ungeduldig"),
        ("angst vor amtsleiterin", "Angst vor einer Führungskraft"),
        ("julia und ich im clinch", "Eine Person und ich im Clinch"),
        # health: somebody is not there, and why is not said
        ("kolege ist dauernt krank", "Kolege fehlt dauernt"),
        ("wenn der chef krank ist", "Wenn der Chef fehlt"),
        ("kollegin seit monaten krank, alles bleibt liegen", "Kollegin fehlt seit Monaten, alles bleibt liegen"),
        ("kollegin nach burnout zurück", "Kollegin zurück"),
        ("rückkehr nach langer krankheit", "Rückkehr"),
        ("kollege trinkt alkohol", "Umgang mit einem Kollegen"),
        ("schwangere kollegin schonen", "Kollegin schonen"),
        # numbers
        ("az 12/345 liegt seit wochen rum", "Ein Vorgang liegt seit Wochen rum"),
        ("streit um zimmer 214", "Streit"),
        ("az 12/345", NEUTRAL),
    ],
)
def test_what_is_proposed_reads_as_german(title: str, proposal: str) -> None:
    assert check(title, HOUSE).proposal == proposal


@pytest.mark.parametrize(
    ("title", "proposal"),
    [("Streit im team mit Frau Kaya", "Streit im team mit einer Kollegin"), ("streit im team", "streit im team")],
)
def test_who_writes_capital_letters_is_not_corrected(title: str, proposal: str) -> None:
    assert check(title, HOUSE).proposal == proposal
