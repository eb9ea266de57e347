"""What decides the numbers of a training is in its request to the store, and nothing else is."""

from dataclasses import fields, replace

import pytest

from fade.training.recipe import NetworkRecipe, RegionRecipe, design_size

NETWORK = NetworkRecipe(optimizer="sgd")
"""Of which every field decides something."""
REGION = RegionRecipe(mode="first_order", mixing="gumbel", optimizer="sgd", temperature=2.0)
MOVED = {
    "epochs": 3,
    "steps": 7,
    "batch_size": 9,
    "optimizer": "adam",
    "lr": 0.02,
    "lr_end": 0.001,
    "momentum": 0.5,
    "weight_decay": 0.1,
    "precision": "bf16-mixed",
    "mode": "fair",
    "alpha_lr": 0.1,
    "alpha_warmup": 0.5,
    "mixing": "gumbel_hard",
    "temperature": 3.0,
    "temperature_end": 0.5,
    "candidate_dropout": 0.3,
    "share_weights": True,
    "checkpoint_activations": True,
    "measures": ("alone",),
    "measures_paths": False,
    "paths": 40,
}


@pytest.mark.parametrize(
    ("recipe", "name"),
    [(recipe, item.name) for recipe in (NETWORK, REGION) for item in fields(recipe)],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_what_moves_the_numbers_is_in_the_request(recipe, name):
    recipe = replace(recipe, paths=12) if name == "measures_paths" else recipe
    assert replace(recipe, **{name: MOVED[name]}).request() != recipe.request()


@pytest.mark.parametrize(
    ("recipe", "values"),
    [
        (NetworkRecipe(), {"momentum": 0.5}),  # Adam has none
        (NetworkRecipe(steps=7), {"epochs": 3}),
        (RegionRecipe(), {"temperature": 2.0}),  # softmax has none
        (RegionRecipe(measures_paths=False), {"paths": 40}),
        *(
            (RegionRecipe(mode="fair", alpha_lr=0.0), {name: MOVED[name]})  # which mixes nothing
            for name in ("alpha_warmup", "mixing", "temperature", "candidate_dropout")
        ),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_decides_nothing_is_in_no_request(recipe, values):
    """So that what is stored is found again."""
    assert replace(recipe, **values).request() == recipe.request()


@pytest.mark.parametrize(
    ("wanted", "per_effect", "candidates", "depth", "size"),
    [(None, 4, 5, 3, 60), (None, 8, 5, 3, 120), (None, 4, 3, 2, 9), (7, 4, 5, 3, 10), (None, 8, 3, 8, 192)],
)
def test_paths_are_measured_in_whole_groups_and_at_most_all(wanted, per_effect, candidates, depth, size):
    assert design_size(wanted, candidates, depth, per_effect=per_effect) == size
