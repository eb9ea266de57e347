"""Every tracker of this package passes the suite that users' trackers pass."""

import pytest

from fade.testing import TrackerConformance
from fade.tracking import TrackingConfig


class TestTrackers(TrackerConformance):
    @pytest.fixture(params=["csv", "tensorboard", "none", "wandb"])
    def config(self, request):
        return TrackingConfig(name=request.param, mode="disabled")
