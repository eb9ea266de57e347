"""How well scores agree with trained networks: correlations, their intervals over regions, and what noise allows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from experiments.rows import Floats, Region, Training
from fade.ranking import noise_ceiling


@dataclass(frozen=True)
class Mean:
    """A mean over regions (or seeds), and the values that it is of.

    Attributes:
        values: ``[R]``.
        low: Lower end of Student's 95 % interval of the mean; NaN for fewer than three values.
        high: Upper end.
    """

    values: Floats
    low: float
    high: float

    @classmethod
    def of(cls, values: ArrayLike) -> Mean:
        each = np.asarray(values, dtype=np.float64)
        if len(each) < 3:
            return cls(each, np.nan, np.nan)
        half = stats.t.ppf(0.975, len(each) - 1) * stats.sem(each)
        return cls(each, float(each.mean() - half), float(each.mean() + half))

    @property
    def value(self) -> float:
        return float(self.values.mean())

    def text(self, digits: int = 2) -> str:
        """The mean, and its interval where there is one."""
        value, low, high = (f"{number:.{digits}f}" for number in (self.value, self.low, self.high))
        return value if np.isnan(self.low) else f"{value} [{low}, {high}]".replace("-0.00", "0.00")

    def over(self, ceiling: Mean) -> float:
        """The share of the mean ceiling."""
        return self.value / ceiling.value


def spearman(scores: ArrayLike, truth: ArrayLike) -> float:
    """Spearman's correlation; 0 where a side is constant, for then nothing is ranked."""
    x, y = np.asarray(scores, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    return 0.0 if np.ptp(x) == 0 or np.ptp(y) == 0 else float(stats.spearmanr(x, y).statistic)


def ceiling(regions: Sequence[Region]) -> Mean:
    """Spearman's correlation that a perfect estimator would have with the measured accuracies, by region."""
    found = [noise_ceiling(region.accuracy, seed=0, resamples=10).spearman for region in regions]
    return Mean.of([np.nan if value is None else value for value in found])


def estimated(regions: Sequence[Region], trainings: Iterable[Training], readout: str) -> Mean:
    """A read-out's correlation by region, the mean over the trainings of each."""
    return measured(regions, runs(regions, trainings, readout))


def runs(regions: Sequence[Region], trainings: Iterable[Training], readout: str) -> list[list[Floats]]:
    """Scores over their spread over the region's paths: of each region a list of runs ``[N]``.

    Raises:
        ValueError: Where a region has no such training.
    """
    kept = list(trainings)
    found = [
        [standardised(each.scores(readout, region.paths)) for each in kept if each.region == region.name]
        for region in regions
    ]
    if missing := [region.name for region, some in zip(regions, found, strict=True) if not some]:
        raise ValueError(f"regions {', '.join(missing)} have no training that is read by {readout}")
    return found


def predicted(regions: Sequence[Region], source: str) -> list[Floats]:
    """Scores learned from other regions, over their spread over the region's paths ``[N]``."""
    rows = [np.arange(len(region.cells)) for region in regions]
    sums = [region.predictor[source][stages, region.paths].sum(1) for region, stages in zip(regions, rows, strict=True)]
    return [standardised(each) for each in sums]


def combined(regions: Sequence[Region], scored: Sequence[Sequence[Floats]], others: Sequence[Floats]) -> Mean:
    """Of each run's scores with others added, either over its spread."""
    both = [[run + other for run in of] for of, other in zip(scored, others, strict=True)]
    return measured(regions, both)


def averaged(scored: Sequence[Sequence[Floats]]) -> list[list[Floats]]:
    """The mean of the runs of each region as the one run that is left."""
    return [[standardised(np.mean(of, axis=0))] for of in scored]


def measured(regions: Sequence[Region], scored: Sequence[Sequence[Floats]]) -> Mean:
    """The correlation of runs' scores by region, the mean over the runs of each."""
    each = zip(scored, regions, strict=True)
    return Mean.of([np.mean([spearman(run, region.mean) for run in of]) for of, region in each])


def baseline(regions: Sequence[Region], name: str) -> Mean:
    """A count's or a proxy's correlation by region, its sign taken from the other regions."""
    values = np.array([spearman(region.baselines[name], region.mean) for region in regions])
    others = values.sum() - values if len(values) > 1 else values
    return Mean.of(values * np.where(others < 0, -1.0, 1.0))


def standardised(scores: Floats) -> Floats:
    """Scores less their mean, over their spread; zero where all are alike."""
    spread = scores.std()
    return (scores - scores.mean()) / spread if spread > 0 else np.zeros_like(scores)


def cost(trainings: Iterable[Training], epochs: int) -> float:
    """FLOPs as a share of training all paths of the region for so many epochs: the median over trainings."""
    return float(np.median([each.flops / (each.epoch_flops * epochs) for each in trainings]))
