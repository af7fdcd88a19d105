"""How an object that compiled code relies on is found again in another process: as a route from the function.

A route is a nested tuple: `("item", ("globals", ("self",)), "math")` is the global `math` of the function. Nothing is imported to
follow one.
"""

from __future__ import annotations

import marshal
import sys
from types import CodeType, FunctionType, ModuleType

from accel.cache.content import Content, NotCacheable, builtins_of, compute_digest, is_function, namespace_of
from accel.cache.values import PLAIN, pack_value, unpack_value
from accel.types.frozen import find_layout
from accel.types.kinds import Constant, NoneKind, Struct
from accel.types.structs import STRUCT, function_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from accel.ir import Guard, Signature
    from accel.types.kinds import Kind

    Route = tuple[Any, ...]
    Derive = Callable[[FunctionType, tuple[Kind, ...]], FunctionType]

__all__ = ["DERIVED", "Derive", "Finder", "Routes", "digest_of"]

DERIVED = "derived"  # the attribute of a function made of another one: that function, and the kinds of the arguments it was made for

_SELF = ("self",)


class Routes:
    """The routes from one function to the objects its compiled code relies on.

    Attributes
    ----------
    made : dict of functions
        Those that were made of others, by their routes: to follow one would make another function.
    """

    def __init__(self, function: FunctionType, signature: Signature) -> None:
        self._function = function
        self.made: dict[Route, Any] = {}
        self._known: dict[int, Route] = {}
        self._alive: list[Any] = []
        self.learn(function, _SELF)
        self.learn(builtins_of(function), ("builtins",))
        for number, kind in enumerate(signature.kinds):
            if hasattr(kind, "value"):  # a `Static`: the caller brings the object
                self.learn(kind.value, ("argument", number))

    def learn(self, value: Any, route: Route) -> None:
        """Note how `value` is reached, and with it what belongs to a function or module. The first route stays."""
        if id(value) in self._known:
            return
        self._known[id(value)] = route
        self._alive.append(value)
        if is_function(value):
            self.learn(value.__globals__, ("globals", route))
            self.learn(value.__code__, ("code", route))
            if value.__kwdefaults__:
                self.learn(value.__kwdefaults__, ("keywords", route))
            for name, cell in zip(value.__code__.co_freevars, value.__closure__ or (), strict=True):
                self.learn(cell, ("cell", route, name))
        elif type(value) is CodeType:  # functions inside it
            for number, constant in enumerate(value.co_consts):
                if type(constant) is CodeType:
                    self.learn(constant, ("constant", route, number))
        elif issubclass(type(value), ModuleType):
            self.learn(namespace_of(value), ("namespace", route))
        elif (layout := find_layout(value)) is not None:
            for name in vars(value):
                if (function := function_of(vars(value)[name])) is not None:
                    self.learn(function, ("method", route, name))
            for number, kind in enumerate(layout.kind.items):
                if isinstance(kind, Struct):
                    self.learn(kind.value, ("field", route, number))
            if "record" in layout.records:
                self.learn(layout.records["record"], ("record", route))
        elif type(value) is type and STRUCT in vars(value):  # the class of its records
            self.learn(vars(value)[STRUCT], ("struct", route))

    def learn_guards(self, guards: tuple[Guard, ...], functions: Iterable[FunctionType] = ()) -> None:
        """Learn what the guards lead to, whatever their order, and those functions that were made of others. Guards may watch what these hold."""
        derived = [function for function in functions if DERIVED in function.__dict__]
        waiting = [guard for guard in guards if guard.what not in ("errstate", "class")]
        while waiting:
            left = [guard for guard in waiting if not self._learn_guard(guard)]
            if len(left) == len(waiting):
                left = [guard for guard in waiting if not (self._learn_path(guard) and self._learn_guard(guard))]
            if len(left) == len(waiting) and not self._learn_derived(derived):
                raise NotCacheable(f"no way from the function to what guards {left[0].name or left[0].what!r}")
            waiting = left
        while self._learn_derived(derived):
            pass

    def _learn_derived(self, functions: list[FunctionType]) -> bool:
        """Learn functions that were made of others, by what is known while compiling; whether there is a new one."""
        found = False
        for made in functions:
            function, kinds = made.__dict__[DERIVED]
            if self.knows(made):
                continue
            try:
                owner = self.find(function)
            except NotCacheable:  # so far
                continue
            known = tuple([pack_value(kind.value, self.find) if isinstance(kind, Constant) else None for kind in kinds])
            route = ("derived", owner, known, digest_of(made))
            self.learn(made, route)
            self.made[route] = made
            found = True
        return found

    def _learn_guard(self, guard: Guard) -> bool:
        route = self._known.get(id(guard.holder))
        if route is None:
            return False
        if not guard.missing and guard.what == "global":
            self.learn(guard.value, ("item", route, guard.name))
        elif not guard.missing and guard.what == "cell":
            self.learn(guard.value, ("contents", route))
        return True

    def _learn_path(self, guard: Guard) -> bool:
        """Follow the names the compiler noted, from the globals of the function; else look for a module of that name."""
        namespace: Any = self._function.__globals__
        route: Route = ("globals", _SELF)
        for name in guard.path[:-1] if guard.what == "global" else guard.path:
            if type(namespace) is not dict or name not in namespace:
                break
            namespace, route = namespace[name], ("item", route, name)
            self.learn(namespace, route)
            if issubclass(type(namespace), ModuleType):
                namespace, route = namespace_of(namespace), ("namespace", route)
        if id(guard.holder) not in self._known and type(guard.holder) is dict:
            module = guard.holder.get("__name__")
            if type(module) is str and type(sys.modules.get(module)) is ModuleType:
                self.learn(sys.modules[module], ("module", module))
        return id(guard.holder) in self._known

    def knows(self, value: Any) -> bool:
        """Whether `value` was met on the way."""
        return id(value) in self._known

    def find(self, value: Any) -> Route:
        """The route to `value`; raises NotCacheable where there is none."""
        route = self._known.get(id(value))
        if route is not None:
            return route
        if type(value) in PLAIN:
            return ("value", value)
        if "accel.types.simd" in sys.modules and (shape := sys.modules["accel.types.simd"].shape_of_class(value)) is not None:
            return ("vector", *shape)
        layout = find_layout(value)
        if layout is not None and layout.origin is not None:
            template, arguments = layout.origin
            return ("generic", self.find(template), *[self.find(argument) for argument in arguments])
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        if type(module) is str and type(name) is str:
            route = ("named", module, name)
            if Finder(self._function).find(route) is value:
                return route
        numpy: Any = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, numpy.dtype) and numpy.dtype(value.str) is value:
            return ("dtype", value.str)
        raise NotCacheable(f"no way from the function to {type(value).__name__} object")


class Finder:
    """Follows routes from a function; raises NotCacheable where one leads nowhere now."""

    def __init__(self, function: FunctionType, signature: Signature | None = None, derive: Derive | None = None, found: dict[Route, Any] | None = None) -> None:
        self.signature = signature
        self._function, self._derive = function, derive
        self._found: dict[Route, Any] = {} if found is None else found

    def find(self, route: Route) -> Any:
        """The object at the end of `route` as it is now."""
        if route not in self._found:
            try:
                self._found[route] = _STEPS[route[0]](self, *route[1:])
            except (KeyError, IndexError, ValueError, AttributeError, TypeError) as error:
                raise NotCacheable(f"nothing at {route}") from error
        return self._found[route]

    def _find_argument(self, number: int) -> Any:
        if self.signature is None:
            raise KeyError(number)
        return self.signature.kinds[number].value  # type: ignore[attr-defined]  # a Static, else AttributeError

    def _find_cell(self, owner: Route, name: str) -> Any:
        function = self.find(owner)
        return function.__closure__[function.__code__.co_freevars.index(name)]

    def _find_namespace(self, owner: Route) -> Any:
        module = self.find(owner)
        if not issubclass(type(module), ModuleType):
            raise TypeError(owner)
        return namespace_of(module)

    def _find_field(self, owner: Route, number: int) -> Any:
        layout = find_layout(self.find(owner))
        return None if layout is None else layout.kind.items[number].value  # type: ignore[attr-defined]  # a struct, else AttributeError

    def _find_derived(self, owner: Route, known: tuple[Any, ...], digest: bytes) -> Any:
        """A function made anew of another one, with the same values known while compiling. What they are used for may have changed."""
        if self._derive is None:
            raise KeyError(DERIVED)
        made = self._derive(self.find(owner), tuple([NoneKind() if value is None else Constant(unpack_value(value, self.find)) for value in known]))
        if digest_of(made) != digest:
            raise ValueError("it evaluates something else while compiling")
        return made

    def _find_named(self, module: str, name: str) -> Any:
        value: Any = sys.modules[module]
        for part in name.split("."):
            value = getattr(value, part)
        return value


def _find_vector_class(_: Finder, char: str, width: int) -> Any:
    from accel.types.simd import make_vector_class

    return make_vector_class(char, width)


_STEPS: dict[str, Callable[..., Any]] = {
    "self": lambda finder: finder._function,
    "builtins": lambda finder: builtins_of(finder._function),
    "argument": Finder._find_argument,
    "globals": lambda finder, owner: finder.find(owner).__globals__,
    "code": lambda finder, owner: finder.find(owner).__code__,
    "keywords": lambda finder, owner: finder.find(owner).__kwdefaults__,
    "constant": lambda finder, owner, number: finder.find(owner).co_consts[number],
    "namespace": Finder._find_namespace,
    "item": lambda finder, owner, name: finder.find(owner)[name],
    "cell": Finder._find_cell,
    "contents": lambda finder, owner: finder.find(owner).cell_contents,
    "module": lambda _, name: sys.modules[name],
    "named": Finder._find_named,
    "derived": Finder._find_derived,
    "method": lambda finder, owner, name: function_of(vars(finder.find(owner))[name]),
    "field": Finder._find_field,
    "record": lambda finder, owner: finder.find(owner).__accel_layout__.records["record"],
    "generic": lambda finder, template, *arguments: finder.find(template)[tuple([finder.find(a) for a in arguments])],
    "struct": lambda finder, owner: getattr(finder.find(owner), STRUCT),
    "vector": _find_vector_class,
    "dtype": lambda _, text: sys.modules["numpy"].dtype(text),
    "value": lambda _, value: value,
}


def digest_of(function: FunctionType) -> bytes:
    """What tells a function from others: its code and what that mentions."""
    return compute_digest(marshal.dumps(Content(function).describe_home(), 2))
