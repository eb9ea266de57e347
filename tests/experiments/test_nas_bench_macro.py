"""The figures of one stored training, as its README has them."""

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.nas_bench_macro.analysis import Table, averaged, exchanged_table, row
from experiments.readings import readings

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


def test_trainings_are_averaged_by_network_whatever_order_their_blocks_have(table: Table) -> None:
    turned = Table([stage[::-1] for stage in TRAINING["cells"]])
    effects = -np.mean(TRAINING["training_effects_epochs"], axis=0)

    def scores(region: Table, values: np.ndarray) -> np.ndarray:
        return values[np.arange(8), region.paths].sum(1)

    one, other = (table, scores(table, effects)), (turned, scores(turned, effects[:, ::-1]))
    assert row("", [averaged([one, other])]) == row("", [one])
