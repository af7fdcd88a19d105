"""Float arithmetic of NumPy scalars in their own precision; what NumPy would warn about leaves."""

from __future__ import annotations

from collections.abc import Callable

from accel.lower.convert import float_literal
from accel.lower.floats import emit_fmod
from accel.lower.layout import element_type
from accel.lower.numpy_casts import emit_finite
from accel.lower.text import Emitter, float_text
from accel.lower.ulp_math import emit_elementary, is_approximate

__all__ = [
    "check_flags",
    "check_result",
    "emit_float",
    "emit_float_divmod",
    "emit_flagged",
    "emit_in_float",
    "emit_out_of_float",
    "suffix_of",
]

_NAMES = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
_SUFFIXES = {"half": "f16", "float": "f32", "double": "f64"}


def suffix_of(type_: str) -> str:
    """The suffix of intrinsics of a float type."""
    return _SUFFIXES[type_]


def emit_float(e: Emitter, symbol: str, char: str, x: str, y: str) -> str:
    """`x symbol y` of two floats of dtype `char`."""
    if symbol in _NAMES:
        made = e.value(f"{_NAMES[symbol]} {element_type(char)} {x}, {y}")
        check_flags(e, symbol, char, x, y, made)
        return made
    if symbol in ("//", "%"):
        quotient, rest = emit_float_divmod(e, char, x, y, symbol)
        return quotient if symbol == "//" else rest
    assert symbol == "**", symbol
    return _power(e, char, x, y)


def check_flags(e: Emitter, symbol: str, char: str, x: str, y: str, r: str) -> None:
    """Leave where NumPy would warn about `r = x symbol y` (+ - * /): overflow, invalid value, division by zero.

    A result that is finite is never warned about; only the cold block looks at the operands, so that those which are
    infinite or NaN already do not leave. In a strip, where checks are put off and nothing may branch, they do.
    """
    type_ = element_type(char)
    check_result(e, type_, r, lambda: emit_flagged(e, type_, x, y, r))


def check_result(e: Emitter, type_: str, r: str, flagged: Callable[[], str], *, called: bool = False) -> None:
    """Leave when `r` is not finite and `flagged()`, emitted in a cold block, is true. What a library has `called` computed may raise flags
    elsewhere: glibc raises some in the x87 unit."""
    if e.is_covered:
        return
    if e.trusts_flags and not called and type_ in ("double", "float"):
        e.trusted += 1
        e.call("void", f"lane.note.{suffix_of(type_)}", f"{type_} {r}", attributes="nounwind willreturn memory(inaccessiblemem: write)")
        return
    if e.put_off and type_ in ("double", "float"):
        e.note_float(type_, r)
        return
    if e.adds_to:
        e.added.setdefault(e.adds_to, []).append(r)
        if e.adds_to == e.operation:
            _test_sum(e, type_)
        return
    usual = emit_finite(e, type_, r)
    if e.put_off or e.leaves_early:
        e.exit_if(e.value(f"xor i1 {usual}, true"))
        return
    cold, go_on = e.label("special"), e.label("usual")
    e.branch_if(usual, go_on, cold, likely=True)
    e.place(cold)
    e.exit_if(flagged())
    e.branch(go_on)
    e.place(go_on)


def _test_sum(e: Emitter, type_: str) -> None:
    """Leave when a result that was to be tested here is not finite, to where each is tested.

    Halves are added to each other: what lies side by side in vectors is added in vectors, and the sum is there soon. (How late it is
    costs more than how many additions it takes: nothing behind the branch retires before.)
    """
    results = e.added.pop(e.operation)
    while len(results) > 1:
        half = len(results) // 2
        pairs = zip(results[-2 * half : -half], results[-half:], strict=True)
        sums = [e.value(f"fadd {type_} {x}, {y}") for x, y in pairs]
        if len(results) % 2:
            sums[-1] = e.value(f"fadd {type_} {sums[-1]}, {results[0]}")
        results = sums
    e.exit_if(e.value(f"xor i1 {emit_finite(e, type_, results[0])}, true"))


def emit_flagged(e: Emitter, type_: str, x: str, y: str, r: str) -> str:
    """Whether `r`, which is not finite, was made of operands that do not explain it: an infinity of finite ones, a NaN of numbers.

    An infinity divided by zero is an infinity without a flag.
    """
    invalid = e.value(f"fcmp ord {type_} {x}, {y}")
    finite = e.value(f"and i1 {emit_finite(e, type_, x)}, {emit_finite(e, type_, y)}")
    return e.select(e.value(f"fcmp uno {type_} {r}, {r}"), "i1", invalid, finite)


def emit_in_float(e: Emitter, char: str, *operands: str) -> list[str]:
    """Halves as floats, in which NumPy computes with them; others as they are."""
    return [e.value(f"fpext half {x} to float") for x in operands] if char == "e" else list(operands)


def emit_out_of_float(e: Emitter, char: str, x: str) -> str:
    """A result back in its dtype; the caller looks whether it overflowed."""
    return e.value(f"fptrunc float {x} to half") if char == "e" else x


def _power(e: Emitter, char: str, x: str, y: str) -> str:
    """libm's pow or powf. Special operands are NumPy's, unless the result is a number."""
    p, q = emit_in_float(e, char, x, y)
    type_ = "float" if char == "e" else element_type(char)
    if is_approximate(e.module, "pow") and char != "e":
        exponent = float_literal(q)
        if exponent in (2.0, 3.0):
            made = e.value(f"fmul {type_} {p}, {p}")
            made = made if exponent == 2.0 else e.value(f"fmul {type_} {made}, {p}")
        else:
            made = emit_elementary(e, "pow", p, q, type_=type_)
    else:
        made = e.libm("pow" if char == "d" else "powf", f"{type_} {p}", f"{type_} {q}", result=type_)
    made = emit_out_of_float(e, char, made)
    e.exit_if(e.value(f"xor i1 {emit_finite(e, element_type(char), made)}, true"))
    return made


def emit_float_divmod(e: Emitter, char: str, x: str, y: str, wanted: str = "//%") -> tuple[str, str]:
    """`x // y` and `x % y` by NumPy's algorithm (`npy_divmod`); of those not `wanted` the operand is empty.

    Zero as a divisor, an infinite dividend and a quotient that overflows (it is computed for the rest too) leave.
    """
    wanted = "//%" if char == "e" else wanted  # NumPy rounds both to halves, and warns if either overflows
    p, q = emit_in_float(e, char, x, y)
    type_ = "float" if char == "e" else element_type(char)
    zero, one, half = (float_text(v, type_) for v in (0.0, 1.0, 0.5))
    suffix = _SUFFIXES[type_]
    rest = emit_fmod(e, p, q) if char == "d" else _float_fmod(e, p, q)
    ratio = e.value(f"fdiv {type_} {e.value(f'fsub {type_} {p}, {rest}')}, {q}")
    # not finite: zero divisor, infinite or NaN operand (an infinite divisor leaves below), overflow
    plain = e.value(f"and i1 {emit_finite(e, type_, ratio)}, {emit_finite(e, type_, q)}")
    e.exit_if(e.value(f"xor i1 {plain}, true"))
    nonzero = e.value(f"fcmp une {type_} {rest}, {zero}")
    signs = e.value(f"xor i1 {e.value(f'fcmp olt {type_} {q}, {zero}')}, {e.value(f'fcmp olt {type_} {rest}, {zero}')}")
    flip = e.value(f"and i1 {nonzero}, {signs}")
    modulo = quotient = ""
    if "%" in wanted:
        signed_zero = e.call(type_, f"llvm.copysign.{suffix}", f"{type_} {zero}", f"{type_} {q}")
        modulo = e.select(flip, type_, e.value(f"fadd {type_} {rest}, {q}"), e.select(nonzero, type_, rest, signed_zero))
        modulo = _checked_half(e, char, modulo)
    if "//" in wanted:
        ratio = e.select(flip, type_, e.value(f"fsub {type_} {ratio}, {one}"), ratio)
        floor = e.call(type_, f"llvm.floor.{suffix}", f"{type_} {ratio}")
        high = e.value(f"fcmp ogt {type_} {e.value(f'fsub {type_} {ratio}, {floor}')}, {half}")
        floor = e.select(high, type_, e.value(f"fadd {type_} {floor}, {one}"), floor)
        signed_zero = e.call(type_, f"llvm.copysign.{suffix}", f"{type_} {zero}", f"{type_} {e.value(f'fdiv {type_} {p}, {q}')}")
        quotient = e.select(e.value(f"fcmp une {type_} {ratio}, {zero}"), type_, floor, signed_zero)
        quotient = _checked_half(e, char, quotient)
    return quotient, modulo


def _float_fmod(e: Emitter, x: str, y: str) -> str:
    """`fmodf(x, y)`: the remainder of two floats is a float, so that of doubles is the same."""
    wide = [e.value(f"fpext float {v} to double") for v in (x, y)]
    return e.value(f"fptrunc double {emit_fmod(e, *wide)} to float")


def _checked_half(e: Emitter, char: str, x: str) -> str:
    if char != "e":
        return x
    made = emit_out_of_float(e, char, x)
    e.exit_if(e.value(f"xor i1 {emit_finite(e, 'half', made)}, true"))
    return made
