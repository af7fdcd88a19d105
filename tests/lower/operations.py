"""Single operations as machine code, and the comparison of what they give with CPython."""

from __future__ import annotations

import builtins
import cmath
import ctypes
import itertools
import math
import random
import re
import struct
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from accel.lower.layout import Value, components
from accel.lower.text import Emitter, Module
from accel.types.kinds import Bool, Complex, Float, Int, Kind, NoneKind, Tuple, Union

INTS = [
    0,
    1,
    -1,
    2,
    -2,
    3,
    5,
    -7,
    10,
    31,
    62,
    63,
    64,
    100,
    1000,
    -12345,
    2**31,
    2**32 + 1,
    3037000500,
    2**53 - 1,
    2**53,
    2**53 + 1,
    -(2**53) - 1,
    2**62,
    2**62 + 513,
    2**63 - 513,
    2**63 - 1,
    -(2**63),
    -(2**63) + 1,
]
FLOATS = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    -0.5,
    1.5,
    2.5,
    -2.5,
    3.0,
    -3.7,
    0.1,
    1e-5,
    7.25,
    100.0,
    12345.678,
    1e15,
    2.0**52 + 0.5,
    2.0**53,
    -(2.0**53),
    2.0**62,
    2.0**63,
    -(2.0**63),
    1e300,
    -1e300,
    1.7976931348623157e308,
    5e-324,
    -5e-324,
    2.2250738585072014e-308,
    math.inf,
    -math.inf,
    math.nan,
    0.49999999999999994,
    1.0000000000000002,
]
BOOLS = [False, True]
COMPLEXES = [
    complex(a, b)
    for a, b in [
        (0.0, 0.0),
        (-0.0, 0.0),
        (1.0, 0.0),
        (0.0, 1.0),
        (1.0, -0.0),
        (3.5, -2.25),
        (-1.5, 0.3),
        (1e200, 1e200),
        (-2.0, 1e-200),
        (math.inf, 1.0),
        (1.0, math.nan),
        (math.nan, math.nan),
        (2.0, math.inf),
        (5e-324, -5e-324),
    ]
]
VALUES: dict[Kind, list[Any]] = {Int(): INTS, Float(): FLOATS, Bool(): BOOLS, Complex(): COMPLEXES, NoneKind(): [None]}
PLAIN: dict[Kind, type] = {Int(): int, Float(): float, Bool(): bool, Complex(): complex, NoneKind(): type(None)}
NUMBERS: tuple[Kind, ...] = (Int(), Float(), Bool(), Complex())

_MEMORY = {"i1": "i8"}
_engines: list[Any] = []


def encode(kind: Kind, value: Any) -> list[int]:
    """The words of a value, one per component."""
    match kind:
        case Int():
            return [value & 0xFFFFFFFFFFFFFFFF]
        case Bool():
            return [int(value)]
        case Float():
            return [_bits(value)]
        case Complex():
            return [_bits(value.real), _bits(value.imag)]
        case Tuple(items):
            return [w for item, part in zip(items, value, strict=True) for w in encode(item, part)]
        case Union(members):
            from accel.lower.layout import member_positions

            tag = next(k for k, m in enumerate(members) if PLAIN[m] is type(value))
            words = [tag, *[0] * (len(components(kind)) - 1)]
            for place, word in zip(member_positions(kind, members[tag]), encode(members[tag], value), strict=True):
                words[place] = word
            return words
    return []


def decode(kind: Kind, words: Sequence[int]) -> Any:
    """The value that lies in the words of a result."""
    match kind:
        case Int():
            return words[0] - (1 << 64) if words[0] >> 63 else words[0]
        case Bool():
            return bool(words[0] & 1)
        case Float():
            return _double(words[0])
        case Complex():
            return complex(_double(words[0]), _double(words[1]))
        case Tuple(items):
            found, at = [], 0
            for item in items:
                found.append(decode(item, words[at:]))
                at += len(components(item))
            return tuple(found)
        case Union(members):
            from accel.lower.layout import member_positions

            member = members[words[0] & 0xFF]
            return decode(member, [words[p] for p in member_positions(kind, member)])
    return None


def _bits(value: float) -> int:
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def _double(word: int) -> float:
    return float(struct.unpack("<d", struct.pack("<Q", word))[0])


@dataclass
class Operation:
    """One operation on values of fixed kinds."""

    kinds: tuple[Kind, ...]
    result: Kind
    emit: Callable[[Emitter, list[Value]], Value]
    reference: Callable[..., Any]
    literals: dict[int, str] = field(default_factory=dict)  # argument number -> operand text instead of a load
    name: str = ""
    address: int = 0

    def text(self, module: Module) -> str:
        """The LLVM function: words in, words out, 0 for a value and 1 for an exit."""
        e = Emitter(module)
        e.exit_label = "leave"
        at, values = 0, []
        for number, kind in enumerate(self.kinds):
            value = []
            for type_ in components(kind):
                place = e.value(f"getelementptr i64, ptr %arguments, i64 {at}")
                part = e.value(f"load {_MEMORY.get(type_, type_)}, ptr {place}")
                value.append(e.value(f"trunc i8 {part} to i1") if type_ == "i1" else part)
                at += 1
            values.append((self.literals[number],) if number in self.literals else tuple(value))
        made = self.emit(e, values)
        assert len(made) == len(components(self.result)), f"{self.name}: {made} is no {self.result}"
        for k, (type_, part) in enumerate(zip(components(self.result), made, strict=True)):
            place = e.value(f"getelementptr i64, ptr %result, i64 {k}")
            if type_ == "i1":
                part = e.value(f"zext i1 {part} to i8")
            e.do(f"store {_MEMORY.get(type_, type_)} {part}, ptr {place}")
        e.do("ret i32 0")
        e.place("leave")
        e.do("ret i32 1")
        return e.function(f'define i32 @"{self.name}"(ptr %arguments, ptr %result)')

    def run(self, arguments: Sequence[Any]) -> tuple[bool, Any]:
        """Whether a value came, and the value."""
        words = [w for kind, value in zip(self.kinds, arguments, strict=True) for w in encode(kind, value)]
        given = (ctypes.c_uint64 * max(len(words), 1))(*words)
        made = (ctypes.c_uint64 * max(len(components(self.result)), 1))()
        function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(self.address)
        if function(ctypes.addressof(given), ctypes.addressof(made)):
            return False, None
        return True, decode(self.result, list(made))


def build(operations: Sequence[Operation]) -> None:
    """Compile all operations in one module."""
    import llvmlite.binding as llvm

    module = Module()
    for number, operation in enumerate(operations):
        operation.name = operation.name or f"operation{number}"
        module.define(operation.text(module))
    text = str(module)
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    for name in set(re.findall(r'@"libm\.(\w+)"', text)):
        address = ctypes.cast(getattr(ctypes.CDLL("libm.so.6"), name), ctypes.c_void_p).value
        llvm.add_symbol(f"libm.{name}", address)
    parsed = llvm.parse_assembly(text)
    parsed.verify()
    target = llvm.Target.from_default_triple()
    features = llvm.get_host_cpu_features().flatten()
    machine = target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=2)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(parsed, builder)
    engine = llvm.create_mcjit_compiler(parsed, machine)
    engine.finalize_object()
    _engines.append(engine)
    for operation in operations:
        operation.address = engine.get_function_address(operation.name)


def same(a: Any, b: Any) -> bool:
    """Equal in type, value, sign of zero; any NaN equals any NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, complex):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, float):
        return (a != a and b != b) or _bits(a) == _bits(b)
    return bool(a == b)


def fits(kind: Kind, value: Any) -> bool:
    """Whether compiled code can give this value as a value of this kind."""
    if isinstance(kind, Union):
        return any(fits(member, value) for member in kind.members)
    if isinstance(kind, Tuple):
        return isinstance(value, tuple) and len(value) == len(kind.items) and all(map(fits, kind.items, value))
    return type(value) is PLAIN[kind] and (type(value) is not int or -(2**63) <= value < 2**63)


@dataclass
class Count:
    """What a comparison found."""

    right: int = 0
    left: int = 0  # exits where CPython gives a value the kind could hold
    must_leave: int = 0
    wrong: list[str] = field(default_factory=list)


def compare(operation: Operation, cases: Iterable[Sequence[Any]]) -> Count:
    """Run every case in machine code and in CPython."""
    count = Count()
    for arguments in cases:
        came, value = operation.run(arguments)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            try:
                wanted, possible = operation.reference(*arguments), True
            except (ArithmeticError, ValueError, TypeError, Warning):
                wanted, possible = None, False
        possible = possible and fits(operation.result, wanted)
        if not came:
            count.left += possible
            count.must_leave += not possible
        elif possible and same(value, wanted):
            count.right += 1
        else:
            count.wrong.append(f"{operation.name}{tuple(arguments)!r}: {value!r}, not {wanted!r}")
    return count


MODULES = {"builtins": builtins, "math": math, "cmath": cmath}
REALS: tuple[Kind, ...] = (Int(), Float(), Bool())


def call(name: str, kinds: tuple[Kind, ...]) -> Operation | None:
    """A call of a known function, None where there is no rule for these kinds."""
    from accel.lower.functions import emit_function
    from accel.types.functions import function_kind

    result = function_kind(name, kinds)
    if result is None:
        return None
    module, _, function = name.partition(".")
    reference = getattr(MODULES[module], function)
    return Operation(kinds, result, lambda e, v: emit_function(e, name, kinds, v), reference, name=f"{name} {kinds}")


def check_calls(name: str, cases: dict[tuple[Kind, ...], Sequence[Sequence[Any]]], limit: float = 0.0) -> list[Count]:
    """See that no call is wrong, and that at most the share `limit` of what can be done is left to CPython."""
    operations = []
    for kinds in cases:
        made = call(name, kinds)
        assert made is not None, (name, kinds)
        operations.append(made)
    build(operations)
    counts = [compare(o, cases[o.kinds]) for o in operations]
    wrong = [w for count in counts for w in count.wrong]
    assert not wrong, "\n".join(wrong[:20])
    for made, count in zip(operations, counts, strict=True):
        assert count.left <= limit * (count.left + count.right), f"{made.name} leaves {count.left}, does {count.right}"
    return counts


def random_floats(seed: int, count: int) -> list[float]:
    """Floats of very different magnitudes."""
    rng = random.Random(seed)
    return [rng.uniform(-1, 1) * 2.0 ** rng.choice([0, 0, 1, 3, 8, -10, 30, 600, -600]) for _ in range(count)]


def pairs(a: Sequence[Any], b: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Every combination."""
    return list(itertools.product(a, b))
