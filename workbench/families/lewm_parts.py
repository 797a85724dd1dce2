"""Encoder and Dynamics of `workbench.model` over LeWM's networks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput
from workbench.core.grid import TokenGrid
from workbench.families.actions import checked, normalised
from workbench.model.jepa import Dynamics, Encoder
from workbench.model.latents import Latents, Space
from workbench.model.spec import ActionSpec, Prepared
from workbench.nn.lewm import LewmEncoder, LewmPredictor
from workbench.nn.parts import frame_vectors, like, refuse_unknown

Video = Float[Tensor, "batch channels frames height width"]
_FRAMES_AT_ONCE = 128


class LewmFrames(Encoder):
    """One vector a frame. Only the trained encoder exists: LeWM keeps no teacher."""

    weights = ("context",)

    def __init__(self, net: LewmEncoder, prepare: Callable[[Sequence[Clip]], Prepared], space: str) -> None:
        self.net, self._prepare, self.space = net, prepare, space
        self.layers = net.vit.config.depth

    def prepare(self, clips: Sequence[Clip]) -> Prepared:
        """See `Encoder.prepare`."""
        return self._prepare(clips)

    def grid(self, video: Video) -> TokenGrid:
        """One token a frame, as large as the frame."""
        frames, height, width = video.shape[2:]
        patch = self.net.vit.config.patch
        if height % patch or width % patch or not height or not width:
            raise BadInput(f"frames of {height}×{width} cannot be cut into patches of {patch}×{patch}", fix="use encoder.prepare(clips).video")
        return TokenGrid(frames, 1, 1, (height, width))

    @torch.inference_mode()
    def encode(
        self, video: Video, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None, layer: int | None = None
    ) -> Latents:
        """See `Encoder.encode`: the projected class token of each visible frame; with `layer` the class token as that block leaves it."""
        refuse_unknown(self, weights, layer)
        grid, frames = self.grid(video), like(video, self.net.vit).transpose(1, 2).flatten(0, 1)
        space = Space("context", self.space + ("" if layer is None else f"@{layer}"))
        return frame_vectors(lambda some: self._run(some, layer), frames, visible, grid, space)

    def _run(self, frames: Float[Tensor, "count 3 height width"], layer: int | None) -> Float[Tensor, "count dim"]:
        if not len(frames):
            return frames.new_empty(0, self.net.out if layer is None else self.net.vit.config.dim, dtype=torch.float32)
        return torch.cat([self.net(some, layer).float() for some in frames.split(_FRAMES_AT_ONCE)])


class LewmDynamics(Dynamics):
    """The next vector from the last few and the actions that leave them."""

    def __init__(self, encoder: LewmFrames, net: LewmPredictor, action: ActionSpec) -> None:
        self.encoder, self.net, self.action, self.spec = encoder, net, action, action
        self.history = (1, net.config.history)

    def embed(self, video: Video, states: Float[Tensor, "batch frames state"] | None = None) -> Latents:
        """See `Dynamics.embed`: the projected vectors as they are. LeWM knows no states and leaves them out."""
        return self.encoder.encode(video, weights="context")

    @torch.inference_mode()
    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.predict`: no answer looks further back than `history`."""
        most, ticks = self.history[1], context.grid.ticks
        film, moves = self._given(context, actions, ticks)
        answers = self.net(film[:, :most], moves[:, :most])
        if ticks > most:
            windows = [x.unfold(1, most, 1)[:, 1:].movedim(-1, 2) for x in (film, moves)]
            later = self.net(*(w.flatten(0, 1) for w in windows), last=True)[:, -1]
            answers = torch.cat([answers, later.unflatten(0, (len(film), ticks - most))], 1)
        return self._latents(answers, context)

    @torch.inference_mode()
    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.rollout`: a window of `history` ticks slides over what was seen and predicted; only the predicted ticks are given back."""
        if horizon < 1:
            raise BadInput(f"a rollout of {horizon} ticks predicts nothing", where="horizon", fix="give 1 or more")
        most, known = self.history[1], context.grid.ticks
        film, moves = self._given(context, actions, known - 1 + horizon)
        for tick in range(known, known + horizon):
            progress.report(0, 0)
            start = max(0, tick - most)
            film = torch.cat([film, self.net(film[:, start:], moves[:, start:tick], last=True)], 1)
        return self._latents(film[:, known:], context)

    def _given(
        self, context: Latents, actions: Tensor | None, wanted: int
    ) -> tuple[Float[Tensor, "batch ticks dim"], Float[Tensor, "batch moves depth six"]]:
        """The context's vectors and what the actions do to each block."""
        if context.space.id != self.encoder.space or context.tokens.shape[2:4] != (1, 1):
            raise BadInput(f"a context in space {context.space.id} is none of this model's", where="context", fix="use dynamics.embed(video)")
        moves, weight = normalised(self.spec, checked(self.spec, actions, wanted)), self.net.predictor.pos_embedding
        film = context.tokens[:, :, 0, 0].to(weight)
        if len(film) != len(moves):
            raise BadInput(f"{len(film)} contexts and {len(moves)} series of actions", where="actions", fix="give as many of the one as of the other")
        return film, self.net.steer(moves.to(weight))

    def _latents(self, vectors: Float[Tensor, "batch ticks dim"], context: Latents) -> Latents:
        grid = replace(context.grid, ticks=vectors.shape[1])
        return Latents(vectors.float()[:, :, None, None], grid, Space("predicted", self.encoder.space))
