"""The entry point: exit codes, one-line errors, signals."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from fade import __version__
from fade.cli.arguments import Arguments, parse
from fade.cli.importing import importing
from fade.errors import with_type
from fade.study.config import ConfigurationError

DONE, FAILED, WRONG, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


class Terminated(BaseException):
    """The process was asked to end."""


def main() -> None:
    """Run ``fade``; exits with 0 done, 1 failed, 2 wrong input, 130 interrupted, 143 terminated."""
    code = run(sys.argv[1:])
    gc.freeze()  # else the interpreter's end would search all there is for garbage
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run ``fade ARGUMENTS`` and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what a terminal has no letters for is no failure
    before = signal.signal(signal.SIGTERM, _terminate)
    warnings.formatwarning = _warning  # type: ignore[assignment]
    try:
        with _full_errors():
            return _answer(arguments)
    except KeyboardInterrupt as error:
        fail("interrupted; what was finished is kept, the same command goes on from there", error)
        return INTERRUPTED
    except (Terminated, SystemExit) as error:
        if isinstance(error, SystemExit) and error.code != TERMINATED:  # Hydra's own, after --hydra-help and the like
            raise
        fail("terminated; what was finished is kept, the same command goes on from there", error)
        return TERMINATED
    finally:
        signal.signal(signal.SIGTERM, before)
        warnings.formatwarning = _library_warning


def fail(text: str, error: BaseException) -> None:
    """One line on stderr; the whole story where HYDRA_FULL_ERROR asks for it."""
    if os.environ.get("FADE_FULL_ERROR") == "1":
        traceback.print_exception(error)
    print(f"fade: error: {text}", file=sys.stderr, flush=True)


def _answer(arguments: Sequence[str]) -> int:
    try:
        asked = parse(arguments)
        if asked.version:
            return _tell(f"fade {__version__}")
        with importing():
            from fade.config import import_plugins

        import_plugins(asked.overrides)
        if asked.help:
            from fade.cli.help import help_text

            return _tell(help_text(asked))
        _hydra(asked)
    except ConfigurationError as error:
        fail(str(error), error)
        return WRONG
    except Exception as error:
        return _failed(error)
    return DONE


def _failed(error: Exception) -> int:
    from fade.cli.sweep import SweepFailed

    fail(str(error) if isinstance(error, SweepFailed) else with_type(error), error)
    return FAILED


def _hydra(asked: Arguments) -> None:
    """Let Hydra do what the command line says.

    Raises:
        ConfigurationError: For what is wrong before anything has begun.
        SweepFailed: If jobs of a sweep failed.
        Exception: What a study raised.
    """
    with importing():
        from hydra.core.global_hydra import GlobalHydra
        from hydra.errors import HydraException
        from omegaconf.errors import OmegaConfBaseException

        from fade.cli.session import Stopped, fresh_session
        from fade.cli.study import main as study
        from fade.cli.sweep import abandon_sweep, finish_sweep, has_begun
        from fade.config import explain

    GlobalHydra.instance().clear()
    with fresh_session() as session, _command_line(asked.ordered):
        try:
            study()
        except Stopped as stopped:  # by a hook of ours
            if stopped.error is not None:
                raise stopped.error from stopped.error.__cause__
        except Exception as error:
            if session.began or has_begun():
                finish_sweep(error)
            abandon_sweep()
            if isinstance(error, HydraException | OmegaConfBaseException | ValueError):
                raise ConfigurationError(explain(error)) from error
            raise
        if session.failure is not None:
            session.unmake()
            raise session.failure


@contextmanager
def _command_line(arguments: Sequence[str]) -> Iterator[None]:
    """Hydra reads the command line itself."""
    before = sys.argv
    sys.argv = [before[0], *arguments]
    try:
        yield
    finally:
        sys.argv = before


@contextmanager
def _full_errors() -> Iterator[None]:
    """Hydra raises only under its variable, else it prints several lines and exits; ours keeps what the user wants."""
    names = ("HYDRA_FULL_ERROR", "FADE_FULL_ERROR")
    before = {name: os.environ.get(name) for name in names}
    os.environ |= {"HYDRA_FULL_ERROR": "1", "FADE_FULL_ERROR": before["HYDRA_FULL_ERROR"] or "0"}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _tell(text: str) -> int:
    try:
        print(text, flush=True)
    except BrokenPipeError:  # who reads, as `head` does, has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


_library_warning = warnings.formatwarning


def _warning(warned: Warning | str, category: type[Warning], file: str, line: int, text: str | None = None) -> str:
    """One line of a warning of ours; of a library's, where it comes from, too."""
    if Path(file).is_relative_to(Path(__file__).parent.parent):
        return f"fade: warning: {warned}\n"
    return _library_warning(warned, category, file, line, text)


if __name__ == "__main__":
    main()
