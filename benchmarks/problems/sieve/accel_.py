"""This module compiles the sieve of Eratosthenes with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.sieve import python_

sieve = accel.fn(twin(python_.sieve))
