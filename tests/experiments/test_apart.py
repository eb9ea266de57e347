"""Repeats of paths that train apart, as a store has them."""

import sys

import pytest

from experiments.collect import kept
from experiments.rank_correlation import apart
from experiments.rank_correlation.study import read_truth
from fade.store import Store
from tests.experiments.rows import CELLS, PATHS, truth, write


@pytest.fixture
def store(tmp_path):
    """Two repeats of all nine paths of the region, in chunks of another order, and a path of another region."""
    store, numbers = Store(tmp_path / "store"), list(range(9))
    for repeat in (0, 1):
        for chunk in (numbers[4:], numbers[:4]):
            cells = [[stage[k] for stage, k in zip(CELLS, PATHS[n], strict=True)] for n in chunk]
            values = {"losses": [float(n) for n in chunk], "accuracies": [(n + repeat) / 10 for n in chunk]}
            put(store, {"kind": "paths", "cells": cells, "repeat": repeat}, values)
    put(store, {"kind": "paths", "cells": [["2/0-1:conv3"] * 2], "repeat": 0}, {"losses": [9.0], "accuracies": [0.9]})
    put(store, {"kind": "networks", "cells": cells, "repeat": 0}, values)
    return store


def put(store, request, values):
    costs = {"train_flops": [100] * len(values["losses"]), "seconds": 2.0 * len(values["losses"])}
    store.put(Store.key(request), request, values | costs, {})


def rows_of(store):
    return list(apart.repeats(store.entries(), read_truth(truth("1.0"))))


def test_a_repeat_that_was_interrupted_is_left_out(store):
    cells = [[stage[k] for stage, k in zip(CELLS, PATHS[0], strict=True)]]
    put(store, {"kind": "paths", "cells": cells, "repeat": 2}, {"losses": [0.0], "accuracies": [0.0]})
    assert [row["seed"] for row in rows_of(store)] == [0, 1]


def test_networks_of_several_recipes_are_not_mixed_up(store):
    cells = [[stage[k] for stage, k in zip(CELLS, PATHS[0], strict=True)]]
    values = {"losses": [0.0], "accuracies": [0.0]}
    put(store, {"kind": "paths", "cells": cells, "repeat": 2, "recipe": {"steps": 80}}, values)
    with pytest.raises(SystemExit, match=r'region 1\.0 by several recipes.*"steps": 80'):
        rows_of(store)


def test_each_repeat_is_a_row_beside_what_is_there(store, tmp_path, monkeypatch):
    folder = write(tmp_path / "study", [truth("1.0")], [])
    there = {"region": "1.0", "design": "pairs", "seed": 0, "part": [[0, 1], [1, 2]]}
    apart.keep(folder / "subregions.jsonl", [there])
    monkeypatch.setattr(sys, "argv", ["apart", str(store.folder), str(folder)])
    for _ in range(2):  # nothing twice
        apart.main()
        first, *rows = kept(folder / "subregions.jsonl")
        assert first == there
        assert [(row["region"], row["design"], row["seed"]) for row in rows] == [("1.0", "apart", n) for n in (0, 1)]
    for row in rows:
        assert row["paths"] == PATHS
        assert row["losses"] == [float(n) for n in range(9)]
        assert row["accuracies"] == [(n + row["seed"]) / 10 for n in range(9)]
        assert (row["train_flops"], row["seconds"]) == (900, 18)
