"""What `PathRanks` asks of an order of paths."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Best:
    """The best paths found.

    Attributes:
        paths: Best first, equal totals in lexicographic order.
        proven: How many of them, from the first on, are proven to be the best of all and in their order.
    """

    paths: list[tuple[int, ...]]
    proven: int


@dataclass(frozen=True)
class Bounds:
    """A count between two proven bounds; exact where these are equal."""

    low: int
    estimate: int
    high: int


class PathOrder(Protocol):
    """The order of a region's paths by their integer totals."""

    def best(self, m: int) -> Best:
        """Return the m best paths, all where there are fewer."""

    def above(self, total: int) -> Bounds:
        """Count the paths with a higher total."""
