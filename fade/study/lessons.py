"""What finished runs tell of their regions, for the read-outs of what other regions tell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from fade.space import Cell, Region
from fade.study.folder import config_text, finished
from fade.training.config import TrainerConfig
from fade.training.data.sources import SOURCES
from fade.training.elsewhere import Lesson

if TYPE_CHECKING:
    from fade.study.config import StudyConfig

ANYWHERE = ("dataset.download", "dataset.placement")
"""Keys of a data set that change nothing in it."""


def read_lessons(config: StudyConfig) -> list[Lesson]:
    """A lesson of each region whose networks were trained by the runs below the folders that a study names.

    It is of their validation losses, a path's the mean over its seeds; a test's accuracies are for holding ranks
    against. A region of several runs teaches once, by the most networks and seeds. Networks may have been trained by
    another recipe, and on other splits of the data, than this study's. Runs of the study itself, of ``outputs/<name>``,
    are left out, as which of these are finished may change while it is interrupted.

    Args:
        config: Of the study that is to learn; data and space must be the same.

    Raises:
        ValueError: Naming trainer.elsewhere, the folder and the remedy, where a folder cannot be learned from.
    """
    if not isinstance(config.trainer, TrainerConfig) or not config.trainer.elsewhere:
        return []
    found: dict[tuple[frozenset[Cell], ...], Lesson] = {}
    for folder in config.trainer.elsewhere:
        for lesson in _lessons(folder, config):
            found[lesson.of] = max(found.get(lesson.of, lesson), lesson, key=lambda known: known.trainings)
    if not found:
        raise ValueError(
            f"trainer.elsewhere={config.trainer.elsewhere} has no region whose networks tell what candidates are "
            "worth; give runs with truth=retrain and truth.paths of a few times D·K, of this version"
        )
    return list(found.values())


def _lessons(folder: str, config: StudyConfig) -> Iterator[Lesson]:
    try:
        place = Path(folder).expanduser()
        own = (Path(config.outputs).expanduser() / config.name).resolve()
        files = [file for file in sorted(place.rglob("metrics.json")) if finished(file.parent)]
    except (OSError, RuntimeError) as error:  # which expanduser raises
        raise ValueError(f"trainer.elsewhere: {folder} cannot be read ({error}); name another folder") from error
    files = [file for file in files if own not in file.resolve().parents]
    if not files:
        raise ValueError(
            f"trainer.elsewhere: {folder} holds no finished run (metrics.json and report.html) but those of this "
            "study; name a folder of others"
        )
    ours = yaml.safe_load(config_text(config))
    for file in files:
        try:
            metrics = json.loads(file.read_text())
            theirs = yaml.safe_load((file.parent / "config.yaml").read_text())
            different = _difference(theirs, ours, config)
            read = [] if different else [_lesson(entry, config.space.depth) for entry in metrics["regions"]]
        except (OSError, LookupError, TypeError, AttributeError, ValueError, yaml.YAMLError) as error:
            raise ValueError(
                f"trainer.elsewhere: {file.parent} is no run that can be read; name folders without it, or run it again"
            ) from error
        if different:
            raise ValueError(
                f"trainer.elsewhere: {file.parent} has {different}; name runs on the same data and in the same space"
            )
        yield from (lesson for lesson in read if lesson is not None)


def _lesson(entry: Mapping[str, Any], depth: int) -> Lesson | None:
    """What the networks of a region tell, if they tell the effects of all candidates."""
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
    lesson = Lesson(region, np.array(numbers), -losses, np.array(seeds))
    return lesson if lesson.tells else None


def _difference(theirs: Mapping[str, Any], ours: Mapping[str, Any], config: StudyConfig) -> str:
    """The first key in which the data or the space of two studies differ, and its values; `ours` is `config`'s text."""
    needs_root = SOURCES[config.dataset.name].root is not None
    for group in ("dataset", "space"):
        for key, value in ours[group].items():
            other = theirs[group].get(key, getattr(type(getattr(config, group)), key, value))  # of before there was one
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
