import numpy as np
import pytest
import torch
from torch import nn

from fade.nets import vocabulary
from fade.nets.cells import CellBatch
from fade.nets.config import SpaceConfig
from fade.nets.groups import stacked
from fade.nets.vocabulary import CONVOLUTIONS, PARAMETER_FREE, register_op, try_ops
from fade.space import Cell, CellSpace
from tests.nets.reference import evaluate_cell

OPS = (*CONVOLUTIONS, *PARAMETER_FREE)
SIZE = {1: (13,), 2: (7, 6)}


def random_batch(dims, ops=OPS, count=6, vertices=5, seed=0, **kwargs):
    rng = np.random.default_rng(seed)
    space = CellSpace(vertices=vertices, ops=tuple(ops))
    cells = [Cell(vertices, []), *(space.sample(rng) for _ in range(count - 1))]
    batch = CellBatch(cells, 4, dims, output_op=kwargs.pop("output_op", "conv3"), **kwargs)
    batch.initialise([torch.Generator().manual_seed(seed)] * (max(batch.owners) + 1))
    return batch


class AskingForValues(nn.BatchNorm1d):
    def forward(self, x):
        return super().forward(x if x.abs().max() > 5 else x / 2)


def groups(count, dims, requires_grad=False):
    return torch.randn(count, 3, 4, *SIZE[dims], requires_grad=requires_grad)


LINEAR = ("linear", "identity")


both_executions = pytest.mark.parametrize("execution", ["grouped", "loop"])
both_dims = pytest.mark.parametrize("dims", [1, 2])


@both_dims
@both_executions
@pytest.mark.parametrize("normalise", ["output", "vertex", "none"])
@pytest.mark.parametrize("ops", [("conv3",), OPS], ids=["one op", "all ops"])
def test_equals_a_plain_loop(dims, execution, normalise, ops):
    batch = random_batch(dims, ops, normalise=normalise)
    batch.execution = execution
    for x in (groups(1, dims), groups(6, dims)):
        for m, (got, own) in enumerate(zip(batch(x), x.expand(6, *x.shape[1:]), strict=True)):
            torch.testing.assert_close(got, evaluate_cell(batch, m, own), atol=1e-5, rtol=1e-5)


@both_dims
@both_executions
def test_gradients_equal_those_of_a_plain_loop(dims, execution):
    batch = random_batch(dims)
    batch.execution = execution
    x, target = groups(1, dims, requires_grad=True), groups(6, dims)
    parameters = [x, *batch.parameters()]
    fast = torch.autograd.grad((batch(x) * target).sum(), parameters)
    slow = torch.stack([evaluate_cell(batch, m, x[0]) for m in range(6)])
    for ours, plain in zip(fast, torch.autograd.grad((slow * target).sum(), parameters), strict=True):
        torch.testing.assert_close(ours, plain, atol=1e-4, rtol=1e-4)


@both_dims
@both_executions
def test_normalising_every_vertex_has_a_backward_pass_in_any_cell(dims, execution):
    """Levels of one vertex keep their statistics in views, of several in copies, all of one buffer."""
    for text in ("4/0-1:conv3/1-2:conv3/1-3:conv3", "5/0-1:conv3/0-2:conv3/1-3:conv3/2-3:conv3/3-4:conv3"):
        batch = CellBatch([Cell.parse(text)], 4, dims, output_op="conv3", normalise="vertex")
        batch.initialise([torch.Generator().manual_seed(0)])
        batch.execution = execution
        x = torch.randn(1, 8, 4, *SIZE[dims], requires_grad=True)
        first = torch.autograd.grad(batch(x).square().sum(), x)[0]
        assert torch.equal(first, torch.autograd.grad(batch(x).square().sum(), x)[0])  # whatever was kept meanwhile
        assert first.abs().sum() > 0


@both_dims
@both_executions
def test_selected_cells_with_repeats(dims, execution):
    batch = random_batch(dims)
    batch.execution = execution
    select, x = [4, 1, 1, 5], groups(4, dims)
    for m, got, own in zip(select, batch(x, select), x, strict=True):
        torch.testing.assert_close(got, evaluate_cell(batch, m, own), atol=1e-5, rtol=1e-5)


def test_shared_weights_are_one_per_vertex_pair_and_op():
    cells = [Cell.parse("3/0-1:conv3/0-2:conv3/1-2:conv3"), Cell.parse("3/0-1:conv3/1-2:conv3")]
    batch = CellBatch(cells, 4, 1, output_op="conv3", share=True)
    batch.initialise([torch.Generator().manual_seed(0)])
    assert batch.slots[0][0, 1] == batch.slots[1][0, 1]
    densest = CellBatch(cells[:1], 4, 1, output_op="conv3")
    assert sum(p.numel() for p in batch.parameters()) == sum(p.numel() for p in densest.parameters())
    x = torch.randn(2, 4, 9)
    for m, got in enumerate(batch(x[None])):
        torch.testing.assert_close(got, evaluate_cell(batch, m, x), atol=1e-5, rtol=1e-5)


def test_weights_of_a_network_do_not_depend_on_its_neighbours():
    cells = [Cell.parse("3/0-1:conv3/1-2:conv5"), Cell.parse("4/0-1:conv5/0-2:conv3")]
    together = CellBatch(cells, 4, 1, output_op="conv3", owners=[0, 1])
    together.initialise([torch.Generator().manual_seed(s) for s in (7, 8)])
    alone = CellBatch(cells[1:], 4, 1, output_op="conv3")
    alone.initialise([torch.Generator().manual_seed(8)])
    x = torch.randn(1, 2, 4, 9)
    torch.testing.assert_close(together(x)[1], alone(x)[0])


def test_cells_of_a_network_start_alike_where_they_are_alike():
    cells = [Cell.parse("3/0-1:conv3/1-2:conv3"), Cell.parse("3/0-1:conv3/0-2:conv3")]
    batch = CellBatch(cells * 2, 4, 1, output_op="conv3", owners=[0, 0, 1, 1])
    batch.initialise([torch.Generator().manual_seed(s) for s in (7, 8)])

    def weight(m, place):
        op, copy = batch.slots[m][place]
        return batch.op(op).weight[copy]

    assert torch.equal(weight(0, (0, 1)), weight(1, (0, 1)))
    for place in ((0, 1), (1, 2)):
        assert not torch.equal(weight(0, place), weight(2, place)), "another network has other weights"
    assert not torch.equal(weight(0, (0, 1)), weight(0, (1, 2))), "another place has other weights"


@both_executions
@pytest.mark.parametrize("normalise", ["output", "vertex"])
def test_running_statistics_approach_those_of_the_batch(normalise, execution):
    batch = random_batch(1, normalise=normalise)
    batch.execution = execution
    x = torch.randn(1, 32, 4, 13)
    with torch.no_grad():
        for _ in range(100):
            trained = batch(x)
        batch.statistics = "running"
        torch.testing.assert_close(batch(x), trained, atol=2e-2, rtol=5e-2)
        torch.testing.assert_close(batch(x, [2, 0]), batch(x)[[2, 0]])


def test_a_registered_op_runs_and_is_drawn_from_the_seed(monkeypatch):
    monkeypatch.setattr(vocabulary, "_REGISTERED", {})
    register_op("gated", lambda channels, dims: nn.Sequential(nn.Conv1d(channels, channels, 1), nn.Sigmoid()))
    x = torch.randn(1, 2, 4, 9)
    first, second = (random_batch(1, ("gated", "conv3"), output_op="gated", seed=3) for _ in range(2))
    torch.testing.assert_close(first(x), second(x), rtol=0, atol=0)
    for m, got in enumerate(first(x)):
        torch.testing.assert_close(got, evaluate_cell(first, m, x[0]), atol=1e-5, rtol=1e-5)
    register_op("gated", nn.Identity)  # as a cell of a notebook that is run again
    with pytest.raises(ValueError, match="'gated' exists already"):
        exec("register_op('gated', nn.Identity)", {"__name__": "other", "register_op": register_op, "nn": nn})
    with pytest.raises(ValueError, match="'conv3' exists already"):
        register_op("conv3", nn.Identity)


@both_executions
@pytest.mark.parametrize("normalise", ["output", "vertex", "none"])
def test_an_op_may_compute_in_a_type_of_its_own(monkeypatch, execution, normalise):
    class Single(nn.Module):
        def forward(self, x):
            return torch.tanh(x.float())

    monkeypatch.setattr(vocabulary, "_REGISTERED", {"single": lambda channels, dims: Single()})
    batch = random_batch(1, ("single", "conv3"), normalise=normalise)
    batch.execution = execution
    x = groups(1, 1)
    expected = batch(x)
    got = batch.double()(x.double())
    assert got.dtype == torch.float64
    torch.testing.assert_close(got.float(), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["größe", "Conv", "_conv", "3conv", "a-b", ""])
def test_a_name_that_no_cell_could_have_is_refused(monkeypatch, name):
    monkeypatch.setattr(vocabulary, "_REGISTERED", {})
    with pytest.raises(ValueError, match="cannot name an op"):
        register_op(name, nn.Identity)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda c, dims: nn.Conv1d(c, c, 3), r"'mine' makes \[2, 8, 14\] of \[2, 8, 16\]; let it keep the shape"),
        (lambda c, dims: nn.AdaptiveAvgPool1d(1), r"'mine' makes \[2, 8, 1\] of"),
        (lambda c, dims: nn.ReLU(inplace=True), "'mine' changes its input, which other edges read"),
        (lambda c, dims: nn.Conv2d(c, c, 1), r"'mine' fails on \[2, 8, 16\] \(.*; mend it"),
        (lambda c, dims: nn.LSTM(16, 16), "'mine' fails on .*no attribute 'shape'"),
        (lambda c, dims: AskingForValues(c), r"what 'mine' costs cannot be counted .*item\(\).*ask for no values"),
        (lambda c, dims: nn.LazyConv1d(c, 1), "what 'mine' costs cannot be counted .*shapes be fixed"),
    ],
    ids=["no padding", "pooled", "in place", "dims", "no tensor", "values", "lazy"],
)
def test_a_registered_op_that_no_network_can_use_is_refused_before_any_work(monkeypatch, make, message):
    monkeypatch.setattr(vocabulary, "_REGISTERED", {})
    register_op("mine", make)
    chance = torch.get_rng_state()
    layout = SpaceConfig(depth=1, channels=8).layout((1, 16), 2)
    with pytest.raises(ValueError, match=rf"^space\.ops: {message}"):
        try_ops("space.ops", ["conv3", "mine"], layout)
    try_ops("space.ops", ["conv3"], layout)
    assert torch.equal(torch.get_rng_state(), chance)


@pytest.mark.parametrize("normalise", ["output", "vertex", "none"])
@pytest.mark.parametrize(
    ("dims", "ops", "size", "execution"),
    [(1, OPS, (13,), "grouped"), (1, OPS, (13,), "loop"), (2, OPS, (7, 6), "loop"), (2, OPS, (7, 6), "grouped"),
     (1, LINEAR, (1,), "matmul"), (1, LINEAR, (1,), "loop")],
)  # fmt: skip
def test_a_mixture_is_the_weighted_sum_with_its_gradients(dims, ops, size, execution, normalise):
    """Two networks of three candidates; gradients by the input, the weights of cells and the mixing weights."""
    batch = random_batch(dims, ops, owners=[0, 0, 0, 1, 1, 1], normalise=normalise, output_op=ops[0])
    batch.execution, batch.statistics = execution, "batch"
    x = torch.randn(2, 5, 4, *size, requires_grad=True)
    weights = torch.rand(2, 3, requires_grad=True)
    target = torch.randn(2, 5, 4, *size)
    each = batch(x.repeat_interleave(3, 0)).view(2, 3, 5, 4, *size)
    plain = (each * weights.view(2, 3, 1, 1, *[1] * dims)).sum(1)
    given = x.repeat_interleave(3, 0)
    mixed = stacked(batch.mixture(list(given) if execution == "loop" else given, weights))
    torch.testing.assert_close(mixed, plain, atol=1e-5, rtol=1e-5)
    parameters = [x, weights, *batch.parameters()]
    fast = torch.autograd.grad((mixed * target).sum(), parameters, materialize_grads=True)
    slow = torch.autograd.grad((plain * target).sum(), parameters, materialize_grads=True)
    for ours, theirs in zip(fast, slow, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("normalise", ["output", "vertex", "none"])
def test_matrix_products_equal_a_plain_loop(normalise):
    batch = random_batch(1, LINEAR, normalise=normalise, output_op="linear")
    batch.execution = "matmul"
    for count in (1, 6):
        x = torch.randn(count, 5, 4, 1)
        for m, (got, own) in enumerate(zip(batch(x), x.expand(6, 5, 4, 1), strict=True)):
            torch.testing.assert_close(got, evaluate_cell(batch, m, own), atol=1e-5, rtol=1e-5)
