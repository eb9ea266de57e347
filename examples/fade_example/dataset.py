"""A data set: generated images of stripes, a direction a class."""

from dataclasses import dataclass

import numpy as np

from fade.data import DatasetConfig, Examples, Source, register_dataset
from fade.fields import option

SIDE, TRAIN, TEST = 12, 600, 200
CLASSES = ("horizontal", "vertical", "diagonal")


@register_dataset
@dataclass(kw_only=True)
class StripesConfig(DatasetConfig):
    """Grey images of stripes, whose direction is the class.

    Attributes:
        name: ``stripes``.
        noise: Standard deviation of the noise, in units of the stripes' contrast.
    """

    name: str = "stripes"
    noise: float = option(1.0, least=0)

    @property
    def source(self) -> Source:
        """See `DatasetConfig.source`."""
        return Source(load=lambda _: stripes(self.noise), kind="image")


def stripes(noise: float) -> Examples:
    """Images ``[N, 1, 12, 12]`` and their labels; the same for the same noise."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:SIDE, :SIDE]
    labels = np.arange(TRAIN + TEST) % len(CLASSES)
    phase = rng.uniform(0, 2 * np.pi, len(labels))
    across = np.stack([y, x, (x + y) / np.sqrt(2)])[labels]
    images = np.sin(across * 1.5 + phase[:, None, None]) + noise * rng.normal(size=across.shape)
    images = images.astype(np.float32)[:, None]
    return Examples(
        train=images[:TRAIN],
        train_labels=labels[:TRAIN],
        test=images[TRAIN:],
        test_labels=labels[TRAIN:],
        class_names=CLASSES,
    )
