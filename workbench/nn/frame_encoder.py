"""Encoder of `workbench.model` that looks at each frame of a video for itself: one tick a frame."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor
from torch.nn import functional as F

from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.grid import TokenGrid
from workbench.model.jepa import Encoder, Look
from workbench.model.latents import Latents, Space
from workbench.model.spec import Prepared
from workbench.nn.class_vit import ClassVit
from workbench.nn.parts import refuse_unknown, same_count
from workbench.nn.rope_vit import RopeVit
from workbench.nn.vit import Vit
from workbench.nn.watching import attention_of, outputs_of

Video = Float[Tensor, "batch channels frames height width"]


class FrameEncoder(Encoder):
    """One transformer over single frames. A video transformer is shown every frame as often as one of its tokens lasts.

    Args:
        net: with or without a class token. space: id of its outputs. weights: which encoder the file calls it.
        cell: pixels of a prepared frame a token; None: the net's patch. Where they differ, frames are resized on their way in.
    """

    def __init__(
        self,
        net: ClassVit | RopeVit | Vit,
        prepare: Callable[[Sequence[Clip]], Prepared],
        space: str,
        *,
        weights: str = "target",
        cell: int | None = None,
    ) -> None:
        self.net, self._prepare, self.space = net, prepare, space
        self.weights, self.layers = (weights,), net.config.depth
        self.cell = cell or net.config.patch

    def prepare(self, clips: Sequence[Clip]) -> Prepared:
        """See `Encoder.prepare`."""
        return self._prepare(clips)

    def grid(self, video: Video) -> TokenGrid:
        """The token grid of a prepared video, in prepared pixels."""
        frames, height, width = video.shape[2:]
        if height % self.cell or width % self.cell:
            raise BadInput(f"frames of {height}×{width} cannot be cut into tokens of {self.cell}×{self.cell}", fix="use encoder.prepare(clips).video")
        return TokenGrid(frames, height // self.cell, width // self.cell, (self.cell, self.cell))

    @torch.inference_mode()
    def encode(
        self, video: Video, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None, layer: int | None = None
    ) -> Latents:
        """See `Encoder.encode`; class and register tokens are in `extra`, NaN for a frame of which nothing is visible."""
        refuse_unknown(self, weights, layer)
        frames = video.to(self._like.device).transpose(1, 2).flatten(0, 1)
        seen = None if visible is None else visible.to(frames.device).flatten(0, 1)
        return self._placed(video, self._run(frames, None, layer) if seen is None else self._visible(frames, seen, layer), weights, layer)

    @torch.inference_mode()
    def layered(self, video: Video, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None) -> tuple[Latents, ...]:
        """See `Encoder.layered`: one forward pass where all tokens are visible."""
        if visible is not None:
            return super().layered(video, weights=weights, visible=visible)
        refuse_unknown(self, weights, None)
        frames = video.to(self._like.device).transpose(1, 2).flatten(0, 1)
        with outputs_of(self.net.blocks) as found:
            last = self._run(frames, None, None)
        return (*(self._placed(video, x.float(), weights, layer) for layer, x in enumerate(found)), self._placed(video, last, weights, None))

    @torch.inference_mode()
    def attention(
        self, video: Video, look: Look, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None
    ) -> list[Tensor]:
        """See `Encoder.attention`."""
        with attention_of(self.net, look) as found:
            self.encode(video, weights=weights, visible=visible)
        return found or super().attention(video, look)

    def _placed(self, video: Video, out: Float[Tensor, "count tokens dim"], weights: str, layer: int | None) -> Latents:
        """What the net gave for every frame, on the grid of the video."""
        grid, prefix = self.grid(video), self._prefix
        space = Space("context" if weights == "context" else "target", self.space + ("" if layer is None else f"@{layer}"))
        out = out.unflatten(0, (len(video), -1))
        tokens = out[:, :, prefix:].contiguous().unflatten(2, (grid.rows, grid.cols))
        return Latents(tokens, grid, space, out[:, :, :prefix].contiguous() if prefix else None)

    @property
    def _like(self) -> Tensor:
        return next(self.net.parameters())

    @property
    def _prefix(self) -> int:
        return 0 if isinstance(self.net, Vit) else self.net.config.prefix

    def _visible(
        self, frames: Float[Tensor, "count 3 height width"], visible: Bool[Tensor, "count rows cols"], layer: int | None
    ) -> Float[Tensor, "count tokens dim"]:
        if self.cell != self.net.config.patch:
            # Resizing mixes neighbouring pixels: what is hidden must be gone before.
            hidden = ~visible.repeat_interleave(self.cell, 1).repeat_interleave(self.cell, 2)
            frames = frames.masked_fill(hidden[:, None], 0.0)
        flat = visible.flatten(1)
        full = frames.new_full((len(frames), self._prefix + flat.shape[1], self.net.config.dim), torch.nan, dtype=torch.float32)
        for rows, (ids,) in same_count(flat):
            if ids.shape[1]:
                at = torch.tensor(rows, device=frames.device)
                out = self._run(frames[at], ids, layer)
                full[at, : self._prefix] = out[:, : self._prefix]
                full[at[:, None], self._prefix + ids] = out[:, self._prefix :]
        return full

    def _run(
        self, frames: Float[Tensor, "count 3 height width"], ids: Int[Tensor, "count kept"] | None, layer: int | None
    ) -> Float[Tensor, "count tokens dim"]:
        config = self.net.config
        if self.cell != config.patch:
            size = tuple(side // self.cell * config.patch for side in frames.shape[2:])
            frames = F.interpolate(frames.float(), size=size, mode="bilinear", antialias=True)
        frames = frames.to(self._like)
        if isinstance(self.net, Vit):
            frames = frames[:, :, None].expand(-1, -1, self.net.config.tubelet, -1, -1)
        return self.net(frames, ids, layer).float()
