"""CPython goes on at a target among several: the parts that come after it are still to be stored."""

from accel import fn


class Holder:
    pass


H = Holder()


@fn
def main(n):
    a = b = c = 0
    if n > 1:
        a, H.x, b = n, 2 * n, n + 1
        (a, (H.y, b)), c = (H.x, (n, a)), b
        H.z = b = H.y = n + a
    elif n == 1:
        a, *H.x, b = n, n + 1, n + 2, n + 3
    return a, b, c, H.__dict__.copy()


CALLS = ["1", "2", "3", "0", "-1"]
