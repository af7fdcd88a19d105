"""Mirroring spheres on a chessboard, as a PNG file: a ray tracer whose vectors, rays, materials and spheres are structs."""

import math
import struct
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import accel
from accel import fn


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

    def __matmul__(self, other: "Vec") -> float:
        return self.x * other.x + self.y * other.y + self.z * other.z

    def unit(self) -> "Vec":
        return self * (1.0 / math.sqrt(self @ self))

    def through(self, glass: "Vec") -> "Vec":
        """What is left of light of this colour behind glass of that."""
        return Vec(self.x * glass.x, self.y * glass.y, self.z * glass.z)


@accel.struct
class Ray:
    start: Vec
    along: Vec  # of length one

    def at(self, t: float) -> Vec:
        return self.start + self.along * t


@accel.struct
class Material:
    colour: Vec
    mirror: float = 0.06  # the share of light that it reflects, seen from the front


@accel.struct
class Sphere:
    centre: Vec
    radius: float
    material: Material

    def distance(self, ray: Ray) -> float:
        """How far away the ray meets it; infinite where it does not."""
        to = self.centre - ray.start
        middle = to @ ray.along
        inside = self.radius * self.radius - to @ to + middle * middle
        if inside < 0.0 or middle < 0.0:
            return math.inf
        return middle - math.sqrt(inside)


UP, SUN = Vec(0.0, 1.0, 0.0), Vec(-7.0, 8.0, -6.0)
HAZE, BLUE, GLOW = Vec(0.9, 0.72, 0.6), Vec(0.1, 0.25, 0.6), Vec(1.0, 0.9, 0.7)
LIGHT, DARK = Material(Vec(0.85, 0.82, 0.76)), Material(Vec(0.03, 0.05, 0.1))


@fn
def nearest(spheres, ray):
    """Distance and number of the sphere that the ray meets first."""
    best, number = math.inf, -1
    for k in range(len(spheres)):
        t = spheres[k].distance(ray)
        if t < best:
            best, number = t, k
    return best, number


@fn
def follow(spheres, ray, sun, bounces):
    """The light that comes along the ray, against its direction."""
    light, share = Vec(0.0, 0.0, 0.0), Vec(1.0, 1.0, 1.0)
    for _ in range(bounces):
        t, number = nearest(spheres, ray)
        floor = -ray.start.y / ray.along.y if ray.along.y < 0.0 else math.inf
        if t < floor:
            point, met = ray.at(t), spheres[number]
            normal, material = (point - met.centre).unit(), Material(met.material.colour, met.material.mirror)
        elif floor < math.inf:
            point, normal = ray.at(floor), UP
            material = LIGHT if (math.floor(point.x) + math.floor(point.z)) % 2 else DARK
        else:
            break
        above, to_sun = point + normal * 1e-6, (sun - point).unit()
        direct = 0.0 if nearest(spheres, Ray(above, to_sun))[1] >= 0 else max(normal @ to_sun, 0.0)
        haze = 1.0 - 1.0 / (1.0 + 0.0008 * (point @ point))
        mirror = material.mirror + (1.0 - material.mirror) * (1.0 + ray.along @ normal) ** 5
        lit = material.colour.through(BLUE * (0.35 + 0.35 * normal.y) + GLOW * (0.15 + 1.1 * direct)) * (1.0 - mirror)
        light += share.through(HAZE * haze + lit * (1.0 - haze))
        share = share.through(Vec(0.4, 0.4, 0.4) + material.colour * 0.6) * (mirror * (1.0 - haze))
        ray = Ray(above, ray.along - normal * (2.0 * (ray.along @ normal)))
    height = math.sqrt(max(ray.along.y, 0.0))
    return light + share.through(HAZE * (1.0 - height) + BLUE * height + GLOW * max(ray.along @ SUN.unit(), 0.0) ** 40)


@fn
def draw(picture, spheres, grid, bounces):
    """Each pixel is the mean of grid x grid rays; each of them looks at another point of the sun, which makes shadows soft."""
    height, width, _ = picture.shape
    eye = Vec(-1.2, 2.4, -7.5)
    ahead = (Vec(0.0, 0.75, 0.0) - eye).unit()
    right, over = Vec(ahead.z, 0.0, -ahead.x).unit(), (UP - ahead * ahead.y).unit()
    for row in range(height):
        for column in range(width):
            light = Vec(0.0, 0.0, 0.0)
            for s in range(grid * grid):
                across = (column + (s % grid + 0.5) / grid - 0.5 * width) / height
                up = 0.5 - (row + (s // grid + 0.5) / grid) / height
                sun = SUN + Vec(s % grid - 0.5 * grid, 0.0, (s // grid * 3 + s) % grid - 0.5 * grid) * (1.2 / grid)
                light += follow(spheres, Ray(eye, (ahead * 1.4 + right * across + over * up).unit()), sun, bounces)
            picture[row, column, 0], picture[row, column, 1], picture[row, column, 2] = light.x, light.y, light.z


def make_spheres(count=40):
    """A large mirror, and small spheres around it as the seeds of a sunflower are."""
    spheres = Sphere.array(count)
    spheres[0] = Sphere(Vec(0.0, 1.3, 0.0), 1.3, Material(Vec(0.96, 0.95, 0.93), 0.85))
    for k in range(1, count):
        angle, away, radius = 2.399963 * k, 0.6 * math.sqrt(k + 8.0), 0.18 + 0.09 * (k % 3)
        material = Material(Vec(*(0.5 + 0.45 * math.cos(0.16 * k + shift) for shift in (0.0, 1.9, 3.9))), 0.06 if k % 5 else 0.5)
        spheres[k] = Sphere(Vec(away * math.cos(angle), radius, away * math.sin(angle)), radius, material)
    return spheres


def render(height, width, grid=3, bounces=5):
    """Red, green and blue of the pixels."""
    picture = np.zeros((height, width, 3))
    draw(picture, make_spheres(), grid, bounces)
    return (255.0 * np.sqrt(np.clip(picture / (grid * grid), 0.0, 1.0))).astype(np.uint8)


def write_png(path, pixels):
    """Write an array of rows, columns and three colours."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def undecorated():
    """The names of this program without `@fn`, its structs plain dataclasses, their array a list."""
    space = {"__name__": "undecorated", "dataclass": dataclass}
    text = Path(__file__).read_text().replace("@accel.struct", "@dataclass(slots=True)").replace("@fn", "")
    exec(text.replace("Sphere.array(count)", "[None] * count"), space)
    return space


def compare(height=48, width=72):
    """Seconds of a small picture in CPython, undecorated, and compiled, and whether the pixels are the same."""
    times_s, pictures = [], []
    for program in (undecorated(), globals()):
        start = time.perf_counter()
        pictures.append(program["render"](height, width, 1))
        times_s.append(time.perf_counter() - start)
    return *times_s, np.array_equal(*pictures)


def main(path="ray_tracer.png", height=480, width=720):
    write_png(path, render(height, width))
    print(f"{path}: {width} x {height} pixels of 9 rays, up to 5 mirrors each")
    plain_s, compiled_s, same = compare()
    numbers = "the same" if same else "DIFFERENT"
    print(f"{plain_s / compiled_s:.0f} times as fast as CPython, which did 72 x 48 pixels of one ray; the numbers are {numbers}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:2]))
