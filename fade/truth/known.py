"""What is known of some paths of a region."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fade.ranking import tied


@dataclass(frozen=True)
class TruePath:
    """A path and what became of its network.

    Attributes:
        path: ``[D]`` candidate of each stage.
        sampled: Whether it was drawn; the top path is added for the regret alone.
        accuracy: Test accuracy of each seed.
        parameters: Of the network.
        flops: Of one forward pass of one example.
        proxies: Zero-cost proxies by name, where asked for; None is a value that is not finite.
        validation_loss: Of each seed, which may teach what test accuracies must not; none where nothing was trained.
    """

    path: tuple[int, ...]
    sampled: bool
    accuracy: list[float]
    parameters: int
    flops: int
    proxies: dict[str, float | None] = field(default_factory=dict)
    validation_loss: list[float] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """The JSON of metrics.json, but for the score."""
        content = {**asdict(self), "path": list(self.path)}
        return {key: value for key, value in content.items() if value or key not in ("proxies", "validation_loss")}


@dataclass(frozen=True)
class Truth:
    """The truth about some paths of a region, and what it cost to measure.

    Attributes:
        paths: Sampled paths in the order drawn, then the top path if it was not among them.
        measure_flops: FLOPs of the trainings, and of proxies.
        seconds: Of these.
        networks: Number of each path's network, where several paths are one network; None where all differ.
    """

    paths: list[TruePath]
    measure_flops: float
    seconds: float
    networks: list[int] | None = None

    def sampled(self) -> list[TruePath]:
        """The paths that were drawn."""
        return [path for path in self.paths if path.sampled]

    def mean(self) -> NDArray[np.float64]:
        """Mean accuracies of the sampled networks ``[networks]``, those that rounding alone parts made equal."""
        return tied(self.merge(np.array([np.mean(path.accuracy) for path in self.sampled()])))

    def merge(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Means over the paths that are one network: values ``[N, …]`` of the sampled paths to ``[networks, …]``."""
        if self.networks is None:
            return values
        kept = [network for network, path in zip(self.networks, self.paths, strict=True) if path.sampled]
        _, inverse, counts = np.unique(kept, return_inverse=True, return_counts=True)
        total = np.zeros((len(counts), *values.shape[1:]))
        np.add.at(total, inverse, values)
        return total / counts.reshape(-1, *[1] * (values.ndim - 1))
