"""Files that the tests of this folder read, made on the spot."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

GOLDEN = Path(__file__).parents[1] / "golden" / "images"


def gradient(height: int = 12, width: int = 16) -> np.ndarray:
    """RGB: red grows to the right, green downwards, blue is constant. The pictures in golden/images show it too."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 16 % 256, y * 20 % 256, np.full_like(x, 90)], -1).astype(np.uint8)


def encoded(pixels: np.ndarray, suffix: str = ".png") -> bytes:
    """A file's bytes of RGB, RGBA or grey pixels."""
    order = [2, 1, 0, 3][: pixels.shape[-1]] if pixels.ndim == 3 else ...
    ok, data = cv2.imencode(suffix, np.ascontiguousarray(pixels[..., order] if pixels.ndim == 3 else pixels))
    assert ok
    return data.tobytes()


def with_exif(jpeg: bytes, orientation: int, order: str = ">") -> bytes:
    """A JPEG that asks to be turned."""
    mark = b"MM" if order == ">" else b"II"
    tiff = mark + struct.pack(order + "HI", 42, 8) + struct.pack(order + "HHHIHHI", 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def png_claiming(width: int, height: int) -> bytes:
    """A tiny PNG whose header announces many pixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(struct.pack(">I", len(b)) + n + b + struct.pack(">I", zlib.crc32(n + b)) for n, b in chunks)


def write_video(path: Path, *, frames: int = 24, fps: float = 12.0, size: tuple[int, int] = (32, 48), codec: str = "MJPG") -> Path:
    """A video whose frame k is a flat grey of 10 k, marked white in its upper left corner."""
    height, width = size
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, (width, height))
    assert writer.isOpened()
    for k in range(frames):
        frame = np.full((height, width, 3), 10 * k, np.uint8)
        frame[: height // 4, : width // 4] = 255
        writer.write(frame)
    writer.release()
    return path


def numbers(pixels: np.ndarray) -> list[int]:
    """Which frames of `write_video` these are."""
    return [round(float(f[-8:, -8:].mean()) / 10) for f in pixels]
