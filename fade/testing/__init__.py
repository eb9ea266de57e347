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

import pytest

for _suite in ("dataset", "estimator", "op", "readout", "search", "tracker"):
    pytest.register_assert_rewrite(f"{__name__}.{_suite}")  # so that a failure shows the values

from fade.testing.dataset import DatasetConformance  # noqa: E402
from fade.testing.estimator import EstimatorConformance  # noqa: E402
from fade.testing.op import OpConformance  # noqa: E402
from fade.testing.readout import ReadoutConformance  # noqa: E402
from fade.testing.search import SearchConformance  # noqa: E402
from fade.testing.tracker import TrackerConformance  # noqa: E402

__all__ = [
    "DatasetConformance",
    "EstimatorConformance",
    "OpConformance",
    "ReadoutConformance",
    "SearchConformance",
    "TrackerConformance",
]
