"""`lotsenfunk teams …` as an operator sees it."""

import json
from pathlib import Path
from zipfile import ZipFile

import pytest

from bot.platforms.teams import schema
from servers.bot import Finished, lotsenfunk_here, write_settings

TEAMS = """
[web]
public_url = "https://lotsenfunk.example.org"
[teams]
app_id = "11111111-2222-3333-4444-555555555555"
app_password = "s3cret"
tenant_id = "99999999-2222-3333-4444-555555555555"
organization = "Stadt Lindenau"
website_url = "https://example.org"
privacy_url = "https://example.org/datenschutz"
terms_url = "https://example.org/nutzung"
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder whose settings have a bot in Teams."""
    write_settings(tmp_path, tables=TEAMS)
    return tmp_path


def test_package_is_written_where_one_stands(house: Path) -> None:
    done = teams(house, "package")
    assert (done.code, done.data) == (0, "")
    assert str(house / "lotsenfunk-teams.zip") in done.talk
    assert "Teams Admin Center" in done.talk
    assert schema.faults(packed(house / "lotsenfunk-teams.zip")) == []


def test_package_replaces_an_older_one_in_one_step(house: Path) -> None:
    file = house / "app.zip"
    file.write_bytes(b"old")
    old = file.open("rb")
    assert teams(house, "package", "app.zip").code == 0
    with old:
        assert old.read() == b"old"
    assert schema.faults(packed(file)) == []
    assert {path.name for path in house.iterdir()} == {"lotsenfunk.toml", "app.zip"}
    first = file.read_bytes()
    assert teams(house, "package", "app.zip").code == 0
    assert file.read_bytes() == first


def test_package_takes_other_settings(house: Path) -> None:
    other = house / "other.toml"
    other.write_text(TEAMS.replace("Lindenau", "Neulindenau"), encoding="utf-8")
    assert teams(house, "package", "--config", str(other)).code == 0
    manifest = json.loads(packed(house / "lotsenfunk-teams.zip")[schema.MANIFEST])
    assert manifest["developer"]["name"] == "Stadt Neulindenau"


def test_package_takes_a_number_of_its_own_and_refuses_what_is_none(house: Path) -> None:
    assert teams(house, "package", "--version", "1.1.1").code == 0
    assert json.loads(packed(house / "lotsenfunk-teams.zip")[schema.MANIFEST])["version"] == "1.1.1"
    refused = teams(house, "package", "--version", "0.9")
    assert refused.code == 1
    assert "0.9 ist keine Nummer wie 1.0.0" in refused.talk


def test_package_names_all_settings_that_are_missing(tmp_path: Path) -> None:
    write_settings(tmp_path)
    nothing = teams(tmp_path, "package")
    assert (nothing.code, nothing.data) == (1, "")
    assert "teams.privacy_url, teams.terms_url, web.public_url." in nothing.talk
    write_settings(tmp_path, tables=TEAMS.replace("public_url", "# public_url").replace("terms_url", "# terms_url"))
    some = teams(tmp_path, "package")
    assert some.code == 1
    assert "noch: teams.terms_url, web.public_url." in some.talk
    assert not (tmp_path / "lotsenfunk-teams.zip").exists()


@pytest.mark.parametrize("where", ["nirgends/app.zip", "folder"])
def test_package_that_cannot_be_written_leaves_nothing(house: Path, where: str) -> None:
    (house / "folder").mkdir()
    done = teams(house, "package", where)
    assert (done.code, done.data) == (1, "")
    assert f"{where} lässt sich nicht schreiben" in done.talk
    assert {path.name for path in house.iterdir()} == {"lotsenfunk.toml", "folder"}


def teams(folder: Path, *words: str) -> Finished:
    """Run a command; nothing that it says may be a trace or a secret."""
    done = lotsenfunk_here("teams", *words, folder=folder)
    assert "Traceback" not in done.talk
    assert "s3cret" not in done.data + done.talk
    return done


def packed(file: Path) -> dict[str, bytes]:
    with ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
