"""The folder of a run: found again where it is unfinished, written so that a kill never leaves half a file."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from fade.run_files import intact
from fade.store import write_whole
from fade.study.config import ConfigurationError, StudyConfig


def config_text(config: StudyConfig) -> str:
    """The full resolved configuration as YAML."""
    text: str = yaml.safe_dump(asdict(config), sort_keys=False, allow_unicode=True)
    return text


_reserved: dict[Path, ExitStack] = {}
"""Locks of folders that this process has found for runs which it is yet to open."""


def reserve(config: StudyConfig) -> Path:
    """The folder of a run that is given none, locked until this process opens it, or calls `release`.

    Args:
        config: Of the run: an unfinished folder of the same is gone on with, else there is a new one.

    Raises:
        ConfigurationError: If none can be made.
    """
    with ExitStack() as stack:
        try:
            folder = RunFolder._found(config, config_text(config), stack)
        except OSError as error:
            raise cannot_be_written(config, error) from error
        _reserved[folder.resolve()] = stack.pop_all()
    return folder


def release() -> None:
    """Unlock what is reserved and was not opened."""
    while _reserved:
        _reserved.popitem()[1].close()


@contextmanager
def locked(folder: Path) -> Iterator[bool]:
    """Whether this process alone has the folder, until the end of the context."""
    if held := _reserved.pop(folder.resolve(), None):
        with held:
            yield True
        return
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True


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


def cannot_be_written(config: StudyConfig, error: OSError) -> ConfigurationError:
    """What to say where no folder can be made."""
    return ConfigurationError(f"outputs={config.outputs} cannot be written ({error.strerror}); name another folder")


class RunFolder:
    """The folder of one run.

    Args:
        path: The folder.
        text: The configuration of the run.
    """

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self._regions: list[dict[str, Any]] = []

    @classmethod
    @contextmanager
    def open(cls, config: StudyConfig, folder: str | Path | None = None) -> Iterator[RunFolder]:
        """The given folder, or an unfinished one of the same configuration, or a new one; locked meanwhile.

        Args:
            config: Of the run.
            folder: Where a sweep, or who calls, wants the run.

        Raises:
            ConfigurationError: If the given folder holds another run, or one that is going on, or none can be made.
        """
        text = config_text(config)
        with ExitStack() as stack:
            try:
                place = cls._given(Path(folder), text, stack) if folder else cls._found(config, text, stack)
                run = cls(place, text)
                if not (place / "config.yaml").exists():
                    write_whole(place / "config.yaml", text)
            except OSError as error:
                raise cannot_be_written(config, error) from error
            run._regions = read_lines(place / "regions.jsonl")
            yield run

    @classmethod
    def _given(cls, folder: Path, text: str, stack: ExitStack) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        if not stack.enter_context(locked(folder)):
            raise ConfigurationError(f"{folder} is in use by a run that goes on; wait for it, or name another folder")
        known = folder / "config.yaml"
        if known.exists() and _text(known) != text:
            raise ConfigurationError(f"{folder} holds a run of another configuration; name an empty folder")
        return folder

    @classmethod
    def _found(cls, config: StudyConfig, text: str, stack: ExitStack) -> Path:
        parent = Path(config.outputs).expanduser() / config.name
        for known in sorted(parent.glob("*/config.yaml"), reverse=True):
            at = known.parent
            if _text(known) != text or intact(at) or not stack.enter_context(locked(at)):
                continue
            if not intact(at):  # by another process, before the lock was free
                return at
        fresh = new_folder(parent)
        stack.enter_context(locked(fresh))
        return fresh

    @property
    def run_id(self) -> str:
        """The same whenever this run is continued."""
        return hashlib.sha256(f"{self.path.name}\n{self.path.parent.name}\n{self.text}".encode()).hexdigest()[:12]

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
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(columns)
        writer.writerows(rows)
        write_whole(self.path / "ranks.csv", text.getvalue())


def _text(path: Path) -> str | None:
    """What a file says; None where it cannot be read, as that of a neighbour may be."""
    try:
        return path.read_text()
    except (OSError, ValueError):
        return None


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON objects that the lines of a file begin with, up to the first that is none; none without a file."""
    lines = []
    for line in (_text(path) or "").splitlines():
        try:
            value = json.loads(line)
        except ValueError:
            break
        if not isinstance(value, dict):
            break
        lines.append(value)
    return lines


def _lasting(region: dict[str, Any]) -> dict[str, Any]:
    """What a replay repeats to the bit: all but times, and memory, which earlier versions have not measured."""
    trajectory = {k: v for k, v in region.get("trajectory", {}).items() if k != "seconds"}
    kept = {k: v for k, v in region.items() if k not in ("seconds", "epoch_seconds", "memory", "trajectory")}
    kept["trajectory"] = trajectory
    return kept
