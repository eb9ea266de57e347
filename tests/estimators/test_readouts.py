"""Read-outs of path losses: on planted truth, and on how well they rank what they did not see."""

import json

import numpy as np
import pytest
import torch
from scipy.stats import rankdata, spearmanr

from fade.space import Region
from fade.training.config import PATH_READOUTS, READOUT_TRANSFORMS, TrainerConfig
from fade.ranking.main_effects import design
from fade.ranking.pair_effects import fit_effects
from fade.training.reading import (
    PAIRS_SHARE,
    Reading,
    consensus,
    learning_rates,
    read_epochs,
    read_path_losses,
    read_region,
    told,
    training_pairs,
)
from fade.truth.table import distinct_networks, macro_table

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


def rho(reading, true):
    return spearmanr(reading.ranks().scores(EVERY), true).statistic


@pytest.mark.parametrize("transform", READOUT_TRANSFORMS)
def test_lower_losses_rank_higher_and_all_is_json(transform):
    true, paths, noisy = planted(np.random.default_rng(1), interaction=0.0)
    config = TrainerConfig(readout_transform=transform)
    accuracies = (noisy - noisy.min()) / np.ptp(noisy)  # the best path makes no errors, which have no log
    path_losses = {"paths": paths.tolist(), "losses": (10 - noisy).tolist(), "accuracies": accuracies.tolist()}
    readings = read_path_losses(path_losses, 3, config)
    assert set(readings) == set(PATH_READOUTS)
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
    readings = read_path_losses(path_losses, 3, TrainerConfig())
    assert rho(readings["accuracy_effects"], true) > 0.97
    assert rho(readings["main_effects"], true) < -0.97
    assert "accuracy_effects" not in read_path_losses({"paths": paths, "losses": noisy}, 3, TrainerConfig())


def test_pairs_rank_what_main_effects_cannot():
    rows = []
    for seed in range(5):
        true, paths, noisy = planted(np.random.default_rng(seed))
        readings = read_path_losses({"paths": paths, "losses": -noisy}, 3, TrainerConfig())
        assert readings["pairs"].fit["r2"] > readings["main_effects"].fit["r2"]
        rows.append([rho(readings[name], true) for name in ("main_effects", "pairs")])
    additive, paired = np.mean(rows, axis=0)
    assert paired > 0.97 > 0.9 > additive


def test_a_few_bad_paths_do_not_spoil_the_ranks_where_the_transform_is_chosen():
    rows = []
    for seed in range(5):
        true, paths, noisy = planted(np.random.default_rng(seed), interaction=0.2)
        path_losses = {"paths": paths, "losses": np.exp(-2 * noisy)}
        readings = [
            read_path_losses(path_losses, 3, TrainerConfig(readout_transform=name)) for name in ("identity", "auto")
        ]
        for name in ("main_effects", "pairs"):
            plain, chosen = (each[name] for each in readings)
            assert chosen.fit["transform"] != "identity"
            assert chosen.fit["spearman"] > plain.fit["spearman"]
            rows.append([rho(plain, true), rho(chosen, true)])
    plain, chosen = np.mean(rows, axis=0)
    assert chosen > plain + 0.05


def test_neighbours_alone_give_no_other_pairs():
    _, paths, noisy = planted(np.random.default_rng(0))
    config = TrainerConfig(readout_pairs="neighbours")
    pair = np.array(read_path_losses({"paths": paths, "losses": -noisy}, 3, config)["pairs"].pair_scores)
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
    found = read_epochs(records, TrainerConfig(readout_window=window, **constant))
    np.testing.assert_allclose(found["training_effects"].stage_scores, -epochs[-last:].mean(0))
    np.testing.assert_allclose(found["weights_mean"].stage_scores, epochs[-last:].mean(0))
    assert not read_epochs({}, TrainerConfig())


def test_effects_of_an_epoch_weigh_as_its_learning_rate():
    config, steps = TrainerConfig(lr=0.1, lr_end=0.001, epochs=4), 100
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=config.lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=4 * steps, eta_min=config.lr_end)
    rates = []
    for _ in range(4 * steps):
        rates.append(schedule.get_last_lr()[0])
        optimizer.step()
        schedule.step()
    np.testing.assert_allclose(learning_rates(config, 4), np.reshape(rates, (4, steps)).mean(1), rtol=0.02)
    epochs = np.random.default_rng(0).normal(size=(4, 2, 3))
    found = read_epochs({"training_effects_epochs": epochs.tolist()}, config)["training_effects"]
    weights = learning_rates(config, 4)
    np.testing.assert_allclose(found.stage_scores, -(weights[:, None, None] * epochs).sum(0) / weights.sum())


def test_a_share_of_how_stages_interact_joins_the_effects_of_training():
    """What path losses say of a candidate by itself does not count, but for the unit."""
    rng = np.random.default_rng(0)
    stage, other, pair = rng.normal(size=(6, 3)), 7 * rng.normal(size=(6, 3)), rng.normal(size=(6, 6, 3, 3))
    pair -= pair.mean(-1, keepdims=True)
    pair -= pair.mean(-2, keepdims=True)
    result = {
        "readouts": {},
        "training_effects_epochs": [(-stage).tolist()],
        "path_losses": {"paths": EVERY.tolist(), "losses": (9 - along(other, pair)).tolist()},
    }
    readings = read_region(result, 6, 3, TrainerConfig(name="fair", readout="training_pairs"))
    reading = readings["training_pairs"]
    unit = along(stage).std() / along(other).std()
    found, expected = 6 * reading.ranks().scores(EVERY), along(stage, PAIRS_SHARE * unit * pair)
    np.testing.assert_allclose(found - found.mean(), expected - expected.mean(), atol=1e-3)
    assert reading.stage_scores == readings["training_effects"].stage_scores
    assert "training_pairs" not in read_region(result, 6, 3, TrainerConfig())  # the paths of another training


def test_where_losses_tell_no_candidates_apart_the_effects_of_training_rank_alone():
    stage = np.random.default_rng(0).normal(size=(6, 3))
    flat = read_path_losses({"paths": EVERY, "losses": np.ones(len(EVERY))}, 3, TrainerConfig())["pairs"]
    reading = training_pairs({"training_effects": Reading(stage.tolist()), "pairs": flat})
    assert reading.stage_scores == stage.tolist()
    assert not np.any(reading.pair_scores)


def heard(weights, **effects):
    """The stage scores of a consensus."""
    parts = {"weights_mean": weights} | effects
    return np.array(consensus({name: Reading(np.asarray(part).tolist()) for name, part in parts.items()}).stage_scores)


@pytest.mark.parametrize("names", [("accuracy_effects",), ("accuracy_effects", "training_effects")])
def test_a_consensus_weighs_its_parts_by_their_spread_over_the_paths(names):
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(3), size=6)
    effects = {
        name: scale * rng.normal(size=(6, 3)) + rng.normal(size=(6, 1))
        for name, scale in zip(names, (0.01, 5), strict=False)
    }
    sums = map(along, (heard(weights, **effects), np.log(weights), *effects.values()))
    together, alpha, *parts = (part - part.mean() for part in sums)
    np.testing.assert_allclose(together, sum(part / part.std() for part in parts) + alpha / alpha.std() / len(parts))


def test_a_part_without_an_opinion_leaves_the_consensus_to_the_other():
    rng = np.random.default_rng(0)
    weights, accuracies = rng.dirichlet(np.ones(3), size=6), rng.random(729)
    for given, right in ((np.full((6, 3), 1 / 3), accuracies), (weights, np.full(729, 0.1))):
        found = read_path_losses({"paths": EVERY, "losses": -right, "accuracies": right}, 3, TrainerConfig())
        effects = found["accuracy_effects"].stage_scores
        opinion = np.log(weights) if given is weights else np.array(effects)
        scores = heard(given, accuracy_effects=effects)
        np.testing.assert_array_equal(np.argsort(scores), np.argsort(opinion))


def test_a_certain_candidate_has_a_finite_consensus():
    scores = heard(np.tile([0.0, 1.0, 0.0], (6, 1)), accuracy_effects=np.zeros((6, 3)))
    assert np.isfinite(scores).all()
    assert (scores.argmax(1) == 1).all()


@pytest.mark.parametrize("others", [(), ("training_effects",), ("training_effects", "consensus")])
def test_what_is_told_counts_as_much_as_what_ranks_best_of_the_training(others):
    rng = np.random.default_rng(0)
    scores, elsewhere = {name: rng.normal(size=(6, 3)) for name in ("main_effects", *others)}, rng.normal(size=(6, 3))
    readings = told({name: Reading(each.tolist()) for name, each in scores.items()}, 100 * elsewhere)
    own, other = (along(each) for each in (list(scores.values())[-1], elsewhere))
    expected = (own - own.mean()) / own.std() + (other - other.mean()) / other.std()
    np.testing.assert_allclose(6 * readings["informed"].ranks().scores(EVERY), expected)
    assert rho(readings["elsewhere"], other) == pytest.approx(1)
    nothing = told({"main_effects": Reading(scores["main_effects"].tolist())}, np.zeros((6, 3)))
    assert rho(nothing["informed"], along(scores["main_effects"])) == pytest.approx(1)
