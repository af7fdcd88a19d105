"""What functions and values are made of, written down so that it is equal in every process and differs when they do.

A description is a nested tuple of what `marshal` can write. Its version 2 is used: it has no references and no interning marks,
so that equal values give equal bytes. Never used: `repr` of objects, the order of sets, addresses, hashes of strings.
"""

from __future__ import annotations

import marshal
import sys
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

from accel.cache.source import find_source
from accel.cache.values import PLAIN
from accel.types.frozen import find_layout
from accel.types.structs import Template

try:
    from _blake2 import blake2b  # hashlib would load OpenSSL
except ImportError:  # an interpreter built without it
    from hashlib import blake2b

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Description = tuple[Any, ...]

__all__ = [
    "Content",
    "NotCacheable",
    "builtins_of",
    "compute_digest",
    "describe_code",
    "is_function",
    "module_of",
    "namespace_of",
]

_FUNCTIONS_WALKED = 64  # beyond, a function counts by its own code alone; what was compiled is guarded anyway
_FUNCTIONS_SEEN = 1024
_MODULE_DEPTH = 3  # numpy.linalg.norm
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE
_UNTOLD = {"__dict__", "__weakref__", "__module__", "__doc__", "__firstlineno__", "__static_attributes__", "__annotations__"}

# what a class is, whatever its metaclass says
_name_of_class: Callable[[type], str] = type.__dict__["__qualname__"].__get__
_flags_of: Callable[[type], int] = type.__dict__["__flags__"].__get__
_body_of: Callable[[type], Mapping[str, Any]] = type.__dict__["__dict__"].__get__
_bases_of: Callable[[type], tuple[type, ...]] = type.__dict__["__bases__"].__get__
_size_of: Callable[[type], int] = type.__dict__["__basicsize__"].__get__
_codes: dict[int, tuple[CodeType, bytes, tuple[str, ...]]] = {}


class NotCacheable(Exception):
    """What a function depends on can't be written down, or can't be found again in another process."""


def compute_digest(content: bytes) -> bytes:
    """32 bytes that stand for `content`."""
    return blake2b(content, digest_size=32).digest()


def namespace_of(module: ModuleType) -> dict[str, Any]:
    """The names in a module, without waking one that loads itself on first use."""
    names: dict[str, Any] = object.__getattribute__(module, "__dict__")
    return names


def builtins_of(function: Any) -> dict[str, Any]:
    """The names a function finds behind its globals."""
    names: dict[str, Any] = function.__builtins__
    return names


def module_of(cls: type) -> str:
    """The name of the module a class says it is from."""
    name = _body_of(cls).get("__module__") if _flags_of(cls) & _HEAP_TYPE else type.__dict__["__module__"].__get__(cls)
    return name if type(name) is str else ""


def _is_own(cls: type) -> bool:
    return module_of(cls).partition(".")[0] == "accel"


def is_function(value: Any) -> bool:
    """Whether a value is a Python function. In 3.11 decorated ones have a class of their own."""
    return issubclass(type(value), FunctionType)


def describe_code(code: CodeType) -> tuple[bytes, tuple[str, ...]]:
    """A digest of a code object, nested ones included, and the names it looks up, sorted.

    File name and first line are left out, so a function may move; the table of lines counts from the first line.
    """
    known = _codes.get(id(code))
    if known is None:
        names: set[str] = set()
        digest = compute_digest(marshal.dumps(_write_code(code, names), 2))
        if len(_codes) > 4096:
            _codes.clear()
        known = _codes[id(code)] = code, digest, tuple(sorted(names))
    return known[1], known[2]


def _write_code(code: CodeType, names: set[str]) -> Description:
    names.update(code.co_names)
    return (
        "code",
        (code.co_name, code.co_qualname, code.co_flags, code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount),
        (code.co_names, code.co_varnames, code.co_cellvars, code.co_freevars, code.co_stacksize),
        (code.co_code, code.co_linetable, code.co_exceptiontable),
        tuple([_write_constant(constant, names) for constant in code.co_consts]),
    )


def _write_constant(value: Any, names: set[str]) -> Any:
    kind = type(value)
    if kind is CodeType:
        return _write_code(value, names)
    if kind is tuple:
        return ("tuple", *[_write_constant(item, names) for item in value])
    if kind is frozenset:
        return ("set", *sorted(marshal.dumps(_write_constant(item, names), 2) for item in value))
    if kind in PLAIN:
        return value
    raise NotCacheable(f"constant of class {kind.__name__} in the code")


class Content:
    """Describes the function `home`, everything its code mentions, and further values on request.

    Functions, classes and modules are numbered in the order they are met, so cycles end. What the code merely mentions may be
    anything (a logger, a list): then its class counts. A *strict* description refuses such a value with `NotCacheable`.
    """

    def __init__(self, home: FunctionType) -> None:
        self._package = _top_package(home.__module__)
        self._numbers: dict[int, int] = {}
        self._alive: list[Any] = []  # the ids above stay valid
        self._waiting: list[FunctionType] = [home]
        self._number(home)
        self._head = (self._describe_defaults(home, strict=True), self._finish())

    def describe_home(self) -> Description:
        """The function and what it mentions."""
        return self._head

    def describe_strictly(self, values: list[Any]) -> Description:
        """Values that compiled code relies on; raises NotCacheable for one that has no content to compare."""
        told = [self._describe_watched(value) for value in values]
        return (*told, self._finish())

    def _describe_watched(self, value: Any) -> Description:
        defaults = self._describe_defaults(value, strict=True) if is_function(value) else ()
        return self.describe(value, strict=True), defaults

    def _finish(self) -> Description:
        """Describe the functions met so far, and those they mention, until none is left."""
        parts = []
        while self._waiting:
            function = self._waiting.pop(0)
            walked = len(self._alive) <= _FUNCTIONS_WALKED
            parts.append(self._describe_function(function, walked and not self._is_foreign(function)))
        return tuple(parts)

    def _number(self, value: Any) -> int | None:
        """The number of something already met; None the first time."""
        number = self._numbers.get(id(value))
        if number is None:
            self._numbers[id(value)] = len(self._alive)
            self._alive.append(value)
        return number

    def _is_foreign(self, function: FunctionType) -> bool:
        """Whether a function belongs to the standard library or to an installed package other than that of `home`."""
        path = function.__code__.co_filename
        installed = "site-packages" in path or "dist-packages" in path
        standard = path.startswith("<frozen ") or path.startswith(getattr(sys, "_stdlib_dir", None) or "\0")
        return (installed or standard) and _top_package(function.__module__) != self._package

    def _describe_function(self, function: FunctionType, with_names: bool) -> Description:
        digest, names = describe_code(function.__code__)
        text = find_source(function.__code__, function.__globals__)
        return (
            digest,
            None if text is None else compute_digest(text),
            self._describe_defaults(function, strict=False),
            tuple([self._describe_cell(cell) for cell in function.__closure__ or ()]),
            self._describe_annotations(function),
            self._describe_options(function),
            self._describe_names(names, function) if with_names else (),
        )

    def _describe_defaults(self, function: FunctionType, strict: bool) -> Description:
        keywords = function.__kwdefaults__ or {}
        return (
            tuple([self.describe(value, strict) for value in function.__defaults__ or ()]),
            tuple([(name, self.describe(keywords[name], strict)) for name in sorted(keywords)]),
        )

    def _describe_cell(self, cell: Any) -> Description:
        try:
            value = cell.cell_contents
        except ValueError:
            return ("empty cell",)
        return self.describe(value)

    def _describe_annotations(self, holder: Any) -> Description:
        """Annotations are enforced, so they count; those made of typing objects by their text."""
        try:
            annotations = _body_of(holder).get("__annotations__") if issubclass(type(holder), type) else holder.__annotations__
        except Exception:  # evaluated late, in newer Pythons: any error of the user's
            return ("annotations fail",)
        told = []
        for name, value in (annotations or {}).items():
            by_text = module_of(type(value)) in ("typing", "types") or _is_own(type(value))
            told.append((name, repr(value).partition(" at 0x")[0] if by_text else self.describe(value)))
        return tuple(told)

    def _describe_options(self, function: FunctionType) -> Any:
        carrier = function.__dict__.get("accel")
        return None if carrier is None else self.describe_options(getattr(carrier, "options", None), strict=False)

    def describe_options(self, options: Any, strict: bool = True) -> Any:
        """Options by name and value, whatever holds them."""
        named = options if type(options) is dict else None
        for listing in ("__dataclass_fields__", "_fields", "__slots__"):
            if named is None and (names := getattr(type(options), listing, None)):
                named = {name: getattr(options, name) for name in names}
        if named is None:
            return self.describe(options, strict)
        return tuple([(name, self.describe(named[name], strict)) for name in sorted(named)])

    def _describe_names(self, names: tuple[str, ...], function: FunctionType) -> Description:
        """What the names in the code stand for, should they be globals; attributes of modules likewise."""
        namespace = function.__globals__
        builtins = builtins_of(function)
        told: list[Description] = []
        for name in names:
            if name in namespace:
                value = namespace[name]
                told.append((name, self.describe(value)))
                if issubclass(type(value), ModuleType):
                    self._describe_attributes(value, name, names, told)
            elif name in builtins and not _is_static_builtin(name, builtins[name]):
                told.append((name, self.describe(builtins[name])))
        return tuple(told)

    def _describe_attributes(self, module: ModuleType, path: str, names: tuple[str, ...], told: list[Description]) -> None:
        inside = namespace_of(module)
        for name in names:
            if name in inside:
                value = inside[name]
                told.append((path, name, self.describe(value)))
                if issubclass(type(value), ModuleType) and path.count(".") < _MODULE_DEPTH - 1:
                    self._describe_attributes(value, f"{path}.{name}", names, told)

    def describe(self, value: Any, strict: bool = False) -> Description:
        """One value by its content; functions and classes by number, their content follows."""
        kind = type(value)
        if kind in PLAIN:
            return ("value", value)
        if kind is tuple:
            return ("tuple", *[self.describe(item, strict) for item in value])
        if kind is frozenset:
            return ("set", *sorted(marshal.dumps(self.describe(item, strict), 2) for item in value))
        if kind is dict and strict:  # a table that `comptime` has looked into
            return ("dict", *[(self.describe(key, strict), self.describe(item, strict)) for key, item in value.items()])
        describe = _DESCRIBE.get(kind) or (Content._describe_class if issubclass(kind, type) else None)
        told = describe(self, value) if describe else self._describe_other(value)
        if told is None:
            if strict:
                raise NotCacheable(f"{_name_of_class(kind)} object that has no content to compare")
            return ("object", _name_of_class(kind))
        return told

    def _describe_other(self, value: Any) -> Description | None:
        if is_function(value):
            return self._describe_def(value)
        if issubclass(type(value), ModuleType):
            return self._describe_module(value)
        if (layout := find_layout(type(value))) is not None:
            return ("struct", self.describe(type(value)), *[self.describe(getattr(value, name, None)) for name in layout.kind.names])
        if issubclass(type(value), Template):
            return ("generic struct", self.describe(value.written))
        return _describe_numpy(value) if module_of(type(value)) in ("numpy", "numpy.dtypes") else None

    def _describe_def(self, function: FunctionType) -> Description:
        number = self._number(function)
        if number is not None:
            return ("function", number)
        if len(self._alive) > _FUNCTIONS_SEEN:
            return ("function", *describe_code(function.__code__))
        self._waiting.append(function)
        return ("new function",)

    def _describe_method(self, method: MethodType) -> Description | None:
        owner = method.__self__
        if not issubclass(type(owner), (type, ModuleType)):
            return None
        return ("method", self.describe(method.__func__), self.describe(owner))

    def _describe_builtin(self, function: BuiltinFunctionType) -> Description | None:
        owner = function.__self__
        if not issubclass(type(owner), (type(None), type, ModuleType)):
            return None
        module = str(function.__module__)
        return ("builtin", module, function.__qualname__, _find_version(module), *([self.describe(owner)] if owner else []))

    def _describe_module(self, module: ModuleType) -> Description:
        inside = namespace_of(module)
        name, version = str(inside.get("__name__")), inside.get("__version__")
        return ("module", name, _find_version(name), version if type(version) is str else "")

    def _describe_class(self, cls: type) -> Description:
        """A class written in C by name and version; one written in Python by its bases and what its body defines."""
        number = self._number(cls)
        if number is not None:
            return ("class", number)
        name = (module_of(cls), _name_of_class(cls), _size_of(cls))
        if not _flags_of(cls) & _HEAP_TYPE:
            return ("class", *name, _find_version(name[0]))
        inside = _body_of(cls)
        told = [(key, self._describe_member(inside[key])) for key in sorted(inside) if key not in _UNTOLD]
        members = inside.get("_member_map_")
        if type(members) is dict:  # an enumeration: its members are objects of the class itself
            told += [(key, self.describe(members[key].__dict__.get("_value_"))) for key in members]
        bases = tuple([self.describe(base) for base in _bases_of(cls)])
        return ("class", *name[1:], _find_version(name[0]), bases, tuple(told), self._describe_annotations(cls))

    def _describe_member(self, value: Any) -> Description:
        if type(value) in (staticmethod, classmethod):
            return (type(value).__name__, self.describe(value.__func__))
        if type(value) is property:
            return ("property", *[self.describe(part) for part in (value.fget, value.fset, value.fdel)])
        return self.describe(value)


def _describe_range(content: Content, value: Any) -> Description:
    return (type(value).__name__, *[content.describe(part) for part in (value.start, value.stop, value.step)])


def _describe_numpy(value: Any) -> Description | None:
    """NumPy's scalars, dtypes and ufuncs by content, arrays by dtype and layout; None for the rest."""
    numpy: Any = sys.modules.get("numpy")
    if numpy is None:
        return None
    kind = type(value)
    if kind is numpy.ufunc:
        known = getattr(numpy, value.__name__, None) is value
        return ("ufunc", value.__name__, str(numpy.__version__)) if known else None
    if isinstance(value, numpy.dtype):
        return ("dtype", value.str, value.char) if value.isbuiltin == 1 else None
    if kind is numpy.ndarray:
        if value.dtype.hasobject or value.dtype.fields:
            return None
        layout = (value.shape, value.flags.c_contiguous, value.flags.f_contiguous, value.flags.writeable, value.flags.aligned)
        return ("array", value.dtype.str, value.dtype.char, layout)  # its items are read at each call
    if issubclass(kind, numpy.generic) and value.dtype.isbuiltin == 1 and not value.dtype.hasobject:
        return ("scalar", value.dtype.str, value.dtype.char, value.tobytes())
    return None


def _top_package(module: Any) -> str:
    return str(module).partition(".")[0]


def _find_version(module: str) -> str:
    """The version of the package a module belongs to; "" where there is none."""
    package: Any = sys.modules.get(_top_package(module))
    version = namespace_of(package).get("__version__") if issubclass(type(package), ModuleType) else None
    return version if type(version) is str else ""


def _is_static_builtin(name: str, value: Any) -> bool:
    """Whether a name of `builtins` still is that builtin: Python's version stands for those."""
    if type(value) is BuiltinFunctionType:
        return bool(value.__module__ == "builtins" and value.__name__ == name)
    return type(value) is type and not _flags_of(value) & _HEAP_TYPE and _name_of_class(value) == name


_DESCRIBE: dict[type, Callable[[Content, Any], Description | None]] = {
    MethodType: Content._describe_method,
    BuiltinFunctionType: Content._describe_builtin,
    ModuleType: Content._describe_module,
    CodeType: lambda _, code: ("code", describe_code(code)[0]),
    type: Content._describe_class,
    range: _describe_range,
    slice: _describe_range,
}
