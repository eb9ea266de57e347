"""What a stored training of a region says, by every read-out: none of them trains again.

Some need the trained network and are stored themselves (`fade.training.readouts`); others are functions of records
of the epochs, or of the losses of sampled one-hot paths, and are made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from fade.ranking import PathRanks
from fade.training.config import PATH_READOUTS, PROBABILITIES, TrainerConfig
from fade.training.pairs import Effects, fit_effects
from fade.training.transforms import transform

Table = list[Any]
_TRIED = ("identity", "log", "normal_scores")
_ROUNDING = 1e-9
PAIRS_SHARE = 0.3
"""Of the effects of pairs of stages beside those of the losses in training."""


@dataclass(frozen=True)
class Reading:
    """What a read-out says of a region, as JSON.

    Attributes:
        stage_scores: ``[D][K]``, higher is better.
        pair_scores: ``[D][D][K][K]`` at [d][e > d], which join the stage scores along a path; None without any.
        fit: Where the scores are fitted to path losses, how well the fit predicts a path that is left out: ``r2`` of
            the transformed losses, ``spearman`` of the losses; None where undefined. Of ``main_effects``, how additive
            the region is. And the ``transform``, and the ``strength`` of the pairs (see `Effects`).
    """

    stage_scores: Table
    pair_scores: Table | None = None
    fit: dict[str, Any] | None = None

    def ranks(self, aggregate: str = "mean") -> PathRanks:
        """The ranks of all paths."""
        return PathRanks(self.stage_scores, aggregate, pair_scores=self.pair_scores)

    def as_dict(self) -> dict[str, Any]:
        """For metrics.json; without the pair scores, D² K² numbers that follow from the path losses."""
        return {"stage_scores": self.stage_scores} | ({} if self.fit is None else {"fit": self.fit})


def read_region(result: Mapping[str, Any], depth: int, candidates: int, config: TrainerConfig) -> dict[str, Reading]:
    """All readings of the result of `train_region`.

    A region of one candidate a stage has nothing to rank: the configured read-out, where it has no scores, is constant.
    """
    readings = {name: Reading(scores) for name, scores in result["readouts"].items()} | read_epochs(result, config)
    if "path_losses" in result:
        readings |= read_path_losses(result["path_losses"], candidates, config)
    if config.name == "fair" and {"training_effects", "pairs"} <= readings.keys():
        readings["training_pairs"] = training_pairs(readings)
    if "weights_mean" in readings and "accuracy_effects" in readings:
        readings["consensus"] = consensus(readings)
    if candidates == 1:
        readings.setdefault(config.readout, Reading([[float(config.readout in PROBABILITIES)]] * depth))
    return readings


def read_epochs(result: Mapping[str, Any], config: TrainerConfig) -> dict[str, Reading]:
    """Read the records of the epochs: their mean over the last `config.readout_window` of these [ours].

    ``weights_mean`` is the mean of softmax(α), as the early steps carry much of α's signal. ``training_effects`` are
    minus the main effects on the losses that paths had in training, which `fair` training compares at each step, on one
    batch and the same weights; no pass of its own. Losses summed over a training tell how fast a network learns, which
    ranks networks better than the loss at the end ["Speedy Performance Estimation for NAS", arXiv 2006.04492, of
    networks trained alone]. An epoch weighs as its learning rate: at the end of the schedule, where the weights hardly
    move, the effects say least of the networks (measured in experiments/rank_correlation).

    Args:
        result: stage_weights_epochs and training_effects_epochs ``[E][D][K]``; without one there is no reading of it.
        config: How; ``readout_window``, and the schedule of the learning rate.
    """
    found, config = {}, config.of_region
    if weights := result.get("stage_weights_epochs"):
        found["weights_mean"] = Reading(np.mean(weights[-_last(weights, config) :], axis=0).tolist())
    if effects := result.get("training_effects_epochs"):
        last, rates = _last(effects, config), learning_rates(config, len(effects))
        mean = np.average(effects[-last:], axis=0, weights=rates[-last:])
        found["training_effects"] = Reading((-mean).tolist())
    return found


def training_pairs(readings: Mapping[str, Reading], share: float = PAIRS_SHARE) -> Reading:
    """The effects on losses in training, and a share of how pairs of stages interact on validation losses [ours].

    Losses in training tell best what a candidate is worth by itself. How candidates depend on each other they do not
    say, and networks do; one-hot paths of the hyper-architecture say so, but much of it comes of weights that paths
    share, so that in full it ranks worse than nothing (measured in experiments/nas_bench_macro). A share of it counts,
    in units of what either says of candidates by themselves.

    Args:
        readings: ``training_effects`` and ``pairs``.
        share: How much of it.
    """
    effects, pairs = readings["training_effects"], readings["pairs"]
    unit, by_losses = (spread(np.asarray(each.stage_scores)) for each in (effects, pairs))
    scale = share * unit / by_losses if by_losses > _ROUNDING else 0.0
    return Reading(effects.stage_scores, (scale * np.asarray(pairs.pair_scores)).tolist())


def consensus(readings: Mapping[str, Reading]) -> Reading:
    """The sum of log mean softmax(α), the effects on accuracies and those on losses in training [ours].

    Each over its spread over all paths. α says which candidates lower the loss of the mixture while it is trained, the
    accuracies how the weights of that mixture do on paths alone, the losses in `fair` training how fast paths learn
    that share nothing at a step. Their errors have little in common, so the sum ranks better than its parts. Beside
    both others α counts half, as it tells least of networks that are trained longer (measured in
    experiments/rank_correlation).

    Args:
        readings: ``accuracy_effects``, ``weights_mean`` (probabilities) and, where paths were trained, also
            ``training_effects``.
    """
    weights = np.maximum(readings["weights_mean"].stage_scores, np.finfo(np.float64).tiny)  # a softmax may underflow
    alpha = standardised(np.log(weights))
    effects = [
        standardised(np.asarray(readings[name].stage_scores))
        for name in ("accuracy_effects", "training_effects")
        if name in readings
    ]
    return Reading((alpha / len(effects) + sum(effects)).tolist())


def told(readings: Mapping[str, Reading], scores: NDArray[np.float64]) -> dict[str, Reading]:
    """What other regions tell, and that beside what the region's own training says [ours].

    ``informed`` is the sum of both, each over its spread over all paths: of ``consensus``, else ``training_effects``,
    else ``main_effects``. Trainings that are as short as a region can afford miss what candidates matched in all that
    counts are worth, and networks of other regions tell much of it (measured in experiments/rank_correlation).

    Args:
        readings: Of the region's own training.
        scores: ``[D, K]`` by `fade.training.elsewhere.scores_elsewhere`.
    """
    found = {"elsewhere": Reading(scores.tolist())}
    own = next((readings[name] for name in ("consensus", "training_effects", "main_effects") if name in readings), None)
    if own is not None:
        both = standardised(np.asarray(own.stage_scores)) + standardised(scores)
        found["informed"] = Reading(both.tolist())
    return found


def standardised(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scores ``[D, K]`` shifted and scaled so that their sums along all K^D paths have mean 0 and variance 1.

    Zero where all are alike but for rounding, which must not become an opinion.
    """
    centred: NDArray[np.float64] = scores - scores.mean(1, keepdims=True)
    unit = spread(centred)
    return centred / unit if unit > _ROUNDING else np.zeros_like(centred)


def spread(scores: NDArray[np.float64]) -> float:
    """Standard deviation of the sums of scores ``[D, K]`` along all K^D paths."""
    return float(np.sqrt(scores.var(1).sum()))


def _last(epochs: Table, config: TrainerConfig) -> int:
    return max(round(config.readout_window * len(epochs)), 1)


def learning_rates(config: TrainerConfig, epochs: int) -> NDArray[np.float64]:
    """The mean learning rate of the weights in each epoch ``[E]``, along its half cosine."""
    borders = np.sin(np.pi * np.arange(epochs + 1) / epochs) / np.pi
    mean: NDArray[np.float64] = config.lr_end + (config.lr - config.lr_end) * (0.5 + epochs * np.diff(borders) / 2)
    return mean


def read_path_losses(path_losses: Mapping[str, Any], candidates: int, config: TrainerConfig) -> dict[str, Reading]:
    """Read the losses and accuracies of sampled one-hot paths [ours].

    ``main_effects`` are minus the effects of (stage, candidate) on the loss, ``accuracy_effects`` those on the rate of
    errors: a loss also tells how sure a network is, which no accuracy rewards. ``pairs`` adds shrunken effects of pairs
    of stages on the loss, and its stage scores are what these leave for each candidate on average.
    `fade.training.pairs` has the formulas.

    Args:
        path_losses: paths [P][D], losses [P] and accuracies [P]; without accuracies there are no effects on them.
        candidates: K.
        config: How; ``readout_transform`` and ``readout_pairs``.

    Returns:
        ``{name: Reading}``.
    """
    paths, readings = np.asarray(path_losses["paths"]), {}
    for name in PATH_READOUTS:
        what = "accuracies" if name == "accuracy_effects" else "losses"
        if what not in path_losses:
            continue
        values = np.asarray(path_losses[what], dtype=np.float64)
        auto = config.readout_transform == "auto"
        names: tuple[str, ...] = _TRIED if auto else (config.readout_transform,)
        if what == "accuracies":  # errors, of which there may be none, whose log is none
            values, names = 1 - values, tuple(dict.fromkeys("identity" if each == "log" else each for each in names))
        paired = name == "pairs"
        pairs = config.readout_pairs if paired else "none"
        fits = {
            each: fit_effects(paths, transform(values, each), candidates, pairs=pairs)
            for each in names
            if len(names) == 1 or each != "log" or values.min() > 0
        }
        agreement = {each: _agreement(fit, values) for each, fit in fits.items()}
        best = max(fits, key=lambda each: -2.0 if (rho := agreement[each]) is None else rho)
        fit = fits[best]
        readings[name] = Reading(
            stage_scores=(-fit.stage).tolist(),
            pair_scores=(-fit.pair).tolist() if paired else None,
            fit={"r2": fit.r2, "spearman": agreement[best], "transform": best, "strength": fit.strength},
        )
    return readings


def _agreement(fit: Effects, losses: np.ndarray[Any, np.dtype[np.float64]]) -> float | None:
    """Spearman correlation of each path's loss with what the fit without it predicts."""
    known = ~np.isnan(fit.left_out)
    if known.sum() < 3 or np.ptp(losses[known]) == 0 or np.ptp(fit.left_out[known]) == 0:
        return None
    return float(stats.spearmanr(fit.left_out[known], losses[known]).statistic)
