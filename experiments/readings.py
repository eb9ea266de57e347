"""What stored trainings say: path scores of every read-out, none of which trains again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from fade.training.config import PROBABILITIES, TrainerConfig, default_trainer
from fade.training.reading import read_epochs, read_path_losses, read_region

READING = ("readout", "all_readouts", "aggregate", "readout_transform", "readout_window", "readout_pairs")
TRANSFORMS = ("log", "normal_scores")


def recipe(trainer: Mapping[str, Any]) -> dict[str, Any]:
    """What decides a training; keys that are younger than it have their defaults."""
    default = {field.name: field.default for field in fields(TrainerConfig) if field.name not in READING}
    return {name: trainer.get(name, value) for name, value in default.items()}


def recipes(trainers: Sequence[Mapping[str, Any]]) -> list[str]:
    """What differs from the defaults of its mode, in words; what all of them share is left out."""
    whole, plain = [recipe(each) for each in trainers], recipe({})
    varied = [name for name in plain if name != "name" and any(each[name] != whole[0][name] for each in whole)]
    labels = []
    for each in whole:
        default = recipe(vars(default_trainer())) if each["name"] == default_trainer().name else plain
        labels.append(", ".join([each["name"], *(f"{n} {each[n]}" for n in varied if each[n] != default[n])]))
    return labels


def readings(training: Mapping[str, Any], candidates: int) -> dict[str, Any]:
    """Path scores of every read-out, as functions of paths."""
    found: dict[str, Any] = {}
    trainer = TrainerConfig(**recipe(training["trainer"]), readout="alone")
    for name, reading in read_region(training, len(training["cells"]), candidates, trainer).items():
        found[name] = reading.ranks("mean").scores
        if name in PROBABILITIES:
            found[f"{name}, log_sum"] = reading.ranks("log_sum").scores
    for which, window in {"all epochs alike": 1.0, "last half alike": 0.5}.items():
        alike = read_epochs(training, replace(trainer, lr_end=trainer.lr, readout_window=window))
        if "training_effects" in alike:
            found[f"training_effects, {which}"] = alike["training_effects"].ranks("mean").scores
    if "path_losses" not in training:
        return found
    table = training["path_losses"]
    for transform in TRANSFORMS:
        config = TrainerConfig(readout_transform=transform)
        for name, reading in read_path_losses(table, candidates, config).items():
            if reading.fit and reading.fit["transform"] != transform:  # which has no log
                continue
            found[f"{name}, {transform}"] = reading.ranks("mean").scores
    losses = {tuple(path): loss for path, loss in zip(table["paths"], table["losses"], strict=True)}
    if len(losses) == candidates ** len(table["paths"][0]):
        found["loss of each path"] = lambda paths: np.array([-losses[tuple(path)] for path in paths.tolist()])
    return found


def header(*columns: str) -> list[str]:
    return ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]


def with_bounds(value: float, bounds: tuple[float, float]) -> str:
    return f"{value:+.2f} [{bounds[0]:+.2f}, {bounds[1]:+.2f}]"
