"""One source of chance can be held while the others move."""

from pathlib import Path
from typing import Any

import pytest

from fade.study import run
from fade.study.config import Seeds, StudyConfig
from tests.study.tiny import tiny_config

pytestmark = pytest.mark.usefixtures("bare")


def regions(result: Any) -> list[Any]:
    return [region["cells"] for region in result.metrics["regions"]]


def test_seeds_differ_by_name_and_by_the_study() -> None:
    names = [name for name in vars(Seeds()) if name != "networks"]  # training's, unless it is held
    seeds = {StudyConfig(seed=seed).seed_of(name) for seed in (0, 1) for name in names}
    assert len(seeds) == 2 * len(names)


@pytest.mark.parametrize("name", list(vars(Seeds())))
def test_a_held_seed_stays_zero_included(name: str) -> None:
    moved = [StudyConfig(seed=seed, seeds=Seeds(**{name: 0})) for seed in (0, 1)]
    assert [config.seed_of(name) for config in moved] == [0, 0]
    others = set(vars(Seeds())) - {name, *(["networks"] if name == "training" else [])}
    assert all(moved[0].seed_of(other) != moved[1].seed_of(other) for other in others)


def test_holding_the_search_keeps_the_region(tmp_path: Path, shared_store: Path) -> None:
    hold = ["search=fixed", "seeds.search=5", "trainer.epochs=1"]
    one, two = (run(tiny_config(tmp_path, *hold, f"seed={seed}", store=shared_store)) for seed in (0, 1))
    assert regions(one) == regions(two)
    assert one.metrics["regions"][0]["stage_scores"] != two.metrics["regions"][0]["stage_scores"]


def test_holding_training_and_split_keeps_the_trainings(tmp_path: Path) -> None:
    cells = "search.cells=[[3,3/0-1:conv3],[3,3/0-1:conv3]]"
    hold = ["search=fixed", cells, "seeds.training=5", "seeds.split=6", "truth=retrain", "truth.paths=2"]
    one, two = (run(tiny_config(tmp_path, *hold, f"seed={seed}")) for seed in (0, 1))
    assert one.metrics["regions"][0]["stage_scores"] == two.metrics["regions"][0]["stage_scores"]
    assert one.metrics["regions"][0]["validation_accuracy"] == two.metrics["regions"][0]["validation_accuracy"]


def test_holding_networks_keeps_the_truth_while_the_training_moves(tmp_path: Path, shared_store: Path) -> None:
    hold = ["search=fixed", "seeds.networks=3", "truth=retrain", "truth.paths=3"]
    config = [tiny_config(tmp_path, *hold, f"seeds.training={seed}", store=shared_store) for seed in (0, 1)]
    one, two = (run(each).metrics["regions"][0] for each in config)
    assert one["stage_scores"] != two["stage_scores"]
    accuracies = [{tuple(path["path"]): path["accuracy"] for path in each["truth"]} for each in (one, two)]
    shared = accuracies[0].keys() & accuracies[1].keys()  # the top path may be another
    assert len(shared) >= 3
    assert all(accuracies[0][path] == accuracies[1][path] for path in shared)


def test_holding_the_landscape_keeps_the_optimum(tmp_path: Path) -> None:
    from fade.estimators.landscape import AdditiveLandscape

    configs = [StudyConfig(seed=seed, seeds=Seeds(landscape=3)) for seed in (0, 1)]
    optima = [AdditiveLandscape(c.space.build(), c.seed_of("landscape")).optimum() for c in configs]
    assert optima[0] == optima[1]


def test_everything_moves_with_the_seed(tmp_path: Path, shared_store: Path) -> None:
    fixed = ["search=fixed", "trainer.epochs=1"]
    one, two = (run(tiny_config(tmp_path, *fixed, f"seed={seed}", store=shared_store)) for seed in (0, 1))
    assert regions(one) != regions(two)
