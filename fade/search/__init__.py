"""Outer searches: which region to look at next."""

from fade.search.base import OuterSearch

__all__ = ["OuterSearch"]
