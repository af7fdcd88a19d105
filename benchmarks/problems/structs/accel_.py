"""This module is the class and the loops with structs, compiled with accel."""

import math

import accel


@accel.struct
class Point:
    x: float
    y: float = 0.0

    def norm(self) -> float:
        return math.sqrt(self.x * self.x + self.y * self.y)


SPACE = {"Point": Point, "p": Point(3.0, 4.0)}


@accel.struct
class Vec:
    x: float
    y: float
    z: float

    def __add__(self, other: "Vec") -> "Vec":
        return Vec(self.x + other.x, self.y + other.y, self.z + other.z)

    def __sub__(self, other: "Vec") -> "Vec":
        return Vec(self.x - other.x, self.y - other.y, self.z - other.z)

    def __mul__(self, k: float) -> "Vec":
        return Vec(self.x * k, self.y * k, self.z * k)

    def dot(self, other: "Vec") -> float:
        return self.x * other.x + self.y * other.y + self.z * other.z


@accel.struct
class Body:
    at: Vec
    v: Vec
    mass: float


@accel.struct
class Particle:
    at: Vec
    v: Vec

    def energy(self) -> float:
        return 0.5 * (self.v.dot(self.v) + self.at.dot(self.at))

    def move(self, dt: float) -> None:
        self.at += self.v * dt


@accel.struct
class Plane:
    x: float
    y: float

    def __add__(self, other: "Plane") -> "Plane":
        return Plane(self.x + other.x, self.y + other.y)

    def __mul__(self, k: float) -> "Plane":
        return Plane(self.x * k, self.y * k)


@accel.fn
def nbody(bodies, steps, dt):
    n = len(bodies)
    for _ in range(steps):
        for i in range(n):
            for j in range(i + 1, n):
                d = bodies[i].at - bodies[j].at
                d2 = d.dot(d)
                mag = dt / (d2 * math.sqrt(d2))
                bodies[i].v -= d * bodies[j].mass * mag
                bodies[j].v += d * bodies[i].mass * mag
        for i in range(n):
            bodies[i].at += bodies[i].v * dt


@accel.fn
def energy(particles):
    total = 0.0
    for i in range(len(particles)):
        total += particles[i].energy()
    return total


@accel.fn
def move(particles, dt):
    for i in range(len(particles)):
        particles[i].move(dt)


@accel.fn
def walk(v, p, k, n):
    for _ in range(n):
        v = v + p * k
    return v


def records_of(struct):
    """What makes the array of structs that lies in the rows of a table."""
    return lambda table: (struct.from_array(table.view(struct.dtype)[:, 0]),)


ARRANGE = {
    "nbody": records_of(Body),
    "energy": records_of(Particle),
    "move": records_of(Particle),
    "walk": lambda table: (Plane(*table[0, :2].tolist()), Plane(*table[0, 2:].tolist())),
}
