"""The folder of a run: found again where it is unfinished, written so that a kill never leaves half a file."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import yaml

from fade.study.config import StudyConfig


def config_text(config: StudyConfig) -> str:
    """The full resolved configuration as YAML."""
    text: str = yaml.safe_dump(asdict(config), sort_keys=False, allow_unicode=True)
    return text


def write_whole(path: Path, text: str) -> None:
    """Write beside and rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(text)
    beside.replace(path)


def new_folder(parent: Path) -> Path:
    """A folder named after this second, made now; a suffix tells two of one second apart."""
    stamp = datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
    for suffix in ("", *(f"_{n}" for n in range(2, 1000))):
        folder = parent / f"{stamp}{suffix}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise RuntimeError(f"{parent}: a thousand runs in one second")


class RunFolder:
    """A locked folder of one run.

    Args:
        path: The folder.
        text: The configuration of the run.
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self._lock: IO[str] | None = None
        self._regions: list[dict[str, Any]] = []

    @classmethod
    def open(cls, config: StudyConfig, folder: Path | None = None) -> RunFolder:
        """The given folder, or an unfinished one of the same configuration, or a new one.

        Args:
            config: Of the run.
            folder: Where a sweep wants the run.

        Raises:
            ValueError: If the given folder holds another run, or one that is going on.
        """
        text = config_text(config)
        if folder is not None:
            known = folder / "config.yaml"
            if known.exists() and known.read_text() != text:
                raise ValueError(f"folder={folder} holds a run of another configuration; name an empty one")
            opened = cls(folder, text)
            if not opened._try_lock():
                raise ValueError(f"folder={folder} is in use by a run that goes on; wait for it, or name another")
            return opened
        parent = Path(config.outputs) / config.name
        for known in sorted(parent.glob("*/config.yaml"), reverse=True):
            found = cls(known.parent, text)
            if not found.finished and known.read_text() == text and found._try_lock():
                return found
        fresh = cls(new_folder(parent), text)
        fresh._try_lock()
        return fresh

    def _try_lock(self) -> bool:
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = (self.path / ".lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.close()
            return False
        return True

    @property
    def finished(self) -> bool:
        """Whether the run came to its end."""
        return (self.path / "metrics.json").exists()

    @property
    def run_id(self) -> str:
        """The same whenever this run is continued."""
        return hashlib.sha256(f"{self.path.name}\n{self.path.parent.name}\n{self.text}".encode()).hexdigest()[:12]

    def __enter__(self) -> Self:
        if not (self.path / "config.yaml").exists():
            write_whole(self.path / "config.yaml", self.text)
        self._regions = read_lines(self.path / "regions.jsonl")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._lock is not None:
            self._lock.close()

    def add_region(self, region: dict[str, Any]) -> None:
        """Append a region to regions.jsonl; one that stands there from before an interruption is not written again."""
        index = region["index"]
        if index < len(self._regions) and _lasting(self._regions[index]) == _lasting(region):
            return
        self._regions = [*self._regions[:index], region]
        write_whole(self.path / "regions.jsonl", "".join(json.dumps(line) + "\n" for line in self._regions))

    def write_metrics(self, metrics: dict[str, Any]) -> None:
        """The end of the run."""
        write_whole(self.path / "metrics.json", json.dumps(metrics, indent=1, allow_nan=False) + "\n")

    def write_ranks(self, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """ranks.csv."""
        beside = self.path / ".ranks.csv.part"
        with beside.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows(rows)
        beside.replace(self.path / "ranks.csv")


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a JSON-lines file; none where there is no file."""
    lines = []
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            lines.append(json.loads(line))
        except ValueError:
            break
    return lines


def _lasting(region: dict[str, Any]) -> dict[str, Any]:
    """What a replay repeats to the bit: all but times."""
    trajectory = {k: v for k, v in region.get("trajectory", {}).items() if k != "seconds"}
    kept = {k: v for k, v in region.items() if k not in ("seconds", "epoch_seconds", "trajectory")}
    kept["trajectory"] = trajectory
    return kept
