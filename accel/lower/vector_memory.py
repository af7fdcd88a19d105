"""SIMD values loaded from arrays with one axis, and stored to them: in a row, by a stride, by indices, and only some lanes. A lane outside of the array leaves."""

from __future__ import annotations

from accel.lower.arrays import shape_of, strides_of
from accel.lower.layout import Value, vector_type
from accel.lower.text import Emitter
from accel.lower.vector_lanes import as_conditions, as_mask, lane_type, regroup, splat
from accel.lower.vectors import intrinsic, mangled
from accel.types.kinds import Array, Vector
from accel.values import dataclass

__all__ = ["Places", "load_lanes", "prefetch_line", "store_lanes"]


@dataclass(frozen=True, slots=True)
class Places:
    """Where the lanes lie in an array: from an index on, in a row ("row"), or by a stride ("stride"); or each at its index ("indices").

    `mask` has the conditions for which lanes are meant, one vector of i1 for each vector of lanes, None for all; `is_tail`: those inside of the array are.
    `is_sure`: all are known to be inside.
    """

    array: Array
    value: Value
    how: str
    index: str = ""
    stride: str = "1"
    indices: tuple[Vector, Value] | None = None
    mask: tuple[Vector, Value] | None = None
    is_tail: bool = False
    is_sure: bool = False


_WIDE = 64  # bits of an index


class _Access:
    """Emits one access."""

    def __init__(self, e: Emitter, kind: Vector, places: Places) -> None:
        self.e, self.kind, self.places = e, kind, places
        self.length = shape_of(places.array, places.value)[0]
        self.step = strides_of(places.array, places.value)[0]
        self.size = kind.dtype.size_bytes
        self.held = f"<{kind.group} x i8>" if kind.bits else vector_type(kind)
        self.flags = f"<{kind.group} x i1>"
        self.conditions = self._find_conditions()

    @property
    def is_row(self) -> bool:
        """Whether the lanes lie side by side."""
        return self.places.how == "row" and self.places.array.layout in ("C", "F")

    def _find_conditions(self) -> list[str] | None:
        """Which lanes are meant, after looking whether these are in range."""
        e, places, kind = self.e, self.places, self.kind
        mask = None if places.mask is None else as_conditions(e, *places.mask, kind.group)
        if places.how != "indices" and not places.is_tail and mask is None:
            if not places.is_sure:
                self._require_row()
            return None
        inside = self._inside()
        if places.is_tail:
            e.exit_if(e.value(f"icmp slt i64 {places.index}, 0"))
            return inside
        outside = ""
        for k, flag in enumerate(inside):
            wrong = e.value(f"xor {self.flags} {flag}, splat (i1 true)")
            wrong = wrong if mask is None else e.value(f"and {self.flags} {wrong}, {mask[k]}")
            outside = e.value(f"or {self.flags} {outside}, {wrong}") if outside else wrong
        word = e.value(f"bitcast {self.flags} {outside} to i{kind.group}")
        e.exit_if(e.value(f"icmp ne i{kind.group} {word}, 0"))
        return mask

    def _require_row(self) -> None:
        """Leave when the first or the last lane is outside; far from what arrays have, it leaves, too."""
        e, places = self.e, self.places
        last = self.kind.lanes - 1
        if places.how == "row":
            below = e.value(f"icmp slt i64 {places.index}, 0")
            beyond = e.value(f"icmp sgt i64 {places.index}, {e.value(f'sub i64 {self.length}, {last + 1}')}")
            e.exit_if(e.value(f"or i1 {below}, {beyond}"))
            return
        self._require_small(places.index, places.stride)
        final = e.value(f"add i64 {places.index}, {e.value(f'mul i64 {places.stride}, {last}')}")
        for index in (places.index, final):
            e.exit_if(e.value(f"icmp uge i64 {index}, {self.length}"))

    def _require_small(self, *numbers: str) -> None:
        for number in numbers:
            moved = self.e.value(f"add i64 {number}, {2**48}")
            self.e.exit_if(self.e.value(f"icmp ugt i64 {moved}, {2**49}"))

    def _wide(self) -> tuple[str, ...]:
        """The index of each lane, as i64."""
        e, places, kind = self.e, self.places, self.kind
        wide = f"<{kind.group} x i64>"
        if places.indices is not None:
            given, value = places.indices
            parts = regroup(e, lane_type(given), value, given.group, kind.group)
            if given.dtype.bits == _WIDE:
                return parts
            how = "sext" if given.dtype.family == "i" else "zext"
            return tuple(e.value(f"{how} <{kind.group} x {lane_type(given)}> {part} to {wide}") for part in parts)
        self._require_small(places.index, places.stride)
        like = Vector("l", kind.lanes, kind.group)
        first, stride = splat(e, like, places.index), splat(e, like, places.stride)
        made = []
        for k in range(kind.lanes // kind.group):
            counted = ", ".join(f"i64 {k * kind.group + lane}" for lane in range(kind.group))
            way = e.value(f"mul {wide} <{counted}>, {stride[k]}")
            made.append(e.value(f"add {wide} {first[k]}, {way}"))
        return tuple(made)

    def _inside(self) -> list[str]:
        """Which lanes are in range: a negative index, or an unsigned one beyond 2**63, is not."""
        kind = self.kind
        limit = splat(self.e, Vector("l", kind.lanes, kind.group), self.length)
        return [self.e.value(f"icmp ult <{kind.group} x i64> {at}, {end}") for at, end in zip(self._wide(), limit, strict=True)]

    def address(self, k: int) -> str:
        """Where a vector of lanes in a row begins."""
        at = self.e.value(f"add i64 {self.places.index}, {k * self.kind.group}") if k else self.places.index
        return self.e.value(f"getelementptr i8, ptr {self.places.value[1]}, i64 {self.e.value(f'mul i64 {at}, {self.size}')}")

    def pointers(self) -> list[str]:
        """The addresses of the lanes, in vectors."""
        e, kind = self.e, self.kind
        steps = splat(e, Vector("l", kind.lanes, kind.group), self.step)
        made = []
        for at, step in zip(self._wide(), steps, strict=True):
            way = e.value(f"mul <{kind.group} x i64> {at}, {step}")
            made.append(e.value(f"getelementptr i8, ptr {self.places.value[1]}, <{kind.group} x i64> {way}"))
        return made


def prefetch_line(e: Emitter, places: Places) -> None:
    """Ask for the line of the cache of an element, which may lie anywhere: the processor drops what is no memory."""
    way = e.value(f"mul i64 {places.index}, {strides_of(places.array, places.value)[0]}")
    address = e.value(f"getelementptr i8, ptr {places.value[1]}, i64 {way}")
    callee = e.module.declare("llvm.prefetch.p0", "void", ("ptr", "i32", "i32", "i32"))
    e.do(f"call void {callee}(ptr {address}, i32 0, i32 3, i32 1)")


def load_lanes(e: Emitter, kind: Vector, places: Places) -> Value:
    """The lanes; those that are not meant are 0."""
    access = _Access(e, kind, places)
    flags, held = access.conditions, access.held
    count = kind.lanes // kind.group
    if access.is_row and flags is None:
        parts = [e.value(f"load {held}, ptr {access.address(k)}, align {access.size}") for k in range(count)]
    elif access.is_row:
        parts = [_masked(e, "llvm.masked.load", held, ("ptr", access.address(k)), (access.size, flag)) for k, flag in enumerate(flags or [])]
    else:
        every = flags or ["splat (i1 true)"] * count
        addresses = f"<{kind.group} x ptr>"
        parts = [_masked(e, "llvm.masked.gather", held, (addresses, p), (access.size, f)) for p, f in zip(access.pointers(), every, strict=True)]
    if not kind.bits:
        return tuple(parts)
    return as_mask(e, kind, [e.value(f"icmp ne {held} {part}, zeroinitializer") for part in parts])


def _masked(e: Emitter, name: str, held: str, place: tuple[str, str], meant: tuple[int, str]) -> str:
    """A masked load or gather. The alignment is an operand, which LLVM takes in all versions."""
    size, flag = meant
    flags = f"<{held[1:].split(' x ')[0]} x i1>"
    return intrinsic(e, name, held, place, ("i32", str(size)), (flags, flag), (held, "zeroinitializer"), suffix=f"{mangled(held)}.{mangled(place[0])}")


def store_lanes(e: Emitter, kind: Vector, value: Value, places: Places) -> None:
    """Store the lanes that are meant, in their order."""
    access = _Access(e, kind, places)
    flags, held = access.conditions, access.held
    if kind.bits:
        value = tuple(e.value(f"zext {access.flags} {part} to {held}") for part in as_conditions(e, kind, value, kind.group))
    if access.is_row and flags is None:
        for k, part in enumerate(value):
            e.do(f"store {held} {part}, ptr {access.address(k)}, align {access.size}")
        return
    every = flags or ["splat (i1 true)"] * len(value)
    places_ = [("ptr", access.address(k)) for k in range(len(value))] if access.is_row else [(f"<{kind.group} x ptr>", p) for p in access.pointers()]
    name = "llvm.masked.store" if access.is_row else "llvm.masked.scatter"
    for part, (type_, place), flag in zip(value, places_, every, strict=True):
        callee = e.module.declare(f"{name}.{mangled(held)}.{mangled(type_)}", "void", (held, type_, "i32", access.flags))
        e.do(f"call void {callee}({held} {part}, {type_} {place}, i32 {access.size}, {access.flags} {flag})")
