"""Reading earlier runs: losses of their stand-alone networks, from which the predictor learns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from fade.data.source import sources
from fade.estimators.predictor import EarlierRegion
from fade.run_files import finished
from fade.space import Cell, Region

if TYPE_CHECKING:
    from fade.data import DatasetConfig
    from fade.nets.config import SpaceConfig

ANYWHERE = ("dataset.download", "dataset.placement")
"""Keys of a data set that change nothing in it."""


def read_earlier_runs(
    folders: Sequence[str], dataset: DatasetConfig, space: SpaceConfig, own: Path
) -> list[EarlierRegion]:
    """Each region whose networks were trained by the runs below some folders; files that did not change are read once.

    Of their validation losses, a path's the mean over its seeds; a test's accuracies are for holding ranks against. Of
    a region of several runs that with the most networks and seeds is taken. Networks may have been trained by another
    recipe, and on other splits of the data, than this study's. Runs of the study itself are left out, as which of these
    are finished may change while it is interrupted.

    Args:
        folders: Where the runs are.
        dataset: Of the study that is to learn; theirs must be the same.
        space: Likewise.
        own: The folder of this study's runs.

    Raises:
        ValueError: Naming trainer.earlier_runs, the folder and the remedy, where a folder cannot be learned from.
    """
    if not folders:
        return []
    found: dict[tuple[frozenset[Cell], ...], EarlierRegion] = {}
    ours = json.dumps({"dataset": asdict(dataset), "space": asdict(space)}, default=list)
    for folder in folders:
        for file in _runs_below(folder, own):
            stamps = tuple((file.parent / name).stat().st_mtime_ns for name in ("metrics.json", "config.yaml"))
            for region in _read_run(file, stamps, ours):
                before = found.get(region.candidates, region)
                found[region.candidates] = max(before, region, key=lambda known: known.trainings)
    if not found:
        raise ValueError(
            f"trainer.earlier_runs={list(folders)} has no region whose networks tell the effects of its candidates; "
            "give runs with truth=retrain and truth.paths of a few times D·K, of this version"
        )
    return list(found.values())


def _runs_below(folder: str, own: Path) -> list[Path]:
    """The metrics of the finished runs below a folder, but for the study's own."""
    try:
        place, own = Path(folder).expanduser(), own.expanduser().resolve()
        files = [file for file in sorted(place.rglob("metrics.json")) if finished(file.parent)]
    except (OSError, RuntimeError) as error:  # which expanduser raises
        raise ValueError(f"trainer.earlier_runs: {folder} cannot be read ({error}); name another folder") from error
    files = [file for file in files if own not in file.resolve().parents]
    if not files:
        raise ValueError(
            f"trainer.earlier_runs: {folder} holds no finished run (metrics.json and report.html) but those of this "
            "study; name a folder of others"
        )
    return files


@cache
def _read_run(file: Path, stamps: tuple[int, ...], ours: str) -> tuple[EarlierRegion, ...]:
    """The regions of a run, by its metrics.

    Args:
        file: The metrics.
        stamps: When its files were written last: others are read anew.
        ours: Data set and space that theirs must be like, as JSON.
    """
    try:
        metrics = json.loads(file.read_text(encoding="utf-8"))
        theirs = yaml.safe_load((file.parent / "config.yaml").read_text(encoding="utf-8"))
        wanted = json.loads(ours)
        different = _difference(theirs, wanted)
        regions = [] if different else [_region(entry, wanted["space"]["depth"]) for entry in metrics["regions"]]
    except (OSError, LookupError, TypeError, AttributeError, ValueError, yaml.YAMLError) as error:
        raise ValueError(
            f"trainer.earlier_runs: {file.parent} is no run that can be read; name folders without it, or run it again"
        ) from error
    if different:
        raise ValueError(
            f"trainer.earlier_runs: {file.parent} has {different}; name runs on the same data and in the same space"
        )
    return tuple(region for region in regions if region is not None)


def _region(entry: Mapping[str, Any], depth: int) -> EarlierRegion | None:
    """A region with its networks, if these identify the effects of all candidates."""
    paths = [path for path in entry.get("truth", ()) if path["sampled"] and path.get("validation_loss")]
    if not paths:
        return None
    region = Region.parse(entry["cells"])
    if region.depth != depth:
        raise ValueError(f"{region.depth} stages")
    for path in paths:
        region.architecture(path["path"])  # raises where it leaves the region
    losses = np.array([np.mean(path["validation_loss"]) for path in paths], dtype=np.float64)
    if not np.isfinite(losses).all():
        raise ValueError("a loss is not finite")
    numbers, seeds = [path["path"] for path in paths], [len(path["validation_loss"]) for path in paths]
    found = EarlierRegion(region, np.array(numbers), -losses, np.array(seeds))
    return found if found.identifies_effects else None


def _difference(theirs: Mapping[str, Any], ours: Mapping[str, Any]) -> str:
    """The first key in which the data or the space of two studies differ, and its values."""
    from fade.data import DatasetConfig
    from fade.nets.config import SpaceConfig

    name = ours["dataset"]["name"]
    needs_root = name in sources() and sources()[name].root is not None
    for group, schema in (("dataset", DatasetConfig), ("space", SpaceConfig)):
        for key, value in ours[group].items():
            other = theirs[group].get(key, getattr(schema, key, value))  # of before there was one
            if f"{group}.{key}" in ANYWHERE or (key == "root" and _same_root(other, value, needs_root)):
                continue
            if other != value:
                return f"{group}.{key}={other}, and this study {value}"
    return ""


def _same_root(theirs: str | None, ours: str | None, needed: bool) -> bool:
    """Whether a root leads to the same data: of a known data set any does, of a user's own the same."""
    if not needed or theirs is None or ours is None:
        return not needed
    return Path(theirs).expanduser().resolve() == Path(ours).expanduser().resolve()
