"""Who may do what."""

from enum import IntEnum


class Role(IntEnum):
    """What somebody may do; each role may do what the ones before it may."""

    STAFF_MEMBER = 1
    SUPPORTER = 2
    CURATOR = 3
    COORDINATOR = 4
    ADMINISTRATOR = 5

    @property
    def word(self) -> str:
        """How it is stored."""
        return self.name.lower()


def role_of_word(word: str | None) -> Role:
    """The role that is stored as a word; a member of staff without one."""
    return Role[word.upper()] if word else Role.STAFF_MEMBER
