"""From Hydra's composition to one typed, validated configuration."""

from __future__ import annotations

import dataclasses
import difflib
import importlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

from hydra import compose, initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException, OverrideParseException
from omegaconf import MISSING, DictConfig, OmegaConf
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, MissingMandatoryValue, OmegaConfBaseException

from fade.data import DatasetConfig
from fade.errors import first_line, with_type
from fade.estimators import ESTIMATORS
from fade.nets.config import SpaceConfig
from fade.search import SEARCHES
from fade.study.config import ConfigurationError, StudyConfig
from fade.tracking.config import TrackingConfig
from fade.truth.config import TruthConfig

_package = Path(__file__).parent
CONF = _package / "conf" if (_package / "conf").exists() else _package.parent / "conf"
"""The YAML files: in the wheel beside the code, in a checkout beside the package."""

GROUPS = ("dataset", "space", "trainer", "search", "truth", "tracking", "experiment")

SCHEMAS: dict[str, dict[str, type]] = {
    "trainer": dict(ESTIMATORS.items()),
    "search": dict(SEARCHES.items()),
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
            columns.append((item.name, get_type_hints(StudyConfig)[item.name], _default(item)))
    return dataclasses.make_dataclass("Schema", columns, kw_only=True)


def _default(item: dataclasses.Field[Any]) -> Any:
    if item.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=item.default_factory)
    return dataclasses.field(default=item.default)


@cache
def register() -> None:
    """Tell Hydra the schemas, whose store lasts as long as the process."""
    store = ConfigStore.instance()
    store.store(name="schema", node=_root())
    for group, options in SCHEMAS.items():
        for name, schema in options.items():
            store.store(group=group, name=f"{name}_schema", node=schema)


def options(group: str) -> list[str]:
    """The options of a group."""
    return sorted(path.stem for path in (CONF / group).glob("*.yaml"))


def schemas(part: str) -> dict[str, type]:
    """The schemas of a part of a study, by name: several where its options differ in their keys, none of a mere key.

    None of `experiment` either, which sets keys of all other groups.
    """
    if part in SCHEMAS:
        return SCHEMAS[part]
    schema = get_type_hints(StudyConfig).get(part)
    return {part: schema} if isinstance(schema, type) and dataclasses.is_dataclass(schema) else {}


def typed(composed: DictConfig) -> StudyConfig:
    """The typed configuration, every part validated and all of them together.

    Raises:
        ConfigurationError: In one sentence that names key, value and remedy.
    """
    try:
        for plugin in composed.plugins:
            _import_plugin(plugin)
        _keep_words(composed)
        plain = OmegaConf.to_object(composed)
        names = {item.name for item in dataclasses.fields(StudyConfig)}
        if extra := [str(key) for key in composed if key not in names]:
            raise ValueError(_no_key(extra[0], None))
        config = StudyConfig(**{name: getattr(plain, name) for name in names})
        for name, part in vars(config).items():
            if dataclasses.is_dataclass(part):
                # `+trainer.anything=1` adds to a schema what nothing reads.
                for key in vars(part).keys() - {item.name for item in dataclasses.fields(part)}:
                    raise ValueError(_no_key(f"{name}.{key}", type(part)))
        config.check()
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    except OmegaConfBaseException as error:
        raise ConfigurationError(explain(error)) from error
    return config


def _import_plugin(plugin: str) -> None:
    try:
        importlib.import_module(plugin)
    except (Exception, SystemExit) as error:  # whatever a user's module raises
        raise ValueError(
            f"plugins={plugin} cannot be imported ({with_type(error).rstrip('.')}); put its folder on "
            "PYTHONPATH, or mend it"
        ) from error


def _keep_words(node: DictConfig) -> None:
    """Undo that Hydra reads a bare ``true`` as a truth value, where a text is wanted (`search.utilities=true`)."""
    for key, value in node.items_ex(resolve=False):
        if isinstance(value, DictConfig):
            if not OmegaConf.is_missing(node, key):
                _keep_words(value)
        elif value in ("True", "False"):
            node[key] = value.lower()


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
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise ConfigurationError(explain(error)) from error
    return typed(composed)


def explain(error: Exception) -> str:
    """One sentence out of an error of Hydra or OmegaConf: the key, its value, and a remedy."""
    for cause in (error, error.__cause__, error.__context__):
        if not isinstance(cause, OmegaConfBaseException):
            continue
        if isinstance(cause, MissingMandatoryValue):
            return f"{_key(cause)} must be chosen; give {_key(cause)}=…"
        if isinstance(cause, ConfigKeyError | ConfigAttributeError) and (key := _key(cause)):
            return _no_key(key, cause.object_type)
        if key := _key(cause):
            return _wrong_value(key, _first_sentence(cause), cause)
    text = str(error)
    if isinstance(error, OverrideParseException):
        return f"{error.override} cannot be read; write KEY=VALUE, and quote what is no plain word: 'KEY=\"a, b\"'"
    if found := re.search(r"Could not (?:find|load) '([\w/]+)/([^'/]*)'", text):
        group, option = found.groups()
        choices = options(group) or re.findall(r"^\t([\w-]+)$", text, re.MULTILINE)
        package = f", or install the plugin that has it, as hydra-{option}-{group[6:]}" if group[:6] == "hydra/" else ""
        return f"{group}={option} is no option; choose from {', '.join(choices)}{package}"
    if found := re.match(r"Ambiguous value for argument '(.+)'", text):
        return f"{found[1]} gives several values to one run; add -m to sweep over them, or quote a text: 'KEY=\"a, b\"'"
    if found := re.search(r"Could not override '([^']+)'", text):
        return _no_key(found[1], None)
    if text.startswith("Config group override must be"):
        return f"a group was given no option's name ({_first_sentence(error)}); write GROUP=OPTION, as in trainer=joint"
    return _first_sentence(error)


_KINDS = {"Integer": "whole number", "Float": "number"}


def _wrong_value(key: str, text: str, cause: OmegaConfBaseException) -> str:
    """What to give instead of a value of another type."""
    if found := re.match(r"Value '(.*)' of type '\w+' could not be converted to (\w+)", text):
        value, kind = found.groups()
        return f"{key}={value} is no {_KINDS.get(kind, kind)}; give one"
    if found := re.match(r"Value '(.*)' is not a valid bool", text):
        return f"{key}={found[1]} is neither true nor false; give one of them"
    if "not Optional" in text:
        return f"{key}=null leaves out what is needed; give a value"
    if "does not support deletion" in text:
        return f"{key} cannot be removed; give it a value instead"
    if "not a subclass of" in text:
        return f"{key} is a group of keys; set one of {', '.join(k for k in known_keys() if k.startswith(f'{key}.'))}"
    if "ListConfig" in text:
        return f"{key} takes a list; write {key}=[…]"
    return f"{key}: {text}; give another value"


def _key(error: OmegaConfBaseException) -> str:
    return str(getattr(error, "full_key", None) or getattr(error, "key", None) or "")


def _first_sentence(error: BaseException) -> str:
    return first_line(error).rstrip(".")


def _no_key(key: str, owner: object) -> str:
    """Of a key that is not there: what was meant, or that another option of its group has it."""
    if key in known_keys() and dataclasses.is_dataclass(owner):
        group, _, _ = key.partition(".")
        names = ", ".join(item.name for item in dataclasses.fields(owner))
        return (
            f"{key} is no key of the option chosen for {group}, whose keys are {names}; choose another "
            f"{group}=…, or leave out what sets it: the command or the file of an experiment"
        )
    group, dot, _ = key.partition(".")
    if dot and key in known_keys():
        return f"{key} is no key where nothing is chosen for {group}; give {group}=…, or leave out what sets {key}"
    close = difflib.get_close_matches(key, known_keys(), n=1, cutoff=0.5)
    return f"{key} is no key" + (f"; did you mean {close[0]}?" if close else "; `fade --cfg job` shows them all")


def known_keys() -> list[str]:
    """All keys that there are, dotted, and the groups."""
    keys = set(GROUPS)
    for item in dataclasses.fields(StudyConfig):
        columns = (column for schema in schemas(item.name).values() for column in dataclasses.fields(schema))
        keys |= {f"{item.name}.{column.name}" for column in columns}
        keys.add(item.name)
    return sorted(keys)
