"""What a result was made with and on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import torch

from fade import __version__


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
