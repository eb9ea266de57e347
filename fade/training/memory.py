"""The peak memory of a step of a training, measured while the step is done."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_memory(step: Callable[[], None], alive: Iterable[Tensor], device: torch.device) -> int:
    """Do a step, and say how many bytes were alive at once.

    On CUDA torch's allocator is asked. On a CPU the tensors that ops return are counted for as long as they live; what
    a kernel takes for itself is not seen.

    Args:
        step: What to do.
        alive: Tensors that are there before it and belong to it: weights, their gradients, the optimizer's state.
        device: Where.
    """
    storages = {tensor.untyped_storage()._cdata: tensor.untyped_storage() for tensor in alive}
    if device.type == "cuda":
        kept = sum(storage.nbytes() for storage in storages.values())
        storages.clear()  # the step frees gradients
        before: int = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        step()
        peak: int = torch.cuda.max_memory_allocated(device)
        return kept + peak - before
    living = _Living(storages.values())
    storages.clear()
    try:
        with living:
            step()
    finally:
        living.forget()
    return living.peak


class _Living(TorchDispatchMode):
    """Counts the bytes of storages, from the op that returns them until they are freed."""

    def __init__(self, storages: Iterable[torch.UntypedStorage]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = self.bytes = 0
        self._known: dict[int, weakref.finalize[..., Any]] = {}
        for storage in storages:
            self._add(storage)

    def forget(self) -> None:
        """Watch no storage any longer."""
        for watch in self._known.values():
            watch.detach()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                self._add(tensor.untyped_storage())
        return result

    def _add(self, storage: torch.UntypedStorage) -> None:
        address, size = storage._cdata, storage.nbytes()
        if address not in self._known:
            self._known[address] = weakref.finalize(storage, self._free, address, size)
            self.bytes += size
            self.peak = max(self.peak, self.bytes)

    def _free(self, address: int, size: int) -> None:
        del self._known[address]
        self.bytes -= size
