"""The video encoder of LeVJEPA: a transformer with a class token that looks at every patch, while a patch looks at no later frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn import functional as F

from workbench.core import progress
from workbench.nn.blocks import Block
from workbench.nn.frame_causal import causal_block
from workbench.nn.parts import VitEncoder, like
from workbench.nn.vit import Vit, VitConfig, patchify, take


@dataclass(frozen=True)
class LevjepaConfig(VitConfig):
    """Sizes of the encoder.

    Args:
        causal: a patch attends to the patches of its own and of earlier frames, and not to the class token; False: every token attends to every token.
        frames: of a clip in training; a still is repeated to as many for the feature of a clip.
    """

    causal: bool = True
    frames: int = 1

    def make(self) -> LevjepaVit:
        """The empty encoder of these sizes."""
        return LevjepaVit(self)


class LevjepaVit(Vit):
    """The class token is in front of the patches, and its rotary position is zero: it is not turned."""

    config: LevjepaConfig

    def __init__(self, config: LevjepaConfig) -> None:
        super().__init__(config)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, config.dim))

    def feature(self, video: Float[Tensor, "batch channels frames height width"]) -> Float[Tensor, "batch dim"]:
        """The class token behind the last norm: one vector a clip."""
        *_, last = self._all(video, None)
        return self.norm(last[:, 0])

    def outputs(
        self, video: Float[Tensor, "batch channels frames height width"], ids: Int[Tensor, "batch kept"] | None
    ) -> Iterator[Float[Tensor, "batch kept dim"]]:
        """The patches as each block gives them; the class token takes part, and is not among them."""
        return (x[:, 1:] for x in self._all(video, ids))

    def _all(
        self, video: Float[Tensor, "batch channels frames height width"], ids: Int[Tensor, "batch kept"] | None
    ) -> Iterator[Float[Tensor, "batch tokens dim"]]:
        """What each block gives, class token first."""
        c, grid = self.config, self.config.grid(video)
        patches = patchify(video, c.tubelet, c.patch)
        where = torch.arange(patches.shape[1], device=video.device)[None] if ids is None else ids
        x = self.patch_embed(patches if ids is None else take(patches, ids))
        x = torch.cat([self.cls_token.expand(len(x), -1, -1), x], 1)
        rotary = self.turns(F.pad(where, (1, 0)), grid, x.dtype)
        mask = seen_by(where // (grid[1] * grid[2])) if c.causal else None
        for block in self.blocks:
            progress.report(0, 0)
            x = causal_block(cast(Block, block), x, rotary, mask)
            yield x

    def initialise(self) -> LevjepaVit:
        """V-JEPA's initialisation; the class token starts as a truncated normal."""
        super().initialise()
        nn.init.trunc_normal_(self.cls_token, std=0.02)
        return self


def seen_by(ticks: Int[Tensor, "batch kept"]) -> Bool[Tensor, "batch 1 tokens tokens"]:
    """Who may look at whom, class token first: [asking, asked], True where the asked patch is not of a later tick; the class token asks all.

    Args:
        ticks: of each patch.
    """
    patches = ticks[:, :, None] >= ticks[:, None, :]
    mask = F.pad(patches, (1, 0, 1, 0), value=False)
    mask[:, 0] = True
    return mask[:, None]


class LevjepaEncoder(VitEncoder):
    """Patches on the grid; what the training compared is in `feature`."""

    @torch.inference_mode()
    def feature(self, video: Float[Tensor, "batch channels frames height width"]) -> Float[Tensor, "batch dim"]:
        """One vector a clip: the class token. A still is repeated to the number of frames of the training."""
        net = cast(LevjepaVit, self.vit(self.weights[0]))
        video = like(video, net)
        if video.shape[2] == 1:
            video = video.expand(-1, -1, net.config.frames, -1, -1)
        return net.feature(video).float()
