"""This module compiles the plain functions of a problem with Pythran, in Pythran's own environment."""

from __future__ import annotations

import importlib.util
import inspect
import types
from collections.abc import Mapping
from pathlib import Path

from benchmarks.harness.c import make_folder

FLAGS = ["-O3", "-march=native", "-ffp-contract=off"]  # as for C


def build(module: types.ModuleType, parameters: Mapping[str, str]) -> types.ModuleType:
    """The functions of a module, compiled for parameters of these types (`float64[:], int`): name -> types."""
    exports = "".join(f"#pythran export {name}({types})\n" for name, types in parameters.items())
    return build_text(exports + inspect.getsource(module))


def build_text(text: str) -> types.ModuleType:
    """The module made of this source, which says what is exported."""
    import pythran  # type: ignore[import-not-found]

    path = Path(make_folder(), "compiled.so")
    pythran.compile_pythrancode("compiled", text, output_file=str(path), extra_compile_args=FLAGS)
    spec = importlib.util.spec_from_file_location("compiled", path)
    assert spec is not None and spec.loader is not None
    compiled = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(compiled)
    return compiled
