"""Settings are checked before anything starts, and a wrong one names itself, its value and the cure."""

import os
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import load_settings

MATRIX = """
[[matrix]]
homeserver = "https://matrix.example.org"
user_id = "@lotsenfunk:example.org"
password = "s3cret"
invites_from = ["*:example.org"]
"""


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("LOTSENFUNK_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def problem(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load_settings(written(tmp_path, text))
    return str(caught.value)


def test_nothing_needs_to_be_set_to_begin() -> None:
    settings = load_settings()
    assert settings.matrix == ()
    assert settings.database_url.startswith("sqlite+aiosqlite:///")


def test_the_file_of_the_handbook_is_read(tmp_path: Path) -> None:
    text = f'data_dir = "{tmp_path}"\n[web]\nport = 9000\n{MATRIX}trust = "open"\n'
    settings = load_settings(written(tmp_path, text))
    [account] = settings.matrix
    assert (settings.web.port, account.user_id, account.secret_password) == (9000, "@lotsenfunk:example.org", "s3cret")


def test_the_environment_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSENFUNK_CONFIG", str(written(tmp_path, "[web]\nport = 9000\n")))
    assert load_settings().web.port == 9000


def test_the_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOTSENFUNK_WEB__PORT", "9001")
    monkeypatch.setenv("LOTSENFUNK_MATRIX__HOMESERVER", "https://other.example.org")
    settings = load_settings(written(tmp_path, MATRIX))
    assert settings.web.port == 9001
    assert str(settings.matrix[0].homeserver) == "https://other.example.org/"
    assert settings.matrix[0].user_id == "@lotsenfunk:example.org"


@pytest.mark.parametrize("name", ["PASSWORD", "ACCESS_TOKEN", "STORE_KEY"])
def test_secrets_may_lie_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    monkeypatch.setenv(f"LOTSENFUNK_MATRIX__{name}_FILE", str(secret))
    [account] = load_settings(written(tmp_path, MATRIX.replace('password = "s3cret"', ""))).matrix
    assert "s3cret" in (account.secret_password, account.secret_token, account.secret_store_key)


def test_two_accounts_may_be_served(tmp_path: Path) -> None:
    assert len(load_settings(written(tmp_path, MATRIX + MATRIX)).matrix) == 2


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("[web]\nport = 'x'", ["web.port", "„x“", "ganze Zahl"]),
        ("[web]\nport = 70000", ["web.port", "70000", "zu groß"]),
        ("[web]\nprot = 1", ["web.prot", "gibt es nicht", "port"]),
        ("[community]\ntime_zone = 'Berlin'", ["community.time_zone", "„Berlin“", "Europe/Berlin"]),
        ("[community]\naddress_direct = 'ihr'", ["community.address_direct", "„ihr“", "du und sie"]),
        ("database = 'mysql://x'", ["database", "postgresql+psycopg://"]),
        (MATRIX.replace("https://", ""), ["matrix", "homeserver", "https://"]),
        (
            MATRIX.replace("@lotsenfunk", "lotsenfunk"),
            ["user_id", "„lotsenfunk:example.org“", "@lotsenfunk:example.org"],
        ),
        (MATRIX + 'trust = "blind"\n', ["trust", "„blind“", "strict"]),
        (MATRIX.replace("*:example.org", "*"), ["invites_from", "„*“", "*:example.org"]),
        (MATRIX.replace("*:example.org", "*:*"), ["invites_from", "„*:*“"]),
        (MATRIX.replace('password = "s3cret"', 'password_file = "nix"'), ["password_file", "„nix“", "nicht lesen"]),
        ("[[matrix]]\nuser_id = '@a:b'", ["matrix", "homeserver", "fehlt"]),
        ("x = = 1", ["TOML"]),
    ],
)
def test_a_wrong_setting_names_itself_and_the_cure(tmp_path: Path, text: str, parts: list[str]) -> None:
    sentence = problem(tmp_path, text)
    assert all(part in sentence for part in parts), sentence


@pytest.mark.parametrize(
    "text", [MATRIX + "password_fil = 's3cret'", MATRIX.replace("https://", ""), "database='x://s3cret@h'"]
)
def test_a_secret_is_never_shown(tmp_path: Path, text: str) -> None:
    assert "s3cret" not in problem(tmp_path, text)
    assert "s3cret" not in repr(load_settings(written(tmp_path, MATRIX)))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nirgends"):
        load_settings(tmp_path / "nirgends.toml")
