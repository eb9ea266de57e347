import argparse
import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from experiments.collect import keep, kept, main, study_folder, trainings_folder
from tests.experiments.rows import CELLS, FAIR, JOINT, PATHS, training

ACCURACIES = [[0.5 + n / 100] for n in range(9)]


def ran(folder: Path, trainer: dict[str, Any] = FAIR, *, accuracies: Any = ACCURACIES, **more: Any) -> None:
    """A finished run of one region; without accuracies it has no truth of its own."""
    row, folder = training("", trainer), Path(folder)
    names = ("train_flops", "all_paths_flops", "seconds", "epoch_seconds", "training_effects_epochs", "path_losses")
    region: dict[str, Any] = {"index": 0, "cells": CELLS, "readouts": {}}
    region |= {name: row[name] for name in names if name in row} | more.pop("region", {})
    if accuracies is not None:
        found = zip(PATHS, accuracies, strict=True)
        known = [{"path": p, "sampled": True, "accuracy": a, "parameters": 1, "flops": 1} for p, a in found]
        region["truth"] = known
    config: dict[str, Any] = {"seed": 1, "seeds": {"training": 0, "search": None}, "threads": 1, "trainer": trainer}
    config |= {"truth": {"name": "retrain", "epochs": 3}} | more
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "metrics.json").write_text(json.dumps({"regions": [region]}))


def collected(monkeypatch: pytest.MonkeyPatch, runs: Path, target: Path) -> tuple[list[Any], list[Any]]:
    """The rows of the truths and of the trainings."""
    monkeypatch.setattr(sys, "argv", ["collect", str(runs), str(target)])
    main()
    return kept(target / "truth.jsonl"), kept(target / "trainings.jsonl")


def test_trainings_that_differ_are_kept_and_of_one_the_newest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(tmp_path / "runs" / "1")
    ran(tmp_path / "runs" / "2", JOINT, accuracies=None)
    ran(tmp_path / "runs" / "3", accuracies=None, seeds={"training": 1, "search": None})
    ran(tmp_path / "runs" / "4", FAIR | {"readout": "training_effects"}, accuracies=None, region={"seconds": 99})
    truths, trainings = collected(monkeypatch, tmp_path / "runs", tmp_path / "study")
    assert [row["region"] for row in truths] == ["1.0"]
    found = {(row["trainer"]["name"], row["seed"]): row for row in trainings}
    assert set(found) == {("fair", 0), ("joint", 0), ("fair", 1)}
    assert len(trainings) == 3
    assert found["fair", 0]["seconds"] == 99
    assert found["joint", 0]["network_epochs"] == 3


def test_what_was_collected_elsewhere_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(tmp_path / "here" / "1")
    ran(tmp_path / "there" / "1", seed=2)
    ran(tmp_path / "there" / "2", JOINT, accuracies=[[*one, 0.7] for one in ACCURACIES])
    collected(monkeypatch, tmp_path / "here", tmp_path / "study")
    truths, trainings = collected(monkeypatch, tmp_path / "there", tmp_path / "study")
    assert [(row["region"], len(row["paths"]), len(row["paths"][0]["accuracy"])) for row in truths] == [
        ("1.0", 9, 2),  # a second seed of each path
        ("2.0", 9, 1),
    ]
    assert sorted((row["region"], row["trainer"]["name"]) for row in trainings) == [
        ("1.0", "fair"),
        ("1.0", "joint"),
        ("2.0", "fair"),
    ]


def test_what_younger_runs_say_of_known_networks_is_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(tmp_path / "older" / "1")
    ran(tmp_path / "younger" / "1", FAIR | {"elsewhere": ["a folder of this machine"]})
    metrics = json.loads((tmp_path / "younger" / "1" / "metrics.json").read_text())
    for n, path in enumerate(metrics["regions"][0]["truth"]):
        path |= {"validation_loss": [float(n)], "proxies": {"synflow": n}}
    (tmp_path / "younger" / "1" / "metrics.json").write_text(json.dumps(metrics))
    for runs in ("older", "younger", "older"):
        truths, trainings = collected(monkeypatch, tmp_path / runs, tmp_path / "study")
    assert [path["accuracy"] for path in truths[0]["paths"]] == ACCURACIES
    assert [path["validation_loss"] for path in truths[0]["paths"]] == [[float(n)] for n in range(9)]
    assert [path["proxies"]["synflow"] for path in truths[0]["paths"]] == list(range(9))
    assert "elsewhere" not in trainings[0]["trainer"]


def test_a_training_of_no_region_that_has_a_truth_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(tmp_path / "runs" / "1")
    ran(tmp_path / "runs" / "2", accuracies=None, seed=2)
    _, trainings = collected(monkeypatch, tmp_path / "runs", tmp_path / "study")
    assert [row["region"] for row in trainings] == ["1.0"]


@pytest.mark.parametrize(
    ("second", "refused"),
    [
        ({"accuracies": [[0.1]] * 9}, "two truths of path"),
        ({"truth": {"name": "retrain", "epochs": 9}}, "two lengths"),
        ({"region": {"cells": CELLS[::-1]}}, "two regions are called 1.0"),
        ({"accuracies": None, "region": {"cells": CELLS[::-1]}}, "two regions have one name"),
    ],
)
def test_what_contradicts_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second, refused: str) -> None:
    ran(tmp_path / "runs" / "1")
    ran(tmp_path / "runs" / "2", JOINT, **second)
    with pytest.raises(AssertionError, match=refused):
        collected(monkeypatch, tmp_path / "runs", tmp_path / "study")
    assert not (tmp_path / "study").exists()


def test_runs_of_several_data_sets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran(tmp_path / "runs" / "1", dataset={"name": "npz", "root": "here"})
    ran(tmp_path / "runs" / "2", JOINT, dataset={"name": "npz", "root": "there"})
    collected(monkeypatch, tmp_path / "runs", tmp_path / "study")
    before = kept(tmp_path / "study" / "trainings.jsonl")
    ran(tmp_path / "runs" / "3", dataset={"name": "digits", "root": None}, accuracies=None)
    with pytest.raises(SystemExit, match=r"dataset.name=npz and digits"):
        collected(monkeypatch, tmp_path / "runs", tmp_path / "study")
    assert kept(tmp_path / "study" / "trainings.jsonl") == before


def test_a_folder_without_runs_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="no finished run"):
        collected(monkeypatch, tmp_path / "runs", tmp_path / "study")


def test_a_region_some_of_whose_paths_have_fewer_seeds_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran(tmp_path / "runs" / "1", accuracies=[*ACCURACIES[:8], [0.5, 0.6]])
    with pytest.raises(AssertionError, match=r"paths of \[1, 2\] seeds"):
        collected(monkeypatch, tmp_path / "runs", tmp_path / "study")


def test_a_folder_without_results_is_one_sentence(tmp_path):
    with pytest.raises(argparse.ArgumentTypeError, match=r"has no truth\.jsonl; collect runs there: python -m"):
        study_folder(str(tmp_path))
    keep(tmp_path / "trainings.jsonl", [])
    assert trainings_folder(str(tmp_path)) == tmp_path
