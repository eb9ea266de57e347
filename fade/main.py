"""The entry point: compose, validate, run, exit code."""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
import warnings
from pathlib import Path
from types import FrameType

from fade import __version__
from fade.errors import with_type
from fade.signals import held
from fade.study.config import ConfigurationError

DONE, FAILED, WRONG, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


class Terminated(BaseException):
    """The process was asked to end."""


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


def _warning(warned: Warning | str, category: type[Warning], file: str, line: int, text: str | None = None) -> str:
    """One line of a warning of ours; of a library's, where it comes from, too."""
    if Path(file).is_relative_to(Path(__file__).parent):
        return f"fade: warning: {warned}\n"
    return _library_warning(warned, category, file, line, text)


_library_warning = warnings.formatwarning


def fail(text: str, error: BaseException) -> None:
    """One line on stderr; the whole story where HYDRA_FULL_ERROR asks for it."""
    if os.environ.get("FADE_FULL_ERROR") == "1":
        traceback.print_exception(error)
    print(f"fade: error: {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Run ``fade``; exits with 0 done, 1 failed, 2 wrong input, 130 interrupted, 143 terminated."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """Run ``fade ARGUMENTS`` and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # what a terminal has no letters for is no failure
    if "--help" in arguments or "-h" in arguments:
        from fade.help import help_text

        return _tell(help_text(next((word for word in arguments if not word.startswith("-")), None)))
    if "--version" in arguments:
        return _tell(f"fade {__version__}")
    # Hydra raises only under its variable, else it prints several lines and exits; ours keeps what the user wants.
    environment = {name: os.environ.get(name) for name in ("HYDRA_FULL_ERROR", "FADE_FULL_ERROR")}
    os.environ |= {"HYDRA_FULL_ERROR": "1", "FADE_FULL_ERROR": environment["HYDRA_FULL_ERROR"] or "0"}
    before = signal.signal(signal.SIGTERM, _terminate)
    warnings.formatwarning = _warning  # type: ignore[assignment]
    try:
        return _run(arguments)
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
        for name, value in environment.items():
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


def _run(arguments: list[str]) -> int:
    with held():
        from hydra.errors import HydraException
        from omegaconf.errors import OmegaConfBaseException

        from fade.config import explain
        from fade.jobs import SweepFailed, launch

    try:
        launch(arguments)
    except ConfigurationError as error:
        fail(str(error), error)
        return WRONG
    except (HydraException, OmegaConfBaseException) as error:
        fail(explain(error), error)
        return WRONG
    except SweepFailed as error:
        fail(str(error), error)
        return FAILED
    except Exception as error:
        fail(with_type(error), error)
        return FAILED
    return DONE


if __name__ == "__main__":
    main()
