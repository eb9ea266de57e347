"""What a training mode of a region is: how weights w and architecture parameters α move in one step.

L_train is the loss on a batch of the split that trains w, L_alpha on one of the alpha split, both of the mixed
hyper-architecture unless said otherwise.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from fade.registry import Registry

if TYPE_CHECKING:
    from torch import Tensor

    from fade.training.region import RegionTrainer

    Batch = tuple[Tensor, Tensor]


class Mode(ABC):
    """A training mode; one class a file, registered by `register_mode`.

    Attributes:
        name: What `trainer.name` calls it.
        trains_paths: Whether w trains on K disjoint paths a step, in place of the mixture; the losses of these paths
            are recorded.
        one_split: Whether w and α train on one split, weights and alpha together.
        needs_alpha: Whether it cannot do without α.
        alpha_passes: Forward and backward passes of the mixed network that α's step takes beside w's: on w's batch,
            on the alpha batch.
    """

    name: ClassVar[str]
    trains_paths: ClassVar[bool] = False
    one_split: ClassVar[bool] = False
    needs_alpha: ClassVar[bool] = True
    alpha_passes: ClassVar[tuple[int, int]] = (0, 0)

    @staticmethod
    @abstractmethod
    def step(trainer: RegionTrainer, batch: Batch, alpha_batch: Batch | None) -> Tensor:
        """One step.

        Args:
            trainer: Whose w and α move.
            batch: ``x [B, C, *spatial]`` and ``y [B]`` of the split that trains w.
            alpha_batch: Of the alpha split; None where the mode has one split.

        Returns:
            w's loss.
        """


MODES: Registry[type[Mode]] = Registry("training mode", "fade.training.steps")
"""By the names in `trainer.name`."""


def register_mode(mode: type[Mode]) -> type[Mode]:
    """Add a training mode under its name; see `Registry.register`."""
    return MODES.register(mode)
