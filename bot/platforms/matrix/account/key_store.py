"""Opening an account's client together with its key store."""

import secrets
from pathlib import Path
from typing import Any

import nio
from typing_extensions import override

from bot.platforms.matrix.account.client import Client
from bot.platforms.matrix.account.secret_file import read_fields, write_fields
from bot.platforms.matrix.account.trust import Policy, Trust

REQUEST_S = 30.0


class KeyStore(nio.store.SqliteStore):  # type: ignore[misc] # nio has no types
    """matrix-nio's store, which asks the database for each message whether its device is trusted; the device knows."""

    @override
    def is_device_verified(self, device: Any) -> bool:
        return bool(device.verified)

    @override
    def is_device_blacklisted(self, device: Any) -> bool:
        return bool(device.blacklisted)

    @override
    def is_device_ignored(self, device: Any) -> bool:
        return bool(device.ignored)


def open_client(
    homeserver: str, user_id: str, folder: Path, store_key: str | None = None, policy: Policy = Policy.STRICT
) -> Client:
    """Make the client of an account that keeps its keys in `folder`; touches no network and logs nobody in.

    `store_key` locks the key store; without one, a random key lies beside it, readable for nobody else.
    """
    store = store_file(folder)
    store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # matrix-nio would repeat requests by itself, for ever; waiting is the job of our loops, which know what for.
    config = nio.AsyncClientConfig(
        store=KeyStore,  # with trust in the same transaction as the keys
        store_name=store.name,
        pickle_key=store_key or _key_beside(folder),
        max_limit_exceeded=0,
        max_timeouts=0,
        request_timeout=REQUEST_S,
        store_sync_tokens=False,
    )
    trust = Trust(policy, folder / "identities.json")
    return Client(homeserver.rstrip("/"), user_id, store_path=str(store.parent), config=config, trust=trust)


def store_file(folder: Path) -> Path:
    """Where the keys of an account lie."""
    return folder / "store" / "keys.db"


def _key_beside(folder: Path) -> str:
    file = folder / "store_key.json"
    kept = read_fields(file)
    if kept is None:
        kept = {"key": secrets.token_urlsafe(32)}
        write_fields(file, kept)
    return str(kept["key"])
