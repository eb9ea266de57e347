"""Rules of the house that no other tool checks."""

import ast
import graphlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "fade"
MODULES = {
    ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
    for file in PACKAGE.rglob("*.py")
}


def is_for_types(node: ast.AST) -> bool:
    """Whether a statement runs while types are checked, and never else."""
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)


def imported(tree: ast.AST, *, everywhere: bool) -> Iterator[tuple[str, list[str]]]:
    """Modules and the names taken from them; those under TYPE_CHECKING or inside functions only where asked."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, []) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, [alias.name for alias in node.names]
        elif not everywhere and (isinstance(node, ast.FunctionDef) or is_for_types(node)):
            continue
        else:
            yield from imported(node, everywhere=everywhere)


def modules_of(name: str, names: list[str]) -> set[str]:
    """The modules of this package that an import runs."""
    full = {f"{name}.{one}" for one in names} & MODULES.keys()
    return full or ({name} & MODULES.keys())


def test_no_module_imports_itself_in_a_circle():
    graph: dict[str, set[str]] = {}
    for module, file in MODULES.items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        needed = {one for name, names in imported(tree, everywhere=False) for one in modules_of(name, names)}
        graph[module] = needed - {module}
    list(graphlib.TopologicalSorter(graph).static_order())  # raises a CycleError that names the circle


def test_layers_hold_inside_functions_too():
    """An import inside a function serves start-up time, never a circle: packages form none, wherever they import."""
    graph: dict[str, set[str]] = {}
    for module, file in MODULES.items():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        own = ".".join(module.split(".")[:2])
        needed = {one for name, names in imported(tree, everywhere=True) for one in modules_of(name, names)}
        graph.setdefault(own, set()).update({".".join(one.split(".")[:2]) for one in needed} - {own, "fade"})
    graph.pop("fade", None)
    list(graphlib.TopologicalSorter(graph).static_order())


def test_no_file_is_longer_than_three_hundred_lines():
    folders = ("fade", "tests", "benchmarks", "experiments", "examples")
    long = {
        str(file.relative_to(ROOT)): lines
        for folder in folders
        for file in (ROOT / folder).rglob("*.py")
        if (lines := len(file.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert not long
