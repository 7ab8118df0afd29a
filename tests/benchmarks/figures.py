"""What a benchmark gives: figures, each beside its reference from the same run. Nothing here decides pass or fail."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Figure:
    """A measured value; without a `reach` it is there for information only."""

    name: str
    value: float
    unit: str
    reference: str = ""
    reference_value: float | None = None
    reach: str = ""
    is_reached: bool | None = None

    @property
    def ratio(self) -> float | None:
        """The value as a multiple of its reference."""
        return self.value / self.reference_value if self.reference_value else None

    def at_most(self, limit: float) -> Self:
        """The figure with a limit that it should stay below."""
        return self._judged(f"≤ {limit:g} {self.unit}", self.value <= limit)

    def at_most_times(self, limit: float) -> Self:
        """The figure with a multiple of its reference that it should stay below."""
        return self._judged(f"≤ {limit:g} ×", self.ratio is not None and self.ratio <= limit)

    def at_least_times(self, limit: float) -> Self:
        """The figure with a multiple of its reference that it should reach."""
        return self._judged(f"≥ {limit:g} ×", self.ratio is not None and self.ratio >= limit)

    def ahead(self) -> Self:
        """The figure, which should be higher than its reference."""
        return self._judged("ahead", self.reference_value is not None and self.value > self.reference_value)

    def _judged(self, reach: str, is_reached: bool) -> Self:
        return type(self)(
            self.name, self.value, self.unit, self.reference, self.reference_value, reach, bool(is_reached)
        )


Benchmark = Callable[[], list[Figure]]
