"""Which file of a folder is the checkpoint, and which files one is spread over."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection, Mapping
from pathlib import Path

from workbench.checkpoints.configs import read_config
from workbench.core.errors import CheckpointError

SUFFIXES = (".safetensors", ".pt", ".pth", ".pth.tar", ".tar", ".ckpt", ".bin", ".gguf")
INDEX = ".index.json"
# What trainers write beside a model; never the model itself.
_COMPANIONS = ("optimizer", "scheduler", "scaler", "rng_state", "training_args", "decoder")
_SHARD = re.compile(r"(?P<stem>.+)-(?P<number>\d{1,6})-of-(?P<count>\d{1,6})(?P<ending>\.\w+)$")
_HUB = re.compile(r"(?:https?:/{1,2}(?:huggingface\.co|hf\.co)/)?(?P<user>[A-Za-z0-9][\w.-]{0,95})/(?P<name>[A-Za-z0-9][\w.-]{0,95})/?$")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,10}:/")
_QUOTES = "\"'"
_DISTRIBUTED, _METADATA = ".distcp", ".metadata"
_MAX_INDEX_BYTES, _MAX_SHARDS = 1 << 24, 1000


def as_path(said: str | Path) -> Path:
    """The path that a user means: without spaces and quotes around it, with ~ as the home folder."""
    text = str(said).strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in _QUOTES and not Path(text).exists():
        text = text[1:-1].strip()
    path = Path(text)
    return path.expanduser() if text.startswith("~") and not path.exists() else path


def find_file(path: Path, without: Collection[Path] = ()) -> Path:
    """The file itself, or the one checkpoint of a folder: for one that is spread over several files, its index.

    A repository folder of the cache of Hugging Face is followed to the snapshot that its refs/main names.

    Args:
        without: files of the folder that are known to be something else, as an encoder in a file of its own.

    Raises:
        CheckpointError: nothing there, an empty folder, several checkpoints, or a folder of torch.distributed.checkpoint.
    """
    if path.is_file():
        if path.name.endswith(_DISTRIBUTED):
            raise _distributed(path.parent, sum(f.name.endswith(_DISTRIBUTED) for f in path.parent.iterdir()))
        return path
    if not path.is_dir():
        what = "is neither a file nor a folder" if path.exists() else "does not exist"
        if not path.exists() and (repository := _repository(str(path))):
            fix = (
                f"`jepa-workbench catalogue {repository} --download` fetches what the catalogue lists; else download it yourself and open its folder"
            )
            raise CheckpointError(f"{repository} is a repository of Hugging Face, not a path: nothing is fetched unasked", where=str(path), fix=fix)
        if not path.exists() and _ADDRESS.match(str(path)):
            fix = "download it and open the file; `jepa-workbench catalogue` lists what it can fetch with --download"
            raise CheckpointError("a web address, not a path: nothing is fetched unasked", where=str(path)[:200], fix=fix)
        raise CheckpointError(f"{path.name or path} {what}", where=str(path), fix="give the path of a checkpoint file, or of the folder it lies in")
    path = _snapshot(path)
    apart = {_same(file) for file in without}
    names = sorted(p.name for p in path.iterdir() if p.is_file() and not (apart and _same(p) in apart))
    if _METADATA in names and any(n.endswith(_DISTRIBUTED) for n in names):
        raise _distributed(path, sum(n.endswith(_DISTRIBUTED) for n in names))
    found = [n for n in names if n.lower().endswith(SUFFIXES) and not n.lower().startswith(_COMPANIONS)]
    indexes = [n for n in names if is_index(n) and not n.lower().startswith(_COMPANIONS)]
    found = [*indexes, *(n for n in found if not any(_is_shard(n, index) for index in indexes))]
    if len(found) == 1:
        return path / found[0]
    if found:
        listed = ", ".join(found[:12]) + (" …" if len(found) > 12 else "")
        raise CheckpointError(f"{len(found)} checkpoints lie in this folder: {listed}", where=str(path), fix=f"choose one, e.g. {path / found[0]}")
    inside = f"it holds {', '.join(names[:5])}" if names else "it is empty"
    raise CheckpointError(f"no checkpoint lies in this folder: {inside}", where=str(path), fix=f"a checkpoint ends in {', '.join(SUFFIXES)}")


def _snapshot(folder: Path) -> Path:
    """Of a repository folder in the cache of Hugging Face the snapshot that refs/main names, or the only one; else the folder itself.

    Raises:
        CheckpointError: several snapshots and none of that name.
    """
    snapshots = folder / "snapshots"
    if not folder.name.startswith("models--") or not snapshots.is_dir():
        return folder
    kept = sorted(p.name for p in snapshots.iterdir() if p.is_dir())
    ref = folder / "refs" / "main"
    named = ref.read_bytes()[:200].decode("utf-8", "replace").strip() if ref.is_file() else ""
    if named in kept or len(kept) == 1:
        return snapshots / (named if named in kept else kept[0])
    what = f"refs/main names {named[:40]!a}, which is not downloaded" if named else "it has no refs/main"
    listed = f"choose one of its snapshots: {', '.join(kept[:8])}" if kept else "download it again"
    raise CheckpointError(f"{folder.name} of the cache of Hugging Face: {what}", where=str(folder), fix=listed)


def _repository(said: str) -> str:
    """The id in what looks like a repository of Hugging Face; "" where it does not."""
    found = _HUB.match(said)
    return f"{found['user']}/{found['name']}" if found else ""


def _same(file: Path) -> Path:
    return Path(os.path.abspath(file))


def refuse_piece(file: Path) -> None:
    """Refuse one file of a checkpoint that is spread over several: what it lacks would look like a model that lacks it.

    Raises:
        CheckpointError: it is one, with what makes it whole.
    """
    piece = _SHARD.match(file.name)
    if piece is None or int(piece["count"]) < 2:
        return
    index = file.parent / f"{piece['stem']}{piece['ending']}{INDEX}"
    fix = f"open the folder, or {index}" if index.is_file() else f"put the other files and {index.name} into this folder, then open the folder"
    what = f"{file.name} is file {int(piece['number'])} of {int(piece['count'])} of one checkpoint"
    raise CheckpointError(what, where=str(file), fix=fix)


def _distributed(folder: Path, pieces: int) -> CheckpointError:
    what = f"a folder of torch.distributed.checkpoint, in {pieces} pieces: they are joined by torch, not here"
    fix = f"python -m torch.distributed.checkpoint.format_utils dcp_to_torch {shlex.quote(str(folder))} model.pt, then open model.pt"
    return CheckpointError(what, where=str(folder), fix=fix)


def is_index(name: str) -> bool:
    """The name is that of an index over several files: model.safetensors.index.json."""
    return name.lower().endswith(tuple(f"{s}{INDEX}" for s in SUFFIXES))


def stem_of(file: Path) -> str:
    """The name of a checkpoint without its ending."""
    name = file.name[: -len(INDEX)] if is_index(file.name) else file.name
    ending = max((s for s in SUFFIXES if name.lower().endswith(s)), key=len, default="")
    return name[: len(name) - len(ending)]


def shards(index: Path) -> dict[Path, set[str]]:
    """The files that a checkpoint is spread over, and the tensors that its index places in each.

    Raises:
        CheckpointError: no such list, files that are not in the folder, or absurdly many.
    """
    fix = "download the folder again, with its index and every file that it names"
    places = read_config(index, _MAX_INDEX_BYTES).get("weight_map")
    if not isinstance(places, Mapping) or not places or not all(isinstance(v, str) for pair in places.items() for v in pair):
        raise CheckpointError("the index has no weight_map of tensor names to files", where=str(index), fix=fix)
    found: dict[Path, set[str]] = {}
    for name, place in places.items():
        found.setdefault(index.parent / place, set()).add(name)
    if len(found) > _MAX_SHARDS:
        raise CheckpointError(f"the index names {len(found)} files, more than {_MAX_SHARDS}", where=str(index), fix=fix)
    for file in found:
        if file.parent != index.parent or is_index(file.name) or not file.is_file():
            raise CheckpointError(f"the index places tensors in {str(file)!a}, which is no checkpoint of this folder", where=str(index), fix=fix)
    return found


def _is_shard(name: str, index: str) -> bool:
    stem, ending = Path(index[: -len(INDEX)]).stem, Path(index[: -len(INDEX)]).suffix
    return name.startswith(f"{stem}-") and "-of-" in name and name.endswith(ending)
