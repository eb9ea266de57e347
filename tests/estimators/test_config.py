from dataclasses import replace

import pytest

from fade.estimators.independent_paths import IndependentPathsConfig
from fade.estimators.supernet import SupernetConfig
from fade.estimators.synthetic import SyntheticConfig

nan = float("nan")


def each(keys, values, remedy):
    return [({key: value}, rf"trainer\.{key}={value} .*{remedy}") for key in keys for value in values]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": "darts"}, r"trainer\.name=darts is unknown; choose from .*first_order"),
        ({"optimizer": "rmsprop"}, r"trainer\.optimizer=rmsprop is unknown; choose from adam, sgd"),
        ({"mixing": "hard"}, r"trainer\.mixing=hard is unknown; choose from .*gumbel_hard"),
        ({"readout": "alpha"}, r"trainer\.readout=alpha is unknown; choose from .*main_effects"),
        ({"readout_transform": "square"}, r"trainer\.readout_transform=square .*normal_scores, auto"),
        ({"readout_pairs": "none"}, r"trainer\.readout_pairs=none .*neighbours, all"),
        ({"aggregate": "sum"}, r"trainer\.aggregate=sum .*log_sum"),
        ({"precision": "16"}, r"trainer\.precision=16 .*bf16-mixed"),
        *each(("epochs", "repeats", "region_epochs", "readout_paths"), (0,), "out of range; give 1 or more"),
        ({"fair_repeats": -1}, r"trainer\.fair_repeats=-1 .*0 or more"),
        ({"fair_repeats": 2, "all_readouts": False}, r"trainer\.fair_repeats=2 .*trainer\.readout=weights .*consensus"),
        ({"fair_repeats": 2, "name": "fair"}, r"trainer\.fair_repeats=2 .*trainer\.name=fair.*trainer\.repeats"),
        *each(("batch_size",), (0, 1), "2 or more"),
        ({"region_batch_size": 1}, r"trainer\.region_batch_size=1 .*2 or more"),
        *each(("lr", "temperature", "temperature_end"), (0, -1, nan), "more than 0"),
        ({"lr": float("inf")}, r"trainer\.lr=inf .*more than 0"),
        *each(("lr_end", "weight_decay", "alpha_lr"), (-0.1, nan), "0 or more"),
        *each(("momentum", "alpha_warmup", "candidate_dropout"), (-0.1, 1, nan), "less than 1"),
        *each(("readout_window",), (0, 1.1, nan), "more than 0 and at most 1"),
        ({"lr": 0.01, "lr_end": 0.1}, r"trainer\.lr_end=0\.1 .*trainer\.lr=0\.01.*lower"),
        ({"aggregate": "log_sum", "readout": "alone"}, r"trainer\.aggregate=log_sum .*trainer\.readout=alone.*mean"),
        ({"alpha_lr": 0}, r"trainer\.readout=weights needs α, .*trainer\.name=joint.*main_effects"),
        ({"alpha_lr": 0, "readout": "alone"}, r"trainer\.alpha_lr=0 .*trainer\.name=joint.*positive"),
        ({"alpha_lr": 0, "name": "fair"}, r"trainer\.readout=weights needs α, .*main_effects"),
        ({"alpha_lr": 0, "name": "fair", "readout": "consensus"}, r"trainer\.readout=consensus needs α"),
        ({"readout": "training_effects"}, r"trainer\.readout=training_effects needs .*fair.*trainer\.name=joint"),
        ({"readout": "training_pairs", "fair_repeats": 1}, r"trainer\.readout=training_pairs needs .* of one kind"),
        (
            {"readout": "consensus_with_predictor"},
            r"consensus_with_predictor needs earlier runs \(trainer\.earlier_runs",
        ),
        ({"earlier_runs": "outputs/first"}, r"trainer\.earlier_runs=outputs/first .*\[folder, …\]"),
        ({"earlier_runs": [""]}, r"trainer\.earlier_runs=\[''\] .*\[folder, …\]"),
        (
            {"readout_options": {"depth": 3}},
            r"trainer\.readout_options=.*depth.* does not fit trainer\.readout=weights",
        ),
        ({"epochs": 10, "alpha_warmup": 0.95}, r"trainer\.alpha_warmup=0\.95 .*trainer\.epochs=10.*at most 0\.9"),
        ({"epochs": 1, "alpha_warmup": 0.1}, r"trainer\.alpha_warmup=0\.1 .*trainer\.epochs=1"),
        ({"region_epochs": 2, "alpha_warmup": 0.9}, r"trainer\.alpha_warmup=0\.9 .*\(of trainer\.region_epochs=2\)"),
    ],
)
def test_a_wrong_value_is_named_with_a_remedy(values, message):
    with pytest.raises(ValueError, match=message):
        SupernetConfig(**values)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"readout": "alone"}, r"trainer\.readout=alone needs .*trainer\.name=independent_paths.*accuracy_effects"),
        ({"readout": "consensus"}, r"trainer\.readout=consensus needs .*trainer\.name=independent_paths"),
        ({"region_steps": 0}, r"trainer\.region_steps=0 .*1 or more"),
        (
            {"region_steps": 40, "region_epochs": 2},
            r"trainer\.region_epochs=2 .*trainer\.region_steps=40 .*one of them to null",
        ),
    ],
)
def test_a_wrong_value_of_independent_paths_is_named_with_a_remedy(values, message):
    with pytest.raises(ValueError, match=message):
        IndependentPathsConfig(**values)


@pytest.mark.parametrize("value", [-0.1, 1.1, nan])
def test_a_correlation_lies_between_none_and_full(value):
    with pytest.raises(ValueError, match=rf"trainer\.rank_correlation={value} .*a number from 0 to 1"):
        SyntheticConfig(rank_correlation=value)


@pytest.mark.parametrize(("values", "epochs"), [({}, 10), ({"repeats": 3}, 4), ({"repeats": 3, "region_epochs": 2}, 2)])
def test_the_trainings_of_a_region_share_its_epochs_out(values, epochs):
    config = SupernetConfig(epochs=10, **values)
    assert config.of_region.epochs == epochs
    late = SupernetConfig(epochs=10, alpha_warmup=(epochs - 1) / epochs, **values)
    assert late.of_region.alpha_warmup == late.alpha_warmup
    assert config.of_region.request() == SupernetConfig(epochs=epochs).of_region.request()
    assert config.network.request() == SupernetConfig(epochs=10).network.request()


def test_fair_trainings_beside_others_are_those_of_the_fair_recipe():
    """So what either has trained is found by the other."""
    shared = {"epochs": 10, "region_batch_size": 50, "anneal": False}
    both = SupernetConfig(repeats=5, fair_repeats=3, alpha_warmup=0.5, readout="consensus", readout_paths=7, **shared)
    fair = {"name": "fair", "alpha_lr": 0.0, "readout": "training_effects", "all_readouts": False}
    own, beside = both.kinds
    assert own is both
    assert beside.repeats == 3
    assert beside.of_region.request() == SupernetConfig(repeats=5, **fair, **shared).of_region.request()
    assert SupernetConfig(repeats=5).kinds == [SupernetConfig(repeats=5)]


def test_what_decides_nothing_is_in_no_key():
    fair = {"name": "fair", "alpha_lr": 0.0, "readout": "main_effects"}
    assert SupernetConfig(**fair, alpha_warmup=0.5).of_region.request() == SupernetConfig(**fair).of_region.request()
    learns = SupernetConfig(name="fair", readout="main_effects")
    assert replace(learns, alpha_warmup=0.5).of_region.request() != learns.of_region.request()


def test_what_is_at_the_edge_is_allowed():
    SupernetConfig(epochs=10, alpha_warmup=0.9)
    SupernetConfig(lr=0.01, lr_end=0.01, weight_decay=0, momentum=0, candidate_dropout=0, batch_size=2)
    SupernetConfig(name="fair", alpha_lr=0, readout="main_effects")
    SupernetConfig(aggregate="log_sum", readout="weights_mean")
    IndependentPathsConfig(region_steps=1)
    SupernetConfig(fair_repeats=1, readout="training_effects")


def test_a_recipe_holds_what_moves_the_numbers():
    """Keys that cannot change a training leave its recipe alone, so that what is stored is found again."""
    plain = SupernetConfig()
    every = SupernetConfig(all_readouts=True)
    assert SupernetConfig(readout="alone", all_readouts=True).of_region.request() == every.of_region.request()
    assert SupernetConfig(momentum=0.5).of_region.request() == plain.of_region.request()
    assert SupernetConfig(name="fair").network.request() == plain.network.request()
    for values in ({"optimizer": "sgd"}, {"lr": 0.02}, {"epochs": 3}, {"batch_size": 9}, {"precision": "bf16-mixed"}):
        assert SupernetConfig(**values).network.request() != plain.network.request()
    for values in ({"name": "fair"}, {"alpha_lr": 0.1}, {"mixing": "gumbel"}, {"share_weights": True}):
        assert SupernetConfig(**values).of_region.request() != plain.of_region.request()
    assert SupernetConfig(temperature=2.0).of_region.request() == plain.of_region.request()  # softmax has none
    assert SupernetConfig(readout_paths=40).of_region.request() == plain.of_region.request()
    assert SupernetConfig(readout_paths=40, all_readouts=True).of_region.request() != every.of_region.request()
    assert "design" not in plain.of_region.request()  # the default's is as ever
    fair = SupernetConfig(name="fair", alpha_lr=0, readout="alone")  # mixes nothing
    for values in ({"mixing": "gumbel"}, {"temperature": 2.0}, {"candidate_dropout": 0.3}):
        assert (
            SupernetConfig(name="fair", alpha_lr=0, readout="alone", **values).of_region.request()
            == fair.of_region.request()
        )
        assert SupernetConfig(**{"mixing": "gumbel", **values}).of_region.request() != plain.of_region.request()
    own = SupernetConfig(region_batch_size=25, anneal=False)
    assert own.network.request() == plain.network.request()
    assert own.of_region.request() == SupernetConfig(batch_size=25, lr_end=plain.lr).of_region.request()
