"""The outer search of the paper: a distribution over graphs per stage, moved by the ranks inside each region."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import numpy as np

from fade.fields import option
from fade.search.base import OuterSearch
from fade.search.categoricals import Categoricals, Floats, Ints
from fade.search.config import SearchConfig, register_search
from fade.search.distribution import distribution
from fade.search.updates import UPDATES
from fade.search.utilities import rank_utilities, score_utilities
from fade.seeds import subseed
from fade.space import PROPERTIES, Cell, HierarchicalSpace, Region

# Per candidate: draws before mutation takes over, and all draws before a wish for equal properties is given up.
INDEPENDENT_DRAWS, LONGEST_WALK = 16, 1000


UTILITIES = ("ranks", "scores", "random", "true")
# Mean regret of the mode (optimum 0, mean of the space 1) after 25 and 100 regions, D = 3, V = 5, K = 4, 20 seeds, for
# a true ranking | one of rank correlation 0.6, by `python -m benchmarks.search_step_size [--rank-correlation 0.6]`:
# nes 0.1: .020 .000 | .167 .009   0.2: .015 .000 | .138 .011   0.3: .014 .000 | .112 .046   0.5: .010 .006 | .157 .104
# pbil 0.05: .099 .002 | .312 .040   0.1: .050 .000 | .266 .027   0.2: .035 .006 | .286 .116
# asng 0.5: .017 .016 | .117 .063   1.0: .016 .016 | .165 .075   2.0: .017 .016 | .177 .071
# Larger steps start as well but settle wrongly under noise; asng hardly depends on it, so it keeps its paper's 1.
STEP_SIZES = {"nes": 0.2, "pbil": 0.1, "asng": 1.0}


@register_search
@dataclass(kw_only=True)
class PseudoGradientConfig(SearchConfig):
    """A distribution over graphs per stage, moved by the ranks inside each region.

    Attributes:
        regions: The number of iterations at most.
        update: nes, pbil or asng.
        utilities: ranks or scores; the controls random (drift) and true (the study tells true scores).
        step_size: η of nes and pbil, δ₀ of asng; None for the update's own.
        entropy_bound: Stop when θ's mean entropy per variable falls under it, in nats; None for never.
    """

    least_candidates: ClassVar[int] = 2

    name: str = "pseudo_gradient"
    regions: int = option(4, least=1)
    update: str = option("nes", choices=tuple(STEP_SIZES))
    utilities: str = option("ranks", choices=UTILITIES)
    step_size: float | None = option(None, above=0, remedy=", or null for the default")
    entropy_bound: float | None = None

    @property
    def wants_true_scores(self) -> bool:
        """See :attr:`SearchConfig.wants_true_scores`."""
        return self.utilities == "true"

    def build(self, space: HierarchicalSpace, *, seed: int) -> "OuterSearch":
        """Make the search; see :meth:`SearchConfig.build`."""
        self.check_candidates(space)
        theta = distribution(space.cell_space)
        if self.entropy_bound is not None and self.entropy_bound <= (least := theta.least_entropy()):
            raise ValueError(
                f"search.entropy_bound={self.entropy_bound} is never met, for θ keeps {least:.3f} nats per "
                "variable in this space; give more, or null to stop at search.regions"
            )
        if self.entropy_bound is not None and self.entropy_bound > (first := theta.entropy()):
            raise ValueError(
                f"search.entropy_bound={self.entropy_bound} is met before the first region, for θ starts at "
                f"{first:.3f} nats per variable in this space; give less, or null to stop at search.regions"
            )
        return PseudoGradient(
            space,
            regions=self.regions,
            candidates=self.candidates,
            match=self.match,
            update=self.update,
            utilities=self.utilities,
            step_size=STEP_SIZES[self.update] if self.step_size is None else self.step_size,
            entropy_bound=self.entropy_bound,
            seed=seed,
        )


class PseudoGradient(OuterSearch):
    """Draws K cells a stage from p(· | θ_d), and steps θ_d towards those that rank high among them.

    The paper names an evolutionary algorithm with pseudo-gradient descent, without formulas at hand; this is its
    textbook reading (see :mod:`~fade.search.distribution`, :mod:`~fade.search.updates`). Between regions it keeps θ
    alone (ASNG its step size besides), no region and no score.

    A stage whose independent draws (redraws of duplicates included) give fewer than two classes has converged; its
    region is still filled with K cells, by mutation, and a later step can take it out again.

    Args:
        space: The space that regions are drawn from.
        regions: How many regions to propose at most.
        candidates: K, the number of cells a stage, at least 2.
        match: Properties equal within a stage, out of sinks, edges and depth.
        update: nes, pbil or asng.
        utilities: ranks; scores (centred); random (a control that ignores what it is told: drift); true (the
            study tells true scores, which are treated as ranks: a control, too).
        step_size: η of nes and pbil, δ₀ of asng.
        entropy_bound: Done when :meth:`entropy` falls under it, in nats; None for never.
        seed: Everything is a function of it and of what is told.
    """

    def __init__(
        self,
        space: HierarchicalSpace,
        *,
        regions: int,
        candidates: int,
        match: Sequence[str] = (),
        update: str,
        utilities: str,
        step_size: float,
        entropy_bound: float | None = None,
        seed: int,
    ) -> None:
        super().__init__(space, regions=regions)
        self._candidates = candidates
        self._match = tuple(match)
        self._utilities = utilities
        self._entropy_bound = entropy_bound
        self._seed = seed
        self._theta = [distribution(space.cell_space) for _ in range(space.depth)]
        self._updates = [UPDATES[update](step_size) for _ in range(space.depth)]
        self._choices: list[Ints] = []
        self.converged = [False] * space.depth

    @property
    def done(self) -> bool:
        """Whether the regions are told, the entropy is under its bound, or all stages have converged."""
        sure = self._entropy_bound is not None and self.entropy() < self._entropy_bound
        return super().done or (self._pending is None and (sure or all(self.converged)))

    def entropy(self) -> float:
        """Entropy of the drawing in nats per variable of θ, mean over the stages; a plain space starts at ln 2."""
        return float(np.mean([theta.entropy() for theta in self._theta]))

    def mode(self) -> tuple[Cell, ...]:
        """Per stage the edges with probability > 1/2, each with its likeliest op."""
        return tuple(theta.mode() for theta in self._theta)

    def trajectory_point(self) -> dict[str, Any]:
        """``entropy`` as :meth:`entropy`, and ``theta``: one dictionary of tables a stage."""
        return {"entropy": self.entropy(), "theta": [theta.tables() for theta in self._theta]}

    def _propose(self) -> Region:
        rngs = [self._rng("stage", stage) for stage in range(self.space.depth)]
        drawn = [draw_stage(*pair, self._candidates, self._match) for pair in zip(self._theta, rngs, strict=True)]
        self._choices = [choices for choices, _ in drawn]
        self.converged = [classes < 2 for _, classes in drawn]
        return Region([[theta.cell(c) for c in cs] for theta, cs in zip(self._theta, self._choices, strict=True)])

    def _learn(self, region: Region, stage_scores: Floats) -> None:
        if self._utilities == "random":
            stage_scores = self._rng("drift").random(stage_scores.shape)
        utilities = score_utilities if self._utilities == "scores" else rank_utilities
        for theta, update, choices, scores in zip(self._theta, self._updates, self._choices, stage_scores, strict=True):
            update(theta, choices, utilities(scores))

    def _rng(self, *names: str | int) -> np.random.Generator:
        return np.random.default_rng(subseed(self._seed, *names, self.told))


def draw_stage(
    theta: Categoricals, rng: np.random.Generator, candidates: int, match: Sequence[str] = ()
) -> tuple[Ints, int]:
    """Draw K cells of distinct classes that agree in the properties of ``match``.

    Up to 16 K draws are independent; from then on the last one is mutated again and again. Draws are sorted by their
    matched properties, and the first K classes that share theirs are the stage: so the distribution decides what is
    shared, among that which K cells can share.

    Args:
        theta: The distribution of the stage, over K classes or more.
        rng: Source of chance.
        candidates: K.
        match: Names out of sinks, edges and depth.

    Returns:
        The draws, ``[K, R]``, and how many distinct classes the independent draws gave.

    Raises:
        ValueError: If no K cells that match were found.
    """
    alike: defaultdict[tuple[int, ...], dict[Cell, Ints]] = defaultdict(dict)
    independent: set[Cell] = set()
    walk = islice(_draws(theta, rng, candidates), candidates * LONGEST_WALK if match else None)
    for count, choice in enumerate(walk):
        cell = theta.cell(choice)
        if count < candidates * INDEPENDENT_DRAWS:
            independent.add(cell)
        stage = alike[tuple(PROPERTIES[name](cell) for name in match)]
        stage.setdefault(cell, choice)
        if len(stage) == candidates:
            return np.array(list(stage.values())), len(independent)
    raise ValueError(
        f"search.match={list(match)} found no search.candidates={candidates} different cells that share these: "
        "lower search.candidates or match less"
    )


def _draws(theta: Categoricals, rng: np.random.Generator, candidates: int) -> Iterator[Ints]:
    for _ in range(candidates * INDEPENDENT_DRAWS):
        choice = theta.draw(rng)
        yield choice
    while True:
        choice = theta.mutate(choice, rng)
        yield choice
