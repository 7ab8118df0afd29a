import pytest

from bot.platforms.matrix.errors import ServerError
from bot.recent import Recent


@pytest.mark.parametrize(
    ("status", "code", "is_final"),
    [
        (403, "M_FORBIDDEN", True),
        (404, "M_NOT_FOUND", True),
        (413, "M_TOO_LARGE", True),
        (404, None, False),  # a proxy's page while the server restarts
        (429, "M_LIMIT_EXCEEDED", False),
        (401, "M_UNKNOWN_TOKEN", False),
        (502, None, False),
        (500, "M_UNKNOWN", False),
    ],
)
def test_only_a_homeserver_can_say_that_something_is_final(status: int, code: str | None, is_final: bool) -> None:
    assert ServerError(status, code).is_final is is_final


def test_recent_forgets_the_oldest() -> None:
    recent: Recent[int] = Recent(2)
    recent["a"] = 1
    recent["b"] = 2
    recent["a"] = 3
    recent["c"] = 4
    assert recent.items() == [("a", 3), ("c", 4)]
    assert recent.get("b") is None
    assert "b" not in recent
