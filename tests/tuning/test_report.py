"""What searches have decided, as text, as HTML and as a picture."""

import os
import re
import sys
from html.parser import HTMLParser

import pytest

from accel.errors import MissingPackageError
from accel.tuning import Entry, Report
from accel.tuning.landscape import Landscape
from accel.tuning.texts import show_arguments, show_ratio, show_time, show_value


def entry(tried=(), **fields):
    given = {"function": "pack.work:Matrix.dot", "content": "c0", "key": '[[100], "float64"]', "machine": "avx2-0", "arguments": {"tile": 32, "unroll": 2}}
    return Entry(**given | {"time_ns": 800.0, "default_ns": 1200.0, "trials": 9, "tried": list(tried), "strategy": "racing"} | fields)


GRID = [
    [{"tile": 16, "unroll": 1}, 1200.0], [{"tile": 32, "unroll": 1}, 1000.0], [{"tile": 16, "unroll": 2}, 1100.0],
    [{"tile": 32, "unroll": 2}, 800.0], [{"tile": 8, "unroll": 2}, "raised ValueError: 8"], [{"tile": 64, "unroll": 4}, "took more than 2 s"],
    [{"tile": 8, "unroll": 1}, "raised ValueError: 8"],
]  # fmt: skip


def test_text():
    text = str(Report([entry(GRID, hardware="AMD EPYC, 2 cores, AVX2", when="2026-11-30T02:47:27Z", version="0.1.0", python="3.11.7")]))
    assert text == """\
Matrix.dot [[100], "float64"]
  chosen   tile=32, unroll=2
  time     800 ns, 1.50x as fast as the default (1.2 µs)
  search   racing, 9 trials of 7 candidates, 3 failed
  machine  AMD EPYC, 2 cores, AVX2
  when     2026-11-30T02:47:27Z, accel 0.1.0, Python 3.11.7

  candidate          time    to the default
  tile=32, unroll=2  800 ns  1.50x
  tile=32, unroll=1  1 µs    1.20x
  tile=16, unroll=2  1.1 µs  1.09x
  tile=16, unroll=1  1.2 µs  1.00x

  failed                       why
  tile=8, unroll=2 and 1 more  raised ValueError: 8
  tile=64, unroll=4            took more than 2 s

  landscape: times as multiples of the least
  unroll \\ tile  8       16    32    64
  1              failed  1.50  1.25
  2              failed  1.38  1.00
  4                                  failed"""


def test_several_and_none():
    assert str(Report([])) == "nothing is tuned" == repr(Report([])) and "nothing is tuned" in Report([]).to_html()
    text = str(Report([entry(), entry(key="[2]")]))
    assert text.count("chosen") == 2 and "candidate" not in text and "landscape" not in text and "racing, 9 trials\n" in text


def test_many_candidates_and_reasons():
    tried = [[{"n": n}, 100.0 + n] for n in range(40)] + [[{"n": -n}, f"raised ValueError: {n}"] for n in range(15)]
    text = str(Report([entry(tried)]))
    assert "  n=9  " in text and "  n=10  " not in text and "  and 30 slower\n" in text and text.endswith("5 more  other reasons")


def test_numbers_that_make_no_sense():
    for wrong in (0.0, 1e300):
        told = Report([entry([[{"tile": 1}, wrong], [{"tile": 2}, 0], [{"other": 2}, 5.0]], time_ns=wrong, default_ns=wrong)])
        assert "chosen" in str(told) and "chosen" in told.to_html()


def test_axes_are_the_parameters_that_matter():
    tried = [[{"a": a, "b": b, "c": c, "d": 1}, 100.0 + 50 * a + b + 10 * c] for a in (1, 2) for b in (1, 2) for c in (1, 2)]
    assert Landscape(entry(tried)).axes == ("a", "c") and Landscape(entry(tried)).grid == [[161.0, 211.0], [171.0, 221.0]]
    assert Landscape(entry()).axes == () and Landscape(entry()).grid == []
    assert Landscape(entry(tried[:1])).axes == () and Landscape(entry([[{"a": 1}, "x"], [{"a": 2}, "x"]])).grid == [[float("inf")] * 2]


def test_values_are_in_order():
    found = Landscape(entry([[{"n": n}, float(n)] for n in (100, 9, 20)]))
    assert found.columns == ["9", "20", "100"] and found.rows == [""] and found.grid == [[9.0, 20.0, 100.0]] and found.progress == [100.0, 9.0, 9.0]
    assert Landscape(entry([[{"n": n}, 1.0] for n in ("b", "a", 3)])).columns == ["b", "a", "3"]


class Checker(HTMLParser):
    """Sees that tags are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.seen, self.words = [], [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append(tag)
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, text):
        self.words.append(text)


def check(page):
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    return checker


def test_html(tmp_path):
    report = Report([entry(GRID), entry([[{"n": n}, float(n)] for n in (3, 2, 1)], function="work:f")])
    page = report.to_html(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == page and page.startswith("<!DOCTYPE html>")
    checker = check(page)
    assert checker.seen.count("svg") == 2 and {"failed", "raised ValueError: 8", "1.38", "×", "Tuning of Matrix.dot, f"} <= set(checker.words)
    assert not re.search(r"src=|href=|<script|url\(", page)
    assert report._repr_html_() in page and not report._repr_html_().startswith("<!DOCTYPE")


def test_html_is_escaped():
    nasty = '<script>alert("x")</script>&\udcff'
    page = Report([entry([[{nasty: nasty}, 1.0], [{nasty: "y"}, 2.0], [{nasty: 1}, nasty]], function=f"work:{nasty}", key=nasty, strategy=nasty, hardware=nasty)]).to_html()
    assert "<script" not in page and page.encode()
    check(page)


def test_html_that_can_not_be_written(tmp_path):
    with pytest.raises(OSError):
        Report([entry()]).to_html(tmp_path)


def test_plot(tmp_path):
    pytest.importorskip("matplotlib")
    alone = entry([[{"n": n}, float(n)] for n in (3, 2, 1)], key="$x_{")
    report = Report([entry(GRID), alone, entry(), entry([[{"a": a, "b": b}, 1.0] for a in range(60) for b in "xy"])])
    figure = report.plot(tmp_path / "report.png")
    assert (tmp_path / "report.png").read_bytes()[:4] == b"\x89PNG" and len(figure.axes) >= 8
    assert figure.axes[0].get_xlabel() == "tile" and "matplotlib.pyplot" not in sys.modules
    Report([]).plot(tmp_path / "none.svg")
    with pytest.raises(ValueError, match="xyz"):
        report.plot(tmp_path / "report.xyz")


def test_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingPackageError, match=r"`plot` draws with matplotlib, which can't be imported \[missing-package\]") as caught:
        Report([entry(GRID)]).plot()
    assert 'pip install "accel-jit[plots]"' in str(caught.value)


def test_values_for_people():
    assert show_value("a\nb\x1b") == "a b" and show_value("x" * 50) == "x" * 39 + "…" and show_value(os.path.join) == "join" and show_value(None) == "None"
    assert show_arguments({"kind": int, "n": 1}) == "kind=int, n=1"
    assert [show_time(t) for t in (999.7, 999.4, -1.0, float("nan"), 5e12)] == ["1 µs", "999 ns", "-", "-", "5000 s"]
    assert show_ratio(1e9, 1.0) == "1,000,000,000x" and show_ratio(float("inf"), 1.0) == "-"


def test_text_that_can_not_be_printed():
    nasty = "a\nb\x1b[31m\udcff"
    text = str(Report([entry([[{"x": nasty}, 1.0], [{"x": 1}, nasty]], function=f"work:{nasty}", key=nasty)]))
    assert text.encode() and "\x1b" not in text and text.splitlines()[0] == "a b [31m a b [31m"
