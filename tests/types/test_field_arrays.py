"""Arrays of fixed shape and SIMD values as fields of structs: what CPython sees of them."""

from __future__ import annotations

import array
import copy
import dataclasses
import pickle
from typing import Any, Generic, Literal, NamedTuple, TypeVar

import numpy as np
import pytest

import accel
from accel import comptime
from accel.types import SIMD, Bool, Complex128, Float16, Float32, Float64, Int8, Int64, Tensor, UInt8, UInt64
from accel.types.field_arrays import MOST_ELEMENTS, MOST_HELD, fit_array, holds_array, name_of_array
from accel.types.kinds import FieldArray
from tests.exactness.agreement import agree_with_disabled

T = TypeVar("T")
N = TypeVar("N")
NAN = float("nan")


@accel.struct(order=True)
class Body:
    """A body."""

    position: Tensor[Float64, 3]
    mass: float = 1.0


@accel.struct
class Matrix:
    cells: Tensor[Float32, 2, 3]


@accel.struct
class Ray:
    origin: SIMD[Float32, 4]
    hit: bool = False


@accel.struct
class Vec(Generic[T, N]):
    data: Tensor[T, N]

    def __add__(self, other):
        return Vec[T, N](tuple(self.data[k] + other.data[k] for k in comptime(range(N))))

    def dot(self, other):
        total = T(0)
        for k in range(N):
            total += self.data[k] * other.data[k]
        return total


@accel.struct
class Packed(Generic[T, N]):
    lanes: SIMD[T, N]
    pair: tuple[Tensor[T, 2], int]


def first_line(error: BaseException) -> str:
    return str(error).splitlines()[0]


# -- construction


@pytest.mark.parametrize("given", [
    [1.0, 2, True], (1, 2.0, 1), np.array([1.0, 2.0, 1.0]), np.array([1.0, 9, 2.0, 9, 1.0])[::2], np.array([1.0, 2.0, 1.0], ">f8"), array.array("d", [1, 2, 1]),
    memoryview(np.array([1.0, 2.0, 1.0])), [np.float64(1), 2, 1], np.frombuffer(b"\0" + np.array([1.0, 2.0, 1.0]).tobytes(), offset=1),
])  # fmt: skip
def test_what_a_field_takes(given: Any) -> None:
    held = Body(given).position
    assert type(held) is np.ndarray and held.tolist() == [1.0, 2.0, 1.0] and held.dtype == np.dtype("d") and held.dtype.isnative and held.flags.aligned


@pytest.mark.parametrize(("given", "got"), [
    ([1, 2], "list"), ([1, 2, 3, 4], "list"), ((1, 2, "3"), "tuple"), ([1, 2, [3]], "list"), ([[1], [2], [3]], "list"), ("abc", "str"), (None, "NoneType"), (1.0, "float"),
    ([1, 2, 1j], "list"), ([1, 2, np.float32(3)], "list"), ([1, 2, np.int64(3)], "list"), ([1, 2, 10**400], "list"), ({1: 2}, "dict"), (range(3), "range"),
    (np.ones(4), "an array of float64 with the shape (4,)"), (np.ones((3, 1)), "an array of float64 with the shape (3, 1)"), (np.ones(3, "f"), "an array of float32 with the shape (3,)"),
    (np.arange(3), "an array of int64 with the shape (3,)"), (np.ones(3, object), "an array of object with the shape (3,)"), (np.float64(1), "numpy.float64"),
    (np.ma.masked_array([1.0, 2.0, 3.0], [0, 1, 0]), "an array of float64 with the shape (3,)"), (SIMD[Float64, 4](1), "SIMD[float64, 4]"), (b"abc", "bytes"),
])  # fmt: skip
def test_what_a_field_does_not_take(given: Any, got: str) -> None:
    with pytest.raises(TypeError) as raised:
        Body(given)
    assert first_line(raised.value) == f"`Body` takes Tensor[numpy.float64, 3] for `position`, got {got} [struct-argument]"


def test_a_list_that_contains_itself() -> None:
    ring: list[Any] = []
    ring += [ring, ring, ring]
    with pytest.raises(TypeError, match="got list"):
        Body(ring)


def test_rows() -> None:
    assert Matrix(((1, 2, 3), (4, 5, 6))).cells.tolist() == [[1, 2, 3], [4, 5, 6]]
    assert Matrix((np.ones(3, "f"), [4, 5, 6.5])).cells.tolist() == [[1, 1, 1], [4, 5, 6.5]]
    assert Matrix(np.arange(6, dtype="f").reshape(3, 2).T).cells.tolist() == [[0, 2, 4], [1, 3, 5]]
    for ragged in (((1, 2, 3), (4, 5)), ((1, 2, 3),), ((1, 2, 3), np.ones(3)), ((1, 2, 3), 4), (1, 2, 3, 4, 5, 6)):
        with pytest.raises(TypeError, match=r"`Matrix` takes Tensor\[numpy.float32, 2, 3\] for `cells`, got tuple"):
            Matrix(ragged)


@pytest.mark.parametrize(("char", "given", "held"), [
    ("b", (1, True, -128), [1, 1, -128]), ("b", (1, 2, 128), None), ("B", (0, 255, 1), [0, 255, 1]), ("B", (0, -1, 1), None), ("L", (2**64 - 1, 0, 1), [2**64 - 1, 0, 1]),
    ("l", (1.0, 2, 3), None), ("?", (True, np.True_, False), [True, True, False]), ("?", (1, 0, True), None), ("f", (1e300, 1, 0.1), [float("inf"), 1.0, float(np.float32(0.1))]),
    ("e", (1e6, 2**70, 0.1), [float("inf"), float("inf"), float(np.float16(0.1))]), ("d", (2**53 + 1, 2**60, 1), [2.0**53, 2.0**60, 1.0]), ("D", (1, 2.0, 3j), [1, 2, 3j]),
    ("F", (True, "1", 1), None), ("l", (10**30, 1, 1), None),
])  # fmt: skip
def test_elements(char: str, given: Any, held: list[Any] | None) -> None:
    made = fit_array(FieldArray(char, (3,)), given)
    assert (made is None) == (held is None) and (made is None or made.tolist() == held)


def test_construction_copies() -> None:
    given = np.arange(3.0)
    body = Body(given)
    given[0] = 9.0
    assert body.position.tolist() == [0.0, 1.0, 2.0]
    assert Body(body.position).position is body.position  # nothing can change it
    assert holds_array(FieldArray("d", (3,)), body.position) and not holds_array(FieldArray("d", (3,)), given)


def test_an_array_can_not_be_written() -> None:
    held = Body([1, 2, 3]).position
    with pytest.raises(ValueError, match="read-only"):
        held[0] = 1.0
    with pytest.raises(ValueError, match="cannot set WRITEABLE"):
        held.flags.writeable = True
    with pytest.raises(accel.FrozenInstanceError, match="a field of `Body` is assigned: `position`"):
        Body([1, 2, 3]).position = held  # type: ignore[misc]


def test_defaults() -> None:
    @accel.struct
    class S:
        a: Tensor[Float64, 2] = (1, 2)
        b: Tensor[Int8, 2] = dataclasses.field(default_factory=lambda: [3, 4])
        v: SIMD[Float32, 2] = dataclasses.field(default_factory=lambda: SIMD[Float32, 2](5, 6))

    assert (S().a.tolist(), S().b.tolist(), list(S().v)) == ([1.0, 2.0], [3, 4], [5.0, 6.0])
    with pytest.raises(accel.DecorationError, match=r"is Tensor\[numpy.float64, 2\], and its default \(1, 2, 3\) is not"):

        @accel.struct
        class Wrong:
            a: Tensor[Float64, 2] = (1, 2, 3)

    with pytest.raises(accel.DecorationError, match="is no constant: array"):

        @accel.struct
        class Shared:
            a: Tensor[Float64, 2] = np.ones(2)


# -- annotations


@pytest.mark.parametrize(("text", "what"), [
    ("Tensor[Float64, 10**6]", "has at most 65536 elements, this one 1000000"), ("Tensor[Float64, 300, 300]", "has at most 65536 elements, this one 90000"),
    ("tuple[Tensor[Float64, 100], int]", "can't be of type tuple[Tensor"), ("accel.types.Array[Float64, 1]", "has a fixed shape: write `Tensor"), ("Tensor[Float64, 2, 2, 'F']", "is held in C order"),
    ("accel.types.Borrowed[Tensor[Float64, 2]]", "is the struct's own"), ("Tensor[float, 3]", "an array has no elements of class float"), ("Tensor[Float64, -1]", "an axis does not have -1 elements"),
    ("Tensor[Float64]", "has 1 to 8 axes, not 0"), ("Tensor[S, 3]", "an array has no elements of type"), ("Tensor[object, 3]", "an array has no elements of type"),
    ("SIMD[Float64, 0]", "0 is no number of lanes"), ("SIMD[float, 4]", "there are no lanes of"), ("SIMD", "can't be of type SIMD"), ("np.ndarray", "can't be of type np.ndarray"),
    ("list[Tensor[Float64, 3]]", "can't be of type list"), ("Tensor", "can't be of type Tensor"),
])  # fmt: skip
def test_annotations_that_are_refused(text: str, what: str) -> None:
    class S:
        __annotations__ = {"x": text}

    with pytest.raises(accel.DecorationError) as raised:
        accel.struct(S)
    assert what in str(raised.value) and raised.value.diagnostics[0].slug == "struct-field"


@pytest.mark.parametrize("text", ["Tensor[Float64, Literal[3]]", "Tensor[Float64, 3, 'C', 'readonly']", "tuple[Tensor[Float64, 3], int]", "Tensor[Float64, 8, 8]", "Tensor[Float64, 2**16]", "Tensor[Float64, 3, 0]"])
def test_annotations_that_are_taken(text: str) -> None:
    class S:
        __annotations__ = {"x": text}

    made = accel.struct(S)
    assert made.__accel_layout__.kind.names == ("x",)


def test_no_elements() -> None:
    @accel.struct
    class S:
        x: Tensor[Float64, 0]
        y: Tensor[Int8, 2, 0] = ((), ())

    made = S(())
    assert (made.x.shape, made.y.shape, made == S([]), hash(made) == hash(S(np.ones(0)))) == ((0,), (2, 0), True, True)
    assert S.dtype.itemsize == 0 and S.array(2)[1] == made and len(S.array(2)) == 2


def test_type_parameters() -> None:
    three = Vec[Float64, 3]
    a = three([1, 2, 3])
    agree_with_disabled(lambda a: ((a + a).data, a.dot(a)), [(a,), (three((0, 0, 0)),)])
    assert three is Vec[Float64, Literal[3]] and type((a + a).data[0]) is Float64
    small = Vec[Float32, 1]([0.1])
    assert pickle.loads(pickle.dumps(small)) == small and type(small.dot(small)) is Float32
    packed = Packed[Float32, 4](SIMD[Float32, 4](1, 2, 3, 4), ([1, 2], 3))
    assert packed == pickle.loads(pickle.dumps(packed)) and packed.pair[0].tolist() == [1, 2]
    with pytest.raises(accel.DecorationError, match="an array has no elements of class float"):
        Vec[float, 3]
    assert repr(Tensor[T, N]) == "Tensor[~T, ~N]"


def test_an_annotation_that_is_no_text() -> None:
    class S(Generic[T, N]):
        __annotations__ = {"x": Tensor[T, N], "v": SIMD[T, 2], "pair": tuple[Tensor[T, 2], T]}

    made = accel.struct(S)[Float64, 3]
    assert str(made.__accel_layout__.kind.items[0]) == "array(float64, 3, of a struct)"
    with pytest.raises(accel.AnnotationError, match="an array has no elements of class float"):
        accel.struct(S)[float, 3]


def test_parameters_of_functions_may_be_open() -> None:
    @accel.fn
    def first(a: Tensor[T, 2], b: "Tensor[T, N]"):  # noqa: UP037
        return a[0] + b[0]

    for _ in range(3):
        assert first(np.ones(5), np.ones(1)) == 2.0  # nothing is said of them


# -- what a struct has


def test_equality_and_hash() -> None:
    a, b = Body([1, 2, 3], 2.0), Body(np.array([1.0, 2, 3]), 2)
    assert a == b and hash(a) == hash(b) and not a != b and len({a, b, Body([1, 2, 4])}) == 2
    assert a != Body([1, 2, 3]) and a != (a.position, 2.0) and a != Matrix(((1, 2, 3), (4, 5, 6)))
    assert Body([0.0, 1, 2]) == Body([-0.0, 1, 2]) and hash(Body([0.0, 1, 2])) == hash(Body([-0.0, 1, 2]))
    wrong = Body([NAN, 1, 2])
    assert wrong != wrong and wrong != Body([NAN, 1, 2])  # noqa: PLR0124
    assert Ray(SIMD[Float32, 4](1, 2, 3, 4)) == Ray(SIMD[Float32, 4](1, 2, 3, 4)) != Ray(SIMD[Float32, 4](1, 2, 3, 5))
    assert type(Ray(SIMD[Float32, 4](1)) == Ray(SIMD[Float32, 4](1))) is bool and hash(Ray(SIMD[Float32, 4](0.0))) == hash(Ray(SIMD[Float32, 4](-0.0)))


def test_order() -> None:
    assert Body([1, 2, 3]) < Body([1, 2, 4]) <= Body([1, 3, 0], 0.0) and Body([1, 2, 3], 2.0) > Body([1, 2, 3])
    assert sorted([Body([2, 0, 0]), Body([1, 9, 9])])[0].position[0] == 1.0
    with pytest.raises(TypeError, match="not supported between"):
        Body([1, 2, 3]) < 3  # type: ignore[operator]


def test_fields_that_do_not_count() -> None:
    @accel.struct
    class S:
        x: Tensor[Float64, 2]
        y: Tensor[Float64, 2] = dataclasses.field(default=(0, 0), compare=False)
        z: float = dataclasses.field(default=0.0, hash=False)

    assert S((1, 2), (3, 4)) == S((1, 2)) and hash(S((1, 2), z=1.0)) == hash(S((1, 2), (5, 5))) and S((1, 2), z=1.0) != S((1, 2))


def test_methods_of_its_own_stay() -> None:
    @accel.struct
    class S:
        x: Tensor[Float64, 2]

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

    assert S((1, 2)) == S((3, 4)) and hash(S((1, 2))) == 7


def test_what_dataclasses_and_copy_make_of_it() -> None:
    body = Body([1, 2, 3], 2.0)
    assert repr(body) == "Body(position=array([1., 2., 3.]), mass=2.0)"
    assert dataclasses.replace(body, mass=3.0) == Body([1, 2, 3], 3.0) and dataclasses.replace(body, position=(0, 0, 0)).position.tolist() == [0, 0, 0]
    made = dataclasses.asdict(body)
    made["position"][0] = 9.0
    assert made["position"].tolist() == [9.0, 2.0, 3.0] and body.position[0] == 1.0
    assert copy.copy(body) is body and copy.deepcopy(body) is body
    for protocol in range(2, 6):
        again = pickle.loads(pickle.dumps(body, protocol))
        assert again == body and not again.position.flags.writeable
    assert dataclasses.astuple(body)[1] == 2.0
    match body:
        case Body(position, mass=mass):
            assert position is body.position and mass == 2.0
    ray = Ray(SIMD[Float32, 4](1, 2, 3, 4))
    assert repr(ray) == "Ray(origin=SIMD[float32, 4](1.0, 2.0, 3.0, 4.0), hit=False)" and pickle.loads(pickle.dumps(ray)) == ray and dataclasses.asdict(ray)["hit"] is False


def test_what_was_pickled_must_fit() -> None:
    text = pickle.dumps(Body([1, 2, 3], 2.0)).replace(np.array([3]).tobytes(), np.array([3]).tobytes())
    assert pickle.loads(text) == Body([1, 2, 3], 2.0)
    from accel.types.structs import restore_struct

    with pytest.raises(TypeError, match="has fields of other types than when it was pickled"):
        restore_struct(Body, (np.ones(4), 1.0))


def test_nested() -> None:
    @accel.struct
    class Pair:
        one: Body
        other: Body
        both: tuple[Tensor[Int64, 2], Tensor[Bool, 1]] = ((1, 2), (True,))

    made = Pair(Body([1, 2, 3]), Body([4, 5, 6]))
    assert made == Pair(Body([1, 2, 3]), Body([4, 5, 6])) != Pair(Body([1, 2, 3]), Body([4, 5, 7])) and hash(made) == hash(Pair(Body([1, 2, 3]), Body([4, 5, 6])))
    assert made != Pair(Body([1, 2, 3]), Body([4, 5, 6]), ((1, 3), (True,)))


# -- arrays of structs


def test_arrays_of_structs() -> None:
    bodies = Body.array(3)
    assert Body.dtype.fields["position"][0] == np.dtype(("<f8", (3,))) and bodies["position"].shape == (3, 3) and Matrix.dtype["cells"].shape == (2, 3)
    bodies[0] = Body([1, 2, 3], 2.0)
    bodies[1].position = (4, 5, 6)
    bodies[2].position[1] = 7.0
    assert bodies["position"].tolist() == [[1, 2, 3], [4, 5, 6], [0, 7, 0]]
    assert bodies[0] == Body([1, 2, 3], 2.0) and bodies[0] == bodies[0] and bodies[0] != bodies[1] and Body(bodies[2].position) == Body([0, 7, 0])
    assert repr(bodies[0]) == "Body.record(position=array([1., 2., 3.]), mass=np.float64(2.0))".replace("np.float64(2.0)", "2.0")
    with pytest.raises(TypeError, match=r"`Body` takes Tensor\[numpy.float64, 3\] for `position`, got an array of float64 with the shape \(2,\)"):
        bodies[0].position = np.ones(2)
    again = pickle.loads(pickle.dumps(bodies))
    assert type(again) is type(bodies) and again[2] == bodies[2] and again.tobytes() == bodies.tobytes()
    plain = np.zeros(2, [("position", "f8", (3,)), ("mass", "f8")])
    assert Body.from_array(plain)[1].position.tolist() == [0, 0, 0]
    for wrong in ([("position", "f8", (4,)), ("mass", "f8")], [("position", ">f8", (3,)), ("mass", "f8")], [("position", "f4", (3,)), ("mass", "f8")]):
        with pytest.raises(TypeError, match="takes a structured array with its fields"):
            Body.from_array(np.zeros(2, wrong))


def test_arrays_with_lanes() -> None:
    rays = Ray.array(2)
    rays[0].origin = SIMD[Float32, 4](1, 2, 3, 4)
    rays[1] = Ray(SIMD[Float32, 4](5), True)
    assert rays["origin"].tolist() == [[1, 2, 3, 4], [5, 5, 5, 5]] and type(rays[0].origin) is SIMD[Float32, 4] and rays[1] == Ray(SIMD[Float32, 4](5), True)
    with pytest.raises(TypeError, match=r"takes SIMD\[float32, 4\] for `origin`, got SIMD\[float32, 2\]"):
        rays[0].origin = SIMD[Float32, 2](1)


def test_a_tuple_of_a_record_is_a_value() -> None:
    @accel.struct
    class S:
        pair: tuple[Tensor[Float64, 2], Body]

    held = S.array(1)
    before = held[0].pair
    held[0].pair = ((1, 2), Body([1, 2, 3]))
    assert before[0].tolist() == [0.0, 0.0] and before[1] == Body([0, 0, 0], 0.0) and not before[0].flags.writeable


# -- others


def test_frozen_dataclasses_and_named_tuples() -> None:
    @dataclasses.dataclass(frozen=True, slots=True)
    class Frozen:
        x: Tensor[Float64, 2]
        k: float

        def first(self):
            return self.x[0] * self.k

    class Named(NamedTuple):
        x: Tensor[Float64, 2]
        k: float

    def use(s):
        return s.x[0] * s.k + s.x[1]

    agree_with_disabled(use, [(Frozen(np.array([1.0, 2.0]), 3.0),), (Named(np.array([1.0, 2.0]), 3.0),), (Frozen((4.0, 5.0), 3.0),)])
    shared = np.ones(2)
    made = Frozen(shared, 2.0)
    shared[0] = 5.0
    assert made.first() == 10.0  # it is the caller's array


def test_constructors_of_other_kinds() -> None:
    assert name_of_array(FieldArray("B", (2, 2))) == "Tensor[numpy.uint8, 2, 2]" and MOST_HELD < MOST_ELEMENTS

    @accel.struct
    class Many:
        bytes: Tensor[UInt8, 4]
        words: Tensor[UInt64, 1]
        halves: Tensor[Float16, 2]
        waves: Tensor[Complex128, 1]

    made = Many(b"abcd", [2**64 - 1], (0.5, 2), [1j])
    assert (made.bytes.tolist(), made.words.tolist(), made.halves.tolist(), made.waves.tolist()) == ([97, 98, 99, 100], [2**64 - 1], [0.5, 2.0], [1j])
