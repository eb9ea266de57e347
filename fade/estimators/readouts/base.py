"""What a read-out is, and what it needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from fade.registry import Registry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fade.estimators.readouts.record import TrainingRecord
    from fade.ranking import Reading
    from fade.training.region import TrainedRegion


class Need(StrEnum):
    """What a training must have for a read-out; the values are for messages."""

    ALPHA = "α"
    NETWORK = "a trained hyper-architecture"
    PATH_LOSSES = "validation losses of one-hot paths"
    FAIR_LOSSES = "the training losses of the paths that fair training draws"
    EARLIER_RUNS = "earlier runs (trainer.earlier_runs)"


class Readout(ABC):
    """Turns what a training has recorded into stage scores, `[D, K]`, higher is better.

    A subclass may be a dataclass: its fields are then set by `trainer.readout_options`.

    Attributes:
        name: What `trainer.readout` calls it.
        needs: What the training must have.
        uses: What it reads, too, where it is there.
        one_training: Whether all that it needs must come from trainings of one kind.
        probabilities: Whether the scores of a stage are probabilities.
    """

    name: ClassVar[str]
    needs: ClassVar[frozenset[Need]]
    uses: ClassVar[frozenset[Need]] = frozenset()
    one_training: ClassVar[bool] = False
    probabilities: ClassVar[bool] = False

    @abstractmethod
    def read(self, record: TrainingRecord) -> Reading | None:
        """The scores.

        Args:
            record: Of trainings that have what the read-out needs, or would have if they were read so.

        Returns:
            None where the record lacks what is needed.
        """


class MeasuredReadout(Readout):
    """A read-out that is measured on the trained hyper-architecture itself, and stored with the training.

    Attributes:
        passes: Passes over the validation split that each of the D·K candidates takes.
    """

    passes: ClassVar[int] = 0

    @abstractmethod
    def measure(self, trained: TrainedRegion) -> NDArray[np.float64] | None:
        """The scores `[D, K]`; None where there are none, as those of α where none is learnt."""

    def read(self, record: TrainingRecord) -> Reading | None:
        """The scores as stored."""
        from fade.ranking import Reading

        scores = record.result["readouts"].get(self.name)
        return None if scores is None else Reading(scores)


READOUTS: Registry[type[Readout]] = Registry("read-out", "fade.estimators.readouts")
"""By their names in `trainer.readout`."""


def register_readout(readout: type[Readout]) -> type[Readout]:
    """Add a read-out under its name; `trainer.readout=NAME` chooses it.

    Raises:
        ValueError: If the name is taken.
    """
    return READOUTS.register(readout)


def available(readout: type[Readout], provided: Sequence[frozenset[Need]], others: Iterable[Need] = ()) -> bool:
    """Whether trainings have what a read-out needs.

    Args:
        readout: The read-out.
        provided: What each kind of training has.
        others: What there is beside the trainings.
    """
    sources = provided if readout.one_training else [frozenset().union(*provided)]
    return any(readout.needs <= source | frozenset(others) for source in sources)
