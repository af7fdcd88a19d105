"""Elementary functions to one unit in the last place, for numbers and for vectors: which there are, and the functions made of their formulas."""

from __future__ import annotations

from collections.abc import Callable

from accel.lower import (
    ulp_arcs,
    ulp_arcsines,
    ulp_areas,
    ulp_errors,
    ulp_exponentials,
    ulp_hyperbolic,
    ulp_logarithms,
    ulp_powers,
    ulp_trigonometry,
)
from accel.lower.formula import Formula, Term
from accel.lower.text import Emitter, Module

__all__ = ["FORMULAS", "define_ulp", "emit_elementary", "is_approximate", "is_ulp_call"]

FORMULAS: dict[str, Callable[..., Term]] = {
    "exp": ulp_exponentials.emit_exp,
    "exp2": ulp_exponentials.emit_exp2,
    "expm1": ulp_exponentials.emit_expm1,
    "log": ulp_logarithms.emit_log,
    "log2": ulp_logarithms.emit_log2,
    "log10": ulp_logarithms.emit_log10,
    "log1p": ulp_logarithms.emit_log1p,
    "sin": ulp_trigonometry.emit_sin,
    "cos": ulp_trigonometry.emit_cos,
    "tan": ulp_trigonometry.emit_tan,
    "asin": ulp_arcsines.emit_asin,
    "acos": ulp_arcsines.emit_acos,
    "atan": ulp_arcs.emit_atan,
    "atan2": ulp_arcs.emit_atan2,
    "sinh": ulp_hyperbolic.emit_sinh,
    "cosh": ulp_hyperbolic.emit_cosh,
    "tanh": ulp_hyperbolic.emit_tanh,
    "asinh": ulp_areas.emit_asinh,
    "acosh": ulp_areas.emit_acosh,
    "atanh": ulp_areas.emit_atanh,
    "pow": ulp_powers.emit_pow,
    "cbrt": ulp_powers.emit_cbrt,
    "erf": ulp_errors.emit_erf,
    "erfc": ulp_errors.emit_erfc,
}  # by the names of `math`
_BINARY = ("atan2", "pow")
_PREFIX = "ulp."


def is_approximate(module: Module, name: str) -> bool:
    """Whether a function, by its name in `math`, is to be the package's own; what is said about it is noted."""
    found = module.accuracy == "1ulp" and name in FORMULAS
    module.grades[name] = "1ulp" if found else "exact"
    return found


def emit_elementary(e: Emitter, name: str, *operands: str, type_: str = "double") -> str:
    """Call a function of `math`: libm's, or the package's own where that is good enough (only those are there for `float`)."""
    if not is_approximate(e.module, name):
        assert type_ == "double", name
        return e.libm(name, *(f"double {x}" for x in operands))
    symbol = define_ulp(e.module, f"{_PREFIX}{name}.{type_}")
    return e.value(f"call {type_} {symbol}({', '.join(f'{type_} {x}' for x in operands)})")


def is_ulp_call(called: str) -> bool:
    """Whether a name is that of such a function."""
    return called.startswith(_PREFIX)


def define_ulp(module: Module, symbol: str, width: int = 1) -> str:
    """The quoted name of the function for numbers, or for vectors of `width` elements; defines it once. With vectors it takes a mask, too, an
    integer of so many bits: the lanes that count."""
    _, name, type_ = symbol.split(".")
    called = symbol if width == 1 else f"{symbol}.x{width}"
    if not module.has_support(called):
        f = Formula(module, type_, width)
        kind = f.kind(type_)
        operands = [Term(f, type_, f"%x{k}") for k in range(1 + (name in _BINARY))]
        parameters = [f"{kind} {operand.text}" for operand in operands]
        if width > 1:
            parameters.append(f"i{width} %mask")
            f.active = f.emit("i1", f"bitcast i{width} %mask to {f.kind('i1')}")
        f.e.do(f"ret {kind} {FORMULAS[name](f, *operands).text}")
        inlined = "alwaysinline" if width > 1 else "noinline"
        head = f'define internal {kind} @"{called}"({", ".join(parameters)}) {inlined} nounwind willreturn memory(none)'
        module.define_once(called, f.e.function(head))
    return f'@"{called}"'
