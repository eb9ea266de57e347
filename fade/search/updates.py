"""Steps of a search distribution: from the utilities of K draws to a new θ."""

from typing import Protocol

import numpy as np

from fade.search.categoricals import Categoricals, Floats, Ints


class Update(Protocol):
    """Moves the distribution of one stage; may keep what it needs to adapt its step size, never scores."""

    def __call__(self, theta: Categoricals, choices: Ints, utilities: Floats) -> None:
        """Step.

        Args:
            theta: The distribution, changed in place.
            choices: The draws, ``[K, R]``.
            utilities: Their utilities, ``[K]``, zero mean.
        """


class NES:
    """θ ← θ + η Σ_i u_i (A_i - θ): the stochastic natural gradient of expected utility [textbook].

    Args:
        step_size: η.
    """

    def __init__(self, step_size: float) -> None:
        self._step_size = step_size

    def __call__(self, theta: Categoricals, choices: Ints, utilities: Floats) -> None:
        """Step ``theta`` by the utilities ``[K]`` of the draws ``[K, R]``."""
        theta.move(self._step_size * theta.gradient(choices, utilities))


class PBIL:
    """θ ← θ + η (A_best - θ): population-based incremental learning (Baluja 1994).

    Candidates that tie for the best share the weight; where all tie there is no best and no step (ours).

    Args:
        step_size: η.
    """

    def __init__(self, step_size: float) -> None:
        self._step_size = step_size

    def __call__(self, theta: Categoricals, choices: Ints, utilities: Floats) -> None:
        """Step ``theta`` by the utilities ``[K]`` of the draws ``[K, R]``."""
        best = utilities == utilities.max()
        if not best.all():
            theta.move(self._step_size * theta.gradient(choices, best / best.sum()))


class ASNG:
    """Adaptive stochastic natural gradient (Akimoto et al. 2019, arXiv 1905.08537), one instance a stage.

    The natural gradient g = Σ_i u_i (A_i - θ) is normalised to a step of Fisher length δ = δ₀ / Δ. With s an
    accumulation of the normalised gradients, the trust region δ grows while ‖s‖² / α exceeds what noise alone would
    give, γ, and shrinks otherwise: β = δ / √n, s ← (1 - β) s + √(β (2 - β)) F^½ g / ‖g‖_F,
    γ ← (1 - β)² γ + β (2 - β), Δ ← Δ exp(β (γ - ‖s‖² / α)), α = 1.5, n the number of free parameters.

    The paper adapts one step size for all variables at once; here each stage has its own utilities and hence its own
    step size. Ours, too: the square root of the Fisher matrix is the embedding g_c / √θ_c over all categories, which
    has the length of the paper's triangular root; β is at most 1; the metric takes the op of an edge as always there.

    Args:
        step_size: δ₀; the paper's is 1.
        alpha: Ratio of signal to noise that keeps the step size, the paper's 1.5.
    """

    def __init__(self, step_size: float, alpha: float = 1.5) -> None:
        self._step_size = step_size
        self._alpha = alpha
        self._slowness = 1.0
        self._gamma = 0.0
        self._path: Floats | float = 0.0

    def __call__(self, theta: Categoricals, choices: Ints, utilities: Floats) -> None:
        """Step ``theta`` by the utilities ``[K]`` of the draws ``[K, R]``."""
        gradient = theta.gradient(choices, utilities)
        root = np.sqrt(np.where(theta.probabilities > 0, theta.probabilities, 1.0))
        length = np.linalg.norm(gradient / root)
        if length < 1e-12:
            return
        delta = min(self._step_size / self._slowness, theta.parameters**0.5)
        beta = delta / theta.parameters**0.5
        theta.move(delta * gradient / length)
        self._path = (1 - beta) * self._path + (beta * (2 - beta)) ** 0.5 * gradient / root / length
        self._gamma = (1 - beta) ** 2 * self._gamma + beta * (2 - beta)
        self._slowness *= float(np.exp(beta * (self._gamma - np.sum(self._path**2) / self._alpha)))


UPDATES: dict[str, type[NES] | type[PBIL] | type[ASNG]] = {"nes": NES, "pbil": PBIL, "asng": ASNG}
