"""Each example at a small size: the same answer as CPython."""

import importlib.util
import os
import pathlib
import subprocess
import sys
import zlib

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


def test_tuned_sort(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ACCEL_CACHE_DIR", str(tmp_path))
    example = load("tuned_sort")
    x = np.random.default_rng(3).random(300)

    def run():
        out = np.zeros(300)
        example.merge_sort(x, out)
        return out.tobytes()

    both_ways(run)
    assert run() == np.sort(x).tobytes()
    assert example.main("3000") == 0 and "times as fast as CPython" in capsys.readouterr().out


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


@pytest.mark.slow
def test_digits_network(capsys):
    pytest.importorskip("sklearn")
    example = load("digits_network")
    assert example.main() == 0
    said = capsys.readouterr().out
    assert "of 360 other pictures are told right" in said and float(said.partition(" s\n")[2].partition("%")[0]) > 97
    assert "the chances are the same up to roundings: accel.kernels, NumPy" in said


def test_slopes_of_the_digits_network():
    example = load("digits_network")
    rng = np.random.default_rng(4)
    network = [(rng.standard_normal(size) / 10, rng.standard_normal(size[-1]) / 10) for size in example.SIZES]
    pictures, labels = rng.random((3, 8, 8, 1)), np.array([2, 7, 7])

    def loss():
        return -np.log(example.infer_with_numpy(network, pictures)[range(3), labels]).mean()

    example.matmul = np.matmul  # kernels have tests of their own
    for layer, slopes in zip(network, example.find_slopes(network, pictures, labels), strict=True):
        for part, slope in zip(layer, slopes, strict=True):
            assert slope.shape == part.shape
            for place in rng.integers(0, part.size, 4):
                kept, found = part.flat[place], []
                for step in (1e-6, -1e-6):
                    part.flat[place] = kept + step
                    found.append(loss())
                part.flat[place] = kept
                assert abs((found[0] - found[1]) / 2e-6 - slope.flat[place]) < 1e-6


def test_mandelbrot_zoom(tmp_path, capsys):
    example = load("mandelbrot_zoom")
    assert example.main(str(tmp_path / "zoom.png"), 24, 60) == 0
    assert "the numbers are the same" in capsys.readouterr().out
    assert "lanes at a time" in example.escape.accel.explain()
    counts = example.draw(8, 60)
    assert counts.shape == (8, 24)
    for picture, width in zip(np.hsplit(counts, 3), example.WIDTHS, strict=True):
        cr, ci = np.broadcast_arrays(*example.points(8, width))
        want = [example.escape.__wrapped__(a, b, 60) for a, b in zip(cr.ravel(), ci.ravel(), strict=True)]
        assert picture.ravel().tolist() == want
    assert (tmp_path / "zoom.png").read_bytes().startswith(b"\x89PNG")


def test_the_png_file_is_read_by_others(tmp_path):
    image = pytest.importorskip("PIL.Image")
    example = load("mandelbrot_zoom")
    pixels = np.random.default_rng(3).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    example.write_png(tmp_path / "p.png", pixels)
    with image.open(tmp_path / "p.png") as read:
        assert np.array_equal(np.asarray(read), pixels)


def test_image_filter(tmp_path, capsys):
    pytest.importorskip("sklearn")
    pytest.importorskip("PIL")
    example = load("image_filter")
    assert example.main(str(tmp_path / "f.png")) == 0
    assert capsys.readouterr().out.count("the numbers are the same") == 2
    assert example.clean.accel.compiled
    assert example.sharpen.accel.compiled


def test_a_speck_is_removed():
    example = load("image_filter")
    flat = np.full((9, 9, 3), 100, np.uint8)
    flat[4, 4] = 255
    assert (example.filtered(flat) == 100).all()
    assert example.sharpen(np.array([100]), 90, 100, 100, 100).tolist() == [100]
    assert example.sharpen(np.array([100]), 20, 20, 100, 100).tolist() == [153]
    noisy = example.add_specks(np.full((50, 50, 3), 90, np.uint8))
    assert set(np.unique(noisy)) == {0, 90, 255}
    want = [example.clean.__wrapped__(*map(int, pixel)) for pixel in zip(*(v.ravel() for v in example.neighbours(noisy)), strict=True)]
    assert example.clean(*example.neighbours(noisy)).ravel().tolist() == want


def test_heat(tmp_path, capsys):
    example = load("heat")
    assert example.main(str(tmp_path / "heat.png"), 24, 40) == 0
    assert "the numbers are the same" in capsys.readouterr().out
    assert (tmp_path / "heat.png").read_bytes().startswith(b"\x89PNG")
    assert [what for _, what in example.spread.accel.loops] == ["parallel"]
    assert example.spread.accel.compiled
    plate = example.make_plate(30)
    later = example.evolve(plate, 12)
    assert np.array_equal(later, example.evolve(plate, 12, example.spread.__wrapped__))
    want = plate.copy()
    for _ in range(12):
        around = want[:-2, 1:-1] + want[2:, 1:-1] + want[1:-1, :-2] + want[1:-1, 2:]
        want[1:-1, 1:-1] += example.RATE * (around - 4.0 * want[1:-1, 1:-1])
    assert np.allclose(later, want, rtol=1e-12, atol=0)


def test_colours_of_heat():
    example = load("heat")
    found = example.colours(np.array([0.0, 100 / 3, 200 / 3, 100.0]))
    assert found.tolist() == [[0, 0, 0], [255, 0, 0], [255, 255, 0], [255, 255, 255]]


def test_option_price(capsys):
    example = load("option_price")
    assert example.main(20_000) == 0
    assert "the numbers are the same" in capsys.readouterr().out
    european, asian, error = example.simulate(20_000)
    assert abs(european - example.closed_form()) < 5 * error
    assert 0 < asian < european
    assert "lanes at a time" in example.payoffs.accel.explain()
    with np.errstate(over="ignore"):
        words = [int(example.mix(np.uint64(k))) for k in range(1, 2001)]
    assert len(set(words)) == 2000
    ones = np.array([[word >> place & 1 for place in range(64)] for word in words]).mean(axis=0)
    assert abs(ones - 0.5).max() < 0.06


def test_ray_tracer(tmp_path, capsys):
    example = load("ray_tracer")
    assert example.main(str(tmp_path / "r.png"), 8, 12) == 0
    assert "the numbers are the same" in capsys.readouterr().out
    assert (tmp_path / "r.png").read_bytes().startswith(b"\x89PNG")
    assert example.draw.accel.compiled
    assert not example.draw.accel.diagnostics
    pixels = example.render(8, 12)
    assert pixels.shape == (8, 12, 3)
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 60


def test_the_picture_of_the_ray_tracer_has_the_same_bytes_without_accel(tmp_path):
    text = "import ray_tracer as r, sys; r.write_png(sys.argv[1], r.render(8, 12, 1)); print(hasattr(r.draw, 'accel') and r.draw.accel.compiled)"
    pictures = []
    for switch in ("1", "0"):
        environment = os.environ | {"ACCEL": switch, "PYTHONPATH": os.pathsep.join(filter(None, (os.environ.get("PYTHONPATH"), str(FOLDER.parent))))}
        command = [sys.executable, "-c", text, str(tmp_path / "r.png")]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=FOLDER, env=environment)
        assert done.returncode == 0, done.stderr
        assert done.stdout.split() == [str(switch == "1")]
        pictures.append((tmp_path / "r.png").read_bytes())
    assert pictures[0] == pictures[1]


def test_fft(capsys):
    example = load("fft")
    assert example.main("16") == 0
    assert "the numbers are the same" in capsys.readouterr().out
    assert example.transform.accel.compiled
    signal = np.arange(8.0) + 1j
    assert abs(example.transform(signal, np.empty(8, complex), n=8) - np.fft.fft(signal)).max() < 1e-13
    with pytest.raises(AssertionError, match="the size must be a power of two"):
        example.transform(signal, np.empty(8, complex), n=12)


def test_checksum(capsys):
    example = load("checksum")
    assert example.main("20011") == 0
    assert "as zlib has it" in capsys.readouterr().out
    assert example.adler32.accel.compiled
    for size in (0, 1, 31, 32, 33, 5536, 5537, 11099):
        data = np.full(size, 255, np.uint8)
        assert example.adler32(data) == zlib.adler32(data)


def test_fixed_point_filter(capsys):
    example = load("fixed_point_filter")
    assert example.main("400") == 0
    assert "of a step" in capsys.readouterr().out
    assert example.run.accel.compiled and not example.run.accel.diagnostics
    samples, out = np.full(50, 30000, np.int16), np.empty(50, np.int16)
    loud = example.Biquad(*map(example.Number.of, (3.0, 0.0, 0.0, 0.0, 0.0)))  # beyond the range: it saturates
    example.run(loud, samples, out)
    assert out.tolist() == [32767] * 50


def test_newton(capsys):
    example = load("newton")
    assert example.main("60") == 0
    assert "at most" in capsys.readouterr().out
    assert example.place.accel.compiled and not example.place.accel.diagnostics
    x, steps = example.solve(0.5, 1.0)
    assert abs(example.kepler(x, 0.5, 1.0)) < 1e-15 and steps < 8
