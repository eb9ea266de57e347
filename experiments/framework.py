"""What studies of ranks take from the framework's inside, in one place; all else of them uses `fade.ranking` alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fade.estimators.predictor import candidate_features, fit_and_predict, names
from fade.estimators.readouts.pairs import with_share_of_pairs
from fade.ranking import Reading
from fade.ranking.main_effects import main_effects
from fade.ranking.pair_effects import fit_effects
from fade.space import Region
from fade.truth.baselines import free_counts, proxy_ranks
from fade.truth.config import TruthConfig
from fade.truth.known import TruePath, Truth
from fade.truth.table import digits_of, look_up, table_rows

Floats = NDArray[np.float64]
__all__ = ["baselines_of", "main_effects", "pair_scores", "predicted_scores", "published"]


def baselines_of(cells: list[list[str]], networks: Sequence[Mapping[str, Any]]) -> dict[str, list[float]]:
    """Free counts of networks, and their ranks by the zero-cost proxies that a run has measured ``{name: [N]}``."""
    keys = ("path", "sampled", "accuracy", "parameters", "flops")
    paths = [TruePath(**{key: each[key] for key in keys}, proxies=each.get("proxies") or {}) for each in networks]
    known = Truth(paths, 0.0, 0.0)
    ranks = {name: values for name, (values, _) in proxy_ranks(known).items()}
    found = free_counts(Region.parse(cells), known) | ranks
    return {name: values.tolist() for name, values in found.items()}


def pair_scores(record: Mapping[str, Any], readouts: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Scores of pairs of stages, which runs leave out since they follow from the losses of paths, by read-out."""
    if "training_pairs" not in readouts or "path_losses" not in record:
        return {}
    measured = record["path_losses"]
    fit = fit_effects(np.array(measured["paths"]), measured["losses"], len(record["cells"][0]))
    pairs = Reading((-fit.stage).tolist(), (-fit.pair).tolist())
    joined = with_share_of_pairs(Reading(readouts["training_effects"]["stage_scores"]), pairs)
    return {"pairs": pairs.pair_scores, "training_pairs": joined.pair_scores}


def predicted_scores(
    cells: Mapping[str, list[list[str]]], known: Mapping[str, Floats], held: str
) -> list[list[float]] | None:
    """Stage scores ``[D][K]`` of one region by a model of cells that learned the effects of candidates in others.

    Args:
        cells: Candidates of each region, by name.
        known: Main effects ``[D, K]`` of the regions that something is known of, by name.
        held: The region that is scored; what is known of it is not used.

    Returns:
        None where fewer than two others are known.
    """
    parsed = {name: Region.parse(texts) for name, texts in cells.items()}
    ops = names(parsed.values())
    others = [(candidate_features(parsed[name], ops), values) for name, values in known.items() if name != held]
    if len(others) < 2:
        return None
    scores: list[list[float]] = fit_and_predict(others, candidate_features(parsed[held], ops)).tolist()
    return scores


def published(cells: list[list[str]]) -> tuple[NDArray[np.int64], Truth, NDArray[np.int64], dict[str, Floats]]:
    """The networks of NAS-Bench-Macro as paths of a region.

    Returns:
        All paths ``[6561, D]``, what is published of them, their rows in the table, and counts of distinct networks.
    """
    region = Region.parse(cells)
    truth = look_up(region, [0] * region.depth, TruthConfig(name="table", paths="all"), seed=0)
    paths = np.array([path.path for path in truth.sampled()])
    return paths, truth, table_rows(digits_of(region, paths)), free_counts(region, truth)
