"""Operations on values whose kind is known only at run time: a switch over the tags, one arm per combination of kinds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product

from accel.lower.convert import convert_value, zero_value
from accel.lower.layout import Value, components, member_positions
from accel.lower.text import Emitter
from accel.types.kinds import Kind, Never, Union, members_of

__all__ = ["emit_union"]

Kinds = tuple[Kind, ...]
Rule = Callable[..., "Kind | None"]
Arm = Callable[[Kinds, tuple[Value, ...]], Value]


def emit_union(e: Emitter, rule: Rule, emit: Arm, kinds: Sequence[Kind], values: Sequence[Value], result: Kind) -> Value:
    """Do an operation on operands that may be unions.

    Parameters
    ----------
    rule
        `rule(*kinds)` for kinds that are no unions: the kind of the result, None where CPython must do it.
    emit
        `emit(kinds, values)` emits the operation for such kinds and gives a value of the kind `rule` promised.
    result
        The kind of the result over all members (`accel.types.operators.joined_kind`).
    """
    if not any(isinstance(kind, Union) for kind in kinds):
        return _arm(e, rule, emit, (tuple(kinds), tuple(values)), result)
    alike = _same_for_all(e, rule, emit, kinds, values, result)
    if alike is not None:
        return _arm(e, rule, emit, alike, result)
    tag, cases, never, done = _combined_tag(e, kinds, values), [], e.label("never"), e.label("joined")
    arms: list[tuple[Kinds, str]] = []
    for number, members in enumerate(product(*map(members_of, kinds))):
        promised = rule(*members)
        if (promised is None or isinstance(promised, Never)) and not e.put_off:
            e.exits += 1
            cases.append((number, e.exit_label))
        else:
            arms.append((members, e.label("arm")))
            cases.append((number, arms[-1][1]))
    e.do(f"switch i32 {tag}, label %{never} [ {' '.join(f'i32 {n}, label %{label}' for n, label in cases)} ]")
    ends: list[tuple[Value, str]] = []
    for members, label in arms:
        e.place(label)
        parts = tuple(_member_value(k, m, v) for k, m, v in zip(kinds, members, values, strict=True))
        made = _arm(e, rule, emit, (members, parts), result)
        ends.append((made, e.block))
        e.branch(done)
    e.place(never)
    e.do("unreachable")
    e.place(done)
    if not ends:
        return zero_value(result)
    return tuple(e.merge(t, *((made[k], label) for made, label in ends)) for k, t in enumerate(components(result)))


def _same_for_all(
    e: Emitter, rule: Rule, emit: Arm, kinds: Sequence[Kind], values: Sequence[Value], result: Kind
) -> tuple[Kinds, tuple[Value, ...]] | None:
    """The operands of one arm when all arms come out as the same text, so that no switch is needed.

    A Python float and a NumPy one share a slot and mostly an operation."""
    if isinstance(result, Union):
        return None
    first: tuple[Kinds, tuple[Value, ...]] | None = None
    text = ""
    for members in product(*map(members_of, kinds)):
        if rule(*members) != result:
            return None
        parts = tuple(_member_value(k, m, v) for k, m, v in zip(kinds, members, values, strict=True))
        operands = (tuple(members), parts)
        made = e.tried(lambda operands=operands: repr(_arm(e, rule, emit, operands, result)))  # type: ignore[misc]
        if first is not None and made != text:
            return None
        first, text = first or operands, made
    return first


def _arm(e: Emitter, rule: Rule, emit: Arm, operands: tuple[Kinds, tuple[Value, ...]], result: Kind) -> Value:
    """The operation for known kinds, its value as `result`."""
    promised = rule(*operands[0])
    if promised is None or isinstance(promised, Never):
        e.exit()
        return zero_value(result)
    return convert_value(e, promised, result, emit(*operands))


def _combined_tag(e: Emitter, kinds: Sequence[Kind], values: Sequence[Value]) -> str:
    """The number of the combination of members, in the order of `itertools.product`."""
    tag = ""
    for kind, value in zip(kinds, values, strict=True):
        if not isinstance(kind, Union):
            continue
        one = e.value(f"zext i8 {value[0]} to i32")
        tag = e.value(f"add i32 {e.value(f'mul i32 {tag}, {len(kind.members)}')}, {one}") if tag else one
    return tag


def _member_value(kind: Kind, member: Kind, value: Value) -> Value:
    return tuple(value[p] for p in member_positions(kind, member)) if isinstance(kind, Union) else value
