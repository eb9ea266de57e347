"""A tracker: points of curves as lines of JSON in the run's folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fade.tracking import Tracker, TrackingConfig, register_tracker


@register_tracker
@dataclass(kw_only=True)
class LinesConfig(TrackingConfig):
    """Points of curves as lines of JSON in the run's folder.

    Attributes:
        name: ``lines``.
        file: What the file is called.
    """

    name: str = "lines"
    file: str = "curves.jsonl"

    def build(self, folder: Path, *, run_id: str, name: str, group: str | None, config: dict[str, Any]) -> Tracker:
        """See `TrackingConfig.build`."""
        return Lines(folder / self.file)


class Lines(Tracker):
    """Writes a line a region; a run that continues begins the file anew, since it logs all its regions again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_text("", encoding="utf-8")

    def log(self, values: dict[str, float], step: int) -> None:
        """See `Tracker.log`."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")
