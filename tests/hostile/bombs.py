"""Files whose cost grows far faster than their size, where values of a file are hashed, shown, copied or visited without a limit.

Each takes a scale: 1 is small, `FULL` is what kept a reader busy for minutes or filled the memory.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from tests.checkpoints.corpus import Make, archive, beside, named, safetensors, tensor
from tests.hostile.building import VALUES, doubled, integer, streamed, valued, with_entry, word, zipped

FULL = 30
_P61 = (1 << 61) - 1
_OBJECT = (word("o"), b"cfoo\nBar\n)R")


def repeated(first: bytes, count: int) -> bytes:
    """A list of one value, many times."""
    return b"](" + first + b"q\x01" + b"h\x01" * (count - 1) + b"e"


def repr_of_a_path(scale: int) -> Make:
    """A path of doubled tuples: `str` of its parts does not end."""
    return valued(b"cpathlib\nPosixPath\n(" + doubled(20 + scale) + b"tR")


def hash_of_a_listed_key(scale: int) -> Make:
    """Doubled tuples in the list of storages of the older stream."""
    return streamed(named(w=tensor("0", 4)), b"\x80\x02]" + doubled(20 + scale) + b"a.")


def repr_of_a_storage_key(scale: int) -> Make:
    """Doubled tuples as the key of a storage."""
    inside = b"(" + word("storage") + b"ctorch\nFloatStorage\n" + doubled(20 + scale) + word("cpu") + b"K\x04tQ"
    return zipped(named(w=b"ctorch._utils\n_rebuild_tensor_v2\n(" + inside + b"K\x00K\x04\x85K\x01\x85\x89NtR"))


def hash_of_a_key(scale: int) -> Make:
    """Doubled tuples as the key of a dict."""
    return zipped(with_entry((doubled(20 + scale), b"K\x01"), _OBJECT))


def repr_of_a_memo(scale: int) -> Make:
    """Lists doubled through the memo, as hyper-parameters."""
    levels = b"".join(b"](" + b"h%c" % (i - 1) * 2 + b"eq%c" % i for i in range(2, 12 + scale // 2))
    return zipped(with_entry((word("x"), b"]q\x01" + levels), _OBJECT))


def colliding_keys(scale: int) -> Make:
    """Integers that share one hash as the keys of a dict."""
    inside = b"".join(integer(k * _P61) + b"K\x01" for k in range(2000 * scale))
    return zipped(with_entry((word("x"), b"}(" + inside + b"u"), _OBJECT))


def colliding_pairs(scale: int) -> Make:
    """Integers that share one hash, given to an OrderedDict as pairs."""
    inside = b"".join(integer(k * _P61) + b"K\x01\x86" for k in range(2000 * scale))
    return zipped(with_entry((word("x"), b"ccollections\nOrderedDict\n](" + inside + b"e\x85R"), _OBJECT))


def colliding_tuples(scale: int) -> Make:
    """Tuples that share one hash: minus one and minus two hash alike."""
    inside = b"".join(b"(" + b"".join(integer(-1 - (k >> bit & 1)) for bit in range(8)) + b"tK\x01" for k in range(256)) * (1 + scale // 8)
    return zipped(with_entry((word("x"), b"}(" + inside + b"u"), _OBJECT))


def colliding_memo(scale: int) -> Make:
    """Places in the memo that share one hash, written in protocol 0."""
    return zipped(b"\x80\x02N" + b"".join(b"p%d\n" % (k * _P61) for k in range(1, 2000 * scale)) + b"0}.")


def long_prefixes(scale: int) -> Make:
    """A long name over many short ones: every full name repeats it."""
    inside = b"".join(word(f"{k}") + b"K\x01" for k in range(200 * scale))
    return zipped(with_entry((word("n" * (3000 * scale)), b"}(" + inside + b"u"), _OBJECT))


def nested_prefixes(scale: int) -> Make:
    """Names of 900 letters within each other, thirty levels deep, over many tensors."""
    inside = b"}(" + b"".join(word(f"{k}") + tensor("0", 4) for k in range(20 * scale)) + b"u"
    for level in range(30):
        inside = b"}" + word(f"{level}".rjust(900, "n")) + inside + b"s"
    return zipped(b"\x80\x02" + inside + b".")


def class_names(scale: int) -> Make:
    """Many classes with long names."""
    return valued(b"](" + b"".join(b"c%s\n%d\n" % (b"m" * 280, k) for k in range(1000 * scale)) + b"e")


def one_long_class_name(scale: int) -> Make:
    """One name of megabytes, put together with another many times."""
    return valued(word("m" * (100_000 * scale)) + b"q\x01" + word("n") + b"q\x02\x930" + b"h\x01h\x02\x930" * (500 * scale) + b"N")


def alarming_classes(scale: int) -> Make:
    """Many classes that look like an attack: each was compared with each."""
    return valued(b"](" + b"".join(b"cos\nf%d\n" % k for k in range(300 * scale)) + b"e")


def shared_pairs(scale: int) -> Make:
    """One long list of pairs that are none, in many dicts."""
    one = b"ccollections\nOrderedDict\nq\x01](" + b"N" * (2000 * scale) + b"e\x85q\x02R"
    return zipped(with_entry((word("x"), b"](" + one + b"h\x01h\x02R" * (500 * scale) + b"e")))


def shared_shape(scale: int) -> Make:
    """One shape of many sides, in many tensors."""
    first = tensor("0", 4, b"(" + b"K\x01" * (2000 * scale) + b"tq\x07")
    more = b"ctorch._utils\n_rebuild_tensor_v2\nq\x08(NK\x00h\x07h\x07\x89NtR" + b"h\x08(NK\x00h\x07h\x07\x89NtR" * (500 * scale)
    return valued(b"](" + first + more + b"e")


def shared_arguments(scale: int) -> Make:
    """A tensor of many arguments, many times."""
    one = b"ctorch._utils\n_rebuild_other\nq\x01(" + b"N" * (2000 * scale) + b"tq\x02R"
    return valued(b"](" + one + b"h\x01h\x02R" * (500 * scale) + b"e")


def shared_namespace(scale: int) -> Make:
    """One long list of settings, in many objects."""
    one = b"cargparse\nNamespace\nq\x01)R}" + word("a") + b"](" + b"K\x01" * (100 * scale) + b"eq\x02sb"
    more = b"h\x01)R}" + word("a") + b"h\x02sb"
    return valued(b"](" + one + more * (60 * scale) + b"cfoo\nBar\n)Re")


def shared_settings(scale: int) -> Make:
    """One long list of settings, under many names."""
    first = (word("first"), b"](" + (word("x" * 1000) + b"q\x02" + b"h\x02" * (100 * scale)) + b"eq\x01")
    return zipped(with_entry(first, *((word(f"again{k}"), b"h\x01") for k in range(60 * scale)), _OBJECT))


def shared_array(scale: int) -> Make:
    """One text of megabytes as the numbers of many arrays: each made its own copy."""
    head = b"cnumpy.core.multiarray\n_reconstruct\nq\x05)R(NK\x04\x85cnumpy\ndtype\nU\x02f4\x85Rq\x06\x89"
    data = b"c_codecs\nencode\nq\x07(" + word("0" * (100_000 * scale)) + b"q\x08U\x06latin1tR"
    more = b"h\x05)R(NK\x04\x85h\x06\x89h\x07(h\x08U\x06latin1tRtb"
    return valued(b"](" + head + data + b"tb" + more * (100 * scale) + b"e")


def sparse_within_sparse(scale: int) -> Make:
    """Sparse tensors of sparse tensors, many times."""
    inside = b"N" + b"ctorch._utils\n_rebuild_sparse_tensor\nq\x010" + b"h\x01N(N" * 300 + b"N" + b"K\x01\x85t\x86R" * 300
    return valued(repeated(inside[1:], 100 * scale))


def large_counts(scale: int) -> Make:
    """Shapes whose number of elements has thousands of bits, in many tensors."""
    first = tensor("0", 4, b"(" + integer(1 << 61) * 64 + b"tq\x07", b"(" + b"K\x01" * 64 + b"tq\x08")
    more = b"ctorch._utils\n_rebuild_tensor_v2\nq\x09(NK\x00h\x07h\x08\x89NtR" + b"h\x09(NK\x00h\x07h\x08\x89NtR" * (500 * scale)
    return valued(b"](" + first + more + b"e")


def hidden_buffers(scale: int) -> Make:
    """Modules that share one long set of buffers to leave out."""
    state = word("_parameters") + b"}" + word("_modules") + b"}" + word("_non_persistent_buffers_set")
    one = b"cfoo\nBar\nq\x01)R}(" + state + b"](" + b"N" * (2000 * scale) + b"eq\x02u" + b"b"
    more = b"h\x01)R}(" + state + b"h\x02ub"
    return valued(b"](" + one + more * (200 * scale) + b"e")


def names_of_a_header(scale: int) -> Make:
    """A header of as many empty tensors as it may hold."""
    entries = b",".join(b'"%d":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}' % k for k in range(2000 * scale))
    return safetensors({}, b"", raw=b"{" + entries + b"}")


def entries_of_an_archive(scale: int) -> Make:
    """An archive of many empty entries."""
    return archive(named(w=tensor("0", 4)), {"0": VALUES}, more={f"data/{k}": b"" for k in range(1, 200 * scale)})


def yaml_keys(scale: int) -> Make:
    """Integers that share one hash as the keys of a yaml."""
    return beside("config.yaml", "".join(f"{k * _P61}: 1\n" for k in range(1, 300 * scale)))


def yaml_digits(scale: int) -> Make:
    """A number of base 60 with many digits."""
    return beside("config.yaml", "a: 1" + ":1" * (4000 * scale))


def json_lists(scale: int) -> Make:
    """As many empty lists as a json of settings may hold."""
    return beside("config.json", '{"a": [' + ",".join(["[]"] * (11_000 * scale)) + "]}")


def long_stream(scale: int) -> Make:
    """A list of as many storages as the older stream can name."""
    return streamed(
        named(w=tensor("0", 4)), b"\x80\x02](" + b"".join(word(str(k)) for k in range(2000 * scale)) + b"e.", struct.pack("<Q", 4) + VALUES
    )


_EVERY = (
    *(repr_of_a_path, hash_of_a_listed_key, repr_of_a_storage_key, hash_of_a_key, repr_of_a_memo, colliding_keys, colliding_pairs, colliding_tuples),
    *(
        colliding_memo,
        long_prefixes,
        nested_prefixes,
        class_names,
        one_long_class_name,
        alarming_classes,
        shared_pairs,
        shared_shape,
        shared_arguments,
    ),
    *(shared_namespace, shared_settings, shared_array, sparse_within_sparse, large_counts, hidden_buffers, names_of_a_header, entries_of_an_archive),
    *(yaml_keys, yaml_digits, json_lists, long_stream),
)
BOMBS: dict[str, Callable[[int], Make]] = {bomb.__name__: bomb for bomb in _EVERY}
