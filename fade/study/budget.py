"""What the next region would cost, before it is trained."""

from fade.nets.layout import Layout
from fade.search import OuterSearch
from fade.training.config import TrainerConfig
from fade.training.data import Data
from fade.training.train import all_paths_flops, hyper_flops


def price(search: OuterSearch, trainer: TrainerConfig, layout: Layout, data: Data, *, epochs: int | None) -> float:
    """FLOPs of training the region that a search asks for, and of then choosing the best network among its finalists.

    Finalists are the search's mode and the top path of the last region, for a search without a mode the top path of
    every region; one alone is no choice. A network of them is priced as the mean path of the region, so that what a
    search spends in the end may differ by how far its finalists are from that.

    Args:
        search: A search that is not done.
        trainer: The recipe.
        layout: The skeleton.
        data: The data.
        epochs: Of a stand-alone network; None is the recipe's.
    """
    region = search.ask()
    network = all_paths_flops(region, trainer, layout, data, epochs) / region.size
    networks = networks_to_choose_from(search.told + 1, has_mode=search.mode() is not None)
    return hyper_flops(region, trainer, layout, data) + networks * network


def networks_to_choose_from(regions: int, *, has_mode: bool) -> int:
    """How many networks are trained to choose the best one after so many regions; 0 where there is one finalist.

    Args:
        regions: How many the search was told of.
        has_mode: Whether it has a mode.
    """
    finalists = 2 if has_mode else regions
    return finalists if finalists > 1 else 0
