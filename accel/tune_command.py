"""The command `accel tune`: searches while a program runs, and shows, carries and forgets what was found."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from accel.console import print_table

if TYPE_CHECKING:
    from typing import Any

    from accel.tuning import Entry

__all__ = ["add_tune", "count_own", "name_action"]

_ACTIONS = ("run", "show", "export", "import", "forget")
_BUDGET = "30s"


def add_tune(commands: Any) -> None:
    """Add the command and its actions to those of `accel`."""
    told = "run a program and search for the best parameters of its functions under @autotune; show, export, import, forget what was found"
    usage = "accel tune [--budget BUDGET] program|module ...\n       accel tune show|export|import|forget ..."
    tune = commands.add_parser("tune", help=told, description=told, usage=usage)
    actions = tune.add_subparsers(required=True, metavar="action")

    told = "run a program as `python program ...`, or a module as `python -m module ...`, and search anew for each function and key it calls"
    run = actions.add_parser("run", help=told, description=told, usage="accel tune [--budget BUDGET] program|module ...")
    run.add_argument("program", help="a Python file or a module; what stands behind it are its own arguments")
    run.add_argument("--budget", default=_BUDGET, help="of each search: seconds, 500ms, 2min, 200 trials (30s)")
    run.set_defaults(do=_run)

    show = actions.add_parser("show", help="what is known; with functions all that is known of them", usage="accel tune show [--html FILE] [function ...]")
    show.add_argument("--html", metavar="FILE", help="write a page instead")
    show.set_defaults(do=_show)

    export = actions.add_parser("export", help="write what is known to a file", usage="accel tune export [--here] [--tried] FILE [function ...]")
    export.add_argument("file", metavar="FILE", help="such as accel-tuning.json, which is found beside the module it is about; - for the standard output")
    export.add_argument("--here", action="store_true", help="only what was found on this machine")
    export.add_argument("--tried", action="store_true", help="with all candidates that were tried, for reports")
    export.set_defaults(do=_export)

    take = actions.add_parser("import", help="take over what another machine has exported", usage="accel tune import FILE")
    take.add_argument("file", metavar="FILE")
    take.set_defaults(do=_import)

    forget = actions.add_parser("forget", help="forget what is known of functions, or with --all everything", usage="accel tune forget --all | function ...")
    forget.add_argument("--all", action="store_true", help="everything")
    forget.set_defaults(do=_forget)

    for parser in (show, export, forget):
        told = "a module, a package, or a function: pack.work, pack.work:Matrix.dot, dot"
        parser.add_argument("functions", metavar="function", nargs="*", default=[], help=told)


def name_action(words: list[str]) -> list[str]:
    """The words of the command line with the action `run` where it is left out.

    Examples
    --------
    >>> name_action(["tune", "program.py", "show"])
    ['tune', 'run', 'program.py', 'show']
    """
    is_named = words[1:2] in ([], ["-h"], ["--help"], *[[action] for action in _ACTIONS])
    return words if is_named else [*words[:1], "run", *words[1:]]


def count_own(words: list[str]) -> int:
    """How many of the words `tune run ...` are accel's own: up to the program, and a budget behind it when there was none in front."""
    at, is_found, has_budget = 2, False, False
    while at < len(words):
        word = words[at]
        if not has_budget and (word == "--budget" or word.startswith("--budget=")):
            has_budget = True
            at += 2 if word == "--budget" else 1
        elif is_found:
            break
        else:
            is_found = not word.startswith("-")
            at += 1
    return min(at, len(words))


# -- accel tune program


def _run(given: argparse.Namespace) -> int:
    from accel.errors import OptionError
    from accel.explain.program import run_program
    from accel.tuning.keys import write_key
    from accel.tuning.settings import read_budget
    from accel.tuning.tuned import FORCED

    try:
        FORCED.budget = read_budget(given.budget)
    except OptionError as error:
        return _fail(str(error))
    is_module = not os.path.isfile(given.program) and os.sep not in given.program and not given.program.endswith(".py")
    try:
        status, seconds, _ = run_program(given.program, given.arguments, is_module=is_module)
    except OSError as error:
        return _fail(f"can't open {given.program}: {error.strerror}")
    except ImportError as error:
        return _fail(f"can't run {given.program}: {error}")
    sys.stdout.flush()
    done = {(function, write_key(key)) for function, key in FORCED.done}
    found = [entry for entry in _entries() if (entry.function, entry.key) in done]
    if found:
        print(file=sys.stderr)
        print_table(sys.stderr, _TITLES, map(_write_row, found))
    searches = len(FORCED.done)
    told = f"{searches} {'search' if searches == 1 else 'searches'}" if searches else "no function under @autotune was called"
    print(f"{given.program}: {seconds:.2f} s, {told}", file=sys.stderr)
    if len(found) < searches:
        print("accel: not all of it could be kept", file=sys.stderr)
    return status or int(not searches)


# -- what is known


_TITLES = ("function", "key", "chosen", "time", "to the default", "trials", "machine", "when")


def _write_row(entry: Entry) -> tuple[str, ...]:
    from accel.tuning.texts import show_arguments, show_ratio, show_time

    ratio = show_ratio(entry.default_ns, entry.time_ns)
    chosen, machine = show_arguments(entry.arguments), entry.hardware or entry.machine
    return (entry.function, entry.key, chosen, show_time(entry.time_ns), ratio, str(entry.trials), machine, entry.when)


def _show(given: argparse.Namespace) -> int:
    from accel.tuning import Report

    found = _choose(given.functions)
    if found is None:
        return 1
    if given.html:
        try:
            Report(found).to_html(given.html)
        except OSError as error:
            return _fail(f"can't write {given.html}: {error.strerror}", 1)
    elif given.functions:
        print(Report(found))
    elif found:
        print_table(sys.stdout, _TITLES, map(_write_row, found))
    else:
        print("nothing is tuned")
    return 0


def _export(given: argparse.Namespace) -> int:
    from accel.tuning import Machine, export
    from accel.tuning.exchange import write_text

    found = _choose(given.functions)
    if found is None:
        return 1
    if given.here:
        here = Machine().digest
        found = [entry for entry in found if entry.machine == here]
    if given.file == "-":
        print(write_text(found, with_tried=given.tried), end="")
        return 0
    try:
        count = export(found, given.file, with_tried=given.tried)
    except OSError as error:
        return _fail(f"can't write {given.file}: {error.strerror}", 1)
    print(f"{_count(count)} written to {given.file}")
    return 0


def _import(given: argparse.Namespace) -> int:
    from accel.errors import RecordError
    from accel.tuning import Machine, Record, import_
    from accel.tuning.exchange import rank_entries

    try:
        found = import_(given.file)
    except RecordError as error:
        return _fail(str(error), 1)
    except OSError as error:
        return _fail(f"can't open {given.file}: {error.strerror}", 1)
    record, here = Record(), Machine()
    kept = sum([record.save(entry) for entry in found])
    own = sum([entry.machine == here.digest for entry in found])
    near = len(rank_entries(found, here)) - own
    print(f"{_count(kept)} imported: {own} of this machine, {near} of machines with the same instructions, {len(found) - own - near} of others")
    return _fail(f"not all of it could be kept: {record.fault}", 1) if kept < len(found) else 0


def _forget(given: argparse.Namespace) -> int:
    from accel.tuning import Record

    if given.all == bool(given.functions):
        return _fail("name functions to forget, or --all")
    record = Record()
    if given.all:
        removed = record.forget(None)
    else:
        found = _choose(given.functions)
        if found is None:
            return 1
        removed = sum([record.forget(function) for function in dict.fromkeys(entry.function for entry in found)])
    print(f"{_count(removed)} forgotten")
    return _fail(f"not all of it could be forgotten: {record.fault}", 1) if record.fault else 0


def _entries() -> list[Entry]:
    from accel.tuning import Record

    record = Record()
    found = record.entries()
    if record.fault:
        print(f"accel: can't read the record: {record.fault}", file=sys.stderr)
    return found


def _choose(wanted: list[str]) -> list[Entry] | None:
    """The entries of the functions, modules and packages that are wanted, of all when none is; None, and a complaint, when there are none of one."""
    found = _entries()
    for name in wanted:
        if not any(_is_meant(entry.function, name) for entry in found):
            known = ", ".join(dict.fromkeys(entry.function for entry in found))
            _fail(f"nothing is known of {name}" + (f"; of {known}" if known else ""))
            return None
    return [entry for entry in found if not wanted or any(_is_meant(entry.function, name) for name in wanted)]


def _is_meant(function: str, wanted: str) -> bool:
    module, _, name = function.partition(":")
    return wanted in (function, module) or module.startswith(f"{wanted}.") or f".{name}".endswith(f".{wanted}")


def _count(count: int) -> str:
    return f"{count} {'entry' if count == 1 else 'entries'}"


def _fail(told: str, status: int = 2) -> int:
    sys.stdout.flush()
    print(f"accel: {told}", file=sys.stderr)
    return status
