"""What taking a package does to a store that may know better: conflicts are shown, nothing is overwritten unasked."""

from datetime import date
from typing import Any

import pytest

from knowledge.adoption import Adoption, Handling, adopt
from knowledge.packages import Package, pack, unpacked
from storage.models.knowledge import EntryContent, State, Visibility

ID = "scanner@stadt-lindenau-cc5a73"
SCANNER = EntryContent(
    question="Wo steht der Scanner?", answer="Im Erdgeschoss, Raum 12.", tags=["Scan"], visibility=Visibility.PUBLIC
)


def package(**changes: Any) -> Package:
    entries = {"scanner": SCANNER.model_copy(update=changes)}
    return unpacked(pack(entries, "Stadt Lindenau", "CC-BY-4.0", date(2026, 11, 22))[1])


def arrived(**changes: Any) -> EntryContent:
    sources = ["Stadt Lindenau, CC-BY-4.0"]
    return SCANNER.model_copy(update={"state": State.IN_REVIEW, "sources": sources} | changes)


def local(**changes: Any) -> EntryContent:
    return SCANNER.model_copy(update={"owner": "Eva Roth", "phrasings": ["wo scannen"]} | changes)


def ours(existing: dict[str, EntryContent], handling: Handling = Handling.KEEP_OURS, **options: bool) -> Adoption:
    return adopt(package(), existing, handling, **options)


def test_new_answers_arrive_in_review_and_this_is_said() -> None:
    adoption = ours({})
    assert adoption.items == [(ID, arrived())]
    assert adoption.lines()[1] == "1 neu, 0 geändert, 0 unverändert, 0 im Konflikt"
    assert "Der Bot zeigt die Antworten erst, wenn ihr sie freigebt." in adoption.lines()[-1]


def test_new_answers_are_approved_on_demand() -> None:
    adoption = ours({}, is_approved=True)
    assert adoption.items == [(ID, arrived(state=State.APPROVED))]
    assert "freigebt" not in " ".join(adoption.lines())


@pytest.mark.parametrize("state", [State.IN_REVIEW, State.APPROVED, State.RETIRED])
def test_package_that_is_here_already_changes_nothing(state: State) -> None:
    here = arrived(state=state, owner="Eva Roth", phrasings=["wo scannen"])
    for handling in Handling:
        assert ours({ID: here}, handling).is_empty
        assert ours({ID: here}, handling).unchanged == (ID,)


def test_what_came_before_is_approved_on_demand_but_nothing_that_was_retired() -> None:
    assert ours({ID: arrived(owner="Eva")}, is_approved=True).items == [
        (ID, arrived(owner="Eva", state=State.APPROVED))
    ]
    assert ours({ID: arrived(state=State.RETIRED)}, is_approved=True).is_empty


def test_same_question_with_the_same_answer_is_known_whatever_its_spelling() -> None:
    adoption = ours({"unser": local(question="wo steht der scanner", tags=[])})
    assert adoption.unchanged == ("unser",)
    assert adoption.is_empty


CHANGED = {ID: arrived(answer="Im Erdgeschoss, ganz hinten.")}
NAMESAKE = {"unser": local(answer="Im Keller.")}


@pytest.mark.parametrize("existing", [CHANGED, NAMESAKE])
def test_other_content_is_a_conflict_that_leaves_ours_alone(existing: dict[str, EntryContent]) -> None:
    adoption = ours(existing)
    assert adoption.is_empty
    assert [conflict.id for conflict in adoption.conflicts] == list(existing)
    lines = adoption.lines()
    assert lines[1] == "0 neu, 0 geändert, 0 unverändert, 1 im Konflikt"
    assert lines[2] == f"Konflikt: {next(iter(existing))} – Antwort"
    assert lines[3] == f"  hier:     {next(iter(existing.values())).answer}"
    assert lines[4] == "  im Paket: Im Erdgeschoss, Raum 12."
    assert lines[5:] == ["Unsere Fassung bleibt.", "Anders geht es mit --take-theirs oder --keep-both."]


def test_change_that_is_not_in_the_answer_is_a_conflict_too() -> None:
    adoption = ours({ID: arrived(tags=["Scan", "Kopierer"])})
    assert adoption.lines()[2:5] == [
        f"Konflikt: {ID} – Stichworte",
        "  hier:     Scan, Kopierer",
        "  im Paket: Scan",
    ]


def test_versions_of_a_long_answer_are_shown_from_where_they_differ() -> None:
    long = "Der Scanner steht im Erdgeschoss, gleich neben der Poststelle und dem Empfang, und zwar in Raum "
    adoption = adopt(package(answer=f"{long}12."), {ID: arrived(answer=f"{long}4.")}, Handling.KEEP_OURS)
    assert adoption.lines()[3] == "  hier:     … Empfang, und zwar in Raum 4."
    assert adoption.lines()[4] == "  im Paket: … Empfang, und zwar in Raum 12."


def test_taking_theirs_replaces_ours_but_keeps_owner_and_phrasings() -> None:
    adoption = ours(NAMESAKE, Handling.TAKE_THEIRS)
    assert adoption.items == [("unser", arrived(owner="Eva Roth", phrasings=["wo scannen"]))]
    assert "Die Fassung aus dem Paket ersetzt unsere." in adoption.lines()
    assert ours(CHANGED, Handling.TAKE_THEIRS).items == [(ID, arrived())]


def test_keeping_both_stores_theirs_under_an_id_that_is_free() -> None:
    assert ours(NAMESAKE, Handling.KEEP_BOTH).items == [(ID, arrived())]
    second = "scanner-2@stadt-lindenau-cc5a73"
    assert ours(CHANGED, Handling.KEEP_BOTH).items == [(second, arrived())]
    third = "scanner-3@stadt-lindenau-cc5a73"
    assert ours(CHANGED | {second: arrived(answer="Anders.")}, Handling.KEEP_BOTH).items == [(third, arrived())]


@pytest.mark.parametrize("existing", [CHANGED, NAMESAKE])
def test_keeping_both_twice_stores_theirs_once(existing: dict[str, EntryContent]) -> None:
    first = ours(existing, Handling.KEEP_BOTH)
    again = ours(existing | dict(first.items), Handling.KEEP_BOTH)
    assert again.is_empty
    assert again.conflicts == ()


def test_long_previews_are_cut() -> None:
    entries = {f"e{i}": SCANNER.model_copy(update={"question": f"Frage {i}?"}) for i in range(50)}
    many = unpacked(pack(entries, "Stadt", "x", date(2026, 11, 22))[1])
    assert "… und 30 weitere" in adopt(many, {}, Handling.KEEP_OURS).lines()
