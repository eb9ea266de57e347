"""FLOPs of trainings and of what is measured of them, before any is done; 2 FLOPs are a multiply-accumulate."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from fade.data import Data
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.space import Cell, Region
from fade.training.recipe import NetworkRecipe, RegionRecipe, design_size
from fade.training.region import RegionTrainer, hyper_architecture


def region_flops(module: RegionTrainer, passes: int) -> int:
    """FLOPs of a region's training and of what is measured of it; forward and backward count as 3 forward passes.

    Where the backward pass computes activations again, as 4, of which stem and head take less.
    Counted for the passes that a mode makes, K disjoint paths as K skeletons and all cells once. Of what is measured:
    one pass for the accuracy of the mixture and `passes` for read-outs, each as a full one, and sampled paths one by
    one, though common prefixes are computed once: bounds from above.

    Args:
        module: The training.
        passes: Passes over the validation split that read-outs take.
    """
    recipe, sizes = module.recipe, module.data.sizes
    depth, candidates = map(int, module.network.cost().cell_macs.shape)
    mixed, disjoint = _forward_flops(module)
    sampled = design_size(recipe.paths, candidates, depth)
    one_hot = sampled * disjoint // candidates if recipe.measures_paths else 0
    return training_flops(module) + int(sizes["validation"] * ((1 + passes) * mixed + one_hot))


def training_flops(module: RegionTrainer) -> int:
    """FLOPs of a region's training, see `region_flops`."""
    mixed, _ = _forward_flops(module)
    batch, (on_main, on_alpha) = module.recipe.batch_size, module.mode.alpha_passes
    examples = on_main * batch + on_alpha * min(batch, module.data.sizes["alpha"])
    alpha_steps = module.all_steps * module.alpha_epochs // module.epochs
    return module.all_steps * step_flops(module) + alpha_steps * _passes(module.recipe) * examples * mixed


def planned_region_flops(region: Region, recipe: RegionRecipe, layout: Layout, data: Data, passes: int) -> int:
    """`region_flops` of a training that has not begun."""
    with torch.device("meta"):
        network = hyper_architecture(region, recipe, layout, seed=None)
    return region_flops(RegionTrainer(network, recipe, data, seed=0), passes)


def step_flops(module: RegionTrainer) -> int:
    """FLOPs of one step of w, which is what every mode has: forward and backward of a batch."""
    mixed, disjoint = _forward_flops(module)
    return _passes(module.recipe) * module.recipe.batch_size * (disjoint if module.mode.trains_paths else mixed)


def _passes(recipe: RegionRecipe) -> int:
    """Forward passes that forward and backward count as."""
    return 4 if recipe.checkpoint_activations else 3


def _forward_flops(module: RegionTrainer) -> tuple[int, int]:
    """FLOPs of an example: of all candidates mixed, and of K disjoint paths."""
    cost = module.network.cost()
    candidates = int(cost.cell_macs.shape[1])
    return cost.mixed_flops(), 2 * int(candidates * cost.fixed_macs + cost.cell_macs.sum())


def all_paths_flops(region: Region, recipe: NetworkRecipe, layout: Layout, data: Data) -> float:
    """FLOPs of training each of a region's K^D paths from scratch once: what the region's one training stands for."""
    steps = recipe.steps or steps_an_epoch(recipe, data) * recipe.epochs
    return 3.0 * mean_path_flops(region, layout) * region.size * steps * recipe.batch_size


def steps_an_epoch(recipe: NetworkRecipe, data: Data) -> int:
    """Steps of an epoch of a stand-alone network, on weights and alpha."""
    return len(data.batches("weights", "alpha", batch_size=recipe.batch_size, seed=0, drop_last=True))


def mean_path_flops(region: Region, layout: Layout) -> float:
    """FLOPs of a forward pass of one example, the mean over all paths."""
    with torch.device("meta"):
        cost = Network([region], layout, seeds=None).cost()
    return 2 * float(cost.fixed_macs + cost.cell_macs.mean(1).sum())


def network_cost(architecture: Sequence[Cell], layout: Layout) -> tuple[int, int]:
    """Parameters, and FLOPs of one forward pass of one example, of a stand-alone network."""
    with torch.device("meta"):
        network = Network([Region([[cell] for cell in architecture])], layout, seeds=None)
    path, cost = [0] * len(layout.stages), network.cost()
    return cost.path_parameters(path), cost.path_flops(path)
