"""Truth by training, and its comparison with scores."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from fade.ranking import PathRanks, Reading
from fade.space import Cell, Region
from fade.study import run
from fade.training.recipe import NetworkRecipe
from fade.truth.baselines import COUNTS
from fade.truth.comparison import compare, compare_readouts
from fade.truth.config import TruthConfig
from fade.truth.known import TruePath, Truth
from fade.truth.retrain import retrain
from tests.study.tiny import entries, tiny_config
from tests.training.samples import make_data, make_region, make_trainings, train_alone

pytestmark = pytest.mark.usefixtures("bare")

CHAIN, FORK, EDGELESS, DENSE = (
    "4/0-1:conv3/1-2:conv3/2-3:conv3",
    "4/0-1:conv3/0-2:conv3/0-3:conv3",
    "4",
    "4/0-1:conv3/0-2:conv3/0-3:conv3/1-2:conv3/1-3:conv3/2-3:conv3",
)
REGION = Region.parse([[CHAIN, FORK, EDGELESS], [DENSE, EDGELESS, CHAIN]])
STAGE_SCORES = [[0.5, 0.3, 0.2], [0.6, 0.3, 0.1]]


def truth(top_accuracy: float = 0.9) -> Truth:
    """All paths but the top one sampled, the accuracy rising with the score but for one."""
    ranks = PathRanks(STAGE_SCORES)
    paths = [path for path in REGION.paths() if path != (0, 0)]
    accuracy = {path: 0.1 + ranks.score(path) for path in paths} | {(2, 2): 0.85}
    known = [TruePath(path, True, [accuracy[path]] * 2, 100 + sum(path), 1000) for path in paths]
    return Truth([*known, TruePath((0, 0), False, [top_accuracy] * 2, 100, 1000)], 1.0, 1.0)


@pytest.mark.parametrize(
    ("count", "values"),
    [("edges", {CHAIN: 3, FORK: 3, EDGELESS: 0, DENSE: 6}), ("depth", {CHAIN: 3, FORK: 1, EDGELESS: 0, DENSE: 3}),
     ("sinks", {CHAIN: 1, FORK: 3, EDGELESS: 4, DENSE: 1})],
)  # fmt: skip
def test_counts_are_right_on_cells_counted_by_hand(count: str, values: dict[str, int]) -> None:
    for first, a in values.items():
        assert COUNTS[count]([Cell.parse(first)]) == a
        for second, b in values.items():
            assert COUNTS[count]([Cell.parse(first), Cell.parse(second)]) == a + b


def test_the_top_path_is_outside_the_correlation_and_inside_the_regret() -> None:
    ranks = PathRanks(STAGE_SCORES)
    good, bad = (compare(REGION, ranks, truth(accuracy), seed=0) for accuracy in (0.9, 0.0))
    assert good["n"] == 8
    for key in ("spearman", "kendall", "baselines", "ceiling"):
        assert good[key] == bad[key]
    assert good["regret"] == 0
    assert bad["regret"] == pytest.approx(0.85)


def test_coefficients_are_those_of_scipy() -> None:
    ranks, known = PathRanks(STAGE_SCORES), truth()
    sampled = [path for path in known.paths if path.sampled]
    scores, accuracy = [ranks.score(path.path) for path in sampled], [path.accuracy[0] for path in sampled]
    found = compare(REGION, ranks, known, seed=0)
    assert found["spearman"]["value"] == pytest.approx(stats.spearmanr(scores, accuracy).statistic)
    assert found["kendall"]["value"] == pytest.approx(stats.kendalltau(scores, accuracy).statistic)
    edges = [COUNTS["edges"](REGION.architecture(path.path)) for path in sampled]
    assert found["baselines"]["edges"]["spearman"] == pytest.approx(stats.spearmanr(edges, accuracy).statistic)
    assert found["baselines"]["flops"] == {"spearman": None, "kendall": None}  # all alike


@pytest.mark.parametrize("aggregate", ["mean", "log_sum"])
def test_readouts_are_compared_as_the_configured_one_is(aggregate: str) -> None:
    known = truth()
    table = compare_readouts(
        {"weights": Reading(STAGE_SCORES), "alone": Reading((-np.array(STAGE_SCORES)).tolist())},
        known,
        {"weights": aggregate},
    )
    found = compare(REGION, PathRanks(STAGE_SCORES, aggregate), known, seed=0)
    for coefficient in ("spearman", "kendall"):
        assert table["weights"][coefficient] == found[coefficient]["value"]
    by_mean = compare(REGION, PathRanks(STAGE_SCORES), known, seed=0)
    assert table["alone"]["spearman"] == pytest.approx(-by_mean["spearman"]["value"])


SAME = ["search=fixed", "truth=retrain", "truth.paths=3", "trainer.epochs=1"]


def test_trainers_are_held_against_the_same_trainings(tmp_path: Path) -> None:
    paths = []
    for trainer in ("joint", "fair"):
        result = run(tiny_config(tmp_path, *SAME, f"trainer={trainer}"))
        (region,) = result.metrics["regions"]
        paths.append([(path["path"], path["accuracy"]) for path in region["truth"] if path["sampled"]])
    assert paths[0] == paths[1]
    requests = entries(tmp_path / "store")
    assert sum(request["kind"] == "region" for request in requests) == 2
    shared = [request for request in requests if request["kind"] == "networks" and len(request["cells"]) == 2]
    assert len(shared) == 1


def test_another_readout_or_aggregate_trains_no_region_again(tmp_path: Path) -> None:
    counts = set()
    for more in (
        [],
        ["trainer.aggregate=log_sum"],
        ["trainer.readout=consensus"],
        ["trainer.readout=alone"],
        ["trainer.readout=pairs", "trainer.readout_transform=auto"],
    ):
        run(tiny_config(tmp_path, *SAME, "trainer=joint", "trainer.all_readouts=true", *more))
        requests = entries(tmp_path / "store")
        counts.add(sum(request["kind"] == "region" for request in requests))
        sampled = [request for request in requests if request["kind"] == "networks" and len(request["cells"]) == 2]
        assert len(sampled) == 1
    assert counts == {1}


def test_more_paths_and_seeds_keep_what_was_trained(tmp_path: Path) -> None:
    few = run(tiny_config(tmp_path, *SAME, "search.candidates=3", "truth.paths=4"))
    many = run(tiny_config(tmp_path, *SAME, "search.candidates=3", "truth.paths=8", "truth.seeds=2"))
    before, after = (
        [(path["path"], path["accuracy"][0]) for path in result.metrics["regions"][0]["truth"] if path["sampled"]]
        for result in (few, many)
    )
    assert after[:4] == before


def test_a_truth_trains_by_the_recipe_that_it_is_given(tmp_path: Path) -> None:
    """Its seeds are repeats of this, and its costs are theirs."""
    data, region, recipe = make_data(), make_region(candidates=2), NetworkRecipe(epochs=1, batch_size=20)
    here = make_trainings(data, tmp_path)
    known = retrain(region, (0, 1), TruthConfig(name="retrain", paths=2, seeds=2), recipe, here, seed=0)
    sampled = known.sampled()
    runs = [
        train_alone(here, [region.architecture(path.path) for path in sampled], recipe, repeat) for repeat in range(2)
    ]
    for path, accuracies in zip(sampled, zip(*runs, strict=True), strict=True):
        assert path.accuracy == [run["test_accuracy"] for run in accuracies]
    assert all(request["recipe"] == recipe.request() for request in entries(tmp_path))
    steps = (data.sizes["weights"] + data.sizes["alpha"]) // recipe.batch_size
    assert known.measure_flops == sum(2 * 3 * path.flops * steps * recipe.batch_size for path in known.paths)
