"""Which files may be read, and whether they can be."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from workbench.core.errors import BadInput, ClipError


def confine(path: str | Path, roots: Sequence[str | Path]) -> Path:
    """The real place of a path, which must lie in one of the given folders.

    A relative path is looked up in each folder in turn; the first that has it decides. Links and `..` are followed before the answer is judged.

    Args:
        path: what somebody typed. roots: the folders that may be read.

    Raises:
        BadInput: it lies elsewhere, starts with ~, holds a NUL byte, or runs in circles.
    """
    folders = [Path(r).resolve() for r in roots]
    places = ", ".join(map(str, folders)) or "none"
    text = str(path)
    if not text or "\0" in text or text.startswith("~"):
        raise BadInput(f"{text!r} is not a path that can be opened", where="path", fix=f"give a path inside {places}")
    places_to_look = [Path(text)] if Path(text).is_absolute() else [folder / text for folder in folders]
    place = next((p for p in places_to_look if os.path.lexists(p)), None)
    try:
        found = [p.resolve() for p in ([place] if place else places_to_look)]
    except (OSError, RuntimeError) as err:  # a circle of links is a RuntimeError before Python 3.13
        raise BadInput(f"{text!r} cannot be followed: {err}", where="path", fix=f"give a path inside {places}") from err
    inside = next((p for p in found if any(p.is_relative_to(folder) for folder in folders)), None)
    if inside is None:
        raise BadInput(
            f"{text!r} lies outside the folders that may be read", where="path", fix=f"move it into {places}, or start with that folder added"
        )
    return inside


def plainly(name: str) -> str:
    """A name or path as it can be shown: control characters, marks of writing direction and bytes that are no text become escapes."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii") for c in name)


def readable(path: str | Path) -> Path:
    """The real place of a file or folder that exists and may be read.

    Raises:
        ClipError: there is none, its links run in circles, or reading is not allowed.
    """
    try:
        real = Path(path).resolve(strict=True)
        if real.is_file():
            with real.open("rb"):
                return real
        if real.is_dir():
            return real
    except FileNotFoundError as err:
        raise ClipError("there is no such file or folder", where=str(path), fix="check the spelling") from err
    except PermissionError as err:
        raise ClipError("this may not be read", where=str(path), fix="change its permissions") from err
    except (OSError, RuntimeError, ValueError) as err:
        raise ClipError(f"this path cannot be followed: {err}", where=repr(str(path)), fix="give the file itself, not a link to it") from err
    raise ClipError("this is neither a file nor a folder", where=str(path), fix="give an image, a video, a folder or a bank")
