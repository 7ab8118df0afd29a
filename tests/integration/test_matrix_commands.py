"""`lotsenfunk matrix …` as an operator sees it: real commands, a real homeserver, a client with Element's crypto."""

import itertools
import json
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from bot.platforms.matrix.account.cross_signing import load
from servers.bot import BotProcess, Finished, lotsenfunk_here, write_settings
from servers.element import Element, needs_node
from servers.synapse import Account, Person, RefusedError, Synapse, eventually

NOWHERE = "http://127.0.0.1:9"  # the port "discard", where nobody listens
WRONG_KEY = "EsTc LW2K PGiF wKEA 3As5 g5c4 BXwk qeeJ ZJV8 Q9fu gUMN UE4d"

_numbers = itertools.count(1)


@pytest.fixture
def account(synapse: Synapse) -> Account:
    return synapse.register(f"operated{next(_numbers)}")


@pytest.fixture
def anna(synapse: Synapse, http: aiohttp.ClientSession) -> Person:
    return Person(synapse.register(f"operator{next(_numbers)}", display_name="Anna"), http)


@pytest.fixture
def house(account: Account, tmp_path: Path) -> Path:
    """A folder whose settings have one account."""
    write_settings(tmp_path, settings_of(account))
    return tmp_path


# login


async def test_login_signs_in_once_and_confirms_the_device(house: Path, account: Account, anna: Person) -> None:
    first = matrix(house, "login")
    assert (first.code, first.data) == (0, "")
    device_id = session(house, account)["device_id"]
    assert f"{account.user_id} ist angemeldet. Gerät: {device_id}" in first.talk
    assert "Das Gerät ist bestätigt" in first.talk
    assert await confirmed(anna, account) == {device_id}
    again = matrix(house, "login")
    assert (again.code, again.talk) == (0, first.talk)
    assert await confirmed(anna, account) == {device_id}


async def test_login_with_a_token_confirms_its_device(
    house: Path, account: Account, anna: Person, http: aiohttp.ClientSession
) -> None:
    write_settings(house, with_token(account))
    done = matrix(house, "login")
    device_id = (await Person(account, http).call("GET", "/account/whoami"))["device_id"]
    assert done.code == 0, done.talk
    assert device_id in done.talk
    assert await confirmed(anna, account) == {device_id}
    refused = matrix(house, "login", "--new-device")
    assert refused.code == 1
    assert "neues Token" in refused.talk


async def test_login_as_a_new_device_keeps_the_identity(house: Path, account: Account, anna: Person) -> None:
    matrix(house, "login")
    old = session(house, account)["device_id"]
    done = matrix(house, "login", "--new-device")
    assert done.code == 0, done.talk
    new = session(house, account)["device_id"]
    assert new != old
    assert await confirmed(anna, account) == {old, new}


async def test_identity_that_is_not_ours_is_replaced_only_when_asked(
    house: Path, account: Account, anna: Person
) -> None:
    await lose(house, account)
    refused = matrix(house, "login")
    assert (refused.code, refused.data) == (1, "")
    assert "--recovery-key" in refused.talk
    assert "--replace-identity" in refused.talk
    device_id = session(house, account)["device_id"]
    assert device_id not in await confirmed(anna, account)
    done = matrix(house, "login", "--replace-identity")
    assert done.code == 0, done.talk
    assert "lotsenfunk matrix recovery-key" in done.talk
    assert await confirmed(anna, account) == {device_id}


async def test_password_that_no_setting_has_is_asked_for(house: Path, account: Account, anna: Person) -> None:
    await lose(house, account)
    write_settings(house, with_token(account))
    nobody = matrix(house, "login", "--replace-identity")
    assert nobody.code == 1
    assert "Niemand hat etwas eingegeben" in nobody.talk
    wrong = matrix(house, "login", "--replace-identity", typed="geraten\n")
    assert wrong.code == 1
    assert "Das Passwort ist falsch" in wrong.talk
    done = matrix(house, "login", "--replace-identity", typed=f"{account.password}\n")
    assert done.code == 0, done.talk
    assert account.password not in done.talk.split()


async def test_one_login_by_hand_is_enough_where_no_setting_has_the_password(house: Path, account: Account) -> None:
    write_settings(house, {"homeserver": account.url, "user_id": account.user_id})
    assert matrix(house, "login", typed=f"{account.password}\n").code == 0
    assert matrix(house, "status").code == 0


async def test_wrong_use_of_login_ends_with_2(house: Path) -> None:
    done = matrix(house, "login", "--recovery-key", "--replace-identity")
    assert (done.code, done.data) == (2, "")


@pytest.mark.usefixtures("quick_starts")
def test_login_while_the_bot_serves_is_refused(tmp_path: Path, account: Account) -> None:
    with BotProcess(tmp_path, account):
        done = matrix(tmp_path, "login")
        assert done.code == 1
        assert "arbeitet schon ein Lotsenfunk" in done.talk


# recovery-key


async def test_recovery_key_brings_the_identity_back_after_a_loss(house: Path, account: Account, anna: Person) -> None:
    matrix(house, "login")
    before = session(house, account)["device_id"]
    made = matrix(house, "recovery-key")
    assert made.code == 0, made.talk
    assert "Tresor" in made.talk
    key = made.data.removesuffix("\n")
    assert [len(group) for group in key.split(" ")] == [4] * 12
    assert key not in made.talk
    shutil.rmtree(house / "data")
    assert matrix(house, "login").code == 1
    for typed in (WRONG_KEY, key[:-1], key.lower(), "", "Käse"):
        mistyped = matrix(house, "login", "--recovery-key", typed=f"{typed}\n")
        assert mistyped.code == 1
        assert "nicht der Wiederherstellungsschlüssel" in mistyped.talk
    done = matrix(house, "login", "--recovery-key", typed=f"{key}\n")
    assert done.code == 0, done.talk
    assert await confirmed(anna, account) == {before, session(house, account)["device_id"]}


def test_recovery_key_needs_an_identity_of_ours(house: Path) -> None:
    done = matrix(house, "recovery-key")
    assert (done.code, done.data) == (1, "")
    assert "lotsenfunk matrix login" in done.talk


@needs_node
async def test_recovery_key_lets_element_sign_in_as_the_bot(house: Path, account: Account) -> None:
    matrix(house, "login")
    key = matrix(house, "recovery-key").data.strip()
    async with Element.open(account, cross_signed=False) as element:
        assert await element.sign_in_with_recovery_key(key)
        devices = await element.devices_of(account.user_id)
    bot = devices[session(house, account)["device_id"]]
    assert bot.signed_by_owner
    assert bot.cross_signing_verified


@needs_node
async def test_identity_and_recovery_made_by_element_are_taken_over(house: Path, account: Account) -> None:
    async with Element.open(account) as element:
        key = await element.set_up_recovery_key()
        assert matrix(house, "login").code == 1
        done = matrix(house, "login", "--recovery-key", typed=f"{key}\n")
        assert done.code == 0, done.talk
        device_id = session(house, account)["device_id"]

        async def is_verified() -> bool:
            return (await element.devices_of(account.user_id))[device_id].cross_signing_verified

        await eventually(is_verified)
    refused = matrix(house, "recovery-key")
    assert (refused.code, refused.data) == (1, "")
    assert "--replace" in refused.talk
    replaced = matrix(house, "recovery-key", "--replace")
    assert replaced.code == 0, replaced.talk
    async with Element.open(account, cross_signed=False) as element:
        assert await element.sign_in_with_recovery_key(replaced.data.strip())


# status


async def test_status_says_all_that_is_well(
    house: Path, account: Account, anna: Person, http: aiohttp.ClientSession
) -> None:
    matrix(house, "login")
    bot = Person(account, http)
    group = await anna.create_room(account.user_id, encrypted=True)
    direct = await anna.create_room(account.user_id, direct=True)
    for room in (group, direct):
        await bot.join(room)
    await anna.call("PUT", f"/rooms/{quote(group)}/state/m.room.name", {"name": "Lots:innen\x1b[2J"})
    found = status(house)
    assert found.pop("one_time_keys") > 0
    assert sorted(found.pop("rooms"), key=lambda room: bool(room["is_encrypted"])) == [
        {"id": direct, "name": "Anna", "members": 2, "is_encrypted": False},
        {"id": group, "name": "Lots:innen\x1b[2J", "members": 2, "is_encrypted": True},
    ]
    assert found == {
        "user_id": account.user_id,
        "homeserver": account.url,
        "is_reachable": True,
        "is_token_valid": True,
        "device_id": session(house, account)["device_id"],
        "identity": "signed",
        "has_recovery_key": False,
        "problems": [],
    }
    matrix(house, "recovery-key")
    shown = matrix(house, "status")
    assert (shown.code, shown.talk) == (0, "")
    assert "bestätigt" in shown.data
    assert "Wiederherstellung eingerichtet" in " ".join(shown.data.split())
    assert f"{direct}  Anna, 2 Mitglieder, unverschlüsselt" in shown.data
    assert "\x1b" not in shown.data


async def test_status_changes_nothing(house: Path, account: Account) -> None:
    assert matrix(house, "status").code == 1
    assert not (house / "data").exists()
    matrix(house, "login")
    before = files(house)
    assert status(house) == status(house)
    assert files(house) == before


@pytest.mark.usefixtures("quick_starts")
async def test_status_and_recovery_key_work_while_the_bot_serves(tmp_path: Path, account: Account) -> None:
    bot = BotProcess(tmp_path, account)
    assert matrix(tmp_path, "login").code == 0
    with bot:
        assert status(tmp_path)["identity"] == "signed"
        assert matrix(tmp_path, "recovery-key").code == 0


async def test_status_names_what_is_wrong_and_how_to_mend_it(
    house: Path, account: Account, http: aiohttp.ClientSession
) -> None:
    unknown = matrix(house, "status", "--json")
    assert unknown.code == 1
    assert "noch nicht angemeldet. Zuerst: lotsenfunk matrix login" in unknown.talk
    assert json.loads(unknown.data)["is_reachable"] is True

    matrix(house, "login")
    await lose(house, account, keep="session.json")
    assert (await problem(house))[0] == "foreign"
    assert "--replace-identity" in (await problem(house))[1]

    token = session(house, account)["access_token"]
    device = Person(Account(account.url, account.user_id, account.password, token), http)
    await device.call("POST", "/logout", {})
    revoked = matrix(house, "status", "--json")
    assert revoked.code == 1
    assert json.loads(revoked.data)["is_token_valid"] is False
    assert "M_UNKNOWN_TOKEN" in revoked.talk

    write_settings(house, settings_of(account) | {"homeserver": NOWHERE})
    away = matrix(house, "status", "--json")
    assert away.code == 1
    assert json.loads(away.data)["is_reachable"] is False
    assert "nicht erreichbar" in away.talk


async def test_status_of_a_device_that_is_not_confirmed_says_so(house: Path, account: Account) -> None:
    write_settings(house, with_token(account))
    identity, sentence = await problem(house)
    assert identity == "none"
    assert "nicht bestätigt" in sentence


# leave-room


async def test_leave_room_leaves_and_forgets(
    house: Path, account: Account, anna: Person, http: aiohttp.ClientSession
) -> None:
    matrix(house, "login")
    bot = Person(account, http)
    room, invited = await anna.create_room(account.user_id), await anna.create_room(account.user_id)
    await bot.join(room)
    for left in (room, invited):
        done = matrix(house, "leave-room", left)
        assert (done.code, done.data) == (0, ""), done.talk
        assert left in done.talk
        assert (await anna.members(left))[account.user_id] == "leave"
        with pytest.raises(RefusedError):
            await bot.members(left)
    assert matrix(house, "leave-room", room).code == 0  # nothing left to do
    for nowhere in (await anna.create_room(), "!gibtesnicht", "kein Raum"):
        refused = matrix(house, "leave-room", nowhere)
        assert refused.code == 1, nowhere
        assert "ist nicht im Raum" in refused.talk


# several accounts, and none


def test_account_has_to_be_chosen_when_there_are_several(tmp_path: Path, synapse: Synapse) -> None:
    one, other = (synapse.register(f"operated{next(_numbers)}") for _ in range(2))
    write_settings(tmp_path, settings_of(one), settings_of(other))
    for words in (
        ["login"],
        ["status"],
        ["recovery-key"],
        ["leave-room", "!x"],
        ["login", "--account", "@x:localhost"],
    ):
        done = matrix(tmp_path, *words)
        assert (done.code, done.data) == (1, "")
        assert one.user_id in done.talk
        assert other.user_id in done.talk
    assert matrix(tmp_path, "login", "--account", other.user_id).code == 0
    assert status(tmp_path, "--account", other.user_id)["user_id"] == other.user_id
    assert matrix(tmp_path, "status", "--account", one.user_id).code == 1


def test_house_without_an_account_is_told_to_make_one(tmp_path: Path) -> None:
    write_settings(tmp_path)
    done = matrix(tmp_path, "status")
    assert (done.code, done.data) == (1, "")
    assert "[[matrix]]" in done.talk


# helpers


def matrix(folder: Path, *words: str, typed: str | None = None) -> Finished:
    """Run a command; nothing that it says may be a trace or a secret."""
    done = lotsenfunk_here("matrix", *words, folder=folder, typed=typed)
    said = done.data + done.talk
    assert "Traceback" not in said, said
    for file in folder.glob("data/matrix/*/session.json"):
        assert json.loads(file.read_text())["access_token"] not in said
    for file in folder.glob("data/matrix/*/cross_signing.json"):
        seeds = load(file.parent)
        assert seeds is not None
        assert not any(secret in said for secret in seeds.encoded().values())
    return done


def status(folder: Path, *words: str) -> dict[str, Any]:
    """What status finds out of an account that is well."""
    done = matrix(folder, "status", "--json", *words)
    assert done.code == 0, done.talk
    return dict(json.loads(done.data))


async def problem(folder: Path) -> tuple[str, str]:
    """How the identity of an account stands that is not well, and what is said about it."""
    done = matrix(folder, "status", "--json")
    assert done.code == 1
    found = json.loads(done.data)
    assert "\n".join(found["problems"]) + "\n" == done.talk
    return found["identity"], done.talk


async def lose(folder: Path, account: Account, keep: str = "") -> None:
    """Give the account an identity whose seeds are lost; `keep` is a file of the account that stays."""
    kept = (secrets(folder, account) / keep).read_bytes() if keep else b""
    shutil.rmtree(folder / "data", ignore_errors=True)
    assert matrix(folder, "login", "--replace-identity").code == 0
    shutil.rmtree(folder / "data")
    if keep:
        secrets(folder, account).mkdir(parents=True)
        (secrets(folder, account) / keep).write_bytes(kept)


async def confirmed(person: Person, account: Account) -> set[str]:
    """The devices of an account that its identity has signed, as somebody else sees them."""
    found = await person.call("POST", "/keys/query", {"device_keys": {account.user_id: []}})
    [signer] = found["self_signing_keys"][account.user_id]["keys"]
    devices = found["device_keys"][account.user_id]
    return {name for name, device in devices.items() if signer in device["signatures"][account.user_id]}


def settings_of(account: Account) -> dict[str, Any]:
    return {"homeserver": account.url, "user_id": account.user_id, "password": account.password}


def with_token(account: Account) -> dict[str, Any]:
    return {"homeserver": account.url, "user_id": account.user_id, "access_token": account.access_token}


def secrets(folder: Path, account: Account) -> Path:
    return folder / "data" / "matrix" / account.user_id


def session(folder: Path, account: Account) -> dict[str, str]:
    return dict(json.loads((secrets(folder, account) / "session.json").read_text()))


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
