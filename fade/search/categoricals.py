"""Independent categorical variables: what every search distribution of a stage is made of."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fade.space import Cell

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Table = list[float] | list[list[float]]


class Categoricals(ABC):
    """p(A | θ_d) over the cells of a stage, as drawn.

    θ is one table ``probabilities`` ``[R, C]`` whose rows are categorical variables, padded with zeros to the largest
    number of categories C. A draw is a vector ``[R]`` with a category for each variable. Variables that do not show in
    the cell drawn (say, the op of an absent edge) are not *active*: they are drawn all the same, so that a mutation
    that makes them active has a value for them, but nothing is learnt from them.

    Every variable starts uniform. A category of a variable with c of them never falls under ε / (c - 1), so that none
    exceeds 1 - ε (the division is that of ASNG, arXiv 1905.08537).

    Args:
        categories: The number of categories of each variable, 2 or more.
        epsilon: ε, under 1/2.
    """

    def __init__(self, categories: Sequence[int], epsilon: float) -> None:
        self._categories: Ints = np.array(categories, dtype=np.int64)
        exists = np.arange(max(categories, default=0)) < self._categories[:, None]
        self._floors: Floats = exists * epsilon / (self._categories[:, None] - 1)
        self.probabilities: Floats = exists / self._categories[:, None]

    @abstractmethod
    def cell(self, choice: Ints) -> Cell:
        """The cell of a draw ``[R]``, as drawn."""

    @abstractmethod
    def active(self, choice: Ints) -> Bools:
        """Which variables show in the cell of a draw; ``[R]`` to ``[R]``."""

    @abstractmethod
    def presence(self, probabilities: Floats) -> Floats:
        """The probability of each variable to be active, ``[R, C]`` to ``[R]``."""

    @abstractmethod
    def tables(self) -> dict[str, Table]:
        """θ as JSON, by the kind of variable."""

    @property
    def variables(self) -> int:
        """R, the number of variables."""
        return len(self._categories)

    @property
    def parameters(self) -> int:
        """The number of free parameters, Σ (c - 1) over the variables."""
        return int((self._categories - 1).sum())

    def draw(self, rng: np.random.Generator) -> Ints:
        """Draw a category for each variable, ``[R]``."""
        choice = (rng.random((self.variables, 1)) >= self.probabilities.cumsum(axis=1)).sum(axis=1)
        drawn: Ints = np.minimum(choice, self._categories - 1)
        return drawn

    def mutate(self, choice: Ints, rng: np.random.Generator) -> Ints:
        """Give one active variable, uniformly chosen, another category, uniformly chosen; ``[R]`` to ``[R]``."""
        row = int(rng.choice(np.flatnonzero(self.active(choice))))
        mutant = choice.copy()
        mutant[row] = (choice[row] + rng.integers(1, self._categories[row])) % self._categories[row]
        return mutant

    def mode(self) -> Cell:
        """The cell of every variable's likeliest category, the first of those that tie."""
        return self.cell(self.probabilities.argmax(axis=1))

    def entropy(self) -> float:
        """Entropy of the drawing in nats, exact by the chain rule, divided by the number of variables."""
        return self._entropy(self.probabilities)

    def least_entropy(self) -> float:
        """:meth:`entropy` where every variable is as sure of its first category as ε allows, which is the least."""
        surest = self._floors.copy()
        surest[:, :1] = 1 - self._floors[:, 1:].sum(axis=1, keepdims=True)
        return self._entropy(surest)

    def gradient(self, choices: Ints, weights: Floats) -> Floats:
        """Σ_i w_i (A_i - θ), over the active variables of each draw.

        With utilities as weights it is the stochastic natural gradient of expected utility [textbook: the Fisher metric
        of a categorical turns the gradient of log p(A | θ) into A - θ].

        Args:
            choices: Draws, ``[K, R]``.
            weights: One weight a draw, ``[K]``.

        Returns:
            A direction ``[R, C]`` whose rows sum to zero.
        """
        one_hot = np.eye(self.probabilities.shape[1])[choices]
        active = np.array([self.active(choice) for choice in choices])
        direction: Floats = np.einsum("k,kr,krc->rc", weights, active, one_hot - self.probabilities)
        return direction

    def move(self, step: Floats) -> None:
        """θ ← θ + step ``[R, C]``, then every row back above its floor and onto the simplex.

        Categories are lifted to the floor, and what the row then has too much is taken in proportion to the excess over
        the floor, as in ASNG.
        """
        excess = np.maximum(self.probabilities + step - self._floors, 0.0)
        room = 1 - self._floors.sum(axis=1, keepdims=True)
        self.probabilities = self._floors + room * excess / excess.sum(axis=1, keepdims=True)

    def _entropy(self, probabilities: Floats) -> float:
        rows = -(probabilities * np.log(np.where(probabilities > 0, probabilities, 1.0))).sum(axis=1)
        return float(self.presence(probabilities) @ rows / max(self.variables, 1))
