"""What a person is told at the end."""

from typing import Any

import pytest
from rich.console import Console

from fade.study.console import result_table
from tests.report import samples


def told(metrics: dict[str, Any]) -> list[str]:
    """The lines of the table."""
    console = Console(width=200, highlight=False)
    with console.capture() as captured:
        console.print(result_table(metrics))
    return captured.get().splitlines()


@pytest.mark.parametrize(("paths", "why"), [(2, "of fewer than three paths"), (40, "are all equal")])
def test_why_a_correlation_is_undefined(paths: int, why: str) -> None:
    regions = [samples.region(index, paths=40) for index in range(60)]
    for region in regions:
        undefined = {"value": None, "low": None, "high": None}
        region["correlation"] |= {"n": paths, "spearman": undefined, "kendall": undefined}
    (line,) = [line for line in told(samples.metrics(regions)) if "rank correlation" in line]
    assert f"undefined, {'' if paths == 2 else 'scores or accuracies '}{why}" in line


def test_what_deciding_cost_is_told_with_its_rate() -> None:
    metrics = samples.metrics([samples.region()])
    metrics["cost"]["peak_flops_per_second"] = 5e11
    (line,) = [line for line in told(metrics) if "to decide" in line]
    assert "of training, 128\xa0GFLOP/s (25.5\xa0% of the peak of a process)" in line
