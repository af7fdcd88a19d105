"""Sums, products and norms of the items of tuples, with the rounding CPython gives them: `sum`, `math.fsum`, `prod`, `sumprod`,
`hypot`, `dist`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from accel.lower.convert import as_float, as_int
from accel.lower.floats import fabs, is_finite
from accel.lower.integers import checked
from accel.lower.layout import Value
from accel.lower.operators import emit_binary
from accel.lower.outlines import emit_outlined
from accel.lower.text import Emitter, float_text
from accel.types.kinds import Bool, Float, Int, Kind
from accel.types.operators import binary_kind

__all__ = ["emit_fold", "emit_fsum", "emit_norm", "emit_sum", "emit_sumprod"]

Item = tuple[Kind, Value]
_ZERO, _ONE, _INF = (float_text(v) for v in (0.0, 1.0, float("inf")))
_COMPENSATED = sys.version_info >= (3, 12)  # sum() of floats


def emit_fold(e: Emitter, symbol: str, start: Item, items: Sequence[Item]) -> Item:
    """`start symbol item symbol item ...`, operation by operation."""
    kind, value = start
    for item, part in items:
        made = binary_kind(symbol, kind, item)
        assert made is not None
        kind, value = made, emit_binary(e, symbol, kind, item, value, part)
    return kind, value


def emit_sum(e: Emitter, start: Item, items: Sequence[Item]) -> Value:
    """`sum(items, start)`: from Python 3.12 on float items are added with Neumaier's compensation once the total is a float."""
    items = list(items)
    if not _COMPENSATED or isinstance(start[0], Bool):  # a bool as start keeps CPython off its fast paths
        return emit_fold(e, "+", start, items)[1]
    total = start
    while items and not isinstance(total[0], Float):
        total = emit_fold(e, "+", total, [items.pop(0)])
    floats = 0
    while floats < len(items) and isinstance(items[floats][0], (Float, Int, Bool)):
        floats += 1
    if floats:
        total = (Float(), (_compensated(e, total[1][0], items[:floats]),))
    return emit_fold(e, "+", total, items[floats:])[1]


def _compensated(e: Emitter, total: str, items: Sequence[Item]) -> str:
    lost = _ZERO
    for kind, value in items:
        x = as_float(e, kind, value)
        following = _op(e, "fadd", total, x)
        if isinstance(kind, Float):
            larger = e.value(f"fcmp oge double {fabs(e, total)}, {fabs(e, x)}")
            high, low = e.select(larger, "double", total, x), e.select(larger, "double", x, total)
            lost = _op(e, "fadd", lost, _op(e, "fadd", _op(e, "fsub", high, following), low))
        total = following
    # adding +-0.0 might lose the sign of the total, and an infinite or NaN compensation its value
    usable = e.value(f"and i1 {e.value(f'fcmp one double {lost}, {_ZERO}')}, {is_finite(e, lost)}")
    return e.select(usable, "double", _op(e, "fadd", total, lost), total)


def _op(e: Emitter, op: str, x: str, y: str) -> str:
    return e.value(f"{op} double {x}, {y}")


# -- hypot and dist


def emit_norm(e: Emitter, coordinates: Sequence[str]) -> str:
    """`math.hypot(*coordinates)`: scaled by a power of two, squares and sum in double length, the root corrected."""
    sizes = [fabs(e, x) for x in coordinates]
    if len(sizes) < 2:
        return sizes[0] if sizes else _ZERO
    arguments = [f"double {x}" for x in sizes]
    return emit_outlined(e, f"norm{len(sizes)}", arguments, ["double"], lambda i, v: [_norm(i, v)])[0]


def _norm(e: Emitter, sizes: Sequence[str]) -> str:
    largest, unordered = _ZERO, "false"
    for x in sizes:
        largest = e.select(e.value(f"fcmp ogt double {x}, {largest}"), "double", x, largest)
        unordered = e.value(f"or i1 {unordered}, {e.value(f'fcmp uno double {x}, {_ZERO}')}")
    special, plain, end = e.label("special"), e.label("plain"), e.label("end")
    normal = e.value(f"fcmp oge double {largest}, {float_text(2.0**-1022)}")
    finite = e.value(f"fcmp olt double {largest}, {_INF}")
    ordered = e.value(f"xor i1 {unordered}, true")
    e.branch_if(e.value(f"and i1 {normal}, {e.value(f'and i1 {finite}, {ordered}')}"), plain, special, likely=True)
    e.place(plain)
    usual = _scaled_norm(e, sizes, largest)
    e.branch(end)
    e.place(special)
    nan = e.select(e.value(f"and i1 {finite}, {unordered}"), "double", float_text(float("nan")), largest)
    simple, tiny = e.label("simple"), e.label("tiny")
    positive = e.value(f"fcmp ogt double {largest}, {_ZERO}")
    e.branch_if(e.value(f"and i1 {positive}, {e.value(f'and i1 {finite}, {ordered}')}"), tiny, simple)
    e.place(tiny)  # all are subnormal: made normal by division
    smallest = float_text(2.0**-1022)
    raised = [_op(e, "fdiv", x, smallest) for x in sizes]
    small = _op(e, "fmul", smallest, _scaled_norm(e, raised, _op(e, "fdiv", largest, smallest)))
    e.branch(end)
    e.place(simple)
    e.branch(end)
    e.place(end)
    return e.merge("double", (usual, plain), (small, tiny), (nan, simple))


def _scaled_norm(e: Emitter, sizes: Sequence[str], largest: str) -> str:
    """Neumaier's sum starts at 1.0, so that the total is always the larger addend."""
    bits = e.value(f"bitcast double {largest} to i64")
    field = e.value(f"lshr i64 {bits}, 52")
    scale = _inverse_power(e, field)
    total, first, second = _ONE, _ZERO, _ZERO
    for x in sizes:
        total, first, second = _add_square(e, _op(e, "fmul", x, scale), None, (total, first, second))
    root = e.call("double", "llvm.sqrt.f64", f"double {_joined(e, total, first, second)}")
    negative = e.value(f"fneg double {root}")
    total, first, second = _add_square(e, negative, root, (total, first, second))
    rest = _joined(e, total, first, second)
    root = _op(e, "fadd", root, _op(e, "fdiv", rest, _op(e, "fmul", float_text(2.0), root)))
    return _op(e, "fdiv", root, scale)


def _inverse_power(e: Emitter, field: str) -> str:
    """The power of two that brings a double with this exponent field to [0.5, 1); for the two largest it is subnormal."""
    inverse = e.value(f"sub i64 2045, {field}")
    normal = e.value(f"shl i64 {inverse}, 52")
    subnormal = e.value(f"lshr i64 {1 << 52}, {e.value(f'sub i64 1, {inverse}')}")
    bits = e.select(e.value(f"icmp sgt i64 {inverse}, 0"), "i64", normal, subnormal)
    return e.value(f"bitcast i64 {bits} to double")


def _add_square(e: Emitter, x: str, y: str | None, sums: tuple[str, str, str]) -> tuple[str, str, str]:
    total, first, second = sums
    y = y or x
    high = _op(e, "fmul", x, y)
    negative = e.value(f"fneg double {high}")
    low = e.call("double", "llvm.fma.f64", f"double {x}", f"double {y}", f"double {negative}")
    following = _op(e, "fadd", total, high)
    lost = _op(e, "fadd", _op(e, "fsub", total, following), high)
    return following, _op(e, "fadd", first, low), _op(e, "fadd", second, lost)


def _joined(e: Emitter, total: str, first: str, second: str) -> str:
    return _op(e, "fadd", _op(e, "fsub", total, _ONE), _op(e, "fadd", first, second))


# -- fsum


def emit_fsum(e: Emitter, numbers: Sequence[str]) -> str:
    """`math.fsum(numbers)`: the exact sum, rounded once; a number that is not finite leaves."""
    if not numbers:
        return _ZERO
    arguments = [f"double {x}" for x in numbers]
    return emit_outlined(e, f"fsum{len(numbers)}", arguments, ["double"], lambda i, v: [_fsum(i, v)])[0]


def _fsum(e: Emitter, numbers: Sequence[str]) -> str:
    """Shewchuk's partials: non-overlapping, in increasing magnitude, their sum the exact sum so far."""
    partials, count, x_place = e.slot(f"[{len(numbers) + 1} x double]", align=8), e.slot("i64"), e.slot("double")
    kept, index = e.slot("i64"), e.slot("i64")
    e.do(f"store i64 0, ptr {count}")
    for number in numbers:
        e.exit_if(e.value(f"xor i1 {is_finite(e, number)}, true"))
        e.do(f"store double {number}, ptr {x_place}")
        e.do(f"store i64 0, ptr {kept}")
        e.do(f"store i64 0, ptr {index}")
        _merge_partials(e, partials, (count, x_place, kept, index))
    return _round_partials(e, partials, count)


def _at(e: Emitter, array: str, index: str) -> str:
    return e.value(f"getelementptr double, ptr {array}, i64 {index}")


def _merge_partials(e: Emitter, partials: str, places: tuple[str, str, str, str]) -> None:
    count, x_place, kept, index = places
    head, body, keep, after, end = (e.label(n) for n in ("head", "body", "keep", "after", "end"))
    e.branch(head)
    e.place(head)
    j = e.value(f"load i64, ptr {index}")
    e.branch_if(e.value(f"icmp slt i64 {j}, {e.value(f'load i64, ptr {count}')}"), body, end)
    e.place(body)
    x, y = e.value(f"load double, ptr {x_place}"), e.value(f"load double, ptr {_at(e, partials, j)}")
    swap = e.value(f"fcmp olt double {fabs(e, x)}, {fabs(e, y)}")
    large, small = e.select(swap, "double", y, x), e.select(swap, "double", x, y)
    high = _op(e, "fadd", large, small)
    low = _op(e, "fsub", small, _op(e, "fsub", high, large))
    e.do(f"store double {high}, ptr {x_place}")
    e.do(f"store i64 {e.value(f'add i64 {j}, 1')}, ptr {index}")
    e.branch_if(e.value(f"fcmp une double {low}, {_ZERO}"), keep, after)
    e.place(keep)
    _append(e, partials, kept, low)
    e.branch(after)
    e.place(after)
    e.branch(head)
    e.place(end)
    rest = e.value(f"load double, ptr {x_place}")
    e.exit_if(e.value(f"xor i1 {is_finite(e, rest)}, true"))
    store, done = e.label("store"), e.label("stored")
    e.branch_if(e.value(f"fcmp une double {rest}, {_ZERO}"), store, done)
    e.place(store)
    _append(e, partials, kept, rest)
    e.branch(done)
    e.place(done)
    e.do(f"store i64 {e.value(f'load i64, ptr {kept}')}, ptr {count}")


def _append(e: Emitter, partials: str, length: str, value: str) -> None:
    i = e.value(f"load i64, ptr {length}")
    e.do(f"store double {value}, ptr {_at(e, partials, i)}")
    e.do(f"store i64 {e.value(f'add i64 {i}, 1')}, ptr {length}")


def _round_partials(e: Emitter, partials: str, count: str) -> str:
    """Add from the largest down until a rest remains; where that is half a unit, the sign of what is below decides."""
    high_place, low_place = e.slot("double"), e.slot("double")
    e.do(f"store double {_ZERO}, ptr {high_place}")
    e.do(f"store double {_ZERO}, ptr {low_place}")
    head, body, end, half, done = (e.label(n) for n in ("round", "add", "rest", "half", "rounded"))
    e.branch(head)
    e.place(head)
    n = e.value(f"load i64, ptr {count}")
    low_now = e.value(f"load double, ptr {low_place}")
    more = e.value(f"and i1 {e.value(f'icmp sgt i64 {n}, 0')}, {e.value(f'fcmp oeq double {low_now}, {_ZERO}')}")
    e.branch_if(more, body, end)
    e.place(body)
    below = e.value(f"sub i64 {n}, 1")
    e.do(f"store i64 {below}, ptr {count}")
    x, y = e.value(f"load double, ptr {high_place}"), e.value(f"load double, ptr {_at(e, partials, below)}")
    high = _op(e, "fadd", x, y)
    e.do(f"store double {high}, ptr {high_place}")
    e.do(f"store double {_op(e, 'fsub', y, _op(e, 'fsub', high, x))}, ptr {low_place}")
    e.branch(head)
    e.place(end)
    result, rest = e.value(f"load double, ptr {high_place}"), e.value(f"load double, ptr {low_place}")
    e.branch_if(e.value(f"icmp sgt i64 {n}, 0"), half, done)
    e.place(half)
    below_value = e.value(f"load double, ptr {_at(e, partials, e.value(f'sub i64 {n}, 1'))}")
    same_sign = e.value(f"fcmp ogt double {_op(e, 'fmul', _sign(e, rest), _sign(e, below_value))}, {_ZERO}")
    twice = _op(e, "fmul", rest, float_text(2.0))
    rounded = _op(e, "fadd", result, twice)
    exact = e.value(f"fcmp oeq double {twice}, {_op(e, 'fsub', rounded, result)}")
    corrected = e.select(e.value(f"and i1 {same_sign}, {exact}"), "double", rounded, result)
    e.branch(done)
    e.place(done)
    return e.merge("double", (result, end), (corrected, half))


def _sign(e: Emitter, x: str) -> str:
    return e.call("double", "llvm.copysign.f64", f"double {_ONE}", f"double {x}")


# -- sumprod


def emit_sumprod(e: Emitter, pairs: Sequence[tuple[Item, Item]]) -> Value:
    """`math.sumprod`: pairs of ints first, then pairs with a float in triple length, then the rest one by one."""
    pairs, total = list(pairs), (Int(), ("0",))
    ints: list[tuple[Item, Item]] = []
    while pairs and all(isinstance(kind, Int) for kind, _ in pairs[0]):
        ints.append(pairs.pop(0))
    for (_, x), (_, y) in ints:
        total = (Int(), (checked(e, "+", total[1][0], checked(e, "*", x[0], y[0])),))
    found: Item = total
    sums = [_ZERO, _ZERO, _ZERO]
    floats = 0
    while floats < len(pairs) and any(isinstance(kind, Float) for kind, _ in pairs[floats]):
        factors = [as_float(e, kind, value) for kind, value in pairs[floats]]
        sums = _add_product(e, factors[0], factors[1], sums)
        floats += 1
    if floats:
        term = _triple_value(e, sums)
        found = (Float(), emit_binary(e, "+", found[0], Float(), found[1], (term,)))
    for (a, x), (b, y) in pairs[floats:]:
        kind = binary_kind("*", a, b)
        assert kind is not None
        found = emit_fold(e, "+", found, [(kind, emit_binary(e, "*", a, b, x, y))])
    return found[1] if not isinstance(found[0], Bool) else (as_int(e, *found),)


def _two_sum(e: Emitter, a: str, b: str) -> tuple[str, str]:
    x = _op(e, "fadd", a, b)
    z = _op(e, "fsub", x, a)
    return x, _op(e, "fadd", _op(e, "fsub", a, _op(e, "fsub", x, z)), _op(e, "fsub", b, z))


def _add_product(e: Emitter, x: str, y: str, sums: Sequence[str]) -> list[str]:
    """Ogita, Rump and Oishi, "Accurate sum and dot product", algorithm 5.10 with K = 3; leaves when not finite."""
    product = _op(e, "fmul", x, y)
    negative = e.value(f"fneg double {product}")
    error = e.call("double", "llvm.fma.f64", f"double {x}", f"double {y}", f"double {negative}")
    high, lost = _two_sum(e, sums[0], product)
    middle, first = _two_sum(e, sums[1], error)
    middle, second = _two_sum(e, middle, lost)
    e.exit_if(e.value(f"xor i1 {is_finite(e, high)}, true"))
    return [high, middle, _op(e, "fadd", _op(e, "fadd", sums[2], first), second)]


def _triple_value(e: Emitter, sums: Sequence[str]) -> str:
    high, low = _two_sum(e, sums[1], sums[0])
    return _op(e, "fadd", _op(e, "fadd", sums[2], low), high)
