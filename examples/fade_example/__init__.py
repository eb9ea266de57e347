"""One part of each kind: importing this package registers them all."""

from fade_example import dataset, estimator, op, readout, search, tracker

__all__ = ["dataset", "estimator", "op", "readout", "search", "tracker"]
