import pytest
import torch


@pytest.fixture(autouse=True)
def seeded():
    """Inputs are the same in each run and each order of the tests."""
    torch.manual_seed(0)
