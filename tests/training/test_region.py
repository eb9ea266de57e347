"""What an epoch of a region's training is made of: its batches, its chance, and α's optimizer."""

import numpy as np
import pytest
import torch

from fade.training.fit import fit
from fade.training.recipe import NetworkRecipe
from fade.training.trainer import EpochBatches
from tests.training.samples import make_data, make_trainer


def epoch_of(data, one_split=False):
    """The batches that train the weights, and those of the alpha split unless there are none beside them."""
    steps = EpochBatches(data, NetworkRecipe(batch_size=20), seed=0, epoch=0, one_split=one_split)
    main, alpha = zip(*steps, strict=True)
    return [main] if one_split else [main, alpha]


@pytest.mark.parametrize("one_split", [True, False])
def test_training_sees_augmented_examples(one_split):
    plain, flipped = (epoch_of(make_data((1, 4, 4), augment=augment), one_split) for augment in ("none", "flip"))
    for one, other in zip(plain, flipped, strict=True):
        (x, y), (x_flip, y_flip) = (map(torch.cat, zip(*batches, strict=True)) for batches in (one, other))
        assert torch.equal(y, y_flip)
        as_it_is, mirrored = ((x_flip == each).flatten(1).all(1) for each in (x, x.flip(-1)))
        assert (as_it_is | mirrored).all()
        assert as_it_is.any()
        assert mirrored.any()


def test_the_alpha_split_is_gone_through_in_a_new_order_each_time():
    data = make_data()
    x = torch.cat([x for x, _ in epoch_of(data)[1]])
    laps = [[tuple(row) for row in lap.flatten(1).tolist()] for lap in x.split(data.sizes["alpha"])]
    assert len(laps) == 3
    assert sorted(laps[0]) == sorted(laps[1]) == sorted(laps[2])
    assert laps[0] != laps[1] != laps[2] != laps[0]


def test_each_epoch_has_noise_and_disjoint_paths_of_its_own(monkeypatch):
    trainer = make_trainer(make_data(), name="fair", epochs=2)
    drawn = {"noise": [], "paths": [], "ops": []}
    draw_noise, draw_paths = trainer.draw_noise, trainer.draw_disjoint_paths

    def noise():
        drawn["ops"].append(torch.rand(4))  # as a registered op draws
        found = draw_noise()
        drawn["noise"].append(torch.cat(found.gumbel))
        return found

    def paths():
        found = draw_paths()
        drawn["paths"].append(torch.as_tensor(found))
        return found

    monkeypatch.setattr(trainer, "draw_noise", noise)
    monkeypatch.setattr(trainer, "draw_disjoint_paths", paths)
    fit(trainer)
    for name, steps in drawn.items():
        first, second = torch.stack(steps).chunk(2)
        assert len(first) == len(second) == 6
        assert not torch.equal(first, second), name


def test_alpha_turns_at_once_where_its_gradient_does():
    """By hand: Adam's steps along gradients 1 and −1 are −1 and (1 − β) / (1 + β), with β = 1/2 a third."""
    trainer = make_trainer(make_data(), alpha_lr=0.1)
    (_, optimizer), _ = trainer.configure_optimizers()
    for sign in (1, -1):
        for alpha in trainer.alphas:
            alpha.grad = torch.full_like(alpha, sign)
        optimizer.step()
    for alpha in trainer.alphas:
        np.testing.assert_allclose(alpha.detach(), np.full((1, 3), 0.1 * (-1 + 1 / 3)), rtol=1e-4)
