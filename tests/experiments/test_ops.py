"""Which ops an estimator favours."""

import sys

import numpy as np
import pytest

from experiments.rank_correlation import ops
from experiments.rank_correlation.study import Truth, read_truth
from tests.experiments.rows import JOINT, training, truth, write

CELLS = [["3/0-1:conv3/1-2:conv3", "3/0-1:conv3/1-2:conv31", "3/0-1:conv31/1-2:conv31"]]


def region() -> Truth:
    return read_truth(truth("1.0") | {"cells": CELLS * 2})


def test_an_op_is_counted_by_its_whole_name():
    assert ops.counts(region(), "conv3").tolist() == [[2, 1, 0]] * 2
    assert ops.counts(region(), "conv31").tolist() == [[0, 1, 2]] * 2


def test_effects_that_follow_an_op_favour_it_and_levels_of_stages_do_not_count():
    effects = {"1.0": np.array([[2.0, 1.0, 0.0], [9.0, 8.0, 7.0]])}
    assert ops.favour(effects, [region()], "conv3") == pytest.approx(1)
    assert ops.favour(effects, [region()], "conv31") == pytest.approx(-1)


def test_a_line_a_recipe(tmp_path, monkeypatch, capsys):
    rows = [training("1.0", JOINT, sign) | {"cells": CELLS * 2} for sign in (1, 1)]
    other = truth("2.0")  # not asked for
    folder = write(tmp_path / "study", [truth("1.0") | {"cells": CELLS * 2}, other], rows)
    recipe = "joint, 3 × 1 epochs, batches of 25, constant"
    monkeypatch.setattr(sys, "argv", ["ops", str(folder), "--recipes", recipe, "--regions", "1.0"])
    ops.main()
    head, _, of_truth, of_recipe = capsys.readouterr().out.splitlines()
    assert head == "| effects of | conv3 | conv31 |"
    assert of_truth == "| truth | -0.89 | +0.89 |"  # the third candidate is the best, by 6 and by 2
    assert of_recipe == f"| {recipe} | -0.89 | +0.89 |"
