"""Trackers: curves, tables and figures of a run in W&B, CSV or TensorBoard; the run's own files are the record."""
