"""The kinds that SIMD values give (`accel.types.simd`): their classes, operators and methods. None where CPython must do it, which raises for what there is not."""

from __future__ import annotations

from typing import Any

from accel.ir import Call, Fault, Instruction
from accel.specialize.calls import CallRules
from accel.types import arrays
from accel.types.kinds import DTYPES, Array, Bool, Float, Int, Kind, NoneKind, Scalar, Static, Vector
from accel.types.lane_operators import FAMILIES
from accel.types.simd import (
    SIMD,
    is_vector_class,
    lane_char,
    make_vector_class,
    mask_kind,
    shape_of_class,
    simd_width,
    vector_kind,
)

__all__ = ["VectorRules"]

Kinds = tuple[Kind, ...]
Bound = dict[str, int]  # parameter -> place of its argument among the operands behind the callee
_UNARY = {"-": "iuf", "+": "iuf", "~": "biu"}
_PARAMETERS: dict[str, tuple[str, ...]] = {
    "load": ("array", "index", "mask", "stride"), "load_tail": ("array", "index"), "gather": ("array", "indices", "mask"), "iota": ("start",), "prefetch": ("array", "index"),
    "store": ("array", "index", "mask", "stride"), "store_tail": ("array", "index"), "scatter": ("array", "indices", "mask"), "with_lane": ("lane", "value"),
    "reverse": (), "slice": ("width", "offset"), "join": ("other",), "cast": ("dtype",), "bitcast": ("dtype",), "sqrt": (), "floor": (), "ceil": (), "trunc": (),
    "rint": (), "fma": ("factor", "summand"), "min": ("other",), "max": ("other",), "select": ("then", "otherwise"), "any": (), "all": (), "count": (),
    "reduce_add": (), "reduce_mul": (), "reduce_min": (), "reduce_max": (),
}  # fmt: skip
_OF_CLASSES = ("load", "load_tail", "gather", "iota", "prefetch")
_KEYWORD_ONLY = ("stride",)
_OPTIONAL = ("mask", "stride", "offset", "start")


class VectorRules(CallRules):
    """Result kinds of what is done with SIMD values; `typed.calls` receives how, under names that begin with "simd."."""

    def op_call(self, instruction: Instruction, kinds: Kinds) -> Kind | Fault | None:
        """A call of a class of SIMD values, a method of such a class or value, or `len`, `abs` or `simd_width`."""
        method, keywords, captured, _ = instruction.detail
        callee, arguments = kinds[0], kinds[1 + len(captured) :]
        if isinstance(callee, Vector):
            return self.vector_method(instruction, method, (callee, *arguments), keywords)
        if isinstance(callee, Static) and is_vector_class(callee.value):
            return self.vector_class(instruction, callee.value, method, (arguments, keywords))
        if isinstance(callee, Static) and not method and not keywords and len(arguments) == 1:
            made = self._known_function(instruction, callee.value, arguments[0])
            if made is not None:
                return made
        return super().op_call(instruction, kinds)

    def vector_type(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """`SIMD[Float32, 8]`, when the dtype and the width are known."""
        known = self.python.constants(instruction, range(1, len(kinds)))
        element, width = [kind.value if isinstance(kind, Static) else value for kind, value in zip(kinds[1:], known, strict=True)] if len(kinds) == 3 else (None, None)
        try:
            return Static(SIMD.__class_getitem__((element, width)))
        except Exception:  # CPython raises it
            return None

    def vector_class(self, instruction: Instruction, class_: Any, method: str, given: tuple[Kinds, tuple[str, ...]]) -> Kind | None:
        """A call of a class, or of one of its methods."""
        shape, (kinds, keywords) = shape_of_class(class_), given
        if shape is None:
            return None
        made = vector_kind(*shape)
        if method in _OF_CLASSES:
            return self.class_method(instruction, method, made, given)
        if method or keywords or len(kinds) not in (0, 1, made.lanes) or not all(_is_lane(made, kind) for kind in kinds):
            return None
        return self.note(instruction, "", (), made)

    def class_method(self, instruction: Instruction, method: str, made: Vector, given: tuple[Kinds, tuple[str, ...]]) -> Kind | None:
        """A load, or what counts."""
        kinds, keywords = given
        bound = _bind(method, len(kinds) - len(keywords), keywords)
        if bound is None:
            return None
        if method == "iota":
            return self.note(instruction, method, (bound.get("start"),), made) if made.char != "?" and ("start" not in bound or _is_lane(made, kinds[bound["start"]])) else None
        result: Kind = NoneKind() if method == "prefetch" else made
        return self.note(instruction, method, (tuple(bound.items()),), result) if _can_access(made, kinds, bound) else None

    def vector_method(self, instruction: Instruction, method: str, kinds: Kinds, keywords: tuple[str, ...]) -> Kind | None:
        """A call of a method of a value, which comes first among the kinds."""
        owner, given = kinds[0], kinds[1:]
        assert isinstance(owner, Vector)
        if method == "shuffle" and not keywords:
            return self.shuffled(instruction, owner, self.known_lanes(instruction, owner, range(1, len(kinds))))
        if method in _OF_CLASSES:
            return self.class_method(instruction, method, vector_kind(owner.char, owner.lanes), (given, keywords))
        bound = _bind(method, len(given) - len(keywords), keywords) if method in _PARAMETERS else None
        if bound is None:
            return None
        of = {name: given[k] for name, k in bound.items()}
        places = tuple(bound.get(name) for name in _PARAMETERS[method])
        match method:
            case "store" | "store_tail" | "scatter":
                return self.note(instruction, method, (tuple(bound.items()),), NoneKind()) if _can_access(owner, given, bound, is_store=True) else None
            case "with_lane":
                (lane,) = self.known_lanes(instruction, owner, (1 + bound["lane"],)) or (None,)
                return self.note(instruction, method, (lane, bound["value"]), owner) if lane is not None and _is_lane(owner, of["value"]) else None
            case "reverse":
                return self.shuffled(instruction, owner, list(range(owner.lanes))[::-1])
            case "slice":
                return self.sliced(instruction, owner, bound)
            case "join":
                return self.note(instruction, method, places, vector_kind(owner.char, 2 * owner.lanes)) if _is_same(owner, of["other"]) and owner.lanes <= 64 else None
            case "cast" | "bitcast":
                return self.converted(instruction, method, owner, of["dtype"])
            case "select":
                return self.selected(instruction, owner, (of["then"], of["otherwise"]), places)
            case "any" | "all" | "count":
                return self.note(instruction, method, (), Int() if method == "count" else Bool()) if owner.char == "?" else None
            case "reduce_add" | "reduce_mul" | "reduce_min" | "reduce_max":
                return self.note(instruction, method, (), Scalar(owner.char)) if owner.char != "?" else None
        families = "iuf" if method in ("min", "max") else "f"
        fits = owner.dtype.family in families and all(_is_operand(owner, kind) for kind in given)
        return self.note(instruction, method, places, owner) if fits else None

    def note(self, instruction: Instruction, name: str, bound: tuple[Any, ...], made: Kind) -> Kind:
        """Remember how a call is done."""
        self.typed.calls[id(instruction)] = Call(f"simd.{name}", None, bound)
        return made

    def known_lanes(self, instruction: Instruction, owner: Vector, positions: Any) -> list[int] | None:
        """Numbers of lanes that are known while compiling, counted from the first; None where they are not, or not in range."""
        found = self.python.constants(instruction, positions)
        if not all(type(lane) is int and -owner.lanes <= lane < owner.lanes for lane in found):
            return None
        return [lane % owner.lanes for lane in found]

    def shuffled(self, instruction: Instruction, owner: Vector, lanes: list[int] | None) -> Kind | None:
        """Other lanes."""
        if not lanes or len(lanes) > 128:
            return None
        made = vector_kind(owner.char, len(lanes))
        if owner.bits:
            made = Vector("?", made.lanes, made.group, owner.bits)
        return self.note(instruction, "shuffle", tuple(lanes), made)

    def sliced(self, instruction: Instruction, owner: Vector, bound: Bound) -> Kind | None:
        """Some lanes in a row."""
        width, *offset = self.python.constants(instruction, [1 + bound[name] for name in ("width", "offset") if name in bound])
        first = offset[0] if offset else 0
        if type(width) is not int or type(first) is not int or first < 0 or not 0 < width <= owner.lanes - first:
            return None
        return self.shuffled(instruction, owner, list(range(first, first + width)))

    def converted(self, instruction: Instruction, method: str, owner: Vector, dtype: Kind) -> Kind | None:
        """A cast, of numbers or of bits."""
        char = lane_char(dtype.value) if isinstance(dtype, Static) else ""
        if not char or (method == "bitcast" and ("?" in (char, owner.char) or DTYPES[char].bits != owner.dtype.bits)):
            return None
        return self.note(instruction, method, (), owner if char == owner.char else vector_kind(char, owner.lanes))

    def selected(self, instruction: Instruction, owner: Vector, sides: Kinds, places: tuple[Any, ...]) -> Kind | None:
        """Lanes of one or of the other."""
        first = next((side for side in sides if isinstance(side, Vector)), None)
        if owner.char != "?" or first is None or first.lanes != owner.lanes or not all(_is_operand(first, side) for side in sides):
            return None
        return self.note(instruction, "select", places, _joined(first, *sides))

    def vector_operation(self, instruction: Instruction, kinds: Kinds) -> Kind | None:
        """An operator, a lane, or an attribute."""
        match instruction.op, instruction.detail:
            case ("binary" | "inplace"), symbol:
                first = next(kind for kind in kinds if isinstance(kind, Vector))
                fits = first.dtype.family in FAMILIES.get(symbol, "") and all(_is_operand(first, kind) for kind in kinds)
                return _joined(first, *kinds) if fits else None
            case ("truth", _) | ("unary", "not"):
                return Bool() if isinstance(kinds[0], Vector) and kinds[0].char == "?" else None
            case "unary", symbol:
                owner = kinds[0]
                return owner if isinstance(owner, Vector) and owner.dtype.family in _UNARY.get(symbol, "") else None
            case "compare", symbol:
                first = next(kind for kind in kinds if isinstance(kind, Vector))
                fits = all(_is_operand(first, kind) for kind in kinds) and (first.char != "?" or symbol in ("==", "!="))
                return mask_kind(_joined(first, *kinds)) if fits else None
            case "item", _:
                known = self.python.constants(instruction, (1,))[0] if len(kinds) == 2 else None
                owner = kinds[0]
                fits = isinstance(owner, Vector) and len(kinds) == 2 and arrays.is_index(kinds[1])
                in_range = known is ... or (type(known) is int and isinstance(owner, Vector) and -owner.lanes <= known < owner.lanes)
                return Scalar(owner.char) if fits and in_range and isinstance(owner, Vector) else None
            case "attribute", name:
                return self.vector_attribute(instruction, make_vector_class(kinds[0].char, kinds[0].lanes), name) if isinstance(kinds[0], Vector) else None
        return None

    def vector_fault(self, instruction: Instruction, kinds: Kinds, found: str) -> Fault:
        """What to say when there is no rule."""
        what = f"`{instruction.detail if isinstance(instruction.detail, str) else instruction.op}` of {found}"
        if instruction.op in ("call", "spread_call"):
            what = f"`{instruction.detail[0]}` of {found}" if instruction.detail[0] else f"a call of {found}"
        elif instruction.op == "item" and isinstance(kinds[0], Static):
            what = "`SIMD[...]` of a dtype or width that is not known while compiling"
        why = "SIMD values go together when dtypes and widths are the same; widths, dtypes and numbers of lanes are known while compiling"
        do = ("write `x.cast(...)` to convert one of them", "write numbers of lanes as literals, `Comptime` parameters or `comptime(...)`")
        return Fault(instruction.node, what, "unsupported-operation", why, do)

    def vector_attribute(self, instruction: Instruction, class_: Any, name: str) -> Kind | None:
        """`x.width` and `x.dtype`."""
        return self.constant(instruction, getattr(class_, name)) if name in ("width", "dtype") and shape_of_class(class_) is not None else None

    def _known_function(self, instruction: Instruction, value: Any, kind: Kind) -> Kind | None:
        if isinstance(kind, Vector) and value is len:
            return self.constant(instruction, kind.lanes)
        if isinstance(kind, Vector) and value is abs and kind.char != "?":
            return self.note(instruction, "abs", (), kind)
        if isinstance(kind, Vector) and value is bool and kind.char == "?":
            return self.note(instruction, "truth", (), Bool())
        if value is simd_width and isinstance(kind, Static) and lane_char(kind.value):
            return self.constant(instruction, simd_width(kind.value))
        return None


def _bind(method: str, positional: int, keywords: tuple[str, ...]) -> Bound | None:
    """The place of the argument for each parameter that has one; None when the call does not fit."""
    names = _PARAMETERS[method]
    plain = [name for name in names if name not in _KEYWORD_ONLY]
    if positional > len(plain) or not set(keywords) <= set(names) or not set(keywords).isdisjoint(plain[:positional]):
        return None
    bound = {name: k for k, name in enumerate(plain[:positional])} | {name: positional + k for k, name in enumerate(keywords)}
    return bound if all(name in bound or name in _OPTIONAL for name in names) else None


def _is_lane(like: Vector, kind: Kind) -> bool:
    """Whether a number may be a lane."""
    if isinstance(kind, Scalar):
        return kind.char == like.char
    return isinstance(kind, {"b": (Bool,), "f": (Int, Float)}.get(like.dtype.family, (Int,)))


def _is_same(like: Vector, kind: Kind) -> bool:
    return isinstance(kind, Vector) and (kind.char, kind.lanes) == (like.char, like.lanes)


def _is_operand(like: Vector, kind: Kind) -> bool:
    return _is_same(like, kind) or _is_lane(like, kind)


def _joined(first: Vector, *kinds: Kind) -> Vector:
    """The kind of what vectors among these give: masks are as wide as the widest."""
    return max((kind for kind in kinds if isinstance(kind, Vector)), key=lambda kind: kind.bits, default=first)


def _can_access(made: Vector, kinds: Kinds, bound: Bound, *, is_store: bool = False) -> bool:
    """Whether an array, an index or indices, a mask and a stride are what loads and stores take."""
    of = {name: kinds[k] for name, k in bound.items()}
    array = of["array"]
    if not isinstance(array, Array) or (array.char, array.ndim) != (made.char, 1) or (is_store and not array.writeable):
        return False
    for name, kind in of.items():
        if name in ("index", "stride") and not isinstance(kind, Int):
            return False
        if name == "mask" and not (_is_same(Vector("?", made.lanes, 1), kind) or isinstance(kind, NoneKind)):
            return False
        if name == "indices" and not (isinstance(kind, Vector) and kind.lanes == made.lanes and kind.dtype.family in "iu"):
            return False
    return True
