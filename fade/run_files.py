"""The files of a run and of a sweep, finished or not: what they are called, and how they are read."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fade.errors import first_line
from fade.renamed import current_region
from fade.store import write_whole

METRICS, REGIONS, CONFIG, SWEEP, SUMMARY, REPORT = (
    "metrics.json", "regions.jsonl", "config.yaml", "sweep.json", "summary.csv", "report.html",
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """The files of a run folder.

    Args:
        folder: Where they lie.
        metrics: The content of metrics.json; of an unfinished run only `name`, `regions` and `trajectory`.
        finished: Whether metrics.json was there.
        config: The text of config.yaml, empty if there is none.
    """

    folder: Path
    metrics: dict[str, Any]
    finished: bool
    config: str


def read_run(folder: Path) -> Run:
    """Read a run that has ended, or as much of it as there is.

    Raises:
        ValueError: If the folder holds neither metrics.json nor a line of regions.jsonl, or a file is damaged.
    """
    config = _whole_text(folder / CONFIG) if (folder / CONFIG).is_file() else ""
    if (folder / METRICS).is_file():
        return Run(folder, read_metrics(folder), True, config)
    if not (folder / REGIONS).is_file() and not config:
        raise ValueError(
            f"{folder} is no run: it holds neither {METRICS} nor {REGIONS}; give the folder of a run or a sweep"
        )
    regions = read_regions(folder / REGIONS) if (folder / REGIONS).is_file() else []
    trajectory = [
        {"region": region["index"], **region.pop("trajectory")} for region in regions if region.get("trajectory")
    ]
    try:
        known = yaml.safe_load(config) or {}
    except yaml.YAMLError as error:
        raise ValueError(f"{folder / CONFIG} is damaged: {first_line(error)}; remove it") from None
    name = known.get("name") if isinstance(known, dict) else None
    name = folder.resolve().name if name is None else name
    return Run(folder, {"name": name, "regions": regions, "trajectory": trajectory}, False, config)


def read_metrics(folder: Path) -> dict[str, Any]:
    """The metrics of a finished run.

    Raises:
        ValueError: If the file is damaged or is not that of a run.
    """
    metrics = read_object(folder / METRICS, "regions")
    return metrics | {"regions": [current_region(region) for region in metrics["regions"]]}


def read_sweep(folder: Path) -> list[dict[str, Any]]:
    """The jobs of a sweep, by number: number, folder, overrides, state, error.

    The state of one that was done is `missing` where its metrics.json is gone, that of a pending one `running` where it
    was begun.

    Raises:
        ValueError: If sweep.json is damaged.
    """
    jobs = sorted(read_object(folder / SWEEP, "jobs")["jobs"], key=lambda job: int(job["number"]))
    return [job | {"state": _state(job["state"], folder / str(job["folder"]))} for job in jobs]


def _state(known: str, folder: Path) -> str:
    """The state of a job, of which sweep.json knows what it was when a job last ended."""
    if known == "done" and not (folder / METRICS).is_file():
        return "missing"
    return "running" if known == "pending" and (folder / CONFIG).is_file() else known


def read_regions(path: Path) -> list[dict[str, Any]]:
    """The regions of a run so far. A last line that a kill cut short is left out.

    Raises:
        ValueError: If another line is damaged.
    """
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    regions = []
    for number, line in enumerate(lines, start=1):
        try:
            region = json.loads(line)
            if not isinstance(region, dict):
                raise ValueError("it is no object")
            regions.append(current_region(region))
        except ValueError as error:
            if number < len(lines):
                raise ValueError(f"{path} line {number} is damaged: {error}; remove the line") from None
    return regions


def write(path: Path, text: str) -> Path:
    """Write beside and rename, so that a reader sees the old file or the new one."""
    write_whole(path, text)
    return path


def read_object(path: Path, key: str) -> dict[str, Any]:
    """The JSON object in a file, which has a list of objects under `key`.

    Raises:
        ValueError: If the file is damaged, or has no such list.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path} is damaged: {error}; run the study again, what it finished is in the store") from None
    listed = isinstance(content, dict) and isinstance(content.get(key), list)
    if not listed or not all(isinstance(each, dict) for each in content[key]):
        raise ValueError(f"{path} has no list `{key}` of objects; is it a file of FaDE?")
    return dict(content)


def _whole_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is damaged: {error}; remove it") from None


def finished(folder: Path) -> bool:
    """Whether the run in a folder came to its end: the page is its last file."""
    return (folder / METRICS).exists() and (folder / REPORT).exists()


def intact(folder: Path) -> bool:
    """Whether the run in a folder came to its end, and its metrics can be read: else it is continued."""
    try:
        return finished(folder) and isinstance(json.loads((folder / METRICS).read_text(encoding="utf-8")), dict)
    except ValueError:
        return False
