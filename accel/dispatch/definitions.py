"""A class statement: where its parts stand in the source, for messages, and what names in it stand for."""

from __future__ import annotations

import sys
from copy import copy

from accel.errors import AnnotationError, DecorationError, Diagnostic
from accel.runtime.frames import place_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any

    from accel.runtime.frames import Place
    from accel.types.structs import Template

__all__ = ["Definition"]


class Definition:
    """Where a decorated class is written: in this frame, at the line it is at now."""

    def __init__(self, class_: type, frame: FrameType) -> None:
        self.class_, self.filename, self.line = class_, frame.f_code.co_filename, frame.f_lineno
        self.globals, self.locals = frame.f_globals, frame.f_locals
        self.origin: tuple[Template, tuple[Any, ...]] | None = None

    def given(self, class_: type, values: dict[str, Any], origin: tuple[Template, tuple[Any, ...]]) -> Definition:
        """The same for a class made of this one, in which names stand for these values: the struct of a generic one and its arguments."""
        made = copy(self)
        made.class_, made.locals, made.origin = class_, {**self.locals, **values}, origin
        return made

    def refuse(self, what: str, do: tuple[str, ...], field: str = "", part: str = "", *, why: str = "", slug: str = "struct-field") -> DecorationError:
        """The error for something about the class, or a field of it, or a "value" or "annotation" of the field."""
        return DecorationError(Diagnostic(what, slug, *self._place(field, part), why=why, do=do))

    def evaluate(self, annotation: Any, field: str, made: type) -> Any:
        """What an annotation, or its text, stands for.

        Raises
        ------
        DecorationError
        """
        if not isinstance(annotation, str):
            return annotation
        text = annotation.strip().strip("'\"")
        if text == self.class_.__name__:
            do = ("keep an index into an array of such structs instead",)
            raise self.refuse(f"the struct `{self.class_.__qualname__}` contains itself: `{field}`", do, field, "annotation", why="a struct has a fixed size")
        try:
            return eval(text, dict(sys.modules[made.__module__].__dict__) if made.__module__ in sys.modules else self.globals, dict(self.locals))
        except AnnotationError as error:
            fault = error.diagnostics[0]
            raise self.refuse(fault.what, fault.do, field, "annotation", why=fault.why) from None
        except Exception as error:
            remedies = ("define it in front of the struct", "or mend the name")
            raise self.refuse(f"the type of the field `{field}` is unknown: {error}", remedies, field, "annotation") from None

    def _place(self, field: str, part: str) -> Place:
        import ast
        import linecache

        lines = linecache.getlines(self.filename, self.globals)
        try:
            tree = ast.parse("".join(lines))
        except (SyntaxError, ValueError):
            tree = ast.Module([], [])
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and node.name == self.class_.__name__.partition("[")[0]:
                first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
                if first <= self.line <= (node.end_lineno or first):
                    return place_of(_find_part(node, field, part) or node, self.filename, lines)
        return self.filename, self.line, 0, 0, ""


def _find_part(statement: Any, field: str, part: str) -> Any:
    """The node of a field, or of a part of it."""
    import ast

    for node in statement.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == field:
            return getattr(node, part, None) or node
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == field for t in node.targets):
            return node
        if isinstance(node, ast.FunctionDef) and node.name == field:
            return node
    return None
