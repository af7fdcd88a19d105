"""`python -m tests.accuracy [--points N] [--functions exp log]`: measure all functions and write the table of docs/accuracy.md; exits 1 beyond a
bound. `--fit exp` fits the coefficients of formulas anew."""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor

from accel.lower.ulp_math import FORMULAS
from tests.accuracy.fits import FITS, constant_of, fit_anew
from tests.accuracy.measure import BOUNDS, measure, types_of
from tests.accuracy.page import write_table


def parse_arguments(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.accuracy", description=__doc__)
    parser.add_argument("--points", type=int, default=1_000_000, help="arguments of each function")
    parser.add_argument("--functions", nargs="+", choices=list(FORMULAS), default=list(FORMULAS), metavar="NAME", help="some functions only; the page stays as it is")
    parser.add_argument("--fit", nargs="+", choices=sorted({n.split()[0] for n in FITS}), metavar="NAME", help="fit coefficients, and say whether the formulas have them")
    return parser.parse_args(arguments)


def main(arguments=None):
    chosen = parse_arguments(arguments)
    if chosen.fit:
        found = [show_fit(name) for name in FITS if name.split()[0] in chosen.fit]
        return 0 if all(found) else 1
    cases = [(name, char, chosen.points) for name in chosen.functions for char in types_of(name)]
    rows = []
    with ProcessPoolExecutor() as pool:
        for (name, char, _), (most, where, mean, count) in zip(cases, pool.map(measure, *zip(*cases, strict=True)), strict=True):
            rows.append((name, char, most, mean, where, count))
            print(f"{name:6} {char}  max {most:.3f} at {', '.join(map(repr, where))}  mean {mean:.3f}  {count} points", flush=True)
    if chosen.functions == list(FORMULAS):
        write_table(rows)
    beyond = [f"{name} {char}: {most:.3f} > {BOUNDS[name]}" for name, char, most, *_ in rows if not most <= BOUNDS[name]]
    print("\n".join(beyond) or "all within their bounds")
    return 1 if beyond else 0


def show_fit(name):
    """Print coefficients and their error; whether the formula has the same."""
    coefficients, error = fit_anew(name)
    same = coefficients == constant_of(name)
    print(f"{name}: largest error {error:.3g}, {'as in the formula' if same else 'the formula has others'}\n  {coefficients}", flush=True)
    return same


if __name__ == "__main__":
    sys.exit(main())
