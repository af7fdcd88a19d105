"""SIMD values become vector instructions, on every kind of processor, and runs of them go register by register."""

from __future__ import annotations

import re

import llvmlite.binding as llvm
import numpy as np
import pytest

from accel.lower.layout import components, word_places
from accel.lower.program import program_text
from accel.types import SIMD, Float32, Float64, Int32, Int64
from accel.types.simd import vector_kind
from tests.specialize.plans import plan_for

TARGETS = {  # bits of the vectors -> triple, processor, the name under which accel knows vectors of that size
    "AVX-512": ("x86_64-unknown-linux-gnu", "x86-64-v4", "x86-64-v4"),
    "AVX2": ("x86_64-unknown-linux-gnu", "x86-64-v3", "x86-64-v3"),
    "SSE2": ("x86_64-unknown-linux-gnu", "x86-64", "x86-64"),
    "NEON": ("aarch64-unknown-linux-gnu", "neoverse-n1", "x86-64"),
}


def assembler(monkeypatch, target, function, *arguments):
    """The assembler text of a function for a processor this machine need not be, without the entry around it."""
    triple, cpu, level = TARGETS[target]
    monkeypatch.setenv("ACCEL_CPU", level)
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=cpu, opt=3)
    plan = plan_for(function, *arguments)
    text, _ = program_text(plan)
    only = re.search(rf'define internal i32 @"{re.escape(plan.root.symbol)}".*?\n}}\n', str(text), re.DOTALL)[0].replace("internal ", "", 1)
    declared = "\n".join(line for line in str(text).splitlines() if line.startswith(("declare", "@", "!")))
    attributes = re.sub(r"call preserve_allcc i32 @accel.signals\(\)", "add i32 0, 0", only)
    stubs = '\ndeclare ptr @"accel.resume"(ptr, i64, ptr, ptr)\ndeclare ptr @"accel.fetch"()\n'
    module = llvm.parse_assembly(f"{declared}{stubs}{attributes}")
    module.triple, module.data_layout = triple, str(machine.target_data)
    builder = llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options(speed_level=3))
    builder.getModulePassManager().run(module, builder)
    return machine.emit_assembly(module)


def count(text, pattern):
    return len(re.findall(rf"\n\t{pattern}\s", text))


def blend(x: SIMD[Float32, 16], y: SIMD[Float32, 16]):
    return (x < y).select(x * y, x + y).sqrt()


@pytest.mark.parametrize(
    "target, multiplied, compared, root",
    [("AVX-512", r"vmulps", r"vcmpltps", r"vsqrtps"), ("AVX2", r"vmulps", r"vcmpltps", r"vsqrtps"), ("SSE2", "mulps", "cmpltps", "sqrtps"), ("NEON", "fmul", "fcmgt", "fsqrt")],
)
def test_one_instruction_for_each_register(monkeypatch, target, multiplied, compared, root):
    registers = {"AVX-512": 1, "AVX2": 2, "SSE2": 4, "NEON": 4}[target]
    monkeypatch.setenv("ACCEL_CPU", TARGETS[target][2])
    text = assembler(monkeypatch, target, blend, SIMD[Float32, 16](1.0), SIMD[Float32, 16](2.0))
    assert [count(text, name) for name in (multiplied, compared, root)] == [registers] * 3, text


@pytest.mark.parametrize("target, fused", [("AVX-512", r"vfmadd\d+pd"), ("AVX2", r"vfmadd\d+pd"), ("NEON", "fmla")])
def test_fused_where_the_processor_has_it(monkeypatch, target, fused):
    def fuse(x: SIMD[Float64, 8], y: SIMD[Float64, 8]):
        return x.fma(y, x)

    def plain(x: SIMD[Float64, 8], y: SIMD[Float64, 8]):
        return x * y + x

    values = SIMD[Float64, 8](1.0), SIMD[Float64, 8](2.0)
    assert count(assembler(monkeypatch, target, fuse, *values), fused) == {"AVX-512": 1, "AVX2": 2, "NEON": 4}[target]
    assert count(assembler(monkeypatch, target, plain, *values), fused) == 0


@pytest.mark.parametrize("target, loads, masked", [("AVX-512", r"vmovup[sd]", r"\{%k\d\}"), ("AVX2", r"vmovup[sd]", "vmaskmovps")])
def test_loads_and_tails(monkeypatch, target, loads, masked):
    def tails(a, i: int):
        return SIMD[Float32, 8].load(a, i), SIMD[Float32, 8].load_tail(a, i + 8)

    text = assembler(monkeypatch, target, tails, np.zeros(9, np.float32), 0)
    assert count(text, loads) >= 1
    assert re.search(masked, text)


@pytest.mark.parametrize("target, asked", [("AVX2", "prefetcht0"), ("NEON", "prfm")])
def test_prefetches(monkeypatch, target, asked):
    def ask(a, i: int):
        SIMD[Float32, 8].prefetch(a, i)

    assert count(assembler(monkeypatch, target, ask, np.zeros(9, np.float32), 0), asked) == 1


def test_masks_are_registers_or_lanes(monkeypatch):
    for level, expected in (("x86-64-v4", ("<8 x i1>",)), ("x86-64-v3", ("<4 x i64>",) * 2), ("x86-64", ("<2 x i64>",) * 4)):
        monkeypatch.setenv("ACCEL_CPU", level)
        mask = plan_for(lambda x, y: x < y, SIMD[Float64, 8](1.0), SIMD[Float64, 8](1.0)).root.result
        assert components(mask) == expected


def test_words_of_vectors():
    assert word_places(components(vector_kind("f", 16)))[-1] == 8
    assert word_places(("i64", "<2 x i8>", "<4 x i1>", "double")) == [0, 1, 2, 3, 4]


def test_runs_go_register_by_register(monkeypatch):
    def step(x: SIMD[Float64, 8], y: SIMD[Float64, 8]):
        xx = x * x
        yy = y * y
        return xx - yy

    monkeypatch.setenv("ACCEL_CPU", "x86-64-v3")
    text, _ = program_text(plan_for(step, SIMD[Float64, 8](1.0), SIMD[Float64, 8](2.0)))
    assert re.findall(r"(f(?:mul|sub)) <4 x double>", str(text)) == ["fmul", "fmul", "fsub"] * 2


@pytest.mark.parametrize("target", ["AVX2", "AVX-512"])
@pytest.mark.parametrize("dtype, counted", [(Float64, Int64), (Float32, Int32)])
def test_loops_stay_in_registers(monkeypatch, target, dtype, counted):
    width = {"AVX2": 3, "AVX-512": 4}[target] * {"AVX2": 256, "AVX-512": 512}[target] // (64 if dtype is Float64 else 32)

    def escape(x0: SIMD[dtype, width], y0: SIMD[dtype, width], limit: int):
        x, y, n = SIMD[dtype, width](0.0), SIMD[dtype, width](0.0), SIMD[counted, width](0)
        for _ in range(limit):
            xx, yy = x * x, y * y
            inside = xx + yy <= 4.0
            if not inside.any():
                break
            n = n + inside.cast(counted)
            x, y = xx - yy + x0, 2.0 * x * y + y0
        return n

    monkeypatch.setenv("ACCEL_CPU", TARGETS[target][2])
    text = assembler(monkeypatch, target, escape, SIMD[dtype, width](0.0), SIMD[dtype, width](0.0), 100)
    lines = text.splitlines()
    products = [k for k, line in enumerate(lines) if re.match(r"\tvmulp[sd]\t", line)]
    body = lines[products[0] : products[-1]]
    assert len(products) == 3 * width * (64 if dtype is Float64 else 32) // {"AVX2": 256, "AVX-512": 512}[target]
    assert not [line for line in body if re.search(r"vmov\w+\t%[yz]mm\d+, \d*\(%rsp\)", line)], "\n".join(body)
