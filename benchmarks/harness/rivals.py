"""This module is the table of rivals that have an environment of their own: what is installed there, and which implementations run there.

`scripts/bench-setup` makes the environments, in `.bench` or in what the variable `ACCEL_BENCH_HOME` names.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
LIMIT_S = 300  # of one call in another process, compilation included


class RivalError(Exception):
    """A rival is missing, broken, or died."""


@dataclass(frozen=True)
class Rival:
    """What pip installs, what is run to see whether it works, and how its process is started.

    `apart` says that implementations of this name run in that environment even where `module` can be imported here. Without a module there is only a program.
    """

    packages: tuple[str, ...]
    module: str = ""
    program: str = ""
    apart: bool = True
    environment: Mapping[str, str] = field(default_factory=dict)
    note: str = ""

    @property
    def trial(self) -> tuple[str, ...]:
        """A command of the environment that ends well if the rival works."""
        return (self.program, "--version") if self.program else ("python", "-c", f"import {self.module}")


RIVALS = {  # all on one thread, as the other implementations are
    "numba": Rival(("numba", "numpy", "scipy"), "numba", apart=False),
    "scipy": Rival(("scipy", "numpy"), "scipy", apart=False),
    "torch": Rival(("torch==2.13.0", "numpy"), "torch", note="the newest that comes without CUDA, which is gigabytes"),
    "jax": Rival(
        ("jax[cpu]", "numpy"),
        "jax",
        environment={
            "JAX_PLATFORMS": "cpu",
            "JAX_ENABLE_X64": "1",
            "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
        },
    ),
    "taichi": Rival(("taichi", "numpy"), "taichi", environment={"TI_CPU_MAX_NUM_THREADS": "1"}),
    "pythran": Rival(("pythran", "numpy"), "pythran", note="compiles with the C++ compiler of the machine"),
    "codon": Rival(("codon-jit", "numpy"), "codon", note="needs Codon itself: set CODON_DIR"),
    "mojo": Rival(("mojo",), program="mojo", apart=False),
}
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"}


def find_home() -> Path:
    """The folder of the environments."""
    return Path(os.environ.get("ACCEL_BENCH_HOME") or ROOT / ".bench").absolute()


def find_program(name: str, program: str) -> Path | None:
    """A program of the environment of a rival, None where that is not ready."""
    path = find_home() / name / "bin" / program
    return path if path.exists() and mark_of(name).exists() else None


def mark_of(name: str) -> Path:
    """The file that says with what an environment was made; it is written last."""
    return find_home() / name / "accel-bench.txt"


def is_apart(implementation: str) -> bool:
    """Whether an implementation runs in a process of another environment."""
    rival = RIVALS.get(implementation)
    return rival is not None and bool(rival.module) and (rival.apart or importlib.util.find_spec(rival.module) is None)


def describe_fault(error: BaseException) -> str:
    """One line for an implementation that is missing or broken."""
    if isinstance(error, RivalError):
        return str(error)
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"
