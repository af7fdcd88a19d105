"""Function -> Source: its very syntax tree, found in its file and checked against its byte code.

The whole file is compiled, not the text of the function alone: decorators, class-private names, imports and
`from __future__` lines elsewhere in the file change what a function compiles to.
"""

from __future__ import annotations

import ast
import copy
import linecache
import threading
import warnings
import weakref
from types import CodeType, FunctionType
from typing import Any, NoReturn

from accel.analysis.mangling import PrivateNameError, has_private_names, mangle_tree
from accel.analysis.text import read_text
from accel.ir import Source

__all__ = ["FUTURE_FLAGS", "compile_quietly", "note_derived", "number_nodes", "parse_function"]

_Function = ast.FunctionDef | ast.Lambda
FUTURE_FLAGS = 0x1FE0000  # flags of `from __future__` imports
_KEPT_FILES = 32
_FAR = 100_000_000  # lines down: beyond the end of any file

_lock = threading.RLock()
_files: dict[tuple[str, int, str], _File] = {}


def parse_function(function: FunctionType, text: str | None = None) -> Source:
    """Find the syntax tree of a def or lambda and check that it is the function's.

    Parameters
    ----------
    function : FunctionType
        The function itself; `__wrapped__` is not followed.
    text : str, optional
        The text of its file as `read_text` gave it earlier, for a file that may have changed since.

    Returns
    -------
    Source
        Private names in methods are spelled as in the byte code (`_C__x`).

    Raises
    ------
    CompileError
        When there is no source, or it is not that of the function's byte code.
    """
    code = function.__code__
    if id(code) in _derived:
        return _make_source(function, *_derived[id(code)][1:])
    if text is not None:
        texts = [text]
    else:
        texts = [t for t in (read_text(function),) if t is not None]
    for attempt in range(2):
        for candidate in texts:
            found = _find_in_text(function, candidate)
            if found is not None:
                return found
        if text is not None or attempt:
            break
        linecache.checkcache(code.co_filename)  # it may hold the file as it was before a reload
        fresh = read_text(function)
        texts = [] if fresh is None or fresh in texts else [fresh]
    if text is None and read_text(function) is None:
        _refuse(function, "there is no source", "no-source", "the file or cell it was compiled from can't be read any more")
    _refuse(function, "the source is not that of the function", "stale-source",
            "its file compiles to other byte code: it was edited, or the function rewritten, since then")  # fmt: skip


def number_nodes(tree: ast.AST) -> tuple[tuple[ast.AST, ...], dict[int, tuple[int, str, int | None]]]:
    """The nodes of a tree in the order of `ast.walk`, and where each stands: (number of its parent, field, index or None)."""
    nodes = tuple(ast.walk(tree))
    numbers = {id(node): n for n, node in reversed(list(enumerate(nodes)))}  # contexts and operators are shared: the first
    parents: dict[int, tuple[int, str, int | None]] = {}
    for n, node in enumerate(nodes):
        for field, value in ast.iter_fields(node):
            if isinstance(value, ast.AST):
                parents.setdefault(numbers[id(value)], (n, field, None))
            elif isinstance(value, list):
                for k, item in enumerate(value):
                    if isinstance(item, ast.AST):
                        parents.setdefault(numbers[id(item)], (n, field, k))
    return nodes, parents


def compile_quietly(tree: ast.Module, filename: str, flags: int) -> CodeType:
    """Compile a tree; what the compiler has to say about it, it has said when the file was first compiled."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made: CodeType = compile(tree, filename, "exec", flags, dont_inherit=True)
    return made


def _find_in_text(function: FunctionType, text: str) -> Source | None:
    code = function.__code__
    with _lock:
        file = _open_file(code.co_filename, text, code.co_flags & FUTURE_FLAGS)
        found = file.find(code) if file is not None else None
    if found is None or file is None:
        return None
    tree, class_name = found
    if has_private_names(class_name, tree):
        try:
            tree = mangle_tree(class_name, tree)
        except PrivateNameError as error:
            _refuse(function, f"`{error}` inside a method has a private name", "private-function",
                    "its `__name__` and the name it is bound to differ")  # fmt: skip
    return _make_source(function, tree, file.lines)


def _make_source(function: FunctionType, tree: _Function, lines: tuple[str, ...]) -> Source:
    nodes, parents = number_nodes(tree)
    return Source(function, tree, function.__code__.co_filename, lines, nodes, parents)


_derived: dict[int, tuple[weakref.ref[CodeType], _Function, tuple[str, ...]]] = {}  # by address of the code, as long as that lives


def note_derived(code: CodeType, tree: _Function, lines: tuple[str, ...]) -> None:
    """Remember what code that was not compiled from a file, but made of pieces of a function, was made from."""
    number = id(code)
    _derived[number] = weakref.ref(code, lambda _: _derived.pop(number, None)), tree, lines


def _open_file(filename: str, text: str, future: int) -> _File | None:
    key = (filename, future, text)
    if key not in _files:
        file = None
        for extra in (0, ast.PyCF_ALLOW_TOP_LEVEL_AWAIT):  # notebooks allow `await` at top level
            try:
                file = _File(filename, text, future | extra)
                break
            except (SyntaxError, ValueError, RecursionError):
                continue
        if file is None:
            return None
        while len(_files) >= _KEPT_FILES:
            del _files[next(iter(_files))]
        _files[key] = file
    return _files[key]


class _File:
    """A file that has been parsed and compiled: its functions by name and first line."""

    def __init__(self, filename: str, text: str, flags: int) -> None:
        self.filename, self.flags = filename, flags
        self.lines = tuple(_split_lines(text))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.tree: ast.Module = compile(text, filename, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True)
        self._code = compile_quietly(self.tree, filename, flags)
        self._codes: dict[tuple[str, int], list[CodeType]] = {}
        for code in _codes_inside(self._code):
            self._codes.setdefault((code.co_name, code.co_firstlineno), []).append(code)
        self._functions: dict[tuple[str, int], list[tuple[_Function, str]]] = {}
        self._collect(self.tree, "")

    def _collect(self, above: ast.AST, class_name: str) -> None:
        todo = [(above, class_name)]
        while todo:
            node, inside = todo.pop()
            if isinstance(node, (ast.FunctionDef, ast.Lambda)):
                self._functions.setdefault(_key_of(node), []).append((node, inside))
            if isinstance(node, ast.ClassDef):
                outside: list[ast.AST] = [*node.bases, *node.keywords, *node.decorator_list]
                todo += [(child, inside) for child in outside]
                todo += [(child, node.name) for child in node.body]
            else:
                todo += [(child, inside) for child in ast.iter_child_nodes(node)]

    def find(self, code: CodeType) -> tuple[_Function, str] | None:
        """The node of a code object, and the name of the class around it; None when the file has no such code."""
        key = (code.co_name, code.co_firstlineno)
        nodes = self._functions.get(key, [])
        codes = [c for c in self._codes.get(key, []) if _is_same_code(c, code)]
        if not codes or not nodes:
            return None
        if len(nodes) == 1:
            return nodes[0]
        alike = [(n, made) for n in range(len(nodes)) for made in self._codes_of(nodes[n][0]) if _is_same_code(made, code)]
        exact = [(n, made) for n, made in alike if made.co_linetable == code.co_linetable]
        found = [nodes[n] for n, _ in exact or alike]
        return found[0] if len({(ast.dump(node), class_name) for node, class_name in found}) == 1 else None

    def _codes_of(self, node: _Function) -> list[CodeType]:
        """The code of one of several functions that share name and line: the file is compiled with this one moved far down.

        Equal code on one line may be merged by the compiler, so the order of the code objects would not tell.
        """
        node._moved = True  # type: ignore[union-attr]
        tree = copy.deepcopy(self.tree)
        del node._moved  # type: ignore[union-attr]
        moved = next(n for n in ast.walk(tree) if hasattr(n, "_moved"))
        for inner in ast.walk(moved):
            if isinstance(inner, (ast.expr, ast.stmt, ast.excepthandler, ast.arg, ast.keyword, ast.alias, ast.pattern)):
                inner.lineno += _FAR
                inner.end_lineno = (inner.end_lineno or 0) + _FAR
        return _codes_inside(compile_quietly(tree, self.filename, self.flags), _FAR)


def _split_lines(text: str) -> list[str]:
    """Lines as the tokenizer counts them: only newlines end one."""
    parts = text.split("\n")
    return [f"{p}\n" for p in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _key_of(node: _Function) -> tuple[str, int]:
    if isinstance(node, ast.Lambda):
        return "<lambda>", node.lineno
    return node.name, min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _codes_inside(code: CodeType, from_line: int = 0) -> list[CodeType]:
    """All code objects inside `code`; with `from_line` only those that start there or below, without those inside them."""
    found, todo = [], [code]
    while todo:
        for inner in todo.pop().co_consts:
            if isinstance(inner, CodeType):
                if inner.co_firstlineno >= from_line:
                    found.append(inner)
                if inner.co_firstlineno < from_line or not from_line:
                    todo.append(inner)
    return found


_COMPARED = (
    "co_code", "co_names", "co_varnames", "co_cellvars", "co_freevars", "co_flags", "co_name", "co_qualname",
    "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_exceptiontable",
)  # fmt: skip


def _is_same_code(first: CodeType, second: CodeType) -> bool:
    alike = all(getattr(first, a) == getattr(second, a) for a in _COMPARED)
    return alike and _is_same_constant(first.co_consts, second.co_consts)


def _is_same_constant(first: Any, second: Any) -> bool:
    if type(first) is not type(second):
        return False
    if isinstance(first, CodeType):
        return _is_same_code(first, second)
    if isinstance(first, tuple):
        return len(first) == len(second) and all(map(_is_same_constant, first, second))
    if isinstance(first, frozenset):
        return sorted(map(_constant_key, first)) == sorted(map(_constant_key, second))
    if isinstance(first, (float, complex)):
        return repr(first) == repr(second)  # tells -0.0 from 0.0, and finds nan equal to nan
    return bool(first == second)


def _constant_key(value: Any) -> tuple[str, str]:
    return type(value).__name__, repr(value)


def _refuse(function: FunctionType, what: str, slug: str, why: str) -> NoReturn:
    from accel.errors import CompileError, Diagnostic

    code = function.__code__
    line = linecache.getline(code.co_filename, code.co_firstlineno, function.__globals__).rstrip("\n")
    raise CompileError((Diagnostic(
        what=f"cannot compile `{function.__qualname__}`: {what}", slug=slug, filename=code.co_filename, line=code.co_firstlineno,
        column=0, end_column=max(1, len(line)), source_line=line, why=why, do=(),
    ),))  # fmt: skip
