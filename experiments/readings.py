"""What stored trainings say: path scores of every read-out, none of which trains again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np

from fade.training.config import PROBABILITIES, TrainerConfig
from fade.training.reading import Reading, read_path_losses, read_region

READING = ("readout", "aggregate", "readout_transform", "readout_window", "readout_pairs")
TRANSFORMS = ("log", "normal_scores")


def recipe(trainer: Mapping[str, Any]) -> dict[str, Any]:
    """What decides a training; keys that are younger than it have their defaults."""
    default = {field.name: field.default for field in fields(TrainerConfig) if field.name not in READING}
    return {name: trainer.get(name, value) for name, value in default.items()}


def recipes(trainers: Sequence[Mapping[str, Any]]) -> list[str]:
    """What differs from the defaults, in words; what all of them share is left out."""
    whole, default = [recipe(each) for each in trainers], recipe({})
    varied = [name for name in default if name != "name" and any(each[name] != whole[0][name] for each in whole)]
    return [", ".join([each["name"], *(f"{n} {each[n]}" for n in varied if each[n] != default[n])]) for each in whole]


def readings(training: Mapping[str, Any], candidates: int) -> dict[str, Any]:
    """Path scores of every read-out, as functions of paths."""
    found: dict[str, Any] = {}
    trainer = {name: value for name, value in training["trainer"].items() if name not in READING}
    for name, reading in read_region(training, candidates, TrainerConfig(**trainer, readout="alone")).items():
        found[name] = reading.ranks("mean").scores
        if name in PROBABILITIES:
            found[f"{name}, log_sum"] = reading.ranks("log_sum").scores
    if effects := training.get("training_effects_epochs"):
        for name, kept in {
            "all epochs alike": effects,
            "last half alike": effects[-max(len(effects) // 2, 1) :],
        }.items():
            found[f"training_effects, {name}"] = Reading((-np.mean(kept, 0)).tolist()).ranks("mean").scores
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
