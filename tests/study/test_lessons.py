"""Studies that learn from the networks of earlier ones."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from fade.ranking import PathRanks
from fade.study import run
from fade.study.config import ConfigurationError
from fade.study.lessons import read_lessons
from fade.training.effects import main_effects
from tests.study.tiny import entries, lasting, tiny_config

pytestmark = pytest.mark.usefixtures("bare")
FIRST = (
    *("name=first", "search=random_regions", "search.regions=3"),
    *("truth=retrain", "truth.paths=all", "truth.regions=all"),
)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, shared_store: Path) -> Path:
    """The folder of a run with three regions, all of their networks trained."""
    return run(tiny_config(tmp_path_factory.mktemp("first"), *FIRST, store=shared_store)).folder


def learning(folder: Path, elsewhere: Path, store: Path, *more: str):
    return tiny_config(folder, "search=fixed", "seed=7", f"trainer.elsewhere=[{elsewhere}]", *more, store=store)


def test_candidates_are_worth_what_their_networks_lose(first: Path, tmp_path: Path) -> None:
    lessons = read_lessons([str(first)], tiny_config(tmp_path))
    regions = json.loads((first / "metrics.json").read_text())["regions"]
    assert [lesson.region.texts for lesson in lessons] == [region["cells"] for region in regions]
    for lesson, region in zip(lessons, regions, strict=True):
        sampled = [path for path in region["truth"] if path["sampled"]]
        paths, losses = np.array([path["path"] for path in sampled]), [path["validation_loss"][0] for path in sampled]
        np.testing.assert_allclose(lesson.worth, -main_effects(paths, losses, 2))
    assert len(read_lessons([str(first), str(first.parent)], tiny_config(tmp_path))) == 3  # a region teaches once


def test_a_study_ranks_by_what_it_is_told_and_trains_no_more_for_it(
    first: Path, tmp_path: Path, shared_store: Path
) -> None:
    alone = run(tiny_config(tmp_path, "search=fixed", "seed=7", "trainer=joint", store=shared_store))
    before = entries(shared_store)
    told = run(learning(tmp_path, first, shared_store, "trainer=joint", "trainer.readout=informed"))
    assert {request["kind"] for request in entries(shared_store) if request not in before} <= {"networks"}  # the best
    (region,), (without,) = told.metrics["regions"], alone.metrics["regions"]
    assert region["regions_elsewhere"] == 3
    assert set(region["readouts"]) == set(without["readouts"]) | {"elsewhere", "informed"}
    assert all(region["readouts"][name] == reading for name, reading in without["readouts"].items())
    assert region["stage_scores"] == region["readouts"]["informed"]["stage_scores"]
    best, score = PathRanks(region["stage_scores"]).top(1)[0]
    assert region["top_paths"][0] == {"path": list(best), "score": score}


def test_a_region_is_not_told_of_itself(first: Path, tmp_path: Path, shared_store: Path) -> None:
    again = [*FIRST[:3], f"trainer.elsewhere=[{first}]", "trainer.readout=elsewhere", "trainer=joint"]
    found = run(tiny_config(tmp_path, *again, store=shared_store))
    assert [region["regions_elsewhere"] for region in found.metrics["regions"]] == [2, 2, 2]
    repeated = run(tiny_config(tmp_path, *again, store=shared_store))
    assert repeated.folder != found.folder
    assert lasting(repeated.metrics) == lasting(found.metrics)


def damaged(first: Path, folder: Path, what: str) -> str:
    """A copy of a run that teaches nothing, and what is said of it."""
    shutil.copytree(first, folder / "run")
    metrics = json.loads((folder / "run" / "metrics.json").read_text())
    config = yaml.safe_load((folder / "run" / "config.yaml").read_text())
    if what == "other data":
        config["dataset"]["train_samples"] = 200
    for path in (path for region in metrics["regions"] for path in region["truth"]):
        if what == "no losses":
            del path["validation_loss"]
        path["sampled"] &= what != "two paths" or path["path"] in ([0, 0], [0, 1])
    (folder / "run" / "metrics.json").write_text("{" if what == "half a file" else json.dumps(metrics))
    (folder / "run" / "config.yaml").write_text(yaml.safe_dump(config))
    if what == "no run":
        shutil.rmtree(folder / "run")
    return str(folder)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("no run", r"trainer\.elsewhere: .* holds no finished run .*name a folder"),
        ("half a file", r"trainer\.elsewhere: .*run is no run that can be read; remove it"),
        ("other data", r"trainer\.elsewhere: .* has dataset\.train_samples=200, and this study 300; name runs"),
        ("no losses", r"trainer\.elsewhere=.* no region .*truth=retrain"),
        ("two paths", r"trainer\.elsewhere=.* no region .*truth\.paths"),
    ],
)
def test_what_teaches_nothing_is_named_before_any_work(first: Path, tmp_path: Path, what: str, message: str) -> None:
    elsewhere = damaged(first, tmp_path / "there", what)
    with pytest.raises(ConfigurationError, match=message):
        run(learning(tmp_path, Path(elsewhere), tmp_path / "store"))
    assert not (tmp_path / "outputs").exists()
