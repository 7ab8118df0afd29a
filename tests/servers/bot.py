"""The real `lotsenfunk` for tests: its commands, and `serve` as a process that can be killed and started again."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self
from unittest.mock import patch

import pytest
import structlog

from bot.__main__ import main
from servers.preloaded import Preloaded, PreloadedCommand
from servers.synapse import Account

READY_WITHIN_S = 180.0
ENDS_WITHIN_S = 60.0
COMMAND_WITHIN_S = 240.0
SHOWN_LOG = 8000


@dataclass(frozen=True)
class Finished:
    """A command that has ended: its exit code, its data (standard output) and its talk (standard error)."""

    code: int
    data: str
    talk: str


def lotsenfunk(*words: str, folder: Path, typed: str | bytes | None = None) -> Finished:
    """Run a command in a folder; `typed` comes through a pipe, None is a closed standard input."""
    source: Mapping[str, Any] = {"stdin": subprocess.DEVNULL} if typed is None else {"input": _bytes(typed)}
    done = subprocess.run(
        command(*words), cwd=folder, env=environment(), capture_output=True, timeout=COMMAND_WITHIN_S, **source
    )
    return Finished(done.returncode, done.stdout.decode(), done.stderr.decode(errors="replace"))


def lotsenfunk_forked(*words: str, folder: Path, typed: str | bytes | None = None) -> Finished:
    """Run a command in a process of its own, which need not load the modules; None is a standard input at its end."""
    process = PreloadedCommand(main, words, folder, environment())
    data, talk = process.communicate(_bytes(typed or ""), COMMAND_WITHIN_S)
    code = process.poll()
    assert code is not None
    return Finished(code, data.decode(), talk.decode(errors="replace"))


def lotsenfunk_here(*words: str, folder: Path, typed: str | bytes | None = None) -> Finished:
    """Run a command in a thread of this process: the same without the seconds that a new process takes to start."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(_run_here, words, folder, _bytes(typed or "")).result(COMMAND_WITHIN_S)


def _bytes(typed: str | bytes) -> bytes:
    return typed.encode() if isinstance(typed, str) else typed


def _run_here(words: Sequence[str], folder: Path, typed: bytes) -> Finished:
    data, talk = StringIO(), StringIO()
    log_settings = structlog.get_config()
    with (
        chdir(folder),
        patch.dict(os.environ, environment(), clear=True),
        patch.multiple(sys, argv=["lotsenfunk", *words], stdin=TextIOWrapper(BytesIO(typed))),
        redirect_stdout(data),
        redirect_stderr(talk),
        pytest.raises(SystemExit) as end,
    ):
        main()
    structlog.configure(**log_settings)
    return Finished(int(end.value.code or 0), data.getvalue(), talk.getvalue())


def command(*words: str) -> list[str]:
    """The command line of this Python's lotsenfunk."""
    return [sys.executable, "-m", "bot", *words]


def environment() -> dict[str, str]:
    """Our environment without settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOTSENFUNK_")}


def write_settings(folder: Path, *accounts: Mapping[str, Any], tables: str = "", **settings: Any) -> Path:
    """Write `lotsenfunk.toml` in a folder, with the data beside it; `tables` is TOML that is added as it is."""
    top = {"data_dir": str(folder / "data")} | settings
    parts = [_lines(top), tables, *("[[matrix]]\n" + _lines(account) for account in accounts)]
    file = folder / "lotsenfunk.toml"
    file.write_text("\n".join(parts), encoding="utf-8")
    return file


def _lines(values: Mapping[str, Any]) -> str:
    # For texts, numbers and lists of them, TOML is written as JSON.
    return "".join(f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())


def _matrix(account: Account, homeserver: str | None) -> Mapping[str, Any]:
    return {
        "homeserver": homeserver or account.url,
        "user_id": account.user_id,
        "password": account.password,
        "invites_from": ["*:localhost"],
    }


def served(folder: Path, variables: Mapping[str, str], log: Path) -> "subprocess.Popen[bytes] | Preloaded":
    """Start `lotsenfunk serve` in a folder; what it writes to standard error goes to the end of a file."""
    with log.open("ab") as end:
        return subprocess.Popen(command("serve"), cwd=folder, env=variables, stdin=subprocess.DEVNULL, stderr=end)


class ServeProcess:
    """`lotsenfunk serve` in a folder that keeps its settings, data and log; `variables` go into its environment.

    Use as a context manager, which ends the process in every case, and shows its log when something went wrong.
    """

    in_use: ClassVar[set["ServeProcess"]] = set()
    """Those that have been started and that no `with` has ended yet."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.folder = folder
        self.port = 0
        self._variables = variables
        self._process: subprocess.Popen[bytes] | Preloaded | None = None
        self._log_file = folder / "log.jsonl"
        self._started_at = 0

    @property
    def database(self) -> Path:
        return self.folder / "data" / "lotsenfunk.db"

    @property
    def log(self) -> str:
        """All that was ever written to standard error."""
        return self._log_file.read_text(encoding="utf-8") if self._log_file.exists() else ""

    @property
    def log_since_start(self) -> str:
        """What was written to standard error since the last start."""
        return self.log[self._started_at :]

    @property
    def latest_log(self) -> str:
        """The end of the log under a headline, to look at when a test failed; no log holds words or secrets."""
        return f"the log in {self.folder.name} ended with:\n{self.log[-SHOWN_LOG:]}"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def learn(self, *entries: Mapping[str, Any]) -> None:
        """Take entries in by the import command, whether the bot is running or not."""
        file = self.folder / "entries.jsonl"
        file.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries), encoding="utf-8")
        done = lotsenfunk_here("import", file.name, "--yes", folder=self.folder)
        assert done.code == 0, done.talk

    def start(self) -> None:
        """Start, and wait until the log says that the bot is ready."""
        self.in_use.add(self)
        self._started_at = len(self.log)
        self._process = served(self.folder, environment() | self._variables, self._log_file)
        deadline = time.monotonic() + READY_WITHIN_S
        while (ready := re.search(r'^.*"event": "app\.ready".*\n', self.log_since_start, re.MULTILINE)) is None:
            if not self.is_running or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the bot did not start:\n{self.log_since_start[-3000:]}")
            time.sleep(0.02)
        self.port = int(json.loads(ready[0])["port"])

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to end, and give its exit code; it is killed if it does not."""
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        """Wait until it ends by itself, and give its exit code; it is killed if it does not."""
        assert self._process is not None
        try:
            return self._process.wait(ENDS_WITHIN_S)
        finally:
            self._process.kill()
            self._process.wait()

    def _end(self, how: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(how)
        return self.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._process is not None:
            self.kill()
        self.in_use.discard(self)
        if error is not None:
            print(self.latest_log, file=sys.stderr)


class BotProcess(ServeProcess):
    """`lotsenfunk serve` for a Matrix account and maybe `others`; people may write to it as fast as machines.

    `homeserver` is where the bot looks for its accounts, if that is not each one's own server.
    """

    def __init__(
        self, folder: Path, account: Account, *others: Account, homeserver: str | None = None, **settings: Any
    ) -> None:
        super().__init__(folder)
        self.account = account
        tables = [_matrix(one, homeserver) for one in (account, *others)]
        own = "[web]\nport = 0\n[community]\nmessages_per_minute = 0"
        write_settings(folder, *tables, tables=own, **settings)

    @property
    def id(self) -> str:
        return self.account.user_id
