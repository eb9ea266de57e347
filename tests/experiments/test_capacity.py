"""What the number of parameters adds to trainings."""

import json
import sys

import numpy as np
import pytest

from experiments.rank_correlation import capacity
from experiments.rank_correlation.study import read_truth
from tests.experiments.rows import FAIR, JOINT, PATHS, training, truth, write

LONG = {"epochs": 9, "anneal": True, "batch_size": 50}


def test_parameters_add_by_their_share_and_their_order_alone():
    known = read_truth(truth("1.0", parameters=lambda n: 10**n))  # path n is the n-th best, and the n-th largest
    uneven = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 7.0])
    noise = np.random.default_rng(0).permutation(9).astype(float)
    alone, *with_parameters = capacity.correlations(known, [(noise - noise.mean()) / noise.std()])
    assert alone < with_parameters[0] < with_parameters[1] < with_parameters[2] < 1
    both = capacity.correlations(known, [uneven, -uneven])
    assert both[0] == pytest.approx(0)  # the mean over the runs


def test_a_line_an_estimator(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "study"
    for region in ("1.0", "2.0"):
        rows = [training(region, mode | LONG, sign) for mode, sign in ((JOINT, 1), (FAIR, 1))]
        write(folder / region, [truth(region)], rows)
        part = {"region": region, "design": "apart", "seed": 0, "part": [[0, 1, 2]] * 2, "paths": PATHS}
        rows = [part | {"accuracies": [-n / 10 for n in range(9)]}, part | {"design": "pairs", "accuracies": [0.0] * 9}]
        (folder / region / "subregions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    monkeypatch.setattr(sys, "argv", ["capacity", str(folder / "1.0"), str(folder / "2.0")])
    capacity.main()
    head, _, *lines = capsys.readouterr().out.splitlines()
    assert head.endswith("| gain of 0.5 | 1.0 | 2.0 |")
    cells = {line.split(" | ")[0].strip("| "): line.split(" | ") for line in lines}
    assert list(cells) == ["apart", "joint", "both kinds", "apart + joint", "apart + both kinds"]
    assert [cells["apart"][1], cells["joint"][1], cells["both kinds"][1]] == ["-1.00", "+1.00", "+1.00"]
    assert cells["apart"][-1] == "-1.00 |"  # half of what is right does not turn round what is wrong
