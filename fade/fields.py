"""Ranges and choices of a configuration's keys, declared beside the field.

>>> from dataclasses import dataclass
>>> @dataclass(kw_only=True)
... class Config:
...     rate: float = option(0.1, above=0, most=1)
>>> check_fields(Config(rate=2.0), "trainer")
Traceback (most recent call last):
ValueError: trainer.rate=2.0 is out of range; give more than 0 and at most 1
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fade.renamed import current

_KEY = "fade"


@dataclass(frozen=True)
class Allowed:
    """What a field may hold; None is always allowed where the field's type allows it.

    Attributes:
        choices: The values, or a function that returns them, for those that users may add to.
        least: The smallest number.
        above: All numbers are larger.
        most: The largest number.
        below: All numbers are smaller.
        remedy: What else to do about a wrong value, such as ", or null".
    """

    choices: Sequence[str] | Callable[[], Sequence[str]] | None = None
    least: float | None = None
    above: float | None = None
    most: float | None = None
    below: float | None = None
    remedy: str = ""

    def names(self) -> list[str]:
        """The choices, as they are now."""
        return list(self.choices() if callable(self.choices) else self.choices or ())

    def range(self) -> str:
        """The range in words; empty without bounds."""
        if self.least is not None and self.most is not None:
            return f"a number from {self.least:g} to {self.most:g}"
        words = [
            "" if self.least is None else f"{self.least:g} or more",
            "" if self.above is None else f"more than {self.above:g}",
            "" if self.most is None else f"at most {self.most:g}",
            "" if self.below is None or self.below == math.inf else f"less than {self.below:g}",
        ]
        return " and ".join(word for word in words if word)

    def holds(self, value: float) -> bool:
        """Whether a number is in the range; NaN never is."""
        bounded = self.range() or self.below is not None
        return not bounded or (
            (self.least is None or value >= self.least)
            and (self.above is None or value > self.above)
            and (self.most is None or value <= self.most)
            and (self.below is None or value < self.below)
        )


def option(
    default: Any = dataclasses.MISSING,
    *,
    default_factory: Callable[[], Any] | None = None,
    choices: Sequence[str] | Callable[[], Sequence[str]] | None = None,
    least: float | None = None,
    above: float | None = None,
    most: float | None = None,
    below: float | None = None,
    remedy: str = "",
) -> Any:
    """A dataclass field with the values that it may have, which `check_fields` checks; see `Allowed`.

    Args:
        default: The default.
        default_factory: Or what makes it; of a list each element is checked.
        choices: See `Allowed`, as all that follow.
        least: See `Allowed`.
        above: See `Allowed`.
        most: See `Allowed`.
        below: See `Allowed`.
        remedy: See `Allowed`.
    """
    allowed = Allowed(choices, least, above, most, below, remedy)
    metadata = {_KEY: allowed}
    if default_factory is not None:
        return dataclasses.field(default_factory=default_factory, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


def allowed(item: dataclasses.Field[Any]) -> Allowed | None:
    """What a field declares; None where it was not made by `option`."""
    return item.metadata.get(_KEY)


def check_fields(config: Any, group: str = "") -> None:
    """Check every field of a dataclass by what it declares.

    Args:
        config: A dataclass.
        group: The group that its keys belong to.

    Raises:
        ValueError: Naming the key, its value and what to give instead.
    """
    for item in dataclasses.fields(config):
        if (bounds := allowed(item)) is None or (value := getattr(config, item.name)) is None:
            continue
        for each in value if isinstance(value, list) else [value]:
            _check(f"{group}.{item.name}".lstrip("."), each, bounds)


def _check(key: str, value: Any, bounds: Allowed) -> None:
    if bounds.choices is not None:
        if value not in (names := bounds.names()):
            if (now := current(str(value))) in names:
                raise ValueError(f"{key}={value} is called {now} now; write {key}={now}")
            raise ValueError(f"{key}={value} is unknown; choose from {', '.join(names)}{bounds.remedy}")
    elif isinstance(value, int | float) and not bounds.holds(value):
        raise ValueError(f"{key}={value} is out of range; give {bounds.range() or 'a finite number'}{bounds.remedy}")


def at_least(key: str, value: float, least: float) -> None:
    """Raise a ValueError that names the key unless the value is large enough."""
    _check(key, value, Allowed(least=least))
