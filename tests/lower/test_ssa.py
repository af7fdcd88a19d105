"""LLVM text is read whole or not at all."""

import pytest

from accel.lower.regions import Regions
from accel.lower.ssa import Unreadable, read_function

TEXT = """
define { i64, i8 } @lane(i64 %a0, double %a1) !prof !0 {
entry:
  %v1 = icmp samesign ugt i64 %a0, 3
  br i1 %v1, label %head, label %"out side", !prof !1

head:                                             ; preds = %head, %entry
  %n = phi i64 [ 0, %entry ], [ %m, %head ]
  %p = phi { i64, i1 } [ { i64 1, i1 false }, %entry ], [ %q, %head ]
  %q = call { i64, i1 } @llvm.sadd.with.overflow.i64(i64 %n, i64 1)
  %m = extractvalue { i64, i1 } %q, 0
  %s = select i1 %v1, { i64, i1 } { i64 1, i1 false }, { i64, i1 } %p
  %b = extractvalue { i64, i1 } %s, 1
  br i1 %b, label %redo, label %again

again:
  %c = fcmp olt double %a1, 0x7FF0000000000000
  br i1 %c, label %head.x, label %"out side"

head.x:
  br label %head

"out side":
  %r = phi i64 [ %n, %again ], [ 7, %entry ]
  %u = insertvalue { i64, i8 } { i64 undef, i8 1 }, i64 %r, 0
  ret { i64, i8 } %u

redo:
  call void @lane.redo()
  unreachable
}
"""


def test_a_function_is_read():
    function = read_function(TEXT, "lane")
    assert function.parameters == [("i64", "%a0"), ("double", "%a1")] and function.results == ["i64", "i8"]
    by_name = {o.name: o for block in function.blocks.values() for o in block.operations}
    assert by_name["%p"].operands == ["{ i64 1, i1 false }", "%q"] and by_name["%p"].labels == ["entry", "head"]
    assert by_name["%s"].operands == ["%v1", "{ i64 1, i1 false }", "%p"]
    assert by_name["%v1"].flags == "samesign ugt " and by_name["%u"].operands == ["{ i64 undef, i8 1 }", "%r"]
    assert function.blocks["entry"].successors == ["head", "out side"]


@pytest.mark.parametrize(
    "line",
    ["%x = load i64, ptr %p", "%x = select i1 %v1, ptr inttoptr (i64 3 to ptr), ptr null", "%x = add i64 ptrtoint (ptr @g to i64), 1", "fence acquire",
     "%x = phi i64 [ ptrtoint (ptr @g to i64), %entry ]", "switch i32 %y, label %a [ i32 0, label %b ]", "store i64 1, ptr %p"],
)  # fmt: skip
def test_anything_else_is_refused(line):
    with pytest.raises(Unreadable):
        read_function(TEXT.replace("  %m = extract", f"  {line}\n  %m = extract"), "lane")


def test_loops_and_what_differs():
    text = TEXT.replace("[ %m, %head ]", "[ %m, %head.x ]").replace("[ %q, %head ]", "[ %q, %head.x ]")
    regions = Regions(read_function(text, "lane"), frozenset({"%a1"}))
    loop = regions.loops["head"]
    assert loop.blocks == {"head", "again", "head.x"} and loop.exits == [("again", "out side")] and loop.is_uniform
    assert "redo" in regions.given_up and "%n" not in regions.varying and {"%v1", "%r", "%a0"} <= regions.varying
    assert not Regions(read_function(text, "lane"), frozenset({"%a0"})).loops["head"].is_uniform
