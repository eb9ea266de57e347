"""Regions trained in parts."""

import numpy as np
import pytest

from experiments.rank_correlation.subregions import DESIGNS, effects, grid, scored
from tests.experiments.rows import JOINT, PATHS, training


@pytest.mark.parametrize("seed", [0, 1])
def test_pairs_meet_each_candidate_equally_often(seed):
    parts = list(DESIGNS["pairs"](5, 3, seed))
    assert len(parts) == 15
    for stage in range(3):
        pairs = [tuple(part[stage]) for part in parts]
        assert all(len(set(pair)) == 2 for pair in pairs)
        assert np.bincount(np.ravel(pairs)).tolist() == [6] * 5
    assert parts != list(DESIGNS["pairs"](5, 3, 1 - seed))


def test_each_candidate_is_held_once():
    parts = list(DESIGNS["held"](4, 2, 0))
    held = [(stage, part[stage]) for part in parts for stage in range(2) if len(part[stage]) == 1]
    assert sorted(held) == [(stage, [k]) for stage in range(2) for k in range(4)]
    assert all(sorted(map(len, part)) == [1, 4] for part in parts)


@pytest.mark.parametrize("design", DESIGNS)
def test_effects_of_an_additive_truth_are_exact(design):
    truth = np.random.default_rng(0).normal(size=(3, 5))
    rows = [
        {"paths": paths.tolist(), "accuracies": truth[np.arange(3), paths].sum(1).tolist()}
        for paths in map(grid, DESIGNS[design](5, 3, 0))
    ]
    np.testing.assert_allclose(effects(rows, 5), truth - truth.mean(1, keepdims=True), atol=1e-9)


def test_designs_that_others_trained_are_read_too():
    rows = [
        {"design": "apart", "seed": seed, "paths": PATHS, "accuracies": [n / 9 for n in range(9)], "train_flops": 1e9}
        for seed in (0, 1)
    ]
    found = scored(rows, [training("1.0", JOINT)], 3, 3)
    assert {label: share for label, (_, share) in found.items()} == pytest.approx(
        {"apart, run 0": 0.01, "apart, run 1": 0.01, "apart, 2 runs": 0.02}
    )
    assert all(np.argmax(effects, 1).tolist() == [2, 2] for effects, _ in found.values())
