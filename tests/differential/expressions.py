"""Random expressions of a wanted kind over the names that are bound."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.differential.arguments import DTYPES, FLOATS, INTS, dtype_name
from tests.differential.foreign import foreign_expression

__all__ = ["Expressions", "Function"]

MATH_FLOAT = ["math.sqrt(abs({f}))", "math.sin({f})", "math.cos({f})", "math.exp(-abs({f}))", "math.log(1.5 + abs({f}))", "math.atan({f})"]
MATH_FLOAT += ["math.fabs({f})", "math.hypot({f}, {f})", "math.copysign({f}, {f})", "math.atan2({f}, {f})", "math.tanh({f})"]
MATH_FLOAT += ["math.fmod({f}, 2.5)", "math.radians({f})", "math.erf({f})", "math.ldexp({f}, {i} % 9)", "math.log1p(abs({f}))"]
MATH_FLOAT += ["math.dist(({f}, {f}), ({f}, {f}))", "math.fsum(({f}, {f}, {f}))", "math.log2(1.0 + abs({f}))", "math.nextafter({f}, 0.0)"]
MATH_FLOAT += ["math.frexp({f})[0]", "math.modf({f})[0]", "math.remainder({f}, 3.0)", "math.cbrt({f})", "math.gamma(1.5 + abs({f}) % 9.0)"]
MATH_FLOAT += ["math.pow(abs({f}), 0.5)", "math.expm1(-abs({f}))", "math.asinh({f})", "math.degrees({f})", "cmath.phase({c})", "math.tau"]
MATH_INT = ["math.gcd({i}, {i})", "math.isqrt(abs({i}))", "math.comb(abs({i}) % 30, abs({i}) % 9)", "math.floor({f})", "math.ceil({f})"]
MATH_INT += ["math.trunc({f})", "math.lcm({i} % 50, 6)", "math.factorial(abs({i}) % 15)", "math.perm(abs({i}) % 12, 3)", "math.prod(({i}, 2, 3))"]
MATH_INT += ["({i}).real", "({i}).imag", "({i}).numerator", "({i}).denominator", "({i}).conjugate()", "({i}).bit_length()", "({i}).bit_count()"]
MATH_INT += ["round(number={i})", "pow(base={i} % 50, exp=2)", "pow({i}, 3, mod=7)", "sum(({i}, {i}), start={i})", "range(2, 30, 3)[{i} % 9]"]
MATH_INT += ["range({i} % 9).stop", "({i}, {i}, {f})[1]", "({i}, {i})[::-1][0]", "len(({i}, {f}, 1)[1:])"]
MATH_FLOAT += ["({f}).real", "({f}).imag", "({f}).conjugate()", "round({f}, ndigits=2)", "round(ndigits=1, number={f})", "abs({c})"]
MATH_FLOAT += ["sum(({f}, {i}), start=1.5)", "math.prod(({f}, {f}), start=2)", "complex(real={f}, imag={f}).imag", "complex(imag={f}).imag"]
TESTS = ["math.isclose({f}, {f}, rel_tol=0.5)", "math.isclose({f}, {f}, abs_tol=1.0)", "({f}).is_integer()", "({i} in range(1, 9, 2))"]
TESTS += ["isinstance({i}, (float, (complex, int)))", "(type({f}) is float)", "cmath.isclose({c}, {f}, rel_tol=0.1, abs_tol=0.2)"]
NUMPY_FLOAT = ["sin", "cos", "sqrt", "exp", "abs", "floor", "log1p", "square", "tanh", "rint", "negative", "cbrt", "sign", "ceil"]


@dataclass(slots=True)
class Function:
    """A function the program can call: kinds of its parameters (the last `optional` have defaults), of what its parameter with `*`
    takes, if it has one, and of its result."""

    name: str
    parameters: list[str]
    kinds: list[str]
    result: str
    optional: int = 0
    rest: str = ""


@dataclass(slots=True)
class Expressions:
    """A source of expressions; `tame` ones rarely raise."""

    r: Random
    tame: bool
    names: dict[str, str] = field(default_factory=dict)
    loops: list[str] = field(default_factory=list)
    functions: list[Function] = field(default_factory=list)
    walrus: bool = True
    foreign: float = 0.0  # how often something stands on a side path that compiled code has no notion of
    aside: int = 0  # how many conditions are around

    def pick(self, *kinds: str) -> str | None:
        """A name of one of the kinds; a kind that ends in ":" stands for all that start so."""
        found = [n for n, k in self.names.items() if any(k == w or w.endswith(":") and k.startswith(w) for w in kinds)]
        return self.r.choice(found) if found else None

    def of(self, kind: str, depth: int = 0) -> str:
        """An expression of a kind."""
        head, _, rest = kind.partition(":")
        if head == "np":
            return self.numpy_scalar(rest, depth)
        if head == "arr":
            return self.array(kind, depth)
        if head == "tup":
            name = self.pick(kind)
            if name and self.r.random() < 0.4:
                return name
            return "(" + ", ".join(self.of(part, depth + 1) for part in rest.split(",")) + ",)"
        return self.conditional(kind, depth) or self.special(kind, depth) or self.plain(kind, depth)

    def plain(self, kind: str, depth: int) -> str:
        """An expression of a plain Python kind."""
        made: dict[str, Callable[[int], str]] = {
            "int": self.integer, "float": self.floating, "bool": self.truth, "complex": self.complex_number, "none": lambda _: "None",
            "opt": self.optional,
        }  # fmt: skip
        return made[kind](depth)

    def special(self, kind: str, depth: int) -> str | None:
        """Now and then: a call of a function of the program, or a walrus."""
        if self.aside and self.foreign and depth < 3 and kind in ("int", "float", "bool", "complex") and self.r.random() < self.foreign:
            return foreign_expression(self, kind, depth)
        k = self.r.random()
        if k < 0.08 and depth < 3:
            fitting = [f for f in self.functions if f.result == kind]
            if fitting:
                return self.call(self.r.choice(fitting), depth + 1)
        if k > 0.975 and self.walrus and depth < 3 and kind in ("int", "float"):
            name = self.r.choice(["w0", "w1"])
            if self.names.get(name, kind) == kind:
                text = f"({name} := {self.plain(kind, depth + 1)})"
                return text
        return None

    def call(self, function: Function, depth: int) -> str:
        """A call, positional, by keyword, with some defaults left out, with `*`."""
        r = self.r
        if function.rest and r.random() < 0.7:
            values = [self.of(kind, depth + 1) for kind in [*function.kinds, *[function.rest] * r.randint(0, 4)]]
            return f"{function.name}({self.spread(values) if r.random() < 0.3 else ', '.join(values)})"
        given = len(function.kinds) - (r.randint(0, function.optional) if function.optional else 0)
        values = [self.of(kind, depth + 1) for kind in function.kinds[:given]]
        keywords = r.randint(0, given) if r.random() < 0.3 else 0
        cut = given - keywords
        texts = [self.spread(values[:cut])] if cut and r.random() < 0.1 else values[:cut]
        texts = texts + [f"{n}={v}" for n, v in zip(function.parameters[cut:given], values[cut:], strict=True)]
        return f"{function.name}({', '.join(texts)})"

    def spread(self, values: list[str]) -> str:
        """Arguments some of which are given as a tuple with `*`."""
        first = self.r.randint(0, len(values))
        last = self.r.randint(first, len(values))
        inner = "".join(f"{v}, " for v in values[first:last])
        return ", ".join([*values[:first], f"*({inner.strip()})", *values[last:]])

    def conditional(self, kind: str, depth: int) -> str | None:
        """Now and then a conditional expression."""
        if depth < 3 and self.r.random() < 0.04:
            test = self.truth(depth + 1)
            self.aside += 1
            arms = [self.of(kind, depth + 1) for _ in range(2)]
            self.aside -= 1
            return f"({arms[0]} if {test} else {arms[1]})"
        return None

    def number(self, depth: int = 0) -> str:
        """Any number."""
        return self.of(self.r.choice(["int", "int", "float", "float", "bool", "np:"]) if self.pick("np:") else "int", depth)

    def int_literal(self) -> str:
        """A literal int."""
        r = self.r
        wild = r.random() < (0.04 if self.tame else 0.4)
        return str(r.choice(INTS)) if wild else str(r.choice([r.randint(-9, 9), r.randint(1, 3), 5]))

    def integer(self, depth: int = 0) -> str:
        """An expression that is an int, or now and then a bool."""
        r, k = self.r, self.r.random()
        if depth > 2 or k < 0.28:
            return (self.pick("int", "int", "bool") if r.random() < 0.8 else None) or self.int_literal()
        if k < 0.58:
            op = r.choice(["+", "-", "*", "+", "-", "//", "%", "//", "%", "&", "|", "^"])
            if op in ("//", "%") and self.tame:
                return f"({self.integer(depth + 1)} {op} {r.choice([2, 3, 7, -5, 10])})"
            return f"({self.integer(depth + 1)} {op} {self.integer(depth + 1)})"
        if k < 0.63:
            return f"({self.integer(depth + 1)} {r.choice(['<<', '>>'])} ({self.integer(depth + 1)} % {r.choice([5, 8, 64, 70])}))"
        if k < 0.67:
            return f"({self.integer(depth + 1)} % 100) ** {r.choice(['2', '3', f'({self.integer(depth + 2)} % 5)'])}"
        if k < 0.76:
            return f"{r.choice(['abs', '-', '~', 'int', 'round', '+'])}({self.integer(depth + 1)})"
        if k < 0.80:
            return f"{r.choice(['int', 'round'])}({self.floating(depth + 1)})"
        if k < 0.85:
            return f"{r.choice(['min', 'max'])}({self.integer(depth + 1)}, {self.integer(depth + 1)})"
        if k < 0.90:
            return self.fill(r.choice(MATH_INT), depth + 1)
        if k < 0.94:
            return self.int_of_container(depth) or self.int_literal()
        if k < 0.97:
            return f"int({self.truth(depth + 1)})"
        return f"divmod({self.integer(depth + 1)}, {r.choice([3, -7, 16])})[{r.randint(0, 1)}]"

    def int_of_container(self, depth: int) -> str | None:
        """A length, a size, an item of a tuple of ints."""
        array, tup = self.pick("arr:"), self.pick("tup:int,int,int")
        if tup and self.r.random() < 0.5:
            return f"{tup}[{self.r.randint(-3, 2)}]"
        if array:
            texts = [f"{array}.size", f"{array}.ndim", f"len({array}.shape)"]
            if not self.names[array].endswith("0"):
                texts += [f"len({array})", f"{array}.shape[0]", f"{array}.shape[-1]"]
            return self.r.choice(texts)
        return None

    def floating(self, depth: int = 0) -> str:
        """An expression that is a float."""
        r, k = self.r, self.r.random()
        if depth > 2 or k < 0.26:
            name = self.pick("float") if r.random() < 0.8 else None
            edge = r.random() < (0.03 if self.tame else 0.3)
            return name or (r.choice(FLOATS) if edge else r.choice(["0.0", "1.0", "1.5", "2.5", "0.1", "-3.0", "1e-3"]))
        if k < 0.58:
            op = r.choice(["+", "-", "*", "+", "-", "*", "/", "//", "%"])
            left, right = self.floating(depth + 1), r.choice([self.floating, self.integer, self.floating])(depth + 1)
            if op[0] in "/%" and self.tame:
                return f"({left} {op} (abs({right}) + 0.25))"
            return f"({left} {op} {right})" if r.random() < 0.5 else f"({right} {op} {left})"
        if k < 0.63:
            divisor = r.choice(["2", "3", "-7"]) if self.tame else self.integer(depth + 1)
            return f"({self.integer(depth + 1)} / {divisor})"
        if k < 0.67:
            return f"(({self.floating(depth + 1)} % 50.0) ** {r.choice(['2', '2', '3', '0.5', '2.0'])})"
        if k < 0.75:
            return f"{r.choice(['abs', '-', 'float', '+'])}({self.floating(depth + 1)})"
        if k < 0.79:
            return f"float({self.integer(depth + 1)})"
        if k < 0.83:
            return f"{r.choice(['min', 'max'])}({self.floating(depth + 1)}, {self.floating(depth + 1)})"
        if k < 0.92:
            return self.fill(r.choice(MATH_FLOAT), depth + 1)
        if k < 0.94:
            return f"{self.complex_number(depth + 1)}.{r.choice(['real', 'imag'])}"
        if k < 0.96:
            return f"round({self.floating(depth + 1)}, {r.randint(-1, 3)})"
        if k < 0.98:
            return f"divmod({self.floating(depth + 1)}, {r.choice(['2.5', '-3.0'])})[{r.randint(0, 1)}]"
        item = self.item("d", depth)
        return f"float({item})" if item else f"sum(({self.floating(depth + 1)}, {self.floating(depth + 1)}, {self.integer(depth + 1)}))"

    def fill(self, pattern: str, depth: int) -> str:
        """A pattern with {i}, {f}, {c} replaced by expressions."""
        for mark, made in (("{i}", self.integer), ("{f}", self.floating), ("{c}", self.complex_number)):
            while mark in pattern:
                pattern = pattern.replace(mark, made(depth + 1), 1)
        return pattern

    def complex_number(self, depth: int = 0) -> str:
        """An expression that is a complex."""
        r, k = self.r, self.r.random()
        if depth > 2 or k < 0.4:
            return (self.pick("complex") if r.random() < 0.8 else None) or r.choice(["(1+2j)", "(0.5-1j)", "1j", "(-0.0+0j)"])
        if k < 0.7:
            return f"({self.complex_number(depth + 1)} {r.choice('+-*')} {r.choice([self.complex_number, self.floating, self.integer])(depth + 1)})"
        if k < 0.78:
            return f"({self.complex_number(depth + 1)} / {r.choice(['(3-1j)', '2', '0.5'])})"
        if k < 0.9:
            return f"complex({self.floating(depth + 1)}, {self.floating(depth + 1)})"
        if k < 0.95:
            return f"{self.complex_number(depth + 1)}.conjugate()"
        if k < 0.98:
            return f"cmath.{r.choice(['sqrt', 'exp', 'sin', 'cos', 'tanh'])}(complex({self.floating(3)} % 3.0, {self.integer(3)} % 7))"
        return f"-{self.complex_number(depth + 1)}"

    def optional(self, depth: int = 0) -> str:
        """An int or None."""
        return (self.pick("opt") if self.r.random() < 0.6 else None) or (self.integer(depth + 1) if self.r.random() < 0.6 else "None")

    def truth(self, depth: int = 0) -> str:
        """An expression that is a bool."""
        r, k = self.r, self.r.random()
        if depth > 2 or k < 0.1:
            return self.pick("bool") or r.choice(["True", "False", f"{self.integer(3)} > 0"])
        ops = ["<", "<=", ">", ">=", "==", "!="]
        if k < 0.55:
            left, right = r.choice([(self.integer, self.integer), (self.floating, self.floating), (self.integer, self.floating), (self.floating, self.integer)])
            return f"({left(depth + 1)} {r.choice(ops)} {right(depth + 1)})"
        if k < 0.65:
            return f"({self.integer(depth + 1)} {r.choice(ops)} {self.integer(depth + 1)} {r.choice(ops)} {self.floating(depth + 1)})"
        if k < 0.80:
            return f"({self.truth(depth + 1)} {r.choice(['and', 'or'])} {self.truth(depth + 1)})"
        if k < 0.86:
            return f"(not {r.choice([self.truth, self.integer, self.floating])(depth + 1)})"
        name = self.pick("opt", "none", "int")
        if k < 0.91 and name:
            return f"({name} is{r.choice(['', ' not'])} None)"
        if k < 0.95:
            return f"isinstance({self.pick('int', 'float', 'bool', 'np:', 'opt') or '1'}, {r.choice(['int', 'float', 'bool', '(int, float)'])})"
        if k < 0.97:
            return self.fill(r.choice(TESTS), depth + 1)
        return r.choice([f"math.isnan({self.floating(depth + 1)})", f"math.isfinite({self.floating(depth + 1)})", f"bool({self.integer(depth + 1)})",
                         f"({self.integer(depth + 1)} in (1, 2, 3))"])  # fmt: skip

    def subscript(self, depth: int, array: str) -> str:
        """An index into the first dimension, mostly in range."""
        r = self.r
        if self.loops and r.random() < 0.6:
            return r.choice(self.loops) + r.choice(["", "", "", " - 1", " + 1" if not self.tame or r.random() < 0.1 else ""])
        if r.random() < 0.5:
            return f"{self.integer(depth + 1)} % max(1, len({array}))"
        return str(r.randint(-3, 3) if self.tame else r.randint(-9, 9))

    def item(self, chars: str, depth: int = 0) -> str | None:
        """An item of an array of one of the dtypes."""
        found = [n for n, k in self.names.items() if k.startswith("arr:") and k[4] in chars]
        if not found:
            return None
        array = self.r.choice(found)
        ndim = int(self.names[array][6:])
        if ndim == 0:
            return f"{array}[()]"
        first = self.subscript(depth, array)
        return f"{array}[{first}]" if ndim == 1 else f"{array}[{first}, {self.r.choice(['0', '1', '2', '-1', '-3'])}]"

    def numpy_scalar(self, char: str, depth: int = 0) -> str:
        """An expression that is a NumPy scalar; its dtype may come out wider."""
        r, k = self.r, self.r.random()
        char = char or r.choice("dlif")
        if depth > 2 or k < 0.35:
            name = self.pick(f"np:{char}") or (self.item(char, depth) if r.random() < 0.7 else None)
            plain = {"?": "bool", "l": "int", "q": "int", "d": "float", "f": "float"}.get(char)
            return name or f"np.{dtype_name(char)}({self.of(plain, 3) if plain else '3'})"
        if k < 0.5:
            return self.item(char, depth) or self.numpy_scalar(char, 3)
        if char in "?":
            return f"({self.numpy_scalar(r.choice(DTYPES), depth + 1)} {r.choice(['<', '==', '!=', '>='])} {self.numpy_scalar('d', depth + 1)})"
        if k < 0.85:
            ops = ["+", "-", "*", "+", "*"] + (["&", "|", "^"] if char not in "efdFD" else ["/"])
            right = self.numpy_scalar(char, depth + 1) if r.random() < 0.6 else r.choice(["1", "2", "3"])
            return f"({self.numpy_scalar(char, depth + 1)} {r.choice(ops)} {right})"
        if k < 0.92 and char in "efd":
            return f"np.{r.choice(NUMPY_FLOAT)}({self.numpy_scalar(char, depth + 1)})"
        array = next((n for n, kind in self.names.items() if kind.startswith(f"arr:{char}")), None)
        if array and r.random() < 0.6:
            return f"{array}.{r.choice(['sum', 'sum', 'prod', 'any', 'all'])}()" if char == "l" else f"{array}.sum()"
        return f"abs({self.numpy_scalar(char, depth + 1)})"

    def array(self, kind: str, depth: int = 0) -> str:
        """An expression that is an array of the kind."""
        r, k = self.r, self.r.random()
        char, ndim = kind[4], int(kind[6:])
        name = self.pick(kind)
        if name is None:
            shape = {0: "()", 1: str(r.choice([3, 8, 8])), 2: "(8, 3)"}[ndim]
            return f"np.{r.choice(['zeros', 'ones'])}({shape}, np.{dtype_name(char)})"
        if depth > 2 or k < 0.3:
            return name
        if k < 0.6 and char != "?":
            right = self.array(kind, depth + 1) if r.random() < 0.5 else r.choice(["1", "2", "3"])
            return f"({self.array(kind, depth + 1)} {r.choice('+-*')} {right})"
        if k < 0.7:
            return f"{name}.copy()"
        if ndim == 1 and k < 0.85:
            same = ["[::-1]", "[:]", "[::1]", "[...]", "[-99:]"]
            return name + r.choice(same if self.tame and r.random() < 0.95 else ["[1:]", "[:-1]", "[2:6]", "[::2]", "[-4:]"])
        if char in "efd" and k < 0.95:
            return f"np.{r.choice(['abs', 'negative', 'square', 'sqrt', 'sin', 'floor'])}({self.array(kind, depth + 1)})"
        return f"np.{r.choice(['zeros_like', 'ones_like'])}({name})"
