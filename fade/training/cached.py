"""Trainings that are looked up before they are done: the same request is never computed twice."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from fade.data import Data
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.nets.vocabulary import op_fingerprints
from fade.seeds import subseed
from fade.space import Cell, Region
from fade.store import Store
from fade.training.fit import Report
from fade.training.networks import train_networks, train_paths
from fade.training.provenance import device_name, versions
from fade.training.recipe import NetworkRecipe

RECIPE_VERSION = 4
"""Raised by hand whenever a change of code changes the numbers."""

CHUNK = {"cpu": 4, "cuda": 64}
"""Networks that train at once. Part of a request, for what is batched with what moves the last bits."""


def chunk_size(device: torch.device) -> int:
    """How many networks train at once on a device."""
    return CHUNK.get(device.type, CHUNK["cuda"])


Architectures = Sequence[Sequence[Cell]]
"""``[N][D]`` cells."""
Announce = Callable[[str], Report | None]
"""Called with what training starts; may return what to call after each epoch."""


class DivergedError(RuntimeError):
    """A training left the finite numbers."""


Compute = Callable[[Path, Report | None], tuple[dict[str, Any], bytes | None]]
"""Makes a result and its attachment, if any; given where to write a checkpoint, and what to call after each epoch."""


class CachedTrainings:
    """Trains networks, or takes what is stored.

    A training is a pure function of the data, the region or architectures, the code of registered ops among them, the
    skeleton, the recipe, the seed, the kind of device, the threads and `RECIPE_VERSION`; its result is stored under a
    hash of exactly those.

    Args:
        store: Where results are stored.
        layout: The skeleton.
        data: The data.
        seed: The parent seed of the trainings of regions.
        networks_seed: That of stand-alone networks; None is `seed`.
        announce: Called with what starts.

    Attributes:
        stored_seconds: Seconds that the results took which were there before.
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
    ) -> None:
        self.store, self.layout, self.data, self.seed = store, layout, data, seed
        self.networks_seed = seed if networks_seed is None else networks_seed
        self.announce = announce
        self.stored_seconds, self._made = 0.0, set[str]()
        self._provenance = {"versions": versions(), "device": device_name(data.device)}

    @property
    def computed(self) -> int:
        """How many results were made here, rather than found in the store."""
        return len(self._made)

    def networks(
        self, architectures: Architectures, recipe: NetworkRecipe, *, seed: int, keep: bool = False
    ) -> list[dict[str, Any]]:
        """Results of `train_networks`, one a network, trained in chunks that the request alone fixes.

        Args:
            architectures: ``[N][D]`` cells.
            recipe: How.
            seed: Of the training, from 0; a number in a row of repeats.
            keep: Whether to keep the trained weights, for `network`.

        Returns:
            ``[N]``: validation_loss, validation_accuracy, test_accuracy, parameters, flops, train_flops; seconds (a
            share of the chunk's) and, where asked for, weights: (key, position).

        Raises:
            DivergedError: If a network's validation loss is not finite.
        """
        results = []
        request = recipe.request() | ({"keep": True} if keep else {})
        for chunk, texts, numbers in self._chunks(architectures, "network"):

            def compute(
                checkpoint: Path, report: Report | None, chunk: Architectures = chunk
            ) -> tuple[dict[str, Any], bytes | None]:
                own = self.network_seed(seed)
                trained = train_networks(
                    chunk, recipe, self.layout, self.data, seed=own, checkpoint=checkpoint, report=report
                )
                return trained.result, _pack(trained.network) if keep else None

            key, result = self.look_up(
                "networks",
                request,
                texts,
                self.networks_seed,
                compute,
                what=f"{numbers}, seed {seed}",
                attached=keep,
                repeat=seed,
            )
            for n in range(len(chunk)):
                one = {name: values[n] for name, values in result.items() if isinstance(values, list)}
                one["seconds"] = result["seconds"] / len(chunk)
                results.append(one | ({"weights": (key, texts, n)} if keep else {}))
        return results

    def paths(
        self, architectures: Architectures, recipe: NetworkRecipe, *, seed: int, repeat: int, which: str
    ) -> list[dict[str, Any]]:
        """Results of `train_paths`, one a chunk, each stored as soon as it is done.

        Args:
            architectures: ``[N][D]`` cells.
            recipe: How.
            seed: Of the training.
            repeat: Its number in a row of repeats.
            which: What to announce beside the paths' numbers.
        """
        results = []
        for chunk, texts, numbers in self._chunks(architectures, "path"):

            def compute(
                checkpoint: Path, report: Report | None, chunk: Architectures = chunk
            ) -> tuple[dict[str, Any], None]:
                return train_paths(
                    chunk, recipe, self.layout, self.data, seed=seed, checkpoint=checkpoint, report=report
                ), None

            what = f"{numbers}{which}"
            found = self.look_up("paths", recipe.request(), texts, self.seed, compute, what=what, repeat=repeat)
            results.append(found[1])
        return results

    def _chunks(self, architectures: Architectures, what: str) -> Iterator[tuple[Architectures, list[list[str]], str]]:
        """Those that train at once, which their number and the device alone fix: cells, as text, and which in words."""
        size = chunk_size(self.data.device)
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
        texts = [[str(cell) for cell in cells] for cells in architectures]
        return self.look_up(kind, recipe, texts, self.networks_seed, lambda *_: (measure(), None), what=what)[1]

    def network_seed(self, repeat: int) -> int:
        """The seed of one repeat of a stand-alone training."""
        return subseed(self.networks_seed, "network", repeat)

    def _request(self, kind: str, recipe: Mapping[str, Any], cells: object, seed: int, **more: Any) -> dict[str, Any]:
        layout = self.layout
        ops = op_fingerprints([layout.output_op, *re.findall(r":(\w+)", json.dumps(cells))])
        return {
            "kind": kind,
            "data": self.data.fingerprint,
            "layout": {**vars(layout), "stages": [vars(stage) for stage in layout.stages]},
            "cells": cells,
            "recipe": dict(recipe),
            "seed": seed,
            "device": self.data.device.type,
            "threads": torch.get_num_threads(),
            "version": RECIPE_VERSION,
            **({"ops": ops} if ops else {}),
            **more,
        }

    def look_up(
        self,
        kind: str,
        recipe: Mapping[str, Any],
        cells: object,
        seed: int,
        compute: Compute,
        *,
        what: str,
        attached: bool = False,
        **more: Any,
    ) -> tuple[str, dict[str, Any]]:
        """A stored result, or that of `compute`, which is stored.

        Args:
            kind: Of result.
            recipe: What decides the numbers, as JSON.
            cells: Texts of the cells.
            seed: The parent seed.
            compute: Makes the result.
            what: To announce.
            attached: Whether the result has an attachment.
            more: What else decides the numbers.

        Returns:
            Its key, and the result.

        Raises:
            DivergedError: If the result has a number that is not finite.
        """
        request = self._request(kind, recipe, cells, seed, **more)
        key = self.store.key(request)
        result = self.store.get(key)
        checkpoint = self.store.folder / "unfinished" / f"{key}.ckpt"
        # A result whose weights are lost or damaged is computed again, which gives the same weights.
        if result is not None and not (attached and self.store.get_bytes(key) is None):
            checkpoint.unlink(missing_ok=True)  # of one who was killed as soon as the result was there
            self.stored_seconds += 0.0 if key in self._made else result.get("seconds", 0.0)
            return key, result
        try:
            result, attachment = compute(checkpoint, self.announce(what))
        except FileNotFoundError:  # the checkpoint: another process removes it when it has stored the same training
            if self.store.get(key) is None:
                raise
            return self.look_up(kind, recipe, cells, seed, compute, what=what, attached=attached, **more)
        if attachment is not None:
            self.store.put_bytes(key, attachment)
        try:
            stored = self.store.put(key, request, result, self._provenance)
        except ValueError as error:
            checkpoint.unlink(missing_ok=True)  # it would diverge again
            raise DivergedError(
                f"the training ({what}) diverged, a loss is not finite; lower trainer.lr or trainer.alpha_lr"
            ) from error
        checkpoint.unlink(missing_ok=True)
        self._made.add(key)
        return key, stored


def _pack(network: Network) -> bytes:
    buffer = io.BytesIO()
    torch.save({name: value.cpu() for name, value in network.state_dict().items()}, buffer)
    return buffer.getvalue()
