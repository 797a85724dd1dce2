"""Where the Open dialog looks, and what it lists there: recent files, samples, published checkpoints, folders that may be opened."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from workbench import samples
from workbench.boards.clip_choice import is_sample_bank
from workbench.boards.code import WRAPPED
from workbench.boards.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.data.folders import Entry, kind_by_name, list_folder
from workbench.data.paths import plainly
from workbench.published import find_cached
from workbench.store.recent import Opened, recent
from workbench.store.recognising import SUFFIXES

_SHOWN = 5000  # rows that cross to the browser
_KINDS: Mapping[str, tuple[str, ...]] = {
    "model": ("folder", "model"),
    "data": ("folder", "image", "video", "bank"),
    "bank": ("folder", "bank"),
}
_WHAT = {"model": "checkpoint", "data": "image, video or bank", "bank": "folder or bank"}
LISTS = ("recent", "samples", "published")  # places that are no folders
Listing = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Somewhere to look: a folder that may be opened, or a list. id: a path, or the name of the list."""

    id: str
    label: str


class Places:
    """What one session may look through. target: "model", "data" or "bank" in every call."""

    def __init__(self, space: Workspace) -> None:
        self.space = space

    def of(self, target: str) -> list[Place]:
        """The lists and folders to choose from."""
        found = [Place("recent", "Recent")] if self._recent(target) else []
        found.append(Place("samples", "Samples" if target != "bank" else "Open data, samples"))
        if target == "model" and find_cached():
            found.append(Place("published", "Published, on this machine"))
        return [*found, *self._roots()]

    def open_now(self, target: str) -> tuple[str, str]:
        """The path of what is open, and the place that it lies in."""
        space, key = self.space, self.space.session.state.model
        first = self._roots()[0].id
        if target == "model" and key is not None and not key.path.startswith(WRAPPED):
            return (space.sample, "samples") if space.sample else (key.path, str(Path(key.path).parent))
        vectors = space.session.state.vectors
        if target == "data" and vectors is not None and os.path.exists(vectors.path):
            return vectors.path, str(Path(vectors.path).parent)
        dropped = space.uploads is not None and space.clips is not None and space.uploads.owns(space.clips.path)
        if target == "data" and space.clips is not None and space.shown is not None and not dropped:
            if is_sample_bank(space.clips.path):
                return next(n for n in samples.names() if str(samples.find(n).bank) == space.clips.path), "samples"
            return space.clips.path, str(Path(space.clips.path).parent)
        return ("", first) if target != "bank" or not space.choice.bank else (space.choice.bank, "samples")

    def listing(self, place: str, target: str) -> Listing:
        """What lies in a place, as the dialog takes it.

        Raises:
            BadInput: a folder that may not be opened, or cannot be listed.
        """
        rows = {"recent": self._recent_rows, "samples": _sample_rows, "published": _published_rows}.get(place)
        if rows is None:
            return self._folder(self.space.allow(place), target)
        label = next((p.label for p in self.of(target) if p.id == place), place)
        return {"place": place, "crumbs": [{"id": place, "label": label}], "rows": rows(target), "note": "", "empty": "Nothing yet."}

    def folder_of(self, path: str) -> str:
        """The folder that a path lies in, from the allowed one down; "" of the allowed one, and the name alone where it lies in none of those."""
        folder, roots = Path(path).parent, self.space.roots or [Path.cwd(), Path.home()]
        if Path(path) in roots:
            return ""
        top = _outermost(folder, roots)
        return plainly(folder.name if top is None else str(_told_apart(top, roots) / folder.relative_to(top)))

    def _roots(self) -> list[Place]:
        """The folders that can be looked through."""
        own = [root for root in self.space.roots if root != samples.root()] or [Path.cwd(), Path.home()]
        folders = list(dict.fromkeys(own))
        return [Place(str(root), plainly(str(_told_apart(root, folders)))) for root in folders]

    def _recent(self, target: str) -> list[Opened]:
        return [each for each in recent(target) if self._may_open(each.path)]

    def _may_open(self, path: str) -> bool:
        try:
            self.space.allow(path)
        except WorkbenchError:
            return False
        return True

    def _folder(self, place: str, target: str) -> dict[str, Any]:
        found = list_folder(place, self._inside)
        wanted = [entry for entry in found.entries if entry.kind in _KINDS[target] or _also(entry, target)]
        left = len(found.entries) - len(wanted)
        notes = [f"{left} other file{'' if left == 1 else 's'} not shown"] * bool(left)
        notes += [f"{found.hidden} not listed: links out of the allowed folders, or names that are not text"] * bool(found.hidden)
        notes += ["the folder holds more than can be listed: type the path"] * (found.more or len(wanted) > _SHOWN)
        note = f"{'; '.join(notes)}." if notes else ""
        empty = f"No {_WHAT[target]} lies here."
        rows = [_row(entry) for entry in wanted[:_SHOWN]]
        root = next((r for r in self._roots() if Path(place) == Path(r.id)), None)
        return {
            "place": root.id if root else "",
            "crumbs": self._crumbs(Path(place)),
            "rows": rows,
            "note": note[:1].upper() + note[1:],
            "empty": empty,
        }

    def _inside(self, real: Path) -> bool:
        return not self.space.roots or any(real.is_relative_to(root) for root in self.space.roots)

    def _crumbs(self, folder: Path) -> list[dict[str, str]]:
        """The folder and those above it, up to the allowed one."""
        top = _outermost(folder, self.space.roots) or Path(folder.anchor)
        steps = [folder, *folder.parents]
        return [{"id": str(step), "label": plainly(step.name) or str(step)} for step in reversed(steps[: steps.index(top) + 1])]

    def _recent_rows(self, target: str) -> list[dict[str, Any]]:
        return [
            {
                "path": each.path,
                "name": plainly(Path(each.path).name),
                "kind": _kind(each.path),
                "note": each.settings or plainly(Path(each.path).parent.name),
            }
            for each in self._recent(target)
        ]


def kind_of(path: str) -> str:
    """What a path is, as far as its name tells; a folder is one on the disk."""
    return "folder" if os.path.isdir(path) else kind_by_name(path)  # which no name can make fail


def holds_vectors(path: str) -> bool:
    """Whether a file may hold vectors, as far as its name tells."""
    return PurePath(path).suffix.lower() in SUFFIXES


def holds_labels(path: str) -> bool:
    """Whether a file may be a table of labels, as far as its name tells."""
    return PurePath(path).suffix.lower() == ".csv"


def _outermost(folder: Path, roots: Sequence[Path]) -> Path | None:
    """The first of the allowed folders on the way to a folder; None where it lies in none."""
    return min((root for root in roots if folder.is_relative_to(root)), key=lambda root: len(root.parts), default=None)


def _told_apart(folder: Path, folders: Sequence[Path]) -> PurePath:
    """As much of the end of a folder's path as no other of these ends with."""
    counts = range(1, len(folder.parts))
    ends = (folder.parts[-n:] for n in counts if sum(other.parts[-n:] == folder.parts[-n:] for other in folders) == 1)
    return PurePath(*next(ends, folder.parts))


def _also(entry: Entry, target: str) -> bool:
    """Files that may be of several kinds: arrays of a model, and vectors."""
    return (target == "model" and entry.name.endswith(".npz")) or (target == "data" and holds_vectors(entry.name))


def _kind(path: str) -> str:
    return "model" if kind_of(path) == "file" else kind_of(path)


def _row(entry: Entry) -> dict[str, Any]:
    return {"path": entry.path, "name": entry.name, "kind": entry.kind, "bytes": entry.bytes, "changed": entry.changed}


def _sample_rows(target: str) -> list[dict[str, Any]]:
    own = [{"path": "", "name": "The open data", "kind": "bank"}] if target == "bank" else []
    return [*own, *({"path": name, "name": samples.find(name).title, "kind": "sample", "note": name} for name in samples.names())]


def _published_rows(_target: str) -> list[dict[str, Any]]:
    found = [c for c in find_cached().values() if c.published.role == "model"]
    return [{"path": str(c.path), "name": c.published.title, "kind": "model", "bytes": c.bytes} for c in found]
