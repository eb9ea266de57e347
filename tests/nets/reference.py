"""Slow definitions, obviously right, that the engine is held against."""

import torch
import torch.nn.functional as F

from fade.nets.cells import CellBatch
from fade.nets.network import Network
from fade.nets.ops import Convolution, Looped, ParameterFree, SeparableConvolution

CONVOLVE = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}


def apply_op(op, copy, x):
    convolve = CONVOLVE[op.dims]
    if isinstance(op, Convolution):
        padding = op.dilation * (op.weight.shape[-1] // 2)
        return F.relu(convolve(x, op.weight[copy], op.bias[copy], padding=padding, dilation=op.dilation))
    if isinstance(op, SeparableConvolution):
        padding = op.dilation * (op.depthwise.shape[-1] // 2)
        y = convolve(x, op.depthwise[copy], padding=padding, dilation=op.dilation, groups=op.channels)
        return F.relu(convolve(y, op.pointwise[copy], op.bias[copy]))
    if isinstance(op, ParameterFree):
        return op.pool(x)
    assert isinstance(op, Looped)
    return op.modules_[copy](x)


def normalise(x):
    dims = [0, *range(2, x.dim())]
    mean, var = x.mean(dims, keepdim=True), x.var(dims, correction=0, keepdim=True)
    return (x - mean) / torch.sqrt(var + 1e-5)


def evaluate_cell(batch: CellBatch, m: int, x):
    """One cell, vertex by vertex."""
    cell, values = batch.cells[m], {}
    for v in range(cell.vertices):
        arriving = [(tail, head) for tail, head, _ in cell.edges if head == v]
        if not arriving:
            values[v] = x
            continue
        values[v] = sum(apply_op(batch.op(batch.slots[m][e][0]), batch.slots[m][e][1], values[e[0]]) for e in arriving)
        if batch.normalise == "vertex":
            values[v] = normalise(values[v])
    out = 0
    for sink in cell.sinks:
        name, copy = batch.slots[m][sink, cell.vertices]
        out = out + apply_op(batch.op(name), copy, values[sink])
    return out if batch.normalise == "none" else normalise(out)


def evaluate_path(network: Network, path, x):
    """Logits of one path of a hyper-architecture, stage by stage."""
    h = x.flatten(1).unsqueeze(-1) if network.layout.flatten else x
    for stage, k in zip(network.stages, path, strict=True):
        if stage.entry:
            weight, bias = stage.entry
            convolve = CONVOLVE[h.dim() - 2]
            h = F.relu(convolve(h, weight[0], bias[0], padding=weight.shape[-1] // 2))
        h = evaluate_cell(stage.cells, k, h)
        h = h if stage.pool is None else stage.pool(h)
    return F.linear(h.flatten(2).mean(2), network.head_weight[0], network.head_bias[0])
