"""a call with wrong arguments."""

from accel import fn


@fn
def helper(a, b=2, *, c=3):
    return a + b * c


@fn
def main(k, x):
    if k == 0:
        return helper(x, c=x), helper(x, 1), helper(b=x, a=1)
    if k == 1:
        return helper()
    if k == 2:
        return helper(x, 1, 2)
    if k == 3:
        return helper(x, d=1)
    return helper(x, a=1)


CALLS = [
    "0, 5",
    "1, 5",
    "2, 5",
    "3, 5",
    "4, 5",
    "0, 2.5",
    "",
    "1",
    "0, 1, 2",
    "k=0, x=2**63",
    "0, y=1",
]
