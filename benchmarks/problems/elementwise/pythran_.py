"""This module compiles the scalar functions, in a loop over the elements, with Pythran."""

import inspect

from benchmarks.harness.pythran import build_text
from benchmarks.problems.elementwise import python_

PARAMETERS = {"black_scholes": 3, "gelu": 1, "collatz": 1, "newton_root": 1, "distance": 4, "hue": 3, "sigmoid_chain": 1, "day_number": 3}
INTEGERS = ("collatz", "day_number")
LOOP = """
#pythran export {name}_of_all({types})
def {name}_of_all({names}):
    found = numpy.empty(len(x0), numpy.{kind})
    for i in range(len(x0)):
        found[i] = {name}({elements})
    return found
"""


def write_loop(name, count):
    """The text of a loop that calls a function for each element."""
    kind = "int64" if name in INTEGERS else "float64"
    names = [f"x{k}" for k in range(count)]
    return LOOP.format(
        name=name, kind=kind, types=", ".join([f"{kind}[:]"] * count), names=", ".join(names), elements=", ".join(f"{one}[i]" for one in names)
    )


text = "".join(("import numpy\n", inspect.getsource(python_), *(write_loop(*one) for one in PARAMETERS.items())))
compiled = build_text(text)
globals().update({name: getattr(compiled, f"{name}_of_all") for name in PARAMETERS})
