"""Sizes: a split that only serves the number is worse than the number, so exceptions are listed, each with its reason."""

import ast

from tests.architecture.modules import module_names, tree_of

FILE_LINES = 600
BODY_LINES = 60
POSITIONAL = 5

LONG_FILES: dict[str, str] = {}
LONG_BODIES = {
    "accel.lower.boundary._define_bind": "one machine function from top to bottom",
}
MANY_PARAMETERS = {
    "accel.dispatch.record._make_view": "what NumPy's C function for it takes",
    "accel.errors.Diagnostic.__init__": "the fields of a record",
}


def functions():
    for name in module_names():
        todo = [(tree_of(name), name)]
        while todo:
            node, inside = todo.pop()
            for child in ast.iter_child_nodes(node):
                named = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
                where = f"{inside}.{child.name}" if named else inside
                if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    yield where, child
                todo.append((child, where))


def body_lines(node):
    first = node.body[0]
    is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    start = first.end_lineno + 1 if is_text else first.lineno
    return node.end_lineno - start + 1


def test_files():
    long = {name for name, path in module_names().items() if len(path.read_text().splitlines()) > FILE_LINES}
    assert long - set(LONG_FILES) == set()


def test_function_bodies():
    long = {name for name, node in functions() if body_lines(node) > BODY_LINES}
    assert long - set(LONG_BODIES) == set()


def test_positional_parameters():
    many = set()
    for name, node in functions():
        given = [*node.args.posonlyargs, *node.args.args]
        own = given[1:] if given and given[0].arg in ("self", "cls", "e") else given  # e: the emitter
        if len(own) > POSITIONAL:
            many.add(name)
    assert many - set(MANY_PARAMETERS) == set()
