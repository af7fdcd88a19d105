"""This module holds a plain class with slots, and the loops over separate arrays and floats, undecorated."""

import math

from benchmarks.problems.nbody.python_ import nbody

__all__ = ["SPACE", "energy", "move", "nbody", "walk"]


class Point:
    __slots__ = ("x", "y")

    def __init__(self, x: float, y: float = 0.0) -> None:
        self.x = x
        self.y = y

    def norm(self) -> float:
        return math.sqrt(self.x * self.x + self.y * self.y)


SPACE = {"Point": Point, "p": Point(3.0, 4.0)}


def energy(x, y, z, vx, vy, vz):
    total = 0.0
    for i in range(x.shape[0]):
        moving = vx[i] * vx[i] + vy[i] * vy[i] + vz[i] * vz[i]
        held = x[i] * x[i] + y[i] * y[i] + z[i] * z[i]
        total += 0.5 * (moving + held)
    return total


def move(x, y, z, vx, vy, vz, dt):
    for i in range(x.shape[0]):
        x[i] += vx[i] * dt
        y[i] += vy[i] * dt
        z[i] += vz[i] * dt


def walk(vx, vy, px, py, k, n):
    for _ in range(n):
        vx, vy = vx + px * k, vy + py * k
    return vx, vy
