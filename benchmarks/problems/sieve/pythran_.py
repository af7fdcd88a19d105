"""This module compiles the sieve of Eratosthenes with Pythran."""

from benchmarks.harness.pythran import build
from benchmarks.problems.sieve import python_

sieve = build(python_, {"sieve": "bool[:]"}).sieve
