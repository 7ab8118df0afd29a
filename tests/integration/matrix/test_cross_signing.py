"""The account's own identity against a real homeserver, judged by Synapse's own library for signatures."""

import itertools
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from signedjson.key import decode_verify_key_bytes
from signedjson.sign import verify_signed_json
from unpaddedbase64 import decode_base64

from bot.errors import SettingsError
from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.account.cross_signing import (
    DeviceKeysError,
    ForeignIdentityError,
    OwnIdentity,
    Seeds,
    Standing,
    load,
    look,
    replace_identity,
    sign_own_device,
    take_over,
)
from bot.platforms.matrix.account.key_store import open_client
from bot.platforms.matrix.account.recovery_key import MistypedKeyError, RecoveryKey
from bot.platforms.matrix.account.secret_storage import ForeignStorageError, is_set_up, read_seeds, write_seeds
from bot.platforms.matrix.account.session import (
    Credentials,
    LostKeysError,
    load_session,
    open_new_session,
    open_session,
)
from bot.platforms.matrix.errors import ServerError
from servers.synapse import Account, Person, Synapse

_numbers = itertools.count(1)


class Crash(Exception):
    """The end of the process, as far as what comes after it goes."""


@dataclass
class Bot:
    """A bot's account and its folder, to be started again and again."""

    account: Account
    folder: Path

    @asynccontextmanager
    async def started(self, *, token: str | None = None, new_device: bool = False) -> AsyncIterator[Client]:
        client = open_client(self.account.url, self.account.user_id, self.folder)
        try:
            if new_device:
                await open_new_session(client, self.folder, self.account.password)
            else:
                credentials = Credentials(None if token else self.account.password, token)
                await open_session(client, self.folder, credentials)
            await client.upload_keys()
            yield client
        finally:
            await client.close()

    async def sign(self) -> OwnIdentity:
        async with self.started() as client:
            return await sign_own_device(client, self.folder, None)

    async def replace(self) -> OwnIdentity:
        async with self.started() as client:
            return await replace_identity(client, self.folder, self.account.password)

    def without_data(self, name: str) -> "Bot":
        """The same account elsewhere."""
        return Bot(self.account, self.folder.parent / name)

    @property
    def device_id(self) -> str:
        session = load_session(self.folder)
        assert session is not None
        return session.device_id

    @property
    def seeds_file(self) -> Path:
        return self.folder / "cross_signing.json"


@dataclass
class Observer:
    """Somebody else, who believes only what is signed."""

    person: Person

    async def master_of(self, bot: Bot) -> str | None:
        return next(iter((await self._keys(bot))["master_keys"].get(bot.account.user_id, {}).get("keys", {})), None)

    async def confirmed(self, bot: Bot) -> set[str]:
        """The devices that the account's identity vouches for."""
        user_id, keys = bot.account.user_id, await self._keys(bot)
        if user_id not in keys["master_keys"]:
            return set()
        self_signing = keys["self_signing_keys"][user_id]
        assert is_signed(self_signing, user_id, only_key(keys["master_keys"][user_id]))
        devices = keys["device_keys"].get(user_id, {})
        return {name for name, device in devices.items() if is_signed(device, user_id, only_key(self_signing))}

    async def _keys(self, bot: Bot) -> dict[str, Any]:
        return await self.person.call("POST", "/keys/query", {"device_keys": {bot.account.user_id: []}})


def only_key(signed: dict[str, Any]) -> str:
    [key] = signed["keys"].values()
    return str(key)


def is_signed(wire: dict[str, Any], user_id: str, key: str) -> bool:
    name = f"ed25519:{key}"
    if name not in wire["signatures"].get(user_id, {}):
        return False
    verify_signed_json(wire, user_id, decode_verify_key_bytes(name, decode_base64(key)))
    return True


def crash(client: Client, at: int, *, done: bool) -> None:
    """End it with the request number `at`, before it is sent or after it was answered."""
    whole: Callable[..., Any] = client.call
    requests = itertools.count()

    async def call(*arguments: Any, **options: Any) -> Any:
        is_last = next(requests) == at
        if is_last and not done:
            raise Crash
        answer = await whole(*arguments, **options)
        if is_last:
            raise Crash
        return answer

    client.call = call  # type: ignore[method-assign]


@pytest.fixture
def bot(synapse: Synapse, tmp_path: Path) -> Bot:
    return Bot(synapse.register(f"signing{next(_numbers)}"), tmp_path / "first")


@pytest.fixture
def observer(synapse: Synapse, http: aiohttp.ClientSession) -> Observer:
    return Observer(Person(synapse.register(f"observer{next(_numbers)}"), http))


# the first start, and those after it


async def test_first_start_makes_an_identity_that_signs_the_device(bot: Bot, observer: Observer) -> None:
    identity = await bot.sign()
    assert identity.standing is Standing.SIGNED
    assert f"ed25519:{identity.master}" == await observer.master_of(bot)
    assert await observer.confirmed(bot) == {bot.device_id}


async def test_seeds_are_readable_for_nobody_else(bot: Bot) -> None:
    await bot.sign()
    assert bot.seeds_file.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in bot.folder.glob("cross_signing*")] == ["cross_signing.json"]


async def test_device_vouches_for_the_master_key(bot: Bot, synapse: Synapse, http: aiohttp.ClientSession) -> None:
    await bot.sign()
    keys = await Person(bot.account, http).call("POST", "/keys/query", {"device_keys": {bot.account.user_id: []}})
    master, device = keys["master_keys"][bot.account.user_id], keys["device_keys"][bot.account.user_id][bot.device_id]
    name = f"ed25519:{bot.device_id}"
    verify_signed_json(master, bot.account.user_id, decode_verify_key_bytes(name, decode_base64(device["keys"][name])))


async def test_second_start_changes_nothing(bot: Bot, observer: Observer) -> None:
    first = await bot.sign()
    seeds, device_id = bot.seeds_file.read_bytes(), bot.device_id
    async with bot.started() as client:
        crash(client, 1, done=False)  # a single question, and nothing else
        assert await sign_own_device(client, bot.folder, None) == first
    assert (bot.seeds_file.read_bytes(), bot.device_id) == (seeds, device_id)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", range(3))
async def test_crash_in_the_first_start_is_made_good_by_the_second(
    bot: Bot, observer: Observer, at: int, done: bool
) -> None:
    async with bot.started() as client:
        crash(client, at, done=done)
        with pytest.raises(Crash):
            await sign_own_device(client, bot.folder, None)
    master = await observer.master_of(bot)
    assert (master is None) is (at < 1 or (at == 1 and not done))
    again = await bot.sign()
    assert again.standing is Standing.SIGNED
    assert await observer.master_of(bot) == f"ed25519:{again.master}"
    assert master in (None, f"ed25519:{again.master}")
    assert await observer.confirmed(bot) == {bot.device_id}


async def test_new_device_is_signed_by_the_same_identity(bot: Bot, observer: Observer) -> None:
    first, old = await bot.sign(), bot.device_id
    async with bot.started(new_device=True) as client:
        assert await sign_own_device(client, bot.folder, None) == first
    assert bot.device_id != old
    assert await observer.confirmed(bot) == {old, bot.device_id}


# what is not ours


async def test_identity_of_somebody_else_is_refused_and_untouched(bot: Bot, observer: Observer) -> None:
    elsewhere = bot.without_data("elsewhere")
    theirs = await elsewhere.sign()
    with pytest.raises(ForeignIdentityError, match=r"--recovery-key.*--replace-identity"):
        await bot.sign()
    assert await observer.master_of(bot) == f"ed25519:{theirs.master}"
    assert await observer.confirmed(bot) == {elsewhere.device_id}
    assert not bot.seeds_file.exists()


async def test_own_seeds_of_another_identity_are_refused_and_kept(bot: Bot, observer: Observer) -> None:
    await bot.sign()
    seeds = bot.seeds_file.read_bytes()
    theirs = await replaced_elsewhere(bot)
    with pytest.raises(ForeignIdentityError):
        await bot.sign()
    assert bot.seeds_file.read_bytes() == seeds
    assert await observer.master_of(bot) == f"ed25519:{theirs.master}"


async def test_device_with_keys_of_another_store_is_not_signed(bot: Bot, observer: Observer, tmp_path: Path) -> None:
    async with bot.started():
        pass
    copy = bot.without_data("copy")
    copy.folder.mkdir()
    shutil.copy(bot.folder / "session.json", copy.folder)
    client = open_client(bot.account.url, bot.account.user_id, copy.folder)
    await open_session(client, copy.folder, Credentials(bot.account.password, None))
    for sign in (sign_own_device, replace_identity):
        with pytest.raises(DeviceKeysError, match="--new-device"):
            await sign(client, copy.folder, bot.account.password)
    await client.close()
    assert await observer.master_of(bot) is None
    assert not copy.seeds_file.exists()


async def test_device_without_keys_on_the_server_is_not_signed(bot: Bot) -> None:
    client = open_client(bot.account.url, bot.account.user_id, bot.folder)
    await open_session(client, bot.folder, Credentials(bot.account.password, None))
    with pytest.raises(DeviceKeysError):
        await sign_own_device(client, bot.folder, None)
    await client.close()


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"master": "AAAA", "self_signing": 1}'])
async def test_broken_seeds_are_named_and_not_replaced(bot: Bot, content: str) -> None:
    await bot.sign()
    bot.seeds_file.write_text(content)
    with pytest.raises(SettingsError, match=r"cross_signing\.json ist beschädigt"):
        await bot.sign()
    assert bot.seeds_file.read_text() == content


# replacing it


async def test_replacing_gives_a_new_identity_that_signs_the_device(bot: Bot, observer: Observer) -> None:
    await bot.without_data("elsewhere").sign()
    new = await bot.replace()
    assert await observer.master_of(bot) == f"ed25519:{new.master}"
    assert await observer.confirmed(bot) == {bot.device_id}
    assert await bot.sign() == new


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", range(4))
async def test_crash_while_replacing_leaves_the_old_identity_or_the_new_one(
    bot: Bot, observer: Observer, at: int, done: bool
) -> None:
    old = await bot.sign()
    async with bot.started() as client:
        crash(client, at, done=done)
        with pytest.raises(Crash):
            await replace_identity(client, bot.folder, bot.account.password)
    is_replaced = at > 1 or (at == 1 and done)
    again = await bot.sign()
    assert (again != old) is is_replaced
    assert await observer.confirmed(bot) == {bot.device_id}
    newest = await bot.replace()
    assert newest != again
    assert await bot.sign() == newest


async def test_second_attempt_to_replace_does_not_lose_what_the_first_one_did(bot: Bot, observer: Observer) -> None:
    await bot.sign()
    for done in (True, False):
        async with bot.started() as client:
            crash(client, 1, done=done)
            with pytest.raises(Crash):
                await replace_identity(client, bot.folder, bot.account.password)
    again = await bot.sign()
    assert await observer.master_of(bot) == f"ed25519:{again.master}"


async def test_replacing_after_a_crash_between_two_files_replaces(bot: Bot) -> None:
    old = await bot.sign()
    shutil.copy(bot.seeds_file, bot.folder / "cross_signing_next.json")
    assert await bot.replace() != old


@pytest.mark.parametrize(
    ("password", "expected"), [(None, "verlangt das Passwort"), ("falsch", "Das Passwort ist falsch")]
)
async def test_refused_replacement_says_why_and_changes_nothing(
    bot: Bot, observer: Observer, password: str | None, expected: str
) -> None:
    old = await bot.sign()
    async with bot.started() as client:
        with pytest.raises(SettingsError, match=expected):
            await replace_identity(client, bot.folder, password)
    assert await observer.master_of(bot) == f"ed25519:{old.master}"
    assert await bot.sign() == old


async def test_server_that_wants_an_approval_elsewhere_is_explained(bot: Bot) -> None:
    async with bot.started() as client:
        whole: Callable[..., Any] = client.call

        async def call(method: str, path: str, *arguments: Any, **options: Any) -> Any:
            if path == "/keys/device_signing/upload":
                raise ServerError(401)  # the answer of the Matrix Authentication Service to any password
            return await whole(method, path, *arguments, **options)

        client.call = call  # type: ignore[method-assign]
        with pytest.raises(SettingsError, match="Kontoseite"):
            await sign_own_device(client, bot.folder, "pw")


# how it stands


async def test_standing_is_found_without_changing_anything(bot: Bot) -> None:
    async with bot.started() as client:
        found = await look(client, bot.folder)
        assert (found.standing, found.master, found.has_device_keys) == (Standing.NONE, None, True)
        signed = await sign_own_device(client, bot.folder, None)
        assert await look(client, bot.folder) == signed
    async with bot.started(new_device=True) as client:
        assert (await look(client, bot.folder)).standing is Standing.UNSIGNED
        theirs = await replaced_elsewhere(bot)
        assert await look(client, bot.folder) == OwnIdentity(Standing.FOREIGN, theirs.master)


# recovery


async def test_recovery_key_gives_the_identity_to_a_bot_that_lost_its_data(bot: Bot, observer: Observer) -> None:
    first = await bot.sign()
    key = await recovery_key_of(bot)
    heir = bot.without_data("heir")
    async with heir.started() as client:
        await take_over(client, heir.folder, await read_seeds(client, RecoveryKey.read(key.written())))
        assert await sign_own_device(client, heir.folder, None) == first
    assert await observer.confirmed(bot) == {bot.device_id, heir.device_id}


async def test_new_recovery_key_takes_the_place_of_the_one_before(bot: Bot) -> None:
    await bot.sign()
    before, now = await recovery_key_of(bot), await recovery_key_of(bot)
    async with bot.started() as client:
        assert await read_seeds(client, now) == load(bot.folder)
        with pytest.raises(MistypedKeyError):
            await read_seeds(client, before)


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", range(13))
async def test_crash_while_making_a_recovery_key_leaves_a_whole_one(bot: Bot, at: int, done: bool) -> None:
    await bot.sign()
    seeds = load(bot.folder)
    assert seeds is not None
    before = await recovery_key_of(bot)
    async with bot.started() as client:
        default = await client.call("GET", account_data(bot, "m.secret_storage.default_key"))
        whole = client.call
        crash(client, at, done=done)
        with pytest.raises(Crash):
            await write_seeds(client, seeds)
        client.call = whole  # type: ignore[method-assign]
        if default == await client.call("GET", account_data(bot, "m.secret_storage.default_key")):
            assert await read_seeds(client, before) == seeds
        assert await read_seeds(client, await write_seeds(client, seeds)) == seeds


async def test_storage_of_somebody_else_is_replaced_only_when_asked(bot: Bot) -> None:
    await bot.sign()
    seeds = load(bot.folder)
    assert seeds is not None
    key_type = "m.secret_storage.key.theirs"
    async with bot.started() as client:
        await client.call("PUT", account_data(bot, key_type), {"algorithm": "m.secret_storage.v1.aes-hmac-sha2"})
        await client.call("PUT", account_data(bot, "m.secret_storage.default_key"), {"key": "theirs"})
        await client.call("PUT", account_data(bot, "m.megolm_backup.v1"), {"encrypted": {"theirs": {}}})
        with pytest.raises(ForeignStorageError, match="--replace"):
            await write_seeds(client, seeds)
        assert (await client.call("GET", account_data(bot, "m.secret_storage.default_key"))) == {"key": "theirs"}
        key = await write_seeds(client, seeds, replace=True)
        assert await read_seeds(client, key) == seeds
        for kept in (key_type, "m.megolm_backup.v1"):
            assert await client.call("GET", account_data(bot, kept))


async def test_recovery_of_an_identity_that_was_replaced_since_is_refused(bot: Bot) -> None:
    await bot.sign()
    key = await recovery_key_of(bot)
    await replaced_elsewhere(bot)
    async with bot.started() as client:
        with pytest.raises(SettingsError, match="gehören nicht zur jetzigen Identität"):
            await take_over(client, bot.folder, await read_seeds(client, key))
        with pytest.raises(SettingsError, match="gehören nicht zur jetzigen Identität"):
            await take_over(client, bot.folder, Seeds.new())


async def test_account_without_a_recovery_key_has_nothing_to_take_over(bot: Bot) -> None:
    async with bot.started() as client:
        assert not await is_set_up(client)
        with pytest.raises(SettingsError, match="nichts zu übernehmen"):
            await read_seeds(client, RecoveryKey.new())


async def test_deleted_secret_is_named(bot: Bot) -> None:
    await bot.sign()
    key = await recovery_key_of(bot)
    async with bot.started() as client:
        assert await is_set_up(client)
        await client.call("PUT", account_data(bot, "m.cross_signing.user_signing"), {})
        with pytest.raises(SettingsError, match=r"m\.cross_signing\.user_signing ist beschädigt oder fehlt"):
            await read_seeds(client, key)


# lost key stores


async def test_lost_key_store_means_a_new_device_of_the_same_identity(bot: Bot, observer: Observer) -> None:
    first, old = await bot.sign(), bot.device_id
    shutil.rmtree(bot.folder / "store")
    assert await bot.sign() == first
    assert bot.device_id != old
    assert await observer.confirmed(bot) == {old, bot.device_id}


async def test_lost_key_store_without_a_password_is_said(bot: Bot, observer: Observer) -> None:
    token = bot.account.access_token
    async with bot.started(token=token) as client:
        await sign_own_device(client, bot.folder, None)
        device_id = client.device_id
    shutil.rmtree(bot.folder / "store")
    with pytest.raises(LostKeysError, match="ist verloren"):
        async with bot.started(token=token):
            pass
    assert await observer.confirmed(bot) == {device_id}


async def test_session_from_before_there_was_encryption_goes_on(bot: Bot, observer: Observer) -> None:
    client = open_client(bot.account.url, bot.account.user_id, bot.folder)
    await open_session(client, bot.folder, Credentials(bot.account.password, None))
    await client.close()
    shutil.rmtree(bot.folder / "store")
    old = bot.device_id
    await bot.sign()
    assert bot.device_id == old
    assert await observer.confirmed(bot) == {old}


async def test_token_of_another_account_is_refused(bot: Bot, synapse: Synapse) -> None:
    other = synapse.register(f"signing{next(_numbers)}")
    with pytest.raises(SettingsError, match=other.user_id):
        async with bot.started(token=other.access_token):
            pass


# helpers


async def recovery_key_of(bot: Bot) -> RecoveryKey:
    seeds = load(bot.folder)
    assert seeds is not None
    async with bot.started() as client:
        return await write_seeds(client, seeds)


async def replaced_elsewhere(bot: Bot) -> OwnIdentity:
    """Somebody with the password gives the account another identity."""
    elsewhere = bot.without_data("elsewhere")
    return await elsewhere.replace()


def account_data(bot: Bot, kind: str) -> str:
    return f"/user/{bot.account.user_id}/account_data/{kind}"
