"""This module is the command `python -m benchmarks`."""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.harness import compare, pages, stand_in
from benchmarks.harness.figures import find_figures
from benchmarks.harness.problem import Problem, Row, Settings
from benchmarks.harness.process import measure_apart
from benchmarks.harness.report import print_figures, print_rows
from benchmarks.harness.results import write_record
from benchmarks.harness.roof import measure_roof
from benchmarks.problems import GROUPS, PROBLEMS

COMMANDS: dict[str, Callable[[list[str]], int]] = {"report": pages.main, "compare": partial(compare.main, problems=PROBLEMS)}


def parse_arguments(arguments: list[str] | None) -> argparse.Namespace:
    """What the user asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure accel against CPython, NumPy, numba, C, and rivals in environments of their own (scripts/bench-setup).",
        epilog=f"Other commands: {', '.join(COMMANDS)} (each with --help).",
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[*PROBLEMS, *GROUPS],
        metavar="PROBLEM",
        default=list(PROBLEMS),
        help=", ".join([*PROBLEMS, *(f"{name} ({', '.join(members)})" for name, members in GROUPS.items())]),
    )
    parser.add_argument("--quick", action="store_true", help="fewer rounds and programs: under two minutes")
    parser.add_argument(
        "--json", type=Path, metavar="FILE", help="where the record goes (default: a new file in benchmarks/results)"
    )
    parser.add_argument("--programs", type=int, default=None, help="programs of the fuzzer (default 10,000; with --quick 100)")
    parser.add_argument("--seed", type=int, default=None, help="seed of the fuzzer (default: a fresh one)")
    parser.add_argument(
        "--stand-in", action="store_true", help="measure an accel that does nothing: a trial of the benchmarks themselves"
    )
    parser.add_argument("--sizes", action="store_true", help="other sizes, too, of problems that have some")
    pages.add_arguments(parser)
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    pages.check_arguments(parser, options)
    return options


def measure(problem: Problem, settings: Settings, *, here: bool) -> list[Row]:
    """Rows of one problem, measured in this process or in one of its own."""
    return problem.measure(problem, settings) if here else measure_apart(problem, settings)


def main(arguments: list[str] | None = None) -> int:
    """Measure, print one table that ends with the promised figures, write the record; 1 if a row of accel is broken."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and arguments[0] in COMMANDS:
        return COMMANDS[arguments[0]](arguments[1:])
    load_before = round(os.getloadavg()[0], 2)
    options = parse_arguments(arguments)
    programs = options.programs or (100 if options.quick else 10_000)
    seed = random.randrange(1 << 31) if options.seed is None else options.seed
    settings = Settings(options.quick, options.stand_in, programs, seed, options.sizes)
    if options.stand_in and options.here:
        stand_in.install()
    if options.here:
        warnings.simplefilter("ignore")
    rows: list[Row] = []
    print_rows([], heading=True)
    for name in dict.fromkeys(name for chosen in options.only for name in GROUPS.get(chosen, (chosen,))):
        found = measure(PROBLEMS[name], settings, here=options.here)
        print_rows(found)
        rows += found
    figures = find_figures(rows)
    print_figures(figures)
    roof = measure_roof() if not options.here and any("flops" in row.figures for row in rows) else {}
    path = write_record(rows, figures, settings, options.json, roof=roof, load_before=load_before)
    print(f"\nrecord: {path}")
    for page in pages.write_pages(json.loads(path.read_text()), options.html, options.markdown):
        print(f"page: {page}")
    return int(any(row.fault and row.implementation in ("accel", "all") for row in rows))


if __name__ == "__main__":
    sys.exit(main())
