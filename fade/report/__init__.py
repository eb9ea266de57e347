"""Reports of runs and sweeps as single HTML pages, and their figures."""

from fade.report.run import build_run
from fade.report.summary import summarise, write_summary
from fade.report.sweep import build_sweep

__all__ = ["build_run", "build_sweep", "summarise", "write_summary"]
