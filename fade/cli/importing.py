"""How a command imports the large libraries."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from fade.signals import held


@contextmanager
def importing() -> Iterator[None]:
    """A context for imports that are to stay until the end of the process: uninterrupted, and not searched for garbage.

    Half a million objects of torch and its like would be searched while they are made, whenever the study has made
    some more, and at the end: two seconds in all.
    """
    before, collects = len(sys.modules), gc.isenabled()
    gc.disable()
    try:
        with held():
            yield
    finally:
        if len(sys.modules) > before:  # else there are but results of earlier studies to freeze, which shall not stay
            gc.freeze()
        if collects:
            gc.enable()
