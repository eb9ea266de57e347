"""The published table, and facts about it that others can check."""

import numpy as np
import pytest

from fade.ranking import PathRanks, correlation, noise_ceiling
from fade.ranking.main_effects import main_effects
from fade.space import Region
from fade.truth.comparison import compare
from fade.truth.config import TruthConfig
from fade.truth.table import distinct_networks, look_up, macro_table

REGION = Region.parse([["block:identity", "block:mbconv3_e3", "block:mbconv5_e6"]] * 8)
DIGITS = np.array(list(REGION.paths()))


def test_the_table_is_the_published_one():
    table = macro_table()
    row = int("02012100", 3)
    assert table.accuracy[row].tolist() == pytest.approx([0.8947, 0.8895, 0.8917])
    assert (table.parameters[row], table.flops[row]) == (890666, 2 * 47327744)


def test_commuting_identities_leave_3969_networks():
    networks = distinct_networks(DIGITS)
    assert len(set(networks.tolist())) == 3969
    accuracy = macro_table().accuracy
    assert all((accuracy[networks == n] == accuracy[n]).all() for n in set(networks[:500].tolist()))


def test_free_baselines_and_the_ceiling_are_the_known_ones():
    truth = look_up(REGION, [2] * 8, TruthConfig(name="table", paths="all"), seed=0)
    found = compare(REGION, PathRanks(np.tile([0.0, 1.0, 1.1], (8, 1))), truth, seed=0)
    assert found["n"] == 3969
    assert found["all_paths"]["n"] == 6561
    assert found["baselines"]["blocks"]["spearman"] == pytest.approx(0.821, abs=2e-3)
    assert found["baselines"]["flops"]["spearman"] == pytest.approx(0.738, abs=2e-3)
    assert found["ceiling"]["spearman"] == pytest.approx(0.996, abs=2e-3)
    assert found["spearman"]["value"] > 0.8


def test_scores_that_prefer_identity_rank_backwards():
    truth = look_up(REGION, [0] * 8, TruthConfig(name="table", paths=500), seed=0)
    found = compare(REGION, PathRanks(np.tile([1.0, 0.0, -0.1], (8, 1))), truth, seed=0)
    assert found["spearman"]["value"] < -0.7


def test_an_additive_model_of_the_truth_bounds_additive_scores():
    networks = np.unique(distinct_networks(DIGITS))
    mean = macro_table().accuracy.mean(1)
    ranks = PathRanks(main_effects(DIGITS[networks], np.argsort(np.argsort(mean[networks])), 3))
    found = correlation(ranks.scores(DIGITS[networks]), mean[networks], seed=0, resamples=0)
    assert found.spearman.value == pytest.approx(0.983, abs=3e-3)


def test_candidates_may_stand_in_any_order():
    turned = Region.parse([["block:mbconv5_e6", "block:identity", "block:mbconv3_e3"]] * 8)
    config = TruthConfig(name="table", paths=50)
    truth = look_up(turned, [0] * 8, config, seed=0)
    for path in truth.paths:
        row = int("".join("201"[k] for k in path.path), 3)
        assert path.accuracy == macro_table().accuracy[row].tolist()


def test_the_ceiling_of_three_runs_is_near_one():
    assert noise_ceiling(macro_table().accuracy, seed=0).spearman == pytest.approx(0.9965, abs=1e-3)
