"""Results that are looked up before they are computed: the same request is never computed twice."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import torch

from fade.data import Data
from fade.nets.layout import Layout
from fade.nets.vocabulary import op_fingerprints
from fade.store import Store
from fade.training.fit import Report
from fade.training.provenance import device_name, versions
from fade.training.side_by_side import Announce, CannotFork, Cores, can_fork, side_by_side

RECIPE_VERSION = 5
"""Raised by hand whenever a change of code changes the numbers."""


class DivergedError(RuntimeError):
    """A training left the finite numbers."""


Compute = Callable[[Path, Report | None], tuple[dict[str, Any], bytes | None]]
"""Makes a result and its attachment, if any; given where to write a checkpoint, and what to call after each epoch."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A result that is wanted.

    Attributes:
        kind: Of result.
        recipe: What decides the numbers, as JSON.
        cells: Texts of the cells.
        seed: The parent seed.
        compute: Makes the result.
        what: To announce.
        attached: Whether the result has an attachment.
        more: What else decides the numbers.
    """

    kind: str
    recipe: Mapping[str, Any]
    cells: object
    seed: int
    compute: Compute
    what: str
    attached: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)


class Lookup:
    """Takes results from a store, or computes and stores them.

    A training is a pure function of the data, the region or architectures, the code of registered ops among them, the
    skeleton, the recipe, the seed, the kind of device, the threads and `RECIPE_VERSION`; its result is stored under a
    hash of exactly those.

    Args:
        store: Where results are stored.
        layout: The skeleton.
        data: The data.
        announce: Called with what starts.
        executor: ``processes`` computes side by side, in as many processes as there are idle cores, what is wanted at
            the same time; ``serial`` one after the other. The results are the same to the bit.

    Attributes:
        stored_seconds: Seconds that the results took which were there before.
    """

    def __init__(
        self,
        store: Store,
        layout: Layout,
        data: Data,
        *,
        announce: Announce = lambda _: None,
        executor: str = "serial",
    ) -> None:
        self.store, self.layout, self.data, self.announce = store, layout, data, announce
        self._cores = Cores() if executor == "processes" and can_fork(data.device) else None
        self.stored_seconds, self._made = 0.0, set[str]()
        self._provenance = {"versions": versions(), "device": device_name(data.device)}

    def workers(self) -> int:
        """How many processes would now train side by side."""
        return 1 if self._cores is None else max(self._cores.idle(0) // torch.get_num_threads(), 1)

    def apart(self, task: Callable[[], object]) -> None:
        """Do what is written to files, in a process of its own where trainings have theirs.

        For what would leave this process so that forked ones cannot train: after `torch.export`, autograd starts
        threads in each of them, which torch does not allow.
        """
        if self._cores is not None and self._cores.allowed > 1:
            with suppress(CannotFork):
                if side_by_side([lambda _: task()], self.announce, cores=self._cores):
                    return
        task()

    @property
    def computed(self) -> int:
        """How many results were made here, rather than found in the store."""
        return len(self._made)

    def _request(self, wanted: Wanted) -> dict[str, Any]:
        layout = self.layout
        ops = op_fingerprints([layout.output_op, *re.findall(r":(\w+)", json.dumps(wanted.cells))])
        return {
            "kind": wanted.kind,
            "data": self.data.fingerprint,
            "layout": {**vars(layout), "stages": [vars(stage) for stage in layout.stages]},
            "cells": wanted.cells,
            "recipe": dict(wanted.recipe),
            "seed": wanted.seed,
            "device": self.data.device.type,
            "threads": torch.get_num_threads(),
            "version": RECIPE_VERSION,
            **({"ops": ops} if ops else {}),
            **wanted.more,
        }

    def look_up(self, wanted: Sequence[Wanted]) -> list[tuple[str, dict[str, Any]]]:
        """Stored results, or those of `compute`, which are stored; several are computed side by side.

        Args:
            wanted: What is wanted, none depending on another.

        Returns:
            Of each its key, and the result.

        Raises:
            DivergedError: If a result has a number that is not finite.
        """
        keys = [self.store.key(self._request(each)) for each in wanted]
        stored = [self._stored(key, each) for key, each in zip(keys, wanted, strict=True)]
        if self._cores is not None and self._cores.allowed > 1:
            every = zip(keys, wanted, stored, strict=True)
            missing = {key: each for key, each, result in every if result is None}
            tasks = [partial(self._look_up, each) for each in missing.values()]
            try:  # a single one, too: no process could be forked after a backward pass of this one
                side_by_side(tasks, self.announce, cores=self._cores, threads=torch.get_num_threads())
                self._made |= missing.keys()
            except CannotFork:
                self._cores = None
        return [
            self._look_up(each, self.announce) if result is None else self._found(key, result)
            for key, each, result in zip(keys, wanted, stored, strict=True)
        ]

    def _stored(self, key: str, wanted: Wanted) -> dict[str, Any] | None:
        """A stored result; one whose weights are lost or damaged is computed again, which gives the same weights."""
        result = self.store.get(key)
        lost = result is not None and wanted.attached and self.store.get_bytes(key) is None
        return None if lost else result

    def _checkpoint(self, key: str) -> Path:
        return self.store.folder / "unfinished" / f"{key}.ckpt"

    def _found(self, key: str, result: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        self._checkpoint(key).unlink(missing_ok=True)  # of one who was killed as soon as the result was there
        self.stored_seconds += 0.0 if key in self._made else result.get("seconds", 0.0)
        return key, result

    def _look_up(self, wanted: Wanted, announce: Announce) -> tuple[str, dict[str, Any]]:
        request = self._request(wanted)
        key = self.store.key(request)
        if (result := self._stored(key, wanted)) is not None:
            return self._found(key, result)
        checkpoint = self._checkpoint(key)
        try:
            result, attachment = wanted.compute(checkpoint, announce(wanted.what))
        except FileNotFoundError:  # the checkpoint: another process removes it when it has stored the same training
            if self.store.get(key) is None:
                raise
            return self._look_up(wanted, announce)
        if attachment is not None:
            self.store.put_bytes(key, attachment)
        try:
            stored = self.store.put(key, request, result, self._provenance)
        except ValueError as error:
            checkpoint.unlink(missing_ok=True)  # it would diverge again
            raise DivergedError(
                f"the training ({wanted.what}) diverged, a loss is not finite; lower trainer.lr or trainer.alpha_lr"
            ) from error
        checkpoint.unlink(missing_ok=True)
        self._made.add(key)
        return key, stored
