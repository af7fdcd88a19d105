"""LLVM assembly as text: a module under construction and an emitter that appends to one function.

Text is the fastest way to LLVM from Python: no object per instruction, and each stage can be read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any

__all__ = ["Emitter", "Module", "float_text", "parts_of"]

_RARE = "!prof !0"  # condition true: once in 2000
_USUAL = "!prof !1"


def float_text(value: float, type_: str = "double") -> str:
    """A float constant with exactly these bits (LLVM writes `float` constants as doubles too, halves as 0xH)."""
    if type_ == "half":
        return f"0xH{struct.unpack('<H', struct.pack('<e', value))[0]:04X}"
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def parts_of(type_: str) -> list[str]:
    """Types of the parts of a structure; a type that is none is its only part."""
    return [part.strip() for part in type_.strip("{} ").split(",")]


class Module:
    """The text of an LLVM module: external names, constants and functions."""

    def __init__(self, accuracy: str = "exact") -> None:
        self.accuracy = accuracy  # of elementary functions (`accel.options.ACCURACIES`)
        self.grades: dict[str, str] = {}  # elementary function called -> its grade
        self._declared: dict[str, str] = {}
        self._globals: dict[str, str] = {}
        self._functions: list[str] = []
        self._support: set[str] = set()
        self.classes: list[Any] = []  # structs, and other objects, whose addresses the code needs

    def declare(self, name: str, result: str, parameters: tuple[str, ...], attributes: str = "") -> str:
        """Declare an external function once; return its quoted name."""
        self._declared.setdefault(name, f'declare {result} @"{name}"({", ".join(parameters)}) {attributes}')
        return f'@"{name}"'

    def external(self, name: str, *, may_be_null: bool = False) -> str:
        """Declare an external object (its address is what matters) once; return its quoted name. LLVM takes it for granted that an
        address is not null unless told."""
        self._globals.setdefault(name, f'@"{name}" = {"extern_weak" if may_be_null else "external"} global i8')
        return f'@"{name}"'

    def class_address(self, class_: Any, what: str = "class") -> str:
        """The name of the address of an object such as the class of a struct, of the class of its "record"s, or of the dtype of its arrays ("structs"): its number
        among those needed."""
        if not any(class_ is known for known in self.classes):
            self.classes.append(class_)
        return self.external(f"{what}.{next(k for k, known in enumerate(self.classes) if known is class_)}")

    def constant(self, name: str, definition: str) -> str:
        """Define a private constant once, for example `constant("two", "double 2.0")`; return its name."""
        self._globals.setdefault(name, f'@"{name}" = private unnamed_addr constant {definition}')
        return f'@"{name}"'

    def define(self, text: str) -> None:
        """Add the text of a whole function."""
        self._functions.append(text)

    def define_once(self, name: str, text: str) -> None:
        """Add the text of a support function, unless it is there."""
        if name not in self._support:
            self._support.add(name)
            self.define(text)

    def has_support(self, name: str) -> bool:
        """Whether the support function is there."""
        return name in self._support

    @property
    def functions(self) -> list[str]:
        """The texts of functions so far."""
        return list(self._functions)

    def __str__(self) -> str:
        metadata = '!0 = !{!"branch_weights", i32 1, i32 2000}\n!1 = !{!"branch_weights", i32 2000, i32 1}\n'
        metadata += '!2 = !{!"function_entry_count", i64 1000}\n'  # so that rare blocks are moved out of loops
        return "\n".join([*self._globals.values(), *self._declared.values(), *self._functions, metadata])


_NAME = re.compile(r"%v\d+")
_DEFINITION = re.compile(r"  (%v\d+) = ")
_FLOAT_OPERATIONS = ("fadd ", "fsub ", "fmul ", "fdiv ")


class Emitter:
    """Appends instructions to one LLVM function.

    Operands are texts such as `%v7` or `3`. `exit_if` and `exit` leave compiled code at the operation being lowered;
    the owner of the emitter sets `exit_label` (or, for tests, any label) before each operation and reads `exits`.
    """

    def __init__(self, module: Module) -> None:
        self.module = module
        self.exit_label = "exit"
        self.exits = 0
        self.is_covered = False  # a later test tells when this result is not finite
        self.operation = 0  # id of the operation being lowered
        self.adds_to = 0  # id of the operation with whose result this one is tested
        self.added: dict[int, list[str]] = {}  # operation -> results to be tested with its own
        self._sums: dict[str, str] = {}  # float type -> slot of a sum that is NaN if a result noted is not finite
        self.float_flags = ""  # what LLVM may do to the arithmetic on floats that is emitted now
        self.adopt: Callable[[str], None] = lambda operand: None  # takes over a new reference to an object
        self.only_if = ""  # an i1 without which nothing should leave
        self.wraps = False  # integers of NumPy's that overflow wrap, and nobody is told
        self.leaves_early = False  # a result that is not finite leaves, whatever made it so
        self.trusts_flags = False  # the flags of the processor tell what NumPy would warn about
        self.trusted = 0  # how many results only they tell about
        self.put_off = ""  # slot of a flag: exits only raise it, and what was computed is thrown away later
        self.room: dict[str, int] = {}  # i64 operand -> what can be added or subtracted without leaving 64 bits
        self._count = 0
        self._slots: list[str] = []
        self._lines: list[str] = []
        self.block = "start"

    # -- instructions

    def value(self, text: str) -> str:
        """Append an instruction that has a result, for example `e.value("add i64 %a, 1")`; return the result's name."""
        self._count += 1
        if self.float_flags and text[:5] in _FLOAT_OPERATIONS:
            text = f"{text[:5]}{self.float_flags} {text[5:]}"
        self._lines.append(f"  %v{self._count} = {text}")
        return f"%v{self._count}"

    def do(self, text: str) -> None:
        """Append an instruction without a result."""
        self._lines.append(f"  {text}")

    def replace(self, operands: dict[str, str]) -> None:
        """Put operands in the place of marks, which stood for them where they were not known yet."""
        pattern = re.compile("|".join(map(re.escape, sorted(operands, key=len, reverse=True))))
        self._lines = [pattern.sub(lambda m: operands[m[0]], line) if "@" in line else line for line in self._lines]

    def reorder(self, groups: list[list[str]], entered: list[dict[str, str]]) -> None:
        """Move instructions of the block under way: first what the operands of the first group need, then the second, and so on.

        Only a block that computes (phis stay in front) is reordered. `entered` has, for each group, operands that are to pass through an instruction
        in front of all that belongs to it.
        """
        start = 1 + max(k for k, line in enumerate(self._lines) if line.endswith(":"))
        while start < len(self._lines) and " = phi " in self._lines[start]:
            start += 1
        found = [_DEFINITION.match(line) for line in self._lines[start:]]
        if not all(found) or any(" load " in line for line in self._lines[start:]):
            return
        lines = {match[1]: line for match, line in zip(found, self._lines[start:], strict=True) if match}
        del self._lines[start:]
        placed: set[str] = set()
        for names, passing in zip([*groups, list(lines)], [*entered, {}], strict=True):
            renamed = {operand: self.value(text) for operand, text in passing.items()}
            todo = [(name, False) for name in reversed(names)]
            while todo:
                name, is_ready = todo.pop()
                if is_ready:
                    placed.add(name)
                    self._lines.append(_NAME.sub(lambda m: renamed.get(m[0], m[0]), lines[name]))  # noqa: B023  called at once
                elif name in lines and name not in placed:
                    todo.append((name, True))
                    todo += [(operand, False) for operand in _NAME.findall(lines[name])[:0:-1]]

    def slot(self, type_: str, *, align: int = 0, initial: str = "") -> str:
        """A stack slot, allocated (and filled with `initial`) once at the head of the function."""
        self._count += 1
        aligned = f", align {align}" if align else ""
        self._slots.append(f"  %s{self._count} = alloca {type_}{aligned}")
        if initial:
            self._slots.append(f"  store {type_} {initial}, ptr %s{self._count}")
        return f"%s{self._count}"

    def hoisted(self, text: str) -> str:
        """Put an instruction that has a result at the head of the function."""
        self._count += 1
        self._slots.append(f"  %s{self._count} = {text}")
        return f"%s{self._count}"

    def call(self, result: str, name: str, *arguments: str, attributes: str = "") -> str:
        """Call an external function or intrinsic; `arguments` are typed operands such as `"double %x"`."""
        types = tuple(a.split(" ", 1)[0] for a in arguments)
        called = f"call {result} {self.module.declare(name, result, types, attributes)}({', '.join(arguments)})"
        if result == "void":
            self.do(called)
            return ""
        return self.value(called)

    def libm(self, name: str, *arguments: str, result: str = "double") -> str:
        """Call the platform's libm (or libc) function under a name LLVM has no opinion about: `pow(x, 2)` stays the call
        CPython makes and does not become `x * x`."""
        return self.call(result, f"libm.{name}", *arguments, attributes="nounwind willreturn memory(none)")

    # -- control flow

    def label(self, hint: str = "b") -> str:
        """A new label, not yet placed."""
        self._count += 1
        return f"{hint}{self._count}"

    def place(self, label: str) -> None:
        """Start the block `label`; the block before must have been ended."""
        self._lines.append(f"{label}:")
        self.block = label

    def branch(self, label: str) -> None:
        """End the block with a jump."""
        self.do(f"br label %{label}")

    def branch_if(self, condition: str, then: str, otherwise: str, *, likely: bool | None = None) -> None:
        """End the block with a conditional jump; `likely` says which way it usually goes."""
        weights = "" if likely is None else f", {_USUAL if likely else _RARE}"
        self.do(f"br i1 {condition}, label %{then}, label %{otherwise}{weights}")

    def exit_if(self, condition: str, *, rare: bool = False) -> None:
        """Leave compiled code at this operation when `condition` (an i1) is true; CPython continues from there. `rare`: it may leave
        even if the result is not wanted."""
        if condition == "false":
            return
        if self.only_if and not rare:
            condition = self.select(
                self.only_if, "i1", condition, "false"
            )  # `and` would pass on what is poison in a side not taken
        if self.put_off:
            raised = self.value(f"or i1 {self.value(f'load i1, ptr {self.put_off}')}, {condition}")
            self.do(f"store i1 {raised}, ptr {self.put_off}")
            return
        self.exits += 1
        after = self.label("go")
        self.branch_if(condition, self.exit_label, after, likely=False)
        self.place(after)

    def begin_sums(self) -> None:
        """Start to note results."""
        self._sums = self._sums or {type_: self.slot(type_) for type_ in ("double", "float")}
        for type_, slot in self._sums.items():
            self.do(f"store {type_} 0.0, ptr {slot}")

    def note_float(self, type_: str, result: str) -> None:
        """Where checks are put off: leave later if this result is not finite. Its product with 0 is then NaN, and so is the sum of all
        products, in any order. Multiplication and addition are not fused: LLVM would put `(x * 2) * 0 + s` together to `x * 0 + s`."""
        slot = self._sums[type_]
        if self.only_if:
            result = self.select(self.only_if, type_, result, "0.0")
        nothing = self.value(f"fmul {type_} {result}, 0.0")
        total = self.value(f"fadd reassoc {type_} {self.value(f'load {type_}, ptr {slot}')}, {nothing}")
        self.do(f"store {type_} {total}, ptr {slot}")

    def end_sums(self) -> list[str]:
        """For each type, an i1 that says whether a result noted was not finite."""
        totals = [(type_, self.value(f"load {type_}, ptr {slot}")) for type_, slot in self._sums.items()]
        return [self.value(f"fcmp uno {type_} {total}, 0.0") for type_, total in totals]

    def exit(self) -> None:
        """Leave compiled code at this operation always; what is emitted behind it is not reached."""
        if self.put_off:
            self.do(f"store i1 true, ptr {self.put_off}")
            return
        self.exits += 1
        self.branch(self.exit_label)
        self.place(self.label("unreached"))

    def select(self, condition: str, type_: str, then: str, otherwise: str) -> str:
        """`then if condition else otherwise`, without a branch."""
        return self.value(f"select i1 {condition}, {type_} {then}, {type_} {otherwise}")

    def merge(self, type_: str, *incoming: tuple[str, str]) -> str:
        """A phi of (operand, label of the block it comes from)."""
        pairs = ", ".join(f"[ {operand}, %{label} ]" for operand, label in incoming)
        return self.value(f"phi {type_} {pairs}")

    def tried(self, emit: Callable[[], str]) -> str:
        """The text `emit` would append, with what it returns; nothing is kept."""
        kept = (self._lines, self._slots, self._count, self.block, self.exits)
        self._lines, self._slots = [], []
        try:
            made = emit()
            return "\n".join([*self._slots, *self._lines, made])
        finally:
            self._lines, self._slots, self._count, self.block, self.exits = kept

    # -- the end

    def function(self, head: str) -> str:
        """The text of the function; `head` is for example `define i32 @f(ptr %result)`."""
        body = "\n".join(["entry:", *self._slots, "  br label %start", "start:", *self._lines])
        return f"{head} !prof !2 {{\n{body}\n}}\n"
