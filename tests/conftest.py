"""What all tests share."""

import gc
import os
import signal
from pathlib import Path

import pytest

from tests.study.processes import BARE

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # started in the background of a script, as are our children then
    signal.signal(signal.SIGINT, signal.default_int_handler)

os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")  # each worker of the tests has a core, and trains on no other

gc.disable()  # while the tests are collected: torch and Lightning make a million objects that stay


def pytest_collection_finish() -> None:
    """Let no later collection walk through what was imported."""
    gc.collect()
    gc.freeze()
    gc.enable()


@pytest.fixture(autouse=True, scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory):
    """One cache of generated data for the session, apart from the user's."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("cache")
        patch.setenv("FADE_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def shared_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store for tests that do not ask what is trained: a training is done once."""
    return tmp_path_factory.mktemp("store")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """Studies of this process are as `start(…, bare=True)` has them."""
    for module, name, instead in BARE:
        monkeypatch.setattr(f"{module}.{name}", instead)
