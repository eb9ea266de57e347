"""How costs grow: the fit recovers what was planted, and what is measured differs in the named size alone."""

import numpy as np
import pytest

from experiments.cost_scaling.points import AXES, SINKS, Point, candidates, edges, points
from experiments.cost_scaling.power_law import PowerLaw

SIZES = np.array([2, 3, 4, 6, 8, 12, 16, 24, 32])


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e12])
@pytest.mark.parametrize(("fixed", "factor", "power"), [(0.1, 0.05, 1.0), (0.0, 2.0, 2.0), (3.0, 0.5, 0.7)])
def test_a_planted_law_is_recovered(fixed, factor, power, scale):
    fit = PowerLaw.fitted(SIZES, scale * (fixed + factor * SIZES**power))
    assert [fit.fixed / scale, fit.factor / scale, fit.power] == pytest.approx([fixed, factor, power], abs=1e-5)
    assert fit(SIZES) == pytest.approx(scale * (fixed + factor * SIZES**power))


def test_intervals_hold_the_truth_as_often_as_they_say():
    rng, truth = np.random.default_rng(0), np.array([0.1, 0.05, 1.0])
    clean, hits = truth[0] + truth[1] * SIZES ** truth[2], np.zeros(3)
    for _ in range(200):
        fit = PowerLaw.fitted(SIZES, clean * (1 + 0.02 * rng.standard_normal(len(SIZES))))
        hits += np.abs(np.array([fit.fixed, fit.factor, fit.power]) - truth) <= fit.halves
    assert (hits / 200 > 0.9).all()


def test_three_sizes_are_too_few():
    with pytest.raises(ValueError, match="measure more"):
        PowerLaw.fitted([1, 2, 3], [1, 2, 3])


@pytest.mark.parametrize("vertices", AXES["vertices"])
def test_candidates_of_a_size_cost_the_same(vertices):
    found = candidates(vertices)
    assert {(len(cell.edges) + len(cell.sinks), len(cell.sinks)) for cell in found} == {(edges(vertices), SINKS)}
    assert len(set(found)) == len(found)


def test_a_point_differs_from_the_others_of_its_axis_in_that_size_alone():
    for point in points():
        base = Point(what=point.what, axis=point.axis)
        differing = {name for name, value in vars(point).items() if value != getattr(base, name)}
        assert differing <= {point.axis}
        assert point.region().depth == point.depth
