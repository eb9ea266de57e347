"""Every outer search of this package passes the suite that users' searches pass."""

import pytest

from fade.search import FixedConfig, PseudoGradientConfig, RandomRegionsConfig
from fade.testing import SearchConformance
from fade.testing.search import drawings

SEARCHES = {
    "fixed": FixedConfig(candidates=3),
    "random_regions": RandomRegionsConfig(candidates=3, regions=5),
    "random_regions, matched": RandomRegionsConfig(candidates=3, regions=3, match=["sinks", "edges"]),
    "random networks": RandomRegionsConfig(candidates=1, regions=3),
    "nes": PseudoGradientConfig(candidates=3, regions=5),
    "nes, matched": PseudoGradientConfig(candidates=3, regions=3, match=["edges", "depth"]),
    "nes, scores": PseudoGradientConfig(candidates=3, regions=5, utilities="scores"),
    "pbil": PseudoGradientConfig(candidates=3, regions=5, update="pbil"),
    "asng": PseudoGradientConfig(candidates=3, regions=5, update="asng"),
    "drift": PseudoGradientConfig(candidates=3, regions=5, utilities="random"),
    "oracle": PseudoGradientConfig(candidates=3, regions=5, utilities="true"),
}


class TestSearches(SearchConformance):
    @pytest.fixture(params=SEARCHES)
    def config(self, request):
        return SEARCHES[request.param]

    def test_another_seed_asks_other_regions(self, space, config):
        assert drawings(config.build(space, seed=3).ask()) != drawings(config.build(space, seed=4).ask())
