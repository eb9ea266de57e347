"""Every op of this package passes the suite that users' ops pass."""

import pytest

from fade.nets.vocabulary import CONVOLUTIONS, PARAMETER_FREE
from fade.testing import OpConformance


class TestOps(OpConformance):
    @pytest.fixture(params=[*CONVOLUTIONS, *PARAMETER_FREE])
    def op(self, request):
        return request.param
