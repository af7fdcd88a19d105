"""Pages of a record: HTML that stands alone, Markdown with pictures, what is measured for them, what they refuse."""

import importlib.util
import json
import sys
import xml.etree.ElementTree

import pytest

from benchmarks.__main__ import main, parse_arguments
from benchmarks.harness import kernels, pages, plots, process, roof
from benchmarks.harness.figures import find_figures
from benchmarks.harness.pages import format_cell, is_busy, write_pages
from benchmarks.harness.plots import draw_all, find_firsts, find_series
from benchmarks.harness.problem import Case, Row, Settings, Work
from benchmarks.harness.results import write_record
from benchmarks.problems import PROBLEMS

pytest.importorskip("jinja2")
ROOF = {"flops_per_s": 5e10, "copy_bytes_per_s": 1e10}


def make_row(case, name, ns, *, size, first_ns=None, problem="dot"):
    figures = {"size": float(size), "flops": 2.0 * size, "bytes": 16.0 * size} | ({"first_ns": first_ns} if first_ns else {})
    return Row(problem, "affine", case, name, (ns, 2 * ns), "numba", 1.0, (0.9, 1.1), figures=figures)


ROWS = [
    make_row("dot", "numba", 100.0, size=1000, first_ns=4e8),
    make_row("dot", "accel", 50.0, size=1000, first_ns=1e8),
    make_row("dot 8", "numba", 9.0, size=8),
    make_row("dot 8", "accel", 8.0, size=8),
    Row("dot", "affine", "dot", "jax", fault="<not> | set up"),
    Row("counted", "other", "seed 1", "accel", figures={"programs": 20.0}),
]


@pytest.fixture
def record(tmp_path):
    path = write_record(ROWS, find_figures(ROWS), Settings(quick=True), tmp_path / "record.json", roof=ROOF, load_before=0.5)
    return json.loads(path.read_text())


def test_html_stands_alone(record, tmp_path):
    (path,) = write_pages(record, tmp_path / "new" / "page.html", None)
    text = path.read_text()
    for part in (record["date"], record["machine"]["cpu"], record["versions"]["numba"], "few rounds", "&lt;not&gt; | set up", "50 ns", "100 ms", "0.90 to 1.10", "programs 20"):
        assert part in text, part
    assert "src=" not in text and "href=" not in text.replace("xlink:href=", "")
    assert "falls short" in text or "holds" in text


def test_markdown_has_pictures_beside_it(record, tmp_path):
    pytest.importorskip("matplotlib")
    *pictures, page = write_pages(record, None, tmp_path / "page.md")
    assert [path.name for path in pictures] == ["page-speed-dot.svg", "page-roofline.svg", "page-first-answer.svg"]
    text = page.read_text()
    assert all(f"({path.name})" in text for path in pictures)
    assert "| dot | jax | broken or missing: &lt;not> \\| set up | | | | | |" in text
    assert "| dot | accel | 50 ns | 75 ns | 1.000 | 0.90 to 1.10 | numba | 100 ms |" in text
    tables = [line for line in text.splitlines() if line.startswith("| ") and "limit" not in line and "verdict" not in line]
    assert {line.replace("\\|", "").count("|") for line in tables if "numba.njit" not in line} == {9}


def test_pictures(record):
    pytest.importorskip("matplotlib")
    found = {plot.name: plot for plot in draw_all(ROWS, ROOF)}
    assert list(found) == ["speed-dot", "roofline", "first-answer"]
    for plot in found.values():
        assert xml.etree.ElementTree.fromstring(plot.svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert "accel" in plot.svg and "numba" in plot.svg
    assert "50 GFLOP/s" in found["roofline"].caption and "10 GB/s" in found["roofline"].caption
    assert draw_all(ROWS, ROOF)[1].svg == found["roofline"].svg
    assert "matplotlib.pyplot" not in sys.modules
    assert [plot.name for plot in draw_all(ROWS, {})] == ["speed-dot", "first-answer"], "no roof, no roofline"
    assert draw_all(ROWS[-2:], ROOF) == []


def test_lines_are_of_one_case_in_the_order_of_sizes():
    rows = [make_row("f32 1,000, 1 threads", "accel", 5.0, size=1000), make_row("f32 127, 1 threads", "accel", 1.0, size=127)]
    series = find_series(rows)
    assert list(series) == ["dot: f32, 1 threads"]
    assert [size for size, _ in series["dot: f32, 1 threads"]["accel"]] == [127, 1000]
    assert find_series(rows[:1]) == {}
    assert find_firsts(ROWS[:4]) == {"dot": {"numba": 0.4, "accel": 0.1}}


def test_without_matplotlib_there_are_tables(record, tmp_path, monkeypatch):
    real = importlib.util.find_spec
    monkeypatch.setattr(plots.importlib.util, "find_spec", lambda name: None if name == "matplotlib" else real(name))
    html, markdown = write_pages(record, tmp_path / "page.html", tmp_path / "page.md")
    assert "matplotlib is not installed" in html.read_text() and "<table>" in html.read_text()
    assert "![" not in markdown.read_text()


def test_without_jinja2_nothing_is_measured(monkeypatch, capsys):
    monkeypatch.setattr(pages.importlib.util, "find_spec", lambda name: None)
    for arguments in (["--html", "x"], ["--markdown", "x"]):
        with pytest.raises(SystemExit):
            parse_arguments(arguments)
        assert 'pip install "accel-jit[bench]"' in capsys.readouterr().err
    assert parse_arguments([]).html is None


def test_the_command(record, tmp_path, capsys):
    assert main(["report", str(tmp_path / "record.json"), "--html", str(tmp_path / "a.html")]) == 0
    assert capsys.readouterr().out == f"page: {tmp_path}/a.html\n"
    assert pages.find_newest().name.startswith("20")
    (tmp_path / "bad.json").write_text("{")
    for arguments, said in (([], "say where the page goes"), ([str(tmp_path / "bad.json"), "--html", "x"], "bad.json is no record")):
        with pytest.raises(SystemExit):
            main(["report", *arguments])
        assert said in capsys.readouterr().err


def test_a_busy_machine_is_told(record, tmp_path):
    record["machine"] |= {"load": 50.0, "cores": 2}
    for before, told in ((0.1, False), (1.5, True)):
        assert is_busy(record | {"load_before": before}) is told
    del record["load_before"]
    assert is_busy(record), "older records know the load behind the run only"
    assert "(load 50.0)" in write_pages(record, tmp_path / "page.html", None)[0].read_text()


def test_cells():
    assert format_cell("a|b\n<c>\\") == "a\\|b &lt;c>\\\\"


def test_other_sizes_are_a_group_of_their_own():
    case = Case(PROBLEMS["dot"].cases["dot"].make, full=30, sizes=(10, 30), work=lambda n: Work(2.0 * n, 16.0 * n))
    problem = kernels.dataclasses.replace(PROBLEMS["dot"], implementations=("python", "numpy"), cases={"dot": case}, baseline="numpy")
    rows = kernels.measure_kernels(problem, Settings(quick=True, sizes=True))
    assert [(row.case, row.implementation, row.group) for row in rows] == [("dot", "python", "affine"), ("dot", "numpy", "affine"), ("dot 10", "numpy", "by size")]
    assert rows[1].figures["flops"] == 60.0 and rows[1].figures["first_ns"] > 0.0 and "first_ns" not in rows[2].figures
    assert len(kernels.measure_kernels(problem, Settings(quick=True))) == 2


def test_sizes_reach_the_process_of_a_problem(monkeypatch):
    asked = []

    def run(command, **options):
        asked.extend(command)
        raise process.subprocess.TimeoutExpired(command, 1.0)

    monkeypatch.setattr(process.subprocess, "run", run)
    process.measure_apart(PROBLEMS["dot"], Settings(sizes=True))
    assert "--sizes" in asked


def test_roof(monkeypatch):
    monkeypatch.setattr(roof, "COPY_BYTES", 1 << 16)
    monkeypatch.setattr(roof, "TURNS", 100)
    found = roof.measure_roof()
    assert found["copy_bytes_per_s"] > 0.0
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert set(roof.measure_roof()) == {"copy_bytes_per_s"}
    assert set(found) <= {"copy_bytes_per_s", "flops_per_s"}
