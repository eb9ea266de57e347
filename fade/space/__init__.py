"""The search space: labelled DAGs up to isomorphism, their spaces, and regions of them."""

from fade.space.cell import Cell, Edge
from fade.space.cell_space import CellList, CellSource, CellSpace
from fade.space.hierarchy import PROPERTIES, HierarchicalSpace
from fade.space.region import Path, Region

__all__ = ["PROPERTIES", "Cell", "CellList", "CellSource", "CellSpace", "Edge", "HierarchicalSpace", "Path", "Region"]
