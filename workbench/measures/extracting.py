"""Clips to vectors: which latents stand for a clip, a frame or a token, and where each comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from jaxtyping import Float32, Int32
from torch import Tensor

from workbench.core.clip import Clip
from workbench.core.errors import BadInput, ClipError
from workbench.core.grid import TokenGrid
from workbench.core.questions.embedding import Level, Pool, Source
from workbench.core.vectors import NOWHERE
from workbench.measures.twins import twin_of
from workbench.model.jepa import Jepa
from workbench.model.latents import Latents

_FLOATS, _BATCH = 6_000_000, 32  # prepared numbers, and clips, that are encoded together
_CELLS = 16  # of the raw-pixel baseline, down and across


@dataclass(frozen=True, eq=False)
class Batch:
    """Prepared clips of one shape. index: of each clip in its data. frames: of each clip, before it was prepared."""

    index: tuple[int, ...]
    frames: tuple[int, ...]
    video: Tensor
    grid: TokenGrid


@dataclass(frozen=True, eq=False)
class Found:
    """The vectors of one clip. places: (frame, tick, row, column) of each; NOWHERE where it has none."""

    values: Float32[np.ndarray, "rows dim"]
    places: Int32[np.ndarray, "rows 4"]


def whole_weights(jepa: Jepa) -> str:
    """Which copy of the encoder: the target's where it loaded whole, else the context's.

    Raises:
        PartUnavailable: neither did.
    """
    for weights in ("target", "context"):
        if weights in jepa.encoder.weights and jepa.report.serving(f"encoder_{weights}").status == "whole":
            return weights
    jepa.report.require(f"encoder_{jepa.encoder.weights[0]}")
    return jepa.encoder.weights[0]


class Extractor:
    """Embeds clips as a question asks.

    Args: as of `Embed`.

    Raises:
        BadInput: no such layer or setting. PartUnavailable: the encoder did not load whole.
    """

    def __init__(self, jepa: Jepa, what: Level, layer: int | None, pool: Pool, source: Source, seed: int) -> None:
        for name, value, known in (
            ("what", what, ("clip", "frames", "tokens")),
            ("pool", pool, ("mean", "max", "class")),
            ("source", source, ("model", "untrained", "pixels")),
        ):
            if value not in known:
                raise BadInput(f"{name} is {value!r}", where="embed", fix=f"one of {', '.join(known)}")
        encoder = jepa.encoder
        if layer is not None and not 0 <= layer < encoder.layers:
            raise BadInput(f"there is no layer {layer}", where="embed", fix=f"0 to {encoder.layers - 1}, or None for the output of the encoder")
        self.weights = whole_weights(jepa)
        self.part = f"encoder_{self.weights}"
        self.encoder = twin_of(jepa, seed).encoder if source == "untrained" else encoder
        self.what: Level = what
        self.pool: Pool = pool
        self.source: Source = source
        self.layer = layer

    def prepare(self, clips: Sequence[tuple[int, Clip]]) -> tuple[list[Batch], dict[int, str]]:
        """Clips of any sizes and lengths as batches of one shape each, in order; and why some cannot be prepared, by index."""
        if len({(c.pixels.shape, c.fps) for _, c in clips}) < 2 and clips:
            try:
                return [self._batch(clips)], {}
            except ClipError:
                if len(clips) == 1:
                    raise
        singles, refused = list[Batch](), dict[int, str]()
        for index, clip in clips:
            try:
                singles.append(self._batch([(index, clip)]))
            except ClipError as error:
                refused[index] = error.what
        shapes = dict[tuple[int, ...], list[Batch]]()
        for one in singles:
            shapes.setdefault((*one.video.shape[1:], *one.grid.shape), []).append(one)
        return [_joined(same) for same in shapes.values()], refused

    def _batch(self, clips: Sequence[tuple[int, Clip]]) -> Batch:
        prepared = self.encoder.prepare([clip for _, clip in clips])
        return Batch(tuple(i for i, _ in clips), tuple(c.frames for _, c in clips), prepared.video, prepared.grid)

    def size(self, batch: Batch) -> int:
        """How many clips like those of a batch are encoded together."""
        return max(1, min(_BATCH, _FLOATS // max(1, prod(batch.video.shape[1:]))))

    def embed(self, batch: Batch) -> list[Found]:
        """The vectors of every clip of a batch, in order.

        Raises:
            BadInput: the class token is asked of an encoder that has none.
        """
        with torch.inference_mode():
            rows = self._pixels(batch) if self.source == "pixels" else self._latents(batch)
            values = rows.float().cpu().numpy()
        return [Found(v, self._places(batch.grid, frames)) for v, frames in zip(values, batch.frames, strict=True)]

    def _latents(self, batch: Batch) -> Tensor:
        found = self.encoder.encode(batch.video, weights=self.weights, layer=self.layer)
        if self.what == "tokens":
            return found.tokens.flatten(1, 3)
        ticks = self._class(found) if self.pool == "class" else self._pooled(found.tokens.flatten(2, 3), 2)
        return ticks if self.what == "frames" else self._pooled(ticks, 1)[:, None]

    def _pooled(self, values: Tensor, axis: int) -> Tensor:
        return values.amax(axis) if self.pool == "max" else values.mean(axis)

    def _class(self, found: Latents) -> Tensor:
        if found.extra is None or found.extra.shape[2] == 0:
            fix = "use pool='mean'; a class token is asked for after the final norm, layer=None"
            raise BadInput("there is no class token here", where="pool", fix=fix)
        return found.extra[:, :, 0]

    def _pixels(self, batch: Batch) -> Tensor:
        """Raw pixels as vectors: of the patch for a token, else of the frames averaged to a few cells."""
        grid, video = batch.grid, batch.video.float()
        length = grid.ticks * grid.tubelet
        cut = video[:, :, -length:] if video.shape[2] >= length else video.repeat_interleave(-(-length // video.shape[2]), 2)[:, :, :length]
        ticks = cut.unflatten(2, (grid.ticks, grid.tubelet)).transpose(1, 2)  # batch, ticks, channels, tubelet, height, width
        if self.what != "tokens":
            cells = torch.nn.functional.adaptive_avg_pool2d(ticks.mean(3).flatten(0, 1), _CELLS).flatten(1).unflatten(0, ticks.shape[:2])
            return cells if self.what == "frames" else cells.mean(1)[:, None]
        high, wide = grid.patch
        parts = ticks[..., : grid.rows * high, : grid.cols * wide].unflatten(-2, (grid.rows, high)).unflatten(-1, (grid.cols, wide))
        return parts.permute(0, 1, 4, 6, 2, 3, 5, 7).flatten(4).flatten(1, 3)

    def _places(self, grid: TokenGrid, frames: int) -> Int32[np.ndarray, "rows 4"]:
        if self.what == "clip":
            return np.full((1, 4), NOWHERE, np.int32)
        tick, row, col = np.indices(grid.shape).reshape(3, -1) if self.what == "tokens" else np.indices((grid.ticks, 1, 1)).reshape(3, -1)
        if self.what == "frames":
            row = col = np.full_like(tick, NOWHERE)
        return np.stack([np.minimum(tick * grid.tubelet, frames - 1), tick, row, col], 1).astype(np.int32)


def _joined(batches: Sequence[Batch]) -> Batch:
    one = batches[0]
    if len(batches) == 1:
        return one
    return Batch(sum((b.index for b in batches), ()), sum((b.frames for b in batches), ()), torch.cat([b.video for b in batches]), one.grid)
