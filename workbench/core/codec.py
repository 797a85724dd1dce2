"""The one codec for wire, store and export: a plain npz with a JSON header among its arrays. Nothing in it can run code."""

from __future__ import annotations

import dataclasses
import importlib
import io
import json
import pkgutil
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np

from workbench.core.errors import BadInput

_HEADER = "workbench.json"
_Class = TypeVar("_Class", bound=type)
_classes: dict[str, type] = {}


def portable(cls: _Class) -> _Class:
    """Class decorator: instances of this frozen dataclass may cross a process border or be stored.

    Raises:
        BadInput: another module has a class of this name.
    """
    known = _classes.setdefault(cls.__name__, cls)
    if known.__module__ != cls.__module__:
        raise BadInput(f"there is a {cls.__name__} already, in {known.__module__}", where=cls.__module__, fix="give the class another name")
    _classes[cls.__name__] = cls
    return cls


def dumps(value: Any) -> bytes:
    """Bytes of a value made of numbers, texts, lists, dicts with text keys, arrays and portable dataclasses.

    Raises:
        BadInput: something in it is of another kind.
    """
    arrays: list[np.ndarray] = []
    header = np.frombuffer(json.dumps(_pack(value, arrays)).encode(), np.uint8)
    body = io.BytesIO()
    np.savez(body, allow_pickle=False, **{_HEADER: header}, **{f"array_{i}": a for i, a in enumerate(arrays)})  # type: ignore[arg-type]
    return body.getvalue()


def loads(data: bytes | memoryview) -> Any:
    """The value again.

    Raises:
        BadInput: not made by `dumps`, damaged, or of an unknown class.
    """
    try:
        with np.load(io.BytesIO(data), allow_pickle=False) as body:
            arrays = [body[f"array_{i}"] for i in range(len(body.files) - 1)]
            header = json.loads(body[_HEADER].tobytes())
        return _unpack(header, arrays)
    except BadInput:
        raise
    except Exception as err:  # every way a foreign file can be wrong: struct, zip, json, numpy, dataclass
        raise BadInput(f"this is not a stored result: {err}", where=f"{len(data)} bytes", fix="export it again") from err


def copied(value: Any) -> Any:
    """The value with its arrays, lists and dicts copied, for encoding later in another thread: the caller may change its own meanwhile."""
    if isinstance(value, np.ndarray):
        return cast("np.ndarray", value).copy()
    if isinstance(value, dict):
        return {k: copied(v) for k, v in cast("dict[Any, Any]", value).items()}
    if type(value) in (list, tuple):
        items = cast("list[Any]", value)
        return [copied(v) for v in items] if isinstance(value, list) else tuple(copied(v) for v in items)
    return value


def save(value: Any, path: str | Path) -> None:
    """Write a value beside the old file and then swap, so that a half-written file never replaces a good one."""
    path = Path(path)
    part = path.with_name(path.name + ".part")
    part.write_bytes(dumps(value))
    part.replace(path)


def load(path: str | Path) -> Any:
    """The value that `save`, or an export of the app, wrote to a file.

    Raises:
        BadInput: the file is missing, or nothing of ours.
    """
    try:
        return loads(Path(path).read_bytes())
    except OSError as error:
        raise BadInput(f"this file cannot be read: {error.strerror}", where=str(path)) from error


def _pack(value: Any, arrays: list[np.ndarray]) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, np.ndarray):
        array = cast("np.ndarray", value)
        if array.dtype.kind not in "biufU":
            raise BadInput(f"an array of {array.dtype} cannot be stored", fix="use numbers or texts")
        arrays.append(array)
        return {"$": "array", "v": len(arrays) - 1}
    if isinstance(value, np.generic):
        return _pack(value.item(), arrays)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return {"$": "float", "v": repr(float(value))}
    if isinstance(value, tuple | list | frozenset):
        items = cast("list[Any]", value)
        kind = "tuple" if isinstance(value, tuple) else "list" if isinstance(value, list) else "frozenset"
        return {"$": kind, "v": [_pack(v, arrays) for v in items]}
    if isinstance(value, dict):
        entries = cast("dict[Any, Any]", value)
        return {"$": "dict", "v": [[str(k), _pack(v, arrays)] for k, v in entries.items()]}
    if type(value).__name__ in _classes and dataclasses.is_dataclass(value):
        fields = [[f.name, _pack(getattr(value, f.name), arrays)] for f in dataclasses.fields(value)]
        return {"$": "object", "c": type(value).__name__, "v": fields}
    raise BadInput(f"a {type(value).__name__} cannot be stored or sent", fix="mark its class @portable or send plain values")


def _unpack(node: Any, arrays: list[np.ndarray]) -> Any:
    if not isinstance(node, dict):
        return node
    tagged = cast("dict[str, Any]", node)
    kind, v = tagged["$"], tagged["v"]
    if kind == "array":
        return cast("np.ndarray", arrays[v])
    if kind == "float":
        return float(v)
    if kind == "dict":
        return {k: _unpack(x, arrays) for k, x in v}
    if kind == "object":
        if tagged["c"] not in _classes:
            _meet_all()
        if tagged["c"] not in _classes:
            raise BadInput(f"this result holds a {tagged['c']}, which this version does not know", fix="update jepa-workbench")
        return _classes[tagged["c"]](**{k: _unpack(x, arrays) for k, x in v})
    if kind not in ("tuple", "list", "frozenset"):
        raise BadInput(f"unknown kind {kind!r} in a stored result")
    items = [_unpack(x, arrays) for x in v]
    return items if kind == "list" else tuple(items) if kind == "tuple" else frozenset(items)


def _meet_all() -> None:
    """Import every module of this package, and what other packages bring, so that a script that has measured nothing can read what was exported."""
    for module in pkgutil.walk_packages([str(Path(__file__).parent)], f"{__package__}."):
        importlib.import_module(module.name)
    importlib.import_module(f"{__package__}.questions").questions()
