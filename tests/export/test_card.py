"""The card of an exported network."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch

from fade.data import Data
from fade.export.card import card, draw_cell
from fade.export.export import export_network
from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.space import Cell, CellSpace, Region
from tests.export.samples import FACTS


def test_the_card_has_all_facts(exported: tuple[Network, Path]) -> None:
    network, best = exported
    text = (best / "card.md").read_text()
    for fact in (
        "0.5000, the mean of n = 3",
        "with 0.7500",
        "0.6250",
        "search: pseudo_gradient",
        "1,234,567",
        "2404.16218",
    ):
        assert fact in text
    for cells in network.regions[0].cells:
        assert draw_cell(cells[0], "conv3") in text
    described = json.loads((best / "architecture.json").read_text())
    assert "bf16" not in text
    assert "tested in bf16; `model.pt2` computes in float32" in card(
        described | {"trained": {"precision": "bf16-mixed"}}
    )


def test_the_card_of_a_macro_network_says_what_is_around_its_blocks(tmp_path: Path, datasets: dict[str, Data]) -> None:
    data, space = datasets["images"], SpaceConfig(name="nas_bench_macro", depth=8, stem=4)
    cells = [[Cell.atomic(block)] for block in ["identity", "identity", "mbconv3_e3", *["mbconv5_e6"] * 5]]
    network = Network([Region(cells)], space.layout(data.shape, data.classes), seeds=[0])
    export_network(network, data, tmp_path, facts=FACTS)
    text, described = ((tmp_path / name).read_text() for name in ("card.md", "architecture.json"))
    skeleton = json.loads(described)["skeleton"]
    assert f"from {data.shape[0]} to 4 channels with ReLU" in text
    assert f"a pointwise convolution to {skeleton['neck']} channels with ReLU, a mean over space" in text
    assert text.count("stride 2") == 3
    assert text.count("stride 1") == 5
    assert "`mbconv5_e6`: pointwise convolution to 6 times the channels" in text
    (part,) = re.findall(r"`(stage_0\..*)`", text)
    assert any(name.startswith(f"{part}.") for name in torch.export.load(tmp_path / "model.pt2").state_dict)


def edges_drawn(drawing: str) -> list[tuple[str, str, str]]:
    edges = []
    for line in drawing.splitlines():
        nodes = re.split(r" ──(\w*)─*> ", line.strip())
        edges += [(nodes[i], nodes[i + 2], nodes[i + 1]) for i in range(0, len(nodes) - 1, 2)]
    return sorted(edges)


@pytest.mark.parametrize("vertices", [1, 2, 5, 12])
def test_a_drawing_holds_each_edge_once(vertices: int) -> None:
    rng, space = np.random.default_rng(0), CellSpace(vertices=vertices, ops=("conv3", "identity"))
    for cell in [Cell(vertices), *(space.sample(rng).canonical() for _ in range(5))]:
        expected = [(str(tail), str(head), op) for tail, head, op in cell.edges]
        expected += [("input", str(source), "") for source in cell.sources]
        expected += [(str(sink), "output", "conv5") for sink in cell.sinks]
        drawing = draw_cell(cell, "conv5")
        assert edges_drawn(drawing) == sorted(expected)
        for vertex in map(str, range(vertices)):
            places = {m.start() for line in drawing.splitlines() for m in re.finditer(rf"(?<!\S){vertex}(?!\S)", line)}
            assert len(places) == 1, "a vertex keeps its column"
