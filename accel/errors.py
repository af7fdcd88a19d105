"""What accel raises and warns with: the exception tree, the Diagnostic they carry, and the one renderer of it."""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` and `dataclasses` are slow to import; this module may be on a warm path
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NoReturn

__all__ = [
    "AccelError",
    "AnnotationError",
    "ArgumentError",
    "CompileError",
    "DecorationError",
    "Diagnostic",
    "FallbackHint",
    "InexactError",
    "MissingPackageError",
    "OptionError",
    "OwnershipError",
    "RaceError",
    "RecordError",
    "render_diagnostic",
]


class Diagnostic:
    """One thing that is wrong, and where. Frozen; two with equal fields are equal.

    Parameters
    ----------
    what : str
        One clause, lower case, no stop, no advice.
    slug : str
        Name of the page that explains it: `docs/errors/<slug>.md`.
    filename : str, optional
        Empty when there is no place in a file.
    line : int, optional
        Line number, from 1.
    column, end_column : int, optional
        Characters of `source_line` to point at, from 0, the end not included.
    source_line : str, optional
        The line itself.
    found : str, optional
        What was found there: "`b` is array(float64, 1-d, C)".
    why : str, optional
        The rule that is broken.
    do : tuple of str, optional
        Remedies, one line each, code first.

    Examples
    --------
    >>> print(Diagnostic("no such option: `fast`", "unknown-option", do=("write `relaxed=True`",)))
    no such option: `fast` [unknown-option]
       = do: write `relaxed=True`
    """

    __slots__ = ("what", "slug", "filename", "line", "column", "end_column", "source_line", "found", "why", "do")

    what: str
    slug: str
    filename: str
    line: int
    column: int
    end_column: int
    source_line: str
    found: str
    why: str
    do: tuple[str, ...]

    def __init__(  # the fields of a record, all but two by keyword in practice
        self, what: str, slug: str, filename: str = "", line: int = 0, column: int = 0, end_column: int = 0,
        source_line: str = "", found: str = "", why: str = "", do: Iterable[str] = (),
    ) -> None:  # fmt: skip
        values = (what, slug, filename, line, column, end_column, source_line, found, why, tuple(do))
        for name, value in zip(self.__slots__, values, strict=True):
            object.__setattr__(self, name, value)

    def _fields(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self.__slots__])

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a Diagnostic can't be changed: {name}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a Diagnostic can't be changed: {name}")

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if isinstance(other, Diagnostic) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._fields())

    def __reduce__(self) -> tuple[Any, ...]:
        return Diagnostic, self._fields()

    def __repr__(self) -> str:
        shown = [f"{n}={v!r}" for n, v in zip(self.__slots__, self._fields(), strict=True) if v]
        return f"Diagnostic({', '.join(shown)})"

    def __str__(self) -> str:
        return render_diagnostic(self)


def render_diagnostic(diagnostic: Diagnostic) -> str:
    """The text of a Diagnostic: what, where with a caret, why, what to do.

    What it does not say itself comes from the table of advice.

    Parameters
    ----------
    diagnostic : Diagnostic
        What is wrong.

    Returns
    -------
    str
        Several lines, without a line end behind the last one.

    Examples
    --------
    >>> print(render_diagnostic(Diagnostic("`f` is a generator", "generator", "f.py", 7, 4, 9, "    yield x")))
    `f` is a generator [generator]
      --> f.py:7:5
       |
    7  |     yield x
       |     ^^^^^
    """
    from accel.advice import ADVICE

    d = diagnostic
    advised = ADVICE.get(d.slug, ("", ()))
    why, do = d.why or advised[0], d.do or advised[1]
    lines = [f"{d.what} [{d.slug}]"]
    number = str(d.line) if d.line else ""
    margin = " " * max(3, len(number) + 1)
    if d.filename:
        place = f":{d.line}:{d.column + 1}" if d.line else ""
        lines.append(f"{margin[:-1]}--> {d.filename}{place}")
    text = d.source_line.rstrip()
    if text:
        caret = "^" * max(1, min(d.end_column, len(text)) - d.column)
        gap = "".join([c if c == "\t" else " " for c in text[: d.column]])
        found = f" {d.found}" if d.found else ""
        lines += [f"{margin}|", f"{number.ljust(len(margin))}| {text}", f"{margin}| {gap}{caret}{found}"]
        if why or do:
            lines.append(f"{margin}|")
    elif d.found:
        lines.append(f"{margin}= found: {d.found}")
    lines += [f"{margin}= why: {why}"] if why else []
    lines += [f"{margin}= do: {remedy}" for remedy in do]
    return "\n".join(lines)


class AccelError(Exception):
    """The class of everything accel raises on its own account.

    Parameters
    ----------
    found : str or Diagnostic or tuple of Diagnostic
        What is wrong.

    Attributes
    ----------
    diagnostics : tuple of Diagnostic
        Empty when there is only a text.

    Examples
    --------
    >>> import accel
    >>> try:
    ...     accel.fn(fast=True)
    ... except accel.AccelError as error:
    ...     [found.slug for found in error.diagnostics]
    ['unknown-option']
    """

    def __init__(self, found: str | Diagnostic | Iterable[Diagnostic] = ()) -> None:
        if isinstance(found, Diagnostic):
            found = (found,)
        super().__init__(found if isinstance(found, str) else tuple(found))

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """All that was found wrong, the first one first."""
        found = self.args[0] if self.args else ()
        return found if isinstance(found, tuple) else ()

    def __str__(self) -> str:
        if self.diagnostics:
            return "\n\n".join(map(render_diagnostic, self.diagnostics))
        return str(self.args[0]) if self.args and self.args[0] else ""


class CompileError(AccelError, NotImplementedError):
    """A function can't be compiled. Without `strict=True` it stays in CPython instead, and this is not seen.

    Examples
    --------
    >>> import accel
    >>> @accel.fn(strict=True)
    ... def pair(x):
    ...     return [x, x]
    >>> pair(1)
    Traceback (most recent call last):
      ...
    accel.CompileError: cannot compile `pair`: lists [unsupported-expression]
      ...
    """

    hopeless = False  # whether other arguments would make no difference


class OptionError(AccelError, TypeError, ValueError):
    """An option accel does not have, or a value the option does not take.

    Examples
    --------
    >>> import accel
    >>> accel.fn(strict=1)
    Traceback (most recent call last):
      ...
    accel.OptionError: `strict` takes True or False, not 1 [option-value]
      ...
    """


class DecorationError(AccelError, TypeError):
    """A decorator was put on something it can't decorate.

    Examples
    --------
    >>> import accel
    >>> accel.fn(len)
    Traceback (most recent call last):
      ...
    accel.DecorationError: `fn` decorates Python functions, and `len` is an object of class builtin_function_or_method [decorated-object]
      ...
    """


class AnnotationError(AccelError, TypeError):
    """An annotation that accel knows makes no sense.

    Examples
    --------
    >>> from accel.types import Array
    >>> Array[float, 2]
    Traceback (most recent call last):
      ...
    accel.AnnotationError: an array has no elements of class float [array-annotation]
      ...
    """


class ArgumentError(AccelError, TypeError):
    """A value is not what something of accel's own takes: SIMD values, arrays of structs, derivatives.

    Notes
    -----
    A call of a decorated function, or of a struct, with an argument that its annotation does not allow raises a plain TypeError with `diagnostics`: those who call
    it need not know accel.

    Examples
    --------
    >>> from accel.types import SIMD, Float64, Int64
    >>> SIMD[Float64, 4](1.0) + SIMD[Int64, 4](1)
    Traceback (most recent call last):
      ...
    accel.ArgumentError: `+` of `SIMD[float64, 4]` and `SIMD[int64, 4]` [simd-argument]
      ...
    """


class InexactError(AccelError, OverflowError):
    """Compiled code can't give CPython's answer any more and CPython can't take over.

    Notes
    -----
    Nothing raises it today: CPython takes over everywhere.

    Examples
    --------
    >>> import accel
    >>> issubclass(accel.InexactError, OverflowError)
    True
    """


class MissingPackageError(AccelError, ImportError):
    """Something needs a package that is not installed; accel itself does not need it.

    Examples
    --------
    >>> import accel
    >>> issubclass(accel.MissingPackageError, ImportError)
    True
    """


class OwnershipError(AccelError, ValueError):
    """A borrowed array is written, arrays that must not share memory do, or a name is used whose value has been moved.

    Examples
    --------
    >>> import accel
    >>> from accel.types import Array, Borrowed, Float64
    >>> @accel.fn
    ... def clear(a: Borrowed[Array[Float64, 1]]) -> None:
    ...     a[0] = 0.0
    Traceback (most recent call last):
      ...
    accel.OwnershipError: `clear` writes to `a`, which is borrowed [borrowed-write]
      ...
    """


class RaceError(AccelError, RuntimeError):
    """Two iterations of a loop touch the same array element, one of them stores into it, and the user had vouched that none does.

    Raised with `ACCEL_RACES=1` in the environment only, by loops of functions under `@parallelize(assume="independent")`.

    Examples
    --------
    >>> import accel
    >>> issubclass(accel.RaceError, RuntimeError)
    True
    """


class RecordError(AccelError, ValueError):
    """A file with results of tuning can't be used.

    Examples
    --------
    >>> import tempfile
    >>> from accel.tuning import import_
    >>> with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
    ...     import_(file.name)
    Traceback (most recent call last):
      ...
    accel.RecordError: this is no file of results of tuning [tuning-file]
      ...
    """


class FallbackHint(UserWarning):
    """The category of the warning that says, once per function, why it stays in CPython.

    `ACCEL_HINTS=0` silences it, and so does a filter.

    Examples
    --------
    >>> import accel, warnings
    >>> warnings.filterwarnings("ignore", category=accel.FallbackHint)
    """


for _public in __all__:  # tracebacks show `accel.CompileError`
    globals()[_public].__module__ = "accel"
del _public
