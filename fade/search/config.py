"""What the settings of every outer search are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from fade.fields import at_least, check_fields, option
from fade.registry import Registry
from fade.space import PROPERTIES, CellSpace, HierarchicalSpace

if TYPE_CHECKING:
    from fade.search.base import OuterSearch


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
    match: list[str] = option(default_factory=list, choices=tuple(PROPERTIES))
    budget: float | None = option(None, above=0, remedy=" FLOPs, or null for no bound")

    def __post_init__(self) -> None:
        check_fields(self, "search")
        at_least("search.candidates", self.candidates, self.least_candidates)

    @property
    def wants_true_scores(self) -> bool:
        """Whether the search, a control, is told true stage scores."""
        return False

    @property
    def most_regions(self) -> int:
        """How many regions it proposes at most."""
        return int(getattr(self, "regions", 1))

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

    def check_candidates(self, space: HierarchicalSpace) -> None:
        """Raise a ValueError where a stage of the space has fewer classes of cells than candidates are wanted."""
        if not space.cell_space.has(self.candidates):
            larger = ", or enlarge space.vertices or space.ops" if isinstance(space.cell_space, CellSpace) else ""
            raise ValueError(
                f"search.candidates={self.candidates} is more than the {space.cell_space.count()} classes of cells; "
                f"lower it{larger}"
            )


SEARCHES: Registry[type[SearchConfig]] = Registry("outer search", "fade.search")
"""By the names of their options."""


def register_search(config: type[SearchConfig]) -> type[SearchConfig]:
    """Add an outer search by its config dataclass; ``search=NAME`` chooses it.

    Args:
        config: A dataclass with a default for `name`, and `build`, which imports what it needs.

    Raises:
        ValueError: If the name is taken.
    """
    return SEARCHES.register(config)
