"""From the overrides of a command to one typed, validated configuration."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Sequence
from importlib.metadata import entry_points

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import ChoiceSweep
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from fade.config.schema import CONF, SCHEMAS, register, schema_of
from fade.config.sentences import explain, no_key, renamed_value
from fade.errors import with_type
from fade.study.config import ConfigurationError, StudyConfig

ENTRY_POINTS = "fade.plugins"
"""The group of entry points that an installed package names its plugins under."""


def compose_study(overrides: Sequence[str] = ()) -> StudyConfig:
    """The configuration of `fade OVERRIDES`, for a notebook or a test.

    Raises:
        ConfigurationError: In one sentence.
    """
    import_plugins(overrides)
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            composed = compose("config", overrides=list(overrides))
    except (HydraException, OmegaConfBaseException, ValueError) as error:
        raise ConfigurationError(explain(error)) from error
    return typed(composed)


def import_plugins(overrides: Sequence[str] = ()) -> None:
    """Import installed plugins and those of ``plugins=[…]``, before a composition that may need what they register.

    Args:
        overrides: Of the command line; those that cannot be read are left to Hydra.

    Raises:
        ConfigurationError: If one cannot be imported.
    """
    try:
        _import_installed()
        for text in overrides:
            if text.lstrip("+").startswith("plugins="):
                for module in _modules(text):
                    _import_plugin(module)
    except ValueError as error:
        raise ConfigurationError(str(error)) from error
    register()


def _modules(text: str) -> list[str]:
    try:
        (override,) = OverridesParser.create().parse_overrides([text])
    except HydraException:
        return []
    value = override.value()
    values = value.list if isinstance(value, ChoiceSweep) else [value]
    return [str(module) for each in values for module in (each if isinstance(each, list) else [each]) if module]


def _import_installed() -> None:
    for point in entry_points(group=ENTRY_POINTS):
        try:
            point.load()
        except (Exception, SystemExit) as error:
            package = point.dist.name if point.dist else point.value
            raise ValueError(
                f"the plugin {point.name} of the package {package} cannot be imported "
                f"({with_type(error).rstrip('.')}); mend or uninstall {package}"
            ) from error


def _import_plugin(plugin: str) -> None:
    try:
        importlib.import_module(plugin)
    except (Exception, SystemExit) as error:  # whatever a user's module raises
        raise ValueError(
            f"plugins={plugin} cannot be imported ({with_type(error).rstrip('.')}); put its folder on "
            "PYTHONPATH, or mend it"
        ) from error


def typed(composed: DictConfig) -> StudyConfig:
    """The typed configuration, every part validated and all of them together.

    Raises:
        ConfigurationError: In one sentence that names key, value and remedy.
    """
    names = {item.name for item in dataclasses.fields(StudyConfig)}
    try:
        if lacking := sorted(names - {str(key) for key in composed}):
            raise ValueError(
                f"{lacking[0]} is not in the primary configuration; begin the defaults list of its file with - config"
            )
        for plugin in composed.plugins:
            _import_plugin(plugin)
        for group in SCHEMAS:
            _give_schema(composed, group)
        _keep_words(composed)
        plain = OmegaConf.to_object(composed)
        if extra := [str(key) for key in composed if key not in names]:
            raise ValueError(no_key(extra[0], None))
        config = StudyConfig(**{name: getattr(plain, name) for name in names})
        for name, part in vars(config).items():
            if dataclasses.is_dataclass(part):
                # `+trainer.anything=1` adds to a schema what nothing reads.
                for key in vars(part).keys() - {item.name for item in dataclasses.fields(part)}:
                    raise ValueError(no_key(f"{name}.{key}", type(part)))
        config.check()
    except ValueError as error:
        raise ConfigurationError(renamed_value(composed) or str(error)) from error
    except OmegaConfBaseException as error:
        raise ConfigurationError(explain(error)) from error
    return config


def _give_schema(composed: DictConfig, group: str) -> None:
    """Type the keys of an option whose file names no schema."""
    if OmegaConf.is_missing(composed, group) or not isinstance(composed[group], DictConfig):
        return
    part = composed[group]
    if dataclasses.is_dataclass(OmegaConf.get_type(part)):
        return
    schema = schema_of(group, str(part.get("name", "")))
    fields = {item.name for item in dataclasses.fields(schema)}
    if extra := [str(key) for key in part if key not in fields]:
        raise ValueError(no_key(f"{group}.{extra[0]}", schema))
    composed[group] = OmegaConf.structured(schema)
    for key, value in part.items_ex(resolve=False):
        composed[group][key] = value


def _keep_words(node: DictConfig) -> None:
    """Undo that Hydra reads a bare ``true`` as a truth value, where a text is wanted (`search.utilities=true`)."""
    for key, value in node.items_ex(resolve=False):
        if isinstance(value, DictConfig):
            if not OmegaConf.is_missing(node, key):
                _keep_words(value)
        elif value in ("True", "False"):
            node[key] = value.lower()
