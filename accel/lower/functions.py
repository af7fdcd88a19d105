"""Calls of known functions: which instructions, and when to leave; the kinds are those of `accel.types.functions`."""

from __future__ import annotations

from accel.lower.combinatorics import emit_combinatorics, emit_modular_power
from accel.lower.complexes import emit_complex_abs
from accel.lower.convert import as_complex, as_float, as_int, convert_value, int_literal
from accel.lower.floats import emit_float_divmod, emit_round, emit_to_int, fabs
from accel.lower.gamma import emit_gamma, emit_lgamma
from accel.lower.integers import emit_divmod
from accel.lower.layout import Value, components
from accel.lower.mathematics import emit_isclose, emit_mathematics
from accel.lower.methods import emit_instance, emit_member, emit_view
from accel.lower.operators import emit_binary, emit_compare, emit_truth, tuple_items
from accel.lower.sums import emit_fold, emit_fsum, emit_norm, emit_sum, emit_sumprod
from accel.lower.text import Emitter, float_text
from accel.lower.unions import emit_union
from accel.types.functions import function_kind, selection_items
from accel.types.kinds import Bool, Complex, Float, Int, Kind, NoneKind, Scalar, Tuple, join_kinds
from accel.types.operators import compare_kind

__all__ = ["emit_function"]

Kinds = tuple[Kind, ...]
_MOST_DIGITS = 22  # 10.0 ** 22 is the last exact power of ten


def emit_function(e: Emitter, name: str, kinds: Kinds, values: list[Value]) -> Value:
    """A call of the function known as `name`, of the kind `function_kind(name, kinds)`."""
    if name.startswith(("attribute.", "method.")):
        return emit_view(e, kinds, values[0]) if name == "method.view" else emit_member(e, name, kinds[0], values[0])
    if name == "builtins.isinstance":
        return emit_instance(kinds)
    if name.startswith("numpy.") or any(isinstance(k, Scalar) for k in kinds):
        from accel.lower import numpy_functions

        return numpy_functions.emit_function(e, name, kinds, values)
    module, _, function = name.partition(".")
    if module == "math":
        return _mathematics(e, function, kinds, values)
    if module == "cmath":
        from accel.lower.complex_functions import emit_complex_function

        if function == "rect":
            return emit_complex_function(e, function, [(as_float(e, k, v),) for k, v in zip(kinds, values, strict=True)])
        if function == "isclose":
            return _complex_isclose(e, kinds, values)
        return emit_complex_function(e, function, [as_complex(e, k, v) for k, v in zip(kinds, values, strict=True)])
    return _builtin(e, function, kinds, values)


def _complex_isclose(e: Emitter, kinds: Kinds, values: list[Value]) -> Value:
    from accel.lower.complex_functions import emit_complex_isclose

    first, second = (as_complex(e, k, v) for k, v in zip(kinds[:2], values[:2], strict=True))
    return (emit_complex_isclose(e, first, second, *_tolerances(e, kinds, values)),)


def _tolerances(e: Emitter, kinds: Kinds, values: list[Value]) -> list[str]:
    """Relative and absolute; a negative one leaves."""
    given = [as_float(e, k, v) for k, v in zip(kinds[2:], values[2:], strict=True)]
    for tolerance in given:
        e.exit_if(e.value(f"fcmp olt double {tolerance}, {float_text(0.0)}"))
    return given or [float_text(1e-9), float_text(0.0)]


# -- builtins


def _builtin(e: Emitter, name: str, kinds: Kinds, values: list[Value]) -> Value:
    match name:
        case "abs":
            return (_abs(e, kinds[0], values[0]),)
        case "min" | "max":
            return _selection(e, name, kinds, values)
        case "int":
            return (_int(e, kinds[0], values[0]) if kinds else "0",)
        case "float":
            return (as_float(e, kinds[0], values[0]) if kinds else float_text(0.0),)
        case "complex":
            return _complex(e, kinds, values)
        case "bool":
            return (emit_truth(e, kinds[0], values[0]) if kinds else "false",)
        case "round":
            return (_round(e, kinds, values),)
        case "divmod":
            return _divmod(e, kinds, values)
        case "pow" if len(kinds) == 3:
            return (emit_modular_power(e, *(as_int(e, k, v) for k, v in zip(kinds, values, strict=True))),)
        case "pow":
            return emit_binary(e, "**", kinds[0], kinds[1], values[0], values[1])
        case "sum":
            start = (kinds[1], values[1]) if len(kinds) == 2 else (Int(), ("0",))
            return emit_sum(e, start, _items(kinds[0], values[0]))
    assert name == "len", name
    return (str(len(_items(kinds[0], values[0]))),)


def _items(kind: Kind, value: Value) -> list[tuple[Kind, Value]]:
    assert isinstance(kind, Tuple), kind
    return tuple_items(kind, value)


def _abs(e: Emitter, kind: Kind, value: Value) -> str:
    if isinstance(kind, Complex):
        return emit_complex_abs(e, (value[0], value[1]))
    if isinstance(kind, Float):
        return fabs(e, value[0])
    if isinstance(kind, Bool):
        return as_int(e, kind, value)
    e.exit_if(e.value(f"icmp eq i64 {value[0]}, {-(2**63)}"))
    return e.call("i64", "llvm.abs.i64", f"i64 {value[0]}", f"i1 {'false' if e.put_off else 'true'}")


def _int(e: Emitter, kind: Kind, value: Value) -> str:
    return emit_to_int(e, value[0]) if isinstance(kind, Float) else as_int(e, kind, value)


def _complex(e: Emitter, kinds: Kinds, values: list[Value]) -> Value:
    if kinds == (Complex(),):
        return values[0]
    parts = [as_float(e, k, v) for k, v in zip(kinds, values, strict=True)]
    return (*parts, *[float_text(0.0)] * (2 - len(parts)))


def _selection(e: Emitter, name: str, kinds: Kinds, values: list[Value]) -> Value:
    """`min` and `max`: a later one is taken only when it is really less, or greater, than the best so far."""
    symbol = "<" if name == "min" else ">"
    pairs = list(zip(kinds, values, strict=True)) if len(kinds) > 1 else _items(kinds[0], values[0])
    assert selection_items(kinds)
    best_kind, best = pairs[0]
    for kind, value in pairs[1:]:
        better = _is_better(e, symbol, (kind, best_kind), (value, best))
        joined = join_kinds(best_kind, kind)
        assert joined is not None
        old, new = convert_value(e, best_kind, joined, best), convert_value(e, kind, joined, value)
        best_kind = joined
        best = tuple(n if n == o else e.select(better, t, n, o) for t, n, o in zip(components(joined), new, old, strict=True))
    return best


def _is_better(e: Emitter, symbol: str, kinds: tuple[Kind, Kind], values: tuple[Value, Value]) -> str:
    def rule(*k: Kind) -> Kind | None:
        return compare_kind(symbol, *k)

    def compare(k: Kinds, v: tuple[Value, ...]) -> Value:
        return emit_compare(e, symbol, k[0], k[1], v[0], v[1])

    return emit_union(e, rule, compare, kinds, values, Bool())[0]


def _round(e: Emitter, kinds: Kinds, values: list[Value]) -> str:
    kind, value = kinds[0], values[0]
    if len(kinds) == 1 or isinstance(kinds[1], NoneKind):
        if not isinstance(kind, Float):
            return as_int(e, kind, value)
        return emit_to_int(e, e.call("double", "llvm.roundeven.f64", f"double {value[0]}"))
    digits = as_int(e, kinds[1], values[1])
    known = int_literal(digits)
    if not isinstance(kind, Float):
        if known is None or known < 0:
            e.exit_if(e.value(f"icmp slt i64 {digits}, 0"))
        return as_int(e, kind, value)
    if known is None or not 0 <= known <= _MOST_DIGITS:
        e.exit_if(e.value(f"icmp ugt i64 {digits}, {_MOST_DIGITS}"))
    if known is not None:
        return emit_round(e, value[0], float_text(10.0 ** min(max(known, 0), _MOST_DIGITS)))
    powers = ", ".join(f"double {float_text(10.0**n)}" for n in range(_MOST_DIGITS + 1))
    table = e.module.constant("accel.powers_of_ten", f"[{_MOST_DIGITS + 1} x double] [{powers}]")
    return emit_round(e, value[0], e.value(f"load double, ptr {e.value(f'getelementptr double, ptr {table}, i64 {digits}')}"))


def _divmod(e: Emitter, kinds: Kinds, values: list[Value]) -> Value:
    x, y = values
    if any(isinstance(k, Float) for k in kinds):
        return emit_float_divmod(e, as_float(e, kinds[0], x), as_float(e, kinds[1], y))
    return emit_divmod(e, as_int(e, kinds[0], x), as_int(e, kinds[1], y))


# -- math


def _mathematics(e: Emitter, name: str, kinds: Kinds, values: list[Value]) -> Value:
    match name:
        case "fsum":
            return (emit_fsum(e, [as_float(e, k, v) for k, v in _items(kinds[0], values[0])]),)
        case "prod":
            start = (kinds[1], values[1]) if len(kinds) == 2 else (Int(), ("1",))
            return emit_fold(e, "*", start, _items(kinds[0], values[0]))[1]
        case "sumprod":
            return emit_sumprod(e, list(zip(_items(kinds[0], values[0]), _items(kinds[1], values[1]), strict=True)))
        case "dist":
            return (_dist(e, kinds, values),)
        case "perm" if len(kinds) == 2 and isinstance(kinds[1], NoneKind):
            return (emit_combinatorics(e, name, [as_int(e, kinds[0], values[0])]),)
        case "comb" | "factorial" | "gcd" | "isqrt" | "lcm" | "perm":
            return (emit_combinatorics(e, name, [as_int(e, k, v) for k, v in zip(kinds, values, strict=True)]),)
        case "ceil" | "floor" | "trunc" if not isinstance(kinds[0], Float):
            return (as_int(e, kinds[0], values[0]),)
        case "isclose":
            tolerances = _tolerances(e, kinds, values)
            return (emit_isclose(e, *(as_float(e, k, v) for k, v in zip(kinds[:2], values[:2], strict=True)), *tolerances),)
        case "ldexp":
            return emit_mathematics(e, name, [as_float(e, kinds[0], values[0]), as_int(e, kinds[1], values[1])])
    arguments = [as_float(e, k, v) for k, v in zip(kinds, values, strict=True)]
    match name:
        case "hypot":
            return (emit_norm(e, arguments),)
        case "gamma":
            return (emit_gamma(e, *arguments),)
        case "lgamma":
            return (emit_lgamma(e, *arguments),)
    assert function_kind(f"math.{name}", kinds) is not None
    return emit_mathematics(e, name, arguments)


def _dist(e: Emitter, kinds: Kinds, values: list[Value]) -> str:
    differences = []
    for (a, x), (b, y) in zip(_items(kinds[0], values[0]), _items(kinds[1], values[1]), strict=True):
        differences.append(e.value(f"fsub double {as_float(e, a, x)}, {as_float(e, b, y)}"))
    return emit_norm(e, differences)
