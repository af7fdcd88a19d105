"""raise of a class, an instance, a cause, None, something else."""

from accel import fn


class Problem(Exception):
    def __str__(self):
        return f"problem {self.args}"


@fn
def main(k):
    if k == 0:
        raise Problem
    if k == 1:
        raise Problem(k, 2.5)
    if k == 2:
        raise ValueError("two") from Problem(7)
    if k == 3:
        raise k
    if k == 4:
        raise
    if k == 5:
        try:
            1 // (k - 5)
        except ZeroDivisionError as error:
            raise Problem(k) from None
    return k


CALLS = [
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "6",
]
