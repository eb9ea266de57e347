"""What other regions tell of a region."""

import sys
from itertools import product

import numpy as np
import pytest
from scipy import stats

from experiments.collect import keep, kept
from experiments.rank_correlation import elsewhere
from fade.space import CellSpace, HierarchicalSpace
from tests.experiments.rows import JOINT, training, write

APART = {"name": "apart", "epochs": 3, "region_steps": 40, "alpha_lr": 0.0}


def regions(folder, numbers, trainer, sign=1, losses=False):
    """Regions of 27 paths, better by the sinks of their first stage and worse by the edges of their last."""
    space = HierarchicalSpace(cell_space=CellSpace(vertices=5), depth=3)
    truths, trainings = [], []
    for number in numbers:
        rng = np.random.default_rng([number, 0])
        region = space.sample_region(rng, 3)
        sinks, edges = (
            np.array([[len(getattr(cell, name)) for cell in s] for s in region.cells]) for name in ("sinks", "edges")
        )
        scores = np.zeros((3, 3))
        scores[0], scores[2] = 0.02 * sign * sinks[0], -0.01 * sign * edges[2]
        paths = []
        for path in product(range(3), repeat=3):
            accuracy = 0.5 + sum(scores[d, k] for d, k in enumerate(path))
            paths.append({"path": list(path), "sampled": True, "accuracy": [accuracy] * 2, "parameters": 1, "flops": 1})
            paths[-1] |= {"validation_loss": [1 - accuracy] * 2} if losses else {}
        truths.append({"region": f"{number}.0", "cells": region.texts, "epochs": 3, "paths": paths})
        row = training(f"{number}.0", trainer) | {"cells": region.texts}
        told = {"paths": [p["path"] for p in paths], "accuracies": [p["accuracy"][0] for p in paths]}
        row["path_losses"] = told | {"losses": [1 - value for value in told["accuracies"]]}
        row["stage_weights_epochs"] = [(np.exp(scores) / np.exp(scores).sum(1, keepdims=True)).tolist()]
        trainings.append(row | {"training_effects_epochs": [(-scores).tolist()]})
    return write(folder, truths, trainings)


@pytest.fixture
def folder(tmp_path):
    return regions(tmp_path, range(12), JOINT | {"fair_repeats": 3})


def agreement(known, *sources):
    """Spearman's of each region with what the others tell."""
    told = [known.elsewhere(held)[" and ".join(sources)] for held in known.regions]
    return [
        stats.spearmanr(scores, held.truth.mean).statistic for scores, held in zip(told, known.regions, strict=True)
    ]


@pytest.mark.parametrize("source", ["accuracies", "default"])
def test_what_holds_in_other_regions_is_known_of_one(folder, source):
    known = elsewhere.Known.read([folder])
    found = agreement(known, source)
    assert np.mean(found) > 0.9
    assert min(found) > 0.6
    known.regions[3].scores["default"][0] *= -1  # of its own, which it does not look at
    assert agreement(known, source)[3] == found[3]


def test_further_regions_teach_and_are_ranked_by_themselves(tmp_path):
    few = regions(tmp_path / "few", range(3), JOINT | {"fair_repeats": 3})
    more = regions(tmp_path / "more", range(3, 15), APART)
    wrong = regions(tmp_path / "wrong", range(3, 15), APART, sign=-1)
    told, misled = elsewhere.Known.read([few], [more]), elsewhere.Known.read([few], [wrong])
    assert len(told.regions) == len(misled.regions) == 3
    for sources in [("accuracies",), ("apart",), ("accuracies", "apart")]:
        assert np.mean(agreement(told, *sources)) > 0.9
        assert np.mean(agreement(misled, *sources)) < -0.5
    assert {kind: len(of) for kind, of in told.draws(told.regions[0], np.random.default_rng(0)).items()} == {
        "scores by default": 2,
        "scores by apart": 12,
        "30 networks of each, one seed": 14,
        "all networks of each, all seeds": 2,
    }
    lines = [line.strip("|").split("|") for line in list(elsewhere.told_table(told))[2:]]
    assert [int(count) for _, count, _ in lines] == [12] * 5
    assert all(float(rho.split()[0]) > 0.8 for _, _, rho in lines)
    against = {line.split("|")[1].strip(): line.split("|")[3] for line in elsewhere.told_table(misled)}
    assert float(against["default elsewhere"].split()[0]) < -0.5  # of the few, which say the opposite
    assert float(against["apart, trained here"].split()[0]) > 0.8
    again = elsewhere.Known.read([few], [more, more, few])
    assert agreement(again, "accuracies") == agreement(told, "accuracies")  # no region teaches twice, or itself
    assert [len(region.scores["apart"]) for region in again.further] == [1] * 12  # nor a training


def test_validation_losses_teach_where_they_are_kept(tmp_path):
    few = regions(tmp_path / "few", range(3), JOINT | {"fair_repeats": 3})
    more = regions(tmp_path / "more", range(3, 15), APART, losses=True)
    fewer = regions(tmp_path / "fewer", range(3, 15), APART, sign=-1)  # as much of each region, but no losses
    known = elsewhere.Known.read([few], [fewer, more, fewer])
    assert np.mean(agreement(known, "validation losses")) > 0.9
    assert "validation losses" not in elsewhere.Known.read([few]).elsewhere(known.regions[0])


def test_losses_of_other_networks_teach_where_those_of_a_region_have_none(tmp_path):
    few = regions(tmp_path / "few", range(6), JOINT | {"fair_repeats": 3})
    told = regions(tmp_path / "told", range(6), APART, losses=True)
    rows = kept(told / "truth.jsonl")
    for row in rows:
        row["paths"] = [path for path in row["paths"] if sum(path["path"]) % 3]  # in which candidates meet as often
    part = write(tmp_path / "part", rows, kept(told / "trainings.jsonl"))
    alone, known = elsewhere.Known.read([few]), elsewhere.Known.read([few], [part])
    assert not known.further
    assert agreement(known, "accuracies") == agreement(alone, "accuracies")
    assert np.mean(agreement(known, "validation losses")) > 0.8
    others = elsewhere.Known.read([few], [regions(tmp_path / "wrong", range(6), APART, sign=-1, losses=True)])
    assert np.mean(agreement(others, "validation losses")) < -0.8
    assert len(others.others(others.regions[0], elsewhere.LOSSES)) == 5  # none of which is the region itself
    told = elsewhere.Known.read([regions(tmp_path / "fresh", range(6, 9), JOINT | {"fair_repeats": 3})], [few, part])
    assert agreement(told, "accuracies") == agreement(elsewhere.Known.read([tmp_path / "fresh"], [few]), "accuracies")
    assert np.mean(agreement(told, "validation losses")) > 0.8


def test_second_runs_are_runs_and_make_a_mean_of_two(tmp_path, monkeypatch):
    longest = JOINT | {"epochs": 9, "region_epochs": 3, "fair_repeats": 3}
    monkeypatch.setattr(elsewhere, "beside_default", lambda study, _: ((t, runs_of(study, t)) for t in study.truths))

    def runs_of(study, truth):
        (name,) = (name for name in study.scores if name.endswith("/ training_effects"))
        return {elsewhere.LONGEST: [stats.zscore(scores) for scores in study.scores[name][truth.name]]}

    few = regions(tmp_path / "few", range(3), longest)
    rows = [row | {"seed": 1} for row in kept(few / "trainings.jsonl")]
    for row in rows:
        row["training_effects_epochs"][0][1] = [0.01, 0.0, -0.01]  # another run errs in another stage
    keep(tmp_path / "again" / "trainings.jsonl", rows)
    assert list(elsewhere.Known.read([few]).runs[0]) == [elsewhere.LONGEST]
    known = elsewhere.Known.read([few], again=[tmp_path / "again"])
    for of in known.runs:
        first, second = of[elsewhere.LONGEST]
        assert not np.allclose(first, second)
        np.testing.assert_allclose(of[f"{elsewhere.LONGEST}, mean of 2"], [stats.zscore(first + second)])
    keep(tmp_path / "again" / "trainings.jsonl", rows[1:])
    assert list(elsewhere.Known.read([few], again=[tmp_path / "again"]).runs[0]) == [elsewhere.LONGEST]


def test_a_line_for_each_training_and_for_each_number_of_regions(folder, monkeypatch, capsys):
    monkeypatch.setattr(elsewhere, "DRAWS", 1)
    monkeypatch.setattr(elsewhere, "FEW", (1,))
    monkeypatch.setattr(sys, "argv", ["elsewhere", str(folder)])
    elsewhere.main()
    first, second = capsys.readouterr().out.split("\n\n")
    assert [line.split("|")[1].strip() for line in first.splitlines()[2:]] == ["nothing", "default"]
    assert [line.split("|")[1].strip() for line in second.splitlines()[2:]] == ["1", "11"]
