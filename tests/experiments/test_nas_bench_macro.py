"""The figures of one stored training, as its README has them."""

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.nas_bench_macro.analysis import Table, averaged, exchanged_table, row
from experiments.nas_bench_macro.networks import READOUT, scores_of, tables
from experiments.nas_bench_macro.share import rows
from experiments.rank_correlation.study import read_truth
from experiments.readings import readings
from fade.nets.vocabulary import BLOCKS
from fade.truth.table import digits_of, macro_table, table_rows

FILE = Path(__file__).parents[2] / "experiments/nas_bench_macro/resolution24/trainings.jsonl"
TRAINING = json.loads(FILE.read_text())


@pytest.fixture(scope="module")
def table() -> Table:
    return Table(TRAINING["cells"])


def test_a_stored_training_ranks_the_published_networks_as_reported(table: Table) -> None:
    score = readings(TRAINING, 3)
    for name, spearman, kendall in (("last half alike", 0.973, 0.858), ("all epochs alike", 0.974, 0.859)):
        line = row(name, [(table, score[f"training_effects, {name}"](table.paths))])
        assert line.startswith(f"| {name} | {spearman} |  | {kendall} |")
    assert "| the last two | 0.977 |" in exchanged_table([(table, TRAINING)])


def test_a_share_of_how_stages_interact_ranks_small_networks_as_reported() -> None:
    folder = FILE.parents[1] / "shares" / "textures"
    shares = "0.696 | 0.701 | 0.705 | 0.709 | 0.710 | 0.709 | 0.707 | 0.705"
    assert next(rows(folder, None)) == f"| textures (3) | identity | {shares} |"
    assert next(rows(folder, 1.0)).split(" | ")[2] == "0.680"


def test_trainings_are_averaged_by_network_whatever_order_their_blocks_have(table: Table) -> None:
    turned = Table([stage[::-1] for stage in TRAINING["cells"]])
    effects = -np.mean(TRAINING["training_effects_epochs"], axis=0)

    def scores(region: Table, values: np.ndarray) -> np.ndarray:
        return values[np.arange(8), region.paths].sum(1)

    one, other = (table, scores(table, effects)), (turned, scores(turned, effects[:, ::-1]))
    assert row("", [averaged([one, other])]) == row("", [one])


def test_networks_trained_alone_that_are_the_published_ones_rank_as_these(table: Table) -> None:
    backwards = [stage[::-1] for stage in TRAINING["cells"]]  # a region's blocks have an order of its own
    paths = np.random.default_rng(0).integers(3, size=(40, 8))
    published = macro_table().accuracy[table_rows(digits_of(Table(backwards).region, paths))]
    known = {"sampled": True, "parameters": 1, "flops": 1}
    rows = [
        {"path": path, "accuracy": seeds, **known}
        for path, seeds in zip(paths.tolist(), published.tolist(), strict=True)
    ]
    lines = list(tables(read_truth({"region": "0.0", "cells": backwards, "paths": rows}), [TRAINING]))
    assert "| networks trained alone | 1.000 [1.000, 1.000] | 1.000 |" in lines
    for line in lines[-8:]:
        each = line.strip("| ").split(" | ")[1:]
        assert [each[block * 3] for block in range(3)] == [each[block * 3 + 1] for block in range(3)]


def test_a_string_of_blocks_has_the_score_of_its_path(table: Table) -> None:
    digits = digits_of(table.region, table.paths)
    assert sorted(BLOCKS) == list(BLOCKS)
    assert np.array_equal(scores_of(TRAINING, digits), readings(TRAINING, 3)[READOUT](table.paths))
