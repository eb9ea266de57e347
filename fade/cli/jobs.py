"""The jobs of a sweep over values on the command line, known and validated before the first begins."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from fade.config import explain, typed
from fade.study.config import ConfigurationError, StudyConfig


@dataclass(frozen=True)
class Job:
    """One job.

    Attributes:
        number: As Hydra numbers it.
        overrides: Its own.
        config: Validated.
        sweep_folder: `hydra.sweep.dir`, as the job has it.
        subfolder: `hydra.sweep.subdir`.
    """

    number: int
    overrides: list[str]
    config: StudyConfig
    sweep_folder: str
    subfolder: str


def grid(config: DictConfig) -> tuple[list[Job], bool] | None:
    """The jobs of Hydra's basic sweeper, and whether they come in this order each time; None of another sweeper.

    Args:
        config: As Hydra composes it before it knows of jobs.

    Raises:
        ConfigurationError: If a job is wrong; the sentence names the job.
    """
    if config.hydra.runtime.choices["hydra/sweeper"] != "basic":
        return None
    words = [f"{key}={value}" for key, value in (config.hydra.sweeper.get("params") or {}).items()]
    words += config.hydra.overrides.task
    try:
        loader = GlobalHydra.instance().config_loader()
        overrides = OverridesParser.create(config_loader=loader).parse_overrides(words)
    except HydraException as error:
        raise ConfigurationError(explain(error)) from error
    for override in overrides:
        if override.is_sweep_override() and not override.is_discrete_sweep():
            raise ConfigurationError(
                f"{override.input_line} names no single values, which hydra/sweeper=basic needs; write KEY=A,B or "
                "another hydra/sweeper=…"
            )
    is_fixed = not any(override.is_sweep_override() and _is_shuffled(override) for override in overrides)
    choices = {override.get_key_element(): _choices(override) for override in overrides}
    return [_job(config, n, list(job)) for n, job in enumerate(itertools.product(*choices.values()))], is_fixed


def _is_shuffled(override: Override) -> bool:
    return bool(getattr(override.value(), "shuffle", False))


def _choices(override: Override) -> list[str]:
    key = override.get_key_element()
    if override.is_sweep_override():
        return [f"{key}={value}" for value in override.sweep_string_iterator()]
    return [f"{key}={override.get_value_element_as_str()}"]


def _job(config: DictConfig, number: int, overrides: list[str]) -> Job:
    before = HydraConfig.instance().cfg
    try:
        composed = GlobalHydra.instance().config_loader().load_sweep_config(config, overrides)
        with open_dict(composed):
            composed.hydra.job.id = composed.hydra.job.num = number
        HydraConfig.instance().set_config(composed)
        folder, sub = str(composed.hydra.sweep.dir), str(composed.hydra.sweep.subdir)
        return Job(number, overrides, typed(of_task(composed)), folder, sub)
    except ConfigurationError as error:
        raise ConfigurationError(f"{error} (job {number}: {' '.join(overrides)})") from error
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError(f"{explain(error)} (job {number}: {' '.join(overrides)})") from error
    finally:
        HydraConfig.instance().cfg = before


def of_task(config: DictConfig) -> DictConfig:
    """A configuration without Hydra's own part."""
    task = config.copy()
    with read_write(task), open_dict(task):
        del task["hydra"]
    return task


def check_together(jobs: Sequence[Job], *, is_default: bool) -> None:
    """Check that the jobs of a sweep have one folder, a place each in it, and are all run or all planned.

    Raises:
        ConfigurationError: If not.
    """
    for key in ("outputs", "name") if is_default else ():
        if len(values := dict.fromkeys(getattr(job.config, key) for job in jobs)) > 1:
            raise ConfigurationError(
                f"{key}={','.join(values)} differs between jobs, and a sweep has one folder; give one, or give "
                "hydra.sweep.dir"
            )
    if not is_default and len(folders := dict.fromkeys(job.sweep_folder for job in jobs)) > 1:
        raise ConfigurationError(
            f"hydra.sweep.dir={','.join(folders)} differs between jobs, and a sweep has one folder; put what differs "
            "into hydra.sweep.subdir"
        )
    places: dict[Path, Job] = {}
    for job in jobs:
        if (other := places.setdefault(Path(job.subfolder), job)) is not job:
            raise ConfigurationError(
                f"hydra.sweep.subdir={job.subfolder} is one folder for jobs {other.number} and {job.number}; "
                "let it contain ${hydra.job.num} or ${hydra.job.override_dirname}"
            )
    if len({job.config.plan for job in jobs}) > 1:
        raise ConfigurationError("plan=true,false would plan some jobs and run others; give all jobs one value")


def typed_overrides(config: DictConfig) -> list[str]:
    """The overrides of a sweep as typed, those of Hydra first; -m is one of them for Hydra."""
    of_hydra = [str(word) for word in config.hydra.overrides.hydra if not str(word).startswith("hydra.mode=")]
    return [*of_hydra, *map(str, config.hydra.overrides.task)]
