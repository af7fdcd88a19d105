"""`python -m tests.dependence --nests N --seed S`: proofs of independence against what loops do."""

from __future__ import annotations

import argparse
import ast
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random

from accel.dependence.arrays import ArrayFacts, examine_arrays
from tests.dependence.brute import Meeting, Program, find_definitions, key_of, make_values
from tests.dependence.nests import make_nest

__all__ = ["Result", "examine_nests", "main"]

_RUNS = 80
_MORE_RUNS = 400
_SHARE = 0.95


@dataclass
class Result:
    """What became of nests: how many, those that are independent, and that are proven to be; times; texts of what went wrong."""

    nests: int = 0
    independent: int = 0
    proven: int = 0
    seconds: float = 0.0
    slowest: tuple[float, int] = (0.0, 0)
    false: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    slow: int = 0

    def merge(self, other: Result) -> None:
        self.nests += other.nests
        self.independent += other.independent
        self.proven += other.proven
        self.seconds += other.seconds
        self.slow += other.slow
        self.slowest = max(self.slowest, other.slowest)
        self.false += other.false
        self.missed += other.missed

    @property
    def share(self) -> float:
        return self.proven / max(1, self.independent)


def examine_nests(start: int, stop: int, runs: int = _RUNS) -> Result:
    """Nests made from seeds."""
    result = Result()
    for seed in range(start, stop):
        nest = make_nest(seed)
        loop = ast.parse(nest.text).body[0]
        assert isinstance(loop, ast.For)
        definitions = find_definitions(loop)
        began = time.process_time()
        facts = examine_arrays(loop, definitions)
        took = time.process_time() - began
        result.nests += 1
        result.seconds += took
        result.slow += took > 0.005
        result.slowest = max(result.slowest, (took, seed))
        fault, has_met = _compare(seed, facts, runs)
        if facts.conflicts and not fault:
            fault, _ = _compare(seed, examine_arrays(loop, definitions, are_natural=True), runs)
        if fault:
            result.false.append(f"seed {seed}:\n{nest.text}\n{fault}")
        elif not has_met and nest.is_affine:
            result.independent += 1
            result.proven += not facts.conflicts
            if facts.conflicts:
                pairs = {f"{ast.unparse(c.first.node)} with {ast.unparse(c.second.node)}" for c in facts.conflicts}
                result.missed.append(f"seed {seed}:\n{nest.text}\n{'; '.join(sorted(pairs))}")
    return result


def _compare(seed: int, facts: ArrayFacts, runs: int) -> tuple[str, bool]:
    """What is wrong with the facts, and whether any iterations meet."""
    nest = make_nest(seed)
    program, random = Program(nest), Random(seed)
    possible: dict[tuple[object, object], int | None] = {}
    for conflict in facts.conflicts:
        one, other = key_of(conflict.first.node), key_of(conflict.second.node)
        possible[one, other] = conflict.distance
        possible[other, one] = None if conflict.distance is None else -conflict.distance
    has_met = False
    for count, is_wide in ((runs, False), (_MORE_RUNS, False), (_MORE_RUNS, True), (4 * _MORE_RUNS, True)):
        for values, shapes in make_values(nest, count, random, is_wide):
            if any(values[name] < 0 for name in facts.naturals):
                continue
            found = program.run(values, shapes)
            has_met |= bool(found)
            for one, other, distance in found:
                if (one, other) not in possible:
                    return f"meet: {one} and {other}, distance {distance}, with {values}, shapes {shapes}", True
                if possible[one, other] not in (None, distance):
                    return f"distance of {one} and {other} is {distance}, with {values}, shapes {shapes}", True
        if has_met or not facts.conflicts:
            break  # what is left is whether a conflict that isn't excluded is a real one
    return "", has_met


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tests.dependence", description=__doc__)
    parser.add_argument("--nests", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--missed", type=int, default=0, help="print so many nests that are independent and not proven")
    parsed = parser.parse_args(arguments)
    size = 50
    starts = range(parsed.seed, parsed.seed + parsed.nests, size)
    result = Result()
    with ProcessPoolExecutor(parsed.jobs) as pool:
        jobs = [pool.submit(examine_nests, start, min(start + size, parsed.seed + parsed.nests)) for start in starts]
        for job in jobs:
            result.merge(job.result())
    for text in (*result.false, *[f"not proven, {text}" for text in result.missed[: parsed.missed]]):
        print(text, end="\n\n")
    print(f"{result.nests} nests, {len(result.false)} false proofs")
    print(f"{result.independent} independent, {result.proven} proven: {100 * result.share:.1f} %")
    print(f"{1000 * result.seconds / max(1, result.nests):.2f} ms per nest; {result.slow} took more than 5 ms, the slowest {1000 * result.slowest[0]:.0f} ms (seed {result.slowest[1]})")
    return int(bool(result.false) or result.share < _SHARE)


if __name__ == "__main__":
    sys.exit(main())
