"""The convolutions of DINO-WM that draw a frame from its tokens: the two decoders of a VQ-VAE, without its codebook."""

from __future__ import annotations

from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor, nn

from workbench.core import progress


@dataclass(frozen=True)
class ConvDecoderConfig:
    """Sizes of the decoder: features of a token, channels, residual blocks in each half and their inner channels."""

    features: int
    channels: int
    blocks: int
    hidden: int


class _Residual(nn.Module):
    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.ReLU(), nn.Conv2d(channels, hidden, 3, padding=1), nn.ReLU(), nn.Conv2d(hidden, channels, 1))

    def forward(self, x: Float[Tensor, "count channels rows cols"]) -> Float[Tensor, "count channels rows cols"]:
        return x + self.conv(x)


class _Half(nn.Module):
    """Four times as many pixels down and across."""

    def __init__(self, features: int, out: int, config: ConvDecoderConfig) -> None:
        super().__init__()
        wide = config.channels
        self.blocks = nn.Sequential(
            nn.Conv2d(features, wide, 3, padding=1),
            *(_Residual(wide, config.hidden) for _ in range(config.blocks)),
            nn.ReLU(),
            nn.ConvTranspose2d(wide, wide // 2, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose2d(wide // 2, out, 4, stride=2, padding=1),
        )

    def forward(self, x: Float[Tensor, "count channels rows cols"]) -> Float[Tensor, "count out tall wide"]:
        return self.blocks(x)


class ConvDecoder(nn.Module):
    """Tokens to pixels, as normalised as those the encoder sees; a token becomes 16 × 16 pixels."""

    def __init__(self, config: ConvDecoderConfig) -> None:
        super().__init__()
        self.config = config
        self.upsample_b = _Half(config.features, config.features, config)
        self.dec = _Half(config.features, 3, config)

    def forward(self, tokens: Float[Tensor, "count rows cols features"]) -> Float[Tensor, "count height width 3"]:
        progress.report(0, 0)
        return self.dec(self.upsample_b(tokens.permute(0, 3, 1, 2))).permute(0, 2, 3, 1)

    def initialise(self) -> ConvDecoder:
        """The published initialisation is torch's own, already there."""
        return self
