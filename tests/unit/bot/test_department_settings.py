"""A house names its departments, its Länder and the days on which it is closed."""

import os
from datetime import date
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import CommunitySettings, load_settings

SOCIAL = """
[[community.departments]]
name = "Soziales"
aliases = ["FB 3", "Sozialamt"]
"""
HOUSING = """
[[community.departments]]
name = "Wohngeld"
under = "Soziales"
"""
DAYS = """
[community]
lands = ["NW", "BY"]
days_off = [2026-12-24, "2026-12-31"]
"""


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("LOTSENFUNK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def community(tmp_path: Path, text: str) -> CommunitySettings:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file).community


def test_without_settings_no_department_is_known_and_nationwide_holidays_count(tmp_path: Path) -> None:
    settings = community(tmp_path, "")
    assert not settings.department_tree.names
    assert not settings.working_days.is_working(date(2026, 5, 1))
    assert settings.working_days.is_working(date(2026, 6, 4))


def test_departments_are_a_tree(tmp_path: Path) -> None:
    tree = community(tmp_path, SOCIAL + HOUSING).department_tree
    assert list(tree.names) == ["Soziales", "Wohngeld"]
    assert tree.same_area("Wohngeld", "FB3") is True


def test_one_department_may_be_a_plain_table(tmp_path: Path) -> None:
    tree = community(tmp_path, SOCIAL.replace("[[", "[").replace("]]", "]")).department_tree
    assert list(tree.names) == ["Soziales"]


def test_holidays_are_those_of_all_lands_and_of_the_house(tmp_path: Path) -> None:
    days = community(tmp_path, DAYS).working_days
    free = [date(2026, 6, 4), date(2026, 1, 6), date(2026, 12, 24), date(2026, 12, 31)]
    assert not [day for day in free if days.is_working(day)]
    assert days.after(date(2026, 12, 30), 1) == date(2027, 1, 4)


def test_tree_and_days_are_built_once_and_settings_stay_comparable(tmp_path: Path) -> None:
    settings, same = community(tmp_path, DAYS + SOCIAL), community(tmp_path, DAYS + SOCIAL)
    assert settings.department_tree is settings.department_tree
    assert settings.working_days is settings.working_days
    assert settings == same
    assert hash(settings) == hash(same)
    assert "department_tree" not in settings.model_dump()


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        (HOUSING, "departments", "kennt „Soziales“ nicht, wozu „Wohngeld“ gehören soll"),
        (SOCIAL + 'under = "FB 3"', "departments", "führt im Kreis: „Soziales“ gehört zu „Soziales“"),
        (SOCIAL + SOCIAL, "departments", "nennt „Soziales“ bei „Soziales“ und bei „Soziales“"),
        (SOCIAL.replace("aliases", "alias"), "departments.0.alias", "gibt es nicht. Gemeint ist vielleicht aliases"),
        (SOCIAL.replace('"Soziales"', '""'), "departments.0.name", "gebraucht wird ein Text, der nicht leer ist"),
        (DAYS.replace("BY", "NRW"), "lands", "kennt kein Land „NRW“. Es gibt: BB, BE, BW"),
        (DAYS.replace("2026-12-31", "Silvester"), "days_off.1", "gebraucht wird ein Tag wie 2026-12-24."),
        (DAYS.replace('"2026-12-31"', "2026-12-31T09:00:00"), "days_off.1", "ein Tag wie 2026-12-24, ohne Uhrzeit"),
        (
            DAYS + 'yearly_days_off = ["31.2. Fest"]',
            "yearly_days_off.0",
            "nennt keinen Tag. Gebraucht wird ein Tag ohne",
        ),
        (DAYS.replace('"2026-12-31"', "true"), "days_off.1", "gebraucht wird ein Tag wie 2026-12-24."),
    ],
)
def test_a_wrong_setting_names_itself_and_the_cure(tmp_path: Path, text: str, place: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        community(tmp_path, text)
    assert f"Einstellung community.{place}" in str(caught.value)
    assert said in str(caught.value)


def test_heiligabend_and_silvester_are_days_off_each_year_unless_the_house_says_otherwise(tmp_path: Path) -> None:
    days = community(tmp_path, "").working_days
    assert days.name_of(date(2031, 12, 24)) == "Heiligabend (Hausliste)"
    assert not days.is_working(date(2027, 12, 31))
    open_house = community(tmp_path, "[community]\nyearly_days_off = []").working_days
    assert open_house.is_working(date(2027, 12, 31))
    own = community(tmp_path, '[community]\nyearly_days_off = ["11.11. Martini", "29. 2."]').working_days
    assert [own.name_of(date(2027, 11, 11)), own.name_of(date(2028, 2, 29))] == ["Martini (Hausliste)", "Hausliste"]


def test_a_day_off_may_have_a_name(tmp_path: Path) -> None:
    days = community(tmp_path, DAYS.replace('"2026-12-31"', '"2026-12-31 Silvester"')).working_days
    assert days.name_of(date(2026, 12, 31)) == "Silvester (Hausliste)"
    assert days.name_of(date(2026, 12, 24)) == "Hausliste"
    assert days.name_of(date(2026, 6, 4)) == "Fronleichnam"


@pytest.mark.parametrize(("spared", "reason"), [("false", None), ("true", "Osterferien")])
def test_school_holidays_come_from_files(tmp_path: Path, spared: str, reason: str | None) -> None:
    (tmp_path / "nw.csv").write_text("Osterferien;22.3.2027;3.4.2027", encoding="utf-8")
    for files in (f'["{tmp_path}/nw.csv"]', f'"{tmp_path}/nw.csv"'):
        text = f"[community]\nschool_holidays = {files}\nspare_school_holidays = {spared}"
        days = community(tmp_path, text).working_days
        assert days.is_school_holiday(date(2027, 3, 22))
        assert days.name_of(date(2027, 3, 22)) == reason


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nw.csv", None, "nw.csv“ lässt sich nicht lesen (FileNotFoundError). Pfad und Rechte prüfen."),
        ("nw.csv", "Ostern;31.6.2027;3.4.2027", "hat in Zeile 1 nicht Name, ersten und letzten Tag"),
        ("nw.pdf", "x", "endet weder auf .ics noch auf .csv."),
    ],
)
def test_a_wrong_file_of_school_holidays_ends_the_start(
    tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        community(tmp_path, f'[community]\nschool_holidays = ["{tmp_path / name}"]')
    assert "Einstellung community.school_holidays.0: " in str(caught.value)
    assert said in str(caught.value)
