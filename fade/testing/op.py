"""What every op must do."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from fade.nets.cells import CellBatch
from fade.nets.vocabulary import build_op, op_names
from fade.space import Cell

CHANNELS, SIZES = 4, {1: (13,), 2: (7, 6)}


class OpConformance:
    """Subclass it with a fixture ``op``: the name of a registered op.

    Override the fixture ``dims`` where it does not take both signals and images.
    """

    @pytest.fixture
    def op(self) -> str:
        """The op under test."""
        raise NotImplementedError("give a fixture `op` that returns the name of your op")

    @pytest.fixture(params=[1, 2])
    def dims(self, request: pytest.FixtureRequest) -> int:
        """Spatial dimensions."""
        return int(request.param)

    def test_is_in_the_vocabulary(self, op: str) -> None:
        """`space.ops` may name it."""
        assert op in op_names()

    def test_keeps_the_shape_and_its_input(self, op: str, dims: int) -> None:
        """Other edges read the same input."""
        x = torch.randn(3, CHANNELS, *SIZES[dims])
        before = x.clone()
        out = build_op(op, 1, CHANNELS, dims).each()[0](x)
        assert out.shape == x.shape
        assert torch.equal(x, before)

    def test_cells_run_together_as_one_by_one(self, op: str, dims: int) -> None:
        """Values and gradients are equal to floating-point noise, in double precision: sums may cancel."""
        together, one_by_one = _run(op, dims, "grouped"), _run(op, dims, "loop")
        for fast, slow in zip(together, one_by_one, strict=True):
            torch.testing.assert_close(fast, slow, atol=1e-8, rtol=1e-8)

    def test_equal_seeds_give_equal_weights(self, op: str, dims: int) -> None:
        """Initial weights are a function of the generator."""
        x = torch.randn(3, CHANNELS, *SIZES[dims])
        first, second = (_drawn(op, dims) for _ in range(2))
        assert torch.equal(first.each()[0](x), second.each()[0](x))

    def test_everything_has_a_finite_gradient(self, op: str, dims: int) -> None:
        """The input and every weight: one without would never be trained."""
        made, x = _drawn(op, dims), torch.randn(3, CHANNELS, *SIZES[dims]).requires_grad_()
        out = made.each()[0](x)
        for gradient in torch.autograd.grad(out.square().sum(), [x, *made.parameters()], allow_unused=True):
            assert gradient is not None
            assert torch.isfinite(gradient).all()

    def test_in_evaluation_an_output_is_a_function_of_its_example(self, op: str, dims: int) -> None:
        """Whatever stands beside it in the batch, and however often it is asked."""
        made, x = _drawn(op, dims).eval(), torch.randn(3, CHANNELS, *SIZES[dims])
        with torch.no_grad():
            whole = made.each()[0](x)
            assert torch.equal(whole, made.each()[0](x))
            torch.testing.assert_close(whole[1:2], made.each()[0](x[1:2]), atol=1e-5, rtol=1e-5)

    def test_its_cost_can_be_counted(self, op: str, dims: int) -> None:
        """Without values of any tensor."""
        with torch.device("meta"):
            counted = build_op(op, 1, CHANNELS, dims)
        assert counted.macs(SIZES[dims]) >= 0
        assert counted.parameter_count() == sum(p.numel() for p in build_op(op, 1, CHANNELS, dims).parameters())


def _drawn(op: str, dims: int):  # type: ignore[no-untyped-def]
    made = build_op(op, 1, CHANNELS, dims)
    with torch.no_grad():
        made.initialise(0, torch.Generator().manual_seed(0))
    return made


def _run(op: str, dims: int, execution: str) -> list[Tensor]:
    """The outputs of two cells, and the gradients of inputs and weights."""
    cells = [Cell.parse(f"3/0-1:{op}/1-2:{op}"), Cell.parse(f"3/0-1:{op}/0-2:{op}")]
    batch = CellBatch(cells, CHANNELS, dims, output_op=op)
    with torch.no_grad():
        batch.initialise([torch.Generator().manual_seed(0)])
    batch.double().execution, batch.statistics = execution, "batch"
    x = torch.randn(1, 5, CHANNELS, *SIZES[dims], generator=torch.Generator().manual_seed(1)).double().requires_grad_()
    out = batch(x)
    factor = torch.randn(out.shape, generator=torch.Generator().manual_seed(2))
    gradients = torch.autograd.grad((out * factor).sum(), [x, *batch.parameters()], materialize_grads=True)
    return [out.detach(), *gradients]
