"""Read-outs that are measured on a trained hyper-architecture, and the evaluations that they rest on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fade.estimators import READOUTS, MeasuredReadout
from fade.ranking.main_effects import step_effects
from fade.training.evaluate import evaluate, evaluate_mixed, evaluate_paths, even_batches
from fade.training.fit import fit
from fade.training.region import TrainedRegion
from tests.training.samples import make_data, make_trainer, same, state, with_labels

MEASURED = [name for name, readout in READOUTS.items() if issubclass(readout, MeasuredReadout)]
every_readout = pytest.mark.parametrize("name", MEASURED)


@pytest.fixture(scope="module")
def trainer():
    trainer = make_trainer(make_data(), name="fair", epochs=2)
    fit(trainer)
    return trainer


def trained_region(trainer, seed=0, data=None, **changes):
    values = {
        "network": trainer.network,
        "data": data or trainer.data,
        "recipe": trainer.recipe,
        "seed": seed,
        "stage_weights": trainer.stage_weights().double().numpy(),
        "learnt": len(trainer.alphas) > 0,
    }
    return TrainedRegion(**values | changes)


def measured(name, trained):
    return READOUTS[name]().measure(trained)


@every_readout
def test_scores_are_finite_and_repeatable_and_leave_the_network(trainer, name):
    before, training = state(trainer), [module.training for module in trainer.modules()]
    scores = measured(name, trained_region(trainer))
    assert scores.shape == (2, 3)
    assert scores.dtype == np.float64
    assert np.isfinite(scores).all()
    assert (scores == measured(name, trained_region(trainer))).all()
    assert same(before, state(trainer))
    assert training == [module.training for module in trainer.modules()]
    assert {stage.cells.statistics for stage in trainer.network.stages} == {"update"}
    assert all(parameter.grad is None or torch.isfinite(parameter.grad).all() for parameter in trainer.parameters())
    if READOUTS[name].probabilities:
        np.testing.assert_allclose(scores.sum(1), 1, rtol=1e-6)


@every_readout
def test_only_the_validation_split_is_read(trainer, name):
    scores = measured(name, trained_region(trainer))
    others = with_labels(trainer.data, "weights", "alpha", "test")
    assert (scores == measured(name, trained_region(trainer, data=others))).all()


def test_without_alpha_only_losses_rank():
    trainer = make_trainer(make_data(), name="fair", alpha_lr=0.0, readout="alone", epochs=1)
    fit(trainer)
    given = {name: measured(name, trained_region(trainer)) for name in MEASURED}
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
    scores, data = measured("alone", region), trainer.data
    x, y = next(iter(data.batches("validation", batch_size=data.sizes["validation"], seed=0)))
    batch = 20
    with torch.no_grad(), trainer.network.statistics("batch"):
        one_hot = torch.tensor([[0.0, 0.0, 1.0]])
        logits = torch.cat([trainer.network(part, [region.choices()[0], one_hot])[0] for part in x.split(batch)])
    assert -scores[1, 2] == pytest.approx(float(torch.nn.functional.cross_entropy(logits, y)), abs=1e-5)


def test_leave_one_out_is_the_loss_of_the_others_in_their_proportions(trainer):
    weights = np.array([[0.2, 0.5, 0.3], [0.1, 0.3, 0.6]])
    region = trained_region(trainer, stage_weights=weights)
    scores = measured("leave_one_out", region)
    for (stage, left_out), others in (((0, 1), [0.4, 0.0, 0.6]), ((1, 2), [0.25, 0.75, 0.0])):
        rows = [torch.tensor([others if d == stage else row.tolist()]) for d, row in enumerate(weights)]
        expected = evaluate_mixed(trainer.network, rows, trainer.data, 20)[0]
        assert scores[stage, left_out] == pytest.approx(expected, abs=1e-5)


def test_leave_one_out_holds_where_the_others_have_no_weight(trainer):
    """A softmax may underflow: what is left out then leaves the others alike."""
    region = trained_region(trainer, stage_weights=np.array([[1.0, 0.0, 0.0], [0.2, 0.5, 0.3]]))
    scores = measured("leave_one_out", region)
    rows = [torch.tensor([[0.0, 0.5, 0.5]]), torch.tensor([[0.2, 0.5, 0.3]])]
    assert scores[0, 0] == pytest.approx(evaluate_mixed(trainer.network, rows, trainer.data, 20)[0], abs=1e-5)
    assert np.isfinite(scores).all()


@pytest.mark.parametrize(("asked", "read"), [(1, 3), (4, 6), (6, 6), (9, 9), (100, 9), (None, 9)])
def test_as_many_paths_are_read_as_asked_for_in_whole_groups(trainer, asked, read):
    """Of 3 candidates in 2 stages: groups of 3, and 9 paths in all, which are fewer than by default."""
    paths, *values = trained_region(trainer, recipe=replace(trainer.recipe, paths=asked)).sampled_paths
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
