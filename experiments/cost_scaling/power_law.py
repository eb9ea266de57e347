"""Cost as a fixed part and a power of a size: y = a + b·x^p."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, stats

from experiments.rows import Floats


@dataclass(frozen=True)
class PowerLaw:
    """y = a + b·x^p, fitted.

    Attributes:
        fixed: a.
        factor: b.
        power: p.
        halves: Half of the 95 % interval of each ``[3]``.
    """

    fixed: float
    factor: float
    power: float
    halves: Floats

    @classmethod
    def fitted(cls, x: ArrayLike, y: ArrayLike) -> PowerLaw:
        """Least squares of relative errors; Student's intervals from the fit's covariance, on n - 3 degrees of freedom.

        Args:
            x: Sizes ``[n]``, of four or more.
            y: Costs ``[n]``.

        Raises:
            ValueError: For fewer.
        """
        sizes, costs = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
        if (n := len(sizes)) < 4:
            raise ValueError(f"a, b and p need costs of four sizes or more, not of {n}; measure more of them")
        largest, most = sizes.max(), costs.max()  # in units of which a and b are of order one, and b hardly hangs on p
        (a, b, p), covariance = optimize.curve_fit(
            lambda x, a, b, p: a + b * x**p, sizes / largest, costs / most, p0=(0, 1, 1), sigma=costs / most
        )
        factor = b * most / largest**p
        change = np.array([[most, 0, 0], [0, factor / b, -np.log(largest) * factor], [0, 0, 1]])
        errors = np.sqrt(np.diag(change @ covariance @ change.T))
        return cls(float(a * most), float(factor), float(p), stats.t.ppf(0.975, n - 3) * errors)

    def __call__(self, x: Floats) -> Floats:
        return self.fixed + self.factor * x**self.power
