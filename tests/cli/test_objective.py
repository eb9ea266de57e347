"""What a sweeper is told of a study."""

from typing import Any

import pytest

from fade.cli.study import objective

METRICS: dict[str, Any] = {
    "best": {"validation_accuracy": 0.75, "architecture": ["2"]},
    "regions": [{"correlation": {"spearman": {"value": 0.5}}}, {"train_flops": 3}],
}


@pytest.mark.parametrize(
    ("key", "value"),
    [("best.validation_accuracy", 0.75), ("regions.0.correlation.spearman.value", 0.5), ("regions.-1.train_flops", 3)],
)
def test_a_number_of_the_metrics(key: str, value: float) -> None:
    assert objective(key, METRICS, needed=True) == value


@pytest.mark.parametrize("key", ["best", "best.architecture.0", "regions.7.x", "regions.x", "nothing", "best.a.b"])
def test_what_is_no_number_is_named(key: str) -> None:
    with pytest.raises(ValueError, match=rf"objective={key} is no number .*best\.validation_accuracy"):
        objective(key, METRICS, needed=False)


def test_the_default_may_be_missing_where_nobody_needs_it() -> None:
    assert objective("best.validation_accuracy", {}, needed=False) is None
    with pytest.raises(ValueError, match="objective="):
        objective("best.validation_accuracy", {}, needed=True)
