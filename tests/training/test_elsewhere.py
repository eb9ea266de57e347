"""What other regions tell: planted worth is found from cells alone."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from fade.nets.vocabulary import PARAMETER_FREE
from fade.space import Cell, CellSpace, HierarchicalSpace, Region
from fade.estimators.predictor import (
    Lesson,
    candidate_features,
    cell_features,
    fingerprint,
    learned,
    names,
    others_than,
    scores_elsewhere,
)

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


def lesson(region, worth):
    """All networks of a region, whose values are sums of what its candidates are worth."""
    paths = np.array(list(region.paths()))
    values = sum(worth[d, paths[:, d]] for d in range(region.depth))
    return Lesson(region, paths, values, np.full(len(paths), 2))


def lessons(number, noise=0.0):
    """Regions whose candidates are worth their sinks, in the first stage, and their edges with weights, in the last."""
    rng, found = np.random.default_rng(0), []
    for _ in range(number):
        region = SPACE.sample_region(rng, 5)
        worth = noise * rng.normal(size=(3, 5))
        worth[0] += [len(cell.sinks) for cell in region.cells[0]]
        worth[2] += [sum(op in ("conv3", "sepconv3") for _, _, op in cell.edges) for cell in region.cells[2]]
        found.append(lesson(region, worth))
    return found


@pytest.mark.parametrize(("number", "noise", "least"), [(30, 0.0, 0.97), (30, 1.0, 0.8), (8, 1.0, 0.5)])
def test_what_candidates_are_worth_in_other_regions_is_known_of_one(number, noise, least):
    (held, *others), clean = lessons(number + 1, noise), lessons(1)[0]
    scores = scores_elsewhere(others, held.region)
    assert spearmanr(scores[[0, 2]].ravel(), clean.worth[[0, 2]].ravel()).statistic > least


def test_a_region_does_not_teach_itself_and_nobody_teaches_nothing():
    first, second = lessons(2)
    turned = Region([stage[::-1] for stage in Region.parse(first.region.texts).cells])
    for region in (first.region, turned):  # in whatever order and drawing
        (other,) = others_than(region, [first, second])
        assert other.of == second.of
    assert not scores_elsewhere([], first.region).any()
    assert not scores_elsewhere([lesson(second.region, np.full((3, 5), 0.1))], first.region).any()


def test_networks_of_a_region_do_not_teach_it_from_another_that_has_them_too():
    first, second = lessons(2)
    stages = [[*mine[:3], *theirs[:2]] for mine, theirs in zip(first.region.cells, second.region.cells, strict=True)]
    mixed = lesson(Region(stages), np.arange(15.0).reshape(3, 5))
    (rest,) = others_than(first.region, [mixed])
    assert rest.trainings == 2 * (125 - 27)  # but for those of three candidates of `first`
    assert not any((path < 3).all() for path in rest.paths)
    np.testing.assert_allclose(rest.worth, mixed.worth, atol=1e-9)
    smaller = Region([stage[:2] for stage in first.region.cells])
    assert others_than(smaller, [first])[0].trainings == 2 * (125 - 8)
    inside = lesson(smaller, np.arange(6.0).reshape(3, 2))
    assert others_than(first.region, [inside]) == []


def test_what_was_told_has_a_fingerprint():
    first, second, other = lessons(3)
    assert fingerprint([first, second]) == fingerprint([second, first])
    assert len({fingerprint(each) for each in ([], [first], [second], [first, second], [first, other])}) == 5


def test_the_numbering_of_candidates_and_the_order_of_regions_do_not_matter():
    held, *others = lessons(6, 1.0)
    scores = scores_elsewhere(others, held.region)
    turned = Region([stage[::-1] for stage in held.region.cells])
    np.testing.assert_allclose(scores_elsewhere(others[::-1], turned), scores[:, ::-1], atol=1e-6)


def test_a_feature_counts_as_much_in_any_unit_and_may_count_in_one_stage_alone():
    rng = np.random.default_rng(0)
    space = HierarchicalSpace(cell_space=CellSpace(vertices=5), depth=2)
    told = []
    for _ in range(40):
        features = candidate_features(space.sample_region(rng, 4), ["conv3"])
        told.append((features, np.stack([features[0, :, 0, 0], np.zeros(4)]) + rng.normal(0, 0.01, (2, 4))))
    *others, (unknown, _) = told
    scores = learned(others, unknown)
    units = np.linspace(0.01, 100, unknown.shape[-1])
    assert learned([(x * units, y) for x, y in others], unknown * units) == pytest.approx(scores)
    assert np.ptp(scores[0]) > 2 * np.ptp(scores[1])  # edges count in the first stage alone


def test_blocks_have_names_too():
    region = Region([[Cell.atomic("identity"), Cell.atomic("mbconv3_e3")]] * 2)
    assert names([region]) == ["identity", "mbconv3_e3"]
    other = Region([[Cell.atomic("mbconv3_e3"), Cell.atomic("mbconv5_e6")]] * 2)
    scores = scores_elsewhere([lesson(other, np.array([[-1.0, 1.0]] * 2))], region)
    assert (scores[:, 0] > scores[:, 1]).all()  # of mbconv3_e3 it is known that it is the worse of two
