"""Functions of libm of float64 in lanes, with the bits of the platform's libm.

Each repeats the algorithm of glibc for most numbers, and leaves the rest to libm. It is used only where a trial has found that libm on this machine
gives the same bits, for numbers of all sizes the formula is for.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable

from accel.lower.formula import Formula, Term
from accel.lower.machine import assemble
from accel.lower.text import Emitter, Module
from accel.lower.vector_exp import exponential
from accel.lower.vector_sines import cosine, sine
from accel.runtime.cpu import vector_bits
from accel.runtime.image import Image, Loaded
from accel.runtime.symbols import resolve

__all__ = ["emit_libm_lanes", "is_libm_known"]

_TRIALS = 100_000  # for each range of exponents


class _Known:
    """A formula, and the exponents of numbers on which it is tried: from the first, so many."""

    def __init__(self, formula: Callable[[Formula, Term], Term], *exponents: tuple[int, int]) -> None:
        self.formula, self.exponents = formula, exponents


_FORMULAS = {
    "exp": _Known(exponential, (-16, 25)),
    "sin": _Known(sine, (-4, 6), (-30, 57)),
    "cos": _Known(cosine, (-4, 6), (-30, 57)),
}
_found: dict[tuple[str, int], bool] = {}


def is_libm_known(symbol: str, bits: int) -> bool:
    """Whether vectors of so many bits give what this function of libm gives on this machine. Found out once in a process."""
    name = symbol.removeprefix("libm.")
    if name not in _FORMULAS or bits < 256:  # no fused multiply-add, no gathers
        return False
    if (name, bits) not in _found:
        _found[name, bits] = bits == vector_bits() and not any(_count_differences(name, bits // 64, e) for e in _FORMULAS[name].exponents)
    return _found[name, bits]


def emit_libm_lanes(module: Module, symbol: str, width: int) -> str:
    """The quoted name of a function of `<width x double>` and a mask, `i{width}`, of the lanes that count; defines it."""
    name = f"{symbol}.x{width}"
    if not module.has_support(name):
        f = Formula(module, "double", width)
        kind = f.kind("double")
        f.active = f.emit("i1", f"bitcast i{width} %mask to {f.kind('i1')}")
        result = _FORMULAS[symbol.removeprefix("libm.")].formula(f, Term(f, "double", "%x"))
        f.e.do(f"ret {kind} {result.text}")
        module.define_once(name, f.e.function(f'define internal {kind} @"{name}"({kind} %x, i{width} %mask)'))
    return f'@"{name}"'


def _count_differences(name: str, width: int, exponents: tuple[int, int]) -> int:
    """Differences between vectors and libm, for numbers with these exponents."""
    module = Module()
    vectors, libm = emit_libm_lanes(module, f"libm.{name}", width), _emit_libm(module, name, width)
    e, kind, ints, everyone = Emitter(module), f"<{width} x double>", f"<{width} x i64>", f"i{width} -1"
    seeds = ", ".join(f"i64 {88172645463325252 + 362436069 * k}" for k in range(width))
    state, wrong, turn = e.slot(ints, align=64, initial=f"<{seeds}>"), e.slot("i64", initial="0"), e.slot("i64", initial="0")
    e.branch("turn")
    e.place("turn")
    bits = e.value(f"load {ints}, ptr {state}")
    for how, distance in (("shl", 13), ("lshr", 7), ("shl", 17)):  # xorshift
        bits = e.value(f"xor {ints} {bits}, {e.value(f'{how} {ints} {bits}, splat (i64 {distance})')}")
    e.do(f"store {ints} {bits}, ptr {state}")
    least, count = exponents
    size = e.value(f"urem {ints} {e.value(f'lshr {ints} {bits}, splat (i64 53)')}, splat (i64 {count})")
    exponent = e.value(f"shl {ints} {e.value(f'add {ints} {size}, splat (i64 {1023 + least})')}, splat (i64 52)")
    mantissa = e.value(f"and {ints} {bits}, splat (i64 {-(1 << 63) | (1 << 52) - 1})")  # and the sign
    x = e.value(f"bitcast {ints} {e.value(f'or {ints} {mantissa}, {exponent}')} to {kind}")
    got, want = (e.value(f"bitcast {kind} {e.value(f'call {kind} {f}({kind} {x}, {everyone})')} to {ints}") for f in (vectors, libm))
    found = e.value(f"bitcast <{width} x i1> {e.value(f'icmp ne {ints} {got}, {want}')} to i{width}")
    differing = e.value(f"zext i{width} {e.call(f'i{width}', f'llvm.ctpop.i{width}', f'i{width} {found}')} to i64")
    total = e.value(f"load i64, ptr {wrong}")
    e.do(f"store i64 {e.value(f'add i64 {total}, {differing}')}, ptr {wrong}")
    before = e.value(f"load i64, ptr {turn}")
    turns = e.value(f"add i64 {before}, {width}")
    e.do(f"store i64 {turns}, ptr {turn}")
    e.branch_if(e.value(f"icmp slt i64 {turns}, {_TRIALS}"), "turn", "over")
    e.place("over")
    e.do(f"ret i64 {e.value(f'load i64, ptr {wrong}')}")
    module.define(e.function("define i64 @trial()"))
    loaded = Loaded(Image.loads(assemble(str(module))), resolve)
    return int(ctypes.CFUNCTYPE(ctypes.c_int64)(loaded["trial"])())


def _emit_libm(module: Module, name: str, width: int) -> str:
    """The function that asks libm, lane by lane."""
    from accel.lower.lane_calls import emit_each
    from accel.lower.ssa import Operation

    return emit_each(module, Operation("call", type="double", types=["double"], detail=f"libm.{name}"), width)
