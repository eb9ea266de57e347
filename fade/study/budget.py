"""What the next region would cost, before it is trained."""

from fade.data import Data
from fade.estimators import Estimator
from fade.nets.layout import Layout
from fade.search import OuterSearch
from fade.training.flops import all_paths_flops
from fade.training.recipe import NetworkRecipe


def price(search: OuterSearch, estimator: Estimator, recipe: NetworkRecipe, layout: Layout, data: Data) -> float:
    """FLOPs of the region that a search asks for, and of then choosing the best network among its finalists.

    Finalists are the search's mode and the top path of the last region, for a search without a mode the top path of
    every region; one alone is no choice. A network of them is priced as the mean path of the region, so that what a
    search spends in the end may differ by how far its finalists are from that.

    Args:
        search: A search that is not done.
        estimator: What the region costs.
        recipe: Of a stand-alone network.
        layout: The skeleton.
        data: The data.
    """
    region = search.ask()
    network = all_paths_flops(region, recipe, layout, data) / region.size
    networks = networks_to_choose_from(search.told + 1, has_mode=search.mode() is not None)
    return estimator.price(region) + networks * network


def networks_to_choose_from(regions: int, *, has_mode: bool) -> int:
    """How many networks are trained to choose the best one after so many regions; 0 where there is one finalist.

    Args:
        regions: How many the search was told of.
        has_mode: Whether it has a mode.
    """
    finalists = 2 if has_mode else regions
    return finalists if finalists > 1 else 0
