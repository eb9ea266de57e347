"""Estimators: from a region to its stage scores; importing them imports no torch.

An estimator is a file here: its config dataclass, whose options Hydra shows, and its class.
"""

from fade.estimators.base import ESTIMATORS, Estimate, Estimator, EstimatorConfig, Resources, register_estimator
from fade.estimators.readouts import READOUTS, MeasuredReadout, Need, Readout, TrainingRecord, register_readout

__all__ = [
    "ESTIMATORS",
    "READOUTS",
    "Estimate",
    "Estimator",
    "EstimatorConfig",
    "MeasuredReadout",
    "Need",
    "Readout",
    "Resources",
    "TrainingRecord",
    "register_estimator",
    "register_readout",
]
