"""The front door: whatever lies at a path, as clips."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from workbench.core.card import ClipKey
from workbench.core.clip import Clip
from workbench.core.errors import ClipError
from workbench.core.footage import FilmFacts
from workbench.data.animations import animated, animation_facts, load_animation
from workbench.data.banks import load_bank
from workbench.data.clips import Clips
from workbench.data.folders import IMAGES, VIDEOS, natural
from workbench.data.headers import HEAD_BYTES, kind_of
from workbench.data.images import load_image
from workbench.data.paths import plainly, readable
from workbench.data.videos import load_video, video_facts

_READ = (
    "give an image (PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, PPM, JPEG 2000, TGA, ICO, HEIC), "
    "a video (MP4, MOV, WebM, MKV, AVI, MPEG, TS, FLV, WMV, Ogg), a folder of them, or a bank (.npz, .npy)"
)
_MOST_FILES = 100_000


@dataclass(frozen=True)
class Sampling:
    """Which frames of a video, an animation or a clip of a bank to take; as of `open_clips`."""

    frames: int | None = None
    fps: float | None = None
    start: float = 0.0
    length: float | None = None


def open_clips(path: str | Path, *, frames: int | None = None, fps: float | None = None, start: float = 0.0, length: float | None = None) -> Clips:
    """An image, a video, a folder or a bank as a row of clips, each read when it is looked at.

    A folder holds its images and videos and those of its subfolders, in natural order (clip 2 before clip 10); links that
    lead out of it are left out. What a file is, its first bytes say, not its name.

    Args:
        path: a file or a folder. frames: how many to take of each video or bank clip; None = all. Stills stay one frame.
        fps: frames a second to take; None = as they come. start: seconds into each video. length: seconds of it; None = to its end.

    Raises:
        ClipError: nothing there can be read. A damaged file in a folder raises when it is looked at.
    """
    real, how = readable(path), {"frames": frames, "fps": fps, "start": start, "length": length}
    files = [real]
    if real.is_dir():
        files = _media(real)
        found = _folder(real, files, tuple(plainly(f.relative_to(real).as_posix()) for f in files), how)
    elif (kind := _kind(real)) == "bank":
        found = load_bank(real, frames=frames, fps=fps, start=start, length=length)
    else:
        found = _single(real, "video" if kind == "image" and animated(real) else kind, how)
    found.came_from(str(path), tuple(files), **how)
    return found


def _folder(real: Path, files: list[Path], names: tuple[str, ...], how: dict[str, Any]) -> Clips:
    asked = Sampling(**how)
    read, film = (lambda k: _read(_inside(files[k], real), asked)), (lambda k: _film(_inside(files[k], real)))
    return Clips(names, "folder", read, film, lambda **other: _folder(real, files, names, other))


def _single(real: Path, kind: Literal["image", "video"], how: dict[str, Any]) -> Clips:
    asked = Sampling(**how)
    return Clips((plainly(real.name),), kind, lambda _: _read(real, asked), lambda _: _film(real), lambda **other: _single(real, kind, other))


def load_clip(key: ClipKey) -> Clip:
    """The clip that a key names.

    Raises:
        ClipError: it cannot be read, or there are fewer clips.
    """
    clips = open_clips(key.path, frames=key.frames, fps=key.fps, start=key.start, length=key.length)
    return clips[clips.place(key.name, key.index)]


def _kind(path: Path) -> Literal["image", "video", "bank"]:
    head = _head(path)
    kind = kind_of(head)
    if not kind:
        what = "this file is empty" if not head else "this is neither an image, nor a video, nor a bank"
        raise ClipError(what, where=str(path), fix=_READ)
    return kind


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD_BYTES)


def _read(path: Path, asked: Sampling) -> Clip:
    path = readable(path)
    if _kind(path) != "image":
        return load_video(path, **vars(asked))
    return load_animation(path, **vars(asked)) if animated(path) else load_image(path)


def _film(path: Path) -> FilmFacts | None:
    path = readable(path)
    if _kind(path) != "image":
        return video_facts(path)
    return animation_facts(path) if animated(path) else None


def _media(folder: Path) -> list[Path]:
    """Images and videos of a folder and its subfolders, by name, in natural order."""
    found: list[Path] = []
    seen = 0
    for place, folders, names in os.walk(folder, onerror=_refuse):
        folders[:] = sorted(f for f in folders if not f.startswith("."))
        seen += len(names)
        if seen > _MOST_FILES:
            raise ClipError(f"this folder holds more than {_MOST_FILES:,} files", where=str(folder), fix="open one of its subfolders")
        paths = (Path(place, n) for n in names if not n.startswith(".") and Path(n).suffix.lower() in IMAGES | VIDEOS)
        found += [p for p in paths if not p.is_symlink() or _stays(p, folder)]
    if not found:
        what = "this folder is empty" if not seen else f"none of the {seen} files in this folder is an image or a video"
        raise ClipError(what, where=str(folder), fix=_READ)
    return sorted(found, key=lambda p: natural(p.relative_to(folder).as_posix()))


def _refuse(err: OSError) -> None:
    raise ClipError(f"this folder cannot be read: {err.strerror}", where=str(err.filename), fix="change its permissions") from err


def _stays(link: Path, folder: Path) -> bool:
    """Whether a link leads to a file inside the folder."""
    try:
        real = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return real.is_file() and real.is_relative_to(folder)


def _inside(path: Path, folder: Path) -> Path:
    """The file, if it is still inside the folder: a link can be changed after the folder was listed."""
    if not readable(path).is_relative_to(folder):
        raise ClipError("this link leads out of its folder", where=plainly(str(path)), fix="copy the file into the folder")
    return path
