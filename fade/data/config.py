"""The configuration of a data set; imports no torch."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fade.data.source import Source, sources
from fade.fields import check_fields, option
from fade.registry import Registry

if TYPE_CHECKING:
    from fade.data.data import Data

AUGMENTATIONS = {"image": ("none", "flip", "crop", "crop_flip"), "signal": ("none", "shift")}
PLACEMENTS = ("auto", "device", "loader")


@dataclass(kw_only=True)
class DatasetConfig:
    """Which examples are trained on, and how they are split.

    Attributes:
        name: The data set.
        root: Folder of the files (torchvision sets, image_folder) or the .npz file; null: a torchvision set is looked
            for in the cache folder.
        download: Whether a torchvision set that is missing may be fetched.
        train_samples: How many training examples to keep, as equal per class as the data allow; null keeps all.
        test_samples: The same for test examples.
        image_size: Side of the square that images are cropped and resized to, with antialias; null keeps them as is.
        alpha_fraction: Share of the training examples in the alpha split.
        validation_fraction: Share of the training examples in the validation split; the rest are weights.
        augment: none; for images flip, crop or crop_flip; for signals shift.
        placement: device (resident, uint8 or float32), loader (a DataLoader with workers) or auto: device if it fits.
    """

    name: str = "mnist1d"
    root: str | None = None
    download: bool = False
    train_samples: int | None = option(None, least=1, remedy=", or null for all")
    test_samples: int | None = option(None, least=1, remedy=", or null for all")
    image_size: int | None = option(None, least=1, remedy=", or null for images as they are")
    alpha_fraction: float = option(0.2, above=0, below=1)
    validation_fraction: float = option(0.2, above=0, below=1)
    augment: str = "none"
    placement: str = option("auto", choices=PLACEMENTS)

    def __post_init__(self) -> None:
        if type(self) is DatasetConfig and self.name not in sources():
            raise ValueError(f"dataset.name={self.name} is unknown; choose from {', '.join(sources())}")
        check_fields(self, "dataset")
        source = self.source
        if source.root is not None and self.root is None:
            raise ValueError(f"dataset.root is null, but dataset={self.name} needs it; give {source.root}")
        if self.root is not None and not source.reads_files:
            others = ", ".join(name for name, other in sources().items() if other.reads_files)
            raise ValueError(
                f"dataset.root is {self.root!r}, but dataset={self.name} reads no files; leave it null, or choose a "
                f"dataset that does: {others}"
            )
        if self.alpha_fraction + self.validation_fraction >= 1:
            total = self.alpha_fraction + self.validation_fraction
            raise ValueError(
                f"dataset.alpha_fraction + dataset.validation_fraction is {total:g}, which leaves no images for the "
                "weights; make the sum less than 1"
            )
        if source.kind is not None:
            self.check_kind(source.kind)
        elif not any(self.augment in choices for choices in AUGMENTATIONS.values()):
            choices = "; ".join(f"{kind}s: {', '.join(names)}" for kind, names in AUGMENTATIONS.items())
            raise ValueError(f"dataset.augment is {self.augment!r}; choose one of {choices}")

    @property
    def source(self) -> Source:
        """Where the examples come from; a registered data set's own `load`, `check` and `kind` by default."""
        return sources()[self.name]

    def check_kind(self, kind: str) -> None:
        """Check the keys that depend on what one example is.

        Args:
            kind: signal or image.

        Raises:
            ValueError: The augmentation or the image size does not suit this kind of data.
        """
        if self.augment not in AUGMENTATIONS[kind]:
            raise ValueError(
                f"dataset.augment is {self.augment!r}, but {self.name} holds {kind}s; "
                f"choose one of {', '.join(AUGMENTATIONS[kind])}"
            )
        if kind == "signal" and self.image_size is not None:
            raise ValueError(f"dataset.image_size is {self.image_size}, but {self.name} holds signals; leave it null")

    def check(self) -> None:
        """Look whether the files are there, without reading them.

        Raises:
            ValueError: Something is missing; the message says what and what to do.
        """
        self.source.check(self)

    def build(self, *, seed: int, device: str) -> "Data":
        """Load the data, split them and place them.

        Args:
            seed: Seed of the subsets and of the splits.
            device: Where the batches shall be, for example cpu or cuda.

        Returns:
            The data, ready for `Data.batches`.

        Raises:
            ValueError: The data are missing, unreadable or too few for the splits.
        """
        from fade.data.data import prepare

        return prepare(self, self.source.load(self), seed=seed, device=device)


DATASETS: Registry[type[DatasetConfig]] = Registry("data set")
"""Registered data sets by name; those of this package are in `fade.data.sources`."""


def register_dataset(config: type[DatasetConfig]) -> type[DatasetConfig]:
    """Add a data set by its config dataclass; ``dataset=NAME`` chooses it.

    Args:
        config: A subclass with a default for `name`, keys of its own, and `source`.

    Raises:
        ValueError: If the name is taken.
    """
    if getattr(config, "name", None) in sources():
        raise ValueError(f"the data set '{config.name}' exists already; register yours under another name")
    return DATASETS.register(config)
