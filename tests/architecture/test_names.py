"""Names: what a module offers is what it says it offers, and nothing is called by a name that says nothing."""

import ast
from functools import lru_cache

import pytest

import accel
from tests.architecture.modules import module_names, tree_of

FORBIDDEN_MODULES = {"base", "common", "core", "helper", "helpers", "misc", "util", "utils"}
FORBIDDEN_ENDINGS = ("Manager", "Handler", "Helper", "Impl", "Base")
FORBIDDEN_NAMES = {"ctx", "data", "info", "obj", "tmp"}

# Names that may stand although they look forbidden, each with its reason.
ALLOWED = {
    ("accel.cache.store", "info"): "the command is `accel cache info`",
    ("accel.dispatch.record", "data"): "NumPy's word for the address of the elements",
    ("accel.lower.arrays", "data"): "NumPy's word for the address of the elements",
}


def defined_names(tree):
    """Names bound at the top of a module, imports left out."""
    for node in tree.body:
        parts = node.body if isinstance(node, ast.If) else [node]
        for part in parts:
            if isinstance(part, (ast.FunctionDef, ast.ClassDef)):
                yield part.name
            elif isinstance(part, (ast.Assign, ast.AnnAssign)):
                for target in part.targets if isinstance(part, ast.Assign) else [part.target]:
                    yield from (n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))


def listed_names(tree):
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "__all__":
            return ast.literal_eval(node.value)
    return None


def test_public_names_of_the_package():
    assert set(dir(accel)) >= set(accel.__all__)
    public = {n for n in dir(accel) if not n.startswith("_")} - module_parts() - {"annotations", "TYPE_CHECKING"}
    assert public == {n for n in accel.__all__ if not n.startswith("_")}
    for name in accel.__all__:
        value = getattr(accel, name)
        assert getattr(value, "__module__", "accel") == "accel", name


def module_parts():
    return {n.split(".")[1] for n in module_names() if "." in n}


def test_star_import_gives_all():
    space = {}
    exec("from accel import *", space)
    assert set(accel.__all__) <= set(space)


def test_unknown_name():
    with pytest.raises(AttributeError, match="module 'accel' has no attribute 'njit'"):
        accel.njit


@pytest.mark.parametrize("name", sorted(module_names()))
def test_module(name):
    tree = tree_of(name)
    assert not set(name.split(".")) & FORBIDDEN_MODULES
    assert ast.get_docstring(tree), "each module says in one line what it does"
    if name == "accel":
        return
    listed = listed_names(tree)
    assert listed is not None or not [n for n in defined_names(tree) if not n.startswith("_")], "no __all__"
    imported = {a.asname or a.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for a in node.names}
    assert set(listed or ()) <= {*defined_names(tree), *imported}
    assert used_elsewhere().get(name, set()) - set(listed or ()) == set(), "used by other modules, not listed"


@lru_cache(maxsize=1)
def used_elsewhere():
    """Module -> names that other modules import from it."""
    used = {}
    for other in module_names():
        for node in ast.walk(tree_of(other)):
            if isinstance(node, ast.ImportFrom) and node.module in module_names():
                names = {a.name for a in node.names if f"{node.module}.{a.name}" not in module_names()}
                used.setdefault(node.module, set()).update(names)
    return used


@pytest.mark.parametrize("name", sorted(module_names()))
def test_words(name):
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.ClassDef):
            assert not node.name.endswith(FORBIDDEN_ENDINGS), node.name
        if isinstance(node, ast.FunctionDef):
            arguments = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
            for word in (node.name, *arguments):
                assert word not in FORBIDDEN_NAMES or (name, word) in ALLOWED, f"{word} in line {node.lineno}"
