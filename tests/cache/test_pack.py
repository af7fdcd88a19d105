"""Lowered code survives the way to bytes and back, and refuses what can't be found again."""

from __future__ import annotations

import builtins
import math
from types import CellType, FunctionType
from typing import Any

import numpy
import pytest

import accel
from accel.cache.content import NotCacheable
from accel.cache.pack import Origin, pack_kind, pack_lowered, unpack_kind, unpack_lowered
from accel.cache.routes import Finder
from accel.ir import Exit, Guard, Live, Lowered, PythonStep, Signature
from accel.types import kinds as k
from accel.types.records import view_of
from accel.types.structs import layout_of
from tests.cache.lowering import lower, watch


@accel.struct
class Pair:
    first: int
    second: float


ARRAY = k.Array("d", 2, "A", False)
KINDS = (
    k.FieldArray("d", (2, 3)),
    k.Array("d", 2, "C", True, False, (2, 3)),
    k.Int(),
    k.Float(),
    k.Bool(),
    k.Complex(),
    k.NoneKind(),
    k.Object(),
    k.Never(),
    k.Scalar("q"),
    ARRAY,
    k.Tuple(()),
    k.Tuple((k.Int(), k.Tuple((ARRAY,)))),
    k.Range(),
    k.Slice(k.NoneKind(), k.Int(), k.Scalar("l")),
    k.RangeIterator(),
    k.ArrayIterator(ARRAY),
    k.TupleIterator(k.Tuple((k.Int(), k.Float()))),
    k.EnumerateIterator(k.ZipIterator((k.RangeIterator(), k.ArrayIterator(ARRAY)))),
    k.Union((k.Float(), k.Int())),
    k.Vector("?", 8, 4, 64),
    k.Static(math.sqrt),
    k.Constant((1, -0.0, "text", None)),
    layout_of(Pair).kind,
    view_of(layout_of(Pair).kind, True),
    k.StructArray(view_of(layout_of(Pair).kind, True).value, layout_of(Pair).kind, 2, "A"),
    k.Nested(compile("0", "nested", "eval"), ("a", "b")),
)
HELD = {"sqrt": math.sqrt, "Pair": Pair, "<module>": KINDS[-1].code}  # type: ignore[attr-defined]
scale = 3


def inner(x: float) -> float:
    return x * scale


def outer(x: float, n: int) -> float:
    for _ in range(n):
        x = inner(x) + math.sqrt(x)
    return x


def test_every_kind_is_tried() -> None:
    classes = {c for c in vars(k).values() if isinstance(c, type) and issubclass(c, k.Kind)}
    assert {type(kind) for kind in KINDS} | {k.ZipIterator, k.Kind} == classes


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_a_kind_comes_back(kind: k.Kind) -> None:
    assert unpack_kind(pack_kind(kind, lambda held: "Pair" if held is Pair else getattr(held, "co_name", "sqrt")), HELD.__getitem__) == kind


def test_a_kind_from_elsewhere_is_refused() -> None:
    class Int(k.Kind):
        pass

    with pytest.raises(NotCacheable, match="kind of class Int"):
        pack_kind(Int(), str)


def test_lowered_code_comes_back() -> None:
    lowered = lower(outer, image=bytes(range(256)))
    again = unpack_lowered(pack_lowered(lowered, outer), Finder(outer))
    assert (again.signature, again.result, again.image) == (lowered.signature, lowered.result, lowered.image)
    assert again.exits == lowered.exits
    for one, other in zip(again.guards, lowered.guards, strict=True):
        assert one.holder is other.holder and one.value is other.value
        assert (one.what, one.name, one.missing, one.path) == (other.what, other.name, other.missing, other.path)
    assert len(again.guards) == 7


def test_exits_are_built_when_looked_at() -> None:
    exits = unpack_lowered(pack_lowered(lower(outer), outer), Finder(outer)).exits
    expected = lower(outer).exits
    assert list(exits) == ["outer"] and len(exits) == 1 and exits.get("other") is None
    for view in (dict(exits), {**exits}, dict(exits.items()), {"outer": next(iter(exits.values()))}, exits):
        assert view == expected
    assert repr(exits) == repr(expected)
    assert exits.get("outer") is exits["outer"]


def test_a_closure_is_followed() -> None:
    def make(factor: int) -> Any:
        def helper(x: float) -> float:
            return x * factor

        def scaled(x: float, n: int) -> float:
            return helper(x) * factor

        return scaled

    two, three = make(2), make(3)
    packed = pack_lowered(lower(two), two)
    values = [guard.value for guard in unpack_lowered(packed, Finder(three)).guards]
    assert values.count(3) == 1 and 2 not in values  # that is another key: here only the way there is tried


@pytest.mark.parametrize(
    "value", [math.sqrt, inner, "a text", 7, numpy.float64, numpy.sqrt, numpy.dtype("f4"), numpy.mean, ValueError]
)
def test_a_static_object_is_found_again(value: Any) -> None:
    exits = {"outer": (Exit(1, "", (Live("g", k.Static(value), 0),)),)}
    lowered = Lowered(Signature((k.Int(),)), k.Static(value), b"", watch(outer), exits)
    again = unpack_lowered(pack_lowered(lowered, outer), Finder(outer))
    assert again.result.value is value or again.result.value == value == "a text"  # type: ignore[attr-defined]
    assert again.exits["outer"][0].live[0].kind == again.result


def test_a_nested_function_is_found_again() -> None:
    def whole(x: float) -> float:
        def part(y: float) -> float:
            return (lambda z: z + x)(y)

        return part(x)

    part = next(c for c in whole.__code__.co_consts if hasattr(c, "co_consts"))
    innermost = next(c for c in part.co_consts if hasattr(c, "co_consts"))
    kinds = tuple(k.Nested(code, ("x",)) for code in (part, innermost))
    exits = {"whole": (Exit(1, "", tuple(Live("p", kind, 0) for kind in kinds)),)}
    again = unpack_lowered(pack_lowered(Lowered(Signature(()), k.Int(), b"", (), exits), whole), Finder(whole))
    assert [live.kind for live in again.exits["whole"][0].live] == list(kinds)


def test_a_static_argument_is_the_callers() -> None:
    def first(x: float) -> float:
        return x

    signature = Signature((k.Static(first),))
    guard = Guard("function", first, "", first)
    lowered = Lowered(signature, k.Static(first), b"", (guard,), {})
    again = unpack_lowered(pack_lowered(lowered, outer), Finder(outer, signature))
    assert again.guards[0].holder is first and again.result == k.Static(first)
    with pytest.raises(NotCacheable, match="nothing at"):
        unpack_lowered(pack_lowered(lowered, outer), Finder(outer))


@pytest.mark.parametrize(
    ("lowered", "reason"),
    [
        (Lowered(Signature(()), k.Static(object()), b"", (), {}), "no way from the function to object"),
        (Lowered(Signature(()), k.Static([]), b"", (), {}), "no way from the function to list"),
        (Lowered(Signature(()), k.Int(), b"", (Guard("global", {}, "x", 1),), {}), "to what guards 'x'"),
        (Lowered(Signature(()), k.Int(), b"", (Guard("weather", globals(), "scale", 3),), {}), "guard of 'weather'"),
        (Lowered(Signature(()), k.Int(), b"", (Guard("global", globals(), "scale", 4),), {}), "'scale' was rebound"),
        (Lowered(Signature(()), k.Int(), b"", (Guard("global", globals(), "gone", 4),), {}), "nothing at"),
        (Lowered(Signature(()), k.Int(), b"", (Guard("global", globals(), "scale", None, True),), {}), "is there now"),
        (Lowered(Signature(()), k.Int(), b"", (Guard("function", outer, "", lower),), {}), "was replaced"),
    ],
)
def test_what_is_not_found_again_is_refused(lowered: Lowered, reason: str) -> None:
    with pytest.raises(NotCacheable, match=reason):
        pack_lowered(lowered, outer)


def test_parts_of_a_watched_function() -> None:
    parts = (inner.__code__, inner.__defaults__, None)
    for value in (inner, inner.__code__, parts):
        guards = (Guard("global", globals(), "inner", inner), Guard("function", inner, "", value))
        lowered = Lowered(Signature(()), k.Int(), b"", guards, {})
        assert unpack_lowered(pack_lowered(lowered, outer), Finder(outer)).guards[1].value == value


def test_a_builtin_that_is_hidden_now_is_a_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = pack_lowered(lower(outer), outer)
    monkeypatch.setitem(globals(), "range", builtins.range)
    with pytest.raises(NotCacheable, match="'range' was absent and is there now"):
        unpack_lowered(packed, Finder(outer))


def test_steps_move_with_their_function() -> None:
    def whole(x: float) -> float:
        def part(y: float) -> float:
            return y + x

        return part(x)

    code = next(c for c in whole.__code__.co_consts if hasattr(c, "co_consts"))
    part = FunctionType(code, globals(), "part", None, (CellType(0.0),))
    sources = {"whole.0": Origin(whole), "part.1": Origin(part), "inner.2": Origin(inner)}
    first = whole.__code__.co_firstlineno
    steps = {"whole.0": (PythonStep("a0 + a1", first + 4, (0, 1)),), "part.1": (PythonStep("-a0", first + 2, (0,)),)}
    exits: dict[str, tuple[Exit, ...]] = dict.fromkeys(sources, ())
    guards = (Guard("global", globals(), "inner", inner), Guard("function", inner, "", inner))
    packed = pack_lowered(Lowered(Signature(()), k.Int(), b"", guards, exits, "", steps, sources), whole)
    again = unpack_lowered(packed, Finder(whole))
    assert again.steps == {**steps, "inner.2": ()}
    assert again.sources["whole.0"].function is whole and again.sources["inner.2"].function is inner
    assert again.sources["part.1"].code is code
    whole.__code__ = whole.__code__.replace(co_firstlineno=first + 10)
    assert [step.line for step in unpack_lowered(packed, Finder(whole)).steps["whole.0"]] == [first + 14]
    with pytest.raises(NotCacheable, match="steps of a function that is not known"):
        pack_lowered(Lowered(Signature(()), k.Int(), b"", guards, exits, "", steps), whole)
