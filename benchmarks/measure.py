"""Timing of several ways to do one work: in turn, so that what else the machine does falls on all alike."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch

from fade.training.peak import peak_flops_per_second

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Timing:
    """Seconds of one step: the median over repeats, the fastest and the slowest."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{1000 * self.median:.1f} [{1000 * self.low:.1f}, {1000 * self.high:.1f}]"


def alternating(work: Mapping[str, Callable[[], object]], repeats: int, least: float = 0.05) -> dict[str, Timing]:
    """Time each way in turn, `repeats` times; a repeat lasts at least `least` seconds."""
    times: dict[str, list[float]] = {name: [] for name in work}
    inner = {}
    for name, step in work.items():
        step()
        start = time.perf_counter()
        step()
        inner[name] = max(1, round(least / (time.perf_counter() - start)))
    for _ in range(repeats):
        for name, step in work.items():
            start = time.perf_counter()
            for _ in range(inner[name]):
                step()
            times[name].append((time.perf_counter() - start) / inner[name])
    return {name: Timing(statistics.median(each), min(each), max(each)) for name, each in times.items()}


def in_turn(ways: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, Timing]:
    """Take each way in turn, `repeats` times after a first one; each returns its own seconds."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for repeat in range(repeats + 1):
        for name, way in ways.items():
            seconds = way()
            if repeat:
                times[name].append(seconds)
    return {name: Timing(statistics.median(each), min(each), max(each)) for name, each in times.items()}


def write(name: str, what: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    """One table into `benchmarks/NAME.md`, with the command, the device and the versions."""
    model = next((line.split(":")[1].strip() for line in _cpuinfo() if line.startswith("model name")), "CPU")
    device = f"{model}, {torch.get_num_threads()} threads"
    head = [
        f"# {name}",
        "",
        what.strip(),
        "",
        f"`python -m benchmarks {name} --threads {torch.get_num_threads()}`, {date.today()}, {device}, "
        f"torch {torch.__version__}, Python {platform.python_version()}; median [fastest, slowest]; the peak is a "
        f"matrix product of 1,024 × 1,024, {peak_flops_per_second() / 1e9:.0f} GFLOP/s.",
        "",
    ]
    table = ["| " + " | ".join(line) + " |" for line in (columns, *rows)]
    table.insert(1, "|---|" + "---:|" * (len(columns) - 1))
    threads = torch.get_num_threads()
    file = HERE / (f"{name}.md" if threads == 1 else f"{name}_{threads}_threads.md")
    file.write_text("\n".join([*head, *table, ""]), encoding="utf-8")
    return file


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
