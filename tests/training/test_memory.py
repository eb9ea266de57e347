"""Memory of a step: what is counted, and what recomputation saves."""

import pytest
import torch
from torch import nn

from fade.estimators.results import mean_of_trainings
from fade.nets.config import SpaceConfig
from fade.training.fit import fit
from fade.training.memory import peak_memory
from fade.training.steps import MODES
from tests.training.samples import make_data, make_region, make_trainer

CPU = torch.device("cpu")
SIZE = 4000
"""Bytes of 1000 floats."""


def test_a_tensor_counts_from_its_op_until_it_is_freed():
    given = torch.zeros(1000)

    def step():
        first = given + 1
        second = (first * 2)[10:]  # a view counts as what it views
        del first
        third = second.view(-1) + 1  # given, second, third
        del second, third
        given.add_(1).relu_()

    assert peak_memory(step, [given, given[5:]], CPU) == 3 * SIZE


def test_what_the_backward_pass_needs_counts_until_then():
    x, weight = torch.ones(1000), nn.Parameter(torch.ones(1000))

    def step():
        h = x
        for _ in range(5):
            h = torch.sin(h * weight)  # of which the product, and the sine for the next one, are kept
        h.sum().backward()

    peak = peak_memory(step, [x, weight], CPU)
    assert 12 * SIZE < peak < 17 * SIZE
    assert weight.grad is not None


def images(**values):
    space = SpaceConfig(depth=4, channels=8, pool=[])
    region = make_region(candidates=4, space=space)
    trainer = make_trainer(make_data((1, 8, 8), train=70), space=space, region=region, epochs=1, **values)
    fit(trainer)
    return trainer.memory


@pytest.mark.parametrize("mode", MODES.names())
def test_recomputation_keeps_the_activations_of_one_stage(mode):
    kept, again = (images(name=mode, checkpoint_activations=again) for again in (False, True))
    assert again < 0.6 * kept


def test_memory_is_that_of_any_step():
    """Whether α is still or not at first."""
    data = make_data(train=70)
    early, late = (make_trainer(data, name="second_order", epochs=4, alpha_warmup=warmup) for warmup in (0.0, 0.5))
    for trainer in (early, late):
        fit(trainer)
    assert early.memory == late.memory


def test_a_training_of_one_step_has_none():
    trainer = make_trainer(make_data(train=50), name="joint", epochs=1, batch_size=40)
    fit(trainer)
    assert trainer.memory is None


def test_what_earlier_versions_stored_has_none():
    stored = {"train_flops": 1, "seconds": 1.0, "epoch_seconds": [1.0], "parameters": 3}
    new = stored | {"memory": 5}
    assert "memory" not in mean_of_trainings([stored, stored])
    assert mean_of_trainings([stored, new])["memory"] == mean_of_trainings([new, stored])["memory"] == 5
