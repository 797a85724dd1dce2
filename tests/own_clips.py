"""A film and photos such as someone brings along."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np

from workbench.data import save_png


def film(path: Path, frames: int, fps: int, side: int = 64) -> Path:
    """An H.264 film of a bright square that moves right."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("libx264", rate=fps)
        stream.width, stream.height, stream.pix_fmt = side, side, "yuv420p"
        for k in range(frames):
            picture = np.full((side, side, 3), 30, np.uint8)
            picture[20:40, k % 40 : k % 40 + 20] = 220
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(stream.encode())
    return path


def photos(folder: Path, count: int, *broken: str) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for k in range(count):
        save_png(folder / f"photo {k}.png", rng.integers(0, 255, (40 + 8 * k, 60, 3), np.uint8))
    for name in broken:
        (folder / name).write_bytes(b"\x89PNG\r\n\x1a\n" + b"not a picture")
    return folder
