"""Clips to pixels as the Meta families were shown them: enlarge, crop the middle, normalise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from jaxtyping import UInt8

from workbench.core.clip import Clip
from workbench.core.errors import ClipError
from workbench.core.grid import TokenGrid
from workbench.model.spec import Prepared

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet
_MOST_RESIZED_PIXELS = 1 << 26


@dataclass(frozen=True)
class Preparation:
    """How one model wants its clips.

    A clip of exactly the model's size is not resized. Any other is resized (cv2, bilinear, on 8 bit) until it covers
    256/224 of the model's size, its short side then being int(size·256/224), and its middle is cropped.
    A still is repeated to one tubelet. Frames that fill no tubelet at the end are dropped.

    Args:
        size: (height, width) in pixels, multiples of the patch. patch: pixels, tubelet: frames a token.
        video: False: the model looks at one frame and refuses more.
    """

    size: tuple[int, int]
    patch: int
    tubelet: int = 1
    video: bool = True

    def sentence(self) -> str:
        """The same in one line, for the card."""
        h, w = self.size
        time = f"; a still is repeated to {self.tubelet} frames, frames beyond a multiple of {self.tubelet} are dropped" if self.tubelet > 1 else ""
        return f"resized to cover {int(h * 256 / 224)}×{int(w * 256 / 224)} (bilinear), middle {h}×{w}, /255, ImageNet mean and deviation{time}"

    def __call__(self, clips: Sequence[Clip]) -> Prepared:
        """All clips on one grid.

        Raises:
            ClipError: none given, or they differ in size, length or speed; several frames for an image model; a sliver.
        """
        if not clips:
            raise ClipError("no clip to prepare", where="prepare", fix="give at least one")
        done = [self._one(c) for c in clips]
        shapes = [(shown.shape[0], grid) for shown, grid in done]
        odd = next((i for i, s in enumerate(shapes) if s != shapes[0]), None)
        if odd is not None:
            first, other = (f"{c.frames} frames of {c.height}×{c.width} at {c.fps} per second" for c in (clips[0], clips[odd]))
            raise ClipError(f"clips of one call share a grid: {first}, but clip {odd} has {other}", where="prepare", fix="prepare them one by one")
        shown = torch.from_numpy(np.stack([s for s, _ in done]))
        video = (shown.float() / 255.0 - torch.tensor(_MEAN)) / torch.tensor(_STD)
        return Prepared(video.permute(0, 4, 1, 2, 3).contiguous(), done[0][1], shown)

    def _one(self, clip: Clip) -> tuple[UInt8[np.ndarray, "frames height width 3"], TokenGrid]:
        if not self.video and clip.frames > 1:
            fix = "give one frame of it: clip.still(0)"
            raise ClipError(f"this model looks at one image, the clip has {clip.frames} frames", where=clip.source or "prepare", fix=fix)
        pixels = clip.rgb()
        missing = self.tubelet - pixels.shape[0]
        if missing > 0:
            pixels = np.concatenate([pixels, np.repeat(pixels[-1:], missing, axis=0)])
        pixels = pixels[: pixels.shape[0] // self.tubelet * self.tubelet]
        (height, width), p = self.size, self.patch
        seconds = 1.0 / clip.fps if clip.fps and clip.frames > 1 else None
        grid = TokenGrid(pixels.shape[0] // self.tubelet, height // p, width // p, (p, p), self.tubelet, frame_seconds=seconds)
        if (clip.height, clip.width) == self.size:
            return np.ascontiguousarray(pixels), grid
        (new_h, new_w), (top, left) = self._resized(clip)
        shown = np.stack([cv2.resize(f, (new_w, new_h), interpolation=cv2.INTER_LINEAR)[top : top + height, left : left + width] for f in pixels])
        scale = (clip.height / new_h, clip.width / new_w)
        return shown, replace(grid, scale=scale, offset=(top * scale[0], left * scale[1]))

    def _resized(self, clip: Clip) -> tuple[tuple[int, int], tuple[int, int]]:
        """(height, width) after resizing, and (top, left) of the middle."""
        (height, width), h, w = self.size, clip.height, clip.width
        cover_h, cover_w = int(height * 256 / 224), int(width * 256 / 224)
        if cover_h * w >= cover_w * h:
            new_h, new_w = cover_h, int(cover_h * w / h)
        else:
            new_h, new_w = int(cover_w * h / w), cover_w
        new_h, new_w = max(new_h, height), max(new_w, width)
        if new_h * new_w > _MOST_RESIZED_PIXELS:
            raise ClipError(f"a clip of {h}×{w} is too long and thin for {height}×{width}", where=clip.source or "prepare", fix="crop it first")
        return (new_h, new_w), (round((new_h - height) / 2), round((new_w - width) / 2))
