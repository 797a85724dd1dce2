"""Small residual convolution networks, under torchvision's and EB-JEPA's tensor names; batch norms by their running statistics."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core import progress
from workbench.nn.batch_norm import FrozenBatchNorm

Maps = Float[Tensor, "count channels height width"]
Out = Float[Tensor, "count features rows cols"]


def conv3(inside: int, outside: int, stride: int = 1, padding: int = 1, *, bias: bool = False) -> nn.Conv2d:
    """A 3 × 3 convolution."""
    return nn.Conv2d(inside, outside, kernel_size=3, stride=stride, padding=padding, bias=bias)


class NormedBlock(nn.Module):
    """relu(bn conv relu bn conv x + x), where x passes a 1 × 1 convolution if sizes change.

    Args:
        shortcut: what that way is called in the file: "downsample" (torchvision) or "shortcut" (EB-JEPA).
    """

    def __init__(self, inside: int, outside: int, stride: int = 1, shortcut: str = "shortcut") -> None:
        super().__init__()
        self.conv1, self.bn1 = conv3(inside, outside, stride), FrozenBatchNorm(outside)
        self.conv2, self.bn2 = conv3(outside, outside), FrozenBatchNorm(outside)
        changed = stride != 1 or inside != outside
        way = (nn.Conv2d(inside, outside, kernel_size=1, stride=stride, bias=False), FrozenBatchNorm(outside)) if changed else ()
        self.way = shortcut
        self.add_module(shortcut, nn.Sequential(*way))

    def forward(self, x: Maps) -> Out:
        progress.report(0, 0)
        out = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(out + self.get_submodule(self.way)(x))


@dataclass(frozen=True)
class ResNetConfig:
    """Sizes of a residual network of basic blocks with a 3 × 3 stem and no pooling before its stages.

    Args:
        channels: of the pixels. widths: channels of each stage. depths: blocks of each stage.
    """

    channels: int
    widths: tuple[int, ...]
    depths: tuple[int, ...]


class ResNet(nn.Module):
    """torchvision's ResNet as EB-JEPA trains it on 32 × 32 images: each stage after the first halves the size; the mean over places comes out."""

    def __init__(self, config: ResNetConfig) -> None:
        super().__init__()
        self.config = config
        width = config.widths[0]
        self.conv1, self.bn1 = conv3(config.channels, width, padding=2), FrozenBatchNorm(width)
        for stage, (wide, deep) in enumerate(zip(config.widths, config.depths, strict=True), 1):
            inside = config.widths[max(stage - 2, 0)]
            blocks = [NormedBlock(inside if i == 0 else wide, wide, 2 if i == 0 and stage > 1 else 1, "downsample") for i in range(deep)]
            self.add_module(f"layer{stage}", nn.Sequential(*blocks))

    def forward(self, frames: Maps) -> Float[Tensor, "count dim"]:
        x = F.relu(self.bn1(self.conv1(frames)))
        for stage in range(1, len(self.config.widths) + 1):
            x = self.get_submodule(f"layer{stage}")(x)
        return x.mean((2, 3))

    def initialise(self) -> ResNet:
        """torchvision's initialisation; the stem, which EB-JEPA put in afterwards, has torch's."""
        for name, module in self.named_modules():
            if isinstance(module, nn.Conv2d) and name != "conv1":
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        return self


@dataclass(frozen=True)
class PixelNetConfig:
    """Sizes of an encoder that keeps the pixels' grid: channels in, of the stem, of the answer."""

    channels: int
    hidden: int
    dim: int


class PixelNet(nn.Module):
    """EB-JEPA's ResNet5: three residual blocks at full size, one vector a pixel."""

    layers = 3

    def __init__(self, config: PixelNetConfig) -> None:
        super().__init__()
        self.config = config
        c, h = config.channels, config.hidden
        self.conv1, self.bn1 = conv3(c, h), FrozenBatchNorm(h)
        self.layer1, self.layer2, self.layer3 = NormedBlock(h, h), NormedBlock(h, 2 * h), NormedBlock(2 * h, config.dim)

    def forward(self, frames: Maps, layer: int | None = None) -> Out:
        """The maps after block `layer`; None: after the last."""
        x = F.relu(self.bn1(self.conv1(frames)))
        for block in (self.layer1, self.layer2, self.layer3)[: None if layer is None else layer + 1]:
            x = block(x)
        return x


class ResUNet(nn.Module):
    """EB-JEPA's U-Net: three halvings and back, with what was before each halving put beside."""

    def __init__(self, inside: int, hidden: int, outside: int) -> None:
        super().__init__()
        h = hidden
        self.conv1, self.bn1 = conv3(inside, h), FrozenBatchNorm(h)
        self.enc1, self.enc2, self.enc3 = NormedBlock(h, h), NormedBlock(h, 2 * h, 2), NormedBlock(2 * h, 4 * h, 2)
        self.bott = NormedBlock(4 * h, 8 * h, 2)
        self.up3, self.dec3 = nn.ConvTranspose2d(8 * h, 4 * h, 2, 2), NormedBlock(8 * h, 4 * h)
        self.up2, self.dec2 = nn.ConvTranspose2d(4 * h, 2 * h, 2, 2), NormedBlock(4 * h, 2 * h)
        self.up1, self.dec1 = nn.ConvTranspose2d(2 * h, h, 2, 2), NormedBlock(2 * h, h)
        self.head = nn.Conv2d(h, outside, kernel_size=1)

    def forward(self, maps: Maps) -> Out:
        fine = self.enc1(F.relu(self.bn1(self.conv1(maps))))
        half = self.enc2(fine)
        quarter = self.enc3(half)
        x = self.dec3(beside(self.up3(self.bott(quarter)), quarter))
        x = self.dec2(beside(self.up2(x), half))
        return self.head(self.dec1(beside(self.up1(x), fine)))


def beside(coarse: Maps, fine: Float[Tensor, "count _ _ _"]) -> Out:
    """Both, one after the other in the channels; odd sizes are met by bilinear resizing."""
    if coarse.shape[-2:] != fine.shape[-2:]:
        coarse = F.interpolate(coarse, size=fine.shape[-2:], mode="bilinear", align_corners=False)
    return torch.cat([coarse, fine], 1)


class ImpalaBlock(nn.Module):
    """relu(conv relu conv x + x), without norms."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv1, self.conv2 = conv3(width, width, bias=True), conv3(width, width, bias=True)

    def forward(self, x: Maps) -> Out:
        return F.relu(self.conv2(F.relu(self.conv1(x))) + x)


class ImpalaStack(nn.Module):
    """A convolution, half the size by max-pooling, then blocks."""

    def __init__(self, inside: int, width: int, blocks: int) -> None:
        super().__init__()
        self.initial_conv = conv3(inside, width, bias=True)
        self.blocks = nn.ModuleList(ImpalaBlock(width) for _ in range(blocks))

    def forward(self, x: Maps) -> Out:
        x = F.max_pool2d(self.initial_conv(x), kernel_size=3, stride=2, padding=1)
        for block in self.blocks:
            progress.report(0, 0)
            x = block(x)
        return x


@dataclass(frozen=True)
class ImpalaConfig:
    """Sizes of an IMPALA encoder.

    Args:
        channels: of the pixels. widths, blocks: channels and blocks of each stack. flat: numbers after the last stack.
        dim: of the answer. normed: it has a last layer norm.
    """

    channels: int
    widths: tuple[int, ...]
    blocks: tuple[int, ...]
    flat: int
    dim: int
    normed: bool = True


class Impala(nn.Module):
    """Pixels to one vector a frame."""

    def __init__(self, config: ImpalaConfig) -> None:
        super().__init__()
        self.config = config
        widths = (config.channels, *config.widths)
        self.stack_blocks = nn.ModuleList(ImpalaStack(widths[i], widths[i + 1], blocks) for i, blocks in enumerate(config.blocks))
        self.mlp = nn.Linear(config.flat, config.dim)
        self.final_ln = nn.LayerNorm(config.dim) if config.normed else nn.Identity()

    def forward(self, frames: Maps, layer: int | None = None) -> Float[Tensor, "count dim"]:
        """The vectors; with a layer given, before the last norm."""
        x = frames
        for stack in self.stack_blocks:
            x = stack(x)
        x = self.mlp(F.relu(x).flatten(1))
        return self.final_ln(x) if layer is None else x


class GruStep(nn.Module):
    """The state is the memory of a GRU, the action its input; a layer norm after each step."""

    def __init__(self, dim: int, actions: int, *, normed: bool = True) -> None:
        super().__init__()
        self.rnn = nn.GRU(actions, dim)
        self.final_ln = nn.LayerNorm(dim) if normed else nn.Identity()

    def forward(self, states: Float[Tensor, "count dim"], actions: Float[Tensor, "count action"]) -> Float[Tensor, "count dim"]:
        return self.final_ln(self.rnn(actions[None].contiguous(), states[None].contiguous())[0][0])


class PixelPainter(nn.Module):
    """EB-JEPA's ImageDecoder: two 3 × 3 convolutions from one vector a pixel to pixels."""

    def __init__(self, dim: int, channels: int) -> None:
        super().__init__()
        self.net = nn.Sequential(conv3(dim, dim, bias=True), nn.ReLU(), conv3(dim, channels, bias=True))

    def forward(self, maps: Maps) -> Out:
        return self.net(maps)

    def initialise(self) -> PixelPainter:
        """The published initialisation: truncated normals of deviation 0.02."""
        for module in self.net:
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.trunc_normal_(module.weight, std=0.02)
                nn.init.zeros_(module.bias)
        return self
