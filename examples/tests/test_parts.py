"""The parts of this package pass the suites that FaDE's own parts pass."""

import pytest
from fade_example.dataset import StripesConfig
from fade_example.estimator import CountsConfig
from fade_example.readout import ClippedEffects
from fade_example.search import KeepBestConfig
from fade_example.tracker import LinesConfig

from fade.testing import (
    DatasetConformance,
    EstimatorConformance,
    OpConformance,
    ReadoutConformance,
    SearchConformance,
    TrackerConformance,
)


class TestOp(OpConformance):
    @pytest.fixture
    def op(self):
        return "gelu3"


class TestReadout(ReadoutConformance):
    @pytest.fixture
    def readout(self):
        return ClippedEffects


class TestEstimator(EstimatorConformance):
    @pytest.fixture
    def config(self):
        return CountsConfig(count="edges")


class TestSearch(SearchConformance):
    @pytest.fixture
    def config(self):
        return KeepBestConfig(candidates=3, regions=3)


class TestDataset(DatasetConformance):
    @pytest.fixture
    def config(self):
        return StripesConfig(noise=0.5)


class TestTracker(TrackerConformance):
    @pytest.fixture
    def config(self):
        return LinesConfig()
