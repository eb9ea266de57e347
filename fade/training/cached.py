"""Trainings that are looked up before they are done: the same request is never computed twice."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from fade.data import Data
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.seeds import subseed
from fade.space import Cell, Region
from fade.store import Store
from fade.training.fit import Report
from fade.training.lookup import Lookup, Wanted
from fade.training.networks import train_networks, train_paths
from fade.training.recipe import NetworkRecipe
from fade.training.side_by_side import Announce

CHUNK = {"images": 2, "others": 8, "accelerator": 64}
"""Networks that train at once. Part of a request, for what is batched with what moves the last bits.

On a CPU cells of images run one by one, so that little is gained (see benchmarks/README.md).
"""


def chunk_size(networks: int, dims: int, device: torch.device) -> int:
    """How many of so many networks train at once; few are halved on a CPU, where two cores can train a half each.

    Args:
        networks: How many there are in all.
        dims: Spatial dimensions of the layers.
        device: Of the data.
    """
    if device.type != "cpu":
        return CHUNK["accelerator"]
    return min(CHUNK["images" if dims >= 2 else "others"], max(-(-networks // 2), 1))


Architectures = Sequence[Sequence[Cell]]
"""``[N][D]`` cells."""


@dataclass(frozen=True, kw_only=True)
class Networks:
    """Stand-alone networks to train.

    Attributes:
        architectures: ``[N][D]`` cells.
        recipe: How.
        seed: Of the training, from 0; a number in a row of repeats.
        keep: Whether to keep the trained weights, for `CachedTrainings.network`.
    """

    architectures: Architectures
    recipe: NetworkRecipe
    seed: int
    keep: bool = False


class CachedTrainings(Lookup):
    """Trains networks, or takes what is stored.

    Args:
        store: Where results are stored.
        layout: The skeleton.
        data: The data.
        seed: The parent seed of the trainings of regions.
        networks_seed: That of stand-alone networks; None is `seed`.
        announce: See `Lookup`.
        executor: See `Lookup`.
    """

    def __init__(
        self,
        store: Store,
        layout: Layout,
        data: Data,
        *,
        seed: int,
        networks_seed: int | None = None,
        announce: Announce = lambda _: None,
        executor: str = "serial",
    ) -> None:
        super().__init__(store, layout, data, announce=announce, executor=executor)
        self.seed = seed
        self.networks_seed = seed if networks_seed is None else networks_seed

    def networks(self, wanted: Sequence[Networks]) -> list[list[dict[str, Any]]]:
        """Results of `train_networks`, a list for each that is wanted and in it one a network.

        They are trained in chunks that each by itself fixes.

        Args:
            wanted: Networks, their recipes and seeds.

        Returns:
            ``[W][N]``: validation_loss, validation_accuracy, test_accuracy, parameters, flops, train_flops; seconds (a
            share of the chunk's) and, where asked for, weights: (key, position).

        Raises:
            DivergedError: If a network's validation loss is not finite.
        """
        chunks = [list(self._chunks(each.architectures, "network")) for each in wanted]
        found = iter(
            self.look_up(
                [self._wanted_networks(each, *chunk) for each, own in zip(wanted, chunks, strict=True) for chunk in own]
            )
        )
        results = []
        for each, own in zip(wanted, chunks, strict=True):
            results.append([one for _, texts, _ in own for one in _one_a_network(*next(found), texts, each.keep)])
        return results

    def _wanted_networks(self, of: Networks, chunk: Architectures, texts: list[list[str]], numbers: str) -> Wanted:
        def compute(checkpoint: Path, report: Report | None) -> tuple[dict[str, Any], bytes | None]:
            own = self.network_seed(of.seed)
            trained = train_networks(
                chunk, of.recipe, self.layout, self.data, seed=own, checkpoint=checkpoint, report=report
            )
            return trained.result, _pack(trained.network) if of.keep else None

        return Wanted(
            kind="networks",
            recipe=of.recipe.request() | ({"keep": True} if of.keep else {}),
            cells=texts,
            seed=self.networks_seed,
            compute=compute,
            what=f"{numbers}, seed {of.seed}",
            attached=of.keep,
            more={"repeat": of.seed},
        )

    def wanted_paths(
        self, architectures: Architectures, recipe: NetworkRecipe, *, seed: int, repeat: int, which: str
    ) -> list[Wanted]:
        """Results of `train_paths`, one a chunk, each stored as soon as it is done; for `look_up`.

        Args:
            architectures: ``[N][D]`` cells.
            recipe: How.
            seed: Of the training.
            repeat: Its number in a row of repeats.
            which: What to announce beside the paths' numbers.
        """
        return [
            Wanted(
                kind="paths",
                recipe=recipe.request(),
                cells=texts,
                seed=self.seed,
                compute=partial(self._train_paths, chunk, recipe, seed),
                what=f"{numbers}{which}",
                more={"repeat": repeat},
            )
            for chunk, texts, numbers in self._chunks(architectures, "path")
        ]

    def _train_paths(
        self, chunk: Architectures, recipe: NetworkRecipe, seed: int, checkpoint: Path, report: Report | None
    ) -> tuple[dict[str, Any], None]:
        options: dict[str, Any] = {"seed": seed, "checkpoint": checkpoint, "report": report}
        return train_paths(chunk, recipe, self.layout, self.data, **options), None

    def _chunks(self, architectures: Architectures, what: str) -> Iterator[tuple[Architectures, list[list[str]], str]]:
        """Those that train at once, which their number and the device alone fix: cells, as text, and which in words."""
        size = chunk_size(len(architectures), self.layout.dims, self.data.device)
        for start in range(0, len(architectures), size):
            chunk = architectures[start : start + size]
            last = start + len(chunk)
            numbers = f"{what} {last}" if len(chunk) == 1 else f"{what}s {start + 1}–{last}"
            texts = [[str(cell) for cell in cells] for cells in chunk]
            yield chunk, texts, f"{numbers} of {len(architectures)}"

    def network(self, result: Mapping[str, Any]) -> Network:
        """The trained network behind a result of `networks(..., keep=True)`.

        Raises:
            ValueError: If the store lost the weights.
        """
        key, texts, n = result["weights"]
        content = self.store.get_bytes(key)
        if content is None:
            raise ValueError(f"store: the weights {key}.bin are missing; run again, which trains them again")
        regions = [Region.parse([[text] for text in cells]) for cells in texts]
        network = Network(regions, self.layout, seeds=None)
        network.load_state_dict(torch.load(io.BytesIO(content), weights_only=True, map_location="cpu"))
        return network.single(n)

    def measurement(
        self,
        kind: str,
        recipe: Mapping[str, Any],
        architectures: Sequence[Sequence[Cell]],
        what: str,
        measure: Callable[[], dict[str, Any]],
    ) -> dict[str, Any]:
        """The result of a measurement of architectures other than training them.

        Args:
            kind: Of measurement.
            recipe: What the result depends on beside architectures, skeleton, data and seed, a version among it.
            architectures: ``[N][D]`` cells.
            what: To announce.
            measure: Makes the result: JSON.
        """
        wanted = Wanted(
            kind=kind,
            recipe=recipe,
            cells=[[str(cell) for cell in cells] for cells in architectures],
            seed=self.networks_seed,
            compute=lambda *_: (measure(), None),
            what=what,
        )
        return self.look_up([wanted])[0][1]

    def network_seed(self, repeat: int) -> int:
        """The seed of one repeat of a stand-alone training."""
        return subseed(self.networks_seed, "network", repeat)


def _one_a_network(key: str, result: Mapping[str, Any], texts: list[list[str]], keep: bool) -> Iterator[dict[str, Any]]:
    """The results of a chunk, one a network."""
    for n in range(len(texts)):
        one = {name: values[n] for name, values in result.items() if isinstance(values, list)}
        one["seconds"] = result["seconds"] / len(texts)
        yield one | ({"weights": (key, texts, n)} if keep else {})


def _pack(network: Network) -> bytes:
    buffer = io.BytesIO()
    torch.save({name: value.cpu() for name, value in network.state_dict().items()}, buffer)
    return buffer.getvalue()
