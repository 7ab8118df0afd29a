"""Who may do what."""

from enum import IntEnum


class Role(IntEnum):
    """What somebody may do; each role may do what the ones before it may."""

    STAFF_MEMBER = 1
    SUPPORTER = 2
    CURATOR = 3
    COORDINATOR = 4
