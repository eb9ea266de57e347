"""Configuration of the truth."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KINDS = ("none", "retrain", "table")
REGIONS = ("first", "last", "all")
PROXIES = ("synflow", "naswot", "grad_norm", "jacob_cov")


@dataclass(kw_only=True)
class TruthConfig:
    """What ranks are held against, and how the network found is retrained.

    Attributes:
        name: ``none``; ``retrain``, paths trained from scratch; or ``table``, the published accuracies of
            NAS-Bench-Macro.
        paths: How many paths of a region are trained, or ``all``.
        seeds: Trainings of each path, and of the best network.
        epochs: Of these trainings; None is the trainer's.
        regions: Whose paths: of the ``first`` region, the ``last`` or ``all``.
        proxies: Zero-cost proxies to hold beside the scores, of synflow, naswot, grad_norm and jacob_cov; each takes
            some half a second a path (a network, where several paths are one), the mean of eight initial weights.
        curve: Whether the region's top path, and the search's mode where it has one, are trained and tested after each
            region, for the trajectory.
    """

    name: str = "none"
    paths: Any = 20
    seeds: int = 1
    epochs: int | None = None
    regions: str = "first"
    proxies: list[str] = field(default_factory=list)
    curve: bool = False

    def __post_init__(self) -> None:
        if self.name not in KINDS:
            raise ValueError(f"truth.name={self.name} is unknown; choose from {', '.join(KINDS)}")
        if self.regions not in REGIONS:
            raise ValueError(f"truth.regions={self.regions} is unknown; choose from {', '.join(REGIONS)}")
        if self.paths != "all" and (not isinstance(self.paths, int) or isinstance(self.paths, bool) or self.paths < 1):
            raise ValueError(f"truth.paths={self.paths} is no number of paths; give 1 or more, or all")
        for name in self.proxies:
            if name not in PROXIES:
                raise ValueError(f"truth.proxies: '{name}' is no proxy; choose from {', '.join(PROXIES)}")
        if len(set(self.proxies)) < len(self.proxies):
            raise ValueError(f"truth.proxies={list(self.proxies)} names a proxy twice; name each once")
        if self.seeds < 1:
            raise ValueError(f"truth.seeds={self.seeds} trains nothing; give at least 1")
        if self.epochs is not None and self.epochs < 1:
            raise ValueError(f"truth.epochs={self.epochs} trains nothing; give at least 1, or null")

    def wants(self, index: int, last: bool) -> bool:
        """Whether region `index` is held against the truth."""
        if self.name == "none":
            return False
        return {"first": index == 0, "last": last, "all": True}[self.regions]
