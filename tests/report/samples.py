"""Metrics of runs that never ran, as the schema has them."""

from collections.abc import Sequence
from itertools import islice, product
from typing import Any

import numpy as np
from scipy import stats

from fade.space import Cell


def cell(rng: np.random.Generator, vertices: int = 5, ops: Sequence[str] = ("conv3",)) -> str:
    """A random cell's text."""
    pairs = [(i, j) for i in range(vertices) for j in range(i + 1, vertices) if rng.random() < 0.5]
    return str(Cell(vertices, [(i, j, str(rng.choice(list(ops)))) for i, j in pairs]))


def region(
    index: int = 0, *, depth: int = 3, candidates: int = 4, epochs: int = 8, vertices: int = 5,
    ops: Sequence[str] = ("conv3",), paths: int = 0, seeds: int = 3, weights: bool = True, noise: float = 0.01,
) -> dict[str, Any]:  # fmt: skip
    """A region whose weights fit its truth (`paths` = 0: no truth); without `weights` the scores are minus losses."""
    rng = np.random.default_rng([index, depth, candidates])
    cells: list[list[str]] = []
    for _ in range(depth):
        stage: dict[str, None] = {}
        while len(stage) < candidates:
            stage[cell(rng, vertices, ops)] = None
        cells.append(list(stage))
    alpha = rng.normal(size=(depth, candidates))
    history = [_softmax(alpha * (e + 1) / epochs) for e in range(epochs)]
    scores = history[-1] if weights else -1.5 + 0.1 * alpha
    every = sorted(islice(product(range(candidates), repeat=depth), 5000), key=lambda p: -_score(scores, p))
    made: dict[str, Any] = {
        "index": index,
        "cells": cells,
        "stage_scores": scores.tolist(),
        "top_paths": [{"path": list(p), "score": _score(scores, p)} for p in every[:20]],
        "epoch_seconds": [0.5] * epochs,
        "train_flops": 3.1e12,
        "seconds": 24.0,
        "all_paths_flops": 6.2e13,
        "parameters": 48123,
        "memory": 130 * 2**20,
        "validation_accuracy": 0.71,
    }
    if weights:
        made |= {"stage_weights": scores.tolist(), "stage_weights_epochs": [each.tolist() for each in history]}
    else:
        made["training_effects_epochs"] = [(-0.1 * alpha / (e + 1)).tolist() for e in range(epochs)]
    if paths:
        chosen = [every[i] for i in rng.choice(len(every), min(paths, len(every)), replace=False)]
        sampled = [(p, True) for p in chosen] + ([(every[0], False)] if every[0] not in chosen else [])
        made |= _truth(rng, alpha, scores, sampled, seeds, noise)
    return made


def _truth(
    rng: Any, alpha: Any, scores: Any, paths: list[tuple[tuple[int, ...], bool]], seeds: int, noise: float
) -> dict[str, Any]:
    truth = []
    for path, sampled in paths:
        mean = 0.72 + 0.03 * np.mean([alpha[d, k] for d, k in enumerate(path)]) + noise * rng.normal()
        accuracy = np.clip(mean + 0.008 * rng.normal(size=seeds), 0, 1).tolist()
        parameters, flops = 1000 + int(rng.integers(9000)), float(2e6 + rng.integers(10**6))
        truth.append(
            {
                "path": list(path),
                "sampled": sampled,
                "score": _score(scores, path),
                "accuracy": accuracy,
                "parameters": parameters,
                "flops": flops,
            }
        )
    held = [each for each in truth if each["sampled"]]
    means = [np.mean(each["accuracy"]) for each in held]
    rho = float(stats.spearmanr([each["score"] for each in held], means).statistic)
    tau = float(stats.kendalltau([each["score"] for each in held], means).statistic)
    correlation = {
        "n": len(held),
        "spearman": {"value": rho, "low": rho - 0.15, "high": min(1.0, rho + 0.1)},
        "kendall": {"value": tau, "low": tau - 0.12, "high": min(1.0, tau + 0.1)},
        "ceiling": {"spearman": 0.93, "kendall": 0.79, "low": 0.88, "high": 0.96},
        "corrected": {"spearman": rho / 0.93, "kendall": tau / 0.79},
        "partial": {"given": ["sinks", "depth"], "spearman": 0.31},
        "precision_at_10": 0.5,
        "regret": 0.0042,
        "baselines": {
            "parameters": {"spearman": 0.42, "kendall": 0.3},
            "sinks": {"spearman": 0.61, "kendall": 0.45},
            "depth": {"spearman": -0.55, "kendall": -0.4},
            "synflow": {"spearman": -0.58, "kendall": -0.41},
            "naswot": {"spearman": None, "kendall": None, "not_finite": len(held)},
        },
    }
    readouts = {
        "weights": {"stage_scores": scores.tolist(), "spearman": rho, "kendall": tau},
        "main_effects": {"stage_scores": (scores - 1).tolist(), "spearman": 0.57, "kendall": 0.41},
        "alone": {"stage_scores": (scores - 2).tolist(), "spearman": None, "kendall": None},
    }
    return {"truth": truth, "correlation": correlation, "readouts": readouts}


def metrics(
    regions: Sequence[dict[str, Any]], *, search: bool = False, best: bool = True, vertices: int = 5
) -> dict[str, Any]:
    """The metrics of a finished run with these regions."""
    depth = len(regions[0]["cells"])
    made: dict[str, Any] = {
        "schema": 1,
        "name": "rank_correlation",
        "seed": 0,
        "dataset": "mnist1d",
        "device": "cpu",
        "versions": {"fade": "0.1.0", "torch": "2.11.0", "python": "3.11.9"},
        "seconds": 754.2,
        "cost": {"train_flops": 1.26e13, "measure_flops": 8.4e13, "seconds": 98.7, "measure_seconds": 615.0},
        "space": {"depth": depth, "cells": "302", "architectures": str(302**depth)},
        "regions": list(regions),
    }
    if search:
        rng = np.random.default_rng(0)
        pairs = vertices * (vertices - 1) // 2
        goal = rng.integers(0, 2, size=(depth, pairs))
        made["trajectory"] = [
            {
                "region": t,
                "train_flops": 3.1e12 * (t + 1),
                "trained_cells": 12 * (t + 1),
                "seconds": 20.0 * (t + 1),
                "entropy": 0.69 * 0.9**t,
                "theta": [{"edges": (0.5 + (g - 0.5) * (1 - 0.85**t)).tolist()} for g in goal],
                "mode_accuracy": None if t == 0 else 0.8 - 0.1 * 0.8**t + 0.008 * float(rng.normal()),
                "best_accuracy": 0.81 - 0.08 * 0.8**t,
            }
            for t in range(len(regions))
        ]
    if best:
        cells = [stage[0] for stage in regions[-1]["cells"]]
        made["best"] = {
            "architecture": cells, "validation_accuracy": 0.824, "test_accuracy": 0.8173,
            "test_accuracies": [0.8121, 0.8173, 0.8225], "parameters": 12345, "flops": 2.4e6,
        }  # fmt: skip
    return made


def _score(scores: Any, path: Sequence[int]) -> float:
    return float(np.mean([scores[d, k] for d, k in enumerate(path)]))


def _softmax(alpha: Any) -> Any:
    exponentials = np.exp(alpha - alpha.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)
