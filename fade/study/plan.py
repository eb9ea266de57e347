"""What a study would cost, before any of it is done: FLOPs counted, memory and time measured on one step."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from rich.table import Table
from torch import Tensor

from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.report.quantity import duration, scaled
from fade.space import Region
from fade.study.budget import networks_to_choose_from
from fade.study.config import ConfigurationError, StudyConfig
from fade.study.console import wide_console
from fade.study.preparation import Prepared, prepare, threads, within_memory
from fade.training.config import TrainerConfig
from fade.training.data import Data
from fade.training.evaluate import reading_precision
from fade.training.modes import path_losses
from fade.training.region import RegionTrainer
from fade.training.stored import chunk_size
from fade.training.train import all_paths_flops, hyper_flops, step_flops, training_flops

STEPS = 3


@dataclass(frozen=True)
class Expected:
    """One kind of training that a study would do: how many, and what each costs; memory in bytes."""

    what: str
    trainings: int
    flops: float
    seconds: float
    memory: float


def print_plan(config: StudyConfig) -> None:
    """Print what a study would cost.

    Raises:
        ConfigurationError: For what the data or the device get wrong.
    """
    console = wide_console()
    if not isinstance(config.trainer, TrainerConfig):
        console.print(f"{config.name}: nothing is trained, trainer={config.trainer.name}")
        return
    with threads(config.threads):
        prepared = prepare(config)
        assert prepared.data is not None
        try:
            with within_memory(
                f"One step of trainer={config.trainer.name}", "space.channels or space.width, or trainer.batch_size"
            ):
                rows = expected(config, config.trainer, prepared)
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        console.print(_table(f"{config.name} on {prepared.data.name}, {prepared.data.device}", rows))


def expected(config: StudyConfig, trainer: TrainerConfig, prepared: Prepared) -> list[Expected]:
    """What a study would train, regions first, a row for each kind of training.

    Args:
        config: The study.
        trainer: Its trainer.
        prepared: Its data, layout and search.
    """
    data, layout, region = prepared.data, prepared.layout, prepared.search.ask()
    assert data is not None
    assert layout is not None
    alone, chunk = Region([[stage[0]] for stage in region.cells]), chunk_size(data.device)
    epochs = config.truth.epochs or trainer.epochs
    of_network = all_paths_flops(region, trainer, layout, data, epochs) / region.size
    has_mode, regions = prepared.search.mode() is not None, getattr(config.search, "regions", 1)
    if (budget := config.search.budget) is not None:
        of_hyper = hyper_flops(region, trainer, layout, data)
        costs = (
            n * of_hyper + networks_to_choose_from(n, has_mode=has_mode) * of_network for n in range(1, regions + 1)
        )
        regions = max(sum(cost <= budget for cost in costs), 1)
    truths = {"first": 1, "last": 1, "all": regions}[config.truth.regions] if config.truth.name == "retrain" else 0
    paths = region.size if config.truth.paths == "all" else min(int(config.truth.paths), region.size)
    trained = truths * min(paths + 1, region.size) * config.truth.seeds
    trained += (1 + has_mode) * regions if config.truth.curve else 0
    trained += max(networks_to_choose_from(regions, has_mode=has_mode) - 1, 0) + config.truth.seeds
    rows = []
    for kind in trainer.kinds:
        beside = [alone] * min(chunk, kind.design_size(region.candidates, region.depth))
        per_flop, memory = _measure(beside if kind.is_apart else [region], kind.of_region, layout, data)
        flops = training_flops(region, kind, layout, data)
        rows.append(Expected(f"regions, {kind.name}", regions * kind.repeats, flops, flops * per_flop, memory))
    per_flop, memory = _measure([alone] * min(chunk, trained), trainer, layout, data)
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
            f"{row.memory / 2**20:.0f} MiB",
        )
    total_time = sum(row.trainings * row.seconds for row in rows)
    total_flops = sum(row.trainings * row.flops for row in rows)
    peak = max(row.memory for row in rows)
    table.add_section()
    table.add_row("in all", "", "", "", scaled(total_flops), duration(total_time), f"{peak / 2**20:.0f} MiB")
    return table


def _measure(regions: Sequence[Region], config: TrainerConfig, layout: Layout, data: Data) -> tuple[float, float]:
    """Seconds per FLOP of a step of w, and bytes of weights, their optimizer and the tensors saved for backward.

    Args:
        regions: One, a hyper-architecture, or networks side by side, each a region of one path.
        config: The recipe, as networks are trained by it.
        layout: The skeleton.
        data: The data.
    """
    network = Network(regions, layout, seeds=range(len(regions)), share=config.share_weights).to(data.device)
    module = RegionTrainer(network, config, data, seed=0)
    x, y = next(iter(data.batches("weights", "alpha", batch_size=config.batch_size, seed=0)))
    batch = (x, y)
    saved: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    def step() -> None:
        with reading_precision(config.precision, data.device):
            if module.trains_paths:
                loss = path_losses(module, batch, module.draw_disjoint_paths()).mean()
            else:
                loss = module.loss(batch, module.draw_noise())
        loss.backward()

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        step()
    weights = sum(p.numel() * p.element_size() for p in module.parameters())
    of_step = step_flops(module) * len(regions)
    return _fastest(step, data.device) / of_step, 4.0 * weights + sum(saved.values())


def _fastest(step: Callable[[], None], device: torch.device) -> float:
    times = []
    for _ in range(STEPS):
        start = time.perf_counter()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return min(times)
