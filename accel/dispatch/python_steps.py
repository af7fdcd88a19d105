"""Operations that CPython does on behalf of compiled code: the functions that do them, and their frames in tracebacks."""

from __future__ import annotations

import ast
from types import CodeType, FunctionType

from accel.ir import PythonStep

__all__ = ["drop_step_frame", "make_step"]

_codes: set[CodeType] = set()


def make_step(function: FunctionType, step: PythonStep) -> FunctionType:
    """The function that does a step: with the name, file, line and globals of the user's."""
    code = function.__code__
    parameters = ", ".join(f"a{k}" for k in step.operands)
    free = code.co_freevars if step.text.startswith("nonlocal ") else ()
    head = " = ".join(("_", *free))  # a function around it that binds the names it takes from there
    tree = ast.parse(f"def around():\n {head} = None\n def step({parameters}): {step.text}")
    for node in ast.walk(tree):
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = step.line  # type: ignore[attr-defined]
    around = _code_inside(compile(tree, code.co_filename, "exec"))
    made = _code_inside(around)
    made = made.replace(co_name=code.co_name, co_qualname=code.co_qualname)
    _codes.add(made)
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    return FunctionType(made, function.__globals__, function.__name__, None, tuple(cells[name] for name in made.co_freevars))


def _code_inside(code: CodeType) -> CodeType:
    return next(c for c in code.co_consts if isinstance(c, CodeType))


def drop_step_frame(error: BaseException) -> None:
    """Take the frame of a step off a traceback: the frame of the user's function, which comes next, stands for it."""
    traceback = error.__traceback__
    if traceback is not None and traceback.tb_frame.f_code in _codes:
        error.__traceback__ = traceback.tb_next
