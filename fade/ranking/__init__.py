"""What stage scores say about paths, and how well that agrees with the truth."""

from fade.ranking.bootstrap import Interval
from fade.ranking.ceiling import Ceiling, noise_ceiling
from fade.ranking.correlations import Correlation, correlation, regret
from fade.ranking.partial import partial_spearman
from fade.ranking.paths import AGGREGATES, PathRanks, Rank
from fade.ranking.reading import Reading
from fade.ranking.ties import tied
from fade.ranking.top import precision_at

__all__ = [
    "AGGREGATES",
    "Ceiling",
    "Correlation",
    "Interval",
    "PathRanks",
    "Rank",
    "Reading",
    "correlation",
    "noise_ceiling",
    "partial_spearman",
    "precision_at",
    "regret",
    "tied",
]
