import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fade.training.mixing import draw_noise, mix

MIXINGS = ("softmax", "gumbel", "gumbel_hard")
every_mixing = pytest.mark.parametrize("mixing", MIXINGS)


@settings(deadline=None)
@given(st.sampled_from(MIXINGS), st.integers(1, 6), st.floats(0, 0.95), st.floats(0.05, 5), st.integers(0, 10_000))
def test_weights_are_a_distribution_over_the_candidates_that_stay(mixing, candidates, dropout, temperature, seed):
    generator = torch.Generator().manual_seed(seed)
    alpha = 3 * torch.randn(1, candidates, generator=generator)
    noise = draw_noise([alpha], dropout, generator)
    assert noise.keep[0].any()
    weights = mix(alpha, noise.gumbel[0], noise.keep[0], mixing=mixing, temperature=temperature)
    assert (weights >= 0).all()
    torch.testing.assert_close(weights.sum(), torch.tensor(1.0))
    assert (weights[~noise.keep[0]] == 0).all()
    if mixing == "gumbel_hard":
        assert sorted(weights[0].tolist()) == [0.0] * (candidates - 1) + [1.0]


@every_mixing
def test_every_candidate_that_stays_has_a_gradient(mixing):
    alpha = torch.zeros(1, 4, requires_grad=True)
    gumbel, keep = torch.tensor([[0.1, 0.9, -0.3, 2.0]]), torch.tensor([[True, True, True, False]])
    value = torch.tensor([[1.0, -2.0, 3.0, 100.0]])
    (mix(alpha, gumbel, keep, mixing=mixing, temperature=0.7) * value).sum().backward()
    assert (alpha.grad[0, :3] != 0).all()
    assert alpha.grad[0, 3] == 0
    assert abs(alpha.grad.sum()) < 1e-5  # a common shift of α changes nothing


def test_the_hard_choice_follows_softmax_of_alpha():
    """Gumbel-max: the arg-max of α + noise is distributed as softmax(α)."""
    alpha, generator = torch.tensor([[0.0, 1.0, -1.0]]), torch.Generator().manual_seed(0)
    draws = torch.zeros(1, 3)
    for _ in range(4000):
        noise = draw_noise([alpha], 0.0, generator)
        draws += mix(alpha, noise.gumbel[0], noise.keep[0], mixing="gumbel_hard", temperature=1.0)
    torch.testing.assert_close(draws / 4000, torch.softmax(alpha, -1), atol=0.03, rtol=0)


def test_dropout_leaves_candidates_out_as_often_as_asked():
    generator = torch.Generator().manual_seed(0)
    kept = torch.stack([draw_noise([torch.zeros(1, 5)], 0.3, generator).keep[0] for _ in range(2000)]).float()
    torch.testing.assert_close(kept.mean(), torch.tensor(0.7), atol=0.02, rtol=0)
