"""Proxies of the paths that are held against the truth, computed once and stored."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from fade.seeds import subseed
from fade.space import Cell, Region
from fade.training.cached import CachedTrainings
from fade.training.flops import network_cost
from fade.truth.known import Truth
from fade.truth.proxies import EXAMPLES, INITIALISATIONS, PROXIES, PROXY_VERSION, proxy_scores

CHUNK = 128
"""Networks whose scores are stored together: seconds of work, which is what a kill may lose."""


def with_proxies(region: Region, truth: Truth, names: Sequence[str], trainings: CachedTrainings) -> Truth:
    """Add proxies of the sampled paths, and what they cost; paths that are one network are scored as their first.

    Args:
        region: The region.
        truth: What is known of its paths.
        names: Keys of `PROXIES`.
        trainings: Where results are stored; its data, skeleton and seed are used.

    Returns:
        The truth with the proxies of each sampled path.
    """
    if not names:
        return truth
    sampled = truth.sampled()
    numbers = range(len(truth.paths)) if truth.networks is None else truth.networks
    network = [number for number, path in zip(numbers, truth.paths, strict=True) if path.sampled]
    first = dict(zip(reversed(network), reversed(sampled), strict=True))
    order = list(dict.fromkeys(network))
    architectures = [region.architecture(first[number].path) for number in order]
    flops, seconds = truth.measure_flops, truth.seconds
    values: dict[int, dict[str, float | None]] = {number: {} for number in order}
    for name in names:
        for start in range(0, len(order), CHUNK):
            chunk = slice(start, start + CHUNK)
            found = _scores(architectures[chunk], name, trainings, f"{start + 1}–{start + len(order[chunk])}")
            for number, score in zip(order[chunk], found["scores"], strict=True):
                values[number][name] = score
            flops, seconds = flops + found["flops"], seconds + found["seconds"]
    scored = iter(values[number] for number in network)
    paths = [replace(path, proxies=next(scored)) if path.sampled else path for path in truth.paths]
    return replace(truth, paths=paths, measure_flops=flops, seconds=seconds)


def _scores(
    architectures: Sequence[Sequence[Cell]], name: str, trainings: CachedTrainings, which: str
) -> Mapping[str, Any]:
    """Scores of one proxy, None where not finite, with FLOPs and seconds."""
    layout, data = trainings.layout, trainings.data

    def measure() -> dict[str, Any]:
        start = time.perf_counter()
        seed = subseed(trainings.networks_seed, "proxies")
        scores = proxy_scores(architectures, [name], layout, data, seed=seed, initialisations=INITIALISATIONS)[name]
        seconds = time.perf_counter() - start
        batch = min(EXAMPLES, data.sizes["weights"])
        return {
            "scores": [score if math.isfinite(score) else None for score in scores],
            "flops": INITIALISATIONS
            * sum(PROXIES[name].flops(network_cost(cells, layout)[1], batch) for cells in architectures),
            "seconds": seconds,
        }

    recipe = {"proxy": name, "examples": EXAMPLES, "initialisations": INITIALISATIONS, "proxy_version": PROXY_VERSION}
    return trainings.measurement("proxies", recipe, architectures, f"{name} of networks {which}", measure)
