"""Addresses by name."""

import ctypes
import math
import subprocess
import sys

import numpy
import pytest

from accel.runtime.symbols import NUMPY_API, resolve


def test_functions_of_cpython_libc_and_libm():
    absolute = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(resolve("abs"))
    assert absolute(-4) == 4
    assert resolve("PyLong_FromLongLong") == ctypes.cast(ctypes.pythonapi.PyLong_FromLongLong, ctypes.c_void_p).value
    for name in ("sin", "pow", "lgamma", "fma"):
        parameters = {"pow": 2, "fma": 3}.get(name, 1)
        function = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_double] * parameters)(resolve(f"libm.{name}"))
        expected = {"sin": math.sin(0.7), "pow": 0.7**0.7, "lgamma": math.lgamma(0.7), "fma": 0.7 * 0.7 + 0.7}[name]
        assert function(*[0.7] * parameters) == pytest.approx(expected)


def test_unknown_name():
    with pytest.raises(KeyError, match="no_such_function"):
        resolve("no_such_function")


def test_positions_in_the_table_of_numpy():
    """What stands at the positions does what the names say."""
    new = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_int)(resolve("PyArray_DescrFromType"))
    assert [new(k) for k in (0, 7, 12, 15)] == [numpy.dtype(c) for c in ("?", "l", "d", "D")]
    scalar = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)(resolve("PyArray_Scalar"))
    number = ctypes.c_double(2.5)
    made = scalar(ctypes.addressof(number), numpy.dtype("d"), None)
    assert type(made) is numpy.float64 and made == 2.5
    base = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.py_object)(resolve("PyArray_SetBaseObject"))
    array, owner = numpy.frombuffer(bytes(8)).view(), numpy.zeros(3)
    assert set(NUMPY_API) == {"PyArray_DescrFromType", "PyArray_Scalar", "PyArray_NewFromDescr", "PyArray_SetBaseObject"}
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(owner))
    with pytest.raises(ValueError, match="more than once"):  # it has a base already
        base(array, owner)


def test_without_numpy_its_functions_are_null():
    code = "from accel.runtime.symbols import resolve; import sys; print(resolve('PyArray_Scalar'), 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "0 False\n"
