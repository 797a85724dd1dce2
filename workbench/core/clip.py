"""A clip: the pixels that a model is shown. An image is a clip of one frame."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, UInt8

from workbench.core.errors import ClipError

_MAX_FRAMES, _MAX_SIDE = 4096, 8192


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames of a video, or one still image, with what the world did meanwhile.

    Args:
        pixels: 8-bit, 1 (grey), 2 (two named planes) or 3 (RGB) channels.
        fps: frames per second; None for a still or where nobody knows.
        actions: row k is what was done between frame k and frame k + 1 (or the model's own step).
        states: the true or proprioceptive state at each frame.
        source: where it came from, for the reader.
        times: seconds into its source at which each frame is shown; None where they are unknown or follow from `fps`.
    """

    pixels: UInt8[np.ndarray, "frames height width channels"]
    fps: float | None = None
    actions: Float[np.ndarray, "steps action"] | None = None
    states: Float[np.ndarray, "frames state"] | None = None
    source: str = ""
    times: Float[np.ndarray, "frames"] | None = None

    def __post_init__(self) -> None:
        p = self.pixels
        if p.ndim != 4 or p.dtype != np.uint8 or p.shape[-1] not in (1, 2, 3) or 0 in p.shape:
            raise ClipError(
                f"a clip needs uint8 pixels [frames, height, width, 1 to 3 channels], got {p.dtype} {list(p.shape)}",
                where=self.source or "Clip(pixels=…)",
                fix="convert to 8 bit, drop alpha, and add a frame axis: image[None]",
            )
        if p.shape[0] > _MAX_FRAMES or max(p.shape[1:3]) > _MAX_SIDE:
            raise ClipError(
                f"a clip of {p.shape[0]} frames of {p.shape[1]}×{p.shape[2]} is larger than {_MAX_FRAMES} frames of {_MAX_SIDE} px",
                where=self.source,
                fix="shrink or shorten it first; models look at a few hundred pixels",
            )

        if self.times is not None and (self.times.shape != p.shape[:1] or not np.isfinite(self.times).all() or (np.diff(self.times) < 0).any()):
            raise ClipError(
                f"times {list(self.times.shape)} for {p.shape[0]} frames, which must be finite and must not fall",
                where=self.source or "Clip(times=…)",
                fix="give the seconds at which each frame is shown, or None",
            )

    @property
    def frames(self) -> int:
        """Number of frames; 1 for a still."""
        return self.pixels.shape[0]

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.pixels.shape[1]

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.pixels.shape[2]

    @cached_property
    def digest(self) -> str:
        """A short content hash of the pixels: the same picture has the same digest, wherever it lies."""
        h = hashlib.blake2b(str(self.pixels.shape).encode(), digest_size=10)
        h.update(np.ascontiguousarray(self.pixels).data)
        return h.hexdigest()

    def rgb(self) -> UInt8[np.ndarray, "frames height width 3"]:
        """The pixels as shown: the one rule for display. Grey is repeated; two planes become red and green."""
        p = self.pixels
        if p.shape[-1] == 3:
            return p
        if p.shape[-1] == 1:
            return np.repeat(p, 3, axis=-1)
        return np.concatenate([p, np.zeros_like(p[..., :1])], axis=-1)

    def still(self, frame: int) -> Clip:
        """One frame of it as a still."""
        return Clip(self.pixels[frame : frame + 1], source=f"{self.source} frame {frame}".strip())
