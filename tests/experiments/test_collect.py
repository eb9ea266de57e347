"""Runs become rows: a round trip, what may be added later, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from experiments.collect import check_alike, collect, runs
from experiments.predict import predictions
from experiments.rows import load, regions, trainings
from fade.space import CellSpace, HierarchicalSpace

PATHS = [[a, b] for a in range(3) for b in range(3)]
ACCURACIES = [[0.5 + n / 100] for n in range(9)]
SCORES = [[0.0, 3.0, 6.0], [0.0, 1.0, 2.0]]
FAIR = {"name": "fair", "epochs": 3, "repeats": 3, "batch_size": 25, "anneal": False, "alpha_lr": 0.0}


def cells(seed: int = 1) -> list[list[str]]:
    space = HierarchicalSpace(cell_space=CellSpace(vertices=4), depth=2)
    return space.sample_region(np.random.default_rng(seed), 3).texts


def ran(folder: Path, *, accuracies: Any = ACCURACIES, trainer: Any = FAIR, region: Any = None, **config: Any) -> None:
    """A finished run of one region; without accuracies it has trained no networks."""
    seed = config.get("seed", 1)
    record = {"index": 0, "cells": cells(seed), "train_flops": 4e9, "all_paths_flops": 1e11, "seconds": 20.0}
    record["readouts"] = {"training_effects": {"stage_scores": SCORES}, "consensus": {"stage_scores": SCORES}}
    if accuracies is not None:
        found = zip(PATHS, accuracies, strict=True)
        record["truth"] = [{"path": p, "sampled": True, "accuracy": a, "parameters": 1, "flops": 1} for p, a in found]
    whole = {"seed": seed, "seeds": {"training": 0, "search": None}, "threads": 1, "trainer": trainer}
    whole |= {"truth": {"name": "retrain", "epochs": 3}} | config
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(whole))
    (folder / "metrics.json").write_text(json.dumps({"regions": [record | (region or {})]}))


def collected(folder: Path, target: Path, role: str = "held out") -> str:
    return collect(runs(folder), target, role)


def test_a_run_is_read_back_as_it_was(tmp_path):
    ran(tmp_path / "runs" / "1")
    collected(tmp_path / "runs", tmp_path / "rows")
    (region,), (training,) = regions(tmp_path / "rows"), trainings(tmp_path / "rows")
    assert (region.name, region.role, region.network_epochs) == ("1.0", "held out", 3)
    assert region.accuracy.ravel() == pytest.approx(np.ravel(ACCURACIES))
    assert {"parameters", "flops", "depth", "sinks", "edges"} <= region.baselines.keys()
    assert (training.recipe, training.initialisation) == ("fair, 3 x 1 epochs, batches of 25, constant rate", "shared")
    assert training.scores("training_effects", PATHS).argmax() == 8


def test_trainings_and_seeds_are_added_and_the_newest_of_one_training_counts(tmp_path):
    ran(tmp_path / "a" / "1")
    ran(tmp_path / "b" / "1", accuracies=[[*one, 0.7] for one in ACCURACIES], region={"seconds": 99.0})
    ran(tmp_path / "b" / "2", accuracies=None, seeds={"training": 1, "search": None})
    ran(tmp_path / "b" / "3", accuracies=None, seed=7)
    for folder in ("a", "b", "a"):
        collected(tmp_path / folder, tmp_path / "rows")
    (region,), found = regions(tmp_path / "rows"), trainings(tmp_path / "rows")
    assert region.accuracy.shape == (9, 2)
    assert [(each.region, each.seed) for each in found] == [("1.0", 0), ("1.0", 1)]


def test_old_runs_are_stored_by_todays_names(tmp_path):
    readouts = {"informed": {"stage_scores": SCORES}}
    ran(tmp_path / "runs" / "1", trainer=FAIR | {"name": "apart", "elsewhere": ["x"]}, region={"readouts": readouts})
    collected(tmp_path / "runs", tmp_path / "rows")
    (row,) = load(tmp_path / "rows" / "trainings.jsonl")
    assert row["trainer"]["name"] == "independent_paths"
    assert "elsewhere" not in row["trainer"]
    assert set(row["readouts"]) == {"consensus_with_predictor"}


@pytest.mark.parametrize(
    ("second", "refused"),
    [
        ({"accuracies": [[0.1]] * 9}, "two accuracies of path"),
        ({"truth": {"name": "retrain", "epochs": 9}}, "different network_epochs"),
        ({"region": {"cells": cells(5)}}, "different cells"),
        ({"accuracies": [*ACCURACIES[:8], [0.5, 0.6]]}, "of \\[1, 2\\] seeds"),
    ],
)
def test_what_contradicts_is_refused(tmp_path, second, refused):
    ran(tmp_path / "runs" / "1")
    ran(tmp_path / "runs" / "2", **second)
    with pytest.raises(SystemExit, match=refused):
        collected(tmp_path / "runs", tmp_path / "rows")
    assert not (tmp_path / "rows").exists()


def test_runs_of_several_data_sets_are_refused():
    configs = [{"dataset": {"name": "npz", "root": "here"}}, {"dataset": {"name": "npz", "root": "there"}}]
    check_alike(configs)
    with pytest.raises(SystemExit, match=r"dataset\.name=npz and digits"):
        check_alike([*configs, {"dataset": {"name": "digits"}}])


def test_a_region_is_scored_by_others_alone(tmp_path):
    for seed in (1, 2, 3):
        ran(tmp_path / "runs" / str(seed), seed=seed)
    collected(tmp_path / "runs", tmp_path / "rows")
    found = predictions(tmp_path / "rows", "fair, 3 x 1 epochs, batches of 25, constant rate")
    assert set(found) == {"1.0", "2.0", "3.0"}
    assert set(found["1.0"]) == {"accuracies", "scores of trainings"}
    assert np.shape(found["1.0"]["accuracies"]) == (2, 3)
