"""The folder of a sweep: found again where it is unfinished, and what becomes of its jobs."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from fade.cli.jobs import Job, check_together, grid, typed_overrides
from fade.cli.session import Stopped, session
from fade.cli.study import plan
from fade.errors import with_type
from fade.run_files import finished, intact
from fade.store import write_whole
from fade.study.config import ConfigurationError
from fade.study.folder import config_text, locked, new_folder

JOBS = ".jobs"
"""Below the folder of a sweep: a file a job, written by the process that runs it."""

_MANNER = ("hydra/launcher", "hydra.launcher", "hydra.verbose", "hydra/job_logging", "hydra/hydra_logging")
"""Overrides that do not tell one sweep from another: where jobs run, and what is told."""


class SweepFailed(RuntimeError):
    """Some jobs of a sweep failed; the others are done."""


def begin_sweep(config: DictConfig, *, is_default: bool) -> Path:
    """Validate the jobs, as far as they are known, and open the sweep's folder, which stays locked.

    Args:
        config: As Hydra composes it before it knows of jobs.
        is_default: Whether the folder is ours to choose: an unfinished one of the same sweep, or a new one.

    Returns:
        The folder.

    Raises:
        ConfigurationError: If anything is wrong.
        Stopped: If the jobs are only planned, which is done.
    """
    known = grid(config)
    jobs, is_fixed = known or ([], False)
    check_together(jobs, is_default=is_default)
    if jobs and jobs[0].config.plan:
        for job in jobs:
            print(" ".join(job.overrides), flush=True)
            plan(job.config)
        raise Stopped
    sweeper = config.hydra.runtime.choices["hydra/sweeper"]
    if config.plan is True:
        raise ConfigurationError(
            f"plan=true tells what known jobs would cost, and hydra/sweeper={sweeper} chooses its jobs as it goes; "
            "leave out one of them"
        )
    folder = _folder(config, jobs, is_fixed, is_default)
    session.sweep = folder
    for stale in (folder / JOBS).glob("*.json"):
        stale.unlink()
    what = f"{len(jobs)} jobs" if jobs else f"jobs of hydra/sweeper={sweeper}"
    print(f"{what}: {folder}", flush=True)
    return folder


def begin_job(config: DictConfig) -> None:
    """Take down that a job has begun, for the process that tells of all."""
    folder, place = Path(config.hydra.sweep.dir), Path(config.hydra.runtime.output_dir)
    number, overrides = int(config.hydra.job.num), list(config.hydra.overrides.task)
    (place / "error.txt").unlink(missing_ok=True)
    (folder / JOBS).mkdir(exist_ok=True)
    write_whole(folder / JOBS / f"{number}.json", json.dumps(_entry(number, os.path.relpath(place, folder), overrides)))
    refresh_sweep(folder)
    print(f"job {number}: {' '.join(overrides)}", flush=True)


def refresh_sweep(folder: Path) -> list[dict[str, Any]]:
    """Bring sweep.json up to date and return its jobs."""
    content = json.loads((folder / "sweep.json").read_text())
    begun = [json.loads(path.read_text()) for path in (folder / JOBS).glob("*.json")]
    jobs = {job["number"]: job for job in [*content["jobs"], *begun]}
    content["jobs"] = [jobs[number] for number in sorted(jobs)]
    for job in content["jobs"]:
        job["state"], job["error"] = _state(folder / job["folder"])
    _write(folder, content)
    listed: list[dict[str, Any]] = content["jobs"]
    return listed


def finish_sweep(error: Exception | None = None) -> None:
    """Write the report over all jobs, of which the process that began the sweep tells once.

    Args:
        error: Of the sweeper or the launcher, if that ended the sweep.

    Raises:
        SweepFailed: If jobs failed, or did not run.
        Exception: The given one, if it is none of a job's.
    """
    folder, session.sweep = session.sweep, None
    if folder is None:
        if error is not None:
            raise error
        return
    from fade.report import build_sweep

    jobs = refresh_sweep(folder)
    page = build_sweep(folder)
    print(f"report of the sweep: {page}", flush=True)
    failed = [str(job["number"]) for job in jobs if job["state"] != "done"]
    named = f"{len(failed)} of {len(jobs)} jobs {{}} (job{'s' * (len(failed) > 1)} {', '.join(failed)}); see {page}"
    if failed and (error is None or any(job["state"] == "failed" for job in jobs)):
        raise SweepFailed(named.format("failed"))
    if failed and error is not None:
        raise SweepFailed(f"{with_type(error).rstrip('.')}; {named.format('did not finish')}") from error
    if error is not None:
        raise error


def has_begun() -> bool:
    """Whether a job of the sweep has begun, here or in a worker."""
    return session.sweep is not None and any((session.sweep / JOBS).glob("*.json"))


def abandon_sweep() -> None:
    """Remove what was made for a sweep of which no job has begun."""
    if session.sweep is not None and session.made:
        for name in ("sweep.json", "multirun.yaml"):
            (session.sweep / name).unlink(missing_ok=True)
        session.unmake()


def _entry(number: int, folder: str, overrides: Sequence[str]) -> dict[str, Any]:
    return {"number": number, "folder": folder, "overrides": list(overrides), "state": "pending", "error": None}


def _folder(config: DictConfig, jobs: Sequence[Job], is_fixed: bool, is_default: bool) -> Path:
    overrides = typed_overrides(config)
    key = "outputs" if is_default else "hydra.sweep.dir"
    given = "" if is_default else str(jobs[0].sweep_folder if jobs else config.hydra.sweep.dir)
    outputs, name = (jobs[0].config.outputs, jobs[0].config.name) if jobs else (config.outputs, config.name)
    try:
        if is_default:
            parent = Path(outputs).expanduser().resolve() / name
            known = _unfinished(parent, jobs, overrides) if is_fixed else None
            if known is not None:
                return known
            session.make(parent)
            folder = new_folder(parent)
            session.made.insert(0, folder)
        else:
            folder = Path(given).resolve()
            session.make(folder)
        if not session.locks.enter_context(locked(folder)):
            raise ConfigurationError(f"{key}={folder} is in use by a sweep that goes on; wait, or name another folder")
        if (folder / "sweep.json").exists() and not _is_same(folder, overrides):
            raise ConfigurationError(f"{key}={given} holds another sweep; name another folder")
        pending = [_entry(job.number, job.subfolder, job.overrides) for job in jobs if is_fixed]
        sources = {source.provider: source.path for source in config.hydra.runtime.config_sources}
        names = {"config_dir": sources.get("command-line"), "config_name": config.hydra.job.config_name}
        _write(folder, {"overrides": overrides, **names, "jobs": pending})
    except OSError as error:
        raise ConfigurationError(
            f"{key}={given or outputs} cannot be written ({error.strerror}); name another folder"
        ) from error
    return folder


def _unfinished(parent: Path, jobs: Sequence[Job], overrides: Sequence[str]) -> Path | None:
    """The newest folder of the same sweep that is unfinished and that no other process has; locked then."""
    for known in sorted(parent.glob("*/sweep.json"), reverse=True):
        folder = known.parent
        if _is_same(folder, overrides) and _is_unfinished(folder, jobs) and session.locks.enter_context(locked(folder)):
            return folder
    return None


def _is_same(folder: Path, overrides: Sequence[str]) -> bool:
    try:
        known = json.loads((folder / "sweep.json").read_text())["overrides"]
    except (OSError, ValueError, KeyError, TypeError):  # damaged, or no sweep's
        return False
    return isinstance(known, list) and _telling(known) == _telling(overrides)


def _telling(overrides: Sequence[str]) -> list[str]:
    return sorted(word for word in overrides if not str(word).lstrip("+~").startswith(_MANNER))


def _is_unfinished(folder: Path, jobs: Sequence[Job]) -> bool:
    """Whether a folder has jobs of the same configurations, as far as they have begun, and not all are done."""
    try:
        content = json.loads((folder / "sweep.json").read_text())
        files = [folder / job["folder"] / "config.yaml" for job in content["jobs"]]
        if len(files) != len(jobs):  # glob(*) finds more with an option
            return False
        same = all(
            not file.exists() or file.read_text() == config_text(job.config)
            for file, job in zip(files, jobs, strict=True)
        )
    except (OSError, ValueError, KeyError, TypeError):
        return False
    done = all(intact(file.parent) for file in files) and (folder / "report.html").exists()
    return same and not done


def _state(folder: Path) -> tuple[str, str | None]:
    """What became of a job, told by the files of its folder: state and error."""
    if finished(folder) and not (folder / "error.txt").exists():
        return "done", None
    if (folder / "error.txt").exists():
        return "failed", (folder / "error.txt").read_text().strip()
    return "running" if (folder / "config.yaml").exists() else "pending", None


def _write(folder: Path, content: dict[str, Any]) -> None:
    write_whole(folder / "sweep.json", json.dumps(content, indent=1) + "\n")
