"""Configuration of the tracking."""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fade.fields import check_fields, option
from fade.registry import Registry

if TYPE_CHECKING:
    from fade.tracking.base import Tracker

KINDS = ("wandb", "csv", "tensorboard", "none")
MODES = ("offline", "online", "disabled")
WANDB_RESERVED, LONGEST_PROJECT, LONGEST_TAG = "/\\#?%:", 128, 64
"""What W&B refuses, said before a study has a folder."""


@dataclass(kw_only=True)
class TrackingConfig:
    """Where curves and tables go, beside the files of the run.

    Attributes:
        name: ``wandb``, ``csv``, ``tensorboard`` or ``none``.
        mode: W&B: ``offline`` (synchronise later with ``wandb sync``), ``online`` or ``disabled``.
        project: W&B: the project.
        group: W&B: the group of runs; None is the sweep's folder in a sweep.
        tags: W&B: tags.
    """

    name: str = "wandb"
    mode: str = option("offline", choices=MODES)
    project: str = "fade"
    group: str | None = None
    tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        if type(self) is TrackingConfig and self.name not in KINDS:
            raise ValueError(f"tracking.name={self.name} is unknown; choose from {', '.join(KINDS)}")
        check_fields(self, "tracking")
        if not self.project:
            raise ValueError("tracking.project is empty; name a project")
        if bad := [letter for letter in WANDB_RESERVED if letter in self.project]:
            raise ValueError(
                f"tracking.project={self.project} holds '{bad[0]}', which W&B does not allow; leave it out"
            )
        if len(self.project) > LONGEST_PROJECT:
            raise ValueError(f"tracking.project={self.project} is too long; W&B allows {LONGEST_PROJECT} letters")
        if bad := [tag for tag in self.tags if not 1 <= len(tag) <= LONGEST_TAG]:
            raise ValueError(f"tracking.tags: '{bad[0]}' is no tag of W&B; give 1 to {LONGEST_TAG} letters")

    def check(self) -> None:
        """Look for what the tracker needs, without importing it.

        Raises:
            ValueError: If a package is missing.
        """
        if self.name == "tensorboard" and find_spec("tensorboard") is None:
            raise ValueError("tracking=tensorboard needs a package; pip install tensorboard, or use tracking=csv")

    def build(self, folder: Path, *, run_id: str, name: str, group: str | None, config: dict[str, Any]) -> Tracker:
        """Start tracking a run.

        Args:
            folder: The run's folder.
            run_id: The same for the same run, so that a continued one is one run.
            name: Its name.
            group: The group, where the configuration names none.
            config: The full configuration.

        Raises:
            ValueError: If the tracker cannot be started.
        """
        from fade.tracking.base import Tracker
        from fade.tracking.lightning import LightningTracker

        if self.name == "wandb":
            from fade.tracking.weights_and_biases import WandbTracker

            return WandbTracker(self, folder, run_id=run_id, name=name, group=self.group or group, config=config)
        if self.name == "none":
            return Tracker()
        return LightningTracker(self.name, folder, config=config)


TRACKERS: Registry[type[TrackingConfig]] = Registry("tracker")
"""Registered trackers by name."""


def register_tracker(config: type[TrackingConfig]) -> type[TrackingConfig]:
    """Add a tracker by its config dataclass; ``tracking=NAME`` chooses it.

    Args:
        config: A subclass with a default for `name`, keys of its own, and `build`, which returns a `Tracker`.

    Raises:
        ValueError: If the name is taken.
    """
    if getattr(config, "name", None) in KINDS:
        raise ValueError(f"the tracker '{config.name}' exists already; register yours under another name")
    return TRACKERS.register(config)
