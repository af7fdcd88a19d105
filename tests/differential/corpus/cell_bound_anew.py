"""a closure reads its cell as it is now."""

from accel import fn


def make(n):
    @fn
    def inner(x):
        return x + n

    def change(value):
        nonlocal n
        n = value

    return inner, change


main, change = make(3)


CALLS = [
    "1",
    ("change(10)", "1"),
    ("change(2.5)", "1"),
    ("change(None)", "1"),
    ("change(2**63)", "1"),
    ("change(3)", "-1"),
]
