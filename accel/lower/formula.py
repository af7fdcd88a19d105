"""Formulas for numbers, or for vectors of numbers, written as arithmetic: what is emitted depends on the lanes only by the type.

`Term` is an operand with its type; `+ - * /` and, of integers, `& | ^ << >>` (which fills with zeros) emit one instruction each. Nothing is reassociated or contracted:
where two operations are to be one, the formula says `fma`. So the bits are the same for any number of lanes and any processor.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence

from accel.lower.lane_calls import emit_each
from accel.lower.ssa import Operation
from accel.lower.text import Emitter, Module, float_text

__all__ = ["Formula", "Term", "to_float32"]

_FLOAT = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
_WHOLE = {"+": "add", "-": "sub", "&": "and", "|": "or", "^": "xor", "<<": "shl", ">>": "lshr"}
_BITS = {"double": "i64", "float": "i32"}
_SUFFIX = {"double": "f64", "float": "f32"}
_RELATIONS = {"<": "olt", "<=": "ole", ">": "ogt", ">=": "oge", "==": "oeq", "!=": "une"}


def to_float32(value: float) -> float:
    """The float32 next to a number."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


class Term:
    """An operand of a formula: `type` is that of an element, `text` what LLVM calls it."""

    __slots__ = ("formula", "text", "type")

    def __init__(self, formula: Formula, type_: str, text: str) -> None:
        self.formula, self.type, self.text = formula, type_, text

    def _with(self, symbol: str, left: object, right: object) -> Term:
        f = self.formula
        a, b = f.term(left, self.type), f.term(right, self.type)
        return f.emit(self.type, f"{(_FLOAT if self.type in _BITS else _WHOLE)[symbol]} {f.kind(self.type)} {a.text}, {b.text}")

    def __add__(self, other: Term | float) -> Term:
        return self._with("+", self, other)

    def __radd__(self, other: float) -> Term:
        return self._with("+", other, self)

    def __sub__(self, other: Term | float) -> Term:
        return self._with("-", self, other)

    def __rsub__(self, other: float) -> Term:
        return self._with("-", other, self)

    def __mul__(self, other: Term | float) -> Term:
        return self._with("*", self, other)

    def __rmul__(self, other: float) -> Term:
        return self._with("*", other, self)

    def __truediv__(self, other: Term | float) -> Term:
        return self._with("/", self, other)

    def __rtruediv__(self, other: float) -> Term:
        return self._with("/", other, self)

    def __and__(self, other: Term | int) -> Term:
        return self._with("&", self, other)

    def __or__(self, other: Term | int) -> Term:
        return self._with("|", self, other)

    def __xor__(self, other: Term | int) -> Term:
        return self._with("^", self, other)

    def __lshift__(self, count: int) -> Term:
        return self._with("<<", self, count)

    def __rshift__(self, count: int) -> Term:
        return self._with(">>", self, count)

    def __neg__(self) -> Term:
        return self.formula.emit(self.type, f"fneg {self.formula.kind(self.type)} {self.text}")

    def __abs__(self) -> Term:
        return self.formula.call("fabs", self)

    def test(self, relation: str, other: Term | float) -> Term:
        """Whether a relation holds (an i1); one of floats does not if either is NaN, but for `!=`; integers have `==` only."""
        f = self.formula
        compared = f"fcmp {_RELATIONS[relation]}" if self.type in _BITS else "icmp eq"
        return f.emit("i1", f"{compared} {f.kind(self.type)} {self.text}, {f.term(other, self.type).text}")

    def inverted(self) -> Term:
        """Where an i1 is false."""
        return self._with("^", self, 1)


class Formula:
    """Writes one function of `width` lanes.

    Parameters
    ----------
    module : Module
        Gets the function.
    type_ : str
        "double" or "float": that of the operands and of the result.
    width : int
        Lanes; with one the operands are no vectors.

    Attributes
    ----------
    active : Term, optional
        The lanes that count; rare ways are not taken on behalf of others.
    """

    def __init__(self, module: Module, type_: str, width: int) -> None:
        self.e, self.type, self.width = Emitter(module), type_, width
        self.active: Term | None = None

    @property
    def is_wide(self) -> bool:
        """Whether the operands are of float64."""
        return self.type == "double"

    def kind(self, type_: str) -> str:
        """The type of an operand, given that of an element."""
        return type_ if self.width == 1 else f"<{self.width} x {type_}>"

    def emit(self, type_: str, text: str) -> Term:
        """Append an instruction."""
        return Term(self, type_, self.e.value(text))

    def term(self, value: object, type_: str) -> Term:
        """A term as it is, a number as a constant of a type, rounded to it."""
        if isinstance(value, Term):
            assert value.type == type_, (value.type, type_)
            return value
        if type_ in _BITS:
            number = float(value)  # type: ignore[arg-type]
            text = float_text(number if type_ == "double" else to_float32(number))
        else:
            text = ("true" if value else "false") if type_ == "i1" else str(value)
        return Term(self, type_, text if self.width == 1 else f"splat ({type_} {text})")

    def call(self, name: str, *operands: Term) -> Term:
        """An intrinsic of LLVM that takes and gives the same type."""
        type_, kind = operands[0].type, self.kind(operands[0].type)
        suffix = _SUFFIX[type_] if self.width == 1 else f"v{self.width}{_SUFFIX[type_]}"
        symbol = self.e.module.declare(f"llvm.{name}.{suffix}", kind, (kind,) * len(operands))
        return self.emit(type_, f"call {kind} {symbol}({', '.join(f'{kind} {o.text}' for o in operands)})")

    def fma(self, x: Term, y: Term | float, z: Term | float) -> Term:
        """`x * y + z`, rounded once."""
        return self.call("fma", x, self.term(y, x.type), self.term(z, x.type))

    def copysign(self, x: Term, y: Term) -> Term:
        """The magnitude of x with the sign of y."""
        return self.call("copysign", x, y)

    def select(self, condition: Term, then: Term | float, otherwise: Term | float) -> Term:
        """Lane by lane."""
        known = then if isinstance(then, Term) else otherwise
        assert isinstance(known, Term)
        type_, kind = known.type, self.kind(known.type)
        a, b = self.term(then, type_), self.term(otherwise, type_)
        return self.emit(type_, f"select {self.kind('i1')} {condition.text}, {kind} {a.text}, {kind} {b.text}")

    def bits(self, x: Term) -> Term:
        """The bits of a float as an integer."""
        return self._cast("bitcast", x, _BITS[x.type])

    def number(self, bits: Term) -> Term:
        """The float with these bits."""
        return self._cast("bitcast", bits, "double" if bits.type == "i64" else "float")

    def widened(self, x: Term) -> Term:
        """A float32 as float64."""
        return self._cast("fpext", x, "double") if x.type == "float" else x

    def narrowed(self, x: Term) -> Term:
        """A float64 rounded to the type of the result."""
        return self._cast("fptrunc", x, "float") if self.type == "float" and x.type == "double" else x

    def narrowed_bits(self, bits: Term) -> Term:
        """The low half of an i64."""
        return self._cast("trunc", bits, "i32")

    def _cast(self, how: str, x: Term, type_: str) -> Term:
        return self.emit(type_, f"{how} {self.kind(x.type)} {x.text} to {self.kind(type_)}")

    def polynomial(self, x: Term, coefficients: Sequence[float]) -> Term:
        """`c[0] + c[1] * x + ...`, by Horner's rule: many lanes hide how long the chain is."""
        total = self.term(coefficients[-1], x.type)
        for coefficient in reversed(coefficients[:-1]):
            total = self.fma(total, x, coefficient)
        return total

    # -- tables

    def table(self, name: str, words: Sequence[int]) -> str:
        """The address of constants of 64 bits; defines them."""
        return self.e.module.constant(name, f"[{len(words)} x i64] [{', '.join(f'i64 {w}' for w in words)}]")

    def look_up(self, table: str, index: Term) -> Term:
        """Words of a table, lane by lane."""
        kind, places = self.kind("i64"), self.kind("ptr")
        at = self.e.value(f"getelementptr i64, ptr {table}, {kind} {index.text}")
        if self.width == 1:
            return self.emit("i64", f"load i64, ptr {at}")
        gather = self.e.module.declare(f"llvm.masked.gather.v{self.width}i64.v{self.width}p0", kind, (places, "i32", self.kind("i1"), kind))
        return self.emit("i64", f"call {kind} {gather}({places} {at}, i32 8, {self.kind('i1')} splat (i1 true), {kind} poison)")

    # -- rare ways

    def unless_rare(self, rare: Term, usual: Term, compute: Callable[[], Term]) -> Term:
        """`usual`, and where a lane that counts is `rare`, what `compute` emits in a cold block instead."""
        e = self.e
        kept = rare if self.active is None else rare & self.active
        word = kept.text if self.width == 1 else e.value(f"bitcast {self.kind('i1')} {kept.text} to i{self.width}")
        cold, go_on, before = e.label("rare"), e.label("usual"), e.block
        condition = word if self.width == 1 else e.value(f"icmp ne i{self.width} {word}, 0")
        e.branch_if(condition, cold, go_on, likely=False)
        e.place(cold)
        made = self.select(kept, compute(), usual)
        end = e.block
        e.branch(go_on)
        e.place(go_on)
        return Term(self, usual.type, e.merge(self.kind(usual.type), (usual.text, before), (made.text, end)))

    def by_libm(self, name: str, where: Term, *operands: Term) -> Term:
        """A function of libm, for one lane after the other `where` that is wanted; elsewhere anything."""
        e, type_ = self.e, operands[0].type
        symbol = f"libm.{name}" + ("" if type_ == "double" else "f")
        types = [type_] * len(operands)
        e.module.declare(symbol, type_, tuple(types), "nounwind willreturn memory(none)")
        given = [f"{self.kind(type_)} {o.text}" for o in operands]
        if self.width == 1:
            return self.emit(type_, f'call {type_} @"{symbol}"({", ".join(given)})')
        kept = where if self.active is None else where & self.active
        word = e.value(f"bitcast {self.kind('i1')} {kept.text} to i{self.width}")
        each = emit_each(e.module, Operation("call", type=type_, types=types, detail=symbol), self.width)
        return self.emit(type_, f"call {self.kind(type_)} {each}({', '.join([*given, f'i{self.width} {word}'])})")
