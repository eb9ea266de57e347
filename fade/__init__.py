"""FaDE, the Fast DARTS Estimator: rank every architecture of a region after one training."""

__version__ = "0.1.0"
