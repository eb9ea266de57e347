"""Studies of ranks from rows made by hand, whose answers are known."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from experiments.rank_correlation.study import both_kinds
from experiments.rank_correlation.tables import comparison_table, cost_table, estimator_table, region_table
from tests.experiments.rows import FAIR, JOINT, study, training, truth

EFFECTS = "fair, 3 × 1 epochs, batches of 25, constant / training_effects"
BOTH = "joint, 3 × 1 epochs, batches of 25, constant, fair_repeats 3"


def cells(table: str) -> list[dict[str, str]]:
    names, _, *rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table.splitlines()]
    return [dict(zip(names, row, strict=True)) for row in rows]


def test_a_baseline_takes_its_sign_from_the_other_regions(tmp_path: Path) -> None:
    turned = [8, 7, 6, 5, 4, 3, 2, 0, 1]
    truths = [truth("1.0"), truth("2.0", parameters=lambda n: turned[n])]
    found = study(tmp_path, truths, [])
    rho = stats.spearmanr(turned, range(9)).statistic
    values, resampled = found.baseline("parameters")
    assert values == pytest.approx([-1, rho])  # neither region is told its own sign, nor that of both together
    assert found.interval(resampled)[1] < 0
    alone = study(tmp_path, truths[1:], [])
    assert alone.baseline("parameters")[0] == pytest.approx([-rho])  # there is no other


def test_runs_of_a_recipe_are_averaged_before_regions(tmp_path: Path) -> None:
    trainings = [training("1.0", FAIR), training("1.0", FAIR, -1, seed=1), training("2.0", FAIR)]
    found = study(tmp_path, [truth("1.0"), truth("2.0")], trainings)
    assert found.estimator(EFFECTS)[0] == pytest.approx([0, 1])


def test_runs_are_read_as_one_as_many_in_every_region(tmp_path: Path) -> None:
    runs = [training("1.0", FAIR, sign, seed=seed) for seed, sign in enumerate((1, -1, 1))]
    others = [training("2.0", FAIR, seed=seed) for seed in range(2)]
    found = study(tmp_path, [truth("1.0"), truth("2.0")], [*runs, *others])
    assert found.estimator(f"{EFFECTS}, mean of 2")[0] == pytest.approx([0, 1])  # the third would decide


def test_a_recipe_that_a_region_lacks_is_not_compared(tmp_path: Path) -> None:
    trainings = [training("1.0", FAIR), training("2.0", FAIR), training("1.0", JOINT)]
    found = study(tmp_path, [truth("1.0"), truth("2.0")], trainings)
    assert EFFECTS in found.scores
    assert not [name for name in found.scores if name.startswith("joint")]


def test_a_joint_training_is_read_beside_the_fair_one_of_its_region_and_seed() -> None:
    joint, fair = training("1.0", JOINT), training("1.0", FAIR)
    (both,) = both_kinds([joint, fair])
    assert both["trainer"] == JOINT | {"fair_repeats": 3}
    assert both["train_flops"] == joint["train_flops"] + fair["train_flops"]
    assert both["path_losses"] == joint["path_losses"]
    assert both["training_effects_epochs"] == fair["training_effects_epochs"]


@pytest.mark.parametrize(
    "trainings",
    [
        [training("1.0", JOINT), training("2.0", FAIR)],
        [training("1.0", JOINT), training("1.0", FAIR, seed=1)],
        [training("1.0", JOINT), training("1.0", FAIR | {"repeats": 1})],
        [training("1.0", JOINT), training("1.0", FAIR | {"anneal": True})],
        [training("1.0", JOINT, without="path_losses"), training("1.0", FAIR)],
        [training("1.0", JOINT), training("1.0", FAIR), training("1.0", JOINT | {"fair_repeats": 3})],
    ],
    ids=["another region", "another seed", "another number", "another rate", "no paths read", "run together"],
)
def test_no_two_kinds_are_read_together_that_no_run_would_train(trainings) -> None:
    assert not both_kinds(trainings)


def test_both_kinds_say_what_either_does(tmp_path: Path) -> None:
    trainings = [training("1.0", JOINT), training("1.0", FAIR), training("2.0", JOINT), training("2.0", FAIR, -1)]
    found = study(tmp_path, [truth("1.0"), truth("2.0")], trainings)
    first, second = found.scores[f"{BOTH} / consensus"].values()
    joint, fair = 1.5, 1.0  # accuracies and half of α; losses in training
    assert 2 * first[0] == pytest.approx((joint + fair) * stats.zscore(np.arange(9)))  # a mean over two stages
    assert 2 * second[0] == pytest.approx((joint - fair) * stats.zscore(np.arange(9)))
    assert [name for name in found.scores if name.startswith(BOTH)] == [f"{BOTH} / consensus"]


def test_the_tables_of_a_study_that_can_be_counted(tmp_path: Path) -> None:
    truths = [truth("1.0"), truth("2.0", epochs=12)]
    found = study(tmp_path, truths, [training("1.0", FAIR), training("2.0", FAIR, -1)])

    first, second = cells(region_table(found, EFFECTS))
    assert first["paths × seeds"] == "9 × 2"
    assert first["accuracies"] == "0.100–0.500"
    assert first["spread of paths / of seeds"] == "13.69 / 1.41"  # 5 √7.5 points, √2 points
    assert (first["ceiling"], first["additive model of the truth"]) == ("1.00", "1.00")
    assert (first["estimator"], second["estimator"]) == ("+1.00", "-1.00")

    (best,) = [row for row in cells(estimator_table(found, 30)) if row["recipe / read-out"] == EFFECTS]
    assert best["Spearman"].startswith("+0.00 [")
    assert best["worst region"] == "-1.00"
    assert best["with the additive part"] == "+0.00"
    assert best["top tenth"] == "0.50"
    assert best["regret"] == "20.0"  # the best path in one region, the worst of 0.5 to 0.1 in the other

    parameters = cells(comparison_table(found, EFFECTS))[0]
    assert parameters["by region"] == "+1.00 +1.00"
    assert parameters["difference"].startswith("-1.00 [")

    (cost,) = cells(cost_table(found))
    assert cost["of training all its paths"] == "2.5 %"  # 4 % of networks of 3 epochs, 1 % of those of 12
    assert (cost["runs"], cost["seconds"]) == ("2", "20")
