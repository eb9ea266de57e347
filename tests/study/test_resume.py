"""Resume is replay: whatever happens to the process or the store, the same command ends with the same numbers."""

import errno
import os
import random
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path

import pytest

from fade.cli.main import run
from tests.study.processes import end, start, wait_for
from tests.study.tiny import entries, lasting, metrics, runs, tiny

pytestmark = pytest.mark.processes

WHOLE = ("truth=retrain", "truth.paths=2", "truth.seeds=2", "truth.curve=true", "trainer.epochs=3", "search.regions=3")


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study that nothing disturbed."""
    folder = tmp_path_factory.mktemp("uninterrupted")
    assert run(tiny(folder, *WHOLE)) == 0
    return folder


def test_a_replay_is_the_same_to_the_bit_and_trains_nothing(uninterrupted: Path) -> None:
    before = entries(uninterrupted / "store")
    (first,) = runs(uninterrupted)
    assert run(tiny(uninterrupted, *WHOLE)) == 0
    assert entries(uninterrupted / "store") == before
    second = runs(uninterrupted)[-1]
    assert second != first
    assert lasting(metrics(second)) == lasting(metrics(first))
    assert (second / "ranks.csv").read_text() == (first / "ranks.csv").read_text()
    done, replayed = metrics(first)["cost"], metrics(second)["cost"]
    assert done["stored_seconds"] == 0
    assert done["peak_flops_per_second"] > 0
    assert "peak_flops_per_second" not in replayed
    assert replayed["stored_seconds"] == pytest.approx(replayed["seconds"] + replayed["measure_seconds"])
    assert sum(request["kind"] == "region" for request in before) == 3


@pytest.mark.parametrize("cores", [1, 2])
def test_killed_at_random_moments_it_ends_the_same(cores: int, uninterrupted: Path, tmp_path: Path) -> None:
    """With two cores trainings run side by side, and nothing is left of the processes that were started for them."""
    store, rng = tmp_path / "store", random.Random(0)
    total = len(entries(uninterrupted / "store"))
    kills = 0
    for stored in (0, 2, total - 2):  # in the first training, between trainings, near the end
        process = start(tmp_path, tiny(tmp_path, *WHOLE), bare=True, cores=cores)
        wait_for(lambda stored=stored: len(list(store.glob("??/*.json"))) >= stored, process)
        time.sleep(rng.random() * 0.1)
        with suppress(ProcessLookupError):  # it may have ended
            os.kill(process.pid or 0, signal.SIGKILL)
        kills += end(process) == -signal.SIGKILL
    assert kills >= 2
    assert end(start(tmp_path, tiny(tmp_path, *WHOLE), bare=True, cores=cores)) == 0
    (folder,) = runs(tmp_path)
    (undisturbed, *_) = runs(uninterrupted)
    assert lasting(metrics(folder)) == lasting(metrics(undisturbed))
    assert entries(store) == entries(uninterrupted / "store")
    assert (folder / "ranks.csv").read_text() == (undisturbed / "ranks.csv").read_text()
    lines = (folder / "regions.jsonl").read_text().splitlines()
    assert len(lines) == 3


def test_a_run_killed_before_its_page_is_unfinished(tmp_path: Path, shared_store: Path) -> None:
    assert run(tiny(tmp_path, "trainer=synthetic", store=shared_store)) == 0
    (folder,) = runs(tmp_path)
    (folder / "report.html").unlink()
    assert run(tiny(tmp_path, "trainer=synthetic", store=shared_store)) == 0
    assert runs(tmp_path) == [folder]
    assert (folder / "report.html").exists()


@pytest.fixture(scope="module")
def undamaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study whose store is whole."""
    folder = tmp_path_factory.mktemp("undamaged")
    assert run(tiny(folder)) == 0
    return folder


@pytest.mark.usefixtures("bare")
@pytest.mark.parametrize("what", ["region", "networks", "weights"])
def test_a_damaged_file_is_moved_aside_and_computed_again(what: str, undamaged: Path, tmp_path: Path) -> None:
    (first,) = runs(undamaged)
    store = shutil.copytree(undamaged / "store", tmp_path / "store")
    before = entries(store)
    if what == "weights":
        damaged, _ = sorted(store.glob("??/*.bin"))
    else:
        damaged = next(path for path in sorted(store.glob("??/*.json")) if f'"kind":"{what}"' in _dense(path))
    damaged.write_bytes(damaged.read_bytes()[:-40])
    with pytest.warns(RuntimeWarning, match="is damaged"):
        assert run(tiny(tmp_path)) == 0
    assert damaged.with_name(damaged.name + ".damaged").exists()
    assert entries(store) == before
    assert lasting(metrics(runs(tmp_path)[-1])) == lasting(metrics(first))


def test_two_processes_with_the_same_study_both_end_well(tmp_path: Path) -> None:
    processes = [start(tmp_path, tiny(tmp_path), bare=True) for _ in range(2)]
    assert [end(process) for process in processes] == [0, 0]
    folders = runs(tmp_path)
    assert 1 <= len(folders) <= 2
    assert all(lasting(metrics(folder)) == lasting(metrics(folders[0])) for folder in folders)
    assert len(entries(tmp_path / "store")) == 4  # two regions and two finalists


@pytest.mark.usefixtures("bare")
def test_another_configuration_has_another_folder(tmp_path: Path, shared_store: Path) -> None:
    for seed in (0, 1):
        assert run(tiny(tmp_path, "trainer=synthetic", f"seed={seed}", store=shared_store)) == 0
        assert len(runs(tmp_path)) == seed + 1
    (runs(tmp_path)[0] / "metrics.json").unlink()
    assert run(tiny(tmp_path, "trainer=synthetic", "seed=0", store=shared_store)) == 0
    assert [metrics(folder)["seed"] for folder in runs(tmp_path)] == [0, 1]


@pytest.mark.usefixtures("bare")
def test_damaged_and_foreign_neighbours_are_left_alone(tmp_path: Path, shared_store: Path) -> None:
    parent = tmp_path / "outputs" / "fade"
    for name, file, content in (
        ("binary", "config.yaml", b"\xff\xfe"),
        ("list", "sweep.json", b"[]"),
        ("empty", "sweep.json", b"{}"),
        ("cut", "sweep.json", b'{"overrides'),
    ):
        (parent / name).mkdir(parents=True)
        (parent / name / file).write_bytes(content)
    (parent / "folder" / "config.yaml").mkdir(parents=True)
    before = sorted(parent.iterdir())
    synthetic = tiny(tmp_path, "trainer=synthetic", store=shared_store)
    assert run(synthetic) == 0
    (folder,) = set(parent.iterdir()) - set(before)
    (folder / "metrics.json").unlink()
    lines = (folder / "regions.jsonl").read_text()
    (folder / "regions.jsonl").write_text("5\n")
    assert run(synthetic) == 0
    assert (folder / "metrics.json").exists()
    assert len((folder / "regions.jsonl").read_text().splitlines()) == len(lines.splitlines())
    assert run(["-m", *synthetic, "seed=0,1"]) == 0
    assert len(set(parent.iterdir()) - set(before)) == 2


def test_a_disk_that_is_full_at_the_export_ends_a_run_that_then_goes_on(tmp_path: Path, shared_store: Path) -> None:
    words = tiny(tmp_path, "search=fixed", store=shared_store)
    full = OSError(errno.ENOSPC, "No space left on device")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fade.export.export.serialised", Raising(full))
        assert run(words) == 1
    assert run(words) == 0
    (folder,) = runs(tmp_path)
    assert (folder / "best" / "model.pt2").exists()


class Raising:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def __call__(self, *_: object) -> None:
        raise self.error


def _dense(path: Path) -> str:
    return path.read_text().replace(" ", "")
