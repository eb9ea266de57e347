"""What stored trainings say: path scores of every read-out, none of which trains again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from fade.ranking import PathRanks
from fade.training.config import PROBABILITIES, TrainerConfig
from fade.training.reading import read_epochs, read_path_losses, read_region

READING = ("readout", "elsewhere", "all_readouts", "aggregate", "readout_transform", "readout_window", "readout_pairs")
TRANSFORMS = ("log", "normal_scores")
OWN = ("readout_window", "readout_transform", "readout_pairs")
"""How a run read its trainings."""


def recipe(trainer: Mapping[str, Any]) -> dict[str, Any]:
    """What decides a region's trainings, and how many they are; keys that are younger have their defaults."""
    names = [field.name for field in fields(TrainerConfig)]
    given = {name: trainer[name] for name in names if name in trainer and name not in READING}
    steps = given.get("region_steps") is not None  # beside which older rows have epochs that decide nothing
    config = TrainerConfig(**given | ({"region_epochs": None} if steps else {}), readout="main_effects")
    epochs = None if steps else config.of_region.epochs
    whole = vars(config.of_region) | {"repeats": config.repeats, "region_epochs": epochs}
    return {name: whole[name] for name in names if name not in (*READING, "epochs")}


def named(trainer: Mapping[str, Any]) -> str:
    """A recipe in words: the mode, its length, batches and rate, and what else is not usual for the mode."""
    given = recipe(trainer)
    usual = recipe({"name": given["name"]} | ({"alpha_lr": 0.0} if given["name"] in ("fair", "apart") else {}))
    steps = given["region_steps"]
    length = f"{given['region_epochs']} epochs" if steps is None else f"{steps} steps"
    if given["repeats"] > 1:
        length = f"{given['repeats']} × {length}"
    rate = "constant" if given["lr_end"] == given["lr"] else "annealed"
    known = ("repeats", "region_epochs", "region_steps", "batch_size", "lr_end")
    others = [f"{n} {v}" for n, v in given.items() if n not in known and v != usual[n]]
    return ", ".join([given["name"], length, f"batches of {given['batch_size']}", rate, *others])


def own_recipe(training: Mapping[str, Any]) -> TrainerConfig:
    """The recipe of a training, and how its run read it."""
    how = {name: training["trainer"][name] for name in OWN if name in training["trainer"]}
    return replace(TrainerConfig(**recipe(training["trainer"]), readout="main_effects").of_region, **how)


def readings(training: Mapping[str, Any], candidates: int) -> dict[str, Any]:
    """Path scores of every read-out, as functions of paths."""
    found: dict[str, Any] = {}
    own = own_recipe(training)
    trainer = replace(own, **{name: getattr(TrainerConfig, name) for name in OWN})
    read = as_run = read_region(training, len(training["cells"]), candidates, own)
    if own != trainer:
        read = read_region(training, len(training["cells"]), candidates, trainer)
    if "training_pairs" in read:  # whose parts the run itself chose how to read
        read["training_pairs"] = as_run["training_pairs"]
    for name, reading in read.items():
        found[name] = reading.ranks("mean").scores
        if name in PROBABILITIES:
            found[f"{name}, log_sum"] = reading.ranks("log_sum").scores
    for which, window in {"all epochs alike": 1.0, "last half alike": 0.5}.items():
        alike = read_epochs(training, replace(trainer, anneal=False, readout_window=window))
        if "training_effects" in alike:
            found[f"training_effects, {which}"] = alike["training_effects"].ranks("mean").scores
    if "training_effects_epochs" in training:
        if own.readout_window < 1:
            found[f"training_effects, last {own.readout_window:.0%}"] = as_run["training_effects"].ranks("mean").scores
        effects = read_epochs(training, trainer)["training_effects"]
        found["training_effects, stages balanced"] = PathRanks(balanced(effects.stage_scores)).scores
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


def balanced(stage_scores: ArrayLike) -> NDArray[np.float64]:
    """Scores ``[D, K]``, each stage's divided by the square root of their spread, so that spreads come closer."""
    scores = np.asarray(stage_scores, dtype=np.float64)
    centred = scores - scores.mean(1, keepdims=True)
    return centred / np.sqrt(np.maximum(centred.std(1, keepdims=True), np.finfo(np.float64).tiny))


def network_epochs(training: Mapping[str, Any]) -> int:
    """Epochs of the stand-alone networks of a training's run, which its all_paths_flops speak of."""
    return int(training.get("network_epochs", training["trainer"]["epochs"]))


def flops_of_all(training: Mapping[str, Any], epochs: int) -> float:
    """FLOPs of training all paths of the region for so many epochs, whatever the networks of its run had."""
    return float(training["all_paths_flops"] * epochs / network_epochs(training))


def with_ranks(scores: ArrayLike, counts: ArrayLike, share: float) -> NDArray[np.float64]:
    """Scores and a share of their weight of the ranks of a count, each over its spread ``[N]``."""
    return np.asarray(stats.zscore(scores) + share * stats.zscore(stats.rankdata(counts)))


def header(*columns: str) -> list[str]:
    return ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]


def with_bounds(value: float, bounds: tuple[float, float]) -> str:
    return f"{value:+.2f} [{bounds[0]:+.2f}, {bounds[1]:+.2f}]"
