"""Pickles, archives and headers put together byte by byte."""

from __future__ import annotations

import pickletools
import struct
from collections.abc import Callable
from pathlib import Path

from tests.checkpoints.corpus import LEGACY_HEAD, Make, archive, named, tensor, written

VALUES = bytes(16)
ARGUMENTS = {
    **{"uint1": b"\x01", "uint2": b"\x01\x00", "int4": b"\x01\x00\x00\x00", "uint4": b"\x01\x00\x00\x00", "uint8": b"\x01" + bytes(7)},
    **{"long1": b"\x01\x05", "long4": b"\x01\x00\x00\x00\x05", "float8": bytes(8), "floatnl": b"1.5\n"},
    **{"decimalnl_short": b"1\n", "decimalnl_long": b"1L\n", "stringnl": b"'x'\n", "stringnl_noescape": b"x\n"},
    **{"stringnl_noescape_pair": b"os\nsystem\n", "unicodestringnl": b"\\ud800x\n"},
    **dict.fromkeys(("string1", "bytes1", "unicodestring1"), b"\x01x"),
    **dict.fromkeys(("string4", "bytes4", "unicodestring4"), b"\x01\x00\x00\x00x"),
    **dict.fromkeys(("bytes8", "unicodestring8", "bytearray8"), b"\x01" + bytes(7) + b"x"),
}


def opcode(name: str) -> bytes:
    """One opcode with a small argument."""
    found = next(o for o in pickletools.opcodes if o.name == name)
    return found.code.encode("latin-1") + (ARGUMENTS[found.arg.name] if found.arg else b"")


def word(text: str | bytes) -> bytes:
    """The opcode that pushes a text."""
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return b"X" + struct.pack("<I", len(data)) + data


def integer(number: int) -> bytes:
    """The opcode that pushes an integer."""
    data = number.to_bytes(number.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def doubled(levels: int = 40) -> bytes:
    """A tuple of twice the same tuple, and so on: short in the file, endless for `repr` and `hash`."""
    return b"K\x01\x85" + b"2\x86" * levels


def with_entry(*entries: tuple[bytes, bytes]) -> bytes:
    """A dict of one good tensor, "w", and these keys and values."""
    return b"\x80\x02}(" + word("w") + tensor("0", 4) + b"".join(key + value for key, value in entries) + b"u."


def zipped(pickle: bytes) -> Make:
    """An archive with this pickle and one storage."""
    return archive(pickle, {"0": VALUES})


def valued(value: bytes) -> Make:
    """An archive of one good tensor and, under "x", this value."""
    return zipped(with_entry((word("x"), value)))


def streamed(content: bytes, keys: bytes = b"\x80\x02](" + word("0") + b"e.", values: bytes = struct.pack("<Q", 4) + VALUES) -> Make:
    """The older stream of torch.save with this content and list of storages."""
    return written("m.pt", LEGACY_HEAD + content + keys + values)


def changed(make: Make, change: Callable[[bytes], bytes]) -> Make:
    """The same file with other bytes."""

    def making(folder: Path) -> Path:
        path = make(folder)
        path.write_bytes(change(path.read_bytes()))
        return path

    return making


def good() -> Make:
    """One tensor of four numbers."""
    return zipped(named(w=tensor("0", 4)))
