"""What a study would cost, before any of it is done: FLOPs counted, memory and time measured on one step."""

from __future__ import annotations

import time
from collections.abc import Callable

import torch
from rich.table import Table
from torch import Tensor

from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.report.quantity import duration, scaled
from fade.space import Region
from fade.study.config import StudyConfig
from fade.study.console import wide_console
from fade.study.preparation import prepare, threads
from fade.training.config import TrainerConfig
from fade.training.data import Data
from fade.training.region import RegionTrainer
from fade.training.stored import chunk_size
from fade.training.train import network_cost, region_flops

STEPS = 3


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
        assert prepared.layout is not None
        console.print(_table(config, config.trainer, prepared.data, prepared.layout, prepared.search.ask()))


def _table(config: StudyConfig, trainer: TrainerConfig, data: Data, layout: Layout, region: Region) -> Table:
    hyper = Network([region], layout, seeds=[0], share=trainer.share_weights).to(data.device)
    alone = Region([[stage[0]] for stage in region.cells])
    size = chunk_size(data.device)
    together = Network([alone] * size, layout, seeds=range(size)).to(data.device)
    examples = data.sizes["weights"] + data.sizes["alpha"]
    epochs = config.truth.epochs or trainer.epochs
    of_network = 3 * network_cost(alone.architecture([0] * region.depth), layout)[1] * examples * epochs
    regions = getattr(config.search, "regions", 1)
    truths = {"first": 1, "last": 1, "all": regions}[config.truth.regions] if config.truth.name == "retrain" else 0
    paths = region.size if config.truth.paths == "all" else min(int(config.truth.paths), region.size)
    trained = truths * (paths + 1) * config.truth.seeds
    trained += (2 * regions if config.truth.curve else 0) + 1 + config.truth.seeds
    step, memory = _measure(hyper, trainer.of_region, data)
    step_together, memory_together = _measure(together, trainer, data)
    steps_alone = epochs * (examples // trainer.batch_size)
    rows = []
    for kind in trainer.kinds:
        of_region = region_flops(RegionTrainer(hyper, kind.of_region, data, seed=0))
        steps = of_region / (3 * hyper.cost().mixed_flops() * kind.of_region.batch_size)
        rows.append((f"regions, {kind.name}", regions * kind.repeats, of_region, steps * step, memory))
    rows.append(("stand-alone networks", trained, of_network, steps_alone * step_together / size, memory_together))
    table = Table(title=f"{config.name} on {data.name}, {data.device}: expected, nothing was run", title_justify="left")
    for column in ("", "trainings", "FLOPs each", "seconds each", "FLOPs", "time", "memory"):
        table.add_column(column, justify="right" if column else "left")
    for what, count, flops, seconds, memory in rows:
        table.add_row(
            what,
            str(count),
            scaled(flops),
            f"{seconds:.1f}",
            scaled(flops * count),
            duration(seconds * count),
            f"{memory / 2**20:.0f} MiB",
        )
    total_time = sum(count * seconds for _, count, _, seconds, _ in rows)
    total_flops = sum(count * flops for _, count, flops, _, _ in rows)
    peak = max(memory for *_, memory in rows)
    table.add_section()
    table.add_row("in all", "", "", "", scaled(total_flops), duration(total_time), f"{peak / 2**20:.0f} MiB")
    return table


def _measure(network: Network, config: TrainerConfig, data: Data) -> tuple[float, float]:
    """Seconds of a joint step, and bytes that weights, their optimizer and the tensors saved for backward take."""
    module = RegionTrainer(network, config, data, seed=0)
    x, y = next(iter(data.batches("weights", batch_size=config.batch_size, seed=0)))
    batch = (x, y)
    saved: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        saved[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    def step() -> None:
        loss = module.loss(batch, module.draw_noise())
        loss.backward()

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        step()
    weights = sum(p.numel() * p.element_size() for p in module.parameters())
    return _fastest(step, data.device), 4.0 * weights + sum(saved.values())


def _fastest(step: Callable[[], None], device: torch.device) -> float:
    times = []
    for _ in range(STEPS):
        start = time.perf_counter()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        times.append(time.perf_counter() - start)
    return min(times)
