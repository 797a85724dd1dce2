"""Decoder of `workbench.model` over a network that draws one frame from its tokens."""

from __future__ import annotations

import torch
from jaxtyping import UInt8
from torch import Tensor

from workbench.core.errors import BadInput, Incomparable
from workbench.model.jepa import Decoder
from workbench.model.latents import Latents
from workbench.nn.conv_decoder import ConvDecoder
from workbench.nn.frame_conv import FramePainter
from workbench.nn.vit_decoder import VitDecoder

_AT_A_TIME = 16  # frames; one at a time is slower, hundreds need gigabytes


class FrameDecoder(Decoder):
    """Each tick for itself.

    Args:
        mean, std: of red, green and blue in the pixels that the network was trained to draw. space: of the latents it understands.
    """

    def __init__(self, net: VitDecoder | ConvDecoder | FramePainter, mean: tuple[float, ...], std: tuple[float, ...], space: str) -> None:
        self.net, self.mean, self.std, self.space = net, mean, std, space

    @torch.inference_mode()
    def decode(self, latents: Latents) -> UInt8[Tensor, "batch frames height width channels"]:
        """See `Decoder.decode`: values are cut off to whole ones, not rounded, as officially.

        Raises:
            Incomparable: latents of another space. BadInput: some tokens are hidden.
        """
        if latents.space.id != self.space:
            what = f"this decoder takes latents of {self.space}, not of {latents.space.id}"
            raise Incomparable(what, fix="give it what dynamics.embed, predict or rollout answered")
        if not bool(latents.tokens.isfinite().all()):
            raise BadInput("a frame cannot be decoded while some of its tokens are masked", where="latents", fix="encode without visible=")
        frames = latents.tokens.flatten(0, 1).to(next(self.net.parameters()))
        drawn = torch.cat([self._draw(part) for part in frames.split(_AT_A_TIME)])
        return drawn.unflatten(0, latents.tokens.shape[:2])

    def _draw(self, tokens: Tensor) -> UInt8[Tensor, "count height width 3"]:
        values = self.net(tokens).float()
        return ((values * values.new_tensor(self.std) + values.new_tensor(self.mean)) * 255).clamp(0, 255).to(torch.uint8)
