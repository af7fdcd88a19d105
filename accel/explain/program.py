"""Runs a program as `python program.py` would, and notes the functions it decorates."""

from __future__ import annotations

import os
import sys
import time
from types import ModuleType
from typing import Any, NamedTuple

from accel.explain.inspect import Inspection

__all__ = ["Report", "place_of", "report_on", "run_program"]


def run_program(program: str, arguments: list[str], *, metered: bool = False, is_module: bool = False) -> tuple[int, float, list[Inspection]]:
    """Run a program to its end, its threads included.

    Parameters
    ----------
    program : str
        Path of the file, or with `is_module` the name of a module or package, which is run as `python -m` would.
    arguments : list of str
        What the program finds in `sys.argv[1:]`.
    metered : bool, default False
        Count and time the calls of the functions it decorates.

    Returns
    -------
    tuple
        The exit status, the seconds, and what accel knows of each decorated function.

    Raises
    ------
    OSError
        When the file can't be read.
    ImportError
        When there is no such module, or it has no source.
    """
    folder = os.getcwd() if is_module else os.path.dirname(os.path.realpath(program))
    sys.path[0 : 0 if sys.flags.safe_path else 1] = [folder]
    text, module = _find_module(program) if is_module else _read_file(program)
    found: list[Inspection] = []
    Inspection.watch(found.append)
    if metered:
        from accel.dispatch.meter import start_metering

        start_metering()
    sys.argv = [str(module.__file__), *arguments]
    sys.modules["__main__"] = module
    start = time.perf_counter()
    status = _execute(text, str(module.__file__), module)
    _join_threads()
    return status, time.perf_counter() - start, found


def _read_file(program: str) -> tuple[bytes, ModuleType]:
    from importlib.machinery import SourceFileLoader

    with open(program, "rb") as file:
        text = file.read()
    module = ModuleType("__main__")
    module.__file__, module.__loader__, module.__spec__ = program, SourceFileLoader("__main__", program), None
    return text, module


def _find_module(name: str) -> tuple[bytes, ModuleType]:
    """The text of a module, or of `__main__` in a package, and the module it is to run in."""
    from importlib.util import find_spec

    try:
        spec = find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = find_spec(f"{name}.__main__")
    except Exception as error:  # whatever a package raises that is imported for it
        raise ImportError(f"{type(error).__name__}: {error}", name=name) from error
    loader: Any = spec and spec.loader
    text = loader.get_source(spec.name) if spec is not None and hasattr(loader, "get_source") else None
    if spec is None or text is None:
        raise ImportError(f"no module named {name} that could be run", name=name)
    module = ModuleType("__main__")
    module.__file__, module.__loader__, module.__spec__, module.__package__ = spec.origin, loader, spec, spec.parent
    return text.encode(), module


def _execute(text: bytes, program: str, module: ModuleType) -> int:
    try:
        exec(compile(text, program, "exec", dont_inherit=True), module.__dict__)
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return int(leaving.code or 0)
        print(leaving.code, file=sys.stderr)
        return 1
    except BaseException as error:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next  # without the frame that is ours
        sys.excepthook(type(error), error, error.__traceback__)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


def _join_threads() -> None:
    """Wait for the threads Python would wait for, before anything is said about what they did."""
    threading = sys.modules.get("threading")
    if threading is None:
        return
    try:
        for thread in threading.enumerate():
            if not thread.daemon and thread is not threading.current_thread():
                thread.join()
    except KeyboardInterrupt:
        pass


class Report(NamedTuple):
    """What is told of one function, or of all functions made of the same code."""

    place: str
    name: str
    state: str
    detail: str
    calls: int | None
    seconds: float
    compile_seconds: float
    exits: int


def report_on(found: list[Inspection]) -> list[Report]:
    """One line per piece of code, the ones that took longest first."""
    groups: dict[tuple[str, int, str], list[Inspection]] = {}
    for inspection in found:
        code = inspection.code
        groups.setdefault((code.co_filename, code.co_firstlineno, inspection.name), []).append(inspection)
    return sorted([_report(group) for group in groups.values()], key=lambda r: -r.seconds)


def _report(group: list[Inspection]) -> Report:
    first = group[0]
    counted = [i.calls for i in group if i.calls is not None]  # a generator stays what it was, and is not counted
    calls = sum(counted) if counted else None
    seconds = sum([i.seconds or 0.0 for i in group])
    kinds = dict.fromkeys(str(s) for i in group for s in i.signatures)
    reasons = dict.fromkeys(d.what.rpartition(": ")[2] for i in group for d in i.diagnostics)
    state, why = _state_of(group, calls)
    if kinds and reasons:
        why = f"for others: {'; '.join(reasons)}"
    elif reasons:
        why = "; ".join(reasons)
    name = first.name + (f" ({len(group)} times)" if len(group) > 1 else "")
    detail = "; ".join([*kinds, *([why] if why else [])])
    return Report(
        place_of(first), name, state, detail, calls, seconds,
        sum([i.compile_seconds for i in group]), sum([sum(i.exits.values()) for i in group]),
    )  # fmt: skip


def _state_of(group: list[Inspection], calls: int | None) -> tuple[str, str]:
    """Where the calls ran, and why when no diagnostic says so."""
    generator_flags = 0x20 | 0x80 | 0x200
    first = group[0]
    if any(i.counters["retired"] for i in group):
        return "retired", "calls took longer than in CPython, as it left compiled code so often"
    if any(i.compiled for i in group):
        return "compiled", ""
    if first.code.co_flags & generator_flags:
        return "CPython", "a generator or coroutine"
    if first.options.debug:
        return "CPython", "debug=True"
    if any(i.diagnostics for i in group):
        return "CPython", ""
    if not calls:
        return "not called", ""
    once = calls <= len(group)
    return "CPython", "called once: compiled at the second call" if once else "arguments that compiled code does not take"


def place_of(inspection: Any) -> str:
    """File and line of a function, from here where it is below."""
    code = inspection.code
    path = code.co_filename
    if os.path.exists(path) and not os.path.relpath(path).startswith(".."):
        path = os.path.relpath(path)
    return f"{path}:{code.co_firstlineno}"
