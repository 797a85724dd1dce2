"""What a file says of itself in its first bytes: its kind, and an image's size before anything is decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "video", "bank", ""]
_VIDEO = (b"\x1a\x45\xdf\xa3", b"OggS", b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"\x30\x26\xb2\x75", b"GIF8")
_IMAGE = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"II*\x00", b"MM\x00*")
_BANK = (b"PK\x03\x04", b"\x93NUMPY")
_SCANS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ORIENTATION, _WIDTH, _HEIGHT, _PHOTOMETRIC, _CMYK = 0x0112, 256, 257, 262, 5


@dataclass(frozen=True)
class ImageHeader:
    """Size and layout of an image file.

    Args:
        format: "PNG", "JPEG", … width, height: pixels as stored. orientation: EXIF, 1 to 8, still to be applied; 1 = upright.
        complete: False where the file ends before the image does. cmyk: four inks, so that a fourth channel is not alpha.
    """

    format: str
    width: int
    height: int
    orientation: int = 1
    complete: bool = True
    cmyk: bool = False


def kind_of(head: bytes) -> Kind:
    """What the first bytes (64 are enough) say a file is; "" for anything that is not read.

    Playlists, which make a decoder open other files and addresses, are none of these.
    """
    if head.startswith(_BANK):
        return "bank"
    if head.startswith(_IMAGE) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return "image"
    movie = head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip")
    stream = head[:1] == b"\x47" and not head.isascii()
    if head.startswith(_VIDEO) or (head[:4] == b"RIFF" and head[8:12] == b"AVI ") or movie or stream:
        return "video"
    return ""


def image_header(data: bytes) -> ImageHeader | None:
    """Size and layout of an image; None where it is not one of PNG, JPEG, WebP, GIF, BMP, TIFF, or ends too early to tell."""
    readers = (
        (data.startswith(_IMAGE[0]), _png),
        (data.startswith(_IMAGE[1]), _jpeg),
        (data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp),
        (data.startswith(b"GIF8"), _gif),
        (data.startswith(b"BM"), _bmp),
        (data.startswith(_IMAGE[3:]), _tiff),
    )
    reader = next((read for fits, read in readers if fits), None)
    try:
        return None if reader is None else reader(data)
    except (struct.error, IndexError, KeyError):
        return None


def _png(data: bytes) -> ImageHeader:
    width, height = struct.unpack(">II", data[16:24])
    orientation, complete, at = 1, False, 8
    while at + 8 <= len(data):
        size, name = struct.unpack(">I4s", data[at : at + 8])
        if name == b"eXIf":
            orientation = _orientation(data[at + 8 : at + 8 + size])
        complete = name == b"IEND"
        if complete:
            break
        at += size + 12
    return ImageHeader("PNG", width, height, orientation, complete)


def _jpeg(data: bytes) -> ImageHeader:
    orientation, size, inks = 1, (0, 0), 0
    for marker, body, end in _segments(data):
        if marker == 0xE1 and body[:6] == b"Exif\x00\x00":
            orientation = _orientation(body[6:])
        elif marker in _SCANS:
            size, inks = struct.unpack(">HH", body[1:5]), body[5]
        elif marker == 0xDA:
            # Entropy-coded bytes never hold FFD9, so the end mark after the first scan is the image's own.
            return ImageHeader("JPEG", size[1], size[0], orientation, data.find(b"\xff\xd9", end) > 0, inks == 4)
    return ImageHeader("JPEG", size[1], size[0], orientation, complete=False)


def _segments(data: bytes) -> Iterator[tuple[int, bytes, int]]:
    """(marker, body, where it ends) of a JPEG's segments up to the first scan."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        (size,) = struct.unpack(">H", data[at + 2 : at + 4])
        yield marker, data[at + 4 : at + 2 + size], at + 2 + size
        at += 2 + size


def _webp(data: bytes) -> ImageHeader:
    size, chunk = struct.unpack("<I", data[4:8])[0], data[12:16]
    orientation = 1
    if chunk == b"VP8X":
        width, height = (int.from_bytes(data[k : k + 3], "little") + 1 for k in (24, 27))
        exif = data.find(b"EXIF", 30)
        orientation = _orientation(data[exif + 8 :].removeprefix(b"Exif\x00\x00")) if exif > 0 and data[20] & 8 else 1
    elif chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        width, height = (side & 0x3FFF for side in struct.unpack("<HH", data[26:30]))
    return ImageHeader("WebP", width, height, orientation, len(data) >= size + 8)


def _gif(data: bytes) -> ImageHeader:
    width, height = struct.unpack("<HH", data[6:10])
    return ImageHeader("GIF", width, height)


def _bmp(data: bytes) -> ImageHeader:
    width, height = struct.unpack("<ii", data[18:26])
    return ImageHeader("BMP", abs(width), abs(height))


def _tiff(data: bytes) -> ImageHeader:
    """The decoder turns a TIFF upright itself."""
    tags = _tags(data)
    return ImageHeader("TIFF", tags[_WIDTH], tags[_HEIGHT], cmyk=tags.get(_PHOTOMETRIC) == _CMYK)


def _orientation(exif: bytes) -> int:
    try:
        found = _tags(exif).get(_ORIENTATION, 1)
    except (struct.error, KeyError):
        return 1
    return found if 1 <= found <= 8 else 1


def _tags(data: bytes) -> dict[int, int]:
    """The whole-number tags of the first directory of a TIFF, the layout that EXIF uses too."""
    order = {b"II": "<", b"MM": ">"}[data[:2]]
    (at,) = struct.unpack(order + "I", data[4:8])
    (count,) = struct.unpack(order + "H", data[at : at + 2])
    tags: dict[int, int] = {}
    for k in range(min(count, 512)):
        entry = data[at + 2 + 12 * k : at + 14 + 12 * k]
        tag, form = struct.unpack(order + "HH", entry[:4])
        if form in (3, 4):
            (tags[tag],) = struct.unpack(order + ("H" if form == 3 else "I"), entry[8 : 10 if form == 3 else 12])
    return tags
