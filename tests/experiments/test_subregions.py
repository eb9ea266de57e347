"""Regions trained in parts."""

import numpy as np
import pytest

from experiments.rank_correlation.subregions import DESIGNS, effects, grid, scored
from tests.experiments.rows import JOINT, training


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


def test_paths_apart_stand_beside_trainings_that_mix_all_and_are_added_to_each():
    long = JOINT | {"epochs": 9, "batch_size": 50, "anneal": True}
    mixed = [training("1.0", long, seed=seed) for seed in (0, 1)]
    apart = {"name": "apart", "epochs": 3, "alpha_lr": 0, "repeats": 2, "region_steps": 40, "batch_size": 50}
    alone = {**training("1.0", JOINT, -1), "trainer": apart, "train_flops": 2e9}
    other = training("1.0", JOINT)  # of another length
    found = scored([], [alone, *mixed, other], 3, 3)
    label = "apart, 2 × 40 steps, batches of 50, annealed"
    runs = [f"three trainings that mix all, run {seed}" for seed in (0, 1)]
    assert set(found) == {label, *runs, *(f"{label} + {run}" for run in runs)}
    assert found[label][1] == pytest.approx(0.02)
    assert found[f"{label} + {runs[0]}"][1] == pytest.approx(0.06)
    assert np.argmax(found[label][0], 1).tolist() == [0, 0]
    assert np.argmax(found[runs[0]][0], 1).tolist() == [2, 2]
    np.testing.assert_allclose(found[f"{label} + {runs[0]}"][0], 0, atol=1e-12)  # they contradict each other
