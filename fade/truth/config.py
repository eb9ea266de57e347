"""Configuration of the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fade.fields import check_fields, option

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

    name: str = option("none", choices=KINDS)
    paths: Any = 20
    seeds: int = option(1, least=1)
    epochs: int | None = option(None, least=1, remedy=", or null")
    regions: str = option("first", choices=REGIONS)
    proxies: list[str] = option(default_factory=list, choices=PROXIES)
    curve: bool = False

    def __post_init__(self) -> None:
        check_fields(self, "truth")
        if self.paths != "all" and (not isinstance(self.paths, int) or isinstance(self.paths, bool) or self.paths < 1):
            raise ValueError(f"truth.paths={self.paths} is no number of paths; give 1 or more, or all")
        if len(set(self.proxies)) < len(self.proxies):
            raise ValueError(f"truth.proxies={list(self.proxies)} names a proxy twice; name each once")

    def wants(self, index: int, last: bool) -> bool:
        """Whether region `index` is held against the truth."""
        if self.name == "none":
            return False
        return {"first": index == 0, "last": last, "all": True}[self.regions]
