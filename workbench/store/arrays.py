"""Vectors in files of arrays: .npy, .npz and .safetensors."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from workbench.core.errors import BadInput
from workbench.store.rows import NAMES, as_float32, assembled, check_size

WANTED = "vectors"  # the name of the array of vectors, where there are several
Shape = tuple[int, ...]
Head = tuple[Shape, np.dtype]
_AXES = "save rows × dim, or clips × steps × dim for trajectories"


def read_npy(path: Path, array: str | None, most_bytes: int) -> Any:
    """The one array of an .npy; see `open_vectors`."""
    ((shape, dtype),) = npy_heads(path).values()
    _check_axes(shape, dtype, path.name, str(path))
    found = np.load(path, mmap_mode="r", allow_pickle=False)
    if dtype != np.float32:
        check_size(shape, most_bytes, str(path))
    return assembled(as_float32(found), {}, str(path))


def read_npz(path: Path, array: str | None, most_bytes: int) -> Any:
    """The arrays of an .npz; see `open_vectors`."""
    where, heads = str(path), npz_heads(path)
    with np.load(path, allow_pickle=False) as arrays:
        return _chosen({n: s for n, (s, _) in heads.items()}, {n: d for n, (_, d) in heads.items()}, arrays.__getitem__, array, most_bytes, where)


def read_safetensors(path: Path, array: str | None, most_bytes: int) -> Any:
    """The tensors of a safetensors file; see `open_vectors`."""
    from safetensors import safe_open

    heads = safetensors_heads(path)
    with safe_open(path, framework="np") as file:
        return _chosen({n: s for n, (s, _) in heads.items()}, {n: d for n, (_, d) in heads.items()}, file.get_tensor, array, most_bytes, str(path))


def npy_heads(path: Path) -> dict[str, Head]:
    """Shape and kind of the one array of an .npy, under its file name."""
    with path.open("rb") as file:
        return {path.name: _header(file, path.stat().st_size, path.name)}


def npz_heads(path: Path) -> dict[str, Head]:
    """Shape and kind of each array of an .npz, by name."""
    heads = dict[str, Head]()
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                heads[member.filename.removesuffix(".npy")] = _header(file, member.file_size, member.filename)
    return heads


def safetensors_heads(path: Path) -> dict[str, Head]:
    """Shape and kind of each tensor of a safetensors file, by name.

    Raises:
        BadInput: a kind that NumPy does not know.
    """
    from safetensors import SafetensorError, safe_open

    kinds = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1", "U8": "u1", "BOOL": "?"}
    try:
        with safe_open(path, framework="np") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118  # a file of tensors is no dict
            said = {name: (tuple(s.get_shape()), s.get_dtype()) for name, s in slices.items()}
    except SafetensorError as err:
        raise ValueError(str(err)) from err
    odd = next((n for n, (_, kind) in said.items() if kind not in kinds), None)
    if odd is not None:
        raise BadInput(f"{odd!a} is stored as {said[odd][1]}, which is not read", where=str(path), fix="save it as float32 or float16")
    return {name: (shape, np.dtype(kinds[kind])) for name, (shape, kind) in said.items()}


def _chosen(
    shapes: Mapping[str, Shape],
    dtypes: Mapping[str, np.dtype],
    read: Callable[[str], np.ndarray],
    array: str | None,
    most_bytes: int,
    where: str,
) -> Any:
    """The array of vectors with the others as columns. Only what is needed is read."""
    name = _which(shapes, dtypes, array, where)
    shape = shapes[name]
    _check_axes(shape, dtypes[name], name, where)
    check_size(shape, most_bytes, where)
    columns = dict[str, np.ndarray]()
    for other, its in shapes.items():
        if other == name or not its:
            continue
        if its in (shape[:1], shape[:2]) and (len(its) == 1 or len(shape) == 3):
            columns[other] = read(other)
        elif len(its) == 1 and (other.lower() in NAMES or array is None):
            what = f"{other!a} has {its[0]} entries, {name!a} has {shape[0]} rows"
            raise BadInput(what, where=where, fix=f"save one entry a row, or leave {other!a} out")
    return assembled(as_float32(read(name)), columns, where)


def _which(shapes: Mapping[str, Shape], dtypes: Mapping[str, np.dtype], array: str | None, where: str) -> str:
    """The name of the array of vectors."""
    listed = ", ".join(f"{n} {list(s)}" for n, s in list(shapes.items())[:8]) or "nothing"
    if array is not None:
        if array not in shapes:
            raise BadInput(f"there is no array {array!a}; there are {listed}", where=where, fix="name one of these")
        return array
    if WANTED in shapes:
        return WANTED
    for axes in (2, 3):
        fitting = [n for n, s in shapes.items() if len(s) == axes and dtypes[n].kind in "fiub"]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            fix = f"name the one with the vectors: array={fitting[0]!a}, or save it as {WANTED!r}"
            raise BadInput(f"{len(fitting)} arrays have {axes} axes: {', '.join(fitting[:8])}", where=where, fix=fix)
    raise BadInput(f"there is no 2-D array of numbers; there are {listed}", where=where, fix=_AXES)


def _check_axes(shape: Shape, dtype: np.dtype, name: str, where: str) -> None:
    if len(shape) not in (2, 3) or dtype.kind not in "fiub":
        raise BadInput(f"{name!a} is {dtype} of shape {list(shape)}, which are no vectors", where=where, fix=_AXES)
    if 0 in shape:
        raise BadInput(f"{name!a} of shape {list(shape)} holds no vectors", where=where, fix=_AXES)


def _header(file: Any, size: int, name: str) -> tuple[Shape, np.dtype]:
    """Shape and kind of a stored array, read before its values.

    Raises:
        BadInput: it holds Python objects. ValueError: no array, or one that claims more bytes than there are.
    """
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read(file)
    if dtype.hasobject:
        raise BadInput(f"{name!a} holds Python objects, which could run code", where=name, fix="save plain numbers or texts: array.astype(float)")
    if prod(shape) * dtype.itemsize > size - file.tell():
        raise ValueError(f"{name!a} claims {prod(shape) * dtype.itemsize} bytes and holds {size - file.tell()}: it is cut short")
    return tuple(int(n) for n in shape), dtype
