"""Whether the values of a configuration made in Python are what its fields say and config.yaml can hold."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

PLAIN = (str, int, float, bool, NoneType)


def check_plain(config: Any, key: str = "") -> None:
    """Check every value of nested dataclasses by the type of its field; a whole number will do for a float.

    Args:
        config: A dataclass.
        key: By which it is given.

    Raises:
        ValueError: Naming the key, its value and the remedy.
    """
    hints = get_type_hints(type(config))
    for field in fields(config):
        name, value, hint = f"{key}.{field.name}".lstrip("."), getattr(config, field.name), hints[field.name]
        wanted = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        if is_dataclass(value):
            check_plain(value, name)
            continue
        for inner in _leaves(value):
            if type(inner) not in PLAIN:
                raise ValueError(
                    f"{name}={inner} is of type {type(inner).__name__}, which config.yaml cannot hold; give a plain "
                    "number or text, as by value.item() or str(value)"
                )
            if isinstance(inner, float) and not math.isfinite(inner):
                raise ValueError(f"{name}={inner} is not finite; give a number")
        known = all(one in PLAIN or is_dataclass(one) for one in wanted)
        if known and type(value) not in wanted and not (type(value) is int and float in wanted):
            names = " or ".join("None" if one is NoneType else one.__name__ for one in wanted)
            raise ValueError(f"{name}={value} is of type {type(value).__name__}; give {names}")


def _leaves(value: Any) -> Iterator[Any]:
    """The single values of nested lists and dictionaries."""
    if isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _leaves(inner)
    else:
        yield value
