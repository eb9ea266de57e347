"""Augmentations, against plain loops."""

import numpy as np
import pytest
import torch

from fade.data.augment import apply_variants, draw_variants, variant_tables

CPU = torch.device("cpu")


def every_variant(augment: str, x: torch.Tensor) -> list[torch.Tensor]:
    """All that can become of one example x [C, *spatial]."""
    tables = variant_tables(augment, tuple(x.shape[1:]), CPU)
    choices = torch.cartesian_prod(*[torch.arange(len(table)) for table in tables]).view(-1, len(tables))
    return [apply_variants(x[None], tables, list(choice[:, None]))[0] for choice in choices]


def same_set(ours: list[torch.Tensor], theirs: list[np.ndarray]) -> bool:
    return sorted(a.numpy().tobytes() for a in ours) == sorted(np.ascontiguousarray(b).tobytes() for b in theirs)


@pytest.mark.parametrize("augment", ["flip", "crop", "crop_flip"])
def test_images_are_cropped_from_a_reflected_border_and_mirrored(augment):
    x = torch.randint(0, 256, (3, 16, 8), dtype=torch.uint8)
    crops = [x.numpy()]
    if "crop" in augment:
        padded = np.pad(x.numpy(), [(0, 0), (2, 2), (1, 1)], mode="reflect")
        crops = [padded[:, i : i + 16, j : j + 8] for i in range(5) for j in range(3)]
    expected = crops + [crop[:, :, ::-1] for crop in crops] * ("flip" in augment)
    assert same_set(every_variant(augment, x), expected)


def test_signals_are_shifted():
    x = torch.randn(2, 24)
    padded = np.pad(x.numpy(), [(0, 0), (3, 3)], mode="reflect")
    assert same_set(every_variant("shift", x), [padded[:, i : i + 24] for i in range(7)])


def test_a_single_pixel_has_one_variant_only():
    assert torch.equal(torch.stack(every_variant("crop", torch.ones(1, 1, 1))), torch.ones(1, 1, 1, 1))


def test_variants_are_drawn_uniformly_and_anew_for_each_example():
    tables = variant_tables("crop_flip", (8, 8), CPU)
    rows, columns = draw_variants(tables, 30_000, torch.Generator().manual_seed(0))
    assert (torch.bincount(rows, minlength=3) / 30_000 - 1 / 3).abs().max() < 0.02
    assert (torch.bincount(columns, minlength=6) / 30_000 - 1 / 6).abs().max() < 0.02
