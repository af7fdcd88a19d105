"""Why something is refused and what to write instead, by slug, for a Diagnostic that does not say it itself."""

from __future__ import annotations

__all__ = ["ADVICE"]

_UNDECORATED = "or drop `@fn`: the function then runs as plain Python, without this hint"

ADVICE: dict[str, tuple[str, tuple[str, ...]]] = {
    "attribute-assignment": (
        "compiled code assigns to no attributes",
        ("return the new value, and assign it in a function without `@fn`",),
    ),
    "borrowed-write": (
        "a parameter that is borrowed is only read",
        ("annotate it `Inout[...]`", "or work on a copy: `a = a.copy()`"),
    ),
    "compiler-failure": (
        "this is a fault of accel; the function runs in CPython",
        ("report it with the function that shows it",),
    ),
    "double-star": (
        "compiled code has no dicts",
        ("name the keywords: `def f(x, *, scale=1.0)`", "or call the compiled part from a function without `@fn`"),
    ),
    "element-result": (
        "a ufunc puts what the function gives into arrays of numbers",
        ("return a number, or a tuple of numbers of the same length everywhere",),
    ),
    "empty-space": ("", ("list some values, and have the condition allow some of them",)),
    "global-write": (
        "compiled code binds global and closure variables to numbers, arrays and tuples of them, and reads such values from them",
        ("return the new value, and assign it where you call",),
    ),
    "mixed-kinds": (
        "a name may hold different numbers on different paths, but not an array on one and something else on another",
        ("use two names", "or make both an array of one dtype and number of dimensions"),
    ),
    "missing-move": (
        "the function called takes the array over: the name is not to be used any more",
        (),
    ),
    "move-in-loop": (
        "a name that has been moved has no value before it is bound anew",
        ("bind it in the loop: `x = step(move(x))`", "or move a copy: `step(x.copy())`"),
    ),
    "nested-function": (
        "functions inside a compiled function are plain: no decorators, no defaults but constants",
        ("pass the value as an argument", "or move the function to the module"),
    ),
    "no-executable-memory": (
        "this system forbids memory that holds machine code made at run time",
        ("allow it for this process; `accel doctor` tells whether it works",),
    ),
    "no-source": (
        "functions are compiled from their source",
        ("write it in a file or a notebook cell", "or put its text into `linecache.cache` under the file name of its code"),
    ),
    "private-function": (
        "Python renames names with two leading underscores inside a class",
        ("use one underscore",),
    ),
    "racing-iterations": (
        "the loop runs on several threads, and its result depends on which one comes first",
        ("have each iteration store into elements of its own", "or drop `assume=`: the loop then stays sequential unless it is proven"),
    ),
    "sequential-loop": (
        "another order of the iterations could give another result",
        ("have each iteration store into elements of its own", 'or, if you know that no two touch the same element, `assume="independent"`'),
    ),
    "stale-source": (
        "compiling what now stands in the file could give another answer",
        ("import the module again",),
    ),
    "unknown-length": (
        "how many values there are must be known while compiling: of a tuple it is, of an array it is not",
        ("write them out: `x, y = point`, then `f(x, y)`",),
    ),
    "use-after-move": (
        "a name that has been moved has no value before it is bound anew",
        ("use what `move` gave", "or move a copy: `move(x.copy())`"),
    ),
    "tuning-file": (
        "what `accel tune export` has written is read, by the same version of accel or a newer one",
        ("write it anew: `accel tune export accel-tuning.json`",),
    ),
    "undefined-name": (
        "neither the module nor the builtins have it at this moment",
        ("define it before the first call",),
    ),
    "unsupported-call": (
        "compiled code calls Python functions, some builtins, math, cmath and NumPy: docs/what-compiles.md",
        ("call it outside, and pass what it gives", _UNDECORATED),
    ),
    "unsupported-delete": (
        "compiled code deletes one local name at a time",
        ("write one `del` for each name",),
    ),
    "unsupported-expression": (
        "compiled code computes with numbers, tuples and arrays",
        ("write a loop, or fill an array", _UNDECORATED),
    ),
    "unsupported-operation": (
        "only numbers, tuples, ranges and arrays can be looked into",
        ("pass an array or a tuple of numbers", "or read the attribute outside, and pass its value", _UNDECORATED),
    ),
    "unsupported-operator": (
        "operators work on numbers, tuples and arrays",
        ("pass numbers or arrays", _UNDECORATED),
    ),
    "unsupported-statement": (
        "this statement belongs to CPython",
        ("move the loop that computes into a function of its own, and put `@fn` on that", _UNDECORATED),
    ),
}
