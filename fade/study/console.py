"""What a person sees while a study runs: bars on a terminal, plain lines elsewhere, one table at the end."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from fade.training.train import Report

PLAIN_WIDTH = 120


def wide_console() -> Console:
    """A console as wide as the terminal; off a terminal wide enough for tables."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


class StudyConsole:
    """Shows a study's progress.

    Args:
        total: Regions expected.
    """

    def __init__(self, total: int) -> None:
        self.console = wide_console()
        self.live = self.console.is_terminal
        self.progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.live,
            transient=True,
        )
        self._regions = self.progress.add_task("regions", total=total)
        self._training: TaskID | None = None

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.progress.stop()

    def say(self, text: str) -> None:
        """A line that stays."""
        if self.live:
            self.progress.console.print(text, markup=False)
        else:
            print(text, flush=True)

    def training(self, what: str) -> Report:
        """A training starts; the result is called after each epoch."""
        if not self.live:
            print(f"  training {what}", flush=True)
            return lambda _done, _total: None
        if self._training is not None:
            self.progress.remove_task(self._training)
        task = self._training = self.progress.add_task(what, total=None)
        return lambda done, total: self.progress.update(task, completed=done, total=total)

    def region_done(self, index: int) -> None:
        """A region is over."""
        self.progress.update(self._regions, completed=index + 1)


def interval(found: dict[str, Any]) -> str:
    """A correlation and its interval in words."""
    if found["value"] is None:
        return "undefined (a constant)"
    bounds = "" if found["low"] is None else f" [{found['low']:.2f}, {found['high']:.2f}]"
    return f"{found['value']:.2f}{bounds}"


def number(value: float) -> str:
    """A large number in three digits."""
    return f"{value:.3g}"


def result_table(metrics: dict[str, Any]) -> Table:
    """The outcome of a study in a table."""
    table = Table(title=f"{metrics['name']}: {metrics['dataset']}", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    regions, space = metrics["regions"], metrics["space"]
    table.add_row("space", f"{space['architectures']} architectures, {space['depth']} stages")
    paths = len(regions[0]["cells"][0]) ** len(regions[0]["cells"])
    table.add_row("regions", f"{len(regions)}, each ranks {paths} paths")
    for region in regions:
        if found := region.get("correlation"):
            at = f"region {region['index']}: "
            table.add_row("Spearman", at + f"{interval(found['spearman'])} on {found['n']} paths")
            ceiling = found["ceiling"]["spearman"]
            table.add_row("noise ceiling", at + ("unknown" if ceiling is None else f"{ceiling:.2f}"))
            free = {
                name: value["spearman"] for name, value in found["baselines"].items() if value["spearman"] is not None
            }
            if free:
                name = max(free, key=lambda key: abs(free[key]))
                table.add_row("strongest free count", at + f"{name} {free[name]:+.2f}")
            table.add_row("regret of the top path", at + f"{100 * found['regret']:.1f} points")
    if best := metrics.get("best"):
        if "test_accuracy" in best:
            table.add_row("best network", f"test accuracy {best['test_accuracy']:.3f}, {best['parameters']} parameters")
        for d, text in enumerate(best["architecture"]):
            table.add_row(f"  stage {d}", text)
    cost = metrics["cost"]
    table.add_row("cost of deciding", f"{number(cost['train_flops'])} FLOPs")
    table.add_row("cost of measuring", f"{number(cost['measure_flops'])} FLOPs")
    table.add_row("seconds", f"{metrics['seconds']:.0f}")
    return table
