"""A return goes out through a `finally` body that raises and handles it."""

from accel import fn

G0 = 1


@fn
def main(n):
    for i in range(n):
        try:
            if i == 2:
                return G0 + i
        finally:
            try:
                if i:
                    raise ArithmeticError
            except (ArithmeticError, LookupError):
                pass
            if n > 4:
                break
    return -n


CALLS = ["1", "2", "3", "4", "5"]
