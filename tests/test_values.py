"""Value classes behave as those of `dataclasses`, and importing them costs nothing."""

import copy
import dataclasses
import pickle

import pytest

from accel import values


@values.dataclass(frozen=True, slots=True)
class Point:
    """A point."""

    x: float
    y: float = 0.0
    tags: tuple = values.field(default_factory=lambda: ("new",))

    @property
    def size(self):
        return abs(self.x) + abs(self.y)


@values.dataclass(frozen=True, slots=True)
class Empty:
    def __str__(self):
        return "nothing"


@values.dataclass(frozen=True, slots=True)
class Named(Empty):
    name: str


@values.dataclass(slots=True, eq=False)
class Box:
    content: list = values.field(default_factory=list)
    lid: bool = False


def test_arguments():
    assert Point(1.0) == Point(x=1.0) == Point(1.0, 0.0, ("new",)) == Point(1.0, tags=("new",))
    assert Point(1.0, 2.0).size == 3.0 and Point.__doc__ == "A point."
    for wrong in (lambda: Point(), lambda: Point(1, 2, (), 4), lambda: Point(1, x=2), lambda: Point(1, z=2), lambda: Empty(1)):
        with pytest.raises(TypeError, match="Point|Empty"):
            wrong()


def test_equal_when_all_fields_are():
    assert Point(1.0) != Point(2.0) and Point(1.0) != (1.0, 0.0, ("new",)) and hash(Point(1)) == hash(Point(1.0))
    assert Empty() == Empty() and Empty() != Named("a") and {Named("a"): 1}[Named("a")] == 1
    assert Box() != Box() and len({Box(), Box()}) == 2
    assert Box().content is not Box().content


def test_frozen():
    with pytest.raises(AttributeError, match="can't be changed: x"):
        Point(1.0).x = 2.0
    with pytest.raises(AttributeError, match="can't be changed: x"):
        del Point(1.0).x
    with pytest.raises(AttributeError):
        Empty().new = 1
    box = Box()
    box.lid = True
    assert box.lid
    with pytest.raises(AttributeError):
        box.other = 1


def test_shown_copied_and_matched():
    assert repr(Point(1)) == "Point(x=1, y=0.0, tags=('new',))" and repr(Empty()) == "Empty()" and str(Empty()) == "nothing"
    for made in (Point(1.0), Named("a")):
        assert copy.copy(made) == pickle.loads(pickle.dumps(made)) == made
    assert values.replace(Point(1.0), y=3.0) == Point(1.0, 3.0)
    match Point(1.0, 2.0):
        case Point(x, y):
            assert (x, y) == (1.0, 2.0)


def test_they_are_those_of_dataclasses():
    assert set(values.__all__) <= set(dataclasses.__all__)
