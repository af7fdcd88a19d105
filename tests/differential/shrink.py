"""Make a program that shows a difference as small as it can be while it still shows the same kind of difference."""

from __future__ import annotations

import ast
import copy
import functools
import time
import warnings
from collections.abc import Callable, Iterator

from tests.differential.compare import Decorator, compare_program
from tests.differential.isolate import Crash, run_isolated
from tests.differential.program import Call, Program

__all__ = ["classify", "shrink_program"]

_SIMPLE = ("1", "0", "2.5", "True", "None")
_SIMPLE_ARGUMENTS = ("1", "0", "2.5", "np.zeros(3)", "np.arange(4)")
_NO_VALUES = (ast.Slice, ast.Starred)
_BODIES = ("body", "orelse", "finalbody")


def classify(program: Program, decorate: Decorator, limit_s: float = 90.0) -> str:
    """The kind of difference the program shows, tried in a child: "" for none, "crash" for a dead child."""
    def work() -> str:
        verdict = compare_program(program, decorate)
        return verdict.difference.what if verdict.difference else ""

    try:
        return str(run_isolated(work, limit_s))
    except Crash as crash:
        return "hang" if "within" in str(crash) else "crash"
    except RuntimeError:
        return ""  # not a program any more: it has no main


def shrink_program(program: Program, decorate: Decorator, budget_s: float = 40.0) -> tuple[Program, str]:
    """The smallest program found within the budget, and the kind of its difference ("" if it can't be shown again)."""
    wanted = classify(program, decorate)
    if not wanted:
        return program, ""
    until = time.monotonic() + budget_s

    def still(candidate: Program) -> bool:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                compile(candidate.body, "<candidate>", "exec")
        except (SyntaxError, ValueError):
            return False
        return classify(candidate, decorate, 20.0) == wanted

    best, again = program, True
    while again and time.monotonic() < until:
        again = False
        for make in (_fewer_calls, _smaller_bodies, _fewer_parameters, _smaller_expressions, _simpler_arguments):
            best, better = _improve(best, make, still, until)
            again = again or better
    return best, wanted


def _improve(
    best: Program, make: Callable[[Program], Iterator[Program]], still: Callable[[Program], bool], until: float
) -> tuple[Program, bool]:
    """Take candidates as long as one is smaller and still shows the difference."""
    improved, start = False, 0
    while True:
        for number, candidate in enumerate(make(best)):
            if time.monotonic() > until:
                return best, improved
            if number >= start and len(candidate.text) < len(best.text) and still(candidate):
                best, improved, start = candidate, True, number
                break
        else:
            if not start:
                return best, improved
            start = 0


def _fewer_calls(program: Program) -> Iterator[Program]:
    calls = program.calls
    if len(calls) > 2:
        for index in range(len(calls)):
            yield Program(program.body, calls[index : index + 1], program.title)
    for index in range(len(calls)):
        if len(calls) > 1:
            yield Program(program.body, calls[:index] + calls[index + 1 :], program.title)
        if calls[index].setup:
            yield Program(program.body, (*calls[:index], Call(calls[index].arguments), *calls[index + 1 :]), program.title)


def _edited(program: Program, edit: Callable[[list[ast.AST]], bool]) -> Program | None:
    tree = ast.parse(program.body)
    if not edit(list(ast.walk(tree))):
        return None
    body = ast.unparse(ast.fix_missing_locations(tree))
    return Program(body.strip() + "\n", program.calls, program.title)


def _smaller_bodies(program: Program) -> Iterator[Program]:
    """Statements left out, or compound ones replaced by what is inside."""
    count = len(list(ast.walk(ast.parse(program.body))))
    for number in range(count):
        owner = list(ast.walk(ast.parse(program.body)))[number]
        for name in (*_BODIES, "handlers", "decorator_list"):
            rows = getattr(owner, name, None)
            if not isinstance(rows, list):
                continue
            for index, row in enumerate(rows):
                if isinstance(row, ast.ImportFrom):
                    continue
                for flatten in (False, True) if hasattr(row, "body") else (False,):
                    made = _edited(program, functools.partial(_cut, number, name, index, flatten))
                    if made is not None:
                        yield made


def _cut(number: int, name: str, index: int, flatten: bool, nodes: list[ast.AST]) -> bool:
    owner = nodes[number]
    rows = getattr(owner, name)
    row = rows[index]
    inside = getattr(row, "body", None)
    if flatten and isinstance(inside, list) and not isinstance(row, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler):
        rows[index : index + 1] = [s for s in [*inside, *getattr(row, "finalbody", [])] if not isinstance(s, ast.Pass)] or inside
    elif flatten:
        return False
    else:
        del rows[index]
        if not rows and name == "body" and not isinstance(owner, ast.Module):
            rows.append(ast.Pass())
    return True


def _fewer_parameters(program: Program) -> Iterator[Program]:
    """A parameter of `main` left out, with its argument in each call."""
    tree = ast.parse(program.body)
    main = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "main"), None)
    for index in range(len(main.args.args) if main else 0):
        name = main.args.args[index].arg if main else ""
        calls = tuple(Call(_without(call.arguments, index, name), call.setup) for call in program.calls)

        def edit(nodes: list[ast.AST], index: int = index) -> bool:
            for node in nodes:
                if isinstance(node, ast.FunctionDef) and node.name == "main":
                    del node.args.args[index]
            return True

        made = _edited(program, edit)
        if made is not None:
            yield Program(made.body, calls, program.title)


def _split(arguments: str) -> tuple[list[ast.expr], list[ast.keyword]]:
    call = ast.parse(f"_({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    return list(call.args), list(call.keywords)


def _joined(values: list[ast.expr], keywords: list[ast.keyword]) -> str:
    texts = [ast.unparse(v) for v in values] + [f"{k.arg}={ast.unparse(k.value)}" for k in keywords]
    return ", ".join(texts)


def _without(arguments: str, index: int, name: str) -> str:
    values, keywords = _split(arguments)
    if index < len(values):
        del values[index]
    keywords = [keyword for keyword in keywords if keyword.arg != name]
    return _joined(values, keywords)


def _children(node: ast.expr) -> list[ast.expr]:
    found = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr) and not isinstance(child, _NO_VALUES)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        found.append(node.func.value)
    return found


def _shorter(node: ast.expr) -> Iterator[str]:
    """A longer list or array of structs somewhere inside, without half of its items, or without one."""
    for inner in ast.walk(node):
        is_records = isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id == "records"
        name = "elts" if isinstance(inner, ast.List) else "args" if is_records else ""
        items = getattr(inner, name, [])
        if len(items) < 2:
            continue
        half = len(items) // 2
        for kept in (items[:half], items[half:], *(items[:i] + items[i + 1 :] for i in range(len(items)))):
            setattr(inner, name, kept)
            yield ast.unparse(node)
        setattr(inner, name, items)


def _smaller_expressions(program: Program) -> Iterator[Program]:
    """An expression replaced by one of its parts or by a constant."""
    nodes = list(ast.walk(ast.parse(program.body)))
    for number, node in enumerate(nodes):
        if not isinstance(node, ast.expr) or isinstance(node, _NO_VALUES) or isinstance(getattr(node, "ctx", None), ast.Store | ast.Del):
            continue
        parts = [ast.unparse(child) for child in _children(node)]
        simple = [] if isinstance(node, ast.Constant | ast.Name) else list(_SIMPLE)
        if isinstance(node, ast.Constant) and len(ast.unparse(node)) > 2:
            simple = ["1", "0"]
        for text in [*simple, *parts]:
            made = _edited(program, functools.partial(_replace, number, text))
            if made is not None:
                yield made


def _replace(number: int, text: str, nodes: list[ast.AST]) -> bool:
    target = nodes[number]
    for owner in nodes:
        for name, value in ast.iter_fields(owner):
            new = ast.parse(text, mode="eval").body
            if value is target and name not in ("annotation", "returns", "type"):
                setattr(owner, name, new)
                return True
            if isinstance(value, list) and target in value and name not in ("decorator_list", "bases"):
                value[value.index(target)] = new
                return True
    return False


def _simpler_arguments(program: Program) -> Iterator[Program]:
    """An argument replaced by a simpler one, or an array by its first items."""
    for number, call in enumerate(program.calls):
        values, keywords = _split(call.arguments)
        for index in range(len(values)):
            parts = [ast.unparse(child) for child in _children(values[index]) if not isinstance(child, ast.Name)]
            for text in [*_SIMPLE_ARGUMENTS, *parts, *_shorter(copy.deepcopy(values[index]))]:
                changed = copy.deepcopy(values)
                changed[index] = ast.parse(text, mode="eval").body
                new = Call(_joined(changed, keywords), call.setup)
                yield Program(program.body, (*program.calls[:number], new, *program.calls[number + 1 :]), program.title)
