"""Random operands of a ufunc, as text: every dtype and layout, lengths around multiples of lanes, edges among the elements."""

from __future__ import annotations

from random import Random

__all__ = ["random_operands"]

_DTYPES = {"int": "lllliibBhHIqLQ", "float": "dddddfffe", "bool": "?"}
_LENGTHS = [
    0,
    1,
    2,
    3,
    5,
    7,
    8,
    9,
    15,
    16,
    17,
    31,
    32,
    33,
    47,
    63,
    64,
    65,
    95,
    96,
    97,
    127,
    128,
    129,
    160,
    191,
    192,
    193,
    199,
    200,
]
_LAYOUTS = ["turned", "spaced", "swapped", "unaligned", "readonly"]
_NUMBERS = {"int": ["0", "1", "3", "7"], "float": ["0.0", "1.5", "-2.0", "math.nan", "math.inf"], "bool": ["True", "False"]}


def random_operands(r: Random, roles: list[str], exact: list[bool], count: int = 5) -> list[str]:
    """The texts of the arguments of some calls: the same dtypes mostly, so that one loop serves several calls.

    `exact` says which operands keep their dtype whatever the others have: a number of Python's may become a float.
    """
    found: list[str] = []
    chars = _random_chars(r, roles)
    wild = r.choice([0.0, 0.0, 0.02, 0.1, 0.4])
    for _ in range(count):
        if r.random() < 0.3:
            chars, wild = _random_chars(r, roles), r.choice([0.0, 0.05, 0.3])
        length = r.choice(_LENGTHS) if r.random() < 0.7 else r.randint(0, 200)
        if r.random() < 0.08 and length:
            found.append(_random_grid(r, chars, wild))
            continue
        single = [r.random() < 0.12 for _ in roles]
        if all(single):
            single[r.randrange(len(roles))] = r.random() < 0.2
        texts = [
            _single(r, "" if fixed else role, char) if one else _random_column(r, char, length, wild)
            for role, char, fixed, one in zip(roles, chars, exact, single, strict=True)
        ]
        found.append(", ".join(texts))
    return found


def _random_chars(r: Random, roles: list[str]) -> list[str]:
    same = {role: r.choice(_DTYPES[role]) for role in _DTYPES}
    return [same[role] if r.random() < 0.5 else r.choice(_DTYPES[role]) for role in roles]


def _column(r: Random, char: str, length: int, wild: float) -> str:
    return f"column({char!r}, {length}, {r.randrange(10**6)}" + (f", {wild})" if wild else ")")


def _random_column(r: Random, char: str, length: int, wild: float) -> str:
    """One array of that length, mostly as NumPy makes it."""
    k = r.random()
    if k < 0.6:
        return _column(r, char, length, wild)
    if k < 0.7:
        step = r.choice([2, 3, -1, -2])
        return f"{_column(r, char, length * abs(step), wild)}[::{step}]"
    if k < 0.75:
        return f"np.broadcast_to({_column(r, char, 1, wild)}, {length})"
    return f"{r.choice(_LAYOUTS)}({_column(r, char, length, wild)})"


def _single(r: Random, role: str, char: str) -> str:
    """The same for all elements: a number of Python's, a NumPy scalar or an array of no dimensions."""
    k = r.random()
    if k < 0.5 and role and not (char in "BHILQ" and role == "int"):
        return r.choice(_NUMBERS[role])
    return (
        f"column({char!r}, 1, {r.randrange(10**6)})[0]" if k < 0.8 else f"column({char!r}, 1, {r.randrange(10**6)}).reshape(())"
    )


def _random_grid(r: Random, chars: list[str], wild: float) -> str:
    """Two dimensions, with operands that are repeated along one of them."""
    rows, columns = r.randint(1, 6), r.randint(1, 35)
    texts: list[str] = []
    for char in chars:
        shape = r.choice([(rows, columns), (rows, columns), (rows, 1), (columns,)])
        text = f"{_column(r, char, shape[0] * (shape[1] if len(shape) > 1 else 1), wild)}.reshape({', '.join(map(str, shape))})"
        if len(shape) > 1 and r.random() < 0.3:
            text = f"np.asfortranarray({text})"
        texts.append(text)
    return ", ".join(texts)
