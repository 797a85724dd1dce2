"""What is known of clips before a model sees them: classes by folder, what a bank stores, and whether the files have changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from workbench.core.errors import BadInput
from workbench.core.vectors import numbered
from workbench.data import Bank, Clips
from workbench.store.embeddings import ClipTable
from workbench.worlds.factors import ClipRow

_LABEL, _MOST = "label", 32  # the column of classes; numbers of one array that become columns
_LEFT = ("classes", "actions")  # arrays of a bank that say nothing of single clips or frames


def known_of(data: ClipRow) -> ClipTable:
    """Names and metadata of clips.

    - A folder whose files all lie in sub-folders: the first of these is the class, in the column `label`.
    - A bank: its labels in words, every array with one entry a clip, and those with one a frame, states by the names of their world.
    """
    if not isinstance(data, Clips):
        return ClipTable(tuple(numbered(len(data)).tolist()))
    if isinstance(data, Bank):
        return _of_bank(data)
    if data.kind == "folder" and all("/" in name for name in data.names):
        return ClipTable(data.names, {_LABEL: np.array([name.partition("/")[0] for name in data.names])})
    return ClipTable(data.names)


def labels_of(data: ClipRow, labels: Any) -> tuple[str, np.ndarray | None]:
    """The name of labels, and one a clip; None where the column "label" is not there.

    Args:
        labels: name of a column that is known of the clips, or one label or number a clip.

    Raises:
        BadInput: not one a clip, or no such column.
    """
    if not isinstance(labels, str):
        given = np.asarray(labels)
        if given.shape != (len(data),) or given.dtype.kind not in "biufU":
            raise BadInput(f"{given.dtype} {list(given.shape)} are no labels of {len(data)} clips", where="labels", fix="give one a clip")
        return "given", given
    columns = known_of(data).columns
    if labels in columns:
        return labels, np.asarray(columns[labels])
    if labels not in ("", "label"):
        raise BadInput(f"nothing called {labels!r} is known of the clips", where="labels", fix=f"one of {', '.join(columns) or 'none'}")
    return "", None


def stamped(data: ClipRow) -> str:
    """A hash of what clips are: names, sizes and times of their files; where they come from no file, their pixels.

    Raises:
        BadInput: a file is not there any more.
    """
    found = hashlib.blake2b(digest_size=16)
    if isinstance(data, Clips) and data.files:
        for name in data.names:
            found.update(json.dumps(name).encode())
        for file in data.files:
            try:
                said = file.stat()
            except OSError as err:
                raise BadInput(f"this file cannot be looked at: {err.strerror}", where=str(file), fix="open the folder again") from err
            found.update(f"{said.st_size} {said.st_mtime_ns}\n".encode())
    else:
        for clip in data:
            found.update(f"{clip.digest} {clip.fps}\n".encode())
    return found.hexdigest()


def _of_bank(bank: Bank) -> ClipTable:
    columns, tracks = dict[str, np.ndarray](), dict[str, np.ndarray]()
    stored, count = bank.pixels.shape[1], len(bank)
    for name, array in bank.arrays.items():
        if name in _LEFT or array.ndim == 0 or len(array) != count or array.dtype.kind not in "biufU":
            continue
        if name == "labels":
            columns |= _labels(array, bank.arrays.get("classes"))
        elif array.ndim == 1:
            columns[name] = array
        elif stored > 1 and array.shape[1] == stored and array.ndim in (2, 3):
            chosen = array[:, list(bank.chosen)]
            tracks |= {name: chosen} if array.ndim == 2 else _apart(name, chosen, bank.arrays)
        elif array.ndim == 2:
            columns |= _apart(name, array, bank.arrays)
    return ClipTable(bank.names, columns, tracks)


def _labels(labels: np.ndarray, classes: np.ndarray | None) -> dict[str, np.ndarray]:
    if labels.ndim != 1:
        return {}
    named = (
        classes is not None and classes.ndim == 1 and labels.dtype.kind in "iu" and len(labels) and 0 <= labels.min() <= labels.max() < len(classes)
    )
    return {_LABEL: np.asarray(classes)[labels].astype(str) if named else labels}


def _apart(name: str, array: np.ndarray, arrays: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The last axis of an array as columns; states by the names that their world gives them."""
    width = min(array.shape[-1], _MOST)
    words = _states(arrays) if name == "states" else None
    names = words if words is not None and len(words) == array.shape[-1] else [f"{name} {k}" for k in range(width)]
    return {(n if n not in arrays else f"{name} {n}"): array[..., k] for k, n in enumerate(names)}


def _states(arrays: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The names of what a state holds, where its world is known."""
    from workbench.worlds import stored_pairs, two_rooms
    from workbench.worlds.true_factors import truth_of

    truth = truth_of(arrays)
    known = {"two rooms": two_rooms.STATES, "falling balls": stored_pairs.STATES}
    return None if truth is None else known.get(truth.world)
