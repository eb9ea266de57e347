"""Parts by name: those of this package, each in a file of its own, and those that users register."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Generic, TypeVar

Part = TypeVar("Part", bound=type)


class Registry(Generic[Part]):
    """Classes of one kind, by name.

    Args:
        kind: What they are, for messages, such as "read-out".
        package: A package whose modules register parts; they are imported when the first part is asked for, so that a
            new part is one new file.
    """

    def __init__(self, kind: str, package: str | None = None) -> None:
        self.kind, self._package = kind, package
        self._parts: dict[str, Part] = {}
        self._discovered = package is None

    def register(self, part: Part, name: str | None = None) -> Part:
        """Add a class; from the same module again, as a notebook's cell is, in the old one's place.

        Args:
            part: The class.
            name: Its name here; None is its ``name``.

        Returns:
            The class, so that this serves as a decorator.

        Raises:
            ValueError: If the name is taken by another module's class, or there is none.
        """
        name = getattr(part, "name", None) if name is None else name
        if not isinstance(name, str) or not name.isidentifier():
            raise ValueError(f"{part.__qualname__} cannot be registered: give it a name of letters, digits and _")
        known = self._parts.get(name)
        if known is not None and known.__module__ != part.__module__:
            raise ValueError(f"the {self.kind} '{name}' exists already; register yours under another name")
        self._parts[name] = part
        return part

    def names(self) -> list[str]:
        """All names, in the order of registration."""
        self._discover()
        return list(self._parts)

    def __getitem__(self, name: str) -> Part:
        self._discover()
        return self._parts[name]

    def __contains__(self, name: object) -> bool:
        self._discover()
        return name in self._parts

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def items(self) -> list[tuple[str, Part]]:
        """All parts with their names."""
        return [(name, self[name]) for name in self.names()]

    def is_ours(self, name: str) -> bool:
        """Whether a part came with this package."""
        return self[name].__module__.partition(".")[0] == "fade"

    def _discover(self) -> None:
        if self._discovered or self._package is None:
            return
        self._discovered = True
        package = importlib.import_module(self._package)
        for module in sorted(found.name for found in pkgutil.iter_modules(package.__path__)):
            importlib.import_module(f"{self._package}.{module}")
