from dataclasses import replace

import numpy as np
import pytest
import torch

from fade.training.config import (
    EPOCH_READOUTS,
    JOINED_READOUTS,
    PATH_READOUTS,
    PROBABILITIES,
    TOLD_READOUTS,
    TrainerConfig,
)
from fade.training.config import READOUTS as NAMES
from fade.ranking.main_effects import step_effects
from fade.training.evaluate import evaluate, evaluate_mixed, evaluate_paths, even_batches
from fade.training.fit import fit
from fade.training.reading import read_region
from fade.training.readouts import READOUTS, TrainedRegion
from tests.training.samples import make_data, make_region, make_trainer, same, state, with_labels

every_readout = pytest.mark.parametrize("name", READOUTS)


@pytest.fixture(scope="module")
def trainer():
    trainer = make_trainer(make_data(), name="fair", epochs=2)
    fit(trainer)
    return trainer


def trained_region(trainer, seed=0, data=None, **changes):
    values = {
        "network": trainer.network,
        "data": data or trainer.data,
        "config": trainer.config,
        "seed": seed,
        "stage_weights": trainer.stage_weights().double().numpy(),
        "learnt": len(trainer.alphas) > 0,
    }
    return TrainedRegion(**values | changes)


def test_the_configuration_knows_them_all():
    assert sorted((*READOUTS, *EPOCH_READOUTS, *PATH_READOUTS, *JOINED_READOUTS, *TOLD_READOUTS)) == sorted(NAMES)


@every_readout
def test_scores_are_finite_and_repeatable_and_leave_the_network(trainer, name):
    before, training = state(trainer), [module.training for module in trainer.modules()]
    scores = READOUTS[name](trained_region(trainer))
    assert scores.shape == (2, 3)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert (scores == READOUTS[name](trained_region(trainer))).all()
    assert same(before, state(trainer))
    assert training == [module.training for module in trainer.modules()]
    assert {stage.cells.statistics for stage in trainer.network.stages} == {"update"}
    assert all(parameter.grad is None or torch.isfinite(parameter.grad).all() for parameter in trainer.parameters())
    if name in PROBABILITIES:
        np.testing.assert_allclose(scores.sum(1), 1, rtol=1e-6)


@every_readout
def test_only_the_validation_split_is_read(trainer, name):
    scores = READOUTS[name](trained_region(trainer))
    others = with_labels(trainer.data, "weights", "alpha", "test")
    assert (scores == READOUTS[name](trained_region(trainer, data=others))).all()


def test_without_alpha_only_losses_rank():
    trainer = make_trainer(make_data(), name="fair", alpha_lr=0.0, readout="alone", epochs=1)
    fit(trainer)
    given = {name: readout(trained_region(trainer)) for name, readout in READOUTS.items()}
    assert {name for name, scores in given.items() if scores is None} == {"weights"}


def test_effects_of_the_training_are_those_of_the_paths_it_drew(monkeypatch):
    steps = []
    trainer = make_trainer(make_data(), name="fair", epochs=2)
    record = trainer.record_paths
    monkeypatch.setattr(trainer, "record_paths", lambda *step: (steps.append(step), record(*step)))
    fit(trainer)
    paths, losses = np.stack([step[0] for step in steps]), np.stack([step[1].numpy() for step in steps])
    half = len(steps) // 2
    expected = [step_effects(paths[epoch], losses[epoch]) for epoch in (slice(half), slice(half, None))]
    np.testing.assert_allclose(trainer.training_effects_epochs, expected, atol=1e-6)


def test_alone_is_minus_the_loss_of_the_network_with_that_candidate(trainer):
    region = trained_region(trainer)
    scores, data = READOUTS["alone"](region), trainer.data
    x, y = next(iter(data.batches("validation", batch_size=data.sizes["validation"], seed=0)))
    batch = 20
    with torch.no_grad(), trainer.network.statistics("batch"):
        one_hot = torch.tensor([[0.0, 0.0, 1.0]])
        logits = torch.cat([trainer.network(part, [region.choices()[0], one_hot])[0] for part in x.split(batch)])
    assert -scores[1, 2] == pytest.approx(float(torch.nn.functional.cross_entropy(logits, y)), abs=1e-5)


def test_leave_one_out_is_the_loss_of_the_others_in_their_proportions(trainer):
    weights = np.array([[0.2, 0.5, 0.3], [0.1, 0.3, 0.6]])
    region = trained_region(trainer, stage_weights=weights)
    scores = READOUTS["leave_one_out"](region)
    for (stage, left_out), others in (((0, 1), [0.4, 0.0, 0.6]), ((1, 2), [0.25, 0.75, 0.0])):
        rows = [torch.tensor([others if d == stage else row.tolist()]) for d, row in enumerate(weights)]
        expected = evaluate_mixed(trainer.network, rows, trainer.data, 20)[0]
        assert scores[stage, left_out] == pytest.approx(expected, abs=1e-5)


def test_leave_one_out_holds_where_the_others_have_no_weight(trainer):
    """A softmax may underflow: what is left out then leaves the others alike."""
    region = trained_region(trainer, stage_weights=np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3]]))
    scores = READOUTS["leave_one_out"](region)
    rows = [torch.tensor([[0.0, 0.5, 0.5]]), torch.tensor([[0.2, 0.5, 0.3]])]
    assert scores[0, 0] == pytest.approx(evaluate_mixed(trainer.network, rows, trainer.data, 20)[0], abs=1e-5)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(("asked", "read"), [(1, 3), (4, 6), (6, 6), (9, 9), (100, 9), (None, 9)])
def test_as_many_paths_are_read_as_asked_for_in_whole_groups(trainer, asked, read):
    """Of 3 candidates in 2 stages: groups of 3, and 9 paths in all, which are fewer than by default."""
    paths, *values = trained_region(trainer, config=replace(trainer.config, readout_paths=asked)).sampled_paths
    assert len(np.unique(paths, axis=0)) == len(paths) == read
    assert [each.shape for each in values] == [(read,)] * 2


def test_path_losses_are_those_of_the_stand_alone_networks(trainer):
    paths = np.array([[2, 1], [0, 0], [2, 0], [1, 2]])
    losses, accuracies = evaluate_paths(trainer.network, paths, trainer.data, 20)
    for path, loss, accuracy in zip(paths.tolist(), losses, accuracies, strict=True):
        alone = trainer.network.path_network(path)
        expected = evaluate_mixed(alone, [None, None], trainer.data, 20)
        assert (loss, accuracy) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("batch_size", [2, 3, 7, 20, 39, 41, 1000])
@pytest.mark.parametrize("train", [205, 115])
def test_batches_of_an_evaluation_are_even_and_whole(train, batch_size):
    data = make_data(train=train)
    sizes, labels = [], []
    for x, y in even_batches(data, "validation", batch_size):
        assert len(x) == len(y)
        sizes.append(len(y))
        labels += y.tolist()
    assert max(sizes) - min(sizes) <= 1
    assert min(sizes) >= min(2, batch_size)
    whole = next(iter(data.batches("validation", batch_size=1000, seed=0)))
    assert labels == whole[1].tolist()
    assert sum(sizes) == data.sizes["validation"]


def test_loss_and_accuracy_of_an_evaluation():
    data = make_data()
    x, y = next(iter(data.batches("test", batch_size=1000, seed=0)))
    weight = torch.randn(16, 3, generator=torch.Generator().manual_seed(0))
    losses, accuracies = evaluate(
        lambda x: torch.stack([x.flatten(1) @ weight, x.flatten(1) @ -weight]), data, "test", 7
    )
    logits = x.flatten(1) @ weight
    for sign, loss, accuracy in zip((1, -1), losses, accuracies, strict=True):
        assert loss == pytest.approx(float(torch.nn.functional.cross_entropy(sign * logits, y)), rel=1e-5)
        assert accuracy == pytest.approx(float(((sign * logits).argmax(-1) == y).double().mean()))


def test_one_candidate_is_a_region_too():
    trainer = make_trainer(make_data(), region=make_region(candidates=1), name="second_order", epochs=1)
    fit(trainer)
    region = trained_region(trainer)
    result = {
        "readouts": {"alone": READOUTS["alone"](region).tolist()},
        "path_losses": dict(zip(("paths", "losses", "accuracies"), region.sampled_paths, strict=True)),
    }
    readings = read_region(result, 2, 1, trainer.config)
    assert set(readings) == {"alone", trainer.config.readout, *PATH_READOUTS}
    for name, reading in readings.items():
        if name == "alone":
            assert len(set(np.ravel(reading.stage_scores).tolist())) == 1
        else:
            assert reading.stage_scores == [[float(name == "weights")]] * 2
    assert readings["weights"].ranks("log_sum").score([0, 0]) == 0
    assert read_region({**result, "readouts": {}}, 2, 1, TrainerConfig(readout="consensus"))["consensus"].ranks().top(1)
    assert TrainerConfig(name="second_order").name != trainer.mode == "joint"
