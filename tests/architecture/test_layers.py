"""Imports point down, siblings stay apart, and the compiler is imported late and in one place."""

import ast

import pytest

from tests.architecture.modules import imports_of, module_names, tree_of

# Top to bottom; what stands in one row are siblings, which never import each other. Function-level imports count.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("tune_command",),
    ("console",),
    ("__init__",),
    ("kernels", "testing"),
    ("numbers",),
    ("decorators", "threads"),
    ("tuning",),
    ("explain",),
    ("dispatch",),
    ("pipeline",),
    ("analysis", "specialize", "lower", "cache"),
    ("engines",),
    ("ir",),
    ("types",),
    ("runtime",),
    ("options",),
    ("errors",),
    ("advice",),
    ("dependence",),
    ("compile_time",),
    ("graphs",),
    ("values",),
)
RANKS = {part: rank for rank, row in enumerate(LAYERS) for part in row}

# Imports that point sideways or up, each with its reason. Only shrink this table.
ALLOWED: dict[tuple[str, str], str] = {}

# Modules that need each other, and why.
CYCLES = {
    ("accel.lower.floats", "accel.lower.powers"): "x ** y is an operator like the others, and is built from them",
    ("accel.lower.operators", "accel.lower.numpy_scalars"): "operators of NumPy's scalars fall back on those of Python's",
    ("accel.types.operators", "accel.types.promotion"): "operators of NumPy's scalars fall back on those of Python's",
    ("accel.types.functions", "accel.types.ufuncs"): "NumPy's functions are functions among others, and fall back on them",
    ("accel.lower.functions", "accel.lower.numpy_functions"): "NumPy's functions are functions among others, and fall back on them",
}

COMPILERS = ("numba", "llvmlite")


def part_of(name):
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def crossings():
    for name in module_names():
        for target, line, _, _ in imports_of(name):
            if target.split(".")[0] == "accel" and part_of(target) != part_of(name):
                yield name, line, part_of(name), part_of(target)


def test_each_module_has_a_rank():
    assert {part_of(n) for n in module_names()} <= set(RANKS)


def test_imports_point_down():
    wrong = [
        f"{name}:{line} imports {target}"
        for name, line, part, target in crossings()
        if RANKS[part] >= RANKS[target] and (part, target) not in ALLOWED
    ]
    assert wrong == []


def test_allowed_exceptions_are_used():
    assert {(part, target) for _, _, part, target in crossings()} >= set(ALLOWED)


def test_compiler_is_imported_late_and_only_in_lower():
    wrong = [
        f"{name}:{line} imports {target}"
        for name in module_names()
        for target, line, inside, typing_only in imports_of(name)
        if target.split(".")[0] in COMPILERS and not (part_of(name) == "lower" and (inside or typing_only))
    ]
    assert wrong == []


def test_numpy_is_imported_late():
    wrong = [
        f"{name}:{line}"
        for name in module_names()
        if part_of(name) not in ("kernels", "testing")
        for target, line, inside, typing_only in imports_of(name)
        if target.split(".")[0] == "numpy" and not (inside or typing_only)
    ]
    assert wrong == []


def test_no_cycles():
    below = {
        name: {t for t, _, _, typing_only in imports_of(name) if t in module_names() and t != name and not typing_only}
        for name in module_names()
        if name != "accel"  # its names are imported when they are used
    }
    for name, target in CYCLES:
        below[name].discard(target)
    done, path = set(), []

    def visit(name):
        assert name not in path, " -> ".join([*path[path.index(name) :], name])
        if name in done or name not in below:
            return
        path.append(name)
        for target in sorted(below[name]):
            visit(target)
        done.add(path.pop())

    for name in below:
        visit(name)


@pytest.mark.parametrize("name", sorted(module_names()))
def test_nothing_scans_folders_or_star_imports(name):
    for node in ast.walk(tree_of(name)):
        assert not (isinstance(node, ast.ImportFrom) and node.names[0].name == "*")
        assert not (isinstance(node, ast.Attribute) and node.attr in ("iter_modules", "walk_packages"))
