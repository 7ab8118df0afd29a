"""A house brings its own formats of peer consultation; a faulty one ends the start before anybody logs in."""

import os
import re
from pathlib import Path

import pytest

from bot.app import house
from bot.doctor import examine
from bot.errors import SettingsError
from bot.settings import CommunitySettings, load_settings
from knowledge.consultation_files import built_in

OWN = """
title = "Kaffeerunde"
summary = "Ein Fall, ein Kaffee."
source = "Haus Lindenau"
mode = "live"
smallest = 3
largest = 6
best = [4, 5]
laps = "each"

[[phases]]
id = "closing"
title = "Abschluss"
rule = "Was bleibt?"
does = "closing"
minutes = 5
in_lap = true
"""


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("LOTSENFUNK_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def configured(tmp_path: Path, own: str, name: str = "kaffee.toml") -> Path:
    folder = tmp_path / "modelle"
    folder.mkdir()
    (folder / name).write_text(own, encoding="utf-8")
    file = tmp_path / "settings.toml"
    file.write_text(f'data_dir = "{tmp_path}"\n[community]\nconsultation_formats = "{folder}"\n', encoding="utf-8")
    return file


def test_without_a_setting_the_built_in_formats_are_there() -> None:
    assert house(CommunitySettings()).formats == built_in()


def test_handlers_get_the_formats_of_the_house(tmp_path: Path) -> None:
    formats = house(load_settings(configured(tmp_path, OWN)).community).formats
    assert formats["kaffee"].title == "Kaffeerunde"
    assert set(formats) == {*built_in(), "kaffee"}


def test_a_faulty_format_ends_the_start_with_file_and_field(tmp_path: Path) -> None:
    file = configured(tmp_path, OWN.replace("minutes = 5", "minutes = 500"))
    with pytest.raises(SettingsError) as caught:
        load_settings(file)
    heading, fault = str(caught.value).splitlines()
    assert heading.startswith("Einstellung community.consultation_formats: ")
    assert heading.endswith("nennt Beratungsmodelle, die nicht gehen:")
    assert fault == "kaffee.toml: Phase 1 („closing“), minutes ist 500. Möglich sind höchstens 60."


def test_a_folder_that_is_not_there_ends_the_start(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(f'[community]\nconsultation_formats = "{tmp_path / "fort"}"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="FileNotFoundError"):
        load_settings(file)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kaffee.toml", "1 eigene: Kaffeerunde."),
        ("troika.toml", "1 eigene: "),
    ],
)
async def test_the_doctor_says_which_formats_he_found(tmp_path: Path, name: str, said: str) -> None:
    findings = examine(configured(tmp_path, OWN, name))
    found = [await anext(findings), await anext(findings)]
    assert [(one.part, one.is_well) for one in found] == [("Einstellungen", True), ("Beratungsmodelle", True)]
    assert re.search(said, found[1].text)
