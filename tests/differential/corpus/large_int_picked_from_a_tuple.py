"""a large int picked from a tuple is handed over where CPython goes on."""

from accel import fn

G0 = 3


@fn
def main(p0):
    if (G0, 18446744073709551616, p0)[1] + p0:
        return (G0, 18446744073709551616, p0)[1] - p0
    return 0


CALLS = [
    '1',
    '-18446744073709551616',
    'True',
]
