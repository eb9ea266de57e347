"""Running what Hydra composed: one study, or the jobs of a sweep."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from fade.config import CONF, compose_study, register, typed
from fade.study import StudyConfig
from fade.study.config import ConfigurationError
from fade.study.folder import new_folder, write_whole

INFORMATION = ("cfg", "info", "shell_completion")
"""Hydra's flags that tell something and run nothing."""


class SweepFailed(RuntimeError):
    """Some jobs of a sweep failed; the others are done."""


def launch(arguments: Sequence[str]) -> None:
    """Run one study or a sweep.

    Raises:
        ConfigurationError: Before any work, for wrong configuration of the study or of any job of the sweep.
        SweepFailed: After all jobs, if some failed.
    """
    parsed = get_args_parser().parse_args(list(arguments))
    register()
    if not parsed.multirun or any(getattr(parsed, flag) for flag in INFORMATION):
        with _arguments(arguments):
            _hydra_main()
        return
    jobs = expand(parsed.overrides)
    configs = [compose_study(job) for job in jobs]
    if configs[0].plan:
        for config in configs:
            _study(config, None, None)
        return
    folder = open_sweep(configs[0], parsed.overrides, jobs)
    print(f"{len(jobs)} jobs: {folder}", flush=True)
    with _arguments([*arguments, f"hydra.sweep.dir='{folder}'"]):
        _hydra_main()
    states = _finish_sweep(folder, jobs)
    if failed := len(states) - states.count("done"):
        raise SweepFailed(f"{failed} of {len(jobs)} jobs failed; see {folder / 'report.html'}")


@contextmanager
def _arguments(arguments: Sequence[str]) -> Iterator[None]:
    """Hydra reads the command line itself."""
    before = sys.argv
    sys.argv = [before[0], *arguments]
    try:
        yield
    finally:
        sys.argv = before


def _hydra_main() -> None:
    """Let Hydra compose and call `_task`; a study's own error comes out as it is."""
    failure: list[Exception] = []

    def task(composed: DictConfig) -> None:
        # Raised through Hydra, an error would bring lines of Hydra's along.
        try:
            _task(composed)
        except Exception as error:
            failure.append(error)

    GlobalHydra.instance().clear()
    hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(task)()
    if failure and not _in_sweep():
        raise failure[0]


def _in_sweep() -> bool:
    return HydraConfig.initialized() and HydraConfig.get().mode == RunMode.MULTIRUN


def _task(composed: DictConfig) -> None:
    """One study, or one job of a sweep, whose failure is told in its folder and does not stop the others."""
    context = HydraConfig.get()
    if context.mode != RunMode.MULTIRUN:
        _study(typed(composed), None, None)
        return
    folder = Path(context.runtime.output_dir)
    error_file = folder / "error.txt"
    error_file.unlink(missing_ok=True)
    print(f"job {context.job.num}: {' '.join(context.overrides.task)}", flush=True)
    try:
        _study(typed(composed), folder, folder.parent.name)
    except Exception as error:
        lines = str(error).splitlines() or [""]
        write_whole(error_file, f"{type(error).__name__}: {lines[0]}\n")
        print(f"fade: error: job {context.job.num}: {lines[0]}", file=sys.stderr, flush=True)
        if os.environ.get("FADE_FULL_ERROR") == "1":
            traceback.print_exc()


def _study(config: StudyConfig, folder: Path | None, group: str | None) -> None:
    if config.plan:
        from fade.study.plan import print_plan

        print_plan(config)
        return
    from fade.study import run

    run(config, folder=folder, group=group)


def expand(overrides: Sequence[str]) -> list[list[str]]:
    """The overrides of each job of a sweep, in the order that Hydra numbers them.

    Raises:
        ConfigurationError: If the overrides cannot be read.
    """
    try:
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        batches = BasicSweeper.split_arguments(
            [override for override in parsed if not override.get_key_element().startswith("hydra")], None
        )
    except HydraException as error:
        raise ConfigurationError(str(error).splitlines()[0]) from error
    return [list(job) for batch in batches for job in batch]


def open_sweep(config: StudyConfig, overrides: Sequence[str], jobs: Sequence[Sequence[str]]) -> Path:
    """The folder of an unfinished sweep of the same overrides, or a new one."""
    parent = Path(config.outputs).resolve() / config.name
    for known in sorted(parent.glob("*/sweep.json"), reverse=True):
        try:
            content = json.loads(known.read_text())
        except ValueError:
            continue
        states = [job["state"] for job in refresh_sweep(known.parent, jobs_of(content))]
        if content["overrides"] == list(overrides) and set(states) != {"done"}:
            return known.parent
    folder = new_folder(parent)
    write_sweep(folder, overrides, jobs)
    return folder


def jobs_of(content: dict[str, Any]) -> list[list[str]]:
    """The overrides of each job in a sweep.json."""
    return [job["overrides"] for job in content["jobs"]]


def refresh_sweep(folder: Path, jobs: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """What became of each job, told by the files of its folder."""
    told = []
    for number, overrides in enumerate(jobs):
        job = folder / str(number)
        error = (job / "error.txt").read_text().strip() if (job / "error.txt").exists() else None
        if (job / "metrics.json").exists():
            state, error = "done", None
        elif error is not None:
            state = "failed"
        else:
            state = "running" if (job / "config.yaml").exists() else "pending"
        told.append(
            {"number": number, "folder": str(number), "overrides": list(overrides), "state": state, "error": error}
        )
    return told


def write_sweep(folder: Path, overrides: Sequence[str], jobs: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """Write sweep.json as things stand."""
    told = refresh_sweep(folder, jobs)
    write_whole(folder / "sweep.json", json.dumps({"overrides": list(overrides), "jobs": told}, indent=1) + "\n")
    return told


def _finish_sweep(folder: Path, jobs: Sequence[Sequence[str]]) -> list[str]:
    from fade.report import build_sweep

    overrides = json.loads((folder / "sweep.json").read_text())["overrides"]
    told = write_sweep(folder, overrides, jobs)
    print(f"report of the sweep: {build_sweep(folder)}", flush=True)
    return [job["state"] for job in told]
