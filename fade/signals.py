"""What a process does about signals while it cannot be interrupted."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = {signal.SIGINT, signal.SIGTERM}


@contextmanager
def held() -> Iterator[None]:
    """Hold back the signals that end a process until the end of the context, as while libraries are imported.

    Their C code swallows what a handler raises, so that the process goes on, or takes it for a failure of its own.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
