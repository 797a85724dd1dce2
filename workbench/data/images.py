"""A picture on disk -> a clip of one frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from workbench.core.clip import Clip
from workbench.core.errors import ClipError
from workbench.data._cv2 import opencv
from workbench.data.headers import ImageHeader, image_header
from workbench.data.paths import readable

MOST_PIXELS, MOST_SIDE = 200_000_000, 8192
_MOST_BYTES = 512 << 20
_ROWS = 256


def load_image(path: str | Path) -> Clip:
    """A still image as a clip of one frame: 8-bit RGB, or one channel where the file is grey.

    16 bits are scaled to 8 (÷ 257), alpha is composited on white, EXIF turns are applied, CMYK becomes RGB. An image with a
    side beyond 8,192 pixels is decoded at a half, quarter or eighth of its size, without its alpha, and `source` says so.

    Raises:
        ClipError: not an image, cut short, of a kind that is not read, or larger than 200 megapixels.
    """
    path = readable(path)
    if path.is_dir():
        raise ClipError("this is a folder, not an image", where=str(path), fix="open it with open_clips()")
    if path.stat().st_size > _MOST_BYTES:
        raise ClipError(f"an image file of {path.stat().st_size >> 20} MiB is not read", where=str(path), fix="save it smaller, or as JPEG")
    return decode_image(path.read_bytes(), str(path))


def decode_image(data: bytes, source: str) -> Clip:
    """The same from bytes.

    Args:
        data: a whole PNG, JPEG, WebP, GIF (its first frame), BMP or TIFF file. source: what to call it.

    Raises:
        ClipError: as for `load_image`.
    """
    header = image_header(data)
    if header is None:
        raise ClipError(
            "this is not an image" if data else "this file is empty",
            where=source,
            fix="give a PNG, JPEG, WebP, BMP, GIF or TIFF file; convert others first",
        )
    shrink = _shrink(header, source)
    if not header.complete:
        raise ClipError(f"this {header.format} file is cut short", where=source, fix="download or copy it again")
    pixels = _decode(data, header, shrink, source)
    note = f" (1/{shrink} of {header.width}×{header.height})" if shrink > 1 else ""
    return Clip(_upright(pixels, header.orientation)[None], source=source + note)


def _shrink(header: ImageHeader, source: str) -> int:
    """By how much to shrink while decoding; refuses what would fill the memory, judged by the header alone."""
    width, height = header.width, header.height
    if width < 1 or height < 1:
        raise ClipError(f"this {header.format} file says that it is {width}×{height} pixels", where=source, fix="save the image again")
    shrink = next((k for k in (1, 2, 4, 8) if -(-max(width, height) // k) <= MOST_SIDE), 0)
    if width * height > MOST_PIXELS or not shrink:
        raise ClipError(
            f"an image of {width}×{height} = {width * height / 1e6:,.0f} megapixels is larger than {MOST_PIXELS // 1_000_000}, "
            f"or than {8 * MOST_SIDE} pixels a side",
            where=source,
            fix="shrink it first; models look at a few hundred pixels",
        )
    return shrink


def _decode(data: bytes, header: ImageHeader, shrink: int, source: str) -> UInt8[np.ndarray, "height width channels"]:
    cv2 = opencv()
    flags = {
        1: cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION if header.cmyk else cv2.IMREAD_UNCHANGED,
        2: cv2.IMREAD_REDUCED_COLOR_2 | cv2.IMREAD_IGNORE_ORIENTATION,
        4: cv2.IMREAD_REDUCED_COLOR_4 | cv2.IMREAD_IGNORE_ORIENTATION,
        8: cv2.IMREAD_REDUCED_COLOR_8 | cv2.IMREAD_IGNORE_ORIENTATION,
    }
    try:
        pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flags[shrink])
    except (cv2.error, MemoryError) as err:
        raise ClipError(f"this {header.format} file cannot be decoded: {err}", where=source, fix="save the image again") from err
    if pixels is None:
        raise ClipError(f"this {header.format} file is damaged or cut short", where=source, fix="download or copy it again")
    if pixels.dtype not in (np.uint8, np.uint16):
        raise ClipError(
            f"this {header.format} file holds {pixels.dtype} numbers, whose black and white nobody knows", where=source, fix="save it as 8 or 16 bit"
        )
    return _plain(pixels if pixels.ndim == 3 else pixels[..., None])


def _plain(pixels: np.ndarray) -> UInt8[np.ndarray, "height width channels"]:
    """8-bit RGB or grey of OpenCV's blue-green-red(-alpha), some rows at a time."""
    height, width, channels = pixels.shape
    flat = np.empty((height, width, 1 if channels <= 2 else 3), np.uint8)
    white = np.iinfo(pixels.dtype).max
    for top in range(0, height, _ROWS):
        rows = pixels[top : top + _ROWS]
        colour = rows[..., :1] if channels <= 2 else rows[..., 2::-1]
        if channels in (2, 4):
            alpha = rows[..., -1:].astype(np.uint64)
            colour = (colour * alpha + white * (white - alpha) + white // 2) // white
        flat[top : top + _ROWS] = colour if white == 255 else (colour.astype(np.uint32) + 128) // 257
    return flat


def _upright(pixels: np.ndarray, orientation: int) -> UInt8[np.ndarray, "height width channels"]:
    """EXIF: 2 to 4 mirror and turn by 180°, 5 to 8 swap the axes first."""
    turned = pixels.swapaxes(0, 1) if orientation >= 5 else pixels
    down = orientation in (3, 4, 7, 8)
    across = orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(turned[:: -1 if down else 1, :: -1 if across else 1])
