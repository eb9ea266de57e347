"""What finished runs tell of their regions, for the read-outs of what other regions tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from fade.space import Region
from fade.study.config import StudyConfig
from fade.training.effects import identified, main_effects
from fade.training.elsewhere import Lesson

MAY_DIFFER = ("dataset.root", "dataset.download", "dataset.placement")
"""Keys that say where data are, not which."""
UNREADABLE = (OSError, KeyError, TypeError, AttributeError, UnicodeError, json.JSONDecodeError, yaml.YAMLError)


def read_lessons(folders: Sequence[str], config: StudyConfig) -> list[Lesson]:
    """A lesson of each region whose networks the runs below some folders have trained.

    Candidates are worth minus their main effects on validation losses, a path's the mean over its seeds; a test's
    accuracies are for holding ranks against. A region of several runs teaches once, by the most networks and seeds;
    one whose paths do not tell the effects of all candidates does not.

    Args:
        folders: Searched for metrics.json, each with a config.yaml beside it.
        config: Of the study that is to learn; data and space must be the same.

    Raises:
        ValueError: Naming trainer.elsewhere, the folder and the remedy, where there is nothing to learn.
    """
    found: dict[Any, tuple[int, Lesson]] = {}
    for folder in folders:
        for region, paths in _trained(folder, config):
            size = sum(len(path["validation_loss"]) for path in paths)
            drawn = np.array([path["path"] for path in paths])
            if region.candidates == 1 or not identified(drawn, region.candidates):
                continue
            losses = [np.mean(path["validation_loss"]) for path in paths]
            lesson = Lesson(region, -main_effects(drawn, losses, region.candidates))
            found[lesson.of] = max(found.get(lesson.of, (0, lesson)), (size, lesson), key=lambda known: known[0])
    if folders and not found:
        raise ValueError(
            f"trainer.elsewhere={list(folders)} has no region whose networks tell what candidates are worth; give runs "
            "with truth=retrain and truth.paths of a few times D·K, of this version"
        )
    return [lesson for _, lesson in found.values()]


def finished_runs(folder: str) -> list[Path]:
    """The metrics.json of all runs below a folder.

    Raises:
        ValueError: If there is none.
    """
    files = sorted(Path(folder).expanduser().rglob("metrics.json"))
    if not files:
        raise ValueError(f"trainer.elsewhere: {folder} holds no finished run (metrics.json); name a folder of runs")
    return files


def _trained(folder: str, config: StudyConfig) -> Iterator[tuple[Region, list[Mapping[str, Any]]]]:
    """Regions of the runs below a folder, and what is known of the paths that were drawn of each."""
    for file in finished_runs(folder):
        try:
            metrics = json.loads(file.read_text())
            _check_alike(file.parent, yaml.safe_load((file.parent / "config.yaml").read_text()), config)
            for entry in metrics["regions"]:
                paths = [path for path in entry.get("truth", ()) if path["sampled"] and path.get("validation_loss")]
                if paths:
                    yield Region.parse(entry["cells"]), paths
        except UNREADABLE as error:
            raise ValueError(f"trainer.elsewhere: {file.parent} is no run that can be read; remove it") from error


def _check_alike(folder: Path, theirs: Mapping[str, Any], config: StudyConfig) -> None:
    ours = asdict(config)
    for group in ("dataset", "space"):
        for key, value in ours[group].items():
            if f"{group}.{key}" not in MAY_DIFFER and theirs[group].get(key, value) != value:
                raise ValueError(
                    f"trainer.elsewhere: {folder} has {group}.{key}={theirs[group][key]}, and this study {value}; name "
                    "runs on the same data and in the same space"
                )
