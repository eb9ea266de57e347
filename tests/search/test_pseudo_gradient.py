"""Does the outer search search?"""

import numpy as np
import pytest

from fade.estimators.landscape import AdditiveLandscape
from fade.search import PseudoGradientConfig
from fade.search.distribution import GraphDistribution
from fade.search.pseudo_gradient import draw_stage
from fade.search.updates import ASNG, PBIL
from fade.space import Cell, CellList, CellSpace, HierarchicalSpace

PLAIN = HierarchicalSpace(cell_space=CellSpace(vertices=5, ops=("conv3",)), depth=3)
LABELLED = HierarchicalSpace(cell_space=CellSpace(vertices=4, ops=("conv3", "conv5")), depth=2)
RANGE = HierarchicalSpace(cell_space=CellSpace(vertices=(2, 4), ops=("conv3",)), depth=2)
SMALL = HierarchicalSpace(cell_space=CellSpace(vertices=4, ops=("conv3",)), depth=2)


def search_on(landscape, space, *, seed, **settings):
    """Tell true scores to the end; the search and the regions until its mode was the optimum (None if never)."""
    search, found = PseudoGradientConfig(**settings).build(space, seed=seed), None
    while not search.done:
        region = search.ask()
        search.tell(region, landscape.stage_scores(region))
        if found is None and landscape.regret(search.mode()) < 1e-9:
            found = search.told
    return search, found


@pytest.mark.parametrize("seed", range(5))
def test_finds_the_optimum_by_default_settings_and_drift_does_not(seed):
    landscape = AdditiveLandscape(PLAIN, seed)
    search, found = search_on(landscape, PLAIN, seed=seed, regions=150)
    drift, lost = search_on(landscape, PLAIN, seed=seed, regions=150, utilities="random")
    assert found is not None
    assert landscape.regret(search.mode()) < 0.05
    assert lost is None
    assert landscape.regret(drift.mode()) > 0.4


@pytest.mark.parametrize("update", ["nes", "pbil", "asng"])
@pytest.mark.parametrize("space", [SMALL, LABELLED, RANGE], ids=["plain", "labelled", "range"])
def test_every_update_improves_on_every_kind_of_space(update, space):
    for seed in range(3):
        landscape = AdditiveLandscape(space, seed)
        search, _ = search_on(landscape, space, seed=seed, regions=60, update=update)
        assert landscape.regret(search.mode()) < 0.25


@pytest.mark.parametrize("space", [LABELLED, RANGE], ids=["labelled", "range"])
def test_finds_ops_and_sizes_too(space):
    assert all(search_on(AdditiveLandscape(space, s), space, seed=s, regions=200)[1] is not None for s in range(3))


def test_does_not_see_the_scale_of_scores():
    landscape = AdditiveLandscape(SMALL, 0)
    one, other = (PseudoGradientConfig(regions=5).build(SMALL, seed=1) for _ in range(2))
    while not one.done:
        scores = landscape.stage_scores(one.ask())
        one.tell(one.ask(), scores)
        other.tell(other.ask(), np.exp(3 * scores) - 7)
    assert one.trajectory_point() == other.trajectory_point()


def test_true_utilities_are_ranks_and_random_ones_ignore_what_is_told():
    def theta(utilities, sign):
        search = PseudoGradientConfig(regions=3, utilities=utilities).build(SMALL, seed=1)
        while not search.done:
            search.tell(search.ask(), sign * np.arange(8.0).reshape(2, 4))
        return search.trajectory_point()

    assert theta("true", 1) == theta("ranks", 1) != theta("ranks", -1)
    assert theta("random", 1) == theta("random", -1)


def test_equal_scores_teach_nothing():
    for update in ("nes", "pbil", "asng"):
        search = PseudoGradientConfig(update=update).build(SMALL, seed=0)
        before = search.trajectory_point()
        search.tell(search.ask(), np.ones((2, 4)))
        assert search.trajectory_point() == before


def test_a_stage_steps_by_its_own_scores_alone():
    one, other = (PseudoGradientConfig().build(SMALL, seed=0) for _ in range(2))
    one.tell(one.ask(), [[1, 2, 3, 4], [1, 2, 3, 4]])
    other.tell(other.ask(), [[1, 2, 3, 4], [4, 3, 2, 1]])
    first, second = one.trajectory_point()["theta"], other.trajectory_point()["theta"]
    assert first[0] == second[0]
    assert first[1] != second[1]


def test_the_first_step_of_nes_is_the_formula():
    search = PseudoGradientConfig(step_size=0.1, candidates=2).build(SMALL, seed=0)
    region = search.ask()
    search.tell(region, [[1, 0], [0, 1]])
    drawn = np.array(
        [
            [[(i, j, "conv3") in cell.edges for i in range(4) for j in range(i + 1, 4)] for cell in cells]
            for cells in region.cells
        ]
    )
    utilities = np.array([[0.5, -0.5], [-0.5, 0.5]])
    expected = 0.5 + 0.1 * np.einsum("dk,dkp->dp", utilities, drawn - 0.5)
    assert [stage["edges"] for stage in search.trajectory_point()["theta"]] == pytest.approx(expected)


def test_candidates_that_tie_for_the_best_share_a_step_of_pbil():
    start, theta = (GraphDistribution(SMALL.cell_space) for _ in range(2))
    choices, _ = draw_stage(theta, np.random.default_rng(0), 3)
    PBIL(0.1)(theta, choices, np.zeros(3))
    assert np.array_equal(theta.probabilities, start.probabilities)
    PBIL(0.1)(theta, choices, np.array([0.5, 0.5, -1.0]))
    expected = start.probabilities + 0.1 * start.gradient(choices, np.array([0.5, 0.5, 0.0]))
    np.testing.assert_allclose(theta.probabilities, expected)


def test_a_step_of_asng_has_its_length_and_is_bounded(monkeypatch):
    theta, steps = GraphDistribution(SMALL.cell_space), []
    monkeypatch.setattr(theta, "move", steps.append)
    choices, _ = draw_stage(theta, np.random.default_rng(0), 3)
    for step_size in (0.3, 1e9):
        ASNG(step_size)(theta, choices, np.array([1.0, 0.0, -1.0]))
    lengths = [np.linalg.norm(step / np.sqrt(theta.probabilities)) for step in steps]
    np.testing.assert_allclose(lengths, [0.3, theta.parameters**0.5])


@pytest.mark.parametrize("seed", range(3))
def test_asng_lengthens_its_steps_on_a_signal_and_shortens_them_on_noise(seed):
    def tenth_step(utilities):
        space = HierarchicalSpace(cell_space=CellSpace(vertices=5, ops=("conv3",)), depth=1)
        config = PseudoGradientConfig(regions=10, candidates=8, update="asng", utilities=utilities, step_size=0.3)
        search = config.build(space, seed=seed)
        while not search.done:
            before = search._theta[0].probabilities.copy()
            search.tell(search.ask(), [[len(cell.edges) for cell in search.ask().cells[0]]])
        moved = search._theta[0].probabilities - before
        return np.sqrt((moved**2 / before).sum())

    assert tenth_step("ranks") > 0.35 > 0.3 > tenth_step("random")


def test_stops_when_the_entropy_is_under_its_bound():
    landscape = AdditiveLandscape(SMALL, 0)
    search, _ = search_on(landscape, SMALL, seed=0, regions=500, entropy_bound=0.55)
    assert search.told < 500
    assert search.entropy() < 0.55


def test_a_converged_stage_still_fills_its_region_by_mutation():
    theta = GraphDistribution(CellSpace(vertices=5, ops=("conv3",)))
    theta.probabilities = np.tile([1.0, 0.0], (theta.variables, 1))
    choices, classes = draw_stage(theta, np.random.default_rng(0), 4)
    assert classes == 1
    assert len({theta.cell(choice) for choice in choices}) == 4


def test_a_stage_that_still_draws_two_classes_has_not_converged():
    class Torn(GraphDistribution):
        def draw(self, rng):
            return np.full(self.variables, rng.integers(2))

    search = PseudoGradientConfig(regions=9).build(SMALL, seed=0)
    search._theta = [Torn(SMALL.cell_space) for _ in range(2)]
    search.tell(search.ask(), np.zeros((2, 4)))
    assert search.converged == [False, False]


def test_is_done_when_all_stages_have_converged():
    class Sure(GraphDistribution):
        def draw(self, rng):
            return np.zeros(self.variables, dtype=np.int64)

    search = PseudoGradientConfig(regions=9).build(SMALL, seed=0)
    search._theta[0] = Sure(SMALL.cell_space)
    search.tell(search.ask(), np.zeros((2, 4)))
    assert search.converged == [True, False]
    assert not search.done
    search._theta[1] = Sure(SMALL.cell_space)
    search.tell(search.ask(), np.zeros((2, 4)))
    assert search.done
    assert search.told == 2


def test_regions_may_hold_all_classes_of_a_stage():
    space = HierarchicalSpace(cell_space=CellSpace(vertices=3, ops=("conv3",)), depth=2)
    region = PseudoGradientConfig(candidates=6).build(space, seed=0).ask()
    assert all(set(cells) == set(space.cell_space.cells()) for cells in region.cells)


def test_a_match_that_no_cells_fulfil_is_an_error_that_names_the_remedy():
    space = HierarchicalSpace(cell_space=CellSpace(vertices=3, ops=("conv3",)), depth=1)
    search = PseudoGradientConfig(candidates=4, match=["sinks", "edges", "depth"]).build(space, seed=0)
    with pytest.raises(ValueError, match=r"search\.match"):
        search.ask()


def test_learns_which_of_listed_cells_is_best():
    cells = [Cell.atomic(name) for name in ("identity", "conv", "pool")]
    space = HierarchicalSpace(cell_space=CellList(cells), depth=2)
    search = PseudoGradientConfig(candidates=3, regions=20).build(space, seed=0)
    while not search.done:
        region = search.ask()
        search.tell(
            region,
            [[cell.block == best for cell in row] for best, row in zip(("conv", "pool"), region.cells, strict=True)],
        )
    assert search.mode() == (cells[1], cells[2])
