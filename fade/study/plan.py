"""What a study would cost, before any of it is done: FLOPs counted, memory and time measured on one step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from rich.table import Table

from fade.data import Data
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.report.quantity import duration, mebibytes, scaled
from fade.space import Region
from fade.study.budget import networks_to_choose_from
from fade.study.config import ConfigurationError, StudyConfig
from fade.study.preparation import Prepared, prepare, threads, within_memory
from fade.study.terminal import wide_console
from fade.training.cached import chunk_size
from fade.training.evaluate import reading_precision
from fade.training.fit import fit
from fade.training.flops import all_paths_flops, network_cost, step_flops
from fade.training.recipe import NetworkRecipe, RegionRecipe
from fade.training.region import RegionTrainer, hyper_architecture
from fade.training.steps.fair import path_losses
from fade.training.trainer import NetworkTrainer

STEPS = 3


@dataclass(frozen=True)
class Expected:
    """One kind of training that a study would do: how many, and what each costs; memory in bytes."""

    what: str
    trainings: int
    flops: float
    seconds: float
    memory: int


def print_plan(config: StudyConfig) -> None:
    """Print what a study would cost.

    Raises:
        ConfigurationError: For what the data or the device get wrong.
    """
    console = wide_console()
    if not config.trainer.trains:
        console.print(f"{config.name}: nothing is trained, trainer={config.trainer.name}")
        return
    with threads(config.threads):
        prepared = prepare(config)
        try:
            with within_memory(
                f"One step of trainer={config.trainer.name}", "space.channels or space.width, or trainer.batch_size"
            ):
                rows = expected(config, prepared)
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        console.print(_table(f"{config.name} on {prepared.dataset}, {prepared.device}", rows))


def expected(config: StudyConfig, prepared: Prepared) -> list[Expected]:
    """What a study would train, regions first, a row for each kind of training.

    Args:
        config: The study.
        prepared: Its data, layout, search and estimator.
    """
    trainings, region = prepared.trainings, prepared.search.ask()
    assert trainings is not None
    data, layout, recipe = trainings.data, trainings.layout, config.network_recipe
    single = Region([[stage[0]] for stage in region.cells])
    of_network = all_paths_flops(region, recipe, layout, data) / region.size
    has_mode, regions = prepared.search.mode() is not None, config.search.most_regions
    if (budget := config.search.budget) is not None:
        of_region = prepared.estimator.price(region)
        costs = (
            n * of_region + networks_to_choose_from(n, has_mode=has_mode) * of_network for n in range(1, regions + 1)
        )
        regions = max(sum(cost <= budget for cost in costs), 1)
    truths = {"first": 1, "last": 1, "all": regions}[config.truth.regions] if config.truth.name == "retrain" else 0
    paths = region.size if config.truth.paths == "all" else min(int(config.truth.paths), region.size)
    trained = truths * min(paths + 1, region.size) * config.truth.seeds
    trained += (1 + has_mode) * regions if config.truth.curve else 0
    trained += max(networks_to_choose_from(regions, has_mode=has_mode) - 1, 0) + config.truth.seeds
    rows = []
    for kind in prepared.estimator.planned(region):
        per_flop, memory = _measure(kind.beside, kind.recipe, layout, data)
        rows.append(Expected(kind.what, regions * kind.repeats, kind.flops, kind.flops * per_flop, memory))
    per_flop, memory = _measure([single] * chunk_size(trained, layout.dims, data.device), recipe, layout, data)
    return [*rows, Expected("stand-alone networks", trained, of_network, of_network * per_flop, memory)]


def _table(title: str, rows: list[Expected]) -> Table:
    table = Table(title=f"{title}: expected, nothing was run", title_justify="left")
    for column in ("", "trainings", "FLOPs each", "seconds each", "FLOPs", "time", "memory"):
        table.add_column(column, justify="right" if column else "left")
    for row in rows:
        table.add_row(
            row.what,
            str(row.trainings),
            scaled(row.flops),
            f"{row.seconds:.1f}",
            scaled(row.flops * row.trainings),
            duration(row.seconds * row.trainings),
            mebibytes(row.memory),
        )
    total_time = sum(row.trainings * row.seconds for row in rows)
    total_flops = sum(row.trainings * row.flops for row in rows)
    peak = max(row.memory for row in rows)
    table.add_section()
    table.add_row("in all", "", "", "", scaled(total_flops), duration(total_time), mebibytes(peak))
    return table


def _measure(beside: Sequence[Region], recipe: NetworkRecipe, layout: Layout, data: Data) -> tuple[float, int]:
    """Seconds per FLOP of a step of w, and bytes at the peak of a step of the training.

    Args:
        beside: One, a hyper-architecture, or networks side by side, each a region of one path.
        recipe: How they are trained.
        layout: The skeleton.
        data: The data.
    """
    module = _trainer(beside, recipe, layout, data)
    if isinstance(module, RegionTrainer):
        of_step = step_flops(module)
    else:
        cells = [region.architecture([0] * region.depth) for region in beside]
        of_step = 3 * recipe.batch_size * sum(network_cost(each, layout)[1] for each in cells)
    x, y = next(iter(data.batches("weights", "alpha", batch_size=recipe.batch_size, seed=0)))

    def step() -> None:
        with reading_precision(recipe.precision, data.device):
            if isinstance(module, RegionTrainer) and module.mode.trains_paths:
                loss = path_losses(module, (x, y), module.draw_disjoint_paths()).mean()
            elif isinstance(module, RegionTrainer):
                loss = module.loss((x, y), module.draw_noise())
            else:
                loss = module.loss_of(module.network(x, None), y)
        loss.backward()

    return _fastest(step, data.device) / of_step, _memory(beside, recipe, layout, data)


def _memory(beside: Sequence[Region], recipe: NetworkRecipe, layout: Layout, data: Data) -> int:
    """Bytes at the peak of a step, by a training of the two steps that it takes to see one."""
    short = replace(recipe, steps=2)
    if isinstance(short, RegionRecipe):
        short = replace(short, alpha_warmup=0.0)
    module = _trainer(beside, short, layout, data)
    fit(module)
    assert module.memory is not None
    return module.memory


def _trainer(beside: Sequence[Region], recipe: NetworkRecipe, layout: Layout, data: Data) -> NetworkTrainer:
    if isinstance(recipe, RegionRecipe):
        (region,) = beside
        network = hyper_architecture(region, recipe, layout, seed=0).to(data.device)
        return RegionTrainer(network, recipe, data, seed=0)
    networks = Network(beside, layout, seeds=range(len(beside))).to(data.device)
    return NetworkTrainer(networks, recipe, data, seed=0)


def _fastest(step: Callable[[], None], device: torch.device) -> float:
    times = []
    for _ in range(STEPS):
        start = time.perf_counter()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return min(times)
