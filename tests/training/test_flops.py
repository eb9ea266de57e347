"""FLOPs: of a region's training as torch counts them, and of networks before they are trained."""

from dataclasses import replace

import pytest
from torch.utils.flop_counter import FlopCounterMode

from fade.estimators.supernet import SupernetConfig
from fade.training.flops import all_paths_flops
from fade.training.networks import train_networks
from fade.training.recipe import NetworkRecipe
from fade.training.steps import MODES
from tests.training.samples import SPACE, make_data, make_estimator, make_region, make_trainings

every_mode = pytest.mark.parametrize("mode", MODES.names())


@pytest.mark.parametrize(
    ("mode", "values"),
    [
        *((mode, {}) for mode in MODES.names()),
        ("joint", {"all_readouts": False}),
        *((mode, {"checkpoint_activations": True}) for mode in ("second_order", "fair")),
    ],
)
def test_the_flops_of_a_region_are_those_torch_counts(mode, values, tmp_path):
    """Of all passes, forward and backward. On images, since torch overcounts the gradients of grouped convolutions."""
    data = make_data((1, 8, 8), train=50)
    config = SupernetConfig(name=mode, epochs=2, batch_size=10, alpha_warmup=0.5, **values)
    estimator = make_estimator(config, make_trainings(data, tmp_path))
    with FlopCounterMode(display=False) as counter:
        flops = estimator.train(make_region())["train_flops"]
    assert 0.7 * flops < counter.get_total_flops() <= flops
    assert estimator.price(make_region()) == flops


def price(data, folder, **values):
    estimator = make_estimator(
        SupernetConfig(**{"epochs": 1, "batch_size": 20, "all_readouts": True, **values}), make_trainings(data, folder)
    )
    return estimator.price(make_region())


def test_paths_are_priced_in_groups_of_all_candidates_as_they_are_read(tmp_path):
    one, three, four = (price(make_data(), tmp_path, readout_paths=paths) for paths in (1, 3, 4))
    assert one == three < four


@every_mode
def test_a_region_is_priced_by_batches_of_its_own(mode, tmp_path):
    data = make_data()
    own = price(data, tmp_path, name=mode, batch_size=40, region_batch_size=20)
    assert own == price(data, tmp_path, name=mode) != price(data, tmp_path, name=mode, region_batch_size=25)


def test_the_price_of_all_paths_is_the_sum_of_their_trainings():
    data, region, recipe = make_data(), make_region(candidates=2), NetworkRecipe(epochs=1, batch_size=20)
    layout = SPACE.layout(data.shape, data.classes)
    architectures = [region.architecture(path) for path in region.paths()]
    trained = train_networks(architectures, recipe, layout, data, seed=0).result["train_flops"]
    assert all_paths_flops(region, recipe, layout, data) == pytest.approx(sum(trained))
    longer = replace(recipe, epochs=3)
    assert all_paths_flops(region, longer, layout, data) == pytest.approx(3 * sum(trained))
