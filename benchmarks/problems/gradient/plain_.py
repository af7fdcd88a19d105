"""This module sums the functions over points, compiled with accel."""

import accel
from benchmarks.harness.load import twin
from benchmarks.problems.gradient import python_

curve, rational, polynomial, branches, logistic = (
    accel.fn(python_.over(accel.fn(twin(function))))
    for function in (python_.curve, python_.rational, python_.polynomial, python_.branches, python_.logistic)
)
