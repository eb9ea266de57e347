"""What a person is told at the end."""

import pytest
from rich.console import Console

from fade.study.console import result_table
from tests.report import samples


@pytest.mark.parametrize(("paths", "why"), [(2, "of fewer than three paths"), (40, "are all equal")])
def test_why_a_correlation_is_undefined(paths: int, why: str) -> None:
    regions = [samples.region(index, paths=40) for index in range(60)]
    for region in regions:
        undefined = {"value": None, "low": None, "high": None}
        region["correlation"] |= {"n": paths, "spearman": undefined, "kendall": undefined}
    console = Console(width=200, highlight=False)
    with console.capture() as told:
        console.print(result_table(samples.metrics(regions)))
    (line,) = [line for line in told.get().splitlines() if "rank correlation" in line]
    assert f"undefined, {'' if paths == 2 else 'scores or accuracies '}{why}" in line
