"""The time and the FLOPs of a point."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import torch

from experiments.cost_scaling.points import TRAININGS, Point, edges
from fade.config import compose_study
from fade.data import Data
from fade.estimators.readouts import READOUTS, MeasuredReadout
from fade.estimators.supernet import SupernetConfig
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.study import StudyConfig
from fade.training.flops import region_flops, step_flops
from fade.training.recipe import RegionRecipe
from fade.training.region import RegionTrainer, TrainedRegion, train_region

WARM_STEPS = 2


class Work:
    """What a point stands for, ready to be timed.

    Args:
        point: The point.
    """

    def __init__(self, point: Point) -> None:
        self.point, self.region = point, point.region()
        config = configured(point.what if point.what in TRAININGS else "joint", point.depth)
        self.seed, self.data = config.seed, dataset(point.examples)
        self.layout: Layout = config.space.layout(self.data.shape, self.data.classes)
        assert isinstance(config.trainer, SupernetConfig)
        self.recipe: RegionRecipe = replace(config.trainer.of_region, epochs=point.epochs, measures_paths=False)

    @property
    def trains(self) -> bool:
        return self.point.what in (*TRAININGS, "network")

    def known(self) -> dict[str, object]:
        """What a row has beside the point and its times."""
        return {"edges": edges(self.point.vertices), "flops": self.flops(), "machine": machine()}

    def flops(self) -> int:
        """Of a training without what is measured of it, or of a read-out as if no two paths had a common prefix."""
        with torch.device("meta"):
            network = Network([self.region], self.layout, seeds=None)
        module = RegionTrainer(network, self.recipe, self.data, seed=self.seed)
        if self.trains:
            return module.all_steps * step_flops(module)
        alone = region_flops(module, 0)
        if self.point.what == "alone":
            return region_flops(module, self.region.depth * self.region.candidates) - alone
        paths = RegionTrainer(network, replace(self.recipe, measures_paths=True), self.data, seed=self.seed)
        return region_flops(paths, 0) - alone

    def warm_up(self) -> None:
        """So that what a first call allocates and compiles is not timed."""
        if self.trains:
            self._train(replace(self.recipe, steps=WARM_STEPS))
        else:
            self._trained().accuracy()

    def seconds(self) -> tuple[float, float]:
        """Of doing it once: by the clock, and those that the processor worked on it."""
        done = (lambda: self._train(self.recipe)) if self.trains else self._read()
        start, worked = time.perf_counter(), time.process_time()
        done()
        return time.perf_counter() - start, time.process_time() - worked

    def _train(self, recipe: RegionRecipe) -> None:
        train_region(self.region, recipe, self.layout, self.data, seed=self.seed)

    def _read(self) -> Callable[[], object]:
        trained = self._trained()
        if self.point.what == "sampled_paths":
            return lambda: trained.sampled_paths
        readout = READOUTS[self.point.what]()
        assert isinstance(readout, MeasuredReadout)
        return lambda: readout.measure(trained)

    def _trained(self) -> TrainedRegion:
        """Initial weights, for a read-out takes as long whatever they are."""
        uniform = np.full((self.region.depth, self.region.candidates), 1 / self.region.candidates)
        network = Network([self.region], self.layout, seeds=[self.seed])
        return TrainedRegion(network, self.data, self.recipe, self.seed, uniform, learnt=True)


@cache
def configured(mode: str, depth: int) -> StudyConfig:
    """The experiment's configuration."""
    return compose_study(["experiment=cost_scaling", f"trainer={mode}", f"space.depth={depth}"])


@cache
def dataset(examples: int) -> Data:
    """Generated signals, of which 20 % validate."""
    config = compose_study(["experiment=cost_scaling", f"dataset.train_samples={examples}"])
    return config.dataset.build(seed=config.seed, device="cpu")


def machine() -> str:
    """The processor and the release of torch."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())
    return f"{model}, torch {torch.__version__}"
