"""A torch file to safetensors, by its description: nothing of the file is run, also not where its author is trusted.

`convert` refuses, warns and starts a process without network (`workbench.worker.quarantine`); `write` is what that process does.
"""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from workbench.checkpoints.configs import find_config
from workbench.checkpoints.describing import clean, contents_of
from workbench.checkpoints.finding import find_file, stem_of
from workbench.checkpoints.opening import check_sum, describe, in_words, open_checkpoint, read_torch
from workbench.checkpoints.safe_file import DTYPES
from workbench.checkpoints.source import AGAIN, Record, Source
from workbench.core.contents import Contents
from workbench.core.errors import BadInput, CheckpointError, UnsafeFile, WorkbenchError
from workbench.core.strict import strict_json

_KINDS = {dtype: name for name, dtype in DTYPES.items()}
_MAX_SETTINGS_BYTES = 1 << 20
_LEAST_SECONDS, _BYTES_A_SECOND = 180, 10 << 20
# What the other process gets of our surroundings: enough to find Python and torch, no tokens.
_SURROUNDINGS = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "SYSTEMROOT", "TMPDIR", "TEMP", "LANG", "HOME")


@dataclass(frozen=True)
class Converted:
    """What a conversion wrote.

    Args:
        path: the safetensors file. tensors, bytes: in it. settings_path: the json beside it, "" without one.
        left_out: (name, why) of what is not in it.
    """

    path: str
    tensors: int
    bytes: int
    settings_path: str
    left_out: tuple[tuple[str, str], ...]


def refusal(contents: Contents) -> WorkbenchError | None:
    """Why a file is not converted even where it is trusted; None where it can be."""
    if contents.alarming:
        return UnsafeFile(contents.sentence(), where=contents.path, fix="a file that wants to run commands is not converted, trusted or not")
    if contents.kind == "torch script":
        return UnsafeFile(contents.sentence(), where=contents.path, fix=contents.advice())
    if contents.damage:
        return CheckpointError(f"a damaged torch file: {contents.damage}", where=contents.path, fix=AGAIN)
    if not contents.tensors:
        return CheckpointError("no tensor can be seen in it", where=contents.path, fix=contents.advice())
    return None


def convert(path: str | Path, out: str | Path | None = None, *, trust: bool = False) -> Converted:
    """Write the tensors of a torch file as safetensors, and what is plain data beside them as json.

    Args:
        out: None = the same name, ending in .safetensors. trust: also where the file holds Python objects, whose author you know.

    Raises:
        UnsafeFile: it holds Python objects and is not trusted, or wants to run commands. CheckpointError: damaged, or no torch file.
        BadInput: `out` exists, is a folder, or cannot be written.
    """
    with in_words(path):
        file = find_file(Path(path))
    contents = describe(file)
    error = refusal(contents)
    if error is None and contents.classes and not trust:
        error = UnsafeFile(contents.sentence(), where=str(file), fix=f"if you know where it comes from: jepa-workbench convert {file} --trust")
    if error is not None:
        raise error
    target, beside = _targets(file, out)
    try:
        with tempfile.TemporaryDirectory(prefix=".convert-", dir=target.parent) as folder:  # of an unpredictable name, for this user only
            drafts = [Path(folder) / "tensors", Path(folder) / "settings"]
            said = _in_quarantine(file, *drafts)
            open_checkpoint(drafts[0])
            put(drafts[0], target)
            if drafts[1].exists():
                put(drafts[1], beside)
        size, wrote = target.stat().st_size, beside.exists()
    except OSError as err:
        raise _unwritable(target, err) from err
    left_out = tuple((name, why) for name, why in said["left_out"])
    return Converted(str(target), said["tensors"], size, str(beside) if wrote else "", left_out)


def _targets(file: Path, out: str | Path | None) -> tuple[Path, Path]:
    """The safetensors file to write, and the json beside it.

    Raises:
        BadInput: they exist, also as a link that leads nowhere, or are no names of files.
    """
    target = Path(out) if out is not None else file.parent / f"{stem_of(file)}.safetensors"
    fix = "give another name: -o OUT.safetensors"
    try:
        if target.is_dir() or not target.name:
            raise BadInput(f"{str(target)!r} is a folder", where=str(target), fix="name a file in it: -o FOLDER/OUT.safetensors")
        if "\0" in str(target):
            raise ValueError("a null character in its name")
        if target.suffix == ".json":
            raise BadInput("settings are written as .json, tensors are not", where=str(target), fix=fix)
        beside = target.with_suffix(".json")
        existing = next((place for place in (target, beside) if os.path.lexists(place)), None)
    except (OSError, ValueError) as err:
        raise _unwritable(target, err) from err
    if existing is not None:
        raise BadInput(f"{existing.name} exists", where=str(existing), fix=fix)
    return target, beside


def put(draft: Path, target: Path) -> None:
    """Give a finished draft its name; what has that name by now is not written over, and a link is not followed."""
    if hasattr(os, "link"):
        with suppress(PermissionError, NotImplementedError):  # of file systems without hard links
            os.link(draft, target)
            return
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    os.replace(draft, target)


def _unwritable(target: Path, err: OSError | ValueError) -> BadInput:
    why = err.strerror or type(err).__name__ if isinstance(err, OSError) else str(err)[:80]
    return BadInput(f"{clean(target.name)} cannot be written: {why}", where=str(target), fix="choose another place: -o OUT.safetensors")


def _in_quarantine(file: Path, draft: Path, settings: Path) -> dict[str, Any]:
    """Let another process write the drafts: without network, with little memory, time and rights."""
    command = [sys.executable, "-m", "workbench.worker.quarantine", str(file.absolute()), str(draft.absolute()), str(settings.absolute())]
    around = {name: os.environ[name] for name in _SURROUNDINGS if name in os.environ}
    around |= {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    seconds = _LEAST_SECONDS + file.stat().st_size // _BYTES_A_SECOND
    fix = "nothing was written; see whether there is memory and disk for a copy of the file"
    try:
        done = subprocess.run(command, env=around, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as err:
        raise CheckpointError(f"the conversion was stopped after {seconds} seconds", where=str(file), fix=fix) from err
    said: dict[str, Any] = {}
    with suppress(ValueError):  # it died before it could say anything
        said = json.loads(done.stdout.strip().rpartition("\n")[2])
    if done.returncode or "tensors" not in said:
        reason = said.get("error") or done.stderr.strip().rpartition("\n")[2][:200] or f"it ended with {done.returncode}"
        raise CheckpointError(f"the conversion failed: {reason}", where=str(file), fix=fix)
    return said


def write(file: Path, draft: Path, settings: Path) -> dict[str, Any]:
    """Write both drafts, one tensor in memory at a time.

    Raises:
        CheckpointError: a tensor cannot be read. UnsafeFile: the file wants to run commands.
    """
    found = read_torch(file)
    if found is None:
        raise CheckpointError("not what torch.save writes", where=str(file), fix=AGAIN)
    contents, records, inline = contents_of(found, file)
    error = refusal(contents)
    if error is not None:
        raise error
    found.source.inline.update(inline)
    check_sum(records, found.source, contents.bytes, file)
    kept = {n: r for n, r in records.items() if not _fault(r)}
    odd = [(n, _fault(r)) for n, r in records.items() if n not in kept]
    words = {clean(k): clean(str(v)) for k, v in contents.settings.items() if isinstance(v, bool | int | float | str)}
    order = sorted(kept, key=lambda name: (-kept[name].dtype.itemsize, name))  # so that every tensor is aligned
    with draft.open("xb") as stream:
        stream.write(_header(order, kept, {**words, "converted_from": clean(file.name)}))
        for name in order:
            stream.write(_numbers(found.source, name, kept[name], file))
    said, dropped = _settings({**find_config(file, stem_of(file))[0], **contents.settings})
    if said:
        with settings.open("x", encoding="utf-8") as stream:
            stream.write(said)
    return {"tensors": len(kept), "left_out": [*contents.left_out, *odd, *dropped]}


def _numbers(source: Source, name: str, record: Record, file: Path) -> memoryview:
    try:
        return source.read(record).reshape(-1).view(torch.uint8).numpy().data
    except ValueError as err:
        raise CheckpointError(f"the values of {name} cannot be read: {err}", where=str(file), fix=AGAIN) from err


def _fault(record: Record) -> str:
    if record.odd or record.span < record.count:
        return f"a tensor that is {record.odd or 'no plain array'}"
    return "" if record.dtype in _KINDS else f"a tensor of {record.dtype}, which safetensors does not know"


def _header(order: list[str], records: Mapping[str, Record], words: Mapping[str, str]) -> bytes:
    entries: dict[str, Any] = {"__metadata__": dict(words)}
    position = 0
    for name in order:
        record = records[name]
        places = [position, position + record.bytes]
        entries[name] = {"dtype": _KINDS[record.dtype], "shape": list(record.shape), "data_offsets": places}
        position = places[1]
    text = json.dumps(entries, ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _settings(content: Mapping[str, Any]) -> tuple[str, list[tuple[str, str]]]:
    """As json that `open_checkpoint` reads again; what would make it too long is left out."""
    kept: dict[str, Any] = {}
    dropped: list[tuple[str, str]] = []
    room = _MAX_SETTINGS_BYTES - 1024
    for name, value in content.items():
        size = len(strict_json({str(name): value}).encode())
        if size > room:
            dropped.append((str(name), "settings that are too long"))
        else:
            kept[str(name)] = value
            room -= size + 64
    return (strict_json(kept) if kept else ""), dropped
