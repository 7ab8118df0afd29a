"""Searches for groups in which those sit together for whom it costs least, by letting two at a time change places.

People are rows, groups are columns, in any order. What the costs stand for is the business of who asks.
"""

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.int64]

_FORBIDDEN = -(2**62)


def cost(costs: Matrix, groups: Matrix, places: Matrix | None = None) -> int:
    """Return what groups cost: each pair of people in one group once, and each one's place."""
    pairs = int(costs[(groups[:, None] == groups) & (groups >= 0)].sum()) // 2
    return pairs + (int(places[np.arange(len(groups)), groups].sum()) if places is not None else 0)


def improved(costs: Matrix, groups: Matrix, count: int, places: Matrix | None = None) -> Matrix:
    """Let two people change places, always those for whom it helps most, until it helps no more.

    `costs` [person, person] is what it costs to have two in one group, symmetrical; `groups` [person] is the number of
    their group, below `count`, and is changed in place; `places` [person, group] is what it costs to have somebody in
    a group. How many sit in a group stays as it is. Those of -1, the last of the places, sit together with nobody.
    """
    seating = _Seating(costs, groups, count, places)
    while len(groups):
        gains = seating.gains()
        one, other = np.unravel_index(np.argmax(gains), gains.shape)
        if gains[one, other] <= 0:
            break
        seating.swap(int(one), int(other))
    return groups


def explored(
    costs: Matrix,
    groups: Matrix,
    count: int,
    places: Matrix | None,
    random: np.random.Generator,
    patience: int,
) -> Matrix:
    """Go on where `improved` ends, also through what costs more for a while; return the best groups on the way.

    Who has left a group does not come back to it for some steps (tabu search), unless that is better than ever. It
    ends after `patience` steps that bring nothing.
    """
    seating = _Seating(costs, groups.copy(), count, places)
    now = least = cost(costs, groups, places)
    best = groups.copy()
    barred = np.zeros((len(groups), count), dtype=np.int64)  # until which step somebody does not come back
    alike = _alike(costs, places)
    step = since = 0
    while since < patience and len(groups):
        step, since = step + 1, since + 1
        gains = seating.gains()
        back = barred[:, seating.groups] > step
        gains[alike | ((back | back.T) & (gains <= now - least))] = _FORBIDDEN
        if (most := int(gains.max())) == _FORBIDDEN:
            break
        equal = np.flatnonzero(gains == most)
        one, other = divmod(int(equal[random.integers(len(equal))]), len(groups))
        now -= most
        barred[[one, other], seating.groups[[one, other]]] = step + random.integers(8, 13, size=2)
        seating.swap(one, other)
        if now < least:
            best, least, since = seating.groups.copy(), now, 0
    return best


def _alike(costs: Matrix, places: Matrix | None) -> NDArray[np.bool_]:
    """Which two can change places and nothing changes, [person, person]: they cost the same with all others."""
    people = np.arange(len(costs))
    differ = costs[:, None, :] != costs[None, :, :]
    differ[people, :, people] = differ[:, people, people] = False
    alike: NDArray[np.bool_] = ~differ.any(axis=2)
    return alike if places is None else alike & (places[:, None, :] == places[None, :, :]).all(axis=2)


class _Seating:
    """Who sits where, with what each one costs in each group."""

    def __init__(self, costs: Matrix, groups: Matrix, count: int, places: Matrix | None) -> None:
        self.groups = groups
        self._costs = costs
        sitting = np.eye(count, dtype=np.int64)[groups] * (groups >= 0)[:, None]
        self._within: Matrix = costs @ sitting  # [person, group]
        if places is not None:
            self._within = self._within + places

    def gains(self) -> Matrix:
        """What is spared when two change places, [person, person]; `_FORBIDDEN` within one group."""
        there = self._within[:, self.groups]
        each = there.diagonal()[:, None] - there + self._costs * (self.groups >= 0)
        gains: Matrix = each + each.T
        gains[self.groups[:, None] == self.groups] = _FORBIDDEN
        return gains

    def swap(self, one: int, other: int) -> None:
        change = self._costs[:, other] - self._costs[:, one]
        self._within[:, self.groups[one]] += change * (self.groups[one] >= 0)
        self._within[:, self.groups[other]] -= change * (self.groups[other] >= 0)
        self.groups[one], self.groups[other] = self.groups[other], self.groups[one]
