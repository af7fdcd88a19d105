"""Structs, arrays of structs, named tuples."""

import dataclasses
import typing

import accel
from accel.types import SIMD, Float32, Float64, Tensor
from tests.features.row import Section

structs = Section("Structs")


@accel.struct(order=True)
class Vec:
    x: float
    y: float = 0.0

    def __add__(self, other):
        return Vec(self.x + other.x, self.y + other.y)

    def __rmul__(self, k):
        return Vec(k * self.x, k * self.y)

    def __getitem__(self, k):
        return self.x if k == 0 else self.y

    def __len__(self):
        return 2

    def __bool__(self):
        return self.x != 0.0

    def scaled(self, k=2.0):
        return Vec(self.x * k, self.y * k)

    @property
    def slope(self):
        return self.y / self.x

    @classmethod
    def unit(cls):
        return cls(1.0)


@accel.struct
class Segment:
    a: Vec
    b: Vec
    n: int = 1


@accel.struct
class Body:
    at: Tensor[Float64, 3]
    turn: Tensor[Float64, 2, 2] = ((1, 0), (0, 1))
    colour: SIMD[Float32, 4] = dataclasses.field(default_factory=lambda: SIMD[Float32, 4](1))


@accel.struct
class Checked:
    x: float

    def __post_init__(self):
        if self.x < 0.0:
            raise ValueError(self.x)


@accel.struct
class Filled:
    x: float
    n: int = 2

    def __bool__(self):
        return self.x > 0.0

    def __len__(self):
        return self.n

    def __float__(self):
        return self.x

    def __contains__(self, v):
        return self.x == v


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    low: float
    high: float

    def middle(self):
        return (self.low + self.high) / 2


FROZEN, SPAN = Span(0.0, 4.0), Filled(2.0)


class Pair(typing.NamedTuple):
    first: int
    second: float

    def total(self):
        return self.first + self.second


P, Q = Vec(3.0, 4.0), Vec(1.0, -2.0)


BODY = Body((1, 2, 3))


def bodies():
    made = Body.array(2)
    made[1] = BODY
    return (made,)


def segments():
    made = Segment.array(4)
    for k in range(4):
        made[k] = Segment(Vec(k, 1.0), Q, k)
    return (made,)


@structs.row("fields, methods, properties, class methods; structs of structs", (Segment(P, Q),))
def struct_members(s):
    return s.a.x, s.b.scaled(), s.a.slope, Vec.unit(), s.n


@structs.row("operators, reflected ones, subscripts", (P, Q))
def struct_operators(p, q):
    return p + q, 2.0 * p, p[0], p[1]


@structs.row("making structs, by keyword and default", (2.0,))
def making(x):
    return Segment(b=Vec(x), a=Vec(y=x, x=1))


@structs.row("== and !=, with `order=True` < and the like", (P, Q))
def struct_comparisons(p, q):
    return p == q, p != q, p < q, p >= q


@structs.row("`__post_init__`", (2.0,))
def struct_checked(x):
    return Checked(x)


@structs.row("`__bool__` in a condition, `len`, `float`, `in`", (SPAN,))
def struct_conditions(p):
    return 1 if p else 2, len(p), float(p), 2.0 in p


@structs.row("hash of a struct", (P,))
def struct_hashes(p):
    return hash(p)


@structs.row("frozen dataclasses with slots", (FROZEN, 3.0))
def frozen_dataclasses(s, x):
    return Span(s.low, x), s.middle(), s == Span(0.0, x)


@structs.row("arrays of structs: elements, fields of elements, `for`", segments)
def struct_elements(a):
    total = 0.0
    for s in a:
        s.a.x += s.b.y
        total += s.a.x
    a[0] = Segment(a[1].a, a[-1].b)
    return total, len(a), a[0].n


@structs.row("arrays of fixed shape as fields: elements, rows, loops, sizes, making the struct", (BODY, 1))
def field_arrays(s, k):
    total = 0.0
    for x in s.at:
        total += x
    return total, s.at[k], s.turn[k][0], s.turn[k, 1], len(s.at), s.at.shape, Body((s.at[2], total, 1.0), s.turn, s.colour)


@structs.row("arrays of fixed shape as fields: slices, operators and functions of whole arrays", (BODY,))
def field_arrays_whole(s):
    return s.at[1:], s.at * 2, s.at.sum(), s.turn.T


@structs.row("SIMD values as fields", (BODY,))
def field_lanes(s):
    return Body(s.at, s.turn, s.colour * 2 + 1), s.colour.reduce_add()


@structs.row("arrays of structs: fields that are arrays or SIMD values", bodies)
def field_arrays_of_records(a):
    a[0].at[1] += a[1].turn[0, 0]
    a[1].at = (1.0, 2.0, 3.0)
    a[0].colour = a[1].colour + 1
    return a[0].at[1], a[1].at[2], a[0].colour


@structs.row("arrays of structs: slices, `a['n']`", segments)
def struct_parts(a):
    return float(a["n"].sum()), len(a[1:])


@structs.row("named tuples: items by name, methods, making them", (Pair(1, 2.5),))
def named_tuples(p):
    return p.first, p.total(), p[1], Pair(p.first + 1, second=0.5)
