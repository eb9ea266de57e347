"""The peak of a device, which achieved FLOP/s are held against: that of a matrix product."""

from __future__ import annotations

import time

import torch

SIZE = {"cpu": 1024, "cuda": 4096}
LEAST_PRODUCTS, LEAST_SECONDS = 3, 0.1


def peak_flops_per_second(device: torch.device | str = "cpu", precision: str = "32-true") -> float:
    """FLOPs a second of the fastest of several products of square matrices, with torch's threads as they are set.

    Args:
        device: Where; matrices are 1,024 x 1,024 on the CPU, and 4,096 x 4,096 on an accelerator, to fill it.
        precision: ``32-true`` or ``bf16-mixed``, whose products are in bfloat16.
    """
    device = torch.device(device)
    size = SIZE.get(device.type, SIZE["cuda"])
    own = torch.Generator(device).manual_seed(0)  # the study's own chance is left alone
    a = torch.randn(size, size, generator=own, device=device)
    if precision == "bf16-mixed":
        a = a.bfloat16()
    _product_seconds(a)
    times: list[float] = []
    while len(times) < LEAST_PRODUCTS or sum(times) < LEAST_SECONDS:
        times.append(_product_seconds(a))
    return 2 * size**3 / min(times)


def _product_seconds(a: torch.Tensor) -> float:
    if a.device.type == "cuda":
        torch.cuda.synchronize(a.device)
    start = time.perf_counter()
    _ = a @ a
    if a.device.type == "cuda":
        torch.cuda.synchronize(a.device)
    return time.perf_counter() - start
