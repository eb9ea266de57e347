"""Training networks from scratch, side by side: pure functions of their arguments."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fade.data import Data
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.seeds import subseed
from fade.space import Cell, Region
from fade.training.evaluate import evaluate, reading_precision
from fade.training.fit import Report, fit
from fade.training.flops import network_cost
from fade.training.recipe import NetworkRecipe
from fade.training.trainer import NetworkTrainer

Architecture = Sequence[Cell]


@dataclass
class TrainedNetworks:
    """N networks trained from scratch, side by side.

    Attributes:
        network: All of them.
        result: JSON: validation_loss [N], validation_accuracy [N], test_accuracy [N], parameters [N], flops [N] (one
            forward pass of one example), train_flops [N], seconds.
    """

    network: Network
    result: dict[str, Any]


def train_networks(
    architectures: Sequence[Architecture],
    recipe: NetworkRecipe,
    layout: Layout,
    data: Data,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> TrainedNetworks:
    """Train networks from scratch on weights and alpha, all at once; every step is that of one by one within rounding.

    Training makes of rounding what it will: after many epochs an accuracy may differ by some tenths of a point from
    that of the same network and seed beside others, or by itself. A registered op that draws random numbers draws them
    for all networks in turn, so that there chance itself depends on what trains beside.

    They see the same batches, so that a comparison between them has no noise of the order of the data; the initial
    weights are each network's own. Accuracies are those after the last epoch, by running statistics.

    Args:
        architectures: ``[N][D]`` cells.
        recipe: How.
        layout: The skeleton.
        data: The data.
        seed: Of initial weights and batches.
        checkpoint: See `fit`.
        report: See `fit`.
    """
    start = time.perf_counter()
    module = _trained(architectures, recipe, layout, data, seed=seed, checkpoint=checkpoint, report=report)
    read = {split: _evaluated(module, split) for split in ("validation", "test")}
    costs = [network_cost(cells, layout) for cells in architectures]
    result = {
        "validation_loss": read["validation"][0],  # not finite where a network diverged: its accuracy is
        "validation_accuracy": read["validation"][1],
        "test_accuracy": read["test"][1],
        "parameters": [parameters for parameters, _ in costs],
        "flops": [flops for _, flops in costs],
        "train_flops": [3 * flops * module.all_steps * recipe.batch_size for _, flops in costs],
        "seconds": time.perf_counter() - start,
    }
    return TrainedNetworks(module.network, result)


def train_paths(
    architectures: Sequence[Architecture],
    recipe: NetworkRecipe,
    layout: Layout,
    data: Data,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Train paths of a region independently, each a network of its own; all at once, as `train_networks`.

    Args:
        architectures: ``[N][D]`` cells.
        recipe: How; its ``steps`` keep such trainings short.
        layout: The skeleton.
        data: The data; the test split is not looked at.
        seed: Of initial weights and batches.
        checkpoint: See `fit`.
        report: See `fit`.

    Returns:
        JSON: losses [N] and accuracies [N] on the validation split, by running statistics; train_flops [N] (training
        and measuring), seconds.
    """
    start = time.perf_counter()
    module = _trained(architectures, recipe, layout, data, seed=seed, checkpoint=checkpoint, report=report)
    losses, accuracies = _evaluated(module, "validation")
    examples = 3 * module.all_steps * recipe.batch_size + data.sizes["validation"]
    return {
        "losses": losses,
        "accuracies": accuracies,
        "train_flops": [network_cost(cells, layout)[1] * examples for cells in architectures],
        "seconds": time.perf_counter() - start,
    }


def _trained(
    architectures: Sequence[Architecture],
    recipe: NetworkRecipe,
    layout: Layout,
    data: Data,
    *,
    seed: int,
    checkpoint: Path | None,
    report: Report | None,
) -> NetworkTrainer:
    """Networks side by side, each with initial weights of its own, trained."""
    regions = [Region([[cell] for cell in cells]) for cells in architectures]
    seeds = [subseed(seed, "init", *map(str, cells)) for cells in architectures]
    networks = Network(regions, layout, seeds=seeds).to(data.device)
    module = NetworkTrainer(networks, recipe, data, seed=seed)
    fit(module, checkpoint=checkpoint, report=report)
    return module


def _evaluated(module: NetworkTrainer, split: str) -> tuple[list[float], list[float]]:
    """Losses and accuracies of stand-alone networks on a split, by running statistics."""
    network, recipe, data = module.network, module.recipe, module.data
    with network.statistics("running"), reading_precision(recipe.precision, data.device):
        losses, accuracies = evaluate(network, data, split, recipe.batch_size)
    return losses.tolist(), accuracies.tolist()
