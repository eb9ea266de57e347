"""Read-outs: stage scores out of what a training has recorded, a file a kind; importing them imports no torch."""

from fade.estimators.readouts.base import READOUTS, MeasuredReadout, Need, Readout, register_readout
from fade.estimators.readouts.record import TrainingRecord

__all__ = ["READOUTS", "MeasuredReadout", "Need", "Readout", "TrainingRecord", "register_readout"]
