"""Numbers that are set to 0 in lanes that have left a loop: as few as keep the others from growing."""

from __future__ import annotations

import pytest

from accel.lower.regions import Regions
from accel.lower.resting import find_resting
from accel.lower.ssa import read_function

LOOP = """define {{ double }} @lane(double %c, double %d) {{
entry:
  br label %head
head:
  %a = phi double [ %c, %entry ], [ %a2, %head ]
  %b = phi double [ %d, %entry ], [ %b2, %head ]
{body}
  %more = fcmp olt double %a2, 4.0
  br i1 %more, label %head, label %done
done:
  %r = insertvalue {{ double }} poison, double %b2, 0
  ret {{ double }} %r
}}
"""


@pytest.mark.parametrize(
    ("body", "resting"),
    [
        ("  %a2 = fmul double %a, %a\n  %b2 = fmul double %a, %b", {"%a"}),
        ("  %a2 = fmul double %c, %a\n  %b2 = fadd double %a, %b", {"%a", "%b"}),
        ("  %a2 = fadd double %c, %d\n  %b2 = fmul double %c, %d", set()),
        ("  %a2 = fmul double %b, %c\n  %b2 = fadd double %a, %d", {"%a"}),
    ],
)
def test_as_few_as_break_every_cycle(body: str, resting: set[str]) -> None:
    function = read_function(LOOP.format(body=body), "lane")
    regions = Regions(function, frozenset())
    assert find_resting(regions, regions.loops["head"]) == resting
