"""The card of an exported network, for a person: what it is, where it comes from, how to use it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from fade.nets.program import edges_of
from fade.space import Cell

PAPER = """@inproceedings{neumeyer2024fade,
  title     = {Efficient {NAS} with {FaDE} on Hierarchical Spaces},
  author    = {Neumeyer, Simon and Stier, Julian and Granitzer, Michael},
  booktitle = {Advances in Intelligent Data Analysis XXII (IDA 2024)},
  year      = {2024},
  doi       = {10.1007/978-3-031-58553-1_13},
  note      = {arXiv:2404.16218}
}"""
CLASSES_NAMED = 20
NORMALISATION = {
    "block": "Every convolution is normalised per channel by fixed statistics, with learnt scale and shift.",
    "output": "A cell's output is normalised per channel by fixed statistics.",
    "vertex": "Sums and outputs of cells are normalised per channel by fixed statistics.",
    "none": "Nothing is normalised but the input.",
}


def draw_cell(cell: Cell, output_op: str) -> str:
    """A cell in text: chains of edges from left to right that together hold each edge once.

    A vertex stands in the column of its longest path from the input, so that its repeats stand below each other.

    >>> print(draw_cell(Cell.parse("3/0-1:conv3/0-2:conv3"), "conv3"))
    input ──> 0 ──conv3──> 1 ──conv3──> output
              0 ──conv3──> 2 ──conv3──> output
    """
    if cell.block is not None:
        return f"input ──{cell.block}──> output"
    cell = cell.canonical()
    entry, exit_ = -1, cell.vertices
    column: dict[int, int] = defaultdict(int)
    for tail, head, _ in sorted(cell.edges, key=lambda edge: edge[1]):
        column[head] = max(column[head], column[tail] + 1)
    last = max(column.values(), default=0) + 1
    left: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for tail, head, op in cell.edges:
        left[tail].append((head, op))
    left[entry] = [(source, "") for source in cell.sources]
    for sink in cell.sinks:
        left[sink].append((exit_, output_op))
    name = {entry: "input", exit_: "output"}
    digits = len(str(cell.vertices - 1))
    pitch = digits + 7 + max(map(len, [output_op, *(op for _, _, op in cell.edges)]))

    def place(vertex: int) -> int:
        if vertex == entry:
            return 0
        return len("input ──> ") + pitch * (last if vertex == exit_ else column[vertex])

    lines = []
    for start in [entry, *range(cell.vertices)]:
        while left[start]:
            line, at = " " * place(start) + name.get(start, str(start)), start
            while left[at]:
                head, op = left[at].pop(0)
                room = place(head) - len(line) - len(op) - 4
                line += f" ──{op}{'─' * (room - 1)}> {name.get(head, str(head))}"
                at = head
            lines.append(line)
    return "\n".join(lines)


def card(described: Mapping[str, Any]) -> str:
    """The card as Markdown, of what `architecture.json` holds (see `fade.export.export.describe`)."""
    skeleton, dataset = described["skeleton"], described["dataset"]
    shape, name, stages = described["input"]["shape"], dataset["name"], skeleton["stages"]
    kind = "images" if len(shape) == 3 else "signals"
    names = described["class_names"]
    classes = ", ".join(names[:CLASSES_NAMED]) + (", ..." if len(names) > CLASSES_NAMED else "")
    splits = ", ".join(f"{count:,} {split}" for split, count in dataset["sizes"].items())
    drawings = "\n".join(
        f"{_stage(number, stage)}\n```\n{draw_cell(Cell.parse(stage['cell']), skeleton['output_op'])}\n```"
        for number, stage in enumerate(stages)
    )
    flat = "The input is flattened. " if skeleton["kind"] == "mlp" else ""
    ops = "\n".join(f"- `{op}`: {_op(layer)}" for op, layer in skeleton["ops"].items())
    return f"""# A classifier of {name}

{_accuracies(described["accuracy"])}{_precision(described["trained"])}
It has {described["parameters"]:,} parameters and takes {described["flops"]:,} FLOPs an example (2 FLOPs are a
multiply-accumulate).

## Use
```python
import torch
network = torch.export.load("model.pt2").module()
x = torch.zeros(1, {", ".join(map(str, shape))})  # your {kind}, as many as you like
logits = network(x)
label = logits.argmax(1)
```
It needs PyTorch alone; version {described["versions"]["torch"]} wrote it. The input is float32, in the units of the
data set (0 to 255 for 8-bit images): normalisation is part of the network. The output is a logit for each of
{len(names)} classes, in this order: {classes}.

## What it is
{flat}{_stem(skeleton)}Stages follow each other, a cell each, and at the end come {_neck(skeleton)}a {skeleton["head"]}.
In a cell an edge is an op, a vertex sums what arrives, and a number that stands twice is one vertex.
{NORMALISATION[skeleton["normalise"]]}

{drawings}

{ops}

`architecture.json` holds all of this for a program, and the parts of `model.pt2` have names to match, such as
`{_part(stages[0]["cell"], skeleton["output_op"])}`.

## Where it comes from
Data set {name}: {splits} examples. Trained from scratch on weights and alpha.

Found by

{_bullets(described["found"])}

Trained with

{_bullets(described["trained"])}

## Limits
It expects {kind} like those of {name}, of this one size, and answers with one of its classes whatever it is shown.
Nothing is known about other data, shifts, attacks or fairness, and its logits are not calibrated.

## Paper
The network was made with FaDE. Please cite
```bibtex
{PAPER}
```
"""


def _stage(number: int, stage: Mapping[str, Any]) -> str:
    kernel, size = stage["entry_kernel"], " x ".join(map(str, [stage["channels"], *stage["spatial"]]))
    if stage["stride"] is not None:
        arrives = " x ".join(map(str, [stage["inputs"], *stage["spatial"]]))
        return f"Stage {number}: this block, from {arrives} to {stage['channels']} channels, stride {stage['stride']}"
    layer = "linear" if kernel == 1 else f"convolution of size {kernel}"
    entry = f"{layer} from {stage['inputs']} to {stage['channels']} channels, ReLU; " if kernel else ""
    pool = f"; max pooling of size {stage['max_pooling']}" if stage["max_pooling"] else ""
    return f"Stage {number}: {entry}this cell at {size}{pool}"


def _stem(skeleton: Mapping[str, Any]) -> str:
    if skeleton["stem"] is None:
        return ""
    inputs, channels = skeleton["stem"]
    return f"First comes a convolution of size 3 from {inputs} to {channels} channels with ReLU. "


def _neck(skeleton: Mapping[str, Any]) -> str:
    return "" if skeleton["neck"] is None else f"a pointwise convolution to {skeleton['neck']} channels with ReLU, "


def _part(cell: str, output_op: str) -> str:
    """A part of the first stage, as `fade.export.plain` names it."""
    parsed = Cell.parse(cell)
    if parsed.block is not None:
        return "stage_0.cell.layers.0"  # of stride 2, so with layers even where it is identity
    (tail, head), _ = edges_of(parsed, output_op)[0]
    return f"stage_0.cell.edges.from_{tail}_to_{'output' if head == parsed.vertices else head}"


def _op(described: Mapping[str, Any]) -> str:
    size = f" of size {described['kernel']}" if "kernel" in described else ""
    dilation = f", dilation {described['dilation']}" if described.get("dilation", 1) > 1 else ""
    return f"{described['layer']}{size}{dilation}{', ReLU' if described.get('relu') else ''}"


def _accuracies(accuracy: Mapping[str, Any]) -> str:
    test, exported = accuracy["test"], accuracy["exported"]
    if len(test) == 1:
        text = f"Test accuracy {test[0]:.4f}, of one training (n = 1: the spread is not known)."
    else:
        each = ", ".join(f"{value:.4f}" for value in test)
        text = (
            f"Test accuracy {sum(test) / len(test):.4f}, the mean of n = {len(test)} trainings with different seeds\n"
            f"({each}); these weights are those of training {exported + 1}, with {test[exported]:.4f}."
        )
    if accuracy["validation"] is not None:
        text += f"\nValidation accuracy {accuracy['validation']:.4f}."
    return text


def _precision(trained: Mapping[str, Any]) -> str:
    if trained.get("precision") != "bf16-mixed":
        return ""
    return "\nIt was trained and tested in bf16; `model.pt2` computes in float32, so its accuracy may differ a little."


def _bullets(facts: Mapping[str, Any]) -> str:
    return (
        "\n".join(
            f"- {key.replace('_', ' ')}: {f'{value:,}' if type(value) is int else value}"
            for key, value in facts.items()
        )
        or "- nothing recorded"
    )
