"""This module is programs of dynamic Python: each is one function without arguments, with what it needs in front of it."""

import asyncio
import collections
import contextlib
import dataclasses
import functools
import re


def words():
    counts = {}
    for word in ("it was the best of times it was the worst of times " * 50).split():
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def pairs(limit):
    for a in range(limit):
        for b in range(a):
            if (a * b) % 7 == 1:
                yield a, b


def generator():
    return sum(a - b for a, b in pairs(40)), [*zip(range(5), pairs(9), strict=False)]


class Queue:
    limit = 50

    def __init__(self, name):
        self.name, self.waiting = name, []

    def push(self, item):
        if len(self.waiting) >= self.limit:
            raise OverflowError(self.name)
        self.waiting.append(item)
        return self

    @property
    def length(self):
        return len(self.waiting)

    def __add__(self, other):
        both = Queue(self.name + other.name)
        both.waiting = self.waiting + other.waiting
        return both


def classes():
    queues = [Queue(str(i)).push(i).push("x") for i in range(100)]
    return functools.reduce(lambda a, b: a + b, queues).length


def to_number(text):
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError as error:
            return str(error)
    finally:
        text.strip()


def exceptions():
    return [to_number(text) for text in ["12", "1.5", "twelve", ""] * 60]


def make_account(balance):
    def change(amount):
        nonlocal balance
        balance += amount
        return balance

    return change


def closures():
    accounts = [make_account(i) for i in range(2)]
    return [change(amount) for amount in range(200) for change in accounts]


def bigints():
    product, total = 1, 0
    for i in range(1, 150):
        product *= i
        total += product % (10**9 + 7)
    return product, total


def strings():
    lines = [f"{i:04d}:{chr(97 + i % 26) * (i % 7)}" for i in range(150)]
    return ";".join(lines).upper().replace("A", "<a>").partition("<")[2][::-1]


def count_leaves(tree):
    return sum(count_leaves(part) for part in tree) if isinstance(tree, list) else 1


def recursion():
    tree = 0
    for i in range(60):
        tree = [tree, [i, [i]]]
    return count_leaves(tree)


def describe(value):
    match value:
        case {"kind": kind, **rest}:
            return kind, len(rest)
        case [first, *_, last]:
            return first, last
        case str() | bytes():
            return "text"
        case int(n) if n > 2:
            return n
        case _:
            return None


def matching():
    return [describe(value) for value in [{"kind": 1, "b": 2}, [1, 2, 3], "x", b"y", 1, 5, None] * 40]


@contextlib.contextmanager
def entered(log, name):
    log.append(name)
    try:
        yield len(log)
    finally:
        log.append(-name)


def contexts():
    log = []
    for i in range(1, 80):
        with entered(log, i) as depth, contextlib.suppress(KeyError):
            log.append(depth)
            raise KeyError(i)
    return log


def sets():
    threes, fives = {3 * i for i in range(200)}, frozenset(range(0, 600, 5))
    return sorted(threes & fives), len(threes | fives), {frozenset((i % 4, i % 3)) for i in range(120)} >= {frozenset((0,))}


def logged(function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        return function.__name__, args, sorted(kwargs), function(*args, **kwargs)

    return call


@logged
def join(*parts, sep="-", **options):
    return sep.join(map(str, parts)) + str(options)


def wrapping():
    return [join(i, i + 1, sep="/", size=i) for i in range(80)]


def sorting():
    people = [(f"name{i * 37 % 101}", i * 53 % 97) for i in range(150)]
    return sorted(people, key=lambda person: (person[1], person[0])), max(people), min(people, key=lambda person: person[1])


async def fetch(i, results):
    await asyncio.sleep(0)
    results[i] = i * i
    return i


async def fetch_all():
    results = {}
    return sum(await asyncio.gather(*(fetch(i, results) for i in range(12)))), results


def coroutine():
    return asyncio.run(fetch_all())


@dataclasses.dataclass(frozen=True, order=True)
class Point:
    x: int
    y: int = 0

    def moved(self, dx, dy):
        return dataclasses.replace(self, x=self.x + dx, y=self.y + dy)


def records():
    path = [Point(0)]
    for i in range(60):
        path.append(path[-1].moved(i % 3 - 1, i % 5 - 2))
    return collections.Counter(point.x for point in path), [dataclasses.astuple(point) for point in sorted(path)]


def tokenize(text):
    for match in re.finditer(r"(?P<number>\d+)|(?P<name>[a-z]+)|(?P<symbol>[-+*()])", text):
        yield match.lastgroup, match.group()


def parsing():
    kinds = collections.defaultdict(list)
    for kind, text in tokenize("3*(alpha+42)-beta*(7+gamma) " * 12):
        kinds[kind].append(text)
    return {kind: (len(texts), texts[:3]) for kind, texts in kinds.items()}
