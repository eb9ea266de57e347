"""What a tracker takes; this one drops it."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Cell = float | int | str | None


class Tracker:
    """A context in which a run is tracked. Methods do nothing unless a tracker overrides them."""

    def log(self, values: dict[str, float], step: int) -> None:
        """Points of curves at one step."""

    def table(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
        """A table."""

    def figure(self, name: str, figure: Figure) -> None:
        """A picture."""

    def summary(self, values: dict[str, float | int | str | None]) -> None:
        """The run's final values."""

    def close(self, failed: bool) -> None:
        """The end of the run."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close(kind is not None)
