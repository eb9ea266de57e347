"""What other regions tell of a region."""

import sys
from itertools import product

import numpy as np
import pytest
from scipy import stats

from experiments.rank_correlation import elsewhere
from fade.space import Cell, CellSpace, HierarchicalSpace
from tests.experiments.rows import JOINT, training, write


def test_features_of_a_cell_by_hand():
    cell = Cell.parse("5/0-1:conv3/0-3:maxpool3/1-2:maxpool3/1-4:conv3/3-4:maxpool3")
    edges = [2, 3, 1, 1, 1, 2]  # all of either op, those from vertex 0, those to 2 and 4
    paths = [1.0, 2, 0, 1 / 3, np.log(3)]  # 0-1-2 has one convolution, 0-1-4 two, 0-3-4 none
    assert elsewhere.features(cell, ["conv3", "maxpool3"]) == pytest.approx([*edges, *paths, 2, 2])


@pytest.fixture
def folder(tmp_path):
    """Twelve regions of 27 paths, better by the sinks of their first stage and worse by the edges of their last."""
    space, rng = HierarchicalSpace(cell_space=CellSpace(vertices=5), depth=3), np.random.default_rng(0)
    truths, trainings = [], []
    for number in range(12):
        region = space.sample_region(rng, 3)
        sinks, edges = (
            np.array([[len(getattr(cell, name)) for cell in s] for s in region.cells]) for name in ("sinks", "edges")
        )
        scores = np.zeros((3, 3))
        scores[0], scores[2] = 0.02 * sinks[0], -0.01 * edges[2]
        paths = []
        for path in product(range(3), repeat=3):
            accuracy = 0.5 + sum(scores[d, k] for d, k in enumerate(path))
            paths.append({"path": list(path), "sampled": True, "accuracy": [accuracy] * 2, "parameters": 1, "flops": 1})
        truths.append({"region": f"{number}.0", "cells": region.texts, "epochs": 3, "paths": paths})
        row = training(f"{number}.0", JOINT | {"fair_repeats": 3}) | {"cells": region.texts}
        told = {"paths": [p["path"] for p in paths], "accuracies": [p["accuracy"][0] for p in paths]}
        row["path_losses"] = told | {"losses": [1 - value for value in told["accuracies"]]}
        row["stage_weights_epochs"] = [(np.exp(scores) / np.exp(scores).sum(1, keepdims=True)).tolist()]
        trainings.append(row | {"training_effects_epochs": [(-scores).tolist()]})
    return write(tmp_path, truths, trainings)


@pytest.mark.parametrize("source", ["accuracies", "default"])
def test_what_holds_in_other_regions_is_known_of_one(folder, source):
    known = elsewhere.Known.read([folder])
    found = []
    for held, truth in enumerate(known.truths):
        runs = known.runs[held]
        known.runs[held] = {"default": [-run for run in runs["default"]]}  # of its own, which it does not look at
        found.append(stats.spearmanr(known.elsewhere(held, source), truth.mean).statistic)
        known.runs[held] = runs
    assert np.mean(found) > 0.9
    assert min(found) > 0.6


def test_a_line_for_each_training_and_for_each_number_of_regions(folder, monkeypatch, capsys):
    monkeypatch.setattr(elsewhere, "DRAWS", 1)
    monkeypatch.setattr(elsewhere, "FEW", (1,))
    monkeypatch.setattr(elsewhere, "NETWORKS", (10,))
    monkeypatch.setattr(sys, "argv", ["elsewhere", str(folder)])
    elsewhere.main()
    first, second = capsys.readouterr().out.split("\n\n")
    assert [line.split("|")[1].strip() for line in first.splitlines()[2:]] == ["nothing", "default"]
    assert [line.split("|")[1].strip() for line in second.splitlines()[2:]] == ["1", "11"]
