"""what compiled code raises is caught by the right handler, finally runs, the chain is kept."""

from accel import fn


class Problem(ValueError):
    def __init__(self, code, text="none"):
        super().__init__(code, text)
        self.code = code


@fn
def inner(a, i):
    if i == 7:
        raise Problem(i, "seven")
    return 10 // a[i]


@fn
def main(a, i):
    s = 0
    try:
        s = inner(a, i)
    except ZeroDivisionError:
        s = -1
    except IndexError as error:
        raise Problem(1) from error
    except Problem:
        a[0] = 99
        raise
    else:
        s += 100
    finally:
        a[1] = 5
    return s


CALLS = [
    "np.array([1, 2, 4]), 2",
    "(1, 0, 2), 0",
    "np.array([1, 2, 4]), 5",
    "np.array([1, 2, 4]), 7",
    "(0, 2), 0",
    "[0, 0], 0",
    "[0, 0], 9",
]
