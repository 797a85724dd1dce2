"""What lies in a folder, by what a name says it is; nothing is opened."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.core.errors import BadInput
from workbench.data.paths import plainly

EntryKind = Literal["folder", "model", "image", "video", "bank", "file"]
IMAGES = frozenset(
    (
        *(".png", ".apng", ".jpg", ".jpeg", ".jfif", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm", ".pbm", ".pnm"),
        *(".jp2", ".j2k", ".jpx", ".jpf", ".tga", ".ico", ".heic", ".heif", ".hif"),
    )
)
VIDEOS = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".3gp", ".webm", ".mkv", ".avi", ".ogv", ".ogg", ".mpg", ".mpeg", ".vob", ".flv", ".wmv", ".asf"),
        *(".ts", ".mts", ".m2ts"),
    )
)
BANKS = frozenset((".npz", ".npy"))
MODELS = frozenset((".safetensors", ".pt", ".pth", ".tar", ".ckpt", ".bin", ".gguf"))
_ENDINGS: dict[EntryKind, frozenset[str]] = {"image": IMAGES, "video": VIDEOS, "bank": BANKS, "model": MODELS}
_MOST = 20_000  # entries of a folder that are looked at


@dataclass(frozen=True)
class Entry:
    """A file or folder.

    Args:
        name: to be shown: control characters are escaped. path: to be opened. kind: as far as the name tells.
        bytes: 0 for a folder. changed: seconds since the epoch.
    """

    name: str
    path: str
    kind: EntryKind
    bytes: int = 0
    changed: float = 0.0


@dataclass(frozen=True)
class Listing:
    """The entries of a folder: folders first, each in natural order.

    Args:
        hidden: entries left out: links that lead elsewhere or nowhere, and names that are no text. more: not looked at, because there are too many.
    """

    path: str
    entries: tuple[Entry, ...]
    hidden: int = 0
    more: bool = False


def kind_by_name(name: str) -> EntryKind:
    """What a file is, as far as its name tells."""
    ending = os.path.splitext(name)[1].lower()
    for kind, endings in _ENDINGS.items():
        if ending in endings:
            return kind
    return "file"


def natural(name: str) -> list[tuple[int, int, str]]:
    """A key that sorts clip 2 before clip 10, whatever the case."""
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in re.split(r"(\d+)", name) if part]


def list_folder(path: str | Path, allowed: Callable[[Path], bool]) -> Listing:
    """What lies in a folder. Names that begin with a dot are left out.

    Args:
        allowed: whether a real path may be opened; asked for links, which may lead anywhere.

    Raises:
        BadInput: it is no folder, or may not be read.
    """
    found: list[Entry] = []
    hidden, more = 0, False
    try:
        with os.scandir(path) as entries:
            for count, one in enumerate(entries):
                if count >= _MOST:
                    more = True
                    break
                entry = None if one.name.startswith(".") else _entry(one, allowed)
                hidden += entry is None and not one.name.startswith(".")
                found += [] if entry is None else [entry]
    except OSError as error:
        raise BadInput(f"this folder cannot be listed: {error.strerror}", where=plainly(str(path)), fix="choose another folder") from error
    return Listing(str(path), tuple(sorted(found, key=lambda e: (e.kind != "folder", natural(e.name)))), hidden, more)


def _entry(one: os.DirEntry[str], allowed: Callable[[Path], bool]) -> Entry | None:
    """None where it leads out of the allowed folders, is neither file nor folder, or has a name that is no text."""
    try:
        one.path.encode("utf-8")
        if one.is_symlink() and not allowed(Path(one.path).resolve(strict=True)):
            return None
        if one.is_dir():
            return Entry(plainly(one.name), one.path, "folder", 0, one.stat().st_mtime)
        if not one.is_file():
            return None
        said = one.stat()
    except (OSError, RuntimeError, UnicodeError):
        return None
    return Entry(plainly(one.name), one.path, kind_by_name(one.name), said.st_size, said.st_mtime)
