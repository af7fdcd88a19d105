"""Tests of what a function of lanes is given: a form for numbers within limits gives up where one is not."""

from __future__ import annotations

from functools import reduce

from accel.lower.bounded import LIMITS
from accel.lower.integer_ranges import SMALL
from accel.lower.text import float_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from accel.lower.lanes import LaneWriter

__all__ = ["limit_parameters", "limit_shared"]

_BITS = {"double": 64, "float": 32}
_UP = -SMALL[0]  # what makes small integers natural numbers, of 32 bits


def limit_shared(writer: LaneWriter, type_: str, value: str) -> None:
    """Give up where what is the same for all lanes is beyond the limits, or NaN."""
    e = writer.e
    if writer.is_bounded and type_ in LIMITS:
        writer.test_shared(type_, value, "ugt", float_text(LIMITS[type_]))
    if writer.is_small and type_ == "i64":
        sound, moved = e.label("sound"), e.value(f"add i64 {value}, {_UP}")
        e.branch_if(e.value(f"icmp ugt i64 {moved}, {SMALL[1] + _UP}"), "giveup", sound, likely=False)
        e.place(sound)


def limit_parameters(writer: LaneWriter) -> None:
    """Give up where an element is."""
    names = {type_: [name for kind, name in writer.function.parameters if kind == type_ and writer.is_varying(name)] for type_ in (*LIMITS, "i64")}
    vectors = {type_: [value for name in found for value in writer.values[name]] for type_, found in names.items()}
    for type_, limit in LIMITS.items():
        if writer.is_bounded and vectors[type_]:
            _limit_floats(writer, type_, limit, vectors[type_])
    if writer.is_small and vectors["i64"]:
        _limit_integers(writer, vectors["i64"])


def _limit_floats(writer: LaneWriter, type_: str, limit: float, vectors: list[str]) -> None:
    """The bits of magnitudes are in the order of the magnitudes; those of NaN come last."""
    e, word = writer.e, f"i{_BITS[type_]}"
    kind, bits = writer.vector(type_), writer.vector(word)
    sizes = [e.value(f"and {bits} {e.value(f'bitcast {kind} {v} to {bits}')}, splat ({word} {(1 << _BITS[type_] - 1) - 1})") for v in vectors]
    larger = e.module.declare(f"llvm.smax.v{writer.shape.width}{word}", bits, (bits, bits))
    most = reduce(lambda a, b: e.value(f"call {bits} {larger}({bits} {a}, {bits} {b})"), sizes)
    writer.bad.append(writer.as_masks([e.value(f"icmp sgt {bits} {most}, bitcast ({kind} splat ({type_} {float_text(limit)}) to {bits})")]))


def _limit_integers(writer: LaneWriter, vectors: list[str]) -> None:
    """Nothing may be left in the upper halves."""
    e, kind = writer.e, writer.vector("i64")
    moved = [e.value(f"add {kind} {v}, splat (i64 {_UP})") for v in vectors]
    joined = reduce(lambda a, b: e.value(f"or {kind} {a}, {b}"), moved)
    upper = e.value(f"and {kind} {joined}, splat (i64 {-(1 << 32)})")
    writer.bad.append(writer.as_masks([e.value(f"icmp ne {kind} {upper}, zeroinitializer")]))
