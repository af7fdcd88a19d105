"""This module compares measured rows with the figures that accel promises."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from benchmarks.harness.problem import Row

CALLS = ("f(int, int)", "f(float, float)", "f()", "f(ndarray)", "method(float)", "keyword")
REGION_LIMIT = 0.3
LANES_LIMIT = 1.053  # 0.95 of the speed of C
GAIN_LIMIT = 1.8  # of two threads over one
OVER_C_LIMIT = 1.053  # 0.95 of the speed of C
OVER_MOJO_LIMIT = 1.0
UNROLLED_LIMIT = 0.75
DOT_LIMIT = 1.3
RATE_LIMIT = 0.8
MATMUL_ODD, MATMUL_STACK, MATMUL_LISTS = 0.9, 2.0, 10_000  # times as fast
CONV2D_SPEED = 0.8  # of PyTorch's
REDUCTIONS_MEAN = 0.667  # 1.5 times as fast
GRAVITY_WORST = 1.15  # with what a call costs where there are few bodies
STENCIL_MEAN = 0.25  # four times as fast
TRANSFORMER_MEAN = 0.833  # 1.2 times as fast
UNSEEN_GAIN, UNSEEN_WORST = 1.15, 1.05  # of what is chosen without a search; the worst within the noise
TUNING_WITHIN = {"racing": 5, "bayesian": 5, "genetic": 8}  # per cent of the best
TUNING_SEEDS = 0.9  # of them
COMPUTING = ("forces", "product")
MOVING = ("stencil", "triad", "histogram", "prefix_maximum")
LANES = ("f64", "f32")
OWNERSHIP = ("Borrowed", "Inout, Inout", "Owned", "Owned, move")
OWNERSHIP_LIMIT_NS = 100
STRUCT_CALLS = {"new": 1.3, "read": 1.1, "method": 1.2}
STRUCT_LOOPS = {"nbody": 1.0, "energy": 1.1, "move": 1.1, "walk": 1.05}
GRADIENT_LIMIT = 2.5
DYNAMIC_LIMIT = 1.02 if sys.version_info >= (3, 12) else 1.05


@dataclass(frozen=True)
class Figure:
    """One promise: what was measured, the limit, whether it holds (None: could not be measured)."""

    what: str
    limit: str
    measured: str
    holds: bool | None

    @property
    def verdict(self) -> str:
        """In words."""
        return "not measured" if self.holds is None else "holds" if self.holds else "falls short"


def find_figures(rows: Sequence[Row]) -> list[Figure]:
    """All promises in the order in which they were made."""
    return [
        judge_calls(rows),
        judge_import(rows),
        judge_start(rows),
        judge_group(rows, "affine", "affine loops over numba.njit", mean_limit=1.05, worst_limit=1.15),
        judge_group(rows, "irregular", "matmul, histogram, gather, sieve, collatz", mean_limit=1.2),
        judge_group(rows, "compile time", "compile time, cold, over numba.njit", mean_limit=2.0),
        judge_group(
            rows, "dynamic", "dynamic code under @fn over undecorated", mean_limit=DYNAMIC_LIMIT, worst_limit=1.15, least=12
        ),
        judge_fuzzer(rows),
        judge_language_tests(rows),
        judge_group(
            rows, "lanes over C", "mandelbrot in lanes over C intrinsics", mean_limit=LANES_LIMIT, worst_limit=LANES_LIMIT
        ),
        judge_mojo(rows, "mandelbrot_lanes", "mandelbrot in lanes over Mojo's SIMD"),
        judge_threads(rows),
        judge_group(rows, "elements", "functions of elements over numba.vectorize", mean_limit=0.667, worst_limit=1.0, least=8),
        judge_ulp(rows, "numba", 1 / 3),
        judge_ulp(rows, "numpy", 1 / 4),
        judge_group(rows, "ufunc calls", "calls of a ufunc over numpy.add", mean_limit=1.2, worst_limit=1.2),
        judge_ulp(rows, "numpy", 1.0, problem="functions"),
        judge_regions(rows),
        judge_computing(rows),
        judge_moving(rows),
        judge_dependence(rows),
        judge_structs(rows, "structs in CPython over a class with slots", STRUCT_CALLS),
        judge_structs(rows, "compiled structs over arrays and floats", STRUCT_LOOPS),
        judge_ownership(rows),
        judge_group(
            rows, "simd over C", "mandelbrot with SIMD values over C", mean_limit=OVER_C_LIMIT, worst_limit=OVER_C_LIMIT
        ),
        judge_mojo(rows, "mandelbrot_simd", "mandelbrot with SIMD values over Mojo"),
        judge_group(
            rows, "gradient", "derivatives by grad over the function", mean_limit=GRADIENT_LIMIT, worst_limit=GRADIENT_LIMIT, least=5
        ),
        judge_group(rows, "unrolled over numba", "n-body, pairs written out, over numba", mean_limit=UNROLLED_LIMIT),
        judge_mojo(rows, "nbody_unrolled", "n-body, pairs written out, over Mojo", cases=("nbody",)),
        judge_dot(rows),
        judge_rate(rows),
        judge_added(rows, "decided", "a decided call over the function's own", "<= +60 ns", 60.0, unit_ns=1.0),
        judge_added(rows, "first call", "a new process that finds a record, first call", "<= +2 ms", 2.0, unit_ns=1e6),
        judge_unseen(rows),
        judge_matmul(rows),
        judge_lists(rows),
        judge_conv2d(rows),
        judge_group(
            rows, "reductions", "sums and histograms over NumPy's", mean_limit=REDUCTIONS_MEAN, worst_limit=1.0, least=20
        ),
        judge_group(rows, "transformer", "softmax, layer norm, gelu, attention over PyTorch", mean_limit=TRANSFORMER_MEAN, worst_limit=1.0),
        judge_group(rows, "gravity kernel", "gravity over C", mean_limit=OVER_C_LIMIT, worst_limit=GRAVITY_WORST),
        judge_group(rows, "stencil kernel", "stencils over SciPy's correlate", mean_limit=STENCIL_MEAN, worst_limit=0.5),
        judge_group(rows, "mandelbrot kernel", "mandelbrot, the kernel, over C intrinsics", mean_limit=LANES_LIMIT, worst_limit=LANES_LIMIT),
        judge_group(rows, "network", "a network for digits over PyTorch", mean_limit=1.0, least=2),
        *(judge_tuning(rows, strategy, within) for strategy, within in TUNING_WITHIN.items()),
    ]


def judge_calls(rows: Sequence[Row]) -> Figure:
    """Hot calls, each against the same undecorated function."""
    ratios = {
        row.case: row.ratio for row in rows if row.problem == "calls" and row.implementation == "accel" and row.ratio is not None
    }
    holds = all(ratios.get(case, math.inf) <= (1.2 if case == "keyword" else 1.0) for case in CALLS)
    measured = " ".join(f"{case.replace(', ', ',')} {ratio:.2f}" for case, ratio in ratios.items())
    return Figure("hot call over the undecorated function", "each <= 1.0, keyword <= 1.2", measured, holds if ratios else None)


def judge_import(rows: Sequence[Row]) -> Figure:
    """`import accel` over `import numpy`, and that nothing heavy comes with it."""
    best = find_best(rows, "startup")
    faults = [row.fault for row in rows if row.problem == "startup" and row.case in ("import", "light") and row.fault]
    limit = "<= +15 ms; no numba, llvmlite, unused numpy"
    if faults:
        return Figure("import accel over import numpy", limit, faults[0], False)
    if not {("import", "accel"), ("import", "numpy")} <= set(best):
        return Figure("import accel over import numpy", limit, "", None)
    extra_ms = (best["import", "accel"] - best["import", "numpy"]) / 1e6
    return Figure("import accel over import numpy", limit, f"{extra_ms:+.1f} ms, nothing heavy imported", extra_ms <= 15)


def judge_start(rows: Sequence[Row]) -> Figure:
    """A new process with a warm cache, to its first result."""
    best = find_best(rows, "startup")
    limit = "scalars <= 0.15x numba, arrays <= numpy + 40 ms"
    faults = [row.fault for row in rows if row.problem == "startup" and row.implementation == "accel" and row.fault]
    needed = {("scalars", "accel"), ("scalars", "numba"), ("arrays", "accel"), ("import", "numpy")}
    if faults or not needed <= set(best):
        return Figure("new process, warm cache, first result", limit, faults[0] if faults else "", False if faults else None)
    ratio = best["scalars", "accel"] / best["scalars", "numba"]
    extra_ms = (best["arrays", "accel"] - best["import", "numpy"]) / 1e6
    return Figure(
        "new process, warm cache, first result",
        limit,
        f"scalars {ratio:.3f}x, arrays {extra_ms:+.1f} ms",
        ratio <= 0.15 and extra_ms <= 40,
    )


def judge_group(
    rows: Sequence[Row], group: str, what: str, *, mean_limit: float, worst_limit: float = math.inf, least: int = 1
) -> Figure:
    """Geometric mean and worst ratio of accel's rows in a group; a fault falls short."""
    mine = [row for row in rows if row.group == group and row.implementation == "accel"]
    ratios = {row.case: row.ratio for row in mine if row.ratio is not None}
    limit = f"mean <= {mean_limit}" + (f", none above {worst_limit}" if worst_limit < math.inf else "")
    faults = [f"{row.case}: {row.fault}" for row in mine if row.fault]
    if not ratios:
        return Figure(what, limit, faults[0] if faults else "", False if faults else None)
    mean = find_mean(ratios)
    holds = mean <= mean_limit and max(ratios.values()) <= worst_limit and not faults and len(ratios) >= least
    listed = (
        " ".join(f"{case} {ratio:.2f}" for case, ratio in ratios.items())
        if len(ratios) <= 16
        else f"worst {max(ratios.values()):.2f}"
    )
    return Figure(what, limit, f"{mean:.3f} of {len(ratios)}: {listed}" + (f"; {len(faults)} broken" if faults else ""), holds)


def judge_mojo(rows: Sequence[Row], problem: str, what: str, *, cases: Sequence[str] = LANES) -> Figure:
    """Over the same arithmetic in Mojo, with vectors written by hand."""
    best = find_best(rows, problem)
    pairs = {case: (best.get((case, "accel")), best.get((case, "mojo"))) for case in cases}
    ratios = {case: mine / theirs for case, (mine, theirs) in pairs.items() if mine and theirs}
    holds = max(ratios.values(), default=math.inf) <= OVER_MOJO_LIMIT
    return judge_loops(rows, what, f"each <= {OVER_MOJO_LIMIT}", ratios, cases, holds=holds, problem=problem)


def judge_threads(rows: Sequence[Row]) -> Figure:
    """A ufunc on two threads, over the same on one."""
    best = find_best(rows, "mandelbrot_lanes")
    gains = {case: time / best[case, "threads"] for (case, name), time in best.items() if name == "accel" and (case, "threads") in best}
    measured = " ".join(f"{case} {gain:.2f}" for case, gain in gains.items())
    return Figure("mandelbrot in lanes, two threads over one", "each >= 1.8x", measured, min(gains.values()) >= 1.8 if gains else None)


def judge_regions(rows: Sequence[Row]) -> Figure:
    """Empty parallel regions, against numba's: the ratio of the medians, as the fastest may be one that was not shared."""
    what, limit = "empty region of two threads over numba", f"median <= {REGION_LIMIT}x"
    mine, theirs = (
        next((row for row in rows if row.problem == "region" and row.case.startswith("empty") and row.implementation == name), None)
        for name in ("accel", "numba")
    )
    if mine is None or mine.fault or theirs is None or theirs.fault:
        return Figure(what, limit, mine.fault if mine else "", False if mine and mine.fault else None)
    ratio = mine.median_ns / theirs.median_ns
    spread = "" if mine.quartiles is None else " ({:.2f} .. {:.2f})".format(*mine.quartiles)
    return Figure(what, limit, f"{mine.case}: {ratio:.3f}x{spread}", ratio <= REGION_LIMIT)


def judge_ulp(rows: Sequence[Row], rival: str, limit: float, *, problem: str = "elementwise") -> Figure:
    """Elementary functions to one unit in the last place, against a rival: geometric mean over the cases, for functions alone each."""
    each = problem == "functions"
    what = f"1 ulp: exp log sin cos tanh over {rival}" if each else f"1 ulp: functions of elements over {rival}"
    text = f"each <= {limit:.3g}" if each else f"mean <= {limit:.3g}"
    best = find_best(rows, problem)
    ratios = {case: time / best[case, rival] for (case, name), time in best.items() if name == "ulp" and (case, rival) in best}
    faults = [f"{row.case}: {row.fault}" for row in rows if row.problem == problem and row.implementation == "ulp" and row.fault]
    if not ratios or faults:
        return Figure(what, text, faults[0] if faults else "", False if faults else None)
    mean, worst = find_mean(ratios), max(ratios.values())
    listed = " ".join(f"{case} {ratio:.2f}" for case, ratio in ratios.items())
    return Figure(what, text, f"{mean:.3f} of {len(ratios)}: {listed}", (worst if each else mean) <= limit)


def judge_computing(rows: Sequence[Row]) -> Figure:
    """Loops that compute under `@parallelize`: two threads over the same function on one."""
    best = find_best(rows, "loops")
    pairs = {case: (best.get((case, "alone")), best.get((case, "accel"))) for case in COMPUTING}
    gains = {case: alone / shared for case, (alone, shared) in pairs.items() if alone and shared}
    what, limit = "loops that compute, two threads over one", f"each >= {GAIN_LIMIT}x"
    return judge_loops(rows, what, limit, gains, COMPUTING, holds=min(gains.values(), default=0.0) >= GAIN_LIMIT)


def judge_moving(rows: Sequence[Row]) -> Figure:
    """Loops that wait for memory under `@parallelize`: two threads over two of C with OpenMP, the fastest rounds, and in brackets the quartiles of rounds."""
    best = find_best(rows, "loops")
    spread = {row.case: " ({:.2f} .. {:.2f})".format(*row.quartiles) for row in rows if row.problem == "loops" and row.implementation == "accel" and row.quartiles}
    pairs = {case: (best.get((case, "accel")), best.get((case, "c"))) for case in MOVING}
    ratios = {case: mine / theirs for case, (mine, theirs) in pairs.items() if mine and theirs}
    what, limit = "loops that wait for memory over C + OpenMP", f"each <= {OVER_C_LIMIT}"
    return judge_loops(rows, what, limit, ratios, MOVING, holds=max(ratios.values(), default=math.inf) <= OVER_C_LIMIT, spread=spread)


def judge_loops(
    rows: Sequence[Row],
    what: str,
    limit: str,
    ratios: Mapping[str, float],
    cases: Sequence[str],
    *,
    holds: bool,
    problem: str = "loops",
    spread: Mapping[str, str] = MappingProxyType({}),
) -> Figure:
    """The figure of these cases; a fault of accel falls short, a rival that is missing leaves it unmeasured."""
    mine = [row for row in rows if row.problem == problem and row.case in cases and row.implementation in ("accel", "alone")]
    faults = [f"{row.case}: {row.fault}" for row in mine if row.fault]
    measured = faults[0] if faults else " ".join(f"{case} {ratio:.2f}{spread.get(case, '')}" for case, ratio in ratios.items())
    return Figure(what, limit, measured, False if faults else holds if len(ratios) == len(cases) else None)


def judge_structs(rows: Sequence[Row], what: str, limits: Mapping[str, float]) -> Figure:
    """Structs over what a user would have written without them: each case has a limit of its own."""
    mine = [row for row in rows if row.problem == "structs" and row.implementation == "accel"]
    ratios = {row.case: row.ratio for row in mine if row.case in limits and row.ratio is not None}
    holds = all(ratio <= limits[case] for case, ratio in ratios.items())
    text = " ".join(f"{case} {limit}" for case, limit in limits.items())
    return judge_loops(rows, what, f"<= {text}", ratios, tuple(limits), holds=holds, problem="structs")


def judge_ownership(rows: Sequence[Row]) -> Figure:
    """Checks of ownership in CPython: nanoseconds of a call beyond those of one that checks the annotations alone."""
    best = find_best(rows, "ownership")
    pairs = {case: (best.get((case, "accel")), best.get((case, "types"))) for case in OWNERSHIP}
    extra_ns = {case: mine - plain for case, (mine, plain) in pairs.items() if mine and plain}
    what, limit = "checks of ownership in CPython", f"each <= {OWNERSHIP_LIMIT_NS} ns a call"
    holds = max(extra_ns.values(), default=math.inf) <= OWNERSHIP_LIMIT_NS
    return judge_loops(rows, what, limit, extra_ns, OWNERSHIP, holds=holds, problem="ownership")


def judge_dot(rows: Sequence[Row]) -> Figure:
    """A dot product of 4096 float32 over NumPy's, calls included."""
    best = find_best(rows, "dot_simd")
    mine, theirs = (best.get(("f32", name)) for name in ("accel", "numpy"))
    ratios = {"f32": mine / theirs} if mine and theirs else {}
    holds = max(ratios.values(), default=math.inf) <= DOT_LIMIT
    return judge_loops(rows, "dot of 4096 float32 over NumPy's a @ b", f"<= {DOT_LIMIT}", ratios, ("f32",), holds=holds, problem="dot_simd")


def judge_rate(rows: Sequence[Row]) -> Figure:
    """The rate at which a dot product of bfloat16 reads its bytes, over that at which they are copied: each byte counted once."""
    best = find_best(rows, "dot_simd")
    mine, theirs = (best.get(("bf16", name)) for name in ("accel", "numpy"))
    rates = {"bf16": theirs / mine} if mine and theirs else {}
    what, limit = "dot of bfloat16: bytes read over copied", f"rate >= {RATE_LIMIT}x"
    holds = min(rates.values(), default=0.0) >= RATE_LIMIT
    return judge_loops(rows, what, limit, rates, ("bf16",), holds=holds, problem="dot_simd")


def judge_tuning(rows: Sequence[Row], strategy: str, within: int) -> Figure:
    """Searches with a tenth of the measurements of an exhaustive one: the share of the seeds that come near the best, kernel by kernel."""
    what, limit = f"tuning, {strategy}: within {within} % of the best", f"each >= {TUNING_SEEDS} of the seeds"
    mine = [row for row in rows if row.problem == "tuning_quality" and row.implementation == strategy]
    fault = next((row.fault for row in mine if row.fault), "")
    if not mine or fault:
        return Figure(what, limit, fault, None)
    shares = {row.case: row.figures["within"] for row in mine}
    measured = " ".join(f"{case} {share:.2f}" for case, share in shares.items())
    return Figure(what, limit, measured, min(shares.values()) >= TUNING_SEEDS)


def judge_added(rows: Sequence[Row], case: str, what: str, limit: str, most: float, *, unit_ns: float) -> Figure:
    """What a tuned call takes beyond one of the function: the difference of the medians."""
    mine = {row.implementation: row for row in rows if row.problem == "autotune" and row.case == case}
    fault = next((row.fault for row in mine.values() if row.fault), "")
    if not {"fn", "tuned"} <= set(mine) or fault:
        return Figure(what, limit, fault, False if fault else None)
    added = (mine["tuned"].median_ns - mine["fn"].median_ns) / unit_ns
    return Figure(what, limit, f"{added:+.3g} of {mine['fn'].median_ns / unit_ns:.3g}", added <= most)


def judge_unseen(rows: Sequence[Row]) -> Figure:
    """What is chosen without a search for a size that is near one that was searched, over the default."""
    what, limit = "tuned over default, sizes not seen", f"mean <= {1 / UNSEEN_GAIN:.2f}, none above {UNSEEN_WORST}"
    mine = [row for row in rows if row.problem == "autotune" and row.case.startswith("unseen") and row.implementation == "tuned"]
    faults = [f"{row.case}: {row.fault}" for row in mine if row.fault]
    ratios = {row.case.removeprefix("unseen "): row.ratio for row in mine if row.ratio is not None}
    if not ratios or faults:
        return Figure(what, limit, faults[0] if faults else "", False if faults else None)
    mean = find_mean(ratios)
    listed = " ".join(f"{case} {ratio:.2f}" for case, ratio in ratios.items())
    return Figure(what, limit, f"{mean:.3f} of {len(ratios)}: {listed}", mean <= 1 / UNSEEN_GAIN and max(ratios.values()) <= UNSEEN_WORST)


def judge_matmul(rows: Sequence[Row]) -> Figure:
    """Matrix products over NumPy's: sizes that are powers of two, others, and stacks of small ones have limits of their own."""
    what, limit = "matmul over NumPy's OpenBLAS", f"whole <= 1, odd sizes <= {1 / MATMUL_ODD:.2f}, stacks <= {1 / MATMUL_STACK}"
    mine = [row for row in rows if row.problem == "matmul_kernel" and row.implementation == "accel" and not row.case.startswith("lists")]
    faults = [f"{row.case}: {row.fault}" for row in mine if row.fault]
    ratios = {row.case.removesuffix(" threads"): row.ratio for row in mine if row.ratio is not None}
    if not ratios or faults:
        return Figure(what, limit, faults[0] if faults else "", False if faults else None)

    def most(case: str) -> float:
        size = case.partition(",")[0].split()
        if "of" in size:
            return 1 / MATMUL_STACK
        return 1.0 if int(size[1]).bit_count() == 1 else 1 / MATMUL_ODD

    listed = ", ".join(f"{case}: {ratio:.2f}" for case, ratio in ratios.items())
    return Figure(what, limit, listed, all(ratio <= most(case) for case, ratio in ratios.items()))


def judge_conv2d(rows: Sequence[Row]) -> Figure:
    """Convolutions over PyTorch's."""
    ratios = {row.case: row.ratio for row in rows if row.problem == "conv2d" and row.implementation == "accel" and row.ratio is not None}
    what, limit = "conv2d over PyTorch's", f"each <= {1 / CONV2D_SPEED}"
    cases = tuple(row.case for row in rows if row.problem == "conv2d" and row.implementation == "accel")
    holds = max(ratios.values(), default=0.0) <= 1 / CONV2D_SPEED
    return judge_loops(rows, what, limit, ratios, cases or ("none",), holds=holds, problem="conv2d")


def judge_lists(rows: Sequence[Row]) -> Figure:
    """A matrix product over the same of lists in CPython."""
    what, limit = "matmul, lists in CPython over it", f">= {MATMUL_LISTS:,}x"
    found = {name: time for (case, name), time in find_best(rows, "matmul_kernel").items() if case.startswith("lists")}
    if not {"python", "accel"} <= set(found):
        return Figure(what, limit, "", None)
    gain = found["python"] / found["accel"]
    return Figure(what, limit, f"{gain:,.0f}x", gain >= MATMUL_LISTS)


def judge_dependence(rows: Sequence[Row]) -> Figure:
    """Random loop nests against the proofs of independence; the share among fewer than 5,000 is left to chance."""
    what, limit = "independence of loops, 5,000 fresh nests", "0 false proofs, >= 95 % of the independent proven"
    row = next((row for row in rows if row.problem == "dependence"), None)
    if row is None or row.fault:
        return Figure(what, limit, row.fault if row else "", None if row is None else False)
    found = row.figures
    share = found["proven"] / max(1.0, found["independent"])
    measured = f"{found['nests']:.0f} nests, {found['false proofs']:.0f} false proofs, {100 * share:.1f} % proven"
    if found["false proofs"]:
        return Figure(what, limit, measured, False)
    return Figure(what, limit, measured, share >= 0.95 if found["nests"] >= 5000 else None)


def judge_fuzzer(rows: Sequence[Row]) -> Figure:
    """Random programs against CPython."""
    what, limit = "differential fuzzer, 10,000 fresh programs", "0 differences, 0 crashes, >= 60 % compiled"
    row = next((row for row in rows if row.problem == "fuzzer"), None)
    if row is None or row.fault:
        return Figure(what, limit, row.fault if row else "", None if row is None else False)
    found = row.figures
    measured = f"{found['programs']:.0f} programs, {found['differences']:.0f} differences, {found['crashes']:.0f} crashes, {found['compiled']:.0f} % compiled"
    clean = found["differences"] == found["crashes"] == 0 and found["compiled"] >= 60
    return Figure(what, limit, measured, clean if found["programs"] >= 10_000 or not clean else None)


def judge_language_tests(rows: Sequence[Row]) -> Figure:
    """CPython's own test package under the decorator."""
    what, limit = "the interpreter's own tests, decorated", ">= 40 modules, none lost, 0 crashes"
    row = next((row for row in rows if row.problem == "language"), None)
    if row is None or row.fault:
        return Figure(what, limit, row.fault if row else "", None if row is None else False)
    found = row.figures
    clean = found["lost"] == found["crashes"] == 0
    measured = f"{found['modules']:.0f} modules, {found['lost']:.0f} lost, {found['crashes']:.0f} crashes"
    return Figure(what, limit, measured, clean if found["modules"] >= 40 or not clean else None)


def find_best(rows: Iterable[Row], problem: str) -> dict[tuple[str, str], float]:
    """Fastest round by case and implementation."""
    return {(row.case, row.implementation): row.best_ns for row in rows if row.problem == problem and row.rounds_ns}


def find_mean(ratios: Mapping[str, float]) -> float:
    """Geometric mean."""
    return math.exp(sum(map(math.log, ratios.values())) / len(ratios))
