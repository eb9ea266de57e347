"""Which interval of a mean difference over regions holds what it says? A simulation, where the answer is known.

python -m experiments.rank_correlation.coverage

Each region has 40 paths, and two scores whose correlations with the truth are drawn anew for it; the truth is measured
with noise. Three 95 % intervals of the mean difference of Spearman's correlations: percentile bootstraps that draw
regions and paths within them, or regions alone, and Student's over regions, which the reports of `fade` have too.
"""

import numpy as np

from experiments.rank_correlation.study import Floats, defined
from experiments.readings import header
from fade.ranking.bootstrap import percentiles, resample
from fade.report.estimates import mean_interval

PATHS, SIMULATIONS, RESAMPLES = 40, 1000, 300
MEANS = (0.75, 0.6)
"""Correlations of the two scores with the noiseless truth."""
NOISE = 0.8
"""Standard deviation of the noise of the truth, whose own is 1: a ceiling of about 0.78."""


def draw(rng: np.random.Generator, spread: float) -> tuple[Floats, Floats, Floats]:
    """One region: two scores and the measured truth, each ``[PATHS]``."""
    true = rng.standard_normal(PATHS)
    shared = rng.standard_normal(PATHS)  # scores err together
    scores = []
    for mean in MEANS:
        rho = np.clip(mean + spread * rng.standard_normal(), -0.95, 0.95)
        error = (shared + rng.standard_normal(PATHS)) / np.sqrt(2)
        scores.append(rho * true + np.sqrt(1 - rho**2) * error)
    return scores[0], scores[1], true + NOISE * rng.standard_normal(PATHS)


def gaps(rng: np.random.Generator, spread: float, counts: Floats) -> Floats:
    """Differences of Spearman's correlations of one region in each resample."""
    first, second, truth = draw(rng, spread)
    return defined(first, truth, counts) - defined(second, truth, counts)


def covered(regions: int, spread: float, expected: float, seed: int) -> tuple[Floats, Floats]:
    """How often each interval holds the expected difference, and how wide it is on average, ``[3]`` each."""
    rng = np.random.default_rng(seed)
    plain = np.ones((1, PATHS), dtype=np.float32)
    counts = np.concatenate([plain, resample(PATHS, RESAMPLES, seed)])
    held, widths = [], []
    for _ in range(SIMULATIONS):
        drawn = np.array([gaps(rng, spread, counts) for _ in range(regions)])  # [R, 1 + RESAMPLES]
        observed, resampled = drawn[:, 0], drawn[:, 1:]
        chosen = rng.integers(regions, size=(RESAMPLES, regions))
        both = percentiles(resampled[chosen, np.arange(RESAMPLES)[:, None]].mean(1))
        alone = percentiles(observed[chosen].mean(1))
        student = mean_interval(observed)
        intervals = np.array([both, alone, (student["low"], student["high"])])
        held.append((intervals[:, 0] <= expected) & (expected <= intervals[:, 1]))
        widths.append(np.ptp(intervals, axis=1))
    return np.mean(held, axis=0), np.mean(widths, axis=0)


def main() -> None:
    kinds = ("regions and paths drawn", "regions drawn", "Student's")
    print(*header("regions", "correlations spread by", *(f"{kind}: holds, width" for kind in kinds)), sep="\n")
    ones = np.ones((1, PATHS), dtype=np.float32)
    for spread in (0.0, 0.1, 0.2):
        rng = np.random.default_rng(1)
        expected = float(np.mean([gaps(rng, spread, ones)[0] for _ in range(50_000)]))
        for regions in (3, 5, 8, 10):
            held, widths = covered(regions, spread, expected, seed=regions)
            each = " | ".join(f"{100 * h:.0f} %, {w:.2f}" for h, w in zip(held, widths, strict=True))
            print(f"| {regions} | {spread} | {each} |", flush=True)


if __name__ == "__main__":
    main()
