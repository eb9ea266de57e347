"""How a command imports libraries."""

import gc
import sys
from types import ModuleType

import pytest

from fade.cli.importing import importing


@pytest.fixture(autouse=True)
def unfrozen():
    """What a test freezes is searched again."""
    yield
    gc.unfreeze()


def test_what_is_imported_is_no_longer_searched_for_garbage(monkeypatch):
    before = gc.get_freeze_count()
    with importing():
        assert not gc.isenabled()
        monkeypatch.setitem(sys.modules, "a_new_library", ModuleType("a_new_library"))
    assert gc.isenabled()
    assert gc.get_freeze_count() > before


def test_a_second_study_freezes_nothing_of_the_first():
    before = gc.get_freeze_count()
    with importing():
        import json  # noqa: F401
    assert gc.get_freeze_count() == before


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with importing():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
