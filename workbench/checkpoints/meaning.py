"""What a described pickle means to torch: which parts of it are tensors, containers, modules and plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch

from workbench.checkpoints.source import Record
from workbench.checkpoints.symbolic import Global, Made, Persistent

_MAX_ENTRIES, _MAX_LEVELS = 250_000, 32
_MAPPINGS = tuple(f"collections.{n}" for n in ("OrderedDict", "defaultdict", "Counter"))
_BUILTINS = ("builtins", "__builtin__")
_SEQUENCES = ("torch.Size", "collections.deque", *(f"{b}.{n}" for b in _BUILTINS for n in ("set", "frozenset", "list", "tuple")))
_NUMPY = ("numpy.core.multiarray", "numpy._core.multiarray")
_ARRAYS, _NUMBERS = tuple(f"{m}._reconstruct" for m in _NUMPY), tuple(f"{m}.scalar" for m in _NUMPY)
# What torch.save itself writes for dicts of tensors and numbers.
_PLAIN_STARTS = ("torch._utils._rebuild_", "torch._tensor._rebuild_from_type")
_PLAIN_NAMES = {
    *(*_MAPPINGS, *_SEQUENCES, *_ARRAYS, *_NUMBERS),
    *(f"{b}.{n}" for b in _BUILTINS for n in ("bytearray", "complex", "dict", "int", "long", "float", "str", "bool", "bytes")),
    *("_codecs.encode", "torch.nn.parameter.Parameter", "torch.Tensor", "torch.device", "torch.serialization._get_layout"),
    *("numpy.ndarray", "numpy.dtype", "torch.torch_version.TorchVersion", "torch.storage.UntypedStorage", "torch.storage.TypedStorage"),
}
DTYPES = {name: value for name, value in vars(torch).items() if isinstance(value, torch.dtype)}
_STORAGES = {
    **{"Float": torch.float32, "Double": torch.float64, "Half": torch.float16, "BFloat16": torch.bfloat16, "Bool": torch.bool},
    **{"Long": torch.int64, "Int": torch.int32, "Short": torch.int16, "Char": torch.int8, "Byte": torch.uint8, "Untyped": torch.uint8},
    **{"ComplexFloat": torch.complex64, "ComplexDouble": torch.complex128},
}
_NUMPY_KINDS = {
    **{"f2": torch.float16, "f4": torch.float32, "f8": torch.float64, "b1": torch.bool, "u1": torch.uint8},
    **{"i1": torch.int8, "i2": torch.int16, "i4": torch.int32, "i8": torch.int64},
}


def is_plain(path: str) -> bool:
    """The name is one that torch.save writes for tensors, numbers and containers of them."""
    module, _, leaf = path.rpartition(".")
    storage = module in ("torch", "torch.cuda") and leaf.endswith("Storage")
    return path in _PLAIN_NAMES or path.startswith(_PLAIN_STARTS) or storage or (module == "torch" and leaf in DTYPES)


class Reader:
    """Finds the tensors of a described pickle. Numbers that lie in the pickle itself are kept in `inline`."""

    def __init__(self) -> None:
        self.inline: dict[str, bytes] = {}

    def record(self, value: Any) -> Record | None:
        """The tensor that would be made; None where it would be something else.

        Raises:
            ValueError: a tensor that makes no sense.
        """
        try:
            return self._record(value)
        except (TypeError, IndexError, KeyError, AttributeError, RecursionError) as err:
            raise ValueError("a tensor is described in a way that makes no sense") from err

    def _record(self, value: Any) -> Record | None:
        for _ in range(_MAX_LEVELS):
            if not isinstance(value, Made) or not isinstance(value.maker, Global):
                return None
            path, args = value.maker.path, value.args
            if path in _ARRAYS:
                return self._array(value)
            if path in ("torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"):
                value = args[0]
            elif path in ("torch._tensor._rebuild_from_type_v2", "torch._tensor._rebuild_from_type"):
                value = Made(args[0], args[2])
            elif path.startswith("torch._utils._rebuild_"):
                return _REBUILT.get(path.rpartition(".")[2], _unknown)(*args)
            else:
                return None
        raise ValueError("a tensor inside of itself")

    def _array(self, value: Made) -> Record:
        _, shape, kind, by_column, data = value.state
        dtype = _numpy_kind(kind)
        data = _raw(data)
        if dtype is None or not isinstance(data, bytes):
            return Record(_sides(shape), torch.uint8, odd="an array of Python objects or of a kind that torch does not know")
        key = f"in the pickle, {len(self.inline)}"
        self.inline[key] = data
        record = Record(_sides(shape), dtype, key)
        if not by_column:
            return record
        stride = [1]
        for side in record.shape[:-1]:
            stride.append(stride[-1] * side)
        return Record(record.shape, dtype, key, 0, tuple(stride[: len(record.shape)]))


def scalar(value: Any) -> Any:
    """A number, word or None as it is, also where numpy wrote it; anything else raises LookupError."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Made) and value.kind in _NUMBERS and isinstance(value.args, tuple) and len(value.args) == 2:
        dtype, data = _numpy_kind(value.args[0]), _raw(value.args[1])
        if dtype is not None and isinstance(data, bytes) and len(data) == dtype.itemsize:
            return torch.frombuffer(bytearray(data), dtype=dtype).item()
    if isinstance(value, Global) and value.path.startswith("torch."):
        return value.path
    raise LookupError


def children(value: Any, *, objects: bool) -> Iterable[tuple[Any, Any]] | None:
    """What lies in a container, by key; None for what is no container.

    Args:
        objects: also look into modules (as their state_dict would) and into containers of unknown classes.
    """
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list | tuple):
        return enumerate(value)
    if not isinstance(value, Made):
        return None
    if value.kind in _MAPPINGS:
        return (value.entries if value.entries is not None else _pairs(value.args)).items()
    if value.kind in _SEQUENCES:
        return enumerate(value.members or _first(value.args))
    if not objects:
        return None
    state = attributes(value)
    if "_parameters" in state and "_modules" in state:
        return _state_dict(state)
    if value.entries is not None:
        return value.entries.items()
    return None if value.members is None else enumerate(value.members)


def attributes(value: Any) -> Mapping[Any, Any]:
    """What an object would have in its __dict__; {} where it has none, or keeps it elsewhere."""
    state = value.state if isinstance(value, Made) else None
    state = state[0] if isinstance(state, tuple) and len(state) == 2 else state
    return state if isinstance(state, dict) else {}


def walk(content: Any, *, objects: bool) -> Iterator[tuple[str, Any]]:
    """Everything in nested containers that is no container itself, with dots for every level.

    Raises:
        ValueError: it contains itself, is nested too deep, or has more than 250,000 entries.
    """
    for count, (name, value) in enumerate(_walk(content, objects, "", ())):
        if count > _MAX_ENTRIES:
            raise ValueError(f"more than {_MAX_ENTRIES} entries")
        if name is not None:
            yield name, value


def _walk(content: Any, objects: bool, prefix: str, above: tuple[int, ...]) -> Iterator[tuple[str | None, Any]]:
    inner = children(content, objects=objects)
    if inner is None:
        yield prefix, content
        return
    if id(content) in above or len(above) > _MAX_LEVELS:
        raise ValueError(f"{prefix[:80]} contains itself, or is nested more than {_MAX_LEVELS} levels deep")
    yield None, None  # counts, also where the container is empty
    for key, value in inner:
        yield from _walk(value, objects, f"{prefix}.{key}" if prefix else f"{key}", (*above, id(content)))


def _state_dict(state: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    passing = {v for _, v in children(state.get("_non_persistent_buffers_set", ()), objects=False) or () if isinstance(v, str)}
    for part in ("_parameters", "_buffers", "_modules"):
        for name, value in children(state.get(part, {}), objects=False) or ():
            if value is not None and not (part == "_buffers" and name in passing):
                yield name, value


def _pairs(args: Any) -> dict[Any, Any]:
    pairs = _first(args)
    return {p[0]: p[1] for p in pairs if isinstance(p, tuple | list) and len(p) == 2 and isinstance(p[0], str | int)}


def _first(args: Any) -> list[Any] | tuple[Any, ...]:
    first = args[0] if isinstance(args, tuple) and args else ()
    return first if isinstance(first, list | tuple) else ()


def _sides(value: Any) -> tuple[int, ...]:
    sides = tuple(v for _, v in children(value, objects=False) or ())
    if not all(type(s) is int for s in sides):
        raise ValueError(f"a shape of {[type(s).__name__ for s in sides][:4]}")
    return sides


def _raw(data: Any) -> Any:
    """Bytes as they are, or as protocol 2 writes them: text that is to be encoded."""
    if isinstance(data, Made) and isinstance(data.maker, Global) and data.maker.path == "_codecs.encode" and isinstance(data.args[0], str):
        return data.args[0].encode("latin-1")
    return bytes(data) if isinstance(data, bytearray) else data


def _numpy_kind(kind: Any) -> torch.dtype | None:
    named = kind.args[0] if isinstance(kind, Made) and isinstance(kind.maker, Global) and kind.maker.path == "numpy.dtype" else None
    order = kind.state[1] if isinstance(kind, Made) and isinstance(kind.state, tuple) and len(kind.state) > 1 else "|"
    return _NUMPY_KINDS.get(named) if isinstance(named, str) and order in ("<", "|", "=") else None


def storage_of(value: Any) -> tuple[str, torch.dtype, int]:
    """(key, dtype, numbers) of the storage that a pickle of torch points to.

    Raises:
        ValueError: it points to something else.
    """
    found = value.key if isinstance(value, Persistent) else value
    if not isinstance(found, tuple) or len(found) < 5 or found[0] != "storage" or not isinstance(found[1], Global):
        raise ValueError("a tensor without a storage")
    kind, key, count, view = found[1], found[2], found[4], found[5:]
    leaf = kind.path.rpartition(".")[2].removesuffix("Storage")
    if leaf not in _STORAGES or type(count) is not int or count < 0 or any(v is not None for v in view):
        raise ValueError(f"a storage of {kind.path}, which is not read")
    return str(key)[:200], _STORAGES[leaf], count


def _dense(storage: Any, offset: int, size: Any, stride: Any, *rest: Any) -> Record:
    key, dtype, _ = storage_of(storage)
    turned = len(rest) > 2 and bool(rest[2])
    return Record(_sides(size), dtype, key, offset, _sides(stride), "a view with signs or phases still to be applied" if turned else "")


def _dense_typed(storage: Any, offset: int, size: Any, stride: Any, _grad: Any, _hooks: Any, dtype: Any, *_: Any) -> Record:
    return Record(_sides(size), _dtype(dtype), storage_of(storage)[0], offset, _sides(stride))


def _dtype(value: Any) -> torch.dtype:
    if not isinstance(value, Global) or value.path.rpartition(".")[2] not in DTYPES:
        raise ValueError("a tensor of no known kind of number")
    return DTYPES[value.path.rpartition(".")[2]]


def _meta(dtype: Any, size: Any, *_: Any) -> Record:
    return Record(_sides(size), _dtype(dtype), odd="saved without its values")


def _sparse(_layout: Any, data: Any) -> Record:
    values = Reader().record(data[1])
    return Record(_sides(data[2]), values.dtype if values else torch.float32, odd="sparse")


def _quantised(_storage: Any, _offset: Any, size: Any, *_: Any) -> Record:
    return Record(_sides(size), torch.uint8, odd="quantised")


def _unknown(*_: Any) -> Record:
    return Record((), torch.float32, odd="written in a way that is not read")


_REBUILT: dict[str, Callable[..., Record]] = {
    **{"_rebuild_tensor": _dense, "_rebuild_tensor_v2": _dense, "_rebuild_tensor_v3": _dense_typed},
    **{"_rebuild_meta_tensor_no_storage": _meta, "_rebuild_sparse_tensor": _sparse, "_rebuild_qtensor": _quantised},
}
