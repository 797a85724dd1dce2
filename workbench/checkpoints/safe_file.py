"""A safetensors file by its header. Every place in it is checked before any number is read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from workbench.checkpoints.source import AGAIN, Record, Source, shape_text, stamp_of
from workbench.checkpoints.symbolic import MAX_NAME
from workbench.core.errors import CheckpointError

_MAX_HEADER_BYTES = 1 << 23  # thirty thousand tensors
_MAX_PLACE = 1 << 63
DTYPES = {
    **{"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "BOOL": torch.bool},
    **{"I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8},
    **{"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2},
}


def looks_safe(head: bytes) -> bool:
    """The first bytes may be those of a safetensors file: a length, then json."""
    return head[8:9] == b"{" and not head.startswith((b"{", b"["))


def read_safetensors(file: Path) -> tuple[dict[str, Record], Source, Mapping[str, str]]:
    """Its tensors, their places, and the words it carries along.

    Raises:
        CheckpointError: the header lies, or is not one.
    """
    try:
        with file.open("rb") as stream:
            stamp = stamp_of(stream)
            length = int.from_bytes(stream.read(8), "little")
            if length > _MAX_HEADER_BYTES or length + 8 > stamp[2]:
                raise ValueError(f"a header of {length} bytes in a file of {stamp[2]}")
            header = json.loads(stream.read(length).decode("utf-8"), object_pairs_hook=_once)
        if not isinstance(header, dict):
            raise ValueError("the header lists no tensors")
        words = header.pop("__metadata__", None) or {}
        if not isinstance(words, dict) or not all(isinstance(v, str) for v in words.values()):
            raise ValueError("its metadata are not words")
        entries = {name: _entry(name, said) for name, said in header.items()}
        _check_places(entries, stamp[2] - 8 - length)
    except (ValueError, RecursionError) as err:
        raise CheckpointError(f"a damaged safetensors file: {err}", where=str(file), fix=AGAIN) from err
    for name, (kind, _, _) in entries.items():
        if kind not in DTYPES:
            raise CheckpointError(f"{name!a} is stored as {kind[:40]!a}, which is not read", where=str(file), fix="save it as float32 or float16")
    records = {name: Record(shape, DTYPES[kind], name) for name, (kind, shape, _) in entries.items()}
    wrong = next((n for n, r in records.items() if r.bytes != entries[n][2][1] - entries[n][2][0]), None)
    if wrong is not None:
        shape, held = shape_text(records[wrong].shape), entries[wrong][2][1] - entries[wrong][2][0]
        raise CheckpointError(f"a damaged safetensors file: {wrong!a} of {shape} has {held} bytes", where=str(file), fix=AGAIN)
    places = {name: (8 + length + start, end - start) for name, (_, _, (start, end)) in entries.items()}
    return records, Source(file, places, stamp), words


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is listed twice")
    return found


def _entry(name: str, said: Any) -> tuple[str, tuple[int, ...], tuple[int, int]]:
    kind, shape, places = (said.get(k) for k in ("dtype", "shape", "data_offsets")) if isinstance(said, dict) else (None, None, None)
    if len(name) > MAX_NAME:
        raise ValueError(f"a name of {len(name)} letters, {name[:40]!a}…")
    numbers = isinstance(shape, list) and isinstance(places, list) and len(places) == 2 and all(type(n) is int and n >= 0 for n in (*shape, *places))
    if not isinstance(kind, str) or not numbers or not isinstance(shape, list) or not isinstance(places, list):
        raise ValueError(f"{name[:80]!a} has no dtype, shape and data_offsets")
    if max(places) >= _MAX_PLACE:
        raise ValueError(f"{name[:80]!a} lies beyond the end of any file")
    Record(tuple(shape), torch.uint8)
    return kind, tuple(shape), (places[0], places[1])


def _check_places(entries: Mapping[str, tuple[str, tuple[int, ...], tuple[int, int]]], size: int) -> None:
    """As the format demands: the tensors lie one after the other, without gaps, to the end of the file."""
    position = 0
    for name, (_, _, (start, end)) in sorted(entries.items(), key=lambda entry: entry[1][2]):
        if start != position or end < start:
            raise ValueError(f"{name[:80]!a} lies at {start} to {end}, where {position} was expected")
        position = end
    if position != size:
        raise ValueError(f"its tensors need {position} bytes, there are {size}")
