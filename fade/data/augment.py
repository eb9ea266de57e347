"""Augmentations as tables of index maps: every variant of an axis says which source position each position shows."""

import torch
from torch import Tensor


def variant_tables(augment: str, spatial: tuple[int, ...], device: torch.device) -> list[Tensor]:
    """List, for each axis, the variants that an augmentation draws from.

    A crop or a shift moves the axis by up to an eighth of its length (4 pixels of 32, as is usual for CIFAR) and fills
    by reflection, so that no colour is invented [ours; airbench does so too]. A flip mirrors the last axis.

    Args:
        augment: none, flip, crop, crop_flip or shift.
        spatial: Lengths of the axes.
        device: Where the tables shall live.

    Returns:
        One int64 table [variants, length] an axis; entries are multiplied by the axis's stride in the flattened
        example, so that the sum of one row an axis is a flat position. Empty for none.
    """
    if augment == "none":
        return []
    tables: list[Tensor] = []
    stride = 1
    for axis, length in reversed(list(enumerate(spatial))):
        reach = max(1, length // 8) if augment in ("crop", "crop_flip", "shift") and length > 1 else 0
        moved = torch.arange(-reach, reach + 1)[:, None] + torch.arange(length)
        table = (length - 1) - ((length - 1) - moved.abs()).abs()  # reflect at 0, then at the other end
        if axis == len(spatial) - 1 and augment in ("flip", "crop_flip"):
            table = torch.cat([table, table.flip(1)])
        tables.insert(0, (table * stride).to(device))
        stride *= length
    return tables


def draw_variants(tables: list[Tensor], examples: int, generator: torch.Generator) -> list[Tensor]:
    """Draw one variant an axis and example, each [examples], uniformly."""
    return [torch.randint(len(table), (examples,), generator=generator) for table in tables]


def apply_variants(x: Tensor, tables: list[Tensor], variants: list[Tensor]) -> Tensor:
    """Rearrange a batch.

    Args:
        x: [B, C, *spatial].
        tables: Of `variant_tables`.
        variants: The drawn row of each table, each [B].

    Returns:
        [B, C, *spatial].
    """
    flat = torch.zeros(len(x), 1, dtype=torch.int64, device=x.device)
    for table, variant in zip(tables, variants, strict=True):
        flat = (flat[:, :, None] + table[variant][:, None, :]).flatten(1)
    pixels = x.flatten(2)
    return pixels.gather(2, flat[:, None, :].expand_as(pixels)).view_as(x)
