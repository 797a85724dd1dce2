"""Clips to pixels as a family was shown them: resize, crop the middle, normalise. And the settings by which a user changes that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
import torch
from jaxtyping import UInt8
from torch.nn import functional as F

from workbench.core.clip import Clip
from workbench.core.errors import ClipError
from workbench.core.grid import TokenGrid
from workbench.model.spec import Prepared

Rule = Literal["crop", "stretch"]
Resample = Literal["bilinear", "antialiased", "bicubic"]
Channels = tuple[float, float, float]
Pixels = UInt8[np.ndarray, "frames height width 3"]
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
_MOST_RESIZED_PIXELS = 1 << 26
_WAYS = {"bilinear": "bilinear", "antialiased": "bilinear, antialiased", "bicubic": "bicubic, antialiased"}


@dataclass(frozen=True)
class Preparation:
    """How one model wants its clips.

    A clip of exactly the model's size is not resized. Any other is resized on 8 bit, by its rule. A still is repeated to one
    tubelet. Frames that fill no tubelet at the end are dropped.

    Args:
        size: (height, width) in pixels, multiples of the patch. patch: pixels, or (height, width) of them, a token. tubelet: frames a token.
        video: False: the model looks at one frame and refuses more.
        mean, std: of red, green and blue, with pixels from 0 to 1.
        rule: "crop": until it covers the size and a margin, then the middle; "stretch": straight to the size, whatever its shape.
        short: for "crop": the short side before the crop, no less than the size's own; None: 256/224 of the size.
        resample: "bilinear" (cv2's, as V-JEPA's evaluation), "antialiased" (bilinear as Pillow and torchvision), "bicubic" (theirs).
        fps: frames a second in training; only stated. None: unknown, or a still.
    """

    size: tuple[int, int]
    patch: int | tuple[int, int]
    tubelet: int = 1
    video: bool = True
    mean: Channels = IMAGENET_MEAN
    std: Channels = IMAGENET_STD
    rule: Rule = "crop"
    short: int | None = None
    resample: Resample = "bilinear"
    fps: float | None = None

    @property
    def cell(self) -> tuple[int, int]:
        """(height, width) of a token in pixels."""
        return self.patch if isinstance(self.patch, tuple) else (self.patch, self.patch)

    @property
    def cover(self) -> tuple[int, int]:
        """(height, width) that a clip is resized to cover before its middle is taken."""
        height, width = self.size
        if self.short is None:
            return int(height * 256 / 224), int(width * 256 / 224)
        share = max(self.short / min(self.size), 1.0)
        return round(height * share), round(width * share)

    def sentence(self) -> str:
        """The same in one line, for the card."""
        h, w = self.size
        cover = "×".join(map(str, self.cover))
        size = {
            "crop": f"resized to cover {cover} ({_WAYS[self.resample]}), middle {h}×{w}",
            "stretch": f"stretched to {h}×{w} ({_WAYS[self.resample]})",
        }
        usual = (self.mean, self.std) == (IMAGENET_MEAN, IMAGENET_STD)
        values = "ImageNet mean and deviation" if usual else f"mean {_words(self.mean)}, deviation {_words(self.std)}"
        time = f"; a still is repeated to {self.tubelet} frames, frames beyond a multiple of {self.tubelet} are dropped" if self.tubelet > 1 else ""
        rate = f"; trained on {self.fps:g} frames a second" if self.fps else ""
        return f"red, green, blue; {size[self.rule]}; {h}×{w} stays as it is; /255, {values}{time}{rate}"

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
        video = (shown.float() / 255.0 - torch.tensor(self.mean)) / torch.tensor(self.std)
        return Prepared(video.permute(0, 4, 1, 2, 3).contiguous(), done[0][1], shown)

    def _one(self, clip: Clip) -> tuple[Pixels, TokenGrid]:
        if not self.video and clip.frames > 1:
            fix = "give one frame of it: clip.still(0)"
            raise ClipError(f"this model looks at one image, the clip has {clip.frames} frames", where=clip.source or "prepare", fix=fix)
        pixels = clip.rgb()
        missing = self.tubelet - pixels.shape[0]
        if missing > 0:
            pixels = np.concatenate([pixels, np.repeat(pixels[-1:], missing, axis=0)])
        pixels = pixels[: pixels.shape[0] // self.tubelet * self.tubelet]
        (height, width), (cell_h, cell_w) = self.size, self.cell
        seconds = 1.0 / clip.fps if clip.fps and clip.frames > 1 else None
        grid = TokenGrid(pixels.shape[0] // self.tubelet, height // cell_h, width // cell_w, self.cell, self.tubelet, frame_seconds=seconds)
        if (clip.height, clip.width) == self.size:
            return np.ascontiguousarray(pixels), grid
        (new_h, new_w), (top, left) = self._resized(clip)
        shown = self._resize(pixels, new_h, new_w)[:, top : top + height, left : left + width]
        scale = (clip.height / new_h, clip.width / new_w)
        return np.ascontiguousarray(shown), replace(grid, scale=scale, offset=(top * scale[0], left * scale[1]))

    def _resize(self, pixels: Pixels, height: int, width: int) -> UInt8[np.ndarray, "frames new_height new_width 3"]:
        if self.resample == "bilinear":
            return np.stack([cv2.resize(f, (width, height), interpolation=cv2.INTER_LINEAR) for f in pixels])
        mode = "bicubic" if self.resample == "bicubic" else "bilinear"
        frames = torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2)
        return F.interpolate(frames, size=(height, width), mode=mode, antialias=True).permute(0, 2, 3, 1).numpy()

    def _resized(self, clip: Clip) -> tuple[tuple[int, int], tuple[int, int]]:
        """(height, width) after resizing, and (top, left) of the middle."""
        (height, width), (cover_h, cover_w), h, w = self.size, self.cover, clip.height, clip.width
        if self.rule == "stretch":
            return self.size, (0, 0)
        if cover_h * w >= cover_w * h:
            new_h, new_w = cover_h, int(cover_h * w / h)
        else:
            new_h, new_w = int(cover_w * h / w), cover_w
        new_h, new_w = max(new_h, height), max(new_w, width)
        if new_h * new_w > _MOST_RESIZED_PIXELS:
            raise ClipError(f"a clip of {h}×{w} is too long and thin for {height}×{width}", where=clip.source or "prepare", fix="crop it first")
        return (new_h, new_w), (round((new_h - height) / 2), round((new_w - width) / 2))


def _words(values: Channels) -> str:
    return f"({', '.join(f'{v:g}' for v in values)})"
