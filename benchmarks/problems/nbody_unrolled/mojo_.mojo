"""Five bodies that attract each other, their places and speeds in vectors of four lanes, every loop but that over the steps written out while compiling."""

from std.math import sqrt

comptime BODIES = 5
comptime Row = SIMD[DType.float64, 4]
comptime Rows = Array[Row, BODIES]
comptime Doubles = Pointer[Float64, MutAnyOrigin]


def find_pair(i: Int, j: Int) -> Int:
    """The place of this pair among all, in the order of the loops."""
    return i * (2 * BODIES - i - 1) // 2 + j - i - 1


@always_inline
def load_rows(rows: Doubles) -> Rows:
    var found = Rows(fill=0)
    comptime for i in range(BODIES):
        found[i] = Row(rows.unsafe_load(3 * i), rows.unsafe_load(3 * i + 1), rows.unsafe_load(3 * i + 2), 0)
    return found^


@always_inline
def store_rows(rows: Doubles, found: Rows):
    comptime for i in range(BODIES):
        comptime for k in range(3):
            rows.unsafe_store(3 * i + k, found[i][k])


@always_inline
def advance_by_pairs(mut at: Rows, mut speed: Rows, mass: Array[Float64, BODIES], dt: Float64):
    """Pair by pair: one root at a time."""
    comptime for i in range(BODIES):
        comptime for j in range(i + 1, BODIES):
            var d = at[i] - at[j]
            var d2 = (d * d).reduce_add()
            var mag = dt / (d2 * sqrt(d2))
            speed[i] -= d * mass[j] * mag
            speed[j] += d * mass[i] * mag
    comptime for i in range(BODIES):
        at[i] += dt * speed[i]


@always_inline
def add_lanes(a: Row, b: Row, c: Row, d: Row) -> Row:
    """The sums of the lanes of each."""
    var first = a.shuffle[0, 4, 2, 6](b) + a.shuffle[1, 5, 3, 7](b)
    var second = c.shuffle[0, 4, 2, 6](d) + c.shuffle[1, 5, 3, 7](d)
    return first.shuffle[0, 1, 4, 5](second) + first.shuffle[2, 3, 6, 7](second)


@always_inline
def advance_by_fours(mut at: Rows, mut speed: Rows, mass: Array[Float64, BODIES], dt: Float64):
    """The roots of four pairs at a time."""
    var d = Array[Row, 12](fill=0)
    var mags = Array[Row, 3](fill=0)
    comptime for i in range(BODIES):
        comptime for j in range(i + 1, BODIES):
            comptime pair = find_pair(i, j)
            d[pair] = at[i] - at[j]
    d[10], d[11] = d[8], d[9]
    comptime for k in range(3):
        var a = d[4 * k] * d[4 * k]
        var b = d[4 * k + 1] * d[4 * k + 1]
        var c = d[4 * k + 2] * d[4 * k + 2]
        var e = d[4 * k + 3] * d[4 * k + 3]
        var d2 = add_lanes(a, b, c, e)
        mags[k] = dt / (d2 * sqrt(d2))
    comptime for i in range(BODIES):
        comptime for j in range(i + 1, BODIES):
            comptime pair = find_pair(i, j)
            var mag = mags[pair // 4][pair % 4]
            speed[i] -= d[pair] * mass[j] * mag
            speed[j] += d[pair] * mass[i] * mag
    comptime for i in range(BODIES):
        at[i] += dt * speed[i]


@always_inline
def run[by_fours: Bool](p: Doubles, v: Doubles, m: Doubles, steps: Int, dt: Float64):
    var at = load_rows(p)
    var speed = load_rows(v)
    var mass = Array[Float64, BODIES](fill=0)
    comptime for i in range(BODIES):
        mass[i] = m.unsafe_load(i)
    for _ in range(steps):
        comptime if by_fours:
            advance_by_fours(at, speed, mass, dt)
        else:
            advance_by_pairs(at, speed, mass, dt)
    store_rows(p, at)
    store_rows(v, speed)


@export
def by_pairs(p: Doubles, v: Doubles, m: Doubles, steps: Int, dt: Float64) abi("C"):
    run[False](p, v, m, steps, dt)


@export
def by_fours(p: Doubles, v: Doubles, m: Doubles, steps: Int, dt: Float64) abi("C"):
    run[True](p, v, m, steps, dt)
