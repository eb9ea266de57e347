"""Handing over a trained network: files that work without this package."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

import fade
from fade.data import Data
from fade.export.card import card
from fade.export.plain import EPSILON, plain_network
from fade.nets.network import Network
from fade.nets.program import edges_of
from fade.nets.vocabulary import BLOCKS, CONVOLUTIONS, PARAMETER_FREE
from fade.store import write_whole


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a network and its data do not say themselves; all of it JSON, and written on the card.

    Attributes:
        test_accuracies: ``[S]`` after training from scratch, one a seed.
        exported: Which of the S trainings made the weights.
        validation_accuracy: Of the first training; it chose the architecture where `found` tells of finalists.
        found: How the architecture was found, by label: search, region trainings, FLOPs.
        trained: How the network was trained, by label: epochs, optimizer, learning rate.
    """

    test_accuracies: Sequence[float]
    exported: int = 0
    validation_accuracy: float | None = None
    found: Mapping[str, Any] = field(default_factory=dict)
    trained: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0 <= self.exported < len(self.test_accuracies):
            raise ValueError(f"exported={self.exported} is none of {len(self.test_accuracies)} trainings; count from 0")


def export_network(network: Network, data: Data, folder: Path, *, facts: Facts) -> None:
    """Write `architecture.json`, `model.pt2` and `card.md`: a network for use without this package.

    Each file is written beside its place and renamed into it, after all three have been made.

    Args:
        network: One trained stand-alone network (N = 1, K = 1).
        data: What it was trained on.
        folder: Where to; made if it is not there.
        facts: What else is known.
    """
    described = describe(network, data, facts)
    files = {
        "architecture.json": json.dumps(described, indent=1, ensure_ascii=False, allow_nan=False).encode() + b"\n",
        "model.pt2": serialised(plain_network(network, data), data.shape),
        "card.md": card(described).encode(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        write_whole(folder / name, content)


def serialised(network: nn.Module, shape: Sequence[int]) -> bytes:
    """A network as a file for `torch.export.load`, for any number of examples of a shape (C, *spatial)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the insides of the exporter: none is the user's to heed
        program = torch.export.export(
            network, (torch.zeros(2, *shape),), dynamic_shapes=({0: torch.export.Dim("batch")},)
        )
        for node in program.graph.nodes:
            node.meta.pop("stack_trace", None)  # paths of the machine that exports
        buffer = io.BytesIO()
        torch.export.save(program, buffer)
    return buffer.getvalue()


def describe(network: Network, data: Data, facts: Facts) -> dict[str, Any]:
    """All that is needed to build the network by hand, and where it comes from, as JSON."""
    layout, cost = network.layout, network.cost()
    cells = [stages[0].canonical() for stages in network.regions[0].cells]
    used = {op for cell in cells for _, op in edges_of(cell, layout.output_op)}
    blocks = {cell.block for cell in cells if cell.block is not None}
    path = [0] * len(cells)
    return {
        "schema": 1,
        "architecture": [str(cell) for cell in cells],
        "skeleton": {
            "kind": "nas_bench_macro" if layout.stem else "mlp" if layout.flatten else "conv",
            "stem": layout.stem,
            "neck": layout.head,
            "stages": [
                {
                    "cell": str(cell),
                    "inputs": stage.inputs,
                    "channels": stage.channels,
                    "spatial": list(stage.spatial),
                    "entry_kernel": stage.kernel,
                    "max_pooling": 2 if stage.pool else None,
                    "stride": stage.stride,
                }
                for cell, stage in zip(cells, layout.stages, strict=True)
            ],
            "output_op": layout.output_op,
            "ops": {op: describe_op(op) for op in sorted(used)}
            | {name: describe_block(name) for name in sorted(blocks)},
            "normalise": layout.normalise,
            "epsilon": EPSILON,
            "head": "mean over space and a linear layer",
        },
        "input": {"shape": list(data.shape), "mean": data.mean.tolist(), "std": data.std.tolist()},
        "classes": data.classes,
        "class_names": list(data.class_names),
        "parameters": cost.path_parameters(path),
        "flops": cost.path_flops(path),
        "accuracy": {
            "validation": facts.validation_accuracy,
            "test": list(facts.test_accuracies),
            "exported": facts.exported,
        },
        "dataset": {"name": data.name, "sizes": dict(data.sizes), "fingerprint": data.fingerprint},
        "found": dict(facts.found),
        "trained": dict(facts.trained),
        "versions": {"fade": fade.__version__, "torch": str(torch.__version__)},
    }


def describe_block(name: str) -> dict[str, Any]:
    """What a block of NAS-Bench-Macro computes."""
    kernel, expansion = BLOCKS[name]
    if not kernel:
        return {"layer": "identity; where stride or width change, a pointwise convolution"}
    layer = (
        f"pointwise convolution to {expansion} times the channels, ReLU, depthwise convolution of size {kernel} with "
        "the stride, ReLU, pointwise convolution; the input is added where the shapes are the same"
    )
    return {"layer": layer, "expansion": expansion}


def describe_op(name: str) -> dict[str, Any]:
    """What an op computes; all keep the size."""
    if name in CONVOLUTIONS:
        kernel, dilation, separable = CONVOLUTIONS[name]
        layer = "depthwise, pointwise convolution" if separable else "convolution"
        return {"layer": layer, "kernel": kernel, "dilation": dilation, "relu": True}
    layers = {"identity": "identity", "maxpool3": "max pooling", "avgpool3": "average pooling, padding not counted"}
    if name in PARAMETER_FREE:
        return {"layer": layers[name]} | ({"kernel": 3} if name != "identity" else {})
    return {"layer": "registered by the user; see model.pt2"}
