"""Fits of effects to losses or accuracies of sampled one-hot paths; the formulas are in `fade.ranking.pair_effects`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from fade.estimators.readouts.record import TrainingRecord
    from fade.ranking import Reading
    from fade.ranking.pair_effects import Effects

_TRIED = ("identity", "log", "normal_scores")


def fit_paths(record: TrainingRecord, what: str, *, pairs: str = "none") -> Reading | None:
    """Minus the effects on the paths' losses, or on their rates of errors.

    Args:
        record: With ``path_losses``; `trainer.readout_transform` says how values are transformed.
        what: ``losses`` or ``accuracies``.
        pairs: Pairs of stages that have effects, too: ``none``, ``neighbours`` or ``all``. The stage scores are then
            what these leave for each candidate on average.

    Returns:
        None where these were not measured.
    """
    from fade.ranking import Reading
    from fade.ranking.pair_effects import fit_effects
    from fade.ranking.transforms import transform

    path_losses = record.result.get("path_losses", {})
    if what not in path_losses:
        return None
    paths, values = np.asarray(path_losses["paths"]), np.asarray(path_losses[what], dtype=np.float64)
    wanted = record.config.readout_transform
    names: tuple[str, ...] = _TRIED if wanted == "auto" else (wanted,)
    if what == "accuracies":  # errors, of which there may be none, whose log is none
        values, names = 1 - values, tuple(dict.fromkeys("identity" if each == "log" else each for each in names))
    fits = {
        each: fit_effects(paths, transform(values, each), record.region.candidates, pairs=pairs)
        for each in names
        if len(names) == 1 or each != "log" or values.min() > 0
    }
    agreement = {each: _agreement(fit, values) for each, fit in fits.items()}
    best = max(fits, key=lambda each: -2.0 if (rho := agreement[each]) is None else rho)
    fit = fits[best]
    quality: dict[str, Any] = {"r2": fit.r2, "spearman": agreement[best], "transform": best, "strength": fit.strength}
    return Reading((-fit.stage).tolist(), None if pairs == "none" else (-fit.pair).tolist(), quality)


def _agreement(fit: Effects, losses: NDArray[np.float64]) -> float | None:
    """Spearman correlation of each path's loss with what the fit without it predicts."""
    from scipy import stats

    known = ~np.isnan(fit.left_out)
    if known.sum() < 3 or np.ptp(losses[known]) == 0 or np.ptp(fit.left_out[known]) == 0:
        return None
    return float(stats.spearmanr(fit.left_out[known], losses[known]).statistic)
