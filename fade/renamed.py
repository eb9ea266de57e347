"""Names that were changed: what they are called now."""

from __future__ import annotations

from typing import Any

VALUES = {"apart": "independent_paths", "elsewhere": "predictor", "informed": "consensus_with_predictor"}
"""Estimators and read-outs, also as options of `trainer`."""

KEYS = {"trainer.elsewhere": "trainer.earlier_runs"}
"""Keys of a configuration."""

RECORD_KEYS = {"elsewhere": "earlier_runs"}
"""Keys of a region in metrics.json."""


def current(name: str) -> str:
    """What an estimator or a read-out is called now."""
    return VALUES.get(name, name)


def current_region(region: dict[str, Any]) -> dict[str, Any]:
    """A region of metrics.json, whichever version wrote it, under today's names."""
    region = {RECORD_KEYS.get(key, key): value for key, value in region.items()}
    if "readout" in region:
        region["readout"] = current(region["readout"])
    if isinstance(region.get("readouts"), dict):
        region["readouts"] = {current(name): value for name, value in region["readouts"].items()}
    return region
