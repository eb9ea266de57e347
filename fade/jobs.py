"""Running what Hydra composed: one study, or the jobs of a sweep."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import hydra
from hydra import compose, initialize_config_dir
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra._internal.hydra import Hydra
from hydra._internal.utils import get_args_parser
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from fade.config import CONF, compose_study, explain, register, typed
from fade.errors import with_type
from fade.run_files import finished, intact
from fade.signals import held
from fade.store import write_whole
from fade.study import StudyConfig
from fade.study.config import ConfigurationError
from fade.study.folder import cannot_be_written, config_text, locked, new_folder

INFORMATION = ("cfg", "info", "shell_completion", "hydra_help")
"""Hydra's flags that tell something and run nothing."""


class SweepFailed(RuntimeError):
    """Some jobs of a sweep failed; the others are done."""


def launch(arguments: Sequence[str]) -> None:
    """Run one study or a sweep.

    Raises:
        ConfigurationError: Before any work, for wrong configuration of the study or of any job of the sweep.
        SweepFailed: After all jobs, if some failed.
    """
    parser = get_args_parser()
    parser.error = _refuse  # type: ignore[method-assign]
    parsed = parser.parse_intermixed_args(list(arguments))
    arguments = _flags_first(arguments, parsed.overrides)
    for override in parsed.overrides:
        if override.lstrip("+~").startswith(("hydra.run.dir", "hydra.sweep.")):
            raise ConfigurationError(f"{override}: runs lie in OUTPUTS/NAME/TIME; choose by outputs=… and name=…")
    for flag in ("config_name", "config_path"):
        if value := getattr(parsed, flag):
            raise ConfigurationError(
                f"--{flag.replace('_', '-')}={value}: every run composes the config.yaml of fade; use --config-dir=… "
                "with an experiment=… of your own"
            )
    register()
    if not parsed.multirun or any(getattr(parsed, flag) for flag in INFORMATION):
        with _arguments(arguments):
            _hydra_main()
        return
    jobs = expand(parsed.overrides)
    path = [f"hydra.searchpath=['file://{_quoted(Path(parsed.config_dir).resolve())}']"] if parsed.config_dir else []
    path += [override for override in parsed.overrides if override.startswith("hydra.searchpath=")]
    configs = [_composed(number, job, [*path, *job]) for number, job in enumerate(jobs)]
    of_hydra = [override for override in parsed.overrides if override.lstrip("+~").startswith(("hydra/", "hydra."))]
    _refuse_sweep_in_files([*path, *jobs[0], *(override for override in of_hydra if override not in path)])
    for key in ("outputs", "name"):
        if len(values := dict.fromkeys(getattr(config, key) for config in configs)) > 1:
            raise ConfigurationError(
                f"{key}={','.join(values)} differs between jobs, and a sweep has one folder; give one"
            )
    if len({config.plan for config in configs}) > 1:
        raise ConfigurationError("plan=true,false would plan some jobs and run others; give all jobs one value")
    if configs[0].plan:
        for job, config in zip(jobs, configs, strict=True):
            print(" ".join(job), flush=True)
            _study(config, None, None)
        return
    with open_sweep(configs, parsed.overrides, jobs, parsed.config_dir) as folder:
        print(f"{len(jobs)} jobs: {folder}", flush=True)
        with _arguments([*arguments, f"hydra.sweep.dir='{_quoted(folder)}'"]):
            _hydra_main()
        states = _finish_sweep(folder)
    if failed := len(states) - states.count("done"):
        raise SweepFailed(f"{failed} of {len(jobs)} jobs failed; see {folder / 'report.html'}")


def _flags_first(arguments: Sequence[str], overrides: Sequence[str]) -> list[str]:
    """The command line as Hydra and argparse can read it, whatever the order it was typed in."""
    left, flags = list(overrides), []
    for argument in arguments:
        if argument in left:
            left.remove(argument)
        else:
            flags.append(argument)
    return [*flags, *overrides]


def _composed(number: int, job: Sequence[str], overrides: Sequence[str]) -> StudyConfig:
    """The configuration of one job of a sweep, whose error names the job."""
    try:
        return compose_study(overrides)
    except ConfigurationError as error:
        raise ConfigurationError(f"{error} (job {number}: {' '.join(job)})") from error


def _refuse(message: str) -> NoReturn:
    raise ConfigurationError(f"{message}; `fade --help` shows what there is")


def _quoted(path: Path) -> str:
    """A path between the single quotes of an override."""
    return str(path).replace("'", "\\'")


def _refuse_sweep_in_files(overrides: Sequence[str]) -> None:
    """Hydra would sweep over `hydra.sweeper.params` of a file, too, of which sweep.json and the report would not know.

    Raises:
        ConfigurationError: If there are any, or a launcher or sweeper is not there.
    """
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            sweeper = compose("config", overrides=list(overrides), return_hydra_config=True).hydra.sweeper
    except HydraException as error:
        raise ConfigurationError(explain(error)) from error
    if params := sweeper.get("params"):
        raise ConfigurationError(
            f"hydra.sweeper.params={dict(params)} in a file is no sweep here; give it on the command line: -m KEY=A,B"
        )


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
    try:
        with _composed_once():
            hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")(task)()
    except ValueError as error:  # of the composition, as no task's comes out here
        raise ConfigurationError(explain(error)) from error
    if failure:
        raise failure[0]


@contextmanager
def _composed_once() -> Iterator[None]:
    """Keep Hydra from composing once more only to look whether `hydra.mode` asks for a sweep: here -m alone does."""
    before = Hydra.get_mode
    Hydra.get_mode = lambda *_, **__: None  # type: ignore[method-assign]
    try:
        yield
    finally:
        Hydra.get_mode = before  # type: ignore[method-assign]


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
        text = with_type(error)
        write_whole(error_file, f"{text}\n")
        print(f"fade: error: job {context.job.num}: {text}", file=sys.stderr, flush=True)
        if os.environ.get("FADE_FULL_ERROR") == "1":
            traceback.print_exc()
    refresh_sweep(folder.parent)


def _study(config: StudyConfig, folder: Path | None, group: str | None) -> None:
    if config.plan:
        with held():
            from fade.study.plan import print_plan

        print_plan(config)
        return
    from fade.study.console import starting

    with starting(), held():
        from fade.study import run
    run(config, folder=folder, group=group)


def _refuse_what_hydra_expands_alone(override: Override) -> None:
    """A shuffled sweep is in another order each time that it is expanded, and a sweep's parameters are Hydra's own."""
    if override.get_key_element().startswith("hydra.sweeper.params"):
        raise ConfigurationError(f"{override.input_line}: give the values on the command line: -m KEY=A,B")
    if override.is_sweep_override() and getattr(override.value(), "shuffle", False):
        raise ConfigurationError(f"{override.input_line}: jobs are numbered in the order given; leave shuffle out")


def expand(overrides: Sequence[str]) -> list[list[str]]:
    """The overrides of each job of a sweep, in the order that Hydra numbers them.

    Raises:
        ConfigurationError: If the overrides cannot be read, or would be expanded otherwise by Hydra.
    """
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            loader = GlobalHydra.instance().config_loader()
            parsed = OverridesParser.create(config_loader=loader).parse_overrides(list(overrides))
            for override in parsed:
                _refuse_what_hydra_expands_alone(override)
            batches = BasicSweeper.split_arguments(
                [override for override in parsed if not override.get_key_element().startswith("hydra")], None
            )
    except HydraException as error:
        raise ConfigurationError(explain(error)) from error
    return [list(job) for batch in batches for job in batch]


@contextmanager
def open_sweep(
    configs: Sequence[StudyConfig],
    overrides: Sequence[str],
    jobs: Sequence[Sequence[str]],
    config_dir: str | None = None,
) -> Iterator[Path]:
    """The folder of an unfinished sweep of the same configurations, or a new one; locked meanwhile."""
    parent = Path(configs[0].outputs).expanduser().resolve() / configs[0].name
    for known in sorted(parent.glob("*/sweep.json"), reverse=True):
        if not _same_and_unfinished(known.parent, configs, overrides):
            continue
        with locked(known.parent) as free:
            if free:
                yield known.parent
                return
    try:
        folder = new_folder(parent)
    except OSError as error:
        raise cannot_be_written(configs[0], error) from error
    with locked(folder):
        pending = [
            {"number": number, "folder": str(number), "overrides": list(job), "state": "pending", "error": None}
            for number, job in enumerate(jobs)
        ]
        try:
            _write_sweep(folder, {"overrides": list(overrides), "config_dir": config_dir, "jobs": pending})
        except OSError as error:
            raise cannot_be_written(configs[0], error) from error
        yield folder


def _same_and_unfinished(folder: Path, configs: Sequence[StudyConfig], overrides: Sequence[str]) -> bool:
    try:
        content = json.loads((folder / "sweep.json").read_text())
        files = [folder / job["folder"] / "config.yaml" for job in content["jobs"]]
        if content["overrides"] != list(overrides) or len(files) != len(configs):  # glob(*) finds more with an option
            return False
        same = all(
            not file.exists() or file.read_text() == config_text(config)
            for file, config in zip(files, configs, strict=True)
        )
    except (OSError, ValueError, KeyError, TypeError):  # damaged, or no sweep's
        return False
    done = all(intact(file.parent) for file in files) and (folder / "report.html").exists()
    return same and not done


def _state(folder: Path) -> tuple[str, str | None]:
    """What became of a job, told by the files of its folder: state and error."""
    if finished(folder):
        return "done", None
    if (folder / "error.txt").exists():
        return "failed", (folder / "error.txt").read_text().strip()
    return "running" if (folder / "config.yaml").exists() else "pending", None


def refresh_sweep(folder: Path) -> list[dict[str, Any]]:
    """Bring sweep.json up to date and return its jobs."""
    content = json.loads((folder / "sweep.json").read_text())
    for job in content["jobs"]:
        job["state"], job["error"] = _state(folder / job["folder"])
    _write_sweep(folder, content)
    jobs: list[dict[str, Any]] = content["jobs"]
    return jobs


def _write_sweep(folder: Path, content: dict[str, Any]) -> None:
    write_whole(folder / "sweep.json", json.dumps(content, indent=1) + "\n")


def _finish_sweep(folder: Path) -> list[str]:
    from fade.report import build_sweep

    states = [job["state"] for job in refresh_sweep(folder)]
    print(f"report of the sweep: {build_sweep(folder)}", flush=True)
    return states
