"""Embeddings on disk: one Zarr v3 group, written chunk by chunk, so that nothing finished is lost or computed twice.

    NAME.zarr/
      zarr.json          group; attributes: format, key, question, tasks, rows and dim
      clips.npz          names and metadata of the clips
      parts/000012/      what one task gave: `values` [rows, dim] and `places` [rows, 5], one chunk each
      manifest.json      rows of every part, once all are there

A part is written beside its place and renamed when it has reached the disk. What ends in .partial was never finished.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout
from jaxtyping import Float32, Int32

from workbench.core import codec
from workbench.core.errors import BadInput
from workbench.core.vectors import Origin, Vectors, plain_column
from workbench.store.places import PARTIAL, disk, partial, settle, zarr_module
from workbench.store.rows import check_size

FORMAT = 1
SUFFIX = ".zarr"
PLACES = ("clip", "frame", "tick", "row", "col")  # columns of `places`; NOWHERE where a row has none
_MARK, _CLIPS, _PARTS, _MANIFEST, _WRITER = "jepa_workbench", "clips.npz", "parts", "manifest.json", "writer.json"
_CHUNK = "c.0.0"  # the key of the one chunk of an array
_FIX = "make it again with jw.embed"


@dataclass(frozen=True)
class Plan:
    """What is to be written, decided before the first part.

    Args:
        key: of the content: the same for the same question, weights and data. level: "clip", "frames" or "tokens". dim: of a vector.
        clips: how many. each: clips a task. together: clips that are read and embedded together. model, question, hashes, settings, data: see `Origin`.
    """

    key: str
    level: str
    dim: int
    clips: int
    each: int
    together: int
    model: str = ""
    question: str = ""
    hashes: Mapping[str, str] = field(default_factory=dict[str, str])
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    data: str = ""

    @property
    def tasks(self) -> int:
        """How many parts there will be."""
        return -(-self.clips // self.each)

    def of(self, task: int) -> range:
        """The clips of a task."""
        return range(task * self.each, min(self.clips, (task + 1) * self.each))


@dataclass(frozen=True, eq=False)
class ClipTable:
    """What is known of the clips.

    Args:
        names: one a clip. columns: name -> one number or text a clip. tracks: name -> one number a clip and frame.
    """

    names: tuple[str, ...]
    columns: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    tracks: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])


class Entry:
    """One embedding on disk.

    Args:
        path: its folder, which is there.

    Raises:
        BadInput: the folder is none of ours, damaged, or of another version.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.plan = _plan(self.path)

    def finished(self) -> list[int]:
        """The tasks whose parts are there."""
        return sorted(int(p.name) for p in (self.path / _PARTS).iterdir() if p.name.isdecimal())

    @property
    def complete(self) -> bool:
        """Whether every part is there, and the manifest that says so."""
        return (self.path / _MANIFEST).is_file()

    def write(
        self, task: int, values: Float32[np.ndarray, "rows dim"], places: Int32[np.ndarray, "rows 5"], skipped: Mapping[int, str] | None = None
    ) -> None:
        """Write what a task gave. A part that is there already stays as it is.

        Args:
            places: see PLACES. skipped: clip -> why it could not be read.

        Raises:
            BadInput: the disk refuses.
        """
        place = self._part(task)
        part = partial(place)
        with disk(self.path):
            try:
                said = {"task": task, "rows": len(values), "skipped": {str(k): v for k, v in (skipped or {}).items()}}
                _write_group(part, {"values": values, "places": places}, said)
                settle(part, place)
            except OSError:
                if not place.is_dir():  # else another writer was first, with the same numbers
                    raise
            finally:
                shutil.rmtree(part, ignore_errors=True)

    def finish(self) -> None:
        """Write the manifest, and remove what lost workers left half-written.

        Raises:
            BadInput: parts are missing, or the disk refuses.
        """
        there = self.finished()
        if there != list(range(self.plan.tasks)):
            raise BadInput(f"{self.plan.tasks - len(there)} of {self.plan.tasks} parts are missing", where=str(self.path), fix=_FIX)
        said = [json.loads((self._part(task) / "zarr.json").read_text(encoding="utf-8"))["attributes"] for task in there]
        names = self.clips().names
        skipped = [[names[int(k)], why] for part in said for k, why in part["skipped"].items()]
        for left in (self.path / _PARTS).glob(f"*{PARTIAL}"):
            _remove(left)
        _write_json(self.path / _MANIFEST, {"rows": [part["rows"] for part in said], "skipped": skipped})

    def clips(self) -> ClipTable:
        """What is known of the clips.

        Raises:
            BadInput: damaged.
        """
        said = codec.load(self.path / _CLIPS)
        return ClipTable(tuple(said["names"].tolist()), said["columns"], said["tracks"])

    def manifest(self) -> tuple[list[int], tuple[tuple[str, str], ...]]:
        """Rows of every part, and (name, reason) of the clips that were skipped.

        Raises:
            BadInput: it is not complete.
        """
        if not self.complete:
            what = f"this embedding is not complete: {len(self.finished())} of {self.plan.tasks} parts are there"
            raise BadInput(what, where=str(self.path), fix="ask jw.embed again: it goes on where it stopped")
        said = json.loads((self.path / _MANIFEST).read_text(encoding="utf-8"))
        return [int(n) for n in said["rows"]], tuple((str(n), str(why)) for n, why in said["skipped"])

    def vectors(self, most_bytes: int) -> Vectors:
        """All of it, in memory.

        Raises:
            BadInput: not complete, damaged, or more than `most_bytes`.
        """
        rows, skipped = self.manifest()
        plan, table = self.plan, self.clips()
        check_size((sum(rows), plan.dim), most_bytes, str(self.path))
        values, places = np.empty((sum(rows), plan.dim), np.float32), np.empty((sum(rows), len(PLACES)), np.int32)
        start = 0
        for task, count in enumerate(rows):
            values[start : start + count] = self._read(task, "values", (count, plan.dim), "<f4")
            places[start : start + count] = self._read(task, "places", (count, len(PLACES)), "<i4")
            start += count
        clip, frame = places[:, 0], places[:, 1]
        columns = {name: column[clip] for name, column in table.columns.items()}
        for name, track in table.tracks.items():
            columns[name] = track[clip, np.clip(frame, 0, track.shape[1] - 1)]
        origin = Origin("embed", plan.question, plan.model, plan.hashes, plan.data, plan.settings)
        one: dict[str, Any] = (
            {"frame": None, "token": None} if plan.level == "clip" else {"frame": frame, "token": places[:, 3:] if plan.level == "tokens" else None}
        )
        return Vectors(values, np.array(table.names), clip, columns=columns, skipped=skipped, origin=origin, **one)

    def _part(self, task: int) -> Path:
        return self.path / _PARTS / f"{task:06d}"

    def _read(self, task: int, name: str, shape: tuple[int, int], dtype: str) -> np.ndarray:
        """The one chunk of an array, which is stored as it is: a hundred times as fast as by way of its metadata.

        Raises:
            BadInput: it is not there, or of another size.
        """
        if shape[0] == 0:
            return np.empty(shape, dtype)
        chunk = self._part(task) / name / _CHUNK
        try:
            return np.fromfile(chunk, dtype).reshape(shape)
        except (OSError, ValueError) as err:
            raise BadInput(f"part {task} of this embedding is damaged", where=str(chunk), fix=f"remove the folder, and {_FIX}") from err


def is_embedding(path: Path) -> bool:
    """Whether a folder is an embedding of ours, whole or not."""
    return (path / "zarr.json").is_file() and (path / _PARTS).is_dir()


@contextmanager
def writing(path: str | Path, plan: Plan, clips: ClipTable) -> Iterator[Entry]:
    """The embedding of a plan, made or found again, for one writer at a time. What an ended writer left half-written is removed.

    Raises:
        BadInput: another writer is at it, another embedding lies there, it is of another version, or the disk refuses.
    """
    place = Path(path)
    with disk(place), _alone(place):
        _sweep(place)
        if not place.exists():
            _create(place, plan, clips)
        entry = Entry(place)
        if entry.plan.key != plan.key:
            what = "another embedding lies here: of another question, other weights or other data"
            raise BadInput(what, where=str(place), fix="choose another folder, or remove this one")
        yield entry


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Hold the lock beside a place; the system gives it back when the process ends, however it ends."""
    place.parent.mkdir(parents=True, exist_ok=True)
    beside, writer = place.with_name(f"{place.name}.lock"), place.with_name(f"{place.name}.{_WRITER}")
    lock = FileLock(beside, timeout=0)
    try:
        lock.acquire()
    except Timeout as err:
        raise BadInput(
            f"another process is writing this embedding{_said(writer)}", where=str(place), fix="wait until it has ended, or stop it"
        ) from err
    try:
        _write_json(writer, {"pid": os.getpid(), "started": time.time()})
        yield
    finally:
        writer.unlink(missing_ok=True)
        lock.release()


def _said(writer: Path) -> str:
    try:
        said = json.loads(writer.read_text(encoding="utf-8"))
        return f": process {int(said['pid'])}, since {time.strftime('%Y-%m-%d %H:%M:%S', time.localtime(float(said['started'])))}"
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _sweep(place: Path) -> None:
    """Remove what ended writers of this embedding left half-written. Its lock is held: no other writer lives."""
    left = [*place.parent.glob(f"{place.name}.*{PARTIAL}"), *(place / _PARTS).glob(f"*{PARTIAL}"), *place.glob(f"*{PARTIAL}")]
    for path in left:
        _remove(path)
    for path in place.parent.glob(f"*{SUFFIX}.*{PARTIAL}"):  # of other embeddings, whose writers may live
        other = FileLock(path.with_name(f"{path.name.partition(SUFFIX)[0]}{SUFFIX}.lock"), timeout=0)
        try:
            with other:
                _remove(path)
        except Timeout:
            continue


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _create(place: Path, plan: Plan, clips: ClipTable) -> None:
    zarr: Any = zarr_module()
    part = partial(place)
    try:
        root = zarr.open_group(str(part), mode="w", zarr_format=3, attributes={_MARK: {"format": FORMAT, **asdict(plan)}})
        root.create_group(_PARTS)
        names = np.array(clips.names, dtype=str)
        columns = {name: plain_column(name, c) for name, c in clips.columns.items()}
        (part / _CLIPS).write_bytes(codec.dumps({"names": names, "columns": columns, "tracks": dict(clips.tracks)}))
        settle(part, place)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _write_group(part: Path, arrays: Mapping[str, np.ndarray], attributes: Mapping[str, Any]) -> None:
    """A group of arrays of one chunk each, stored as they are; a chunk of zeros too."""
    zarr: Any = zarr_module()
    group = zarr.open_group(str(part), mode="w", zarr_format=3, attributes=dict(attributes))
    for name, array in arrays.items():
        how: dict[str, Any] = {"chunks": (max(1, len(array)), *array.shape[1:]), "compressors": None, "config": {"write_empty_chunks": True}}
        lost = np.nan if array.dtype.kind == "f" else -2  # what others read where a file was removed by hand
        keys = {"name": "default", "separator": "."}
        group.create_array(name, data=np.ascontiguousarray(array), fill_value=lost, chunk_key_encoding=keys, **how)


def _write_json(path: Path, said: Mapping[str, Any]) -> None:
    part = partial(path)
    try:
        part.write_text(json.dumps(said), encoding="utf-8")
        settle(part, path)
    finally:
        part.unlink(missing_ok=True)


def _plan(path: Path) -> Plan:
    zarr: Any = zarr_module()
    try:
        said = dict(zarr.open_group(str(path), mode="r").attrs[_MARK])
    except Exception as err:  # zarr and json raise many types over foreign files
        raise BadInput(f"this folder is no embedding: {type(err).__name__}", where=str(path), fix=_FIX) from err
    version = said.pop("format", None)
    if version != FORMAT:
        raise BadInput(f"an embedding of format {version!r:.20}; this program reads format {FORMAT}", where=str(path), fix=_FIX)
    try:
        plan = Plan(**said)
        if min(plan.dim, plan.clips, plan.each, plan.together) < 1:
            raise ValueError("sizes below 1")
    except (TypeError, ValueError) as err:
        raise BadInput(f"this embedding is damaged: {err}", where=str(path), fix=_FIX) from err
    return plan
