"""The root's schema and those of all options, and their registration with Hydra."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_type_hints

from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from omegaconf import MISSING

from fade.data import DATASETS, DatasetConfig
from fade.estimators import ESTIMATORS
from fade.nets.config import SpaceConfig
from fade.registry import Registry
from fade.search import SEARCHES
from fade.study.config import StudyConfig
from fade.tracking import TRACKERS, TrackingConfig
from fade.truth.config import TruthConfig

_package = Path(__file__).parent.parent
CONF = _package / "conf" if (_package / "conf").exists() else _package.parent / "conf"
"""The YAML files: in the wheel beside the code, in a checkout beside the package."""

GROUPS = ("dataset", "space", "trainer", "search", "truth", "tracking", "experiment")

SCHEMAS: dict[str, dict[str, type]] = {
    "dataset": {"dataset": DatasetConfig},
    "space": {"space": SpaceConfig},
    "trainer": {"supernet": ESTIMATORS["supernet"]},
    "search": {},
    "truth": {"truth": TruthConfig},
    "tracking": {"tracking": TrackingConfig},
}
"""The schemas of each group by name, which `register` completes by registered parts; the first of a group is that of
an option which names none and is called like none.
"""

REGISTRIES: dict[str, Registry[Any]] = {
    "dataset": DATASETS,
    "trainer": ESTIMATORS,
    "search": SEARCHES,
    "tracking": TRACKERS,
}
"""Where parts of a group are registered, ours and users'."""

_SUFFIX = "_schema"


def _root() -> type:
    """The root's schema: `StudyConfig`, with groups to be chosen."""
    columns: list[Any] = []
    for item in dataclasses.fields(StudyConfig):
        if item.name in SCHEMAS:
            columns.append((item.name, Any, dataclasses.field(default=MISSING)))
        else:
            columns.append((item.name, get_type_hints(StudyConfig)[item.name], _default(item)))
    schema = dataclasses.make_dataclass("Schema", columns, kw_only=True)
    schema.__module__ = __name__  # where pickle looks for it
    return schema


def _default(item: dataclasses.Field[Any]) -> Any:
    if item.default_factory is not dataclasses.MISSING:
        return dataclasses.field(default_factory=item.default_factory)
    return dataclasses.field(default=item.default)


Schema = _root()
"""What every configuration is composed on."""


def register() -> None:
    """Tell Hydra the schemas of all parts that are registered; what it knows already stays.

    A registered part that has no file of its own is an option by itself: ``GROUP=NAME``. A file of values begins with
    ``defaults: [NAME_schema, _self_]``.
    """
    store = ConfigStore.instance()
    if not _registered:
        store.store(name="schema", node=Schema)
    for group, registry in REGISTRIES.items():
        SCHEMAS[group] |= dict(registry.items())
    for group, known in SCHEMAS.items():
        for name, schema in known.items():
            if _registered.get((group, name)) is schema:
                continue
            _registered[group, name] = schema
            store.store(group=group, name=f"{name}{_SUFFIX}", node=schema)
            if schema.__module__.partition(".")[0] != "fade":
                store.store(group=group, name=name, node=schema)


_registered: dict[tuple[str, str], type] = {}


def options(group: str, overrides: Sequence[str] = (), config_name: str = "config") -> list[str]:
    """The options of a group: files of ours, registered ones, and those on the search path.

    Args:
        group: Also one of Hydra's, as ``hydra/launcher``.
        overrides: Among which may be ``hydra.searchpath=[…]``.
        config_name: Of the primary configuration, which may set a search path, too.
    """
    register()
    with initialize_config_dir(str(CONF), version_base="1.3"):
        loader = GlobalHydra.instance().config_loader()
        found = loader.get_group_options(group, config_name=config_name, overrides=list(overrides))
    return chosen_from(found)


def chosen_from(names: Sequence[str]) -> list[str]:
    """What a user chooses from: the names of a group less those of mere schemas."""
    return sorted({name for name in names if not name.endswith(_SUFFIX)})


def schemas(part: str) -> dict[str, type]:
    """The schemas of a part of a study, by name: none of a mere key, none of `experiment`, which sets other groups."""
    if part in SCHEMAS:
        return SCHEMAS[part]
    schema = get_type_hints(StudyConfig).get(part)
    return {part: schema} if isinstance(schema, type) and dataclasses.is_dataclass(schema) else {}


def schema_of(group: str, option: str) -> type:
    """The schema of an option that names none: the one called like it, or the first of its group."""
    known = SCHEMAS[group]
    return known.get(option, next(iter(known.values())))


def known_keys() -> list[str]:
    """All keys that there are, dotted, and the groups."""
    keys = set(GROUPS)
    for item in dataclasses.fields(StudyConfig):
        columns = (column for schema in schemas(item.name).values() for column in dataclasses.fields(schema))
        keys |= {f"{item.name}.{column.name}" for column in columns}
        keys.add(item.name)
    return sorted(keys)
