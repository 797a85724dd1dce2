"""What a file says of itself in its first bytes: its kind, and an image's size before anything is decoded."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["image", "video", "bank", ""]
HEAD_BYTES = 1024
_PNG, _JPEG, _JP2 = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"\x00\x00\x00\x0cjP  \r\n\x87\n"
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_BANK = (b"PK\x03\x04", b"\x93NUMPY")
# Pillow's names of the formats that are read, by the bytes that a file begins with. TGA has none and is told apart by its fields.
_IMAGES = (
    (_PNG, "PNG"),
    (_JPEG, "JPEG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
    *((mark, "TIFF") for mark in _TIFF),
    (_JP2, "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"\x00\x00\x01\x00", "ICO"),
    *((b"P%d" % k + gap, "PPM") for k in (1, 2, 3, 4, 5, 6) for gap in (b"\n", b" ", b"\t", b"\r", b"#")),
)
# FFmpeg's names of the containers that are read, by the bytes that a file begins with.
_CONTAINERS = (
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"OggS", "ogg"),
    (b"FLV\x01", "flv"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x00\x00\x01\xb3", "mpegvideo"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
)
_MOVIE = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"styp", b"pnot")
_AVIF, _HEIC = (b"avif", b"avis"), (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs")
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
    """What the first bytes (`HEAD_BYTES` are enough) say a file is; "" for anything that is not read.

    Playlists, which make a decoder open other files and addresses, are none of these. An animation is an image here: whether
    it has several frames, only its decoder knows.
    """
    if head.startswith(_BANK):
        return "bank"
    if image_format(head):
        return "image"
    return "video" if container_format(head) else ""


def image_format(head: bytes) -> str:
    """Pillow's name of the format of a still or an animation; "HEIF" for HEIC; "" for anything else."""
    found = next((name for mark, name in _IMAGES if head.startswith(mark)), "")
    if found == "BMP" and head[6:10] != b"\0\0\0\0":
        return ""  # two letters are little to go by; the reserved fields of a bitmap are zero
    if found:
        return found
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WEBP"
    if head[4:8] == b"ftyp":
        return _brand(head)
    return "TGA" if _is_tga(head) else ""


def container_format(head: bytes) -> str:
    """FFmpeg's name of the container of a video; "" for anything else. It is the only demuxer that the file is given to."""
    found = next((name for mark, name in _CONTAINERS if head.startswith(mark)), "")
    if found:
        return found
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[4:8] in _MOVIE and not _brand(head):
        return "mov"
    return "mpegts" if _is_transport_stream(head) else ""


def _brand(head: bytes) -> str:
    """ "AVIF" or "HEIF" where the brands of an ISO file say that it holds a picture; "" for a video."""
    if head[4:8] != b"ftyp":
        return ""
    size = min(int.from_bytes(head[:4]), len(head))
    major, others = head[8:12], [head[k : k + 4] for k in range(16, size - 3, 4)]
    if major not in (*_AVIF, *_HEIC, b"mif1", b"msf1"):
        return ""
    return "AVIF" if any(b in _AVIF for b in (major, *others)) else "HEIF"


def _is_tga(head: bytes) -> bool:
    """The fields of a TGA header, all of which have few allowed values."""
    if len(head) < 18 or head[:3] == b"\0\0\0":
        return False
    palette, kind, depth = head[1], head[2], head[16]
    start, length, width, height = (int.from_bytes(head[k : k + 2], "little") for k in (3, 5, 12, 14))
    if kind in (1, 9):
        fields = palette == 1 and depth == 8 and head[7] in (15, 16, 24, 32) and 0 < length <= 256
    else:
        fields = (
            kind in (2, 3, 10, 11) and palette == 0 and start == length == head[7] == 0 and depth in ((8, 16) if kind in (3, 11) else (16, 24, 32))
        )
    return fields and width > 0 and height > 0 and head[17] & 0xC0 == 0


def _is_transport_stream(head: bytes) -> bool:
    """Packets of 188 bytes that begin with 47, or the same behind four bytes of time (M2TS)."""
    for first, step in ((0, 188), (4, 192)):
        marks = head[first::step]
        if len(marks) > 1 and set(marks) == {0x47} and not head.isascii():
            return True
    return False


def image_header(data: bytes) -> ImageHeader | None:
    """Size and layout of an image; None where it is not one of PNG, JPEG, WebP, GIF, BMP, TIFF, or ends too early to tell."""
    readers = (
        (data.startswith(_PNG), _png),
        (data.startswith(_JPEG), _jpeg),
        (data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp),
        (data.startswith(b"GIF8"), _gif),
        (data.startswith(b"BM"), _bmp),
        (data.startswith(_TIFF), _tiff),
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
