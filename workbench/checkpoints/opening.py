"""Open safetensors and torch files without reading more than their index."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import Tensor

from workbench.checkpoints.arrays import is_arrays, open_arrays
from workbench.checkpoints.checkpoint import Checkpoint, TensorInfo
from workbench.checkpoints.configs import find_config
from workbench.checkpoints.describing import clean, contents_of, dtype_name
from workbench.checkpoints.finding import as_path, find_file, is_index, shards, stem_of
from workbench.checkpoints.gguf_file import MAGIC, open_gguf
from workbench.checkpoints.meaning import Reader, children, scalar, walk
from workbench.checkpoints.safe_file import looks_safe, read_safetensors
from workbench.checkpoints.source import AGAIN, Record, Source
from workbench.checkpoints.symbolic import Made
from workbench.checkpoints.torch_file import TorchFile, read_stream, read_zip
from workbench.core.contents import Contents
from workbench.core.errors import CheckpointError, UnsafeFile, WorkbenchError

_SAFE = "save it again as a dict of tensors, torch.save(model.state_dict(), …), or as safetensors"
_TEXT_PICKLES = (b"c", b"(")
_MOST_SHARED, _SMALL = 16, 1 << 24  # how often the same bytes may be claimed: tied weights do it, bombs do it a million times


def open_checkpoint(path: str | Path, without: Collection[Path] = ()) -> Checkpoint:
    """A checkpoint by its names and shapes. Values are read when asked for; no code of the file is run.

    Args:
        path: a safetensors or torch file, the index of one that is spread over several files, or a folder that holds one of these.
        without: files of that folder that are something else.

    Raises:
        CheckpointError: not a checkpoint, damaged, or several in the folder. UnsafeFile: it would have to run code to be read.
    """
    with in_words(path):
        file = find_file(as_path(path), without)
        config, config_path = find_config(file, stem_of(file))
        return _open_shards(file, config, config_path) if is_index(file.name) else _open(file, config, config_path)


@contextmanager
def in_words(path: str | Path) -> Iterator[None]:
    """Turn every error of reading a file into words.

    Raises:
        CheckpointError: for an error of the system or of a reader. Other WorkbenchErrors pass as they are.
    """
    try:
        yield
    except WorkbenchError:
        raise
    except OSError as err:
        fix = "check the path and your permission to read it"
        raise CheckpointError(f"cannot be opened: {err.strerror or type(err).__name__}", where=str(path), fix=fix) from err
    except Exception as err:  # readers of foreign bytes raise many types; each becomes a CheckpointError with its cause
        reason = ascii(" ".join(str(err)[:1000].split())[:240])[1:-1]
        raise CheckpointError(f"cannot be read as a checkpoint: {type(err).__name__}: {reason}", where=str(path), fix=AGAIN) from err


def describe(path: str | Path) -> Contents:
    """What a file of Python objects holds, without loading it; what any other torch file holds, too.

    Raises:
        CheckpointError: not a file of torch.save, or not a pickle.
    """
    with in_words(path):
        file = find_file(as_path(path))
        found = read_torch(file)
        if found is None:
            raise CheckpointError(f"{file.name} is not what torch.save writes", where=str(file), fix="jepa-workbench inspect FILE")
        return contents_of(found, file)[0]


def read_torch(file: Path) -> TorchFile | None:
    """A file of torch.save or a bare pickle, described; None for any other file."""
    head = _head(file)
    if head.startswith(b"PK\x03\x04"):
        return read_zip(file)
    if head.startswith(b"\x80") and not looks_safe(head):
        return read_stream(file)
    if head[:1] in _TEXT_PICKLES:
        found = read_stream(file)  # protocol 0 is text, and may pass for a note
        return found if found.strange else None
    return None


def _head(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(512)


def _open(file: Path, config: Mapping[str, Any], config_path: str) -> Checkpoint:
    head = _head(file)
    if is_arrays(file, head):
        return open_arrays(file)
    if head.startswith(MAGIC):
        return open_gguf(file)
    if looks_safe(head):
        kind, (records, source, scalars) = "safetensors", read_safetensors(file)
    else:
        found = read_torch(file)
        if found is None:
            raise _foreign(file, head)
        kind, source, (records, scalars) = found.kind, found.source, _named(found, file)
    size = file.stat().st_size
    check_sum(records, source, size, file)
    odd = next((name for name in records if clean(name) != name), None)
    if odd is not None:
        raise CheckpointError(f"a tensor is named {odd[:80]!a}, which cannot be shown", where=str(file), fix="give it a name of plain letters")
    tensors = {n: TensorInfo(n, r.shape, dtype_name(r), r.bytes, n.partition(".")[0]) for n, r in records.items()}

    def stored(name: str) -> Tensor:
        return source.read(records[name])

    return Checkpoint(
        file, kind, size, tensors, stored, {clean(k): clean(v) if isinstance(v, str) else v for k, v in scalars.items()}, config, config_path
    )


def _open_shards(index: Path, config: Mapping[str, Any], config_path: str) -> Checkpoint:
    """One checkpoint of several files. The index must say of every tensor where it really lies."""
    homes: dict[str, Checkpoint] = {}
    scalars: dict[str, object] = {}
    opened = {file: (_open(file, {}, ""), names) for file, names in shards(index).items()}
    for file, (part, named) in opened.items():
        lost, more = named - set(part.tensors), set(part.tensors) - named
        if lost or more:
            what = f"places {min(lost)!a} in {file.name}, which lacks it" if lost else f"leaves out {min(more)!a}, which lies in {file.name}"
            fix = "download the folder again, with its index and every file that it names"
            raise CheckpointError(f"the index {what}", where=str(index), fix=fix)
        homes |= dict.fromkeys(part.tensors, part)
        scalars |= part.scalars
    parts = [part for part, _ in opened.values()]
    tensors = {name: home.tensors[name] for name, home in homes.items()}
    size, kind = sum(part.bytes for part in parts), ", ".join(dict.fromkeys(part.format for part in parts))
    return Checkpoint(index, f"{kind} in {len(parts)} files", size, tensors, lambda name: homes[name].stored(name), scalars, config, config_path)


def _named(found: TorchFile, file: Path) -> tuple[dict[str, Record], dict[str, Any]]:
    """Names with dots for every tensor in nested dicts and lists, and the top-level numbers and words."""
    if found.strange or found.kind in ("pickle", "torch script"):
        contents = contents_of(found, file)[0]
        raise UnsafeFile(contents.sentence(), where=str(file), fix=contents.advice())
    if found.damage:
        raise CheckpointError(f"a damaged torch file: {found.damage}", where=str(file), fix=AGAIN)
    inner = children(found.root, objects=False)
    if inner is None or isinstance(found.root, list | tuple):
        raise CheckpointError(f"holds one {_kind(found.root)}, not named tensors", where=str(file), fix=_SAFE)
    reader, records = Reader(), {}
    try:
        for name, value in walk(found.root, objects=False):
            record = reader.record(value)
            if record is not None and name in records:
                raise ValueError(f"two tensors are named {name[:80]!a}")
            if record is not None:
                records[name] = record
    except ValueError as err:
        raise CheckpointError(str(err), where=str(file), fix=_SAFE) from err
    found.source.inline.update(reader.inline)
    return records, _scalars(inner)


def _kind(value: Any) -> str:
    return value.kind if isinstance(value, Made) else type(value).__name__


def _scalars(inner: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in inner:
        try:
            said = scalar(value)
        except (LookupError, TypeError):
            continue
        if said is not None:
            found[str(key)] = said
    return found


def check_sum(records: Mapping[str, Record], source: Source, size: int, file: Path) -> None:
    """Refuse names without number for the same few bytes: reading them all would fill the memory."""
    whole = [r.bytes for r in records.values() if not r.odd and r.span >= r.count and r.bytes <= source.held(r)]
    if sum(whole) > _MOST_SHARED * size + _SMALL:
        raise CheckpointError(f"its tensors would need {sum(whole)} bytes, the file has {size}", where=str(file), fix=_SAFE)


def _foreign(file: Path, head: bytes) -> CheckpointError:
    """What a file is that is no checkpoint, in words."""
    if head.startswith(b"version https://git-lfs"):
        return CheckpointError("a Git LFS pointer, not the weights themselves", where=str(file), fix="fetch the file: git lfs pull")
    kinds = {
        b"\x89HDF": "an HDF5 file",
        b"\x1f\x8b": "a gzip archive",
        b"<": "a web page or XML",
        b"\x93NUMPY": "a NumPy array",
        b"PK\x05\x06": "an empty zip archive",
    }
    known = next((name for magic, name in kinds.items() if head.lstrip().startswith(magic)), None)
    if not head:
        known = "empty"
    elif known is None:
        text = all(32 <= b < 127 or b in b"\t\r\n" or b > 127 for b in head)
        known = f"text: {head[:40].decode('utf-8', 'replace')!r}" if text else f"of an unknown kind (first bytes {head[:8].hex(' ')})"
    fix = "checkpoints are safetensors files, or what torch.save writes; " + AGAIN
    return CheckpointError(f"{file.name} is not a checkpoint but {known}", where=str(file), fix=fix)
