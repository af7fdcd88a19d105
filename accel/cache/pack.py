"""Lowered code as bytes and back, with `marshal`: only ever read from bytes whose digest was checked."""

from __future__ import annotations

import marshal
from types import CellType, FunctionType

from accel.cache.content import NotCacheable
from accel.cache.routes import Finder, Routes
from accel.cache.values import pack_value, unpack_value
from accel.runtime.classes import find_class_version
from accel.types import kinds as _kinds
from accel.types.frozen import find_layout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import CodeType
    from typing import Any

    from accel.ir import Exit, Guard, Lowered, PythonStep, Source
    from accel.types.kinds import Kind

__all__ = ["LazyTable", "Origin", "pack_kind", "pack_lowered", "unpack_kind", "unpack_lowered"]

_CLASSES: dict[str, type[Kind]] = {
    name: cls for name, cls in vars(_kinds).items() if isinstance(cls, type) and issubclass(cls, _kinds.Kind)
}
_FUNCTION_PARTS = ("__code__", "__defaults__", "__kwdefaults__")


def pack_kind(kind: Kind, pack_static: Callable[[Any], Any]) -> tuple[Any, ...]:
    """A kind as nested tuples: the name of its class, then its fields. `pack_static` replaces the object some kinds hold.

    >>> pack_kind(_kinds.Tuple((_kinds.Int(), _kinds.Scalar("d"))), str)
    ('Tuple', (('Int',), ('Scalar', 'd')), None)
    """
    name = type(kind).__name__
    if _CLASSES.get(name) is not type(kind):
        raise NotCacheable(f"kind of class {name}")
    if isinstance(kind, _kinds.Static):
        return (name, pack_static(kind.value))
    if isinstance(kind, _kinds.Struct):
        return (name, pack_static(kind.value), kind.names, _pack_field(kind.items, pack_static))
    if isinstance(kind, _kinds.Constant):
        return (name, pack_value(kind.value, pack_static))
    if isinstance(kind, _kinds.Tuple) and kind.named is not None:
        return ("Named", _pack_field(kind.items, pack_static), pack_static(kind.named))
    if isinstance(kind, _kinds.View):
        return (name, pack_kind(kind.struct, pack_static), kind.writeable)
    if isinstance(kind, _kinds.StructArray):
        return (name, pack_kind(kind.struct, pack_static), kind.ndim, kind.layout, kind.writeable)
    if isinstance(kind, _kinds.Nested):
        return (name, pack_static(kind.code), kind.captured, kind.written, kind.defaults, kind.keyword_defaults)
    fields: tuple[str, ...] = getattr(kind, "__match_args__", ())
    return (name, *[_pack_field(getattr(kind, field), pack_static) for field in fields])


def _pack_field(value: Any, pack_static: Callable[[Any], Any]) -> Any:
    if isinstance(value, _kinds.Kind):
        return pack_kind(value, pack_static)
    if type(value) is tuple:
        return tuple([_pack_field(item, pack_static) for item in value])
    return value


def unpack_kind(packed: tuple[Any, ...], find_static: Callable[[Any], Any]) -> Kind:
    """The kind that `pack_kind` made a tuple of; `find_static` gives the object a kind holds."""
    name, *fields = packed
    if name == "Static":
        return _kinds.Static(find_static(fields[0]))
    if name == "Struct":
        found = find_static(fields[0])
        layout = find_layout(found)
        if layout is None or layout.kind.names != fields[1]:
            raise NotCacheable(f"{found!r:.60} has other fields now")
        return layout.kind
    if name == "Constant":
        return _kinds.Constant(unpack_value(fields[0], find_static))
    if name == "Named":
        return _kinds.Tuple(_unpack_field(fields[0], find_static), find_static(fields[1]))
    if name in ("View", "StructArray"):
        from accel.types.records import view_of

        view = view_of(unpack_kind(fields[0], find_static), fields[-1])  # type: ignore[arg-type]
        return view if name == "View" else _kinds.StructArray(view.value, view.struct, *fields[1:])
    if name == "Nested":
        return _kinds.Nested(find_static(fields[0]), *fields[1:])
    return _CLASSES[name](*[_unpack_field(field, find_static) for field in fields])


def _unpack_field(field: Any, find_static: Callable[[Any], Any]) -> Any:
    if type(field) is not tuple:
        return field
    if field and type(field[0]) is str:
        return unpack_kind(field, find_static)
    return tuple([_unpack_field(item, find_static) for item in field])


def pack_lowered(lowered: Lowered, function: FunctionType) -> bytes:
    """Write down lowered code of `function`.

    Raises
    ------
    NotCacheable
        When something in it can't be found again from the function, or is no longer what was compiled.
    """
    routes = Routes(function, lowered.signature)
    routes.learn_guards(lowered.guards, [source.function for source in lowered.sources.values()])
    numbers: dict[tuple[Any, ...], int] = {}  # packed kind -> its place in the table of kinds

    def number(kind: Kind) -> int:
        return numbers.setdefault(pack_kind(kind, routes.find), len(numbers))

    signature = tuple(map(number, lowered.signature.kinds))
    result = number(lowered.result)
    finder = Finder(function, lowered.signature, found=dict(routes.made))
    guards = tuple([_pack_guard(guard, routes, finder) for guard in lowered.guards])
    exits = {symbol: tuple([_pack_exit(e, number) for e in found]) for symbol, found in lowered.exits.items()}
    origins = {symbol: _find_origin(source, routes) for symbol, source in lowered.sources.items()}
    steps = {symbol: _pack_steps(found, lowered.sources.get(symbol)) for symbol, found in lowered.steps.items() if found}
    classes = tuple(map(routes.find, lowered.classes))
    return marshal.dumps((tuple(numbers), signature, result, guards, exits, steps, origins, lowered.image, classes), 2)


def _find_origin(source: Source | Origin, routes: Routes) -> tuple[Any, ...]:
    """The route to the code of a function that was compiled: its own, or inside the code of the function around it."""
    return ("code", routes.find(source.function)) if routes.knows(source.function) else routes.find(source.code)


def _pack_steps(steps: tuple[PythonStep, ...], source: Source | Origin | None) -> tuple[Any, ...]:
    """Steps with lines counted from the first line of their function, as that may move."""
    if source is None:
        raise NotCacheable("steps of a function that is not known")
    return tuple([(step.text, step.line - source.code.co_firstlineno, step.operands) for step in steps])


def _pack_exit(exit_: Exit, number: Callable[[Kind], int]) -> tuple[Any, ...]:
    live = tuple([(live.name, number(live.kind), live.offset, live.flag) for live in exit_.live])
    return exit_.node, exit_.phase, live, exit_.gives, exit_.takes, exit_.asks, exit_.raises


def unpack_lowered(packed: bytes, finder: Finder) -> Lowered:
    """Lowered code from bytes of `pack_lowered`, for the function and the static arguments `finder` starts from.

    Raises
    ------
    NotCacheable
        When something it relies on is not there in this process.
    """
    from accel.ir import Exit, Live, Lowered, PythonStep, Signature

    kinds_, arguments, result, guards, exits, steps, routes, image, classes = marshal.loads(packed)
    kinds = [unpack_kind(kind, finder.find) for kind in kinds_]
    origins = {symbol: _unpack_origin(route, finder) for symbol, route in routes.items()}

    def build_exit(_: str, packed: tuple[Any, ...]) -> Exit:
        node, phase, live, *rest = packed
        return Exit(node, phase, tuple([Live(name, kinds[kind], offset, flag) for name, kind, offset, flag in live]), *rest)

    def build_step(symbol: str, packed: tuple[Any, ...]) -> PythonStep:
        text, line, operands = packed
        return PythonStep(text, origins[symbol].code.co_firstlineno + line, operands)

    return Lowered(
        finder.signature or Signature(tuple([kinds[number] for number in arguments])),
        kinds[result],
        image,
        tuple([_unpack_guard(guard, finder) for guard in guards]),
        LazyTable(exits, build_exit),
        "",
        LazyTable({symbol: steps.get(symbol, ()) for symbol in exits}, build_step),
        origins,
        tuple(map(finder.find, classes)),
    )


def _unpack_origin(route: tuple[Any, ...], finder: Finder) -> Origin:
    """The function at `("code", route)`; for code inside of other code a function that stands for those made at run time."""
    if route[0] == "code":
        return Origin(finder.find(route[1]))
    code, around = finder.find(route), _unpack_origin(route[1], finder).function
    cells = dict(zip(around.__code__.co_freevars, around.__closure__ or (), strict=True))
    closure = tuple([cells.get(name) or CellType() for name in code.co_freevars])
    return Origin(FunctionType(code, around.__globals__, code.co_name, None, closure))


def _pack_guard(guard: Guard, routes: Routes, finder: Finder) -> tuple[Any, ...]:
    """A guard with routes in place of objects; what it watches must still be what was compiled."""
    if guard.what == "errstate":
        return ("errstate", None, "", None, False, ())
    holder = routes.find(guard.holder)
    if guard.what == "class":
        if find_class_version(guard.holder) != guard.value:
            raise NotCacheable(f"{guard.holder!r:.60} has changed")
        return ("class", holder, "", None, False, ())
    value: Any = None
    if guard.what == "function":
        value = _pack_part(guard.value, guard.holder)
    elif guard.missing:
        value = None if guard.value is None else routes.find(guard.value)
    packed = (guard.what, holder, guard.name, value, guard.missing, guard.path)
    now = _unpack_guard(packed, finder)
    if now.holder is not guard.holder or (guard.what != "function" and now.value is not guard.value):
        raise NotCacheable(f"{guard.name!r} was rebound")
    return packed


def _pack_part(value: Any, holder: Any) -> Any:
    """What the guard of a function holds as its value: the function, one of its parts, or a tuple of those."""
    if value is holder:
        return ""
    for name in _FUNCTION_PARTS:
        if value is not None and value is getattr(holder, name):
            return name
    if type(value) is tuple:
        return tuple([_pack_part(item, holder) for item in value])
    if value is None:
        return None
    raise NotCacheable("part of a function was replaced")


def _unpack_part(packed: Any, holder: Any) -> Any:
    if type(packed) is tuple:
        return tuple([_unpack_part(item, holder) for item in packed])
    return packed if packed is None else getattr(holder, packed) if packed else holder


def _unpack_guard(packed: tuple[Any, ...], finder: Finder) -> Guard:
    from accel.ir import Guard

    what, holder_route, name, value, missing, path = packed
    if what == "errstate":
        return Guard(what, None, "", None)
    holder = finder.find(holder_route)
    if what == "class":
        value = find_class_version(holder)
    elif what == "function":
        value = _unpack_part(value, holder)
    elif what not in ("global", "cell"):
        raise NotCacheable(f"guard of {what!r}")
    elif missing:
        _check_missing(what, holder, name)
        value = None if value is None else finder.find(value)
    else:
        value = finder.find(("item", holder_route, name) if what == "global" else ("contents", holder_route))
    return Guard(what, holder, name, value, missing, path)


def _check_missing(what: str, holder: Any, name: str) -> None:
    if what == "global" and name not in holder:
        return
    if what == "cell":
        try:
            holder.cell_contents  # noqa: B018  # raises when the cell is empty, as it was
        except ValueError:
            return
    raise NotCacheable(f"{name!r} was absent and is there now")


class Origin:
    """The function some machine code was made from. It stands in `Lowered.sources` for a `Source`, as nothing is parsed yet."""

    __slots__ = ("function",)

    def __init__(self, function: FunctionType) -> None:
        self.function = function

    @property
    def code(self) -> CodeType:
        """Its code object."""
        return self.function.__code__


class LazyTable(dict[str, "tuple[Any, ...]"]):
    """Exits or steps by symbol, built when first looked at: they matter only when compiled code is left."""

    def __init__(self, packed: dict[str, tuple[Any, ...]], build: Callable[[str, tuple[Any, ...]], Any]) -> None:
        super().__init__()
        self._packed, self._build = packed, build
        for symbol in packed:
            super().__setitem__(symbol, ())

    def __getitem__(self, symbol: str) -> tuple[Any, ...]:
        packed = self._packed.get(symbol)
        if packed is not None:  # two threads may both come here: they store equal values
            super().__setitem__(symbol, tuple([self._build(symbol, item) for item in packed]))
            self._packed.pop(symbol, None)
        return super().__getitem__(symbol)

    def _build_all(self) -> None:
        for symbol in list(self._packed):
            self[symbol]

    def __iter__(self) -> Iterator[str]:  # its being here also keeps `dict(exits)` from going round `__getitem__`
        return super().__iter__()

    def get(self, symbol: str, default: Any = None) -> Any:
        """As `dict.get`."""
        return self[symbol] if symbol in self else default  # noqa: SIM401  # this is `get`

    def items(self) -> Any:
        """As `dict.items`."""
        self._build_all()
        return super().items()

    def values(self) -> Any:
        """As `dict.values`."""
        self._build_all()
        return super().values()

    def __eq__(self, other: object) -> bool:
        self._build_all()
        return super().__eq__(other)

    __hash__ = None

    def __repr__(self) -> str:
        self._build_all()
        return super().__repr__()
