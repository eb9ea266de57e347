"""Settings of the outer searches."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from fade.space import PROPERTIES, CellSpace, HierarchicalSpace, Region

if TYPE_CHECKING:
    from fade.search.base import OuterSearch

UTILITIES = ("ranks", "scores", "random", "true")
# Mean regret of the mode (optimum 0, mean of the space 1) after 25 and 100 regions, D = 3, V = 5, K = 4, 20 seeds, for
# a true ranking | one of rank correlation 0.6, by `python -m benchmarks.search_step_size [--rank-correlation 0.6]`:
# nes 0.1: .020 .000 | .167 .009   0.2: .015 .000 | .138 .011   0.3: .014 .000 | .112 .046   0.5: .010 .006 | .157 .104
# pbil 0.05: .099 .002 | .312 .040   0.1: .050 .000 | .266 .027   0.2: .035 .006 | .286 .116
# asng 0.5: .017 .016 | .117 .063   1.0: .016 .016 | .165 .075   2.0: .017 .016 | .177 .071
# Larger steps start as well but settle wrongly under noise; asng hardly depends on it, so it keeps its paper's 1.
STEP_SIZES = {"nes": 0.2, "pbil": 0.1, "asng": 1.0}


@dataclass(kw_only=True)
class SearchConfig:
    """What all searches that draw regions share.

    Attributes:
        name: The option.
        candidates: K, the number of cells a stage.
        match: Properties equal within a stage, out of sinks, edges and depth.
        budget: FLOPs of training that the search may use to decide, the choice of the best network among them; None for
            no bound. The study keeps it.
    """

    least_candidates: ClassVar[int] = 1

    name: str
    candidates: int = 4
    match: list[str] = field(default_factory=list)
    budget: float | None = None

    def __post_init__(self) -> None:
        _at_least("candidates", self.candidates, self.least_candidates)
        for name in self.match:
            _one_of("match", name, tuple(PROPERTIES))
        if self.budget is not None and not self.budget > 0:
            raise ValueError(
                f"search.budget={self.budget} is no number of FLOPs; give a positive one, or null for no bound"
            )

    def build(self, space: HierarchicalSpace, *, seed: int) -> "OuterSearch":
        """Make the search.

        Args:
            space: The space to search.
            seed: Non-negative; all chance of the search derives from it.

        Returns:
            The search, of which nothing has been asked.

        Raises:
            ValueError: If the settings do not fit the space.
        """
        raise NotImplementedError

    def _check(self, space: HierarchicalSpace) -> None:
        if not space.cell_space.has(self.candidates):
            larger = ", or enlarge space.vertices or space.ops" if isinstance(space.cell_space, CellSpace) else ""
            raise ValueError(
                f"search.candidates={self.candidates} is more than the {space.cell_space.count()} classes of cells; "
                f"lower it{larger}"
            )


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
    regions: int = 4
    update: str = "nes"
    utilities: str = "ranks"
    step_size: float | None = None
    entropy_bound: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _at_least("regions", self.regions, 1)
        _one_of("update", self.update, tuple(STEP_SIZES))
        _one_of("utilities", self.utilities, UTILITIES)
        if self.step_size is not None and not self.step_size > 0:
            raise ValueError(
                f"search.step_size={self.step_size} moves nothing; give a positive one, or null for the default"
            )

    def build(self, space: HierarchicalSpace, *, seed: int) -> "OuterSearch":
        """Make the search; see :meth:`SearchConfig.build`."""
        from fade.search.distribution import distribution
        from fade.search.pseudo_gradient import PseudoGradient

        self._check(space)
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


@dataclass(kw_only=True)
class RandomRegionsConfig(SearchConfig):
    """Regions drawn from the space itself, FaDE without a search distribution.

    Attributes:
        regions: The number of iterations.
    """

    name: str = "random_regions"
    regions: int = 4

    def __post_init__(self) -> None:
        super().__post_init__()
        _at_least("regions", self.regions, 1)

    def build(self, space: HierarchicalSpace, *, seed: int) -> "OuterSearch":
        """Make the search; see :meth:`SearchConfig.build`."""
        from fade.search.random_regions import RandomRegions

        self._check(space)
        return RandomRegions(space, regions=self.regions, candidates=self.candidates, match=self.match, seed=seed)


@dataclass(kw_only=True)
class FixedConfig(SearchConfig):
    """One region: the given one, or the first that random_regions draws with the same seed.

    Attributes:
        cells: Texts of cells, D rows of K; None for a random region, which alone heeds ``candidates`` and ``match``.
    """

    name: str = "fixed"
    cells: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        rows = self.cells
        if rows is not None:
            if not (isinstance(rows, list) and all(isinstance(row, list) for row in rows)):
                raise ValueError(f"search.cells={rows} is no nested list; give one list of cell texts for each stage")
            Region.parse(rows)

    def build(self, space: HierarchicalSpace, *, seed: int) -> "OuterSearch":
        """Make the search; see :meth:`SearchConfig.build`."""
        from fade.search.fixed import FixedRegion
        from fade.search.random_regions import RandomRegions

        if self.cells is not None:
            return FixedRegion(space, Region.parse(self.cells))
        self._check(space)
        drawn = RandomRegions(space, regions=1, candidates=self.candidates, match=self.match, seed=seed)
        return FixedRegion(space, drawn.ask())


def _at_least(key: str, value: int, least: int) -> None:
    if value < least:
        raise ValueError(f"search.{key}={value} is too few; give {least} or more")


def _one_of(key: str, value: str, names: tuple[str, ...]) -> None:
    if value not in names:
        raise ValueError(f"search.{key}={value} is unknown; choose from {', '.join(names)}")
