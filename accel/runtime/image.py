"""Machine code as a blob: linked from one relocatable object, stored as bytes, mapped into a process without a linker.

`link` applies the relocations inside an ELF x86-64 object (small code model, position independent) and collects what is left:
addresses of external symbols in a table of 8-byte slots. `Loaded` maps the blob and fills the slots.
"""

from __future__ import annotations

import ctypes
import marshal
import mmap
import struct

from accel.values import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Image", "LinkError", "Loaded", "link"]

_PAGE = mmap.PAGESIZE
_ALLOC, _EXEC, _TLS = 2, 4, 0x400
_SYMTAB, _RELA, _NOBITS, _UNWIND = 2, 4, 8, 0x70000001
_COMMON, _UNDEFINED, _FUNC = 0xFFF2, 0, 2
_R_64, _R_PC32, _R_PLT32, _R_PC64 = 1, 2, 4, 24
_R_GOT = (9, 41, 42)  # GOTPCREL, GOTPCRELX, REX_GOTPCRELX


class LinkError(ValueError):
    """An object holds something that is not linked here."""


@dataclass(frozen=True, slots=True)
class Image:
    """A linked blob: `text_size` bytes of code, then data. `imports` are slots to fill by symbol, `rebase` slots that hold an
    address inside the blob, `exports` offsets of functions."""

    blob: bytes
    text_size: int
    imports: dict[str, tuple[int, ...]]
    rebase: tuple[tuple[int, int], ...]
    exports: dict[str, int]

    def dumps(self) -> bytes:
        """As bytes."""
        return marshal.dumps((self.blob, self.text_size, self.imports, self.rebase, self.exports))

    @classmethod
    def loads(cls, raw: bytes) -> Image:
        """From bytes whose digest has been checked: marshal trusts its input."""
        return cls(*marshal.loads(raw))


@dataclass(slots=True)
class _Symbol:
    name: str
    type: int
    section: int
    value: int
    size: int
    is_global: bool


def _align(n: int, boundary: int) -> int:
    return (n + boundary - 1) // boundary * boundary


class _Linker:
    """Lays out the sections of an object and applies its relocations."""

    def __init__(self, raw: bytes) -> None:
        if raw[:6] != b"\x7fELF\x02\x01" or struct.unpack_from("<H", raw, 18)[0] != 62:
            raise LinkError("not an ELF x86-64 object")
        self.raw = raw
        offset, count = struct.unpack_from("<Q", raw, 40)[0], struct.unpack_from("<H", raw, 60)[0]
        # name, type, flags, address, offset, size, link, info, alignment, entry size
        self.sections = [struct.unpack_from("<IIQQQQIIQQ", raw, offset + 64 * i) for i in range(count)]
        self.symbols = self._read_symbols()
        self.place: dict[int, int] = {}
        self.stubs: dict[int, int] = {}
        self.slots: dict[int, int] = {}
        self.imports: dict[str, list[int]] = {}
        self.rebase: list[tuple[int, int]] = []
        self.text_size = 0

    def _read_symbols(self) -> list[_Symbol]:
        table = next(s for s in self.sections if s[1] == _SYMTAB)
        names = self.raw[self.sections[table[6]][4] :][: self.sections[table[6]][5]]
        found = []
        for at in range(table[4], table[4] + table[5], 24):
            name, info, _, section, value, size = struct.unpack_from("<IBBHQQ", self.raw, at)
            text = names[name : names.index(b"\0", name)].decode()
            found.append(_Symbol(text, info & 15, section, value, size, info >> 4 != 0))
        return found

    def _relocations(self) -> list[tuple[int, int, int, int, int]]:
        """(section, offset, type, symbol, addend)."""
        found = []
        for s in self.sections:
            if s[1] == _RELA and self.sections[s[7]][2] & _ALLOC:
                for at in range(s[4], s[4] + s[5], 24):
                    offset, info, addend = struct.unpack_from("<QQq", self.raw, at)
                    found.append((s[7], offset, info & 0xFFFFFFFF, info >> 32, addend))
        return found

    def link(self) -> Image:
        relocations = self._relocations()
        end = self._lay_out({r[3] for r in relocations if r[2] in (_R_PLT32, _R_PC32)})
        self.blob = bytearray(_align(end, 8))
        for i, at in self.place.items():
            if self.sections[i][1] != _NOBITS:
                self.blob[at : at + self.sections[i][5]] = self.raw[self.sections[i][4] :][: self.sections[i][5]]
        for section, offset, kind, symbol, addend in relocations:
            if section in self.place:
                self._apply(self.place[section] + offset, kind, symbol, addend)
        exports = {s.name: s.value for s in self.symbols if s.is_global and s.section != _UNDEFINED and s.type == _FUNC}
        imports = {name: tuple(slots) for name, slots in self.imports.items()}
        return Image(bytes(self.blob), self.text_size, imports, tuple(self.rebase), exports)

    def _lay_out(self, called: set[int]) -> int:
        """Give each section and symbol its place: code first, then a stub per external function called, then data."""
        cursor = 0
        for executable in (True, False):
            for i, s in enumerate(self.sections):
                if s[2] & _TLS:
                    raise LinkError("thread-local storage")
                if s[2] & _ALLOC and bool(s[2] & _EXEC) == executable and s[5] and s[1] != _UNWIND:
                    cursor = _align(cursor, max(s[8], 1))
                    self.place[i], cursor = cursor, cursor + s[5]
            if executable:
                cursor = _align(cursor, 8)
                for k in sorted(called):
                    if self.symbols[k].section == _UNDEFINED:
                        self.stubs[k], cursor = cursor, cursor + 8
                cursor = self.text_size = _align(cursor, _PAGE)
        for symbol in self.symbols:
            if symbol.section == _COMMON:
                cursor = _align(cursor, max(symbol.value, 1))
                symbol.value, cursor = cursor, cursor + symbol.size
            elif symbol.section in self.place:
                symbol.value += self.place[symbol.section]
        return cursor

    def _slot(self, k: int) -> int:
        """Offset of the slot that holds the address of symbol `k`."""
        if k not in self.slots:
            self.slots[k] = len(self.blob)
            self.blob.extend(bytes(8))
            if self.symbols[k].section == _UNDEFINED:
                self.imports.setdefault(self.symbols[k].name, []).append(self.slots[k])
            else:
                self.rebase.append((self.slots[k], self.symbols[k].value))
        return self.slots[k]

    def _apply(self, at: int, kind: int, k: int, addend: int) -> None:
        external, target = self.symbols[k].section == _UNDEFINED, self.symbols[k].value
        if kind in _R_GOT:
            struct.pack_into("<i", self.blob, at, self._slot(k) + addend - at)
        elif kind in (_R_PLT32, _R_PC32):
            if external:
                target = self.stubs[k]
                self.blob[target : target + 2] = b"\xff\x25"  # jmp *slot(%rip)
                struct.pack_into("<i", self.blob, target + 2, self._slot(k) - target - 6)
            struct.pack_into("<i", self.blob, at, target + addend - at)
        elif kind == _R_PC64 and not external:
            struct.pack_into("<q", self.blob, at, target + addend - at)
        elif kind == _R_64 and external and not addend:
            self.imports.setdefault(self.symbols[k].name, []).append(at)
        elif kind == _R_64 and not external:
            self.rebase.append((at, target + addend))
        else:
            raise LinkError(f"relocation type {kind}")


def link(raw: bytes) -> Image:
    """Link one relocatable object.

    Raises
    ------
    LinkError
        On a relocation or section that is not known here.
    """
    return _Linker(raw).link()


def _libc() -> ctypes.CDLL:
    libc = ctypes.CDLL(None)
    libc.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_size_t)
    libc.mmap.restype = ctypes.c_void_p
    libc.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return libc


class Loaded:
    """An image in this process. The pages stay for good: entries may be running in other threads, and late calls come while the
    interpreter shuts down, so no Python object may own them.

    Raises
    ------
    OSError
        When the system refuses executable memory.
    """

    def __init__(self, image: Image, resolve: Callable[[str], int]) -> None:
        libc, size = _libc(), _align(len(image.blob), _PAGE)
        base = libc.mmap(None, size, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
        if base in (None, 2**64 - 1):
            raise MemoryError
        self.image, self.base = image, base
        ctypes.memmove(base, image.blob, len(image.blob))
        for at, target in image.rebase:
            ctypes.c_uint64.from_address(base + at).value = base + target
        for name in image.imports:
            self.patch(name, resolve(name))
        if libc.mprotect(base, image.text_size, mmap.PROT_READ | mmap.PROT_EXEC):
            raise OSError("the system refuses executable memory")

    def patch(self, name: str, address: int) -> None:
        """Point an import somewhere else: an aligned store of 8 bytes, which other threads see whole."""
        for at in self.image.imports.get(name, ()):
            ctypes.c_uint64.from_address(self.base + at).value = address

    def __getitem__(self, export: str) -> int:
        address: int = self.base + self.image.exports[export]
        return address
