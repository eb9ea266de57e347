"""What every tracker must do."""

from __future__ import annotations

from pathlib import Path

import pytest

from fade.tracking import Tracker, TrackingConfig


class TrackerConformance:
    """Subclass it with a fixture ``config``: a `TrackingConfig` that needs no network."""

    @pytest.fixture
    def config(self) -> TrackingConfig:
        """The configuration under test."""
        raise NotImplementedError("give a fixture `config` that returns your TrackingConfig")

    def build(self, config: TrackingConfig, folder: Path) -> Tracker:
        """Its tracker of a run."""
        folder.mkdir(exist_ok=True)
        return config.build(folder, run_id="0123456789ab", name="test/run", group="test", config={"seed": 0})

    def test_takes_all_that_a_study_tells(self, config: TrackingConfig, tmp_path: Path) -> None:
        """Curves, tables, pictures and final values, with numbers that are missing among them."""
        from matplotlib.figure import Figure

        config.check()
        with self.build(config, tmp_path / "run") as tracker:
            for region in range(2):
                tracker.log({"region/validation_accuracy": 0.5, "trajectory/seconds": 1.0}, region)
            tracker.table("top_paths", ["path", "score"], [["0-1", 0.5], ["1-1", None]])
            tracker.figure("search", Figure())
            tracker.summary({"best.test_accuracy": 0.5, "name": "a run", "nothing": None})

    def test_writes_inside_the_folder_of_the_run(
        self, config: TrackingConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Not beside it, and not where the process was started."""
        monkeypatch.chdir(tmp_path)
        with self.build(config, tmp_path / "run") as tracker:
            tracker.log({"region/validation_accuracy": 0.5}, 0)
        assert [path.name for path in tmp_path.iterdir()] == ["run"]

    def test_a_run_that_goes_on_logs_its_regions_again(self, config: TrackingConfig, tmp_path: Path) -> None:
        """A resumed study replays its regions, into the same folder and under the same id."""
        for _ in range(2):
            with self.build(config, tmp_path / "run") as tracker:
                tracker.log({"region/validation_accuracy": 0.5}, 0)

    def test_ends_when_a_study_fails(self, config: TrackingConfig, tmp_path: Path) -> None:
        """The error goes on its way, and the next run can be tracked."""
        with pytest.raises(ZeroDivisionError), self.build(config, tmp_path / "run"):
            raise ZeroDivisionError
        with self.build(config, tmp_path / "next") as tracker:
            tracker.log({"region/validation_accuracy": 0.5}, 0)
