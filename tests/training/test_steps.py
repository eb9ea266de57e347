"""One step of each training mode, and what a region's training is made of."""

import numpy as np
import pytest
import torch
from torch import nn

from fade.estimators.supernet import SupernetConfig
from fade.nets import vocabulary
from fade.nets.config import SpaceConfig
from fade.training.fit import fit
from fade.training.mixing import Noise, draw_noise
from fade.training.region import RegionTrainer
from fade.training.steps import MODES
from fade.training.steps.second_order import second_order_gradient
from tests.training.samples import make_data, make_region, make_trainer, same, state, trained_once, with_labels

BILEVEL = ("first_order", "second_order", "fair")
every_mode = pytest.mark.parametrize("mode", MODES.names())


@pytest.fixture(scope="module")
def data():
    return make_data()


def batches_of(data):
    return (next(iter(data.batches(split, batch_size=20, seed=0))) for split in ("weights", "alpha"))


def exact_gradient(trainer, batch, alpha_batch, noise, xi):
    """DARTS' equation 7 with no approximation: differentiate through the inner step."""
    w = dict(trainer.network.named_parameters())
    with trainer.network.statistics("batch"):
        inner = torch.autograd.grad(trainer.loss(batch, noise, w), list(w.values()), create_graph=True)
        ahead = {name: p - xi * g for (name, p), g in zip(w.items(), inner, strict=True)}
        return torch.autograd.grad(trainer.loss(alpha_batch, noise, ahead), list(trainer.alphas))


class Smooth(nn.Module):
    """Without ReLU, whose kinks no difference sees through."""

    def __init__(self, channels, dims):
        super().__init__()
        self.convolve = nn.Conv1d(channels, channels, 3, padding=1)

    def forward(self, x):
        return torch.tanh(self.convolve(x))


@pytest.mark.parametrize("mixing", ["softmax", "gumbel"])
@pytest.mark.parametrize("dropped", [False, True])
def test_the_second_order_gradient_approaches_the_exact_one(data, monkeypatch, mixing, dropped):
    monkeypatch.setattr(vocabulary, "_REGISTERED", {"smooth": Smooth})
    space = SpaceConfig(depth=2, vertices=3, channels=4, ops=["smooth", "identity"], pool=[])
    # The input convolution has a ReLU: from this seed none of its kinks is within the radii.
    trainer = make_trainer(data, space=space, name="second_order", mixing=mixing, seed=2).double()
    with torch.no_grad():
        for alpha in trainer.alphas:
            alpha.normal_(generator=torch.Generator().manual_seed(1))
    (x, y), (x_alpha, y_alpha) = batches_of(data)
    batch, alpha_batch, xi = (x.double(), y), (x_alpha.double(), y_alpha), 0.1
    noise = draw_noise(list(trainer.alphas), 0.0, torch.Generator().manual_seed(4))
    if dropped:
        noise = Noise(noise.gumbel, [torch.tensor([[True, False, True]]), torch.tensor([[False, True, True]])])

    def flat(gradients):
        return torch.cat([g.flatten() for g in gradients])

    exact = flat(exact_gradient(trainer, batch, alpha_batch, noise, xi))
    first = flat(exact_gradient(trainer, batch, alpha_batch, noise, 0.0))
    coarse, fine = (
        (flat(second_order_gradient(trainer, batch, alpha_batch, noise, xi=xi, radius=radius)) - exact).norm()
        for radius in (1e-4, 1e-5)
    )
    correction = (exact - first).norm()
    assert correction > 0.01 * exact.norm()  # else the test would show nothing
    assert coarse < 1e-3 * correction
    assert fine < 0.1 * coarse


class Watched(RegionTrainer):
    """Compares all numbers before and after each half of a step."""

    alpha_steps = 0

    def training_step(self, batch, batch_idx):
        self.weights, self.alpha = state(self.network), state(self.alphas)
        super().training_step(batch, batch_idx)

    def step_alpha(self, gradients):
        super().step_alpha(gradients)
        assert same(self.weights, state(self.network))  # and the kept statistics
        assert not same(self.alpha, state(self.alphas))
        self.alpha = state(self.alphas)
        self.alpha_steps += 1

    def step_weights(self):
        super().step_weights()
        assert same(self.alpha, state(self.alphas))
        assert not same(self.weights, state(self.network))


@pytest.mark.parametrize("mode", BILEVEL)
def test_alphas_step_leaves_the_weights_and_the_weights_step_alpha(data, mode):
    trainer = make_trainer(data, kind=Watched, name=mode, epochs=4, alpha_warmup=0.5)
    fit(trainer)
    assert trainer.alpha_steps == 2 * 6 == trainer.alpha_epochs * len(trainer.train_dataloader())


@every_mode
def test_alpha_rests_during_its_warmup(data, mode):
    trainer = make_trainer(data, name=mode, epochs=4, alpha_warmup=0.5)
    fit(trainer)
    epochs = np.array(trainer.stage_weights_epochs)
    assert (epochs[:2] == epochs[0, 0, 0]).all()
    assert (epochs[2] != epochs[0]).all()
    assert (epochs[3] != epochs[2]).any()


@every_mode
def test_no_training_sees_validation_or_test(data, mode):
    trained = []
    for labels in (data, with_labels(data, "validation", "test")):
        trainer = make_trainer(labels, name=mode, epochs=1)
        fit(trainer)
        trained.append(state(trainer))
    assert same(*trained)


@every_mode
def test_each_split_trains_its_own(data, mode):
    """Before α moves, the alpha split moves nothing but `joint`'s weights; then α, too."""
    trained = []
    for labels in (data, with_labels(data, "alpha")):
        trainer = make_trainer(labels, name=mode, epochs=2, alpha_warmup=0.5)
        weights = []
        fit(trainer, report=lambda done, epochs, keep=weights, of=trainer: keep.append(state(of)))
        trained.append(weights)
    warm, end = ([of_labels[epoch] for of_labels in trained] for epoch in (0, 1))
    assert same(*warm) is (mode != "joint")
    assert not same(*({k: v for k, v in numbers.items() if k.startswith("alphas")} for numbers in end))


def test_fair_without_alpha_trains_on_both_splits(data):
    values = {"name": "fair", "alpha_lr": 0.0, "readout": "main_effects"}
    trainer = make_trainer(data, **values)
    assert len(trainer.alphas) == 0
    assert len(trainer.train_dataloader()) == (data.sizes["weights"] + data.sizes["alpha"]) // 20
    fit(trainer)
    other = make_trainer(with_labels(data, "alpha"), **values)
    fit(other)
    assert not same(state(trainer), state(other))


@every_mode
@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_recomputed_activations_train_to_the_same_numbers(data, mode, precision):
    """Second order, too, which computes by other weights than the network's own."""
    trainers = [
        make_trainer(data, name=mode, epochs=1, precision=precision, checkpoint_activations=again)
        for again in (False, True)
    ]
    for trainer in trainers:
        fit(trainer)
    assert same(*map(state, trainers))


@pytest.mark.parametrize(
    ("mode", "values"),
    [
        ("joint", {"optimizer": "sgd", "lr": 0.05, "mixing": "gumbel_hard"}),
        ("first_order", {"mixing": "gumbel", "temperature": 2.0, "temperature_end": 0.2, "candidate_dropout": 0.4}),
        ("second_order", {"precision": "bf16-mixed", "share_weights": True}),
        ("fair", {"optimizer": "sgd", "lr": 0.05, "precision": "bf16-mixed"}),
        ("fair", {"alpha_lr": 0.0, "readout": "alone", "share_weights": True}),
    ],
    ids=[
        "joint, sgd, hard",
        "first order, gumbel, dropout",
        "second order, bf16, shared",
        "fair, sgd, bf16",
        "fair, shared",
    ],
)
def test_every_recipe_learns(data, mode, values):
    result = trained_once(
        make_region(), SupernetConfig(name=mode, epochs=6, batch_size=20, all_readouts=True, **values), data
    )
    losses = np.array(result["path_losses"]["losses"])
    assert losses.mean() < 0.85 * np.log(3)  # chance is log 3
    assert result["validation_accuracy"] > 0.6


@every_mode
def test_a_region_may_have_batches_and_a_schedule_of_its_own(data, mode):
    config = SupernetConfig(name=mode, epochs=1, batch_size=40, region_batch_size=20, anneal=False, all_readouts=True)
    alike = SupernetConfig(name=mode, epochs=1, batch_size=20, lr_end=config.lr, all_readouts=True)
    first, second = (trained_once(make_region(), each, data) for each in (config, alike))
    assert first["readouts"] == second["readouts"]
    assert first["path_losses"] == second["path_losses"]
