"""Hydra's flags, launchers and sweepers, each as a user has them."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from fade.cli.main import run
from fade.report.sweep import _command
from tests.cli.processes import fade
from tests.study.tiny import metrics, tiny

pytestmark = pytest.mark.processes


@pytest.fixture
def more(tmp_path: Path) -> Path:
    """A user's folder of configurations."""
    folder = tmp_path / "my, 'own'"
    files = {
        "experiment/mine.yaml": "# @package _global_\n# A study of mine.\nname: mine\nseed: 7\n",
        "experiment/grid.yaml": "# @package _global_\nname: grid\nhydra: {sweeper: {params: {seed: '3,4'}}}\n",
        "dataset/arrays.yaml": "# Arrays of mine.\nname: digits\ntrain_samples: 200\n",
        "primary.yaml": "defaults: [config, _self_]\nname: primary\nseed: 5\n",
        "bare.yaml": "seed: 5\n",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def found(folder: Path, pattern: str = "outputs/*/*/metrics.json") -> list[Path]:
    return sorted(path.parent for path in folder.glob(pattern))


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What Hydra prints for its own flags."""
    assert run(arguments) == 0
    return capsys.readouterr().out


def test_joblib_runs_jobs_in_other_processes_and_a_failure_there_is_named(tmp_path: Path) -> None:
    words = tiny(tmp_path, "trainer=synthetic", "objective=best.nothing,cost.train_flops")
    done = fade(tmp_path, "-m", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2", *words)
    assert done.returncode == 1
    job, whole = done.stderr.splitlines()
    assert job.startswith("fade: error: job 0: ValueError: objective=best.nothing")
    assert whole.startswith("fade: error: 1 of 2 jobs failed (job 0)")
    (sweep,) = found(tmp_path, "outputs/*/*/sweep.json")
    assert [job["state"] for job in json.loads((sweep / "sweep.json").read_text())["jobs"]] == ["failed", "done"]
    assert [path.name for path in found(tmp_path, "outputs/*/*/*/report.html")] == ["0", "1"]
    assert (sweep / "report.html").exists()


def test_a_sweeper_of_others_optimises_the_objective(tmp_path: Path) -> None:
    words = tiny(tmp_path, "trainer=synthetic", "hydra/sweeper=climbing")
    done = fade(tmp_path, "-m", *words)
    assert done.returncode == 0, done.stderr
    (sweep,) = found(tmp_path, "outputs/*/*/sweep.json")
    listed = json.loads((sweep / "sweep.json").read_text())["jobs"]
    accuracies = [metrics(sweep / job["folder"])["best"]["validation_accuracy"] for job in listed]
    results = yaml.safe_load((sweep / "best.yaml").read_text())
    assert [each["objective"] for each in results["all"]] == accuracies
    assert results["best"]["objective"] == max(accuracies)
    assert [job["overrides"][-1] for job in listed] == [f"trainer.rank_correlation={r}" for r in (0.0, 0.5, 1.0)]


@pytest.mark.parametrize(("tolerant", "states"), [("true", ["done", "failed"]), ("false", ["failed"])])
def test_a_sweeper_of_others_decides_about_failures(tolerant: str, states: list[str], tmp_path: Path) -> None:
    start = "1" if tolerant == "true" else "1.5"
    sweeper = ["hydra/sweeper=climbing", "hydra.sweeper.trials=2", f"hydra.sweeper.start={start}"]
    done = fade(tmp_path, "-m", *tiny(tmp_path, "trainer=synthetic", *sweeper, f"hydra.sweeper.tolerant={tolerant}"))
    assert done.returncode == 1
    (sweep,) = found(tmp_path, "outputs/*/*/sweep.json")
    listed = json.loads((sweep / "sweep.json").read_text())["jobs"]
    assert [job["state"] for job in listed] == states
    assert listed[-1]["error"].startswith("trainer.rank_correlation=1.5 is out of range")
    assert done.stderr.splitlines()[-1].startswith(f"fade: error: 1 of {len(states)} jobs failed")


@pytest.mark.usefixtures("bare")
def test_what_a_sweeper_of_others_gets_wrong_leaves_nothing(tmp_path: Path) -> None:
    words = tiny(tmp_path, "trainer=synthetic", "hydra/sweeper=climbing")
    for word, advice in (("hydra.sweeper.trials=many", "whole number"), ("plan=true", "leave out one of them")):
        done = fade(tmp_path, "-m", *words, word)
        assert done.returncode == 2
        assert word.partition("=")[0] in done.stderr
        assert advice in done.stderr
    assert not (tmp_path / "outputs").exists()


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize(
    "path", [lambda folder: ["--config-dir", folder], lambda folder: [f'hydra.searchpath=["file://{folder}"]']]
)
def test_options_in_a_folder_of_the_user(path: Callable[[Path], list[object]], more: Path, tmp_path: Path) -> None:
    flags = [str(word) for word in path(more)]
    assert run([*flags, *tiny(tmp_path, "trainer=synthetic", "experiment=mine")]) == 0
    (folder,) = found(tmp_path)
    assert (folder.parent.name, metrics(folder)["seed"]) == ("mine", 7)


def test_help_and_errors_know_the_folder_of_the_user(more: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["--help", "--config-dir", str(more)], ["-h", "experiment", f'hydra.searchpath=["file://{more}"]']):
        assert "mine              A study of mine." in told(capsys, *words)
    assert run(["--config-dir", str(more), "experiment=mne"]) == 2
    assert "grid, matched_regions, matched_regions_earlier, mine," in capsys.readouterr().err


@pytest.mark.usefixtures("bare")
def test_a_primary_configuration_of_the_user(
    more: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    flags = ["--config-dir", str(more), "--config-name"]
    assert run([*flags, "primary", *tiny(tmp_path, "trainer=synthetic")]) == 0
    assert metrics(*found(tmp_path))["seed"] == 5
    assert run(["-m", *flags, "primary", *tiny(tmp_path, "trainer=synthetic", "seed=1,2")]) == 0
    (sweep,) = found(tmp_path, "outputs/primary/*/sweep.json")
    assert "--config-name=primary" in _command(sweep)
    assert run([*flags, "bare"]) == 2
    assert "begin the defaults list of its file with - config" in capsys.readouterr().err


@pytest.mark.usefixtures("bare")
def test_a_sweep_in_a_file(more: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = tiny(tmp_path, "trainer=synthetic", "experiment=grid")
    assert run(["-m", "--config-dir", str(more), *words]) == 0
    assert [metrics(folder)["seed"] for folder in found(tmp_path, "outputs/grid/*/*/metrics.json")] == [3, 4]
    file = more / "experiment" / "grid.yaml"
    file.write_text(file.read_text().replace("3,4", "3,-1"))
    assert run(["-m", "--config-dir", str(more), *words]) == 2
    assert re.search(r"^fade: error: seed=-1 .*\(job 1: seed=-1 ", capsys.readouterr().err)


def test_a_file_without_a_schema_has_that_of_its_group(more: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--config-dir", str(more), "dataset=arrays"]
    assert run([*flags, "plan=true", "trainer=synthetic"]) == 0
    assert run([*flags, "dataset.alpha_fraction=0.2"]) == 2
    assert "defaults: [dataset_schema, _self_]" in capsys.readouterr().err


def test_flags_of_hydra(capsys: pytest.CaptureFixture[str]) -> None:
    assert yaml.safe_load(told(capsys, "--cfg", "job", "--package", "dataset"))["name"] == "mnist1d"
    assert "subdir: ${hydra.job.num}" in told(capsys, "--cfg", "hydra", "-p", "hydra.sweep")
    assert told(capsys, "--cfg", "all", "-p", "seed", "seed=3") == "3\n"
    assert "dir: outputs/fade/" in told(capsys, "--cfg", "all", "--resolve", "-p", "hydra.run")
    assert "structured://" in told(capsys, "--info", "searchpath")
    assert "trainer: consensus" in told(capsys, "--info", "defaults-tree")


def test_shell_completion(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["/usr/bin/fade"])
    assert told(capsys, "--shell-completion", "install=bash").endswith("hydra_bash_completion fade\n")
    for line, choices in (("fade trainer=fa", "trainer=fair"), ("fade dataset.ro", "dataset.root=")):
        monkeypatch.setenv("COMP_LINE", line)
        assert told(capsys, "-sc", "query=bash").split() == [choices]


@pytest.mark.usefixtures("bare")
def test_verbose_tells_what_hydra_does(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = tiny(tmp_path, "trainer=synthetic")
    assert run(words) == 0
    assert "DEBUG" not in capfd.readouterr().err
    assert run([*words, "hydra.verbose=true"]) == 0
    assert "[DEBUG] - Hydra 1." in capfd.readouterr().err


@pytest.mark.usefixtures("bare")
def test_mode_in_the_configuration_sweeps(tmp_path: Path) -> None:
    assert run(tiny(tmp_path, "trainer=synthetic", "hydra.mode=MULTIRUN", "seed=0,1")) == 0
    assert len(found(tmp_path, "outputs/*/*/*/metrics.json")) == 2
