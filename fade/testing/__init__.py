"""Conformance suites: what every part of a kind must do, for ours and for yours.

A suite is a class whose tests pytest collects in a subclass, which says what is tested:

```python
import pytest
from fade.testing import SearchConformance
from my_package import MySearchConfig

class TestMySearch(SearchConformance):
    @pytest.fixture
    def config(self):
        return MySearchConfig(candidates=3, regions=3)
```

pytest is needed, and no more than FaDE itself.
"""

from fade.testing.dataset import DatasetConformance
from fade.testing.estimator import EstimatorConformance
from fade.testing.op import OpConformance
from fade.testing.readout import ReadoutConformance
from fade.testing.search import SearchConformance
from fade.testing.tracker import TrackerConformance

__all__ = [
    "DatasetConformance",
    "EstimatorConformance",
    "OpConformance",
    "ReadoutConformance",
    "SearchConformance",
    "TrackerConformance",
]
