"""Trainings that are looked up before they are done: the same request is never computed twice."""

from __future__ import annotations

import io
import itertools
import json
import platform
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from fade import __version__
from fade.nets.layout import Layout
from fade.nets.network import Network
from fade.nets.vocabulary import op_fingerprints
from fade.seeds import subseed
from fade.space import Cell, Region
from fade.store import Store
from fade.training.config import TrainerConfig
from fade.training.data import Data
from fade.training.readouts import sampled_paths
from fade.training.train import (
    Report,
    all_paths_flops,
    joined,
    mean_of_trainings,
    train_networks,
    train_paths,
    train_region,
)

RECIPE_VERSION = 3
"""Raised by hand whenever a change of code changes the numbers."""

READING_VERSION = 3
"""Likewise of a region's read-outs alone, which leaves the networks of a truth as they are."""

CHUNK = {"cpu": 4, "cuda": 64}
"""Networks that train at once. Part of a request, for what is batched with what moves the last bits."""


def chunk_size(device: torch.device) -> int:
    """How many networks train at once on a device."""
    return CHUNK.get(device.type, CHUNK["cuda"])


Chunk = Sequence[Sequence[Cell]]
"""Architectures, ``[N][D]`` cells."""
Announce = Callable[[str], Report | None]
"""Told what training starts; may return what to call after each epoch."""


class DivergedError(RuntimeError):
    """A training left the finite numbers."""


def versions() -> dict[str, str]:
    """The versions that results were made with."""
    found = {"fade": __version__, "python": platform.python_version()}
    for package in ("torch", "pytorch-lightning", "numpy", "scipy", "hydra-core", "wandb"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def device_name(device: torch.device) -> str:
    """The device in words."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{platform.processor() or platform.machine()} CPU, {torch.get_num_threads()} threads"


class StoredTrainings:
    """Trains regions and networks, or takes what is stored.

    A training is a pure function of the data, the region or architectures, the code of registered ops among them, the
    skeleton, the recipe, the seed, the kind of device, the threads and `RECIPE_VERSION`; its result is stored under a
    hash of exactly those.

    Args:
        store: Where results are kept.
        config: The recipe.
        layout: The skeleton.
        data: The data.
        seed: The parent seed of all trainings.
        networks_seed: That of stand-alone networks; None is `seed`.
        announce: Told what starts.

    Attributes:
        stored_seconds: Seconds that the results took which were there before.
    """

    def __init__(
        self,
        store: Store,
        config: TrainerConfig,
        layout: Layout,
        data: Data,
        *,
        seed: int,
        networks_seed: int | None = None,
        announce: Announce = lambda _: None,
    ) -> None:
        self.store, self.config, self.layout, self.data, self.seed = store, config, layout, data, seed
        self.networks_seed = seed if networks_seed is None else networks_seed
        self.announce = announce
        self.stored_seconds, self._made = 0.0, set[str]()
        self._provenance = {"versions": versions(), "device": device_name(data.device)}

    def region(self, region: Region) -> dict[str, Any]:
        """The result of `train_region`; of several trainings, by `mean_of_trainings`, of two kinds by `joined`."""
        total = self.config.repeats + self.config.fair_repeats
        which = (f", training {number} of {total}" if total > 1 else "" for number in itertools.count(1))
        each = (
            [self._region(region, config, repeat, next(which)) for repeat in range(config.repeats)]
            for config in self.config.kinds
        )
        return joined([mean_of_trainings(results) for results in each])

    def _region(self, region: Region, config: TrainerConfig, repeat: int, which: str) -> dict[str, Any]:
        if config.is_apart:
            return self._apart(region, config, repeat, which)
        recipe = config.region_recipe()
        more = {"repeat": repeat} if repeat else {}  # so that a study of one training more finds those that it has
        request = self._request("region", recipe, region.texts, self.seed, reading_version=READING_VERSION, **more)
        what = f"region of {region.depth} × {region.candidates} cells{which}"

        def compute(checkpoint: Path, report: Report | None) -> tuple[dict[str, Any], None]:
            result = train_region(
                region,
                config,
                self.layout,
                self.data,
                seed=subseed(self.seed, "repeat", repeat) if repeat else self.seed,
                readout_seed=self.seed,
                checkpoint=checkpoint,
                report=report,
            )
            return result, None

        return self._stored(request, what, compute)[1]

    def _apart(self, region: Region, config: TrainerConfig, repeat: int, which: str) -> dict[str, Any]:
        """One training of a region's paths, each on its own; in chunks, each stored as soon as it is done."""
        paths = sampled_paths(config, region.candidates, region.depth, subseed(self.seed, "readout")).tolist()
        results = []
        for chunk, texts, numbers in self._chunks([region.architecture(path) for path in paths], "path"):
            request = self._request("paths", config.paths_recipe(), texts, self.seed, repeat=repeat)

            def compute(checkpoint: Path, report: Report | None, chunk: Chunk = chunk) -> tuple[dict[str, Any], None]:
                seed = subseed(self.seed, "apart", repeat)
                result = train_paths(
                    chunk, config, self.layout, self.data, seed=seed, checkpoint=checkpoint, report=report
                )
                return result, None

            results.append(self._stored(request, f"{numbers}{which}", compute)[1])
        read = {name: [value for result in results for value in result[name]] for name in ("losses", "accuracies")}
        return {
            "readouts": {},
            "path_losses": {"paths": paths, **read},
            "train_flops": sum(sum(result["train_flops"]) for result in results),
            "epoch_seconds": [],
            "seconds": sum(result["seconds"] for result in results),
        }

    def all_paths_flops(self, region: Region, epochs: int | None = None) -> float:
        """What `networks` would cost for all paths of a region; see `fade.training.train.all_paths_flops`."""
        return all_paths_flops(region, self.config, self.layout, self.data, epochs)

    def networks(
        self, architectures: Sequence[Sequence[Cell]], *, seed: int, epochs: int | None = None, keep: bool = False
    ) -> list[dict[str, Any]]:
        """Results of `train_networks`, one a network, trained in chunks that the request alone fixes.

        Args:
            architectures: ``[N][D]`` cells.
            seed: Of the training, from 0; a number in a row of repeats.
            epochs: None is the recipe's.
            keep: Whether to keep the trained weights, for `network`.

        Returns:
            ``[N]``: validation_loss, validation_accuracy, test_accuracy, parameters, flops, train_flops; seconds (a
            share of the chunk's) and, where kept, weights: (key, position).

        Raises:
            DivergedError: If a network's validation loss is not finite.
        """
        results = []
        recipe = self.config.weights_recipe(epochs) | ({"keep": True} if keep else {})
        for chunk, texts, numbers in self._chunks(architectures, "network"):
            request = self._request("networks", recipe, texts, self.networks_seed, repeat=seed)

            def compute(
                checkpoint: Path, report: Report | None, chunk: Chunk = chunk
            ) -> tuple[dict[str, Any], bytes | None]:
                trained = train_networks(
                    chunk,
                    self.config,
                    self.layout,
                    self.data,
                    seed=self.network_seed(seed),
                    epochs=epochs,
                    checkpoint=checkpoint,
                    report=report,
                )
                return trained.result, _pack(trained.network) if keep else None

            key, result = self._stored(request, f"{numbers}, seed {seed}", compute, attached=keep)
            for n in range(len(chunk)):
                one = {name: values[n] for name, values in result.items() if isinstance(values, list)}
                one["seconds"] = result["seconds"] / len(chunk)
                results.append(one | ({"weights": (key, texts, n)} if keep else {}))
        return results

    def _chunks(self, architectures: Chunk, what: str) -> Iterator[tuple[Chunk, list[list[str]], str]]:
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
        request = self._request(kind, recipe, texts, self.networks_seed)
        return self._stored(request, what, lambda *_: (measure(), None))[1]

    def network_seed(self, repeat: int) -> int:
        """The seed of one repeat of a stand-alone training."""
        return subseed(self.networks_seed, "network", repeat)

    def _request(self, kind: str, recipe: Mapping[str, Any], cells: object, seed: int, **more: int) -> dict[str, Any]:
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

    def _stored(
        self,
        request: dict[str, Any],
        what: str,
        compute: Callable[[Path, Report | None], tuple[dict[str, Any], bytes | None]],
        *,
        attached: bool = False,
    ) -> tuple[str, dict[str, Any]]:
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
            return self._stored(request, what, compute, attached=attached)
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
