"""The `accel` command: runs a program and tells what was compiled, checks the installation, looks after the cache."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of `sys.argv[1:]`.
    """
    given = _make_parser().parse_args(arguments)
    status: int = given.do(given)
    return status


def _make_parser() -> argparse.ArgumentParser:
    from accel import __version__

    parser = argparse.ArgumentParser("accel", description="Makes ordinary Python fast, one decorator at a time.")
    parser.add_argument("--version", action="version", version=f"accel {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    run = commands.add_parser("run", help="run a program, then tell what was compiled and what was not")
    run.add_argument("program", help="a Python file")
    run.add_argument("arguments", nargs=argparse.REMAINDER, help="its own arguments")
    run.set_defaults(do=_run)

    explain = commands.add_parser("explain", help="run a program, then tell all about its functions, or one of them")
    explain.add_argument("program", metavar="program[:function]", help="a Python file, and perhaps a function in it")
    explain.add_argument("arguments", nargs=argparse.REMAINDER, help="the program's own arguments")
    explain.set_defaults(do=_explain)

    doctor = commands.add_parser("doctor", help="versions, processor, cache places, and a test that compiling works")
    doctor.set_defaults(do=_doctor)

    cache = commands.add_parser("cache", help="the folders with machine code")
    cache.add_argument("action", choices=("info", "clear", "prune", "path"))
    cache.set_defaults(do=_cache)
    return parser


# -- accel run, accel explain


def _run(given: argparse.Namespace) -> int:
    status, seconds, found = _execute(given.program, given.arguments)
    rows = []
    for inspection in found:
        told = "compiled" if inspection.compiled else "CPython" if inspection.diagnostics else "not compiled"
        why = "" if inspection.compiled or not inspection.diagnostics else inspection.diagnostics[0].what.rpartition(": ")[2]
        kinds = "; ".join(map(str, inspection.signatures))
        exits = sum(inspection.exits.values())
        rows.append((_place_of(inspection), _name_of(inspection), told, kinds or why, str(exits) if exits else ""))
    sys.stdout.flush()
    _print_table(sys.stderr, ("where", "function", "state", "arguments, or why not", "exits to CPython"), rows)
    print(f"{given.program}: {seconds:.2f} s, {len(rows)} decorated", file=sys.stderr)
    return status


def _explain(given: argparse.Namespace) -> int:
    program, _, wanted = given.program.partition(":") if not os.path.exists(given.program) else (given.program, "", "")
    status, _, found = _execute(program, given.arguments)
    chosen = [i for i in found if not wanted or _name_of(i) == wanted]
    sys.stdout.flush()
    if not chosen:
        print(f"accel: {program} decorates no function{f' {wanted}' if wanted else ''}", file=sys.stderr)
        return status or 1
    print("\n\n".join(f"{_place_of(i)} {i.explain()}" for i in chosen))
    return status


def _execute(program: str, arguments: list[str]) -> tuple[int, float, list[Any]]:
    """Run a program as `python program ...` would; the status, the seconds, and what accel knows of each decorated function."""
    from importlib.machinery import SourceFileLoader
    from types import ModuleType

    from accel.explain.inspect import Inspection

    try:
        with open(program, "rb") as file:
            text = file.read()
    except OSError as error:
        print(f"accel: can't open {program}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    found: list[Any] = []
    Inspection.watch(found.append)
    module = ModuleType("__main__")
    module.__file__, module.__spec__ = program, None
    module.__loader__ = SourceFileLoader("__main__", program)
    sys.argv = [program, *arguments]
    sys.path[:0] = [os.path.dirname(os.path.abspath(program))]
    sys.modules["__main__"] = module
    start = time.perf_counter()
    status = 0
    try:
        exec(compile(text, program, "exec", dont_inherit=True), module.__dict__)
    except SystemExit as leaving:
        status = _status_of(leaving)
    except BaseException as error:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next  # without the frame that is ours
        sys.excepthook(type(error), error, error.__traceback__)
        status = 130 if isinstance(error, KeyboardInterrupt) else 1
    return status, time.perf_counter() - start, found


def _status_of(leaving: SystemExit) -> int:
    if isinstance(leaving.code, str):
        print(leaving.code, file=sys.stderr)
    return leaving.code if isinstance(leaving.code, int) else int(leaving.code is not None)


def _name_of(inspection: Any) -> str:
    return str(inspection.function.__qualname__)


def _place_of(inspection: Any) -> str:
    code = inspection.function.__code__
    path = code.co_filename
    if os.path.exists(path) and not os.path.relpath(path).startswith(".."):
        path = os.path.relpath(path)
    return f"{path}:{code.co_firstlineno}"


# -- accel doctor


def _doctor(given: argparse.Namespace) -> int:
    from accel.cache import Store

    rows = [("Python", f"{sys.implementation.name} {sys.version.split()[0]}, {sys.platform} {os.uname().machine}")]
    rows += [(name, _version_of(name)) for name in ("accel-jit", "numpy", "llvmlite", "numba", "rich")]
    rows += [("processor", _processor()), ("processors", f"{len(os.sched_getaffinity(0))} of {os.cpu_count()} usable")]
    for place in Store().info():
        access = "" if place.is_writable else ", read-only"
        rows.append(("cache", f"{place.folder}: {place.count} entries, {_size(place.size_bytes)}{access}"))
    rows += [(name, value) for name, value in sorted(os.environ.items()) if name.startswith("ACCEL")]
    fault = _find_fault()
    rows.append(("self-test", fault or "machine code is made, runs and agrees with CPython"))
    _print_table(sys.stdout, ("what", "found"), rows)
    return 1 if fault else 0


def _version_of(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def _processor() -> str:
    """Model and the vector instructions that matter."""
    try:
        with open("/proc/cpuinfo") as file:
            lines = dict(line.split("\t", 1) for line in file.read().partition("\n\n")[0].splitlines() if "\t" in line)
    except OSError:
        return "unknown"
    flags = lines.get("flags", "").split()
    wide = [f for f in ("avx512f", "avx2", "fma", "avx", "sse4_2") if f in flags]
    model = lines.get("model name", "").strip(": \t")
    return f"{model} ({', '.join(wide)})"


def _find_fault() -> str:
    """Compile a function and compare it with CPython; empty when all is well."""
    from accel.decorators import fn

    def collatz(start: int) -> int:
        steps = 0
        while start != 1:
            start = start // 2 if start % 2 == 0 else 3 * start + 1
            steps += 1
        return steps

    try:
        expected = collatz(27)
        decorated = fn(strict=True, cache=False)(collatz)
        got = decorated(27)
    except Exception as error:
        return f"failed: {type(error).__name__}: {error}"
    if got != expected:
        return f"failed: {got} instead of {expected}"
    inspection = getattr(decorated, "accel", None)
    return "" if inspection is not None and inspection.compiled else "nothing is compiled here: functions run as plain Python"


# -- accel cache


def _cache(given: argparse.Namespace) -> int:
    from accel.cache import Store, find_places

    store = Store()
    if given.action == "path":
        print("\n".join(place.folder for place in find_places()))
    elif given.action == "info":
        rows = [(p.folder, str(p.count), _size(p.size_bytes), "yes" if p.is_writable else "no") for p in store.info()]
        _print_table(sys.stdout, ("folder", "entries", "size", "writable"), rows)
    else:
        print(f"{store.clear() if given.action == 'clear' else store.prune()} entries removed")
    return 0


def _size(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.3g} GB"


def _print_table(file: TextIO, titles: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """A table, with rich on a terminal where it is installed."""
    rows = list(rows)
    if file.isatty():
        try:
            from rich.console import Console
            from rich.table import Table
            from rich.text import Text
        except ImportError:
            pass
        else:
            table = Table(*titles)
            for row in rows:
                table.add_row(*map(Text, row))
            Console(file=file).print(table)
            return
    widths = [max([len(r[k]) for r in (titles, *rows)]) for k in range(len(titles))]
    for row in (titles, *rows):
        print("  ".join([cell.ljust(width) for cell, width in zip(row, widths, strict=True)]).rstrip(), file=file)
