from dataclasses import replace

import pytest

from fade.estimators.independent_paths import IndependentPathsConfig
from fade.estimators.supernet import SupernetConfig

nan = float("nan")


def each(keys, values, remedy):
    return [({key: value}, rf"trainer\.{key}={value} .*{remedy}") for key in keys for value in values]


APART = {"name": "apart", "alpha_lr": 0, "readout": "accuracy_effects"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "darts"}, r"trainer\.name=darts .*joint, first_order, second_order, fair"),
        ({"optimizer": "rmsprop"}, r"trainer\.optimizer=rmsprop .*adam, sgd"),
        ({"mixing": "hard"}, r"trainer\.mixing=hard .*gumbel_hard"),
        ({"readout": "alpha"}, r"trainer\.readout=alpha .*main_effects"),
        ({"readout_transform": "square"}, r"trainer\.readout_transform=square .*normal_scores, auto"),
        ({"readout_pairs": "none"}, r"trainer\.readout_pairs=none .*neighbours, all"),
        ({"aggregate": "sum"}, r"trainer\.aggregate=sum .*log_sum"),
        ({"precision": "16"}, r"trainer\.precision=16 .*bf16-mixed"),
        ({"epochs": 0}, r"trainer\.epochs=0 .*at least 1"),
        ({"fair_repeats": -1}, r"trainer\.fair_repeats=-1 .*0 or more"),
        ({"fair_repeats": 2, "all_readouts": False}, r"trainer\.fair_repeats=2 .*trainer\.readout=weights .*consensus"),
        ({"fair_repeats": 2, "name": "fair"}, r"trainer\.fair_repeats=2 .*trainer\.name=fair.*trainer\.repeats"),
        ({"fair_repeats": 2, **APART}, r"trainer\.fair_repeats=2 .*trainer\.name=apart.*trainer\.repeats"),
        ({**APART, "readout": "alone"}, r"trainer\.readout=alone .*trainer\.name=apart.*accuracy_effects"),
        ({**APART, "readout": "consensus"}, r"trainer\.readout=consensus .*trainer\.name=apart.*accuracy_effects"),
        ({**APART, "region_steps": 0}, r"trainer\.region_steps=0 .*at least 1"),
        (
            {**APART, "region_steps": 40, "region_epochs": 2},
            r"trainer\.region_epochs=2 .*trainer\.region_steps=40 .*one of them to null",
        ),
        ({"region_steps": 40}, r"trainer\.region_steps=40 .*trainer\.name=joint.*trainer\.region_epochs"),
        ({"batch_size": 0}, r"trainer\.batch_size=0 .*at least 2"),
        ({"batch_size": 1}, r"trainer\.batch_size=1 .*at least 2"),
        ({"region_batch_size": 1}, r"trainer\.region_batch_size=1 .*at least 2"),
        *each(("lr", "temperature", "temperature_end"), (0, -1, nan), "above 0"),
        ({"lr": float("inf")}, r"trainer\.lr=inf .*above 0"),
        *each(("lr_end", "weight_decay", "alpha_lr"), (-0.1, nan), "0 or more"),
        *each(("momentum", "alpha_warmup", "candidate_dropout"), (-0.1, 1, nan), "less than 1"),
        ({"lr": 0.01, "lr_end": 0.1}, r"trainer\.lr_end=0\.1 .*trainer\.lr=0\.01.*lower"),
        ({"readout_paths": 0}, r"trainer\.readout_paths=0 .*at least D·K"),
        ({"aggregate": "log_sum", "readout": "alone"}, r"trainer\.aggregate=log_sum .*trainer\.readout=alone.*mean"),
        ({"alpha_lr": 0}, r"trainer\.alpha_lr=0 .*trainer\.name=joint.*positive"),
        ({"alpha_lr": 0, "name": "fair"}, r"trainer\.readout=weights .*trainer\.alpha_lr=0.*main_effects"),
        ({"alpha_lr": 0, "name": "fair", "readout": "consensus"}, r"trainer\.readout=consensus .*trainer\.alpha_lr=0"),
        ({"readout": "training_effects"}, r"trainer\.readout=training_effects .*trainer\.name=joint.*trainer=fair"),
        ({"readout": "training_pairs", "fair_repeats": 1}, r"trainer\.readout=training_pairs .*trainer=fair"),
        ({"readout": "informed"}, r"trainer\.readout=informed .*trainer\.elsewhere names none.*truth=retrain"),
        ({"elsewhere": "outputs/first"}, r"trainer\.elsewhere=outputs/first .*\[folder, …\]"),
        ({"elsewhere": [""]}, r"trainer\.elsewhere=\[''\] .*\[folder, …\]"),
        ({"epochs": 10, "alpha_warmup": 0.95}, r"trainer\.alpha_warmup=0\.95 .*trainer\.epochs=10.*at most 0\.9"),
        ({"epochs": 1, "alpha_warmup": 0.1}, r"trainer\.alpha_warmup=0\.1 .*trainer\.epochs=1"),
        ({"region_epochs": 2, "alpha_warmup": 0.9}, r"trainer\.alpha_warmup=0\.9 .*\(of trainer\.region_epochs=2\)"),
    ],
)
def test_a_wrong_value_is_named_with_a_remedy(values, message):
    with pytest.raises(ValueError, match=message):
        SupernetConfig(**values)


@pytest.mark.parametrize(("values", "epochs"), [({}, 10), ({"repeats": 3}, 4), ({"repeats": 3, "region_epochs": 2}, 2)])
def test_the_trainings_of_a_region_share_its_epochs_out(values, epochs):
    config = SupernetConfig(epochs=10, **values)
    assert config.of_region.epochs == config.of_region.of_region.epochs == epochs
    late = SupernetConfig(epochs=10, alpha_warmup=(epochs - 1) / epochs, **values)
    assert late.of_region.alpha_warmup == late.alpha_warmup
    assert config.region_recipe() == SupernetConfig(epochs=epochs).region_recipe()
    assert config.weights_recipe() == SupernetConfig(epochs=10).weights_recipe()


def test_fair_trainings_beside_others_are_those_of_the_fair_recipe():
    """So what either has trained is found by the other."""
    shared = {"epochs": 10, "region_batch_size": 50, "anneal": False}
    both = SupernetConfig(repeats=5, fair_repeats=3, alpha_warmup=0.5, readout="consensus", readout_paths=7, **shared)
    fair = {"name": "fair", "alpha_lr": 0.0, "readout": "training_effects", "all_readouts": False}
    own, beside = both.kinds
    assert own is both
    assert beside.repeats == 3
    assert beside.region_recipe() == SupernetConfig(repeats=5, **fair, **shared).region_recipe()
    assert SupernetConfig(repeats=5).kinds == [SupernetConfig(repeats=5)]


def test_what_decides_nothing_is_in_no_key():
    fair = {"name": "fair", "alpha_lr": 0.0, "readout": "main_effects"}
    assert SupernetConfig(**fair, alpha_warmup=0.5).region_recipe() == SupernetConfig(**fair).region_recipe()
    learns = SupernetConfig(name="fair", readout="main_effects")
    assert replace(learns, alpha_warmup=0.5).region_recipe() != learns.region_recipe()


def test_what_is_at_the_edge_is_allowed():
    SupernetConfig(epochs=10, alpha_warmup=0.9)
    SupernetConfig(lr=0.01, lr_end=0.01, weight_decay=0, momentum=0, candidate_dropout=0, batch_size=2)
    SupernetConfig(name="fair", alpha_lr=0, readout="main_effects")
    SupernetConfig(aggregate="log_sum", readout="weights_mean")
    SupernetConfig(**APART, region_steps=1)
    SupernetConfig(fair_repeats=1, readout="training_effects")


def test_a_recipe_holds_what_moves_the_numbers():
    """Keys that cannot change a training leave its recipe alone, so that what is stored is found again."""
    plain = SupernetConfig()
    assert SupernetConfig(readout="alone").region_recipe() == plain.region_recipe()
    assert SupernetConfig(momentum=0.5).region_recipe() == plain.region_recipe()
    assert SupernetConfig(name="fair").weights_recipe() == plain.weights_recipe()
    for values in ({"optimizer": "sgd"}, {"lr": 0.02}, {"epochs": 3}, {"batch_size": 9}, {"precision": "bf16-mixed"}):
        assert SupernetConfig(**values).weights_recipe() != plain.weights_recipe()
    for values in ({"name": "fair"}, {"alpha_lr": 0.1}, {"mixing": "gumbel"}, {"share_weights": True}):
        assert SupernetConfig(**values).region_recipe() != plain.region_recipe()
    assert SupernetConfig(temperature=2.0).region_recipe() == plain.region_recipe()  # softmax has none
    one = {"all_readouts": False, "readout": "weights"}
    assert SupernetConfig(**one, readout_paths=40).region_recipe() == SupernetConfig(**one).region_recipe()
    assert SupernetConfig(readout_paths=40).region_recipe() != plain.region_recipe()
    assert "design" not in plain.region_recipe()  # the default's is as ever
    fair = SupernetConfig(name="fair", alpha_lr=0, readout="alone")  # mixes nothing
    for values in ({"mixing": "gumbel"}, {"temperature": 2.0}, {"candidate_dropout": 0.3}):
        assert SupernetConfig(name="fair", alpha_lr=0, readout="alone", **values).region_recipe() == fair.region_recipe()
        assert SupernetConfig(**{"mixing": "gumbel", **values}).region_recipe() != plain.region_recipe()
    apart = SupernetConfig(region_batch_size=25, anneal=False)
    assert apart.weights_recipe() == plain.weights_recipe()
    assert apart.region_recipe() == SupernetConfig(batch_size=25, lr_end=plain.lr).region_recipe()
    assert plain.weights_recipe(7) == SupernetConfig(epochs=7).weights_recipe()
