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
        (MATRIX.replace('password = "s3cret"', 'password_file = "/nix"'), ["password_file", "„/nix“", "nicht lesen"]),
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


APP_ID, TENANT_ID = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
TEAMS = f"""
[teams]
app_id = "{APP_ID}"
app_password = "s3cret"
tenant_id = "{TENANT_ID}"
"""


def test_teams_needs_nothing_but_its_registration(tmp_path: Path) -> None:
    teams = load_settings(written(tmp_path, TEAMS)).teams
    assert teams
    assert (teams.app_id, teams.secret_password, teams.tenant_id) == (APP_ID, "s3cret", TENANT_ID)
    assert not teams.unauthenticated
    assert not teams.guests


def test_without_its_table_there_is_no_teams(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, MATRIX)).teams is None


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("[teams]", "app_id, app_password, tenant_id"),
        ("[teams]\nguests = true", "app_id, app_password, tenant_id"),
        (TEAMS.replace('app_password = "s3cret"', ""), "app_password"),
        (TEAMS.replace("s3cret", ""), "app_password"),
        (TEAMS.replace(TENANT_ID, ""), "tenant_id"),
        (f'[teams]\ntenant_id = "{TENANT_ID}"', "app_id, app_password"),
    ],
)
def test_what_is_missing_of_the_registration_is_named_at_once(tmp_path: Path, text: str, missing: str) -> None:
    sentence = problem(tmp_path, text)
    assert sentence == (
        f"Einstellung teams: braucht noch {missing}. Woher sie kommen, steht im Handbuch unter „Teams“."
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (TEAMS.replace(APP_ID, "lotsenfunk"), ["teams.app_id", "Kennung aus Entra", "1111"]),
        (TEAMS.replace(TENANT_ID, "example.org"), ["teams.tenant_id", "Kennung aus Entra"]),
        (TEAMS + "guests = 'vielleicht'", ["teams.guests", "„vielleicht“", "true und false"]),
        (TEAMS + "login_url = 'login.example.org'", ["teams.login_url", "„login.example.org“", "https://"]),
        (TEAMS + "app_pasword = 's3cret'", ["teams.app_pasword", "gibt es nicht", "app_password"]),
        (
            TEAMS.replace('app_password = "s3cret"', 'app_password_file = "/nix"'),
            ["teams.app_password_file", "„/nix“", "nicht lesen"],
        ),
    ],
)
def test_a_wrong_setting_of_teams_names_itself_and_the_cure(tmp_path: Path, text: str, parts: list[str]) -> None:
    sentence = problem(tmp_path, text)
    assert all(part in sentence for part in parts), sentence


@pytest.mark.parametrize(
    "text",
    [
        TEAMS.replace("app_password", "app_password_file"),
        TEAMS.replace(APP_ID, "s3cret"),
        TEAMS.replace(TENANT_ID, "s3cret"),
        MATRIX.replace("password", "password_file"),
    ],
)
def test_a_secret_in_the_wrong_line_is_not_shown(tmp_path: Path, text: str) -> None:
    assert "s3cret" not in problem(tmp_path, text)


@pytest.mark.parametrize("written_id", [APP_ID.upper(), APP_ID.replace("-", ""), f"{{{APP_ID}}}"])
def test_an_id_is_the_same_however_it_is_written(tmp_path: Path, written_id: str) -> None:
    teams = load_settings(written(tmp_path, TEAMS.replace(APP_ID, written_id))).teams
    assert teams
    assert teams.app_id == APP_ID


@pytest.mark.parametrize(
    "text",
    [
        TEAMS.replace(TENANT_ID, ""),
        TEAMS.replace(APP_ID, "x"),
        TEAMS.replace('"s3cret"', '["s3cret"]'),
        TEAMS.replace('"s3cret"', '{ is = "s3cret" }'),
        TEAMS.replace("app_password", "app_pasword"),
        TEAMS.replace("app_id", "app_if"),
        TEAMS + "port = 's3cret'",
        TEAMS + "guests = 3\n[web]\nport = 'x'",
    ],
)
def test_the_secret_of_the_app_is_never_shown(tmp_path: Path, text: str) -> None:
    assert "s3cret" not in problem(tmp_path, text)
    assert "s3cret" not in repr(load_settings(written(tmp_path, TEAMS)))


def test_a_secret_that_looks_like_a_number_is_not_shown_either(tmp_path: Path) -> None:
    sentence = problem(tmp_path, TEAMS.replace('"s3cret"', "5317"))
    assert "teams.app_password" in sentence
    assert "5317" not in sentence


def test_the_environment_names_the_registration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    monkeypatch.setenv("LOTSENFUNK_TEAMS__APP_ID", APP_ID)
    monkeypatch.setenv("LOTSENFUNK_TEAMS__TENANT_ID", TENANT_ID)
    monkeypatch.setenv("LOTSENFUNK_TEAMS__APP_PASSWORD_FILE", str(secret))
    teams = load_settings().teams
    assert teams
    assert (teams.app_id, teams.tenant_id, teams.secret_password) == (APP_ID, TENANT_ID, "s3cret")
    monkeypatch.setenv("LOTSENFUNK_TEAMS__APP_PASSWORD", "other")
    overridden = load_settings(written(tmp_path, TEAMS + "guests = true")).teams
    assert overridden
    assert (overridden.secret_password, overridden.guests) == ("other", True)


OPEN = "[teams]\nunauthenticated = true\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_everybody_may_speak_as_anybody_on_this_machine_alone(tmp_path: Path, host: str) -> None:
    settings = load_settings(written(tmp_path, f'{OPEN}[web]\nhost = "{host}"'))
    assert settings.teams
    assert settings.teams.unauthenticated


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.1", "lotsenfunk.example.org", "localhost.example.org", ""])
@pytest.mark.parametrize("teams", [OPEN, TEAMS + "unauthenticated = true\n"])
def test_everybody_may_never_speak_as_anybody_from_elsewhere(tmp_path: Path, host: str, teams: str) -> None:
    assert problem(tmp_path, f'{teams}[web]\nhost = "{host}"') == (
        "Einstellung teams.unauthenticated ist nur zum Entwickeln da: Dann muss web.host 127.0.0.1 sein, sonst kann "
        "jede und jeder im Netz unter fremdem Namen schreiben."
    )


def test_a_registered_app_may_be_reached_from_elsewhere(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, f'{TEAMS}[web]\nhost = "0.0.0.0"')).web.host == "0.0.0.0"


def test_the_public_address_stands_in_one_place_without_a_slash(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, '[web]\npublic_url = "https://bot.example.org/lotsen/"\n'))
    assert settings.web.address == "https://bot.example.org/lotsen"
    assert load_settings(written(tmp_path, "")).web.address == ""


def test_the_public_address_in_its_earlier_place_names_the_new_one(tmp_path: Path) -> None:
    reason = problem(tmp_path, '[teams]\nunauthenticated = true\npublic_url = "https://bot.example.org"\n')
    assert reason == "Einstellung teams: hat public_url nicht mehr. Die Zeile in die Tabelle [web] verschieben."
