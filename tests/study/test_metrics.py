"""What a run leaves."""

import json
import math
from dataclasses import asdict, replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import yaml

from fade.data import DatasetConfig
from fade.estimators.supernet import SupernetConfig, default_trainer
from fade.ranking import PathRanks
from fade.space import Cell, Region
from fade.study import run
from fade.study.config import ConfigurationError
from fade.truth.config import TruthConfig
from tests.study.tiny import lasting, metrics, rows, tiny_config

SCHEMA = json.loads((Path(__file__).parent / "metrics.schema.json").read_text(encoding="utf-8"))
"""The contract with outside tools."""

STUDIES = {
    "random regions": ["search=random_regions"],
    "truth of the first region": ["truth=retrain", "truth.paths=3"],
    "truth of the last region": [
        *("truth=retrain", "truth.paths=all", "truth.regions=last", "truth.seeds=2"),
        *("dataset=digits", "space=mlp", "space.width=8"),
    ],
    "truth of all regions and a curve": ["truth=retrain", "truth.paths=2", "truth.regions=all", "truth.curve=true"],
    "fair": ["trainer=fair", "search=fixed", "truth=retrain"],
    "fair with alpha": [
        *("trainer=fair", "trainer.readout=weights", "trainer.alpha_lr=0.01"),
        *("search=fixed", "truth=retrain"),
    ],
    "independent paths": ["trainer=independent_paths", "trainer.region_steps=4", "search=fixed", "truth=retrain"],
    "blocks": [
        "dataset=digits",
        "space=nas_bench_macro",
        "space.depth=8",
        "space.stem=4",
        "trainer=fair",
        "trainer.epochs=1",
    ],
    "synthetic": ["trainer=synthetic", "search.utilities=true", "trainer.rank_correlation=0.5"],
}


@pytest.fixture(scope="module", params=STUDIES)
def study(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_store: Path):
    config = tiny_config(tmp_path_factory.mktemp("run"), *STUDIES[request.param], store=shared_store)
    return request.param, config, run(config)


def test_metrics_follow_the_schema(study) -> None:
    found = metrics(study[2].folder)
    jsonschema.validate(found, SCHEMA)
    assert found == study[2].metrics


def test_every_number_is_finite(study) -> None:
    def numbers(value):
        if isinstance(value, dict | list):
            for item in value.values() if isinstance(value, dict) else value:
                yield from numbers(item)
        elif isinstance(value, float):
            yield value

    assert all(map(math.isfinite, numbers(study[2].metrics)))


def test_all_files_are_there(study) -> None:
    name, config, result = study
    files = {path.name for path in result.folder.iterdir() if not path.name.startswith(".")}
    wanted = {"config.yaml", "metrics.json", "regions.jsonl", "ranks.csv", "report.html"}
    assert files == wanted | (set() if "synthetic" in name else {"best"})
    lines = [json.loads(line) for line in (result.folder / "regions.jsonl").read_text().splitlines()]
    assert [{k: v for k, v in line.items() if k != "trajectory"} for line in lines] == result.metrics["regions"]
    assert [line["trajectory"] for line in lines] == result.metrics["trajectory"]
    assert yaml.safe_load((result.folder / "config.yaml").read_text()) == asdict(config)
    assert result.folder.parent == Path(config.outputs) / config.name


def test_ranks_are_complete_and_sorted(study) -> None:
    _, _, result = study
    table = rows(result.folder / "ranks.csv")
    for region in result.metrics["regions"]:
        mine = [row for row in table if row["region"] == str(region["index"])]
        depth, candidates = len(region["cells"]), len(region["cells"][0])
        assert len({row["path"] for row in mine}) == len(mine) == candidates**depth
        scores = [float(row["score"]) for row in mine]
        assert scores == sorted(scores, reverse=True)
        ranks = PathRanks(region["stage_scores"])
        for row in mine:
            path = tuple(map(int, row["path"].split("-")))
            assert [row[f"stage_{d}"] for d in range(depth)] == [region["cells"][d][k] for d, k in enumerate(path)]
            assert float(row["score"]) == pytest.approx(ranks.score(path))
            assert int(row["rank"]) == ranks.rank(path).value
        assert [top["score"] for top in region["top_paths"]] == scores[: len(region["top_paths"])]


def test_the_best_network_is_usable_and_told_alike_everywhere(study) -> None:
    name, _, result = study
    best = result.metrics["best"]
    cells = [Cell.parse(text) for text in best["architecture"]]
    assert [str(cell) for cell in cells] == best["architecture"]
    if "synthetic" in name:
        return
    folder = result.folder / "best"
    assert {path.name for path in folder.iterdir()} == {"architecture.json", "model.pt2", "card.md"}
    assert best["test_accuracy"] == pytest.approx(np.mean(best["test_accuracies"]))
    card = (folder / "card.md").read_text()
    assert f"Test accuracy {best['test_accuracy']:.4f}" in card
    assert ("best on validation data" in card) == (len(best["finalists"]) > 1)
    assert best["validation_accuracy"] == max(one["validation_accuracy"] for one in best["finalists"])
    regions = result.metrics["regions"]
    mode = {"mode of the search"} if "theta" in result.metrics["trajectory"][0] else set()
    tops = {f"top path of region {region['index']}" for region in (regions[-1:] if mode else regions)}
    assert {one["origin"] for one in best["finalists"]} <= mode | tops


def test_a_folder_may_be_named_as_text(tmp_path: Path) -> None:
    result = run(tiny_config(tmp_path, "trainer=synthetic"), folder=str(tmp_path / "mine"))
    assert result.folder == tmp_path / "mine"
    assert (tmp_path / "mine" / "metrics.json").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": np.int64(3)}, r"seed=3 is of type int64, .*value\.item\(\)"),
        ({"outputs": Path("x")}, r"outputs=x is of type \w*Path, .*str\(value\)"),
        ({"trainer": SupernetConfig(lr=np.float64(0.003))}, r"trainer\.lr=0\.003 is of type float64"),
        (
            {"dataset": DatasetConfig(validation_fraction=np.float32(0.2))},
            r"dataset\.validation_fraction=.* of type float32",
        ),
        ({"truth": TruthConfig(name="retrain", paths=2, seeds=1.0)}, r"truth\.seeds=1\.0 is of type float; give int"),
        ({"trainer": SupernetConfig(epochs=2.0)}, r"trainer\.epochs=2\.0 is of type float; give int"),
        ({"trainer": SupernetConfig(all_readouts="false")}, r"trainer\.all_readouts=false is of type str; give bool"),
        ({"trainer": "joint"}, r"trainer=joint is of type str; give EstimatorConfig"),
        ({"seed": 1.5}, r"seed=1\.5 is of type float; give int"),
    ],
)
def test_what_a_file_cannot_hold_is_refused_before_any_work(tmp_path: Path, change, message) -> None:
    config = replace(tiny_config(tmp_path), **change)
    with pytest.raises(ConfigurationError, match=message):
        run(config)
    assert not (tmp_path / "outputs").exists()


def test_costs_add_up(study) -> None:
    name, _, result = study
    found = result.metrics
    regions = sum(region.get("train_flops", 0) for region in found["regions"])
    assert found["trajectory"][-1]["train_flops"] == regions
    assert found["cost"]["train_flops"] >= regions
    assert [point["region"] for point in found["trajectory"]] == list(range(len(found["regions"])))
    assert (found["cost"]["measure_flops"] > 0) == ("truth" in name or "fair" in name or name == "independent paths")


def test_truth_is_where_it_was_asked_for(study) -> None:
    name, config, result = study
    regions = result.metrics["regions"]
    having = [region["index"] for region in regions if "truth" in region]
    last = len(regions) - 1
    assert having == {
        "truth of the first region": [0],
        "truth of the last region": [last],
        "truth of all regions and a curve": list(range(len(regions))),
        "fair": [0],
        "independent paths": [0],
        "fair with alpha": [0],
    }.get(name, [])
    for index in having:
        region = regions[index]
        sampled = [path for path in region["truth"] if path["sampled"]]
        top = region["top_paths"][0]["path"]
        assert region["correlation"]["n"] == len(sampled)
        assert [path["path"] for path in region["truth"] if not path["sampled"]] in ([], [top])
        assert top in [path["path"] for path in region["truth"]]
        assert all(len(path["accuracy"]) == config.truth.seeds for path in region["truth"])
        told = region["readouts"][config.trainer.readout]
        assert told["stage_scores"] == region["stage_scores"]
        for coefficient in ("spearman", "kendall"):
            assert told[coefficient] == region["correlation"][coefficient]["value"]


def test_the_curve_follows_the_mode_and_the_top_path(study) -> None:
    name, _, result = study
    followed = [set(point) & {"mode_accuracy", "best_accuracy"} for point in result.metrics["trajectory"]]
    curve = "curve" in name or "synthetic" in name
    assert all(found == ({"mode_accuracy", "best_accuracy"} if curve else set()) for found in followed)


def test_from_python_by_hand_as_from_the_command_line(tmp_path: Path) -> None:
    from fade.cli.main import run as command
    from fade.nets.config import SpaceConfig
    from fade.search import PseudoGradientConfig
    from fade.study import StudyConfig
    from fade.tracking.config import TrackingConfig
    from tests.study.tiny import runs, tiny

    config = StudyConfig(
        dataset=DatasetConfig(name="mnist1d", train_samples=300, test_samples=100),
        space=SpaceConfig(vertices=3, depth=2, channels=4),
        trainer=replace(default_trainer(), epochs=2, repeats=1, fair_repeats=0),
        search=PseudoGradientConfig(regions=2, candidates=2),
        tracking=TrackingConfig(name="none"),
        threads=1,
        outputs=str(tmp_path / "python"),
        store=str(tmp_path / "python_store"),
    )
    by_hand = run(config)
    assert command(tiny(tmp_path)) == 0
    (folder,) = runs(tmp_path)
    assert lasting(metrics(folder)) == lasting(by_hand.metrics)


def test_regions_parse_back(study) -> None:
    for region in study[2].metrics["regions"]:
        assert Region.parse(region["cells"]).texts == region["cells"]
