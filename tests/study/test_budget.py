"""A search's budget."""

import pytest

from fade.study import run
from fade.study.budget import price
from fade.study.config import ConfigurationError
from fade.study.preparation import prepare
from tests.study.tiny import tiny_config

pytestmark = pytest.mark.usefixtures("bare")

SEARCHES = {
    "a finalist a region": ("search=random_regions", "search.regions=4"),
    "a mode": ("search=pseudo_gradient", "search.regions=4"),
}


@pytest.mark.parametrize("name", SEARCHES)
def test_what_decides_fits_the_budget(name, tmp_path, shared_store) -> None:
    words = *SEARCHES[name], "trainer=consensus", "trainer.fair_repeats=1", "trainer.epochs=1"
    config = tiny_config(tmp_path, *words, store=shared_store)
    ready = prepare(config)
    of = ready.trainings
    first = price(ready.search, ready.estimator, config.network_recipe, of.layout, of.data)
    whole = run(config).metrics
    assert len(whole["regions"]) == 4
    for factor in (1.0, 2.5):
        budget = factor * first
        found = run(tiny_config(tmp_path, *words, f"search.budget={budget!r}", store=shared_store)).metrics
        assert found["regions"] == whole["regions"][: len(found["regions"])]
        assert 1 <= len(found["regions"]) < 4
        # finalists are priced as mean paths of a region, before it is known which they are
        assert found["cost"]["train_flops"] <= 1.1 * budget
    less = tiny_config(tmp_path, *words, f"search.budget={0.9 * first!r}", store=shared_store)
    with pytest.raises(ConfigurationError, match=r"search\.budget=.* does not reach for one region"):
        run(less)
