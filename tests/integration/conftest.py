"""Real bots in tests: how they start, and what a failed test shows of them."""

from collections.abc import Generator

import pytest

from bot.__main__ import main
from servers.bot import ServeProcess
from servers.preloaded import Preloaded


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the logs of bots that tests share; what a test has for itself shows its own."""
    report = yield
    if report.failed:
        report.sections += [("Log of a bot", bot.latest_log) for bot in ServeProcess.in_use]
    return report


@pytest.fixture
def quick_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare each start of a bot the seconds in which it loads its modules; `test_serving` starts one without that."""
    monkeypatch.setattr("servers.bot.served", lambda *given: Preloaded(main, *given))
