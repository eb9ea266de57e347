"""What an estimator is: region → `Estimate`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from fade.fields import check_fields, option
from fade.registry import Registry
from fade.space import Cell, HierarchicalSpace, Region

if TYPE_CHECKING:
    from fade.data import Data
    from fade.estimators.predictor import EarlierRegion
    from fade.nets.config import SpaceConfig
    from fade.ranking import PathRanks, Reading
    from fade.training.cached import CachedTrainings
    from fade.training.recipe import NetworkRecipe

AGGREGATES = ("mean", "log_sum")


@dataclass(frozen=True)
class Estimate:
    """What is known of a region.

    Attributes:
        stage_scores: ``[D][K]`` of the configured read-out, higher is better.
        ranks: Of all paths by these, and by the read-out's pair scores where it has them.
        readouts: What every read-out says.
        record: What metrics.json says of the training.
        train_flops: What it cost, read-outs among it.
        seconds: Likewise.
        true_scores: ``[D][K]`` where they are known.
    """

    stage_scores: list[list[float]]
    ranks: PathRanks
    readouts: dict[str, Reading] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    train_flops: float = 0.0
    seconds: float = 0.0
    true_scores: list[list[float]] | None = None


@dataclass(frozen=True)
class Planned:
    """One kind of training that an estimator would do for a region.

    Attributes:
        what: In words.
        repeats: How many.
        flops: Of one of them, what is measured of it among it.
        beside: What trains at once, for a step that is timed: one hyper-architecture, or networks of one path each.
        recipe: By which.
        parts: Trainings that each is made of, which may run side by side.
    """

    what: str
    repeats: int
    flops: float
    beside: Sequence[Region]
    recipe: NetworkRecipe
    parts: int = 1


@dataclass(frozen=True)
class Resources:
    """What an estimator is built with.

    Attributes:
        space: The architectures.
        candidates: K of the study's regions.
        seed_of: The seed of a source of chance, by its name in `seeds`.
        trainings: Trains or takes what is stored; None where the estimator trains nothing.
        earlier: Regions of earlier runs.
    """

    space: HierarchicalSpace
    candidates: int
    seed_of: Callable[[str], int]
    trainings: CachedTrainings | None = None
    earlier: Sequence[EarlierRegion] = ()


class Estimator(ABC):
    """Turns a region into an estimate of all its paths; deterministic given its resources."""

    @abstractmethod
    def estimate(self, region: Region, index: int) -> Estimate:
        """Estimate region number `index` of the study."""

    def planned(self, region: Region) -> list[Planned]:
        """The trainings that `estimate` would do for a region; none where nothing is trained."""
        return []

    def price(self, region: Region) -> float:
        """FLOPs of `estimate`."""
        return sum(training.repeats * training.flops for training in self.planned(region))

    def accuracy(self, cells: Sequence[Cell]) -> float | None:
        """The true accuracy of an architecture, where it is known without training."""
        return None


@dataclass(kw_only=True)
class EstimatorConfig:
    """What every estimator's configuration has; a subclass adds its keys and `build`.

    Attributes:
        name: The estimator.
        aggregate: How stage scores make a path's score: ``mean`` or ``log_sum``.
    """

    trains: ClassVar[bool] = False
    """Whether data are read and something is trained."""
    knows_truth: ClassVar[bool] = False
    """Whether estimates have true stage scores."""

    name: str
    aggregate: str = option("mean", choices=AGGREGATES)

    def __post_init__(self) -> None:
        check_fields(self, "trainer")

    @property
    def network(self) -> NetworkRecipe | None:
        """How stand-alone networks are trained; None where nothing is."""
        return None

    @property
    def earlier(self) -> list[str]:
        """Folders of earlier runs to learn from."""
        return []

    def check_space(self, space: SpaceConfig) -> None:
        """Raise a ValueError where the estimator cannot do with a space."""

    def check_region(self, region: Region) -> None:
        """Raise a ValueError where the estimator cannot do with a region."""

    def check_earlier(self, region: Region, earlier: Sequence[EarlierRegion]) -> None:
        """Raise a ValueError where what is known of earlier regions does not suffice for a region."""

    def check_data(self, data: Data) -> None:
        """Raise a ValueError where the data do not suffice."""

    def described(self) -> str:
        """How a region is estimated, for the card of the network found."""
        return self.name

    def build(self, resources: Resources) -> Estimator:
        """Make the estimator.

        Raises:
            ValueError: If the settings do not fit the space.
        """
        raise NotImplementedError


ESTIMATORS: Registry[type[EstimatorConfig]] = Registry("estimator", "fade.estimators")
"""Configurations by the names of their schemas; options are files of `conf/trainer`, or these names."""


def register_estimator(config: type[EstimatorConfig]) -> type[EstimatorConfig]:
    """Add an estimator by its config dataclass; ``trainer=NAME`` chooses it.

    Args:
        config: A dataclass with a default for `name`.

    Raises:
        ValueError: If the name is taken.
    """
    return ESTIMATORS.register(config)
