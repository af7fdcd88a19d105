"""Random scalar functions for `@vectorize`, with arrays to call them with, compared with the loop in CPython: nested loops, breaks, early
returns, helpers, several results, annotated parameters, `math`, division, every dtype."""

from __future__ import annotations

import inspect
import linecache
import warnings
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np

from accel import FallbackHint
from tests.differential.compare import Difference, Verdict

__all__ = ["ELEMENTWISE", "compare_elements", "compare_seed", "make_function", "make_operands"]

ELEMENTWISE = "vectorize"  # the name of this kind of program
_DTYPES = ["dd", "dd", "dd", "ll", "ll", "ff", "ii", "df", "hl", "bb", "Bd", "ld", "HI", "Ld", "qQ", "?d", "fl", "??"]
_FUNCTIONS = ["math.exp", "math.sin", "math.sqrt", "math.log", "math.floor", "math.atan", "math.fabs", "np.sqrt", "np.floor", "np.abs", "int", "float"]


class _Maker:
    def __init__(self, r: Random, *, is_wide: bool) -> None:
        self.r, self.budget, self.is_wide = r, 14, is_wide
        self.results = 2 if is_wide and r.random() < 0.2 else 1

    def expression(self, names: list[str], depth: int = 0) -> str:
        """An expression of numbers."""
        r, k = self.r, self.r.random()
        if depth > 2 or k < 0.35:
            return r.choice([*names, str(r.randint(-4, 9)), r.choice(["0.5", "2.0", "-1.5"])])
        inner = [self.expression(names, depth + 1) for _ in range(2)]
        if k < 0.75:
            return f"({inner[0]} {r.choice(['+', '-', '*'])} {inner[1]})"
        if k < 0.8:
            return f"({inner[0]} {r.choice(['//', '%'])} {r.choice(['3', '2', '5', '7'])})"
        if k < 0.85:
            wide = self.is_wide and r.random() < 0.6
            return f"{r.choice(_FUNCTIONS)}({inner[0]})" if wide else f"abs({inner[0]})"
        if k < 0.87 and self.is_wide:
            return f"({inner[0]} {r.choice(['/', '//', '%'])} {inner[1]})"
        if k < 0.9:
            return f"({inner[0]} if {self.condition(names, depth + 1)} else {inner[1]})"
        return f"{r.choice(['min', 'max', 'h'])}({inner[0]}, {inner[1]})"

    def condition(self, names: list[str], depth: int = 0) -> str:
        """A condition."""
        r, k = self.r, self.r.random()
        if depth < 3 and k < 0.15:
            return f"({self.condition(names, depth + 1)} {r.choice(['and', 'or'])} {self.condition(names, depth + 1)})"
        if depth < 3 and k < 0.2:
            return f"not {self.condition(names, depth + 1)}"
        if k < 0.3:
            return f"{self.expression(names, 2)} < {self.expression(names, 2)} <= {self.expression(names, 2)}"
        return f"{self.expression(names, depth + 1)} {r.choice(['<', '<=', '>', '>=', '==', '!='])} {self.expression(names, depth + 1)}"

    def block(self, names: list[str], depth: int, *, in_loop: bool) -> list[str]:
        """Statements."""
        lines: list[str] = []
        for _ in range(self.r.randint(1, 3)):
            lines += self.statement(names, depth, in_loop=in_loop)
        return lines

    def statement(self, names: list[str], depth: int, *, in_loop: bool) -> list[str]:
        """One statement."""
        r = self.r
        self.budget -= 1
        k = r.random() if self.budget >= 0 else 0.0
        if k < 0.4 or (depth >= 3 and k < 0.9):
            return [f"{r.choice('abst')} = {self.expression(names)}"]
        if k < 0.5:
            return [f"s += {self.expression(names)}"]
        if k < 0.7:
            other = ["else:", *_indented(self.block(names, depth + 1, in_loop=in_loop))] if r.random() < 0.5 else []
            return [f"if {self.condition(names)}:", *_indented(self.block(names, depth + 1, in_loop=in_loop)), *other]
        if k < 0.82:
            body = self.block([*names, f"i{depth}"], depth + 1, in_loop=True)
            other = ["else:", "    t = t + 1"] if r.random() < 0.2 else []
            return [f"for i{depth} in range({r.choice(['3', '5', 'n % 4'])}):", *_indented(body), *other]
        if k < 0.9:
            body = [f"w{depth} += 1", *self.block(names, depth + 1, in_loop=True)]
            return [f"w{depth} = 0", f"while w{depth} < {r.randint(2, 6)} and {self.condition(names)}:", *_indented(body)]
        end = r.choice(["break", "continue"]) if in_loop and r.random() < 0.6 else f"return {self.returned(['s', 't', 'a', 's + t'])}"
        return [f"if {self.condition(names)}:", f"    {end}"]


    def returned(self, choices: list[str]) -> str:
        """What is returned: as many results as the function has."""
        return ", ".join(self.r.choice(choices) for _ in range(self.results))


def _indented(lines: list[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def make_function(seed: int, *, is_wide: bool = False) -> str:
    """The text of a helper `h` and of `f(a, b, n)`; `is_wide`: with everything a function may hold, errors among it."""
    r = Random(f"elementwise:{seed}")
    maker = _Maker(r, is_wide=is_wide)
    helper = [f"if {maker.condition(['x', 'y'], 2)}:", f"    return {maker.expression(['x', 'y'], 1)}", f"return {maker.expression(['x', 'y'], 2)}"]
    end = maker.returned(["s + t", "s", "t", "a"]) if maker.results > 1 else "s + t"
    body = ["s = 0", "t = 1", *maker.block(["a", "b", "s", "t", "n"], 0, in_loop=False), f"return {end}"]
    given = [name + r.choice(["", "", ": float", ": int"]) if is_wide and r.random() < 0.3 else name for name in "ab"]
    lines = ["def h(x, y):", *_indented(helper), "", "", f"def f({', '.join(given)}, n):", *_indented(body), ""]
    return "\n".join(["import math", "", "import numpy as np", "", "", *lines] if is_wide else lines)


def make_operands(seed: int, annotated: tuple[type | None, ...] = ()) -> list[Any]:
    """Two arrays of numbers and one of ints, of a length that is no multiple of any number of lanes; now and then with edges or turned."""
    r, rng = Random(f"operands:{seed}"), np.random.default_rng(seed)
    count, chars = r.choice([7, 64, 100, 131]), r.choice(_DTYPES)
    chars = "".join(r.choice("bhilBH") if kind is int else c for c, kind in zip(chars, annotated or (None, None), strict=False))
    arrays = [(rng.normal(size=count) * 4 if c in "df" else rng.integers(0 if c in "BHILQ" else -9, 12, count)).astype(c) for c in chars]
    if chars[0] in "df" and r.random() < 0.2:
        arrays[0][rng.integers(0, count, 2)] = r.choice([np.nan, np.inf, 1e300 if chars[0] == "d" else 1e30])
    if chars[1] in "ilq" and r.random() < 0.1:
        arrays[1][rng.integers(0, count, 2)] = r.choice([np.iinfo(chars[1]).max, np.iinfo(chars[1]).min])
    if r.random() < 0.3:
        arrays = [arrays[0][::-1], np.repeat(arrays[1], 2)[::2]]
    return [*arrays, r.choice([np.int64(3), np.full(count, 3), rng.integers(0, 6, count)])]


def compare_elements(function: Callable[..., Any], made: Any, *operands: Any) -> tuple[str, bool]:
    """What a ufunc does otherwise than the loop over the elements does with its scalar function: results, the first exception, warnings;
    empty when nothing. And whether the loop raises."""
    kinds = [p.annotation for p in inspect.signature(function, eval_str=True).parameters.values()]
    want: list[Any] = []
    raised = None
    with warnings.catch_warnings(record=True) as expected:
        warnings.simplefilter("always")
        try:
            for elements in zip(*np.broadcast_arrays(*operands), strict=True):
                want.append(function(*(e.item() if k in (int, float) else e for k, e in zip(kinds, elements, strict=True))))
        except Exception as error:
            raised = error
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            got = made(*operands)
        except Exception as error:
            same = (type(error) is type(raised) and str(error) == str(raised)) or (raised is None and _does_not_fit(error, want))
            return "" if same else f"raises {error!r} instead of {raised!r}", raised is not None
    if raised is not None:
        return f"does not raise {raised!r}", True
    columns = list(zip(*want, strict=True)) if made.nout > 1 else [want]
    for part, column in zip(got if made.nout > 1 else [got], columns, strict=True):
        for number, (one, other) in enumerate(zip(part, column, strict=True)):
            if not _is_same(one, other):
                return f"element {number} is {one!r} instead of {other!r}", False
    wraps = any(np.asarray(o).dtype.kind in "iub" for o in operands)  # integers of arrays wrap silently, as in NumPy's own ufuncs
    messages = [[str(w.message) for w in each if w.category is not FallbackHint and not (wraps and "overflow" in str(w.message))] for each in (told, expected)]
    same = messages[0] == messages[1]
    return "" if same else f"warns {messages[0][:3]} ({len(told)}) instead of {messages[1][:3]} ({len(expected)})", False


def _does_not_fit(error: Exception, results: list[Any]) -> bool:
    """Whether one of the results is an int beyond the dtype that the others have: to store it raises."""
    values = [v for result in results for v in (result if isinstance(result, tuple) else (result,))]
    return isinstance(error, OverflowError) and any(type(v) is int and f"Python integer {v} out of bounds" in str(error) for v in values)


def _is_same(one: Any, other: Any) -> bool:
    """Whether an element of a result is what the loop gives, to the last bit but for what a NaN holds; results of one dtype take in those of
    smaller ones."""
    if isinstance(one, np.generic):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            other = type(one)(other)
    return bool(one == other and np.signbit(one) == np.signbit(other)) if not one != one else bool(other != other)


def compare_seed(seed: int, decorate: Callable[[Any], Any]) -> Verdict:
    """The random function of a seed, compared."""
    path, text = f"<elementwise {seed}>", make_function(seed, is_wide=True)
    linecache.cache[path] = (len(text), None, text.splitlines(keepends=True), path)
    spaces: list[dict[str, Any]] = [{"__name__": f"elementwise{seed}"} for _ in range(2)]
    for space in spaces:
        exec(compile(text, path, "exec", dont_inherit=True), space)
    function = spaces[0]["f"]
    kinds = tuple(p.annotation for p in inspect.signature(function).parameters.values())
    made = decorate(spaces[1]["f"])
    found, has_raised = compare_elements(function, made, *make_operands(seed, kinds))
    explained = made.accel.explain() if hasattr(made, "accel") else ""
    refusals = [d.what for d in made.accel.diagnostics] if hasattr(made, "accel") else []
    found = found or next((r for r in refusals if "compiler failed" in r), "")
    ways = Counter(way for way in ("lanes at a time", "one element at a time", "CPython, element by element") if way in explained)
    difference = Difference(0, found, "the loop over the elements", "the ufunc") if found else None
    return Verdict(1, int(has_raised), difference, compiled="compiled," in explained, exits=ways, refusals=refusals)
