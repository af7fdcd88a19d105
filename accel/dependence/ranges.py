"""Loops over `range`: what their variable is worth, and what is known of it."""

from __future__ import annotations

import ast

from accel.dependence.expressions import UNTOLD, Alternatives, Names, Reader
from accel.dependence.forms import Form, Reading, Row, add, constant, is_constant, multiply, scale, variable
from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Inner", "Outer", "enter_outer", "enter_range", "is_range", "is_range_call"]


@dataclass(frozen=True, slots=True, eq=False)
class Inner:
    """The variable of a loop, and what is known of it in the body."""

    value: Reading
    known: Alternatives


@dataclass(frozen=True, slots=True, eq=False)
class Outer:
    """The loop whose iterations are told apart.

    `later` tells that the iteration marked `'` is a later one, `earlier` that it is an earlier one. `counter` counts iterations if the
    step is a constant.
    """

    inner: Inner
    later: Alternatives
    earlier: Alternatives
    counter: str | None


def is_range(node: ast.expr, reader: Reader) -> bool:
    """Whether an expression is a call of `range` that the loop leaves alone."""
    return is_range_call(node) and "range" not in reader.assigned


def is_range_call(node: ast.expr) -> bool:
    """Whether an expression is a call of something named `range` with one to three arguments."""
    match node:
        case ast.Call(func=ast.Name(id="range"), args=args, keywords=[]):
            return 1 <= len(args) <= 3 and not any(isinstance(one, ast.Starred) for one in args)
    return False


def enter_range(node: ast.Call, reader: Reader, names: Names, name: str) -> Inner:
    """A loop inside the one in question; its variable may differ from iteration to iteration: `name` begins with `%`."""
    start, stop, step = _arguments(node)
    by = _read_bound(step, reader, names)
    if by is None:
        return Inner(Reading(variable(name)), UNTOLD)
    first = _read_bound(start, reader, names)
    if not is_constant(by.form):
        # Every step is a product: `range(i, n, s)` with 0 <= i < s is told apart from others like flattened subscripts.
        value = variable(name) if first is None else add(first.form, multiply(by.form, variable(name)))
        known = _either_way(node, reader, names, (value, by))
        counted = known if first is None else tuple([(Row(variable(name)), *rows) for rows in known])
        return Inner(Reading(value, by.needs | first.needs if first else frozenset()), counted)
    number = by.form.get((), 0)
    if abs(number) == 1 or not number or first is None:
        return Inner(Reading(variable(name)), (_bounds(node, reader, names, (variable(name), number)),))
    value = add(first.form, variable(name), number)
    rows = Row(variable(name)), *_last(stop, reader, names, (value, number))
    return Inner(Reading(value, first.needs), (rows,))


def enter_outer(node: ast.Call, reader: Reader, names: Names, name: str) -> Outer:
    """The loop in question. Its bounds are read once, so a start or a step that can't be read is still the same in all iterations."""
    start, stop, step = _arguments(node)
    by = _read_bound(step, reader, names)
    if by is not None and is_constant(by.form):
        number = by.form.get((), 0)
        first = _read_bound(start, reader, names) or Reading(variable(f"#{name}"))
        value = add(first.form, variable(name), number)
        rows = Row(variable(name)), *_last(stop, reader, names, (value, number))
        later = add(variable(name + "'"), variable(name), -1)
        inner = Inner(Reading(value, first.needs), (rows,))
        return Outer(inner, ((_over(later),),), ((_over(scale(later, -1)),),), name)
    value = variable(name)
    apart = add(variable(name + "'"), value, -1)
    if by is None:  # later ones may be greater or smaller
        apart_alternatives = ((_over(apart),), (_over(scale(apart, -1)),))
        return Outer(Inner(Reading(value), UNTOLD), apart_alternatives, apart_alternatives, None)
    up, down = _over(by.form, by.needs), _over(scale(by.form, -1), by.needs)
    distance = add(apart, by.form, -1)  # apart - step
    shorter = add(apart, by.form)
    later_rows = (up, Row(distance, False, by.needs)), (down, Row(scale(distance, -1), False, by.needs))
    earlier_rows = (up, Row(scale(shorter, -1), False, by.needs)), (down, Row(shorter, False, by.needs))
    return Outer(Inner(Reading(value), _either_way(node, reader, names, (value, by))), later_rows, earlier_rows, None)


def _arguments(node: ast.Call) -> tuple[ast.expr, ast.expr, ast.expr]:
    match node.args:
        case [stop]:
            return ast.Constant(0), stop, ast.Constant(1)
        case [start, stop]:
            return start, stop, ast.Constant(1)
        case [start, stop, step]:
            return start, stop, step
    raise ValueError("no call of range")


def _read_bound(node: ast.expr, reader: Reader, names: Names) -> Reading | None:
    """A bound; `range` makes a plain int of one that is a mere symbol."""
    found = reader.read(node, names)
    return Reading(found.form) if found and isinstance(node, ast.Name) and node.id not in names else found


def _over(form: Form, needs: frozenset[str] = frozenset()) -> Row:
    """The form is positive."""
    return Row(add(form, constant(1), -1), False, needs)


def _read_parts(node: ast.expr, reader: Reader, names: Names, function: str) -> list[Reading]:
    """The bounds that hold together where a bound is a `min` from above, or a `max` from below; none if one of them can't be read."""
    parts = _split(node, reader, function)
    read = [_read_bound(one, reader, names) if len(parts) == 1 else reader.read(one, names) for one in parts]
    found = [one for one in read if one is not None]
    return found if len(found) == len(parts) else []


def _split(node: ast.expr, reader: Reader, function: str) -> Sequence[ast.expr]:
    match node:
        case ast.Call(func=func, args=args, keywords=[]) if len(args) > 1 and reader.is_builtin(func, function):
            return [part for one in args for part in _split(one, reader, function)]
    return [node]


def _last(stop: ast.expr, reader: Reader, names: Names, walk: tuple[Form, int]) -> tuple[Row, ...]:
    """The value has not reached the end. `walk` is the value and the step."""
    value, step = walk
    up = step > 0
    read = _read_parts(stop, reader, names, "min" if up else "max")
    return tuple([_over(add(one.form, value, -1) if up else add(value, one.form, -1), one.needs) for one in read])


def _bounds(node: ast.Call, reader: Reader, names: Names, walk: tuple[Form, int]) -> tuple[Row, ...]:
    """The value lies between the bounds."""
    value, step = walk
    start, stop, _ = _arguments(node)
    if not step:
        return ()
    read = _read_parts(start, reader, names, "max" if step > 0 else "min")
    first = [Row(add(value, one.form, -1) if step > 0 else add(one.form, value, -1), False, one.needs) for one in read]
    return *first, *_last(stop, reader, names, walk)


def _either_way(node: ast.Call, reader: Reader, names: Names, walk: tuple[Form, Reading]) -> Alternatives:
    """The step is the same throughout, and positive or negative."""
    value, step = walk
    upward = _over(step.form, step.needs), *_bounds(node, reader, names, (value, 1))
    downward = _over(scale(step.form, -1), step.needs), *_bounds(node, reader, names, (value, -1))
    return upward, downward
