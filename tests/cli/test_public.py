"""Nothing of Hydra or OmegaConf is used that they keep to themselves."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(file for folder in ("fade", "tests") for file in (ROOT / folder).rglob("*.py"))
LIBRARIES = ("hydra", "omegaconf")


def names(tree: ast.Module) -> list[str]:
    """The dotted names that a module imports, or mentions as a text."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.append(node.value)
    return found


@pytest.mark.parametrize("library", LIBRARIES)
def test_no_private_module_of_a_library(library: str) -> None:
    private = {
        f"{path.name}: {name}"
        for path in FILES
        for name in names(ast.parse(path.read_text(encoding="utf-8")))
        if name.startswith(f"{library}.") and any(part.startswith("_") for part in name.split("."))
    }
    assert private == set()
