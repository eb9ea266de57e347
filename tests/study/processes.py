"""Real processes that run `fade`, forked from a clean one that has imported everything: ready at once, and killable."""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.study.clean"])
PATIENCE = 120.0
BARE: tuple[tuple[str, str, Callable[..., None]], ...] = (
    ("fade.study.running", "build_run", lambda folder: (folder / "report.html").touch()),
    ("fade.export.export", "export_network", lambda *_, **__: None),
)
"""What makes a study's page empty and leaves its network unexported: most of a tiny one's time, if nobody looks."""


def _child(arguments: Sequence[str], folder: str, cache: str, bare: bool, cores: int) -> None:
    from fade.cli.main import run

    for module, name, instead in BARE if bare else ():
        setattr(import_module(module), name, instead)
    os.chdir(folder)
    os.environ["FADE_CACHE"] = cache
    os.environ["LOKY_MAX_CPU_COUNT"] = str(cores)
    sys.path.insert(0, folder)
    for name, stream in (("out", 1), ("err", 2)):
        handle = os.open(f"{name}.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(handle, stream)
    sys.exit(run(list(arguments)))


def start(folder: Path, arguments: Sequence[str], *, bare: bool = False, cores: int = 1) -> ForkServerProcess:
    """`fade ARGUMENTS` in a folder, where out.txt and err.txt take what it says; the folder is on the module path."""
    process = _context.Process(
        target=_child, args=(list(arguments), str(folder), os.environ["FADE_CACHE"], bare, cores)
    )
    process.start()
    return process


def end(process: ForkServerProcess) -> int:
    """Wait for the exit code; minus the signal for a process that was killed."""
    process.join(PATIENCE)
    assert process.exitcode is not None, "it hangs"
    return process.exitcode


def wait_for(condition: Callable[[], object], process: ForkServerProcess) -> None:
    """Wait until something is so, while the process lives."""
    give_up = time.monotonic() + PATIENCE
    while not condition() and process.is_alive():
        assert time.monotonic() < give_up
        time.sleep(0.002)


def errors(folder: Path) -> list[str]:
    """The lines on stderr that tell of errors."""
    return [line for line in (folder / "err.txt").read_text().splitlines() if line.startswith("fade: error:")]
