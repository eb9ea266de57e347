"""Independent trainings side by side, each in a process of its own, as many as there are idle cores."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any

import torch

from fade.training.fit import Report

Announce = Callable[[str], Report | None]
"""Called with what training starts; may return what to call after each epoch."""
Task = Callable[[Announce], object]

PATIENCE = 1.0
"""Seconds after which idle cores are counted anew, while something waits for one."""
GLANCE = 0.1
"""Seconds of the first count."""


def can_fork(device: torch.device) -> bool:
    """Whether trainings on a device can run in forked processes.

    A forked process finds all data and every registered part in memory. Autograd can do that only where the machine
    has no accelerator, and a process of a pool has no children.

    Args:
        device: Of the data.
    """
    alone = device.type == "cpu" and not torch.accelerator.is_available()
    return alone and sys.platform == "linux" and not multiprocessing.current_process().daemon


class CannotFork(RuntimeError):
    """Forked processes cannot run autograd, for the first process has done so before them."""


class Cores:
    """The cores that this process may use, and how many of them other processes leave idle."""

    def __init__(self) -> None:
        from joblib import cpu_count

        self.allowed: int = cpu_count()  # heeds affinity, and the quota of a container
        self._counted = False

    def idle(self, own: int) -> int:
        """How many cores are free for us, those that our own processes keep busy among them; at least one.

        Args:
            own: How many these are.
        """
        import psutil

        busy = psutil.cpu_percent(None if self._counted else GLANCE, percpu=True)
        self._counted = True
        here = os.sched_getaffinity(0)
        others = sum(percent for core, percent in enumerate(busy) if core in here) / 100 - own
        return max(int(self.allowed - max(others, 0.0) + 0.5), 1)


def side_by_side(tasks: Sequence[Task], announce: Announce, *, cores: Cores, threads: int = 1) -> int:
    """Call each task in a forked process; what it makes has to be stored, for nothing else comes back.

    Every task starts from the state of this process, so that it does the same in any order and beside any other. A
    process that dies leaves its task undone. All processes end with this one, however that ends.

    Args:
        tasks: Each is called with what it announces its training to.
        announce: Told, in this process, of trainings that start and of their epochs.
        cores: Where they run.
        threads: Of one process.

    Returns:
        How many were done.

    Raises:
        CannotFork: If this process has run a backward pass before; it must leave all of them to forked ones.
        Exception: The first that a task raises; the others are then stopped.
    """
    context: Any = multiprocessing.get_context("fork")
    waiting, running, done = deque(tasks), dict[Connection, _Running](), 0
    try:
        while waiting or running:
            room = cores.idle(len(running) * threads) // threads if waiting else 0
            while waiting and len(running) < max(room, 1):
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(target=_work, args=(waiting.popleft(), sender), daemon=True)
                with warnings.catch_warnings():  # Python warns of locks that threads may hold; the child takes none
                    warnings.simplefilter("ignore", DeprecationWarning)
                    process.start()
                sender.close()
                running[receiver] = _Running(process)
            for receiver in wait(list(running), timeout=PATIENCE if waiting else None):
                assert isinstance(receiver, Connection)
                if not running[receiver].hear(receiver, announce):
                    ended = running.pop(receiver)
                    _tell_of(ended.process)
                    done += ended.done
                    receiver.close()
    finally:
        for receiver, left in running.items():
            left.process.kill()
            left.process.join()
            receiver.close()
    return done


def _tell_of(process: Any) -> None:
    process.join()
    if process.exitcode:
        how = f"by signal {-process.exitcode}" if process.exitcode < 0 else f"with code {process.exitcode}"
        warnings.warn(f"a process was ended {how}; its work is done anew", stacklevel=3)


class _Running:
    """A process, whom to tell of its training's epochs, and whether it is done."""

    def __init__(self, process: Any) -> None:
        self.process = process
        self.report: Report | None = None
        self.done = False

    def hear(self, receiver: Connection, announce: Announce) -> bool:
        """Take up one message; False if there are no more."""
        try:
            kind, content = receiver.recv()
        except EOFError:
            return False
        match kind:
            case "starts":
                self.report = announce(content)
            case "epoch" if self.report is not None:
                self.report(*content)
            case "warning":
                warnings.warn(content, stacklevel=4)
            case "failed":
                raise content
            case "done":
                self.done = True
            case "cannot":
                raise CannotFork
        return True


def _work(task: Task, sender: Connection) -> None:
    """Do a task in a forked process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the first process's to answer
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def announce(what: str) -> Report:
        sender.send(("starts", what))
        return lambda done, epochs: sender.send(("epoch", (done, epochs)))

    try:
        torch.zeros((), requires_grad=True).backward()
    except RuntimeError:
        sender.send(("cannot", None))
        return
    try:
        with warnings.catch_warnings(record=True) as caught:
            task(announce)
        for warning in caught:
            sender.send(("warning", str(warning.message)))
        sender.send(("done", None))
    except BrokenPipeError:  # the first process has ended
        return
    except Exception as error:
        sender.send(("failed", _sendable(error)))


def _sendable(error: Exception) -> Exception:
    """An error as another process can raise it, with where it came from."""
    error.add_note("".join(traceback.format_exception(error)))
    try:
        multiprocessing.reduction.ForkingPickler.dumps(error)
    except Exception:  # a class of a user's own may refuse
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
