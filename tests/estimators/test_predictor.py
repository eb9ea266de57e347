"""The model of cells: planted effects are found from cells alone."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from fade.estimators.predictor import (
    EarlierRegion,
    candidate_features,
    cell_features,
    fingerprint,
    fit_and_predict,
    names,
    predict,
    without_networks_of,
)
from fade.nets.vocabulary import PARAMETER_FREE
from fade.space import Cell, CellSpace, HierarchicalSpace, Region

OPS = ("conv3", "maxpool3", "sepconv3", "identity")
SPACE = HierarchicalSpace(cell_space=CellSpace(vertices=5, ops=OPS), depth=3)


def test_features_of_a_cell_by_hand():
    cell = Cell.parse("5/0-1:conv3/0-3:maxpool3/1-2:maxpool3/1-4:conv3/3-4:maxpool3")
    edges = [2, 3, 1, 1, 1, 2]  # all of either op, those from vertex 0, those to 2 and 4
    paths = [1.0, 2, 0, 1 / 3, np.log(3)]  # 0-1-2 has one convolution, 0-1-4 two, 0-3-4 none
    assert cell_features(cell, ["conv3", "maxpool3"]) == pytest.approx([*edges, *paths, 2, 2])
    assert cell_features(Cell.atomic("identity"), ["identity", "mbconv3_e3"]) == [1, *[0] * 5, 0, 0, 0, 1, 0, 1, 0]


def listed(cell, vertex):
    """All paths of ops from a vertex to the output."""
    heads = [(head, op) for tail, head, op in cell.edges if tail == vertex]
    return [[op, *rest] for head, op in heads for rest in listed(cell, head)] or [[]]


def test_paths_are_counted_as_if_they_were_listed():
    rng = np.random.default_rng(0)
    for stage in SPACE.sample_region(rng, 20).cells:
        for cell in stage:
            along = [
                sum(op not in PARAMETER_FREE for op in path) for start in cell.sources for path in listed(cell, start)
            ]
            expected = [np.mean(along), max(along), min(along), along.count(0) / len(along), np.log(len(along))]
            assert cell_features(cell, [])[:5] == pytest.approx(expected)


def test_a_dense_cell_has_more_paths_than_could_be_listed():
    cell = Cell(100, [(i, j, "conv3") for i in range(100) for j in range(i + 1, 100)])
    mean, most, least, bare, ways, *_ = cell_features(cell, [])
    assert (most, least, bare, ways) == (99, 1, 0, pytest.approx(98 * np.log(2)))
    assert mean == pytest.approx(50)  # half of the 98 vertices between, and one edge more


def earlier_region(region, effects):
    """All networks of a region, whose values are sums of its candidates' effects."""
    paths = np.array(list(region.paths()))
    values = sum(effects[d, paths[:, d]] for d in range(region.depth))
    return EarlierRegion(region, paths, values, np.full(len(paths), 2))


def earlier_regions(number, noise=0.0):
    """Regions where sinks count in the first stage, and edges with weights in the last."""
    rng, found = np.random.default_rng(0), []
    for _ in range(number):
        region = SPACE.sample_region(rng, 5)
        effects = noise * rng.normal(size=(3, 5))
        effects[0] += [len(cell.sinks) for cell in region.cells[0]]
        effects[2] += [sum(op in ("conv3", "sepconv3") for _, _, op in cell.edges) for cell in region.cells[2]]
        found.append(earlier_region(region, effects))
    return found


@pytest.mark.parametrize(("number", "noise", "least"), [(30, 0.0, 0.97), (30, 1.0, 0.8), (8, 1.0, 0.5)])
def test_effects_in_other_regions_predict_those_in_one(number, noise, least):
    (held, *others), clean = earlier_regions(number + 1, noise), earlier_regions(1)[0]
    scores = predict(others, held.region)
    assert spearmanr(scores[[0, 2]].ravel(), clean.effects[[0, 2]].ravel()).statistic > least


def test_nothing_is_learned_from_the_region_itself_or_from_no_region():
    first, second = earlier_regions(2)
    turned = Region([stage[::-1] for stage in Region.parse(first.region.texts).cells])
    for region in (first.region, turned):  # in whatever order and drawing
        (other,) = without_networks_of(region, [first, second])
        assert other.candidates == second.candidates
    assert not predict([], first.region).any()
    assert not predict([earlier_region(second.region, np.full((3, 5), 0.1))], first.region).any()


def test_networks_of_a_region_are_left_out_of_another_that_has_them_too():
    first, second = earlier_regions(2)
    stages = [[*mine[:3], *theirs[:2]] for mine, theirs in zip(first.region.cells, second.region.cells, strict=True)]
    mixed = earlier_region(Region(stages), np.arange(15.0).reshape(3, 5))
    (rest,) = without_networks_of(first.region, [mixed])
    assert rest.trainings == 2 * (125 - 27)  # but for those of three candidates of `first`
    assert not any((path < 3).all() for path in rest.paths)
    np.testing.assert_allclose(rest.effects, mixed.effects, atol=1e-9)
    smaller = Region([stage[:2] for stage in first.region.cells])
    assert without_networks_of(smaller, [first])[0].trainings == 2 * (125 - 8)
    inside = earlier_region(smaller, np.arange(6.0).reshape(3, 2))
    assert without_networks_of(first.region, [inside]) == []


def test_what_is_known_has_a_fingerprint():
    first, second, other = earlier_regions(3)
    assert fingerprint([first, second]) == fingerprint([second, first])
    assert len({fingerprint(each) for each in ([], [first], [second], [first, second], [first, other])}) == 5


def test_the_numbering_of_candidates_and_the_order_of_regions_do_not_matter():
    held, *others = earlier_regions(6, 1.0)
    scores = predict(others, held.region)
    turned = Region([stage[::-1] for stage in held.region.cells])
    np.testing.assert_allclose(predict(others[::-1], turned), scores[:, ::-1], atol=1e-6)


def test_a_feature_counts_as_much_in_any_unit_and_may_count_in_one_stage_alone():
    rng = np.random.default_rng(0)
    space = HierarchicalSpace(cell_space=CellSpace(vertices=5), depth=2)
    known = []
    for _ in range(40):
        features = candidate_features(space.sample_region(rng, 4), ["conv3"])
        known.append((features, np.stack([features[0, :, 0, 0], np.zeros(4)]) + rng.normal(0, 0.01, (2, 4))))
    *others, (unknown, _) = known
    scores = fit_and_predict(others, unknown)
    units = np.linspace(0.01, 100, unknown.shape[-1])
    assert fit_and_predict([(x * units, y) for x, y in others], unknown * units) == pytest.approx(scores)
    assert np.ptp(scores[0]) > 2 * np.ptp(scores[1])  # edges count in the first stage alone


def test_blocks_have_names_too():
    region = Region([[Cell.atomic("identity"), Cell.atomic("mbconv3_e3")]] * 2)
    assert names([region]) == ["identity", "mbconv3_e3"]
    other = Region([[Cell.atomic("mbconv3_e3"), Cell.atomic("mbconv5_e6")]] * 2)
    scores = predict([earlier_region(other, np.array([[-1.0, 1.0]] * 2))], region)
    assert (scores[:, 0] > scores[:, 1]).all()  # of mbconv3_e3 it is known that it is the worse of two
