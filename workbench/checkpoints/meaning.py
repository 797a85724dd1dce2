"""What a described pickle means to torch: which parts of it are tensors, containers, modules and plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import torch

from workbench.checkpoints.source import Record, shape_text
from workbench.checkpoints.symbolic import MAX_KEY_BITS, MAX_NAME, Global, Made, Persistent
from workbench.core import progress

_MAX_ENTRIES, _MAX_LEVELS = 250_000, 32
_MAX_RANK, _MAX_NUMBER_BYTES, _MAX_COUNT = 64, 16, 1 << 62
_MAX_ARGUMENTS = 32  # of a function that makes a tensor
_MAX_LETTERS = 1 << 24  # of all names together: those of ten thousand tensors have less than one million
_REPORT_EVERY = 1 << 12  # entries
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


class Budget:
    """How many entries of a described pickle may still be visited. A shared list is visited, and counted, once for every place it lies in.

    Args:
        entries: the limit.
    """

    def __init__(self, entries: int = _MAX_ENTRIES) -> None:
        self._entries = self._left = entries

    def spend(self, entries: int) -> None:
        """Count entries before they are visited.

        Raises:
            ValueError: there are more than the limit.
        """
        self._left -= entries
        if self._left < 0:
            raise ValueError(f"more than {self._entries} entries")


class Reader:
    """Finds the tensors of a described pickle. Numbers that lie in the pickle itself are kept in `inline`."""

    def __init__(self) -> None:
        self.inline: dict[str, bytes] = {}
        self._kept: dict[int, str] = {}

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
            if len(args) > _MAX_ARGUMENTS:
                raise ValueError(f"a tensor of {len(args)} arguments")
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
        key = self._keep(data)
        if dtype is None or key is None:
            return Record(_sides(shape), torch.uint8, odd="an array of Python objects or of a kind that torch does not know")
        record = Record(_sides(shape), dtype, key)
        if not by_column:
            return record
        stride = [1]
        for side in record.shape[:-1]:
            stride.append(stride[-1] * side)
        return Record(record.shape, dtype, key, 0, tuple(stride[: len(record.shape)]))

    def _keep(self, data: Any) -> str | None:
        """The key under which the bytes of an array are kept; arrays that share their data share the copy. None for what is no data."""
        given = _encoded(data)
        given = data if given is None else given
        if not isinstance(given, str | bytes | bytearray):
            return None
        if id(given) not in self._kept:
            key = self._kept[id(given)] = f"in the pickle, {len(self.inline)}"
            self.inline[key] = given.encode("latin-1") if isinstance(given, str) else bytes(given)
        return self._kept[id(given)]


def scalar(value: Any) -> Any:
    """A number, word or None as it is, also where numpy wrote it; anything else raises LookupError."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Made) and value.kind in _NUMBERS and isinstance(value.args, tuple) and len(value.args) == 2:
        dtype, data = _numpy_kind(value.args[0]), _number_bytes(value.args[1])
        if dtype is not None and len(data) == dtype.itemsize:
            return torch.frombuffer(bytearray(data), dtype=dtype).item()
    if isinstance(value, Global) and value.path.startswith("torch."):
        return value.path
    raise LookupError


def children(value: Any, *, objects: bool, budget: Budget | None = None) -> Iterable[tuple[Any, Any]] | None:
    """What lies in a container, by key; None for what is no container.

    Args:
        objects: also look into modules (as their state_dict would) and into containers of unknown classes.
        budget: pays for entries that are looked at and not returned; None: one of its own.

    Raises:
        ValueError: more entries than the budget allows.
    """
    budget = budget or Budget()
    if isinstance(value, dict):
        return value.items()
    if isinstance(value, list | tuple):
        return enumerate(value)
    if not isinstance(value, Made):
        return None
    if value.kind in _MAPPINGS:
        return (value.entries if value.entries is not None else _pairs(value.args, budget)).items()
    if value.kind in _SEQUENCES:
        return enumerate(value.members or _first(value.args))
    if not objects:
        return None
    state = attributes(value)
    if "_parameters" in state and "_modules" in state:
        return _state_dict(state, budget)
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
        ValueError: it contains itself, is nested too deep, has more than 250,000 entries, a name of more than 1,000 letters, or 16 million letters in all.
    """
    budget, letters = Budget(), 0
    for count, (name, value) in enumerate(_walk(content, objects, "", (), budget)):
        letters += len(name)
        if letters > _MAX_LETTERS:
            raise ValueError(f"its names have more than {_MAX_LETTERS} letters")
        if count % _REPORT_EVERY == 0:
            progress.report(count, _MAX_ENTRIES)
        yield name, value


def _walk(content: Any, objects: bool, prefix: str, above: tuple[int, ...], budget: Budget) -> Iterator[tuple[str, Any]]:
    budget.spend(1)
    inner = children(content, objects=objects, budget=budget)
    if inner is None:
        yield prefix, content
        return
    if id(content) in above or len(above) > _MAX_LEVELS:
        raise ValueError(f"{prefix[:80]!a} contains itself, or is nested more than {_MAX_LEVELS} levels deep")
    for key, value in inner:
        name = f"{prefix}.{key}" if prefix else f"{key}"
        if len(name) > MAX_NAME:
            raise ValueError(f"a name of {len(name)} letters, {name[:40]!a}…")
        yield from _walk(value, objects, name, (*above, id(content)), budget)


def _state_dict(state: Mapping[Any, Any], budget: Budget) -> Iterator[tuple[Any, Any]]:
    passing: set[str] = set()
    for _, name in children(state.get("_non_persistent_buffers_set", ()), objects=False, budget=budget) or ():
        budget.spend(1)
        if isinstance(name, str):
            passing.add(name)
    for part in ("_parameters", "_buffers", "_modules"):
        for name, value in children(state.get(part, {}), objects=False, budget=budget) or ():
            if value is None or (part == "_buffers" and name in passing):
                budget.spend(1)
            else:
                yield name, value


def _pairs(args: Any, budget: Budget) -> dict[Any, Any]:
    pairs = _first(args)
    budget.spend(len(pairs))
    return {p[0]: p[1] for p in pairs if isinstance(p, tuple | list) and len(p) == 2 and is_name(p[0])}


def is_name(key: Any) -> bool:
    """The key may be hashed and shown: a word of at most 1,000 letters, or an integer that shares its hash with no other."""
    return len(key) <= MAX_NAME if isinstance(key, str) else isinstance(key, int) and key.bit_length() <= MAX_KEY_BITS


def _first(args: Any) -> list[Any] | tuple[Any, ...]:
    first = args[0] if isinstance(args, tuple) and args else ()
    return first if isinstance(first, list | tuple) else ()


def _sides(value: Any) -> tuple[int, ...]:
    if isinstance(value, Made) and value.kind in _SEQUENCES:
        value = value.members or _first(value.args)
    if not isinstance(value, list | tuple):
        raise ValueError(f"a shape of {type(value).__name__}")
    if len(value) > _MAX_RANK or not all(type(side) is int for side in value):
        raise ValueError(f"a tensor of the impossible shape {shape_text(value)}")
    return tuple(value)


def _encoded(data: Any) -> str | None:
    """The text of bytes as protocol 2 writes them: text that is to be encoded as latin-1. None for anything else."""
    if isinstance(data, Made) and isinstance(data.maker, Global) and data.maker.path == "_codecs.encode" and isinstance(data.args[0], str):
        return data.args[0]
    return None


def _number_bytes(data: Any) -> bytes:
    """The bytes of one number; none where there are too many."""
    given = _encoded(data)
    given = data if given is None else given
    if not isinstance(given, str | bytes | bytearray) or len(given) > _MAX_NUMBER_BYTES:
        return b""
    return given.encode("latin-1") if isinstance(given, str) else bytes(given)


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
    if leaf not in _STORAGES or type(count) is not int or not 0 <= count < _MAX_COUNT or any(v is not None for v in view):
        raise ValueError(f"a storage of {kind.path}, which is not read")
    if not is_name(key):
        raise ValueError("a storage whose key is not a name")
    return str(key), _STORAGES[leaf], count


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
    if isinstance(data[1], Made) and data[1].kind == "torch._utils._rebuild_sparse_tensor":
        raise ValueError("a sparse tensor of sparse values")
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
