"""The motion of the sun and its four large planets: nested loops over small arrays."""

import math

import numpy as np

from accel import fn

# Positions (astronomical units), velocities (units a day) and masses (of the sun): the Computer Language Benchmarks Game's n-body task.
BODIES = (
    (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0),
    (4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023, 0.000954791938424326609),
    (8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411619, 0.00499852801234917238, 0.0000230417297573763929, 0.000285885980666130812),
    (12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556, 0.0000436624404335156298),
    (15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870, 0.0000515138902046611451),
)  # fmt: skip


def start():
    """Positions, velocities, masses."""
    table = np.array(BODIES)
    return table[:, 0:3].copy(), table[:, 3:6] * 365.24, table[:, 6] * 4 * math.pi**2


@fn
def advance(p, v, m, steps, dt):
    n = m.shape[0]
    for _ in range(steps):
        for i in range(n):
            for j in range(i + 1, n):
                dx = p[i, 0] - p[j, 0]
                dy = p[i, 1] - p[j, 1]
                dz = p[i, 2] - p[j, 2]
                d2 = dx * dx + dy * dy + dz * dz
                mag = dt / (d2 * math.sqrt(d2))
                v[i, 0] -= dx * m[j] * mag
                v[i, 1] -= dy * m[j] * mag
                v[i, 2] -= dz * m[j] * mag
                v[j, 0] += dx * m[i] * mag
                v[j, 1] += dy * m[i] * mag
                v[j, 2] += dz * m[i] * mag
        for i in range(n):
            for k in range(3):
                p[i, k] += dt * v[i, k]


def main(steps=20_000):
    p, v, m = start()
    advance(p, v, m, steps, 0.01)
    print(f"after {steps} steps the first planet is at {p[1]}")


if __name__ == "__main__":
    main()
