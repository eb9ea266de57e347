"""What a process knows of the command that it runs, from one hook of Hydra to the next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fade.study.folder import release


class Stopped(BaseException):
    """Ends a command from within a hook, whose exceptions Hydra makes warnings of.

    Args:
        error: Why; None if there is nothing more to do.
    """

    def __init__(self, error: Exception | None = None) -> None:
        super().__init__(error)
        self.error = error


@dataclass
class Session:
    """One command.

    Attributes:
        began: Whether a study or job has begun here or in a worker: what is wrong from then on is a failure.
        failure: Of the one study.
        made: Folders that were made for the run, the inmost first.
        sweep: The folder of the sweep, as long as its end is not told.
        locks: Held until the end of the command.
    """

    began: bool = False
    failure: Exception | None = None
    made: list[Path] = field(default_factory=list)
    sweep: Path | None = None
    locks: ExitStack = field(default_factory=ExitStack)

    def make(self, folder: Path) -> None:
        """Make a folder for the run; it is removed again if nothing comes to lie in it."""
        missing = [path for path in (folder, *folder.parents) if not path.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        self.made = missing

    def unmake(self) -> None:
        """Remove the folders made, as far as they are empty."""
        for folder in self.made:
            try:
                if [path.name for path in folder.iterdir()] == [".lock"]:
                    (folder / ".lock").unlink()
                folder.rmdir()
            except OSError:
                return


session = Session()
"""Of this process; workers of a launcher have one of their own."""


@contextmanager
def fresh_session() -> Iterator[Session]:
    """A session for one command, at whose end nothing stays locked."""
    vars(session).update(vars(Session()))
    try:
        yield session
    finally:
        session.locks.close()
        release()


@contextmanager
def stopping() -> Iterator[None]:
    """Let an exception of a hook end the command."""
    try:
        yield
    except Exception as error:
        raise Stopped(error) from error
