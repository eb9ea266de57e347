"""A synthetic landscape with a known optimum, to test searches without training."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import combinations

import numpy as np
import scipy
from numpy.typing import NDArray

from fade.space import Cell, CellSpace, HierarchicalSpace, Region

Floats = NDArray[np.float64]
OP_TERM = 0.4


class AdditiveLandscape:
    """The value of an architecture is a sum over its stages and, *as drawn*, its vertex pairs [ours].

    value = Σ_d (size_d(V) + Σ_(i,j,op) w_d(i, j, op)), where w is ±U(0.5, 1.5) of the pair, to which each op adds one
    of equally spaced terms in [-0.4, 0.4] in random order, so that every pair and every op matters. Where V is a range,
    size_d(V) is normal, and of the order of what the pairs bring. Isomorphic drawings may differ in value.

    Args:
        space: The space, of graphs (not of listed cells).
        seed: Seed of the weights.

    Raises:
        ValueError: If the cells are listed.
    """

    def __init__(self, space: HierarchicalSpace, seed: int) -> None:
        rng = np.random.default_rng(seed)
        if not isinstance(space.cell_space, CellSpace):
            raise ValueError("a landscape needs a space of graphs, not a list of cells; choose another space")
        low, high = space.cell_space.sizes[0], space.cell_space.sizes[-1]
        shape = (space.depth, high, high)
        self._ops = tuple(space.cell_space.ops)
        self._low = low
        pairs = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.5, 1.5, shape)
        spaced = np.linspace(-OP_TERM, OP_TERM, len(self._ops)) if len(self._ops) > 1 else np.zeros(1)
        self._weights: Floats = pairs[..., None] + rng.permuted(np.tile(spaced, (*shape, 1)), axis=-1)
        self._sizes: Floats = rng.normal(scale=high / 2, size=(space.depth, high - low + 1)) * (high > low)
        by_size = [np.triu(self._weights[:, :v, :v].mean(axis=-1) / 2, 1).sum() for v in space.cell_space.sizes]
        self._mean = float(np.mean(by_size) + self._sizes.mean(axis=1).sum())
        spread = float(np.sqrt(np.triu(pairs**2, 1).sum() / 4 + self._sizes.var(axis=1).sum()))
        self._spread = spread or 1.0  # a space of one architecture has none

    def stage_value(self, stage: int, cell: Cell) -> float:
        """What a cell, as drawn, adds in a stage."""
        pairs = sum(float(self._weights[stage, tail, head, self._ops.index(op)]) for tail, head, op in cell.edges)
        return pairs + float(self._sizes[stage, cell.vertices - self._low])

    def stage_scores(self, region: Region) -> Floats:
        """True stage scores ``[D, K]`` of a region, higher is better: a path's value is the sum of its stages'."""
        return np.array([[self.stage_value(stage, cell) for cell in cells] for stage, cells in enumerate(region.cells)])

    def value(self, cells: Sequence[Cell]) -> float:
        """Value of an architecture, the sum of its stages'."""
        return sum(self.stage_value(stage, cell) for stage, cell in enumerate(cells))

    def accuracy(self, cells: Sequence[Cell]) -> float:
        """Accuracy in [0, 1] of an architecture: the logistic function of its value over the spread of values."""
        return float(1 / (1 + np.exp(-self.value(cells) / self._spread)))

    def regret(self, cells: Sequence[Cell]) -> float:
        """0 for the optimum, 1 for the mean of uniform drawings, linear in the value; 0 where there is one value."""
        best = self.value(self.optimum())
        return (best - self.value(cells)) / ((best - self._mean) or 1.0)

    def optimum(self) -> tuple[Cell, ...]:
        """The best architecture: per stage and pair the best op where it adds value, on the best number of vertices."""
        return tuple(
            max(self._best_drawings(stage), key=partial(self.stage_value, stage)) for stage in range(len(self._weights))
        )

    def noisy_stage_scores(self, region: Region, rank_correlation: float, rng: np.random.Generator) -> Floats:
        """What a read-out would say whose expected Spearman correlation with the truth, in each stage, is given.

        The true scores of a stage in another order: that of ρ z + √(1 - ρ²) ε, where z are K normal draws in the order
        of the true scores, ε are K more, and ρ is such that the expected Spearman correlation of K pairs, that is
        6 / (π (K + 1)) (asin ρ + (K - 2) asin(ρ/2)) (Moran 1948), is the one asked for.

        Args:
            region: The region.
            rank_correlation: In [0, 1]; 1 returns the true scores.
            rng: Source of chance.

        Returns:
            Stage scores ``[D, K]``, the true values in noisy order.

        Raises:
            ValueError: If the correlation is not in [0, 1].
        """
        if not 0 <= rank_correlation <= 1:
            raise ValueError(f"rank_correlation={rank_correlation} is not in [0, 1]; give a correlation in between")
        true = self.stage_scores(region)
        rho = _latent_correlation(rank_correlation, region.candidates)
        z = np.take_along_axis(np.sort(rng.normal(size=true.shape)), true.argsort().argsort(), axis=1)
        noisy = rho * z + np.sqrt(1 - rho**2) * rng.normal(size=true.shape)
        return np.take_along_axis(np.sort(true), noisy.argsort().argsort(), axis=1)

    def _best_drawings(self, stage: int) -> Iterator[Cell]:
        gain, op = self._weights[stage].max(axis=-1), self._weights[stage].argmax(axis=-1)
        for vertices in range(self._low, self._low + self._sizes.shape[1]):
            pairs = combinations(range(vertices), 2)
            yield Cell(vertices, [(i, j, self._ops[op[i, j]]) for i, j in pairs if gain[i, j] > 0])


def _latent_correlation(spearman: float, candidates: int) -> float:
    """Correlation of a bivariate normal whose samples of K pairs have the expected Spearman correlation."""
    if spearman in (0, 1):
        return float(spearman)

    def excess(rho: float) -> float:
        inner = np.arcsin(rho) + (candidates - 2) * np.arcsin(rho / 2)
        return float(6 / (np.pi * (candidates + 1)) * inner - spearman)

    return float(scipy.optimize.brentq(excess, 0, 1))
