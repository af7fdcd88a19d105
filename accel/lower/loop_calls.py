"""Calls of the inner loops of NumPy's ufuncs (`numpy.exp` and its like): for one element, or for all lanes of a vector."""

from __future__ import annotations

import re

from accel.lower.layout import element_type
from accel.lower.text import Emitter, Module, float_text
from accel.types.kinds import DTYPES

__all__ = ["define_loop_call", "find_lane_call", "is_the_same_for_vectors"]

_CALL = re.compile(r"accel\.numpy_(\w+)_([fd])")
_TRIALS = 64  # vectors whose elements must come out as they do alone
_same: dict[tuple[str, str, int], bool] = {}


def define_loop_call(module: Module, name: str, char: str, count: int, width: int = 1) -> str:
    """The quoted name of a function that applies a ufunc to so many operands of a dtype, numbers or vectors of `width`; defines it.

    With vectors it takes a mask, too, an integer of so many bits: other lanes compute with a number for which no ufunc raises flags.
    """
    type_, size = element_type(char), DTYPES[char].size_bytes
    kind = type_ if width == 1 else f"<{width} x {type_}>"
    symbol = f"numpy_{name}_{char}" + (f".x{width}" if width > 1 else "")
    if module.has_support(symbol):
        return f'@"accel.{symbol}"'
    e = Emitter(module)
    places = [e.slot(kind, align=64) for _ in range(count + 1)]
    data, steps, dims = e.slot(f"[{count + 1} x ptr]", align=8), e.slot(f"[{count + 1} x i64]", align=8), e.slot("i64", initial=str(width))
    active = e.value(f"bitcast i{width} %mask to <{width} x i1>") if width > 1 else ""
    idle = float_text(1.0 if name == "arccosh" else 0.5, type_)
    for k, place in enumerate(places):
        if k < count:
            given = e.value(f"select <{width} x i1> {active}, {kind} %x{k}, {kind} splat ({type_} {idle})") if active else f"%x{k}"
            e.do(f"store {kind} {given}, ptr {place}")
        e.do(f"store ptr {place}, ptr {e.value(f'getelementptr ptr, ptr {data}, i64 {k}')}")
        e.do(f"store i64 {size}, ptr {e.value(f'getelementptr i64, ptr {steps}, i64 {k}')}")
    loop, extra = (module.external(f"ufunc.{part}.{name}.{char}", may_be_null=True) for part in ("loop", "aux"))
    e.do(f"call void {loop}(ptr {data}, ptr {dims}, ptr {steps}, ptr {extra})")
    e.do(f"ret {kind} {e.value(f'load {kind}, ptr {places[-1]}')}")
    parameters = [f"{kind} %x{k}" for k in range(count)] + ([f"i{width} %mask"] if width > 1 else [])
    head = f'define internal {kind} @"accel.{symbol}"({", ".join(parameters)}) noinline nounwind willreturn memory(none)'
    module.define_once(symbol, e.function(head))
    return f'@"accel.{symbol}"'


def find_lane_call(module: Module, called: str, count: int, width: int) -> str:
    """The function for vectors that stands for one for numbers, as `define_loop_call` names it; empty for other functions, and for loops that
    do not give each element what they give it alone."""
    found = _CALL.fullmatch(called)
    if found is None or not is_the_same_for_vectors(found[1], found[2], width):
        return ""
    return define_loop_call(module, found[1], found[2], count, width)


def is_the_same_for_vectors(name: str, char: str, width: int) -> bool:
    """Whether a ufunc gives vectors of elements the bits it gives each of them. Tried out once in a process."""
    import numpy

    key = (name, char, width)
    if key not in _same:
        ufunc, random = getattr(numpy, name), numpy.random.default_rng(7)
        shape = (ufunc.nin, _TRIALS, width)
        values = (random.normal(size=shape) * 10.0 ** random.integers(-6, 4, shape)).astype(char)
        with numpy.errstate(all="ignore"):
            together = [ufunc(*(operand[k] for operand in values)) for k in range(_TRIALS)]
            alone = [[ufunc(*(operand[k, i] for operand in values)) for i in range(width)] for k in range(_TRIALS)]
        _same[key] = bool(numpy.array_equal(together, alone, equal_nan=True))
    return _same[key]
