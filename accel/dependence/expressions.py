"""Reads expressions as polynomials over loop variables and names that stay the same, and tests as inequalities of them."""

from __future__ import annotations

import ast

from accel.dependence.forms import Form, Reading, Row, add, constant, is_constant, multiply, scale, variable, variables_of, varies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["UNTOLD", "Alternatives", "Names", "Reader", "join"]

# A disjunction of conjunctions of rows. One empty conjunction tells nothing.
Alternatives = tuple[tuple[Row, ...], ...]
UNTOLD: Alternatives = ((),)

# What a name is worth where an expression stands; names that are not in it and are not assigned in the loop are symbols.
Names = dict[str, "Reading | None"]

_MOST_ALTERNATIVES = 8
_MOST_TERMS = 12
_HIGHEST_DEGREE = 4
_LONGEST_SHIFT = 62

_NEGATED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}


def join(left: Alternatives, right: Alternatives, most: int = 8) -> Alternatives:
    """Both of two disjunctions; what the second tells is left out if there would be too many cases."""
    if len(left) * len(right) > most:
        return left
    return tuple([one + other for one in left for other in right])


class Reader:
    """Reads expressions of one loop.

    Parameters
    ----------
    assigned
        Names that the loop assigns, and how often.
    dimensions
        Arrays that are subscripted in it, and how many subscripts they have.
    """

    def __init__(self, assigned: Mapping[str, int], dimensions: Mapping[str, int]) -> None:
        self.assigned = assigned
        self.dimensions = dimensions
        self.rows: dict[str, tuple[Row, ...]] = {}  # what is known of quotients, minima, lengths
        self.choices: dict[str, Alternatives] = {}  # a minimum or maximum is one of several values
        self.measured: set[str] = set()  # arrays without subscripts whose lengths are read
        self._made: dict[object, str] = {}

    def is_builtin(self, node: ast.expr, *names: str) -> bool:
        """Whether an expression is one of some names that the loop leaves alone."""
        return isinstance(node, ast.Name) and node.id in names and node.id not in self.assigned

    def read(self, node: ast.expr, names: Names) -> Reading | None:
        """The value of an expression, None if it isn't known to be an integer of this kind."""
        match node:
            case ast.Constant(value=int(number)) if type(number) is int:
                return Reading(constant(number))
            case ast.Name(id=name):
                if name in names:
                    return names[name]
                return None if name in self.assigned else Reading(variable(name), frozenset((name,)))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
                found = self.read(operand, names)
                return found and Reading(scale(found.form, -1 if isinstance(op, ast.USub) else 1), found.needs)
            case ast.UnaryOp(op=ast.Invert(), operand=operand):
                found = self.read(operand, names)
                return found and Reading(add(constant(-1), found.form, -1), found.needs)
            case ast.BinOp(left=left, op=op, right=right):
                one, other = self.read(left, names), self.read(right, names)
                return self._combine(op, one, other) if one and other else None
            case ast.Call(func=func, args=[ast.Name(id=array)], keywords=[]) if self.is_builtin(func, "len"):
                return self.length(array, 0)
            case ast.Call(func=func, args=args, keywords=[]) if len(args) > 1 and self.is_builtin(func, "min", "max"):
                return self._extreme(args, names, -1 if isinstance(func, ast.Name) and func.id == "min" else 1)
            case ast.Attribute(value=ast.Name(id=array), attr="size"):
                return self.length(array, 0 if self.dimensions.get(array) == 1 else None)
            case ast.Subscript(value=ast.Attribute(value=ast.Name(id=array), attr="shape"), slice=place):
                at = self.read(place, {})
                return self.length(array, at.form.get((), 0)) if at and is_constant(at.form) else None
        return None

    def length(self, array: str, dimension: int | None) -> Reading | None:
        """One of the lengths of an array, or, for None, the number of its elements."""
        if array in self.assigned:
            return None
        if dimension is not None and dimension < 0:
            dimension += self.dimensions.get(array, 0)
            if dimension < 0:
                return None
        if array not in self.dimensions:
            self.measured.add(array)
        name = f"{array}.size" if dimension is None else f"{array}.shape[{dimension}]"
        self.rows.setdefault(name, (Row(variable(name)),))
        return Reading(variable(name))

    def _combine(self, op: ast.operator, left: Reading, right: Reading) -> Reading | None:
        needs = left.needs | right.needs
        number = right.form.get((), 0) if is_constant(right.form) else None
        match op:
            case ast.Add():
                return Reading(add(left.form, right.form), needs)
            case ast.Sub():
                return Reading(add(left.form, right.form, -1), needs)
            case ast.Mult():
                form = multiply(self._factor(left, right), self._factor(right, left))
                is_small = len(form) <= _MOST_TERMS and max(map(len, form), default=0) <= _HIGHEST_DEGREE
                return Reading(form, needs) if is_small else None
            case ast.LShift() if number is not None and 0 <= number <= _LONGEST_SHIFT:
                return Reading(scale(left.form, 1 << number), needs)
            case ast.RShift() if number is not None and 0 <= number <= _LONGEST_SHIFT:
                return Reading(self._quotient(left, 1 << number), needs)
            case ast.BitAnd() if number is not None and number > 0 and not number & (number + 1):
                return Reading(self._remainder(left, number + 1), needs)
            case ast.FloorDiv() if number is not None and number > 0:
                return Reading(self._quotient(left, number), needs)
            case ast.FloorDiv() if number is not None and number < 0:
                return Reading(self._quotient(Reading(scale(left.form, -1), left.needs), -number), needs)
            case ast.Mod() if number is not None and number > 0:
                return Reading(self._remainder(left, number), needs)
            case ast.Mod() if number is not None and number < 0:
                return Reading(scale(self._remainder(Reading(scale(left.form, -1), left.needs), -number), -1), needs)
        return None

    def _factor(self, factor: Reading, other: Reading) -> Form:
        """A sum that stays the same becomes one variable where it is a factor: `i * (m - 1) + j` is flattened like `i * m + j`."""
        if len(factor.form) < 2 or _varies(factor.form) or not _varies(other.form):
            return factor.form
        name = self._name(("*", *sorted(factor.form.items())), [factor.form])
        self.rows[name] = (Row(add(variable(name), factor.form, -1), True, factor.needs),)
        return variable(name)

    def _remainder(self, dividend: Reading, divisor: int) -> Form:
        return add(dividend.form, self._quotient(dividend, divisor), -divisor)

    def _quotient(self, dividend: Reading, divisor: int) -> Form:
        """The quotient, rounded down: what the divisor divides as such, and a variable for the rest."""
        whole = {product: factor // divisor for product, factor in dividend.form.items() if factor // divisor}
        rest = add(dividend.form, whole, -divisor)
        if is_constant(rest):
            return whole
        name = self._name(("//", *sorted(rest.items()), divisor), [rest])
        over = add(rest, variable(name), -divisor)
        under = add(constant(divisor - 1), over, -1)
        self.rows[name] = Row(over, False, dividend.needs), Row(under, False, dividend.needs)
        return add(whole, variable(name))

    def _extreme(self, nodes: Sequence[ast.expr], names: Names, sign: int) -> Reading | None:
        """A variable for the greatest, or with sign -1 the least, of several values."""
        read = [self.read(node, names) for node in nodes]
        found = [one for one in read if one is not None]
        if len(found) < len(nodes):
            return None
        needs = frozenset[str]().union(*[one.needs for one in found])
        name = self._name((sign, *[tuple(sorted(one.form.items())) for one in found]), [one.form for one in found])
        apart = [add(variable(name), one.form, -1) for one in found]
        self.rows[name] = tuple([Row(scale(form, sign), False, needs) for form in apart])
        self.choices.setdefault(name, tuple([(Row(form, True, needs),) for form in apart]))
        return Reading(variable(name), needs)

    def _name(self, key: object, forms: list[Form]) -> str:
        """One name for the same value, wherever it is."""
        mark = "%" if any(map(_varies, forms)) else "#"
        return self._made.setdefault(key, f"{mark}{len(self._made)}")

    def read_test(self, node: ast.expr, names: Names, truth: bool = True) -> Alternatives:
        """What a test tells about integers where it is true, or where it is false."""
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return self.read_test(operand, names, not truth)
            case ast.BoolOp(op=op, values=values):
                return self._merge([self.read_test(value, names, truth) for value in values], isinstance(op, ast.And) == truth)
            case ast.Compare(left=left, ops=ops, comparators=others):
                sides = [left, *others]
                kinds = [type(op) if truth else _NEGATED.get(type(op)) for op in ops]
                read = [self.read(side, names) for side in sides]
                return self._merge([_compare(kind, read[n], read[n + 1]) for n, kind in enumerate(kinds)], truth)
        return _compare(ast.NotEq if truth else ast.Eq, self.read(node, names), Reading({}))

    def _merge(self, parts: list[Alternatives], is_all: bool) -> Alternatives:
        if is_all:
            found = UNTOLD
            for part in parts:
                found = join(found, part)
            return found
        together = tuple([one for part in parts for one in part])
        return UNTOLD if len(together) > _MOST_ALTERNATIVES or any(part == UNTOLD for part in parts) else together


def _varies(form: Form) -> bool:
    return any(varies(name) for name in variables_of([form]))


def _compare(kind: type[ast.cmpop] | None, left: Reading | None, right: Reading | None) -> Alternatives:
    if kind is None or left is None or right is None:
        return UNTOLD
    needs = left.needs | right.needs
    over, under = add(left.form, right.form, -1), add(right.form, left.form, -1)  # left - right, right - left
    above = Row(add(over, constant(1), -1), False, needs)
    below = Row(add(under, constant(1), -1), False, needs)
    return {
        ast.Eq: ((Row(over, True, needs),),),
        ast.NotEq: ((above,), (below,)),
        ast.Lt: ((below,),),
        ast.LtE: ((Row(under, False, needs),),),
        ast.Gt: ((above,),),
        ast.GtE: ((Row(over, False, needs),),),
    }.get(kind, UNTOLD)
