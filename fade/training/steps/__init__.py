"""One step of each training mode of a region, a file a mode; importing them imports no torch."""

from fade.training.steps.base import MODES, Mode, register_mode

__all__ = ["MODES", "Mode", "register_mode"]
