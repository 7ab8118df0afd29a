"""A request that is not taken."""


class Refusal(Exception):
    """Ends a request with an HTTP status; the reason is for the log and holds nothing of what was said."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
