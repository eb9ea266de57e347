"""Studies that learn from the networks of earlier ones."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from fade.estimators.predictor import fingerprint, without_networks_of
from fade.estimators.supernet import SupernetConfig
from fade.ranking import PathRanks
from fade.ranking.main_effects import main_effects
from fade.space import Region
from fade.study import run
from fade.study.config import ConfigurationError, StudyConfig
from tests.study.tiny import entries, lasting, tiny_config

pytestmark = pytest.mark.usefixtures("bare")
LARGER = "space.vertices=5"
"""A space whose regions have no network in common."""
FIRST = (
    *(LARGER, "name=first", "search=random_regions", "search.regions=3"),
    *("truth=retrain", "truth.paths=all", "truth.regions=all"),
)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, shared_store: Path) -> Path:
    """The folder of a run with three regions, all of their networks trained."""
    return run(tiny_config(tmp_path_factory.mktemp("first"), *FIRST, store=shared_store)).folder


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> StudyConfig:
    """One that is to learn, of nothing yet."""
    return tiny_config(tmp_path_factory.mktemp("study"), LARGER, "search=fixed")


JOINT = ("trainer=joint", "trainer.all_readouts=true")


def learning(folder: Path, earlier: Path, store: Path, *more: str):
    return tiny_config(
        folder, LARGER, "search=fixed", "seed=7", f"trainer.earlier_runs=[{earlier}]", *more, store=store
    )


def test_effects_of_candidates_are_those_on_the_losses_of_their_networks(first: Path, tmp_path: Path) -> None:
    earlier = tiny_config(tmp_path, LARGER, f"trainer.earlier_runs=[{first}]").earlier_regions()
    regions = json.loads((first / "metrics.json").read_text())["regions"]
    assert [known.region.texts for known in earlier] == [region["cells"] for region in regions]
    for known, region in zip(earlier, regions, strict=True):
        sampled = [path for path in region["truth"] if path["sampled"]]
        paths, losses = np.array([path["path"] for path in sampled]), [path["validation_loss"][0] for path in sampled]
        np.testing.assert_allclose(known.effects, -main_effects(paths, losses, 2))
    twice = tiny_config(tmp_path, LARGER, f"trainer.earlier_runs=[{first},{first.parent}]")
    assert fingerprint(twice.earlier_regions()) == fingerprint(earlier)  # a region teaches once


def test_a_study_ranks_by_earlier_runs_and_trains_no_more_for_it(
    first: Path, tmp_path: Path, shared_store: Path
) -> None:
    plain = run(tiny_config(tmp_path, LARGER, "search=fixed", "seed=7", *JOINT, store=shared_store))
    before = entries(shared_store)
    found = run(learning(tmp_path, first, shared_store, *JOINT, "trainer.readout=consensus_with_predictor"))
    assert {request["kind"] for request in entries(shared_store) if request not in before} <= {"networks"}  # the best
    (region,), (without,) = found.metrics["regions"], plain.metrics["regions"]
    earlier = without_networks_of(
        Region.parse(region["cells"]), learning(tmp_path, first, shared_store).earlier_regions()
    )
    networks = sum(known.trainings for known in earlier)
    assert region["earlier_runs"] == {"regions": 3, "networks": networks, "fingerprint": fingerprint(earlier)}
    assert set(region["readouts"]) == set(without["readouts"]) | {"predictor", "consensus_with_predictor"}
    assert all(region["readouts"][name] == reading for name, reading in without["readouts"].items())
    assert region["stage_scores"] == region["readouts"]["consensus_with_predictor"]["stage_scores"]
    best, score = PathRanks(region["stage_scores"]).top(1)[0]
    assert region["top_paths"][0] == {"path": list(best), "score": score}


def test_a_region_does_not_learn_from_itself(first: Path, tmp_path: Path, shared_store: Path) -> None:
    again = [*FIRST[:1], *FIRST[2:4], f"trainer.earlier_runs=[{first}]", "trainer.readout=predictor", "trainer=joint"]
    found = run(tiny_config(tmp_path, *again, store=shared_store))
    assert [region["earlier_runs"]["regions"] for region in found.metrics["regions"]] == [2, 2, 2]
    repeated = run(tiny_config(tmp_path, *again, store=shared_store))
    assert repeated.folder != found.folder
    assert lasting(repeated.metrics) == lasting(found.metrics)


def test_runs_of_the_study_itself_teach_it_nothing(first: Path, tmp_path: Path) -> None:
    """Which of them are finished may change between a kill and the way on."""
    here = tmp_path / "outputs" / "mine"
    shutil.copytree(first, here / "1")
    others = tiny_config(tmp_path, LARGER, f"trainer.earlier_runs=[{tmp_path}]", "name=other")
    assert len(others.earlier_regions()) == 3
    with pytest.raises(ValueError, match=r"no finished run .* but those of this study"):
        tiny_config(tmp_path, LARGER, f"trainer.earlier_runs=[{tmp_path}]", "name=mine").earlier_regions()
    (here / "1" / "report.html").unlink()  # killed before its end
    with pytest.raises(ValueError, match="no finished run"):
        others.earlier_regions()


EDITS = {
    "other data": lambda config, _: config["dataset"].update(train_samples=200),
    "another depth": lambda config, _: config["space"].update(depth=3),
    "no losses": lambda _, path: path.pop("validation_loss"),
    "two paths": lambda _, path: path.update(sampled=path["sampled"] and path["path"] in ([0, 0], [0, 1])),
    "a path of another region": lambda _, path: path.update(path=[7, 7]),
    "a short path": lambda _, path: path.update(path=[0]),
    "no path": lambda _, path: path.pop("path"),
    "no number": lambda _, path: path.update(validation_loss=["low"]),
    "a loss that is none": lambda _, path: path.update(validation_loss=[None]),
    "not finite": lambda _, path: path.update(validation_loss=[float("nan")]),
}


def damaged(first: Path, folder: Path, what: str) -> str:
    """The folder of a copy of a run that teaches nothing."""
    shutil.copytree(first, folder / "run")
    metrics = json.loads((folder / "run" / "metrics.json").read_text())
    config = yaml.safe_load((folder / "run" / "config.yaml").read_text())
    for path in (path for region in metrics["regions"] for path in region["truth"]):
        EDITS.get(what, lambda *_: None)(config, path)
    if what == "bad cells":
        metrics["regions"][0]["cells"][0][0] = "garbage"
    (folder / "run" / "metrics.json").write_text("{" if what == "half a file" else json.dumps(metrics))
    (folder / "run" / "config.yaml").write_text("[" if what == "half a configuration" else yaml.safe_dump(config))
    if what == "no run":
        shutil.rmtree(folder / "run")
    return str(folder)


READ = r"trainer\.earlier_runs: .*run is no run that can be read; name folders without it"


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("no run", r"trainer\.earlier_runs: .* holds no finished run .*name a folder"),
        ("other data", r"trainer\.earlier_runs: .* has dataset\.train_samples=200, and this study 300; name runs"),
        ("another depth", r"trainer\.earlier_runs: .* has space\.depth=3, and this study 2; name runs"),
        ("no losses", r"trainer\.earlier_runs=.* no region .*truth=retrain"),
        ("two paths", r"trainer\.earlier_runs=.* no region .*truth\.paths"),
        *((what, READ) for what in ("half a file", "half a configuration", "bad cells", *list(EDITS)[4:])),
    ],
)
def test_what_teaches_nothing_is_named(
    first: Path, tmp_path: Path, study: StudyConfig, what: str, message: str
) -> None:
    place = damaged(first, tmp_path / "there", what)
    config = replace(study, trainer=replace(study.trainer, earlier_runs=[place]))
    with pytest.raises(ValueError, match=message):
        config.check()


def test_ranks_by_nothing_are_refused(first: Path, tmp_path: Path) -> None:
    cells = json.loads((first / "metrics.json").read_text())["regions"][0]["cells"]
    metrics = json.loads((first / "metrics.json").read_text())
    shutil.copytree(first, tmp_path / "one")
    (tmp_path / "one" / "metrics.json").write_text(json.dumps(metrics | {"regions": metrics["regions"][:1]}))
    itself = learning(tmp_path, tmp_path / "one", tmp_path / "store", f"search.cells={json.dumps(cells)}")
    itself.check()
    itself.trainer = replace(itself.trainer, readout="consensus_with_predictor")
    with pytest.raises(ConfigurationError, match=r"trainer\.readout=consensus_with_predictor .*this region alone"):
        run(itself)


def test_a_users_own_data_are_known_by_their_place(first: Path, tmp_path: Path) -> None:
    shutil.copytree(first, tmp_path / "run")
    config = yaml.safe_load((first / "config.yaml").read_text())
    config["dataset"] |= {"name": "npz", "root": str(tmp_path / "a.npz")}
    (tmp_path / "run" / "config.yaml").write_text(yaml.safe_dump(config))
    mine = tiny_config(tmp_path, LARGER)
    mine.trainer = SupernetConfig(earlier_runs=[str(tmp_path / "run")])
    mine.dataset = replace(mine.dataset, name="npz", root=f"{tmp_path}/x/../a.npz")
    assert len(mine.earlier_regions()) == 3
    mine.dataset = replace(mine.dataset, root=f"{tmp_path}/b.npz")
    with pytest.raises(ValueError, match=r"has dataset\.root=.*a\.npz, and this study .*b\.npz"):
        mine.earlier_regions()
