"""Training a region, and training networks from scratch: pure functions of their arguments."""

from __future__ import annotations

import itertools
import time
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.seeds import subseed
from fade.space import Cell, Region
from fade.training.config import TrainerConfig
from fade.training.data import Data
from fade.training.evaluate import evaluate, evaluate_mixed, reading_precision
from fade.training.fit import fit
from fade.training.modes import ALPHA_PASSES
from fade.training.readouts import READOUTS, TrainedRegion
from fade.training.region import RegionTrainer

Report = Callable[[int, int], None]
Architecture = Sequence[Cell]


def train_region(
    region: Region,
    config: TrainerConfig,
    layout: Layout,
    data: Data,
    *,
    seed: int,
    readout_seed: int | None = None,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Train the hyper-architecture of a region and read it out, in every way unless the recipe says otherwise.

    Args:
        region: D stages of K candidates.
        config: The recipe.
        layout: The skeleton.
        data: The data.
        seed: Of initial weights, batches and noise.
        readout_seed: Of the paths that read-outs sample; None is `seed`.
        checkpoint: See `fit`.
        report: See `fit`.

    Returns:
        JSON: stage_weights [D][K] and stage_weights_epochs [E][D][K] (where α is learnt), training_effects_epochs
        [E][D][K] (of `fair`), readouts {name: [D][K]}, path_losses {paths [P][D], losses [P], accuracies [P]} (where
        read), validation_accuracy, parameters, train_flops (training and read-outs), epoch_seconds [E], seconds.
    """
    start, config = time.perf_counter(), config.of_region
    network = Network([region], layout, seeds=[subseed(seed, "init")], share=config.share_weights).to(data.device)
    module = RegionTrainer(network, config, data, seed=seed)
    fit(module, checkpoint=checkpoint, report=report)
    trained = TrainedRegion(
        network=network,
        data=data,
        config=config,
        seed=subseed(seed if readout_seed is None else readout_seed, "readout"),
        stage_weights=module.stage_weights().double().numpy(),
        learnt=len(module.alphas) > 0,
    )
    with reading_precision(config.precision, data.device):
        readouts = {name: readout(trained) for name, readout in READOUTS.items() if config.reads(name)}
        accuracy = evaluate_mixed(network, trained.choices(), data, config.batch_size)[1]
        paths = trained.sampled_paths if config.reads("main_effects") else None
    result: dict[str, Any] = {
        "readouts": {name: scores.tolist() for name, scores in readouts.items() if scores is not None},
        "validation_accuracy": accuracy,
        "parameters": sum(p.numel() for p in network.parameters()),
        "train_flops": region_flops(module),
        "epoch_seconds": module.epoch_seconds,
        "seconds": time.perf_counter() - start,
    }
    if paths is not None:
        names = ("paths", "losses", "accuracies")
        result["path_losses"] = {n: v.tolist() for n, v in zip(names, paths, strict=True)}
    if module.training_effects_epochs:
        result["training_effects_epochs"] = module.training_effects_epochs
    if module.alphas:
        result |= {
            "stage_weights": trained.stage_weights.tolist(),
            "stage_weights_epochs": module.stage_weights_epochs,
        }
    return result


def mean_of_trainings(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The results of several trainings of one region, which read the same paths, as one.

    Means of all that is read, elementwise; sums of what it cost; all seconds of epochs, one training after the other.
    The effects of mean losses are the means of the effects, unless a transform comes between, or the logarithm and the
    spreads of a consensus.
    """
    return {**_mean(results), **_costs(results)}


def joined(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The results of trainings of one region of several kinds as one: of each key the first that has it, all costs."""
    return dict(ChainMap(*map(dict, results))) | _costs(results)


def _costs(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    costs: dict[str, Any] = {cost: sum(result[cost] for result in results) for cost in ("train_flops", "seconds")}
    return costs | {"epoch_seconds": list(itertools.chain(*(result["epoch_seconds"] for result in results)))}


def _mean(values: Sequence[Any]) -> Any:
    """Elementwise mean of nested numbers of one form; what is the same in all is kept as it is."""
    if all(value == values[0] for value in values[1:]):
        return values[0]
    if isinstance(values[0], dict):
        return {key: _mean([value[key] for value in values]) for key in values[0]}
    return np.mean(np.array(values, dtype=np.float64), axis=0).tolist()


def region_flops(module: RegionTrainer) -> int:
    """FLOPs of a region's training and read-outs; a forward and backward pass counts as 3 forward passes.

    Counted for the passes that a mode makes, K disjoint paths as K skeletons and all cells once. Read-outs, where
    read: D·K passes for `alone`, as many for `leave_one_out`, one for the accuracy of the mixture, each as a full one,
    and `main_effects`' paths one by one, though common prefixes are computed once: bounds from above.
    """
    config, sizes = module.config, module.data.sizes
    depth, candidates = map(int, module.network.cost().cell_macs.shape)
    mixed, disjoint = _forward_flops(module)
    steps, batch = len(module.train_dataloader()), config.batch_size
    on_main, on_alpha = ALPHA_PASSES[module.mode]
    alpha_step = 3 * (on_main * batch + on_alpha * min(batch, sizes["alpha"])) * mixed
    training = steps * (module.epochs * step_flops(module) + module.alpha_epochs * alpha_step)
    sampled = config.design_size(candidates, depth)
    passes = 1 + depth * candidates * sum(config.reads(name) for name in ("alone", "leave_one_out"))
    one_hot = sampled * disjoint // candidates if config.reads("main_effects") else 0
    return int(training + sizes["validation"] * (passes * mixed + one_hot))


def hyper_flops(region: Region, config: TrainerConfig, layout: Layout, data: Data) -> int:
    """FLOPs of all trainings and read-outs of a region, of both kinds, before any is done."""
    return sum(kind.repeats * training_flops(region, kind, layout, data) for kind in config.kinds)


def training_flops(region: Region, config: TrainerConfig, layout: Layout, data: Data) -> int:
    """FLOPs of one training of a region, of one kind, and of its read-outs, before it is done; see `region_flops`.

    Of paths that train apart, whose design is drawn later, those of as many mean paths.
    """
    recipe = config.of_region
    if config.is_apart:
        paths = config.design_size(region.candidates, region.depth)
        examples = (recipe.region_steps or recipe.epochs * steps_an_epoch(recipe, data)) * recipe.batch_size
        return int(paths * (3 * examples + data.sizes["validation"]) * mean_path_flops(region, layout))
    with torch.device("meta"):
        network = Network([region], layout, seeds=None, share=config.share_weights)
    return region_flops(RegionTrainer(network, recipe, data, seed=0))


def step_flops(module: RegionTrainer) -> int:
    """FLOPs of one step of w, which is what every mode has: forward and backward of a batch."""
    mixed, disjoint = _forward_flops(module)
    return 3 * module.config.batch_size * (disjoint if module.trains_paths else mixed)


def _forward_flops(module: RegionTrainer) -> tuple[int, int]:
    """FLOPs of an example: of all candidates mixed, and of K disjoint paths."""
    cost = module.network.cost()
    candidates = int(cost.cell_macs.shape[1])
    return cost.mixed_flops(), 2 * int(candidates * cost.fixed_macs + cost.cell_macs.sum())


def all_paths_flops(region: Region, config: TrainerConfig, layout: Layout, data: Data, epochs: int | None) -> float:
    """FLOPs of training each of a region's K^D paths from scratch once: what the region's one training stands for.

    Args:
        region: The region.
        config: The recipe of a stand-alone training.
        layout: The skeleton.
        data: The data.
        epochs: Of a stand-alone training; None is the recipe's.
    """
    mean_path, steps = mean_path_flops(region, layout), steps_an_epoch(config, data)
    return 3.0 * mean_path * region.size * steps * config.batch_size * (config.epochs if epochs is None else epochs)


def steps_an_epoch(config: TrainerConfig, data: Data) -> int:
    """Steps of an epoch of a stand-alone network, on weights and alpha."""
    return len(data.batches("weights", "alpha", batch_size=config.batch_size, seed=0, drop_last=True))


def mean_path_flops(region: Region, layout: Layout) -> float:
    """FLOPs of a forward pass of one example, the mean over all paths."""
    with torch.device("meta"):
        cost = Network([region], layout, seeds=None).cost()
    return 2 * float(cost.fixed_macs + cost.cell_macs.mean(1).sum())


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
    config: TrainerConfig,
    layout: Layout,
    data: Data,
    *,
    seed: int,
    epochs: int | None = None,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> TrainedNetworks:
    """Train networks from scratch on weights and alpha, all at once; every step is that of one by one within rounding.

    Training makes of rounding what it will: after many epochs an accuracy may differ by some tenths of a point from
    that of the same network and seed beside others, or alone. A registered op that draws random numbers draws them for
    all networks in turn, so that there chance itself depends on what trains beside.

    They see the same batches, so that a comparison between them has no noise of the order of the data; the initial
    weights are each network's own. Accuracies are those after the last epoch, by running statistics.

    Args:
        architectures: ``[N][D]`` cells.
        config: The recipe; its mode does not matter.
        layout: The skeleton.
        data: The data.
        seed: Of initial weights and batches.
        epochs: None is the recipe's.
        checkpoint: See `fit`.
        report: See `fit`.
    """
    start = time.perf_counter()
    networks = _initial(architectures, layout, seed).to(data.device)
    module = RegionTrainer(networks, config, data, seed=seed, epochs=epochs)
    fit(module, checkpoint=checkpoint, report=report)
    read = {split: _evaluated(module, split) for split in ("validation", "test")}
    costs = [network_cost(cells, layout) for cells in architectures]
    result = {
        "validation_loss": read["validation"][0],  # not finite where a network diverged: its accuracy is
        "validation_accuracy": read["validation"][1],
        "test_accuracy": read["test"][1],
        "parameters": [parameters for parameters, _ in costs],
        "flops": [flops for _, flops in costs],
        "train_flops": [3 * flops * module.all_steps * config.batch_size for _, flops in costs],
        "seconds": time.perf_counter() - start,
    }
    return TrainedNetworks(networks, result)


def train_paths(
    architectures: Sequence[Architecture],
    config: TrainerConfig,
    layout: Layout,
    data: Data,
    *,
    seed: int,
    checkpoint: Path | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Train paths of a region apart, each a network of its own, by the recipe of a region; all at once, as networks.

    Args:
        architectures: ``[N][D]`` cells.
        config: The recipe, whose ``region_steps`` keep such trainings short.
        layout: The skeleton.
        data: The data; the test split is not looked at.
        seed: Of initial weights and batches.
        checkpoint: See `fit`.
        report: See `fit`.

    Returns:
        JSON: losses [N] and accuracies [N] on the validation split, by running statistics; train_flops [N] (training
        and reading), seconds.
    """
    start, config = time.perf_counter(), config.of_region
    networks = _initial(architectures, layout, seed).to(data.device)
    module = RegionTrainer(networks, config, data, seed=seed, steps=config.region_steps)
    fit(module, checkpoint=checkpoint, report=report)
    losses, accuracies = _evaluated(module, "validation")
    examples = 3 * module.all_steps * config.batch_size + data.sizes["validation"]
    return {
        "losses": losses,
        "accuracies": accuracies,
        "train_flops": [network_cost(cells, layout)[1] * examples for cells in architectures],
        "seconds": time.perf_counter() - start,
    }


def _initial(architectures: Sequence[Architecture], layout: Layout, seed: int) -> Network:
    """Networks side by side, each with initial weights of its own."""
    regions = [Region([[cell] for cell in cells]) for cells in architectures]
    return Network(regions, layout, seeds=[subseed(seed, "init", *map(str, cells)) for cells in architectures])


def _evaluated(module: RegionTrainer, split: str) -> tuple[list[float], list[float]]:
    """Losses and accuracies of stand-alone networks on a split, by running statistics."""
    network, config, data = module.network, module.config, module.data
    with network.statistics("running"), reading_precision(config.precision, data.device):
        losses, accuracies = evaluate(network, data, split, config.batch_size)
    return losses.tolist(), accuracies.tolist()


def network_cost(architecture: Architecture, layout: Layout) -> tuple[int, int]:
    """Parameters, and FLOPs of one forward pass of one example, of a stand-alone network."""
    with torch.device("meta"):
        network = Network([Region([[cell] for cell in architecture])], layout, seeds=None)
    path, cost = [0] * len(layout.stages), network.cost()
    return cost.path_parameters(path), cost.path_flops(path)
