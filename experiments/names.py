"""Names of trainers, read-outs and recipes as the rows of results have them, whichever release wrote the run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fade.renamed import current

READING = (
    "readout",
    "all_readouts",
    "aggregate",
    "readout_transform",
    "readout_window",
    "readout_pairs",
    "earlier_runs",
    "elsewhere",
)
"""Keys of a trainer that say how a training is read; two runs that differ in these alone are one training."""


def recipe_name(trainer: Mapping[str, Any]) -> str:
    """A training's recipe in words: kinds, number and length of its trainings, batches, learning rate.

    >>> recipe_name({"name": "joint", "epochs": 3, "repeats": 3, "fair_repeats": 3, "batch_size": 25, "anneal": False})
    'joint + fair, 3 + 3 x 1 epochs, batches of 25, constant rate'
    """
    kinds, repeats = current(trainer["name"]), str(trainer.get("repeats", 1))
    if fair := trainer.get("fair_repeats", 0):
        kinds, repeats = f"{kinds} + fair", f"{repeats} + {fair}"
    epochs = trainer.get("region_epochs") or math.ceil(trainer.get("epochs", 10) / trainer.get("repeats", 1))
    steps = trainer.get("region_steps")
    length = f"{steps} steps" if steps else f"{epochs} epochs"
    batch = trainer.get("region_batch_size") or trainer.get("batch_size", 100)
    rate = "annealed" if trainer.get("anneal", True) else "constant rate"
    optimizer = [] if trainer.get("optimizer", "adam") == "adam" else [trainer["optimizer"]]
    precision = ["bf16"] if trainer.get("precision") == "bf16-mixed" else []
    count = "" if repeats == "1" else f"{repeats} x "
    return ", ".join([kinds, f"{count}{length}", f"batches of {batch}", rate, *optimizer, *precision])


def training_key(row: Mapping[str, Any]) -> str:
    """What two rows of one training share."""
    deciding = sorted((key, value) for key, value in row["trainer"].items() if key not in READING and value is not None)
    return str([row["region"], row["initialisation"], row["seed"], row["threads"], deciding])
