"""The entry point: compose, validate, run, exit code."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from types import FrameType

from fade.study.config import ConfigurationError

DONE, FAILED, WRONG, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143


class Terminated(BaseException):
    """The process was asked to end."""


def _terminate(_signal: int, _frame: FrameType | None) -> None:
    raise Terminated


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
    if "--help" in arguments or "-h" in arguments:
        from fade.help import help_text

        print(help_text())
        return DONE
    from hydra.errors import HydraException
    from omegaconf.errors import OmegaConfBaseException

    from fade.config import explain
    from fade.jobs import launch

    # Hydra raises only under this variable, else it prints several lines and exits.
    os.environ.setdefault("FADE_FULL_ERROR", os.environ.get("HYDRA_FULL_ERROR", "0"))
    os.environ["HYDRA_FULL_ERROR"] = "1"
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        launch(arguments)
    except ConfigurationError as error:
        fail(str(error), error)
        return WRONG
    except (HydraException, OmegaConfBaseException) as error:
        fail(explain(error), error)
        return WRONG
    except KeyboardInterrupt as error:
        fail("interrupted; what was finished is kept, the same command goes on from there", error)
        return INTERRUPTED
    except Terminated as error:
        fail("terminated; what was finished is kept, the same command goes on from there", error)
        return TERMINATED
    except Exception as error:
        text = str(error).splitlines()
        fail(f"{type(error).__name__}: {text[0] if text else 'no message'}", error)
        return FAILED
    finally:
        signal.signal(signal.SIGTERM, before)
    return DONE


if __name__ == "__main__":
    main()
