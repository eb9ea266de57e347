"""What a study would cost, before any of it is done: FLOPs counted, memory and time measured on a few steps."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

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
from fade.training.fit import fit
from fade.training.flops import all_paths_flops, network_cost, training_flops
from fade.training.recipe import NetworkRecipe, RegionRecipe
from fade.training.region import RegionTrainer, hyper_architecture
from fade.training.trainer import NetworkTrainer

LEAST_SECONDS, MOST_STEPS = 0.5, 1000
"""Of the steps that are timed."""


@dataclass(frozen=True)
class Expected:
    """One kind of training that a study would do.

    Attributes:
        what: In words.
        trainings: How many.
        flops: Of each.
        seconds: Of each.
        memory: Bytes of each.
        processes: How many run side by side.
    """

    what: str
    trainings: int
    flops: float
    seconds: float
    memory: int
    processes: int

    @property
    def time(self) -> float:
        """Seconds of all."""
        return self.trainings * self.seconds / self.processes


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
                f"One step of trainer={config.trainer.name}",
                "space.channels or space.width, or trainer.batch_size, or give trainer.checkpoint_activations=true",
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
    workers = trainings.workers()
    kinds = prepared.estimator.planned(region)
    at_once = sum(kind.repeats * kind.parts for kind in kinds)
    rows = []
    for kind in kinds:
        speed = _measure(kind.beside, kind.recipe, layout, data)
        each = kind.flops * speed.seconds_a_flop + kind.parts * speed.start
        rows.append(Expected(kind.what, regions * kind.repeats, kind.flops, each, speed.memory, min(workers, at_once)))
    beside = chunk_size(trained, layout.dims, data.device)
    speed = _measure([single] * beside, recipe, layout, data)
    each = of_network * speed.seconds_a_flop + speed.start / beside
    return [*rows, Expected("stand-alone networks", trained, of_network, each, speed.memory, min(workers, trained))]


def _table(title: str, rows: list[Expected]) -> Table:
    table = Table(title=f"{title}: expected, nothing was run", title_justify="left")
    for column in ("", "trainings", "side by side", "FLOPs each", "seconds each", "FLOPs", "time", "memory"):
        table.add_column(column, justify="right" if column else "left")
    for row in rows:
        table.add_row(
            row.what,
            str(row.trainings),
            str(row.processes),
            scaled(row.flops),
            f"{row.seconds:.1f}",
            scaled(row.flops * row.trainings),
            duration(row.time),
            mebibytes(row.memory),
        )
    total_time = sum(row.time for row in rows)
    total_flops = sum(row.trainings * row.flops for row in rows)
    peak = max(row.memory * row.processes for row in rows)
    table.add_section()
    table.add_row("in all", "", "", "", "", scaled(total_flops), duration(total_time), mebibytes(peak))
    return table


@dataclass(frozen=True)
class _Speed:
    """How fast a training is, and what it takes.

    Attributes:
        seconds_a_flop: In its steps.
        start: Seconds until its first step.
        memory: Bytes at the peak of a step.
    """

    seconds_a_flop: float
    start: float
    memory: int


def _measure(beside: Sequence[Region], recipe: NetworkRecipe, layout: Layout, data: Data) -> _Speed:
    """Train for a few steps, as the study would, until these last long enough to be timed on a busy machine.

    Args:
        beside: One, a hyper-architecture, or networks side by side, each a region of one path.
        recipe: How they are trained.
        layout: The skeleton.
        data: The data.
    """
    first = _train(beside, recipe, layout, data, steps=2, watched=True)  # in the second of them
    assert first.memory is not None
    steps, spent = 2, 0.0
    while spent < LEAST_SECONDS and steps < MOST_STEPS:
        steps *= 2
        start = time.perf_counter()
        module = _train(beside, recipe, layout, data, steps=steps, watched=False)
        whole, spent = time.perf_counter() - start, sum(module.epoch_seconds)
    if isinstance(module, RegionTrainer):
        flops = training_flops(module)
    else:
        cells = [region.architecture([0] * region.depth) for region in beside]
        flops = 3 * recipe.batch_size * steps * sum(network_cost(each, layout)[1] for each in cells)
    return _Speed(spent / flops, whole - spent, first.memory)


def _train(
    beside: Sequence[Region],
    recipe: NetworkRecipe,
    layout: Layout,
    data: Data,
    *,
    steps: int,
    watched: bool,
) -> NetworkTrainer:
    short = replace(recipe, steps=steps)
    if isinstance(short, RegionRecipe):
        short = replace(short, alpha_warmup=0.0)
    module = _trainer(beside, short, layout, data)
    module.watches_memory = watched
    fit(module)
    return module


def _trainer(beside: Sequence[Region], recipe: NetworkRecipe, layout: Layout, data: Data) -> NetworkTrainer:
    if isinstance(recipe, RegionRecipe):
        (region,) = beside
        network = hyper_architecture(region, recipe, layout, seed=0).to(data.device)
        return RegionTrainer(network, recipe, data, seed=0)
    networks = Network(beside, layout, seeds=range(len(beside))).to(data.device)
    return NetworkTrainer(networks, recipe, data, seed=0)
