"""Long operations as functions of their own inside the module, so that each is in the code once; they leave by a flag."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from accel.lower.text import Emitter

__all__ = ["emit_outlined"]


def emit_outlined(
    e: Emitter, name: str, arguments: Sequence[str], results: Sequence[str], build: Callable[[Emitter, list[str]], Sequence[str]]
) -> tuple[str, ...]:
    """Call the internal function `accel.<name>`, defining it once.

    Parameters
    ----------
    arguments
        Typed operands, for example `"double %x"`.
    results
        LLVM types of what `build(emitter, operands)` gives. Where that emitter leaves, so does `e`.
    """
    inner = Emitter(e.module)
    inner.exit_label = "leave"
    types = [a.split(" ", 1)[0] for a in arguments]
    made = build(inner, [f"%a{k}" for k in range(len(types))])
    flagged = (*results, "i1")
    struct = f"{{ {', '.join(flagged)} }}"
    aggregate = "poison"
    for k, (type_, part) in enumerate(zip(flagged, (*made, "false"), strict=True)):
        aggregate = inner.value(f"insertvalue {struct} {aggregate}, {type_} {part}, {k}")
    inner.do(f"ret {struct} {aggregate}")
    inner.place("leave")
    left = inner.value(f"insertvalue {struct} poison, i1 true, {len(results)}")
    inner.do(f"ret {struct} {left}")
    parameters = ", ".join(f"{t} %a{k}" for k, t in enumerate(types))
    symbol = f'@"accel.{name}"'
    head = f"define internal {struct} {symbol}({parameters}) noinline nounwind willreturn memory(none)"
    e.module.define_once(name, inner.function(head))
    answer = e.value(f"call {struct} {symbol}({', '.join(arguments)})")
    if inner.exits:
        e.exit_if(e.value(f"extractvalue {struct} {answer}, {len(results)}"))
    return tuple(e.value(f"extractvalue {struct} {answer}, {k}") for k in range(len(results)))
