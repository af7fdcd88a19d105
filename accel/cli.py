"""The `accel` command: runs a program and tells what was compiled, tunes one, checks the installation, looks after the cache."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

from accel.console import print_table
from accel.tune_command import add_tune, count_own, name_action

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; return the exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        Instead of `sys.argv[1:]`.

    Examples
    --------
    >>> main(["cache", "prune"])
    0 entries removed
    0
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["tune"]:
        words = name_action(words)
    own = len(words)
    if words[:1] in (["run"], ["explain"]):  # what stands behind the program is the program's own, dashes and all
        own = 3 if words[1:2] == ["--"] else 2
    elif words[:2] == ["tune", "run"]:
        own = count_own(words)
    given = _make_parser().parse_args(words[:own], argparse.Namespace(arguments=words[own:]))
    try:
        status: int = given.do(given)
        sys.stdout.flush()
    except BrokenPipeError:  # `accel explain ... | head`: nobody reads any more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    return status


def _make_parser() -> argparse.ArgumentParser:
    from accel import __version__

    parser = argparse.ArgumentParser("accel", description="Makes ordinary Python fast, one decorator at a time.")
    parser.add_argument("--version", action="version", version=f"accel {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")

    told = "run a program, then tell what was compiled, what was not and why, the calls and their time"
    run = commands.add_parser("run", help=told, description=told, usage="accel run program ...")
    run.add_argument("program", help="a Python file; what stands behind it are its own arguments")
    run.set_defaults(do=_run)

    told = "run a program, then tell all about its decorated functions, or one of them"
    explain = commands.add_parser("explain", help=told, description=told, usage="accel explain program[:function] ...")
    explain.add_argument("program", help="a Python file, perhaps with the name of a function; then its own arguments")
    explain.set_defaults(do=_explain)

    doctor = commands.add_parser("doctor", help="versions, processor, cache places, and a test that compiling works")
    doctor.set_defaults(do=_doctor)

    cache = commands.add_parser("cache", help="the folders with machine code")
    told = "info: what lies where; clear: remove all; prune: remove the oldest beyond ACCEL_CACHE_SIZE; path: the folders"
    cache.add_argument("action", choices=("info", "clear", "prune", "path"), help=told)
    cache.set_defaults(do=_cache)
    add_tune(commands)
    return parser


# -- accel run, accel explain


def _run(given: argparse.Namespace) -> int:
    from accel.explain.program import report_on

    status, seconds, found = _execute(given.program, given.arguments, metered=True)
    reports = report_on(found)
    titles = ("where", "function", "state", "arguments, or why not", "calls", "time", "compiling", "exits to CPython")
    rows = [
        (
            r.place,
            r.name,
            r.state,
            r.detail,
            "" if r.calls is None else str(r.calls),
            _time(r.seconds),
            _time(r.compile_seconds),
            str(r.exits or ""),
        )
        for r in reports
    ]
    sys.stdout.flush()
    if rows:
        print(file=sys.stderr)
        print_table(sys.stderr, titles, rows)
    compiled, compiling = sum([r.state == "compiled" for r in reports]), sum([r.compile_seconds for r in reports])
    told = f"{compiling:.2f} s of them compiling; {compiled} of {len(reports)} decorated functions compiled"
    if not rows:
        told = "ACCEL=0 switches accel off" if os.environ.get("ACCEL") == "0" else "no function decorated"
    print(f"{given.program}: {seconds:.2f} s, {told}", file=sys.stderr)
    return status


def _explain(given: argparse.Namespace) -> int:
    from accel.explain.program import place_of

    program, _, wanted = given.program.rpartition(":") if not os.path.exists(given.program) else (given.program, "", "")
    status, _, found = _execute(program or wanted, given.arguments, metered=False)
    wanted = wanted if program else ""
    chosen = [i for i in found if not wanted or f".{i.name}".endswith(f".{wanted}")]
    sys.stdout.flush()
    if not chosen:
        names = ", ".join(dict.fromkeys(i.name for i in found))
        missing = f" {wanted}; it decorates {names}" if wanted and names else f" {wanted}".rstrip()
        print(f"accel: {program} decorates no function{missing}", file=sys.stderr)
        return status or 1
    print("\n\n".join(f"{place_of(i)} {i.explain()}" for i in chosen))
    return status


def _execute(program: str, arguments: list[str], *, metered: bool) -> tuple[int, float, list[Any]]:
    from accel.explain.program import run_program

    try:
        with open(program, "rb"):
            pass
    except OSError as error:
        print(f"accel: can't open {program}: {error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    return run_program(program, arguments, metered=metered)


def _time(seconds: float) -> str:
    if not seconds:
        return ""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1e3:.3g} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.3g} µs"


# -- accel doctor


def _doctor(given: argparse.Namespace) -> int:
    import platform

    from accel import __version__
    from accel.cache import Store

    rows = [
        ("accel", __version__),
        ("Python", f"{sys.implementation.name} {sys.version.split()[0]}, {sys.platform} {platform.machine()}"),
    ]
    rows += [(name, _version_of(name)) for name in ("numpy", "llvmlite", "numba", "rich")]
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    rows += [("processor", _processor()), ("threads", f"{usable} of {os.cpu_count()} may be used")]
    for place in Store().info():
        access = "" if place.is_writable else ", read-only"
        rows.append(("cache", f"{place.folder}: {place.count} entries, {_size(place.size_bytes)}{access}"))
    rows += [("tuning", told) for told in _describe_record()]
    rows += [(name, value) for name, value in sorted(os.environ.items()) if name.startswith("ACCEL")]
    fault = _find_fault()
    rows.append(("self-test", fault or "machine code is made, runs and agrees with CPython"))
    print_table(sys.stdout, ("what", "found"), rows)
    return 1 if fault else 0


def _describe_record() -> list[str]:
    from accel.tuning import Record

    record = Record()
    count = len(record.entries())
    told = [f"{path}: {count} {'entry' if count == 1 else 'entries'}" for path in record.paths[:1]]
    return told + ([record.fault] if record.fault else [])


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

    if os.environ.get("ACCEL") == "0":
        return "ACCEL=0 switches accel off: functions run as plain Python"
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
        print_table(sys.stdout, ("folder", "entries", "size", "writable"), rows)
    else:
        removed = store.clear() if given.action == "clear" else store.prune()
        print(f"{removed} {'entry' if removed == 1 else 'entries'} removed")
    return 0


def _size(size_bytes: int) -> str:
    size = float(size_bytes)
    for unit in ("B", "KB", "MB"):
        if size < 1024:
            return f"{size:.3g} {unit}"
        size /= 1024
    return f"{size:.3g} GB"
