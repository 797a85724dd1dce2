"""Parts of `workbench.model` over EB-JEPA's networks: one vector a frame, or one a pixel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from jaxtyping import Bool, Float, UInt8
from torch import Tensor

from workbench.core import progress
from workbench.core.clip import Clip
from workbench.core.errors import BadInput, PartUnavailable
from workbench.core.grid import TokenGrid
from workbench.families.actions import checked
from workbench.model.jepa import Decoder, Dynamics, Encoder
from workbench.model.latents import Latents, Space
from workbench.model.spec import ActionSpec, Prepared
from workbench.nn.parts import like
from workbench.nn.residual import GruStep, Impala, PixelNet, PixelPainter, ResNet, ResUNet

Video = Float[Tensor, "batch channels frames height width"]
Visible = Bool[Tensor, "batch ticks rows cols"]
Prepare = Callable[[Sequence[Clip]], Prepared]


class _Convolutions(Encoder):
    """What both kinds share: one trained encoder, each frame for itself."""

    def __init__(self, net: Impala | ResNet | PixelNet, prepare: Prepare, space: str) -> None:
        self.net, self._prepare, self.space = net, prepare, space
        self.weights = ("context",)
        self.layers = {Impala: 1, ResNet: 0, PixelNet: PixelNet.layers}[type(net)]

    def prepare(self, clips: Sequence[Clip]) -> Prepared:
        """See `Encoder.prepare`."""
        return self._prepare(clips)

    def _frames(self, video: Video, weights: str, layer: int | None) -> tuple[Float[Tensor, "count channels height width"], Space]:
        if weights not in self.weights:
            raise PartUnavailable(f"this file has no {weights} encoder, only the trained one", fix='ask for weights="context"')
        if layer is not None and not 0 <= layer < self.layers:
            fix = f"0 to {self.layers - 1}, or None for the output" if self.layers else "None: only the output is one vector a frame"
            raise BadInput(f"there is no block {layer}", where="layer", fix=fix)
        channels = self.net.config.channels
        if video.shape[1] != channels:
            raise BadInput(f"this model sees {channels} channels, not {video.shape[1]}", where="video", fix="use encoder.prepare(clips).video")
        space = Space("context", self.space + ("" if layer is None else f"@{layer}"))
        return like(video, self.net).transpose(1, 2).flatten(0, 1), space


class VectorEncoder(_Convolutions):
    """One vector a frame; a token is the whole frame.

    Args:
        net: takes frames of one size (IMPALA) or of any. sizes: whether frames of (height, width) fit.
    """

    def __init__(self, net: Impala | ResNet, prepare: Prepare, space: str, sizes: Callable[[tuple[int, int]], bool]) -> None:
        super().__init__(net, prepare, space)
        self._fits = sizes

    @torch.inference_mode()
    def encode(self, video: Video, *, weights: str = "target", visible: Visible | None = None, layer: int | None = None) -> Latents:
        """See `Encoder.encode`. The one inner output is that of the linear layer, before the last norm."""
        frames, space = self._frames(video, weights, layer)
        size = (video.shape[3], video.shape[4])
        if not self._fits(size):
            raise BadInput(f"frames of {size[0]}×{size[1]} do not fit this model", where="video", fix="use encoder.prepare(clips).video")
        run = self._run if visible is None else self._some(visible.flatten().to(frames.device))
        grid = TokenGrid(video.shape[2], 1, 1, size)
        return Latents(run(frames, layer).float().unflatten(0, (len(video), -1))[:, :, None, None], grid, space)

    def _run(self, frames: Float[Tensor, "count channels height width"], layer: int | None) -> Float[Tensor, "count dim"]:
        return self.net(frames) if layer is None else self.net(frames, layer)

    def _some(self, seen: Bool[Tensor, " count"]) -> Callable[[Tensor, int | None], Tensor]:
        def run(frames: Tensor, layer: int | None) -> Tensor:
            known = self._run(frames[seen], layer)
            return known.new_full((len(seen), known.shape[-1]), torch.nan).index_put((seen,), known)

        return run


class PixelEncoder(_Convolutions):
    """One vector a pixel. Hidden pixels are black before the first convolution, as the background of its training is."""

    @torch.inference_mode()
    def encode(self, video: Video, *, weights: str = "target", visible: Visible | None = None, layer: int | None = None) -> Latents:
        """See `Encoder.encode`."""
        frames, space = self._frames(video, weights, layer)
        if visible is not None:
            frames = frames.masked_fill(~visible.to(frames.device).flatten(0, 1)[:, None], 0.0)
        maps = self.net(frames, layer).float()
        tokens = maps.permute(0, 2, 3, 1).unflatten(0, (len(video), -1))
        if visible is not None:
            tokens = tokens.masked_fill(~visible.to(tokens.device)[..., None], torch.nan)
        return Latents(tokens, TokenGrid(*tokens.shape[1:4]), space)


class _World(Dynamics):
    """What both futures share: latents as they come from the encoder, and no states."""

    def __init__(self, encoder: VectorEncoder | PixelEncoder) -> None:
        self.encoder, self.space = encoder, encoder.space

    def embed(self, video: Video, states: Float[Tensor, "batch frames state"] | None = None) -> Latents:
        """See `Dynamics.embed`; states are left aside, this predictor takes none."""
        return self.encoder.encode(video, weights="context")

    def _known(self, context: Latents, horizon: int = 1) -> Tensor:
        """The context's tokens, if this predictor can go on from them."""
        if context.space.id != self.space:
            raise BadInput(f"a context in space {context.space.id} is not one of this model", where="context", fix="use dynamics.embed(video)")
        if context.grid.ticks < self.history[0]:
            raise BadInput(
                f"{context.grid.ticks} tick of context, and {self.history[0]} are needed", where="context", fix="give more frames of the past"
            )
        if horizon < 1:
            raise BadInput(f"a rollout of {horizon} ticks", where="horizon", fix="at least 1")
        return context.tokens

    def _latents(self, context: Latents, tokens: Float[Tensor, "batch ticks rows cols dim"]) -> Latents:
        return Latents(tokens.float(), replace(context.grid, ticks=tokens.shape[1]), Space("predicted", self.space))


class GruDynamics(_World):
    """One vector and one action to the next vector; nothing before the last tick counts."""

    history = (1, 1)

    def __init__(self, encoder: VectorEncoder, net: GruStep, action: ActionSpec) -> None:
        super().__init__(encoder)
        self.net, self.action, self.spec = net, action, action

    @torch.inference_mode()
    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.predict`."""
        known = self._known(context)
        moves = self._moves(context, actions, context.grid.ticks)
        new = self.net(self._typed(known).flatten(0, 3), moves.flatten(0, 1))
        return self._latents(context, new.reshape(known.shape))

    @torch.inference_mode()
    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.rollout`."""
        known = self._known(context, horizon)
        moves = self._moves(context, actions, context.grid.ticks - 1 + horizon)[:, context.grid.ticks - 1 :]
        state, film = self._typed(known)[:, -1, 0, 0], []
        for move in moves.unbind(1):
            progress.report(0, 0)
            state = self.net(state, move)
            film.append(state)
        return self._latents(context, torch.stack(film, 1)[:, :, None, None])

    def _typed(self, tensor: Tensor) -> Tensor:
        return tensor.to(next(self.net.parameters()))

    def _moves(self, context: Latents, actions: Tensor | None, wanted: int) -> Float[Tensor, "batch moves action"]:
        moves = checked(self.spec, actions, wanted)
        if len(moves) != len(context.tokens):
            raise BadInput(
                f"actions for {len(moves)} clips, and {len(context.tokens)} clips", where="actions", fix="repeat the context for each row of actions"
            )
        return self._typed(moves)


class PixelDynamics(_World):
    """The last two frames' maps to the next one's, without actions."""

    history = (2, 2)
    action = None

    def __init__(self, encoder: PixelEncoder, net: ResUNet) -> None:
        super().__init__(encoder)
        self.net = net

    @torch.inference_mode()
    def predict(self, context: Latents, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.predict`. One frame alone predicts nothing: the first answer is NaN."""
        known = self._known(context)
        self._none(actions)
        pairs = torch.cat([known[:, :-1], known[:, 1:]], -1)
        new = self._step(pairs.flatten(0, 1)).unflatten(0, pairs.shape[:2])
        return self._latents(context, torch.cat([torch.full_like(new[:, :1], torch.nan), new], 1))

    @torch.inference_mode()
    def rollout(self, context: Latents, horizon: int, *, actions: Float[Tensor, "batch moves action"] | None = None) -> Latents:
        """See `Dynamics.rollout`."""
        known = self._known(context, horizon)
        self._none(actions)
        before, last, film = known[:, -2], known[:, -1], []
        for _ in range(horizon):
            progress.report(0, 0)
            before, last = last, self._step(torch.cat([before, last], -1))
            film.append(last)
        return self._latents(context, torch.stack(film, 1))

    def _step(self, pairs: Float[Tensor, "count rows cols channels"]) -> Float[Tensor, "count rows cols dim"]:
        maps = pairs.permute(0, 3, 1, 2).to(next(self.net.parameters()))
        return self.net(maps).permute(0, 2, 3, 1).float()

    def _none(self, actions: Tensor | None) -> None:
        if actions is not None:
            raise BadInput("this future takes no actions", where="actions", fix="leave them out")


class PixelDecoder(Decoder):
    """Paints each pixel from the vectors around it."""

    def __init__(self, net: PixelPainter) -> None:
        self.net = net

    @torch.inference_mode()
    def decode(self, latents: Latents) -> UInt8[Tensor, "batch frames height width channels"]:
        """See `Decoder.decode`: grey levels from 0 to 1 become 0 to 255, what lies beyond is cut off."""
        maps = latents.tokens.flatten(0, 1).permute(0, 3, 1, 2).to(next(self.net.parameters()))
        pixels = self.net(maps).float().nan_to_num().clamp(0, 1).mul(255).round().to(torch.uint8)
        return pixels.permute(0, 2, 3, 1).unflatten(0, latents.tokens.shape[:2])
