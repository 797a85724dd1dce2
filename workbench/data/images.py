"""A picture on disk -> a clip of one frame."""

from __future__ import annotations

import io
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from jaxtyping import UInt8

from workbench.core.clip import Clip
from workbench.core.errors import ClipError, WorkbenchError
from workbench.data._cv2 import opencv
from workbench.data._pillow import heif, pillow
from workbench.data.headers import HEAD_BYTES, ImageHeader, image_format, image_header
from workbench.data.paths import plainly, readable

MOST_PIXELS, MOST_SIDE = 178_000_000, 8192
MOST_BYTES = 640 << 20
_MOST_FILE_BYTES = 512 << 20
_ROWS = 256
_ORIENTATION = 0x0112
_NAMES = {"WEBP": "WebP", "JPEG2000": "JPEG 2000", "HEIF": "HEIC"}
_READ = "give a PNG, JPEG, WebP, GIF, BMP, TIFF, AVIF, PPM, JPEG 2000, TGA or ICO file; convert others first"


def load_image(path: str | Path) -> Clip:
    """A still image as a clip of one frame: 8-bit RGB, or one channel where the file is grey.

    16 bits are scaled to 8 (÷ 257), transparency is composited on white, EXIF turns are applied, palettes and CMYK become RGB
    by Pillow's own conversion. Of an animation it is the first frame. An image with a side beyond 8,192 pixels is
    reduced to RGB of a half, quarter or eighth of its size, and `source` says so.

    Raises:
        ClipError: not an image, cut short, of a kind that is not read, or larger than 178 megapixels.
        MissingExtra: it is a HEIC file, and pillow-heif is not installed.
    """
    path = readable(path)
    if path.is_dir():
        raise ClipError("this is a folder, not an image", where=plainly(str(path)), fix="open it with open_clips()")
    if path.stat().st_size > _MOST_FILE_BYTES:
        raise ClipError(f"an image file of {path.stat().st_size >> 20} MiB is not read", where=plainly(str(path)), fix="save it smaller, or as JPEG")
    return decode_image(path.read_bytes(), plainly(str(path)))


def decode_image(data: bytes, source: str) -> Clip:
    """The same from bytes.

    Args:
        data: a whole image file. source: what to call it.

    Raises:
        ClipError: as for `load_image`.
    """
    name = image_format(data[:HEAD_BYTES])
    header = image_header(data)
    known = name in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
    if not name or (known and header is None):
        raise ClipError("this is not an image" if data else "this file is empty", where=source, fix=_READ)
    kind = _NAMES.get(name, name)
    if header is not None and known:
        _shrink(header.width, header.height, kind, source)
        if not header.complete:
            raise ClipError(f"this {kind} file is cut short", where=source, fix="download or copy it again")
    with decoding(io.BytesIO(data), name, source) as image:
        width, height = image.size
        shrink = _shrink(width, height, kind, source)
        _check_cost(image, shrink, kind, source)
        if _deep(image, data, header) and shrink == 1:
            pixels = _decode_deep(data, kind, source)
            return Clip(_upright(pixels, header.orientation if header else 1)[None], source=source)
        orientation = _orientation(image, name)
        pages = getattr(image, "n_frames", 1) if name == "TIFF" else 1
        pixels = _loaded(image, shrink, kind, source)
    notes = ([f"1/{shrink} of {width}×{height}"] if shrink > 1 else []) + ([f"page 1 of {pages}"] if pages > 1 else [])
    return Clip(_upright(pixels, orientation)[None], source=source + (f" ({'; '.join(notes)})" if notes else ""))


@contextmanager
def decoding(file: BinaryIO | io.BytesIO | io.BufferedReader, name: str, source: str) -> Generator[Any, None, None]:
    """A file opened by Pillow as the one format that its first bytes name; whatever its decoder raises becomes a `ClipError`.

    Args:
        file: the whole file. name: of `headers.image_format`. source: what to call it.
    """
    kind = _NAMES.get(name, name)
    Image = pillow()
    plugin = heif(source) if name == "HEIF" else None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image = Image.open(file, formats=[name]) if plugin is None else plugin.open_heif(file, convert_hdr_to_8bit=True).to_pillow()
        with image:
            yield image
    except WorkbenchError:
        raise
    except Image.DecompressionBombError as err:
        file.seek(0)
        header = image_header(file.read(HEAD_BYTES))
        size = f" of {header.width}×{header.height} pixels" if header else ""
        raise ClipError(f"this {kind} file{size} is larger than {MOST_PIXELS // 1_000_000} megapixels", where=source, fix="shrink it first") from err
    except Exception as err:  # decoders of foreign bytes raise a dozen types: OSError, SyntaxError, struct.error, IndexError, zlib.error, …
        said = (str(err) or type(err).__name__).splitlines()[0][:120]
        said = type(err).__name__ if "<" in said else said  # the name of an object of Python, and the folders of this machine
        what = "is damaged or cut short" if "truncated" in said or isinstance(err, EOFError) else "is damaged or of a kind that is not read"
        raise ClipError(f"this {kind} file {what} ({said})", where=source, fix="download or copy it again, or save it anew as PNG or JPEG") from err


def _shrink(width: int, height: int, kind: str, source: str) -> int:
    """By how much to shrink; refuses what would fill the memory, judged by the header alone."""
    if width < 1 or height < 1:
        raise ClipError(f"this {kind} file says that it is {width}×{height} pixels", where=source, fix="save the image again")
    shrink = next((k for k in (1, 2, 4, 8) if -(-max(width, height) // k) <= MOST_SIDE), 0)
    if width * height > MOST_PIXELS or not shrink:
        raise ClipError(
            f"an image of {width}×{height} = {width * height / 1e6:,.0f} megapixels is larger than {MOST_PIXELS // 1_000_000}, "
            f"or than {8 * MOST_SIDE} pixels a side",
            where=source,
            fix="shrink it first; models look at a few hundred pixels",
        )
    return shrink


def _check_cost(image: Any, shrink: int, kind: str, source: str) -> None:
    """Refuse an image whose decoder would need too much memory. Pillow keeps four bytes a pixel of colour."""
    width, height = image.size
    each = 1 if image.mode in ("1", "L", "P") else 2 if image.mode.startswith("I;") else 4
    share = shrink * shrink if kind == "JPEG" else 1
    needed = width * height * each // share + (width * height * 6 if "progressive" in image.info else 0) + 3 * width * height // shrink**2
    if needed > MOST_BYTES:
        raise ClipError(
            f"decoding this {kind} file of {width}×{height} pixels takes {needed >> 20} MiB; at most {MOST_BYTES >> 20} are used",
            where=source,
            fix="shrink it first; models look at a few hundred pixels",
        )


def _orientation(image: Any, name: str) -> int:
    """EXIF, 1 to 8; 1 where the decoder turns the image itself, as it does for TIFF and HEIC."""
    if name in ("TIFF", "HEIF"):
        return 1
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except Exception:  # a damaged EXIF block says nothing, and the picture is still good
        return 1
    return found if isinstance(found, int) and 1 <= found <= 8 else 1


def _loaded(image: Any, shrink: int, kind: str, source: str) -> UInt8[np.ndarray, "height width channels"]:
    full = image.size
    if shrink > 1 and kind == "JPEG":
        image.draft(None, (full[0] // shrink, full[1] // shrink))
    drafted = max(1, round(full[0] / image.size[0]))
    image.load()
    if image.mode in ("F", "I") and kind != "PNG":
        held = {"F": "float32", "I": "int32"}[image.mode]
        raise ClipError(
            f"this {kind} file holds {held} numbers, and does not say which of them are black and white", where=source, fix="save it as 8 or 16 bit"
        )
    if shrink == 1:
        return flat(image)
    pixels = flat(image, max(1, shrink // drafted))
    return np.repeat(pixels, 3, axis=-1) if pixels.shape[-1] == 1 else pixels


def flat(image: Any, shrink: int = 1) -> UInt8[np.ndarray, "height width channels"]:
    """8-bit RGB or grey of a loaded Pillow image, some rows at a time: over white, and reduced by a whole number."""
    if shrink == 1 and image.mode in ("RGB", "L") and "transparency" not in image.info:
        pixels = np.array(image)
        return pixels if image.mode == "RGB" else pixels[..., None]
    width, height = image.size
    strips: list[np.ndarray] = []
    for top in range(0, height, _ROWS):
        strip = _plain(image.crop((0, top, width, min(top + _ROWS, height))), image)
        strips.append(_reduced(strip, shrink) if shrink > 1 else strip)
    return np.concatenate(strips)


def _plain(strip: Any, whole: Any) -> UInt8[np.ndarray, "height width channels"]:
    """Rows of an image in 8 bit, without transparency."""
    mode = strip.mode
    if mode == "I" or mode.startswith("I;"):
        return ((np.asarray(strip).astype(np.int64).clip(0, 65535) + 128) // 257).astype(np.uint8)[..., None]
    if mode in ("LA", "La", "RGBA", "RGBa", "PA") or "transparency" in whole.info:
        grey = mode in ("LA", "La", "L", "1")
        rgba = np.asarray(strip.convert("LA" if mode in ("LA", "La") else "RGBA"))
        return over_white(rgba[..., [0, -1]] if grey else rgba)
    if mode in ("1", "L"):
        return np.asarray(strip.convert("L"))[..., None]
    return np.asarray(strip if mode == "RGB" else strip.convert("RGB"))


def over_white(pixels: np.ndarray) -> np.ndarray:
    """Colours with their alpha in the last channel, composited on white."""
    white = int(np.iinfo(pixels.dtype).max)
    colour, alpha = pixels[..., :-1].astype(np.uint64), pixels[..., -1:].astype(np.uint64)
    return ((colour * alpha + white * (white - alpha) + white // 2) // white).astype(pixels.dtype)


def _reduced(rows: UInt8[np.ndarray, "height width channels"], by: int) -> UInt8[np.ndarray, "low narrow channels"]:
    """The mean of each square of `by` × `by` pixels; those at the right and lower edge may be smaller."""
    height, width = rows.shape[:2]
    size = (-(-width // by), -(-height // by))
    padded = np.pad(rows, ((0, size[1] * by - height), (0, size[0] * by - width), (0, 0)), mode="edge")
    small = opencv().resize(padded, size, interpolation=opencv().INTER_AREA)
    return small.reshape(size[1], size[0], rows.shape[2])


def _deep(image: Any, data: bytes, header: ImageHeader | None) -> bool:
    """Whether the file holds colours, or grey with alpha, of 16 bits, which Pillow cuts to 8 where it should divide."""
    if header is None or header.cmyk:
        return False
    if header.format == "PNG":
        return data[24] == 16 and data[25] in (2, 4, 6) and "transparency" not in image.info
    bits = image.tag_v2.get(258, ()) if header.format == "TIFF" and hasattr(image, "tag_v2") else ()
    return isinstance(bits, tuple) and len(bits) in (3, 4) and set(bits) == {16}


def _decode_deep(data: bytes, kind: str, source: str) -> UInt8[np.ndarray, "height width channels"]:
    cv2 = opencv()
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.dtype not in (np.uint8, np.uint16):
        raise ClipError(f"this {kind} file is damaged or of a kind that is not read", where=source, fix="save it as 8 or 16 bit")
    rows = pixels if pixels.ndim == 3 else pixels[..., None]
    result = np.empty((*rows.shape[:2], 1 if rows.shape[2] <= 2 else 3), np.uint8)
    for top in range(0, len(rows), _ROWS):
        part = rows[top : top + _ROWS]
        part = part[..., [2, 1, 0, 3][: part.shape[2]]] if part.shape[2] > 2 else part
        part = over_white(part) if part.shape[2] in (2, 4) else part
        result[top : top + _ROWS] = part if part.dtype == np.uint8 else (part.astype(np.uint32) + 128) // 257
    return result


def _upright(pixels: np.ndarray, orientation: int) -> UInt8[np.ndarray, "height width channels"]:
    """EXIF: 2 to 4 mirror and turn by 180°, 5 to 8 swap the axes first."""
    turned = pixels.swapaxes(0, 1) if orientation >= 5 else pixels
    down = orientation in (3, 4, 7, 8)
    across = orientation in (2, 3, 6, 7)
    return np.ascontiguousarray(turned[:: -1 if down else 1, :: -1 if across else 1])
