"""The store of an account's keys: the same device every time, and closed to everybody without its key."""

import stat
from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.account.key_store import open_client, store_file

BOT = "@lotse:example.org"


def opened(folder: Path, store_key: str | None = None, user_id: str = BOT, device: str = "DEVICE") -> Client:
    client = open_client("https://matrix.example.org", user_id, folder, store_key)
    client.restore_login(user_id, device, "token")
    return client


def identity(client: Client) -> dict[str, str]:
    return dict(client.olm.account.identity_keys)


@pytest.mark.parametrize("store_key", ["geheim", None])
def test_device_is_the_same_after_a_restart(tmp_path: Path, store_key: str | None) -> None:
    assert identity(opened(tmp_path, store_key)) == identity(opened(tmp_path, store_key))


def test_another_store_key_opens_nothing_and_changes_nothing(tmp_path: Path) -> None:
    before = identity(opened(tmp_path, "geheim"))
    for wrong in ("falsch", None):
        with pytest.raises(SettingsError, match="store_key"):
            opened(tmp_path, wrong)
    assert identity(opened(tmp_path, "geheim")) == before


def test_key_that_nobody_chose_is_random_and_readable_for_nobody_else(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    opened(one)
    opened(other)
    files = [folder / "store_key.json" for folder in (one, other)]
    assert files[0].read_text() != files[1].read_text()
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]
    assert stat.S_IMODE(store_file(one).parent.stat().st_mode) == 0o700


def test_account_whose_name_has_a_slash_has_a_store(tmp_path: Path) -> None:
    opened(tmp_path, user_id="@lotse/amt:example.org")
    assert store_file(tmp_path).exists()


def test_each_device_has_keys_of_its_own(tmp_path: Path) -> None:
    assert identity(opened(tmp_path, device="A")) != identity(opened(tmp_path, device="B"))
