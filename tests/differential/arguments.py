"""Random arguments, as text: edge values, every dtype, every layout, memory shared between arguments."""

from __future__ import annotations

from random import Random

__all__ = ["BYTES", "DTYPES", "FLOATS", "INTS", "dtype_name", "random_argument", "random_calls", "random_scalar"]

INTS = [0, 1, -1, 2, -2, 3, 7, -7, 10, 31, 32, 63, 64, 255, 256, 2**31, -(2**31), 2**31 - 1, 2**32, 2**53, 2**53 + 1, -(2**53) - 1]
INTS += [2**62, -(2**62), 2**63 - 1, 2**63 - 2, -(2**63), -(2**63) + 1, 2**63, 2**64, -(2**63) - 1, 10**30]
FLOATS = ["0.0", "-0.0", "1.0", "-1.0", "0.5", "-2.5", "3.5", "1e-310", "5e-324", "1e308", "-1e308", "math.inf", "-math.inf"]
FLOATS += ["math.nan", "2.0**53", "2.0**63", "-(2.0**63)", "9007199254740993.0", "1e18", "0.1", "2.0**62", "1e22"]
DTYPES = "?bBhHiIlLqQefdFD"
BYTES = {"?": 1, "b": 8, "B": 8, "h": 16, "H": 16, "i": 32, "I": 32, "l": 64, "L": 64, "q": 64, "Q": 64}
_NAMES = {"?": "bool_", "b": "int8", "B": "uint8", "h": "int16", "H": "uint16", "i": "int32", "I": "uint32", "l": "int64"}
_NAMES |= {"L": "uint64", "q": "longlong", "Q": "ulonglong", "e": "float16", "f": "float32", "d": "float64", "F": "complex64"}
_NAMES |= {"D": "complex128", "g": "longdouble"}
_LAYOUTS = ["readonly", "spaced", "turned", "swapped", "unaligned", "np.asfortranarray"]
_STRANGE = ["Int(5)", "Float(2.5)", "Index(3)", "Hostile()", "'text'", "[1, 2]", "None", "{}", "b'ab'", "np.str_('x')", "range(3)"]
_STRANGE += ["np.longdouble(2.5)", "np.arange(4.0).view(Array)", "np.ma.masked_array([1.0, 2.0], [0, 1])", "np.array([1, None], 'O')"]
_STRANGE += ["np.datetime64('2020-01-01')", "np.array(['a', 'b'])", "10**400", "lambda *a: 1", "np.array([1, 2], 'g')"]


def dtype_name(char: str) -> str:
    """The name in NumPy of a dtype's character."""
    return _NAMES[char]


def random_scalar(r: Random, char: str, wild: float) -> str:
    """The text of a plain Python number that fits the dtype; extreme with probability `wild`."""
    if char == "?":
        return r.choice(["True", "False"])
    if char in BYTES:
        signed = char.islower()
        low, high = (-(2 ** (BYTES[char] - 1)), 2 ** (BYTES[char] - 1) - 1) if signed else (0, 2 ** BYTES[char] - 1)
        if r.random() < wild:
            return str(r.choice([low, low + 1, high, high - 1, 0, low // 2, high // 2]))
        return str(r.randint(max(low, -20), 20) or 1)
    if char in "FD":
        return f"complex({random_scalar(r, 'f', wild)}, {random_scalar(r, 'f', wild)})"
    if r.random() < wild:
        return r.choice(FLOATS if char == "d" else [f for f in FLOATS if "308" not in f and "310" not in f and "324" not in f])
    return str(round(r.uniform(-10, 10), r.choice([0, 1, 2]))) if char != "e" else str(r.randint(-8, 8) / 4)


def random_argument(r: Random, kind: str, wild: float, length: int, layout: str = "") -> str:
    """The text of an argument of a kind: int float bool complex none opt, np:<dtype>, arr:<dtype>:<ndim>, tup:<kind>,<kind>."""
    if kind == "int":
        return str(r.choice(INTS)) if r.random() < wild else str(r.randint(-20, 20) or 1)
    if kind == "opt":
        return "None" if r.random() < 0.4 else random_argument(r, "int", wild, length)
    if kind in ("float", "bool", "complex"):
        return random_scalar(r, {"float": "d", "bool": "?", "complex": "D"}[kind], wild)
    if kind == "none":
        return "None"
    head, _, rest = kind.partition(":")
    if head == "np":
        return f"np.{dtype_name(rest)}({random_scalar(r, rest, wild)})"
    if head == "tup":
        items = ", ".join(random_argument(r, part, wild, length) for part in rest.split(","))
        return f"({items},)"
    return _random_array(r, rest[0], int(rest[2:]), wild, length, layout)


def _random_array(r: Random, char: str, ndim: int, wild: float, length: int, layout: str) -> str:
    rows = {0: 1, 1: length, 2: length * 3}[ndim]
    if rows > 16 and r.random() < 0.5:
        items = f"np.arange({rows}) % {r.randint(2, 9)}"
    else:
        items = "[" + ", ".join(random_scalar(r, char, wild) for _ in range(rows)) + "]"
    text = f"np.array({items}, {char!r})" if items[0] == "[" else f"({items}).astype({char!r})"
    if ndim == 0:
        text = f"{text}.reshape(())"
    elif ndim == 2:
        text = f"{text}.reshape({length}, 3)" + (".T.copy().T" if layout == "transposed" else "")
    return f"{layout}({text})" if layout and layout != "transposed" else text


def random_layout(r: Random) -> str:
    """How an array lies in memory; mostly as NumPy makes it."""
    return r.choice([*_LAYOUTS, "transposed"]) if r.random() < 0.25 else ""


def random_calls(
    r: Random, kinds: list[str], wild: float, rebindings: list[str], count: int = 5, *, keywords: bool = True
) -> list[tuple[str, str]]:
    """Pairs (setup, arguments): the same kinds mostly, so that a specialisation is used again; with `keywords`, now and then the last
    one by keyword."""
    layouts = [random_layout(r) for _ in kinds]
    calls: list[tuple[str, str]] = []
    for index in range(count):
        length = r.choice([8, 8, 9, 12]) if r.random() < 0.85 else r.choice([0, 1, 3, 5])
        chosen = layouts if r.random() < 0.8 else [random_layout(r) for _ in kinds]
        texts = [random_argument(r, k, wild, length, layout) for k, layout in zip(kinds, chosen, strict=True)]
        _share_memory(r, kinds, texts)
        if r.random() < 0.04 and texts:
            free = [i for i in range(len(texts)) if not any(f"a{i}" in text for text in texts)]
            position = r.choice(free)
            odd = r.choice(_STRANGE) if r.random() < 0.5 else random_argument(r, random_kind(r), wild, length)
            texts[position] = odd
        setup = r.choice(rebindings) if rebindings and index and r.random() < 0.2 else ""
        if keywords and r.random() < 0.15 and texts:
            texts[-1] = f"p{len(texts) - 1}={texts[-1]}"
        calls.append((setup, ", ".join(texts)))
    return calls


def _share_memory(r: Random, kinds: list[str], texts: list[str]) -> None:
    for index, kind in enumerate(kinds):
        earlier = [i for i in range(index) if kinds[i] == kind and kind.startswith("arr")]
        if earlier and r.random() < 0.2:
            first = r.choice(earlier)
            texts[index] = f"a{first}" + r.choice(["", "", "[::-1]", "[:]"] if not kind.endswith("0") else [""])


def random_kind(r: Random) -> str:
    """The kind of a parameter."""
    k = r.random()
    if k < 0.5:
        return r.choice(["int", "int", "int", "float", "float", "bool", "complex", "opt"])
    if k < 0.65:
        return "np:" + r.choice("ddlif" + DTYPES)
    if k < 0.9:
        return f"arr:{r.choice('dddllif' + DTYPES)}:{r.choice([1, 1, 1, 1, 2, 2, 0])}"
    return r.choice(["tup:int,float", "tup:int,int,int", "tup:float,bool", "none"])
