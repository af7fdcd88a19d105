"""The modules of the package, read as syntax trees: their imports, names and sizes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "accel"


@lru_cache(maxsize=1)
def module_names() -> dict[str, Path]:
    """Dotted name -> file."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


@lru_cache(maxsize=None)
def tree_of(name: str) -> ast.Module:
    return ast.parse(module_names()[name].read_text())


def walk_imports(tree: ast.AST, *, inside_function: bool = False, typing_only: bool = False) -> Iterator[tuple[str, int, bool, bool]]:
    """Every import: (module, line, whether inside a function, whether only type checkers see it)."""
    for node in ast.iter_child_nodes(tree):
        here = inside_function or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, inside_function, typing_only
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in module_names() else str(node.module), node.lineno, inside_function, typing_only
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            for part in node.body:
                yield from walk_imports(ast.Module([part], []), inside_function=here, typing_only=True)
            for part in node.orelse:
                yield from walk_imports(ast.Module([part], []), inside_function=here, typing_only=typing_only)
        else:
            yield from walk_imports(node, inside_function=here, typing_only=typing_only)


def imports_of(name: str) -> list[tuple[str, int, bool, bool]]:
    return list(walk_imports(tree_of(name)))
