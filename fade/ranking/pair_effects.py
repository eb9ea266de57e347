"""Effects of stages and of pairs of stages on the values of paths, the pairs shrunk as far as the data ask for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Paths = NDArray[np.int64]
PAIRS = ("none", "neighbours", "all")
# Strengths of the pair effects, relative to the noise; the first, 0, is the additive model.
_STRENGTHS = np.concatenate([[0.0], np.logspace(-4, 10, 85)])
_SATURATED = 1e-6
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Effects:
    """A fit to the values of paths.

    All effects sum to zero over the candidates of a stage, so that a stage effect is the mean of the fitted values of
    all paths through a candidate, less the mean of all paths.

    Attributes:
        mean: Of the fitted values of all K^D paths.
        stage: ``[D, K]``.
        pair: ``[D, D, K, K]``, stage d, stage e > d, candidate of d, candidate of e; zero where d >= e.
        strength: Variance of the pair effects relative to that of the noise; 0 is the additive model.
        left_out: ``[P]`` each path's value as the model without that path predicts it.
        r2: 1 − Σ(value − left out)² / Σ(value − mean of the others)²; None where that is undefined. How much of the
            differences between paths the model predicts.
    """

    mean: float
    stage: Floats
    pair: Floats
    strength: float
    left_out: Floats
    r2: float | None

    def predict(self, paths: Paths) -> Floats:
        """The fitted values ``[N]`` of paths ``[N, D]``."""
        return self.mean + _stage_sums(self.stage, paths) + _pair_sums(self.pair, paths)


def fit_effects(
    paths: Paths, values: ArrayLike, candidates: int, *, pairs: str = "all", strength: float | None = None
) -> Effects:
    """Fit stage effects, free, and pair effects, shrunk, to the values of paths [ours].

    A mixed model, y = X β + F b + noise with F's columns the products of two stages' centred indicators, solved by
    generalised least squares with V = 1 + γ F Fᵀ. γ, the strength, has the least mean squared leave-one-out residual:
    exact in closed form, (M y)_p / M_pp with M = V⁻¹ − V⁻¹X(XᵀV⁻¹X)⁻¹XᵀV⁻¹ (Dubrule 1983, for kriging), where β is
    fitted anew without the path too. One decomposition serves all γ: of the columns, or, where there are more of them
    than paths, of the kernel F Fᵀ, in which two paths meet as ((Σ_d c_d)² − Σ_d c_d²)/2, c_d = 1[same candidate] − 1/K.
    Costs P·min(P, columns)²; seconds for a few thousand paths.

    Exact where the value is additive and the design identifies the stage effects; as the strength grows, where it is
    additive over pairs and the design identifies these too.

    Args:
        paths: ``[P, D]``, distinct.
        values: ``[P]``.
        candidates: K.
        pairs: ``all`` pairs of stages, ``neighbours`` alone, or ``none``.
        strength: γ; None is chosen as said.
    """
    y = np.asarray(values, dtype=np.float64)
    depth = paths.shape[1]
    basis = _orthonormal(_stage_columns(paths, candidates))
    residual = y - basis @ (basis.T @ y)
    axes, spectrum = _pair_spectrum(paths, candidates, pairs, basis)
    inner, free, squares = axes.T @ residual, 1 - np.square(basis).sum(1), np.square(axes)

    def solve(strengths: Floats) -> tuple[Floats, Floats]:
        """M y ``[P, S]`` and leave-one-out residuals; a path that alone decides an effect has none (NaN)."""
        shrunk = 1 - 1 / (1 + np.outer(spectrum, strengths))  # [R, S]
        dual = residual[:, None] - axes @ (shrunk * inner[:, None])
        leverage = free[:, None] - squares @ shrunk
        return dual, np.where(leverage > _SATURATED, dual / np.maximum(leverage, _SATURATED), np.nan)

    if strength is None:
        strengths = _STRENGTHS / (spectrum.mean() if spectrum.any() else 1)
        strength = float(strengths[np.argmin([_mean_square(errors) for errors in solve(strengths)[1].T])])
    dual, errors = (found[:, 0] for found in solve(np.array([strength])))
    # Not γ Fᵀ M y from the above: there M y is a small difference, and γ multiplies its rounding.
    pair = _pair_table(paths, axes @ (inner * strength / (1 + strength * spectrum)), candidates, pairs)
    fixed = y - dual - _pair_sums(pair, paths)
    coefficients = np.linalg.lstsq(_stage_columns(paths, candidates), fixed, rcond=None)[0]
    stage = coefficients[1:].reshape(depth, candidates - 1) @ scipy.linalg.helmert(candidates)
    least = _ROUNDING * np.abs(y).max()  # what is less is rounding, which must not rank
    stage, pair = (np.where(np.abs(effects) > least, effects, 0.0) for effects in (stage, pair))
    return Effects(float(coefficients[0]), stage, pair, strength, y - errors, _r2(y, errors))


def _stage_columns(paths: Paths, candidates: int) -> Floats:
    """A constant and each stage's contrasts, ``[P, 1 + D (K - 1)]``."""
    contrasts = scipy.linalg.helmert(candidates).T  # [K, K - 1], orthonormal, each summing to zero
    return np.concatenate([np.ones((len(paths), 1)), contrasts[paths].reshape(len(paths), -1)], axis=1)


def _interacting(depth: int, pairs: str) -> Paths:
    """Which pairs of stages d < e have effects, ``[2, pairs]``."""
    first, second = np.triu_indices(depth, 1)
    kept = np.full(len(first), pairs == "all") | ((pairs == "neighbours") & (second == first + 1))
    return np.stack([first[kept], second[kept]])


def _orthonormal(columns: Floats) -> Floats:
    """A basis of what the columns span."""
    axes, size, _ = np.linalg.svd(columns, full_matrices=False)
    return np.asarray(axes[:, size > 1e-10 * size[0]])


def _pair_spectrum(paths: Paths, candidates: int, pairs: str, basis: Floats) -> tuple[Floats, Floats]:
    """Eigenvectors ``[P, R]`` and values ``[R]`` of F Fᵀ, F less what the basis explains of it."""
    first, second = _interacting(paths.shape[1], pairs)
    if len(first) * (candidates - 1) ** 2 <= len(paths):
        contrasts = scipy.linalg.helmert(candidates).T[paths]  # [P, D, K - 1]
        columns = np.einsum("pni,pnj->pnij", contrasts[:, first], contrasts[:, second]).reshape(len(paths), -1)
        axes, size, _ = np.linalg.svd(columns - basis @ (basis.T @ columns), full_matrices=False)
        spectrum = np.square(size)
    else:
        kernel = _pair_kernel(paths, candidates, pairs)
        kernel -= basis @ (basis.T @ kernel)
        kernel -= (kernel @ basis) @ basis.T
        spectrum, axes = scipy.linalg.eigh(kernel, overwrite_a=True, check_finite=False)
    kept = spectrum > 1e-11 * spectrum.max(initial=0)
    return axes[:, kept], spectrum[kept]


def _pair_kernel(paths: Paths, candidates: int, pairs: str) -> Floats:
    """F Fᵀ, ``[P, P]``."""
    size = len(paths)
    total, squared, neighbours, before = (np.zeros((size, size)) for _ in range(4))
    for stage in paths.T:
        same = (stage[:, None] == stage) - 1 / candidates
        total += same
        squared += np.square(same)
        neighbours += before * same
        before = same
    return neighbours if pairs == "neighbours" else (np.square(total) - squared) / 2


def _pair_table(paths: Paths, dual: Floats, candidates: int, pairs: str) -> Floats:
    """Fᵀ times a vector ``[P]``, as effects ``[D, D, K, K]``."""
    depth = paths.shape[1]
    chosen = np.eye(candidates)[paths].reshape(len(paths), -1)
    sums = (chosen.T @ (dual[:, None] * chosen)).reshape(depth, candidates, depth, candidates).transpose(0, 2, 1, 3)
    first, second = _interacting(depth, pairs)
    table = np.zeros_like(sums)
    some = sums[first, second]
    some = some - some.mean(-1, keepdims=True)
    table[first, second] = some - some.mean(-2, keepdims=True)
    return table


def _stage_sums(stage: Floats, paths: Paths) -> Floats:
    return np.asarray(stage[np.arange(len(stage)), paths].sum(1))


def _pair_sums(pair: Floats, paths: Paths) -> Floats:
    first, second = np.triu_indices(len(pair), 1)
    return np.asarray(pair[first, second, paths[:, first], paths[:, second]].sum(1))


def _mean_square(errors: Floats) -> float:
    known = errors[~np.isnan(errors)]
    return float(np.square(known).mean()) if len(known) else np.inf


def _r2(values: Floats, errors: Floats) -> float | None:
    known = ~np.isnan(errors)
    size = len(values)
    if known.sum() < 3 or np.ptp(values[known]) == 0:
        return None
    by_mean = (values - values.mean()) * size / (size - 1)
    return float(1 - np.square(errors[known]).sum() / np.square(by_mean[known]).sum())
