from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from fade.nets import vocabulary
from fade.nets.config import SpaceConfig
from fade.training.config import PROBABILITIES, TOLD_READOUTS, TrainerConfig
from fade.training.config import READOUTS as NAMES
from fade.training.fit import fit
from fade.training.mixing import Noise, draw_noise
from fade.training.modes import STEPS, second_order_gradient
from fade.training.reading import read_region, told
from fade.training.readouts import READOUTS
from fade.training.region import RegionTrainer
from fade.training.train import train_region
from tests.training.samples import SPACE, make_data, make_region, make_trainer, planted_region, same, state, with_labels

BILEVEL = ("first_order", "second_order", "fair")
every_mode = pytest.mark.parametrize("mode", STEPS)


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
    assert correction > 0.01 * exact.norm()  # else the test would tell nothing
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
    config = TrainerConfig(name=mode, epochs=8, batch_size=20, **values)
    result = train_region(make_region(), config, SPACE.layout(data.shape, data.classes), data, seed=0)
    losses = np.array(result["path_losses"]["losses"])
    assert losses.mean() < 0.85 * np.log(3)  # chance is log 3
    assert result["validation_accuracy"] > 0.6


@pytest.mark.parametrize(("mode", "mixing"), [*((mode, "softmax") for mode in STEPS), ("first_order", "gumbel")])
def test_a_planted_path_ranks_first_in_every_readout(monkeypatch, mode, mixing):
    config = TrainerConfig(name=mode, epochs=6, batch_size=20, alpha_lr=0.05, mixing=mixing)
    region, data = planted_region(monkeypatch), make_data(train=300)
    result = train_region(region, config, SPACE.layout(data.shape, data.classes), data, seed=0)
    assert set(result["readouts"]) == set(READOUTS)
    readings = read_region(result, 2, 3, config)
    of_fair = {"training_effects", "training_pairs"}
    assert set(readings) == set(NAMES) - set(TOLD_READOUTS) - (set() if mode == "fair" else of_fair)
    for name, reading in readings.items():
        assert np.argmax(reading.stage_scores, 1).tolist() == [1, 2], name
        if name in PROBABILITIES:
            np.testing.assert_allclose(np.sum(reading.stage_scores, 1), 1, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_one_readout_alone_reads_the_same_for_less(data, name):
    mode = "fair" if name.startswith("training") else "joint"
    whole = TrainerConfig(name=mode, epochs=1, batch_size=20, readout=name, elsewhere=["outputs/first"])
    region, layout = make_region(), SPACE.layout(data.shape, data.classes)
    results = [train_region(region, c, layout, data, seed=0) for c in (whole, replace(whole, all_readouts=False))]
    own = [read_region(result, 2, 3, whole) for result in results]
    first, second = (readings | told(readings, np.eye(2, 3)) for readings in own)
    assert second[name] == first[name]
    assert set(second) < set(first)
    assert results[1]["train_flops"] < results[0]["train_flops"]
    assert whole.region_recipe() != replace(whole, all_readouts=False).region_recipe()


@every_mode
def test_a_region_may_have_batches_and_a_schedule_of_its_own(data, mode):
    config = TrainerConfig(name=mode, epochs=2, batch_size=40, region_batch_size=20, anneal=False)
    alike = TrainerConfig(name=mode, epochs=2, batch_size=20, lr_end=config.lr)
    layout = SPACE.layout(data.shape, data.classes)
    first, second = (train_region(make_region(), each, layout, data, seed=0) for each in (config, alike))
    assert first["readouts"] == second["readouts"]
    assert first["train_flops"] == second["train_flops"]


@every_mode
@pytest.mark.parametrize("every", [True, False])
def test_the_flops_of_a_region_are_those_torch_counts(mode, every):
    """Of all passes, forward and backward. On images, since torch overcounts the gradients of grouped convolutions."""
    data = make_data((1, 8, 8), train=50)
    config = TrainerConfig(name=mode, epochs=2, batch_size=10, alpha_warmup=0.5, all_readouts=every)
    region, layout = make_region(), SPACE.layout(data.shape, data.classes)
    with FlopCounterMode(display=False) as counter:
        result = train_region(region, config, layout, data, seed=0)
    assert 0.7 * result["train_flops"] < counter.get_total_flops() <= result["train_flops"]


def test_paths_are_priced_in_groups_of_all_candidates_as_they_are_read(data):
    region, layout = make_region(), SPACE.layout(data.shape, data.classes)
    configs = [TrainerConfig(epochs=1, batch_size=20, readout_paths=paths) for paths in (1, 3, 4)]
    one, three, four = (train_region(region, config, layout, data, seed=0) for config in configs)
    assert one["train_flops"] == three["train_flops"] < four["train_flops"]


def test_a_region_of_one_candidate_trains_as_a_network(data):
    """Whatever the mode, there is no α to learn, and w trains on weights and alpha."""
    layout, region = SPACE.layout(data.shape, data.classes), make_region(candidates=1)
    results = [
        train_region(region, TrainerConfig(name=mode, epochs=1, batch_size=20), layout, data, seed=0) for mode in STEPS
    ]
    for result in results:
        assert "stage_weights" not in result
        assert result["path_losses"] == results[0]["path_losses"]
        assert result["train_flops"] == results[0]["train_flops"]
