"""an int that grows beyond the machine's in a loop, half way through."""

from accel import fn


@fn
def main(n, a):
    s = 1
    for i in range(n):
        s = s * 3 + i
        a[i] = i
    return s


CALLS = [
    "10, np.zeros(80)",
    "39, np.zeros(80)",
    "41, np.zeros(80)",
    "80, np.zeros(80)",
    "80, np.zeros(60)",
]
