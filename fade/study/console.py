"""What a person sees while a study runs: bars on a terminal, plain lines elsewhere, one table at the end."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column, Table

from fade.report.estimates import correlated, correlation, from_store, paths, price, rival, seeds
from fade.report.quantity import count, decimal, duration, interval, percent, plural, points
from fade.report.wording import spent
from fade.study.terminal import wide_console

Report = Callable[[int, int], None]
LABEL_WIDTH = 46
"""Of a bar's label, so that bars do not jump from one training to the next."""


class StudyConsole:
    """Shows a study's progress.

    Args:
        total: Regions expected.
    """

    def __init__(self, total: int) -> None:
        self.console = wide_console()
        self.live = self.console.is_terminal
        self.progress = Progress(
            TextColumn("{task.description}", table_column=Column(min_width=LABEL_WIDTH, no_wrap=True)),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.live,
            transient=True,
        )
        self._regions = self.progress.add_task("regions", total=total)
        self._trainings: set[TaskID] = set()
        self.purpose = ""

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
        """A training starts, maybe beside others; the result is called after each epoch."""
        label = f"{self.purpose}: {what}" if self.purpose else what
        if not self.live:
            print(f"  {label}", flush=True)
            return lambda _done, _total: None
        self._clear(only_finished=True)
        started = self.progress.add_task(label, total=None)
        self._trainings.add(started)
        return lambda done, total: self.progress.update(started, completed=done, total=total)

    def region_done(self, index: int) -> None:
        """A region is over."""
        self._clear(only_finished=False)
        self.progress.update(self._regions, completed=index + 1)

    def _clear(self, *, only_finished: bool) -> None:
        """Take away the bars of trainings; of those that are over, or of all."""
        for task in self.progress.tasks:
            if task.id in self._trainings and (task.finished or not only_finished):
                self._trainings.remove(task.id)
                self.progress.remove_task(task.id)


def result_table(metrics: dict[str, Any]) -> Table:
    """The outcome of a study in a table."""
    table = Table(title=f"{metrics['name']} on {metrics['dataset']}", show_header=False, title_justify="left")
    table.add_column(style="bold")
    table.add_column()
    regions, space = metrics["regions"], metrics["space"]
    table.add_row("space", f"{count(int(space['architectures']))} architectures, {plural(space['depth'], 'stage')}")
    share = price(metrics)
    cheaper = "" if share is None else f" for {percent(share)} of the FLOPs of training all"
    table.add_row("regions", f"{len(regions)}, each ranks {plural(paths(regions[0]), 'path')}{cheaper}")
    if found := correlation(metrics):
        _add_correlation(table, found, min(map(seeds, correlated(metrics))))
    if best := metrics.get("best"):
        if "test_accuracy" in best:
            runs = len(best["test_accuracies"])
            trained = "one training" if runs == 1 else f"mean of {runs} trainings"
            table.add_row("best network", f"{percent(best['test_accuracy'])} of the test examples ({trained})")
            table.add_row("", plural(best["parameters"], "parameter"))
        else:
            table.add_row("best architecture", f"{percent(best['validation_accuracy'])} on the landscape")
        for stage, text in enumerate(best["architecture"]):
            table.add_row(f"  stage {stage}", text)
    cost = metrics["cost"]
    for what, flops, seconds in (
        ("to decide", "train_flops", "seconds"),
        ("to measure", "measure_flops", "measure_seconds"),
    ):
        if cost[flops]:
            table.add_row(what, spent(metrics, flops, seconds))
    stored = from_store(metrics)
    beside = f", beside {duration(stored)} of training from the store" if stored else ""
    table.add_row("time in all", duration(metrics["seconds"]) + beside)
    return table


def _add_correlation(table: Table, found: dict[str, Any], repeats: int) -> None:
    """Rows on the agreement with the truth; over several regions the mean and the interval over regions."""
    spearman, ceiling, regions = found["spearman"], found["ceiling"], found["regions"]
    value = f"{decimal(spearman['value'])} {interval(spearman)}".rstrip()
    over = "" if regions == 1 else f", mean of {regions} regions"
    few = "of fewer than three paths" if found["n"] < 3 * regions else ""
    if spearman["value"] is None:
        value = f"undefined, {few or 'scores or accuracies are all equal'}"
    table.add_row("rank correlation", f"{value} (Spearman, {plural(found['n'], 'path')}{over})")
    known = ceiling is not None and ceiling["spearman"] is not None
    why = (
        f"unknown {few or 'as seeds do not agree'}"
        if repeats > 1
        else "unknown with one seed; give truth.seeds=2 or more"
    )
    table.add_row("noise ceiling", decimal(ceiling["spearman"]) if known else why)
    if best := rival(found["baselines"]):
        table.add_row("strongest baseline", f"{best[0]} {decimal(best[1])}")
    table.add_row("regret of the top path", points(found["regret"]))
