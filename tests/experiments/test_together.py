"""What networks trained alone add to a region's training."""

import json
import sys

import numpy as np
from scipy import stats

from experiments.rank_correlation import together
from experiments.rank_correlation.study import Study, read_truth
from experiments.rank_correlation.tables import told_together
from tests.experiments.rows import JOINT, training
from tests.experiments.test_alone import study


def test_what_each_knows_adds_up(tmp_path):
    (truth,) = Study([study(tmp_path, 0.05)]).truths
    perfect, chance = stats.zscore(truth.paths @ [0.09, 0.03, 0.01]), stats.zscore(np.random.default_rng(1).random(27))
    alone = told_together(truth, 10, [])
    assert told_together(truth, 10, [chance]) < alone < told_together(truth, 10, [perfect])
    both = told_together(truth, 10, [perfect, -perfect])
    assert told_together(truth, 10, [-perfect]) < both < told_together(truth, 10, [perfect])  # runs take turns


def test_a_line_for_each_number_and_a_column_for_each_training(tmp_path, monkeypatch, capsys):
    truth = read_truth(json.loads((study(tmp_path, 0.0) / "truth.jsonl").read_text()))
    scores = truth.mean
    stages = np.outer([0.09, 0.03, 0.01], [0.0, 1.0, 2.0])
    records = {
        "cells": truth.region.texts,
        "stage_weights_epochs": [(np.exp(stages) / np.exp(stages).sum(1, keepdims=True)).tolist()],
        "training_effects_epochs": [(-stages).tolist()],
        "path_losses": {"paths": truth.paths.tolist(), "losses": (1 - scores).tolist(), "accuracies": scores.tolist()},
    }
    row = training("1.0", JOINT | {"fair_repeats": 3}) | records
    (tmp_path / "trainings.jsonl").write_text(json.dumps(row) + "\n")
    monkeypatch.setattr(sys, "argv", ["together", str(tmp_path)])
    together.main()
    head, _, *lines = capsys.readouterr().out.splitlines()
    assert head.endswith("| no training, of the ceiling | default, of the ceiling |")
    cells = [line.strip("| ").split(" | ") for line in lines]
    assert [cell[0] for cell in cells] == ["0", "5", "10", "15"]
    assert cells[0][-1] == "+1.00, 1.00"  # of a ceiling of 1, as seeds agree
    alone, beside = ([float(cell[n].split(",")[0]) for cell in cells[1:]] for n in (-2, -1))
    assert all(a < b for a, b in zip(alone, beside, strict=True))
