"""Answers on disk, one file each under the digest of its question: what was computed once is read again, in another session too."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from workbench.core import codec
from workbench.core.errors import BadInput
from workbench.core.questions import Question
from workbench.core.questions.base import Answer
from workbench.store.places import PARTIAL, disk, partial, settle, store_folder

FORMAT = 1
_LEFT = 3600.0  # seconds after which a half-written file has no writer any more


@dataclass(frozen=True, eq=False)
class Kept(Generic[Answer]):
    """An answer and where it came from.

    Args:
        answer: the answer. again: it was read from the store, not computed. notes: why a file could not be read or written; empty when all went well.
    """

    answer: Answer
    again: bool = False
    notes: tuple[str, ...] = ()


def kept(question: Question[Answer], compute: Callable[[], Answer], *, anew: bool = False, store: str | Path | None = None) -> Kept[Answer]:
    """The stored answer to a question, else a computed one, which is then stored.

    The answer is computed again where the file is damaged, which is then replaced, or of another format, which then stays; and it is given also where the
    store cannot be written. `notes` says so.

    Args:
        question: names vectors by their values, so that the same vectors of another file have the same answer. compute: gives the answer.
        anew: compute it whatever is stored, and replace that. store: folder of the store; see `store_folder`.
    """
    place = place_of(question, store)
    found, note = (None, "") if anew or not place.is_file() else _read(place)
    if found is not None and not note:
        return Kept(found["answer"], again=True)
    answer, notes = compute(), [note] if note else []
    if found is None:  # else it is another program's
        try:
            _write(place, answer, replace=anew or bool(note))
        except BadInput as error:
            notes.append(f"not kept: {error.what}: {error.where}")
    return Kept(answer, notes=tuple(notes))


def place_of(question: Question[Any], store: str | Path | None = None) -> Path:
    """The file of its answer, whether there is one or not."""
    return store_folder(store) / "answers" / f"{question.about.name}-{question.digest}.npz"


def _read(place: Path) -> tuple[dict[str, Any] | None, str]:
    """What a file holds, None where it is damaged; and why it is of no use, "" where it is."""
    try:
        found: dict[str, Any] = codec.load(place)
        version = found["format"]
    except (BadInput, TypeError, KeyError):
        return None, f"computed again, for the stored answer is damaged: {place}"
    return (
        found,
        "" if version == FORMAT else f"computed again, for the stored answer is of format {version!r:.20}, this program reads {FORMAT}: {place}",
    )


def _write(place: Path, answer: object, *, replace: bool) -> None:
    """Write beside the place, then rename. Of two writers of one new answer the first stays.

    Raises:
        BadInput: the disk refuses.
    """
    with disk(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        for left in place.parent.glob(f"*{PARTIAL}"):
            with suppress(FileNotFoundError):
                if time.time() - left.stat().st_mtime > _LEFT:
                    left.unlink()
        part = partial(place)
        try:
            part.write_bytes(codec.dumps({"format": FORMAT, "answer": answer}))
            if replace or not place.exists():
                settle(part, place)
        finally:
            part.unlink(missing_ok=True)
