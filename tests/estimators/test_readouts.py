"""Read-outs of path losses and epochs: on planted truth, and on how well they rank what they did not see."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import rankdata, spearmanr

from fade.estimators import READOUTS, Need, TrainingRecord
from fade.estimators.readouts.consensus import consensus
from fade.estimators.readouts.effects import learning_rates
from fade.estimators.readouts.pairs import PAIRS_SHARE, with_share_of_pairs
from fade.estimators.supernet import SupernetConfig
from fade.estimators.trained import TRANSFORMS
from fade.ranking.main_effects import design
from fade.ranking.pair_effects import fit_effects
from fade.ranking.reading import Reading
from fade.space import Region
from fade.truth.table import distinct_networks, macro_table
from tests.training.samples import SPACE, make_region

OF_PATHS = {name for name, readout in READOUTS.items() if readout.needs == {Need.PATH_LOSSES}}
REGION = make_region(space=replace(SPACE, depth=6))
EVERY = np.array(list(np.ndindex(*[3] * 6)))


def along(stage, pair=None):
    """Sums of stage and pair effects along all paths."""
    first, second = np.triu_indices(6, 1)
    total = stage[np.arange(6), EVERY].sum(1)
    return total if pair is None else total + pair[first, second, EVERY[:, first], EVERY[:, second]].sum(1)


def planted(rng, noise=0.2, size=300, interaction=0.5):
    """Values of all 729 paths, stage and pair effects; and noisy values of sampled paths."""
    stage, pair = rng.normal(size=(6, 3)), interaction * rng.normal(size=(6, 6, 3, 3))
    true = along(stage, pair)
    true /= true.std()
    paths = design(3, 6, size, seed=0)
    return true, paths, true[paths @ 3 ** np.arange(6)[::-1]] + noise * rng.normal(size=len(paths))


def record(result, *, region=REGION, earlier=None, **values):
    """The record of a training with this result."""
    config = SupernetConfig(**values)
    return TrainingRecord(region, {"readouts": {}} | result, config, config.provided(), earlier)


def of_paths(path_losses, **values):
    """What is read of path losses alone."""
    return record({"path_losses": path_losses}, **values).readings()


def rho(reading, true):
    return spearmanr(reading.ranks().scores(EVERY), true).statistic


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_lower_losses_rank_higher_and_all_is_json(transform):
    true, paths, noisy = planted(np.random.default_rng(1), interaction=0.0)
    accuracies = (noisy - noisy.min()) / np.ptp(noisy)  # the best path makes no errors, which have no log
    path_losses = {"paths": paths.tolist(), "losses": (10 - noisy).tolist(), "accuracies": accuracies.tolist()}
    readings = of_paths(path_losses, readout_transform=transform)
    assert set(readings) == OF_PATHS
    for name, reading in readings.items():
        again = Reading(**json.loads(json.dumps(vars(reading))))
        assert rho(again, true) > 0.97
        assert again.fit["spearman"] > 0.9
        plain = transform == "log" and name == "accuracy_effects"
        assert again.fit["transform"] == ("identity" if plain else transform) or transform == "auto"
        assert "pair_scores" not in again.as_dict()
    assert readings["main_effects"].pair_scores is None


def test_effects_on_accuracies_know_nothing_of_losses():
    true, paths, noisy = planted(np.random.default_rng(2), interaction=0.0)
    path_losses = {"paths": paths, "losses": noisy, "accuracies": 0.5 + 0.01 * noisy}
    readings = of_paths(path_losses)
    assert rho(readings["accuracy_effects"], true) > 0.97
    assert rho(readings["main_effects"], true) < -0.97
    assert "accuracy_effects" not in of_paths({"paths": paths, "losses": noisy})


def test_pairs_rank_what_main_effects_cannot():
    rows = []
    for seed in range(5):
        true, paths, noisy = planted(np.random.default_rng(seed))
        readings = of_paths({"paths": paths, "losses": -noisy})
        assert readings["pairs"].fit["r2"] > readings["main_effects"].fit["r2"]
        rows.append([rho(readings[name], true) for name in ("main_effects", "pairs")])
    additive, paired = np.mean(rows, axis=0)
    assert paired > 0.97 > 0.9 > additive


def test_a_few_bad_paths_do_not_spoil_the_ranks_where_the_transform_is_chosen():
    rows = []
    for seed in range(5):
        true, paths, noisy = planted(np.random.default_rng(seed), interaction=0.2)
        path_losses = {"paths": paths, "losses": np.exp(-2 * noisy)}
        readings = [of_paths(path_losses, readout_transform=name) for name in ("identity", "auto")]
        for name in ("main_effects", "pairs"):
            plain, chosen = (each[name] for each in readings)
            assert chosen.fit["transform"] != "identity"
            assert chosen.fit["spearman"] > plain.fit["spearman"]
            rows.append([rho(plain, true), rho(chosen, true)])
    plain, chosen = np.mean(rows, axis=0)
    assert chosen > plain + 0.05


def test_neighbours_alone_give_no_other_pairs():
    _, paths, noisy = planted(np.random.default_rng(0))
    readings = of_paths({"paths": paths, "losses": -noisy}, readout_pairs="neighbours")
    pair = np.array(readings["pairs"].pair_scores)
    assert pair[np.arange(5), np.arange(5) + 1].any()
    assert not (pair * (1 - np.eye(6, k=1))[:, :, None, None]).any()


def test_pairs_of_the_published_truth_s_ranks_bound_what_pair_scores_can_reach():
    """A check of the fit, on NAS-Bench-Macro's 3 969 distinct networks; nothing is tuned on them."""
    paths = np.array(list(Region.parse([["block:identity", "block:mbconv3_e3", "block:mbconv5_e6"]] * 8).paths()))
    networks = np.unique(distinct_networks(paths))
    mean = macro_table().accuracy.mean(1)[networks]
    fitted = fit_effects(paths[networks], rankdata(mean), 3).predict(paths[networks])
    assert spearmanr(fitted, mean).statistic == pytest.approx(0.994, abs=2e-3)


@pytest.mark.parametrize("constant", [{"lr": 0.01, "lr_end": 0.01}, {"anneal": False}], ids=lambda rate: "-".join(rate))
@pytest.mark.parametrize(("window", "last"), [(1.0, 5), (0.5, 2), (0.6, 3), (0.01, 1)])
def test_records_of_the_last_epochs_are_averaged_and_weigh_alike_at_a_constant_rate(window, last, constant):
    epochs = np.random.default_rng(0).normal(size=(5, 2, 3))
    records = {"training_effects_epochs": epochs.tolist(), "stage_weights_epochs": epochs.tolist()}
    read = {"name": "fair", "readout_window": window, **constant}
    found = record(records, region=make_region(), **read).readings()
    np.testing.assert_allclose(found["training_effects"].stage_scores, -epochs[-last:].mean(0))
    np.testing.assert_allclose(found["weights_mean"].stage_scores, epochs[-last:].mean(0))
    assert record({}, region=make_region(), **read).readings() == {}


def test_effects_of_an_epoch_weigh_as_its_learning_rate():
    values, steps = {"lr": 0.1, "lr_end": 0.001, "epochs": 4}, 100
    recipe = SupernetConfig(**values).of_region
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=recipe.lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4 * steps, eta_min=recipe.lr_end)
    rates = []
    for _ in range(4 * steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    np.testing.assert_allclose(learning_rates(recipe, 4), np.reshape(rates, (4, steps)).mean(1), rtol=0.02)
    epochs = np.random.default_rng(0).normal(size=(4, 2, 3))
    whole = record({"training_effects_epochs": epochs.tolist()}, region=make_region(), name="fair", **values)
    found, weights = whole.reading("training_effects"), learning_rates(recipe, 4)
    np.testing.assert_allclose(found.stage_scores, -(weights[:, None, None] * epochs).sum(0) / weights.sum())


def test_a_share_of_how_stages_interact_joins_the_effects_of_training():
    """What path losses say of a candidate by itself does not count, but for the unit."""
    rng = np.random.default_rng(0)
    stage, other, pair = rng.normal(size=(6, 3)), 7 * rng.normal(size=(6, 3)), rng.normal(size=(6, 6, 3, 3))
    pair -= pair.mean(-1, keepdims=True)
    pair -= pair.mean(-2, keepdims=True)
    result = {
        "training_effects_epochs": [(-stage).tolist()],
        "path_losses": {"paths": EVERY.tolist(), "losses": (9 - along(other, pair)).tolist()},
    }
    readings = record(result, name="fair", readout="training_pairs").readings()
    reading = readings["training_pairs"]
    unit = along(stage).std() / along(other).std()
    found, expected = 6 * reading.ranks().scores(EVERY), along(stage, PAIRS_SHARE * unit * pair)
    np.testing.assert_allclose(found - found.mean(), expected - expected.mean(), atol=1e-3)
    assert reading.stage_scores == readings["training_effects"].stage_scores
    mixed = record(result, fair_repeats=1, all_readouts=True).readings()  # of which the paths are of another training
    assert mixed["training_effects"] == readings["training_effects"]
    assert "training_pairs" not in mixed


def test_where_all_losses_are_alike_the_effects_of_training_rank_alone():
    stage = np.random.default_rng(0).normal(size=(6, 3))
    flat = of_paths({"paths": EVERY, "losses": np.ones(len(EVERY))})["pairs"]
    reading = with_share_of_pairs(Reading(stage.tolist()), flat)
    assert reading.stage_scores == stage.tolist()
    assert not np.any(reading.pair_scores)


def agreed(*parts):
    """The stage scores of a consensus of weights and effects."""
    return np.array(consensus(*(Reading(np.asarray(part).tolist()) for part in parts)).stage_scores)


@pytest.mark.parametrize("scales", [(0.01,), (0.01, 5)])
def test_a_consensus_weighs_its_parts_by_their_spread_over_the_paths(scales):
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(3), size=6)
    effects = [scale * rng.normal(size=(6, 3)) + rng.normal(size=(6, 1)) for scale in scales]
    sums = map(along, (agreed(weights, *effects), np.log(weights), *effects))
    together, alpha, *parts = (part - part.mean() for part in sums)
    np.testing.assert_allclose(together, sum(part / part.std() for part in parts) + alpha / alpha.std() / len(parts))


def test_a_part_without_an_opinion_leaves_the_consensus_to_the_other():
    rng = np.random.default_rng(0)
    weights, accuracies = rng.dirichlet(np.ones(3), size=6), rng.random(729)
    for given, right in ((np.full((6, 3), 1 / 3), accuracies), (weights, np.full(729, 0.1))):
        found = of_paths({"paths": EVERY, "losses": -right, "accuracies": right})
        effects = found["accuracy_effects"].stage_scores
        opinion = np.log(weights) if given is weights else np.array(effects)
        scores = agreed(given, effects)
        np.testing.assert_array_equal(np.argsort(scores), np.argsort(opinion))


def test_a_certain_candidate_has_a_finite_consensus():
    scores = agreed(np.tile([0.0, 1.0, 0.0], (6, 1)), np.zeros((6, 3)))
    assert np.isfinite(scores).all()
    assert (scores.argmax(1) == 1).all()


@pytest.mark.parametrize("best", ["main_effects", "training_effects", "consensus"])
def test_what_is_predicted_counts_as_much_as_what_ranks_best_of_the_training(best, monkeypatch):
    rng = np.random.default_rng(0)
    effects, predicted = rng.normal(size=(6, 3)), rng.normal(size=(6, 3))
    result = {"path_losses": {"paths": EVERY, "losses": -along(effects)}}
    if best != "main_effects":
        result["training_effects_epochs"] = [rng.normal(size=(6, 3)).tolist()]
    if best == "consensus":
        result["stage_weights_epochs"] = [rng.dirichlet(np.ones(3), size=6).tolist()]
        result["path_losses"]["accuracies"] = rng.random(729)

    def read():
        return record(result, name="fair", readout="main_effects", earlier=[]).readings()

    nothing = read()  # of no earlier region
    own = along(np.array(nothing[best].stage_scores))
    assert rho(nothing["consensus_with_predictor"], own) == pytest.approx(1)
    monkeypatch.setattr("fade.estimators.predictor.predict", lambda earlier, region: 100 * predicted)
    readings, other = read(), along(predicted)
    expected = (own - own.mean()) / own.std() + (other - other.mean()) / other.std()
    np.testing.assert_allclose(6 * readings["consensus_with_predictor"].ranks().scores(EVERY), expected, atol=1e-9)
    assert rho(readings["predictor"], other) == pytest.approx(1)
