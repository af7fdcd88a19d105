"""Random statements: assignments of every form, branches, loops, handlers, closures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

from tests.differential.arguments import random_scalar
from tests.differential.expressions import Expressions, Function
from tests.differential.foreign import foreign_statement

__all__ = ["Statements"]

ERRORS = ["ZeroDivisionError", "IndexError", "ValueError", "OverflowError", "TypeError", "ArithmeticError", "Problem", "Exception"]


class Statements:
    """A source of blocks of statements; `expressions.names` holds what is bound where the next one stands."""

    def __init__(self, r: Random, expressions: Expressions) -> None:
        self.r = r
        self.e = expressions
        self.depth = 0
        self.budget = 40
        self.counter = 0
        self.inside_loop = False
        self.result = "int"

    def new_name(self, kind: str) -> str:
        """A name to bind: a new one, or one of the same kind, seldom one of another kind."""
        r, names = self.r, self.e.names
        taken = [n for n, k in names.items() if k == kind and n not in self.e.loops and not n.isupper()]
        if taken and r.random() < 0.5:
            return r.choice(taken)
        if r.random() < (0.02 if self.e.tame else 0.06):
            others = [n for n in names if n not in self.e.loops and not n.isupper()]
            if others:
                return r.choice(others)
        if kind == "int" and r.random() < 0.05:
            return r.choice([i for i in "ijk" if i not in self.e.loops] or ["v0"])
        self.counter += 1
        return f"v{self.counter}"

    def block(self, size: int = 3) -> list[str]:
        """A block of up to `size` statements, not indented."""
        lines: list[str] = []
        for _ in range(self.r.randint(1, size)):
            if self.budget <= 0:
                break
            self.budget -= 1
            lines += self.statement()
        return lines or ["pass"]

    @contextmanager
    def side(self) -> Iterator[None]:
        """A branch on a condition."""
        self.e.aside += 1
        with self.branch():
            yield
        self.e.aside -= 1

    @contextmanager
    def branch(self) -> Iterator[None]:
        """What is bound inside is forgotten afterwards, mostly: else it may be unbound there."""
        saved = dict(self.e.names)
        self.depth += 1
        yield
        self.depth -= 1
        inside = {n: k for n, k in self.e.names.items() if n not in saved and n not in self.e.loops}
        self.e.names = {n: k if self.e.names.get(n, k) == k else "int" for n, k in saved.items()}
        if inside and self.r.random() < (0.02 if self.e.tame else 0.1):
            self.e.names |= inside

    def statement(self) -> list[str]:
        """One statement."""
        r, k = self.r, self.r.random()
        simple = self.depth > 2
        if self.e.aside and r.random() < self.e.foreign:
            return foreign_statement(self)
        lines_of = self.risky if not self.e.tame and r.random() < 0.03 else None
        if lines_of:
            return lines_of()
        rows = [(0.34, self.assign), (0.44, self.augment), (0.52, self.store), (0.57, self.unpack), (0.60, self.small)]
        if not simple:
            rows += [(0.72, self.choose), (0.84, self.loop), (0.88, self.while_loop), (0.94, self.attempt), (0.96, self.nested)]
            rows += [(0.975, self.leave)]
        for limit, made in rows:
            if k < limit:
                return made()
        return self.assign() if r.random() < 0.8 else self.small()

    def random_kind(self) -> str:
        """A kind for a new value."""
        r = self.r
        kinds = ["int", "int", "int", "float", "float", "bool", "complex", "opt", "tup:int,float"]
        found = [k for k in self.e.names.values() if k.startswith(("np:", "arr:"))]
        return r.choice(found) if found and r.random() < 0.3 else r.choice(kinds)

    def assign(self) -> list[str]:
        """`x = e`, `x = y = e`, `x: t = e`."""
        kind = self.random_kind()
        value, name = self.e.of(kind), self.new_name(kind)
        k = self.r.random()
        self.e.names[name] = kind
        if k < 0.06:
            other = self.new_name(kind)
            self.e.names[other] = kind
            return [f"{name} = {other} = {value}"]
        if k < 0.09 and kind in ("int", "float", "bool"):
            return [f"{name}: {kind} = {value}"] if name.startswith("v") else [f"{name} = {value}"]
        return [f"{name} = {value}"]

    def augment(self) -> list[str]:
        """`x += e` on a name."""
        r = self.r
        names = [n for n, k in self.e.names.items() if k in ("int", "float", "complex") and n not in self.e.loops and not n.isupper()]
        names += [n for n, k in self.e.names.items() if k[:3] == "np:" and n not in self.e.loops and not n.isupper()]
        if not names:
            return self.assign()
        name = r.choice(names)
        kind = self.e.names[name]
        ops = {"int": ["+", "-", "*", "+", "|", "&", "^", "//", "%", "<<", ">>"], "complex": ["+", "-", "*"]}.get(kind, ["+", "-", "*", "/"])
        op = r.choice(ops)
        if op in ("//", "%", "<<", ">>"):
            return [f"{name} {op}= {r.choice([1, 2, 3, 7])}"]
        if op == "/":
            return [f"{name} /= {r.choice(['2', '3', '0.5'])}"]
        return [f"{name} {op}= {self.e.of(kind, 1)}"]

    def store(self) -> list[str]:
        """`a[i] = e`, `a[i] += e`, `a[i:j] = e`, `a += e`."""
        r = self.r
        arrays = [n for n, k in self.e.names.items() if k.startswith("arr:") and not n.isupper()]
        if not arrays:
            return self.assign()
        array = r.choice(arrays)
        kind = self.e.names[array]
        char, ndim = kind[4], int(kind[6:])
        value = self.e.numpy_scalar(char, 1) if r.random() < 0.6 else random_scalar(r, char, 0.0 if self.e.tame else 0.3)
        op = r.choice(["=", "=", "+=", "-=", "*="]) if char != "?" else "="
        if ndim == 0:
            return [f"{array}[()] {op} {value}"]
        k = r.random()
        if k < 0.75:
            first = self.e.subscript(0, array)
            return [f"{array}[{first}] {op} {value}" if ndim == 1 else f"{array}[{first}, {r.choice(['0', '1', '-1'])}] {op} {value}"]
        if k < 0.93:
            cut = r.choice([":", "1:", ":-1", "::2", "::-1", "2:5", "-3:"])
            right = f"{array}[{cut}]" if r.random() < 0.4 else value
            return [f"{array}[{cut}] {op} {right}"]
        return [f"{array} {op} {value}" if op != "=" else f"{array}[...] = {value}"]

    def unpack(self) -> list[str]:
        """Several targets at once, swaps, targets that depend on one another."""
        r = self.r
        kinds = [r.choice(["int", "float", "bool"]) for _ in range(r.randint(2, 3))]
        values = [self.e.of(kind, 1) for kind in kinds]
        names = [self.new_name(kind) for kind in kinds]
        if len(set(names)) < len(names):
            return self.assign()
        tup = self.e.pick("tup:int,float")
        self.e.names |= dict(zip(names, kinds, strict=True))
        k = r.random()
        if k < 0.2 and tup and tup not in names:
            self.e.names |= dict(zip(names[:2], ["int", "float"], strict=True))
            return [f"{names[0]}, {names[1]} = {tup}"] if len(names) == 2 else [f"({names[0]}, {names[1]}), {names[2]} = {tup}, {values[2]}"]
        if k < 0.4 and len(names) == 2 and kinds[0] == kinds[1]:
            return [f"{', '.join(names)} = {', '.join(values)}", f"{names[0]}, {names[1]} = {names[1]}, {names[0]}"]
        array = self.e.pick("arr:d:1", "arr:l:1")
        if k < 0.5 and array:
            return [f"{names[0]}, {array}[{r.choice(['0', f'{names[0]} % len({array})'])}] = {values[0]}, 1"] if kinds[0] == "int" else self.assign()
        return [f"{', '.join(names)} = {', '.join(values)}"]

    def small(self) -> list[str]:
        """pass, assert, del, a call whose value nobody uses."""
        r, k = self.r, self.r.random()
        if k < 0.4:
            test = self.e.truth(1)
            return [f"assert {test}{r.choice(['', ', 7', ', (1, 2.5)'])}"] if not self.e.tame or r.random() < 0.15 else [f"assert {test} or True"]
        temporary = [n for n, kind in self.e.names.items() if n.startswith("v") and n not in self.e.loops]
        if k < 0.55 and len(temporary) > 1 and not (self.e.tame and self.depth):
            name = r.choice(temporary)
            if r.random() < (0.98 if self.e.tame else 0.8):
                self.e.names.pop(name)
            return [f"del {name}"]
        if k < 0.8 and self.e.functions:
            return [self.e.call(r.choice(self.e.functions), 1)]
        return ["pass"] if k < 0.9 else [self.e.number(1)]

    def choose(self) -> list[str]:
        """if, elif, else."""
        lines = [f"if {self.e.truth()}:"]
        with self.side():
            lines += indented(self.block())
        if self.r.random() < 0.2:
            lines += [f"elif {self.e.truth(1)}:"]
            with self.side():
                lines += indented(self.block(2))
        if self.r.random() < 0.5:
            lines += ["else:"]
            with self.side():
                lines += indented(self.block(2))
        return lines

    def loop_over(self) -> tuple[str, dict[str, str]]:
        """What a `for` goes over, with the kinds of its targets."""
        r = self.r
        free = [i for i in "ijk" if i not in self.e.loops] or ["m"]
        i = free[0] if r.random() < 0.85 else r.choice(free)
        array = self.e.pick("arr:d:1", "arr:l:1", "arr:i:1", "arr:f:1") if r.random() < 0.7 else None
        k = r.random()
        if k < 0.7:
            ranges = [str(r.randint(0, 9)), f"1, {r.randint(1, 9)}", f"{r.randint(2, 7)}, -1, -1", f"0, 9, {r.choice([2, 3, -1])}"]
            ranges += [f"{self.e.integer(3)} % 7"]
            if array:
                ranges += [f"len({array})"] * 3 + [f"1, len({array}) - 1", f"{array}.shape[0]", f"len({array}) - 1, -1, -1"]
            if self.e.loops:
                ranges += [f"{self.e.loops[-1]}", f"{self.e.loops[-1]}, 5"]
            return f"{i} in range({r.choice(ranges)})", {i: "int"}
        if k < 0.8:
            return f"{i} in ({self.e.integer(2)}, {self.e.integer(2)}, {self.e.int_literal()})", {i: "int"}
        if array is None:
            return f"{i} in range({r.randint(1, 6)})", {i: "int"}
        kind = f"np:{self.e.names[array][4]}"
        if k < 0.87:
            return f"x in {array}", {"x": kind}
        if k < 0.94:
            return f"{i}, x in enumerate({array}{r.choice(['', ', 1'])})", {i: "int", "x": kind}
        return f"x, y in zip({array}, {array}[::-1])", {"x": kind, "y": kind}

    def loop(self) -> list[str]:
        """A for loop, perhaps with break, continue, else."""
        if len(self.e.loops) > 1:
            return self.assign()
        head, targets = self.loop_over()
        lines = [f"for {head}:"]
        index = [n for n, kind in targets.items() if kind == "int"]
        outer, self.inside_loop = self.inside_loop, True
        with self.branch():
            self.e.names |= targets
            self.e.loops += index
            body = self.block()
            if self.r.random() < 0.2:
                body += [f"if {self.e.truth(1)}:", f"    {self.r.choice(['break', 'continue'])}", *self.block(1)]
            for name in index:
                self.e.loops.remove(name)
            lines += indented(body)
        self.inside_loop = outer
        if self.r.random() < 0.12:
            with self.branch():
                lines += ["else:", *indented(self.block(1))]
        if self.r.random() < (0.03 if self.e.tame else 0.1):
            self.e.names |= {n: k for n, k in targets.items() if k == "int"}
        return lines

    def while_loop(self) -> list[str]:
        """A while loop that counts down."""
        self.counter += 1
        count = f"c{self.counter}"
        lines = [f"{count} = {self.r.randint(0, 6)}"]
        condition = f"{count} > 0" + (f" and {self.e.truth(1)}" if self.r.random() < 0.4 else "")
        outer, self.inside_loop = self.inside_loop, True
        with self.branch():
            body = [f"{count} -= 1", *self.block()]
            if self.r.random() < 0.2:
                body += [f"if {self.e.truth(1)}:", f"    {self.r.choice(['break', 'continue'])}"]
            lines += [f"while {condition}:", *indented(body)]
        self.inside_loop = outer
        if self.r.random() < 0.15:
            with self.branch():
                lines += ["else:", *indented(self.block(1))]
        return lines

    def risky(self) -> list[str]:
        """A statement that raises now and then."""
        r = self.r
        name = self.new_name("int")
        texts = [f"{name} = {self.e.integer(2)} // ({self.e.integer(2)} % 3)", f"{name} = int({self.e.floating(2)} / ({self.e.integer(2)} % 4))"]
        texts += [f"{name} = 1 << ({self.e.integer(2)} % 9 - 2)", f"{name} = math.isqrt({self.e.integer(2)})"]
        array = self.e.pick("arr:d:1", "arr:l:1", "tup:int,int,int")
        if array:
            texts.append(f"{name} = int({array}[{self.e.integer(2)} % 12])")
        text = r.choice(texts)
        if r.random() < 0.25:
            error = r.choice(["ValueError('odd')", "Problem(3, 'x')", "IndexError", f"Problem({self.e.integer(3)})", "ArithmeticError()"])
            return [f"if {self.e.truth(2)}:", f"    raise {error}"]
        self.e.names[name] = "int"
        return [text]

    def attempt(self) -> list[str]:
        """try with handlers, else, finally."""
        r = self.r
        with self.branch():
            lines = ["try:", *indented(self.risky() + (self.block(2) if r.random() < 0.7 else []))]
        handlers = r.choice([0, 1, 1, 1, 2, 2])
        last = ["finally"] if not handlers or r.random() < 0.3 else []
        for number in range(handlers):
            caught = r.choice(ERRORS) if r.random() < 0.8 else "(ValueError, ZeroDivisionError)"
            wide = "ArithmeticError, LookupError, ValueError, Problem"
            caught = f"({wide})" if self.e.tame and number == handlers - 1 else caught
            with self.branch():
                lines += [f"except {caught}{r.choice(['', ' as error'])}:", *indented(self.handler(lines[-1:]))]
        if handlers and r.random() < 0.25:
            with self.branch():
                lines += ["else:", *indented(self.block(1))]
        if last:
            with self.branch():
                body = self.block(1)
                if r.random() < 0.08:
                    body += [self.r.choice(["return 99", "break" if self.inside_loop else "return 98"])]
                lines += ["finally:", *indented(body)]
        return lines

    def handler(self, _before: list[str]) -> list[str]:
        """The body of an except clause."""
        k = self.r.random()
        if k < 0.85 if self.e.tame else k < 0.5:
            return self.block(1)
        return [self.r.choice(["raise", "raise Problem(1) from None", "raise KeyError('k')", "raise Problem(2) from ValueError(5)", "1 // 0"])]

    def nested(self) -> list[str]:
        """A function inside, or a lambda, that uses names of its surroundings; known only in this block."""
        r = self.r
        if self.depth:
            return self.assign()
        self.counter += 1
        name = f"g{self.counter}"
        self.e.functions = [*self.e.functions, Function(name, ["t"], ["int"], "int")]
        outer, loops = self.e.names, self.e.loops
        visible = {n: k for n, k in outer.items() if k in ("int", "float", "bool")}
        self.e.names, self.e.loops, self.e.walrus = {**visible, "t": "int"}, [], False
        known, self.e.functions = self.e.functions, self.e.functions[:-1]
        bound = [n for n, k in visible.items() if k == "int" and n not in loops and not n.isupper()]
        if bound and r.random() < 0.3:
            target = r.choice(bound)
            value = r.choice([f"({target} + t) % 1000", f"{target} + 1", self.e.integer(1), "t"])
            lines = [f"def {name}(t):", *indented([f"nonlocal {target}", f"{target} = {value}", f"return {self.e.integer(1)}"])]
        elif r.random() < 0.15:
            step = r.choice([f"{name}(t - 1, m - 1) + t", f"{name}(t, m - 1)", f"{self.e.integer(2)} + {name}(1, m - 1)"])
            lines = [f"def {name}(t, m=3):", *indented(["if m <= 0:", f"    return {self.e.integer(1)}", f"return {step}"])]
        elif r.random() < 0.5:
            lines = [f"{name} = lambda t: {self.e.integer(1)}"]
        else:
            lines = [f"def {name}(t):", *indented([f"u = {self.e.integer(1)}"])]
            self.e.names["u"] = "int"
            lines += indented([f"return {self.e.integer(1)}"])
        self.e.names, self.e.loops, self.e.functions, self.e.walrus = outer, loops, known, True
        return lines

    def leave(self) -> list[str]:
        """An early return or, seldom, a raise."""
        r = self.r
        if r.random() < 0.75 or self.e.tame:
            return [f"if {self.e.truth(1)} and {self.e.truth(1)}:", f"    return {self.e.of(self.result, 1)}"]
        return [f"if {self.e.truth(1)}:", f"    raise {r.choice(['ValueError(1, 2)', 'Problem(4)', 'IndexError()'])}"]


def indented(lines: list[str]) -> list[str]:
    """The lines, one level deeper."""
    return [f"    {line}" for line in lines]
