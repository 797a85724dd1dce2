"""Which classes a pickle asks for, read from its opcodes. Nothing of it is executed."""

from __future__ import annotations

import io
import pickletools

# What torch.save itself writes for dicts of tensors.
_PLAIN_MODULES = ("torch._utils", "torch.storage", "torch._tensor", "collections")
_PLAIN_NAMES = {
    "_codecs.encode",
    "torch.nn.parameter.Parameter",
    *(f"{b}.{n}" for b in ("builtins", "__builtin__") for n in ("set", "bytearray", "complex")),
}
_MAX_IN_A_ROW = 16
_STRINGS = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE")


def wanted_classes(data: bytes) -> list[str]:
    """The classes and functions that a pickle would call, without those of plain tensors; in order, each once.

    Args:
        data: one pickle, or several in a row. Reading ends where the opcodes stop making sense.
    """
    found: list[str] = []
    stream = io.BytesIO(data)
    try:
        for _ in range(_MAX_IN_A_ROW):
            found += _one_pickle(stream)
    except _Damaged as err:
        found += err.found
    return _strange(found)


class _Damaged(Exception):
    """The opcodes ended early; `found` was seen until then."""

    def __init__(self, found: list[str]) -> None:
        super().__init__("a damaged pickle")
        self.found = found


def _one_pickle(stream: io.BytesIO) -> list[str]:
    found: list[str] = []
    strings: list[str] = []
    memo: dict[int, str] = {}
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            if opcode.name in _STRINGS:
                strings.append(str(argument))
            elif opcode.name in ("MEMOIZE", "BINPUT", "LONG_BINPUT", "PUT"):
                memo[len(memo) if argument is None else int(argument)] = strings[-1] if strings else ""
            elif opcode.name in ("BINGET", "LONG_BINGET", "GET"):
                strings.append(memo.get(int(argument or 0), ""))
            elif opcode.name in ("GLOBAL", "INST"):
                found.append(str(argument).replace(" ", "."))
            elif opcode.name == "STACK_GLOBAL" and len(strings) > 1:
                found.append(f"{strings[-2]}.{strings[-1]}")
    except (ValueError, IndexError, OverflowError) as err:
        raise _Damaged(found) from err
    return found


def _strange(names: list[str]) -> list[str]:
    def plain(name: str) -> bool:
        module, _, leaf = name.rpartition(".")
        return (
            name in _PLAIN_NAMES
            or module in _PLAIN_MODULES
            or (module == "torch" and (leaf.endswith("Storage") or leaf == "Size" or leaf[:1].islower()))
        )

    return list(dict.fromkeys(n for n in names if not plain(n)))
