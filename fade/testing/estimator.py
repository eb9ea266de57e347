"""What every estimator must do."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fade.estimators import Estimate, EstimatorConfig
from fade.space import Region
from fade.testing import samples


class EstimatorConformance:
    """Subclass it with a fixture ``config``: an `EstimatorConfig`; short, as it is trained for real.

    The region has two stages of three candidates, the data are generated signals.
    """

    @pytest.fixture
    def config(self) -> EstimatorConfig:
        """The configuration under test."""
        raise NotImplementedError("give a fixture `config` that returns your EstimatorConfig")

    @pytest.fixture
    def region(self) -> Region:
        """Two stages of three candidates."""
        return samples.region()

    @pytest.fixture
    def store(self, tmp_path: Path) -> Path:
        """Where trainings are stored."""
        return tmp_path / "store"

    @pytest.fixture
    def estimate(self, config: EstimatorConfig, region: Region, store: Path) -> Estimate:
        """Its estimate of the region."""
        config.check_space(samples.SPACE)
        config.check_region(region)
        return config.build(samples.resources(store, region.candidates)).estimate(region, 0)

    def test_scores_every_candidate(self, estimate: Estimate, region: Region) -> None:
        """With finite numbers, of which the ranks are made."""
        scores = np.array(estimate.stage_scores)
        assert scores.shape == (region.depth, region.candidates)
        assert np.isfinite(scores).all()
        assert (estimate.ranks.depth, estimate.ranks.candidates) == scores.shape
        for reading in estimate.readouts.values():
            assert np.array(reading.stage_scores).shape == scores.shape

    def test_is_a_function_of_region_and_resources(
        self, config: EstimatorConfig, estimate: Estimate, region: Region, tmp_path: Path
    ) -> None:
        """Estimated anew, elsewhere, it says the same to the last bit."""
        again = config.build(samples.resources(tmp_path / "other", region.candidates)).estimate(region, 0)
        assert again.stage_scores == estimate.stage_scores
        assert again.ranks.top(3) == estimate.ranks.top(3)
        assert again.train_flops == estimate.train_flops

    def test_what_is_stored_is_not_trained_again(
        self, config: EstimatorConfig, estimate: Estimate, region: Region, store: Path
    ) -> None:
        """A second estimate takes all from the store, and says the same."""
        before = sorted(store.rglob("*.json"))
        resources = samples.resources(store, region.candidates)
        again = config.build(resources).estimate(region, 0)
        assert again.stage_scores == estimate.stage_scores
        assert sorted(store.rglob("*.json")) == before
        assert resources.trainings is not None
        assert (resources.trainings.stored_seconds > 0) == bool(before)

    def test_the_test_split_is_not_looked_at(
        self, config: EstimatorConfig, estimate: Estimate, region: Region, tmp_path: Path
    ) -> None:
        """Wrong labels of it change nothing."""
        blind = samples.resources(tmp_path / "blind", region.candidates, wrong_test=True)
        assert config.build(blind).estimate(region, 0).stage_scores == estimate.stage_scores

    def test_a_region_of_one_candidate_has_scores(self, config: EstimatorConfig, store: Path) -> None:
        """A search on single networks compares them from region to region."""
        single = samples.region(candidates=1)
        scores = np.array(config.build(samples.resources(store, candidates=1)).estimate(single, 0).stage_scores)
        assert scores.shape == (single.depth, 1)
        assert np.isfinite(scores).all()

    def test_its_record_goes_into_metrics(self, estimate: Estimate) -> None:
        """JSON without NaN, the same when read back."""
        assert json.loads(json.dumps(estimate.record, allow_nan=False)) == estimate.record

    def test_costs_what_it_says_beforehand(
        self, config: EstimatorConfig, estimate: Estimate, region: Region, store: Path
    ) -> None:
        """Within a factor of two, as paths may be drawn later; nothing where nothing is trained."""
        price = config.build(samples.resources(store, region.candidates)).price(region)
        assert (price > 0) == (estimate.train_flops > 0)
        assert price / 2 <= estimate.train_flops <= 2 * price

    def test_knows_the_truth_where_it_says_so(
        self, config: EstimatorConfig, estimate: Estimate, region: Region, store: Path
    ) -> None:
        """A search may ask for true scores then, and curves show true accuracies."""
        assert (estimate.true_scores is not None) == config.knows_truth
        accuracy = config.build(samples.resources(store, region.candidates)).accuracy(
            region.architecture([0] * region.depth)
        )
        assert (accuracy is not None) == config.knows_truth
        assert accuracy is None or 0 <= accuracy <= 1
