"""Monotone transforms of path losses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from fade.ranking.transforms import TRANSFORMS, transform


@pytest.mark.parametrize("name", TRANSFORMS)
@given(values=st.lists(st.floats(1e-6, 1e6), max_size=30))
def test_a_transform_keeps_order_and_ties(name, values):
    transformed = transform(values, name)
    assert np.isfinite(transformed).all()
    # Neighbouring doubles may share a logarithm.
    assert (np.diff(transformed[np.argsort(values, kind="stable")]) >= 0).all()
    if name != "log":
        assert (rankdata(transformed) == rankdata(values)).all()


def test_ranks_and_normal_scores_do_not_feel_how_far_an_outlier_is():
    for name in ("ranks", "normal_scores"):
        assert (transform([3.0, 1.0, 1e9], name) == transform([3.0, 1.0, 4.0], name)).all()


def test_values_by_hand():
    assert transform([5.0, 1.0, 2.0, 2.0], "ranks") == pytest.approx([0.875, 0.125, 0.5, 0.5])
    assert transform([5.0, 1.0, 2.0], "normal_scores") == pytest.approx([0.967422, -0.967422, 0.0], abs=1e-6)
    assert transform([np.e, 1.0], "log") == pytest.approx([1.0, 0.0])


def test_the_log_of_a_loss_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match=r"trainer\.readout_transform"):
        transform([1.0, 0.0], "log")
