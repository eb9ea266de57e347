"""Which trainings may be counted together."""

import pytest

from experiments.rank_correlation.repeats import collect, kinds_of
from fade.store import Store
from tests.experiments.rows import CELLS

RECIPE = {"name": "fair", "batch_size": 25, "lr": 0.003}
TRUTHS = [{"region": "1.0", "cells": CELLS}]


def row(repeat, **recipe):
    return {"region": "1.0", "version": 3, "recipe": RECIPE | recipe, "repeat": repeat}


def put(store, repeat, data):
    request = {"kind": "region", "cells": CELLS, "version": 3, "recipe": RECIPE, "seed": 0, "repeat": repeat}
    request |= {"data": data, "layout": {}}
    store.put(Store.key(request), request, {"path_losses": {}}, {})


def test_trainings_of_one_recipe_are_a_kind():
    kinds = kinds_of([row(1), row(0), row(0, batch_size=50)])
    assert [one["repeat"] for one in kinds["fair", 25][True]["1.0"]] == [0, 1]
    assert len(kinds["fair", 50][True]["1.0"]) == 1


def test_unlike_trainings_are_not_counted_together():
    with pytest.raises(SystemExit, match="differ in lr;"):
        kinds_of([row(0), row(1, lr=0.01)])


def test_trainings_on_several_data_sets_are_not_collected_as_one(tmp_path):
    store = Store(tmp_path)
    put(store, 0, "images")
    put(store, 1, "images")
    assert len(collect(TRUTHS, [tmp_path])) == 2
    put(store, 0, "signals")
    with pytest.raises(SystemExit, match=r"region 1\.0 on several data sets"):
        collect(TRUTHS, [tmp_path])
