import numpy as np
import pytest

from fade.ranking import precision_at


def test_perfect_scores_find_the_whole_top_and_turned_ones_nothing():
    truth = np.random.default_rng(0).permutation(40)
    assert precision_at(3 * truth + 1, truth) == 1
    assert precision_at(-truth, truth) == 0


@pytest.mark.parametrize(("paths", "size"), [(3, 1), (9, 1), (19, 1), (20, 2), (125, 12)])
def test_the_top_is_a_tenth_and_at_least_one_path(paths: int, size: int):
    truth = np.arange(paths)
    scores = truth.astype(float)
    scores[-1] = -1  # the best is missed, and one that does not belong there moves up
    assert precision_at(scores, truth) == pytest.approx((size - 1) / size)


def test_a_share_is_not_lost_to_rounding():
    truth = np.arange(30)  # 0.1 x 30 is a little more than 3, 0.3 x 10 a little less
    assert precision_at(np.r_[np.zeros(27), 1, 1, 1], truth) == 1
    assert precision_at(np.r_[np.zeros(7), 1, 1, 1], truth[:10], share=0.3) == 1


def test_ties_at_the_edge_count_by_chance():
    truth = np.arange(20)
    assert precision_at(np.zeros(20), truth) == pytest.approx(2 / 20)
    # The best is found for sure; the second place is drawn among four, one of which is right.
    assert precision_at(np.r_[np.zeros(15), 1, 1, 1, 1, 2], truth) == pytest.approx((1 + 1 / 4) / 2)


def test_ties_equal_the_mean_over_random_orders():
    rng = np.random.default_rng(1)
    scores, truth = rng.integers(4, size=30).astype(float), rng.integers(4, size=30).astype(float)
    drawn = [precision_at(scores + 1e-6 * rng.random(30), truth + 1e-6 * rng.random(30)) for _ in range(1000)]
    assert precision_at(scores, truth) == pytest.approx(np.mean(drawn), abs=5 * np.std(drawn) / np.sqrt(1000))


def test_no_path_and_no_number_are_errors():
    with pytest.raises(ValueError, match="at least one path"):
        precision_at([], [])
    with pytest.raises(ValueError, match="NaN"):
        precision_at([np.nan, 1], [0, 1])
