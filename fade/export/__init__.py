"""Handing over a trained network: files that work without this package."""
