"""What this machine has already: the caches of torch hub and of Hugging Face, looked at without either package."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from workbench.published.table import PUBLISHED, Published

_HASH_FILE = ("refs", "main")


@dataclass(frozen=True)
class Cached:
    """A published checkpoint that is here. `path`: the file or folder to open. `bytes`: as found."""

    published: Published
    path: Path
    bytes: int


def torch_folder() -> Path:
    """Where torch hub keeps checkpoints, as TORCH_HOME and XDG_CACHE_HOME say."""
    home = _said("TORCH_HOME") or _cache_home() / "torch"
    return home / "hub" / "checkpoints"


def face_folder() -> Path:
    """Where huggingface_hub keeps repositories, as HF_HUB_CACHE, HF_HOME and XDG_CACHE_HOME say."""
    said = _said("HF_HUB_CACHE") or _said("HUGGINGFACE_HUB_CACHE")
    return said or (_said("HF_HOME") or _cache_home() / "huggingface") / "hub"


def find_cached(rows: Iterable[Published] = PUBLISHED, folders: Iterable[Path] = ()) -> dict[str, Cached]:
    """Name -> where it is, for those that are whole as far as names tell.

    Args:
        folders: where a file of the published name, or a copy of the repository under its name, is looked for as well.
    """
    places = list(folders)
    found = {row.name: _in_torch(row) or _in_face(row) or next(filter(None, (_in_folder(row, place) for place in places)), None) for row in rows}
    return {name: cached for name, cached in found.items() if cached is not None}


def _in_folder(row: Published, folder: Path) -> Cached | None:
    """A file that was downloaded by hand, or a repository that was cloned."""
    place = folder / row.file if row.url else folder / row.repo.rpartition("/")[2]
    sizes = [_size(place)] if row.url else [_size(place / name) for name in row.files]
    return Cached(row, place, sum(sizes)) if sizes and all(sizes) else None


def _said(variable: str) -> Path | None:
    value = os.environ.get(variable, "")
    return Path(value).expanduser() if value else None


def _cache_home() -> Path:
    return _said("XDG_CACHE_HOME") or Path("~/.cache").expanduser()


def _in_torch(row: Published) -> Cached | None:
    if not row.url:
        return None
    file = torch_folder() / row.file
    size = _size(file)
    return Cached(row, file, size) if size else None


def _in_face(row: Published) -> Cached | None:
    """The newest snapshot that has every file; `refs/main` says which one that is, where it is there."""
    if not row.repo:
        return None
    repo = face_folder() / f"models--{row.repo.replace('/', '--')}"
    for snapshot in _snapshots(repo):
        sizes = [_size(snapshot / name) for name in row.files]
        if all(sizes):
            alone = len(row.files) == 1
            return Cached(row, snapshot / row.files[0] if alone else snapshot, sum(sizes))
    return None


def _snapshots(repo: Path) -> list[Path]:
    try:
        every = sorted((p for p in (repo / "snapshots").iterdir() if p.is_dir()), key=lambda p: p.stat().st_mtime, reverse=True)
    except OSError:
        return []
    try:
        main = repo.joinpath(*_HASH_FILE).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        main = ""
    return sorted(every, key=lambda p: p.name != main)


def _size(file: Path) -> int:
    """Bytes of a file; 0 where there is none, also behind a broken link."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except OSError:
        return 0
