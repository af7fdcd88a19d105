"""Values of every NumPy scalar type, and operations on them as machine code compared with NumPy."""

from __future__ import annotations

import ctypes
import itertools
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy

from accel.lower.layout import components
from accel.types.kinds import DTYPES, Bool, Complex, Float, Int, Kind, Scalar, Tuple, Union
from tests.lower import operations
from tests.lower.operations import Count, Operation

SCALARS: tuple[Kind, ...] = tuple(map(Scalar, DTYPES))
PYTHON: tuple[Kind, ...] = (Int(), Float(), Bool(), Complex())
KINDS = SCALARS + PYTHON
PAIRS = [p for p in itertools.product(KINDS, repeat=2) if any(isinstance(k, Scalar) for k in p)]
# One of each width, sign and family: what the quick tests combine.
QUICK = (*map(Scalar, "?bBHlLefdD"), *PYTHON)
QUICK_PAIRS = [p for p in itertools.product(QUICK, repeat=2) if p in PAIRS]

_FLOATS = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -2.5, 3.0, 0.1, 7.0, -0.7, 1e-3, 300.0, -129.0, 65504.0, 1e-7, 1e6, float("inf"), -float("inf"), float("nan")]
_INTS = [0, 1, -1, 2, 3, -3, 5, 7, -7, 8, 13, 31, 63, 64, 100, 127, 128, -128, 255, 256, 300, 32767, -32768, 65535, 2**31 - 1, -(2**31), 2**32,
         2**53 + 1, 2**62, 2**60 + 2**36 + 1, 2**63 - 1, -(2**63), 2**63, 2**64 - 1]  # fmt: skip
_COMPLEX = [0, complex(-0.0, 0.0), 1, 1j, complex(1, -2), complex(-3.5, 0.25), complex(0.1, 3), 2, 3, complex(1e30, 1e30), complex(1e-30, -1e-30),
            complex(float("inf"), 1), complex(float("nan"), 2), complex(1, float("nan")), complex(2, -float("inf"))]  # fmt: skip


def values_of(kind: Kind) -> list[Any]:
    """Edge values of a kind."""
    match kind:
        case Bool():
            return [False, True]
        case Int():
            return [v for v in _INTS if -(2**63) <= v < 2**63]
        case Float():
            return [*_FLOATS, 1e300, -1e300, 5e-324, 2049.0, 2051.0, 1 + 2.0**-11 + 2.0**-40, 65519.999, 65520.0, 3.4e38, 3.5e38, 1.0000000596046448]
        case Complex():
            return [complex(v) for v in (*_COMPLEX, complex(1e300, 1e200), complex(1e-320, 2))]
    assert isinstance(kind, Scalar)
    make, family = numpy.dtype(kind.char).type, kind.dtype.family
    if family == "b":
        return [make(False), make(True)]
    if family in "iu":
        limits = numpy.iinfo(make)
        return [make(v) for v in _INTS if limits.min <= v <= limits.max]
    with numpy.errstate(all="ignore"):
        limits = numpy.finfo(make)
        edges = [limits.max, limits.tiny, limits.smallest_subnormal, -limits.smallest_subnormal, limits.eps]
        plain: list[Any] = _FLOATS if family == "f" else _COMPLEX
        return [make(v) for v in (*plain, *edges)]


def encode(kind: Kind, value: Any) -> list[int]:
    """The words of a value, one per component."""
    if isinstance(kind, Scalar):
        parts = [value.real, value.imag] if kind.dtype.family == "c" else [value]
        return [int.from_bytes(numpy.asarray(p).tobytes(), "little") for p in parts]
    return operations.encode(kind, value)


def decode(kind: Kind, words: Sequence[int]) -> Any:
    """The value that lies in the words of a result."""
    if isinstance(kind, Scalar):
        count = len(components(kind))
        size = kind.dtype.size_bytes // count
        raw = b"".join(w.to_bytes(8, "little")[:size] for w in words[:count])
        return numpy.frombuffer(raw, kind.char)[0]
    if isinstance(kind, Tuple):
        found, at = [], 0
        for item in kind.items:
            found.append(decode(item, words[at:]))
            at += len(components(item))
        return tuple(found)
    if isinstance(kind, Union):
        from accel.lower.layout import member_positions

        member = kind.members[words[0] & 0xFF]
        return decode(member, [words[p] for p in member_positions(kind, member)])
    return operations.decode(kind, words)


class NumpyOperation(Operation):
    """An operation some of whose operands are NumPy scalars."""

    def run(self, arguments: Sequence[Any]) -> tuple[bool, Any]:
        """Whether a value came, and the value."""
        words = [w for kind, value in zip(self.kinds, arguments, strict=True) for w in encode(kind, value)]
        given = (ctypes.c_uint64 * max(len(words), 1))(*words)
        made = (ctypes.c_uint64 * max(len(components(self.result)), 1))()
        function = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(self.address)
        if function(ctypes.addressof(given), ctypes.addressof(made)):
            return False, None
        return True, decode(self.result, list(made))


def same(a: Any, b: Any) -> bool:
    """Equal in type and bits; any NaN equals any NaN."""
    if type(a) is not type(b):
        return False
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, (complex, numpy.complexfloating)):
        return same(a.real, b.real) and same(a.imag, b.imag)
    if isinstance(a, numpy.generic):
        return bool(a != a and b != b) or a.tobytes() == b.tobytes()
    return operations.same(a, b)


def compare(operation: Operation, cases: Iterable[Sequence[Any]]) -> Count:
    """Run every case in machine code and in NumPy, for which a warning is as an exception: compiled code must have left."""
    count = Count()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for arguments in cases:
            came, value = operation.run(arguments)
            try:
                wanted, possible = operation.reference(*arguments), True
            except (ArithmeticError, ValueError, TypeError, Warning):
                wanted, possible = None, False
            if not came:
                count.left += possible
                count.must_leave += not possible
            elif possible and same(value, wanted):
                count.right += 1
            else:
                count.wrong.append(f"{operation.name}{tuple(arguments)!r}: {value!r}, not {wanted!r}")
    return count


def check(found: Iterable[Operation], allowed: float, choose: Callable[[Any, Any], bool] = lambda *_: True) -> dict[str, Count]:
    """Compile, compare all edge values, and see that nothing is wrong and that at most the part `allowed` leaves needlessly."""
    made = list(found)
    operations.build(made)
    counts = {}
    for operation in made:
        cases = itertools.product(*map(values_of, operation.kinds))
        counts[operation.name] = compare(operation, (c for c in cases if len(c) < 2 or choose(*c[:2])))
    wrong = [w for count in counts.values() for w in count.wrong]
    assert not wrong, f"{len(wrong)} wrong\n" + "\n".join(wrong[:20])
    for name, count in counts.items():
        assert count.left <= allowed * (count.left + count.right) + 1, f"{name} leaves {count.left}, does {count.right}"
    return counts
