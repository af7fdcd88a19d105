"""Functions of `math` on ints: gcd, lcm, isqrt, factorial, perm, comb, and `pow` with a modulus."""

from __future__ import annotations

import math

from accel.lower.integers import checked
from accel.lower.outlines import emit_outlined
from accel.lower.text import Emitter

__all__ = ["emit_combinatorics", "emit_modular_power"]

_MASK = 0xFFFFFFFF


def emit_combinatorics(e: Emitter, name: str, arguments: list[str]) -> str:
    """`math.<name>` of i64 operands."""
    match name:
        case "gcd" | "lcm":
            return _fold(e, name, arguments)
        case "isqrt":
            return _isqrt(e, arguments[0])
        case "factorial":
            return _factorial(e, arguments[0])
        case "perm" if len(arguments) == 1:
            return _factorial(e, arguments[0])
    build = {"perm": _perm, "comb": _comb}[name]
    return emit_outlined(e, name, [f"i64 {a}" for a in arguments], ["i64"], lambda i, v: [build(i, *v)])[0]


def _size(e: Emitter, x: str) -> str:
    """The magnitude, up to 2**63, as an unsigned number."""
    return e.call("i64", "llvm.abs.i64", f"i64 {x}", "i1 false")


def _fold(e: Emitter, name: str, arguments: list[str]) -> str:
    total = "0" if name == "gcd" else "1"
    for argument in arguments:
        size = _size(e, argument)
        total = size if total in ("0", "1") else (_gcd if name == "gcd" else _lcm)(e, total, size)
    e.exit_if(e.value(f"icmp slt i64 {total}, 0"))
    return total


def _gcd(e: Emitter, a: str, b: str) -> str:
    return emit_outlined(e, "gcd", [f"i64 {a}", f"i64 {b}"], ["i64"], lambda i, v: [_binary_gcd(i, *v)])[0]


def _binary_gcd(e: Emitter, a: str, b: str) -> str:
    """Stein's algorithm on unsigned numbers: subtract and drop factors of two."""
    x, y = e.slot("i64"), e.slot("i64")
    zero, run, head, end = e.label("zero"), e.label("run"), e.label("turn"), e.label("end")
    either = e.value(f"or i1 {e.value(f'icmp eq i64 {a}, 0')}, {e.value(f'icmp eq i64 {b}, 0')}")
    both = e.value(f"or i64 {a}, {b}")
    e.branch_if(either, zero, run)
    e.place(run)
    twos = e.call("i64", "llvm.cttz.i64", f"i64 {both}", "i1 true")
    e.do(f"store i64 {_odd(e, a)}, ptr {x}")
    e.do(f"store i64 {b}, ptr {y}")
    e.branch(head)
    e.place(head)
    first, second = e.value(f"load i64, ptr {x}"), _odd(e, e.value(f"load i64, ptr {y}"))
    low = e.call("i64", "llvm.umin.i64", f"i64 {first}", f"i64 {second}")
    high = e.call("i64", "llvm.umax.i64", f"i64 {first}", f"i64 {second}")
    rest = e.value(f"sub i64 {high}, {low}")
    e.do(f"store i64 {low}, ptr {x}")
    e.do(f"store i64 {rest}, ptr {y}")
    done = e.label("done")
    e.branch_if(e.value(f"icmp eq i64 {rest}, 0"), done, head)
    e.place(done)
    result = e.value(f"shl i64 {low}, {twos}")
    e.branch(end)
    e.place(zero)
    e.branch(end)
    e.place(end)
    return e.merge("i64", (result, done), (both, zero))


def _odd(e: Emitter, x: str) -> str:
    return e.value(f"lshr i64 {x}, {e.call('i64', 'llvm.cttz.i64', f'i64 {x}', 'i1 true')}")


def _lcm(e: Emitter, a: str, b: str) -> str:
    divisor = e.call("i64", "llvm.umax.i64", f"i64 {_gcd(e, a, b)}", "i64 1")  # 1 for lcm(0, 0), which is 0
    pair = e.call("{ i64, i1 }", "llvm.umul.with.overflow.i64", f"i64 {e.value(f'udiv i64 {a}, {divisor}')}", f"i64 {b}")
    e.exit_if(e.value(f"extractvalue {{ i64, i1 }} {pair}, 1"))
    return e.value(f"extractvalue {{ i64, i1 }} {pair}, 0")


def _isqrt(e: Emitter, n: str) -> str:
    """The square root as a double is off by at most one."""
    e.exit_if(e.value(f"icmp slt i64 {n}, 0"))
    root = e.call("double", "llvm.sqrt.f64", f"double {e.value(f'sitofp i64 {n} to double')}")
    first = e.value(f"fptosi double {root} to i64")
    high = e.value(f"icmp ugt i64 {e.value(f'mul i64 {first}, {first}')}, {n}")
    first = e.value(f"sub i64 {first}, {e.value(f'zext i1 {high} to i64')}")
    following = e.value(f"add i64 {first}, 1")
    low = e.value(f"icmp ule i64 {e.value(f'mul i64 {following}, {following}')}, {n}")
    return e.select(low, "i64", following, first)


def _factorial(e: Emitter, n: str) -> str:
    e.exit_if(e.value(f"icmp ugt i64 {n}, 20"))
    numbers = ", ".join(f"i64 {math.factorial(k)}" for k in range(21))
    table = e.module.constant("accel.factorials", f"[21 x i64] [{numbers}]")
    return e.value(f"load i64, ptr {e.value(f'getelementptr i64, ptr {table}, i64 {n}')}")


class _Counting:
    """`for i in range(count)` around a running product."""

    def __init__(self, e: Emitter, count: str) -> None:
        self.e = e
        self._index, self._product = e.slot("i64"), e.slot("i64")
        self._head, self._end, body = e.label("head"), e.label("end"), e.label("body")
        e.do(f"store i64 0, ptr {self._index}")
        e.do(f"store i64 1, ptr {self._product}")
        e.branch(self._head)
        e.place(self._head)
        self.index = e.value(f"load i64, ptr {self._index}")
        e.branch_if(e.value(f"icmp slt i64 {self.index}, {count}"), body, self._end)
        e.place(body)
        self.product = e.value(f"load i64, ptr {self._product}")

    def turn(self, product: str) -> str:
        """End the loop's body with the new product; gives the last one."""
        e = self.e
        e.do(f"store i64 {product}, ptr {self._product}")
        e.do(f"store i64 {e.value(f'add i64 {self.index}, 1')}, ptr {self._index}")
        e.branch(self._head)
        e.place(self._end)
        return e.value(f"load i64, ptr {self._product}")


def _perm(e: Emitter, n: str, k: str) -> str:
    """n * (n - 1) * ... of k factors; 0 when k > n. Leaves when it overflows, which comes soon."""
    e.exit_if(e.value(f"icmp slt i64 {e.value(f'or i64 {n}, {k}')}, 0"))
    none = e.value(f"icmp sgt i64 {k}, {n}")
    loop = _Counting(e, e.select(none, "i64", "0", k))
    product = loop.turn(checked(e, "*", loop.product, e.value(f"sub i64 {n}, {loop.index}")))
    return e.select(none, "i64", "0", product)


def _comb(e: Emitter, n: str, k: str) -> str:
    """C(n, i + 1) = C(n, i) * (n - i) / (i + 1), divided before it is multiplied: overflows only if the result does."""
    e.exit_if(e.value(f"icmp slt i64 {e.value(f'or i64 {n}, {k}')}, 0"))
    none = e.value(f"icmp sgt i64 {k}, {n}")
    fewer = e.call("i64", "llvm.smin.i64", f"i64 {k}", f"i64 {e.value(f'sub i64 {n}, {k}')}")
    loop = _Counting(e, e.select(none, "i64", "0", fewer))
    factor, divisor = e.value(f"sub i64 {n}, {loop.index}"), e.value(f"add i64 {loop.index}, 1")
    common = _gcd(e, loop.product, divisor)
    rest = e.value(f"udiv i64 {divisor}, {common}")
    product = checked(e, "*", e.value(f"udiv i64 {loop.product}, {common}"), e.value(f"udiv i64 {factor}, {rest}"))
    return e.select(none, "i64", "0", loop.turn(product))


# -- pow(base, exponent, modulus)


def emit_modular_power(e: Emitter, base: str, exponent: str, modulus: str) -> str:
    """`pow(base, exponent, modulus)`; leaves for a modulus of 0 or -2**63 and for a negative exponent."""
    arguments = [f"i64 {v}" for v in (base, exponent, modulus)]
    return emit_outlined(e, "modular_power", arguments, ["i64"], lambda i, v: [_modular_power(i, *v)])[0]


def _modular_power(e: Emitter, base: str, exponent: str, modulus: str) -> str:
    e.exit_if(e.value(f"icmp slt i64 {exponent}, 0"))
    size = _size(e, modulus)
    e.exit_if(e.value(f"icmp sle i64 {size}, 0"))
    rest = e.value(f"srem i64 {base}, {size}")
    rest = e.select(e.value(f"icmp slt i64 {rest}, 0"), "i64", e.value(f"add i64 {rest}, {size}"), rest)
    result, square, left = e.slot("i64"), e.slot("i64"), e.slot("i64")
    one = e.value(f"icmp ne i64 {size}, 1")
    for place, value in ((result, e.value(f"zext i1 {one} to i64")), (square, rest), (left, exponent)):
        e.do(f"store i64 {value}, ptr {place}")
    head, body, multiply, after, end = (e.label(n) for n in ("head", "body", "multiply", "after", "end"))
    e.branch(head)
    e.place(head)
    bits = e.value(f"load i64, ptr {left}")
    e.branch_if(e.value(f"icmp eq i64 {bits}, 0"), end, body)
    e.place(body)
    factor = e.value(f"load i64, ptr {square}")
    e.branch_if(e.value(f"trunc i64 {bits} to i1"), multiply, after)
    e.place(multiply)
    product = _product_rest(e, e.value(f"load i64, ptr {result}"), factor, size)
    e.do(f"store i64 {product}, ptr {result}")
    e.branch(after)
    e.place(after)
    e.do(f"store i64 {_product_rest(e, factor, factor, size)}, ptr {square}")
    e.do(f"store i64 {e.value(f'lshr i64 {bits}, 1')}, ptr {left}")
    e.branch(head)
    e.place(end)
    found = e.value(f"load i64, ptr {result}")
    some, below = e.value(f"icmp ne i64 {found}, 0"), e.value(f"icmp slt i64 {modulus}, 0")
    return e.select(e.value(f"and i1 {some}, {below}"), "i64", e.value(f"add i64 {found}, {modulus}"), found)


def _product_rest(e: Emitter, a: str, b: str, m: str) -> str:
    arguments = [f"i64 {v}" for v in (a, b, m)]
    return emit_outlined(e, "product_rest", arguments, ["i64"], lambda i, v: [_product_rest_body(i, *v)])[0]


def _product_rest_body(e: Emitter, a: str, b: str, m: str) -> str:
    """a * b % m for 0 <= a, b < m < 2**63: in one division for small m, else Knuth's algorithm D with digits of 32 bits."""
    small, large, done = e.label("small"), e.label("large"), e.label("done")
    e.branch_if(e.value(f"icmp ule i64 {m}, {1 << 32}"), small, large)
    e.place(small)
    short = e.value(f"urem i64 {e.value(f'mul i64 {a}, {b}')}, {m}")
    e.branch(done)
    e.place(large)
    wide = e.value(f"mul i128 {e.value(f'zext i64 {a} to i128')}, {e.value(f'zext i64 {b} to i128')}")
    low = e.value(f"trunc i128 {wide} to i64")
    high = e.value(f"trunc i128 {e.value(f'lshr i128 {wide}, 64')} to i64")
    shift = e.call("i64", "llvm.ctlz.i64", f"i64 {m}", "i1 true")
    divisor = e.value(f"shl i64 {m}, {shift}")
    top = e.call("i64", "llvm.fshl.i64", f"i64 {high}", f"i64 {low}", f"i64 {shift}")
    bottom = e.value(f"shl i64 {low}, {shift}")
    rest = _digit(e, top, e.value(f"lshr i64 {bottom}, 32"), divisor)
    rest = _digit(e, rest, e.value(f"and i64 {bottom}, {_MASK}"), divisor)
    long = e.value(f"lshr i64 {rest}, {shift}")
    e.branch(done)
    e.place(done)
    return e.merge("i64", (short, small), (long, large))


def _digit(e: Emitter, top: str, digit: str, divisor: str) -> str:
    """The rest of (top * 2**32 + digit) by the divisor: the quotient of the leading digits is at most two too high."""
    leading, trailing = e.value(f"lshr i64 {divisor}, 32"), e.value(f"and i64 {divisor}, {_MASK}")
    quotient = e.value(f"udiv i64 {top}, {leading}")
    rest = e.value(f"urem i64 {top}, {leading}")
    for _ in range(2):
        bound = e.value(f"or i64 {e.value(f'shl i64 {rest}, 32')}, {digit}")
        wide = e.value(f"icmp ugt i64 {quotient}, {_MASK}")
        above = e.value(f"icmp ugt i64 {e.value(f'mul i64 {quotient}, {trailing}')}, {bound}")
        valid = e.value(f"icmp ule i64 {rest}, {_MASK}")
        high = e.value(f"and i1 {valid}, {e.value(f'or i1 {wide}, {above}')}")
        quotient = e.value(f"sub i64 {quotient}, {e.value(f'zext i1 {high} to i64')}")
        rest = e.value(f"add i64 {rest}, {e.select(high, 'i64', leading, '0')}")
    whole = e.value(f"or i64 {e.value(f'shl i64 {top}, 32')}, {digit}")
    return e.value(f"sub i64 {whole}, {e.value(f'mul i64 {quotient}, {divisor}')}")
