"""Encoder and Dynamics of `workbench.model` over the small networks of our own trainers: one vector a frame."""

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
from workbench.nn.frame_conv import FrameConv
from workbench.nn.frame_future import ActionStep, CausalStep
from workbench.nn.parts import frame_vectors, refuse_unknown

Video = Float[Tensor, "batch channels frames height width"]
_FRAMES_AT_ONCE = 256


class ConvFrames(Encoder):
    """Each frame for itself, by the one trained encoder."""

    weights = ("context",)

    def __init__(self, net: FrameConv, prepare: Callable[[Sequence[Clip]], Prepared], space: str) -> None:
        self.net, self._prepare, self.space, self.layers = net, prepare, space, net.layers

    def prepare(self, clips: Sequence[Clip]) -> Prepared:
        """See `Encoder.prepare`."""
        return self._prepare(clips)

    def grid(self, video: Video) -> TokenGrid:
        """One token a frame, as large as the frame."""
        size = self.net.config.size
        if video.shape[1] != 3 or tuple(video.shape[3:]) != size:
            what = f"this encoder sees 3 channels of {size[0]}×{size[1]} pixels, not {video.shape[1]} of {video.shape[3]}×{video.shape[4]}"
            raise BadInput(what, where="encode", fix="use encoder.prepare(clips).video")
        return TokenGrid(video.shape[2], 1, 1, size)

    @torch.inference_mode()
    def encode(
        self, video: Video, *, weights: str = "target", visible: Bool[Tensor, "batch ticks rows cols"] | None = None, layer: int | None = None
    ) -> Latents:
        """See `Encoder.encode`: the vector of each visible frame; with `layer` the flattened map of that convolution, or the hidden features."""
        refuse_unknown(self, weights, layer)
        grid, frames = self.grid(video), video.to(self.net.out.weight).transpose(1, 2).flatten(0, 1)
        space = Space("context", self.space + ("" if layer is None else f"@{layer}"))
        return frame_vectors(lambda some: self._run(some, layer), frames, visible, grid, space)

    def _run(self, frames: Float[Tensor, "count 3 height width"], layer: int | None) -> Float[Tensor, "count dim"]:
        found = []
        for some in frames.split(_FRAMES_AT_ONCE):
            progress.report(0, 0)
            found.append(self.net(some, layer).float())
        return torch.cat(found)


class VectorDynamics(Dynamics):
    """What the two kinds share: contexts are vectors of this encoder, answers live among them."""

    def __init__(self, encoder: ConvFrames) -> None:
        self.encoder = encoder

    def embed(self, video: Video, states: Float[Tensor, "batch frames state"] | None = None) -> Latents:
        """See `Dynamics.embed`: the vectors as they are. Neither kind knows states; they are left out."""
        return self.encoder.encode(video, weights="context")

    def vectors(self, context: Latents) -> Float[Tensor, "batch ticks dim"]:
        """The context as the network takes it.

        Raises:
            BadInput: it is of another space, or too short.
        """
        if context.space.id != self.encoder.space or context.tokens.shape[2:4] != (1, 1):
            raise BadInput(f"a context in space {context.space.id} is none of this model's", where="context", fix="use dynamics.embed(video)")
        if context.grid.ticks < self.history[0]:
            what = f"a context of {context.grid.ticks} ticks is shorter than {self.history[0]}"
            raise BadInput(what, where="context", fix="give more frames: from fewer no speed can be known")
        return context.tokens[:, :, 0, 0].to(self.encoder.net.out.weight)

    def latents(self, vectors: Float[Tensor, "batch ticks dim"], context: Latents) -> Latents:
        """Answers in the space of the context."""
        grid = replace(context.grid, ticks=vectors.shape[1])
        return Latents(vectors.float()[:, :, None, None], grid, Space("predicted", self.encoder.space))


class ActionVectors(VectorDynamics):
    """The next vector from the last one and the action that leaves it."""

    history = (1, 1)

    def __init__(self, encoder: ConvFrames, net: ActionStep, action: ActionSpec) -> None:
        super().__init__(encoder)
        self.net, self.action, self.spec = net, action, action

    @torch.inference_mode()
    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.predict`: each answer from its own tick alone."""
        film = self.vectors(context)
        return self.latents(self.net(film, self._moves(film, actions, film.shape[1])), context)

    @torch.inference_mode()
    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.rollout`: from the last tick of the context; what was done before it has already happened."""
        _some(horizon)
        film = self.vectors(context)
        moves = self._moves(film, actions, film.shape[1] - 1 + horizon)
        return self.latents(self.net.roll(film[:, -1], moves[:, -horizon:]), context)

    def _moves(self, film: Tensor, actions: Tensor | None, wanted: int) -> Float[Tensor, "batch moves action"]:
        moves = normalised(self.spec, checked(self.spec, actions, wanted))
        if len(film) != len(moves):
            raise BadInput(f"{len(film)} contexts and {len(moves)} series of actions", where="actions", fix="give as many of the one as of the other")
        return moves.to(film)


class CausalVectors(VectorDynamics):
    """The next vector from all that came before it, as far back as the network has places."""

    action = None

    def __init__(self, encoder: ConvFrames, net: CausalStep, least: int) -> None:
        super().__init__(encoder)
        self.net, self.history = net, (least, net.config.ticks)

    @torch.inference_mode()
    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.predict`: no answer looks further back than `history`."""
        film, most = self._film(context, actions), self.history[1]
        answers = self.net(film[:, :most])
        if film.shape[1] > most:
            windows = film.unfold(1, most, 1)[:, 1:].transpose(2, 3)
            later = self.net(windows.flatten(0, 1))[:, -1].unflatten(0, windows.shape[:2])
            answers = torch.cat([answers, later], 1)
        return self.latents(answers, context)

    @torch.inference_mode()
    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.rollout`: a window of `history` slides over what was seen and predicted."""
        _some(horizon)
        film, known = self._film(context, actions), context.grid.ticks
        for _ in range(horizon):
            progress.report(0, 0)
            film = torch.cat([film, self.net(film[:, -self.history[1] :])[:, -1:]], 1)
        return self.latents(film[:, known:], context)

    def _film(self, context: Latents, actions: Tensor | None) -> Float[Tensor, "batch ticks dim"]:
        if actions is not None:
            raise BadInput("this future needs no actions", where="actions", fix="leave actions= out")
        return self.vectors(context)


def _some(horizon: int) -> None:
    if horizon < 1:
        raise BadInput(f"a rollout of {horizon} ticks predicts nothing", where="horizon", fix="give 1 or more")
