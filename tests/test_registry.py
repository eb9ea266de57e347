"""Parts by name."""

import pytest

from fade.data import DATASETS, DatasetConfig, register_dataset
from fade.estimators import ESTIMATORS, READOUTS
from fade.registry import Registry
from fade.search import SEARCHES
from fade.tracking import TRACKERS, TrackingConfig, register_tracker
from fade.training.steps import MODES


def part(name, module="mine"):
    return type("Part", (), {"name": name, "__module__": module})


def test_parts_are_found_by_name_in_the_order_of_registration():
    registry = Registry("part")
    first, second = registry.register(part("b")), registry.register(part("a"))
    third = registry.register(part("c"), "d")
    assert registry.items() == [("b", first), ("a", second), ("d", third)]
    assert list(registry) == registry.names() == ["b", "a", "d"]
    assert "a" in registry
    assert "c" not in registry
    with pytest.raises(KeyError):
        registry["c"]


def test_a_name_belongs_to_the_module_that_registered_it():
    """So that the cell of a notebook may be run again."""
    registry = Registry("part")
    registry.register(part("a"))
    again = registry.register(part("a"))
    assert registry["a"] is again
    with pytest.raises(ValueError, match="the part 'a' exists already; register yours under another name"):
        registry.register(part("a", module="other"))
    assert registry["a"] is again


@pytest.mark.parametrize("name", [None, "", "two words", "a-b", 3])
def test_a_part_without_a_proper_name_is_refused(name):
    with pytest.raises(ValueError, match="give it a name of letters, digits and _"):
        Registry("part").register(part(name))


@pytest.mark.parametrize("registry", [ESTIMATORS, READOUTS, SEARCHES, MODES], ids=lambda registry: registry.kind)
def test_parts_of_a_package_are_found_without_being_named(registry, monkeypatch):
    assert registry.names()
    assert all(map(registry.is_ours, registry))
    monkeypatch.setattr(registry, "_parts", dict(registry._parts))
    registry.register(part("mine"))
    assert not registry.is_ours("mine")


@pytest.mark.parametrize(
    ("register", "base", "taken", "registry"),
    [
        (register_dataset, DatasetConfig, "digits", DATASETS),
        (register_tracker, TrackingConfig, "csv", TRACKERS),
    ],
)
def test_a_user_s_part_takes_no_name_of_ours(register, base, taken, registry, monkeypatch):
    monkeypatch.setattr(registry, "_parts", {})
    with pytest.raises(ValueError, match=f"'{taken}' exists already"):
        register(type("Mine", (base,), {"name": taken}))
    mine = register(type("Mine", (base,), {"name": "mine"}))
    assert registry["mine"] is mine
