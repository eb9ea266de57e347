"""The package of examples, installed as a user's package is: its parts are options, with help and errors like ours."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.study.processes import end, start

pytestmark = pytest.mark.processes

EXAMPLES = Path(__file__).parents[1] / "examples"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the package is installed, and where `fade` is called."""
    site = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, "--target", str(site), str(EXAMPLES)], check=True)
    return site


def fade(folder: Path, *words: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `fade WORDS`."""
    for name in ("out.txt", "err.txt"):
        (folder / name).unlink(missing_ok=True)
    code = end(start(folder, words, bare=True))
    return code, (folder / "out.txt").read_text(), (folder / "err.txt").read_text()


def test_its_experiment_runs_with_every_part(folder: Path) -> None:
    code, _, errors = fade(folder, "hydra.searchpath=[pkg://fade_example.conf]", "experiment=example")
    assert code == 0, errors
    (file,) = (folder / "outputs" / "example").glob("*/metrics.json")
    metrics = json.loads(file.read_text())
    assert metrics["dataset"] == "stripes"
    assert len(metrics["regions"]) == 2
    for region in metrics["regions"]:
        assert region["readout"] == "clipped_effects"
        assert region["stage_scores"] == region["readouts"]["clipped_effects"]["stage_scores"]
    assert any("gelu3" in cell for region in metrics["regions"] for stage in region["cells"] for cell in stage)
    assert len((file.parent / "curves.jsonl").read_text().splitlines()) == 2


def test_its_estimator_scores_without_training(folder: Path) -> None:
    words = ("trainer=counts", "trainer.count=edges", "search=keep_best", "tracking=none", "name=counted")
    assert fade(folder, *words)[0] == 0
    (file,) = (folder / "outputs" / "counted").glob("*/metrics.json")
    metrics = json.loads(file.read_text())
    for region in metrics["regions"]:
        edges = [[cell.count("-") for cell in stage] for stage in region["cells"]]
        assert region["stage_scores"] == edges
    best = [max(map(max, region["stage_scores"])) for region in metrics["regions"]]
    assert best == sorted(best)  # the search remembers


def test_its_options_have_help_and_one_line_errors(folder: Path) -> None:
    _, told, _ = fade(folder, "--help", "search")
    assert "keep_best" in told
    assert "the best cell of each stage stays" in told.lower()
    code, _, wrong = fade(folder, "search=keep_best", "search.regions=0")
    assert (code, wrong.count("\n")) == (2, 1)
    assert "search.regions=0 is out of range; give 1 or more" in wrong
    _, _, wrong = fade(folder, "trainer=counts", "trainer.count=legs")
    assert "trainer.count=legs is unknown; choose from" in wrong
