"""Raw rows: what is read back from them, old names included, and how well scores agree with networks."""

import numpy as np
import pytest

from experiments.agreement import Mean, averaged, baseline, ceiling, combined, cost, estimated, runs
from experiments.names import current, recipe_name, training_key
from experiments.rows import Region, load, of, save, training
from experiments.stand_alone import possible, ranked_by_networks
from fade.renamed import VALUES

PATHS = np.array([[a, b] for a in range(4) for b in range(4)])
WORTH = np.array([[0.0, 4.0, 8.0, 12.0], [0.0, 1.0, 2.0, 3.0]])
"""Stage scores ``[D, K]`` by which each path's accuracy rises with its number."""


def region(name: str = "1.0", noise: float = 0.0) -> Region:
    """16 networks with three seeds, whose accuracies are additive but for the noise of seeds."""
    rng = np.random.default_rng(0)
    accuracy = 0.1 + 0.05 * np.arange(16)[:, None] + noise * rng.standard_normal((16, 3))
    counts = {"parameters": np.arange(16.0), "flops": np.ones(16), "depth": -np.arange(16.0)}
    cells = [["a", "b", "c", "d"]] * 2
    return Region(name, "held out", 3, cells, PATHS, accuracy, np.array([]), counts)


def row(name: str = "1.0", sign: int = 1, **more: object) -> dict:
    """A training that ranks the paths as they are (1) or the other way round (-1)."""
    trainer = {"name": "fair", "epochs": 3, "repeats": 3, "batch_size": 25, "anneal": False}
    return {
        "region": name,
        "role": "held out",
        "initialisation": "shared",
        "recipe": recipe_name(trainer),
        "seed": 0,
        "threads": 1,
        "network_epochs": 3,
        "train_flops": 12,
        "all_paths_flops": 300,
        "seconds": 1.0,
        "trainer": trainer,
        "readouts": {"main_effects": {"stage_scores": (sign * WORTH).tolist()}},
    } | more


def test_rows_are_read_as_they_were_saved_but_for_the_ninth_digit(tmp_path):
    rows = [{"region": "1.0", "accuracy": [[0.123456789012]], "cells": [["a"]], "seed": 0}]
    save(tmp_path / "deep" / "rows.jsonl", rows)
    assert load(tmp_path / "deep" / "rows.jsonl") == [rows[0] | {"accuracy": [[0.12345679]]}]
    assert load(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize("old", VALUES)
def test_old_names_are_read_as_todays(old):
    read = training(row(readouts={old: {"stage_scores": WORTH.tolist()}})).readouts
    assert set(read) == {current(old)} == {VALUES[old]}
    assert recipe_name({"name": old}) == recipe_name({"name": current(old)})


def test_a_training_is_one_whatever_it_is_read_by():
    first, second = row(), row()
    second["trainer"] = second["trainer"] | {"readout": "pairs", "elsewhere": ["a folder of this machine"]}
    assert training_key(first) == training_key(second) != training_key(first | {"seed": 1})


def test_scores_that_are_right_reach_the_ceiling_and_the_opposite_is_minus_one():
    right, wrong = training(row()), training(row(sign=-1))
    assert estimated([region()], [right], "main_effects").value == pytest.approx(1)
    assert estimated([region()], [wrong], "main_effects").value == pytest.approx(-1)
    assert estimated([region()], [right, wrong], "main_effects").value == pytest.approx(0)
    assert 0.9 < ceiling([region(noise=0.05)]).value < 1


def test_a_region_without_a_training_is_named():
    with pytest.raises(ValueError, match=r"2\.0"):
        estimated([region(), region("2.0")], [training(row())], "main_effects")


def test_runs_are_averaged_before_or_after_others_are_added():
    scored = runs([region()], [training(row()), training(row(sign=-1))], "main_effects")
    helper = [region().mean]
    assert combined([region()], scored, helper).value == pytest.approx(0.5, abs=0.5)
    assert combined([region()], averaged(scored), helper).value == pytest.approx(1)


def test_a_count_takes_its_sign_from_the_other_regions():
    assert baseline([region(), region("2.0")], "depth").value == pytest.approx(1)
    assert baseline([region()], "flops").value == 0


def test_a_mean_of_two_has_no_interval():
    assert Mean.of([0.4, 0.6]).text() == "0.50"
    assert Mean.of([0.4, 0.5, 0.6]).text() == "0.50 [0.25, 0.75]"
    assert Mean.of([0.0, -0.001, 0.0]).text() == "0.00 [0.00, 0.00]"


def test_a_cost_is_a_share_of_training_all_paths():
    rows = [training(row()), training(row(recipe="another"))]
    assert cost(of(rows, rows[0].recipe), 3) == pytest.approx(0.04)
    assert cost(of(rows, rows[0].recipe), 9) == pytest.approx(0.04 / 3)


def test_networks_by_themselves_rank_what_is_additive():
    assert ranked_by_networks([region()], 6).value > 0.7
    assert not possible([region()], 7)
    assert not possible([region()], 6, seeds=4)
