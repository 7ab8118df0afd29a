"""What can go wrong with keeping things."""


class StoreUnavailable(Exception):
    """The database cannot take or give anything right now: locked, full, or not reachable. Nothing was changed."""
