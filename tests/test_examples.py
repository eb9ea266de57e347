"""The package of examples, installed as a user's package is: its parts are options, with help and errors like ours."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(EXAMPLES)], check=True)
    return site


def fade(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    paths = [str(installed), str(EXAMPLES.parent)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "fade", *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_its_experiment_runs_with_every_part(installed: Path, tmp_path: Path) -> None:
    done = fade(installed, tmp_path, "hydra.searchpath=[pkg://fade_example.conf]", "experiment=example")
    assert done.returncode == 0, done.stderr
    (file,) = (tmp_path / "outputs" / "example").glob("*/metrics.json")
    metrics = json.loads(file.read_text())
    assert metrics["dataset"] == "stripes"
    assert len(metrics["regions"]) == 2
    for region in metrics["regions"]:
        assert region["readout"] == "clipped_effects"
        assert region["stage_scores"] == region["readouts"]["clipped_effects"]["stage_scores"]
    assert any("gelu3" in cell for region in metrics["regions"] for stage in region["cells"] for cell in stage)
    assert len((file.parent / "curves.jsonl").read_text().splitlines()) == 2


def test_its_estimator_scores_without_training(installed: Path, tmp_path: Path) -> None:
    words = ("trainer=counts", "trainer.count=edges", "search=keep_best", "tracking=none", "name=counted")
    assert fade(installed, tmp_path, *words).returncode == 0
    (file,) = (tmp_path / "outputs" / "counted").glob("*/metrics.json")
    metrics = json.loads(file.read_text())
    for region in metrics["regions"]:
        edges = [[cell.count("-") for cell in stage] for stage in region["cells"]]
        assert region["stage_scores"] == edges
    best = [max(map(max, region["stage_scores"])) for region in metrics["regions"]]
    assert best == sorted(best)  # the search remembers


def test_its_options_have_help_and_one_line_errors(installed: Path, tmp_path: Path) -> None:
    told = fade(installed, tmp_path, "--help", "search").stdout
    assert "keep_best" in told
    assert "the best cell of each stage stays" in told.lower()
    wrong = fade(installed, tmp_path, "search=keep_best", "search.regions=0")
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)
    assert "search.regions=0 is out of range; give 1 or more" in wrong.stderr
    wrong = fade(installed, tmp_path, "trainer=counts", "trainer.count=legs")
    assert "trainer.count=legs is unknown; choose from" in wrong.stderr
