"""This module sums the derivatives that `grad` makes of the functions over points, compiled with accel."""

import accel
from accel.types import grad
from benchmarks.problems.gradient import python_

curve, rational, polynomial, branches, logistic = (
    accel.fn(python_.over(grad(function)))
    for function in (python_.curve, python_.rational, python_.polynomial, python_.branches, python_.logistic)
)
