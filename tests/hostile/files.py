"""Hostile files by kind. Each is small and of one fault; the same faults at full size are in `bombs`."""

from __future__ import annotations

import json
import pickle
import pickletools
import random
import struct
from collections.abc import Callable, Mapping

import torch

from tests.checkpoints.corpus import CORPUS, Make, archive, beside, calling, named, one, safetensors, saved, tensor, written
from tests.hostile.bombs import BOMBS
from tests.hostile.building import ARGUMENTS, VALUES, changed, good, integer, opcode, streamed, valued, with_entry, word, zipped

P61 = (1 << 61) - 1


def opcodes() -> dict[str, Make]:
    """Every opcode: alone, beside a good tensor, and cut before its argument ends."""
    found: dict[str, Make] = {}
    for code in pickletools.opcodes:
        whole = opcode(code.name)
        found[f"{code.name} alone"] = written("model.pt", b"\x80\x02" + whole + b".")
        found[f"{code.name} in a dict"] = valued(whole)
        found[f"{code.name} at the end"] = zipped(named(w=tensor("0", 4))[:-1] + whole[:-1])
    return found


def protocols() -> dict[str, Make]:
    """A dict of plain values and one of objects in every protocol, bare and in an archive."""
    plain = {"w": [1.5, None, True, {"a": (1, 2)}], "loss": float("nan"), "name": "x"}
    objects = {"w": 1, "made": random.Random(0)}
    found: dict[str, Make] = {}
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        for name, content in (("plain values", plain), ("objects", objects)):
            data = pickle.dumps(content, protocol)
            found[f"{name} in protocol {protocol}, bare"] = written("model.pt", data)
            found[f"{name} in protocol {protocol}, in an archive"] = zipped(data)
    return found


def central(offset: int, value: bytes) -> Callable[[bytes], bytes]:
    """Change the first entry of an archive's list of contents."""

    def change(content: bytes) -> bytes:
        start = content.index(b"PK\x01\x02") + offset
        return content[:start] + value + content[start + len(value) :]

    return change


def ending(offset: int, value: bytes) -> Callable[[bytes], bytes]:
    """Change the last record of an archive."""

    def change(content: bytes) -> bytes:
        start = content.rindex(b"PK\x05\x06") + offset
        return content[:start] + value + content[start + len(value) :]

    return change


def local(offset: int, value: bytes) -> Callable[[bytes], bytes]:
    """Change the header before the data of the first entry."""
    return lambda content: content[:offset] + value + content[offset + len(value) :]


def archives() -> dict[str, Make]:
    """Archives whose lists of contents lie."""
    fields = {"version made by": 4, "version needed": 6, "flags": 8, "compression": 10, "time": 12, "checksum": 16, "packed size": 20}
    fields |= {"size": 24, "length of the name": 28, "length of extras": 30, "length of the comment": 32, "disk": 34, "offset": 42}
    found = {
        f"{name} of {value.hex()}": changed(good(), central(offset, value)) for name, offset in fields.items() for value in (b"\xff\xff", b"\x01\x00")
    }
    last = {"disk": 4, "disk of the list": 6, "entries here": 8, "entries": 10, "length": 12, "place": 16, "comment": 20}
    found |= {f"the end's {name} of {v.hex()}": changed(good(), ending(o, v)) for name, o in last.items() for v in (b"\xff\xff", b"\x01\x00")}
    heads = {"magic": 0, "flags": 6, "compression": 8, "length of the name": 26, "length of extras": 28}
    found |= {f"a local {name} of ffff": changed(good(), local(o, b"\xff\xff")) for name, o in heads.items()}
    more = {"../../up": b"x", "/abs": b"x", "data/\u202e0": VALUES, "data/": b"", "data.pkl/": b"", "\x00": b"", "n" * 60_000: b""}
    found |= {f"an entry named {name[:12]!a}": archive(named(w=tensor("0", 4)), {"0": VALUES}, more={name: data}) for name, data in more.items()}
    found["an archive after other bytes"] = changed(good(), lambda content: b"PK\x03\x04" + bytes(60) + content)
    found["an archive within an archive"] = archive(named(w=tensor("0", 4)), {"0": b"PK\x03\x04" + bytes(12)}, more={"x/data.pkl": b"\x80\x02}."})
    found["two times the same archive"] = changed(good(), lambda content: content * 2)
    return found


SHAPES = {
    **{"of nothing": b")", "of zero": b"K\x00\x85", "of words": word("a") + b"\x85", "of None": b"N\x85", "of a truth": b"\x88\x85"},
    **{"a word": word("abc"), "None": b"N", "a number": b"K\x04", "a dict": b"}", "a set": b"\x8f", "a class": b"cos\nsystem\n"},
    **{"nested": b"K\x04\x85\x85", "of a fraction": b"G" + bytes(8) + b"\x85", "of 65 ones": b"(" + b"K\x01" * 65 + b"t"},
    **{"of 2^61": integer(1 << 61) + b"\x85", "of 2^62": integer(1 << 62) + b"\x85", "of 2^1000": integer(1 << 1000) + b"\x85"},
    **{"of minus one": integer(-1) + b"\x85", "of 2^63 twice": integer(1 << 31) + integer(1 << 32) + b"\x86", "of 5": b"K\x05\x85"},
    **{"of four times 2^61": b"(" + integer(1 << 61) * 4 + b"t", "doubled": b"K\x01\x85" + b"2\x86" * 40},
}
KEYS = {
    **{"a number": b"K\x00", "None": b"N", "bytes": b"U\x010", "a list": b"]", "a dict": b"}", "a tuple": b"K\x01\x85", "a class": b"cos\nsystem\n"},
    **{"doubled tuples": b"K\x01\x85" + b"2\x86" * 40, "2,000 letters": word("0" * 2000), "half a letter": word("\ud800"), "a path": word("../0")},
    **{"an integer of 1,000 bits": integer(1 << 1000), "not there": word("7"), "empty": word(""), "a line": word("0\n1")},
}


def storage(kind: bytes = b"ctorch\nFloatStorage\n", key: bytes = word("0"), count: bytes = b"K\x04", more: bytes = b"") -> bytes:
    """A tensor whose storage is described in this way."""
    inside = b"(" + word("storage") + kind + key + word("cpu") + count + more + b"tQ"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + inside + b"K\x00K\x04\x85K\x01\x85\x89NtR"


def tensors() -> dict[str, Make]:
    """Shapes, strides, offsets and storages that make no sense."""
    found = {f"a shape {name}": zipped(named(w=tensor("0", 4, shape))) for name, shape in SHAPES.items()}
    found |= {f"strides {name}": zipped(named(w=tensor("0", 4, stride=stride))) for name, stride in SHAPES.items()}
    offsets = {
        "minus one": integer(-1),
        "2^62": integer(1 << 62),
        "2^1000": integer(1 << 1000),
        "a word": word("a"),
        "None": b"N",
        "a truth": b"\x88",
    }
    found |= {f"an offset of {name}": zipped(named(w=tensor("0", 4, offset=offset))) for name, offset in offsets.items()}
    found |= {f"a storage key, {name}": zipped(named(w=storage(key=key))) for name, key in KEYS.items()}
    found |= {f"an older storage key, {name}": streamed(named(w=storage(key=key))) for name, key in KEYS.items()}
    found |= {f"a listed key, {name}": streamed(named(w=tensor("0", 4)), b"\x80\x02](" + key + b"e.") for name, key in KEYS.items()}
    counts = {"minus one": integer(-1), "2^1000": integer(1 << 1000), "a word": word("4"), "a truth": b"\x88", "none": b"N"}
    found |= {f"a storage of {name} numbers": zipped(named(w=storage(count=count))) for name, count in counts.items()}
    kinds = {"os": b"cos\nFloatStorage\n", "of words": word("FloatStorage"), "of no kind": b"ctorch\nNoStorage\n", "QInt8": b"ctorch\nQInt8Storage\n"}
    found |= {f"a storage of kind {name}": zipped(named(w=storage(kind=kind))) for name, kind in kinds.items()}
    found["a storage with a view"] = zipped(named(w=storage(more=b"K\x01")))
    found["a storage that is a word"] = valued(b"ctorch._utils\n_rebuild_tensor_v2\n(" + word("storage") + b"QK\x00K\x04\x85K\x01\x85\x89NtR")
    functions = (
        "_rebuild_tensor",
        "_rebuild_qtensor",
        "_rebuild_sparse_tensor",
        "_rebuild_meta_tensor_no_storage",
        "_rebuild_device_tensor_from_numpy",
    )
    for name in functions:
        found[f"{name} of nothing"] = valued(f"ctorch._utils\n{name}\n".encode() + b")R")
        found[f"{name} of a class"] = valued(f"ctorch._utils\n{name}\n".encode() + b"cos\nsystem\n\x85R")
        found[f"{name} of a thousand words"] = valued(f"ctorch._utils\n{name}\n".encode() + b"(" + b"U\x01x" * 1000 + b"tR")
    return found


def values() -> dict[str, Make]:
    """Keys, words and numbers that are fine in Python and nowhere else."""
    odd = {
        **{
            "NaN": b"G\x7f\xf8" + bytes(6),
            "infinity": b"G\x7f\xf0" + bytes(6),
            "half a letter": word("\ud800x"),
            "a terminal's command": word("\x1b[2J"),
        },
        **{"1,000 bits": integer(1 << 1000), "20,000 letters": word("x" * 20_000), "backwards": word("\u202eabc"), "a zero": word("\0")},
    }
    found = {f"a value, {name}": valued(value) for name, value in odd.items()}
    found |= {f"beside an object, {name}": zipped(with_entry((word("x"), value), (word("o"), b"cfoo\nBar\n)R"))) for name, value in odd.items()}
    found |= {f"a key, {name}": zipped(with_entry((value, b"K\x01"), (word("o"), b"cfoo\nBar\n)R"))) for name, value in odd.items()}
    found |= {f"a tensor under {name}": zipped(with_entry((value, tensor("0", 4)))) for name, value in odd.items()}
    found |= {f"a class named with {name}": valued(word("m") + value + b"\x93)R") for name, value in odd.items()}
    return found


def headers() -> dict[str, Make]:
    """Headers of safetensors."""
    texts: Mapping[str, bytes] = {
        **{
            "empty": b"",
            "null": b"null",
            "a list": b"[]",
            "a word": b'"a"',
            "no tensors": b"{}",
            "two": b"{}{}",
            "cut": b'{"w":',
            "a zero": b'{"\\u0000":1}',
        },
        **{"NaN": b'{"w": NaN}', "a float beyond all": b'{"w": 1e999}', "5,000 digits": b'{"w": ' + b"9" * 5000 + b"}", "a comment": b"{/*x*/}"},
        **{
            "a mark": b"\xef\xbb\xbf{}",
            "lists in lists": b'{"w": ' + b"[" * 5000 + b"]" * 5000 + b"}",
            "dicts in dicts": b'{"a":' * 5000 + b"1" + b"}" * 5000,
        },
        **{"half a letter in metadata": b'{"__metadata__": {"a": "\\ud800"}}', "metadata in metadata": b'{"__metadata__": {"__metadata__": {}}}'},
        **{
            "a list as metadata": b'{"__metadata__": []}',
            "a number as metadata": b'{"__metadata__": 7}',
            "a terminal's command": b'{"__metadata__": {"\\u001b[2J": "\\u001b[2J"}}',
        },
    }
    found = {f"{name}": safetensors({}, b"", raw=text) for name, text in texts.items()}
    changes: Mapping[str, Mapping[str, object]] = {
        **{"a dtype of lists": {"dtype": ["F32"]}, "no dtype": {"dtype": None}, "a dtype of 5,000 letters": {"dtype": "F" * 5000}},
        **{
            "a shape of words": {"shape": ["4"]},
            "a shape of None": {"shape": [None]},
            "a shape that is a word": {"shape": "4"},
            "no shape": {"shape": None},
        },
        **{"a shape of 100 ones": {"shape": [4] + [1] * 100}, "places of fractions": {"data_offsets": [0, 16.0]}, "one place": {"data_offsets": [0]}},
        **{
            "places of 4,000 digits": {"data_offsets": [0, 10**3999]},
            "a shape of 4,000 digits": {"shape": [10**3999]},
            "negative places": {"data_offsets": [-16, 0]},
        },
        **{
            "three places": {"data_offsets": [0, 8, 16]},
            "F8": {"dtype": "F8_E4M3"},
            "bool": {"dtype": "BOOL"},
            "more keys": {"extra": [1, {"a": None}]},
        },
    }
    found |= {name: safetensors(one(**change)) for name, change in changes.items()}
    found["a name of 5,000 letters"] = safetensors({"w" * 5000: one()["w"]})
    found |= {f"a length of {length}": safetensors(one(), length=length) for length in (0, 1, (1 << 63) - 1, (1 << 64) - 1)}
    return found


def settings() -> dict[str, Make]:
    """Settings beside a good checkpoint."""
    texts = {
        **{"config.yaml of 200,000 bits": "a: 0x" + "f" * 50_000, "config.yaml of a minute of minutes": "a: 1" + ":1" * 20_000},
        **{"config.yaml with colliding keys": "".join(f"{k * P61}: 1\n" for k in range(1, 400)), "config.yaml of NaN": "a: .nan\nimage_size: .inf"},
        **{
            "config.yaml with a list as a key": "? [a, b]\n: 1",
            "config.yaml with a dict as a key": "? {a: b}\n: 1",
            "config.yaml of two documents": "a: 1\n---\nb: 2",
        },
        **{"config.json of NaN": '{"a": NaN}', "config.json of half a letter": '{"a": "\\ud800", "\\udfff": 1}', "config.json of null": "null"},
        **{
            "config.json with colliding keys": json.dumps({str(k * P61): 1 for k in range(2000)}),
            "config.yaml of dates": "a: 2026-01-01\nb: 99999-99-99",
        },
    }
    return {name: beside(name.partition(" ")[0], text) for name, text in texts.items()}


def objects() -> dict[str, Make]:
    """Pickled objects: what they would run is told, and is not run."""
    found = {
        f"calls {path}": zipped(calling(path, "true")) for path in ("os.popen", "posix.system", "nt.system", "builtins.exec", "pty.spawn", "sys.exit")
    }
    found["a module"] = saved({"model": torch.nn.Linear(2, 2)})
    found["a module, in the older stream"] = saved(torch.nn.Linear(2, 2), legacy=True)
    found["a generator of numbers"] = saved({"w": torch.zeros(2), "r": random.Random(0)})
    found["objects within objects"] = valued(b"cfoo\nBar\n" * 30 + b")R" + b"\x85R" * 29)
    found["a state that holds itself"] = valued(b"cfoo\nBar\n)Rq\x01}" + word("me") + b"h\x01sb")
    found["a path of numbers"] = valued(b"cpathlib\nPosixPath\n(K\x01K\x02tR")
    found["a path of doubled tuples"] = valued(b"cpathlib\nPosixPath\n(K\x01\x85" + b"2\x86" * 40 + b"tR")
    found["an array of objects"] = valued(
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x01\x85" + b"NNN" + b"tb"
    )
    found["a number of numpy that is too long"] = valued(
        b"cnumpy.core.multiarray\nscalar\ncnumpy\ndtype\nU\x02f4K\x00K\x01\x87RU\x10" + bytes(16) + b"\x86R"
    )
    found["a wire of nothing"] = archive(b"\x80\x02N.", {"0": struct.pack("<Q", 0)})
    return found


def corpus(*, every: bool = False) -> dict[str, Make]:
    """The files by kind and name.

    Args:
        every: also those of the checkpoints' own corpus, which has a test of its own, and each opcode in the older stream.
    """
    rooms = {
        **{"opcode": opcodes(), "protocol": protocols(), "archive": archives(), "tensor": tensors(), "value": values()},
        **{"header": headers(), "settings": settings(), "object": objects(), "bomb": {name: bomb(1) for name, bomb in BOMBS.items()}},
    }
    found = {f"{room}: {name}": make for room, files in rooms.items() for name, make in files.items()}
    if every:
        found |= {f"checkpoint {name}": case.make for name, case in CORPUS.items()}
        for code in pickletools.opcodes:
            content = b"\x80\x02}(" + word("w") + tensor("0", 4) + word("x") + opcode(code.name) + b"u."
            found[f"opcode: {code.name} in an older stream"] = streamed(content)
    return found


assert set(ARGUMENTS) >= {o.arg.name for o in pickletools.opcodes if o.arg}
