"""`exp` of float64 in lanes, with the bits of the platform's libm.

The algorithm is that of glibc since 2.28 (Szabolcs Nagy, "exp.c" of Arm's optimized routines): with k = round(128 x / ln 2), i = k mod 128 and
r = x - k ln 2 / 128, exp(x) = 2**(k // 128) * 2**(i / 128) * (1 + p(r)), where p is a polynomial of degree 5 and 2**(i / 128) comes from a
table of two parts, H * (1 + T). Its error is below 0.52 ULP. Elements from 512 on, infinities and NaN are libm's.

It is used only where a test has found that libm on this machine gives the same bits, for 100,000 numbers.
"""

from __future__ import annotations

import ctypes
import struct

from accel.lower.machine import assemble, vector_bits
from accel.lower.text import Emitter, Module, float_text
from accel.runtime.image import Image, Loaded
from accel.runtime.symbols import resolve

__all__ = ["emit_vector_exp", "is_libm_known"]

_SIZE = 128  # of the table
_BOUND = 512.0
_PER_LN2 = float.fromhex("0x1.71547652b82fep0") * _SIZE
_LN2_HIGH, _LN2_LOW = float.fromhex("-0x1.62e42fefa0000p-8"), float.fromhex("-0x1.cf79abc9e3b39p-47")  # of -ln 2 / 128
_SHIFT = float.fromhex("0x1.8p52")  # added, it leaves an integer in the low bits
_P2, _P3 = float.fromhex("0x1.ffffffffffdbdp-2"), float.fromhex("0x1.555555555543cp-3")
_P4, _P5 = float.fromhex("0x1.55555cf172b91p-5"), float.fromhex("0x1.1111167a4d017p-7")
_TRIALS = 100_000
_known: dict[int, bool] = {}


def _tables() -> tuple[list[int], list[int]]:
    """Bits of the two parts of 2**(i / 128): H without the exponent that k brings along, and T."""
    from decimal import Decimal, localcontext

    high: list[int] = []
    tail: list[int] = []
    with localcontext() as context:
        context.prec = 50
        for i in range(_SIZE):
            power = Decimal(2) ** (Decimal(i) / _SIZE)
            nearest = float(power)
            (bits,) = struct.unpack("<q", struct.pack("<d", nearest))
            high.append(bits - (i << 52) // _SIZE)
            tail += struct.unpack("<q", struct.pack("<d", float(power / Decimal(nearest) - 1)))
    return high, tail


def is_libm_known(bits: int) -> bool:
    """Whether vectors of so many bits give what libm gives on this machine. Found out once in a process."""
    if bits < 256:  # no fused multiply-add, no gathers
        return False
    if bits not in _known:
        _known[bits] = bits == vector_bits() and _count_differences(bits // 64) == 0
    return _known[bits]


def _count_differences(width: int) -> int:
    """Differences between vectors and libm, for numbers of all sizes the vectors are for."""
    module = Module()
    name, libm = emit_vector_exp(module, width), _emit_libm(module, width)
    e, kind, ints, everyone = Emitter(module), f"<{width} x double>", f"<{width} x i64>", f"i{width} -1"
    seeds = ", ".join(f"i64 {88172645463325252 + 362436069 * k}" for k in range(width))
    state, wrong, turn = e.slot(ints, align=64, initial=f"<{seeds}>"), e.slot("i64", initial="0"), e.slot("i64", initial="0")
    e.branch("turn")
    e.place("turn")
    bits = e.value(f"load {ints}, ptr {state}")
    for how, distance in (("shl", 13), ("lshr", 7), ("shl", 17)):  # xorshift
        bits = e.value(f"xor {ints} {bits}, {e.value(f'{how} {ints} {bits}, splat (i64 {distance})')}")
    e.do(f"store {ints} {bits}, ptr {state}")
    size = e.value(f"urem {ints} {e.value(f'lshr {ints} {bits}, splat (i64 53)')}, splat (i64 25)")  # exponents from -16 to 8
    exponent = e.value(f"shl {ints} {e.value(f'add {ints} {size}, splat (i64 {1023 - 16})')}, splat (i64 52)")
    mantissa = e.value(f"and {ints} {bits}, splat (i64 {-(1 << 63) | (1 << 52) - 1})")  # and the sign
    x = e.value(f"bitcast {ints} {e.value(f'or {ints} {mantissa}, {exponent}')} to {kind}")
    got, want = (e.value(f"call {kind} {function}({kind} {x}, {everyone})") for function in (name, libm))
    found = e.value(f"bitcast <{width} x i1> {e.value(f'fcmp une {kind} {got}, {want}')} to i{width}")
    count = e.value(f"zext i{width} {e.call(f'i{width}', f'llvm.ctpop.i{width}', f'i{width} {found}')} to i64")
    total = e.value(f"load i64, ptr {wrong}")
    e.do(f"store i64 {e.value(f'add i64 {total}, {count}')}, ptr {wrong}")
    before = e.value(f"load i64, ptr {turn}")
    turns = e.value(f"add i64 {before}, {width}")
    e.do(f"store i64 {turns}, ptr {turn}")
    e.branch_if(e.value(f"icmp slt i64 {turns}, {_TRIALS}"), "turn", "over")
    e.place("over")
    e.do(f"ret i64 {e.value(f'load i64, ptr {wrong}')}")
    module.define(e.function("define i64 @trial()"))
    loaded = Loaded(Image.loads(assemble(str(module))), resolve)
    return int(ctypes.CFUNCTYPE(ctypes.c_int64)(loaded["trial"])())


def emit_vector_exp(module: Module, width: int) -> str:
    """The quoted name of a function of `<width x double>` and a mask, `i{width}`, of the lanes that count; defines it."""
    name = f"exp.x{width}"
    if module.has_support(name):
        return f'@"{name}"'
    e, kind, ints, flags = Emitter(module), f"<{width} x double>", f"<{width} x i64>", f"<{width} x i1>"
    fma = f'@"llvm.fma.v{width}f64"'
    gather = f'@"llvm.masked.gather.v{width}i64.v{width}p0"'
    module.declare(f"llvm.fma.v{width}f64", kind, (kind,) * 3)
    module.declare(f"llvm.fabs.v{width}f64", kind, (kind,))
    module.declare(f"llvm.masked.gather.v{width}i64.v{width}p0", ints, (f"<{width} x ptr>", "i32", flags, ints))
    high, tail = (
        module.constant(f"exp.{part}", f"[{_SIZE} x i64] [{', '.join(f'i64 {b}' for b in bits)}]")
        for part, bits in zip(("high", "tail"), _tables(), strict=True)
    )

    def fused(x: str, y: str, z: str) -> str:
        return e.value(f"call {kind} {fma}({kind} {x}, {kind} {y}, {kind} {z})")

    def number(value: float) -> str:
        return f"splat (double {float_text(value)})"

    def look_up(table: str, index: str) -> str:
        places = e.value(f"getelementptr i64, ptr {table}, {ints} {index}")
        return e.value(f"call {ints} {gather}(<{width} x ptr> {places}, i32 8, {flags} splat (i1 true), {ints} poison)")

    size = e.value(f'call {kind} @"llvm.fabs.v{width}f64"({kind} %x)')
    usual = e.value(f"fcmp olt {kind} {size}, {number(_BOUND)}")
    x = e.value(f"select {flags} {usual}, {kind} %x, {kind} zeroinitializer")
    shifted = fused(x, number(_PER_LN2), number(_SHIFT))
    k = e.value(f"bitcast {kind} {shifted} to {ints}")
    rounded = e.value(f"fsub {kind} {shifted}, {number(_SHIFT)}")
    r = fused(rounded, number(_LN2_LOW), fused(rounded, number(_LN2_HIGH), x))
    index = e.value(f"and {ints} {k}, splat (i64 {_SIZE - 1})")
    top = e.value(f"shl {ints} {k}, splat (i64 45)")
    scale = e.value(f"bitcast {ints} {e.value(f'add {ints} {look_up(high, index)}, {top}')} to {kind}")
    rest = e.value(f"fadd {kind} {e.value(f'bitcast {ints} {look_up(tail, index)} to {kind}')}, {r}")
    r2 = e.value(f"fmul {kind} {r}, {r}")
    rest = fused(r2, fused(r, number(_P3), number(_P2)), rest)
    rest = fused(e.value(f"fmul {kind} {r2}, {r2}"), fused(r, number(_P5), number(_P4)), rest)
    result = fused(scale, rest, scale)
    active = e.value(f"bitcast i{width} %mask to {flags}")
    left = e.value(f"and {flags} {active}, {e.value(f'xor {flags} {usual}, splat (i1 true)')}")
    word = e.value(f"bitcast {flags} {left} to i{width}")
    e.branch_if(e.value(f"icmp eq i{width} {word}, 0"), "all", "some", likely=True)
    e.place("all")
    e.do(f"ret {kind} {result}")
    e.place("some")
    others = e.value(f"call {kind} {_emit_libm(module, width)}({kind} %x, i{width} {word})")
    e.do(f"ret {kind} {e.value(f'select {flags} {left}, {kind} {others}, {kind} {result}')}")
    module.define_once(name, e.function(f'define internal {kind} @"{name}"({kind} %x, i{width} %mask)'))
    return f'@"{name}"'


def _emit_libm(module: Module, width: int) -> str:
    """The function that asks libm, lane by lane."""
    from accel.lower.lane_calls import emit_each
    from accel.lower.ssa import Operation

    return emit_each(module, Operation("call", type="double", types=["double"], detail="libm.exp"), width)
