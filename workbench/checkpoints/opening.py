"""Open safetensors and torch files without reading more than their index."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from workbench.checkpoints.checkpoint import Checkpoint, TensorInfo
from workbench.checkpoints.finding import find_config, find_file
from workbench.checkpoints.pickles import wanted_classes
from workbench.core.errors import CheckpointError, UnsafeFile, WorkbenchError

_LEGACY = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_MAX_PICKLE_BYTES = 1 << 28
_MAX_ENTRIES, _MAX_LEVELS = 1_000_000, 32
_AGAIN = "the file may be incomplete: copy or download it again and compare its size"
_SAFE = "save it again as a dict of tensors, torch.save(model.state_dict(), …), or as safetensors"
_DTYPES = {
    **{"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "BOOL": torch.bool},
    **{"I64": torch.int64, "I32": torch.int32, "I16": torch.int16, "I8": torch.int8, "U8": torch.uint8},
    **{"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2},
}


def open_checkpoint(path: str | Path) -> Checkpoint:
    """A checkpoint by its names and shapes. Values are read when asked for; no code of the file is run.

    Args:
        path: a safetensors or torch file, or a folder that holds one.

    Raises:
        CheckpointError: not a checkpoint, damaged, or several in the folder. UnsafeFile: it would have to run code to be read.
    """
    try:
        file = find_file(Path(path))
        with file.open("rb") as f:
            head = f.read(512)
        size = file.stat().st_size
        config, config_path = find_config(file)
    except OSError as err:
        raise CheckpointError(f"cannot be opened: {err.strerror}", where=str(path), fix="check the path and your permission to read it") from err
    try:
        kind, tensors, stored, scalars = _open(file, head, size)
    except WorkbenchError:
        raise
    except Exception as err:
        reason = " ".join(str(err).split())[:240]
        raise CheckpointError(f"cannot be read as a checkpoint: {type(err).__name__}: {reason}", where=str(file), fix=_AGAIN) from err
    return Checkpoint(file, kind, size, tensors, stored, scalars, config, config_path)


def _open(file: Path, head: bytes, size: int) -> tuple[str, dict[str, TensorInfo], Any, Mapping[str, object]]:
    if head[:4] == b"PK\x03\x04":
        return ("torch", *_tree(_load_zip(file), file))
    if head.startswith(_LEGACY):
        return ("torch (legacy)", *_tree(_load_torch(file, mmap=False), file))
    if head[8:9] == b"{" and not head.startswith((b"{", b"[")):
        return ("safetensors", *_open_safetensors(file))
    raise _foreign(file, head, size)


def _open_safetensors(file: Path) -> tuple[dict[str, TensorInfo], Any, Mapping[str, object]]:
    try:
        handle = safe_open(str(file), framework="pt", device="cpu")
        tensors = {}
        for name in handle.keys():  # noqa: SIM118 (a handle, not a dict)
            part = handle.get_slice(name)
            shape, kind = tuple(part.get_shape()), _DTYPES.get(part.get_dtype())
            if kind is None:
                raise CheckpointError(
                    f"{name} is stored as {part.get_dtype()}, which is not read", where=str(file), fix="save it as float32 or float16"
                )
            tensors[name] = _info(name, shape, kind)
    except SafetensorError as err:
        raise CheckpointError(f"a damaged safetensors file: {err}", where=str(file), fix=_AGAIN) from err
    return tensors, handle.get_tensor, handle.metadata() or {}


def _load_zip(file: Path) -> Any:
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            index = next((e for e in entries if e.filename.rpartition("/")[2] == "data.pkl"), None)
            packed = next((e for e in entries if e.compress_type != zipfile.ZIP_STORED), None)
            if index is None:
                names = ", ".join(e.filename for e in entries[:4])
                raise CheckpointError(f"a zip archive, but not of torch.save: it holds {names}", where=str(file), fix="give the checkpoint itself")
            if packed is not None or index.file_size > _MAX_PICKLE_BYTES:
                raise CheckpointError("the archive was packed by another program than torch.save", where=str(file), fix=_SAFE)
            if any(e.filename.rpartition("/")[2] == "constants.pkl" for e in entries):
                raise UnsafeFile("a TorchScript archive: it holds a program, not only weights", where=str(file), fix=_SAFE)
            data = archive.read(index)
    except zipfile.BadZipFile as err:
        raise CheckpointError(f"a damaged or incomplete torch file of {file.stat().st_size} bytes: {err}", where=str(file), fix=_AGAIN) from err
    return _load_torch(file, mmap=True, data=data)


def _load_torch(file: Path, *, mmap: bool, data: bytes | None = None) -> Any:
    try:
        return torch.load(str(file), map_location="cpu", weights_only=True, mmap=mmap)
    except pickle.UnpicklingError as err:
        if data is None:
            with file.open("rb") as f:
                data = f.read(_MAX_PICKLE_BYTES)
        classes = wanted_classes(data)
        if classes:
            raise _unsafe(file, classes) from err
        raise


def _unsafe(file: Path, classes: list[str]) -> UnsafeFile:
    more = "" if len(classes) <= 5 else f" and {len(classes) - 5} more"
    return UnsafeFile(f"holds Python objects that would run code: {', '.join(classes[:5])}{more}", where=str(file), fix=_SAFE)


def _foreign(file: Path, head: bytes, size: int) -> CheckpointError:
    """What a file is that is no checkpoint, in words."""
    if head[:1] == b"\x80":
        with file.open("rb") as f:
            classes = wanted_classes(f.read(_MAX_PICKLE_BYTES))
        return _unsafe(file, classes or ["a bare Python pickle, not written by torch.save"])
    if head.startswith(b"version https://git-lfs"):
        return CheckpointError("a Git LFS pointer, not the weights themselves", where=str(file), fix="fetch the file: git lfs pull")
    kinds = {
        b"\x89HDF": "an HDF5 file",
        b"\x1f\x8b": "a gzip archive",
        b"<": "a web page or XML",
        b"GGUF": "a GGUF file",
        b"\x93NUMPY": "a NumPy array",
    }
    known = next((name for magic, name in kinds.items() if head.lstrip().startswith(magic)), None)
    if size == 0:
        known = "empty"
    elif known is None:
        text = all(32 <= b < 127 or b in b"\t\r\n" or b > 127 for b in head)
        known = f"text: {head[:40].decode('utf-8', 'replace')!r}" if text else f"of an unknown kind (first bytes {head[:8].hex(' ')})"
    fix = "checkpoints are safetensors files, or what torch.save writes; " + _AGAIN
    return CheckpointError(f"{file.name} is not a checkpoint but {known}", where=str(file), fix=fix)


def _tree(content: Any, file: Path) -> tuple[dict[str, TensorInfo], Any, Mapping[str, object]]:
    """Names with dots for every tensor in nested dicts and lists, and the top-level numbers and words."""
    if not isinstance(content, Mapping):
        raise CheckpointError(f"holds one {type(content).__name__}, not named tensors", where=str(file), fix=_SAFE)
    found: dict[str, Tensor] = {}
    for count, (name, value) in enumerate(_walk(content, file)):
        if count > _MAX_ENTRIES:
            raise CheckpointError(f"more than {_MAX_ENTRIES} entries", where=str(file), fix=_SAFE)
        if isinstance(value, Tensor):
            if name in found:
                raise CheckpointError(f"two tensors are named {name}", where=str(file), fix=_SAFE)
            found[name] = value
    scalars = {str(k): v for k, v in content.items() if isinstance(v, bool | int | float | str)}
    return {n: _info(n, tuple(t.shape), t.dtype) for n, t in found.items()}, found.__getitem__, scalars


def _walk(content: Any, file: Path, prefix: str = "", above: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    items = content.items() if isinstance(content, Mapping) else enumerate(content)
    for key, value in items:
        name = f"{prefix}{key}"
        if isinstance(value, Mapping | list | tuple):
            if id(value) in above or len(above) >= _MAX_LEVELS:
                raise CheckpointError(f"{name[:80]} contains itself, or is nested more than {_MAX_LEVELS} levels deep", where=str(file), fix=_SAFE)
            yield name, None
            yield from _walk(value, file, f"{name}.", (*above, id(value)))
        else:
            yield name, value


def _info(name: str, shape: tuple[int, ...], dtype: torch.dtype) -> TensorInfo:
    count = 1
    for side in shape:
        count *= side
    return TensorInfo(name, shape, str(dtype).removeprefix("torch."), count * dtype.itemsize, name.partition(".")[0])
