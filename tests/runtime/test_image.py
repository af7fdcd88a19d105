"""Machine code as a blob: linked, stored, mapped, patched."""

import ctypes

import pytest

from accel.lower.machine import assemble
from accel.runtime.image import Image, LinkError, Loaded, link
from accel.runtime.symbols import resolve

TEXT = """
@word = external global i64
@table = internal constant [2 x ptr] [ptr @one, ptr @two]
@count = internal global i64 5
declare double @"libm.hypot"(double, double)

define internal i64 @one() { ret i64 1 }
define internal i64 @two() { ret i64 2 }
define i64 @pick(i64 %k) {
  %at = getelementptr ptr, ptr @table, i64 %k
  %f = load ptr, ptr %at
  %r = call i64 %f()
  ret i64 %r
}
define i64 @outside() {
  %r = load i64, ptr @word
  ret i64 %r
}
define i64 @next() {
  %n = load i64, ptr @count
  %n1 = add i64 %n, 1
  store i64 %n1, ptr @count
  ret i64 %n1
}
define double @length(double %x, double %y) {
  %r = call double @"libm.hypot"(double %x, double %y)
  ret double %r
}
"""


@pytest.fixture(scope="module")
def image():
    return Image.loads(assemble(TEXT))


def integer(address, *arguments):
    return ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * len(arguments))(address)(*arguments)


def load(image, **addresses):
    return Loaded(image, lambda name: addresses[name] if name in addresses else resolve(name))


def test_what_an_image_offers_and_needs(image):
    assert set(image.exports) == {"pick", "outside", "next", "length"} and set(image.imports) == {"word", "libm.hypot"}
    assert Image.loads(image.dumps()) == image and image.text_size % 4096 == 0


def test_code_runs_where_it_is_mapped(image):
    word = ctypes.c_int64(77)
    first, second = (load(image, word=ctypes.addressof(word)) for _ in range(2))
    for loaded in (first, second):
        assert [integer(loaded["pick"], k) for k in (0, 1)] == [1, 2]  # addresses inside the blob
        assert integer(loaded["outside"]) == 77
        length = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_double, ctypes.c_double)(loaded["length"])
        assert length(3.0, 4.0) == 5.0
    assert [integer(first["next"]), integer(first["next"]), integer(second["next"])] == [6, 7, 6]  # each has data of its own


def test_patching_points_an_import_elsewhere(image):
    words = [ctypes.c_int64(k) for k in (1, 2)]
    loaded = load(image, word=ctypes.addressof(words[0]))
    assert integer(loaded["outside"]) == 1
    loaded.patch("word", ctypes.addressof(words[1]))
    loaded.patch("no such import", 0)
    assert integer(loaded["outside"]) == 2


def test_unknown_symbols_and_exports(image):
    with pytest.raises(KeyError, match="word"):
        Loaded(image, resolve)
    with pytest.raises(KeyError, match="missing"):
        load(image, word=0)["missing"]


@pytest.mark.parametrize("raw", [b"", b"MZ" + bytes(100), b"\x7fELF\x02\x01" + bytes(100)])
def test_only_objects_of_this_machine_are_linked(raw):
    with pytest.raises(LinkError, match="not an ELF x86-64 object"):
        link(raw)


def test_thread_local_storage_is_not_linked():
    with pytest.raises(LinkError, match="thread-local storage"):
        assemble("@x = thread_local global i64 3\ndefine i64 @f() {\n  %r = load i64, ptr @x\n  ret i64 %r\n}\n")
