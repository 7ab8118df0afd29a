import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.departments import Department, Departments

SOCIAL = Department("Soziales", ("FB 3", "Sozialamt", "Amt 50"), "Dezernat II")
HOUSING = Department("Wohngeld", ("Team Wohngeld", "Amt 50.2"), "FB3")
GREEN = Department("FB 4 – Umwelt", ("Grünflächenamt",), "Dezernat II")
IT = Department("Informationstechnik", ("IT", "ZD"))
ESTATE = Department("Immobilienmanagement", ("IM",))
CULTURE = Department("FB Kultur und Sport", under="Dezernat III")
ROADS = Department("Straßenbau", ("66 – Tiefbauamt",), "FB 4 – Umwelt")
SECOND, THIRD = Department("Dezernat II"), Department("Dezernat III")
TREE = (SECOND, THIRD, SOCIAL, HOUSING, GREEN, IT, ESTATE, CULTURE, ROADS)
HOUSE = Departments(TREE)


@pytest.mark.parametrize(
    ("text", "department"),
    [
        ("FB 3", SOCIAL),
        ("Fachbereich 3", SOCIAL),
        ("FB3", SOCIAL),
        ("fb-3 – Soziales", SOCIAL),
        ("FB 03 (Soziales)", SOCIAL),
        ("Soziales, FB 3", SOCIAL),
        ("im Sozialamt", SOCIAL),
        ("des Sozialamtes", SOCIAL),
        ("Sozial-Amt", SOCIAL),
        ("Sozial Amt", SOCIAL),
        ("amt50", SOCIAL),
        ("AMT FÜR SOZIALES", SOCIAL),
        ("Amt fuer Soziales", SOCIAL),
        ("Amt 50.2", HOUSING),
        ("Amt 50/2", HOUSING),
        ("Team Wohngeld im Sozialamt", HOUSING),
        ("aus dem FB Umwelt", GREEN),
        ("Fachbereich Umwelt", GREEN),
        ("Umwelt", GREEN),
        ("FB 4", GREEN),
        ("Gruenflaechenamt", GREEN),
        ("Grünflächenamt\u00a0", GREEN),
        ("zd", IT),
        ("IT-Abteilung", IT),
        ("im", ESTATE),
        ("Kultur & Sport", CULTURE),
        ("strassenbau", ROADS),
        ("Tiefbauamt", ROADS),
        ("Dezernat II", SECOND),
        ("Dez. III", THIRD),
    ],
)
def test_a_department_is_found_by_its_spellings(text: str, department: Department) -> None:
    assert HOUSE.find(text) == department


@pytest.mark.parametrize(
    "text", ["Sozailamt", "Soziallamt", "Sozilamt", "Soziaöamt", "Amt für Sozailes", "FB 3 Sozjales"]
)
def test_one_slip_of_the_finger_is_forgiven(text: str) -> None:
    assert HOUSE.find(text) == (None if text.startswith("FB 3") else SOCIAL)


@pytest.mark.parametrize(
    "text",
    [
        "FB 31",
        "FB 3a",
        "FB 3 1",
        "FB 3.1",
        "FB 3 und 4",
        "FB 3/4",
        "FD 3",
        "Amt 3",
        "Amt 5",
        "Amt 502",
        "Amt 50.3",
        "FB 3 – Umwelt",  # it was so before the reform, or will be
        "FB 3 – Personal",
        "Soziales und Umwelt",
        "Umweltbildung",
        "Umwelt-Bildung",
        "Umwelt und Klima",
        "Umweltamt",
        "Amt Kultur und Sport",
        "Kultur",
        "Sport und Kultur",
        "FB 3 Sozjales",
        "Dezernat I",
        "Dezernat IV",
        "II",
        "3",
        "50",
        "FB",
        "Amt",
        "ITK",
        "zdf",
        "Sozialrat",
        "Ozialamt",
        "Szoizalamt",
        "Bauhof",
        "im Haus",
        "",
        " – ",
    ],
)
def test_what_is_not_sure_is_no_department(text: str) -> None:
    assert HOUSE.find(text) is None


def test_a_slip_that_fits_two_departments_is_not_sure() -> None:
    house = Departments([Department("Kulturamt"), Department("Kultusamt")])
    assert house.find("Kultubamt") is None
    assert house.find("Kultuamt") is None
    assert house.find("Kulturramt") == Department("Kulturamt")


def test_a_short_name_may_belong_to_one_department_only() -> None:
    house = Departments([Department("FB Umwelt"), Department("Team Umwelt"), Department("FB 1 – Bau")])
    assert house.find("Umwelt") is None
    assert house.find("Team Umwelt") == Department("Team Umwelt")
    assert house.find("Bau") == Department("FB 1 – Bau")


def test_a_name_of_its_own_goes_before_a_part_of_another() -> None:
    house = Departments([Department("FB 4 – Umwelt"), Department("Umwelt")])
    assert house.find("Umwelt") == Department("Umwelt")
    assert house.find("FB 4") == Department("FB 4 – Umwelt")


@pytest.mark.parametrize(
    ("sentence", "department"),
    [
        ("Ich bin aus dem FB 3 und suche Hilfe.", SOCIAL),
        ("Das Sozialamt (FB 3) hat 12 Leute.", SOCIAL),
        ("unser Team im Amt für Soziales braucht eine Moderation", SOCIAL),
        ("ich komme aus der it, wer hilft?", IT),
        ("Ich bin im IM.", ESTATE),
        ("Fragen des Tiefbauamts", ROADS),
        ("Am 3.12. im FB 4?", GREEN),
        ("Ich bin im Haus, ob das geht?", None),
        ("Wir machen Umweltbildung und Umwelt-Bildung.", None),
        ("FB 31 sucht jemanden", None),
        ("FB 31 und FB 4", None),
        ("FB 3 und 4 gemeinsam", None),
        ("FB 3, 4 und 5", None),
        ("FB 3 und das Grünflächenamt", None),
        ("Team Wohngeld im Sozialamt", None),
        ("Team Kultur und Sport", None),
        ("Wir sind 50 Leute und 3 Gäste", None),
        ("Der Bit-Test zählt zdf und ITK.", None),
        ("Sozailamt", None),
        ("Guten Morgen!", None),
    ],
)
def test_a_sentence_may_mention_one_department(sentence: str, department: Department | None) -> None:
    assert HOUSE.mentioned(sentence) == department


def test_a_number_or_letter_alone_names_a_department_only_as_the_whole_answer() -> None:
    department = Department("Amt 50", ("50", "A"))
    house = Departments([department])
    assert house.find("50") == house.find("a") == department
    assert house.mentioned("Wir haben 50 Leute in Raum A") is None


def test_numbers_are_not_put_together() -> None:
    house = Departments([Department("FB 31"), Department("Dezernat II")])
    assert house.find("FB 3 1") is None
    assert house.find("Dezernat I I") is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Umweltamt", ["FB 4 – Umwelt"]),
        ("FB 50", ["Soziales"]),
        ("Sozialrat", ["Soziales"]),
        ("Kultur", ["FB Kultur und Sport"]),
        ("FB 3 – Umwelt", ["Soziales", "FB 4 – Umwelt"]),
        ("Amt für Wohnungsgeld", ["Wohngeld"]),
        ("FB 31", []),
        ("Bauhof", []),
        ("", []),
    ],
)
def test_near_names_are_suggested(text: str, names: list[str]) -> None:
    assert [department.name for department in HOUSE.suggest(text)] == names


def test_the_best_suggestions_come_first_and_never_too_many() -> None:
    house = Departments([Department("Jugend und Familie"), Department("Jugendhilfe"), Department("Jugend")])
    assert [department.name for department in house.suggest("Jugend")] == [
        "Jugend",
        "Jugendhilfe",
        "Jugend und Familie",
    ]
    assert [department.name for department in house.suggest("Jugend", most=1)] == ["Jugend"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("FB 3", "Sozialamt", True),
        ("Wohngeld", "Amt 50", True),
        ("Soziales", "Team Wohngeld", True),
        ("Wohngeld", "Dezernat II", True),
        ("Dezernat II", "Straßenbau", True),
        ("Wohngeld", "Straßenbau", False),
        ("FB 3", "FB 4", False),
        ("Dezernat II", "Dezernat III", False),
        ("FB 3", "FB 31", None),
        ("FB 31", "FB 31", None),
        ("FB 3", None, None),
        (None, None, None),
        ("FB 3", "", None),
    ],
)
def test_departments_share_an_area_along_a_line(one: str | None, other: str | None, same: bool | None) -> None:
    assert HOUSE.same_area(one, other) is same
    assert HOUSE.same_area(other, one) is same


def test_a_house_without_departments_compares_what_is_written() -> None:
    house = Departments()
    assert house.names == ()
    assert house.find("FB 3") is None
    assert house.mentioned("FB 3") is None
    assert house.suggest("FB 3") == []
    assert house.same_area("FB 3", "im Fachbereich 3") is True
    assert house.same_area("FB 3", "Soziales") is None
    assert house.same_area("", "") is None
    assert house.same_area("FB 3", None) is None


def test_names_keep_their_order() -> None:
    assert list(HOUSE.names) == [department.name for department in TREE]


@pytest.mark.parametrize(
    ("departments", "said"),
    [
        ([Department("Wohngeld", under="Soziales")], "kennt „Soziales“ nicht, wozu „Wohngeld“ gehören soll"),
        ([Department("A-Team", under="A-Team")], "führt im Kreis: „A-Team“ gehört zu „A-Team“"),
        (
            [Department("Bau", under="Weg"), Department("Weg", under="Amt"), Department("Amt", under="Weg")],
            "führt im Kreis: „Weg“ gehört zu „Amt“ gehört zu „Weg“",
        ),
        (
            [Department("FB 3"), Department("Soziales", ("Fachbereich 3",))],
            "nennt „Fachbereich 3“ bei „FB 3“ und bei „Soziales“",
        ),
        ([Department("Bau"), Department("Bau")], "nennt „Bau“ bei „Bau“ und bei „Bau“"),
        ([Department("Bau", ("–",))], "nennt „–“ ohne Buchstaben"),
    ],
)
def test_a_tree_that_cannot_be_says_why(departments: list[Department], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Departments(departments)


def test_a_department_may_repeat_its_own_name() -> None:
    house = Departments([Department("FB 3", ("Fachbereich 3", "FB3")), Department("Wohngeld", under="Fachbereich 3")])
    assert house.same_area("Wohngeld", "FB 3") is True


@pytest.mark.parametrize(
    "flood",
    ["a" * 60_000, "50." * 20_000, "a-" * 30_000, "im " * 20_000, "x1" * 30_000, "Sozialamt " * 6_000, " " * 60_000],
)
def test_any_length_is_read_in_a_moment(flood: str) -> None:
    assert HOUSE.find(flood) in (None, SOCIAL)
    assert HOUSE.mentioned(flood) in (None, SOCIAL)
    assert len(HOUSE.suggest(flood)) <= 3


Spelled = Callable[[str], str]
SPELLINGS: list[Spelled] = [
    str,
    str.lower,
    lambda text: f"im {text}",
    lambda text: f"aus dem {text}.",
    lambda text: text.replace("FB ", "Fachbereich "),
    lambda text: text.replace("FB ", "fb-"),
    lambda text: text.replace("FB ", "FB").replace("Amt ", "Amt"),
    lambda text: text.replace("ä", "ae").replace("ü", "ue").replace("ß", "ss"),
    lambda text: text.replace(" – ", " "),
    lambda text: f"  {text}\u00ad\n",
]
POOL = ("Soziales", "Jugend", "Ordnung", "Kämmerei", "Stadtbücherei", "Straßenbau", "Personal", "Archiv", "Bau")


@st.composite
def trees(draw: st.DrawFn) -> tuple[Department, ...]:
    """Departments with a number, an old name and a short one, each below one before it or none."""
    titles = draw(st.lists(st.sampled_from(POOL), min_size=1, unique=True))
    random_names = draw(st.randoms(use_true_random=False))
    departments: list[Department] = []
    for number, title in enumerate(titles, start=1):
        above = draw(st.sampled_from([None, *(department.name for department in departments)]))
        spellings = [f"FB {number} – {title}", f"FB {number}", title, f"Amt {number}0", f"{title}amt", f"Z{number}"]
        random_names.shuffle(spellings)
        departments.append(Department(spellings[0], tuple(spellings[1:]), above))
    return tuple(draw(st.permutations(departments)))


@given(trees(), st.data())
def test_every_spelling_of_every_department_finds_itself(tree: tuple[Department, ...], data: st.DataObject) -> None:
    house, department = Departments(tree), data.draw(st.sampled_from(tree))
    spelling = data.draw(st.sampled_from((department.name, *department.aliases)))
    text = data.draw(st.sampled_from(SPELLINGS))(spelling)
    assert house.find(text) == department
    assert house.suggest(text)[0] == department
    assert house.mentioned(f"Ich bin da: {text} und brauche Hilfe.") == department
    assert house.same_area(text, department.name) is True


@given(trees(), st.data())
def test_an_area_is_the_line_up_to_the_top(tree: tuple[Department, ...], data: st.DataObject) -> None:
    house, one, other = Departments(tree), data.draw(st.sampled_from(tree)), data.draw(st.sampled_from(tree))
    related = other.name in above(one, tree) or one.name in above(other, tree)
    assert house.same_area(one.name, other.name) is related
    assert house.same_area(other.aliases[0], one.aliases[0]) is related


def above(department: Department, tree: tuple[Department, ...]) -> set[str]:
    """The names of a department and of those it belongs to."""
    parents = {each.name: each.under for each in tree}
    names: set[str] = set()
    at: str | None = department.name
    while at:
        names.add(at)
        at = parents[at]
    return names


@given(trees(), st.text(max_size=30), st.data())
def test_an_unknown_text_is_in_nobodys_area(tree: tuple[Department, ...], text: str, data: st.DataObject) -> None:
    house, department = Departments(tree), data.draw(st.sampled_from(tree))
    if house.find(text) is None:
        assert house.same_area(text, department.name) is None
        assert house.same_area(department.name, text) is None
        assert house.same_area(text, text) is None


@given(trees(), st.integers(10, 99), st.sampled_from(["FB {}", "Amt {}1", "FB 1{}", "Z{}", "FB 1.{}", "FB 1 und {}"]))
def test_a_number_is_never_taken_for_another(tree: tuple[Department, ...], number: int, written: str) -> None:
    house, text = Departments(tree), written.format(number)
    assert house.find(text) is None
    assert house.mentioned(f"Wir vom {text} brauchen Hilfe.") is None


@given(st.text(max_size=60))
def test_any_text_may_come(text: str) -> None:
    found, mentioned = HOUSE.find(text), HOUSE.mentioned(text)
    assert found is None or mentioned in (None, found) or HOUSE.same_area(found.name, mentioned.name)
    assert Departments().same_area(text, text) in (True, None)


def test_the_order_of_the_settings_changes_nothing() -> None:
    shuffled = random.Random(3).sample(TREE, len(TREE))
    for department in TREE:
        for spelling in (department.name, *department.aliases):
            assert Departments(shuffled).find(spelling) == HOUSE.find(spelling) == department
