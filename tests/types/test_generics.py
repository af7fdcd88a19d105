"""Generic structs: a struct for each set of arguments, whose annotations and methods know them."""

import dataclasses
import pickle
import subprocess
import sys
from typing import ClassVar, Generic, Literal, TypeVar

import pytest

import accel
from accel import comptime
from accel.types import Float32, Float64
from tests.exactness.agreement import agree_with_disabled

T = TypeVar("T")
N = TypeVar("N")


@accel.struct
class Pair(Generic[T]):
    first: T
    second: T

    UNITS: ClassVar[str] = "m"

    def swapped(self):
        return Pair[T](self.second, self.first)

    def total(self):
        return self.first + self.second

    @classmethod
    def zero(cls):
        return cls(T(0), T(0))

    @property
    def kind(self):
        return T(1)

    def twice(self):
        return (lambda v: T(v) + T(v))(self.first)


@accel.struct
class Vec(Generic[T, N]):
    data: "tuple[(T,) * N]"

    def __add__(self, other):
        return Vec[T, N](tuple(self.data[k] + other.data[k] for k in comptime(range(N))))

    def dot(self, other):
        s = T(0)
        for k in comptime(range(N)):
            s += self.data[k] * other.data[k]
        return s

    def __getitem__(self, k):
        return self.data[k]

    @staticmethod
    def length():
        return N


def pairs(p):
    return p.swapped(), p.total(), p.kind, type(p).zero(), Pair[float](1, 2).total(), p.twice()


def vectors(v, w):
    return v + w, v.dot(w), v[0], v.length(), (v + w).dot(v)


A, B = Vec[float, 3]((1.0, 2.0, 3.0)), Vec[float, 3]((0.5, -1.0, 4.0))
CASES = [
    (pairs, [(Pair[float](1.5, 2.0),), (Pair[int](3, 4),), (Pair[Float32](Float32(1), Float32(2)),), (Pair[int](2**62, 2**62),)]),
    (vectors, [(A, B), (Vec[int, 2]((3, 4)), Vec[int, 2]((5, 6))), (Vec[Float64, 1]((Float64(2),)), Vec[Float64, 1]((Float64(3),)))]),
]


@pytest.mark.parametrize(("function", "inputs"), CASES, ids=[function.__name__ for function, _ in CASES])
def test_compiled_code_gives_what_cpython_gives(function, inputs):
    compiled = agree_with_disabled(function, inputs)
    assert len(compiled.accel.signatures) >= len(inputs) - 1, compiled.accel.explain()


def test_a_struct_for_each_set_of_arguments():
    assert Pair[float] is Pair[float] and Pair[float] is not Pair[int] and Vec[float, Literal[3]] is Vec[float, 3]
    assert repr(Pair[float](1, 2)) == "Pair[float](first=1.0, second=2.0)" and Pair[float](1, 2) != Pair[int](1, 2) and Pair[int].UNITS == "m"
    assert repr(A) == "Vec[float, 3](data=(1.0, 2.0, 3.0))" and dataclasses.replace(A, data=(0, 0, 0)) == Vec[float, 3]((0.0,) * 3)
    assert pickle.loads(pickle.dumps(A)) == A and type(pickle.loads(pickle.dumps(A))) is Vec[float, 3]
    assert Pair[float].array(2).dtype.names == ("first", "second") and Pair[Pair[float]](Pair[float](1, 2), Pair[float](3, 4)).second.first == 3.0
    assert isinstance(Pair[int](1, 2), Pair) and not isinstance(A, Pair) and not isinstance(3, Pair)
    with pytest.raises(accel.ArgumentError, match="`Pair` is generic"):
        Pair(1.0, 2.0)
    with pytest.raises(accel.ArgumentError, match="`Vec` has 2 parameters, got 1"):
        Vec[float]
    with pytest.raises(TypeError, match=r"takes float for `first`, got str"):
        Pair[float]("1", 2)
    with pytest.raises(accel.DecorationError, match="the field `first` of `Pair"):
        Pair[list]


def test_an_operation_that_an_argument_lacks():
    @accel.fn(strict=True)
    def total(p):
        return p.total()

    with pytest.raises(accel.CompileError, match=r"`\+` of Pair"):
        total(Pair[Pair[int]](Pair[int](1, 2), Pair[int](3, 4)))


PROGRAM = """
import accel, sys
from typing import Generic, TypeVar
T = TypeVar("T")
@accel.struct
class Box(Generic[T]):
    held: T
    def twice(self):
        return Box[T](self.held + T(self.held))
@accel.fn
def grown(b, n):
    for _ in range(n):
        b = b.twice()
    return b
print(grown(Box[float](1.5), 4), grown(Box[int](3), 70))
"""


def test_the_same_with_accel_off_and_in_a_warm_process(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM + "print('llvmlite' in sys.modules, hasattr(grown, 'accel') and grown.accel.compiled)\n")

    def run(**extra):
        given = subprocess.run([sys.executable, str(path)], env={"PYTHONPATH": str(accel.__path__[0]) + "/..", "ACCEL_CACHE_DIR": str(tmp_path), **extra},
                               capture_output=True, text=True, check=True)  # fmt: skip
        return given.stdout.splitlines()

    off, cold, warm = run(ACCEL="0"), run(), run()
    assert off[0] == cold[0] == warm[0] and (cold[1], warm[1]) == ("True True", "False True")
