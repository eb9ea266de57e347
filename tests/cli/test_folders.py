"""Where runs and sweeps lie: Hydra's keys, as its documentation has them."""

import json
from pathlib import Path

import pytest
import yaml

from fade.cli.callback import FOLDER
from fade.cli.main import run
from fade.config import CONF
from tests.study.tiny import metrics, rows, tiny

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("bare")]


def synthetic(folder: Path, *more: str) -> list[str]:
    """A study without training; its outputs are where nothing should come to lie."""
    return tiny(folder, "trainer=synthetic", *more)


def jobs(sweep: Path) -> list[dict[str, object]]:
    listed: list[dict[str, object]] = json.loads((sweep / "sweep.json").read_text())["jobs"]
    return listed


def test_the_folder_of_the_file_is_the_one_that_the_hooks_know() -> None:
    hydra = yaml.safe_load((CONF / "config.yaml").read_text())["hydra"]
    assert hydra["run"]["dir"] == hydra["sweep"]["dir"] == FOLDER


def test_a_run_lies_where_it_is_told_and_goes_on_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = synthetic(tmp_path, "hydra.run.dir=mine/${seed}", "seed=4")
    assert run(words) == 0
    folder = tmp_path / "mine" / "4"
    assert metrics(folder)["seed"] == 4
    assert not (tmp_path / "outputs").exists()
    before = (folder / "metrics.json").read_text()
    assert run(words) == 0
    assert "finished before, mine/4" in capsys.readouterr().out
    assert (folder / "metrics.json").read_text() == before
    (folder / "metrics.json").unlink()
    assert run(words) == 0
    assert (folder / "metrics.json").exists()
    assert run([*words, "search.regions=1"]) == 2
    assert "mine/4 holds a run of another configuration" in capsys.readouterr().err


def test_wrong_data_leave_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "before").mkdir()
    for place in ("new/er/x", "before/x"):
        assert run([*tiny(tmp_path), "trainer.batch_size=5000", f"hydra.run.dir={place}"]) == 2
        assert sorted(path.name for path in tmp_path.rglob("*")) == ["before"]


def test_a_sweep_lies_where_it_is_told_and_goes_on_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = synthetic(tmp_path, "seed=0,1", "hydra.sweep.dir=all", "hydra.sweep.subdir=seed-${seed}")
    assert run(["-m", *words]) == 0
    sweep = tmp_path / "all"
    assert [(job["folder"], job["state"]) for job in jobs(sweep)] == [("seed-0", "done"), ("seed-1", "done")]
    assert [row["seed"] for row in rows(sweep / "summary.csv")] == ["0", "1"]
    assert (sweep / "report.html").exists()
    assert not (tmp_path / "outputs").exists()
    kept = (sweep / "seed-0" / "metrics.json").stat().st_mtime_ns
    (sweep / "seed-1" / "metrics.json").unlink()
    assert run(["-m", *words]) == 0
    assert metrics(sweep / "seed-1")["seed"] == 1
    assert (sweep / "seed-0" / "metrics.json").stat().st_mtime_ns == kept
    assert run(["-m", *words, "search.regions=1"]) == 2
    assert "hydra.sweep.dir=all holds another sweep" in capsys.readouterr().err


def test_a_sweep_goes_on_whoever_runs_its_jobs(tmp_path: Path) -> None:
    words = synthetic(tmp_path, "seed=0,1")
    assert run(["-m", *words]) == 0
    (sweep,) = (path.parent for path in tmp_path.glob("outputs/*/*/sweep.json"))
    (sweep / "report.html").unlink()
    assert run(["-m", *words, "hydra/launcher=basic", "hydra.verbose=[nothing]"]) == 0
    assert (sweep / "report.html").exists()
    assert len(list(sweep.parent.iterdir())) == 1


def test_a_shuffled_sweep_runs_each_job_once(tmp_path: Path) -> None:
    assert run(["-m", *synthetic(tmp_path, "seed=shuffle(range(3))")]) == 0
    (sweep,) = (path.parent for path in tmp_path.glob("outputs/*/*/sweep.json"))
    assert {metrics(sweep / str(job["folder"]))["seed"] for job in jobs(sweep)} == {0, 1, 2}
    assert [job["number"] for job in jobs(sweep)] == [0, 1, 2]


def test_batches_of_a_sweep_run_on_after_a_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = synthetic(tmp_path, "objective=best.nothing,best.validation_accuracy", "hydra.sweeper.max_batch_size=1")
    assert run(["-m", *words]) == 1
    (sweep,) = (path.parent for path in tmp_path.glob("outputs/*/*/sweep.json"))
    assert [job["state"] for job in jobs(sweep)] == ["failed", "done"]
    job, whole = capsys.readouterr().err.splitlines()
    assert "job 0: ValueError: objective=best.nothing is no number" in job
    assert "1 of 2 jobs failed (job 0)" in whole
