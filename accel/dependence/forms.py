"""Polynomials with integer coefficients, and rows: a polynomial that is zero, or not negative.

A form maps products of variables to coefficients; the constant belongs to the empty product. Variables that may differ from one iteration
to another begin with `%`; all others are the same throughout.
"""

from __future__ import annotations

from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Form", "Reading", "Row", "add", "constant", "is_constant", "multiply", "rename", "scale", "variable", "variables_of", "varies"]

Form = dict[tuple[str, ...], int]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What an expression is worth, and the names that have to be plain ints for that."""

    form: Form
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A form that is not negative, or zero, provided that some names are plain ints."""

    form: Form
    is_zero: bool = False
    needs: frozenset[str] = frozenset()


def constant(number: int) -> Form:
    """A form without variables."""
    return {(): number} if number else {}


def variable(name: str) -> Form:
    """A variable alone."""
    return {(name,): 1}


def is_constant(form: Form) -> bool:
    """Whether there are no variables in a form."""
    return not form or (len(form) == 1 and () in form)


def add(left: Form, right: Form, times: int = 1) -> Form:
    """The sum of a form and a multiple of another.

    >>> add({("i",): 2, (): 1}, {("i",): 1, ("n",): 1}, -2)
    {(): 1, ('n',): -2}
    """
    found = dict(left)
    for product, factor in right.items():
        total = found.get(product, 0) + factor * times
        if total:
            found[product] = total
        else:
            found.pop(product, None)
    return found


def scale(form: Form, times: int) -> Form:
    """A multiple of a form."""
    return {product: factor * times for product, factor in form.items()} if times else {}


def multiply(left: Form, right: Form) -> Form:
    """The product of two forms.

    >>> multiply({("i",): 1, (): 1}, {("m",): 2})
    {('i', 'm'): 2, ('m',): 2}
    """
    found: Form = {}
    for one, factor in left.items():
        found = add(found, {tuple(sorted(one + other)): times for other, times in right.items()}, factor)
    return found


def varies(name: str) -> bool:
    """Whether a variable may differ from one iteration to another."""
    return name[0] == "%"


def variables_of(forms: Iterable[Form]) -> set[str]:
    """All variables of some forms, those of products too."""
    return {name for form in forms for product in form for name in product}


def rename(form: Form, mark: str) -> Form:
    """The form as another iteration has it: what varies gets a mark.

    >>> rename({("%i",): 1, ("n",): 1}, "'")
    {("%i'",): 1, ('n',): 1}
    """
    return {tuple(sorted([n + mark if n[0] == "%" else n for n in product])): factor for product, factor in form.items()}
