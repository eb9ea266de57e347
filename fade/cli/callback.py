"""What FaDE does at Hydra's hooks: everything is validated before it runs, and every failure is told."""

from __future__ import annotations

import io
import os
import sys
import traceback
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

from hydra.core.utils import JobReturn, JobStatus
from hydra.experimental.callback import Callback
from hydra.types import RunMode, TaskFunction
from omegaconf import DictConfig, OmegaConf, read_write

from fade.cli.arguments import quoted
from fade.cli.jobs import of_task
from fade.cli.session import session, stopping
from fade.cli.sweep import begin_job, begin_sweep, finish_sweep, refresh_sweep
from fade.config import typed
from fade.errors import with_type
from fade.store import write_whole
from fade.study.config import ConfigurationError
from fade.study.folder import reserve

FOLDER = "${outputs}/${name}/${now:%Y-%m-%d_%H-%M-%S}"
"""Where runs and sweeps lie unless `hydra.run.dir` and `hydra.sweep.dir` say otherwise, as in config.yaml."""


class StudyCallback(Callback):
    """The hooks of one study or of a sweep."""

    def on_run_start(self, config: DictConfig, **_: Any) -> None:
        """Validate the study before there is a folder; go on in an unfinished folder of the same configuration."""
        with stopping():
            study = typed(of_task(config))
            if study.plan:
                if _is_default(config, "run"):
                    _set(config, "run", Path())
                return
            if _is_default(config, "run"):
                parent = Path(study.outputs).expanduser() / study.name
                missing = [path for path in (parent, *parent.parents) if not path.exists()]
                folder = reserve(study)
                session.made = [folder, *missing]
                _set(config, "run", folder)
                return
            folder = Path(str(config.hydra.run.dir))
            try:
                session.make(folder)
            except OSError as error:
                raise ConfigurationError(
                    f"hydra.run.dir={folder} cannot be written ({error.strerror}); name another folder"
                ) from error

    def on_multirun_start(self, config: DictConfig, **_: Any) -> None:
        """Validate every job that is known before the first begins, and open the folder of the sweep."""
        with stopping():
            is_default = _is_default(config, "sweep")
            folder = begin_sweep(config, is_default=is_default)
            if is_default:
                _set(config, "sweep", folder)
                with read_write(config.hydra.overrides):  # of which every job is composed
                    config.hydra.overrides.hydra.append(f"hydra.sweep.dir={quoted(folder)}")

    def on_multirun_end(self, config: DictConfig, **_: Any) -> None:
        """Tell of all jobs."""
        with stopping():
            finish_sweep()

    def on_job_start(self, config: DictConfig, *, task_function: TaskFunction, **_: Any) -> None:
        """Name the job, in the process that runs it."""
        session.began = True
        if config.hydra.mode == RunMode.MULTIRUN:
            begin_job(config)

    def on_job_end(self, config: DictConfig, job_return: JobReturn, **_: Any) -> None:
        """Tell a failure once, and let the other jobs run: of a grid each, otherwise as the sweeper decides."""
        error = _failure(job_return)
        is_job = config.hydra.mode == RunMode.MULTIRUN
        if error is not None:
            if is_job:
                _tell(config, error)
            else:
                session.failure = error
            if not is_job or config.hydra.runtime.choices["hydra/sweeper"] == "basic":
                # Hydra would tell of the first failure alone, in lines of its own.
                job_return.status, job_return.return_value = JobStatus.COMPLETED, None
        if is_job:
            refresh_sweep(Path(config.hydra.sweep.dir))


def _failure(job_return: JobReturn) -> Exception | None:
    """The exception of a job, which Hydra hands out by raising it, with a line on stderr."""
    if job_return.status != JobStatus.FAILED:
        return None
    try:
        with redirect_stderr(io.StringIO()):
            _ = job_return.return_value
    except Exception as error:
        return error
    return None


def _tell(config: DictConfig, error: Exception) -> None:
    text = str(error) if isinstance(error, ConfigurationError) else with_type(error)
    write_whole(Path(config.hydra.runtime.output_dir) / "error.txt", f"{text}\n")
    print(f"fade: error: job {config.hydra.job.num}: {text}", file=sys.stderr, flush=True)
    if os.environ.get("FADE_FULL_ERROR") == "1":
        traceback.print_exception(error)


def _is_default(config: DictConfig, kind: str) -> bool:
    plain = OmegaConf.to_container(config.hydra[kind], resolve=False)
    return isinstance(plain, dict) and plain["dir"] == FOLDER


def _set(config: DictConfig, kind: str, folder: Path) -> None:
    with read_write(config.hydra[kind]):
        config.hydra[kind].dir = str(folder)
