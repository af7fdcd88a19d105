"""Each example at a small size: the same answer as CPython."""

import importlib.util
import pathlib
import sys

import numpy as np
import pytest

import accel

FOLDER = pathlib.Path(__file__).parents[2] / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(f"example_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def both_ways(run):
    compiled = [run() for _ in range(3)]
    with accel.disabled():
        plain = run()
    assert all(found == plain for found in compiled)


def test_mandelbrot(tmp_path):
    example = load("mandelbrot")

    def run():
        counts = np.zeros((24, 24), np.int64)
        example.draw(counts, 50)
        return counts.tobytes()

    both_ways(run)
    assert example.draw.accel.compiled
    example.main(str(tmp_path / "m.png"), 24, 50)
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG")


def test_nbody():
    example = load("nbody")

    def run():
        p, v, m = example.start()
        example.advance(p, v, m, 20, 0.01)
        return p.tobytes() + v.tobytes()

    both_ways(run)
    assert example.advance.accel.compiled


def test_digits():
    pytest.importorskip("sklearn")
    example = load("digits")
    known, labels, pictures, truth = example.load(5)
    both_ways(lambda: example.recognise(known[:60], labels[:60], pictures))
    assert example.nearest.accel.compiled
