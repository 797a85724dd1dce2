"""What torch.save writes, in a zip archive or in the older stream: read as a description, with the places of all storages."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from workbench.checkpoints.meaning import is_name, is_plain, storage_of
from workbench.checkpoints.source import AGAIN, Source, stamp_of
from workbench.checkpoints.symbolic import Malformed, Walk
from workbench.core.errors import CheckpointError

LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_MAX_PICKLE_BYTES = 1 << 26
_MAX_CONTENTS_BYTES = 1 << 24  # the list of contents: a hundred thousand storages
_TAIL = (1 << 16) + 22 + 20


@dataclass(frozen=True, eq=False)
class TorchFile:
    """A file as torch.save wrote it, before any number of it is read.

    Args:
        kind: "torch", "torch (legacy)", "pickle" or "torch script". root: what it describes; None where it is damaged.
        strange: classes and functions that it would call, without those of plain tensors. damage: why it cannot be read to its end, "" where it can.
    """

    kind: str
    root: Any
    strange: tuple[str, ...]
    source: Source
    damage: str = ""


def read_zip(file: Path) -> TorchFile:
    """A zip archive of torch.save.

    Raises:
        CheckpointError: another archive, a packed or a damaged one.
    """
    try:
        with file.open("rb") as stream:
            stamp = stamp_of(stream)
            _check_contents(stream, stamp[2])
            with zipfile.ZipFile(stream) as archive:
                found, data = _entries(archive, file, stamp[2])
                storages = {name.removeprefix("data/"): e for name, e in found.items() if name.startswith("data/")}
                order = archive.read(found["byteorder"])[:16] if "byteorder" in found and found["byteorder"].file_size < 16 else b"little"
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError, struct.error, zlib.error) as err:
        raise CheckpointError(f"a damaged or incomplete torch file of {file.stat().st_size} bytes: {err}", where=str(file), fix=AGAIN) from err
    if order != b"little":
        raise CheckpointError("its numbers are stored with the largest byte first", where=str(file), fix="save it again on a common machine")
    walk = Walk(io.BytesIO(data))
    places = {key: (e.header_offset, e.file_size) for key, e in storages.items()}
    kind = "torch script" if "constants.pkl" in found else "torch"
    return _described(walk, 1, kind, lambda _: Source(file, places, stamp, zipped=True))


def read_stream(file: Path) -> TorchFile:
    """The older stream of torch.save, or a bare pickle.

    Raises:
        CheckpointError: damaged.
    """
    with file.open("rb") as stream:
        stamp = stamp_of(stream)
        walk = Walk(io.BytesIO(stream.read(_MAX_PICKLE_BYTES)))
    legacy = walk.stream.getbuffer()[: len(LEGACY)] == LEGACY
    if not legacy:
        return _described(walk, 1, "pickle", lambda _: Source(file, {}, stamp))
    return _described(walk, 5, "torch (legacy)", lambda keys: Source(file, _in_a_row(walk, keys, stamp[2]), stamp))


def _described(walk: Walk, pickles: int, kind: str, source: Any) -> TorchFile:
    """The first three pickles of a stream say only that it is one, the fourth is the content, the last lists the storages."""
    read: list[Any] = []
    damage = ""
    try:
        read += [walk.next() for _ in range(pickles)]
        found = source(read[-1])
    except (Malformed, ValueError) as err:
        damage, found = str(err), Source(Path(), {}, ())
    root = None if damage else read[3] if pickles > 1 else read[0]
    return TorchFile(kind, root, tuple(n for n in walk.wanted if not is_plain(n)), found, damage)


def _in_a_row(walk: Walk, keys: Any, size: int) -> Mapping[str, tuple[int, int]]:
    """Where the storages of the older stream lie: after the pickles, each with its length before it."""
    lengths: dict[str, int] = {}
    for found in walk.persistent:
        if isinstance(found.key, tuple) and found.key[:1] == ("storage",):
            key, dtype, count = storage_of(found)
            lengths[key] = count * dtype.itemsize
    places: dict[str, tuple[int, int]] = {}
    position = walk.stream.tell()
    for key in keys if isinstance(keys, list) else ():
        if not is_name(key):
            raise ValueError("a storage is listed whose key is not a name")
        if key not in lengths:
            raise ValueError(f"the storage {str(key)[:40]!a} is listed and belongs to no tensor")
        places[key] = (position + 8, lengths[key])
        position += 8 + lengths[key]
    if position > size:
        raise ValueError(f"the file ends after {size} of {position} bytes")
    return places


def _entries(archive: zipfile.ZipFile, file: Path, size: int) -> tuple[dict[str, zipfile.ZipInfo], bytes]:
    """The archive's entries by their names within the archive's only folder, and the pickle."""
    entries = archive.infolist()
    indexes = [e for e in entries if e.filename.rpartition("/")[2] == "data.pkl"]
    if len(indexes) != 1:
        names = ", ".join(ascii(e.filename[:80]).strip("'") for e in (indexes or entries)[:4])
        raise CheckpointError(f"a zip archive, but not of torch.save: it holds {names}", where=str(file), fix="give the checkpoint itself")
    prefix = indexes[0].filename.removesuffix("data.pkl")
    found = {e.filename.removeprefix(prefix): e for e in entries}
    packed = any(e.compress_type != zipfile.ZIP_STORED or e.compress_size != e.file_size or e.flag_bits & 1 for e in entries)
    if packed or len(found) != len(entries) or indexes[0].file_size > _MAX_PICKLE_BYTES:
        fix = "save it again: torch.save(model.state_dict(), …)"
        raise CheckpointError("the archive was packed by another program than torch.save", where=str(file), fix=fix)
    beyond = next((e for e in entries if e.header_offset < 0 or e.header_offset + e.file_size > size), None)
    if beyond is not None:
        raise zipfile.BadZipFile(f"{beyond.filename[:80]!a} would end at byte {beyond.header_offset + beyond.file_size}")
    return found, archive.read(indexes[0])


def _check_contents(stream: BinaryIO, size: int) -> None:
    """Refuse an absurdly long list of contents before it is read whole."""
    start = max(0, size - _TAIL)
    stream.seek(start)
    tail = stream.read(_TAIL)
    end = tail.rfind(b"PK\x05\x06")
    if end < 0:
        raise zipfile.BadZipFile("its list of contents, at the end, is not there")
    length = int.from_bytes(tail[end + 12 : end + 16], "little")
    if length == 0xFFFFFFFF and tail[end - 20 : end - 16] == b"PK\x06\x07":
        stream.seek(min(int.from_bytes(tail[end - 12 : end - 4], "little"), size))
        length = int.from_bytes(stream.read(56)[40:48], "little")
    stream.seek(0)
    if length > _MAX_CONTENTS_BYTES:
        raise zipfile.BadZipFile(f"its list of contents would have {length} bytes")
