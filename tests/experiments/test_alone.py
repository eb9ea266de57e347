"""What networks trained alone tell of others."""

import sys
from itertools import product

import numpy as np
import pytest

from experiments.rank_correlation import alone
from experiments.rank_correlation.study import Study
from experiments.rank_correlation.tables import told_alone
from fade.space import CellSpace, HierarchicalSpace
from tests.experiments.rows import write

CELLS = HierarchicalSpace(cell_space=CellSpace(vertices=4), depth=3).sample_region(np.random.default_rng(2), 3).texts


def study(folder, noise):
    """A region of 27 paths with three seeds each, additive but for the seeds' chance."""
    rng = np.random.default_rng(0)
    paths = []
    for n, path in enumerate(product(range(3), repeat=3)):
        accuracy = 0.1 + np.dot([0.09, 0.03, 0.01], path) + noise * rng.normal(size=3)
        row = {"path": list(path), "sampled": True, "accuracy": accuracy.tolist()}
        paths.append(row | {"parameters": n, "flops": 100})
    return write(folder, [{"region": "1.0", "cells": CELLS, "epochs": 3, "paths": paths}], [])


def test_additive_accuracies_are_told_whatever_the_seeds(tmp_path):
    exact = Study([study(tmp_path, 0.0)])
    assert all(told_alone(exact, 15, seeds) > 0.99 for seeds in (1, 3))


def test_of_noisy_ones_more_seeds_and_more_paths_tell_more(tmp_path):
    noisy = Study([study(tmp_path, 0.05)])
    ((five,), (one,), (three,)) = (told_alone(noisy, few, seeds) for few, seeds in ((5, 1), (15, 1), (15, 3)))
    assert 0.3 < five < one - 0.05
    assert one + 0.02 < three < 0.95


def test_a_line_for_each_number_that_leaves_ten_paths(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["alone", str(study(tmp_path, 0.05))])
    alone.main()
    _, _, *lines = capsys.readouterr().out.splitlines()
    cells = [line.split(" | ") for line in lines]
    assert [cell[1] for cell in cells] == [f"{paths} × {seeds}" for paths in (5, 10, 15) for seeds in (1, 2, 3)]
    assert [cell[2] for cell in cells][-1] == f"{100 * 45 / 27:.0f} %"
    assert all(float(cell[3]) == pytest.approx(float(cell[4].rstrip(" |"))) for cell in cells)  # of one region
