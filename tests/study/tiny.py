"""A study of a second: two regions of two stages with two candidates."""

import csv
import json
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

from fade.config import compose_study
from fade.study import StudyConfig

OVERRIDES = (
    "threads=1",
    "dataset.train_samples=300",
    "dataset.test_samples=100",
    "trainer.epochs=2",
    "trainer.repeats=1",
    "trainer.fair_repeats=0",
    "search.candidates=2",
    "space.vertices=3",
    "space.depth=2",
    "space.channels=4",
    "tracking=none",
)
TIMES = ("seconds", "measure_seconds", "stored_seconds", "epoch_seconds", "peak_flops_per_second")
"""Keys of metrics.json and regions.jsonl, wherever they stand, that a replay does not repeat."""


def tiny(folder: Path, *more: str, store: Path | None = None) -> list[str]:
    """Overrides of a tiny study; two regions unless `more` chooses another search, no epochs if it trains nothing."""
    base = [word for word in OVERRIDES if not word.startswith("trainer.") or "trainer=synthetic" not in more]
    if "trainer=independent_paths" in more:
        base.remove("trainer.fair_repeats=0")
    regions = () if any(word.startswith(("search=", "search.regions")) for word in more) else ("search.regions=2",)
    return [*base, *regions, f"outputs={folder / 'outputs'}", f"store={store or folder / 'store'}", *more]


def tiny_config(folder: Path, *more: str, store: Path | None = None) -> StudyConfig:
    """The typed study; those that differ in their folders alone are composed once, a tenth of a second."""
    config = deepcopy(_composed(tuple(tiny(UNSET, *more))))
    for name in ("outputs", "store"):
        if getattr(config, name) == str(UNSET / name):
            setattr(config, name, str(store if store and name == "store" else folder / name))
    return config


UNSET = Path("unset")


@cache
def _composed(words: tuple[str, ...]) -> StudyConfig:
    return compose_study(words)


def lasting(value: Any) -> Any:
    """What a replay repeats to the bit: all but times."""
    if isinstance(value, dict):
        return {key: lasting(item) for key, item in value.items() if key not in TIMES}
    return [lasting(item) for item in value] if isinstance(value, list) else value


def runs(folder: Path) -> list[Path]:
    """Folders of runs below an output folder, oldest first."""
    return sorted(path.parent for path in (folder / "outputs").glob("*/*/config.yaml"))


def metrics(run: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run / "metrics.json").read_text())
    return content


def entries(store: Path) -> list[dict[str, Any]]:
    """The requests of all that is stored."""
    return [json.loads(path.read_text())["request"] for path in sorted(store.glob("??/*.json"))]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
