"""LLVM text -> machine code. The only module that calls llvmlite."""

from __future__ import annotations

import os
from typing import Any

from accel.runtime.image import link

__all__ = ["assemble", "assembler_text", "optimise", "simplify"]

_ready: list[bool] = []


def _target() -> Any:
    import llvmlite.binding as llvm

    if not _ready:
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        _ready.append(True)
    name = os.environ.get("ACCEL_CPU") or llvm.get_host_cpu_name()
    features = "" if os.environ.get("ACCEL_CPU") else llvm.get_host_cpu_features().flatten()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=name, features=features, opt=3, reloc="pic", codemodel="small"
    )


def _optimised(text: str, machine: Any) -> Any:
    import llvmlite.binding as llvm

    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = options.loop_interleaving = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module


def optimise(text: str) -> str:
    """LLVM text after optimisation."""
    return str(_optimised(text, _target()))


def assembler_text(text: str) -> str:
    """The assembler text of an LLVM text."""
    machine = _target()
    return str(machine.emit_assembly(_optimised(text, machine)))


def assemble(text: str) -> bytes:
    """A linked image (`accel.runtime.image.Image.dumps`) of an LLVM text, for the processor of this machine, or the one that
    `ACCEL_CPU` names (as LLVM does, for example `x86-64-v3`)."""
    machine = _target()
    return link(machine.emit_object(_optimised(text, machine))).dumps()


# What makes one function of straight blocks, loops with one way back, and phis behind loops, of the calls and slots of a program.
_SIMPLIFYING = (
    "always_inliner sroa simplify_cfg instruction_combine jump_threading simplify_cfg new_gvn sccp instruction_combine simplify_cfg "
    "dead_code_elimination lower_switch unify_function_exit_nodes loop_simplify lcssa instruction_namer"
).split()


def simplify(text: str) -> str:
    """LLVM text in single-assignment form, with everything inlined that asks for it."""
    import llvmlite.binding as llvm

    machine = _target()
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    module.verify()
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=2))
    passes = llvm.create_new_module_pass_manager()
    for name in _SIMPLIFYING:
        getattr(passes, f"add_{name}_pass")()
    passes.run(module, builder)
    return str(module)
