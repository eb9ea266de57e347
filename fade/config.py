"""From Hydra's composition to one typed, validated configuration."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, MissingMandatoryValue, OmegaConfBaseException

from fade.nets.config import SpaceConfig
from fade.search.config import FixedConfig, PseudoGradientConfig, RandomRegionsConfig
from fade.study.config import ConfigurationError, StudyConfig
from fade.tracking.config import TrackingConfig
from fade.training.config import SyntheticConfig, TrainerConfig
from fade.training.data import DatasetConfig
from fade.truth.config import TruthConfig

_package = Path(__file__).parent
CONF = _package / "conf" if (_package / "conf").exists() else _package.parent / "conf"
"""The YAML files: in the wheel beside the code, in a checkout beside the package."""

GROUPS = ("dataset", "space", "trainer", "search", "truth", "tracking", "experiment")

SCHEMAS: dict[str, dict[str, type]] = {
    "trainer": {"training": TrainerConfig, "synthetic": SyntheticConfig},
    "search": {
        "pseudo_gradient": PseudoGradientConfig,
        "random_regions": RandomRegionsConfig,
        "fixed": FixedConfig,
    },
}
"""Groups whose options differ in their keys."""

_ONE_SCHEMA = {"dataset": DatasetConfig, "space": SpaceConfig, "truth": TruthConfig, "tracking": TrackingConfig}


def _root() -> type:
    """The root's schema: `StudyConfig`, with groups to be chosen."""
    columns: list[Any] = []
    for item in dataclasses.fields(StudyConfig):
        if item.name in _ONE_SCHEMA:
            columns.append((item.name, _ONE_SCHEMA[item.name], dataclasses.field(default=MISSING)))
        elif item.name in SCHEMAS:
            columns.append((item.name, Any, dataclasses.field(default=MISSING)))
        else:
            columns.append((item.name, _resolved(item.name), _default(item)))
    return dataclasses.make_dataclass("Schema", columns, kw_only=True)


def _resolved(name: str) -> Any:
    from typing import get_type_hints

    return get_type_hints(StudyConfig)[name]


def _default(item: dataclasses.Field[Any]) -> Any:
    if item.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=item.default_factory)
    return dataclasses.field(default=item.default)


def register() -> None:
    """Tell Hydra the schemas."""
    store = ConfigStore.instance()
    store.store(name="schema", node=_root())
    for group, options in SCHEMAS.items():
        for name, schema in options.items():
            store.store(group=group, name=f"{name}_schema", node=schema)


def options(group: str) -> list[str]:
    """The options of a group."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def typed(composed: DictConfig) -> StudyConfig:
    """The typed configuration, every part validated and all of them together.

    Raises:
        ConfigurationError: In one sentence that names key, value and remedy.
    """
    try:
        for plugin in composed.plugins:
            try:
                importlib.import_module(plugin)
            except ImportError as error:
                raise ValueError(
                    f"plugins={plugin} cannot be imported ({error}); put its folder on PYTHONPATH, or install it"
                ) from error
        plain = OmegaConf.to_object(composed)
        config = StudyConfig(**{item.name: getattr(plain, item.name) for item in dataclasses.fields(StudyConfig)})
        config.check()
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    except OmegaConfBaseException as error:
        raise ConfigurationError(explain(error)) from error
    return config


def compose_study(overrides: Sequence[str] = ()) -> StudyConfig:
    """The configuration of `fade OVERRIDES`, for a notebook or a test.

    Raises:
        ConfigurationError: In one sentence.
    """
    register()
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            composed = compose("config", overrides=list(overrides))
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigurationError(explain(error)) from error
    return typed(composed)


def explain(error: Exception) -> str:
    """One sentence out of an error of Hydra or OmegaConf, with the remedy where one can be told."""
    for cause in (error, error.__cause__, error.__context__):
        if isinstance(cause, MissingMandatoryValue):
            return f"{_key(cause)} must be chosen; give {_key(cause)}=…"
        if isinstance(cause, ConfigKeyError | ConfigAttributeError) and (key := _key(cause)):
            return f"{key} is no key{_suggest(key)}"
    for cause in (error.__cause__, error.__context__, error):
        if isinstance(cause, OmegaConfBaseException) and (key := _key(cause)):
            return f"{key}: {_first_line(cause)}; give a value of that kind"
    text = _first_line(error)
    if found := re.search(r"Could not find '(\w+)/([^']*)'", text):
        group, option = found.groups()
        return f"{group}={option} is no option; choose from {', '.join(options(group))}"
    if found := re.search(r"Could not override '([^']+)'", text):
        return f"{found[1]} is no key{_suggest(found[1])}"
    return text


def _key(error: OmegaConfBaseException) -> str:
    return str(getattr(error, "full_key", None) or getattr(error, "key", None) or "")


def _first_line(error: BaseException) -> str:
    return next((line.strip().rstrip(".") for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _suggest(key: str) -> str:
    close = difflib.get_close_matches(key, known_keys(), n=1, cutoff=0.5)
    return f"; did you mean {close[0]}?" if close else "; `fade --help` lists the keys"


def known_keys() -> list[str]:
    """All keys that there are, dotted."""
    keys = []
    for item in dataclasses.fields(StudyConfig):
        if item.name in _ONE_SCHEMA:
            parts: list[type] = [_ONE_SCHEMA[item.name]]
        elif item.name in SCHEMAS:
            parts = list(SCHEMAS[item.name].values())
        else:
            keys.append(item.name)
            continue
        keys += [f"{item.name}.{column.name}" for part in parts for column in dataclasses.fields(part)]
    return sorted(set(keys))
