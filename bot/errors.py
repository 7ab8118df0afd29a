"""The errors that mean something to more than one module.

- `UserError`: the person can mend it; its text is shown as it is.
- `DeliveryError`: a platform could not deliver a message; says whether to try again.
- `UnableError`: … as it never can; whoever wanted that does something else.
- `SettingsError`: a setting is missing or wrong; its text is for the operator.
Anything else is a mistake of ours: logged with an id, and the person gets one fixed sentence.
"""


class UserError(Exception):
    """Safe to show to the person who wrote."""


class DeliveryError(Exception):
    """A message could not be delivered.

    `is_final` says that trying again is useless (room gone, not allowed); `retry_after` is the wait in seconds that
    the server asked for.
    """

    def __init__(self, reason: str, *, is_final: bool = False, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.is_final = is_final
        self.retry_after = retry_after


class UnableError(DeliveryError):
    """A platform can never do such a thing, which is no fault."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, is_final=True)


class SettingsError(Exception):
    """Names the setting, what is wrong and how to mend it."""
