"""Small files with secrets of an account: readable for nobody else, and either old or new, never half."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.errors import SettingsError


def write_fields(file: Path, fields: Mapping[str, Any]) -> None:
    """Replace the file by a JSON object; when this returns, not even a power failure loses it."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = file.with_suffix(".new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(fields, out)
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)
    _sync(file.parent)


def read_fields(file: Path) -> dict[str, Any] | None:
    """The JSON object in the file, None when there is no file. Raises `SettingsError` for a broken one."""
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        raise broken(file) from None
    if not isinstance(fields, dict):
        raise broken(file)
    return fields


def broken(file: Path) -> SettingsError:
    """The error for a file whose content cannot be used."""
    return SettingsError(f"{file} ist beschädigt. Aus der Sicherung holen, oder löschen und neu anmelden.")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
