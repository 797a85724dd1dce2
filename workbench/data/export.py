"""Pictures and banks written so that a half-written file never replaces a good one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
from jaxtyping import Shaped, UInt8

from workbench.core.errors import BadInput
from workbench.data._cv2 import opencv


def save_png(path: str | Path, pixels: UInt8[np.ndarray, "height width channels"] | UInt8[np.ndarray, "height width"]) -> Path:
    """Write a picture as PNG.

    Args:
        path: where to; its folder must exist. pixels: grey, RGB or RGBA.

    Raises:
        BadInput: not a picture, or the place cannot be written.
    """
    if pixels.dtype != np.uint8 or pixels.ndim not in (2, 3) or 0 in pixels.shape or (pixels.ndim == 3 and pixels.shape[-1] not in (1, 3, 4)):
        raise BadInput(f"{pixels.dtype} {list(pixels.shape)} is not a picture", where=str(path), fix="give uint8 [height, width, 1, 3 or 4 channels]")
    colour = pixels.ndim == 3 and pixels.shape[-1] > 1
    stored = pixels[..., [2, 1, 0, 3][: pixels.shape[-1]]] if colour else pixels
    _, png = opencv().imencode(".png", np.ascontiguousarray(stored))
    with replacing(Path(path)) as file:
        file.write(png.tobytes())
    return Path(path)


def save_bank(
    path: str | Path, pixels: UInt8[np.ndarray, "clips frames height width channels"], **arrays: Shaped[np.ndarray, "..."] | float | list[str]
) -> Path:
    """Write clips as a compressed bank that `load_bank` reads.

    Args:
        path: where to, usually .npz. pixels: all clips. arrays: fps (one number), labels, names, actions, states: one row a clip.

    Raises:
        BadInput: not clips, an array of objects, or the place cannot be written.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 5 or 0 in pixels.shape:
        raise BadInput(
            f"{pixels.dtype} {list(pixels.shape)} are not clips", where=str(path), fix="give uint8 [clips, frames, height, width, channels]"
        )
    plain = {name: np.asarray(value) for name, value in arrays.items()}
    objects = [name for name, value in plain.items() if value.dtype.hasobject]
    if objects:
        raise BadInput(f"{objects[0]} holds objects, which would have to be pickled", where=str(path), fix="give numbers or texts")
    with replacing(Path(path)) as file:
        np.savez_compressed(file, allow_pickle=False, pixels=pixels, **plain)
    return Path(path)


@contextmanager
def replacing(path: Path) -> Generator[BinaryIO, None, None]:
    """A new file beside the old one that takes its place once it is whole."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    except OSError as err:
        raise BadInput(f"this place cannot be written: {err.strerror}", where=str(path), fix="choose an existing folder of yours") from err
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        part.chmod(0o644)
        part.replace(path)
    except OSError as err:
        raise BadInput(f"this file cannot be written: {err.strerror}", where=str(path), fix="free some space, or choose another place") from err
    finally:
        part.unlink(missing_ok=True)
