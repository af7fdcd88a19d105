"""a value that is an int or one beyond 64 bits by the path taken is not lost where CPython goes on."""

from accel import fn


@fn
def main(p0):
    if p0 > 0:
        v1 = (((9223372036854775808 if True else 0) if (2 == 5) else 9), (lambda t=2.5: t)())
        return v1
    else:
        for k in range(6):
            p0 = p0 + k
    return p0


CALLS = [
    '1',
    '-1',
]
