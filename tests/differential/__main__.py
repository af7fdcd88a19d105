"""`python -m tests.differential --programs N --seed S`: fuzz, shrink what differs, print it as a file for the corpus."""

from __future__ import annotations

import argparse
import sys
import threading
import time
from pathlib import Path

from tests.differential.batches import SILENCE_S, Options, run_batches, serve_batch
from tests.differential.compare import compare_program
from tests.differential.decorators import find_decorator
from tests.differential.elementwise import ELEMENTWISE
from tests.differential.generate import KINDS, make_program
from tests.differential.isolate import run_isolated
from tests.differential.program import read_program
from tests.differential.shrink import shrink_program
from tests.differential.simd import SIMD
from tests.differential.structs import TYPES

__all__ = ["main"]

_MOST_SHRUNK = 5
_KINDS_HELP = f"what the programs are about; {ELEMENTWISE} (functions of elements) and {TYPES} (structs, what is known while compiling, SIMD values), {SIMD} (these alone) are not among `all`, whose programs stay what they were"


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the status is 1 when something differs."""
    parser = argparse.ArgumentParser("python -m tests.differential", description=__doc__)
    parser.add_argument("--programs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kind", choices=[*KINDS, ELEMENTWISE, TYPES, SIMD, "all"], default="all", help=_KINDS_HELP)
    parser.add_argument("--decorator", default="accel", help="accel, plain, a fault of planted.py, or module:attribute")
    parser.add_argument("--no-shrink", action="store_true")
    parser.add_argument("--silence", type=float, default=SILENCE_S, help="seconds without news before a child is killed")
    parser.add_argument("--show", type=int, metavar="SEED", help="print the program of a seed and what differs")
    parser.add_argument("--file", type=Path, help="compare the program of a file (as those of the corpus)")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parsed = parser.parse_args(arguments)
    if parsed.serve:
        start, stop = map(int, parsed.serve.split(":"))
        serve_batch(start, stop, parsed.kind, parsed.decorator)
        return 0
    if parsed.show is not None or parsed.file:
        return show(parsed)
    options = Options(parsed.programs, parsed.seed, parsed.kind, parsed.jobs, parsed.decorator, not parsed.no_shrink, parsed.silence)
    return fuzz(options)


def show(parsed: argparse.Namespace) -> int:
    """One program, compared in this process."""
    program = read_program(parsed.file.read_text()) if parsed.file else make_program(parsed.show, parsed.kind)
    print(program.text)
    sys.stdout.flush()
    verdict = compare_program(program, find_decorator(parsed.decorator, program))
    print(f"calls {verdict.calls}, raised {verdict.raised}, compiled {verdict.compiled}, exits {dict(verdict.exits)}")
    print(verdict.skipped or verdict.difference or "no difference")
    return int(verdict.difference is not None)


def fuzz(options: Options) -> int:
    """Run the programs, print each difference as it is found, shrink the first few, print the totals."""
    start, lock = time.monotonic(), threading.Lock()

    def found(seed: int, text: str) -> None:
        with lock:
            print(f"--- seed {seed} (--kind {options.kind} --show {seed})\n{text[:1500]}\n", flush=True)

    summary = run_batches(options, found)
    if options.shrink:
        for seed, _ in (summary.crashes + summary.differences)[:_MOST_SHRUNK]:
            print_shrunk(options, seed)
    print(f"\n{summary}\nseconds      {time.monotonic() - start:.0f}")
    return int(bool(summary.differences or summary.crashes))


def print_shrunk(options: Options, seed: int) -> None:
    """The smallest program that still differs, as a file for the corpus."""
    program = make_program(seed, options.kind)
    decorate = find_decorator(options.decorator, program)
    small, kind = shrink_program(program, decorate)
    if not kind:
        print(f"--- seed {seed}: alone the program shows no difference; it needs those before it in the batch")
        return
    print(f"--- seed {seed} shrunk ({kind}); as tests/differential/corpus/NAME.py:\n{small.text}")
    if kind not in ("crash", "hang"):
        print(run_isolated(lambda: str(compare_program(small, decorate).difference)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
