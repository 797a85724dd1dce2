"""Read a pickle as a description: what it would build, and by calling what. Nothing is imported, nothing is called.

An ordinary unpickler looks names up and calls them; that is how a file runs code. This one keeps a name as a `Global` and a call as a `Made`.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.core import progress
from workbench.core.contents import RESULT

MAX_NAME = 1000  # letters of a key or class name
_MAX_OPERATIONS = 1_000_000  # a training checkpoint of a ViT-g has some hundred thousand
MAX_KEY_BITS = 60  # integers above 2 ** 61 - 1 can share a hash, which makes a dict of them quadratic
_MAX_BITS, _MAX_CLASSES = 1024, 10_000
_REPORT_EVERY = 1 << 12  # operations


class Malformed(Exception):
    """The opcodes make no sense, or there are too many."""


@dataclass(slots=True, eq=False)
class Global:
    """A class or function that a pickle names, as "models.vit.ViTPredictor"."""

    path: str


@dataclass(slots=True, eq=False)
class Persistent:
    """A thing that lies outside the pickle: with torch, the storage of a tensor."""

    key: Any


@dataclass(slots=True, eq=False)
class Made:
    """What a pickle would make by calling `maker` with `args`.

    Args:
        state: what it would then be given by __setstate__ or into __dict__. entries, members: what would be put in by key, or appended.
    """

    maker: Any
    args: Any
    state: Any = None
    entries: dict[Any, Any] | None = None
    members: list[Any] | None = None

    @property
    def kind(self) -> str:
        """The class it would be of, as far as names tell."""
        maker = self.maker
        if isinstance(maker, Global) and maker.path.endswith("._reconstructor") and isinstance(self.args, tuple) and self.args:
            maker = self.args[0]
        return maker.path if isinstance(maker, Global) else "something made by something made"


class Walk:
    """Reads pickles one after another from the same stream.

    Args:
        stream: positioned at the first pickle.
    """

    def __init__(self, stream: io.BytesIO) -> None:
        self.stream = stream
        self.wanted: dict[str, None] = {}
        self.persistent: list[Persistent] = []
        self._count = 0

    def next(self) -> Any:
        """What the next pickle describes. The names that it asks for are in `wanted`, what it refers to outside in `persistent`, also after an error.

        Raises:
            Malformed: it is no pickle, is damaged, or has more than a million operations.
        """
        machine = _Machine(self.wanted, self.persistent)
        size = len(self.stream.getbuffer())
        try:
            for opcode, argument, _ in pickletools.genops(self.stream):
                self._count += 1
                if self._count > _MAX_OPERATIONS:
                    raise Malformed(f"more than {_MAX_OPERATIONS} operations")
                if self._count % _REPORT_EVERY == 0:
                    progress.report(self.stream.tell(), size)
                _OPERATIONS[opcode.name](machine, argument)
            return machine.stack.pop()
        except (ValueError, IndexError, KeyError, TypeError, OverflowError, AttributeError) as err:
            raise Malformed(f"the pickle is damaged: {type(err).__name__}: {str(err)[:120]}") from err


class _Machine:
    """The stacks and the memo of one pickle."""

    def __init__(self, wanted: dict[str, None], persistent: list[Persistent]) -> None:
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.wanted, self.persistent = wanted, persistent

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def mark(self) -> None:
        self.below.append(self.stack)
        self.stack = []

    def since_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.below.pop()
        return items

    def name(self, module: Any, name: Any) -> Global:
        if not isinstance(module, str) or not isinstance(name, str):
            raise Malformed("a class without a name")
        if len(module) + len(name) > MAX_NAME:
            raise Malformed(f"a class name of {len(module) + len(name)} letters")
        path = f"{module}.{name}"[:300]
        path = path if path.isprintable() else ascii(path)
        self._want(path)
        return Global(path)

    def _want(self, path: str) -> None:
        self.wanted[path] = None
        if len(self.wanted) > _MAX_CLASSES:
            raise Malformed(f"more than {_MAX_CLASSES} class names")

    def refer(self, key: Any) -> None:
        self.persistent.append(Persistent(key))
        self.stack.append(self.persistent[-1])

    def make(self, maker: Any, args: Any) -> None:
        if not isinstance(maker, Global | Made | Persistent):
            raise Malformed(f"a {type(maker).__name__} is called")
        if isinstance(maker, Made):
            self._want(f"{RESULT}{maker.kind}")
        self.stack.append(Made(maker, args))

    def extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Made):
            target.members = [] if target.members is None else target.members
            target = target.members
        if not isinstance(target, list):
            raise Malformed(f"something is appended to a {type(target).__name__}")
        target.extend(items)

    def update(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Made):
            target.entries = {} if target.entries is None else target.entries
            target = target.entries
        if not isinstance(target, dict) or len(items) % 2:
            raise Malformed(f"something is put into a {type(target).__name__} by key")
        for key, value in zip(items[::2], items[1::2], strict=True):
            target[_key(key, len(target))] = value

    def build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if not isinstance(target, Made):
            raise Malformed(f"a {type(target).__name__} is given a state")
        target.state = state


def _key(key: Any, place: int) -> Any:
    """The key itself where it is a name, a number or None; else a label.

    Keys of other types are never hashed: a nested tuple can take forever, and large integers and tuples of numbers can be made to share one hash.

    Raises:
        Malformed: a name of more than 1,000 letters.
    """
    if isinstance(key, str | bytes):
        if len(key) > MAX_NAME:
            raise Malformed(f"a name of {len(key)} letters")
        return key
    if key is None or isinstance(key, float) or (isinstance(key, int) and key.bit_length() <= MAX_KEY_BITS):
        return key
    return f"<{key.kind if isinstance(key, Made) else type(key).__name__} {place}>"


def _literal(machine: _Machine, value: Any) -> None:
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        raise Malformed(f"a number of {value.bit_length()} bits")
    machine.push(value)


def _constant(value: Any) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.push(value)


def _fresh(kind: Callable[[], Any]) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.push(kind())


def _gathered(kind: Callable[[list[Any]], Any]) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.push(kind(machine.since_mark()))


def _last(count: int) -> Callable[[_Machine, Any], None]:
    def tuple_of(machine: _Machine, _: Any) -> None:
        if len(machine.stack) < count:
            raise Malformed("a tuple of what is not there")
        machine.stack[-count:] = [tuple(machine.stack[-count:])]

    return tuple_of


def _dict(machine: _Machine, _: Any) -> None:
    items = machine.since_mark()
    machine.push({})
    machine.update(items)


def _set_item(machine: _Machine, _: Any) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.update([key, value])


def _pop(machine: _Machine, _: Any) -> None:
    if machine.stack:
        machine.stack.pop()
    else:
        machine.since_mark()


def _get(machine: _Machine, index: Any) -> None:
    machine.push(machine.memo[index])


def _put(machine: _Machine, index: Any) -> None:
    if isinstance(index, int) and index.bit_length() > 32:
        raise Malformed("a memo index of more than 32 bits")
    machine.memo[len(machine.memo) if index is None else index] = machine.stack[-1]


def _named(machine: _Machine, argument: Any) -> None:
    machine.push(machine.name(*argument.split(" ", 1)))


def _stack_named(machine: _Machine, _: Any) -> None:
    name, module = machine.stack.pop(), machine.stack.pop()
    machine.push(machine.name(module, name))


def _extension(machine: _Machine, code: Any) -> None:
    machine.push(machine.name("copyreg", f"extension {code}"))


def _reduce(machine: _Machine, _: Any) -> None:
    args, maker = machine.stack.pop(), machine.stack.pop()
    machine.make(maker, args)


def _new_with_names(machine: _Machine, _: Any) -> None:
    names, args, maker = machine.stack.pop(), machine.stack.pop(), machine.stack.pop()
    machine.make(maker, (args, names))


def _object(machine: _Machine, _: Any) -> None:
    maker, *args = machine.since_mark()
    machine.make(maker, tuple(args))


def _instance(machine: _Machine, argument: Any) -> None:
    args = tuple(machine.since_mark())
    machine.make(machine.name(*argument.split(" ", 1)), args)


def _outside(machine: _Machine, _: Any) -> None:
    raise Malformed("it needs buffers that are not in the file")


def _nothing(machine: _Machine, _: Any) -> None:
    return


_LITERALS = (
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"),
)
# Sets are kept as lists: what is in them need not hash.
_OPERATIONS: dict[str, Callable[[_Machine, Any], object]] = {
    **dict.fromkeys(_LITERALS, _literal),
    **{"NONE": _constant(None), "NEWTRUE": _constant(True), "NEWFALSE": _constant(False)},
    **{"EMPTY_LIST": _fresh(list), "EMPTY_DICT": _fresh(dict), "EMPTY_TUPLE": _fresh(tuple), "EMPTY_SET": _fresh(list)},
    **{"LIST": _gathered(list), "TUPLE": _gathered(tuple), "FROZENSET": _gathered(tuple), "DICT": _dict},
    **{"TUPLE1": _last(1), "TUPLE2": _last(2), "TUPLE3": _last(3)},
    "APPEND": lambda machine, _: machine.extend([machine.stack.pop()]),
    **dict.fromkeys(("APPENDS", "ADDITEMS"), lambda machine, _: machine.extend(machine.since_mark())),
    **{"SETITEM": _set_item, "SETITEMS": lambda machine, _: machine.update(machine.since_mark())},
    **{"MARK": lambda machine, _: machine.mark(), "POP_MARK": lambda machine, _: machine.since_mark()},
    **{"POP": _pop, "DUP": lambda machine, _: machine.push(machine.stack[-1])},
    **dict.fromkeys(("GET", "BINGET", "LONG_BINGET"), _get),
    **dict.fromkeys(("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"), _put),
    **{"GLOBAL": _named, "STACK_GLOBAL": _stack_named, **dict.fromkeys(("EXT1", "EXT2", "EXT4"), _extension)},
    **{"REDUCE": _reduce, "NEWOBJ": _reduce, "NEWOBJ_EX": _new_with_names, "OBJ": _object, "INST": _instance},
    "BUILD": lambda machine, _: machine.build(),
    "PERSID": lambda machine, argument: machine.refer(argument),
    "BINPERSID": lambda machine, _: machine.refer(machine.stack.pop()),
    **dict.fromkeys(("NEXT_BUFFER", "READONLY_BUFFER"), _outside),
    **dict.fromkeys(("PROTO", "FRAME", "STOP"), _nothing),
}
