"""Sweeps: their files, their failures, their continuation."""

import json
import os
import signal
from pathlib import Path

import pytest
import torch

from fade.cli.main import run
from fade.report.sweep import _command
from tests.study.processes import end, errors, start, wait_for
from tests.study.tiny import entries, lasting, metrics, rows, runs, tiny

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("bare")]


def sweep(folder: Path) -> Path:
    (path,) = (folder / "outputs").glob("*/*/sweep.json")
    return path.parent


def states(folder: Path) -> list[str]:
    return [job["state"] for job in json.loads((sweep(folder) / "sweep.json").read_text())["jobs"]]


def test_a_sweep_tells_of_all_its_jobs(tmp_path: Path, shared_store: Path) -> None:
    arguments = tiny(tmp_path, "trainer=synthetic", "seed=0,1", "trainer.rank_correlation=0.5,1", store=shared_store)
    assert run([*arguments[:3], "-m", *arguments[3:]]) == 0  # flags and overrides in any order
    folder = sweep(tmp_path)
    content = json.loads((folder / "sweep.json").read_text())
    assert content["overrides"] == arguments
    assert [job["state"] for job in content["jobs"]] == ["done"] * 4
    assert [job["number"] for job in content["jobs"]] == [0, 1, 2, 3]
    table = rows(folder / "summary.csv")
    expected = [("0", "0.5"), ("0", "1"), ("1", "0.5"), ("1", "1")]
    assert [(row["seed"], row["trainer.rank_correlation"]) for row in table] == expected
    for row, job in zip(table, content["jobs"], strict=True):
        found = metrics(folder / job["folder"])
        assert float(row["best.validation_accuracy"]) == found["best"]["validation_accuracy"]
        assert found["seed"] == int(row["seed"])
        assert (folder / job["folder"] / "report.html").exists()
    assert "rank_correlation" in (folder / "report.html").read_text()


def test_a_job_equals_the_same_single_run(tmp_path: Path) -> None:
    assert run(["-m", *tiny(tmp_path / "sweep", "seed=3,4", "search=fixed")]) == 0
    job = sweep(tmp_path / "sweep") / "1"
    assert run(tiny(tmp_path / "single", "seed=4", "search=fixed")) == 0
    (single,) = runs(tmp_path / "single")
    assert lasting(metrics(job)) == lasting(metrics(single))


def test_a_job_leaves_torch_as_it_found_it(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    assert run(tiny(tmp_path, "trainer=synthetic", f"threads={before + 1}")[1:]) == 0
    assert torch.get_num_threads() == before


def test_a_failing_job_does_not_stop_the_others(tmp_path: Path) -> None:
    arguments = tiny(tmp_path, "trainer.lr=1e30,0.01", "search=fixed", "trainer.epochs=1")
    assert end(start(tmp_path, ["-m", *arguments], bare=True)) == 1
    assert states(tmp_path) == ["failed", "done"]
    job, whole = errors(tmp_path)
    assert job.startswith("fade: error: job 0: ")
    assert "trainer.lr" in job
    assert whole.startswith("fade: error: 1 of 2 jobs failed")
    told = json.loads((sweep(tmp_path) / "sweep.json").read_text())["jobs"][0]["error"]
    assert told.startswith("DivergedError: ")
    assert [row["state"] for row in rows(sweep(tmp_path) / "summary.csv")] == ["failed", "done"]
    before = (sweep(tmp_path) / "1" / "metrics.json").stat().st_mtime_ns
    assert end(start(tmp_path, ["-m", *arguments], bare=True)) == 1  # again in the same folder, the failed job alone
    assert before == (sweep(tmp_path) / "1" / "metrics.json").stat().st_mtime_ns


@pytest.mark.parametrize("how", ["--config-dir {}", "hydra.searchpath=['file://{}']"])
def test_a_sweep_finds_options_in_another_folder(how: str, tmp_path: Path) -> None:
    more = tmp_path / "my, more"
    (more / "experiment").mkdir(parents=True)
    (more / "experiment" / "mine.yaml").write_text("# @package _global_\nname: mine\n")
    words = [word.format(more) for word in how.split()]
    assert run(["-m", *words, *tiny(tmp_path, "trainer=synthetic", "experiment=mine", "seed=0,1")]) == 0
    assert sweep(tmp_path).parent.name == "mine"
    assert str(more) in _command(sweep(tmp_path))
    assert states(tmp_path) == ["done"] * 2


def test_a_sweep_of_fewer_jobs_is_another(tmp_path: Path) -> None:
    arguments = ["-m", *tiny(tmp_path, "seed=0,1", "trainer=synthetic")]
    assert run(arguments) == 0
    first = sweep(tmp_path)
    (first / "1" / "report.html").unlink()
    content = json.loads((first / "sweep.json").read_text())
    (first / "sweep.json").write_text(json.dumps(content | {"jobs": content["jobs"][1:]}))
    assert run(arguments) == 0
    assert len(list(first.parent.glob("*/sweep.json"))) == 2


def test_a_wrong_job_runs_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["-m", *tiny(tmp_path, "search.candidates=2,2,50")]) == 2
    assert "search.candidates=50" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_sweep_killed_in_the_middle_goes_on_in_its_folder(tmp_path: Path) -> None:
    arguments = ["-m", *tiny(tmp_path, "seed=0,1", "search=fixed", "trainer.epochs=10")]
    process = start(tmp_path, arguments, bare=True)
    wait_for(lambda: list(tmp_path.glob("outputs/*/*/1/config.yaml")), process)
    os.kill(process.pid or 0, signal.SIGKILL)
    assert end(process) == -signal.SIGKILL
    assert states(tmp_path) == ["done", "pending"]
    first = (sweep(tmp_path) / "0" / "metrics.json").stat().st_mtime_ns
    assert end(start(tmp_path, arguments, bare=True)) == 0
    assert states(tmp_path) == ["done"] * 2
    assert (sweep(tmp_path) / "0" / "metrics.json").stat().st_mtime_ns == first
    assert len(entries(tmp_path / "store")) == 4  # a region and its best network for each seed
    assert len(rows(sweep(tmp_path) / "summary.csv")) == 2


def test_a_job_whose_metrics_are_damaged_is_replayed_in_its_folder(tmp_path: Path) -> None:
    arguments = ["-m", *tiny(tmp_path, "seed=0,1", "trainer=synthetic")]
    assert run(arguments) == 0
    damaged = sweep(tmp_path) / "0" / "metrics.json"
    before = metrics(damaged.parent)
    damaged.write_bytes(damaged.read_bytes()[:100])
    assert run(arguments) == 0
    assert lasting(metrics(sweep(tmp_path) / "0")) == lasting(before)
    assert states(tmp_path) == ["done"] * 2


def test_two_equal_sweeps_at_once_do_not_share_a_folder(tmp_path: Path) -> None:
    arguments = ["-m", *tiny(tmp_path, "seed=0,1", "trainer=synthetic")]
    processes = [start(tmp_path, arguments, bare=True) for _ in range(2)]
    assert [end(process) for process in processes] == [0, 0]
    assert errors(tmp_path) == []


def test_a_sweep_without_its_report_goes_on_in_its_folder(tmp_path: Path) -> None:
    arguments = ["-m", *tiny(tmp_path, "seed=0,1", "trainer=synthetic")]
    assert run(arguments) == 0
    first = sweep(tmp_path)
    (first / "report.html").unlink()
    assert run(arguments) == 0
    assert sweep(tmp_path) == first
    assert (first / "report.html").exists()
