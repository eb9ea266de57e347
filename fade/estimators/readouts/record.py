"""What the trainings of a region have recorded, as read-outs see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fade.estimators.readouts.base import READOUTS, Need, available

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fade.estimators.predictor import EarlierRegion
    from fade.estimators.trained import TrainedConfig
    from fade.ranking import Reading
    from fade.space import Region


@dataclass
class TrainingRecord:
    """The record of one or several trainings of a region, and what else a read-out may look at.

    Attributes:
        region: D stages of K candidates.
        result: JSON: ``readouts`` {name: [D][K]} of those that were measured; where there are, ``stage_weights_epochs``
            and ``training_effects_epochs`` [E][D][K], and ``path_losses``: paths [P][D], losses [P], accuracies [P].
        config: How it is read, and was trained.
        provided: What each kind of training has.
        earlier: Regions of earlier runs, without networks of this region; None where no earlier run is named.
    """

    region: Region
    result: Mapping[str, Any]
    config: TrainedConfig
    provided: Sequence[frozenset[Need]]
    earlier: Sequence[EarlierRegion] | None = None
    _read: dict[str, Reading | None] = field(default_factory=dict, repr=False)

    @property
    def window(self) -> float:
        """Fraction of the epochs, the last ones, that are read."""
        return float(getattr(self.config, "readout_window", 1.0))

    def reading(self, name: str) -> Reading | None:
        """What a read-out says; None where the record lacks what it needs."""
        if name not in self._read:
            others = () if self.earlier is None else (Need.EARLIER_RUNS,)
            fits = available(READOUTS[name], self.provided, others)
            self._read[name] = self.config.make_readout(name).read(self) if fits else None
        return self._read[name]

    def readings(self) -> dict[str, Reading]:
        """What every read-out says that has what it needs."""
        return {name: found for name in READOUTS if (found := self.reading(name)) is not None}

    @cached_property
    def predicted(self) -> NDArray[np.float64]:
        """Scores `[D, K]` of the candidates by a model learned from earlier runs."""
        from fade.estimators.predictor import predict

        return predict(self.earlier or (), self.region)
