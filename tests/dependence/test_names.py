"""Every way to bind a name."""

import ast

import pytest

from accel.dependence.names import count_assignments

BINDING = r"""k = 1
k: int = 1
k += 1
k, y = z
[*k] = z
for k in z: pass
with z as k: pass
del k
import k
import k.z
import z as k
from z import k
def k(): pass
def z(k): pass
def z(*k): pass
class k: pass
lambda k: 1
[1 for k in z]
(k := 1)
global k
k.shape = 3
try: pass
except E as k: pass
match z:\n case k: pass
match z:\n case [*k]: pass
match z:\n case {**k}: pass
match z:\n case int() as k: pass"""


@pytest.mark.parametrize("text", BINDING.replace("pass\nexcept", "pass;except").splitlines())
def test_binding(text):
    found = count_assignments(ast.parse(text.replace(";except", "\nexcept").replace("\\n", "\n")))
    assert found["k"] >= 1


def test_reading():
    assert count_assignments(ast.parse("k; f(k=1); k[0] = 1; k.x; k[1] += 1")) == {}
