"""Where curves go."""

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from fade import tracking
from fade.study import run
from fade.study.config import ConfigurationError
from fade.tracking.base import Tracker
from tests.study.tiny import rows, tiny_config

pytestmark = pytest.mark.usefixtures("bare")

SHORT = ["search=fixed", "trainer.epochs=1"]


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch):
    """Who knocks at the proxy that every connection would go through."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    knocks: list[Any] = []
    stop = threading.Event()

    def listen() -> None:
        while not stop.is_set():
            try:
                knocks.append(server.accept()[1])
            except TimeoutError:
                continue

    listener = threading.Thread(target=listen)
    listener.start()
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{server.getsockname()[1]}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    yield knocks
    stop.set()
    listener.join()
    server.close()


def written(file: Path) -> bool:
    """W&B writes an offline run to its end beside us, up to half a second after the run is finished."""
    deadline = time.monotonic() + 20
    while file.stat().st_size <= 1000 and time.monotonic() < deadline:
        time.sleep(0.05)
    return file.stat().st_size > 1000


def test_wandb_offline_leaves_its_files_and_asks_no_network(
    tmp_path: Path, shared_store: Path, network: list[Any]
) -> None:
    import wandb

    results = [
        run(tiny_config(tmp_path, *SHORT, "tracking=wandb", f"seed={seed}", store=shared_store)) for seed in (0, 1)
    ]
    assert wandb.run is None  # finished: two studies in one process are two runs
    identities = set()
    for result in results:
        (folder,) = (result.folder / "wandb").glob("offline-run-*")
        identity = folder.name.rpartition("-")[2]
        identities.add(identity)
        assert written(folder / f"run-{identity}.wandb")
    assert len(identities) == 2
    assert network == []

    first = results[0].folder
    (first / "metrics.json").unlink()  # as if it had been interrupted
    assert run(tiny_config(tmp_path, *SHORT, "tracking=wandb", "seed=0", store=shared_store)).folder == first
    continued = {folder.name.rpartition("-")[2] for folder in (first / "wandb").glob("offline-run-*")}
    assert len(continued) == 1
    assert continued <= identities


def test_wandb_is_finished_when_a_study_fails(tmp_path: Path) -> None:
    import wandb

    from fade.training.lookup import DivergedError

    with pytest.raises(DivergedError):
        run(tiny_config(tmp_path, *SHORT, "tracking=wandb", "trainer.lr=1e30"))
    assert wandb.run is None


def test_csv_has_the_curves(tmp_path: Path, shared_store: Path) -> None:
    result = run(tiny_config(tmp_path, "tracking=csv", store=shared_store))
    table = rows(result.folder / "csv" / "metrics.csv")
    told = [row["region/validation_accuracy"] for row in table if row["region/validation_accuracy"]]
    assert list(map(float, told)) == [region["validation_accuracy"] for region in result.metrics["regions"]]
    final = [row["final/best.test_accuracy"] for row in table if row["final/best.test_accuracy"]]
    assert list(map(float, final)) == [result.metrics["best"]["test_accuracy"]]


def test_tensorboard_has_the_curves(tmp_path: Path, shared_store: Path) -> None:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    result = run(tiny_config(tmp_path, "tracking=tensorboard", store=shared_store))
    events = accumulator.EventAccumulator(str(result.folder / "tensorboard"))
    events.Reload()
    points = events.Scalars("region/validation_accuracy")
    assert [point.step for point in points] == [0, 1]
    accuracies = [region["validation_accuracy"] for region in result.metrics["regions"]]
    assert [point.value for point in points] == pytest.approx(accuracies)

    (result.folder / "metrics.json").unlink()  # as if it had been interrupted
    run(tiny_config(tmp_path, "tracking=tensorboard", store=shared_store))
    again = accumulator.EventAccumulator(str(result.folder / "tensorboard"))
    again.Reload()
    assert [point.step for point in again.Scalars("region/validation_accuracy")] == [0, 1]


class Recorder(Tracker):
    """Keeps the names of what it is told."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.closed: list[bool] = []

    def log(self, values: dict[str, float], step: int) -> None:
        self.names |= set(values)

    def close(self, failed: bool) -> None:
        self.closed.append(failed)


def test_metric_names_are_documented(tmp_path: Path, shared_store: Path) -> None:
    from fade.study.record import log_region

    recorder = Recorder()
    words = ("trainer=joint", "truth=retrain", "truth.curve=true", "truth.paths=3")
    result = run(tiny_config(tmp_path, *words, store=shared_store))
    for region, point in zip(result.metrics["regions"], result.metrics["trajectory"], strict=True):
        log_region(recorder, region | {"trajectory": point})
    families = {name.split("/")[0] for name in recorder.names}
    assert families >= {"region", "trajectory", "correlation", "baselines", "readouts", "stage_weights"}
    for name in recorder.names:
        family, rest = name.split("/", 1)
        documented = f"{family}/NAME" if family in ("baselines", "readouts") else f"{family}/{rest}"
        if family == "stage_weights":
            documented = "stage_weights/STAGE/CANDIDATE"
        assert f"`{documented}`" in (tracking.__doc__ or ""), name


@pytest.mark.parametrize("fails", [False, True])
def test_a_tracker_is_closed_whatever_happens(fails: bool) -> None:
    recorder = Recorder()
    with pytest.raises(ZeroDivisionError) if fails else _nothing(), recorder:
        if fails:
            raise ZeroDivisionError
    assert recorder.closed == [fails]


def test_a_missing_tensorboard_is_told_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tiny_config(tmp_path, "tracking=tensorboard")
    monkeypatch.setattr("fade.tracking.config.find_spec", lambda _: None)
    with pytest.raises(ConfigurationError, match="pip install tensorboard"):
        run(config)
    assert list(tmp_path.iterdir()) == []


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()
