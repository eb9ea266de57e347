import pytest

from experiments.rank_correlation.analysis import DEFAULT
from experiments.readings import flops_of_all, named, readings
from fade.config import compose_study
from tests.experiments.rows import FAIR, JOINT, PATHS, training

APART = {"name": "apart", "alpha_lr": 0, "epochs": 3, "repeats": 2, "region_steps": 40, "batch_size": 50}


@pytest.mark.parametrize(
    ("trainer", "name"),
    [
        (JOINT, "joint, 3 × 1 epochs, batches of 25, constant"),
        (FAIR, "fair, 3 × 1 epochs, batches of 25, constant"),
        ({"name": "fair", "alpha_lr": 0.0, "epochs": 9}, "fair, 9 epochs, batches of 100, annealed"),
        (FAIR | {"alpha_lr": 0.01}, "fair, 3 × 1 epochs, batches of 25, constant, alpha_lr 0.01"),
        (JOINT | {"batch_size": 50, "region_batch_size": 10}, "joint, 3 × 1 epochs, batches of 10, constant"),
        (
            JOINT | {"epochs": 9, "anneal": True, "fair_repeats": 3, "candidate_dropout": 0.3},
            "joint, 3 × 3 epochs, batches of 25, annealed, fair_repeats 3, candidate_dropout 0.3",
        ),
        (APART, "apart, 2 × 40 steps, batches of 50, annealed"),
        (APART | {"region_epochs": 2}, "apart, 2 × 40 steps, batches of 50, annealed"),
        (JOINT | {"readout": "consensus", "all_readouts": False}, "joint, 3 × 1 epochs, batches of 25, constant"),
    ],
)
def test_a_recipe_is_named_by_its_trainings_and_what_is_unusual_of_them(trainer, name: str) -> None:
    assert named(trainer) == name


def test_paths_that_trained_apart_are_read_by_their_losses_and_accuracies() -> None:
    row = training("1.0", JOINT, without="stage_weights_epochs") | {"trainer": APART}
    assert (
        {"main_effects", "accuracy_effects", "pairs"}
        <= set(readings(row, 3))
        <= set(readings(training("1.0", JOINT), 3))
    )
    assert readings(row, 3)["accuracy_effects"](PATHS) == pytest.approx(
        readings(training("1.0", JOINT), 3)["accuracy_effects"](PATHS)
    )


def test_the_experiment_as_shipped_is_what_the_tables_compare() -> None:
    trainer = compose_study(["experiment=rank_correlation"]).trainer
    assert f"{named(vars(trainer))} / {trainer.readout}" == DEFAULT


def test_all_paths_cost_as_many_epochs_as_the_networks_of_the_truth_have() -> None:
    assert flops_of_all(training("1.0", JOINT), 9) == pytest.approx(3e11)
    row = training("1.0", JOINT, without="network_epochs")  # as many epochs as the trainer, in older rows
    assert flops_of_all(row | {"trainer": JOINT | {"epochs": 6}}, 9) == pytest.approx(1.5e11)
