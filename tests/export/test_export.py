"""An exported network is the network, and lives without this package."""

import json
import os
import re
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from fade.data import Data, DatasetConfig
from fade.export.export import Facts, export_network
from fade.export.plain import plain_network
from fade.nets.config import SpaceConfig
from fade.nets.network import Network
from fade.space import Cell
from fade.training.networks import train_networks
from fade.training.recipe import NetworkRecipe
from tests.export.samples import CASES, FACTS, logits_of, random_network, raw_examples

# Run without this package: -I keeps the working folder off the path, and the finder refuses an installed one.
WITHOUT_THIS_PACKAGE = """
import json, sys, warnings
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "fade":
            raise ImportError(name)
sys.meta_path.insert(0, Refuse())
import torch
for folder in sys.argv[1:]:
    expected = torch.load(folder + "/expected.pt")
    network = torch.export.load(folder + "/model.pt2").module()
    for raw, logits in expected:
        torch.testing.assert_close(network(raw), logits, atol=1e-5, rtol=1e-5)
code = open(folder + "/card.md").read().split("```python")[1].split("```")[0]
scope = {}
exec(code.replace("model.pt2", folder + "/model.pt2"), scope)
assert scope["label"].shape == (1,)
assert not any(name.split(".")[0] == "fade" for name in sys.modules)
"""


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, datasets: dict[str, Data]) -> tuple[Network, Data, str]:
    kind = CASES[request.param][0]
    return random_network(request.param, datasets[kind]), datasets[kind], kind


def test_plain_layers_equal_the_network(case: tuple[Network, Data, str]) -> None:
    network, data, kind = case
    raw = torch.from_numpy(raw_examples(kind, 50)).float()
    expected = logits_of(network, data, raw)
    assert expected.std() > 1e-3
    torch.testing.assert_close(plain_network(network, data)(raw), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.processes
def test_runs_in_a_process_without_this_package(folder: Path, datasets: dict[str, Data]) -> None:
    folders = []
    for case in ("images", "registered op"):
        kind = CASES[case][0]
        data, best = datasets[kind], folder / case
        network = random_network(case, data)
        export_network(network, data, best, facts=FACTS)
        inputs = [torch.from_numpy(raw_examples(kind, count)).float() for count in (1, 2, 7)]
        torch.save([(raw, logits_of(network, data, raw)) for raw in inputs], best / "expected.pt")
        folders.append(str(best))
    done = subprocess.run(
        [sys.executable, "-I", "-c", WITHOUT_THIS_PACKAGE, *folders], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_predicts_what_was_reported_and_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    data = DatasetConfig(name="digits").build(seed=0, device="cpu")
    config, cell = SpaceConfig(depth=2, channels=8), Cell.parse("3/0-1:conv3/0-2:conv3")
    trained = train_networks(
        [[cell, cell]] * 2, NetworkRecipe(epochs=5), config.layout(data.shape, data.classes), data, seed=0
    )
    accuracies = trained.result["test_accuracy"]
    assert accuracies[1] > 0.5
    network, chance = trained.network.single(1), torch.get_rng_state()
    capfd.readouterr()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        export_network(network, data, tmp_path, facts=Facts(test_accuracies=accuracies, exported=1))
    assert capfd.readouterr() == ("", "")
    assert torch.equal(torch.get_rng_state(), chance)

    exported = torch.export.load(tmp_path / "model.pt2").module()
    hits = 0
    with network.statistics("running"), torch.no_grad():
        for x, y in data.batches("test", batch_size=100, seed=0):
            raw = (x * data.std + data.mean).round()  # digits are integers
            predicted = exported(raw).argmax(1)
            assert torch.equal(predicted, network(x)[0].argmax(1))
            hits += int((predicted == y).sum())
    assert hits / data.sizes["test"] == accuracies[1]


def test_the_graph_is_plain(exported: tuple[Network, Path]) -> None:
    program = torch.export.load(exported[1] / "model.pt2")
    used = {str(node.target).split(".")[1] for node in program.graph.nodes if node.op == "call_function"}
    assert used <= {"sub", "mul", "conv2d", "relu", "add", "max_pool2d", "mean", "linear"}
    with zipfile.ZipFile(exported[1] / "model.pt2") as archive:
        assert not any(str(Path.cwd()).encode() in archive.read(name) for name in archive.namelist())


def by_hand(described: dict[str, Any], weights: dict[str, Tensor], raw: Tensor) -> Tensor:
    """A network of convolutions and identities from its description and weights alone."""
    skeleton = described["skeleton"]
    convolve = {3: F.conv1d, 4: F.conv2d}[raw.dim()]

    def layer(name: str, x: Tensor) -> Tensor:
        weight = weights[f"{name}.0.weight"]
        return F.relu(convolve(x, weight, weights[f"{name}.0.bias"], padding=weight.shape[-1] // 2))

    def norm(name: str, x: Tensor) -> Tensor:
        return (x - weights[f"{name}.mean"]) * weights[f"{name}.scale"]

    column = (-1, *[1] * (raw.dim() - 2))
    mean, std = (torch.tensor(described["input"][key]).view(column) for key in ("mean", "std"))
    h = (raw - mean) / std
    for number, stage in enumerate(skeleton["stages"]):
        h = layer(f"stage_{number}.entry", h) if stage["entry_kernel"] else h
        vertices, *texts = stage["cell"].split("/")
        edges = [re.fullmatch(r"(\d+)-(\d+):(\w+)", text).groups() for text in texts]  # type: ignore[union-attr]
        sinks = {str(v) for v in range(int(vertices))} - {tail for tail, _, _ in edges}
        edges += [(sink, "output", skeleton["output_op"]) for sink in sinks]
        values: dict[str, Tensor] = {}
        for vertex in [*map(str, range(int(vertices))), "output"]:
            arriving = [
                values[tail]
                if skeleton["ops"][op]["layer"] == "identity"
                else layer(f"stage_{number}.cell.edges.from_{tail}_to_{vertex}", values[tail])
                for tail, head, op in edges
                if head == vertex
            ]
            values[vertex] = sum(arriving, torch.zeros(())) if arriving else h
            if arriving and (skeleton["normalise"] == "vertex" or vertex == "output"):
                values[vertex] = norm(f"stage_{number}.cell.norms.{vertex}", values[vertex])
        h = values["output"]
        if stage["max_pooling"]:
            h = {3: F.max_pool1d, 4: F.max_pool2d}[h.dim()](h, stage["max_pooling"])
    return F.linear(h.flatten(2).mean(2), weights["head.linear.weight"], weights["head.linear.bias"])


def test_the_description_rebuilds_the_network(exported: tuple[Network, Path], datasets: dict[str, Data]) -> None:
    (network, best), data = exported, datasets["images"]
    described = json.loads((best / "architecture.json").read_text())
    raw = torch.from_numpy(raw_examples("images", 5)).float()
    program = torch.export.load(best / "model.pt2")
    torch.testing.assert_close(
        by_hand(described, program.state_dict, raw), logits_of(network, data, raw), atol=1e-5, rtol=1e-5
    )
    assert described["architecture"] == [str(cells[0]) for cells in network.regions[0].cells]
    assert described["parameters"] == sum(p.numel() for p in network.parameters())
    assert described["class_names"] == list(data.class_names)
    assert described["accuracy"] == {"validation": 0.625, "test": [0.25, 0.75, 0.5], "exported": 1}


def test_a_cut_short_export_leaves_what_was_there(
    tmp_path: Path, datasets: dict[str, Data], monkeypatch: pytest.MonkeyPatch
) -> None:
    network, data = random_network("nothing normalised", datasets["signals"]), datasets["signals"]
    export_network(network, data, tmp_path, facts=FACTS)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert set(before) == {"architecture.json", "model.pt2", "card.md"}

    def full_disk(descriptor: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(OSError, match="No space"):
        export_network(network, data, tmp_path, facts=Facts(test_accuracies=[0.125]))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_exported_training_is_one_of_them() -> None:
    with pytest.raises(ValueError, match="exported=3 is none of 3"):
        Facts(test_accuracies=[0.1, 0.2, 0.3], exported=3)
