"""A study: one run of an outer search over regions, with everything that is measured on the way."""

from typing import TYPE_CHECKING, Any

from fade.study.config import StudyConfig

if TYPE_CHECKING:
    from fade.study.running import Result, run

__all__ = ["Result", "StudyConfig", "run"]


def __getattr__(name: str) -> Any:
    if name in ("Result", "run"):  # torch is imported when a study runs, not when it is configured
        from fade.study import running

        return getattr(running, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
