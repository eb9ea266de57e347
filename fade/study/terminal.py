"""The console of a study, and what it says before there is anything to say; imports no large library."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

from rich.console import Console

PLAIN_WIDTH = 120


def wide_console() -> Console:
    """A console as wide as the terminal; off a terminal wide enough for tables."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def starting() -> AbstractContextManager[object]:
    """Says on a terminal that something happens while libraries are imported, which takes seconds."""
    console = wide_console()
    return console.status("starting") if console.is_terminal else nullcontext()
