"""Results of several trainings of one region, as one."""

from __future__ import annotations

import itertools
from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np


def mean_of_trainings(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The results of several trainings of one region, which measured the same paths, as one.

    Means of all that is read, elementwise; sums of what it cost, but the largest peak of memory of those that have one,
    which what was stored by earlier versions has not; all seconds of epochs, one training after the other.
    The effects of mean losses are the means of the effects, unless a transform comes between, or the logarithm and the
    spreads of a consensus.
    """
    read = [{key: value for key, value in result.items() if key != "memory"} for result in results]
    return {**_mean(read), **_costs(results)}


def joined(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The results of trainings of one region of several kinds as one: of each key the first that has it, all costs."""
    return dict(ChainMap(*map(dict, results))) | _costs(results)


def _costs(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    costs: dict[str, Any] = {cost: sum(result[cost] for result in results) for cost in ("train_flops", "seconds")}
    if peaks := [result["memory"] for result in results if "memory" in result]:
        costs["memory"] = max(peaks)
    return costs | {"epoch_seconds": list(itertools.chain(*(result["epoch_seconds"] for result in results)))}


def _mean(values: Sequence[Any]) -> Any:
    """Elementwise mean of nested numbers of one form; what is the same in all stays as it is."""
    if all(value == values[0] for value in values[1:]):
        return values[0]
    if isinstance(values[0], dict):
        return {key: _mean([value[key] for value in values]) for key in values[0]}
    return np.mean(np.array(values, dtype=np.float64), axis=0).tolist()
