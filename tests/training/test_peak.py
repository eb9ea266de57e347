"""The peak of a device."""

import torch

from fade.training.peak import peak_flops_per_second


def test_a_peak_leaves_chance_alone():
    state = torch.get_rng_state()
    assert peak_flops_per_second() > 1e8
    assert torch.equal(torch.get_rng_state(), state)
