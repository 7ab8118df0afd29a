"""What people and platforms are called where others read it."""

from collections import Counter
from collections.abc import Mapping, Sequence

from handlers.ask import LONGEST_NAME, shortened
from storage.models.people import Account, Person

_PLATFORMS = {"matrix": "Matrix", "teams": "Teams", "console": "Konsole"}


def platform_name(platform: str) -> str:
    """A platform by the name that people know; which of our accounts there sees them is left out."""
    kind, _, _ = platform.partition(":")
    return _PLATFORMS.get(kind, kind.capitalize())


def account_names(accounts: Sequence[Account]) -> Sequence[str]:
    """Somebody's accounts by platform; by their ids as well where two are on the same one."""
    names = [platform_name(account.platform) for account in accounts]
    often = Counter(names)
    return [
        f"{name} ({account.person})" if often[name] > 1 else name for name, account in zip(names, accounts, strict=True)
    ]


def told_apart(people: Sequence[tuple[Person, Sequence[Account]]]) -> Mapping[int, str]:
    """By our id, name and department; whoever is still taken for another is told by platform, at last by id."""
    labels: dict[int, str] = {}
    for add in (_name_and_department, _platforms, _ids):
        alike = Counter(labels.values())
        for person, accounts in people:
            assert person.id is not None
            label = labels.get(person.id, "")
            if not label or alike[label] > 1:
                labels[person.id] = ", ".join(filter(None, (label, add(person, accounts))))
    return labels


def _name_and_department(person: Person, accounts: Sequence[Account]) -> str:
    return ", ".join(filter(None, (shortened(person.name, LONGEST_NAME), person.department)))


def _platforms(person: Person, accounts: Sequence[Account]) -> str:
    return ", ".join(sorted({platform_name(account.platform) for account in accounts}))


def _ids(person: Person, accounts: Sequence[Account]) -> str:
    return ", ".join(sorted(account.person for account in accounts))
