"""The time and the FLOPs of a point."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np
import torch

from benchmarks.measure import processor
from experiments.cost_scaling.points import TRAININGS, Point, edges
from fade.config import compose_study
from fade.data import Data
from fade.estimators.readouts import READOUTS, MeasuredReadout
from fade.estimators.supernet import SupernetConfig
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.study import StudyConfig
from fade.training.flops import planned_region_flops, training_flops
from fade.training.recipe import RegionRecipe
from fade.training.region import RegionTrainer, TrainedRegion, hyper_architecture, train_region

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
        if self.trains:
            with torch.device("meta"):
                network = hyper_architecture(self.region, self.recipe, self.layout, seed=None)
            return training_flops(RegionTrainer(network, self.recipe, self.data, seed=self.seed))
        alone = self._priced(self.recipe)
        if self.point.what == "alone":
            return self._priced(self.recipe, self.region.depth * self.region.candidates) - alone
        return self._priced(replace(self.recipe, measures_paths=True)) - alone

    def _priced(self, recipe: RegionRecipe, passes: int = 0) -> int:
        return planned_region_flops(self.region, recipe, self.layout, self.data, passes)

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
    return f"{processor()}, torch {torch.__version__}"
