"""Outer searches: which region to look at next; a search is a file here, its config dataclass beside its class."""

from fade.search.base import OuterSearch
from fade.search.config import SEARCHES, SearchConfig, register_search
from fade.search.fixed import FixedConfig
from fade.search.pseudo_gradient import PseudoGradientConfig
from fade.search.random_regions import RandomRegionsConfig

__all__ = [
    "SEARCHES",
    "FixedConfig",
    "OuterSearch",
    "PseudoGradientConfig",
    "RandomRegionsConfig",
    "SearchConfig",
    "register_search",
]
